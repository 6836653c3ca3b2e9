//! Whatever a file can say comes back exactly.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::charter_list::{CharterListRow, ListedCodes};
use calsos_domain::directory::{Agency, DirectoryRow, DirectoryStatus};
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::operator::{CharterLocationRow, GeographicLeadRow, NcesIdRow, Span};
use calsos_domain::performance::{Color, Level, Performance, TableType, Tenths};
use calsos_domain::priority::Priority;
use calsos_domain::release::*;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::{DashboardYear, Day};
use calsos_persistence::{AddRelease, NewRelease};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{TestCaseResult, TestRunner};

use crate::support::{Backend, Database, on_both};

fn a_code() -> impl Strategy<Value = CdsCode> {
    prop_oneof![
        Just(CdsCode::STATE),
        Just(CdsCode::parse("99999999999999").unwrap()),
        (0u64..100_000_000_000_000).prop_map(|n| CdsCode::parse(&format!("{n:014}")).unwrap()),
    ]
}

fn a_year() -> impl Strategy<Value = DashboardYear> {
    (2000u16..=2099).prop_map(|n| DashboardYear::new(n).unwrap())
}

fn a_day() -> impl Strategy<Value = Day> {
    (0u16..=9999, 1u8..=12, 0u8..=31)
        .prop_filter_map("no such day", |(year, month, day)| Day::new(year, month, day))
}

fn a_group() -> impl Strategy<Value = StudentGroup> {
    let mut groups = StudentGroup::COUNTED.to_vec();
    groups.push(StudentGroup::All);
    select(groups)
}

/// Also quotes, line ends, control characters and characters outside the basic plane; NUL
/// alone is refused.
fn a_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("a'b\"\u{1}\u{7f}c\\.\t\\N\r\n\u{1F3EB}".to_owned()),
        any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

fn a_letter() -> impl Strategy<Value = char> {
    any::<char>().prop_filter("NUL is refused", |letter| *letter != '\0')
}

fn a_level() -> impl Strategy<Value = Option<Level>> {
    option::of((1u8..=5).prop_map(|n| Level::new(n).unwrap()))
}

fn a_tenths() -> impl Strategy<Value = Option<Tenths>> {
    option::of(prop_oneof![Just(i32::MIN), Just(i32::MAX), any::<i32>()].prop_map(Tenths))
}

fn a_count() -> impl Strategy<Value = Option<u32>> {
    option::of(prop_oneof![Just(0), Just(u32::MAX), any::<u32>()])
}

prop_compose! {
    fn a_performance()(
        (status, change, prior_status) in (a_tenths(), a_tenths(), a_tenths()),
        (status_level, change_level) in (a_level(), a_level()),
        color in option::of(select(Color::ALL.to_vec())),
        box_number in option::of(any::<u16>()),
        counts in [a_count(), a_count(), a_count(), a_count()],
        flags in [(); 8].map(|()| any::<Option<bool>>()),
        table_type in option::of(select(TableType::ALL.to_vec())),
    ) -> Performance {
        Performance {
            status,
            change,
            prior_status,
            status_level,
            change_level,
            color,
            box_number,
            numerator: counts[0],
            denominator: counts[1],
            prior_numerator: counts[2],
            prior_denominator: counts[3],
            accountability_met: flags[0],
            size_met: flags[1],
            small_denominator: flags[2],
            not_certified: flags[3],
            data_error: flags[4],
            participation_capped: flags[5],
            high_school_cuts: flags[6],
            table_type,
            alternative_school: flags[7],
        }
    }
}

