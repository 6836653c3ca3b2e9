//! The pictures of a state of the database, one for each circle of callers.

use std::sync::Arc;

use moka::sync::Cache;

use super::audience::Audience;
use crate::auth::agency::Agency;
use crate::auth::reach::Reach;
use crate::error::AppError;
use crate::snapshot::Snapshot;

/// How many circles of callers have a picture of their own at a time.
const AUDIENCES_KEPT: u64 = 16;

/// The pictures of a state of the database.
pub(super) struct Pictures {
    pub(super) full: Arc<Snapshot>,
    pub(super) public: Arc<Snapshot>,
    /// By what each reaches where they are asked for.
    audiences: Cache<Audience, Arc<Snapshot>>,
}

impl Pictures {
    pub(super) fn of(full: Arc<Snapshot>, public: Arc<Snapshot>) -> Pictures {
        Pictures { full, public, audiences: Cache::new(AUDIENCES_KEPT) }
    }

    /// That of everything and that of what is public.
    pub(super) fn both(&self) -> [&Snapshot; 2] {
        [&self.full, &self.public]
    }

    /// Whether who previews an agency's LEAs sees more of any than everybody. Of whom nothing is
    /// held back sees nothing of what is held back of others: not even that there was a run.
    pub(super) fn has_more_for(&self, reach: &Reach) -> bool {
        self.full.has_more(&self.public, reach)
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
    pub(super) fn picture(
        &self,
        audience: &Audience,
        reach: impl FnOnce(&Agency) -> Reach,
    ) -> Result<Arc<Snapshot>, AppError> {
        if let Some(ready) = self.ready(audience) {
            return Ok(ready);
        }
        let picture = match audience {
            Audience::Within { agency, preview, others } => {
                let reach = reach(agency);
                let more = *preview && self.has_more_for(&reach);
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
    pub(super) fn all(&self) -> Vec<(Audience, Arc<Snapshot>)> {
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
