//! An issuer that is trusted, and its keys as they are now.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::algorithm::Algorithm;
use super::claims::ClaimMapping;
use super::external::{ExternalIssuer, KeySource};
use super::issuer::OwnIssuer;
use super::jwks::KeyRing;

#[cfg(test)]
mod tests;

/// How long at least between two fetches of an issuer's keys, in seconds.
pub(crate) const BETWEEN_FETCHES: u64 = 60;

/// The age at which keys are fetched again, in seconds.
pub(crate) const KEYS_AGE: u64 = 60 * 60;

/// How many may wait for one fetch; each holds a thread meanwhile.
const WAITING_MOST: usize = 8;

/// Why an issuer's keys were not had. Those that were had before are kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the keys of the issuer '{issuer}' could not be had, so that its last ones are kept: {why}"
)]
pub(crate) struct KeysFault {
    /// Whose keys.
    pub(crate) issuer: String,
    /// What went wrong.
    pub(crate) why: String,
}

/// An issuer, what its tokens must be like, and its keys.
#[derive(Debug)]
pub(super) struct Trusted {
    pub(super) issuer: Arc<str>,
    pub(super) audience: String,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) mapping: ClaimMapping,
    pub(super) keys: ArcSwap<KeyRing>,
    /// Where its keys are; this service's own are handed over.
    source: Option<ExternalIssuer>,
    fetching: Mutex<()>,
    /// How many fetch or wait for it.
    asking: AtomicUsize,
    /// When the last fetch began and when one last succeeded, in seconds since 1970; 0 is never.
    begun: AtomicU64,
    had: AtomicU64,
}

impl Trusted {
    pub(super) fn own(own: &OwnIssuer) -> Trusted {
        Trusted {
            issuer: Arc::from(own.url()),
            audience: own.url().to_owned(),
            algorithms: vec![Algorithm::EdDsa],
            mapping: ClaimMapping::default(),
            keys: ArcSwap::from_pointee(KeyRing::of_own(own.keys())),
            source: None,
            fetching: Mutex::new(()),
            asking: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
            had: AtomicU64::new(0),
        }
    }

    /// Keys in a file are read at once, those at an address when they are first fetched.
    pub(super) fn external(external: &ExternalIssuer) -> Result<Trusted, Vec<String>> {
        external.check()?;
        let keys = match external.keys {
            KeySource::Url(_) => KeyRing::default(),
            KeySource::File(_) => external.fetch_keys().map_err(|why| vec![why])?,
        };
        Ok(Trusted {
            issuer: Arc::from(external.issuer.as_str()),
            audience: external.audience.clone(),
            algorithms: external.algorithms.iter().filter_map(|a| Algorithm::parse(a)).collect(),
            mapping: external.mapping.clone(),
            keys: ArcSwap::from_pointee(keys),
            source: Some(external.clone()),
            fetching: Mutex::new(()),
            asking: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
            had: AtomicU64::new(0),
        })
    }

    /// Whether a fetch may bring a key that is not known yet.
    pub(super) fn refreshable(&self, now: u64) -> bool {
        let asking = self.asking.load(Ordering::Relaxed);
        self.source.is_some() && if asking == 0 { self.rested(now) } else { asking < WAITING_MOST }
    }

    /// Whether the keys are old, or were never had.
    pub(super) fn aged(&self, now: u64) -> bool {
        self.source.is_some() && now.abs_diff(self.had.load(Ordering::Relaxed)) >= KEYS_AGE
    }

    /// Fetches the keys, unless that was tried within the last minute. Who asks meanwhile waits
    /// for the same fetch. Says whether the keys are others than before.
    pub(super) fn refresh(&self, now: u64) -> Result<bool, KeysFault> {
        let Some(source) = &self.source else { return Ok(false) };
        let _asking = Asking::new(&self.asking);
        let _turn = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
        if self.rested(now) { self.fetch(source, now) } else { Ok(false) }
    }

    fn fetch(&self, source: &ExternalIssuer, now: u64) -> Result<bool, KeysFault> {
        self.begun.store(now, Ordering::Relaxed);
        let keys = source.fetch_keys();
        let keys = keys.map_err(|why| KeysFault { issuer: self.issuer.to_string(), why })?;
        self.had.store(now, Ordering::Relaxed);
        if **self.keys.load() == keys {
            return Ok(false);
        }
        self.keys.store(Arc::new(keys));
        Ok(true)
    }

    /// Whether the last fetch is long enough ago. The clock may have been set back since.
    fn rested(&self, now: u64) -> bool {
        now.abs_diff(self.begun.load(Ordering::Relaxed)) >= BETWEEN_FETCHES
    }
}

/// Counts who fetches or waits, for as long as it lives.
struct Asking<'a>(&'a AtomicUsize);

impl Asking<'_> {
    fn new(count: &AtomicUsize) -> Asking<'_> {
        count.fetch_add(1, Ordering::Relaxed);
        Asking(count)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
