//! What is served now, and to whom which part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::{Cited, ReleaseNumber};
use calsos_domain::operator::NcesIdRow;
use calsos_domain::register::Register;
use jiff::Timestamp;
use moka::sync::Cache;

use crate::app::Office;
use crate::app::federal_ids::newest_table;
use crate::app::moments::{Moments, today};
use crate::auth::agency::Agency;
use crate::auth::caller::Caller;
use crate::auth::reach::{Reach, Territory};
use crate::auth::scope::Scope;
use crate::error::AppError;
use crate::problem::{Kind, Problem};
use crate::snapshot::{Loaded, Snapshot, load};

/// How many circles of callers have a picture of their own at a time.
const AUDIENCES_KEPT: u64 = 16;

/// A circle of callers who may see the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Audience {
    /// What is public, of every LEA.
    Public,
    /// Everything.
    Full,
    /// More of an agency's own LEAs than of the others.
    Within {
        agency: Agency,
        /// Of its own LEAs also what is not public.
        preview: bool,
        /// Of the others what is public.
        others: bool,
    },
    /// Nothing at all.
    Nothing,
}

impl Audience {
    /// What a caller may see. Where public reads are closed, that takes the scope `read`.
    pub(crate) fn of(caller: &Caller, public_reads: bool) -> Result<Audience, Problem> {
        let Caller::Known(verified) = caller else {
            return if public_reads { Ok(Audience::Public) } else { Err(token_needed()) };
        };
        if !public_reads && !caller.has(Scope::Read) {
            return Err(scope_needed(Scope::Read));
        }
        let preview = caller.has(Scope::Preview);
        Ok(match &verified.agency {
            Some(Agency::State | Agency::Spi) if preview => Audience::Full,
            Some(Agency::State | Agency::Spi) => Audience::Public,
            Some(agency) if preview || !public_reads => {
                Audience::Within { agency: agency.clone(), preview, others: public_reads }
            }
            Some(_) | None if public_reads => Audience::Public,
            Some(_) | None => Audience::Nothing,
        })
    }
}

/// How a caller is asked for a token.
pub(super) const CHALLENGE: &str = "Bearer realm=\"calsos\"";

/// Says that a token is needed.
pub(crate) fn token_needed() -> Problem {
    Problem::new(
        Kind::TokenNeeded,
        "this asks for a token: send one as `Authorization: Bearer …`; POST /oauth/token gives it \
         to a client",
    )
    .challenging(CHALLENGE.to_owned())
}

/// Says that the caller's token lacks a scope.
pub(crate) fn scope_needed(scope: Scope) -> Problem {
    Problem::new(
        Kind::ScopeNeeded,
        format!(
            "the token does not allow this: it needs the scope '{scope}', which whoever runs this \
             service gives to a client"
        ),
    )
    .challenging(format!("{CHALLENGE}, error=\"insufficient_scope\", scope=\"{scope}\""))
}

/// What a picture was made from, to tell whether there is something new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MadeFrom {
    pub(super) run: calsos_persistence::RunId,
    pub(super) releases: usize,
    /// The number of the last publication.
    pub(super) publications: Option<i32>,
    /// The day in California, since tables are dated.
    day: String,
}

impl MadeFrom {
    /// What the database holds now; `None` where nothing was decided yet.
    pub(super) fn now(
        office: &Office,
        publications: Option<i32>,
        now: Timestamp,
    ) -> Result<Option<MadeFrom>, AppError> {
        let Some(run) = office.store.current_run()? else { return Ok(None) };
        Ok(Some(MadeFrom {
            run: run.id,
            releases: office.store.release_count()?,
            publications,
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
    pub(super) full: Arc<Snapshot>,
    pub(super) public: Arc<Snapshot>,
    pub(super) moments: Arc<Moments>,
    /// By every table that is in force, public or not: it bounds what callers reach.
    pub(super) territory: Arc<Territory>,
    /// The newest table of federal ids, where it is not public, and what the last one has that
    /// is.
    hidden_ids: Option<(ReleaseNumber, BTreeMap<CdsCode, Cited<NcesIdRow>>)>,
    pub(super) made_from: MadeFrom,
    /// When something else becomes public, if anything does.
    pub(super) until: Option<Timestamp>,
    audiences: Cache<Audience, Arc<Snapshot>>,
}

impl Served {
    pub(super) fn load(
        office: &Office,
        made_from: MadeFrom,
        now: Timestamp,
        public_reads: bool,
        before: Option<&Served>,
    ) -> Result<Option<Served>, AppError> {
        let before = before.map(|before| [&before.full.index, &before.public.index]);
        let Some(Loaded { full, public, moments, territory }) =
            load(office, now, public_reads, before)?
        else {
            return Ok(None);
        };
        let newest = newest_table(&full.held.releases);
        let hidden_ids = match newest.filter(|table| public.hidden.contains(table)) {
            Some(table) => Some((table, office.federal_ids(newest_table(&public.held.releases))?)),
            None => None,
        };
        Ok(Some(Served {
            hidden_ids,
            territory: Arc::new(territory),
            until: moments.next_after(now),
            full,
            public,
            moments,
            made_from,
            audiences: Cache::new(AUDIENCES_KEPT),
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
        let lea = self.full.held.names.lea(cds);
        let codes = lea.into_iter().flat_map(|lea| lea.codes()).map(|code| code.cds);
        codes.chain([cds]).collect()
    }

    /// The picture for an audience, where it is there already.
    pub(super) fn ready(&self, audience: &Audience) -> Option<Arc<Snapshot>> {
        match audience {
            Audience::Public => Some(Arc::clone(&self.public)),
            Audience::Full => Some(Arc::clone(&self.full)),
            // Nothing is held back from anybody.
            Audience::Within { others: true, .. } if Arc::ptr_eq(&self.full, &self.public) => {
                Some(Arc::clone(&self.public))
            }
            Audience::Within { .. } | Audience::Nothing => self.audiences.get(audience),
        }
    }

    /// The picture for an audience. Where it has to be put together, that takes some tens of
    /// milliseconds.
    pub(super) fn picture(&self, audience: &Audience) -> Result<Arc<Snapshot>, AppError> {
        if let Some(ready) = self.ready(audience) {
            return Ok(ready);
        }
        let picture = match audience {
            Audience::Within { agency, preview, others } => {
                let reach = self.reach(Some(agency));
                // Of whom nothing is held back sees nothing of what is held back of others: not
                // even that there was a run.
                let more = *preview && self.full.has_more(&self.public, &reach);
                let inside = if more { &self.full } else { &self.public };
                if *others && !more {
                    Arc::clone(&self.public)
                } else {
                    let outside = others.then_some(&*self.public);
                    Arc::new(Snapshot::for_reach(inside, outside, &reach)?)
                }
            }
            Audience::Public | Audience::Full | Audience::Nothing => {
                Arc::new(Snapshot::of_nothing(&self.public)?)
            }
        };
        self.audiences.insert(audience.clone(), Arc::clone(&picture));
        Ok(picture)
    }

    /// The pictures that there are, each with its audience.
    pub(super) fn pictures(&self) -> Vec<(Audience, Arc<Snapshot>)> {
        let mut pictures = vec![
            (Audience::Public, Arc::clone(&self.public)),
            (Audience::Full, Arc::clone(&self.full)),
        ];
        pictures.extend(
            self.audiences.iter().map(|(audience, picture)| (Audience::clone(&audience), picture)),
        );
        pictures
    }
}
