//! How fast a statewide indicator file is checked, beside how fast the `csv` crate takes the
//! same bytes apart into raw records: `cargo bench -p calsos-ingest --bench checking`.
//!
//! Checking is all that [`read`] does: telling what the file is, parsing and validating each
//! row, finding repeated ones, gathering the LEAs. Both run on one core, in turns, so that
//! their ratio means something on a machine that does other things too. Every code and name
//! is made up.

#![expect(clippy::print_stdout, reason = "a benchmark tells what it found")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark may stop and speak")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use calsos_domain::student_group::StudentGroup;
use calsos_ingest::{Input, Layouts, read};

const ROWS: usize = 150_000;
const ROUNDS: usize = 15;
const FILE_NAME: &str = "chronicdownload2023.txt";
const HEADER: &str = "cds\trtype\tschoolname\tdistrictname\tcountyname\tcharter_flag\tcoe_flag\t\
                      dass_flag\tstudentgroup\tcurrnumer\tcurrdenom\tcurrstatus\tpriornumer\t\
                      priordenom\tpriorstatus\tchange\tstatuslevel\tchangeLevel\tcolor\tbox\t\
                      smalldenom\tcurrnsizemet\tpriornsizemet\taccountabilitymet\tcertifyflag\t\
                      priorcertifyflag\tdataerrorflag\tindicator\treportingyear\r\n";

fn main() {
    // `cargo test --all-targets` starts benchmarks too, to see that they build.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    println!("Checking an indicator file beside taking it apart with the csv crate, one core");
    compare("a statewide file, three of four rows of schools that are not kept", 25);
    compare("the hardest file, every row kept", 100);
}

/// Checks and takes apart one file in turns. `kept` is the share of institutions in per cent
/// whose rows are kept.
fn compare(what: &str, kept: u64) {
    let text = statewide(kept);
    let bytes = text.as_bytes();
    let layouts = Layouts::builtin();
    let input = Input { file_name: FILE_NAME, bytes, assigned: None };
    let (mut checking, mut raw) = (Vec::new(), Vec::new());
    let mut rows_kept = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let understood = read(black_box(&input), &layouts).unwrap_or_else(|r| panic!("{r}"));
        checking.push(start.elapsed());
        rows_kept = understood.report.rows_kept;
        assert_eq!(understood.report.rows_read as usize, ROWS);

        let start = Instant::now();
        let records = black_box(raw_records(black_box(bytes)));
        raw.push(start.elapsed());
        assert_eq!(records, ROWS);
    }
    let columns = HEADER.split('\t').count();
    println!();
    println!("{what}:");
    println!(
        "  {ROWS} rows, {columns} columns, {:.1} MB, {rows_kept} rows kept, {ROUNDS} rounds",
        bytes.len() as f64 / 1e6
    );
    let (checking, raw) = (Times::of(checking), Times::of(raw));
    checking.tell("checked", bytes.len());
    raw.tell("raw records", bytes.len());
    println!(
        "  ratio of the speeds: {:.2} by the best rounds, {:.2} by the median ones",
        raw.best.as_secs_f64() / checking.best.as_secs_f64(),
        raw.median.as_secs_f64() / checking.median.as_secs_f64()
    );
}

struct Times {
    best: Duration,
    median: Duration,
}

impl Times {
    fn of(mut rounds: Vec<Duration>) -> Times {
        rounds.sort();
        Times { best: rounds[0], median: rounds[rounds.len() / 2] }
    }

    fn tell(&self, what: &str, length: usize) {
        let rate = |time: Duration| length as f64 / 1e6 / time.as_secs_f64();
        println!(
            "  {what:<12} best {:>6.1} ms ({:>4.0} MB/s), median {:>6.1} ms ({:>4.0} MB/s)",
            self.best.as_secs_f64() * 1e3,
            rate(self.best),
            self.median.as_secs_f64() * 1e3,
            rate(self.median)
        );
    }
}

/// How many records the `csv` crate finds below the header; it does nothing else with them.
fn raw_records(bytes: &[u8]) -> usize {
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').from_reader(bytes);
    let mut record = csv::ByteRecord::new();
    let mut records = 0;
    while reader.read_byte_record(&mut record).unwrap() {
        records += 1;
    }
    records
}

/// A file with the state's row, then districts, county offices, charters and other schools
/// in the order of their codes, each with a row for each student group.
fn statewide(kept: u64) -> String {
    let mut random = Random(0x5EED);
    let groups: Vec<StudentGroup> =
        [StudentGroup::All].into_iter().chain(StudentGroup::COUNTED).collect();
    let mut text = String::from(HEADER);
    for group in &groups {
        let head = "00000000000000\tX\tState of California\tState of California\t\t\t\t";
        row(&mut text, head, *group, &mut random);
    }
    let mut rows = groups.len();
    let mut at = 0;
    'all: loop {
        // 58 counties of 200 institutions; the first of each is the county office.
        let (county, place) = (at / 200 % 58 + 1, at % 200);
        let is_kept = random.below(100) < kept;
        let (district, school) = (60_000 + place / 8, 100_000 + at);
        let head = match (place, is_kept) {
            (0, _) => format!(
                "{county:02}1{county:04}0000000\tD\t\tCounty {county} Office of Education\t\
                 County {county}\t\tY\t"
            ),
            (_, true) if place % 2 == 0 => format!(
                "{county:02}{:05}0000000\tD\t\tValley View Unified {place}\tCounty {county}\t\t\t",
                60_000 + at
            ),
            (_, true) => format!(
                "{county:02}{district}{school:07}\tS\tOak Grove Charter {at}\t\
                 Valley View Unified {district}\tCounty {county}\tY\t\t"
            ),
            (_, false) => format!(
                "{county:02}{district}{school:07}\tS\tOak Grove Elementary {at}\t\
                 Valley View Unified {district}\tCounty {county}\t\t\t"
            ),
        };
        at += 1;
        for group in &groups {
            if rows == ROWS {
                break 'all;
            }
            row(&mut text, &head, *group, &mut random);
            rows += 1;
        }
    }
    text
}

/// A row of a group: nothing of fewer than 11 students, no colour below 30, as published.
fn row(text: &mut String, head: &str, group: StudentGroup, random: &mut Random) {
    let students = match random.below(4) {
        0 => random.below(40),
        1 => random.below(300),
        _ => 100 + random.below(1900),
    };
    let _ = write!(text, "{head}\t{group}\t");
    if students < 11 {
        let _ = write!(text, "\t{students}\t\t\t{students}\t\t\t0\t0\t0\t0\tY\t\t\t\t\t");
    } else {
        let (absent, before) = (random.below(students), random.below(students));
        let (status, prior) = (absent * 1000 / students, before * 1000 / students);
        let sign = if status < prior { "-" } else { "" };
        let change = status.abs_diff(prior);
        let met = if students < 30 { "" } else { "Y" };
        let color = if students < 30 { 0 } else { 1 + random.below(5) };
        let (level, change_level) = (1 + random.below(5), 1 + random.below(5));
        let small = if students < 150 { "Y" } else { "" };
        let _ = write!(
            text,
            "{absent}\t{students}\t{}.{}\t{before}\t{students}\t{}.{}\t{sign}{}.{}\t{level}\t\
             {change_level}\t{color}\t{}\t{small}\t{met}\t{met}\t{met}\t\t",
            status / 10,
            status % 10,
            prior / 10,
            prior % 10,
            change / 10,
            change % 10,
            color * 10
        );
    }
    text.push_str("\t\tCHRO\t2023\r\n");
}

/// Numbers that are the same in every run (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }
}
