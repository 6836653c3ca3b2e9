//! Who did what, and who was refused what.

use actix_web::{HttpRequest, HttpResponse, get};
use calsos_persistence::{AuditFilter, AuditOutcome, AuditRecord};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::operation::ListAudit;
use crate::error::AppError;
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{apart, fresh};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::{Cursor, Page, PageAsked};

/// What stands for the dataset in cursors of this list.
const LIST: &str = "audit";

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
struct AuditEntry {
    /// 1, 2, 3, … in the order in which entries were written.
    sequence: u64,
    /// UTC.
    #[schema(format = DateTime)]
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<String>,
    /// A client, `anonymous`, or the user of a command line.
    actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "county:27")]
    agency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    scopes: Option<String>,
    /// The network address from which it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    address: Option<String>,
    /// The `operationId`, or the command.
    #[schema(example = "updateRelease")]
    operation: String,
    /// Method and path, or what a command did it to.
    target: String,
    /// `done` or `refused`.
    #[schema(example = "refused")]
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status: Option<u16>,
    /// The code of the problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    code: Option<String>,
    detail: String,
}

/// A page of the audit log, the newest entry first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditList)]
struct AuditList {
    items: Vec<AuditEntry>,
    page: Page,
}

/// The audit log
///
/// Every write and every refused access, the newest first. An agency that is not the state sees
/// its own entries.
#[utoipa::path(
    tag = "access", operation_id = "listAudit",
    params(
        ("actor" = Option<String>, Query, description = "Only what this client or user did.", min_length = 1, max_length = 200, example = "anonymous", nullable = false),
        ("operation" = Option<String>, Query, description = "Only this operation or command.", min_length = 1, max_length = 200, example = "updateRelease", nullable = false),
        ("outcome" = Option<String>, Query, description = "Only what came out so: done or refused.", example = "refused", nullable = false),
        ("from" = Option<String>, Query, description = "Only what was written at this moment or later.", format = DateTime, example = "2000-01-01T00:00:00Z", nullable = false),
        ("until" = Option<String>, Query, description = "Only what was written before this moment.", format = DateTime, example = "2099-01-01T00:00:00Z", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
    ),
    responses(
        (status = 200, description = "A page of entries.", body = AuditList),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/audit")]
pub(crate) async fn list_audit(
    request: HttpRequest,
    may: May<ListAudit>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let text = |text: &str| {
        let sound = (1..=200).contains(&text.chars().count());
        sound.then(|| text.to_owned())
    };
    let actor = asked.optional("actor", "a text of 1 to 200 letters", text);
    let operation = asked.optional("operation", "a text of 1 to 200 letters", text);
    let outcome = asked.optional("outcome", "done or refused", AuditOutcome::parse);
    let moment = |text: &str| text.parse::<Timestamp>().ok();
    let from = asked.optional("from", "a moment such as 2000-01-01T00:00:00Z", moment);
    let until = asked.optional("until", "a moment such as 2000-01-01T00:00:00Z", moment);
    let page = PageAsked::without_total(&mut asked);
    let before = page.cursor.as_ref().and_then(|cursor| {
        let sequence = (cursor.dataset == LIST).then(|| cursor.after.parse().ok()).flatten();
        if sequence.is_none() {
            asked.fault("cursor", "it is none of this list".to_owned());
        }
        sequence
    });
    asked.done()?;
    let agency = may.agency().map(ToString::to_string);
    let whole = may.reach().is_some_and(|reach| reach.is_all());
    let store = may.store();
    let limit = page.limit;
    let mut found = apart(move || {
        let filter = AuditFilter {
            before_sequence: before,
            // One more tells whether there is a next page.
            limit: u32::try_from(limit + 1).ok(),
            actor: actor.as_deref(),
            agency: if whole { None } else { Some(agency.as_deref().unwrap_or_default()) },
            operation: operation.as_deref(),
            outcome,
            from,
            until,
        };
        Ok(store.audit(&filter).map_err(AppError::from)?)
    })
    .await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let after = found.last().filter(|_| more).map(|last| last.sequence.to_string());
    let next = after.map(|after| Cursor { dataset: LIST.to_owned(), after }.text());
    let items = found.into_iter().map(entry).collect();
    fresh(&AuditList { items, page: Page { limit, next, total: None } })
}

fn entry(record: AuditRecord) -> AuditEntry {
    let AuditRecord {
        sequence,
        at,
        request_id,
        actor,
        issuer,
        agency,
        scopes,
        address,
        operation,
        target,
        outcome,
        status,
        code,
        detail,
    } = record;
    AuditEntry {
        sequence,
        at,
        request_id,
        actor,
        issuer,
        agency,
        scopes,
        address,
        operation,
        target,
        outcome: outcome.code(),
        status,
        code,
        detail,
    }
}
