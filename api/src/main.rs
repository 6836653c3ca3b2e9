//! The `calsos` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    calsos_api::run()
}
