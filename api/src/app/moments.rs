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
use calsos_persistence::{PublicAt, Publication, ReleaseRecord, RunRecord};
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
pub(crate) struct Moments {
    of: BTreeMap<ReleaseNumber, (PublicAt, Option<u32>)>,
    /// Releases that are public since they were taken in, whatever the clock says now: it may
    /// have been set back since.
    taken_in: BTreeSet<ReleaseNumber>,
}

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
        let taken_in = releases
            .iter()
            .filter(|release| release.year.is_none() && !said.contains_key(&release.number));
        Moments {
            of: releases.iter().map(|release| (release.number, moment(release))).collect(),
            taken_in: taken_in.map(|release| release.number).collect(),
        }
    }

    /// From when a release is public.
    pub(crate) fn of_release(&self, number: ReleaseNumber) -> PublicAt {
        self.of.get(&number).map_or(PublicAt::Closed, |(public, _)| *public)
    }

    /// The number of what was said last of a release.
    pub(crate) fn said_of(&self, number: ReleaseNumber) -> Option<u32> {
        self.of.get(&number).and_then(|(_, said)| *said)
    }

    /// What is said of a release, in words of which others are others.
    pub(crate) fn words_of(&self, number: ReleaseNumber) -> String {
        format!("{:?}", self.of.get(&number))
    }

    /// The releases that are not public at a moment.
    pub(crate) fn hidden(&self, now: Timestamp) -> BTreeSet<ReleaseNumber> {
        let hidden = self.of.iter().filter(|(number, (public, _))| {
            !is_public(*public, now) && !self.taken_in.contains(number)
        });
        hidden.map(|(number, _)| *number).collect()
    }

    /// The next moment at which a release becomes public.
    pub(crate) fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let still = self.of.iter().filter(|(number, _)| !self.taken_in.contains(number));
        let moments = still.filter_map(|(_, (public, _))| match public {
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

/// When a run was made.
pub(crate) fn made_at(run: &RunRecord) -> Timestamp {
    run.made_at.parse().unwrap_or(Timestamp::UNIX_EPOCH)
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

/// What is expected where a day is asked for.
pub(crate) const DAY: &str = "a day of California such as 2016-12-12";

/// Reads a day as people write it.
pub(crate) fn day(text: &str) -> Option<Day> {
    Day::parse(text).filter(|_| text.len() == 10)
}

/// What is expected where a moment in the past is asked for.
pub(crate) const AS_OF: &str = "a day of California such as 2016-12-12, or a moment with its \
                                offset such as 2016-12-12T10:00:00-08:00";

/// Reads the moment as of which something is asked: of a day its end, and of the day that it is
/// now, as far as it has come.
pub(crate) fn as_of(text: &str, now: Timestamp) -> Option<Timestamp> {
    if text.len() != 10 {
        return text.parse().ok();
    }
    let day: Date = text.parse().ok()?;
    let begin = first_moment(Day::parse(text)?)?;
    let next = day.checked_add(1.day()).ok().and_then(|day| Day::parse(&day.to_string()))?;
    // The last microsecond: moments are kept to that.
    let end = first_moment(next)?.checked_sub(1.microsecond()).ok()?;
    Some(if begin <= now { end.min(now) } else { end })
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
    fn as_of_a_day_is_as_of_its_end_or_of_now() {
        let now = "2090-12-15T18:00:00.123456Z".parse().unwrap();
        let as_of = |text| as_of(text, now).map(|moment| moment.to_string());
        assert_eq!(as_of("2090-12-14").as_deref(), Some("2090-12-15T07:59:59.999999Z"));
        assert_eq!(as_of("2090-07-01").as_deref(), Some("2090-07-02T06:59:59.999999Z"));
        // The days on which the clocks are changed have 23 and 25 hours.
        assert_eq!(as_of("2090-03-12").as_deref(), Some("2090-03-13T06:59:59.999999Z"));
        assert_eq!(as_of("2090-11-05").as_deref(), Some("2090-11-06T07:59:59.999999Z"));
        assert_eq!(as_of("2090-12-15").as_deref(), Some("2090-12-15T18:00:00.123456Z"));
        assert_eq!(as_of("2090-12-16").as_deref(), Some("2090-12-17T07:59:59.999999Z"));
        let moment = as_of("2090-12-15T10:00:00.5-08:00");
        assert_eq!(moment.as_deref(), Some("2090-12-15T18:00:00.5Z"));
        for text in ["", "now", "closed", "2090-02-30", "2090-12", "2090-12-15T10:00:00"] {
            assert_eq!(as_of(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in ["", "2090", "2090-02-30", "2090-12-15T10:00:00", "tomorrow", "2090-12"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
