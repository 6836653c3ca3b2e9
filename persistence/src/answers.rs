//! What a run answered, one row for each LEA and year; equal texts are kept once.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::error::Error;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::lea::LeaType;
use calsos_domain::year::DashboardYear;
use diesel::prelude::*;

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::file::{self, ZLIB};
use crate::ids::RunId;
use crate::packed::{self, PackedText, not_packed};
use crate::rows::insert_many;
use crate::runs::{number_of, refused};
use crate::schema::{answer, answer_body, current_run};
use crate::seals;
use crate::store::Store;
use crate::stored::{At, year_column};
use crate::text::without_nul;

/// What a run answered for one LEA and year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRecord {
    /// The Dashboard year.
    pub year: DashboardYear,
    /// The LEA's code.
    pub cds: CdsCode,
    /// The LEA's type.
    pub lea_type: LeaType,
    /// The level that the rules give; `None` where they give none.
    pub eligible_level: Option<u8>,
    /// The year's word for it.
    pub label: Option<String>,
    /// Whether a file that was not loaded could change it.
    pub provisional: bool,
    /// The whole determination as JSON, made by the caller and kept as it is. Equal texts
    /// are stored once for all runs, so a text should not name its run or its moment.
    pub body: String,
    /// What lists show of it, made by the caller from `body` alone; `None` where an earlier
    /// version of the program stored it without.
    pub summary: Option<String>,
}

/// The same made ready to be stored: hashed, and packed where its text is not known to be
/// stored already. That is the most of the work, and asks no database: many threads can share
/// it, and nobody waits for it.
#[derive(Clone, Debug)]
pub struct NewAnswer {
    year: DashboardYear,
    cds: CdsCode,
    lea_type: LeaType,
    eligible_level: Option<u8>,
    label: Option<String>,
    provisional: bool,
    body_hash: Vec<u8>,
    /// Absent where it is stored.
    body: Option<PackedBody>,
}

/// Texts of answers that are stored, by their hashes.
#[derive(Clone, Debug, Default)]
pub struct StoredTexts(HashSet<Vec<u8>>);

/// A text that is perhaps stored already.
#[derive(Clone, Debug)]
struct PackedBody {
    content: Vec<u8>,
    byte_length: i64,
    summary: Option<String>,
    seal: Vec<u8>,
}

/// An answer as it is stored: its text is unpacked where it is asked for.
#[derive(Clone, Debug)]
pub struct PackedAnswer {
    /// The Dashboard year.
    pub year: DashboardYear,
    /// The LEA's code.
    pub cds: CdsCode,
    /// The LEA's type.
    pub lea_type: LeaType,
    /// What lists show of it, where it was stored.
    pub summary: Option<String>,
    /// The whole determination.
    pub body: PackedText,
}

/// Which text an answer of a run has.
#[derive(Clone, Debug)]
pub struct AnswerKey {
    /// The Dashboard year.
    pub year: DashboardYear,
    /// The LEA's code.
    pub cds: CdsCode,
    /// The LEA's type.
    pub lea_type: LeaType,
    /// The SHA-256 of its text.
    pub hash: Vec<u8>,
}

/// Answers whose texts are looked for together. SQLite takes 32,766 values in a statement.
const TOGETHER: usize = 1024;

/// Which answers are wanted; those for which every given field agrees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AnswerFilter {
    /// Of this Dashboard year.
    pub year: Option<DashboardYear>,
    /// Of the LEA with this code.
    pub cds: Option<CdsCode>,
    /// Of LEAs of this county.
    pub county: Option<CountyCode>,
    /// Of LEAs of this type.
    pub lea_type: Option<LeaType>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = answer, treat_none_as_default_value = false)]
struct AnswerRow {
    run: i32,
    year: i32,
    cds: String,
    county: i16,
    lea_type: String,
    eligible_level: Option<i16>,
    label: Option<String>,
    provisional: bool,
    body_hash: Vec<u8>,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = answer_body, treat_none_as_default_value = false)]
struct BodyRow {
    hash: Vec<u8>,
    content: Vec<u8>,
    compression: String,
    byte_length: i64,
    summary: Option<String>,
    seal: Vec<u8>,
}

