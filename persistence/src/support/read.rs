//! Records of support read back: now, as of a moment, with all their versions.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::{CdsCode, CountyCode};
use diesel::prelude::*;
use jiff::Timestamp;

use super::write::{SupportBy, WriteSupport, asked_before};
use super::{
    RecordRow, SupportKind, SupportRecord, SupportVersion, VersionRow, record_of, version_of,
};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::ids::SupportId;
use crate::jobs::Once;
use crate::schema::{support_record, support_version};
use crate::store::Store;
use crate::stored::moment_column;

/// Records that are looked through together.
const TOGETHER: i64 = 500;

/// Which records are wanted; one that every field that is given holds for.
#[derive(Clone, Copy, Debug)]
pub struct SupportFilter<'a> {
    /// What they are.
    pub kind: SupportKind,
    /// The LEA that they are about.
    pub cds: Option<CdsCode>,
    /// The county that they are about.
    pub county: Option<CountyCode>,
    /// Their state, as a word of their kind.
    pub state: Option<&'a str>,
    /// As they were at this moment; without it, as they are now.
    pub as_of: Option<Timestamp>,
    /// Records with a smaller number than this, to go on with a list.
    pub before_sequence: Option<u32>,
    /// This many at most.
    pub limit: Option<usize>,
}

impl SupportFilter<'_> {
    /// Every record of a kind, as it is now.
    #[must_use]
    pub fn of(kind: SupportKind) -> SupportFilter<'static> {
        SupportFilter {
            kind,
            cds: None,
            county: None,
            state: None,
            as_of: None,
            before_sequence: None,
            limit: None,
        }
    }
}

impl Store {
    /// A record as it is now, also where it was deleted.
    ///
    /// # Errors
    /// [`StoreError::UnknownSupport`]; [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn support(&self, id: SupportId) -> Result<SupportRecord, StoreError> {
        self.read(READING, |connection| newest(connection, id))
    }

    /// A record as it was at a moment; `None` where it was not there yet.
    ///
    /// # Errors
    /// [`StoreError::UnknownSupport`]; [`StoreError::Refused`] for a moment before the year 0;
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn support_as_of(
        &self,
        id: SupportId,
        moment: Timestamp,
    ) -> Result<Option<SupportRecord>, StoreError> {
        let moment = moment_column(READING, moment)?;
        self.read(READING, |connection| {
            let row = find(connection, id)?;
            let version = support_version::table
                .filter(support_version::record.eq(row.sequence))
                .filter(support_version::at.le(&moment))
                .order(support_version::version.desc())
                .select(VersionRow::as_select())
                .first(connection)
                .optional()?;
            version.map(|version| whole(connection, row, version)).transpose()
        })
    }

    /// Every version of a record, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::UnknownSupport`]; [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn support_versions(&self, id: SupportId) -> Result<Vec<SupportVersion>, StoreError> {
        self.read(READING, |connection| {
            let row = find(connection, id)?;
            let rows: Vec<VersionRow> = support_version::table
                .filter(support_version::record.eq(row.sequence))
                .order(support_version::version)
                .select(VersionRow::as_select())
                .load(connection)?;
            rows.into_iter().map(|row| Ok(version_of(row)?)).collect()
        })
    }

    /// The records that a filter wants and for which `admits` says so, the newest first. Deleted
    /// ones are left out.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a moment before the year 0; [`StoreError::Corrupt`] and
    /// [`StoreError::Database`].
    pub fn support_records(
        &self,
        filter: &SupportFilter<'_>,
        admits: impl FnMut(&SupportRecord) -> bool,
    ) -> Result<Vec<SupportRecord>, StoreError> {
        self.read(LISTING, |connection| all(connection, filter, admits))
    }
}

const LISTING: &str = "listing support";

/// The records that a filter wants and for which `admits` says so, the newest first, without
/// deleted ones.
pub(super) fn all(
    connection: &mut Connection,
    filter: &SupportFilter<'_>,
    mut admits: impl FnMut(&SupportRecord) -> bool,
) -> Result<Vec<SupportRecord>, Failure> {
    let as_of = filter.as_of.map(|moment| moment_column(LISTING, moment)).transpose()?;
    let mut found = Vec::new();
    let mut before = filter.before_sequence;
    loop {
        let rows = some(connection, &SupportFilter { before_sequence: before, ..*filter })?;
        let Some(last) = rows.last() else { return Ok(found) };
        before = u32::try_from(last.sequence).ok();
        for record in with_versions(connection, rows, as_of.as_deref(), filter.state)? {
            if filter.limit.is_some_and(|limit| found.len() >= limit) {
                return Ok(found);
            }
            if !record.is_deleted() && admits(&record) {
                found.push(record);
            }
        }
    }
}

impl Store {
    /// What came of what a caller asked by a key before, if it did: [`WriteSupport::Again`] or
    /// [`WriteSupport::Otherwise`]. It is looked for again by what writes; this is for who would
    /// refuse what was done before that.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a moment before the year 0; [`StoreError::Corrupt`] and
    /// [`StoreError::Database`].
    pub fn support_asked_before(
        &self,
        by: SupportBy<'_>,
        once: Once<'_>,
    ) -> Result<Option<WriteSupport>, StoreError> {
        let since = moment_column(READING, once.since)?;
        self.read(READING, |connection| {
            asked_before(connection, by, Some(once), Some(since.as_str()))
        })
    }

