//! Text files: encoding, lines, delimiter and records.
//!
//! The state's text files are not quoted, so that a quote character is data; lists and
//! tables that people keep as CSV are.

use std::borrow::Cow;

use memchr::memchr2;

use crate::fault::{Fault, FaultCode, shortened};
use crate::layouts::Layouts;
use crate::limits::{COLUMNS_MOST, RECORD_BYTES_MOST, ROWS_MOST};
use crate::sheet::{CELL_END, HEADER_WITHIN, Rows, Sheet, header_of, is_blank_row};
use crate::sniff::Family;

/// A text, and what had to be done to have one.
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) windows_1252: bool,
    /// How many control characters were read as blanks.
    pub(crate) controls: usize,
}

/// Bytes as text: UTF-8 with or without a byte order mark, otherwise Windows-1252. Control
/// characters other than tabs and line ends become blanks, because not every database stores
/// them and a screen obeys them; a NUL is refused, because it is the mark of a damaged file.
pub(crate) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Fault> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Fault::of_file(
            FaultCode::Utf16,
            "The text is in UTF-16; UTF-8 is expected. Save it as \"Text (tab delimited), UTF-8\" \
             or give the workbook itself.",
        ));
    }
    let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Fault::of_file(
            FaultCode::EmptyFile,
            "The file is empty; a header and rows are expected. Fetch it again.",
        ));
    }
    let mut controls = controls_in(bytes);
    if controls > bytes.len() / 20 {
        return Err(Fault::of_file(
            FaultCode::NotText,
            "The file is neither text nor an Excel workbook (.xls, .xlsx). Give the file as the \
             state publishes it.",
        ));
    }
    let mut bytes = Cow::Borrowed(bytes);
    if controls > 0 {
        if let Some(at) = memchr::memchr(0, &bytes) {
            return Err(nul_character(row_at(&bytes, at)));
        }
        for byte in bytes.to_mut() {
            if is_control(*byte) {
                *byte = b' ';
            }
        }
    }
    let (text, windows_1252) = match bytes {
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => (Cow::Borrowed(text), false),
            Err(_) => (Cow::Owned(windows_1252_text(bytes)), true),
        },
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => (Cow::Owned(text), false),
            Err(error) => (Cow::Owned(windows_1252_text(error.as_bytes())), true),
        },
    };
    let (text, others) = without_other_controls(text);
    controls += others;
    let start: String = text.trim_start().chars().take(15).flat_map(char::to_lowercase).collect();
    let web_page = ["<!doctype", "<html", "<head", "<?xml", "<body"];
    if web_page.iter().any(|tag| start.starts_with(tag)) {
        return Err(Fault::of_file(
            FaultCode::WebPage,
            "The file is a web page, perhaps an error message of the state's server that was \
             saved under this name. Fetch the file again.",
        ));
    }
    Ok(Decoded { text, windows_1252, controls })
}

/// A text with blanks for the control characters that are none of ASCII, and how many there were.
fn without_other_controls(text: Cow<'_, str>) -> (Cow<'_, str>, usize) {
    // In UTF-8 they start with a byte with which hardly any other character does.
    let bytes = text.as_bytes();
    let is_one = |at: &usize| matches!(bytes.get(*at + 1), Some(0x80..=0x9f));
    let count = memchr::memchr_iter(0xc2, bytes).filter(is_one).count();
    if count == 0 {
        return (text, 0);
    }
    let blanked = text.chars().map(|c| if is_other_control(c) { ' ' } else { c }).collect();
    (Cow::Owned(blanked), count)
}

fn is_other_control(c: char) -> bool {
    matches!(c, '\u{80}'..='\u{9f}')
}

/// Windows-1252 as a text. Piece by piece, because the library makes room for three times as
/// many bytes as it is given.
fn windows_1252_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for piece in bytes.chunks(64 * 1024) {
        text.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(piece).0);
    }
    text
}

