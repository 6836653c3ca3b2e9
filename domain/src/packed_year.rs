//! One LEA's year as the rules see it, in a few hundred bytes.
//!
//! For each indicator there is a set of groups for every colour and every status level, so
//! that a condition is one set and a criterion a few operations on sets. What a row counts
//! for is decided when it is packed, by [`read_cell`]; nothing else is.

use std::collections::BTreeMap;

use crate::evaluation::{Cell, LocalCell, local_cell, read_cell};
use crate::facts::{Cited, YearFacts};
use crate::group_set::{GroupOutcomes, GroupSet};
use crate::history::PublishedSigns;
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::outcome::{Missing, MissingInput};
use crate::performance::{Color, Level};
use crate::priority::{PerPriority, Priority};
use crate::rulebook::{Alternative, Condition, Criterion, Edition, Wanted};
use crate::student_group::StudentGroup;

/// The cells of one indicator.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct PackedIndicator {
    /// Every group where the file was not loaded, else none.
    not_loaded: GroupSet,
    /// Groups with a performance that counts.
    rated: GroupSet,
    /// Of those, the groups of each colour, from worst to best.
    colors: [GroupSet; Color::ALL.len()],
    /// Of those, the groups of each status level, from worst to best.
    statuses: [GroupSet; Level::COUNT],
}

/// The cells of an LEA's year.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PackedCells([PackedIndicator; Indicator::ALL.len()]);

impl PackedIndicator {
    const NOT_LOADED: PackedIndicator = PackedIndicator {
        not_loaded: GroupSet::EVERY,
        rated: GroupSet::EMPTY,
        colors: [GroupSet::EMPTY; Color::ALL.len()],
        statuses: [GroupSet::EMPTY; Level::COUNT],
    };

    fn not_known_or(&self, groups: GroupSet) -> GroupOutcomes {
        GroupOutcomes { met: groups, may: groups.with(self.not_loaded) }
    }
}

impl PackedCells {
    const NOT_LOADED: PackedCells =
        PackedCells([PackedIndicator::NOT_LOADED; Indicator::ALL.len()]);

    /// Packs the rows of a year as the edition counts them.
    pub(crate) fn read(edition: &Edition, lea_type: LeaType, facts: &YearFacts) -> PackedCells {
        let mut cells = PackedCells::NOT_LOADED;
        for indicator in facts.indicator_releases.keys() {
            cells.load(*indicator);
        }
        for ((indicator, group), cited) in &facts.performances {
            if cells.is_loaded(*indicator) {
                let cell = read_cell(edition, lea_type, *indicator, *group, &cited.value);
                cells.put(*group, *indicator, cell);
            }
        }
        cells
    }

    fn of(&self, indicator: Indicator) -> &PackedIndicator {
        let [ela, math, science, elpi, grad, chro, susp, cci] = &self.0;
        match indicator {
            Indicator::Ela => ela,
            Indicator::Math => math,
            Indicator::Science => science,
            Indicator::Elpi => elpi,
            Indicator::Grad => grad,
            Indicator::Chro => chro,
            Indicator::Susp => susp,
            Indicator::Cci => cci,
        }
    }

    fn load(&mut self, indicator: Indicator) {
        if let Some(packed) = self.0.get_mut(indicator.index()) {
            packed.not_loaded = GroupSet::EMPTY;
        }
    }

    /// Whether the indicator's file was loaded.
    #[must_use]
    pub fn is_loaded(&self, indicator: Indicator) -> bool {
        self.of(indicator).not_loaded.is_empty()
    }

