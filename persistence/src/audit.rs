//! The audit: who did what to what, and what became of it. It is only ever added to.

use std::fmt;

use diesel::prelude::*;
use jiff::Timestamp;

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::moments;
use crate::schema::audit;
use crate::store::Store;
use crate::stored::{At, moment_column};

/// An entry to write. The moment and the number are the store's own.
///
/// Entries are never refused for what stands in them, because one that is lost helps whoever
/// would hide: a NUL character is written as `\0`.
#[derive(Clone, Copy, Debug)]
pub struct NewAudit<'a> {
    /// The id of the request, where one asked for it.
    pub request_id: Option<&'a str>,
    /// Who did it: a client's id, a token's subject, `anonymous`, or a command line's user.
    pub actor: &'a str,
    /// Who issued the token.
    pub issuer: Option<&'a str>,
    /// The agency for which it was done.
    pub agency: Option<&'a str>,
    /// The scopes of the token.
    pub scopes: Option<&'a str>,
    /// The network address from which it came.
    pub address: Option<&'a str>,
    /// The operation's id, such as `updateRelease` or `calsos publish`.
    pub operation: &'a str,
    /// Method and path, or what a command did it to.
    pub target: &'a str,
    /// What became of it.
    pub outcome: AuditOutcome,
    /// The status of the response.
    pub status: Option<u16>,
    /// The problem's code, where one was answered.
    pub code: Option<&'a str>,
    /// Anything further. An entry that is written together with what it is about tells, where
    /// this is empty, what was stored.
    pub detail: &'a str,
}

/// What became of something that the audit tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditOutcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

impl AuditOutcome {
    /// As columns and interfaces have it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            AuditOutcome::Done => "done",
            AuditOutcome::Refused => "refused",
        }
    }

    /// The outcome of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<AuditOutcome> {
        [AuditOutcome::Done, AuditOutcome::Refused].into_iter().find(|known| known.code() == code)
    }
}

