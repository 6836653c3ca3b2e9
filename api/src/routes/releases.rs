//! The files that were taken in.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::header::IF_MATCH;
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse, get, patch};
use calsos_domain::cds::CountyCode;
use calsos_domain::facts::ReleaseNumber;
use calsos_domain::release::Coverage;
use calsos_persistence::{PublicAt, PublishIf, ReleaseRecord};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::moments::{self, Moments};
use crate::app::release_states::{coverage_words, states};
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
    /// `in force`, or what took its place.
    state: String,
    /// UTC.
    #[schema(format = DateTime)]
    imported_at: String,
    /// Whether the current run read it.
    in_current_run: bool,
    /// From when its results are public: UTC; absent where it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    public_at: Option<String>,
}

/// What is changed of a release.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ReleaseChange)]
struct ReleaseChange {
    /// From when its results are public: a moment with its offset, a day of California, `now`,
    /// or `closed`.
    #[schema(example = "2099-12-15T10:00:00-08:00")]
    public_at: String,
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
        imported_at: record.imported_at.clone(),
        in_current_run: current.contains(&record.number),
        public_at: match public_at {
            Some(PublicAt::From(moment)) => Some(moment.to_string()),
            Some(PublicAt::Closed) | None => None,
        },
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

/// From when a file's results are public
///
/// Until then they are shown to none but those who may see them before. It takes the scope
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
        is_seen || reach.as_ref().is_some_and(|reach| reach.covers(counties(record).as_ref()))
    });
    let record = found.ok_or_else(unknown)?;
    if !reach.is_some_and(|reach| reach.covers(counties(&record).as_ref())) {
        return Err(Problem::new(
            Kind::OutOfReach,
            "the release speaks of LEAs that the token's agency does not reach; an agency that \
             reaches them all says from when it is public",
        ));
    }
    let change: ReleaseChange = serde_json::from_slice(&body).map_err(|fault| {
        let detail = format!("the body is not {{\"publicAt\": \"…\"}} as JSON: {fault}");
        Problem::new(Kind::BodyNotValid, detail)
    })?;
    let public_at = moments::parse(&change.public_at).ok_or_else(|| {
        let detail = format!("publicAt is not a moment; {} is expected", moments::EXPECTED);
        Problem::new(Kind::BodyNotValid, detail)
    })?;
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
    let seen = may.said_of(number);
    let said = apart(move || {
        let expected = match any {
            true => store.publications().map_err(AppError::from)?.get(&number).map(|p| p.sequence),
            false => seen,
        };
        let by = entry.actor.clone();
        let audit = Some(entry.done());
        Ok(store.publish_if(number, expected, public_at, &by, audit).map_err(AppError::from)?)
    });
    match said.await? {
        PublishIf::Said(_) => {}
        PublishIf::Otherwise(_) => return Err(changed_since()),
    }
    let may = may.again(&request).await?;
    let snapshot = may.current()?;
    let states = states(&snapshot.held.releases);
    let current = &snapshot.held.run.releases;
    let body = drawn(&release(&record, &states, current, may.moments()))?;
    Ok(json(tagged(HttpResponse::Ok(), &snapshot.headers), body.into()))
}

/// The counties of which a release speaks; `None` for the whole state.
fn counties(record: &ReleaseRecord) -> Option<BTreeSet<CountyCode>> {
    let Coverage { statewide, counties, charter_counties } = &record.coverage;
    (!statewide).then(|| counties.union(charter_counties).copied().collect())
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
