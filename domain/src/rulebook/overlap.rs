//! Criteria that overlap or can never be met.
//!
//! Two alternatives of one priority overlap for a group when the same published result
//! could satisfy both: a reader could not say which of them decided, and one of them may
//! be there in vain. An alternative is unreachable when no result can satisfy it.

use std::collections::BTreeMap;

use toml::Spanned;

use super::page::Page;
use super::{Alternative, Condition, Criterion, IndicatorRule, Wanted};
use crate::indicator::Indicator;

pub(super) fn check_criteria(
    page: &mut Page<'_>,
    criteria: &[(Spanned<String>, Criterion)],
    indicators: &BTreeMap<Indicator, IndicatorRule>,
) {
    for (at, criterion) in criteria {
        for alternative in &criterion.alternatives {
            if let Some(why) = unreachable(criterion, alternative, indicators) {
                page.fault(at, format!("'{}' is unreachable: {why}", criterion.id));
            }
        }
    }
    let flat: Vec<(&Spanned<String>, &Criterion, &Alternative)> = criteria
        .iter()
        .flat_map(|(at, c)| c.alternatives.iter().map(move |a| (at, c, a)))
        .collect();
    for (position, (at, criterion, alternative)) in flat.iter().enumerate() {
        for (_, earlier, other) in flat.iter().take(position) {
            let same_group = !criterion.groups.is_disjoint(&earlier.groups);
            if criterion.priority == earlier.priority && same_group && overlap(alternative, other) {
                page.fault(
                    at,
                    format!(
                        "'{}' overlaps '{}': one result can satisfy an alternative of each",
                        criterion.id, earlier.id
                    ),
                );
            }
        }
    }
}

fn unreachable(
    criterion: &Criterion,
    alternative: &Alternative,
    indicators: &BTreeMap<Indicator, IndicatorRule>,
) -> Option<String> {
    for (position, condition) in alternative.conditions.iter().enumerate() {
        let indicator = condition.indicator;
        if alternative.conditions.iter().take(position).any(|c| c.indicator == indicator) {
            return Some(format!("two conditions on {indicator} in one alternative"));
        }
        let published = indicators.get(&indicator)?;
        if let Some(group) = criterion.groups.difference(&published.groups).next() {
            return Some(format!("{indicator} is not published for the group {group}"));
        }
    }
    None
}

fn overlap(a: &Alternative, b: &Alternative) -> bool {
    let mut shared = false;
    for (x, y) in pairs(a, b) {
        if x.indicator == y.indicator {
            if excludes(x.wanted, y.wanted) {
                return false;
            }
            shared = true;
        }
    }
    shared
}

fn pairs<'a>(
    a: &'a Alternative,
    b: &'a Alternative,
) -> impl Iterator<Item = (&'a Condition, &'a Condition)> {
    a.conditions.iter().flat_map(|x| b.conditions.iter().map(move |y| (x, y)))
}

/// Whether no result shows both. A colour and a status of one indicator can go together.
fn excludes(a: Wanted, b: Wanted) -> bool {
    match (a, b) {
        (Wanted::Color(a), Wanted::Color(b)) => a != b,
        (Wanted::Status(a), Wanted::Status(b)) => a != b,
        _ => false,
    }
}
