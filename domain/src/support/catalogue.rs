//! The catalogue of a provider as a whole: a spreadsheet that is kept, and loaded again each
//! August. What is loaded takes the place of what was there, by the services' codes; what is
//! gone from it is ended, and stays to be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::service::{FieldFault, Service, ServiceDraft, ServiceFaults, ServiceState};
use super::service_provider::ServiceProvider;

/// How many services a catalogue may have.
pub const SERVICES_MOST: usize = 1000;

/// What kind of fault a catalogue has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatalogueFaultKind {
    /// There is no service in it.
    Empty,
    /// There are more services in it than are taken.
    TooMany,
    /// A field has what it cannot have.
    BadValue,
    /// Two services have one code.
    SameCode,
}

/// What is wrong with a catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueFault {
    /// What kind of fault.
    pub kind: CatalogueFaultKind,
    /// The number of the service, where one is meant: its row in a table, or its place in a
    /// list.
    pub number: Option<u32>,
    /// The field, as JSON has it, where one is meant.
    pub field: Option<&'static str>,
    /// What stands there.
    pub found: String,
    /// What was found and what is expected.
    pub message: String,
}

impl CatalogueFault {
    fn of_all(kind: CatalogueFaultKind, message: String) -> CatalogueFault {
        CatalogueFault { kind, number: None, field: None, found: String::new(), message }
    }

    fn of_field(number: u32, fault: FieldFault) -> CatalogueFault {
        let message = fault.to_string();
        let FieldFault { field, found, expected: _ } = fault;
        let kind = CatalogueFaultKind::BadValue;
        CatalogueFault { kind, number: Some(number), field: Some(field), found, message }
    }
}

impl fmt::Display for CatalogueFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Checks the services of a provider's catalogue, each with its number, and gives every fault.
/// A service without a provider is the catalogue's.
///
/// # Errors
/// Every fault of every service: what a field cannot have, a provider that is another, a code
/// that two services have; and a catalogue without a service, or with too many.
pub fn check(
    provider: &ServiceProvider,
    drafts: Vec<(u32, ServiceDraft)>,
) -> Result<Vec<Service>, Vec<CatalogueFault>> {
    let count = drafts.len();
    if count == 0 {
        return Err(vec![CatalogueFault::of_all(
            CatalogueFaultKind::Empty,
            "There is no service in it, and one at least is expected: a catalogue that is loaded \
             ends every service that is not in it. End the last ones one by one."
                .to_owned(),
        )]);
    }
    if count > SERVICES_MOST {
        return Err(vec![CatalogueFault::of_all(
            CatalogueFaultKind::TooMany,
            format!("There are {count} services in it; at most {SERVICES_MOST} are taken."),
        )]);
    }
    let mut faults = Vec::new();
    let mut services = Vec::with_capacity(count);
    let mut codes: BTreeMap<String, u32> = BTreeMap::new();
    for (number, mut draft) in drafts {
        if draft.provider.trim().is_empty() {
            draft.provider = provider.to_string();
        }
        let service = match Service::try_from(draft) {
            Ok(service) => service,
            Err(ServiceFaults(of_service)) => {
                let told = of_service.into_iter().map(|f| CatalogueFault::of_field(number, f));
                faults.extend(told);
                continue;
            }
        };
        if service.provider != *provider {
            let expected = format!("{provider}, whose catalogue this is, or nothing");
            let found = service.provider.to_string();
            let fault = FieldFault { field: "provider", found, expected };
            faults.push(CatalogueFault::of_field(number, fault));
        }
        match codes.insert(service.code.clone(), number) {
            Some(first) => faults.push(CatalogueFault {
                kind: CatalogueFaultKind::SameCode,
                number: Some(number),
                field: Some("code"),
                found: service.code.clone(),
                message: format!(
                    "The code '{}' stands at {first} and at {number}; each service has a code of \
                     its own.",
                    service.code
                ),
            }),
            None => services.push(service),
        }
    }
    if faults.is_empty() { Ok(services) } else { Err(faults) }
}

