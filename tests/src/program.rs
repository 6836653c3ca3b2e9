//! The program, started as a user would, on a database of its own.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with a database, and the program to work on it.
#[derive(Debug)]
pub struct Program {
    folder: TempDir,
    executable: PathBuf,
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// What it wrote to standard output.
    pub out: String,
    /// What it wrote to standard error.
    pub err: String,
}

impl Program {
    /// Pass `env!("CARGO_BIN_EXE_calsos-under-test")`.
    ///
    /// # Panics
    /// If no temporary folder can be made.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test cannot go on without a folder")]
    pub fn new(executable: &str) -> Program {
        Program {
            folder: TempDir::new().expect("a temporary folder"),
            executable: PathBuf::from(executable),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder().join("calsos.sqlite")
    }

    /// The program with its database, ready to be given further words.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .arg("--database")
            .arg(format!("sqlite:{}", self.database().display()))
            .env_remove("DATABASE_URL")
            .env_remove("CALSOS_EDITIONS")
            .env("CALSOS_USER", "test");
        command
    }

    /// Runs the program.
    ///
    /// # Panics
    /// If it cannot be started or does not write UTF-8.
    #[expect(clippy::expect_used, reason = "a test cannot go on without the program")]
    pub fn run<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Ran {
        let output: Output =
            self.command().args(words).output().expect("the program can be started");
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Runs the program and gives its output; it must end well.
    ///
    /// # Panics
    /// If it does not.
    pub fn succeed<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
        ran.out
    }

    /// Imports files; all of them must be taken.
    pub fn import<P: AsRef<Path>>(&self, files: impl IntoIterator<Item = P>) -> String {
        let words: Vec<PathBuf> = files.into_iter().map(|f| f.as_ref().to_owned()).collect();
        self.succeed(std::iter::once(PathBuf::from("import")).chain(words))
    }

    /// The year's determinations in the columns of its published list, by CDS code and column.
    ///
    /// # Panics
    /// If the output is no such table.
    #[expect(clippy::expect_used, reason = "a test cannot go on without the table")]
    pub fn export_published(&self, year: u16) -> BTreeMap<String, BTreeMap<String, String>> {
        let file = self.folder().join(format!("published-{year}.csv"));
        self.succeed([
            OsStr::new("export"),
            OsStr::new("--year"),
            OsStr::new(&year.to_string()),
            OsStr::new("--layout"),
            OsStr::new("published"),
            OsStr::new("--format"),
            OsStr::new("csv"),
            OsStr::new("--out"),
            file.as_os_str(),
        ]);
        let mut reader = csv::Reader::from_path(&file).expect("the file was written");
        let header = reader.headers().expect("a header").clone();
        reader
            .records()
            .map(|record| {
                let record = record.expect("a row");
                let row: BTreeMap<String, String> = header
                    .iter()
                    .zip(&record)
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                (row.get("CDS").expect("a column CDS").clone(), row)
            })
            .collect()
    }

    /// Runs the program with `--format json` and parses what it writes.
    ///
    /// # Panics
    /// If it fails or writes no JSON.
    #[expect(clippy::expect_used, reason = "a test cannot go on without the answer")]
    pub fn json<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> serde_json::Value {
        let words: Vec<S> = words.into_iter().collect();
        let format = ["--format", "json"].map(OsStr::new);
        let all = words.iter().map(AsRef::as_ref).chain(format);
        serde_json::from_str(&self.succeed(all)).expect("JSON")
    }
}
