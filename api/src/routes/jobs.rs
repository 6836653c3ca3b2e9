//! What is done later: runs that are asked for, and how far jobs are.

use std::borrow::Cow;

use actix_web::http::header::{CACHE_CONTROL, HeaderName, LOCATION};
use actix_web::web::{Path, Payload};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use calsos_persistence::{
    AddJob, CancelJob as Cancelled, JobId, JobKind, JobRecord, NewJob, Once, StoreError,
};
use jiff::{Timestamp, ToSpan as _};
use sha2::{Digest as _, Sha256};

use crate::app::jobs::sha256_text;
use crate::auth::caller::Caller;
use crate::auth::operation::{CancelJob, CreateRun, GetJob, Operation};
use crate::error::AppError;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, drawn, fresh, json};
use crate::server::asked::Asked;
use crate::server::audit::Entry;
use crate::server::may::May;
use crate::views::job::JobView;

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
pub(super) const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// How many letters a caller's name for a request may have.
const KEY_MOST: usize = 255;

/// For how many hours it is remembered.
pub(super) const KEY_HOURS: i64 = 24;

/// Have everything decided anew
///
/// A run decides every LEA of every year from the files that are stored when it begins, and
/// becomes the one that is served. It takes the scope `import` and an agency. The job says how
/// far it is, and in the end which run came of it.
#[utoipa::path(
    tag = "jobs", operation_id = "createRun",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with the same job.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "run-2099-12-15", nullable = false),
    ),
    responses(
        (status = 202, description = "The job that will do it.", body = JobView),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/runs")]
pub(crate) async fn create_run(
    request: HttpRequest,
    may: May<CreateRun>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let key = key_of(&request, &mut asked);
    asked.done()?;
    if !payload.to_bytes().await.is_ok_and(|body| body.is_empty()) {
        return Err(Problem::new(Kind::BodyNotValid, "a run is asked for without a body"));
    }
    let asked = JobAsked { kind: JobKind::Run, request: "{}".to_owned(), said: "{}", key };
    add(&request, &may, asked, None).await
}

/// How far a job is
///
/// Jobs of other agencies are not there; the state sees all.
#[utoipa::path(
    tag = "jobs", operation_id = "getJob",
    params(("id" = String, Path, description = "The job's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59")),
    responses(
        (status = 200, description = "The job.", body = JobView),
        (status = "4XX", description = "There is no such job, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/jobs/{id}")]
pub(crate) async fn get_job(
    request: HttpRequest,
    may: May<GetJob>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    fresh(&JobView::of(visible(&may, &path, None).await?)?)
}

/// Call a job off
///
/// Nothing is stored for it then, also where it is being done. One that has ended stays as it
/// is: 409.
#[utoipa::path(
    tag = "jobs", operation_id = "cancelJob",
    params(("id" = String, Path, description = "The job's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59")),
    responses(
        (status = 200, description = "The job, which is called off.", body = JobView),
        (status = "4XX", description = "There is no such job, it has ended, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/jobs/{id}")]
pub(crate) async fn cancel_job(
    request: HttpRequest,
    may: May<CancelJob>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let id = visible(&may, &path, None).await?.id;
    let entry = Entry::of(&request, &may.caller, CancelJob::ID);
    let store = may.store();
    let cancelled =
        apart(move || Ok(store.cancel_job(id, Some(entry.done())).map_err(AppError::from)?));
    match cancelled.await? {
        Cancelled::Cancelled(job) => fresh(&JobView::of(job)?),
        Cancelled::Ended(job) => {
            let detail =
                format!("the job has ended ({}), and stays as it is; it is too late", job.state);
            Err(Problem::new(Kind::JobEnded, detail))
        }
    }
}

/// A job that a caller asks for.
pub(super) struct JobAsked<'a> {
    pub(super) kind: JobKind,
    /// What is kept of what is asked for, as JSON.
    pub(super) request: String,
    /// What was said, whole: the same text for the same request.
    pub(super) said: &'a str,
    /// The caller's name for the request.
    pub(super) key: Option<String>,
}

/// The caller's name for the request, if it gives one.
pub(super) fn key_of(request: &HttpRequest, asked: &mut Asked) -> Option<String> {
    let mut given = request.headers().get_all(IDEMPOTENCY_KEY);
    let key = given.next()?.as_bytes();
    let sound = (1..=KEY_MOST).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    if !sound || given.next().is_some() {
        let detail = format!("1 to {KEY_MOST} visible letters of ASCII are expected, once");
        asked.fault(IDEMPOTENCY_KEY, detail);
    }
    Some(String::from_utf8_lossy(key).into_owned())
}

