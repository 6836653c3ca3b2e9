//! How fast LEAs are decided: `cargo bench -p calsos-tests --bench deciding`.
//!
//! It takes the made-up state of `calsos-sample`, as large as California, with every file
//! and list of every year; or every file below the folder that `CALSOS_BENCH_FILES` or the
//! first argument names. What is timed begins with packed years in memory and ends with the
//! verdict on every LEA-year, whole, in memory. That the two kinds of verdict say the same
//! of every method, letter, label, test and level is looked at beside it, untimed.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints what it measured, and fails by panicking"
)]

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use calsos_domain::determination::decide;
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{FactBase, LeaFacts, ReleaseHead, ReleaseNumber};
use calsos_domain::indicator::Indicator;
use calsos_domain::judge::{Judge, PackedLea};
use calsos_domain::lea::LeaType;
use calsos_domain::outcome::Depends;
use calsos_domain::release::ReleaseContents;
use calsos_domain::rulebook::{Edition, Rulebooks};
use calsos_domain::small_numbers::Counts;
use calsos_domain::trace::trace;
use calsos_domain::verdict::Verdict;
use calsos_ingest::{Input, Layouts, read};
use calsos_sample::{SampleSize, State};

/// Passes over all LEAs; a round is one pass.
const ROUNDS: usize = 200;
/// Times that one trace is drawn; the best counts.
const TRIES: usize = 25;

/// Passes over what takes long.
const FEW_ROUNDS: usize = 3;

/// The state that is made up.
const SEED: u64 = 5;

type Releases = Vec<(ReleaseHead, ReleaseContents)>;

fn main() {
    let books = Rulebooks::load(&Rulebooks::built_in_files()).unwrap();
    let facts = match folder() {
        Some(folder) => facts_of_files(&folder),
        None => {
            let size = SampleSize::CALIFORNIA;
            println!("facts: the made-up state of seed {SEED} with {} LEAs", size.leas());
            let state = State::new(SEED, size.leas()).unwrap();
            state.facts().collect()
        }
    };
    let leas: Vec<&LeaFacts> = facts.iter().collect();
    let named = |lea: &LeaFacts| {
        books.editions().filter(|e| lea.years.get(&e.year).is_some_and(|f| f.named)).count()
    };
    let lea_years: usize = leas.iter().map(|lea| named(lea)).sum();
    let editions = books.editions().count();
    let methods = books.editions().flat_map(|e| &e.methods).count();
    println!(
        "{} LEAs, {lea_years} LEA-years by {editions} editions with {methods} methods between \
         them; one thread; {ROUNDS} rounds, each a pass over all of them",
        leas.len(),
    );
    let measure = Measure { books: &books, lea_years };

    let packing = rounds(FEW_ROUNDS, &leas, |lea| PackedLea::of(&books, lea).years.len() as u64);
    println!("facts packed: {}", packing.text(lea_years));
    let packed: Vec<PackedLea> = leas.iter().map(|lea| PackedLea::of(&books, lea)).collect();
    let bytes: usize = packed.iter().map(|lea| size_of_val(lea.years.as_slice())).sum();

    let full = rounds(FEW_ROUNDS, &leas, |lea| {
        decide(&books, lea, Basis::Files).values().fold(0, |sum, d| {
            let level = d.conclusions.eligible_level.known().copied().unwrap_or_default();
            mixed(sum, u64::from(level))
        })
    });
    println!("determinations, drawn up whole: {}", full.text(lea_years));

    measure.verdicts("every file loaded", &packed);
    let missing: Vec<PackedLea> =
        leas.iter().map(|lea| PackedLea::of(&books, &without_a_file_of_each_year(lea))).collect();
    measure.verdicts("one file of each year not loaded", &missing);

    let pass = rounds(ROUNDS, &packed, |lea| {
        let mut sum = Sum(0);
        lea.years.hash(&mut sum);
        sum.finish()
    });
    println!(
        "one pass over the {bytes} packed bytes, deciding nothing (the bound): {}",
        pass.text(lea_years),
    );

    traces(&books, &leas);
}

/// The same LEA, had the suspension rates of no year been loaded: most criteria on school
/// climate are not known then.
fn without_a_file_of_each_year(lea: &LeaFacts) -> LeaFacts {
    let mut lea = lea.clone();
    for facts in lea.years.values_mut() {
        facts.indicator_releases.remove(&Indicator::Susp);
    }
    lea
}

