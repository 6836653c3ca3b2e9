//! The feed: who is told of what, and how it is brought up to what is served.
//!
//! What has changed is told in the database, by any of the processes that serve it. A process
//! tells its callers no more of that than it serves itself: what it shows is never older than
//! what it has told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::year::DashboardYear;
use calsos_persistence::{FeedItem, FeedPicture, FeedPlace, FeedStream, FeedTold};
use sha2::{Digest as _, Sha256};

use super::Service;
use super::audience::Audience;
use super::served::Served;
use crate::auth::reach::Reach;
use crate::error::AppError;
use crate::problem::{Kind, Problem};

/// How the feed is told.
#[derive(Debug)]
pub(super) struct Feed {
    /// How many events of each stream are kept.
    keep: u64,
    /// Is held while something is told: nobody tells what another is telling.
    telling: Mutex<()>,
}

impl Feed {
    pub(super) fn keeping(keep: u64) -> Feed {
        Feed { keep, telling: Mutex::default() }
    }
}

/// How far callers may be told the feed by who serves a picture.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// As far as before the picture was served.
    before: Option<FeedPlace>,
    /// Up to the picture.
    own: OnceLock<FeedPlace>,
}

impl Told {
    /// Of a picture that is served after another.
    pub(super) fn after(before: Option<&Told>) -> Told {
        let before = before.and_then(|before| before.own.get().or(before.before.as_ref()));
        Told { before: before.cloned(), own: OnceLock::new() }
    }
}

/// Who is told of what: a stream of the feed for each LEA.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    /// Of LEAs that are reached, where they are told of otherwise than the others.
    own: Option<(Reach, FeedStream)>,
    /// Of the others, if at all.
    others: Option<FeedStream>,
}

impl Stream {
    /// Of an agency's own LEAs everything or what is public, and of the others what is public,
    /// if anything.
    fn within(reach: Reach, more: bool, others: bool) -> Stream {
        let stream = if more { FeedStream::Full } else { FeedStream::Public };
        let own = Some((reach, stream)).filter(|_| more || !others);
        Stream { own, others: others.then_some(FeedStream::Public) }
    }

    /// By which stream an LEA is told of.
    pub(crate) fn told(&self, cds: CdsCode) -> Option<FeedStream> {
        match &self.own {
            Some((reach, stream)) if reach.contains(cds) => Some(*stream),
            _ => self.others,
        }
    }

    /// The streams that are read, each with the counties of the codes that it tells of.
    pub(crate) fn streams(&self) -> Vec<(FeedStream, Option<Vec<CountyCode>>)> {
        let own = self.own.iter().map(|(reach, stream)| {
            let counties = reach.counties_of_codes();
            (*stream, counties.map(|counties| counties.into_iter().collect()))
        });
        own.chain(self.others.map(|stream| (stream, None))).collect()
    }

