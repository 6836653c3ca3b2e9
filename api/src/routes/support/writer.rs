//! Who writes in the record of support, by which request, and what the audit says of it.

use actix_web::HttpRequest;
use calsos_domain::support::actor::Act;
use calsos_persistence::{
    NewAudit, NewSupport, Once, Store, SupportBy, SupportChange, SupportEdit, SupportId,
    SupportPlace, SupportVersion, WriteSupport,
};
use jiff::{Timestamp, ToSpan as _};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::app::jobs::sha256_text;
use crate::app::support::actor;
use crate::app::support::services::Writing;
use crate::auth::agency::Agency;
use crate::auth::caller::Caller;
use crate::auth::operation::Operation;
use crate::error::AppError;
use crate::problem::{Kind, Problem};
use crate::routes::jobs::{KEY_HOURS, key_of, what_is_said};
use crate::server::asked::Asked;
use crate::server::audit::Entry;
use crate::server::may::May;

/// A request that is done once, where the caller has a name for it.
pub(super) struct SentOnce {
    key: Option<String>,
    hash: String,
    since: Timestamp,
}

impl SentOnce {
    /// A request with this body; `asked` are its parameters.
    pub(super) fn of(request: &HttpRequest, body: &[u8], asked: &mut Asked) -> SentOnce {
        let mut hash = Sha256::new();
        hash.update(format!(
            "{} {}?{}\n",
            request.method(),
            request.path(),
            request.query_string()
        ));
        hash.update(what_is_said(body));
        SentOnce {
            key: key_of(request, asked),
            hash: sha256_text(&hash.finalize()),
            since: Timestamp::now().saturating_sub(KEY_HOURS.hours()).unwrap_or(Timestamp::MIN),
        }
    }
}

/// What a record says from a write on.
pub(super) struct Says<'a, T> {
    pub(super) state: &'a str,
    pub(super) content: &'a T,
    /// The versions of other records on which it rests.
    pub(super) rests_on: &'a [(SupportId, u32)],
}

/// Who writes.
pub(super) struct Writer {
    pub(super) agency: Agency,
    agency_text: String,
    issuer: String,
    sent: Option<SentOnce>,
    entry: Entry,
}

impl Writer {
    /// Who writes by a request, which is answered with this status where it is done.
    pub(super) fn of<O: Operation>(
        request: &HttpRequest,
        may: &May<O>,
        status: u16,
        sent: Option<SentOnce>,
    ) -> Result<Writer, Problem> {
        let (Caller::Known(verified), Some(agency)) = (&may.caller, may.agency()) else {
            let detail = "the token has no agency, which bounds what is written; whoever runs this \
                          service gives a client one";
            return Err(Problem::new(Kind::OutOfReach, detail));
        };
        Ok(Writer {
            agency: agency.clone(),
            agency_text: agency.to_string(),
            issuer: verified.issuer.clone(),
            sent,
            entry: Entry::of(request, &may.caller, O::ID).answered(status),
        })
    }

    pub(super) fn by(&self) -> SupportBy<'_> {
        SupportBy {
            client: &self.entry.actor,
            issuer: Some(&self.issuer),
            agency: Some(&self.agency_text),
        }
    }

    pub(super) fn once(&self) -> Option<Once<'_>> {
        let SentOnce { key, hash, since } = self.sent.as_ref()?;
        Some(Once { key: key.as_deref()?, request_hash: hash, since: *since })
    }

    pub(super) fn audit(&self) -> NewAudit<'_> {
        self.entry.done()
    }

    pub(super) fn writing(&self) -> Writing<'_> {
        Writing { by: self.by(), audit: self.audit() }
    }

    /// What came of the same request before, if it did.
    pub(super) fn before(&self, store: &Store) -> Result<Option<WriteSupport>, Problem> {
        match self.once() {
            Some(once) => {
                Ok(store.support_asked_before(self.by(), once).map_err(AppError::from)?)
            }
            None => Ok(None),
        }
    }

    /// Makes a record.
    pub(super) fn add<T: Serialize>(
        &self,
        store: &Store,
        place: SupportPlace,
        says: Says<'_, T>,
    ) -> Result<WriteSupport, Problem> {
        let content = serde_json::to_string(says.content).map_err(AppError::from)?;
        let new = NewSupport {
            place,
            state: says.state,
            content: &content,
            rests_on: says.rests_on,
            by: self.by(),
            once: self.once(),
            audit: Some(self.audit()),
        };
        Ok(store.add_support(&new).map_err(AppError::from)?)
    }

    /// Changes a record that is still in the version that was read.
    pub(super) fn change<T: Serialize>(
        &self,
        store: &Store,
        (id, expected): (SupportId, u32),
        says: Says<'_, T>,
    ) -> Result<WriteSupport, Problem> {
        let content = serde_json::to_string(says.content).map_err(AppError::from)?;
        let change = SupportChange {
            expected: Some(expected),
            edit: SupportEdit::Change { state: says.state, content: &content, reason: None },
            rests_on: says.rests_on,
            by: self.by(),
            once: self.once(),
            audit: Some(self.audit()),
        };
        Ok(store.change_support(id, &change).map_err(AppError::from)?)
    }

    /// Refuses what is not the agency's to do.
    pub(super) fn may_do(&self, act: Act) -> Result<(), Problem> {
        if actor(&self.agency).is_some_and(|actor| act.by().contains(&actor)) {
            return Ok(());
        }
        let by: Vec<String> = act.by().iter().map(ToString::to_string).collect();
        let detail = format!("this is done by {}, and not for {}", by.join(", "), self.agency_text);
        Err(Problem::new(Kind::StepOfOthers, detail))
    }

    /// Refuses a deletion but by the agency that made the record, or the state.
    pub(super) fn may_delete(&self, versions: &[SupportVersion]) -> Result<(), Problem> {
        let made_by = versions.first().and_then(|first| first.by_agency.as_deref());
        if self.agency == Agency::State || made_by == Some(self.agency_text.as_str()) {
            return Ok(());
        }
        let detail = "a record is deleted by the agency that made it, or by the state";
        Err(Problem::new(Kind::StepOfOthers, detail))
    }
}
