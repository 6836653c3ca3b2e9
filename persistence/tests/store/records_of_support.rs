//! Records of support: each change a further version, none of them lost, written where what was
//! seen still holds, found again as they are and as they were.

use std::sync::Barrier;
use std::thread;

use calsos_persistence::{
    AuditFilter, NewSupport, Once, Store, StoreError, SupportBy, SupportChange, SupportEdit,
    SupportFilter, SupportId, SupportKind, SupportPlace, SupportRecord, SupportVersion,
    SupportWhat, WriteSupport,
};
use jiff::{Timestamp, ToSpan as _};

use crate::support::{Backend, Database, add_support, cds, entry, new_support, on_both};

fn to<'a>(expected: u32, state: &'a str, content: &'a str) -> SupportChange<'a> {
    SupportChange {
        expected: Some(expected),
        edit: SupportEdit::Change { state, content, reason: None },
        rests_on: &[],
        by: new_support().by,
        once: None,
        audit: Some(entry("changeSupport")),
    }
}

fn deletion(expected: u32) -> SupportChange<'static> {
    let edit = SupportEdit::Delete { reason: "of another LEA" };
    SupportChange { edit, ..to(expected, "", "") }
}

fn change(store: &Store, id: SupportId, change: &SupportChange<'_>) -> SupportRecord {
    match store.change_support(id, change).unwrap() {
        WriteSupport::Done(record) => record,
        other => panic!("not changed: {other:?}"),
    }
}

/// The numbers, states and contents of versions.
fn told(versions: &[SupportVersion]) -> Vec<(u32, SupportWhat, &str, &str)> {
    versions.iter().map(|v| (v.version, v.what, v.state.as_str(), v.content.as_str())).collect()
}

fn listed(store: &Store, filter: &SupportFilter<'_>) -> Vec<SupportRecord> {
    store.support_records(filter, |_| true).unwrap()
}

fn numbers(store: &Store, filter: &SupportFilter<'_>) -> Vec<u32> {
    listed(store, filter).iter().map(|record| record.sequence).collect()
}

fn a_record_is_read_back_with_every_version_and_who_wrote_it(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let new = NewSupport {
        state: "opened",
        content: "{\"why\":\"é\"}",
        audit: Some(entry("createSupport")),
        ..new_support()
    };
    let first = add_support(store, &new);
    assert_eq!((first.sequence, first.kind), (1, SupportKind::Referral));
    assert_eq!((first.cds, first.county), (new.place.cds, new.place.county));
    assert_eq!(first.made_at, first.version.at);
    assert_eq!(store.support(first.id).unwrap(), first);
    let edit = SupportEdit::Change { state: "accepted", content: "{}", reason: Some("a mistake") };
    let by = SupportBy { client: "console", issuer: None, agency: None };
    let second = change(store, first.id, &SupportChange { edit, by, ..to(1, "", "") });
    assert_eq!((second.made_at.as_str(), second.version.version), (first.made_at.as_str(), 2));
    assert!(second.version.at > first.version.at);
    assert_eq!(store.support(first.id).unwrap(), second);
    let third = change(store, first.id, &SupportChange { expected: None, ..deletion(0) });
    assert!(third.is_deleted() && !second.is_deleted());
    assert_eq!(third.version.reason.as_deref(), Some("of another LEA"));
    // What was said last is kept with the deletion.
    assert_eq!(store.support(first.id).unwrap(), third);
    let versions = store.support_versions(first.id).unwrap();
    assert_eq!(
        told(&versions),
        [
            (1, SupportWhat::Created, "opened", "{\"why\":\"é\"}"),
            (2, SupportWhat::Changed, "accepted", "{}"),
            (3, SupportWhat::Deleted, "accepted", "{}"),
        ]
    );
    let [one, two, _] = versions.as_slice() else { panic!() };
    assert_eq!((one.by_client.as_str(), one.by_issuer.as_deref()), ("tester", new.by.issuer));
    assert_eq!((one.by_agency.as_deref(), one.reason.as_deref()), (Some("county:07"), None));
    assert_eq!((two.by_client.as_str(), two.by_issuer.as_deref()), ("console", None));
    assert_eq!((two.by_agency.as_deref(), two.reason.as_deref()), (None, Some("a mistake")));
    // The audit has each of them.
    let id = first.id;
    let audit = store.audit(&AuditFilter::default()).unwrap();
    let details: Vec<&str> = audit.iter().rev().map(|entry| entry.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            format!("referral {id} made: opened"),
            format!("referral {id} in version 2: accepted: a mistake"),
            format!("referral {id} deleted: of another LEA"),
        ]
    );
    // Records of kinds that are about no LEA.
    let place = SupportPlace { kind: SupportKind::Service, cds: None, county: None };
    let service = add_support(store, &NewSupport { place, ..new_support() });
    assert_eq!((service.sequence, service.version.sequence), (2, 4));
    assert_eq!((service.cds, service.county), (None, None));
}

