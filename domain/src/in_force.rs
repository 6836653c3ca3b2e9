//! Which releases take each other's place, and which of them is in force for whom.
//!
//! Of several statewide releases of one kind and year the best one counts, and of several of
//! counties, for each LEA, the best one that speaks about it: the one with the later date
//! inside, else the later import. Between a statewide release and one of counties whoever
//! imported the later of the two has said which goes before; where that was not said, date and
//! import decide between them, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::cds::{CdsCode, CountyCode};
use crate::facts::ReleaseNumber;
use crate::lea::LeaType;
use crate::release::{Coverage, ReleaseContents, ReleaseKind};
use crate::year::{DashboardYear, Day};

/// What whoever imported a release said of it beside those that it met: releases of the same
/// kind and year of which exactly one of the two is statewide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Beside {
    /// It goes before them.
    Wins,
    /// They go on for their LEAs.
    Yields,
}

impl Beside {
    /// As columns and interfaces have it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Beside::Wins => "wins",
            Beside::Yields => "yields",
        }
    }

    /// The value of its code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Beside> {
        [Beside::Wins, Beside::Yields].into_iter().find(|known| known.code() == code)
    }
}

/// What is known of a release before its rows are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseHead {
    /// Its number.
    pub number: ReleaseNumber,
    /// What it is about.
    pub kind: ReleaseKind,
    /// Its year.
    pub year: Option<DashboardYear>,
    /// The date inside the file.
    pub file_date: Option<Day>,
    /// Which LEAs it speaks about.
    pub coverage: Coverage,
    /// What was said of it beside those that it met.
    pub beside: Option<Beside>,
}

impl ReleaseHead {
    /// Whether it has the later date inside, else is the later import.
    fn is_newer_than(&self, other: &ReleaseHead) -> bool {
        (self.file_date, self.number) > (other.file_date, other.number)
    }
}

/// Why one release goes before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// Its date inside is later.
    FileDate,
    /// It was imported later.
    Import,
    /// Whoever imported the later of the two said so.
    Beside,
}

/// Where two releases speak about the same LEAs, and which of them is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superseded {
    /// The release that is in force.
    pub in_force: ReleaseNumber,
    /// The release that it takes the place of, wholly or for some counties.
    pub superseded: ReleaseNumber,
    /// What decided.
    pub why: Why,
    /// Whether nothing of the superseded release is left in force.
    pub wholly: bool,
}

/// LEAs that are covered alike: the districts and the office of a county, or its charters.
/// `None` stands for those of whom only statewide releases speak.
type Cell = Option<(CountyCode, bool)>;

/// Which releases take the place of which. Every release of which nothing, or not everything,
/// is in force stands with those that are in its place.
#[must_use]
pub fn superseded(heads: &[ReleaseHead]) -> Vec<Superseded> {
    let mut by_subject: BTreeMap<(ReleaseKind, Option<DashboardYear>), Vec<&ReleaseHead>> =
        BTreeMap::new();
    for head in heads.iter().filter(|head| !accumulates(head.kind)) {
        by_subject.entry((head.kind, head.year)).or_default().push(head);
    }
    let mut found = Vec::new();
    for rivals in by_subject.into_values().filter(|rivals| rivals.len() > 1) {
        add_superseded(&rivals, &mut found);
    }
    found.sort_by_key(|pair| (pair.superseded, pair.in_force));
    found
}

/// The same among releases of one kind and year.
fn add_superseded(rivals: &[&ReleaseHead], found: &mut Vec<Superseded>) {
    let mut cells: BTreeSet<Cell> = BTreeSet::from([None]);
    for Coverage { counties, charter_counties, .. } in rivals.iter().map(|head| &head.coverage) {
        cells.extend(counties.iter().map(|county| Some((*county, false))));
        cells.extend(charter_counties.iter().map(|county| Some((*county, true))));
    }
    let mut in_force: BTreeSet<ReleaseNumber> = BTreeSet::new();
    let mut pairs: BTreeMap<(ReleaseNumber, ReleaseNumber), Why> = BTreeMap::new();
    for cell in cells {
        let speaking: Vec<&ReleaseHead> =
            rivals.iter().copied().filter(|head| speaks_of(head, cell)).collect();
        let Some((first, why)) = first_with_reason(speaking.iter().copied()) else { continue };
        in_force.insert(first.number);
        for other in speaking.into_iter().filter(|other| other.number != first.number) {
            let why = match (other.coverage.statewide == first.coverage.statewide, why) {
                (false, Some(why)) => why,
                _ => why_newer(first, other),
            };
            pairs.entry((other.number, first.number)).or_insert(why);
        }
    }
    found.extend(pairs.into_iter().map(|((superseded, first), why)| Superseded {
        in_force: first,
        superseded,
        why,
        wholly: !in_force.contains(&superseded),
    }));
}

