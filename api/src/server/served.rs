//! What is served now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::{Cited, ReleaseNumber};
use calsos_domain::operator::NcesIdRow;
use calsos_domain::register::Register;
use jiff::Timestamp;

use super::audience::Audience;
use super::feed::Told;
use super::histories::{Histories, Which};
use super::pictures::Pictures;
use crate::app::Office;
use crate::app::federal_ids::newest_table;
use crate::app::moments::{Moments, today};
use crate::auth::agency::Agency;
use crate::auth::reach::{Reach, Territory};
use crate::error::AppError;
use crate::snapshot::{Loaded, Snapshot, State, load};

/// What a picture was made from, to tell whether there is something new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MadeFrom {
    pub(super) run: calsos_persistence::RunId,
    pub(super) releases: usize,
    /// The number of the last publication.
    pub(super) publications: Option<i32>,
    /// The number of the last withdrawal.
    pub(super) withdrawals: Option<i32>,
    /// The number of what was written last of referrals and interventions: they bring LEAs to
    /// level 3, and referrals bound what the Collaborative reaches.
    decisions: Option<i32>,
    /// The day in California, since tables are dated.
    day: String,
}

impl MadeFrom {
    /// What the database holds now; `None` where nothing was decided yet.
    pub(super) fn now(
        office: &Office,
        [publications, withdrawals]: [Option<i32>; 2],
        now: Timestamp,
    ) -> Result<Option<MadeFrom>, AppError> {
        let Some(run) = office.store.current_run()? else { return Ok(None) };
        Ok(Some(MadeFrom {
            run: run.id,
            releases: office.store.release_count()?,
            publications,
            withdrawals,
            decisions: office.newest_decision()?,
            day: today(now).map(|day| day.to_string()).unwrap_or_default(),
        }))
    }

    /// Whether another differs by nothing but files that were taken in.
    pub(super) fn is_but_for_files(&self, other: &MadeFrom) -> bool {
        MadeFrom { releases: other.releases, ..self.clone() } == *other
    }
}

/// What is served now.
pub(super) struct Served {
    pub(super) pictures: Pictures,
    /// What is shown of other states than that of now.
    pub(super) histories: Histories,
    pub(super) moments: Arc<Moments>,
    /// By every table that is in force, public or not: it bounds what callers reach.
    pub(super) territory: Arc<Territory>,
    /// The newest table of federal ids, where it is not public, and what the last one has that
    /// is.
    hidden_ids: Option<(ReleaseNumber, BTreeMap<CdsCode, Cited<NcesIdRow>>)>,
    pub(super) made_from: MadeFrom,
    /// What was public then is shown as public.
    pub(super) as_of: Timestamp,
    /// When something else becomes public, if anything does.
    pub(super) until: Option<Timestamp>,
    /// How far the feed may be told by who serves this.
    pub(super) told: Told,
}

impl Served {
    pub(super) fn load(
        office: &Office,
        made_from: MadeFrom,
        now: Timestamp,
        public_reads: bool,
        before: Option<&Served>,
    ) -> Result<Option<Served>, AppError> {
        let told = Told::after(before.map(|before| &before.told));
        let Some(state) = State::current(office, now, public_reads)? else { return Ok(None) };
        let beside = before.map(|before| before.pictures.both());
        let Loaded { full, public, moments, territory } = load(office, state, beside)?;
        let newest = newest_table(&full.held);
        let hidden_ids = match newest.filter(|table| public.hidden.contains(table)) {
            Some(table) => Some((table, office.federal_ids(newest_table(&public.held))?)),
            None => None,
        };
        Ok(Some(Served {
            hidden_ids,
            territory: Arc::new(territory),
            told,
            as_of: now,
            until: moments.next_after(now),
            pictures: Pictures::of(full, public),
            histories: Histories::after(before.map(|before| &before.histories)),
            moments,
            made_from,
        }))
    }

    /// The LEAs that an agency reaches.
    pub(super) fn reach(&self, agency: Option<&Agency>) -> Reach {
        Reach::of(agency, &self.territory, |cds| self.codes_of(cds))
    }

    /// What is known of an LEA, with the federal ids of the newest table that a picture may
    /// show.
    pub(super) fn with_ids(&self, register: Register, cds: CdsCode, shown: &Snapshot) -> Register {
        match &self.hidden_ids {
            Some((table, ids)) if shown.hidden.contains(table) => {
                Register { nces: ids.get(&cds).cloned(), ..register }
            }
            _ => register,
        }
    }

    /// Every code of an LEA.
    fn codes_of(&self, cds: CdsCode) -> BTreeSet<CdsCode> {
        let lea = self.pictures.full.held.names.lea(cds);
        let codes = lea.into_iter().flat_map(|lea| lea.codes()).map(|code| code.cds);
        codes.chain([cds]).collect()
    }

    /// The picture for an audience, where it is there already.
    pub(super) fn ready(&self, audience: &Audience) -> Option<Arc<Snapshot>> {
        self.pictures.ready(audience)
    }

    /// The picture for an audience among those of a state: of now, or of another one. Rights
    /// are those of now.
    pub(super) fn picture(
        &self,
        of: &Pictures,
        audience: &Audience,
    ) -> Result<Arc<Snapshot>, AppError> {
        of.picture(audience, |agency| self.reach(Some(agency)))
    }

    /// Which state is served now.
    pub(super) fn which(&self) -> Which {
        let Pictures { full, public, .. } = &self.pictures;
        Which::of_pictures(full, public, self.last_said())
    }

    /// The number of what was said last of whether releases are withdrawn.
    pub(super) fn last_withdrawal(&self) -> Option<u32> {
        self.made_from.withdrawals.and_then(|last| u32::try_from(last).ok())
    }

    /// The number of what was written last of what decides on a level.
    pub(super) fn last_decision(&self) -> Option<u32> {
        self.made_from.decisions.and_then(|last| u32::try_from(last).ok())
    }

    /// The number of what was said last of when releases are public.
    pub(super) fn last_said(&self) -> Option<u32> {
        self.made_from.publications.and_then(|last| u32::try_from(last).ok())
    }
}
