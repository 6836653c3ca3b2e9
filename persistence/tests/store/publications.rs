//! From when releases are public: a history, all or nothing, and never said over another's head.

use std::convert::Infallible;
use std::thread;

use calsos_persistence::{
    AddRelease, ChangeRelease, NewRelease, NewWithdrawal, PublicAt, Publication, ReleaseChange,
    ReleaseNumber, SaidOfRelease, Store, StoreError,
};
use jiff::Timestamp;

use crate::support::{Backend, Database, entry, moment, on_both, publish_if, small_file};

const SPRING: &str = "2091-03-01T08:00:00Z";
const AUTUMN: &str = "2091-11-01T08:00:00.000001Z";

fn from(text: &str) -> PublicAt {
    PublicAt::From(moment(text))
}

/// A database with this many releases.
fn with_releases(on: Backend, count: u32) -> (Database, Vec<ReleaseNumber>) {
    let database = Database::new(on);
    let numbers = (0..count)
        .map(|file| database.add(&small_file(), &format!("file {file}")).number)
        .collect();
    (database, numbers)
}

fn said(publications: &[Publication]) -> Vec<(u32, u32, PublicAt)> {
    publications.iter().map(|said| (said.sequence, said.release.0, said.public_at)).collect()
}

/// What holds: sequence, release and moment.
fn holds(store: &Store) -> Vec<(u32, u32, PublicAt)> {
    let latest = store.publications().unwrap();
    assert!(latest.iter().all(|(release, said)| *release == said.release));
    said(&latest.into_values().collect::<Vec<_>>())
}

fn the_latest_that_was_said_of_each_release_holds(on: Backend) {
    let (database, numbers) = with_releases(on, 3);
    let store = &database.store;
    assert_eq!(holds(store), []);
    let first = store.publish(&numbers[..2], PublicAt::Closed, "one", None).unwrap();
    assert_eq!(said(&first), [(1, 1, PublicAt::Closed), (2, 2, PublicAt::Closed)]);
    assert_eq!(holds(store), said(&first));
    let second = store.publish(&[numbers[1]], from(AUTUMN), "two", None).unwrap();
    assert_eq!(said(&second), [(3, 2, from(AUTUMN))]);
    assert_eq!(holds(store), [(1, 1, PublicAt::Closed), (3, 2, from(AUTUMN))]);
    store.publish(&[numbers[1]], PublicAt::Closed, "three", None).unwrap();
    let latest = store.publications().unwrap();
    assert_eq!(latest[&numbers[1]].public_at, PublicAt::Closed);
    assert_eq!(latest[&numbers[1]].set_by, "three");
    assert!(latest[&numbers[0]].set_at < latest[&numbers[1]].set_at);
    // What was said before is still there, in the order in which it was said.
    let history = store.publication_history().unwrap();
    let expected = [
        (1, 1, PublicAt::Closed),
        (2, 2, PublicAt::Closed),
        (3, 2, from(AUTUMN)),
        (4, 2, PublicAt::Closed),
    ];
    assert_eq!(said(&history), expected);
    assert!(history.is_sorted_by(|one, next| one.set_at <= next.set_at), "{history:?}");
}

fn what_holds_already_is_not_said_again(on: Backend) {
    let (database, numbers) = with_releases(on, 2);
    let store = &database.store;
    // Twice in one breath, too; and beyond the microsecond nothing is kept.
    let twice = [numbers[0], numbers[0]];
    assert_eq!(store.publish(&twice, from(SPRING), "one", None).unwrap().len(), 1);
    let a_little_later = PublicAt::From(moment("2091-03-01T08:00:00.000000999Z"));
    assert_eq!(store.publish(&twice, a_little_later, "two", None).unwrap(), []);
    let added = store.publish(&numbers, from(SPRING), "three", None).unwrap();
    assert_eq!(said(&added), [(2, 2, from(SPRING))]);
    assert_eq!(store.publish(&[], from(AUTUMN), "four", None).unwrap(), []);
    assert_eq!(holds(store), [(1, 1, from(SPRING)), (2, 2, from(SPRING))]);
}

