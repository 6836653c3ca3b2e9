//! Explains one determination by the releases and editions that made it.

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::determination::{Determination, decide};
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{FactBase, LeaFacts, ReleaseNumber};
use calsos_domain::rulebook::{Rulebooks, Source, YearRules};
use calsos_domain::small_numbers::Masking;
use calsos_domain::support::support_day;
use calsos_domain::trace::trace;
use calsos_domain::year::DashboardYear;
use calsos_ingest::{Input, original_row};
use calsos_persistence::{ReleaseRecord, RunRecord};

use super::Office;
use super::answers::Answered;
use super::held::Held;
use crate::error::AppError;
use crate::views::answer::{DeterminationView, PublishedView};
use crate::views::register::RegisterView;
use crate::views::trace::{SourceView, TraceView};

/// A determination and its reasons.
pub(crate) struct Explanation {
    pub(crate) name: String,
    pub(crate) county_name: String,
    pub(crate) view: DeterminationView,
    pub(crate) published: Option<PublishedView>,
    /// What is known of the LEA besides, on the day on which the year's results were public.
    pub(crate) register: RegisterView,
    pub(crate) trace: TraceView,
    /// What the trace cites, by id.
    pub(crate) sources: BTreeMap<String, Source>,
}

/// An answer that was decided again, and what it was decided from.
struct Decided<'d> {
    books: &'d Rulebooks,
    lea: &'d LeaFacts,
    determination: &'d Determination<'d>,
    records: Vec<ReleaseRecord>,
}

/// The reasons of an answer, with the files that they stand in.
pub(crate) fn trace_view<'r>(
    books: &Rulebooks,
    lea: &LeaFacts,
    determination: &Determination<'_>,
    records: impl IntoIterator<Item = &'r ReleaseRecord>,
    masking: &Masking,
) -> TraceView {
    let records = records.into_iter().map(|record| (record.number, record)).collect();
    TraceView::of(&trace(books, lea, determination), &records, masking)
}

impl Office {
    /// Explains the answer of a run for an LEA, in the newest year where none is named, with
    /// what stands beside it.
    pub(crate) fn explain(
        &self,
        held: &Held,
        cds: CdsCode,
        year: Option<DashboardYear>,
    ) -> Result<Explanation, AppError> {
        self.decided_again(&held.run, cds, year, |decided| Ok(explanation(held, &decided)))
    }

    /// The releases of a run.
    fn releases_of(&self, run: &RunRecord) -> Result<Vec<ReleaseRecord>, AppError> {
        let mut records = self.store.releases()?;
        records.retain(|record| run.releases.contains(&record.number));
        Ok(records)
    }

    /// What the releases of a run say of one LEA.
    pub(crate) fn facts_of(&self, run: &RunRecord, cds: CdsCode) -> Result<FactBase, AppError> {
        self.facts_in(&self.releases_of(run)?, cds)
    }

    fn facts_in(&self, records: &[ReleaseRecord], cds: CdsCode) -> Result<FactBase, AppError> {
        self.assemble(records, |number| Ok(self.store.release_contents_of(number, cds)?))
    }

    /// Decides an LEA again by the releases and editions of a run.
    fn decided_again<T>(
        &self,
        run: &RunRecord,
        cds: CdsCode,
        year: Option<DashboardYear>,
        show: impl FnOnce(Decided<'_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let records = self.releases_of(run)?;
        let base = self.facts_in(&records, cds)?;
        let books = self.books_of(run)?;
        if let Some(entry) = base.not_leas.get(&cds) {
            let record = &entry.record.value;
            return Err(AppError::NotFound(format!(
                "{cds} ({}) is no district, county office or charter: the directory of {} has it \
                 as {} (DOC {}; release {}, row {})",
                record.name,
                entry.year,
                record.doc_name.as_deref().unwrap_or("another agency"),
                record.doc.as_deref().unwrap_or("blank"),
                entry.record.release,
                entry.record.row
            )));
        }
        let lea = base.leas.get(&cds).ok_or_else(|| {
            AppError::NotFound(format!(
                "no district, county office or charter with the CDS code {cds} is named in the \
                 files of the current run; `calsos list` shows those that are"
            ))
        })?;
        if let Some(YearRules::NoDeterminations { year, reason, .. }) =
            year.and_then(|year| books.year(year))
        {
            return Err(AppError::NotFound(format!(
                "{year} is a year without determinations: {reason}"
            )));
        }
        let mut determinations = decide(&books, lea, Basis::Files);
        let year =
            match year {
                Some(year) => year,
                None => determinations.keys().next_back().copied().ok_or_else(|| {
                    AppError::NotFound(format!("no year has an answer for {cds}"))
                })?,
            };
        let determination = determinations.remove(&year).ok_or_else(|| {
            let years: Vec<String> = lea
                .years
                .iter()
                .filter(|(_, facts)| facts.named)
                .map(|(year, _)| year.to_string())
                .collect();
            AppError::NotFound(format!(
                "{cds} has no answer for {year}; years in which files name it: {}",
                years.join(", ")
            ))
        })?;
        show(Decided { books: &books, lea, determination: &determination, records })
    }

    /// The original row behind a cell, as the file has it: column and value.
    pub(crate) fn original(&self, source: &SourceView) -> Result<Vec<(String, String)>, AppError> {
        let number = ReleaseNumber(source.release);
        let bytes = self.store.release_bytes(number)?;
        let assigned = self
            .store
            .releases()?
            .into_iter()
            .find(|record| record.number == number)
            .map(|record| calsos_ingest::Assigned { kind: record.kind, year: record.year });
        let input = Input { file_name: &source.file, bytes: &bytes, assigned };
        Ok(original_row(&input, &self.layouts, source.row).unwrap_or_default())
    }
}

fn explanation(held: &Held, decided: &Decided<'_>) -> Explanation {
    let Decided { books, lea, determination, records } = decided;
    let (cds, year) = (lea.cds, determination.edition.year);
    let tree = trace(books, lea, determination);
    let sources = tree
        .nodes()
        .iter()
        .flat_map(|node| node.citations())
        .filter_map(|citation| books.source(citation.source_id()))
        .map(|source| (source.id.clone(), source.clone()))
        .collect();
    let view = DeterminationView::of(lea, determination, &Masking::default());
    let answered = Answered { cds, year, lea_type: lea.lea_type, view };
    let published = held.published(&answered);
    let register = RegisterView::of(cds, &lea.register, support_day(determination.edition));
    Explanation {
        name: held.names.name(cds, year).to_owned(),
        county_name: held.names.county(cds, year).to_owned(),
        view: answered.view,
        published,
        register,
        trace: TraceView::of(
            &tree,
            &records.iter().map(|r| (r.number, r)).collect(),
            &Masking::default(),
        ),
        sources,
    }
}
