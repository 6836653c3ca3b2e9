//! Records of support written: made, changed, deleted, each as a further version.

use calsos_domain::cds::{CdsCode, CountyCode};
use diesel::prelude::*;

use super::read::{newest, whole};
use super::{
    RecordRow, SupportKind, SupportRecord, SupportVersion, SupportWhat, VersionRow, record_of,
    version_of,
};
use crate::audit::{self, NewAudit};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::ids::SupportId;
use crate::jobs::Once;
use crate::moments;
use crate::schema::{support_record, support_version};
use crate::seals::{self, Owner};
use crate::store::Store;
use crate::stored::moment_column;
use crate::text::texts_without_nul;

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub struct SupportBy<'a> {
    /// A client's id, a token's subject, or a command line's user.
    pub client: &'a str,
    /// By whose word that is who writes.
    pub issuer: Option<&'a str>,
    /// For which agency.
    pub agency: Option<&'a str>,
}

/// What a record is and what it is about, which never changes.
#[derive(Clone, Copy, Debug)]
pub struct SupportPlace {
    /// What it is.
    pub kind: SupportKind,
    /// The LEA that it is about.
    pub cds: Option<CdsCode>,
    /// The county that it is about.
    pub county: Option<CountyCode>,
}

/// A record to make.
#[derive(Clone, Copy, Debug)]
pub struct NewSupport<'a> {
    /// What it is, and what it is about.
    pub place: SupportPlace,
    /// Its state, as a word of its kind.
    pub state: &'a str,
    /// What it says, as JSON; kept as it is.
    pub content: &'a str,
    /// Records on which it rests, with the versions in which they must still be.
    pub rests_on: &'a [(SupportId, u32)],
    /// Who makes it.
    pub by: SupportBy<'a>,
    /// By what it is told that the same was asked before.
    pub once: Option<Once<'a>>,
    /// The entry that the audit gets with it.
    pub audit: Option<NewAudit<'a>>,
}

/// What becomes of a record.
#[derive(Clone, Copy, Debug)]
pub enum SupportEdit<'a> {
    /// It says something else.
    Change {
        /// Its state from then on.
        state: &'a str,
        /// What it says, as JSON; kept as it is.
        content: &'a str,
        /// Why.
        reason: Option<&'a str>,
    },
    /// It is deleted, as something that should not have been written; its versions are kept.
    Delete {
        /// Why.
        reason: &'a str,
    },
}

/// A change of a record.
#[derive(Clone, Copy, Debug)]
pub struct SupportChange<'a> {
    /// The version that is changed; `None` for whichever is the newest.
    pub expected: Option<u32>,
    /// What becomes of it.
    pub edit: SupportEdit<'a>,
    /// Records on which that rests, with the versions in which they must still be.
    pub rests_on: &'a [(SupportId, u32)],
    /// Who changes it.
    pub by: SupportBy<'a>,
    /// By what it is told that the same was asked before.
    pub once: Option<Once<'a>>,
    /// The entry that the audit gets with it.
    pub audit: Option<NewAudit<'a>>,
}

/// What became of a record that was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteSupport {
    /// It is as was asked.
    Done(SupportRecord),
    /// The caller asked for the same by the same key before, and this came of it then; nothing
    /// changed.
    Again(SupportRecord),
    /// The caller asked for something else by the same key before; nothing changed.
    Otherwise(SupportRecord),
    /// It is in another version than was expected, in this one; nothing changed.
    Stale(SupportRecord),
    /// It was deleted before; nothing changed.
    Gone(SupportRecord),
    /// A record on which it rests is in another version, in this one; nothing changed.
    RestsOnOther(SupportRecord),
}

