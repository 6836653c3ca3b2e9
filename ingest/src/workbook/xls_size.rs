//! How much memory an old `.xls` would ask for, before it is opened.
//!
//! The library lays a sheet out as one block from its first to its last cell, and reserves
//! what the file says about itself. One wrong byte in the place of a cell then asks for
//! fifty gigabytes, which ends the process; an error of that kind cannot be caught.

/// From here on numbers of sectors mean the end of a chain, or that none is there.
const NO_SECTOR: u32 = 0xffff_fffa;

/// How many cells the sheets span; `None` where the file is not well formed.
pub(super) fn cells_spanned(bytes: &[u8]) -> Option<u64> {
    spanned_by(&workbook_stream(bytes)?)
}

fn spanned_by(stream: &[u8]) -> Option<u64> {
    let mut starts = Vec::new();
    for (kind, data) in Records(stream) {
        match kind {
            BOUND_SHEET => starts.push(u32_at(data, 0)?),
            // With a password nothing behind can be read, here or by the library.
            FILE_PASS if u16_at(data, 0)? != 0 => return Some(0),
            END => break,
            _ => {}
        }
    }
    let mut spanned = 0_u64;
    for start in starts {
        let sheet = stream.get(usize::try_from(start).ok()?..)?;
        let mut depth = 0_u32;
        let mut told = 0_u64;
        let (mut rows, mut columns) = ((u64::MAX, 0), (u64::MAX, 0));
        for (kind, data) in Records(sheet) {
            match kind {
                BEGIN => depth += 1,
                END if depth <= 1 => break,
                END => depth -= 1,
                DIMENSIONS if data.len() == 10 => {
                    let row = (u16_at(data, 0)?.into(), u16_at(data, 2)?.into());
                    told = told.max(area(row, (u16_at(data, 4)?.into(), u16_at(data, 6)?.into()))?);
                }
                DIMENSIONS => {
                    let row = (u32_at(data, 0)?.into(), u32_at(data, 4)?.into());
                    told =
                        told.max(area(row, (u16_at(data, 8)?.into(), u16_at(data, 10)?.into()))?);
                }
                kind if CELLS.contains(&kind) => {
                    let (row, column) = (u64::from(u16_at(data, 0)?), u64::from(u16_at(data, 2)?));
                    let last = match kind {
                        SEVERAL_NUMBERS => u16_at(data, data.len().checked_sub(2)?)?.into(),
                        _ => column,
                    };
                    rows = (rows.0.min(row), rows.1.max(row));
                    columns = (columns.0.min(column), columns.1.max(column).max(last));
                }
                _ => {}
            }
        }
        let laid_out = if rows.0 > rows.1 { 0 } else { area(rows, columns)? };
        spanned = spanned.checked_add(told.max(laid_out))?;
    }
    Some(spanned)
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

/// Records that are cells: formula, several numbers, text, number, label, truth value,
/// compressed number.
const CELLS: [u16; 8] = [0x06, SEVERAL_NUMBERS, 0xd6, 0xfd, 0x203, 0x204, 0x205, 0x27e];

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

/// The stream of the workbook inside its compound file.
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
    // The header names the first 109 sectors of the table, enough for 7 MB.
    let mut table: Vec<u32> = Vec::new();
    for at in (76..512).step_by(4) {
        let id = u32_at(bytes, at)?;
        if id < NO_SECTOR {
            table.extend(sector(id)?.chunks_exact(4).filter_map(|four| u32_at(four, 0)));
        }
    }
    let chain = |first: u32| {
        let mut content = Vec::new();
        let mut id = first;
        while id < NO_SECTOR {
            content.extend_from_slice(sector(id)?);
            // A chain that comes back to itself has no end.
            if content.len() > bytes.len() {
                return None;
            }
            id = *table.get(usize::try_from(id).ok()?)?;
        }
        Some(content)
    };
    let directory = chain(u32_at(bytes, 48)?)?;
    let named = |wanted: &str| {
        directory.chunks_exact(128).find(|entry| {
            let name = entry.chunks_exact(2).take(32).map_while(|two| u16_at(two, 0));
            let name: Vec<u16> = name.take_while(|unit| *unit != 0).collect();
            String::from_utf16_lossy(&name).eq_ignore_ascii_case(wanted)
        })
    };
    let entry = named("Workbook").or_else(|| named("Book"))?;
    let length = usize::try_from(u32_at(entry, 120)?).ok()?;
    let mut stream = chain(u32_at(entry, 116)?)?;
    stream.truncate(length);
    Some(stream)
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
}
