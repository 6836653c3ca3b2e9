//! Makes a snapshot of what the database holds.

use std::sync::Arc;

use calsos_persistence::{AnswerFilter, AnswerRecord, ReleaseRecord, RunRecord};
use moka::sync::Cache;
use serde::Serialize;
use serde_json::value::RawValue;

use super::entry::{Entry, Item};
use super::index::Index;
use super::{RENDERED_BYTES, Snapshot};
use crate::app::Office;
use crate::app::answers::{Answered, Names};
use crate::app::reconcile::PublishedBeside;
use crate::error::AppError;
use crate::views::answer::{DeterminationView, PublishedView};
use crate::views::reasons::reasons;

/// The parts of a determination's page that need the whole answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageEnd<'a> {
    determination: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<PublishedView>,
    reasons: Vec<String>,
}

/// An answer, prepared.
struct Prepared {
    entry: Entry,
    item: Vec<u8>,
    body: Box<[u8]>,
}

/// Names what a run and so many releases give.
pub(crate) fn dataset_of(run: &RunRecord, releases: usize) -> String {
    format!("{}.{releases}-{}", run.number, run.id)
}

impl Snapshot {
    /// Reads the current run; `None` where nothing was decided yet.
    pub(crate) fn load(office: &Office) -> Result<Option<Snapshot>, AppError> {
        let Some(run) = office.store.current_run()? else { return Ok(None) };
        let releases: Vec<ReleaseRecord> = office.store.releases()?;
        let books = office.books_of(&run)?;
        let names = Names::load(&office.store)?;
        let mut prepared = Vec::new();
        {
            let lists = office.published_beside(&books)?;
            for edition in &run.editions {
                let filter = AnswerFilter { year: Some(edition.year), ..AnswerFilter::default() };
                let answers = office.store.answers(&run.id, &filter)?;
                prepared.extend(prepare_all(&answers, &names, &lists)?);
            }
        }
        let hashes: Vec<&str> = run.editions.iter().map(|e| e.hash.as_str()).collect();
        let rulebook = hashes.iter().filter_map(|hash| hash.get(..4)).collect::<String>();
        let dataset = dataset_of(&run, releases.len());
        let mut bodies = Vec::with_capacity(prepared.len());
        let answers = prepared.into_iter().map(|Prepared { entry, item, body }| {
            bodies.push(body);
            (entry, item)
        });
        let index = Arc::new(Index::new(dataset, rulebook, answers));
        let weigh = |key: &String, body: &actix_web::web::Bytes| {
            u32::try_from(key.len() + body.len()).unwrap_or(u32::MAX)
        };
        let rendered = Cache::builder().max_capacity(RENDERED_BYTES).weigher(weigh).build();
        let loaded_at = jiff::Timestamp::now();
        Ok(Some(Snapshot { run, books, releases, names, index, bodies, rendered, loaded_at }))
    }
}

/// Prepares answers, on every processor.
fn prepare_all(
    answers: &[AnswerRecord],
    names: &Names,
    lists: &PublishedBeside<'_>,
) -> Result<Vec<Prepared>, AppError> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = answers.len().div_ceil(threads).max(1);
    let parts: Vec<Result<Vec<Prepared>, AppError>> = std::thread::scope(|scope| {
        let workers: Vec<_> = answers
            .chunks(share)
            .map(|part| {
                scope.spawn(move || part.iter().map(|a| prepare(a, names, lists)).collect())
            })
            .collect();
        let panicked = || AppError::Usage("an answer could not be prepared".to_owned());
        workers.into_iter().map(|w| w.join().unwrap_or_else(|_| Err(panicked()))).collect()
    });
    let mut prepared = Vec::with_capacity(answers.len());
    for part in parts {
        prepared.extend(part?);
    }
    Ok(prepared)
}

fn prepare(
    record: &AnswerRecord,
    names: &Names,
    lists: &PublishedBeside<'_>,
) -> Result<Prepared, AppError> {
    let AnswerRecord { year, cds, lea_type, body, .. } = record;
    let view: DeterminationView = serde_json::from_str(body)?;
    let answered = Answered { cds: *cds, year: *year, lea_type: *lea_type, view };
    let published = lists.of(&answered);
    let view = &answered.view;
    let item = Item::of(view, names.name(*cds, *year), names.county(*cds, *year));
    let end = PageEnd {
        determination: serde_json::from_str(body)?,
        published,
        reasons: reasons(view).into_iter().map(|reason| reason.text).collect(),
    };
    Ok(Prepared {
        entry: Entry::of(*cds, *year, *lea_type, view),
        item: serde_json::to_vec(&item)?,
        body: lz4_flex::compress_prepend_size(&serde_json::to_vec(&end)?).into(),
    })
}