struct Measure<'a> {
    books: &'a Rulebooks,
    lea_years: usize,
}

impl Measure<'_> {
    fn verdicts(&self, what: &str, packed: &[PackedLea]) {
        let mut judge = Judge::new(self.books);
        let mut known = 0;
        let mut missing = 0;
        for lea in packed {
            judge.decide_known(lea, |edition, v| known = said(known, edition, lea.lea_type, v));
            judge.decide(lea, |edition, v| missing = said(missing, edition, lea.lea_type, v));
        }
        assert_eq!(known, missing, "both say the same");
        println!("{what}: everything that the verdicts say comes to {known:x}");

        let known = rounds(ROUNDS, packed, |lea| {
            let mut count = 0;
            judge.decide_known(lea, |_, verdict| {
                black_box(verdict);
                count += 1;
            });
            count
        });
        println!("{what}: verdicts: {}", known.text(self.lea_years));
        let missing = rounds(ROUNDS, packed, |lea| {
            let mut count = 0;
            judge.decide(lea, |_, verdict| {
                black_box(verdict);
                count += 1;
            });
            count
        });
        println!(
            "{what}: verdicts with what they still depend on: {}",
            missing.text(self.lea_years)
        );
        let with_evidence = rounds(ROUNDS, packed, |lea| {
            let mut count = 0;
            judge.decide_with_evidence(lea, |_, verdict, evidence| {
                black_box((verdict, evidence));
                count += evidence.grounds.len() as u64;
            });
            count
        });
        let (mut grounds, mut cells) = (0, 0);
        for lea in packed {
            judge.decide_with_evidence(lea, |_, _, evidence| {
                grounds += evidence.grounds.len();
                cells += evidence.cells.len();
            });
        }
        println!(
            "{what}: the same with evidence ({grounds} criteria met by groups, {cells} cells): {}",
            with_evidence.text(self.lea_years)
        );
    }
}

/// Draws the tree of reasons of LEAs of every kind and year, one by one.
fn traces(books: &Rulebooks, leas: &[&LeaFacts]) {
    let mut drawn: Vec<Duration> = Vec::new();
    let mut worded: Vec<Duration> = Vec::new();
    let (mut nodes, mut letters, mut decisive) = (0, 0, 0);
    let step = (leas.len() / 500).max(1);
    for lea in leas.iter().copied().step_by(step) {
        for determination in decide(books, lea, Basis::Files).values() {
            let best = |work: &mut dyn FnMut()| {
                let one = |work: &mut dyn FnMut()| {
                    let start = Instant::now();
                    work();
                    start.elapsed()
                };
                (0..TRIES).map(|_| one(work)).min().unwrap_or_default()
            };
            drawn.push(best(&mut || {
                black_box(trace(books, lea, determination));
            }));
            let tree = trace(books, lea, determination);
            worded.push(best(&mut || {
                for node in tree.nodes() {
                    let words = [Some(node.id()), Some(node.label())];
                    let counts = Counts::AsPublished;
                    let words = words
                        .into_iter()
                        .chain([node.value_words(counts), node.reason_words(counts)]);
                    letters += words.flatten().map(|text| text.len()).sum::<usize>();
                }
            }));
            nodes += tree.nodes().len();
            decisive += tree.nodes().iter().filter(|node| !node.decides.is_empty()).count();
        }
    }
    let count = drawn.len().max(1);
    println!(
        "traces: {count}, {} nodes each, {} of them cells that decide ({letters} letters)",
        nodes / count,
        decisive / count
    );
    println!("trace with its decisive cells: {}", spread(&mut drawn));
    println!("all of its words besides: {}", spread(&mut worded));
}

fn spread(times: &mut [Duration]) -> String {
    times.sort();
    let mean = times.iter().sum::<Duration>() / u32::try_from(times.len().max(1)).unwrap();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    format!("mean {mean:?}, median {:?}, 99 of 100 within {:?}", at(50), at(99))
}

