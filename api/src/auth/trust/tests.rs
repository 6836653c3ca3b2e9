//! Keys that are had from a real issuer over TLS.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::external::KEYS_MOST;
use super::super::token::{TokenFault, Verifier};
use super::super::trial::{Answer, ISSUER, NOW, RSA, TlsIssuer, TrialKey, sound_claims};
use super::*;

/// When the keys were first had, so that the tests go on from there.
fn started(issuer: &TlsIssuer) -> Verifier {
    let verifier = Verifier::new(None, &[issuer.configured()]).unwrap();
    assert_eq!(issuer.asked(), 0, "nothing is fetched to begin with");
    verifier.refresh(ISSUER, NOW).unwrap();
    verifier
}

fn with_keys(keys: &[Value]) -> (TlsIssuer, Verifier) {
    let issuer = TlsIssuer::start(Answer::keys(keys));
    let verifier = started(&issuer);
    (issuer, verifier)
}

fn unknown(refreshable: bool) -> TokenFault {
    TokenFault::UnknownKey { issuer: Arc::from(ISSUER), refreshable }
}

/// Why the keys could not be had.
fn refused(issuer: &TlsIssuer) -> String {
    let verifier = Verifier::new(None, &[issuer.configured()]).unwrap();
    verifier.refresh(ISSUER, NOW).unwrap_err().to_string()
}

#[test]
fn keys_are_had_over_tls() {
    let (p256, ed25519) = (TrialKey::p256(), TrialKey::ed25519());
    let (issuer, verifier) = with_keys(&[RSA.jwk("r"), p256.jwk("p"), ed25519.jwk("e")]);
    for (key, kid) in [(&*RSA, "r"), (&p256, "p"), (&ed25519, "e")] {
        assert!(verifier.verify(&key.token(kid, &sound_claims()), NOW).is_ok(), "{kid}");
    }
    assert_eq!(issuer.asked(), 1);
}

#[test]
fn an_authority_that_is_not_trusted_is_refused() {
    let key = TrialKey::ed25519();
    let issuer = TlsIssuer::start(Answer::keys(&[key.jwk("k")]));
    let other = TlsIssuer::start(Answer::keys(&[key.jwk("k")]));
    let mut configured = issuer.configured();
    configured.ca_file = other.configured().ca_file;
    let verifier = Verifier::new(None, &[configured.clone()]).unwrap();
    let fault = verifier.refresh(ISSUER, NOW).unwrap_err();
    assert!(fault.why.contains("certificate"), "{fault}");
    // The system's authorities do not vouch for it either.
    configured.ca_file = None;
    assert!(Verifier::new(None, &[configured]).unwrap().refresh(ISSUER, NOW).is_err());
    assert_eq!((issuer.asked(), other.asked()), (0, 0));
}

#[test]
fn a_certificate_of_another_name_is_refused() {
    let issuer = TlsIssuer::start(Answer::keys(&[TrialKey::ed25519().jwk("k")]));
    let mut configured = issuer.configured();
    let KeySource::Url(url) = &mut configured.keys else { unreachable!() };
    *url = url.replace("localhost", "127.0.0.1");
    assert!(Verifier::new(None, &[configured]).unwrap().refresh(ISSUER, NOW).is_err());
    assert_eq!(issuer.asked(), 0);
}

#[test]
fn an_unknown_key_is_fetched_at_most_once_a_minute() {
    let key = TrialKey::ed25519();
    let (issuer, verifier) = with_keys(&[key.jwk("k")]);
    let token = key.token("other", &sound_claims());
    for later in [0, 1, BETWEEN_FETCHES - 1] {
        assert_eq!(verifier.verify(&token, NOW + later), Err(unknown(false)));
        assert_eq!(verifier.refresh(ISSUER, NOW + later), Ok(()));
        assert_eq!(issuer.asked(), 1);
    }
    let minute = NOW + BETWEEN_FETCHES;
    assert_eq!(verifier.verify(&token, minute), Err(unknown(true)));
    assert_eq!(verifier.refresh(ISSUER, minute), Ok(()));
    assert_eq!(issuer.asked(), 2);
    assert_eq!(verifier.verify(&token, minute), Err(unknown(false)));
}

