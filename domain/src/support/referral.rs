//! A referral to the California Collaborative for Educational Excellence: by which door it came,
//! and the steps that were taken. Its state follows from its steps, of which none is ever lost.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::actor::Act;
use super::condition::{Condition, Refusal, says};
use super::evidence::{Evidence, MetTest};
use crate::lea::LeaType;
use crate::operator::Span;
use crate::year::Day;

/// How an LEA comes to the Collaborative.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Door {
    /// The test of Education Code 52072 or 52072.5 over several years.
    Level3Test,
    /// The county office refers, with its geographic lead agency.
    CountyOffice {
        /// The geographic lead agency that joins.
        geographic_lead: String,
        /// Whether expert lead agencies were considered, and with what result: asked where the
        /// same student group met the criteria in three years (Education Code 52071(f)).
        expert_leads: Option<String>,
    },
    /// The State Superintendent decides.
    Spi,
    /// An emergency apportionment of Education Code 52074(g).
    EmergencyApportionment,
}

impl Door {
    /// The code used in answers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Door::Level3Test => "level3Test",
            Door::CountyOffice { .. } => "countyOffice",
            Door::Spi => "spi",
            Door::EmergencyApportionment => "emergencyApportionment",
        }
    }

    /// What opening a referral by it is.
    #[must_use]
    pub fn act(&self) -> Act {
        match self {
            Door::Level3Test => Act::OpenByTest,
            Door::CountyOffice { .. } => Act::OpenByCountyOffice,
            Door::Spi => Act::OpenBySpi,
            Door::EmergencyApportionment => Act::OpenByApportionment,
        }
    }
}

/// Who provides technical assistance to an LEA and is consulted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Provider {
    /// The county superintendent of schools.
    CountyOffice,
    /// The geographic lead agency.
    GeographicLead,
    /// The State Superintendent, with the Department of Education.
    Department,
}

impl Provider {
    /// Every provider.
    pub const ALL: [Provider; 3] =
        [Provider::CountyOffice, Provider::GeographicLead, Provider::Department];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Provider::CountyOffice => "countyOffice",
            Provider::GeographicLead => "geographicLead",
            Provider::Department => "department",
        }
    }

    /// The provider of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Provider> {
        Provider::ALL.into_iter().find(|provider| provider.code() == code)
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Provider::CountyOffice => "the county superintendent",
            Provider::GeographicLead => "the geographic lead agency",
            Provider::Department => "the State Superintendent",
        })
    }
}

/// What the Collaborative finds, on which a state intervention rests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Finding {
    /// The LEA failed to carry out the recommendations.
    Failed,
    /// The LEA was unable to carry them out.
    Unable,
    /// Its performance is so persistent or acute as to need an intervention.
    PersistentOrAcute,
}

impl Finding {
    /// Every finding.
    pub const ALL: [Finding; 3] = [Finding::Failed, Finding::Unable, Finding::PersistentOrAcute];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Finding::Failed => "failed",
            Finding::Unable => "unable",
            Finding::PersistentOrAcute => "persistentOrAcute",
        }
    }

    /// The finding of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Finding> {
        Finding::ALL.into_iter().find(|finding| finding.code() == code)
    }
}

/// A step of a referral that is open.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Step {
    /// The LEA was consulted.
    ConsultLea {
        /// What was said.
        words: String,
    },
    /// Somebody was consulted who provides help to it.
    ConsultProvider {
        /// Who.
        provider: Provider,
        /// What was said.
        words: String,
    },
    /// The Collaborative takes it on.
    Accept {
        /// Why.
        reason: String,
    },
    /// The Collaborative does not.
    Decline {
        /// Why.
        reason: String,
    },
    /// Direct technical assistance begins.
    Begin,
    /// The Collaborative recommends what the LEA is to do.
    Recommend {
        /// What.
        words: String,
    },
    /// The Collaborative finds that a state intervention is called for.
    Find {
        /// By what.
        finding: Finding,
        /// Why.
        reason: String,
    },
    /// It is over.
    Close {
        /// Why.
        reason: String,
    },
}

impl Step {
    /// The code used in answers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Step::ConsultLea { .. } => "consultLea",
            Step::ConsultProvider { .. } => "consultProvider",
            Step::Accept { .. } => "accept",
            Step::Decline { .. } => "decline",
            Step::Begin => "begin",
            Step::Recommend { .. } => "recommend",
            Step::Find { .. } => "find",
            Step::Close { .. } => "close",
        }
    }

    /// What taking it is.
    #[must_use]
    pub fn act(&self) -> Act {
        match self {
            Step::ConsultLea { .. } | Step::ConsultProvider { .. } => Act::Consult,
            Step::Accept { .. } | Step::Decline { .. } => Act::Decide,
            Step::Begin => Act::Assist,
            Step::Recommend { .. } => Act::Recommend,
            Step::Find { .. } => Act::Find,
            Step::Close { .. } => Act::Close,
        }
    }

    /// What it says; a beginning says nothing.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self {
            Step::ConsultLea { words }
            | Step::ConsultProvider { words, .. }
            | Step::Recommend { words } => Some(words),
            Step::Accept { reason }
            | Step::Decline { reason }
            | Step::Find { reason, .. }
            | Step::Close { reason } => Some(reason),
            Step::Begin => None,
        }
    }
}

