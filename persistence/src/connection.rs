//! From an address to connections that are ready: path, pragmas, migrations, pool.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::r2d2::{self, ConnectionManager, CustomizeConnection};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::error::{StoreError, is_locked};

/// What the store talks to.
pub(crate) type Connection = SqliteConnection;

/// The connections of one process.
pub(crate) type Pool = r2d2::Pool<ConnectionManager<Connection>>;

/// How long to wait for another connection's write, or for a connection of the pool.
pub(crate) const WAIT: Duration = Duration::from_secs(30);

/// Connections at most. Readers do not wait for each other nor for the one writer.
const POOL_SIZE: u32 = 8;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Opens the database of an address and brings its tables up to date.
pub(crate) fn open(url: &str) -> Result<Pool, StoreError> {
    let path = path_of(url)?;
    let text = prepare(&path)?;
    let refused = |problem: String| StoreError::Open { path: path.clone(), problem };
    let mut first =
        <Connection as diesel::Connection>::establish(&text).map_err(|e| refused(e.to_string()))?;
    set_up(&mut first).map_err(|e| refused(explained(&e)))?;
    refuse_strangers(&mut first).map_err(refused)?;
    use_write_ahead_log(&mut first).map_err(|e| refused(explained(&e)))?;
    migrate(&mut first, &path)?;
    r2d2::Pool::builder()
        .max_size(POOL_SIZE)
        .min_idle(Some(1))
        .connection_timeout(WAIT)
        .connection_customizer(Box::new(SetUp))
        .build(ConnectionManager::new(text))
        .map_err(|e| refused(e.to_string()))
}

/// The file that an address names. Only the scheme of an address is ever repeated in a
/// message: the rest may hold a password.
fn path_of(url: &str) -> Result<PathBuf, StoreError> {
    let refused = |problem: String| Err(StoreError::Address { problem });
    let Some((scheme, path)) = url.split_once(':') else {
        return refused(
            "the database address has no scheme; write sqlite:PATH, such as sqlite:calsos.db"
                .to_owned(),
        );
    };
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" => {}
        "postgres" | "postgresql" => {
            return refused(format!(
                "the database address begins with '{scheme}:', but this build does not \
                 support PostgreSQL yet; write sqlite:PATH"
            ));
        }
        _ => {
            return refused(format!(
                "the database address begins with '{scheme}:', which names no database known \
                 here; write sqlite:PATH"
            ));
        }
    }
    let path = match path.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') => absolute,
        Some(_) => {
            return refused(
                "the database address begins with 'sqlite://', after which a host would \
                 stand; write sqlite:PATH for a relative path, sqlite:///PATH for one from the root"
                    .to_owned(),
            );
        }
        None => path,
    };
    if path.is_empty() {
        return refused(
            "the database address names no file; write sqlite:PATH, such as sqlite:calsos.db"
                .to_owned(),
        );
    }
    if path.contains(":memory:") || path.contains("mode=memory") {
        return refused(
            "a database in memory was asked for, which would be another one for every \
             connection; name a file, in a temporary directory if it need not last"
                .to_owned(),
        );
    }
    if path.contains('?') {
        return refused(
            "the database address has a '?', but sqlite: takes no options; write sqlite:PATH"
                .to_owned(),
        );
    }
    Ok(PathBuf::from(path))
}

/// Makes the directory and checks the file. Returns the absolute path as text: SQLite would
/// read one that starts with `file:` as an address of its own.
fn prepare(path: &Path) -> Result<String, StoreError> {
    let refused = |problem: String| StoreError::Open { path: path.to_path_buf(), problem };
    let absolute = std::path::absolute(path).map_err(|e| refused(e.to_string()))?;
    if absolute.is_dir() {
        return Err(refused("it is a directory; name a file".to_owned()));
    }
    if let Some(directory) = absolute.parent() {
        fs::create_dir_all(directory).map_err(|e| {
            refused(format!(
                "its directory '{}' cannot be made ({e}); make it, or name another",
                directory.display()
            ))
        })?;
    }
    // SQLite opens a file that it may not write without a word and fails at the first write.
    fs::OpenOptions::new().append(true).create(true).open(&absolute).map_err(|e| {
        refused(format!(
            "it cannot be written ({e}); give this user the right to write the file and its \
             directory, or name another"
        ))
    })?;
    absolute
        .into_os_string()
        .into_string()
        .map_err(|_text| refused("its path is not UTF-8; name another".to_owned()))
}

/// What every connection needs before its first statement. FULL makes a commit survive a
/// power cut, which an import of a file that is kept for ever is worth.
fn set_up(connection: &mut Connection) -> QueryResult<()> {
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;",
        WAIT.as_millis()
    ))
}

#[derive(Debug)]
struct SetUp;

impl CustomizeConnection<Connection, r2d2::Error> for SetUp {
    fn on_acquire(&self, connection: &mut Connection) -> Result<(), r2d2::Error> {
        set_up(connection).map_err(r2d2::Error::QueryError)
    }
}

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    all: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    ours: i64,
}

