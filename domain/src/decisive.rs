//! Which cells decide: for each cell, the answers that another value in it would change.
//!
//! Each cell is given every other value that the file could have shown, everything else
//! staying as it is, and the conclusions are drawn anew. A cell without such an answer is
//! irrelevant for this determination.

use crate::determination::Determination;
use crate::evaluation::{Cell, LocalCell, read_cell_showing};
use crate::facts::{Cited, LeaFacts};
use crate::group_set::GroupSet;
use crate::group_year::{GroupKey, GroupYear};
use crate::history::{HistoryYear, Origin, PublishedSigns};
use crate::indicator::Indicator;
use crate::outcome::NotCarried;
use crate::packed_year::PackedYear;
use crate::performance::{Color, Level, Performance};
use crate::priority::{PerPriority, Priority, PrioritySet};
use crate::release::{LocalRating, PublishedStatus};
use crate::rulebook::{Edition, Rating, Wanted};
use crate::student_group::StudentGroup;
use crate::verdict::{AnswerSet, Verdict, conclude};
use crate::year::DashboardYear;

/// Names a cell that a determination rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CellKey {
    /// A group's row of an indicator file of the year.
    Performance(Indicator, StudentGroup),
    /// The LEA's row of a local indicator file of the year.
    Local(Priority),
    /// The LEA's entry among the CALPADS exceptions.
    Calpads,
    /// A group's letter on an earlier year's list.
    EarlierCode(DashboardYear, StudentGroup),
    /// The status on an earlier year's list.
    EarlierStatus(DashboardYear),
}

/// A set of answers for each group, that of all students first.
type PerGroup = [AnswerSet; StudentGroup::COUNTED.len() + 1];

/// The answers that each cell decides.
#[derive(Clone, Debug, Default)]
pub struct DecisiveCells {
    performances: [PerGroup; Indicator::ALL.len()],
    locals: PerPriority<AnswerSet>,
    calpads: AnswerSet,
    earlier: Vec<EarlierCells>,
}

#[derive(Clone, Debug)]
struct EarlierCells {
    year: DashboardYear,
    codes: PerGroup,
    status: AnswerSet,
}

impl DecisiveCells {
    /// The answers that a cell decides.
    #[must_use]
    pub fn get(&self, cell: CellKey) -> AnswerSet {
        let of = |groups: &PerGroup, group: StudentGroup| groups.get(group as usize).copied();
        let earlier = |year: DashboardYear| self.earlier.iter().find(|e| e.year == year);
        let found = match cell {
            CellKey::Performance(indicator, group) => {
                self.performances.get(indicator.index()).and_then(|groups| of(groups, group))
            }
            CellKey::Local(priority) => Some(self.locals.get(priority)),
            CellKey::Calpads => Some(self.calpads),
            CellKey::EarlierCode(year, group) => {
                earlier(year).and_then(|cells| of(&cells.codes, group))
            }
            CellKey::EarlierStatus(year) => earlier(year).map(|cells| cells.status),
        };
        found.unwrap_or_default()
    }
}

/// Finds the answers that each cell decides.
#[must_use]
pub fn decisive_cells(lea: &LeaFacts, determination: &Determination<'_>) -> DecisiveCells {
    let Determination { edition, lea_type, evaluation, history, .. } = determination;
    let past: Vec<GroupYear<'_>> = history.iter().map(|earlier| earlier.groups).collect();
    let year = evaluation.packed();
    let now = evaluation.groups_now(edition);
    let verdict: Verdict<NotCarried> = conclude(edition, *lea_type, year, &now, &past);
    let mut search =
        Search { determination, year, now, past, verdict, found: DecisiveCells::default() };
    search.performances(lea);
    search.locals();
    search.calpads();
    search.earlier_years(lea);
    search.found
}

struct Search<'a> {
    determination: &'a Determination<'a>,
    year: &'a PackedYear,
    now: GroupYear<'a>,
    past: Vec<GroupYear<'a>>,
    verdict: Verdict<NotCarried>,
    found: DecisiveCells,
}

