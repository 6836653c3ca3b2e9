//! Rows of indicator files.

use std::collections::BTreeMap;
use std::io::{self, Write};

use calsos_domain::cds::CdsCode;
use calsos_domain::performance::{Color, Level, Performance, TableType, Tenths};
use calsos_domain::release::PerformanceRow;
use diesel::pg::CopyFormat;
use diesel::prelude::*;

use super::binary_copy::BinaryCopy;
use super::{insert_many, insert_prepared};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::{performance, performance_lea};
use crate::stored::{At, Place};

/// A row as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = performance)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    cds: String,
    student_group: String,
    status: Option<i32>,
    change: Option<i32>,
    prior_status: Option<i32>,
    status_level: Option<i16>,
    change_level: Option<i16>,
    color: Option<i16>,
    box_number: Option<i32>,
    numerator: Option<i64>,
    denominator: Option<i64>,
    prior_numerator: Option<i64>,
    prior_denominator: Option<i64>,
    accountability_met: Option<bool>,
    size_met: Option<bool>,
    small_denominator: Option<bool>,
    not_certified: Option<bool>,
    data_error: Option<bool>,
    participation_capped: Option<bool>,
    high_school_cuts: Option<bool>,
    table_type: Option<String>,
    alternative_school: Option<bool>,
}

/// A row as it is stored.
#[derive(Insertable)]
#[diesel(table_name = performance, treat_none_as_default_value = false)]
struct NewRow {
    release: i32,
    place: i32,
    file_row: i64,
    cds: String,
    student_group: &'static str,
    status: Option<i32>,
    change: Option<i32>,
    prior_status: Option<i32>,
    status_level: Option<i16>,
    change_level: Option<i16>,
    color: Option<i16>,
    box_number: Option<i32>,
    numerator: Option<i64>,
    denominator: Option<i64>,
    prior_numerator: Option<i64>,
    prior_denominator: Option<i64>,
    accountability_met: Option<bool>,
    size_met: Option<bool>,
    small_denominator: Option<bool>,
    not_certified: Option<bool>,
    data_error: Option<bool>,
    participation_capped: Option<bool>,
    high_school_cuts: Option<bool>,
    table_type: Option<&'static str>,
    alternative_school: Option<bool>,
}

/// Between which places of a release the rows of an LEA stand.
#[derive(Insertable)]
#[diesel(table_name = performance_lea, treat_none_as_default_value = false)]
struct PlacesRow {
    release: i32,
    cds: String,
    first_place: i32,
    last_place: i32,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[PerformanceRow],
) -> Result<(), Failure> {
    insert_places(connection, release, rows)?;
    let new_rows = || (0..).zip(rows).map(|(place, row)| to_table(release, place, row));
    match connection {
        Connection::Sqlite(connection) => {
            insert_prepared!(connection, performance::table, new_rows())
        }
        Connection::Postgresql(connection) => {
            let problem = |e| diesel::result::Error::SerializationError(Box::new(e));
            let written = |out: &mut dyn Write| -> QueryResult<()> {
                let mut copy = BinaryCopy::new(out);
                for row in new_rows() {
                    write(&row, &mut copy).map_err(problem)?;
                }
                copy.finish().map_err(problem)
            };
            diesel::copy_from(performance::table)
                .from_raw_data(performance::all_columns, written)
                .with_format(CopyFormat::Binary)
                .execute(connection)?;
        }
    }
    Ok(())
}

/// Remembers between which places the rows of each LEA stand.
fn insert_places(
    connection: &mut Connection,
    release: i32,
    rows: &[PerformanceRow],
) -> Result<(), Failure> {
    let mut places: BTreeMap<CdsCode, (i32, i32)> = BTreeMap::new();
    for (place, row) in (0..).zip(rows) {
        places.entry(row.cds).or_insert((place, place)).1 = place;
    }
    let places = places.into_iter().map(|(cds, (first_place, last_place))| PlacesRow {
        release,
        cds: cds.to_string(),
        first_place,
        last_place,
    });
    insert_many!(connection, performance_lea::table, places);
    Ok(())
}

/// Writes the values in the order of the columns.
fn write(row: &NewRow, copy: &mut BinaryCopy<'_>) -> io::Result<()> {
    let NewRow {
        release,
        place,
        file_row,
        cds,
        student_group,
        status,
        change,
        prior_status,
        status_level,
        change_level,
        color,
        box_number,
        numerator,
        denominator,
        prior_numerator,
        prior_denominator,
        accountability_met,
        size_met,
        small_denominator,
        not_certified,
        data_error,
        participation_capped,
        high_school_cuts,
        table_type,
        alternative_school,
    } = row;
    copy.row(25)?;
    copy.integer(Some(*release));
    copy.integer(Some(*place));
    copy.big(Some(*file_row));
    copy.short_text(Some(cds));
    copy.short_text(Some(student_group));
    for value in [status, change, prior_status] {
        copy.integer(*value);
    }
    for value in [status_level, change_level, color] {
        copy.small(*value);
    }
    copy.integer(*box_number);
    for value in [numerator, denominator, prior_numerator, prior_denominator] {
        copy.big(*value);
    }
    for value in [accountability_met, size_met, small_denominator, not_certified, data_error] {
        copy.boolean(*value);
    }
    copy.boolean(*participation_capped);
    copy.boolean(*high_school_cuts);
    copy.short_text(*table_type);
    copy.boolean(*alternative_school);
    Ok(())
}

