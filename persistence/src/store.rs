//! The one door to the database: how a read and a write are done.

use std::time::Duration;

use crate::connection::{self, Access, Connection, Database, Pool, transaction};
use crate::error::{Failure, StoreError};

/// An open database. Cheap to clone; every clone shares the same connections.
///
/// Every method may wait for the disk or for another writer: call it where blocking is
/// allowed.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    database: Database,
    /// How long to wait for a connection.
    wait: Duration,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database of an address and brings its tables up to date. The file of
    /// `sqlite:PATH` is made where there is none; the database of
    /// `postgresql://USER@HOST:PORT/DATABASE` must be there.
    ///
    /// # Errors
    /// [`StoreError::Address`] for an address that this build cannot use,
    /// [`StoreError::Open`] for a database that cannot be reached, opened, written or brought
    /// up to date, [`StoreError::NewerDatabase`] for one that a newer version made, and
    /// [`StoreError::Busy`] where another process goes on changing its tables.
    pub fn open(url: &str) -> Result<Store, StoreError> {
        connection::open(url).map(|(database, pool)| Store {
            pool,
            database,
            wait: connection::WAIT,
        })
    }

    /// The same store for who would rather be told soon that the database is away or busy: it
    /// waits this long for a connection, and not half a minute.
    #[must_use]
    pub fn waiting(self, wait: Duration) -> Store {
        Store { wait, ..self }
    }

    /// How many connections are open, and how many of them nobody uses.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        let state = self.pool.state();
        (state.connections, state.idle_connections)
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Reads in one consistent view: what another process stores meanwhile is not seen.
    pub(crate) fn read<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection(doing)?;
        transaction(&mut connection, Access::Read, work).map_err(|e| e.named(doing))
    }

    /// Writes all or nothing, one writer after the other.
    pub(crate) fn write<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection(doing)?;
        transaction(&mut connection, Access::Write, work).map_err(|e| e.named(doing))
    }

    /// Writes all or nothing, without waiting for the turn of those that write releases, runs
    /// and the audit: for rows that none of them touches for long.
    pub(crate) fn write_aside<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection(doing)?;
        transaction(&mut connection, Access::Aside, work).map_err(|e| e.named(doing))
    }

    fn connection(
        &self,
        doing: &'static str,
    ) -> Result<impl std::ops::DerefMut<Target = Connection>, StoreError> {
        self.pool.get_timeout(self.wait).map_err(|error| {
            if self.pool.state().connections < self.pool.max_size() {
                return StoreError::Database { doing, problem: Box::new(error) };
            }
            StoreError::Busy { doing, seconds: self.wait.as_secs() }
        })
    }
}
