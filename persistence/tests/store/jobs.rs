//! Jobs: each is taken up by one at a time, and what comes of it is stored once.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::{self, Read};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use calsos_persistence::{
    AddJob, AddRelease, AuditFilter, CancelJob, DIED_MOST, JobClaim, JobDone, JobEnd, JobFilter,
    JobId, JobKind, JobProgress, JobRecord, JobState, NewAnswer, NewJob, NewRelease, Once, Store,
    StoreError,
};
use jiff::{Timestamp, ToSpan as _};

use crate::support::{Backend, Database, add, add_job, entry, new_job, on_both, run, small_file};

const LEASE: Duration = Duration::from_secs(15);

/// A lease that is over at once, for whoever asks for one of the same length.
const NONE: Duration = Duration::ZERO;

const MEBIBYTE: usize = 1024 * 1024;

fn claim(store: &Store, worker: &str) -> Option<JobRecord> {
    store.claim_job(worker, LEASE).unwrap()
}

fn release<'a>(contents: &'a calsos_domain::release::ReleaseContents) -> NewRelease<'a> {
    NewRelease {
        contents,
        file_name: "made-up.txt",
        bytes: b"a file",
        kept_bytes: None,
        imported_by: "tester",
        report: "{}",
        public_at: None,
        beside: None,
        audit: Some(entry("createImport")),
    }
}

/// Adds a release for a job.
fn add_for(
    store: &Store,
    new: &NewRelease<'_>,
    done: JobDone<'_>,
) -> Result<AddRelease, StoreError> {
    let added = store.add_release_if(new, Some(done), |_stored| None::<Infallible>)?;
    Ok(added.unwrap_or_else(|never| match never {}))
}

fn done(claim: JobClaim) -> JobDone<'static> {
    JobDone { claim, result: Some("{\"found\":1}") }
}

const REFUSED: JobEnd<'static> =
    JobEnd { state: JobState::Refused, code: "no-good", detail: "it is no good", result: None };

fn is_lost<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result.unwrap_err(), StoreError::LostJob(_))
}

fn a_job_is_read_back_with_its_content_until_it_ends(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    for length in [0, 1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 3 * MEBIBYTE] {
        let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let job = add_job(store, JobKind::Import, &content);
        assert_eq!(store.job_content(job.id).unwrap(), content, "{length}");
        assert_eq!(store.job(job.id).unwrap(), job);
        let parts = database.place.count("SELECT count(*) AS count FROM job_part");
        assert_eq!(parts as usize, length.div_ceil(MEBIBYTE));
        let claimed = claim(store, "one").unwrap();
        assert_eq!((claimed.id, claimed.state, claimed.attempt), (job.id, JobState::Running, 1));
        store.end_job(claimed.claim(), &REFUSED, None).unwrap();
        assert_eq!(database.counts()["job_part"], 0);
        assert_eq!(store.job_content(job.id).unwrap(), []);
        let ended = store.job(job.id).unwrap();
        assert_eq!((ended.state, ended.code.as_deref()), (JobState::Refused, Some("no-good")));
        assert!(ended.finished_at.is_some() && ended.state.has_ended());
    }
    let unknown = JobId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
    for error in [
        store.job(unknown).unwrap_err(),
        store.job_content(unknown).unwrap_err(),
        store.cancel_job(unknown, None).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::UnknownJob(id) if id == unknown), "{error:?}");
    }
}

fn a_content_that_cannot_be_read_to_its_end_leaves_nothing(on: Backend) {
    struct Broken(usize);
    impl Read for Broken {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::Error::other("the disk is gone"));
            }
            let length = into.len().min(self.0);
            into[..length].fill(7);
            self.0 -= length;
            Ok(length)
        }
    }
    let database = Database::new(on);
    let before = database.counts();
    let mut broken = Broken(2 * MEBIBYTE + 5);
    let error = database.store.add_job(&new_job(JobKind::Import), Some(&mut broken)).unwrap_err();
    assert!(error.to_string().contains("could not be read: the disk is gone"), "{error}");
    assert_eq!(database.counts(), before);
}

fn jobs_are_listed_from_the_newest_by_kind_and_agency(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let first = add_job(store, JobKind::Import, b"x");
    let second = add_job(store, JobKind::Run, b"");
    let other = NewJob { agency: "state", ..new_job(JobKind::Import) };
    let AddJob::Added(third) = store.add_job(&other, None).unwrap() else { panic!("a new one") };
    let list = |filter: JobFilter<'_>| store.jobs(&filter).unwrap();
    assert_eq!(list(JobFilter::default()), [third.clone(), second.clone(), first.clone()]);
    let imports = JobFilter { kind: Some(JobKind::Import), ..JobFilter::default() };
    assert_eq!(list(imports), [third.clone(), first.clone()]);
    assert_eq!(
        list(JobFilter { agency: Some("county:07"), ..imports }),
        std::slice::from_ref(&first)
    );
    assert_eq!(list(JobFilter { agency: Some(""), ..imports }), []);
    assert_eq!(list(JobFilter { limit: Some(1), ..imports }), std::slice::from_ref(&third));
    let before = Some(third.sequence);
    assert_eq!(list(JobFilter { before_sequence: before, ..imports }), [first]);
}

