//! `calsos withdraw`.

use std::io::Write;

use calsos_persistence::NewWithdrawal;
use serde::Serialize;

use super::determine::{MadeView, show};
use crate::app::Office;
use crate::app::withdraw::Withdrawn;
use crate::cli::{Format, Global, Withdraw};
use crate::error::AppError;
use crate::output::{no_csv, screen, write_json, write_ndjson};

/// What was said of a release, and the run that was made with it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    release: u32,
    file: String,
    withdrawn: bool,
    /// Absent where it was never withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_by: Option<String>,
    /// Whether that was said now.
    anew: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<MadeView>,
}

pub(super) fn run(office: &Office, global: &Global, asked: &Withdraw) -> Result<(), AppError> {
    if global.format == Format::Csv {
        return Err(no_csv("withdraw"));
    }
    let new = NewWithdrawal { withdrawn: !asked.undo, reason: &asked.reason };
    let Withdrawn { release, holds, anew, run } =
        office.withdraw(&asked.release, new, &asked.by)?;
    let mut out = screen();
    if global.format != Format::Table {
        let (reason, (set_at, set_by)) = match holds {
            Some(said) => (Some(said.reason), (Some(said.set_at), Some(said.set_by))),
            None => (None, (None, None)),
        };
        let view = View {
            release: release.number.0,
            file: release.file_name,
            withdrawn: new.withdrawn,
            reason,
            set_at,
            set_by,
            anew,
            run: run.map(MadeView::of),
        };
        return match global.format {
            Format::Ndjson => write_ndjson(&mut *out, &[view]),
            _ => write_json(&mut *out, &view),
        };
    }
    let year = release.year.map(|year| format!(" {year}")).unwrap_or_default();
    let which = format!(
        "release {} ({}, {}{year})",
        release.number,
        release.file_name,
        release.kind.code()
    );
    let reason = holds.map(|said| format!(": {}", said.reason)).unwrap_or_default();
    match (anew, new.withdrawn) {
        (true, true) => writeln!(out, "{which} is withdrawn{reason}")?,
        (true, false) => writeln!(out, "{which} is reinstated{reason}")?,
        (false, true) => writeln!(out, "{which} is withdrawn already{reason}; nothing changed")?,
        (false, false) => writeln!(out, "{which} is not withdrawn; nothing changed")?,
    }
    match run {
        Some(run) => show(&mut *out, office, &run),
        None => Ok(()),
    }
}
