//! Rows of files of CALPADS exceptions.

use calsos_domain::cds::CdsCode;
use calsos_domain::release::CalpadsRow;
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::calpads;
use crate::stored::{At, Place};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = calpads, treat_none_as_default_value = false)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    cds: String,
    certified: bool,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[CalpadsRow],
) -> Result<(), Failure> {
    let rows = (0..).zip(rows).map(|(place, row)| to_table(release, place, row));
    insert_many!(connection, calpads::table, rows);
    Ok(())
}

pub(super) fn load(
    connection: &mut Connection,
    release: i32,
    only: Option<CdsCode>,
) -> Result<Vec<CalpadsRow>, Failure> {
    let mut query = calpads::table
        .filter(calpads::release.eq(release))
        .order(calpads::place)
        .select(Row::as_select())
        .into_boxed();
    if let Some(cds) = only {
        query = query.filter(calpads::cds.eq(cds.to_string()));
    }
    let rows: Vec<Row> = query.load(connection)?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, row: &CalpadsRow) -> Row {
    let CalpadsRow { row: file_row, cds, certified } = row;
    Row {
        release,
        place,
        file_row: i64::from(*file_row),
        cds: cds.to_string(),
        certified: *certified,
    }
}

fn from_table(row: Row) -> Result<CalpadsRow, StoreError> {
    let Row { release, place, file_row, cds, certified } = row;
    let key = Place { release, place };
    let at = At { table: "calpads", row: &key };
    Ok(CalpadsRow { row: at.number("file_row", file_row)?, cds: at.cds("cds", &cds)?, certified })
}
