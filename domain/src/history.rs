//! Earlier years, as the law looks back on them.
//!
//! A published determination is what happened; where no list was loaded, a computed one
//! stands in for it. The published lists follow the CDS code, and so does this history.

use crate::evaluation::{Evaluation, GroupFinding, group_of_codes, published_group};
use crate::facts::{ReleaseNumber, YearFacts};
use crate::lea::LeaType;
use crate::outcome::{Missing, MissingInput, Outcome};
use crate::priority::Priority;
use crate::release::{PublishedRow, PublishedStatus};
use crate::rulebook::{Edition, OpenPoint};
use crate::student_group::StudentGroup;
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
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryYear {
    /// The year.
    pub year: DashboardYear,
    /// Where it comes from.
    pub origin: Origin,
    /// The groups of that year's edition; empty where nothing was judged.
    pub groups: Vec<GroupFinding>,
    /// Whether a method was met.
    pub eligible: Outcome,
    /// Whether the LEA was in its first year of support; for a charter school, whether it
    /// was decided eligible.
    pub first_year: Outcome,
    /// State priorities whose criteria that year's edition calls open, with the open point.
    /// A published year has none: the state settled for itself how it counted.
    pub open: Vec<(Priority, OpenPoint)>,
}

/// What a year's own computation gave, for the years after it: of a charter school on a
/// list of the year, what the list's codes give.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Computed {
    /// Whether a method was met.
    pub eligible: Outcome,
    /// Whether the LEA is in its first year of support, or the charter school eligible.
    pub first_year: Outcome,
}

impl HistoryYear {
    /// Remembers a year that was evaluated, for the years after it.
    #[must_use]
    pub fn remember(
        edition: &Edition,
        lea_type: LeaType,
        facts: &YearFacts,
        evaluation: &Evaluation,
        computed: Computed,
    ) -> HistoryYear {
        let year = edition.year;
        let input = MissingInput::EarlierYear(year);
        let nothing = |origin| HistoryYear {
            year,
            origin,
            groups: Vec::new(),
            eligible: Outcome::NotMet,
            first_year: Outcome::NotMet,
            open: Vec::new(),
        };
        if !edition.evaluates(lea_type) {
            return nothing(Origin::NotJudged);
        }
        if let (LeaType::Charter, Some(cited)) = (lea_type, &facts.charter_list) {
            let missing = Missing::of(input);
            let codes = &cited.value.current.codes;
            let group = |by_rows: &GroupFinding| {
                group_of_codes(edition, &by_rows.with_missing_as(input), codes, missing)
            };
            return HistoryYear {
                year,
                origin: Origin::Published { release: cited.release, row: cited.row },
                groups: evaluation.groups.iter().map(group).collect(),
                eligible: computed.eligible.with_missing_as(input),
                first_year: computed.first_year.with_missing_as(input),
                open: Vec::new(),
            };
        }
        // The other lists hold districts and county offices. A charter that no list of
        // charters names has computed years.
        let listed = lea_type != LeaType::Charter;
        match (&facts.published, facts.list_release) {
            (Some(cited), _) if listed => HistoryYear {
                year,
                origin: Origin::Published { release: cited.release, row: cited.row },
                groups: evaluation
                    .groups
                    .iter()
                    .map(|by_rows| {
                        let missing = Missing::of(input);
                        let by_rows = by_rows.with_missing_as(input);
                        published_group(edition, &by_rows, &cited.value, missing)
                    })
                    .collect(),
                eligible: published_eligible(&cited.value).with_missing_as(input),
                first_year: published_first_year(&cited.value).with_missing_as(input),
                open: Vec::new(),
            },
            (None, Some(release)) if listed => nothing(Origin::NotOnList { release }),
            _ => HistoryYear {
                year,
                origin: if facts.indicator_releases.is_empty() {
                    Origin::NotLoaded
                } else {
                    Origin::Computed
                },
                groups: evaluation.groups.iter().map(|g| g.with_missing_as(input)).collect(),
                eligible: computed.eligible.with_missing_as(input),
                first_year: computed.first_year.with_missing_as(input),
                open: open_criteria(edition),
            },
        }
    }

    /// The same year with its open criteria left open: whether a group with a rated
    /// performance meets them is not known. `None` where nothing is open.
    #[must_use]
    pub(crate) fn with_open_criteria(&self) -> Option<HistoryYear> {
        if self.open.is_empty() {
            return None;
        }
        let unknown = Outcome::NotKnown(Missing::of(MissingInput::EarlierYear(self.year)));
        let mut year = self.clone();
        for group in year.groups.iter_mut().filter(|g| g.rated.may_be_met()) {
            for (priority, outcome) in &mut group.priorities {
                if self.open.iter().any(|(open, _)| open == priority) {
                    *outcome = unknown;
                }
            }
        }
        let by_groups = Outcome::any(year.groups.iter().map(|g| g.in_at_least(2)));
        if !by_groups.is_not_met() {
            year.eligible = by_groups;
        }
        Some(year)
    }

    /// Takes what another row of the list would say of the whole LEA.
    pub(crate) fn take_over(&mut self, row: &PublishedRow) {
        let input = MissingInput::EarlierYear(self.year);
        self.eligible = published_eligible(row).with_missing_as(input);
        self.first_year = published_first_year(row).with_missing_as(input);
    }

    /// The group's finding of that year.
    #[must_use]
    pub fn group(&self, group: StudentGroup) -> Option<&GroupFinding> {
        self.groups.iter().find(|finding| finding.group == group)
    }
}

fn some_unknown() -> Outcome {
    Outcome::NotKnown(Missing::NOTHING)
}

/// The criteria of an edition that it calls open.
fn open_criteria(edition: &Edition) -> Vec<(Priority, OpenPoint)> {
    let mut open: Vec<(Priority, OpenPoint)> = Vec::new();
    for criterion in &edition.criteria {
        for point in criterion.open.iter().filter_map(|id| edition.open_point(id)) {
            let found = (criterion.priority, point.clone());
            if !open.contains(&found) {
                open.push(found);
            }
        }
    }
    open
}

/// Whether a method was met, by the list's methods, else by its codes.
pub(crate) fn published_eligible(row: &PublishedRow) -> Outcome {
    if row.methods.values().any(|met| *met) || !row.codes.is_empty() {
        Outcome::Met
    } else if !row.methods.is_empty() || row.status == PublishedStatus::General {
        Outcome::NotMet
    } else {
        some_unknown()
    }
}

/// Whether the list shows a first year of support. A status without a year is told apart
/// by what made the LEA eligible.
pub(crate) fn published_first_year(row: &PublishedRow) -> Outcome {
    match row.status {
        PublishedStatus::DifferentiatedYear1 => Outcome::Met,
        PublishedStatus::General | PublishedStatus::DifferentiatedYear2 => Outcome::NotMet,
        PublishedStatus::Differentiated => published_eligible(row),
    }
}
