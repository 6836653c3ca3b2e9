//! Migrations go up and down with rows in the tables, and the tables hold together.

use std::convert::Infallible;

use calsos_domain::facts::{Cited, LeaFacts};
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::performance::Performance;
use calsos_domain::register::Register;
use calsos_domain::release::{
    CalpadsRow, Coverage, LocalRating, LocalRatingRow, PerformanceRow, ReleaseContents,
    ReleaseKind, Rows,
};
use calsos_domain::student_group::StudentGroup;
use calsos_persistence::{
    AnswerFilter, AnswerRecord, EditionRecord, FeedItem, FeedPicture, JobKind, NewRelease, NewRun,
    NewWithdrawal, PublicAt, ReleaseChange, ReleaseNumber, RunRecord, Store,
};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::facts::facts;
use crate::support::{
    Backend, Database, NO_FACTS, Place, add_job, add_support, cds, entry, key, mention, moment,
    naming, new_client, new_support, on_both, small_file, sqlite, year,
};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRESQL: EmbeddedMigrations = embed_migrations!("migrations/postgresql");

/// Table, columns, and the table and columns that they refer to.
type Reference = (&'static str, &'static [&'static str], &'static str, &'static [&'static str]);

const REFERENCES: [Reference; 33] = [
    ("release_file", &["release"], "release", &["number"]),
    ("release_county", &["release"], "release", &["number"]),
    ("performance", &["release"], "release", &["number"]),
    ("performance_lea", &["release"], "release", &["number"]),
    ("local_rating", &["release"], "release", &["number"]),
    ("published", &["release"], "release", &["number"]),
    ("published_group", &["release", "place"], "published", &["release", "place"]),
    ("published_earlier_status", &["release", "place"], "published", &["release", "place"]),
    ("published_method", &["release", "place"], "published", &["release", "place"]),
    ("calpads", &["release"], "release", &["number"]),
    ("succession", &["release"], "release", &["number"]),
    ("release_kept", &["release"], "release", &["number"]),
    ("directory", &["release"], "release", &["number"]),
    ("charter_list", &["release"], "release", &["number"]),
    ("charter_list_group", &["release", "place"], "charter_list", &["release", "place"]),
    ("geographic_lead", &["release"], "release", &["number"]),
    ("charter_location", &["release"], "release", &["number"]),
    ("nces_id", &["release"], "release", &["number"]),
    ("lea", &["first_release"], "release", &["number"]),
    ("lea_mention", &["release"], "release", &["number"]),
    ("run_release", &["run"], "run", &["number"]),
    ("run_release", &["release"], "release", &["number"]),
    ("run_edition", &["run"], "run", &["number"]),
    ("run_edition", &["hash"], "edition", &["hash"]),
    ("answer", &["run"], "run", &["number"]),
    ("answer", &["body_hash"], "answer_body", &["hash"]),
    ("run_facts", &["run"], "run", &["number"]),
    ("run_facts", &["facts_hash"], "facts_body", &["hash"]),
    ("current_run", &["run"], "run", &["number"]),
    ("publication", &["release"], "release", &["number"]),
    ("withdrawal", &["release"], "release", &["number"]),
    ("job_part", &["job"], "job", &["sequence"]),
    ("support_version", &["record"], "support_record", &["sequence"]),
];

/// At least one row in every table.
fn fill(store: &Database) -> RunRecord {
    let run = fill_with(store);
    let empty: Vec<String> = store
        .counts()
        .into_iter()
        .filter(|(_, count)| *count == 0)
        .map(|(table, _)| table)
        .collect();
    assert_eq!(empty, [""; 0]);
    run
}

