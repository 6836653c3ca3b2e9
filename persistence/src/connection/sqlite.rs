//! An embedded database: its file, its pragmas, its transactions.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::{Access, WAIT};
use crate::error::{StoreError, is_locked};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// All tables, and those that show that the database is ours.
pub(super) const COUNT_TABLES: &str = "\
SELECT count(*) AS \"all\",
    count(CASE WHEN name = '__diesel_schema_migrations' THEN 1 END) AS ours
FROM sqlite_master WHERE type = 'table'";

/// Makes the directory and checks the file. Returns the absolute path as text: SQLite would
/// read one that starts with `file:` as an address of its own.
pub(super) fn prepare(path: &Path) -> Result<String, StoreError> {
    let refused =
        |problem: String| StoreError::Open { database: path.display().to_string(), problem };
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

/// A connection with what it needs before its first statement.
pub(crate) fn connect(path: &str) -> Result<SqliteConnection, String> {
    let mut connection = SqliteConnection::establish(path).map_err(|e| e.to_string())?;
    set_up(&mut connection).map_err(|e| explained(&e))?;
    Ok(connection)
}

/// FULL makes a commit survive a power cut, which an import of a file that is kept for ever
/// is worth. What is deleted is overwritten: only keys ever are.
fn set_up(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
         PRAGMA secure_delete = ON;",
        WAIT.as_millis()
    ))
}

#[derive(QueryableByName)]
struct JournalMode {
    #[diesel(sql_type = diesel::sql_types::Text)]
    journal_mode: String,
}

/// The mode stays in the file. SQLite does not wait at this one statement, whatever the
/// busy timeout, so that two processes that open a new file together are told "locked".
pub(super) fn use_write_ahead_log(connection: &mut SqliteConnection) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        match diesel::sql_query("PRAGMA journal_mode = WAL").get_result::<JournalMode>(connection) {
            Ok(JournalMode { journal_mode }) if journal_mode == "wal" => return Ok(()),
            Ok(JournalMode { journal_mode }) => {
                return Err(format!(
                    "it stays in journal mode '{journal_mode}', where 'wal' is needed; is it on a \
                     network drive?"
                ));
            }
            Err(error) if is_locked(&error) && begun.elapsed() < WAIT => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(explained(&error)),
        }
    }
}

/// A write takes the lock at once: a transaction that begins by reading and writes later
/// would fail, without waiting, beside another writer.
pub(super) fn begin(connection: &mut SqliteConnection, access: Access) -> QueryResult<()> {
    match access {
        Access::Read => AnsiTransactionManager::begin_transaction(connection),
        Access::Write | Access::Aside => {
            AnsiTransactionManager::begin_transaction_sql(connection, "BEGIN IMMEDIATE")
        }
    }
}

#[derive(QueryableByName)]
struct DataVersion {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    data_version: i64,
}

/// A number that is another one whenever another connection has stored something.
pub(super) fn data_version(connection: &mut SqliteConnection) -> Result<i64, String> {
    let DataVersion { data_version } = diesel::sql_query("PRAGMA data_version")
        .get_result(connection)
        .map_err(|e| explained(&e))?;
    Ok(data_version)
}

/// SQLite's words, and what to do where that is known.
pub(crate) fn explained(error: &(dyn std::error::Error + 'static)) -> String {
    let text = error.to_string();
    let advice = if error.downcast_ref().is_some_and(is_locked) {
        "another process holds it; end that process or try again"
    } else if text.contains("not a database") {
        "name a file of this program, or one that does not exist yet"
    } else if text.contains("readonly") {
        "give this user the right to write the file and its directory"
    } else if text.contains("malformed") {
        "the file is damaged; a sound backup can take its place (`calsos restore`)"
    } else if text.contains("disk is full") {
        "make room on the disk"
    } else {
        return text;
    };
    format!("{text}; {advice}")
}
