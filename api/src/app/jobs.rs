//! Jobs: what is asked for by them and what comes of them, as the database keeps it, and how
//! they are done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use calsos_domain::facts::Beside;
use calsos_domain::release::{Coverage, ReleaseKind};
use calsos_domain::year::DashboardYear;
use calsos_ingest::{Assigned, FileReport, Input, Refusal, read};
use calsos_persistence::{
    AuditOutcome, JobDone, JobEnd, JobKind, JobProgress, JobRecord, JobState, NewAudit, StoreError,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Office;
use super::import::FileToStore;
use super::moments;
use crate::auth::operation::{CreateImport, CreateRun, Operation as _};
use crate::error::AppError;

/// A file that is to be taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ImportAsked {
    pub(crate) file_name: String,
    pub(crate) byte_length: u64,
    pub(crate) sha256: String,
    /// What the caller says that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dashboard_year: Option<u16>,
    /// From when it is public; `closed`, or a moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_at: Option<String>,
    /// `wins` or `yields`: which goes before where it meets stored files of other coverage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) beside: Option<String>,
}

/// What reading a file found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    pub(crate) issues: Vec<Issue>,
    /// How many more faults there are, which are not told.
    pub(crate) more: usize,
}

/// Something in a file that is wrong, or worth a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Issue {
    /// `fault`, for which the file was refused, or `note`.
    pub(crate) severity: String,
    pub(crate) code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<String>,
    pub(crate) message: String,
}

impl Found {
    fn of_refusal(refusal: &Refusal) -> Found {
        let issues = refusal.faults.iter().map(|fault| Issue {
            severity: "fault".to_owned(),
            code: fault.code.code().to_owned(),
            row: fault.row,
            column: fault.column.clone(),
            value: fault.value.clone(),
            message: fault.message.clone(),
        });
        Found { issues: issues.collect(), more: refusal.more }
    }

    fn of_report(report: &FileReport) -> Found {
        let note = |code: &str, column: Option<&String>, message: String| Issue {
            severity: "note".to_owned(),
            code: code.to_owned(),
            row: None,
            column: column.cloned(),
            value: None,
            message,
        };
        let mut issues = Vec::new();
        for (reason, count) in &report.skipped {
            issues.push(note("skipped", None, format!("{count} rows were left out: {reason}")));
        }
        for (how, count) in &report.repaired {
            issues.push(note("repaired", None, format!("{count} values were repaired: {how}")));
        }
        for warning in &report.warnings {
            issues.push(note("warning", None, warning.clone()));
        }
        for column in &report.unknown_columns {
            let what = "No layout of the kind and year has this column; it was left out of account";
            issues.push(note("unknown-column", Some(column), what.to_owned()));
        }
        for column in &report.missing_columns {
            let what = "The layout has this column and the file has not; it decides nothing";
            issues.push(note("missing-column", Some(column), what.to_owned()));
        }
        for left_out in report.left_out.iter() {
            let columns = left_out.people_columns.iter().chain(&left_out.unknown_columns);
            for column in columns {
                let what = "The column is or might be about people; its cells were not stored";
                issues.push(note("about-people", Some(column), what.to_owned()));
            }
        }
        Found { issues, more: 0 }
    }
}

/// How far a job is, told by who does it to who holds it; and the other way round, that it is
/// to be left.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    progress: Mutex<JobProgress<&'static str>>,
    over: AtomicBool,
}

impl Steps {
    pub(crate) fn progress(&self) -> JobProgress<&'static str> {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the job is to be left: nothing that comes of it would be stored.
    pub(crate) fn leave(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    fn at(&self, job: &JobRecord, progress: JobProgress<&'static str>) -> Result<(), AppError> {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        if self.over.load(Ordering::Relaxed) {
            return Err(AppError::Store(StoreError::LostJob(job.id)));
        }
        Ok(())
    }
}

/// The codes of what is refused.
const FILE_REFUSED: &str = "file-refused";
const MEETS_RELEASES: &str = "meets-releases";
const OUT_OF_REACH: &str = "out-of-reach";
const NOTHING_TO_DECIDE: &str = "nothing-to-decide";

impl Office {
    /// Does a job that this process has taken up, to its end. `covers` says whether the agency
    /// that asked for it reaches whoever a file speaks of.
    ///
    /// # Errors
    /// [`AppError::Store`] with [`StoreError::LostJob`] where the job is another's by now, or
    /// was called off; anything else leaves it without an end.
    pub(crate) fn do_job(
        &self,
        job: &JobRecord,
        steps: &Steps,
        covers: &dyn Fn(&Coverage) -> bool,
    ) -> Result<(), AppError> {
        match job.kind {
            JobKind::Import => self.do_import(job, steps, covers),
            JobKind::Run => self.do_run(job, steps),
        }
    }

