//! Criteria on state indicators.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{groups_of, indicator, priority_of};
use super::{Ids, Page, Text};
use crate::indicator::Indicator;
use crate::performance::{Color, Level};
use crate::priority::PrioritySet;
use crate::rulebook::{
    Alternative, Condition, Criterion, IndicatorRule, PRIORITIES_MOST, Rating, Wanted, raw,
};
use crate::student_group::StudentGroup;

fn wanted(
    page: &mut Page<'_>,
    indicator: Indicator,
    at: &Text,
    color: Option<&Text>,
    status: Option<&Text>,
) -> Option<Wanted> {
    match (color, status) {
        (Some(color), None) => {
            let found = Color::parse(color.get_ref());
            if found.is_none() {
                page.fault(color, format!("'{}' is no colour", color.get_ref()));
            }
            found.map(Wanted::Color)
        }
        (None, Some(status)) => {
            let named = |level: &Level| {
                level
                    .status_name(indicator.lower_is_better())
                    .eq_ignore_ascii_case(status.get_ref())
            };
            let found = Level::all().find(named);
            if found.is_none() {
                page.fault(status, format!("'{}' is no status level", status.get_ref()));
            }
            found.map(Wanted::Status)
        }
        _ => {
            page.fault(at, "a condition needs either a color or a status");
            None
        }
    }
}

fn condition(
    page: &mut Page<'_>,
    indicators: &BTreeMap<Indicator, IndicatorRule>,
    at: &Text,
    color: Option<&Text>,
    status: Option<&Text>,
) -> Option<Condition> {
    let indicator = indicator(page, at)?;
    let wanted = wanted(page, indicator, at, color, status)?;
    let rating = indicators.get(&indicator).map(|rule| rule.rating);
    let problem = match (rating, wanted) {
        (None, _) => "the year did not publish it",
        (Some(Rating::None), _) => "the year published it without a rating",
        (Some(Rating::Status), Wanted::Color(_)) => "the year published only its status, no colour",
        _ => return Some(Condition { indicator, wanted }),
    };
    page.fault(at, format!("a condition on {indicator}, but {problem}"));
    None
}

/// Criteria belong to no more state priorities than groups are counted over.
pub(super) fn few_priorities<'c>(
    page: &mut Page<'_>,
    at: &Text,
    criteria: impl Iterator<Item = &'c Criterion>,
) {
    let priorities: PrioritySet = criteria.map(|criterion| criterion.priority).collect();
    let found = priorities.len();
    if found > PRIORITIES_MOST {
        page.fault(
            at,
            format!(
                "criteria belong to {found} state priorities: at most {PRIORITIES_MOST} are possible"
            ),
        );
    }
}

pub(super) fn criterion_of(
    page: &mut Page<'_>,
    criterion: raw::Criterion,
    groups: &BTreeSet<StudentGroup>,
    indicators: &BTreeMap<Indicator, IndicatorRule>,
    ids: &mut Ids,
) -> Option<(Text, Criterion)> {
    let raw::Criterion { id, priority: priority_at, groups: choice, any, open, source } = criterion;
    ids.claim(page, &id);
    let priority = priority_of(page, &priority_at);
    let groups = match choice {
        None => groups.clone(),
        Some(at) => {
            let raw::GroupChoice { only, except } = at.get_ref();
            let chosen = match (only, except) {
                (Some(words), None) => groups_of(page, words, Some(groups)),
                (None, Some(words)) => {
                    let without = groups_of(page, words, Some(groups));
                    groups.difference(&without).copied().collect()
                }
                _ => {
                    page.fault(&at, "groups needs either 'only' or 'except'");
                    return None;
                }
            };
            if chosen.is_empty() {
                page.fault(&at, "no group is left: the criterion is unreachable");
            }
            chosen
        }
    };
    if any.get_ref().is_empty() {
        page.fault(&any, "a criterion without an alternative is unreachable");
    }
    let mut alternatives = Vec::new();
    for at in any.get_ref() {
        let raw::Alternative { all, indicator, color, status } = at.get_ref();
        let conditions: Vec<Option<Condition>> = match (all, indicator) {
            (Some(all), None) if color.is_none() && status.is_none() => all
                .iter()
                .map(|c| {
                    let raw::Condition { indicator, color, status } = c.get_ref();
                    condition(page, indicators, indicator, color.as_ref(), status.as_ref())
                })
                .collect(),
            (None, Some(indicator)) => {
                vec![condition(page, indicators, indicator, color.as_ref(), status.as_ref())]
            }
            _ => {
                page.fault(at, "an alternative is one condition, or 'all' with a list of them");
                return None;
            }
        };
        if conditions.is_empty() {
            page.fault(at, "an alternative without a condition would always hold");
        }
        let conditions: Vec<Condition> = conditions.into_iter().collect::<Option<_>>()?;
        alternatives.push(Alternative { conditions });
    }
    let open = ids.open_points(page, open);
    let source = page.cite(&source);
    let made = Criterion {
        id: id.get_ref().clone(),
        priority: priority?,
        groups,
        alternatives,
        open,
        source,
    };
    Some((id, made))
}
