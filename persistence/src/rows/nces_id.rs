//! Rows of tables of NCES ids.

use calsos_domain::cds::CdsCode;
use calsos_domain::operator::NcesIdRow;
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::nces_id;
use crate::stored::{At, Place};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = nces_id, treat_none_as_default_value = false)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    cds: String,
    district: String,
    school: Option<String>,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[NcesIdRow],
) -> Result<(), Failure> {
    let rows = (0..).zip(rows).map(|(place, row)| to_table(release, place, row));
    insert_many!(connection, nces_id::table, rows);
    Ok(())
}

pub(super) fn load(
    connection: &mut Connection,
    release: i32,
    only: Option<CdsCode>,
) -> Result<Vec<NcesIdRow>, Failure> {
    let mut query = nces_id::table
        .filter(nces_id::release.eq(release))
        .order(nces_id::place)
        .select(Row::as_select())
        .into_boxed();
    if let Some(cds) = only {
        query = query.filter(nces_id::cds.eq(cds.to_string()));
    }
    let rows: Vec<Row> = query.load(connection)?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, row: &NcesIdRow) -> Row {
    let NcesIdRow { row: file_row, cds, district, school } = row;
    Row {
        release,
        place,
        file_row: i64::from(*file_row),
        cds: cds.to_string(),
        district: district.clone(),
        school: school.clone(),
    }
}

fn from_table(row: Row) -> Result<NcesIdRow, StoreError> {
    let Row { release, place, file_row, cds, district, school } = row;
    let key = Place { release, place };
    let at = At { table: "nces_id", row: &key };
    Ok(NcesIdRow {
        row: at.number("file_row", file_row)?,
        cds: at.cds("cds", &cds)?,
        district,
        school,
    })
}
