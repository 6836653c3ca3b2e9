//! The state's real files, kept beside the repository and never in it.

use std::path::{Path, PathBuf};

/// The folder of real data, where this machine has it. A test that needs it returns when
/// there is none, having said so; with `CALSOS_REQUIRE_SHARED` set, as the project's own
/// checks set it, a missing folder is a failure.
///
/// # Panics
/// If the folder is missing and required.
#[must_use]
pub fn real_data(test: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("CALSOS_REQUIRE_SHARED").is_none(),
        "{test} needs the real data in {}, and it is not there",
        folder.display()
    );
    eprintln_past_capture(&format!("{test} did not run: no real data in {}", folder.display()));
    None
}

/// Writes to standard error itself, so that the line is seen although the test passes.
fn eprintln_past_capture(line: &str) {
    use std::io::Write;
    // A test that cannot say that it did not run has nothing better to do than go on.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The files of a folder whose name has one of these endings, in order of their names.
///
/// # Panics
/// If the folder cannot be read.
#[must_use]
#[expect(clippy::expect_used, reason = "a test cannot go on without the folder")]
pub fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| endings.iter().any(|e| path.to_string_lossy().ends_with(e)))
        .collect();
    files.sort();
    files
}
