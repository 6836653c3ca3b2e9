//! For whom a caller asks, as the claim `agency` of a token says it.

use std::fmt;

use calsos_domain::cds::{CdsCode, CountyCode};

/// Who a caller works for: it bounds which LEAs a scope reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Agency {
    /// The Department of Education.
    State,
    /// The State Superintendent of Public Instruction.
    Spi,
    /// The California Collaborative for Educational Excellence.
    Ccee,
    /// A county office of education, by its county.
    County(CountyCode),
    /// A geographic lead agency, by its name in the table of lead agencies.
    GeographicLead(String),
    /// A special education local plan area, by its code.
    Selpa(String),
    /// A charter authorizer, by its own CDS code.
    Authorizer(CdsCode),
    /// An LEA, by its CDS code.
    Lea(CdsCode),
}

/// The longest name of a lead agency or plan area, in letters.
const NAME_MOST: usize = 200;

impl Agency {
    /// What is expected of a claim, in words.
    pub(crate) const EXPECTED: &'static str = "state, spi, ccee, county:NN, geographicLead:NAME, \
                                               selpa:CODE, authorizer:CDS or lea:CDS";

    pub(crate) fn parse(text: &str) -> Option<Agency> {
        match text {
            "state" => return Some(Agency::State),
            "spi" => return Some(Agency::Spi),
            "ccee" => return Some(Agency::Ccee),
            _ => {}
        }
        let (kind, who) = text.split_once(':')?;
        match kind {
            "county" if who.len() == 2 => CountyCode::parse(who).map(Agency::County),
            "geographicLead" => name(who).map(Agency::GeographicLead),
            "selpa" => name(who).map(Agency::Selpa),
            "authorizer" => code(who).map(Agency::Authorizer),
            "lea" => code(who).map(Agency::Lea),
            _ => None,
        }
    }
}

fn name(text: &str) -> Option<String> {
    let sound = (1..=NAME_MOST).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control);
    sound.then(|| text.to_owned())
}

fn code(text: &str) -> Option<CdsCode> {
    CdsCode::parse(text).ok().filter(|cds| *cds != CdsCode::STATE)
}

/// As a claim has it.
impl fmt::Display for Agency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Agency::State => f.write_str("state"),
            Agency::Spi => f.write_str("spi"),
            Agency::Ccee => f.write_str("ccee"),
            Agency::County(county) => write!(f, "county:{county}"),
            Agency::GeographicLead(name) => write!(f, "geographicLead:{name}"),
            Agency::Selpa(code) => write!(f, "selpa:{code}"),
            Agency::Authorizer(cds) => write!(f, "authorizer:{cds}"),
            Agency::Lea(cds) => write!(f, "lea:{cds}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_agency_is_read_back_as_it_was_written() {
        for text in [
            "state",
            "spi",
            "ccee",
            "county:27",
            "geographicLead:Somewhere COE",
            "selpa:3001",
            "authorizer:27990000000000",
            "lea:27990010000000",
        ] {
            assert_eq!(Agency::parse(text).map(|agency| agency.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_agency_is_refused() {
        let long = format!("selpa:{}", "x".repeat(NAME_MOST + 1));
        for text in [
            "",
            "State",
            "state ",
            "county:",
            "county:7",
            "county:59",
            "county:00",
            "county:027",
            "lea:2799001000000",
            "lea:00000000000000",
            "lea:",
            "selpa:",
            "selpa: x",
            "selpa:a\nb",
            "geographicLead:",
            "nobody:27",
            &long,
        ] {
            assert_eq!(Agency::parse(text), None, "{text:?}");
        }
        let longest = format!("selpa:{}", "x".repeat(NAME_MOST));
        assert!(Agency::parse(&longest).is_some());
    }
}
