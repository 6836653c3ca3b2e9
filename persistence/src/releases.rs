//! Releases: storing a file with what it says, and reading it back.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::thread;

use calsos_domain::cds::CdsCode;
use calsos_domain::cds::CountyCode;
use calsos_domain::release::{Coverage, ReleaseContents, ReleaseKind};
use calsos_domain::year::{DashboardYear, Day};
use diesel::prelude::*;

use crate::audit::{self, NewAudit};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::ids::ReleaseId;
use crate::job_work::{self, JobDone, Stored};
use crate::moments;
use crate::publications::{self, PublicAt};
use crate::rows::insert_many;
use crate::schema::{release, release_county, release_file, release_kept};
use crate::seals::{self, Owner};
use crate::store::Store;
use crate::stored::{At, day_column, release_column, year_column};
use crate::text::{contents_without_nul, without_nul};
use crate::withdrawals::{self, Withdrawal};
use crate::{file, leas, rows};
use calsos_domain::facts::{Beside, ReleaseNumber};

/// A file to store.
#[derive(Clone, Copy, Debug)]
pub struct NewRelease<'a> {
    /// What the file says.
    pub contents: &'a ReleaseContents,
    /// The file's name, without its directory.
    pub file_name: &'a str,
    /// The file's own bytes. Their SHA-256 is the file's identity.
    pub bytes: &'a [u8],
    /// What is kept in their place, where they hold what may not be stored.
    pub kept_bytes: Option<&'a [u8]>,
    /// Who imports it.
    pub imported_by: &'a str,
    /// What reading it found, as JSON; kept as it is.
    pub report: &'a str,
    /// From when it is public; `None` where nothing is said of it now.
    pub public_at: Option<PublicAt>,
    /// What is said of it beside releases that it meets, where it was asked.
    pub beside: Option<Beside>,
    /// The entry that the audit gets with it, also where the same bytes were stored before.
    pub audit: Option<NewAudit<'a>>,
}

/// What became of a file that was to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddRelease {
    /// It is stored now.
    Added(ReleaseRecord),
    /// The same bytes were stored before; nothing changed.
    AlreadyStored(ReleaseRecord),
}

impl AddRelease {
    /// The release, whether it is new or not.
    #[must_use]
    pub fn record(&self) -> &ReleaseRecord {
        match self {
            AddRelease::Added(record) | AddRelease::AlreadyStored(record) => record,
        }
    }
}

/// A stored release, without its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseRecord {
    /// Its number, in the order of import.
    pub number: ReleaseNumber,
    /// Its id.
    pub id: ReleaseId,
    /// What it is about.
    pub kind: ReleaseKind,
    /// Its Dashboard year.
    pub year: Option<DashboardYear>,
    /// The date inside the file.
    pub file_date: Option<Day>,
    /// Which LEAs it speaks about.
    pub coverage: Coverage,
    /// The file's name.
    pub file_name: String,
    /// The SHA-256 of the file, in 64 small hexadecimal digits.
    pub sha256: String,
    /// How many bytes the file has.
    pub byte_length: u64,
    /// How many rows of it are kept.
    pub rows_kept: u64,
    /// When it was imported: UTC, RFC 3339 with six decimals, so that texts sort by time.
    pub imported_at: String,
    /// Who imported it.
    pub imported_by: String,
    /// What reading it found, as JSON.
    pub report: String,
    /// What was said of it beside releases that it met; `None` where nothing was.
    pub beside: Option<Beside>,
    /// The latest that was said of whether it is withdrawn, if anything was.
    pub withdrawal: Option<Withdrawal>,
}

impl ReleaseRecord {
    /// Whether it is withdrawn now.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.withdrawal.as_ref().is_some_and(|said| said.withdrawn)
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = release, treat_none_as_default_value = false)]
struct Row {
    number: i32,
    id: String,
    kind: String,
    year: Option<i32>,
    file_date: Option<String>,
    statewide: bool,
    file_name: String,
    sha256: String,
    byte_length: i64,
    rows_kept: i64,
    leas_named: i64,
    imported_at: String,
    imported_by: String,
    report: String,
    beside: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = release_county, treat_none_as_default_value = false)]
