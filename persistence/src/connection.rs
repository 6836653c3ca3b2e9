//! From an address to connections that are ready, and how work is done on one: migrations,
//! pool, transactions.

mod address;
mod ending;
mod postgresql;
pub(crate) mod sqlite;

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use diesel::backend::Backend;
use diesel::connection::TransactionManager as _;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::r2d2::{self, ManageConnection, R2D2Connection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use jiff::Timestamp;

use crate::error::{Failure, StoreError};
use crate::seals;
pub(crate) use address::Address;
use address::Server;
pub use ending::end_connecting;

// diesel's derive needs the name of the trait for itself.
pub(crate) use either::EitherConnection as Connection;

/// The connections of one process.
pub(crate) type Pool = r2d2::Pool<Manager>;

/// How long to wait for another connection's write, or for a connection of the pool.
pub(crate) const WAIT: Duration = Duration::from_secs(30);

/// Connections at most. Readers do not wait for each other nor for the one writer.
const POOL_SIZE: u32 = 8;

/// A connection to either database, and what the derive makes beside it.
#[expect(unreachable_pub, reason = "diesel makes public types for a public type")]
mod either {
    use diesel::prelude::*;

    /// What the store talks to. A query that both databases understand is given to it as it
    /// is; where they differ, the variant is matched.
    #[derive(diesel::MultiConnection)]
    pub enum EitherConnection {
        /// An embedded database.
        Sqlite(SqliteConnection),
        /// A server's database.
        Postgresql(PgConnection),
    }
}

/// Opens the database of an address and brings its tables up to date.
pub(crate) fn open(url: &str) -> Result<(Database, Pool), StoreError> {
    let database = match Address::parse(url)? {
        Address::Sqlite(path) => Database::Sqlite(sqlite::prepare(&path)?),
        Address::Postgresql(server) => Database::Postgresql(postgresql::secured(server)?),
    };
    let refused = |problem| StoreError::Open { database: database.shown(), problem };
    let mut first = database.connect().map_err(refused)?;
    let tables = database.tables(&mut first).map_err(refused)?;
    if tables.all > 0 && tables.ours == 0 {
        return Err(refused(format!(
            "it holds {} tables of something else; name another {}",
            tables.all,
            database.word()
        )));
    }
    match &mut first {
        Connection::Sqlite(connection) => sqlite::use_write_ahead_log(connection),
        Connection::Postgresql(connection) => postgresql::check(connection),
    }
    .map_err(refused)?;
    // Without the lock where nothing is missing, so that opening waits for no writer.
    if tables.ours == 0 || !noted(&mut first).is_ok_and(|noted| noted == known_versions()) {
        migrate(&mut first, &database)?;
    }
    let pool = r2d2::Pool::builder()
        .max_size(POOL_SIZE)
        // None is made before it is asked for: the end of a command would wait for it.
        .min_idle(Some(0))
        .connection_timeout(WAIT)
        // Whoever waited in vain says so; while a server is away, the pool would fill the log.
        .error_handler(Box::new(r2d2::NopErrorHandler))
        .build(Manager { database: database.clone(), first: Mutex::new(Some(first)) })
        .map_err(|e| refused(e.to_string()))?;
    Ok((database, pool))
}

/// A database that can be connected to.
#[derive(Clone)]
pub(crate) enum Database {
    /// The absolute path of a file.
    Sqlite(String),
    Postgresql(Server),
}

/// How many tables a database holds, and how many of them show that it is ours.
#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    all: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    ours: i64,
}

impl Database {
    fn connect(&self) -> Result<Connection, String> {
        ending::make(|| match self {
            Database::Sqlite(path) => sqlite::connect(path).map(Connection::Sqlite),
            Database::Postgresql(server) => postgresql::connect(server).map(Connection::Postgresql),
        })
    }

    fn tables(&self, connection: &mut Connection) -> Result<Tables, String> {
        let sql = match self {
            Database::Sqlite(_) => sqlite::COUNT_TABLES,
            Database::Postgresql(_) => postgresql::COUNT_TABLES,
        };
        diesel::sql_query(sql).get_result(connection).map_err(|e| self.explained(&e))
    }

    /// A connection that hears of what others store.
    pub(crate) fn listen(&self) -> Result<Ear, String> {
        ending::make(|| match self {
            Database::Sqlite(path) => {
                let mut connection = sqlite::connect(path)?;
                let version = sqlite::data_version(&mut connection)?;
                Ok(Ear::Sqlite(connection, version))
            }
            Database::Postgresql(server) => {
                let mut connection = postgresql::connect(server)?;
                postgresql::listen(&mut connection)?;
                Ok(Ear::Postgresql(connection))
            }
        })
    }

    /// The database as messages call it.
    fn shown(&self) -> String {
        match self {
            Database::Sqlite(path) => path.clone(),
            Database::Postgresql(server) => server.shown(),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Database::Sqlite(_) => "file",
            Database::Postgresql(_) => "database",
        }
    }

