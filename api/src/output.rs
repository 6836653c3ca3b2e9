//! How results leave the program: as a table for people, as JSON, CSV or lines of JSON.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement};
use serde::Serialize;

use crate::app::disk;
use crate::cli::Format;
use crate::error::AppError;

/// A table of texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(header: &[&str]) -> Table {
        Table { header: header.iter().map(|h| (*h).to_owned()).collect(), rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = String>) {
        self.rows.push(row.into_iter().collect());
    }
}

/// Where output goes: colours are left out where it is no terminal.
pub(crate) fn screen() -> Box<dyn Write> {
    Box::new(BufWriter::new(anstream::stdout().lock()))
}

/// A file, or the screen where none is named.
pub(crate) fn file_or_screen(out: Option<&Path>) -> Result<Box<dyn Write>, AppError> {
    match out {
        None => Ok(screen()),
        Some(path) => {
            let file = File::create(path).map_err(|cause| disk("writing", path, cause))?;
            Ok(Box::new(BufWriter::new(file)))
        }
    }
}

/// Writes a file whole or not at all: beside its place first, and then moved there.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let failed = |cause| disk("writing", path, cause);
    let place: PathBuf = match fs::metadata(path) {
        // Of a link, the file that it leads to is replaced.
        Ok(about) if about.is_file() => fs::canonicalize(path).map_err(failed)?,
        Ok(_) => {
            let cause = io::Error::other("it is there and no regular file; name another");
            return Err(failed(cause));
        }
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(cause) => return Err(failed(cause)),
    };
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let beside = place.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let mut file = File::create_new(&beside).map_err(failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.and_then(|()| fs::rename(&beside, &place)).map_err(|cause| {
        // The first failure is the one to tell.
        let _ = fs::remove_file(&beside);
        failed(cause)
    })
}

/// Writes a table in a format of texts.
pub(crate) fn write_table(
    out: &mut dyn Write,
    table: &Table,
    format: Format,
) -> Result<(), AppError> {
    match format {
        Format::Table => write_aligned(out, table)?,
        Format::Csv => {
            write_csv(out, std::slice::from_ref(&table.header))?;
            write_csv(out, &table.rows)?;
        }
        Format::Json => write_json(out, &objects(&table.header, &table.rows))?,
        Format::Ndjson => write_ndjson(out, &objects(&table.header, &table.rows))?,
        Format::Xlsx => return Err(no_workbook()),
    }
    out.flush()?;
    Ok(())
}

/// The rows as objects with the header's names, in the header's order.
pub(crate) fn objects(
    header: &[String],
    rows: &[Vec<String>],
) -> Vec<serde_json::Map<String, serde_json::Value>> {
    rows.iter()
        .map(|row| {
            header
                .iter()
                .zip(row)
                .map(|(name, value)| (name.clone(), serde_json::Value::String(value.clone())))
                .collect()
        })
        .collect()
}

/// Writes rows as CSV.
pub(crate) fn write_csv(out: &mut dyn Write, rows: &[Vec<String>]) -> Result<(), AppError> {
    let mut writer = csv::Writer::from_writer(out);
    for row in rows {
        writer.write_record(row)?;
    }
    writer.flush()?;
    Ok(())
}

/// What a command says that has no table to write as CSV.
pub(crate) fn no_csv(command: &str) -> AppError {
    AppError::Usage(format!(
        "`calsos {command}` has no CSV form; use --format table, json or ndjson"
    ))
}

/// What a command says that makes no workbook.
pub(crate) fn no_workbook() -> AppError {
    AppError::Usage(
        "this command has no XLSX form; `calsos list`, `calsos export` and `calsos reconcile` have \
         one. Use --format table, json, csv or ndjson"
            .to_owned(),
    )
}

/// Writes one JSON document, indented.
pub(crate) fn write_json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), AppError> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// Writes one JSON object a line.
pub(crate) fn write_ndjson<T: Serialize>(
    out: &mut dyn Write,
    values: &[T],
) -> Result<(), AppError> {
    for value in values {
        serde_json::to_writer(&mut *out, value)?;
        writeln!(out)?;
    }
    out.flush()?;
    Ok(())
}

fn write_aligned(out: &mut dyn Write, table: &Table) -> Result<(), AppError> {
    let mut aligned = comfy_table::Table::new();
    aligned.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    aligned.set_header(&table.header);
    for row in &table.rows {
        aligned.add_row(row);
    }
    for (position, column) in aligned.column_iter_mut().enumerate() {
        let numbers = |row: &Vec<String>| {
            row.get(position).is_none_or(|text| text.bytes().all(|b| b.is_ascii_digit()))
        };
        let code = |row: &Vec<String>| row.get(position).is_some_and(|text| text.len() > 7);
        if table.rows.iter().all(numbers) && !table.rows.iter().any(code) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in aligned.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