    /// Puts a cell in place of what was there. Only a rated one leaves a mark.
    pub(crate) fn put(&mut self, group: StudentGroup, indicator: Indicator, cell: Cell) {
        let Some(packed) = self.0.get_mut(indicator.index()) else { return };
        let one = GroupSet::of(group);
        let (color, status) = match cell {
            Cell::Rated { color, status } => (color, status),
            _ => (None, None),
        };
        let place = |set: GroupSet, there: bool| {
            if there { set.with(one) } else { set.without(one) }
        };
        packed.rated = place(packed.rated, matches!(cell, Cell::Rated { .. }));
        for (set, of) in packed.colors.iter_mut().zip(Color::ALL) {
            *set = place(*set, color == Some(of));
        }
        for (set, of) in packed.statuses.iter_mut().zip(Level::all()) {
            *set = place(*set, status == Some(of));
        }
    }

    /// Lets groups that are rated show another colour or status level, or nothing: then they
    /// are not rated.
    pub(crate) fn show(&mut self, groups: GroupSet, indicator: Indicator, value: Option<Wanted>) {
        let Some(packed) = self.0.get_mut(indicator.index()) else { return };
        let color = |color: Color| value == Some(Wanted::Color(color));
        let status = |level: Level| value == Some(Wanted::Status(level));
        if !matches!(value, Some(Wanted::Status(_))) {
            for (set, of) in packed.colors.iter_mut().zip(Color::ALL) {
                *set = if color(of) { set.with(groups) } else { set.without(groups) };
            }
        }
        if !matches!(value, Some(Wanted::Color(_))) {
            for (set, of) in packed.statuses.iter_mut().zip(Level::all()) {
                *set = if status(of) { set.with(groups) } else { set.without(groups) };
            }
        }
        if value.is_none() {
            packed.rated = packed.rated.without(groups);
        }
    }

    /// The colour that counts for a group.
    #[must_use]
    pub fn color(&self, group: StudentGroup, indicator: Indicator) -> Option<Color> {
        let sets = self.of(indicator).colors.iter().zip(Color::ALL);
        sets.filter(|(set, _)| set.contains(group)).map(|(_, color)| color).next()
    }

    /// The status level that counts for a group.
    #[must_use]
    pub fn status(&self, group: StudentGroup, indicator: Indicator) -> Option<Level> {
        let sets = self.of(indicator).statuses.iter().zip(Level::all());
        sets.filter(|(set, _)| set.contains(group)).map(|(_, level)| level).next()
    }

    /// Which groups have a performance that counts.
    pub(crate) fn rated(&self, indicator: Indicator) -> GroupOutcomes {
        let packed = self.of(indicator);
        packed.not_known_or(packed.rated)
    }

    /// For which groups a condition holds.
    pub(crate) fn condition(&self, condition: Condition) -> GroupOutcomes {
        let packed = self.of(condition.indicator);
        let place = match condition.wanted {
            Wanted::Color(color) => packed.colors.get(color as usize - 1),
            Wanted::Status(level) => packed.statuses.get(usize::from(level.number()) - 1),
        };
        packed.not_known_or(place.copied().unwrap_or_default())
    }

    /// For which groups the conditions of an alternative hold together.
    pub(crate) fn alternative(&self, alternative: &Alternative) -> GroupOutcomes {
        let conditions = alternative.conditions.iter();
        conditions.fold(GroupOutcomes::MET, |all, c| all.and(self.condition(*c)))
    }

    /// For which groups, were it open to all, one alternative of a criterion holds.
    pub(crate) fn criterion(&self, criterion: &Criterion) -> GroupOutcomes {
        let alternatives = criterion.alternatives.iter();
        alternatives.fold(GroupOutcomes::NOT_MET, |any, a| any.or(self.alternative(a)))
    }

    /// The file of an indicator, where it was not loaded.
    pub(crate) fn missing(&self, indicator: Indicator) -> Missing {
        if self.is_loaded(indicator) {
            Missing::NOTHING
        } else {
            Missing::of(MissingInput::Indicator(indicator))
        }
    }

    /// The files that an alternative asks for and that were not loaded.
    pub(crate) fn missing_of(&self, alternative: &Alternative) -> Missing {
        let conditions = alternative.conditions.iter();
        conditions.fold(Missing::NOTHING, |all, c| all.with(self.missing(c.indicator)))
    }

