//! What has changed since the caller asked last, for who keeps a copy.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_persistence::{FeedAsked, FeedEvent, FeedRead};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::auth::operation::ListChanges;
use crate::error::AppError;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{DATASET_VERSION, RULEBOOK_VERSION, apart, drawn, json};
use crate::server::asked::Asked;
use crate::server::feed::{FeedOf, Stream, feed_behind};
use crate::server::may::May;
use crate::server::paging::{limit, link_to};
use crate::snapshot::{Item, Snapshot};

/// What has become of one determination.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FeedChange)]
struct Change<'a> {
    /// Its number: each is greater than the one before, and not all of them are given to
    /// everybody.
    #[schema(example = 1)]
    sequence: u64,
    /// `created`, `changed` or `withdrawn`.
    #[schema(example = "changed")]
    change: &'static str,
    /// The LEA's code.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    dashboard_year: u16,
    /// When it was taken up by the feed: UTC.
    #[schema(format = DateTime)]
    at: String,
    /// The determination as lists show it now. Absent where it was withdrawn, and where it has
    /// been since: then that follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<Item<'static>>)]
    determination: Option<&'a RawValue>,
}

/// What has changed since, in order.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Feed)]
struct Feed<'a> {
    items: Vec<Change<'a>>,
    /// The `since` to go on with, also where nothing has changed.
    #[schema(example = "16498.0f3a5b1c2d4e6f78")]
    next: String,
    /// The lowest number that is kept. What was told before is asked for in vain.
    #[schema(example = 1)]
    oldest: u64,
    /// The number of the last change that the caller may know of.
    #[schema(example = 16498)]
    newest: u64,
}

/// A place in the feed, as callers pass it on.
struct Since {
    sequence: u64,
    /// What says whose place it is; the beginning is everybody's.
    mark: Option<String>,
}

impl Since {
    /// Only as it was given out.
    fn parse(text: &str) -> Option<Since> {
        if text == "0" {
            return Some(Since { sequence: 0, mark: None });
        }
        let (number, mark) = text.split_once('.')?;
        let sequence: u64 = number.parse().ok()?;
        let hex = mark.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let sound = mark.len() == 16 && hex && sequence.to_string() == number;
        sound.then(|| Since { sequence, mark: Some(mark.to_owned()) })
    }
}

/// What has changed
///
/// Each determination that was created, changed or withdrawn since the caller asked last, in
/// order, for who keeps a copy. Without `since` there are no items: the `next` that comes is to
/// be had before everything is copied from the lists, and gone on with after that. As long as
/// the items of a page are not none, there may be more of them.
#[utoipa::path(
    tag = "changes", operation_id = "listChanges",
    params(
        ("since" = Option<String>, Query, description = "The `next` that the caller was given last, or 0 for everything from the beginning.", pattern = "^(0|(0|[1-9][0-9]{0,17})\\.[0-9a-f]{16})$", example = "0", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
    ),
    responses(
        (status = 200, description = "What has changed.", body = Feed),
        (status = "4XX", description = "The request was refused; with 410 the copy is to be made anew.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the feed cannot be read now.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/changes")]
pub(crate) async fn list_changes(
    request: HttpRequest,
    may: May<ListChanges>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let since = asked.optional("since", "0, or the value of next,", Since::parse);
    let limit = limit(&mut asked);
    asked.done()?;
    let snapshot = may.current()?;
    let feed = may.feed(since.as_ref().and_then(|since| since.mark.clone())).await?;
    let FeedOf { stream, place, mark, then } = feed;
    let (store, after) = (may.store(), since.as_ref().map(|since| since.sequence));
    let (read, then) = apart(move || {
        let ask = |stream: &Stream, after: Option<u64>| {
            let told = |cds| stream.told(cds);
            let (streams, until) = (stream.streams(), place.sequence);
            let asked = FeedAsked { told: &told, streams: &streams, after, until, limit };
            let read = store.feed(&asked).map_err(AppError::from)?;
            read.filter(|read| read.feed == place.feed).ok_or_else(feed_behind)
        };
        let read = ask(&stream, after)?;
        let then = match then.filter(|_| !read.more) {
            Some((stream, mark)) => Some((ask(&stream, None)?.newest, mark)),
            None => None,
        };
        Ok((read, then))
    })
    .await?;
    if let Some(since) = &since {
        may_go_on(since, &read, &mark)?;
    }
    let newest = read.newest.max(read.pruned);
    let last = match (read.events.last(), &since) {
        (Some(last), _) => last.sequence,
        (None, Some(since)) => since.sequence,
        (None, None) => newest,
    };
    let next = match then {
        Some((newest, mark)) => format!("{}.{mark}", last.max(newest)),
        None => format!("{last}.{mark}"),
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    response.insert_header((DATASET_VERSION, snapshot.headers.dataset.clone()));
    response.insert_header((RULEBOOK_VERSION, snapshot.headers.rulebook.clone()));
    if read.more {
        let link = link_to(request.path(), request.query_string(), ("since", &next));
        response.insert_header(("Link", link));
    }
    let items = read.events.into_iter().map(|event| shown(&snapshot, event)).collect();
    let feed = Feed { items, next, oldest: read.pruned + 1, newest };
    Ok(json(response, drawn(&feed)?.into()))
}

/// Refuses a place from which the feed cannot be told without a gap.
fn may_go_on(since: &Since, read: &FeedRead, mark: &str) -> Result<(), Problem> {
    let why = if since.mark.as_ref().is_some_and(|of| of != mark) || since.sequence > read.last {
        "the place that was given in since is none in what this caller is told: it is another \
         caller's, or the caller sees more or less than when it was given out"
            .to_owned()
    } else if since.sequence < read.pruned {
        format!(
            "changes before number {} are no longer kept, and since asks for what came after {}",
            read.pruned + 1,
            since.sequence
        )
    } else {
        return Ok(());
    };
    let detail = format!(
        "{why}; ask for /v1/changes without since, copy /v1/determinations anew, and go on with \
         the next that came"
    );
    Err(Problem::new(Kind::CopyAnew, detail))
}

fn shown(snapshot: &Snapshot, event: FeedEvent) -> Change<'_> {
    let FeedEvent { sequence, year, cds, change, at } = event;
    let withdrawn = change == calsos_persistence::FeedChange::Withdrawn;
    let place = snapshot.index.find(cds, year).filter(|_| !withdrawn);
    let item = place.map(|place| snapshot.index.item(place));
    Change {
        sequence,
        change: change.code(),
        cds: cds.to_string(),
        dashboard_year: year.number(),
        at,
        determination: item.and_then(|item| serde_json::from_slice(item).ok()),
    }
}
