//! What browsers are told: which pages may read answers, and what a page of the service may do.

use actix_cors::Cors;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_SECURITY_POLICY,
    CROSS_ORIGIN_RESOURCE_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

use super::settings::Settings;

/// What is no page does nothing, should a browser show it.
const DATA: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The pages of the document have their scripts and styles in files beside them, pictures in
/// their styles, and ask the service itself.
const PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// A year, for this host alone: of others, the service knows nothing.
const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What responses have for browsers, beside what depends on the request's origin.
pub(crate) struct Browsers {
    /// Readers come by HTTPS.
    https: bool,
    /// Pages of other origins may read.
    origins: bool,
}

impl Browsers {
    pub(crate) fn of(settings: &Settings) -> Browsers {
        let url = settings.public_url.as_deref().unwrap_or_default();
        Browsers { https: url.starts_with("https:"), origins: !settings.origins.is_empty() }
    }

    pub(crate) fn tell(&self, headers: &mut HeaderMap, is_page: bool) {
        // A document says for itself what it may do.
        if !headers.contains_key(CONTENT_SECURITY_POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, if is_page { PAGE } else { DATA });
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        // Pages that may read ask so that their origin is known; this is about others.
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
        if self.https {
            headers.insert(STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
        }
        if self.origins && !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            headers.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
        }
    }
}

/// Pages of the named origins may read; no origin may by default. No page gets to use what a
/// browser keeps of its user, such as cookies: a token is what a page itself has.
pub(crate) fn cors(origins: &[String]) -> Cors {
    let mut cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            "accept",
            "accept-language",
            "authorization",
            "content-digest",
            "content-type",
            "dataset-version",
            "idempotency-key",
            "if-match",
            "if-none-match",
        ])
        .expose_headers([
            "dataset-unchecked-since",
            "dataset-version",
            "etag",
            "idempotency-replayed",
            "link",
            "location",
            "ratelimit",
            "ratelimit-policy",
            "request-id",
            "retry-after",
            "rulebook-version",
            "www-authenticate",
        ])
        .max_age(3600);
    for origin in origins {
        cors = match origin.as_str() {
            "*" => cors.allow_any_origin().send_wildcard(),
            named => cors.allowed_origin(named),
        };
    }
    cors
}
