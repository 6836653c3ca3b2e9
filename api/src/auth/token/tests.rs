//! Every kind of token that is refused, with real keys and signatures.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::KeyPair;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::EncodingKey;
use serde_json::json;
use tempfile::TempDir;

use super::super::agency::Agency;
use super::super::claims::ClaimMapping;
use super::super::issuer::{LIFETIME, OwnIssuer};
use super::super::keys::{KeyFault, OwnKey};
use super::super::scope::{Scope, Scopes};
use super::super::trial::{
    AUDIENCE, ISSUER, NOW, RSA, TrialKey, encoded, issuer_with_file, sound_claims,
};
use super::*;

const ALL: &[&str] = &["RS256", "ES256", "EdDSA"];

/// A verifier that trusts one issuer, with the key `k` and some algorithms.
fn trusting(key: &TrialKey, algorithms: &[&str]) -> Verifier {
    let folder = tempfile::tempdir().unwrap();
    Verifier::new(None, &[issuer_with_file(&folder, algorithms, &[key.jwk("k")])]).unwrap()
}

fn code(verifier: &Verifier, token: &str) -> &'static str {
    verifier.verify(token, NOW).unwrap_err().code()
}

/// Sound claims with some replaced; null takes one away.
fn claims_with(others: Value) -> Value {
    let mut claims = sound_claims();
    for (name, value) in others.as_object().unwrap() {
        let members = claims.as_object_mut().unwrap();
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    claims
}

fn verdict_on(others: Value) -> Result<Arc<Verified>, TokenFault> {
    let key = TrialKey::ed25519();
    trusting(&key, ALL).verify(&key.token("k", &claims_with(others)), NOW)
}

fn own_issuer() -> OwnIssuer {
    OwnIssuer::new("https://own.example", LIFETIME, vec![OwnKey::make().unwrap()]).unwrap()
}

#[test]
fn a_sound_token_is_accepted_of_each_algorithm() {
    for key in [&*RSA, &TrialKey::p256(), &TrialKey::ed25519()] {
        let verified = trusting(key, ALL).verify(&key.token("k", &sound_claims()), NOW).unwrap();
        assert_eq!(verified.client, "a-client");
        assert_eq!(verified.issuer, ISSUER);
        assert_eq!(verified.scopes.to_string(), "read preview");
        assert_eq!(verified.agency, Agency::parse("county:27"));
        assert_eq!(verified.expires, NOW + 600);
    }
}

#[test]
fn a_token_without_signature_is_refused() {
    let key = TrialKey::ed25519();
    let verifier = trusting(&key, ALL);
    for none in ["none", "None", "NONE", "nOnE", ""] {
        let header = json!({"alg": none, "kid": "k"}).to_string();
        let signed = key.token_of(&header, &sound_claims().to_string());
        assert_eq!(code(&verifier, &signed), "token-algorithm-not-allowed");
        let message = signed.rsplit_once('.').unwrap().0;
        assert_eq!(code(&verifier, &format!("{message}.")), "token-algorithm-not-allowed");
    }
    let sound = key.token("k", &sound_claims());
    let message = sound.rsplit_once('.').unwrap().0;
    assert_eq!(code(&verifier, &format!("{message}.")), "token-bad-signature");
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let TrialKey::Rsa(pair) = &*RSA else { unreachable!() };
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der.as_ref())
    );
    let ed25519 = TrialKey::ed25519();
    let TrialKey::Ed25519(ed_pair) = &ed25519 else { unreachable!() };
    for (key, secret) in [
        (&*RSA, pem.as_bytes()),
        (&*RSA, pem.trim_end().as_bytes()),
        (&*RSA, der.as_ref()),
        (&ed25519, ed_pair.public_key().as_ref()),
        (&ed25519, key_text(&ed25519).as_bytes()),
    ] {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        header.kid = Some("k".to_owned());
        let secret = EncodingKey::from_secret(secret);
        let token = jsonwebtoken::encode(&header, &sound_claims(), &secret).unwrap();
        assert_eq!(code(&trusting(key, ALL), &token), "token-algorithm-not-allowed");
        // The same signature under the name of the issuer's algorithm.
        let signature = token.rsplit_once('.').unwrap().1;
        let renamed = key.token("k", &sound_claims());
        let message = renamed.rsplit_once('.').unwrap().0;
        let renamed = format!("{message}.{signature}");
        assert_eq!(code(&trusting(key, ALL), &renamed), "token-bad-signature");
    }
}