fn fill_with(store: &Database) -> RunRecord {
    let lea = facts(cds(7, 11, 0));
    for (place, contents) in (0..).zip(of_every_kind(&lea)) {
        let new = NewRelease {
            contents: &contents,
            file_name: "made-up.txt",
            bytes: &[place],
            kept_bytes: Some(b"kept"),
            imported_by: "tester",
            report: "{}",
            public_at: None,
            beside: None,
            audit: None,
        };
        store.store.add_release(&new).unwrap();
    }
    let releases: Vec<ReleaseNumber> =
        store.store.releases().unwrap().iter().map(|release| release.number).collect();
    let edition =
        EditionRecord { year: year(2090), hash: "h".to_owned(), text: "rules".to_owned() };
    let new = NewRun {
        by: "tester",
        program_version: "0",
        releases: &releases,
        editions: &[edition],
        facts: &[(lea.cds, lea)].into(),
        audit: None,
    };
    let answer = AnswerRecord {
        year: year(2090),
        cds: cds(1, 1, 0),
        lea_type: LeaType::District,
        eligible_level: Some(1),
        label: None,
        provisional: false,
        body: "{}".to_owned(),
        summary: Some("{}".to_owned()),
    };
    let run = store.store.save_run(&new, [Ok::<_, Infallible>(answer)]).unwrap();
    store.store.publish(&releases, PublicAt::Closed, "tester", Some(entry("publish"))).unwrap();
    let withdrawn = Some(NewWithdrawal { withdrawn: true, reason: "made up" });
    let change = ReleaseChange { public_at: None, withdrawn };
    store.store.change_release(releases[0], None, &change, "tester", None).unwrap();
    store.store.add_client(&new_client("client"), None).unwrap();
    store.store.add_signing_key(&key("key"), moment("2091-01-01T00:00:00Z"), None).unwrap();
    let item = FeedItem { year: year(2090), cds: cds(1, 1, 0), public: None, full: Some([1; 32]) };
    let said = store.store.access_version().unwrap();
    let picture = FeedPicture {
        run: run.id,
        releases: releases.len(),
        publications: said.publications(),
        withdrawals: said.withdrawals(),
        name: "a picture",
        as_of: moment("2091-01-01T00:00:00Z"),
        until: None,
    };
    store.store.tell_feed(&picture, &[item], 10).unwrap();
    add_job(&store.store, JobKind::Import, b"a file");
    add_support(&store.store, &new_support());
    run
}

/// A file of each kind with a row, and a county that it covers.
fn of_every_kind(lea: &LeaFacts) -> Vec<ReleaseContents> {
    let of_year = &lea.years[&year(2090)];
    let of_indicator = |&(indicator, group): &(Indicator, StudentGroup),
                        cited: &Cited<Performance>| {
        let performance = cited.value.clone();
        let row = PerformanceRow { row: 2, cds: lea.cds, group, performance };
        (indicator == Indicator::Susp).then_some(row)
    };
    let performances =
        of_year.performances.iter().filter_map(|(key, cited)| of_indicator(key, cited)).collect();
    let rating = LocalRatingRow { row: 2, cds: lea.cds, rating: LocalRating::Met };
    let calpads = CalpadsRow { row: 2, cds: lea.cds, certified: false };
    let priority = of_year.local_ratings.keys().next().copied().unwrap();
    let Register { directory, locations, geographic_leads, nces } = lea.register.clone();
    let values = [
        (ReleaseKind::Indicator(Indicator::Susp), Rows::Performances(performances)),
        (ReleaseKind::LocalIndicator(priority), Rows::LocalRatings(vec![rating])),
        (
            ReleaseKind::PublishedList,
            Rows::Published(of_year.published.iter().map(|cited| cited.value.clone()).collect()),
        ),
        (
            ReleaseKind::CharterList,
            Rows::CharterList(of_year.charter_list.iter().map(|c| c.value.clone()).collect()),
        ),
        (ReleaseKind::CalpadsExceptions, Rows::Calpads(vec![calpads])),
        (
            ReleaseKind::Successions,
            Rows::Successions(lea.successions.iter().map(|cited| cited.value.clone()).collect()),
        ),
        (
            ReleaseKind::Directory,
            Rows::Directory(directory.into_iter().map(|entry| entry.record.value).collect()),
        ),
        (
            ReleaseKind::GeographicLeads,
            Rows::GeographicLeads(geographic_leads.into_iter().map(|c| c.value).collect()),
        ),
        (
            ReleaseKind::CharterLocations,
            Rows::CharterLocations(locations.into_iter().map(|cited| cited.value).collect()),
        ),
        (ReleaseKind::NcesIds, Rows::NcesIds(nces.into_iter().map(|cited| cited.value).collect())),
    ];
    let counties = [lea.cds.county()];
    values
        .into_iter()
        .map(|(kind, rows)| {
            let coverage = Coverage {
                statewide: false,
                counties: counties.into(),
                charter_counties: counties.into(),
            };
            let leas = vec![mention(lea.cds, "Made-up Unified")];
            ReleaseContents { coverage, rows, ..naming(kind, year(2090), leas) }
        })
        .collect()
}

