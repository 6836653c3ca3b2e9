//! From when the files that were taken in are public.
//!
//! A file of a Dashboard year is public from the day on which that year's Dashboard came out,
//! by the year's edition, unless something else was said of the file itself. A year without
//! such a day is closed. A file without a year, such as a table of an operator, is public
//! from when it was taken in.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::facts::ReleaseNumber;
use calsos_domain::rulebook::Rulebooks;
use calsos_domain::year::Day;
use calsos_persistence::{PublicAt, Publication, ReleaseRecord};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::Office;
use crate::error::AppError;

/// The time of day in California, by the rule that has held since 2007.
const CALIFORNIA: &str = "PST8PDT,M3.2.0,M11.1.0";

/// What is expected where a moment is asked for.
pub(crate) const EXPECTED: &str = "a day of California such as 2090-12-15, a moment with its \
                                   offset such as 2090-12-15T10:00:00-08:00, now, or closed";

/// From when each release is public, and the number of the publication that says so, where
/// one does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moments(BTreeMap<ReleaseNumber, (PublicAt, Option<u32>)>);

impl Office {
    /// From when each release is public.
    pub(crate) fn moments(&self, releases: &[ReleaseRecord]) -> Result<Moments, AppError> {
        Ok(Moments::of(&self.books, releases, &self.store.publications()?))
    }
}

impl Moments {
    /// By what was said of each release, else by the editions.
    pub(crate) fn of(
        books: &Rulebooks,
        releases: &[ReleaseRecord],
        said: &BTreeMap<ReleaseNumber, Publication>,
    ) -> Moments {
        let moment = |release: &ReleaseRecord| match said.get(&release.number) {
            Some(said) => (said.public_at, Some(said.sequence)),
            None => (by_rule(books, release), None),
        };
        Moments(releases.iter().map(|release| (release.number, moment(release))).collect())
    }

    /// From when a release is public.
    pub(crate) fn of_release(&self, number: ReleaseNumber) -> PublicAt {
        self.0.get(&number).map_or(PublicAt::Closed, |(public, _)| *public)
    }

    /// The number of what was said last of a release.
    pub(crate) fn said_of(&self, number: ReleaseNumber) -> Option<u32> {
        self.0.get(&number).and_then(|(_, said)| *said)
    }

    /// What is said of a release, in words of which others are others.
    pub(crate) fn words_of(&self, number: ReleaseNumber) -> String {
        format!("{:?}", self.0.get(&number))
    }

    /// The releases that are not public at a moment.
    pub(crate) fn hidden(&self, now: Timestamp) -> BTreeSet<ReleaseNumber> {
        let hidden = self.0.iter().filter(|(_, (public, _))| !is_public(*public, now));
        hidden.map(|(number, _)| *number).collect()
    }

    /// The next moment at which a release becomes public.
    pub(crate) fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let moments = self.0.values().filter_map(|(public, _)| match public {
            PublicAt::From(moment) if *moment > now => Some(*moment),
            PublicAt::From(_) | PublicAt::Closed => None,
        });
        moments.min()
    }
}

/// Whether what is public from a moment is so at another.
pub(crate) fn is_public(public: PublicAt, now: Timestamp) -> bool {
    matches!(public, PublicAt::From(moment) if moment <= now)
}

/// From when a release is public of which nothing was said.
pub(crate) fn by_rule(books: &Rulebooks, release: &ReleaseRecord) -> PublicAt {
    let moment = match release.year {
        Some(year) => books.edition(year).and_then(|edition| first_moment(edition.public_date?)),
        None => release.imported_at.parse().ok(),
    };
    moment.map_or(PublicAt::Closed, PublicAt::From)
}

/// The first moment of a day in California. Of a month without a day, the first moment after
/// it: nothing is public before it was.
pub(crate) fn first_moment(day: Day) -> Option<Timestamp> {
    let text = day.to_string();
    let date: Date = match text.len() {
        7 => format!("{text}-01").parse::<Date>().ok()?.checked_add(1.month()).ok()?,
        _ => text.parse().ok()?,
    };
    let california = TimeZone::posix(CALIFORNIA).ok()?;
    Some(date.to_zoned(california).ok()?.timestamp())
}

/// The day in California.
pub(crate) fn today(now: Timestamp) -> Option<Day> {
    let california = TimeZone::posix(CALIFORNIA).ok()?;
    Day::parse(&now.to_zoned(california).date().to_string())
}

/// Reads a moment as people write it.
pub(crate) fn parse(text: &str) -> Option<PublicAt> {
    match text {
        "closed" => return Some(PublicAt::Closed),
        // To the microsecond, as it is kept.
        "now" => {
            let now = Timestamp::now().as_microsecond();
            return Timestamp::from_microsecond(now).ok().map(PublicAt::From);
        }
        _ => {}
    }
    if text.len() == 10 {
        return Day::parse(text).and_then(first_moment).map(PublicAt::From);
    }
    text.parse().ok().map(PublicAt::From)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Option<String> {
        match parse(text)? {
            PublicAt::From(moment) => Some(moment.to_string()),
            PublicAt::Closed => Some("closed".to_owned()),
        }
    }

    #[test]
    fn a_day_begins_in_california_in_winter_and_in_summer() {
        assert_eq!(moment("2090-12-15").as_deref(), Some("2090-12-15T08:00:00Z"));
        assert_eq!(moment("2090-07-01").as_deref(), Some("2090-07-01T07:00:00Z"));
        assert_eq!(moment("closed").as_deref(), Some("closed"));
        let with_offset = moment("2090-12-15T10:00:00-08:00");
        assert_eq!(with_offset.as_deref(), Some("2090-12-15T18:00:00Z"));
    }

    #[test]
    fn a_month_without_a_day_is_public_when_it_is_over() {
        let moment = |text| first_moment(Day::parse(text).unwrap()).unwrap().to_string();
        assert_eq!(moment("2090-12"), "2091-01-01T08:00:00Z");
        assert_eq!(moment("2090-02"), "2090-03-01T08:00:00Z");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "2090", "2090-02-30", "2090-12-15T10:00:00", "tomorrow", "2090-12"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
