//! What `calsos` offers to people and systems: today the command line.
//!
//! `app` has the use cases, which print nothing; `views` the shapes in which answers leave
//! the program; `commands` the subcommands, which call a use case and show its result. No
//! SQL and no rule is here.

mod app;
mod cli;
mod commands;
mod error;
mod output;
mod views;
mod workbook;

pub use commands::run;
