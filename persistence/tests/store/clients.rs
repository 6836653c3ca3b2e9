//! Clients: added once, given other secrets, disabled for good, never shown with a secret.

use calsos_persistence::{NewClient, StoreError};

use crate::support::{Backend, Database, new_client, on_both};

fn clients_are_read_back_by_id(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    assert_eq!(store.clients().unwrap(), []);
    let second = store.add_client(&new_client("second"), None).unwrap();
    let first = store.add_client(&new_client("First"), None).unwrap();
    let NewClient { id, name, secret_hash, scopes, agency, created_by } = new_client("second");
    assert_eq!(
        [&second.id, &second.name, &second.secret_hash, &second.scopes, &second.agency],
        [id, name, secret_hash, scopes, agency]
    );
    assert_eq!((second.created_by.as_str(), &second.disabled_at), (created_by, &None));
    assert_eq!([&second.changed_at, &second.secret_changed_at], [&second.created_at; 2]);
    assert_eq!(store.client("second").unwrap().as_ref(), Some(&second));
    assert_eq!(store.client("Second").unwrap(), None);
    assert_eq!(store.client("sec\0nd").unwrap(), None);
    assert_eq!(store.clients().unwrap(), [first, second]);
}

fn an_id_is_given_once(on: Backend) {
    let database = Database::new(on);
    let first = database.store.add_client(&new_client("one"), None).unwrap();
    database.store.disable_client("one", None).unwrap();
    let again = NewClient { name: "Another", ..new_client("one") };
    let error = database.store.add_client(&again, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "client 'one' is stored already. Nothing was changed; give the new one another id"
    );
    assert_eq!(database.store.client("one").unwrap().unwrap().name, first.name);
}

fn another_secret_takes_the_place_of_the_first(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let before = store.add_client(&new_client("one"), None).unwrap();
    let other = store.add_client(&new_client("two"), None).unwrap();
    let after = store.rotate_client("one", "$argon2id$another", None).unwrap();
    assert_eq!(after.secret_hash, "$argon2id$another");
    assert!(after.secret_changed_at > before.secret_changed_at);
    assert_eq!(after.changed_at, after.secret_changed_at);
    assert_eq!((&after.created_at, &after.name), (&before.created_at, &before.name));
    assert_eq!(store.clients().unwrap(), [after, other]);
}

fn a_disabled_client_stays_disabled(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    store.add_client(&new_client("one"), None).unwrap();
    let disabled = store.disable_client("one", None).unwrap();
    assert_eq!(disabled.disabled_at.as_ref(), Some(&disabled.changed_at));
    assert_eq!(store.disable_client("one", None).unwrap(), disabled);
    let rotated = store.rotate_client("one", "another", None).unwrap();
    assert_eq!(rotated.disabled_at, disabled.disabled_at);
}

fn a_client_that_is_not_stored_is_named(on: Backend) {
    let database = Database::new(on);
    for (id, shown) in [("nobody", "nobody"), ("no\0body", "no\\0body")] {
        let expected = format!("client '{shown}' is not stored; `clients` lists those that are");
        for error in [
            database.store.rotate_client(id, "hash", None).unwrap_err(),
            database.store.disable_client(id, None).unwrap_err(),
        ] {
            assert!(matches!(error, StoreError::UnknownClient(_)), "{error:?}");
            assert_eq!(error.to_string(), expected);
        }
    }
}

fn a_text_with_a_nul_is_refused(on: Backend) {
    let database = Database::new(on);
    let store = &database.store;
    let sound = new_client("one");
    let cases = [
        (NewClient { id: "\0", ..sound }, "the client's id"),
        (NewClient { name: "\0", ..sound }, "the client's name"),
        (NewClient { secret_hash: "\0", ..sound }, "the secret's hash"),
        (NewClient { scopes: "\0", ..sound }, "the scopes"),
        (NewClient { agency: "\0", ..sound }, "the agency"),
        (NewClient { created_by: "\0", ..sound }, "the name of who adds it"),
    ];
    for (new, what) in cases {
        let error = store.add_client(&new, None).unwrap_err().to_string();
        assert!(error.contains(&format!("{what} has a NUL character")), "{error}");
    }
    assert_eq!(store.clients().unwrap(), []);
    let before = store.add_client(&sound, None).unwrap();
    assert!(store.rotate_client("one", "\0", None).is_err());
    assert_eq!(store.clients().unwrap(), [before]);
}

fn no_hash_is_shown(on: Backend) {
    let database = Database::new(on);
    let new = NewClient { secret_hash: "$argon2id$hidden", ..new_client("one") };
    let record = database.store.add_client(&new, None).unwrap();
    for shown in [format!("{new:?}"), format!("{record:?}"), format!("{record:#?}")] {
        assert!(shown.contains("one") && !shown.contains("hidden"), "{shown}");
    }
}

on_both![
    clients_are_read_back_by_id,
    an_id_is_given_once,
    another_secret_takes_the_place_of_the_first,
    a_disabled_client_stays_disabled,
    a_client_that_is_not_stored_is_named,
    a_text_with_a_nul_is_refused,
    no_hash_is_shown,
];
