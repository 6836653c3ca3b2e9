//! The criteria of one edition applied to one LEA's facts of that year.
//!
//! This is the first of two steps: here it is found which criteria each student group
//! meets, by which cells; [`crate::determination`] concludes from that.

use std::collections::BTreeMap;

use crate::facts::YearFacts;
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::outcome::{Missing, MissingInput, Outcome};
use crate::performance::{Color, Level, Performance};
use crate::priority::{Priority, PrioritySet};
use crate::release::{LocalRating, PublishedRow};
use crate::rulebook::{Condition, CountsWhen, Criterion, Edition, LocalRule, Rating, Wanted};
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

impl Cell {
    /// Whether a condition holds for this cell.
    #[must_use]
    pub fn meets(self, condition: Condition) -> Outcome {
        match self {
            Cell::NotLoaded => {
                let input = MissingInput::Indicator(condition.indicator);
                Outcome::NotKnown(Missing::of(input))
            }
            Cell::NoRow | Cell::TooSmall { .. } | Cell::NotRated => Outcome::NotMet,
            Cell::Rated { color, status } => Outcome::from_bool(match condition.wanted {
                Wanted::Color(wanted) => color == Some(wanted),
                Wanted::Status(wanted) => status == Some(wanted),
            }),
        }
    }

    /// Whether the group has a rated performance here.
    fn rated(self, indicator: Indicator) -> Outcome {
        match self {
            Cell::NotLoaded => Outcome::NotKnown(Missing::of(MissingInput::Indicator(indicator))),
            Cell::Rated { .. } => Outcome::Met,
            Cell::NoRow | Cell::TooSmall { .. } | Cell::NotRated => Outcome::NotMet,
        }
    }
}

/// The cells of every group that can count, for every indicator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cells([[Cell; Indicator::ALL.len()]; StudentGroup::COUNTED.len()]);

impl Cells {
    /// Reads the cells of an LEA's year as the edition counts them.
    #[must_use]
    pub fn read(edition: &Edition, lea_type: LeaType, facts: &YearFacts) -> Cells {
        Cells(StudentGroup::COUNTED.map(|group| {
            Indicator::ALL.map(|indicator| {
                if !facts.indicator_releases.contains_key(&indicator) {
                    return Cell::NotLoaded;
                }
                match facts.performances.get(&(indicator, group)) {
                    None => Cell::NoRow,
                    Some(cited) => read_cell(edition, lea_type, indicator, group, &cited.value),
                }
            })
        }))
    }

    /// One cell. The group of all students has none.
    #[must_use]
    pub fn get(&self, group: StudentGroup, indicator: Indicator) -> Cell {
        StudentGroup::COUNTED
            .iter()
            .position(|g| *g == group)
            .and_then(|row| self.0.get(row)?.get(indicator.index()).copied())
            .unwrap_or(Cell::NoRow)
    }