struct CountyRow {
    release: i32,
    charters: bool,
    county: i16,
}

impl Store {
    /// Stores a file and what it says, all or nothing. The same bytes again change nothing,
    /// not even from when they are public.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where the rows are none of the file's kind, a day has a year of
    /// five digits, a moment lies before the year 0 or a text has a NUL character;
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn add_release(&self, new: &NewRelease<'_>) -> Result<AddRelease, StoreError> {
        match self.add_release_if(new, None, |_stored| None::<Infallible>)? {
            Ok(added) => Ok(added),
            Err(never) => match never {},
        }
    }

    /// The same on a condition, and for a job, if one is named, which is done with it: both or
    /// none. `why_not` is shown the stored releases of the same kind and year, by number, and
    /// tells what is against it, if anything is: then that is returned within, and nothing is
    /// stored. No other process stores a release between what is shown and what is stored. It
    /// must not ask the store itself.
    ///
    /// The same bytes again are not asked about.
    ///
    /// # Errors
    /// [`StoreError::LostJob`] where the job is not this process's any more, and those of
    /// [`Store::add_release`].
    pub fn add_release_if<R>(
        &self,
        new: &NewRelease<'_>,
        job: Option<JobDone<'_>>,
        why_not: impl FnOnce(&[ReleaseRecord]) -> Option<R>,
    ) -> Result<Result<AddRelease, R>, StoreError> {
        const DOING: &str = "storing a release";
        let NewRelease { contents, file_name, bytes, imported_by, report, audit, .. } = *new;
        let refused = |problem| StoreError::Refused {
            asked: format!("storing '{}'", file_name.replace('\0', "\\0")),
            problem,
        };
        if !rows::fit(contents.kind, &contents.rows) {
            return Err(refused(format!(
                "it is said to be {}, but its rows are not",
                contents.kind
            )));
        }
        without_nul(|| "the file's name".to_owned(), file_name).map_err(refused)?;
        without_nul(|| "the name of who imports it".to_owned(), imported_by).map_err(refused)?;
        without_nul(|| "the report".to_owned(), report).map_err(refused)?;
        contents_without_nul(contents).map_err(refused)?;
        let sha256 = file::sha256_text(bytes);
        if let Some(record) = self.release_of_file(&sha256)? {
            if audit.is_some() || job.is_some() {
                self.write(DOING, |connection| repeated(connection, &record, audit, job))?;
            }
            return Ok(Ok(AddRelease::AlreadyStored(record)));
        }
        let kept = new.kept_bytes.unwrap_or(bytes);
        thread::scope(|scope| {
            // Beside the rows, which take longer.
            let compressing = scope.spawn(|| file::compress(kept));
            self.write(DOING, |connection| {
                if let Some(job) = job {
                    job_work::held(connection, job.claim)?;
                }
                // Another process may have stored the same meanwhile.
                if let Some(record) = find(connection, &sha256)? {
                    repeated(connection, &record, audit, job)?;
                    return Ok(Ok(AddRelease::AlreadyStored(record)));
                }
                let alike = load(connection, Some((contents.kind, contents.year)))?;
                if let Some(why) = why_not(&alike) {
                    return Ok(Err(why));
                }
                let number = insert(connection, new, &sha256)?;
                let compressed = compressing
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                    .map_err(|e| StoreError::Database { doing: DOING, problem: Box::new(e) })?;
                insert_file(connection, number, &compressed, new.kept_bytes)?;
                seals::set(connection, Owner::Release, number)?;
                let record = record(connection, number)?;
                if let Some(public_at) = new.public_at {
                    publications::insert(connection, record.number, public_at, imported_by)?;
                }
                audit::insert_with(connection, audit, || {
                    let said = new.public_at.map(|said| format!(", {said}")).unwrap_or_default();
                    format!("release {} stored{said}", record.number)
                })?;
                if let Some(job) = job {
                    job_work::done(connection, job, Stored::Release { number, repeated: false })?;
                }
                Ok(Ok(AddRelease::Added(record)))
            })
        })
    }

