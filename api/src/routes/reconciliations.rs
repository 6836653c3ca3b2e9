//! Computed against published.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};

use crate::auth::operation::GetReconciliation;
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{drawn, drawn_apart};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::views::reconciliation::ReconciliationView;

/// A year against its published list
///
/// Cell by cell, with the reason of each difference.
#[utoipa::path(
    tag = "reconciliations", operation_id = "getReconciliation",
    params(
        ("year" = u16, Path, description = "The Dashboard year.", minimum = 2000, maximum = 2099),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The comparison.", body = ReconciliationView),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The year has no answers or no list, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/reconciliations/{year}")]
pub(crate) async fn get_reconciliation(
    request: HttpRequest,
    may: May<GetReconciliation>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (year, as_of) = (asked.path_year(&path), asked.as_of(may.latest()));
    let year = asked.done_with(year)?;
    let snapshot = may.as_of(as_of).await?;
    snapshot.year(year)?;
    drawn_apart(&request, snapshot, move |snapshot| {
        drawn(&snapshot.held.reconcile(year, &|of, read| snapshot.each_answer(of, read))?)
    })
    .await
}
