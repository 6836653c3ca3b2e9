//! Rows of local indicator files.

use calsos_domain::cds::CdsCode;
use calsos_domain::release::{LocalRating, LocalRatingRow};
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::local_rating;
use crate::stored::{At, Place};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = local_rating, treat_none_as_default_value = false)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    cds: String,
    rating: String,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[LocalRatingRow],
) -> Result<(), Failure> {
    let rows = (0..).zip(rows).map(|(place, row)| to_table(release, place, row));
    insert_many!(connection, local_rating::table, rows);
    Ok(())
}

pub(super) fn load(
    connection: &mut Connection,
    release: i32,
    only: Option<CdsCode>,
) -> Result<Vec<LocalRatingRow>, Failure> {
    let mut query = local_rating::table
        .filter(local_rating::release.eq(release))
        .order(local_rating::place)
        .select(Row::as_select())
        .into_boxed();
    if let Some(cds) = only {
        query = query.filter(local_rating::cds.eq(cds.to_string()));
    }
    let rows: Vec<Row> = query.load(connection)?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, row: &LocalRatingRow) -> Row {
    let LocalRatingRow { row: file_row, cds, rating } = row;
    Row {
        release,
        place,
        file_row: i64::from(*file_row),
        cds: cds.to_string(),
        rating: rating.name().to_owned(),
    }
}

fn from_table(row: Row) -> Result<LocalRatingRow, StoreError> {
    let Row { release, place, file_row, cds, rating } = row;
    let key = Place { release, place };
    let at = At { table: "local_rating", row: &key };
    Ok(LocalRatingRow {
        row: at.number("file_row", file_row)?,
        cds: at.cds("cds", &cds)?,
        rating: at.word("rating", &rating, LocalRating::parse(&rating), LocalRating::name)?,
    })
}
