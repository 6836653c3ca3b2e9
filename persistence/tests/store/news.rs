//! News of what others store.

use std::thread;
use std::time::{Duration, Instant};

use calsos_persistence::Store;

use crate::support::{Backend, Database, add, on_both, small_file};

/// Far longer than news takes, far shorter than a test may.
const LONG: Duration = Duration::from_secs(60);

fn what_another_connection_stores_ends_the_waiting(on: Backend) {
    let database = Database::new(on);
    let other = Store::open(&database.url()).unwrap();
    let mut news = database.store.news();
    // It begins to listen, and cannot know what it has missed.
    news.wait(LONG);
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(200));
            add(&other, &small_file(), "a file");
        });
        let begun = Instant::now();
        news.wait(LONG);
        assert!(begun.elapsed() < LONG);
    });
    assert_eq!(database.store.release_count().unwrap(), 1, "it is there when it is told");
}

fn without_news_the_waiting_ends_when_it_is_over(on: Backend) {
    let database = Database::new(on);
    let mut news = database.store.news();
    news.wait(LONG);
    let begun = Instant::now();
    database.store.releases().unwrap();
    news.wait(Duration::from_millis(300));
    assert!(begun.elapsed() >= Duration::from_millis(300), "reading is no news");
}

fn the_clock_of_the_database_goes_on(on: Backend) {
    let database = Database::new(on);
    let first = database.store.clock().unwrap();
    thread::sleep(Duration::from_millis(2));
    let second = database.store.clock().unwrap();
    assert!(first < second, "{first} {second}");
    // The server is on this machine.
    let difference = jiff::Timestamp::now().duration_since(second).as_secs_f64();
    assert!(difference.abs() < LONG.as_secs_f64(), "{difference}");
}

on_both![
    what_another_connection_stores_ends_the_waiting,
    without_news_the_waiting_ends_when_it_is_over,
    the_clock_of_the_database_goes_on,
];
