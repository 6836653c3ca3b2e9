//! What holds for any facts whatever, over every edition.
//!
//! The cases are random but always the same ones: the generator starts from a fixed seed.
//! How many there are is set so that all properties together take well under a minute.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CdsCode;
use calsos_domain::decisive::{CellKey, other_performances};
use calsos_domain::determination::{AnswerId, Conclusions, Determination, changed_answers, decide};
use calsos_domain::evaluation::{Basis, Cell, criterion_outcome};
use calsos_domain::facts::{Cited, FactBase, LeaFacts, ReleaseHead, ReleaseNumber, YearFacts};
use calsos_domain::indicator::Indicator;
use calsos_domain::judge::{Judge, MetCell, PackedLea};
use calsos_domain::lea::LeaType;
use calsos_domain::outcome::{NotCarried, Outcome};
use calsos_domain::performance::{Color, Level, Performance};
use calsos_domain::priority::Priority;
use calsos_domain::release::{
    CalpadsRow, Coverage, LeaMention, LocalRating, LocalRatingRow, PerformanceRow, PublishedRow,
    PublishedStatus, ReleaseContents, ReleaseKind, Rows,
};
use calsos_domain::rulebook::{Edition, MethodTest, Rating};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::Answer;
use calsos_domain::trace::trace;
use calsos_domain::verdict::{AnswerSet, Verdict};
use calsos_domain::year::{DashboardYear, Day};
use calsos_tests::case::{Case, books};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRng, TestRunner};

/// Few groups, so that they recur from year to year.
const GROUPS: [StudentGroup; 6] = [
    StudentGroup::El,
    StudentGroup::Hom,
    StudentGroup::Ltel,
    StudentGroup::Sed,
    StudentGroup::Swd,
    StudentGroup::All,
];

const SIZES: [Option<u32>; 7] =
    [Some(200), Some(30), Some(29), Some(15), Some(14), None, Some(500)];

// ---------------------------------------------------------------- made-up facts

#[derive(Clone, Debug)]
struct RowSpec {
    year: usize,
    indicator: usize,
    group: usize,
    rating: u8,
    size: usize,
    counts: bool,
}

#[derive(Clone, Debug)]
struct ListSpec {
    year: usize,
    on_it: bool,
    status: usize,
    codes: Vec<(usize, usize)>,
    with_methods: bool,
}

/// Random facts about one LEA, in a shape that shrinks well.
#[derive(Clone, Debug)]
struct Spec {
    lea_type: usize,
    rows: Vec<RowSpec>,
    /// Groups with the worst rating everywhere, in these years.
    worst: Vec<(usize, u8)>,
    /// Groups with the best rating everywhere, in these years.
    best: Vec<(usize, u8)>,
    locals: Vec<(usize, u8, usize)>,
    calpads: Vec<(usize, bool)>,
    lists: Vec<ListSpec>,
    /// Inputs that are not loaded: year, and an indicator, a local indicator or the list.
    missing: Vec<(usize, usize)>,
}

fn row_spec() -> impl Strategy<Value = RowSpec> {
    let rating = prop_oneof![5 => Just(1u8), 3 => Just(2u8), 1 => 0u8..=5];
    let size = prop_oneof![6 => Just(0usize), 4 => 0..SIZES.len()];
    let counts = prop_oneof![6 => Just(true), 1 => Just(false)];
    (0usize..7, 0usize..8, 0..GROUPS.len(), rating, size, counts).prop_map(
        |(year, indicator, group, rating, size, counts)| RowSpec {
            year,
            indicator,
            group,
            rating,
            size,
            counts,
        },
    )
}

fn list_spec() -> impl Strategy<Value = ListSpec> {
    let on_it = prop_oneof![8 => Just(true), 1 => Just(false)];
    let codes = vec((0..GROUPS.len() - 1, 0usize..11), 0..4);
    (0usize..7, on_it, 0usize..4, codes, any::<bool>()).prop_map(
        |(year, on_it, status, codes, with_methods)| ListSpec {
            year,
            on_it,
            status,
            codes,
            with_methods,
        },
    )
}

fn spec() -> impl Strategy<Value = Spec> {
    (
        0usize..3,
        vec(row_spec(), 0..80),
        vec((0..GROUPS.len(), any::<u8>()), 0..4),
        vec((0..GROUPS.len(), any::<u8>()), 0..5),
        vec((0usize..7, 1u8..=10, 0usize..3), 0..8),
        vec((0usize..7, any::<bool>()), 0..3),
        vec(list_spec(), 0..5),
        prop_oneof![vec((0usize..7, 0usize..19), 0..5), vec((0usize..7, 0usize..19), 5..40)],
    )
        .prop_map(|(lea_type, rows, worst, best, locals, calpads, lists, missing)| Spec {
            lea_type,
            rows,
            worst,
            best,
            locals,
            calpads,
            lists,
            missing,
        })
}

fn editions() -> Vec<&'static Edition> {
    books().editions().collect()
}

fn at<T: Copy>(all: &[T], index: usize) -> T {
    all[index % all.len()]
}

fn performance(edition: &Edition, indicator: Indicator, rating: u8) -> Performance {
    let color = edition.indicators.get(&indicator).map(|rule| rule.rating) == Some(Rating::Color);
    Performance {
        color: Color::from_number(rating).filter(|_| color),
        status_level: Level::new(rating),
        denominator: Some(200),
        accountability_met: Some(true),
        size_met: Some(true),
        ..Performance::default()
    }
}

