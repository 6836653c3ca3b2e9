//! Storing a release on a condition, and what is said of it beside others.

use std::sync::Barrier;
use std::thread;

use calsos_domain::facts::Beside;
use calsos_domain::release::{Coverage, ReleaseContents};
use calsos_persistence::{AddRelease, NewRelease, ReleaseRecord, Store};

use crate::support::{Backend, Database, cds, entry, on_both, small_file, year};

fn new<'a>(contents: &'a ReleaseContents, bytes: &'a [u8]) -> NewRelease<'a> {
    NewRelease {
        contents,
        file_name: "made-up.txt",
        bytes,
        kept_bytes: None,
        imported_by: "tester",
        report: "{}",
        public_at: None,
        beside: None,
        audit: Some(entry("import")),
    }
}

fn of_county() -> ReleaseContents {
    let counties = [cds(7, 1, 0).county()].into();
    ReleaseContents { coverage: Coverage { counties, ..Coverage::default() }, ..small_file() }
}

fn what_was_said_beside_others_is_read_back(on: Backend) {
    let database = Database::new(on);
    for (number, beside) in (1..).zip([None, Some(Beside::Wins), Some(Beside::Yields)]) {
        let bytes = format!("file {number}");
        let contents = small_file();
        let new = NewRelease { beside, ..new(&contents, bytes.as_bytes()) };
        let added = database.store.add_release(&new).unwrap();
        assert_eq!((added.record().number.0, added.record().beside), (number, beside));
        // The same bytes again change nothing, whatever is said.
        let again = NewRelease { beside: Some(Beside::Wins), ..new };
        let again = database.store.add_release(&again).unwrap();
        assert_eq!(again, AddRelease::AlreadyStored(added.record().clone()));
    }
    let said: Vec<Option<Beside>> =
        database.store.releases().unwrap().iter().map(|release| release.beside).collect();
    assert_eq!(said, [None, Some(Beside::Wins), Some(Beside::Yields)]);
    database.execute("UPDATE release SET beside = 'perhaps' WHERE number = 2");
    let error = database.store.releases().unwrap_err().to_string();
    assert!(error.starts_with("table release, release 2: beside 'perhaps'"), "{error}");
}

fn a_release_is_stored_where_nothing_is_against_it(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    database.add(&small_file(), "of the same year");
    database.add(&ReleaseContents { year: Some(year(2091)), ..small_file() }, "of another year");
    database.add(&ReleaseContents { year: None, ..small_file() }, "of no year");
    let before = database.counts();
    let contents = of_county();
    let shown = |stored: &[ReleaseRecord]| -> Vec<u32> {
        stored.iter().map(|release| release.number.0).collect()
    };
    let refused =
        store.add_release_if(&new(&contents, b"file"), None, |stored| Some(shown(stored)));
    assert_eq!(refused.unwrap(), Err(vec![1]));
    assert_eq!(database.counts(), before);
    let without_year = ReleaseContents { year: None, ..of_county() };
    let refused =
        store.add_release_if(&new(&without_year, b"file"), None, |stored| Some(shown(stored)));
    assert_eq!(refused.unwrap(), Err(vec![3]));
    let added = store.add_release_if(&new(&contents, b"file"), None, |_| None::<()>).unwrap();
    let Ok(AddRelease::Added(record)) = added else { panic!("{added:?}") };
    assert_eq!((record.number.0, &record.coverage), (4, &contents.coverage));
    // What is stored already is not asked about.
    let again = store.add_release_if(&new(&contents, b"file"), None, |_| Some(())).unwrap();
    assert_eq!(again, Ok(AddRelease::AlreadyStored(record)));
}

/// Each looks for the other's file before it stores its own: one of them sees it.
fn of_two_at_the_same_moment_one_sees_the_other(on: Backend) {
    let database = Database::new(on);
    let other = Store::open(&database.url()).unwrap();
    let together = Barrier::new(2);
    let done: Vec<bool> = thread::scope(|scope| {
        let files = [(small_file(), "statewide"), (of_county(), "of a county")];
        let both = [&database.store, &other].into_iter().zip(files);
        let both: Vec<_> = both
            .map(|(store, (contents, bytes))| {
                let together = &together;
                scope.spawn(move || {
                    together.wait();
                    let met = |stored: &[ReleaseRecord]| (!stored.is_empty()).then_some(());
                    let done = store.add_release_if(&new(&contents, bytes.as_bytes()), None, met);
                    done.unwrap().is_ok()
                })
            })
            .collect();
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    assert_eq!(database.store.release_count().unwrap(), 1);
}

on_both![
    what_was_said_beside_others_is_read_back,
    a_release_is_stored_where_nothing_is_against_it,
    of_two_at_the_same_moment_one_sees_the_other,
];