impl NewAnswer {
    /// Makes an answer ready to be stored.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a NUL character in a text, and [`StoreError::Database`] where
    /// it cannot be packed.
    pub fn of(answer: AnswerRecord, stored: &StoredTexts) -> Result<NewAnswer, StoreError> {
        NewAnswer::packed(answer, stored).map_err(|failure| failure.named("storing a run"))
    }

    fn packed(answer: AnswerRecord, stored: &StoredTexts) -> Result<NewAnswer, Failure> {
        let AnswerRecord { year, cds, lea_type, eligible_level, label, provisional, .. } = answer;
        let AnswerRecord { body, summary, .. } = answer;
        let said = label.as_deref().unwrap_or_default();
        without_nul(|| format!("the answer for {cds} in {year}"), &body).map_err(refused)?;
        without_nul(|| format!("the label of {cds} in {year}"), said).map_err(refused)?;
        let said = summary.as_deref().unwrap_or_default();
        without_nul(|| format!("the summary for {cds} in {year}"), said).map_err(refused)?;
        let body_hash = file::sha256(body.as_bytes());
        let body = if stored.0.contains(&body_hash) {
            None
        } else {
            let (content, byte_length) = packed::pack(body.as_bytes()).map_err(not_packed)?;
            let seal = seals::of_text(ZLIB, byte_length, summary.as_deref(), &content)?;
            Some(PackedBody { content, byte_length, summary, seal })
        };
        Ok(NewAnswer { year, cds, lea_type, eligible_level, label, provisional, body_hash, body })
    }

    /// Its Dashboard year and the LEA's code, by which a run has it once.
    #[must_use]
    pub fn key(&self) -> (DashboardYear, CdsCode) {
        (self.year, self.cds)
    }
}

impl AnswerKey {
    /// The row of the answer, as messages name it.
    fn row(&self) -> String {
        format!("year {}, cds {}", self.year, self.cds)
    }
}

