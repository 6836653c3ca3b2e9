//! The files that were taken in.

use std::collections::BTreeMap;

use actix_web::http::header::IF_MATCH;
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse, get, patch};
use calsos_domain::facts::{Beside, ReleaseNumber};
use calsos_persistence::{ChangeRelease, NewWithdrawal, PublicAt, ReleaseRecord, SeenOfRelease};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::app::moments::{self, Moments};
use crate::app::release_states::{coverage_words, states};
use crate::app::withdraw::{REASON_EXPECTED, reason};
use crate::auth::operation::{GetRelease, ListReleases, Operation as _, UpdateRelease};
use crate::error::AppError;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, drawn, json, of_snapshot, tagged};
use crate::server::asked::Asked;
use crate::server::audit::Entry;
use crate::server::may::May;

/// A file that was taken in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Release {
    /// UUIDv7.
    id: String,
    /// 1, 2, 3, … in the order of import; rows name their release by it.
    number: u32,
    /// `ELA`, `LOCAL1`, `LIST`, `DIRECTORY` and so on.
    #[schema(example = "ELA")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dashboard_year: Option<u16>,
    /// The date inside the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    file_date: Option<String>,
    file_name: String,
    /// The SHA-256 of the file.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    byte_length: u64,
    rows_kept: u64,
    /// Whether it speaks about the whole state.
    statewide: bool,
    /// About which LEAs it speaks, in words.
    coverage: String,
    /// `in force`, what took its place, or `withdrawn`.
    state: String,
    /// What was said, when it was taken in, of it beside releases of its kind and year, of which
    /// exactly one is statewide: `wins`, it goes before them for the LEAs of whom both speak;
    /// `yields`, they do. Absent where nothing was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "wins")]
    beside: Option<&'static str>,
    /// UTC.
    #[schema(format = DateTime)]
    imported_at: String,
    /// Whether the current run read it.
    in_current_run: bool,
    /// From when its results are public: UTC; absent where it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    public_at: Option<String>,
    /// `true` where it is withdrawn: kept, and in no run that is made from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    withdrawn: Option<bool>,
    /// When that was said: UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    withdrawn_at: Option<String>,
    /// Why it is withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    withdrawn_reason: Option<String>,
}

/// What is changed of a release; of what is absent, nothing. At least one of `publicAt` and
/// `withdrawn` is there, and `reason` exactly where `withdrawn` is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ReleaseChange)]
struct ReleaseChange {
    /// From when its results are public: a moment with its offset, a day of California, `now`,
    /// or `closed`.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = "2099-12-15T10:00:00-08:00")]
    public_at: Option<String>,
    /// Whether it is withdrawn: `false` reinstates it.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = true)]
    withdrawn: Option<bool>,
    /// Why it is withdrawn or reinstated, on one line.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, min_length = 1, max_length = 1000, example = "a test file")]
    reason: Option<String>,
}

/// A value that is there: `null` is none.
pub(super) fn there<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// What a body says is changed.
struct Change {
    public_at: Option<PublicAt>,
    withdrawn: Option<(bool, String)>,
}

impl Change {
    fn read(body: &[u8]) -> Result<Change, Problem> {
        let refused = |detail: String| Problem::new(Kind::BodyNotValid, detail);
        let change: ReleaseChange = serde_json::from_slice(body).map_err(|fault| {
            refused(format!(
                "the body is not {{\"publicAt\": \"…\"}} or {{\"withdrawn\": true, \"reason\": \
                 \"…\"}} as JSON: {fault}"
            ))
        })?;
        let public_at = match &change.public_at {
            None => None,
            Some(text) => Some(moments::parse(text).ok_or_else(|| {
                refused(format!("publicAt is not a moment; {} is expected", moments::EXPECTED))
            })?),
        };
        let withdrawn = match (change.withdrawn, &change.reason) {
            (None, None) => None,
            (Some(withdrawn), Some(text)) => Some((
                withdrawn,
                reason(text).ok_or_else(|| {
                    refused(format!("reason is none; {REASON_EXPECTED} is expected"))
                })?,
            )),
            (Some(_), None) => {
                return Err(refused("withdrawn is given without a reason; add it".to_owned()));
            }
            (None, Some(_)) => {
                let detail = "reason is given, and withdrawn is not; say true or false";
                return Err(refused(detail.to_owned()));
            }
        };
        if public_at.is_none() && withdrawn.is_none() {
            return Err(refused("nothing is changed: give publicAt, withdrawn or both".to_owned()));
        }
        Ok(Change { public_at, withdrawn })
    }
}

/// Every release.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReleaseList {
    items: Vec<Release>,
}

fn release(
    record: &ReleaseRecord,
    states: &BTreeMap<ReleaseNumber, String>,
    current: &[ReleaseNumber],
    moments: Option<&Moments>,
) -> Release {
    let public_at = moments.map(|moments| moments.of_release(record.number));
    let withdrawal = record.withdrawal.as_ref().filter(|said| said.withdrawn);
    Release {
        id: record.id.to_string(),
        number: record.number.0,
        kind: record.kind.code(),
        dashboard_year: record.year.map(|year| year.number()),
        file_date: record.file_date.map(|day| day.to_string()),
        file_name: record.file_name.clone(),
        sha256: record.sha256.clone(),
        byte_length: record.byte_length,
        rows_kept: record.rows_kept,
        statewide: record.coverage.statewide,
        coverage: coverage_words(&record.coverage),
        state: states.get(&record.number).cloned().unwrap_or_default(),
        beside: record.beside.map(Beside::code),
        imported_at: record.imported_at.clone(),
        in_current_run: current.contains(&record.number),
        public_at: match public_at {
            Some(PublicAt::From(moment)) => Some(moment.to_string()),
            Some(PublicAt::Closed) | None => None,
        },
        withdrawn: withdrawal.map(|_said| true),
        withdrawn_at: withdrawal.map(|said| said.set_at.clone()),
        withdrawn_reason: withdrawal.map(|said| said.reason.clone()),
    }
}

