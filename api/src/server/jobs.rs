//! The worker of a process: it takes up jobs, whichever process was asked for them, one at a
//! time, and holds each while it is done.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use actix_web::web::Data;
use calsos_persistence::{JobProgress, JobRecord, StoreError};

use super::Service;
use crate::app::jobs::Steps;
use crate::auth::agency::Agency;
use crate::error::AppError;

/// How long a job is held without a word. All processes of a database have the same.
const LEASE: Duration = Duration::from_secs(15);

/// How often a job is held for another while.
const RENEW_EVERY: Duration = Duration::from_secs(3);

/// How often it is told how far a job is, at most.
const TELL_EVERY: Duration = Duration::from_secs(1);

/// How often it is looked whether a job is done, and whether the process ends.
const GLANCE_EVERY: Duration = Duration::from_millis(100);

/// How often it is looked for jobs that another process was asked for, or has left.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// How long is waited where the database did not answer.
const PAUSE: Duration = Duration::from_secs(2);

/// What handlers have of jobs.
#[derive(Debug)]
pub(crate) struct Jobs {
    /// Where files wait until they are whole.
    pub(crate) spool: PathBuf,
    worker: OnceLock<Thread>,
}

impl Jobs {
    pub(super) fn new(spool: PathBuf) -> Jobs {
        Jobs { spool, worker: OnceLock::new() }
    }

    /// Has the worker of this process look for jobs at once.
    pub(crate) fn wake(&self) {
        if let Some(worker) = self.worker.get() {
            worker.unpark();
        }
    }
}

/// The worker; it goes on until it is told to end.
pub(super) struct Worker {
    thread: JoinHandle<()>,
    ends: Arc<AtomicBool>,
}

impl Worker {
    /// Starts it.
    pub(super) fn start(service: Data<Service>) -> Worker {
        let ends = Arc::new(AtomicBool::new(false));
        let shared = (Data::clone(&service), Arc::clone(&ends));
        let thread = thread::spawn(move || work(&shared.0, &shared.1));
        // It is set once: a service has one worker.
        let _ = service.jobs.worker.set(thread.thread().clone());
        Worker { thread, ends }
    }

    /// Ends it. The job that it works on is left to another process, or to this one when it is
    /// started again.
    pub(super) fn end(self) {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        if self.thread.join().is_err() {
            log::error!("the worker had stopped before it was told to");
        }
    }
}

fn work(service: &Data<Service>, ends: &AtomicBool) {
    // A number of a process alone says nothing where several machines have one database.
    let id = uuid::Uuid::now_v7();
    let name = format!("process {}, {id}", std::process::id());
    while !ends.load(Ordering::Relaxed) {
        match service.office.store.claim_job(&name, LEASE) {
            Ok(Some(job)) => do_one(service, &job, ends),
            Ok(None) => thread::park_timeout(LOOK_EVERY),
            Err(problem) => {
                log::warn!("the database could not be asked for jobs: {problem}");
                thread::park_timeout(PAUSE);
            }
        }
    }
}

/// Has a job done on a thread of its own, so that one that brings that down brings down
/// nothing else, and holds it meanwhile.
fn do_one(service: &Data<Service>, job: &JobRecord, ends: &AtomicBool) {
    log::info!("job {} ({}): taken up, attempt {}", job.id, job.kind, job.attempt);
    let steps = Arc::new(Steps::default());
    let (signal, done) = channel::<()>();
    let shared = (Data::clone(service), Arc::clone(&steps), job.clone());
    let doing = thread::spawn(move || {
        // Dropped when the thread ends, however it does.
        let _signal = signal;
        let (service, steps, job) = shared;
        let agency = Agency::parse(&job.agency);
        service.office.do_job(&job, &steps, &|coverage| {
            service.reach_of(agency.as_ref()).covers_file(coverage)
        })
    });
    let mut held = Held::new();
    while let Err(RecvTimeoutError::Timeout) = done.recv_timeout(GLANCE_EVERY) {
        if ends.load(Ordering::Relaxed) {
            steps.leave();
            give_back(service, job, None);
            return;
        }
        if !held.renew(service, job, steps.progress()) {
            steps.leave();
        }
    }
    match doing.join() {
        Ok(Ok(())) => log::info!("job {}: ended", job.id),
        Ok(Err(AppError::Store(StoreError::LostJob(_)))) => {
            log::info!("job {}: called off, or another process's by now", job.id);
        }
        // As while the database is away, or full: another attempt may go better.
        Ok(Err(AppError::Store(problem))) => {
            log::warn!("job {}: {problem}", job.id);
            give_back(service, job, Some(&problem.to_string()));
            thread::park_timeout(PAUSE);
        }
        Ok(Err(problem)) => fail(service, job, &problem.to_string()),
        Err(_) => fail(service, job, "the service failed at it; its log says how"),
    }
}

fn give_back(service: &Service, job: &JobRecord, problem: Option<&str>) {
    if let Err(error) = service.office.store.give_back_job(job.claim(), problem) {
        let seconds = LEASE.as_secs();
        log::warn!("job {}: it cannot be given back, and is free in {seconds} s: {error}", job.id);
    }
}

fn fail(service: &Service, job: &JobRecord, problem: &str) {
    log::error!("job {}: {problem}", job.id);
    match service.office.fail_job(job, problem) {
        Ok(()) | Err(AppError::Store(StoreError::LostJob(_))) => {}
        Err(error) => log::warn!("job {}: its end cannot be written: {error}", job.id),
    }
}

/// When a job was last held for another while, and what was said of it.
struct Held {
    since: Instant,
    told: JobProgress<&'static str>,
}

impl Held {
    fn new() -> Held {
        Held { since: Instant::now(), told: JobProgress::default() }
    }

    /// Holds a job where that is due; `false` where it is not this process's any more. Where
    /// the database does not answer, it is tried again: what is stored in the end asks anyway.
    fn renew(
        &mut self,
        service: &Service,
        job: &JobRecord,
        now: JobProgress<&'static str>,
    ) -> bool {
        let every = if self.told.stage != now.stage {
            Duration::ZERO
        } else if self.told != now {
            TELL_EVERY
        } else {
            RENEW_EVERY
        };
        if self.since.elapsed() < every {
            return true;
        }
        *self = Held { since: Instant::now(), told: now };
        match service.office.store.renew_job(job.claim(), now, LEASE) {
            Ok(held) => held,
            Err(problem) => {
                log::warn!("job {}: it cannot be held: {problem}", job.id);
                true
            }
        }
    }
}
