//! Which LEAs an agency reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::release::Coverage;

use super::agency::Agency;

/// Where charter schools are located, and which counties each lead agency has, today: the
/// tables that an operator keeps; and who is referred to the Collaborative.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Territory {
    pub(crate) located: BTreeMap<CdsCode, CountyCode>,
    pub(crate) leads: BTreeMap<String, BTreeSet<CountyCode>>,
    /// The LEAs with a referral to the Collaborative that is open.
    pub(crate) referred: BTreeSet<CdsCode>,
}

impl Territory {
    /// The county in which an LEA is: by the table where it has a row, else that of its code.
    pub(crate) fn county(&self, cds: CdsCode) -> CountyCode {
        self.located.get(&cds).copied().unwrap_or(cds.county())
    }
}

/// The LEAs that an agency reaches.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    bounds: Bounds,
    territory: Arc<Territory>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Bounds {
    All,
    Nothing,
    Counties(BTreeSet<CountyCode>),
    /// Charter schools of an authorizer.
    Charters(CdsCode),
    Codes(BTreeSet<CdsCode>),
}

impl Reach {
    /// The reach of an agency; `codes_of` gives every code of an LEA.
    pub(crate) fn of(
        agency: Option<&Agency>,
        territory: &Arc<Territory>,
        codes_of: impl Fn(CdsCode) -> BTreeSet<CdsCode>,
    ) -> Reach {
        let bounds = match agency {
            Some(Agency::State | Agency::Spi) => Bounds::All,
            Some(Agency::County(county)) => Bounds::Counties(BTreeSet::from([*county])),
            Some(Agency::GeographicLead(name)) => match territory.leads.get(name) {
                Some(counties) => Bounds::Counties(counties.clone()),
                None => Bounds::Nothing,
            },
            Some(Agency::Authorizer(cds)) => Bounds::Charters(*cds),
            Some(Agency::Lea(cds)) => Bounds::Codes(codes_of(*cds)),
            Some(Agency::Ccee) => {
                Bounds::Codes(territory.referred.iter().flat_map(|cds| codes_of(*cds)).collect())
            }
            // Which LEAs a plan area has is recorded nowhere yet.
            Some(Agency::Selpa(_)) | None => Bounds::Nothing,
        };
        Reach { bounds, territory: Arc::clone(territory) }
    }

    pub(crate) fn is_all(&self) -> bool {
        self.bounds == Bounds::All
    }

    pub(crate) fn contains(&self, cds: CdsCode) -> bool {
        match &self.bounds {
            Bounds::All => true,
            Bounds::Nothing => false,
            Bounds::Counties(counties) => counties.contains(&self.territory.county(cds)),
            Bounds::Charters(authorizer) => cds.school() != 0 && cds.authorizer() == *authorizer,
            Bounds::Codes(codes) => codes.contains(&cds),
        }
    }

    /// Whether a file that speaks of these counties, or of the whole state where there are
    /// none, speaks of nobody else than whom is reached.
    pub(crate) fn covers(&self, counties: Option<&BTreeSet<CountyCode>>) -> bool {
        match (&self.bounds, counties) {
            (Bounds::All, _) => true,
            (Bounds::Counties(own), Some(counties)) => {
                !counties.is_empty() && counties.is_subset(own)
            }
            _ => false,
        }
    }

    /// The counties to which the codes of whoever is reached can belong, whether a file names
    /// them or not; `None` for every county.
    pub(crate) fn counties_of_codes(&self) -> Option<BTreeSet<CountyCode>> {
        match &self.bounds {
            Bounds::All => None,
            Bounds::Nothing => Some(BTreeSet::new()),
            Bounds::Counties(own) => {
                let moved = self.moved(own).map(|(cds, _)| cds.county());
                Some(own.iter().copied().chain(moved).collect())
            }
            Bounds::Charters(authorizer) => Some(BTreeSet::from([authorizer.county()])),
            Bounds::Codes(codes) => Some(codes.iter().map(|cds| cds.county()).collect()),
        }
    }

    /// Says who is reached, in words of which others are others.
    pub(crate) fn words(&self) -> String {
        let mut words = format!("{:?}", self.bounds);
        if let Bounds::Counties(own) = &self.bounds {
            for (cds, county) in self.moved(own) {
                words.push_str(&format!(" {cds} {county}"));
            }
        }
        words
    }

    /// Charter schools that are in some counties and not by their codes, or the other way
    /// round.
    fn moved<'r>(
        &'r self,
        own: &'r BTreeSet<CountyCode>,
    ) -> impl Iterator<Item = (CdsCode, CountyCode)> + 'r {
        let located = self.territory.located.iter().map(|(cds, county)| (*cds, *county));
        located.filter(|(cds, county)| own.contains(&cds.county()) != own.contains(county))
    }

    /// Whether a file that covers this speaks of nobody else than whom is reached.
    pub(crate) fn covers_file(&self, coverage: &Coverage) -> bool {
        self.covers(counties_of(coverage).as_ref())
    }

    /// The counties, by their codes, of those among some LEAs that are reached.
    pub(crate) fn counties(&self, leas: impl Iterator<Item = CdsCode>) -> BTreeSet<CountyCode> {
        leas.filter(|cds| self.contains(*cds)).map(CdsCode::county).collect()
    }
}

