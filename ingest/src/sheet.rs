//! A table as it lies in a file: a header and rows of texts, whatever container it came in.

use std::borrow::Cow;

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
    /// Row number and text of each row that is not wholly blank.
    pub(crate) rows: Vec<(u32, Cow<'a, str>)>,
    /// What separates the fields of a row's text.
    pub(crate) delimiter: char,
}

impl Sheet<'_> {
    /// Goes through the rows from top to bottom.
    pub(crate) fn each_row(&self, mut visit: impl FnMut(u32, &[&str])) {
        let mut fields: Vec<&str> = Vec::with_capacity(self.header.len());
        for (row, text) in &self.rows {
            fields.clear();
            fields.extend(text.split(self.delimiter));
            visit(*row, &fields);
        }
    }

    /// The fields of one row.
    pub(crate) fn row(&self, row: u32) -> Option<Vec<&str>> {
        let at = self.rows.binary_search_by_key(&row, |(number, _)| *number).ok()?;
        self.rows.get(at).map(|(_, text)| text.split(self.delimiter).collect())
    }
}

/// A column name without case, blanks and punctuation: `Curr_Prep (pct)` is `currpreppct`.
pub(crate) fn normalised(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a row says nothing at all.
pub(crate) fn is_blank_row(text: &str, delimiter: char) -> bool {
    text.chars().all(|c| c == delimiter || c.is_whitespace())
}
