//! Secrets of clients: made here, kept only as a hash.

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params, Version};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a secret begins with, so that people and scanners of code know it for one.
const PREFIX: &str = "calsos_";

/// The random bytes of a secret.
const RANDOM: usize = 32;

/// The longest text that is hashed, in bytes; a secret has 50.
const MOST: usize = 128;

/// What a hash costs: OWASP's least for argon2id. One takes 19 MiB for as long as it lasts, so
/// that a caller bounds how many are made at a time.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Why a secret could not be made or hashed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum SecretFault {
    /// The system has no random bytes.
    #[error("the system gave no random bytes; try again")]
    Random,
    /// The hash failed.
    #[error("the secret could not be hashed: {0}")]
    Hash(String),
}

/// Makes a secret. It is shown once, to the client.
pub(crate) fn make() -> Result<String, SecretFault> {
    let mut random = [0; RANDOM];
    rand::fill(&mut random).map_err(|_unspecified| SecretFault::Random)?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)))
}

/// The hash under which a secret is kept, in the PHC format: it names its own parameters.
pub(crate) fn hash(secret: &str) -> Result<String, SecretFault> {
    let hash = argon2()?.hash_password(secret.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| SecretFault::Hash(error.to_string()))
}

/// Whether a secret is the one that was hashed. Without a hash, because there is no such client,
/// it is never so, and that takes as long to say.
pub(crate) fn verify(kept: Option<&str>, given: &str) -> bool {
    let sound = given.len() <= MOST;
    let given = if sound { given } else { "" };
    let kept = kept.and_then(|text| PasswordHash::new(text).ok());
    let known = kept.is_some();
    let Some(hash) = kept.as_ref().or(NOBODYS.as_ref()) else { return false };
    // The parameters are those of the hash.
    let same = Argon2::default().verify_password(given.as_bytes(), hash).is_ok();
    same && known && sound
}

/// The hash of a secret that nobody has.
static NOBODYS: LazyLock<Option<PasswordHash>> = LazyLock::new(|| {
    let hash = make().and_then(|secret| hash(&secret)).ok()?;
    PasswordHash::new(&hash).ok()
});

fn argon2() -> Result<Argon2<'static>, SecretFault> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|error| SecretFault::Hash(error.to_string()))?;
    Ok(Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_secret_is_long_and_new_each_time() {
        let secret = make().unwrap();
        assert!(secret.starts_with("calsos_"));
        assert_eq!(secret.len(), 7 + 43);
        assert_ne!(secret, make().unwrap());
    }

    #[test]
    fn only_the_secret_that_was_hashed_is_accepted() {
        let secret = make().unwrap();
        let kept = hash(&secret).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(!kept.contains(&secret));
        assert_ne!(kept, hash(&secret).unwrap(), "a salt of its own");
        assert!(verify(Some(&kept), &secret));
        for other in ["", "calsos_", &secret[..49], &format!("{secret}x"), &kept] {
            assert!(!verify(Some(&kept), other), "{other}");
        }
    }

    #[test]
    fn the_longest_text_is_hashed_and_one_byte_more_is_not() {
        let longest = "x".repeat(MOST);
        assert!(verify(Some(&hash(&longest).unwrap()), &longest));
        let longer = "x".repeat(MOST + 1);
        assert!(!verify(Some(&hash(&longer).unwrap()), &longer));
        // What stands in for it is no secret either.
        assert!(!verify(Some(&hash("").unwrap()), &longer));
    }

    #[test]
    fn no_client_and_no_hash_accept_nothing() {
        for kept in [None, Some(""), Some("secret"), Some("$argon2id$v=19$m=19456,t=2,p=1$")] {
            assert!(!verify(kept, ""));
            assert!(!verify(kept, "secret"));
        }
    }

    #[test]
    fn an_unknown_client_takes_as_long_as_a_wrong_secret() {
        let kept = hash("one").unwrap();
        verify(None, "other");
        let time = |kept: Option<&str>| {
            let runs = (0..5).map(|_| {
                let begun = Instant::now();
                assert!(!verify(kept, "other"));
                begun.elapsed()
            });
            runs.min().unwrap().as_secs_f64()
        };
        let ratio = time(None) / time(Some(&kept));
        assert!((0.25..4.0).contains(&ratio), "{ratio}");
    }
}
