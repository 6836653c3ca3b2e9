//! The current answers in memory: pictures that are never changed and swapped whole.
//!
//! There is one of everything and one of what is public, which are the same where nothing is
//! held back, and one for each circle of callers who see more of some LEAs. Whoever draws an
//! answer has one of them in hand, and nothing else: what a caller may not see is not there.
//!
//! Readers of current answers and their reasons wait for memory, never for a database. A
//! determination and the facts behind it are kept as the database has them, compressed; what
//! many ask for is kept ready besides, within [`RENDERED_BYTES`].

mod audience;
mod changes;
mod index;
mod item;
mod leas;
mod load;
mod needs;
mod parts;
mod public;
mod resting;
mod shown;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::determination::decide;
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{LeaFacts, ReleaseNumber};
use calsos_domain::register::Register;
use calsos_domain::small_numbers::{Counts, Masking};
use calsos_domain::year::DashboardYear;
use calsos_persistence::RunRecord;
use moka::sync::Cache;
use serde::Serialize;
use serde_json::value::RawValue;

pub(crate) use changes::{Changes, Of};
pub(crate) use index::{Index, Place};
pub(crate) use item::Item;
pub(crate) use leas::{LeaItem, WantedLea};
pub(crate) use load::{Loaded, State, load};
use parts::header;
use parts::{HeldAnswer, Source};

use crate::app::Office;
use crate::app::answers::{Answered, ReadAnswer};
use crate::app::explain::trace_view;
use crate::app::held::Held;
use crate::app::moments::Moments;
use crate::app::support::assignments::Assignments;
use crate::app::support::decisions::Decisions;
use crate::app::wanted::Entry;
use crate::error::AppError;
use crate::problem::{Kind, Problem};
use crate::server::metrics::KeptRoute;
use crate::views::answer::{DeterminationView, PublishedView};
use crate::views::reasons::reasons;
use crate::views::trace::TraceView;

/// How many bytes of bodies are kept ready.
pub(crate) const RENDERED_BYTES: u64 = 8 * 1024 * 1024;

/// The same for a circle of callers who see more than the public.
const AUDIENCE_BYTES: u64 = 1024 * 1024;

/// What is served.
pub(crate) struct Snapshot {
    /// Names what is shown.
    dataset: String,
    /// The editions that decided, by the beginnings of their hashes.
    rulebook: String,
    /// What every response says of them.
    pub(crate) headers: SnapshotHeaders,
    /// The run, and what its answers are shown with.
    pub(crate) held: Held,
    /// The answers, to find and to list.
    pub(crate) index: Arc<Index>,
    /// What those of the LEAs are in that it names, by what is public.
    pub(crate) assignments: Arc<Assignments>,
    /// What was decided beyond what follows determinations, of every LEA.
    pub(crate) decisions: Decisions,
    /// The answers in the order of the index, each with the run that it comes from.
    answers: Vec<HeldAnswer>,
    /// Files whose small counts are not shown.
    pub(crate) masking: Masking,
    /// From when each release is public.
    pub(crate) moments: Arc<Moments>,
    /// Releases that nobody who sees the snapshot may know of.
    pub(crate) hidden: BTreeSet<ReleaseNumber>,
    /// Releases of years without rules, which no answer rests on.
    unused: Arc<BTreeSet<ReleaseNumber>>,
    /// Whether it leaves out LEAs that others see.
    is_part: bool,
    /// Whether anyone may keep what is drawn from it.
    to_everybody: bool,
    /// Where charter schools are located today, by the tables that may be known of.
    pub(crate) located: BTreeMap<CdsCode, CountyCode>,
    /// Bodies of responses by their path and query.
    rendered: Cache<String, Kept>,
    /// When it was loaded: UTC.
    pub(crate) loaded_at: jiff::Timestamp,
}

