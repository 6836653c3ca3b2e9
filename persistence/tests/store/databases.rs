//! Opening: what is made, what is set, what is refused and with which words.

use std::convert::Infallible;
use std::fs;

use calsos_persistence::{AddRelease, NewRun, Store, StoreError};
use calsos_tests_postgres::server;
use tempfile::TempDir;

use crate::support::{Backend, Database, NO_FACTS, Place, add, on_both, small_file};

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

fn a_database_is_opened_again_with_all_that_it_holds(on: Backend) {
    let Database { place, store } = Database::new(on);
    let database = Database { store: store.clone(), place };
    let record = database.add(&small_file(), "kept");
    let Database { place, store: other } = database;
    drop((store, other));
    assert_eq!(Store::open(&place.url()).unwrap().releases().unwrap(), [record]);
}

#[test]
fn an_address_of_another_scheme_is_refused_without_its_password() {
    let message = refusal("mysql://somebody:secret@localhost/calsos");
    assert_eq!(
        message,
        "the database address begins with 'mysql:', which names no database known here; write \
         sqlite:PATH or postgresql://HOST/DATABASE"
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

fn a_database_of_something_else_is_left_alone(on: Backend) {
    let place = Place::new(on);
    place.execute("CREATE TABLE theirs (mine TEXT)").unwrap();
    let message = refusal(&place.url());
    let word = match on {
        Backend::Sqlite => "file",
        Backend::Postgresql(_) => "database",
    };
    assert!(
        message.contains(&format!("it holds 1 tables of something else; name another {word}")),
        "{message}"
    );
    place.execute("INSERT INTO theirs (mine) VALUES ('still here')").unwrap();
    assert_eq!(place.counts().into_keys().collect::<Vec<_>>(), ["theirs"]);
}

fn a_database_of_a_newer_version_is_refused_and_unchanged(on: Backend) {
    let database = Database::new(on);
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
    let before = database.counts();
    let error = Store::open(&database.url()).unwrap_err();
    assert!(matches!(error, StoreError::NewerDatabase { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("has the migration 9999"), "{message}");
    assert!(message.contains("Run that version or a newer one"), "{message}");
    assert_eq!(database.counts(), before);
}

/// The words with which a server's database is refused; neither they nor what stands behind
/// them have the password.
fn refused_by_server(url: &str, password: &str) -> String {
    let error = Store::open(url).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains(password), "{error:?}");
    error.to_string()
}

#[test]
fn a_server_that_does_not_run_is_told_with_advice() {
    // Nobody listens on a port that was free a moment ago, nor where no socket is.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = TempDir::new().unwrap();
    let socket = folder.path().display().to_string().replace('/', "%2F");
    for host in [format!("127.0.0.1:{port}"), socket] {
        let message = refused_by_server(&format!("postgres://me:hunter2@{host}/state"), "hunter2");
        assert!(message.starts_with("the database 'state on "), "{message}");
        assert!(
            message.ends_with("start the server, or correct host and port in the address"),
            "{message}"
        );
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn a_server_that_does_not_let_in_is_told_with_advice() {
    let Some(server) = server("a_server_that_does_not_let_in_is_told_with_advice") else { return };
    let place = Place::new(Backend::Postgresql(server));
    let Place::Postgresql { name, .. } = &place else { panic!("a server was asked for") };
    server.sql(
        "postgres",
        &format!(
            "CREATE ROLE guarded LOGIN PASSWORD 'p:a@s/s%'; REVOKE CONNECT ON DATABASE {name} FROM PUBLIC"
        ),
    );
    let at = format!("127.0.0.1:{}", server.port());
    let wrong = refused_by_server(&format!("postgresql://guarded:hunter2@{at}/{name}"), "hunter2");
    assert!(wrong.contains("correct the user or the password"), "{wrong}");
    let unknown = refused_by_server(&format!("postgresql://calsos:hunter2@{at}/absent"), "hunter2");
    assert!(unknown.contains("make it, such as with `createdb"), "{unknown}");
    let nobody = refused_by_server(&format!("postgresql://absent:hunter2@{at}/{name}"), "hunter2");
    assert!(nobody.contains("correct the user in the address"), "{nobody}");

    let guarded = format!("postgresql://guarded:p%3Aa%40s%2Fs%25@{at}/{name}");
    let shut_out = refused_by_server(&guarded, "p:a@s");
    assert!(shut_out.contains("let the database's owner give this user the right"), "{shut_out}");
    server.sql(
        name,
        "GRANT CONNECT ON DATABASE current TO guarded".replace("current", name).as_str(),
    );
    server.sql(name, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let without_right = refused_by_server(&guarded, "p:a@s");
    assert!(
        without_right.contains("its tables cannot be brought up to date")
            && without_right.contains("GRANT CREATE, USAGE ON SCHEMA public"),
        "{without_right}"
    );

    // Whoever may only read reads, once the tables are there.
    let owner = Store::open(&place.url()).unwrap();
    server.sql(name, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guarded");
    let reader = Store::open(&guarded).unwrap();
    assert_eq!(reader.releases().unwrap(), []);
    let AddRelease::Added(record) = add(&owner, &small_file(), "by the owner") else {
        panic!("it is new");
    };
    assert_eq!(reader.releases().unwrap(), [record]);
    let new = NewRun {
        by: "x",
        program_version: "0",
        releases: &[],
        editions: &[],
        facts: &NO_FACTS,
        audit: None,
    };
    let error = reader.save_run(&new, std::iter::empty::<Result<_, Infallible>>()).unwrap_err();
    assert!(error.to_string().contains("permission denied for table"), "{error}");
}

#[test]
fn a_database_that_cannot_hold_every_character_is_refused() {
    let Some(server) = server("a_database_that_cannot_hold_every_character_is_refused") else {
        return;
    };
    server.sql("postgres", "CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0");
    let message = refused_by_server(&server.url("latin"), "hunter2");
    assert!(message.contains("its encoding is LATIN1, where UTF8 is needed"), "{message}");
    assert_eq!(
        server.sql("latin", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"),
        "0"
    );
}

#[test]
fn a_store_goes_on_when_its_server_closed_its_connections() {
    let Some(server) = server("a_store_goes_on_when_its_server_closed_its_connections") else {
        return;
    };
    let database = Database::new(Backend::Postgresql(server));
    let record = database.add(&small_file(), "before");
    let Place::Postgresql { name, .. } = &database.place else { panic!("a server was asked for") };
    server.sql(
        "postgres",
        &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
    );
    assert_eq!(database.store.releases().unwrap(), [record]);
}

/// A remote server without TLS is refused before anybody connects to it.
#[test]
fn a_remote_server_is_refused_unless_tls_or_the_address_allows_it() {
    let message = refusal("postgresql://me:hunter2@192.0.2.1/state?sslmode=disable");
    assert!(
        message.contains("the PostgreSQL server '192.0.2.1' is on another machine"),
        "{message}"
    );
    assert!(message.contains("'?plaintext=allowed'"), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}

on_both![
    a_database_is_opened_again_with_all_that_it_holds,
    a_database_of_something_else_is_left_alone,
    a_database_of_a_newer_version_is_refused_and_unchanged,
];