/// What becomes of one service of a catalogue. `K` tells the stored one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<K> {
    /// It is new.
    Add(Service),
    /// It is another than it was.
    Change(K, Service),
    /// It is not in the catalogue any more: the same, ended.
    End(K, Service),
}

/// What becomes of a catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<K> {
    /// What is to be done, by the services' codes.
    pub steps: Vec<Step<K>>,
    /// How many of the catalogue's services stay as they are.
    pub unchanged: usize,
}

impl<K> Plan<K> {
    /// How many services are new, how many are others, how many end.
    #[must_use]
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |is: fn(&Step<K>) -> bool| self.steps.iter().filter(|step| is(step)).count();
        (
            count(|step| matches!(step, Step::Add(_))),
            count(|step| matches!(step, Step::Change(..))),
            count(|step| matches!(step, Step::End(..))),
        )
    }
}

/// What is to be done so that a provider's services are those of a catalogue. `held` are the
/// provider's services as they are stored, ended ones too; codes are each of one service.
/// A service that had ended and is in the catalogue again is offered again.
#[must_use]
pub fn replace<K: Clone>(held: &[(K, Service)], wanted: Vec<Service>) -> Plan<K> {
    let stored: BTreeMap<&str, &(K, Service)> =
        held.iter().map(|one| (one.1.code.as_str(), one)).collect();
    let mut steps: BTreeMap<String, Step<K>> = BTreeMap::new();
    let mut there: BTreeSet<String> = BTreeSet::new();
    let mut unchanged = 0;
    for service in wanted {
        let code = service.code.clone();
        match stored.get(code.as_str()) {
            None => {
                steps.insert(code.clone(), Step::Add(service));
            }
            Some((_, same)) if *same == service => unchanged += 1,
            Some((key, _)) => {
                steps.insert(code.clone(), Step::Change(key.clone(), service));
            }
        }
        there.insert(code);
    }
    for (key, service) in held {
        if service.state == ServiceState::Offered && !there.contains(&service.code) {
            let ended = Service { state: ServiceState::Ended, ..service.clone() };
            steps.insert(service.code.clone(), Step::End(key.clone(), ended));
        }
    }
    Plan { steps: steps.into_values().collect(), unchanged }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(code: &str, name: &str) -> ServiceDraft {
        ServiceDraft {
            code: code.to_owned(),
            name: name.to_owned(),
            levels: vec![1],
            offered_to: vec!["leas".to_owned()],
            kind: "training".to_owned(),
            contact: "office@example.org".to_owned(),
            ..ServiceDraft::default()
        }
    }

    fn office() -> ServiceProvider {
        ServiceProvider::parse("county:58").unwrap()
    }

    fn services(of: &[(&str, &str)]) -> Vec<Service> {
        let drafts = (2..).zip(of.iter().map(|(code, name)| draft(code, name)));
        check(&office(), drafts.collect()).unwrap()
    }

    fn messages(
        drafts: Vec<(u32, ServiceDraft)>,
    ) -> Vec<(Option<u32>, Option<&'static str>, String)> {
        let faults = check(&office(), drafts).unwrap_err();
        faults.into_iter().map(|f| (f.number, f.field, f.message)).collect()
    }

    /// A catalogue as it is stored after a plan was carried out.
    fn carried_out(held: &[(u32, Service)], plan: &Plan<u32>) -> Vec<(u32, Service)> {
        let mut after = held.to_vec();
        for step in &plan.steps {
            match step {
                Step::Add(service) => {
                    after.push((u32::try_from(after.len()).unwrap(), service.clone()));
                }
                Step::Change(key, service) | Step::End(key, service) => {
                    let place = after.iter_mut().find(|(of, _)| of == key).unwrap();
                    place.1 = service.clone();
                }
            }
        }
        after
    }

    #[test]
    fn a_catalogue_is_refused_with_every_fault_of_every_service() {
        let mut other = draft("B", "Other");
        other.provider = "county:57".to_owned();
        let mut wrong = draft("", "Wrong");
        wrong.levels = vec![7];
        let told = messages(vec![
            (2, draft("A", "First")),
            (3, other),
            (4, wrong),
            (6, draft("A", "Again")),
        ]);
        let places: Vec<_> = told.iter().map(|(number, field, _)| (*number, *field)).collect();
        let expected = [
            (Some(3), Some("provider")),
            (Some(4), Some("code")),
            (Some(4), Some("levels")),
            (Some(6), Some("code")),
        ];
        assert_eq!(places, expected);
        assert!(told[0].2.contains("'county:57' was given; county:58"), "{}", told[0].2);
        assert!(told[3].2.contains("'A' stands at 2 and at 6"), "{}", told[3].2);
    }

    #[test]
    fn a_catalogue_has_one_service_at_least_and_a_thousand_at_most() {
        let many = |count: u32| (0..count).map(|n| (n + 1, draft(&n.to_string(), "x"))).collect();
        assert!(messages(Vec::new())[0].2.contains("ends every service"));
        assert_eq!(check(&office(), many(1000)).unwrap().len(), SERVICES_MOST);
        assert!(messages(many(1001))[0].2.contains("1001 services"));
    }

    #[test]
    fn what_is_gone_is_ended_what_comes_back_is_offered_and_the_same_again_does_nothing() {
        let first = services(&[("A", "One"), ("B", "Two"), ("C", "Three")]);
        let plan = replace::<u32>(&[], first.clone());
        assert_eq!((plan.counts(), plan.unchanged), ((3, 0, 0), 0));
        let held = carried_out(&[], &plan);

        let second = services(&[("A", "One"), ("B", "Two, revised"), ("D", "Four")]);
        let plan = replace(&held, second.clone());
        assert_eq!((plan.counts(), plan.unchanged), ((1, 1, 1), 1));
        let held = carried_out(&held, &plan);
        let ended = &held.iter().find(|(_, service)| service.code == "C").unwrap().1;
        assert_eq!((ended.state, ended.name.as_str()), (ServiceState::Ended, "Three"));
        let again = replace(&held, second);
        assert_eq!((again.steps.len(), again.unchanged), (0, 3));

        let plan = replace(&held, first);
        assert_eq!((plan.counts(), plan.unchanged), ((0, 2, 1), 1));
        let held = carried_out(&held, &plan);
        let back = &held.iter().find(|(_, service)| service.code == "C").unwrap().1;
        assert_eq!(back.state, ServiceState::Offered);
        assert_eq!(held.len(), 4);
    }

    /// Whatever two catalogues are, the second is what is offered after it was loaded, nothing
    /// that was stored is lost, and no code has two services.
    #[test]
    fn after_any_catalogue_the_services_offered_are_those_of_it() {
        let catalogue = |bits: usize| -> Vec<Service> {
            let of: Vec<(String, String)> = (0..4)
                .filter(|n| bits >> (2 * n) & 3 != 0)
                .map(|n| (format!("S{n}"), format!("Name {}", bits >> (2 * n) & 3)))
                .collect();
            let of: Vec<(&str, &str)> = of.iter().map(|(c, n)| (c.as_str(), n.as_str())).collect();
            if of.is_empty() { Vec::new() } else { services(&of) }
        };
        for first in 0..256 {
            let held = carried_out(&[], &replace(&[], catalogue(first)));
            for second in (0..256).step_by(5) {
                let wanted = catalogue(second);
                let after = carried_out(&held, &replace(&held, wanted.clone()));
                let mut offered: Vec<&Service> = after
                    .iter()
                    .map(|(_, service)| service)
                    .filter(|service| service.state == ServiceState::Offered)
                    .collect();
                offered.sort_by_key(|service| &service.code);
                assert_eq!(offered, wanted.iter().collect::<Vec<_>>(), "{first} {second}");
                let codes: BTreeSet<&str> = after.iter().map(|(_, s)| s.code.as_str()).collect();
                assert_eq!(codes.len(), after.len());
                assert!(held.iter().all(|(_, before)| codes.contains(before.code.as_str())));
            }
        }
    }
}