impl<'a> Search<'a> {
    /// A group's part of a year depends on its own cells only, so that every group is given
    /// another value at once; what follows from it is concluded for one group after another.
    fn performances(&mut self, lea: &LeaFacts) {
        let Determination { edition, lea_type, .. } = *self.determination;
        let Some(facts) = lea.years.get(&edition.year) else {
            return;
        };
        // A group that is taken from the year's own list depends on none of its cells.
        let listed = self.now.lettered.with(self.now.at_most_one);
        // Most values lead to one of a few results of the group: each is concluded once.
        let mut known: Vec<(StudentGroup, GroupKey, AnswerSet)> = Vec::with_capacity(64);
        for (indicator, groups) in &edition.tables.used {
            let Some(reading) = edition.tables.reading(*indicator) else { continue };
            let rows = facts.performances.range((*indicator, StudentGroup::All)..);
            let rows = rows.take_while(|((of, _), _)| of == indicator);
            // Whether a row counts does not depend on which value it shows.
            let mut counting = GroupSet::EMPTY;
            let mut cells = self.year.cells;
            for ((_, group), Cited { value: row, .. }) in rows {
                if !groups.without(listed).contains(*group) {
                    continue;
                }
                let (color, status) = match reading.rating {
                    Rating::Color => (row.color.or(Some(Color::Red)), row.status_level),
                    Rating::Status => (row.color, row.status_level.or(Level::all().next())),
                    Rating::None => continue,
                };
                let cell =
                    read_cell_showing(edition, lea_type, *indicator, *group, row, color, status);
                if matches!(cell, Cell::Rated { .. }) {
                    counting = counting.with(GroupSet::of(*group));
                    cells.put(*group, *indicator, cell);
                }
            }
            for value in values_shown(reading.rating) {
                let mut cells = cells;
                cells.show(counting, *indicator, value);
                let other = GroupYear::by_cells(edition, &cells);
                for group in self.now.differing_from(&other).and(counting).iter() {
                    let key = other.key(group);
                    let changed = match known.iter().find(|(g, k, _)| (*g, k) == (group, &key)) {
                        Some((_, _, changed)) => *changed,
                        None => {
                            let now = self.now.with_group_of(group, &other);
                            let changed = self.changed_by(self.year, &now);
                            known.push((group, key, changed));
                            changed
                        }
                    };
                    let place = self.found.performances.get_mut(indicator.index());
                    if let Some(place) = place.and_then(|groups| groups.get_mut(group as usize)) {
                        *place = place.with(changed);
                    }
                }
            }
        }
    }

    fn locals(&mut self) {
        let Determination { edition, lea_type, .. } = self.determination;
        for rule in edition.locals_for(*lea_type) {
            let LocalCell::Rated(rating) = self.year.local(rule.priority) else {
                continue;
            };
            // All that matters is whether it is the rating that counts.
            let counts = |rating: LocalRating| rating == rule.rating;
            let mut others = LocalRating::ALL.into_iter();
            let Some(other) = others.find(|r| counts(*r) != counts(rating)) else { continue };
            let year = self.year.with_local(edition, *lea_type, rule.priority, other);
            let answers = self.changed_by(&year, &self.now);
            self.found.locals.set(rule.priority, answers);
        }
    }

    fn calpads(&mut self) {
        if let Some(certified) = self.year.calpads_certified {
            let mut year = *self.year;
            year.calpads_certified = Some(!certified);
            self.found.calpads = self.changed_by(&year, &self.now);
        }
    }

    fn earlier_years(&mut self, lea: &LeaFacts) {
        let determination = self.determination;
        let Determination { edition, lea_type, .. } = *determination;
        let looked_at = &edition.tables.kind(lea_type).looked_at;
        let history = determination.history.iter().enumerate();
        for (position, earlier) in history.filter(|(_, year)| looked_at.contains(&year.year)) {
            let Origin::Published { .. } = earlier.origin else {
                continue;
            };
            let published = lea.years.get(&earlier.year).and_then(|facts| facts.published.as_ref());
            let Some(cited) = published else {
                continue;
            };
            let signs = PublishedSigns::of(&cited.value);
            let mut cells = EarlierCells {
                year: earlier.year,
                codes: PerGroup::default(),
                status: AnswerSet::EMPTY,
            };
            for group in earlier.edition.tables.groups.iter() {
                let has_letter = cited.value.codes.contains_key(&group);
                let others = signs.letters - usize::from(has_letter);
                if let Some(place) = cells.codes.get_mut(group as usize) {
                    *place = self.other_letters(position, earlier, group, signs, others);
                }
            }
            for status in PublishedStatus::ALL.into_iter().filter(|s| *s != signs.status) {
                let other = earlier.groups.taking_over(PublishedSigns { status, ..signs });
                cells.status = cells.status.with(self.changed_with(position, other));
            }
            self.found.earlier.push(cells);
        }
    }

