//! The feed: what differs is told once, in order, to each stream by itself, and by nobody whose
//! picture is older than what was told.

use std::convert::Infallible;
use std::thread;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_persistence::{
    FeedAsked, FeedChange, FeedItem, FeedPicture, FeedRead, FeedStream, FeedTold, PublicAt, RunId,
    Store,
};

use crate::support::{Backend, Database, cds, moment, on_both, run, small_file, year};

const SPRING: &str = "2091-03-01T08:00:00Z";
const SUMMER: &str = "2091-06-01T08:00:00.000001Z";
const AUTUMN: &str = "2091-11-01T08:00:00Z";

/// More events than any test has.
const ALL: u64 = 1000;

/// A district of county 7 with what the public sees of it, and what is seen by who sees
/// everything; 0 is nothing.
fn item(district: u8, public: u8, full: u8) -> FeedItem {
    of(cds(7, district, 0), public, full)
}

fn of(cds: CdsCode, public: u8, full: u8) -> FeedItem {
    let hash = |byte: u8| (byte > 0).then_some([byte; 32]);
    FeedItem { year: year(2090), cds, public: hash(public), full: hash(full) }
}

fn new_run(store: &Store) -> RunId {
    store.save_run(&run(), std::iter::empty::<Result<_, Infallible>>()).unwrap().id
}

/// A picture of what is in the database now.
fn picture<'a>(store: &Store, name: &'a str) -> FeedPicture<'a> {
    FeedPicture {
        run: store.current_run().unwrap().unwrap().id,
        releases: store.release_count().unwrap(),
        publications: store.access_version().unwrap().publications(),
        withdrawals: None,
        name,
        as_of: moment(SPRING),
        until: None,
    }
}

fn tell(store: &Store, name: &str, items: &[FeedItem], keep: u64) -> u64 {
    match store.tell_feed(&picture(store, name), items, keep).unwrap() {
        FeedTold::Told(place) => place.sequence,
        FeedTold::Behind => panic!("the picture is of now"),
    }
}

fn with_run(on: Backend) -> Database {
    let database = Database::new(on);
    new_run(&database.store);
    database
}

fn read(store: &Store, stream: FeedStream, after: u64, limit: usize) -> FeedRead {
    let asked = FeedAsked {
        told: &|_| Some(stream),
        streams: &[(stream, None)],
        after: Some(after),
        until: u64::MAX,
        limit,
    };
    store.feed(&asked).unwrap().unwrap()
}

/// Number, district, and the first letter of the change.
fn told(read: &FeedRead) -> Vec<String> {
    let event = |event: &calsos_persistence::FeedEvent| {
        let change = &event.change.code()[..2];
        format!("{} {} {change}", event.sequence, event.cds.district() % 100)
    };
    read.events.iter().map(event).collect()
}

fn public(store: &Store) -> Vec<String> {
    told(&read(store, FeedStream::Public, 0, 100))
}

fn full(store: &Store) -> Vec<String> {
    told(&read(store, FeedStream::Full, 0, 100))
}

fn each_stream_is_told_what_it_sees(on: Backend) {
    let database = with_run(on);
    let store = &database.store;
    let asked = FeedAsked { told: &|_| None, streams: &[], after: None, until: u64::MAX, limit: 1 };
    assert_eq!(store.feed(&asked).unwrap(), None);
    // The public's come first, whatever else there is.
    assert_eq!(tell(store, "a", &[item(1, 0, 1), item(2, 1, 1), item(3, 1, 2)], ALL), 3);
    assert_eq!(public(store), ["1 2 cr", "2 3 cr"]);
    assert_eq!(full(store), ["1 2 cr", "2 3 cr", "3 1 cr"]);
    // One becomes public, one is another for both, and one for who sees everything.
    assert_eq!(tell(store, "b", &[item(1, 1, 1), item(2, 2, 2), item(3, 1, 3)], ALL), 6);
    assert_eq!(public(store)[2..], ["4 1 cr", "5 2 ch"]);
    assert_eq!(full(store)[3..], ["5 2 ch", "6 3 ch"]);
    // One is gone for the public, one for everybody.
    assert_eq!(tell(store, "c", &[item(1, 0, 1), item(2, 2, 2)], ALL), 8);
    assert_eq!(public(store)[4..], ["7 1 wi", "8 3 wi"]);
    assert_eq!(full(store)[5..], ["8 3 wi"]);
    // What was gone and comes again is created, not changed.
    assert_eq!(tell(store, "d", &[item(1, 1, 1), item(2, 2, 2), item(3, 1, 1)], ALL), 10);
    assert_eq!(public(store)[6..], ["9 1 cr", "10 3 cr"]);
    assert_eq!(full(store)[6..], ["10 3 cr"]);
    let last = read(store, FeedStream::Public, 9, 100).events.pop().unwrap();
    assert_eq!((last.year, last.cds, last.change), (year(2090), cds(7, 3, 0), FeedChange::Created));
    assert_eq!(last.at.len(), 27);
}

