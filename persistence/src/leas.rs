//! LEAs: which codes the files name, under which names, and which codes are one LEA.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CdsCode;
use calsos_domain::directory::Agency;
use calsos_domain::facts::ReleaseNumber;
use calsos_domain::release::{
    LeaMention, ReleaseContents, ReleaseKind, Rows, SuccessionKind, SuccessionRow,
};
use calsos_domain::year::Day;
use diesel::prelude::*;

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::ids::LeaId;
use crate::lea_record::{LeaCode, LeaNaming, LeaRecord, StoredSuccession};
use crate::rows::{insert_many, load_successions};
use crate::schema::{directory, lea, lea_mention, release};
use crate::store::Store;
use crate::stored::{At, Place};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = lea, treat_none_as_default_value = false)]
struct LeaRow {
    cds: String,
    id: String,
    first_release: i32,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = lea_mention, treat_none_as_default_value = false)]
struct MentionRow {
    release: i32,
    place: i32,
    cds: String,
    lea_type: String,
    name: String,
    county_name: String,
    city: Option<String>,
    grade_span: Option<String>,
}

impl Store {
    /// Every LEA that a release names or a succession speaks of, by its first code. The
    /// state's own code is none.
    ///
    /// Codes that the current file of successions calls renumbered are one LEA, under the
    /// id of its first code.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn leas(&self) -> Result<Vec<LeaRecord>, StoreError> {
        self.leas_by(|_release| true)
    }

    /// The same as if only these releases were stored: what the others say is left out, their
    /// successions with it, and an LEA that only they speak of is absent. A code has the id
    /// that it has with all of them.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn leas_by(
        &self,
        only: impl Fn(ReleaseNumber) -> bool,
    ) -> Result<Vec<LeaRecord>, StoreError> {
        let [leas] = self.leas_by_each([&only])?;
        Ok(leas)
    }

    /// The same for several sets of releases, of which each is read once: most of the time goes
    /// into what is in all of them.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn leas_by_each<const N: usize>(
        &self,
        sets: [&dyn Fn(ReleaseNumber) -> bool; N],
    ) -> Result<[Vec<LeaRecord>; N], StoreError> {
        self.read("listing LEAs", |connection| {
            let mut named = load_namings(connection, sets)?;
            let every = load_ids(connection)?;
            let mut found = sets.map(|_| Vec::new());
            for ((only, namings), leas) in sets.into_iter().zip(&mut named).zip(&mut found) {
                let successions = load_current_successions(connection, only)?;
                let not_leas = codes_of_no_lea(connection, only)?;
                let in_successions = codes_in_successions(connection, only)?;
                let mut ids = every.clone();
                ids.retain(|cds, _| namings.contains_key(cds) || in_successions.contains(cds));
                *leas = join(&ids, &successions)
                    .into_values()
                    .filter_map(|members| to_record(members, namings, &not_leas))
                    .collect();
            }
            Ok(found)
        })
    }

    /// The successions in force: the rows of the newest file of successions, in its order.
    /// Older files were superseded by it; [`Store::release_contents`] still has them.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn successions(&self) -> Result<Vec<StoredSuccession>, StoreError> {
        self.successions_by(|_release| true)
    }

    /// The same as if only these releases were stored.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn successions_by(
        &self,
        only: impl Fn(ReleaseNumber) -> bool,
    ) -> Result<Vec<StoredSuccession>, StoreError> {
        self.read("listing successions", |connection| load_current_successions(connection, &only))
    }
}

/// Stores the LEAs that a release names, and gives an id to each code that is new.
pub(crate) fn insert(
    connection: &mut Connection,
    release: i32,
    contents: &ReleaseContents,
) -> Result<(), Failure> {
    let mentions = (0..).zip(&contents.leas).map(|(place, m)| to_table(release, place, m));
    insert_many!(connection, lea_mention::table, mentions);

    let mut named: BTreeSet<CdsCode> = contents.leas.iter().map(|mention| mention.cds).collect();
    if let Rows::Successions(rows) = &contents.rows {
        named.extend(rows.iter().flat_map(|row| [row.predecessor, row.successor]));
    }
    named.remove(&CdsCode::STATE);
    let known: BTreeSet<String> =
        lea::table.select(lea::cds).load(connection)?.into_iter().collect();
    let new = named
        .into_iter()
        .map(|cds| cds.to_string())
        .filter(|cds| !known.contains(cds))
        .map(|cds| LeaRow { cds, id: LeaId::make().to_string(), first_release: release });
    insert_many!(connection, lea::table, new);
    Ok(())
}

