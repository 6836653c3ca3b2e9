//! Levels and colours by the state's five-by-five tables.
//!
//! A colour is a cell of a table: a row for the level of this year's status, a column for the
//! level of its change. The tables of one Dashboard year, with the rules around them (sizes,
//! the three-by-five rule for small groups, overrides), are one file of data; this module
//! loads such a file, computes a row's levels and colour by it and compares them with the
//! published ones.
//!
//! The published colour decides, always: what is computed here is a check of it, and a means
//! to ask what another value would have given. Nothing here decides about assistance.

#![deny(clippy::float_arithmetic)]

mod audit;
mod check;
mod compute;
mod load;
#[cfg(test)]
mod sample;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use audit::{ColorAudit, ColorMismatch};
pub use check::{ColorCheck, Comparison, NotComparable};
pub use compute::{Basis, Computed, Measure};
pub use load::{LoadFault, load};

use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::performance::{Color, Level, TableType, Tenths};
use crate::student_group::StudentGroup;
use crate::year::DashboardYear;

/// Which of an indicator's tables applies to a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Variant {
    /// The only table, or the one for every row without a special one. Code `ALL`.
    All,
    /// ELA and mathematics, rows with `hscutpoints`. Code `HS`.
    HighSchoolCuts,
    /// Graduation: one-year rate of alternative schools (`dass_flag`), which county offices
    /// have too. Code `DASS`.
    AlternativeSchool,
    /// Suspension, by the file's `type` column. Codes `ES` to `UD`.
    Type(TableType),
}

impl Variant {
    /// The variant of a code; which codes there are depends on the indicator.
    #[must_use]
    pub fn parse(indicator: Indicator, code: &str) -> Option<Variant> {
        match (indicator, code) {
            (Indicator::Susp, code) => {
                TableType::ALL.into_iter().find(|t| t.code() == code).map(Variant::Type)
            }
            (_, "ALL") => Some(Variant::All),
            (Indicator::Ela | Indicator::Math, "HS") => Some(Variant::HighSchoolCuts),
            (Indicator::Grad, "DASS") => Some(Variant::AlternativeSchool),
            _ => None,
        }
    }

    /// The code, as [`Variant::parse`] reads it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Variant::All => "ALL",
            Variant::HighSchoolCuts => "HS",
            Variant::AlternativeSchool => "DASS",
            Variant::Type(table_type) => table_type.code(),
        }
    }

    /// The variants that an edition must have where it has the indicator at all; the others
    /// came and went with the years.
    fn required(indicator: Indicator) -> Vec<Variant> {
        match indicator {
            Indicator::Susp => TableType::ALL.into_iter().map(Variant::Type).collect(),
            _ => vec![Variant::All],
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// Whose row it is, as far as sizes and tables depend on it: `rtype` and `coe_flag`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RecordKind {
    /// A school district: `rtype` D.
    District,
    /// A county office of education: `rtype` D with `coe_flag`.
    CountyOffice,
    /// A charter or an ordinary school: `rtype` S.
    School,
}

impl RecordKind {
    /// Whether the row is one of `rtype` D.
    #[must_use]
    pub fn is_district_level(self) -> bool {
        matches!(self, RecordKind::District | RecordKind::CountyOffice)
    }
}

impl From<LeaType> for RecordKind {
    fn from(lea_type: LeaType) -> RecordKind {
        match lea_type {
            LeaType::District => RecordKind::District,
            LeaType::CountyOffice => RecordKind::CountyOffice,
            LeaType::Charter => RecordKind::School,
        }
    }
}

/// What takes precedence over the tables, each flagged in the row itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Override {
    /// `certifyflag`: the data were not certified, a fixed result is assigned.
    NotCertified,
    /// `dataerrorflag`: the state sets the result itself; no rule gives it.
    DataError,
    /// `flag95pct`: too few were tested, the status level is capped.
    ParticipationCap,
}

impl Override {
    /// Every override.
    pub const ALL: [Override; 3] =
        [Override::NotCertified, Override::DataError, Override::ParticipationCap];

    /// The word used in editions: `not-certified`, `data-error`, `participation-cap`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Override::NotCertified => "not-certified",
            Override::DataError => "data-error",
            Override::ParticipationCap => "participation-cap",
        }
    }

    /// The override of a code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Override> {
        Override::ALL.into_iter().find(|o| o.code() == code)
    }
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// The values of one level, in tenths, both ends included; `None` is an open end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Band {
    /// Lowest value.
    pub lowest: Option<Tenths>,
    /// Highest value.
    pub highest: Option<Tenths>,
}

/// The cut points between the five levels of a status or of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cuts {
    lower_is_better: bool,
    /// The bound that a value must reach for a level, for levels 5, 4, 3 and 2.
    steps: [(Tenths, Level); 4],
    /// Level 1, where no bound is reached.
    worst: Level,
}

impl Cuts {
    fn level(&self, value: Tenths) -> Level {
        let reached = |bound: Tenths| {
            if self.lower_is_better { value <= bound } else { value >= bound }
        };
        let levels =
            self.steps.iter().filter(|(bound, _)| reached(*bound)).map(|(_, level)| *level);
        levels.max().unwrap_or(self.worst)
    }

    fn band(&self, level: Level) -> Band {
        let bound_of = |number: u8| {
            self.steps.iter().find(|(_, l)| l.number() == number).map(|(bound, _)| *bound)
        };
        let own = bound_of(level.number());
        let better = bound_of(level.number() + 1);
        if self.lower_is_better {
            Band { lowest: better.map(|b| Tenths(b.0 + 1)), highest: own }
        } else {
            Band { lowest: own, highest: better.map(|b| Tenths(b.0 - 1)) }
        }
    }
}

