//! What a run was decided from, LEA by LEA; equal facts are kept once.

use std::collections::BTreeMap;
use std::sync::Arc;

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::LeaFacts;
use diesel::prelude::*;
use rayon::prelude::*;

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::file;
use crate::ids::RunId;
use crate::packed::{self, Packed, not_packed};
use crate::rows::insert_many;
use crate::runs::number_of;
use crate::schema::{facts_body, run_facts};
use crate::seals;
use crate::store::Store;
use crate::stored::At;

/// How facts are packed: the fields of [`LeaFacts`] in their order, by postcard, and zlib. A
/// field or a variant more is another format; facts of another format are not read, and
/// whoever needs them reads the releases.
const FORMAT: i16 = 1;

/// LEAs whose facts are looked for together. SQLite takes 32,766 values in a statement.
const TOGETHER: usize = 256;

/// The facts of an LEA, packed. Copies share them.
#[derive(Clone, Debug)]
pub struct PackedFacts(Arc<Packed>);

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = facts_body, treat_none_as_default_value = false)]
struct BodyRow {
    hash: Vec<u8>,
    format: i16,
    byte_length: i64,
    content: Vec<u8>,
    seal: Vec<u8>,
}

#[derive(Insertable)]
#[diesel(table_name = run_facts, treat_none_as_default_value = false)]
struct FactsRow {
    run: i32,
    cds: String,
    facts_hash: Vec<u8>,
}

impl PackedFacts {
    /// How many bytes they take.
    #[must_use]
    pub fn packed_length(&self) -> usize {
        self.0.packed_length()
    }

    /// The facts.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where they are not those that were stored.
    pub fn unpack(&self) -> Result<LeaFacts, StoreError> {
        let bytes = self.0.unpack("facts_body")?;
        postcard::from_bytes(&bytes).map_err(|cause| StoreError::Corrupt {
            table: "facts_body",
            row: "facts of an LEA".to_owned(),
            problem: cause.to_string(),
        })
    }
}

impl Store {
    /// What a run was decided from, by code. An LEA is absent where an earlier version of the
    /// program stored the run without facts, or in another form.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn facts(&self, id: &RunId) -> Result<BTreeMap<CdsCode, PackedFacts>, StoreError> {
        self.facts_beside(id, &BTreeMap::new())
    }

    /// The same, where those of another run are at hand: what is the same is not read again.
    ///
    /// # Errors
    /// Those of [`Store::facts`].
    pub fn facts_beside(
        &self,
        id: &RunId,
        known: &BTreeMap<CdsCode, PackedFacts>,
    ) -> Result<BTreeMap<CdsCode, PackedFacts>, StoreError> {
        self.read("reading the facts of a run", |connection| {
            let number = number_of(connection, id)?;
            let rows: Vec<(String, Vec<u8>)> = run_facts::table
                .filter(run_facts::run.eq(number))
                .select((run_facts::cds, run_facts::facts_hash))
                .load(connection)?;
            let (mut facts, mut unknown) = (BTreeMap::new(), Vec::new());
            for (cds, hash) in rows {
                let key = format!("run {number}, cds {cds}");
                let cds = At { table: "run_facts", row: &key }.cds("cds", &cds)?;
                match known.get(&cds).filter(|known| known.0.hash() == hash) {
                    Some(same) => {
                        facts.insert(cds, same.clone());
                    }
                    None => unknown.push((cds, hash)),
                }
            }
            for unknown in unknown.chunks(TOGETHER) {
                let read = load_bodies(connection, unknown.iter().map(|(_, hash)| hash))?;
                for (cds, hash) in unknown {
                    facts.extend(read.get(hash).map(|packed| (*cds, packed.clone())));
                }
            }
            Ok(facts)
        })
    }
}

/// Facts by their hash; absent are those that are stored in another form.
fn load_bodies<'a>(
    connection: &mut Connection,
    hashes: impl Iterator<Item = &'a Vec<u8>>,
) -> Result<BTreeMap<Vec<u8>, PackedFacts>, Failure> {
    let rows: Vec<BodyRow> = facts_body::table
        .filter(facts_body::hash.eq_any(hashes))
        .filter(facts_body::format.eq(FORMAT))
        .select(BodyRow::as_select())
        .load(connection)?;
    let mut bodies = BTreeMap::new();
    for BodyRow { hash, format: _, byte_length, content, seal: _ } in rows {
        let at = At { table: "facts_body", row: &"of an LEA" };
        let length = at.number("byte_length", byte_length)?;
        let packed = PackedFacts(Arc::new(Packed::new(true, length, content, &hash)));
        bodies.insert(hash, packed);
    }
    Ok(bodies)
}

/// Stores the facts of a run, and those bodies that are not stored yet.
pub(crate) fn insert(
    connection: &mut Connection,
    run: i32,
    facts: &BTreeMap<CdsCode, LeaFacts>,
) -> Result<(), Failure> {
    let leas: Vec<&LeaFacts> = facts.values().collect();
    for leas in leas.chunks(TOGETHER) {
        let hashed: Vec<(Vec<u8>, Vec<u8>)> = leas
            .par_iter()
            .map(|lea| {
                let bytes = postcard::to_stdvec(lea)
                    .map_err(|cause| not_packed(std::io::Error::other(cause)))?;
                Ok((file::sha256(&bytes), bytes))
            })
            .collect::<Result<_, Failure>>()?;
        let mut bodies: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
        let mut rows = Vec::with_capacity(leas.len());
        for (lea, (facts_hash, bytes)) in leas.iter().zip(hashed) {
            rows.push(FactsRow { run, cds: lea.cds.to_string(), facts_hash: facts_hash.clone() });
            bodies.insert(facts_hash, bytes);
        }
        let stored: Vec<Vec<u8>> = facts_body::table
            .filter(facts_body::hash.eq_any(bodies.keys()))
            .select(facts_body::hash)
            .load(connection)?;
        for hash in stored {
            bodies.remove(&hash);
        }
        let new: Vec<BodyRow> = bodies
            .into_par_iter()
            .map(|(hash, bytes)| {
                let (content, byte_length) = packed::pack(&bytes).map_err(not_packed)?;
                let seal = seals::of_facts(FORMAT, byte_length, &content)?;
                Ok(BodyRow { hash, format: FORMAT, byte_length, content, seal })
            })
            .collect::<Result<_, Failure>>()?;
        insert_many!(connection, facts_body::table, new.into_iter());
        insert_many!(connection, run_facts::table, rows.into_iter());
    }
    Ok(())
}
