//! Decides many LEAs without drawing up what is shown: verdicts, and evidence beside them.
//!
//! [`crate::determination::decide`] takes the same steps, and draws up everything.

use crate::cds::CdsCode;
use crate::facts::{LeaFacts, YearFacts};
use crate::group_year::GroupYear;
use crate::history::looked_back_on;
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::outcome::{Depends, NotCarried};
use crate::packed_year::PackedYear;
use crate::performance::{Color, Level};
use crate::priority::{Priority, PrioritySet};
use crate::rulebook::{Edition, Rulebooks};
use crate::student_group::StudentGroup;
use crate::verdict::{Verdict, conclude};

/// One LEA, packed: a year for every edition, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackedLea {
    /// Its code.
    pub cds: CdsCode,
    /// Its kind.
    pub lea_type: LeaType,
    /// Its years, one for each edition.
    pub years: Vec<PackedYear>,
}

impl PackedLea {
    /// Packs an LEA's facts as the editions read them.
    #[must_use]
    pub fn of(books: &Rulebooks, lea: &LeaFacts) -> PackedLea {
        let nothing = YearFacts::default();
        let pack = |edition: &Edition| {
            let facts = lea.years.get(&edition.year).unwrap_or(&nothing);
            PackedYear::of(edition, lea.lea_type, facts)
        };
        PackedLea {
            cds: lea.cds,
            lea_type: lea.lea_type,
            years: books.editions().map(pack).collect(),
        }
    }
}

/// Why a group is in a state priority.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ground {
    /// The group.
    pub group: StudentGroup,
    /// The priority.
    pub priority: Priority,
    /// The criterion that it meets, by its place in the edition.
    pub criterion: usize,
    /// The alternative of the criterion that holds, by its place.
    pub alternative: usize,
    /// How many of [`Evidence::cells`] belong to it.
    pub cells: usize,
}

/// A cell that meets a condition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MetCell {
    /// The indicator.
    pub indicator: Indicator,
    /// The colour, where the year has colours.
    pub color: Option<Color>,
    /// The status level.
    pub status: Option<Level>,
}

/// What a verdict rests on: for every group and state priority that is met, the criteria
/// and cells that meet it, and the local indicators that count. Filled anew for each verdict.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Evidence {
    /// The criteria that are met, group by group within each.
    pub grounds: Vec<Ground>,
    /// Their cells, in the order of the grounds.
    pub cells: Vec<MetCell>,
    /// The priorities of local indicators that are met.
    pub locals: PrioritySet,
}

impl Evidence {
    /// Each ground with its cells.
    pub fn iter(&self) -> impl Iterator<Item = (&Ground, &[MetCell])> {
        let mut rest = self.cells.as_slice();
        self.grounds.iter().map(move |ground| {
            let (own, others) = rest.split_at_checked(ground.cells).unwrap_or((rest, &[]));
            rest = others;
            (ground, own)
        })
    }

    fn find(&mut self, edition: &Edition, year: &PackedYear) {
        self.grounds.clear();
        self.cells.clear();
        let criteria = edition.criteria.iter().zip(&edition.tables.criteria).enumerate();
        for (criterion, (rule, groups)) in criteria {
            for (alternative, conditions) in rule.alternatives.iter().enumerate() {
                let met = year.cells.alternative(conditions).met().and(*groups);
                for group in met.iter() {
                    let priority = rule.priority;
                    let cells = conditions.conditions.len();
                    self.grounds.push(Ground { group, priority, criterion, alternative, cells });
                    self.cells.extend(conditions.conditions.iter().map(|condition| MetCell {
                        indicator: condition.indicator,
                        color: year.cells.color(group, condition.indicator),
                        status: year.cells.status(group, condition.indicator),
                    }));
                }
            }
        }
        self.locals = year.local_outcomes.met();
    }
}

/// An edition, and the kinds of LEAs for which a later one looks back on its year.
#[derive(Debug)]
struct Step<'a> {
    edition: &'a Edition,
    looked_at_for: Vec<LeaType>,
}

/// Decides LEAs one after another, with room for their earlier years that is used again.
#[derive(Debug)]
pub struct Judge<'a> {
    editions: Vec<Step<'a>>,
    past: Vec<GroupYear<'static>>,
    evidence: Evidence,
}

impl<'a> Judge<'a> {
    /// A judge by these editions.
    #[must_use]
    pub fn new(books: &'a Rulebooks) -> Judge<'a> {
        let editions: Vec<Step<'a>> = books
            .editions()
            .map(|edition| {
                let looks = |later: &&Edition, lea_type| {
                    later.tables.kind(lea_type).looked_at.contains(&edition.year)
                };
                let looked_at_for = LeaType::ALL.into_iter().filter(|lea_type| {
                    let mut later = books.editions().filter(|later| later.year > edition.year);
                    later.any(|later| looks(&later, *lea_type))
                });
                Step { edition, looked_at_for: looked_at_for.collect() }
            })
            .collect();
        Judge { past: Vec::with_capacity(editions.len()), editions, evidence: Evidence::default() }
    }

    /// Decides an LEA for every year in which it is named, in order of the years. What is
    /// not known is only said to be so.
    pub fn decide_known(
        &mut self,
        lea: &PackedLea,
        mut each: impl FnMut(&'a Edition, &Verdict<NotCarried>),
    ) {
        self.years(lea, |_, edition, _, verdict| each(edition, verdict));
    }

    /// The same, with the inputs on which what is not known depends.
    pub fn decide(&mut self, lea: &PackedLea, mut each: impl FnMut(&'a Edition, &Verdict)) {
        self.years(lea, |_, edition, _, verdict| each(edition, verdict));
    }

    /// The same, with what each verdict rests on.
    pub fn decide_with_evidence(
        &mut self,
        lea: &PackedLea,
        mut each: impl FnMut(&'a Edition, &Verdict, &Evidence),
    ) {
        self.years(lea, |evidence, edition, year, verdict| {
            evidence.find(edition, year);
            each(edition, verdict, evidence);
        });
    }

    fn years<M: Depends>(
        &mut self,
        lea: &PackedLea,
        mut each: impl FnMut(&mut Evidence, &'a Edition, &PackedYear, &Verdict<M>),
    ) {
        self.past.clear();
        for (Step { edition, looked_at_for }, year) in self.editions.iter().zip(&lea.years) {
            let looked_at = looked_at_for.contains(&lea.lea_type);
            if !year.named && !looked_at {
                continue;
            }
            let now = GroupYear::by_cells(edition, &year.cells);
            let verdict = conclude(edition, lea.lea_type, year, &now, &self.past);
            if year.named {
                each(&mut self.evidence, edition, year, &verdict);
            }
            if looked_at {
                self.past.push(looked_back_on(
                    edition,
                    lea.lea_type,
                    year,
                    &now,
                    &self.past,
                    &verdict,
                ));
            }
        }
    }
}