impl Store {
    /// Makes a record. Either [`WriteSupport::Done`], [`WriteSupport::Again`],
    /// [`WriteSupport::Otherwise`] or [`WriteSupport::RestsOnOther`] comes of it.
    ///
    /// # Errors
    /// [`StoreError::UnknownSupport`] where a record on which it rests is not there;
    /// [`StoreError::Refused`] for a NUL character; [`StoreError::Busy`] and
    /// [`StoreError::Database`].
    pub fn add_support(&self, new: &NewSupport<'_>) -> Result<WriteSupport, StoreError> {
        const DOING: &str = "making a record of support";
        let NewSupport { place, state, content, rests_on, by, once, audit } = *new;
        let written = Written { state, content, reason: None, by, once };
        written.checked(DOING)?;
        let since = once.map(|once| moment_column(DOING, once.since)).transpose()?;
        self.write(DOING, |connection| {
            if let Some(before) = asked_before(connection, by, once, since.as_deref())? {
                return Ok(before);
            }
            if let Some(other) = rests_on_other(connection, rests_on)? {
                return Ok(other);
            }
            let row = insert_record(connection, place)?;
            let version = insert(connection, (row.sequence, 1), SupportWhat::Created, written)?;
            let record = record_of(row, version.at.clone(), version)?;
            audit::insert_with(connection, audit, || {
                format!("{} {} made: {state}", record.kind, record.id)
            })?;
            Ok(WriteSupport::Done(record))
        })
    }

    /// Changes or deletes a record, where it is in the version that is expected.
    ///
    /// # Errors
    /// [`StoreError::UnknownSupport`], also for a record on which it rests;
    /// [`StoreError::Refused`] for a NUL character; [`StoreError::Corrupt`],
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn change_support(
        &self,
        id: SupportId,
        change: &SupportChange<'_>,
    ) -> Result<WriteSupport, StoreError> {
        const DOING: &str = "changing a record of support";
        let SupportChange { expected, edit, rests_on, by, once, audit } = *change;
        let (state, content, reason) = match edit {
            SupportEdit::Change { state, content, reason } => (state, content, reason),
            SupportEdit::Delete { reason } => ("", "", Some(reason)),
        };
        let written = Written { state, content, reason, by, once };
        written.checked(DOING)?;
        let since = once.map(|once| moment_column(DOING, once.since)).transpose()?;
        self.write(DOING, |connection| {
            if let Some(before) = asked_before(connection, by, once, since.as_deref())? {
                return Ok(before);
            }
            let found = newest(connection, id)?;
            if found.is_deleted() {
                return Ok(WriteSupport::Gone(found));
            }
            if expected.is_some_and(|expected| expected != found.version.version) {
                return Ok(WriteSupport::Stale(found));
            }
            if let Some(other) = rests_on_other(connection, rests_on)? {
                return Ok(other);
            }
            let place = found.next_version();
            let version = match edit {
                SupportEdit::Change { .. } => {
                    insert(connection, place, SupportWhat::Changed, written)?
                }
                SupportEdit::Delete { .. } => {
                    let SupportVersion { state, content, .. } = &found.version;
                    insert(
                        connection,
                        place,
                        SupportWhat::Deleted,
                        Written { state, content, ..written },
                    )?
                }
            };
            let record = SupportRecord { version: version_of(version)?, ..found };
            audit::insert_with(connection, audit, || told(&record))?;
            Ok(WriteSupport::Done(record))
        })
    }
}

/// What is written as a version.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) state: &'a str,
    pub(super) content: &'a str,
    pub(super) reason: Option<&'a str>,
    pub(super) by: SupportBy<'a>,
    pub(super) once: Option<Once<'a>>,
}

impl Written<'_> {
    pub(super) fn checked(&self, asked: &'static str) -> Result<(), StoreError> {
        let Written { state, content, reason, by, once } = *self;
        texts_without_nul(
            asked,
            &[
                ("the state", state),
                ("the content", content),
                ("the reason", reason.unwrap_or_default()),
                ("the name of who writes", by.client),
                ("the issuer", by.issuer.unwrap_or_default()),
                ("the agency", by.agency.unwrap_or_default()),
                ("the key", once.map(|once| once.key).unwrap_or_default()),
                ("the request's hash", once.map(|once| once.request_hash).unwrap_or_default()),
            ],
        )
    }
}