    /// The database's words, and what to do where that is known.
    fn explained(&self, error: &(dyn Error + 'static)) -> String {
        match self {
            Database::Sqlite(_) => sqlite::explained(error),
            Database::Postgresql(_) => postgresql::explained(&error.to_string()),
        }
    }
}

/// A connection that hears of what others store.
pub(crate) enum Ear {
    /// With the last version of the file's content.
    Sqlite(SqliteConnection, i64),
    Postgresql(PgConnection),
}

impl Ear {
    /// Whether anything was stored since it was asked last.
    pub(crate) fn heard(&mut self) -> Result<bool, String> {
        match self {
            Ear::Sqlite(connection, known) => {
                let version = sqlite::data_version(connection)?;
                Ok(std::mem::replace(known, version) != version)
            }
            Ear::Postgresql(connection) => postgresql::heard(connection),
        }
    }
}

/// What time it is where the database is.
pub(crate) fn clock(connection: &mut Connection) -> Result<Timestamp, Failure> {
    match connection {
        Connection::Sqlite(_) => Ok(Timestamp::now()),
        Connection::Postgresql(connection) => postgresql::clock(connection),
    }
}

/// Makes the connections of the pool.
pub(crate) struct Manager {
    database: Database,
    /// The connection that the tables were brought up to date with.
    first: Mutex<Option<Connection>>,
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Connection, r2d2::Error> {
        if let Some(first) = self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Ok(first);
        }
        self.database
            .connect()
            .map_err(|e| r2d2::Error::ConnectionError(ConnectionError::BadConnection(e)))
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), r2d2::Error> {
        match connection {
            // A file that was opened stays open.
            Connection::Sqlite(_) => Ok(()),
            // A server may have been started anew since.
            Connection::Postgresql(connection) => {
                connection.ping().map_err(r2d2::Error::QueryError)
            }
        }
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        std::thread::panicking() || connection.is_broken()
    }
}

/// What a transaction may do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read one consistent view.
    Read,
    /// Write, as the only one that does.
    Write,
    /// Write rows that no other kind of write touches, such as how far a job is, without
    /// waiting on PostgreSQL for those others. SQLite has one writer at a time in any case.
    Aside,
}

/// Does work in a transaction: all of it, or nothing.
pub(crate) fn transaction<T>(
    connection: &mut Connection,
    access: Access,
    work: impl FnOnce(&mut Connection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let begun = match connection {
        Connection::Sqlite(connection) => {
            sqlite::begin(connection, access)?;
            Ok(())
        }
        Connection::Postgresql(connection) => {
            postgresql::begin(connection, access)?;
            match access {
                Access::Read | Access::Aside => Ok(()),
                Access::Write => postgresql::wait_for_turn(connection),
            }
        }
    };
    let done = begun.and_then(|()| work(connection)).and_then(|value| {
        if let (Connection::Postgresql(connection), Access::Write) = (&mut *connection, access) {
            postgresql::tell(connection)?;
        }
        Ok(value)
    });
    match done {
        Ok(value) => {
            Connection::commit_transaction(connection)?;
            Ok(value)
        }
        Err(failure) => {
            // A transaction that cannot even be rolled back ends with its connection, which
            // the pool then gives up.
            let _ = Connection::rollback_transaction(connection);
            Err(failure)
        }
    }
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

/// The migrations that were run, as diesel notes them in the database, in order.
pub(crate) fn noted(connection: &mut Connection) -> QueryResult<Vec<String>> {
    let mut versions: Vec<String> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations")
            .load(connection)?
            .into_iter()
            .map(|Version { version }| version)
            .collect();
    versions.sort_unstable();
    Ok(versions)
}

/// The migrations of this version of the program, in order. Both databases have the same.
pub(crate) fn known_versions() -> Vec<String> {
    versions::<diesel::sqlite::Sqlite>(&sqlite::MIGRATIONS).unwrap_or_default()
}

type Problem = Box<dyn Error + Send + Sync>;

fn versions<DB: Backend>(migrations: &EmbeddedMigrations) -> Result<Vec<String>, Problem>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let migrations = MigrationSource::<DB>::migrations(migrations)?;
    let mut versions: Vec<String> =
        migrations.iter().map(|migration| migration.name().version().to_string()).collect();
    versions.sort_unstable();
    Ok(versions)
}

/// Runs the migrations that are missing, and seals what was stored without, all or nothing,
/// while no other process writes.
fn migrate(connection: &mut Connection, database: &Database) -> Result<(), StoreError> {
    let failed = |problem: String| StoreError::Open {
        database: database.shown(),
        problem: format!("its tables cannot be brought up to date: {problem}"),
    };
    let done = transaction(connection, Access::Write, |connection| {
        let unknown = match connection {
            Connection::Sqlite(connection) => run_missing(connection, sqlite::MIGRATIONS),
            Connection::Postgresql(connection) => run_missing(connection, postgresql::MIGRATIONS),
        };
        let unknown = unknown.map_err(|problem| failed(database.explained(&*problem)))?;
        if let Some(migration) = unknown {
            return Err(StoreError::NewerDatabase { database: database.shown(), migration }.into());
        }
        seals::set_missing(connection)
    });
    done.map_err(|failure| match failure {
        Failure::Store(error) => error,
        Failure::Busy => {
            StoreError::Busy { doing: "opening the database", seconds: WAIT.as_secs() }
        }
        Failure::Diesel(error) => failed(database.explained(&error)),
    })
}

/// Runs the migrations that are missing, or gives one that is not known here.
fn run_missing<C, DB>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<Option<String>, Problem>
where
    C: MigrationHarness<DB>,
    DB: Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known = versions::<DB>(&migrations)?;
    let mut applied: Vec<String> =
        connection.applied_migrations()?.iter().map(ToString::to_string).collect();
    applied.sort_unstable();
    let unknown = applied.into_iter().find(|version| !known.contains(version));
    if unknown.is_none() {
        connection.run_pending_migrations(migrations)?;
    }
    Ok(unknown)
}

#[cfg(test)]
mod tests;
