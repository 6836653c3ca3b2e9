//! What is concluded for one LEA and year: the rules after the criteria, on small values.
//!
//! This is the second of two steps: [`crate::group_year`] finds the state priorities of each
//! group, and here methods, letters, the charter schools' rule, the tests over several years,
//! the label and the level follow from them. Nothing is allocated, so that the whole state
//! can be decided in milliseconds and "what if this cell were different" costs no more than
//! the decision itself. [`crate::determination::Conclusions`] is this with names and words.

use crate::charter::{CharterResult, test_charter};
use crate::determination::AnswerId;
use crate::evaluation::local_outcome;
use crate::group_set::GroupSet;
use crate::group_year::GroupYear;
use crate::lea::LeaType;
use crate::outcome::{Missing, MissingInput, Outcome};
use crate::packed_year::PackedYear;
use crate::priority::Priority;
use crate::rulebook::{Edition, Kind, METHODS_MOST, MethodTest, TESTS_MOST};
use crate::student_group::StudentGroup;
use crate::support::{Answer, Standing, eligible_level, standing};
use crate::sustained_need::{Persistent, Window, test_persistence};

/// What is concluded for one LEA and year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// The letter of each group, in the order of [`StudentGroup::COUNTED`].
    letters: [Option<char>; StudentGroup::COUNTED.len()],
    /// Groups whose letter is not known.
    open_letters: GroupSet,
    /// How many groups have a letter.
    pub group_count: Answer<usize>,
    /// The methods that are open to the kind of LEA, in the edition's order.
    methods: [Outcome; METHODS_MOST],
    /// Whether any method is met.
    pub eligible: Outcome,
    /// The charter schools' rule.
    pub(crate) charter: Option<CharterResult>,
    /// Whether the LEA has differentiated assistance, and in which year of it.
    pub standing: Standing,
    /// The tests over several years, in the edition's order.
    pub(crate) sustained: [Persistent; TESTS_MOST],
    /// The level of support that the rules give, 1 to 3.
    pub level: Answer<u8>,
}

impl Verdict {
    /// The letter of a group, `Some(None)` for a group below two priorities; `None` where it
    /// is not known.
    #[must_use]
    pub fn letter(&self, group: StudentGroup) -> Option<Option<char>> {
        if self.open_letters.contains(group) {
            return None;
        }
        self.letters.get(group.place()?).copied()
    }

    /// The outcome of each method that is open to a kind of LEA, in the edition's order.
    pub fn methods(&self, edition: &Edition, lea_type: LeaType) -> impl Iterator<Item = Outcome> {
        let kind = edition.tables.kind(lea_type);
        self.methods.into_iter().take(if kind.evaluated { kind.methods.len() } else { 0 })
    }

    /// The outcome of each test over several years, in the edition's order.
    pub fn sustained(&self, edition: &Edition, lea_type: LeaType) -> impl Iterator<Item = Outcome> {
        let tests = edition.tables.kind(lea_type).sustained.len();
        self.sustained.iter().take(tests).map(|test| test.outcome)
    }

    /// The charter schools' rule under the literal reading, which decides, and under the one
    /// by which the same group must recur; `None` where the rule is not applied.
    #[must_use]
    pub fn charter(&self) -> Option<(Outcome, Outcome)> {
        self.charter.map(|charter| (charter.literal, charter.same_group))
    }
}

/// The outcomes of the local indicators of an LEA, a bit for each in the edition's order.
#[derive(Clone, Copy)]
struct Locals<'a> {
    kind: &'a Kind,
    met: u32,
    may: u32,
}

