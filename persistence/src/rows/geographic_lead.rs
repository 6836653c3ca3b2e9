//! Rows of tables of geographic lead agencies.

use calsos_domain::operator::{GeographicLeadRow, Span};
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::geographic_lead;
use crate::stored::{At, Place, day_column};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = geographic_lead, treat_none_as_default_value = false)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    county: i16,
    agency: String,
    held_from: Option<String>,
    held_until: Option<String>,
    source: String,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[GeographicLeadRow],
) -> Result<(), Failure> {
    let rows = (0..).zip(rows).map(|(place, row)| to_table(release, place, row));
    let rows = rows.collect::<Result<Vec<Row>, StoreError>>()?;
    insert_many!(connection, geographic_lead::table, rows.into_iter());
    Ok(())
}

pub(super) fn load(
    connection: &mut Connection,
    release: i32,
) -> Result<Vec<GeographicLeadRow>, Failure> {
    let rows = geographic_lead::table
        .filter(geographic_lead::release.eq(release))
        .order(geographic_lead::place)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, row: &GeographicLeadRow) -> Result<Row, StoreError> {
    let GeographicLeadRow { row: file_row, county, agency, held, source } = row;
    let Span { from, until } = held;
    Ok(Row {
        release,
        place,
        file_row: i64::from(*file_row),
        county: i16::from(county.number()),
        agency: agency.clone(),
        held_from: from.map(day_column).transpose()?,
        held_until: until.map(day_column).transpose()?,
        source: source.clone(),
    })
}

fn from_table(row: Row) -> Result<GeographicLeadRow, StoreError> {
    let Row { release, place, file_row, county, agency, held_from, held_until, source } = row;
    let key = Place { release, place };
    let at = At { table: "geographic_lead", row: &key };
    Ok(GeographicLeadRow {
        row: at.number("file_row", file_row)?,
        county: at.county("county", county)?,
        agency,
        held: Span {
            from: held_from.map(|found| at.day("held_from", &found)).transpose()?,
            until: held_until.map(|found| at.day("held_until", &found)).transpose()?,
        },
        source,
    })
}
