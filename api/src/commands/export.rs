//! `calsos export`.

use crate::app::Office;
use crate::app::published_columns::Column;
use crate::cli::{Export, Format, Global, Layout};
use crate::error::AppError;
use crate::output::{file_or_screen, write_table};
use crate::workbook::{Sheet, workbook_file, write_workbook};

/// The columns of the answers that count something or name a year.
const NUMBERS_OF_ANSWERS: [&str; 4] =
    ["dashboardYear", "supportYear", "eligibleLevel", "groupCount"];

pub(super) fn run(office: &Office, global: &Global, asked: &Export) -> Result<(), AppError> {
    let workbook = match global.format {
        Format::Xlsx => Some(workbook_file(asked.out.as_deref())?),
        _ => None,
    };
    let table = match asked.layout {
        Layout::Answers => office.export_answers(asked.year)?,
        Layout::Published => office.export_published(asked.year)?,
    };
    let Some(path) = workbook else {
        let mut out = file_or_screen(asked.out.as_deref())?;
        return write_table(&mut *out, &table, global.format);
    };
    let (name, what) = match asked.layout {
        Layout::Answers => ("Answers", "Answers of every kind of LEA"),
        Layout::Published => ("District and COE", "Answers in the columns of the state's list"),
    };
    let is_number = |column: &&str| match asked.layout {
        Layout::Answers => NUMBERS_OF_ANSWERS.contains(column),
        Layout::Published => {
            matches!(Column::of(column), Some(Column::Year | Column::GroupCount))
        }
    };
    let numbers: Vec<&str> = table.header.iter().map(String::as_str).filter(is_number).collect();
    let sheet = Sheet { name: format!("{name} {}", asked.year), table: &table, numbers: &numbers };
    let origin = office.origin_of_answers(&format!("{what}, {} Dashboard", asked.year))?;
    write_workbook(path, &[sheet], &origin)
}
