//! Excel workbooks: which sheet holds the table, and its rows as texts.

mod xls_size;
mod xlsx_size;

use std::borrow::Cow;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xls, XlsError, Xlsx, XlsxError};

use crate::fault::{Fault, FaultCode, shortened, shortened_to};
use crate::layouts::Layouts;
use crate::limits::{COLUMNS_MOST, FILE_BYTES_MOST, ROWS_MOST, SHEETS_MOST, XLS_CELLS_MOST};
use crate::sheet::{CELL_END, HEADER_WITHIN, Rows, Sheet, header_of};
use crate::sniff::Family;
use crate::text::{in_one_line, nul_character};

/// What the bytes of a workbook start with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Container {
    /// A ZIP archive, as `.xlsx` is.
    Xlsx,
    /// A compound file, as `.xls` is, and an `.xlsx` with a password.
    Xls,
}

impl Container {
    pub(crate) fn of(bytes: &[u8]) -> Option<Container> {
        if bytes.starts_with(b"PK\x03\x04") {
            Some(Container::Xlsx)
        } else if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
            Some(Container::Xls)
        } else {
            None
        }
    }
}

type Records = Vec<(u32, Cow<'static, str>)>;

/// The filled rows of a sheet, and how many control characters became blanks in them.
#[derive(Default)]
struct Page {
    rows: Records,
    controls: usize,
}

/// The sheet that holds the table, searched from the last one, because the lists describe
/// their columns in the sheets before it. `None` for the family where no row of any sheet
/// looks like a header.
pub(crate) fn sheet(
    bytes: &[u8],
    container: Container,
    layouts: &Layouts,
    assumed: Option<Family>,
) -> Result<(Sheet<'static>, Option<Family>), Fault> {
    check_size(bytes, container)?;
    // The library panics on some damaged workbooks; one bad upload is a refusal.
    catch_unwind(AssertUnwindSafe(|| open(bytes, container, layouts, assumed)))
        .unwrap_or_else(|_| Err(corrupt("its parts do not fit together")))
}

/// Refuses a workbook that would take more memory than any of the state's could.
fn check_size(bytes: &[u8], container: Container) -> Result<(), Fault> {
    match container {
        Container::Xlsx => xlsx_size::check(bytes),
        Container::Xls => match xls_size::asked(bytes) {
            Some(asked) if asked.sheets > SHEETS_MOST => Err(too_many_sheets(asked.sheets)),
            Some(asked) if asked.cells > XLS_CELLS_MOST => Err(corrupt(&format!(
                "its sheets would span {} cells; at most {XLS_CELLS_MOST} are read",
                asked.cells
            ))),
            Some(asked) if asked.text_bytes > FILE_BYTES_MOST => Err(corrupt(&format!(
                "its cells may have {} bytes of text; at most {FILE_BYTES_MOST} are read",
                asked.text_bytes
            ))),
            Some(_) => Ok(()),
            None if is_encrypted(bytes) => Err(password()),
            None => Err(corrupt("its parts do not fit together")),
        },
    }
}

fn open(
    bytes: &[u8],
    container: Container,
    layouts: &Layouts,
    assumed: Option<Family>,
) -> Result<(Sheet<'static>, Option<Family>), Fault> {
    let mut first_filled: Option<(String, Page)> = None;
    let mut take = |name: String, page: Page| -> Option<(Sheet<'static>, Family)> {
        let header = page.rows.iter().take(HEADER_WITHIN).position(|(_, text)| {
            let names: Vec<&str> = text.split(CELL_END).collect();
            Family::of_header(&names, layouts).is_some()
        });
        match header {
            Some(at) => below(name, page, at, layouts),
            None => {
                if !page.rows.is_empty() {
                    first_filled = Some((name, page));
                }
                None
            }
        }
    };
    match container {
        Container::Xlsx => {
            let mut book = Xlsx::new(Cursor::new(bytes)).map_err(xlsx_fault)?;
            for name in names_of_sheets(book.sheet_names())? {
                let page = xlsx_page(&mut book, &name)?;
                if let Some((sheet, family)) = take(name, page) {
                    return Ok((sheet, Some(family)));
                }
            }
        }
        Container::Xls => {
            let mut book =
                Xls::new(Cursor::new(bytes)).map_err(|error| xls_fault(bytes, &error))?;
            for name in names_of_sheets(book.sheet_names())? {
                let range = book.worksheet_range(&name).map_err(|e| xls_fault(bytes, &e))?;
                if let Some((sheet, family)) = take(name, xls_page(&range)?) {
                    return Ok((sheet, Some(family)));
                }
            }
        }
    }
    let Some((name, mut page)) = first_filled else {
        return Err(Fault::of_file(
            FaultCode::EmptyFile,
            "No sheet of the workbook has a filled cell; a header and rows are expected.",
        ));
    };
    let header = header_of(page.rows.remove(0).1.split(CELL_END));
    let sheet = Sheet {
        name: Some(shortened(&name)),
        titles: Vec::new(),
        header,
        windows_1252: false,
        controls: page.controls,
        rows: Rows::Cells(page.rows),
        delimiter: CELL_END,
    };
    Ok((sheet, assumed))
}

/// The sheets' names from the last to the first.
fn names_of_sheets(mut names: Vec<String>) -> Result<Vec<String>, Fault> {
    if names.len() > SHEETS_MOST {
        return Err(too_many_sheets(names.len()));
    }
    names.reverse();
    Ok(names)
}

fn too_many_sheets(sheets: usize) -> Fault {
    Fault::of_file(
        FaultCode::Workbook,
        format!(
            "The workbook has {sheets} sheets; at most {SHEETS_MOST} are read. Give one with the \
             state's sheets alone."
        ),
    )
}

/// The table below the header at `at`.
fn below(
    name: String,
    page: Page,
    at: usize,
    layouts: &Layouts,
) -> Option<(Sheet<'static>, Family)> {
    let Page { mut rows, controls } = page;
    let body = rows.split_off(at + 1);
    let (_, header) = rows.pop()?;
    let header = header_of(header.split(CELL_END));
    let borrowed: Vec<&str> = header.iter().map(String::as_str).collect();
    let family = Family::of_header(&borrowed, layouts)?;
    let titles = rows.iter().map(|(_, text)| text.replace(CELL_END, " ").trim().to_owned());
    let sheet = Sheet {
        name: Some(shortened(&name)),
        titles: titles.collect(),
        header,
        windows_1252: false,
        controls,
        rows: Rows::Cells(body),
        delimiter: CELL_END,
    };
    Some((sheet, family))
}

fn xlsx_page(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Page, Fault> {
    let mut cells = match book.worksheet_cells_reader(name) {
        Ok(cells) => cells,
        // A chart sheet has no cells.
        Err(XlsxError::WorksheetNotFound(_)) => return Ok(Page::default()),
        Err(error) => return Err(xlsx_fault(error)),
    };
    let mut rows = RowTexts::default();
    while let Some(cell) = cells.next_cell().map_err(xlsx_fault)? {
        let (row, column) = cell.get_position();
        let text = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                Cow::Borrowed(text.as_str())
            }
            DataRef::SharedString(text) => Cow::Borrowed(*text),
            DataRef::Int(number) => Cow::Owned(number.to_string()),
            DataRef::Float(number) => Cow::Owned(number_text(*number)),
            DataRef::Bool(value) => Cow::Borrowed(if *value { "TRUE" } else { "FALSE" }),
            DataRef::DateTime(moment) => Cow::Owned(date_text(moment)),
            DataRef::Error(error) => Cow::Owned(error.to_string()),
        };
        rows.cell(row, column, &text)?;
    }
    Ok(rows.finish())
}

