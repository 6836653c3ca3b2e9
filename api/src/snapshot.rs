//! The current answers in memory: one picture, never changed, swapped whole.
//!
//! Readers of current answers wait for memory, never for a database. A determination is kept
//! compressed; what many ask for is kept ready besides, within [`RENDERED_BYTES`].

mod entry;
mod index;
mod load;

use std::sync::Arc;

use actix_web::web::Bytes;
use calsos_domain::cds::CdsCode;
use calsos_domain::lea::LeaType;
use calsos_domain::rulebook::Rulebooks;
use calsos_domain::year::DashboardYear;
use calsos_persistence::{ReleaseRecord, RunRecord};
use moka::sync::Cache;

pub(crate) use entry::{Entry, Item, Wanted};
pub(crate) use index::{Index, Place};
pub(crate) use load::dataset_of;

use crate::app::answers::{Answered, Names};
use crate::error::AppError;
use crate::problem::{Kind, Problem};
use crate::views::answer::DeterminationView;

/// How many bytes of bodies are kept ready.
pub(crate) const RENDERED_BYTES: u64 = 32 * 1024 * 1024;

/// What is served.
pub(crate) struct Snapshot {
    /// The run that decided.
    pub(crate) run: RunRecord,
    /// The rules of that run.
    pub(crate) books: Rulebooks,
    /// Every release that is stored, by number.
    pub(crate) releases: Vec<ReleaseRecord>,
    /// What LEAs are called.
    pub(crate) names: Names,
    /// The answers, to find and to list.
    pub(crate) index: Arc<Index>,
    /// Each answer's determination, in the order of the index.
    bodies: Vec<Box<[u8]>>,
    /// Bodies of responses by their path and query.
    rendered: Cache<String, Bytes>,
    /// When it was loaded: UTC.
    pub(crate) loaded_at: jiff::Timestamp,
}

impl Snapshot {
    /// Names what is served: the run, and how many releases there were.
    pub(crate) fn dataset(&self) -> &str {
        &self.index.dataset
    }

    /// The editions that decided, by the beginnings of their hashes.
    pub(crate) fn rulebook_version(&self) -> &str {
        &self.index.rulebook
    }

    /// A body that was asked for before, or the one that is drawn up now.
    pub(crate) fn rendered(
        &self,
        key: &str,
        draw: impl FnOnce() -> Result<Vec<u8>, Problem>,
    ) -> Result<Bytes, Problem> {
        if let Some(body) = self.rendered.get(key) {
            return Ok(body);
        }
        let body = Bytes::from(draw()?);
        self.rendered.insert(key.to_owned(), body.clone());
        Ok(body)
    }

    /// How many bytes are held of determinations, and how many ready.
    pub(crate) fn bytes(&self) -> (usize, u64) {
        let held = self.bodies.iter().map(|body| body.len()).sum::<usize>();
        (held + self.index.items.len(), self.rendered.weighted_size())
    }

    /// The parts of a determination's page that are drawn up beforehand, as the end of a JSON
    /// object.
    pub(crate) fn page_end(&self, place: usize) -> Result<Vec<u8>, Problem> {
        let body = self.bodies.get(place).map(AsRef::as_ref).unwrap_or_default();
        lz4_flex::decompress_size_prepended(body).map_err(|problem| {
            log::error!("a determination in memory cannot be read: {problem}");
            Problem::new(Kind::Internal, "an answer in memory cannot be read; restart the service")
        })
    }

    /// The answers of a year, read again.
    pub(crate) fn answers_of(&self, year: DashboardYear) -> Result<Vec<Answered>, Problem> {
        #[derive(serde::Deserialize)]
        struct Kept {
            determination: DeterminationView,
        }
        let places = self.index.of_year(Some(year));
        places
            .map(|place| {
                let kept: Kept =
                    serde_json::from_slice(&self.page_end(place)?).map_err(AppError::Answer)?;
                let entry = self.index.entries.get(place);
                let cds = entry.map_or(CdsCode::STATE, |entry| entry.cds);
                let lea_type = entry.map_or(LeaType::District, |entry| entry.lea_type);
                Ok(Answered { cds, year, lea_type, view: kept.determination })
            })
            .collect()
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
        self.names.lea(cds).ok_or_else(|| {
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
            self.books.editions().map(|edition| edition.year.to_string()).collect();
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
        Problem::new(Kind::NothingDecided, "the current run has no answer; import files and decide")
    }

    /// Refuses a year without answers, saying why it has none.
    pub(crate) fn year(&self, year: DashboardYear) -> Result<(), Problem> {
        use calsos_domain::rulebook::YearRules;
        match self.books.year(year) {
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
