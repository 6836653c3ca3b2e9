//! How long the import of a statewide indicator file takes from the start of the program to
//! its end, beside what people would load it with: the `sqlite3` shell's `.import` and, on a
//! throwaway server, `psql`'s `\copy`. Both of those load texts into a table without a check;
//! the program checks every value, keeps the rows of LEAs and the file's own bytes.
//! `cargo bench -p calsos-tests --bench importing`.

#![expect(clippy::print_stdout, reason = "a benchmark tells what it found")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may stop and speak")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use calsos_domain::indicator::Indicator;
use calsos_sample::{SampleSize, State, Subject};
use calsos_tests_postgres::{Server, server};

const ROUNDS: usize = 9;
const PROGRAM: &str = env!("CARGO_BIN_EXE_calsos-under-test");

fn main() {
    // `cargo test --all-targets` starts benchmarks too, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!(
        "Importing one indicator file from the start of a process to its end, {ROUNDS} rounds"
    );
    // With so many schools the file is as long as the state's; without, every row is kept.
    compare("as the state's: four of five rows are of schools, which are counted", 2_360, 8_400);
    compare("the hardest: every row is an LEA's and kept", 10_900, 0);
}

fn compare(what: &str, leas: u32, schools: u32) {
    let folder = tempfile::TempDir::new().unwrap();
    let state = State::new(1, SampleSize::new(leas, schools).unwrap()).unwrap();
    let (name, bytes) = state
        .files()
        .filter(|file| {
            matches!(file.subject, Subject::Indicator { indicator: Indicator::Chro, .. })
        })
        .map(|file| file.text().unwrap())
        .last()
        .unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, &bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let columns: Vec<&str> = text.lines().next().unwrap().split('\t').collect();
    println!();
    println!("{what}:");
    println!(
        "  {} rows, {} columns, {:.1} MB",
        text.lines().count() - 1,
        columns.len(),
        text.len() as f64 / 1e6
    );
    embedded(folder.path(), &file);
    match server("importing") {
        Some(server) => on_a_server(server, &file, &columns),
        None => println!("  PostgreSQL was not measured"),
    }
}

/// Into a database that is new each time, for both.
fn embedded(folder: &Path, file: &Path) {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let database = folder.join(format!("{round}.sqlite"));
        let address = format!("sqlite:{}", database.display());
        times[0].push(timed(import(&address, file)));
        let mut shell = Command::new("sqlite3");
        shell.arg(folder.join(format!("{round}.shell"))).args([
            "-cmd".to_owned(),
            ".mode tabs".to_owned(),
            format!(".import {} t", file.display()),
        ]);
        times[1].push(timed(shell));
    }
    tell("import (SQLite)", "sqlite3 .import", times);
}

/// Into a database whose tables are there before, for both.
fn on_a_server(server: &Server, file: &Path, columns: &[&str]) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let database = server.new_database();
        let address = server.url(&database);
        assert!(calsos(&address, [OsStr::new("releases")]).status().unwrap().success());
        times[0].push(timed(import(&address, file)));
        let texts: Vec<String> = columns.iter().map(|name| format!("\"{name}\" text")).collect();
        server.sql(&database, &format!("CREATE TABLE t ({})", texts.join(", ")));
        let mut shell = server.psql(&database);
        shell.args(["-c".to_owned(), copy(file)]);
        times[1].push(timed(shell));
        server.drop_database(&database);
    }
    tell("import (PostgreSQL)", "psql \\copy", times);
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
    command.args(["--database", address]).args(words).stdout(std::process::Stdio::null());
    command
}

fn timed(mut command: Command) -> Duration {
    let start = Instant::now();
    let status = command.status().unwrap();
    let time = start.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    time
}

fn tell(ours: &str, theirs: &str, times: [Vec<Duration>; 2]) {
    let [mut our_times, mut their_times] = times;
    our_times.sort();
    their_times.sort();
    let (best, median) = (0, ROUNDS / 2);
    for (what, times) in [(ours, &our_times), (theirs, &their_times)] {
        println!(
            "  {what:<20} best {:>6.0} ms, median {:>6.0} ms",
            times[best].as_secs_f64() * 1e3,
            times[median].as_secs_f64() * 1e3
        );
    }
    println!(
        "  time of the import to the other's: {:.2} by the best rounds, {:.2} by the median ones",
        our_times[best].as_secs_f64() / their_times[best].as_secs_f64(),
        our_times[median].as_secs_f64() / their_times[median].as_secs_f64()
    );
}
