//! What a request asks for: parameters of the path and the query, read with all their faults.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::web::Query;
use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::lea::LeaType;
use calsos_domain::priority::Priority;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::{DashboardYear, Day};
use jiff::Timestamp;

use crate::app::moments;
use crate::problem::{Fault, Problem};

/// The parameters of a request. Each is taken once; what is left over in the end was not
/// asked for by name, and is refused: to ignore it would give other data than were wanted.
pub(crate) struct Asked {
    query: BTreeMap<String, String>,
    known: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl Asked {
    /// Reads the query.
    pub(crate) fn of(request: &HttpRequest) -> Asked {
        Asked::of_query(request.query_string())
    }

    /// Reads a query, given without its question mark.
    pub(crate) fn of_query(query: &str) -> Asked {
        let mut asked = Asked { query: BTreeMap::new(), known: Vec::new(), faults: Vec::new() };
        match Query::<Vec<(String, String)>>::from_query(query) {
            Ok(pairs) => {
                for (name, value) in pairs.into_inner() {
                    if asked.query.insert(name.clone(), value).is_some() {
                        asked.fault(&name, "it is given twice; give it once".to_owned());
                    }
                }
            }
            Err(problem) => asked.fault("query", format!("it cannot be read: {problem}")),
        }
        asked
    }

    pub(crate) fn fault(&mut self, parameter: &str, detail: String) {
        if self.faults.len() < FAULTS_TOLD {
            self.faults.push(Fault { parameter: shortened(parameter), detail });
        }
    }

    /// A parameter of the query. `expected` says what it should be.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.known.push(name);
        let text = self.query.remove(name)?;
        let found = read(&text);
        if found.is_none() {
            self.fault(name, format!("'{}' was given; {expected} is expected", shortened(&text)));
        }
        found
    }

    /// A parameter of the path.
    pub(crate) fn of_path<T>(
        &mut self,
        name: &str,
        text: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let found = read(text);
        if found.is_none() {
            self.fault(name, format!("'{}' was given; {expected} is expected", shortened(text)));
        }
        found
    }

    pub(crate) fn year(&mut self) -> Option<DashboardYear> {
        self.optional("year", YEAR, year)
    }

    pub(crate) fn county(&mut self) -> Option<CountyCode> {
        self.optional("county", "a county's number from 01 to 58", |text| {
            (text.len() == 2).then(|| CountyCode::parse(text)).flatten()
        })
    }

    pub(crate) fn lea_type(&mut self) -> Option<LeaType> {
        self.optional("type", "district, countyOffice or charter", LeaType::parse)
    }

    pub(crate) fn group(&mut self) -> Option<StudentGroup> {
        self.optional("group", "a student group's code, such as SWD,", |text| {
            StudentGroup::parse(text).filter(|group| *group != StudentGroup::All)
        })
    }

    pub(crate) fn priority(&mut self) -> Option<Priority> {
        self.optional("priority", "a state priority from 1 to 10", |text| {
            text.parse().ok().and_then(Priority::new)
        })
    }

    /// The moment as of which is asked, which is not ahead of now, the latest that is known.
    pub(crate) fn as_of(&mut self, now: Timestamp) -> Option<Timestamp> {
        let expected = format!("{} (a + is written %2B),", moments::AS_OF);
        let moment = self.optional("asOf", &expected, |text| moments::as_of(text, now))?;
        if moment > now {
            self.fault("asOf", format!("{moment} is ahead of now, {now:.6}: nobody knows it yet"));
        }
        Some(moment)
    }

    /// A day of California.
    pub(crate) fn day(&mut self, name: &'static str) -> Option<Day> {
        self.optional(name, moments::DAY, moments::day)
    }

    /// The day on which what is asked for held: none after that of the moment as of which is
    /// asked.
    pub(crate) fn effective_on(&mut self, as_of: Timestamp) -> Option<Day> {
        let day = self.day("effectiveOn")?;
        let known = moments::today(as_of)?;
        if day > known {
            self.fault("effectiveOn", format!("{day} is ahead of {known}: nobody knows it yet"));
        }
        Some(day)
    }

    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        let read = |text: &str| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        self.optional(name, "true or false", read).unwrap_or(false)
    }

    /// A year in the path.
    pub(crate) fn path_year(&mut self, text: &str) -> Option<DashboardYear> {
        self.of_path("year", text, YEAR, year)
    }

    /// A CDS code in the path.
    pub(crate) fn path_cds(&mut self, text: &str) -> Option<CdsCode> {
        self.of_path("cds", text, "a CDS code of 14 digits", |text| text.parse().ok())
    }

    /// Ends the reading of parameters of which some are needed: `value` is there where no
    /// fault was found.
    pub(crate) fn done_with<T>(mut self, value: Option<T>) -> Result<T, Problem> {
        if value.is_none() && self.faults.is_empty() {
            self.fault("query", "a parameter that is needed is missing".to_owned());
        }
        self.done()?;
        value.ok_or_else(|| Problem::of_faults(Vec::new()))
    }

    /// A parameter of the query that is needed.
    pub(crate) fn needed_year(&mut self) -> Option<DashboardYear> {
        let given = self.query.contains_key("year");
        let year = self.year();
        if !given {
            self.fault("year", format!("it is missing; {YEAR} is expected"));
        }
        year
    }

    /// A parameter of the query that is needed.
    pub(crate) fn needed<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let given = self.query.contains_key(name);
        let found = self.optional(name, expected, read);
        if !given {
            self.fault(name, format!("it is missing; {expected} is expected"));
        }
        found
    }

    /// Ends the reading: every fault at once, and every parameter that nobody asked for.
    pub(crate) fn done(mut self) -> Result<(), Problem> {
        let known = match self.known.as_slice() {
            [] => "this resource has no parameters".to_owned(),
            names => format!("this resource has {}", names.join(", ")),
        };
        for name in std::mem::take(&mut self.query).into_keys() {
            self.fault(&name, format!("there is no such parameter; {known}"));
        }
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::of_faults(self.faults)) }
    }
}

/// How many faults of a request are told: each parameter that exists, and a few that do not.
const FAULTS_TOLD: usize = 50;

const YEAR: &str = "a Dashboard year of four digits, such as 2023,";

fn year(text: &str) -> Option<DashboardYear> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().and_then(DashboardYear::new)
}

/// A text as it is quoted in a fault, in one line.
fn shortened(text: &str) -> String {
    const MOST: usize = 60;
    let mut letters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = letters.by_ref().take(MOST).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_of_any_length_is_refused_in_a_few_short_words() {
        let names: Vec<String> = (0..10_000).map(|n| format!("{}{n}", "%0A".repeat(100))).collect();
        let problem = Asked::of_query(&names.join("&")).done().unwrap_err().details("/", "id");
        assert_eq!(problem.errors.len(), FAULTS_TOLD);
        let length = serde_json::to_vec(&problem).unwrap().len();
        assert!(length < 32 * 1024 && !problem.detail.contains('\n'), "{length} bytes");
        let twice = format!("{0}=1&{0}=2", "x".repeat(10_000));
        let problem = Asked::of_query(&twice).done().unwrap_err().details("/", "id");
        assert!(problem.errors[0].parameter.chars().count() <= 61, "{problem:?}");
    }
}
