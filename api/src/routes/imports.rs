//! Files that are sent to be taken in.

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use calsos_domain::facts::Beside;
use calsos_domain::release::ReleaseKind;
use calsos_persistence::{JobFilter, JobKind, PublicAt};
use serde::Serialize;
use utoipa::ToSchema;

use super::jobs::{JobAsked, add, key_of, own_agency, sees_of, visible};
use crate::app::jobs::ImportAsked;
use crate::app::moments;
use crate::auth::operation::{CreateImport, GetImport, ListImportIssues, ListImports};
use crate::auth::scope::Scope;
use crate::error::AppError;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, fresh};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::{Cursor, Page, PageAsked};
use crate::server::scope_needed;
use crate::server::uploads::{digest_said, receive};
use crate::views::job::{ImportIssue, JobView, found};

/// What stands for the dataset in cursors of this list.
const LIST: &str = "imports";

/// The longest name of a file, in letters.
const FILE_NAME_MOST: usize = 255;

/// How a file is sent.
const OCTETS: &str = "application/octet-stream";

/// Files that were sent to be taken in, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ImportList {
    items: Vec<JobView>,
    page: Page,
}

/// What is wrong in a file, or worth a look.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ImportIssueList {
    items: Vec<ImportIssue>,
    /// How many more faults there are, which are not told.
    more: usize,
}

/// Send a file to be taken in
///
/// The body is the file as it is. It is stored whole or not at all, later, by a job that says
/// how far it is. The scope `import` is needed, with `publicAt` `publish` as well, and an agency
/// that reaches every LEA of whom the file speaks. `Content-Digest` with a SHA-256 is checked.
#[utoipa::path(
    tag = "jobs", operation_id = "createImport",
    params(
        ("fileName" = String, Query, description = "The file's name, which may tell kind and year.", min_length = 1, max_length = 255, pattern = "^[^/\\\\\\x00-\\x1f\\x7f-\\x9f]+$", example = "suspdownload.txt"),
        ("kind" = Option<String>, Query, description = "What the file is, where it does not tell it itself.", example = "SUSP", nullable = false),
        ("year" = Option<u16>, Query, description = "Of which Dashboard year it is, together with `kind`.", nullable = false),
        ("publicAt" = Option<String>, Query, description = "From when its results are public: a moment with its offset, a day of California, `now`, or `closed`.", example = "2099-12-15", nullable = false),
        ("beside" = Option<String>, Query, description = "Which goes before for the LEAs of whom both speak, where this file is statewide and stored ones of its kind and year are of counties, or the other way round: `wins` for this one, `yields` for those. Without it such a file is refused.", example = "wins", nullable = false),
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with the same job.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "susp-2099-12-15", nullable = false),
        ("Content-Digest" = Option<String>, Header, description = "The SHA-256 of the body, as RFC 9530 writes it.", example = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:", nullable = false),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file, 1 to 268435456 bytes."),
    responses(
        (status = 202, description = "The job that will take it in.", body = JobView),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 507, description = "There is no room for the file.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/imports")]
pub(crate) async fn create_import(
    request: HttpRequest,
    may: May<CreateImport>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    own_agency(&may)?;
    let mut asked = Asked::of(&request);
    let name = asked.optional("fileName", "a file's name without its folder", |text| {
        let sound = (1..=FILE_NAME_MOST).contains(&text.chars().count())
            && !text.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'));
        sound.then(|| text.to_owned())
    });
    let kind = asked.optional("kind", "a kind of file such as ELA, LOCAL6 or LIST,", |text| {
        ReleaseKind::parse(text).filter(|kind| kind.code() == text)
    });
    let year = asked.year();
    if year.is_some() && kind.is_none() {
        asked.fault("year", "it says of which year a file of a kind is; give kind, too".to_owned());
    }
    let public_at = asked.optional("publicAt", moments::EXPECTED, |text| {
        moments::parse(text).map(|moment| (moment, text.to_owned()))
    });
    let beside = asked.optional("beside", "wins or yields", Beside::parse);
    let key = key_of(&request, &mut asked);
    let file_name = asked.done_with(name)?;
    if public_at.is_some() && !may.caller.has(Scope::Publish) {
        return Err(scope_needed(Scope::Publish));
    }
    let is_file = request.headers().get(CONTENT_TYPE).is_none_or(|given| {
        let media = given.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        media.trim_ascii().eq_ignore_ascii_case(OCTETS.as_bytes())
    });
    if !is_file {
        let detail = format!("send the file as it is, with Content-Type: {OCTETS}");
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    }
    let said = digest_said(request.headers())?;
    let upload = receive(payload, may.service().jobs.spool.clone(), said).await?;
    let asked = ImportAsked {
        file_name,
        byte_length: upload.byte_length,
        sha256: upload.sha256,
        kind: kind.map(|kind| kind.code()),
        dashboard_year: year.map(|year| year.number()),
        public_at: public_at.as_ref().map(|(moment, _)| match moment {
            PublicAt::From(moment) => moment.to_string(),
            PublicAt::Closed => "closed".to_owned(),
        }),
        beside: beside.map(|beside| beside.code().to_owned()),
    };
    let what = serde_json::to_string(&asked).map_err(AppError::from)?;
    // `now` is another moment each time, and the same word.
    let said = ImportAsked { public_at: public_at.map(|(_, text)| text), ..asked };
    let said = serde_json::to_string(&said).map_err(AppError::from)?;
    let asked = JobAsked { kind: JobKind::Import, request: what, said: &said, key };
    add(&request, &may, asked, Some(upload.file)).await
}