    /// Every version of every record of a kind, in the order in which they were written, each
    /// with its record as that had it, deletions too.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn support_history(&self, kind: SupportKind) -> Result<Vec<SupportRecord>, StoreError> {
        self.read(READING, |connection| {
            let rows: Vec<(RecordRow, VersionRow)> = support_version::table
                .inner_join(support_record::table)
                .filter(support_record::kind.eq(kind.code()))
                .order(support_version::sequence)
                .select((RecordRow::as_select(), VersionRow::as_select()))
                .load(connection)?;
            let mut made = BTreeMap::new();
            let mut found = Vec::new();
            for (row, version) in rows {
                let made_at = made.entry(row.sequence).or_insert_with(|| version.at.clone());
                found.push(record_of(row, made_at.clone(), version)?);
            }
            Ok(found)
        })
    }

    /// The number of the version that was written last of any record of a kind.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn newest_support(&self, kind: SupportKind) -> Result<Option<i32>, StoreError> {
        self.read("looking for news of support", |connection| {
            let newest = support_version::table
                .inner_join(support_record::table)
                .filter(support_record::kind.eq(kind.code()))
                .select(diesel::dsl::max(support_version::sequence))
                .first(connection)?;
            Ok(newest)
        })
    }
}

const READING: &str = "reading a record of support";

/// Some records after those that were read, the newest first.
fn some(connection: &mut Connection, filter: &SupportFilter<'_>) -> QueryResult<Vec<RecordRow>> {
    let mut query = support_record::table
        .filter(support_record::kind.eq(filter.kind.code()))
        .order(support_record::sequence.desc())
        .limit(TOGETHER)
        .select(RecordRow::as_select())
        .into_boxed();
    if let Some(cds) = filter.cds {
        query = query.filter(support_record::cds.eq(cds.to_string()));
    }
    if let Some(county) = filter.county {
        query = query.filter(support_record::county.eq(i16::from(county.number())));
    }
    if let Some(before) = filter.before_sequence {
        query =
            query.filter(support_record::sequence.lt(i32::try_from(before).unwrap_or(i32::MAX)));
    }
    query.load(connection)
}

/// Records with the version that they had at a moment, else with the newest, in their order;
/// without those that were not there or in another state.
fn with_versions(
    connection: &mut Connection,
    rows: Vec<RecordRow>,
    as_of: Option<&str>,
    state: Option<&str>,
) -> Result<Vec<SupportRecord>, Failure> {
    let records: Vec<i32> = rows.iter().map(|row| row.sequence).collect();
    // Without their contents, of which only one version of each is wanted.
    let mut query = support_version::table
        .filter(support_version::record.eq_any(&records))
        .order((support_version::record, support_version::version))
        .select((
            support_version::record,
            support_version::sequence,
            support_version::state,
            support_version::at,
        ))
        .into_boxed();
    if let Some(as_of) = as_of {
        query = query.filter(support_version::at.le(as_of));
    }
    let versions: Vec<(i32, i32, String, String)> = query.load(connection)?;
    let mut made = BTreeMap::new();
    let mut wanted = BTreeMap::new();
    for (record, sequence, state, at) in versions {
        made.entry(record).or_insert(at);
        wanted.insert(record, (sequence, state));
    }
    let is_in = |found: &str| state.is_none_or(|state| state == found);
    let wanted: BTreeSet<i32> = wanted
        .into_values()
        .filter(|(_, state)| is_in(state))
        .map(|(sequence, _)| sequence)
        .collect();
    let versions: Vec<VersionRow> = support_version::table
        .filter(support_version::sequence.eq_any(&wanted))
        .select(VersionRow::as_select())
        .load(connection)?;
    let mut versions: BTreeMap<i32, VersionRow> =
        versions.into_iter().map(|version| (version.record, version)).collect();
    let mut found = Vec::new();
    for row in rows {
        let made_at = made.remove(&row.sequence);
        if let (Some(made_at), Some(version)) = (made_at, versions.remove(&row.sequence)) {
            found.push(record_of(row, made_at, version)?);
        }
    }
    Ok(found)
}

pub(super) fn find(connection: &mut Connection, id: SupportId) -> Result<RecordRow, Failure> {
    let row = support_record::table
        .filter(support_record::id.eq(id.to_string()))
        .select(RecordRow::as_select())
        .first(connection)
        .optional()?;
    Ok(row.ok_or(StoreError::UnknownSupport(id))?)
}

/// A record as it is now.
pub(super) fn newest(connection: &mut Connection, id: SupportId) -> Result<SupportRecord, Failure> {
    let row = find(connection, id)?;
    let version = support_version::table
        .filter(support_version::record.eq(row.sequence))
        .order(support_version::version.desc())
        .select(VersionRow::as_select())
        .first(connection)?;
    whole(connection, row, version)
}

/// A record by one of its versions.
pub(super) fn whole(
    connection: &mut Connection,
    row: RecordRow,
    version: VersionRow,
) -> Result<SupportRecord, Failure> {
    let made_at = support_version::table
        .filter(support_version::record.eq(row.sequence))
        .order(support_version::version)
        .select(support_version::at)
        .first(connection)?;
    Ok(record_of(row, made_at, version)?)
}
