//! What deciding asks of an edition for every LEA, looked up once when it is loaded.
//!
//! Nothing here is a rule of its own: sets that the edition has as ordered sets are bits
//! here, and what is open to a kind of LEA is listed by kind.

use std::collections::BTreeSet;

use super::{
    CharterRule, CountsWhen, Criterion, Edition, Effect, LocalRule, MethodTest, OpenPoint, Rating,
};
use crate::group_set::GroupSet;
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::outcome::{Missing, MissingInput};
use crate::packed_year::Place;
use crate::priority::{PerPriority, Priority, PrioritySet};
use crate::release::LocalRating;
use crate::student_group::StudentGroup;
use crate::sustained_need::Persistence;
use crate::year::DashboardYear;

/// How many tests over several years may be applied to one kind of LEA.
pub(crate) const TESTS_MOST: usize = 4;

/// How many methods there are, M1 to M4.
pub(crate) const METHODS_MOST: usize = 4;

/// To how many state priorities criteria may belong.
pub(crate) const PRIORITIES_MOST: usize = 7;

/// The tables of one edition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    /// The groups that count.
    pub(crate) groups: GroupSet,
    /// The state priorities that criteria on state indicators belong to, in rising order.
    pub(crate) priorities: Vec<Priority>,
    /// The letter for each set of those: the place of a set has a binary digit for each of
    /// them, the first one's lowest.
    letters: Vec<Option<char>>,
    /// The groups that a criterion of each priority is open to.
    pub(crate) asked: PerPriority<GroupSet>,
    /// The groups of each criterion, in the edition's order.
    pub(crate) criteria: Vec<GroupSet>,
    /// The conditions of all criteria, one after another.
    pub(crate) steps: Vec<Step>,
    /// The indicators that a criterion asks about, each with the groups that it is published
    /// for.
    pub(crate) used: Vec<(Indicator, GroupSet)>,
    /// The same, by where groups stand that have a performance that counts.
    pub(crate) rated: Vec<(Place, GroupSet)>,
    /// Every file of an indicator that a criterion asks about.
    pub(crate) every_file: Missing,
    /// Criteria that the edition calls open: the priority of each, with the open point.
    pub(crate) open_criteria: Vec<(Priority, OpenPoint)>,
    indicators: [Option<Reading>; Indicator::ALL.len()],
    kinds: [Kind; LeaType::ALL.len()],
}

/// A condition of a criterion, where criteria are applied to all groups at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The groups that meet the condition.
    pub(crate) place: Place,
    /// What ends with it.
    pub(crate) ends: Ends,
}

/// What ends with a condition.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    /// Nothing: another condition must hold with it.
    Nothing,
    /// An alternative of its criterion.
    Alternative,
    /// The last alternative of a criterion, which belongs to this priority and is open to
    /// these groups.
    Criterion(Priority, GroupSet),
}

/// How rows of an indicator are read.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) rating: Rating,
    pub(crate) counts_when: CountsWhen,
    /// The groups for which a criterion asks about the indicator.
    pub(crate) asked_of: GroupSet,
}

/// What is applied to one kind of LEA.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kind {
    /// Whether the criteria are applied.
    pub(crate) evaluated: bool,
    /// The students that each group needs, in the order of [`StudentGroup::COUNTED`], and
    /// that other groups need.
    minimum: [u32; StudentGroup::COUNTED.len()],
    other_minimum: u32,
    /// The local indicators.
    pub(crate) locals: Vec<(Priority, LocalRating)>,
    /// The methods.
    pub(crate) methods: Vec<MethodTest>,
    /// Whether more local indicators or more priorities than the method that asks for one of
    /// each make another method be met.
    pub(crate) more_is_another_method: bool,
    /// The tests over several years.
    pub(crate) sustained: Vec<Test>,
    /// The charter schools' rule, for charter schools.
    pub(crate) charter: Option<CharterRule>,
    /// The earlier years that any of this looks at.
    pub(crate) looked_at: Vec<DashboardYear>,
    /// In how many priorities the tests and the charter schools' rule ask a group to be.
    pub(crate) priorities_asked: Vec<usize>,
}

/// A test over several years.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(crate) shape: Persistence,
    pub(crate) window: Vec<DashboardYear>,
    pub(crate) effect: Effect,
}

