//! How jobs are done: taken up by one process at a time, and stored once.
//!
//! A process holds a job by a lease that it goes on renewing. Where the lease is over, another
//! takes the job up with the next attempt. What comes of a job is stored in one transaction
//! with the job's end, and only for the attempt that holds it: a process that has lost its job
//! without knowing it stores nothing.

use std::time::Duration;

use diesel::prelude::*;
use jiff::Timestamp;

use crate::audit::{self, NewAudit};
use crate::connection::{Connection, clock};
use crate::error::{Failure, StoreError};
use crate::ids::JobId;
use crate::job_record::{self, JobRecord, JobRow, JobState};
use crate::jobs;
use crate::moments;
use crate::schema::job;
use crate::store::Store;
use crate::text::texts_without_nul;

/// How often a job is taken up at most where no attempt comes to an end: a file that brings
/// the process down would else bring down one after the other.
pub const DIED_MOST: u32 = 5;

/// Shows that a process works on a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobClaim {
    /// The job.
    pub id: JobId,
    /// How often it had been taken up when the process took it up.
    pub attempt: u32,
}

/// What is being done for a job, and how much of it was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobProgress<S> {
    /// What is being done, in a word.
    pub stage: S,
    /// How much of it was done, where that is counted.
    pub done: Option<u64>,
    /// How much there is.
    pub total: Option<u64>,
}

/// A job that is done with what is being stored.
#[derive(Clone, Copy, Debug)]
pub struct JobDone<'a> {
    /// The job.
    pub claim: JobClaim,
    /// Anything further that came of it, as JSON; kept as it is.
    pub result: Option<&'a str>,
}

/// Why a job ends with nothing stored.
#[derive(Clone, Copy, Debug)]
pub struct JobEnd<'a> {
    /// [`JobState::Refused`] or [`JobState::Failed`].
    pub state: JobState,
    /// Why, as a word for programs.
    pub code: &'a str,
    /// Why.
    pub detail: &'a str,
    /// Anything further, as JSON.
    pub result: Option<&'a str>,
}

/// What came of a job that is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stored {
    Release { number: i32, repeated: bool },
    Run(i32),
}