/// The counties of which a file speaks; `None` for the whole state.
pub(crate) fn counties_of(coverage: &Coverage) -> Option<BTreeSet<CountyCode>> {
    let Coverage { statewide, counties, charter_counties } = coverage;
    (!statewide).then(|| counties.union(charter_counties).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cds(text: &str) -> CdsCode {
        CdsCode::parse(text).unwrap()
    }

    fn county(text: &str) -> CountyCode {
        CountyCode::parse(text).unwrap()
    }

    const DISTRICT: &str = "27990010000000";
    const CHARTER: &str = "27990010990001";
    const MOVED: &str = "27990010990002";
    const REFERRED: &str = "27990030000000";

    fn reach(agency: &str) -> Reach {
        let territory = Territory {
            located: BTreeMap::from([(cds(MOVED), county("10"))]),
            leads: BTreeMap::from([(
                "A lead".to_owned(),
                BTreeSet::from([county("27"), county("44")]),
            )]),
            referred: BTreeSet::from([cds(REFERRED)]),
        };
        Reach::of(Agency::parse(agency).as_ref(), &Arc::new(territory), |cds| BTreeSet::from([cds]))
    }

    #[test]
    fn a_county_reaches_its_leas_and_the_charters_located_there() {
        let own = reach("county:27");
        assert!(own.contains(cds(DISTRICT)) && own.contains(cds(CHARTER)));
        assert!(!own.contains(cds(MOVED)));
        let other = reach("county:10");
        assert!(other.contains(cds(MOVED)) && !other.contains(cds(CHARTER)));
    }

    #[test]
    fn a_lead_reaches_its_counties_and_an_authorizer_its_charters() {
        let lead = reach("geographicLead:A lead");
        assert!(lead.contains(cds(DISTRICT)) && lead.contains(cds("44990010000000")));
        assert!(!lead.contains(cds(MOVED)));
        assert!(!reach("geographicLead:Another").contains(cds(DISTRICT)));
        let authorizer = reach(&format!("authorizer:{DISTRICT}"));
        assert!(authorizer.contains(cds(CHARTER)) && authorizer.contains(cds(MOVED)));
        assert!(!authorizer.contains(cds(DISTRICT)));
        assert!(!authorizer.contains(cds("27990020990003")));
    }

    #[test]
    fn an_lea_reaches_itself_and_the_state_everyone() {
        let lea = reach(&format!("lea:{DISTRICT}"));
        assert!(lea.contains(cds(DISTRICT)) && !lea.contains(cds(CHARTER)));
        assert!(reach("state").is_all() && reach("spi").contains(cds(MOVED)));
        for others in ["ccee", "selpa:3001"] {
            assert!(!reach(others).is_all() && !reach(others).contains(cds(DISTRICT)));
        }
        assert!(reach("ccee").contains(cds(REFERRED)));
        assert!(!reach("selpa:3001").contains(cds(REFERRED)));
    }

    /// Who follows the feed is told of those whose county is among these.
    #[test]
    fn whoever_is_reached_has_a_code_of_these_counties() {
        let counties = |agency: &str| {
            let counties = reach(agency).counties_of_codes()?;
            Some(counties.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
        };
        assert_eq!(counties("county:27").as_deref(), Some("27"));
        assert_eq!(counties("county:10").as_deref(), Some("10 27"));
        assert_eq!(counties("geographicLead:A lead").as_deref(), Some("27 44"));
        assert_eq!(counties(&format!("lea:{DISTRICT}")).as_deref(), Some("27"));
        assert_eq!(counties(&format!("authorizer:{DISTRICT}")).as_deref(), Some("27"));
        assert_eq!(counties("ccee").as_deref(), Some("27"));
        assert_eq!(counties("selpa:3001").as_deref(), Some(""));
        assert_eq!(counties("state"), None);
    }

    #[test]
    fn the_words_of_two_reaches_are_the_same_where_they_reach_the_same() {
        let agencies =
            ["county:27", "county:10", "county:44", "geographicLead:A lead", "ccee", "state"];
        for one in agencies {
            for other in agencies {
                let same = reach(one).words() == reach(other).words();
                assert_eq!(same, one == other, "{one} {other}");
            }
        }
        // Where no school has moved, the table of them does not matter.
        let bare = Reach::of(Agency::parse("county:44").as_ref(), &Arc::default(), |cds| {
            BTreeSet::from([cds])
        });
        assert_eq!(bare.words(), reach("county:44").words());
        assert_ne!(
            Reach::of(Agency::parse("county:10").as_ref(), &Arc::default(), |cds| {
                BTreeSet::from([cds])
            })
            .words(),
            reach("county:10").words()
        );
    }

    #[test]
    fn a_file_is_covered_where_it_speaks_of_nobody_else() {
        let own = BTreeSet::from([county("27")]);
        let more = BTreeSet::from([county("27"), county("44")]);
        assert!(reach("county:27").covers(Some(&own)));
        assert!(!reach("county:27").covers(Some(&more)));
        assert!(!reach("county:27").covers(None));
        assert!(!reach("county:27").covers(Some(&BTreeSet::new())));
        assert!(reach("geographicLead:A lead").covers(Some(&more)));
        assert!(reach("state").covers(None));
        assert!(!reach(&format!("lea:{DISTRICT}")).covers(Some(&own)));
    }
}
