//! The store on real SQLite files, each test on its own.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod databases;
#[cfg(test)]
mod leas;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod releases;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod support;