    /// The release of the file with this SHA-256 (64 hexadecimal digits), if it is stored.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::Corrupt`].
    pub fn release_of_file(&self, sha256: &str) -> Result<Option<ReleaseRecord>, StoreError> {
        let sha256 = sha256.to_ascii_lowercase();
        self.read("looking for a file", |connection| find(connection, &sha256))
    }

    /// How many releases there are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn release_count(&self) -> Result<usize, StoreError> {
        self.read("counting releases", |connection| {
            let count: i64 = release::table.count().get_result(connection)?;
            Ok(usize::try_from(count).unwrap_or(usize::MAX))
        })
    }

    /// Every release, by number.
    ///
    /// # Errors
    /// [`StoreError::Database`] and [`StoreError::Corrupt`].
    pub fn releases(&self) -> Result<Vec<ReleaseRecord>, StoreError> {
        self.read("listing releases", |connection| load(connection, None))
    }

    /// Everything that a release says, exactly as it was added.
    ///
    /// # Errors
    /// [`StoreError::UnknownRelease`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn release_contents(&self, number: ReleaseNumber) -> Result<ReleaseContents, StoreError> {
        self.read("reading a release", |connection| {
            let key = release_column(number);
            let (record, leas_named) =
                read_record(connection, key)?.ok_or(StoreError::UnknownRelease(number))?;
            let ReleaseRecord { kind, year, file_date, coverage, rows_kept, .. } = record;
            let leas = leas::load_mentions(connection, key, None)?;
            let rows = rows::load(connection, key, kind, None)?;
            let found = (rows.len() as u64, leas.len() as u64);
            if found != (rows_kept, leas_named) {
                let row = format!("release {number}");
                let problem = format!(
                    "{} rows and {} LEAs are found, where {rows_kept} and {leas_named} were stored",
                    found.0, found.1
                );
                let missing = found.0 != rows_kept;
                let table = if missing { rows::table_of(kind) } else { "lea_mention" };
                return Err(StoreError::Corrupt { table, row, problem }.into());
            }
            Ok(ReleaseContents { kind, year, file_date, coverage, leas, rows })
        })
    }

    /// What a release says of one LEA: its rows and its naming of it. Successions come whole.
    ///
    /// # Errors
    /// [`StoreError::UnknownRelease`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn release_contents_of(
        &self,
        number: ReleaseNumber,
        cds: CdsCode,
    ) -> Result<ReleaseContents, StoreError> {
        self.read("reading a release", |connection| {
            let key = release_column(number);
            let (record, _) =
                read_record(connection, key)?.ok_or(StoreError::UnknownRelease(number))?;
            let ReleaseRecord { kind, year, file_date, coverage, .. } = record;
            let leas = leas::load_mentions(connection, key, Some(cds))?;
            let rows = rows::load(connection, key, kind, Some(cds))?;
            Ok(ReleaseContents { kind, year, file_date, coverage, leas, rows })
        })
    }

    /// The bytes that are kept of a release's file, checked against their SHA-256: the
    /// file's own, or what was kept in their place.
    ///
    /// # Errors
    /// [`StoreError::UnknownRelease`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn release_bytes(&self, number: ReleaseNumber) -> Result<Vec<u8>, StoreError> {
        let key = release_column(number);
        let (record, kept, file) = self.read("reading a release's file", |connection| {
            let (record, _) =
                read_record(connection, key)?.ok_or(StoreError::UnknownRelease(number))?;
            let file: Option<(String, Vec<u8>)> = release_file::table
                .find(key)
                .select((release_file::compression, release_file::bytes))
                .first(connection)
                .optional()?;
            let kept: Option<(String, i64)> = release_kept::table
                .find(key)
                .select((release_kept::sha256, release_kept::byte_length))
                .first(connection)
                .optional()?;
            Ok((record, kept, file))
        })?;
        let row = format!("release {number}");
        let at = At { table: "release_file", row: &row };
        let (compression, compressed) =
            file.ok_or_else(|| at.corrupt("the row is missing".to_owned()))?;
        if compression != file::ZLIB {
            return Err(at.corrupt(format!("compression '{compression}' is not known")));
        }
        let (stored, length) = match kept {
            Some((sha256, length)) => {
                let at = At { table: "release_kept", row: &row };
                (sha256, at.number("byte_length", length)?)
            }
            None => (record.sha256, record.byte_length),
        };
        let bytes = file::decompress(&compressed, length)
            .map_err(|e| at.corrupt(format!("the file cannot be decompressed: {e}")))?;
        if bytes.len() as u64 != length {
            let found = bytes.len();
            return Err(at.corrupt(format!("the file has not {length} bytes, but {found} or more")));
        }
        let sha256 = file::sha256_text(&bytes);
        if sha256 != stored {
            return Err(
                at.corrupt(format!("the file's SHA-256 is {sha256}, where {stored} was stored"))
            );
        }
        Ok(bytes)
    }
}

