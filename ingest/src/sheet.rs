//! A table as it lies in a file: a header and rows of texts, whatever container it came in.

use std::borrow::Cow;
use std::ops::ControlFlow;

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
        match &self.rows {
            Rows::Lines { text, first } => each_line(text, self.delimiter, *first, visit),
            Rows::Records(records) | Rows::Cells(records) => {
                let width = match self.rows {
                    Rows::Cells(_) => self.header.len(),
                    _ => 0,
                };
                let mut fields: Vec<&str> = Vec::with_capacity(self.header.len());
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

/// Takes the lines of a text apart and gives each that is not wholly blank, numbered from
/// `first`; CRLF, LF and CR all end one.
fn each_line<'t>(
    text: &'t str,
    delimiter: char,
    first: u32,
    mut visit: impl FnMut(u32, &[&'t str]) -> ControlFlow<()>,
) {
    let delimiter_byte = byte_of(delimiter);
    let bytes = text.as_bytes();
    let mut fields: Vec<&str> = Vec::new();
    let (mut line_start, mut start, mut row) = (0, 0, first);
    let mut line = |fields: &mut Vec<&'t str>, row: u32, from: usize, to: usize| {
        // Nearly every row starts with a visible character.
        let visible = bytes.get(from).is_some_and(u8::is_ascii_alphanumeric);
        let blank = !visible && is_blank_row(text.get(from..to).unwrap_or(""), delimiter);
        let flow = if blank { ControlFlow::Continue(()) } else { visit(row, fields) };
        fields.clear();
        flow
    };
    let broken_off = each_place([delimiter_byte, b'\n', b'\r'], bytes, |place| {
        // The line feed of a line end that is both.
        if place < start {
            return ControlFlow::Continue(());
        }
        fields.push(text.get(start..place).unwrap_or(""));
        start = place + 1;
        let end = bytes.get(place).copied().unwrap_or(b'\n');
        if end == delimiter_byte {
            return ControlFlow::Continue(());
        }
        line(&mut fields, row, line_start, place)?;
        if end == b'\r' && bytes.get(start) == Some(&b'\n') {
            start += 1;
        }
        line_start = start;
        row = row.saturating_add(1);
        ControlFlow::Continue(())
    });
    if broken_off.is_continue() {
        fields.push(text.get(start..).unwrap_or(""));
        let _ = line(&mut fields, row, line_start, text.len());
    }
}

/// Adds the fields of a row's text.
fn split<'t>(text: &'t str, delimiter: char, fields: &mut Vec<&'t str>) {
    let mut start = 0;
    let delimiter = byte_of(delimiter);
    let _ = each_place([delimiter], text.as_bytes(), |end| {
        fields.push(text.get(start..end).unwrap_or(""));
        start = end + 1;
        ControlFlow::Continue(())
    });
    fields.push(text.get(start..).unwrap_or(""));
}

fn byte_of(delimiter: char) -> u8 {
    u8::try_from(delimiter).unwrap_or(b'\t')
}

/// Goes through the places where one of a few bytes stands.
///
/// Fields have four characters on average, too few for a search that starts anew at each of
/// them: the places in 64 bytes are found at once.
fn each_place<const N: usize>(
    wanted: [u8; N],
    bytes: &[u8],
    mut visit: impl FnMut(usize) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let (pieces, rest) = bytes.as_chunks::<64>();
    // What follows the text is none of the wanted.
    let mut last = [0; 64];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    for (at, piece) in pieces.iter().chain([&last]).enumerate() {
        let mut places = places_of(wanted, piece);
        while places != 0 {
            visit(at * 64 + places.trailing_zeros() as usize)?;
            places &= places - 1;
        }
    }
    ControlFlow::Continue(())
}

/// Where one of a few bytes stands in 64: the lowest bit for the first of them.
fn places_of<const N: usize>(wanted: [u8; N], piece: &[u8; 64]) -> u64 {
    let (words, _) = piece.as_chunks::<8>();
    words.iter().rev().fold(0, |places, word| {
        let word = u64::from_le_bytes(*word);
        let same = wanted.iter().fold(0, |same, wanted| same | same_bytes(word, *wanted));
        // Moves the lowest bit of byte n to bit n of the highest byte.
        const GATHER: u64 = 0x0102_0408_1020_4080;
        (places << 8) | ((same >> 7).wrapping_mul(GATHER) >> 56)
    })
}

/// The highest bit of each byte of eight that is the wanted one.
fn same_bytes(word: u64, wanted: u8) -> u64 {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let different = word ^ u64::from_le_bytes([wanted; 8]);
    !(((different & LOW) + LOW) | different | LOW)
}

/// A text without blanks around it.
pub(crate) fn trimmed(text: &str) -> &str {
    // Nearly every field starts and ends with a visible character, and needs no search.
    match text.as_bytes() {
        [] | [b'!'..=b'~'] | [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// A column name without case, blanks and punctuation: `Curr_Prep (pct)` is `currpreppct`.
pub(crate) fn normalised(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How many letters of a column's name are kept: three times those of the state's longest.
const NAME_MOST: usize = 100;

/// The names of the columns in a header, short enough to be shown.
pub(crate) fn header_of<'n>(names: impl IntoIterator<Item = &'n str>) -> Vec<String> {
    let shown = |c: char| if c.is_control() { ' ' } else { c };
    let name = |name: &str| name.trim().chars().map(shown).take(NAME_MOST).collect();
    names.into_iter().map(name).collect()
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
        // Each pattern of delimiters in nine bytes, also over the end of a piece, beside a byte that differs in one bit.
        for pattern in 0..1_u32 << 9 {
            let one = |bit: u32| if pattern >> bit & 1 == 1 { '\t' } else { '\u{8}' };
            let text: String = (0..9).map(one).collect();
            check(&text, '\t');
            check(&format!("{}{text}x", "y".repeat(59)), '\t');
            check(&text.replace('\t', "|").replace('\u{8}', "}"), '|');
        }
    }

    #[test]
    fn a_text_is_taken_apart_into_the_lines_that_say_something() {
        // Every text of six of these, behind so many bytes that line ends lie over the end of
        // a piece too.
        let parts = ["a", "\t", "\r", "\n", "\u{f1}"];
        for number in 0..parts.len().pow(6) {
            let tail: String =
                (0..6).map(|at| parts[number / parts.len().pow(at) % parts.len()]).collect();
            for text in [tail.clone(), format!("{}{tail}", "y".repeat(61))] {
                let mut found = Vec::new();
                each_line(&text, '\t', 2, |row, fields| {
                    found.push((row, fields.join("|")));
                    ControlFlow::Continue(())
                });
                let expected: Vec<(u32, String)> = crate::text::lines(&text)
                    .filter(|(_, line)| !is_blank_row(line, '\t'))
                    .map(|(number, line)| (number + 1, line.replace('\t', "|")))
                    .collect();
                assert_eq!(found, expected, "{text:?}");
            }
        }
    }

    #[test]
    fn no_line_is_given_behind_the_one_that_breaks_off() {
        let mut rows = Vec::new();
        each_line("a\nb\nc", '\t', 1, |row, _| {
            rows.push(row);
            if row == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(rows, [1, 2]);
    }
}
