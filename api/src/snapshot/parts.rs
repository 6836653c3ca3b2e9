//! What a snapshot is put together from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::facts::{LeaFacts, ReleaseNumber};
use calsos_domain::rulebook::Rulebooks;
use calsos_domain::small_numbers::Masking;
use calsos_persistence::{AnswerKey, PackedAnswer, PackedFacts, PackedText, RunRecord};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};

use super::index::Index;
use super::item::Item;
use super::{Kept, Snapshot, SnapshotHeaders};
use crate::app::Office;
use crate::app::answers::{Names, listed};
use crate::app::held::Held;
use crate::app::moments::Moments;
use crate::app::support::decisions::Decisions;
use crate::app::wanted::Entry;
use crate::error::AppError;
use crate::views::listed::ListedView;

/// How long what is public may be kept: five minutes, and a day while a new one is fetched.
const PUBLIC: HeaderValue =
    HeaderValue::from_static("public, max-age=300, stale-while-revalidate=86400");

/// What not everybody may see is kept by nobody.
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

/// A run that answers come from, and what it was decided from.
pub(crate) struct Source {
    pub(crate) run: RunRecord,
    pub(crate) books: Arc<Rulebooks>,
    facts: BTreeMap<CdsCode, PackedFacts>,
}

/// An answer that a snapshot holds.
#[derive(Clone)]
pub(super) struct HeldAnswer {
    pub(super) entry: Arc<Entry>,
    /// What lists show of it, as JSON.
    pub(super) item: Bytes,
    pub(super) body: PackedText,
    pub(super) source: Arc<Source>,
    /// Whether it rests on a file that is not public, so that small counts are not shown.
    pub(super) masked: bool,
}

impl HeldAnswer {
    /// What is searched and listed of an answer, and its text as it is stored.
    pub(super) fn of(
        answer: PackedAnswer,
        names: &Names,
        source: &Arc<Source>,
    ) -> Result<HeldAnswer, AppError> {
        let listed = listed(&answer)?;
        let PackedAnswer { year, cds, lea_type, summary: _, body } = answer;
        let item = Item::of(&listed, names.name(cds, year), names.county(cds, year));
        let item = Bytes::from(serde_json::to_vec(&item)?);
        let entry = Arc::new(Entry::of(cds, year, lea_type, listed));
        Ok(HeldAnswer { entry, item, body, source: Arc::clone(source), masked: false })
    }

    /// The same answer of another run, where another snapshot has it.
    pub(super) fn found(
        key: &AnswerKey,
        other: &Snapshot,
        names: &Names,
        source: &Arc<Source>,
    ) -> Result<Option<HeldAnswer>, AppError> {
        let place = other.index.find(key.cds, key.year);
        let same = place.and_then(|place| other.answers.get(place));
        let Some(same) = same.filter(|same| same.body.hash() == key.hash) else {
            return Ok(None);
        };
        let item = same.item_with(names, &other.held.names)?;
        let source = Arc::clone(source);
        Ok(Some(HeldAnswer { item, source, masked: false, ..same.clone() }))
    }

    /// What an earlier snapshot, with the same names, shows of it in lists.
    pub(super) fn item_of(&self, earlier: Option<&Snapshot>, names: &Names) -> Option<Bytes> {
        let earlier = earlier.filter(|earlier| earlier.held.names.is_copy_of(names))?;
        let place = earlier.index.find(self.entry.cds, self.entry.year)?;
        let same = earlier.answers.get(place)?;
        (same.body.hash() == self.body.hash()).then(|| same.item.clone())
    }

    /// What lists show of it, with other names than those that it was made with.
    pub(super) fn item_with(&self, names: &Names, made_with: &Names) -> Result<Bytes, AppError> {
        if names.is_copy_of(made_with) {
            return Ok(self.item.clone());
        }
        let (cds, year) = (self.entry.cds, self.entry.year);
        let (name, county) = (names.name(cds, year), names.county(cds, year));
        if (name, county) == (made_with.name(cds, year), made_with.county(cds, year)) {
            return Ok(self.item.clone());
        }
        let listed = ListedView::of(&serde_json::from_str(&self.body.text()?)?);
        Ok(serde_json::to_vec(&Item::of(&listed, name, county))?.into())
    }
}

