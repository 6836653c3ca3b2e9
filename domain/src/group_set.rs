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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub struct GroupOutcomes {
    /// Groups for which it is met for certain.
    pub met: GroupSet,
    /// Groups for which it may be met: those, and those for which it is not known.
    pub may: GroupSet,
}

impl GroupOutcomes {
    /// Not met for any group.
    pub const NOT_MET: GroupOutcomes = GroupOutcomes { met: GroupSet::EMPTY, may: GroupSet::EMPTY };
    /// Met for every group.
    pub const MET: GroupOutcomes = GroupOutcomes { met: GroupSet::EVERY, may: GroupSet::EVERY };

    /// Met for these groups and not met for others.
    #[must_use]
    pub fn known(met: GroupSet) -> GroupOutcomes {
        GroupOutcomes { met, may: met }
    }

    /// This or the other.
    #[must_use]
    pub fn or(self, other: GroupOutcomes) -> GroupOutcomes {
        GroupOutcomes { met: self.met.with(other.met), may: self.may.with(other.may) }
    }

    /// This and the other.
    #[must_use]
    pub fn and(self, other: GroupOutcomes) -> GroupOutcomes {
        GroupOutcomes { met: self.met.and(other.met), may: self.may.and(other.may) }
    }

    /// The opposite; not known stays not known.
    #[must_use]
    pub fn negated(self) -> GroupOutcomes {
        GroupOutcomes {
            met: GroupSet::EVERY.without(self.may),
            may: GroupSet::EVERY.without(self.met),
        }
    }

    /// The same for these groups, and not met for others.
    #[must_use]
    pub fn within(self, groups: GroupSet) -> GroupOutcomes {
        GroupOutcomes { met: self.met.and(groups), may: self.may.and(groups) }
    }

    /// Groups for which it is not known.
    #[must_use]
    pub fn open(self) -> GroupSet {
        self.may.without(self.met)
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
        if self.met.len() >= count {
            ThreeWay::Met
        } else if self.may.len() < count {
            ThreeWay::NotMet
        } else {
            ThreeWay::NotKnown(M::find(|| missing(self.open())))
        }
    }

    /// Whether it is met for any group.
    #[must_use]
    pub fn any<M: Depends>(self, missing: impl FnOnce(GroupSet) -> Missing) -> ThreeWay<M> {
        match (self.met.is_empty(), self.may.is_empty()) {
            (false, _) => ThreeWay::Met,
            (true, true) => ThreeWay::NotMet,
            (true, false) => ThreeWay::NotKnown(M::find(|| missing(self.open()))),
        }
    }
}

/// Counts, for every group at once, how many of several outcomes are met: a number for
/// each group whose binary digits are sets, the lowest first. `DIGITS` of them count to one
/// less than that power of two.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Tally<const DIGITS: usize> {
    met: [GroupSet; DIGITS],
    may: [GroupSet; DIGITS],
}

impl<const DIGITS: usize> Tally<DIGITS> {
    /// Nothing counted.
    pub const ZERO: Tally<DIGITS> =
        Tally { met: [GroupSet::EMPTY; DIGITS], may: [GroupSet::EMPTY; DIGITS] };

    /// Counts one more outcome.
    pub fn add(&mut self, outcome: GroupOutcomes) {
        if outcome.may.is_empty() {
            return;
        }
        add_one(&mut self.met, outcome.met);
        add_one(&mut self.may, outcome.may);
    }

    /// Counts several outcomes.
    #[must_use]
    pub fn of(outcomes: impl IntoIterator<Item = GroupOutcomes>) -> Tally<DIGITS> {
        let mut tally = Tally::ZERO;
        outcomes.into_iter().for_each(|outcome| tally.add(outcome));
        tally
    }

    /// Whether at least `count` of the outcomes are met.
    #[must_use]
    pub fn at_least(&self, count: usize) -> GroupOutcomes {
        if count >> DIGITS != 0 {
            return GroupOutcomes::NOT_MET;
        }
        GroupOutcomes { met: reached(&self.met, count), may: reached(&self.may, count) }
    }
}

fn add_one(digits: &mut [GroupSet], groups: GroupSet) {
    let mut carry = groups;
    for digit in digits {
        if carry.is_empty() {
            return;
        }
        let full = digit.and(carry);
        *digit = digit.with(carry).without(full);
        carry = full;
    }
}

/// The groups whose number is at least `count`: from the lowest digit upwards, a group is
/// ahead where its digit is greater, or the same and it was ahead or level before.
fn reached(digits: &[GroupSet], count: usize) -> GroupSet {
    let mut ahead = GroupSet::EVERY;
    for (place, digit) in digits.iter().enumerate() {
        ahead = if count >> place & 1 == 1 { digit.and(ahead) } else { digit.with(ahead) };
    }
    ahead
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
                Outcome::NotKnown(_) => GroupOutcomes { met: GroupSet::EMPTY, may: set },
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
                let tally = Tally::<2>::of([a, b, a]);
                let alone = Outcome::at_least(count, [one, other, one]);
                assert_eq!(tally.at_least(count).of(group, missing), alone, "{count}");
            }
        }
    }

    #[test]
    fn a_tally_counts_to_one_less_than_its_power_of_two() {
        let every = GroupOutcomes::MET;
        let three = Tally::<2>::of([every; 3]);
        assert_eq!(three.at_least(3), every);
        assert_eq!(three.at_least(4), GroupOutcomes::NOT_MET);
        assert_eq!(Tally::<7>::of([every; 100]).at_least(100), every);
        assert_eq!(Tally::<7>::of([every; 100]).at_least(101), GroupOutcomes::NOT_MET);
    }
}
