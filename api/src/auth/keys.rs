//! The keys with which this service signs its own tokens: Ed25519.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

/// A key that signs, or that has signed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct OwnKey {
    /// Its name: the thumbprint of RFC 7638.
    pub(crate) kid: String,
    /// The private key, PKCS #8 in DER.
    pub(crate) private_pkcs8: Vec<u8>,
    /// The public key, 32 bytes.
    pub(crate) public: Vec<u8>,
    /// Signs no more; what it signed is accepted until it ends.
    pub(crate) retired: bool,
}

/// Why a key is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFault {
    /// The system made none.
    #[error("the system could not make a key; try again")]
    NotMade,
    /// It is no private key.
    #[error("a signing key is no Ed25519 private key in PKCS #8; make a new one")]
    NotPrivate,
    /// It was changed after it was made.
    #[error("the kid or the public key of a signing key is not that of its private key")]
    NotItsOwn,
    /// Each is retired, or there are none.
    #[error("no signing key is left that is not retired; make a new one")]
    NoneLeft,
    /// A token could not be signed.
    #[error("the token could not be signed")]
    NotSigned,
}

impl OwnKey {
    /// Makes a key.
    pub(crate) fn make() -> Result<OwnKey, KeyFault> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        OwnKey::of_pkcs8(pkcs8.map_err(|_unspecified| KeyFault::NotMade)?.as_ref())
    }

    /// The key that a private key is.
    pub(crate) fn of_pkcs8(private_pkcs8: &[u8]) -> Result<OwnKey, KeyFault> {
        let pair = Ed25519KeyPair::from_pkcs8(private_pkcs8);
        let pair = pair.map_err(|_rejected| KeyFault::NotPrivate)?;
        let public = pair.public_key().as_ref().to_vec();
        let kid = thumbprint(&public);
        Ok(OwnKey { kid, private_pkcs8: private_pkcs8.to_vec(), public, retired: false })
    }

    /// Whether the name and the public key are those of the private key.
    pub(crate) fn check(&self) -> Result<(), KeyFault> {
        let made = OwnKey::of_pkcs8(&self.private_pkcs8)?;
        let same = made.kid == self.kid && made.public == self.public;
        if same { Ok(()) } else { Err(KeyFault::NotItsOwn) }
    }

    /// Its public part, for others to verify with.
    pub(crate) fn jwk(&self) -> Jwk {
        Jwk {
            kty: "OKP",
            crv: "Ed25519",
            kid: self.kid.clone(),
            x: URL_SAFE_NO_PAD.encode(&self.public),
            alg: "EdDSA",
            usage: "sig",
        }
    }
}

/// Without the private key.
impl fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OwnKey { kid, retired, .. } = self;
        f.debug_struct("OwnKey").field("kid", kid).field("retired", retired).finish_non_exhaustive()
    }
}

/// A public key as RFC 7517 and 8037 have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Jwk {
    kty: &'static str,
    crv: &'static str,
    kid: String,
    x: String,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
}

/// The public keys with which tokens of this service are verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct JwkSet {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// The retired ones too: their tokens may not have ended yet.
    pub(crate) fn of(keys: &[OwnKey]) -> JwkSet {
        JwkSet { keys: keys.iter().map(OwnKey::jwk).collect() }
    }
}

/// RFC 7638: the SHA-256 of the members that make the key, in the order of their names.
fn thumbprint(public: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        // RFC 8037, A.3.
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let public = URL_SAFE_NO_PAD.decode(x).unwrap();
        assert_eq!(thumbprint(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn a_key_is_read_back_from_its_private_part() {
        let key = OwnKey::make().unwrap();
        assert_eq!(OwnKey::of_pkcs8(&key.private_pkcs8).unwrap(), key);
        assert_eq!(key.check(), Ok(()));
        assert_ne!(key.kid, OwnKey::make().unwrap().kid);
        assert_eq!(OwnKey::of_pkcs8(b"no key"), Err(KeyFault::NotPrivate));
    }

    #[test]
    fn a_key_that_was_exchanged_is_told() {
        let (key, other) = (OwnKey::make().unwrap(), OwnKey::make().unwrap());
        let exchanged = OwnKey { public: other.public.clone(), ..key.clone() };
        assert_eq!(exchanged.check(), Err(KeyFault::NotItsOwn));
        let exchanged = OwnKey { private_pkcs8: other.private_pkcs8, ..key };
        assert_eq!(exchanged.check(), Err(KeyFault::NotItsOwn));
    }

    #[test]
    fn the_private_part_is_never_served_or_shown() {
        let key = OwnKey::make().unwrap();
        let set = serde_json::to_value(JwkSet::of(std::slice::from_ref(&key))).unwrap();
        let jwk = set["keys"][0].as_object().unwrap();
        assert_eq!(jwk.keys().collect::<Vec<_>>(), ["alg", "crv", "kid", "kty", "use", "x"]);
        assert_eq!(jwk["kid"], key.kid.as_str());
        assert!(!format!("{key:?}").contains("private"));
    }
}
