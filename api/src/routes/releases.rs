//! The files that were taken in.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::facts::ReleaseNumber;
use calsos_persistence::ReleaseRecord;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::release_states::{coverage_words, states};
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::Service;
use crate::server::answers::{drawn, of_snapshot};
use crate::server::asked::Asked;

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
) -> Release {
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
    service: Data<Service>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = service.current()?;
    of_snapshot(&request, &snapshot, || {
        let states = states(&snapshot.held.releases);
        let current = &snapshot.held.run.releases;
        let items = snapshot.held.releases.iter().map(|record| release(record, &states, current));
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
    service: Data<Service>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = service.current()?;
    let is_it = |record: &&ReleaseRecord| {
        record.id.to_string() == *path || record.number.to_string() == *path
    };
    let record = snapshot.held.releases.iter().find(is_it).ok_or_else(|| {
        let detail = "no release has this id or number; /v1/releases lists those that are";
        Problem::new(Kind::UnknownRelease, detail)
    })?;
    of_snapshot(&request, &snapshot, || {
        drawn(&release(record, &states(&snapshot.held.releases), &snapshot.held.run.releases))
    })
}
