//! Which releases are withdrawn, and what is said of a release on a condition.

use std::convert::Infallible;
use std::thread;

use calsos_persistence::{
    ChangeRelease, NewRun, NewWithdrawal, PublicAt, ReleaseChange, ReleaseNumber, SaidOfRelease,
    SeenOfRelease, Store, StoreError,
};

use crate::support::{Backend, Database, entry, on_both, run, small_file};

fn with_releases(on: Backend, count: u32) -> (Database, Vec<ReleaseNumber>) {
    let database = Database::new(on);
    let numbers = (0..count)
        .map(|file| database.add(&small_file(), &format!("file {file}")).number)
        .collect();
    (database, numbers)
}

fn withdrawn(reason: &str) -> ReleaseChange<'_> {
    said(true, reason)
}

fn said(withdrawn: bool, reason: &str) -> ReleaseChange<'_> {
    ReleaseChange { withdrawn: Some(NewWithdrawal { withdrawn, reason }), public_at: None }
}

/// Says something whatever holds. Returns what holds, and whether it was said anew.
fn say(store: &Store, release: ReleaseNumber, change: &ReleaseChange<'_>) -> (SaidOfRelease, bool) {
    match store.change_release(release, None, change, "x", Some(entry("withdraw"))).unwrap() {
        ChangeRelease::Done { holds, anew } => (holds, anew),
        ChangeRelease::Otherwise(holds) => panic!("{holds:?}"),
    }
}

/// The releases that are withdrawn, each with the reason.
fn holds(store: &Store) -> Vec<(u32, String)> {
    let releases = store.releases().unwrap();
    let withdrawn = releases.into_iter().filter(|release| release.is_withdrawn());
    withdrawn.map(|r| (r.number.0, r.withdrawal.unwrap().reason)).collect()
}

fn the_latest_that_was_said_holds_and_all_of_it_is_kept(on: Backend) {
    let (database, numbers) = with_releases(on, 3);
    let store = &database.store;
    assert_eq!((holds(store), store.withdrawals().unwrap()), (vec![], vec![]));
    let (first, anew) = say(store, numbers[1], &withdrawn("a test file"));
    let first = first.withdrawal.unwrap();
    assert!(anew && first.withdrawn && first.set_by == "x");
    assert_eq!((first.sequence, first.release), (1, numbers[1]));
    say(store, numbers[0], &withdrawn("another"));
    assert_eq!(holds(store), [(1, "another".to_owned()), (2, "a test file".to_owned())]);
    assert_eq!(
        store.release_of_file(&store.releases().unwrap()[1].sha256).unwrap().unwrap().withdrawal,
        Some(first.clone())
    );
    let (back, _) = say(store, numbers[1], &said(false, "it was right"));
    assert!(!back.withdrawal.as_ref().unwrap().withdrawn);
    assert_eq!(holds(store), [(1, "another".to_owned())]);
    let all = store.withdrawals().unwrap();
    let told: Vec<(u32, u32, bool, &str)> =
        all.iter().map(|w| (w.sequence, w.release.0, w.withdrawn, w.reason.as_str())).collect();
    assert_eq!(
        told,
        [(1, 2, true, "a test file"), (2, 1, true, "another"), (3, 2, false, "it was right")]
    );
    assert_eq!(all[0], first);
    let audit = store.audit(&calsos_persistence::AuditFilter::default()).unwrap();
    let details: Vec<&str> = audit.iter().map(|entry| entry.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            "release 2 reinstated: it was right",
            "release 1 withdrawn: another",
            "release 2 withdrawn: a test file"
        ]
    );
    // The release itself is as it was.
    assert_eq!(store.release_contents(numbers[1]).unwrap(), small_file());
}

fn what_holds_already_is_not_said_again(on: Backend) {
    let (database, numbers) = with_releases(on, 1);
    let store = &database.store;
    let (nothing, anew) = say(store, numbers[0], &said(false, "as before"));
    assert_eq!((nothing, anew), (SaidOfRelease::default(), false));
    assert!(say(store, numbers[0], &withdrawn("wrong")).1);
    assert!(!say(store, numbers[0], &withdrawn("wrong")).1);
    assert!(say(store, numbers[0], &withdrawn("wrong, too")).1, "another reason is news");
    assert_eq!(database.counts()["withdrawal"], 2);
    assert_eq!(database.counts()["audit"], 4);
    let audit = store.audit(&calsos_persistence::AuditFilter::default()).unwrap();
    assert_eq!(audit[3].detail, "release 1 was not withdrawn");
}