/// What responses say of a snapshot.
#[derive(Clone, Debug)]
pub(crate) struct SnapshotHeaders {
    pub(crate) dataset: HeaderValue,
    pub(crate) rulebook: HeaderValue,
    /// The weak tag of all that depends on it: bodies of the same meaning may differ in their
    /// bytes, as when they are compressed.
    pub(crate) tag: HeaderValue,
    /// Who may keep it, and how long: `Cache-Control`.
    pub(crate) keeping: HeaderValue,
}

impl SnapshotHeaders {
    /// The same for a dataset that was served before.
    pub(crate) fn of_earlier(&self, dataset: &str) -> SnapshotHeaders {
        SnapshotHeaders {
            dataset: header(dataset),
            tag: header(&format!("W/\"{dataset}\"")),
            ..self.clone()
        }
    }
}

/// A body that is kept ready.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) body: Bytes,
    /// The route that drew it up, where the body is all that there is to say.
    pub(crate) route: Option<Arc<KeptRoute>>,
}

/// The parts of a determination's page that need the whole answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageEnd<'a> {
    determination: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<PublishedView>,
    reasons: Vec<String>,
}

impl Snapshot {
    /// Names what is shown: another name wherever anything of it is another.
    pub(crate) fn dataset(&self) -> &str {
        &self.dataset
    }

    /// The editions that decided, by the beginnings of their hashes.
    pub(crate) fn rulebook_version(&self) -> &str {
        &self.rulebook
    }

    /// Whether anyone may keep what is drawn from it.
    pub(crate) fn is_for_everybody(&self) -> bool {
        self.to_everybody
    }

    /// The runs that may be known of, without releases that may not: those of which no answer
    /// rests on what is hidden, and the one that is shown.
    pub(crate) fn runs(&self, mut runs: Vec<RunRecord>) -> Vec<RunRecord> {
        let is_withheld = |release: &ReleaseNumber| {
            self.hidden.contains(release) && !self.unused.contains(release)
        };
        let shown = &self.held.run;
        // Of other runs is only known how many answers they have of all LEAs.
        let is_known = |run: &RunRecord| !self.is_part && !run.releases.iter().any(is_withheld);
        runs.retain(|run| run.id == shown.id || is_known(run));
        for run in &mut runs {
            run.releases.retain(|release| !self.hidden.contains(release));
            if run.id == shown.id {
                run.answer_count = shown.answer_count;
            }
        }
        runs
    }

    /// A body that was asked for before.
    pub(crate) fn kept(&self, key: &str) -> Option<Kept> {
        self.rendered.get(key)
    }

    /// A body that was asked for before, or the one that is drawn up now.
    pub(crate) fn rendered(
        &self,
        key: &str,
        route: Option<KeptRoute>,
        draw: impl FnOnce() -> Result<Vec<u8>, Problem>,
    ) -> Result<Bytes, Problem> {
        if let Some(kept) = self.kept(key) {
            return Ok(kept.body);
        }
        let body = Bytes::from(draw()?);
        let kept = Kept { body: body.clone(), route: route.map(Arc::new) };
        self.rendered.insert(key.to_owned(), kept);
        Ok(body)
    }

    /// Takes what the LEAs are in that it names.
    fn assign(&mut self, assignments: &Assignments) {
        let named = |cds: &CdsCode| self.held.names.lea(*cds).is_some();
        let known = assignments.iter().filter(|(cds, _)| named(cds));
        let known = known.map(|(cds, support)| (*cds, Arc::clone(support)));
        self.assignments = Arc::new(known.collect());
    }

    /// Takes what lists are read from of an earlier snapshot where it is the same, as where
    /// files were taken in that no run has read yet.
    fn share(&mut self, earlier: &Snapshot) {
        if self.index == earlier.index {
            self.index = Arc::clone(&earlier.index);
        }
        if self.assignments == earlier.assignments {
            self.assignments = Arc::clone(&earlier.assignments);
        }
    }

    /// How many bytes are held of answers and facts, and how many ready.
    pub(crate) fn bytes(&self) -> (usize, u64) {
        let bodies = self.answers.iter().map(|answer| answer.body.packed_length()).sum::<usize>();
        let mut sources: Vec<&Arc<Source>> = Vec::new();
        for HeldAnswer { source, .. } in &self.answers {
            if !sources.iter().any(|known| Arc::ptr_eq(known, source)) {
                sources.push(source);
            }
        }
        let facts = sources.iter().map(|source| source.packed_length()).sum::<usize>();
        (bodies + facts + self.index.bytes(), self.rendered.weighted_size())
    }

