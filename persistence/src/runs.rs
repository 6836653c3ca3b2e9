//! Runs: what was answered, from which releases, under which editions of the rules.

use std::collections::BTreeSet;
use std::error::Error;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::lea::LeaType;
use calsos_domain::year::DashboardYear;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::file;
use crate::ids::{ReleaseNumber, RunId};
use crate::releases;
use crate::rows::{CHUNK, insert_many};
use crate::schema::{answer, answer_body, current_run, edition, run, run_edition, run_release};
use crate::store::Store;
use crate::stored::{At, now_column, release_column, year_column};

/// A run to store, without its answers.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// Who asked for it.
    pub by: &'a str,
    /// The version of the program that decided.
    pub program_version: &'a str,
    /// The releases that it read.
    pub releases: &'a [ReleaseNumber],
    /// The editions of the rules that decided, one for each year at most.
    pub editions: &'a [EditionRecord],
}

/// An edition of the rules, as it was when it decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditionRecord {
    /// The Dashboard year that it is about.
    pub year: DashboardYear,
    /// The hash of its content, by which it is known.
    pub hash: String,
    /// Its whole text.
    pub text: String,
}

/// A stored run, without its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Its number: 1, 2, 3, … in the order in which runs became current.
    pub number: u32,
    /// Its id.
    pub id: RunId,
    /// When it became current: UTC, RFC 3339 with six decimals, so that texts sort by time.
    pub made_at: String,
    /// Who asked for it.
    pub by: String,
    /// The version of the program that decided.
    pub program_version: String,
    /// The releases that it read, by number.
    pub releases: Vec<ReleaseNumber>,
    /// The editions that decided, by year.
    pub editions: Vec<RunEdition>,
    /// How many answers it has.
    pub answer_count: u64,
}

/// Which edition decided a year in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEdition {
    /// The year.
    pub year: DashboardYear,
    /// The edition's hash; [`Store::edition`] has its text.
    pub hash: String,
}

/// What a run answered for one LEA and year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRecord {
    /// The Dashboard year.
    pub year: DashboardYear,
    /// The LEA's code.
    pub cds: CdsCode,
    /// The LEA's type.
    pub lea_type: LeaType,
    /// The level that the rules give; `None` where they give none.
    pub eligible_level: Option<u8>,
    /// The year's word for it.
    pub label: Option<String>,
    /// Whether a file that was not loaded could change it.
    pub provisional: bool,
    /// The whole determination as JSON, made by the caller and kept as it is. Equal texts
    /// are stored once for all runs, so a text should not name its run or its moment.
    pub body: String,
}

/// Which answers are wanted; those for which every given field agrees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerFilter {
    /// Of this Dashboard year.
    pub year: Option<DashboardYear>,
    /// Of the LEA with this code.
    pub cds: Option<CdsCode>,
    /// Of LEAs of this county.
    pub county: Option<CountyCode>,
    /// Of LEAs of this type.
    pub lea_type: Option<LeaType>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = run, check_for_backend(Sqlite))]
struct RunRow {
    number: i32,
    id: String,
    made_at: String,
    made_by: String,
    program_version: String,
    answer_count: i64,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = answer, check_for_backend(Sqlite), treat_none_as_default_value = false)]
struct AnswerRow {
    run: i32,
    year: i32,
    cds: String,
    county: i16,
    lea_type: String,
    eligible_level: Option<i16>,
    label: Option<String>,
    provisional: bool,
    body_hash: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = answer_body)]
struct BodyRow {
    hash: Vec<u8>,
    content: String,
}

