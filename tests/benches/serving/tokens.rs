//! What a token costs, and what the limits do: the same answer to the same number of readers,
//! round by round in turns.

use std::fs;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::servers::Server;
use super::state::State;
use super::wrk::{Load, Measured};
use super::{MANY, aim, in_turns, ratio, tell};

const CLIENT: &str = "office";
const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "https://calsos.example";

/// `counting` is a service that counts requests and answers them all.
pub(super) fn measure(
    state: &State,
    counting: &Server,
    one: &str,
    is_wanted: impl Fn(&str) -> bool,
) {
    let Some(secret) = state.client(CLIENT) else {
        println!("tokens are measured on the made-up state alone: they take a client in it");
        return;
    };
    let issuer = Issuer::new(state);
    let uncounted = Server::start(&mut state.serve_uncounted("127.0.0.1:0", &issuer.config));
    let own = uncounted.token(CLIENT, &secret);
    let plain = Load::of(one, MANY);
    let with = |token: &str| {
        let load = Load::of(one, MANY).with("Authorization", &format!("Bearer {token}"));
        let answer = uncounted.get(one, &load.headers);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        load
    };
    let (eddsa, rs256) = (with(&own), with(&issuer.token()));

    if is_wanted("token") {
        println!("one determination by {MANY} readers, without a token and with one; no limits");
        for (name, token) in [("EdDSA", &eddsa), ("RS256", &rs256)] {
            let [without, with] = in_turns([(&uncounted, &plain), (&uncounted, token)]);
            println!("  {name}, a header of {} bytes", token.headers[0].1.len());
            tell("without", &without);
            tell("with", &with);
            let requests =
                ratio("requests with to without", &with, &without, Measured::requests_a_second);
            aim("at least 0.9", requests >= 0.9);
            ratio("processor's time with to without", &with, &without, Measured::processor);
        }
    }
    if !is_wanted("limits") {
        return;
    }
    println!(
        "one determination by {MANY} readers, with limits that refuse nobody, and without limits"
    );
    let counted = counting.token(CLIENT, &secret);
    let counted = Load::of(one, MANY).with("Authorization", &format!("Bearer {counted}"));
    for (name, on, off) in [("without a token", &plain, &plain), ("with one", &counted, &eddsa)] {
        let [on, off] = in_turns([(counting, on), (&uncounted, off)]);
        println!("  {name}");
        tell("with limits", &on);
        tell("without limits", &off);
        ratio("requests with to without", &on, &off, Measured::requests_a_second);
        ratio("processor's time with to without", &on, &off, Measured::processor);
    }
}

/// An issuer elsewhere, whose keys are in a file.
struct Issuer {
    pair: RsaKeyPair,
    config: PathBuf,
}

impl Issuer {
    fn new(state: &State) -> Issuer {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let parts = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let key = json!({
            "kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig",
            "n": encoded(&parts.n), "e": encoded(&parts.e),
        });
        let keys = state.folder().join("keys.json");
        fs::write(&keys, json!({"keys": [key]}).to_string()).unwrap();
        let config = state.folder().join("calsos.toml");
        let text = format!(
            "[[external_issuer]]\nissuer = \"{ISSUER}\"\naudience = \"{AUDIENCE}\"\n\
             algorithms = [\"RS256\"]\nkeys = {{ file = '{}' }}\n",
            keys.display()
        );
        fs::write(&config, text).unwrap();
        Issuer { pair, config }
    }

    fn token(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let claims: Value = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": CLIENT, "client_id": CLIENT,
            "scope": "read preview", "agency": "county:01",
            "iat": now, "nbf": now, "exp": now + 3600,
        });
        let header = json!({"alg": "RS256", "kid": "one", "typ": "JWT"});
        let part = |value: &Value| encoded(value.to_string().as_bytes());
        let message = format!("{}.{}", part(&header), part(&claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", encoded(&signature))
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
