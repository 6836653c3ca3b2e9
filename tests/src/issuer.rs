//! An issuer of tokens that a service under test is told to trust, with a key of its own in a
//! file: tokens of any claims, sound or not.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::program::Program;

/// The issuer's name, as its tokens have it.
pub const ISSUER: &str = "https://id.example";

/// For whom its tokens are.
pub const AUDIENCE: &str = "https://calsos.example";

/// The name of its key.
const KID: &str = "one";

/// An issuer.
#[derive(Debug)]
pub struct Issuer {
    key: Ed25519KeyPair,
}

/// Seconds since 1970.
#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A part of a token.
#[must_use]
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Default for Issuer {
    fn default() -> Issuer {
        Issuer::new()
    }
}

impl Issuer {
    /// An issuer with a new key.
    ///
    /// # Panics
    /// If no key can be made.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test cannot go on without the key")]
    pub fn new() -> Issuer {
        Issuer { key: Ed25519KeyPair::generate().expect("a key") }
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.key.public_key().as_ref()
    }

    /// Writes the file of settings that names the issuer, and gives its path.
    #[must_use]
    pub fn settings(&self, program: &Program) -> PathBuf {
        let x = encoded(self.public_key());
        let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": KID, "x": x});
        let keys = program.write("jwks.json", json!({"keys": [key]}).to_string());
        let settings = format!(
            "[[external_issuer]]\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\n\
             algorithms = ['EdDSA']\nkeys = {{ file = '{}' }}\n",
            keys.display()
        );
        program.write("serve.toml", settings)
    }

    /// A sound header.
    #[must_use]
    pub fn header() -> Value {
        json!({"alg": "EdDSA", "kid": KID, "typ": "at+jwt"})
    }

    /// Claims that are accepted, of a client that has these scopes and, where it is not
    /// empty, this agency.
    #[must_use]
    pub fn claims(scopes: &str, agency: &str) -> Value {
        let (begun, client) = (now() - 10, format!("{agency}|{scopes}"));
        let mut claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": client, "client_id": client, "scope": scopes,
            "iat": begun, "nbf": begun, "exp": begun + 600,
        });
        if let (Value::Object(claims), false) = (&mut claims, agency.is_empty()) {
            claims.insert("agency".to_owned(), agency.into());
        }
        claims
    }

    /// A token that is accepted.
    #[must_use]
    pub fn token(&self, scopes: &str, agency: &str) -> String {
        self.sign(&Issuer::header().to_string(), &Issuer::claims(scopes, agency).to_string())
    }

    /// A token of any header and claims.
    #[must_use]
    pub fn sign(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", encoded(signature))
    }
}
