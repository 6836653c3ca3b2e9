//! The feed: what has become of which determination, in order, for who keeps a copy.
//!
//! It has two streams, what the public sees and what who sees everything does, and both are
//! told by the same numbers: an event that both have is one. The caller says what is seen
//! ([`FeedPicture`]); the store compares that with what was told last, and tells the
//! difference. So whichever process tells it, and however many pictures it left out, whoever
//! follows a stream comes to have what is seen.

mod telling;

use std::collections::BTreeMap;
use std::fmt;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::year::DashboardYear;
use diesel::prelude::*;
use jiff::Timestamp;

use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::ids::RunId;
use crate::schema::{feed_event, feed_state};
use crate::store::Store;
use crate::stored::At;

/// How many events are looked at together.
const TOGETHER: usize = 1024;

/// One of the two sides of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedStream {
    /// What the public sees.
    Public,
    /// What is seen by who sees everything.
    Full,
}

/// What has become of a determination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedChange {
    /// It is seen, and was not before.
    Created,
    /// It is another than before.
    Changed,
    /// It is seen no longer.
    Withdrawn,
}

impl FeedChange {
    /// As columns and interfaces have it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            FeedChange::Created => "created",
            FeedChange::Changed => "changed",
            FeedChange::Withdrawn => "withdrawn",
        }
    }

    /// The change of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<FeedChange> {
        [FeedChange::Created, FeedChange::Changed, FeedChange::Withdrawn]
            .into_iter()
            .find(|known| known.code() == code)
    }
}

impl fmt::Display for FeedChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What is seen of a determination, as a hash of it; `None` where it is not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedItem {
    /// The Dashboard year.
    pub year: DashboardYear,
    /// The LEA's code.
    pub cds: CdsCode,
    /// What the public sees.
    pub public: Option<[u8; 32]>,
    /// What is seen by who sees everything.
    pub full: Option<[u8; 32]>,
}

/// What a picture of the answers was made from.
#[derive(Clone, Copy, Debug)]
pub struct FeedPicture<'a> {
    /// The run that was current.
    pub run: RunId,
    /// How many releases there were.
    pub releases: usize,
    /// The number of the last publication.
    pub publications: Option<i32>,
    /// The number of the last withdrawal.
    pub withdrawals: Option<i32>,
    /// Names what is seen in both streams: pictures of one name are the same.
    pub name: &'a str,
    /// What was public then is seen as public.
    pub as_of: Timestamp,
    /// When something else becomes public, if anything does.
    pub until: Option<Timestamp>,
}

/// How far a feed has told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPlace {
    /// The feed's id: another one where it was begun anew.
    pub feed: String,
    /// The number of the last event; 0 before the first one.
    pub sequence: u64,
}

/// What became of telling a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedTold {
    /// It is what the feed has told, up to this place.
    Told(FeedPlace),
    /// The database has something newer than the picture, or the feed has told it. Nothing
    /// changed.
    Behind,
}

/// Which events are wanted.
pub struct FeedAsked<'a> {
    /// By which stream somebody is told of an LEA, if at all.
    pub told: &'a dyn Fn(CdsCode) -> Option<FeedStream>,
    /// The streams by which that is, each with the counties to which the codes of these LEAs
    /// belong, or all.
    pub streams: &'a [(FeedStream, Option<Vec<CountyCode>>)],
    /// Events after this number. `None`: it is only asked where the feed stands.
    pub after: Option<u64>,
    /// Events up to this number.
    pub until: u64,
    /// This many at most.
    pub limit: usize,
}

impl fmt::Debug for FeedAsked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FeedAsked { told: _, streams, after, until, limit } = self;
        f.debug_struct("FeedAsked")
            .field("streams", streams)
            .field("after", after)
            .field("until", until)
            .field("limit", limit)
            .finish_non_exhaustive()
    }
}

/// An event of the feed, as one stream tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedEvent {
    /// Its number.
    pub sequence: u64,
    /// The Dashboard year.
    pub year: DashboardYear,
    /// The LEA's code.
    pub cds: CdsCode,
    /// What has become of the determination.
    pub change: FeedChange,
    /// When it was told: UTC, RFC 3339 with six decimals.
    pub at: String,
}

/// Where the feed stands for who asked, and the events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRead {
    /// The feed's id.
    pub feed: String,
    /// The number of the last event of all, whoever is told of it.
    pub last: u64,
    /// Up to this number, events of the streams are no longer kept.
    pub pruned: u64,
    /// The number of the last event that is kept for who asked; 0 where there is none.
    pub newest: u64,
    /// The events, by number.
    pub events: Vec<FeedEvent>,
    /// Whether there are more of them.
    pub more: bool,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = feed_event, treat_none_as_default_value = false)]
struct EventRow {
    sequence: i64,
    year: i32,
    cds: String,
    county: i16,
    public_change: Option<String>,
    full_change: Option<String>,
    at: String,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = feed_state, treat_none_as_default_value = false)]
struct StateRow {
    only_row: i16,
    feed: String,
    newest: i64,
    public_pruned: i64,
    full_pruned: i64,
    told: String,
    told_as_of: String,
}

