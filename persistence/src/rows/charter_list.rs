//! Rows of charter assistance lists, with their groups in a table of their own.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CdsCode;
use calsos_domain::charter_list::{CharterListRow, ListedCodes};
use calsos_domain::release::PublishedStatus;
use calsos_domain::student_group::StudentGroup;
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::{charter_list, charter_list_group};
use crate::stored::{At, Place};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = charter_list, treat_none_as_default_value = false)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    cds: String,
    status: Option<String>,
    ec47607: Option<bool>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = charter_list_group, treat_none_as_default_value = false)]
struct GroupRow {
    release: i32,
    place: i32,
    prior: bool,
    student_group: String,
    listed: bool,
    letter: Option<String>,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[CharterListRow],
) -> Result<(), Failure> {
    let placed = || (0..).zip(rows);
    let own = placed().map(|(place, row)| to_table(release, place, row));
    insert_many!(connection, charter_list::table, own);
    let groups = placed().flat_map(|(place, row)| {
        let current = to_group_table(release, place, false, &row.current);
        current.into_iter().chain(to_group_table(release, place, true, &row.prior))
    });
    insert_many!(connection, charter_list_group::table, groups);
    Ok(())
}

pub(super) fn load(
    connection: &mut Connection,
    release: i32,
    only: Option<CdsCode>,
) -> Result<Vec<CharterListRow>, Failure> {
    let mut query = charter_list::table
        .filter(charter_list::release.eq(release))
        .order(charter_list::place)
        .select(Row::as_select())
        .into_boxed();
    if let Some(cds) = only {
        query = query.filter(charter_list::cds.eq(cds.to_string()));
    }
    let rows: Vec<Row> = query.load(connection)?;
    let mut codes = load_groups(connection, release)?;
    let mut of = |place: i32, prior: bool| codes.remove(&(place, prior)).unwrap_or_default();
    rows.into_iter()
        .map(|row| {
            let (current, prior) = (of(row.place, false), of(row.place, true));
            Ok(from_table(row, current, prior)?)
        })
        .collect()
}

fn load_groups(
    connection: &mut Connection,
    release: i32,
) -> Result<BTreeMap<(i32, bool), ListedCodes>, Failure> {
    let groups = charter_list_group::table
        .filter(charter_list_group::release.eq(release))
        .select(GroupRow::as_select())
        .load(connection)?;
    let mut codes: BTreeMap<(i32, bool), ListedCodes> = BTreeMap::new();
    for row in groups {
        let GroupRow { release, place, prior, student_group, listed, letter } = row;
        let key = Place { release, place };
        let at = At { table: "charter_list_group", row: &key };
        let group = at.group("student_group", &student_group)?;
        let own = codes.entry((place, prior)).or_default();
        if listed {
            own.listed.insert(group);
        }
        if let Some(found) = letter {
            let mut letters = found.chars();
            let letter = letters.next().filter(|_| letters.next().is_none());
            own.codes.insert(group, at.value("letter", &found, letter)?);
        }
    }
    Ok(codes)
}

fn to_table(release: i32, place: i32, row: &CharterListRow) -> Row {
    let CharterListRow { row: file_row, cds, current: _, prior: _, status, ec47607 } = row;
    Row {
        release,
        place,
        file_row: i64::from(*file_row),
        cds: cds.to_string(),
        status: status.map(|status| status.code().to_owned()),
        ec47607: *ec47607,
    }
}

fn to_group_table(release: i32, place: i32, prior: bool, of: &ListedCodes) -> Vec<GroupRow> {
    let ListedCodes { codes, listed } = of;
    let named: BTreeSet<StudentGroup> = listed.iter().chain(codes.keys()).copied().collect();
    named
        .into_iter()
        .map(|group| GroupRow {
            release,
            place,
            prior,
            student_group: group.code().to_owned(),
            listed: listed.contains(&group),
            letter: codes.get(&group).map(char::to_string),
        })
        .collect()
}

fn from_table(
    row: Row,
    current: ListedCodes,
    prior: ListedCodes,
) -> Result<CharterListRow, StoreError> {
    let Row { release, place, file_row, cds, status, ec47607 } = row;
    let key = Place { release, place };
    let at = At { table: "charter_list", row: &key };
    let parse = |code: &str| PublishedStatus::ALL.into_iter().find(|s| s.code() == code);
    Ok(CharterListRow {
        row: at.number("file_row", file_row)?,
        cds: at.cds("cds", &cds)?,
        current,
        prior,
        status: status.map(|found| at.value("status", &found, parse(&found))).transpose()?,
        ec47607,
    })
}
