//! Lists in pages that never mix two runs.

use actix_web::HttpRequest;
use actix_web::web::Query;
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

    pub(crate) fn parse(text: &str) -> Option<Cursor> {
        // Only as they are written: a number may otherwise have a sign or capitals.
        if !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
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
        let page = PageAsked::without_total(asked);
        PageAsked { total: asked.flag("total"), ..page }
    }

    /// Reads `limit` and `cursor`, for a list that is not counted.
    pub(crate) fn without_total(asked: &mut Asked) -> PageAsked {
        let limit = limit(asked);
        let cursor = asked.optional("cursor", "the value of page.next", Cursor::parse);
        PageAsked { limit, cursor, total: false }
    }
}

/// Reads `limit`.
pub(crate) fn limit(asked: &mut Asked) -> usize {
    let limit = asked.optional("limit", "a number from 1 to 5000", |text| {
        text.parse().ok().filter(|limit| (1..=LIMIT_MOST).contains(limit))
    });
    limit.unwrap_or(LIMIT)
}

/// The value of `Link` that leads to the next page.
pub(crate) fn next_link(request: &HttpRequest, next: &str) -> String {
    link_to(request.path(), request.query_string(), ("cursor", next))
}

/// Whether a part of a query is a parameter, however its name is written.
fn is_parameter(part: &str, wanted: &str) -> bool {
    let pairs = Query::<Vec<(String, String)>>::from_query(part);
    pairs.is_ok_and(|pairs| pairs.iter().any(|(name, _)| name == wanted))
}

/// The same of a path and a query, by the parameter that says where to go on.
pub(crate) fn link_to(path: &str, query: &str, (name, next): (&str, &str)) -> String {
    let mut query: Vec<&str> =
        query.split('&').filter(|part| !part.is_empty() && !is_parameter(part, name)).collect();
    let place = format!("{name}={next}");
    query.push(&place);
    format!("<{path}?{}>; rel=\"next\"", query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_not_otherwise() {
        let cursor = Cursor { dataset: "1-2".to_owned(), after: "2025.~\u{f1}".to_owned() };
        assert_eq!(Cursor::parse(&cursor.text()), Some(cursor.clone()));
        // A plus is a sign to what reads numbers, and a capital the same digit.
        for text in ["+a7e", "7E", "7", "", &cursor.text().to_uppercase()] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_next_link_has_one_cursor_however_the_last_one_was_written() {
        for query in ["limit=2", "limit=2&cursor=7e", "%63ursor=7e&limit=2&", "cursor&limit=2"] {
            let expected = "</x?limit=2&cursor=7e7e>; rel=\"next\"";
            assert_eq!(link_to("/x", query, ("cursor", "7e7e")), expected, "{query}");
        }
    }
}
