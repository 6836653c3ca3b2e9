//! The moments of what is stored: each after the one before, whatever the clocks say.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::thread;

use calsos_persistence::{NewWithdrawal, PublicAt, ReleaseChange, Store, StoreError};
use jiff::Timestamp;

use crate::support::{Backend, Database, entry, key, moment, new_client, on_both, run, small_file};

/// Every moment that is stored, wherever it stands.
const ALL: &str = "\
    SELECT imported_at AS name FROM release UNION ALL SELECT made_at FROM run
    UNION ALL SELECT set_at FROM publication UNION ALL SELECT set_at FROM withdrawal
    UNION ALL SELECT created_at FROM client UNION ALL SELECT secret_changed_at FROM client
    UNION ALL SELECT disabled_at FROM client UNION ALL SELECT created_at FROM signing_key
    UNION ALL SELECT at FROM audit";

/// Stores one of everything that has a moment. Returns the last moment after each write.
fn write_everything(store: &Store, name: &str, contents: &str) -> Vec<Timestamp> {
    let mut moments = Vec::new();
    let mut note = || moments.push(store.last_moment().unwrap().unwrap());
    let release = crate::support::add(store, &small_file(), contents).record().number;
    note();
    store.save_run(&run(), std::iter::empty::<Result<_, Infallible>>()).unwrap();
    note();
    store.publish(&[release], PublicAt::Closed, "x", Some(entry("publish"))).unwrap();
    note();
    let withdrawn = Some(NewWithdrawal { withdrawn: true, reason: "wrong" });
    let change = ReleaseChange { public_at: None, withdrawn };
    store.change_release(release, None, &change, "x", Some(entry("withdraw"))).unwrap();
    note();
    store.add_client(&new_client(name), None).unwrap();
    note();
    store.rotate_client(name, "another hash", None).unwrap();
    note();
    store.disable_client(name, None).unwrap();
    note();
    store.add_signing_key(&key(name), moment("2091-01-01T00:00:00Z"), None).unwrap();
    note();
    store.add_audit(&[entry("one"), entry("two")]).unwrap();
    note();
    moments
}

fn rises(moments: &[Timestamp]) -> bool {
    moments.iter().zip(&moments[1..]).all(|(one, next)| one < next)
}

fn every_moment_lies_after_the_one_before(on: Backend) {
    let database = Database::new(on);
    assert_eq!(database.store.last_moment().unwrap(), None);
    let before = Timestamp::now();
    let moments = write_everything(&database.store, "one", "file");
    assert!(rises(&moments), "{moments:?}");
    // By the clock, which both databases have from the same machine here.
    let around = |from: Timestamp, to: Timestamp| {
        let second = jiff::SignedDuration::from_secs(1);
        moments.iter().all(|m| *m > from - second && *m < to + second)
    };
    assert!(around(before, Timestamp::now()), "{before} {moments:?}");
    let stored = database.place.names(ALL);
    let different: BTreeSet<&String> = stored.iter().collect();
    // A client is made, and its secret changed, at one moment or another.
    assert_eq!(stored.len(), different.len(), "{stored:?}");
    assert_eq!(stored.iter().max().unwrap(), &format!("{:.6}", moments.last().unwrap()));
}

fn a_clock_that_is_behind_stops_nothing_and_the_order_holds(on: Backend) {
    let database = Database::new(on);
    write_everything(&database.store, "one", "file");
    // As a machine stored it whose clock was far ahead.
    let far = "2999-12-31T23:59:59.999998Z";
    database.execute(&format!("UPDATE moment SET last = '{far}'"));
    assert_eq!(database.store.last_moment().unwrap(), Some(moment(far)));
    let until_now = database.place.names(ALL);
    let mut moments = vec![moment(far)];
    moments.extend(write_everything(&database.store, "two", "another file"));
    assert!(rises(&moments), "{moments:?}");
    assert_eq!(moments[1], moment("2999-12-31T23:59:59.999999Z"));
    let mut new = database.place.names(ALL);
    new.retain(|stored| !until_now.contains(stored));
    assert!(new.len() > 10 && new.iter().all(|stored| stored.as_str() > far), "{new:?}");
    // The keys are still told apart: the last one signs.
    let keys = database.store.signing_keys().unwrap();
    assert_eq!(keys[0].kid, "two");
}

fn writers_at_once_never_share_a_moment(on: Backend) {
    let database = Database::new(on);
    let other = Store::open(&database.url()).unwrap();
    thread::scope(|scope| {
        for store in [&database.store, &other, &database.store] {
            scope.spawn(move || {
                (0..20).for_each(|_| store.add_audit(&[entry("one")]).unwrap());
            });
        }
    });
    let at = database.place.names("SELECT at AS name FROM audit ORDER BY sequence");
    assert_eq!(at.len(), 60);
    assert!(at.iter().zip(&at[1..]).all(|(one, next)| one < next), "{at:?}");
}

fn what_is_rolled_back_advances_nothing(on: Backend) {
    let database = Database::new(on);
    database.add(&small_file(), "file");
    let before = database.store.last_moment().unwrap();
    let audit = Some(entry("publish"));
    database.store.publish(&[], PublicAt::Closed, "x", None).unwrap();
    let unknown = [calsos_persistence::ReleaseNumber(1), calsos_persistence::ReleaseNumber(9)];
    database.store.publish(&unknown, PublicAt::Closed, "x", audit).unwrap_err();
    assert_eq!(database.store.last_moment().unwrap(), before);
}

fn a_damaged_last_moment_is_named_and_one_that_nothing_follows(on: Backend) {
    let database = Database::new(on);
    database.add(&small_file(), "file");
    for (damage, problem) in [
        ("yesterday", "last 'yesterday' cannot be read"),
        ("9999-12-30T22:00:00.999999Z", "no moment follows the last one"),
    ] {
        database.execute(&format!("UPDATE moment SET last = '{damage}'"));
        let error = database.store.add_audit(&[entry("x")]).unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { table: "moment", .. }), "{error:?}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

on_both![
    every_moment_lies_after_the_one_before,
    a_clock_that_is_behind_stops_nothing_and_the_order_holds,
    writers_at_once_never_share_a_moment,
    what_is_rolled_back_advances_nothing,
    a_damaged_last_moment_is_named_and_one_that_nothing_follows,
];