prop_compose! {
    fn a_published_row()(
        (row, cds) in (any::<u32>(), a_code()),
        codes in btree_map(a_group(), a_letter(), 0..15),
        listed_groups in btree_set(a_group(), 0..15),
        group_count in a_count(),
        status in select(PublishedStatus::ALL.to_vec()),
        earlier_statuses in btree_map(a_year(), select(PublishedStatus::ALL.to_vec()), 0..4),
        methods in btree_map(any::<u8>(), any::<bool>(), 0..5),
        ec52072 in any::<Option<bool>>(),
        ec52071f in any::<Option<bool>>(),
    ) -> PublishedRow {
        PublishedRow {
            row,
            cds,
            codes,
            listed_groups,
            group_count,
            status,
            earlier_statuses,
            methods,
            ec52072,
            ec52071f,
        }
    }
}

prop_compose! {
    fn a_directory_row()(
        (row, cds, agency, status) in (
            any::<u32>(),
            a_code(),
            select(Agency::ALL.to_vec()),
            select(DirectoryStatus::ALL.to_vec()),
        ),
        (name, county_name, city, grade_span) in
            (a_text(), a_text(), option::of(a_text()), option::of(a_text())),
        (opened, closed) in (option::of(a_day()), option::of(a_day())),
        (charter_number, funding) in (option::of(a_text()), option::of(a_text())),
        (doc, doc_name) in (option::of(a_text()), option::of(a_text())),
        (nces_district, nces_school) in (option::of(a_text()), option::of(a_text())),
    ) -> DirectoryRow {
        DirectoryRow {
            row, cds, agency, status, name, county_name, city, grade_span, opened, closed,
            charter_number, funding, doc, doc_name, nces_district, nces_school,
        }
    }
}

fn listed_codes() -> impl Strategy<Value = ListedCodes> {
    let codes = btree_map(a_group(), select(('A'..='K').collect::<Vec<char>>()), 0..14);
    (codes, btree_set(a_group(), 0..14)).prop_map(|(codes, listed)| ListedCodes { codes, listed })
}

prop_compose! {
    fn a_charter_list_row()(
        (row, cds) in (any::<u32>(), a_code()),
        (current, prior) in (listed_codes(), listed_codes()),
        status in option::of(select(PublishedStatus::ALL.to_vec())),
        ec47607 in option::of(any::<bool>()),
    ) -> CharterListRow {
        CharterListRow { row, cds, current, prior, status, ec47607 }
    }
}

fn a_span() -> impl Strategy<Value = Span> {
    (option::of(a_day()), option::of(a_day())).prop_map(|(from, until)| Span { from, until })
}

prop_compose! {
    fn a_lead()(
        (row, code, agency, held, source) in
            (any::<u32>(), a_code(), a_text(), a_span(), a_text()),
    ) -> GeographicLeadRow {
        GeographicLeadRow { row, county: code.county(), agency, held, source }
    }
}

prop_compose! {
    fn a_location()(
        (row, cds, code, held, source) in
            (any::<u32>(), a_code(), a_code(), a_span(), a_text()),
    ) -> CharterLocationRow {
        CharterLocationRow { row, cds, county: code.county(), held, source }
    }
}

prop_compose! {
    fn an_nces_id()(
        (row, cds, district, school) in
            (any::<u32>(), a_code(), a_text(), option::of(a_text())),
    ) -> NcesIdRow {
        NcesIdRow { row, cds, district, school }
    }
}

