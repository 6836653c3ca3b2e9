//! A walk through everything that a service answers, in every way that its document allows,
//! to compare what one caller sees with what another does, or with what it saw before.

#![expect(clippy::indexing_slicing, reason = "what JSON does not have is null")]

use std::collections::BTreeMap;

use serde_json::Value;

use crate::document::{Operation, with_query};
use crate::issuer::Issuer;
use crate::program::Program;
use crate::service::{Answer, Service};

/// What a request was answered with, but for its date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The HTTP status.
    pub status: u16,
    /// The headers, in order of their names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What names a dataset or tells its length.
const OF_DATASET: [&str; 4] = ["content-length", "dataset-version", "etag", "link"];

impl Seen {
    fn of(answer: Answer) -> Seen {
        let Answer { status, mut headers, body } = answer;
        headers.retain(|(name, _)| name != "date");
        headers.sort();
        Seen { status, headers, body }
    }

    fn text(&self) -> String {
        format!("{} {:?}\n{}", self.status, self.headers, String::from_utf8_lossy(&self.body))
    }

    /// The same without what names datasets, runs and releases, and without moments.
    fn blurred(&self) -> Seen {
        let mut headers = self.headers.clone();
        headers.retain(|(name, _)| !OF_DATASET.contains(&name.as_str()));
        let text = match self.body.starts_with(b"PK") {
            true => unzipped(&self.body),
            false => String::from_utf8_lossy(&self.body).into_owned(),
        };
        Seen { status: self.status, headers, body: blurred(&text).into_bytes() }
    }

    /// The places at which another differs.
    fn differences(&self, other: &Seen) -> String {
        let mut told = String::new();
        if self.status != other.status {
            told.push_str(&format!("  {} became {}\n", self.status, other.status));
        }
        for header in self.headers.iter().filter(|header| !other.headers.contains(header)) {
            let now = other.headers.iter().find(|(name, _)| *name == header.0);
            told.push_str(&format!("  {header:?} became {now:?}\n"));
        }
        let same = self.body.iter().zip(&other.body).take_while(|(a, b)| a == b).count();
        if self.body != other.body {
            let part = |body: &[u8]| {
                let part = &body[same.saturating_sub(150)..body.len().min(same + 150)];
                String::from_utf8_lossy(part).into_owned()
            };
            told.push_str(&format!("  {}\n  became {}\n", part(&self.body), part(&other.body)));
        }
        told
    }
}

/// What was seen, by what was asked.
pub type Walk = BTreeMap<String, Seen>;

/// Serves a program's database to bearers of an issuer's tokens, under a URL that is always
/// the same.
///
/// # Panics
/// If the service does not start.
#[must_use]
#[expect(clippy::unwrap_used, reason = "a test cannot go on without the service")]
pub fn serve(program: &Program, issuer: &Issuer, words: &[&str]) -> Service {
    let settings = issuer.settings(program);
    let always = ["--config", settings.to_str().unwrap(), "--public-url", "http://calsos.test"];
    Service::start(program, &[words, &always].concat())
}

/// A caller: nobody, or the bearer of a token.
#[derive(Debug)]
pub struct Caller<'a> {
    service: &'a Service,
    token: String,
}