#[test]
fn a_clock_that_was_set_back_does_not_keep_keys_from_being_fetched() {
    let key = TrialKey::ed25519();
    let (issuer, verifier) = with_keys(&[key.jwk("k")]);
    verifier.refresh(ISSUER, NOW - 100_000).unwrap();
    assert_eq!(issuer.asked(), 2);
}

#[test]
fn keys_that_were_changed_are_picked_up() {
    let (old, new) = (TrialKey::ed25519(), TrialKey::p256());
    let (issuer, verifier) = with_keys(&[old.jwk("old")]);
    let (early, late) = (old.token("old", &sound_claims()), new.token("new", &sound_claims()));
    assert!(verifier.verify(&early, NOW).is_ok());
    issuer.answers(Answer::keys(&[old.jwk("old"), new.jwk("new")]));
    let minute = NOW + BETWEEN_FETCHES;
    assert_eq!(verifier.verify(&late, minute), Err(unknown(true)));
    verifier.refresh(ISSUER, minute).unwrap();
    assert!(verifier.verify(&late, minute).is_ok());
    assert!(verifier.verify(&early, minute).is_ok());

    // What was withdrawn is refused, also where it is remembered.
    issuer.answers(Answer::keys(&[new.jwk("new")]));
    verifier.refresh(ISSUER, minute + BETWEEN_FETCHES).unwrap();
    assert_eq!(verifier.verify(&early, minute + BETWEEN_FETCHES), Err(unknown(false)));
    assert!(verifier.verify(&late, minute + BETWEEN_FETCHES).is_ok());
}

#[test]
fn a_key_that_was_exchanged_under_its_name_takes_its_tokens_along() {
    let (old, new) = (TrialKey::ed25519(), TrialKey::ed25519());
    let (issuer, verifier) = with_keys(&[old.jwk("k")]);
    let token = old.token("k", &sound_claims());
    assert!(verifier.verify(&token, NOW).is_ok());
    issuer.answers(Answer::keys(&[new.jwk("k")]));
    verifier.refresh(ISSUER, NOW + BETWEEN_FETCHES).unwrap();
    assert_eq!(verifier.verify(&token, NOW), Err(TokenFault::BadSignature));
}

#[test]
fn the_last_keys_are_kept_while_the_issuer_is_down() {
    let key = TrialKey::ed25519();
    let (issuer, verifier) = with_keys(&[key.jwk("k")]);
    let mut now = NOW;
    let token = key.token("k", &sound_claims());
    let first = verifier.verify(&token, NOW).unwrap();
    let mut refuses = |answer: Option<Answer>| {
        issuer.set_down(answer.is_none());
        issuer.answers(answer.unwrap_or_default());
        now += BETWEEN_FETCHES;
        assert!(verifier.refresh(ISSUER, now).is_err());
        assert!(Arc::ptr_eq(&first, &verifier.verify(&token, NOW).unwrap()));
        let fresh = key.token("k", &sound_claims());
        assert!(verifier.verify(&fresh, NOW).is_ok());
    };
    refuses(None);
    refuses(Some(Answer { status: 503, ..Answer::keys(&[key.jwk("k")]) }));
    refuses(Some(Answer { status: 200, body: b"<html>".to_vec(), ..Answer::default() }));
    refuses(Some(Answer::keys(&[])));
    let moved = "Location: https://localhost/\r\n".to_owned();
    refuses(Some(Answer { status: 302, headers: moved, ..Answer::default() }));
}

#[test]
fn old_keys_are_fetched_again() {
    let key = TrialKey::ed25519();
    let issuer = TlsIssuer::start(Answer::keys(&[key.jwk("k")]));
    let verifier = Verifier::new(None, &[issuer.configured()]).unwrap();
    let token = key.token("k", &sound_claims());
    assert_eq!(verifier.verify(&token, NOW), Err(unknown(true)));
    for (now, asked) in [
        (NOW, 1),
        (NOW + 60, 1),
        (NOW + KEYS_AGE - 1, 1),
        (NOW + KEYS_AGE, 2),
        (NOW + KEYS_AGE + 60, 2),
    ] {
        verifier.refresh_aged(now);
        assert_eq!(issuer.asked(), asked, "{now}");
    }
    // While it is down, it is tried every minute.
    let later = NOW + 3 * KEYS_AGE;
    issuer.answers(Answer { status: 500, ..Answer::default() });
    for (now, asked) in [(later, 3), (later + 59, 3), (later + 60, 4)] {
        verifier.refresh_aged(now);
        assert_eq!(issuer.asked(), asked, "{now}");
    }
}

