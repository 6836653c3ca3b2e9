//! Which of several releases is in force for whom, for any releases whatever: what is said of
//! releases agrees with what LEAs are decided from, and is what a plain reading of the rule
//! gives.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CdsCode;
use calsos_domain::directory::{Agency, DirectoryRow, DirectoryStatus};
use calsos_domain::facts::{
    Beside, FactBase, ReleaseHead, ReleaseNumber, Superseded, Why, meets, superseded,
};
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::release::{Coverage, LeaMention, ReleaseContents, ReleaseKind, Rows};
use calsos_domain::year::{DashboardYear, Day};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};

const SUSP: ReleaseKind = ReleaseKind::Indicator(Indicator::Susp);

/// Of three counties files may be; of the fourth only statewide ones speak.
const COUNTIES: [u8; 4] = [1, 2, 3, 9];

fn year() -> DashboardYear {
    DashboardYear::new(2023).unwrap()
}

fn cds(county: u8, charter: bool) -> CdsCode {
    CdsCode::parse(&format!("{county:02}99999{:07}", u32::from(charter))).unwrap()
}

/// A district and a charter school of every county.
fn leas() -> Vec<(CdsCode, LeaType)> {
    let of =
        |county| [(cds(county, false), LeaType::District), (cds(county, true), LeaType::Charter)];
    COUNTIES.into_iter().flat_map(of).collect()
}

fn coverage(spec: &Option<(BTreeSet<u8>, BTreeSet<u8>)>) -> Coverage {
    let counties = |of: &BTreeSet<u8>| of.iter().map(|c| cds(*c, false).county()).collect();
    match spec {
        None => Coverage { statewide: true, ..Coverage::default() },
        Some((districts, charters)) => Coverage {
            statewide: false,
            counties: counties(districts),
            charter_counties: counties(charters),
        },
    }
}

/// Up to seven releases of one kind and year, numbered in their order.
fn heads() -> impl Strategy<Value = Vec<ReleaseHead>> {
    let of_counties = (btree_set(1_u8..4, 0..4), btree_set(1_u8..4, 0..4));
    let beside = prop_oneof![Just(None), Just(Some(Beside::Wins)), Just(Some(Beside::Yields))];
    let one = (prop::option::of(of_counties), prop::option::of(1_u8..4), beside);
    vec(one, 1..8).prop_map(|specs| {
        type Spec = (Option<(BTreeSet<u8>, BTreeSet<u8>)>, Option<u8>, Option<Beside>);
        let head = |(number, (spec, month, beside)): (u32, Spec)| ReleaseHead {
            number: ReleaseNumber(number),
            kind: SUSP,
            year: Some(year()),
            file_date: month.map(|month| Day::new(2024, month, 1).unwrap()),
            coverage: coverage(&spec),
            beside,
        };
        (1..).zip(specs).map(head).collect()
    })
}

fn empty(head: &ReleaseHead) -> (ReleaseHead, ReleaseContents) {
    let ReleaseHead { kind, year, file_date, ref coverage, .. } = *head;
    let rows = Rows::Performances(Vec::new());
    let (coverage, leas) = (coverage.clone(), Vec::new());
    (head.clone(), ReleaseContents { kind, year, file_date, coverage, leas, rows })
}

/// A release that names every LEA and has no part in what is asked.
fn naming() -> (ReleaseHead, ReleaseContents) {
    let coverage = Coverage { statewide: true, ..Coverage::default() };
    let mention = |(cds, lea_type)| LeaMention {
        cds,
        lea_type,
        name: String::new(),
        county_name: String::new(),
        city: None,
        grade_span: None,
    };
    let head = ReleaseHead {
        number: ReleaseNumber(1000),
        kind: ReleaseKind::PublishedList,
        year: Some(year()),
        file_date: None,
        coverage: coverage.clone(),
        beside: None,
    };
    let contents = ReleaseContents {
        kind: head.kind,
        year: head.year,
        file_date: None,
        coverage,
        leas: leas().into_iter().map(mention).collect(),
        rows: Rows::Published(Vec::new()),
    };
    (head, contents)
}

/// The release in force for each LEA, as its facts have it.
fn in_force(all: &[ReleaseHead], read: &[ReleaseHead]) -> BTreeMap<CdsCode, ReleaseNumber> {
    let mut releases: Vec<_> = read.iter().map(empty).collect();
    releases.push(naming());
    let base = FactBase::assemble_among(all, &releases);
    let of = |(cds, _)| {
        let facts = base.leas[&cds].years.get(&year())?;
        Some((cds, *facts.indicator_releases.get(&Indicator::Susp)?))
    };
    leas().into_iter().filter_map(of).collect()
}

