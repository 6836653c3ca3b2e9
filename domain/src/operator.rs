//! What operators enter about LEAs and counties, because the state publishes no table of it:
//! geographic lead agencies, where charter schools are located, federal (NCES) ids.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cds::{CdsCode, CountyCode};
use crate::year::Day;

/// From which day to which something holds; both days belong to it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Span {
    /// The first day; `None` where it always held.
    pub from: Option<Day>,
    /// The last day; `None` where it still holds.
    pub until: Option<Day>,
}

impl Span {
    /// Whether the day belongs to it.
    #[must_use]
    pub fn includes(self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }

    /// Whether the last day is not before the first.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        match (self.from, self.until) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        }
    }

    /// Whether a day belongs to both.
    #[must_use]
    pub fn overlaps(self, other: Span) -> bool {
        let begins_before_the_end = |a: Span, b: Span| match (a.from, b.until) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        };
        begins_before_the_end(self, other) && begins_before_the_end(other, self)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.until) {
            (None, None) => f.write_str("always"),
            (Some(from), None) => write!(f, "from {from}"),
            (None, Some(until)) => write!(f, "until {until}"),
            (Some(from), Some(until)) => write!(f, "{from} to {until}"),
        }
    }
}

/// The geographic lead agency of a county.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeographicLeadRow {
    /// Row of the file, the header being row 1.
    pub row: u32,
    /// The county.
    pub county: CountyCode,
    /// The lead agency, in words.
    pub agency: String,
    /// When it was so.
    pub held: Span,
    /// Where this is known from.
    pub source: String,
}

/// The county in which a charter school is located, whichever county authorized it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CharterLocationRow {
    /// Row of the file, the header being row 1.
    pub row: u32,
    /// The charter school.
    pub cds: CdsCode,
    /// The county.
    pub county: CountyCode,
    /// When it was so.
    pub held: Span,
    /// Where this is known from.
    pub source: String,
}

/// The federal (NCES) ids of an LEA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NcesIdRow {
    /// Row of the file, the header being row 1.
    pub row: u32,
    /// The LEA.
    pub cds: CdsCode,
    /// Id of the district, seven digits.
    pub district: String,
    /// Id of the school within it, five digits; a charter school has one.
    pub school: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, until: &str) -> Span {
        Span { from: Day::parse(from), until: Day::parse(until) }
    }

    #[test]
    fn both_ends_belong_to_a_span_and_the_days_beside_them_do_not() {
        let span = span("2090-07-01", "2093-06-30");
        let includes = |day: &str| span.includes(Day::parse(day).unwrap());
        assert!(includes("2090-07-01") && includes("2093-06-30"));
        assert!(!includes("2090-06-30") && !includes("2093-07-01"));
        assert!(Span::default().includes(Day::parse("2001-01-01").unwrap()));
    }

    #[test]
    fn spans_that_share_one_day_overlap_and_neighbours_do_not() {
        let first = span("2090-07-01", "2093-06-30");
        assert!(first.overlaps(span("2093-06-30", "")) && span("2093-06-30", "").overlaps(first));
        assert!(!first.overlaps(span("2093-07-01", "")) && !span("2093-07-01", "").overlaps(first));
        assert!(first.overlaps(Span::default()) && Span::default().overlaps(first));
        assert!(!first.overlaps(span("", "2090-06-30")));
    }

    #[test]
    fn a_span_of_one_day_is_ordered_and_one_that_ends_before_is_not() {
        assert!(span("2090-07-01", "2090-07-01").is_ordered());
        assert!(!span("2090-07-01", "2090-06-30").is_ordered());
    }
}