/// The files that were taken in
#[utoipa::path(
    tag = "releases", operation_id = "listReleases",
    responses(
        (status = 200, description = "The releases.", body = ReleaseList),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/releases")]
pub(crate) async fn list_releases(
    request: HttpRequest,
    may: May<ListReleases>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = may.current()?;
    of_snapshot(&request, &snapshot, || {
        let states = states(&snapshot.held.releases);
        let current = &snapshot.held.run.releases;
        let items = snapshot
            .held
            .releases
            .iter()
            .map(|record| release(record, &states, current, may.moments()));
        drawn(&ReleaseList { items: items.collect() })
    })
}

/// One file that was taken in
#[utoipa::path(
    tag = "releases", operation_id = "getRelease",
    params(("id" = String, Path, description = "The release's id or its number.", example = "1")),
    responses(
        (status = 200, description = "The release.", body = Release),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such release, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/releases/{id}")]
pub(crate) async fn get_release(
    request: HttpRequest,
    may: May<GetRelease>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = may.current()?;
    let is_it = |record: &&ReleaseRecord| {
        record.id.to_string() == *path || record.number.to_string() == *path
    };
    let record = snapshot.held.releases.iter().find(is_it).ok_or_else(unknown)?;
    of_snapshot(&request, &snapshot, || {
        let states = states(&snapshot.held.releases);
        drawn(&release(record, &states, &snapshot.held.run.releases, may.moments()))
    })
}

/// From when a file's results are public, and whether it is withdrawn
///
/// Until they are public, they are shown to none but those who may see them before. A file that
/// is withdrawn is kept, with the reason: the next run leaves it out, and until then the answers
/// stay as they are. No run is started by this. `withdrawn: false` reinstates it for the next
/// run. It takes the scope
/// `publish` and an agency that reaches every LEA of whom the file speaks. `If-Match` has the
/// `ETag` of the release as it was read.
#[utoipa::path(
    tag = "releases", operation_id = "updateRelease",
    params(
        ("id" = String, Path, description = "The release's id or its number.", example = "1"),
        ("If-Match" = String, Header, description = "The `ETag` of the release as it was read, or `*`.", example = "*"),
    ),
    request_body(content = ReleaseChange, description = "What is changed."),
    responses(
        (status = 200, description = "The release as it is now.", body = Release),
        (status = "4XX", description = "There is no such release, it has changed since it was read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[patch("/v1/releases/{id}")]
pub(crate) async fn update_release(
    request: HttpRequest,
    may: May<UpdateRelease>,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = may.current()?;
    let is_it = |record: &ReleaseRecord| {
        record.id.to_string() == *path || record.number.to_string() == *path
    };
    let is_seen = snapshot.held.releases.iter().any(is_it);
    let reach = may.reach();
    let found = may.any_release(is_it).filter(|record| {
        is_seen || reach.as_ref().is_some_and(|reach| reach.covers_file(&record.coverage))
    });
    let record = found.ok_or_else(unknown)?;
    if !reach.is_some_and(|reach| reach.covers_file(&record.coverage)) {
        return Err(Problem::new(
            Kind::OutOfReach,
            "the release speaks of LEAs that the token's agency does not reach; an agency that \
             reaches them all says such things of it",
        ));
    }
    let change = Change::read(&body)?;
    let given = request.headers().get(IF_MATCH).ok_or_else(|| {
        let detail = "send If-Match with the ETag of the release as you read it, so that nobody's \
                      change is lost unseen";
        Problem::new(Kind::ConditionNeeded, detail)
    })?;
    let any = given.as_bytes() == b"*";
    if !any && *given != snapshot.headers.tag {
        return Err(changed_since());
    }
    let entry = Entry::of(&request, &may.caller, UpdateRelease::ID);
    let (store, number) = (may.store(), record.number);
    let seen = SeenOfRelease {
        publication: may.said_of(number),
        withdrawal: record.withdrawal.as_ref().map(|said| said.sequence),
    };
    let said = apart(move || {
        let by = entry.actor.clone();
        let audit = Some(entry.done());
        let Change { public_at, withdrawn } = &change;
        let withdrawn = withdrawn
            .as_ref()
            .map(|(withdrawn, reason)| NewWithdrawal { withdrawn: *withdrawn, reason });
        let change = calsos_persistence::ReleaseChange { public_at: *public_at, withdrawn };
        let seen = (!any).then_some(seen);
        Ok(store.change_release(number, seen, &change, &by, audit).map_err(AppError::from)?)
    });
    match said.await? {
        ChangeRelease::Done { .. } => {}
        ChangeRelease::Otherwise(_) => return Err(changed_since()),
    }
    let may = may.again(&request).await?;
    let snapshot = may.current()?;
    let record = may.any_release(is_it).ok_or_else(unknown)?;
    let states = states(&snapshot.held.releases);
    let current = &snapshot.held.run.releases;
    let body = drawn(&release(&record, &states, current, may.moments()))?;
    Ok(json(tagged(HttpResponse::Ok(), &snapshot.headers), body.into()))
}

fn unknown() -> Problem {
    let detail = "no release has this id or number; /v1/releases lists those that are";
    Problem::new(Kind::UnknownRelease, detail)
}

fn changed_since() -> Problem {
    let detail = "the release, or something else that is served, has changed since you read it; \
                  read it again and decide anew";
    Problem::new(Kind::ConditionFailed, detail)
}
