//! Counts of a year.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};

use crate::app::summary::Summary;
use crate::auth::operation::GetSummary;
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{drawn, drawn_apart};
use crate::server::asked::Asked;
use crate::server::may::May;

/// Counts of a year
///
/// By kind of LEA, label, level, method, student group, state priority and test.
#[utoipa::path(
    tag = "summaries", operation_id = "getSummary",
    params(
        ("year" = u16, Path, description = "The Dashboard year.", minimum = 2000, maximum = 2099),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The counts.", body = Summary),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The year has no answers, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/summaries/{year}")]
pub(crate) async fn get_summary(
    request: HttpRequest,
    may: May<GetSummary>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (year, as_of) = (asked.path_year(&path), asked.as_of(may.latest()));
    let year = asked.done_with(year)?;
    let snapshot = may.as_of(as_of).await?;
    snapshot.year(year)?;
    drawn_apart(&request, snapshot, move |snapshot| {
        drawn(&Summary::of(year, &|of, read| snapshot.each_answer(of, read))?)
    })
    .await
}
