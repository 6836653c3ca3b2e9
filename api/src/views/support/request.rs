//! A request for help as it is shown.

use calsos_domain::support::request::{PAID_BY, Request, Taken};
use calsos_persistence::{SupportRecord, SupportVersion};
use serde::Serialize;
use utoipa::ToSchema;

use super::VersionView;
use crate::app::support::content;
use crate::error::AppError;

/// A request for help of an LEA that is not identified for it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HelpRequest)]
pub(crate) struct RequestView {
    /// UUIDv7.
    id: String,
    /// The LEA, 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    /// `district`, `countyOffice` or `charter`.
    lea_type: &'static str,
    /// In which county it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{2}$", example = "01")]
    county: Option<String>,
    /// Who is asked.
    #[schema(example = "county:01")]
    asked: String,
    /// In California.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    asked_on: String,
    /// For what.
    words: String,
    /// Who pays for the help: `lea`. Help by an assignment is not paid by the LEA; that is not
    /// asked for by a request.
    #[schema(example = "lea")]
    paid_by: &'static str,
    /// `asked`, `accepted`, `declined`, `underWay` or `closed`.
    state: String,
    /// The steps that were taken, in order.
    steps: Vec<RequestStepView>,
    /// How often it was written: the number in its `ETag`.
    version: u32,
    /// UTC.
    #[schema(format = DateTime)]
    made_at: String,
    /// UTC.
    #[schema(format = DateTime)]
    changed_at: String,
    /// Who wrote it, and when; of one request by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    versions: Option<Vec<VersionView>>,
}

/// A step of a request.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RequestStep)]
struct RequestStepView {
    /// `accept`, `decline`, `begin` or `close`.
    step: &'static str,
    /// In California.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    on: String,
    /// Why, or how.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    words: Option<String>,
}

impl RequestView {
    pub(crate) fn of(
        record: SupportRecord,
        versions: Option<Vec<SupportVersion>>,
    ) -> Result<RequestView, AppError> {
        let says: Request = content(&record)?;
        let step = |Taken { on, step }: &Taken| RequestStepView {
            step: step.code(),
            on: on.to_string(),
            words: step.words().map(str::to_owned),
        };
        Ok(RequestView {
            id: record.id.to_string(),
            cds: record.cds.map(|cds| cds.to_string()).unwrap_or_default(),
            lea_type: says.lea_type().code(),
            county: record.county.map(|county| county.to_string()),
            asked: says.asked().to_string(),
            asked_on: says.asked_on().to_string(),
            words: says.words().to_owned(),
            paid_by: PAID_BY,
            steps: says.steps().iter().map(step).collect(),
            state: record.version.state,
            version: record.version.version,
            made_at: record.made_at,
            changed_at: record.version.at,
            versions: versions.map(|all| all.into_iter().map(VersionView::of).collect()),
        })
    }
}