impl Store {
    /// Stores a run with its answers and makes it the current one, all or nothing: readers
    /// see the run before it or this one whole. The first error that `answers` gives ends
    /// the run, and the one before it stays current.
    ///
    /// # Errors
    /// [`StoreError::Answers`] with the error that `answers` gave; [`StoreError::Refused`]
    /// for two answers for one LEA and year, two editions for one year, or an edition whose
    /// hash is stored with another text; [`StoreError::UnknownRelease`];
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn save_run<E>(
        &self,
        new: &NewRun<'_>,
        answers: impl IntoIterator<Item = Result<AnswerRecord, E>>,
    ) -> Result<RunRecord, StoreError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.write("storing a run", |connection| {
            let number = insert_run(connection, new)?;
            let answer_count = insert_answers(connection, number, answers)?;
            diesel::update(run::table.find(number))
                .set(run::answer_count.eq(answer_count))
                .execute(connection)?;
            diesel::insert_into(current_run::table)
                .values((current_run::only_row.eq(1), current_run::run.eq(number)))
                .on_conflict(current_run::only_row)
                .do_update()
                .set(current_run::run.eq(number))
                .execute(connection)?;
            let row: RunRow = run::table
                .find(number)
                .select(RunRow::as_select())
                .first(connection)?;
            load_run(connection, row)
        })
    }

    /// The run that readers see; `None` before the first one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn current_run(&self) -> Result<Option<RunRecord>, StoreError> {
        self.read("reading the current run", |connection| {
            let number: Option<i32> = current_run::table
                .select(current_run::run)
                .first(connection)
                .optional()?;
            let Some(number) = number else {
                return Ok(None);
            };
            let row = run::table
                .find(number)
                .select(RunRow::as_select())
                .first(connection)?;
            load_run(connection, row).map(Some)
        })
    }

    /// Every run, by number.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn runs(&self) -> Result<Vec<RunRecord>, StoreError> {
        self.read("listing runs", |connection| {
            let rows: Vec<RunRow> = run::table
                .order(run::number)
                .select(RunRow::as_select())
                .load(connection)?;
            rows.into_iter()
                .map(|row| load_run(connection, row))
                .collect()
        })
    }

    /// The answers of a run that a filter wants, by year and code.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn answers(
        &self,
        id: &RunId,
        filter: &AnswerFilter,
    ) -> Result<Vec<AnswerRecord>, StoreError> {
        self.read("reading answers", |connection| {
            let number: Option<i32> = run::table
                .filter(run::id.eq(id.to_string()))
                .select(run::number)
                .first(connection)
                .optional()?;
            let number = number.ok_or(StoreError::UnknownRun(*id))?;
            let AnswerFilter {
                year,
                cds,
                county,
                lea_type,
            } = *filter;
            let mut query = answer::table
                .inner_join(answer_body::table)
                .filter(answer::run.eq(number))
                .order((answer::year, answer::cds))
                .select((AnswerRow::as_select(), answer_body::content))
                .into_boxed();
            if let Some(year) = year {
                query = query.filter(answer::year.eq(year_column(year)));
            }
            if let Some(cds) = cds {
                query = query.filter(answer::cds.eq(cds.to_string()));
            }
            if let Some(county) = county {
                query = query.filter(answer::county.eq(i16::from(county.number())));
            }
            if let Some(lea_type) = lea_type {
                query = query.filter(answer::lea_type.eq(lea_type.code()));
            }
            let rows: Vec<(AnswerRow, String)> = query.load(connection)?;
            rows.into_iter()
                .map(|(row, body)| Ok(from_table(row, body)?))
                .collect()
        })
    }

    /// The edition with this hash, if it ever decided anything.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn edition(&self, hash: &str) -> Result<Option<EditionRecord>, StoreError> {
        self.read("reading an edition", |connection| {
            find_edition(connection, hash)
        })
    }
}

fn refused(problem: String) -> Failure {
    StoreError::Refused {
        asked: "storing the run".to_owned(),
        problem,
    }
    .into()
}

fn find_edition(connection: &mut Connection, hash: &str) -> Result<Option<EditionRecord>, Failure> {
    let row: Option<(i32, String)> = edition::table
        .find(hash)
        .select((edition::year, edition::content))
        .first(connection)
        .optional()?;
    let Some((year, text)) = row else {
        return Ok(None);
    };
    let year = At {
        table: "edition",
        row: &hash,
    }
    .year("year", year)?;
    Ok(Some(EditionRecord {
        year,
        hash: hash.to_owned(),
        text,
    }))
}

/// Everything of a run but its answers. Returns its number.
fn insert_run(connection: &mut Connection, new: &NewRun<'_>) -> Result<i32, Failure> {
    let NewRun {
        by,
        program_version,
        releases,
        editions,
    } = *new;
    let last: Option<i32> = run::table
        .select(diesel::dsl::max(run::number))
        .first(connection)?;
    let number = last.unwrap_or(0) + 1;
    let row = RunRow {
        number,
        id: RunId::make().to_string(),
        made_at: now_column(),
        made_by: by.to_owned(),
        program_version: program_version.to_owned(),
        answer_count: 0,
    };
    diesel::insert_into(run::table)
        .values(&row)
        .execute(connection)?;
    for release in releases.iter().copied().collect::<BTreeSet<_>>() {
        if !releases::exists(connection, release)? {
            return Err(StoreError::UnknownRelease(release).into());
        }
        diesel::insert_into(run_release::table)
            .values((
                run_release::run.eq(number),
                run_release::release.eq(release_column(release)),
            ))
            .execute(connection)?;
    }
    let mut years = BTreeSet::new();
    for new in editions {
        let EditionRecord { year, hash, text } = new;
        if !years.insert(*year) {
            return Err(refused(format!("it has two editions for {year}")));
        }
        match find_edition(connection, hash)? {
            Some(stored) if stored == *new => {}
            Some(_) => {
                return Err(refused(format!(
                    "the edition {hash} is stored already, with another year or text"
                )));
            }
            None => {
                diesel::insert_into(edition::table)
                    .values((
                        edition::hash.eq(hash),
                        edition::year.eq(year_column(*year)),
                        edition::content.eq(text),
                    ))
                    .execute(connection)?;
            }
        }
        diesel::insert_into(run_edition::table)
            .values((
                run_edition::run.eq(number),
                run_edition::year.eq(year_column(*year)),
                run_edition::hash.eq(hash),
            ))
            .execute(connection)?;
    }
    Ok(number)
}

