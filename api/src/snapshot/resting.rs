//! Which releases an answer rests on, by what its run keeps.

use std::collections::BTreeSet;

use calsos_domain::facts::{LeaFacts, ReleaseNumber};
use calsos_domain::inputs::releases_used;
use calsos_domain::release::ReleaseKind;
use calsos_domain::year::DashboardYear;
use calsos_persistence::{ReleaseRecord, RunRecord};

use super::Snapshot;
use super::parts::{HeldAnswer, Source};
use crate::error::AppError;

impl Snapshot {
    /// The releases that the answer at a place of the index rests on.
    pub(super) fn rests_on(&self, place: usize) -> Result<BTreeSet<ReleaseNumber>, AppError> {
        let HeldAnswer { entry, source, .. } = self.answer(place)?;
        let releases = &self.held.releases;
        let tables = whole_tables(&source.run, releases);
        let facts = source.kept_facts(entry.cds)?;
        Ok(rests_on(facts.as_ref(), source, (releases, &tables), entry.year))
    }
}

/// The tables that a run read of which only the newest counts: it speaks of every LEA, also
/// by not naming it, as where an older table had a row of it. Federal ids are no part of an
/// answer.
pub(super) fn whole_tables(run: &RunRecord, releases: &[ReleaseRecord]) -> BTreeSet<ReleaseNumber> {
    let kinds =
        [ReleaseKind::Successions, ReleaseKind::GeographicLeads, ReleaseKind::CharterLocations];
    let newest = |kind: ReleaseKind| {
        let of_kind = releases.iter().filter(|release| release.kind == kind);
        let read = of_kind.filter(|release| run.releases.contains(&release.number));
        read.map(|release| release.number).max()
    };
    kinds.into_iter().filter_map(newest).collect()
}

/// The releases that an answer rests on; `tables` are the whole tables of its run. Where a run
/// was stored without what it was decided from, all that it read of the year, the years
/// before, and without a year.
pub(super) fn rests_on(
    facts: Option<&LeaFacts>,
    source: &Source,
    (releases, tables): (&[ReleaseRecord], &BTreeSet<ReleaseNumber>),
    year: DashboardYear,
) -> BTreeSet<ReleaseNumber> {
    let Source { run, books, .. } = source;
    if let Some(facts) = facts {
        let mut used = releases_used(books, facts, year);
        used.extend(tables);
        return used;
    }
    let read = releases.iter().filter(|release| run.releases.contains(&release.number));
    let has_rules = |of: DashboardYear| of <= year && books.edition(of).is_some();
    let not_later = read.filter(|release| release.year.is_none_or(has_rules));
    not_later.map(|release| release.number).collect()
}

/// Marks answers that rest on a file that is not public.
pub(super) fn mark_masked(
    answers: &mut [HeldAnswer],
    hidden: &BTreeSet<ReleaseNumber>,
    unused: &BTreeSet<ReleaseNumber>,
    releases: &[ReleaseRecord],
) -> Result<(), AppError> {
    if hidden.is_subset(unused) {
        return Ok(());
    }
    let Some(run) = answers.first().map(|answer| answer.source.run.clone()) else {
        return Ok(());
    };
    let tables = whole_tables(&run, releases);
    let mut facts = None;
    let mut places: Vec<&mut HeldAnswer> = answers.iter_mut().collect();
    places.sort_by_key(|answer| answer.entry.cds);
    for answer in places {
        let cds = answer.entry.cds;
        if facts.as_ref().is_none_or(|(of, _)| *of != cds) {
            facts = Some((cds, answer.source.kept_facts(cds)?));
        }
        let facts = facts.as_ref().and_then(|(_, facts)| facts.as_ref());
        let used = rests_on(facts, &answer.source, (releases, &tables), answer.entry.year);
        answer.masked = !used.is_disjoint(hidden);
    }
    Ok(())
}
