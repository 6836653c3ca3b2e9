//! An engagement: the work of a provider for one LEA over a span of support. What is said of it
//! is edited part by part, each version kept; what the law asks is looked at with every edit.

pub mod activity;
pub mod checklist;
pub mod chosen;
pub mod template;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use self::activity::{Activity, ActivityKind, ActivityState};
use self::checklist::{Step, StepEdit};
use self::chosen::{Action, ChosenNeed, LcapChange, Participant, Session};
use self::template::Template;
use super::coded;
use super::condition::{Condition, Refusal, says};
use super::service_provider::ServiceProvider;
use crate::cds::{CdsCode, CountyCode};
use crate::lea::LeaType;
use crate::year::{DashboardYear, Day};

/// How many items a part of an engagement has at most.
pub const ITEMS_MOST: usize = 200;

/// In which part somebody writes in an engagement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// One that provides help.
    Provider,
    /// The LEA itself: it chooses the needs that are taken up, and changes its plan.
    Lea,
}

/// The support on which an engagement rests, as the public assignment has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Basis {
    /// The level that the LEA is in: 2 or 3.
    pub level: u8,
    /// The Dashboard year of the determination.
    pub dashboard_year: DashboardYear,
    /// The id of the run that was served.
    pub run: String,
    /// The day on which that year's Dashboard was public, from which its steps are counted.
    #[serde(with = "super::days")]
    pub public_on: Day,
    /// Since which day the LEA is in support without a break.
    #[serde(with = "super::days")]
    pub since: Day,
    /// The day up to which the law asks the support to last at least, where it asks for it.
    #[serde(with = "super::days::maybe", default, skip_serializing_if = "Option::is_none")]
    pub at_least_until: Option<Day>,
}

/// What the public assignment says of an LEA on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Helped {
    /// It is in level 2 or 3.
    Yes(Basis),
    /// It is not, or that is not known: in words.
    No(String),
}

/// What an engagement is opened with. The providers and the steps are looked up.
#[derive(Clone, Debug)]
pub struct Opening<'a> {
    /// What the LEA is.
    pub lea_type: LeaType,
    /// Who keeps the engagement: who provides help by law, and who does beside.
    pub providers: Vec<ServiceProvider>,
    /// What the public assignment says.
    pub helped: Helped,
    /// On which day.
    pub on: Day,
    /// The year's steps.
    pub template: &'a Template,
}

/// Why and when an engagement is over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Closing {
    /// Its last day.
    #[serde(with = "super::days")]
    pub on: Day,
    /// Why.
    pub reason: String,
}

/// How far an engagement is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Nothing was begun yet.
    Opened,
    /// Work is under way.
    UnderWay,
    /// It is over.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [State; 3] = [State::Opened, State::UnderWay, State::Closed];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            State::Opened => "opened",
            State::UnderWay => "underWay",
            State::Closed => "closed",
        }
    }
}

/// What is edited: each part that is given takes the place of what it was.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Edit {
    /// Who joins.
    pub participants: Option<Vec<Participant>>,
    /// The needs that are taken up.
    pub needs: Option<Vec<ChosenNeed>>,
    /// The activities.
    pub activities: BTreeMap<ActivityKind, Activity>,
    /// The sessions.
    pub sessions: Option<Vec<Session>>,
    /// The changes of the plan.
    pub lcap_changes: Option<Vec<LcapChange>>,
    /// The actions that were taken, and what came of them.
    pub actions: Option<Vec<Action>>,
    /// The steps, by their keys.
    pub steps: BTreeMap<String, StepEdit>,
    /// Its end.
    pub closed: Option<Closing>,
}

impl Edit {
    /// The parts that are a provider's to write, by their names in answers.
    #[must_use]
    pub fn parts_of_providers(&self) -> Vec<&'static str> {
        let parts = [
            ("participants", self.participants.is_some()),
            ("activities", !self.activities.is_empty()),
            ("sessions", self.sessions.is_some()),
            ("actions", self.actions.is_some()),
            ("steps", !self.steps.is_empty()),
            ("closed", self.closed.is_some()),
        ];
        parts.into_iter().filter(|(_, is_given)| *is_given).map(|(name, _)| name).collect()
    }
}

/// Of whom and when something is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct At {
    /// The LEA.
    pub cds: CdsCode,
    /// The county in which it is.
    pub county: CountyCode,
    /// Today, in California.
    pub today: Day,
}

