//! What the criteria of one year say of every student group of an LEA.
//!
//! This is the first of two steps: here it is found which state priorities each group is
//! in; [`crate::verdict`] concludes from that, from the local indicators and from the years
//! before. A year is small and copied freely. Outcomes that are not known do not carry what
//! they depend on: it is found again, from the cells, where it is asked for.

use crate::group_set::{GroupOutcomes, GroupSet, Tally};
use crate::history::PublishedSigns;
use crate::outcome::{Depends, KnownOutcome, Missing, MissingInput, ThreeWay};
use crate::packed_year::{PackedCells, PackedCodes};
use crate::priority::{PerPriority, Priority, PrioritySet};
use crate::rulebook::{Edition, Ends, PRIORITIES_MOST};
use crate::student_group::StudentGroup;
use crate::year::DashboardYear;

/// What an outcome that is not known is owed to.
#[derive(Clone, Copy, Debug)]
enum Owed<'a> {
    /// To the files of the year that were not loaded.
    Files(&'a Edition, &'a PackedCells),
    /// To every file of the year that the criteria ask for: a published list leaves open in
    /// which single priority a group without a letter is.
    EveryFile(Missing),
    /// To the year as a whole, as later years see it.
    Year(DashboardYear),
}

/// The groups of an LEA in one year.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupYear<'a> {
    pub(crate) year: DashboardYear,
    /// The groups in each state priority.
    pub(crate) priorities: PerPriority<GroupOutcomes>,
    /// In how many state priorities each group is.
    tally: Tally<{ PRIORITIES_MOST + 1 }>,
    /// Groups whose letter on a published list says in which priorities they are.
    pub(crate) lettered: GroupSet,
    /// Groups that are in one priority at most because they have no letter on such a list.
    pub(crate) at_most_one: GroupSet,
    /// Groups with a rated performance.
    pub(crate) rated: GroupOutcomes,
    /// Whether a method was met.
    eligible: KnownOutcome,
    /// Whether the LEA was in its first year of support; for a charter school, whether it
    /// was decided eligible.
    first_year: KnownOutcome,
    owed: Owed<'a>,
}

