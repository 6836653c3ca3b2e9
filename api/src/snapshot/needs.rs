//! What an LEA needs help with, and what is written of it, as far as the snapshot shows its
//! results.

use std::collections::BTreeSet;
use std::sync::Arc;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::determination::{Determination, decide};
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::LeaFacts;
use calsos_domain::rulebook::Rulebooks;
use calsos_domain::support::grades::GradeSpan;
use calsos_domain::support::need::{Need, SeenYear, needs, years_that_made_eligible};
use calsos_domain::support::support_day;
use calsos_domain::year::DashboardYear;

use super::Snapshot;
use crate::app::Office;
use crate::app::support::communications::{CommunicationKind, Told, facts};
use crate::cli::Status;
use crate::error::AppError;
use crate::views::support::communication::CommunicationFacts;

/// The needs of an LEA by a year's answer, and what tells which services it may have.
pub(crate) struct SeenNeeds {
    pub(crate) needs: Vec<Need>,
    /// The level of support that the rules give, where it is known and decided.
    pub(crate) level: Option<u8>,
    /// The county in which it is.
    pub(crate) county: CountyCode,
    /// The lead agencies that are named for the county in the year of support.
    pub(crate) leads: BTreeSet<String>,
    pub(crate) grades: Option<GradeSpan>,
}

/// What a year was decided from, and by what.
struct Year {
    lea: LeaFacts,
    books: Arc<Rulebooks>,
    year: DashboardYear,
}

impl Year {
    fn decided(&self) -> Option<Determination<'_>> {
        decide(&self.books, &self.lea, Basis::Files).remove(&self.year)
    }
}

/// A year of an LEA, with the years before whose results made it eligible by it.
struct Years<'a> {
    own: SeenYear<'a>,
    earlier: Vec<SeenYear<'a>>,
}

impl Snapshot {
    /// The needs of an LEA by an answer. The results of an earlier year that made it eligible
    /// are those of that year's own answer, where it is shown.
    pub(crate) fn needs(
        &self,
        office: &Office,
        place: usize,
    ) -> Result<Option<SeenNeeds>, AppError> {
        self.with_years(office, place, |Years { own, earlier }| {
            let SeenYear { lea, determination, .. } = own;
            let (cds, year) = (lea.cds, determination.edition.year);
            let day = support_day(determination.edition);
            let lead = lea.register.geographic_lead_on(cds, day);
            let level = determination.conclusions.eligible_level.known().copied();
            let named = self.held.names.lea(cds);
            SeenNeeds {
                needs: needs(own, &earlier),
                level: level.filter(|_| determination.decided),
                county: self.county_of(cds),
                leads: lead.map(|lead| lead.value.agency.clone()).into_iter().collect(),
                grades: named.and_then(|lea| lea.grade_span_in(year)).and_then(GradeSpan::parse),
            }
        })
    }

    /// The facts of a communication to an LEA, by an answer. `base` is the address of the
    /// service, where one answers.
    pub(crate) fn communication(
        &self,
        office: &Office,
        place: usize,
        kind: CommunicationKind,
        base: Option<&str>,
    ) -> Result<Option<CommunicationFacts>, AppError> {
        let answer = self.answer(place)?;
        let (books, is_public) = (Arc::clone(&answer.source.books), !answer.masked);
        let (names, county) = (&self.held.names, self.county_of(answer.entry.cds));
        self.with_years(office, place, |Years { own, earlier }| {
            let (books, earlier) = (&books, &earlier);
            facts(kind, Told { books, names, own, earlier, county, is_public, base })
        })
    }

    /// The answers of LEAs in a county that are identified by a year, by code.
    pub(crate) fn identified(
        &self,
        year: DashboardYear,
        county: CountyCode,
    ) -> impl Iterator<Item = usize> + '_ {
        self.index.of_year(Some(year)).filter(move |place| {
            self.index.entries.get(*place).is_some_and(|entry| {
                entry.status == Status::Differentiated && self.county_of(entry.cds) == county
            })
        })
    }

    /// The county in which an LEA is, by the tables that may be known of.
    pub(crate) fn county_of(&self, cds: CdsCode) -> CountyCode {
        self.located.get(&cds).copied().unwrap_or(cds.county())
    }

    fn with_years<T>(
        &self,
        office: &Office,
        place: usize,
        read: impl FnOnce(Years<'_>) -> T,
    ) -> Result<Option<T>, AppError> {
        let Some(own) = self.year_at(office, place)? else { return Ok(None) };
        let Some(determination) = own.decided() else { return Ok(None) };
        let (cds, year) = (own.lea.cds, own.year);
        let mut earlier = Vec::new();
        for other in years_that_made_eligible(&determination) {
            let place = self.index.find(cds, other).filter(|_| other != year);
            if let Some(place) = place {
                earlier.extend(self.year_at(office, place)?);
            }
        }
        let decided: Vec<(&LeaFacts, Determination<'_>)> =
            earlier.iter().filter_map(|year| Some((&year.lea, year.decided()?))).collect();
        let masking = &self.masking;
        let seen: Vec<SeenYear<'_>> = decided
            .iter()
            .map(|(lea, determination)| SeenYear { lea, determination, masking })
            .collect();
        let own = SeenYear { lea: &own.lea, determination: &determination, masking };
        Ok(Some(read(Years { own, earlier: seen })))
    }

    fn year_at(&self, office: &Office, place: usize) -> Result<Option<Year>, AppError> {
        let answer = self.answer(place)?;
        let (books, year) = (Arc::clone(&answer.source.books), answer.entry.year);
        Ok(self.facts_of(office, place)?.map(|lea| Year { lea, books, year }))
    }
}
