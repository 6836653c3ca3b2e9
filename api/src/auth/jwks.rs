//! Public keys with which tokens are verified, as issuers publish them: RFC 7517 and 7518.

use std::collections::HashMap;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use super::algorithm::Algorithm;
use super::keys::OwnKey;

/// How long an RSA key is, in bits: with less it can be broken, with more it takes too long.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The most keys of one issuer.
const KEYS_MOST: usize = 100;

/// What a key is, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// The point, not compressed.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A key that verifies signatures of one algorithm.
#[derive(Clone, Debug)]
pub(crate) struct PublicKey {
    material: Material,
    verifying: DecodingKey,
}

impl PublicKey {
    fn new(material: Material) -> PublicKey {
        let verifying = match &material {
            Material::Rsa { modulus, exponent } => {
                DecodingKey::from_rsa_raw_components(modulus, exponent)
            }
            Material::P256(point) => DecodingKey::from_ec_der(point),
            Material::Ed25519(public) => DecodingKey::from_ed_der(public),
        };
        PublicKey { material, verifying }
    }

    /// The only algorithm that the key is for.
    pub(crate) fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Rsa { .. } => Algorithm::Rs256,
            Material::P256(_) => Algorithm::Es256,
            Material::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// Whether a signature, in base64url, is that of a message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let algorithm = self.algorithm().of_jwt();
        jsonwebtoken::crypto::verify(signature, message, &self.verifying, algorithm)
            .unwrap_or(false)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &PublicKey) -> bool {
        self.material == other.material
    }
}

/// The keys of an issuer by their names, which are only looked up here, whatever they look like.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct KeyRing(HashMap<String, PublicKey>);

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

impl KeyRing {
    /// Reads a set of keys. Those of another purpose or kind, without a name, or too weak are
    /// left out; a set of which none is left is refused.
    pub(crate) fn read(json: &[u8]) -> Result<KeyRing, String> {
        let set: Set = serde_json::from_slice(json)
            .map_err(|error| format!("what it has is no set of keys (JWKS): {error}"))?;
        if set.keys.len() > KEYS_MOST {
            return Err(format!(
                "its set has {} keys; {KEYS_MOST} are the most that are read",
                set.keys.len()
            ));
        }
        let mut ring = HashMap::new();
        for jwk in &set.keys {
            match key_of(jwk) {
                // Of two keys with one name the first counts.
                Ok((kid, key)) => drop(ring.entry(kid).or_insert(key)),
                Err(why) => log::debug!("a key of a set is left out: {why}"),
            }
        }
        if ring.is_empty() {
            return Err(format!(
                "none of its {} keys can be used: expected are keys with `kid`, for signatures, of \
                 {}, RSA from 2048 bits",
                set.keys.len(),
                Algorithm::EXPECTED
            ));
        }
        Ok(KeyRing(ring))
    }

    /// This service's own.
    pub(crate) fn of_own(keys: &[OwnKey]) -> KeyRing {
        let named =
            |key: &OwnKey| (key.kid.clone(), PublicKey::new(Material::Ed25519(key.public.clone())));
        KeyRing(keys.iter().map(named).collect())
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&PublicKey> {
        self.0.get(kid)
    }
}

fn key_of(jwk: &Value) -> Result<(String, PublicKey), &'static str> {
    let text = |member: &str| jwk.get(member).and_then(Value::as_str);
    let bytes = |member: &str| {
        let decoded = text(member).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        decoded.ok_or("a member is missing or no base64url")
    };
    let kid = text("kid").filter(|kid| !kid.is_empty()).ok_or("it has no kid")?;
    if jwk.get("use").is_some() && text("use") != Some("sig") {
        return Err("it is not for signatures");
    }
    if let Some(uses) = jwk.get("key_ops") {
        let verify = |uses: &Vec<Value>| uses.iter().any(|usage| usage == "verify");
        if !uses.as_array().is_some_and(verify) {
            return Err("it is not for verifying");
        }
    }
    let material = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => rsa(&bytes("n")?, &bytes("e")?)?,
        (Some("EC"), Some("P-256")) => p256(&bytes("x")?, &bytes("y")?)?,
        (Some("OKP"), Some("Ed25519")) => ed25519(bytes("x")?)?,
        _ => return Err("it is of a kind that is not supported"),
    };
    let key = PublicKey::new(material);
    if jwk.get("alg").is_some() && text("alg").and_then(Algorithm::parse) != Some(key.algorithm()) {
        return Err("its alg is not one for it");
    }
    Ok((kid.to_owned(), key))
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Material, &'static str> {
    let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
    let spare = modulus.first().map_or(0, |first| first.leading_zeros() as usize);
    if !RSA_BITS.contains(&(modulus.len() * 8 - spare)) {
        return Err("it is an RSA key of fewer than 2048 or more than 8192 bits");
    }
    // Exponents are small: what is longer is no usual key and slow.
    let value = exponent.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    if exponent.len() > 4 || value < 3 || value.is_multiple_of(2) {
        return Err("the exponent of an RSA key is not sound");
    }
    Ok(Material::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec() })
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

