//! The HTTP service: what its handlers share, and how it starts and ends.

mod access;
mod addresses;
mod admission;
pub(crate) mod answers;
pub(crate) mod asked;
pub(crate) mod audit;
mod bodies;
mod browsers;
pub(crate) mod conventions;
pub(crate) mod identity;
mod limits;
pub(crate) mod may;
pub(crate) mod metrics;
mod open_files;
pub(crate) mod paging;
mod served;
pub(crate) mod settings;
pub(crate) mod streamed;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::web::{Data, JsonConfig, PayloadConfig};
use actix_web::{App, HttpRequest, HttpServer};
use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use utoipa_actix_web::AppExt as _;

use crate::app::Office;
use crate::auth::caller::Caller;
use crate::error::AppError;
use crate::openapi::{self, Documents};
use crate::routes;
use crate::snapshot::{Index, Snapshot};
use access::Access;
use addresses::Proxies;
use audit::{Entry, Refusal, Refusals};
use browsers::Browsers;
use identity::Identity;
use limits::Limits;
use metrics::Metrics;
use served::{Audience, MadeFrom, Served};
use settings::{RequestLimits, Settings};

/// How often the database is asked whether there is something new.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How often is looked whether keys of other issuers are old, off the thread that looks for
/// news: an issuer may keep it waiting.
const KEYS_EVERY: Duration = Duration::from_secs(60);

/// How many other indexes are kept for the readers of a circle who are in the middle of a list.
const INDEXES_KEPT: usize = 3;

/// How many earlier datasets are remembered that have these indexes or a current one.
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

/// Files that are stored and not served yet.
struct WaitingFiles {
    since: Instant,
    /// How many releases there were at the last look.
    releases: usize,
}

/// An index that was served before.
struct Earlier {
    /// Who was served it: nobody else goes on in it.
    audience: Audience,
    dataset: String,
    index: Arc<Index>,
}

/// What handlers share. Data are reached through a permission alone: see [`may::May`].
pub(crate) struct Service {
    office: Office,
    served: ArcSwapOption<Served>,
    /// Is held while the database is looked at: nobody loads what another is loading.
    looking: Mutex<()>,
    /// Indexes that were served before, the last one first.
    earlier: Mutex<VecDeque<Earlier>>,
    pub(crate) access: Access,
    pub(crate) metrics: Metrics,
    pub(crate) documents: Documents,
    pub(crate) base_url: String,
    pub(crate) log_json: bool,
    pub(crate) requests: RequestLimits,
    proxies: Proxies,
    limits: Limits,
    browsers: Browsers,
    refusals: Refusals,
}

impl Service {
    fn new(office: Office, settings: &Settings, base_url: String) -> Result<Service, AppError> {
        let issuer = (base_url.clone(), u64::from(settings.token_minutes) * 60);
        let access = Access::new(issuer, &settings.external_issuers, settings.public_reads)
            .map_err(|faults| AppError::Usage(faults.join("\n")))?;
        Ok(Service {
            refusals: Refusals::into(office.store.clone()),
            office: Office { store: office.store.waiting(DATABASE_WAIT), ..office },
            served: ArcSwapOption::empty(),
            looking: Mutex::default(),
            earlier: Mutex::default(),
            access,
            metrics: Metrics::default(),
            documents: openapi::documents(),
            base_url,
            log_json: settings.log_json,
            requests: settings.requests,
            proxies: settings.trusted_proxies.clone(),
            limits: Limits::new(settings.rates),
            browsers: Browsers::of(settings),
        })
    }

    /// Where a request comes from.
    fn address_of(&self, request: &ServiceRequest) -> Option<IpAddr> {
        Some(self.proxies.caller(request.peer_addr()?, request.headers()))
    }

    /// Keeps a refused access for the audit log.
    fn refused(&self, request: &HttpRequest, method: &Method, refusal: Refusal<'_>) {
        let caller = match Identity::of(request).map(|identity| identity.caller) {
            Some(Ok(caller)) => caller,
            Some(Err(_)) | None => Caller::Anonymous,
        };
        let pattern = request.match_pattern().unwrap_or_default();
        let operation = self.documents.operation(method, &pattern).unwrap_or("none");
        self.refusals.add(Entry::of(request, &caller, operation).refused(refusal));
    }

    /// What everybody may read now, if there is anything.
    fn for_everybody(&self) -> Option<Arc<Snapshot>> {
        self.public().filter(|_| self.access.public_reads)
    }

    /// What is public now, if anything was decided.
    fn public(&self) -> Option<Arc<Snapshot>> {
        Some(Arc::clone(&self.served.load().as_ref()?.public))
    }

