//! The three years that meet in one answer, and days of the calendar.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Dashboard year: the spring year that the state puts in its files' names. The
/// Dashboard of year Y comes out at the end of calendar year Y, shows data of school
/// year (Y-1)-Y and drives support in school year Y-(Y+1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct DashboardYear(u16);

impl DashboardYear {
    /// A year from its number; `None` outside 2000 to 2099.
    #[must_use]
    pub fn new(year: u16) -> Option<DashboardYear> {
        (2000..=2099).contains(&year).then_some(DashboardYear(year))
    }

    /// Reads a year as the files write it: `2023`, `2023.0` or `2017f`.
    #[must_use]
    pub fn parse(text: &str) -> Option<DashboardYear> {
        let text = text.trim();
        let (digits, rest) = text.split_at_checked(4)?;
        let known = rest.is_empty() || rest.eq_ignore_ascii_case("f") || rest == ".0";
        if !known {
            return None;
        }
        DashboardYear::new(digits.parse().ok()?)
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u16 {
        self.0
    }

    /// The school year that the data are about, such as `2022-23`.
    #[must_use]
    pub fn data_school_year(self) -> String {
        format!("{}-{:02}", self.0 - 1, self.0 % 100)
    }

    /// The last day of the calendar year.
    #[must_use]
    pub fn last_day(self) -> Day {
        Day { year: self.0, month: 12, day: 31 }
    }

    /// The school year in which support follows, such as `2023-24`.
    #[must_use]
    pub fn support_school_year(self) -> String {
        format!("{}-{:02}", self.0, (self.0 + 1) % 100)
    }

    /// The first day of the school year in which support follows.
    #[must_use]
    pub fn support_begins(self) -> Day {
        Day { year: self.0, month: 7, day: 1 }
    }

    /// The last day of the school year that is the `years`th, counted from the one in which
    /// support follows.
    #[must_use]
    pub fn support_ends(self, years: u8) -> Day {
        Day { year: self.0 + u16::from(years), month: 6, day: 30 }
    }
}

impl fmt::Display for DashboardYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A day of the calendar, or a month where only that is known (`day` 0). Ordered by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// A day; `None` where month or day cannot be. `day` 0 means that only the month is known.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Day> {
        (day <= days_of(year, month)?).then_some(Day { year, month, day })
    }

    /// The day before. Of a month without a day, the last day before the month.
    #[must_use]
    pub fn before(self) -> Day {
        let Day { year, month, day } = self;
        if day > 1 {
            return Day { day: day - 1, ..self };
        }
        let (year, month) =
            if month == 1 { (year.saturating_sub(1), 12) } else { (year, month - 1) };
        Day { year, month, day: days_of(year, month).unwrap_or(day) }
    }

    /// The day after. Of a month without a day, the first day after it.
    #[must_use]
    pub fn after(self) -> Day {
        let Day { year, month, day } = self;
        if day > 0 && days_of(year, month).is_some_and(|days| day < days) {
            return Day { day: day + 1, ..self };
        }
        Day { day: 0, ..self }.or_end_of_month()
    }

    /// The day itself. Of a month without a day, the first day on which the month is over.
    #[must_use]
    pub fn or_end_of_month(self) -> Day {
        match self {
            Day { year, month: 12, day: 0 } => Day { year: year + 1, month: 1, day: 1 },
            Day { year, month, day: 0 } => Day { year, month: month + 1, day: 1 },
            day => day,
        }
    }

    /// The calendar year.
    #[must_use]
    pub fn year(self) -> u16 {
        self.year
    }

    /// Parses `YYYY-MM-DD` or `YYYY-MM`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Day> {
        if !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return None;
        }
        let mut parts = text.split('-');
        let year = parts.next().filter(|p| p.len() == 4)?.parse().ok()?;
        let month = parts.next().filter(|p| p.len() == 2)?.parse().ok()?;
        let day = match parts.next() {
            Some(part) if part.len() == 2 => part.parse().ok().filter(|d| *d > 0)?,
            Some(_) => return None,
            None => 0,
        };
        if parts.next().is_some() {
            return None;
        }
        Day::new(year, month, day)
    }
}

