//! Records of support that are kept together: decided on all of them, written at one moment, all
//! of it or nothing.

use std::sync::Barrier;
use std::thread;

use calsos_persistence::{
    AuditFilter, Once, Store, StoreError, SupportFilter, SupportId, SupportKind, SupportPlace,
    SupportRecord, SupportSet, SupportStep, SupportWhat, WriteSupports,
};
use jiff::{Timestamp, ToSpan as _};

use crate::support::{Backend, Database, add_support, cds, entry, new_support, on_both};

fn place() -> SupportPlace {
    let county = Some(cds(7, 11, 0).county());
    SupportPlace { kind: SupportKind::Service, cds: None, county }
}

fn set() -> SupportSet<'static> {
    SupportSet {
        filter: SupportFilter { county: place().county, ..SupportFilter::of(SupportKind::Service) },
        by: new_support().by,
        once: None,
        audit: Some(entry("replaceSet")),
    }
}

fn made(content: &str) -> SupportStep {
    SupportStep::Add { place: place(), state: "offered".to_owned(), content: content.to_owned() }
}

fn ended(id: SupportId, content: &str) -> SupportStep {
    let (state, content) = ("ended".to_owned(), content.to_owned());
    SupportStep::Change { id, state, content, reason: Some("gone".to_owned()) }
}

/// Writes steps, whatever is there.
fn write(store: &Store, steps: Vec<SupportStep>) -> Vec<SupportRecord> {
    match store.write_supports(&set(), |_| Ok::<_, ()>(steps)).unwrap() {
        WriteSupports::Done(records) => records,
        other => panic!("not written: {other:?}"),
    }
}

fn contents(records: &[SupportRecord]) -> Vec<(&str, &str)> {
    records.iter().map(|r| (r.version.content.as_str(), r.version.state.as_str())).collect()
}

fn a_set_is_written_at_one_moment_with_one_entry_of_the_audit(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    assert_eq!(store.newest_support(SupportKind::Service).unwrap(), None);
    // Neither another kind nor another county is of the set.
    add_support(store, &new_support());
    let first = write(store, vec![made("1"), made("2")]);
    assert_eq!(contents(&first), [("2", "offered"), ("1", "offered")]);
    assert_eq!(first[0].version.at, first[1].version.at);
    assert_eq!(store.newest_support(SupportKind::Service).unwrap(), Some(3));
    let mut seen = Vec::new();
    let written = store.write_supports(&set(), |held| {
        seen = held.to_vec();
        Ok::<_, ()>(vec![ended(first[1].id, "1"), made("3")])
    });
    assert_eq!(seen, first);
    let WriteSupports::Done(second) = written.unwrap() else { panic!() };
    assert_eq!(contents(&second), [("3", "offered"), ("2", "offered"), ("1", "ended")]);
    assert_eq!(second[0].version.at, second[2].version.at);
    assert!(second[0].version.at > first[0].version.at);
    assert_eq!(second[2].version.reason.as_deref(), Some("gone"));
    let versions = store.support_versions(first[1].id).unwrap();
    let what: Vec<SupportWhat> = versions.iter().map(|version| version.what).collect();
    assert_eq!(what, [SupportWhat::Created, SupportWhat::Changed]);
    let audit = store.audit(&AuditFilter::default()).unwrap();
    let details: Vec<&str> = audit.iter().rev().map(|entry| entry.detail.as_str()).collect();
    assert_eq!(details, ["service: 2 made, 0 changed", "service: 1 made, 1 changed"]);
    assert!(store.check_seals().unwrap().is_empty());
}

fn nothing_is_written_where_it_is_not_decided_or_any_of_it_cannot_be(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let first = write(store, vec![made("1")]);
    let before = database.counts();
    let not = store.write_supports(&set(), |held| Err::<Vec<SupportStep>, _>(held.len())).unwrap();
    assert_eq!(not, WriteSupports::Not(1));
    let nothing = store.write_supports(&set(), |_| Ok::<_, ()>(Vec::new())).unwrap();
    assert_eq!(nothing, WriteSupports::Done(first.clone()));
    let nul = || vec![made("2"), ended(first[0].id, "1"), made("\0")];
    let error = store.write_supports(&set(), |_| Ok::<_, ()>(nul())).unwrap_err();
    assert!(error.to_string().contains("NUL character"), "{error}");
    let unknown = SupportId::parse("0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59").unwrap();
    let steps = vec![made("2"), ended(unknown, "1")];
    let error = store.write_supports(&set(), |_| Ok::<_, ()>(steps)).unwrap_err();
    assert!(matches!(error, StoreError::UnknownSupport(id) if id == unknown), "{error}");
    assert_eq!(database.counts(), before);
    let held = store.support_records(&set().filter, |_| true).unwrap();
    assert_eq!(held, first);
}

fn the_same_is_asked_once_of_a_set(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let since = Timestamp::now() - 1.hour();
    let once = |request_hash| Some(Once { key: "k", request_hash, since });
    let ask = |once| {
        let set = SupportSet { once, ..set() };
        store.write_supports(&set, |_| Ok::<_, ()>(vec![made("1")])).unwrap()
    };
    let WriteSupports::Done(first) = ask(once("a")) else { panic!() };
    assert_eq!(ask(once("a")), WriteSupports::Again(first[0].clone()));
    assert_eq!(ask(once("b")), WriteSupports::Otherwise(first[0].clone()));
    assert!(matches!(ask(None), WriteSupports::Done(both) if both.len() == 2));
}

/// Each looks first whether there is one, and makes one where there is none.
fn of_many_who_look_before_they_write_one_writes(on: Backend) {
    const MANY: usize = 6;
    let database = Database::new(on);
    let begin = Barrier::new(MANY);
    let written: Vec<bool> = thread::scope(|scope| {
        let threads: Vec<_> = (0..MANY)
            .map(|_| {
                scope.spawn(|| {
                    begin.wait();
                    let written = database.store.write_supports(&set(), |held| {
                        if held.is_empty() { Ok(vec![made("1")]) } else { Err(()) }
                    });
                    matches!(written.unwrap(), WriteSupports::Done(_))
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(written.iter().filter(|written| **written).count(), 1);
    assert_eq!(database.store.newest_support(SupportKind::Service).unwrap(), Some(1));
}

on_both![
    a_set_is_written_at_one_moment_with_one_entry_of_the_audit,
    nothing_is_written_where_it_is_not_decided_or_any_of_it_cannot_be,
    the_same_is_asked_once_of_a_set,
    of_many_who_look_before_they_write_one_writes,
];
