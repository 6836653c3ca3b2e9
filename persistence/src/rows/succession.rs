//! Rows of files of successions.

use calsos_domain::release::{SuccessionKind, SuccessionRow};
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::succession;
use crate::stored::{At, Place, day_column};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = succession, treat_none_as_default_value = false)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    predecessor: String,
    successor: String,
    kind: String,
    effective: String,
    source: String,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[SuccessionRow],
) -> Result<(), Failure> {
    let rows = (0..).zip(rows).map(|(place, row)| to_table(release, place, row));
    let rows = rows.collect::<Result<Vec<Row>, StoreError>>()?;
    insert_many!(connection, succession::table, rows.into_iter());
    Ok(())
}

pub(crate) fn load(
    connection: &mut Connection,
    release: i32,
) -> Result<Vec<SuccessionRow>, Failure> {
    let rows = succession::table
        .filter(succession::release.eq(release))
        .order(succession::place)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, row: &SuccessionRow) -> Result<Row, StoreError> {
    let SuccessionRow { row: file_row, predecessor, successor, kind, effective, source } = row;
    Ok(Row {
        release,
        place,
        file_row: i64::from(*file_row),
        predecessor: predecessor.to_string(),
        successor: successor.to_string(),
        kind: kind.code().to_owned(),
        effective: day_column(*effective)?,
        source: source.clone(),
    })
}

fn from_table(row: Row) -> Result<SuccessionRow, StoreError> {
    let Row { release, place, file_row, predecessor, successor, kind, effective, source } = row;
    let key = Place { release, place };
    let at = At { table: "succession", row: &key };
    Ok(SuccessionRow {
        row: at.number("file_row", file_row)?,
        predecessor: at.cds("predecessor", &predecessor)?,
        successor: at.cds("successor", &successor)?,
        kind: at.word("kind", &kind, SuccessionKind::parse(&kind), SuccessionKind::code)?,
        effective: at.day("effective", &effective)?,
        source,
    })
}
