//! How much memory an old `.xls` would ask for, before it is opened.
//!
//! The library lays a sheet out as one block from its first to its last cell, and reserves
//! what the file says about itself. One wrong byte in the place of a cell then asks for
//! fifty gigabytes, which ends the process; an error of that kind cannot be caught.

use crate::limits::SHEETS_MOST;

/// From here on numbers of sectors mean the end of a chain, or that none is there.
const NO_SECTOR: u32 = 0xffff_fffa;

/// What a workbook asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Asked {
    pub(super) sheets: usize,
    /// How many cells the sheets span; those of more sheets than are read are not looked at.
    pub(super) cells: u64,
    /// How many bytes their shared texts have at most: each cell gets a copy of its own.
    pub(super) text_bytes: u64,
}

/// What the workbook asks for; `None` where the file is not well formed.
pub(super) fn asked(bytes: &[u8]) -> Option<Asked> {
    asked_by(&workbook_stream(bytes)?)
}

fn asked_by(stream: &[u8]) -> Option<Asked> {
    let none = Asked { sheets: 0, cells: 0, text_bytes: 0 };
    let mut starts = Vec::new();
    let mut texts: Vec<&[u8]> = Vec::new();
    let mut before = 0;
    for (kind, data) in Records(stream) {
        match kind {
            BOUND_SHEET => starts.push(u32_at(data, 0)?),
            SHARED_TEXTS => texts = vec![data.get(8..)?],
            CONTINUED if before == SHARED_TEXTS => texts.push(data),
            // With a password nothing behind can be read, here or by the library.
            FILE_PASS if u16_at(data, 0)? != 0 => return Some(none),
            END => break,
            _ => {}
        }
        if kind != CONTINUED {
            before = kind;
        }
    }
    let sheets = starts.len();
    // All of them may start at the same place.
    if sheets > SHEETS_MOST {
        return Some(Asked { sheets, ..none });
    }
    let longest = longest_text(&texts)?;
    let (mut spanned, mut text_bytes) = (0_u64, 0_u64);
    for start in starts {
        let sheet = stream.get(usize::try_from(start).ok()?..)?;
        let mut depth = 0_u32;
        let mut told = 0_u64;
        // Where the last formula was, whose value may be a text in a record of its own.
        let mut formula = (0, 0);
        let (mut rows, mut columns) = ((u64::MAX, 0), (u64::MAX, 0));
        for (kind, data) in Records(sheet) {
            match kind {
                BEGIN => depth += 1,
                END if depth <= 1 => break,
                END => depth -= 1,
                // The library takes a first column for 0 where it seems wrong: it always may.
                DIMENSIONS if data.len() == 10 => {
                    let row = (u16_at(data, 0)?.into(), u16_at(data, 2)?.into());
                    told = told.max(area(row, (0, u16_at(data, 6)?.into()))?);
                }
                DIMENSIONS => {
                    let row = (u32_at(data, 0)?.into(), u32_at(data, 4)?.into());
                    told = told.max(area(row, (0, u16_at(data, 10)?.into()))?);
                }
                kind if CELLS.contains(&kind) || kind == TEXT_OF_FORMULA => {
                    let (row, column) = match kind {
                        TEXT_OF_FORMULA => formula,
                        _ => (u64::from(u16_at(data, 0)?), u64::from(u16_at(data, 2)?)),
                    };
                    let last = match kind {
                        SEVERAL_NUMBERS => u16_at(data, data.len().checked_sub(2)?)?.into(),
                        _ => column,
                    };
                    match kind {
                        FORMULA => formula = (row, column),
                        SHARED_TEXT => text_bytes = text_bytes.saturating_add(longest),
                        _ => {}
                    }
                    rows = (rows.0.min(row), rows.1.max(row));
                    columns = (columns.0.min(column), columns.1.max(column).max(last));
                }
                _ => {}
            }
        }
        let laid_out = if rows.0 > rows.1 { 0 } else { area(rows, columns)? };
        spanned = spanned.checked_add(told.max(laid_out))?;
    }
    Some(Asked { sheets, cells: spanned, text_bytes })
}

fn area(rows: (u64, u64), columns: (u64, u64)) -> Option<u64> {
    let length = |(first, last): (u64, u64)| last.checked_sub(first)?.checked_add(1);
    length(rows)?.checked_mul(length(columns)?)
}

const BOUND_SHEET: u16 = 0x85;
const FILE_PASS: u16 = 0x2f;
const BEGIN: u16 = 0x809;
const END: u16 = 0x0a;
const DIMENSIONS: u16 = 0x200;
const SEVERAL_NUMBERS: u16 = 0xbd;
const FORMULA: u16 = 0x06;
const TEXT_OF_FORMULA: u16 = 0x207;
const SHARED_TEXT: u16 = 0xfd;
const SHARED_TEXTS: u16 = 0xfc;
const CONTINUED: u16 = 0x3c;

