//! How fast the service answers, beside a bare handler of the same framework that gives the
//! same bytes from memory: `cargo bench -p calsos-tests --bench serving`. A name behind `--`
//! takes only the measurements that have it in theirs.
//!
//! `wrk` asks both, over loopback, in turns; each round gives a ratio, of which the median
//! counts. The two servers and `wrk` share the machine, so that what `wrk` itself takes of it
//! is in both figures. The processor's time beside them is the server's alone.
//!
//! The data are the made-up state, as large as California, which the program makes, imports
//! and decides here first, or what a database has that `CALSOS_BENCH_DATABASE` names, such as
//! `sqlite:demo.sqlite`; it is only read. `CALSOS_BENCH_ROUNDS` asks for another number of rounds,
//! where others use the machine so much that the ratios of few say little.

#![expect(clippy::print_stdout, reason = "a benchmark tells what it found")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may stop and speak")]

mod bare;
mod servers;
mod state;
mod tokens;
mod wrk;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use servers::{Server, ready_after};
use state::State;
use wrk::{Load, Measured};

const ROUNDS: usize = 15;
const STARTS: usize = 10;

/// Readers at once, of what is small and of what is large or is drawn up.
const MANY: u32 = 16;
const FEW: u32 = 4;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, folder, ..] = words.as_slice()
        && word == bare::WORD
    {
        bare::serve(folder);
        return ExitCode::SUCCESS;
    }
    // `cargo test --all-targets` starts benchmarks too, to see that they build.
    if !words.iter().any(|word| word == "--bench") {
        return ExitCode::SUCCESS;
    }
    let Some(version) = wrk::version() else {
        println!("wrk is not installed, and nothing was measured (Debian: apt-get install wrk).");
        return ExitCode::FAILURE;
    };
    let wanted = words.into_iter().find(|word| !word.starts_with('-')).unwrap_or_default();
    println!("{version}; {} rounds of {:?} each, in turns; medians", rounds(), wrk::LASTS);
    measure(&State::new(), &wanted);
    ExitCode::SUCCESS
}

fn measure(state: &State, wanted: &str) {
    let is_wanted = |name: &str| name.contains(wanted);
    if is_wanted("start") {
        start(state);
    }
    let service = Server::start(&mut state.serve("127.0.0.1:0"));
    let memory = service.memory();
    let paths = Paths::of(&service);
    let bare = bare::start(
        state.folder(),
        &service.get(&paths.one, &[]).body,
        &service.get(&paths.list, &[]).body,
    );
    if is_wanted("determination") {
        determinations(&service, &bare, &paths);
    }
    if is_wanted("list") {
        lists(&service, &bare, &paths);
    }
    if is_wanted("drawn") {
        drawn(&service, &paths);
    }
    if is_wanted("token") || is_wanted("limits") {
        tokens::measure(state, &service, &paths.one, is_wanted);
    }
    if !wanted.is_empty() {
        return;
    }
    let after = service.memory();
    println!("memory of the service, resident (at its peak)");
    println!("  when ready: {memory}");
    println!("  after the load above: {after}");
    aim("at most 150 MB, at the peak too", after.peak <= 150.0);
}

/// What is asked for.
struct Paths {
    /// One determination, of the newest year.
    one: String,
    /// The newest year of the whole state in one call.
    list: String,
    year: String,
    /// Every determination, not in the order in which they are stored.
    all: Vec<String>,
}

impl Paths {
    fn of(service: &Server) -> Paths {
        let mut found = Vec::new();
        let mut newest = String::new();
        for year in service.json("/v1/years")["items"].as_array().unwrap() {
            if year["determinations"].as_u64() == Some(0) {
                continue;
            }
            newest = year["dashboardYear"].to_string();
            let list = service.json(&format!("/v1/determinations?year={newest}&limit=5000"));
            for item in list["items"].as_array().unwrap() {
                let cds = item["cds"].as_str().unwrap();
                found.push(format!("/v1/leas/{cds}/determinations/{newest}"));
            }
        }
        // A step that shares no divisor with any number near: a prime.
        let step = 7_919;
        let all: Vec<String> =
            (0..found.len()).map(|n| found[n * step % found.len()].clone()).collect();
        Paths {
            one: found.last().unwrap().clone(),
            list: format!("/v1/determinations?year={newest}&limit=5000"),
            year: newest,
            all,
        }
    }
}