fn speaks_of(head: &ReleaseHead, cell: Cell) -> bool {
    let Coverage { statewide, counties, charter_counties } = &head.coverage;
    *statewide
        || match cell {
            // A table without a year is always the whole of it, whatever LEAs it names.
            None => whole_table(head.kind),
            Some((county, false)) => counties.contains(&county),
            Some((county, true)) => charter_counties.contains(&county),
        }
}

/// A second table of CALPADS exceptions adds to the first. Every other file is whole.
fn accumulates(kind: ReleaseKind) -> bool {
    kind == ReleaseKind::CalpadsExceptions
}

/// A table of an operator that has no year is always the whole of it.
fn whole_table(kind: ReleaseKind) -> bool {
    matches!(
        kind,
        ReleaseKind::Successions
            | ReleaseKind::GeographicLeads
            | ReleaseKind::CharterLocations
            | ReleaseKind::NcesIds
    )
}

/// Whether a file meets a stored release of which it must be said which of the two goes before:
/// they are of one kind and year, exactly one of them is statewide, and releases of the kind
/// take each other's place.
#[must_use]
pub fn meets(file: &ReleaseContents, stored: &ReleaseHead) -> bool {
    (file.kind, file.year) == (stored.kind, stored.year)
        && file.coverage.statewide != stored.coverage.statewide
        && !accumulates(file.kind)
        && !whole_table(file.kind)
}

/// Finds the release in force for an LEA among the heads of one kind and year.
#[must_use]
pub fn in_force<'a>(
    heads: impl IntoIterator<Item = &'a ReleaseHead>,
    cds: CdsCode,
    lea_type: LeaType,
) -> Option<&'a ReleaseHead> {
    first(heads.into_iter().filter(|head| head.coverage.includes(cds.county(), lea_type)))
}

/// Finds the release in force among those of one kind and year that speak about an LEA.
pub(crate) fn first<'a>(
    heads: impl IntoIterator<Item = &'a ReleaseHead>,
) -> Option<&'a ReleaseHead> {
    first_with_reason(heads).map(|(first, _)| first)
}

/// The same, with what decided between the best statewide one and the best one of counties,
/// where there are both.
fn first_with_reason<'a>(
    heads: impl IntoIterator<Item = &'a ReleaseHead>,
) -> Option<(&'a ReleaseHead, Option<Why>)> {
    let (mut statewide, mut of_counties): (Option<&ReleaseHead>, Option<&ReleaseHead>) =
        (None, None);
    for head in heads {
        let best = if head.coverage.statewide { &mut statewide } else { &mut of_counties };
        if best.is_none_or(|best| head.is_newer_than(best)) {
            *best = Some(head);
        }
    }
    match (statewide, of_counties) {
        (Some(one), Some(other)) => {
            let (first, why) = between(one, other);
            Some((first, Some(why)))
        }
        (one, other) => one.or(other).map(|only| (only, None)),
    }
}

/// Which of a statewide release and one of counties goes before, and why.
fn between<'a>(one: &'a ReleaseHead, other: &'a ReleaseHead) -> (&'a ReleaseHead, Why) {
    let (later, earlier) = if one.number > other.number { (one, other) } else { (other, one) };
    let newer = if one.is_newer_than(other) { (one, other) } else { (other, one) };
    match later.beside {
        Some(Beside::Wins) => (later, Why::Beside),
        Some(Beside::Yields) => (earlier, Why::Beside),
        None => (newer.0, why_newer(newer.0, newer.1)),
    }
}

fn why_newer(newer: &ReleaseHead, other: &ReleaseHead) -> Why {
    if newer.file_date == other.file_date { Why::Import } else { Why::FileDate }
}
