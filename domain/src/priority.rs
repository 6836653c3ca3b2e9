//! LCFF state priorities, 1 to 10, and sets of them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An LCFF state priority, 1 to 10.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Priority(u8);

impl Priority {
    /// A priority by its number; `None` outside 1 to 10.
    #[must_use]
    pub fn new(number: u8) -> Option<Priority> {
        (1..=10).contains(&number).then_some(Priority(number))
    }

    /// Every priority, 1 to 10.
    pub fn all() -> impl Iterator<Item = Priority> {
        (1..=10).map(Priority)
    }

    /// The number, 1 to 10.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// The priority's short name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            1 => "Basics",
            2 => "Implementation of State Academic Standards",
            3 => "Parent and Family Engagement",
            4 => "Pupil Achievement",
            5 => "Pupil Engagement",
            6 => "School Climate",
            7 => "Access to a Broad Course of Study",
            8 => "Outcomes in a Broad Course of Study",
            9 => "Coordination of Services for Expelled Pupils",
            _ => "Coordination of Services for Foster Youth",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A set of priorities.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PrioritySet(u16);

impl PrioritySet {
    /// The set without a priority.
    pub const EMPTY: PrioritySet = PrioritySet(0);

    /// Adds a priority.
    pub fn insert(&mut self, priority: Priority) {
        self.0 |= 1 << priority.0;
    }

    /// Whether the priority is in the set.
    #[must_use]
    pub fn contains(self, priority: Priority) -> bool {
        self.0 & (1 << priority.0) != 0
    }

    /// The part of the set that is one priority, and the rest of it.
    pub(crate) fn split(self, priority: Priority) -> (PrioritySet, PrioritySet) {
        let one = 1 << priority.0;
        (PrioritySet(self.0 & one), PrioritySet(self.0 & !one))
    }

    /// How many priorities are in the set.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The priorities, in rising order.
    pub fn iter(self) -> impl Iterator<Item = Priority> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let number = u8::try_from(left.trailing_zeros()).ok()?;
            left &= left.wrapping_sub(1);
            Priority::new(number)
        })
    }
}

impl FromIterator<Priority> for PrioritySet {
    fn from_iter<I: IntoIterator<Item = Priority>>(priorities: I) -> PrioritySet {
        let mut set = PrioritySet::EMPTY;
        priorities.into_iter().for_each(|p| set.insert(p));
        set
    }
}

/// A value for each priority.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) struct PerPriority<T>([T; 10]);

impl<T: Copy + Default> PerPriority<T> {
    /// The value of a priority.
    pub(crate) fn get(&self, priority: Priority) -> T {
        self.0.get(usize::from(priority.0) - 1).copied().unwrap_or_default()
    }

    /// Gives a priority another value.
    pub(crate) fn set(&mut self, priority: Priority, value: T) {
        if let Some(place) = self.0.get_mut(usize::from(priority.0) - 1) {
            *place = value;
        }
    }

    /// The value of each priority, in rising order.
    pub(crate) fn values(&self) -> impl Iterator<Item = T> {
        self.0.into_iter()
    }
}

impl fmt::Display for PrioritySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.iter().map(|p| p.to_string()).collect();
        f.write_str(&texts.join(", "))
    }
}

impl fmt::Debug for PrioritySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{self}}}")
    }
}
