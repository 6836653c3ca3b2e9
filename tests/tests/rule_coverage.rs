//! For every rule of every edition a case that meets it, one that does not, and one in
//! which it is not known; each is decided by the engine, and `docs/rule-coverage.md` says
//! what was seen.
//!
//! The cases are made from the editions themselves, so that a new edition has them too and
//! changes the page. `UPDATE_GOLDEN=1` writes the page anew.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::LazyLock;

use calsos_domain::cds::CdsCode;
use calsos_domain::determination::{Determination, decide};
use calsos_domain::evaluation::{Basis, Cell, criterion_outcome};
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::outcome::{Missing, MissingInput, Outcome};
use calsos_domain::performance::{Color, Level, Performance};
use calsos_domain::priority::{Priority, PrioritySet};
use calsos_domain::release::{LocalRating, PublishedStatus};
use calsos_domain::rulebook::{
    Alternative, CharterRule, CharterTest, Citation, Condition, CountsWhen, Criterion, Edition,
    Effect, LocalRule, Method, MethodTest, ProviderRule, Rating, SustainedRule, Wanted, YearRules,
};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::{Answer, provider};
use calsos_domain::year::DashboardYear;
use calsos_tests::case::{Case, books, priorities_of, priority};

/// A rule and the three cases of it, in words.
struct Row {
    id: String,
    asks: String,
    source: String,
    met: String,
    not_met: String,
    not_known: String,
}

impl Row {
    fn new(id: impl Into<String>, asks: impl Into<String>, source: &Citation) -> Row {
        Row {
            id: id.into(),
            asks: asks.into(),
            source: source.as_str().to_owned(),
            met: String::new(),
            not_met: String::new(),
            not_known: String::new(),
        }
    }

    fn met(mut self, words: impl Into<String>) -> Row {
        self.met = words.into();
        self
    }

    fn not_met(mut self, words: impl Into<String>) -> Row {
        self.not_met = words.into();
        self
    }

    fn not_known(mut self, words: impl Into<String>) -> Row {
        self.not_known = words.into();
        self
    }
}

fn run(case: &Case, edition: &Edition) -> Determination<'static> {
    case.decide(books(), edition)
}

fn best(lea_type: LeaType, edition: &Edition) -> Case {
    Case::new(lea_type).loaded(edition).all_best(edition)
}

fn depends_on(outcome: Outcome, input: MissingInput) -> bool {
    matches!(outcome, Outcome::NotKnown(missing) if missing.contains(input))
}

fn codes<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(" ")
}

/// Kinds of LEA that the edition applies its criteria to.
fn evaluated(edition: &Edition) -> Vec<LeaType> {
    LeaType::ALL.into_iter().filter(|lea_type| edition.evaluates(*lea_type)).collect()
}

fn decided(edition: &Edition) -> Vec<LeaType> {
    LeaType::ALL.into_iter().filter(|lea_type| edition.decides(*lea_type)).collect()
}

fn before(edition: &Edition) -> Vec<&'static Edition> {
    books().editions().filter(|e| e.year < edition.year).collect()
}

/// Lists of every earlier year, without any group.
fn never_before(case: Case, edition: &Edition) -> Case {
    let lists = before(edition).into_iter();
    lists.fold(case, |case, earlier| case.listed(earlier, PublishedStatus::General, &[]))
}

// ---------------------------------------------------------------- who and what counts

fn judged_rows(edition: &Edition) -> Vec<Row> {
    let rows = edition.judged.iter().map(|(lea_type, judged)| {
        let named = Case::new(*lea_type).with_groups(edition, &[StudentGroup::Swd], 2);
        let d = run(&named, edition);
        assert_eq!(d.decided, judged.decided);
        assert_eq!(d.conclusions.methods.is_empty(), !judged.evaluated);
        let mut unnamed = named.clone();
        unnamed.facts(edition.year).named = false;
        let all = decide(books(), &unnamed.lea, Basis::Files);
        assert!(!all.contains_key(&edition.year));
        let bare = run(&Case::new(*lea_type).named(edition), edition);
        assert_eq!(bare.decided, judged.decided, "with no file at all");
        let row = Row::new(
            format!("judged.{}", lea_type.code()),
            format!("{lea_type} is judged"),
            &judged.source,
        )
        .not_known("cannot occur: every file that names an LEA tells its kind");
        if judged.decided {
            row.met("named in a release of the year: decided").not_met("named in none: no answer")
        } else {
            assert!(d.provider.is_none());
            let looked_back = if judged.evaluated {
                ", criteria applied for later years"
            } else {
                ", criteria not applied"
            };
            row.met("cannot occur: the year decides none of this kind")
                .not_met(format!("a group in two priorities: not judged{looked_back}"))
        }
    });
    rows.collect()
}

fn groups_row(edition: &Edition) -> Row {
    let mut met = Vec::new();
    for group in StudentGroup::COUNTED.into_iter().chain([StudentGroup::All]) {
        let mut case = best(LeaType::District, edition);
        for indicator in edition.indicators.keys() {
            case = case.rated(edition, *indicator, group, Color::Red, 1);
        }
        let counted = run(&case, edition).conclusions.eligible;
        assert_eq!(counted, Outcome::from_bool(edition.groups.contains(&group)), "{group}");
        if counted.is_met() {
            met.push(group);
        }
    }
    assert!(met.iter().copied().eq(edition.groups.iter().copied()));
    let others: Vec<StudentGroup> = StudentGroup::COUNTED
        .into_iter()
        .chain([StudentGroup::All])
        .filter(|group| !met.contains(group))
        .collect();
    let nothing = run(&Case::new(LeaType::District).named(edition), edition);
    assert!(nothing.conclusions.eligible.known().is_none());
    Row::new("groups", "Student groups that count", &edition.groups_source)
        .met(format!("red everywhere, each alone: {} eligible", codes(&met)))
        .not_met(format!("red everywhere: {} not eligible", codes(others)))
        .not_known("no indicator file loaded")
}

/// A row with these students of which the file says, where it says so, whether it counts.
fn sized(edition: &Edition, condition: Condition, students: u32, counts: bool) -> Performance {
    let rule = &edition.indicators[&condition.indicator];
    let mut row = shown(rule.rating, condition.wanted);
    row.denominator = Some(students);
    match rule.counts_when {
        CountsWhen::Size => {}
        CountsWhen::AccountabilityMet => row.accountability_met = Some(counts),
        CountsWhen::SizeMet => row.size_met = Some(counts),
    }
    row
}

fn shown(rating: Rating, wanted: Wanted) -> Performance {
    let (color, level) = match wanted {
        Wanted::Color(color) => (color, Level::new(color as u8)),
        Wanted::Status(level) => (Color::Red, Some(level)),
    };
    Performance {
        color: (rating == Rating::Color).then_some(color),
        status_level: level,
        ..Performance::default()
    }
}