impl Spec {
    /// The facts, every file of every year being loaded and no list.
    fn full(&self) -> Case {
        let lea_type = at(&LeaType::ALL, self.lea_type);
        let mut case = Case::new(lea_type);
        // Every kind in a county of its own, so that files can cover them one by one.
        let code = case.lea.cds.to_string();
        let county = ["05", "06", "07"][self.lea_type % 3];
        case.lea.cds = CdsCode::parse(&format!("{county}{}", &code[2..])).unwrap();
        for (position, edition) in editions().into_iter().enumerate() {
            case = case.loaded(edition);
            for (rating, groups) in [(5, &self.best), (1, &self.worst)] {
                for (group, _) in groups.iter().filter(|(_, years)| years >> position & 1 == 1) {
                    for indicator in edition.indicators.keys() {
                        let row = performance(edition, *indicator, rating);
                        case = case.row(edition, *indicator, at(&GROUPS, *group), row);
                    }
                }
            }
        }
        for row in &self.rows {
            let edition = at(&editions(), row.year);
            let indicator = at(&Indicator::ALL, row.indicator);
            let mut value = performance(edition, indicator, row.rating);
            value.denominator = at(&SIZES, row.size);
            value.accountability_met = Some(row.counts);
            value.size_met = Some(row.counts);
            case = case.row(edition, indicator, at(&GROUPS, row.group), value);
        }
        for (year, priority, rating) in &self.locals {
            let rating = LocalRating::ALL[2 - rating % 3];
            case = case.local(at(&editions(), *year), Priority::new(*priority).unwrap(), rating);
        }
        for (year, certified) in &self.calpads {
            case = case.calpads(at(&editions(), *year), *certified);
        }
        case
    }

    /// With the published lists.
    fn listed(&self, mut case: Case) -> Case {
        for list in &self.lists {
            let edition = at(&editions(), list.year);
            if !list.on_it {
                case = case.not_on_list(edition);
                continue;
            }
            case = case.listed(edition, PublishedStatus::ALL[list.status], &[]);
            let letters: Vec<char> = edition.codes.values().copied().collect();
            let row = &mut case.facts(edition.year).published.as_mut().unwrap().value;
            for (group, letter) in &list.codes {
                let group = at(&GROUPS, *group);
                if edition.groups.contains(&group) {
                    row.codes.insert(group, at(&letters, *letter));
                }
            }
            row.group_count = Some(row.codes.len() as u32);
            row.methods.clear();
            if list.with_methods {
                row.methods.insert(1, !row.codes.is_empty());
            }
        }
        case
    }

    /// Without the inputs that are missing.
    fn without(&self, mut case: Case, and_lists: bool) -> Case {
        for (year, what) in &self.missing {
            let edition = at(&editions(), *year);
            case = match what {
                0..8 => case.without(edition, Indicator::ALL[*what]),
                8..18 => case.without_local(edition, Priority::new(*what as u8 - 7).unwrap()),
                _ if and_lists => {
                    let facts = case.facts(edition.year);
                    facts.list_release = None;
                    facts.published = None;
                    case
                }
                _ => case,
            };
        }
        case
    }

    fn case(&self) -> Case {
        self.without(self.listed(self.full()), false)
    }
}

/// Checks a property over the same random values each time.
#[track_caller]
fn holds<S: Strategy>(
    cases: u32,
    strategy: S,
    property: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    if let Err(error) = runner.run(&strategy, property) {
        panic!("{error}");
    }
}

fn decided(lea: &LeaFacts) -> BTreeMap<DashboardYear, Determination<'static>> {
    decide(books(), lea, Basis::Files)
}

/// All that an answer says, without the texts of its edition.
fn said(determination: &Determination<'_>) -> String {
    let Determination {
        cds,
        lea_type,
        edition,
        decided,
        evaluation,
        history,
        conclusions,
        provider,
        provider_at_level_2,
        open_points,
        earlier_open_points,
        missing,
    } = determination;
    let year = edition.year;
    format!(
        "{cds} {lea_type} {year} {decided} {evaluation:?} {history:?} {conclusions:?} {provider:?} \
         {provider_at_level_2:?} {open_points:?} {earlier_open_points:?} {missing:?}"
    )
}

// ---------------------------------------------------------------- releases and their order

/// The releases that would give these facts, with older ones that they take the place of.
fn releases(leas: &[LeaFacts]) -> Vec<(ReleaseHead, ReleaseContents)> {
    let mut made = Made::default();
    for edition in editions() {
        let year = edition.year;
        let of_year = || leas.iter().filter_map(|lea| Some((lea, lea.years.get(&year)?)));
        for indicator in Indicator::ALL {
            let has = |facts: &YearFacts| facts.indicator_releases.contains_key(&indicator);
            let covered: Vec<(&LeaFacts, &YearFacts)> = of_year().filter(|(_, f)| has(f)).collect();
            let rows = |worst: bool| {
                let of_lea = |(lea, facts): &(&LeaFacts, &YearFacts)| {
                    let cds = lea.cds;
                    let cells = facts.performances.iter().filter(|((i, _), _)| *i == indicator);
                    cells
                        .map(|((_, group), cited)| PerformanceRow {
                            row: cited.row,
                            cds,
                            group: *group,
                            performance: if worst {
                                performance(edition, indicator, 1)
                            } else {
                                cited.value.clone()
                            },
                        })
                        .collect::<Vec<_>>()
                };
                Rows::Performances(covered.iter().flat_map(of_lea).collect())
            };
            made.with_rival(ReleaseKind::Indicator(indicator), year, &covered, rows);
        }
        for priority in Priority::all() {
            let has = |facts: &YearFacts| facts.local_releases.contains_key(&priority);
            let covered: Vec<(&LeaFacts, &YearFacts)> = of_year().filter(|(_, f)| has(f)).collect();
            let rows = |worst: bool| {
                let of_lea = |(lea, facts): &(&LeaFacts, &YearFacts)| {
                    facts.local_ratings.get(&priority).map(|cited| LocalRatingRow {
                        row: cited.row,
                        cds: lea.cds,
                        rating: if worst { LocalRating::NotMetTwoYears } else { cited.value },
                    })
                };
                Rows::LocalRatings(covered.iter().filter_map(of_lea).collect())
            };
            made.with_rival(ReleaseKind::LocalIndicator(priority), year, &covered, rows);
        }
        let covered: Vec<(&LeaFacts, &YearFacts)> =
            of_year().filter(|(_, facts)| facts.list_release.is_some()).collect();
        let rows = |worst: bool| {
            let of_lea = |(_, facts): &(&LeaFacts, &YearFacts)| {
                let cited = facts.published.as_ref()?;
                let mut row = cited.value.clone();
                if worst {
                    row.status = PublishedStatus::DifferentiatedYear1;
                }
                Some(row)
            };
            Rows::Published(covered.iter().filter_map(of_lea).collect())
        };
        made.with_rival(ReleaseKind::PublishedList, year, &covered, rows);
        let covered: Vec<(&LeaFacts, &YearFacts)> =
            of_year().filter(|(_, facts)| facts.calpads_certified.is_some()).collect();
        let rows = |other: bool| {
            let of_lea = |(lea, facts): &(&LeaFacts, &YearFacts)| {
                let cited = facts.calpads_certified.as_ref()?;
                let certified = cited.value != other;
                Some(CalpadsRow { row: cited.row, cds: lea.cds, certified })
            };
            Rows::Calpads(covered.iter().filter_map(of_lea).collect())
        };
        made.with_rival(ReleaseKind::CalpadsExceptions, year, &covered, rows);
    }
    made.releases
}

