//! A server's database: who may be connected to, sessions, transactions.

use std::time::Instant;

use diesel::connection::{AnsiTransactionManager, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use jiff::Timestamp;

use super::address::Server;
use super::{Access, WAIT};
use crate::error::{Failure, StoreError};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgresql");

#[cfg(not(any(feature = "bundled-libpq", feature = "system-libpq")))]
compile_error!(
    "how PostgreSQL's client library is linked is not said: take the feature `bundled-libpq` \
     (built in, without TLS) or `system-libpq` (the system's, with TLS)"
);

/// Whether the client library that is linked can speak TLS. Where both features are on, the
/// one that is built in is linked.
const TLS: bool = cfg!(not(feature = "bundled-libpq"));

/// The advisory lock that a writer holds until its transaction ends. The number has no
/// meaning; locks of this kind are told apart by database.
const TURN: i64 = 0x6361_6c73_6f73;

/// All tables of the schema that new ones would be made in, and those that show that it is
/// ours.
pub(super) const COUNT_TABLES: &str = "\
SELECT count(*) AS \"all\",
    count(CASE WHEN relname = '__diesel_schema_migrations' THEN 1 END) AS ours
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = current_schema() AND relkind IN ('r', 'p', 'v', 'm', 'f')";

/// The server, where it may be spoken to.
pub(super) fn secured(mut server: Server) -> Result<Server, StoreError> {
    server.secure(TLS).map_err(|problem| StoreError::Address { problem })?;
    Ok(server)
}

/// A session with what it needs before its first statement.
pub(super) fn connect(server: &Server) -> Result<PgConnection, String> {
    let mut connection = PgConnection::establish(&server.conninfo()).map_err(|error| {
        let text = match error {
            ConnectionError::BadConnection(text) => text,
            other => other.to_string(),
        };
        explained(&text)
    })?;
    // Also for the locks that no lock of ours stands before, as when a table is altered by hand.
    connection
        .batch_execute(&format!("SET lock_timeout = {}", WAIT.as_millis()))
        .map_err(|e| explained(&e.to_string()))?;
    Ok(connection)
}

#[derive(QueryableByName)]
struct Settings {
    #[diesel(sql_type = diesel::sql_types::Text)]
    encoding: String,
}

/// Refuses a database that cannot hold every character of a file.
pub(super) fn check(connection: &mut PgConnection) -> Result<(), String> {
    let Settings { encoding } =
        diesel::sql_query("SELECT current_setting('server_encoding') AS encoding")
            .get_result(connection)
            .map_err(|e| explained(&e.to_string()))?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(format!(
        "its encoding is {encoding}, where UTF8 is needed; make another one, such as with \
         `createdb --encoding=UTF8 --template=template0 NAME`"
    ))
}

/// A read sees one state of the database, that of its first statement. A write sees, with
/// each statement, all that was committed before it: with [`wait_for_turn`], all there is.
pub(super) fn begin(connection: &mut PgConnection, access: Access) -> QueryResult<()> {
    let sql = match access {
        Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        Access::Write | Access::Aside => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    };
    AnsiTransactionManager::begin_transaction_sql(connection, sql)
}

/// Waits until no other writer is left and keeps others out until the transaction ends, so
/// that releases and runs are numbered without gaps in the order in which they are seen.
pub(super) fn wait_for_turn(connection: &mut PgConnection) -> Result<(), Failure> {
    let begun = Instant::now();
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(TURN)
        .execute(connection)
        .map(|_rows| ())
        // Told by the time: the server's words for it are in the server's language.
        .map_err(|error| if begun.elapsed() >= WAIT { Failure::Busy } else { error.into() })
}

/// On which writers say that they have stored something.
const CHANNEL: &str = "calsos";

/// Says it to whoever listens, when the transaction is committed.
pub(super) fn tell(connection: &mut PgConnection) -> QueryResult<()> {
    diesel::sql_query(format!("NOTIFY {CHANNEL}")).execute(connection).map(|_| ())
}

/// Begins to hear it.
pub(super) fn listen(connection: &mut PgConnection) -> Result<(), String> {
    diesel::sql_query(format!("LISTEN {CHANNEL}"))
        .execute(connection)
        .map(|_| ())
        .map_err(|e| explained(&e.to_string()))
}

/// Whether it was said since it was asked last.
pub(super) fn heard(connection: &mut PgConnection) -> Result<bool, String> {
    let mut heard = false;
    for said in connection.notifications_iter() {
        said.map_err(|e| explained(&e.to_string()))?;
        heard = true;
    }
    Ok(heard)
}

#[derive(QueryableByName)]
struct Clock {
    #[diesel(sql_type = BigInt)]
    microseconds: i64,
}

/// What time it is on the server.
pub(super) fn clock(connection: &mut PgConnection) -> Result<Timestamp, Failure> {
    let sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) \
               AS microseconds";
    let Clock { microseconds } = diesel::sql_query(sql).get_result(connection)?;
    Timestamp::from_microsecond(microseconds).map_err(|e| {
        StoreError::Database { doing: "asking for the time", problem: Box::new(e) }.into()
    })
}

/// The server's words on one line, and what to do where that is known. A server may speak
/// another language than English; then only its words are shown.
pub(super) fn explained(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let has = |words: &str| text.contains(words);
    let advice = if has("password authentication failed") || has("no password supplied") {
        "correct the user or the password; a password can also stand in the variable PGPASSWORD \
         or in a file named by PGPASSFILE"
    } else if has("role \"") && has("does not exist") {
        "correct the user in the address"
    } else if has("database \"") && has("does not exist") {
        "make it, such as with `createdb --encoding=UTF8 --template=template0 NAME`, or correct \
         its name"
    } else if has("no pg_hba.conf entry") || has("authentication failed") {
        "the server admits no such connection; its pg_hba.conf says whom it admits"
    } else if has("permission denied") {
        "let the database's owner give this user the right, such as with `GRANT CREATE, USAGE ON \
         SCHEMA public TO …` to make the tables, or open it once as the owner"
    } else if has("does not support SSL") {
        "set up TLS on the server"
    } else if has("could not translate host name") {
        "correct the host in the address"
    } else if has("Connection refused")
        || has("No such file or directory")
        || has("timeout expired")
        || has("No route to host")
        || has("Network is unreachable")
    {
        "start the server, or correct host and port in the address"
    } else if has("too many connections") || has("too many clients") {
        "end other connections, or raise the server's max_connections"
    } else {
        return text;
    };
    format!("{text}; {advice}")
}
