//! What a run answers otherwise than the one before it, and because of what.

use serde::Serialize;
use utoipa::ToSchema;

use super::changes::{ChangeView, NOTHING};

/// How many LEAs and years came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChangeTotals {
    /// Those that only the run has.
    pub(crate) gained: usize,
    /// Those that only the one before has.
    pub(crate) lost: usize,
    /// Those that both have, and that say something else.
    pub(crate) changed: usize,
    /// Those that say the same, though something behind them is another: a cell, a row, an
    /// edition, an earlier year.
    pub(crate) other_reasons: usize,
    /// Those of which nothing is another.
    pub(crate) same: usize,
}

impl ChangeTotals {
    pub(crate) fn add(&mut self, other: ChangeTotals) {
        let ChangeTotals { gained, lost, changed, other_reasons, same } = other;
        self.gained += gained;
        self.lost += lost;
        self.changed += changed;
        self.other_reasons += other_reasons;
        self.same += same;
    }
}

/// What changed of one LEA in one year.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RunChange)]
pub(crate) struct RunChangeView {
    /// 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    pub(crate) cds: String,
    pub(crate) name: String,
    /// The Dashboard's year.
    pub(crate) dashboard_year: u16,
    /// `gained`, `lost` or `changed`.
    #[schema(example = "changed")]
    pub(crate) change: &'static str,
    /// What is another; of what was gained or lost, its label.
    pub(crate) changes: Vec<AnswerChangeView>,
    pub(crate) causes: CausesView,
}

/// One thing that is another.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AnswerChange)]
pub(crate) struct AnswerChangeView {
    /// By the names of the answers in a trace, such as `label`, `level`, `M1`, `code.SWD`.
    #[schema(example = "code.SWD")]
    pub(crate) what: String,
    /// Absent where the run before does not speak of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "none")]
    pub(crate) before: Option<String>,
    /// Absent where the run does not speak of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "C")]
    pub(crate) after: Option<String>,
}

impl AnswerChangeView {
    pub(crate) fn of(change: &ChangeView) -> AnswerChangeView {
        let said = |text: &String| (text != NOTHING).then(|| text.clone());
        AnswerChangeView {
            what: change.what.clone(),
            before: said(&change.before),
            after: said(&change.after),
        }
    }
}

/// What something is another for.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ChangeCauses)]
pub(crate) struct CausesView {
    /// Files that one of the two answers rests on and the other does not, and that were not in
    /// force alike. Where that is none, all such files that speak of the LEA.
    pub(crate) releases: Vec<CausingRelease>,
    /// Editions of the year and of those before it that are others.
    pub(crate) editions: Vec<CausingEdition>,
    /// The versions of the program, where they differ and nothing else does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) program: Option<CausingProgram>,
}

/// A file that is a cause.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CausingRelease {
    /// The number of the release.
    pub(crate) number: u32,
    /// `ELA`, `LOCAL1`, `LIST`, `DIRECTORY` and so on.
    #[schema(example = "ELA")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) dashboard_year: Option<u16>,
    pub(crate) file_name: String,
    /// `added`, `superseded`, `withdrawn` or `inForceAgain`.
    #[schema(example = "superseded")]
    pub(crate) change: &'static str,
}

/// A year's rules that are others, by their hashes; absent where a run had none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CausingEdition {
    pub(crate) dashboard_year: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) after: Option<String>,
}

/// Two versions of the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CausingProgram {
    pub(crate) before: String,
    pub(crate) after: String,
}
