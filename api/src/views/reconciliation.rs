//! Computed against published, as it is shown.

use serde::Serialize;
use utoipa::ToSchema;

/// The comparison of one year.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Reconciliation)]
pub(crate) struct ReconciliationView {
    pub(crate) dashboard_year: u16,
    /// `files` or `codes`.
    pub(crate) basis: String,
    /// LEAs on the list.
    pub(crate) leas: usize,
    /// Of those, LEAs whose every cell is known and agrees.
    pub(crate) leas_agreeing: usize,
    pub(crate) agreeing: usize,
    pub(crate) differing: usize,
    pub(crate) not_known: usize,
    pub(crate) columns: Vec<ColumnView>,
    pub(crate) differences: Vec<CellDifference>,
    /// Cells that cannot be computed, with what is missing.
    pub(crate) unknown: Vec<CellDifference>,
    /// LEAs that the computation has and the list has not, and the reverse.
    pub(crate) not_on_list: Vec<String>,
    pub(crate) not_computed: Vec<String>,
    /// Rows of the list whose own columns do not fit each other.
    pub(crate) list_against_itself: Vec<String>,
    /// Charter schools against the year's charter list, where one was imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) charters: Option<CharterComparisonView>,
}

/// The comparison of one year's charter schools.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CharterComparison)]
pub(crate) struct CharterComparisonView {
    /// Charter schools on the list.
    pub(crate) leas: usize,
    /// Of those, the ones whose every cell is known and agrees.
    pub(crate) leas_agreeing: usize,
    pub(crate) agreeing: usize,
    pub(crate) differing: usize,
    pub(crate) not_known: usize,
    pub(crate) columns: Vec<ColumnView>,
    pub(crate) differences: Vec<CellDifference>,
    pub(crate) unknown: Vec<CellDifference>,
    pub(crate) not_on_list: Vec<String>,
    pub(crate) not_computed: Vec<String>,
}

/// How one column of the list came out.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Column)]
pub(crate) struct ColumnView {
    pub(crate) column: String,
    pub(crate) agreeing: usize,
    pub(crate) differing: usize,
    pub(crate) not_known: usize,
}

/// A cell that differs or is not known.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CellDifference {
    pub(crate) cds: String,
    pub(crate) name: String,
    pub(crate) column: String,
    /// What was computed; `not known` where it cannot be.
    pub(crate) computed: String,
    pub(crate) published: String,
    /// Why, by the cells behind the computed side or the files that are missing.
    pub(crate) reason: String,
    /// The answer under each reading, where an open point is behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) readings: Option<String>,
}
