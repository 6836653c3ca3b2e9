//! Who writes in what a provider or a county office keeps for its own: catalogues of services,
//! steps of engagements, templates of communications.

use calsos_domain::support::service_provider::ServiceProvider;

use crate::auth::keeping::keeps;
use crate::auth::operation::Operation;
use crate::problem::{Kind, Problem};
use crate::server::may::May;

/// What a catalogue has.
pub(super) const SERVICES: &str = "the services";

/// Refuses who does not keep what is a provider's own. `what` is that, as messages call it.
pub(super) fn may_keep<O: Operation>(
    may: &May<O>,
    provider: &ServiceProvider,
    what: &str,
) -> Result<(), Problem> {
    if may.agency().is_some_and(|agency| keeps(agency, provider)) {
        return Ok(());
    }
    let detail = format!(
        "{what} of {provider} are written by that agency and by the state, and the token is of \
         neither"
    );
    Err(Problem::new(Kind::OutOfReach, detail))
}
