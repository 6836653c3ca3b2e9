//! Whose catalogues of services an agency keeps: its own, and the state all of them.

use calsos_domain::support::service_provider::ServiceProvider;

use super::agency::Agency;

/// Whether an agency keeps the catalogue of a provider. Providers that no agency stands for are
/// kept by the state.
pub(crate) fn keeps(agency: &Agency, provider: &ServiceProvider) -> bool {
    match (agency, provider) {
        (Agency::State | Agency::Spi, _) | (Agency::Ccee, ServiceProvider::Ccee) => true,
        (Agency::County(own), ServiceProvider::County(of)) => own == of,
        (Agency::GeographicLead(own), ServiceProvider::GeographicLead(of))
        | (Agency::Selpa(own), ServiceProvider::Selpa(of)) => own == of,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agency_keeps_its_own_catalogue_and_the_state_every_one() {
        let providers = [
            "county:27",
            "county:44",
            "geographicLead:A lead",
            "ccee",
            "state",
            "selpa:3001",
            "equityLead:A lead",
            "expertLead:A lead",
            "other:A lead",
        ];
        let kept = |agency: &str| -> Vec<&str> {
            let agency = Agency::parse(agency).unwrap();
            let keeps = |text: &&str| keeps(&agency, &ServiceProvider::parse(text).unwrap());
            providers.into_iter().filter(keeps).collect()
        };
        for all in ["state", "spi"] {
            assert_eq!(kept(all), providers);
        }
        for own in ["county:27", "county:44", "geographicLead:A lead", "ccee", "selpa:3001"] {
            assert_eq!(kept(own), [own]);
        }
        for none in [
            "county:58",
            "geographicLead:Another",
            "selpa:1",
            "lea:27990010000000",
            "authorizer:27990010000000",
        ] {
            assert!(kept(none).is_empty(), "{none}");
        }
    }
}
