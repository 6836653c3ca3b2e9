//! Jobs as they are shown.

use calsos_persistence::{JobKind, JobRecord};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::jobs::{Found, ImportAsked, Issue};
use crate::error::AppError;

/// What was asked for and is done later: a file that is taken in, or a run.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Job)]
pub(crate) struct JobView {
    /// UUIDv7.
    id: String,
    /// `import` or `run`.
    #[schema(example = "import")]
    kind: &'static str,
    /// `queued` and `running`; then `done`, `refused` (it cannot be done), `failed` (it could
    /// not be done) or `cancelled`, and it stays so.
    #[schema(example = "done")]
    state: &'static str,
    /// The client that asked for it.
    requested_by: String,
    /// The agency for which it was asked.
    #[schema(example = "county:27")]
    agency: String,
    /// UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was taken up last: UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    started_at: Option<String>,
    /// When it ended: UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    finished_at: Option<String>,
    /// How often it was taken up: more than once where a process ended before it was done.
    attempt: u32,
    /// How far it is; absent when it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    progress: Option<JobProgressView>,
    /// The file, of an import.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    file: Option<JobFile>,
    /// What came of an import.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    release: Option<JobRelease>,
    /// What came of a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    run: Option<JobRun>,
    /// Why nothing was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    problem: Option<JobProblem>,
    /// How many issues of the file there are to be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    issues: Option<usize>,
}

/// How far a job is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobProgress)]
struct JobProgressView {
    /// `waiting`; then `reading` and `storing` of an import, `deciding` and `storing` of a run.
    #[schema(example = "deciding")]
    stage: String,
    /// How many LEAs are decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    done: Option<u64>,
    /// How many bytes are read, rows stored or LEAs decided in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    total: Option<u64>,
}

/// The file of an import, and what was said of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct JobFile {
    file_name: String,
    byte_length: u64,
    #[schema(pattern = "^[0-9a-f]{64}$")]
    sha256: String,
    /// What it was said to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "ELA")]
    kind: Option<String>,
    /// Of which year it was said to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dashboard_year: Option<u16>,
    /// From when it was said to be public: UTC, or `closed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    public_at: Option<String>,
    /// `wins` or `yields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    beside: Option<String>,
}

/// The release that came of an import.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct JobRelease {
    id: String,
    number: u32,
    /// Whether the same bytes were stored before: then nothing was changed.
    stored_before: bool,
}

/// The run that came of a job.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct JobRun {
    id: String,
    number: u32,
}

/// Why nothing was stored for a job.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct JobProblem {
    /// `file-refused`, `out-of-reach`, `nothing-to-decide`, `given-up` or `internal`.
    #[schema(example = "file-refused")]
    code: String,
    detail: String,
}

/// Something in a file that is wrong, or worth a look.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportIssue {
    file_name: String,
    /// `fault`, for which the file was refused, or `note`.
    #[schema(example = "fault")]
    severity: String,
    #[schema(example = "bad-cds")]
    code: String,
    /// The row of the file or sheet, the first being 1; absent where the file is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    line: Option<u32>,
    /// As the file's header spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    column: Option<String>,
    /// What stands there, shortened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<String>,
    /// What was found, what is expected and what to do.
    message: String,
}

impl JobView {
    pub(crate) fn of(job: JobRecord) -> Result<JobView, AppError> {
        let asked: Option<ImportAsked> = match job.kind {
            JobKind::Import => Some(serde_json::from_str(&job.request)?),
            JobKind::Run => None,
        };
        let found = found(&job)?;
        let progress = (!job.state.has_ended()).then_some(JobProgressView {
            stage: job.progress.stage,
            done: job.progress.done,
            total: job.progress.total,
        });
        let repeated = job.repeated;
        Ok(JobView {
            id: job.id.to_string(),
            kind: job.kind.code(),
            state: job.state.code(),
            requested_by: job.actor,
            agency: job.agency,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            attempt: job.attempt,
            progress,
            file: asked.map(|asked| JobFile {
                file_name: asked.file_name,
                byte_length: asked.byte_length,
                sha256: asked.sha256,
                kind: asked.kind,
                dashboard_year: asked.dashboard_year,
                public_at: asked.public_at,
                beside: asked.beside,
            }),
            release: job.release.map(|(number, id)| JobRelease {
                id: id.to_string(),
                number: number.0,
                stored_before: repeated,
            }),
            run: job.run.map(|(number, id)| JobRun { id: id.to_string(), number }),
            problem: job
                .code
                .map(|code| JobProblem { code, detail: job.detail.unwrap_or_default() }),
            issues: found.map(|found| found.issues.len()),
        })
    }
}

/// What reading the file of a job found; `None` where it was not read to its end.
pub(crate) fn found(job: &JobRecord) -> Result<Option<Found>, AppError> {
    Ok(job.result.as_deref().map(serde_json::from_str).transpose()?)
}

impl ImportIssue {
    pub(crate) fn of(issue: Issue, file_name: &str) -> ImportIssue {
        let Issue { severity, code, row, column, value, message } = issue;
        let file_name = file_name.to_owned();
        ImportIssue { file_name, severity, code, line: row, column, value, message }
    }
}
