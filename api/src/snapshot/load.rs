//! Makes the two pictures of a state of the database: of everything, and of what is public.

use std::collections::BTreeSet;
use std::sync::Arc;

use calsos_domain::facts::ReleaseNumber;
use calsos_domain::small_numbers::Masking;
use calsos_persistence::{AnswerFilter, ReleaseRecord, RunRecord};
use jiff::Timestamp;

use super::parts::{HeldAnswer, Parts, Source};
use super::public::{public, public_of};
use super::resting::mark_masked;
use super::{AUDIENCE_BYTES, RENDERED_BYTES, Snapshot};
use crate::app::Office;
use crate::app::moments::{Moments, made_at};
use crate::app::standing;
use crate::app::support::decisions::Decisions;
use crate::auth::reach::Territory;
use crate::error::AppError;

/// A state of the database: the one of now, or one that was, or might have been.
pub(crate) struct State {
    /// The run that is current.
    pub(crate) run: RunRecord,
    /// The releases that are stored, by number.
    pub(crate) releases: Vec<ReleaseRecord>,
    /// From when each of them is public.
    pub(crate) moments: Arc<Moments>,
    /// Those that are not public.
    pub(crate) hidden: BTreeSet<ReleaseNumber>,
    /// The moment whose day dated tables are read for; where none is named, that at which the
    /// run was made that is shown.
    pub(crate) tables_at: Option<Timestamp>,
    /// What is decided beyond what follows determinations.
    pub(crate) decisions: Decisions,
    /// Whether what is public may be kept by anyone.
    pub(crate) to_everybody: bool,
    /// Whether many ask for it, so that many bodies are kept ready.
    pub(crate) is_current: bool,
}

/// The pictures of a state: the same one twice where everything is public.
pub(crate) struct Loaded {
    pub(crate) full: Arc<Snapshot>,
    pub(crate) public: Arc<Snapshot>,
    /// From when each release is public.
    pub(crate) moments: Arc<Moments>,
    /// By every table, whoever may know of it: whom an agency reaches.
    pub(crate) territory: Territory,
}

impl State {
    /// What the database holds now; `None` where nothing was decided yet.
    pub(crate) fn current(
        office: &Office,
        now: Timestamp,
        to_everybody: bool,
    ) -> Result<Option<State>, AppError> {
        let Some(run) = office.store.current_run()? else { return Ok(None) };
        let releases = office.store.releases()?;
        let moments = Arc::new(office.moments(&releases)?);
        let hidden = moments.hidden(now);
        let tables_at = Some(now);
        Ok(Some(State {
            run,
            releases,
            moments,
            hidden,
            tables_at,
            decisions: office.decisions()?,
            to_everybody,
            is_current: true,
        }))
    }

    /// How many bytes of bodies are kept ready of a picture.
    fn rendered_bytes(&self) -> u64 {
        if self.is_current { RENDERED_BYTES } else { AUDIENCE_BYTES }
    }
}

/// Reads the answers of a state and what they are shown with. `beside` are the pictures of
/// everything and of what is public that are there already: what is the same is shared with
/// them.
pub(crate) fn load(
    office: &Office,
    state: State,
    beside: Option<[&Snapshot; 2]>,
) -> Result<Loaded, AppError> {
    let rendered_bytes = state.rendered_bytes();
    let State { run, releases, moments, hidden, tables_at, decisions, to_everybody, .. } = state;
    let known = beside.map(|[full, _]| full);
    let standing = standing::beside(&releases, &run);
    let (of_all, of_public) = match known {
        None if !hidden.is_empty() => {
            let shown = standing::beside(&public_of(&releases, &hidden), &run);
            let [all, shown] = office.of_all_and_public([&standing, &shown])?;
            (all, Some(shown))
        }
        known => (office.of_releases(&standing, known.map(|full| &full.held))?, None),
    };
    let held = office.held_beside(run, releases, of_all)?;
    let day = tables_at.unwrap_or_else(|| made_at(&held.run));
    let territory = office.territory(&standing, day)?;
    let other = known.and_then(|full| full.answers.first()).map(|answer| &*answer.source);
    let source = Source::of_run(office, held.run.clone(), Arc::clone(&held.books), other)?;
    let source = Arc::new(source);
    let mut answers = Vec::new();
    // Year by year, since what is only needed to read it is as much again; and one after the
    // other, since each thread keeps what it has freed.
    for edition in &held.run.editions {
        let unknown = match known {
            None => {
                let filter = AnswerFilter { year: Some(edition.year), ..AnswerFilter::default() };
                office.store.packed_answers(&held.run.id, &filter)?
            }
            // Most answers are those of the run before: only what is new is read.
            Some(known) => {
                let mut unknown = Vec::new();
                for key in office.store.answer_keys(&held.run.id, edition.year)? {
                    match HeldAnswer::found(&key, known, &held.names, &source)? {
                        Some(same) => answers.push(same),
                        None => unknown.push(key),
                    }
                }
                office.store.with_texts(unknown)?
            }
        };
        for answer in unknown {
            answers.push(HeldAnswer::of(answer, &held.names, &source)?);
        }
    }
    answers.sort_by_key(|answer| (answer.entry.year, answer.entry.cds));
    let without_rules = held
        .releases
        .iter()
        .filter(|release| release.year.is_some_and(|year| held.books.edition(year).is_none()));
    let unused: BTreeSet<ReleaseNumber> = without_rules.map(|release| release.number).collect();
    mark_masked(&mut answers, &hidden, &unused, &held.releases)?;
    let masking = Masking::of(hidden.clone());
    let mut full = Snapshot::of(Parts {
        held,
        answers,
        masking,
        moments: Arc::clone(&moments),
        hidden: BTreeSet::new(),
        unused: Arc::new(unused),
        is_part: false,
        located: territory.located.clone(),
        decisions: Arc::clone(&decisions),
        to_everybody: to_everybody && hidden.is_empty(),
        rendered_bytes,
    })?;
    let kept = (rendered_bytes, to_everybody);
    let public = match hidden.is_empty() {
        true => None,
        false => {
            let known = beside.map(|[_, public]| public);
            Some(public(office, (&full, known), of_public, hidden, tables_at, kept)?)
        }
    };
    let shown = public.as_ref().unwrap_or(&full);
    let assignments =
        office.assignments(&shown.held, &shown.index.entries, &moments, &decisions)?;
    full.assign(&assignments);
    if let Some(known) = known {
        full.share(known);
    }
    let full = Arc::new(full);
    let Some(mut public) = public else {
        return Ok(Loaded { public: Arc::clone(&full), full, moments, territory });
    };
    public.assign(&assignments);
    if let Some([_, known]) = beside {
        public.share(known);
    }
    let public = Arc::new(public);
    Ok(Loaded { full, public, moments, territory })
}
