//! What can go wrong in the store. Each text says what was asked, what was found and what
//! to do.

use std::error::Error;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::ids::{JobId, RunId, SupportId};
use calsos_domain::facts::ReleaseNumber;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database's address is none that this build can use.
    #[error("{problem}")]
    Address {
        /// What was found and what is expected; never the whole address, which may hold a
        /// password.
        problem: String,
    },
    /// The database could not be opened or made ready.
    #[error("the database '{database}' cannot be opened: {problem}")]
    Open {
        /// The file that was asked for, or the database and its server.
        database: String,
        /// What was found and what to do.
        problem: String,
    },
    /// The database was made ready by a newer version of the program.
    #[error(
        "the database '{database}' has the migration {migration}, which this version of the \
         program does not know: a newer version made it. Run that version or a newer one; nothing \
         was changed"
    )]
    NewerDatabase {
        /// The file that was asked for, or the database and its server.
        database: String,
        /// The first migration that is not known here.
        migration: String,
    },
    /// Another process or thread held the database for too long.
    #[error(
        "{doing}: the database was in use for {seconds} seconds by another process or \
         request. Nothing was stored; try again"
    )]
    Busy {
        /// What was being done.
        doing: &'static str,
        /// How long was waited.
        seconds: u64,
    },
    /// No release has this number.
    #[error("release {0} is not stored; `releases` lists those that are")]
    UnknownRelease(ReleaseNumber),
    /// A run was to be stored that reads a release that is withdrawn.
    #[error("release {0} is withdrawn: no new run reads it. Nothing was stored; decide again")]
    Withdrawn(ReleaseNumber),
    /// No run has this id.
    #[error("run {0} is not stored; `runs` lists those that are")]
    UnknownRun(RunId),
    /// No client has this id.
    #[error("client '{0}' is not stored; `clients` lists those that are")]
    UnknownClient(String),
    /// Something has this id already, and ids are never given twice.
    #[error("{what} '{id}' is stored already. Nothing was changed; give the new one another id")]
    AlreadyThere {
        /// What was to be added, such as "client".
        what: &'static str,
        /// The id.
        id: String,
    },
    /// What was given cannot be stored. Nothing of it was.
    #[error("{asked} was refused: {problem}. Nothing of it was stored")]
    Refused {
        /// What was asked.
        asked: String,
        /// What was found.
        problem: String,
    },
    /// No job has this id.
    #[error("job {0} is not stored")]
    UnknownJob(JobId),
    /// No record of support has this id.
    #[error("there is no record of support {0}")]
    UnknownSupport(SupportId),
    /// The job was cancelled, or another process works on it.
    #[error(
        "job {0} is not this process's any more: it was cancelled, or another process has taken \
         it up. Nothing was stored"
    )]
    LostJob(JobId),
    /// What was to be stored could not be read.
    #[error("{doing}: what was to be stored could not be read: {cause}. Nothing was stored")]
    Content {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The answers of a run could not be made; the run was not stored.
    #[error("the answers of the run could not be made: {0}. The run before it stays current")]
    Answers(#[source] Box<dyn Error + Send + Sync>),
    /// A copy of an embedded database was not made, or not put in its place.
    #[error("{doing}: {problem}")]
    Copy {
        /// What was being done.
        doing: &'static str,
        /// What was found and what to do.
        problem: String,
    },
    /// A stored row is no value of the domain: the database was changed from outside, or
    /// its file is damaged.
    #[error(
        "table {table}, {row}: {problem}. The database was damaged or changed from outside; \
         restore a backup"
    )]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row, by its key.
        row: String,
        /// What was found.
        problem: String,
    },
    /// The database refused, for a reason that is none of the above.
    #[error("{doing}: the database said: {problem}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the database said.
        #[source]
        problem: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether there is no room left where the database is. Told by the words: neither database
    /// has a kind for it that reaches here.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let StoreError::Database { problem, .. } = self else { return false };
        let text = problem.to_string();
        ["disk is full", "No space left on device"].iter().any(|words| text.contains(words))
    }
}

/// Inside a transaction: an error of ours, or diesel's before the door has named what was
/// being done.
#[derive(Debug)]
pub(crate) enum Failure {
    Store(StoreError),
    Diesel(DieselError),
    /// Another writer did not end in time.
    Busy,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Store(error)
    }
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Failure {
        Failure::Diesel(error)
    }
}

impl Failure {
    /// The same where a stored value was none of its column's type, with the table that it is in.
    pub(crate) fn within(self, table: &'static str, row: impl std::fmt::Display) -> Failure {
        match self {
            Failure::Diesel(DieselError::DeserializationError(cause)) => StoreError::Corrupt {
                table,
                row: row.to_string(),
                problem: format!("a value is none of its column's type: {cause}"),
            }
            .into(),
            other => other,
        }
    }

    /// The error that leaves this crate.
    pub(crate) fn named(self, doing: &'static str) -> StoreError {
        let busy = || StoreError::Busy { doing, seconds: crate::connection::WAIT.as_secs() };
        match self {
            Failure::Store(error) => error,
            Failure::Busy => busy(),
            Failure::Diesel(error) if is_locked(&error) => busy(),
            Failure::Diesel(error) => StoreError::Database { doing, problem: Box::new(error) },
        }
    }
}

/// Whether the database gave up waiting for another connection. diesel knows no kind for it:
/// SQLite says that something "is locked", PostgreSQL speaks of a "lock timeout".
pub(crate) fn is_locked(error: &DieselError) -> bool {
    matches!(error, DieselError::DatabaseError(DatabaseErrorKind::Unknown, information)
        if ["is locked", "lock timeout"].iter().any(|w| information.message().contains(w)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_other_problems_by_the_words_of_either_database() {
        let said = |problem: &str| StoreError::Database { doing: "x", problem: problem.into() };
        let postgresql = "could not extend file \"base/16384/16421\": No space left on device";
        assert!(said("database or disk is full").is_full() && said(postgresql).is_full());
        assert!(!said("disk I/O error").is_full());
        assert!(!StoreError::Busy { doing: "x", seconds: 1 }.is_full());
    }
}