/// How many days a month has; `None` where there is no such month.
fn days_of(year: u16, month: u8) -> Option<u8> {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => Some(29),
        2 => Some(28),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.day == 0 {
            write!(f, "{:04}-{:02}", self.year, self.month)
        } else {
            write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dashboard_year_names_the_school_years_of_data_and_support() {
        let year = DashboardYear::new(2099).unwrap();
        assert_eq!(year.data_school_year(), "2098-99");
        assert_eq!(year.support_school_year(), "2099-00");
        assert!(DashboardYear::new(1999).is_none() && DashboardYear::new(2100).is_none());
    }

    #[test]
    fn the_fall_token_and_a_spreadsheet_number_are_years_and_a_school_year_is_not() {
        assert_eq!(DashboardYear::parse("2017f"), DashboardYear::new(2017));
        assert_eq!(DashboardYear::parse(" 2023.0"), DashboardYear::new(2023));
        assert_eq!(DashboardYear::parse("2023-24"), None);
        assert_eq!(DashboardYear::parse("23"), None);
    }

    #[test]
    fn the_day_before_is_in_the_month_or_year_before_where_there_is_none_in_this() {
        let before = |day: &str| Day::parse(day).unwrap().before().to_string();
        assert_eq!(before("2024-11-21"), "2024-11-20");
        assert_eq!(before("2024-11-01"), "2024-10-31");
        assert_eq!(before("2024-01-01"), "2023-12-31");
        assert_eq!(before("2024-03-01"), "2024-02-29");
        assert_eq!(before("2023-03-01"), "2023-02-28");
        assert_eq!(before("2017-12"), "2017-11-30");
    }

    #[test]
    fn the_day_after_is_in_the_month_or_year_after_where_there_is_none_in_this() {
        let after = |day: &str| Day::parse(day).unwrap().after().to_string();
        assert_eq!(after("2024-11-20"), "2024-11-21");
        assert_eq!(after("2024-10-31"), "2024-11-01");
        assert_eq!(after("2023-12-31"), "2024-01-01");
        assert_eq!(after("2024-02-28"), "2024-02-29");
        assert_eq!(after("2023-02-28"), "2023-03-01");
        assert_eq!(after("2017-12"), "2018-01-01");
    }

    #[test]
    fn of_a_month_without_a_day_the_first_day_after_it_is_taken() {
        let taken = |day: &str| Day::parse(day).unwrap().or_end_of_month().to_string();
        assert_eq!(taken("2017-12"), "2018-01-01");
        assert_eq!(taken("2017-11"), "2017-12-01");
        assert_eq!(taken("2017-12-31"), "2017-12-31");
    }

    #[test]
    fn support_begins_and_ends_with_school_years() {
        let year = DashboardYear::new(2023).unwrap();
        assert_eq!(year.support_begins().to_string(), "2023-07-01");
        assert_eq!(year.support_ends(1).to_string(), "2024-06-30");
        assert_eq!(year.support_ends(2).to_string(), "2025-06-30");
    }

    #[test]
    fn a_month_without_a_day_comes_before_its_days() {
        assert!(Day::parse("2019-12").unwrap() < Day::parse("2019-12-01").unwrap());
        assert!(Day::parse("2019-12").unwrap() < Day::parse("2020-03").unwrap());
        assert!(Day::parse("2023-02-29").is_none() && Day::parse("2024-02-29").is_some());
        assert!(Day::parse("2024-02-00").is_none());
        for signed in ["+024-01-01", "2024-+1-01", "2024-01-+1"] {
            assert!(Day::parse(signed).is_none(), "{signed}");
        }
        assert_eq!(Day::parse("2024-11-21").unwrap().to_string(), "2024-11-21");
    }
}
