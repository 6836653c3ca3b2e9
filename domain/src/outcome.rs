//! Three answers instead of two: met, not met, not known.

use std::fmt;

use crate::indicator::Indicator;
use crate::priority::Priority;
use crate::year::DashboardYear;

/// What an answer that is not known carries of the inputs that it depends on: all of them,
/// or nothing, where only the answers are wanted. The rules are written once, for both.
pub trait Depends: Copy + Eq + fmt::Debug {
    /// No input.
    const NOTHING: Self;

    /// The inputs of both.
    #[must_use]
    fn with(self, other: Self) -> Self;

    /// The inputs, which are looked for only where they are carried.
    #[must_use]
    fn find(find: impl FnOnce() -> Missing) -> Self;
}

/// Carries nothing of the inputs that an answer depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NotCarried;

impl Depends for NotCarried {
    const NOTHING: NotCarried = NotCarried;

    fn with(self, _: NotCarried) -> NotCarried {
        NotCarried
    }

    fn find(_: impl FnOnce() -> Missing) -> NotCarried {
        NotCarried
    }
}

impl Depends for Missing {
    const NOTHING: Missing = Missing::NOTHING;

    fn with(self, other: Missing) -> Missing {
        Missing::with(self, other)
    }

    fn find(find: impl FnOnce() -> Missing) -> Missing {
        find()
    }
}

/// Whether a rule is met. `NotKnown` carries the inputs that were not loaded and on which
/// the answer still depends.
pub type Outcome = ThreeWay<Missing>;

/// Whether a rule is met, without what an answer that is not known depends on: a single
/// byte.
pub type KnownOutcome = ThreeWay<NotCarried>;

/// Whether a rule is met, carrying more or less of what an unknown answer depends on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ThreeWay<M> {
    /// The rule is met.
    Met,
    /// The rule is not met.
    NotMet,
    /// It cannot be known without the inputs named.
    NotKnown(M),
}

impl<M: Depends> ThreeWay<M> {
    /// `Met` for true, `NotMet` for false.
    #[must_use]
    pub fn from_bool(met: bool) -> ThreeWay<M> {
        if met { ThreeWay::Met } else { ThreeWay::NotMet }
    }

    /// Met when one is met; not met when all are not met.
    #[must_use]
    pub fn any(outcomes: impl IntoIterator<Item = ThreeWay<M>>) -> ThreeWay<M> {
        outcomes.into_iter().fold(ThreeWay::NotMet, ThreeWay::or)
    }

    /// Met when all are met; not met when one is not met.
    #[must_use]
    pub fn all(outcomes: impl IntoIterator<Item = ThreeWay<M>>) -> ThreeWay<M> {
        outcomes.into_iter().map(ThreeWay::negated).fold(ThreeWay::NotMet, ThreeWay::or).negated()
    }

    /// Met when at least `count` are met; not met when even the unknown ones would not
    /// make up the number.
    #[must_use]
    pub fn at_least(count: usize, outcomes: impl IntoIterator<Item = ThreeWay<M>>) -> ThreeWay<M> {
        let (mut met, mut open, mut missing) = (0, 0, M::NOTHING);
        for outcome in outcomes {
            match outcome {
                ThreeWay::Met => met += 1,
                ThreeWay::NotMet => {}
                ThreeWay::NotKnown(inputs) => {
                    open += 1;
                    missing = missing.with(inputs);
                }
            }
        }
        if met >= count {
            ThreeWay::Met
        } else if met + open < count {
            ThreeWay::NotMet
        } else {
            ThreeWay::NotKnown(missing)
        }
    }

    /// This or the other.
    #[must_use]
    pub fn or(self, other: ThreeWay<M>) -> ThreeWay<M> {
        match (self, other) {
            (ThreeWay::Met, _) | (_, ThreeWay::Met) => ThreeWay::Met,
            (one, ThreeWay::NotMet) | (ThreeWay::NotMet, one) => one,
            (ThreeWay::NotKnown(one), ThreeWay::NotKnown(other)) => {
                ThreeWay::NotKnown(one.with(other))
            }
        }
    }

    /// This and the other.
    #[must_use]
    pub fn and(self, other: ThreeWay<M>) -> ThreeWay<M> {
        self.negated().or(other.negated()).negated()
    }

    /// The opposite; not known stays not known.
    #[must_use]
    pub fn negated(self) -> ThreeWay<M> {
        match self {
            ThreeWay::Met => ThreeWay::NotMet,
            ThreeWay::NotMet => ThreeWay::Met,
            unknown @ ThreeWay::NotKnown(_) => unknown,
        }
    }

    /// Whether it is met for certain.
    #[must_use]
    pub fn is_met(self) -> bool {
        matches!(self, ThreeWay::Met)
    }

    /// Whether it is not met for certain.
    #[must_use]
    pub fn is_not_met(self) -> bool {
        matches!(self, ThreeWay::NotMet)
    }

    /// Whether it may be met: met, or not known.
    #[must_use]
    pub fn may_be_met(self) -> bool {
        !self.is_not_met()
    }

    /// The inputs on which an unknown outcome depends; nothing for a known one.
    #[must_use]
    pub fn missing(self) -> M {
        match self {
            ThreeWay::NotKnown(missing) => missing,
            ThreeWay::Met | ThreeWay::NotMet => M::NOTHING,
        }
    }