/// A kind and rows that such a file can have; more than one statement inserts.
fn a_kind_with_rows() -> impl Strategy<Value = (ReleaseKind, Rows)> {
    let performance = (any::<u32>(), a_code(), a_group(), a_performance())
        .prop_map(|(row, cds, group, performance)| PerformanceRow { row, cds, group, performance });
    let local = (any::<u32>(), a_code(), select(LocalRating::ALL.to_vec()))
        .prop_map(|(row, cds, rating)| LocalRatingRow { row, cds, rating });
    let calpads = (any::<u32>(), a_code(), any::<bool>())
        .prop_map(|(row, cds, certified)| CalpadsRow { row, cds, certified });
    let succession =
        (any::<u32>(), a_code(), a_code(), select(SuccessionKind::ALL.to_vec()), a_day(), a_text())
            .prop_map(|(row, predecessor, successor, kind, effective, source)| SuccessionRow {
                row,
                predecessor,
                successor,
                kind,
                effective,
                source,
            });
    prop_oneof![
        (select(Indicator::ALL.to_vec()), vec(performance, 0..150))
            .prop_map(|(i, rows)| (ReleaseKind::Indicator(i), Rows::Performances(rows))),
        (1u8..=10, vec(local, 0..150)).prop_map(|(p, rows)| {
            (ReleaseKind::LocalIndicator(Priority::new(p).unwrap()), Rows::LocalRatings(rows))
        }),
        vec(a_published_row(), 0..70)
            .prop_map(|rows| (ReleaseKind::PublishedList, Rows::Published(rows))),
        vec(calpads, 0..70).prop_map(|rows| (ReleaseKind::CalpadsExceptions, Rows::Calpads(rows))),
        vec(succession, 0..70).prop_map(|rows| (ReleaseKind::Successions, Rows::Successions(rows))),
        vec(a_directory_row(), 0..70)
            .prop_map(|rows| (ReleaseKind::Directory, Rows::Directory(rows))),
        vec(a_charter_list_row(), 0..70)
            .prop_map(|rows| (ReleaseKind::CharterList, Rows::CharterList(rows))),
        vec(a_lead(), 0..70)
            .prop_map(|rows| (ReleaseKind::GeographicLeads, Rows::GeographicLeads(rows))),
        vec(a_location(), 0..70)
            .prop_map(|rows| (ReleaseKind::CharterLocations, Rows::CharterLocations(rows))),
        vec(an_nces_id(), 0..70).prop_map(|rows| (ReleaseKind::NcesIds, Rows::NcesIds(rows))),
    ]
}

prop_compose! {
    fn a_mention()(
        cds in a_code(),
        lea_type in select(LeaType::ALL.to_vec()),
        name in a_text(),
        county_name in a_text(),
        city in option::of(a_text()),
        grade_span in option::of(a_text()),
    ) -> LeaMention {
        LeaMention { cds, lea_type, name, county_name, city, grade_span }
    }
}

fn counties() -> impl Strategy<Value = BTreeSet<CountyCode>> {
    btree_set(a_code().prop_map(CdsCode::county), 0..58)
}

prop_compose! {
    fn contents()(
        (kind, rows) in a_kind_with_rows(),
        year in option::of(a_year()),
        file_date in option::of(a_day()),
        statewide in any::<bool>(),
        (counties, charter_counties) in (counties(), counties()),
        leas in vec(a_mention(), 0..70),
    ) -> ReleaseContents {
        let coverage = Coverage { statewide, counties, charter_counties };
        ReleaseContents { kind, year, file_date, coverage, leas, rows }
    }
}

fn a_release_is_read_back_exactly_as_it_was_added(on: Backend) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) };
    let bytes = || vec(any::<u8>(), 0..3000);
    let added = (contents(), a_text(), a_text(), a_text(), bytes(), option::of(bytes()));
    TestRunner::new(config).run(&added, |added| comes_back(on, added)).unwrap();
}

fn comes_back(
    on: Backend,
    added: (ReleaseContents, String, String, String, Vec<u8>, Option<Vec<u8>>),
) -> TestCaseResult {
    let (contents, file_name, imported_by, report, bytes, kept) = added;
    let database = Database::new(on);
    let new = NewRelease {
        contents: &contents,
        file_name: &file_name,
        bytes: &bytes,
        kept_bytes: kept.as_deref(),
        imported_by: &imported_by,
        report: &report,
        public_at: None,
        beside: None,
        audit: None,
    };
    let AddRelease::Added(record) = database.store.add_release(&new).unwrap() else {
        panic!("nothing was stored before");
    };
    prop_assert_eq!(&database.store.release_contents(record.number).unwrap(), &contents);
    let stored = database.store.release_bytes(record.number).unwrap();
    prop_assert_eq!(stored, kept.unwrap_or(bytes.clone()));
    prop_assert_eq!(record.kind, contents.kind);
    prop_assert_eq!(record.year, contents.year);
    prop_assert_eq!(record.file_date, contents.file_date);
    prop_assert_eq!(&record.coverage, &contents.coverage);
    prop_assert_eq!(record.rows_kept, contents.rows.len() as u64);
    prop_assert_eq!(record.byte_length, bytes.len() as u64);
    prop_assert_eq!(&record.file_name, &file_name);
    prop_assert_eq!(&record.imported_by, &imported_by);
    prop_assert_eq!(&record.report, &report);
    prop_assert_eq!(database.store.releases().unwrap(), [record]);
    database.store.leas().unwrap();
    Ok(())
}

