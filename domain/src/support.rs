//! The label, the year of support, the level that the rules give and who provides help; in the
//! files beside, what people decide and do after that.

pub mod actor;
pub mod catalogue;
pub mod condition;
mod days;
pub mod decided;
pub mod evidence;
pub mod grades;
pub mod intervention;
pub mod matching;
pub mod need;
pub mod referral;
pub mod service;
pub mod service_provider;

pub mod assignment;

use crate::cds::CdsCode;
use crate::facts::{Cited, ReleaseNumber};
use crate::lea::LeaType;
use crate::operator::GeographicLeadRow;
use crate::outcome::{Depends, Missing, Outcome, ThreeWay};
use crate::rulebook::{Citation, Edition, Effect};
use crate::sustained_need::SustainedFinding;
use crate::year::Day;

/// An answer that may be not known for want of inputs.
pub type Answer<T> = AnswerOr<T, Missing>;

/// An answer that may be not known, carrying more or less of what it depends on then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerOr<T, M> {
    /// The answer.
    Known(T),
    /// It depends on inputs that were not loaded.
    NotKnown(M),
}

impl<T, M: Depends> AnswerOr<T, M> {
    /// The answer, where it is known.
    #[must_use]
    pub fn known(&self) -> Option<&T> {
        match self {
            AnswerOr::Known(value) => Some(value),
            AnswerOr::NotKnown(_) => None,
        }
    }

    /// The inputs that it depends on; nothing where it is known.
    #[must_use]
    pub fn missing(&self) -> M {
        match self {
            AnswerOr::Known(_) => M::NOTHING,
            AnswerOr::NotKnown(missing) => *missing,
        }
    }
}

/// The label of an LEA and its year of support.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// Whether it is eligible for differentiated assistance, in whichever year of it.
    pub differentiated: Outcome,
    /// The state's words.
    pub text: Answer<String>,
    /// 0 for none, 1 or 2; charter schools and the years before the two-year minimum have
    /// no second year.
    pub support_year: Answer<u8>,
}

/// Whether an LEA has differentiated assistance, and in which years of it it may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing<M = Missing> {
    /// Whether it is eligible for differentiated assistance, in whichever year of it.
    pub differentiated: ThreeWay<M>,
    first_year: bool,
    second_year: bool,
    neither: bool,
    missing: M,
}

/// Finds the standing of an LEA. `eligible` is this year's result; `first_year_before`
/// whether the LEA was in its first year of support in the year that
/// [`Labels::second_year_after`] names.
///
/// [`Labels::second_year_after`]: crate::rulebook::Labels::second_year_after
#[must_use]
pub fn standing<M: Depends>(
    lea_type: LeaType,
    eligible: ThreeWay<M>,
    first_year_before: ThreeWay<M>,
) -> Standing<M> {
    let carried = if lea_type.has_second_year() { first_year_before } else { ThreeWay::NotMet };
    Standing {
        differentiated: eligible.or(carried),
        first_year: eligible.may_be_met(),
        second_year: !eligible.is_met() && carried.may_be_met(),
        neither: !eligible.is_met() && !carried.is_met(),
        missing: eligible.missing().with(carried.missing()),
    }
}

impl<M: Depends> Standing<M> {
    /// Whether the years of support that are possible are the same.
    pub(crate) fn has_the_years_of<N>(&self, other: &Standing<N>) -> bool {
        let years = (self.first_year, self.second_year, self.neither);
        years == (other.first_year, other.second_year, other.neither)
    }

    /// 0 for no support, 1 or 2 for the year of it.
    #[must_use]
    pub fn support_year(&self) -> AnswerOr<u8, M> {
        match (self.first_year, self.second_year, self.neither) {
            (true, false, false) => AnswerOr::Known(1),
            (false, true, false) => AnswerOr::Known(2),
            (false, false, true) => AnswerOr::Known(0),
            _ => AnswerOr::NotKnown(self.missing),
        }
    }

    /// The state's words: known also where the year of support is not, if they are the same.
    #[must_use]
    pub fn text<'e>(&self, edition: &'e Edition, lea_type: LeaType) -> AnswerOr<&'e str, M> {
        let labels = &edition.labels;
        let first = match lea_type {
            LeaType::Charter => labels.charter.as_ref().unwrap_or(&labels.first_year),
            LeaType::District | LeaType::CountyOffice => &labels.first_year,
        };
        let second = labels.second_year.as_ref().unwrap_or(first);
        let possible =
            [(self.first_year, first), (self.second_year, second), (self.neither, &labels.general)];
        let mut possible = possible.into_iter().filter(|(may, _)| *may).map(|(_, text)| text);
        match possible.next() {
            Some(text) if possible.all(|other| other == text) => AnswerOr::Known(text),
            _ => AnswerOr::NotKnown(self.missing),
        }
    }
}

