//! What the rules cite.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::rulebook::Source;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::operation::{GetCitation, ListCitations};
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{drawn, of_snapshot};
use crate::server::asked::Asked;
use crate::server::may::May;

/// A source that the rules cite.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Citation)]
struct CitationItem<'a> {
    /// What citations begin with; what follows `#` in one is a place in the source.
    #[schema(example = "ec-52072")]
    id: &'a str,
    title: &'a str,
    /// Where it is found.
    #[serde(rename = "where")]
    place: &'a str,
}

/// Every source.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CitationList<'a> {
    items: Vec<CitationItem<'a>>,
}

fn item(source: &Source) -> CitationItem<'_> {
    CitationItem { id: &source.id, title: &source.title, place: &source.place }
}

/// What the rules cite
#[utoipa::path(
    tag = "rulebooks", operation_id = "listCitations",
    responses(
        (status = 200, description = "The sources.", body = CitationList),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/citations")]
pub(crate) async fn list_citations(
    request: HttpRequest,
    may: May<ListCitations>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = may.current()?;
    of_snapshot(&request, &snapshot, || {
        drawn(&CitationList { items: snapshot.held.books.sources().map(item).collect() })
    })
}

/// One source
#[utoipa::path(
    tag = "rulebooks", operation_id = "getCitation",
    params(("id" = String, Path, description = "The source's id.", example = "ec-52072")),
    responses(
        (status = 200, description = "The source.", body = CitationItem),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such source, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/citations/{id}")]
pub(crate) async fn get_citation(
    request: HttpRequest,
    may: May<GetCitation>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = may.current()?;
    let source = snapshot.held.books.source(&path).ok_or_else(|| {
        let detail = "no rule cites a source with this id; /v1/citations lists those that are";
        Problem::new(Kind::UnknownSource, detail)
    })?;
    of_snapshot(&request, &snapshot, || drawn(&item(source)))
}