#[derive(Default)]
struct Made {
    releases: Vec<(ReleaseHead, ReleaseContents)>,
}

impl Made {
    /// A release and one that it takes the place of: by its earlier import, or, every
    /// second time, by its earlier date although it was imported later.
    fn with_rival(
        &mut self,
        kind: ReleaseKind,
        year: DashboardYear,
        covered: &[(&LeaFacts, &YearFacts)],
        rows: impl Fn(bool) -> Rows,
    ) {
        if covered.is_empty() {
            return;
        }
        let accumulates = kind == ReleaseKind::CalpadsExceptions;
        let by_date = self.releases.len() % 4 < 2 && !accumulates;
        let dates = |early| by_date.then(|| Day::new(2026, if early { 1 } else { 2 }, 1).unwrap());
        let order = if by_date { [false, true] } else { [true, false] };
        for rival in order {
            self.add(kind, year, dates(rival), covered, rows(rival));
        }
    }

    fn add(
        &mut self,
        kind: ReleaseKind,
        year: DashboardYear,
        file_date: Option<Day>,
        covered: &[(&LeaFacts, &YearFacts)],
        rows: Rows,
    ) {
        let mut coverage = Coverage::default();
        for (lea, _) in covered {
            match lea.lea_type {
                LeaType::Charter => coverage.charter_counties.insert(lea.cds.county()),
                _ => coverage.counties.insert(lea.cds.county()),
            };
        }
        let mention = |(lea, _): &(&LeaFacts, &YearFacts)| LeaMention {
            cds: lea.cds,
            lea_type: lea.lea_type,
            name: String::new(),
            county_name: String::new(),
            city: None,
            grade_span: None,
        };
        let number = ReleaseNumber(self.releases.len() as u32 + 1);
        let head = ReleaseHead {
            number,
            kind,
            year: Some(year),
            file_date,
            coverage: coverage.clone(),
            beside: None,
        };
        let leas = covered.iter().map(mention).collect();
        let contents = ReleaseContents { kind, year: Some(year), file_date, coverage, leas, rows };
        self.releases.push((head, contents));
    }
}

/// Reorders by a linear congruential generator.
fn shuffle<T>(items: &mut [T], seed: &mut u64) {
    for last in (1..items.len()).rev() {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, (*seed >> 33) as usize % (last + 1));
    }
}

fn shuffled(
    mut releases: Vec<(ReleaseHead, ReleaseContents)>,
    mut seed: u64,
) -> Vec<(ReleaseHead, ReleaseContents)> {
    shuffle(&mut releases, &mut seed);
    for (_, contents) in &mut releases {
        shuffle(&mut contents.leas, &mut seed);
        match &mut contents.rows {
            Rows::Performances(rows) => shuffle(rows, &mut seed),
            Rows::LocalRatings(rows) => shuffle(rows, &mut seed),
            Rows::Published(rows) => shuffle(rows, &mut seed),
            Rows::Calpads(rows) => shuffle(rows, &mut seed),
            Rows::Successions(rows) => shuffle(rows, &mut seed),
            Rows::Directory(rows) => shuffle(rows, &mut seed),
            Rows::CharterList(rows) => shuffle(rows, &mut seed),
            Rows::GeographicLeads(rows) => shuffle(rows, &mut seed),
            Rows::CharterLocations(rows) => shuffle(rows, &mut seed),
            Rows::NcesIds(rows) => shuffle(rows, &mut seed),
        }
    }
    releases
}

fn three_leas() -> impl Strategy<Value = Vec<LeaFacts>> {
    [spec(), spec(), spec()].prop_map(|specs| {
        let with_type = |(lea_type, spec): (usize, Spec)| Spec { lea_type, ..spec }.case().lea;
        specs.into_iter().enumerate().map(with_type).collect()
    })
}

#[test]
fn the_order_of_releases_and_of_their_rows_changes_no_determination() {
    holds(60, (three_leas(), any::<u64>()), |(leas, seed)| {
        let releases = releases(&leas);
        let base = FactBase::assemble(&releases);
        let other = FactBase::assemble(&shuffled(releases, seed));
        prop_assert_eq!(&base.leas, &other.leas);
        for (cds, lea) in &base.leas {
            let (a, b) = (decided(lea), decided(&other.leas[cds]));
            prop_assert!(a.keys().eq(b.keys()));
            for (year, determination) in &a {
                prop_assert_eq!(said(determination), said(&b[year]));
            }
        }
        Ok(())
    });
}

#[test]
fn facts_assembled_from_releases_are_decided_like_the_facts_themselves() {
    holds(60, three_leas(), |leas| {
        let base = FactBase::assemble(&releases(&leas));
        for lea in &leas {
            let Some(assembled) = base.leas.get(&lea.cds) else { continue };
            let (direct, assembled) = (decided(lea), decided(assembled));
            for (year, determination) in &assembled {
                prop_assert_eq!(&determination.conclusions, &direct[year].conclusions);
                prop_assert_eq!(&determination.missing, &direct[year].missing);
                prop_assert_eq!(&determination.open_points, &direct[year].open_points);
            }
        }
        Ok(())
    });
}

