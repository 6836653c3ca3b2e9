//! A service that a provider offers: what it is, and which results it answers.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::grades::{Grade, GradeSpan};
use super::service_provider::ServiceProvider;
use crate::indicator::Indicator;
use crate::priority::Priority;
use crate::student_group::StudentGroup;

/// The longest code of a service, in letters.
pub const CODE_MOST: usize = 40;

/// The longest text of a service, in letters.
pub const TEXT_MOST: usize = 300;

/// The longest link, in letters.
pub const LINK_MOST: usize = 2000;

/// The longest kind of service, in letters.
pub const KIND_MOST: usize = 40;

/// Kinds of services that are known; others may be given.
pub const KNOWN_KINDS: [&str; 9] = [
    "training",
    "coaching",
    "network",
    "technicalAssistance",
    "consultation",
    "dataAndReports",
    "materials",
    "recognition",
    "sharingOfPromisingPractices",
];

/// For whom a service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// LEAs as a whole.
    Leas,
    /// Their schools.
    Schools,
}

impl Audience {
    /// Both.
    pub const ALL: [Audience; 2] = [Audience::Leas, Audience::Schools];

    /// As it is written.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Audience::Leas => "leas",
            Audience::Schools => "schools",
        }
    }

    /// Reads it, whatever the case, in one or many.
    #[must_use]
    pub fn parse(text: &str) -> Option<Audience> {
        let is = |one: &str| text.eq_ignore_ascii_case(one);
        Audience::ALL
            .into_iter()
            .find(|audience| is(audience.code()) || is(audience.code().trim_end_matches('s')))
    }
}

/// Whether a service can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceState {
    /// It can.
    Offered,
    /// It could, and can no more.
    Ended,
}

impl ServiceState {
    /// As it is written.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ServiceState::Offered => "offered",
            ServiceState::Ended => "ended",
        }
    }

    /// Reads it.
    #[must_use]
    pub fn parse(text: &str) -> Option<ServiceState> {
        [ServiceState::Offered, ServiceState::Ended].into_iter().find(|state| state.code() == text)
    }
}

/// A service that a provider offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "ServiceDraft", try_from = "ServiceDraft")]
pub struct Service {
    /// Names it within its provider's catalogue, year after year.
    pub code: String,
    /// Who offers it.
    pub provider: ServiceProvider,
    /// The provider's division.
    pub division: Option<String>,
    /// What it is called.
    pub name: String,
    /// At which levels of support it is offered, 1 to 3; at least one.
    pub levels: BTreeSet<u8>,
    /// For whom it is; at least one.
    pub offered_to: BTreeSet<Audience>,
    /// What kind of service it is: one of [`KNOWN_KINDS`], or another word of such a form.
    pub kind: String,
    /// The indicators that it answers; none for any.
    pub indicators: BTreeSet<Indicator>,
    /// The student groups that it answers; none for any.
    pub groups: BTreeSet<StudentGroup>,
    /// The state priorities that it answers; none for any.
    pub priorities: BTreeSet<Priority>,
    /// The grades that it is for; `None` for any.
    pub grades: Option<GradeSpan>,
    /// Whom to ask for it.
    pub contact: String,
    /// Where more is said.
    pub link: Option<String>,
    /// Whether LEAs may have it that the provider does not serve by what it is.
    pub open_to_all: bool,
    /// Whether it can be had.
    pub state: ServiceState,
}

/// A service as it is written, in JSON as in a table, before it is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is what Service has under its name")]
pub struct ServiceDraft {
    pub code: String,
    pub provider: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<String>,
    pub name: String,
    pub levels: Vec<u8>,
    pub offered_to: Vec<String>,
    pub kind: String,
    #[serde(default)]
    pub indicators: Vec<String>,
    #[serde(default)]
    pub groups: Vec<String>,
    #[serde(default)]
    pub priorities: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_grade: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_grade: Option<String>,
    pub contact: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    #[serde(default)]
    pub open_to_all: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// What is wrong with a field of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field, as JSON has it.
    pub field: &'static str,
    /// What was found, as it was written.
    pub found: String,
    /// What is expected.
    pub expected: String,
}

