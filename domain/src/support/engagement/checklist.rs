//! The steps of an engagement, and which of them are done, due, late or ahead on a day.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::activity::{Activity, ActivityKind, ActivityState};
use super::template::{KEY_MOST, STEPS_MOST, is_key};
use super::{Dates, Engagement};
use crate::support::condition::{Condition, Refusal};
use crate::support::days;
use crate::year::{DashboardYear, Day};

/// For how many days before its day a step is called due.
pub const DUE_DAYS: i32 = 14;

/// A step of an engagement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What names it among the steps.
    pub key: String,
    /// What is done.
    pub title: String,
    /// The activity that it is, if it is one: it is done when that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<ActivityKind>,
    /// By when.
    #[serde(with = "days")]
    pub due: Day,
    /// On which day it was done.
    #[serde(with = "days::maybe", default, skip_serializing_if = "Option::is_none")]
    pub done_on: Option<Day>,
    /// Whether it is left out for this LEA.
    #[serde(default)]
    pub left_out: bool,
    /// What there is to say of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

/// What is edited of a step; what is not given stays. A step of a new key is added.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StepEdit {
    /// What is done.
    pub title: Option<String>,
    /// By when.
    pub due: Option<Day>,
    /// On which day it was done; `Some(None)` that it was not.
    pub done_on: Option<Option<Day>>,
    /// Whether it is left out.
    pub left_out: Option<bool>,
    /// What there is to say of it.
    pub words: Option<String>,
}

/// Where a step is on a day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StepState {
    /// It was done.
    Done,
    /// Its day has come near, and is not over.
    Due,
    /// Its day is over.
    Late,
    /// Its day is further away.
    Ahead,
    /// It is left out, or its activity was not chosen.
    LeftOut,
}

impl StepState {
    /// Every state.
    pub const ALL: [StepState; 5] =
        [StepState::Done, StepState::Due, StepState::Late, StepState::Ahead, StepState::LeftOut];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            StepState::Done => "done",
            StepState::Due => "due",
            StepState::Late => "late",
            StepState::Ahead => "ahead",
            StepState::LeftOut => "leftOut",
        }
    }
}

/// A step as it is on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Checked<'a> {
    /// The step.
    pub step: &'a Step,
    /// Where it is.
    pub state: StepState,
    /// On which day it was done, if it was by then.
    pub done_on: Option<Day>,
}

impl Engagement {
    /// The steps as they are on a day, by the days on which they are due.
    #[must_use]
    pub fn checklist(&self, on: Day) -> Vec<Checked<'_>> {
        let mut checked: Vec<Checked<'_>> =
            self.steps.iter().map(|step| step.checked(&self.activities, on)).collect();
        checked.sort_by_key(|checked| checked.step.due);
        checked
    }

    /// Whether a step is late on a day. Of what is closed, none is.
    #[must_use]
    pub fn is_late(&self, on: Day) -> bool {
        self.closed.is_none()
            && self.checklist(on).iter().any(|checked| checked.state == StepState::Late)
    }
}

impl Step {
    fn checked(&self, activities: &BTreeMap<ActivityKind, Activity>, on: Day) -> Checked<'_> {
        let activity = self.activity.and_then(|kind| activities.get(&kind));
        let done_on = self.done_on.or_else(|| activity.and_then(Activity::done_on));
        let done_on = done_on.filter(|done| *done <= on);
        let is_chosen = activity.is_none_or(|of| of.state != ActivityState::NotChosen);
        let state = if done_on.is_some() {
            StepState::Done
        } else if self.left_out || !is_chosen {
            StepState::LeftOut
        } else if self.due < on {
            StepState::Late
        } else if self.due <= on.plus(DUE_DAYS) {
            StepState::Due
        } else {
            StepState::Ahead
        };
        Checked { step: self, state, done_on }
    }
}

/// Edits a step, or adds it where its key is new.
pub(super) fn edit(
    steps: &mut Vec<Step>,
    key: &str,
    edit: StepEdit,
    year: DashboardYear,
    dates: &Dates,
) -> Result<(), Refusal> {
    let StepEdit { title, due, done_on, left_out, words } = edit;
    if let Some(done_on) = done_on {
        let at = format!("steps.{key}.doneOn");
        dates.not_ahead(done_on, &at)?;
        let begins = year.support_begins();
        if let Some(day) = done_on.filter(|day| *day < begins) {
            let found = format!("{at} is {day}, and the school year began on {begins}");
            return Err(dates.missing(Condition::SupportBegan).found(found));
        }
    }
    let step = match steps.iter().position(|step| step.key == key) {
        Some(place) => steps.get_mut(place),
        None => {
            let (Some(title), Some(due)) = (title.clone(), due) else {
                let found = format!("steps.{key} is new");
                return Err(dates.missing(Condition::NewStep).found(found));
            };
            if !is_key(key) || steps.len() >= STEPS_MOST {
                let found = format!(
                    "steps.{key} is new; keys have 1 to {KEY_MOST} letters or digits, and there \
                     are {STEPS_MOST} steps at most"
                );
                return Err(dates.missing(Condition::NewStep).found(found));
            }
            let key = key.to_owned();
            let (done_on, left_out, words) = (None, false, String::new());
            steps.push(Step { key, title, activity: None, due, done_on, left_out, words });
            steps.last_mut()
        }
    };
    let Some(step) = step else { return Ok(()) };
    if let Some(title) = title {
        step.title = title;
    }
    if let Some(due) = due {
        step.due = due;
    }
    if let Some(done_on) = done_on {
        step.done_on = done_on;
    }
    if let Some(left_out) = left_out {
        step.left_out = left_out;
    }
    if let Some(words) = words {
        step.words = words;
    }
    Ok(())
}
