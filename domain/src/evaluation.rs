//! What the rules see of one LEA's year, group by group: the cells, and what they come to.
//!
//! How a row counts is decided here; criteria are applied to all groups at once in
//! [`crate::group_year`], and this shows the result for one group after another.

use crate::facts::YearFacts;
use crate::group_set::GroupSet;
use crate::group_year::GroupYear;
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::outcome::{Depends, Missing, MissingInput, Outcome, ThreeWay};
use crate::packed_year::{PackedCells, PackedListing, PackedYear};
use crate::performance::{Color, Level, Performance};
use crate::priority::{Priority, PrioritySet};
use crate::release::LocalRating;
use crate::rulebook::{Alternative, Condition, CountsWhen, Criterion, Edition, LocalRule, Rating};
use crate::student_group::StudentGroup;

/// What the rules see of one group on one indicator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell {
    /// The indicator's file was not loaded for this LEA.
    NotLoaded,
    /// The file has no row for the group.
    NoRow,
    /// The group has too few students to count.
    TooSmall {
        /// Students in the group, where the file says it.
        size: Option<u32>,
        /// Students needed.
        minimum: u32,
    },
    /// The row has no colour or status, or does not count for accountability.
    NotRated,
    /// The row counts.
    Rated {
        /// Its colour, where the year published colours.
        color: Option<Color>,
        /// Its status level.
        status: Option<Level>,
    },
}

/// The cells of every group that can count, for every indicator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cells {
    cells: [[Cell; Indicator::ALL.len()]; StudentGroup::COUNTED.len()],
    packed: PackedCells,
}

impl Cells {
    /// Reads the cells of an LEA's year as the edition counts them.
    #[must_use]
    pub fn read(edition: &Edition, lea_type: LeaType, facts: &YearFacts) -> Cells {
        let packed = PackedCells::read(edition, lea_type, facts);
        Cells::with_packed(edition, lea_type, facts, packed)
    }

    fn with_packed(
        edition: &Edition,
        lea_type: LeaType,
        facts: &YearFacts,
        packed: PackedCells,
    ) -> Cells {
        let row = Indicator::ALL.map(|indicator| {
            if packed.is_loaded(indicator) { Cell::NoRow } else { Cell::NotLoaded }
        });
        let mut cells = [row; StudentGroup::COUNTED.len()];
        for ((indicator, group), cited) in &facts.performances {
            let place = group.place().and_then(|row| cells.get_mut(row));
            let place = place.and_then(|row| row.get_mut(indicator.index()));
            if let Some(place) = place.filter(|place| **place != Cell::NotLoaded) {
                *place = read_cell(edition, lea_type, *indicator, *group, &cited.value);
            }
        }
        Cells { cells, packed }
    }

    /// One cell. The group of all students has none.
    #[must_use]
    pub fn get(&self, group: StudentGroup, indicator: Indicator) -> Cell {
        group
            .place()
            .and_then(|row| self.cells.get(row)?.get(indicator.index()).copied())
            .unwrap_or(Cell::NoRow)
    }

    /// Whether a condition holds for a group.
    #[must_use]
    pub fn condition(&self, group: StudentGroup, condition: Condition) -> Outcome {
        let outcomes = self.packed.condition(condition);
        outcomes.of(group, |_| self.packed.missing(condition.indicator))
    }

    /// Whether the conditions of an alternative hold together for a group.
    #[must_use]
    pub fn alternative(&self, group: StudentGroup, alternative: &Alternative) -> Outcome {
        let outcomes = self.packed.alternative(alternative);
        outcomes.of(group, |_| self.packed.missing_of(alternative))
    }
}

/// How the edition counts one row.
#[must_use]
pub fn read_cell(
    edition: &Edition,
    lea_type: LeaType,
    indicator: Indicator,
    group: StudentGroup,
    performance: &Performance,
) -> Cell {
    let Performance { color, status_level, .. } = performance;
    read_cell_showing(edition, lea_type, indicator, group, performance, *color, *status_level)
}