/// Whether a release of this number is stored.
pub(crate) fn exists(connection: &mut Connection, number: ReleaseNumber) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(release::table.find(release_column(number))))
        .get_result(connection)
}

/// Writes what there is to write where the same bytes were stored before.
fn repeated(
    connection: &mut Connection,
    record: &ReleaseRecord,
    audit: Option<NewAudit<'_>>,
    job: Option<JobDone<'_>>,
) -> Result<(), Failure> {
    audit::insert_with(connection, audit, || {
        format!("release {} was stored before", record.number)
    })?;
    let number = release_column(record.number);
    match job {
        Some(job) => job_work::done(connection, job, Stored::Release { number, repeated: true }),
        None => Ok(()),
    }
}

fn find(connection: &mut Connection, sha256: &str) -> Result<Option<ReleaseRecord>, Failure> {
    let number: Option<i32> = release::table
        .filter(release::sha256.eq(sha256))
        .select(release::number)
        .first(connection)
        .optional()?;
    number.map(|number| record(connection, number)).transpose()
}

fn record(connection: &mut Connection, number: i32) -> Result<ReleaseRecord, Failure> {
    let (record, _) = read_record(connection, number)?.ok_or(diesel::result::Error::NotFound)?;
    Ok(record)
}

/// A release and how many LEAs it names.
pub(crate) fn read_record(
    connection: &mut Connection,
    number: i32,
) -> Result<Option<(ReleaseRecord, u64)>, Failure> {
    let row = release::table.find(number).select(Row::as_select()).first(connection).optional()?;
    let Some(row) = row else { return Ok(None) };
    let counties = release_county::table
        .filter(release_county::release.eq(number))
        .select((release_county::charters, release_county::county))
        .load(connection)?;
    let said = withdrawals::latest(connection, ReleaseNumber(row.number.unsigned_abs()))?;
    Ok(Some(from_table(row, counties, said)?))
}

/// The releases, by number: all of them, or those of a kind and year.
fn load(
    connection: &mut Connection,
    only: Option<(ReleaseKind, Option<DashboardYear>)>,
) -> Result<Vec<ReleaseRecord>, Failure> {
    let mut query = release::table.order(release::number).select(Row::as_select()).into_boxed();
    if let Some((kind, year)) = only {
        query = query.filter(release::kind.eq(kind.code()));
        query = match year {
            Some(year) => query.filter(release::year.eq(year_column(year))),
            None => query.filter(release::year.is_null()),
        };
    }
    let rows: Vec<Row> = query.load(connection)?;
    let mut counties: BTreeMap<i32, Vec<(bool, i16)>> = BTreeMap::new();
    let of_release: Vec<(i32, bool, i16)> = match only {
        None => release_county::table.load(connection)?,
        Some(_) => release_county::table
            .filter(release_county::release.eq_any(rows.iter().map(|row| row.number)))
            .load(connection)?,
    };
    for (release, charters, county) in of_release {
        counties.entry(release).or_default().push((charters, county));
    }
    let mut withdrawals = withdrawals::latest_of_all(connection)?;
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let counties = counties.remove(&row.number).unwrap_or_default();
        let number = ReleaseNumber(row.number.unsigned_abs());
        records.push(from_table(row, counties, withdrawals.remove(&number))?.0);
    }
    Ok(records)
}

