//! The steps of a typical year of support, by how many days after the Dashboard is public each
//! is due. One comes with the program; a county office may have its own.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::activity::ActivityKind;
use super::checklist::Step;
use crate::support::condition::says;
use crate::year::Day;

/// The longest key of a step, in letters.
pub const KEY_MOST: usize = 40;

/// How many steps there are at most.
pub const STEPS_MOST: usize = 100;

/// The longest title of a step, in letters.
pub const TITLE_MOST: usize = 300;

/// How many days before the Dashboard is public a step is due at the earliest, and how many
/// after it at the latest: the school year's first day, and the end of two years of support.
pub const DAYS: std::ops::RangeInclusive<i32> = -150..=760;

/// The year that comes with the program.
const BUILT_IN: &str = include_str!("../../../templates/engagement-year.toml");

/// A step of a typical year.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateStep {
    /// What names it among the steps.
    pub key: String,
    /// What is done.
    pub title: String,
    /// The activity that it is, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<ActivityKind>,
    /// How many days after the day on which the Dashboard is public it is due; fewer than 0
    /// before.
    pub days: i32,
}

/// The steps of a typical year.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    steps: Vec<TemplateStep>,
}

/// What is wrong with a template.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{at}: {detail}")]
pub struct TemplateFault {
    /// Where.
    pub at: String,
    /// What.
    pub detail: String,
}

impl Template {
    /// The one that comes with the program.
    ///
    /// # Errors
    /// [`TemplateFault`], which a test keeps from happening.
    pub fn built_in() -> Result<Template, TemplateFault> {
        let read: Template = toml::from_str(BUILT_IN).map_err(|fault| TemplateFault {
            at: "the template that comes with the program".to_owned(),
            detail: fault.to_string(),
        })?;
        Template::of(read.steps)
    }

    /// A template of steps.
    ///
    /// # Errors
    /// [`TemplateFault`] for the first step that is none, or none at all.
    pub fn of(steps: Vec<TemplateStep>) -> Result<Template, TemplateFault> {
        let fault = |at: String, detail: String| Err(TemplateFault { at, detail });
        if !(1..=STEPS_MOST).contains(&steps.len()) {
            let detail = format!("there are {}; 1 to {STEPS_MOST} are expected", steps.len());
            return fault("steps".to_owned(), detail);
        }
        let mut keys = BTreeSet::new();
        for (number, TemplateStep { key, title, days, activity: _ }) in steps.iter().enumerate() {
            let at = |name: &str| format!("steps[{number}].{name}");
            if !is_key(key) {
                let detail = format!("1 to {KEY_MOST} letters or digits are expected");
                return fault(at("key"), detail);
            }
            if !keys.insert(key) {
                return fault(at("key"), format!("there is another step '{key}'"));
            }
            if !is_title(title) {
                let detail = format!("1 to {TITLE_MOST} characters on one line are expected");
                return fault(at("title"), detail);
            }
            if !DAYS.contains(days) {
                let (first, last) = (DAYS.start(), DAYS.end());
                let detail = format!("it is {days}; {first} to {last} are expected");
                return fault(at("days"), detail);
            }
        }
        Ok(Template { steps })
    }

    /// The steps.
    #[must_use]
    pub fn steps(&self) -> &[TemplateStep] {
        &self.steps
    }

    /// The steps of a year whose Dashboard was public on a day.
    #[must_use]
    pub fn steps_from(&self, public_on: Day) -> Vec<Step> {
        let step = |of: &TemplateStep| Step {
            key: of.key.clone(),
            title: of.title.clone(),
            activity: of.activity,
            due: public_on.plus(of.days),
            done_on: None,
            left_out: false,
            words: String::new(),
        };
        self.steps.iter().map(step).collect()
    }
}

/// Whether a text names a step.
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=KEY_MOST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// Whether a text is a step's title.
#[must_use]
pub fn is_title(text: &str) -> bool {
    text.chars().count() <= TITLE_MOST && says(text) && !text.chars().any(char::is_control)
}