impl Store {
    /// Which texts the current run has, that a further run need not pack again. Texts are
    /// never deleted.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn stored_texts(&self) -> Result<StoredTexts, StoreError> {
        self.read("reading the current run", |connection| {
            let number: Option<i32> =
                current_run::table.select(current_run::run).first(connection).optional()?;
            let hashes: Vec<Vec<u8>> = answer::table
                .inner_join(answer_body::table)
                .filter(answer::run.nullable().eq(number))
                .filter(answer_body::compression.eq(ZLIB))
                .select(answer_body::hash)
                .load(connection)?;
            Ok(StoredTexts(hashes.into_iter().collect()))
        })
    }

    /// The answers of a run that a filter wants, by year and code.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn answers(
        &self,
        id: &RunId,
        filter: &AnswerFilter,
    ) -> Result<Vec<AnswerRecord>, StoreError> {
        let rows = self.answer_rows(id, filter)?;
        rows.into_iter().map(|(row, body)| from_table(row, body)).collect()
    }

    /// The same, packed and without what stands in their texts besides.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn packed_answers(
        &self,
        id: &RunId,
        filter: &AnswerFilter,
    ) -> Result<Vec<PackedAnswer>, StoreError> {
        let rows = self.answer_rows(id, filter)?;
        rows.into_iter().map(|(row, body)| packed_from_table(row, body)).collect()
    }

    /// Which texts the answers of a run and year have, by code.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn answer_keys(
        &self,
        id: &RunId,
        year: DashboardYear,
    ) -> Result<Vec<AnswerKey>, StoreError> {
        self.read("reading answers", |connection| {
            let number = number_of(connection, id)?;
            let rows: Vec<(String, String, Vec<u8>)> = answer::table
                .filter(answer::run.eq(number))
                .filter(answer::year.eq(year_column(year)))
                .order(answer::cds)
                .select((answer::cds, answer::lea_type, answer::body_hash))
                .load(connection)?;
            let row = format!("run {number}, year {year}");
            let at = At { table: "answer", row: &row };
            let keys = rows.into_iter().map(|(cds, lea_type, hash)| {
                let cds = at.cds("cds", &cds)?;
                Ok(AnswerKey { year, cds, lea_type: at.lea_type("lea_type", &lea_type)?, hash })
            });
            keys.collect()
        })
    }

    /// Answers of a run with their texts, packed.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], also where a text is not there; and [`StoreError::Database`].
    pub fn with_texts(&self, keys: Vec<AnswerKey>) -> Result<Vec<PackedAnswer>, StoreError> {
        self.read("reading answers", |connection| {
            let mut answers = Vec::with_capacity(keys.len());
            for keys in keys.chunks(TOGETHER) {
                let bodies: Vec<BodyRow> = answer_body::table
                    .filter(answer_body::hash.eq_any(keys.iter().map(|key| &key.hash)))
                    .select(BodyRow::as_select())
                    .load(connection)?;
                // Of several answers with one text, the first is named where it cannot be read.
                let first: BTreeMap<&[u8], &AnswerKey> =
                    keys.iter().rev().map(|key| (key.hash.as_slice(), key)).collect();
                let mut texts = BTreeMap::new();
                for body in bodies {
                    let of = first.get(body.hash.as_slice()).map_or_else(String::new, |of| of.row());
                    let (hash, summary) = (body.hash.clone(), body.summary.clone());
                    texts.insert(hash, (summary, packed_text(body, &of)?));
                }
                for key in keys {
                    let (summary, body) = texts.get(&key.hash).cloned().ok_or_else(|| {
                        let problem = "its text is not there".to_owned();
                        StoreError::Corrupt { table: "answer", row: key.row(), problem }
                    })?;
                    let AnswerKey { year, cds, lea_type, hash: _ } = *key;
                    answers.push(PackedAnswer { year, cds, lea_type, summary, body });
                }
            }
            Ok(answers)
        })
    }

    /// The Dashboard years of which a run has answers, in order.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn run_years(&self, id: &RunId) -> Result<Vec<DashboardYear>, StoreError> {
        self.read("reading the years of a run", |connection| {
            let number = number_of(connection, id)?;
            let at = At { table: "answer", row: &format!("run {number}") };
            let mut years = Vec::new();
            let mut last = i32::MIN;
            // From year to year in the table's key, past the thousands of answers of each.
            loop {
                let next: Option<i32> = answer::table
                    .filter(answer::run.eq(number))
                    .filter(answer::year.gt(last))
                    .select(diesel::dsl::min(answer::year))
                    .first(connection)?;
                let Some(next) = next else { return Ok(years) };
                years.push(at.year("year", next)?);
                last = next;
            }
        })
    }

    fn answer_rows(
        &self,
        id: &RunId,
        filter: &AnswerFilter,
    ) -> Result<Vec<(AnswerRow, BodyRow)>, StoreError> {
        self.read("reading answers", |connection| {
            let number = number_of(connection, id)?;
            let AnswerFilter { year, cds, county, lea_type } = *filter;
            let mut query = answer::table
                .inner_join(answer_body::table)
                .filter(answer::run.eq(number))
                .order((answer::year, answer::cds))
                .select((AnswerRow::as_select(), BodyRow::as_select()))
                .into_boxed();
            if let Some(year) = year {
                query = query.filter(answer::year.eq(year_column(year)));
            }
            if let Some(cds) = cds {
                query = query.filter(answer::cds.eq(cds.to_string()));
            }
            if let Some(county) = county {
                query = query.filter(answer::county.eq(i16::from(county.number())));
            }
            if let Some(lea_type) = lea_type {
                query = query.filter(answer::lea_type.eq(lea_type.code()));
            }
            Ok(query.load(connection)?)
        })
    }
}

/// Stores the answers as they come, a chunk at a time. Returns how many they are.
pub(crate) fn insert<E>(
    connection: &mut Connection,
    run: i32,
    answers: impl IntoIterator<Item = Result<NewAnswer, E>>,
) -> Result<i64, Failure>
where
    E: Into<Box<dyn Error + Send + Sync>>,
{
    let mut answered = BTreeSet::new();
    let mut together = Vec::with_capacity(TOGETHER);
    let mut count = 0;
    for new in answers {
        let new = new.map_err(|error| StoreError::Answers(error.into()))?;
        if !answered.insert(new.key()) {
            return Err(refused(format!("it has two answers for {} in {}", new.cds, new.year)));
        }
        count += 1;
        together.push(new);
        if together.len() == TOGETHER {
            insert_chunk(connection, run, std::mem::take(&mut together))?;
        }
    }
    insert_chunk(connection, run, together)?;
    Ok(count)
}