fn insert(connection: &mut Connection, new: &NewRelease<'_>, sha256: &str) -> Result<i32, Failure> {
    let NewRelease { contents, file_name, bytes, imported_by, report, beside, .. } = *new;
    let ReleaseContents { kind, year, file_date, coverage, leas, rows } = contents;
    let Coverage { statewide, counties, charter_counties } = coverage;
    let last: Option<i32> =
        release::table.select(diesel::dsl::max(release::number)).first(connection)?;
    let number = last.unwrap_or(0) + 1;
    let row = Row {
        number,
        id: ReleaseId::make().to_string(),
        kind: kind.code(),
        year: year.map(year_column),
        file_date: file_date.map(day_column).transpose()?,
        statewide: *statewide,
        file_name: file_name.to_owned(),
        sha256: sha256.to_owned(),
        byte_length: count(bytes.len()),
        rows_kept: count(rows.len()),
        leas_named: count(leas.len()),
        imported_at: moments::next(connection)?,
        imported_by: imported_by.to_owned(),
        report: report.to_owned(),
        beside: beside.map(|beside| beside.code().to_owned()),
    };
    diesel::insert_into(release::table).values(&row).execute(connection)?;
    let county = |charters| {
        move |county: &CountyCode| CountyRow {
            release: number,
            charters,
            county: i16::from(county.number()),
        }
    };
    let counties = counties.iter().map(county(false));
    let charter_counties = charter_counties.iter().map(county(true));
    insert_many!(connection, release_county::table, counties.chain(charter_counties));
    rows::insert(connection, number, rows)?;
    leas::insert(connection, number, contents)?;
    Ok(number)
}

fn insert_file(
    connection: &mut Connection,
    number: i32,
    compressed: &[u8],
    kept_bytes: Option<&[u8]>,
) -> QueryResult<()> {
    diesel::insert_into(release_file::table)
        .values((
            release_file::release.eq(number),
            release_file::compression.eq(file::ZLIB),
            release_file::bytes.eq(compressed),
        ))
        .execute(connection)?;
    if let Some(kept) = kept_bytes {
        diesel::insert_into(release_kept::table)
            .values((
                release_kept::release.eq(number),
                release_kept::sha256.eq(file::sha256_text(kept)),
                release_kept::byte_length.eq(count(kept.len())),
            ))
            .execute(connection)?;
    }
    Ok(())
}

/// A number of things in memory, which is always below the column's limit.
fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn from_table(
    row: Row,
    county_rows: Vec<(bool, i16)>,
    withdrawal: Option<Withdrawal>,
) -> Result<(ReleaseRecord, u64), StoreError> {
    let Row {
        number,
        id,
        kind,
        year,
        file_date,
        statewide,
        file_name,
        sha256,
        byte_length,
        rows_kept,
        leas_named,
        imported_at,
        imported_by,
        report,
        beside,
    } = row;
    let key = format!("release {number}");
    let at = At { table: "release", row: &key };
    let (mut counties, mut charter_counties) = (BTreeSet::new(), BTreeSet::new());
    for (charters, county) in county_rows {
        let county = At { table: "release_county", row: &key }.county("county", county)?;
        if charters { &mut charter_counties } else { &mut counties }.insert(county);
    }
    let record = ReleaseRecord {
        number: at.release("number", number)?,
        id: at.value("id", &id, ReleaseId::parse(&id))?,
        kind: at.kind("kind", &kind)?,
        year: year.map(|found| at.year("year", found)).transpose()?,
        file_date: file_date.map(|found| at.day("file_date", &found)).transpose()?,
        coverage: Coverage { statewide, counties, charter_counties },
        file_name,
        sha256,
        byte_length: at.number("byte_length", byte_length)?,
        rows_kept: at.number("rows_kept", rows_kept)?,
        imported_at,
        imported_by,
        report,
        beside: beside
            .map(|found| at.value("beside", &found, Beside::parse(&found)))
            .transpose()?,
        withdrawal,
    };
    Ok((record, at.number("leas_named", leas_named)?))
}