    fn do_import(
        &self,
        job: &JobRecord,
        steps: &Steps,
        covers: &dyn Fn(&Coverage) -> bool,
    ) -> Result<(), AppError> {
        let asked: ImportAsked = serde_json::from_str(&job.request)?;
        let total = Some(asked.byte_length);
        steps.at(job, JobProgress { stage: "reading", done: None, total })?;
        let bytes = self.store.job_content(job.id)?;
        if sha256_text(&Sha256::digest(&bytes)) != asked.sha256 {
            let problem = "the file is not in the database as it came; send it again";
            return Err(AppError::Failed(problem.to_owned()));
        }
        let input =
            Input { file_name: &asked.file_name, bytes: &bytes, assigned: assigned(&asked) };
        let understood = match read(&input, &self.layouts) {
            Ok(understood) => understood,
            Err(refusal) => {
                let found = serde_json::to_string(&Found::of_refusal(&refusal))?;
                return self.refuse(job, FILE_REFUSED, &in_short(&refusal), Some(&found));
            }
        };
        if !covers(&understood.contents.coverage) {
            let problem = "the file speaks of LEAs that the agency does not reach; an agency that \
                           reaches them all may send it";
            return self.refuse(job, OUT_OF_REACH, problem, None);
        }
        let rows = Some(understood.contents.rows.len() as u64);
        steps.at(job, JobProgress { stage: "storing", done: None, total: rows })?;
        let found = serde_json::to_string(&Found::of_report(&understood.report))?;
        let target = target(job);
        let stored = self.store_file(
            &FileToStore {
                input,
                understood: &understood,
                public_at: asked.public_at.as_deref().and_then(moments::parse),
                beside: asked.beside.as_deref().and_then(Beside::parse),
                by: &job.actor,
                audit: entry(job, &target),
            },
            Some(JobDone { claim: job.claim(), result: Some(&found) }),
        );
        match stored {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(met)) => self.refuse(job, MEETS_RELEASES, &met.to_sender(), None),
            Err(AppError::Store(refused @ StoreError::Refused { .. })) => {
                self.refuse(job, FILE_REFUSED, &refused.to_string(), None)
            }
            Err(error) => Err(error),
        }
    }

    fn do_run(&self, job: &JobRecord, steps: &Steps) -> Result<(), AppError> {
        let target = target(job);
        let told = |done: usize, total: usize| {
            let stage = if done < total { "deciding" } else { "storing" };
            let progress =
                JobProgress { stage, done: Some(done as u64), total: Some(total as u64) };
            steps.at(job, progress)
        };
        let done = JobDone { claim: job.claim(), result: None };
        match self.determine_for(&job.actor, entry(job, &target), Some(done), &told) {
            Ok(_) => Ok(()),
            Err(AppError::NotFound(problem)) => self.refuse(job, NOTHING_TO_DECIDE, &problem, None),
            Err(error) => Err(error),
        }
    }

    /// Ends a job for which nothing is stored, since what was asked for cannot be done.
    fn refuse(
        &self,
        job: &JobRecord,
        code: &str,
        detail: &str,
        result: Option<&str>,
    ) -> Result<(), AppError> {
        let end = JobEnd { state: JobState::Refused, code, detail, result };
        let target = target(job);
        let audit =
            NewAudit { outcome: AuditOutcome::Refused, code: Some(code), ..entry(job, &target) };
        Ok(self.store.end_job(job.claim(), &end, Some(audit))?)
    }

    /// Ends a job that could not be done.
    pub(crate) fn fail_job(&self, job: &JobRecord, detail: &str) -> Result<(), AppError> {
        let code = "internal";
        let end = JobEnd { state: JobState::Failed, code, detail, result: None };
        let target = target(job);
        let audit =
            NewAudit { outcome: AuditOutcome::Refused, code: Some(code), ..entry(job, &target) };
        Ok(self.store.end_job(job.claim(), &end, Some(audit))?)
    }
}

fn assigned(asked: &ImportAsked) -> Option<Assigned> {
    let kind = ReleaseKind::parse(asked.kind.as_deref()?)?;
    Some(Assigned { kind, year: asked.dashboard_year.and_then(DashboardYear::new) })
}

/// A refusal in a sentence.
fn in_short(refusal: &Refusal) -> String {
    let count = refusal.faults.len() + refusal.more;
    let Some(first) = refusal.faults.first() else { return "the file was refused".to_owned() };
    match count {
        1 => format!("the file was refused: {first}"),
        _ => format!("the file was refused for {count} faults; the first: {first}"),
    }
}

fn target(job: &JobRecord) -> String {
    format!("job {}", job.id)
}

/// The entry of the audit for what comes of a job.
fn entry<'a>(job: &'a JobRecord, target: &'a str) -> NewAudit<'a> {
    NewAudit {
        request_id: None,
        actor: &job.actor,
        issuer: Some(&job.issuer),
        agency: Some(&job.agency),
        scopes: None,
        address: None,
        operation: match job.kind {
            JobKind::Import => CreateImport::ID,
            JobKind::Run => CreateRun::ID,
        },
        target,
        outcome: AuditOutcome::Done,
        status: None,
        code: None,
        detail: "",
    }
}

/// A SHA-256 in 64 small hexadecimal digits.
pub(crate) fn sha256_text(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
