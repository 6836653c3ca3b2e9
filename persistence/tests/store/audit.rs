//! The audit: only ever added to, written with what it is about, found again.

use std::convert::Infallible;
use std::thread;

use calsos_persistence::{
    AuditFilter, AuditOutcome, AuditRecord, NewAudit, NewRelease, NewRun, PublicAt, ReleaseNumber,
    Store, StoreError,
};
use jiff::{SignedDuration, Timestamp};

use crate::support::{
    Backend, Database, entry, key, moment, new_client, on_both, publish_if, run, small_file,
};

fn all(store: &Store) -> Vec<AuditRecord> {
    store.audit(&AuditFilter::default()).unwrap()
}

fn sequences(store: &Store, filter: &AuditFilter<'_>) -> Vec<u64> {
    store.audit(filter).unwrap().iter().map(|record| record.sequence).collect()
}

fn entries_are_read_back_newest_first(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    store.add_audit(&[]).unwrap();
    assert_eq!(all(store), []);
    let full = NewAudit {
        request_id: Some("request"),
        actor: "client é",
        issuer: Some("https://issuer.example"),
        agency: Some("county:07"),
        scopes: Some("read publish"),
        address: Some("192.0.2.1"),
        operation: "updateRelease",
        target: "PATCH /v1/releases/3",
        outcome: AuditOutcome::Refused,
        status: Some(403),
        code: Some("not-allowed"),
        detail: "not of this agency",
    };
    store.add_audit(&[entry("calsos publish"), full]).unwrap();
    let records = all(store);
    let [second, first] = records.as_slice() else { panic!("{records:?}") };
    assert!(first.at <= second.at && second.at.len() == 27, "{records:?}");
    let expected = AuditRecord {
        sequence: 2,
        at: second.at.clone(),
        request_id: Some("request".to_owned()),
        actor: "client é".to_owned(),
        issuer: Some("https://issuer.example".to_owned()),
        agency: Some("county:07".to_owned()),
        scopes: Some("read publish".to_owned()),
        address: Some("192.0.2.1".to_owned()),
        operation: "updateRelease".to_owned(),
        target: "PATCH /v1/releases/3".to_owned(),
        outcome: AuditOutcome::Refused,
        status: Some(403),
        code: Some("not-allowed".to_owned()),
        detail: "not of this agency".to_owned(),
    };
    assert_eq!(*second, expected);
    assert_eq!((first.sequence, first.outcome, first.status), (1, AuditOutcome::Done, None));
    assert_eq!((&first.request_id, first.detail.as_str()), (&None, ""));
}

fn an_entry_is_written_whatever_stands_in_it(on: Backend) {
    let database = Database::new(on);
    let new = NewAudit {
        actor: "no\0body",
        address: Some("\0"),
        target: "GET /\0",
        status: Some(u16::MAX),
        ..entry("\0")
    };
    database.store.add_audit(&[new]).unwrap();
    let records = all(&database.store);
    assert_eq!((records[0].actor.as_str(), records[0].target.as_str()), ("no\\0body", "GET /\\0"));
    let filter = AuditFilter { actor: Some("no\0body"), ..AuditFilter::default() };
    assert_eq!(sequences(&database.store, &filter), [1]);
}

fn entries_are_chosen_by_every_field_of_a_filter(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let refused = |actor| NewAudit { outcome: AuditOutcome::Refused, actor, ..entry("b") };
    store
        .add_audit(&[NewAudit { actor: "one", ..entry("a") }, refused("one"), refused("two")])
        .unwrap();
    let asked = |filter| sequences(store, &filter);
    let any = AuditFilter::default();
    assert_eq!(asked(any), [3, 2, 1]);
    assert_eq!(asked(AuditFilter { actor: Some("one"), ..any }), [2, 1]);
    assert_eq!(asked(AuditFilter { operation: Some("b"), ..any }), [3, 2]);
    assert_eq!(asked(AuditFilter { outcome: Some(AuditOutcome::Done), ..any }), [1]);
    assert_eq!(asked(AuditFilter { actor: Some("one"), operation: Some("b"), ..any }), [2]);
    assert_eq!(asked(AuditFilter { actor: Some("nobody"), ..any }), []);
    assert_eq!(asked(AuditFilter { limit: Some(2), ..any }), [3, 2]);
    assert_eq!(asked(AuditFilter { limit: Some(0), ..any }), []);
    assert_eq!(asked(AuditFilter { limit: Some(2), before_sequence: Some(2), ..any }), [1]);
    assert_eq!(asked(AuditFilter { before_sequence: Some(1), ..any }), []);
    assert_eq!(asked(AuditFilter { before_sequence: Some(u64::MAX), ..any }), [3, 2, 1]);

    let written: Vec<Timestamp> =
        all(store).iter().rev().map(|record| record.at.parse().unwrap()).collect();
    let (first, last) = (written[0], written[2]);
    let after = last + SignedDuration::from_micros(1);
    let before = first - SignedDuration::from_micros(1);
    assert_eq!(asked(AuditFilter { from: Some(first), until: Some(after), ..any }), [3, 2, 1]);
    assert_eq!(asked(AuditFilter { until: Some(first), ..any }), []);
    assert_eq!(asked(AuditFilter { from: Some(after), ..any }), []);
    assert_eq!(asked(AuditFilter { from: Some(before), until: Some(first), ..any }), []);
    let error = store.audit(&AuditFilter { from: Some(Timestamp::MIN), ..any }).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
}

