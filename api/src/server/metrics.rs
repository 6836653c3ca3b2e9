//! What is counted of the service, for Prometheus, on a port of its own.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use super::Service;

/// Upper bounds of the time that requests take, in seconds.
const BOUNDS: [f64; 10] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// What is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram>,
    snapshot_age: Gauge<f64, AtomicU64>,
    unchecked: Gauge<f64, AtomicU64>,
    snapshot_bytes: Gauge,
    rendered_bytes: Gauge,
    connections: Gauge,
    idle_connections: Gauge,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut registry = Registry::with_prefix("calsos");
        let requests = Family::default();
        let seconds: Family<Route, Histogram> =
            Family::new_with_constructor(|| Histogram::new(BOUNDS));
        let metrics = Metrics {
            requests,
            seconds,
            snapshot_age: Gauge::default(),
            unchecked: Gauge::default(),
            snapshot_bytes: Gauge::default(),
            rendered_bytes: Gauge::default(),
            connections: Gauge::default(),
            idle_connections: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register(
            "http_requests",
            "Requests by method, route pattern and status",
            metrics.requests.clone(),
        );
        registry.register(
            "http_request_seconds",
            "Time until the response began",
            metrics.seconds.clone(),
        );
        registry.register(
            "snapshot_age_seconds",
            "Time since the answers in memory were loaded",
            metrics.snapshot_age.clone(),
        );
        registry.register(
            "dataset_unchecked_seconds",
            "Time since the database last said whether there is something newer; 0 while it does",
            metrics.unchecked.clone(),
        );
        registry.register(
            "snapshot_bytes",
            "Bytes of answers in memory",
            metrics.snapshot_bytes.clone(),
        );
        registry.register(
            "rendered_bytes",
            "Bytes of bodies that are kept ready",
            metrics.rendered_bytes.clone(),
        );
        registry.register(
            "database_connections",
            "Open connections to the database",
            metrics.connections.clone(),
        );
        registry.register(
            "database_connections_idle",
            "Of those, the ones that nobody uses",
            metrics.idle_connections.clone(),
        );
        Metrics { registry, ..metrics }
    }
}

/// Where the answers of a route that are kept ready are counted, found once for each of them.
#[derive(Debug)]
pub(crate) struct KeptRoute {
    /// The route's pattern.
    pub(crate) pattern: String,
    whole: Counter,
    not_modified: Counter,
    seconds: Histogram,
}

impl KeptRoute {
    /// Counts a GET request.
    pub(crate) fn count(&self, status: u16, took: Duration) {
        let counter = if status == 304 { &self.not_modified } else { &self.whole };
        counter.inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

impl Metrics {
    /// Where a route's answers with 200 and 304 are counted.
    pub(crate) fn of_route(&self, pattern: String) -> KeptRoute {
        let counter = |status| {
            let request = Request { method: "GET".to_owned(), route: pattern.clone(), status };
            self.requests.get_or_create(&request).clone()
        };
        KeptRoute {
            whole: counter(200),
            not_modified: counter(304),
            seconds: self.seconds.get_or_create(&Route { route: pattern.clone() }).clone(),
            pattern,
        }
    }

    /// Counts a request.
    pub(crate) fn count(&self, method: &str, route: &str, status: u16, took: Duration) {
        let request = Request { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&request).inc();
        self.seconds.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }
}

/// Everything that is counted, as text.
#[get("/metrics")]
pub(crate) async fn get_metrics(service: Data<Service>) -> HttpResponse {
    let metrics = &service.metrics;
    let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    if let Some(now) = service.public() {
        let age = jiff::Timestamp::now().duration_since(now.loaded_at).as_secs_f64();
        metrics.snapshot_age.set(age);
        let (held, ready) = now.bytes();
        metrics.snapshot_bytes.set(whole(held as u64));
        metrics.rendered_bytes.set(whole(ready));
    }
    let unchecked = service.unchecked.load().as_ref().map(|unchecked| unchecked.since);
    let now = jiff::Timestamp::now();
    metrics.unchecked.set(unchecked.map_or(0.0, |since| now.duration_since(since).as_secs_f64()));
    let (open, idle) = service.office.store.connections();
    metrics.connections.set(i64::from(open));
    metrics.idle_connections.set(i64::from(idle));
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = encode(&mut text, &metrics.registry);
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text)
}
