//! The HTTP service: what its handlers share, and how it starts and ends.

pub(crate) mod answers;
pub(crate) mod asked;
pub(crate) mod conventions;
pub(crate) mod metrics;
mod open_files;
pub(crate) mod paging;
pub(crate) mod streamed;

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
use crate::snapshot::{Index, Snapshot, dataset_of};
use metrics::Metrics;

/// How often the database is asked whether there is something new.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How many other indexes are kept for readers who are in the middle of a list.
const INDEXES_KEPT: usize = 3;

/// How many earlier datasets are remembered that have these indexes or the current one.
const DATASETS_KEPT: usize = 1000;

/// How long files that no run has read yet may wait to be taken up: a hundred of them that are
/// imported one after another are taken up together.
const FILES_WAIT: Duration = Duration::from_secs(10);

/// How long requests in flight may take to finish when the service ends, in seconds.
const SHUTDOWN_SECONDS: u64 = 30;

/// How long a client may take to send the head of its first request.
const REQUEST_HEAD: Duration = Duration::from_secs(10);

/// How long a connection may be idle between two requests: longer than balancers in front of
/// the service keep theirs, so that it is they who end it.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long a reader waits for a connection to the database before it is told to come again.
const DATABASE_WAIT: Duration = Duration::from_secs(3);

/// Threads of a worker for what takes long or asks the database: what reads a whole year, and
/// runs. Each of them keeps memory of its own.
const BLOCKING_THREADS: usize = 4;

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

/// Files that are stored and not served yet.
struct WaitingFiles {
    since: Instant,
    /// How many releases there were at the last look.
    releases: usize,
}

/// What handlers share.
pub(crate) struct Service {
    pub(crate) office: Office,
    current: ArcSwapOption<Snapshot>,
    /// Datasets that were served before, the last one first, with their indexes.
    earlier: Mutex<VecDeque<(String, Arc<Index>)>>,
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

    /// The index of a dataset that a list was begun with, if it is still kept.
    pub(crate) fn index_of(&self, dataset: &str) -> Result<Arc<Index>, Problem> {
        if let Some(now) = self.now().filter(|now| now.dataset() == dataset) {
            return Ok(Arc::clone(&now.index));
        }
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        let found = earlier.iter().find(|(name, _)| name == dataset);
        found.map(|(_, index)| Arc::clone(index)).ok_or_else(|| {
            Problem::new(
                Kind::CursorExpired,
                "other runs have been taken up since the list began; begin it again without a \
                 cursor",
            )
        })
    }

    /// Remembers what was served until now, and forgets the oldest.
    fn remember(&self, before: &Snapshot) {
        let current = self.now().map(|now| Arc::clone(&now.index));
        let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.push_front((before.dataset().to_owned(), Arc::clone(&before.index)));
        earlier.truncate(DATASETS_KEPT);
        let mut others: Vec<Arc<Index>> = Vec::new();
        earlier.retain(|(_, index)| {
            let known = |other: &Arc<Index>| Arc::ptr_eq(other, index);
            if current.as_ref().is_some_and(known) || others.iter().any(known) {
                return true;
            }
            others.push(Arc::clone(index));
            others.len() <= INDEXES_KEPT
        });
    }

    /// Takes up what is new in the database, if anything is: a run at once, files alone when
    /// no further one has come since the last look. `files` are those that wait.
    fn look(&self, files: &mut Option<WaitingFiles>) -> Result<(), AppError> {
        let Some(run) = self.office.store.current_run()? else { return Ok(()) };
        let releases = self.office.store.release_count()?;
        let dataset = dataset_of(&run, releases);
        let now = self.now();
        if now.as_ref().is_some_and(|now| now.dataset() == dataset) {
            return Ok(());
        }
        if now.as_ref().is_some_and(|now| now.held.run.id == run.id) {
            let before = files.get_or_insert(WaitingFiles { since: Instant::now(), releases: 0 });
            let more = std::mem::replace(&mut before.releases, releases) != releases;
            if more && before.since.elapsed() < FILES_WAIT {
                return Ok(());
            }
        }
        *files = None;
        let Some(mut snapshot) = Snapshot::load(&self.office)? else { return Ok(()) };
        if let Some(now) = &now {
            snapshot.share(&now.index);
        }
        log::info!("serving dataset {}", snapshot.dataset());
        if let Some(before) = self.current.swap(Some(Arc::new(snapshot))) {
            self.remember(&before);
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
    if settings.public_url.is_none() && address.ip().is_unspecified() {
        log::warn!(
            "answers have absolute URLs that begin with {base_url}, where no reader finds the \
             service; say with --public-url what they should begin with"
        );
    }
    let service = Data::new(Service {
        office: Office { store: office.store.waiting(DATABASE_WAIT), ..office },
        current: ArcSwapOption::empty(),
        earlier: Mutex::default(),
        metrics: Metrics::default(),
        documents: openapi::documents(),
        base_url,
        log_json: settings.log_json,
    });
    open_files::allow_many();
    service.look(&mut None)?;
    let watched = Data::clone(&service);
    std::thread::spawn(move || {
        let mut files = None;
        loop {
            std::thread::sleep(LOOK_EVERY);
            if let Err(problem) = watched.look(&mut files) {
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
            .wrap(from_fn(answers::answer_kept))
            .wrap(Compress::default())
            .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
            .wrap(from_fn(conventions::keep))
    })
    // What is compressed goes out in parts, each of which would wait for the reader to
    // acknowledge the one before.
    .tcp_nodelay(true)
    .worker_max_blocking_threads(BLOCKING_THREADS)
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .client_request_timeout(REQUEST_HEAD)
    .keep_alive(KEEP_ALIVE)
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
        .allowed_methods(["GET", "HEAD", "OPTIONS"])
        .allowed_headers(["accept", "accept-language", "content-type", "if-none-match"])
        .expose_headers(["dataset-version", "rulebook-version", "request-id", "etag", "link"])
        .max_age(3600);
    for origin in origins {
        cors = cors.allowed_origin(origin);
    }
    cors
}
