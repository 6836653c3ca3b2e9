//! The store on real SQLite files, each test on its own.

mod answers;
mod concurrency;
mod databases;
mod leas;
mod migrations;
mod releases;
mod round_trips;
mod support;