    /// What a place in a feed is marked with, so that nobody goes on there who is told of
    /// something else: 16 hexadecimal digits.
    pub(crate) fn mark(&self, feed: &str) -> String {
        let own = self.own.as_ref();
        let own = own.map(|(reach, stream)| format!("{stream:?} of {}", reach.words()));
        let words = format!("{feed} {own:?} {:?}", self.others);
        let hash = Sha256::digest(words);
        hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What of the feed a caller is told.
pub(crate) struct FeedOf {
    pub(crate) stream: Stream,
    /// How far.
    pub(crate) place: FeedPlace,
    /// What places in it are marked with.
    pub(crate) mark: String,
    /// By what the caller is told when that has come to its end, where it is something else,
    /// and what its places are marked with.
    pub(crate) then: Option<(Stream, String)>,
}

impl Served {
    /// What of the feed an audience is told, who goes on where this mark was given out.
    pub(super) fn feed_of(
        &self,
        audience: &Audience,
        place: FeedPlace,
        mark: Option<&str>,
    ) -> FeedOf {
        let stream = self.stream(audience);
        let now = stream.mark(&place.feed);
        // Who was told of its own LEAs by the other stream is so up to where both come to the
        // same, as where everything has become public, and by the one from there on.
        let is_told = self.told.own.get() == Some(&place);
        if let Some(mark) = mark.filter(|mark| *mark != now && is_told)
            && let Some(other) = self.other_stream(audience)
            && other.mark(&place.feed) == mark
        {
            let then = Some((stream, now));
            return FeedOf { stream: other, place, mark: mark.to_owned(), then };
        }
        FeedOf { stream, place, mark: now, then: None }
    }

    /// By what an audience is told: by what its picture shows.
    fn stream(&self, audience: &Audience) -> Stream {
        let (own, others) = match audience {
            Audience::Public => (None, Some(FeedStream::Public)),
            Audience::Full => (None, Some(FeedStream::Full)),
            Audience::Nothing => (None, None),
            Audience::Within { agency, preview, others } => {
                let reach = self.reach(Some(agency));
                let more = *preview && self.pictures.has_more_for(&reach);
                return Stream::within(reach, more, *others);
            }
        };
        Stream { own, others }
    }

    /// By what an audience would be told that sees more of its own LEAs at some times, if this
    /// were another time; `None` where what it sees of them is not the same now.
    fn other_stream(&self, audience: &Audience) -> Option<Stream> {
        let Audience::Within { agency, preview: true, others } = audience else { return None };
        let reach = self.reach(Some(agency));
        let more = self.pictures.has_more_for(&reach);
        let same = self.pictures.full.shows_same(&self.pictures.public, |cds| reach.contains(cds));
        same.then(|| Stream::within(reach, !more, *others))
    }

    /// What both streams of the feed are to have told.
    fn feed_items(&self) -> Vec<FeedItem> {
        let mut seen: BTreeMap<(DashboardYear, CdsCode), FeedItem> = BTreeMap::new();
        let same = Arc::ptr_eq(&self.pictures.full, &self.pictures.public);
        for (year, cds, hash) in self.pictures.full.shown() {
            let public = same.then_some(hash);
            seen.insert((year, cds), FeedItem { year, cds, public, full: Some(hash) });
        }
        for (year, cds, hash) in self.pictures.public.shown().filter(|_| !same) {
            let none = FeedItem { year, cds, public: None, full: None };
            seen.entry((year, cds)).or_insert(none).public = Some(hash);
        }
        seen.into_values().collect()
    }
}

impl Service {
    /// Brings the feed up to what is served, unless it is.
    pub(super) fn tell_what_is_served(&self) -> Result<(), AppError> {
        let Some(served) = self.served.load_full() else { return Ok(()) };
        if served.told.own.get().is_some() {
            return Ok(());
        }
        let _one_at_a_time = self.feed.telling.lock().unwrap_or_else(PoisonError::into_inner);
        self.tell(&served)
    }

    /// How far callers may be told the feed by what is served: up to it, or, where that has
    /// not been told yet and cannot be told at once, as far as before.
    pub(super) fn feed_place(&self, served: &Served) -> Result<FeedPlace, Problem> {
        if let Some(place) = served.told.own.get() {
            return Ok(place.clone());
        }
        match &served.told.before {
            None => {
                let _one = self.feed.telling.lock().unwrap_or_else(PoisonError::into_inner);
                self.tell(served)?;
            }
            Some(_) => {
                // Whoever waits for a writer of the database does so alone.
                if let Ok(_one) = self.feed.telling.try_lock()
                    && let Err(problem) = self.tell(served)
                {
                    log::warn!("the feed could not be told what has changed: {problem}");
                }
            }
        }
        let place = served.told.own.get().or(served.told.before.as_ref());
        place.cloned().ok_or_else(feed_behind)
    }

    /// Tells what is served. Where the database has something newer, that will be told when it
    /// is served.
    fn tell(&self, served: &Served) -> Result<(), AppError> {
        if served.told.own.get().is_some() {
            return Ok(());
        }
        let name =
            format!("{} {}", served.pictures.public.dataset(), served.pictures.full.dataset());
        let picture = FeedPicture {
            run: served.made_from.run,
            releases: served.made_from.releases,
            publications: served.made_from.publications,
            withdrawals: served.made_from.withdrawals,
            name: &name,
            as_of: served.as_of,
            until: served.until,
        };
        let store = &self.office.store;
        let told = match store.feed_told(&picture)? {
            Some(told) => told,
            None => store.tell_feed(&picture, &served.feed_items(), self.feed.keep)?,
        };
        if let FeedTold::Told(place) = told {
            // Nobody else sets it: one tells at a time.
            let _ = served.told.own.set(place);
        }
        Ok(())
    }
}

/// Says that the feed has to be asked for again.
pub(crate) fn feed_behind() -> Problem {
    Problem::new(
        Kind::FeedBehind,
        "the database has something newer than is served here, which is being taken up; ask again \
         in a few seconds",
    )
}
