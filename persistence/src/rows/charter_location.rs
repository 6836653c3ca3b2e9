//! Rows of tables of locations of charter schools.

use calsos_domain::cds::CdsCode;
use calsos_domain::operator::{CharterLocationRow, Span};
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::charter_location;
use crate::stored::{At, Place, day_column};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = charter_location, treat_none_as_default_value = false)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    cds: String,
    county: i16,
    held_from: Option<String>,
    held_until: Option<String>,
    source: String,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[CharterLocationRow],
) -> Result<(), Failure> {
    let rows = (0..).zip(rows).map(|(place, row)| to_table(release, place, row));
    let rows = rows.collect::<Result<Vec<Row>, StoreError>>()?;
    insert_many!(connection, charter_location::table, rows.into_iter());
    Ok(())
}

pub(super) fn load(
    connection: &mut Connection,
    release: i32,
    only: Option<CdsCode>,
) -> Result<Vec<CharterLocationRow>, Failure> {
    let mut query = charter_location::table
        .filter(charter_location::release.eq(release))
        .order(charter_location::place)
        .select(Row::as_select())
        .into_boxed();
    if let Some(cds) = only {
        query = query.filter(charter_location::cds.eq(cds.to_string()));
    }
    let rows: Vec<Row> = query.load(connection)?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, row: &CharterLocationRow) -> Result<Row, StoreError> {
    let CharterLocationRow { row: file_row, cds, county, held, source } = row;
    let Span { from, until } = held;
    Ok(Row {
        release,
        place,
        file_row: i64::from(*file_row),
        cds: cds.to_string(),
        county: i16::from(county.number()),
        held_from: from.map(day_column).transpose()?,
        held_until: until.map(day_column).transpose()?,
        source: source.clone(),
    })
}

fn from_table(row: Row) -> Result<CharterLocationRow, StoreError> {
    let Row { release, place, file_row, cds, county, held_from, held_until, source } = row;
    let key = Place { release, place };
    let at = At { table: "charter_location", row: &key };
    Ok(CharterLocationRow {
        row: at.number("file_row", file_row)?,
        cds: at.cds("cds", &cds)?,
        county: at.county("county", county)?,
        held: Span {
            from: held_from.map(|found| at.day("held_from", &found)).transpose()?,
            until: held_until.map(|found| at.day("held_until", &found)).transpose()?,
        },
        source,
    })
}
