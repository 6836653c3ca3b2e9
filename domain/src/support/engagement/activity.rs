//! The five activities of which Education Code 52071(c) and 52071.5(c) let a provider choose.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Dates;
use crate::cds::CdsCode;
use crate::support::coded;
use crate::support::condition::{Condition, Refusal, says};
use crate::support::days;
use crate::support::service_provider::ServiceProvider;
use crate::year::Day;

/// One of the activities by which a provider helps, in the law's order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ActivityKind {
    /// The LEA's strengths and weaknesses on the state priorities, in writing, with effective
    /// programs that apply to its goals.
    StrengthsAndWeaknesses,
    /// An academic, programmatic or fiscal expert or team, or a partner district of the county.
    ExpertOrPartner,
    /// Timely documentation that the LEA completed the work, and contact about its progress.
    Documentation,
    /// Advice and assistance of the Collaborative or the geographic lead agency.
    Advice,
    /// Review of the goals, actions and services of the Local Control and Accountability Plan.
    LcapReview,
}

impl ActivityKind {
    /// Every activity.
    pub const ALL: [ActivityKind; 5] = [
        ActivityKind::StrengthsAndWeaknesses,
        ActivityKind::ExpertOrPartner,
        ActivityKind::Documentation,
        ActivityKind::Advice,
        ActivityKind::LcapReview,
    ];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ActivityKind::StrengthsAndWeaknesses => "strengthsAndWeaknesses",
            ActivityKind::ExpertOrPartner => "expertOrPartner",
            ActivityKind::Documentation => "documentation",
            ActivityKind::Advice => "advice",
            ActivityKind::LcapReview => "lcapReview",
        }
    }

    /// The activity of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<ActivityKind> {
        ActivityKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// What it is, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            ActivityKind::StrengthsAndWeaknesses => {
                "Strengths and weaknesses on the state priorities, in writing, with effective \
                 evidence-based programs"
            }
            ActivityKind::ExpertOrPartner => {
                "An academic, programmatic or fiscal expert or team, or a partner district"
            }
            ActivityKind::Documentation => {
                "Documentation that the work was completed, and contact about its progress"
            }
            ActivityKind::Advice => {
                "Advice and assistance of the Collaborative or the geographic lead agency"
            }
            ActivityKind::LcapReview => {
                "Review of the goals, actions and services of the Local Control and \
                 Accountability Plan"
            }
        }
    }
}

impl fmt::Display for ActivityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// How far an activity is.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum ActivityState {
    /// Nobody said anything of it yet.
    #[default]
    Open,
    /// It was considered, and another was chosen.
    NotChosen,
    /// It is to be done.
    Planned,
    /// It is being done.
    UnderWay,
    /// It is done.
    Done,
}

impl ActivityState {
    /// Every state.
    pub const ALL: [ActivityState; 5] = [
        ActivityState::Open,
        ActivityState::NotChosen,
        ActivityState::Planned,
        ActivityState::UnderWay,
        ActivityState::Done,
    ];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            ActivityState::Open => "open",
            ActivityState::NotChosen => "notChosen",
            ActivityState::Planned => "planned",
            ActivityState::UnderWay => "underWay",
            ActivityState::Done => "done",
        }
    }

    /// The state of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<ActivityState> {
        ActivityState::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// A document that shows something: where it is and what it was, not the file itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Where it is.
    pub link: String,
    /// What it is called.
    pub title: String,
    /// Of which day it is.
    #[serde(with = "days")]
    pub on: Day,
    /// The SHA-256 of the file, by which another one is told from it.
    pub sha256: String,
}

impl Document {
    /// Whether a text is a SHA-256: 64 hexadecimal digits in small letters.
    #[must_use]
    pub fn is_sha256(text: &str) -> bool {
        text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// Whether a text is a link that a browser opens and that has a host.
    #[must_use]
    pub fn is_link(text: &str) -> bool {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let sound = text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
        sound && rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    }
}

/// A program, and by what it is known to be effective.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Program {
    /// What it is called.
    pub name: String,
    /// The evidence that it is effective, in words.
    pub evidence: String,
}

/// What is said of an activity.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// How far it is.
    pub state: ActivityState,
    /// Its first day.
    #[serde(with = "days::maybe", default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Day>,
    /// Its last day: of what is done, the day on which it was.
    #[serde(with = "days::maybe", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Day>,
    /// Who does it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<String>,
    /// What is done, found or reviewed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Document>,
    /// Of strengths and weaknesses: the programs that apply to the LEA's goals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<Program>,
    /// Of experts and partners: the experts or teams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experts: Vec<String>,
    /// Of experts and partners: the district of the county that is its partner.
    #[serde(with = "coded::maybe", default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<CdsCode>,
    /// Of advice: who gives it.
    #[serde(with = "coded::all", default, skip_serializing_if = "Vec::is_empty")]
    pub advisers: Vec<ServiceProvider>,
}

