//! The runs that decided.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_persistence::RunRecord;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::operation::{GetRun, ListRuns};
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::fresh;
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::views::run_diff::RunView;

/// Every run, by number.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RunList)]
struct Runs {
    /// The number of the run that is served.
    current: u32,
    items: Vec<RunView>,
}

/// The runs that decided
#[utoipa::path(
    tag = "runs", operation_id = "listRuns",
    responses(
        (status = 200, description = "The runs.", body = Runs),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/runs")]
pub(crate) async fn list_runs(
    request: HttpRequest,
    may: May<ListRuns>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = may.current()?;
    let items = may.runs().await?.iter().map(RunView::of).collect();
    fresh(&Runs { current: snapshot.held.run.number, items })
}

/// One run
#[utoipa::path(
    tag = "runs", operation_id = "getRun",
    params(("id" = String, Path, description = "The run's id or its number.", example = "1")),
    responses(
        (status = 200, description = "The run.", body = RunView),
        (status = "4XX", description = "There is no such run, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/runs/{id}")]
pub(crate) async fn get_run(
    request: HttpRequest,
    may: May<GetRun>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    may.current()?;
    let run = find(&may.runs().await?, &path)?;
    fresh(&RunView::of(&run))
}

/// The run of an id or a number.
pub(super) fn find(runs: &[RunRecord], name: &str) -> Result<RunRecord, Problem> {
    let is_it = |run: &&RunRecord| run.id.to_string() == name || run.number.to_string() == name;
    runs.iter().find(is_it).cloned().ok_or_else(|| {
        let detail = "no run has this id or number; /v1/runs lists those that are";
        Problem::new(Kind::UnknownRun, detail)
    })
}
