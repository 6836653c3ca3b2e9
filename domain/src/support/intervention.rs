//! A state intervention: proposed on two grounds, which the rules and the Collaborative give,
//! approved by the State Board, in force, ended. Its state follows from its steps, of which none
//! is ever lost.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::actor::Act;
use super::condition::{Condition, Refusal, says};
use super::evidence::{MetTest, Tested};
use super::referral::Finding;
use crate::lea::LeaType;
use crate::operator::Span;
use crate::year::Day;

/// What the State Superintendent may do with the approval of the State Board.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Power {
    /// Change the Local Control and Accountability Plan.
    ChangeLcap,
    /// Impose a revision of the budget.
    ImposeBudgetRevision,
    /// Stay or rescind an action of the board that no bargaining agreement requires.
    StayOrRescindAction,
    /// Appoint a trustee.
    AppointTrustee,
}

impl Power {
    /// Every power.
    pub const ALL: [Power; 4] = [
        Power::ChangeLcap,
        Power::ImposeBudgetRevision,
        Power::StayOrRescindAction,
        Power::AppointTrustee,
    ];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Power::ChangeLcap => "changeLcap",
            Power::ImposeBudgetRevision => "imposeBudgetRevision",
            Power::StayOrRescindAction => "stayOrRescindAction",
            Power::AppointTrustee => "appointTrustee",
        }
    }

    /// The power of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Power> {
        Power::ALL.into_iter().find(|power| power.code() == code)
    }
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A finding of the Collaborative, and the referral that has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// What was found.
    pub finding: Finding,
    /// On which day.
    #[serde(with = "super::days")]
    pub on: Day,
    /// The id of the referral.
    pub referral: String,
    /// Its version that has the finding.
    pub version: u32,
}

/// On what an intervention rests, each from its own source: the test from the determination that was
/// public on the day, the finding from the Collaborative's referral.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grounds {
    /// The test over several years.
    pub level3: Tested,
    /// What the Collaborative found.
    pub found: Option<Found>,
}

impl Grounds {
    /// Both, else the one that is missing.
    fn hold(&self, lea_type: LeaType) -> Result<(&MetTest, &Found), Refusal> {
        let test = self.level3.opens_level_3(lea_type)?;
        let missing = || Refusal::new(Condition::Finding, lea_type);
        Ok((test, self.found.as_ref().ok_or_else(missing)?))
    }
}

/// A step of an intervention.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Step {
    /// The State Board approves.
    Approve {
        /// Of these powers.
        powers: BTreeSet<Power>,
        /// Where its decision stands.
        words: String,
    },
    /// The State Board does not approve.
    Disapprove {
        /// Where its decision stands.
        words: String,
    },
    /// It comes into force.
    Begin,
    /// A power is used.
    Use {
        /// Which.
        power: Power,
        /// What is done by it.
        words: String,
        /// Of an action that is stayed or rescinded, whether a bargaining agreement requires it.
        #[serde(skip_serializing_if = "Option::is_none")]
        required_by_bargaining_agreement: Option<bool>,
    },
    /// It is over.
    End {
        /// Why.
        reason: String,
    },
}

impl Step {
    /// The code used in answers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Step::Approve { .. } => "approve",
            Step::Disapprove { .. } => "disapprove",
            Step::Begin => "begin",
            Step::Use { .. } => "use",
            Step::End { .. } => "end",
        }
    }

    /// What taking it is.
    #[must_use]
    pub fn act(&self) -> Act {
        match self {
            Step::Approve { .. } | Step::Disapprove { .. } => Act::RecordBoard,
            Step::Begin | Step::Use { .. } | Step::End { .. } => Act::Intervene,
        }
    }

    /// What it says; a beginning says nothing.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self {
            Step::Approve { words, .. } | Step::Disapprove { words } | Step::Use { words, .. } => {
                Some(words)
            }
            Step::End { reason } => Some(reason),
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

/// How far an intervention is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// The State Board has not decided yet.
    Proposed,
    /// The State Board approved.
    Approved,
    /// The State Board did not; this is its end.
    Disapproved,
    /// Its powers may be used.
    InForce,
    /// It is over.
    Ended,
}

impl State {
    /// Every state.
    pub const ALL: [State; 5] =
        [State::Proposed, State::Approved, State::Disapproved, State::InForce, State::Ended];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            State::Proposed => "proposed",
            State::Approved => "approved",
            State::Disapproved => "disapproved",
            State::InForce => "inForce",
            State::Ended => "ended",
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
        matches!(self, State::Disapproved | State::Ended)
    }
}

/// What an intervention is proposed with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// What the LEA is.
    pub lea_type: LeaType,
    /// On which day.
    pub on: Day,
    /// Why.
    pub reason: String,
    /// Which other strategies were used before.
    pub strategies: String,
}

/// A state intervention.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intervention {
    lea_type: LeaType,
    #[serde(with = "super::days")]
    proposed_on: Day,
    reason: String,
    strategies: String,
    test: MetTest,
    found: Found,
    steps: Vec<Taken>,
}