/// The days that those of an engagement are held against.
#[derive(Clone, Copy, Debug)]
struct Dates {
    lea_type: LeaType,
    cds: CdsCode,
    county: CountyCode,
    since: Day,
    today: Day,
}

impl Dates {
    fn missing(&self, condition: Condition) -> Refusal {
        Refusal::new(condition, self.lea_type)
    }

    fn not_before_support(&self, day: Option<Day>, at: &str) -> Result<(), Refusal> {
        match day {
            Some(day) if day < self.since => {
                let found = format!("{at} is {day}, and support began on {}", self.since);
                Err(self.missing(Condition::SupportBegan).found(found))
            }
            _ => Ok(()),
        }
    }

    fn not_ahead(&self, day: Option<Day>, at: &str) -> Result<(), Refusal> {
        match day {
            Some(day) if day > self.today => {
                let found = format!("{at} is {day}, and today is {}", self.today);
                Err(self.missing(Condition::NotAhead).found(found))
            }
            _ => Ok(()),
        }
    }
}

/// An engagement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Engagement {
    lea_type: LeaType,
    #[serde(with = "coded::all")]
    providers: Vec<ServiceProvider>,
    basis: Basis,
    #[serde(with = "super::days")]
    opened_on: Day,
    participants: Vec<Participant>,
    needs: Vec<ChosenNeed>,
    activities: BTreeMap<ActivityKind, Activity>,
    sessions: Vec<Session>,
    lcap_changes: Vec<LcapChange>,
    actions: Vec<Action>,
    steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed: Option<Closing>,
}

impl Engagement {
    /// Opens an engagement.
    ///
    /// # Errors
    /// [`Refusal`] with the condition that is missing.
    pub fn open(opening: Opening<'_>) -> Result<Engagement, Refusal> {
        let Opening { lea_type, providers, helped, on, template } = opening;
        let missing = |condition| Refusal::new(condition, lea_type);
        let basis = match helped {
            Helped::Yes(basis) => basis,
            Helped::No(found) => return Err(missing(Condition::InLevel2).found(found)),
        };
        if on < basis.since {
            let found = format!("on is {on}, and support began on {}", basis.since);
            return Err(missing(Condition::SupportBegan).found(found));
        }
        let open = |kind| (kind, Activity::default());
        let steps = template.steps_from(basis.public_on);
        Ok(Engagement {
            lea_type,
            providers,
            basis,
            opened_on: on,
            participants: Vec::new(),
            needs: Vec::new(),
            activities: ActivityKind::ALL.into_iter().map(open).collect(),
            sessions: Vec::new(),
            lcap_changes: Vec::new(),
            actions: Vec::new(),
            steps,
            closed: None,
        })
    }

    /// Why none is opened for an LEA that has another, which is open, by its id.
    #[must_use]
    pub fn beside(lea_type: LeaType, other: &str) -> Refusal {
        let found = format!("{other} is open");
        Refusal::new(Condition::OneEngagement, lea_type).found(found)
    }

    /// What the LEA is.
    #[must_use]
    pub fn lea_type(&self) -> LeaType {
        self.lea_type
    }

    /// Who keeps it.
    #[must_use]
    pub fn providers(&self) -> &[ServiceProvider] {
        &self.providers
    }

    /// The support on which it rests.
    #[must_use]
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// On which day it was opened.
    #[must_use]
    pub fn opened_on(&self) -> Day {
        self.opened_on
    }

    /// Who joins those who keep it.
    #[must_use]
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// The needs that are taken up.
    #[must_use]
    pub fn needs(&self) -> &[ChosenNeed] {
        &self.needs
    }

    /// The five activities, in the law's order.
    #[must_use]
    pub fn activities(&self) -> &BTreeMap<ActivityKind, Activity> {
        &self.activities
    }

    /// The sessions.
    #[must_use]
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// The changes of the LEA's plan.
    #[must_use]
    pub fn lcap_changes(&self) -> &[LcapChange] {
        &self.lcap_changes
    }

    /// The actions that were taken, and what came of them.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The year's steps.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Its end, if it has one.
    #[must_use]
    pub fn closed(&self) -> Option<&Closing> {
        self.closed.as_ref()
    }