    /// The answer at a place of the index.
    pub(crate) fn answered(&self, place: usize) -> Result<Answered, AppError> {
        Ok(self.answered_with_text(place)?.0)
    }

    fn answered_with_text(&self, place: usize) -> Result<(Answered, String), AppError> {
        let answer = self.answer(place)?;
        let Entry { cds, year, lea_type, .. } = *answer.entry;
        if answer.masked {
            let view = self.masked_view(answer)?;
            let text = serde_json::to_string(&view)?;
            return Ok((Answered { cds, year, lea_type, view }, text));
        }
        let text = answer.body.text()?;
        Ok((Answered { cds, year, lea_type, view: serde_json::from_str(&text)? }, text))
    }

    fn answer(&self, place: usize) -> Result<&HeldAnswer, AppError> {
        let answer = self.answers.get(place);
        answer.ok_or_else(|| AppError::NotFound(format!("there is no answer {place}")))
    }

    /// An answer drawn up again from its facts, without small counts of files that are not
    /// public. Where its run did not keep the facts, cells of such files are shown without
    /// any count.
    fn masked_view(&self, answer: &HeldAnswer) -> Result<DeterminationView, AppError> {
        let Entry { cds, year, .. } = *answer.entry;
        if let Some(lea) = answer.source.kept_facts(cds)?
            && let Some(determination) =
                decide(&answer.source.books, &lea, Basis::Files).remove(&year)
        {
            return Ok(DeterminationView::of(&lea, &determination, &self.masking));
        }
        let mut view: DeterminationView = serde_json::from_str(&answer.body.text()?)?;
        let cells = view.groups.iter_mut().flat_map(|group| &mut group.cells);
        for cell in cells.filter(|cell| {
            let release = cell.release.map(ReleaseNumber);
            release.is_some_and(|of| self.masking.counts(of) == Counts::Masked)
        }) {
            let rating = cell.color.clone().or_else(|| cell.status_level.clone());
            cell.text = rating.unwrap_or_else(|| cell.state.clone());
        }
        Ok(view)
    }

    /// The parts of a determination's page that need the whole answer, as the end of a JSON
    /// object.
    pub(crate) fn page_end(&self, place: usize) -> Result<Vec<u8>, AppError> {
        let (answered, text) = self.answered_with_text(place)?;
        let reasons = reasons(&answered.view).into_iter().map(|reason| reason.text).collect();
        let published = self.held.published(&answered);
        let determination = serde_json::from_str(&text)?;
        Ok(serde_json::to_vec(&PageEnd { determination, published, reasons })?)
    }

    /// Hands the answers of a year to a reader, by code.
    pub(crate) fn each_answer(
        &self,
        year: DashboardYear,
        read: &mut ReadAnswer<'_>,
    ) -> Result<(), AppError> {
        self.index.of_year(Some(year)).try_for_each(|place| read(self.answered(place)?))
    }

    /// Whether what an answer was decided from is in memory.
    pub(crate) fn has_facts(&self, place: usize) -> bool {
        let answer = self.answers.get(place);
        answer.is_some_and(|answer| answer.source.has_facts(answer.entry.cds))
    }

    /// What an answer was decided from. The releases are read again where the run was stored
    /// by a version of the program that did not keep it, or not in this form.
    pub(crate) fn facts_of(
        &self,
        office: &Office,
        place: usize,
    ) -> Result<Option<LeaFacts>, AppError> {
        let answer = self.answer(place)?;
        let cds = answer.entry.cds;
        match answer.source.kept_facts(cds)? {
            Some(facts) => Ok(Some(facts)),
            None => Ok(office.facts_of(&answer.source.run, cds)?.leas.remove(&cds)),
        }
    }