impl Store {
    /// Takes up the job that has waited longest, or whose lease is over. Whoever works on jobs
    /// of one database is to ask for leases of the same length: one that ends in more than twice
    /// that was given before the clock was set back, and is over, too.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn claim_job(
        &self,
        worker: &str,
        lease: Duration,
    ) -> Result<Option<JobRecord>, StoreError> {
        // Nobody else's write is waited for where there is nothing to do.
        let some = self.read("looking for jobs", |connection| {
            let now = clock(connection)?;
            let waits = job::table.filter(job::state.eq(JobState::Queued.code())).count();
            let waits: i64 = waits.get_result(connection)?;
            let running = job::table.filter(job::state.eq(JobState::Running.code()));
            let (from, until) = over(now, lease);
            let over = running.filter(job::lease_until.le(from).or(job::lease_until.gt(until)));
            Ok(waits > 0 || over.count().get_result::<i64>(connection)? > 0)
        })?;
        if !some {
            return Ok(None);
        }
        self.write_aside("taking up a job", |connection| {
            loop {
                let now = clock(connection)?;
                let Some(row) = next(connection, now, lease)? else { return Ok(None) };
                let died = row.died + i32::from(row.state == JobState::Running.code());
                if u32::try_from(died).unwrap_or(u32::MAX) >= DIED_MOST {
                    give_up(connection, &row)?;
                    continue;
                }
                diesel::update(job::table.find(row.sequence))
                    .set((
                        job::state.eq(JobState::Running.code()),
                        job::attempt.eq(row.attempt + 1),
                        job::died.eq(died),
                        job::worker.eq(worker.replace('\0', "\\0")),
                        job::started_at.eq(moments::now(connection)?),
                        job::lease_until.eq(column(now + lease)),
                        job::progress_done.eq(None::<i64>),
                        job::progress_total.eq(None::<i64>),
                    ))
                    .execute(connection)?;
                let query = job::table.find(row.sequence).select(JobRow::as_select());
                let row = query.first(connection)?;
                return job_record::record(connection, row).map(Some);
            }
        })
    }

    /// Says how far a job is and holds it for another while. `false` where the job is not this
    /// process's any more.
    ///
    /// # Errors
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn renew_job(
        &self,
        claim: JobClaim,
        progress: JobProgress<&str>,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        let JobProgress { stage, done, total } = progress;
        let number = |count: Option<u64>| count.and_then(|count| i64::try_from(count).ok());
        self.write_aside("holding a job", |connection| {
            let until = column(clock(connection)? + lease);
            let renewed = diesel::update(job::table)
                .filter(job::id.eq(claim.id.to_string()))
                .filter(job::attempt.eq(attempt(claim)))
                .filter(job::state.eq(JobState::Running.code()))
                .set((
                    job::lease_until.eq(until),
                    job::stage.eq(stage.replace('\0', "\\0")),
                    job::progress_done.eq(number(done)),
                    job::progress_total.eq(number(total)),
                ))
                .execute(connection)?;
            Ok(renewed > 0)
        })
    }

    /// Leaves a job to whoever comes next. With a `problem`, the attempt counts as one that
    /// came to no end. Does nothing where the job is not this process's any more.
    ///
    /// # Errors
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn give_back_job(&self, claim: JobClaim, problem: Option<&str>) -> Result<(), StoreError> {
        self.write_aside("giving a job back", |connection| {
            let own = job::table
                .filter(job::id.eq(claim.id.to_string()))
                .filter(job::attempt.eq(attempt(claim)))
                .filter(job::state.eq(JobState::Running.code()));
            diesel::update(own)
                .set((
                    job::state.eq(JobState::Queued.code()),
                    job::stage.eq("waiting"),
                    job::lease_until.eq(None::<String>),
                    job::died.eq(job::died + i32::from(problem.is_some())),
                    job::detail.eq(problem.map(|problem| problem.replace('\0', "\\0"))),
                ))
                .execute(connection)?;
            Ok(())
        })
    }

    /// Ends a job for which nothing is stored.
    ///
    /// # Errors
    /// [`StoreError::LostJob`]; [`StoreError::Refused`] for a NUL character;
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn end_job(
        &self,
        claim: JobClaim,
        end: &JobEnd<'_>,
        audit: Option<NewAudit<'_>>,
    ) -> Result<(), StoreError> {
        const DOING: &str = "ending a job";
        let JobEnd { state, code, detail, result } = *end;
        let result_text = result.unwrap_or_default();
        texts_without_nul(DOING, &[("the code", code), ("the result", result_text)])?;
        self.write(DOING, |connection| {
            let ending = Ending {
                code: Some(code),
                detail: Some(detail.replace('\0', "\\0")),
                ..Ending::of(state, moments::now(connection)?, result)
            };
            finish(connection, claim, &ending)?;
            audit::insert_with(connection, audit, || {
                format!("job {} {state}, {code}: {detail}", claim.id)
            })
        })
    }
}

/// Ends a job with what was stored for it, in the transaction that stores that.
pub(crate) fn done(
    connection: &mut Connection,
    job_done: JobDone<'_>,
    stored: Stored,
) -> Result<(), Failure> {
    let ending = Ending::of(JobState::Done, moments::now(connection)?, job_done.result);
    let ending = match stored {
        Stored::Release { number, repeated } => {
            Ending { release: Some(number), repeated, ..ending }
        }
        Stored::Run(number) => Ending { run: Some(number), ..ending },
    };
    finish(connection, job_done.claim, &ending)
}

