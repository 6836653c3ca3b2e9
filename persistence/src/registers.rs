//! What the directories and the operator's tables say of one LEA.

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::ReleaseHead;
use calsos_domain::register::{Register, Registers};
use calsos_domain::release::{ReleaseContents, ReleaseKind};
use diesel::prelude::*;

use crate::error::StoreError;
use crate::releases::{ReleaseRecord, read_record};
use crate::rows;
use crate::schema::release;
use crate::store::Store;
use crate::stored::At;

/// Whether releases of a kind are about LEAs besides their results.
fn is_of_registers(kind: ReleaseKind) -> bool {
    matches!(
        kind,
        ReleaseKind::Directory
            | ReleaseKind::GeographicLeads
            | ReleaseKind::CharterLocations
            | ReleaseKind::NcesIds
    )
}

impl Store {
    /// What is known of the LEA with this code besides its results: its entries in the
    /// directories, its location, its geographic lead agency and its federal ids, from the
    /// newest tables. What holds on which day is asked of the [`Register`]. A code that
    /// nothing names has an empty one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn lea_register(&self, cds: CdsCode) -> Result<Register, StoreError> {
        self.read("reading what is known of an LEA", |connection| {
            let releases: Vec<(i32, String)> = release::table
                .select((release::number, release::kind))
                .order(release::number)
                .load(connection)?;
            let mut found = Vec::new();
            for (number, kind) in releases {
                let kind = At { table: "release", row: &number }.kind("kind", &kind)?;
                if !is_of_registers(kind) {
                    continue;
                }
                let (record, _) =
                    read_record(connection, number)?.ok_or(diesel::result::Error::NotFound)?;
                let ReleaseRecord { number: release, year, file_date, coverage, beside, .. } =
                    record;
                let rows = rows::load(connection, number, kind, Some(cds))?;
                let head = ReleaseHead {
                    number: release,
                    kind,
                    year,
                    file_date,
                    coverage: coverage.clone(),
                    beside,
                };
                let leas = Vec::new();
                found.push((head, ReleaseContents { kind, year, file_date, coverage, leas, rows }));
            }
            Ok(Registers::read(&found).of(cds))
        })
    }
}
