//! The current run with all that is shown beside its answers.

use std::sync::Arc;

use calsos_domain::rulebook::Rulebooks;
use calsos_persistence::{ReleaseRecord, RunRecord};
use jiff::Timestamp;

use super::Office;
use super::answers::{Answered, Names};
use super::reconcile::PublishedBeside;
use super::standing::beside;
use crate::error::AppError;
use crate::views::answer::PublishedView;

/// A run without its answers, and what they are shown and compared with.
pub(crate) struct Held {
    pub(crate) run: RunRecord,
    /// The rules of that run.
    pub(crate) books: Arc<Rulebooks>,
    /// Every release that is stored and may be known of, by number, also those that were
    /// withdrawn.
    pub(crate) releases: Vec<ReleaseRecord>,
    /// What LEAs are called.
    pub(crate) names: Names,
    /// The state's lists in force.
    pub(crate) lists: PublishedBeside,
}

impl Office {
    /// What stands beside the answers of the current run.
    pub(crate) fn held(&self) -> Result<Held, AppError> {
        self.held_as_of(None)
    }

    /// What stood beside the answers of the run that was current at a moment; of the current
    /// one where none is named.
    pub(crate) fn held_as_of(&self, moment: Option<Timestamp>) -> Result<Held, AppError> {
        let (run, releases) = self.stored_as_of(moment)?;
        self.held_beside(run, releases)
    }

    /// What stands beside the answers of a run where these releases are stored, in the order
    /// of their numbers, and no others.
    pub(crate) fn held_beside(
        &self,
        run: RunRecord,
        releases: Vec<ReleaseRecord>,
    ) -> Result<Held, AppError> {
        Ok(Held {
            books: Arc::new(self.books_of(&run)?),
            names: self.names_beside(&releases, &run)?,
            lists: self.published_beside(&beside(&releases, &run))?,
            releases,
            run,
        })
    }
}

impl Held {
    /// What the year's list says of an LEA, and whether the answer agrees with it.
    pub(crate) fn published(&self, answered: &Answered) -> Option<PublishedView> {
        self.lists.of(&self.books, answered)
    }
}