/// Files that were sent to be taken in
///
/// The newest first. An agency that is not the state sees its own.
#[utoipa::path(
    tag = "jobs", operation_id = "listImports",
    params(
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
    ),
    responses(
        (status = 200, description = "A page of jobs.", body = ImportList),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/imports")]
pub(crate) async fn list_imports(
    request: HttpRequest,
    may: May<ListImports>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let page = PageAsked::without_total(&mut asked);
    let before = page.cursor.as_ref().and_then(|cursor| {
        let sequence = (cursor.dataset == LIST).then(|| cursor.after.parse().ok()).flatten();
        if sequence.is_none() {
            asked.fault("cursor", "it is none of this list".to_owned());
        }
        sequence
    });
    asked.done()?;
    let (store, sees, limit) = (may.store(), sees_of(&may), page.limit);
    let mut jobs = apart(move || {
        let filter = JobFilter {
            before_sequence: before,
            // One more tells whether there is a next page.
            limit: u32::try_from(limit + 1).ok(),
            kind: Some(JobKind::Import),
            agency: sees.as_deref(),
        };
        Ok(store.jobs(&filter).map_err(AppError::from)?)
    })
    .await?;
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    let after = jobs.last().filter(|_| more).map(|last| last.sequence.to_string());
    let next = after.map(|after| Cursor { dataset: LIST.to_owned(), after }.text());
    let items = jobs.into_iter().map(JobView::of).collect::<Result<_, _>>()?;
    fresh(&ImportList { items, page: Page { limit, next, total: None } })
}

/// How far a file is
#[utoipa::path(
    tag = "jobs", operation_id = "getImport",
    params(("id" = String, Path, description = "The job's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59")),
    responses(
        (status = 200, description = "The job that takes it in.", body = JobView),
        (status = "4XX", description = "There is no such job, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/imports/{id}")]
pub(crate) async fn get_import(
    request: HttpRequest,
    may: May<GetImport>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    fresh(&JobView::of(visible(&may, &path, Some(JobKind::Import)).await?)?)
}

/// What is wrong in a file
///
/// Of a file that was refused the faults, the first hundred by row; of one that was stored what
/// was left out, repaired or is worth a look. Empty until the file was read.
#[utoipa::path(
    tag = "jobs", operation_id = "listImportIssues",
    params(("id" = String, Path, description = "The job's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59")),
    responses(
        (status = 200, description = "The issues.", body = ImportIssueList),
        (status = "4XX", description = "There is no such job, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/imports/{id}/issues")]
pub(crate) async fn list_import_issues(
    request: HttpRequest,
    may: May<ListImportIssues>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let job = visible(&may, &path, Some(JobKind::Import)).await?;
    let asked: ImportAsked = serde_json::from_str(&job.request).map_err(AppError::from)?;
    let found = found(&job)?.unwrap_or_default();
    let issue = |issue| ImportIssue::of(issue, &asked.file_name);
    fresh(&ImportIssueList {
        items: found.issues.into_iter().map(issue).collect(),
        more: found.more,
    })
}
