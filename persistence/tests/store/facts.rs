//! What a run was decided from: read back whole, kept once, and refused where it was changed.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use calsos_domain::cds::CdsCode;
use calsos_domain::charter_list::{CharterListRow, ListedCodes};
use calsos_domain::directory::{Agency, DirectoryRow, DirectoryStatus};
use calsos_domain::facts::{Cited, LeaFacts, YearFacts};
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::operator::{CharterLocationRow, GeographicLeadRow, NcesIdRow, Span};
use calsos_domain::performance::{Color, Level, Performance, TableType, Tenths};
use calsos_domain::priority::Priority;
use calsos_domain::register::{DirectoryEntry, Register};
use calsos_domain::release::{
    LocalRating, PublishedRow, PublishedStatus, SuccessionKind, SuccessionRow,
};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::Day;
use calsos_persistence::{NewRun, ReleaseNumber, RunRecord, Store, StoreError};

use crate::support::{Backend, Database, cds, on_both, ready, year};

fn cited<T>(value: T) -> Cited<T> {
    Cited { value, release: ReleaseNumber(7), row: 300 }
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn performance(n: u32) -> Performance {
    Performance {
        status: Some(Tenths(-599)),
        change: Some(Tenths(12)),
        prior_status: Some(Tenths(-611)),
        status_level: Level::new(2),
        change_level: Level::new(4),
        color: Some(Color::Orange),
        box_number: Some(170),
        numerator: Some(n),
        denominator: Some(n + 1),
        prior_numerator: None,
        prior_denominator: Some(n + 300),
        accountability_met: Some(true),
        size_met: Some(false),
        small_denominator: None,
        not_certified: Some(false),
        data_error: Some(true),
        participation_capped: Some(true),
        high_school_cuts: None,
        table_type: TableType::parse("UD"),
        alternative_school: Some(false),
    }
}

/// What a year can say of an LEA: every indicator and group, and every kind of file.
fn facts_of_a_year(cds: CdsCode) -> YearFacts {
    let release = ReleaseNumber(7);
    let groups = [StudentGroup::All].into_iter().chain(StudentGroup::COUNTED);
    let codes: BTreeMap<StudentGroup, char> = groups.clone().map(|group| (group, 'B')).collect();
    let listed: BTreeSet<StudentGroup> = groups.clone().collect();
    let of_list = ListedCodes { codes: codes.clone(), listed: listed.clone() };
    let mut rows = BTreeMap::new();
    for (n, indicator) in (0..).zip(Indicator::ALL) {
        for group in groups.clone() {
            rows.insert((indicator, group), cited(performance(n * 100)));
        }
    }
    let published = PublishedRow {
        row: 9,
        cds,
        codes,
        listed_groups: listed,
        group_count: Some(15),
        status: PublishedStatus::ALL[2],
        earlier_statuses: BTreeMap::from([(year(2089), PublishedStatus::ALL[1])]),
        methods: BTreeMap::from([(1, true), (4, false)]),
        ec52072: Some(true),
        ec52071f: None,
    };
    let charter = CharterListRow {
        row: 9,
        cds,
        current: of_list.clone(),
        prior: of_list,
        status: Some(PublishedStatus::ALL[3]),
        ec47607: Some(false),
    };
    let priorities: Vec<Priority> = (1..=10).filter_map(Priority::new).collect();
    YearFacts {
        indicator_releases: Indicator::ALL.map(|indicator| (indicator, release)).into(),
        performances: rows,
        local_releases: priorities.iter().map(|priority| (*priority, release)).collect(),
        local_ratings: priorities
            .iter()
            .zip(LocalRating::ALL.into_iter().cycle())
            .map(|(priority, rating)| (*priority, cited(rating)))
            .collect(),
        calpads_certified: Some(cited(false)),
        list_release: Some(release),
        published: Some(cited(published)),
        charter_list_release: Some(release),
        charter_list: Some(cited(charter)),
        named: true,
    }
}

/// An LEA of which every file has something to say.
pub(crate) fn facts(cds: CdsCode) -> LeaFacts {
    let text = || Some("text".to_owned());
    let held = Span { from: Some(day("2090-07-01")), until: None };
    let entry = DirectoryRow {
        row: 4,
        cds,
        agency: Agency::Lea(LeaType::Charter),
        status: DirectoryStatus::ALL[1],
        name: "Made-up".to_owned(),
        county_name: "Nowhere".to_owned(),
        city: text(),
        grade_span: None,
        opened: Some(day("2080-07-01")),
        closed: None,
        charter_number: text(),
        funding: text(),
        doc: text(),
        doc_name: text(),
        nces_district: text(),
        nces_school: None,
    };
    let successions = SuccessionKind::ALL.map(|kind| {
        cited(SuccessionRow {
            row: 2,
            predecessor: cds,
            successor: crate::support::cds(5, 1, 0),
            kind,
            effective: day("2090-07-01"),
            source: "a letter".to_owned(),
        })
    });
    LeaFacts {
        cds,
        lea_type: LeaType::District,
        years: BTreeMap::from([(year(2090), facts_of_a_year(cds))]),
        successions: successions.into(),
        register: Register {
            directory: vec![DirectoryEntry {
                year: year(2090),
                dated: Some(day("2090-03-04")),
                record: cited(entry),
            }],
            locations: vec![cited(CharterLocationRow {
                row: 2,
                cds,
                county: cds.county(),
                held,
                source: "a map".to_owned(),
            })],
            geographic_leads: vec![cited(GeographicLeadRow {
                row: 2,
                county: cds.county(),
                agency: "Some county office".to_owned(),
                held,
                source: "a page".to_owned(),
            })],
            nces: Some(cited(NcesIdRow {
                row: 2,
                cds,
                district: "0600001".to_owned(),
                school: text(),
            })),
        },
    }
}

fn save(store: &Store, facts: &BTreeMap<CdsCode, LeaFacts>) -> RunRecord {
    let new = NewRun {
        by: "tester",
        program_version: "0",
        releases: &[],
        editions: &[],
        facts,
        audit: None,
    };
    store.save_run(&new, std::iter::empty::<Result<_, Infallible>>()).unwrap()
}

fn facts_are_read_back_whole_and_kept_once(on: Backend) {
    let database = Database::new(on);
    // More than are looked for together.
    let mut all: BTreeMap<CdsCode, LeaFacts> =
        (0..600).map(|n| cds(4, 3, n)).map(|cds| (cds, facts(cds))).collect();
    let first = save(&database.store, &all);
    assert_eq!(database.counts()["facts_body"], 600);
    let changed = cds(4, 3, 17);
    all.get_mut(&changed).unwrap().lea_type = LeaType::Charter;
    let second = save(&database.store, &all);
    let counts = database.counts();
    assert_eq!((counts["facts_body"], counts["run_facts"]), (601, 1200));
    let read = database.store.facts(&second.id).unwrap();
    assert_eq!(read.len(), 600);
    for (cds, packed) in &read {
        assert_eq!(packed.unpack().unwrap(), all[cds], "{cds}");
    }
    let before = database.store.facts(&first.id).unwrap();
    let beside = database.store.facts_beside(&second.id, &before).unwrap();
    let unpacked = beside.iter().map(|(cds, packed)| (*cds, packed.unpack().unwrap()));
    assert_eq!(unpacked.collect::<BTreeMap<_, _>>(), all);
    // What is at hand is not read: it would not be found any more.
    database.execute("UPDATE facts_body SET format = 2");
    let kept = database.store.facts_beside(&second.id, &before).unwrap();
    assert_eq!((kept.len(), kept.contains_key(&changed)), (599, false));
    assert_eq!(before[&changed].unpack().unwrap(), facts(changed));
}

fn facts_of_another_format_are_absent_and_changed_ones_refused(on: Backend) {
    let database = Database::new(on);
    let (one, other) = (cds(4, 3, 1), cds(4, 3, 2));
    let run = save(&database.store, &[one, other].map(|cds| (cds, facts(cds))).into());
    let hash = |cds: CdsCode| {
        format!("(SELECT facts_hash FROM run_facts WHERE cds = '{cds}' AND run = 1)")
    };
    database.execute(&format!("UPDATE facts_body SET format = 2 WHERE hash = {}", hash(one)));
    database.execute(&format!(
        "UPDATE facts_body SET content = (SELECT content FROM facts_body WHERE format = 2)
         WHERE hash = {}",
        hash(other)
    ));
    let read = database.store.facts(&run.id).unwrap();
    assert_eq!(read.keys().copied().collect::<Vec<_>>(), [other]);
    let error = read[&other].unpack().unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "facts_body", .. }), "{error:?}");
    assert!(error.to_string().contains("another hash than its own"), "{error}");
}