fn size_row(
    edition: &Edition,
    id: String,
    leas: &[LeaType],
    groups: &[StudentGroup],
    minimum: u32,
    source: &Citation,
) -> Row {
    let mut by_column = false;
    for lea_type in leas {
        for group in groups {
            assert_eq!(edition.size.minimum_for(*lea_type, *group), minimum);
            let criterion = edition.criteria.iter().find(|c| c.groups.contains(group)).unwrap();
            let conditions = &criterion.alternatives[0].conditions;
            let first = conditions[0].indicator;
            let with = |students: u32| {
                let counts = students >= minimum;
                let base = Case::new(*lea_type).loaded(edition);
                let case = conditions.iter().fold(base, |case, c| {
                    let row = sized(edition, *c, students, counts);
                    case.row(edition, c.indicator, *group, row)
                });
                let cells = run(&case, edition).evaluation.cells;
                (criterion_outcome(criterion, *group, &cells), cells.get(*group, first))
            };
            let (below, cell) = with(minimum - 1);
            assert_eq!(below, Outcome::NotMet, "{lea_type} {group}");
            assert_eq!(cell, Cell::TooSmall { size: Some(minimum - 1), minimum });
            let (exactly, cell) = with(minimum);
            assert_eq!(exactly, Outcome::Met, "{lea_type} {group}");
            assert!(matches!(cell, Cell::Rated { .. }));
            let without = Case::new(*lea_type).loaded(edition).without(edition, first);
            assert_eq!(run(&without, edition).evaluation.cells.get(*group, first), Cell::NotLoaded);
            by_column |= edition.indicators[&first].counts_when != CountsWhen::Size;
        }
    }
    let told = if by_column { " (the file's column says Y)" } else { "" };
    let not_told = if by_column { " (the column says N)" } else { "" };
    let asks = format!(
        "{minimum} students: {} of {}",
        codes(groups),
        codes(leas.iter().map(|lea| lea.code()))
    );
    Row::new(id, asks, source)
        .met(format!("{minimum} students{told}: rated"))
        .not_met(format!("{} students{not_told}: too small", minimum - 1))
        .not_known("the indicator's file is not loaded")
}

fn size_rows(edition: &Edition) -> Vec<Row> {
    let mut rows = Vec::new();
    let is_smaller = |lea: LeaType, group: StudentGroup| {
        edition.size.smaller.iter().any(|s| s.lea_types.contains(&lea) && s.groups.contains(&group))
    };
    for (position, groups) in [false, true].into_iter().enumerate() {
        // Every kind of LEA, then the groups that are smaller elsewhere.
        let (leas, groups): (Vec<LeaType>, Vec<StudentGroup>) = if groups {
            let leas: Vec<LeaType> = LeaType::ALL
                .into_iter()
                .filter(|lea| edition.groups.iter().all(|g| !is_smaller(*lea, *g)))
                .collect();
            let groups = edition.groups.iter().copied();
            let elsewhere = |g: &StudentGroup| LeaType::ALL.iter().any(|lea| is_smaller(*lea, *g));
            (leas, groups.filter(elsewhere).collect())
        } else {
            let everywhere =
                |g: &StudentGroup| LeaType::ALL.iter().all(|lea| !is_smaller(*lea, *g));
            (LeaType::ALL.to_vec(), edition.groups.iter().copied().filter(everywhere).collect())
        };
        if !leas.is_empty() && !groups.is_empty() {
            let id =
                if position == 0 { "size".to_owned() } else { "size (not smaller)".to_owned() };
            rows.push(size_row(
                edition,
                id,
                &leas,
                &groups,
                edition.size.minimum,
                &edition.size.source,
            ));
        }
    }
    for smaller in &edition.size.smaller {
        let leas: Vec<LeaType> = smaller.lea_types.iter().copied().collect();
        let groups: Vec<StudentGroup> = smaller.groups.iter().copied().collect();
        rows.push(size_row(
            edition,
            "size.smaller".to_owned(),
            &leas,
            &groups,
            smaller.minimum,
            &smaller.source,
        ));
    }
    rows
}

fn indicator_rows(edition: &Edition) -> Vec<Row> {
    let rows = edition.indicators.iter().map(|(indicator, rule)| {
        let group = *rule.groups.first().unwrap();
        let level = Level::new(1).unwrap();
        let cell = |row: Performance| {
            let case =
                Case::new(LeaType::District).loaded(edition).row(edition, *indicator, group, row);
            run(&case, edition).evaluation.cells.get(group, *indicator)
        };
        let unloaded = Case::new(LeaType::District).loaded(edition).without(edition, *indicator);
        let unloaded = run(&unloaded, edition).evaluation.cells.get(group, *indicator);
        assert_eq!(unloaded, Cell::NotLoaded);
        let row = |accountability_met, size_met, students| Performance {
            color: Some(Color::Red),
            status_level: Some(level),
            accountability_met,
            size_met,
            denominator: Some(students),
            ..Performance::default()
        };
        let rated = |row: Performance| matches!(cell(row), Cell::Rated { .. });
        let everything = row(Some(true), Some(true), 200);
        let rating = match rule.rating {
            Rating::Color => "colour",
            Rating::Status => "status",
            Rating::None => "no rating",
        };
        let asks = |when: &str| format!("{} by {rating}, counts by {when}", indicator.name());
        let id = format!("indicator.{indicator}");
        if rule.rating == Rating::None {
            assert!(!rated(everything));
            return Row::new(id, format!("{} without a rating", indicator.name()), &rule.source)
                .met("cannot occur: the year published no rating")
                .not_met("red, very low, 200 students: not rated")
                .not_known("the file is not loaded");
        }
        let mut unrated = everything.clone();
        match rule.rating {
            Rating::Color => unrated.color = None,
            _ => unrated.status_level = None,
        }
        assert!(rated(everything) && !rated(unrated), "without its {rating}");
        let row_of = match rule.counts_when {
            CountsWhen::Size => {
                let minimum = edition.size.minimum_for(LeaType::District, group);
                assert!(rated(row(None, None, minimum)) && !rated(row(None, None, minimum - 1)));
                Row::new(id, asks("the number of students"), &rule.source)
                    .met(format!("{minimum} students: rated"))
                    .not_met(format!("{} students, or no {rating}: not rated", minimum - 1))
            }
            CountsWhen::AccountabilityMet => {
                assert!(rated(row(Some(true), None, 12)));
                assert!(!rated(row(Some(false), None, 200)) && !rated(row(None, Some(true), 200)));
                Row::new(id, asks("`accountabilitymet`"), &rule.source)
                    .met("Y, 12 students: rated")
                    .not_met(format!("N or blank with 200 students, or no {rating}: not rated"))
            }
            CountsWhen::SizeMet => {
                assert!(rated(row(None, Some(true), 12)));
                assert!(!rated(row(None, Some(false), 200)) && !rated(row(Some(true), None, 200)));
                Row::new(id, asks("`currnsizemet`"), &rule.source)
                    .met("Y, 12 students: rated")
                    .not_met(format!("N or blank with 200 students, or no {rating}: not rated"))
            }
        };
        row_of.not_known("the file is not loaded")
    });
    rows.collect()
}

