//! Opening: what is made, what is set, what is refused and with which words.

use std::fs;

use calsos_persistence::{Store, StoreError};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use tempfile::TempDir;

use crate::support::{Database, small_file};

fn refusal(url: &str) -> String {
    Store::open(url).unwrap_err().to_string()
}

#[test]
fn the_directory_and_the_file_are_made() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("not/there yet/calsos.db");
    Store::open(&format!("sqlite:{}", path.display())).unwrap();
    assert!(path.is_file());
    Store::open(&format!("SQLite://{}", path.display())).unwrap();
}

#[test]
fn a_database_is_opened_again_with_all_that_it_holds() {
    let Database { directory, store } = Database::new();
    let url = format!("sqlite:{}", directory.path().join("calsos.db").display());
    let database = Database { store: store.clone(), directory };
    let record = database.add(&small_file(), "kept");
    drop((store, database.store));
    assert_eq!(Store::open(&url).unwrap().releases().unwrap(), [record]);
}

#[test]
fn an_address_of_another_scheme_is_refused_without_its_password() {
    let message = refusal("postgresql://somebody:secret@localhost/calsos");
    assert_eq!(
        message,
        "the database address begins with 'postgresql:', but this build does not support \
         PostgreSQL yet; write sqlite:PATH"
    );
    let message = refusal("mysql://somebody:secret@localhost/calsos");
    assert_eq!(
        message,
        "the database address begins with 'mysql:', which names no database known here; write \
         sqlite:PATH"
    );
}

#[test]
fn an_address_that_names_no_file_is_refused() {
    for (url, words) in [
        ("calsos.db", "has no scheme"),
        ("sqlite:", "names no file"),
        ("sqlite://host/calsos.db", "after which a host would stand"),
        ("sqlite:calsos.db?mode=ro", "takes no options"),
        ("sqlite::memory:", "in memory"),
        ("sqlite:file:x?mode=memory", "in memory"),
    ] {
        let error = Store::open(url).unwrap_err();
        assert!(matches!(error, StoreError::Address { .. }), "{url}: {error:?}");
        assert!(error.to_string().contains(words), "{url}: {error}");
    }
}

#[test]
fn a_path_that_cannot_be_used_is_refused_with_advice() {
    let directory = TempDir::new().unwrap();
    let directory = directory.path();
    let message = refusal(&format!("sqlite:{}", directory.display()));
    assert!(message.ends_with("it is a directory; name a file"), "{message}");

    let file = directory.join("file");
    fs::write(&file, "a text that is no database, long enough for a header of one").unwrap();
    let message = refusal(&format!("sqlite:{}", file.join("calsos.db").display()));
    assert!(message.contains("its directory") && message.contains("make it"), "{message}");
    let message = refusal(&format!("sqlite:{}", file.display()));
    assert!(message.contains("file is not a database; name a file of this program"), "{message}");
}

#[test]
fn a_database_of_something_else_is_left_alone() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("other.db");
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other.batch_execute("CREATE TABLE theirs (mine TEXT)").unwrap();
    let message = refusal(&format!("sqlite:{}", path.display()));
    assert!(
        message.contains("it holds 1 tables of something else; name another file"),
        "{message}"
    );
    other.batch_execute("INSERT INTO theirs (mine) VALUES ('still here')").unwrap();
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_unchanged() {
    let database = Database::new();
    database
        .console()
        .batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')")
        .unwrap();
    let before = database.counts();
    let error = Store::open(&database.url()).unwrap_err();
    assert!(matches!(error, StoreError::NewerDatabase { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("has the migration 9999"), "{message}");
    assert!(message.contains("Run that version or a newer one"), "{message}");
    assert_eq!(database.counts(), before);
}
