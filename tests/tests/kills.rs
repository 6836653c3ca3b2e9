//! A hundred kills, one after another on the same database: of the program that imports, of
//! the one that decides, and of the service, at random moments. After each, what was
//! acknowledged is there, nothing is there half, readers of another service have seen whole
//! runs alone, and the next command goes on.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::{Caller, path_of, serve, text};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, Rated, indicator_text};
use calsos_tests::service::Answer;
use serde_json::Value;

const KILLS: u32 = 100;

/// Of so many kills, one is of a service that has a job.
const SERVING: u32 = 8;

const PAGE: &str = "/v1/leas/01999000000000/determinations/2023";

/// Moments are chosen by this; another number chooses others.
const SEED: u64 = 7;

/// Numbers by splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    /// A part of a time, or all of it and a little more.
    fn part(&mut self, of: Duration) -> Duration {
        of.mul_f64(self.below(1100) as f64 / 1000.0)
    }
}

/// How long a command takes, as far as its kills tell: a machine that becomes busy makes each
/// longer, and then all would be killed before they store, and nothing would be tested of those
/// that have stored. One that ended shortens it, one that did not lengthens it.
struct Takes(Duration);

impl Takes {
    fn learn(&mut self, ended: bool) {
        self.0 = self.0.mul_f64(if ended { 0.8 } else { 1.15 });
    }
}

/// One of many files: of 40 counties with districts in each, whose colours are another in each.
fn file(program: &Program, number: u32) -> (String, String) {
    let indicator = ["SUSP", "CHRO", "GRAD", "CCI", "ELA", "MATH"][number as usize % 6];
    let mut rows: Vec<(String, &str, u8)> = Vec::new();
    for county in 1..=40 {
        for group in ["ALL", "AA", "EL", "HI", "SED", "SWD", "WH"] {
            let code = format!("{county:02}999000000000");
            rows.push((code, group, 1 + u8::try_from((number + county) % 5).unwrap()));
        }
    }
    let rows: Vec<Rated<'_>> =
        rows.iter().map(|(code, group, color)| (code.as_str(), *group, *color)).collect();
    let text = indicator_text(indicator, 2023, &rows);
    // Another file each time, also where the colours come round again.
    let text = text.replace("District 0199900", &format!("District {number}"));
    let path = program.write(&format!("{number}/{indicator}.txt"), &text);
    (path.to_str().unwrap().to_owned(), text)
}

fn start(program: &Program, words: &[&str]) -> Child {
    program.command().args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// What is stored: the hashes of the releases by number, and how many runs there are.
fn stored(program: &Program) -> (Vec<String>, usize) {
    let releases = program.json(["releases"]);
    let hash = |row: &Value| row["sha256"].as_str().unwrap().to_owned();
    let releases = releases.as_array().unwrap().iter().map(hash).collect();
    (releases, program.json(["runs"]).as_array().unwrap().len())
}

fn answers(program: &Program) -> String {
    program.succeed(["export", "--year", "2023", "--layout", "answers", "--format", "csv"])
}

fn a_hundred_kills_at_random_moments_lose_nothing_that_was_acknowledged(on: Backend) {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let issuer = Issuer::new();
    let state = Caller::new(&issuer, "import", "state");
    let (first, _) = file(&program, 0);
    let begun = Instant::now();
    program.succeed(["import", &first]);
    let mut import = Takes(begun.elapsed());
    let begun = Instant::now();
    program.succeed(["determine"]);
    let mut determine = Takes(begun.elapsed());
    let readers = serve(&program, &issuer, &[]);
    let over = AtomicBool::new(false);
    let mut random = Random(SEED);
    let (mut killed, mut acknowledged) = (BTreeMap::new(), Vec::new());
    std::thread::scope(|scope| {
        // Also where something else fails: the scope waits for its reader.
        let end = Ends(&over);
        let reader = scope.spawn(|| {
            let mut pages = BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                let answer = readers.get(PAGE);
                assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
                let run = answer.header("dataset-version").split('.').next().unwrap().to_owned();
                pages.insert((run, answer.body));
            }
            pages
        });
        for number in 1..=KILLS {
            let before = stored(&program);
            let (path, text) = file(&program, number);
            let what = if number % SERVING == 0 {
                let asked = serve(&program, &issuer, &[]);
                let sent = if number % (2 * SERVING) == 0 {
                    state.send(&asked, "POST", "/v1/runs", &[], "")
                } else {
                    state.import(&asked, &format!("{number}.txt&beside=wins"), text)
                };
                assert_eq!(sent.status, 202);
                acknowledged.push(sent);
                std::thread::sleep(random.part(determine.0));
                // Killed with the value.
                drop(asked);
                "service"
            } else {
                let (words, takes) = match number % 3 {
                    0 => (vec!["determine"], &mut determine),
                    _ => (vec!["import", &path], &mut import),
                };
                let mut child = start(&program, &words);
                std::thread::sleep(random.part(takes.0));
                child.kill().unwrap();
                let done = child.wait().unwrap().success();
                takes.learn(done);
                let after = stored(&program);
                if done {
                    assert_ne!(after, before, "{words:?} was acknowledged and is lost");
                }
                if words == ["determine"] { "determine" } else { "import" }
            };
            *killed.entry(what).or_insert(0) += 1;
            let after = stored(&program);
            assert!(after.0.starts_with(&before.0), "a release is gone");
            assert!(after.1 >= before.1, "a run is gone");
        }
        for sent in &acknowledged {
            let job = state.ended(&readers, sent);
            assert_eq!(text(&job, "state"), "done", "{}: {job}", path_of(sent));
        }
        // All that was stored is whole, and follows from itself.
        program.succeed(["determine"]);
        let checked = program.json(["check"]);
        assert_eq!(checked["findings"], Value::Array(Vec::new()), "{checked}");
        let (releases, runs) = stored(&program);
        assert!(releases.len() > 10 && runs > 5, "{} releases, {runs} runs", releases.len());
        readers.wait_for_run(u32::try_from(runs).unwrap());
        let last: Answer = readers.get(PAGE);
        assert_eq!(last.status, 200);
        std::thread::sleep(Duration::from_millis(100));
        drop(end);
        let pages = reader.join().unwrap();
        let runs: BTreeSet<&String> = pages.iter().map(|(run, _)| run).collect();
        assert!(runs.len() > 5, "{runs:?}");
        let shown: BTreeSet<(&String, Vec<u8>)> =
            pages.iter().map(|(run, body)| (run, determination(body))).collect();
        assert_eq!(shown.len(), runs.len(), "each run has one answer, whenever it was read");
    });
    assert!(killed.values().all(|count| *count >= 10), "{killed:?}");
    // The same files, undisturbed, give the same.
    let reference = Program::on(Backend::Sqlite, env!("CARGO_BIN_EXE_calsos-under-test"));
    let by_hash: BTreeMap<String, String> = (0..=KILLS)
        .map(|number| file(&program, number))
        .map(|(path, text)| (sha256(&text), path))
        .collect();
    for hash in stored(&program).0 {
        reference.succeed(["import", &by_hash[&hash]]);
    }
    reference.succeed(["determine"]);
    assert_eq!(answers(&program), answers(&reference));
}

/// Says that it is over when it is dropped.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What of a page comes from its run alone: of files that no run has read, other parts speak.
fn determination(body: &[u8]) -> Vec<u8> {
    let page: Value = serde_json::from_slice(body).unwrap();
    serde_json::to_vec(&page["determination"]).unwrap()
}

fn sha256(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

on_both![a_hundred_kills_at_random_moments_lose_nothing_that_was_acknowledged];
