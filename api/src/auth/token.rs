//! Whether a token is genuine and of use here: RFC 7519 and 9068.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::cache::Remembered;
use super::claims::Verified;
use super::external::ExternalIssuer;
use super::issuer::OwnIssuer;
use super::trust::{KeysFault, Trusted};

#[cfg(test)]
mod tests;

/// The largest token, in bytes.
pub(crate) const TOKEN_MOST: usize = 8 * 1024;

/// By how many seconds an issuer's clock may differ from this one's.
pub(crate) const LEEWAY: u64 = 30;

/// The last second of the year 9999: what is later is no time.
const TIME_MOST: u64 = 253_402_300_799;

/// Why a token is not accepted. Nothing of the token is said in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenFault {
    #[error(
        "the token is larger than {TOKEN_MOST} bytes; ask its issuer for one with fewer claims"
    )]
    TooLarge,
    #[error(
        "the token is no signed JWT: three parts in base64url with a point between, the first two \
         JSON objects without a member that is there twice; send it as the issuer gave it"
    )]
    Malformed,
    #[error(
        "the token is signed in a way that is not accepted from its issuer, or not with a key for \
         it; have its issuer sign as it was agreed with this service"
    )]
    AlgorithmNotAllowed,
    #[error(
        "the header of the token has `crit`, and nothing that is critical is known here; have its \
         issuer leave it out"
    )]
    CriticalHeader,
    #[error("the token is no access token by its `typ`; send the access token of its issuer")]
    WrongType,
    #[error("the header of the token does not name its key; have its issuer put `kid` into it")]
    KeyNotNamed,
    #[error("the token's issuer is not trusted here; get a token from one that is")]
    WrongIssuer,
    #[error("the token is for another service; ask its issuer for one with this one as `aud`")]
    WrongAudience,
    #[error(
        "the token is signed with a key that is not known of its issuer; get a new token, or try \
         again in a minute if the issuer has changed its keys just now"
    )]
    UnknownKey {
        /// Whose key.
        issuer: Arc<str>,
        /// Whether to try once more after `Verifier::refresh`.
        refreshable: bool,
    },
    #[error("the token's signature is not that of its issuer; get a new token")]
    BadSignature,
    #[error("the token has no claim {0}; have its issuer put it into the token")]
    MissingClaim(String),
    #[error("the token's claim {0} is not what it should be; have its issuer mend it")]
    ClaimNotValid(String),
    #[error("the token has ended; get a new one")]
    Expired,
    #[error("the token is not valid yet; use it later, or set the clock of its issuer right")]
    NotYetValid,
    #[error("the client of the token is disabled; ask who runs this service")]
    ClientDisabled,
}

impl TokenFault {
    /// The kind as a word for programs, always the same.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            TokenFault::TooLarge => "token-too-large",
            TokenFault::Malformed => "token-malformed",
            TokenFault::AlgorithmNotAllowed => "token-algorithm-not-allowed",
            TokenFault::CriticalHeader => "token-critical-header",
            TokenFault::WrongType => "token-wrong-type",
            TokenFault::KeyNotNamed => "token-key-not-named",
            TokenFault::WrongIssuer => "token-wrong-issuer",
            TokenFault::WrongAudience => "token-wrong-audience",
            TokenFault::UnknownKey { .. } => "token-unknown-key",
            TokenFault::BadSignature => "token-bad-signature",
            TokenFault::MissingClaim(_) => "token-missing-claim",
            TokenFault::ClaimNotValid(_) => "token-claim-not-valid",
            TokenFault::Expired => "token-expired",
            TokenFault::NotYetValid => "token-not-yet-valid",
            TokenFault::ClientDisabled => "client-disabled",
        }
    }
}

/// Verifies tokens. One is shared by all threads.
///
/// A token that was verified is remembered until it ends, its client is disabled or the keys of
/// an issuer change. A token that was issued before its client's secret was changed goes on until
/// it ends by itself, which with the built-in issuer is soon: the secret is what a client gets
/// tokens with, not part of them. Who fears that tokens were stolen too disables the client.
#[derive(Debug)]
pub(crate) struct Verifier {
    issuers: ArcSwap<HashMap<String, Arc<Trusted>>>,
    remembered: Remembered,
    /// Is raised after keys have changed: what was verified before is verified again.
    generation: AtomicU64,
    disabled: ArcSwap<HashSet<String>>,
}

