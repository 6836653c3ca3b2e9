//! How the service is to run: by a file, the environment and the command line, in rising
//! order. Everything is checked before anything is done, and every fault named at once.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use calsos_ingest::FILE_BYTES_MOST;
use toml::{Table, Value};
use url::{Host, Url};

use super::addresses::{Network, Proxies};
use super::limits::{Rate, Rates};
use crate::app::clients::TOKEN_MINUTES_MOST;
use crate::auth::external::ExternalIssuer;
use crate::auth::issuer::LIFETIME;
use crate::cli::serve::{CONFIG, Kind, SETTINGS, Serve};
use crate::error::AppError;

/// Where requests are answered where nothing else is said.
pub(crate) const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Where files are sent to.
const IMPORTS: &str = "/v1/imports";

/// The tables of a file that are no settings by themselves.
const ISSUER: &str = "issuer";
const EXTERNAL_ISSUER: &str = "external_issuer";

/// The one setting that stands in the issuer's table.
const TOKEN_MINUTES: &str = "token_minutes";

/// How the service is to run. It may come to hold secrets, and is never shown as a whole.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Where requests are answered.
    pub(crate) listen: SocketAddr,
    /// Where metrics are answered, if anywhere.
    pub(crate) metrics: Option<SocketAddr>,
    /// The URL under which readers know the service, without a slash at its end.
    pub(crate) public_url: Option<String>,
    /// Pages of these origins may read from browsers; `*` alone is those of any.
    pub(crate) origins: Vec<String>,
    /// Log lines as JSON.
    pub(crate) log_json: bool,
    /// How many requests a caller may send.
    pub(crate) rates: Rates,
    /// Whose word is taken for where a request comes from.
    pub(crate) trusted_proxies: Proxies,
    /// What a request may have.
    pub(crate) requests: RequestLimits,
    /// Whether who shows no token may read.
    pub(crate) public_reads: bool,
    /// How long a token that the service issues is good for.
    pub(crate) token_minutes: u32,
    /// How many events of each stream of the feed are kept.
    pub(crate) feed_events: u64,
    /// Others whose tokens are taken.
    pub(crate) external_issuers: Vec<ExternalIssuer>,
    /// The folder in which files that are sent wait until they are whole.
    pub(crate) spool: PathBuf,
}

/// What a request may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestLimits {
    pub(crate) query_bytes: usize,
    pub(crate) body_bytes: usize,
    /// How long a body may take to come.
    pub(crate) body_time: Duration,
    /// How long a file that is sent to be taken in may take to come.
    pub(crate) upload_time: Duration,
}

impl RequestLimits {
    /// The limits of a request: those of a file are wider.
    pub(crate) fn of(self, request: &ServiceRequest) -> RequestLimits {
        if request.method() != Method::POST || request.path() != IMPORTS {
            return self;
        }
        let body_bytes = usize::try_from(FILE_BYTES_MOST).unwrap_or(usize::MAX);
        RequestLimits { body_bytes, body_time: self.upload_time, ..self }
    }
}

impl Default for Settings {
    fn default() -> Settings {
        let rate = |per_second: u32, burst: u32| {
            let (per_second, burst) = (NonZeroU32::new(per_second)?, NonZeroU32::new(burst)?);
            Some(Rate { per_second, burst })
        };
        Settings {
            listen: LISTEN,
            metrics: None,
            public_url: None,
            origins: Vec::new(),
            log_json: false,
            rates: Rates { anonymous: rate(100, 1000), client: rate(500, 5000) },
            trusted_proxies: Proxies::default(),
            requests: RequestLimits {
                query_bytes: 8 * 1024,
                body_bytes: 1024 * 1024,
                body_time: Duration::from_secs(10),
                upload_time: Duration::from_secs(600),
            },
            public_reads: true,
            token_minutes: u32::try_from(LIFETIME / 60).unwrap_or(15),
            feed_events: 1_000_000,
            external_issuers: Vec::new(),
            spool: std::env::temp_dir(),
        }
    }
}

