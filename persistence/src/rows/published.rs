//! Rows of published lists: one row for each LEA, and three tables beside it.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::release::{PublishedRow, PublishedStatus};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;
use diesel::prelude::*;

use super::insert_many;
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::schema::{published, published_earlier_status, published_group, published_method};
use crate::stored::{At, Place, year_column};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = published, treat_none_as_default_value = false)]
struct Row {
    release: i32,
    place: i32,
    file_row: i64,
    cds: String,
    group_count: Option<i64>,
    status: String,
    ec52072: Option<bool>,
    ec52071f: Option<bool>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(
    table_name = published_group,
    treat_none_as_default_value = false
)]
struct GroupRow {
    release: i32,
    place: i32,
    student_group: String,
    listed: bool,
    letter: Option<String>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = published_earlier_status, treat_none_as_default_value = false)]
struct EarlierRow {
    release: i32,
    place: i32,
    year: i32,
    status: String,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = published_method, treat_none_as_default_value = false)]
struct MethodRow {
    release: i32,
    place: i32,
    method: i16,
    met: bool,
}

/// One row of the domain in the four tables.
struct Tables {
    row: Row,
    groups: Vec<GroupRow>,
    earlier: Vec<EarlierRow>,
    methods: Vec<MethodRow>,
}

/// What the three side tables say of one row.
#[derive(Default)]
struct Sides {
    codes: BTreeMap<StudentGroup, char>,
    listed_groups: BTreeSet<StudentGroup>,
    earlier_statuses: BTreeMap<DashboardYear, PublishedStatus>,
    methods: BTreeMap<u8, bool>,
}

pub(super) fn insert(
    connection: &mut Connection,
    release: i32,
    rows: &[PublishedRow],
) -> Result<(), Failure> {
    let (mut groups, mut earlier, mut methods) = (Vec::new(), Vec::new(), Vec::new());
    let rows = (0..).zip(rows).map(|(place, row)| {
        let tables = to_tables(release, place, row);
        groups.extend(tables.groups);
        earlier.extend(tables.earlier);
        methods.extend(tables.methods);
        tables.row
    });
    insert_many!(connection, published::table, rows);
    insert_many!(connection, published_group::table, groups.into_iter());
    insert_many!(connection, published_earlier_status::table, earlier.into_iter());
    insert_many!(connection, published_method::table, methods.into_iter());
    Ok(())
}

pub(super) fn load(
    connection: &mut Connection,
    release: i32,
) -> Result<Vec<PublishedRow>, Failure> {
    let mut sides = load_sides(connection, release)?;
    let rows = published::table
        .filter(published::release.eq(release))
        .order(published::place)
        .select(Row::as_select())
        .load(connection)?;
    rows.into_iter()
        .map(|row| {
            let side = sides.remove(&row.place).unwrap_or_default();
            Ok(from_tables(row, side)?)
        })
        .collect()
}

fn load_sides(connection: &mut Connection, release: i32) -> Result<BTreeMap<i32, Sides>, Failure> {
    let mut sides: BTreeMap<i32, Sides> = BTreeMap::new();
    let groups = published_group::table
        .filter(published_group::release.eq(release))
        .select(GroupRow::as_select())
        .load(connection)?;
    for row in groups {
        let GroupRow { release, place, student_group, listed, letter } = row;
        let key = Place { release, place };
        let at = At { table: "published_group", row: &key };
        let group = at.group("student_group", &student_group)?;
        let side = sides.entry(place).or_default();
        if listed {
            side.listed_groups.insert(group);
        }
        if let Some(found) = letter {
            let mut letters = found.chars();
            let letter = letters.next().filter(|_| letters.next().is_none());
            side.codes.insert(group, at.value("letter", &found, letter)?);
        }
    }
    let earlier = published_earlier_status::table
        .filter(published_earlier_status::release.eq(release))
        .select(EarlierRow::as_select())
        .load(connection)?;
    for row in earlier {
        let EarlierRow { release, place, year, status } = row;
        let key = Place { release, place };
        let at = At { table: "published_earlier_status", row: &key };
        let side = sides.entry(place).or_default();
        side.earlier_statuses
            .insert(at.year("year", year)?, at.value("status", &status, parse_status(&status))?);
    }
    let methods = published_method::table
        .filter(published_method::release.eq(release))
        .select(MethodRow::as_select())
        .load(connection)?;
    for row in methods {
        let MethodRow { release, place, method, met } = row;
        let key = Place { release, place };
        let at = At { table: "published_method", row: &key };
        sides.entry(place).or_default().methods.insert(at.number("method", method)?, met);
    }
    Ok(sides)
}

fn parse_status(code: &str) -> Option<PublishedStatus> {
    PublishedStatus::ALL.into_iter().find(|status| status.code() == code)
}

fn to_tables(release: i32, place: i32, row: &PublishedRow) -> Tables {
    let PublishedRow {
        row: file_row,
        cds,
        codes,
        listed_groups,
        group_count,
        status,
        earlier_statuses,
        methods,
        ec52072,
        ec52071f,
    } = row;
    let named: BTreeSet<StudentGroup> = listed_groups.iter().chain(codes.keys()).copied().collect();
    Tables {
        row: Row {
            release,
            place,
            file_row: i64::from(*file_row),
            cds: cds.to_string(),
            group_count: group_count.map(i64::from),
            status: status.code().to_owned(),
            ec52072: *ec52072,
            ec52071f: *ec52071f,
        },
        groups: named
            .into_iter()
            .map(|group| GroupRow {
                release,
                place,
                student_group: group.code().to_owned(),
                listed: listed_groups.contains(&group),
                letter: codes.get(&group).map(char::to_string),
            })
            .collect(),
        earlier: earlier_statuses
            .iter()
            .map(|(year, status)| EarlierRow {
                release,
                place,
                year: year_column(*year),
                status: status.code().to_owned(),
            })
            .collect(),
        methods: methods
            .iter()
            .map(|(method, met)| MethodRow {
                release,
                place,
                method: i16::from(*method),
                met: *met,
            })
            .collect(),
    }
}

fn from_tables(row: Row, sides: Sides) -> Result<PublishedRow, StoreError> {
    let Row { release, place, file_row, cds, group_count, status, ec52072, ec52071f } = row;
    let Sides { codes, listed_groups, earlier_statuses, methods } = sides;
    let key = Place { release, place };
    let at = At { table: "published", row: &key };
    Ok(PublishedRow {
        row: at.number("file_row", file_row)?,
        cds: at.cds("cds", &cds)?,
        codes,
        listed_groups,
        group_count: at.optional_number("group_count", group_count)?,
        status: at.value("status", &status, parse_status(&status))?,
        earlier_statuses,
        methods,
        ec52072,
        ec52071f,
    })
}