fn only_what_was_seen_is_changed_and_what_is_deleted_is_not(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let first = add_support(store, &new_support());
    let second = change(store, first.id, &to(1, "consulting", "{\"n\":2}"));
    let before = database.counts();
    for expected in [0, 1, 3, u32::MAX] {
        let done = store.change_support(first.id, &to(expected, "x", "{}")).unwrap();
        assert_eq!(done, WriteSupport::Stale(second.clone()), "{expected}");
        let done = store.change_support(first.id, &deletion(expected)).unwrap();
        assert_eq!(done, WriteSupport::Stale(second.clone()), "{expected}");
    }
    assert_eq!(database.counts(), before, "nothing is written, nor in the audit");
    // Of whichever is the newest.
    let any = SupportChange { expected: None, ..to(0, "accepted", "{}") };
    assert_eq!(change(store, first.id, &any).version.version, 3);
    let gone = change(store, first.id, &deletion(3));
    let before = database.counts();
    for edit in [to(4, "x", "{}"), deletion(4), SupportChange { expected: None, ..deletion(0) }] {
        let done = store.change_support(first.id, &edit).unwrap();
        assert_eq!(done, WriteSupport::Gone(gone.clone()));
    }
    assert_eq!(database.counts(), before);
    let unknown = SupportId::parse("0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59").unwrap();
    for error in [
        store.support(unknown).unwrap_err(),
        store.support_versions(unknown).unwrap_err(),
        store.support_as_of(unknown, Timestamp::now()).unwrap_err(),
        store.change_support(unknown, &deletion(1)).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::UnknownSupport(id) if id == unknown), "{error}");
    }
}

fn what_a_record_rests_on_must_be_as_it_was_seen(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let referral = add_support(store, &new_support());
    let found = change(store, referral.id, &to(1, "recommended", "{}"));
    let place = SupportPlace { kind: SupportKind::Intervention, ..new_support().place };
    let seen = [(referral.id, 2)];
    let new = NewSupport { place, rests_on: &seen, ..new_support() };
    let intervention = add_support(store, &new);
    let edit = |expected| SupportChange { rests_on: &seen, ..to(expected, "approved", "{}") };
    change(store, intervention.id, &edit(1));
    for stale in [(referral.id, 1), (referral.id, 3)] {
        let rests_on = [stale];
        let done = store.add_support(&NewSupport { rests_on: &rests_on, ..new }).unwrap();
        assert_eq!(done, WriteSupport::RestsOnOther(found.clone()));
    }
    let gone = change(store, referral.id, &deletion(2));
    let before = database.counts();
    let done = store.change_support(intervention.id, &edit(2)).unwrap();
    assert_eq!(done, WriteSupport::RestsOnOther(gone.clone()));
    // Also in the version that says that it was deleted.
    let deleted = [(referral.id, 3)];
    let done = store.add_support(&NewSupport { rests_on: &deleted, ..new }).unwrap();
    assert_eq!(done, WriteSupport::RestsOnOther(gone));
    let unknown = SupportId::parse("0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59").unwrap();
    let error = store.add_support(&NewSupport { rests_on: &[(unknown, 1)], ..new }).unwrap_err();
    assert!(matches!(error, StoreError::UnknownSupport(id) if id == unknown), "{error}");
    assert_eq!(database.counts(), before);
}

