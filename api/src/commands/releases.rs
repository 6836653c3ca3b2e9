//! `calsos releases`.

use calsos_persistence::PublicAt;

use crate::app::Office;
use crate::app::release_states::{coverage_words, states};
use crate::cli::Global;
use crate::error::AppError;
use crate::output::{Table, screen, write_table};

pub(super) fn run(office: &Office, global: &Global) -> Result<(), AppError> {
    let records = office.store.releases()?;
    let states = states(&records);
    let mut table = Table::new(&[
        "release",
        "kind",
        "year",
        "dated",
        "file",
        "rows",
        "coverage",
        "imported",
        "by",
        "sha256",
        "state",
        "public from",
        "beside others",
        "withdrawn because",
    ]);
    let moments = office.moments(&records)?;
    for record in records {
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
            states.get(&record.number).cloned().unwrap_or_default(),
            words(moments.of_release(record.number)),
            record.beside.map(|beside| beside.code().to_owned()).unwrap_or_default(),
            record
                .withdrawal
                .filter(|said| said.withdrawn)
                .map(|said| said.reason)
                .unwrap_or_default(),
        ]);
    }
    write_table(&mut *screen(), &table, global.format)
}

/// From when something is public, in words.
pub(super) fn words(public: PublicAt) -> String {
    match public {
        PublicAt::From(moment) => moment.to_string(),
        PublicAt::Closed => "closed".to_owned(),
    }
}
