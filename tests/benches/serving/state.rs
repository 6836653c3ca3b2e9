//! The database that is served.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_calsos-under-test");

pub(super) struct State {
    folder: TempDir,
    database: String,
}

impl State {
    /// The database that the caller names, or one of the made-up state, which the program
    /// makes as its users would.
    pub(super) fn new() -> State {
        let folder = TempDir::new().unwrap();
        if let Ok(database) = std::env::var("CALSOS_BENCH_DATABASE") {
            println!("the database {database}");
            return State { folder, database };
        }
        let database = format!("sqlite:{}", folder.path().join("state.sqlite").display());
        let state = State { folder, database };
        let files = state.folder().join("files");
        state.done(["sample".into(), "--out".into(), files.clone().into()].into());
        let mut import = vec![OsString::from("import")];
        for file in fs::read_dir(&files).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|end| end == "txt" || end == "csv") {
                import.push(file.into());
            }
        }
        println!("the made-up state, {} files", import.len() - 1);
        state.done(import);
        state.done(["determine".into()].into());
        fs::remove_dir_all(files).unwrap();
        state
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The service at an address.
    pub(super) fn serve(&self, address: &str) -> Command {
        let mut command = self.program();
        command.args(["serve", "--listen", address]);
        command
    }

    fn done(&self, words: Vec<OsString>) {
        let mut command = self.program();
        let status = command.args(words).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{command:?}: {status}");
    }

    fn program(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(["--database", &self.database]).env_remove("RUST_LOG");
        command
    }
}