/// The LEAs that a release names, in its order.
pub(crate) fn load_mentions(
    connection: &mut Connection,
    release: i32,
    only: Option<CdsCode>,
) -> Result<Vec<LeaMention>, Failure> {
    let mut query = lea_mention::table
        .filter(lea_mention::release.eq(release))
        .order(lea_mention::place)
        .select(MentionRow::as_select())
        .into_boxed();
    if let Some(cds) = only {
        query = query.filter(lea_mention::cds.eq(cds.to_string()));
    }
    let rows: Vec<MentionRow> = query.load(connection).map_err(|error| {
        Failure::from(error).within("lea_mention", format!("release {release}"))
    })?;
    rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
}

fn to_table(release: i32, place: i32, mention: &LeaMention) -> MentionRow {
    let LeaMention { cds, lea_type, name, county_name, city, grade_span } = mention;
    MentionRow {
        release,
        place,
        cds: cds.to_string(),
        lea_type: lea_type.code().to_owned(),
        name: name.clone(),
        county_name: county_name.clone(),
        city: city.clone(),
        grade_span: grade_span.clone(),
    }
}

fn from_table(row: MentionRow) -> Result<LeaMention, StoreError> {
    let MentionRow { release, place, cds, lea_type, name, county_name, city, grade_span } = row;
    let key = Place { release, place };
    let at = At { table: "lea_mention", row: &key };
    Ok(LeaMention {
        cds: at.cds("cds", &cds)?,
        lea_type: at.lea_type("lea_type", &lea_type)?,
        name,
        county_name,
        city,
        grade_span,
    })
}

fn load_ids(connection: &mut Connection) -> Result<BTreeMap<CdsCode, LeaId>, Failure> {
    let rows = lea::table.select(LeaRow::as_select()).load(connection)?;
    rows.into_iter()
        .map(|row| {
            let LeaRow { cds, id, first_release: _ } = row;
            let at = At { table: "lea", row: &cds };
            Ok((at.cds("cds", &cds)?, at.value("id", &id, LeaId::parse(&id))?))
        })
        .collect()
}

/// Which releases a reading is of.
type Only<'a> = &'a dyn Fn(ReleaseNumber) -> bool;

/// The files of successions, by number.
fn succession_files(
    connection: &mut Connection,
    only: Only<'_>,
) -> Result<Vec<(i32, ReleaseNumber)>, Failure> {
    let keys: Vec<i32> = release::table
        .filter(release::kind.eq(ReleaseKind::Successions.code()))
        .order(release::number)
        .select(release::number)
        .load(connection)?;
    let mut files = Vec::with_capacity(keys.len());
    for key in keys {
        let number = At { table: "release", row: &key }.release("number", key)?;
        if only(number) {
            files.push((key, number));
        }
    }
    Ok(files)
}

fn load_current_successions(
    connection: &mut Connection,
    only: Only<'_>,
) -> Result<Vec<StoredSuccession>, Failure> {
    let Some((newest, number)) = succession_files(connection, only)?.pop() else {
        return Ok(Vec::new());
    };
    let rows = load_successions(connection, newest)?;
    Ok(rows.into_iter().map(|row| StoredSuccession { release: number, row }).collect())
}

/// The codes of which a file of successions speaks, also one that was superseded.
fn codes_in_successions(
    connection: &mut Connection,
    only: Only<'_>,
) -> Result<BTreeSet<CdsCode>, Failure> {
    let mut codes = BTreeSet::new();
    for (key, _) in succession_files(connection, only)? {
        let rows = load_successions(connection, key)?;
        codes.extend(rows.iter().flat_map(|row| [row.predecessor, row.successor]));
    }
    Ok(codes)
}

/// What releases say of codes.
type Namings = BTreeMap<CdsCode, Vec<LeaNaming>>;

