//! Which stored releases stand.
//!
//! A release that was withdrawn is kept and read no more: the next run leaves it out. What is
//! shown beside the answers of a run (lists, names, tables) is of the releases that stand
//! beside it: a withdrawn one goes with the first run that leaves it out, so that a run is
//! whole until there is another.

use std::collections::BTreeSet;

use calsos_domain::facts::ReleaseNumber;
use calsos_persistence::{ReleaseRecord, RunRecord};

use super::Office;
use super::answers::Names;
use crate::error::AppError;

impl Office {
    /// The releases that stand, by number: what the next run reads.
    pub(crate) fn standing(&self) -> Result<Vec<ReleaseRecord>, AppError> {
        let mut records = self.store.releases()?;
        records.retain(|record| !record.is_withdrawn());
        Ok(records)
    }

    /// What LEAs are called by these releases, without those that do not stand beside a run.
    pub(crate) fn names_beside(
        &self,
        stored: &[ReleaseRecord],
        run: &RunRecord,
    ) -> Result<Names, AppError> {
        self.names_of(&beside(stored, run).iter().map(|record| record.number).collect())
    }

    /// What LEAs are called by these releases.
    pub(crate) fn names_of(&self, releases: &BTreeSet<ReleaseNumber>) -> Result<Names, AppError> {
        Ok(Names::of(self.store.leas_by(|release| releases.contains(&release))?))
    }
}

/// Whether a release stands beside a run: it was not withdrawn, or the run still reads it.
pub(crate) fn stands_beside(record: &ReleaseRecord, run: &RunRecord) -> bool {
    !record.is_withdrawn() || run.releases.contains(&record.number)
}

/// The releases that stand beside a run.
pub(crate) fn beside(stored: &[ReleaseRecord], run: &RunRecord) -> Vec<ReleaseRecord> {
    stored.iter().filter(|record| stands_beside(record, run)).cloned().collect()
}

/// The releases that do not.
pub(crate) fn gone(stored: &[ReleaseRecord], run: &RunRecord) -> BTreeSet<ReleaseNumber> {
    let gone = stored.iter().filter(|record| !stands_beside(record, run));
    gone.map(|record| record.number).collect()
}
