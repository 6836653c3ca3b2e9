//! Which releases are withdrawn: what was said of it, never changed, the latest in force.

use std::collections::BTreeMap;

use calsos_domain::facts::ReleaseNumber;
use diesel::prelude::*;

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::moments;
use crate::schema::withdrawal;
use crate::seals::{self, Owner};
use crate::store::Store;
use crate::stored::{At, release_column};
use crate::text::texts_without_nul;

/// What was said of whether a release is withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its number: 1, 2, 3, … over all releases, in the order in which it was said.
    pub sequence: u32,
    /// The release.
    pub release: ReleaseNumber,
    /// Whether it is withdrawn; else it was reinstated.
    pub withdrawn: bool,
    /// Why.
    pub reason: String,
    /// When that was said: UTC, RFC 3339 with six decimals, so that texts sort by time.
    pub set_at: String,
    /// Who said it.
    pub set_by: String,
}

/// Something to say of whether a release is withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewWithdrawal<'a> {
    /// Whether it is withdrawn; else it is reinstated.
    pub withdrawn: bool,
    /// Why.
    pub reason: &'a str,
}

#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = withdrawal, treat_none_as_default_value = false)]
struct Row {
    sequence: i32,
    release: i32,
    withdrawn: bool,
    reason: String,
    set_at: String,
    set_by: String,
}

impl Store {
    /// Everything that was ever said of whether releases are withdrawn, in the order in which it
    /// was said. What holds now stands with each release.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn withdrawals(&self) -> Result<Vec<Withdrawal>, StoreError> {
        self.read("reading withdrawals", all)
    }
}

fn all(connection: &mut Connection) -> Result<Vec<Withdrawal>, Failure> {
    let rows: Vec<Row> =
        withdrawal::table.order(withdrawal::sequence).select(Row::as_select()).load(connection)?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

/// What holds of each release of which something was said.
pub(crate) fn latest_of_all(
    connection: &mut Connection,
) -> Result<BTreeMap<ReleaseNumber, Withdrawal>, Failure> {
    Ok(all(connection)?.into_iter().map(|said| (said.release, said)).collect())
}

/// What holds of a release, if anything was said of it.
pub(crate) fn latest(
    connection: &mut Connection,
    release: ReleaseNumber,
) -> Result<Option<Withdrawal>, Failure> {
    let row = withdrawal::table
        .filter(withdrawal::release.eq(release_column(release)))
        .order(withdrawal::sequence.desc())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    Ok(row.map(from_table).transpose()?)
}

/// Says it of a release that is stored.
pub(crate) fn insert(
    connection: &mut Connection,
    release: ReleaseNumber,
    new: NewWithdrawal<'_>,
    by: &str,
) -> Result<Withdrawal, Failure> {
    let NewWithdrawal { withdrawn, reason } = new;
    let texts = [("the reason", reason), ("the name of who says it", by)];
    texts_without_nul("saying whether a release is withdrawn", &texts)?;
    let last: Option<i32> =
        withdrawal::table.select(diesel::dsl::max(withdrawal::sequence)).first(connection)?;
    let row = Row {
        sequence: last.unwrap_or(0) + 1,
        release: release_column(release),
        withdrawn,
        reason: reason.to_owned(),
        set_at: moments::next(connection)?,
        set_by: by.to_owned(),
    };
    diesel::insert_into(withdrawal::table).values(&row).execute(connection)?;
    seals::set(connection, Owner::Withdrawal, row.sequence)?;
    Ok(from_table(row)?)
}

/// A withdrawal in words, for the audit.
pub(crate) fn told(said: &Withdrawal) -> String {
    let what = if said.withdrawn { "withdrawn" } else { "reinstated" };
    format!("release {} {what}: {}", said.release, said.reason)
}

fn from_table(row: Row) -> Result<Withdrawal, StoreError> {
    let Row { sequence, release, withdrawn, reason, set_at, set_by } = row;
    let at = At { table: "withdrawal", row: &sequence };
    Ok(Withdrawal {
        sequence: at.number("sequence", sequence)?,
        release: at.release("release", release)?,
        withdrawn,
        reason,
        set_at,
        set_by,
    })
}
