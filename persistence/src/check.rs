//! Whether what is stored holds together, as far as the database alone can tell: its file, its
//! seals, its texts, the types of its values and the places of its rows. What the kept files
//! and the rules say of it is the caller's to ask.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::file;
use crate::packed::Packed;
use crate::schema::{current_run, run, seal};
use crate::seals::{self, Sealed};
use crate::store::Store;

/// Something that is not as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The table, or the nearest thing that is known.
    pub table: String,
    /// The row, by its key.
    pub row: String,
    /// What was found.
    pub problem: String,
}

impl Finding {
    /// What was found in a row of a table.
    #[must_use]
    pub fn new(table: &str, row: impl Display, problem: impl Into<String>) -> Finding {
        Finding { table: table.to_owned(), row: row.to_string(), problem: problem.into() }
    }

    /// What was found where a stored value could not be read, which is a finding too.
    ///
    /// # Errors
    /// The error itself where it tells of anything but damage.
    pub fn of(error: StoreError) -> Result<Finding, StoreError> {
        match error {
            StoreError::Corrupt { table, row, problem } => Ok(Finding::new(table, row, problem)),
            StoreError::Database { doing, problem } if is_unreadable(&*problem) => {
                Ok(Finding::new(
                    "(not known)",
                    doing,
                    format!("a value is none of its type: {problem}"),
                ))
            }
            other => Err(other),
        }
    }
}

