//! Drives a target of `calsos-fuzzed` with libFuzzer.

use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use calsos_fuzzed::Target;

/// Where and why the last panic was.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Finds a target and keeps panics that are caught from ending the process, as libFuzzer would
/// have every panic do: the reader catches those of the library that opens workbooks.
pub fn begin(name: &str) -> Target {
    panic::set_hook(Box::new(|panic| {
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = panic.to_string();
    }));
    calsos_fuzzed::target(name).expect("every file of fuzz_targets/ has the name of a target")
}

/// Runs a target; a panic that comes out of it ends the process.
pub fn run(target: Target, bytes: &[u8]) {
    if panic::catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).is_err() {
        let last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        eprintln!("{}: {last}", target.name);
        std::process::abort();
    }
}

/// Makes a program that drives the target of a name.
#[macro_export]
macro_rules! drive {
    ($name:literal) => {
        static TARGET: std::sync::OnceLock<calsos_fuzzed::Target> = std::sync::OnceLock::new();

        libfuzzer_sys::fuzz_target!(
            init: {
                TARGET.get_or_init(|| $crate::begin($name));
            },
            |bytes: &[u8]| {
                $crate::run(*TARGET.get_or_init(|| $crate::begin($name)), bytes);
            }
        );
    };
}