fn xls_page(range: &calamine::Range<Data>) -> Result<Page, Fault> {
    let (first_row, first_column) = range.start().unwrap_or((0, 0));
    let mut rows = RowTexts::default();
    for (row, column, value) in range.used_cells() {
        let text = match value {
            Data::Empty => continue,
            Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
            Data::Int(number) => number.to_string(),
            Data::Float(number) => number_text(*number),
            Data::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
            Data::DateTime(moment) => date_text(moment),
            Data::Error(error) => error.to_string(),
        };
        let row = u32::try_from(row).unwrap_or(u32::MAX).saturating_add(first_row);
        let column = u32::try_from(column).unwrap_or(u32::MAX).saturating_add(first_column);
        rows.cell(row, column, &text)?;
    }
    Ok(rows.finish())
}

/// A number as text, without decimals where it is whole: Excel keeps every number as a
/// float, so that a CDS code typed as a number comes out as one.
fn number_text(number: f64) -> String {
    format!("{number}")
}

fn date_text(moment: &ExcelDateTime) -> String {
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}")
}

/// Gathers cells that come row by row into one text for each row.
#[derive(Default)]
struct RowTexts {
    page: Page,
    row: u32,
    text: String,
    cells: u32,
    filled: bool,
    /// Bytes of all texts: a text that cells share is written out for each of them.
    bytes: u64,
}

