//! News: that something was stored, told sooner than asking for it over and over would.

use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::connection::{Database, Ear, clock};
use crate::error::StoreError;
use crate::store::Store;

/// How often is looked whether there is news. It costs no question to a server: what one sent
/// lies in the socket, and what happened to a file is told in memory that processes share.
const PEEK_EVERY: Duration = Duration::from_millis(50);

/// Waits for what other connections store, also those of other processes and machines.
pub struct News {
    database: Database,
    /// Absent until the first wait, and after the database was away.
    ear: Option<Ear>,
}

impl std::fmt::Debug for News {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("News").field("listens", &self.ear.is_some()).finish_non_exhaustive()
    }
}

impl News {
    /// Waits until something may have been stored, and at most this long. It may come back
    /// without cause, and where the database is away it comes back late: who waits looks for
    /// himself what there is.
    pub fn wait(&mut self, most: Duration) {
        let end = Instant::now() + most;
        loop {
            match self.peek() {
                Ok(true) => return,
                Ok(false) => {}
                // Looking for himself, who waits is told what is wrong.
                Err(_away) => {
                    self.ear = None;
                    thread::sleep(end.saturating_duration_since(Instant::now()));
                    return;
                }
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            thread::sleep(left.min(PEEK_EVERY));
        }
    }

    fn peek(&mut self) -> Result<bool, String> {
        match &mut self.ear {
            Some(ear) => ear.heard(),
            None => {
                self.ear = Some(self.database.listen()?);
                // Whatever was stored before may have been missed.
                Ok(true)
            }
        }
    }
}

impl Store {
    /// News of this database, on a connection of their own.
    #[must_use]
    pub fn news(&self) -> News {
        News { database: self.database().clone(), ear: None }
    }

    /// What time it is where the database is: by the clock of a server, which is the same for
    /// all who use it, else by that of this machine.
    ///
    /// # Errors
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn clock(&self) -> Result<Timestamp, StoreError> {
        self.read("asking for the time", clock)
    }
}