impl Verifier {
    /// Trusts this service's own issuer, if it has one, and others. Gives every fault of their
    /// configuration at once. Keys at an address are not fetched yet: `refresh_aged` does.
    pub(crate) fn new(
        own: Option<&OwnIssuer>,
        external: &[ExternalIssuer],
    ) -> Result<Verifier, Vec<String>> {
        let mut faults = Vec::new();
        let mut issuers = HashMap::new();
        if let Some(own) = own {
            issuers.insert(own.url().to_owned(), Arc::new(Trusted::own(own)));
        }
        for external in external {
            if issuers.contains_key(&external.issuer) {
                faults.push(format!("issuer '{}': it is there twice", external.issuer));
            }
            match Trusted::external(external) {
                Ok(trusted) => drop(issuers.insert(external.issuer.clone(), Arc::new(trusted))),
                Err(of_it) => faults.extend(of_it),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Verifier {
            issuers: ArcSwap::from_pointee(issuers),
            remembered: Remembered::new().map_err(|fault| vec![fault])?,
            generation: AtomicU64::new(0),
            disabled: ArcSwap::default(),
        })
    }

    /// Who bears a token. `now` is in seconds since 1970.
    ///
    /// On `UnknownKey` with `refreshable`, the caller may call `refresh` on a thread that may
    /// block, and then verify once more.
    pub(crate) fn verify(&self, token: &str, now: u64) -> Result<Arc<Verified>, TokenFault> {
        if token.len() > TOKEN_MOST {
            return Err(TokenFault::TooLarge);
        }
        // Before the keys are read: what is verified while they change is not remembered.
        let generation = self.generation.load(Ordering::Acquire);
        let digest = self.remembered.digest(token);
        if let Some(verified) = self.remembered.get(&digest, generation, now) {
            self.check_enabled(&verified)?;
            return Ok(verified);
        }
        let verified = Arc::new(self.verify_anew(token, now)?);
        self.check_enabled(&verified)?;
        self.remembered.put(digest, generation, now, Arc::clone(&verified));
        Ok(verified)
    }

    /// Fetches the keys of an issuer, at most once a minute. Blocks for at most five seconds:
    /// never to be called where requests are served.
    pub(crate) fn refresh(&self, issuer: &str, now: u64) -> Result<(), KeysFault> {
        let Some(trusted) = self.issuers.load().get(issuer).cloned() else { return Ok(()) };
        if trusted.refresh(now)? {
            self.keys_changed();
            log::info!("the issuer '{issuer}' has other keys than before");
        }
        Ok(())
    }

    /// Fetches the keys of every issuer that are an hour old or were never had. Blocks like
    /// `refresh`; to be called at the start and then every minute.
    pub(crate) fn refresh_aged(&self, now: u64) {
        for (issuer, trusted) in &*self.issuers.load_full() {
            if trusted.aged(now)
                && let Err(fault) = self.refresh(issuer, now)
            {
                log::warn!("{fault}");
            }
        }
    }

    /// Replaces this service's own keys, if they are others than before.
    pub(crate) fn set_own(&self, own: &OwnIssuer) {
        let trusted = Trusted::own(own);
        let mut issuers = HashMap::clone(&self.issuers.load());
        if issuers.get(own.url()).is_some_and(|known| **known.keys.load() == **trusted.keys.load())
        {
            return;
        }
        issuers.insert(own.url().to_owned(), Arc::new(trusted));
        self.issuers.store(Arc::new(issuers));
        self.keys_changed();
    }

    /// Says which clients are disabled, whoever issues their tokens. Their tokens are refused
    /// from now on, also those that are remembered.
    pub(crate) fn set_disabled(&self, clients: HashSet<String>) {
        self.disabled.store(Arc::new(clients));
    }

    /// How many tokens are remembered.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.remembered.len()
    }

    fn keys_changed(&self) {
        self.generation.fetch_add(1, Ordering::Release);
    }

    fn check_enabled(&self, verified: &Verified) -> Result<(), TokenFault> {
        let disabled = self.disabled.load().contains(&verified.client);
        if disabled { Err(TokenFault::ClientDisabled) } else { Ok(()) }
    }