#[test]
fn the_same_facts_give_the_same_answer_and_the_same_reasons_twice() {
    holds(60, spec(), |spec| {
        let (one, two) = (spec.case().lea, spec.case().lea);
        let (a, b) = (decided(&one), decided(&two));
        for (year, determination) in &a {
            prop_assert_eq!(said(determination), said(&b[year]));
            let reasons = format!("{:?}", trace(books(), &one, determination));
            prop_assert_eq!(reasons, format!("{:?}", trace(books(), &two, &b[year])));
        }
        Ok(())
    });
}

// ---------------------------------------------------------------- all groups at once

#[test]
fn a_verdict_on_packed_years_says_what_the_whole_determination_says() {
    let mut judge = Judge::new(books());
    let judge = std::cell::RefCell::new(&mut judge);
    holds(300, (spec(), any::<bool>()), |(spec, and_lists)| {
        let lea = spec.without(spec.listed(spec.full()), and_lists).lea;
        let mut whole = decided(&lea);
        let mut differences: Vec<String> = Vec::new();
        let mut judge = judge.borrow_mut();
        let packed = PackedLea::of(books(), &lea);
        let mut known: BTreeMap<DashboardYear, Verdict<NotCarried>> = BTreeMap::new();
        judge.decide_known(&packed, |edition, verdict| {
            known.insert(edition.year, *verdict);
        });
        judge.decide(&packed, |edition, verdict| {
            let d = whole.remove(&edition.year).unwrap();
            let bare = known.remove(&edition.year).unwrap();
            let mut same = |what: &str, same: bool| {
                if !same {
                    differences.push(format!("{what} of {}", edition.year));
                }
            };
            let Conclusions {
                codes,
                group_count,
                methods,
                eligible,
                charter,
                label,
                sustained,
                eligible_level,
            } = &d.conclusions;
            for (group, code) in codes {
                same("a letter", verdict.letter(*group) == code.known().copied());
            }
            same("the number of groups", verdict.group_count == *group_count);
            let outcomes = methods.iter().map(|(_, outcome)| *outcome);
            same("a method", verdict.methods(edition, lea.lea_type).eq(outcomes));
            same("eligibility", verdict.eligible == *eligible);
            let both = charter.as_ref().map(|finding| (finding.literal, finding.same_group));
            same("the charter rule", verdict.charter() == both);
            same("the label", verdict.standing.label(edition, lea.lea_type) == *label);
            let outcomes = sustained.iter().map(|finding| finding.outcome);
            same("a test", verdict.sustained(edition, lea.lea_type).eq(outcomes));
            same("the level", verdict.level == *eligible_level);
            // Without what it depends on, an answer is the same.
            let changed = AnswerSet::changed(edition, lea.lea_type, &bare, verdict);
            same("an answer without its inputs", changed.is_empty());
            same("eligibility alone", bare.eligible.known() == verdict.eligible.known());
            let count = (bare.group_count.known(), verdict.group_count.known());
            same("the number of groups alone", count.0 == count.1);
            // One group alone, counted by itself, comes to the same as all of them at once.
            let alone = |count| {
                Outcome::any(d.evaluation.groups.iter().map(|group| group.in_at_least(count)))
            };
            let by_groups = edition.methods_for(lea.lea_type).zip(methods);
            for (method, (_, outcome)) in by_groups {
                if let MethodTest::GroupInPriorities(count) = method.test {
                    same("groups alone", alone(count) == *outcome);
                }
            }
        });
        prop_assert_eq!(differences, Vec::<String>::new());
        prop_assert!(whole.is_empty(), "years without a verdict: {:?}", whole.keys());
        prop_assert!(known.is_empty(), "years known only: {:?}", known.keys());
        Ok(())
    });
}

#[test]
fn the_evidence_is_every_criterion_that_a_group_meets_with_its_cells() {
    let mut judge = Judge::new(books());
    let judge = std::cell::RefCell::new(&mut judge);
    holds(200, spec(), |spec| {
        let lea = spec.case().lea;
        let whole = decided(&lea);
        let mut faults: Vec<String> = Vec::new();
        let mut judge = judge.borrow_mut();
        judge.decide_with_evidence(&PackedLea::of(books(), &lea), |edition, _, evidence| {
            let Determination { evaluation, .. } = &whole[&edition.year];
            let mut expected: BTreeSet<(usize, StudentGroup)> = BTreeSet::new();
            for (place, criterion) in edition.criteria.iter().enumerate() {
                for group in &criterion.groups {
                    if criterion_outcome(criterion, *group, &evaluation.cells).is_met() {
                        expected.insert((place, *group));
                    }
                }
            }
            let found = evidence.iter().map(|(ground, _)| (ground.criterion, ground.group));
            if expected != found.collect() {
                faults.push(format!("criteria of {}", edition.year));
            }
            for (ground, cells) in evidence.iter() {
                let alternative =
                    &edition.criteria[ground.criterion].alternatives[ground.alternative];
                let asked = alternative.conditions.iter().map(|condition| condition.indicator);
                if !asked.eq(cells.iter().map(|cell| cell.indicator)) {
                    faults.push(format!("cells of {ground:?} in {}", edition.year));
                }
                for MetCell { indicator, color, status } in cells.iter().copied() {
                    let cell = evaluation.cells.get(ground.group, indicator);
                    if cell != (Cell::Rated { color, status }) {
                        faults.push(format!("{indicator} of {ground:?} in {}", edition.year));
                    }
                }
            }
            let met = evaluation.locals.iter().filter(|local| local.outcome.is_met());
            if evidence.locals != met.map(|local| local.priority).collect() {
                faults.push(format!("local indicators of {}", edition.year));
            }
        });
        prop_assert_eq!(faults, Vec::<String>::new());
        Ok(())
    });
}

// ---------------------------------------------------------------- decisive cells

