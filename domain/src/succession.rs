//! The history of an LEA as it would be if the law looked back through its successions.
//!
//! The published lists follow the CDS code: an LEA with a new code begins anew, and so does
//! [`crate::determination::decide`]. Here the years of the LEAs that it follows stand in for
//! the years before it, and every later year is decided again. The state does not do this,
//! and no answer rests on it: it is shown beside the answers.
//!
//! A Dashboard year belongs to the predecessor when its school year of data ended before
//! the succession took effect. A renumbered LEA is the same one: where a file of such a year
//! has the new code already, that is the year. Where several LEAs come together, the years
//! of an LEA that was there before and goes on among them, nothing says whose history
//! counts; [`Reading`] has both answers. An LEA that was split off takes the whole history
//! of the one before.

use std::collections::{BTreeMap, BTreeSet};

use crate::cds::CdsCode;
use crate::determination::{Determination, decide_looking_back};
use crate::evaluation::Basis;
use crate::facts::LeaFacts;
use crate::group_set::GroupOutcomes;
use crate::group_year::GroupYear;
use crate::history::{HistoryYear, Origin};
use crate::outcome::Outcome;
use crate::release::{SuccessionKind, SuccessionRow};
use crate::rulebook::Rulebooks;
use crate::student_group::StudentGroup;
use crate::year::{DashboardYear, Day};

/// What counts of a year in which several LEAs stand for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// What any of them met, the same LEA meeting the whole of a criterion.
    Any,
    /// What each of them met.
    Each,
}

impl Reading {
    /// Both readings.
    pub const ALL: [Reading; 2] = [Reading::Any, Reading::Each];

    /// `any` or `each`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Reading::Any => "any",
            Reading::Each => "each",
        }
    }
}

/// A year of an LEA that stands, alone or with others, for a year of its successor.
#[derive(Clone, Copy, Debug)]
pub struct JoinedYear<'a> {
    /// The LEA whose year it is: a predecessor, one of a predecessor's, or the successor
    /// itself where it was there before.
    pub cds: CdsCode,
    /// Its year, as it is looked back on.
    pub year: HistoryYear<'a>,
}

/// The history of an LEA through its successions.
#[derive(Clone, Debug)]
pub struct LookedThrough<'a> {
    /// The years that were joined, by year.
    pub joined: Vec<JoinedYear<'a>>,
    /// The LEA's own years, decided again.
    pub determinations: BTreeMap<DashboardYear, Determination<'a>>,
}

impl LookedThrough<'_> {
    /// Whether several LEAs stand for one in any year, so that the readings may differ.
    #[must_use]
    pub fn joins_several(&self) -> bool {
        let years: BTreeSet<DashboardYear> = self.joined.iter().map(|j| j.year.year).collect();
        years.len() < self.joined.len()
    }
}

/// Decides an LEA with the years of the LEAs that it follows. `leas` has the facts of all of
/// them; one of which no file speaks is left out. `None` where no year is joined.
#[must_use]
pub fn look_through<'a>(
    books: &'a Rulebooks,
    leas: &BTreeMap<CdsCode, LeaFacts>,
    cds: CdsCode,
    reading: Reading,
) -> Option<LookedThrough<'a>> {
    let looked = look(books, leas, cds, None, reading)?;
    (!looked.joined.is_empty())
        .then_some(LookedThrough { joined: looked.joined, determinations: looked.determinations })
}

struct Looked<'a> {
    cds: CdsCode,
    determinations: BTreeMap<DashboardYear, Determination<'a>>,
    years: Vec<HistoryYear<'a>>,
    joined: Vec<JoinedYear<'a>>,
}

impl<'a> Looked<'a> {
    /// The years that stand for a year of this LEA: its own, or those joined in its place.
    fn of(&self, year: DashboardYear) -> Vec<JoinedYear<'a>> {
        let joined: Vec<JoinedYear<'a>> =
            self.joined.iter().filter(|joined| joined.year.year == year).copied().collect();
        if !joined.is_empty() {
            return joined;
        }
        let own = self.years.iter().filter(|own| own.year == year);
        own.map(|own| JoinedYear { cds: self.cds, year: *own }).collect()
    }
}

