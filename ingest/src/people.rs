//! The directory's columns about people are never stored. What is kept of such a file in the
//! place of its own bytes is its table as tab-delimited text, row for row, with the cells of
//! those columns empty; a column that is not known might be about people, and is treated
//! alike. It is written from the very cells that were read, so that what was read as one of
//! those columns cannot be anywhere in it.

use crate::directory::said;
use crate::layouts::Layouts;
use crate::report::LeftOut;
use crate::sheet::{Sheet, normalised};

/// What is kept in the place of a file, and what was left out of it.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) bytes: Vec<u8>,
    pub(crate) left_out: LeftOut,
}

/// The directory without what is about people; `None` where it has nothing of the kind and
/// can be kept as it is.
pub(crate) fn without_people(sheet: &Sheet<'_>, layouts: &Layouts) -> Option<Kept> {
    let layout = layouts.directory();
    let (mut people_columns, mut unknown_columns) = (Vec::new(), Vec::new());
    let emptied: Vec<bool> = sheet
        .header
        .iter()
        .map(|name| {
            let plain = normalised(name);
            if layout.keeps(layouts.field(&plain)) {
                return false;
            }
            if layout.is_about_people(&plain) {
                people_columns.push(name.clone());
            } else if !name.is_empty() {
                unknown_columns.push(name.clone());
            }
            true
        })
        .collect();
    if !emptied.contains(&true) {
        return None;
    }
    let mut text = String::new();
    let mut cells = 0_u32;
    for name in &sheet.header {
        write_cell(&mut text, name);
    }
    end_row(&mut text);
    // Row 1 is the header: a table stands below it in the file too.
    let mut line = 1;
    sheet.each_row(|row, fields| {
        while line + 1 < row {
            text.push('\n');
            line += 1;
        }
        for (value, emptied) in fields.iter().zip(&emptied) {
            if *emptied {
                cells += u32::from(said(value).is_some());
                write_cell(&mut text, "");
            } else {
                write_cell(&mut text, value);
            }
        }
        end_row(&mut text);
        line += 1;
    });
    let left_out = LeftOut { people_columns, unknown_columns, cells };
    Some(Kept { bytes: text.into_bytes(), left_out })
}

/// Writes a cell and a tab behind it.
fn write_cell(text: &mut String, value: &str) {
    text.extend(value.chars().map(|c| if c.is_control() { ' ' } else { c }));
    text.push('\t');
}

/// Puts a line end in the place of the last tab.
fn end_row(text: &mut String) {
    text.pop();
    text.push('\n');
}