fn each_job_is_taken_up_by_one_of_many_and_the_oldest_first(on: Backend) {
    let database = Database::new(on);
    let other = Store::open(&database.url()).unwrap();
    let jobs: Vec<JobId> =
        (0..12).map(|_| add_job(&database.store, JobKind::Run, b"").id).collect();
    let together = Barrier::new(4);
    let taken: Vec<Vec<JobId>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let store = if worker % 2 == 0 { &database.store } else { &other };
                let together = &together;
                scope.spawn(move || {
                    together.wait();
                    let next = || claim(store, &worker.to_string()).map(|job| job.id);
                    std::iter::from_fn(next).collect()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let all: BTreeSet<JobId> = taken.iter().flatten().copied().collect();
    assert_eq!(all, jobs.iter().copied().collect(), "{taken:?}");
    assert_eq!(taken.iter().map(Vec::len).sum::<usize>(), jobs.len(), "{taken:?}");
    for own in taken {
        assert!(own.is_sorted(), "{own:?}");
    }
}

fn a_job_whose_lease_is_over_is_taken_up_again_and_the_first_stores_nothing(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    add_job(store, JobKind::Import, b"a file");
    let first = store.claim_job("first", LEASE).unwrap().unwrap();
    // It is held, and renewed, and so nobody else has it.
    assert_eq!(claim(store, "second"), None);
    let progress = JobProgress { stage: "reading", done: Some(1), total: Some(2) };
    assert!(store.renew_job(first.claim(), progress, LEASE).unwrap());
    let shown = store.job(first.id).unwrap().progress;
    assert_eq!((shown.stage.as_str(), shown.done, shown.total), ("reading", Some(1), Some(2)));
    assert_eq!(claim(store, "second"), None);
    assert!(store.renew_job(first.claim(), progress, NONE).unwrap());
    thread::sleep(Duration::from_millis(5));
    let second = claim(store, "second").unwrap();
    assert_eq!((second.id, second.attempt), (first.id, 2));
    assert_eq!(second.worker.as_deref(), Some("second"));

    let before = database.counts();
    let contents = small_file();
    assert!(is_lost(add_for(store, &release(&contents), done(first.claim()))));
    assert!(is_lost(store.save_run_of_job(&run(), NO_ANSWERS, done(first.claim()))));
    assert!(is_lost(store.end_job(first.claim(), &REFUSED, Some(entry("createImport")))));
    assert!(!store.renew_job(first.claim(), progress, LEASE).unwrap());
    store.give_back_job(first.claim(), None).unwrap();
    assert_eq!(database.counts(), before);
    assert_eq!(store.job(first.id).unwrap(), second);

    let stored = add_for(store, &release(&contents), done(second.claim())).unwrap();
    let AddRelease::Added(record) = stored else { panic!("{stored:?}") };
    let ended = store.job(first.id).unwrap();
    assert_eq!(ended.state, JobState::Done);
    assert_eq!(ended.release, Some((record.number, record.id)));
    assert_eq!((ended.repeated, ended.result.as_deref()), (false, Some("{\"found\":1}")));
    assert_eq!(database.counts()["job_part"], 0);
    // Once is enough.
    assert!(is_lost(add_for(store, &release(&contents), done(second.claim()))));
    assert_eq!(claim(store, "third"), None);
}

const NO_ANSWERS: [Result<NewAnswer, Infallible>; 0] = [];

fn a_lease_from_before_the_clock_was_set_back_is_over(on: Backend) {
    let database = Database::new(on);
    add_job(&database.store, JobKind::Run, b"");
    let hour = Duration::from_secs(3600);
    let first = database.store.claim_job("first", hour).unwrap().unwrap();
    assert_eq!(database.store.claim_job("second", hour).unwrap(), None);
    assert_eq!(claim(&database.store, "second").unwrap().attempt, first.attempt + 1);
}

fn what_was_stored_before_ends_a_job_as_well(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let record = add(store, &small_file(), "a file").record().clone();
    add_job(store, JobKind::Import, b"a file");
    let job = claim(store, "one").unwrap();
    let contents = small_file();
    let stored = add_for(store, &release(&contents), done(job.claim())).unwrap();
    assert_eq!(stored, AddRelease::AlreadyStored(record.clone()));
    let ended = store.job(job.id).unwrap();
    assert_eq!((ended.state, ended.repeated), (JobState::Done, true));
    assert_eq!(ended.release, Some((record.number, record.id)));
    // Also then, nothing is written for who has lost the job.
    add_job(store, JobKind::Import, b"a file");
    let job = claim(store, "one").unwrap();
    store.cancel_job(job.id, None).unwrap();
    let before = database.counts();
    assert!(is_lost(add_for(store, &release(&contents), done(job.claim()))));
    assert_eq!(database.counts(), before);
}

fn a_run_is_stored_with_its_job(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    add_job(store, JobKind::Run, b"");
    let job = claim(store, "one").unwrap();
    let stored = store.save_run_of_job(&run(), NO_ANSWERS, done(job.claim())).unwrap();
    assert_eq!(store.job(job.id).unwrap().run, Some((stored.number, stored.id)));
    assert_eq!(store.jobs(&JobFilter::default()).unwrap()[0].run, Some((1, stored.id)));
}

fn what_is_called_off_is_never_stored(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let waiting = add_job(store, JobKind::Import, b"x");
    let CancelJob::Cancelled(job) = store.cancel_job(waiting.id, Some(entry("cancelJob"))).unwrap()
    else {
        panic!("it waited");
    };
    assert_eq!(job.state, JobState::Cancelled);
    assert_eq!(claim(store, "one"), None);
    let running = add_job(store, JobKind::Import, b"x");
    let claimed = claim(store, "one").unwrap();
    assert!(matches!(store.cancel_job(running.id, None).unwrap(), CancelJob::Cancelled(_)));
    assert_eq!(database.counts()["job_part"], 0);
    let progress = JobProgress { stage: "reading", done: None, total: None };
    assert!(!store.renew_job(claimed.claim(), progress, LEASE).unwrap());
    let contents = small_file();
    assert!(is_lost(add_for(store, &release(&contents), done(claimed.claim()))));
    assert_eq!(store.releases().unwrap(), []);
    // What has ended stays as it is, and nothing is written of it.
    let before = database.counts();
    let again = store.cancel_job(running.id, Some(entry("cancelJob"))).unwrap();
    assert!(matches!(again, CancelJob::Ended(job) if job.state == JobState::Cancelled));
    assert_eq!(database.counts(), before);
    assert_eq!(store.audit(&AuditFilter::default()).unwrap().len(), 1);
}

fn a_job_that_no_attempt_ends_is_given_up(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    // As if each process had been killed.
    let job = add_job(store, JobKind::Import, b"x");
    for attempt in 1..=DIED_MOST {
        let claimed = store.claim_job("one", NONE).unwrap().unwrap();
        assert_eq!((claimed.id, claimed.attempt), (job.id, attempt));
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(store.claim_job("one", NONE).unwrap(), None);
    let failed = store.job(job.id).unwrap();
    assert_eq!((failed.state, failed.code.as_deref()), (JobState::Failed, Some("given-up")));
    assert!(failed.detail.unwrap().contains("ended 5 times before it was done"));
    assert_eq!(database.counts()["job_part"], 0);
    // As if each had run into the same problem.
    let job = add_job(store, JobKind::Run, b"");
    for _ in 0..DIED_MOST {
        let claimed = claim(store, "one").unwrap();
        store.give_back_job(claimed.claim(), Some("no room")).unwrap();
    }
    assert_eq!(claim(store, "one"), None);
    let detail = store.job(job.id).unwrap().detail.unwrap();
    assert_eq!(detail, "it was tried 5 times; the last time: no room");
    // What a process that ends in order leaves behind does not count.
    add_job(store, JobKind::Run, b"");
    for _ in 0..=DIED_MOST {
        let claimed = claim(store, "one").unwrap();
        store.give_back_job(claimed.claim(), None).unwrap();
    }
    assert!(claim(store, "one").is_some());
}

fn the_same_asked_again_by_the_same_key_is_the_same_job(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let now = Timestamp::now();
    let once = Once { key: "k", request_hash: "h", since: now.checked_sub(24.hours()).unwrap() };
    let new =
        NewJob { once: Some(once), audit: Some(entry("createImport")), ..new_job(JobKind::Import) };
    let ask = |new: &NewJob<'_>| store.add_job(new, Some(&mut &b"x"[..])).unwrap();
    let AddJob::Added(first) = ask(&new) else { panic!("a new one") };
    let before = database.counts();
    assert_eq!(ask(&new), AddJob::Again(first.clone()));
    let other = Once { request_hash: "other", ..once };
    assert_eq!(ask(&NewJob { once: Some(other), ..new }), AddJob::Otherwise(first.clone()));
    assert_eq!(database.counts(), before);
    // Another caller's key, another operation's and another key are others.
    let others = [
        NewJob { actor: "another", ..new },
        NewJob { issuer: "https://another.example", ..new },
        NewJob { kind: JobKind::Run, ..new },
        NewJob { once: Some(Once { key: "K", ..once }), ..new },
        NewJob { once: None, ..new },
    ];
    for other in others {
        assert!(matches!(ask(&other), AddJob::Added(_)), "{other:?}");
    }
    // A day later the key is free; a moment before that it is not.
    let made: Timestamp = first.created_at.parse().unwrap();
    let before = Once { since: made.checked_sub(1.microsecond()).unwrap(), ..once };
    assert_eq!(ask(&NewJob { once: Some(before), ..new }), AddJob::Again(first));
    let after = Once { since: made, ..once };
    assert!(matches!(ask(&NewJob { once: Some(after), ..new }), AddJob::Added(_)));
}

fn of_many_at_once_by_one_key_one_makes_the_job(on: Backend) {
    let database = Database::new(on);
    let other = Store::open(&database.url()).unwrap();
    let since = Timestamp::now().checked_sub(24.hours()).unwrap();
    let once = Once { key: "k", request_hash: "h", since };
    let new = NewJob { once: Some(once), ..new_job(JobKind::Import) };
    let together = Barrier::new(4);
    let made: Vec<AddJob> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|n| {
                let store = if n % 2 == 0 { &database.store } else { &other };
                let (together, new) = (&together, &new);
                scope.spawn(move || {
                    together.wait();
                    store.add_job(new, Some(&mut &b"x"[..])).unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let added = made.iter().filter(|made| matches!(made, AddJob::Added(_))).count();
    assert_eq!(added, 1, "{made:?}");
    assert_eq!((database.counts()["job"], database.counts()["job_part"]), (1, 1));
}

/// Jobs are taken up and held while another transaction has the turn to write for long; on
/// SQLite, which has one writer at a time, there is nothing to be tried.
#[test]
fn who_has_the_turn_to_write_keeps_no_job_from_being_taken_up() {
    const NAME: &str = "who_has_the_turn_to_write_keeps_no_job_from_being_taken_up";
    let Some(server) = calsos_tests_postgres::server(NAME) else { return };
    let database = Database::new(Backend::Postgresql(server));
    let other = Store::open(&database.url()).unwrap();
    add_job(&other, JobKind::Run, b"");
    let answers = std::iter::from_fn(|| {
        // Inside the transaction of a run.
        let job = claim(&other, "one").unwrap();
        let progress = JobProgress { stage: "deciding", done: None, total: None };
        assert!(other.renew_job(job.claim(), progress, LEASE).unwrap());
        None::<Result<NewAnswer, Infallible>>
    });
    database.store.save_run(&run(), answers).unwrap();
    assert_eq!(other.jobs(&JobFilter::default()).unwrap()[0].progress.stage, "deciding");
}

fn a_text_with_a_nul_is_refused(on: Backend) {
    let database = Database::new(on);
    let since = Timestamp::now();
    let sound = new_job(JobKind::Run);
    let key = Once { key: "\0", request_hash: "h", since };
    let cases = [
        (NewJob { actor: "\0", ..sound }, "the name of who asks"),
        (NewJob { issuer: "\0", ..sound }, "the issuer"),
        (NewJob { agency: "\0", ..sound }, "the agency"),
        (NewJob { request: "\0", ..sound }, "the request"),
        (NewJob { once: Some(key), ..sound }, "the key"),
        (NewJob { once: Some(Once { key: "k", request_hash: "\0", ..key }), ..sound }, "hash"),
    ];
    for (new, what) in cases {
        let error = database.store.add_job(&new, None).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("NUL character"), "{error}");
    }
    assert_eq!(database.store.jobs(&JobFilter::default()).unwrap(), []);
}

on_both![
    a_job_is_read_back_with_its_content_until_it_ends,
    a_content_that_cannot_be_read_to_its_end_leaves_nothing,
    jobs_are_listed_from_the_newest_by_kind_and_agency,
    each_job_is_taken_up_by_one_of_many_and_the_oldest_first,
    a_job_whose_lease_is_over_is_taken_up_again_and_the_first_stores_nothing,
    a_lease_from_before_the_clock_was_set_back_is_over,
    what_was_stored_before_ends_a_job_as_well,
    a_run_is_stored_with_its_job,
    what_is_called_off_is_never_stored,
    a_job_that_no_attempt_ends_is_given_up,
    the_same_asked_again_by_the_same_key_is_the_same_job,
    of_many_at_once_by_one_key_one_makes_the_job,
    a_text_with_a_nul_is_refused,
];