/// The rule as it is written down.
fn by_the_rule(heads: &[ReleaseHead], cds: CdsCode, lea_type: LeaType) -> Option<ReleaseNumber> {
    let speaking: Vec<&ReleaseHead> =
        heads.iter().filter(|head| head.coverage.includes(cds.county(), lea_type)).collect();
    let age = |head: &&&ReleaseHead| (head.file_date, head.number);
    let best = |statewide: bool| {
        speaking.iter().filter(|head| head.coverage.statewide == statewide).max_by_key(age)
    };
    let (one, other) = match (best(true), best(false)) {
        (Some(one), Some(other)) => (one, other),
        (one, other) => return one.or(other).map(|only| only.number),
    };
    let (later, earlier) = if one.number > other.number { (one, other) } else { (other, one) };
    Some(match later.beside {
        Some(Beside::Wins) => later.number,
        Some(Beside::Yields) => earlier.number,
        None => [one, other].into_iter().max_by_key(age).unwrap().number,
    })
}

fn holds<S: Strategy>(
    cases: u32,
    strategy: S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    if let Err(error) = TestRunner::new_with_rng(config, rng).run(&strategy, property) {
        panic!("{error}");
    }
}

#[test]
fn what_is_in_force_for_an_lea_is_what_the_rule_says_in_any_order() {
    holds(2000, heads(), |mut heads| {
        let found = in_force(&heads, &heads);
        for (cds, lea_type) in leas() {
            prop_assert_eq!(found.get(&cds).copied(), by_the_rule(&heads, cds, lea_type));
        }
        let pairs = superseded(&heads);
        heads.reverse();
        prop_assert_eq!(&in_force(&heads, &heads), &found);
        prop_assert_eq!(superseded(&heads), pairs);
        Ok(())
    });
}

#[test]
fn what_is_said_of_releases_is_what_is_in_force_for_the_leas() {
    holds(2000, heads(), |heads| {
        let found = in_force(&heads, &heads);
        let pairs = superseded(&heads);
        let somewhere: BTreeSet<ReleaseNumber> = found.values().copied().collect();
        let said: BTreeSet<(ReleaseNumber, ReleaseNumber)> =
            pairs.iter().map(|pair| (pair.in_force, pair.superseded)).collect();
        prop_assert_eq!(said.len(), pairs.len(), "no pair is said twice");
        let mut expected = BTreeSet::new();
        for (cds, lea_type) in leas() {
            let speaking = heads.iter().filter(|h| h.coverage.includes(cds.county(), lea_type));
            let first = found.get(&cds).copied();
            expected.extend(
                speaking.filter(|h| Some(h.number) != first).map(|h| (first.unwrap(), h.number)),
            );
        }
        prop_assert_eq!(said, expected);
        for Superseded { superseded, wholly, .. } in &pairs {
            prop_assert_eq!(*wholly, !somewhere.contains(superseded), "{:?}", superseded);
        }
        Ok(())
    });
}

/// What the program relies on when it does not read them.
#[test]
fn releases_of_which_nothing_is_in_force_need_not_be_read() {
    holds(2000, heads(), |heads| {
        let gone: BTreeSet<ReleaseNumber> =
            superseded(&heads).iter().filter(|s| s.wholly).map(|s| s.superseded).collect();
        let read: Vec<ReleaseHead> =
            heads.iter().filter(|head| !gone.contains(&head.number)).cloned().collect();
        prop_assert_eq!(in_force(&heads, &read), in_force(&heads, &heads));
        Ok(())
    });
}

#[test]
fn what_decided_is_said_with_it() {
    let of_one = Some((BTreeSet::from([1]), BTreeSet::new()));
    let head = |number, spec: &Option<_>, month: Option<u8>, beside| ReleaseHead {
        number: ReleaseNumber(number),
        kind: SUSP,
        year: Some(year()),
        file_date: month.map(|month| Day::new(2024, month, 1).unwrap()),
        coverage: coverage(spec),
        beside,
    };
    let pair = |first, other, why, wholly| Superseded {
        in_force: ReleaseNumber(first),
        superseded: ReleaseNumber(other),
        why,
        wholly,
    };
    let two = |month, beside| {
        superseded(&[head(1, &None, Some(2), None), head(2, &of_one, month, beside)])
    };
    assert_eq!(two(Some(3), None), [pair(2, 1, Why::FileDate, false)]);
    assert_eq!(two(Some(2), None), [pair(2, 1, Why::Import, false)]);
    assert_eq!(two(Some(1), None), [pair(1, 2, Why::FileDate, true)]);
    assert_eq!(two(Some(1), Some(Beside::Wins)), [pair(2, 1, Why::Beside, false)]);
    assert_eq!(two(Some(3), Some(Beside::Yields)), [pair(1, 2, Why::Beside, true)]);
    // What the earlier one says of those that were there before it is nothing to a later one.
    let later = |beside| {
        let first = head(1, &of_one, None, Some(Beside::Wins));
        superseded(&[first, head(2, &None, None, beside)])
    };
    assert_eq!(later(None), [pair(2, 1, Why::Import, true)]);
    assert_eq!(later(Some(Beside::Yields)), [pair(1, 2, Why::Beside, false)]);
}

