//! Catalogues of services: loaded as a whole, and one service at a time.

use calsos_domain::support::catalogue::{Plan, Step, replace};
use calsos_domain::support::service::{Service, ServiceState};
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_persistence::{
    NewAudit, Once, SupportBy, SupportFilter, SupportId, SupportKind, SupportPlace, SupportRecord,
    SupportSet, SupportStep, WriteSupports,
};
use sha2::{Digest as _, Sha256};

use crate::app::Office;
use crate::error::AppError;

/// A service as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct HeldService {
    pub(crate) id: SupportId,
    pub(crate) version: u32,
    pub(crate) made_at: String,
    pub(crate) changed_at: String,
    pub(crate) service: Service,
}

impl HeldService {
    pub(crate) fn of(record: &SupportRecord) -> Result<HeldService, AppError> {
        let service = serde_json::from_str(&record.version.content).map_err(|problem| {
            AppError::Failed(format!("the stored service {} cannot be read: {problem}", record.id))
        })?;
        Ok(HeldService {
            id: record.id,
            version: record.version.version,
            made_at: record.made_at.clone(),
            changed_at: record.version.at.clone(),
            service,
        })
    }

    /// Where it stands among all services.
    pub(crate) fn place(&self) -> (String, &str) {
        (self.service.provider.to_string(), &self.service.code)
    }
}

/// Names what a provider's catalogue is, ended services among it: another text wherever any of
/// it is another.
pub(crate) fn catalogue_tag<'h>(services: impl IntoIterator<Item = &'h HeldService>) -> String {
    let mut all: Vec<String> =
        services.into_iter().map(|held| format!("{} {}", held.id, held.version)).collect();
    all.sort_unstable();
    let mut hash = Sha256::new();
    for one in all {
        hash.update(one);
        hash.update([0]);
    }
    let mut tag = String::from("\"");
    for byte in hash.finalize().iter().take(16) {
        tag.push_str(&format!("{byte:02x}"));
    }
    tag.push('"');
    tag
}

/// Who writes, and what the audit says of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Writing<'a> {
    pub(crate) by: SupportBy<'a>,
    pub(crate) audit: NewAudit<'a>,
}

/// A catalogue that was loaded, or would be.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) ended: usize,
    pub(crate) unchanged: usize,
    /// Names the catalogue as it is then.
    pub(crate) tag: String,
}

/// What became of a catalogue that was to be loaded.
#[derive(Debug)]
pub(crate) enum Load {
    Done(Loaded),
    /// It is another than was expected; nothing changed.
    Otherwise,
}

/// What became of a service that was to be added.
#[derive(Debug)]
pub(crate) enum AddService {
    Added(HeldService),
    /// The same was asked for before, and this came of it then.
    Again(HeldService),
    /// Something else was asked for by the same key, at this moment.
    Otherwise(String),
    /// The provider has a service of the code.
    SameCode(SupportId),
}

/// Why nothing is written of a set of services.
enum Not {
    Tag,
    SameCode(SupportId),
    DryRun(Loaded),
    Failed(AppError),
}

fn filter(provider: &ServiceProvider) -> SupportFilter<'static> {
    SupportFilter { county: provider.county(), ..SupportFilter::of(SupportKind::Service) }
}

fn place(service: &Service) -> SupportPlace {
    let county = service.provider.county();
    SupportPlace { kind: SupportKind::Service, cds: None, county }
}

fn content(service: &Service) -> Result<String, AppError> {
    Ok(serde_json::to_string(service)?)
}

/// The services of a provider among records.
fn of_provider(
    records: &[SupportRecord],
    provider: &ServiceProvider,
) -> Result<Vec<HeldService>, AppError> {
    let mut held = Vec::new();
    for record in records {
        let one = HeldService::of(record)?;
        if one.service.provider == *provider {
            held.push(one);
        }
    }
    Ok(held)
}

impl Office {
    /// Every service, ended ones too, by provider and code.
    pub(crate) fn services(&self) -> Result<Vec<HeldService>, AppError> {
        let filter = SupportFilter::of(SupportKind::Service);
        let records = self.store.support_records(&filter, |_| true)?;
        let mut services: Vec<HeldService> =
            records.iter().map(HeldService::of).collect::<Result<_, _>>()?;
        services.sort_by(|one, other| one.place().cmp(&other.place()));
        Ok(services)
    }

