//! A table as it lies in a file: a header and rows of texts, whatever container it came in.

use std::borrow::Cow;
use std::ops::ControlFlow;

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
    /// The same of a workbook's sheet, which has no cells behind the last filled one.
    Cells(Vec<(u32, Cow<'a, str>)>),
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
            Rows::Records(records) | Rows::Cells(records) => {
                let width = match self.rows {
                    Rows::Cells(_) => self.header.len(),
                    _ => 0,
                };
                for (row, text) in records {
                    fields.clear();
                    split(text, self.delimiter, &mut fields);
                    while fields.len() < width {
                        fields.push("");
                    }
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
///
/// Fields have four characters on average, too few for a search that starts anew at each of
/// them: eight bytes are compared with the delimiter at once.
fn split<'t>(text: &'t str, delimiter: char, fields: &mut Vec<&'t str>) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let delimiter = u8::try_from(delimiter).unwrap_or(b'\t');
    let wanted = u64::from_le_bytes([delimiter; 8]);
    let mut start = 0;
    let mut end_at = |end: usize| {
        fields.push(text.get(start..end).unwrap_or(""));
        start = end + 1;
    };
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let different = u64::from_le_bytes(*word) ^ wanted;
        // The highest bit of each byte that is no different.
        let mut same = !(((different & LOW) + LOW) | different | LOW);
        while same != 0 {
            end_at(at * 8 + same.trailing_zeros() as usize / 8);
            same &= same - 1;
        }
    }
    for (at, byte) in rest.iter().enumerate() {
        if *byte == delimiter {
            end_at(words.len() * 8 + at);
        }
    }
    fields.push(text.get(start..).unwrap_or(""));
}

/// A text without blanks around it.
pub(crate) fn trimmed(text: &str) -> &str {
    // Nearly every field starts and ends with a visible character, and needs no search.
    match (text.as_bytes().first(), text.as_bytes().last()) {
        (Some(b'!'..=b'~'), Some(b'!'..=b'~')) => text,
        _ => text.trim(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_taken_apart_like_any_text_wherever_its_delimiters_stand() {
        let check = |text: &str, delimiter: char| {
            let mut fields = Vec::new();
            split(text, delimiter, &mut fields);
            assert_eq!(fields, text.split(delimiter).collect::<Vec<_>>(), "{text:?}");
        };
        for text in ["", "\t", "\t\t\t\t\t\t\t\t\t", "a", "Ca\u{f1}on\t\u{89}\t\u{b}8", "12345678"]
        {
            check(text, '\t');
        }
        // Each pattern of delimiters in nine bytes, beside a byte that differs in one bit.
        for pattern in 0..1_u32 << 9 {
            let one = |bit: u32| if pattern >> bit & 1 == 1 { '\t' } else { '\u{8}' };
            let text: String = (0..9).map(one).collect();
            check(&text, '\t');
            check(&text.replace('\t', "|").replace('\u{8}', "}"), '|');
        }
    }
}
