//! Where charter schools are located, and which counties each lead agency has: from the
//! tables that an operator keeps; and who is referred to the Collaborative, from the record.

use std::collections::BTreeMap;
use std::sync::Arc;

use calsos_domain::cds::CountyCode;
use calsos_domain::facts::Cited;
use calsos_domain::operator::GeographicLeadRow;
use calsos_domain::release::{ReleaseContents, ReleaseKind, Rows};
use calsos_domain::year::Day;
use calsos_persistence::ReleaseRecord;
use jiff::Timestamp;

use super::Office;
use super::moments::today;
use crate::auth::reach::Territory;
use crate::error::AppError;

/// The lead agencies that a county has or had, by their first days.
pub(crate) type Leads = Arc<Vec<Cited<GeographicLeadRow>>>;

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
            if let Some(newest) = newest(kind, releases) {
                take(&mut territory, self.store.release_contents(newest.number)?, today);
            }
        }
        territory.referred = self.referred()?;
        Ok(territory)
    }

    /// The lead agencies of every county, by the table in force among releases.
    pub(crate) fn geographic_leads(
        &self,
        releases: &[ReleaseRecord],
    ) -> Result<BTreeMap<CountyCode, Leads>, AppError> {
        let mut leads: BTreeMap<CountyCode, Vec<Cited<GeographicLeadRow>>> = BTreeMap::new();
        if let Some(table) = newest(ReleaseKind::GeographicLeads, releases)
            && let Rows::GeographicLeads(rows) = self.store.release_contents(table.number)?.rows
        {
            for value in rows {
                let (release, row) = (table.number, value.row);
                leads.entry(value.county).or_default().push(Cited { value, release, row });
            }
        }
        leads.values_mut().for_each(|rows| rows.sort_by_key(|lead| (lead.value.held, lead.row)));
        Ok(leads.into_iter().map(|(county, rows)| (county, Arc::new(rows))).collect())
    }
}

/// The newest table of a kind: such a table is always the whole of it.
fn newest(kind: ReleaseKind, releases: &[ReleaseRecord]) -> Option<&ReleaseRecord> {
    let tables = releases.iter().filter(|release| release.kind == kind);
    tables.max_by_key(|table| (table.file_date, table.number))
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