/// Numbers in the database are never past its columns, from which they were read.
fn column(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

impl SupportRecord {
    /// Where its next version stands: its number, and that of the version.
    pub(super) fn next_version(&self) -> (i32, i32) {
        (column(self.sequence), column(self.version.version) + 1)
    }
}

/// A record without a version yet.
pub(super) fn insert_record(
    connection: &mut Connection,
    place: SupportPlace,
) -> Result<RecordRow, Failure> {
    let last: Option<i32> = support_record::table
        .select(diesel::dsl::max(support_record::sequence))
        .first(connection)?;
    let row = RecordRow {
        sequence: last.unwrap_or(0) + 1,
        id: SupportId::make().to_string(),
        kind: place.kind.code().to_owned(),
        cds: place.cds.map(|cds| cds.to_string()),
        county: place.county.map(|county| i16::from(county.number())),
    };
    diesel::insert_into(support_record::table).values(&row).execute(connection)?;
    seals::set(connection, Owner::SupportRecord, row.sequence)?;
    Ok(row)
}

fn insert(
    connection: &mut Connection,
    place: (i32, i32),
    what: SupportWhat,
    written: Written<'_>,
) -> Result<VersionRow, Failure> {
    let at = moments::next(connection)?;
    insert_at(connection, &at, place, what, written)
}

/// A version that is written at a moment.
pub(super) fn insert_at(
    connection: &mut Connection,
    at: &str,
    (record, version): (i32, i32),
    what: SupportWhat,
    Written { state, content, reason, by, once }: Written<'_>,
) -> Result<VersionRow, Failure> {
    let last: Option<i32> = support_version::table
        .select(diesel::dsl::max(support_version::sequence))
        .first(connection)?;
    let row = VersionRow {
        sequence: last.unwrap_or(0) + 1,
        record,
        version,
        what: what.code().to_owned(),
        state: state.to_owned(),
        content: content.to_owned(),
        reason: reason.map(str::to_owned),
        at: at.to_owned(),
        by_client: by.client.to_owned(),
        by_issuer: by.issuer.map(str::to_owned),
        by_agency: by.agency.map(str::to_owned),
        idempotency_key: once.map(|once| once.key.to_owned()),
        request_hash: once.map(|once| once.request_hash.to_owned()),
    };
    diesel::insert_into(support_version::table).values(&row).execute(connection)?;
    seals::set(connection, Owner::SupportVersion, row.sequence)?;
    Ok(row)
}

/// What came of the same caller's request by the same key, if there was one.
pub(super) fn asked_before(
    connection: &mut Connection,
    by: SupportBy<'_>,
    once: Option<Once<'_>>,
    since: Option<&str>,
) -> Result<Option<WriteSupport>, Failure> {
    let (Some(once), Some(since)) = (once, since) else { return Ok(None) };
    let before = support_version::table
        .inner_join(support_record::table)
        .filter(support_version::idempotency_key.eq(once.key))
        .filter(support_version::by_client.eq(by.client))
        .filter(support_version::at.gt(since))
        .order(support_version::sequence.desc())
        .select((RecordRow::as_select(), VersionRow::as_select()))
        .load::<(RecordRow, VersionRow)>(connection)?
        .into_iter()
        .find(|(_, version)| version.by_issuer.as_deref() == by.issuer);
    let Some((row, version)) = before else { return Ok(None) };
    let same = version.request_hash.as_deref() == Some(once.request_hash);
    let record = whole(connection, row, version)?;
    Ok(Some(if same { WriteSupport::Again(record) } else { WriteSupport::Otherwise(record) }))
}

/// The first record that is not in the version in which it must be.
fn rests_on_other(
    connection: &mut Connection,
    rests_on: &[(SupportId, u32)],
) -> Result<Option<WriteSupport>, Failure> {
    for (id, version) in rests_on {
        let found = newest(connection, *id)?;
        if found.is_deleted() || found.version.version != *version {
            return Ok(Some(WriteSupport::RestsOnOther(found)));
        }
    }
    Ok(None)
}

/// A change in words, for the audit.
fn told(record: &SupportRecord) -> String {
    let SupportRecord { kind, id, version, .. } = record;
    let because = version.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    match version.what {
        SupportWhat::Deleted => format!("{kind} {id} deleted{because}"),
        SupportWhat::Created | SupportWhat::Changed => {
            format!("{kind} {id} in version {}: {}{because}", version.version, version.state)
        }
    }
}