    /// How far it is.
    #[must_use]
    pub fn state(&self) -> State {
        let began = |activity: &Activity| {
            matches!(activity.state, ActivityState::UnderWay | ActivityState::Done)
        };
        let is_under_way = !self.sessions.is_empty()
            || !self.actions.is_empty()
            || self.activities.values().any(began)
            || self.steps.iter().any(|step| step.done_on.is_some());
        match (&self.closed, is_under_way) {
            (Some(_), _) => State::Closed,
            (None, true) => State::UnderWay,
            (None, false) => State::Opened,
        }
    }

    /// The engagement as it is edited. `helped` is what the public assignment says of the day of
    /// its end, where it is ended.
    ///
    /// # Errors
    /// [`Refusal`] with the condition that is missing, and where it stands.
    pub fn edit(&self, edit: Edit, at: At, helped: &Helped) -> Result<Engagement, Refusal> {
        let dates = Dates {
            lea_type: self.lea_type,
            cds: at.cds,
            county: at.county,
            since: self.basis.since,
            today: at.today,
        };
        if let Some(closed) = &self.closed {
            let found = format!("the engagement was closed on {}", closed.on);
            return Err(dates.missing(Condition::Open).found(found));
        }
        let Edit {
            participants,
            needs,
            activities,
            sessions,
            lcap_changes,
            actions,
            steps,
            closed,
        } = edit;
        let mut after = self.clone();
        if let Some(participants) = participants {
            after.participants = participants;
        }
        if let Some(needs) = needs {
            check_needs(&needs, &dates)?;
            after.needs = needs;
        }
        for (kind, activity) in activities {
            activity.check(kind, &dates)?;
            after.activities.insert(kind, activity);
        }
        if let Some(sessions) = sessions {
            for (number, session) in sessions.iter().enumerate() {
                dates.not_before_support(Some(session.on), &format!("sessions[{number}].on"))?;
            }
            after.sessions = sessions;
        }
        if let Some(changes) = lcap_changes {
            let silent = changes.iter().position(|change| !says(&change.words));
            if let Some(number) = silent {
                let found = format!("lcapChanges[{number}].words is not there");
                return Err(dates.missing(Condition::Words).found(found));
            }
            after.lcap_changes = changes;
        }
        if let Some(actions) = actions {
            check_actions(&actions, &dates)?;
            after.actions = actions;
        }
        for (key, edit) in steps {
            checklist::edit(&mut after.steps, &key, edit, self.basis.dashboard_year, &dates)?;
        }
        if let Some(closing) = closed {
            self.may_close(&closing, &dates, helped)?;
            after.closed = Some(closing);
        }
        Ok(after)
    }

    /// Refuses an end before the support is over that the law asks for.
    fn may_close(&self, closing: &Closing, dates: &Dates, helped: &Helped) -> Result<(), Refusal> {
        let Closing { on, reason } = closing;
        if !says(reason) {
            return Err(dates.missing(Condition::Reason).found("closed.reason is not there"));
        }
        dates.not_ahead(Some(*on), "closed.on")?;
        if *on < self.opened_on {
            let found = format!("closed.on is {on}, and it was opened on {}", self.opened_on);
            return Err(dates.missing(Condition::DaysInOrder).found(found));
        }
        match helped {
            Helped::Yes(Basis { at_least_until: Some(until), dashboard_year, .. })
                if on < until =>
            {
                let found = format!(
                    "closed.on is {on}, and by the determination of {dashboard_year} support lasts \
                     until {until} at least"
                );
                Err(dates.missing(Condition::TwoYears).found(found))
            }
            Helped::Yes(_) | Helped::No(_) => Ok(()),
        }
    }
}

fn check_needs(needs: &[ChosenNeed], dates: &Dates) -> Result<(), Refusal> {
    match needs.iter().position(|need| !need.is_named()) {
        Some(number) => {
            let found = format!("needs[{number}] names nothing");
            Err(dates.missing(Condition::NeedNamed).found(found))
        }
        None => Ok(()),
    }
}

fn check_actions(actions: &[Action], dates: &Dates) -> Result<(), Refusal> {
    for (number, action) in actions.iter().enumerate() {
        if !says(&action.words) {
            let found = format!("actions[{number}].words is not there");
            return Err(dates.missing(Condition::Words).found(found));
        }
        let at = format!("actions[{number}].on");
        dates.not_before_support(Some(action.on), &at)?;
        // What comes of an action is known when it was taken.
        if says(&action.outcome) {
            dates.not_ahead(Some(action.on), &at)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