    /// The same cells with one of them replaced.
    #[must_use]
    pub fn with(&self, group: StudentGroup, indicator: Indicator, cell: Cell) -> Cells {
        let mut cells = self.clone();
        let row = StudentGroup::COUNTED.iter().position(|g| *g == group);
        if let Some(place) =
            row.and_then(|row| cells.0.get_mut(row)).and_then(|row| row.get_mut(indicator.index()))
        {
            *place = cell;
        }
        cells
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
    let Some(rule) = edition.indicators.get(&indicator) else {
        return Cell::NotRated;
    };
    let shown = match rule.rating {
        Rating::Color => performance.color.is_some(),
        Rating::Status => performance.status_level.is_some(),
        Rating::None => false,
    };
    let minimum = edition.size.minimum_for(lea_type, group);
    let size = performance.denominator;
    let too_small = size.is_some_and(|n| n < minimum);
    let counts = match rule.counts_when {
        CountsWhen::AccountabilityMet => performance.accountability_met == Some(true),
        CountsWhen::SizeMet => performance.size_met == Some(true),
        // A colour is given only to groups that are large enough; a status is not.
        CountsWhen::Size => !too_small && (size.is_some() || rule.rating == Rating::Color),
    };
    if shown && counts {
        return Cell::Rated { color: performance.color, status: performance.status_level };
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
    /// Whether the group is in at least this many state priorities.
    #[must_use]
    pub fn in_at_least(&self, count: usize) -> Outcome {
        if count > self.at_most {
            return Outcome::NotMet;
        }
        Outcome::at_least(count, self.priorities.iter().map(|(_, outcome)| *outcome))
    }

    /// Whether the group is in a state priority that is not `other`.
    #[must_use]
    pub fn in_another_than(&self, other: Priority) -> Outcome {
        Outcome::any(self.priorities.iter().filter(|(p, _)| *p != other).map(|(_, o)| *o))
    }

    /// Whether the group is in exactly one state priority, and that one is not `other`.
    #[must_use]
    pub fn only_in_another_than(&self, other: Priority) -> Outcome {
        self.in_another_than(other).and(self.in_at_least(2).negated())
    }

    /// The priorities that are met for certain.
    #[must_use]
    pub fn met(&self) -> PrioritySet {
        self.priorities.iter().filter(|(_, o)| o.is_met()).map(|(p, _)| *p).collect()
    }

    /// The inputs that the priorities still depend on.
    #[must_use]
    pub fn missing(&self) -> Missing {
        self.priorities.iter().fold(Missing::NOTHING, |m, (_, o)| m.with(o.missing()))
    }

    /// A group that is in no priority and has no rated performance.
    #[must_use]
    pub fn nothing(group: StudentGroup) -> GroupFinding {
        GroupFinding { group, priorities: Vec::new(), at_most: 0, rated: Outcome::NotMet }
    }

    /// The same finding, everything unknown in it being owed to one other input.
    #[must_use]
    pub fn with_missing_as(&self, input: MissingInput) -> GroupFinding {
        GroupFinding {
            group: self.group,
            priorities: self
                .priorities
                .iter()
                .map(|(p, outcome)| (*p, outcome.with_missing_as(input)))
                .collect(),
            at_most: self.at_most,
            rated: self.rated.with_missing_as(input),
        }
    }
}

/// What the rules see of one local indicator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LocalCell {
    /// The file was not loaded for this LEA.
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
        let outcome = match cell {
            LocalCell::NotLoaded => {
                Outcome::NotKnown(Missing::of(MissingInput::LocalIndicator(rule.priority)))
            }
            LocalCell::NoRow => Outcome::NotMet,
            LocalCell::Rated(rating) => Outcome::from_bool(rating == rule.rating),
        };
        LocalFinding { id: rule.id.clone(), priority: rule.priority, cell, outcome }
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
}

/// Applies the criteria of an edition.
#[must_use]
pub fn evaluate(
    edition: &Edition,
    lea_type: LeaType,
    facts: &YearFacts,
    basis: Basis,
) -> Evaluation {
    let cells = Cells::read(edition, lea_type, facts);
    let published = match basis {
        Basis::Files => None,
        Basis::PublishedCodes => facts.published.as_ref().map(|cited| &cited.value),
    };
    let groups = edition
        .groups
        .iter()
        .map(|group| {
            let finding = find_group(edition, *group, &cells);
            match published {
                None => finding,
                Some(row) => published_group(edition, &finding, row, Missing::NOTHING),
            }
        })
        .collect();
    let locals = edition
        .locals_for(lea_type)
        .map(|rule| LocalFinding::of(rule, local_cell(facts, rule.priority)))
        .collect();
    let calpads_certified = facts.calpads_certified.as_ref().map(|cited| cited.value);
    Evaluation { cells, groups, locals, calpads_certified }
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

/// Which priorities a group meets by its cells.
#[must_use]
pub fn find_group(edition: &Edition, group: StudentGroup, cells: &Cells) -> GroupFinding {
    let mut priorities: Vec<(Priority, Outcome)> = Vec::new();
    for criterion in edition.criteria.iter().filter(|c| c.groups.contains(&group)) {
        let outcome = criterion_outcome(criterion, group, cells);
        match priorities.iter_mut().find(|(p, _)| *p == criterion.priority) {
            Some((_, sofar)) => *sofar = sofar.or(outcome),
            None => priorities.push((criterion.priority, outcome)),
        }
    }
    let rated = Outcome::any(
        edition
            .indicators_used()
            .filter(|i| edition.indicators.get(i).is_some_and(|rule| rule.groups.contains(&group)))
            .map(|indicator| cells.get(group, indicator).rated(indicator)),
    );
    let at_most = priorities.len();
    GroupFinding { group, priorities, at_most, rated }
}

/// Whether a group meets a criterion by its cells.
#[must_use]
pub fn criterion_outcome(criterion: &Criterion, group: StudentGroup, cells: &Cells) -> Outcome {
    Outcome::any(criterion.alternatives.iter().map(|alternative| {
        Outcome::all(alternative.conditions.iter().map(|c| cells.get(group, c.indicator).meets(*c)))
    }))
}

/// What a published list's row says of a group: with a letter, its priorities; without
/// one, that it is in fewer than two. Whether it is rated is known from a letter, else
/// only from the year's rows (`by_rows`). What the list leaves open depends on `missing`,
/// or, where that is nothing, on what the rows themselves depend on.
#[must_use]
pub fn published_group(
    edition: &Edition,
    by_rows: &GroupFinding,
    row: &PublishedRow,
    missing: Missing,
) -> GroupFinding {
    group_of_codes(edition, by_rows, &row.codes, missing)
}

/// The same for the codes of any list: a charter assistance list has them too.
#[must_use]
pub fn group_of_codes(
    edition: &Edition,
    by_rows: &GroupFinding,
    codes: &BTreeMap<StudentGroup, char>,
    missing: Missing,
) -> GroupFinding {
    let group = by_rows.group;
    let letter = codes.get(&group);
    let set = letter
        .and_then(|letter| edition.codes.iter().find(|(_, l)| *l == letter).map(|(set, _)| *set));
    match set {
        Some(set) => GroupFinding {
            group,
            priorities: edition
                .state_priorities()
                .iter()
                .map(|p| (p, Outcome::from_bool(set.contains(p))))
                .collect(),
            at_most: set.len(),
            rated: Outcome::Met,
        },
        None => {
            let unknown = if missing.is_nothing() {
                let every = edition.indicators_used().map(MissingInput::Indicator).collect();
                Outcome::NotKnown(every)
            } else {
                Outcome::NotKnown(missing)
            };
            let priorities = by_rows.priorities.iter().map(|(p, _)| (*p, unknown)).collect();
            let rated = match by_rows.rated {
                Outcome::NotKnown(_) => unknown,
                known => known,
            };
            GroupFinding { group, priorities, at_most: 1, rated }
        }
    }
}