impl<'a> GroupYear<'a> {
    /// A year in which nothing was judged.
    pub(crate) fn nothing(year: DashboardYear) -> GroupYear<'static> {
        GroupYear {
            year,
            priorities: PerPriority::default(),
            tally: Tally::ZERO,
            lettered: GroupSet::EMPTY,
            at_most_one: GroupSet::EMPTY,
            rated: GroupOutcomes::NOT_MET,
            eligible: ThreeWay::NotMet,
            first_year: ThreeWay::NotMet,
            owed: Owed::Year(year),
        }
    }

    /// Applies the criteria of an edition to the cells of its year. Whether a method is met
    /// is concluded later.
    pub(crate) fn by_cells(edition: &'a Edition, cells: &'a PackedCells) -> GroupYear<'a> {
        let tables = &edition.tables;
        let mut priorities: PerPriority<GroupOutcomes> = PerPriority::default();
        let (mut all, mut any) = (GroupOutcomes::MET, GroupOutcomes::NOT_MET);
        for step in &tables.steps {
            all = all.and(cells.at(step.place));
            match step.ends {
                Ends::Nothing => {}
                Ends::Alternative => {
                    any = any.or(all);
                    all = GroupOutcomes::MET;
                }
                Ends::Criterion(priority, groups) => {
                    let outcome = any.or(all).within(groups);
                    priorities.set(priority, priorities.get(priority).or(outcome));
                    (all, any) = (GroupOutcomes::MET, GroupOutcomes::NOT_MET);
                }
            }
        }
        let rated = tables.rated.iter().fold(GroupOutcomes::NOT_MET, |any, (place, groups)| {
            any.or(cells.at(*place).within(*groups))
        });
        GroupYear { owed: Owed::Files(edition, cells), rated, ..GroupYear::nothing(edition.year) }
            .in_priorities(priorities)
    }

    /// What a published list's row says of the groups: with a letter, the priorities; without
    /// one, that a group is in fewer than two. Whether such a group is rated is known only
    /// from the year's rows (`by_rows`).
    fn by_letters(
        edition: &Edition,
        list: &PackedCodes,
        by_rows: &GroupYear<'_>,
        owed: Owed<'a>,
    ) -> GroupYear<'a> {
        let tables = &edition.tables;
        let mut priorities: PerPriority<GroupOutcomes> = PerPriority::default();
        for priority in tables.priorities.iter().copied() {
            let met = list.priorities.get(priority);
            let open = tables.asked.get(priority).without(list.lettered);
            priorities.set(priority, GroupOutcomes::new(met, met.with(open)));
        }
        GroupYear {
            owed,
            lettered: list.lettered,
            at_most_one: tables.groups.without(list.lettered),
            rated: by_rows.rated.or(GroupOutcomes::known(list.lettered)),
            ..GroupYear::nothing(edition.year)
        }
        .in_priorities(priorities)
    }

    /// The year by its own list, to check the list against itself.
    pub(crate) fn by_own_list(&self, edition: &'a Edition, list: &PackedCodes) -> GroupYear<'a> {
        GroupYear::by_letters(edition, list, self, Owed::EveryFile(edition.tables.every_file))
    }

    /// The groups by the year's list, as later years look back on them.
    pub(crate) fn published(&self, edition: &Edition, list: &PackedCodes) -> GroupYear<'static> {
        GroupYear::by_letters(edition, list, self, Owed::Year(self.year))
    }

    /// Takes what a row of the list says of the whole LEA.
    pub(crate) fn taking_over(self, signs: PublishedSigns) -> GroupYear<'a> {
        self.concluded(signs.eligible(), signs.first_year())
    }

    /// The same year with these results for the whole LEA.
    pub(crate) fn concluded(self, eligible: KnownOutcome, first_year: KnownOutcome) -> Self {
        GroupYear { eligible, first_year, ..self }
    }

    /// Whether a method was met, as later years look back on it.
    pub(crate) fn eligible<M: Depends>(&self) -> ThreeWay<M> {
        self.eligible.with_missing_as(MissingInput::EarlierYear(self.year))
    }

    /// Whether the LEA was in its first year of support, or a charter school decided
    /// eligible, as later years look back on it.
    pub(crate) fn first_year<M: Depends>(&self) -> ThreeWay<M> {
        self.first_year.with_missing_as(MissingInput::EarlierYear(self.year))
    }

    /// The year as later years look back on it, where no list was loaded. What is unknown in
    /// it is owed to the year as a whole.
    pub(crate) fn computed(
        &self,
        eligible: KnownOutcome,
        first_year: KnownOutcome,
    ) -> GroupYear<'static> {
        GroupYear {
            year: self.year,
            priorities: self.priorities,
            tally: self.tally,
            lettered: self.lettered,
            at_most_one: self.at_most_one,
            rated: self.rated,
            eligible,
            first_year,
            owed: Owed::Year(self.year),
        }
    }

    /// The same year with other groups rated.
    pub(crate) fn with_rated(self, rated: GroupOutcomes) -> GroupYear<'a> {
        GroupYear { rated, ..self }
    }

    fn in_priorities(self, priorities: PerPriority<GroupOutcomes>) -> GroupYear<'a> {
        GroupYear { priorities, tally: Tally::of(priorities.values()), ..self }
    }

    /// The same year with the criteria of some priorities left open: whether a group with a
    /// rated performance meets them is not known.
    pub(crate) fn with_open(self, edition: &Edition, open: PrioritySet) -> GroupYear<'a> {
        let mut priorities = self.priorities;
        for priority in open.iter() {
            let groups = edition.tables.asked.get(priority).and(self.rated.may());
            let outcome = priorities.get(priority);
            let (met, may) = (outcome.met().without(groups), outcome.may().with(groups));
            let left_open = GroupOutcomes::new(met, may);
            priorities.set(priority, left_open);
        }
        self.in_priorities(priorities)
    }

    /// The same year with one group's part of another one.
    pub(crate) fn with_group_of(self, group: StudentGroup, other: &GroupYear<'_>) -> GroupYear<'a> {
        let one = GroupSet::of(group);
        let set = |own: GroupSet, other: GroupSet| own.without(one).with(other.and(one));
        let both = |own: GroupOutcomes, other: GroupOutcomes| {
            GroupOutcomes::new(set(own.met(), other.met()), set(own.may(), other.may()))
        };
        let mut priorities = self.priorities;
        for priority in Priority::all() {
            priorities
                .set(priority, both(priorities.get(priority), other.priorities.get(priority)));
        }
        GroupYear {
            lettered: set(self.lettered, other.lettered),
            at_most_one: set(self.at_most_one, other.at_most_one),
            rated: both(self.rated, other.rated),
            ..self
        }
        .in_priorities(priorities)
    }

    /// The same year with another letter of a group, or none, on its list.
    pub(crate) fn with_letter(
        self,
        edition: &Edition,
        group: StudentGroup,
        letter: Option<PrioritySet>,
    ) -> GroupYear<'a> {
        let one = GroupSet::of(group);
        let mut priorities: PerPriority<GroupOutcomes> = PerPriority::default();
        let (lettered, rated) = match letter {
            Some(set) => {
                for priority in edition.tables.priorities.iter().filter(|p| set.contains(**p)) {
                    priorities.set(*priority, GroupOutcomes::known(one));
                }
                (one, GroupOutcomes::known(one))
            }
            None => (GroupSet::EMPTY, self.rated),
        };
        let other = GroupYear { priorities, lettered, rated, ..GroupYear::nothing(self.year) };
        self.with_group_of(group, &other)
    }

    /// Which groups are in at least this many state priorities.
    pub(crate) fn in_at_least(&self, count: usize) -> GroupOutcomes {
        let by_priorities = self.tally.at_least(count);
        if count < 2 {
            return by_priorities;
        }
        by_priorities.within(GroupSet::EVERY.without(self.at_most_one))
    }

    /// Which groups are in a state priority that is not `other`.
    pub(crate) fn in_another_than(&self, other: Priority) -> GroupOutcomes {
        let others = Priority::all().filter(|p| *p != other);
        others.fold(GroupOutcomes::NOT_MET, |any, p| any.or(self.priorities.get(p)))
    }

    /// Whether any group is in a state priority that is not `other`.
    pub(crate) fn any_in_another_than<M: Depends>(&self, other: Priority) -> ThreeWay<M> {
        self.in_another_than(other).any(|open| self.missing_except(open, Some(other)))
    }

    /// Whether any group is in exactly one state priority, and that one is not `other`.
    pub(crate) fn any_only_in_another_than<M: Depends>(&self, other: Priority) -> ThreeWay<M> {
        let another = self.in_another_than(other);
        let two = self.in_at_least(2);
        another.and(two.negated()).any(|open| {
            let by_another = self.missing_except(open.and(another.open()), Some(other));
            by_another.with(self.missing(open.and(two.open())))
        })
    }

    /// Groups with a priority of which it is not known whether they are in it.
    pub(crate) fn open(&self) -> GroupSet {
        self.priorities.values().fold(GroupSet::EMPTY, |open, p| open.with(p.open()))
    }

    /// What the priorities of these groups still depend on.
    pub(crate) fn missing(&self, groups: GroupSet) -> Missing {
        self.missing_except(groups, None)
    }

    fn missing_except(&self, groups: GroupSet, except: Option<Priority>) -> Missing {
        let open = |p: &Priority| !self.priorities.get(*p).open().and(groups).is_empty();
        let priorities = || Priority::all().filter(|p| Some(*p) != except).filter(open);
        if priorities().next().is_none() {
            return Missing::NOTHING;
        }
        self.owed_to(|edition, cells| {
            let criteria = edition.criteria.iter().zip(&edition.tables.criteria);
            priorities()
                .flat_map(|p| criteria.clone().filter(move |(c, _)| c.priority == p))
                .map(|(criterion, its)| {
                    let open = self.priorities.get(criterion.priority).open();
                    cells.missing_for(criterion, open.and(groups).and(*its))
                })
                .fold(Missing::NOTHING, Missing::with)
        })
    }

    /// What one priority of a group still depends on.
    pub(crate) fn missing_in(&self, group: StudentGroup, priority: Priority) -> Missing {
        let mut alone = *self;
        alone.priorities = PerPriority::default();
        alone.priorities.set(priority, self.priorities.get(priority));
        alone.missing(GroupSet::of(group))
    }

    /// What it depends on whether these groups have a rated performance.
    pub(crate) fn missing_of_rated(&self, groups: GroupSet) -> Missing {
        let open = self.rated.open().and(groups);
        if open.is_empty() {
            return Missing::NOTHING;
        }
        self.owed_to(|edition, cells| {
            let published = edition.tables.used.iter().filter(|(_, its)| !its.and(open).is_empty());
            published.map(|(i, _)| cells.missing(*i)).fold(Missing::NOTHING, Missing::with)
        })
    }

    fn owed_to(&self, files: impl FnOnce(&Edition, &PackedCells) -> Missing) -> Missing {
        match self.owed {
            Owed::Files(edition, cells) => files(edition, cells),
            Owed::EveryFile(missing) => missing,
            Owed::Year(year) => Missing::of(MissingInput::EarlierYear(year)),
        }
    }

    /// The groups whose part of the year is another one than in another year.
    pub(crate) fn differing_from(&self, other: &GroupYear<'_>) -> GroupSet {
        let differ = |a: GroupOutcomes, b: GroupOutcomes| {
            a.met().differing_from(b.met()).with(a.may().differing_from(b.may()))
        };
        let priorities = self.priorities.values().zip(other.priorities.values());
        priorities
            .fold(self.at_most_one.differing_from(other.at_most_one), |sofar, (own, others)| {
                sofar.with(differ(own, others))
            })
            .with(differ(self.rated, other.rated))
    }

    /// One group's part of the year, to tell whether two years are the same for it.
    pub(crate) fn key(&self, group: StudentGroup) -> GroupKey {
        let with = |of: fn(GroupOutcomes) -> GroupSet| {
            Priority::all().filter(|p| of(self.priorities.get(*p)).contains(group)).collect()
        };
        GroupKey {
            met: with(|outcomes| outcomes.met()),
            may: with(|outcomes| outcomes.may()),
            at_most_one: self.at_most_one.contains(group),
            rated: (self.rated.met().contains(group), self.rated.may().contains(group)),
        }
    }

    /// Whether a group is in a priority for certain.
    pub(crate) fn is_in(&self, group: StudentGroup, priority: Priority) -> bool {
        self.priorities.get(priority).met().contains(group)
    }

    /// The priorities that a group is in for certain.
    pub(crate) fn met_by(&self, group: StudentGroup) -> PrioritySet {
        Priority::all().filter(|p| self.priorities.get(*p).met().contains(group)).collect()
    }
}

/// One group's part of a year.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GroupKey {
    met: PrioritySet,
    may: PrioritySet,
    at_most_one: bool,
    rated: (bool, bool),
}
