//! Where charter schools are located, and which counties each lead agency has: from the
//! tables that an operator keeps; and who is referred to the Collaborative, from the record.

use std::collections::BTreeMap;

use calsos_domain::release::{ReleaseContents, ReleaseKind, Rows};
use calsos_domain::year::Day;
use calsos_persistence::ReleaseRecord;
use jiff::Timestamp;

use super::Office;
use super::moments::today;
use crate::auth::reach::Territory;
use crate::error::AppError;

impl Office {
    /// The tables in force among releases, as they are today.
    pub(crate) fn territory(
        &self,
        releases: &[ReleaseRecord],
        now: Timestamp,
    ) -> Result<Territory, AppError> {
        let mut territory = Territory::default();
        let Some(today) = today(now) else { return Ok(territory) };
        for kind in [ReleaseKind::CharterLocations, ReleaseKind::GeographicLeads] {
            let tables = releases.iter().filter(|release| release.kind == kind);
            // Such a table is always the whole of it.
            if let Some(newest) = tables.max_by_key(|table| (table.file_date, table.number)) {
                take(&mut territory, self.store.release_contents(newest.number)?, today);
            }
        }
        territory.referred = self.referred()?;
        Ok(territory)
    }
}

fn take(territory: &mut Territory, contents: ReleaseContents, today: Day) {
    match contents.rows {
        Rows::CharterLocations(rows) => {
            let rows = rows.into_iter().filter(|row| row.held.includes(today));
            territory.located = rows.map(|row| (row.cds, row.county)).collect::<BTreeMap<_, _>>();
        }
        Rows::GeographicLeads(rows) => {
            for row in rows.into_iter().filter(|row| row.held.includes(today)) {
                territory.leads.entry(row.agency).or_default().insert(row.county);
            }
        }
        _ => {}
    }
}