impl fmt::Display for FieldFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FieldFault { field: _, found, expected } = self;
        match found.trim() {
            "" => write!(f, "nothing was given; {expected} is expected"),
            found => write!(f, "'{}' was given; {expected} is expected", shortened(found)),
        }
    }
}

/// Everything that is wrong with a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceFaults(pub Vec<FieldFault>);

impl fmt::Display for ServiceFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.iter().map(|fault| format!("{}: {fault}", fault.field));
        f.write_str(&words.collect::<Vec<_>>().join("; "))
    }
}

impl std::error::Error for ServiceFaults {}

/// A text as it is quoted, in one line.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let mut letters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = letters.by_ref().take(MOST).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

impl From<Service> for ServiceDraft {
    fn from(service: Service) -> ServiceDraft {
        ServiceDraft {
            code: service.code,
            provider: service.provider.to_string(),
            division: service.division,
            name: service.name,
            levels: service.levels.into_iter().collect(),
            offered_to: service.offered_to.iter().map(|a| a.code().to_owned()).collect(),
            kind: service.kind,
            indicators: service.indicators.iter().map(|i| i.code().to_owned()).collect(),
            groups: service.groups.iter().map(|g| g.code().to_owned()).collect(),
            priorities: service.priorities.iter().map(|p| p.number()).collect(),
            from_grade: service.grades.map(|span| span.from().to_string()),
            to_grade: service.grades.map(|span| span.to().to_string()),
            contact: service.contact,
            link: service.link,
            open_to_all: service.open_to_all,
            state: Some(service.state.code().to_owned()),
        }
    }
}

impl TryFrom<ServiceDraft> for Service {
    type Error = ServiceFaults;

    /// Checks a service, with all its faults at once.
    fn try_from(draft: ServiceDraft) -> Result<Service, ServiceFaults> {
        let mut check = Check(Vec::new());
        let ServiceDraft {
            code,
            provider,
            division,
            name,
            levels,
            offered_to,
            kind,
            indicators,
            groups,
            priorities,
            from_grade,
            to_grade,
            contact,
            link,
            open_to_all,
            state,
        } = draft;
        let code = check.read("code", &code, CODE, is_code);
        let provider =
            check.read("provider", &provider, ServiceProvider::EXPECTED, ServiceProvider::parse);
        let division =
            check.optional("division", division.as_deref(), TEXT, |text| line(text, TEXT_MOST));
        let name = check.read("name", &name, TEXT, |text| line(text, TEXT_MOST));
        let levels = check.list("levels", &levels, "a level from 1 to 3", |level| {
            (1..=3).contains(level).then_some(*level)
        });
        check.some("levels", &levels, "at least one level from 1 to 3");
        let audiences = "leas or schools";
        let offered_to =
            check.list("offeredTo", &offered_to, audiences, |text| Audience::parse(text));
        check.some("offeredTo", &offered_to, "leas, schools or both");
        let kind = check.read("kind", &kind, KIND, kind_of);
        let indicators =
            check.list("indicators", &indicators, INDICATOR, |text| Indicator::parse(text));
        let groups = check.list("groups", &groups, GROUP, |text| {
            StudentGroup::parse(text).filter(|group| *group != StudentGroup::All)
        });
        let expected = "a state priority from 1 to 10";
        let priorities =
            check.list("priorities", &priorities, expected, |number| Priority::new(*number));
        let grades = check.grades(from_grade.as_deref(), to_grade.as_deref());
        let contact = check.read("contact", &contact, TEXT, |text| line(text, TEXT_MOST));
        let link = check.optional("link", link.as_deref(), LINK, is_link);
        let state = match state {
            None => Some(ServiceState::Offered),
            Some(text) => check.read("state", &text, "offered or ended", ServiceState::parse),
        };
        let Check(faults) = check;
        match (code, provider, name, kind, contact, state) {
            (Some(code), Some(provider), Some(name), Some(kind), Some(contact), Some(state))
                if faults.is_empty() =>
            {
                Ok(Service {
                    code,
                    provider,
                    division,
                    name,
                    levels,
                    offered_to,
                    kind,
                    indicators,
                    groups,
                    priorities,
                    grades,
                    contact,
                    link,
                    open_to_all,
                    state,
                })
            }
            _ => Err(ServiceFaults(faults)),
        }
    }
}