fn migrations_go_up_down_and_up_again_with_rows_in_the_tables(on: Backend) {
    let mut database = Database::new(on);
    let columns = columns(&database.place);
    fill(&database);
    // Each by itself, down and up again.
    for version in known().iter().rev().skip(1) {
        revert_to(&database, version);
        database.store = Store::open(&database.url()).unwrap();
        assert_eq!(self::columns(&database.place), columns, "down to {version} and up again");
    }
    match &database.place {
        Place::Sqlite(directory) => {
            let mut console = sqlite(directory);
            console.batch_execute("PRAGMA foreign_keys = ON").unwrap();
            console.revert_all_migrations(SQLITE).unwrap();
        }
        Place::Postgresql { .. } => {
            PgConnection::establish(&database.url())
                .unwrap()
                .revert_all_migrations(POSTGRESQL)
                .unwrap();
        }
    }
    let left: Vec<String> = database.counts().into_keys().collect();
    assert_eq!(left, ["__diesel_schema_migrations"]);
    database.store = Store::open(&database.url()).unwrap();
    assert_eq!(database.store.releases().unwrap(), []);
    assert_eq!(self::columns(&database.place), columns);
    fill(&database);
    assert_eq!(database.store.current_run().unwrap().unwrap().number, 1);
}

/// Rows of two LEAs, one between those of the other.
fn rows_of_two() -> ReleaseContents {
    let row = |row, district| PerformanceRow {
        row,
        cds: cds(7, district, 0),
        group: StudentGroup::All,
        performance: Performance::default(),
    };
    let rows = vec![row(2, 1), row(3, 2), row(4, 1), row(5, 2), row(6, 2)];
    ReleaseContents { rows: Rows::Performances(rows), ..small_file() }
}

/// The numbers of the rows that a release has of an LEA.
fn rows_of(store: &Store, number: ReleaseNumber, district: u8) -> Vec<u32> {
    let contents = store.release_contents_of(number, cds(7, district, 0)).unwrap();
    match contents.rows {
        Rows::Performances(rows) => rows.iter().map(|row| row.row).collect(),
        other => panic!("{other:?}"),
    }
}

fn rows_of_one_lea_are_read_also_of_releases_that_an_earlier_version_stored(on: Backend) {
    let mut database = Database::new(on);
    let number = database.add(&rows_of_two(), "file").number;
    let each = |store: &Store| [1, 2, 3].map(|district| rows_of(store, number, district));
    let expected = [vec![2, 4], vec![3, 5, 6], vec![]];
    assert_eq!(each(&database.store), expected);
    // As if the fourth migration had not been there when the rows were stored.
    revert_to(&database, "0003");
    database.store = Store::open(&database.url()).unwrap();
    assert_eq!(each(&database.store), expected);
}

/// Takes migrations back until this one is the last.
fn revert_to(database: &Database, version: &str) {
    while applied(database).last().is_some_and(|last| last != version) {
        match &database.place {
            Place::Sqlite(directory) => {
                sqlite(directory).revert_last_migration(SQLITE).unwrap();
            }
            Place::Postgresql { .. } => {
                let mut connection = PgConnection::establish(&database.url()).unwrap();
                connection.revert_last_migration(POSTGRESQL).unwrap();
            }
        }
    }
    assert_eq!(applied(database).last().map(String::as_str), Some(version));
}

/// The versions of the migrations that were run, in order.
fn applied(database: &Database) -> Vec<String> {
    database.place.names("SELECT version AS name FROM __diesel_schema_migrations ORDER BY version")
}