/// Records that are cells: formula, several numbers, text, number, label, truth value,
/// compressed number.
const CELLS: [u16; 8] = [FORMULA, SEVERAL_NUMBERS, 0xd6, SHARED_TEXT, 0x203, 0x204, 0x205, 0x27e];

/// How many bytes the longest of the shared texts has at most in UTF-8. They go on from piece
/// to piece; `None` where they are not well formed.
fn longest_text(pieces: &[&[u8]]) -> Option<u64> {
    let mut pieces = pieces.iter().copied();
    let mut rest: &[u8] = pieces.next().unwrap_or_default();
    let mut longest = 0;
    loop {
        if rest.is_empty() {
            let Some(piece) = pieces.next() else { return Some(longest) };
            rest = piece;
            continue;
        }
        let mut letters = usize::from(u16_at(rest, 0)?);
        longest = longest.max(3 * letters as u64);
        let flags = *rest.get(2)?;
        rest = rest.get(3..)?;
        let mut behind = 0_usize;
        if flags & 8 != 0 {
            behind = 4 * usize::from(u16_at(rest, 0)?);
            rest = rest.get(2..)?;
        }
        if flags & 4 != 0 {
            behind = behind.checked_add(usize::try_from(u32_at(rest, 0)?).ok()?)?;
            rest = rest.get(4..)?;
        }
        let mut width = 1 + usize::from(flags & 1);
        loop {
            let here = letters.min(rest.len() / width);
            rest = rest.get(here * width..)?;
            letters -= here;
            if letters == 0 {
                break;
            }
            // A piece that goes on with letters says anew how wide they are.
            let (first, others) = pieces.next()?.split_first()?;
            width = 1 + usize::from(first & 1);
            rest = others;
        }
        while behind > rest.len() {
            behind -= rest.len();
            rest = pieces.next()?;
        }
        rest = rest.get(behind..)?;
    }
}

/// The records of a stream: kind and data.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<(u16, &'a [u8])> {
        let kind = u16_at(self.0, 0)?;
        let end = 4 + usize::from(u16_at(self.0, 2)?);
        let data = self.0.get(4..end)?;
        self.0 = self.0.get(end..)?;
        Some((kind, data))
    }
}

/// The stream of the workbook inside its compound file, read as the library reads it. Chains
/// that it would follow without end are not well formed, nor is what it would read from
/// elsewhere.
fn workbook_stream(bytes: &[u8]) -> Option<Vec<u8>> {
    let sector_size: usize = match u16_at(bytes, 30)? {
        9 => 512,
        12 => 4096,
        _ => return None,
    };
    let sector = |id: u32| {
        let start = usize::try_from(id).ok()?.checked_add(1)?.checked_mul(sector_size)?;
        let end = start.checked_add(sector_size)?.min(bytes.len());
        bytes.get(start..end)
    };
    // The header names the first 109 sectors of the table, enough for 7 MB. With more of them,
    // one sector named over and over asks for any amount of memory.
    if u32_at(bytes, 68)? < NO_SECTOR {
        return None;
    }
    let mut table: Vec<u32> = Vec::new();
    for at in (76..512).step_by(4) {
        let id = u32_at(bytes, at)?;
        if id < NO_SECTOR {
            table.extend(numbers(sector(id)?));
        }
    }
    let follow = |first: u32| chain(first, &table, &sector, bytes.len());
    let directory = follow(u32_at(bytes, 48)?)?;
    // Streams of few bytes lie in smaller sectors inside the stream of the first entry.
    let has_small = u32_at(bytes, 64)? > 0;
    let (small_table, small_sectors) = if has_small {
        let root = directory.get(..128)?;
        let mut sectors = follow(u32_at(root, 116)?)?;
        sectors.truncate(length(root, sector_size)?);
        (numbers(&follow(u32_at(bytes, 60)?)?).collect(), sectors)
    } else {
        (Vec::new(), Vec::new())
    };
    let named = |wanted: &str| {
        directory.chunks_exact(128).find(|entry| {
            let name = entry.chunks_exact(2).take(32).map_while(|two| u16_at(two, 0));
            let name: Vec<u16> = name.take_while(|unit| *unit != 0).collect();
            String::from_utf16_lossy(&name).eq_ignore_ascii_case(wanted)
        })
    };
    let entry = named("Workbook").or_else(|| named("Book"))?;
    let (start, length) = (u32_at(entry, 116)?, length(entry, sector_size)?);
    let mut stream = if length >= SMALL_BELOW {
        follow(start)?
    } else {
        let sector = |id: u32| {
            let start = usize::try_from(id).ok()?.checked_mul(SMALL_SECTOR)?;
            small_sectors.get(start..start.checked_add(SMALL_SECTOR)?)
        };
        chain(start, &small_table, &sector, small_sectors.len())?
    };
    stream.truncate(length);
    Some(stream)
}