/// The part of a table that turns two levels into a colour.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Grid {
    change: Cuts,
    /// Rows status level 1 to 5, columns change level 1 to 5.
    cells: [[Option<Color>; 5]; 5],
}

/// The cut points of one indicator and variant, with the grid where the year gave colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColorTable {
    status: Cuts,
    grid: Option<Grid>,
    uncertain: Option<String>,
    source: String,
}

impl ColorTable {
    /// The level of a status: a rate in per cent or a distance in points, in tenths.
    #[must_use]
    pub fn status_level(&self, status: Tenths) -> Level {
        self.status.level(status)
    }

    /// The level of a change, in tenths; `None` where the year gave none.
    #[must_use]
    pub fn change_level(&self, change: Tenths) -> Option<Level> {
        self.grid.as_ref().map(|grid| grid.change.level(change))
    }

    /// The values of a status level.
    #[must_use]
    pub fn status_band(&self, level: Level) -> Band {
        self.status.band(level)
    }

    /// The values of a change level; `None` where the year gave none.
    #[must_use]
    pub fn change_band(&self, level: Level) -> Option<Band> {
        self.grid.as_ref().map(|grid| grid.change.band(level))
    }

    /// The colour of a cell; `None` where the cell is impossible or the year gave no colours.
    #[must_use]
    pub fn cell(&self, status: Level, change: Level) -> Option<Color> {
        let row = self.grid.as_ref()?.cells.get(usize::from(status.number()) - 1)?;
        row.get(usize::from(change.number()) - 1).copied().flatten()
    }

    /// Whether the table gives colours, or only status levels.
    #[must_use]
    pub fn has_colors(&self) -> bool {
        self.grid.is_some()
    }

    /// What is not settled about the table's numbers, in words.
    #[must_use]
    pub fn uncertain(&self) -> Option<&str> {
        self.uncertain.as_deref()
    }

    /// The source that the table cites.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Which sizes a year asks of a group, in students.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sizes {
    /// Below it a row shows nothing.
    levels: u32,
    /// Below it, this year or the year before, a row shows no colour.
    color: u32,
    /// Groups with another bound for a colour in the rows of districts and county offices.
    district_level: Option<(BTreeSet<StudentGroup>, u32)>,
}

impl Sizes {
    fn for_color(&self, group: StudentGroup, record: RecordKind) -> u32 {
        match &self.district_level {
            Some((groups, size)) if record.is_district_level() && groups.contains(&group) => *size,
            _ => self.color,
        }
    }
}

/// The three-by-five rule of a year.
#[derive(Clone, Debug, PartialEq, Eq)]
struct SmallDenominator {
    below: u32,
    indicators: BTreeSet<Indicator>,
    /// `None`: every group.
    groups: Option<BTreeSet<StudentGroup>>,
    /// Indicators whose file publishes the change level from before the collapse.
    change_level_before_collapse: BTreeSet<Indicator>,
}

/// An override as a year has it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OverrideRule {
    kind: Override,
    indicators: BTreeSet<Indicator>,
    color: Option<Color>,
    box_number: Option<u16>,
    status_level: Option<Level>,
}

/// A source that the file cites, for the caller to look up among those that may be cited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitedSource {
    /// The source's id, such as `cde-colors-YYYY`, with a pin-cite after `#` where it has one.
    pub id: String,
    /// Line of the file, the first being 1.
    pub line: usize,
}

/// The colour tables of one Dashboard year. Made by [`load`] only, which checks them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColorTables {
    year: DashboardYear,
    tables: BTreeMap<(Indicator, Variant), ColorTable>,
    sizes: Sizes,
    small_denominator: Option<SmallDenominator>,
    change_as_published: BTreeSet<Indicator>,
    overrides: Vec<OverrideRule>,
    sources: Vec<CitedSource>,
}

impl ColorTables {
    /// The Dashboard year.
    #[must_use]
    pub fn year(&self) -> DashboardYear {
        self.year
    }

    /// The table of an indicator and variant.
    #[must_use]
    pub fn table(&self, indicator: Indicator, variant: Variant) -> Option<&ColorTable> {
        self.tables.get(&(indicator, variant))
    }

    /// Every table, by indicator and variant.
    pub fn tables(&self) -> impl Iterator<Item = (Indicator, Variant, &ColorTable)> {
        self.tables.iter().map(|((indicator, variant), table)| (*indicator, *variant, table))
    }

    /// The number of students below which the three-by-five rule applies; `None` where the
    /// year does not apply it to this indicator and group.
    #[must_use]
    pub fn small_below(&self, indicator: Indicator, group: StudentGroup) -> Option<u32> {
        let small = self.small_denominator.as_ref()?;
        let in_groups = small.groups.as_ref().is_none_or(|groups| groups.contains(&group));
        (small.indicators.contains(&indicator) && in_groups).then_some(small.below)
    }

    /// The number of students, this year and the year before, that a group needs for a colour.
    #[must_use]
    pub fn color_size(&self, group: StudentGroup, record: RecordKind) -> u32 {
        self.sizes.for_color(group, record)
    }

    /// Every source that the file cites, with its line.
    #[must_use]
    pub fn sources(&self) -> &[CitedSource] {
        &self.sources
    }

    fn override_rule(&self, kind: Override, indicator: Indicator) -> Option<&OverrideRule> {
        self.overrides.iter().find(|r| r.kind == kind && r.indicators.contains(&indicator))
    }
}
