//! `calsos determine`.

use std::collections::BTreeMap;
use std::io::Write;

use calsos_persistence::RunRecord;
use serde::Serialize;

use crate::app::Office;
use crate::cli::{Determine, Format, Global, Status};
use crate::error::AppError;
use crate::output::{Table, no_csv, screen, write_json, write_ndjson, write_table};

/// A run that was made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MadeView {
    run: String,
    number: u32,
    made_at: String,
    made_by: String,
    releases: Vec<u32>,
    editions: BTreeMap<String, String>,
    answers: u64,
}

impl MadeView {
    pub(super) fn of(record: RunRecord) -> MadeView {
        MadeView {
            run: record.id.to_string(),
            number: record.number,
            made_at: record.made_at,
            made_by: record.by,
            releases: record.releases.iter().map(|r| r.0).collect(),
            editions: record.editions.into_iter().map(|e| (e.year.to_string(), e.hash)).collect(),
            answers: record.answer_count,
        }
    }
}

pub(super) fn run(office: &Office, global: &Global, asked: &Determine) -> Result<(), AppError> {
    if global.format == Format::Csv {
        return Err(no_csv("determine"));
    }
    let record = office.determine(&asked.by)?;
    let mut out = screen();
    if global.format != Format::Table {
        let view = MadeView::of(record);
        return match global.format {
            Format::Ndjson => write_ndjson(&mut *out, &[view]),
            _ => write_json(&mut *out, &view),
        };
    }
    show(&mut *out, office, &record)
}

/// What is counted of a year.
const COLUMNS: [Status; 4] =
    [Status::Differentiated, Status::General, Status::NotKnown, Status::NotJudged];

/// Shows a run that was made, and counts its answers.
pub(super) fn show(
    out: &mut dyn Write,
    office: &Office,
    record: &RunRecord,
) -> Result<(), AppError> {
    writeln!(
        out,
        "Run {} ({}): {} answers from {} releases, by {} editions of the rules",
        record.number,
        record.id,
        record.answer_count,
        record.releases.len(),
        record.editions.len()
    )?;
    let mut table =
        Table::new(&["year", "LEAs", "differentiated", "general", "not known", "not judged"]);
    for (year, counts) in office.count_statuses(record)? {
        let mut row = vec![year.to_string(), counts.values().sum::<usize>().to_string()];
        row.extend(COLUMNS.iter().map(|status| counts.get(status).unwrap_or(&0).to_string()));
        table.push(row);
    }
    write_table(out, &table, Format::Table)
}
