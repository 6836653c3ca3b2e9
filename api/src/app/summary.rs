//! Counts of a year.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::year::DashboardYear;
use serde::Serialize;
use utoipa::ToSchema;

use super::Office;
use super::answers::EachAnswer;
use crate::error::AppError;
use crate::views::answer::DeterminationView;

/// How many LEAs, by what is counted and what was found of it.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Counts(pub(crate) BTreeMap<String, BTreeMap<String, usize>>);

impl Counts {
    fn add(&mut self, of: &str, found: &str) {
        *self.0.entry(of.to_owned()).or_default().entry(found.to_owned()).or_default() += 1;
    }
}

/// Counts of a year's determinations.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    pub(crate) dashboard_year: u16,
    pub(crate) leas: usize,
    pub(crate) provisional: usize,
    /// By type of LEA and label; `not known` and `not judged` are labels here.
    pub(crate) labels: Counts,
    /// By type of LEA and level of support.
    pub(crate) levels: Counts,
    /// By method and outcome.
    pub(crate) methods: Counts,
    /// By student group: LEAs where the group has a code.
    pub(crate) groups: BTreeMap<String, usize>,
    /// By state priority: LEAs where a group is in it.
    pub(crate) priorities: BTreeMap<String, usize>,
    /// By test over several years and outcome.
    pub(crate) sustained_need: Counts,
}

impl Office {
    /// Counts the determinations of a year.
    pub(crate) fn summary(&self, year: DashboardYear) -> Result<Summary, AppError> {
        Summary::of(year, &|of, read| self.each_answer(year, of, read))
    }
}

impl Summary {
    /// Counts the answers of a year.
    pub(crate) fn of(year: DashboardYear, each: &EachAnswer<'_>) -> Result<Summary, AppError> {
        let mut summary = Summary { dashboard_year: year.number(), ..Summary::default() };
        each(year, &mut |answered| {
            summary.add(&answered.view);
            Ok(())
        })?;
        Ok(summary)
    }

    fn add(&mut self, view: &DeterminationView) {
        self.leas += 1;
        self.provisional += usize::from(view.provisional);
        let unknown = if view.judged { "not known" } else { "not judged" };
        self.labels.add(&view.lea_type, view.label.as_deref().unwrap_or(unknown));
        let level = view.eligible_level.map_or(unknown.to_owned(), |l| l.to_string());
        self.levels.add(&view.lea_type, &level);
        for method in &view.methods {
            self.methods.add(&method.id, &method.outcome);
        }
        for test in &view.sustained_need {
            self.sustained_need.add(&test.id, &test.outcome);
        }
        for (group, _) in view.coded_groups() {
            *self.groups.entry(group.to_owned()).or_default() += 1;
        }
        let priorities = view.groups.iter().flat_map(|g| &g.priorities);
        let met: BTreeSet<u8> =
            priorities.filter(|p| p.outcome == "met").map(|p| p.priority).collect();
        for priority in met {
            *self.priorities.entry(priority.to_string()).or_default() += 1;
        }
    }
}
