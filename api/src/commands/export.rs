//! `calsos export`.

use crate::app::Office;
use crate::cli::{Export, Global, Layout};
use crate::error::AppError;
use crate::output::{file_or_screen, write_table};

pub(super) fn run(office: &Office, global: &Global, asked: &Export) -> Result<(), AppError> {
    let table = match asked.layout {
        Layout::Answers => office.export_answers(asked.year)?,
        Layout::Published => office.export_published(asked.year)?,
    };
    let mut out = file_or_screen(asked.out.as_deref())?;
    write_table(&mut *out, &table, global.format)
}
