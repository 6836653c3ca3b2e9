//! Proves that what is stored holds together: that each release says what its kept file says,
//! and that each run follows from its releases and its editions.

mod releases;
mod runs;

use calsos_persistence::{Finding, ReleaseRecord, RunRecord, Store, StoreError};
use serde::Serialize;

use super::Office;
use super::diff::find;
use crate::error::AppError;

/// What was checked, and what was found.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checked {
    /// How many releases were read again.
    pub(crate) releases: usize,
    /// How many runs were decided again.
    pub(crate) runs: usize,
    /// How many answers were compared.
    pub(crate) answers: usize,
    /// What is not as it was stored.
    pub(crate) findings: Vec<FindingView>,
    /// What is worth knowing and no damage.
    pub(crate) notes: Vec<String>,
}

/// Something that is not as it was stored.
#[derive(Debug, Serialize)]
pub(crate) struct FindingView {
    pub(crate) table: String,
    pub(crate) row: String,
    pub(crate) problem: String,
}

/// A check that the database does by itself.
type OwnCheck = (&'static str, fn(&Store) -> Result<Vec<Finding>, StoreError>);

impl Checked {
    fn found(&mut self, finding: Finding) {
        let Finding { table, row, problem } = finding;
        self.findings.push(FindingView { table, row, problem });
    }

    /// What was read; where it could not be, for being damaged, that is a finding.
    fn read<T>(&mut self, read: Result<T, AppError>) -> Result<Option<T>, AppError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(AppError::Store(error)) => {
                self.found(Finding::of(error)?);
                Ok(None)
            }
            Err(AppError::Answer(cause)) => {
                self.found(Finding::new("(not known)", "a stored text", cause.to_string()));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl Office {
    /// Checks everything that is stored, or one run and its releases. `told` hears of each
    /// step.
    pub(crate) fn check(
        &self,
        only: Option<&str>,
        told: &mut dyn FnMut(&str),
    ) -> Result<Checked, AppError> {
        let mut checked = Checked::default();
        match self.check_into(&mut checked, only, told) {
            // What is damaged may make a later step fail that reads it.
            Err(AppError::Store(StoreError::Database { doing, problem }))
                if !checked.findings.is_empty() =>
            {
                checked.notes.push(format!("the rest could not be read: {doing}: {problem}"));
            }
            done => done?,
        }
        Ok(checked)
    }

    fn check_into(
        &self,
        checked: &mut Checked,
        only: Option<&str>,
        told: &mut dyn FnMut(&str),
    ) -> Result<(), AppError> {
        let own: [OwnCheck; 4] = [
            ("the database's file", Store::check_file),
            ("seals", Store::check_seals),
            ("texts and facts", Store::check_texts),
            ("places of rows", Store::check_places),
        ];
        for (words, check) in own {
            told(words);
            let found = check(&self.store).map_err(AppError::from);
            for finding in checked.read(found)?.unwrap_or_default() {
                checked.found(finding);
            }
        }
        let Some(records) = checked.read(self.store.releases().map_err(AppError::from))? else {
            return Ok(());
        };
        let Some(mut runs) = checked.read(self.store.runs().map_err(AppError::from))? else {
            return Ok(());
        };
        if let Some(name) = only {
            runs = vec![find(&runs, name)?];
        }
        let asked = |record: &&ReleaseRecord| {
            only.is_none() || runs.iter().any(|run| run.releases.contains(&record.number))
        };
        for record in records.iter().filter(asked) {
            told(&format!("release {}: {}", record.number, record.file_name));
            self.check_release(checked, record)?;
            checked.releases += 1;
        }
        for run in &runs {
            told(&format!("run {}", run.number));
            self.check_run(checked, run, &records)?;
            checked.runs += 1;
        }
        Ok(())
    }
}

/// A run as findings name it.
fn named(run: &RunRecord) -> String {
    format!("run {}", run.number)
}