fn key_text(key: &TrialKey) -> String {
    key.jwk("k")["x"].as_str().unwrap().to_owned()
}

#[test]
fn other_algorithms_are_refused() {
    let verifier = trusting(&RSA, ALL);
    for algorithm in ["HS384", "HS512", "RS384", "RS512", "PS256", "ES384", "rs256", "Ed25519"] {
        let header = json!({"alg": algorithm, "kid": "k"}).to_string();
        let token = RSA.token_of(&header, &sound_claims().to_string());
        assert_eq!(code(&verifier, &token), "token-algorithm-not-allowed");
    }
    for algorithm in [json!(null), json!(5), json!(["RS256"])] {
        let header = json!({"alg": algorithm, "kid": "k"}).to_string();
        let token = RSA.token_of(&header, &sound_claims().to_string());
        assert_eq!(code(&verifier, &token), "token-algorithm-not-allowed");
    }
}

#[test]
fn an_algorithm_that_the_issuer_is_not_configured_for_is_refused() {
    let claims = sound_claims();
    let p256 = TrialKey::p256();
    for (key, others) in [(&*RSA, ["EdDSA", "ES256"]), (&p256, ["EdDSA", "RS256"])] {
        let token = key.token("k", &claims);
        assert_eq!(code(&trusting(key, &others), &token), "token-algorithm-not-allowed");
        assert!(trusting(key, &[key.algorithm()]).verify(&token, NOW).is_ok());
    }
}

#[test]
fn a_key_is_used_only_for_its_own_algorithm() {
    let keys = [&*RSA, &TrialKey::p256(), &TrialKey::ed25519()];
    for key in keys {
        let verifier = trusting(key, ALL);
        for other in keys.iter().filter(|other| other.algorithm() != key.algorithm()) {
            let token = other.token("k", &sound_claims());
            assert_eq!(code(&verifier, &token), "token-algorithm-not-allowed");
        }
    }
}

