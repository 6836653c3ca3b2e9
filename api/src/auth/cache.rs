//! Tokens that were verified, so that each is verified once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::rand;
use sha2::{Digest as _, Sha256};

use super::claims::Verified;
use super::token::still_valid;

/// Among how many locks the tokens are spread.
const SHARDS: usize = 64;

/// The most tokens under one lock, and so 10,240 in all.
const SHARD_MOST: usize = 160;

/// By what a token is known: the hash of it behind a key of this process, which fills the hash's
/// first block. Nobody is shown it, so that a hash within a hash, which HMAC has against who goes
/// on from one that was seen, is not needed. The token is not kept.
pub(super) type Digest = [u8; 32];

/// Remembers who bears a token. Only tokens that were accepted are remembered.
pub(super) struct Remembered {
    keyed: Sha256,
    shards: Vec<Mutex<HashMap<Digest, Entry>>>,
}

struct Entry {
    /// Of which state of the keys the token was verified.
    generation: u64,
    verified: Arc<Verified>,
}

impl Entry {
    fn lives(&self, generation: u64, now: u64) -> bool {
        self.generation == generation && still_valid(self.verified.expires, now)
    }
}

impl Remembered {
    /// Fails when the system has no random bytes.
    pub(super) fn new() -> Result<Remembered, String> {
        let mut key = [0; 64];
        rand::fill(&mut key)
            .map_err(|_unspecified| "the system gave no random bytes".to_owned())?;
        let keyed = Sha256::new().chain_update(key);
        Ok(Remembered { keyed, shards: (0..SHARDS).map(|_| Mutex::default()).collect() })
    }

    pub(super) fn digest(&self, token: &str) -> Digest {
        self.keyed.clone().chain_update(token).finalize().into()
    }

    /// Who bears a token, if it was verified with the keys of this generation and has not ended.
    pub(super) fn get(&self, digest: &Digest, generation: u64, now: u64) -> Option<Arc<Verified>> {
        let mut shard = self.shard(digest)?;
        let entry = shard.get(digest)?;
        if entry.lives(generation, now) {
            return Some(Arc::clone(&entry.verified));
        }
        shard.remove(digest);
        None
    }

    /// Remembers a token. Where there is no room, those that are dead give way, or else the one
    /// that ends first.
    pub(super) fn put(&self, digest: Digest, generation: u64, now: u64, verified: Arc<Verified>) {
        let Some(mut shard) = self.shard(&digest) else { return };
        if shard.len() >= SHARD_MOST {
            shard.retain(|_, entry| entry.lives(generation, now));
        }
        if shard.len() >= SHARD_MOST {
            let first = shard.iter().min_by_key(|(_, entry)| entry.verified.expires);
            if let Some(first) = first.map(|(digest, _)| *digest) {
                shard.remove(&first);
            }
        }
        shard.insert(digest, Entry { generation, verified });
    }

    /// How many tokens are remembered.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| locked(shard).len()).sum()
    }

    fn shard(&self, digest: &Digest) -> Option<MutexGuard<'_, HashMap<Digest, Entry>>> {
        let [first, ..] = digest;
        self.shards.get(usize::from(*first) % SHARDS).map(locked)
    }
}

/// A map is whole also after a thread has panicked with its lock.
fn locked<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("tokens", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::Scopes;
    use super::super::token::LEEWAY;
    use super::*;

    fn verified(client: &str, expires: u64) -> Arc<Verified> {
        Arc::new(Verified {
            client: client.to_owned(),
            issuer: "https://id.example".to_owned(),
            scopes: Scopes::default(),
            agency: None,
            expires,
        })
    }

    #[test]
    fn a_token_is_remembered_until_it_ends() {
        let remembered = Remembered::new().unwrap();
        let digest = remembered.digest("a.b.c");
        remembered.put(digest, 1, 1000, verified("a", 2000));
        assert!(remembered.get(&digest, 1, 2000 + LEEWAY - 1).is_some());
        assert!(remembered.get(&digest, 1, 2000 + LEEWAY).is_none());
        assert_eq!(remembered.len(), 0, "what is dead is gone");
        assert!(remembered.get(&remembered.digest("a.b.d"), 1, 1000).is_none());
    }

    #[test]
    fn a_token_of_other_keys_is_not_remembered() {
        let remembered = Remembered::new().unwrap();
        let digest = remembered.digest("a.b.c");
        remembered.put(digest, 1, 1000, verified("a", 2000));
        assert!(remembered.get(&digest, 2, 1000).is_none());
    }

    #[test]
    fn a_token_is_known_only_to_one_process() {
        let (one, other) = (Remembered::new().unwrap(), Remembered::new().unwrap());
        assert_eq!(one.digest("a.b.c"), one.digest("a.b.c"));
        assert_ne!(one.digest("a.b.c"), other.digest("a.b.c"));
    }

    #[test]
    fn the_memory_is_bounded_and_what_ends_first_gives_way() {
        let remembered = Remembered::new().unwrap();
        let lasting = remembered.digest("lasting");
        remembered.put(lasting, 1, 1000, verified("lasting", 9000));
        for number in 0..3 * SHARDS * SHARD_MOST {
            let digest = remembered.digest(&number.to_string());
            remembered.put(digest, 1, 1000, verified("a", 2000));
        }
        assert_eq!(remembered.len(), SHARDS * SHARD_MOST);
        assert!(remembered.get(&lasting, 1, 1000).is_some());
    }

    #[test]
    fn the_dead_give_way_before_the_living() {
        let remembered = Remembered::new().unwrap();
        for number in 0..SHARDS * SHARD_MOST * 2 {
            remembered.put(remembered.digest(&number.to_string()), 1, 1000, verified("a", 1000));
        }
        for number in 0..100 {
            let digest = remembered.digest(&format!("late {number}"));
            remembered.put(digest, 1, 5000, verified("b", 6000));
        }
        for number in 0..100 {
            let digest = remembered.digest(&format!("late {number}"));
            assert!(remembered.get(&digest, 1, 5000).is_some());
        }
    }
}
