//! A table as it lies in a file: a header and rows of texts, whatever container it came in.

use std::borrow::Cow;
use std::ops::ControlFlow;

use memchr::memchr_iter;

use crate::text::lines;

/// How many rows from the top are searched for a header.
pub(crate) const HEADER_WITHIN: usize = 30;

/// What separates the cells of a workbook's row after it was made one text. No cell keeps
/// this character.
pub(crate) const CELL_END: char = '\u{1f}';

/// A table with its header found.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    /// The sheet's name, in a workbook.
    pub(crate) name: Option<String>,
    /// The texts above the header, one for each row.
    pub(crate) titles: Vec<String>,
    /// The header as the file spells it.
    pub(crate) header: Vec<String>,
    /// Whether the text was not UTF-8 and was read as Windows-1252.
    pub(crate) windows_1252: bool,
    /// How many control characters were read as blanks.
    pub(crate) controls: usize,
    /// The rows below the header.
    pub(crate) rows: Rows<'a>,
    /// What separates the fields of a row's text: an ASCII character.
    pub(crate) delimiter: char,
}

/// The rows below a header, as texts.
#[derive(Debug)]
pub(crate) enum Rows<'a> {
    /// Each line of a text is a row; they are found anew whenever they are gone through, so
    /// that a statewide file takes no more memory than its text.
    Lines {
        /// What follows the header.
        text: &'a str,
        /// The number of its first line.
        first: u32,
    },
    /// Row number and text of each row that is not wholly blank.
    Records(Vec<(u32, Cow<'a, str>)>),
}

impl Sheet<'_> {
    /// Goes through the rows from top to bottom, wholly blank ones left out.
    pub(crate) fn each_row(&self, mut visit: impl FnMut(u32, &[&str])) {
        self.each_row_until(|row, fields| {
            visit(row, fields);
            ControlFlow::Continue(())
        });
    }

    /// Goes through the rows from top to bottom until one breaks off.
    pub(crate) fn each_row_until(&self, mut visit: impl FnMut(u32, &[&str]) -> ControlFlow<()>) {
        let mut fields: Vec<&str> = Vec::with_capacity(self.header.len());
        match &self.rows {
            Rows::Lines { text, first } => {
                for (number, line) in lines(text) {
                    if is_blank_row(line, self.delimiter) {
                        continue;
                    }
                    fields.clear();
                    split(line, self.delimiter, &mut fields);
                    if visit(number.saturating_add(first - 1), &fields).is_break() {
                        return;
                    }
                }
            }
            Rows::Records(records) => {
                for (row, text) in records {
                    fields.clear();
                    split(text, self.delimiter, &mut fields);
                    if visit(*row, &fields).is_break() {
                        return;
                    }
                }
            }
        }
    }

    /// The fields of one row.
    pub(crate) fn row(&self, row: u32) -> Option<Vec<String>> {
        let mut found = None;
        self.each_row_until(|number, fields| {
            if number < row {
                return ControlFlow::Continue(());
            }
            if number == row {
                found = Some(fields.iter().map(|field| (*field).to_owned()).collect());
            }
            ControlFlow::Break(())
        });
        found
    }
}

/// Adds the fields of a row's text.
fn split<'t>(text: &'t str, delimiter: char, fields: &mut Vec<&'t str>) {
    let delimiter = u8::try_from(delimiter).unwrap_or(b'\t');
    let mut start = 0;
    for end in memchr_iter(delimiter, text.as_bytes()) {
        fields.push(text.get(start..end).unwrap_or(""));
        start = end + 1;
    }
    fields.push(text.get(start..).unwrap_or(""));
}

/// A column name without case, blanks and punctuation: `Curr_Prep (pct)` is `currpreppct`.
pub(crate) fn normalised(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a row says nothing at all.
pub(crate) fn is_blank_row(text: &str, delimiter: char) -> bool {
    // Nearly every row starts with a visible character.
    if text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    text.chars().all(|c| c == delimiter || c.is_whitespace())
}