/// How the edition would count a row, did it show this colour and status level.
pub(crate) fn read_cell_showing(
    edition: &Edition,
    lea_type: LeaType,
    indicator: Indicator,
    group: StudentGroup,
    performance: &Performance,
    color: Option<Color>,
    status: Option<Level>,
) -> Cell {
    let Some(reading) = edition.tables.reading(indicator) else {
        return Cell::NotRated;
    };
    let shown = match reading.rating {
        Rating::Color => color.is_some(),
        Rating::Status => status.is_some(),
        Rating::None => false,
    };
    let minimum = edition.tables.kind(lea_type).minimum(group);
    let size = performance.denominator;
    let too_small = size.is_some_and(|n| n < minimum);
    let counts = match reading.counts_when {
        CountsWhen::AccountabilityMet => performance.accountability_met == Some(true),
        CountsWhen::SizeMet => performance.size_met == Some(true),
        // A colour is given only to groups that are large enough; a status is not.
        CountsWhen::Size => !too_small && (size.is_some() || reading.rating == Rating::Color),
    };
    if shown && counts {
        return Cell::Rated { color, status };
    }
    if too_small || (size.is_none() && !counts) {
        return Cell::TooSmall { size, minimum };
    }
    Cell::NotRated
}

/// Which state priorities a group meets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupFinding {
    /// The group.
    pub group: StudentGroup,
    /// Each state priority with a criterion for the group.
    pub priorities: Vec<(Priority, Outcome)>,
    /// The most priorities that the group can be in, known from elsewhere: a group without
    /// a letter on a published list is in one at most.
    pub at_most: usize,
    /// Whether the group has a rated performance.
    pub rated: Outcome,
}

impl GroupFinding {
    /// One group's part of a year.
    pub(crate) fn of(edition: &Edition, year: &GroupYear<'_>, group: StudentGroup) -> GroupFinding {
        let tables = &edition.tables;
        let mut order: Vec<Priority> = Vec::with_capacity(tables.priorities.len());
        if year.lettered.contains(group) {
            order.extend(&tables.priorities);
        } else {
            let criteria = edition.criteria.iter().zip(&tables.criteria);
            for (criterion, _) in criteria.filter(|(_, groups)| groups.contains(group)) {
                if !order.contains(&criterion.priority) {
                    order.push(criterion.priority);
                }
            }
        }
        let outcome = |p: Priority| year.priorities.get(p).of(group, |_| year.missing_in(group, p));
        GroupFinding {
            group,
            at_most: if year.at_most_one.contains(group) { 1 } else { order.len() },
            priorities: order.into_iter().map(|p| (p, outcome(p))).collect(),
            rated: year.rated.of(group, |open| year.missing_of_rated(open)),
        }
    }

    /// Whether the group is in at least this many state priorities.
    #[must_use]
    pub fn in_at_least(&self, count: usize) -> Outcome {
        if count > self.at_most {
            return Outcome::NotMet;
        }
        Outcome::at_least(count, self.priorities.iter().map(|(_, outcome)| *outcome))
    }

    /// The priorities that are met for certain.
    #[must_use]
    pub fn met(&self) -> PrioritySet {
        self.priorities.iter().filter(|(_, o)| o.is_met()).map(|(p, _)| *p).collect()
    }
}

/// What the rules see of one local indicator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LocalCell {
    /// The file was not loaded for this LEA.
    #[default]
    NotLoaded,
    /// The file has no row for it: it reported nothing, which is no failure.
    NoRow,
    /// Its rating of itself.
    Rated(LocalRating),
}

/// A local indicator's rule and what was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocalFinding {
    /// The rule's id.
    pub id: String,
    /// Its priority.
    pub priority: Priority,
    /// What was found.
    pub cell: LocalCell,
    /// Whether the criterion is met.
    pub outcome: Outcome,
}

