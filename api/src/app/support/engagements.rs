//! What engagements and requests rest on: the support that an LEA is in by what is public, who
//! provides it, the year's steps, and the needs that its results show.

use std::sync::Arc;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::lea::LeaType;
use calsos_domain::operator::Span;
use calsos_domain::support::engagement::chosen::ChosenNeed;
use calsos_domain::support::engagement::template::Template;
use calsos_domain::support::engagement::{Basis, Helped, Part};
use calsos_domain::support::referral::{Referral, State, Step};
use calsos_domain::support::request::Identified;
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_domain::support::support_day;
use calsos_domain::year::{DashboardYear, Day};
use calsos_persistence::{Store, SupportFilter, SupportKind, SupportRecord};

use super::{content, lea_type_of};
use crate::app::Office;
use crate::auth::agency::Agency;
use crate::error::AppError;
use crate::problem::Problem;
use crate::snapshot::Snapshot;

/// What is public of the support that an LEA is in now.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) lea_type: LeaType,
    pub(crate) helped: Helped,
    pub(crate) identified: Identified,
    /// Who provides help by law, and who does beside.
    pub(crate) providers: Vec<ServiceProvider>,
}

/// In which part an agency writes in the engagements of LEAs of a kind that it reaches, if it
/// does. A county office is helped by the state, and beside it no lead agency is.
pub(crate) fn part(agency: &Agency, lea_type: LeaType) -> Option<Part> {
    match (agency, lea_type) {
        (Agency::State | Agency::Spi | Agency::Ccee, _)
        | (Agency::County(_), LeaType::District | LeaType::Charter)
        | (Agency::GeographicLead(_), LeaType::District) => Some(Part::Provider),
        (Agency::Lea(_), _) | (Agency::County(_), LeaType::CountyOffice) => Some(Part::Lea),
        (Agency::GeographicLead(_) | Agency::Selpa(_) | Agency::Authorizer(_), _) => None,
    }
}

/// What is public of the support that an LEA is in today, and who provides it. `county` is the
/// one in which it is.
///
/// # Errors
/// A problem where no public file names the LEA, or none says what it is.
pub(crate) fn standing(
    public: &Snapshot,
    store: &Store,
    cds: CdsCode,
    county: CountyCode,
    today: Day,
) -> Result<Standing, Problem> {
    let lea = public.lea(cds)?;
    let support = public.assignments.get(&cds);
    let lea_type = match support {
        Some(support) => support.lea_type,
        None => lea_type_of(public, cds, lea)?,
    };
    let run = public.held.run.id.to_string();
    let mut providers = vec![match lea_type {
        LeaType::District | LeaType::Charter => ServiceProvider::County(county),
        LeaType::CountyOffice => ServiceProvider::State,
    }];
    let assigned = support.and_then(|support| Some((support, support.on(None)?)));
    if let Some((support, assigned)) = assigned {
        let assignment = &assigned.assignment;
        let held = Span { from: Some(today), until: Some(today) };
        for lead in support.co_providers(assigned, held) {
            let lead = ServiceProvider::GeographicLead(lead.value.agency.clone());
            if !providers.contains(&lead) {
                providers.push(lead);
            }
        }
        if assignment.level == Some(2) {
            let year = assignment.year;
            let words = format!("it is in level 2 by the determination of {year}");
            return Ok(Standing {
                lea_type,
                helped: Helped::Yes(Basis {
                    level: 2,
                    dashboard_year: year,
                    run,
                    public_on: assignment.from,
                    since: assignment.since,
                    at_least_until: assignment.at_least_until,
                    referral: None,
                }),
                identified: Identified::Yes(words),
                providers,
            });
        }
    }
    let newest = public.index.newest().and_then(|year| public.held.books.edition(year));
    let newest = newest.or_else(|| public.held.books.editions().last());
    if let (Some(edition), Some((referral, since))) = (newest, taken_on(store, cds)?) {
        let words = format!("it is in level 3 by the referral {referral}");
        return Ok(Standing {
            lea_type,
            helped: Helped::Yes(Basis {
                level: 3,
                dashboard_year: edition.year,
                run,
                public_on: support_day(edition).or_end_of_month(),
                since,
                at_least_until: None,
                referral: Some(referral),
            }),
            identified: Identified::Yes(words),
            providers,
        });
    }
    let (words, is_known) = match assigned {
        None => ("there is no public determination of it".to_owned(), true),
        Some((_, assigned)) => {
            let year = assigned.assignment.year;
            match assigned.assignment.level {
                Some(level) => (format!("it is in level {level} by that of {year}"), true),
                None => (format!("by that of {year}, its level is not known"), false),
            }
        }
    };
    let identified = if is_known { Identified::No } else { Identified::NotKnown(words.clone()) };
    Ok(Standing { lea_type, helped: Helped::No(words), identified, providers })
}

/// The referral by which the Collaborative has taken an LEA on and which is not over, and the
/// day on which it did.
fn taken_on(store: &Store, cds: CdsCode) -> Result<Option<(String, Day)>, AppError> {
    let filter = SupportFilter { cds: Some(cds), ..SupportFilter::of(SupportKind::Referral) };
    let is_taken_on = |record: &SupportRecord| {
        let state = State::parse(&record.version.state);
        matches!(state, Some(State::Accepted | State::UnderWay | State::Recommended))
    };
    let Some(record) = store.support_records(&filter, is_taken_on)?.into_iter().next() else {
        return Ok(None);
    };
    let says: Referral = content(&record)?;
    let accepted = says.steps().iter().find(|taken| matches!(taken.step, Step::Accept { .. }));
    Ok(accepted.map(|taken| (record.id.to_string(), taken.on)))
}

/// A county office's steps of a year, with the version in which they are; those that come with
/// the program, in version 0, where it keeps none.
pub(crate) fn template(store: &Store, county: CountyCode) -> Result<(Template, u32), AppError> {
    let newest = store.support_records(&templates_of(county), |_| true)?.into_iter().next();
    match newest {
        Some(record) => Ok((content(&record)?, record.version.version)),
        None => Ok((built_in()?, 0)),
    }
}

/// The records of a county office's own steps: one, if it has any.
pub(crate) fn templates_of(county: CountyCode) -> SupportFilter<'static> {
    SupportFilter {
        county: Some(county),
        ..SupportFilter::of(SupportKind::EngagementTemplate)
    }
}

/// The steps that come with the program.
pub(crate) fn built_in() -> Result<Template, AppError> {
    Template::built_in().map_err(|fault| AppError::Failed(fault.to_string()))
}

/// The needs that are taken up, each marked as one that made the LEA eligible by a year's public
/// results or as one beyond.
pub(crate) fn marked(
    public: &Arc<Snapshot>,
    office: &Office,
    (cds, year): (CdsCode, DashboardYear),
    chosen: Vec<ChosenNeed>,
) -> Result<Vec<ChosenNeed>, AppError> {
    let place = public.index.find(cds, year);
    let seen = place.map(|place| public.needs(office, place)).transpose()?.flatten();
    let needs = seen.as_ref().map(|seen| seen.needs.as_slice());
    Ok(chosen.into_iter().map(|need| need.marked(needs)).collect())
}