impl Standing {
    /// As a label.
    #[must_use]
    pub fn label(&self, edition: &Edition, lea_type: LeaType) -> Label {
        Label {
            differentiated: self.differentiated,
            text: match self.text(edition, lea_type) {
                Answer::Known(text) => Answer::Known(text.to_owned()),
                Answer::NotKnown(missing) => Answer::NotKnown(missing),
            },
            support_year: self.support_year(),
        }
    }
}

/// The level of support that the rules give: 1 general, 2 differentiated assistance,
/// 3 direct technical assistance by CCEE. `tests` are those over several years.
#[must_use]
pub fn eligible_level<M: Depends>(
    differentiated: ThreeWay<M>,
    tests: impl IntoIterator<Item = (Effect, ThreeWay<M>)>,
) -> AnswerOr<u8, M> {
    let opens_level_3 = tests.into_iter().filter(|(effect, _)| *effect == Effect::Level3);
    let third = ThreeWay::any(opens_level_3.map(|(_, outcome)| outcome));
    match (third, differentiated) {
        (ThreeWay::Met, _) => AnswerOr::Known(3),
        (ThreeWay::NotMet, ThreeWay::Met) => AnswerOr::Known(2),
        (ThreeWay::NotMet, ThreeWay::NotMet) => AnswerOr::Known(1),
        (third, differentiated) => {
            AnswerOr::NotKnown(third.missing().with(differentiated.missing()))
        }
    }
}

/// Who provides help.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Provider {
    /// The provider, in words.
    pub name: String,
    /// Who joins it.
    pub joined_by: Option<String>,
    /// Who provides help beside it.
    pub beside: Option<String>,
    /// The row that names the geographic lead agency, where one was loaded.
    pub lead: Option<(ReleaseNumber, u32)>,
    /// Whether the state or the geographic lead must confirm it.
    pub to_be_confirmed: bool,
    /// Where it is said.
    pub source: Citation,
}

/// How the geographic lead agency is called where its own name was not loaded.
const GEOGRAPHIC_LEAD: &str = "Geographic lead agency";

/// Whether the geographic lead agency provides help beside the county superintendent, as it
/// does to districts at level 2.
#[must_use]
pub fn is_helped_by_geographic_lead(lea_type: LeaType, level: Option<u8>) -> bool {
    lea_type == LeaType::District && level == Some(2)
}

impl Provider {
    /// Names the geographic lead agency of the LEA's county: as the one that joins, and at
    /// level 2 as the one that provides help to a district beside the county
    /// superintendent.
    #[must_use]
    pub fn with_geographic_lead(
        mut self,
        lea_type: LeaType,
        level: Option<u8>,
        lead: Option<&Cited<GeographicLeadRow>>,
    ) -> Provider {
        let Some(lead) = lead else { return self };
        let named = format!("{GEOGRAPHIC_LEAD} {}", lead.value.agency);
        let beside = is_helped_by_geographic_lead(lea_type, level);
        if self.joined_by.is_some() {
            self.joined_by = Some(named);
        } else if beside {
            self.beside = Some(named);
        } else {
            return self;
        }
        self.lead = Some((lead.release, lead.row));
        self
    }
}

/// The day of an edition's year for which dated tables are asked who helps: the day on which
/// the results became public, else the last one of the Dashboard year. Support follows from
/// then on; the day of asking plays no part.
#[must_use]
pub fn support_day(edition: &Edition) -> Day {
    edition.public_date.unwrap_or_else(|| edition.year.last_day())
}

/// The provider for a kind of LEA at a level.
#[must_use]
pub fn provider(
    edition: &Edition,
    cds: CdsCode,
    lea_type: LeaType,
    level: u8,
    sustained: &[SustainedFinding],
) -> Option<Provider> {
    let rule = edition.providers.iter().find(|p| (p.lea_type, p.level) == (lea_type, level))?;
    let joins = sustained.iter().any(|finding| {
        finding.outcome.is_met()
            && edition
                .sustained
                .iter()
                .any(|r| r.id == finding.id && r.effect == Effect::GeographicLead)
    });
    Some(Provider {
        name: rule.provider.clone(),
        joined_by: joins.then(|| GEOGRAPHIC_LEAD.to_owned()),
        beside: None,
        lead: None,
        to_be_confirmed: in_one_district_county(edition, cds, lea_type, level),
        source: rule.source.clone(),
    })
}

/// Whether the provider of a district at this level is to be confirmed, its county having
/// a single district.
#[must_use]
pub fn in_one_district_county(
    edition: &Edition,
    cds: CdsCode,
    lea_type: LeaType,
    level: u8,
) -> bool {
    lea_type == LeaType::District
        && edition
            .one_district_county
            .as_ref()
            .is_some_and(|rule| rule.level == level && rule.counties.contains(&cds.county()))
}
