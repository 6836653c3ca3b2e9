//! The current run with all that is shown beside its answers.

use std::sync::Arc;

use calsos_domain::rulebook::Rulebooks;
use calsos_persistence::{ReleaseRecord, RunRecord};

use super::Office;
use super::answers::{Answered, Names};
use super::reconcile::PublishedBeside;
use crate::error::AppError;
use crate::views::answer::PublishedView;

/// A run without its answers, and what they are shown and compared with.
pub(crate) struct Held {
    pub(crate) run: RunRecord,
    /// The rules of that run.
    pub(crate) books: Arc<Rulebooks>,
    /// Every release that is stored and may be known of, by number.
    pub(crate) releases: Vec<ReleaseRecord>,
    /// What LEAs are called.
    pub(crate) names: Names,
    /// The state's lists in force.
    pub(crate) lists: PublishedBeside,
}

impl Office {
    /// What stands beside the answers of the current run.
    pub(crate) fn held(&self) -> Result<Held, AppError> {
        self.held_beside(self.run()?)
    }

    /// What stands beside the answers of a run.
    pub(crate) fn held_beside(&self, run: RunRecord) -> Result<Held, AppError> {
        let releases = self.store.releases()?;
        Ok(Held {
            books: Arc::new(self.books_of(&run)?),
            names: Names::load(&self.store)?,
            lists: self.published_beside(&releases)?,
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