impl Store {
    /// Reads the feed for somebody; `None` before anything was told.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn feed(&self, asked: &FeedAsked<'_>) -> Result<Option<FeedRead>, StoreError> {
        self.read("reading the feed", |connection| {
            let Some(state) = state(connection)? else { return Ok(None) };
            let at = At { table: "feed_state", row: &"its row" };
            let mut read = FeedRead {
                last: at.number("newest", state.newest)?,
                feed: state.feed,
                pruned: 0,
                newest: 0,
                events: Vec::new(),
                more: false,
            };
            for (stream, counties) in asked.streams {
                let source =
                    Source { told: asked.told, stream: *stream, counties: counties.as_deref() };
                let pruned: u64 = match stream {
                    FeedStream::Public => at.number("public_pruned", state.public_pruned)?,
                    FeedStream::Full => at.number("full_pruned", state.full_pruned)?,
                };
                read.pruned = read.pruned.max(pruned);
                let last = source.last(connection, asked.until)?;
                read.newest = read.newest.max(last);
                if let Some(after) = asked.after {
                    // One more tells whether there are more.
                    let limit = asked.limit.saturating_add(1);
                    read.events.extend(source.after(connection, after, asked.until, limit)?);
                }
            }
            read.events.sort_by_key(|event| event.sequence);
            read.more = read.events.len() > asked.limit;
            read.events.truncate(asked.limit);
            Ok(Some(read))
        })
    }

    /// Begins the feed anew: who follows it has to make its copy anew. It is for a database
    /// that was put back to what it was before, whose next events would get numbers that
    /// others had.
    ///
    /// # Errors
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn begin_feed_anew(&self) -> Result<(), StoreError> {
        self.write("beginning the feed anew", |connection| {
            diesel::delete(feed_state::table).execute(connection)?;
            Ok(())
        })
    }
}

fn state(connection: &mut Connection) -> Result<Option<StateRow>, Failure> {
    Ok(feed_state::table.select(StateRow::as_select()).first(connection).optional()?)
}

/// The events of one stream, of the LEAs that somebody is told of by it.
struct Source<'a> {
    told: &'a dyn Fn(CdsCode) -> Option<FeedStream>,
    stream: FeedStream,
    counties: Option<&'a [CountyCode]>,
}

impl Source<'_> {
    /// The first events after a number, up to another.
    fn after(
        &self,
        connection: &mut Connection,
        after: u64,
        until: u64,
        limit: usize,
    ) -> Result<Vec<FeedEvent>, Failure> {
        let (mut events, mut after, until) = (Vec::new(), number(after), number(until));
        // Of some counties' events, others may be told of by the other stream.
        let together = if self.counties.is_some() { limit.max(TOGETHER) } else { limit };
        loop {
            let rows = self.rows(connection, (after, until), false, together)?;
            let Some(last) = rows.last() else { return Ok(events) };
            after = last.sequence;
            for row in rows {
                events.extend(self.event(row)?);
                if events.len() == limit {
                    return Ok(events);
                }
            }
        }
    }

    /// The number of the last event up to another; 0 where there is none.
    fn last(&self, connection: &mut Connection, until: u64) -> Result<u64, Failure> {
        let (mut until, mut together) = (number(until), 1);
        loop {
            let rows = self.rows(connection, (0, until), true, together)?;
            let Some(last) = rows.last() else { return Ok(0) };
            (until, together) = (last.sequence - 1, TOGETHER);
            for row in rows {
                if let Some(event) = self.event(row)? {
                    return Ok(event.sequence);
                }
            }
        }
    }

    /// Rows of the stream after a number, up to another, from the first or from the last.
    fn rows(
        &self,
        connection: &mut Connection,
        (after, until): (i64, i64),
        backward: bool,
        limit: usize,
    ) -> Result<Vec<EventRow>, Failure> {
        let mut query = feed_event::table
            .filter(feed_event::sequence.gt(after))
            .filter(feed_event::sequence.le(until))
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .select(EventRow::as_select())
            .into_boxed();
        query = match self.stream {
            FeedStream::Public => query.filter(feed_event::public_change.is_not_null()),
            FeedStream::Full => query.filter(feed_event::full_change.is_not_null()),
        };
        if let Some(counties) = self.counties {
            let counties = counties.iter().map(|county| i16::from(county.number()));
            query = query.filter(feed_event::county.eq_any(counties.collect::<Vec<i16>>()));
        }
        query = if backward {
            query.order(feed_event::sequence.desc())
        } else {
            query.order(feed_event::sequence)
        };
        Ok(query.load(connection)?)
    }

    /// What a row tells of an LEA, where it is told of by this stream.
    fn event(&self, row: EventRow) -> Result<Option<FeedEvent>, StoreError> {
        let EventRow { sequence, year, cds, county: _, public_change, full_change, at: told_at } =
            row;
        let at = At { table: "feed_event", row: &sequence };
        let cds = at.cds("cds", &cds)?;
        let (column, change) = match self.stream {
            FeedStream::Public => ("public_change", public_change),
            FeedStream::Full => ("full_change", full_change),
        };
        if (self.told)(cds) != Some(self.stream) {
            return Ok(None);
        }
        let change = change.unwrap_or_default();
        Ok(Some(FeedEvent {
            sequence: at.number("sequence", sequence)?,
            year: at.year("year", year)?,
            cds,
            change: at.value(column, &change, FeedChange::parse(&change))?,
            at: told_at,
        }))
    }
}

/// A number as a column has it. One past the column's range is past every event's.
fn number(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// What was told of each determination, by year and code: of the public's, and of the other.
type Hashes = BTreeMap<(i32, String), [Option<Vec<u8>>; 2]>;
