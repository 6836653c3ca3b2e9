//! Reads each kept file again and compares what it says with the rows that are stored.

use calsos_domain::release::{ReleaseContents, Rows};
use calsos_ingest::{Assigned, Input, Understood, read};
use calsos_persistence::{Finding, ReleaseRecord};

use super::Checked;
use crate::app::Office;
use crate::error::AppError;

impl Office {
    pub(super) fn check_release(
        &self,
        checked: &mut Checked,
        record: &ReleaseRecord,
    ) -> Result<(), AppError> {
        let number = record.number;
        let bytes = checked.read(self.store.release_bytes(number).map_err(AppError::from))?;
        let stored = checked.read(self.store.release_contents(number).map_err(AppError::from))?;
        let (Some(bytes), Some(stored)) = (bytes, stored) else { return Ok(()) };
        match self.read_again(record, &stored, &bytes) {
            Some(read) => {
                if let Some(finding) = difference(record, &stored, &read) {
                    checked.found(finding);
                }
            }
            None => checked.found(Finding::new(
                "release",
                format!("release {number}"),
                "the file that is kept of it cannot be read as what the release is said to be",
            )),
        }
        Ok(())
    }

    /// What the kept file says: by itself, or else where it is told of which kind and year it
    /// is, as whoever imported it may have told.
    fn read_again(
        &self,
        record: &ReleaseRecord,
        stored: &ReleaseContents,
        bytes: &[u8],
    ) -> Option<ReleaseContents> {
        let by = |assigned| {
            let input = Input { file_name: &record.file_name, bytes, assigned };
            read(&input, &self.layouts).ok().map(|Understood { contents, .. }| contents)
        };
        let by_itself = by(None);
        if by_itself.as_ref().is_some_and(|read| same_subject(read, stored)) {
            return by_itself;
        }
        by(Some(Assigned { kind: record.kind, year: record.year }))
    }
}

fn same_subject(one: &ReleaseContents, other: &ReleaseContents) -> bool {
    (one.kind, one.year) == (other.kind, other.year)
}

/// Where stored contents are not what the file says.
fn difference(
    record: &ReleaseRecord,
    stored: &ReleaseContents,
    read: &ReleaseContents,
) -> Option<Finding> {
    let release = format!("release {}", record.number);
    let place = |place: usize| format!("{release}, place {place}");
    if !same_subject(stored, read) || stored.file_date != read.file_date {
        let problem = "kind, year or date are not those of the file that is kept";
        return Some(Finding::new("release", release, problem));
    }
    if stored.coverage != read.coverage {
        let problem = "the counties that it covers are not those of the file that is kept";
        return Some(Finding::new("release_county", release, problem));
    }
    let problem = "it is not what the file that is kept says; or another version of the program \
                   read the file otherwise, which importing it into a new database shows";
    if let Some(other) = first_difference(&stored.leas, &read.leas) {
        return Some(Finding::new("lea_mention", place(other), problem));
    }
    let (table, other) = rows_difference(&stored.rows, &read.rows)?;
    Some(Finding::new(table, place(other), problem))
}

/// The table, and the first place at which rows differ.
fn rows_difference(stored: &Rows, read: &Rows) -> Option<(&'static str, usize)> {
    let (table, place) = match (stored, read) {
        (Rows::Performances(one), Rows::Performances(other)) => {
            ("performance", first_difference(one, other))
        }
        (Rows::LocalRatings(one), Rows::LocalRatings(other)) => {
            ("local_rating", first_difference(one, other))
        }
        (Rows::Published(one), Rows::Published(other)) => {
            ("published", first_difference(one, other))
        }
        (Rows::Calpads(one), Rows::Calpads(other)) => ("calpads", first_difference(one, other)),
        (Rows::Successions(one), Rows::Successions(other)) => {
            ("succession", first_difference(one, other))
        }
        (Rows::Directory(one), Rows::Directory(other)) => {
            ("directory", first_difference(one, other))
        }
        (Rows::CharterList(one), Rows::CharterList(other)) => {
            ("charter_list", first_difference(one, other))
        }
        (Rows::GeographicLeads(one), Rows::GeographicLeads(other)) => {
            ("geographic_lead", first_difference(one, other))
        }
        (Rows::CharterLocations(one), Rows::CharterLocations(other)) => {
            ("charter_location", first_difference(one, other))
        }
        (Rows::NcesIds(one), Rows::NcesIds(other)) => ("nces_id", first_difference(one, other)),
        _ => ("release", Some(0)),
    };
    place.map(|place| (table, place))
}

fn first_difference<T: PartialEq>(stored: &[T], read: &[T]) -> Option<usize> {
    let shared = stored.iter().zip(read).position(|(one, other)| one != other);
    shared.or_else(|| (stored.len() != read.len()).then(|| stored.len().min(read.len())))
}
