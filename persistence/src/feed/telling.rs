//! How the feed is brought up to what is seen: what differs from what was told last is told,
//! in one transaction, and what is older than is kept is taken out.

use diesel::prelude::*;
use uuid::Uuid;

use super::{
    EventRow, FeedChange, FeedItem, FeedPicture, FeedPlace, FeedStream, FeedTold, Hashes, StateRow,
    TOGETHER, number, state,
};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::moments;
use crate::rows::insert_many;
use crate::schema::{
    current_run, feed_event, feed_item, feed_state, publication, release, run, withdrawal,
};
use crate::store::Store;
use crate::stored::{At, moment_column, year_column};

const TELLING: &str = "telling the feed";

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = feed_item, treat_none_as_default_value = false)]
struct ItemRow {
    year: i32,
    cds: String,
    public_hash: Option<Vec<u8>>,
    full_hash: Option<Vec<u8>>,
}

/// What has become of a determination in each stream.
struct Changed {
    year: i32,
    cds: String,
    county: i16,
    public: Option<FeedChange>,
    full: Option<FeedChange>,
}

impl Store {
    /// Whether a picture has been told already, or cannot be; `None` where it can be told.
    /// Nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn feed_told(&self, picture: &FeedPicture<'_>) -> Result<Option<FeedTold>, StoreError> {
        self.read(TELLING, |connection| {
            let state = state(connection)?;
            known(connection, picture, state.as_ref())
        })
    }

    /// Tells what differs between a picture and what was told last, and keeps the newest
    /// `keep` events of each stream. The events of what the public sees come first, so that
    /// their numbers do not depend on how many there are that it does not see.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a picture as of a moment before the year 0;
    /// [`StoreError::Busy`], [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn tell_feed(
        &self,
        picture: &FeedPicture<'_>,
        items: &[FeedItem],
        keep: u64,
    ) -> Result<FeedTold, StoreError> {
        let as_of = moment_column(TELLING, picture.as_of)?;
        self.write(TELLING, |connection| {
            let state = state(connection)?;
            if let Some(known) = known(connection, picture, state.as_ref())? {
                return Ok(known);
            }
            let mut state = match state {
                Some(state) => state,
                None => begin(connection)?,
            };
            let changed = compare(connection, items)?;
            state.newest = add(connection, state.newest, &changed)?;
            if !changed.is_empty() {
                prune(connection, &mut state, keep)?;
            }
            picture.name.clone_into(&mut state.told);
            // A clock that was set back does not make what was told untold.
            state.told_as_of = state.told_as_of.max(as_of);
            diesel::delete(feed_state::table).execute(connection)?;
            diesel::insert_into(feed_state::table).values(&state).execute(connection)?;
            Ok(FeedTold::Told(place(&state)?))
        })
    }
}

/// What is to be said of a picture without comparing it.
fn known(
    connection: &mut Connection,
    picture: &FeedPicture<'_>,
    state: Option<&StateRow>,
) -> Result<Option<FeedTold>, Failure> {
    if let Some(state) = state.filter(|state| state.told == picture.name) {
        return Ok(Some(FeedTold::Told(place(state)?)));
    }
    let current: Option<String> =
        current_run::table.inner_join(run::table).select(run::id).first(connection).optional()?;
    let releases: i64 = release::table.count().get_result(connection)?;
    let publications: Option<i32> =
        publication::table.select(diesel::dsl::max(publication::sequence)).first(connection)?;
    let withdrawals: Option<i32> =
        withdrawal::table.select(diesel::dsl::max(withdrawal::sequence)).first(connection)?;
    let is_of_now = current.is_some_and(|current| current == picture.run.to_string())
        && usize::try_from(releases).is_ok_and(|releases| releases == picture.releases)
        && publications == picture.publications
        && withdrawals == picture.withdrawals;
    // A moment that has come by what was told has not come by the picture.
    let until = picture.until.map(|until| moment_column(TELLING, until)).transpose()?;
    let is_past = |state: &StateRow| until.is_some_and(|until| until <= state.told_as_of);
    if !is_of_now || state.is_some_and(is_past) {
        return Ok(Some(FeedTold::Behind));
    }
    Ok(None)
}

/// A feed that has told nothing; what another one told goes.
fn begin(connection: &mut Connection) -> Result<StateRow, Failure> {
    diesel::delete(feed_item::table).execute(connection)?;
    diesel::delete(feed_event::table).execute(connection)?;
    Ok(StateRow {
        only_row: 1,
        feed: Uuid::now_v7().to_string(),
        newest: 0,
        public_pruned: 0,
        full_pruned: 0,
        told: String::new(),
        told_as_of: String::new(),
    })
}

fn place(state: &StateRow) -> Result<FeedPlace, StoreError> {
    let at = At { table: "feed_state", row: &"its row" };
    let sequence = at.number("newest", state.newest)?;
    Ok(FeedPlace { feed: state.feed.clone(), sequence })
}