impl Activity {
    /// The day on which it was done, if it was.
    #[must_use]
    pub fn done_on(&self) -> Option<Day> {
        self.until.filter(|_| self.state == ActivityState::Done)
    }

    /// Refuses what the law does not take for the activity, or for its state.
    pub(super) fn check(&self, kind: ActivityKind, dates: &Dates) -> Result<(), Refusal> {
        let at = |name: &str| format!("activities.{kind}.{name}");
        dates.not_before_support(self.from, &at("from"))?;
        dates.not_before_support(self.until, &at("until"))?;
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until < from
        {
            let found = format!("{} is {until}, and {} is {from}", at("until"), at("from"));
            return Err(dates.missing(Condition::FromBeforeUntil).found(found));
        }
        self.of_its_kind(kind, dates)?;
        match self.state {
            ActivityState::Open | ActivityState::NotChosen | ActivityState::Planned => Ok(()),
            ActivityState::UnderWay => dates.not_ahead(self.from, &at("from")),
            ActivityState::Done => self.is_done(kind, dates),
        }
    }

    /// Refuses what belongs to another activity, and a partner or adviser that is none.
    fn of_its_kind(&self, kind: ActivityKind, dates: &Dates) -> Result<(), Refusal> {
        let elsewhere = [
            ("programs", ActivityKind::StrengthsAndWeaknesses, self.programs.is_empty()),
            ("experts", ActivityKind::ExpertOrPartner, self.experts.is_empty()),
            ("partner", ActivityKind::ExpertOrPartner, self.partner.is_none()),
            ("advisers", ActivityKind::Advice, self.advisers.is_empty()),
        ];
        let odd = elsewhere.into_iter().find(|(_, of, is_empty)| !is_empty && *of != kind);
        if let Some((name, of, _)) = odd {
            let found = format!("{name} stands at {kind}, and belongs to {of}");
            return Err(dates.missing(Condition::PartOfActivity).found(found));
        }
        if let Some(partner) = self.partner {
            let is_district = partner.is_district_level() && !partner.has_county_office_digits();
            if !is_district || partner == dates.cds || partner.county() != dates.county {
                let found = format!(
                    "activities.{kind}.partner is {partner}, and the county is {}",
                    dates.county
                );
                return Err(dates.missing(Condition::PartnerOfCounty).found(found));
            }
        }
        let advises = |of: &&ServiceProvider| {
            !matches!(of, ServiceProvider::Ccee | ServiceProvider::GeographicLead(_))
        };
        match self.advisers.iter().find(advises) {
            Some(other) => {
                let found = format!("activities.{kind}.advisers has {other}");
                Err(dates.missing(Condition::Adviser).found(found))
            }
            None => Ok(()),
        }
    }

    /// Refuses as done what lacks what the law asks of it.
    fn is_done(&self, kind: ActivityKind, dates: &Dates) -> Result<(), Refusal> {
        let lacks = |condition: Condition, name: &str| {
            let found = format!("activities.{kind}.{name} is not there");
            Err(dates.missing(condition).found(found))
        };
        if self.until.is_none() {
            return lacks(Condition::DayDone, "until");
        }
        dates.not_ahead(self.until, &format!("activities.{kind}.until"))?;
        match kind {
            ActivityKind::StrengthsAndWeaknesses if self.evidence.is_empty() => {
                lacks(Condition::InWriting, "evidence")
            }
            ActivityKind::StrengthsAndWeaknesses if self.programs.is_empty() => {
                lacks(Condition::Programs, "programs")
            }
            ActivityKind::ExpertOrPartner if self.experts.is_empty() && self.partner.is_none() => {
                let found = format!("activities.{kind} has neither experts nor partner");
                Err(dates.missing(Condition::ExpertOrPartner).found(found))
            }
            ActivityKind::Documentation if self.evidence.is_empty() => {
                lacks(Condition::Documentation, "evidence")
            }
            ActivityKind::Advice if self.advisers.is_empty() => {
                lacks(Condition::Adviser, "advisers")
            }
            ActivityKind::LcapReview if !says(&self.words) => lacks(Condition::Reviewed, "words"),
            _ => Ok(()),
        }
    }
}
