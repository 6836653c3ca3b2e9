//! Sets of student groups, and a rule's outcome for all groups at once.
//!
//! A set has one bit for each group that can count. What is met, not met or not known is
//! two sets, so that one operation of the machine combines a rule's outcome for every group.

use std::fmt;

use crate::outcome::{Depends, Missing, ThreeWay};
use crate::student_group::StudentGroup;

/// A set of student groups that can count. [`StudentGroup::All`] is in none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GroupSet(u16);

impl GroupSet {
    /// No group.
    pub const EMPTY: GroupSet = GroupSet(0);
    /// Every group that can count.
    pub const EVERY: GroupSet = GroupSet((1 << StudentGroup::COUNTED.len()) - 1);

    /// One group; nothing for the group of all students.
    #[must_use]
    pub fn of(group: StudentGroup) -> GroupSet {
        // The groups that count are numbered from 1, in the order of their codes.
        GroupSet((1 << group as u16) >> 1)
    }

    /// Whether a group is in the set.
    #[must_use]
    pub fn contains(self, group: StudentGroup) -> bool {
        self.0 & GroupSet::of(group).0 != 0
    }

    /// The groups of either set.
    #[must_use]
    pub fn with(self, other: GroupSet) -> GroupSet {
        GroupSet(self.0 | other.0)
    }

    /// The groups of both sets.
    #[must_use]
    pub fn and(self, other: GroupSet) -> GroupSet {
        GroupSet(self.0 & other.0)
    }

    /// The groups that are not in the other set.
    #[must_use]
    pub fn without(self, other: GroupSet) -> GroupSet {
        GroupSet(self.0 & !other.0)
    }

    /// The groups that are in one of the sets only.
    #[must_use]
    pub fn differing_from(self, other: GroupSet) -> GroupSet {
        GroupSet(self.0 ^ other.0)
    }

    /// How many groups are in the set.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no group is in the set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The groups, in the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = StudentGroup> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let group = StudentGroup::COUNTED.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*group)
        })
    }
}

impl FromIterator<StudentGroup> for GroupSet {
    fn from_iter<I: IntoIterator<Item = StudentGroup>>(groups: I) -> GroupSet {
        groups.into_iter().map(GroupSet::of).fold(GroupSet::EMPTY, GroupSet::with)
    }
}

impl fmt::Debug for GroupSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A rule's outcome for every group. What an outcome that is not known depends on is not
/// kept here: whoever asks for it finds it from what is open.
///
/// Both sets are in one word, so that one operation of the machine combines them together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct GroupOutcomes(u32);

impl GroupOutcomes {
    /// Not met for any group.
    pub const NOT_MET: GroupOutcomes = GroupOutcomes::new(GroupSet::EMPTY, GroupSet::EMPTY);
    /// Met for every group.
    pub const MET: GroupOutcomes = GroupOutcomes::new(GroupSet::EVERY, GroupSet::EVERY);

    /// Met for certain for some groups, and perhaps for some: for those, and those for which
    /// it is not known.
    #[must_use]
    pub const fn new(met: GroupSet, may: GroupSet) -> GroupOutcomes {
        GroupOutcomes(met.0 as u32 | (may.0 as u32) << 16)
    }

    /// Groups for which it is met for certain.
    #[must_use]
    pub const fn met(self) -> GroupSet {
        GroupSet(self.0 as u16)
    }

    /// Groups for which it may be met: those, and those for which it is not known.
    #[must_use]
    pub const fn may(self) -> GroupSet {
        GroupSet((self.0 >> 16) as u16)
    }

    /// Met for these groups and not met for others.
    #[must_use]
    pub fn known(met: GroupSet) -> GroupOutcomes {
        GroupOutcomes::new(met, met)
    }

    /// This or the other.
    #[must_use]
    pub fn or(self, other: GroupOutcomes) -> GroupOutcomes {
        GroupOutcomes(self.0 | other.0)
    }

    /// This and the other.
    #[must_use]
    pub fn and(self, other: GroupOutcomes) -> GroupOutcomes {
        GroupOutcomes(self.0 & other.0)
    }

    /// The opposite; not known stays not known.
    #[must_use]
    pub fn negated(self) -> GroupOutcomes {
        GroupOutcomes::new(GroupSet::EVERY.without(self.may()), GroupSet::EVERY.without(self.met()))
    }

    /// The same for these groups, and not met for others.
    #[must_use]
    pub fn within(self, groups: GroupSet) -> GroupOutcomes {
        self.and(GroupOutcomes::known(groups))
    }

    /// Groups for which it is not known.
    #[must_use]
    pub fn open(self) -> GroupSet {
        self.may().without(self.met())
    }

    /// The outcome for one group; `missing` tells what it depends on where it is not known.
    #[must_use]
    pub fn of<M: Depends>(
        self,
        group: StudentGroup,
        missing: impl FnOnce(GroupSet) -> Missing,
    ) -> ThreeWay<M> {
        self.within(GroupSet::of(group)).any(missing)
    }

    /// Whether it is met for at least so many groups. `missing` tells what the groups for
    /// which it is not known depend on, and is asked only where that decides.
    #[must_use]
    pub fn at_least<M: Depends>(
        self,
        count: usize,
        missing: impl FnOnce(GroupSet) -> Missing,
    ) -> ThreeWay<M> {
        if self.met().len() >= count {
            ThreeWay::Met
        } else if self.may().len() < count {
            ThreeWay::NotMet
        } else {
            ThreeWay::NotKnown(M::find(|| missing(self.open())))
        }
    }

