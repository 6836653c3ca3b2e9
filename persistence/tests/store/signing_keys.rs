//! Keys that sign tokens: one signs, those before it are served for a while, then they go.

use std::fs;

use calsos_persistence::{NewSigningKey, StoreError};
use jiff::Timestamp;

use crate::support::{Backend, Database, Place, key, moment, on_both, sqlite};

const FIRST_END: &str = "2091-01-01T00:00:00Z";
const SECOND_END: &str = "2092-01-01T00:00:00.5Z";

fn a_new_key_retires_the_one_before_it(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    assert_eq!(store.signing_keys().unwrap(), []);
    let bytes: Vec<u8> = (0..=255).collect();
    let new = NewSigningKey { private_key: &bytes, public_key: b"", ..key("one") };
    // No key is there that this moment could be about.
    let one = store.add_signing_key(&new, moment(FIRST_END), None).unwrap();
    assert_eq!((one.kid.as_str(), one.algorithm.as_str()), ("one", new.algorithm));
    assert_eq!((&one.private_key, one.public_key.as_slice()), (&bytes, [].as_slice()));
    assert_eq!((one.created_by.as_str(), &one.retired_at), (new.created_by, &None));
    assert_eq!(one.served_until, None);
    assert_eq!(store.signing_keys().unwrap(), std::slice::from_ref(&one));

    let two = store.add_signing_key(&key("two"), moment(FIRST_END), None).unwrap();
    let retired = store.signing_keys().unwrap().pop().unwrap();
    assert_eq!(retired.retired_at.as_ref(), Some(&two.created_at));
    assert_eq!(retired.served_until, Some(moment(FIRST_END)));
    assert_eq!(retired.private_key, one.private_key);

    // The first is not retired anew.
    let three = store.add_signing_key(&key("three"), moment(SECOND_END), None).unwrap();
    let keys = store.signing_keys().unwrap();
    let kids: Vec<&str> = keys.iter().map(|key| key.kid.as_str()).collect();
    assert_eq!(kids, ["three", "two", "one"]);
    assert_eq!((&keys[0], &keys[2]), (&three, &retired));
    assert_eq!(keys[1].served_until, Some(moment(SECOND_END)));
}

fn the_key_that_signs_comes_first_though_a_clock_was_set_back(on: Backend) {
    let database = Database::new(on);
    for kid in ["a", "b", "c"] {
        database.store.add_signing_key(&key(kid), moment(FIRST_END), None).unwrap();
    }
    database.execute(
        "UPDATE signing_key SET created_at = '2080-01-01T00:00:00.000000Z' WHERE kid = 'c'",
    );
    let keys = database.store.signing_keys().unwrap();
    assert_eq!(keys.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), ["c", "b", "a"]);
}

fn a_key_that_is_there_or_cannot_be_stored_changes_nothing(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let one = store.add_signing_key(&key("one"), moment(FIRST_END), None).unwrap();
    let error = store.add_signing_key(&key("one"), moment(FIRST_END), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "signing key 'one' is stored already. Nothing was changed; give the new one another id"
    );
    let sound = key("two");
    let cases = [
        (NewSigningKey { kid: "\0", ..sound }, "the key's id"),
        (NewSigningKey { algorithm: "\0", ..sound }, "the algorithm"),
        (NewSigningKey { created_by: "\0", ..sound }, "the name of who adds it"),
    ];
    for (new, what) in cases {
        let error = store.add_signing_key(&new, moment(FIRST_END), None).unwrap_err().to_string();
        assert!(error.contains(&format!("{what} has a NUL character")), "{error}");
    }
    let error = store.add_signing_key(&sound, Timestamp::MIN, None).unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
    assert_eq!(store.signing_keys().unwrap(), [one]);
}

fn what_is_not_served_any_more_is_removed(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let secret = b"these bytes are to be found nowhere afterwards".as_slice();
    for (kid, end) in [("one", FIRST_END), ("two", FIRST_END), ("three", SECOND_END)] {
        let new = NewSigningKey { private_key: secret, ..key(kid) };
        store.add_signing_key(&new, moment(end), None).unwrap();
    }
    let remove = |now| store.remove_expired_signing_keys(moment(now)).unwrap();
    assert_eq!(remove("2090-12-31T23:59:59.999999Z"), [""; 0]);
    assert_eq!(remove(FIRST_END), ["one"]);
    assert_eq!(remove(FIRST_END), [""; 0]);
    assert_eq!(remove("2099-01-01T00:00:00Z"), ["two"]);
    let keys = store.signing_keys().unwrap();
    assert_eq!(keys.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), ["three"]);

    store.add_signing_key(&key("four"), moment(SECOND_END), None).unwrap();
    assert_eq!(remove(SECOND_END), ["three"]);
    if let Place::Sqlite(directory) = &database.place {
        use diesel::connection::SimpleConnection;
        sqlite(directory).batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        let file = fs::read(directory.path().join("calsos.db")).unwrap();
        assert!(!file.windows(secret.len()).any(|bytes| bytes == secret));
    }
}

fn no_private_key_is_shown(on: Backend) {
    let database = Database::new(on);
    let new = NewSigningKey { private_key: &[201, 202], public_key: &[203], ..key("one") };
    let record = database.store.add_signing_key(&new, moment(FIRST_END), None).unwrap();
    for shown in [format!("{new:?}"), format!("{record:?}"), format!("{record:#?}")] {
        assert!(shown.contains("one") && !shown.contains("201"), "{shown}");
    }
}

on_both![
    a_new_key_retires_the_one_before_it,
    the_key_that_signs_comes_first_though_a_clock_was_set_back,
    a_key_that_is_there_or_cannot_be_stored_changes_nothing,
    what_is_not_served_any_more_is_removed,
    no_private_key_is_shown,
];
