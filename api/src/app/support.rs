//! What the record of support rests on: what the rules say of an LEA in public, what the
//! Collaborative found, and who is referred to it.

pub(crate) mod assignments;
pub(crate) mod communications;
pub(crate) mod decisions;
pub(crate) mod engagements;
mod letter_samples;
pub(crate) mod letters;
pub(crate) mod services;
mod spring;
pub(crate) mod templates;

use std::collections::BTreeSet;

use calsos_domain::cds::CdsCode;
use calsos_domain::lea::LeaType;
use calsos_domain::rulebook::Effect;
use calsos_domain::support::actor::Actor;
use calsos_domain::support::evidence::{Evidence, MetTest, Tested};
use calsos_domain::support::intervention::Found;
use calsos_domain::support::referral::{Referral, State};
use calsos_domain::year::{DashboardYear, Day};
use calsos_persistence::{
    LeaRecord, Store, StoreError, SupportFilter, SupportId, SupportKind, SupportRecord,
};
use serde::de::DeserializeOwned;

use super::Office;
use crate::auth::agency::Agency;
use crate::error::AppError;
use crate::problem::{Kind, Problem};
use crate::snapshot::Snapshot;
use crate::views::answer::SustainedView;

/// What a record says, by the version that holds.
pub(crate) fn content<T: DeserializeOwned>(record: &SupportRecord) -> Result<T, AppError> {
    Ok(serde_json::from_str(&record.version.content)?)
}

/// In which part an agency takes steps of referrals and interventions, if it does.
pub(crate) fn actor(agency: &Agency) -> Option<Actor> {
    match agency {
        Agency::State => Some(Actor::State),
        Agency::Spi => Some(Actor::Spi),
        Agency::Ccee => Some(Actor::Ccee),
        Agency::County(_) => Some(Actor::CountyOffice),
        Agency::GeographicLead(_) | Agency::Selpa(_) | Agency::Authorizer(_) | Agency::Lea(_) => {
            None
        }
    }
}

/// What an LEA is, as public files say it.
fn lea_type_of(public: &Snapshot, cds: CdsCode, lea: &LeaRecord) -> Result<LeaType, Problem> {
    public.index.newest().and_then(|year| lea.lea_type_in(year)).ok_or_else(|| {
        let detail = format!(
            "no public file says whether {cds} is a district, a county office or a charter school"
        );
        Problem::new(Kind::UnknownLea, detail)
    })
}

/// What an LEA is, and what the determination that was its newest public one on a day says of tests
/// over several years: nothing rests on what was not known yet. Of a year whose day of release the
/// rules do not have, that is when the LEA's support followed from it. `leads` are the geographic
/// lead agencies of its county.
///
/// # Errors
/// A problem where no public file names the LEA, or none says what it is.
pub(crate) fn evidence(
    public: &Snapshot,
    cds: CdsCode,
    on: Day,
    leads: Vec<String>,
) -> Result<(LeaType, Evidence), Problem> {
    let lea = public.lea(cds)?;
    let support = public.assignments.get(&cds);
    let was_public = |year: &DashboardYear| {
        let edition = public.held.books.edition(*year);
        let by_rules = edition.and_then(|edition| edition.public_date).map(Day::or_end_of_month);
        let by_support = || support.and_then(|support| support.public_on(*year));
        by_rules.or_else(by_support).unwrap_or(year.support_begins()) <= on
    };
    let newest = public.index.of_lea(cds).iter().map(|entry| entry.year).filter(was_public).max();
    let Some((year, place)) = newest.and_then(|year| Some((year, public.index.find(cds, year)?)))
    else {
        let lea_type = lea_type_of(public, cds, lea)?;
        let (level3, geographic_lead) = (Tested::NothingPublic(on), Tested::NothingPublic(on));
        return Ok((lea_type, Evidence { level3, geographic_lead, leads }));
    };
    let answered = public.answered(place)?;
    let tested = |effect: Effect| {
        let of = |view: &&SustainedView| view.effect == effect.code();
        let Some(view) = answered.view.sustained_need.iter().find(of) else {
            return Tested::NoTest(year);
        };
        match view.outcome.as_str() {
            "met" => Tested::Met(MetTest {
                test: view.id.clone(),
                citation: view.citation.clone(),
                dashboard_year: year,
                run: public.held.run.id.to_string(),
                groups: view.groups.clone(),
            }),
            "notMet" => Tested::NotMet(year),
            _ => Tested::NotKnown(year),
        }
    };
    let (level3, geographic_lead) = (tested(Effect::Level3), tested(Effect::GeographicLead));
    Ok((answered.lea_type, Evidence { level3, geographic_lead, leads }))
}

impl Office {
    /// The LEAs with a referral to the Collaborative that has not ended.
    pub(crate) fn referred(&self) -> Result<BTreeSet<CdsCode>, AppError> {
        let has_ended = |record: &SupportRecord| {
            State::parse(&record.version.state).is_some_and(State::has_ended)
        };
        let filter = SupportFilter::of(SupportKind::Referral);
        let open = self.store.support_records(&filter, |record| !has_ended(record))?;
        Ok(open.into_iter().filter_map(|record| record.cds).collect())
    }
}

/// What the Collaborative found of an LEA by a referral, if it did and that stands.
pub(crate) fn found(
    store: &Store,
    referral: SupportId,
    cds: CdsCode,
) -> Result<Option<Found>, AppError> {
    let record = match store.support(referral) {
        Ok(record) => record,
        Err(StoreError::UnknownSupport(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is_of_lea = record.kind == SupportKind::Referral && record.cds == Some(cds);
    if !is_of_lea || record.is_deleted() {
        return Ok(None);
    }
    let says: Referral = content(&record)?;
    Ok(says.finding().map(|(finding, on)| Found {
        finding,
        on,
        referral: referral.to_string(),
        version: record.version.version,
    }))
}
