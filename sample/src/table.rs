//! A table on its way into a file: as text, or as a workbook.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};

use crate::SampleError;

/// The form of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Text, as the state publishes it.
    Text,
    /// A workbook.
    Xlsx,
}

/// The cells of one row. Texts and numbers are told apart for the sake of workbooks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    text: String,
    /// Where each cell ends, and whether it is a number.
    ends: Vec<(usize, bool)>,
}

impl Record {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(crate) fn blank(&mut self) {
        self.ends.push((self.text.len(), false));
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push((self.text.len(), false));
    }

    pub(crate) fn number(&mut self, number: impl std::fmt::Display) {
        use std::fmt::Write;
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{number}");
        self.ends.push((self.text.len(), true));
    }

    fn cells(&self) -> impl Iterator<Item = (&str, bool)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        starts
            .zip(&self.ends)
            .map(|(start, (end, number))| (self.text.get(start..*end).unwrap_or(""), *number))
    }
}

/// What is around a table's rows.
#[derive(Clone, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) header: &'a [String],
    pub(crate) titles: &'a [String],
    pub(crate) sheet: &'a str,
    /// Sheets before the table, by name, each with its lines.
    pub(crate) before: Vec<(String, Vec<String>)>,
    /// What separates cells in the text form.
    pub(crate) delimiter: char,
    /// Whether cells are quoted in the text form where they must be.
    pub(crate) quoted: bool,
}

impl<'a> Frame<'a> {
    /// A table without anything around it, tab-delimited as text.
    pub(crate) fn plain(header: &'a [String]) -> Frame<'a> {
        Frame {
            header,
            titles: &[],
            sheet: "Sheet1",
            before: Vec::new(),
            delimiter: '\t',
            quoted: false,
        }
    }
}

/// Writes a table: `rows` is called once with what takes one row after the other.
pub(crate) fn write(
    form: Form,
    frame: &Frame<'_>,
    rows: impl FnOnce(&mut dyn FnMut(&Record) -> Result<(), SampleError>) -> Result<(), SampleError>,
) -> Result<Vec<u8>, SampleError> {
    match form {
        Form::Text => {
            let mut text = String::new();
            for title in frame.titles {
                push_line(&mut text, frame, std::iter::once(title.as_str()));
            }
            push_line(&mut text, frame, frame.header.iter().map(String::as_str));
            rows(&mut |record| {
                push_line(&mut text, frame, record.cells().map(|(cell, _)| cell));
                Ok(())
            })?;
            Ok(text.into_bytes())
        }
        Form::Xlsx => {
            let mut book = Workbook::new();
            // Without a fixed moment the library would write the present one.
            let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
            book.set_properties(&DocProperties::new().set_creation_datetime(&made));
            for (name, lines) in &frame.before {
                let sheet = book.add_worksheet_with_constant_memory()?;
                sheet.set_name(name)?;
                for (row, line) in (0..).zip(lines) {
                    sheet.write_string(row, 0, line)?;
                }
            }
            let sheet = book.add_worksheet_with_constant_memory()?;
            sheet.set_name(frame.sheet)?;
            let mut row = 0;
            for title in frame.titles {
                sheet.write_string(row, 0, title)?;
                row += 1;
            }
            for (column, name) in (0..).zip(frame.header) {
                sheet.write_string(row, column, name)?;
            }
            rows(&mut |record| {
                row += 1;
                write_record(sheet, row, record)
            })?;
            Ok(book.save_to_buffer()?)
        }
    }
}

fn write_record(sheet: &mut Worksheet, row: u32, record: &Record) -> Result<(), SampleError> {
    for (column, (cell, number)) in (0..).zip(record.cells()) {
        if cell.is_empty() {
            continue;
        }
        match cell.parse::<f64>() {
            Ok(value) if number => sheet.write_number(row, column, value)?,
            _ => sheet.write_string(row, column, cell)?,
        };
    }
    Ok(())
}

fn push_line<'c>(text: &mut String, frame: &Frame<'_>, cells: impl Iterator<Item = &'c str>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(frame.delimiter);
        }
        let must = frame.quoted && cell.contains([frame.delimiter, '"', '\n']);
        if must {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push('\n');
}