/// What the releases of each of these sets say of every code. Of two that say the same of a code
/// for the same year, only one is kept: the state's files repeat themselves some twenty times a
/// year.
fn load_namings<const N: usize>(
    connection: &mut Connection,
    sets: [Only<'_>; N],
) -> Result<[Namings; N], Failure> {
    let releases: Vec<(i32, String, Option<i32>)> = release::table
        .select((release::number, release::kind, release::year))
        .order(release::number)
        .load(connection)?;
    let mut sources = Vec::with_capacity(releases.len());
    for (number, kind, year) in releases {
        let at = At { table: "release", row: &number };
        let kind = at.kind("kind", &kind)?;
        let year = year.map(|found| at.year("year", found)).transpose()?;
        let release = at.release("number", number)?;
        if sets.iter().any(|only| only(release)) {
            sources.push((LeaNaming::rank(kind), number, release, kind, year));
        }
    }
    // The ones that take precedence first, so that those are kept.
    sources.sort_by_key(|(rank, number, ..)| (*rank, std::cmp::Reverse(*number)));
    let mut named = sets.map(|_| Namings::new());
    for (_, key, release, kind, year) in sources {
        for mention in load_mentions(connection, key, None)? {
            let LeaMention { cds, lea_type, name, county_name, city, grade_span } = mention;
            let naming = LeaNaming {
                year,
                release,
                kind,
                cds,
                lea_type,
                name,
                county_name,
                city,
                grade_span,
            };
            for (_, namings) in sets.iter().zip(&mut named).filter(|(only, _)| only(release)) {
                let said = namings.entry(cds).or_default();
                if !said.iter().any(|other| other.says_the_same(&naming)) {
                    said.push(naming.clone());
                }
            }
        }
    }
    Ok(named)
}

/// Codes that the newest of these directories with a word on them calls no LEA.
fn codes_of_no_lea(
    connection: &mut Connection,
    only: Only<'_>,
) -> Result<BTreeSet<CdsCode>, Failure> {
    let rows: Vec<(i32, String, String)> = directory::table
        .inner_join(release::table)
        .filter(directory::agency.ne(Agency::NotTold.code()))
        .order((release::year, release::file_date, release::number))
        .select((directory::release, directory::cds, directory::agency))
        .load(connection)?;
    let mut codes = BTreeSet::new();
    for (release, cds, agency) in rows {
        let at = At { table: "directory", row: &cds };
        if !only(at.release("release", release)?) {
            continue;
        }
        let code = at.cds("cds", &cds)?;
        match at.value("agency", &agency, Agency::parse(&agency))? {
            Agency::NotLea => codes.insert(code),
            Agency::Lea(_) | Agency::NotTold => codes.remove(&code),
        };
    }
    Ok(codes)
}

/// A code of an LEA: how far from its first one, and from which day to which.
struct Member {
    steps: usize,
    id: LeaId,
    code: LeaCode,
}

/// Puts the codes of one LEA together, by its first code.
fn join(
    ids: &BTreeMap<CdsCode, LeaId>,
    successions: &[StoredSuccession],
) -> BTreeMap<CdsCode, Vec<Member>> {
    // For each code, the one before it and the day of the change; and the day it ended.
    let mut before: BTreeMap<CdsCode, (CdsCode, Day)> = BTreeMap::new();
    let mut ended: BTreeMap<CdsCode, Day> = BTreeMap::new();
    for StoredSuccession { release: _, row } in successions {
        let SuccessionRow { row: _, predecessor, successor, kind, effective, source: _ } = row;
        if *kind == SuccessionKind::Renumbered && predecessor != successor {
            before.entry(*successor).or_insert((*predecessor, *effective));
            ended.entry(*predecessor).or_insert(*effective);
        }
    }
    let mut leas: BTreeMap<CdsCode, Vec<Member>> = BTreeMap::new();
    for (cds, id) in ids {
        let (first, steps) = first_code(*cds, &before);
        let code = LeaCode {
            cds: *cds,
            from: before.get(cds).map(|(_, day)| *day),
            until: ended.get(cds).copied(),
        };
        leas.entry(first).or_default().push(Member { steps, id: *id, code });
    }
    leas
}

/// The first code of the LEA that has this one, and how many changes lie between. A file
/// whose successions run in a circle joins none of the codes on it.
fn first_code(cds: CdsCode, before: &BTreeMap<CdsCode, (CdsCode, Day)>) -> (CdsCode, usize) {
    let mut first = cds;
    for steps in 0..=before.len() {
        match before.get(&first) {
            Some((predecessor, _)) => first = *predecessor,
            None => return (first, steps),
        }
    }
    (cds, 0)
}

/// `None` only for an LEA without a code, which [`join`] never makes.
fn to_record(
    mut members: Vec<Member>,
    namings: &mut BTreeMap<CdsCode, Vec<LeaNaming>>,
    not_leas: &BTreeSet<CdsCode>,
) -> Option<LeaRecord> {
    members.sort_by_key(|member| (member.steps, member.code.cds));
    let namings =
        members.iter().flat_map(|m| namings.remove(&m.code.cds).unwrap_or_default()).collect();
    let mut ids = members.iter().map(|member| member.id);
    let id = ids.next()?;
    let other_ids = ids.collect();
    let codes: Vec<LeaCode> = members.iter().map(|member| member.code).collect();
    let not_an_lea = codes.last().is_some_and(|code| not_leas.contains(&code.cds));
    Some(LeaRecord { id, other_ids, codes, namings, not_an_lea })
}