// ---------------------------------------------------------------- criteria

fn value_words(condition: Condition, wanted: Wanted) -> String {
    let value = match wanted {
        Wanted::Color(color) => color.name(),
        Wanted::Status(level) => level.status_name(condition.indicator.lower_is_better()),
    };
    format!("{} {value}", condition.indicator)
}

fn holds(case: Case, edition: &Edition, group: StudentGroup, alternative: &Alternative) -> Case {
    alternative.conditions.iter().fold(case, |case, c| case.holds(edition, group, *c))
}

/// The next better value of a condition with which no alternative holds any more.
fn just_better(criterion: &Criterion, alternative: &Alternative, position: usize) -> Condition {
    let condition = alternative.conditions[position];
    let better: Vec<Wanted> = match condition.wanted {
        Wanted::Color(color) => {
            Color::ALL.into_iter().filter(|c| *c > color).map(Wanted::Color).collect()
        }
        Wanted::Status(level) => Level::all().filter(|l| *l > level).map(Wanted::Status).collect(),
    };
    let replaced = |wanted| Condition { wanted, ..condition };
    let still = |wanted: &Wanted| {
        criterion.alternatives.iter().any(|a| {
            a.conditions.iter().all(|c| {
                *c == replaced(*wanted)
                    || alternative
                        .conditions
                        .iter()
                        .enumerate()
                        .any(|(i, other)| i != position && other == c)
            })
        })
    };
    replaced(better.into_iter().find(|wanted| !still(wanted)).unwrap())
}

fn criterion_row(edition: &Edition, criterion: &Criterion) -> Row {
    // Groups are decided apart from each other, so that one case can hold all of them.
    let outcomes = |case: &Case| -> Vec<Outcome> {
        let d = run(case, edition);
        let outcome = |group: &StudentGroup| {
            let outcome = criterion_outcome(criterion, *group, &d.evaluation.cells);
            let finding = d.evaluation.groups.iter().find(|g| g.group == *group).unwrap();
            let found = finding.priorities.iter().find(|(p, _)| *p == criterion.priority).unwrap();
            assert_eq!(found.1, outcome, "{} {group}: no other one is met", criterion.id);
            outcome
        };
        criterion.groups.iter().map(outcome).collect()
    };
    let every = |case: &Case, expected: &dyn Fn(Outcome) -> bool| {
        let outcomes = outcomes(case);
        let id = &criterion.id;
        assert!(outcomes.iter().all(|o| expected(*o)), "{id} of {}: {outcomes:?}", edition.year);
    };
    let mut met: Vec<String> = Vec::new();
    let mut not_met: BTreeSet<String> = BTreeSet::new();
    let mut files: BTreeSet<Indicator> = BTreeSet::new();
    for alternative in &criterion.alternatives {
        let words = |conditions: &[Condition]| {
            conditions.iter().map(|c| value_words(*c, c.wanted)).collect::<Vec<_>>().join(" + ")
        };
        met.push(words(&alternative.conditions));
        for lea_type in evaluated(edition) {
            let base = best(lea_type, edition);
            let groups = criterion.groups.iter();
            let case = groups.fold(base, |case, g| holds(case, edition, *g, alternative));
            every(&case, &Outcome::is_met);
            for (position, condition) in alternative.conditions.iter().enumerate() {
                let better = just_better(criterion, alternative, position);
                let groups = criterion.groups.iter();
                let near = groups.fold(case.clone(), |case, g| case.holds(edition, *g, better));
                every(&near, &Outcome::is_not_met);
                let mut conditions = alternative.conditions.clone();
                conditions[position] = better;
                not_met.insert(words(&conditions));
                let without = case.clone().without(edition, condition.indicator);
                let input = MissingInput::Indicator(condition.indicator);
                every(&without, &|outcome| depends_on(outcome, input));
                files.insert(condition.indicator);
            }
            not_asked_of_others(edition, criterion, alternative, lea_type);
        }
    }
    let groups = if criterion.groups == edition.groups {
        format!("each of {} groups", edition.groups.len())
    } else if criterion.groups.len() <= 2 {
        codes(&criterion.groups)
    } else {
        let except = edition.groups.difference(&criterion.groups);
        format!("each of {} groups, not {}", criterion.groups.len(), codes(except))
    };
    let asks = format!("Priority {}, {groups}", criterion.priority);
    let not_met: Vec<String> = not_met.into_iter().collect();
    Row::new(&criterion.id, asks, &criterion.source)
        .met(format!("{}: met", met.join("; ")))
        .not_met(format!("{}: not met", not_met.join("; ")))
        .not_known(format!("file not loaded: {}", codes(files)))
}

/// A group that the criterion is not open to is in no priority by its cells.
fn not_asked_of_others(
    edition: &Edition,
    criterion: &Criterion,
    alternative: &Alternative,
    lea_type: LeaType,
) {
    let asked_otherwise = |group: &StudentGroup| {
        let others = edition.criteria.iter().filter(|c| c.groups.contains(group));
        let mut conditions = others.flat_map(|c| &c.alternatives).flat_map(|a| &a.conditions);
        conditions.any(|c| alternative.conditions.contains(c))
    };
    let groups: Vec<StudentGroup> = edition.groups.difference(&criterion.groups).copied().collect();
    let base = best(lea_type, edition);
    let case = groups.iter().fold(base, |case, g| holds(case, edition, *g, alternative));
    let d = run(&case, edition);
    for group in groups.iter().filter(|group| !asked_otherwise(group)) {
        let finding = d.evaluation.groups.iter().find(|g| g.group == *group).unwrap();
        assert!(finding.met().is_empty(), "{} is not asked of {group}", criterion.id);
    }
}

fn local_row(edition: &Edition, rule: &LocalRule) -> Row {
    for lea_type in LeaType::ALL {
        let outcome = |case: &Case| {
            let d = run(case, edition);
            d.evaluation.locals.iter().find(|l| l.id == rule.id).map(|l| l.outcome)
        };
        let base = best(lea_type, edition);
        if !rule.lea_types.contains(&lea_type) {
            assert_eq!(outcome(&base.local(edition, rule.priority, rule.rating)), None);
            continue;
        }
        assert_eq!(outcome(&base), Some(Outcome::NotMet), "no row");
        for rating in LocalRating::ALL {
            let case = base.clone().local(edition, rule.priority, rating);
            assert_eq!(outcome(&case), Some(Outcome::from_bool(rating == rule.rating)));
        }
        let unknown = outcome(&base.without_local(edition, rule.priority)).unwrap();
        assert!(depends_on(unknown, MissingInput::LocalIndicator(rule.priority)));
    }
    let leas = codes(rule.lea_types.iter().map(|lea| lea.code()));
    let asks = format!("Priority {}, {} ({leas})", rule.priority, rule.priority.name());
    let others = LocalRating::ALL.into_iter().filter(|r| *r != rule.rating);
    let others: Vec<String> = others.rev().map(|r| format!("'{}'", r.name())).collect();
    Row::new(&rule.id, asks, &rule.source)
        .met(format!("'{}': met", rule.rating.name()))
        .not_met(format!("{}, no row: not met", others.join(", ")))
        .not_known(format!("file not loaded: LOCAL{}", rule.priority))
}

