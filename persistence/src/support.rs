//! The record of support: what people decided and did after a determination, such as a referral
//! or an engagement. Each record is a row of versions that is only ever added to; the newest one
//! holds, and a deletion is one, too. What a version says is its content, JSON that this crate
//! does not read.

mod read;
mod set;
mod write;

use calsos_domain::cds::{CdsCode, CountyCode};
use diesel::prelude::*;

pub use read::SupportFilter;
pub use set::{SupportSet, SupportStep, WriteSupports};
pub use write::{NewSupport, SupportBy, SupportChange, SupportEdit, SupportPlace, WriteSupport};

use crate::error::StoreError;
use crate::ids::SupportId;
use crate::schema::{support_record, support_version};
use crate::stored::At;
use crate::words::words;

words! {
    /// What a record of support is.
    SupportKind {
        /// The level of support that an LEA is in, by somebody's decision.
        Assignment "assignment",
        /// A referral to the California Collaborative for Educational Excellence.
        Referral "referral",
        /// A state intervention.
        Intervention "intervention",
        /// What is done for an LEA in differentiated assistance.
        Engagement "engagement",
        /// The steps of a typical year that a county office has instead of those that come with
        /// the program.
        EngagementTemplate "engagementTemplate",
        /// An LEA's own request for help.
        Request "request",
        /// A service that a provider offers.
        Service "service",
        /// A template of texts or steps that an agency keeps for its own.
        Template "template",
        /// The template by which a county office writes a kind of communication.
        CommunicationTemplate "communicationTemplate",
    }
}

words! {
    /// What made a version.
    SupportWhat {
        /// The record was made.
        Created "created",
        /// It was changed.
        Changed "changed",
        /// It was deleted, as something that should not have been written.
        Deleted "deleted",
    }
}

/// A record of support, by one of its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportRecord {
    /// Its number: 1, 2, 3, … over all kinds, in the order in which records were made.
    pub sequence: u32,
    /// Its id.
    pub id: SupportId,
    /// What it is.
    pub kind: SupportKind,
    /// The LEA that it is about.
    pub cds: Option<CdsCode>,
    /// The county that it is about.
    pub county: Option<CountyCode>,
    /// When it was made: UTC, RFC 3339 with six decimals, so that texts sort by time.
    pub made_at: String,
    /// The version: the newest one, or that of a moment.
    pub version: SupportVersion,
}

impl SupportRecord {
    /// Whether it was deleted.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.version.what == SupportWhat::Deleted
    }
}

/// A version of a record of support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupportVersion {
    /// Its number: 1, 2, 3, … over all records, in the order in which they were written.
    pub sequence: u32,
    /// Its number within its record: 1, 2, 3, …
    pub version: u32,
    /// What made it.
    pub what: SupportWhat,
    /// The state of the record, as a word of its kind.
    pub state: String,
    /// What it says, as JSON. That of a deletion is what was said last.
    pub content: String,
    /// Why it was written.
    pub reason: Option<String>,
    /// When it was written: UTC, RFC 3339 with six decimals, so that texts sort by time.
    pub at: String,
    /// By whom it was written.
    pub by_client: String,
    /// By whose word that is who wrote it.
    pub by_issuer: Option<String>,
    /// For which agency.
    pub by_agency: Option<String>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = support_record, treat_none_as_default_value = false)]
struct RecordRow {
    sequence: i32,
    id: String,
    kind: String,
    cds: Option<String>,
    county: Option<i16>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = support_version, treat_none_as_default_value = false)]
struct VersionRow {
    sequence: i32,
    record: i32,
    version: i32,
    what: String,
    state: String,
    content: String,
    reason: Option<String>,
    at: String,
    by_client: String,
    by_issuer: Option<String>,
    by_agency: Option<String>,
    idempotency_key: Option<String>,
    request_hash: Option<String>,
}

fn record_of(
    row: RecordRow,
    made_at: String,
    version: VersionRow,
) -> Result<SupportRecord, StoreError> {
    let RecordRow { sequence, id, kind, cds, county } = row;
    let at = At { table: "support_record", row: &sequence };
    Ok(SupportRecord {
        sequence: at.number("sequence", sequence)?,
        id: at.value("id", &id, SupportId::parse(&id))?,
        kind: at.value("kind", &kind, SupportKind::parse(&kind))?,
        cds: cds.map(|cds| at.cds("cds", &cds)).transpose()?,
        county: county.map(|county| at.county("county", county)).transpose()?,
        made_at,
        version: version_of(version)?,
    })
}

fn version_of(row: VersionRow) -> Result<SupportVersion, StoreError> {
    let at = At { table: "support_version", row: &row.sequence };
    Ok(SupportVersion {
        sequence: at.number("sequence", row.sequence)?,
        version: at.number("version", row.version)?,
        what: at.value("what", &row.what, SupportWhat::parse(&row.what))?,
        state: row.state,
        content: row.content,
        reason: row.reason,
        at: row.at,
        by_client: row.by_client,
        by_issuer: row.by_issuer,
        by_agency: row.by_agency,
    })
}