impl RowTexts {
    fn cell(&mut self, row: u32, column: u32, text: &str) -> Result<(), Fault> {
        if text.trim().is_empty() {
            return Ok(());
        }
        if row < self.row || row == self.row && self.filled && column <= self.cells {
            return Err(Fault::of_row(
                FaultCode::Workbook,
                row.saturating_add(1),
                "The row comes behind a later one, or has two values in a cell, as no program \
                 writes it. Open the workbook and save it again.",
            ));
        }
        if row != self.row {
            self.end_row();
            self.row = row;
        }
        self.check(row, column, text)?;
        while self.cells < column {
            self.text.push(CELL_END);
            self.cells += 1;
        }
        let (line, controls) = in_one_line(text);
        self.page.controls += controls;
        self.text.push_str(&line);
        self.filled = true;
        Ok(())
    }

    /// Refuses a filled cell that no table of the state has.
    fn check(&mut self, row: u32, column: u32, text: &str) -> Result<(), Fault> {
        let number = row.saturating_add(1);
        let beside = |what: String, most: u32, whats: &str| {
            let message = format!(
                "The sheet has a value in {what}; at most {most} {whats} are read. Remove what is \
                 beside the table."
            );
            Err(Fault::of_row(FaultCode::Workbook, number, message))
        };
        if column >= COLUMNS_MOST {
            return beside(format!("column {}", column.saturating_add(1)), COLUMNS_MOST, "columns");
        }
        if row >= ROWS_MOST {
            return beside(format!("row {number}"), ROWS_MOST, "rows");
        }
        if text.contains('\0') {
            return Err(nul_character(number));
        }
        let blanks = u64::from(column.saturating_sub(self.cells));
        self.bytes = self.bytes.saturating_add(text.len() as u64).saturating_add(blanks);
        if self.bytes > FILE_BYTES_MOST {
            return Err(Fault::of_row(
                FaultCode::Workbook,
                number,
                format!(
                    "Down to this row the sheet has more than {FILE_BYTES_MOST} bytes of text, as \
                     much as is read; none of the state's has so much. Give the text form of the \
                     same file."
                ),
            ));
        }
        Ok(())
    }

    fn end_row(&mut self) {
        if self.filled {
            let text = std::mem::take(&mut self.text);
            self.page.rows.push((self.row.saturating_add(1), Cow::Owned(text)));
        }
        self.text.clear();
        self.cells = 0;
        self.filled = false;
    }

    fn finish(mut self) -> Page {
        self.end_row();
        self.page
    }
}

fn xlsx_fault(error: XlsxError) -> Fault {
    match error {
        XlsxError::Password => password(),
        error => corrupt(&error.to_string()),
    }
}

