//! How a resource is answered: with its tag, its age, and not again to whom has it.

use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, VARY,
};
use actix_web::middleware::Next;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, Data, block};
use actix_web::{Error, HttpMessage as _, HttpRequest, HttpResponse, HttpResponseBuilder};
use serde::Serialize;
use tokio::sync::Semaphore;

use super::audience::Audience;
use super::identity::Identity;
use super::metrics::KeptRoute;
use super::{BLOCKING_THREADS, DATABASE_WAIT, Service};
use crate::problem::{Kind, Problem};
use crate::snapshot::{Kept, Snapshot, SnapshotHeaders};

pub(crate) const DATASET_VERSION: HeaderName = HeaderName::from_static("dataset-version");
pub(crate) const RULEBOOK_VERSION: HeaderName = HeaderName::from_static("rulebook-version");

/// What depends on the current answers: its body is drawn up only where the caller does not
/// have it yet.
pub(crate) fn of_snapshot(
    request: &HttpRequest,
    snapshot: &Snapshot,
    draw: impl FnOnce() -> Result<Vec<u8>, Problem>,
) -> Result<HttpResponse, Problem> {
    of_snapshot_by(request, snapshot, route_of(request), draw)
}

/// The same, where the response has more to say than the body, such as a link.
pub(crate) fn part_of_snapshot(
    request: &HttpRequest,
    snapshot: &Snapshot,
    draw: impl FnOnce() -> Result<Vec<u8>, Problem>,
) -> Result<HttpResponse, Problem> {
    of_snapshot_by(request, snapshot, None, draw)
}

fn of_snapshot_by(
    request: &HttpRequest,
    snapshot: &Snapshot,
    route: Option<KeptRoute>,
    draw: impl FnOnce() -> Result<Vec<u8>, Problem>,
) -> Result<HttpResponse, Problem> {
    if has(request.headers(), &snapshot.headers.tag) {
        return Ok(tagged(HttpResponse::NotModified(), &snapshot.headers).finish());
    }
    let key = request.uri().path_and_query().map_or("", |uri| uri.as_str());
    let body = snapshot.rendered(key, route, draw)?;
    Ok(json(tagged(HttpResponse::Ok(), &snapshot.headers), body))
}

/// The same, where drawing up takes long or asks the database: off the threads that serve
/// readers.
pub(crate) async fn drawn_apart(
    request: &HttpRequest,
    snapshot: Arc<Snapshot>,
    draw: impl FnOnce(&Snapshot) -> Result<Vec<u8>, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    if has(request.headers(), &snapshot.headers.tag) {
        return Ok(tagged(HttpResponse::NotModified(), &snapshot.headers).finish());
    }
    let key = request.uri().path_and_query().map_or("", |uri| uri.as_str()).to_owned();
    let headers = snapshot.headers.clone();
    let route = route_of(request);
    let body = apart(move || snapshot.rendered(&key, route, || draw(&snapshot))).await?;
    Ok(json(tagged(HttpResponse::Ok(), &headers), body))
}

/// Where the facts behind an answer are in memory, what is drawn up from them is a matter of
/// less than a millisecond; else the database is asked, off the threads that serve readers.
pub(crate) async fn drawn_from_facts(
    request: &HttpRequest,
    snapshot: Arc<Snapshot>,
    place: usize,
    draw: impl FnOnce(&Snapshot) -> Result<Vec<u8>, Problem> + Send + 'static,
) -> Result<HttpResponse, Problem> {
    if snapshot.has_facts(place) {
        return of_snapshot(request, &snapshot, || draw(&snapshot));
    }
    drawn_apart(request, snapshot, draw).await
}

thread_local! {
    /// The threads of this worker that nobody's work is done on.
    static FREE: Arc<Semaphore> = Arc::new(Semaphore::new(BLOCKING_THREADS));
}

/// Does work off the threads that serve readers. Where all of those are taken for long, as when
/// the database answers nobody, who asks is told to come again, and not kept waiting.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let free = timeout(DATABASE_WAIT, FREE.with(Arc::clone).acquire_owned()).await;
    let thread = free.ok().and_then(Result::ok).ok_or_else(|| {
        let detail = "the service is busy with what others have asked for; ask again in a few \
                      seconds";
        Problem::new(Kind::TooBusy, detail)
    })?;
    // It is free again when the work is done, also where nobody waits for that any more.
    let work = move || {
        let _thread = thread;
        work()
    };
    block(work).await.map_err(|stopped| {
        log::error!("work was given up: {stopped}");
        let detail = "the service stopped before the answer was drawn up; ask again";
        Problem::new(Kind::Internal, detail)
    })?
}

fn route_of(request: &HttpRequest) -> Option<KeptRoute> {
    let service = request.app_data::<Data<Service>>()?;
    Some(service.metrics.of_route(request.match_pattern()?))
}

/// The route that a response is of, for those that were answered before routes were tried.
pub(crate) struct Route(pub(crate) Arc<KeptRoute>);

/// Answers what is kept ready before the routes are tried.
pub(crate) async fn answer_kept(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let kept = request.app_data::<Data<Service>>().and_then(|service| {
        let now = kept_for(&request, service).filter(|_| request.method() == Method::GET)?;
        let seen = request.headers().get(DATASET_VERSION);
        // What was seen elsewhere may be newer, which is for the routes to find out.
        if seen.is_some_and(|seen| *seen != now.headers.dataset) {
            return None;
        }
        let Kept { body, route } = now.kept(request.uri().path_and_query()?.as_str())?;
        Some((now, body, route?))
    });
    let Some((snapshot, body, route)) = kept else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let headers = &snapshot.headers;
    let mut response = if has(request.headers(), &headers.tag) {
        tagged(HttpResponse::NotModified(), headers).finish()
    } else {
        json(tagged(HttpResponse::Ok(), headers), body)
    };
    response.extensions_mut().insert(Route(route));
    Ok(request.into_response(response))
}

/// The picture that the caller may read, where it is there already: only what operations that
/// take the permission to read drew up is kept in it.
fn kept_for(request: &ServiceRequest, service: &Service) -> Option<Arc<Snapshot>> {
    let served = service.served.load();
    let extensions = request.extensions();
    let Some(identity) = extensions.get::<Identity>() else {
        return Some(Arc::clone(&served.as_ref()?.pictures.public))
            .filter(|_| service.access.public_reads);
    };
    let caller = identity.caller.as_ref().ok()?;
    served.as_ref()?.ready(&Audience::of(caller, service.access.public_reads).ok()?)
}

/// Whether the caller says that it has this already.
pub(crate) fn has(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let strong = tag.to_str().unwrap_or_default().trim_start_matches("W/");
    let given = headers.get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    given
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|one| one == "*" || one.trim_start_matches("W/") == strong)
}

pub(crate) fn tagged(
    mut response: HttpResponseBuilder,
    headers: &SnapshotHeaders,
) -> HttpResponseBuilder {
    let SnapshotHeaders { dataset, rulebook, tag, keeping } = headers;
    response.insert_header((ETAG, tag.clone())).insert_header((CACHE_CONTROL, keeping.clone()));
    response.insert_header((VARY, HeaderValue::from_static("Accept-Encoding, Authorization")));
    response.insert_header((DATASET_VERSION, dataset.clone()));
    response.insert_header((RULEBOOK_VERSION, rulebook.clone()));
    response
}

pub(crate) fn json(mut response: HttpResponseBuilder, body: Bytes) -> HttpResponse {
    response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json"))).body(body)
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
