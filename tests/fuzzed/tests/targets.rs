//! Every target on its corpus and on what can be made of it: what the fuzzer does, without its
//! eyes for new paths, so that it needs nothing but the compiler. The same bytes are tried
//! every time.
//!
//! `CALSOS_FUZZED_TIMES` tries so many times as many.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop and speak")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use calsos_fuzzed::{TARGETS, Target};

/// How long one input may take, unoptimised on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many bytes an input has at most.
const BYTES_MOST: usize = 16 * 1024;

fn corpus_of(name: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus")).join(name)
}

/// The inputs of a target that are kept, in the order of their names.
fn corpus(target: Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = corpus_of(target.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

/// Runs a target; says which bytes it stopped at.
fn run(target: Target, bytes: &[u8], what: &str) {
    let begun = Instant::now();
    let stopped = std::panic::catch_unwind(|| (target.run)(bytes)).is_err();
    let shown = || bytes.escape_ascii().to_string();
    assert!(!stopped, "{} stopped at {what}: \"{}\"", target.name, shown());
    let took = begun.elapsed();
    assert!(took < PATIENCE, "{} took {took:?} for {what}: \"{}\"", target.name, shown());
}

/// Numbers that look like chance and are always the same.
struct Draws(u64);

impl Draws {
    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % limit.max(1)
    }

    fn of<'a, T: ?Sized>(&mut self, choice: &[&'a T]) -> &'a T {
        choice[self.below(choice.len())]
    }
}

/// Texts at which readers turn off.
const TEXTS: [&str; 34] = [
    "",
    "0",
    "-1",
    "1",
    "5",
    "6",
    "14",
    "250",
    "65535",
    "65536",
    "4294967295",
    "4294967296",
    "99999999999999999999",
    "1e9",
    ".5",
    "2023",
    "2017f",
    "2023.0",
    "*",
    "\"",
    "\"\"",
    "\t",
    ",",
    "\n",
    "\r\n",
    "\u{1f}",
    "\u{0}",
    "\u{9b}",
    "\u{f1}",
    "\u{feff}",
    "No Data",
    "&#27;",
    "<",
    "+",
];

/// An input made of one or two others.
fn mutated(draws: &mut Draws, corpus: &[(PathBuf, Vec<u8>)]) -> Vec<u8> {
    let any = |draws: &mut Draws| corpus[draws.below(corpus.len())].1.clone();
    let mut bytes = any(draws);
    for _ in 0..=draws.below(4) {
        let at = draws.below(bytes.len() + 1);
        let to = (at + draws.below(16)).min(bytes.len());
        match draws.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << draws.below(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(draws.below(256)).unwrap(),
            2 => drop(bytes.drain(at..to)),
            3 => drop(bytes.splice(at..to, draws.of(&TEXTS).bytes())),
            4 => drop(bytes.splice(at..at, draws.of(&TEXTS).bytes())),
            5 => {
                let piece = bytes[at..to].repeat(1 + draws.below(40));
                bytes.splice(at..at, piece);
            }
            6 => {
                // A piece of another input, up to the end of its line.
                let other = any(draws);
                let from = draws.below(other.len() + 1);
                let piece = other[from..].split_inclusive(|b| *b == b'\n').next();
                bytes.splice(at..to, piece.unwrap_or_default().iter().copied());
            }
            _ => {
                let number = draws.below(1 << 20).to_string();
                bytes.splice(at..to, number.into_bytes());
            }
        }
    }
    bytes.truncate(BYTES_MOST);
    bytes
}

/// How many inputs are made for a target: those that unpack archives take much longer.
fn inputs_of(target: Target) -> u64 {
    match target.name {
        "packed_workbook" => 20,
        "workbook" | "workbook_parts" | "old_workbook" => 200,
        "values" | "cursor" | "query" | "headers" | "agency" | "scopes" => 4_000,
        _ => 400,
    }
}

#[test]
fn what_must_hold_of_all_bytes_holds_of_those_that_are_kept_and_of_others_made_of_them() {
    let times = std::env::var("CALSOS_FUZZED_TIMES").ok().map_or(1, |text| text.parse().unwrap());
    for (number, target) in (1..).zip(TARGETS) {
        let begun = Instant::now();
        let corpus = corpus(target);
        assert!(!corpus.is_empty(), "{} has no corpus", target.name);
        run(target, b"", "nothing");
        for (path, bytes) in &corpus {
            run(target, bytes, &path.display().to_string());
        }
        let mut draws = Draws(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(number));
        for made in 0..inputs_of(target) * times {
            run(target, &mutated(&mut draws, &corpus), &format!("number {made} of its making"));
        }
        println!("{}: {} kept, {:?}", target.name, corpus.len(), begun.elapsed());
    }
}

#[test]
fn the_fuzzer_has_a_program_and_a_corpus_for_each_target_and_no_others() {
    let names = |folder: PathBuf| -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<String> =
            entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let mut expected = TARGETS.map(|target| target.name.to_owned());
    expected.sort();
    assert_eq!(names(corpus_of("")), expected);
    assert_eq!(names(corpus_of("../fuzz_targets")), expected);
    let manifest = fs::read_to_string(corpus_of("../Cargo.toml")).unwrap();
    for name in expected {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in the manifest");
    }
}
