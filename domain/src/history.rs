//! Earlier years, as the law looks back on them.
//!
//! A published determination is what happened; where no list was loaded, a computed one
//! stands in for it. The published lists follow the CDS code, and so does this history.

use crate::evaluation::GroupFinding;
use crate::facts::{ReleaseNumber, YearFacts};
use crate::group_set::GroupOutcomes;
use crate::group_year::GroupYear;
use crate::lea::LeaType;
use crate::outcome::{Depends, KnownOutcome, NotCarried, Outcome, ThreeWay};
use crate::packed_year::{PackedCodes, PackedListing, PackedYear};
use crate::priority::Priority;
use crate::release::{PublishedRow, PublishedStatus};
use crate::rulebook::{Edition, OpenPoint};
use crate::student_group::StudentGroup;
use crate::verdict::{Verdict, conclude};
use crate::year::DashboardYear;

/// Where an earlier year's answer comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// From the state's list.
    Published {
        /// The list.
        release: ReleaseNumber,
        /// The LEA's row.
        row: u32,
    },
    /// The list was loaded and the LEA is not on it.
    NotOnList {
        /// The list.
        release: ReleaseNumber,
    },
    /// Computed from the year's files, no list being loaded.
    Computed,
    /// Neither list nor files were loaded.
    NotLoaded,
    /// The year did not judge LEAs of this kind.
    NotJudged,
}

impl Origin {
    /// `published`, `notOnList`, `computed`, `notLoaded` or `notJudged`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Origin::Published { .. } => "published",
            Origin::NotOnList { .. } => "notOnList",
            Origin::Computed => "computed",
            Origin::NotLoaded => "notLoaded",
            Origin::NotJudged => "notJudged",
        }
    }
}

/// One earlier year of one LEA.
#[derive(Clone, Copy, Debug)]
pub struct HistoryYear<'a> {
    /// The year.
    pub year: DashboardYear,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether a method was met.
    pub eligible: Outcome,
    /// Whether the LEA was in its first year of support; for a charter school, whether it
    /// was decided eligible.
    pub first_year: Outcome,
    /// State priorities whose criteria that year's edition calls open, with the open point.
    /// A published year has none: the state settled for itself how it counted.
    pub open: &'a [(Priority, OpenPoint)],
    /// The year's own edition.
    pub edition: &'a Edition,
    /// What it says of the groups.
    pub(crate) groups: GroupYear<'a>,
}

/// A year that was decided, as the years after it look back on it.
pub(crate) fn looked_back_on<M: Depends>(
    edition: &Edition,
    lea_type: LeaType,
    year: &PackedYear,
    now: &GroupYear<'_>,
    past: &[GroupYear<'_>],
    verdict: &Verdict<M>,
) -> GroupYear<'static> {
    if !edition.tables.kind(lea_type).evaluated {
        return GroupYear::nothing(edition.year);
    }
    match (&year.listing, lea_type) {
        (PackedListing::NamedCharter(codes, decided), _) => {
            let (eligible, first_year) =
                listed_charter(edition, year, codes, *decided, now, past, verdict);
            now.published(edition, codes).concluded(eligible, first_year)
        }
        // The other lists hold districts and county offices. A charter that no list of
        // charters names has computed years.
        (_, LeaType::Charter) => {
            let first_year = verdict.charter.map_or(ThreeWay::NotMet, |c| c.literal.bare());
            now.computed(verdict.eligible.bare(), first_year)
        }
        (PackedListing::Named(codes, signs), _) => {
            now.published(edition, codes).taking_over(*signs)
        }
        (PackedListing::NotNamed, _) => GroupYear::nothing(edition.year),
        (PackedListing::NotCovered, _) => {
            now.computed(verdict.eligible.bare(), verdict.eligible.bare())
        }
    }
}

