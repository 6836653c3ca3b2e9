//! Tests over several years: enough student groups in enough of the years.
//!
//! The same group must recur; its priorities may differ from year to year. An LEA with
//! fewer groups than the test asks for meets it when all of its groups do. What counts as
//! having a group is open, so that both readings are computed.

use crate::group_set::{GroupOutcomes, GroupSet, Tally};
use crate::group_year::GroupYear;
use crate::outcome::{Depends, Missing, Outcome, ThreeWay};
use crate::rulebook::SustainedRule;
use crate::student_group::StudentGroup;
use crate::year::DashboardYear;

/// How many years a test may look at.
pub(crate) const YEARS_MOST: usize = 8;

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
    /// The result of a rule, with what each group's part in it depends on.
    pub(crate) fn of(
        rule: &SustainedRule,
        result: &Persistent<Missing>,
        window: Window<'_>,
    ) -> SustainedFinding {
        let Persistent { outcome, groups, by_count, all_rated_now, all_rated_ever } = *result;
        let missing = |open| window.missing(rule.priorities, open);
        SustainedFinding {
            id: rule.id.clone(),
            outcome,
            persistent: groups.may().iter().map(|g| (g, groups.of(g, missing))).collect(),
            by_count,
            all_rated_now,
            all_rated_ever,
        }
    }

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
        depends_on_having_a_group(self.by_count, self.all_rated_now, self.all_rated_ever)
    }
}

fn depends_on_having_a_group<M: Depends>(
    by_count: ThreeWay<M>,
    now: ThreeWay<M>,
    ever: ThreeWay<M>,
) -> bool {
    !by_count.is_met() && (now.may_be_met() || ever.may_be_met())
}

/// The shape that tests over several years share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
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

impl Persistence {
    /// The shape of a rule.
    pub(crate) fn of(rule: &SustainedRule) -> Persistence {
        Persistence {
            years: rule.years,
            groups: rule.groups,
            priorities: rule.priorities,
            all_if_fewer_groups: rule.all_if_fewer_groups,
        }
    }
}

/// A year of those before. They are mostly without gaps and end with the last one, so that
/// its place is nearly always found by counting back.
pub(crate) fn year_of<'p, 'a>(
    past: &'p [GroupYear<'a>],
    year: DashboardYear,
) -> Option<&'p GroupYear<'a>> {
    let last = past.last()?;
    let back = usize::from(last.year.number().checked_sub(year.number())?);
    let guess = past.len().checked_sub(back + 1).and_then(|place| past.get(place));
    guess.filter(|found| found.year == year).or_else(|| past.iter().find(|p| p.year == year))
}

/// The years that a test looks at: the named ones of the years before and the one decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<'a> {
    years: &'a [DashboardYear],
    past: &'a [GroupYear<'a>],
    now: &'a GroupYear<'a>,
}

impl<'a> Window<'a> {
    pub(crate) fn new(
        years: &'a [DashboardYear],
        past: &'a [GroupYear<'a>],
        now: &'a GroupYear<'a>,
    ) -> Window<'a> {
        Window { years, past, now }
    }

    /// A window of one year.
    pub(crate) fn of_year(year: &'a GroupYear<'a>) -> Window<'a> {
        Window { years: std::slice::from_ref(&year.year), past: &[], now: year }
    }

    /// Whether a year is the one that is decided.
    pub(crate) fn decides(self, year: &GroupYear<'_>) -> bool {
        year.year == self.now.year
    }

    /// The years, the year decided last.
    pub(crate) fn iter(self) -> impl DoubleEndedIterator<Item = &'a GroupYear<'a>> {
        let Window { years, past, now } = self;
        years.iter().filter_map(
            move |year| {
                if now.year == *year { Some(now) } else { year_of(past, *year) }
            },
        )
    }

    /// What it depends on whether these groups meet the criteria in enough of the years.
    fn missing(self, priorities: usize, groups: GroupSet) -> Missing {
        self.iter().fold(Missing::NOTHING, |all, year| {
            all.with(year.missing(year.in_at_least(priorities).open().and(groups)))
        })
    }
}

