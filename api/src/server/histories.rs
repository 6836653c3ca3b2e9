//! Pictures of states of the database that were, or might have been, kept for a while beside
//! those of now: they are what is shown as of a moment, and what a run is compared with.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use calsos_domain::facts::ReleaseNumber;
use calsos_persistence::{ReleaseRecord, RunId};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::audience::Audience;
use super::pictures::Pictures;
use crate::app::Office;
use crate::app::stored_by::Timeline;
use crate::app::support::decisions::Decisions;
use crate::error::AppError;
use crate::snapshot::{Changes, Snapshot, State, load};

/// How many states are kept beside that of now. The two that a run is compared by are both
/// needed at a time.
const STATES_KEPT: u64 = 2;

/// How many comparisons of two runs are kept.
const CHANGES_KEPT: u64 = 4;

/// How long what nobody asks for is kept.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// Which state a picture is of: two that agree in this show the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Which {
    run: RunId,
    /// Each with the number of what was said last of whether it is withdrawn.
    releases: Vec<(ReleaseNumber, Option<u32>)>,
    /// The number of what was said last of when releases are public.
    said: Option<u32>,
    hidden: BTreeSet<ReleaseNumber>,
    decisions: Decisions,
}

impl Which {
    pub(super) fn of(state: &State, said: Option<u32>) -> Which {
        let State { run, releases, hidden, decisions, .. } = state;
        Which {
            run: run.id,
            releases: releases.iter().map(said_of).collect(),
            said,
            hidden: hidden.clone(),
            decisions: Decisions::clone(decisions),
        }
    }

    pub(super) fn of_pictures(full: &Snapshot, public: &Snapshot, said: Option<u32>) -> Which {
        Which {
            run: full.held.run.id,
            releases: full.held.releases.iter().map(said_of).collect(),
            said,
            hidden: public.hidden.clone(),
            decisions: Decisions::clone(&full.decisions),
        }
    }
}

fn said_of(release: &ReleaseRecord) -> (ReleaseNumber, Option<u32>) {
    (release.number, release.withdrawal.as_ref().map(|said| said.sequence))
}

/// What is kept of other states than that of now.
pub(super) struct Histories {
    timeline: OnceLock<Arc<Timeline>>,
    states: Cache<Which, Arc<Pictures>>,
    /// By whom they are shown to, and what they are between.
    changes: Cache<(Audience, String), Arc<Changes>>,
}

impl Histories {
    /// Begins with the states that were kept before. The pictures of single circles of callers
    /// are not taken over: whom an agency reaches may be another by now.
    pub(super) fn after(before: Option<&Histories>) -> Histories {
        let states = Cache::builder()
            .max_capacity(STATES_KEPT)
            // The last ones, and not those that are asked for most: who asks for a state asks
            // for more of it.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(IDLE)
            .build();
        for (which, kept) in before.into_iter().flat_map(|before| before.states.iter()) {
            let Pictures { full, public, .. } = &*kept;
            let pictures = Pictures::of(Arc::clone(full), Arc::clone(public));
            states.insert(Which::clone(&which), Arc::new(pictures));
        }
        let changes = Cache::builder()
            .max_capacity(CHANGES_KEPT)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(IDLE)
            .build();
        Histories { timeline: OnceLock::new(), states, changes }
    }

    /// What was stored when, if anybody asked for it before.
    pub(super) fn timeline(&self) -> Option<&Arc<Timeline>> {
        self.timeline.get()
    }

    /// Keeps what was stored when.
    pub(super) fn keep_timeline(&self, timeline: Timeline) -> &Arc<Timeline> {
        self.timeline.get_or_init(|| Arc::new(timeline))
    }

    /// The pictures of a state, where they are kept.
    pub(super) fn kept(&self, which: &Which) -> Option<Arc<Pictures>> {
        self.states.get(which)
    }

    /// Loads the pictures of a state beside those of now.
    pub(super) fn load(
        &self,
        office: &Office,
        which: Which,
        state: State,
        now: &Pictures,
    ) -> Result<Arc<Pictures>, AppError> {
        // Somebody else may have waited for the same.
        if let Some(kept) = self.kept(&which) {
            return Ok(kept);
        }
        let loaded = load(office, state, Some(now.both()))?;
        let pictures = Arc::new(Pictures::of(loaded.full, loaded.public));
        self.states.insert(which, Arc::clone(&pictures));
        Ok(pictures)
    }

    /// What one picture shows otherwise than another.
    pub(super) fn changes(
        &self,
        audience: &Audience,
        before: Option<&Snapshot>,
        after: &Snapshot,
    ) -> Result<Arc<Changes>, AppError> {
        let key = (audience.clone(), Changes::name(before, after));
        if let Some(kept) = self.changes.get(&key) {
            return Ok(kept);
        }
        let changes = Arc::new(Changes::between(before, after)?);
        self.changes.insert(key, Arc::clone(&changes));
        Ok(changes)
    }

    /// Lets go of what nobody has asked for in a while.
    pub(super) fn forget_idle(&self) {
        self.states.run_pending_tasks();
        self.changes.run_pending_tasks();
    }
}