    /// `Some(true)` for met, `Some(false)` for not met.
    #[must_use]
    pub fn known(self) -> Option<bool> {
        match self {
            ThreeWay::Met => Some(true),
            ThreeWay::NotMet => Some(false),
            ThreeWay::NotKnown(_) => None,
        }
    }

    /// The same outcome, carrying that an unknown one depends on this input only: an earlier
    /// year's gaps are, seen from a later year, that earlier year.
    #[must_use]
    pub fn with_missing_as<N: Depends>(self, input: MissingInput) -> ThreeWay<N> {
        match self {
            ThreeWay::Met => ThreeWay::Met,
            ThreeWay::NotMet => ThreeWay::NotMet,
            ThreeWay::NotKnown(_) => ThreeWay::NotKnown(N::find(|| Missing::of(input))),
        }
    }

    /// The same outcome, carrying nothing.
    #[must_use]
    pub fn bare(self) -> KnownOutcome {
        match self {
            ThreeWay::Met => ThreeWay::Met,
            ThreeWay::NotMet => ThreeWay::NotMet,
            ThreeWay::NotKnown(_) => ThreeWay::NotKnown(NotCarried),
        }
    }

    /// `met`, `notMet` or `notKnown`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ThreeWay::Met => "met",
            ThreeWay::NotMet => "notMet",
            ThreeWay::NotKnown(_) => "notKnown",
        }
    }
}

impl<M> fmt::Display for ThreeWay<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ThreeWay::Met => "met",
            ThreeWay::NotMet => "not met",
            ThreeWay::NotKnown(_) => "not known",
        })
    }
}

/// One input that was not loaded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MissingInput {
    /// The year's file of an indicator.
    Indicator(Indicator),
    /// The year's local indicator file of a priority.
    LocalIndicator(Priority),
    /// An earlier year: neither its published list nor the files to compute it.
    EarlierYear(DashboardYear),
}

/// A set of inputs that were not loaded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Missing(u128);

impl Missing {
    /// No input.
    pub const NOTHING: Missing = Missing(0);

    const LOCAL: u32 = 8;
    const EARLIER: u32 = 20;

    /// One input.
    #[must_use]
    pub fn of(input: MissingInput) -> Missing {
        let bit = match input {
            MissingInput::Indicator(indicator) => indicator.index() as u32,
            MissingInput::LocalIndicator(priority) => Missing::LOCAL + u32::from(priority.number()),
            // Dashboard years run from 2000 to 2099, so that each has a bit of its own.
            MissingInput::EarlierYear(year) => Missing::EARLIER + u32::from(year.number() % 100),
        };
        Missing(1 << bit)
    }

    /// The union with another set.
    #[must_use]
    pub fn with(self, other: Missing) -> Missing {
        Missing(self.0 | other.0)
    }

    /// Whether no input is missing.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self.0 == 0
    }

    /// Whether the input is in the set.
    #[must_use]
    pub fn contains(self, input: MissingInput) -> bool {
        self.0 & Missing::of(input).0 != 0
    }

    /// The inputs: indicators, local indicators, earlier years, each in rising order.
    pub fn iter(self) -> impl Iterator<Item = MissingInput> {
        let indicators = Indicator::ALL.into_iter().map(MissingInput::Indicator);
        let locals = Priority::all().map(MissingInput::LocalIndicator);
        let years = (2000..=2099).filter_map(DashboardYear::new).map(MissingInput::EarlierYear);
        indicators.chain(locals).chain(years).filter(move |input| self.contains(*input))
    }
}

impl FromIterator<MissingInput> for Missing {
    fn from_iter<I: IntoIterator<Item = MissingInput>>(inputs: I) -> Missing {
        inputs.into_iter().map(Missing::of).fold(Missing::NOTHING, Missing::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown() -> Outcome {
        Outcome::NotKnown(Missing::of(MissingInput::Indicator(Indicator::Ela)))
    }

    #[test]
    fn one_met_decides_any_and_one_not_met_decides_all() {
        assert_eq!(Outcome::any([unknown(), Outcome::Met]), Outcome::Met);
        assert_eq!(Outcome::all([unknown(), Outcome::NotMet]), Outcome::NotMet);
        assert_eq!(Outcome::any([unknown(), Outcome::NotMet]), unknown());
        assert_eq!(Outcome::all([unknown(), Outcome::Met]), unknown());
        assert_eq!(Outcome::any([]), Outcome::NotMet);
        assert_eq!(Outcome::all([]), Outcome::Met);
    }

    #[test]
    fn a_count_is_known_as_soon_as_the_unknown_cannot_change_it() {
        let two_of = |o: [Outcome; 3]| Outcome::at_least(2, o);
        assert_eq!(two_of([Outcome::Met, Outcome::Met, unknown()]), Outcome::Met);
        assert_eq!(two_of([Outcome::NotMet, Outcome::NotMet, unknown()]), Outcome::NotMet);
        assert_eq!(two_of([Outcome::Met, Outcome::NotMet, unknown()]), unknown());
    }

    #[test]
    fn every_input_has_a_place_of_its_own() {
        let all: Vec<MissingInput> = Indicator::ALL
            .into_iter()
            .map(MissingInput::Indicator)
            .chain(Priority::all().map(MissingInput::LocalIndicator))
            .chain((2000..=2099).filter_map(DashboardYear::new).map(MissingInput::EarlierYear))
            .collect();
        let set: Missing = all.iter().copied().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), all);
        assert_eq!(set.0.count_ones() as usize, all.len());
    }
}