/// What a body says, to tell whether a request by the same key is the same: of JSON without its
/// spaces and the order of its members, which clients write each in their own way.
pub(super) fn what_is_said(body: &[u8]) -> Cow<'_, [u8]> {
    let value = serde_json::from_slice::<serde_json::Value>(body);
    value.map_or(Cow::Borrowed(body), |value| Cow::Owned(value.to_string().into_bytes()))
}

/// Adds a job, and answers with where it is.
pub(super) async fn add<O: Operation + 'static>(
    request: &HttpRequest,
    may: &May<O>,
    asked: JobAsked<'_>,
    content: Option<std::fs::File>,
) -> Result<HttpResponse, Problem> {
    let Caller::Known(verified) = &may.caller else {
        return Err(Problem::new(Kind::Internal, "nobody asks who has no token"));
    };
    let agency = own_agency(may)?;
    let (actor, issuer) = (verified.client.clone(), verified.issuer.clone());
    let entry = Entry::of(request, &may.caller, O::ID).answered(202);
    let hash = sha256_text(&Sha256::digest(asked.said));
    let (kind, what, key) = (asked.kind, asked.request, asked.key);
    let store = may.store();
    let added = apart(move || {
        let since = Timestamp::now().saturating_sub(KEY_HOURS.hours()).unwrap_or(Timestamp::MIN);
        let once = key.as_deref().map(|key| Once { key, request_hash: &hash, since });
        let new = NewJob {
            kind,
            actor: &actor,
            issuer: &issuer,
            agency: &agency,
            request: &what,
            once,
            audit: Some(entry.done()),
        };
        let mut content = content;
        let content = content.as_mut().map(|file| file as &mut dyn std::io::Read);
        Ok(store.add_job(&new, content).map_err(AppError::from)?)
    });
    let (job, replayed) = match added.await? {
        AddJob::Added(job) => {
            may.service().jobs.wake();
            (job, false)
        }
        AddJob::Again(job) => (job, true),
        AddJob::Otherwise(job) => {
            let detail = format!(
                "this {IDEMPOTENCY_KEY} was sent with another request at {}; give this one another \
                 key, or send what was sent then",
                job.created_at
            );
            return Err(Problem::new(Kind::KeyUsedOtherwise, detail));
        }
    };
    let collection = match kind {
        JobKind::Import => "imports",
        JobKind::Run => "jobs",
    };
    let mut response = HttpResponse::Accepted();
    let place = format!("{}/v1/{collection}/{}", may.service().base_url, job.id);
    response.insert_header((LOCATION, place)).insert_header((CACHE_CONTROL, "no-store"));
    if replayed {
        response.insert_header((IDEMPOTENCY_REPLAYED, "true"));
    }
    Ok(json(response, drawn(&JobView::of(job)?)?.into()))
}

/// The agency of a caller; who has none asks for nothing to be stored.
pub(super) fn own_agency<O: Operation>(may: &May<O>) -> Result<String, Problem> {
    agency_of(may).ok_or_else(|| {
        let detail = "the token has no agency, which bounds what is taken in; whoever runs this \
                      service gives a client one";
        Problem::new(Kind::OutOfReach, detail)
    })
}

fn agency_of<O: Operation>(may: &May<O>) -> Option<String> {
    may.agency().map(ToString::to_string)
}

/// The agency whose jobs a caller sees; `None` for who sees all.
pub(super) fn sees_of<O: Operation>(may: &May<O>) -> Option<String> {
    let whole = may.reach().is_some_and(|reach| reach.is_all());
    (!whole).then(|| agency_of(may).unwrap_or_default())
}

/// A job that the caller may know of.
pub(super) async fn visible<O: Operation>(
    may: &May<O>,
    id: &str,
    kind: Option<JobKind>,
) -> Result<JobRecord, Problem> {
    let id = JobId::parse(id).ok_or_else(unknown)?;
    let (store, sees) = (may.store(), sees_of(may));
    apart(move || match store.job(id) {
        Ok(job)
            if sees.is_none_or(|agency| agency == job.agency)
                && kind.is_none_or(|kind| kind == job.kind) =>
        {
            Ok(job)
        }
        Ok(_) | Err(StoreError::UnknownJob(_)) => Err(unknown()),
        Err(error) => Err(AppError::from(error).into()),
    })
    .await
}

fn unknown() -> Problem {
    let detail = "no job of your agency has this id; /v1/imports lists those that take in files";
    Problem::new(Kind::UnknownJob, detail)
}