fn records_are_listed_by_what_they_are_about_newest_first(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let place = |kind, district| {
        let cds = cds(if district < 3 { 7 } else { 8 }, district, 0);
        SupportPlace { kind, cds: Some(cds), county: Some(cds.county()) }
    };
    let made: Vec<SupportRecord> = [1, 2, 3, 1]
        .map(|district| {
            let place = place(SupportKind::Referral, district);
            add_support(store, &NewSupport { place, ..new_support() })
        })
        .into();
    let other = place(SupportKind::Engagement, 1);
    add_support(store, &NewSupport { place: other, ..new_support() });
    change(store, made[1].id, &to(1, "accepted", "{}"));
    assert_eq!(store.newest_support(SupportKind::Referral).unwrap(), Some(6));
    assert_eq!(store.newest_support(SupportKind::Engagement).unwrap(), Some(5));
    assert_eq!(store.newest_support(SupportKind::Request).unwrap(), None);
    let of = SupportFilter::of(SupportKind::Referral);
    assert_eq!(numbers(store, &of), [4, 3, 2, 1]);
    assert_eq!(listed(store, &of)[3], made[0]);
    assert_eq!(numbers(store, &SupportFilter::of(SupportKind::Engagement)), [5]);
    assert_eq!(numbers(store, &SupportFilter::of(SupportKind::Request)), []);
    let lea = Some(cds(7, 1, 0));
    assert_eq!(numbers(store, &SupportFilter { cds: lea, ..of }), [4, 1]);
    let county = Some(cds(8, 3, 0).county());
    assert_eq!(numbers(store, &SupportFilter { county, ..of }), [3]);
    let accepted = SupportFilter { state: Some("accepted"), ..of };
    assert_eq!(numbers(store, &accepted), [2]);
    assert_eq!(numbers(store, &SupportFilter { state: Some("opened"), ..of }), [4, 3, 1]);
    assert_eq!(numbers(store, &SupportFilter { county, ..accepted }), []);
    // By pages, of which each goes on where the one before ended.
    let page = SupportFilter { limit: Some(2), ..of };
    assert_eq!(numbers(store, &page), [4, 3]);
    assert_eq!(numbers(store, &SupportFilter { before_sequence: Some(3), ..page }), [2, 1]);
    assert_eq!(numbers(store, &SupportFilter { before_sequence: Some(1), ..page }), []);
    assert_eq!(numbers(store, &SupportFilter { limit: Some(0), ..of }), []);
    // A page is full of those that are admitted.
    let odd = store.support_records(&page, |record| record.sequence % 2 == 1).unwrap();
    assert_eq!(odd.iter().map(|record| record.sequence).collect::<Vec<_>>(), [3, 1]);
    change(store, made[0].id, &deletion(1));
    assert_eq!(numbers(store, &of), [4, 3, 2]);
}

fn more_records_than_are_read_together_are_listed(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    // More than are read at once, written by one statement to be quick.
    add_support(store, &new_support());
    database.execute(
        "WITH RECURSIVE more (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM more WHERE n < 1001)
         INSERT INTO support_record (sequence, id, kind)
         SELECT n, '0190a5c4-93c0-7c2e-8f0a-' || substr('000000000000' || CAST(n AS TEXT),
             length(CAST(n AS TEXT)) + 1), 'referral' FROM more;
         INSERT INTO support_version (sequence, record, version, what, state, content, at,
             by_client)
         SELECT r.sequence, r.sequence, 1, v.what, v.state, v.content, v.at, v.by_client
         FROM support_record r, support_version v WHERE r.sequence > 1",
    );
    let of = SupportFilter::of(SupportKind::Referral);
    let expected: Vec<u32> = (1..=1001).rev().collect();
    assert_eq!(numbers(store, &of), expected);
    assert_eq!(numbers(store, &SupportFilter { limit: Some(501), ..of }), expected[..501]);
    let last = store.support_records(&of, |record| record.sequence == 1).unwrap();
    assert_eq!(last.len(), 1);
}