    /// The files that a criterion still depends on for these groups.
    pub(crate) fn missing_for(&self, criterion: &Criterion, groups: GroupSet) -> Missing {
        let open = |a: &&Alternative| !self.alternative(a).open().and(groups).is_empty();
        let alternatives = criterion.alternatives.iter().filter(open);
        alternatives.fold(Missing::NOTHING, |all, a| all.with(self.missing_of(a)))
    }
}

/// The letters of an LEA's row on a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PackedCodes {
    /// Groups with a letter that the edition has.
    pub(crate) lettered: GroupSet,
    /// The groups whose letter stands for each state priority.
    pub(crate) priorities: PerPriority<GroupSet>,
}

impl PackedCodes {
    fn read(edition: &Edition, codes: &BTreeMap<StudentGroup, char>) -> PackedCodes {
        let mut list =
            PackedCodes { lettered: GroupSet::EMPTY, priorities: PerPriority::default() };
        for (group, letter) in codes {
            let one = GroupSet::of(*group).and(edition.tables.groups);
            let Some((set, _)) = edition.codes.iter().find(|(_, l)| *l == letter) else {
                continue;
            };
            list.lettered = list.lettered.with(one);
            for priority in edition.tables.priorities.iter().filter(|p| set.contains(**p)) {
                list.priorities.set(*priority, list.priorities.get(*priority).with(one));
            }
        }
        list
    }
}

/// Whether a list of the year was loaded, and what it says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum PackedListing {
    /// No list covers the LEA.
    NotCovered,
    /// A list covers it and does not name it.
    NotNamed,
    /// A list has a row of it, which says this of its groups and of the whole LEA.
    Named(PackedCodes, PublishedSigns),
    /// The list of charter schools has a row of it: its codes, and whether the state decided
    /// it eligible, where the list says that.
    NamedCharter(PackedCodes, Option<bool>),
}

impl PackedListing {
    fn read(edition: &Edition, lea_type: LeaType, facts: &YearFacts) -> PackedListing {
        let codes = |codes| PackedCodes::read(edition, codes);
        if let (LeaType::Charter, Some(Cited { value: row, .. })) = (lea_type, &facts.charter_list)
        {
            return PackedListing::NamedCharter(codes(&row.current.codes), row.eligible());
        }
        match (&facts.published, facts.list_release) {
            (Some(Cited { value: row, .. }), _) => {
                PackedListing::Named(codes(&row.codes), PublishedSigns::of(row))
            }
            (None, Some(_)) => PackedListing::NotNamed,
            (None, None) => PackedListing::NotCovered,
        }
    }
}

/// Everything that the rules see of one LEA's year.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PackedYear {
    /// Whether any release of the year names the LEA: else it is only looked back on.
    pub named: bool,
    /// The cells of state indicators.
    pub cells: PackedCells,
    /// What was found of each priority's local indicator.
    pub(crate) locals: PerPriority<LocalCell>,
    /// Whether CALPADS data were certified, where an operator entered it.
    pub calpads_certified: Option<bool>,
    pub(crate) listing: PackedListing,
}

impl PackedYear {
    /// Packs the facts of a year as its edition reads them.
    #[must_use]
    pub fn of(edition: &Edition, lea_type: LeaType, facts: &YearFacts) -> PackedYear {
        let mut locals = PerPriority::default();
        for priority in Priority::all() {
            locals.set(priority, local_cell(facts, priority));
        }
        PackedYear {
            named: facts.named,
            cells: PackedCells::read(edition, lea_type, facts),
            locals,
            calpads_certified: facts.calpads_certified.as_ref().map(|cited| cited.value),
            listing: PackedListing::read(edition, lea_type, facts),
        }
    }

    /// What the rules see of a local indicator.
    #[must_use]
    pub fn local(&self, priority: Priority) -> LocalCell {
        self.locals.get(priority)
    }
}
