//! Why: every rule that was tried, down to the cell.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};

use crate::auth::operation::GetTrace;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{drawn, drawn_from_facts};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::views::trace::TraceView;

/// The reasons of a determination
///
/// A tree of every rule that was tried, met or not. Its cells name the release, file and row
/// that they stand in, and the answers that another value in them would change.
#[utoipa::path(
    tag = "determinations", operation_id = "getTrace",
    params(
        ("cds" = String, Path, description = "The LEA's code.", pattern = "^[0-9]{14}$", example = "01800010000000"),
        ("year" = u16, Path, description = "The Dashboard year.", minimum = 2000, maximum = 2099),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The tree.", body = TraceView),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such answer, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/leas/{cds}/determinations/{year}/trace")]
pub(crate) async fn get_trace(
    request: HttpRequest,
    may: May<GetTrace>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (cds, year) = (asked.path_cds(&path.0), asked.path_year(&path.1));
    let as_of = asked.as_of(may.latest());
    let (cds, year) = asked.done_with(cds.zip(year))?;
    let snapshot = may.as_of(as_of).await?;
    let place = snapshot.find(cds, year)?;
    drawn_from_facts(&request, snapshot, place, move |snapshot| {
        let trace = snapshot.trace(may.office(), place)?;
        drawn(&trace.ok_or_else(no_facts)?)
    })
    .await
}

fn no_facts() -> Problem {
    let detail = "the answer is there, but not what it was decided from: the database was damaged \
                  or changed from outside; restore a backup";
    Problem::new(Kind::Internal, detail)
}