fn the_same_is_told_once(on: Backend) {
    let database = with_run(on);
    let store = &database.store;
    let items = [item(1, 1, 1), item(2, 0, 1)];
    assert_eq!(tell(store, "a", &items, ALL), 2);
    let before = database.counts();
    assert_eq!(tell(store, "a", &items, ALL), 2);
    // Another name for the same, as where a day has passed that changes nothing.
    assert_eq!(store.feed_told(&picture(store, "b")).unwrap(), None);
    assert_eq!(tell(store, "b", &items, ALL), 2);
    assert!(matches!(store.feed_told(&picture(store, "b")).unwrap(), Some(FeedTold::Told(_))));
    assert_eq!(database.counts(), before);
    // Another file of the same database goes on with the same feed.
    let other = Store::open(&database.url()).unwrap();
    assert_eq!(tell(&other, "c", &[item(1, 1, 1)], ALL), 3);
    assert_eq!(full(store), ["1 1 cr", "2 2 cr", "3 2 wi"]);
}

fn a_picture_of_something_older_is_not_told(on: Backend) {
    let database = with_run(on);
    let store = &database.store;
    let release = database.add(&small_file(), "file").number;
    store.publish(&[release], PublicAt::Closed, "x", None).unwrap();
    let items = [item(1, 1, 1)];
    let old = picture(store, "old");
    let refused = |what: &str, picture: &FeedPicture<'_>| {
        let before = database.counts();
        assert_eq!(store.feed_told(picture).unwrap(), Some(FeedTold::Behind), "{what}");
        assert_eq!(store.tell_feed(picture, &items, ALL).unwrap(), FeedTold::Behind, "{what}");
        assert_eq!(database.counts(), before, "{what}");
    };
    database.add(&small_file(), "another file");
    refused("a file", &old);
    let old = picture(store, "old");
    store.publish(&[release], PublicAt::From(moment(SPRING)), "x", None).unwrap();
    refused("a publication", &old);
    let old = picture(store, "old");
    new_run(store);
    refused("a run", &old);
    // Of the same, and of a moment before another one came.
    let spring = FeedPicture { until: Some(moment(SUMMER)), ..picture(store, "spring") };
    assert_eq!(tell(store, "summer", &items, ALL), 1);
    assert_eq!(store.feed_told(&spring).unwrap(), None, "nothing of summer was told");
    let summer = FeedPicture {
        as_of: moment(SUMMER),
        until: Some(moment(AUTUMN)),
        ..picture(store, "summer, indeed")
    };
    let told = store.tell_feed(&summer, &items, ALL).unwrap();
    assert!(matches!(told, FeedTold::Told(_)));
    refused("a moment", &spring);
    // A clock that was set back is no reason, where no moment lies between.
    let before_autumn = FeedPicture { as_of: moment(SPRING), name: "again", ..summer };
    let told = store.tell_feed(&before_autumn, &[item(1, 2, 2)], ALL).unwrap();
    assert!(matches!(told, FeedTold::Told(_)));
    assert_eq!(public(store), ["1 1 cr", "2 1 ch"]);
    refused("a moment that had come", &spring);
}