/// Streams of fewer bytes lie in small sectors.
const SMALL_BELOW: usize = 4096;

const SMALL_SECTOR: usize = 64;

/// How many bytes the stream of a directory's entry has.
fn length(entry: &[u8], sector_size: usize) -> Option<usize> {
    let low = u64::from(u32_at(entry, 120)?);
    let high = if sector_size == 512 { 0 } else { u64::from(u32_at(entry, 124)?) };
    usize::try_from(high << 32 | low).ok()
}

/// The sectors of a chain; `None` where one is missing, or the chain comes back to itself and
/// has more than `most` bytes.
fn chain<'b>(
    first: u32,
    table: &[u32],
    sector: &impl Fn(u32) -> Option<&'b [u8]>,
    most: usize,
) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let mut id = first;
    while id < NO_SECTOR {
        content.extend_from_slice(sector(id)?);
        if content.len() > most {
            return None;
        }
        id = *table.get(usize::try_from(id).ok()?)?;
    }
    Some(content)
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).filter_map(|four| u32_at(four, 0))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(two.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::XLS_CELLS_MOST;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes(), &length.to_le_bytes(), data].concat()
    }

    fn cell(kind: u16, row: u16, column: u16) -> Vec<u8> {
        record(kind, &[row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat())
    }

    /// A stream with one sheet of these records.
    fn stream(records: &[Vec<u8>]) -> Vec<u8> {
        let start = 4 + 4 + 4_u32;
        let globals = [record(BOUND_SHEET, &start.to_le_bytes()), record(END, &[])].concat();
        let sheet = [record(BEGIN, &[]), records.concat(), record(END, &[])].concat();
        [globals, sheet].concat()
    }

    fn spanned_by(stream: &[u8]) -> Option<u64> {
        asked_by(stream).map(|asked| asked.cells)
    }

    #[test]
    fn a_sheet_spans_from_its_first_to_its_last_cell() {
        let sheet = stream(&[cell(0xfd, 0, 0), cell(0x203, 15_624, 255)]);
        assert_eq!(spanned_by(&sheet), Some(XLS_CELLS_MOST));
        let sheet = stream(&[cell(0xfd, 0, 0), cell(0x203, 15_625, 255)]);
        assert!(spanned_by(&sheet) > Some(XLS_CELLS_MOST));
        assert_eq!(spanned_by(&stream(&[])), Some(0));
    }

    #[test]
    fn what_a_sheet_says_of_itself_counts_too() {
        let said = |first: u32, last: u32| {
            let rows = [first.to_le_bytes(), last.to_le_bytes()].concat();
            spanned_by(&stream(&[record(DIMENSIONS, &[&rows[..], &[0, 0, 9, 0, 0, 0]].concat())]))
        };
        assert_eq!(said(0, 99), Some(1000));
        assert!(said(0, u32::MAX) > Some(XLS_CELLS_MOST));
        assert_eq!(said(2, 1), None, "the last before the first");
    }

    #[test]
    fn a_sheet_that_starts_behind_the_end_is_not_well_formed() {
        assert_eq!(spanned_by(&record(BOUND_SHEET, &[255, 0, 0, 0])), None);
    }

    #[test]
    fn more_sheets_than_are_read_are_counted_and_not_gone_through() {
        let start = 8 * (SHEETS_MOST as u32 + 1) + 4;
        let mut sheets = vec![record(BOUND_SHEET, &start.to_le_bytes()); SHEETS_MOST];
        let sheet = [record(BEGIN, &[]), cell(0xfd, 0, 0), record(END, &[])].concat();
        let end = record(END, &[]);
        let stream = [sheets.concat(), vec![0; 8], end.clone(), sheet.clone()].concat();
        let asked = asked_by(&stream).unwrap();
        assert_eq!((asked.sheets, asked.cells), (SHEETS_MOST, SHEETS_MOST as u64));
        sheets.push(record(BOUND_SHEET, &start.to_le_bytes()));
        let asked = asked_by(&[sheets.concat(), end, sheet].concat()).unwrap();
        assert_eq!((asked.sheets, asked.cells), (SHEETS_MOST + 1, 0));
    }

    /// A compound file of 512-byte sectors: one for the table, one for the directory, then the
    /// small sectors' table and the small sectors themselves.
    fn small(stream: &[u8]) -> Vec<u8> {
        let words = |words: &[u32]| -> Vec<u8> {
            words.iter().flat_map(|word| word.to_le_bytes()).collect()
        };
        let end = 0xffff_fffe;
        let mut file = vec![0; 30];
        file.extend([9, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
        file.extend(words(&[0, 1, 1, 0, 4096, 2, 1, end, 0, 0]));
        file.extend(words(&[u32::MAX; 108]));
        file.extend(words(&[0xffff_fffd, end, end, end]));
        file.extend(words(&[u32::MAX; 124]));
        let entry = |name: &str, start: u32, length: usize| {
            let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            entry.resize(116, 0);
            entry.extend(words(&[start, length as u32, 0]));
            entry
        };
        file.extend(entry("Root Entry", 3, 512));
        file.extend(entry("Workbook", 0, stream.len()));
        file.resize(512 * 3, 0);
        let sectors = stream.len().div_ceil(64) as u32;
        file.extend(words(&(1..sectors).chain([end]).collect::<Vec<_>>()));
        file.resize(512 * 4, 0xff);
        file.extend(stream);
        file.resize(512 * 5, 0);
        file
    }

    #[test]
    fn a_stream_of_few_bytes_is_looked_for_in_small_sectors_as_the_library_does() {
        let sheet = stream(&[cell(0xfd, 0, 0), cell(0x203, 9, 9), record(0x99, &[0; 99])]);
        let file = small(&sheet);
        assert_eq!(workbook_stream(&file).as_deref(), Some(&sheet[..]));
        assert_eq!(asked(&file), Some(Asked { sheets: 1, cells: 100, text_bytes: 0 }));
        let changed = |at: usize, value: u32| {
            let mut file = file.clone();
            file[at..at + 4].copy_from_slice(&value.to_le_bytes());
            asked(&file)
        };
        assert_eq!(changed(64, 0), None, "no small sectors are told of");
        assert_eq!(changed(512 + 12, 3), None, "the small sectors come back to themselves");
        assert_eq!(changed(512 + 8, 2), None, "their table comes back to itself");
        assert_eq!(changed(512 * 3, 0), None, "the stream comes back to itself");
        assert_eq!(changed(68, 0), None, "the table goes on elsewhere");
    }

    #[test]
    fn a_first_column_that_the_library_takes_for_none_counts_from_the_left() {
        let rows = [0_u32.to_le_bytes(), 65_535_u32.to_le_bytes()].concat();
        let data = [&rows[..], &[255, 255, 255, 255, 0, 0]].concat();
        assert_eq!(spanned_by(&stream(&[record(DIMENSIONS, &data)])), Some(1 << 32));
    }

    #[test]
    fn the_text_of_a_formula_stands_where_the_formula_was_and_else_in_the_first_cell() {
        let text = record(TEXT_OF_FORMULA, &[]);
        let at_formula = stream(&[cell(FORMULA, 50, 50), text.clone(), cell(0x204, 59, 59)]);
        assert_eq!(spanned_by(&at_formula), Some(100));
        assert_eq!(spanned_by(&stream(&[text, cell(0x204, 59, 59)])), Some(3600));
    }

    #[test]
    fn each_cell_may_have_the_longest_of_the_shared_texts() {
        let texts = [
            &[3, 0, 0][..],
            b"abc",
            &[2, 0, 1],
            b"a\0b\0",
            // With two runs of a format, and six letters of which a piece has two.
            &[6, 0, 8, 2, 0],
            b"ab",
        ];
        let texts = texts.concat();
        let piece = [&[1][..], b"c\0d\0e\0f\0", &[0; 8], &[1, 0, 0, b'x']].concat();
        assert_eq!(longest_text(&[&texts, &piece]), Some(18));
        assert_eq!(longest_text(&[&texts, &piece[..piece.len() - 1]]), None);
        assert_eq!(longest_text(&[&texts]), None);
        assert_eq!(longest_text(&[]), Some(0));
        assert_eq!(longest_text(&[&[0, 0, 4, 0, 0, 0, 0], &[0xff, 0xff, 0]]), None);

        let shared = record(SHARED_TEXTS, &[&[0; 8], &texts[..]].concat());
        let shared = [shared, record(CONTINUED, &piece)].concat();
        let start = u32::try_from(8 + shared.len() + 4).unwrap();
        let globals = [record(BOUND_SHEET, &start.to_le_bytes()), shared, record(END, &[])];
        let sheet = [record(BEGIN, &[]), cell(SHARED_TEXT, 0, 0).repeat(5), record(END, &[])];
        let asked = asked_by(&[globals.concat(), sheet.concat()].concat()).unwrap();
        assert_eq!((asked.cells, asked.text_bytes), (1, 90));
    }
}
