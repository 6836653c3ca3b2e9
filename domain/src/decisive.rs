//! Which cells decide: for each cell, the answers that another value in it would change.
//!
//! Each cell is given every other value that the file could have shown, everything else
//! staying as it is, and the conclusions are drawn anew. A cell without such an answer is
//! irrelevant for this determination.

use std::collections::{BTreeMap, BTreeSet};

use crate::determination::{AnswerId, Determination, changed_answers, conclude};
use crate::evaluation::{Evaluation, GroupFinding, LocalCell, LocalFinding, find_group, read_cell};
use crate::facts::LeaFacts;
use crate::history::{HistoryYear, Origin};
use crate::indicator::Indicator;
use crate::outcome::Outcome;
use crate::performance::{Color, Level, Performance};
use crate::priority::Priority;
use crate::release::{LocalRating, PublishedRow, PublishedStatus};
use crate::rulebook::{Edition, Rating, Rulebooks};
use crate::student_group::StudentGroup;
use crate::year::DashboardYear;

/// Names a cell that a determination rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CellKey {
    /// A group's row of an indicator file of the year.
    Performance(Indicator, StudentGroup),
    /// The LEA's row of a local indicator file of the year.
    Local(Priority),
    /// The LEA's entry among the CALPADS exceptions.
    Calpads,
    /// A group's letter on an earlier year's list.
    EarlierCode(DashboardYear, StudentGroup),
    /// The status on an earlier year's list.
    EarlierStatus(DashboardYear),
}

/// The answers that each cell decides. Cells that decide nothing are left out.
#[must_use]
pub fn decisive_cells(
    books: &Rulebooks,
    lea: &LeaFacts,
    determination: &Determination<'_>,
) -> BTreeMap<CellKey, BTreeSet<AnswerId>> {
    let search = Search { determination };
    let mut found = BTreeMap::new();
    search.performances(lea, &mut found);
    search.locals(&mut found);
    search.calpads(&mut found);
    search.earlier_years(books, lea, &mut found);
    found.retain(|_, answers: &mut BTreeSet<AnswerId>| !answers.is_empty());
    found
}

struct Search<'a> {
    determination: &'a Determination<'a>,
}

type Found = BTreeMap<CellKey, BTreeSet<AnswerId>>;

