//! What one of the state's files says, after it was understood: the rows of a release.
//!
//! `ingest` makes these values from bytes, `persistence` keeps them. A release is one
//! imported file; it is never changed afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cds::{CdsCode, CountyCode};
use crate::charter_list::CharterListRow;
use crate::directory::DirectoryRow;
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::operator::{CharterLocationRow, GeographicLeadRow, NcesIdRow};
use crate::performance::Performance;
use crate::priority::Priority;
use crate::student_group::StudentGroup;
use crate::year::{DashboardYear, Day};

/// What a file is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReleaseKind {
    /// A Dashboard indicator file.
    Indicator(Indicator),
    /// The local indicator results of one priority.
    LocalIndicator(Priority),
    /// The state's list of assistance statuses of districts and county offices.
    PublishedList,
    /// Student data (CALPADS) that were not certified on time, entered by an operator.
    CalpadsExceptions,
    /// LEAs that merged, split, were renumbered or renamed, entered by an operator.
    Successions,
    /// The state's public schools directory.
    Directory,
    /// The state's list of assistance for charter schools.
    CharterList,
    /// The geographic lead agency of each county, entered by an operator.
    GeographicLeads,
    /// The county in which charter schools are located, entered by an operator.
    CharterLocations,
    /// Federal (NCES) ids of LEAs, entered by an operator.
    NcesIds,
}

impl ReleaseKind {
    /// The code used in commands, tables and answers, such as `ELA`, `LOCAL6` or `LIST`.
    #[must_use]
    pub fn code(self) -> String {
        match self {
            ReleaseKind::Indicator(indicator) => indicator.code().to_owned(),
            ReleaseKind::LocalIndicator(priority) => format!("LOCAL{priority}"),
            ReleaseKind::PublishedList => "LIST".to_owned(),
            ReleaseKind::CalpadsExceptions => "CALPADS".to_owned(),
            ReleaseKind::Successions => "SUCCESSIONS".to_owned(),
            ReleaseKind::Directory => "DIRECTORY".to_owned(),
            ReleaseKind::CharterList => "CHARTERLIST".to_owned(),
            ReleaseKind::GeographicLeads => "LEADS".to_owned(),
            ReleaseKind::CharterLocations => "LOCATIONS".to_owned(),
            ReleaseKind::NcesIds => "NCES".to_owned(),
        }
    }

    /// The kind of a code, in any letter case.
    #[must_use]
    pub fn parse(code: &str) -> Option<ReleaseKind> {
        let code = code.trim().to_ascii_uppercase();
        match code.as_str() {
            "LIST" => return Some(ReleaseKind::PublishedList),
            "CALPADS" => return Some(ReleaseKind::CalpadsExceptions),
            "SUCCESSIONS" => return Some(ReleaseKind::Successions),
            "DIRECTORY" => return Some(ReleaseKind::Directory),
            "CHARTERLIST" => return Some(ReleaseKind::CharterList),
            "LEADS" => return Some(ReleaseKind::GeographicLeads),
            "LOCATIONS" => return Some(ReleaseKind::CharterLocations),
            "NCES" => return Some(ReleaseKind::NcesIds),
            _ => {}
        }
        if let Some(number) = code.strip_prefix("LOCAL") {
            return Some(ReleaseKind::LocalIndicator(Priority::new(number.parse().ok()?)?));
        }
        Indicator::parse(&code).map(ReleaseKind::Indicator)
    }
}

impl fmt::Display for ReleaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReleaseKind::Indicator(indicator) => {
                write!(f, "{} ({})", indicator.name(), indicator.code())
            }
            ReleaseKind::LocalIndicator(priority) => {
                write!(f, "local indicators of priority {priority}")
            }
            ReleaseKind::PublishedList => f.write_str("published assistance list"),
            ReleaseKind::CalpadsExceptions => f.write_str("CALPADS exceptions"),
            ReleaseKind::Successions => f.write_str("successions of LEAs"),
            ReleaseKind::Directory => f.write_str("public schools directory"),
            ReleaseKind::CharterList => f.write_str("charter assistance list"),
            ReleaseKind::GeographicLeads => f.write_str("geographic lead agencies"),
            ReleaseKind::CharterLocations => f.write_str("locations of charter schools"),
            ReleaseKind::NcesIds => f.write_str("NCES ids"),
        }
    }
}

/// Which LEAs a file speaks about. An LEA that is covered and has no row has no result; an
/// LEA that is not covered is one whose file was not loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The file is the statewide one: it covers every LEA.
    pub statewide: bool,
    /// Counties with at least one row of a district or county office.
    pub counties: BTreeSet<CountyCode>,
    /// Counties with at least one row of a charter.
    pub charter_counties: BTreeSet<CountyCode>,
}

impl Coverage {
    /// Whether the file speaks about LEAs of this kind in this county.
    #[must_use]
    pub fn includes(&self, county: CountyCode, lea_type: LeaType) -> bool {
        self.statewide
            || match lea_type {
                LeaType::Charter => self.charter_counties.contains(&county),
                LeaType::District | LeaType::CountyOffice => self.counties.contains(&county),
            }
    }
}

