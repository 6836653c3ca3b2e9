//! The tree of reasons, as it is shown.

use std::collections::BTreeMap;

use calsos_domain::facts::ReleaseNumber;
use calsos_domain::small_numbers::{Counts, Masking};
use calsos_domain::trace::{RowRef, TraceNode};
use calsos_persistence::ReleaseRecord;
use serde::Serialize;
use utoipa::ToSchema;

/// A node of the tree.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TraceNode)]
pub(crate) struct TraceView {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) citations: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) source: Option<SourceView>,
    /// The answers that another value in this cell would change; an empty list marks an
    /// irrelevant cell, and what is no cell has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) decides: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub(crate) children: Vec<TraceView>,
}

/// The row that a value stands in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Source)]
pub(crate) struct SourceView {
    pub(crate) release: u32,
    pub(crate) file: String,
    pub(crate) row: u32,
    pub(crate) sha256: String,
}

impl TraceView {
    /// Shows a tree; `releases` names the files, and `masking` those whose small counts are
    /// not shown.
    pub(crate) fn of(
        node: &TraceNode<'_>,
        releases: &BTreeMap<ReleaseNumber, &ReleaseRecord>,
        masking: &Masking,
    ) -> TraceView {
        let counts =
            node.source.map_or(Counts::AsPublished, |source| masking.counts(source.release));
        let children = node.children.iter();
        TraceView {
            id: node.id(),
            kind: node.kind().code().to_owned(),
            label: node.label(),
            outcome: node.outcome.map(|o| o.code().to_owned()),
            value: node.value_words(counts),
            unit: node.unit().map(str::to_owned),
            reason: node.reason_words(counts),
            citations: node.citations().iter().map(|c| c.as_str().to_owned()).collect(),
            source: node.source.and_then(|source| source_view(source, releases)),
            decides: node.cell.map(|_| node.decides.iter().map(|a| a.text()).collect()),
            children: children.map(|child| TraceView::of(child, releases, masking)).collect(),
        }
    }
}

fn source_view(
    source: RowRef,
    releases: &BTreeMap<ReleaseNumber, &ReleaseRecord>,
) -> Option<SourceView> {
    let record = releases.get(&source.release)?;
    Some(SourceView {
        release: source.release.0,
        file: record.file_name.clone(),
        row: source.row,
        sha256: record.sha256.clone(),
    })
}