#[test]
fn only_files_of_which_one_is_statewide_and_that_take_each_others_place_meet() {
    let file = |kind, of_year: u16, statewide: bool| {
        let head = ReleaseHead {
            number: ReleaseNumber(1),
            kind,
            year: DashboardYear::new(of_year),
            file_date: None,
            coverage: coverage(&(!statewide).then(|| (BTreeSet::from([1]), BTreeSet::new()))),
            beside: None,
        };
        empty(&head)
    };
    let (statewide, narrow) = (file(SUSP, 2023, true), file(SUSP, 2023, false));
    assert!(meets(&statewide.1, &narrow.0) && meets(&narrow.1, &statewide.0));
    for (one, other) in [
        (&statewide, &statewide),
        (&narrow, &narrow),
        (&narrow, &file(SUSP, 2024, true)),
        (&narrow, &file(ReleaseKind::Indicator(Indicator::Ela), 2023, true)),
    ] {
        assert!(!meets(&one.1, &other.0));
    }
    for (kind, takes) in [
        (ReleaseKind::PublishedList, true),
        (ReleaseKind::CharterList, true),
        (ReleaseKind::Directory, true),
        (ReleaseKind::CalpadsExceptions, false),
        (ReleaseKind::Successions, false),
        (ReleaseKind::GeographicLeads, false),
        (ReleaseKind::CharterLocations, false),
        (ReleaseKind::NcesIds, false),
    ] {
        let (one, other) = (file(kind, 2023, true), file(kind, 2023, false));
        assert_eq!(meets(&one.1, &other.0), takes, "{kind}");
    }
}

#[test]
fn a_table_is_the_whole_of_it_and_exceptions_add_up() {
    let head = |number, kind| ReleaseHead {
        number: ReleaseNumber(number),
        kind,
        year: None,
        file_date: None,
        coverage: Coverage::default(),
        beside: None,
    };
    let of = |kind| superseded(&[head(1, kind), head(2, kind), head(3, kind)]);
    let pairs = of(ReleaseKind::NcesIds);
    let said: Vec<(u32, u32, bool)> =
        pairs.iter().map(|pair| (pair.in_force.0, pair.superseded.0, pair.wholly)).collect();
    assert_eq!(said, [(3, 1, true), (3, 2, true)]);
    assert_eq!(of(ReleaseKind::CalpadsExceptions), []);
}

/// An LEA's record is that of the directory in force among those that have one.
#[test]
fn a_countys_directory_beside_a_statewide_one_follows_what_was_said() {
    let lea = cds(1, false);
    let row = DirectoryRow {
        row: 2,
        cds: lea,
        agency: Agency::Lea(LeaType::District),
        status: DirectoryStatus::Active,
        name: String::new(),
        county_name: String::new(),
        city: None,
        grade_span: None,
        opened: None,
        closed: None,
        charter_number: None,
        funding: None,
        doc: None,
        doc_name: None,
        nces_district: None,
        nces_school: None,
    };
    let directory = |number, statewide: bool, beside| {
        let head = ReleaseHead {
            number: ReleaseNumber(number),
            kind: ReleaseKind::Directory,
            year: Some(year()),
            file_date: None,
            coverage: coverage(&(!statewide).then(|| (BTreeSet::from([1]), BTreeSet::new()))),
            beside,
        };
        let (head, contents) = empty(&head);
        (head, ReleaseContents { rows: Rows::Directory(vec![row.clone()]), ..contents })
    };
    let record = |releases: &[(ReleaseHead, ReleaseContents)]| {
        let mut releases = releases.to_vec();
        releases.push(naming());
        let base = FactBase::assemble(&releases);
        let entries = &base.leas[&lea].register.directory;
        assert_eq!(entries.len(), 1);
        entries[0].record.release.0
    };
    let (wins, yields) = (Some(Beside::Wins), Some(Beside::Yields));
    for (first, second, expected) in [
        ((true, None), (false, None), 2),
        ((true, None), (false, wins), 2),
        ((true, None), (false, yields), 1),
        ((false, None), (true, yields), 1),
        ((false, wins), (true, None), 2),
    ] {
        let releases = [directory(1, first.0, first.1), directory(2, second.0, second.1)];
        assert_eq!(record(&releases), expected, "{first:?} {second:?}");
    }
    // Where a later statewide one comes, it takes the place of the statewide one, and what it
    // says of the county's holds.
    let three = [directory(1, true, None), directory(2, false, wins), directory(3, true, yields)];
    assert_eq!(record(&three), 2);
}