/// Refuses a database that has tables, but none of ours, before anything in it is changed.
fn refuse_strangers(connection: &mut Connection) -> Result<(), String> {
    let Tables { all, ours } = diesel::sql_query(
        "SELECT count(*) AS \"all\", \
         count(CASE WHEN name = '__diesel_schema_migrations' THEN 1 END) AS ours \
         FROM sqlite_master WHERE type = 'table'",
    )
    .get_result(connection)
    .map_err(|e| explained(&e))?;
    if all > 0 && ours == 0 {
        return Err(format!("it holds {all} tables of something else; name another file"));
    }
    Ok(())
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = diesel::sql_types::Text)]
    journal_mode: String,
}

/// The mode stays in the file. SQLite does not wait at this one statement, whatever the
/// busy timeout, so that two processes that open a new file together are told "locked".
fn use_write_ahead_log(connection: &mut Connection) -> QueryResult<()> {
    let begun = Instant::now();
    loop {
        match diesel::sql_query("PRAGMA journal_mode = WAL").get_result::<JournalMode>(connection) {
            Ok(JournalMode { journal_mode }) if journal_mode == "wal" => return Ok(()),
            Ok(JournalMode { journal_mode }) => {
                return Err(diesel::result::Error::QueryBuilderError(
                    format!(
                        "it stays in journal mode '{journal_mode}', where 'wal' is needed; is it \
                         on a network drive?"
                    )
                    .into(),
                ));
            }
            Err(error) if is_locked(&error) && begun.elapsed() < WAIT => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Runs the migrations that are missing, all or none, while no other process writes.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    type Problem = Box<dyn std::error::Error + Send + Sync>;
    /// The two ways out of the transaction.
    enum Stop {
        Newer(String),
        Failed(Problem),
    }
    impl From<diesel::result::Error> for Stop {
        fn from(error: diesel::result::Error) -> Stop {
            Stop::Failed(Box::new(error))
        }
    }
    let done = connection.immediate_transaction(|connection| {
        let known: Vec<String> = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)
            .map_err(Stop::Failed)?
            .iter()
            .map(|migration| migration.name().version().to_string())
            .collect();
        let mut applied: Vec<String> = connection
            .applied_migrations()
            .map_err(Stop::Failed)?
            .iter()
            .map(ToString::to_string)
            .collect();
        applied.sort_unstable();
        if let Some(unknown) = applied.into_iter().find(|version| !known.contains(version)) {
            return Err(Stop::Newer(unknown));
        }
        connection.run_pending_migrations(MIGRATIONS).map_err(Stop::Failed)?;
        Ok(())
    });
    match done {
        Ok(()) => Ok(()),
        Err(Stop::Newer(migration)) => {
            Err(StoreError::NewerDatabase { path: path.to_path_buf(), migration })
        }
        Err(Stop::Failed(problem)) => Err(StoreError::Open {
            path: path.to_path_buf(),
            problem: format!("its tables cannot be brought up to date: {}", explained(&*problem)),
        }),
    }
}

/// SQLite's words, and what to do where that is known.
fn explained(error: &(dyn std::error::Error + 'static)) -> String {
    let text = error.to_string();
    let advice = if error.downcast_ref().is_some_and(is_locked) {
        "another process holds it; end that process or try again"
    } else if text.contains("not a database") {
        "name a file of this program, or one that does not exist yet"
    } else if text.contains("readonly") {
        "give this user the right to write the file and its directory"
    } else if text.contains("disk is full") {
        "make room on the disk"
    } else {
        return text;
    };
    format!("{text}; {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(QueryableByName)]
    struct Pragmas {
        #[diesel(sql_type = diesel::sql_types::Integer)]
        foreign_keys: i32,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        synchronous: i32,
        #[diesel(sql_type = diesel::sql_types::Integer)]
        timeout: i32,
        #[diesel(sql_type = diesel::sql_types::Text)]
        journal_mode: String,
    }

    #[test]
    fn every_connection_of_the_pool_is_set_up() {
        let directory = tempfile::TempDir::new().unwrap();
        let url = format!("sqlite:{}", directory.path().join("calsos.db").display());
        let pool = open(&url).unwrap();
        let mut connections: Vec<_> = (0..POOL_SIZE).map(|_| pool.get().unwrap()).collect();
        for connection in &mut connections {
            let pragmas: Pragmas = diesel::sql_query(
                "SELECT * FROM pragma_foreign_keys, pragma_synchronous, pragma_busy_timeout, \
                 pragma_journal_mode",
            )
            .get_result(&mut **connection)
            .unwrap();
            assert_eq!(
                (pragmas.foreign_keys, pragmas.synchronous, pragmas.timeout),
                (1, 2, 30_000)
            );
            assert_eq!(pragmas.journal_mode, "wal");
            diesel::sql_query("INSERT INTO calpads VALUES (9, 0, 1, '', 0)")
                .execute(&mut **connection)
                .expect_err("no release has the number 9");
        }
    }
}