/// The facts with every other value of a cell, one after another.
fn with_other_values(lea: &LeaFacts, edition: &Edition, cell: CellKey) -> Vec<LeaFacts> {
    let own = &lea.years[&edition.year];
    let changed = |year: DashboardYear, change: &dyn Fn(&mut YearFacts)| {
        let mut lea = lea.clone();
        change(lea.years.get_mut(&year).unwrap());
        lea
    };
    let published = |year: DashboardYear, change: &dyn Fn(&mut PublishedRow)| {
        changed(year, &|facts| change(&mut facts.published.as_mut().unwrap().value))
    };
    let this = edition.year;
    match cell {
        CellKey::Performance(indicator, group) => {
            let value = &own.performances[&(indicator, group)].value;
            let put = |other: Performance| {
                changed(this, &|facts| {
                    let place = facts.performances.get_mut(&(indicator, group)).unwrap();
                    place.value = other.clone();
                })
            };
            other_performances(edition, indicator, value).into_iter().map(put).collect()
        }
        CellKey::Local(priority) => {
            let others = LocalRating::ALL.into_iter();
            others
                .map(|rating| {
                    changed(this, &|facts| {
                        facts.local_ratings.get_mut(&priority).unwrap().value = rating;
                    })
                })
                .collect()
        }
        CellKey::Calpads => [true, false]
            .map(|certified| {
                changed(this, &|facts| facts.calpads_certified.as_mut().unwrap().value = certified)
            })
            .into(),
        CellKey::EarlierCode(year, group) => {
            let letters = books().edition(year).unwrap().codes.values();
            letters
                .map(Some)
                .chain([None])
                .map(|letter| {
                    published(year, &|row| {
                        match letter {
                            Some(letter) => row.codes.insert(group, *letter),
                            None => row.codes.remove(&group),
                        };
                    })
                })
                .collect()
        }
        CellKey::EarlierStatus(year) => {
            PublishedStatus::ALL.map(|status| published(year, &|row| row.status = status)).into()
        }
    }
}

/// Every cell that the determination could rest on.
fn cells(lea: &LeaFacts, determination: &Determination<'_>) -> BTreeSet<CellKey> {
    let own = &lea.years[&determination.edition.year];
    let mut cells: BTreeSet<CellKey> =
        own.performances.keys().map(|(i, g)| CellKey::Performance(*i, *g)).collect();
    let locals = determination.edition.locals_for(lea.lea_type).map(|rule| rule.priority);
    cells.extend(locals.filter(|p| own.local_ratings.contains_key(p)).map(CellKey::Local));
    cells.extend(own.calpads_certified.iter().map(|_| CellKey::Calpads));
    for earlier in &determination.history {
        if lea.years.get(&earlier.year).is_some_and(|facts| facts.published.is_some()) {
            cells.insert(CellKey::EarlierStatus(earlier.year));
            let edition = books().edition(earlier.year).unwrap();
            cells.extend(edition.groups.iter().map(|g| CellKey::EarlierCode(earlier.year, *g)));
        }
    }
    cells
}

#[test]
fn a_cell_decides_exactly_the_answers_that_another_value_in_it_changes() {
    holds(200, (spec(), 0usize..7, 0usize..5), |(spec, year, offset)| {
        let edition = at(&editions(), year);
        let mut lea = spec.case().lea;
        lea.years.retain(|y, _| *y <= edition.year);
        let determination = lea_determination(&lea, edition);
        if !determination.decided {
            return Ok(());
        }
        let mut named: BTreeMap<CellKey, BTreeSet<AnswerId>> = BTreeMap::new();
        for node in trace(books(), &lea, &determination).nodes() {
            if let Some(cell) = node.cell {
                let decides = node.decides.iter().cloned().collect();
                let before = named.insert(cell, decides);
                prop_assert!(before.is_none_or(|b| b == named[&cell]), "{cell:?} twice");
            }
        }
        // Every fifth cell of a case: the cases together see all of them.
        for cell in cells(&lea, &determination).into_iter().skip(offset).step_by(5) {
            let mut changed: BTreeSet<AnswerId> = BTreeSet::new();
            for other in with_other_values(&lea, edition, cell) {
                let conclusions = lea_determination(&other, edition).conclusions;
                changed.extend(changed_answers(&determination.conclusions, &conclusions));
            }
            let decides = named.get(&cell).cloned().unwrap_or_default();
            prop_assert_eq!(decides, changed, "{:?} in {}", cell, edition.year);
        }
        Ok(())
    });
}

fn lea_determination(lea: &LeaFacts, edition: &Edition) -> Determination<'static> {
    decided(lea).remove(&edition.year).unwrap()
}

#[test]
fn rows_of_all_students_and_of_indicators_without_a_criterion_never_change_an_answer() {
    let change = (0usize..8, 0..GROUPS.len(), 0u8..=5);
    holds(200, (spec(), 0usize..7, vec(change, 1..6)), |(spec, year, changes)| {
        let edition = at(&editions(), year);
        let case = spec.case();
        let before = decided(&case.lea);
        let mut other = case;
        for (indicator, group, rating) in changes {
            let (indicator, group) = (at(&Indicator::ALL, indicator), at(&GROUPS, group));
            let asked = edition.indicators_used().any(|i| i == indicator);
            let loaded = other.facts(edition.year).indicator_releases.contains_key(&indicator);
            let group = if asked { StudentGroup::All } else { group };
            if asked && !loaded {
                continue;
            }
            other = other.row(edition, indicator, group, performance(edition, indicator, rating));
        }
        let after = decided(&other.lea);
        for (year, determination) in &before {
            prop_assert_eq!(&determination.conclusions, &after[year].conclusions);
            prop_assert_eq!(&determination.open_points, &after[year].open_points);
            prop_assert_eq!(&determination.missing, &after[year].missing);
        }
        Ok(())
    });
}

// ---------------------------------------------------------------- knowledge only grows

fn known_text<T: std::fmt::Debug>(answer: &Answer<T>) -> Option<String> {
    answer.known().map(|value| format!("{value:?}"))
}

fn outcome_text(outcome: Outcome) -> Option<String> {
    outcome.known().map(|met| met.to_string())
}

