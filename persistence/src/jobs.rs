//! Jobs: what was asked for and is done later, with the file that came with it.

use std::io::Read;

use diesel::prelude::*;
use jiff::Timestamp;

use crate::audit::{self, NewAudit};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::ids::JobId;
use crate::job_record::{JobKind, JobRecord, JobRow, JobState, find, record, records};
use crate::moments;
use crate::schema::{job, job_part};
use crate::store::Store;
use crate::stored::moment_column;
use crate::text::texts_without_nul;

/// How many bytes a part of a file has, but for the last one.
const PART_BYTES: u64 = 1024 * 1024;

/// A job to add.
#[derive(Clone, Copy, Debug)]
pub struct NewJob<'a> {
    /// What it does.
    pub kind: JobKind,
    /// Who asks for it.
    pub actor: &'a str,
    /// Who issued the token.
    pub issuer: &'a str,
    /// For which agency.
    pub agency: &'a str,
    /// What is asked for, as JSON; kept as it is.
    pub request: &'a str,
    /// By what it is told that the same was asked before.
    pub once: Option<Once<'a>>,
    /// The entry that the audit gets with it.
    pub audit: Option<NewAudit<'a>>,
}

/// By what it is told that a caller asks for the same again, as where no answer came through.
#[derive(Clone, Copy, Debug)]
pub struct Once<'a> {
    /// The caller's name for what it asks.
    pub key: &'a str,
    /// What it asks; the same text for the same request.
    pub request_hash: &'a str,
    /// What was stored at this moment or before does not count any more.
    pub since: Timestamp,
}

/// What became of a job that was to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddJob {
    /// It waits now.
    Added(JobRecord),
    /// The caller asked for the same by the same key before; nothing changed.
    Again(JobRecord),
    /// The caller asked for something else by the same key before; nothing changed.
    Otherwise(JobRecord),
}

/// What became of a job that was to be called off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelJob {
    /// It is called off, and nothing will be stored for it.
    Cancelled(JobRecord),
    /// It had ended before, and stays as it is.
    Ended(JobRecord),
}

/// Which jobs are wanted; one that every field that is given holds for.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobFilter<'a> {
    /// Jobs with a smaller number than this, to go on with a list.
    pub before_sequence: Option<u64>,
    /// This many at most.
    pub limit: Option<u32>,
    /// What they do.
    pub kind: Option<JobKind>,
    /// For which agency they were asked for.
    pub agency: Option<&'a str>,
}

