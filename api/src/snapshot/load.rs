//! Makes the two pictures of what the database holds: of everything, and of what is public.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::web::Bytes;
use calsos_domain::facts::{LeaFacts, ReleaseNumber};
use calsos_domain::inputs::releases_used;
use calsos_domain::release::ReleaseKind;
use calsos_domain::small_numbers::Masking;
use calsos_domain::year::DashboardYear;
use calsos_persistence::{AnswerFilter, PackedAnswer, ReleaseRecord, RunRecord};
use jiff::Timestamp;

use super::index::Index;
use super::item::Item;
use super::parts::{HeldAnswer, Parts, Source};
use super::{RENDERED_BYTES, Snapshot};
use crate::app::Office;
use crate::app::answers::Names;
use crate::app::moments::Moments;
use crate::app::wanted::Entry;
use crate::auth::reach::Territory;
use crate::error::AppError;
use crate::views::listed::ListedView;

/// What is served: the same picture twice where everything is public.
pub(crate) struct Loaded {
    pub(crate) full: Arc<Snapshot>,
    pub(crate) public: Arc<Snapshot>,
    /// From when each release is public.
    pub(crate) moments: Arc<Moments>,
    /// By every table, whoever may know of it: whom an agency reaches.
    pub(crate) territory: Territory,
}

/// Reads the current run; `None` where nothing was decided yet. `to_everybody` says that what
/// is public may be kept by anyone; `before` are the indexes of everything and of what was
/// public until now, which are shared where they are the same.
pub(crate) fn load(
    office: &Office,
    now: Timestamp,
    to_everybody: bool,
    before: Option<[&Arc<Index>; 2]>,
) -> Result<Option<Loaded>, AppError> {
    let Some(run) = office.store.current_run()? else { return Ok(None) };
    let held = office.held_beside(run)?;
    let moments = Arc::new(office.moments(&held.releases)?);
    let hidden = moments.hidden(now);
    let territory = office.territory(&held.releases, now)?;
    let source = Arc::new(Source::of_run(office, held.run.clone(), Arc::clone(&held.books))?);
    let mut answers = Vec::new();
    // Year by year, since what is only needed to read it is as much again; and one after the
    // other, since each thread keeps what it has freed.
    for edition in &held.run.editions {
        let filter = AnswerFilter { year: Some(edition.year), ..AnswerFilter::default() };
        for answer in office.store.packed_answers(&held.run.id, &filter)? {
            answers.push(prepare(answer, &held.names, &source)?);
        }
    }
    let without_rules = held
        .releases
        .iter()
        .filter(|release| release.year.is_some_and(|year| held.books.edition(year).is_none()));
    let unused: BTreeSet<ReleaseNumber> = without_rules.map(|release| release.number).collect();
    mark_masked(&mut answers, &hidden, &unused, &held.releases)?;
    let masking = Masking::of(hidden.clone());
    let mut full = Snapshot::of(Parts {
        held,
        answers,
        masking,
        moments: Arc::clone(&moments),
        hidden: BTreeSet::new(),
        unused: Arc::new(unused),
        is_part: false,
        located: territory.located.clone(),
        to_everybody: to_everybody && hidden.is_empty(),
        rendered_bytes: RENDERED_BYTES,
    })?;
    if let Some([before, _]) = before {
        full.share(before);
    }
    let full = Arc::new(full);
    if hidden.is_empty() {
        return Ok(Some(Loaded { public: Arc::clone(&full), full, moments, territory }));
    }
    let mut public = super::public::public(office, &full, hidden, now, to_everybody)?;
    if let Some([_, before]) = before {
        public.share(before);
    }
    let public = Arc::new(public);
    Ok(Some(Loaded { full, public, moments, territory }))
}

/// Marks answers that rest on a file that is not public.
fn mark_masked(
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

/// What is searched and listed of an answer, and its text as it is stored.
pub(super) fn prepare(
    answer: PackedAnswer,
    names: &Names,
    source: &Arc<Source>,
) -> Result<HeldAnswer, AppError> {
    let PackedAnswer { year, cds, lea_type, summary, body } = answer;
    let stored = summary.and_then(|summary| serde_json::from_str(&summary).ok());
    let listed: ListedView = match stored {
        Some(listed) => listed,
        // Another version of the program stored it without, or with other fields.
        None => ListedView::of(&serde_json::from_str(&body.text()?)?),
    };
    let item = Item::of(&listed, names.name(cds, year), names.county(cds, year));
    let item = Bytes::from(serde_json::to_vec(&item)?);
    let entry = Arc::new(Entry::of(cds, year, lea_type, listed));
    Ok(HeldAnswer { entry, item, body, source: Arc::clone(source), masked: false })
}
