//! Records of support that are kept together, such as the services of a catalogue: what is
//! written of them is decided on all of them, and written at one moment, all of it or nothing.

use super::read::{all, newest};
use super::write::{Written, asked_before, insert_at, insert_record};
use super::{SupportBy, SupportFilter, SupportPlace, SupportRecord, SupportWhat, WriteSupport};
use crate::audit::{self, NewAudit};
use crate::error::StoreError;
use crate::ids::SupportId;
use crate::jobs::Once;
use crate::moments;
use crate::store::Store;
use crate::stored::moment_column;

/// Records that are written together.
#[derive(Clone, Copy, Debug)]
pub struct SupportSet<'a> {
    /// Which they are: what is to be written is decided on those, deleted ones left out.
    pub filter: SupportFilter<'a>,
    /// Who writes.
    pub by: SupportBy<'a>,
    /// By what it is told that the same was asked before.
    pub once: Option<Once<'a>>,
    /// The one entry that the audit gets with all of it.
    pub audit: Option<NewAudit<'a>>,
}

/// What is written of one record.
#[derive(Clone, Debug)]
pub enum SupportStep {
    /// It is made.
    Add {
        /// What it is, and what it is about.
        place: SupportPlace,
        /// Its state, as a word of its kind.
        state: String,
        /// What it says, as JSON; kept as it is.
        content: String,
    },
    /// It says something else.
    Change {
        /// Which one.
        id: SupportId,
        /// Its state from then on.
        state: String,
        /// What it says, as JSON; kept as it is.
        content: String,
        /// Why.
        reason: Option<String>,
    },
}

/// What became of records that were to be written together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteSupports<R> {
    /// They are as was asked: every record that the filter wants, as it is then.
    Done(Vec<SupportRecord>),
    /// The caller asked for the same by the same key before, and this came of it then; nothing
    /// changed.
    Again(SupportRecord),
    /// The caller asked for something else by the same key before; nothing changed.
    Otherwise(SupportRecord),
    /// It was decided to write nothing, for this reason.
    Not(R),
}

impl Store {
    /// Writes records together. What is written is decided by `decide`, which is given every
    /// record that the filter wants as it is then; nobody else writes meanwhile. Where nothing
    /// is to be written, neither is the audit.
    ///
    /// # Errors
    /// [`StoreError::UnknownSupport`] where a record that is changed is not there;
    /// [`StoreError::Refused`] for a NUL character; [`StoreError::Corrupt`],
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn write_supports<R>(
        &self,
        set: &SupportSet<'_>,
        decide: impl FnOnce(&[SupportRecord]) -> Result<Vec<SupportStep>, R>,
    ) -> Result<WriteSupports<R>, StoreError> {
        const DOING: &str = "writing records of support";
        let SupportSet { filter, by, once, audit } = *set;
        let since = once.map(|once| moment_column(DOING, once.since)).transpose()?;
        self.write(DOING, |connection| {
            match asked_before(connection, by, once, since.as_deref())? {
                None => {}
                Some(WriteSupport::Again(record)) => return Ok(WriteSupports::Again(record)),
                Some(
                    WriteSupport::Otherwise(record)
                    | WriteSupport::Done(record)
                    | WriteSupport::Stale(record)
                    | WriteSupport::Gone(record)
                    | WriteSupport::RestsOnOther(record),
                ) => return Ok(WriteSupports::Otherwise(record)),
            }
            let held = all(connection, &filter, |_| true)?;
            let steps = match decide(&held) {
                Ok(steps) if steps.is_empty() => return Ok(WriteSupports::Done(held)),
                Ok(steps) => steps,
                Err(reason) => return Ok(WriteSupports::Not(reason)),
            };
            let at = moments::next(connection)?;
            let (mut made, mut changed) = (0, 0);
            for step in &steps {
                match step {
                    SupportStep::Add { place, state, content } => {
                        let written = Written { state, content, reason: None, by, once };
                        written.checked(DOING)?;
                        let row = insert_record(connection, *place)?;
                        let place = (row.sequence, 1);
                        insert_at(connection, &at, place, SupportWhat::Created, written)?;
                        made += 1;
                    }
                    SupportStep::Change { id, state, content, reason } => {
                        let reason = reason.as_deref();
                        let written = Written { state, content, reason, by, once };
                        written.checked(DOING)?;
                        let found = newest(connection, *id)?;
                        let place = found.next_version();
                        insert_at(connection, &at, place, SupportWhat::Changed, written)?;
                        changed += 1;
                    }
                }
            }
            let kind = filter.kind;
            audit::insert_with(connection, audit, || {
                format!("{kind}: {made} made, {changed} changed")
            })?;
            Ok(WriteSupports::Done(all(connection, &filter, |_| true)?))
        })
    }
}
