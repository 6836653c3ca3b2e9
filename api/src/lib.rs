//! What `calsos` offers to people and systems: the command line and the HTTP service.
//!
//! `app` has the use cases, which print nothing; `views` the shapes in which answers leave
//! the program; `commands` the subcommands, which call a use case and show its result;
//! `routes` the resources of the service, which answer from the `snapshot`; `server` what
//! holds for every request. No SQL and no rule is here.

mod app;
mod auth;
mod cli;
mod commands;
mod error;
#[doc(hidden)]
pub mod fuzzed;
mod openapi;
mod output;
mod problem;
mod routes;
mod server;
mod snapshot;
mod views;
mod workbook;

pub use commands::run;
