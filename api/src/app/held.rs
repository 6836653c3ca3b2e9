//! The current run with all that is shown beside its answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use calsos_domain::facts::ReleaseNumber;
use calsos_domain::release::ReleaseKind;
use calsos_domain::rulebook::Rulebooks;
use calsos_persistence::{ReleaseRecord, RunRecord};
use jiff::Timestamp;

use super::Office;
use super::answers::{Answered, Names};
use super::reconcile::{PublishedBeside, is_list};
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
    pub(crate) lists: Arc<PublishedBeside>,
    /// The releases that the names and lists are all of; absent where they are of some LEAs.
    pub(crate) whole_of: Option<BTreeSet<ReleaseNumber>>,
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
        let of = self.of_releases(&beside(&releases, &run), None)?;
        self.held_beside(run, releases, of)
    }

    /// What stands beside the answers of a run where these releases are stored, in the order
    /// of their numbers, and no others; `of` is of those that stand beside it.
    pub(crate) fn held_beside(
        &self,
        run: RunRecord,
        releases: Vec<ReleaseRecord>,
        of: OfReleases,
    ) -> Result<Held, AppError> {
        let (names, lists, whole_of) = of;
        let books = Arc::new(self.books_of(&run)?);
        Ok(Held { run, books, releases, names, lists, whole_of })
    }

    /// What LEAs are called and the lists in force by these releases. Releases do not change:
    /// where `known` is of the same ones, nothing is read.
    pub(crate) fn of_releases(
        &self,
        standing: &[ReleaseRecord],
        known: Option<&Held>,
    ) -> Result<OfReleases, AppError> {
        let of: BTreeSet<ReleaseNumber> = standing.iter().map(|record| record.number).collect();
        if let Some(same) = known.filter(|known| known.whole_of.as_ref() == Some(&of)) {
            return Ok((same.names.clone(), Arc::clone(&same.lists), Some(of)));
        }
        let lists = Arc::new(self.published_beside(standing)?);
        Ok((self.names_of(&of)?, lists, Some(of)))
    }

    /// The same of all that stand and of those of them that are public, read together: what both
    /// say is there once.
    pub(crate) fn of_all_and_public(
        &self,
        sets: [&[ReleaseRecord]; 2],
    ) -> Result<[OfReleases; 2], AppError> {
        let numbers = |standing: &[ReleaseRecord], wanted: fn(ReleaseKind) -> bool| {
            let wanted = standing.iter().filter(|record| wanted(record.kind));
            wanted.map(|record| record.number).collect::<BTreeSet<ReleaseNumber>>()
        };
        let [all, public] = sets.map(|standing| numbers(standing, |_| true));
        let [of_all, of_public] =
            self.store.leas_by_each([&|of| all.contains(&of), &|of| public.contains(&of)])?;
        let of_all = Names::of(of_all);
        let of_public = Names::of(of_public).shared_with(&of_all);
        let lists = Arc::new(self.published_beside(sets[0])?);
        let [every, some] = sets.map(|standing| numbers(standing, is_list));
        let public_lists = match every == some {
            true => Arc::clone(&lists),
            false => Arc::new(self.published_beside(sets[1])?),
        };
        Ok([(of_all, lists, Some(all)), (of_public, public_lists, Some(public))])
    }
}

/// Names and lists, and what they are of.
pub(crate) type OfReleases = (Names, Arc<PublishedBeside>, Option<BTreeSet<ReleaseNumber>>);

impl Held {
    /// What the year's list says of an LEA, and whether the answer agrees with it.
    pub(crate) fn published(&self, answered: &Answered) -> Option<PublishedView> {
        self.lists.of(&self.books, answered)
    }
}
