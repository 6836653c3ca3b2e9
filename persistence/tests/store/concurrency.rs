//! Several writers, readers beside them, and a crash in the middle.

use std::convert::Infallible;
use std::fs;
use std::sync::Barrier;
use std::thread;

use calsos_domain::lea::LeaType;
use calsos_persistence::{AddRelease, AnswerFilter, AnswerRecord, NewAnswer, NewRun, Store};
use diesel::connection::SimpleConnection;
use tempfile::TempDir;

use crate::support::{
    Backend, Database, NO_FACTS, Place, add, cds, on_both, ready, small_file, sqlite, year,
};

fn many_processes_may_make_one_database_at_once(on: Backend) {
    let place = Place::new(on);
    let url = match on {
        Backend::Sqlite => place.url().replace("calsos.db", "new/calsos.db"),
        Backend::Postgresql(_) => place.url(),
    };
    let together = Barrier::new(6);
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                together.wait();
                Store::open(&url).unwrap();
            });
        }
    });
}

fn two_stores_on_one_file_write_at_once_and_lose_nothing(on: Backend) {
    let database = Database::new(on);
    let other = Store::open(&database.url()).unwrap();
    let together = Barrier::new(4);
    thread::scope(|scope| {
        for writer in 0..4 {
            let (store, together) =
                (if writer % 2 == 0 { &database.store } else { &other }, &together);
            scope.spawn(move || {
                together.wait();
                for file in 0..5 {
                    // Every file is imported by two writers.
                    add(store, &small_file(), &format!("file {} of {}", file, writer / 2));
                    store.releases().unwrap();
                }
            });
        }
    });
    let releases = other.releases().unwrap();
    let numbers: Vec<u32> = releases.iter().map(|release| release.number.0).collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    assert_eq!(other.leas().unwrap().len(), 2);
}

fn the_same_file_from_two_writers_is_added_once(on: Backend) {
    let database = Database::new(on);
    let other = Store::open(&database.url()).unwrap();
    let together = Barrier::new(2);
    let outcomes: Vec<AddRelease> = thread::scope(|scope| {
        let writers = [&database.store, &other].map(|store| {
            scope.spawn(|| {
                together.wait();
                add(store, &small_file(), "one file")
            })
        });
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    let added = outcomes.iter().filter(|o| matches!(o, AddRelease::Added(_))).count();
    assert_eq!(added, 1, "{outcomes:?}");
}

fn readers_do_not_wait_for_a_writer_and_see_the_old_run_until_it_is_done(on: Backend) {
    let database = Database::new(on);
    let reader = Store::open(&database.url()).unwrap();
    let new = NewRun {
        by: "tester",
        program_version: "0",
        releases: &[],
        editions: &[],
        facts: &NO_FACTS,
        audit: None,
    };
    let answers = (0..3).map(|district| {
        // The reader asks from inside the writer's transaction.
        assert_eq!(reader.current_run().unwrap(), None);
        Ok::<_, Infallible>(ready(AnswerRecord {
            year: year(2090),
            cds: cds(1, district, 0),
            lea_type: LeaType::District,
            eligible_level: None,
            label: None,
            provisional: false,
            body: "{}".to_owned(),
            summary: Some("{}".to_owned()),
        }))
    });
    let saved = database.store.save_run(&new, answers).unwrap();
    assert_eq!(reader.current_run().unwrap().as_ref(), Some(&saved));
    assert_eq!(reader.answers(&saved.id, &AnswerFilter::default()).unwrap().len(), 3);
}

#[test]
fn what_a_crash_leaves_behind_opens_with_all_that_was_committed() {
    let database = Database::new(Backend::Sqlite);
    let record = database.add(&small_file(), "committed");
    let Place::Sqlite(directory) = &database.place else { panic!("a file was asked for") };
    let mut crashing = sqlite(directory);
    crashing
        .batch_execute(
            "PRAGMA cache_size = 1; BEGIN IMMEDIATE; UPDATE release SET file_name = 'half';
             DELETE FROM lea_mention; DELETE FROM lea;",
        )
        .unwrap();
    // The files as they lie on the disk at this moment, the log with them.
    let left_behind = TempDir::new().unwrap();
    for file in fs::read_dir(directory.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), left_behind.path().join(file.file_name())).unwrap();
    }
    assert!(left_behind.path().join("calsos.db-wal").exists());
    let url = format!("sqlite:{}", left_behind.path().join("calsos.db").display());
    let store = Store::open(&url).unwrap();
    assert_eq!(store.releases().unwrap(), [record]);
    assert_eq!(store.leas().unwrap().len(), 2);
}

fn a_panic_inside_a_run_leaves_the_store_usable(on: Backend) {
    let database = Database::new(on);
    let store = database.store.clone();
    let before = database.counts();
    let panicked = thread::spawn(move || {
        let new = NewRun {
            by: "tester",
            program_version: "0",
            releases: &[],
            editions: &[],
            facts: &NO_FACTS,
            audit: None,
        };
        let answers = std::iter::once_with(|| -> Result<NewAnswer, Infallible> {
            panic!("a panic that a test wants")
        });
        store.save_run(&new, answers)
    })
    .join();
    assert!(panicked.is_err());
    assert_eq!(database.counts(), before);
    database.add(&small_file(), "after the panic");
}

on_both![
    many_processes_may_make_one_database_at_once,
    two_stores_on_one_file_write_at_once_and_lose_nothing,
    the_same_file_from_two_writers_is_added_once,
    readers_do_not_wait_for_a_writer_and_see_the_old_run_until_it_is_done,
    a_panic_inside_a_run_leaves_the_store_usable,
];
