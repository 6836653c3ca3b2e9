//! `calsos publish`.

use super::releases::words;
use crate::app::Office;
use crate::app::publish::Which;
use crate::cli::{Global, Publish};
use crate::error::AppError;
use crate::output::{Table, screen, write_table};

pub(super) fn run(office: &Office, global: &Global, asked: &Publish) -> Result<(), AppError> {
    let which = match asked.year {
        Some(year) => Which::OfYear(year),
        None => Which::Named(&asked.releases),
    };
    let mut table = Table::new(&["release", "kind", "year", "file", "public from"]);
    for record in office.publish(&which, asked.at, &asked.by)? {
        table.push([
            record.number.to_string(),
            record.kind.code(),
            record.year.map(|year| year.to_string()).unwrap_or_default(),
            record.file_name,
            words(asked.at),
        ]);
    }
    write_table(&mut *screen(), &table, global.format)
}
