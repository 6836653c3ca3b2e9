//! Makes a snapshot of what the database holds.

use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use calsos_persistence::{AnswerFilter, PackedAnswer, PackedText, RunRecord};
use moka::sync::Cache;

use super::index::Index;
use super::item::Item;
use super::{Kept, RENDERED_BYTES, Snapshot, SnapshotHeaders};
use crate::app::Office;
use crate::app::answers::Names;
use crate::app::wanted::Entry;
use crate::error::AppError;
use crate::views::listed::ListedView;

/// Names what a run and so many releases give.
pub(crate) fn dataset_of(run: &RunRecord, releases: usize) -> String {
    format!("{}.{releases}-{}", run.number, run.id)
}

/// The weak tag of a dataset.
pub(crate) fn tag_of(dataset: &str) -> HeaderValue {
    header(&format!("W/\"{dataset}\""))
}

/// Numbers, ids and hashes, all of which a header can have.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

impl Snapshot {
    /// Reads the current run; `None` where nothing was decided yet.
    pub(crate) fn load(office: &Office) -> Result<Option<Snapshot>, AppError> {
        let Some(run) = office.store.current_run()? else { return Ok(None) };
        let held = office.held_beside(run)?;
        let id = held.run.id;
        let mut bodies = Vec::new();
        let mut listed = Vec::new();
        // Year by year, since what is only needed to read it is as much again; and one after the
        // other, since each thread keeps what it has freed.
        for edition in &held.run.editions {
            let filter = AnswerFilter { year: Some(edition.year), ..AnswerFilter::default() };
            for answer in office.store.packed_answers(&id, &filter)? {
                let (entry, item, body) = prepare(answer, &held.names)?;
                bodies.push(body);
                listed.push((entry, item));
            }
        }
        let facts = office.store.facts(&id)?;
        let hashes = held.run.editions.iter().filter_map(|edition| edition.hash.get(..4));
        let rulebook = hashes.collect::<String>();
        let dataset = dataset_of(&held.run, held.releases.len());
        let index = Arc::new(Index::new(listed, &held.names)?);
        let weigh = |key: &String, kept: &Kept| {
            u32::try_from(key.len() + kept.body.len()).unwrap_or(u32::MAX)
        };
        let rendered = Cache::builder().max_capacity(RENDERED_BYTES).weigher(weigh).build();
        let loaded_at = jiff::Timestamp::now();
        let headers = SnapshotHeaders {
            dataset: header(&dataset),
            rulebook: header(&rulebook),
            tag: tag_of(&dataset),
        };
        Ok(Some(Snapshot {
            dataset,
            rulebook,
            headers,
            held,
            index,
            bodies,
            facts,
            rendered,
            loaded_at,
        }))
    }
}

/// What is searched and listed of an answer, and its text as it is stored.
fn prepare(answer: PackedAnswer, names: &Names) -> Result<(Entry, Vec<u8>, PackedText), AppError> {
    let PackedAnswer { year, cds, lea_type, summary, body } = answer;
    let stored = summary.and_then(|summary| serde_json::from_str(&summary).ok());
    let listed: ListedView = match stored {
        Some(listed) => listed,
        // Another version of the program stored it without, or with other fields.
        None => ListedView::of(&serde_json::from_str(&body.text()?)?),
    };
    let item = Item::of(&listed, names.name(cds, year), names.county(cds, year));
    let item = serde_json::to_vec(&item)?;
    Ok((Entry::of(cds, year, lea_type, listed), item, body))
}
