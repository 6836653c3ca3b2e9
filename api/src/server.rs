//! The HTTP service: what its handlers share, and how it starts and ends.

mod access;
mod addresses;
mod admission;
pub(crate) mod answers;
pub(crate) mod asked;
mod audience;
pub(crate) mod audit;
mod bodies;
mod browsers;
mod catalogues;
pub(crate) mod conditions;
pub(crate) mod conventions;
pub(crate) mod earlier;
pub(crate) mod feed;
mod histories;
pub(crate) mod identity;
mod jobs;
mod limits;
pub(crate) mod may;
pub(crate) mod metrics;
mod open_files;
pub(crate) mod paging;
mod pictures;
pub(crate) mod seen;
mod served;
pub(crate) mod settings;
pub(crate) mod streamed;
#[cfg(test)]
mod tests;
pub(crate) mod uploads;

use std::collections::BTreeSet;
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
use moka::sync::Cache;
use utoipa_actix_web::AppExt as _;

use crate::app::Office;
use crate::app::support::assignments::Assignments;
use crate::auth::agency::Agency;
use crate::auth::caller::Caller;
use crate::auth::reach::Reach;
use crate::error::AppError;
use crate::openapi::{self, Documents};
use crate::routes;
use crate::snapshot::{Index, Snapshot};
use access::Access;
use addresses::Proxies;
use audience::Audience;
pub(crate) use audience::scope_needed;
use audit::{Entry, Refusal, Refusals};
use browsers::Browsers;
use catalogues::{Catalogues, Services};
use earlier::{DATASETS_KEPT, Earlier, ListedPart};
use feed::Feed;
use identity::Identity;
use jobs::{Jobs, Worker};
use limits::Limits;
use metrics::Metrics;
use seen::Unchecked;
use served::{MadeFrom, Served};
use settings::{RequestLimits, Settings};

/// How often the database is asked whether there is something new, should it not tell by
/// itself.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How often is looked whether keys of other issuers are old, off the thread that looks for
/// news: an issuer may keep it waiting.
const KEYS_EVERY: Duration = Duration::from_secs(60);

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
    /// How many releases there were at the last look, and since when.
    releases: usize,
    unchanged_since: Instant,
}

impl WaitingFiles {
    /// Whether further files may still come.
    fn go_on(&mut self, releases: usize) -> bool {
        if std::mem::replace(&mut self.releases, releases) != releases {
            self.unchanged_since = Instant::now();
        }
        self.unchanged_since.elapsed() < LOOK_EVERY && self.since.elapsed() < FILES_WAIT
    }
}