impl Settings {
    /// Reads what was given, and the file that it may name.
    pub(crate) fn read(given: &Serve) -> Result<Settings, AppError> {
        let mut reader =
            Reader { given, file: Table::new(), file_name: String::new(), faults: Vec::new() };
        reader.open_file();
        let mut settings = Settings::default();
        reader.set("listen", ADDRESS, address, &mut settings.listen);
        reader.set("metrics", ADDRESS, |text| address(text).map(Some), &mut settings.metrics);
        let public = "an http or https URL without user, query and fragment";
        reader.set(
            "public_url",
            public,
            |text| public_url(text).map(Some),
            &mut settings.public_url,
        );
        reader.set_all("origins", ORIGIN, origin, &mut settings.origins);
        reader.set("log_json", BOOL, truth, &mut settings.log_json);
        reader.set("anonymous_rate", RATE, rate, &mut settings.rates.anonymous);
        reader.set("client_rate", RATE, rate, &mut settings.rates.client);
        let mut networks = Vec::new();
        reader.set_all("trusted_proxies", NETWORK, Network::parse, &mut networks);
        settings.trusted_proxies = Proxies::new(networks);
        reader.set("public_reads", BOOL, truth, &mut settings.public_reads);
        let RequestLimits { query_bytes, body_bytes, body_time, upload_time } =
            &mut settings.requests;
        let bytes = "a number of bytes from 1 to 65536";
        reader.set("query_bytes", bytes, |text| number(text, 65_536), query_bytes);
        let bytes = "a number of bytes from 1 to 67108864";
        reader.set("body_bytes", bytes, |text| number(text, 67_108_864), body_bytes);
        let seconds = |text: &str| number(text, 3600).map(|n| Duration::from_secs(n as u64));
        reader.set("body_seconds", "a number of seconds from 1 to 3600", seconds, body_time);
        let expected = "a number of seconds from 1 to 3600";
        reader.set("upload_seconds", expected, seconds, upload_time);
        let folder = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_dir());
        reader.set("spool", "a folder that is there", folder, &mut settings.spool);
        let most = usize::try_from(TOKEN_MINUTES_MOST).unwrap_or(usize::MAX);
        let minutes = |text: &str| number(text, most).and_then(|n| u32::try_from(n).ok());
        let expected = "a number of minutes from 1 to 60";
        reader.set(TOKEN_MINUTES, expected, minutes, &mut settings.token_minutes);
        let events = |text: &str| number(text, 100_000_000).map(|n| n as u64);
        let expected = "a number of events from 1 to 100000000";
        reader.set("feed_events", expected, events, &mut settings.feed_events);
        settings.external_issuers = reader.external_issuers();
        reader.done()?;
        if let Some(url) = settings.public_url.as_ref().filter(|url| !is_protected(url)) {
            log::warn!(
                "readers come to {url} without encryption; https is expected of a URL that is not \
                 this machine's own"
            );
        }
        Ok(settings)
    }
}

const ADDRESS: &str = "an address and a port, such as 127.0.0.1:8080";
const ORIGIN: &str = "an origin as browsers say it, such as https://dashboard.example.org or \
                      http://localhost:3000, without a path; or * alone";
const BOOL: &str = "true or false";
const RATE: &str =
    "requests a second and at once, such as 100/1000, each from 1 to 1000000; or off";
const NETWORK: &str = "an address or a network, such as 10.0.0.7, 10.0.0.0/8 or 2001:db8::/32, \
                       without bits beyond the network's";

/// What was given of everything, and the faults so far.
struct Reader<'a> {
    given: &'a Serve,
    file: Table,
    file_name: String,
    faults: Vec<String>,
}