/// A control character of ASCII that is neither a tab nor a line end.
fn is_control(byte: u8) -> bool {
    ((byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')) | (byte == 0x7f)
}

/// A text with blanks for every control character, and how many of them were neither tabs nor
/// line ends: a cell is one line.
pub(crate) fn in_one_line(text: &str) -> (Cow<'_, str>, usize) {
    // Nearly every cell is of visible characters and blanks alone.
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) || !text.chars().any(char::is_control) {
        return (Cow::Borrowed(text), 0);
    }
    let controls = text.chars().filter(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'));
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    (Cow::Owned(line), controls.count())
}

fn controls_in(bytes: &[u8]) -> usize {
    // Counted in pieces of at most 255, which the compiler turns into wide additions.
    let in_piece = |piece: &[u8]| piece.iter().map(|b| u8::from(is_control(*b))).sum::<u8>();
    bytes.chunks(255).map(|piece| usize::from(in_piece(piece))).sum()
}

/// The row that a byte of a text is in, from 1.
fn row_at(bytes: &[u8], at: usize) -> u32 {
    let before = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default());
    lines(&before).last().map_or(1, |(row, _)| row)
}

/// A file with a NUL in one of its rows.
pub(crate) fn nul_character(row: u32) -> Fault {
    Fault::of_row(
        FaultCode::NulCharacter,
        row,
        "The row has a NUL character, which no text of the state has: the file was damaged on \
         its way, or is none of text. Fetch it again.",
    )
}

/// Refuses a text whose lines would take more memory or time than any of the state's.
fn check_lines(text: &str) -> Result<(), Fault> {
    if few_and_short(text.as_bytes()) {
        return Ok(());
    }
    for (row, line) in lines(text) {
        if line.len() > RECORD_BYTES_MOST {
            return Err(long_record(row, "line", "Its line ends are perhaps lost"));
        }
        // What follows the last line end is no line where it is empty.
        if row > ROWS_MOST && (row > ROWS_MOST + 1 || !line.is_empty()) {
            return Err(Fault::of_file(
                FaultCode::TooLarge,
                format!(
                    "The file has more than {ROWS_MOST} lines; none of the state's has so many. \
                     Give the file as the state publishes it."
                ),
            ));
        }
    }
    Ok(())
}

/// Whether it is seen at a glance that the lines are not too many and none is too long, as in
/// nearly every file. Where it is not, they may still be neither.
fn few_and_short(bytes: &[u8]) -> bool {
    // Each line ends with one of these, or with both.
    let ends = |end| memchr::memchr_iter(end, bytes).count();
    if ends(b'\n') + ends(b'\r') >= usize::try_from(ROWS_MOST).unwrap_or(usize::MAX) {
        return false;
    }
    // A line end in every so many bytes: only the last one is searched.
    let mut rest = bytes;
    while let Some(within) = rest.get(..RECORD_BYTES_MOST) {
        let Some(end) = memchr::memrchr2(b'\n', b'\r', within) else {
            return false;
        };
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    true
}

fn long_record(row: u32, what: &str, why: &str) -> Fault {
    Fault::of_row(
        FaultCode::TooLarge,
        row,
        format!(
            "The {what} that starts here has more than {RECORD_BYTES_MOST} bytes; none of the \
             state's is so long. {why}: fetch the file again."
        ),
    )
}

/// The lines of a text with their numbers from 1; CRLF, LF and CR all end one.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut rest = Some(text);
    let mut number = 0_u32;
    std::iter::from_fn(move || {
        let text = rest?;
        number = number.saturating_add(1);
        let Some(end) = line_end(text) else {
            rest = None;
            return Some((number, text));
        };
        let (line, after) = text.split_at(end);
        rest = after.strip_prefix("\r\n").or_else(|| after.get(1..));
        Some((number, line))
    })
}

/// Where the first line of a text ends.
fn line_end(text: &str) -> Option<usize> {
    memchr2(b'\n', b'\r', text.as_bytes())
}

/// The delimiter that a header uses most: tab, pipe, comma or semicolon.
fn delimiter_of(header: &str) -> char {
    let count = |delimiter: char| header.matches(delimiter).count();
    let mut best = '\t';
    for delimiter in ['|', ',', ';'] {
        if count(delimiter) > count(best) {
            best = delimiter;
        }
    }
    best
}

/// Finds the header of a text and takes the records below it apart, as files of its family
/// are written.
///
/// `assumed` is the family to take where no row looks like a header.
pub(crate) fn sheet<'a>(
    text: &'a str,
    layouts: &Layouts,
    assumed: Option<Family>,
) -> Result<(Sheet<'a>, Option<Family>), Fault> {
    check_lines(text)?;
    let mut titles = Vec::new();
    let mut found = None;
    for (number, line) in lines(text).take(HEADER_WITHIN) {
        let delimiter = delimiter_of(line);
        let names = names_in(number, line, delimiter)?;
        if let Some(family) = Family::of_header(&names, layouts) {
            found = Some((number, delimiter, names, Some(family)));
            break;
        }
        titles.push(names.join(" ").trim().to_owned());
    }
    let (number, delimiter, names, family) = match found {
        Some(found) => found,
        // No row looks like a header: the first one that is not blank stands for it, so
        // that the refusal can say which columns are missing.
        None => {
            let first = lines(text).find(|(_, line)| !line.trim().is_empty());
            let (number, line) = first.unwrap_or((1, ""));
            let delimiter = delimiter_of(line);
            titles.clear();
            (number, delimiter, names_in(number, line, delimiter)?, assumed)
        }
    };
    let header = header_of(names);
    let below = below_line(text, number);
    let rows = Rows::Lines { text: below, first: number + 1 };
    let mut sheet =
        Sheet { name: None, titles, header, windows_1252: false, controls: 0, rows, delimiter };
    match family {
        Some(Family::Local) => {
            sheet.rows = Rows::Records(coded_records(below, number + 1, delimiter)?);
        }
        // The directory is not quoted where it is tab-delimited, as the state publishes it.
        Some(Family::Directory) if delimiter != '\t' => {
            sheet.rows = Rows::Records(quoted_records(below, number + 1, delimiter)?);
            sheet.delimiter = CELL_END;
        }
        Some(
            Family::List
            | Family::Calpads
            | Family::Successions
            | Family::CharterList
            | Family::GeographicLeads
            | Family::CharterLocations
            | Family::NcesIds
            | Family::Services,
        ) => {
            sheet.rows = Rows::Records(quoted_records(below, number + 1, delimiter)?);
            sheet.delimiter = CELL_END;
        }
        Some(Family::Indicator | Family::Directory) | None => {}
    }
    Ok((sheet, family))
}

