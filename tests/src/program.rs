//! The program, started as a user would, on a database of its own, and made-up files for it
//! in the columns of the state's.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use calsos_tests_postgres::Server;
use tempfile::TempDir;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A database of the tests' own server.
    Postgresql(&'static Server),
}

/// Makes tests of functions that take a [`Backend`]: one for each database.
#[macro_export]
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $test() { super::$test($crate::program::Backend::Sqlite) })+
        }
        mod postgresql {
            $(#[test] fn $test() {
                if let Some(server) = $crate::postgresql(stringify!($test)) {
                    super::$test($crate::program::Backend::Postgresql(server))
                }
            })+
        }
    };
}

/// A folder, a database, and the program to work on it.
#[derive(Debug)]
pub struct Program {
    folder: TempDir,
    executable: PathBuf,
    on: Backend,
    /// The database's name on the server.
    name: Option<String>,
}

impl Drop for Program {
    fn drop(&mut self) {
        if let (Backend::Postgresql(server), Some(name)) = (self.on, &self.name) {
            server.drop_database(name);
        }
    }
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
    pub fn new(executable: &str) -> Program {
        Program::on(Backend::Sqlite, executable)
    }

    /// The same, on either database.
    ///
    /// # Panics
    /// If no temporary folder or no database can be made.
    #[must_use]
    pub fn on(on: Backend, executable: &str) -> Program {
        let name = match on {
            Backend::Sqlite => None,
            Backend::Postgresql(server) => Some(server.new_database()),
        };
        Program::with(on, name, Path::new(executable))
    }

    #[expect(clippy::expect_used, reason = "a test cannot go on without a folder")]
    fn with(on: Backend, name: Option<String>, executable: &Path) -> Program {
        let folder = TempDir::new().expect("a temporary folder");
        Program { folder, executable: executable.to_owned(), on, name }
    }

    /// The program on a database of its own with the same content as this one, which no
    /// process works on.
    ///
    /// # Panics
    /// If it cannot be copied.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test cannot go on without the copy")]
    pub fn copy(&self) -> Program {
        let name = match (self.on, &self.name) {
            (Backend::Postgresql(server), Some(name)) => Some(server.copy_database(name)),
            _ => None,
        };
        let copy = Program::with(self.on, name, &self.executable);
        if matches!(self.on, Backend::Sqlite) {
            assert!(!self.log_is_there(), "its last user put everything into the file");
            fs::copy(self.database(), copy.database()).expect("the database's file");
        }
        copy
    }

    /// Whether SQLite's log is beside the database, and not empty.
    #[must_use]
    pub fn log_is_there(&self) -> bool {
        let log = self.folder().join("calsos.sqlite-wal");
        fs::metadata(log).is_ok_and(|about| about.len() > 0)
    }

