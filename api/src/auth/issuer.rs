//! The built-in issuer of tokens.

use std::fmt;

use jsonwebtoken::{EncodingKey, Header};
use serde::Serialize;
use uuid::Uuid;

use super::agency::Agency;
use super::keys::{JwkSet, KeyFault, OwnKey};
use super::scope::Scopes;

/// How long a token lasts unless it is configured otherwise, in seconds.
pub(crate) const LIFETIME: u64 = 15 * 60;

/// The type of an access token, of RFC 9068.
pub(crate) const TYPE: &str = "at+jwt";

/// Issues tokens for this service.
#[derive(Clone)]
pub(crate) struct OwnIssuer {
    url: String,
    lifetime: u64,
    keys: Vec<OwnKey>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    client_id: &'a str,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    iat: u64,
    nbf: u64,
    exp: u64,
    jti: String,
}

impl OwnIssuer {
    /// `url` is the issuer and the audience of its tokens; they last for `lifetime` seconds.
    /// The keys go from the oldest to the newest.
    pub(crate) fn new(
        url: impl Into<String>,
        lifetime: u64,
        keys: Vec<OwnKey>,
    ) -> Result<OwnIssuer, KeyFault> {
        keys.iter().try_for_each(OwnKey::check)?;
        Ok(OwnIssuer { url: url.into(), lifetime, keys })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// In seconds, as an answer's `expires_in` has it.
    pub(crate) fn lifetime(&self) -> u64 {
        self.lifetime
    }

    pub(crate) fn keys(&self) -> &[OwnKey] {
        &self.keys
    }

    /// The public keys, to be served.
    pub(crate) fn jwk_set(&self) -> JwkSet {
        JwkSet::of(&self.keys)
    }

    /// Signs a token with the newest key that is not retired. `now` is in seconds since 1970.
    pub(crate) fn issue(
        &self,
        client: &str,
        scopes: Scopes,
        agency: Option<&Agency>,
        now: u64,
    ) -> Result<String, KeyFault> {
        let signs = self.keys.iter().rev().find(|key| !key.retired);
        let key = signs.ok_or(KeyFault::NoneLeft)?;
        let mut header = Header::new(jsonwebtoken::Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        let claims = Claims {
            iss: &self.url,
            aud: &self.url,
            sub: client,
            client_id: client,
            scope: scopes.to_string(),
            agency: agency.map(Agency::to_string),
            iat: now,
            nbf: now,
            exp: now.saturating_add(self.lifetime),
            jti: Uuid::now_v7().to_string(),
        };
        let private = EncodingKey::from_ed_der(&key.private_pkcs8);
        jsonwebtoken::encode(&header, &claims, &private).map_err(|error| {
            log::error!("a token could not be signed with the key {}: {error}", key.kid);
            KeyFault::NotSigned
        })
    }
}

/// Without the private keys.
impl fmt::Debug for OwnIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OwnIssuer { url, lifetime, keys } = self;
        let mut shown = f.debug_struct("OwnIssuer");
        shown.field("url", url).field("lifetime", lifetime).field("keys", keys).finish()
    }
}
