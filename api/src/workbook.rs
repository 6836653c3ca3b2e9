//! Results as an Excel workbook: codes stay texts, each header stays in sight, and a last
//! sheet says where the workbook comes from.

use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, IgnoreError, Workbook, Worksheet};

use crate::app::origin::Origin;
use crate::error::AppError;
use crate::output::{Table, write_whole};

/// The name of the sheet that says where the workbook comes from.
const ABOUT: &str = "About";

/// Widths of columns, in characters: what is longer is cut in sight, not in the cell.
const NARROWEST: usize = 8;
const WIDEST: usize = 60;

/// A table as a sheet.
pub(crate) struct Sheet<'a> {
    pub(crate) name: String,
    pub(crate) table: &'a Table,
    /// Columns whose cells are numbers; every other cell is a text, so that no code loses
    /// its first zero and no text is taken for a formula.
    pub(crate) numbers: &'a [&'a str],
}

/// The file of a workbook: it is no text, so that it goes to no screen.
pub(crate) fn workbook_file(out: Option<&Path>) -> Result<&Path, AppError> {
    out.ok_or_else(|| {
        AppError::Usage(
            "a workbook cannot be shown on a screen; name a file for it, such as --out list.xlsx"
                .to_owned(),
        )
    })
}

/// Writes a workbook, whole or not at all.
pub(crate) fn write_workbook(
    path: &Path,
    sheets: &[Sheet<'_>],
    origin: &Origin,
) -> Result<(), AppError> {
    write_whole(path, &workbook_bytes(sheets, origin)?)
}

/// A workbook. The same sheets and origin give the same bytes.
pub(crate) fn workbook_bytes(sheets: &[Sheet<'_>], origin: &Origin) -> Result<Vec<u8>, AppError> {
    let mut book = Workbook::new();
    // To the second: readers of the property expect no fraction of it.
    let second = origin.made_at.split('.').next().unwrap_or_default();
    let made_at = ExcelDateTime::parse_from_str(second)?;
    book.set_properties(&DocProperties::new().set_author("calsos").set_creation_datetime(&made_at));
    for sheet in sheets {
        add_sheet(book.add_worksheet(), sheet)?;
    }
    add_about(book.add_worksheet(), origin)?;
    Ok(book.save_to_buffer()?)
}

fn bold() -> Format {
    Format::new().set_bold()
}

/// What is typed into such a cell stays a text.
fn text() -> Format {
    Format::new().set_num_format("@")
}

fn add_sheet(sheet: &mut Worksheet, what: &Sheet<'_>) -> Result<(), AppError> {
    let Sheet { name, table, numbers } = what;
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    let (bold, text) = (bold(), text());
    for (column, title) in (0..).zip(&table.header) {
        sheet.write_string_with_format(0, column, title, &bold)?;
        let is_number = numbers.contains(&title.as_str());
        for (row, cells) in (1..).zip(&table.rows) {
            let Some(cell) = cells.get(usize::from(column)).filter(|cell| !cell.is_empty()) else {
                continue;
            };
            match cell.parse::<u32>() {
                Ok(number) if is_number => sheet.write_number(row, column, number)?,
                _ => sheet.write_string_with_format(row, column, cell, &text)?,
            };
        }
    }
    set_widths(sheet, &[table])?;
    let last_column = u16::try_from(table.header.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let last_row = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    if last_row > 0 {
        sheet.autofilter(0, 0, last_row, last_column)?;
        // A code is a text on purpose: no green corner at every one of them.
        sheet.ignore_error_range(1, 0, last_row, last_column, IgnoreError::NumberStoredAsText)?;
    }
    Ok(())
}

fn add_about(sheet: &mut Worksheet, origin: &Origin) -> Result<(), AppError> {
    sheet.set_name(ABOUT)?;
    let bold = bold();
    let mut row = 0;
    for (title, table) in &origin.tables {
        sheet.write_string_with_format(row, 0, title, &bold)?;
        row += 1;
        for (column, name) in (0..).zip(&table.header) {
            sheet.write_string_with_format(row, column, name, &bold)?;
        }
        for cells in &table.rows {
            row += 1;
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(row, column, cell)?;
            }
        }
        row += 2;
    }
    let tables: Vec<&Table> = origin.tables.iter().map(|(_, table)| table).collect();
    set_widths(sheet, &tables)
}

/// Makes each column as wide as its longest text, within limits.
fn set_widths(sheet: &mut Worksheet, tables: &[&Table]) -> Result<(), AppError> {
    let columns = tables.iter().map(|table| table.header.len()).max().unwrap_or(0);
    for (at, column) in (0..columns).zip(0..) {
        let cells = tables.iter().flat_map(|t| std::iter::once(&t.header).chain(&t.rows));
        let longest = cells.filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
        let width = (longest.unwrap_or(0) + 2).clamp(NARROWEST, WIDEST);
        sheet.set_column_width(column, u32::try_from(width).unwrap_or(u32::MAX))?;
    }
    Ok(())
}