/// Takes all that a verdict says into a checksum.
fn said<M: Depends>(sum: u64, edition: &Edition, lea_type: LeaType, verdict: &Verdict<M>) -> u64 {
    let known = |known: Option<bool>| known.map_or(2, u64::from);
    let mut sum = mixed(sum, known(verdict.eligible.known()));
    for outcome in verdict.methods(edition, lea_type).chain(verdict.sustained(edition, lea_type)) {
        sum = mixed(sum, known(outcome.known()));
    }
    for (group, letter) in verdict.letters() {
        sum = mixed(sum, group as u64 * 256 + letter.map_or(0, u64::from));
    }
    if let Some((literal, same_group)) = verdict.charter() {
        sum = mixed(sum, known(literal.known()) * 3 + known(same_group.known()));
    }
    let year = verdict.standing.support_year().known().copied().unwrap_or(3);
    let text = verdict.standing.text(edition, lea_type).known().map_or(0, |text| text.len());
    let level = verdict.level.known().copied().unwrap_or_default();
    let groups = verdict.group_count.known().copied().unwrap_or(15);
    mixed(sum, u64::from(level) << 24 | u64::from(year) << 20 | (groups as u64) << 16 | text as u64)
}

fn mixed(sum: u64, number: u64) -> u64 {
    sum.wrapping_mul(31).wrapping_add(number)
}

/// Adds up what it is given, eight bytes at a time.
struct Sum(u64);

impl Hasher for Sum {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (place, byte) in word.iter_mut().zip(chunk) {
                *place = *byte;
            }
            self.0 = self.0.wrapping_add(u64::from_le_bytes(word));
        }
    }

    fn write_u16(&mut self, number: u16) {
        self.0 = self.0.wrapping_add(u64::from(number));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What several rounds of the same work took.
struct Rounds {
    best: Duration,
    median: Duration,
    checksum: u64,
}

impl Rounds {
    fn text(&self, count: usize) -> String {
        let Rounds { best, median, checksum } = self;
        format!(
            "{} LEA-years a second at the median, {} at best ({median:?}, {best:?}; checksum \
             {checksum:x})",
            rate(count, *median),
            rate(count, *best),
        )
    }
}

fn rate(count: usize, time: Duration) -> String {
    format!("{:.0}", count as f64 / time.as_secs_f64())
}

/// Does work on all items, several times over.
fn rounds<T>(count: usize, items: &[T], mut work: impl FnMut(&T) -> u64) -> Rounds {
    let mut times: Vec<Duration> = Vec::new();
    let mut checksums = BTreeSet::new();
    for _ in 0..count {
        let start = Instant::now();
        let checksum = items.iter().fold(0, |sum, item| mixed(sum, work(black_box(item))));
        times.push(start.elapsed());
        checksums.insert(black_box(checksum));
    }
    assert_eq!(checksums.len(), 1, "every round comes to the same");
    times.sort();
    Rounds {
        best: times.first().copied().unwrap(),
        median: times.get(count / 2).copied().unwrap(),
        checksum: checksums.first().copied().unwrap(),
    }
}

/// The folder of files, where one is named.
fn folder() -> Option<PathBuf> {
    let argument = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    std::env::var_os("CALSOS_BENCH_FILES").or(argument.map(Into::into)).map(PathBuf::from)
}

/// What the files below a folder say of each LEA.
fn facts_of_files(folder: &Path) -> Vec<LeaFacts> {
    let (releases, refused) = read_all(folder);
    let rows: usize = releases.iter().map(|(_, contents)| contents.rows.len()).sum();
    println!(
        "facts: {} files with {rows} rows read below {}, {refused} no file of these kinds",
        releases.len(),
        folder.display()
    );
    FactBase::assemble(&releases).leas.into_values().collect()
}

/// Every file below the folder that the program reads, and how many others there are.
fn read_all(folder: &Path) -> (Releases, usize) {
    let layouts = Layouts::builtin();
    let (mut releases, mut refused): (Releases, usize) = (Vec::new(), 0);
    for path in files_below(folder) {
        let bytes = std::fs::read(&path).unwrap();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let input = Input { file_name: &file_name, bytes: &bytes, assigned: None };
        let Ok(understood) = read(&input, &layouts) else {
            refused += 1;
            continue;
        };
        let contents = understood.contents;
        let head = ReleaseHead {
            number: ReleaseNumber(releases.len() as u32 + 1),
            kind: contents.kind,
            year: contents.year,
            file_date: contents.file_date,
            coverage: contents.coverage.clone(),
            beside: None,
        };
        releases.push((head, contents));
    }
    (releases, refused)
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