/// The versions of the migrations that there are, in order; both databases have the same.
fn known() -> Vec<String> {
    let of = |folder: &str| -> Vec<String> {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    let known = of("migrations/sqlite");
    assert_eq!(known, of("migrations/postgresql"));
    known.into_iter().map(|name| name.split('_').next().unwrap().to_owned()).collect()
}

fn an_answer_that_an_earlier_version_stored_is_read(on: Backend) {
    let mut database = Database::new(on);
    let run = fill(&database);
    revert_to(&database, "0004");
    assert_eq!(database.counts()["run"], 0);
    // A run as the second migration had it. The hash is that of the text.
    let text = "{\"é\":1}";
    let hash = "ddcfcf4765da163969972bb20660092ca2787782d9352d1d8a38e93f70acf3bf";
    let blob = match &database.place {
        Place::Sqlite(_) => format!("X'{hash}'"),
        Place::Postgresql { .. } => format!("'\\x{hash}'"),
    };
    let id = run.id;
    database.execute(&format!(
        "INSERT INTO run VALUES (1, '{id}', '2090-01-01T00:00:00.000000Z', 'x', '0', 1);
             INSERT INTO answer_body VALUES ({blob}, '{text}');
             INSERT INTO answer VALUES (1, 2090, '04000030000000', 4, 'district', 1, NULL, TRUE,
                 {blob});
             INSERT INTO current_run VALUES (1, 1)"
    ));
    database.store = Store::open(&database.url()).unwrap();
    let filter = AnswerFilter::default();
    let answers = database.store.answers(&id, &filter).unwrap();
    assert_eq!(answers.len(), 1);
    assert_eq!((answers[0].body.as_str(), &answers[0].summary), (text, &None));
    assert_eq!(database.store.packed_answers(&id, &filter).unwrap()[0].body.text().unwrap(), text);
    assert!(database.store.facts(&id).unwrap().is_empty());
    every_reference_holds(&database);
    // The next run packs it, and the run before is read the same.
    let again = AnswerRecord { summary: Some("{}".to_owned()), ..answers[0].clone() };
    let new = NewRun {
        by: "tester",
        program_version: "0",
        releases: &[],
        editions: &[],
        facts: &NO_FACTS,
        audit: None,
    };
    let next = database.store.save_run(&new, [Ok::<_, Infallible>(again.clone())]).unwrap();
    // The newest moment of all that was stored before is the one that its own lies after.
    assert_eq!(next.made_at, "2090-01-01T00:00:00.000001Z");
    for run in [id, next.id] {
        assert_eq!(database.store.answers(&run, &filter).unwrap(), std::slice::from_ref(&again));
    }
    let packed = "SELECT count(*) AS count FROM answer_body WHERE compression = 'zlib'";
    assert_eq!(database.place.count(packed), 1);
}

fn opening_again_runs_no_migration_twice(on: Backend) {
    let database = Database::new(on);
    fill(&database);
    let before = database.counts();
    Store::open(&database.url()).unwrap();
    assert_eq!(database.counts(), before);
    assert_eq!(applied(&database), known());
}

fn every_reference_of_the_filled_tables_holds(on: Backend) {
    let database = Database::new(on);
    fill(&database);
    every_reference_holds(&database);
}

fn every_reference_holds(database: &Database) {
    // Also where the database itself sees to it.
    for (table, columns, parent, keys) in REFERENCES {
        let same: Vec<String> =
            columns.iter().zip(keys).map(|(own, key)| format!("p.{key} = c.{own}")).collect();
        let orphans = database.place.count(&format!(
            "SELECT count(*) AS count FROM {table} c
             WHERE NOT EXISTS (SELECT 1 FROM {parent} p WHERE {})",
            same.join(" AND ")
        ));
        assert_eq!(orphans, 0, "{table} {columns:?}");
    }
}

/// Every column of every table: name, type, and whether it may be empty.
fn columns(place: &Place) -> Vec<String> {
    let sql = match place {
        Place::Sqlite(_) => {
            "SELECT m.name || '.' || p.name || ' ' || p.type || CASE WHEN p.\"notnull\" THEN '' ELSE '?' END
            AS name
         FROM sqlite_master m, pragma_table_info(m.name) p
         WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' ORDER BY m.name, p.cid"
        }
        Place::Postgresql { .. } => {
            "SELECT c.relname || '.' || a.attname || ' '
            || CASE format_type(a.atttypid, NULL) WHEN 'bytea' THEN 'blob'
                ELSE format_type(a.atttypid, NULL) END
            || CASE WHEN a.attnotnull THEN '' ELSE '?' END AS name
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
            AND c.relname NOT LIKE '\\_\\_%'
         ORDER BY c.relname COLLATE \"C\", a.attnum"
        }
    };
    place.names(sql).into_iter().map(|name| name.to_lowercase()).collect()
}

/// Both databases have the same tables with the same columns, and the same migrations.
#[test]
fn both_databases_have_the_same_tables() {
    let Some(server) = calsos_tests_postgres::server("both_databases_have_the_same_tables") else {
        return;
    };
    let sqlite = Database::new(Backend::Sqlite);
    let postgresql = Database::new(Backend::Postgresql(server));
    let (own, theirs) = (columns(&sqlite.place), columns(&postgresql.place));
    assert!(own.len() > 100, "{own:?}");
    assert_eq!(own, theirs);
    // The order of texts is that of their bytes in every column.
    let of_language = postgresql.place.names(
        "SELECT c.relname || '.' || a.attname AS name
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
         WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
            AND c.relname NOT LIKE '\\_\\_%'
            AND a.attcollation NOT IN (0, (SELECT oid FROM pg_collation WHERE collname = 'C'))",
    );
    assert_eq!(of_language, [""; 0]);
}

on_both![
    migrations_go_up_down_and_up_again_with_rows_in_the_tables,
    rows_of_one_lea_are_read_also_of_releases_that_an_earlier_version_stored,
    an_answer_that_an_earlier_version_stored_is_read,
    opening_again_runs_no_migration_twice,
    every_reference_of_the_filled_tables_holds,
];
