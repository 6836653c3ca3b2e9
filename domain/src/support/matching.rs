//! Which services answer which needs of an LEA, and why.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::grades::GradeSpan;
use super::need::{Lowness, Need, Subject};
use super::service::{Audience, Service, ServiceState};
use super::service_provider::Nearness;
use crate::cds::CountyCode;

/// An LEA for which services are sought.
#[derive(Clone, Debug)]
pub struct Seeking<'a> {
    /// The county in which it is.
    pub county: CountyCode,
    /// The lead agencies that are named for the county.
    pub leads: &'a BTreeSet<String>,
    /// The level of support that the rules give it, where it is known.
    pub level: Option<u8>,
    /// The grades that it has, where they are known.
    pub grades: Option<GradeSpan>,
}

/// A need that a service answers, and by what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The place of the need among those that were given.
    pub need: usize,
    /// Whether the service names the indicator.
    pub by_indicator: bool,
    /// Whether it names the student group.
    pub by_group: bool,
    /// Whether it names the state priority.
    pub by_priority: bool,
}

/// A service that answers a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recommendation<'s, K> {
    /// Tells the service.
    pub key: K,
    /// The service.
    pub service: &'s Service,
    /// How near its provider is.
    pub nearness: Nearness,
    /// The needs that it answers, in the order in which they weigh; at least one.
    pub matches: Vec<Match>,
}

/// The services for an LEA, those first that answer what made it eligible, and of those the
/// ones that name most of what they answer. The order depends on nothing else than what is
/// given, and not on its order.
///
/// A service is for an LEA when its provider serves it or it is open to all, when it is
/// offered at the LEA's level or one below (level 1 where that is not known), and when a grade
/// is of both, as far as both are known. It answers a need when the need has one of its
/// indicators, one of its groups and one of its priorities, of those that it names at all.
#[must_use]
pub fn recommend<'s, K>(
    seeking: &Seeking<'_>,
    needs: &[Need],
    services: impl IntoIterator<Item = (K, &'s Service)>,
) -> Vec<Recommendation<'s, K>> {
    let mut found: Vec<Recommendation<'s, K>> = services
        .into_iter()
        .filter_map(|(key, service)| {
            let nearness = seeking.may_have(service)?;
            let needs = needs.iter().enumerate();
            let matches: Vec<Match> =
                needs.filter_map(|(place, need)| answer(service, place, need)).collect();
            (!matches.is_empty()).then_some(Recommendation { key, service, nearness, matches })
        })
        .collect();
    found.sort_by_cached_key(|one| one.rank(seeking, needs));
    found
}

impl Seeking<'_> {
    /// How near the provider is of a service that the LEA may have.
    fn may_have(&self, service: &Service) -> Option<Nearness> {
        let level = self.level.unwrap_or(1);
        let is_at_level = service.levels.iter().any(|of| *of <= level);
        let has_grade = match (self.grades, service.grades) {
            (Some(own), Some(of)) => own.overlaps(of),
            _ => true,
        };
        let elsewhere = service.open_to_all.then_some(Nearness::Elsewhere);
        let nearness = service.provider.serves(self.county, self.leads).or(elsewhere);
        nearness.filter(|_| service.state == ServiceState::Offered && is_at_level && has_grade)
    }
}

/// Whether a service answers a need, and by what.
fn answer(service: &Service, place: usize, need: &Need) -> Option<Match> {
    let indicator = named(&service.indicators, need.subject.indicator())?;
    let group = named(&service.groups, need.subject.group())?;
    let priority = named(&service.priorities, need.subject.priority())?;
    Some(Match { need: place, by_indicator: indicator, by_group: group, by_priority: priority })
}

/// Whether a service that names some of something names this one; `None` where it names others
/// only.
fn named<T: Ord>(names: &BTreeSet<T>, one: Option<T>) -> Option<bool> {
    if names.is_empty() {
        return Some(false);
    }
    one.is_some_and(|one| names.contains(&one)).then_some(true)
}

impl Match {
    /// How much the service names of what it answers. An indicator belongs to a priority, and
    /// says more.
    fn weight(self) -> u8 {
        let subject = match (self.by_indicator, self.by_priority) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 0,
        };
        subject + 2 * u8::from(self.by_group)
    }
}

/// By what one service stands before another: less is before more.
type Rank =
    (bool, Reverse<u8>, bool, Lowness, usize, Reverse<usize>, Nearness, bool, String, String);

impl<K> Recommendation<'_, K> {
    fn rank(&self, seeking: &Seeking<'_>, needs: &[Need]) -> Rank {
        let Recommendation { key: _, service, nearness, matches } = self;
        let need = |one: &Match| needs.get(one.need);
        let decisive = |one: &&Match| need(one).is_some_and(|need| need.made_eligible);
        let is_decisive = matches.iter().any(|one| decisive(&one));
        let weighed = || matches.iter().filter(move |one| decisive(one) || !is_decisive);
        let weight = weighed().map(|one| one.weight()).max().unwrap_or(0);
        let lowest = weighed().filter_map(|one| Some(need(one)?.lowness)).min();
        let is_at_level = seeking.level.is_some_and(|level| service.levels.contains(&level));
        (
            !is_decisive,
            Reverse(weight),
            !is_at_level,
            lowest.unwrap_or(Lowness::Neither),
            // Who names less answers that more closely.
            service.indicators.len().max(1) * service.groups.len().max(1),
            Reverse(weighed().count()),
            *nearness,
            !service.offered_to.contains(&Audience::Leas),
            service.provider.to_string(),
            service.code.clone(),
        )
    }
}

/// Why a service is recommended for a need, in words.
#[must_use]
pub fn reason(service: &Service, need: &Need, by: Match) -> String {
    let made = match (need.made_eligible, need.subject) {
        (true, Subject::Calpads) => "It made the LEA eligible for differentiated assistance.",
        (true, _) => {
            "It is one of the results that made the LEA eligible for differentiated assistance."
        }
        (false, _) => "It is one of the lowest results beside those that decide.",
    };
    let mut names: Vec<String> = Vec::new();
    if let (true, Some(indicator)) = (by.by_indicator, need.subject.indicator()) {
        names.push(format!("the indicator {indicator}"));
    }
    if let (true, Some(group)) = (by.by_group, need.subject.group()) {
        names.push(format!("the student group {group}"));
    }
    if let (true, Some(priority)) = (by.by_priority, need.subject.priority()) {
        names.push(format!("state priority {priority}"));
    }
    let names = match names.as_slice() {
        [] => "any result".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let (year, words) = (need.year, need.words());
    format!("{year} Dashboard: {words}. {made} “{}” answers {names}.", service.name)
}

#[cfg(test)]
mod tests;