fn what_was_is_read_as_of_a_moment(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let first = add_support(store, &new_support());
    let second = change(store, first.id, &to(1, "accepted", "{}"));
    let third = change(store, first.id, &deletion(2));
    let [one, two, three]: [Timestamp; 3] =
        [&first, &second, &third].map(|record| record.version.at.parse().unwrap());
    let before = |moment: Timestamp| moment.checked_sub(1.microsecond()).unwrap();
    let as_of = |moment| store.support_as_of(first.id, moment).unwrap();
    assert_eq!(as_of(before(one)), None);
    assert_eq!(as_of(one), Some(first.clone()));
    assert_eq!(as_of(before(two)), Some(first.clone()));
    assert_eq!(as_of(two), Some(second.clone()));
    assert_eq!(as_of(before(three)), Some(second.clone()));
    assert_eq!(as_of(three), Some(third.clone()));
    let of = SupportFilter::of(SupportKind::Referral);
    let as_of = |moment| listed(store, &SupportFilter { as_of: Some(moment), ..of });
    assert_eq!(as_of(before(one)), []);
    assert_eq!(as_of(one), std::slice::from_ref(&first));
    assert_eq!(as_of(before(three)), std::slice::from_ref(&second));
    assert_eq!(as_of(three), []);
    let accepted = SupportFilter { state: Some("accepted"), as_of: Some(one), ..of };
    assert_eq!(listed(store, &accepted), []);
    let filter = SupportFilter { as_of: Some(Timestamp::MIN), ..of };
    let error = store.support_records(&filter, |_| true).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
    let error = store.support_as_of(first.id, Timestamp::MIN).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error}");
}

fn the_same_is_asked_once(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let since = Timestamp::now().checked_sub(24.hours()).unwrap();
    let once = Once { key: "k", request_hash: "h", since };
    let new = NewSupport { once: Some(once), ..new_support() };
    let first = add_support(store, &new);
    let before = database.counts();
    assert_eq!(store.add_support(&new).unwrap(), WriteSupport::Again(first.clone()));
    let asked = |once| store.support_asked_before(new.by, once).unwrap();
    assert_eq!(asked(once), Some(WriteSupport::Again(first.clone())));
    assert_eq!(asked(Once { key: "K", ..once }), None);
    let other = Once { request_hash: "other", ..once };
    let otherwise = store.add_support(&NewSupport { once: Some(other), ..new }).unwrap();
    assert_eq!(otherwise, WriteSupport::Otherwise(first.clone()));
    assert_eq!(asked(other), Some(WriteSupport::Otherwise(first.clone())));
    assert_eq!(database.counts(), before);
    // A change by a key of its own is answered with what came of it, whatever came after.
    let step = Once { key: "step", request_hash: "s", since };
    let asked = SupportChange { once: Some(step), ..to(1, "accepted", "{}") };
    let second = change(store, first.id, &asked);
    change(store, first.id, &to(2, "closed", "{}"));
    assert_eq!(store.change_support(first.id, &asked).unwrap(), WriteSupport::Again(second));
    assert_eq!(store.add_support(&new).unwrap(), WriteSupport::Again(first.clone()));
    // Another caller's key and another key are others.
    let by = new.by;
    for other in [
        NewSupport { by: SupportBy { client: "another", ..by }, ..new },
        NewSupport { by: SupportBy { issuer: Some("https://another.example"), ..by }, ..new },
        NewSupport { by: SupportBy { issuer: None, ..by }, ..new },
        NewSupport { once: Some(Once { key: "K", ..once }), ..new },
    ] {
        add_support(store, &other);
    }
    // A day later the key is free; a moment before that it is not.
    let made: Timestamp = first.made_at.parse().unwrap();
    let before = Once { since: made.checked_sub(1.microsecond()).unwrap(), ..once };
    let again = store.add_support(&NewSupport { once: Some(before), ..new }).unwrap();
    assert_eq!(again, WriteSupport::Again(first));
    add_support(store, &NewSupport { once: Some(Once { since: made, ..once }), ..new });
}

