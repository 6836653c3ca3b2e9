//! The database that is served.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_calsos-under-test");

pub(super) struct State {
    folder: TempDir,
    database: String,
    is_made_here: bool,
}

impl State {
    /// The database that the caller names, or one of the made-up state, which the program
    /// makes as its users would.
    pub(super) fn new() -> State {
        let folder = TempDir::new().unwrap();
        if let Ok(database) = std::env::var("CALSOS_BENCH_DATABASE") {
            println!("the database {database}");
            return State { folder, database, is_made_here: false };
        }
        let database = format!("sqlite:{}", folder.path().join("state.sqlite").display());
        let state = State { folder, database, is_made_here: true };
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

    /// The service at an address. It counts requests, and answers them all.
    pub(super) fn serve(&self, address: &str) -> Command {
        let mut command = self.program();
        command.args(["serve", "--listen", address]);
        command.args(["--anonymous-rate", "1000000/1000000", "--client-rate", "1000000/1000000"]);
        command
    }

    /// The same, which counts nothing; with the settings of a file.
    pub(super) fn serve_uncounted(&self, address: &str, config: &Path) -> Command {
        let mut command = self.program();
        command.args(["serve", "--listen", address]);
        command.args(["--anonymous-rate", "off", "--client-rate", "off"]);
        command.args(["--token-minutes", "60", "--config"]).arg(config);
        command
    }

    /// Makes a client of a county's office; gives its secret. Not in a database of somebody's
    /// own.
    pub(super) fn client(&self, id: &str) -> Option<String> {
        if !self.is_made_here {
            return None;
        }
        let mut command = self.program();
        command.args(["client", "create", id, "--name", "An office", "--agency", "county:01"]);
        command.args(["--scope", "read,preview", "--format", "json"]);
        let made = command.output().unwrap();
        assert!(made.status.success(), "{command:?}: {}", made.status);
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        Some(made[0]["client_secret"].as_str().unwrap().to_owned())
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
