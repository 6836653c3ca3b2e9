//! The federal ids of LEAs by the table that an operator keeps.

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::{Cited, ReleaseNumber};
use calsos_domain::operator::NcesIdRow;
use calsos_domain::release::{ReleaseKind, Rows};

use super::Office;
use super::held::Held;
use super::standing::stands_beside;
use crate::error::AppError;

/// The number of the newest table of federal ids that stands beside a run: it alone counts.
pub(crate) fn newest_table(held: &Held) -> Option<ReleaseNumber> {
    let tables = held.releases.iter().filter(|release| release.kind == ReleaseKind::NcesIds);
    let tables = tables.filter(|table| stands_beside(table, &held.run));
    tables.map(|table| table.number).max()
}

impl Office {
    /// The ids that a table has.
    pub(crate) fn federal_ids(
        &self,
        table: Option<ReleaseNumber>,
    ) -> Result<BTreeMap<CdsCode, Cited<NcesIdRow>>, AppError> {
        let Some(release) = table else { return Ok(BTreeMap::new()) };
        let Rows::NcesIds(rows) = self.store.release_contents(release)?.rows else {
            return Ok(BTreeMap::new());
        };
        let cited = |row: NcesIdRow| (row.cds, Cited { release, row: row.row, value: row });
        Ok(rows.into_iter().map(cited).collect())
    }
}
