//! Words of a fixed set, and numbers within limits.

use std::collections::BTreeSet;

use toml::Spanned;

use super::{Page, Text};
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::priority::Priority;
use crate::student_group::StudentGroup;

/// Reads words of a fixed set; each unknown one is a fault that lists the known ones.
pub(super) fn word<T>(page: &mut Page<'_>, at: &Text, known: &[(&str, T)]) -> Option<T>
where
    T: Copy,
{
    let found = known.iter().find(|(word, _)| *word == at.get_ref()).map(|(_, value)| *value);
    if found.is_none() {
        let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
        page.fault(at, format!("'{}' is unknown here; known: {}", at.get_ref(), words.join(", ")));
    }
    found
}

pub(super) fn lea_type(page: &mut Page<'_>, at: &Text) -> Option<LeaType> {
    word(page, at, &LeaType::ALL.map(|t| (t.code(), t)))
}

pub(super) fn lea_types(page: &mut Page<'_>, at: Option<Vec<Text>>) -> BTreeSet<LeaType> {
    match at {
        None => BTreeSet::from(LeaType::ALL),
        Some(words) => words.iter().filter_map(|w| lea_type(page, w)).collect(),
    }
}

pub(super) fn groups_of(
    page: &mut Page<'_>,
    words: &[Text],
    known: Option<&BTreeSet<StudentGroup>>,
) -> BTreeSet<StudentGroup> {
    let mut groups = BTreeSet::new();
    for at in words {
        let code = at.get_ref();
        match StudentGroup::COUNTED.into_iter().find(|g| g.code() == code) {
            None => page.fault(at, format!("'{code}' is no student group that can count")),
            Some(group) if known.is_some_and(|k| !k.contains(&group)) => {
                page.fault(at, format!("the group {code} is not among the year's groups"));
            }
            Some(group) if !groups.insert(group) => {
                page.fault(at, format!("the group {code} stands here a second time"));
            }
            Some(_) => {}
        }
    }
    groups
}

pub(super) fn indicator(page: &mut Page<'_>, at: &Text) -> Option<Indicator> {
    word(page, at, &Indicator::ALL.map(|i| (i.code(), i)))
}

pub(super) fn priority_of(page: &mut Page<'_>, at: &Spanned<u8>) -> Option<Priority> {
    let priority = Priority::new(*at.get_ref());
    if priority.is_none() {
        page.fault(at, format!("{} is no state priority (1 to 10)", at.get_ref()));
    }
    priority
}

pub(super) fn level_of(page: &mut Page<'_>, at: &Spanned<u8>) -> u8 {
    if !(1..=3).contains(at.get_ref()) {
        page.fault(at, format!("{} is no level of support (1 to 3)", at.get_ref()));
    }
    *at.get_ref()
}

pub(super) fn positive(page: &mut Page<'_>, at: &Spanned<usize>, most: usize, what: &str) -> usize {
    if !(1..=most).contains(at.get_ref()) {
        page.fault(at, format!("{what} must be 1 to {most}; {} was found", at.get_ref()));
    }
    *at.get_ref()
}
