//! Jobs as they are stored and shown: what they do, how far they are, what came of them.

use std::collections::BTreeMap;

use calsos_domain::facts::ReleaseNumber;
use diesel::prelude::*;

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::ids::{JobId, ReleaseId, RunId};
use crate::job_work::{JobClaim, JobProgress};
use crate::schema::{job, release, run};
use crate::stored::At;
use crate::words::words;

words! {
    /// What a job does.
    JobKind {
        /// It takes in a file.
        Import "import",
        /// It decides anew.
        Run "run",
    }
}

words! {
    /// How far a job is.
    JobState {
        /// No process has taken it up.
        Queued "queued",
        /// A process works on it.
        Running "running",
        /// What was asked for is stored.
        Done "done",
        /// What was asked for cannot be done; nothing was stored.
        Refused "refused",
        /// It could not be done; nothing was stored.
        Failed "failed",
        /// Somebody called it off; nothing was stored.
        Cancelled "cancelled",
    }
}

impl JobState {
    /// Whether it stays as it is.
    #[must_use]
    pub fn has_ended(self) -> bool {
        !matches!(self, JobState::Queued | JobState::Running)
    }
}

/// A stored job. Moments are UTC, RFC 3339 with six decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// Its number: 1, 2, 3, … in the order in which jobs were added.
    pub sequence: u64,
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// How far it is.
    pub state: JobState,
    /// Who asked for it.
    pub actor: String,
    /// Who issued the token.
    pub issuer: String,
    /// For which agency.
    pub agency: String,
    /// What was asked for, as JSON.
    pub request: String,
    /// When it was added.
    pub created_at: String,
    /// When a process took it up last.
    pub started_at: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// What is being done, and how much of it was done.
    pub progress: JobProgress<String>,
    /// How often it was taken up.
    pub attempt: u32,
    /// The process that took it up last.
    pub worker: Option<String>,
    /// The release that came of it.
    pub release: Option<(ReleaseNumber, ReleaseId)>,
    /// The run that came of it.
    pub run: Option<(u32, RunId)>,
    /// Whether the release was stored before.
    pub repeated: bool,
    /// Why nothing was stored, as a word for programs.
    pub code: Option<String>,
    /// Why nothing was stored.
    pub detail: Option<String>,
    /// Anything further that came of it, as JSON.
    pub result: Option<String>,
}

impl JobRecord {
    /// What shows that a process works on it.
    #[must_use]
    pub fn claim(&self) -> JobClaim {
        JobClaim { id: self.id, attempt: self.attempt }
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = job, treat_none_as_default_value = false)]
pub(crate) struct JobRow {
    pub(crate) sequence: i64,
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) actor: String,
    pub(crate) issuer: String,
    pub(crate) agency: String,
    pub(crate) request: String,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) request_hash: Option<String>,
    pub(crate) created_at: String,
    pub(crate) started_at: Option<String>,
    pub(crate) finished_at: Option<String>,
    pub(crate) stage: String,
    pub(crate) progress_done: Option<i64>,
    pub(crate) progress_total: Option<i64>,
    pub(crate) attempt: i32,
    pub(crate) died: i32,
    pub(crate) worker: Option<String>,
    pub(crate) lease_until: Option<String>,
    pub(crate) release: Option<i32>,
    pub(crate) run: Option<i32>,
    pub(crate) repeated: bool,
    pub(crate) code: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) result: Option<String>,
}

pub(crate) fn find(connection: &mut Connection, id: JobId) -> Result<JobRow, Failure> {
    let query = job::table.filter(job::id.eq(id.to_string())).select(JobRow::as_select());
    let row: Option<JobRow> = query.first(connection).optional()?;
    Ok(row.ok_or(StoreError::UnknownJob(id))?)
}

/// A row as it is shown.
pub(crate) fn record(connection: &mut Connection, row: JobRow) -> Result<JobRecord, Failure> {
    let records = records(connection, vec![row])?;
    Ok(records.into_iter().next().ok_or(diesel::result::Error::NotFound)?)
}

/// Rows as they are shown, with the ids of what came of them.
pub(crate) fn records(
    connection: &mut Connection,
    rows: Vec<JobRow>,
) -> Result<Vec<JobRecord>, Failure> {
    let releases: Vec<i32> = rows.iter().filter_map(|row| row.release).collect();
    let releases: Vec<(i32, String)> = release::table
        .filter(release::number.eq_any(releases))
        .select((release::number, release::id))
        .load(connection)?;
    let runs: Vec<i32> = rows.iter().filter_map(|row| row.run).collect();
    let runs: Vec<(i32, String)> = run::table
        .filter(run::number.eq_any(runs))
        .select((run::number, run::id))
        .load(connection)?;
    let (releases, runs) = (releases.into_iter().collect(), runs.into_iter().collect());
    rows.into_iter().map(|row| Ok(from_table(row, &releases, &runs)?)).collect()
}

fn from_table(
    row: JobRow,
    releases: &BTreeMap<i32, String>,
    runs: &BTreeMap<i32, String>,
) -> Result<JobRecord, StoreError> {
    let at = At { table: "job", row: &row.sequence };
    let release = row.release.map(|number| {
        let id = releases.get(&number).and_then(|id| ReleaseId::parse(id));
        Ok::<_, StoreError>((at.release("release", number)?, at.value("release", number, id)?))
    });
    let run = row.run.map(|number| {
        let id = runs.get(&number).and_then(|id| RunId::parse(id));
        Ok::<_, StoreError>((at.number("run", number)?, at.value("run", number, id)?))
    });
    Ok(JobRecord {
        sequence: at.number("sequence", row.sequence)?,
        id: at.value("id", &row.id, JobId::parse(&row.id))?,
        kind: at.value("kind", &row.kind, JobKind::parse(&row.kind))?,
        state: at.value("state", &row.state, JobState::parse(&row.state))?,
        progress: JobProgress {
            done: at.optional_number("progress_done", row.progress_done)?,
            total: at.optional_number("progress_total", row.progress_total)?,
            stage: row.stage,
        },
        attempt: at.number("attempt", row.attempt)?,
        actor: row.actor,
        issuer: row.issuer,
        agency: row.agency,
        request: row.request,
        created_at: row.created_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        worker: row.worker,
        release: release.transpose()?,
        run: run.transpose()?,
        repeated: row.repeated,
        code: row.code,
        detail: row.detail,
        result: row.result,
    })
}
