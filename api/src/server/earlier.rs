//! What lists are read from, as it was served before: who is in the middle of a list goes on in
//! what it was begun in.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::Service;
use super::audience::Audience;
use crate::app::support::assignments::Assignments;
use crate::snapshot::{Index, Snapshot};

/// How many others than the current ones are kept for the readers of a circle.
const PARTS_KEPT: usize = 3;

/// How many earlier datasets are remembered that have one of these or a current one.
pub(super) const DATASETS_KEPT: usize = 1000;

/// A part of a picture that lists are read from. Pictures in which it is the same share it.
pub(crate) trait ListedPart: Sized {
    fn of(picture: &Snapshot) -> &Arc<Self>;
    fn earlier(service: &Service) -> &Earlier<Self>;
}

impl ListedPart for Index {
    fn of(picture: &Snapshot) -> &Arc<Index> {
        &picture.index
    }

    fn earlier(service: &Service) -> &Earlier<Index> {
        &service.earlier_indexes
    }
}

impl ListedPart for Assignments {
    fn of(picture: &Snapshot) -> &Arc<Assignments> {
        &picture.assignments
    }

    fn earlier(service: &Service) -> &Earlier<Assignments> {
        &service.earlier_assignments
    }
}

/// A part that was served before.
struct Kept<T> {
    /// Who was served it: nobody else goes on in it.
    audience: Audience,
    dataset: String,
    part: Arc<T>,
}

/// The parts that were served before, the last one first.
pub(crate) struct Earlier<T>(Mutex<VecDeque<Kept<T>>>);

impl<T> Default for Earlier<T> {
    fn default() -> Earlier<T> {
        Earlier(Mutex::default())
    }
}

impl<T: ListedPart> Earlier<T> {
    /// The part of a dataset that one of the audiences was served that may go on in it, if it
    /// is still kept.
    pub(super) fn find(&self, dataset: &str, may: impl Fn(&Audience) -> bool) -> Option<Arc<T>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|kept| kept.dataset == dataset && may(&kept.audience));
        found.map(|kept| Arc::clone(&kept.part))
    }

    /// Whether a dataset was served before, as far as is remembered.
    pub(super) fn has(&self, dataset: &str) -> bool {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().any(|kept| kept.dataset == dataset)
    }

    /// Remembers what was served until now beside what is `current`, and forgets the oldest.
    pub(super) fn remember(&self, before: &[(Audience, Arc<Snapshot>)], current: [&Snapshot; 2]) {
        let mut earlier = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (audience, picture) in before {
            let (audience, dataset) = (audience.clone(), picture.dataset().to_owned());
            earlier.push_front(Kept { audience, dataset, part: Arc::clone(T::of(picture)) });
        }
        earlier.truncate(DATASETS_KEPT);
        let mut others: Vec<(Audience, Arc<T>)> = Vec::new();
        earlier.retain(|kept| {
            let known = |other: &Arc<T>| Arc::ptr_eq(other, &kept.part);
            if current.iter().any(|of| known(T::of(of))) || others.iter().any(|(_, o)| known(o)) {
                return true;
            }
            others.push((kept.audience.clone(), Arc::clone(&kept.part)));
            others.iter().filter(|(of, _)| *of == kept.audience).count() <= PARTS_KEPT
        });
    }
}