/// An LEA as a file names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaMention {
    /// Its code.
    pub cds: CdsCode,
    /// Its kind, as far as this file tells.
    pub lea_type: LeaType,
    /// Its name; empty where the file has none.
    pub name: String,
    /// Its county's name; empty where the file has none.
    pub county_name: String,
    /// City of the office, where the file has it.
    pub city: Option<String>,
    /// Grade span offered, where the file has it.
    pub grade_span: Option<String>,
}

/// A row of an indicator file that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PerformanceRow {
    /// Row of the file, the header being row 1.
    pub row: u32,
    /// The LEA, or [`CdsCode::STATE`].
    pub cds: CdsCode,
    /// The student group.
    pub group: StudentGroup,
    /// The values.
    pub performance: Performance,
}

/// An LEA's rating of itself on a local indicator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum LocalRating {
    /// Met.
    Met,
    /// Not Met.
    NotMet,
    /// Not Met For Two or More Years: the only one that counts.
    NotMetTwoYears,
}

impl LocalRating {
    /// Every rating, from best to worst.
    pub const ALL: [LocalRating; 3] =
        [LocalRating::Met, LocalRating::NotMet, LocalRating::NotMetTwoYears];

    /// The state's words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LocalRating::Met => "Met",
            LocalRating::NotMet => "Not Met",
            LocalRating::NotMetTwoYears => "Not Met For Two or More Years",
        }
    }

    /// The rating of the state's words, in any letter case and spacing.
    #[must_use]
    pub fn parse(text: &str) -> Option<LocalRating> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        LocalRating::ALL.into_iter().find(|r| r.name().eq_ignore_ascii_case(&text))
    }
}

/// A row of a local indicator file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalRatingRow {
    /// Row of the file or sheet, the first being 1.
    pub row: u32,
    /// The LEA.
    pub cds: CdsCode,
    /// Its rating.
    pub rating: LocalRating,
}

/// What the state published as an LEA's assistance status.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum PublishedStatus {
    /// General Assistance or General Support.
    General,
    /// Differentiated Assistance or Support, without a year.
    Differentiated,
    /// Differentiated Assistance, Year 1.
    DifferentiatedYear1,
    /// Differentiated Assistance, Year 2.
    DifferentiatedYear2,
}

impl PublishedStatus {
    /// Every status.
    pub const ALL: [PublishedStatus; 4] = [
        PublishedStatus::General,
        PublishedStatus::Differentiated,
        PublishedStatus::DifferentiatedYear1,
        PublishedStatus::DifferentiatedYear2,
    ];

    /// The code used in tables: `general`, `differentiated`, `differentiated-1`, `differentiated-2`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            PublishedStatus::General => "general",
            PublishedStatus::Differentiated => "differentiated",
            PublishedStatus::DifferentiatedYear1 => "differentiated-1",
            PublishedStatus::DifferentiatedYear2 => "differentiated-2",
        }
    }

    /// The status of the state's words, in any letter case and spacing.
    #[must_use]
    pub fn parse(text: &str) -> Option<PublishedStatus> {
        let words: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
        match words.join(" ").as_str() {
            "general assistance" | "general support" => Some(PublishedStatus::General),
            "differentiated assistance" | "differentiated support" => {
                Some(PublishedStatus::Differentiated)
            }
            "differentiated assistance, year 1" => Some(PublishedStatus::DifferentiatedYear1),
            "differentiated assistance, year 2" => Some(PublishedStatus::DifferentiatedYear2),
            _ => None,
        }
    }
}

/// A row of a published assistance list: what the state answered for one LEA.
///
/// `None` means that the list has no such column; a column that is there and blank for this
/// LEA is told apart where that matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedRow {
    /// Row of the sheet, the first being 1.
    pub row: u32,
    /// The LEA.
    pub cds: CdsCode,
    /// The letter of each group that has one.
    pub codes: BTreeMap<StudentGroup, char>,
    /// Groups that the list has a column for.
    pub listed_groups: BTreeSet<StudentGroup>,
    /// TotalStudentGroups.
    pub group_count: Option<u32>,
    /// The status of the list's own year.
    pub status: PublishedStatus,
    /// Statuses of earlier years as this list repeats them; blank ones are left out.
    pub earlier_statuses: BTreeMap<DashboardYear, PublishedStatus>,
    /// MetMethod1 to MetMethod4, by number.
    pub methods: BTreeMap<u8, bool>,
    /// The Education Code 52072(b) / 52072.5(b) flag.
    pub ec52072: Option<bool>,
    /// The Education Code 52071(f) flag.
    pub ec52071f: Option<bool>,
}

/// Whether an LEA certified its end-of-year CALPADS data on time, as an operator entered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalpadsRow {
    /// Row of the file, the header being row 1.
    pub row: u32,
    /// The LEA.
    pub cds: CdsCode,
    /// Whether the data were certified.
    pub certified: bool,
}

/// How one LEA follows another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum SuccessionKind {
    /// Two or more became one.
    Merged,
    /// One became two or more.
    Split,
    /// The same LEA under another code.
    Renumbered,
    /// The same LEA and code under another name.
    Renamed,
}

