//! `calsos releases`.

use std::collections::BTreeMap;

use crate::app::Office;
use crate::cli::Global;
use crate::error::AppError;
use crate::output::{Table, screen, write_table};

pub(super) fn run(office: &Office, global: &Global) -> Result<(), AppError> {
    let mut out_of_force: BTreeMap<u32, String> = BTreeMap::new();
    for superseded in office.superseded()? {
        let how = if superseded.wholly { "superseded by" } else { "superseded in part by" };
        out_of_force.insert(superseded.superseded.0, format!("{how} {}", superseded.in_force));
    }
    let mut table = Table::new(&[
        "release", "kind", "year", "dated", "file", "rows", "coverage", "imported", "by", "sha256",
        "state",
    ]);
    for record in office.store.releases()? {
        let coverage = if record.coverage.statewide {
            "statewide".to_owned()
        } else {
            let counties: Vec<String> =
                record.coverage.counties.iter().map(ToString::to_string).collect();
            format!("counties {}", counties.join(" "))
        };
        let state = out_of_force.get(&record.number.0).cloned();
        table.push([
            record.number.to_string(),
            record.kind.code(),
            record.year.map(|y| y.to_string()).unwrap_or_default(),
            record.file_date.map(|d| d.to_string()).unwrap_or_default(),
            record.file_name.clone(),
            record.rows_kept.to_string(),
            coverage,
            record.imported_at.clone(),
            record.imported_by.clone(),
            record.sha256.clone(),
            state.unwrap_or("in force".to_owned()),
        ]);
    }
    write_table(&mut *screen(), &table, global.format)
}
