//! Charter schools, Education Code 47607.3.
//!
//! Whether the same student group must recur in the years counted is open: the literal
//! reading decides, the other stands beside it.

use crate::history::HistoryYear;
use crate::outcome::Outcome;
use crate::rulebook::{CharterRule, CharterTest};
use crate::sustained_need::{Persistence, SustainedFinding, test_persistence};

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
    /// Whether the two readings disagree, or may.
    #[must_use]
    pub fn readings_may_differ(&self) -> bool {
        self.literal != self.same_group || self.literal.known().is_none()
    }
}

/// Applies the rule. `window` has every year of the rule, the year decided last.
#[must_use]
pub fn test_charter(rule: &CharterRule, window: &[&HistoryYear]) -> CharterFinding {
    let (years, needed, same_group, depends_on_having_a_group) = match rule.test {
        CharterTest::CriteriaInEveryYear => {
            let shape = Persistence {
                years: window.len(),
                groups: 1,
                priorities: 2,
                all_if_fewer_groups: false,
            };
            let years: Vec<Outcome> = window.iter().map(|year| year.eligible).collect();
            (years, window.len(), test_persistence(&rule.id, shape, window).outcome, false)
        }
        CharterTest::GroupsInYears { years, groups, priorities, all_if_fewer_groups } => {
            let shape = Persistence { years, groups, priorities, all_if_fewer_groups };
            let same = test_persistence(&rule.id, shape, window);
            let single = Persistence { years: 1, ..shape };
            let in_year = |year: &&HistoryYear| test_persistence(&rule.id, single, &[year]);
            let each: Vec<SustainedFinding> = window.iter().map(in_year).collect();
            let outcomes: Vec<Outcome> = each.iter().map(|year| year.outcome).collect();
            let clause = each.iter().chain([&same]).any(|f| f.depends_on_having_a_group());
            (outcomes, years, same.outcome, clause)
        }
    };
    let literal = Outcome::at_least(needed, years.iter().copied());
    CharterFinding {
        id: rule.id.clone(),
        outcome: literal,
        literal,
        same_group,
        years,
        depends_on_having_a_group,
    }
}
