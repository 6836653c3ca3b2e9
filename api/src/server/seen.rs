//! What callers have seen, and whether what is served may be older: of several processes on one
//! database, one may not have taken up yet what another has shown already.
//!
//! A caller that sends back the `Dataset-Version` of what it saw is never shown an older one.
//! Nobody can tell from a version alone whether it is newer. But all that any process shows is
//! in the database before: who has looked there since the caller asked shows nothing older.

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue};
use jiff::Timestamp;

use super::Service;
use super::answers::DATASET_VERSION;
use crate::problem::{Kind, Problem};
use crate::snapshot::Snapshot;

/// Says since when the database has not been asked for news with success.
pub(crate) const UNCHECKED_SINCE: HeaderName = HeaderName::from_static("dataset-unchecked-since");

/// How long a version may be: more than any of ours has.
const VERSION_LETTERS: usize = 200;

/// The database does not say whether there is something new.
pub(crate) struct Unchecked {
    /// When it last did.
    pub(crate) since: Timestamp,
    /// The same for a header.
    pub(crate) header: HeaderValue,
}

impl Unchecked {
    pub(super) fn since(since: Timestamp) -> Unchecked {
        let header = HeaderValue::from_str(&format!("{since:.6}"));
        Unchecked { since, header: header.unwrap_or(HeaderValue::from_static("unknown")) }
    }
}

/// The version that a caller says it has seen.
pub(crate) fn seen_by(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(seen) = request.headers().get(DATASET_VERSION) else { return Ok(None) };
    let text = seen.to_str().ok().filter(|text| text.len() <= VERSION_LETTERS);
    let text = text.ok_or_else(|| {
        let detail = "the header Dataset-Version is none that was given by this service; send \
                      back what a response had, or leave it out";
        Problem::new(Kind::InvalidParameter, detail)
    })?;
    Ok(Some(text.to_owned()))
}

impl Service {
    /// Whether what a caller has seen is known to be no newer than what it would be shown.
    pub(crate) fn is_caught_up_with(&self, seen: &str, shown: Option<&Snapshot>) -> bool {
        shown.is_some_and(|shown| shown.dataset() == seen)
            || self.has_served(seen)
            || self.not_newer.contains_key(seen)
    }

    /// Looks into the database, after which nothing older than what a caller has seen is
    /// served.
    pub(crate) fn catch_up_with(&self, seen: String) -> Result<(), Problem> {
        self.look(None).map_err(|problem| {
            log::warn!("the database could not be asked for news: {problem}");
            Problem::new(
                Kind::NotCaughtUp,
                "what you have seen may be newer than what is known here, and the database did \
                 not answer; ask again in a few seconds, or without Dataset-Version for what is \
                 known here",
            )
        })?;
        self.not_newer.insert(seen, ());
        Ok(())
    }
}
