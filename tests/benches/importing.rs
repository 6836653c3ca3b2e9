//! How long the import of a statewide indicator file takes from the start of the program to
//! its end, beside what people would load it with: the `sqlite3` shell's `.import` and, on a
//! throwaway server, `psql`'s `\copy`. Both of those load texts into a table without a check;
//! the program checks every value, keeps the rows of LEAs and the file's own bytes.
//! `cargo bench -p calsos-tests --bench importing`.
//!
//! The two take turns. Beside the time on the clock stands that of the processor, user and
//! system together, as GNU `time` measures it: other work on the machine changes it little. A
//! server's own work is no part of it.

#![expect(clippy::print_stdout, reason = "a benchmark tells what it found")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may stop and speak")]

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use calsos_domain::indicator::Indicator;
use calsos_domain::rulebook::Rulebooks;
use calsos_sample::{Form, SampleSize, State, Subject};
use calsos_tests_postgres::{Server, server};
use tempfile::TempDir;

const ROUNDS: usize = 9;
const PROGRAM: &str = env!("CARGO_BIN_EXE_calsos-under-test");
const TIME: &str = "/usr/bin/time";

fn main() {
    // `cargo test --all-targets` starts benchmarks too, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!(
        "Importing one indicator file from the start of a process to its end, {ROUNDS} rounds"
    );
    // With so many schools the file is as long as the state's; without, every row is kept.
    compare("as the state's: three of four rows are of schools, which are counted", 2_400, 7_800);
    compare("the hardest: every row is an LEA's and kept", 10_000, 0);
}

fn compare(what: &str, leas: u32, schools: u32) {
    let folder = TempDir::new().unwrap();
    let books = Rulebooks::load(&Rulebooks::built_in_files()).unwrap();
    let state = State::by_rules(books, 1, SampleSize::new(leas, schools).unwrap()).unwrap();
    let specs = state.specs();
    let of_suspension = |subject| {
        matches!(subject, Subject::Indicator { indicator: Indicator::Susp, first_issue: false, .. })
    };
    let last = specs.iter().rfind(|spec| of_suspension(spec.subject)).unwrap();
    let file = state.file(last, Form::Text).unwrap();
    let path = folder.path().join(file.name);
    fs::write(&path, &file.bytes).unwrap();
    let text = String::from_utf8(file.bytes).unwrap();
    let columns: Vec<&str> = text.lines().next().unwrap().split('\t').collect();
    println!();
    println!("{what}:");
    println!(
        "  {} rows, {} columns, {:.1} MB",
        text.lines().count() - 1,
        columns.len(),
        text.len() as f64 / 1e6
    );
    embedded(folder.path(), &path);
    match server("importing") {
        Some(server) => on_a_server(server, folder.path(), &path, &columns),
        None => println!("  PostgreSQL was not measured"),
    }
}

/// Into a database that is new each time, for both.
fn embedded(folder: &Path, file: &Path) {
    let (mut ours, mut theirs) = (Rounds::default(), Rounds::default());
    for round in 0..ROUNDS {
        let database = folder.join(format!("{round}.sqlite"));
        let address = format!("sqlite:{}", database.display());
        ours.add(folder, &import(&address, file));
        let mut shell = Command::new("sqlite3");
        shell
            .args(["-cmd", ".mode tabs"])
            .arg(folder.join(format!("{round}.shell")))
            .arg(format!(".import {} t", file.display()));
        theirs.add(folder, &shell);
    }
    tell(("import (SQLite)", &ours), ("sqlite3 .import", &theirs), false);
}

/// Into a database whose tables are there before, for both.
fn on_a_server(server: &Server, folder: &Path, file: &Path, columns: &[&str]) {
    let (mut ours, mut theirs) = (Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        let database = server.new_database();
        let address = server.url(&database);
        assert!(calsos(&address, [OsStr::new("releases")]).status().unwrap().success());
        ours.add(folder, &import(&address, file));
        server.drop_database(&database);

        let database = server.new_database();
        let texts: Vec<String> = columns.iter().map(|name| format!("\"{name}\" text")).collect();
        server.sql(&database, &format!("CREATE TABLE t ({})", texts.join(", ")));
        let mut shell = server.psql(&database);
        shell.args(["-c".to_owned(), copy(file)]);
        theirs.add(folder, &shell);
        server.drop_database(&database);
    }
    tell(("import (PostgreSQL)", &ours), ("psql \\copy", &theirs), true);
}

fn copy(file: &Path) -> String {
    format!(
        "\\copy t FROM '{}' WITH (FORMAT csv, DELIMITER E'\\t', QUOTE E'\\b', HEADER)",
        file.display()
    )
}

fn import(address: &str, file: &Path) -> Command {
    calsos(address, [OsStr::new("import"), file.as_os_str()])
}

fn calsos<'a>(address: &str, words: impl IntoIterator<Item = &'a OsStr>) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(["--database", address]).args(words).stdout(Stdio::null());
    command
}

/// What the rounds of one program took.
#[derive(Default)]
struct Rounds {
    /// Seconds on the clock.
    clock: Vec<f64>,
    /// Seconds of the processor, where they can be measured.
    processor: Vec<f64>,
    /// The most memory at a time, in KiB.
    memory: Vec<f64>,
}

impl Rounds {
    fn add(&mut self, folder: &Path, command: &Command) {
        let told = folder.join("time");
        let mut timed = if Path::new(TIME).exists() {
            let mut timed = Command::new(TIME);
            timed.args(["-f", "%U %S %M", "-o"]).arg(&told).arg(command.get_program());
            timed
        } else {
            Command::new(command.get_program())
        };
        timed.args(command.get_args()).stdout(Stdio::null());
        for (name, value) in command.get_envs() {
            timed.env(name, value.unwrap());
        }
        let start = Instant::now();
        let status = timed.status().unwrap();
        self.clock.push(start.elapsed().as_secs_f64());
        assert!(status.success(), "{command:?}: {status}");
        if let Ok(told) = fs::read_to_string(told) {
            let numbers: Vec<f64> =
                told.split_whitespace().map(|number| number.parse().unwrap()).collect();
            self.processor.push(numbers[0] + numbers[1]);
            self.memory.push(numbers[2]);
        }
    }
}

fn tell(
    (our_name, ours): (&str, &Rounds),
    (their_name, theirs): (&str, &Rounds),
    on_a_server: bool,
) {
    for (name, rounds) in [(our_name, ours), (their_name, theirs)] {
        let (best, median) = best_and_median(&rounds.clock);
        print!("  {name:<20} best {:>5.0} ms, median {:>5.0} ms", best * 1e3, median * 1e3);
        if !rounds.processor.is_empty() {
            let (best, median) = best_and_median(&rounds.processor);
            let memory = best_and_median(&rounds.memory).1 / 1024.0;
            print!("; of the processor {:>5.0} ms, {:>5.0} ms", best * 1e3, median * 1e3);
            print!("; {memory:.0} MiB");
        }
        println!();
    }
    let ratio = |what: &str, ours: &[f64], theirs: &[f64]| {
        if ours.is_empty() {
            return;
        }
        let (ours, theirs) = (best_and_median(ours), best_and_median(theirs));
        println!(
            "  {what} to the other's: {:.2} by the best rounds, {:.2} by the median ones",
            ours.0 / theirs.0,
            ours.1 / theirs.1
        );
    };
    ratio("time of the import", &ours.clock, &theirs.clock);
    if !on_a_server {
        ratio("processor's time", &ours.processor, &theirs.processor);
    }
}

fn best_and_median(values: &[f64]) -> (f64, f64) {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2])
}
