//! What is known of an LEA besides its results: its entries in the directories, where it is
//! located, its geographic lead agency, its federal ids. Most of it is dated; nothing here
//! asks which day it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cds::{CdsCode, CountyCode};
use crate::directory::{Agency, DirectoryRow};
use crate::facts::{Cited, ReleaseHead, ReleaseNumber};
use crate::in_force::first;
use crate::operator::{CharterLocationRow, GeographicLeadRow, NcesIdRow};
use crate::release::{ReleaseContents, ReleaseKind, Rows};
use crate::year::{DashboardYear, Day};

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryEntry {
    /// The directory's year.
    pub year: DashboardYear,
    /// The newest date inside the directory.
    pub dated: Option<Day>,
    /// The record.
    pub record: Cited<DirectoryRow>,
}

impl DirectoryEntry {
    /// Orders entries by age, the newest last.
    fn age(&self) -> (DashboardYear, Option<Day>, ReleaseNumber) {
        (self.year, self.dated, self.record.release)
    }
}

/// Federal ids, and where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NcesIds<'a> {
    /// Of the district, seven digits.
    pub district: &'a str,
    /// Of the school, five digits.
    pub school: Option<&'a str>,
    /// The file.
    pub release: ReleaseNumber,
    /// Its row.
    pub row: u32,
}

/// What is known of one LEA besides its results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// One entry for each year of which a directory names it, the newest last.
    pub directory: Vec<DirectoryEntry>,
    /// Where a charter school is located, as entered, by its first day.
    pub locations: Vec<Cited<CharterLocationRow>>,
    /// The lead agencies of the counties that the LEA is or was in.
    pub geographic_leads: Vec<Cited<GeographicLeadRow>>,
    /// Its federal ids, as entered.
    pub nces: Option<Cited<NcesIdRow>>,
}

impl Register {
    /// What the newest directory that settles it says the LEA is.
    #[must_use]
    pub fn agency(&self) -> Agency {
        let said = self.directory.iter().rev().map(|entry| entry.record.value.agency);
        said.into_iter().find(|agency| *agency != Agency::NotTold).unwrap_or(Agency::NotTold)
    }

    /// The entry that held on a day: of the newest directory that is not younger, else of
    /// the oldest.
    #[must_use]
    pub fn entry_on(&self, day: Day) -> Option<&DirectoryEntry> {
        let not_younger = |entry: &&DirectoryEntry| entry.dated.is_some_and(|dated| dated <= day);
        self.directory.iter().rev().find(not_younger).or(self.directory.first())
    }

    /// Where the LEA was located on a day, where it was entered.
    #[must_use]
    pub fn location_on(&self, day: Day) -> Option<&Cited<CharterLocationRow>> {
        self.locations.iter().find(|cited| cited.value.held.includes(day))
    }

    /// The county in which the LEA was on a day: the one entered, else that of its code.
    #[must_use]
    pub fn county_on(&self, cds: CdsCode, day: Day) -> CountyCode {
        self.location_on(day).map_or(cds.county(), |cited| cited.value.county)
    }

    /// The geographic lead agency of the LEA's county on a day, where it was entered.
    #[must_use]
    pub fn geographic_lead_on(&self, cds: CdsCode, day: Day) -> Option<&Cited<GeographicLeadRow>> {
        let county = self.county_on(cds, day);
        self.geographic_leads
            .iter()
            .find(|cited| cited.value.county == county && cited.value.held.includes(day))
    }

    /// The LEA's federal ids: as entered, else those of the newest directory that has them.
    #[must_use]
    pub fn nces_ids(&self) -> Option<NcesIds<'_>> {
        let entered = self.nces.as_ref().map(|cited| NcesIds {
            district: &cited.value.district,
            school: cited.value.school.as_deref(),
            release: cited.release,
            row: cited.row,
        });
        entered.or_else(|| {
            self.directory.iter().rev().find_map(|entry| {
                let DirectoryRow { nces_district, nces_school, .. } = &entry.record.value;
                Some(NcesIds {
                    district: nces_district.as_deref()?,
                    school: nces_school.as_deref(),
                    release: entry.record.release,
                    row: entry.record.row,
                })
            })
        })
    }
}

