//! Migrations go up and down with rows in the tables, and the tables hold together.

use std::convert::Infallible;

use calsos_domain::lea::LeaType;
use calsos_persistence::{AnswerRecord, EditionRecord, NewRun, Store};
use diesel::connection::SimpleConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::support::{Database, cds, small_file, succession, successions, year};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// At least one row in most tables.
fn fill(store: &Database) {
    use calsos_domain::release::SuccessionKind::Merged;
    let release = store.add(&small_file(), "file").number;
    let row = succession(cds(1, 1, 0), cds(1, 2, 0), Merged, "2090-07-01");
    store.add(&successions(vec![row]), "successions");
    let edition =
        EditionRecord { year: year(2090), hash: "h".to_owned(), text: "rules".to_owned() };
    let new =
        NewRun { by: "tester", program_version: "0", releases: &[release], editions: &[edition] };
    let answer = AnswerRecord {
        year: year(2090),
        cds: cds(1, 1, 0),
        lea_type: LeaType::District,
        eligible_level: Some(1),
        label: None,
        provisional: false,
        body: "{}".to_owned(),
    };
    store.store.save_run(&new, [Ok::<_, Infallible>(answer)]).unwrap();
}

#[test]
fn migrations_go_up_down_and_up_again_with_rows_in_the_tables() {
    let mut database = Database::new();
    fill(&database);
    let mut console = database.console();
    console.batch_execute("PRAGMA foreign_keys = ON").unwrap();
    console.revert_all_migrations(MIGRATIONS).unwrap();
    let left: Vec<String> = database.counts().into_keys().collect();
    assert_eq!(left, ["__diesel_schema_migrations"]);
    database.store = Store::open(&database.url()).unwrap();
    assert_eq!(database.store.releases().unwrap(), []);
    fill(&database);
    assert_eq!(database.store.current_run().unwrap().unwrap().number, 1);
}

#[test]
fn opening_again_runs_no_migration_twice() {
    let database = Database::new();
    fill(&database);
    let before = database.counts();
    Store::open(&database.url()).unwrap();
    assert_eq!(database.counts(), before);
    assert_eq!(before["__diesel_schema_migrations"], 3);
}

#[test]
fn every_reference_of_the_filled_tables_holds() {
    #[derive(diesel::QueryableByName)]
    struct Broken {
        #[diesel(sql_type = diesel::sql_types::Text)]
        table: String,
    }
    let database = Database::new();
    fill(&database);
    let broken: Vec<Broken> = diesel::RunQueryDsl::load(
        diesel::sql_query("PRAGMA foreign_key_check"),
        &mut database.console(),
    )
    .unwrap();
    assert!(broken.is_empty(), "{:?}", broken.iter().map(|b| &b.table).collect::<Vec<_>>());
}
