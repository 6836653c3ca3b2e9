//! Counts of a year.

use std::collections::BTreeMap;

use calsos_domain::year::DashboardYear;
use serde::Serialize;
use utoipa::ToSchema;

use super::Office;
use super::answers::Answered;
use crate::error::AppError;

/// What is counted, by what it is of and what it is.
pub(crate) type Counts = BTreeMap<String, BTreeMap<String, usize>>;

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
        Ok(Summary::of(year, &self.answers_of(year)?))
    }
}

impl Summary {
    /// Counts answers of a year.
    pub(crate) fn of(year: DashboardYear, answers: &[Answered]) -> Summary {
        let mut summary =
            Summary { dashboard_year: year.number(), leas: answers.len(), ..Summary::default() };
        let add = |counts: &mut Counts, of: &str, as_: &str| {
            *counts.entry(of.to_owned()).or_default().entry(as_.to_owned()).or_default() += 1;
        };
        for answered in answers {
            let view = &answered.view;
            summary.provisional += usize::from(view.provisional);
            let unknown = if view.judged { "not known" } else { "not judged" };
            add(&mut summary.labels, &view.lea_type, view.label.as_deref().unwrap_or(unknown));
            let level = view.eligible_level.map_or(unknown.to_owned(), |l| l.to_string());
            add(&mut summary.levels, &view.lea_type, &level);
            for method in &view.methods {
                add(&mut summary.methods, &method.id, &method.outcome);
            }
            for test in &view.sustained_need {
                add(&mut summary.sustained_need, &test.id, &test.outcome);
            }
            for (group, _) in view.coded_groups() {
                *summary.groups.entry(group.to_owned()).or_default() += 1;
            }
            let met: std::collections::BTreeSet<u8> = view
                .groups
                .iter()
                .flat_map(|g| &g.priorities)
                .filter(|p| p.outcome == "met")
                .map(|p| p.priority)
                .collect();
            for priority in met {
                *summary.priorities.entry(priority.to_string()).or_default() += 1;
            }
        }
        summary
    }
}
