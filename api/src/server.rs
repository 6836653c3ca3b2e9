//! The HTTP service: what its handlers share, and how it starts and ends.

pub(crate) mod answers;
pub(crate) mod asked;
pub(crate) mod conventions;
mod metrics;
pub(crate) mod paging;

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_cors::Cors;
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use arc_swap::ArcSwapOption;
use utoipa_actix_web::AppExt as _;

use crate::app::Office;
use crate::error::AppError;
use crate::openapi::{self, Documents};
use crate::problem::{Kind, Problem};
use crate::routes;
use crate::snapshot::{Index, Snapshot};
use metrics::Metrics;

/// How often the database is asked whether there is something new.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How many earlier indexes are kept for readers who are in the middle of a list.
const EARLIER_KEPT: usize = 3;

/// How long requests in flight may take to finish when the service ends, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;

/// How the service is to run.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where requests are answered.
    pub(crate) listen: SocketAddr,
    /// Where metrics are answered, if anywhere.
    pub(crate) metrics: Option<SocketAddr>,
    /// The URL under which readers know the service.
    pub(crate) public_url: Option<String>,
    /// Pages of these origins may read from browsers.
    pub(crate) origins: Vec<String>,
    /// Log lines as JSON.
    pub(crate) log_json: bool,
}

/// What handlers share.
pub(crate) struct Service {
    pub(crate) office: Office,
    current: ArcSwapOption<Snapshot>,
    earlier: Mutex<VecDeque<Arc<Index>>>,
    pub(crate) metrics: Metrics,
    pub(crate) documents: Documents,
    pub(crate) base_url: String,
    pub(crate) log_json: bool,
}

impl Service {
    /// What is served now.
    pub(crate) fn current(&self) -> Result<Arc<Snapshot>, Problem> {
        self.current.load_full().ok_or_else(|| {
            Problem::new(
                Kind::NothingDecided,
                "no run is stored yet: import files, then run `calsos determine`; the service \
                 takes the run up by itself",
            )
        })
    }

    /// What is served now, if anything.
    pub(crate) fn now(&self) -> Option<Arc<Snapshot>> {
        self.current.load_full()
    }

    /// The index of a dataset, if it is the current one or one of the last ones.
    pub(crate) fn index_of(&self, dataset: &str) -> Option<Arc<Index>> {
        if let Some(now) = self.now().filter(|now| now.dataset() == dataset) {
            return Some(Arc::clone(&now.index));
        }
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.iter().find(|index| index.dataset == dataset).cloned()
    }

    /// Takes up what is new in the database, if anything is.
    fn look(&self) -> Result<(), AppError> {
        let Some(run) = self.office.store.current_run()? else { return Ok(()) };
        let releases = self.office.store.release_count()?;
        let dataset = crate::snapshot::dataset_of(&run, releases);
        if self.now().is_some_and(|now| now.dataset() == dataset) {
            return Ok(());
        }
        let Some(snapshot) = Snapshot::load(&self.office)? else { return Ok(()) };
        log::info!("serving dataset {}", snapshot.dataset());
        let before = self.current.swap(Some(Arc::new(snapshot)));
        if let Some(before) = before {
            let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
            earlier.push_front(Arc::clone(&before.index));
            earlier.truncate(EARLIER_KEPT);
        }
        Ok(())
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

/// Serves until the process is told to end; then requests in flight are finished.
/// `ready` is called with the address that is listened on.
pub(crate) fn serve(
    office: Office,
    settings: &Settings,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), AppError> {
    let listener = TcpListener::bind(settings.listen)
        .map_err(|cause| cannot_listen(settings.listen, &cause))?;
    let address = listener.local_addr().map_err(|c| cannot_listen(settings.listen, &c))?;
    let base_url = settings.public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let service = Data::new(Service {
        office,
        current: ArcSwapOption::empty(),
        earlier: Mutex::default(),
        metrics: Metrics::default(),
        documents: openapi::documents(),
        base_url,
        log_json: settings.log_json,
    });
    service.look()?;
    let watched = Data::clone(&service);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(LOOK_EVERY);
            if let Err(problem) = watched.look() {
                log::warn!("the database could not be asked for news: {problem}");
            }
        }
    });
    actix_web::rt::System::new().block_on(run(service, listener, address, settings, ready))
}

fn cannot_listen(address: SocketAddr, cause: &io::Error) -> AppError {
    AppError::Usage(format!("{address} cannot be listened on: {cause}; name another with --listen"))
}

async fn run(
    service: Data<Service>,
    listener: TcpListener,
    address: SocketAddr,
    settings: &Settings,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), AppError> {
    let origins = settings.origins.clone();
    let shared = Data::clone(&service);
    let server = HttpServer::new(move || {
        let (app, _) = App::new().into_utoipa_app().configure(routes::api).split_for_parts();
        app.configure(routes::others)
            .app_data(Data::clone(&shared))
            .wrap(Compress::default())
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(conventions::keep))
    })
    // What is compressed goes out in parts, each of which would wait for the reader to
    // acknowledge the one before.
    .tcp_nodelay(true)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .listen(listener)?
    .run();
    if let Some(place) = settings.metrics {
        let listener = TcpListener::bind(place).map_err(|cause| cannot_listen(place, &cause))?;
        let shared = Data::clone(&service);
        let metrics = HttpServer::new(move || {
            App::new().app_data(Data::clone(&shared)).service(metrics::get_metrics)
        })
        .workers(1)
        .disable_signals()
        .listen(listener)?
        .run();
        actix_web::rt::spawn(metrics);
    }
    ready(address);
    server.await?;
    Ok(())
}

/// Pages of the named origins may read; no origin may by default.
fn cors(origins: &[String]) -> Cors {
    let mut cors = Cors::default()
        .allowed_methods(["GET", "OPTIONS"])
        .allowed_headers(["accept", "accept-language", "content-type", "if-none-match"])
        .expose_headers(["dataset-version", "rulebook-version", "request-id", "etag", "link"])
        .max_age(3600);
    for origin in origins {
        cors = cors.allowed_origin(origin);
    }
    cors
}
