//! The picture for a caller who sees more of some LEAs than of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::ReleaseNumber;
use calsos_domain::release::Coverage;
use calsos_domain::small_numbers::Masking;
use calsos_persistence::{ReleaseRecord, RunRecord};

use super::parts::{HeldAnswer, Parts};
use super::{AUDIENCE_BYTES, Snapshot};
use crate::app::answers::Names;
use crate::app::held::Held;
use crate::app::reconcile::PublishedBeside;
use crate::auth::reach::Reach;
use crate::error::AppError;

impl Snapshot {
    /// Whether a file that the public may not know of speaks of a county in reach.
    pub(crate) fn has_more(&self, public: &Snapshot, reach: &Reach) -> bool {
        let speaks = speaks_of(self, reach);
        let hidden = |release: &&ReleaseRecord| public.hidden.contains(&release.number);
        self.held.releases.iter().filter(hidden).any(|release| speaks(&release.coverage))
    }

    /// What `inside` shows of the LEAs that are reached, and `outside`, if anything, of the
    /// others.
    pub(crate) fn for_reach(
        inside: &Snapshot,
        outside: Option<&Snapshot>,
        reach: &Reach,
    ) -> Result<Snapshot, AppError> {
        let reached = |cds: CdsCode| reach.contains(cds);
        let others = |cds: CdsCode| !reach.contains(cds);
        let taken = |from: &Snapshot, wanted: &dyn Fn(CdsCode) -> bool| {
            let answers = from.answers.iter().filter(|answer| wanted(answer.entry.cds));
            answers.cloned().collect::<Vec<HeldAnswer>>()
        };
        let mut answers = taken(inside, &reached);
        let mut names = inside.held.names.only(reached);
        let mut lists = inside.held.lists.only(reached);
        let mut located = inside.located.clone();
        located.retain(|cds, _| reached(*cds));
        if let Some(outside) = outside {
            answers.extend(taken(outside, &others));
            names = names.with(&outside.held.names.only(others));
            lists = lists.with(outside.held.lists.only(others));
            let of_others = outside.located.iter().filter(|(cds, _)| others(**cds));
            located.extend(of_others.map(|(cds, county)| (*cds, *county)));
        }
        answers.sort_by_key(|answer| (answer.entry.year, answer.entry.cds));
        let releases = releases_for(inside, outside, reach);
        let hidden = hidden_for(inside, outside, &releases);
        let held = Held {
            run: RunRecord { answer_count: answers.len() as u64, ..inside.held.run.clone() },
            books: Arc::clone(&inside.held.books),
            releases,
            names,
            lists: Arc::new(lists),
            whole_of: None,
        };
        let masking = inside.masking.clone();
        let parts = Parts {
            held,
            answers,
            masking,
            moments: Arc::clone(&inside.moments),
            hidden,
            unused: Arc::clone(&inside.unused),
            is_part: outside.is_none(),
            located,
            decisions: Arc::clone(&inside.decisions),
            to_everybody: false,
            rendered_bytes: AUDIENCE_BYTES,
        };
        let mut snapshot = Snapshot::of(parts)?;
        snapshot.assign(&inside.assignments);
        Ok(snapshot)
    }

    /// A picture of nothing, for a caller who reaches no LEA where nothing is public.
    pub(crate) fn of_nothing(full: &Snapshot) -> Result<Snapshot, AppError> {
        let run = RunRecord { answer_count: 0, releases: Vec::new(), ..full.held.run.clone() };
        Snapshot::of(Parts {
            held: Held {
                run,
                books: Arc::clone(&full.held.books),
                releases: Vec::new(),
                names: Names::default(),
                lists: Arc::new(PublishedBeside::default()),
                whole_of: None,
            },
            answers: Vec::new(),
            masking: Masking::default(),
            moments: Arc::clone(&full.moments),
            hidden: full.held.releases.iter().map(|release| release.number).collect(),
            unused: Arc::clone(&full.unused),
            is_part: true,
            located: BTreeMap::new(),
            decisions: Arc::clone(&full.decisions),
            to_everybody: false,
            rendered_bytes: AUDIENCE_BYTES,
        })
    }
}

/// The releases that `outside` shows, and those of `inside` that speak of a county in reach.
fn releases_for(
    inside: &Snapshot,
    outside: Option<&Snapshot>,
    reach: &Reach,
) -> Vec<ReleaseRecord> {
    let known: BTreeSet<ReleaseNumber> = outside
        .into_iter()
        .flat_map(|outside| outside.held.releases.iter().map(|release| release.number))
        .collect();
    let speaks = speaks_of(inside, reach);
    let shown = |of: &&ReleaseRecord| known.contains(&of.number) || speaks(&of.coverage);
    inside.held.releases.iter().filter(shown).cloned().collect()
}

/// Tells of files whether they speak of a county in reach.
fn speaks_of(of: &Snapshot, reach: &Reach) -> impl Fn(&Coverage) -> bool {
    let counties = reach.counties(of.held.names.leas().map(|lea| lea.cds()));
    move |coverage| {
        !counties.is_empty()
            && (coverage.statewide
                || !coverage.counties.is_disjoint(&counties)
                || !coverage.charter_counties.is_disjoint(&counties))
    }
}

/// The releases that are stored and not among those that are shown.
fn hidden_for(
    inside: &Snapshot,
    outside: Option<&Snapshot>,
    shown: &[ReleaseRecord],
) -> BTreeSet<ReleaseNumber> {
    let all = inside.held.releases.iter().map(|release| release.number);
    let hidden = inside.hidden.iter().copied();
    let of_outside = outside.into_iter().flat_map(|outside| outside.hidden.iter().copied());
    let mut hidden: BTreeSet<ReleaseNumber> = all.chain(hidden).chain(of_outside).collect();
    hidden.retain(|number| !shown.iter().any(|release| release.number == *number));
    hidden
}
