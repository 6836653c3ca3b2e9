//! Who is trusted: the built-in issuer, other issuers, clients. Read from the database at the
//! start and again whenever it changes there.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use calsos_persistence::{AccessVersion, Store};
use jiff::Timestamp;

use crate::app::clients::own_issuer;
use crate::auth::external::ExternalIssuer;
use crate::auth::issuer::OwnIssuer;
use crate::auth::token::Verifier;
use crate::error::AppError;

/// Who is trusted, and whether reading takes a token.
pub(crate) struct Access {
    pub(crate) verifier: Verifier,
    /// The built-in issuer, where it has a key.
    pub(crate) own: ArcSwapOption<OwnIssuer>,
    pub(crate) public_reads: bool,
    /// The URL of the built-in issuer, and how long its tokens last, in seconds.
    issuer: (String, u64),
    has_external: bool,
    read: Mutex<Option<Read>>,
}

/// What was read of the database, and until when it holds: a key is served until then.
struct Read {
    version: AccessVersion,
    until: Option<Timestamp>,
}

impl Read {
    fn holds_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl Access {
    pub(super) fn new(
        issuer: (String, u64),
        external: &[ExternalIssuer],
        public_reads: bool,
    ) -> Result<Access, Vec<String>> {
        Ok(Access {
            verifier: Verifier::new(None, external)?,
            own: ArcSwapOption::empty(),
            public_reads,
            issuer,
            has_external: !external.is_empty(),
            read: Mutex::default(),
        })
    }

    /// Whether anybody can be told from anybody else.
    pub(super) fn has_issuer(&self) -> bool {
        self.has_external || self.own.load().is_some()
    }

    /// Reads clients and keys again where anything of them has changed. A client that was
    /// disabled is refused from then on.
    pub(super) fn look(&self, store: &Store, version: AccessVersion) -> Result<(), AppError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now();
        if read.as_ref().is_some_and(|read| read.version == version && read.holds_at(now)) {
            return Ok(());
        }
        let clients = store.clients()?;
        let disabled = clients.iter().filter(|client| client.disabled_at.is_some());
        self.verifier.set_disabled(disabled.map(|client| client.id.clone()).collect());
        let keys = store.signing_keys()?;
        let until = keys.iter().filter_map(|key| key.served_until).filter(|until| *until > now);
        let until = until.min();
        let own = own_issuer(keys, now, &self.issuer.0, self.issuer.1)?;
        if let Some(own) = &own {
            self.verifier.set_own(own);
        }
        self.own.store(own.map(Arc::new));
        *read = Some(Read { version, until });
        Ok(())
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").field("public_reads", &self.public_reads).finish_non_exhaustive()
    }
}