/// Stores answers, and those of their texts that are not stored yet. A text that is stored
/// already is the same text: it is found by its hash. Where an earlier version of the program
/// stored it unpacked, it is packed now.
fn insert_chunk(
    connection: &mut Connection,
    run: i32,
    answers: Vec<NewAnswer>,
) -> Result<(), Failure> {
    let (mut rows, mut bodies) = (Vec::with_capacity(answers.len()), BTreeMap::new());
    for answer in answers {
        let (row, body) = to_table(run, answer);
        if let Some(body) = body {
            bodies.insert(body.hash.clone(), body);
        }
        rows.push(row);
    }
    let stored: Vec<(Vec<u8>, bool)> = answer_body::table
        .filter(answer_body::hash.eq_any(bodies.keys()))
        .select((answer_body::hash, answer_body::compression.ne(ZLIB)))
        .load(connection)?;
    for (hash, unpacked) in stored {
        if let (Some(body), true) = (bodies.remove(&hash), unpacked) {
            let BodyRow { hash, content, compression, byte_length, summary, seal } = body;
            diesel::update(answer_body::table.find(hash))
                .set((
                    answer_body::content.eq(content),
                    answer_body::compression.eq(compression),
                    answer_body::byte_length.eq(byte_length),
                    answer_body::summary.eq(summary),
                    answer_body::seal.eq(seal),
                ))
                .execute(connection)?;
        }
    }
    insert_many!(connection, answer_body::table, bodies.into_values());
    insert_many!(connection, answer::table, rows.into_iter());
    Ok(())
}

fn to_table(run: i32, new: NewAnswer) -> (AnswerRow, Option<BodyRow>) {
    let NewAnswer {
        year,
        cds,
        lea_type,
        eligible_level,
        label,
        provisional,
        body_hash: hash,
        body,
    } = new;
    let row = AnswerRow {
        run,
        year: year_column(year),
        cds: cds.to_string(),
        county: i16::from(cds.county().number()),
        lea_type: lea_type.code().to_owned(),
        eligible_level: eligible_level.map(i16::from),
        label,
        provisional,
        body_hash: hash.clone(),
    };
    let body = body.map(|PackedBody { content, byte_length, summary, seal }| BodyRow {
        hash,
        content,
        compression: ZLIB.to_owned(),
        byte_length,
        summary,
        seal,
    });
    (row, body)
}

fn from_table(row: AnswerRow, body: BodyRow) -> Result<AnswerRecord, StoreError> {
    let eligible_level = row.eligible_level;
    let (label, provisional) = (row.label.clone(), row.provisional);
    let key = key_of(&row);
    let at = At { table: "answer", row: &key };
    let eligible_level = at.optional_number("eligible_level", eligible_level)?;
    let PackedAnswer { year, cds, lea_type, summary, body } = packed_from_table(row, body)?;
    let body = body.text()?;
    Ok(AnswerRecord { year, cds, lea_type, eligible_level, label, provisional, body, summary })
}

fn packed_from_table(row: AnswerRow, body: BodyRow) -> Result<PackedAnswer, StoreError> {
    let key = key_of(&row);
    let at = At { table: "answer", row: &key };
    Ok(PackedAnswer {
        year: at.year("year", row.year)?,
        cds: at.cds("cds", &row.cds)?,
        lea_type: at.lea_type("lea_type", &row.lea_type)?,
        summary: body.summary.clone(),
        body: packed_text(body, &key)?,
    })
}

/// The text of the answer that is asked for.
fn packed_text(body: BodyRow, of: &str) -> Result<PackedText, StoreError> {
    let BodyRow { hash, content, compression, byte_length, .. } = body;
    let at = At { table: "answer", row: &of };
    let compressed = match compression.as_str() {
        ZLIB => true,
        "none" => false,
        _ => return Err(at.corrupt(format!("compression '{compression}' cannot be read"))),
    };
    let length = at.number("byte_length", byte_length)?;
    Ok(PackedText::new(compressed, length, content, &hash))
}

fn key_of(row: &AnswerRow) -> String {
    format!("run {}, year {}, cds {}", row.run, row.year, row.cds)
}