// ---------------------------------------------------------------- methods

fn local_pair(edition: &Edition, lea_type: LeaType) -> (Priority, Priority) {
    let mut priorities = edition.locals_for(lea_type).map(|rule| rule.priority);
    (priorities.next().unwrap(), priorities.next().unwrap())
}

/// An indicator by which the group can be in the priority, alone if it can.
fn indicators_of(edition: &Edition, group: StudentGroup, priority: Priority) -> Vec<Indicator> {
    let criteria = edition.criteria.iter();
    let asked: BTreeSet<Indicator> = criteria
        .filter(|c| c.priority == priority && c.groups.contains(&group))
        .flat_map(|c| &c.alternatives)
        .flat_map(|a| &a.conditions)
        .map(|c| c.indicator)
        .collect();
    asked.into_iter().collect()
}

fn without_priority(
    case: Case,
    edition: &Edition,
    group: StudentGroup,
    priority: Priority,
) -> Case {
    let indicators = indicators_of(edition, group, priority).into_iter();
    indicators.fold(case, |case, indicator| case.without(edition, indicator))
}

fn method_row(edition: &Edition, method: &Method) -> Row {
    let (one, other) = (StudentGroup::Swd, StudentGroup::Hom);
    let failed = LocalRating::NotMetTwoYears;
    let leas: Vec<LeaType> =
        method.lea_types.iter().copied().filter(|lea_type| edition.evaluates(*lea_type)).collect();
    let outcome = |case: &Case| {
        let d = run(case, edition);
        let found = d.conclusions.methods.iter().find(|(id, _)| *id == method.id);
        found.map(|(_, outcome)| *outcome)
    };
    for lea_type in LeaType::ALL.into_iter().filter(|lea| !leas.contains(lea)) {
        assert_eq!(outcome(&best(lea_type, edition).calpads(edition, false)), None);
    }
    let known = |met| Some(Outcome::from_bool(met));
    let row = |asks: &str| {
        let leas = codes(leas.iter().map(|lea| lea.code()));
        Row::new(&method.id, format!("{asks} ({leas})"), &method.source)
    };
    match method.test {
        MethodTest::GroupInPriorities(count) => {
            for lea_type in &leas {
                for group in &edition.groups {
                    let own = priorities_of(edition, *group);
                    let base = best(*lea_type, edition);
                    let met = base.clone().in_priorities(edition, *group, count);
                    assert_eq!(outcome(&met), known(true));
                    let less = base.clone().in_priorities(edition, *group, count - 1);
                    assert_eq!(outcome(&less), known(false));
                    let unknown = without_priority(less, edition, *group, own[count - 1]);
                    assert!(outcome(&unknown).unwrap().known().is_none());
                }
                let apart = best(*lea_type, edition)
                    .in_priority(edition, one, priority(4))
                    .in_priority(edition, other, priority(6));
                assert_eq!(outcome(&apart), known(false));
            }
            row(&format!("A group in {count} state priorities"))
                .met(format!("each group, alone, in {count}: met"))
                .not_met(format!("each group in {}; two groups in one each: not met", count - 1))
                .not_known("a group in one, the file of another not loaded")
        }
        MethodTest::LocalIndicators(count) => {
            for lea_type in &leas {
                let (first, second) = local_pair(edition, *lea_type);
                let single = best(*lea_type, edition).local(edition, first, failed);
                assert_eq!(outcome(&single), known(false));
                assert_eq!(outcome(&single.clone().local(edition, second, failed)), known(true));
                let unknown = outcome(&single.without_local(edition, second)).unwrap();
                assert!(depends_on(unknown, MissingInput::LocalIndicator(second)));
            }
            row(&format!("{count} local indicators"))
                .met(format!("{count} not met for two years: met"))
                .not_met(format!("{}: not met", count - 1))
                .not_known("one, the file of another not loaded")
        }
        MethodTest::GroupAndLocalIndicator => {
            for lea_type in &leas {
                let (first, second) = local_pair(edition, *lea_type);
                let local = best(*lea_type, edition).local(edition, first, failed);
                let met = local.clone().in_priority(edition, one, priority(6));
                assert_eq!(outcome(&met), known(true));
                assert_eq!(outcome(&local), known(false));
                let same = best(*lea_type, edition)
                    .local(edition, priority(6), failed)
                    .in_priority(edition, one, priority(6));
                assert_eq!(outcome(&same), known(false));
                let beside_1 = met.clone().in_priority(edition, one, priority(4));
                let beside_2 = met.clone().local(edition, second, failed);
                assert_eq!(outcome(&beside_1), known(false));
                assert_eq!(outcome(&beside_2), known(false));
                let unknown = outcome(&met.without_local(edition, second)).unwrap();
                assert!(depends_on(unknown, MissingInput::LocalIndicator(second)));
            }
            row("One local indicator and a group in one other priority, no method before")
                .met("local 1, a group in priority 6: met")
                .not_met(
                    "local 6, the group in 6; a second priority (M1); a second local (M2): not met",
                )
                .not_known("the file of a second local indicator not loaded")
        }
        MethodTest::CalpadsNotCertified => {
            for lea_type in &leas {
                let base = never_before(best(*lea_type, edition), edition);
                assert_eq!(outcome(&base.clone().calpads(edition, false)), known(true));
                assert_eq!(outcome(&base.clone().calpads(edition, true)), known(false));
                let d = run(&base, edition);
                assert_eq!(outcome(&base), known(false));
                assert!(!d.provisional(), "an entry is not waited for: {:?}", d.missing);
                assert_eq!(outcome(&Case::new(*lea_type).named(edition)), known(false));
            }
            row("Student data not certified")
                .met("an entry 'not certified': met")
                .not_met("an entry 'certified', no entry: not met")
                .not_known(
                    "cannot occur: no file of it is published; without an entry it counts as not \
                     met, and the answer is not provisional for it",
                )
        }
    }
}

