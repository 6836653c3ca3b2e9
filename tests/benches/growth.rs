//! How time and memory grow with the state: the made-up state at one, four and sixteen times
//! California's number of LEAs, on both databases.
//!
//! `cargo bench -p calsos-tests --bench growth`. `CALSOS_BENCH_FACTORS=1,4` leaves the largest
//! out.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark fails by panicking, prints what it measured, and does with rounded figures"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use calsos_tests::service::Service;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_calsos-under-test");

/// As many LEAs as the sample has where nothing is said.
const CALIFORNIA: u32 = 2382;

/// How many determinations are read, one after the other.
const READ: usize = 2000;

/// What one kind of work took.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    /// Of the processor.
    processor: f64,
    megabytes: f64,
}

/// What was measured of a state on a database.
struct Measured {
    database: &'static str,
    factor: u32,
    answers: u64,
    import: Took,
    run: Took,
    /// Until it is ready, and its memory then.
    start: Took,
    /// Milliseconds of one read, the mean.
    read: f64,
}

fn main() {
    let factors = std::env::var("CALSOS_BENCH_FACTORS").unwrap_or("1,4,16".to_owned());
    let factors: Vec<u32> = factors.split(',').map(|factor| factor.parse().unwrap()).collect();
    let mut all: Vec<Measured> = Vec::new();
    for factor in factors {
        let folder = TempDir::new().unwrap();
        let files = files(folder.path(), factor * CALIFORNIA);
        let address = format!("sqlite:{}", folder.path().join("state.sqlite").display());
        all.push(measure("SQLite", factor, &address, &files));
        if let Some(server) = calsos_tests::postgresql("growth") {
            let name = server.new_database();
            all.push(measure("PostgreSQL", factor, &server.url(&name), &files));
            server.drop_database(&name);
        }
    }
    println!("\nShape: the exponent of the number of LEAs by which a time or memory grows");
    for database in ["SQLite", "PostgreSQL"] {
        let of: Vec<&Measured> = all.iter().filter(|m| m.database == database).collect();
        for pair in of.windows(2) {
            let exponent = |figure: &dyn Fn(&Measured) -> f64| {
                let by = f64::from(pair[1].factor) / f64::from(pair[0].factor);
                (figure(pair[1]) / figure(pair[0])).ln() / by.ln()
            };
            println!(
                "  {database}, from {} to {} times: import {:.2}, run {:.2} (memory {:.2}), \
                 start {:.2} (memory {:.2}), read {:.2}",
                pair[0].factor,
                pair[1].factor,
                exponent(&|m| m.import.seconds),
                exponent(&|m| m.run.seconds),
                exponent(&|m| m.run.megabytes),
                exponent(&|m| m.start.seconds),
                exponent(&|m| m.start.megabytes),
                exponent(&|m| m.read),
            );
        }
    }
}

/// Makes the files of a state of so many LEAs.
fn files(folder: &Path, leas: u32) -> Vec<PathBuf> {
    let out = folder.join("files");
    let words = ["sample", "--leas", &leas.to_string(), "--out"];
    let status = Command::new(PROGRAM).args(words).arg(&out).stdout(Stdio::null()).status();
    assert!(status.unwrap().success());
    let mut files: Vec<PathBuf> =
        fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "txt" || end == "csv"));
    files.sort();
    files
}

fn measure(database: &'static str, factor: u32, address: &str, files: &[PathBuf]) -> Measured {
    let program = || {
        let mut command = Command::new(PROGRAM);
        command.args(["--database", address]).env("CALSOS_USER", "bench");
        command
    };
    let import = timed(program().arg("import").args(files));
    let run = timed(program().arg("determine"));
    let begun = Instant::now();
    let service = Service::start_as_told(program(), &["--anonymous-rate", "off"]);
    let ready = begun.elapsed().as_secs_f64();
    let memory = resident(service.process());
    let start = Took { seconds: ready, processor: 0.0, megabytes: memory };
    let page = service.json("/v1/determinations?limit=5000");
    let mut paths = Vec::new();
    for item in page["items"].as_array().unwrap().iter().step_by(2).take(READ) {
        let (cds, year) = (item["cds"].as_str().unwrap(), &item["dashboardYear"]);
        paths.push(format!("/v1/leas/{cds}/determinations/{year}"));
    }
    let answers = service.json("/v1/runs")["items"][0]["answers"].as_u64().unwrap_or(0);
    let begun = Instant::now();
    for path in &paths {
        assert_eq!(service.get(path).status, 200);
    }
    let read = begun.elapsed().as_secs_f64() * 1000.0 / paths.len() as f64;
    let measured = Measured { database, factor, answers, import, run, start, read };
    tell(&measured, files.len());
    measured
}

fn tell(of: &Measured, files: usize) {
    let Measured { database, factor, answers, import, run, start, read } = of;
    println!(
        "{database}, {factor} times the state ({} LEAs, {files} files, {answers} answers)",
        factor * CALIFORNIA
    );
    for (what, took) in [("import", import), ("run", run)] {
        println!(
            "  {what:<7} {:>7.1} s, {:>7.1} s of the processor, {:>6.0} MB at the peak",
            took.seconds, took.processor, took.megabytes
        );
    }
    println!("  start   {:>7.1} s, {:>6.0} MB then", start.seconds, start.megabytes);
    println!("  read    {read:>7.2} ms, one determination after another");
}

/// Runs a command to its end. Its memory is told by `time`.
fn timed(command: &mut Command) -> Took {
    let told = tempfile::NamedTempFile::new().unwrap();
    let mut timed = Command::new("/usr/bin/time");
    timed.args(["-f", "%U %S %M", "-o"]).arg(told.path()).arg(command.get_program());
    timed.args(command.get_args()).stdout(Stdio::null()).stderr(Stdio::null());
    for (name, value) in command.get_envs() {
        timed.env(name, value.unwrap());
    }
    let begun = Instant::now();
    let status = timed.status().unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    assert!(status.success(), "{command:?}: {status}");
    let told = fs::read_to_string(told.path()).unwrap();
    let numbers: Vec<f64> = told.split_whitespace().map(|n| n.parse().unwrap()).collect();
    Took { seconds, processor: numbers[0] + numbers[1], megabytes: numbers[2] * 1024.0 / 1e6 }
}

/// Megabytes of a process that are resident.
fn resident(process: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes * 1024.0 / 1e6
}
