//! The subcommands: each calls a use case and shows its result.

mod backup;
mod check;
mod client;
mod communications;
mod demo;
mod determine;
mod diff;
mod explain;
mod export;
mod health;
mod history;
mod import;
mod key;
mod list;
mod openapi;
mod publish;
mod reconcile;
mod releases;
mod rulebook;
mod runs;
mod sample;
mod serve;
mod services;
mod summary;
mod support;
mod template;
mod withdraw;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::app::Office;
use crate::cli::{Cli, Command, Format, Global};
use crate::error::AppError;
use crate::output::no_workbook;

/// Reads the command line, does what it says and gives the exit code.
#[must_use]
pub fn run() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    let cli = Cli::parse();
    let done = execute(&cli);
    calsos_persistence::end_connecting();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let mut screen = anstream::stderr();
            let bold_red = anstyle::AnsiColor::Red.on_default().bold();
            // Nothing is left to do when not even this can be written.
            let _ = writeln!(screen, "{bold_red}error:{bold_red:#} {error}");
            error.exit_code()
        }
    }
}

fn execute(cli: &Cli) -> Result<(), AppError> {
    let Cli { global, command } = cli;
    let has_workbook =
        matches!(command, Command::List(_) | Command::Reconcile(_) | Command::Export(_));
    if global.format == Format::Xlsx && !has_workbook {
        return Err(no_workbook());
    }
    match command {
        Command::Import(asked) => import::run(&office(global)?, global, asked),
        Command::Determine(asked) => determine::run(&office(global)?, global, asked),
        Command::Explain(asked) => explain::run(&office(global)?, global, asked),
        Command::List(asked) => list::run(&office(global)?, global, asked),
        Command::Summary(asked) => summary::run(&office(global)?, global, asked),
        Command::Reconcile(asked) => reconcile::run(&office(global)?, global, asked),
        Command::Export(asked) => export::run(&office(global)?, global, asked),
        Command::Releases => releases::run(&office(global)?, global),
        Command::History(asked) => history::run(&office(global)?, global, asked),
        Command::Support(asked) => support::run(&office(global)?, global, asked),
        Command::Runs => runs::run(&office(global)?, global),
        Command::Diff(asked) => diff::run(&office(global)?, global, asked),
        Command::Rulebook(asked) => rulebook::run(global, asked),
        Command::Template(asked) => template::run(global, asked),
        Command::Serve(asked) => serve::run(global, asked),
        Command::Health(asked) => health::run(asked),
        Command::Publish(asked) => publish::run(&office(global)?, global, asked),
        Command::Withdraw(asked) => withdraw::run(&office(global)?, global, asked),
        Command::Services(asked) => services::run(&office(global)?, global, asked),
        Command::Communications(asked) => communications::run(&office(global)?, global, asked),
        Command::Client(asked) => client::run(&office(global)?, global, asked),
        Command::Key(asked) => key::run(&office(global)?, global, asked),
        Command::Check(asked) => check::run(&office(global)?, global, asked),
        Command::Backup(asked) => backup::backup(global, asked),
        Command::Restore(asked) => backup::restore(global, asked),
        Command::Openapi(asked) => openapi::run(asked),
        Command::Sample(asked) => sample::run(global, asked),
        Command::Demo(asked) => demo::run(global, asked),
    }
}

fn office(global: &Global) -> Result<Office, AppError> {
    Office::open(global.database.as_deref(), global.editions.as_deref())
}