fn both_are_said_together_and_only_where_nothing_else_was_said_since(on: Backend) {
    let (database, numbers) = with_releases(on, 2);
    let store = &database.store;
    let both = ReleaseChange { public_at: Some(PublicAt::Closed), ..withdrawn("wrong") };
    let (first, _) = say(store, numbers[0], &both);
    let closed = first.publication.clone().unwrap();
    assert_eq!(
        (closed.public_at, first.withdrawal.clone().unwrap().withdrawn),
        (PublicAt::Closed, true)
    );
    let audit = store.audit(&calsos_persistence::AuditFilter::default()).unwrap();
    assert_eq!(audit[0].detail, "release 1 closed, release 1 withdrawn: wrong");
    // What was said of another release is nothing to this one.
    say(store, numbers[1], &both);
    let before = database.counts();
    let seen = first.seen();
    for stale in [
        SeenOfRelease::default(),
        SeenOfRelease { publication: None, ..seen },
        SeenOfRelease { withdrawal: None, ..seen },
        SeenOfRelease { publication: Some(2), ..seen },
        SeenOfRelease { withdrawal: Some(2), ..seen },
    ] {
        let audit = Some(entry("withdraw"));
        let done = store.change_release(numbers[0], Some(stale), &said(false, "no"), "x", audit);
        assert_eq!(done.unwrap(), ChangeRelease::Otherwise(first.clone()), "{stale:?}");
    }
    assert_eq!(database.counts(), before);
    let done = store.change_release(numbers[0], Some(seen), &said(false, "right"), "x", None);
    let ChangeRelease::Done { holds: after, anew: true } = done.unwrap() else { panic!() };
    assert_eq!(after.publication, Some(closed));
    assert_eq!(holds(store), [(2, "wrong".to_owned())]);
}

/// One that was being decided when it was withdrawn cannot bring it back.
fn no_new_run_reads_what_is_withdrawn(on: Backend) {
    let (database, numbers) = with_releases(on, 2);
    let store = &database.store;
    let save = |releases: &[ReleaseNumber]| {
        let new = NewRun { releases, ..run() };
        store.save_run(&new, std::iter::empty::<Result<_, Infallible>>())
    };
    let before = save(&numbers).unwrap();
    say(store, numbers[1], &withdrawn("wrong"));
    let counts = database.counts();
    let error = save(&numbers).unwrap_err();
    assert!(matches!(error, StoreError::Withdrawn(ReleaseNumber(2))), "{error}");
    assert_eq!((database.counts(), store.current_run().unwrap()), (counts, Some(before.clone())));
    assert_eq!(save(&numbers[..1]).unwrap().number, 2);
    assert_eq!(before.releases, numbers, "what was read stays said");
    say(store, numbers[1], &said(false, "right"));
    assert_eq!(save(&numbers).unwrap().number, 3);
}

fn nothing_is_said_of_what_is_not_there_or_with_a_text_that_cannot_be_kept(on: Backend) {
    let (database, numbers) = with_releases(on, 1);
    let before = database.counts();
    let say = |release, change: &ReleaseChange<'_>| {
        let audit = Some(entry("withdraw"));
        database.store.change_release(release, None, change, "x", audit).unwrap_err()
    };
    for absent in [ReleaseNumber(2), ReleaseNumber(u32::MAX)] {
        let error = say(absent, &withdrawn("wrong"));
        assert!(matches!(error, StoreError::UnknownRelease(n) if n == absent), "{error}");
    }
    // Also where the other half of it could be kept.
    let both = ReleaseChange { public_at: Some(PublicAt::Closed), ..withdrawn("a\0b") };
    let error = say(numbers[0], &both).to_string();
    assert!(error.contains("the reason has a NUL character"), "{error}");
    assert_eq!(database.counts(), before);
}

fn of_two_who_saw_the_same_one_is_heard(on: Backend) {
    let (database, numbers) = with_releases(on, 1);
    let other = Store::open(&database.url()).unwrap();
    let heard: Vec<bool> = thread::scope(|scope| {
        let both = [(&database.store, "one"), (&other, "other")].map(|(store, reason)| {
            let release = numbers[0];
            scope.spawn(move || {
                let seen = Some(SeenOfRelease::default());
                let done = store.change_release(release, seen, &withdrawn(reason), "x", None);
                matches!(done.unwrap(), ChangeRelease::Done { anew: true, .. })
            })
        });
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(heard.iter().filter(|heard| **heard).count(), 1, "{heard:?}");
    assert_eq!(database.counts()["withdrawal"], 1);
}

on_both![
    the_latest_that_was_said_holds_and_all_of_it_is_kept,
    what_holds_already_is_not_said_again,
    both_are_said_together_and_only_where_nothing_else_was_said_since,
    nothing_is_said_of_what_is_not_there_or_with_a_text_that_cannot_be_kept,
    no_new_run_reads_what_is_withdrawn,
    of_two_who_saw_the_same_one_is_heard,
];