const CODE: &str = "a code of 1 to 40 letters, digits, dots, hyphens and underscores";
const TEXT: &str = "a text of 1 to 300 letters in one line";
const KIND: &str = "a kind of service of 1 to 40 letters and digits, such as training,";
const INDICATOR: &str = "one of ELA, MATH, SCIENCE, ELPI, GRAD, CHRO, SUSP and CCI";
const GROUP: &str = "one of AA, AI, AS, EL, FI, FOS, HI, HOM, LTEL, MR, PI, SED, SWD and WH";
const LINK: &str = "a link of at most 2000 letters that starts with https:// or http://";

/// Reads fields and keeps their faults.
struct Check(Vec<FieldFault>);

impl Check {
    fn fault(&mut self, field: &'static str, found: &str, expected: &str) {
        let (found, expected) = (found.to_owned(), expected.to_owned());
        self.0.push(FieldFault { field, found, expected });
    }

    fn read<T>(
        &mut self,
        field: &'static str,
        text: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let found = read(text.trim());
        if found.is_none() {
            self.fault(field, text, expected);
        }
        found
    }

    /// A field that may be left out or blank.
    fn optional<T>(
        &mut self,
        field: &'static str,
        text: Option<&str>,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        self.read(field, text, expected, read)
    }

    fn list<F: fmt::Display, T: Ord>(
        &mut self,
        field: &'static str,
        given: &[F],
        expected: &str,
        read: impl Fn(&F) -> Option<T>,
    ) -> BTreeSet<T> {
        let mut found = BTreeSet::new();
        for one in given {
            match read(one) {
                Some(one) => {
                    found.insert(one);
                }
                None => self.fault(field, &one.to_string(), expected),
            }
        }
        found
    }

    /// A list that has at least one member, unless that was a fault.
    fn some<T>(&mut self, field: &'static str, found: &BTreeSet<T>, expected: &str) {
        if found.is_empty() && !self.0.iter().any(|fault| fault.field == field) {
            self.fault(field, "", expected);
        }
    }

    /// A span of grades; one grade alone is where it begins and ends.
    fn grades(&mut self, from: Option<&str>, to: Option<&str>) -> Option<GradeSpan> {
        let before = self.0.len();
        let one = self.optional("fromGrade", from, Grade::EXPECTED, Grade::parse);
        let other = self.optional("toGrade", to, Grade::EXPECTED, Grade::parse);
        let (from, to) = (one.or(other)?, other.or(one)?);
        if self.0.len() > before {
            return None;
        }
        let span = GradeSpan::new(from, to);
        if span.is_none() {
            self.fault("toGrade", &to.to_string(), &format!("{from} or a grade above it"));
        }
        span
    }
}

fn is_code(text: &str) -> Option<String> {
    let sound = (1..=CODE_MOST).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    sound.then(|| text.to_owned())
}

fn line(text: &str, most: usize) -> Option<String> {
    let sound = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    sound.then(|| text.to_owned())
}

/// A kind of service in the form of a word for programs, however people write it: `Sharing of
/// promising practices` is `sharingOfPromisingPractices`.
#[must_use]
pub fn kind_of(text: &str) -> Option<String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_');
    if !text.chars().all(sound) {
        return None;
    }
    let mut kind = String::new();
    for word in text.split([' ', '-', '_']).filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at_checked(1)?;
        // A word of capitals alone is one that somebody wrote large.
        let rest = if word.chars().any(|c| c.is_ascii_lowercase()) {
            rest.to_owned()
        } else {
            rest.to_ascii_lowercase()
        };
        kind.push_str(&if kind.is_empty() {
            first.to_ascii_lowercase()
        } else {
            first.to_ascii_uppercase()
        });
        kind.push_str(&rest);
    }
    let starts = kind.starts_with(|c: char| c.is_ascii_lowercase());
    (starts && kind.len() <= KIND_MOST).then_some(kind)
}

fn is_link(text: &str) -> Option<String> {
    let after = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let sound = !after.is_empty()
        && text.chars().count() <= LINK_MOST
        && !text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '"' | '<' | '>'));
    sound.then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
