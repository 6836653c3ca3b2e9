//! Runs: what was answered, from which releases, under which editions of the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::{LeaFacts, ReleaseNumber};
use calsos_domain::year::DashboardYear;
use diesel::prelude::*;

use crate::answers::{self, NewAnswer};
use crate::audit::{self, NewAudit};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::facts;
use crate::ids::RunId;
use crate::job_work::{self, JobDone, Stored};
use crate::moments;
use crate::releases;
use crate::schema::{current_run, edition, run, run_edition, run_release};
use crate::seals::{self, Owner};
use crate::store::Store;
use crate::stored::{At, release_column, year_column};
use crate::text::without_nul;
use crate::withdrawals;

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
    /// What it was decided from, LEA by LEA, to explain it without reading the releases again.
    pub facts: &'a BTreeMap<CdsCode, LeaFacts>,
    /// The entry that the audit gets with it.
    pub audit: Option<NewAudit<'a>>,
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

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = run, treat_none_as_default_value = false)]
struct RunRow {
    number: i32,
    id: String,
    made_at: String,
    made_by: String,
    program_version: String,
    answer_count: i64,
}

impl Store {
    /// Stores a run with its answers and makes it the current one, all or nothing: readers
    /// see the run before it or this one whole. The first error that `answers` gives ends
    /// the run, and the one before it stays current.
    ///
    /// # Errors
    /// [`StoreError::Answers`] with the error that `answers` gave; [`StoreError::Refused`]
    /// for two answers for one LEA and year, two editions for one year, an edition whose hash
    /// is stored with another text, or a NUL character in a text; [`StoreError::UnknownRelease`];
    /// [`StoreError::Withdrawn`] for a release that was withdrawn, perhaps while it was read;
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn save_run<E>(
        &self,
        new: &NewRun<'_>,
        answers: impl IntoIterator<Item = Result<NewAnswer, E>>,
    ) -> Result<RunRecord, StoreError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.save_run_for(new, answers, None)
    }

    /// The same for a job, which is done with it: both or none.
    ///
    /// # Errors
    /// [`StoreError::LostJob`] where the job is not this process's any more, and those of
    /// [`Store::save_run`].
    pub fn save_run_of_job<E>(
        &self,
        new: &NewRun<'_>,
        answers: impl IntoIterator<Item = Result<NewAnswer, E>>,
        done: JobDone<'_>,
    ) -> Result<RunRecord, StoreError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.save_run_for(new, answers, Some(done))
    }

    fn save_run_for<E>(
        &self,
        new: &NewRun<'_>,
        answers: impl IntoIterator<Item = Result<NewAnswer, E>>,
        job: Option<JobDone<'_>>,
    ) -> Result<RunRecord, StoreError>
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        self.write("storing a run", |connection| {
            if let Some(job) = job {
                job_work::held(connection, job.claim)?;
            }
            let number = insert_run(connection, new)?;
            let answer_count = answers::insert(connection, number, answers)?;
            facts::insert(connection, number, new.facts)?;
            audit::insert_with(connection, new.audit, || {
                format!("run {number} stored, {answer_count} answers")
            })?;
            diesel::update(run::table.find(number))
                .set(run::answer_count.eq(answer_count))
                .execute(connection)?;
            seals::set(connection, Owner::Run, number)?;
            let current = current_run::run.eq(number);
            if diesel::update(current_run::table).set(current).execute(connection)? == 0 {
                diesel::insert_into(current_run::table)
                    .values((current_run::only_row.eq(1), current))
                    .execute(connection)?;
            }
            if let Some(job) = job {
                job_work::done(connection, job, Stored::Run(number))?;
            }
            let row: RunRow =
                run::table.find(number).select(RunRow::as_select()).first(connection)?;
            load_run(connection, row)
        })
    }

    /// The run that readers see; `None` before the first one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn current_run(&self) -> Result<Option<RunRecord>, StoreError> {
        self.read("reading the current run", |connection| {
            let number: Option<i32> =
                current_run::table.select(current_run::run).first(connection).optional()?;
            let Some(number) = number else {
                return Ok(None);
            };
            let row = run::table.find(number).select(RunRow::as_select()).first(connection)?;
            load_run(connection, row).map(Some)
        })
    }

    /// Every run, by number.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn runs(&self) -> Result<Vec<RunRecord>, StoreError> {
        self.read("listing runs", |connection| {
            let rows: Vec<RunRow> =
                run::table.order(run::number).select(RunRow::as_select()).load(connection)?;
            rows.into_iter().map(|row| load_run(connection, row)).collect()
        })
    }

    /// The edition with this hash, if it ever decided anything.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn edition(&self, hash: &str) -> Result<Option<EditionRecord>, StoreError> {
        self.read("reading an edition", |connection| find_edition(connection, hash))
    }
}

