//! Whether the service lives, and whether it can answer.

use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::operation::{GetHealth, GetReadiness, Operation};
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::fresh;
use crate::server::asked::Asked;
use crate::server::may::May;

/// The state of the service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// What is served; absent where nothing was decided yet, or reading takes a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dataset_version: Option<String>,
    /// The last moment at which the database said whether there is something new: UTC. It is
    /// there only while the database is away, and readers are served from memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    dataset_unchecked_since: Option<String>,
}

fn health<O: Operation>(may: &May<O>) -> Health {
    let dataset_version = may.now().map(|now| now.dataset().to_owned());
    let dataset_unchecked_since = may.unchecked_since().map(|since| format!("{since:.6}"));
    Health { status: "ok", dataset_version, dataset_unchecked_since }
}

/// Whether the process lives
#[utoipa::path(
    tag = "service", operation_id = "getHealth",
    responses(
        (status = 200, description = "The process lives.", body = Health),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/healthz")]
pub(crate) async fn get_health(
    request: HttpRequest,
    may: May<GetHealth>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    fresh(&health(&may))
}

/// Whether readers can be served
///
/// 503 as long as no run is stored. While the database is away, readers are served from memory:
/// 200, with `datasetUncheckedSince`.
#[utoipa::path(
    tag = "service", operation_id = "getReadiness",
    responses(
        (status = 200, description = "Readers are served.", body = Health),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/readyz")]
pub(crate) async fn get_readiness(
    request: HttpRequest,
    may: May<GetReadiness>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    may.ready()?;
    fresh(&health(&may))
}
