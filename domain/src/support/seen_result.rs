//! The results of an LEA's year, cell by cell, as they may be shown.

use super::need::{SeenYear, priority_of};
use crate::evaluation::{Cell, read_cell};
use crate::indicator::Indicator;
use crate::performance::{Performance, Tenths};
use crate::priority::Priority;
use crate::rulebook::Rating;
use crate::small_numbers::SMALLEST_SHOWN;
use crate::student_group::StudentGroup;

/// A group's result on an indicator that counts in its year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenResult {
    /// The group; that of all students, too.
    pub group: StudentGroup,
    /// The indicator.
    pub indicator: Indicator,
    /// The state priority to which the year's criteria count the indicator, if they do.
    pub priority: Option<Priority>,
    /// The colour, or the status level where the year rates by that, in the state's words.
    pub rating: &'static str,
    /// The same as a number, 1 (worst) to 5 (best).
    pub level: u8,
    /// Rate or distance from standard.
    pub status: Option<Tenths>,
    /// The difference to the year before.
    pub change: Option<Tenths>,
    /// Students in the group.
    pub students: Option<u32>,
    /// Where they are fewer than may be shown, the smallest number that would be.
    pub fewer_than: Option<u32>,
}

/// Every result that counts in a year, by group and then indicator; all students together first.
/// A result that has no rating, or of too few students, is none.
#[must_use]
pub fn results(seen: SeenYear<'_>) -> Vec<SeenResult> {
    let edition = seen.determination.edition;
    let Some(facts) = seen.lea.years.get(&edition.year) else { return Vec::new() };
    let mut found = Vec::new();
    for ((indicator, group), cited) in &facts.performances {
        let (indicator, group) = (*indicator, *group);
        if group != StudentGroup::All && !edition.groups.contains(&group) {
            continue;
        }
        let lea_type = seen.determination.lea_type;
        let cell = read_cell(edition, lea_type, indicator, group, &cited.value);
        let Some((rating, level)) = rated(seen, indicator, cell) else { continue };
        let Performance { status, change, denominator, .. } = cited.value;
        let students =
            denominator.and_then(|count| seen.masking.counts(cited.release).shown(count));
        found.push(SeenResult {
            group,
            indicator,
            priority: priority_of(edition, indicator),
            rating,
            level,
            status,
            change,
            students,
            fewer_than: denominator.filter(|_| students.is_none()).map(|_| SMALLEST_SHOWN),
        });
    }
    found.sort_by_key(|result| (result.group, result.indicator));
    found
}

/// The rating of a cell by what the year rates the indicator by.
fn rated(seen: SeenYear<'_>, indicator: Indicator, cell: Cell) -> Option<(&'static str, u8)> {
    let Cell::Rated { color, status } = cell else { return None };
    match seen.determination.edition.indicators.get(&indicator)?.rating {
        Rating::Color => color.map(|color| (color.name(), color as u8)),
        Rating::Status => {
            status.map(|level| (level.status_name(indicator.lower_is_better()), level.number()))
        }
        Rating::None => None,
    }
}