    /// The server that the database is on, and its name there.
    #[must_use]
    pub fn on_server(&self) -> Option<(&'static Server, &str)> {
        match (self.on, &self.name) {
            (Backend::Postgresql(server), Some(name)) => Some((server, name)),
            _ => None,
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The database's file, where it is one.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder().join("calsos.sqlite")
    }

    /// The database's address.
    #[must_use]
    pub fn address(&self) -> String {
        match self.on_server() {
            Some((server, name)) => server.url(name),
            None => format!("sqlite:{}", self.database().display()),
        }
    }

    /// The program with its database, ready to be given further words.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command
            .arg("--database")
            .arg(self.address())
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

impl Program {
    /// Writes a file into the folder and gives its path.
    ///
    /// # Panics
    /// If it cannot be written.
    #[expect(clippy::expect_used, reason = "a test cannot go on without the file")]
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        fs::write(&path, text).expect("the file can be written");
        path
    }

    /// Writes an indicator file under the name that the state gives it.
    pub fn write_indicator(&self, indicator: &str, year: u16, rows: &[Rated<'_>]) -> PathBuf {
        let stem = if indicator == "CHRO" { "chronic" } else { &indicator.to_lowercase() };
        self.write(&format!("{stem}download{year}.txt"), indicator_text(indicator, year, rows))
    }

    /// Writes a local indicator file under the name that the state gives it.
    pub fn write_local(&self, priority: u8, year: u16, rows: &[(&str, &str)]) -> PathBuf {
        self.write(&format!("Pr{priority}_{year}.txt"), local_text(priority, year, rows))
    }

    /// Writes everything that the state publishes of a year but its list: every indicator
    /// green for all students of each LEA, of whom English learners are too few to be rated,
    /// except where `rated` says otherwise, and every local indicator met, except where
    /// `locals` says otherwise.
    pub fn write_year(
        &self,
        year: u16,
        leas: &[&str],
        rated: &[(&str, Rated<'_>)],
        locals: &[(u8, &str, &str)],
    ) -> Vec<PathBuf> {
        let indicators = ["ELA", "MATH", "ELPI", "GRAD", "CHRO", "SUSP", "CCI"];
        let mut files: Vec<PathBuf> = indicators
            .into_iter()
            .map(|indicator| {
                let (everyone, color) = if indicator == "ELPI" { ("EL", 0) } else { ("ALL", 4) };
                let own = || rated.iter().filter(|(i, _)| *i == indicator).map(|(_, row)| *row);
                let mut rows: Vec<Rated<'_>> =
                    leas.iter().map(|cds| (*cds, everyone, color)).collect();
                rows.retain(|(cds, group, _)| !own().any(|(c, g, _)| (c, g) == (*cds, *group)));
                rows.extend(own());
                self.write_indicator(indicator, year, &rows)
            })
            .collect();
        for priority in [1, 2, 3, 6, 7, 9, 10] {
            let mut rows: Vec<(&str, &str)> = Vec::new();
            for cds in leas {
                let own = locals.iter().find(|(p, c, _)| (*p, c) == (priority, cds));
                rows.push((cds, own.map_or("Met", |(_, _, rating)| rating)));
            }
            files.push(self.write_local(priority, year, &rows));
        }
        files
    }
}

/// A row of an indicator file: CDS code, student group, and colour from 1 (red) to 5 (blue);
/// the status level is the same number, and 0 is neither.
pub type Rated<'a> = (&'a str, &'a str, u8);

/// What the files call an LEA.
fn name_of(cds: &str) -> String {
    let (seven, school) = cds.split_at_checked(7).unwrap_or((cds, ""));
    if school.bytes().any(|b| b != b'0') {
        format!("Charter {cds}")
    } else if seven.get(2..3) == Some("1") {
        format!("County Office {seven}")
    } else {
        format!("District {seven}")
    }
}

/// The text of an indicator file as the state laid them out from 2023 on; 2022 had levels
/// only, and neither a column of the indicator nor of the size.
#[must_use]
pub fn indicator_text(indicator: &str, year: u16, rows: &[Rated<'_>]) -> String {
    let head = "cds rtype schoolname districtname countyname charter_flag coe_flag dass_flag";
    let own = match (indicator, year) {
        ("SUSP", 2022) => "type studentgroup currnumer currdenom currstatus statuslevel",
        ("ELPI", 2022) => "currprogressed currnumer currdenom currstatus statuslevel",
        ("GRAD" | "CHRO", 2022) => "studentgroup currnumer currdenom currstatus statuslevel",
        (_, 2022) => "studentgroup currdenom currstatus statuslevel hscutpoints",
        ("SUSP", _) => {
            "type studentgroup currnumer currdenom currstatus priornumer priordenom priorstatus \
             change statuslevel changelevel color box smalldenom currnsizemet priornsizemet \
             accountabilitymet certifyflag priorcertifyflag indicator"
        }
        ("CHRO", _) => {
            "studentgroup currnumer currdenom currstatus priornumer priordenom priorstatus change \
             statuslevel changelevel color box smalldenom currnsizemet priornsizemet \
             accountabilitymet certifyflag priorcertifyflag dataerrorflag indicator"
        }
        ("GRAD", _) => {
            "studentgroup currnumer currdenom currstatus priornumer priordenom priorstatus change \
             statuslevel changelevel color box smalldenom fiveyrnumer currnsizemet priornsizemet \
             accountabilitymet indicator"
        }
        ("CCI", 2023) => {
            "studentgroup studentgroup_pct currdenom currstatus statuslevel currnsizemet indicator"
        }
        ("CCI", _) => {
            "studentgroup studentgroup_pct currdenom currstatus priordenom priorstatus change \
             statuslevel changelevel color box smalldenom currnsizemet priornsizemet \
             accountabilitymet indicator"
        }
        ("ELPI", _) => {
            "studentgroup currprogressed currnumer currdenom currstatus priornumer priordenom \
             priorstatus change statuslevel changelevel color box currnsizemet priornsizemet \
             accountabilitymet indicator"
        }
        _ => {
            "studentgroup currdenom currstatus priordenom priorstatus change statuslevel \
             changelevel color box currnsizemet priornsizemet accountabilitymet hscutpoints indicator"
        }
    };
    let columns: Vec<&str> =
        head.split(' ').chain(own.split(' ')).chain(["reportingyear"]).collect();
    let mut text = columns.join("\t") + "\n";
    for row in rows {
        let cells: Vec<String> =
            columns.iter().map(|column| indicator_cell(indicator, year, column, *row)).collect();
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    text
}

fn indicator_cell(indicator: &str, year: u16, column: &str, row: Rated<'_>) -> String {
    let (cds, group, color) = row;
    let school = !cds.ends_with("0000000");
    match column {
        "cds" => cds.to_owned(),
        "rtype" => if school { "S" } else { "D" }.to_owned(),
        "schoolname" if school => name_of(cds),
        "districtname" => name_of(&format!("{}0000000", cds.get(..7).unwrap_or(cds))),
        "countyname" => format!("County {}", cds.get(..2).unwrap_or_default()),
        "charter_flag" if school => "Y".to_owned(),
        "coe_flag" if cds.get(2..3) == Some("1") && !school => "Y".to_owned(),
        "type" => "UD".to_owned(),
        "studentgroup" => group.to_owned(),
        "currnumer" | "currprogressed" => "40".to_owned(),
        "currdenom" | "priordenom" => "200".to_owned(),
        "currstatus" => "20.0".to_owned(),
        "statuslevel" | "color" => color.to_string(),
        "changelevel" => if color == 0 { "0" } else { "3" }.to_owned(),
        "currnsizemet" | "priornsizemet" => "Y".to_owned(),
        "accountabilitymet" => if color == 0 { "N" } else { "Y" }.to_owned(),
        "indicator" => indicator.to_owned(),
        "reportingyear" => year.to_string(),
        _ => String::new(),
    }
}

/// The text of a local indicator file: CDS code and rating in each row.
#[must_use]
pub fn local_text(priority: u8, year: u16, rows: &[(&str, &str)]) -> String {
    let mut text =
        "cdsCode|lea|priorityNumber|countyPerformance|additionalInfo|meetingDate|year\n".to_owned();
    for (cds, rating) in rows {
        let _ = writeln!(text, "{cds}|{}|{priority}|{rating}|||{year}", name_of(cds));
    }
    text
}

/// A row of a published list: CDS code, status, and cells that are no default by column.
pub type Listed<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// The text of a published list in the columns that the year's built-in edition names. No
/// group has a code, no method is met and no flag is set but where a row says so.
///
/// # Panics
/// If the year has no built-in edition.
#[must_use]
#[expect(clippy::expect_used, reason = "a test names a year that has an edition")]
pub fn list_text(title: &str, year: u16, rows: &[Listed<'_>]) -> String {
    let books = crate::case::rulebooks();
    let edition = books.edition(crate::case::year(year)).expect("an edition");
    let columns = &edition.published_columns.columns;
    let mut text = format!("\"{title}\"\n{}\n", columns.join(","));
    for (cds, status, cells) in rows {
        let row: Vec<String> = columns
            .iter()
            .map(|column| {
                let own = cells.iter().find(|(name, _)| name == column).map(|(_, cell)| *cell);
                own.map_or_else(|| list_cell(year, column, cds, status, cells), str::to_owned)
            })
            .map(|cell| format!("\"{cell}\""))
            .collect();
        text.push_str(&row.join(","));
        text.push('\n');
    }
    text
}

fn list_cell(year: u16, column: &str, cds: &str, status: &str, cells: &[(&str, &str)]) -> String {
    let coded = || cells.iter().filter(|(name, _)| name.ends_with("priorities")).count();
    match column.to_ascii_lowercase().as_str() {
        "cdcode" => cds.get(..7).unwrap_or(cds).to_owned(),
        "cds" => cds.to_owned(),
        "leaname" => name_of(cds),
        "countyname" => format!("County {}", cds.get(..2).unwrap_or_default()),
        "reportyear" | "reportingyear" => year.to_string(),
        "totalstudentgroups" => coded().to_string(),
        name if name == format!("assistancestatus{year}") => status.to_owned(),
        "metmethod1" => if coded() > 0 { "Y" } else { "N" }.to_owned(),
        name if name.starts_with("metmethod") || name.starts_with("ec52") => "N".to_owned(),
        _ => "*".to_owned(),
    }
}

/// The rows of a CSV text, by column.
///
/// # Panics
/// If it is none.
#[must_use]
#[expect(clippy::expect_used, reason = "a test cannot go on without the table")]
pub fn table(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row of text")).collect()
}