/// Every answer by a name, `None` where it is not known.
fn answers(conclusions: &Conclusions) -> BTreeMap<String, Option<String>> {
    let Conclusions {
        codes,
        group_count,
        methods,
        eligible,
        charter,
        label,
        sustained,
        eligible_level,
    } = conclusions;
    let mut all = BTreeMap::new();
    for (group, code) in codes {
        all.insert(format!("code.{group}"), known_text(code));
    }
    for (id, outcome) in methods {
        all.insert(id.clone(), outcome_text(*outcome));
    }
    if let Some(charter) = charter {
        all.insert("charter".to_owned(), outcome_text(charter.outcome));
        all.insert("charter, same group".to_owned(), outcome_text(charter.same_group));
    }
    for finding in sustained {
        all.insert(finding.id.clone(), outcome_text(finding.outcome));
        all.insert(format!("{}, count", finding.id), outcome_text(finding.by_count));
        all.insert(format!("{}, ever", finding.id), outcome_text(finding.by_rated_ever()));
    }
    all.insert("groups".to_owned(), known_text(group_count));
    all.insert("eligible".to_owned(), outcome_text(*eligible));
    all.insert("label".to_owned(), known_text(&label.text));
    all.insert("support year".to_owned(), known_text(&label.support_year));
    all.insert("differentiated".to_owned(), outcome_text(label.differentiated));
    all.insert("level".to_owned(), known_text(eligible_level));
    all
}

/// Lists of some years that say what the files say.
fn with_agreeing_lists(mut case: Case, years: u8) -> Case {
    let full = decided(&case.lea);
    if case.lea.lea_type == LeaType::Charter {
        return case;
    }
    for (position, edition) in editions().into_iter().enumerate() {
        let Some(determination) = full.get(&edition.year).filter(|d| d.decided) else { continue };
        if years >> position & 1 == 0 {
            continue;
        }
        let conclusions = &determination.conclusions;
        let status = match (conclusions.label.support_year.known(), edition.year.number()) {
            (Some(0), _) => PublishedStatus::General,
            (Some(1), 2023 | 2024) => PublishedStatus::DifferentiatedYear1,
            (Some(2), 2023 | 2024) => PublishedStatus::DifferentiatedYear2,
            _ => PublishedStatus::Differentiated,
        };
        let letter = |(group, code): &(StudentGroup, Answer<Option<char>>)| {
            code.known().copied().flatten().map(|letter| (*group, letter))
        };
        let codes: BTreeMap<StudentGroup, char> =
            conclusions.codes.iter().filter_map(letter).collect();
        let methods = (1..)
            .zip(&conclusions.methods)
            .map(|(number, (_, outcome))| (number, outcome.is_met()))
            .collect();
        let row = PublishedRow {
            row: 7,
            cds: case.lea.cds,
            group_count: Some(codes.len() as u32),
            listed_groups: edition.groups.clone(),
            status,
            earlier_statuses: BTreeMap::new(),
            methods,
            ec52072: None,
            ec52071f: None,
            codes,
        };
        let facts = case.facts(edition.year);
        facts.list_release = Some(ReleaseNumber(4));
        facts.published = Some(Cited { value: row, release: ReleaseNumber(4), row: 7 });
    }
    case
}

#[test]
fn loading_a_missing_file_never_turns_a_known_answer_into_another() {
    holds(200, (spec(), any::<u8>()), |(spec, lists)| {
        let full = with_agreeing_lists(spec.full(), lists);
        let less = spec.without(full.clone(), true);
        let (full, less) = (decided(&full.lea), decided(&less.lea));
        for (year, determination) in &less {
            let all = answers(&full[year].conclusions);
            for (name, answer) in answers(&determination.conclusions) {
                if answer.is_some() {
                    prop_assert_eq!(&answer, &all[&name], "{} of {}", name, year);
                }
            }
        }
        Ok(())
    });
}

#[test]
fn with_every_file_and_list_loaded_everything_is_known_and_nothing_provisional() {
    holds(200, spec(), |spec| {
        for (year, determination) in decided(&spec.full().lea) {
            prop_assert!(!determination.provisional(), "{year}: {:?}", determination.missing);
            for (name, answer) in answers(&determination.conclusions) {
                prop_assert!(answer.is_some(), "{name} of {year}");
            }
        }
        Ok(())
    });
}

#[test]
fn an_answer_that_is_not_known_names_inputs_that_are_missing() {
    holds(200, spec(), |spec| {
        for (year, determination) in decided(&spec.case().lea) {
            if !determination.decided {
                continue;
            }
            let named: BTreeSet<&AnswerId> =
                determination.missing.iter().flat_map(|(_, answers)| answers).collect();
            let Conclusions { codes, methods, charter, label, sustained, eligible_level, .. } =
                &determination.conclusions;
            let mut unknown: Vec<AnswerId> = Vec::new();
            let open = |outcome: Outcome| outcome.known().is_none();
            let codes = codes.iter().filter(|(_, code)| code.known().is_none());
            unknown.extend(codes.map(|(group, _)| AnswerId::Code(*group)));
            let methods = methods.iter().filter(|(_, outcome)| open(*outcome));
            unknown.extend(methods.map(|(id, _)| AnswerId::Method(id.clone())));
            let charter = charter.iter().filter(|c| open(c.outcome));
            unknown.extend(charter.map(|c| AnswerId::Test(c.id.clone())));
            let sustained = sustained.iter().filter(|s| open(s.outcome));
            unknown.extend(sustained.map(|s| AnswerId::Test(s.id.clone())));
            unknown.extend(label.text.known().is_none().then_some(AnswerId::Label));
            unknown.extend(eligible_level.known().is_none().then_some(AnswerId::Level));
            let unknown: BTreeSet<&AnswerId> = unknown.iter().collect();
            prop_assert_eq!(named, unknown, "{}", year);
        }
        Ok(())
    });
}

/// What a missing indicator file may turn out to say: one group worst or orange and the
/// others best or absent, every group worst, best or absent.
fn possible_files(case: &Case, edition: &Edition, indicator: Indicator) -> Vec<Case> {
    let groups = &edition.indicators[&indicator].groups;
    let with = |rating: u8, chosen: &[StudentGroup], others: bool| {
        let loaded = case.clone().loaded_indicator(edition, indicator);
        groups.iter().fold(loaded, |case, group| {
            let rating = if chosen.contains(group) { rating } else { 5 };
            if rating == 5 && !others {
                return case;
            }
            case.row(edition, indicator, *group, performance(edition, indicator, rating))
        })
    };
    let every: Vec<StudentGroup> = groups.iter().copied().collect();
    let mut files = vec![with(5, &[], true), with(5, &[], false), with(1, &every, true)];
    for group in groups {
        files.push(with(1, &[*group], true));
        files.push(with(1, &[*group], false));
        files.push(with(2, &[*group], true));
    }
    files
}

