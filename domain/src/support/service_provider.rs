//! Whose services they are: the agency that offers them.

use std::collections::BTreeSet;
use std::fmt;

use crate::cds::CountyCode;

/// The longest name of a provider, in letters.
pub const NAME_MOST: usize = 200;

/// An agency that offers services. Its text is the one by which tokens name an agency, where
/// tokens know such a one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ServiceProvider {
    /// A county office of education, by its county.
    County(CountyCode),
    /// A geographic lead agency, by its name in the table of lead agencies.
    GeographicLead(String),
    /// The California Collaborative for Educational Excellence.
    Ccee,
    /// The Department of Education.
    State,
    /// A special education local plan area, by its code.
    Selpa(String),
    /// An equity lead agency, by its name.
    EquityLead(String),
    /// An expert lead agency, by its name.
    ExpertLead(String),
    /// Another provider, by its name.
    Other(String),
}

/// How near a provider is to an LEA that it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// The county office of the LEA's own county.
    OwnCounty,
    /// A geographic lead agency that is named for the LEA's county.
    OwnLead,
    /// A provider that serves every LEA.
    Statewide,
    /// A provider of others, whose service is open to all.
    Elsewhere,
}

impl ServiceProvider {
    /// What is expected of a provider's text, in words.
    pub const EXPECTED: &'static str = "county:NN, geographicLead:NAME, ccee, state, selpa:CODE, \
                                        equityLead:NAME, expertLead:NAME or other:NAME";

    /// Reads a provider's text.
    #[must_use]
    pub fn parse(text: &str) -> Option<ServiceProvider> {
        match text {
            "ccee" => return Some(ServiceProvider::Ccee),
            "state" => return Some(ServiceProvider::State),
            _ => {}
        }
        let (kind, who) = text.split_once(':')?;
        match kind {
            "county" if who.len() == 2 => CountyCode::parse(who).map(ServiceProvider::County),
            "geographicLead" => name(who).map(ServiceProvider::GeographicLead),
            "selpa" => name(who).map(ServiceProvider::Selpa),
            "equityLead" => name(who).map(ServiceProvider::EquityLead),
            "expertLead" => name(who).map(ServiceProvider::ExpertLead),
            "other" => name(who).map(ServiceProvider::Other),
            _ => None,
        }
    }

    /// The county whose office it is.
    #[must_use]
    pub fn county(&self) -> Option<CountyCode> {
        match self {
            ServiceProvider::County(county) => Some(*county),
            _ => None,
        }
    }

    /// How near it is to the LEAs of a county, for which these lead agencies are named; `None`
    /// where it does not serve them by what it is. Which LEAs a plan area has is recorded
    /// nowhere, and other lead agencies say themselves that a service is open to all.
    #[must_use]
    pub fn serves(&self, county: CountyCode, leads: &BTreeSet<String>) -> Option<Nearness> {
        match self {
            ServiceProvider::County(own) => (*own == county).then_some(Nearness::OwnCounty),
            ServiceProvider::GeographicLead(name) => {
                leads.contains(name).then_some(Nearness::OwnLead)
            }
            ServiceProvider::Ccee | ServiceProvider::State => Some(Nearness::Statewide),
            ServiceProvider::Selpa(_)
            | ServiceProvider::EquityLead(_)
            | ServiceProvider::ExpertLead(_)
            | ServiceProvider::Other(_) => None,
        }
    }

    /// Who it is, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            ServiceProvider::County(county) => {
                format!("County office of education, county {county}")
            }
            ServiceProvider::GeographicLead(name) => format!("Geographic lead agency {name}"),
            ServiceProvider::Ccee => {
                "California Collaborative for Educational Excellence".to_owned()
            }
            ServiceProvider::State => "California Department of Education".to_owned(),
            ServiceProvider::Selpa(code) => format!("Special education local plan area {code}"),
            ServiceProvider::EquityLead(name) => format!("Equity lead agency {name}"),
            ServiceProvider::ExpertLead(name) => format!("Expert lead agency {name}"),
            ServiceProvider::Other(name) => name.clone(),
        }
    }
}

fn name(text: &str) -> Option<String> {
    let sound = (1..=NAME_MOST).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control);
    sound.then(|| text.to_owned())
}

impl fmt::Display for ServiceProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServiceProvider::County(county) => write!(f, "county:{county}"),
            ServiceProvider::GeographicLead(name) => write!(f, "geographicLead:{name}"),
            ServiceProvider::Ccee => f.write_str("ccee"),
            ServiceProvider::State => f.write_str("state"),
            ServiceProvider::Selpa(code) => write!(f, "selpa:{code}"),
            ServiceProvider::EquityLead(name) => write!(f, "equityLead:{name}"),
            ServiceProvider::ExpertLead(name) => write!(f, "expertLead:{name}"),
            ServiceProvider::Other(name) => write!(f, "other:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_provider_is_read_back_as_it_was_written() {
        for text in [
            "county:27",
            "geographicLead:Somewhere COE",
            "ccee",
            "state",
            "selpa:3001",
            "equityLead:Somewhere COE",
            "expertLead:Somewhere COE",
            "other:A firm",
        ] {
            let provider = ServiceProvider::parse(text);
            assert_eq!(provider.map(|provider| provider.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_provider_is_refused() {
        let long = format!("other:{}", "x".repeat(NAME_MOST + 1));
        for text in [
            "",
            "CCEE",
            "county:",
            "county:7",
            "county:59",
            "other:",
            "other: x",
            "selpa:a\nb",
            &long,
        ] {
            assert_eq!(ServiceProvider::parse(text), None, "{text:?}");
        }
        assert!(ServiceProvider::parse(&format!("other:{}", "x".repeat(NAME_MOST))).is_some());
    }

    #[test]
    fn a_provider_serves_its_county_those_for_which_it_leads_or_everyone() {
        let county = |text: &str| CountyCode::parse(text).unwrap();
        let leads = BTreeSet::from(["A lead".to_owned()]);
        let serves =
            |provider: &str| ServiceProvider::parse(provider).unwrap().serves(county("27"), &leads);
        assert_eq!(serves("county:27"), Some(Nearness::OwnCounty));
        assert_eq!(serves("county:44"), None);
        assert_eq!(serves("geographicLead:A lead"), Some(Nearness::OwnLead));
        assert_eq!(serves("geographicLead:Another"), None);
        assert_eq!(serves("ccee"), Some(Nearness::Statewide));
        assert_eq!(serves("state"), Some(Nearness::Statewide));
        for other in ["selpa:3001", "equityLead:A lead", "expertLead:A lead", "other:A lead"] {
            assert_eq!(serves(other), None, "{other}");
        }
    }
}