/// The rows of a release, of one LEA or of all, in their order.
macro_rules! query {
    ($release:expr, $only:expr) => {{
        let mut query = performance::table
            .filter(performance::release.eq($release))
            .order(performance::place)
            .select(Row::as_select())
            .into_boxed();
        if let Some((cds, first, last)) = $only {
            query = query
                .filter(performance::place.between(first, last))
                .filter(performance::cds.eq(cds));
        }
        query
    }};
}
pub(super) fn load(
    connection: &mut Connection,
    release: i32,
    only: Option<CdsCode>,
) -> Result<Vec<PerformanceRow>, Failure> {
    let only = match only {
        None => None,
        Some(cds) => {
            let cds = cds.to_string();
            let places: Option<(i32, i32)> = performance_lea::table
                .find((release, &cds))
                .select((performance_lea::first_place, performance_lea::last_place))
                .first(connection)
                .optional()?;
            let Some((first, last)) = places else { return Ok(Vec::new()) };
            Some((cds, first, last))
        }
    };
    // Each by its own connection: asking a row of either database which of the two it is, once
    // for each value, takes longer than the rest.
    let rows: Vec<Row> = match connection {
        Connection::Sqlite(connection) => query!(release, only.clone()).load(connection)?,
        Connection::Postgresql(connection) => query!(release, only.clone()).load(connection)?,
    };
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, row: &PerformanceRow) -> NewRow {
    let PerformanceRow { row: file_row, cds, group, performance } = row;
    let Performance {
        status,
        change,
        prior_status,
        status_level,
        change_level,
        color,
        box_number,
        numerator,
        denominator,
        prior_numerator,
        prior_denominator,
        accountability_met,
        size_met,
        small_denominator,
        not_certified,
        data_error,
        participation_capped,
        high_school_cuts,
        table_type,
        alternative_school,
    } = performance;
    let tenths = |value: &Option<Tenths>| value.map(|Tenths(tenths)| tenths);
    let level = |value: &Option<Level>| value.map(|level| i16::from(level.number()));
    NewRow {
        release,
        place,
        file_row: i64::from(*file_row),
        cds: cds.to_string(),
        student_group: group.code(),
        status: tenths(status),
        change: tenths(change),
        prior_status: tenths(prior_status),
        status_level: level(status_level),
        change_level: level(change_level),
        color: color.map(|color| color as i16),
        box_number: box_number.map(i32::from),
        numerator: numerator.map(i64::from),
        denominator: denominator.map(i64::from),
        prior_numerator: prior_numerator.map(i64::from),
        prior_denominator: prior_denominator.map(i64::from),
        accountability_met: *accountability_met,
        size_met: *size_met,
        small_denominator: *small_denominator,
        not_certified: *not_certified,
        data_error: *data_error,
        participation_capped: *participation_capped,
        high_school_cuts: *high_school_cuts,
        table_type: table_type.map(TableType::code),
        alternative_school: *alternative_school,
    }
}

fn from_table(row: Row) -> Result<PerformanceRow, StoreError> {
    let Row {
        release,
        place,
        file_row,
        cds,
        student_group,
        status,
        change,
        prior_status,
        status_level,
        change_level,
        color,
        box_number,
        numerator,
        denominator,
        prior_numerator,
        prior_denominator,
        accountability_met,
        size_met,
        small_denominator,
        not_certified,
        data_error,
        participation_capped,
        high_school_cuts,
        table_type,
        alternative_school,
    } = row;
    let key = Place { release, place };
    let at = At { table: "performance", row: &key };
    let level = |column, found: Option<i16>| {
        found
            .map(|found| at.value(column, found, u8::try_from(found).ok().and_then(Level::new)))
            .transpose()
    };
    Ok(PerformanceRow {
        row: at.number("file_row", file_row)?,
        cds: at.cds("cds", &cds)?,
        group: at.group("student_group", &student_group)?,
        performance: Performance {
            status: status.map(Tenths),
            change: change.map(Tenths),
            prior_status: prior_status.map(Tenths),
            status_level: level("status_level", status_level)?,
            change_level: level("change_level", change_level)?,
            color: color
                .map(|found| {
                    at.value("color", found, u8::try_from(found).ok().and_then(Color::from_number))
                })
                .transpose()?,
            box_number: at.optional_number("box_number", box_number)?,
            numerator: at.optional_number("numerator", numerator)?,
            denominator: at.optional_number("denominator", denominator)?,
            prior_numerator: at.optional_number("prior_numerator", prior_numerator)?,
            prior_denominator: at.optional_number("prior_denominator", prior_denominator)?,
            accountability_met,
            size_met,
            small_denominator,
            not_certified,
            data_error,
            participation_capped,
            high_school_cuts,
            table_type: table_type
                .map(|found| {
                    at.word("table_type", &found, TableType::parse(&found), TableType::code)
                })
                .transpose()?,
            alternative_school,
        },
    })
}
