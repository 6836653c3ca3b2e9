//! Rows of indicator files.

use calsos_domain::cds::CdsCode;
use calsos_domain::performance::{Color, Level, Performance, TableType, Tenths};
use calsos_domain::release::PerformanceRow;
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::performance;
use crate::stored::{At, Place};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = performance, treat_none_as_default_value = false)]
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

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[PerformanceRow],
) -> Result<(), Failure> {
    let rows = (0..).zip(rows).map(|(place, row)| to_table(release, place, row));
    insert_many!(connection, performance::table, rows);
    Ok(())
}

pub(super) fn load(
    connection: &mut Connection,
    release: i32,
    only: Option<CdsCode>,
) -> Result<Vec<PerformanceRow>, Failure> {
    let mut query = performance::table
        .filter(performance::release.eq(release))
        .order(performance::place)
        .select(Row::as_select())
        .into_boxed();
    if let Some(cds) = only {
        query = query.filter(performance::cds.eq(cds.to_string()));
    }
    let rows: Vec<Row> = query.load(connection)?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, row: &PerformanceRow) -> Row {
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
    Row {
        release,
        place,
        file_row: i64::from(*file_row),
        cds: cds.to_string(),
        student_group: group.code().to_owned(),
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
        table_type: table_type.map(|table_type| table_type.code().to_owned()),
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
                .map(|found| at.value("table_type", &found, TableType::parse(&found)))
                .transpose()?,
            alternative_school,
        },
    })
}
