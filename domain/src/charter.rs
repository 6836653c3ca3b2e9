//! Charter schools, Education Code 47607.3.
//!
//! Whether the same student group must recur in the years counted is open: the literal
//! reading decides, the other stands beside it.

use crate::group_year::GroupYear;
use crate::outcome::{Depends, Missing, Outcome, ThreeWay};
use crate::rulebook::{CharterRule, CharterTest};
use crate::sustained_need::{Persistence, Window, test_persistence};

/// The id under which editions say that it is open whether the same group must recur.
pub const SAME_GROUP: &str = "charter-same-group";

/// The result of the charter schools' rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CharterFinding {
    /// The rule's id.
    pub id: String,
    /// The result, by the reading that decides.
    pub outcome: Outcome,
    /// The literal reading: the criteria are met in each year, by whichever groups.
    pub literal: Outcome,
    /// The other reading: the same group meets them in each year.
    pub same_group: Outcome,
    /// Each year's result under the literal reading, in the order of the window.
    pub years: Vec<Outcome>,
    /// Whether a clause on charters with fewer groups has a say under either reading.
    pub depends_on_having_a_group: bool,
}

impl CharterFinding {
    /// The result of a rule, with each year's; `eligible` is whether a method is met in the
    /// year decided.
    pub(crate) fn of(
        rule: &CharterRule,
        result: &CharterResult<Missing>,
        window: Window<'_>,
        eligible: Outcome,
    ) -> CharterFinding {
        let CharterResult { literal, same_group, depends_on_having_a_group } = *result;
        CharterFinding {
            id: rule.id.clone(),
            outcome: literal,
            literal,
            same_group,
            years: window.iter().map(|year| in_year(rule.test, window, year, eligible).0).collect(),
            depends_on_having_a_group,
        }
    }

    /// Whether the two readings disagree, or may.
    #[must_use]
    pub fn readings_may_differ(&self) -> bool {
        self.literal != self.same_group || self.literal.known().is_none()
    }
}

/// The result under both readings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CharterResult<M> {
    /// The literal reading, which decides.
    pub(crate) literal: ThreeWay<M>,
    pub(crate) same_group: ThreeWay<M>,
    pub(crate) depends_on_having_a_group: bool,
}

/// Applies the rule; `eligible` is whether a method is met in the year decided.
pub(crate) fn test_charter<M: Depends>(
    rule: &CharterRule,
    window: Window<'_>,
    eligible: ThreeWay<M>,
) -> CharterResult<M> {
    let needed = match rule.test {
        CharterTest::CriteriaInEveryYear => window.iter().count(),
        CharterTest::GroupsInYears { years, .. } => years,
    };
    let shape = match rule.test {
        CharterTest::CriteriaInEveryYear => {
            let priorities = rule.test.priorities();
            Persistence { years: needed, groups: 1, priorities, all_if_fewer_groups: false }
        }
        CharterTest::GroupsInYears { years, groups, priorities, all_if_fewer_groups } => {
            Persistence { years, groups, priorities, all_if_fewer_groups }
        }
    };
    let same = test_persistence(shape, window);
    let mut depends_on_having_a_group = same.depends_on_having_a_group();
    let years = window.iter().map(|year| {
        let (outcome, depends) = in_year(rule.test, window, year, eligible);
        depends_on_having_a_group |= depends;
        outcome
    });
    let literal = ThreeWay::at_least(needed, years);
    CharterResult { literal, same_group: same.outcome, depends_on_having_a_group }
}

/// One year's result under the literal reading, and whether it depends on what having a
/// group means.
fn in_year<M: Depends>(
    test: CharterTest,
    window: Window<'_>,
    year: &GroupYear<'_>,
    eligible: ThreeWay<M>,
) -> (ThreeWay<M>, bool) {
    match test {
        CharterTest::CriteriaInEveryYear if window.decides(year) => (eligible, false),
        CharterTest::CriteriaInEveryYear => (year.eligible(), false),
        CharterTest::GroupsInYears { years: _, groups, priorities, all_if_fewer_groups } => {
            let shape = Persistence { years: 1, groups, priorities, all_if_fewer_groups };
            let result = test_persistence(shape, Window::of_year(year));
            (result.outcome, result.depends_on_having_a_group())
        }
    }
}