/// A step that was taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// On which day.
    #[serde(with = "super::days")]
    pub on: Day,
    /// What.
    pub step: Step,
}

/// How far a referral is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Nobody was consulted yet.
    Opened,
    /// The LEA and its providers are consulted.
    Consulting,
    /// The Collaborative takes it on.
    Accepted,
    /// The Collaborative does not; this is its end.
    Declined,
    /// Direct technical assistance is given.
    UnderWay,
    /// Recommendations were made, which the LEA carries out.
    Recommended,
    /// It is over.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [State; 7] = [
        State::Opened,
        State::Consulting,
        State::Accepted,
        State::Declined,
        State::UnderWay,
        State::Recommended,
        State::Closed,
    ];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            State::Opened => "opened",
            State::Consulting => "consulting",
            State::Accepted => "accepted",
            State::Declined => "declined",
            State::UnderWay => "underWay",
            State::Recommended => "recommended",
            State::Closed => "closed",
        }
    }

    /// The state of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether no step follows.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, State::Declined | State::Closed)
    }
}

/// What a referral is opened with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// What the LEA is.
    pub lea_type: LeaType,
    /// How it comes.
    pub door: Door,
    /// On which day.
    pub on: Day,
    /// Why.
    pub reason: String,
}

/// A referral.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Referral {
    lea_type: LeaType,
    door: Door,
    #[serde(with = "super::days")]
    opened_on: Day,
    reason: String,
    /// The test by which it was opened, where it was by that.
    #[serde(skip_serializing_if = "Option::is_none")]
    test: Option<MetTest>,
    steps: Vec<Taken>,
}

impl Referral {
    /// Opens a referral.
    ///
    /// # Errors
    /// [`Refusal`] with the condition that is missing.
    pub fn open(opening: Opening, evidence: &Evidence) -> Result<Referral, Refusal> {
        let Opening { lea_type, door, on, reason } = opening;
        let missing = |condition| Refusal::new(condition, lea_type);
        if !says(&reason) {
            return Err(missing(Condition::Reason));
        }
        let mut test = None;
        match &door {
            Door::Level3Test if lea_type == LeaType::Charter => {
                return Err(missing(Condition::CharterDecision));
            }
            Door::Level3Test => test = Some(evidence.level3.opens_level_3(lea_type)?.clone()),
            Door::CountyOffice { .. } if lea_type == LeaType::CountyOffice => {
                return Err(missing(Condition::CountyOfficeProvides));
            }
            Door::CountyOffice { geographic_lead, expert_leads } => {
                if !says(geographic_lead) {
                    return Err(missing(Condition::GeographicLead));
                }
                if !evidence.leads.is_empty() && !evidence.leads.contains(geographic_lead) {
                    let found = format!("that of the county is {}", evidence.leads.join(" or "));
                    return Err(missing(Condition::GeographicLead).found(found));
                }
                let considered = expert_leads.as_deref().is_some_and(says);
                if evidence.geographic_lead.met().is_some() && !considered {
                    return Err(missing(Condition::ExpertLeads));
                }
            }
            Door::Spi | Door::EmergencyApportionment => {}
        }
        Ok(Referral { lea_type, door, opened_on: on, reason, test, steps: Vec::new() })
    }

    /// What the LEA is.
    #[must_use]
    pub fn lea_type(&self) -> LeaType {
        self.lea_type
    }

    /// How it came.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// On which day it was opened.
    #[must_use]
    pub fn opened_on(&self) -> Day {
        self.opened_on
    }

    /// Why it was opened.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The test by which it was opened, where it was by that.
    #[must_use]
    pub fn test(&self) -> Option<&MetTest> {
        self.test.as_ref()
    }

    /// The steps that were taken, in order.
    #[must_use]
    pub fn steps(&self) -> &[Taken] {
        &self.steps
    }

    /// Who provides help to the LEA at level 2, and whoever joins: they are consulted.
    #[must_use]
    pub fn providers(&self) -> Vec<Provider> {
        let provider = match self.lea_type {
            LeaType::District | LeaType::Charter => Provider::CountyOffice,
            LeaType::CountyOffice => Provider::Department,
        };
        let lead = matches!(self.door, Door::CountyOffice { .. });
        [provider].into_iter().chain(lead.then_some(Provider::GeographicLead)).collect()
    }

