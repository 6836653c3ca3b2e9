//! What the service is, and where everything else is.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::operation::GetDiscovery;
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::fresh;
use crate::server::asked::Asked;
use crate::server::may::May;

/// The service.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Discovery {
    /// `calsos`.
    #[schema(example = "calsos")]
    name: &'static str,
    /// The version of the program.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// What is served: another one with every run and every file that is imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dataset_version: Option<String>,
    /// The editions that decided, together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rulebook_version: Option<String>,
    /// The newest Dashboard year with an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    newest_year: Option<u16>,
    /// The edition of each Dashboard year.
    editions: Vec<EditionVersion>,
    /// Where resources are, by name.
    links: BTreeMap<&'static str, String>,
}

/// The edition of a year.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EditionVersion {
    dashboard_year: u16,
    /// The hash of its content.
    hash: String,
}

const LINKS: [(&str, &str); 16] = [
    ("years", "/v1/years"),
    ("leas", "/v1/leas"),
    ("determinations", "/v1/determinations"),
    ("changes", "/v1/changes"),
    ("summaries", "/v1/summaries/{year}"),
    ("reconciliations", "/v1/reconciliations/{year}"),
    ("rulebooks", "/v1/rulebooks"),
    ("citations", "/v1/citations"),
    ("providers", "/v1/providers"),
    ("assignments", "/v1/assignments"),
    ("releases", "/v1/releases"),
    ("runs", "/v1/runs"),
    ("exports", "/v1/exports/determinations?year={year}"),
    ("openapi", "/openapi.json"),
    ("openapi-3.0", "/openapi-3.0.json"),
    ("docs", "/docs/"),
];

/// What the service is, and where everything else is
#[utoipa::path(
    tag = "service", operation_id = "getDiscovery",
    responses(
        (status = 200, description = "The service.", body = Discovery),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/")]
pub(crate) async fn get_discovery(
    request: HttpRequest,
    may: May<GetDiscovery>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let now = may.now();
    let books = now.map_or(&may.office().books, |now| &now.held.books);
    let editions = books.editions().map(|edition| EditionVersion {
        dashboard_year: edition.year.number(),
        hash: edition.hash.clone(),
    });
    let base = may.service().base_url.trim_end_matches('/');
    fresh(&Discovery {
        name: "calsos",
        version: env!("CARGO_PKG_VERSION"),
        dataset_version: now.map(|now| now.dataset().to_owned()),
        rulebook_version: now.map(|now| now.rulebook_version().to_owned()),
        newest_year: now
            .and_then(|now| now.index.years().next_back())
            .map(|(year, _)| year.number()),
        editions: editions.collect(),
        links: LINKS.into_iter().map(|(name, path)| (name, format!("{base}{path}"))).collect(),
    })
}