fn xls_fault(bytes: &[u8], error: &XlsError) -> Fault {
    if is_encrypted(bytes) || matches!(error, XlsError::Password) {
        password()
    } else {
        corrupt(&error.to_string())
    }
}

/// An `.xlsx` with a password is a compound file with a stream of this name.
fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(name.len()).any(|window| window == name)
}

fn password() -> Fault {
    Fault::of_file(
        FaultCode::Password,
        "The workbook needs a password. Give one without, as the state publishes it.",
    )
}

fn corrupt(error: &str) -> Fault {
    // The library quotes what it finds, however long it is.
    let error = shortened_to(error, 200);
    Fault::of_file(
        FaultCode::Workbook,
        format!("The workbook cannot be opened ({error}). Fetch it again."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::XLSX_BYTES_MOST;

    /// An archive of one stored part without bytes that says it has `size`.
    fn archive(size: u32) -> Vec<u8> {
        let sizes = [[0; 4], [0; 4], size.to_le_bytes()].concat();
        let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0".to_vec();
        bytes.extend([&sizes, b"\x01\0\0\0a".as_slice()].concat());
        let directory = bytes.len() as u32;
        bytes.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0");
        bytes.extend([&sizes, b"\x01\0\0\0".as_slice(), &[0; 14], b"a"].concat());
        let length = bytes.len() as u32 - directory;
        bytes.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        bytes.extend([length.to_le_bytes(), directory.to_le_bytes()].concat());
        bytes.extend([0; 2]);
        bytes
    }

    #[test]
    fn a_workbook_may_unpack_to_the_limit_and_not_to_one_byte_more() {
        let limit = u32::try_from(XLSX_BYTES_MOST).unwrap();
        assert_eq!(check_size(&archive(limit), Container::Xlsx), Ok(()));
        let fault = check_size(&archive(limit + 1), Container::Xlsx).unwrap_err();
        assert!(fault.message.contains("more than 300 MB"), "{fault}");
    }

    #[test]
    fn a_text_that_cells_share_counts_for_each_of_them_and_so_do_cells_left_out() {
        let so_far = |bytes: u64| RowTexts { bytes, ..RowTexts::default() };
        let mut rows = so_far(FILE_BYTES_MOST - 6);
        assert_eq!(rows.cell(0, 0, "abc"), Ok(()));
        assert_eq!(rows.cell(1, 0, "abc"), Ok(()));
        let fault = rows.cell(2, 0, "a").unwrap_err();
        assert!(fault.message.contains("more than 268435456 bytes of text"), "{fault}");
        assert_eq!(so_far(FILE_BYTES_MOST - 100).cell(0, 99, "a"), Ok(()));
        assert!(so_far(FILE_BYTES_MOST - 100).cell(0, 100, "a").is_err());
    }

    #[test]
    fn rows_and_cells_out_of_order_are_refused() {
        let read = |cells: &[(u32, u32)]| {
            let mut rows = RowTexts::default();
            cells.iter().try_for_each(|(row, column)| rows.cell(*row, *column, "a"))?;
            Ok(rows.finish().rows.len())
        };
        assert_eq!(read(&[(0, 0), (0, 1), (2, 0), (2, 5)]), Ok::<_, Fault>(2));
        assert_eq!(read(&[(0, 3), (1, 0)]), Ok(2));
        for cells in [&[(0, 0), (0, 0)][..], &[(0, 2), (0, 1)], &[(1, 0), (0, 1)]] {
            assert!(read(cells).unwrap_err().message.contains("two values"), "{cells:?}");
        }
        let mut rows = RowTexts::default();
        let blank = [rows.cell(3, 3, "a"), rows.cell(0, 0, " "), rows.cell(3, 4, "b")];
        assert_eq!((blank.into_iter().collect(), rows.finish().rows.len()), (Ok(()), 1));
    }
}