impl fmt::Display for AuditOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A written entry. The fields are those of [`NewAudit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number: 1, 2, 3, … in the order in which entries were written.
    pub sequence: u64,
    /// When it was written: UTC, RFC 3339 with six decimals, so that texts sort by time.
    pub at: String,
    /// The id of the request.
    pub request_id: Option<String>,
    /// Who did it.
    pub actor: String,
    /// Who issued the token.
    pub issuer: Option<String>,
    /// The agency for which it was done.
    pub agency: Option<String>,
    /// The scopes of the token.
    pub scopes: Option<String>,
    /// The network address from which it came.
    pub address: Option<String>,
    /// The operation's id.
    pub operation: String,
    /// What it was done to.
    pub target: String,
    /// What became of it.
    pub outcome: AuditOutcome,
    /// The status of the response.
    pub status: Option<u16>,
    /// The problem's code.
    pub code: Option<String>,
    /// Anything further.
    pub detail: String,
}

/// Which entries are wanted; one that every field that is given holds for.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter<'a> {
    /// Entries with a smaller number than this, to go on with a list.
    pub before_sequence: Option<u64>,
    /// This many at most.
    pub limit: Option<u32>,
    /// What this one did.
    pub actor: Option<&'a str>,
    /// What was done for this agency.
    pub agency: Option<&'a str>,
    /// This operation.
    pub operation: Option<&'a str>,
    /// What became of it.
    pub outcome: Option<AuditOutcome>,
    /// Written at this moment or later.
    pub from: Option<Timestamp>,
    /// Written before this moment.
    pub until: Option<Timestamp>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = audit, treat_none_as_default_value = false)]
struct Row {
    sequence: i64,
    at: String,
    request_id: Option<String>,
    actor: String,
    issuer: Option<String>,
    agency: Option<String>,
    scopes: Option<String>,
    address: Option<String>,
    operation: String,
    target: String,
    outcome: String,
    status: Option<i16>,
    code: Option<String>,
    detail: String,
}

impl Store {
    /// Writes entries in their order, all or none.
    ///
    /// # Errors
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn add_audit(&self, entries: &[NewAudit<'_>]) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        self.write("writing the audit", |connection| {
            entries.iter().try_for_each(|entry| insert(connection, entry, entry.detail))
        })
    }

    /// The entries that a filter wants, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a moment before the year 0; [`StoreError::Corrupt`] and
    /// [`StoreError::Database`].
    pub fn audit(&self, filter: &AuditFilter<'_>) -> Result<Vec<AuditRecord>, StoreError> {
        let AuditFilter { before_sequence, limit, actor, agency, operation, outcome, from, until } =
            *filter;
        let moment = |asked: Option<Timestamp>| {
            asked.map(|asked| moment_column("reading the audit", asked)).transpose()
        };
        let (from, until) = (moment(from)?, moment(until)?);
        self.read("reading the audit", |connection| {
            let mut query =
                audit::table.order(audit::sequence.desc()).select(Row::as_select()).into_boxed();
            if let Some(before) = before_sequence {
                let before = i64::try_from(before).unwrap_or(i64::MAX);
                query = query.filter(audit::sequence.lt(before));
            }
            if let Some(limit) = limit {
                query = query.limit(i64::from(limit));
            }
            if let Some(actor) = actor {
                query = query.filter(audit::actor.eq(written(actor)));
            }
            if let Some(agency) = agency {
                query = query.filter(audit::agency.eq(written(agency)));
            }
            if let Some(operation) = operation {
                query = query.filter(audit::operation.eq(written(operation)));
            }
            if let Some(outcome) = outcome {
                query = query.filter(audit::outcome.eq(outcome.code()));
            }
            if let Some(from) = from {
                query = query.filter(audit::at.ge(from));
            }
            if let Some(until) = until {
                query = query.filter(audit::at.lt(until));
            }
            let rows: Vec<Row> = query.load(connection)?;
            rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
        })
    }
}

/// Writes the entry of something that is being stored, with what that is where the entry has
/// no word of its own.
pub(crate) fn insert_with(
    connection: &mut Connection,
    entry: Option<NewAudit<'_>>,
    stored: impl FnOnce() -> String,
) -> Result<(), Failure> {
    match entry {
        Some(entry) if entry.detail.is_empty() => insert(connection, &entry, &stored()),
        Some(entry) => insert(connection, &entry, entry.detail),
        None => Ok(()),
    }
}

fn insert(connection: &mut Connection, entry: &NewAudit<'_>, detail: &str) -> Result<(), Failure> {
    let NewAudit {
        request_id,
        actor,
        issuer,
        agency,
        scopes,
        address,
        operation,
        target,
        outcome,
        status,
        code,
        detail: _,
    } = *entry;
    let last: Option<i64> =
        audit::table.select(diesel::dsl::max(audit::sequence)).first(connection)?;
    let row = Row {
        sequence: last.unwrap_or(0) + 1,
        at: moments::next(connection)?,
        request_id: request_id.map(written),
        actor: written(actor),
        issuer: issuer.map(written),
        agency: agency.map(written),
        scopes: scopes.map(written),
        address: address.map(written),
        operation: written(operation),
        target: written(target),
        outcome: outcome.code().to_owned(),
        status: status.map(|status| i16::try_from(status).unwrap_or(i16::MAX)),
        code: code.map(written),
        detail: written(detail),
    };
    diesel::insert_into(audit::table).values(&row).execute(connection)?;
    Ok(())
}

/// A text as both databases can hold it.
fn written(text: &str) -> String {
    text.replace('\0', "\\0")
}

fn from_table(row: Row) -> Result<AuditRecord, StoreError> {
    let Row {
        sequence,
        at: written_at,
        request_id,
        actor,
        issuer,
        agency,
        scopes,
        address,
        operation,
        target,
        outcome,
        status,
        code,
        detail,
    } = row;
    let at = At { table: "audit", row: &sequence };
    Ok(AuditRecord {
        sequence: at.number("sequence", sequence)?,
        at: written_at,
        request_id,
        actor,
        issuer,
        agency,
        scopes,
        address,
        operation,
        target,
        outcome: at.value("outcome", &outcome, AuditOutcome::parse(&outcome))?,
        status: at.optional_number("status", status)?,
        code,
        detail,
    })
}
