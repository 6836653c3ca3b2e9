//! What the rules say of an LEA on the day of a step that asks for it. It is drawn from the
//! determination that was the newest public one on that day, and never from what a caller says.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::condition::{Condition, Refusal};
use crate::lea::LeaType;
use crate::year::{DashboardYear, Day};

/// A test over several years that a determination meets, as a record keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MetTest {
    /// The test's id in the edition.
    pub test: String,
    /// Where the law has it, as rules cite their sources.
    pub citation: String,
    /// The Dashboard year of the determination.
    pub dashboard_year: DashboardYear,
    /// The id of the run that decided it.
    pub run: String,
    /// The student groups that are in need for so long, by their codes.
    pub groups: Vec<String>,
}

/// What a test over several years says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tested {
    /// It is met.
    Met(MetTest),
    /// It is not met in the determination of this year.
    NotMet(DashboardYear),
    /// It is not known, for want of files, in the determination of this year.
    NotKnown(DashboardYear),
    /// The edition of this year has no such test for LEAs of the kind.
    NoTest(DashboardYear),
    /// There was no public determination of the LEA on this day.
    NothingPublic(Day),
}

impl Tested {
    /// The test, where it is met.
    #[must_use]
    pub fn met(&self) -> Option<&MetTest> {
        match self {
            Tested::Met(met) => Some(met),
            _ => None,
        }
    }

    /// The test, else what is missing for level 3.
    pub(super) fn opens_level_3(&self, lea_type: LeaType) -> Result<&MetTest, Refusal> {
        self.met()
            .ok_or_else(|| Refusal::new(Condition::Level3Test, lea_type).found(self.to_string()))
    }
}

impl fmt::Display for Tested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tested::Met(met) => write!(f, "that of {} meets it", met.dashboard_year),
            Tested::NotMet(year) => write!(f, "that of {year} does not"),
            Tested::NotKnown(year) => {
                write!(f, "whether that of {year} does is not known: files are missing")
            }
            Tested::NoTest(year) => write!(f, "the rules of {year} have no such test for it"),
            Tested::NothingPublic(day) => write!(f, "none was public on {day}"),
        }
    }
}

/// What the public determination of an LEA says of tests over several years, on the day of a step,
/// and what an operator's table says of its county.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// The test that opens level 3.
    pub level3: Tested,
    /// The test by which the geographic lead joins, of Education Code 52071(f).
    pub geographic_lead: Tested,
    /// The geographic lead agencies of its county; none where no table names any.
    pub leads: Vec<String>,
}
