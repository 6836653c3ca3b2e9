//! The rows of a release, one file per kind: a row of the domain to a row of a table and
//! back, each taken apart field by field, so that a new field stops the build.

mod binary_copy;
mod calpads;
mod charter_list;
mod charter_location;
mod directory;
mod geographic_lead;
mod local_rating;
mod nces_id;
mod performance;
mod published;
mod succession;

use calsos_domain::cds::CdsCode;
use calsos_domain::release::{ReleaseKind, Rows};

use crate::connection::Connection;
use crate::error::Failure;

pub(crate) use succession::load as load_successions;

/// Rows that one COPY is given, so that not all of a file's are in memory a second time.
pub(crate) const COPIED: usize = 4096;

/// Rows that one statement inserts. Measured with the widest table, 64 takes a third of the
/// time of one by one; 1,000 takes longer again, its statement being long to prepare. All
/// stay far below SQLite's limit of 32,766 values.
pub(crate) const CHUNK: usize = 64;

/// Whether rows of this shape are what a file of this kind has.
pub(crate) fn fit(kind: ReleaseKind, rows: &Rows) -> bool {
    matches!(
        (kind, rows),
        (ReleaseKind::Indicator(_), Rows::Performances(_))
            | (ReleaseKind::LocalIndicator(_), Rows::LocalRatings(_))
            | (ReleaseKind::PublishedList, Rows::Published(_))
            | (ReleaseKind::CalpadsExceptions, Rows::Calpads(_))
            | (ReleaseKind::Successions, Rows::Successions(_))
            | (ReleaseKind::Directory, Rows::Directory(_))
            | (ReleaseKind::CharterList, Rows::CharterList(_))
            | (ReleaseKind::GeographicLeads, Rows::GeographicLeads(_))
            | (ReleaseKind::CharterLocations, Rows::CharterLocations(_))
            | (ReleaseKind::NcesIds, Rows::NcesIds(_))
    )
}

/// Stores the rows of a release.
pub(crate) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &Rows,
) -> Result<(), Failure> {
    match rows {
        Rows::Performances(rows) => performance::insert(connection, release, rows),
        Rows::LocalRatings(rows) => local_rating::insert(connection, release, rows),
        Rows::Published(rows) => published::insert(connection, release, rows),
        Rows::Calpads(rows) => calpads::insert(connection, release, rows),
        Rows::Successions(rows) => succession::insert(connection, release, rows),
        Rows::Directory(rows) => directory::insert(connection, release, rows),
        Rows::CharterList(rows) => charter_list::insert(connection, release, rows),
        Rows::GeographicLeads(rows) => geographic_lead::insert(connection, release, rows),
        Rows::CharterLocations(rows) => charter_location::insert(connection, release, rows),
        Rows::NcesIds(rows) => nces_id::insert(connection, release, rows),
    }
}

/// Reads the rows of a release of this kind: all of them, or only those of one LEA.
/// Successions name two LEAs each, and geographic leads none: they are few and read whole.
pub(crate) fn load(
    connection: &mut Connection,
    release: i32,
    kind: ReleaseKind,
    only: Option<CdsCode>,
) -> Result<Rows, Failure> {
    load_of_kind(connection, release, kind, only)
        .map_err(|failure| failure.within(table_of(kind), format!("release {release}")))
}

/// The table of the rows of a kind.
pub(crate) fn table_of(kind: ReleaseKind) -> &'static str {
    match kind {
        ReleaseKind::Indicator(_) => "performance",
        ReleaseKind::LocalIndicator(_) => "local_rating",
        ReleaseKind::PublishedList => "published",
        ReleaseKind::CalpadsExceptions => "calpads",
        ReleaseKind::Successions => "succession",
        ReleaseKind::Directory => "directory",
        ReleaseKind::CharterList => "charter_list",
        ReleaseKind::GeographicLeads => "geographic_lead",
        ReleaseKind::CharterLocations => "charter_location",
        ReleaseKind::NcesIds => "nces_id",
    }
}

fn load_of_kind(
    connection: &mut Connection,
    release: i32,
    kind: ReleaseKind,
    only: Option<CdsCode>,
) -> Result<Rows, Failure> {
    Ok(match kind {
        ReleaseKind::Indicator(_) => {
            Rows::Performances(performance::load(connection, release, only)?)
        }
        ReleaseKind::LocalIndicator(_) => {
            Rows::LocalRatings(local_rating::load(connection, release, only)?)
        }
        ReleaseKind::PublishedList => {
            let mut rows = published::load(connection, release)?;
            rows.retain(|row| only.is_none_or(|cds| row.cds == cds));
            Rows::Published(rows)
        }
        ReleaseKind::CalpadsExceptions => Rows::Calpads(calpads::load(connection, release, only)?),
        ReleaseKind::Successions => Rows::Successions(succession::load(connection, release)?),
        ReleaseKind::Directory => Rows::Directory(directory::load(connection, release, only)?),
        ReleaseKind::CharterList => {
            Rows::CharterList(charter_list::load(connection, release, only)?)
        }
        ReleaseKind::GeographicLeads => {
            Rows::GeographicLeads(geographic_lead::load(connection, release)?)
        }
        ReleaseKind::CharterLocations => {
            Rows::CharterLocations(charter_location::load(connection, release, only)?)
        }
        ReleaseKind::NcesIds => Rows::NcesIds(nces_id::load(connection, release, only)?),
    })
}

/// Inserts what an iterator of table rows gives: on SQLite many with one statement that is
/// prepared once, on PostgreSQL as streams of COPY.
macro_rules! insert_many {
    ($connection:expr, $table:expr, $rows:expr) => {{
        match $connection {
            $crate::connection::Connection::Sqlite(connection) => {
                $crate::rows::insert_prepared!(connection, $table, $rows)
            }
            $crate::connection::Connection::Postgresql(connection) => {
                let mut rows = $rows.fuse();
                let mut chunk = Vec::with_capacity($crate::rows::CHUNK);
                loop {
                    chunk.extend(rows.by_ref().take($crate::rows::COPIED));
                    if chunk.is_empty() {
                        break;
                    }
                    diesel::copy_from($table).from_insertable(&chunk).execute(connection)?;
                    chunk.clear();
                }
            }
        }
    }};
}
pub(crate) use insert_many;

/// The same for a connection of SQLite alone.
macro_rules! insert_prepared {
    ($connection:expr, $table:expr, $rows:expr) => {{
        let mut rows = $rows.fuse();
        let mut chunk = Vec::with_capacity($crate::rows::CHUNK);
        loop {
            chunk.extend(rows.by_ref().take($crate::rows::CHUNK));
            match <&[_; $crate::rows::CHUNK]>::try_from(chunk.as_slice()) {
                Ok(whole) => {
                    diesel::insert_into($table).values(whole).execute($connection)?;
                }
                Err(_) => break,
            }
            chunk.clear();
        }
        for row in &chunk {
            diesel::insert_into($table).values(row).execute($connection)?;
        }
    }};
}
pub(crate) use insert_prepared;