fn all_releases_are_published_or_none(on: Backend) {
    let (database, mut numbers) = with_releases(on, 1);
    let before = database.counts();
    for absent in [2, u32::MAX] {
        numbers.truncate(1);
        numbers.push(ReleaseNumber(absent));
        let audit = Some(entry("publish"));
        let error = database.store.publish(&numbers, PublicAt::Closed, "x", audit).unwrap_err();
        assert!(matches!(error, StoreError::UnknownRelease(ReleaseNumber(n)) if n == absent));
    }
    let error = database.store.publish(&numbers[..1], PublicAt::Closed, "\0", None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "saying when releases are public was refused: the name of who says it has a NUL \
         character, which no text can have. Nothing of it was stored"
    );
    let long_ago = PublicAt::From(Timestamp::MIN);
    let error = database.store.publish(&numbers[..1], long_ago, "x", None).unwrap_err();
    assert!(error.to_string().contains("lies before the year 0"), "{error}");
    assert_eq!(database.counts(), before);
}

fn the_first_and_the_last_moment_are_read_back(on: Backend) {
    let (database, numbers) = with_releases(on, 1);
    for moment in ["0000-01-01T00:00:00Z", "9999-12-30T22:00:00.999999Z"] {
        database.store.publish(&numbers, from(moment), "x", None).unwrap();
        assert_eq!(database.store.publications().unwrap()[&numbers[0]].public_at, from(moment));
    }
}

fn something_is_said_only_where_the_latest_is_what_was_seen(on: Backend) {
    let (database, numbers) = with_releases(on, 2);
    let store = &database.store;
    let release = numbers[0];
    let otherwise = |publication: Option<&Publication>| {
        let publication = publication.cloned();
        ChangeRelease::Otherwise(SaidOfRelease { publication, withdrawal: None })
    };
    let publish = |seen, public_at| {
        publish_if(store, release, seen, public_at, Some(entry("publish"))).unwrap()
    };
    assert_eq!(publish(Some(1), PublicAt::Closed), otherwise(None));
    let first = done(publish(None, PublicAt::Closed), true);
    assert_eq!((first.sequence, first.public_at), (1, PublicAt::Closed));
    // Something is said of another release between: the number counts those of all.
    store.publish(&numbers[1..], from(SPRING), "x", None).unwrap();
    let second = done(publish(Some(1), from(AUTUMN)), true);
    assert_eq!((second.sequence, second.public_at), (3, from(AUTUMN)));
    assert_eq!(done(publish(Some(3), from(AUTUMN)), false), second);
    for stale in [None, Some(1), Some(2)] {
        assert_eq!(publish(stale, PublicAt::Closed), otherwise(Some(&second)));
    }
    assert_eq!(holds(store), [(3, 1, from(AUTUMN)), (2, 2, from(SPRING))]);
    // What was not said is not in the audit.
    assert_eq!(database.counts()["audit"], 3);
    let absent = publish_if(store, ReleaseNumber(9), None, PublicAt::Closed, None);
    assert!(matches!(absent, Err(StoreError::UnknownRelease(ReleaseNumber(9)))));
}

/// The publication that holds now, and whether it was said with this.
fn done(change: ChangeRelease, said: bool) -> Publication {
    match change {
        ChangeRelease::Done { holds, anew } if anew == said => holds.publication.unwrap(),
        other => panic!("{other:?}"),
    }
}

