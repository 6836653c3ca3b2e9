//! Two runs, and what the second answers otherwise.

use std::collections::BTreeMap;

use calsos_persistence::RunRecord;
use serde::Serialize;
use utoipa::ToSchema;

use super::changes::ChangeView;

/// What is another in the second of two runs, counts first.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunDiffView {
    pub(crate) before: RunView,
    pub(crate) after: RunView,
    pub(crate) counts: DiffCounts,
    pub(crate) editions: Vec<EditionChange>,
    pub(crate) releases: Vec<ReleaseChange>,
    /// What the program answers.
    pub(crate) answers: Vec<LeaChange>,
    /// What the state's lists in force say.
    pub(crate) lists: Vec<LeaChange>,
}

/// A run, without its answers.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Run)]
pub(crate) struct RunView {
    pub(crate) run: String,
    pub(crate) number: u32,
    /// When it became current: UTC.
    #[schema(format = DateTime)]
    pub(crate) made_at: String,
    pub(crate) made_by: String,
    pub(crate) program_version: String,
    pub(crate) releases: usize,
    pub(crate) editions: usize,
    pub(crate) answers: u64,
}

impl RunView {
    pub(crate) fn of(record: &RunRecord) -> RunView {
        let RunRecord {
            number,
            id,
            made_at,
            by,
            program_version,
            releases,
            editions,
            answer_count,
        } = record;
        RunView {
            run: id.to_string(),
            number: *number,
            made_at: made_at.clone(),
            made_by: by.clone(),
            program_version: program_version.clone(),
            releases: releases.len(),
            editions: editions.len(),
            answers: *answer_count,
        }
    }
}

/// How many LEAs and years came out how.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiffCounts {
    /// Nothing is another, neither answer nor reason.
    pub(crate) same: usize,
    /// The answers are the same, and something behind them is not: a cell, a row, an
    /// edition, an earlier year.
    pub(crate) other_reasons: usize,
    pub(crate) changed: usize,
    pub(crate) gained: usize,
    pub(crate) lost: usize,
    /// By what changed, all groups' codes together, and Dashboard year.
    pub(crate) changed_answers: BTreeMap<String, BTreeMap<u16, usize>>,
    pub(crate) list_rows_changed: usize,
    pub(crate) list_rows_gained: usize,
    pub(crate) list_rows_lost: usize,
    pub(crate) changed_in_lists: BTreeMap<String, BTreeMap<u16, usize>>,
}

/// A year's edition that is another; `None` where a run had none.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EditionChange {
    pub(crate) dashboard_year: u16,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// A file that one of the runs did not read, or that is in force in one of them only.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReleaseChange {
    pub(crate) release: u32,
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dashboard_year: Option<u16>,
    pub(crate) file: String,
    /// `added`, `withdrawn`, `removed`, `superseded` or `inForceAgain`.
    pub(crate) change: &'static str,
    /// `not read`, `in force`, or what had taken its place.
    pub(crate) before: String,
    pub(crate) after: String,
}

/// An LEA's year that is another.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeaChange {
    pub(crate) dashboard_year: u16,
    pub(crate) cds: String,
    pub(crate) name: String,
    /// `changed`, `gained` or `lost`.
    pub(crate) change: &'static str,
    /// What changed; of a year that was gained or lost, its label.
    pub(crate) changes: Vec<ChangeView>,
}
