//! The one rule about small numbers of students: where a file is not public, a count below
//! [`SMALLEST_SHOWN`] is not shown, wherever it would stand. What the state has published is
//! shown as it was published.

use std::collections::BTreeSet;

use crate::facts::ReleaseNumber;

/// The smallest count that is shown of a file that is not public. The state publishes no
/// result of fewer students.
pub const SMALLEST_SHOWN: u32 = 11;

/// How counts of students are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counts {
    /// As the file has them.
    AsPublished,
    /// Small ones are not shown.
    Masked,
}

impl Counts {
    /// The count, where it may be shown.
    #[must_use]
    pub fn shown(self, count: u32) -> Option<u32> {
        Some(count).filter(|count| self == Counts::AsPublished || *count >= SMALLEST_SHOWN)
    }

    /// The count in words: `12`, or `fewer than 11`.
    #[must_use]
    pub fn words(self, count: u32) -> String {
        match self.shown(count) {
            Some(count) => count.to_string(),
            None => format!("fewer than {SMALLEST_SHOWN}"),
        }
    }

    /// The count with its unit: `1 student`, `12 students`, `fewer than 11 students`.
    #[must_use]
    pub fn students(self, count: u32) -> String {
        match self.shown(count) {
            Some(1) => "1 student".to_owned(),
            _ => format!("{} students", self.words(count)),
        }
    }
}

/// The releases of which small counts are not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masking(BTreeSet<ReleaseNumber>);

impl Masking {
    /// Masks the small counts of these releases.
    #[must_use]
    pub fn of(releases: BTreeSet<ReleaseNumber>) -> Masking {
        Masking(releases)
    }

    /// How the counts of a release are shown.
    #[must_use]
    pub fn counts(&self, release: ReleaseNumber) -> Counts {
        if self.0.contains(&release) { Counts::Masked } else { Counts::AsPublished }
    }

    /// Whether any of these releases has masked counts.
    pub fn concerns(&self, releases: impl IntoIterator<Item = ReleaseNumber>) -> bool {
        releases.into_iter().any(|release| self.0.contains(&release))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_masked_below_eleven_and_only_where_the_file_is_not_public() {
        let masking = Masking::of(BTreeSet::from([ReleaseNumber(7)]));
        let (masked, published) =
            (masking.counts(ReleaseNumber(7)), masking.counts(ReleaseNumber(8)));
        for count in [0, 1, 10] {
            assert_eq!(masked.shown(count), None);
            assert_eq!(masked.students(count), "fewer than 11 students");
            assert_eq!(published.shown(count), Some(count));
        }
        assert_eq!((masked.shown(11), masked.words(11)), (Some(11), "11".to_owned()));
        assert_eq!(published.students(1), "1 student");
        assert_eq!(published.students(10), "10 students");
        assert!(masking.concerns([ReleaseNumber(8), ReleaseNumber(7)]));
        assert!(!masking.concerns([ReleaseNumber(8)]));
    }
}