    fn verify_anew(&self, token: &str, now: u64) -> Result<Verified, TokenFault> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenFault::Malformed)?;
        let header = Header::read(&members(header)?)?;
        let claims = members(payload)?;

        // Nobody has vouched for the claims yet. The issuer only says whose keys to try: that
        // one of them has signed is what makes it true.
        let issuers = self.issuers.load();
        let trusted = issuers.get(text(&claims, "iss")?).ok_or(TokenFault::WrongIssuer)?;
        if !trusted.algorithms.contains(&header.algorithm) {
            return Err(TokenFault::AlgorithmNotAllowed);
        }
        let keys = trusted.keys.load();
        let key = keys.get(&header.kid).ok_or_else(|| TokenFault::UnknownKey {
            issuer: Arc::clone(&trusted.issuer),
            refreshable: trusted.refreshable(now),
        })?;
        if key.algorithm() != header.algorithm {
            return Err(TokenFault::AlgorithmNotAllowed);
        }
        if !key.verifies(message.as_bytes(), signature) {
            return Err(TokenFault::BadSignature);
        }

        check_audience(&claims, &trusted.audience)?;
        let expires = seconds(&claims, "exp", f64::floor)?;
        let begins = seconds(&claims, "nbf", f64::ceil)?;
        if !still_valid(expires, now) {
            return Err(TokenFault::Expired);
        }
        if begins > now.saturating_add(LEEWAY) {
            return Err(TokenFault::NotYetValid);
        }
        trusted.mapping.read(&claims, &trusted.issuer, expires)
    }
}

/// Whether a token that ends at a time is accepted now.
pub(super) fn still_valid(expires: u64, now: u64) -> bool {
    now < expires.saturating_add(LEEWAY)
}

/// What counts of the header of a token. A key or the address of one in it does not.
struct Header {
    algorithm: Algorithm,
    kid: String,
}

impl Header {
    fn read(header: &Map<String, Value>) -> Result<Header, TokenFault> {
        if header.contains_key("crit") {
            return Err(TokenFault::CriticalHeader);
        }
        let algorithm = header.get("alg").ok_or(TokenFault::Malformed)?.as_str();
        let algorithm =
            algorithm.and_then(Algorithm::parse).ok_or(TokenFault::AlgorithmNotAllowed)?;
        match header.get("typ") {
            None => {}
            Some(Value::String(kind)) if is_access_token(kind) => {}
            Some(_) => return Err(TokenFault::WrongType),
        }
        match header.get("kid") {
            None => Err(TokenFault::KeyNotNamed),
            Some(Value::String(kid)) => Ok(Header { algorithm, kid: kid.clone() }),
            Some(_) => Err(TokenFault::Malformed),
        }
    }
}

/// Many issuers call their access tokens JWT like any other.
fn is_access_token(kind: &str) -> bool {
    let kinds = ["JWT", "at+jwt", "application/at+jwt"];
    kinds.iter().any(|known| known.eq_ignore_ascii_case(kind))
}

/// Reads a part of a token: an object, of which no member is there twice.
fn members(part: &str) -> Result<Map<String, Value>, TokenFault> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_fault| TokenFault::Malformed)?;
    let members: Members = serde_json::from_slice(&json).map_err(|_fault| TokenFault::Malformed)?;
    Ok(members.0)
}

struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        Ok(Members(members))
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<&'a str, TokenFault> {
    claim(claims, name)?.as_str().ok_or_else(|| TokenFault::ClaimNotValid(name.to_owned()))
}

fn claim<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<&'a Value, TokenFault> {
    claims.get(name).ok_or_else(|| TokenFault::MissingClaim(name.to_owned()))
}

/// A time. RFC 7519 allows fractions of a second: they are rounded so that the token is valid
/// for less long.
fn seconds(
    claims: &Map<String, Value>,
    name: &str,
    round: fn(f64) -> f64,
) -> Result<u64, TokenFault> {
    let value = claim(claims, name)?;
    let whole = value.as_u64().or_else(|| {
        let fraction = value.as_f64().filter(|time| (0.0..=TIME_MOST as f64).contains(time))?;
        Some(round(fraction) as u64)
    });
    let sound = whole.filter(|time| *time <= TIME_MOST);
    sound.ok_or_else(|| TokenFault::ClaimNotValid(name.to_owned()))
}

fn check_audience(claims: &Map<String, Value>, ours: &str) -> Result<(), TokenFault> {
    let is_ours = match claim(claims, "aud")? {
        Value::String(audience) => audience == ours,
        Value::Array(audiences) if audiences.iter().all(Value::is_string) => {
            audiences.iter().any(|audience| audience == ours)
        }
        _ => return Err(TokenFault::ClaimNotValid("aud".to_owned())),
    };
    if is_ours { Ok(()) } else { Err(TokenFault::WrongAudience) }
}
