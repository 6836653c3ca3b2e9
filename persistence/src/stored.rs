//! Reading single stored values back: each is checked, and a wrong one is told with its
//! table, row and column.

use std::fmt;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::lea::LeaType;
use calsos_domain::release::ReleaseKind;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::{DashboardYear, Day};
use jiff::Timestamp;

use crate::error::StoreError;
use calsos_domain::facts::ReleaseNumber;

/// The row that a value stands in.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) table: &'static str,
    pub(crate) row: &'a dyn fmt::Display,
}

/// The key of a row of a release.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) release: i32,
    pub(crate) place: i32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "release {}, place {}", self.release, self.place)
    }
}

impl At<'_> {
    pub(crate) fn corrupt(&self, problem: String) -> StoreError {
        StoreError::Corrupt { table: self.table, row: self.row.to_string(), problem }
    }

    /// The value, or what was found in its column.
    pub(crate) fn value<T>(
        &self,
        column: &'static str,
        found: impl fmt::Display,
        value: Option<T>,
    ) -> Result<T, StoreError> {
        value.ok_or_else(|| self.corrupt(format!("{column} '{found}' cannot be read")))
    }

    /// One of some words, spelt as it is stored: files spell them in many ways, the database
    /// in one.
    pub(crate) fn word<T: Copy>(
        &self,
        column: &'static str,
        found: &str,
        value: Option<T>,
        stored_as: impl Fn(T) -> &'static str,
    ) -> Result<T, StoreError> {
        self.value(column, found, value.filter(|value| stored_as(*value) == found))
    }

    /// A whole number of a narrower type.
    pub(crate) fn number<T: TryFrom<i64>>(
        &self,
        column: &'static str,
        found: impl Into<i64>,
    ) -> Result<T, StoreError> {
        let found = found.into();
        self.value(column, found, T::try_from(found).ok())
    }

    /// The same for a column that may be empty.
    pub(crate) fn optional_number<T: TryFrom<i64>>(
        &self,
        column: &'static str,
        found: Option<impl Into<i64>>,
    ) -> Result<Option<T>, StoreError> {
        found.map(|found| self.number(column, found)).transpose()
    }

    pub(crate) fn cds(&self, column: &'static str, found: &str) -> Result<CdsCode, StoreError> {
        self.value(column, found, CdsCode::parse(found).ok())
    }

    pub(crate) fn year(
        &self,
        column: &'static str,
        found: i32,
    ) -> Result<DashboardYear, StoreError> {
        let year = u16::try_from(found).ok().and_then(DashboardYear::new);
        self.value(column, found, year)
    }

    pub(crate) fn day(&self, column: &'static str, found: &str) -> Result<Day, StoreError> {
        self.value(column, found, Day::parse(found))
    }

    pub(crate) fn group(
        &self,
        column: &'static str,
        found: &str,
    ) -> Result<StudentGroup, StoreError> {
        self.word(column, found, StudentGroup::parse(found), StudentGroup::code)
    }

    pub(crate) fn lea_type(
        &self,
        column: &'static str,
        found: &str,
    ) -> Result<LeaType, StoreError> {
        self.value(column, found, LeaType::parse(found))
    }

    pub(crate) fn kind(
        &self,
        column: &'static str,
        found: &str,
    ) -> Result<ReleaseKind, StoreError> {
        self.value(column, found, ReleaseKind::parse(found))
    }

    pub(crate) fn release(
        &self,
        column: &'static str,
        found: i32,
    ) -> Result<ReleaseNumber, StoreError> {
        self.number(column, found).map(ReleaseNumber)
    }

    /// A moment as [`moment_column`] writes it.
    pub(crate) fn moment(
        &self,
        column: &'static str,
        found: &str,
    ) -> Result<Timestamp, StoreError> {
        let moment = found.parse::<Timestamp>().ok();
        self.value(column, found, moment.filter(|moment| format!("{moment:.6}") == found))
    }

    /// A county, read as the start of a code: the codes of the state itself and of made-up
    /// counties are values of the domain too.
    pub(crate) fn county(
        &self,
        column: &'static str,
        found: i16,
    ) -> Result<CountyCode, StoreError> {
        let cds = CdsCode::parse(&format!("{found:02}000000000000")).ok();
        self.value(column, found, cds.map(CdsCode::county))
    }
}

/// A Dashboard year as a column has it.
pub(crate) fn year_column(year: DashboardYear) -> i32 {
    i32::from(year.number())
}

/// A release's number as a column has it. A number past the column's range names no
/// release, which is what the largest one does.
pub(crate) fn release_column(number: ReleaseNumber) -> i32 {
    i32::try_from(number.0).unwrap_or(i32::MAX)
}

/// A day as a column has it.
///
/// # Errors
/// [`StoreError::Refused`] for a day that would not be read back, such as one of year 10000.
pub(crate) fn day_column(day: Day) -> Result<String, StoreError> {
    let text = day.to_string();
    if Day::parse(&text) == Some(day) {
        Ok(text)
    } else {
        Err(StoreError::Refused {
            asked: "storing the release".to_owned(),
            problem: format!("the day {text} has a year of more than four digits"),
        })
    }
}

/// A moment that a caller gives, as a column has it.
///
/// # Errors
/// [`StoreError::Refused`] for one before the year 0, whose text would not sort by time.
pub(crate) fn moment_column(asked: &'static str, moment: Timestamp) -> Result<String, StoreError> {
    let text = format!("{moment:.6}");
    if text.starts_with('-') {
        let problem = format!("the moment {text} lies before the year 0");
        return Err(StoreError::Refused { asked: asked.to_owned(), problem });
    }
    Ok(text)
}