    /// Whether it is met for any group.
    #[must_use]
    pub fn any<M: Depends>(self, missing: impl FnOnce(GroupSet) -> Missing) -> ThreeWay<M> {
        match (self.met().is_empty(), self.may().is_empty()) {
            (false, _) => ThreeWay::Met,
            (true, true) => ThreeWay::NotMet,
            (true, false) => ThreeWay::NotKnown(M::find(|| missing(self.open()))),
        }
    }
}

impl fmt::Debug for GroupOutcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupOutcomes").field("met", &self.met()).field("may", &self.may()).finish()
    }
}

/// Counts, for every group at once, how many of several outcomes are met: at place `n` is
/// for which groups at least `n` are. It counts to one less than it has places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tally<const PLACES: usize>([GroupOutcomes; PLACES]);

impl<const PLACES: usize> Tally<PLACES> {
    /// Nothing counted.
    pub const ZERO: Tally<PLACES> = {
        let mut places = [GroupOutcomes::NOT_MET; PLACES];
        if let Some(none_or_more) = places.first_mut() {
            *none_or_more = GroupOutcomes::MET;
        }
        Tally(places)
    };

    /// Counts one more outcome.
    pub fn add(&mut self, outcome: GroupOutcomes) {
        if outcome.may().is_empty() {
            return;
        }
        let before = self.0;
        for (place, one_fewer) in self.0.iter_mut().skip(1).zip(before) {
            *place = place.or(one_fewer.and(outcome));
        }
    }

    /// Counts several outcomes.
    #[must_use]
    pub fn of(outcomes: impl IntoIterator<Item = GroupOutcomes>) -> Tally<PLACES> {
        let mut tally = Tally::ZERO;
        outcomes.into_iter().for_each(|outcome| tally.add(outcome));
        tally
    }

    /// Whether at least `count` of the outcomes are met; beyond the last place, for no group.
    #[must_use]
    pub fn at_least(&self, count: usize) -> GroupOutcomes {
        self.0.get(count).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::Indicator;
    use crate::outcome::{MissingInput, Outcome};

    #[test]
    fn every_group_that_counts_has_a_bit_and_all_students_have_none() {
        assert!(GroupSet::of(StudentGroup::All).is_empty());
        assert_eq!(StudentGroup::COUNTED.into_iter().collect::<GroupSet>(), GroupSet::EVERY);
        for group in StudentGroup::COUNTED {
            let set = GroupSet::of(group);
            assert_eq!(set.iter().collect::<Vec<_>>(), [group]);
            assert!(set.contains(group) && !set.contains(StudentGroup::All));
        }
        let every: Vec<StudentGroup> = GroupSet::EVERY.iter().collect();
        assert_eq!(every, StudentGroup::COUNTED);
    }

    /// Nine groups, one for each pair of outcomes.
    fn pairs() -> Vec<(StudentGroup, Outcome, Outcome)> {
        let missing = Missing::of(MissingInput::Indicator(Indicator::Ela));
        let three = [Outcome::Met, Outcome::NotMet, Outcome::NotKnown(missing)];
        let pairs = three.into_iter().flat_map(|a| three.map(|b| (a, b)));
        StudentGroup::COUNTED.into_iter().zip(pairs).map(|(g, (a, b))| (g, a, b)).collect()
    }

    fn all_at_once(outcomes: impl Iterator<Item = (StudentGroup, Outcome)>) -> GroupOutcomes {
        outcomes.fold(GroupOutcomes::NOT_MET, |sofar, (group, outcome)| {
            let set = GroupSet::of(group);
            sofar.or(match outcome {
                Outcome::Met => GroupOutcomes::known(set),
                Outcome::NotMet => GroupOutcomes::NOT_MET,
                Outcome::NotKnown(_) => GroupOutcomes::new(GroupSet::EMPTY, set),
            })
        })
    }

    #[test]
    fn all_groups_at_once_come_to_the_same_as_each_alone() {
        let missing = |_| Missing::of(MissingInput::Indicator(Indicator::Ela));
        let a = all_at_once(pairs().into_iter().map(|(g, a, _)| (g, a)));
        let b = all_at_once(pairs().into_iter().map(|(g, _, b)| (g, b)));
        for (group, one, other) in pairs() {
            assert_eq!(a.or(b).of(group, missing), one.or(other));
            assert_eq!(a.and(b).of(group, missing), one.and(other));
            assert_eq!(a.negated().of(group, missing), one.negated());
            for count in 0..=4 {
                let tally = Tally::<4>::of([a, b, a]);
                let alone = Outcome::at_least(count, [one, other, one]);
                assert_eq!(tally.at_least(count).of(group, missing), alone, "{count}");
            }
        }
    }

    #[test]
    fn a_tally_counts_to_one_less_than_it_has_places() {
        let every = GroupOutcomes::MET;
        let three = Tally::<4>::of([every; 3]);
        assert_eq!(three.at_least(0), every);
        assert_eq!(three.at_least(3), every);
        assert_eq!(three.at_least(4), GroupOutcomes::NOT_MET);
        assert_eq!(Tally::<4>::of([every; 2]).at_least(3), GroupOutcomes::NOT_MET);
        assert_eq!(Tally::<4>::of([every; 100]).at_least(3), every);
    }
}