impl SuccessionKind {
    /// Every kind.
    pub const ALL: [SuccessionKind; 4] = [
        SuccessionKind::Merged,
        SuccessionKind::Split,
        SuccessionKind::Renumbered,
        SuccessionKind::Renamed,
    ];

    /// The word used in files: `merged`, `split`, `renumbered`, `renamed`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            SuccessionKind::Merged => "merged",
            SuccessionKind::Split => "split",
            SuccessionKind::Renumbered => "renumbered",
            SuccessionKind::Renamed => "renamed",
        }
    }

    /// The kind of a word, in any letter case.
    #[must_use]
    pub fn parse(text: &str) -> Option<SuccessionKind> {
        SuccessionKind::ALL.into_iter().find(|k| k.code().eq_ignore_ascii_case(text.trim()))
    }
}

/// A row of a file of successions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuccessionRow {
    /// Row of the file, the header being row 1.
    pub row: u32,
    /// The LEA before.
    pub predecessor: CdsCode,
    /// The LEA after.
    pub successor: CdsCode,
    /// How the one follows the other.
    pub kind: SuccessionKind,
    /// The day from which the successor is the LEA.
    pub effective: Day,
    /// Where this is known from.
    pub source: String,
}

/// The rows of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Of an indicator file.
    Performances(Vec<PerformanceRow>),
    /// Of a local indicator file.
    LocalRatings(Vec<LocalRatingRow>),
    /// Of a published list.
    Published(Vec<PublishedRow>),
    /// Of CALPADS exceptions.
    Calpads(Vec<CalpadsRow>),
    /// Of successions.
    Successions(Vec<SuccessionRow>),
    /// Of a directory.
    Directory(Vec<DirectoryRow>),
    /// Of a charter assistance list.
    CharterList(Vec<CharterListRow>),
    /// Of geographic lead agencies.
    GeographicLeads(Vec<GeographicLeadRow>),
    /// Of locations of charter schools.
    CharterLocations(Vec<CharterLocationRow>),
    /// Of NCES ids.
    NcesIds(Vec<NcesIdRow>),
}

impl Rows {
    /// How many rows are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Rows::Performances(rows) => rows.len(),
            Rows::LocalRatings(rows) => rows.len(),
            Rows::Published(rows) => rows.len(),
            Rows::Calpads(rows) => rows.len(),
            Rows::Successions(rows) => rows.len(),
            Rows::Directory(rows) => rows.len(),
            Rows::CharterList(rows) => rows.len(),
            Rows::GeographicLeads(rows) => rows.len(),
            Rows::CharterLocations(rows) => rows.len(),
            Rows::NcesIds(rows) => rows.len(),
        }
    }

    /// Whether no row is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Everything that one file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseContents {
    /// What the file is about.
    pub kind: ReleaseKind,
    /// The Dashboard year; `None` for tables whose rows are dated each or not at all.
    pub year: Option<DashboardYear>,
    /// The date that stands inside the file, where one does.
    pub file_date: Option<Day>,
    /// Which LEAs it speaks about.
    pub coverage: Coverage,
    /// The LEAs that it names.
    pub leas: Vec<LeaMention>,
    /// Its rows.
    pub rows: Rows,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_again_by_its_code() {
        for kind in [
            ReleaseKind::Indicator(Indicator::Chro),
            ReleaseKind::LocalIndicator(Priority::new(10).unwrap()),
            ReleaseKind::PublishedList,
            ReleaseKind::CalpadsExceptions,
            ReleaseKind::Successions,
            ReleaseKind::Directory,
            ReleaseKind::CharterList,
            ReleaseKind::GeographicLeads,
            ReleaseKind::CharterLocations,
            ReleaseKind::NcesIds,
        ] {
            assert_eq!(ReleaseKind::parse(&kind.code().to_lowercase()), Some(kind));
        }
        assert_eq!(ReleaseKind::parse("LOCAL11"), None);
        assert_eq!(ReleaseKind::parse("ATTENDANCE"), None);
    }

    #[test]
    fn a_rating_is_read_in_any_case_and_nothing_else_is() {
        assert_eq!(
            LocalRating::parse("not met for  two or more years"),
            Some(LocalRating::NotMetTwoYears)
        );
        assert_eq!(LocalRating::parse("Not Met "), Some(LocalRating::NotMet));
        assert_eq!(LocalRating::parse("Not Met For Two Years"), None);
    }

    #[test]
    fn a_county_file_without_charters_covers_no_charter() {
        let county = CountyCode::parse("58").unwrap();
        let mut coverage = Coverage { counties: BTreeSet::from([county]), ..Coverage::default() };
        assert!(coverage.includes(county, LeaType::CountyOffice));
        assert!(!coverage.includes(county, LeaType::Charter));
        assert!(!coverage.includes(CountyCode::parse("57").unwrap(), LeaType::District));
        coverage.statewide = true;
        assert!(coverage.includes(CountyCode::parse("57").unwrap(), LeaType::Charter));
    }
}