/// What handlers share. Data are reached through a permission alone: see [`may::May`].
pub(crate) struct Service {
    pub(crate) office: Office,
    served: ArcSwapOption<Served>,
    /// The moment of the last look. It is held while the database is looked at: nobody loads
    /// what another is loading.
    looked: Mutex<Timestamp>,
    /// Since when the database has not said whether there is something new.
    unchecked: ArcSwapOption<Unchecked>,
    /// Datasets that callers have seen, and that are none newer than what is served.
    not_newer: Cache<String, ()>,
    /// Is held while another state than that of now is loaded: one at a time, so that readers
    /// of current answers are not disturbed. Who waits for it takes no thread meanwhile.
    loading: Arc<tokio::sync::Mutex<()>>,
    earlier_indexes: Earlier<Index>,
    earlier_assignments: Earlier<Assignments>,
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
    feed: Feed,
    pub(crate) jobs: Jobs,
    catalogues: Catalogues,
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
            looked: Mutex::default(),
            unchecked: ArcSwapOption::empty(),
            not_newer: Cache::new(DATASETS_KEPT as u64),
            loading: Arc::default(),
            earlier_indexes: Earlier::default(),
            earlier_assignments: Earlier::default(),
            catalogues: Catalogues::default(),
            access,
            metrics: Metrics::default(),
            documents: openapi::documents(),
            base_url,
            log_json: settings.log_json,
            requests: settings.requests,
            proxies: settings.trusted_proxies.clone(),
            limits: Limits::new(settings.rates),
            browsers: Browsers::of(settings),
            feed: Feed::keeping(settings.feed_events),
            jobs: Jobs::new(settings.spool.clone()),
        })
    }

    /// The LEAs that an agency reaches, as far as is known now.
    fn reach_of(&self, agency: Option<&Agency>) -> Reach {
        match self.served.load_full() {
            Some(served) => served.reach(agency),
            None => Reach::of(agency, &Arc::default(), |cds| BTreeSet::from([cds])),
        }
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
        Some(Arc::clone(&self.served.load().as_ref()?.pictures.public))
    }

    /// What a list is read from in a dataset that an audience began it with, if it is still
    /// kept. What was public everybody may go on with who may read what is public.
    fn earlier<T: ListedPart>(&self, audience: &Audience, dataset: &str) -> Option<Arc<T>> {
        let may =
            |of: &Audience| of == audience || *of == Audience::Public && self.access.public_reads;
        let now = self.served.load_full()?;
        let pictures = now.pictures.all();
        let mut current =
            pictures.iter().filter(|(of, picture)| may(of) && picture.dataset() == dataset);
        match current.next() {
            Some((_, picture)) => Some(Arc::clone(T::of(picture))),
            None => T::earlier(self).find(dataset, may),
        }
    }

    /// Whether a dataset was served before, as far as is remembered.
    fn has_served(&self, dataset: &str) -> bool {
        self.earlier_indexes.has(dataset)
    }

    /// Remembers what was served until now, and forgets the oldest.
    fn remember(&self, before: &Served, now: &Served) {
        let (before, current) = (before.pictures.all(), now.pictures.both());
        self.earlier_indexes.remember(&before, current);
        self.earlier_assignments.remember(&before, current);
    }

    /// Takes up what is new in the database, if anything is: a run, or what was said of when
    /// files are public, at once; files alone when no further one has come for a while, unless
    /// nobody waits for those. `files` are those that wait.
    fn look(&self, files: Option<&mut Option<WaitingFiles>>) -> Result<(), AppError> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.look_at(*looked, files);
        match &found {
            Ok(now) => {
                *looked = *now;
                self.unchecked.store(None);
            }
            Err(_) if self.unchecked.load().is_none() => {
                self.unchecked.store(Some(Arc::new(Unchecked::since(*looked))));
            }
            Err(_) => {}
        }
        found.map(|_now| ())
    }

    /// The same, after a look at an earlier moment. Gives the moment of this one: by the
    /// clock of the database, which is the same for all that serve from it, and never before
    /// an earlier look, so that what was public stays so where a clock is set back.
    fn look_at(
        &self,
        looked: Timestamp,
        files: Option<&mut Option<WaitingFiles>>,
    ) -> Result<Timestamp, AppError> {
        let now = self.office.store.clock()?.max(looked);
        let version = self.office.store.access_version()?;
        let said = [version.publications(), version.withdrawals()];
        self.access.look(&self.office.store, version)?;
        let made_from = MadeFrom::now(&self.office, said, now)?;
        let Some(made_from) = made_from else { return Ok(now) };
        let served = self.served.load_full();
        if let Some(served) = &served {
            let is_due = served.until.is_some_and(|until| until <= now);
            if served.made_from == made_from && !is_due {
                return Ok(now);
            }
            if let Some(files) = files {
                if served.made_from.is_but_for_files(&made_from) && !is_due {
                    let since = Instant::now();
                    let waiting = WaitingFiles { since, releases: 0, unchanged_since: since };
                    if files.get_or_insert(waiting).go_on(made_from.releases) {
                        return Ok(now);
                    }
                }
                *files = None;
            }
        }
        let begun = Instant::now();
        let public_reads = self.access.public_reads;
        let before = served.as_deref();
        let Some(new) = Served::load(&self.office, made_from, now, public_reads, before)? else {
            return Ok(now);
        };
        let (dataset, took) = (new.pictures.full.dataset(), begun.elapsed().as_millis());
        log::info!("serving dataset {dataset}, loaded in {took} ms");
        let new = Arc::new(new);
        if let Some(before) = self.served.swap(Some(Arc::clone(&new))) {
            self.remember(&before, &new);
        }
        Ok(now)
    }
}

impl Service {
    /// The services of every catalogue, ended ones too, by provider and code.
    pub(crate) fn services(&self) -> Result<Services, AppError> {
        self.catalogues.current(&self.office, self.unchecked.load().is_some())
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
    service.look(None)?;
    service.services()?;
    let watched = Data::clone(&service);
    std::thread::spawn(move || {
        let (mut news, mut files) = (watched.office.store.news(), None);
        loop {
            news.wait(LOOK_EVERY);
            watched.limits.forget_idle();
            if let Some(served) = &*watched.served.load() {
                served.histories.forget_idle();
            }
            if let Err(problem) = watched.look(Some(&mut files)) {
                log::warn!("the database could not be asked for news: {problem}");
            }
        }
    });
    let telling = Data::clone(&service);
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(LOOK_EVERY);
            if let Err(problem) = telling.tell_what_is_served() {
                log::warn!("the feed could not be told what has changed: {problem}");
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
    let worker = Worker::start(Data::clone(&service));
    let served =
        actix_web::rt::System::new().block_on(run(service, listener, address, settings, ready));
    worker.end();
    served
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