/// Stores the answers as they come, a chunk at a time. Returns how many they are.
fn insert_answers<E>(
    connection: &mut Connection,
    run: i32,
    answers: impl IntoIterator<Item = Result<AnswerRecord, E>>,
) -> Result<i64, Failure>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut answered = BTreeSet::new();
    let mut rows = Vec::with_capacity(CHUNK);
    let mut count = 0;
    for new in answers {
        let new = new.map_err(|error| StoreError::Answers(error.into()))?;
        if !answered.insert((new.year, new.cds)) {
            return Err(refused(format!(
                "it has two answers for {} in {}",
                new.cds, new.year
            )));
        }
        count += 1;
        let (row, body) = to_table(run, new);
        // A text that is stored already is the same text: it is found by its hash.
        diesel::insert_or_ignore_into(answer_body::table)
            .values(&body)
            .execute(connection)?;
        rows.push(row);
        if rows.len() == CHUNK {
            insert_many!(connection, answer::table, rows.drain(..));
        }
    }
    insert_many!(connection, answer::table, rows.drain(..));
    Ok(count)
}

fn load_run(connection: &mut Connection, row: RunRow) -> Result<RunRecord, Failure> {
    let RunRow {
        number,
        id,
        made_at,
        made_by,
        program_version,
        answer_count,
    } = row;
    let key = format!("run {number}");
    let at = At {
        table: "run",
        row: &key,
    };
    let releases: Vec<i32> = run_release::table
        .filter(run_release::run.eq(number))
        .order(run_release::release)
        .select(run_release::release)
        .load(connection)?;
    let releases = releases
        .into_iter()
        .map(|found| {
            At {
                table: "run_release",
                row: &key,
            }
            .release("release", found)
        })
        .collect::<Result<_, StoreError>>()?;
    let editions: Vec<(i32, String)> = run_edition::table
        .filter(run_edition::run.eq(number))
        .order(run_edition::year)
        .select((run_edition::year, run_edition::hash))
        .load(connection)?;
    let editions = editions
        .into_iter()
        .map(|(found, hash)| {
            let year = At {
                table: "run_edition",
                row: &key,
            }
            .year("year", found)?;
            Ok(RunEdition { year, hash })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(RunRecord {
        number: at.number("number", number)?,
        id: at.value("id", &id, RunId::parse(&id))?,
        made_at,
        by: made_by,
        program_version,
        releases,
        editions,
        answer_count: at.number("answer_count", answer_count)?,
    })
}

fn to_table(run: i32, new: AnswerRecord) -> (AnswerRow, BodyRow) {
    let AnswerRecord {
        year,
        cds,
        lea_type,
        eligible_level,
        label,
        provisional,
        body,
    } = new;
    let body_hash = file::sha256(body.as_bytes());
    let row = AnswerRow {
        run,
        year: year_column(year),
        cds: cds.to_string(),
        county: i16::from(cds.county().number()),
        lea_type: lea_type.code().to_owned(),
        eligible_level: eligible_level.map(i16::from),
        label,
        provisional,
        body_hash: body_hash.clone(),
    };
    (
        row,
        BodyRow {
            hash: body_hash,
            content: body,
        },
    )
}

fn from_table(row: AnswerRow, body: String) -> Result<AnswerRecord, StoreError> {
    let AnswerRow {
        run,
        year,
        cds,
        county: _,
        lea_type,
        eligible_level,
        label,
        provisional,
        body_hash: _,
    } = row;
    let key = format!("run {run}, year {year}, cds {cds}");
    let at = At {
        table: "answer",
        row: &key,
    };
    Ok(AnswerRecord {
        year: at.year("year", year)?,
        cds: at.cds("cds", &cds)?,
        lea_type: at.lea_type("lea_type", &lea_type)?,
        eligible_level: at.optional_number("eligible_level", eligible_level)?,
        label,
        provisional,
        body,
    })
}
