//! How fast LEAs are decided: `cargo bench -p calsos-tests --bench deciding`.
//!
//! It takes every file below the folder that `CALSOS_BENCH_FILES` or the first argument
//! names, else the real files in `../shared/data`. Where these have the indicator rows of
//! few LEAs only, every one of them is put under each of the 58 county numbers, so that
//! there are about as many as in the state.

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

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::determination::decide;
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{FactBase, LeaFacts, ReleaseHead, ReleaseNumber};
use calsos_domain::judge::{Judge, PackedLea};
use calsos_domain::lea::LeaType;
use calsos_domain::outcome::Outcome;
use calsos_domain::release::{ReleaseContents, ReleaseKind, Rows};
use calsos_domain::rulebook::{Edition, Rulebooks};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::trace::trace;
use calsos_domain::verdict::Verdict;
use calsos_ingest::{Input, Layouts, read};

/// LEAs with indicator rows from which on the files are taken to be the state's.
const STATE: usize = 1_000;

const ROUNDS: usize = 9;

type Releases = Vec<(ReleaseHead, ReleaseContents)>;

fn main() {
    let books = Rulebooks::load(&Rulebooks::built_in_files()).unwrap();
    let folder = folder();
    let (mut releases, refused) = read_all(&folder);
    println!(
        "files: {} read below {}, {refused} no file of these kinds",
        releases.len(),
        folder.display()
    );
    let measured = leas_with_rows(&releases);
    if measured.len() < STATE {
        println!(
            "LEAs with indicator rows: {}; each is put under every county number, and a file that \
             a year has not is taken from the nearest year",
            measured.len()
        );
        releases = under_every_county(releases, &measured);
        complete(&mut releases, &books);
    }
    let rows: usize = releases.iter().map(|(_, contents)| contents.rows.len()).sum();

    let base = FactBase::assemble(&releases);
    let leas: Vec<&LeaFacts> = base.leas.values().collect();
    let named = |lea: &LeaFacts| {
        books.editions().filter(|e| lea.years.get(&e.year).is_some_and(|f| f.named)).count()
    };
    let lea_years: usize = leas.iter().map(|lea| named(lea)).sum();
    let editions = books.editions().count();
    let methods = books.editions().flat_map(|e| &e.methods).count();
    println!(
        "facts: {rows} rows, {} LEAs, {lea_years} LEA-years by {editions} editions with {methods} \
         methods between them; one thread",
        leas.len(),
    );
    println!(
        "times: the work is cut into small parts; the best and the median of each part over the \
         rounds are added up"
    );

    let assembling =
        rounds(3, std::slice::from_ref(&releases), |all| FactBase::assemble(all).leas.len() as u64);
    println!("facts assembled from rows: {}", assembling.text(rows, "rows"));

    let packing = rounds(3, &leas, |lea| PackedLea::of(&books, lea).years.len() as u64);
    println!("facts packed: {}", packing.text(lea_years, "LEA-years"));
    let packed: Vec<PackedLea> = leas.iter().map(|lea| PackedLea::of(&books, lea)).collect();
    let bytes: usize = packed.iter().map(|lea| size_of_val(lea.years.as_slice())).sum();

    let full = rounds(3, &leas, |lea| {
        decide(&books, lea, Basis::Files).values().fold(0, |sum, d| {
            let level = d.conclusions.eligible_level.known().copied().unwrap_or_default();
            mixed(sum, u64::from(level))
        })
    });
    println!(
        "determinations, drawn up whole (the baseline): {}",
        full.text(lea_years, "LEA-years")
    );

    let mut judge = Judge::new(&books);
    let with_evidence = rounds(ROUNDS, &packed, |lea| {
        let mut sum = 0;
        judge.decide_with_evidence(lea, |edition, verdict, evidence| {
            sum = said(sum, edition, lea.lea_type, verdict);
            for (ground, cells) in evidence.iter() {
                sum = mixed(sum, u64::from(ground.priority.number()) + cells.len() as u64);
            }
        });
        sum
    });
    let (mut grounds, mut cells) = (0, 0);
    for lea in &packed {
        judge.decide_with_evidence(lea, |_, _, evidence| {
            grounds += evidence.grounds.len();
            cells += evidence.cells.len();
        });
    }
    println!(
        "verdicts with evidence ({grounds} criteria met by groups, {cells} cells): {}, {} times the \
         baseline",
        with_evidence.text(lea_years, "LEA-years"),
        ratio(full.best, with_evidence.best),
    );

    let verdicts = rounds(ROUNDS, &packed, |lea| {
        let mut sum = 0;
        judge.decide(lea, |edition, verdict| sum = said(sum, edition, lea.lea_type, verdict));
        sum
    });
    println!(
        "verdicts without evidence: {}, {} times the baseline",
        verdicts.text(lea_years, "LEA-years"),
        ratio(full.best, verdicts.best),
    );

    let pass = rounds(ROUNDS, &packed, |lea| {
        let mut sum = Sum(0);
        lea.years.hash(&mut sum);
        sum.finish()
    });
    println!(
        "one pass over the {bytes} packed bytes, deciding nothing (the bound): {}",
        pass.text(lea_years, "LEA-years"),
    );

    traces(&books, &leas);
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
                (0..ROUNDS).map(|_| one(work)).min().unwrap_or_default()
            };
            drawn.push(best(&mut || {
                black_box(trace(books, lea, determination));
            }));
            let tree = trace(books, lea, determination);
            worded.push(best(&mut || {
                for node in tree.nodes() {
                    let words = [Some(node.id()), Some(node.label())];
                    let words = words.into_iter().chain([node.value_words(), node.reason_words()]);
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
fn said(sum: u64, edition: &Edition, lea_type: LeaType, verdict: &Verdict) -> u64 {
    let known = |outcome: Outcome| outcome.known().map_or(2, u64::from);
    let mut sum = mixed(sum, known(verdict.eligible));
    for outcome in verdict.methods(edition, lea_type).chain(verdict.sustained(edition, lea_type)) {
        sum = mixed(sum, known(outcome));
    }
    let level = verdict.level.known().copied().unwrap_or_default();
    let groups = verdict.group_count.known().copied().unwrap_or(StudentGroup::COUNTED.len() + 1);
    mixed(sum, u64::from(level) * 16 + groups as u64)
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
    fn text(&self, count: usize, what: &str) -> String {
        let Rounds { best, median, checksum } = self;
        format!(
            "{} {what} a second at best, {} at the median ({best:?}, {median:?}; checksum \
             {checksum:x})",
            rate(count, *best),
            rate(count, *median)
        )
    }
}

fn rate(count: usize, time: Duration) -> String {
    format!("{:.0}", count as f64 / time.as_secs_f64())
}

fn ratio(one: Duration, other: Duration) -> String {
    format!("{:.1}", one.as_secs_f64() / other.as_secs_f64())
}

/// Does work on each item, several times over. The items are taken in parts of some tens of
/// microseconds up to a few milliseconds, so that a part is seldom interrupted by others.
fn rounds<T>(count: usize, items: &[T], mut work: impl FnMut(&T) -> u64) -> Rounds {
    let parts: Vec<&[T]> = items.chunks(16).collect();
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); parts.len()];
    let mut checksums = BTreeSet::new();
    for _ in 0..count {
        let mut checksum = 0;
        for (part, times) in parts.iter().zip(&mut times) {
            let start = Instant::now();
            for item in *part {
                checksum = mixed(checksum, black_box(work(black_box(item))));
            }
            times.push(start.elapsed());
        }
        checksums.insert(checksum);
    }
    assert_eq!(checksums.len(), 1, "every round comes to the same");
    times.iter_mut().for_each(|times| times.sort());
    Rounds {
        best: times.iter().filter_map(|times| times.first()).sum(),
        median: times.iter().filter_map(|times| times.get(count / 2)).sum(),
        checksum: checksums.first().copied().unwrap(),
    }
}

fn folder() -> PathBuf {
    let argument = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let named = std::env::var_os("CALSOS_BENCH_FILES").map(PathBuf::from);
    let real = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    named.or(argument.map(PathBuf::from)).unwrap_or_else(real)
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

fn leas_with_rows(releases: &Releases) -> BTreeSet<CdsCode> {
    let rows = releases.iter().flat_map(|(_, contents)| match &contents.rows {
        Rows::Performances(rows) => rows.as_slice(),
        _ => &[],
    });
    rows.map(|row| row.cds).filter(|cds| *cds != CdsCode::STATE).collect()
}

/// Gives every year the files that its edition asks for, those of the nearest year where it
/// has none: with files missing, finding what an answer depends on is what takes the time.
fn complete(releases: &mut Releases, books: &Rulebooks) {
    for edition in books.editions() {
        let indicators = edition.indicators_used().map(ReleaseKind::Indicator);
        let locals = edition.locals.iter().map(|rule| ReleaseKind::LocalIndicator(rule.priority));
        for kind in indicators.chain(locals) {
            let distance = |head: &ReleaseHead| {
                head.year.map_or(u16::MAX, |year| year.number().abs_diff(edition.year.number()))
            };
            let of_kind = releases.iter().filter(|(head, _)| head.kind == kind);
            let Some(nearest) = of_kind.min_by_key(|(head, _)| distance(head)) else { continue };
            if distance(&nearest.0) == 0 {
                continue;
            }
            let (mut head, mut contents) = nearest.clone();
            head.number = ReleaseNumber(releases.len() as u32 + 1);
            head.year = Some(edition.year);
            contents.year = Some(edition.year);
            releases.push((head, contents));
        }
    }
}

/// Puts the LEAs under every county number, and leaves other LEAs out.
fn under_every_county(releases: Releases, leas: &BTreeSet<CdsCode>) -> Releases {
    let codes = |cds: CdsCode| -> Vec<CdsCode> {
        let text = cds.to_string();
        let rest = text.get(2..).unwrap_or_default();
        let under = |county: usize| CdsCode::parse(&format!("{county:02}{rest}")).unwrap();
        (1..=CountyCode::COUNT).map(under).collect()
    };
    fn copied<T: Clone>(
        rows: &[T],
        codes: impl Fn(&T) -> Vec<CdsCode>,
        put: impl Fn(&mut T, CdsCode),
    ) -> Vec<T> {
        let mut all = Vec::new();
        for row in rows {
            for cds in codes(row) {
                let mut copy = row.clone();
                put(&mut copy, cds);
                all.push(copy);
            }
        }
        all
    }
    let of = |cds: CdsCode| if leas.contains(&cds) { codes(cds) } else { Vec::new() };
    releases
        .into_iter()
        .map(|(mut head, mut contents)| {
            head.coverage.statewide = true;
            contents.coverage.statewide = true;
            contents.leas = copied(&contents.leas, |lea| of(lea.cds), |lea, cds| lea.cds = cds);
            contents.rows = match contents.rows {
                Rows::Performances(rows) => {
                    Rows::Performances(copied(&rows, |r| of(r.cds), |r, cds| r.cds = cds))
                }
                Rows::LocalRatings(rows) => {
                    Rows::LocalRatings(copied(&rows, |r| of(r.cds), |r, cds| r.cds = cds))
                }
                Rows::Published(rows) => {
                    Rows::Published(copied(&rows, |r| of(r.cds), |r, cds| r.cds = cds))
                }
                other => other,
            };
            (head, contents)
        })
        .collect()
}