/// What may be the names of columns in a line; a fault where there are too many.
fn names_in(row: u32, line: &str, delimiter: char) -> Result<Vec<&str>, Fault> {
    let most = usize::try_from(COLUMNS_MOST).unwrap_or(usize::MAX);
    let names: Vec<&str> = line.split(delimiter).take(most + 1).map(unquoted).collect();
    if names.len() > most {
        return Err(Fault::of_row(
            FaultCode::TooLarge,
            row,
            format!(
                "The row has more than {COLUMNS_MOST} columns; none of the state's files has so \
                 many. Give the file as the state publishes it."
            ),
        ));
    }
    Ok(names)
}

/// What follows line `number`.
fn below_line(text: &str, number: u32) -> &str {
    let mut rest = text;
    for _ in 0..number {
        let Some(end) = line_end(rest) else {
            return "";
        };
        let after = rest.get(end..).unwrap_or("");
        rest = after.strip_prefix("\r\n").or_else(|| after.get(1..)).unwrap_or("");
    }
    rest
}

/// A field without one pair of surrounding double quotes.
pub(crate) fn unquoted(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|f| f.strip_suffix('"')).unwrap_or(field)
}

/// Records of local indicator files. Their texts hold line ends, so that a record starts
/// where a line's first field is a code and lasts until the next such line.
fn coded_records(
    text: &str,
    first: u32,
    delimiter: char,
) -> Result<Vec<(u32, Cow<'_, str>)>, Fault> {
    let mut records: Vec<(u32, Cow<'_, str>)> = Vec::new();
    let mut start: Option<(u32, usize)> = None;
    let offset_of = |line: &str| line.as_ptr() as usize - text.as_ptr() as usize;
    let record = |begun: u32, from: usize, to: usize| {
        let text = text.get(from..to).unwrap_or("").trim_end_matches(['\n', '\r']);
        if text.len() > RECORD_BYTES_MOST {
            return Err(long_record(begun, "record", "The codes behind it are perhaps damaged"));
        }
        Ok((begun, Cow::Borrowed(text)))
    };
    for (number, line) in lines(text) {
        let row = number - 1 + first;
        if starts_record(line, delimiter) {
            if let Some((begun, from)) = start {
                records.push(record(begun, from, offset_of(line))?);
            }
            start = Some((row, offset_of(line)));
        } else if start.is_none() && !is_blank_row(line, delimiter) {
            let value = line.split(delimiter).next().unwrap_or("");
            return Err(Fault::of_row(
                FaultCode::BadCds,
                row,
                format!(
                    "'{}' starts no record; each record starts with a CDS code of 14, 13 or 7 \
                     digits. Give the workbook of the same file.",
                    shortened(value)
                ),
            ));
        }
    }
    if let Some((begun, from)) = start {
        records.push(record(begun, from, text.len())?);
    }
    Ok(records)
}

fn starts_record(line: &str, delimiter: char) -> bool {
    let Some((first, _)) = line.split_once(delimiter) else {
        return false;
    };
    let digits = crate::repair::digits_of_code(unquoted(first));
    matches!(digits.len(), 7 | 13 | 14) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Records of tables that people keep as CSV: fields may be quoted and then hold the
/// delimiter and line ends.
fn quoted_records(
    text: &str,
    first: u32,
    delimiter: char,
) -> Result<Vec<(u32, Cow<'_, str>)>, Fault> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    // The reader counts lines by LF alone.
    let bare_cr = !text.contains('\n');
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(records),
            Err(error) => {
                return Err(Fault::of_file(
                    FaultCode::NotText,
                    format!("The table cannot be taken apart as CSV: {error}."),
                ));
            }
        }
        let position = record.position();
        let line = position.map_or(0, |p| {
            if bare_cr { p.record() } else { p.line() - 1 + line_feeds_at(text, p.byte()) }
        });
        let row = u32::try_from(line).unwrap_or(u32::MAX).saturating_add(first);
        if record.as_slice().len() > RECORD_BYTES_MOST {
            return Err(long_record(row, "record", "A quotation mark is perhaps not closed"));
        }
        let fields: Vec<Cow<'_, str>> = record.iter().map(|field| in_one_line(field).0).collect();
        let text = fields.join("\u{1f}");
        if !is_blank_row(&text, CELL_END) {
            records.push((row, Cow::Owned(text)));
        }
    }
}