impl Tables {
    /// The tables of an edition.
    pub(crate) fn of(edition: &Edition) -> Tables {
        let groups = |all: &BTreeSet<StudentGroup>| all.iter().copied().collect();
        let mut asked = PerPriority::default();
        for criterion in &edition.criteria {
            let sofar: GroupSet = asked.get(criterion.priority);
            asked.set(criterion.priority, sofar.with(groups(&criterion.groups)));
        }
        let rule = |indicator: &Indicator| edition.indicators.get(indicator);
        let priorities: Vec<Priority> = edition.state_priorities().iter().collect();
        let used: Vec<(Indicator, GroupSet)> = edition
            .indicators_used()
            .filter_map(|i| Some((i, groups(&rule(&i)?.groups))))
            .collect();
        Tables {
            groups: groups(&edition.groups),
            letters: letters(edition, &priorities),
            priorities,
            asked,
            criteria: edition.criteria.iter().map(|c| groups(&c.groups)).collect(),
            steps: edition.criteria.iter().flat_map(|c| steps(c, groups(&c.groups))).collect(),
            rated: used.iter().map(|(i, groups)| (Place::rated(*i), *groups)).collect(),
            used,
            every_file: edition.indicators_used().map(MissingInput::Indicator).collect(),
            open_criteria: open_criteria(edition),
            indicators: Indicator::ALL.map(|indicator| {
                let rule = rule(&indicator)?;
                let mut reading = Reading {
                    rating: rule.rating,
                    counts_when: rule.counts_when,
                    asked_of: GroupSet::EMPTY,
                };
                for criterion in &edition.criteria {
                    let mut conditions = criterion.alternatives.iter().flat_map(|a| &a.conditions);
                    if conditions.any(|c| c.indicator == indicator) {
                        reading.asked_of = reading.asked_of.with(groups(&criterion.groups));
                    }
                }
                Some(reading)
            }),
            kinds: LeaType::ALL.map(|lea_type| Kind::of(edition, lea_type)),
        }
    }

    /// The letter of a group that is in some of the state priorities.
    pub(crate) fn letter(&self, is_in: impl Fn(Priority) -> bool) -> Option<char> {
        let places = self.priorities.iter().enumerate();
        let place = places.fold(0, |place, (digit, p)| place | usize::from(is_in(*p)) << digit);
        self.letters.get(place).copied().flatten()
    }

    /// How rows of an indicator are read; `None` where the year did not publish it.
    pub(crate) fn reading(&self, indicator: Indicator) -> Option<&Reading> {
        self.indicators.get(indicator.index())?.as_ref()
    }

    /// What is applied to a kind of LEA.
    pub(crate) fn kind(&self, lea_type: LeaType) -> &Kind {
        let [district, county_office, charter] = &self.kinds;
        match lea_type {
            LeaType::District => district,
            LeaType::CountyOffice => county_office,
            LeaType::Charter => charter,
        }
    }
}

/// The letter of every set of these priorities, of which there are ten at most.
fn letters(edition: &Edition, priorities: &[Priority]) -> Vec<Option<char>> {
    let set = |place: usize| {
        let digits = priorities.iter().enumerate();
        digits.filter(|(digit, _)| place >> digit & 1 == 1).map(|(_, p)| *p).collect()
    };
    (0..1 << priorities.len())
        .map(|place| edition.codes.get::<PrioritySet>(&set(place)).copied())
        .collect()
}

/// The conditions of a criterion that is open to these groups.
fn steps(criterion: &Criterion, groups: GroupSet) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for alternative in &criterion.alternatives {
        let conditions = alternative.conditions.iter();
        steps.extend(conditions.map(|c| Step { place: Place::of(*c), ends: Ends::Nothing }));
        if let Some(last) = steps.last_mut() {
            last.ends = Ends::Alternative;
        }
    }
    if let Some(last) = steps.last_mut() {
        last.ends = Ends::Criterion(criterion.priority, groups);
    }
    steps
}

fn open_criteria(edition: &Edition) -> Vec<(Priority, OpenPoint)> {
    let mut open: Vec<(Priority, OpenPoint)> = Vec::new();
    for criterion in &edition.criteria {
        for point in criterion.open.iter().filter_map(|id| edition.open_point(id)) {
            let found = (criterion.priority, point.clone());
            if !open.contains(&found) {
                open.push(found);
            }
        }
    }
    open
}

impl Kind {
    fn of(edition: &Edition, lea_type: LeaType) -> Kind {
        let local = |rule: &LocalRule| (rule.priority, rule.rating);
        let tests = || edition.methods_for(lea_type).map(|method| method.test);
        let charter = edition.charter.clone().filter(|_| lea_type == LeaType::Charter);
        let mut priorities_asked: Vec<usize> =
            edition.sustained_for(lea_type).map(|rule| rule.priorities).collect();
        priorities_asked.extend(charter.as_ref().map(|rule| rule.test.priorities()));
        let windows = edition.sustained_for(lea_type).map(|rule| &rule.window);
        let windows = windows.chain(charter.iter().map(|rule| &rule.window)).flatten().copied();
        let looked_at = windows.chain(edition.labels.second_year_after).collect();
        Kind {
            looked_at,
            evaluated: edition.evaluates(lea_type),
            minimum: StudentGroup::COUNTED.map(|group| edition.size.minimum_for(lea_type, group)),
            other_minimum: edition.size.minimum,
            locals: edition.locals_for(lea_type).map(local).collect(),
            methods: tests().collect(),
            more_is_another_method: tests()
                .any(|t| matches!(t, MethodTest::GroupInPriorities(..=2)))
                && tests().any(|t| matches!(t, MethodTest::LocalIndicators(..=2))),
            sustained: edition
                .sustained_for(lea_type)
                .map(|rule| Test {
                    shape: Persistence::of(rule),
                    window: rule.window.clone(),
                    effect: rule.effect,
                })
                .collect(),
            charter,
            priorities_asked,
        }
    }

    /// The students that a group needs.
    pub(crate) fn minimum(&self, group: StudentGroup) -> u32 {
        let minimum = group.place().and_then(|place| self.minimum.get(place));
        minimum.copied().unwrap_or(self.other_minimum)
    }
}
