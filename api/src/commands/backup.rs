//! `calsos backup` and `calsos restore`.

use std::io::Write as _;

use calsos_persistence::Copied;
use serde::Serialize;

use crate::app;
use crate::cli::{CopyAsked, Format, Global};
use crate::error::AppError;
use crate::output::{no_csv, screen, write_json, write_ndjson};

/// What was copied.
#[derive(Serialize)]
struct CopiedView<'a> {
    file: &'a str,
    bytes: u64,
    releases: u64,
    runs: u64,
}

pub(super) fn backup(global: &Global, asked: &CopyAsked) -> Result<(), AppError> {
    let address = app::address(global.database.as_deref())?;
    let copied = calsos_persistence::backup(&address, &asked.file, asked.replace)?;
    show(global, asked, "backup", "Copied to", copied)
}

pub(super) fn restore(global: &Global, asked: &CopyAsked) -> Result<(), AppError> {
    let address = app::address(global.database.as_deref())?;
    let copied = calsos_persistence::restore(&address, &asked.file, asked.replace)?;
    show(global, asked, "restore", "Restored from", copied)
}

fn show(
    global: &Global,
    asked: &CopyAsked,
    command: &str,
    words: &str,
    copied: Copied,
) -> Result<(), AppError> {
    let Copied { bytes, releases, runs } = copied;
    let file = asked.file.display().to_string();
    let view = CopiedView { file: &file, bytes, releases, runs };
    let mut out = screen();
    match global.format {
        Format::Table => {
            writeln!(out, "{words} {file}: {releases} releases, {runs} runs, {bytes} bytes")?;
            Ok(out.flush()?)
        }
        Format::Json => write_json(&mut *out, &view),
        Format::Ndjson => write_ndjson(&mut *out, &[view]),
        Format::Csv | Format::Xlsx => Err(no_csv(command)),
    }
}
