//! From when releases are public: what was said of it, never changed, the latest in force.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use calsos_domain::facts::ReleaseNumber;
use diesel::prelude::*;
use jiff::Timestamp;

use crate::audit::{self, NewAudit};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::moments;
use crate::releases;
use crate::schema::publication;
use crate::seals::{self, Owner};
use crate::store::Store;
use crate::stored::{At, moment_column, release_column};
use crate::text::texts_without_nul;

/// From when a release is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicAt {
    /// Not before it is said otherwise.
    Closed,
    /// From this moment on. It is kept to the microsecond.
    From(Timestamp),
}

impl fmt::Display for PublicAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PublicAt::Closed => f.write_str("closed"),
            PublicAt::From(moment) => write!(f, "public from {moment:.6}"),
        }
    }
}

/// What was said of when a release is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publication {
    /// Its number: 1, 2, 3, … over all releases, in the order in which it was said.
    pub sequence: u32,
    /// The release.
    pub release: ReleaseNumber,
    /// From when it is public.
    pub public_at: PublicAt,
    /// When that was said: UTC, RFC 3339 with six decimals, so that texts sort by time.
    pub set_at: String,
    /// Who said it.
    pub set_by: String,
}

#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = publication, treat_none_as_default_value = false)]
struct Row {
    sequence: i32,
    release: i32,
    public_at: Option<String>,
    set_at: String,
    set_by: String,
}

impl Store {
    /// Says from when releases are public, of all of them or of none. What holds already is
    /// not said again. Returns what was added, by release.
    ///
    /// The audit's entry is written also where nothing was added.
    ///
    /// # Errors
    /// [`StoreError::UnknownRelease`]; [`StoreError::Refused`] for a moment before the year 0
    /// or a NUL character; [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn publish(
        &self,
        releases: &[ReleaseNumber],
        public_at: PublicAt,
        by: &str,
        audit: Option<NewAudit<'_>>,
    ) -> Result<Vec<Publication>, StoreError> {
        let releases: BTreeSet<ReleaseNumber> = releases.iter().copied().collect();
        self.write(PUBLISHING, |connection| {
            let mut added = Vec::new();
            for release in releases {
                if !releases::exists(connection, release)? {
                    return Err(StoreError::UnknownRelease(release).into());
                }
                let latest = latest(connection, release)?;
                if latest.is_none_or(|latest| !latest.says(public_at)) {
                    added.push(insert(connection, release, public_at, by)?);
                }
            }
            audit::insert_with(connection, audit, || match added.as_slice() {
                [] => "nothing that was not said before".to_owned(),
                added => added.iter().map(told).collect::<Vec<_>>().join(", "),
            })?;
            Ok(added)
        })
    }

    /// What holds of each release of which something was said. Of the others the date of
    /// their edition holds, which the store does not know.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn publications(&self) -> Result<BTreeMap<ReleaseNumber, Publication>, StoreError> {
        let said = self.publication_history()?;
        Ok(said.into_iter().map(|said| (said.release, said)).collect())
    }

    /// Everything that was ever said of when releases are public, in the order in which it was
    /// said.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn publication_history(&self) -> Result<Vec<Publication>, StoreError> {
        self.read("reading publications", |connection| {
            let rows: Vec<Row> = publication::table
                .order(publication::sequence)
                .select(Row::as_select())
                .load(connection)?;
            rows.into_iter().map(|row| Ok(from_table(row)?)).collect()
        })
    }
}

const PUBLISHING: &str = "saying when releases are public";

impl Publication {
    /// Whether it says nothing else.
    pub(crate) fn says(&self, public_at: PublicAt) -> bool {
        self.public_at.to_string() == public_at.to_string()
    }
}

/// A publication in words, for the audit.
pub(crate) fn told(said: &Publication) -> String {
    format!("release {} {}", said.release, said.public_at)
}

/// What holds of a release, if anything was said of it.
pub(crate) fn latest(
    connection: &mut Connection,
    release: ReleaseNumber,
) -> Result<Option<Publication>, Failure> {
    let row = publication::table
        .filter(publication::release.eq(release_column(release)))
        .order(publication::sequence.desc())
        .select(Row::as_select())
        .first(connection)
        .optional()?;
    Ok(row.map(from_table).transpose()?)
}

/// Says it of a release that is stored.
pub(crate) fn insert(
    connection: &mut Connection,
    release: ReleaseNumber,
    public_at: PublicAt,
    by: &str,
) -> Result<Publication, Failure> {
    texts_without_nul(PUBLISHING, &[("the name of who says it", by)])?;
    let last: Option<i32> =
        publication::table.select(diesel::dsl::max(publication::sequence)).first(connection)?;
    let row = Row {
        sequence: last.unwrap_or(0) + 1,
        release: release_column(release),
        public_at: match public_at {
            PublicAt::Closed => None,
            PublicAt::From(moment) => Some(moment_column(PUBLISHING, moment)?),
        },
        set_at: moments::next(connection)?,
        set_by: by.to_owned(),
    };
    diesel::insert_into(publication::table).values(&row).execute(connection)?;
    seals::set(connection, Owner::Publication, row.sequence)?;
    Ok(from_table(row)?)
}

fn from_table(row: Row) -> Result<Publication, StoreError> {
    let Row { sequence, release, public_at, set_at, set_by } = row;
    let at = At { table: "publication", row: &sequence };
    Ok(Publication {
        sequence: at.number("sequence", sequence)?,
        release: at.release("release", release)?,
        public_at: match public_at {
            None => PublicAt::Closed,
            Some(moment) => PublicAt::From(at.moment("public_at", &moment)?),
        },
        set_at,
        set_by,
    })
}
