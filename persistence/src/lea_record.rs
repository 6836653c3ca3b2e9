//! An LEA as the store knows it: its codes, and what each file called it.

use std::cmp::Reverse;

use calsos_domain::cds::CdsCode;
use calsos_domain::lea::LeaType;
use calsos_domain::release::{ReleaseKind, SuccessionRow};
use calsos_domain::year::{DashboardYear, Day};

use crate::ids::LeaId;
use calsos_domain::facts::ReleaseNumber;

/// An LEA. Its own id stays when its code, name, type, county or authorizer changes.
///
/// What it is called in a year is what a file of that year says: the published list, in
/// whose words the state names it when it publishes its status, before the directory, that
/// before an indicator file, that before any other, a later import before an earlier. A
/// file that leaves the field empty says nothing. Where no file of that year says anything,
/// the nearest earlier year does, else the nearest later one, else a file without a year.
///
/// Its type is what the directory says, whichever file names it: the others tell it by
/// digits and flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaRecord {
    pub(crate) id: LeaId,
    pub(crate) other_ids: Vec<LeaId>,
    /// Never empty.
    pub(crate) codes: Vec<LeaCode>,
    pub(crate) namings: Vec<LeaNaming>,
    /// Whether the directory calls its code no LEA.
    pub(crate) not_an_lea: bool,
}

/// A code that an LEA has or had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaCode {
    /// The code.
    pub cds: CdsCode,
    /// The day from which it is the LEA's; `None` where it was from the start.
    pub from: Option<Day>,
    /// The first day on which it was not any more; `None` where it still is.
    pub until: Option<Day>,
}

/// What one file says of an LEA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaNaming {
    /// The file's Dashboard year.
    pub year: Option<DashboardYear>,
    /// The file.
    pub release: ReleaseNumber,
    /// What the file is about.
    pub kind: ReleaseKind,
    /// The code under which it speaks of the LEA.
    pub cds: CdsCode,
    /// The LEA's type.
    pub lea_type: LeaType,
    /// Its name; empty where the file has none.
    pub name: String,
    /// Its county's name; empty where the file has none.
    pub county_name: String,
    /// City of the office.
    pub city: Option<String>,
    /// Grade span offered.
    pub grade_span: Option<String>,
}

/// A row of the successions in force, with where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSuccession {
    /// The file.
    pub release: ReleaseNumber,
    /// Its row; the row's number is in it.
    pub row: SuccessionRow,
}

impl LeaNaming {
    /// The smaller, the more a file of this kind is believed about names.
    pub(crate) fn rank(kind: ReleaseKind) -> u8 {
        match kind {
            ReleaseKind::PublishedList | ReleaseKind::CharterList => 0,
            ReleaseKind::Directory => 1,
            ReleaseKind::Indicator(_) => 2,
            ReleaseKind::LocalIndicator(_) => 3,
            // These name no LEA.
            ReleaseKind::CalpadsExceptions
            | ReleaseKind::Successions
            | ReleaseKind::GeographicLeads
            | ReleaseKind::CharterLocations
            | ReleaseKind::NcesIds => 4,
        }
    }

    /// Whether another file says nothing else of the same code for the same year.
    pub(crate) fn says_the_same(&self, other: &LeaNaming) -> bool {
        let LeaNaming {
            year,
            release: _,
            kind: _,
            cds,
            lea_type,
            name,
            county_name,
            city,
            grade_span,
        } = other;
        self.year == *year
            && self.cds == *cds
            && self.lea_type == *lea_type
            && self.name == *name
            && self.county_name == *county_name
            && self.city == *city
            && self.grade_span == *grade_span
    }

    /// Orders files by how much they tell about a year, the best first.
    fn distance(&self, wanted: DashboardYear) -> (u8, u16, u8, Reverse<ReleaseNumber>) {
        let wanted = wanted.number();
        let (class, years) = match self.year.map(DashboardYear::number) {
            Some(year) if year == wanted => (0, 0),
            Some(year) if year < wanted => (1, wanted - year),
            Some(year) => (2, year - wanted),
            None => (3, 0),
        };
        (class, years, LeaNaming::rank(self.kind), Reverse(self.release))
    }
}

impl LeaRecord {
    /// The LEA's own id.
    #[must_use]
    pub fn id(&self) -> LeaId {
        self.id
    }

    /// Ids that later codes of this LEA were given before they were known to be its own.
    /// They go on naming it.
    #[must_use]
    pub fn other_ids(&self) -> &[LeaId] {
        &self.other_ids
    }

    /// Its codes, the first one first; never empty.
    #[must_use]
    pub fn codes(&self) -> &[LeaCode] {
        &self.codes
    }

    /// The code that it has now.
    #[must_use]
    pub fn cds(&self) -> CdsCode {
        self.codes.last().map_or(CdsCode::STATE, |code| code.cds)
    }

    /// What the files say of it. Of files that say the same for the same year, the one that
    /// takes precedence stands for all.
    #[must_use]
    pub fn namings(&self) -> &[LeaNaming] {
        &self.namings
    }

    /// Its name in a year; empty where no file has one.
    #[must_use]
    pub fn name_in(&self, year: DashboardYear) -> &str {
        self.said_in(year, |said| filled(&said.name)).unwrap_or_default()
    }

    /// Its county's name in a year; empty where no file has one.
    #[must_use]
    pub fn county_name_in(&self, year: DashboardYear) -> &str {
        self.said_in(year, |said| filled(&said.county_name)).unwrap_or_default()
    }

    /// The city of its office in a year.
    #[must_use]
    pub fn city_in(&self, year: DashboardYear) -> Option<&str> {
        self.said_in(year, |said| said.city.as_deref().and_then(filled))
    }

    /// The grade span that it offers in a year.
    #[must_use]
    pub fn grade_span_in(&self, year: DashboardYear) -> Option<&str> {
        self.said_in(year, |said| said.grade_span.as_deref().and_then(filled))
    }

    /// Its type in a year, by the directory where one names it; `None` where only a file of
    /// successions speaks of it, or the directory calls it no LEA.
    #[must_use]
    pub fn lea_type_in(&self, year: DashboardYear) -> Option<LeaType> {
        if self.not_an_lea {
            return None;
        }
        let by_directory = self
            .said_in(year, |said| (said.kind == ReleaseKind::Directory).then_some(said.lea_type));
        by_directory.or_else(|| self.said_in(year, |said| Some(said.lea_type)))
    }

    /// The district or county office that a charter's code of that year names; `None` for
    /// an LEA that is no charter then.
    #[must_use]
    pub fn authorizer_in(&self, year: DashboardYear) -> Option<CdsCode> {
        let cds = self.said_in(year, |said| Some(said.cds))?;
        (self.lea_type_in(year)? == LeaType::Charter).then(|| cds.authorizer())
    }

    fn said_in<'a, T>(
        &'a self,
        year: DashboardYear,
        field: impl Fn(&'a LeaNaming) -> Option<T>,
    ) -> Option<T> {
        self.namings
            .iter()
            .filter_map(|naming| field(naming).map(|said| (naming.distance(year), said)))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, said)| said)
    }
}

fn filled(text: &str) -> Option<&str> {
    (!text.trim().is_empty()).then_some(text)
}
