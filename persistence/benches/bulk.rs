//! How fast a statewide file and a run are stored and read back, beside what the databases'
//! own programs need for the same text: `cargo bench -p calsos-persistence`. Prints medians
//! of five; a name on the command line takes only the measurements that have it in theirs.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints, and fails by panicking"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::LeaFacts;
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::performance::{Color, Level, Performance, Tenths};
use calsos_domain::release::{
    Coverage, LeaMention, PerformanceRow, ReleaseContents, ReleaseKind, Rows,
};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;
use calsos_persistence::{
    AddRelease, AnswerFilter, AnswerRecord, NewAnswer, NewRelease, NewRun, Store, StoreError,
};
use calsos_tests_postgres::Server;
use tempfile::TempDir;

const ROWS: u32 = 150_000;
const ANSWERS: u32 = 40_000;
const TIMES: usize = 5;

static NO_FACTS: BTreeMap<CdsCode, LeaFacts> = BTreeMap::new();

/// The columns of the state's file, whose text the databases' own programs are given.
const COLUMNS: &str = "cds,rtype,schoolname,districtname,countyname,charter_flag,coe_flag,\
    dass_flag,studentgroup,currnumer,currdenom,currstatus,priornumer,priordenom,priorstatus,\
    change,statuslevel,changelevel,color,box,smalldenom,currnsizemet,accountabilitymet,indicator,\
    reportingyear";

fn main() {
    let wanted = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let folder = TempDir::new().unwrap();
    let (contents, text) = statewide_file();
    let csv = folder.path().join("file.txt");
    fs::write(&csv, &text).unwrap();
    println!(
        "{ROWS} rows of 25 columns, {} MB of text; medians of {TIMES}",
        text.len() / 1_000_000
    );

    if "sqlite".contains(&wanted) {
        let mut number = 0;
        let mut next = |name: &str| {
            number += 1;
            folder.path().join(format!("{name}-{number}.db"))
        };
        let shell = median("sqlite3 .import of the text", || sqlite_import(&next("shell"), &csv));
        let ours = median("sqlite: add_release", || {
            let url = format!("sqlite:{}", next("store").display());
            timed(|| drop(added(&Store::open(&url).unwrap(), &contents, &text)))
        });
        println!("  {:.2} of the shell's time", ours.as_secs_f64() / shell.as_secs_f64());
        let store = Store::open(&format!("sqlite:{}", next("read").display())).unwrap();
        read_back("sqlite", &store, &contents, &text);
    }
    if let Some(server) =
        calsos_tests_postgres::server("bulk").filter(|_| "postgresql".contains(&wanted))
    {
        let copy = median("psql \\copy of the text", || psql_copy(server, &csv));
        let ours = median("postgresql: add_release", || {
            let name = server.new_database();
            let url = server.url(&name);
            Store::open(&url).unwrap();
            let took = timed(|| drop(added(&Store::open(&url).unwrap(), &contents, &text)));
            server.drop_database(&name);
            took
        });
        println!("  {:.2} of psql's time", ours.as_secs_f64() / copy.as_secs_f64());
        let store = Store::open(&server.url(&server.new_database())).unwrap();
        read_back("postgresql", &store, &contents, &text);
    }
}

fn read_back(name: &str, store: &Store, contents: &ReleaseContents, text: &str) {
    let number = added(store, contents, text).record().number;
    median(&format!("{name}: release_contents"), || {
        timed(|| assert_eq!(store.release_contents(number).unwrap().rows.len(), ROWS as usize))
    });
    let new = NewRun {
        by: "bench",
        program_version: "0",
        releases: &[number],
        editions: &[],
        facts: &NO_FACTS,
        audit: None,
    };
    let mut round = 0;
    median(&format!("{name}: save_run of {ANSWERS} new answers"), || {
        round += 1;
        let answers = answers(round);
        timed(|| drop(store.save_run(&new, ready(store, answers)).unwrap()))
    });
    let mut last = None;
    median(&format!("{name}: save_run of {ANSWERS} answers that are stored"), || {
        let answers = answers(round);
        timed(|| {
            let run = store.save_run(&new, ready(store, answers)).unwrap();
            last = Some(run.id);
        })
    });
    let id = last.unwrap();
    median(&format!("{name}: answers of a run"), || {
        timed(|| {
            let answers = store.answers(&id, &AnswerFilter::default()).unwrap();
            assert_eq!(answers.len(), ANSWERS as usize);
        })
    });
}

/// Answers as a run stores them.
fn ready(
    store: &Store,
    answers: Vec<AnswerRecord>,
) -> impl Iterator<Item = Result<NewAnswer, StoreError>> {
    let stored = store.stored_texts().unwrap();
    answers.into_iter().map(move |answer| NewAnswer::of(answer, &stored))
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn median(what: &str, mut work: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..TIMES).map(|_| work()).collect();
    times.sort();
    let median = times[TIMES / 2];
    println!("{:>8.1} ms  {what}", median.as_secs_f64() * 1000.0);
    median
}

