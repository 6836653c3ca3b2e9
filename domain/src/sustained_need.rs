//! Tests over several years: enough student groups in enough of the years.
//!
//! The same group must recur; its priorities may differ from year to year. An LEA with
//! fewer groups than the test asks for meets it when all of its groups do. What counts as
//! having a group is open, so that both readings are computed.

use std::collections::BTreeSet;

use crate::evaluation::GroupFinding;
use crate::history::HistoryYear;
use crate::outcome::Outcome;
use crate::rulebook::SustainedRule;
use crate::student_group::StudentGroup;

/// The id under which editions say that it is open what having a group means.
pub const HAVING_A_GROUP: &str = "having-a-group";

/// The result of a test over several years.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SustainedFinding {
    /// The rule's id.
    pub id: String,
    /// The result, by the reading that decides.
    pub outcome: Outcome,
    /// Each group that meets the criteria in enough of the years, or may.
    pub persistent: Vec<(StudentGroup, Outcome)>,
    /// Whether enough groups do: without the clause on LEAs with fewer groups.
    pub by_count: Outcome,
    /// By the clause, a group being one with a rated performance in the year decided.
    pub all_rated_now: Outcome,
    /// By the clause, a group being one with a rated performance in any year of the window.
    pub all_rated_ever: Outcome,
}

impl SustainedFinding {
    /// The result under the reading that a group is one rated in the year decided.
    #[must_use]
    pub fn by_rated_now(&self) -> Outcome {
        self.by_count.or(self.all_rated_now)
    }

    /// The result under the reading that a group is one rated in any year of the window.
    #[must_use]
    pub fn by_rated_ever(&self) -> Outcome {
        self.by_count.or(self.all_rated_ever)
    }

    /// Whether the clause on LEAs with fewer groups has a say: its result depends on what
    /// having a group means.
    #[must_use]
    pub fn depends_on_having_a_group(&self) -> bool {
        !self.by_count.is_met()
            && (self.all_rated_now.may_be_met() || self.all_rated_ever.may_be_met())
    }
}

/// The shape that tests over several years share.
#[derive(Clone, Copy, Debug)]
pub struct Persistence {
    /// In how many years.
    pub years: usize,
    /// How many groups.
    pub groups: usize,
    /// In how many state priorities.
    pub priorities: usize,
    /// An LEA with fewer groups: all of them.
    pub all_if_fewer_groups: bool,
}

/// Applies a test over several years. `window` has every year of the rule, the year
/// decided last.
#[must_use]
pub fn test_sustained(rule: &SustainedRule, window: &[&HistoryYear]) -> SustainedFinding {
    let shape = Persistence {
        years: rule.years,
        groups: rule.groups,
        priorities: rule.priorities,
        all_if_fewer_groups: rule.all_if_fewer_groups,
    };
    test_persistence(&rule.id, shape, window)
}

/// The test itself, for any rule of this shape.
#[must_use]
pub fn test_persistence(id: &str, shape: Persistence, window: &[&HistoryYear]) -> SustainedFinding {
    let groups: BTreeSet<StudentGroup> =
        window.iter().flat_map(|year| &year.groups).map(|finding| finding.group).collect();
    let persistent: Vec<(StudentGroup, Outcome)> = groups
        .iter()
        .map(|group| {
            let in_years = window.iter().map(|year| match year.group(*group) {
                Some(finding) => finding.in_at_least(shape.priorities),
                None => Outcome::NotMet,
            });
            (*group, Outcome::at_least(shape.years, in_years))
        })
        .collect();
    let by_count = Outcome::at_least(shape.groups, persistent.iter().map(|(_, o)| *o));
    let rated_now = |group| rated_in(window.last().copied(), group);
    let rated_ever = |group| Outcome::any(window.iter().map(|year| rated_in(Some(year), group)));
    let clause = |has: &dyn Fn(StudentGroup) -> Outcome| {
        if shape.all_if_fewer_groups {
            all_of_fewer(shape.groups, &persistent, has)
        } else {
            Outcome::NotMet
        }
    };
    let (all_rated_now, all_rated_ever) = (clause(&rated_now), clause(&rated_ever));
    SustainedFinding {
        id: id.to_owned(),
        outcome: by_count.or(all_rated_now),
        persistent: persistent.into_iter().filter(|(_, o)| o.may_be_met()).collect(),
        by_count,
        all_rated_now,
        all_rated_ever,
    }
}

fn rated_in(year: Option<&HistoryYear>, group: StudentGroup) -> Outcome {
    year.and_then(|year| year.group(group)).map_or(Outcome::NotMet, |g: &GroupFinding| g.rated)
}

/// An LEA that has at least one group and fewer than `groups`, all of which are persistent.
fn all_of_fewer(
    groups: usize,
    persistent: &[(StudentGroup, Outcome)],
    has: &dyn Fn(StudentGroup) -> Outcome,
) -> Outcome {
    let fewer = Outcome::at_least(groups, persistent.iter().map(|(g, _)| has(*g))).negated();
    let every = Outcome::all(persistent.iter().map(|(g, o)| has(*g).negated().or(*o)));
    // What is certain of all groups together: at least one that is had is persistent.
    let some = Outcome::any(persistent.iter().map(|(g, o)| has(*g).and(*o)));
    fewer.and(every).and(some)
}
