//! Records of support as they are shown.

pub(crate) mod assignment;
pub(crate) mod communication;
pub(crate) mod engagement;
pub(crate) mod intervention;
pub(crate) mod referral;
pub(crate) mod request;
pub(crate) mod service;

use calsos_domain::support::evidence::MetTest;
use calsos_persistence::SupportVersion;
use serde::Serialize;
use utoipa::ToSchema;

/// A version of a record: who wrote it, when, and what made it. What it said is in the record
/// as of its moment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecordVersion)]
pub(crate) struct VersionView {
    /// 1, 2, 3, …
    version: u32,
    /// `created`, `changed` or `deleted`.
    #[schema(example = "created")]
    what: &'static str,
    /// The state of the record from then on.
    state: String,
    /// UTC.
    #[schema(format = DateTime)]
    at: String,
    /// The client that wrote it.
    by: String,
    /// For which agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "county:27")]
    agency: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
}

impl VersionView {
    pub(crate) fn of(version: SupportVersion) -> VersionView {
        let SupportVersion { version, what, state, at, by_client, by_agency, reason, .. } = version;
        VersionView {
            version,
            what: what.code(),
            state,
            at,
            by: by_client,
            agency: by_agency,
            reason,
        }
    }
}

/// The test over several years that opened level 3, in the public determination of then.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MetTest)]
pub(crate) struct MetTestView {
    /// The test's id in the edition.
    test: String,
    /// Where the law has it.
    citation: String,
    dashboard_year: u16,
    /// The id of the run that decided it.
    run: String,
    /// The student groups in need for so long.
    groups: Vec<String>,
}

impl MetTestView {
    pub(crate) fn of(met: &MetTest) -> MetTestView {
        let MetTest { test, citation, dashboard_year, run, groups } = met.clone();
        let dashboard_year = dashboard_year.number();
        MetTestView { test, citation, dashboard_year, run, groups }
    }
}
