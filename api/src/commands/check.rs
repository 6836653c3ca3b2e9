//! `calsos check`.

use std::io::{IsTerminal as _, Write as _};

use crate::app::Office;
use crate::cli::{Check, Format, Global};
use crate::error::AppError;
use crate::output::{Table, screen, write_json, write_table};

pub(super) fn run(office: &Office, global: &Global, asked: &Check) -> Result<(), AppError> {
    let shown = std::io::stderr().is_terminal();
    let checked = office.check(asked.run.as_deref(), &mut |step| {
        if shown {
            // Whoever looks on needs no progress that cannot be written.
            let _ = writeln!(std::io::stderr(), "{step}");
        }
    })?;
    let mut out = screen();
    match global.format {
        Format::Json => write_json(&mut *out, &checked)?,
        format => {
            let mut table = Table::new(&["table", "row", "found"]);
            for found in &checked.findings {
                table.push([found.table.clone(), found.row.clone(), found.problem.clone()]);
            }
            if format != Format::Table || !checked.findings.is_empty() {
                write_table(&mut *out, &table, format)?;
            }
            if format == Format::Table {
                for note in &checked.notes {
                    writeln!(out, "Note: {note}")?;
                }
                let words = if checked.findings.is_empty() { "all as stored" } else { "not sound" };
                writeln!(
                    out,
                    "{}, {} and {} were checked: {words}",
                    counted(checked.releases, "release"),
                    counted(checked.runs, "run"),
                    counted(checked.answers, "answer")
                )?;
            }
        }
    }
    out.flush()?;
    drop(out);
    match checked.findings.len() {
        0 => Ok(()),
        findings => Err(AppError::Damaged(findings)),
    }
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
