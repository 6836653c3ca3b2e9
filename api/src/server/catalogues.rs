//! The services of every catalogue in memory: read again where one was written. While the
//! database is away, those that were read last are served.

use std::sync::{Arc, Mutex, PoisonError};

use calsos_persistence::{StoreError, SupportKind};

use crate::app::Office;
use crate::app::support::services::HeldService;
use crate::error::AppError;

/// Services by provider and code, ended ones too.
pub(crate) type Services = Arc<Vec<HeldService>>;

type Newest = Option<i32>;

/// What was read last, with the number of the newest version of any that was stored then.
#[derive(Debug, Default)]
pub(crate) struct Catalogues(Mutex<Option<(Newest, Services)>>);

impl Catalogues {
    /// The services as they are stored now. Where the database is known to be away it is not
    /// asked.
    pub(crate) fn current(&self, office: &Office, is_away: bool) -> Result<Services, AppError> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, services)) = held.as_ref().filter(|_| is_away) {
            return Ok(Arc::clone(services));
        }
        match (self.read(office, held.as_ref()), held) {
            (
                Err(AppError::Store(StoreError::Database { .. } | StoreError::Busy { .. })),
                Some(held),
            ) => Ok(held.1),
            (read, _) => read,
        }
    }

    fn read(
        &self,
        office: &Office,
        held: Option<&(Newest, Services)>,
    ) -> Result<Services, AppError> {
        // Asked before they are read: what is stored meanwhile is read again the next time.
        let newest = office.store.newest_support(SupportKind::Service)?;
        if let Some((_, services)) = held.filter(|(of, _)| *of == newest) {
            return Ok(Arc::clone(services));
        }
        let services = Arc::new(office.services()?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((newest, Arc::clone(&services)));
        Ok(services)
    }
}