impl Store {
    /// Adds a job with the content that it is about, all or nothing.
    ///
    /// # Errors
    /// [`StoreError::Content`] where the content cannot be read; [`StoreError::Refused`] for a
    /// NUL character; [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn add_job(
        &self,
        new: &NewJob<'_>,
        content: Option<&mut dyn Read>,
    ) -> Result<AddJob, StoreError> {
        const DOING: &str = "adding a job";
        let NewJob { kind, actor, issuer, agency, request, once, audit } = *new;
        texts_without_nul(
            DOING,
            &[
                ("the name of who asks", actor),
                ("the issuer", issuer),
                ("the agency", agency),
                ("the request", request),
                ("the key", once.map(|once| once.key).unwrap_or_default()),
                ("the request's hash", once.map(|once| once.request_hash).unwrap_or_default()),
            ],
        )?;
        let since = once.map(|once| moment_column(DOING, once.since)).transpose()?;
        self.write(DOING, |connection| {
            if let (Some(once), Some(since)) = (once, &since) {
                let before: Option<JobRow> = job::table
                    .filter(job::idempotency_key.eq(once.key))
                    .filter(job::issuer.eq(issuer).and(job::actor.eq(actor)))
                    .filter(job::kind.eq(kind.code()).and(job::created_at.gt(since)))
                    .order(job::sequence.desc())
                    .select(JobRow::as_select())
                    .first(connection)
                    .optional()?;
                if let Some(row) = before {
                    let same = row.request_hash.as_deref() == Some(once.request_hash);
                    let record = record(connection, row)?;
                    return Ok(if same {
                        AddJob::Again(record)
                    } else {
                        AddJob::Otherwise(record)
                    });
                }
            }
            let last: Option<i64> =
                job::table.select(diesel::dsl::max(job::sequence)).first(connection)?;
            let row = JobRow {
                sequence: last.unwrap_or(0) + 1,
                id: JobId::make().to_string(),
                kind: kind.code().to_owned(),
                state: JobState::Queued.code().to_owned(),
                actor: actor.to_owned(),
                issuer: issuer.to_owned(),
                agency: agency.to_owned(),
                request: request.to_owned(),
                idempotency_key: once.map(|once| once.key.to_owned()),
                request_hash: once.map(|once| once.request_hash.to_owned()),
                created_at: moments::now(connection)?,
                started_at: None,
                finished_at: None,
                stage: "waiting".to_owned(),
                progress_done: None,
                progress_total: None,
                attempt: 0,
                died: 0,
                worker: None,
                lease_until: None,
                release: None,
                run: None,
                repeated: false,
                code: None,
                detail: None,
                result: None,
            };
            diesel::insert_into(job::table).values(&row).execute(connection)?;
            if let Some(content) = content {
                insert_parts(connection, row.sequence, content)?;
            }
            audit::insert_with(connection, audit, || format!("job {} waits", row.id))?;
            Ok(AddJob::Added(record(connection, row)?))
        })
    }

    /// The job with this id.
    ///
    /// # Errors
    /// [`StoreError::UnknownJob`]; [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn job(&self, id: JobId) -> Result<JobRecord, StoreError> {
        self.read("reading a job", |connection| {
            let row = find(connection, id)?;
            record(connection, row)
        })
    }

    /// The jobs that a filter wants, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn jobs(&self, filter: &JobFilter<'_>) -> Result<Vec<JobRecord>, StoreError> {
        let JobFilter { before_sequence, limit, kind, agency } = *filter;
        self.read("listing jobs", |connection| {
            let mut query =
                job::table.order(job::sequence.desc()).select(JobRow::as_select()).into_boxed();
            if let Some(before) = before_sequence {
                query = query.filter(job::sequence.lt(i64::try_from(before).unwrap_or(i64::MAX)));
            }
            if let Some(limit) = limit {
                query = query.limit(i64::from(limit));
            }
            if let Some(kind) = kind {
                query = query.filter(job::kind.eq(kind.code()));
            }
            if let Some(agency) = agency {
                query = query.filter(job::agency.eq(agency));
            }
            let rows: Vec<JobRow> = query.load(connection)?;
            records(connection, rows)
        })
    }

    /// Calls a job off. Nothing is stored for it afterwards, also where a process works on it.
    ///
    /// # Errors
    /// [`StoreError::UnknownJob`]; [`StoreError::Corrupt`], [`StoreError::Busy`] and
    /// [`StoreError::Database`].
    pub fn cancel_job(
        &self,
        id: JobId,
        audit: Option<NewAudit<'_>>,
    ) -> Result<CancelJob, StoreError> {
        self.write("calling a job off", |connection| {
            let row = find(connection, id)?;
            let open = [JobState::Queued.code(), JobState::Running.code()];
            let open = job::table.find(row.sequence).filter(job::state.eq_any(open));
            let cancelled = diesel::update(open)
                .set((
                    job::state.eq(JobState::Cancelled.code()),
                    job::finished_at.eq(moments::now(connection)?),
                    job::lease_until.eq(None::<String>),
                ))
                .execute(connection)?;
            let row = find(connection, id)?;
            if cancelled == 0 {
                return Ok(CancelJob::Ended(record(connection, row)?));
            }
            remove_parts(connection, row.sequence)?;
            audit::insert_with(connection, audit, || format!("job {id} called off"))?;
            Ok(CancelJob::Cancelled(record(connection, row)?))
        })
    }

    /// The content that a job came with; empty where it came with none, or has ended.
    ///
    /// # Errors
    /// [`StoreError::UnknownJob`] and [`StoreError::Database`].
    pub fn job_content(&self, id: JobId) -> Result<Vec<u8>, StoreError> {
        self.read("reading a job's file", |connection| {
            let row = find(connection, id)?;
            let mut content = Vec::new();
            // One after the other, so that no second copy of all is in memory.
            for part in 0.. {
                let found: Option<Vec<u8>> = job_part::table
                    .find((row.sequence, part))
                    .select(job_part::bytes)
                    .first(connection)
                    .optional()?;
                let Some(found) = found else { break };
                content.extend_from_slice(&found);
            }
            Ok(content)
        })
    }
}

fn insert_parts(
    connection: &mut Connection,
    sequence: i64,
    content: &mut dyn Read,
) -> Result<(), Failure> {
    for part in 0_i32.. {
        let mut bytes = Vec::new();
        content
            .take(PART_BYTES)
            .read_to_end(&mut bytes)
            .map_err(|cause| StoreError::Content { doing: "adding a job", cause })?;
        if bytes.is_empty() {
            break;
        }
        diesel::insert_into(job_part::table)
            .values((
                job_part::job.eq(sequence),
                job_part::part.eq(part),
                job_part::bytes.eq(bytes),
            ))
            .execute(connection)?;
    }
    Ok(())
}

pub(crate) fn remove_parts(connection: &mut Connection, sequence: i64) -> QueryResult<()> {
    diesel::delete(job_part::table.filter(job_part::job.eq(sequence))).execute(connection)?;
    Ok(())
}
