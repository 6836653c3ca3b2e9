//! What stands between a caller and the answer: the caller's limit, and what no request may
//! have.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderName, HeaderValue, RETRY_AFTER,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _};

use super::Service;
use super::identity::Identity;
use super::limits::{TooMany, Verdict, Who};
use super::settings::RequestLimits;
use crate::auth::caller::Caller;
use crate::auth::claims::Verified;
use crate::problem::{Kind, Problem};

/// A refusal, with the header that says what to do.
type Refusal = (Problem, Option<(HeaderName, HeaderValue)>);

/// Counts a request against the client that has shown a token, or the address that has not.
fn check(request: &ServiceRequest, service: &Service) -> Verdict {
    let extensions = request.extensions();
    match extensions.get::<Identity>().map(|identity| &identity.caller) {
        Some(Ok(Caller::Known(verified))) => {
            let Verified { issuer, client, .. } = &**verified;
            service.limits.check(Who::Client { issuer, name: client })
        }
        _ => match service.address_of(request) {
            Some(address) => service.limits.check(Who::Address(address)),
            None => Verdict::Unlimited,
        },
    }
}

/// Those who watch over the service may ask as they like, and so may browsers before they ask.
fn is_counted(request: &ServiceRequest) -> bool {
    request.method() != Method::OPTIONS && !matches!(request.path(), "/healthz" | "/readyz")
}

/// Counts a request and lets it through, or refuses it.
pub(crate) async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(service) = request.app_data::<Data<Service>>() else {
        return Ok(next.call(request).await?.map_into_boxed_body());
    };
    let verdict = match is_counted(&request) {
        true => check(&request, service),
        false => Verdict::Unlimited,
    };
    let limits = service.requests.of(&request);
    let (standing, refusal) = match verdict {
        Verdict::Unlimited => (None, refusal(&request, limits)),
        Verdict::Admitted(standing) => (Some(standing), refusal(&request, limits)),
        Verdict::Refused(too_many) => {
            let refusal = refusal_of(&too_many);
            (Some(too_many.standing), Some(refusal))
        }
    };
    let mut response = match refusal {
        Some((problem, header)) => {
            let mut response = request.error_response(problem);
            if let Some((name, value)) = header {
                response.headers_mut().insert(name, value);
            }
            response
        }
        None => next.call(request).await?.map_into_boxed_body(),
    };
    if let Some(standing) = standing {
        standing.write_to(response.headers_mut());
    }
    Ok(response)
}

fn refusal_of(TooMany { rate, retry_after, .. }: &TooMany) -> Refusal {
    let detail = format!(
        "{} requests a second are answered, and {} at once; ask again in {retry_after} s",
        rate.per_second, rate.burst
    );
    let header = (RETRY_AFTER, HeaderValue::from(*retry_after));
    (Problem::new(Kind::TooManyRequests, detail), Some(header))
}

/// What no request may have, whatever it asks for.
fn refusal(request: &ServiceRequest, limits: RequestLimits) -> Option<Refusal> {
    let query = request.query_string().len();
    if query > limits.query_bytes {
        let detail =
            format!("the query has {query} bytes; at most {} are read", limits.query_bytes);
        return Some((Problem::new(Kind::QueryTooLong, detail), None));
    }
    if matches!(request.parts().1, Payload::None) {
        return None;
    }
    // The framework would unpack a body without being asked, and a small one can become large.
    let encodings = request.headers().get_all(CONTENT_ENCODING);
    if encodings.map(HeaderValue::as_bytes).any(|name| !name.eq_ignore_ascii_case(b"identity")) {
        let detail = "the body of a request is read as it is: send it without Content-Encoding";
        let header = (ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        return Some((Problem::new(Kind::UnsupportedEncoding, detail), Some(header)));
    }
    let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let length: Option<u64> = length.and_then(|length| length.parse().ok());
    length
        .filter(|length| *length > limits.body_bytes as u64)
        .map(|_| (super::bodies::too_long(limits.body_bytes), None))
}
