//! Says from when files are public.

use calsos_domain::facts::ReleaseNumber;
use calsos_domain::year::DashboardYear;
use calsos_persistence::{PublicAt, ReleaseRecord};

use super::Office;
use super::clients::by_command;
use super::withdraw::find_release;
use crate::error::AppError;

/// Which releases are meant.
pub(crate) enum Which<'a> {
    /// By number or id.
    Named(&'a [String]),
    OfYear(DashboardYear),
}

impl Office {
    /// Says from when releases are public, of all of them or of none; gives them.
    pub(crate) fn publish(
        &self,
        which: &Which<'_>,
        at: PublicAt,
        by: &str,
    ) -> Result<Vec<ReleaseRecord>, AppError> {
        let records = self.store.releases()?;
        let meant: Vec<ReleaseRecord> = match which {
            Which::OfYear(year) => {
                records.into_iter().filter(|record| record.year == Some(*year)).collect()
            }
            Which::Named(names) => {
                names.iter().map(|name| find_release(&records, name)).collect::<Result<_, _>>()?
            }
        };
        if meant.is_empty() {
            let none = "no release of the year is stored; `calsos releases` shows those that are";
            return Err(AppError::NotFound(none.to_owned()));
        }
        let numbers: Vec<ReleaseNumber> = meant.iter().map(|record| record.number).collect();
        let target: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let target = format!("releases {}", target.join(", "));
        self.store.publish(&numbers, at, by, Some(by_command(by, "calsos publish", &target)))?;
        Ok(meant)
    }
}
