//! The outcomes of an LEA's local indicators, for all of them at once.

use crate::evaluation::LocalCell;
use crate::evaluation::local_outcome;
use crate::outcome::{Depends, KnownOutcome, Missing, MissingInput, ThreeWay};
use crate::priority::{PerPriority, Priority, PrioritySet};
use crate::rulebook::Kind;

/// The priorities whose local indicator is met for certain, and those where it may be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct LocalOutcomes {
    met: PrioritySet,
    may: PrioritySet,
}

impl LocalOutcomes {
    /// Applies the criteria on local indicators to what was found of them.
    pub(crate) fn of(kind: &Kind, cells: &PerPriority<LocalCell>) -> LocalOutcomes {
        let mut locals = LocalOutcomes { met: PrioritySet::EMPTY, may: PrioritySet::EMPTY };
        for (priority, rating) in &kind.locals {
            let outcome: KnownOutcome = local_outcome(*priority, *rating, cells.get(*priority));
            if outcome.is_met() {
                locals.met.insert(*priority);
            }
            if outcome.may_be_met() {
                locals.may.insert(*priority);
            }
        }
        locals
    }

    /// The priorities that are met for certain.
    pub(crate) fn met(self) -> PrioritySet {
        self.met
    }

    /// Whether at least so many are met.
    pub(crate) fn at_least<M: Depends>(self, count: usize) -> ThreeWay<M> {
        if self.met.len() >= count {
            ThreeWay::Met
        } else if self.may.len() < count {
            ThreeWay::NotMet
        } else {
            ThreeWay::NotKnown(M::find(|| self.missing()))
        }
    }

    fn missing(self) -> Missing {
        let open = self.may.iter().filter(|priority| !self.met.contains(*priority));
        open.map(MissingInput::LocalIndicator).collect()
    }

    /// Each that may be met: its priority, it alone, and all the others.
    pub(crate) fn each_that_may(
        self,
    ) -> impl Iterator<Item = (Priority, LocalOutcomes, LocalOutcomes)> {
        self.may.iter().map(move |priority| {
            let met = self.met.split(priority);
            let may = self.may.split(priority);
            let only = LocalOutcomes { met: met.0, may: may.0 };
            let others = LocalOutcomes { met: met.1, may: may.1 };
            (priority, only, others)
        })
    }
}
