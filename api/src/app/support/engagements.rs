//! What engagements and requests rest on: the support that an LEA is in by what is public, who
//! provides it, the year's steps, and the needs that its results show.

use std::sync::Arc;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::lea::LeaType;
use calsos_domain::operator::Span;
use calsos_domain::rulebook::Rulebooks;
use calsos_domain::support::decided::Held;
use calsos_domain::support::engagement::chosen::ChosenNeed;
use calsos_domain::support::engagement::template::Template;
use calsos_domain::support::engagement::{Basis, Helped, Part};
use calsos_domain::support::request::Identified;
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_domain::support::support_day;
use calsos_domain::year::{DashboardYear, Day};
use calsos_persistence::{Store, SupportFilter, SupportKind};

use super::{content, lea_type_of};
use crate::app::Office;
use crate::auth::agency::Agency;
use crate::error::AppError;
use crate::problem::{Kind, Problem};
use crate::snapshot::Snapshot;

/// What is public of the support that an LEA was in on a day.
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

/// What is public of the support that an LEA was in on a day, as it is known now, and who provided
/// it. `county` is the one in which it is.
///
/// # Errors
/// A problem where no public file names the LEA, or none says what it is.
pub(crate) fn standing(
    public: &Snapshot,
    cds: CdsCode,
    county: CountyCode,
    on: Day,
) -> Result<Standing, Problem> {
    let lea = public.lea(cds)?;
    let support = public.assignments.get(&cds);
    let lea_type = match support {
        Some(support) => support.lea_type,
        None => lea_type_of(public, cds, lea)?,
    };
    let mut providers = vec![match lea_type {
        LeaType::District | LeaType::Charter => ServiceProvider::County(county),
        LeaType::CountyOffice => ServiceProvider::State,
    }];
    let assigned = support.and_then(|support| Some((support, support.on(Some(on))?)));
    let Some((support, assigned)) = assigned else {
        let newest = public.held.books.editions().filter(|edition| {
            let day = edition.public_date.filter(|_| edition.decides(lea_type));
            day.is_some_and(|day| day.or_end_of_month() <= on)
        });
        let newest = newest.last();
        let lacks = |year: &DashboardYear| support.is_some_and(|of| of.not_loaded.contains(year));
        let (found, identified) = match newest.map(|edition| edition.year).filter(lacks) {
            Some(year) => {
                let found =
                    format!("the determination of {year} is not loaded, which held on {on}");
                (found.clone(), Identified::NotKnown(found))
            }
            None => (format!("no determination of it was public on {on}"), Identified::No),
        };
        return Ok(Standing { lea_type, helped: Helped::No(found), identified, providers });
    };
    let day = Span { from: Some(on), until: Some(on) };
    for lead in support.co_providers(assigned, day) {
        let lead = ServiceProvider::GeographicLead(lead.value.agency.clone());
        if !providers.contains(&lead) {
            providers.push(lead);
        }
    }
    let held = &assigned.level;
    let by = match &held.assignment {
        Some(assignment) => format!("by the determination of {}", assignment.year),
        None => "without a public determination".to_owned(),
    };
    let (helped, identified) = match held.level {
        Some(level @ 2..) => {
            let run = public.held.run.id.to_string();
            let basis = basis(held, level, run, &public.held.books).ok_or_else(no_edition)?;
            (Helped::Yes(basis), Identified::Yes(format!("it was in level {level} on {on} {by}")))
        }
        Some(level) => {
            (Helped::No(format!("it was in level {level} on {on} {by}")), Identified::No)
        }
        None => {
            let found = format!("its level on {on} {by} is not known: files are missing");
            (Helped::No(found.clone()), Identified::NotKnown(found))
        }
    };
    Ok(Standing { lea_type, helped, identified, providers })
}

/// The support that an LEA is in at level 2 or 3. Where a determination put it in level 2, its
/// support began with that, also if it was raised since.
fn basis(held: &Held, level: u8, run: String, books: &Rulebooks) -> Option<Basis> {
    let by_rules = held.assignment.as_ref().filter(|assignment| assignment.level == Some(2));
    let edition = match &held.assignment {
        Some(assignment) => books.edition(assignment.year),
        None => books.editions().last(),
    }?;
    let public_on = || support_day(edition).or_end_of_month();
    Some(Basis {
        level,
        dashboard_year: edition.year,
        run,
        public_on: held.assignment.as_ref().map_or_else(public_on, |of| of.from),
        since: by_rules.map_or(held.since, |assignment| assignment.since.min(held.since)),
        at_least_until: by_rules.and_then(|assignment| assignment.at_least_until),
    })
}

fn no_edition() -> Problem {
    Problem::new(Kind::Internal, "the rules have no edition of the year of support")
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
    SupportFilter { county: Some(county), ..SupportFilter::of(SupportKind::EngagementTemplate) }
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