impl LocalFinding {
    /// Applies a rule to what was found.
    #[must_use]
    pub fn of(rule: &LocalRule, cell: LocalCell) -> LocalFinding {
        let outcome = local_outcome(rule.priority, rule.rating, cell);
        LocalFinding { id: rule.id.clone(), priority: rule.priority, cell, outcome }
    }
}

/// Whether the criterion on a priority's local indicator is met: its rating is the one that
/// counts.
pub(crate) fn local_outcome<M: Depends>(
    priority: Priority,
    counts: LocalRating,
    cell: LocalCell,
) -> ThreeWay<M> {
    match cell {
        LocalCell::NotLoaded => {
            ThreeWay::NotKnown(M::find(|| Missing::of(MissingInput::LocalIndicator(priority))))
        }
        LocalCell::NoRow => ThreeWay::NotMet,
        LocalCell::Rated(rating) => ThreeWay::from_bool(rating == counts),
    }
}

/// Where the groups' priorities are taken from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// From the indicator files, as if the year's published list did not exist.
    Files,
    /// From the letters of the year's published list: to check the list against itself.
    PublishedCodes,
}

/// What each group of an LEA's year comes to.
pub(crate) fn groups_now<'a>(
    edition: &'a Edition,
    year: &'a PackedYear,
    basis: Basis,
) -> GroupYear<'a> {
    let by_cells = GroupYear::by_cells(edition, &year.cells);
    match (basis, &year.listing) {
        (Basis::PublishedCodes, PackedListing::Named(codes, _)) => {
            by_cells.by_own_list(edition, codes)
        }
        _ => by_cells,
    }
}

/// Everything that the criteria of one edition say of one LEA.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluation {
    /// The cells that were looked at.
    pub cells: Cells,
    /// Every group of the edition.
    pub groups: Vec<GroupFinding>,
    /// Every local indicator that the kind of LEA reports.
    pub locals: Vec<LocalFinding>,
    /// Whether CALPADS data were certified, where an operator entered it.
    pub calpads_certified: Option<bool>,
    /// The year that all of this shows.
    year: PackedYear,
    basis: Basis,
}

impl Evaluation {
    /// Shows a year and what its groups come to.
    pub(crate) fn of(
        edition: &Edition,
        lea_type: LeaType,
        facts: &YearFacts,
        basis: Basis,
        year: &PackedYear,
    ) -> Evaluation {
        let now = groups_now(edition, year, basis);
        let locals = edition.locals_for(lea_type);
        Evaluation {
            cells: Cells::with_packed(edition, lea_type, facts, year.cells),
            groups: edition.groups.iter().map(|g| GroupFinding::of(edition, &now, *g)).collect(),
            locals: locals.map(|rule| LocalFinding::of(rule, year.local(rule.priority))).collect(),
            calpads_certified: year.calpads_certified,
            year: *year,
            basis,
        }
    }

    /// The year, packed.
    #[must_use]
    pub fn packed(&self) -> &PackedYear {
        &self.year
    }

    /// What each group comes to, for all groups at once.
    pub(crate) fn groups_now<'a>(&'a self, edition: &'a Edition) -> GroupYear<'a> {
        groups_now(edition, &self.year, self.basis)
    }
}

/// What was found of a local indicator.
#[must_use]
pub fn local_cell(facts: &YearFacts, priority: Priority) -> LocalCell {
    match (facts.local_releases.get(&priority), facts.local_ratings.get(&priority)) {
        (_, Some(cited)) => LocalCell::Rated(cited.value),
        (Some(_), None) => LocalCell::NoRow,
        (None, None) => LocalCell::NotLoaded,
    }
}

/// Whether a group meets a criterion by its cells.
#[must_use]
pub fn criterion_outcome(criterion: &Criterion, group: StudentGroup, cells: &Cells) -> Outcome {
    let packed = &cells.packed;
    packed.criterion(criterion).of(group, |_| packed.missing_for(criterion, GroupSet::of(group)))
}