fn of_two_who_saw_the_same_one_is_heard_and_the_other_told_what_holds(on: Backend) {
    let database = Database::new(on);
    let other = Store::open(&database.url()).unwrap();
    let record = add_support(&other, &new_support());
    let together = Barrier::new(2);
    let done: Vec<WriteSupport> = thread::scope(|scope| {
        let writers = [(&database.store, "{\"a\":1}"), (&other, "{\"b\":2}")];
        let threads = writers.map(|(store, content)| {
            let together = &together;
            scope.spawn(move || {
                together.wait();
                store.change_support(record.id, &to(1, "opened", content)).unwrap()
            })
        });
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let versions = other.support_versions(record.id).unwrap();
    assert_eq!(versions.len(), 2);
    let heard = done.iter().filter(|done| matches!(done, WriteSupport::Done(_))).count();
    assert_eq!(heard, 1, "{done:?}");
    for done in done {
        let (WriteSupport::Done(told) | WriteSupport::Stale(told)) = done else { panic!() };
        assert_eq!(told.version, versions[1]);
    }
}

fn what_was_written_stays_and_is_sealed(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let record = add_support(store, &new_support());
    change(store, record.id, &to(1, "accepted", "{}"));
    assert_eq!(store.check_seals().unwrap(), []);
    let before = store.support_versions(record.id).unwrap();
    let mut attempts = vec![
        "UPDATE support_record SET cds = NULL",
        "DELETE FROM support_record WHERE sequence = 1",
        "UPDATE support_version SET content = '[]' WHERE version = 2",
        "DELETE FROM support_version",
    ];
    match on {
        Backend::Sqlite => attempts.extend([
            "REPLACE INTO support_record (sequence, id, kind) VALUES (1, 'x', 'referral')",
            "REPLACE INTO support_record (sequence, id, kind)
             SELECT 7, id, 'referral' FROM support_record",
            "REPLACE INTO support_version
                 (sequence, record, version, what, state, content, at, by_client)
             VALUES (2, 1, 9, '', '', '', '', '')",
            "REPLACE INTO support_version
                 (sequence, record, version, what, state, content, at, by_client)
             VALUES (9, 1, 2, '', '', '', '', '')",
        ]),
        Backend::Postgresql(_) => {
            attempts.extend(["TRUNCATE support_version", "TRUNCATE support_record CASCADE"]);
        }
    }
    for attempt in attempts {
        let error = database.place.execute(attempt).unwrap_err().to_string();
        assert!(
            error.contains("the record of support is only ever added to"),
            "{attempt}: {error}"
        );
    }
    assert_eq!(store.support_versions(record.id).unwrap(), before);
    // Whoever owns the database can have its triggers out of the way; the seals tell.
    match on {
        Backend::Sqlite => database.execute("DROP TRIGGER support_version_is_not_updated"),
        Backend::Postgresql(_) => {
            database.execute("ALTER TABLE support_version DISABLE TRIGGER support_version_stays");
        }
    }
    database.execute("UPDATE support_version SET by_client = 'somebody else' WHERE sequence = 2");
    let found = store.check_seals().unwrap();
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.table, "support_version");
    assert_eq!(finding.row, "version of a record of support 2");
}

fn a_text_with_a_nul_is_refused(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let new = new_support();
    let record = add_support(store, &new);
    let before = database.counts();
    let once = Once { key: "k", request_hash: "h", since: Timestamp::now() };
    let by = new.by;
    for (new, what) in [
        (NewSupport { state: "\0", ..new }, "the state"),
        (NewSupport { content: "\0", ..new }, "the content"),
        (NewSupport { by: SupportBy { client: "\0", ..by }, ..new }, "the name of who writes"),
        (NewSupport { by: SupportBy { issuer: Some("\0"), ..by }, ..new }, "the issuer"),
        (NewSupport { by: SupportBy { agency: Some("\0"), ..by }, ..new }, "the agency"),
        (NewSupport { once: Some(Once { key: "\0", ..once }), ..new }, "the key"),
        (NewSupport { once: Some(Once { request_hash: "\0", ..once }), ..new }, "hash"),
    ] {
        let error = store.add_support(&new).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("NUL character"), "{error}");
    }
    let reason = SupportChange { edit: SupportEdit::Delete { reason: "\0" }, ..deletion(1) };
    let error = store.change_support(record.id, &reason).unwrap_err().to_string();
    assert!(error.contains("the reason has a NUL character"), "{error}");
    assert_eq!(database.counts(), before);
}

on_both![
    a_record_is_read_back_with_every_version_and_who_wrote_it,
    only_what_was_seen_is_changed_and_what_is_deleted_is_not,
    what_a_record_rests_on_must_be_as_it_was_seen,
    records_are_listed_by_what_they_are_about_newest_first,
    more_records_than_are_read_together_are_listed,
    what_was_is_read_as_of_a_moment,
    the_same_is_asked_once,
    of_two_who_saw_the_same_one_is_heard_and_the_other_told_what_holds,
    what_was_written_stays_and_is_sealed,
    a_text_with_a_nul_is_refused,
];
