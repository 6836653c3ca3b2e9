//! `calsos releases`.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CountyCode;
use calsos_domain::release::Coverage;

use crate::app::Office;
use crate::cli::Global;
use crate::error::AppError;
use crate::output::{Table, screen, write_table};

pub(super) fn run(office: &Office, global: &Global) -> Result<(), AppError> {
    // Where one release takes its place wholly and others for some counties, the first says
    // that nothing of it is in force.
    let mut out_of_force: BTreeMap<u32, (bool, String)> = BTreeMap::new();
    for superseded in office.superseded()? {
        let how = if superseded.wholly { "superseded by" } else { "superseded in part by" };
        let state = (superseded.wholly, format!("{how} {}", superseded.in_force));
        match out_of_force.get(&superseded.superseded.0) {
            Some((true, _)) if !superseded.wholly => {}
            _ => {
                out_of_force.insert(superseded.superseded.0, state);
            }
        }
    }
    let mut table = Table::new(&[
        "release", "kind", "year", "dated", "file", "rows", "coverage", "imported", "by", "sha256",
        "state",
    ]);
    for record in office.store.releases()? {
        let state = out_of_force.get(&record.number.0).map(|(_, state)| state.clone());
        table.push([
            record.number.to_string(),
            record.kind.code(),
            record.year.map(|y| y.to_string()).unwrap_or_default(),
            record.file_date.map(|d| d.to_string()).unwrap_or_default(),
            record.file_name.clone(),
            record.rows_kept.to_string(),
            coverage_words(&record.coverage),
            record.imported_at.clone(),
            record.imported_by.clone(),
            record.sha256.clone(),
            state.unwrap_or("in force".to_owned()),
        ]);
    }
    write_table(&mut *screen(), &table, global.format)
}

/// Which LEAs a release speaks about: charters are covered apart, since not every file of a
/// county has them.
fn coverage_words(coverage: &Coverage) -> String {
    let Coverage { statewide, counties, charter_counties } = coverage;
    let named = |what: &str, counties: &BTreeSet<CountyCode>| {
        let counties: Vec<String> = counties.iter().map(ToString::to_string).collect();
        format!("{what} {}", counties.join(" "))
    };
    if *statewide {
        "statewide".to_owned()
    } else if counties.is_empty() {
        named("charters of counties", charter_counties)
    } else if charter_counties.is_empty() || charter_counties == counties {
        named("counties", counties)
    } else {
        format!("{}, {}", named("counties", counties), named("charters of", charter_counties))
    }
}