/// What a charter school's row of the year's list gives for the years after it: whether a
/// method was met by the list's codes and the local indicators that were loaded, and what
/// the state decided. The codes cannot show a group in a single priority: where they leave
/// a method open that the files rule out, it was not met.
fn listed_charter<M: Depends>(
    edition: &Edition,
    year: &PackedYear,
    codes: &PackedCodes,
    decided: Option<bool>,
    now: &GroupYear<'_>,
    past: &[GroupYear<'_>],
    by_files: &Verdict<M>,
) -> (KnownOutcome, KnownOutcome) {
    let listed = now.by_own_list(edition, codes);
    let listed: Verdict<NotCarried> = conclude(edition, LeaType::Charter, year, &listed, past);
    let eligible = match (listed.eligible, by_files.eligible) {
        (ThreeWay::NotKnown(_), ThreeWay::NotMet) => ThreeWay::NotMet,
        (eligible, _) => eligible,
    };
    let by_codes = listed.charter.map_or(ThreeWay::NotMet, |charter| charter.literal);
    (eligible, decided.map_or(by_codes, ThreeWay::from_bool))
}

impl<'a> HistoryYear<'a> {
    /// Remembers a year that was decided, for the years after it.
    pub(crate) fn remember(
        edition: &'a Edition,
        lea_type: LeaType,
        facts: &YearFacts,
        groups: GroupYear<'static>,
    ) -> HistoryYear<'a> {
        let list = match lea_type {
            LeaType::Charter => facts.charter_list.as_ref().map(|c| (c.release, c.row)),
            LeaType::District | LeaType::CountyOffice => {
                facts.published.as_ref().map(|c| (c.release, c.row))
            }
        };
        // A charter school that is not on a list of charter schools is computed.
        let without_it = facts.list_release.filter(|_| lea_type != LeaType::Charter);
        let origin = match (list, without_it) {
            _ if !edition.evaluates(lea_type) => Origin::NotJudged,
            (Some((release, row)), _) => Origin::Published { release, row },
            (None, Some(release)) => Origin::NotOnList { release },
            (None, None) if facts.indicator_releases.is_empty() => Origin::NotLoaded,
            (None, None) => Origin::Computed,
        };
        let open: &[(Priority, OpenPoint)] = match origin {
            Origin::Computed | Origin::NotLoaded => &edition.tables.open_criteria,
            Origin::Published { .. } | Origin::NotOnList { .. } | Origin::NotJudged => &[],
        };
        HistoryYear {
            year: edition.year,
            origin,
            eligible: groups.eligible(),
            first_year: groups.first_year(),
            open,
            edition,
            groups,
        }
    }

    /// The groups of the same year with its open criteria left open: whether a group with a
    /// rated performance meets them is not known. `None` where nothing is open.
    pub(crate) fn with_open_criteria(&self) -> Option<GroupYear<'a>> {
        if self.open.is_empty() {
            return None;
        }
        let open = self.open.iter().map(|(priority, _)| *priority).collect();
        let groups = self.groups.with_open(self.edition, open);
        let by_groups: KnownOutcome = groups.in_at_least(2).any(|open| groups.missing(open));
        let eligible = if by_groups.is_not_met() { groups.eligible() } else { by_groups };
        Some(groups.concluded(eligible, groups.first_year()))
    }

    /// Whether the year's criteria were applied to the LEA and it was not left out by a list.
    fn has_groups(&self) -> bool {
        !matches!(self.origin, Origin::NotOnList { .. } | Origin::NotJudged)
    }

    /// What is known of the group in that year: `None` where nothing was judged, or where the
    /// year has no such group.
    #[must_use]
    pub fn group(&self, group: StudentGroup) -> Option<GroupFinding> {
        let judged = self.has_groups() && self.edition.groups.contains(&group);
        judged.then(|| GroupFinding::of(self.edition, &self.groups, group))
    }

    /// Which groups were in at least this many state priorities.
    #[must_use]
    pub fn in_at_least(&self, count: usize) -> GroupOutcomes {
        self.groups.in_at_least(count)
    }
}

/// The parts of a list's row that say something of the whole LEA.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PublishedSigns {
    pub(crate) status: PublishedStatus,
    /// Whether any method was met; `None` where the list has no methods.
    pub(crate) method_met: Option<bool>,
    /// How many groups have a letter.
    pub(crate) letters: usize,
}

impl PublishedSigns {
    pub(crate) fn of(row: &PublishedRow) -> PublishedSigns {
        let any_met = || row.methods.values().any(|met| *met);
        PublishedSigns {
            status: row.status,
            method_met: (!row.methods.is_empty()).then(any_met),
            letters: row.codes.len(),
        }
    }

    /// Whether a method was met, by the list's methods, else by its codes.
    pub(crate) fn eligible(self) -> KnownOutcome {
        if self.method_met == Some(true) || self.letters > 0 {
            ThreeWay::Met
        } else if self.method_met.is_some() || self.status == PublishedStatus::General {
            ThreeWay::NotMet
        } else {
            ThreeWay::NotKnown(NotCarried)
        }
    }

    /// Whether the list shows a first year of support. A status without a year is told apart
    /// by what made the LEA eligible.
    pub(crate) fn first_year(self) -> KnownOutcome {
        match self.status {
            PublishedStatus::DifferentiatedYear1 => ThreeWay::Met,
            PublishedStatus::General | PublishedStatus::DifferentiatedYear2 => ThreeWay::NotMet,
            PublishedStatus::Differentiated => self.eligible(),
        }
    }
}