#[test]
fn an_answer_is_named_beside_the_only_missing_file_exactly_where_the_file_can_change_it() {
    let input = (0usize..7, 0usize..8);
    holds(100, (spec(), input), |(spec, (year, indicator))| {
        let edition = at(&editions(), year);
        let used: Vec<Indicator> = edition.indicators_used().collect();
        let indicator = at(&used, indicator);
        let case = spec.full().without(edition, indicator);
        let determination = lea_determination(&case.lea, edition);
        if !determination.decided {
            return Ok(());
        }
        let named: BTreeSet<AnswerId> =
            determination.missing.iter().flat_map(|(_, answers)| answers).cloned().collect();
        let mut possible = possible_files(&case, edition, indicator)
            .into_iter()
            .map(|case| lea_determination(&case.lea, edition).conclusions);
        let first = possible.next().unwrap();
        let changed: BTreeSet<AnswerId> =
            possible.flat_map(|other| changed_answers(&first, &other)).collect();
        prop_assert_eq!(named, changed, "{} in {}", indicator, edition.year);
        Ok(())
    });
}

// ---------------------------------------------------------------- a plain reading of the rules

/// The rules written down a second time, year by year, for facts without a gap and
/// without editions: whatever an edition says must come to the same.
struct Plain<'a> {
    lea_type: LeaType,
    years: &'a BTreeMap<DashboardYear, YearFacts>,
}

impl Plain<'_> {
    fn counted(&self, year: u16, group: StudentGroup, indicator: Indicator) -> Option<(u8, u8)> {
        let facts = &self.years[&DashboardYear::new(year).unwrap()];
        let row = &facts.performances.get(&(indicator, group))?.value;
        let small = match group {
            StudentGroup::Fos | StudentGroup::Hom => true,
            StudentGroup::Ltel => year >= 2024,
            _ => false,
        };
        let minimum = if small && self.lea_type != LeaType::Charter { 15 } else { 30 };
        let by_status = year == 2022
            || year == 2019 && indicator == Indicator::Elpi
            || [2017, 2023].contains(&year) && indicator == Indicator::Cci;
        let counts = match (year, indicator) {
            (2023, Indicator::Cci) => row.size_met == Some(true),
            (2023.., _) => row.accountability_met == Some(true),
            _ => row.denominator.map_or(!by_status, |n| n >= minimum),
        };
        let rated = if by_status { row.status_level.is_some() } else { row.color.is_some() };
        (counts && rated)
            .then(|| (row.color.map_or(0, |c| c as u8), row.status_level.map_or(0, Level::number)))
    }

    fn priorities(&self, year: u16, group: StudentGroup) -> BTreeSet<u8> {
        use Indicator::{Cci, Chro, Ela, Elpi, Grad, Math, Susp};
        if group == StudentGroup::All || group == StudentGroup::Ltel && year < 2024 {
            return BTreeSet::new();
        }
        let color = |i| self.counted(year, group, i).map_or(0, |(color, _)| color);
        let very_low = |i| self.counted(year, group, i).is_some_and(|(_, level)| level == 1);
        let worst = |i| if year == 2022 { very_low(i) } else { color(i) == 1 };
        let tests = match (year, group) {
            (2022, _) => very_low(Ela) && very_low(Math),
            (2025, StudentGroup::Ltel) => false,
            _ => matches!((color(Ela), color(Math)), (1, 1 | 2) | (2, 1)),
        };
        let progress = match (year, group) {
            (2018, _) => false,
            (2019 | 2022, StudentGroup::El) => very_low(Elpi),
            (_, StudentGroup::El) => color(Elpi) == 1,
            (2024, StudentGroup::Ltel) => color(Elpi) == 1,
            (2025, StudentGroup::Ltel) => [1, 2].contains(&color(Elpi)),
            _ => false,
        };
        let college = match year {
            2017 | 2022 => false,
            2023 => very_low(Cci),
            _ => color(Cci) == 1,
        };
        let met = [
            (4, tests || progress),
            (5, worst(Grad) || year > 2017 && worst(Chro)),
            (6, worst(Susp)),
            (8, college),
        ];
        met.into_iter().filter(|(_, met)| *met).map(|(priority, _)| priority).collect()
    }

    fn failed_locals(&self, year: u16) -> BTreeSet<u8> {
        let asked: &[u8] = match (year, self.lea_type) {
            (2017 | 2022, _) => &[],
            (_, LeaType::CountyOffice) => &[1, 2, 3, 6, 7, 9, 10],
            _ => &[1, 2, 3, 6, 7],
        };
        let facts = &self.years[&DashboardYear::new(year).unwrap()];
        let failed = |p: &u8| {
            let rating = facts.local_ratings.get(&Priority::new(*p).unwrap());
            rating.is_some_and(|cited| cited.value == LocalRating::NotMetTwoYears)
        };
        asked.iter().copied().filter(failed).collect()
    }

    /// M1 to M4.
    fn methods(&self, year: u16) -> [bool; 4] {
        let groups: Vec<BTreeSet<u8>> =
            StudentGroup::COUNTED.into_iter().map(|group| self.priorities(year, group)).collect();
        let failed = self.failed_locals(year);
        let facts = &self.years[&DashboardYear::new(year).unwrap()];
        let m1 = groups.iter().any(|priorities| priorities.len() >= 2);
        let m2 = failed.len() >= 2;
        let single = groups.iter().filter(|priorities| priorities.len() == 1);
        let m3 = failed.len() == 1 && single.clone().any(|p| p.is_disjoint(&failed)) && !m1;
        let m4 = year >= 2024
            && self.lea_type != LeaType::Charter
            && facts.calpads_certified.as_ref().is_some_and(|cited| !cited.value);
        [m1, m2, m3 && !m2, m4]
    }

    fn eligible(&self, year: u16) -> bool {
        self.methods(year).into_iter().any(|met| met)
    }

    fn persistent(&self, group: StudentGroup, window: &[u16], years: usize) -> bool {
        let coded = |y: &&u16| {
            self.priorities(**y, group).len() >= 2
                && !(self.lea_type == LeaType::CountyOffice && **y == 2017)
        };
        window.iter().filter(coded).count() >= years
    }

    fn level_3(&self, window: &[u16; 4]) -> bool {
        let year = window[3];
        let counted = StudentGroup::COUNTED.into_iter();
        let groups = counted.filter(|g| *g != StudentGroup::Ltel || year >= 2024);
        let rated = |group: &StudentGroup| {
            use Indicator::{Cci, Chro, Ela, Elpi, Grad, Math, Susp};
            [Ela, Math, Elpi, Grad, Chro, Susp, Cci].into_iter().any(|i| {
                let published = match i {
                    Elpi => {
                        *group == StudentGroup::El || *group == StudentGroup::Ltel && year >= 2024
                    }
                    Cci => year != 2022,
                    _ => true,
                };
                published && self.counted(year, *group, i).is_some()
            })
        };
        let had: Vec<StudentGroup> = groups.clone().filter(rated).collect();
        let all = !had.is_empty() && had.iter().all(|g| self.persistent(*g, window, 3));
        groups.filter(|g| self.persistent(*g, window, 3)).count() >= 3 || had.len() < 3 && all
    }
}

