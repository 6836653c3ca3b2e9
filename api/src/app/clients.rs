//! Clients that may ask for tokens, and the keys that sign these.

use calsos_persistence::{
    AuditOutcome, ClientRecord, NewAudit, NewClient, NewSigningKey, SigningKeyRecord,
};
use jiff::{Timestamp, ToSpan as _};

use super::Office;
use crate::auth::agency::Agency;
use crate::auth::issuer::OwnIssuer;
use crate::auth::keys::{KeyFault, OwnKey};
use crate::auth::scope::Scopes;
use crate::auth::secret;
use crate::auth::token::LEEWAY;
use crate::error::AppError;

/// What signing keys sign with, as tokens name it.
const ALGORITHM: &str = "EdDSA";

/// The longest time that a token may last, in minutes: so long a retired key is served.
pub(crate) const TOKEN_MINUTES_MOST: u64 = 60;

/// A client and its secret, which is shown once and kept nowhere.
pub(crate) struct WithSecret {
    pub(crate) client: ClientRecord,
    pub(crate) secret: String,
}

/// A client to make.
pub(crate) struct ClientAsked<'a> {
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    pub(crate) scopes: Scopes,
    pub(crate) agency: &'a Agency,
}

/// An entry of the audit log for what a command does.
pub(crate) fn by_command<'a>(by: &'a str, operation: &'a str, target: &'a str) -> NewAudit<'a> {
    NewAudit {
        request_id: None,
        actor: by,
        issuer: None,
        agency: None,
        scopes: None,
        address: None,
        operation,
        target,
        outcome: AuditOutcome::Done,
        status: None,
        code: None,
        detail: "",
    }
}

impl Office {
    /// Makes a client, and the first signing key where there is none.
    pub(crate) fn create_client(
        &self,
        asked: &ClientAsked<'_>,
        by: &str,
    ) -> Result<WithSecret, AppError> {
        self.ensure_key(by)?;
        let secret = secret::make().map_err(failed)?;
        let hash = secret::hash(&secret).map_err(failed)?;
        let (scopes, agency) = (asked.scopes.to_string(), asked.agency.to_string());
        let new = NewClient {
            id: asked.id,
            name: asked.name,
            secret_hash: &hash,
            scopes: &scopes,
            agency: &agency,
            created_by: by,
        };
        let audit = by_command(by, "calsos client create", asked.id);
        Ok(WithSecret { client: self.store.add_client(&new, Some(audit))?, secret })
    }

    /// Gives a client another secret; the one before is refused from now on.
    pub(crate) fn rotate_client(&self, id: &str, by: &str) -> Result<WithSecret, AppError> {
        let secret = secret::make().map_err(failed)?;
        let hash = secret::hash(&secret).map_err(failed)?;
        let audit = by_command(by, "calsos client rotate", id);
        Ok(WithSecret { client: self.store.rotate_client(id, &hash, Some(audit))?, secret })
    }

    /// Ends a client: it gets no token, and those that it has are refused.
    pub(crate) fn disable_client(&self, id: &str, by: &str) -> Result<ClientRecord, AppError> {
        let audit = by_command(by, "calsos client disable", id);
        Ok(self.store.disable_client(id, Some(audit))?)
    }

    /// The keys, the one that signs first.
    pub(crate) fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, AppError> {
        Ok(self.store.signing_keys()?)
    }

    /// The key that signs; it is made where there is none.
    pub(crate) fn ensure_key(&self, by: &str) -> Result<SigningKeyRecord, AppError> {
        match self.signing_keys()?.into_iter().find(|key| key.retired_at.is_none()) {
            Some(key) => Ok(key),
            None => self.rotate_key(by),
        }
    }

    /// Makes the key that signs from now on. The one before goes on being served until the
    /// last token that it signed has ended.
    pub(crate) fn rotate_key(&self, by: &str) -> Result<SigningKeyRecord, AppError> {
        let key = OwnKey::make().map_err(failed)?;
        let new = NewSigningKey {
            kid: &key.kid,
            algorithm: ALGORITHM,
            private_key: &key.private_pkcs8,
            public_key: &key.public,
            created_by: by,
        };
        let now = Timestamp::now();
        self.store.remove_expired_signing_keys(now)?;
        let longest = i64::try_from(TOKEN_MINUTES_MOST * 60 + 2 * LEEWAY).unwrap_or(i64::MAX);
        let until = now.checked_add(longest.seconds()).map_err(failed)?;
        let audit = by_command(by, "calsos key rotate", &key.kid);
        Ok(self.store.add_signing_key(&new, until, Some(audit))?)
    }
}

/// The built-in issuer with those of the keys, the one that signs first, that are served now;
/// `None` where there is none.
pub(crate) fn own_issuer(
    records: Vec<SigningKeyRecord>,
    now: Timestamp,
    url: &str,
    lifetime: u64,
) -> Result<Option<OwnIssuer>, AppError> {
    let mut keys = Vec::new();
    // From the oldest to the newest, as the issuer asks.
    for record in records.into_iter().rev() {
        if record.served_until.is_none_or(|until| until > now) {
            keys.push(OwnKey {
                kid: record.kid,
                private_pkcs8: record.private_key,
                public: record.public_key,
                retired: record.retired_at.is_some(),
            });
        }
    }
    if keys.is_empty() {
        return Ok(None);
    }
    let issuer: Result<OwnIssuer, KeyFault> = OwnIssuer::new(url, lifetime, keys);
    Ok(Some(issuer.map_err(failed)?))
}

fn failed(fault: impl std::fmt::Display) -> AppError {
    AppError::Failed(fault.to_string())
}
