//! Rows of public schools directories.

use calsos_domain::cds::CdsCode;
use calsos_domain::directory::{Agency, DirectoryRow, DirectoryStatus};
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::directory;
use crate::stored::{At, Place, day_column};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = directory, treat_none_as_default_value = false)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    cds: String,
    agency: String,
    status: String,
    name: String,
    county_name: String,
    city: Option<String>,
    grade_span: Option<String>,
    opened: Option<String>,
    closed: Option<String>,
    charter_number: Option<String>,
    funding: Option<String>,
    doc: Option<String>,
    doc_name: Option<String>,
    nces_district: Option<String>,
    nces_school: Option<String>,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[DirectoryRow],
) -> Result<(), Failure> {
    let rows = (0..).zip(rows).map(|(place, row)| to_table(release, place, row));
    let rows = rows.collect::<Result<Vec<Row>, StoreError>>()?;
    insert_many!(connection, directory::table, rows.into_iter());
    Ok(())
}

pub(super) fn load(
    connection: &mut Connection,
    release: i32,
    only: Option<CdsCode>,
) -> Result<Vec<DirectoryRow>, Failure> {
    let mut query = directory::table
        .filter(directory::release.eq(release))
        .order(directory::place)
        .select(Row::as_select())
        .into_boxed();
    if let Some(cds) = only {
        query = query.filter(directory::cds.eq(cds.to_string()));
    }
    let rows: Vec<Row> = query.load(connection)?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, row: &DirectoryRow) -> Result<Row, StoreError> {
    let DirectoryRow {
        row: file_row,
        cds,
        agency,
        status,
        name,
        county_name,
        city,
        grade_span,
        opened,
        closed,
        charter_number,
        funding,
        doc,
        doc_name,
        nces_district,
        nces_school,
    } = row;
    Ok(Row {
        release,
        place,
        file_row: i64::from(*file_row),
        cds: cds.to_string(),
        agency: agency.code().to_owned(),
        status: status.name().to_owned(),
        name: name.clone(),
        county_name: county_name.clone(),
        city: city.clone(),
        grade_span: grade_span.clone(),
        opened: opened.map(day_column).transpose()?,
        closed: closed.map(day_column).transpose()?,
        charter_number: charter_number.clone(),
        funding: funding.clone(),
        doc: doc.clone(),
        doc_name: doc_name.clone(),
        nces_district: nces_district.clone(),
        nces_school: nces_school.clone(),
    })
}

fn from_table(row: Row) -> Result<DirectoryRow, StoreError> {
    let Row {
        release,
        place,
        file_row,
        cds,
        agency,
        status,
        name,
        county_name,
        city,
        grade_span,
        opened,
        closed,
        charter_number,
        funding,
        doc,
        doc_name,
        nces_district,
        nces_school,
    } = row;
    let key = Place { release, place };
    let at = At { table: "directory", row: &key };
    Ok(DirectoryRow {
        row: at.number("file_row", file_row)?,
        cds: at.cds("cds", &cds)?,
        agency: at.value("agency", &agency, Agency::parse(&agency))?,
        status: at.word(
            "status",
            &status,
            DirectoryStatus::parse(&status),
            DirectoryStatus::name,
        )?,
        name,
        county_name,
        city,
        grade_span,
        opened: opened.map(|found| at.day("opened", &found)).transpose()?,
        closed: closed.map(|found| at.day("closed", &found)).transpose()?,
        charter_number,
        funding,
        doc,
        doc_name,
        nces_district,
        nces_school,
    })
}
