//! A published list against itself and the lists before it.
//!
//! The lists have errors of their own; a row whose columns do not fit each other is
//! reported and never mended.

use std::collections::BTreeMap;
use std::fmt;

use crate::history::PublishedSigns;
use crate::lea::LeaType;
use crate::outcome::KnownOutcome;
use crate::release::{PublishedRow, PublishedStatus};
use crate::rulebook::Edition;
use crate::support::standing;
use crate::year::DashboardYear;

/// Something in a row of a list that does not fit the rest of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListFault {
    /// The number of groups is not the number of letters.
    GroupCount {
        /// As the list has it.
        published: u32,
        /// Letters in the row.
        letters: usize,
    },
    /// Method 1 is set without a letter, or not set beside one.
    Method1 {
        /// As the list has it.
        published: bool,
    },
    /// A status of an earlier year is not the one of that year's own list.
    RepeatedStatus {
        /// The earlier year.
        year: DashboardYear,
        /// As this list repeats it.
        repeated: PublishedStatus,
        /// As that year's list has it.
        own: PublishedStatus,
    },
    /// The status does not follow from the methods and the year before.
    Status {
        /// In the words of the edition.
        published: String,
        /// What follows.
        expected: String,
    },
}

impl fmt::Display for ListFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListFault::GroupCount { published, letters } => {
                write!(f, "TotalStudentGroups is {published}, and {letters} groups have a code")
            }
            ListFault::Method1 { published: true } => {
                f.write_str("MetMethod1 is Y, and no group has a code")
            }
            ListFault::Method1 { published: false } => {
                f.write_str("MetMethod1 is N, and a group has a code")
            }
            ListFault::RepeatedStatus { year, repeated, own } => write!(
                f,
                "the status of {year} is repeated as {}, and was {} on that year's own list",
                repeated.code(),
                own.code()
            ),
            ListFault::Status { published, expected } => write!(
                f,
                "the status is '{published}'; from the methods and the year before follows \
                 '{expected}'"
            ),
        }
    }
}

/// The state's words for a published status, in the year of the edition.
#[must_use]
pub fn status_text(edition: &Edition, status: PublishedStatus) -> &str {
    let labels = &edition.labels;
    match status {
        PublishedStatus::General => &labels.general,
        PublishedStatus::Differentiated | PublishedStatus::DifferentiatedYear1 => {
            &labels.first_year
        }
        PublishedStatus::DifferentiatedYear2 => {
            labels.second_year.as_ref().unwrap_or(&labels.first_year)
        }
    }
}

/// Checks a row of the edition's list. `earlier` has the LEA's rows of earlier lists.
#[must_use]
pub fn check_row(
    edition: &Edition,
    lea_type: LeaType,
    row: &PublishedRow,
    earlier: &BTreeMap<DashboardYear, &PublishedRow>,
) -> Vec<ListFault> {
    let mut faults = Vec::new();
    let letters = row.codes.len();
    if let Some(published) = row.group_count.filter(|count| *count as usize != letters) {
        faults.push(ListFault::GroupCount { published, letters });
    }
    if let Some(published) = row.methods.get(&1).copied().filter(|met| *met == (letters == 0)) {
        faults.push(ListFault::Method1 { published });
    }
    for (year, repeated) in &row.earlier_statuses {
        if let Some(own) = earlier.get(year).filter(|own| own.status != *repeated) {
            let (year, repeated, own) = (*year, *repeated, own.status);
            faults.push(ListFault::RepeatedStatus { year, repeated, own });
        }
    }
    // A list without methods says only by its codes that a method was met.
    let eligible = match PublishedSigns::of(row).eligible() {
        KnownOutcome::NotKnown(_) => KnownOutcome::from_bool(letters > 0),
        known => known,
    };
    let before = edition.labels.second_year_after.and_then(|year| earlier.get(&year));
    let first_year_before =
        before.map_or(KnownOutcome::NotMet, |row| PublishedSigns::of(row).first_year());
    let expected = standing(lea_type, eligible, first_year_before).text(edition, lea_type);
    let published = status_text(edition, row.status);
    if let Some(expected) = expected.known().copied().filter(|expected| *expected != published) {
        let (published, expected) = (published.to_owned(), expected.to_owned());
        faults.push(ListFault::Status { published, expected });
    }
    faults
}
