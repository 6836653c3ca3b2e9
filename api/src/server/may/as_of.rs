//! What the caller may see of other states than that of now.

use std::collections::BTreeSet;
use std::sync::Arc;

use calsos_domain::facts::ReleaseNumber;
use calsos_persistence::{ReleaseRecord, RunRecord};
use jiff::Timestamp;

use super::{May, Served};
use crate::app::stored_by::{Last, Timeline};
use crate::auth::operation::Operation;
use crate::problem::{Kind, Problem};
use crate::server::answers::apart;
use crate::server::earlier::ListedPart;
use crate::server::histories::Which;
use crate::snapshot::{Changes, Snapshot, State};

/// Two runs as the caller sees them, and what the second answers otherwise.
pub(crate) struct Compared {
    pub(crate) before: Option<Arc<Snapshot>>,
    pub(crate) after: Arc<Snapshot>,
    pub(crate) changes: Arc<Changes>,
}

impl<O: Operation> May<O> {
    /// What was served to the caller at a moment, if it may still be shown; what is served now
    /// where none is named. Rights are those of now.
    pub(crate) async fn as_of(&self, moment: Option<Timestamp>) -> Result<Arc<Snapshot>, Problem> {
        let now = self.current()?;
        let (Some(moment), Some(served)) = (moment, &self.served) else { return Ok(now) };
        let timeline = self.timeline(served).await?;
        let since = timeline.first_that_read(&now.held.releases);
        let nothing = || not_decided_yet(moment, since);
        let since_then = since.and_then(|text| text.parse().ok());
        if since_then.is_none_or(|since: Timestamp| moment < since) {
            return Err(nothing());
        }
        let stored = timeline.stored_by(moment);
        let Some(run) = stored.run.clone() else { return Err(nothing()) };
        let moments = stored.moments(self.office());
        let mut hidden = moments.hidden(moment);
        hidden.extend(concerned(served, &timeline, &run, &stored.releases));
        let said = stored.last_said();
        let state = State {
            run,
            releases: stored.releases,
            moments: Arc::new(moments),
            hidden,
            tables_at: None,
            decisions: stored.decisions,
            to_everybody: self.service.access.public_reads,
            is_current: false,
        };
        let picture = self.picture_of(served, state, said).await?;
        if picture.index.newest().is_none() { Err(nothing()) } else { Ok(picture) }
    }

    /// What a list as of a moment is read from, when it goes on: what is shown as of it, and
    /// nothing else.
    pub(crate) fn part_as_of<T: ListedPart>(
        &self,
        moment: Option<Timestamp>,
        shown: &Snapshot,
        dataset: &str,
    ) -> Result<Arc<T>, Problem> {
        if moment.is_none() {
            return self.part_of(dataset);
        }
        if shown.dataset() == dataset {
            return Ok(Arc::clone(T::of(shown)));
        }
        let detail = "the list was not begun as of this moment, or something of it may not be \
                      shown any more; send the asOf that it was begun with, or begin it again \
                      without a cursor";
        Err(Problem::new(Kind::CursorExpired, detail))
    }

    /// A run that the caller may know of beside the one before it that it may know of, each as
    /// the caller would see it if it were the current one, with what is hidden now.
    pub(crate) async fn compared(&self, run: &RunRecord) -> Result<Compared, Problem> {
        let (shown, Some(served)) = (self.current()?, &self.served) else {
            return Err(super::nothing_decided());
        };
        let timeline = self.timeline(served).await?;
        let known = shown.runs(timeline.runs.clone());
        let before = known.iter().rfind(|other| other.number < run.number);
        let after = self.picture_of_run(served, &timeline, run).await?;
        let before = match before {
            Some(before) => Some(self.picture_of_run(served, &timeline, before).await?),
            None => None,
        };
        let (served, audience) = (Arc::clone(served), self.audience.clone());
        apart(move || {
            let changes = served.histories.changes(&audience, before.as_deref(), &after)?;
            Ok(Compared { before, after, changes })
        })
        .await
    }

    async fn picture_of_run(
        &self,
        served: &Arc<Served>,
        timeline: &Timeline,
        run: &RunRecord,
    ) -> Result<Arc<Snapshot>, Problem> {
        // What the caller knows of a run leaves out what it may not know of.
        let whole = timeline.runs.iter().find(|whole| whole.id == run.id).unwrap_or(run).clone();
        let releases = timeline.releases(&whole.releases);
        let state = State {
            moments: Arc::clone(&served.moments),
            hidden: concerned(served, timeline, &whole, &releases),
            tables_at: None,
            decisions: Arc::clone(&served.pictures.full.decisions),
            run: whole,
            releases,
            to_everybody: self.service.access.public_reads,
            is_current: false,
        };
        self.picture_of(served, state, served.last_said()).await
    }

    /// The caller's picture of a state, which is loaded where it is not kept.
    async fn picture_of(
        &self,
        served: &Arc<Served>,
        state: State,
        said: Option<u32>,
    ) -> Result<Arc<Snapshot>, Problem> {
        let which = Which::of(&state, said);
        if which == served.which() {
            return self.current();
        }
        let pictures = match served.histories.kept(&which) {
            Some(kept) => kept,
            None => {
                let alone = Arc::clone(&self.service.loading).lock_owned().await;
                let (service, served) = (self.service.clone(), Arc::clone(served));
                apart(move || {
                    // Also where nobody waits for it any more, nothing else is loaded meanwhile.
                    let _alone = alone;
                    let now = &served.pictures;
                    Ok(served.histories.load(&service.office, which, state, now)?)
                })
                .await?
            }
        };
        if let Some(ready) = pictures.ready(&self.audience) {
            return Ok(ready);
        }
        let (served, audience) = (Arc::clone(served), self.audience.clone());
        apart(move || Ok(served.picture(&pictures, &audience)?)).await
    }

    /// What was stored when, up to what is served.
    async fn timeline(&self, served: &Arc<Served>) -> Result<Arc<Timeline>, Problem> {
        if let Some(timeline) = served.histories.timeline() {
            return Ok(Arc::clone(timeline));
        }
        let (service, served) = (self.service.clone(), Arc::clone(served));
        apart(move || {
            let held = &served.pictures.full.held;
            let (releases, last_run) = (held.releases.clone(), held.run.number);
            let last = Last {
                run: last_run,
                said: served.last_said(),
                withdrawal: served.last_withdrawal(),
                decision: served.last_decision(),
            };
            let timeline = Timeline::read(&service.office, releases, last)?;
            Ok(Arc::clone(served.histories.keep_timeline(timeline)))
        })
        .await
    }
}

/// Of the releases that are hidden now, those that are among these or that a run or one before
/// it read.
fn concerned(
    served: &Served,
    timeline: &Timeline,
    run: &RunRecord,
    releases: &[ReleaseRecord],
) -> BTreeSet<ReleaseNumber> {
    let until = timeline.runs.iter().filter(|other| other.number <= run.number);
    let read = until.flat_map(|of| of.releases.iter().copied());
    let all: BTreeSet<ReleaseNumber> = read.chain(releases.iter().map(|of| of.number)).collect();
    served.pictures.public.hidden.intersection(&all).copied().collect()
}

fn not_decided_yet(moment: Timestamp, since: Option<&str>) -> Problem {
    let detail = match since {
        Some(since) => format!(
            "as of {moment} there was no answer that may be shown to you; the first run that read \
             a file that you may know of was made at {since}"
        ),
        None => format!(
            "as of {moment} there was no answer that may be shown to you, as there is none now"
        ),
    };
    Problem::new(Kind::NotDecidedYet, detail)
}