impl Reader<'_> {
    /// Reads the file, if one is named, and checks that it has nothing but settings.
    fn open_file(&mut self) {
        let Some(named) = self.given.given.iter().find(|given| given.setting.key == CONFIG) else {
            return;
        };
        self.file_name = named.texts.first().cloned().unwrap_or_default();
        let text = match fs::read_to_string(Path::new(&self.file_name)) {
            Ok(text) => text,
            Err(cause) => {
                self.fault(&named.place, &format!("'{}' cannot be read: {cause}", self.file_name));
                return;
            }
        };
        match text.parse::<Table>() {
            Ok(table) => self.file = table,
            Err(error) => {
                // The line itself is not shown: it may have a secret in it.
                let before = error.span().and_then(|span| text.get(..span.start));
                let line = before.map_or(1, |before| before.matches('\n').count() + 1);
                let place = format!("{}, line {line}", self.file_name);
                self.fault(&place, &format!("no TOML: {}", error.message()));
            }
        }
        // The issuer's setting is read like the others.
        let issuer = match self.file.remove(ISSUER) {
            Some(Value::Table(issuer)) => issuer,
            None => Table::new(),
            Some(_) => {
                self.fault(&self.place_of(ISSUER), "a table is expected");
                Table::new()
            }
        };
        let known = |key: &str| {
            key != CONFIG && key != TOKEN_MINUTES && SETTINGS.iter().any(|of| of.key == key)
        };
        let unknown = self.file.keys().filter(|key| *key != EXTERNAL_ISSUER && !known(key));
        let in_issuer = issuer.keys().filter(|key| *key != TOKEN_MINUTES);
        let unknown: Vec<String> =
            unknown.cloned().chain(in_issuer.map(|key| format!("{ISSUER}.{key}"))).collect();
        for key in unknown {
            self.fault(&self.place_of(&key), "there is no such setting");
        }
        self.file.remove(TOKEN_MINUTES);
        self.file.extend(issuer.into_iter().filter(|(key, _)| key == TOKEN_MINUTES));
    }

    fn place_of(&self, key: &str) -> String {
        format!("{}, {key}", self.file_name)
    }

    fn fault(&mut self, place: &str, fault: &str) {
        self.faults.push(format!("{place}: {fault}"));
    }

    /// The texts of a setting and where they stand, from the highest place that has it.
    fn texts(&mut self, key: &'static str) -> Option<(Vec<String>, String)> {
        let in_file = self.file.remove(key);
        let higher = self.given.given.iter().find(|given| given.setting.key == key);
        if let Some(given) = higher {
            return Some((given.texts.clone(), given.place.clone()));
        }
        let value = in_file?;
        let place = match key {
            TOKEN_MINUTES => self.place_of(&format!("{ISSUER}.{key}")),
            _ => self.place_of(key),
        };
        let several = SETTINGS.iter().any(|of| of.key == key && of.kind == Kind::Several);
        let texts = match value {
            Value::Array(values) if several => values.into_iter().map(text_of).collect(),
            value => text_of(value).map(|text| vec![text]),
        };
        if texts.is_none() {
            let expected = if several { "a list of texts" } else { "one value" };
            self.fault(&place, &format!("{expected} is expected"));
        }
        Some((texts?, place))
    }

    /// Reads a setting of one value, where it is given.
    fn set<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
        setting: &mut T,
    ) {
        let mut values = Vec::new();
        self.set_all(key, expected, read, &mut values);
        if let Some(value) = values.pop() {
            *setting = value;
        }
    }

    /// Reads a setting of several values, where it is given.
    fn set_all<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
        settings: &mut Vec<T>,
    ) {
        let Some((texts, place)) = self.texts(key) else { return };
        for text in &texts {
            match read(text) {
                Some(value) => settings.push(value),
                None => {
                    self.fault(
                        &place,
                        &format!("'{}' was found; expected: {expected}", without_user(text)),
                    );
                }
            }
        }
        if key == "origins" && texts.len() > 1 && texts.iter().any(|text| text == "*") {
            self.fault(&place, "* stands for every origin, and is given alone");
        }
    }

    fn external_issuers(&mut self) -> Vec<ExternalIssuer> {
        let place = self.place_of(EXTERNAL_ISSUER);
        let values = match self.file.remove(EXTERNAL_ISSUER) {
            None => return Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => {
                self.fault(&place, "tables [[external_issuer]] are expected");
                return Vec::new();
            }
        };
        let mut issuers = Vec::new();
        for (number, value) in (1..).zip(values) {
            let place = format!("{place} {number}");
            match value.try_into::<ExternalIssuer>() {
                Err(fault) => self.fault(&place, fault.message()),
                Ok(issuer) => {
                    for fault in issuer.check().err().into_iter().flatten() {
                        self.fault(&place, &fault);
                    }
                    issuers.push(issuer);
                }
            }
        }
        issuers
    }

    fn done(self) -> Result<(), AppError> {
        let count = match self.faults.len() {
            0 => return Ok(()),
            1 => "a fault".to_owned(),
            several => format!("{several} faults"),
        };
        let faults = self.faults.join("\n  ");
        Err(AppError::Usage(format!("the configuration has {count}:\n  {faults}")))
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// What was given, without the user and the password that a URL may have.
fn without_user(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => text.to_owned(),
    }
}

fn address(text: &str) -> Option<SocketAddr> {
    text.parse().ok()
}

fn truth(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// `off` is as much as anybody likes.
fn rate(text: &str) -> Option<Option<Rate>> {
    if text == "off" { Some(None) } else { Rate::parse(text).map(Some) }
}

fn number(text: &str, most: usize) -> Option<usize> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && (1..=most).contains(number))
}

/// As readers write it: a path is where a proxy has the service below it.
fn public_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (bare && url.has_host() && text.contains("://"))
        .then(|| url.as_str().trim_end_matches('/').to_owned())
}

/// As browsers write it: they leave out a port that goes without saying.
fn origin(text: &str) -> Option<String> {
    if text == "*" {
        return Some(text.to_owned());
    }
    let written = |url: Url| matches!(url.scheme(), "http" | "https").then(|| url.origin());
    let as_browsers = Url::parse(text).ok().and_then(written)?.ascii_serialization();
    (as_browsers == text).then_some(as_browsers)
}

/// Whether what is said under a URL is protected on its way, or goes no way.
fn is_protected(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}