    /// From when to when direct technical assistance was under way, if it ever was.
    #[must_use]
    pub fn assisted(&self) -> Option<Span> {
        let day = |of: fn(&Step) -> bool| {
            self.steps.iter().find(|taken| of(&taken.step)).map(|taken| taken.on)
        };
        let from = day(|step| matches!(step, Step::Begin))?;
        Some(Span { from: Some(from), until: day(|step| matches!(step, Step::Close { .. })) })
    }

    /// How far it is.
    #[must_use]
    pub fn state(&self) -> State {
        self.steps.iter().fold(State::Opened, |state, taken| match &taken.step {
            Step::ConsultLea { .. } | Step::ConsultProvider { .. } => State::Consulting,
            Step::Accept { .. } => State::Accepted,
            Step::Decline { .. } => State::Declined,
            Step::Begin => State::UnderWay,
            Step::Recommend { .. } => State::Recommended,
            Step::Find { .. } => state,
            Step::Close { .. } => State::Closed,
        })
    }

    /// What the Collaborative found last, and on which day.
    #[must_use]
    pub fn finding(&self) -> Option<(Finding, Day)> {
        self.steps.iter().rev().find_map(|taken| match taken.step {
            Step::Find { finding, .. } => Some((finding, taken.on)),
            _ => None,
        })
    }

    /// The referral with a further step.
    ///
    /// # Errors
    /// [`Refusal`] with the condition that is missing.
    pub fn step(&self, on: Day, step: Step) -> Result<Referral, Refusal> {
        let missing = |condition| Refusal::new(condition, self.lea_type);
        let state = self.state();
        if state.has_ended() {
            let found = format!("the referral is {}", state.code());
            return Err(missing(Condition::Open).found(found));
        }
        if step.words().is_some_and(|words| !says(words)) {
            return Err(missing(Condition::Reason));
        }
        self.follows(&step, state)?;
        // Those who are consulted are so side by side; whatever else is done follows on all.
        let earlier = match step.act() {
            Act::Consult => self.opened_on,
            _ => self.steps.iter().map(|taken| taken.on).fold(self.opened_on, Day::max),
        };
        if on < earlier {
            let found = format!("the one before was taken on {earlier}");
            return Err(missing(Condition::DaysInOrder).found(found));
        }
        let mut after = self.clone();
        after.steps.push(Taken { on, step });
        Ok(after)
    }

    /// Refuses a step that does not follow on the state in which the referral is.
    fn follows(&self, step: &Step, state: State) -> Result<(), Refusal> {
        let missing = |condition| Refusal::new(condition, self.lea_type);
        let decided = !matches!(state, State::Opened | State::Consulting);
        let under_way = matches!(state, State::UnderWay | State::Recommended);
        match step {
            Step::ConsultLea { .. }
            | Step::ConsultProvider { .. }
            | Step::Accept { .. }
            | Step::Decline { .. }
                if decided =>
            {
                Err(missing(Condition::NotYet).found("the referral was accepted"))
            }
            Step::ConsultProvider { provider, .. } if !self.providers().contains(provider) => {
                let providers =
                    self.providers().iter().map(ToString::to_string).collect::<Vec<_>>();
                let found = format!("that is {}", providers.join(" and "));
                Err(missing(Condition::ProviderOfLea).found(found))
            }
            Step::ConsultLea { .. } | Step::ConsultProvider { .. } => Ok(()),
            Step::Accept { .. } | Step::Decline { .. } => self.consulted(),
            Step::Begin if under_way => {
                Err(missing(Condition::NotYet).found("assistance is under way"))
            }
            Step::Begin if !decided => Err(missing(Condition::Accepted)),
            Step::Begin => Ok(()),
            Step::Find { finding: Finding::Failed | Finding::Unable, .. } | Step::Close { .. }
                if state != State::Recommended =>
            {
                Err(missing(Condition::Recommended))
            }
            Step::Recommend { .. } | Step::Find { .. } if !under_way => {
                Err(missing(Condition::UnderWay))
            }
            Step::Recommend { .. } | Step::Find { .. } | Step::Close { .. } => Ok(()),
        }
    }

    /// Refuses a decision before those were consulted who are to be.
    fn consulted(&self) -> Result<(), Refusal> {
        let was = |wanted: &dyn Fn(&Step) -> bool| self.steps.iter().any(|t| wanted(&t.step));
        if !was(&|step| matches!(step, Step::ConsultLea { .. })) {
            return Err(Refusal::new(Condition::LeaConsulted, self.lea_type));
        }
        let of = |provider| {
            was(&|step| matches!(step, Step::ConsultProvider { provider: p, .. } if *p == provider))
        };
        match self.providers().into_iter().find(|provider| !of(*provider)) {
            Some(provider) => Err(Refusal::new(Condition::ProvidersConsulted, self.lea_type)
                .found(format!("{provider} was not"))),
            None => Ok(()),
        }
    }
}