fn of_two_who_tell_the_same_one_is_heard(on: Backend) {
    let database = with_run(on);
    let other = Store::open(&database.url()).unwrap();
    let items: Vec<FeedItem> = (1..=90).map(|district| item(district, 1, 1)).collect();
    for round in 0..5 {
        let name = format!("round {round}");
        let now: Vec<FeedItem> =
            items.iter().map(|item| FeedItem { public: Some([round + 1; 32]), ..*item }).collect();
        let places: Vec<u64> = thread::scope(|scope| {
            let both = [&database.store, &other].map(|store| {
                let (name, now) = (name.as_str(), &now);
                scope.spawn(move || tell(store, name, now, ALL))
            });
            both.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(places, [90 * (u64::from(round) + 1); 2]);
    }
    let read = read(&database.store, FeedStream::Public, 0, 1000);
    let numbers: Vec<u64> = read.events.iter().map(|event| event.sequence).collect();
    assert_eq!(numbers, (1..=450).collect::<Vec<u64>>());
}

fn pages_have_every_event_once(on: Backend) {
    let database = with_run(on);
    let store = &database.store;
    let (first, second): (Vec<_>, Vec<_>) = (1..=9)
        .map(|district| (item(district, district % 2, 1), item(district, 1, district % 3)))
        .unzip();
    tell(store, "a", &first, ALL);
    tell(store, "b", &second, ALL);
    for stream in [FeedStream::Public, FeedStream::Full] {
        let whole = read(store, stream, 0, 100);
        assert!(!whole.more);
        for limit in 1..=whole.events.len() {
            let (mut after, mut events) = (0, Vec::new());
            loop {
                let page = read(store, stream, after, limit);
                assert!(page.events.len() <= limit);
                assert_eq!(page.newest, whole.newest);
                events.extend(page.events);
                after = events.last().map_or(0, |event| event.sequence);
                assert_eq!(page.more, events.len() < whole.events.len(), "{limit}");
                if !page.more {
                    break;
                }
            }
            assert_eq!(events, whole.events, "{limit}");
        }
    }
}

fn somebody_is_told_of_some_by_one_stream_and_of_others_by_the_other(on: Backend) {
    let database = with_run(on);
    let store = &database.store;
    let (own, own_school, other) = (cds(7, 1, 0), cds(8, 1, 5), cds(8, 2, 0));
    let items = [of(own, 0, 1), of(own_school, 1, 2), of(other, 1, 2)];
    tell(store, "a", &items, ALL);
    tell(store, "b", &[of(own, 1, 1), of(own_school, 1, 3), of(other, 1, 3)], ALL);
    let county = |text| CountyCode::parse(text).unwrap();
    let counties = || Some(vec![county("07"), county("08")]);
    let is_own = |cds| cds == own || cds == own_school;
    let events = |others: Option<FeedStream>, until: u64, limit: usize| {
        let by = |cds: CdsCode| if is_own(cds) { Some(FeedStream::Full) } else { others };
        let mut streams = vec![(FeedStream::Full, counties())];
        streams.extend(others.map(|stream| (stream, None)));
        let asked = FeedAsked { told: &by, streams: &streams, after: Some(0), until, limit };
        let read = store.feed(&asked).unwrap().unwrap();
        let events = read.events.iter();
        let events: Vec<(u64, CdsCode)> = events.map(|event| (event.sequence, event.cds)).collect();
        (events, read.newest, read.more)
    };
    // The public's first: 1 is the school, 2 the other, 3 the own; then 4 is the own that the
    // public sees, 5 the school and 6 the other by who sees everything.
    let whole = (vec![(1, own_school), (2, other), (3, own), (5, own_school)], 5, false);
    assert_eq!(events(Some(FeedStream::Public), ALL, 100), whole);
    let without_others = (vec![(1, own_school), (3, own), (5, own_school)], 5, false);
    assert_eq!(events(None, ALL, 100), without_others);
    assert_eq!(events(Some(FeedStream::Public), 4, 2), (whole.0[..2].to_vec(), 3, true));
    assert_eq!(events(Some(FeedStream::Public), 1, 2), (whole.0[..1].to_vec(), 1, false));
    assert_eq!(events(None, 0, 2), (Vec::new(), 0, false));
    // In a county without anybody that is told of, nothing is found.
    let nobody = FeedAsked {
        told: &|_| Some(FeedStream::Full),
        streams: &[(FeedStream::Full, Some(vec![county("09")]))],
        after: Some(0),
        until: ALL,
        limit: 9,
    };
    assert_eq!(store.feed(&nobody).unwrap().unwrap().newest, 0);
}

fn the_newest_events_of_each_stream_are_kept(on: Backend) {
    let database = with_run(on);
    let store = &database.store;
    let state = |stream| {
        let read = read(store, stream, 0, 100);
        (read.pruned, told(&read))
    };
    // As many as are kept, of both.
    assert_eq!(tell(store, "a", &[item(1, 1, 1), item(2, 1, 1), item(3, 1, 1)], 3), 3);
    assert_eq!(state(FeedStream::Public), (0, public(store)));
    assert_eq!(database.counts()["feed_event"], 3);
    // One more of who sees everything: nothing of the public's goes.
    tell(store, "b", &[item(1, 1, 2), item(2, 1, 1), item(3, 1, 1)], 3);
    let of_public = ["1 1 cr", "2 2 cr", "3 3 cr"].map(str::to_owned).to_vec();
    assert_eq!(state(FeedStream::Public), (0, of_public));
    let of_full = ["2 2 cr", "3 3 cr", "4 1 ch"].map(str::to_owned).to_vec();
    assert_eq!(state(FeedStream::Full), (1, of_full));
    assert_eq!(database.counts()["feed_event"], 4);
    // One more of the public's: its oldest goes, and with it the row that nobody has now.
    tell(store, "c", &[item(1, 2, 2), item(2, 1, 1), item(3, 1, 1)], 3);
    let of_public = ["2 2 cr", "3 3 cr", "5 1 ch"].map(str::to_owned).to_vec();
    assert_eq!(state(FeedStream::Public), (1, of_public));
    assert_eq!(database.counts()["feed_event"], 4);
    // All at once, and far more than are kept.
    let many: Vec<FeedItem> = (1..=20).map(|district| item(district, 9, 9)).collect();
    assert_eq!(tell(store, "d", &many, 3), 25);
    for stream in [FeedStream::Public, FeedStream::Full] {
        assert_eq!(state(stream).0, 22);
        assert_eq!(state(stream).1, ["23 18 cr", "24 19 cr", "25 20 cr"]);
    }
    assert_eq!(database.counts()["feed_event"], 3);
    assert_eq!(database.counts()["feed_item"], 20);
}

fn a_feed_that_is_begun_anew_is_another_one(on: Backend) {
    let database = with_run(on);
    let store = &database.store;
    tell(store, "a", &[item(1, 1, 1), item(2, 1, 1)], ALL);
    let before = read(store, FeedStream::Public, 0, 100);
    store.begin_feed_anew().unwrap();
    assert_eq!(store.feed_told(&picture(store, "a")).unwrap(), None);
    assert_eq!(tell(store, "a", &[item(2, 1, 1)], ALL), 1);
    let after = read(store, FeedStream::Public, 0, 100);
    assert_ne!(before.feed, after.feed);
    assert_eq!((after.last, told(&after)), (1, vec!["1 2 cr".to_owned()]));
}

fn damage_is_named(on: Backend) {
    let database = with_run(on);
    let store = &database.store;
    tell(store, "a", &[item(1, 1, 1)], ALL);
    database.execute("UPDATE feed_event SET public_change = 'moved'");
    let asked = FeedAsked {
        told: &|_| Some(FeedStream::Public),
        streams: &[(FeedStream::Public, None)],
        after: Some(0),
        until: ALL,
        limit: 9,
    };
    let error = store.feed(&asked).unwrap_err().to_string();
    assert!(error.starts_with("table feed_event, 1: public_change 'moved' cannot be"), "{error}");
    let long_ago = FeedPicture { as_of: jiff::Timestamp::MIN, ..picture(store, "b") };
    let error = store.tell_feed(&long_ago, &[], ALL).unwrap_err().to_string();
    assert!(error.contains("lies before the year 0"), "{error}");
}

on_both![
    each_stream_is_told_what_it_sees,
    the_same_is_told_once,
    a_picture_of_something_older_is_not_told,
    of_two_who_tell_the_same_one_is_heard,
    pages_have_every_event_once,
    somebody_is_told_of_some_by_one_stream_and_of_others_by_the_other,
    the_newest_events_of_each_stream_are_kept,
    a_feed_that_is_begun_anew_is_another_one,
    damage_is_named,
];