fn p256(x: &[u8], y: &[u8]) -> Result<Material, &'static str> {
    if (x.len(), y.len()) != (32, 32) {
        return Err("it is no point of P-256");
    }
    let point = [&[4], x, y].concat();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point)
        .map_err(|_rejected| "it is no point of P-256")?;
    Ok(Material::P256(point))
}

fn ed25519(public: Vec<u8>) -> Result<Material, &'static str> {
    ParsedPublicKey::new(&ED25519, &public).map_err(|_rejected| "it is no key of Ed25519")?;
    Ok(Material::Ed25519(public))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::keys::JwkSet;
    use super::super::trial::{RSA, TrialKey, encoded};
    use super::*;

    fn read(keys: &[Value]) -> Result<KeyRing, String> {
        KeyRing::read(json!({"keys": keys}).to_string().as_bytes())
    }

    /// A key with some members replaced; null takes one away.
    fn with(key: &TrialKey, members: Value) -> Value {
        let mut jwk = key.jwk("k");
        for (name, value) in members.as_object().unwrap() {
            match value {
                Value::Null => drop(jwk.as_object_mut().unwrap().remove(name)),
                value => jwk[name] = value.clone(),
            }
        }
        jwk
    }

    #[test]
    fn keys_of_each_kind_are_read() {
        for key in [&*RSA, &TrialKey::p256(), &TrialKey::ed25519()] {
            for members in [
                json!({}),
                json!({"use": "sig", "alg": key.algorithm(), "key_ops": ["verify"]}),
                json!({"x5c": ["AAAA"], "unknown": {"a": 1}}),
            ] {
                let ring = read(&[with(key, members)]).unwrap();
                let found = ring.get("k").unwrap();
                assert_eq!(Algorithm::parse(key.algorithm()), Some(found.algorithm()));
                let signature = encoded(&key.sign(b"message"));
                assert!(found.verifies(b"message", &signature));
                assert!(!found.verifies(b"messagE", &signature));
            }
        }
    }

    #[test]
    fn keys_for_something_else_are_left_out() {
        let sound = TrialKey::ed25519().jwk("sound");
        for key in [&*RSA, &TrialKey::p256(), &TrialKey::ed25519()] {
            for members in [
                json!({"use": "enc"}),
                json!({"use": 7}),
                json!({"key_ops": ["sign"]}),
                json!({"key_ops": "verify"}),
                json!({"alg": "none"}),
                json!({"alg": "HS256"}),
                json!({"alg": "RS512"}),
                json!({"alg": "RSA-OAEP"}),
                json!({"alg": 7}),
                json!({"kty": "oct", "k": "AAAA"}),
                json!({"kty": null}),
                json!({"kid": null}),
                json!({"kid": ""}),
                json!({"kid": 7}),
            ] {
                let ring = read(&[with(key, members.clone()), sound.clone()]).unwrap();
                assert_eq!(ring.0.keys().collect::<Vec<_>>(), ["sound"], "{members}");
            }
        }
        for other in [json!(null), json!(7), json!([]), json!({})] {
            assert!(read(&[other, sound.clone()]).is_ok());
        }
    }

    #[test]
    fn an_algorithm_of_another_kind_of_key_is_left_out() {
        let keys = [&*RSA, &TrialKey::p256(), &TrialKey::ed25519()];
        for key in keys {
            for other in keys.iter().filter(|other| other.algorithm() != key.algorithm()) {
                assert!(read(&[with(key, json!({"alg": other.algorithm()}))]).is_err());
            }
        }
    }

    #[test]
    fn weak_and_oversized_rsa_keys_are_left_out() {
        // As many bits as are asked for, and one fewer or more.
        let modulus = |bits: usize| {
            let mut modulus = vec![0xff; bits.div_ceil(8)];
            modulus[0] >>= modulus.len() * 8 - bits;
            modulus
        };
        for (bits, accepted) in
            [(512, false), (1024, false), (2047, false), (2048, true), (8192, true), (8193, false)]
        {
            for zeros in [0, 1, 200] {
                let n = encoded(&[vec![0; zeros], modulus(bits)].concat());
                let read = read(&[with(&RSA, json!({ "n": n }))]);
                assert_eq!(read.is_ok(), accepted, "{bits}");
            }
        }
        for (exponent, accepted) in [
            (&[][..], false),
            (&[0], false),
            (&[1], false),
            (&[2], false),
            (&[3], true),
            (&[1, 0, 0], false),
            (&[1, 0, 1], true),
            (&[0, 1, 0, 1], true),
            (&[1, 0, 0, 0, 1], false),
        ] {
            let read = read(&[with(&RSA, json!({"e": encoded(exponent)}))]);
            assert_eq!(read.is_ok(), accepted, "{exponent:?}");
        }
    }

    #[test]
    fn what_is_no_point_is_left_out() {
        let (p256, ed25519) = (TrialKey::p256(), TrialKey::ed25519());
        for members in [
            json!({"x": encoded(&[0; 32])}),
            json!({"x": encoded(&[1; 31])}),
            json!({"x": encoded(&[1; 33])}),
            json!({"x": "not base64url!"}),
            json!({"x": null}),
            json!({"y": null}),
            json!({"crv": "P-384"}),
            json!({"crv": "secp256k1"}),
            json!({"crv": null}),
        ] {
            assert!(read(&[with(&p256, members.clone())]).is_err(), "{members}");
        }
        for members in [
            json!({"x": encoded(&[1; 31])}),
            json!({"x": encoded(&[1; 33])}),
            json!({"x": null}),
            json!({"crv": "Ed448"}),
            json!({"crv": "X25519"}),
        ] {
            assert!(read(&[with(&ed25519, members.clone())]).is_err(), "{members}");
        }
    }

    #[test]
    fn of_two_keys_with_one_name_the_first_counts() {
        let (first, second) = (TrialKey::ed25519(), TrialKey::ed25519());
        let ring = read(&[first.jwk("k"), second.jwk("k")]).unwrap();
        assert!(ring.get("k").unwrap().verifies(b"m", &encoded(&first.sign(b"m"))));
    }

    #[test]
    fn a_set_without_a_key_that_can_be_used_is_refused() {
        for json in ["", "[]", "{}", "null", r#"{"keys":{}}"#, r#"{"keys":[]}"#, r#"{"keys":[{}]}"#]
        {
            assert!(KeyRing::read(json.as_bytes()).is_err(), "{json}");
        }
        assert!(KeyRing::read(&[0xff, 0xfe]).is_err());
        let key = TrialKey::ed25519();
        let keys = |count: usize| -> Vec<Value> {
            (0..count).map(|number| key.jwk(&number.to_string())).collect()
        };
        assert!(read(&keys(KEYS_MOST)).is_ok());
        assert!(read(&keys(KEYS_MOST + 1)).is_err());
    }

    #[test]
    fn own_keys_verify_what_they_sign() {
        let key = OwnKey::make().unwrap();
        let served = serde_json::to_vec(&JwkSet::of(std::slice::from_ref(&key))).unwrap();
        assert_eq!(KeyRing::read(&served).unwrap(), KeyRing::of_own(&[key]));
    }
}