fn what_was_written_cannot_be_changed(on: Backend) {
    let database = Database::new(on);
    database.store.add_audit(&[entry("a"), entry("b")]).unwrap();
    let before = all(&database.store);
    let mut attempts = vec![
        "UPDATE audit SET actor = 'somebody else'",
        "UPDATE audit SET detail = 'x' WHERE sequence = 1",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE sequence = 2",
    ];
    match on {
        Backend::Sqlite => attempts.extend([
            "REPLACE INTO audit (sequence, at, actor, operation, target, outcome, detail)
             VALUES (1, '', '', '', '', '', '')",
            "UPDATE OR REPLACE audit SET sequence = 1 WHERE sequence = 2",
        ]),
        Backend::Postgresql(_) => attempts.extend([
            "TRUNCATE audit",
            "INSERT INTO audit (sequence, at, actor, operation, target, outcome, detail)
             VALUES (1, '', '', '', '', '', '') ON CONFLICT (sequence) DO UPDATE SET actor = 'x'",
        ]),
    }
    for attempt in attempts {
        let error = database.place.execute(attempt).unwrap_err().to_string();
        assert!(error.contains("the audit is only ever added to"), "{attempt}: {error}");
    }
    assert_eq!(all(&database.store), before);
}

fn writers_at_once_lose_no_entry_and_number_them_without_a_gap(on: Backend) {
    let database = Database::new(on);
    let other = Store::open(&database.url()).unwrap();
    thread::scope(|scope| {
        for store in [&database.store, &other] {
            scope.spawn(move || {
                for _ in 0..5 {
                    store.add_audit(&[entry("a"), entry("b")]).unwrap();
                }
            });
        }
    });
    let expected: Vec<u64> = (1..=20).rev().collect();
    assert_eq!(sequences(&other, &AuditFilter::default()), expected);
}

/// The operations and details of all entries, the oldest first.
fn told(store: &Store) -> Vec<(String, String)> {
    all(store).into_iter().rev().map(|record| (record.operation, record.detail)).collect()
}

/// Does everything that takes an entry, with one: of release 1, of which the publication of
/// this number is the latest, of the client `c` and of one that is new. Gives the errors.
fn everything(store: &Store, seen: u32, new: &str) -> Vec<Option<StoreError>> {
    let contents = small_file();
    let release = NewRelease {
        contents: &contents,
        file_name: "made-up.txt",
        bytes: b"bytes",
        kept_bytes: None,
        imported_by: "x",
        report: "{}",
        public_at: Some(PublicAt::Closed),
        beside: None,
        audit: Some(entry("release")),
    };
    let one = [ReleaseNumber(1)];
    let publish = Some(entry("publish"));
    let until = moment("2091-01-01T00:00:00Z");
    let run = NewRun { audit: Some(entry("run")), ..run() };
    vec![
        store.add_release(&release).err(),
        store.publish(&one, PublicAt::From(until), "x", publish).err(),
        publish_if(store, one[0], Some(seen), PublicAt::Closed, publish).err(),
        store.add_client(&new_client(new), Some(entry("client"))).err(),
        store.rotate_client("c", "another", Some(entry("rotate"))).err(),
        store.disable_client("c", Some(entry("disable"))).err(),
        store.add_signing_key(&key("k"), until, Some(entry("key"))).err(),
        store.save_run(&run, std::iter::empty::<Result<_, Infallible>>()).err(),
    ]
}