fn added(store: &Store, contents: &ReleaseContents, text: &str) -> AddRelease {
    let new = NewRelease {
        contents,
        file_name: "file.txt",
        bytes: text.as_bytes(),
        kept_bytes: None,
        imported_by: "bench",
        report: "{}",
        public_at: None,
        beside: None,
        audit: None,
    };
    store.add_release(&new).unwrap()
}

fn sqlite_import(database: &Path, csv: &Path) -> Duration {
    timed(|| {
        let status = Command::new("sqlite3")
            .arg(database)
            .arg(".mode tabs")
            .arg(format!(".import {} t", csv.display()))
            .status()
            .unwrap();
        assert!(status.success());
    })
}

fn psql_copy(server: &Server, csv: &Path) -> Duration {
    let name = server.new_database();
    let columns: Vec<String> = COLUMNS.split(',').map(|column| format!("{column} text")).collect();
    server.sql(&name, &format!("CREATE TABLE t ({})", columns.join(", ")));
    let copy =
        format!("\\copy t from '{}' with (format csv, header, delimiter E'\\t')", csv.display());
    let took =
        timed(|| assert!(server.psql(&name).args(["-c", &copy]).status().unwrap().success()));
    assert_eq!(server.sql(&name, "SELECT count(*) FROM t"), ROWS.to_string());
    server.drop_database(&name);
    took
}

fn code(row: u32) -> CdsCode {
    let lea = row / 15;
    let school = if lea.is_multiple_of(3) { 0 } else { 1_000_000 + lea };
    CdsCode::parse(&format!("{:02}{:05}{school:07}", 1 + lea % 58, 60_000 + lea)).unwrap()
}

/// What a statewide file says, and a text of it.
fn statewide_file() -> (ReleaseContents, String) {
    let mut text = COLUMNS.replace(',', "\t") + "\n";
    let (mut rows, mut leas) = (Vec::new(), Vec::new());
    for n in 0..ROWS {
        let cds = code(n);
        let group = StudentGroup::COUNTED[(n % 14) as usize];
        let (numerator, denominator) = (n % 977, 30 + n % 1979);
        let rated = n % 3 > 0;
        let color = (n % 5 + 1) as u8;
        let name = format!("Made-up Elementary School {}", n / 15);
        if n.is_multiple_of(15) {
            leas.push(LeaMention {
                cds,
                lea_type: if cds.is_district_level() {
                    LeaType::District
                } else {
                    LeaType::Charter
                },
                name: name.clone(),
                county_name: "Nowhere".to_owned(),
                city: None,
                grade_span: None,
            });
        }
        let status = (n % 1000) as i32;
        let level = |number: u8| if rated { number.to_string() } else { String::new() };
        writeln!(
            text,
            "{cds}\tS\t{name}\tMade-up Unified School District\tNowhere\t\t\t\t{}\t{numerator}\t\
             {denominator}\t{}.{}\t{numerator}\t{denominator}\t{}.{}\t-1.2\t{}\t{}\t{}\t{}\tN\tY\t{}\t\
             SUSP\t2023",
            group.code(), status / 10, status % 10, status / 10, status % 10,
            level(color), level(3), level(color), level(color), if rated { "Y" } else { "N" },
        )
        .unwrap();
        let performance = Performance {
            status: Some(Tenths(status)),
            change: Some(Tenths(-12)),
            prior_status: Some(Tenths(status)),
            status_level: Level::new(color).filter(|_| rated),
            change_level: Level::new(3).filter(|_| rated),
            color: Color::from_number(color).filter(|_| rated),
            box_number: rated.then_some(color.into()),
            numerator: Some(numerator),
            denominator: Some(denominator),
            prior_numerator: Some(numerator),
            prior_denominator: Some(denominator),
            accountability_met: Some(rated),
            size_met: Some(true),
            small_denominator: Some(false),
            ..Performance::default()
        };
        rows.push(PerformanceRow { row: n + 2, cds, group, performance });
    }
    let contents = ReleaseContents {
        kind: ReleaseKind::Indicator(Indicator::Susp),
        year: DashboardYear::new(2023),
        file_date: None,
        coverage: Coverage { statewide: true, ..Coverage::default() },
        leas,
        rows: Rows::Performances(rows),
    };
    (contents, text)
}

/// Answers of four kilobytes each, all of which are others in another round.
fn answers(round: u32) -> Vec<AnswerRecord> {
    let padding = "\"priority\":4,\"outcome\":\"met\",".repeat(140);
    (0..ANSWERS)
        .map(|n| AnswerRecord {
            year: DashboardYear::new(2017 + (n % 9) as u16).unwrap(),
            cds: code(n / 9 * 15),
            lea_type: LeaType::District,
            eligible_level: Some(2),
            label: Some("Differentiated Assistance".to_owned()),
            provisional: false,
            body: format!("{{\"round\":{round},\"answer\":{n},{padding}}}"),
            summary: Some(format!("{{\"answer\":{n}}}")),
        })
        .collect()
}
