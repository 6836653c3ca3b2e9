//! Jobs of services under test: sending files, asking for runs, and waiting for what comes.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::issuer::Issuer;
use crate::program::{Program, Rated, indicator_text};
use crate::service::{Answer, Service};

/// How a file is sent.
pub const OCTETS: (&str, &str) = ("content-type", "application/octet-stream");

/// How long a job may take: one that is taken up again has waited for a lease before.
const LONGEST: Duration = Duration::from_secs(90);

/// A caller of a service.
#[derive(Clone, Debug)]
pub struct Caller {
    bearer: String,
}

impl Caller {
    /// One with these scopes and, where it is not empty, this agency.
    #[must_use]
    pub fn new(issuer: &Issuer, scopes: &str, agency: &str) -> Caller {
        Caller::with(&issuer.token(scopes, agency))
    }

    /// One with this token.
    #[must_use]
    pub fn with(token: &str) -> Caller {
        Caller { bearer: format!("Bearer {token}") }
    }

    /// Asks by any method, with headers and a body.
    #[must_use]
    pub fn send(
        &self,
        service: &Service,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let mut all = vec![("authorization", self.bearer.as_str())];
        all.extend(headers);
        service.send(method, path, &all, body)
    }

    /// Asks for a path.
    #[must_use]
    pub fn get(&self, service: &Service, path: &str) -> Answer {
        self.send(service, "GET", path, &[], "")
    }

    /// Sends a file under a name, and further words of the query.
    #[must_use]
    pub fn import(&self, service: &Service, query: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(service, "POST", &format!("/v1/imports?fileName={query}"), &[OCTETS], body)
    }

    /// The job of an answer that accepts it, when it has ended, asked of any service.
    ///
    /// # Panics
    /// If it was not accepted, or does not end.
    #[must_use]
    pub fn ended(&self, service: &Service, accepted: &Answer) -> Value {
        let body = String::from_utf8_lossy(&accepted.body);
        assert_eq!(accepted.status, 202, "{body}");
        self.wait(service, &path_of(accepted), |job| {
            !["queued", "running"].iter().any(|state| text(job, "state") == *state)
        })
    }

    /// A job, when something holds of it.
    ///
    /// # Panics
    /// If it is not there, or what is waited for does not come.
    #[must_use]
    pub fn wait(&self, service: &Service, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let answer = self.get(service, path);
            assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
            let job = answer.json();
            if holds(&job) {
                return job;
            }
            assert!(start.elapsed() < LONGEST, "waited in vain: {job}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A text of a job.
#[must_use]
pub fn text<'a>(job: &'a Value, name: &str) -> &'a str {
    job.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The path of the job that an answer names.
///
/// # Panics
/// If it names none.
#[must_use]
pub fn path_of(accepted: &Answer) -> String {
    let place = accepted.header("location");
    let at = place.find("/v1/").unwrap_or_else(|| panic!("no job in {place:?}"));
    place.get(at..).unwrap_or_default().to_owned()
}

/// Starts a service that trusts an issuer.
#[must_use]
pub fn serve(program: &Program, issuer: &Issuer, words: &[&str]) -> Service {
    let settings = issuer.settings(program);
    let settings = settings.display().to_string();
    Service::start(program, &[&["--config", &settings], words].concat())
}

/// The same by a command with an environment of its own, where anyone may ask as often as he
/// likes.
#[must_use]
pub fn serve_by(command: Command, program: &Program, issuer: &Issuer) -> Service {
    let settings = issuer.settings(program).display().to_string();
    let words = ["--config", &settings, "--anonymous-rate", "off", "--client-rate", "off"];
    Service::start_as_told(command, &words)
}

/// An indicator file of the whole state that takes some seconds to be taken in; `third` makes
/// it another one.
#[must_use]
pub fn large_file(third: u8) -> String {
    let codes: Vec<String> = (1..=50)
        .flat_map(|county| (0..90).map(move |n| format!("{county:02}999{n:02}0000000")))
        .collect();
    let groups = ["ALL", "AA", "AS", "EL", "FI", "HI", "MR", "PI", "SED", "SWD", "WH"];
    let rows: Vec<Rated<'_>> =
        codes.iter().flat_map(|code| groups.map(|group| (code.as_str(), group, third))).collect();
    indicator_text("SUSP", 2023, &rows)
}