    /// Puts a catalogue in the place of what its provider had: all of it or nothing. `expected`
    /// names the catalogue that is replaced; without it, whichever is there.
    pub(crate) fn load_catalogue(
        &self,
        provider: &ServiceProvider,
        services: &[Service],
        expected: Option<&str>,
        dry_run: bool,
        writing: Writing<'_>,
    ) -> Result<Load, AppError> {
        let mut loaded = None;
        let set = SupportSet {
            filter: filter(provider),
            by: writing.by,
            once: None,
            audit: Some(writing.audit),
        };
        let written = self.store.write_supports(&set, |records| {
            let held = of_provider(records, provider).map_err(Not::Failed)?;
            let tag = catalogue_tag(&held);
            if expected.is_some_and(|expected| expected != tag) {
                return Err(Not::Tag);
            }
            let keyed: Vec<(SupportId, Service)> =
                held.iter().map(|one| (one.id, one.service.clone())).collect();
            let plan = replace(&keyed, services.to_vec());
            let (added, changed, ended) = plan.counts();
            let unchanged = plan.unchanged;
            let of_load = Loaded { added, changed, ended, unchanged, tag };
            if dry_run {
                return Err(Not::DryRun(of_load));
            }
            loaded = Some(of_load);
            steps(plan).map_err(Not::Failed)
        })?;
        match written {
            WriteSupports::Done(records) => {
                let mut loaded = loaded.ok_or_else(|| lost("a catalogue"))?;
                loaded.tag = catalogue_tag(&of_provider(&records, provider)?);
                Ok(Load::Done(loaded))
            }
            WriteSupports::Not(Not::DryRun(loaded)) => Ok(Load::Done(loaded)),
            WriteSupports::Not(Not::Tag | Not::SameCode(_)) => Ok(Load::Otherwise),
            WriteSupports::Not(Not::Failed(error)) => Err(error),
            WriteSupports::Again(_) | WriteSupports::Otherwise(_) => Err(lost("a catalogue")),
        }
    }

    /// Adds one service to its provider's catalogue.
    pub(crate) fn add_service(
        &self,
        service: &Service,
        once: Option<Once<'_>>,
        writing: Writing<'_>,
    ) -> Result<AddService, AppError> {
        let provider = &service.provider;
        let filter = filter(provider);
        let set = SupportSet { filter, by: writing.by, once, audit: Some(writing.audit) };
        let written = self.store.write_supports(&set, |records| {
            let held = of_provider(records, provider).map_err(Not::Failed)?;
            match held.iter().find(|one| one.service.code == service.code) {
                Some(same) => Err(Not::SameCode(same.id)),
                None => Ok(vec![added(service).map_err(Not::Failed)?]),
            }
        })?;
        match written {
            WriteSupports::Done(records) => {
                let held = of_provider(&records, provider)?;
                let added = held.into_iter().find(|one| one.service.code == service.code);
                Ok(AddService::Added(added.ok_or_else(|| lost("a service"))?))
            }
            WriteSupports::Again(record) => Ok(AddService::Again(HeldService::of(&record)?)),
            WriteSupports::Otherwise(record) => Ok(AddService::Otherwise(record.version.at)),
            WriteSupports::Not(Not::SameCode(id)) => Ok(AddService::SameCode(id)),
            WriteSupports::Not(Not::Failed(error)) => Err(error),
            WriteSupports::Not(Not::Tag | Not::DryRun(_)) => Err(lost("a service")),
        }
    }
}

/// What was stored and cannot be found again.
fn lost(what: &str) -> AppError {
    AppError::Failed(format!("{what} that was written was not given back by the database"))
}

fn added(service: &Service) -> Result<SupportStep, AppError> {
    let state = service.state.code().to_owned();
    Ok(SupportStep::Add { place: place(service), state, content: content(service)? })
}

fn steps(plan: Plan<SupportId>) -> Result<Vec<SupportStep>, AppError> {
    let step = |step: Step<SupportId>| match step {
        Step::Add(service) => added(&service),
        Step::Change(id, service) | Step::End(id, service) => {
            let ended = service.state == ServiceState::Ended;
            Ok(SupportStep::Change {
                id,
                state: service.state.code().to_owned(),
                content: content(&service)?,
                reason: ended.then(|| "not in the catalogue any more".to_owned()),
            })
        }
    };
    plan.steps.into_iter().map(step).collect()
}