const LETTERS: [(char, &[u8]); 11] = [
    ('A', &[4, 5, 6]),
    ('B', &[4, 5]),
    ('C', &[5, 6]),
    ('D', &[4, 6]),
    ('E', &[4, 8]),
    ('F', &[5, 8]),
    ('G', &[6, 8]),
    ('H', &[4, 5, 8]),
    ('I', &[4, 6, 8]),
    ('J', &[5, 6, 8]),
    ('K', &[4, 5, 6, 8]),
];

#[test]
fn the_editions_come_to_the_same_as_a_plain_reading_of_the_rules() {
    holds(200, spec(), |spec| {
        let lea = spec.full().lea;
        let plain = Plain { lea_type: lea.lea_type, years: &lea.years };
        for (year, determination) in decided(&lea) {
            let number = year.number();
            let Conclusions { codes, methods, charter, label, sustained, eligible_level, .. } =
                &determination.conclusions;
            if !determination.edition.evaluates(lea.lea_type) {
                continue;
            }
            for (group, code) in codes {
                let priorities: Vec<u8> = plain.priorities(number, *group).into_iter().collect();
                let letter = LETTERS.iter().find(|(_, set)| **set == priorities);
                let expected = Answer::Known(letter.map(|(letter, _)| *letter));
                prop_assert_eq!(code, &expected, "{} of {}", group, year);
            }
            let expected = plain.methods(number);
            for (id, outcome) in methods {
                let position = usize::from(id.as_bytes()[1] - b'1');
                prop_assert_eq!(outcome.is_met(), expected[position], "{} of {}", id, year);
            }
            if !determination.decided {
                continue;
            }
            let windows = [
                (2022, [2017, 2018, 2019, 2022]),
                (2023, [2018, 2019, 2022, 2023]),
                (2024, [2019, 2022, 2023, 2024]),
                (2025, [2022, 2023, 2024, 2025]),
            ];
            let charter_tests = number == 2025 || lea.lea_type != LeaType::Charter;
            let window = windows.iter().find(|(y, _)| *y == number).filter(|_| charter_tests);
            let third = window.is_some_and(|(_, window)| plain.level_3(window));
            let (year_of_support, assisted) = match (lea.lea_type, number) {
                (LeaType::Charter, 2019) => continue,
                (LeaType::Charter, _) => {
                    let before = if number == 2023 { 2022 } else { number - 1 };
                    let both = plain.eligible(number) && plain.eligible(before);
                    let same = StudentGroup::COUNTED
                        .into_iter()
                        .any(|g| plain.persistent(g, &[before, number], 2));
                    let finding = charter.as_ref().unwrap();
                    prop_assert_eq!(finding.literal.is_met(), both);
                    prop_assert_eq!(finding.same_group.is_met(), same);
                    (u8::from(both), both)
                }
                _ => {
                    let this = plain.eligible(number);
                    let before = number >= 2024 && plain.eligible(number - 1);
                    (if this { 1 } else { 2 * u8::from(before) }, this || before)
                }
            };
            prop_assert_eq!(label.support_year.known(), Some(&year_of_support), "{}", year);
            let level = if third { 3 } else { 1 + u8::from(assisted) };
            prop_assert_eq!(eligible_level.known(), Some(&level), "{}", year);
            if let Some(lead) = sustained.iter().find(|s| s.id == "ec-52071-f") {
                let window = [2023, 2024, 2025];
                let expected =
                    StudentGroup::COUNTED.into_iter().any(|g| plain.persistent(g, &window, 3));
                prop_assert_eq!(lead.outcome.is_met(), expected);
            }
        }
        Ok(())
    });
}

#[test]
fn the_random_facts_see_every_method_level_and_test_met_not_met_and_not_known() {
    let seen = std::cell::RefCell::new(BTreeSet::new());
    holds(200, spec(), |spec| {
        for case in [spec.full(), spec.case()] {
            for (_, determination) in decided(&case.lea).into_iter().filter(|(_, d)| d.decided) {
                seen.borrow_mut().extend(answers(&determination.conclusions));
            }
        }
        Ok(())
    });
    let seen = seen.into_inner();
    for name in ["M1", "M2", "M3", "eligible", "charter", "ec-52072-b", "ec-52071-f"] {
        for value in [Some("true"), Some("false"), None] {
            assert!(
                seen.contains(&(name.to_owned(), value.map(str::to_owned))),
                "{name} {value:?}"
            );
        }
    }
    for value in [Some("1"), Some("2"), Some("3"), None] {
        assert!(seen.contains(&("level".to_owned(), value.map(str::to_owned))), "level {value:?}");
    }
}
