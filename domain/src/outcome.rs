//! Three answers instead of two: met, not met, not known.

use std::fmt;

use crate::indicator::Indicator;
use crate::priority::Priority;
use crate::year::DashboardYear;

/// Whether a rule is met. `NotKnown` carries the inputs that were not loaded and on which
/// the answer still depends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The rule is met.
    Met,
    /// The rule is not met.
    NotMet,
    /// It cannot be known without the inputs named.
    NotKnown(Missing),
}

impl Outcome {
    /// `Met` for true, `NotMet` for false.
    #[must_use]
    pub fn from_bool(met: bool) -> Outcome {
        if met { Outcome::Met } else { Outcome::NotMet }
    }

    /// Met when one is met; not met when all are not met.
    #[must_use]
    pub fn any(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
        Outcome::at_least(1, outcomes)
    }

    /// Met when all are met; not met when one is not met.
    #[must_use]
    pub fn all(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
        outcomes.into_iter().map(Outcome::negated).fold(Outcome::NotMet, Outcome::or).negated()
    }

    /// Met when at least `count` are met; not met when even the unknown ones would not
    /// make up the number.
    #[must_use]
    pub fn at_least(count: usize, outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
        let (mut met, mut open, mut missing) = (0, 0, Missing::NOTHING);
        for outcome in outcomes {
            match outcome {
                Outcome::Met => met += 1,
                Outcome::NotMet => {}
                Outcome::NotKnown(inputs) => {
                    open += 1;
                    missing = missing.with(inputs);
                }
            }
        }
        if met >= count {
            Outcome::Met
        } else if met + open < count {
            Outcome::NotMet
        } else {
            Outcome::NotKnown(missing)
        }
    }

    /// This or the other.
    #[must_use]
    pub fn or(self, other: Outcome) -> Outcome {
        Outcome::any([self, other])
    }

    /// This and the other.
    #[must_use]
    pub fn and(self, other: Outcome) -> Outcome {
        Outcome::all([self, other])
    }

    /// The opposite; not known stays not known.
    #[must_use]
    pub fn negated(self) -> Outcome {
        match self {
            Outcome::Met => Outcome::NotMet,
            Outcome::NotMet => Outcome::Met,
            unknown @ Outcome::NotKnown(_) => unknown,
        }
    }

    /// Whether it is met for certain.
    #[must_use]
    pub fn is_met(self) -> bool {
        self == Outcome::Met
    }

    /// Whether it is not met for certain.
    #[must_use]
    pub fn is_not_met(self) -> bool {
        self == Outcome::NotMet
    }

    /// Whether it may be met: met, or not known.
    #[must_use]
    pub fn may_be_met(self) -> bool {
        self != Outcome::NotMet
    }

    /// The inputs on which an unknown outcome depends; nothing for a known one.
    #[must_use]
    pub fn missing(self) -> Missing {
        match self {
            Outcome::NotKnown(missing) => missing,
            Outcome::Met | Outcome::NotMet => Missing::NOTHING,
        }
    }

    /// `Some(true)` for met, `Some(false)` for not met.
    #[must_use]
    pub fn known(self) -> Option<bool> {
        match self {
            Outcome::Met => Some(true),
            Outcome::NotMet => Some(false),
            Outcome::NotKnown(_) => None,
        }
    }

    /// The same outcome with everything that it misses named by one other input: an
    /// earlier year's gaps are, seen from a later year, that earlier year.
    #[must_use]
    pub fn with_missing_as(self, input: MissingInput) -> Outcome {
        match self {
            Outcome::NotKnown(_) => Outcome::NotKnown(Missing::of(input)),
            known => known,
        }
    }

    /// `met`, `notMet` or `notKnown`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Outcome::Met => "met",
            Outcome::NotMet => "notMet",
            Outcome::NotKnown(_) => "notKnown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Outcome::Met => "met",
            Outcome::NotMet => "not met",
            Outcome::NotKnown(_) => "not known",
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
