//! What is concluded for one LEA and year: the rules after the criteria, on small values.
//!
//! This is the second of two steps: [`crate::group_year`] finds the state priorities of each
//! group, and here methods, letters, the charter schools' rule, the tests over several years,
//! the label and the level follow from them. Nothing is allocated, so that the whole state
//! can be decided in milliseconds and "what if this cell were different" costs no more than
//! the decision itself. [`crate::determination::Conclusions`] is this with names and words.

use crate::charter::{CharterResult, test_charter};
use crate::determination::AnswerId;
use crate::group_set::GroupSet;
use crate::group_year::GroupYear;
use crate::lea::LeaType;
use crate::local_outcomes::LocalOutcomes;
use crate::outcome::{Depends, Missing, ThreeWay};
use crate::packed_year::PackedYear;
use crate::rulebook::{Edition, Kind, METHODS_MOST, MethodTest, TESTS_MOST};
use crate::student_group::StudentGroup;
use crate::support::{AnswerOr, Standing, eligible_level, standing};
use crate::sustained_need::{Persistent, Window, test_persistence, year_of};

/// What is concluded for one LEA and year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict<M = Missing> {
    /// Groups that are in two priorities or more, or may be.
    lettered: GroupSet,
    /// The letter of each group, in the order of [`StudentGroup::COUNTED`].
    letters: [Option<char>; StudentGroup::COUNTED.len()],
    /// Groups whose letter is not known.
    open_letters: GroupSet,
    /// How many groups have a letter.
    pub group_count: AnswerOr<usize, M>,
    /// The methods that are open to the kind of LEA, in the edition's order.
    methods: [ThreeWay<M>; METHODS_MOST],
    /// Whether any method is met.
    pub eligible: ThreeWay<M>,
    /// The charter schools' rule.
    pub(crate) charter: Option<CharterResult<M>>,
    /// Whether the LEA has differentiated assistance, and in which year of it.
    pub standing: Standing<M>,
    /// The tests over several years, in the edition's order.
    pub(crate) sustained: [Persistent<M>; TESTS_MOST],
    /// The level of support that the rules give, 1 to 3.
    pub level: AnswerOr<u8, M>,
}

impl<M: Depends> Verdict<M> {
    /// The letter of a group, `Some(None)` for a group below two priorities; `None` where it
    /// is not known.
    #[must_use]
    pub fn letter(&self, group: StudentGroup) -> Option<Option<char>> {
        if self.open_letters.contains(group) {
            return None;
        }
        self.letters.get(group.place()?).copied()
    }

    /// Every group that has a letter, or may have one: then it is `None`.
    pub fn letters(&self) -> impl Iterator<Item = (StudentGroup, Option<char>)> {
        let known = self.lettered.without(self.open_letters);
        self.lettered.iter().map(move |group| {
            let letter = group.place().and_then(|place| self.letters.get(place).copied());
            (group, letter.flatten().filter(|_| known.contains(group)))
        })
    }

    /// Finds the letter of each group, and the groups whose letter is not known: something
    /// that is open could change it.
    fn find_letters(&mut self, edition: &Edition, now: &GroupYear<'_>) {
        self.lettered = now.in_at_least(2).may();
        if self.lettered.is_empty() {
            return;
        }
        let open = now.open();
        self.open_letters = self.lettered.and(open);
        let mut count = 0;
        for group in self.lettered.without(open).iter() {
            if let Some(place) = group.place().and_then(|place| self.letters.get_mut(place)) {
                *place = edition.tables.letter(|priority| now.is_in(group, priority));
                count += usize::from(place.is_some());
            }
        }
        self.group_count = if self.open_letters.is_empty() {
            AnswerOr::Known(count)
        } else {
            AnswerOr::NotKnown(M::find(|| now.missing(self.open_letters)))
        };
    }

    /// The outcome of each method that is open to a kind of LEA, in the edition's order.
    pub fn methods(
        &self,
        edition: &Edition,
        lea_type: LeaType,
    ) -> impl Iterator<Item = ThreeWay<M>> {
        let kind = edition.tables.kind(lea_type);
        self.methods.into_iter().take(if kind.evaluated { kind.methods.len() } else { 0 })
    }

    /// The outcome of each test over several years, in the edition's order.
    pub fn sustained(
        &self,
        edition: &Edition,
        lea_type: LeaType,
    ) -> impl Iterator<Item = ThreeWay<M>> {
        let tests = edition.tables.kind(lea_type).sustained.len();
        self.sustained.iter().take(tests).map(|test| test.outcome)
    }

