//! Who keeps a provider's catalogue, and who writes in it.

use actix_web::HttpRequest;
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_persistence::{NewAudit, SupportBy};

use crate::app::support::services::Writing;
use crate::auth::caller::Caller;
use crate::auth::keeping::keeps;
use crate::auth::operation::Operation;
use crate::problem::{Kind, Problem};
use crate::server::audit::Entry;
use crate::server::may::May;

/// Refuses who does not keep a provider's catalogue.
pub(super) fn may_keep<O: Operation>(
    may: &May<O>,
    provider: &ServiceProvider,
) -> Result<(), Problem> {
    let agency = match &may.caller {
        Caller::Known(verified) => verified.agency.as_ref(),
        Caller::Anonymous => None,
    };
    if agency.is_some_and(|agency| keeps(agency, provider)) {
        return Ok(());
    }
    let detail = format!(
        "the catalogue of {provider} is kept by that agency and by the state, and the token is of \
         neither"
    );
    Err(Problem::new(Kind::OutOfReach, detail))
}

/// Who writes, with the entry that the audit gets.
pub(super) struct Writer {
    entry: Entry,
    issuer: Option<String>,
    agency: Option<String>,
}

impl Writer {
    pub(super) fn of<O: Operation>(
        request: &HttpRequest,
        may: &May<O>,
        status: u16,
    ) -> Result<Writer, Problem> {
        let Caller::Known(verified) = &may.caller else {
            return Err(Problem::new(Kind::Internal, "nobody writes who has no token"));
        };
        Ok(Writer {
            entry: Entry::of(request, &may.caller, O::ID).answered(status),
            issuer: Some(verified.issuer.clone()),
            agency: verified.agency.as_ref().map(ToString::to_string),
        })
    }

    pub(super) fn by(&self) -> SupportBy<'_> {
        SupportBy {
            client: &self.entry.actor,
            issuer: self.issuer.as_deref(),
            agency: self.agency.as_deref(),
        }
    }

    pub(super) fn audit(&self) -> NewAudit<'_> {
        self.entry.done()
    }

    pub(super) fn writing(&self) -> Writing<'_> {
        Writing { by: self.by(), audit: self.audit() }
    }
}