/// What a snapshot is put together from.
pub(super) struct Parts {
    pub(super) held: Held,
    /// By year and code.
    pub(super) answers: Vec<HeldAnswer>,
    pub(super) masking: Masking,
    /// From when each release is public.
    pub(super) moments: Arc<Moments>,
    /// Releases that nobody who sees the snapshot may know of.
    pub(super) hidden: BTreeSet<ReleaseNumber>,
    /// Releases of years without rules, which no answer rests on.
    pub(super) unused: Arc<BTreeSet<ReleaseNumber>>,
    /// Whether it leaves out LEAs that others see.
    pub(super) is_part: bool,
    /// Where charter schools are located, by the tables that may be known of.
    pub(super) located: BTreeMap<CdsCode, CountyCode>,
    /// What was decided beyond what follows determinations.
    pub(super) decisions: Decisions,
    /// Whether anyone may keep what is drawn from it.
    pub(super) to_everybody: bool,
    /// How many bytes of bodies may be kept ready.
    pub(super) rendered_bytes: u64,
}

impl Source {
    /// What a run was decided from. Of another run that is at hand, what is the same is shared.
    pub(super) fn of_run(
        office: &Office,
        run: RunRecord,
        books: Arc<Rulebooks>,
        known: Option<&Source>,
    ) -> Result<Source, AppError> {
        let nothing = BTreeMap::new();
        let known = known.map_or(&nothing, |source| &source.facts);
        let facts = office.store.facts_beside(&run.id, known)?;
        Ok(Source { run, books, facts })
    }

    /// What an LEA's answers were decided from, if the run keeps it.
    pub(super) fn kept_facts(&self, cds: CdsCode) -> Result<Option<LeaFacts>, AppError> {
        Ok(self.facts.get(&cds).map(PackedFacts::unpack).transpose()?)
    }

    pub(super) fn has_facts(&self, cds: CdsCode) -> bool {
        self.facts.contains_key(&cds)
    }

    pub(super) fn packed_length(&self) -> usize {
        self.facts.values().map(PackedFacts::packed_length).sum()
    }
}

impl Snapshot {
    /// Puts a snapshot together.
    pub(super) fn of(parts: Parts) -> Result<Snapshot, AppError> {
        let dataset = name_of(&parts);
        let Parts {
            held,
            answers,
            masking,
            moments,
            hidden,
            unused,
            is_part,
            located,
            decisions,
            to_everybody,
            rendered_bytes,
        } = parts;
        let listed = answers.iter().map(|a| (Arc::clone(&a.entry), a.item.clone()));
        let index = Arc::new(Index::new(listed, &held.names)?);
        let hashes = held.run.editions.iter().filter_map(|edition| edition.hash.get(..4));
        let rulebook = hashes.collect::<String>();
        let weigh = |key: &String, kept: &Kept| {
            u32::try_from(key.len() + kept.body.len()).unwrap_or(u32::MAX)
        };
        let headers = SnapshotHeaders {
            dataset: header(&dataset),
            rulebook: header(&rulebook),
            tag: header(&format!("W/\"{dataset}\"")),
            keeping: if to_everybody { PUBLIC } else { PRIVATE },
        };
        Ok(Snapshot {
            dataset,
            rulebook,
            headers,
            held,
            index,
            assignments: Arc::default(),
            answers,
            masking,
            moments,
            hidden,
            unused,
            is_part,
            to_everybody,
            located,
            decisions,
            rendered: Cache::builder().max_capacity(rendered_bytes).weigher(weigh).build(),
            loaded_at: jiff::Timestamp::now(),
        })
    }
}

/// Names what a snapshot shows: another name wherever anything of it is another, and the same
/// in every process. What is not shown has no part in it.
fn name_of(parts: &Parts) -> String {
    let Parts { held, answers, masking, moments, located, decisions, .. } = parts;
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    hash.update(held.run.id.to_string());
    for edition in &held.run.editions {
        hash.update(&edition.hash);
    }
    for release in &held.releases {
        hash.update(&release.sha256);
        hash.update([u8::from(masking.concerns([release.number]))]);
        // What is said of a release is part of what is shown of it.
        hash.update(moments.words_of(release.number));
        if let Some(said) = &release.withdrawal {
            hash.update(format!("{} {} {} ", said.withdrawn, said.set_at, said.reason));
        }
    }
    for (cds, county) in located {
        hash.update(format!("{cds} {county} "));
    }
    for (cds, decided) in decisions.iter().filter(|(cds, _)| held.names.lea(**cds).is_some()) {
        hash.update(format!("{cds} {decided:?} "));
    }
    for answer in answers {
        hash.update(answer.entry.year.number().to_be_bytes());
        hash.update(answer.entry.cds.to_string());
        hash.update(answer.body.hash());
        hash.update([u8::from(answer.masked)]);
    }
    let mut name = format!("{}.{}-", held.run.number, held.releases.len());
    for byte in hash.finalize().iter().take(16) {
        name.push_str(&format!("{byte:02x}"));
    }
    name
}

/// Numbers, ids and hashes, all of which a header can have.
pub(super) fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}