    /// The answers that another letter of a group on an earlier list would change; `others`
    /// is how many other groups have a letter.
    fn other_letters(
        &mut self,
        position: usize,
        earlier: &HistoryYear<'a>,
        group: StudentGroup,
        signs: PublishedSigns,
        others: usize,
    ) -> AnswerSet {
        let Determination { edition, lea_type, .. } = *self.determination;
        let own = earlier.groups.lettered.contains(group);
        let own = own.then(|| Some(earlier.groups.met_by(group)));
        // The tests ask only whether a group with a letter was in enough priorities.
        let asked = &edition.tables.kind(lea_type).priorities_asked;
        let priorities = &earlier.edition.tables.priorities;
        let seen = |letter: Option<PrioritySet>| {
            letter.map(|set| {
                let count = priorities.iter().filter(|p| set.contains(**p)).count();
                asked.iter().filter(|asked| count >= **asked).count()
            })
        };
        let mut tried: Vec<Option<usize>> = own.into_iter().map(seen).collect();
        let mut answers = AnswerSet::EMPTY;
        let letters = earlier.edition.codes.keys().map(|set| Some(*set)).chain([None]);
        for letter in letters {
            if tried.contains(&seen(letter)) {
                continue;
            }
            tried.push(seen(letter));
            let letters = others + usize::from(letter.is_some());
            let other = earlier
                .groups
                .with_letter(earlier.edition, group, letter)
                .taking_over(PublishedSigns { letters, ..signs });
            answers = answers.with(self.changed_with(position, other));
        }
        answers
    }

    fn changed_with(&mut self, position: usize, other: GroupYear<'a>) -> AnswerSet {
        let Some(place) = self.past.get_mut(position) else { return AnswerSet::EMPTY };
        let own = std::mem::replace(place, other);
        let changed = self.changed_by_past();
        if let Some(place) = self.past.get_mut(position) {
            *place = own;
        }
        changed
    }

    fn changed_by(&self, year: &PackedYear, now: &GroupYear<'_>) -> AnswerSet {
        let Determination { edition, lea_type, .. } = *self.determination;
        let other: Verdict<NotCarried> = conclude(edition, lea_type, year, now, &self.past);
        AnswerSet::changed(edition, lea_type, &self.verdict, &other)
    }

    fn changed_by_past(&self) -> AnswerSet {
        let Determination { edition, lea_type, .. } = *self.determination;
        let other = self.verdict.looking_back(edition, lea_type, &self.now, &self.past);
        AnswerSet::changed(edition, lea_type, &self.verdict, &other)
    }
}

/// Every value that a row could have shown, in a year that rates by colours or by status.
fn values_shown(rating: Rating) -> impl Iterator<Item = Option<Wanted>> {
    let colors = Color::ALL.into_iter().filter(move |_| rating == Rating::Color);
    let levels = Level::all().filter(move |_| rating == Rating::Status);
    let values = colors.map(Wanted::Color).chain(levels.map(Wanted::Status));
    std::iter::once(None).chain(values.map(Some))
}

/// What a row shows: a colour and a status level.
type Shown = (Option<Color>, Option<Level>);

/// Every other colour or status that the file could have shown.
fn others_shown(
    edition: &Edition,
    indicator: Indicator,
    (color, status): Shown,
) -> impl Iterator<Item = Shown> {
    let rating = edition.tables.reading(indicator).map(|reading| reading.rating);
    let colors = std::iter::once(None).chain(Color::ALL.into_iter().map(Some));
    let colors = colors.filter(move |c| rating == Some(Rating::Color) && *c != color);
    let levels = std::iter::once(None).chain(Level::all().map(Some));
    let levels = levels.filter(move |l| rating == Some(Rating::Status) && *l != status);
    colors.map(move |c| (c, status)).chain(levels.map(move |l| (color, l)))
}

/// The same row with every other colour or status that the file could have shown.
#[must_use]
pub fn other_performances(
    edition: &Edition,
    indicator: Indicator,
    performance: &Performance,
) -> Vec<Performance> {
    others_shown(edition, indicator, (performance.color, performance.status_level))
        .map(|(color, status_level)| Performance { color, status_level, ..performance.clone() })
        .collect()
}
