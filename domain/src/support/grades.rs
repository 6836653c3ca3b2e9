//! Grades, and spans of them.

use std::fmt;

/// A grade: preschool, transitional kindergarten, kindergarten, 1 to 12, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grade(u8);

/// How the grades below the first are written.
const BELOW_FIRST: [&str; 3] = ["P", "TK", "K"];

impl Grade {
    /// What is expected of a grade's text, in words.
    pub const EXPECTED: &'static str = "P, TK, K or a grade from 1 to 12";

    /// Reads a grade: `P`, `TK`, `K` (or `KG`), `1` to `12` (or `01`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Grade> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("KG") {
            return Some(Grade(2));
        }
        if let Some(place) = BELOW_FIRST.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return u8::try_from(place).ok().map(Grade);
        }
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number: u8 = digits.then(|| text.parse().ok()).flatten()?;
        (1..=12).contains(&number).then_some(Grade(number + 2))
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match BELOW_FIRST.get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0 - 2),
        }
    }
}

/// From which grade to which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GradeSpan {
    from: Grade,
    to: Grade,
}

impl GradeSpan {
    /// A span; `None` where it ends before it begins.
    #[must_use]
    pub fn new(from: Grade, to: Grade) -> Option<GradeSpan> {
        (from <= to).then_some(GradeSpan { from, to })
    }

    /// Reads a span as the state's directory writes it, such as `K-12` or `9`; `None` for what
    /// is none, such as `Adult`.
    #[must_use]
    pub fn parse(text: &str) -> Option<GradeSpan> {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        GradeSpan::new(Grade::parse(from)?, Grade::parse(to)?)
    }

    /// The first grade.
    #[must_use]
    pub fn from(self) -> Grade {
        self.from
    }

    /// The last grade.
    #[must_use]
    pub fn to(self) -> Grade {
        self.to
    }

    /// Whether a grade belongs to both.
    #[must_use]
    pub fn overlaps(self, other: GradeSpan) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_are_in_order_and_written_as_they_are_read() {
        let texts = ["P", "TK", "K", "1", "9", "12"];
        let grades: Vec<Grade> = texts.iter().map(|text| Grade::parse(text).unwrap()).collect();
        assert!(grades.is_sorted());
        assert_eq!(grades.iter().map(ToString::to_string).collect::<Vec<_>>(), texts);
        assert_eq!(
            (Grade::parse("kg"), Grade::parse("09")),
            (Grade::parse("K"), Grade::parse("9"))
        );
        for text in ["", "0", "13", "-1", "+1", "012", "Adult", "12-Sep"] {
            assert_eq!(Grade::parse(text), None, "{text}");
        }
    }

    #[test]
    fn spans_that_share_one_grade_overlap_and_neighbours_do_not() {
        let span = |text: &str| GradeSpan::parse(text).unwrap();
        assert!(span("K-8").overlaps(span("8-12")) && span("8-12").overlaps(span("K-8")));
        assert!(!span("K-8").overlaps(span("9-12")) && !span("9-12").overlaps(span("K-8")));
        assert!(span("6").overlaps(span("K-12")));
        assert_eq!((GradeSpan::parse("12-9"), GradeSpan::parse("Adult")), (None, None));
    }
}