fn of_two_who_saw_the_same_one_is_heard(on: Backend) {
    let (database, numbers) = with_releases(on, 1);
    let other = Store::open(&database.url()).unwrap();
    let heard: Vec<bool> = thread::scope(|scope| {
        let both = [(&database.store, SPRING), (&other, AUTUMN)].map(|(store, moment)| {
            let release = numbers[0];
            scope.spawn(move || {
                let done = publish_if(store, release, None, from(moment), None).unwrap();
                matches!(done, ChangeRelease::Done { anew: true, .. })
            })
        });
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(heard.iter().filter(|heard| **heard).count(), 1, "{heard:?}");
    assert_eq!(database.counts()["publication"], 1);
}

fn a_release_is_stored_with_what_is_said_of_it(on: Backend) {
    let database = Database::new(on);
    let contents = small_file();
    let add = |public_at| {
        let new = NewRelease {
            contents: &contents,
            file_name: "made-up.txt",
            bytes: b"bytes",
            kept_bytes: None,
            imported_by: "importer",
            report: "{}",
            public_at,
            beside: None,
            audit: None,
        };
        database.store.add_release(&new)
    };
    let before = database.counts();
    let error = add(Some(PublicAt::From(Timestamp::MIN))).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    assert_eq!(database.counts(), before);
    let AddRelease::Added(record) = add(Some(from(SPRING))).unwrap() else { panic!("it is new") };
    let latest = &database.store.publications().unwrap()[&record.number];
    assert_eq!((latest.public_at, latest.set_by.as_str()), (from(SPRING), "importer"));
    assert!(matches!(add(Some(PublicAt::Closed)).unwrap(), AddRelease::AlreadyStored(_)));
    assert_eq!(holds(&database.store), [(1, 1, from(SPRING))]);
}

fn a_damaged_moment_is_named(on: Backend) {
    let (database, numbers) = with_releases(on, 1);
    database.store.publish(&numbers, from(SPRING), "x", None).unwrap();
    for damage in ["2091-03-01", "2091-03-01T08:00:00Z", "x"] {
        database.execute(&format!("UPDATE publication SET public_at = '{damage}'"));
        let error = database.store.publications().unwrap_err().to_string();
        let expected = format!("table publication, 1: public_at '{damage}' cannot be read");
        assert!(error.starts_with(&expected), "{error}");
    }
}

/// Also for a service that asks all the time.
fn every_change_of_access_is_seen_and_nothing_else(on: Backend) {
    use crate::support::{key, new_client, run};
    let (database, numbers) = with_releases(on, 1);
    let store = &database.store;
    let mut last = store.access_version().unwrap();
    let mut changed = || {
        let now = store.access_version().unwrap();
        assert_eq!(now, store.access_version().unwrap());
        std::mem::replace(&mut last, now.clone()) != now
    };
    assert!(!changed());
    store.publish(&numbers, PublicAt::Closed, "x", None).unwrap();
    assert!(changed());
    store.publish(&numbers, PublicAt::Closed, "x", None).unwrap();
    assert!(!changed());
    for (withdrawn, news) in [(true, true), (true, false), (false, true), (false, false)] {
        let withdrawn = Some(NewWithdrawal { withdrawn, reason: "made up" });
        let change = ReleaseChange { public_at: None, withdrawn };
        store.change_release(numbers[0], None, &change, "x", None).unwrap();
        assert_eq!(changed(), news);
    }
    store.add_client(&new_client("one"), None).unwrap();
    assert!(changed());
    store.rotate_client("one", "another hash", None).unwrap();
    assert!(changed());
    store.disable_client("one", None).unwrap();
    assert!(changed());
    store.disable_client("one", None).unwrap();
    assert!(!changed());
    for kid in ["first", "second"] {
        store.add_signing_key(&key(kid), moment(SPRING), None).unwrap();
        assert!(changed());
    }
    assert_eq!(store.remove_expired_signing_keys(moment(SPRING)).unwrap(), ["first"]);
    assert!(changed());
    store.add_audit(&[entry("x")]).unwrap();
    database.add(&small_file(), "another file");
    store.save_run(&run(), std::iter::empty::<Result<_, Infallible>>()).unwrap();
    assert!(!changed());
}

on_both![
    the_latest_that_was_said_of_each_release_holds,
    what_holds_already_is_not_said_again,
    all_releases_are_published_or_none,
    the_first_and_the_last_moment_are_read_back,
    something_is_said_only_where_the_latest_is_what_was_seen,
    of_two_who_saw_the_same_one_is_heard,
    a_release_is_stored_with_what_is_said_of_it,
    a_damaged_moment_is_named,
    every_change_of_access_is_seen_and_nothing_else,
];