/// Line feeds from a place on to the next thing that is none: the reader says that a record
/// starts before those of blank lines and of a CRLF that ended the record before it.
fn line_feeds_at(text: &str, byte: u64) -> u64 {
    let from = usize::try_from(byte).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let ends = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n'));
    ends.filter(|b| **b == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_beyond_ascii_become_blanks_and_are_counted() {
        // What a screen would obey: the delete character, a new line and an escape sequence.
        let text = format!("{}\u{7f}a\u{85}b\u{9b}c\u{f1}\u{a0}\u{c5}\u{c2}", "x".repeat(99));
        let decoded = decode(text.as_bytes()).unwrap();
        let blanked = text.replace(['\u{7f}', '\u{85}', '\u{9b}'], " ");
        assert_eq!((decoded.text.as_ref(), decoded.controls), (blanked.as_str(), 3));
        // Windows-1252 leaves five bytes without a character.
        let decoded = decode(b"Ca\xf1on\x81").unwrap();
        assert_eq!((decoded.text.as_ref(), decoded.controls), ("Ca\u{f1}on ", 1));
    }

    #[test]
    fn quoted_records_are_numbered_by_their_lines_whatever_ends_them() {
        let rows = |text: &str| -> Vec<u32> {
            quoted_records(text, 2, ',').unwrap().into_iter().map(|(row, _)| row).collect()
        };
        assert_eq!(rows("a,b\nc,d\ne,f\n"), [2, 3, 4]);
        assert_eq!(rows("a,b\r\nc,d\r\ne,f\r\n"), [2, 3, 4]);
        assert_eq!(rows("a,b\r\n\r\nc,d\n\ne,f"), [2, 4, 6]);
        assert_eq!(rows("a,\"b\r\nb\"\r\nc,d"), [2, 4]);
        assert_eq!(rows("a,b\rc,d\r"), [2, 3]);
    }

    #[test]
    fn every_kind_of_line_end_ends_one_line() {
        let numbered: Vec<(u32, &str)> = lines("a\r\nb\n\nc\rd").collect();
        assert_eq!(numbered, [(1, "a"), (2, "b"), (3, ""), (4, "c"), (5, "d")]);
        assert_eq!(below_line("a\r\nb\nc", 1), "b\nc");
        assert_eq!(below_line("a\r\nb\nc", 2), "c");
        assert_eq!(below_line("a", 1), "");
    }

    #[test]
    fn the_delimiter_is_the_one_that_the_header_uses_most() {
        assert_eq!(delimiter_of("a\tb\tc, d"), '\t');
        assert_eq!(delimiter_of("a|b|c, d"), '|');
        assert_eq!(delimiter_of("a,b"), ',');
    }

    #[test]
    fn a_line_that_starts_with_no_code_goes_on_with_the_record_before() {
        let text = "01999990000000|x|first\nsecond|12\n0299999|y|z\r\n";
        let records = coded_records(text, 2, '|').unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[0], (2, Cow::Borrowed("01999990000000|x|first\nsecond|12")));
        assert_eq!(records[1], (4, Cow::Borrowed("0299999|y|z")));
        assert_eq!(coded_records("x|y\n", 2, '|').unwrap_err().row, Some(2));
    }

    #[test]
    fn twelve_digits_start_no_record_and_thirteen_do() {
        assert!(!starts_record("199999000000|x", '|'));
        assert!(starts_record("1999990000000|x", '|'));
        assert!(starts_record("\"01999990000000\"|x", '|'));
        assert!(!starts_record("01999990000000", '|'));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_header_and_cp1252_is_told() {
        let decoded = decode(b"\xef\xbb\xbfcds\trtype").unwrap();
        assert_eq!((decoded.text.as_ref(), decoded.windows_1252), ("cds\trtype", false));
        let decoded = decode(b"Ca\xf1on").unwrap();
        assert_eq!((decoded.text.as_ref(), decoded.windows_1252), ("Cañon", true));
        assert_eq!(decode("Cañon".as_bytes()).unwrap().text, "Cañon");
    }
}
