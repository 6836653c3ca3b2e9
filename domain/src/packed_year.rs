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
use crate::local_outcomes::LocalOutcomes;
use crate::outcome::{Missing, MissingInput};
use crate::performance::{Color, Level};
use crate::priority::{PerPriority, Priority};
use crate::release::LocalRating;
use crate::rulebook::{Alternative, Condition, Criterion, Edition, Wanted};
use crate::student_group::StudentGroup;

/// The sets of one indicator, by place: every group where the file was not loaded, else none;
/// groups with a performance that counts; of those, the groups of each colour and then of
/// each status level, from worst to best.
type Sets = [GroupSet; WIDTH];

const NOT_LOADED: usize = 0;
const RATED: usize = 1;
const COLORS: usize = 2;
const STATUSES: usize = COLORS + Color::ALL.len();
const WIDTH: usize = STATUSES + Level::COUNT;

/// The cells of an LEA's year.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PackedCells([Sets; Indicator::ALL.len()]);

/// Where the groups for which a condition holds stand among the cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    indicator: u8,
    set: u8,
}

impl Place {
    fn new(indicator: Indicator, set: usize) -> Place {
        // Both are a dozen at most.
        Place { indicator: indicator.index() as u8, set: set as u8 }
    }

    /// The groups that meet a condition.
    pub(crate) fn of(condition: Condition) -> Place {
        let set = match condition.wanted {
            Wanted::Color(color) => COLORS + color as usize - 1,
            Wanted::Status(level) => STATUSES + usize::from(level.number()) - 1,
        };
        Place::new(condition.indicator, set)
    }

    /// The groups with a performance that counts.
    pub(crate) fn rated(indicator: Indicator) -> Place {
        Place::new(indicator, RATED)
    }
}

fn colors(sets: &mut Sets) -> impl Iterator<Item = (&mut GroupSet, Color)> {
    sets.iter_mut().skip(COLORS).zip(Color::ALL)
}

fn statuses(sets: &mut Sets) -> impl Iterator<Item = (&mut GroupSet, Level)> {
    sets.iter_mut().skip(STATUSES).zip(Level::all())
}

impl PackedCells {
    const NONE_LOADED: PackedCells = {
        let mut sets = [GroupSet::EMPTY; WIDTH];
        sets[NOT_LOADED] = GroupSet::EVERY;
        PackedCells([sets; Indicator::ALL.len()])
    };

    /// Packs the rows of a year as the edition counts them.
    pub(crate) fn read(edition: &Edition, lea_type: LeaType, facts: &YearFacts) -> PackedCells {
        let mut cells = PackedCells::NONE_LOADED;
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

    fn load(&mut self, indicator: Indicator) {
        if let Some(sets) = self.0.get_mut(indicator.index()) {
            sets[NOT_LOADED] = GroupSet::EMPTY;
        }
    }

    fn set(&self, indicator: Indicator, set: usize) -> GroupSet {
        self.0.get(indicator.index()).and_then(|sets| sets.get(set)).copied().unwrap_or_default()
    }

    /// Whether the indicator's file was loaded.
    #[must_use]
    pub fn is_loaded(&self, indicator: Indicator) -> bool {
        self.set(indicator, NOT_LOADED).is_empty()
    }

    /// Puts a cell in place of what was there. Only a rated one leaves a mark.
    pub(crate) fn put(&mut self, group: StudentGroup, indicator: Indicator, cell: Cell) {
        let Some(sets) = self.0.get_mut(indicator.index()) else { return };
        let one = GroupSet::of(group);
        let (color, status) = match cell {
            Cell::Rated { color, status } => (color, status),
            _ => (None, None),
        };
        let place = |set: GroupSet, there: bool| {
            if there { set.with(one) } else { set.without(one) }
        };
        sets[RATED] = place(sets[RATED], matches!(cell, Cell::Rated { .. }));
        for (set, of) in colors(sets) {
            *set = place(*set, color == Some(of));
        }
        for (set, of) in statuses(sets) {
            *set = place(*set, status == Some(of));
        }
    }

    /// Lets groups that are rated show another colour or status level, or nothing: then they
    /// are not rated.
    pub(crate) fn show(&mut self, groups: GroupSet, indicator: Indicator, value: Option<Wanted>) {
        let Some(sets) = self.0.get_mut(indicator.index()) else { return };
        let place = |set: GroupSet, there: bool| {
            if there { set.with(groups) } else { set.without(groups) }
        };
        if !matches!(value, Some(Wanted::Status(_))) {
            for (set, of) in colors(sets) {
                *set = place(*set, value == Some(Wanted::Color(of)));
            }
        }
        if !matches!(value, Some(Wanted::Color(_))) {
            for (set, of) in statuses(sets) {
                *set = place(*set, value == Some(Wanted::Status(of)));
            }
        }
        if value.is_none() {
            sets[RATED] = sets[RATED].without(groups);
        }
    }

    /// The colour that counts for a group.
    #[must_use]
    pub fn color(&self, group: StudentGroup, indicator: Indicator) -> Option<Color> {
        let shown = |color: &Color| self.set(indicator, COLORS + *color as usize - 1);
        Color::ALL.into_iter().find(|color| shown(color).contains(group))
    }

    /// The status level that counts for a group.
    #[must_use]
    pub fn status(&self, group: StudentGroup, indicator: Indicator) -> Option<Level> {
        let shown = |level: &Level| self.set(indicator, STATUSES + usize::from(level.number()) - 1);
        Level::all().find(|level| shown(level).contains(group))
    }

    /// The groups that stand at a place, for certain or perhaps.
    #[inline]
    pub(crate) fn at(&self, place: Place) -> GroupOutcomes {
        let Some(sets) = self.0.get(usize::from(place.indicator)) else {
            return GroupOutcomes::NOT_MET;
        };
        let groups = sets.get(usize::from(place.set)).copied().unwrap_or_default();
        GroupOutcomes::new(groups, groups.with(sets[NOT_LOADED]))
    }

    /// For which groups a condition holds.
    pub(crate) fn condition(&self, condition: Condition) -> GroupOutcomes {
        self.at(Place::of(condition))
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
    locals: PerPriority<LocalCell>,
    /// What that comes to.
    pub(crate) local_outcomes: LocalOutcomes,
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
            local_outcomes: LocalOutcomes::of(edition.tables.kind(lea_type), &locals),
            locals,
            calpads_certified: facts.calpads_certified.as_ref().map(|cited| cited.value),
            listing: PackedListing::read(edition, lea_type, facts),
        }
    }

    /// The same year, had another rating been found of a local indicator.
    pub(crate) fn with_local(
        self,
        edition: &Edition,
        lea_type: LeaType,
        priority: Priority,
        rating: LocalRating,
    ) -> PackedYear {
        let mut locals = self.locals;
        locals.set(priority, LocalCell::Rated(rating));
        let local_outcomes = LocalOutcomes::of(edition.tables.kind(lea_type), &locals);
        PackedYear { locals, local_outcomes, ..self }
    }

    /// What the rules see of a local indicator.
    #[must_use]
    pub fn local(&self, priority: Priority) -> LocalCell {
        self.locals.get(priority)
    }
}