fn what_is_done_tells_itself(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    for error in everything(store, 2, "c") {
        assert!(error.is_none(), "{error:?}");
    }
    let expected = [
        ("release", "release 1 stored, closed"),
        ("publish", "release 1 public from 2091-01-01T00:00:00.000000Z"),
        ("publish", "release 1 closed"),
        ("client", "client c added, of county:07, with the scopes: read preview"),
        ("rotate", "client c has another secret"),
        ("disable", "client c disabled"),
        ("key", "key k signs from now on"),
        ("run", "run 1 stored, 0 answers"),
    ];
    let owned = |(operation, detail): (&str, &str)| (operation.to_owned(), detail.to_owned());
    assert_eq!(told(store), expected.map(owned));
    assert!(all(store).iter().all(|record| record.target == "a target"));
}

fn the_caller_s_own_word_goes_before_the_store_s(on: Backend) {
    let database = Database::new(on);
    let audit = Some(NewAudit { detail: "asked for by telephone", ..entry("a") });
    database.store.add_client(&new_client("c"), audit).unwrap();
    assert_eq!(all(&database.store)[0].detail, "asked for by telephone");
}

fn what_changes_nothing_is_told_too(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let number = database.add(&small_file(), "bytes").number;
    let contents = small_file();
    let again = NewRelease {
        contents: &contents,
        file_name: "again.txt",
        bytes: b"bytes",
        kept_bytes: None,
        imported_by: "x",
        report: "{}",
        public_at: Some(PublicAt::Closed),
        beside: None,
        audit: Some(entry("release")),
    };
    store.add_release(&again).unwrap();
    store.publish(&[number], PublicAt::Closed, "x", None).unwrap();
    store.publish(&[number], PublicAt::Closed, "x", Some(entry("publish"))).unwrap();
    publish_if(store, number, Some(1), PublicAt::Closed, Some(entry("publish"))).unwrap();
    store.add_client(&new_client("c"), None).unwrap();
    let since = store.disable_client("c", None).unwrap().disabled_at.unwrap();
    store.disable_client("c", Some(entry("disable"))).unwrap();
    let disabled = format!("client c was disabled at {since}");
    let expected = [
        ("release", "release 1 was stored before"),
        ("publish", "nothing that was not said before"),
        ("publish", "release 1 closed"),
        ("disable", disabled.as_str()),
    ];
    let owned = |(operation, detail): (&str, &str)| (operation.to_owned(), detail.to_owned());
    assert_eq!(told(store), expected.map(owned));
}

fn what_is_refused_is_not_told_as_done(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let audit = Some(entry("x"));
    assert!(store.rotate_client("nobody", "hash", audit).is_err());
    assert!(store.disable_client("nobody", audit).is_err());
    assert!(store.publish(&[ReleaseNumber(1)], PublicAt::Closed, "x", audit).is_err());
    store.add_client(&new_client("c"), None).unwrap();
    assert!(store.add_client(&new_client("c"), audit).is_err());
    let run = NewRun { audit, ..run() };
    assert!(store.save_run(&run, [Err("an answer that cannot be made")]).is_err());
    assert_eq!(all(store), []);
}

fn nothing_is_done_that_the_audit_cannot_tell(on: Backend) {
    let database = Database::new(on);
    // What the operations need is there, so that nothing but the audit stops them.
    database.add(&small_file(), "before");
    database.store.publish(&[ReleaseNumber(1)], PublicAt::Closed, "x", None).unwrap();
    database.store.add_client(&new_client("c"), None).unwrap();
    database.execute("DROP TABLE audit");
    let before = (database.counts(), database.store.clients().unwrap());
    for error in everything(&database.store, 1, "another") {
        assert!(matches!(error, Some(StoreError::Database { .. })), "{error:?}");
    }
    assert_eq!((database.counts(), database.store.clients().unwrap()), before);
}

fn a_damaged_outcome_is_named(on: Backend) {
    let database = Database::new(on);
    database.execute(
        "INSERT INTO audit (sequence, at, actor, operation, target, outcome, detail)
         VALUES (7, '', '', '', '', 'perhaps', '')",
    );
    let error = database.store.audit(&AuditFilter::default()).unwrap_err().to_string();
    assert!(error.starts_with("table audit, 7: outcome 'perhaps' cannot be read"), "{error}");
}

on_both![
    entries_are_read_back_newest_first,
    an_entry_is_written_whatever_stands_in_it,
    entries_are_chosen_by_every_field_of_a_filter,
    what_was_written_cannot_be_changed,
    writers_at_once_lose_no_entry_and_number_them_without_a_gap,
    what_is_done_tells_itself,
    the_caller_s_own_word_goes_before_the_store_s,
    what_changes_nothing_is_told_too,
    what_is_refused_is_not_told_as_done,
    nothing_is_done_that_the_audit_cannot_tell,
    a_damaged_outcome_is_named,
];
