//! What reads the words of callers, for the fuzzer and the tests that drive the same code.
//! Each function takes anything, gives nothing, and stops where something does not hold that
//! must hold of every text: that what was read is written as it was, or that a refusal is short
//! and can be shown on a screen.

use std::sync::LazyLock;

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::app::wanted::Wanted;
use crate::auth::agency::Agency;
use crate::auth::issuer::OwnIssuer;
use crate::auth::keys::OwnKey;
use crate::auth::scope::{Scope, Scopes};
use crate::auth::token::{LEEWAY, Verifier};
use crate::cli::Status;
use crate::problem::Problem;
use crate::routes::determinations;
use crate::routes::tokens::{Form, basic};
use crate::server::answers;
use crate::server::asked::Asked;
use crate::server::conventions::{REQUEST_ID, request_id};
use crate::server::identity::bearer;
use crate::server::paging::{Cursor, LIMIT_MOST, PageAsked, link_to};

/// How many bytes a problem may have as JSON, whatever was asked.
const PROBLEM_BYTES_MOST: usize = 32 * 1024;

/// A cursor is read only as it was written.
pub fn cursor(text: &str) {
    if let Some(cursor) = Cursor::parse(text) {
        assert_eq!(cursor.text(), text, "a cursor is read that was not written so");
    }
    if let Some((dataset, after)) = text.split_once('~') {
        let cursor = Cursor { dataset: dataset.to_owned(), after: after.to_owned() };
        assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
    }
}

/// The query of the list of determinations, and the link to its next page.
pub fn query(text: &str) {
    let (wanted, page) = match read_query(text) {
        Ok(read) => read,
        Err(problem) => return refused(problem),
    };
    assert!((1..=LIMIT_MOST).contains(&page.limit), "a page of {} items", page.limit);
    let written = written_query(&wanted, &page);
    assert_eq!(reread(&written), (wanted.clone(), page.clone()), "{written}");

    let cursor = Cursor { dataset: "a-1".to_owned(), after: "2025.01".to_owned() };
    let link = link_to("/v1/determinations", text, ("cursor", &cursor.text()));
    let next = link.strip_prefix("</v1/determinations?").and_then(|l| l.split_once('>'));
    let (next, _) = next.unwrap_or_default();
    let page = PageAsked { cursor: Some(cursor), ..page };
    assert_eq!(reread(next), (wanted, page), "{link}");
}

/// The queries of the other resources.
pub fn other_query(text: &str) {
    let mut asked = Asked::of_query(text);
    let (county, lea_type) = (asked.county(), asked.lea_type());
    let year = asked.needed_year();
    match asked.done_with(year) {
        Err(problem) => refused(problem),
        Ok(year) => {
            assert!((2000..=2099).contains(&year.number()));
            let mut query = format!("year={year}");
            if let Some(county) = county {
                query.push_str(&format!("&county={county}"));
            }
            if let Some(lea_type) = lea_type {
                query.push_str(&format!("&type={lea_type}"));
            }
            let mut asked = Asked::of_query(&query);
            assert_eq!((county, lea_type), (asked.county(), asked.lea_type()));
            assert_eq!(Some(year), asked.needed_year());
            assert!(asked.done().is_ok(), "{query}");
        }
    }
}

/// The parts of a path, such as `58900010000000` and `2023`.
pub fn path(text: &str) {
    let mut asked = Asked::of_query("");
    let (cds, year) = (asked.path_cds(text), asked.path_year(text));
    if let Some(cds) = cds {
        assert_eq!(cds.to_string(), text);
    }
    if let Some(year) = year {
        assert_eq!(year.to_string(), text);
    }
    if let Err(problem) = asked.done_with(cds.zip(year)) {
        refused(problem);
    }
}

/// The headers that a caller sends and the service reads: `If-None-Match` and `Request-Id`.
pub fn headers(value: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    let tag = HeaderValue::from_static("W/\"0123-4\"");
    let headers = |name: HeaderName, values: &[&HeaderValue]| {
        let mut headers = HeaderMap::new();
        values.iter().for_each(|value| headers.append(name.clone(), HeaderValue::clone(value)));
        headers
    };
    let has = |values: &[&HeaderValue]| answers::has(&headers(IF_NONE_MATCH, values), &tag);
    let may_have = value.as_bytes().windows(8).any(|part| part == b"\"0123-4\"")
        || value.as_bytes().contains(&b'*');
    assert!(may_have || !has(&[&value]), "{value:?} is none of the tag");
    assert!(has(&[&value, &tag]), "the tag is not found behind {value:?}");
    if let Ok(both) = HeaderValue::from_bytes(&[value.as_bytes(), b", W/\"0123-4\""].concat()) {
        let readable = both.to_str().is_ok();
        assert_eq!(has(&[&both]), readable, "the tag is not found in {both:?}");
    }

    let id = request_id(&headers(REQUEST_ID, &[&value]));
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    assert!((1..=64).contains(&id.len()) && id.chars().all(sound), "{id:?}");
    assert_eq!(request_id(&headers(REQUEST_ID, &[&HeaderValue::try_from(&id).unwrap_or(tag)])), id);
}

/// The agency of a token's claim.
pub fn agency(text: &str) {
    let Some(agency) = Agency::parse(text) else { return };
    assert_eq!(agency.to_string(), text, "an agency is read that was not written so");
    assert!(text.chars().count() <= 250 && !text.chars().any(char::is_control), "{text:?}");
    let kind = text.split(':').next().unwrap_or_default();
    assert!(Agency::EXPECTED.contains(kind), "no word is said of {kind}");
}