fn start(state: &State) {
    let mut times: Vec<f64> =
        (0..STARTS).map(|_| ready_after(|address| state.serve(address)).as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    println!("from the start of the process until /readyz answers 200, {STARTS} times");
    println!("  median {:.2} s ({:.2} to {:.2})", median(&times), times[0], times[times.len() - 1]);
    aim("at most 1 s", median(&times) <= 1.0);
}

fn determinations(service: &Server, bare: &Server, paths: &Paths) {
    let answer = service.get(&paths.one, &[]);
    println!(
        "one determination, {} bytes, by {MANY} readers, and not again to whom has it",
        answer.body.len()
    );
    let one = Load::of(&paths.one, MANY);
    let had = Load::of(&paths.one, MANY).with("If-None-Match", answer.header("etag"));
    assert_eq!(service.get(&paths.one, &had.headers).status, 304, "the tag is known");
    let [ours, not_modified, theirs] = in_turns([(service, &one), (service, &had), (bare, &one)]);
    tell("200", &ours);
    tell("304", &not_modified);
    tell("bare handler", &theirs);
    let ratio =
        ratio("requests of the bare handler's", &ours, &theirs, Measured::requests_a_second);
    aim("at least 0.9", ratio >= 0.9);
    self::ratio("processor's time of the bare handler's", &ours, &theirs, Measured::processor);
    let faster =
        self::ratio("304 to 200, in requests", &not_modified, &ours, Measured::requests_a_second);
    aim("more than 1", faster > 1.0);

    println!("{} determinations in rotation, by {MANY} readers", paths.all.len());
    let all = Load::of_all(&paths.all, MANY);
    let [ours, theirs] = in_turns([(service, &all), (bare, &all)]);
    tell("200", &ours);
    tell("bare handler, always the same body", &theirs);
    self::ratio("requests of the bare handler's", &ours, &theirs, Measured::requests_a_second);
}

fn lists(service: &Server, bare: &Server, paths: &Paths) {
    let body = service.get(&paths.list, &[]).body;
    println!("the list of the whole state in one call, {} bytes, by {FEW} readers", body.len());
    let list = Load::of(&paths.list, FEW);
    let [ours, theirs] = in_turns([(service, &list), (bare, &list)]);
    tell("200", &ours);
    tell("bare handler", &theirs);
    let ratio = ratio("bytes of the bare handler's", &ours, &theirs, Measured::bytes_a_second);
    aim("at least 0.8", ratio >= 0.8);
    self::ratio("processor's time of the bare handler's", &ours, &theirs, Measured::processor);
    let (middle, slow) = (of(&ours, Measured::median), of(&ours, Measured::slow));
    aim("under 100 ms, median and p99", middle < 0.1 && slow < 0.1);

    let zipped = Load::of(&paths.list, FEW).with("Accept-Encoding", "gzip");
    let answer = service.get(&paths.list, &zipped.headers);
    assert_eq!(answer.header("content-encoding"), "gzip", "it was asked for");
    println!("the same with gzip, {} bytes, by {FEW} readers", answer.body.len());
    let [ours] = in_turns([(service, &zipped)]);
    tell("200", &ours);
}

/// What is put together when it is asked for: no aims.
fn drawn(service: &Server, paths: &Paths) {
    let traces: Vec<String> = paths.all.iter().map(|path| format!("{path}/trace")).collect();
    let year = &paths.year;
    let loads = [
        ("one trace", Load::of(&format!("{}/trace", paths.one), FEW)),
        ("traces in rotation", Load::of_all(&traces, FEW)),
        ("the reconciliation of a year", Load::of(&format!("/v1/reconciliations/{year}"), FEW)),
        (
            "a year as CSV",
            Load::of(&format!("/v1/exports/determinations?year={year}&layout=published"), FEW)
                .lasting(Duration::from_secs(5)),
        ),
    ];
    for (what, load) in loads {
        let start = Instant::now();
        let answer = service.get(&load.paths[0], &[]);
        let first = start.elapsed();
        assert_eq!(answer.status, 200, "{}", load.paths[0]);
        let size = match load.paths.len() {
            1 => format!("{} bytes", answer.body.len()),
            paths => format!("{paths} of them"),
        };
        println!("{what}, {size}, by {FEW} readers");
        println!("  the first one, to one reader: {}", milliseconds(first.as_secs_f64()));
        let [ours] = in_turns([(service, &load)]);
        tell("200", &ours);
    }
}

/// Puts loads on servers in turns: each load's rounds.
fn in_turns<const N: usize>(loads: [(&Server, &Load); N]) -> [Vec<Measured>; N] {
    for (server, load) in &loads {
        wrk::run(server, load);
    }
    let mut measured = loads.map(|_| Vec::new());
    for _ in 0..rounds() {
        for ((server, load), measured) in loads.iter().zip(&mut measured) {
            measured.push(wrk::run(server, load));
        }
    }
    measured
}

fn rounds() -> usize {
    std::env::var("CALSOS_BENCH_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

/// The median over rounds.
fn of(rounds: &[Measured], figure: impl Fn(&Measured) -> f64) -> f64 {
    median(&rounds.iter().map(figure).collect::<Vec<f64>>())
}

fn tell(name: &str, rounds: &[Measured]) {
    println!(
        "  {name}: {:.0} requests a second, {:.1} MB a second; median {}, p99 {}; {:.1} µs of the \
         processor each",
        of(rounds, Measured::requests_a_second),
        of(rounds, Measured::bytes_a_second) / 1e6,
        milliseconds(of(rounds, Measured::median)),
        milliseconds(of(rounds, Measured::slow)),
        of(rounds, Measured::processor) * 1e6,
    );
}

/// Tells the median of the rounds' ratios, with their range.
fn ratio(
    what: &str,
    ours: &[Measured],
    theirs: &[Measured],
    figure: impl Fn(&Measured) -> f64,
) -> f64 {
    let mut ratios: Vec<f64> =
        ours.iter().zip(theirs).map(|(ours, theirs)| figure(ours) / figure(theirs)).collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "  {what}: {:.2} ({:.2} to {:.2})",
        median(&ratios),
        ratios[0],
        ratios[ratios.len() - 1]
    );
    median(&ratios)
}

fn aim(what: &str, is_met: bool) {
    println!("  aim: {what}: {}", if is_met { "met" } else { "NOT MET" });
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1e3)
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