    /// The index of a dataset that an audience began a list with, if it is still kept. What
    /// was public everybody may go on with who may read what is public.
    fn earlier_index(&self, audience: &Audience, dataset: &str) -> Option<Arc<Index>> {
        let may =
            |of: &Audience| of == audience || *of == Audience::Public && self.access.public_reads;
        let now = self.served.load_full()?;
        let pictures = now.pictures();
        let mut current =
            pictures.iter().filter(|(of, picture)| may(of) && picture.dataset() == dataset);
        if let Some((_, picture)) = current.next() {
            return Some(Arc::clone(&picture.index));
        }
        let earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        let found = earlier.iter().find(|kept| kept.dataset == dataset && may(&kept.audience));
        found.map(|kept| Arc::clone(&kept.index))
    }

    /// Remembers what was served until now, and forgets the oldest.
    fn remember(&self, before: &Served, now: &Served) {
        let mut earlier = self.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        for (audience, picture) in before.pictures() {
            let (dataset, index) = (picture.dataset().to_owned(), Arc::clone(&picture.index));
            earlier.push_front(Earlier { audience, dataset, index });
        }
        earlier.truncate(DATASETS_KEPT);
        let current = [&now.full.index, &now.public.index];
        let mut others: Vec<(Audience, Arc<Index>)> = Vec::new();
        earlier.retain(|kept| {
            let known = |other: &Arc<Index>| Arc::ptr_eq(other, &kept.index);
            if current.iter().any(|index| known(index)) || others.iter().any(|(_, o)| known(o)) {
                return true;
            }
            others.push((kept.audience.clone(), Arc::clone(&kept.index)));
            others.iter().filter(|(of, _)| *of == kept.audience).count() <= INDEXES_KEPT
        });
    }

    /// Takes up what is new in the database, if anything is: a run, or what was said of when
    /// files are public, at once; files alone when no further one has come since the last
    /// look. `files` are those that wait.
    fn look(&self, files: &mut Option<WaitingFiles>) -> Result<(), AppError> {
        let _one_at_a_time = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now();
        let version = self.office.store.access_version()?;
        let publications = version.publications();
        self.access.look(&self.office.store, version)?;
        let made_from = MadeFrom::now(&self.office, publications, now)?;
        let Some(made_from) = made_from else { return Ok(()) };
        let served = self.served.load_full();
        if let Some(served) = &served {
            let is_due = served.until.is_some_and(|until| until <= now);
            if served.made_from == made_from && !is_due {
                return Ok(());
            }
            if served.made_from.is_but_for_files(&made_from) && !is_due {
                let since = Instant::now();
                let before = files.get_or_insert(WaitingFiles { since, releases: 0 });
                let releases = made_from.releases;
                let more = std::mem::replace(&mut before.releases, releases) != releases;
                if more && before.since.elapsed() < FILES_WAIT {
                    return Ok(());
                }
            }
        }
        *files = None;
        let public_reads = self.access.public_reads;
        let before = served.as_deref();
        let Some(new) = Served::load(&self.office, made_from, now, public_reads, before)? else {
            return Ok(());
        };
        log::info!("serving dataset {}", new.full.dataset());
        let new = Arc::new(new);
        if let Some(before) = self.served.swap(Some(Arc::clone(&new))) {
            self.remember(&before, &new);
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
    let service = Data::new(Service::new(office, settings, base_url)?);
    let store = &service.office.store;
    service.access.look(store, store.access_version()?)?;
    if !address.ip().is_loopback() && !service.access.has_issuer() {
        return Err(AppError::Usage(format!(
            "{address} can be reached from other machines, and nobody could be told from anybody \
             else there: make a signing key with `calsos key ensure` or `calsos client create`, \
             or name an [[external_issuer]] in the file of --config; or listen on 127.0.0.1"
        )));
    }
    open_files::allow_many();
    service.look(&mut None)?;
    let watched = Data::clone(&service);
    std::thread::spawn(move || {
        let mut files = None;
        loop {
            std::thread::sleep(LOOK_EVERY);
            watched.limits.forget_idle();
            if let Err(problem) = watched.look(&mut files) {
                log::warn!("the database could not be asked for news: {problem}");
            }
        }
    });
    let trusting = Data::clone(&service);
    std::thread::spawn(move || {
        loop {
            trusting.access.verifier.refresh_aged(identity::seconds_now());
            std::thread::sleep(KEYS_EVERY);
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
    let (origins, requests) = (settings.origins.clone(), settings.requests);
    let shared = Data::clone(&service);
    let server = HttpServer::new(move || {
        let (app, _) = App::new().into_utoipa_app().configure(routes::api).split_for_parts();
        app.configure(routes::others)
            .app_data(Data::clone(&shared))
            .app_data(PayloadConfig::new(requests.body_bytes))
            .app_data(JsonConfig::default().limit(requests.body_bytes))
            // From the inside out: pages of other origins may read what refuses them, too.
            .wrap(from_fn(answers::answer_kept))
            .wrap(Compress::default())
            .wrap(from_fn(admission::admit))
            .wrap(Condition::new(!origins.is_empty(), browsers::cors(&origins)))
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
