//! How a resource is answered: with its tag, its age, and not again to whom has it.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH, VARY};
use actix_web::web::{Bytes, block};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use crate::problem::{Kind, Problem};
use crate::snapshot::Snapshot;

/// How long an answer may be kept: five minutes, and a day while a new one is fetched.
const PUBLIC: HeaderValue =
    HeaderValue::from_static("public, max-age=300, stale-while-revalidate=86400");

/// What depends on the current answers: its body is drawn up only where the caller does not
/// have it yet.
pub(crate) fn of_snapshot(
    request: &HttpRequest,
    snapshot: &Snapshot,
    draw: impl FnOnce() -> Result<Vec<u8>, Problem>,
) -> Result<HttpResponse, Problem> {
    let tag = tag_of(snapshot.dataset());
    if has(request, &tag) {
        return Ok(tagged(HttpResponse::NotModified(), &tag).finish());
    }
    let key = request.uri().path_and_query().map_or("", |uri| uri.as_str());
    let body = snapshot.rendered(key, draw)?;
    Ok(json(tagged(HttpResponse::Ok(), &tag), body))
}

/// The same, where drawing up takes long or asks the database: off the threads that serve
/// readers.
pub(crate) async fn drawn_apart(
    request: &HttpRequest,
    snapshot: Arc<Snapshot>,
    draw: impl FnOnce(&Snapshot) -> Result<Vec<u8>, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    let tag = tag_of(snapshot.dataset());
    if has(request, &tag) {
        return Ok(tagged(HttpResponse::NotModified(), &tag).finish());
    }
    let key = request.uri().path_and_query().map_or("", |uri| uri.as_str()).to_owned();
    let body = apart(move || snapshot.rendered(&key, || draw(&snapshot))).await?;
    Ok(json(tagged(HttpResponse::Ok(), &tag), body))
}

/// Does work off the threads that serve readers.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    block(work).await.map_err(|stopped| {
        log::error!("work was given up: {stopped}");
        let detail = "the service stopped before the answer was drawn up; ask again";
        Problem::new(Kind::Internal, detail)
    })?
}

/// The weak tag of a dataset: bodies of the same meaning may differ in their bytes, as when
/// they are compressed.
pub(crate) fn tag_of(dataset: &str) -> String {
    format!("W/\"{dataset}\"")
}

/// Whether the caller says that it has this already.
pub(crate) fn has(request: &HttpRequest, tag: &str) -> bool {
    let strong = tag.trim_start_matches("W/");
    let given = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    given
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/") == strong)
}

pub(crate) fn tagged(mut response: HttpResponseBuilder, tag: &str) -> HttpResponseBuilder {
    response.insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, PUBLIC));
    response.insert_header((VARY, "Accept-Encoding"));
    response
}

pub(crate) fn json(mut response: HttpResponseBuilder, body: Bytes) -> HttpResponse {
    response.content_type("application/json").body(body)
}

/// What is never kept, such as the state of the service.
pub(crate) fn fresh(body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    Ok(json(response, drawn(body)?.into()))
}

/// A body as JSON.
pub(crate) fn drawn(body: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(|problem| {
        log::error!("an answer cannot be written as JSON: {problem}");
        Problem::new(Kind::Internal, "an answer could not be drawn up; the log says why")
    })
}