fn code_row(edition: &Edition, set: PrioritySet, letter: char) -> Row {
    let priorities: Vec<Priority> = set.iter().collect();
    let (last, fewer) = priorities.split_last().unwrap();
    let mut next = BTreeSet::new();
    for lea_type in evaluated(edition) {
        // Groups are decided apart from each other, so that one case can hold all of them.
        let codes = |case: &Case| run(case, edition).conclusions.codes;
        let in_all = |priorities: &[Priority]| {
            let pairs =
                edition.groups.iter().flat_map(|g| priorities.iter().map(move |p| (*g, *p)));
            pairs.fold(best(lea_type, edition), |case, (g, p)| case.in_priority(edition, g, p))
        };
        for (group, code) in codes(&in_all(&priorities)) {
            assert_eq!(code, Answer::Known(Some(letter)), "{group}");
        }
        let less = in_all(fewer);
        let expected: PrioritySet = fewer.iter().copied().collect();
        let expected = edition.codes.get(&expected).copied();
        for (group, code) in codes(&less) {
            assert_eq!(code, Answer::Known(expected), "{group}");
        }
        next.insert(expected.map_or("no letter".to_owned(), |letter| letter.to_string()));
        let unknown = edition
            .groups
            .iter()
            .fold(less, |case, group| without_priority(case, edition, *group, *last));
        for (group, code) in codes(&unknown) {
            assert!(matches!(code, Answer::NotKnown(_)), "{group}");
        }
    }
    let words = |priorities: &[Priority]| {
        priorities.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    Row::new(
        format!("codes.{letter}"),
        format!("Priorities {}", words(&priorities)),
        &edition.codes_source,
    )
    .met(format!("each group in {}: {letter}", words(&priorities)))
    .not_met(format!("in {} only: {}", words(fewer), codes(next)))
    .not_known(format!("the files of priority {last} not loaded"))
}

// ---------------------------------------------------------------- labels

/// A charter school that is eligible in the edition's year, by three groups.
fn eligible_charter(edition: &Edition) -> Option<Case> {
    let rule = edition.charter.as_ref()?;
    Some(charter_in(rule, &three(), &rule.window))
}

fn three() -> [StudentGroup; 3] {
    [StudentGroup::Hi, StudentGroup::Sed, StudentGroup::Swd]
}

/// The window of a charter rule, the groups meeting it in these years and in no other.
fn charter_in(rule: &CharterRule, groups: &[StudentGroup], years: &[DashboardYear]) -> Case {
    let count = match rule.test {
        CharterTest::CriteriaInEveryYear => 2,
        CharterTest::GroupsInYears { priorities, .. } => priorities,
    };
    rule.window.iter().fold(Case::new(LeaType::Charter), |case, year| {
        let edition = books().edition(*year).unwrap();
        let groups = if years.contains(year) { groups } else { &[] };
        case.with_groups(edition, groups, count)
    })
}

fn label_rows(edition: &Edition) -> Vec<Row> {
    let labels = &edition.labels;
    let text = |case: &Case| run(case, edition).conclusions.label.text.known().cloned();
    let year = |case: &Case| run(case, edition).conclusions.label.support_year.known().copied();
    let leas: Vec<LeaType> =
        decided(edition).into_iter().filter(|lea_type| *lea_type != LeaType::Charter).collect();
    for lea_type in &leas {
        let nothing = never_before(best(*lea_type, edition), edition);
        let met = nothing.clone().in_priorities(edition, StudentGroup::Swd, 2);
        assert_eq!((text(&nothing), year(&nothing)), (Some(labels.general.clone()), Some(0)));
        assert_eq!((text(&met), year(&met)), (Some(labels.first_year.clone()), Some(1)));
        let unknown = without_priority(
            nothing.in_priorities(edition, StudentGroup::Swd, 1),
            edition,
            StudentGroup::Swd,
            priorities_of(edition, StudentGroup::Swd)[1],
        );
        assert_eq!((text(&unknown), year(&unknown)), (None, None));
    }
    let row = |id: &str, words: &str| Row::new(id, format!("'{words}'"), &labels.source);
    let missing = "a group in one priority, the file of another not loaded";
    let mut rows = vec![
        row("labels.general", &labels.general)
            .met("no method, not the year before: met")
            .not_met("a method met: not met")
            .not_known(missing),
        row("labels.first-year", &labels.first_year)
            .met("a method met: year 1")
            .not_met("no method met: not met")
            .not_known(missing),
    ];
    if let Some(words) = &labels.second_year {
        rows.push(second_year_row(edition, &leas, row("labels.second-year", words)));
    }
    if let Some(words) = &labels.charter {
        let rule = edition.charter.as_ref().unwrap();
        let met = eligible_charter(edition).unwrap();
        let not_met = charter_in(rule, &three(), &[]);
        let unknown = Case::new(LeaType::Charter).with_groups(edition, &three(), 2);
        assert_eq!((text(&met), year(&met)), (Some(words.clone()), Some(1)));
        assert_eq!((text(&not_met), year(&not_met)), (Some(labels.general.clone()), Some(0)));
        assert_eq!((text(&unknown), year(&unknown)), (None, None));
        rows.push(
            row("labels.charter", words)
                .met("a charter school, the criteria in each year: met")
                .not_met("in no year: not met")
                .not_known("an earlier year not loaded"),
        );
    }
    rows
}

fn second_year_row(edition: &Edition, leas: &[LeaType], row: Row) -> Row {
    let labels = &edition.labels;
    let label = |case: &Case| {
        let label = run(case, edition).conclusions.label;
        (label.text.known().cloned(), label.support_year.known().copied())
    };
    let general = (Some(labels.general.clone()), Some(0));
    let Some(before) = labels.second_year_after else {
        let eligible = PublishedStatus::Differentiated;
        for lea_type in leas {
            let last = books().editions().filter(|e| e.year < edition.year).last().unwrap();
            let case = best(*lea_type, edition).listed(last, eligible, &[StudentGroup::Swd]);
            assert_eq!(label(&case), general);
            assert_eq!(label(&best(*lea_type, edition)), general, "no earlier year is asked for");
        }
        return row
            .met("cannot occur: no identification of an earlier year is carried into this one")
            .not_met("identified the year before, no method: general")
            .not_known("cannot occur: no earlier year is asked for");
    };
    let earlier = books().edition(before).unwrap();
    for lea_type in leas {
        let nothing = best(*lea_type, edition);
        let with = |status| label(&nothing.clone().listed(earlier, status, &[]));
        let second = (labels.second_year.clone(), Some(2));
        assert_eq!(with(PublishedStatus::DifferentiatedYear1), second);
        assert_eq!(with(PublishedStatus::DifferentiatedYear2), general);
        assert_eq!(with(PublishedStatus::General), general);
        assert_eq!(label(&nothing), (None, None));
    }
    row.met(format!("year 1 in {before}, no method: year 2"))
        .not_met(format!("year 2 or general in {before}, no method: general"))
        .not_known(format!("no method, {before} not loaded"))
}

// ---------------------------------------------------------------- several years

/// The groups meet the criteria in these years of a window and in no other; earlier years
/// from lists, or from files for charter schools, which the lists do not hold.
fn over_years(
    edition: &Edition,
    lea_type: LeaType,
    window: &[DashboardYear],
    groups: &[StudentGroup],
    years: &[DashboardYear],
) -> Case {
    window.iter().fold(Case::new(lea_type), |case, year| {
        let of_year = books().edition(*year).unwrap();
        let groups = if years.contains(year) { groups } else { &[] };
        if *year == edition.year || lea_type == LeaType::Charter {
            case.with_groups(of_year, groups, 2)
        } else if groups.is_empty() {
            case.listed(of_year, PublishedStatus::General, &[])
        } else {
            case.listed(of_year, PublishedStatus::Differentiated, groups)
        }
    })
}

fn sustained_row(edition: &Edition, rule: &SustainedRule) -> Row {
    let groups = &three()[..rule.groups];
    let mut extra = String::new();
    for lea_type in &rule.lea_types {
        let finding = |case: &Case| {
            let d = run(case, edition);
            d.conclusions.sustained.iter().find(|s| s.id == rule.id).cloned().unwrap()
        };
        let outcome = |case: &Case| finding(case).outcome;
        let over = |groups: &[StudentGroup], years: &[DashboardYear]| {
            over_years(edition, *lea_type, &rule.window, groups, years)
        };
        // Every choice of enough years in which the kind of LEA was judged.
        let judged = |year: &DashboardYear| books().edition(*year).unwrap().evaluates(*lea_type);
        let judged: Vec<DashboardYear> = rule.window.iter().copied().filter(judged).collect();
        for left_out in &judged {
            let years: Vec<DashboardYear> = if rule.years == judged.len() {
                judged.clone()
            } else {
                judged.iter().copied().filter(|year| year != left_out).collect()
            };
            let met = over(groups, &years);
            assert_eq!(outcome(&met), Outcome::Met, "{} without {left_out}", rule.id);
            let level = run(&met, edition).conclusions.eligible_level;
            assert_eq!(level == Answer::Known(3), rule.effect == Effect::Level3, "{}", rule.id);
            if rule.effect == Effect::GeographicLead {
                let joined = run(&met, edition).provider.and_then(|p| p.joined_by);
                assert!(joined.is_some(), "{}", rule.id);
            }
            let one_less = &years[1..];
            assert_eq!(outcome(&over(groups, one_less)), Outcome::NotMet, "{}", rule.id);
            if rule.groups > 1 {
                let fewer = over(&groups[1..], &years);
                assert_eq!(outcome(&fewer), Outcome::NotMet, "{}", rule.id);
            }
            let mut unknown = met.clone();
            let missing = years.iter().find(|year| **year != edition.year).copied().unwrap();
            unknown.lea.years.remove(&missing);
            assert!(depends_on(outcome(&unknown), MissingInput::EarlierYear(missing)));
        }
        if rule.all_if_fewer_groups {
            extra = fewer_groups(edition, *lea_type, rule);
        }
    }
    let window = codes(&rule.window);
    let leas = codes(rule.lea_types.iter().map(|lea| lea.code()));
    let effect = match rule.effect {
        Effect::Level3 => "level 3",
        Effect::GeographicLead => "the geographic lead joins",
        Effect::DataTest => "a test of the data, never level 3",
    };
    let asks = format!(
        "{} groups in {} priorities in {} of {window} ({leas}): {effect}",
        rule.groups, rule.priorities, rule.years
    );
    let fewer = if rule.groups > 1 {
        format!("; {} groups of all", rule.groups - 1)
    } else {
        String::new()
    };
    Row::new(&rule.id, asks, &rule.source)
        .met(format!("{} groups, every choice of {} years: met{extra}", rule.groups, rule.years))
        .not_met(format!("in {} years{fewer}: not met", rule.years - 1))
        .not_known("one of the years not loaded")
}

/// The clause on LEAs with fewer groups, under both readings.
fn fewer_groups(edition: &Edition, lea_type: LeaType, rule: &SustainedRule) -> String {
    let groups = &three()[..rule.groups - 1];
    let own = edition;
    let best_of = |case: Case, edition: &Edition, group: &StudentGroup| {
        edition
            .indicators_used()
            .fold(case, |case, indicator| case.rated(edition, indicator, *group, Color::Blue, 5))
    };
    // Only these groups are rated, and they meet the criteria in every year.
    let only = |rated_ever: &[StudentGroup], rated_now: &[StudentGroup]| {
        rule.window.iter().fold(Case::new(lea_type), |case, year| {
            let of_year = books().edition(*year).unwrap();
            let rated = if *year == own.year { rated_now } else { rated_ever };
            let case = rated.iter().fold(case.loaded(of_year), |case, g| best_of(case, of_year, g));
            groups.iter().fold(case, |case, g| case.in_priorities(of_year, *g, 2))
        })
    };
    let finding = |case: &Case| {
        let d = run(case, edition);
        d.conclusions.sustained.iter().find(|s| s.id == rule.id).cloned().unwrap()
    };
    let all = finding(&only(groups, groups));
    assert_eq!((all.by_rated_now(), all.by_rated_ever()), (Outcome::Met, Outcome::Met));
    assert_eq!(all.by_count, Outcome::NotMet);
    let earlier_group = finding(&only(&three(), groups));
    assert_eq!(earlier_group.by_rated_now(), Outcome::Met, "{}", rule.id);
    assert_eq!(earlier_group.by_rated_ever(), Outcome::NotMet, "{}", rule.id);
    assert_eq!(earlier_group.outcome, Outcome::Met, "the year decided is the default");
    let third = finding(&only(groups, &three()));
    assert_eq!((third.by_rated_now(), third.by_rated_ever()), (Outcome::NotMet, Outcome::NotMet));
    let mut unknown = only(groups, groups);
    unknown.lea.years.get_mut(&own.year).unwrap().indicator_releases.clear();
    unknown.lea.years.get_mut(&own.year).unwrap().performances.clear();
    let unknown = finding(&unknown);
    assert!(unknown.outcome.known().is_none() && unknown.by_rated_ever().known().is_none());
    format!("; {} groups, being all of them: met", groups.len())
}

fn not_applied_rows(edition: &Edition) -> Vec<Row> {
    let rows = edition.not_applied.iter().map(|rule| {
        for lea_type in decided(edition) {
            let years: Vec<DashboardYear> =
                books().editions().map(|e| e.year).filter(|y| *y <= edition.year).collect();
            let case = over_years(edition, lea_type, &years, &three(), &years);
            let applied = edition.sustained_for(lea_type).any(|s| s.id == rule.id);
            assert!(!applied);
            let d = run(&case, edition);
            assert!(d.conclusions.sustained.iter().all(|s| s.id != rule.id));
            assert_ne!(d.conclusions.eligible_level, Answer::Known(3));
        }
        Row::new(&rule.id, "Not applied in this year", &rule.source)
            .met(format!("cannot occur: {}", rule.reason))
            .not_met("three groups in every year so far: no result, level 2 at most")
            .not_known("cannot occur: nothing is asked for")
    });
    rows.collect()
}

fn charter_row(edition: &Edition, rule: &CharterRule) -> Row {
    let finding = |case: &Case| run(case, edition).conclusions.charter.unwrap();
    let readings = |case: &Case| {
        let finding = finding(case);
        assert_eq!(finding.outcome, finding.literal, "the literal reading decides");
        (finding.literal, finding.same_group)
    };
    let (met, not) = (Outcome::Met, Outcome::NotMet);
    let all = charter_in(rule, &three(), &rule.window);
    assert_eq!(readings(&all), (met, met));
    for year in &rule.window {
        let others: Vec<DashboardYear> =
            rule.window.iter().copied().filter(|other| other != year).collect();
        assert_eq!(readings(&charter_in(rule, &three(), &others)), (not, not), "not in {year}");
        if *year != edition.year {
            let mut unknown = all.clone();
            unknown.lea.years.remove(year);
            let finding = finding(&unknown);
            let input = MissingInput::EarlierYear(*year);
            assert!(depends_on(finding.literal, input) && depends_on(finding.same_group, input));
        }
    }
    let (asks, changing) = match rule.test {
        CharterTest::CriteriaInEveryYear => {
            let sets: [&[StudentGroup]; 2] = [&[StudentGroup::Swd], &[StudentGroup::Hom]];
            let mut changing = charter_in(rule, &[], &[]);
            for (year, groups) in rule.window.iter().zip(sets) {
                changing = changing.with_groups(books().edition(*year).unwrap(), groups, 2);
            }
            (format!("The district criteria in each of {}", codes(&rule.window)), changing)
        }
        CharterTest::GroupsInYears { years, groups, priorities, .. } => {
            let two = charter_in(rule, &three()[1..], &rule.window);
            assert_eq!(readings(&two), (not, not), "one group less");
            let mut changing = charter_in(rule, &three(), &rule.window);
            let other = [StudentGroup::Aa, StudentGroup::As, StudentGroup::Wh];
            changing =
                changing.with_groups(books().edition(rule.window[0]).unwrap(), &other, priorities);
            let asks = format!(
                "{groups} groups in {priorities} priority in {years} of {}",
                codes(&rule.window)
            );
            (asks, changing)
        }
    };
    assert_eq!(readings(&changing), (met, not));
    Row::new(&rule.id, asks, &rule.source)
        .met("the same groups in every year: met by both readings; other groups: met by the literal one")
        .not_met("one year less: not met by both; other groups: not met by the same-group reading")
        .not_known("an earlier year not loaded: not known by both")
}

// ---------------------------------------------------------------- providers

/// A case of the kind at each level that the rules of the year can give it.
fn at_level(edition: &Edition, lea_type: LeaType, level: u8) -> Option<Case> {
    let charter = lea_type == LeaType::Charter;
    let nothing = if charter {
        let rule = edition.charter.as_ref()?;
        let mut years = rule.window.clone();
        years.extend(edition.sustained_for(lea_type).flat_map(|s| s.window.clone()));
        years.sort_unstable();
        years.dedup();
        over_years(edition, lea_type, &years, &[], &[])
    } else {
        never_before(best(lea_type, edition), edition)
    };
    match level {
        1 => Some(nothing),
        2 if charter => {
            let rule = edition.charter.as_ref()?;
            let count = if rule.test == CharterTest::CriteriaInEveryYear { 2 } else { 1 };
            // Not enough groups for the test of level 3, and enough for the charter rule.
            let groups = if count == 2 { &three()[..1] } else { &three()[..] };
            Some(rule.window.iter().fold(nothing, |case, year| {
                case.with_groups(books().edition(*year).unwrap(), groups, count)
            }))
        }
        2 => Some(nothing.in_priorities(edition, StudentGroup::Swd, 2)),
        _ => {
            let rule = edition.sustained_for(lea_type).find(|s| s.effect == Effect::Level3)?;
            Some(over_years(edition, lea_type, &rule.window, &three(), &rule.window))
        }
    }
}

fn provider_row(edition: &Edition, rule: &ProviderRule) -> Row {
    let ProviderRule { lea_type, level, provider: name, source } = rule;
    let of = |case: &Case| run(case, edition).provider.map(|p| p.name);
    let row = Row::new(
        format!("provider.{}.{level}", lea_type.code()),
        format!("{lea_type}, level {level}: {name}"),
        source,
    );
    for other in 1..=3 {
        let Some(case) = at_level(edition, *lea_type, other) else { continue };
        let d = run(&case, edition);
        assert_eq!(
            d.conclusions.eligible_level,
            Answer::Known(other),
            "{lea_type} {}",
            edition.year
        );
        assert_eq!(of(&case).as_ref() == Some(name), other == *level, "{lea_type} {other}");
    }
    let unknown = run(&Case::new(*lea_type).named(edition), edition);
    let why = "no file loaded: the level is not known, no provider is named";
    assert!(unknown.conclusions.eligible_level.known().is_none() && unknown.provider.is_none());
    if at_level(edition, *lea_type, *level).is_some() {
        row.met(format!("at level {level}: named"))
            .not_met("at the other levels: another one")
            .not_known(why)
    } else {
        let cds = Case::new(*lea_type).lea.cds;
        let found = provider(edition, cds, *lea_type, *level, &[]).unwrap();
        assert_eq!(&found.name, name);
        row.met(format!("no rule of the year gives level {level}; put at it from outside: named"))
            .not_met("at the other levels: another one")
            .not_known(why)
    }
}

fn one_district_row(edition: &Edition) -> Option<Row> {
    let rule = edition.one_district_county.as_ref()?;
    let confirmed = |lea_type: LeaType, county: &str, level: u8| {
        let mut case = at_level(edition, lea_type, level)?;
        let code = case.lea.cds.to_string();
        case.lea.cds = CdsCode::parse(&format!("{county}{}", &code[2..])).unwrap();
        let d = run(&case, edition);
        let open = d.open_points.iter().any(|id| rule.open.contains(id));
        let marked = d.provider.unwrap().to_be_confirmed;
        assert_eq!(open, marked);
        Some(marked)
    };
    for county in &rule.counties {
        let county = county.to_string();
        assert_eq!(confirmed(LeaType::District, &county, rule.level), Some(true));
        for level in (1..=3).filter(|level| *level != rule.level) {
            assert_ne!(confirmed(LeaType::District, &county, level), Some(true));
        }
        for lea_type in decided(edition).into_iter().filter(|lea| *lea != LeaType::District) {
            assert_ne!(confirmed(lea_type, &county, rule.level), Some(true));
        }
    }
    assert_eq!(confirmed(LeaType::District, "05", rule.level), Some(false));
    let mut unknown = Case::new(LeaType::District).named(edition);
    let county = rule.counties.first().unwrap();
    unknown.lea.cds = CdsCode::parse(&format!("{county}999990000000")).unwrap();
    assert!(run(&unknown, edition).provider.is_none());
    let asks = format!("Provider of a district at level {} to be confirmed", rule.level);
    let row = Row::new("one-district-county", asks, &rule.source)
        .met(format!("a district in {}: marked", codes(&rule.counties)))
        .not_met("in another county, at another level, or no district: not marked")
        .not_known("the level is not known: no provider is named");
    Some(row)
}

// ---------------------------------------------------------------- the page

fn rows(edition: &Edition) -> Vec<Row> {
    let mut rows = judged_rows(edition);
    rows.push(groups_row(edition));
    rows.extend(size_rows(edition));
    rows.extend(indicator_rows(edition));
    rows.extend(edition.criteria.iter().map(|c| criterion_row(edition, c)));
    rows.extend(edition.locals.iter().map(|l| local_row(edition, l)));
    rows.extend(edition.methods.iter().map(|m| method_row(edition, m)));
    let mut letters: Vec<(char, PrioritySet)> =
        edition.codes.iter().map(|(set, letter)| (*letter, *set)).collect();
    letters.sort_unstable();
    rows.extend(letters.into_iter().map(|(letter, set)| code_row(edition, set, letter)));
    rows.extend(label_rows(edition));
    rows.extend(edition.sustained.iter().map(|s| sustained_row(edition, s)));
    rows.extend(not_applied_rows(edition));
    rows.extend(edition.charter.iter().map(|c| charter_row(edition, c)));
    rows.extend(edition.providers.iter().map(|p| provider_row(edition, p)));
    rows.extend(one_district_row(edition));
    rows
}

/// The page as the engine decides now, made once for both tests of it.
static PAGE: LazyLock<String> = LazyLock::new(page);

fn page() -> String {
    let mut page = String::from(
        "# Rule coverage\n\n\
         Every rule of every edition with a case that meets it, one that does not, and one in \
         which it is not known. The engine decided each of them. The page is generated by \
         `tests/tests/rule_coverage.rs`; `UPDATE_GOLDEN=1 cargo test -p calsos-tests --test \
         rule_coverage` writes it anew.\n",
    );
    for (year, rules) in books().years() {
        write!(page, "\n## {year}\n\n").unwrap();
        match rules {
            YearRules::NoDeterminations { reason, source, .. } => {
                writeln!(page, "No determinations ({}): {reason}", source.as_str()).unwrap();
            }
            YearRules::Edition(edition) => {
                page.push_str(
                    "| rule | what it asks | source | met by | not met by | not known when |\n",
                );
                page.push_str("|---|---|---|---|---|---|\n");
                for row in rows(edition) {
                    let Row { id, asks, source, met, not_met, not_known } = row;
                    assert!(
                        [&asks, &met, &not_met, &not_known]
                            .iter()
                            .all(|t| !t.is_empty() && !t.contains('|')),
                        "{id}"
                    );
                    writeln!(
                        page,
                        "| `{id}` | {asks} | {source} | {met} | {not_met} | {not_known} |"
                    )
                    .unwrap();
                }
            }
        }
    }
    page
}

fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/rule-coverage.md")
}

