//! Who asks, told from the request before anything else is done with it.

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::web::{Data, block};
use actix_web::{HttpMessage as _, HttpRequest};

use super::Service;
use crate::auth::caller::Caller;
use crate::auth::token::TokenFault;

/// The path at which clients get tokens: they say who they are in another way there.
const TOKENS: &str = "/oauth/token";

/// Who asks, from where, and under which id. Readers without a token have none.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) caller: Result<Caller, TokenFault>,
    pub(crate) request_id: String,
    pub(crate) address: Option<IpAddr>,
}

impl Identity {
    /// Who asks; `None` where a reader says nothing of it.
    pub(crate) fn of(request: &HttpRequest) -> Option<Identity> {
        request.extensions().get::<Identity>().cloned()
    }
}

/// Tells who asks and keeps it with the request.
pub(super) async fn identify(
    request: &ServiceRequest,
    service: Option<&Data<Service>>,
    request_id: &str,
    address: Option<IpAddr>,
) {
    let has_token = request.headers().contains_key(AUTHORIZATION);
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !has_token && reads {
        return;
    }
    let caller = match service.filter(|_| has_token && request.path() != TOKENS) {
        Some(service) => caller_of(request, service).await,
        None => Ok(Caller::Anonymous),
    };
    let identity = Identity { caller, request_id: request_id.to_owned(), address };
    request.extensions_mut().insert(identity);
}

async fn caller_of(
    request: &ServiceRequest,
    service: &Data<Service>,
) -> Result<Caller, TokenFault> {
    let token = bearer(request.headers()).ok_or(TokenFault::Malformed)?;
    let verifier = &service.access.verifier;
    let verified = match verifier.verify(token, seconds_now()) {
        Err(TokenFault::UnknownKey { issuer, refreshable: true }) => {
            // The issuer may have changed its keys: they are fetched off the threads that
            // serve readers.
            let service = Data::clone(service);
            let fetched = block(move || service.access.verifier.refresh(&issuer, seconds_now()));
            match fetched.await {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => log::warn!("{fault}"),
                Err(stopped) => log::error!("fetching keys was given up: {stopped}"),
            }
            verifier.verify(token, seconds_now())
        }
        verified => verified,
    };
    verified.map(Caller::Known)
}

/// The token of a request that has one and no other word of who asks.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(AUTHORIZATION);
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    // Not by `to_str`, which looks at each byte by itself.
    let (scheme, token) = std::str::from_utf8(value.as_bytes()).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

/// Seconds since 1970, as tokens count.
pub(crate) fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
