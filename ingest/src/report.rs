//! What the user is shown after a file was read: what was told from where, what was kept,
//! left out, repaired, and what is worth a look.

use std::collections::BTreeMap;

use calsos_domain::release::ReleaseKind;
use calsos_domain::year::{DashboardYear, Day};

use crate::fault::counted;

/// From where it was told what a file is about, or of which year it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ToldBy {
    /// A value inside the file says it.
    Content,
    /// Only one kind of file has these columns.
    Columns,
    /// The sheet's name.
    SheetName,
    /// The file's name.
    FileName,
    /// The operator assigned it.
    Operator,
}

impl ToldBy {
    /// In plain words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            ToldBy::Content => "the rows",
            ToldBy::Columns => "the columns",
            ToldBy::SheetName => "the sheet's name",
            ToldBy::FileName => "the file's name",
            ToldBy::Operator => "--as",
        }
    }
}

/// How a file was understood.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// The file's name as it was given.
    pub file_name: String,
    /// The kind's code, such as `ELA`, `LOCAL6` or `LIST`.
    pub kind: String,
    /// The Dashboard year; `None` for successions.
    pub year: Option<u16>,
    /// From where the kind was told.
    pub kind_told_by: ToldBy,
    /// From where the year was told; `None` where there is no year.
    pub year_told_by: Option<ToldBy>,
    /// The sheet that was read, in a workbook.
    pub sheet: Option<String>,
    /// Rows below the header, without wholly blank ones.
    pub rows_read: u32,
    /// Rows that are stored.
    pub rows_kept: u32,
    /// Rows left out: reason and count.
    pub skipped: BTreeMap<String, u32>,
    /// Values repaired: how and count.
    pub repaired: BTreeMap<String, u32>,
    /// What is worth a look, with counts and the first rows.
    pub warnings: Vec<String>,
    /// Columns of the file that no layout of its kind and year has.
    pub unknown_columns: Vec<String>,
    /// Columns that the layout has and the file has not; none of them decides.
    pub missing_columns: Vec<String>,
    /// Whether real files proved the layout of this kind and year.
    pub layout_verified: bool,
    /// The year whose layout was used, where it is not the file's own.
    pub layout_year: Option<u16>,
    /// The date that stands inside the file, `YYYY-MM-DD` or `YYYY-MM`.
    pub file_date: Option<String>,
    /// What was understood of a file whose columns are taken as they come.
    pub understood: Vec<String>,
    /// What is about people, and was left out of everything that is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<LeftOut>,
    /// The header, as the file spells it.
    pub columns: Vec<String>,
}

/// Columns whose cells are not stored, since they are or might be about people.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    /// The columns about people.
    pub people_columns: Vec<String>,
    /// Columns that are not known, and so might be about people.
    pub unknown_columns: Vec<String>,
    /// How many filled cells they had.
    pub cells: u32,
}

/// How many different warnings about rows are told in full; rows with others are counted.
const WARNINGS_TOLD: usize = 100;

/// How many rows a warning names.
const ROWS_NAMED: usize = 10;

/// What a reader notes while it goes through the rows.
#[derive(Default, Debug)]
pub(crate) struct Notes {
    pub(crate) rows_read: u32,
    skipped: BTreeMap<String, u32>,
    repaired: BTreeMap<String, u32>,
    /// Warnings about rows, in the order of their first row.
    about_rows: Vec<RowWarning>,
    /// How many rows have a warning beyond those.
    about_other_rows: usize,
    about_file: Vec<String>,
    pub(crate) unknown_columns: Vec<String>,
    pub(crate) missing_columns: Vec<String>,
    pub(crate) layout_verified: bool,
    pub(crate) layout_year: Option<DashboardYear>,
    pub(crate) sheet: Option<String>,
    pub(crate) understood: Vec<String>,
    pub(crate) left_out: Option<LeftOut>,
    pub(crate) columns: Vec<String>,
    /// What the file is, as soon as that is told.
    pub(crate) subject: Option<(ReleaseKind, Option<DashboardYear>)>,
}

#[derive(Debug)]
struct RowWarning {
    what: String,
    count: usize,
    rows: Vec<u32>,
}

impl Notes {
    pub(crate) fn skip(&mut self, reason: &str) {
        count(&mut self.skipped, reason);
    }

    /// Notes that so many rows were left out, where there are any.
    pub(crate) fn skip_many(&mut self, reason: &str, rows: u32) {
        if rows > 0 {
            *self.skipped.entry(reason.to_owned()).or_default() += rows;
        }
    }

    pub(crate) fn repair(&mut self, how: &str) {
        count(&mut self.repaired, how);
    }

    pub(crate) fn warn(&mut self, warning: impl Into<String>) {
        self.about_file.push(warning.into());
    }

    /// Notes something about a row; rows with the same text are told together.
    pub(crate) fn warn_row(&mut self, row: u32, what: &str) {
        let full = self.about_rows.len() >= WARNINGS_TOLD;
        let known = self.about_rows.iter_mut().find(|w| w.what == what);
        match known {
            Some(warning) => {
                warning.count += 1;
                if warning.rows.len() < ROWS_NAMED {
                    warning.rows.push(row);
                }
            }
            None if full => self.about_other_rows += 1,
            None => {
                let what = what.to_owned();
                self.about_rows.push(RowWarning { what, count: 1, rows: vec![row] });
            }
        }
    }

    pub(crate) fn into_report(self, told: &Told, file_name: &str, kept: usize) -> FileReport {
        let mut warnings = self.about_file;
        for warning in self.about_rows {
            let RowWarning { what, count, rows } = warning;
            let named: Vec<String> = rows.iter().map(u32::to_string).collect();
            let more = if count > rows.len() { " …" } else { "" };
            let noun = if count == 1 { "row" } else { "rows" };
            let counted = counted(count, "row");
            warnings.push(format!("{counted} {what}: {noun} {}{more}", named.join(", ")));
        }
        if self.about_other_rows > 0 {
            let rows = counted(self.about_other_rows, "row");
            warnings.push(format!("… and {rows} with other warnings."));
        }
        FileReport {
            file_name: file_name.to_owned(),
            kind: told.kind.code(),
            year: told.year.map(DashboardYear::number),
            kind_told_by: told.kind_by,
            year_told_by: told.year_by,
            sheet: self.sheet,
            rows_read: self.rows_read,
            rows_kept: u32::try_from(kept).unwrap_or(u32::MAX),
            skipped: self.skipped,
            repaired: self.repaired,
            warnings,
            unknown_columns: self.unknown_columns,
            missing_columns: self.missing_columns,
            layout_verified: self.layout_verified,
            layout_year: self.layout_year.map(DashboardYear::number),
            file_date: told.file_date.map(|day| day.to_string()),
            understood: self.understood,
            left_out: self.left_out,
            columns: self.columns,
        }
    }
}

/// What a file turned out to be.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) kind: ReleaseKind,
    pub(crate) kind_by: ToldBy,
    pub(crate) year: Option<DashboardYear>,
    pub(crate) year_by: Option<ToldBy>,
    pub(crate) file_date: Option<Day>,
}

fn count(counts: &mut BTreeMap<String, u32>, what: &str) {
    match counts.get_mut(what) {
        Some(count) => *count += 1,
        None => {
            counts.insert(what.to_owned(), 1);
        }
    }
}