impl<'a> Locals<'a> {
    fn find(kind: &'a Kind, year: &PackedYear) -> Locals<'a> {
        let mut locals = Locals { kind, met: 0, may: 0 };
        for (place, (priority, rating)) in kind.locals.iter().enumerate() {
            let outcome = local_outcome(*priority, *rating, year.local(*priority));
            locals.met |= u32::from(outcome.is_met()) << place;
            locals.may |= u32::from(outcome.may_be_met()) << place;
        }
        locals
    }

    fn at_least(self, count: u32) -> Outcome {
        if self.met.count_ones() >= count {
            Outcome::Met
        } else if self.may.count_ones() < count {
            Outcome::NotMet
        } else {
            Outcome::NotKnown(self.missing())
        }
    }

    fn missing(self) -> Missing {
        let open = self.may & !self.met;
        let places = self.kind.locals.iter().enumerate();
        let is_open = places.filter(|(place, _)| open >> place & 1 == 1);
        is_open.map(|(_, (p, _))| MissingInput::LocalIndicator(*p)).collect()
    }

    /// Each local indicator that may be met: its priority, it alone, and all the others.
    fn each_that_may(self) -> impl Iterator<Item = (Priority, Locals<'a>, Locals<'a>)> {
        let may = self.may;
        let places = self.kind.locals.iter().enumerate();
        places.filter(move |(place, _)| may >> place & 1 == 1).map(move |(place, (priority, _))| {
            let one = 1 << place;
            let only = Locals { met: self.met & one, may: self.may & one, ..self };
            let others = Locals { met: self.met & !one, may: self.may & !one, ..self };
            (*priority, only, others)
        })
    }
}

/// Concludes from the groups of a year, its other facts and the years before.
pub(crate) fn conclude(
    edition: &Edition,
    lea_type: LeaType,
    year: &PackedYear,
    now: &GroupYear<'_>,
    past: &[GroupYear<'_>],
) -> Verdict {
    let kind = edition.tables.kind(lea_type);
    let locals = Locals::find(kind, year);
    let methods = methods(kind, year, now, locals);
    let eligible = eligible(kind, now, locals, &methods);
    let now = &now.with_result(eligible, eligible);
    let charter =
        kind.charter.as_ref().map(|rule| test_charter(rule, Window::new(&rule.window, past, now)));
    let mut sustained = [Persistent::NONE; TESTS_MOST];
    for (place, test) in sustained.iter_mut().zip(&kind.sustained) {
        *place = test_persistence(test.shape, Window::new(&test.window, past, now));
    }
    let decisive = charter.map_or(eligible, |charter| charter.literal);
    let before = edition.labels.second_year_after.and_then(|y| past.iter().find(|h| h.year == y));
    let first_year_before = before.map_or(Outcome::NotMet, |before| before.first_year);
    let standing = standing(lea_type, decisive, first_year_before);
    let level = eligible_level(
        standing.differentiated,
        kind.sustained.iter().zip(&sustained).map(|(test, found)| (test.effect, found.outcome)),
    );
    let (letters, open_letters) = letters(edition, now);
    let group_count = if open_letters.is_empty() {
        Answer::Known(letters.iter().flatten().count())
    } else {
        Answer::NotKnown(now.missing(open_letters))
    };
    Verdict {
        letters,
        open_letters,
        group_count,
        methods,
        eligible,
        charter,
        standing,
        sustained,
        level,
    }
}

/// The letter of each group, and the groups whose letter is not known: something that is
/// open could change it.
fn letters(
    edition: &Edition,
    now: &GroupYear<'_>,
) -> ([Option<char>; StudentGroup::COUNTED.len()], GroupSet) {
    let mut letters = [None; StudentGroup::COUNTED.len()];
    let in_two = now.in_at_least(2);
    let open = if in_two.may.is_empty() { GroupSet::EMPTY } else { now.open() };
    for group in in_two.may.without(open).iter() {
        if let Some(place) = group.place().and_then(|place| letters.get_mut(place)) {
            *place = edition.codes.get(&now.met_by(group)).copied();
        }
    }
    (letters, in_two.may.and(open))
}

fn methods(
    kind: &Kind,
    year: &PackedYear,
    now: &GroupYear<'_>,
    locals: Locals<'_>,
) -> [Outcome; METHODS_MOST] {
    let mut found = [Outcome::NotMet; METHODS_MOST];
    if !kind.evaluated {
        return found;
    }
    let mut before = Outcome::NotMet;
    for (place, test) in found.iter_mut().zip(&kind.methods) {
        *place = match *test {
            MethodTest::GroupInPriorities(count) => {
                now.in_at_least(count).any(|open| now.missing(open))
            }
            MethodTest::LocalIndicators(count) => {
                u32::try_from(count).map_or(Outcome::NotMet, |count| locals.at_least(count))
            }
            MethodTest::GroupAndLocalIndicator => {
                before.negated().and(group_and_local(now, locals))
            }
            // Nobody's data count as uncertified unless an operator entered it.
            MethodTest::CalpadsNotCertified => {
                Outcome::from_bool(year.calpads_certified == Some(false))
            }
        };
        before = before.or(*place);
    }
    found
}

/// Exactly one local indicator, and a group in exactly one state priority, another one.
fn group_and_local(now: &GroupYear<'_>, locals: Locals<'_>) -> Outcome {
    Outcome::any(locals.each_that_may().map(|(priority, only, others)| {
        let alone = only.at_least(1).and(others.at_least(1).negated());
        alone.and(now.any_only_in_another_than(priority))
    }))
}

/// Whether any method is met.
///
/// A local indicator and a group in another priority are enough beside the other two
/// methods: should there be more local indicators or more priorities than the third method
/// asks for, one of the other two is met. What only decides which of them it is, a file
/// that was not loaded, leaves eligibility known.
fn eligible(
    kind: &Kind,
    now: &GroupYear<'_>,
    locals: Locals<'_>,
    methods: &[Outcome; METHODS_MOST],
) -> Outcome {
    if !kind.evaluated {
        return Outcome::NotMet;
    }
    Outcome::any(kind.methods.iter().zip(methods).map(|(test, outcome)| match test {
        MethodTest::GroupAndLocalIndicator if kind.more_is_another_method => {
            Outcome::any(
                locals.each_that_may().map(|(priority, only, _)| {
                    only.at_least(1).and(now.any_in_another_than(priority))
                }),
            )
        }
        _ => *outcome,
    }))
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
    pub fn changed(
        edition: &Edition,
        lea_type: LeaType,
        before: &Verdict,
        after: &Verdict,
    ) -> AnswerSet {
        let mut changed = AnswerSet::EMPTY;
        for (place, group) in StudentGroup::COUNTED.into_iter().enumerate() {
            changed.note(place, before.letter(group) != after.letter(group));
        }
        let mut outcomes = |place, before: Outcome, after: Outcome| {
            changed.note(place, before.known() != after.known());
        };
        for (place, (one, other)) in before.methods.iter().zip(&after.methods).enumerate() {
            outcomes(AnswerSet::METHODS + place, *one, *other);
        }
        for (place, (one, other)) in before.sustained.iter().zip(&after.sustained).enumerate() {
            outcomes(AnswerSet::TESTS + place, one.outcome, other.outcome);
        }
        if let (Some(one), Some(other)) = (before.charter, after.charter) {
            outcomes(AnswerSet::CHARTER, one.literal, other.literal);
        }
        let label = |verdict: &Verdict| {
            (verdict.standing.text(edition, lea_type), verdict.standing.support_year())
        };
        let ((one, year), (other, other_year)) = (label(before), label(after));
        let differ = one.known() != other.known() || year.known() != other_year.known();
        changed.note(AnswerSet::LABEL, differ);
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