impl Intervention {
    /// Proposes an intervention.
    ///
    /// # Errors
    /// [`Refusal`] with the condition that is missing.
    pub fn propose(proposal: Proposal, grounds: &Grounds) -> Result<Intervention, Refusal> {
        let Proposal { lea_type, on, reason, strategies } = proposal;
        let missing = |condition| Refusal::new(condition, lea_type);
        if lea_type == LeaType::Charter {
            return Err(missing(Condition::NoCharter));
        }
        let (test, found) = grounds.hold(lea_type)?;
        if !says(&strategies) {
            return Err(missing(Condition::OtherStrategies));
        }
        if !says(&reason) {
            return Err(missing(Condition::Reason));
        }
        if on < found.on {
            let found = format!("the finding is of {}", found.on);
            return Err(missing(Condition::DaysInOrder).found(found));
        }
        let (test, found) = (test.clone(), found.clone());
        Ok(Intervention {
            lea_type,
            proposed_on: on,
            reason,
            strategies,
            test,
            found,
            steps: Vec::new(),
        })
    }

    /// What the LEA is.
    #[must_use]
    pub fn lea_type(&self) -> LeaType {
        self.lea_type
    }

    /// On which day it was proposed.
    #[must_use]
    pub fn proposed_on(&self) -> Day {
        self.proposed_on
    }

    /// Why it was proposed.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Which other strategies were used before.
    #[must_use]
    pub fn strategies(&self) -> &str {
        &self.strategies
    }

    /// The test by which it was proposed.
    #[must_use]
    pub fn test(&self) -> &MetTest {
        &self.test
    }

    /// The finding on which it was proposed.
    #[must_use]
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// The steps that were taken, in order.
    #[must_use]
    pub fn steps(&self) -> &[Taken] {
        &self.steps
    }

    /// The powers of which the State Board approved.
    #[must_use]
    pub fn powers(&self) -> BTreeSet<Power> {
        let approved = self.steps.iter().find_map(|taken| match &taken.step {
            Step::Approve { powers, .. } => Some(powers.clone()),
            _ => None,
        });
        approved.unwrap_or_default()
    }

    /// From when to when it was in force, if it ever was.
    #[must_use]
    pub fn was_in_force(&self) -> Option<Span> {
        let day = |of: fn(&Step) -> bool| {
            self.steps.iter().find(|taken| of(&taken.step)).map(|taken| taken.on)
        };
        let from = day(|step| matches!(step, Step::Begin))?;
        Some(Span { from: Some(from), until: day(|step| matches!(step, Step::End { .. })) })
    }

    /// How far it is.
    #[must_use]
    pub fn state(&self) -> State {
        self.steps.iter().fold(State::Proposed, |state, taken| match &taken.step {
            Step::Approve { .. } => State::Approved,
            Step::Disapprove { .. } => State::Disapproved,
            Step::Begin => State::InForce,
            Step::Use { .. } => state,
            Step::End { .. } => State::Ended,
        })
    }

    /// The intervention with a further step. Its grounds are looked at again where it comes into
    /// force: a file may have been corrected, or a finding withdrawn, since it was proposed.
    ///
    /// # Errors
    /// [`Refusal`] with the condition that is missing.
    pub fn step(&self, on: Day, step: Step, grounds: &Grounds) -> Result<Intervention, Refusal> {
        let missing = |condition| Refusal::new(condition, self.lea_type);
        let state = self.state();
        if state.has_ended() {
            let found = format!("the intervention is {}", state.code());
            return Err(missing(Condition::Open).found(found));
        }
        if step.words().is_some_and(|words| !says(words)) {
            return Err(missing(Condition::Reason));
        }
        self.follows(&step, state, grounds)?;
        let earlier = self.steps.iter().map(|taken| taken.on).fold(self.proposed_on, Day::max);
        if on < earlier {
            let found = format!("the one before was taken on {earlier}");
            return Err(missing(Condition::DaysInOrder).found(found));
        }
        let mut after = self.clone();
        after.steps.push(Taken { on, step });
        Ok(after)
    }

    /// Refuses a step that does not follow on the state in which the intervention is.
    fn follows(&self, step: &Step, state: State, grounds: &Grounds) -> Result<(), Refusal> {
        let missing = |condition| Refusal::new(condition, self.lea_type);
        match step {
            Step::Approve { .. } | Step::Disapprove { .. } if state != State::Proposed => {
                Err(missing(Condition::NotYet).found("the State Board approved before"))
            }
            Step::Approve { powers, .. } if powers.is_empty() => {
                Err(missing(Condition::PowerApproved).found("no power is named"))
            }
            Step::Approve { .. } | Step::Disapprove { .. } | Step::End { .. } => Ok(()),
            Step::Begin => match state {
                State::InForce => Err(missing(Condition::NotYet).found("it is in force")),
                State::Approved => grounds.hold(self.lea_type).map(|_both| ()),
                _ => {
                    grounds.hold(self.lea_type)?;
                    Err(missing(Condition::BoardApproval))
                }
            },
            Step::Use { .. } if state != State::InForce => Err(missing(Condition::InForce)),
            Step::Use { power, required_by_bargaining_agreement, .. } => {
                let powers = self.powers();
                if !powers.contains(power) {
                    let approved: Vec<&str> = powers.iter().map(|power| power.code()).collect();
                    let found = format!("it approved of {}", approved.join(", "));
                    return Err(missing(Condition::PowerApproved).found(found));
                }
                let may = match power {
                    Power::StayOrRescindAction => *required_by_bargaining_agreement == Some(false),
                    _ => true,
                };
                if may { Ok(()) } else { Err(missing(Condition::NotBargained)) }
            }
        }
    }
}