/// A run's number by its id.
pub(crate) fn number_of(connection: &mut Connection, id: &RunId) -> Result<i32, Failure> {
    let number: Option<i32> = run::table
        .filter(run::id.eq(id.to_string()))
        .select(run::number)
        .first(connection)
        .optional()?;
    Ok(number.ok_or(StoreError::UnknownRun(*id))?)
}

pub(crate) fn refused(problem: String) -> Failure {
    StoreError::Refused { asked: "storing the run".to_owned(), problem }.into()
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
    let year = At { table: "edition", row: &hash }.year("year", year)?;
    Ok(Some(EditionRecord { year, hash: hash.to_owned(), text }))
}

/// Everything of a run but its answers. Returns its number.
fn insert_run(connection: &mut Connection, new: &NewRun<'_>) -> Result<i32, Failure> {
    let NewRun { by, program_version, releases, editions, facts: _, audit: _ } = *new;
    without_nul(|| "the name of who decides".to_owned(), by).map_err(refused)?;
    without_nul(|| "the program's version".to_owned(), program_version).map_err(refused)?;
    let last: Option<i32> = run::table.select(diesel::dsl::max(run::number)).first(connection)?;
    let number = last.unwrap_or(0) + 1;
    let row = RunRow {
        number,
        id: RunId::make().to_string(),
        made_at: moments::next(connection)?,
        made_by: by.to_owned(),
        program_version: program_version.to_owned(),
        answer_count: 0,
    };
    diesel::insert_into(run::table).values(&row).execute(connection)?;
    let said = withdrawals::latest_of_all(connection)?;
    for release in releases.iter().copied().collect::<BTreeSet<_>>() {
        if !releases::exists(connection, release)? {
            return Err(StoreError::UnknownRelease(release).into());
        }
        if said.get(&release).is_some_and(|said| said.withdrawn) {
            return Err(StoreError::Withdrawn(release).into());
        }
        diesel::insert_into(run_release::table)
            .values((run_release::run.eq(number), run_release::release.eq(release_column(release))))
            .execute(connection)?;
    }
    let mut years = BTreeSet::new();
    for new in editions {
        let EditionRecord { year, hash, text } = new;
        if !years.insert(*year) {
            return Err(refused(format!("it has two editions for {year}")));
        }
        without_nul(|| format!("the edition for {year}"), text).map_err(refused)?;
        without_nul(|| format!("the hash of the edition for {year}"), hash).map_err(refused)?;
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

fn load_run(connection: &mut Connection, row: RunRow) -> Result<RunRecord, Failure> {
    let RunRow { number, id, made_at, made_by, program_version, answer_count } = row;
    let key = format!("run {number}");
    let at = At { table: "run", row: &key };
    let releases: Vec<i32> = run_release::table
        .filter(run_release::run.eq(number))
        .order(run_release::release)
        .select(run_release::release)
        .load(connection)?;
    let releases = releases
        .into_iter()
        .map(|found| At { table: "run_release", row: &key }.release("release", found))
        .collect::<Result<_, StoreError>>()?;
    let editions: Vec<(i32, String)> = run_edition::table
        .filter(run_edition::run.eq(number))
        .order(run_edition::year)
        .select((run_edition::year, run_edition::hash))
        .load(connection)?;
    let editions = editions
        .into_iter()
        .map(|(found, hash)| {
            let year = At { table: "run_edition", row: &key }.year("year", found)?;
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