#[test]
fn every_rule_is_decided_met_not_met_and_not_known_and_the_page_says_by_what() {
    let page = PAGE.as_str();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden(), page).unwrap();
    }
    let written = std::fs::read_to_string(golden()).unwrap_or_default();
    let different = page.lines().zip(written.lines()).find(|(now, then)| now != then);
    assert!(
        page == written,
        "docs/rule-coverage.md is not what the engine decides; UPDATE_GOLDEN=1 writes it anew. \
         First difference: {different:#?}"
    );
}

/// The ids of an edition's rules, read from its text and not from what was loaded.
fn ids_in_text(text: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::from(["labels.general".to_owned(), "labels.first-year".to_owned()]);
    let mut section = String::new();
    let mut lea = String::new();
    let value = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    for line in text.lines() {
        if line.starts_with('[') {
            section = line.trim_matches(['[', ']']).to_owned();
            let known = [
                "judged",
                "size",
                "size.smaller",
                "indicator",
                "criterion",
                "local",
                "method",
                "codes",
                "codes.letters",
                "labels",
                "sustained",
                "not-applied",
                "charter",
                "provider",
                "one-district-county",
                "published-list",
                "open",
            ];
            assert!(known.contains(&section.as_str()), "no cases are made for [{section}]");
            if ["size", "size.smaller", "one-district-county"].contains(&section.as_str()) {
                ids.insert(section.clone());
            }
            continue;
        }
        let Some((key, _)) = line.split_once(" = ") else { continue };
        match (section.as_str(), key) {
            ("", "groups") => ids.insert("groups".to_owned()),
            ("judged", "lea") => ids.insert(format!("judged.{}", value(line))),
            ("indicator", "id") => ids.insert(format!("indicator.{}", value(line))),
            ("criterion" | "local" | "method" | "sustained" | "not-applied" | "charter", "id") => {
                ids.insert(value(line))
            }
            ("codes.letters", letter) => ids.insert(format!("codes.{letter}")),
            ("labels", "second-year" | "charter") => ids.insert(format!("labels.{key}")),
            ("provider", "lea") => {
                lea = value(line);
                false
            }
            ("provider", "level") => {
                ids.insert(format!("provider.{lea}.{}", line.rsplit(' ').next().unwrap()))
            }
            _ => false,
        };
    }
    ids
}