/// The directories and tables of a set of releases, by what they are about.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    directory: BTreeMap<CdsCode, Vec<DirectoryEntry>>,
    locations: BTreeMap<CdsCode, Vec<Cited<CharterLocationRow>>>,
    geographic_leads: BTreeMap<CountyCode, Vec<Cited<GeographicLeadRow>>>,
    nces: BTreeMap<CdsCode, Cited<NcesIdRow>>,
}

impl Registers {
    /// Takes the rows of directories and tables out of releases; of each table only the
    /// newest counts, and of several directories of one year that have a record of an LEA the
    /// one in force. The order of the releases and of their rows does not matter.
    #[must_use]
    pub fn read(releases: &[(ReleaseHead, ReleaseContents)]) -> Registers {
        let newest = |kind: ReleaseKind| {
            let of_kind = releases.iter().map(|(head, _)| head).filter(|head| head.kind == kind);
            of_kind.map(|head| head.number).max()
        };
        let mut registers = Registers::default();
        let heads: BTreeMap<ReleaseNumber, &ReleaseHead> =
            releases.iter().map(|(head, _)| (head.number, head)).collect();
        for (head, contents) in releases {
            let release = head.number;
            match &contents.rows {
                Rows::Directory(rows) => registers.add_directory(head, rows),
                Rows::CharterLocations(rows) if newest(head.kind) == Some(release) => {
                    for row in rows {
                        let cited = Cited { value: row.clone(), release, row: row.row };
                        registers.locations.entry(row.cds).or_default().push(cited);
                    }
                }
                Rows::GeographicLeads(rows) if newest(head.kind) == Some(release) => {
                    for row in rows {
                        let cited = Cited { value: row.clone(), release, row: row.row };
                        registers.geographic_leads.entry(row.county).or_default().push(cited);
                    }
                }
                Rows::NcesIds(rows) if newest(head.kind) == Some(release) => {
                    for row in rows {
                        let cited = Cited { value: row.clone(), release, row: row.row };
                        registers.nces.insert(row.cds, cited);
                    }
                }
                _ => {}
            }
        }
        for entries in registers.directory.values_mut() {
            keep_those_in_force(entries, &heads);
        }
        for locations in registers.locations.values_mut() {
            locations.sort_by_key(|cited| (cited.value.held, cited.row));
        }
        for leads in registers.geographic_leads.values_mut() {
            leads.sort_by_key(|cited| (cited.value.held, cited.row));
        }
        registers
    }

    fn add_directory(&mut self, head: &ReleaseHead, rows: &[DirectoryRow]) {
        let Some(year) = head.year else { return };
        for row in rows {
            let record = Cited { value: row.clone(), release: head.number, row: row.row };
            let entry = DirectoryEntry { year, dated: head.file_date, record };
            self.directory.entry(row.cds).or_default().push(entry);
        }
    }

    /// What is known of one LEA.
    #[must_use]
    pub fn of(&self, cds: CdsCode) -> Register {
        let locations = self.locations.get(&cds).cloned().unwrap_or_default();
        let mut counties = vec![cds.county()];
        counties.extend(locations.iter().map(|cited| cited.value.county));
        counties.sort_unstable();
        counties.dedup();
        Register {
            directory: self.directory.get(&cds).cloned().unwrap_or_default(),
            geographic_leads: counties
                .iter()
                .filter_map(|county| self.geographic_leads.get(county))
                .flatten()
                .cloned()
                .collect(),
            locations,
            nces: self.nces.get(&cds).cloned(),
        }
    }
}

/// Leaves one entry of each year: that of the directory in force among those that have one.
fn keep_those_in_force(
    entries: &mut Vec<DirectoryEntry>,
    heads: &BTreeMap<ReleaseNumber, &ReleaseHead>,
) {
    entries.sort_by_key(DirectoryEntry::age);
    if entries.iter().zip(entries.iter().skip(1)).all(|(one, next)| one.year != next.year) {
        return;
    }
    let in_force: Vec<ReleaseNumber> = entries
        .chunk_by(|one, next| one.year == next.year)
        .filter_map(|of_year| {
            let of_year = of_year.iter().filter_map(|entry| heads.get(&entry.record.release));
            first(of_year.copied()).map(|head| head.number)
        })
        .collect();
    entries.retain(|entry| in_force.contains(&entry.record.release));
    // A directory that has a code twice counts with its first record.
    entries.dedup_by_key(|entry| entry.year);
}