/// The result of a test over several years, for all groups at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Persistent<M> {
    /// The result, by the reading that decides.
    pub(crate) outcome: ThreeWay<M>,
    /// Which groups meet the criteria in enough of the years.
    pub(crate) groups: GroupOutcomes,
    pub(crate) by_count: ThreeWay<M>,
    pub(crate) all_rated_now: ThreeWay<M>,
    pub(crate) all_rated_ever: ThreeWay<M>,
}

impl<M: Depends> Persistent<M> {
    /// No test was made.
    pub(crate) const NONE: Persistent<M> = Persistent {
        outcome: ThreeWay::NotMet,
        groups: GroupOutcomes::NOT_MET,
        by_count: ThreeWay::NotMet,
        all_rated_now: ThreeWay::NotMet,
        all_rated_ever: ThreeWay::NotMet,
    };

    pub(crate) fn depends_on_having_a_group(&self) -> bool {
        depends_on_having_a_group(self.by_count, self.all_rated_now, self.all_rated_ever)
    }
}

/// The test itself, for any rule of this shape.
pub(crate) fn test_persistence<M: Depends>(
    shape: Persistence,
    window: Window<'_>,
) -> Persistent<M> {
    let mut in_years = Tally::<{ YEARS_MOST + 1 }>::ZERO;
    let (mut rated_now, mut rated_ever) = (GroupOutcomes::NOT_MET, GroupOutcomes::NOT_MET);
    for year in window.iter() {
        in_years.add(year.in_at_least(shape.priorities));
        rated_now = year.rated;
        rated_ever = rated_ever.or(year.rated);
    }
    let groups = in_years.at_least(shape.years);
    let missing = |open| window.missing(shape.priorities, open);
    let by_count = groups.at_least(shape.groups, missing);
    if !shape.all_if_fewer_groups {
        return Persistent { outcome: by_count, groups, by_count, ..Persistent::NONE };
    }
    let now = || window.iter().next_back();
    let all_rated_now = all_of_fewer(
        shape.groups,
        Had {
            groups: rated_now,
            missing: |open| now().map_or(Missing::NOTHING, |year| year.missing_of_rated(open)),
        },
        groups,
        missing,
    );
    let all_rated_ever = all_of_fewer(
        shape.groups,
        Had {
            groups: rated_ever,
            missing: |open| {
                window
                    .iter()
                    .fold(Missing::NOTHING, |all, year| all.with(year.missing_of_rated(open)))
            },
        },
        groups,
        missing,
    );
    Persistent {
        outcome: by_count.or(all_rated_now),
        groups,
        by_count,
        all_rated_now,
        all_rated_ever,
    }
}

/// The groups that an LEA has, under one reading of it, and what that depends on.
struct Had<F> {
    groups: GroupOutcomes,
    missing: F,
}

/// An LEA that has at least one group and fewer than `count`, all of which are persistent.
fn all_of_fewer<M: Depends>(
    count: usize,
    had: Had<impl Fn(GroupSet) -> Missing>,
    persistent: GroupOutcomes,
    missing_of_persistent: impl Fn(GroupSet) -> Missing,
) -> ThreeWay<M> {
    let either = |open: GroupSet| {
        let had = (had.missing)(open.and(had.groups.open()));
        had.with(missing_of_persistent(open.and(persistent.open())))
    };
    let fewer: ThreeWay<M> = had.groups.at_least(count, &had.missing).negated();
    // A group that is had and not persistent is an exception.
    let exception = had.groups.and(persistent.negated());
    let every = exception.any(either).negated();
    // What is certain of all groups together: at least one that is had is persistent.
    let some = had.groups.and(persistent).any(either);
    fewer.and(every).and(some)
}
