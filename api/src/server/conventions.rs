//! What holds for every response: its id, its headers, its line in the log, and that every
//! refusal is a problem. And of every request, that its body comes to an end.

use std::borrow::Cow;
use std::time::Instant;

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::Service;
use super::answers::{DATASET_VERSION, RULEBOOK_VERSION, Route};
use super::audit::Refusal;
use super::bodies::{self, Held};
use super::identity::identify;
use super::seen::UNCHECKED_SINCE;
use crate::problem::{PROBLEM_JSON, Problem, ProblemDetails};

/// The log's part of which a line is written for each request.
const LOG: &str = "calsos::requests";

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// After how many seconds a caller may try again when the service could not answer.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// Keeps the conventions around a request.
pub(crate) async fn keep(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    if method == Method::HEAD {
        // Answered like GET: the server itself leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let service = request.app_data::<Data<Service>>().cloned();
    let address = service.as_ref().and_then(|of| of.address_of(&request));
    identify(&request, service.as_ref(), &id, address).await;
    let held = service.as_ref().and_then(|of| {
        let limits = of.requests.of(&request);
        bodies::hold(&mut request, limits)
    });
    let is_page = request.path().starts_with("/docs/");
    // Refusals of handlers and of the framework are responses already.
    let mut response = next.call(request).await?.map_into_boxed_body();
    if let Some(problem) = held.as_ref().and_then(Held::problem) {
        *response.response_mut().status_mut() = problem.status();
        response.response_mut().extensions_mut().insert(problem);
    }
    if response.status().is_client_error() || response.status().is_server_error() {
        let (answered, problem) = as_problem(response, &id);
        response = answered;
        if let (401 | 403, Some(service)) = (problem.status, &service) {
            let refusal = Refusal {
                request_id: &id,
                address: address.map(|address| address.to_string()),
                status: problem.status,
                code: &problem.code,
                detail: &problem.detail,
            };
            service.refused(response.request(), &method, refusal);
        }
    }
    if let Some(held) = held {
        response = response.map_body(|_, body| held.until_sent(body));
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, value);
    }
    if let Some(service) = service {
        service.browsers.tell(headers, is_page);
        // What was drawn for a caller names its dataset; the rest, that of the public.
        if let Some(public) =
            service.for_everybody().filter(|_| !headers.contains_key(DATASET_VERSION))
        {
            headers.insert(DATASET_VERSION, public.headers.dataset.clone());
            headers.insert(RULEBOOK_VERSION, public.headers.rulebook.clone());
        }
        if let Some(unchecked) = service.unchecked.load().as_ref() {
            headers.insert(UNCHECKED_SINCE, unchecked.header.clone());
        }
        record(&service, &response, &method, &id, started);
    }
    Ok(response)
}

/// The caller's id of the request, where it is one that can stand in a log, else a new one.
pub(crate) fn request_id(headers: &HeaderMap) -> String {
    let sound = |text: &&str| {
        let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        (1..=64).contains(&text.len()) && text.bytes().all(sound)
    };
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(sound);
    given.map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned)
}

fn as_problem(
    mut response: ServiceResponse<BoxBody>,
    id: &str,
) -> (ServiceResponse<BoxBody>, ProblemDetails) {
    let status = response.status();
    let known = response.response_mut().extensions_mut().remove::<Problem>();
    let reason = || match response.response().error() {
        Some(error) => error.to_string(),
        None => status.canonical_reason().unwrap_or("refused").to_owned(),
    };
    let problem = known.unwrap_or_else(|| Problem::of_status(status, reason()));
    let problem = problem.details(response.request().path(), id);
    let is_oauth = problem.error.is_some();
    let challenge = problem.challenge.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = response.map_body(|_, _| BoxBody::new(body));
    let headers = response.headers_mut();
    // OAuth has the media type of its own answers, which are problems beside.
    let media = if is_oauth { "application/json" } else { PROBLEM_JSON };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    // A body that this one takes the place of may have been compressed.
    headers.remove(CONTENT_ENCODING);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(challenge) = challenge {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if status.as_u16() == 503 {
        headers.insert(RETRY_AFTER, RETRY_SECONDS);
    }
    (response, problem)
}

/// One line of the log, and the metrics.
fn record(
    service: &Service,
    response: &ServiceResponse<BoxBody>,
    method: &Method,
    id: &str,
    started: Instant,
) {
    let request = response.request();
    let extensions = response.response().extensions();
    let kept = extensions.get::<Route>().map(|Route(route)| route);
    let route: Cow<'_, str> = match kept {
        Some(route) => Cow::Borrowed(&route.pattern),
        None => request.match_pattern().map_or(Cow::Borrowed("none"), Cow::Owned),
    };
    let (status, took) = (response.status().as_u16(), started.elapsed());
    let bytes = match response.response().body().size() {
        BodySize::Sized(bytes) => Some(bytes),
        BodySize::None => Some(0),
        BodySize::Stream => None,
    };
    match kept.filter(|_| method == Method::GET) {
        Some(kept) => kept.count(status, took),
        None => service.metrics.count(method.as_str(), &route, status, took),
    }
    // Without a log, most of what follows would be put into words for nobody.
    if !log::log_enabled!(target: LOG, log::Level::Info) {
        return;
    }
    let micros = took.as_micros();
    if service.log_json {
        let line = serde_json::json!({
            "requestId": id, "method": method.as_str(), "route": route, "status": status,
            "durationMicroseconds": micros, "bytes": bytes,
        });
        log::info!(target: LOG, "{line}");
    } else {
        let bytes = bytes.map_or_else(|| "streamed".to_owned(), |bytes| format!("{bytes} bytes"));
        log::info!(target: LOG, "{id} {method} {route} {status} {micros} µs {bytes}");
    }
}
