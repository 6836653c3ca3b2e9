//! Lists in pages that never mix two runs.

use actix_web::HttpRequest;
use serde::Serialize;
use utoipa::ToSchema;

use super::asked::Asked;

/// How many items a page has where no limit is given.
pub(crate) const LIMIT: usize = 100;

/// How many items a page may have: the whole state in one.
pub(crate) const LIMIT_MOST: usize = 5000;

/// Where a page ends, and how to get the next one.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    /// How many items a page has at most.
    #[schema(example = 100)]
    pub(crate) limit: usize,
    /// The `cursor` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) next: Option<String>,
    /// How many items all pages have together, where `total=true` was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) total: Option<usize>,
}

/// Which page is asked for.
#[derive(Clone, Debug)]
pub(crate) struct PageAsked {
    pub(crate) limit: usize,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) total: bool,
}

/// A place in a list of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) dataset: String,
    /// The last item of the page before.
    pub(crate) after: String,
}

impl Cursor {
    /// The cursor as callers pass it on: hexadecimal digits, whose meaning is nobody's
    /// business.
    pub(crate) fn text(&self) -> String {
        let inner = format!("{}~{}", self.dataset, self.after);
        inner.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    fn parse(text: &str) -> Option<Cursor> {
        let bytes: Vec<u8> = (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
            .collect::<Option<_>>()?;
        let inner = String::from_utf8(bytes).ok()?;
        let (dataset, after) = inner.split_once('~')?;
        Some(Cursor { dataset: dataset.to_owned(), after: after.to_owned() })
    }
}

impl PageAsked {
    /// Reads `limit`, `cursor` and `total`.
    pub(crate) fn of(asked: &mut Asked) -> PageAsked {
        let limit = asked.optional("limit", "a number from 1 to 5000", |text| {
            text.parse().ok().filter(|limit| (1..=LIMIT_MOST).contains(limit))
        });
        let cursor = asked.optional("cursor", "the value of page.next", Cursor::parse);
        let total = asked.flag("total");
        PageAsked { limit: limit.unwrap_or(LIMIT), cursor, total }
    }
}

/// The value of `Link` that leads to the next page.
pub(crate) fn next_link(request: &HttpRequest, next: &str) -> String {
    let mut query: Vec<&str> = request
        .query_string()
        .split('&')
        .filter(|part| !part.is_empty() && !part.starts_with("cursor="))
        .collect();
    let cursor = format!("cursor={next}");
    query.push(&cursor);
    format!("<{}?{}>; rel=\"next\"", request.path(), query.join("&"))
}