/// Finds what has changed since it was told, and notes it as told.
fn compare(connection: &mut Connection, items: &[FeedItem]) -> Result<Vec<Changed>, Failure> {
    let told: Vec<ItemRow> = feed_item::table.select(ItemRow::as_select()).load(connection)?;
    let hashes = |row: ItemRow| ((row.year, row.cds), [row.public_hash, row.full_hash]);
    let mut told: Hashes = told.into_iter().map(hashes).collect();
    let (mut changed, mut gone, mut new) = (Vec::new(), Vec::new(), Vec::new());
    for item in items {
        let key = (year_column(item.year), item.cds.to_string());
        let before = told.remove(&key);
        let now = [item.public, item.full].map(|hash| hash.map(|hash| hash.to_vec()));
        if before.as_ref() == Some(&now) {
            continue;
        }
        if before.is_some() {
            gone.push(key.clone());
        }
        let [was_public, was_full] = before.unwrap_or_default();
        let [public, full] = &now;
        changed.push(Changed {
            year: key.0,
            cds: key.1.clone(),
            county: i16::from(item.cds.county().number()),
            public: change(was_public.as_deref(), public.as_deref()),
            full: change(was_full.as_deref(), full.as_deref()),
        });
        let [public_hash, full_hash] = now;
        new.push(ItemRow { year: key.0, cds: key.1, public_hash, full_hash });
    }
    // What is not in the picture any more.
    for (key, [was_public, was_full]) in told {
        let at = At { table: "feed_item", row: &key.1 };
        changed.push(Changed {
            year: key.0,
            cds: key.1.clone(),
            county: i16::from(at.cds("cds", &key.1)?.county().number()),
            public: change(was_public.as_deref(), None),
            full: change(was_full.as_deref(), None),
        });
        gone.push(key);
    }
    gone.sort_unstable();
    for of_year in gone.chunk_by(|(one, _), (other, _)| one == other) {
        for some in of_year.chunks(TOGETHER) {
            let year = some.first().map_or(0, |(year, _)| *year);
            let codes: Vec<&str> = some.iter().map(|(_, cds)| cds.as_str()).collect();
            let rows = feed_item::table.filter(feed_item::year.eq(year));
            diesel::delete(rows.filter(feed_item::cds.eq_any(codes))).execute(connection)?;
        }
    }
    insert_many!(connection, feed_item::table, new.into_iter());
    Ok(changed)
}

fn change(before: Option<&[u8]>, now: Option<&[u8]>) -> Option<FeedChange> {
    match (before, now) {
        (None, None) => None,
        (None, Some(_)) => Some(FeedChange::Created),
        (Some(_), None) => Some(FeedChange::Withdrawn),
        (Some(before), Some(now)) => (before != now).then_some(FeedChange::Changed),
    }
}

/// Adds an event for each change, and gives the number of the last one.
fn add(connection: &mut Connection, newest: i64, changed: &[Changed]) -> Result<i64, Failure> {
    if changed.is_empty() {
        return Ok(newest);
    }
    let mut changed: Vec<&Changed> = changed.iter().collect();
    changed.sort_by_key(|changed| (changed.public.is_none(), changed.year, &changed.cds));
    let at = moments::next(connection)?;
    let code = |change: Option<FeedChange>| change.map(|change| change.code().to_owned());
    let rows = (newest + 1..).zip(&changed).map(|(sequence, changed)| EventRow {
        sequence,
        year: changed.year,
        cds: changed.cds.clone(),
        county: changed.county,
        public_change: code(changed.public),
        full_change: code(changed.full),
        at: at.clone(),
    });
    insert_many!(connection, feed_event::table, rows);
    Ok(newest.saturating_add(i64::try_from(changed.len()).unwrap_or(i64::MAX)))
}

/// Takes out what is older than the newest events of each stream. Each is counted by itself,
/// so that how long the public's are kept does not depend on what it does not see.
fn prune(connection: &mut Connection, state: &mut StateRow, keep: u64) -> Result<(), Failure> {
    let keep = number(keep);
    let mut some = false;
    if let Some(last) = last_to_go(connection, FeedStream::Public, keep, state)? {
        let old = feed_event::table.filter(feed_event::sequence.le(last));
        diesel::update(old.filter(feed_event::public_change.is_not_null()))
            .set(feed_event::public_change.eq(None::<String>))
            .execute(connection)?;
        (state.public_pruned, some) = (last, true);
    }
    if let Some(last) = last_to_go(connection, FeedStream::Full, keep, state)? {
        let old = feed_event::table.filter(feed_event::sequence.le(last));
        diesel::update(old.filter(feed_event::full_change.is_not_null()))
            .set(feed_event::full_change.eq(None::<String>))
            .execute(connection)?;
        (state.full_pruned, some) = (last, true);
    }
    if some {
        let last = state.public_pruned.max(state.full_pruned);
        let empty = feed_event::table
            .filter(feed_event::sequence.le(last))
            .filter(feed_event::public_change.is_null())
            .filter(feed_event::full_change.is_null());
        diesel::delete(empty).execute(connection)?;
    }
    Ok(())
}

/// The number of the newest event of a stream that is one too many.
fn last_to_go(
    connection: &mut Connection,
    stream: FeedStream,
    keep: i64,
    state: &StateRow,
) -> Result<Option<i64>, Failure> {
    let pruned = match stream {
        FeedStream::Public => state.public_pruned,
        FeedStream::Full => state.full_pruned,
    };
    // There cannot be more than there were numbers.
    if state.newest - pruned <= keep {
        return Ok(None);
    }
    let mut query = feed_event::table
        .order(feed_event::sequence.desc())
        .offset(keep)
        .limit(1)
        .select(feed_event::sequence)
        .into_boxed();
    query = match stream {
        FeedStream::Public => query.filter(feed_event::public_change.is_not_null()),
        FeedStream::Full => query.filter(feed_event::full_change.is_not_null()),
    };
    Ok(query.first(connection).optional()?)
}