#[test]
fn who_asks_at_once_shares_one_fetch() {
    let (old, new) = (TrialKey::ed25519(), TrialKey::ed25519());
    let (issuer, verifier) = with_keys(&[old.jwk("old")]);
    let delay = Duration::from_millis(500);
    issuer.answers(Answer { delay, ..Answer::keys(&[new.jwk("new")]) });
    let token = new.token("new", &sound_claims());
    let minute = NOW + BETWEEN_FETCHES;
    std::thread::scope(|scope| {
        for _ in 0..WAITING_MOST {
            scope.spawn(|| {
                assert_eq!(verifier.verify(&token, minute), Err(unknown(true)));
                verifier.refresh(ISSUER, minute).unwrap();
                assert!(verifier.verify(&token, minute).is_ok());
            });
        }
        // When as many wait as may, the next is told not to.
        let known = old.token("old", &sound_claims());
        let patience = Instant::now() + Duration::from_millis(400);
        while verifier.verify(&token, minute) == Err(unknown(true)) && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(verifier.verify(&token, minute), Err(unknown(false)));
        assert!(verifier.verify(&known, minute).is_ok(), "the known keys serve meanwhile");
    });
    assert_eq!(issuer.asked(), 2);
}

#[test]
fn the_largest_set_is_read_and_one_byte_more_is_not() {
    let key = TrialKey::ed25519();
    let mut answer = Answer::keys(&[key.jwk("k")]);
    answer.body.resize(KEYS_MOST as usize, b' ');
    let issuer = TlsIssuer::start(answer.clone());
    let verifier = started(&issuer);
    assert!(verifier.verify(&key.token("k", &sound_claims()), NOW).is_ok());
    answer.body.push(b' ');
    issuer.answers(answer);
    let why = refused(&issuer);
    assert!(why.contains("larger") || why.contains("limit"), "{why}");
}

#[test]
fn a_redirect_is_not_followed() {
    let other = TlsIssuer::start(Answer::keys(&[TrialKey::ed25519().jwk("k")]));
    let KeySource::Url(elsewhere) = other.configured().keys else { unreachable!() };
    for target in [elsewhere.replace("https:", "http:"), elsewhere] {
        for status in [301, 302, 303, 307, 308] {
            let headers = format!("Location: {target}\r\n");
            let issuer = TlsIssuer::start(Answer { status, headers, ..Answer::default() });
            let why = refused(&issuer);
            assert!(why.contains(&status.to_string()), "{why}");
        }
    }
    assert_eq!(other.asked(), 0);
}

#[test]
fn an_issuer_that_does_not_answer_is_given_up() {
    let delay = Duration::from_secs(6);
    let issuer = TlsIssuer::start(Answer { delay, ..Answer::keys(&[]) });
    let begun = Instant::now();
    let why = refused(&issuer);
    assert!(why.contains("timeout"), "{why}");
    assert!((4.9..5.9).contains(&begun.elapsed().as_secs_f64()));
}

#[test]
fn keys_in_a_file_are_read_again_too() {
    let (old, new) = (TrialKey::ed25519(), TrialKey::ed25519());
    let folder = tempfile::tempdir().unwrap();
    let file = |key: &TrialKey, kid| {
        super::super::trial::issuer_with_file(&folder, &["EdDSA"], &[key.jwk(kid)])
    };
    let verifier = Verifier::new(None, &[file(&old, "old")]).unwrap();
    file(&new, "new");
    let token = new.token("new", &sound_claims());
    assert_eq!(verifier.verify(&token, NOW), Err(unknown(true)));
    verifier.refresh(ISSUER, NOW).unwrap();
    assert!(verifier.verify(&token, NOW).is_ok());
}
