//! The `calsos` program, for the tests of this package to start.

use std::process::ExitCode;

fn main() -> ExitCode {
    calsos_api::run()
}