    /// The place of an LEA's newest answer, whose facts have what is known of it besides; of
    /// an LEA without one, that of any answer: a run keeps what is known of each.
    pub(crate) fn place_of_register(&self, cds: CdsCode) -> usize {
        self.index.places_of(cds).last().copied().unwrap_or(0)
    }

    /// What is known of an LEA besides its results, by the run of an answer.
    pub(crate) fn register_of(
        &self,
        office: &Office,
        cds: CdsCode,
        place: usize,
    ) -> Result<Option<Register>, AppError> {
        let source = &self.answer(place)?.source;
        let facts = match source.kept_facts(cds)? {
            Some(facts) => Some(facts),
            None => office.facts_of(&source.run, cds)?.leas.remove(&cds),
        };
        Ok(facts.map(|facts| facts.register))
    }

    /// Why an answer is what it is.
    pub(crate) fn trace(
        &self,
        office: &Office,
        place: usize,
    ) -> Result<Option<TraceView>, AppError> {
        let Some(lea) = self.facts_of(office, place)? else { return Ok(None) };
        let answer = self.answer(place)?;
        let books = &answer.source.books;
        let determination = decide(books, &lea, Basis::Files).remove(&answer.entry.year);
        let releases = self.held.releases.iter();
        Ok(determination.map(|d| trace_view(books, &lea, &d, releases, &self.masking)))
    }

    /// Where an LEA's answer for a year stands.
    pub(crate) fn find(&self, cds: CdsCode, year: DashboardYear) -> Result<usize, Problem> {
        if let Some(place) = self.index.find(cds, year) {
            return Ok(place);
        }
        self.lea(cds)?;
        self.year(year)?;
        let years: Vec<String> =
            self.index.of_lea(cds).iter().map(|e| e.year.to_string()).collect();
        let known = if years.is_empty() { "none".to_owned() } else { years.join(", ") };
        Err(Problem::new(
            Kind::NoAnswer,
            format!("no file of {year} names {cds}; years with an answer for it: {known}"),
        ))
    }

    /// An LEA that files name.
    pub(crate) fn lea(&self, cds: CdsCode) -> Result<&calsos_persistence::LeaRecord, Problem> {
        self.held.names.lea(cds).ok_or_else(|| {
            Problem::new(
                Kind::UnknownLea,
                format!(
                    "no district, county office or charter school with the CDS code {cds} is named \
                     in the files that are loaded; /v1/leas lists those that are"
                ),
            )
        })
    }

    /// The refusal of a year that the rules do not know.
    pub(crate) fn no_edition(&self, year: DashboardYear) -> Problem {
        let years: Vec<String> =
            self.held.books.editions().map(|edition| edition.year.to_string()).collect();
        Problem::new(
            Kind::UnknownYear,
            format!(
                "there is no edition of the rules for {year}; years that have one: {}",
                years.join(", ")
            ),
        )
    }

    /// The refusal where no year has an answer.
    pub(crate) fn no_edition_at_all(&self) -> Problem {
        let detail = "the current run has no answer for any LEA: no file that it read is of a year \
                      with rules. Import files, or reinstate those that are withdrawn, and decide";
        Problem::new(Kind::NoAnswer, detail)
    }

    /// Refuses a year without answers, saying why it has none.
    pub(crate) fn year(&self, year: DashboardYear) -> Result<(), Problem> {
        use calsos_domain::rulebook::YearRules;
        match self.held.books.year(year) {
            None => Err(self.no_edition(year)),
            Some(YearRules::NoDeterminations { reason, .. }) => Err(Problem::new(
                Kind::UnknownYear,
                format!("{year} is a year without determinations: {reason}"),
            )),
            Some(YearRules::Edition(_)) if self.index.of_year(Some(year)).is_empty() => {
                Err(Problem::new(
                    Kind::YearNotLoaded,
                    format!("no file of {year} is loaded, so that no LEA has an answer for it"),
                ))
            }
            Some(YearRules::Edition(_)) => Ok(()),
        }
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("dataset", &self.dataset()).finish_non_exhaustive()
    }
}