/// A token: the text itself, which nobody signed, and, where it has two lines, a token with the
/// first as its header and the second as its claims, which its issuer signed.
pub fn token(text: &str) {
    let Some((verifier, key)) = &*ISSUER else { return };
    let refused = |token: &str| match verifier.verify(token, TIME) {
        Ok(verified) => panic!("{token} of {} is taken", verified.client),
        Err(fault) => {
            let told = fault.to_string();
            assert!(told.len() < 1000 && !told.chars().any(char::is_control), "{told}");
            assert!(token.len() < 20 || !told.contains(token), "the token is told: {told}");
        }
    };
    refused(text);
    let Some((header, claims)) = text.split_once('\n') else { return };
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    refused(&format!("{message}.{}", URL_SAFE_NO_PAD.encode([0; 64])));
    let Ok(pair) = Ed25519KeyPair::from_pkcs8(&key.private_pkcs8) else { return };
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()).as_ref());
    let Ok(verified) = verifier.verify(&format!("{message}.{signature}"), TIME) else { return };
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let (header, claims) = (read(header), read(claims));
    let of = |claim: &str| claims.get(claim).cloned().unwrap_or_default();
    assert_eq!(header.get("alg"), Some(&Value::from("EdDSA")));
    assert_eq!(of("iss"), URL);
    assert!(of("aud") == URL || of("aud").as_array().is_some_and(|of| of.contains(&URL.into())));
    assert!(of("exp").is_number() && of("nbf").is_number(), "{claims}");
    assert!(verified.expires + LEEWAY > TIME, "{verified:?}");
}

/// What asks for a token: the body of a form, and a header that says who asks.
pub fn token_request(bytes: &[u8]) {
    if let Err(detail) = Form::parse(bytes) {
        assert!(!detail.is_empty());
    }
    let Ok(header) = HeaderValue::from_bytes(bytes) else { return };
    let mut headers = HeaderMap::new();
    headers.append(AUTHORIZATION, header.clone());
    // It is one or the other.
    assert!(bearer(&headers).is_none() || basic(&header).is_none(), "{header:?}");
    headers.append(AUTHORIZATION, header);
    assert!(bearer(&headers).is_none(), "two words of who asks");
}

const URL: &str = "https://calsos.example.org";

/// When tokens are verified, in seconds since 1970.
const TIME: u64 = 2_000_000_000;

/// Who takes tokens, and the key of whom issues them.
static ISSUER: LazyLock<Option<(Verifier, OwnKey)>> = LazyLock::new(|| {
    // The head of PKCS #8 and a key of no meaning, always the same: what a fuzzer found once
    // is found again.
    let head = [
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    let key = OwnKey::of_pkcs8(&[&head[..], &[7; 32]].concat()).ok()?;
    let own = OwnIssuer::new(URL, 900, vec![key.clone()]).ok()?;
    let verifier = Verifier::new(Some(&own), &[]).ok()?;
    Some((verifier, key))
});

/// The kid of the key that signs the tokens of [`token`], for seeds.
#[must_use]
pub fn token_kid() -> String {
    ISSUER.as_ref().map(|(_, key)| key.kid.clone()).unwrap_or_default()
}

/// The scopes of a token's claim.
pub fn scopes(text: &str) {
    let scopes = Scopes::of_claim(text);
    assert_eq!(Scopes::of_claim(&scopes.to_string()), scopes);
    for scope in Scope::ALL {
        let named = text.split_ascii_whitespace().any(|word| word == scope.code());
        assert_eq!(scopes.has(scope), named, "{scope} in {text:?}");
        assert!(!scope.meaning().is_empty());
    }
}

fn read_query(text: &str) -> Result<(Wanted, PageAsked), Problem> {
    let mut asked = Asked::of_query(text);
    let read = (determinations::wanted(&mut asked), PageAsked::of(&mut asked));
    asked.done().map(|()| read)
}

fn reread(text: &str) -> (Wanted, PageAsked) {
    read_query(text).unwrap_or_else(|problem| unreachable!("{text} is refused: {problem:?}"))
}

/// A query that asks for this.
fn written_query(wanted: &Wanted, page: &PageAsked) -> String {
    let status = wanted.status.map(|status| match status {
        Status::General => "general",
        Status::Differentiated => "differentiated",
        Status::NotKnown => "notKnown",
        Status::NotJudged => "notJudged",
    });
    let parts = [
        ("year", wanted.year.map(|year| year.to_string())),
        ("county", wanted.county.map(|county| county.to_string())),
        ("type", wanted.lea_type.map(|lea_type| lea_type.to_string())),
        ("status", status.map(str::to_owned)),
        ("level", wanted.level.map(|level| level.to_string())),
        ("group", wanted.group.map(|group| group.code().to_owned())),
        ("priority", wanted.priority.map(|priority| priority.to_string())),
        ("method", wanted.method.clone()),
        ("sustainedNeed", Some(wanted.sustained_need.to_string())),
        ("provisional", Some(wanted.provisional.to_string())),
        ("limit", Some(page.limit.to_string())),
        ("cursor", page.cursor.as_ref().map(Cursor::text)),
        ("total", Some(page.total.to_string())),
    ];
    let given = parts.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
    given.collect::<Vec<_>>().join("&")
}

/// A refusal says what is wrong, in bounded words.
fn refused(problem: Problem) {
    let problem = problem.details("/", "id");
    assert!(!problem.errors.is_empty(), "refused without a reason: {problem:?}");
    let texts = problem.errors.iter().flat_map(|fault| [&fault.parameter, &fault.detail]);
    for text in texts.chain([&problem.detail]) {
        assert!(!text.chars().any(char::is_control), "a control character in {text:?}");
    }
    let length = serde_json::to_vec(&problem).map_or(usize::MAX, |bytes| bytes.len());
    assert!(length <= PROBLEM_BYTES_MOST, "a problem of {length} bytes");
}