    /// The same verdict, had the years before been others.
    pub(crate) fn looking_back(
        &self,
        edition: &Edition,
        lea_type: LeaType,
        now: &GroupYear<'_>,
        past: &[GroupYear<'_>],
    ) -> Verdict<M> {
        let LookedBack { charter, standing, sustained, level } =
            look_back(edition, lea_type, self.eligible, now, past);
        Verdict { charter, standing, sustained, level, ..*self }
    }

    /// The charter schools' rule under the literal reading, which decides, and under the one
    /// by which the same group must recur; `None` where the rule is not applied.
    #[must_use]
    pub fn charter(&self) -> Option<(ThreeWay<M>, ThreeWay<M>)> {
        self.charter.map(|charter| (charter.literal, charter.same_group))
    }
}

/// Concludes from the groups of a year, its other facts and the years before.
pub(crate) fn conclude<M: Depends>(
    edition: &Edition,
    lea_type: LeaType,
    year: &PackedYear,
    now: &GroupYear<'_>,
    past: &[GroupYear<'_>],
) -> Verdict<M> {
    let kind = edition.tables.kind(lea_type);
    let ByMethods { methods, eligible } = by_methods(kind, year, now);
    let LookedBack { charter, standing, sustained, level } =
        look_back(edition, lea_type, eligible, now, past);
    let mut verdict = Verdict {
        lettered: GroupSet::EMPTY,
        letters: [None; StudentGroup::COUNTED.len()],
        open_letters: GroupSet::EMPTY,
        group_count: AnswerOr::Known(0),
        methods,
        eligible,
        charter,
        standing,
        sustained,
        level,
    };
    verdict.find_letters(edition, now);
    verdict
}

/// The part of a verdict in which the years before have a say.
struct LookedBack<M> {
    charter: Option<CharterResult<M>>,
    standing: Standing<M>,
    sustained: [Persistent<M>; TESTS_MOST],
    level: AnswerOr<u8, M>,
}

fn look_back<M: Depends>(
    edition: &Edition,
    lea_type: LeaType,
    eligible: ThreeWay<M>,
    now: &GroupYear<'_>,
    past: &[GroupYear<'_>],
) -> LookedBack<M> {
    let kind = edition.tables.kind(lea_type);
    let charter = kind
        .charter
        .as_ref()
        .map(|rule| test_charter(rule, Window::new(&rule.window, past, now), eligible));
    let mut sustained = [Persistent::NONE; TESTS_MOST];
    for (place, test) in sustained.iter_mut().zip(&kind.sustained) {
        *place = test_persistence(test.shape, Window::new(&test.window, past, now));
    }
    let decisive = charter.map_or(eligible, |charter| charter.literal);
    let before = edition.labels.second_year_after.and_then(|year| year_of(past, year));
    let first_year_before = before.map_or(ThreeWay::NotMet, GroupYear::first_year);
    let standing = standing(lea_type, decisive, first_year_before);
    let level = eligible_level(
        standing.differentiated,
        kind.sustained.iter().zip(&sustained).map(|(test, found)| (test.effect, found.outcome)),
    );
    LookedBack { charter, standing, sustained, level }
}

/// The outcome of each method, and whether any is met.
struct ByMethods<M> {
    methods: [ThreeWay<M>; METHODS_MOST],
    eligible: ThreeWay<M>,
}

/// Applies the methods.
///
/// For eligibility, a local indicator and a group in another priority are enough beside the
/// other two methods: should there be more local indicators or more priorities than the
/// third method asks for, one of the other two is met. What only decides which of them it
/// is, a file that was not loaded, leaves eligibility known.
fn by_methods<M: Depends>(kind: &Kind, year: &PackedYear, now: &GroupYear<'_>) -> ByMethods<M> {
    let mut methods = [ThreeWay::NotMet; METHODS_MOST];
    let mut eligible = ThreeWay::NotMet;
    if !kind.evaluated {
        return ByMethods { methods, eligible };
    }
    let locals = year.local_outcomes;
    let mut before = ThreeWay::NotMet;
    for (place, test) in methods.iter_mut().zip(&kind.methods) {
        let outcome = match *test {
            MethodTest::GroupInPriorities(count) => {
                now.in_at_least(count).any(|open| now.missing(open))
            }
            MethodTest::LocalIndicators(count) => locals.at_least(count),
            MethodTest::GroupAndLocalIndicator => {
                before.negated().and(group_and_local(now, locals))
            }
            // Nobody's data count as uncertified unless an operator entered it.
            MethodTest::CalpadsNotCertified => {
                ThreeWay::from_bool(year.calpads_certified == Some(false))
            }
        };
        *place = outcome;
        before = before.or(outcome);
        eligible = eligible.or(match test {
            MethodTest::GroupAndLocalIndicator if kind.more_is_another_method => {
                group_beside_local(now, locals)
            }
            _ => outcome,
        });
    }
    ByMethods { methods, eligible }
}

/// Exactly one local indicator, and a group in exactly one state priority, another one.
fn group_and_local<M: Depends>(now: &GroupYear<'_>, locals: LocalOutcomes) -> ThreeWay<M> {
    ThreeWay::any(locals.each_that_may().map(|(priority, only, others)| {
        let alone = only.at_least(1).and(others.at_least(1).negated());
        alone.and(now.any_only_in_another_than(priority))
    }))
}

/// A local indicator, and a group in another state priority.
fn group_beside_local<M: Depends>(now: &GroupYear<'_>, locals: LocalOutcomes) -> ThreeWay<M> {
    ThreeWay::any(
        locals
            .each_that_may()
            .map(|(priority, only, _)| only.at_least(1).and(now.any_in_another_than(priority))),
    )
}

/// A set of answers of a determination.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct AnswerSet(u64);

impl AnswerSet {
    /// No answer.
    pub const EMPTY: AnswerSet = AnswerSet(0);
    const METHODS: usize = StudentGroup::COUNTED.len();
    const TESTS: usize = AnswerSet::METHODS + METHODS_MOST;
    const CHARTER: usize = AnswerSet::TESTS + TESTS_MOST;
    const LABEL: usize = AnswerSet::CHARTER + 1;
    const LEVEL: usize = AnswerSet::LABEL + 1;

    /// The answers in which two verdicts by the same edition differ: known against another
    /// one, or known against not known.
    #[must_use]
    pub fn changed<B: Depends, A: Depends>(
        edition: &Edition,
        lea_type: LeaType,
        before: &Verdict<B>,
        after: &Verdict<A>,
    ) -> AnswerSet {
        let mut changed = AnswerSet::EMPTY;
        if (before.letters, before.open_letters) != (after.letters, after.open_letters) {
            for (place, group) in StudentGroup::COUNTED.into_iter().enumerate() {
                changed.note(place, before.letter(group) != after.letter(group));
            }
        }
        let mut outcomes = |place, before: Option<bool>, after: Option<bool>| {
            changed.note(place, before != after);
        };
        for (place, (one, other)) in before.methods.iter().zip(&after.methods).enumerate() {
            outcomes(AnswerSet::METHODS + place, one.known(), other.known());
        }
        for (place, (one, other)) in before.sustained.iter().zip(&after.sustained).enumerate() {
            outcomes(AnswerSet::TESTS + place, one.outcome.known(), other.outcome.known());
        }
        if let (Some(one), Some(other)) = (before.charter, after.charter) {
            outcomes(AnswerSet::CHARTER, one.literal.known(), other.literal.known());
        }
        if !before.standing.has_the_years_of(&after.standing) {
            let (text, other) = (
                before.standing.text(edition, lea_type).known().copied(),
                after.standing.text(edition, lea_type).known().copied(),
            );
            let (year, other_year) =
                (before.standing.support_year(), after.standing.support_year());
            let differ = text != other || year.known() != other_year.known();
            changed.note(AnswerSet::LABEL, differ);
        }
        changed.note(AnswerSet::LEVEL, before.level.known() != after.level.known());
        changed
    }

    fn note(&mut self, place: usize, there: bool) {
        self.0 |= u64::from(there) << place;
    }

    /// The answers of either set.
    #[must_use]
    pub fn with(self, other: AnswerSet) -> AnswerSet {
        AnswerSet(self.0 | other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The answers by the names that an edition gives them, in order.
    #[must_use]
    pub fn ids(self, edition: &Edition, lea_type: LeaType) -> Vec<AnswerId> {
        let has = |place: usize| self.0 >> place & 1 == 1;
        let codes = StudentGroup::COUNTED.into_iter().enumerate();
        let mut ids: Vec<AnswerId> = codes
            .filter(|(place, _)| has(*place))
            .map(|(_, group)| AnswerId::Code(group))
            .collect();
        let methods = edition.methods_for(lea_type).enumerate();
        let methods = methods.filter(|(place, _)| has(AnswerSet::METHODS + place));
        ids.extend(methods.map(|(_, method)| AnswerId::Method(method.id.clone())));
        let tests = edition.sustained_for(lea_type).enumerate();
        let tests = tests.filter(|(place, _)| has(AnswerSet::TESTS + place));
        ids.extend(tests.map(|(_, rule)| AnswerId::Test(rule.id.clone())));
        let charter = edition.charter.iter().filter(|_| has(AnswerSet::CHARTER));
        ids.extend(charter.map(|rule| AnswerId::Test(rule.id.clone())));
        ids.extend(has(AnswerSet::LABEL).then_some(AnswerId::Label));
        ids.extend(has(AnswerSet::LEVEL).then_some(AnswerId::Level));
        ids.sort();
        ids
    }
}