/// Whether the process still holds the job; asked before work that would be in vain.
///
/// # Errors
/// [`StoreError::LostJob`].
pub(crate) fn held(connection: &mut Connection, claim: JobClaim) -> Result<(), Failure> {
    let count: i64 = job::table
        .filter(job::id.eq(claim.id.to_string()))
        .filter(job::attempt.eq(attempt(claim)))
        .filter(job::state.eq(JobState::Running.code()))
        .count()
        .get_result(connection)?;
    if count == 0 { Err(StoreError::LostJob(claim.id).into()) } else { Ok(()) }
}

/// What a job's row says when it has ended.
#[derive(AsChangeset)]
#[diesel(table_name = job, treat_none_as_null = true)]
struct Ending<'a> {
    state: &'static str,
    finished_at: Option<String>,
    lease_until: Option<String>,
    release: Option<i32>,
    run: Option<i32>,
    repeated: bool,
    code: Option<&'a str>,
    detail: Option<String>,
    result: Option<&'a str>,
}

impl<'a> Ending<'a> {
    fn of(state: JobState, at: String, result: Option<&'a str>) -> Ending<'a> {
        Ending {
            state: state.code(),
            finished_at: Some(at),
            lease_until: None,
            release: None,
            run: None,
            repeated: false,
            code: None,
            detail: None,
            result,
        }
    }
}

/// Ends a job for the attempt that holds it.
fn finish(
    connection: &mut Connection,
    claim: JobClaim,
    ending: &Ending<'_>,
) -> Result<(), Failure> {
    let row = job_record::find(connection, claim.id)?;
    let own = job::table
        .find(row.sequence)
        .filter(job::attempt.eq(attempt(claim)))
        .filter(job::state.eq(JobState::Running.code()));
    if diesel::update(own).set(ending).execute(connection)? == 0 {
        return Err(StoreError::LostJob(claim.id).into());
    }
    Ok(jobs::remove_parts(connection, row.sequence)?)
}

/// The job to take up next, kept from others where the database can keep a row.
fn next(
    connection: &mut Connection,
    now: Timestamp,
    lease: Duration,
) -> QueryResult<Option<JobRow>> {
    macro_rules! open {
        () => {{
            let (from, until) = over(now, lease);
            let over = job::lease_until.le(from).or(job::lease_until.gt(until));
            job::table
                .filter(
                    job::state
                        .eq(JobState::Queued.code())
                        .or(job::state.eq(JobState::Running.code()).and(over.assume_not_null())),
                )
                .order(job::sequence)
                .limit(1)
                .select(JobRow::as_select())
        }};
    }
    match connection {
        Connection::Sqlite(connection) => open!().first(connection).optional(),
        Connection::Postgresql(connection) => {
            open!().for_update().skip_locked().first(connection).optional()
        }
    }
}

/// Ends a job that no attempt brings to an end.
fn give_up(connection: &mut Connection, row: &JobRow) -> Result<(), Failure> {
    let why = match &row.detail {
        Some(problem) => format!("it was tried {DIED_MOST} times; the last time: {problem}"),
        None => format!(
            "the process that worked on it ended {DIED_MOST} times before it was done; look into \
             the service's log, and ask again when the reason is gone"
        ),
    };
    diesel::update(job::table.find(row.sequence))
        .set((
            job::state.eq(JobState::Failed.code()),
            job::finished_at.eq(moments::now(connection)?),
            job::lease_until.eq(None::<String>),
            job::code.eq("given-up"),
            job::detail.eq(why),
        ))
        .execute(connection)?;
    Ok(jobs::remove_parts(connection, row.sequence)?)
}

/// Leases that end at the first moment or before are over, and so are those that end after
/// the second. Another process may have looked at the clock a little later than this one did,
/// and have taken a job up before: hence twice.
fn over(now: Timestamp, lease: Duration) -> (String, String) {
    (column(now), column(now + lease * 2))
}

fn attempt(claim: JobClaim) -> i32 {
    i32::try_from(claim.attempt).unwrap_or(i32::MAX)
}

fn column(moment: Timestamp) -> String {
    format!("{moment:.6}")
}