#[test]
fn a_member_that_is_there_twice_is_refused() {
    let key = TrialKey::ed25519();
    let verifier = trusting(&key, ALL);
    let claims = sound_claims().to_string();
    for header in [
        r#"{"alg":"EdDSA","alg":"none","kid":"k"}"#,
        r#"{"alg":"none","alg":"EdDSA","kid":"k"}"#,
        r#"{"alg":"EdDSA","\u0061lg":"EdDSA","kid":"k"}"#,
        r#"{"alg":"EdDSA","kid":"k","kid":"other"}"#,
        r#"{"alg":"EdDSA","kid":"k","x":1,"x":1}"#,
    ] {
        assert_eq!(code(&verifier, &key.token_of(header, &claims)), "token-malformed", "{header}");
    }
    let twice = claims.replacen('{', r#"{"exp":99999999999,"#, 1);
    let header = r#"{"alg":"EdDSA","kid":"k"}"#;
    assert_eq!(code(&verifier, &key.token_of(header, &twice)), "token-malformed");
    assert!(verifier.verify(&key.token_of(header, &claims), NOW).is_ok());
}

#[test]
fn a_key_id_is_only_looked_up() {
    let key = TrialKey::ed25519();
    let verifier = trusting(&key, ALL);
    for kid in
        ["other", "", "K", "k ", "../../etc/passwd", "/dev/null", "' OR 1=1 --", "k\0", "%6b"]
    {
        assert_eq!(code(&verifier, &key.token(kid, &sound_claims())), "token-unknown-key", "{kid}");
    }
    let claims = sound_claims().to_string();
    let unnamed = key.token_of(r#"{"alg":"EdDSA"}"#, &claims);
    assert_eq!(code(&verifier, &unnamed), "token-key-not-named");
    let number = key.token_of(r#"{"alg":"EdDSA","kid":0}"#, &claims);
    assert_eq!(code(&verifier, &number), "token-malformed");
}

#[test]
fn a_key_inside_the_token_is_never_used() {
    let (key, thief) = (TrialKey::ed25519(), TrialKey::ed25519());
    let verifier = trusting(&key, ALL);
    let claims = sound_claims().to_string();
    let header = json!({
        "alg": "EdDSA", "kid": "k", "jwk": thief.jwk("k"), "jku": "https://thief.example/jwks",
        "x5u": "https://thief.example/x5u", "x5c": ["AAAA"], "x5t": "AAAA",
    });
    let stolen = thief.token_of(&header.to_string(), &claims);
    assert_eq!(code(&verifier, &stolen), "token-bad-signature");
    // They do not hinder either.
    assert!(verifier.verify(&key.token_of(&header.to_string(), &claims), NOW).is_ok());
    let mut header = header;
    header["kid"] = json!("thief");
    let stolen = thief.token_of(&header.to_string(), &claims);
    assert_eq!(code(&verifier, &stolen), "token-unknown-key");
}

#[test]
fn a_critical_header_is_refused() {
    let key = TrialKey::ed25519();
    let verifier = trusting(&key, ALL);
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), json!(null), json!("x")] {
        let header = json!({"alg": "EdDSA", "kid": "k", "crit": crit, "b64": false}).to_string();
        let token = key.token_of(&header, &sound_claims().to_string());
        assert_eq!(code(&verifier, &token), "token-critical-header");
    }
}

#[test]
fn only_access_tokens_are_accepted() {
    let key = TrialKey::ed25519();
    let verifier = trusting(&key, ALL);
    for (kind, accepted) in [
        (json!("JWT"), true),
        (json!("jwt"), true),
        (json!("at+jwt"), true),
        (json!("application/at+jwt"), true),
        (json!("logout+jwt"), false),
        (json!("dpop+jwt"), false),
        (json!("secevent+jwt"), false),
        (json!(7), false),
    ] {
        let header = json!({"alg": "EdDSA", "kid": "k", "typ": kind}).to_string();
        let verdict = verifier.verify(&key.token_of(&header, &sound_claims().to_string()), NOW);
        assert_eq!(verdict.is_ok(), accepted, "{kind}");
        assert!(accepted || verdict == Err(TokenFault::WrongType), "{kind}");
    }
}

#[test]
fn a_token_ends_after_its_leeway() {
    assert!(verdict_on(json!({"exp": NOW - LEEWAY + 1})).is_ok());
    assert_eq!(verdict_on(json!({"exp": NOW - LEEWAY})), Err(TokenFault::Expired));
    assert_eq!(verdict_on(json!({"exp": 0})), Err(TokenFault::Expired));
}

#[test]
fn a_token_begins_with_its_leeway() {
    assert!(verdict_on(json!({"nbf": NOW + LEEWAY})).is_ok());
    assert_eq!(verdict_on(json!({"nbf": NOW + LEEWAY + 1})), Err(TokenFault::NotYetValid));
}

#[test]
fn fractions_of_a_second_make_a_token_valid_for_less_long() {
    let ended = (NOW - LEEWAY) as f64 + 0.9;
    assert_eq!(verdict_on(json!({"exp": ended})), Err(TokenFault::Expired));
    assert!(verdict_on(json!({"exp": ended + 1.0})).is_ok());
    let begins = (NOW + LEEWAY) as f64 + 0.1;
    assert_eq!(verdict_on(json!({"nbf": begins})), Err(TokenFault::NotYetValid));
    assert!(verdict_on(json!({"nbf": begins - 1.0})).is_ok());
}

#[test]
fn a_required_claim_that_is_missing_is_told() {
    for name in ["iss", "aud", "exp", "nbf"] {
        let mut without = Map::new();
        without.insert(name.to_owned(), Value::Null);
        let fault = verdict_on(Value::Object(without)).unwrap_err();
        assert_eq!(fault, TokenFault::MissingClaim(name.to_owned()));
    }
    let fault = verdict_on(json!({"client_id": null, "sub": null})).unwrap_err();
    assert_eq!(fault, TokenFault::MissingClaim("client_id or azp or sub".to_owned()));
}

#[test]
fn a_time_that_is_none_is_refused() {
    let text = (NOW + 600).to_string();
    for time in
        [json!(text), json!(-1), json!(true), json!([NOW]), json!(1e300), json!(TIME_MOST + 1)]
    {
        for name in ["exp", "nbf"] {
            let fault = verdict_on(json!({ name: time.clone() })).unwrap_err();
            assert_eq!(fault, TokenFault::ClaimNotValid(name.to_owned()), "{time}");
        }
    }
    assert!(verdict_on(json!({"exp": TIME_MOST})).is_ok());
    let key = TrialKey::ed25519();
    for time in ["NaN", "Infinity", "1e999", "null"] {
        let claims = sound_claims().to_string();
        let claims = claims.replace(&format!("\"exp\":{}", NOW + 600), &format!("\"exp\":{time}"));
        let token = key.token_of(r#"{"alg":"EdDSA","kid":"k"}"#, &claims);
        let expected = if time == "null" { "token-claim-not-valid" } else { "token-malformed" };
        assert_eq!(code(&trusting(&key, ALL), &token), expected, "{time}");
    }
}

#[test]
fn the_issuer_must_be_one_that_is_trusted() {
    for issuer in ["https://thief.example", "", "https://id.example/", "HTTPS://ID.EXAMPLE"] {
        assert_eq!(verdict_on(json!({"iss": issuer})), Err(TokenFault::WrongIssuer));
    }
    for issuer in [json!(7), json!([ISSUER])] {
        let fault = verdict_on(json!({"iss": issuer})).unwrap_err();
        assert_eq!(fault, TokenFault::ClaimNotValid("iss".to_owned()));
    }
}

#[test]
fn one_issuer_cannot_sign_for_another() {
    let (folder, own) = (tempfile::tempdir().unwrap(), own_issuer());
    let key = TrialKey::ed25519();
    // The same kid as the own key has.
    let kid = own.keys()[0].kid.clone();
    let external = issuer_with_file(&folder, ALL, &[key.jwk(&kid)]);
    let verifier = Verifier::new(Some(&own), &[external]).unwrap();
    assert!(verifier.verify(&key.token(&kid, &sound_claims()), NOW).is_ok());
    let claims = claims_with(json!({"iss": own.url(), "aud": own.url()}));
    assert_eq!(code(&verifier, &key.token(&kid, &claims)), "token-bad-signature");
}

#[test]
fn the_audience_must_be_or_have_ours() {
    for audience in [json!([AUDIENCE]), json!(["https://other.example", AUDIENCE])] {
        assert!(verdict_on(json!({"aud": audience})).is_ok());
    }
    for audience in [
        json!("https://other.example"),
        json!(""),
        json!([]),
        json!(["https://other.example"]),
        json!(format!("{AUDIENCE} x")),
    ] {
        assert_eq!(verdict_on(json!({"aud": audience})), Err(TokenFault::WrongAudience));
    }
    for audience in [json!(7), json!({ AUDIENCE: true }), json!([AUDIENCE, 7])] {
        let fault = verdict_on(json!({"aud": audience})).unwrap_err();
        assert_eq!(fault, TokenFault::ClaimNotValid("aud".to_owned()));
    }
}

/// A sound token of exactly so many bytes.
fn token_of_size(key: &TrialKey, size: usize) -> String {
    // Base64 leaves one remainder of three out: another header then has the other remainders.
    for header in [r#"{"alg":"EdDSA","kid":"k"}"#, r#"{"alg":"EdDSA","kid":"k" }"#] {
        let token = |filling: usize| {
            let claims = claims_with(json!({"filling": "x".repeat(filling)}));
            key.token_of(header, &claims.to_string())
        };
        let about = (size - token(0).len()) * 3 / 4;
        let near = (about - 2..about + 4).map(token);
        if let Some(found) = near.into_iter().find(|token| token.len() == size) {
            return found;
        }
    }
    panic!("no token has {size} bytes");
}

#[test]
fn the_largest_token_is_accepted_and_one_byte_more_is_not() {
    let key = TrialKey::ed25519();
    let verifier = trusting(&key, ALL);
    let largest = token_of_size(&key, TOKEN_MOST);
    assert_eq!(largest.len(), 8192);
    assert!(verifier.verify(&largest, NOW).is_ok());
    let larger = token_of_size(&key, TOKEN_MOST + 1);
    assert_eq!(larger.len(), 8193);
    assert_eq!(code(&verifier, &larger), "token-too-large");
    assert_eq!(code(&verifier, &"x".repeat(1024 * 1024)), "token-too-large");
}

#[test]
fn what_is_no_token_is_malformed() {
    let key = TrialKey::ed25519();
    let verifier = trusting(&key, ALL);
    let sound = key.token("k", &sound_claims());
    let deep = key.token_of(&"[".repeat(3000), "{}");
    for text in [
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "a.b.c.d",
        "é.é.é",
        "e30.e30",
        &deep,
        &format!("{sound}."),
        &format!(".{sound}"),
        &format!(" {sound}"),
        &format!("{sound}.x"),
        &sound.replacen('.', "=.", 1),
        &sound.replacen('.', "..", 1),
        &key.token_of("[]", "{}"),
        &key.token_of("{}", "[]"),
        &key.token_of("\"k\"", "7"),
        &key.token_of("{} ", "{}"),
    ] {
        assert_eq!(code(&verifier, text), "token-malformed", "{text}");
    }
    assert_eq!(code(&verifier, &format!("{sound} ")), "token-bad-signature");
}

#[test]
fn whatever_is_changed_breaks_the_signature() {
    for key in [&*RSA, &TrialKey::p256(), &TrialKey::ed25519()] {
        let verifier = trusting(key, ALL);
        let sound = key.token("k", &sound_claims());
        let (message, signature) = sound.rsplit_once('.').unwrap();
        let (header, _) = message.split_once('.').unwrap();

        let raised = claims_with(json!({"scope": "admin", "agency": "state"}));
        let raised = format!("{header}.{}.{signature}", encoded(raised.to_string().as_bytes()));
        assert_eq!(code(&verifier, &raised), "token-bad-signature");

        let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
        for position in [0, bytes.len() / 2, bytes.len() - 1] {
            bytes[position] ^= 1;
            let token = format!("{message}.{}", encoded(&bytes));
            assert_eq!(code(&verifier, &token), "token-bad-signature");
            bytes[position] ^= 1;
        }
        for other in
            [encoded(&[0; 64]), encoded(&bytes[1..]), encoded(&[&bytes[..], &[0]].concat())]
        {
            assert_eq!(code(&verifier, &format!("{message}.{other}")), "token-bad-signature");
        }
        assert!(verifier.verify(&sound, NOW).is_ok());
    }
}

#[test]
fn a_fault_says_what_to_do_and_nothing_of_the_token() {
    let key = TrialKey::ed25519();
    let verifier = trusting(&key, ALL);
    let marked = claims_with(json!({"iss": "MARK", "aud": "MARK", "client_id": "MARK"}));
    for token in [
        key.token("k", &marked),
        key.token("MARK", &sound_claims()),
        key.token("k", &claims_with(json!({"aud": "MARK"}))),
        key.token("k", &claims_with(json!({"exp": "MARK"}))),
        key.token_of(r#"{"alg":"MARK","kid":"k"}"#, "{}"),
        "MARK.MARK.MARK".to_owned(),
    ] {
        let fault = verifier.verify(&token, NOW).unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("MARK"), "{fault:?}");
        assert!(fault.to_string().contains("; "), "{fault}");
    }
}

#[test]
fn tokens_of_the_own_issuer_are_accepted() {
    let own = own_issuer();
    let verifier = Verifier::new(Some(&own), &[]).unwrap();
    let scopes: Scopes = [Scope::Preview].into_iter().collect();
    let agency = Agency::parse("lea:27990010000000");
    let token = own.issue("a client", scopes, agency.as_ref(), NOW).unwrap();
    let verified = verifier.verify(&token, NOW).unwrap();
    let expected = Verified {
        client: "a client".to_owned(),
        issuer: "https://own.example".to_owned(),
        scopes,
        agency,
        expires: NOW + LIFETIME,
    };
    assert_eq!(*verified, expected);
    let nobody = own.issue("b", Scopes::default(), None, NOW).unwrap();
    let verified = verifier.verify(&nobody, NOW).unwrap();
    assert_eq!((verified.scopes, verified.agency.clone()), (Scopes::default(), None));
}

#[test]
fn an_own_token_says_what_the_standard_asks_of_it() {
    let own = own_issuer();
    let part = |token: &str, number| {
        let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap();
        serde_json::from_slice::<Value>(&part).unwrap()
    };
    let token = own.issue("c", Scopes::default(), Some(&Agency::State), NOW).unwrap();
    let kid = &own.keys()[0].kid;
    assert_eq!(part(&token, 0), json!({"typ": "at+jwt", "alg": "EdDSA", "kid": kid}));
    let mut claims = part(&token, 1);
    let id = claims["jti"].take();
    assert_eq!(id.as_str().unwrap().parse::<uuid::Uuid>().unwrap().get_version_num(), 7);
    assert_eq!(
        claims,
        json!({
            "iss": own.url(), "aud": own.url(), "sub": "c", "client_id": "c", "scope": "",
            "agency": "state", "iat": NOW, "nbf": NOW, "exp": NOW + 900, "jti": null,
        })
    );
    let again = own.issue("c", Scopes::default(), Some(&Agency::State), NOW).unwrap();
    assert_ne!(part(&again, 1)["jti"], id);
}

#[test]
fn the_newest_key_signs_and_a_retired_one_still_verifies() {
    let (mut old, new) = (OwnKey::make().unwrap(), OwnKey::make().unwrap());
    let url = "https://own.example";
    let before = OwnIssuer::new(url, LIFETIME, vec![old.clone()]).unwrap();
    let verifier = Verifier::new(Some(&before), &[]).unwrap();
    let early = before.issue("c", Scopes::default(), None, NOW).unwrap();
    assert!(verifier.verify(&early, NOW).is_ok());

    old.retired = true;
    let after = OwnIssuer::new(url, LIFETIME, vec![old.clone(), new.clone()]).unwrap();
    let late = after.issue("c", Scopes::default(), None, NOW).unwrap();
    assert_eq!(code(&verifier, &late), "token-unknown-key");
    verifier.set_own(&after);
    assert!(verifier.verify(&late, NOW).is_ok());
    assert!(verifier.verify(&early, NOW).is_ok());

    // A key that is gone takes its tokens along, also those that are remembered.
    verifier.set_own(&OwnIssuer::new(url, LIFETIME, vec![new]).unwrap());
    assert_eq!(code(&verifier, &early), "token-unknown-key");
    assert!(verifier.verify(&late, NOW).is_ok());

    let retired = OwnIssuer::new(url, LIFETIME, vec![old]).unwrap();
    let refused = retired.issue("c", Scopes::default(), None, NOW);
    assert_eq!(refused, Err(KeyFault::NoneLeft));
}

#[test]
fn the_same_own_keys_again_change_nothing() {
    let own = own_issuer();
    let verifier = Verifier::new(Some(&own), &[]).unwrap();
    let token = own.issue("c", Scopes::default(), None, NOW).unwrap();
    let first = verifier.verify(&token, NOW).unwrap();
    verifier.set_own(&own);
    assert!(Arc::ptr_eq(&first, &verifier.verify(&token, NOW).unwrap()));
}

#[test]
fn an_unknown_own_key_is_not_fetched() {
    let own = own_issuer();
    let verifier = Verifier::new(Some(&own), &[]).unwrap();
    let token = own_issuer().issue("c", Scopes::default(), None, NOW).unwrap();
    let fault = verifier.verify(&token, NOW).unwrap_err();
    let issuer = Arc::from(own.url());
    assert_eq!(fault, TokenFault::UnknownKey { issuer, refreshable: false });
    assert_eq!(verifier.refresh(own.url(), NOW), Ok(()));
    assert_eq!(verifier.refresh("https://thief.example", NOW), Ok(()));
}

#[test]
fn a_disabled_client_is_refused_at_once() {
    let own = own_issuer();
    let verifier = Verifier::new(Some(&own), &[]).unwrap();
    let token = own.issue("bad", Scopes::default(), None, NOW).unwrap();
    let other = own.issue("good", Scopes::default(), None, NOW).unwrap();
    assert!(verifier.verify(&token, NOW).is_ok());
    verifier.set_disabled(HashSet::from(["bad".to_owned()]));
    assert_eq!(code(&verifier, &token), "client-disabled");
    let fresh = own.issue("bad", Scopes::default(), None, NOW).unwrap();
    assert_eq!(code(&verifier, &fresh), "client-disabled");
    assert!(verifier.verify(&other, NOW).is_ok());
    verifier.set_disabled(HashSet::new());
    assert!(verifier.verify(&token, NOW).is_ok());
}

#[test]
fn only_what_was_accepted_is_remembered_until_it_ends() {
    let key = TrialKey::ed25519();
    let verifier = trusting(&key, ALL);
    let token = key.token("k", &sound_claims());
    let message = token.rsplit_once('.').unwrap().0;
    let tampered = format!("{message}.{}", encoded(&[7; 64]));
    assert!(verifier.verify(&tampered, NOW).is_err());
    assert_eq!(verifier.remembered(), 0);
    let first = verifier.verify(&token, NOW).unwrap();
    assert!(Arc::ptr_eq(&first, &verifier.verify(&token, NOW).unwrap()));
    assert!(verifier.verify(&tampered, NOW).is_err());
    assert_eq!(verifier.remembered(), 1);
    let end = NOW + 600 + LEEWAY;
    assert!(Arc::ptr_eq(&first, &verifier.verify(&token, end - 1).unwrap()));
    assert_eq!(verifier.verify(&token, end), Err(TokenFault::Expired));
    assert_eq!(verifier.remembered(), 0);
}

#[test]
fn the_memory_of_tokens_is_bounded() {
    let own = own_issuer();
    let verifier = Verifier::new(Some(&own), &[]).unwrap();
    for _ in 0..300 {
        let token = own.issue("c", Scopes::default(), None, NOW).unwrap();
        verifier.verify(&token, NOW).unwrap();
    }
    assert!((1..=300).contains(&verifier.remembered()));
}

#[test]
fn every_fault_of_the_configuration_is_told_at_once() {
    let (folder, own) = (TempDir::new().unwrap(), own_issuer());
    let key = TrialKey::ed25519();
    let sound = issuer_with_file(&folder, ALL, &[key.jwk("k")]);
    let twice = ExternalIssuer { issuer: own.url().to_owned(), ..sound.clone() };
    let faulty = ExternalIssuer {
        issuer: "other".to_owned(),
        algorithms: vec![],
        mapping: ClaimMapping { scope: String::new(), ..ClaimMapping::default() },
        ..sound.clone()
    };
    let faults = Verifier::new(Some(&own), &[sound.clone(), sound, twice, faulty]).unwrap_err();
    assert_eq!(faults.len(), 4, "{faults:?}");
}

/// `cargo test --release -p calsos-api --lib cost_of_a_token -- --ignored --nocapture`
#[test]
#[ignore = "measures; says nothing of right or wrong"]
fn the_cost_of_a_token() {
    let own = own_issuer();
    let time = |what: &str, runs: u32, each: &mut dyn FnMut(u32)| {
        let begun = std::time::Instant::now();
        (0..runs).for_each(each);
        println!("{what}: {:.2} µs", begun.elapsed().as_secs_f64() * 1e6 / f64::from(runs));
    };
    for key in [&*RSA, &TrialKey::p256(), &TrialKey::ed25519()] {
        let verifier = trusting(key, ALL);
        let token = key.token("k", &sound_claims());
        println!("{}: {} bytes", key.algorithm(), token.len());
        time("  anew", 20_000, &mut |_| {
            verifier.verify_anew(&token, NOW).unwrap();
        });
        time("  remembered", 1_000_000, &mut |_| {
            verifier.verify(&token, NOW).unwrap();
        });
        time("  hashed", 1_000_000, &mut |_| {
            std::hint::black_box(verifier.remembered.digest(&token));
        });
    }
    let verifier = Verifier::new(Some(&own), &[]).unwrap();
    let scopes: Scopes = Scope::ALL.into_iter().collect();
    let issue = || own.issue("a-client", scopes, Some(&Agency::State), NOW).unwrap();
    let tokens: Vec<String> = (0..9000).map(|_| issue()).collect();
    println!("own: {} bytes", tokens[0].len());
    time("  issued", 5000, &mut |_| drop(std::hint::black_box(issue())));
    time("  anew and remembered", 9000, &mut |number| {
        verifier.verify(&tokens[number as usize], NOW).unwrap();
    });
    time("  remembered, of 9,000", 1_000_000, &mut |number| {
        verifier.verify(&tokens[(number.wrapping_mul(7919) % 9000) as usize], NOW).unwrap();
    });
    let begun = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                (0..1_000_000).for_each(|_| drop(verifier.verify(&tokens[0], NOW).unwrap()));
            });
        }
    });
    let each = begun.elapsed().as_secs_f64() * 1e6 / 1e6;
    println!("  remembered, one token on two threads at once: {each:.2} µs");
}