/// A random value rarely has every field at its end; these do.
fn values_at_both_ends_come_back(on: Backend) {
    let all = |flag, number: u32, tenths, level| Performance {
        status: Some(Tenths(tenths)),
        change: Some(Tenths(tenths)),
        prior_status: Some(Tenths(tenths)),
        status_level: Level::new(level),
        change_level: Level::new(level),
        color: Color::from_number(level),
        box_number: Some(number as u16),
        numerator: Some(number),
        denominator: Some(number),
        prior_numerator: Some(number),
        prior_denominator: Some(number),
        accountability_met: Some(flag),
        size_met: Some(flag),
        small_denominator: Some(flag),
        not_certified: Some(flag),
        data_error: Some(flag),
        participation_capped: Some(flag),
        high_school_cuts: Some(flag),
        table_type: Some(if flag { TableType::Ud } else { TableType::Es }),
        alternative_school: Some(flag),
    };
    let rows =
        [all(false, 0, i32::MIN, 1), all(true, u32::MAX, i32::MAX, 5), Performance::default()].map(
            |performance| PerformanceRow {
                row: u32::MAX,
                cds: CdsCode::STATE,
                group: StudentGroup::All,
                performance,
            },
        );
    let contents = ReleaseContents {
        kind: ReleaseKind::Indicator(Indicator::Cci),
        year: DashboardYear::new(2099),
        file_date: Day::new(0, 1, 0),
        coverage: Coverage::default(),
        leas: Vec::new(),
        rows: Rows::Performances(rows.to_vec()),
    };
    let database = Database::new(on);
    let record = database.add(&contents, "");
    assert_eq!(database.store.release_contents(record.number).unwrap(), contents);
    assert_eq!(database.store.release_bytes(record.number).unwrap(), b"");
}

/// A group can have a column and no letter, a letter and no column, or neither.
fn a_blank_group_is_told_apart_from_one_without_a_column(on: Backend) {
    let row = PublishedRow {
        row: 7,
        cds: CdsCode::parse("58000110000000").unwrap(),
        codes: BTreeMap::from([(StudentGroup::Swd, 'A'), (StudentGroup::Wh, 'é')]),
        listed_groups: BTreeSet::from([StudentGroup::Swd, StudentGroup::El]),
        group_count: None,
        status: PublishedStatus::General,
        earlier_statuses: BTreeMap::new(),
        methods: BTreeMap::from([(1, false), (4, true)]),
        ec52072: Some(false),
        ec52071f: None,
    };
    let contents = ReleaseContents {
        kind: ReleaseKind::PublishedList,
        year: DashboardYear::new(2091),
        file_date: None,
        coverage: Coverage { statewide: true, ..Coverage::default() },
        leas: Vec::new(),
        rows: Rows::Published(vec![row]),
    };
    let database = Database::new(on);
    let record = database.add(&contents, "list");
    assert_eq!(database.store.release_contents(record.number).unwrap(), contents);
}

on_both![
    a_release_is_read_back_exactly_as_it_was_added,
    values_at_both_ends_come_back,
    a_blank_group_is_told_apart_from_one_without_a_column,
];