#[test]
fn the_page_has_every_rule_of_every_edition_and_no_other() {
    let mut on_page: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in PAGE.lines() {
        if let Some(year) = line.strip_prefix("## ") {
            on_page.push((year.to_owned(), BTreeSet::new()));
        } else if let (Some(id), Some((_, ids))) = (line.strip_prefix("| `"), on_page.last_mut()) {
            let id = id.split('`').next().unwrap();
            ids.insert(id.trim_end_matches(" (not smaller)").to_owned());
        }
    }
    let in_editions: Vec<(String, BTreeSet<String>)> = books()
        .years()
        .map(|(year, rules)| {
            let ids = match rules {
                YearRules::Edition(edition) => ids_in_text(&edition.text),
                YearRules::NoDeterminations { .. } => BTreeSet::new(),
            };
            (year.to_string(), ids)
        })
        .collect();
    assert_eq!(on_page, in_editions);
}

#[test]
fn a_year_without_determinations_decides_nothing() {
    for (year, rules) in books().years() {
        let YearRules::NoDeterminations { .. } = rules else { continue };
        let mut case = Case::new(LeaType::District);
        case.facts(year).named = true;
        assert!(decide(books(), &case.lea, Basis::Files).is_empty(), "{year}");
    }
}

#[test]
fn what_is_not_known_names_at_least_one_input() {
    for edition in books().editions() {
        for lea_type in decided(edition) {
            let d = run(&Case::new(lea_type).named(edition), edition);
            assert_ne!(d.conclusions.eligible.missing(), Missing::NOTHING);
            assert!(d.provisional());
        }
    }
}