/// Whether a value was there and could not be taken for what its column holds.
fn is_unreadable(problem: &(dyn std::error::Error + 'static)) -> bool {
    matches!(problem.downcast_ref(), Some(diesel::result::Error::DeserializationError(_)))
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    of: String,
    #[diesel(sql_type = Text)]
    declared: String,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Places {
    #[diesel(sql_type = Integer)]
    release: i32,
    #[diesel(sql_type = BigInt)]
    count: i64,
    #[diesel(sql_type = Integer)]
    first: i32,
    #[diesel(sql_type = Integer)]
    last: i32,
}

/// Tables whose rows are numbered from 0 within their release.
const PLACED: [&str; 11] = [
    "performance",
    "local_rating",
    "published",
    "calpads",
    "succession",
    "directory",
    "charter_list",
    "geographic_lead",
    "charter_location",
    "nces_id",
    "lea_mention",
];

/// The places of an LEA's rows that are noted otherwise than the rows stand.
const NOTED_WRONGLY: &str = "\
SELECT 'release ' || release || ', LEA ' || cds AS name FROM (
    SELECT release, cds, first_place, last_place FROM performance_lea
    EXCEPT SELECT release, cds, min(place), max(place) FROM performance GROUP BY release, cds
) AS noted
UNION SELECT 'release ' || release || ', LEA ' || cds FROM (
    SELECT release, cds, min(place), max(place) FROM performance GROUP BY release, cds
    EXCEPT SELECT release, cds, first_place, last_place FROM performance_lea
) AS there";

impl Store {
    /// What the database itself finds: on SQLite in its pages, indexes and references, and
    /// values of another type than their column's. PostgreSQL keeps values of no other type,
    /// and looks after its pages and references by itself.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::Busy`].
    pub fn check_file(&self) -> Result<Vec<Finding>, StoreError> {
        self.read("checking the database's file", |connection| match connection {
            Connection::Sqlite(connection) => {
                let mut found = file_faults(connection)?;
                found.extend(values_of_other_types(connection)?);
                Ok(found)
            }
            Connection::Postgresql(_) => Ok(Vec::new()),
        })
    }

    /// What is not as it was sealed when it was stored.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::Busy`].
    pub fn check_seals(&self) -> Result<Vec<Finding>, StoreError> {
        self.read("checking seals", |connection| {
            let mut found = Vec::new();
            let rows: Vec<(String, i32, Vec<u8>)> = seal::table.load(connection)?;
            let mut seals: BTreeMap<(String, i32), Vec<u8>> =
                rows.into_iter().map(|(subject, number, hash)| ((subject, number), hash)).collect();
            for sealed in Sealed::ALL {
                for number in sealed.owner().numbers(connection)? {
                    let key = (sealed.table().to_owned(), number);
                    let row = format!("{} {number}", sealed.owner().words());
                    let problem =
                        match (seals.remove(&key), hash_or_fault(connection, sealed, number)?) {
                            (Some(sealed), Ok(hash)) if sealed == hash => continue,
                            (Some(_), Ok(_)) => {
                                "what is stored is not what was sealed when it was stored"
                                    .to_owned()
                            }
                            (None, Ok(_)) => "its seal is missing".to_owned(),
                            (_, Err(fault)) => fault,
                        };
                    found.push(Finding::new(sealed.table(), row, problem));
                }
            }
            let left = seals.into_keys().map(|(subject, number)| {
                let row = format!("{subject} {number}");
                Finding::new("seal", row, "it is the seal of something that is not stored")
            });
            found.extend(left);
            let current: Vec<(i16, i32)> = current_run::table.load(connection)?;
            let newest: Option<i32> =
                run::table.select(diesel::dsl::max(run::number)).first(connection)?;
            if current != newest.map(|number| (1, number)).into_iter().collect::<Vec<_>>() {
                let problem = "the current run is not the newest one that is stored";
                found.push(Finding::new("current_run", "its only row", problem));
            }
            Ok(found)
        })
    }

    /// Texts of answers, and facts, that are not as they were stored.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::Busy`].
    pub fn check_texts(&self) -> Result<Vec<Finding>, StoreError> {
        const DOING: &str = "checking the texts of answers";
        let mut found = Vec::new();
        let mut last = Vec::new();
        loop {
            let rows = self.read(DOING, |connection| Ok(seals::texts_after(connection, &last)?))?;
            let Some((hash, ..)) = rows.last() else { break };
            last.clone_from(hash);
            for (hash, compression, byte_length, summary, content, sealed) in rows {
                let seal = seals::of_text(&compression, byte_length, summary.as_deref(), &content)
                    .map_err(|failure| failure.named(DOING))?;
                let compressed = compression == file::ZLIB;
                let packed = packed(compressed, byte_length, content, &hash);
                found.extend(text_fault("answer_body", &packed, &hash, seal == sealed));
            }
        }
        let mut last = Vec::new();
        loop {
            let rows = self.read(DOING, |connection| Ok(seals::facts_after(connection, &last)?))?;
            let Some((hash, ..)) = rows.last() else { return Ok(found) };
            last.clone_from(hash);
            for (hash, format, byte_length, content, sealed) in rows {
                let seal = seals::of_facts(format, byte_length, &content)
                    .map_err(|failure| failure.named(DOING))?;
                let packed = packed(true, byte_length, content, &hash);
                found.extend(text_fault("facts_body", &packed, &hash, seal == sealed));
            }
        }
    }

    /// Rows that do not stand at the places at which they were stored.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::Busy`].
    pub fn check_places(&self) -> Result<Vec<Finding>, StoreError> {
        self.read("checking the places of rows", |connection| {
            let mut found = Vec::new();
            for table in PLACED {
                let sql = format!(
                    "SELECT release, count(*) AS count, min(place) AS first, max(place) AS last
                     FROM {table} GROUP BY release"
                );
                for Places { release, count, first, last } in
                    diesel::sql_query(sql).load::<Places>(connection)?
                {
                    if first != 0 || i64::from(last) + 1 != count {
                        let problem =
                            format!("its {count} rows stand at places from {first} to {last}");
                        found.push(Finding::new(table, format!("release {release}"), problem));
                    }
                }
            }
            let noted: Vec<Named> = diesel::sql_query(NOTED_WRONGLY).load(connection)?;
            found.extend(noted.into_iter().map(|Named { name }| {
                let problem = "the places of the LEA's rows are noted otherwise than they stand";
                Finding::new("performance_lea", name, problem)
            }));
            Ok(found)
        })
    }
}

/// The hash of what is stored, or why it cannot be read.
fn hash_or_fault(
    connection: &mut Connection,
    sealed: Sealed,
    number: i32,
) -> Result<Result<Vec<u8>, String>, Failure> {
    match sealed.hash(connection, number) {
        Ok(hash) => Ok(Ok(hash)),
        Err(Failure::Diesel(error)) if is_unreadable(&error) => {
            Ok(Err(format!("a value is none of its type: {error}")))
        }
        Err(failure) => Err(failure),
    }
}

fn packed(compressed: bool, byte_length: i64, content: Vec<u8>, hash: &[u8]) -> Packed {
    Packed::new(compressed, u64::try_from(byte_length).unwrap_or(0), content, hash)
}

fn text_fault(
    table: &'static str,
    packed: &Packed,
    hash: &[u8],
    is_as_sealed: bool,
) -> Option<Finding> {
    match packed.unpack(table) {
        Err(error) => Finding::of(error).ok(),
        Ok(_) if is_as_sealed => None,
        Ok(_) => {
            let mut row = String::from("hash ");
            for byte in hash.iter().take(8) {
                // Writing to a text cannot fail.
                let _ = write!(row, "{byte:02x}");
            }
            let problem = "what is stored is not what was sealed when it was stored";
            Some(Finding::new(table, row, problem))
        }
    }
}

/// What SQLite finds in a file: pages and indexes that do not fit together, and rows that
/// refer to none.
pub(crate) fn file_faults(connection: &mut SqliteConnection) -> QueryResult<Vec<Finding>> {
    let pages: Vec<Named> =
        diesel::sql_query("SELECT integrity_check AS name FROM pragma_integrity_check")
            .load(connection)?;
    let mut found: Vec<Finding> = pages
        .into_iter()
        .filter(|Named { name }| name != "ok")
        .map(|Named { name }| Finding::new("(the file)", "pages and indexes", name))
        .collect();
    let orphans: Vec<Column> = diesel::sql_query(
        "SELECT \"table\" AS name, parent AS \"of\", count(*) || ' rows' AS declared
         FROM pragma_foreign_key_check GROUP BY 1, 2",
    )
    .load(connection)?;
    found.extend(orphans.into_iter().map(|Column { name, of, declared }| {
        Finding::new(&name, declared, format!("what they refer to in {of} is not there"))
    }));
    Ok(found)
}

/// SQLite keeps any value in any column. Columns are looked through table by table.
fn values_of_other_types(connection: &mut SqliteConnection) -> QueryResult<Vec<Finding>> {
    let columns: Vec<Column> = diesel::sql_query(
        "SELECT p.name AS name, m.name AS \"of\", p.type AS declared
         FROM sqlite_master m, pragma_table_info(m.name) p
         WHERE m.type = 'table' AND substr(m.name, 1, 2) <> '__' ORDER BY m.name, p.cid",
    )
    .load(connection)?;
    let mut found = Vec::new();
    for columns in columns.chunk_by(|one, next| one.of == next.of) {
        let Some(Column { of: table, .. }) = columns.first() else { continue };
        let conditions: Vec<String> = columns.iter().filter_map(is_of_another_type).collect();
        if conditions.is_empty() {
            continue;
        }
        let sql =
            format!("SELECT count(*) AS count FROM \"{table}\" WHERE {}", conditions.join(" OR "));
        let Counted { count } = diesel::sql_query(sql).get_result(connection)?;
        if count > 0 {
            let problem = "a value is none of its column's type";
            found.push(Finding::new(table, format!("{count} rows"), problem));
        }
    }
    Ok(found)
}

fn is_of_another_type(Column { name, declared, .. }: &Column) -> Option<String> {
    let within = |least: i64, most: i64| {
        format!(
            "(typeof(\"{name}\") NOT IN ('integer', 'null') OR \"{name}\" NOT BETWEEN {least} AND \
             {most})"
        )
    };
    Some(match declared.to_ascii_uppercase().as_str() {
        "BOOLEAN" => within(0, 1),
        "SMALLINT" => within(i16::MIN.into(), i16::MAX.into()),
        "INTEGER" => within(i32::MIN.into(), i32::MAX.into()),
        "BIGINT" => within(i64::MIN, i64::MAX),
        "TEXT" => format!("typeof(\"{name}\") NOT IN ('text', 'null')"),
        "BLOB" => format!("typeof(\"{name}\") NOT IN ('blob', 'null')"),
        _ => return None,
    })
}