/// Looks through the successions that took effect before `until`: those of a predecessor are
/// older than the one by which it was followed, so that no circle is walked round.
fn look<'a>(
    books: &'a Rulebooks,
    leas: &BTreeMap<CdsCode, LeaFacts>,
    cds: CdsCode,
    until: Option<Day>,
    reading: Reading,
) -> Option<Looked<'a>> {
    let lea = leas.get(&cds)?;
    let before: Vec<(&SuccessionRow, Looked<'a>)> = lea
        .successions
        .iter()
        .map(|cited| &cited.value)
        .filter(|row| row.successor == cds && row.predecessor != cds)
        .filter(|row| until.is_none_or(|until| row.effective < until))
        .filter_map(|row| {
            Some((row, look(books, leas, row.predecessor, Some(row.effective), reading)?))
        })
        .collect();
    let named = |year: DashboardYear| lea.years.get(&year).is_some_and(|facts| facts.named);
    let (_, own) = decide_looking_back(books, lea, Basis::Files, &BTreeMap::new());
    let mut joined: Vec<JoinedYear<'a>> = Vec::new();
    let mut instead: BTreeMap<DashboardYear, HistoryYear<'a>> = BTreeMap::new();
    for own in own {
        let year = own.year;
        let mut parts: Vec<JoinedYear<'a>> = Vec::new();
        for (row, predecessor) in &before {
            let is_the_same = row.kind == SuccessionKind::Renumbered;
            if ends_before(year, row.effective) && !(is_the_same && named(year)) {
                for part in predecessor.of(year) {
                    if !parts.iter().any(|other| other.cds == part.cds) {
                        parts.push(part);
                    }
                }
            }
        }
        if parts.is_empty() {
            continue;
        }
        if named(year) && !parts.iter().any(|part| part.cds == cds) {
            parts.push(JoinedYear { cds, year: own });
        }
        parts.sort_by_key(|part| part.cds);
        if let Some(one) = join(&parts, reading) {
            instead.insert(year, one);
        }
        joined.extend(parts);
    }
    let (determinations, years) = decide_looking_back(books, lea, Basis::Files, &instead);
    Some(Looked { cds, determinations, years, joined })
}

/// Whether the school year of a Dashboard's data, which ends in June, ended before a day.
fn ends_before(year: DashboardYear, day: Day) -> bool {
    Day::new(year.number(), 6, 30).is_some_and(|end| end < day)
}

/// Several LEAs' years as one; `None` of none.
fn join<'a>(parts: &[JoinedYear<'a>], reading: Reading) -> Option<HistoryYear<'a>> {
    let years = || parts.iter().map(|part| part.year);
    let (first, others) = parts.split_first()?;
    if others.is_empty() {
        return Some(first.year);
    }
    let both = |of: fn(HistoryYear<'a>) -> Outcome| match reading {
        Reading::Any => Outcome::any(years().map(of)),
        Reading::Each => Outcome::all(years().map(of)),
    };
    let (eligible, first_year) = (both(|year| year.eligible), both(|year| year.first_year));
    let groups =
        join_groups(parts, first.year, reading).concluded(eligible.bare(), first_year.bare());
    Some(HistoryYear {
        origin: years().map(|year| year.origin).min_by_key(|o| tells(*o))?,
        eligible,
        first_year,
        // All are years of one edition, so that what is open in any is the same.
        open: years().map(|year| year.open).find(|open| !open.is_empty()).unwrap_or_default(),
        groups,
        ..first.year
    })
}

/// Each group as the LEA has it in which it is in most priorities, or fewest: priorities of
/// two LEAs never add up. The group is rated where it is in any of them.
fn join_groups<'a>(
    parts: &[JoinedYear<'a>],
    first: HistoryYear<'a>,
    reading: Reading,
) -> GroupYear<'a> {
    let rank = |outcomes: GroupOutcomes, group: StudentGroup| {
        u8::from(outcomes.met().contains(group)) + u8::from(outcomes.may().contains(group))
    };
    let mut joined = first.groups;
    for group in StudentGroup::COUNTED {
        let most = |year: &&GroupYear<'a>| {
            (rank(year.in_at_least(2), group), rank(year.in_at_least(1), group))
        };
        let years = parts.iter().map(|part| &part.year.groups);
        let chosen = match reading {
            Reading::Any => years.max_by_key(most),
            Reading::Each => years.min_by_key(most),
        };
        if let Some(chosen) = chosen {
            joined = joined.with_group_of(group, chosen);
        }
    }
    let years = parts.iter().map(|part| part.year.groups.rated);
    joined.with_rated(years.fold(GroupOutcomes::NOT_MET, GroupOutcomes::or))
}

/// How much an origin tells: a year joined from several is as well known as the least known,
/// and has groups where any of them has.
fn tells(origin: Origin) -> u8 {
    match origin {
        Origin::NotLoaded => 0,
        Origin::Computed => 1,
        Origin::Published { .. } => 2,
        Origin::NotJudged | Origin::NotOnList { .. } => 3,
    }
}
