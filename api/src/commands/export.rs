//! `calsos export`.

use crate::app::Office;
use crate::cli::{Export, Format, Global};
use crate::error::AppError;
use crate::output::{file_or_screen, write_table, write_whole};
use crate::workbook::workbook_file;

pub(super) fn run(office: &Office, global: &Global, asked: &Export) -> Result<(), AppError> {
    if global.format == Format::Xlsx {
        let path = workbook_file(asked.out.as_deref())?;
        return write_whole(path, &office.export_workbook(asked.year, asked.layout)?);
    }
    let table = office.export(asked.year, asked.layout)?;
    let mut out = file_or_screen(asked.out.as_deref())?;
    write_table(&mut *out, &table, global.format)
}