impl<'a> Caller<'a> {
    /// Nobody who says who it is.
    #[must_use]
    pub fn nobody(service: &'a Service) -> Caller<'a> {
        Caller { service, token: String::new() }
    }

    /// The bearer of a token with scopes and, where it is not empty, an agency.
    #[must_use]
    pub fn with(service: &'a Service, issuer: &Issuer, scopes: &str, agency: &str) -> Caller<'a> {
        Caller { service, token: format!("Bearer {}", issuer.token(scopes, agency)) }
    }

    /// Asks by any method.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let mut headers = vec![("request-id", "walk")];
        if !self.token.is_empty() {
            headers.push(("authorization", self.token.as_str()));
        }
        headers.extend(more);
        self.service.send(method, path, &headers, body)
    }

    /// Asks for a path and query.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// Asks for everything: with each value of each parameter that must be given, with each
    /// other parameter, and for what is asked of an operation besides.
    ///
    /// # Panics
    /// If there is no answer, or an operation is asked by a method that the walk does not know.
    #[must_use]
    pub fn walk(
        &self,
        operations: &[Operation],
        values: impl Fn(&str, &str) -> Vec<String>,
        more: impl Fn(&str) -> Vec<String>,
    ) -> Walk {
        let mut walk = Walk::new();
        for operation in operations {
            let Operation { id, method, .. } = operation;
            for path in operation.asked_with_each(&values).into_iter().chain(more(id)) {
                match method.as_str() {
                    "GET" => self.read(&mut walk, &path),
                    "PATCH" => {
                        let seen = self.send("PATCH", &path, &[], "{\"publicAt\":\"now\"}");
                        walk.insert(format!("PATCH {path}"), Seen::of(seen));
                    }
                    "POST" => {
                        let form = [("content-type", "application/x-www-form-urlencoded")];
                        let seen = self.send("POST", &path, &form, "grant_type=password");
                        walk.insert(format!("POST {path}"), Seen::of(seen));
                    }
                    "PUT" => {
                        let json = [("content-type", "application/json")];
                        let seen = self.send("PUT", &path, &json, "{}");
                        walk.insert(format!("PUT {path}"), Seen::of(seen));
                    }
                    "DELETE" => {
                        let seen = self.send("DELETE", &path, &[], "");
                        walk.insert(format!("DELETE {path}"), Seen::of(seen));
                    }
                    other => panic!("{other} of {id} is asked for by nobody"),
                }
            }
        }
        walk
    }

    /// A resource, its head, whether it has changed, and the pages that follow.
    fn read(&self, walk: &mut Walk, path: &str) {
        let first = self.get(path);
        let tag = first.header("etag").to_owned();
        let mut next = next_of(&first);
        let status = first.status;
        walk.insert(format!("GET {path}"), Seen::of(first));
        if status == 200 && !tag.is_empty() {
            walk.insert(format!("HEAD {path}"), Seen::of(self.send("HEAD", path, &[], "")));
            let again = self.send("GET", path, &[("if-none-match", &tag)], "");
            assert_eq!(again.status, 304, "{path}");
            walk.insert(format!("GET {path} again"), Seen::of(again));
        }
        while let Some(cursor) = next {
            let path = with_query(path, "cursor", &cursor);
            let page = self.get(&path);
            next = next_of(&page);
            walk.insert(format!("GET {path}"), Seen::of(page));
        }
    }
}

fn next_of(page: &Answer) -> Option<String> {
    let body: Value = serde_json::from_slice(&page.body).ok()?;
    body["page"]["next"].as_str().map(str::to_owned)
}

/// The same without what names datasets, runs and releases, and without moments.
#[must_use]
pub fn blurred_walk(walk: &Walk) -> Walk {
    walk.iter().map(|(asked, seen)| (blurred(asked), seen.blurred())).collect()
}

/// The parts of a workbook, one after another.
#[expect(clippy::expect_used, reason = "a test cannot go on without the parts")]
fn unzipped(body: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(body)).expect("a workbook");
    let mut text = String::new();
    for place in 0..archive.len() {
        let part = archive.by_index(place).expect("a part");
        text.push_str(&std::io::read_to_string(part).expect("text"));
    }
    text
}

/// Words of many digits, moments, and marks of places in a feed are put out.
fn blurred(text: &str) -> String {
    let mut out = String::new();
    let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '~');
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if in_word(c) {
            word.push(c);
            continue;
        }
        let hex = word.chars().filter(|c| c.is_ascii_hexdigit()).count();
        let digits = word.chars().filter(char::is_ascii_digit).count();
        let moment = word.ends_with('Z') && word.contains('T') && digits > 13;
        // The place in a feed, and whose it is, which says the feed's own id.
        let place = word.split_once('.').filter(|(number, mark)| {
            number.bytes().all(|b| b.is_ascii_digit())
                && mark.len() == 16
                && mark.bytes().all(|b| b.is_ascii_hexdigit())
        });
        match place {
            Some((number, _)) => out.push_str(&format!("{number}.#")),
            None => out.push_str(if hex >= 32 || moment { "#" } else { &word }),
        }
        word.clear();
        out.push(c);
    }
    out
}

/// What was seen before is what was seen after.
///
/// # Panics
/// If it is not.
pub fn assert_same(before: &Walk, after: &Walk, who: &str) {
    let differing: Vec<String> = after
        .iter()
        .filter(|(asked, seen)| before.get(*asked) != Some(seen))
        .map(|(asked, seen)| {
            let before = before.get(asked).map(|before| before.differences(seen));
            format!("{asked}\n{}", before.unwrap_or_else(|| seen.text()))
        })
        .collect();
    let shown: String = differing.iter().take(8).map(|text| format!("{text:.1500}\n")).collect();
    assert!(differing.is_empty(), "{who}: {} answers differ:\n{shown}", differing.len());
    assert_eq!(before.len(), after.len(), "{who}");
}
