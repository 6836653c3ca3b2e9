//! What an LEA and those who help it choose and do together: needs, participants, sessions,
//! changes of its plan, actions and what came of them.

use serde::{Deserialize, Serialize};

use crate::indicator::Indicator;
use crate::priority::Priority;
use crate::student_group::StudentGroup;
use crate::support::coded;
use crate::support::condition::says;
use crate::support::days;
use crate::support::need::{Need, Subject};
use crate::year::Day;

/// A need that is taken up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChosenNeed {
    /// The student group; all students where none is named.
    #[serde(with = "coded::maybe", default, skip_serializing_if = "Option::is_none")]
    pub group: Option<StudentGroup>,
    /// The indicator.
    #[serde(with = "coded::maybe", default, skip_serializing_if = "Option::is_none")]
    pub indicator: Option<Indicator>,
    /// The state priority.
    #[serde(with = "coded::maybe", default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// What it is, or why it was chosen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// Whether it is one of those that made the LEA eligible; else it goes beyond them. Absent
    /// where the results of the year are not there to be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_eligible: Option<bool>,
}

impl ChosenNeed {
    /// Whether it names anything.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.group.is_some()
            || self.indicator.is_some()
            || self.priority.is_some()
            || says(&self.words)
    }

    /// The need, marked as one that made the LEA eligible or as one beyond. It is one of those
    /// where all that it names is the same: a group alone is one with whichever of its results.
    /// `needs` are those of the LEA, where its results are there to be looked at.
    #[must_use]
    pub fn marked(self, needs: Option<&[Need]>) -> ChosenNeed {
        let is_coded = self.group.is_some() || self.indicator.is_some() || self.priority.is_some();
        let same = |need: &Need| {
            let group = match need.subject {
                Subject::Cell { group, .. } => Some(group),
                Subject::Local(_) | Subject::Calpads => None,
            };
            need.made_eligible
                && (self.group.is_none() || self.group == group)
                && (self.indicator.is_none() || self.indicator == need.subject.indicator())
                && (self.priority.is_none() || self.priority == need.subject.priority())
        };
        let made_eligible = needs.map(|needs| is_coded && needs.iter().any(same));
        ChosenNeed { made_eligible, ..self }
    }
}

/// Somebody who joins those who keep the engagement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    /// Who: `county:NN`, `geographicLead:NAME`, `selpa:CODE`, `equityLead:NAME`,
    /// `expertLead:NAME`, `ccee`, `state`, `other:NAME` or `district:CDS`.
    pub who: String,
    /// In which part.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
    /// Whether the LEA chose it, as it may a private expert.
    #[serde(default)]
    pub chosen_by_lea: bool,
}

/// What a session was for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SessionKind {
    /// A meeting.
    Meeting,
    /// Needs were identified.
    Needs,
    /// Strengths, weaknesses and root causes.
    RootCauses,
    /// Programs were reviewed.
    ProgramReview,
    /// The plan was worked on.
    Lcap,
    /// Training or coaching.
    Training,
    /// Contact about progress.
    Contact,
    /// Something else.
    Other,
}

impl SessionKind {
    /// Every kind.
    pub const ALL: [SessionKind; 8] = [
        SessionKind::Meeting,
        SessionKind::Needs,
        SessionKind::RootCauses,
        SessionKind::ProgramReview,
        SessionKind::Lcap,
        SessionKind::Training,
        SessionKind::Contact,
        SessionKind::Other,
    ];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            SessionKind::Meeting => "meeting",
            SessionKind::Needs => "needs",
            SessionKind::RootCauses => "rootCauses",
            SessionKind::ProgramReview => "programReview",
            SessionKind::Lcap => "lcap",
            SessionKind::Training => "training",
            SessionKind::Contact => "contact",
            SessionKind::Other => "other",
        }
    }

    /// The kind of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<SessionKind> {
        SessionKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A session of those who help with the LEA; also one to come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// On which day.
    #[serde(with = "days")]
    pub on: Day,
    /// What for.
    pub kind: SessionKind,
    /// Who takes part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<String>,
    /// What was said or agreed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

/// A part of the Local Control and Accountability Plan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LcapPart {
    /// A goal.
    Goal,
    /// An action.
    Action,
    /// A service.
    Service,
}

impl LcapPart {
    /// Every part.
    pub const ALL: [LcapPart; 3] = [LcapPart::Goal, LcapPart::Action, LcapPart::Service];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            LcapPart::Goal => "goal",
            LcapPart::Action => "action",
            LcapPart::Service => "service",
        }
    }

    /// The part of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<LcapPart> {
        LcapPart::ALL.into_iter().find(|part| part.code() == code)
    }
}

/// A change that the LEA makes in its Local Control and Accountability Plan. What follows from
/// support goes through that plan: no separate one for improvement is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LcapChange {
    /// What is changed.
    pub part: LcapPart,
    /// Which one, as the plan counts or calls it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub which: String,
    /// How.
    pub words: String,
}

/// An action that was taken, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    /// On which day, or by when.
    #[serde(with = "days")]
    pub on: Day,
    /// What was done.
    pub words: String,
    /// What came of it; nothing while that is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub outcome: String,
}