fn a_changed_answer_is_refused(on: Backend) {
    use calsos_persistence::{AnswerFilter, AnswerRecord};
    let database = Database::new(on);
    let answer = |n: u8| AnswerRecord {
        year: year(2090),
        cds: cds(4, n, 0),
        lea_type: LeaType::District,
        eligible_level: None,
        label: None,
        provisional: false,
        body: format!("{{\"answer\":{n}}}"),
        summary: None,
    };
    let facts = BTreeMap::new();
    let new = NewRun {
        by: "x",
        program_version: "0",
        releases: &[],
        editions: &[],
        facts: &facts,
        audit: None,
    };
    let answers = [answer(1), answer(2)].map(ready).map(Ok::<_, Infallible>);
    let run = database.store.save_run(&new, answers).unwrap();
    database.execute(
        "UPDATE answer_body SET content = (SELECT content FROM answer_body b
         ORDER BY hash LIMIT 1)",
    );
    let error = database.store.answers(&run.id, &AnswerFilter::default()).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { table: "answer_body", .. }), "{error:?}");
}

/// Facts that are stored are read by later versions of the program: a field or a variant that
/// is added, moved or removed changes these bytes, and needs another format in `facts.rs`.
#[test]
fn the_format_of_facts_is_the_one_that_its_number_stands_for() {
    let database = Database::new(Backend::Sqlite);
    save(&database.store, &[cds(4, 3, 1)].map(|cds| (cds, facts(cds))).into());
    let hashes =
        database.place.names("SELECT lower(hex(hash)) || ' ' || format AS name FROM facts_body");
    assert_eq!(hashes, ["dab3c251f4da059f97e30611e6abca48516c43809fab1ab1632e2ac707299970 1"]);
}

on_both![
    facts_are_read_back_whole_and_kept_once,
    facts_of_another_format_are_absent_and_changed_ones_refused,
    a_changed_answer_is_refused,
];