impl Search<'_> {
    fn performances(&self, lea: &LeaFacts, found: &mut Found) {
        let Determination { edition, evaluation, lea_type, .. } = self.determination;
        let Some(facts) = lea.years.get(&edition.year) else {
            return;
        };
        // Most values lead to one of a few findings of the group: each is concluded once.
        let mut known: Vec<(GroupFinding, BTreeSet<AnswerId>)> = Vec::new();
        for ((indicator, group), cited) in &facts.performances {
            let Some(base) = evaluation.groups.iter().find(|g| g.group == *group) else {
                continue;
            };
            let answers = found.entry(CellKey::Performance(*indicator, *group)).or_default();
            for other in other_performances(edition, *indicator, &cited.value) {
                let cell = read_cell(edition, *lea_type, *indicator, *group, &other);
                if cell == evaluation.cells.get(*group, *indicator) {
                    continue;
                }
                let cells = evaluation.cells.with(*group, *indicator, cell);
                let finding = find_group(edition, *group, &cells);
                if finding == *base {
                    continue;
                }
                if let Some((_, changed)) = known.iter().find(|(f, _)| *f == finding) {
                    answers.extend(changed.iter().cloned());
                    continue;
                }
                let mut changed_evaluation = evaluation.clone();
                for place in &mut changed_evaluation.groups {
                    if place.group == *group {
                        *place = finding.clone();
                    }
                }
                let changed = self.changed_by(&changed_evaluation, &self.determination.history);
                answers.extend(changed.iter().cloned());
                known.push((finding, changed));
            }
        }
    }

    fn locals(&self, found: &mut Found) {
        let Determination { edition, evaluation, lea_type, .. } = self.determination;
        for (position, rule) in edition.locals_for(*lea_type).enumerate() {
            let Some(local) = evaluation.locals.get(position) else {
                continue;
            };
            let LocalCell::Rated(rating) = local.cell else {
                continue;
            };
            let answers = found.entry(CellKey::Local(rule.priority)).or_default();
            for other in LocalRating::ALL.into_iter().filter(|r| *r != rating) {
                let mut changed = evaluation.clone();
                if let Some(place) = changed.locals.get_mut(position) {
                    *place = LocalFinding::of(rule, LocalCell::Rated(other));
                }
                answers.extend(self.changed_by(&changed, &self.determination.history));
            }
        }
    }

    fn calpads(&self, found: &mut Found) {
        let Evaluation { calpads_certified, .. } = self.determination.evaluation;
        if let Some(certified) = calpads_certified {
            let mut changed = self.determination.evaluation.clone();
            changed.calpads_certified = Some(!certified);
            let answers = self.changed_by(&changed, &self.determination.history);
            found.insert(CellKey::Calpads, answers);
        }
    }

    fn earlier_years(&self, books: &Rulebooks, lea: &LeaFacts, found: &mut Found) {
        let Determination { evaluation, history, .. } = self.determination;
        for (position, year) in history.iter().enumerate() {
            let Origin::Published { .. } = year.origin else {
                continue;
            };
            let published = lea.years.get(&year.year).and_then(|facts| facts.published.as_ref());
            let (Some(edition), Some(cited)) = (books.edition(year.year), published) else {
                continue;
            };
            let row = &cited.value;
            let mut with = |key, other_row: &PublishedRow, group: Option<&GroupFinding>| {
                let mut changed = history.clone();
                if let Some(place) = changed.get_mut(position) {
                    place.take_over(other_row);
                    for finding in &mut place.groups {
                        if let Some(other) = group.filter(|g| g.group == finding.group) {
                            *finding = other.clone();
                        }
                    }
                }
                let answers = self.changed_by(evaluation, &changed);
                found.entry(key).or_default().extend(answers);
            };
            for finding in &year.groups {
                let group = finding.group;
                for (letter, other) in other_findings(edition, finding) {
                    let mut other_row = row.clone();
                    other_row.codes.remove(&group);
                    other_row.codes.extend(letter.map(|letter| (group, letter)));
                    with(CellKey::EarlierCode(year.year, group), &other_row, Some(&other));
                }
            }
            for status in PublishedStatus::ALL.into_iter().filter(|s| *s != row.status) {
                let other_row = PublishedRow { status, ..row.clone() };
                with(CellKey::EarlierStatus(year.year), &other_row, None);
            }
        }
    }

    fn changed_by(&self, evaluation: &Evaluation, history: &[HistoryYear]) -> BTreeSet<AnswerId> {
        let Determination { edition, lea_type, conclusions, .. } = self.determination;
        changed_answers(conclusions, &conclude(edition, *lea_type, evaluation, history))
    }
}

/// The same row with every other colour or status that the file could have shown.
#[must_use]
pub fn other_performances(
    edition: &Edition,
    indicator: Indicator,
    performance: &Performance,
) -> Vec<Performance> {
    let with_color = |color| Performance { color, ..performance.clone() };
    let with_status = |status_level| Performance { status_level, ..performance.clone() };
    match edition.indicators.get(&indicator).map(|rule| rule.rating) {
        Some(Rating::Color) => std::iter::once(None)
            .chain(Color::ALL.into_iter().map(Some))
            .filter(|c| *c != performance.color)
            .map(with_color)
            .collect(),
        Some(Rating::Status) => std::iter::once(None)
            .chain(Level::all().map(Some))
            .filter(|l| *l != performance.status_level)
            .map(with_status)
            .collect(),
        Some(Rating::None) | None => Vec::new(),
    }
}

/// The findings that another letter, or none, on a list would have given.
fn other_findings(edition: &Edition, finding: &GroupFinding) -> Vec<(Option<char>, GroupFinding)> {
    let group = finding.group;
    let lettered = edition.codes.iter().map(|(set, letter)| {
        let priorities = edition
            .state_priorities()
            .iter()
            .map(|p| (p, Outcome::from_bool(set.contains(p))))
            .collect();
        let finding = GroupFinding { group, priorities, at_most: set.len(), rated: Outcome::Met };
        (Some(*letter), finding)
    });
    let without = GroupFinding { rated: finding.rated, ..GroupFinding::nothing(group) };
    lettered.chain([(None, without)]).filter(|(_, other)| other != finding).collect()
}
