//! The facts about LEAs that the rules are applied to, assembled from releases.
//!
//! Where several releases speak about the same thing, one of them is in force for an LEA
//! (`in_force.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cds::CdsCode;
use crate::charter_list::CharterListRow;
use crate::directory::Agency;
pub use crate::in_force::{Beside, ReleaseHead, Superseded, Why, in_force, meets, superseded};
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::performance::Performance;
use crate::priority::Priority;
use crate::register::{DirectoryEntry, Register, Registers};
use crate::release::{
    LocalRating, PublishedRow, ReleaseContents, ReleaseKind, Rows, SuccessionRow,
};
use crate::student_group::StudentGroup;
use crate::year::DashboardYear;

/// A release's number: releases are numbered in the order of their import.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ReleaseNumber(pub u32);

impl fmt::Display for ReleaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A value with the place that it stands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited<T> {
    /// The value.
    pub value: T,
    /// The release that it stands in.
    pub release: ReleaseNumber,
    /// The row of that file.
    pub row: u32,
}

/// What is known about one LEA in one Dashboard year.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct YearFacts {
    /// Indicator files in force that cover this LEA.
    pub indicator_releases: BTreeMap<Indicator, ReleaseNumber>,
    /// Its rows of those files.
    pub performances: BTreeMap<(Indicator, StudentGroup), Cited<Performance>>,
    /// Local indicator files in force that cover this LEA.
    pub local_releases: BTreeMap<Priority, ReleaseNumber>,
    /// Its ratings in those files.
    pub local_ratings: BTreeMap<Priority, Cited<LocalRating>>,
    /// Whether CALPADS data were certified, where an operator entered it.
    pub calpads_certified: Option<Cited<bool>>,
    /// The published list in force that covers this LEA.
    pub list_release: Option<ReleaseNumber>,
    /// Its row of that list.
    pub published: Option<Cited<PublishedRow>>,
    /// The charter assistance list in force that covers this LEA.
    pub charter_list_release: Option<ReleaseNumber>,
    /// Its row of that list.
    pub charter_list: Option<Cited<CharterListRow>>,
    /// Whether any release of the year names the LEA.
    pub named: bool,
}

/// What is known about one LEA.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaFacts {
    /// Its code.
    pub cds: CdsCode,
    /// Its kind.
    pub lea_type: LeaType,
    /// Year by year.
    pub years: BTreeMap<DashboardYear, YearFacts>,
    /// Successions in which it is predecessor or successor.
    pub successions: Vec<Cited<SuccessionRow>>,
    /// What is known of it besides its results.
    pub register: Register,
}

/// The facts of every LEA, and which releases they come from.
#[derive(Clone, Debug, Default)]
pub struct FactBase {
    /// Every LEA, by code.
    pub leas: BTreeMap<CdsCode, LeaFacts>,
    /// Codes that files name and that the directory calls no LEA, with its newest entry.
    pub not_leas: BTreeMap<CdsCode, DirectoryEntry>,
}

impl FactBase {
    /// Assembles the facts of every LEA that any release names. The order of the releases
    /// and of their rows does not matter.
    #[must_use]
    pub fn assemble(releases: &[(ReleaseHead, ReleaseContents)]) -> FactBase {
        let heads: Vec<ReleaseHead> = releases.iter().map(|(head, _)| head.clone()).collect();
        FactBase::assemble_among(&heads, releases)
    }

    /// The same from releases that are among others: those of which nothing is in force need
    /// not be read, but have their part in which of the others is.
    #[must_use]
    pub fn assemble_among(
        heads: &[ReleaseHead],
        releases: &[(ReleaseHead, ReleaseContents)],
    ) -> FactBase {
        let mut base = FactBase { leas: name_leas(releases), not_leas: BTreeMap::new() };
        base.take_registers(&Registers::read(releases));
        let mut by_subject: BTreeMap<(DashboardYear, ReleaseKind), Vec<&ReleaseHead>> =
            BTreeMap::new();
        for head in heads {
            if let Some(year) = head.year {
                by_subject.entry((year, head.kind)).or_default().push(head);
            }
        }
        for lea in base.leas.values_mut() {
            for ((year, kind), heads) in &by_subject {
                if let Some(head) = in_force(heads.iter().copied(), lea.cds, lea.lea_type) {
                    note_release(lea.years.entry(*year).or_default(), *kind, head.number);
                }
            }
        }
        let newest_successions = releases
            .iter()
            .map(|(head, _)| head)
            .filter(|head| head.kind == ReleaseKind::Successions)
            .map(|head| head.number)
            .max();
        for (head, contents) in releases {
            let successions = head.kind == ReleaseKind::Successions;
            if !successions || newest_successions == Some(head.number) {
                base.add_rows(head, contents);
            }
        }
        base
    }

    /// Gives each LEA what the directories and tables say of it. A kind that a directory
    /// knows goes before what other files tell by digits and flags, and what it calls no
    /// LEA is none.
    fn take_registers(&mut self, registers: &Registers) {
        let mut not_leas = BTreeMap::new();
        self.leas.retain(|cds, lea| {
            lea.register = registers.of(*cds);
            match lea.register.agency() {
                Agency::Lea(lea_type) => lea.lea_type = lea_type,
                Agency::NotTold => {}
                Agency::NotLea => {
                    if let Some(entry) = lea.register.directory.last() {
                        not_leas.insert(*cds, entry.clone());
                    }
                    return false;
                }
            }
            true
        });
        self.not_leas = not_leas;
    }

    fn year_of(&mut self, cds: CdsCode, year: DashboardYear) -> Option<&mut YearFacts> {
        self.leas.get_mut(&cds).map(|lea| lea.years.entry(year).or_default())
    }

    fn add_rows(&mut self, head: &ReleaseHead, contents: &ReleaseContents) {
        let release = head.number;
        if let Rows::Successions(rows) = &contents.rows {
            for row in rows {
                for cds in BTreeSet::from([row.predecessor, row.successor]) {
                    if let Some(lea) = self.leas.get_mut(&cds) {
                        let cited = Cited { value: row.clone(), release, row: row.row };
                        lea.successions.push(cited);
                    }
                }
            }
            return;
        }
        let Some(year) = head.year else { return };
        match (&contents.rows, head.kind) {
            (Rows::Performances(rows), ReleaseKind::Indicator(indicator)) => {
                // An LEA's rows stand together in the state's files: it is looked up once.
                for rows in rows.chunk_by(|row, next| row.cds == next.cds) {
                    let facts = rows.first().and_then(|row| self.year_of(row.cds, year));
                    let in_force = |facts: &&mut YearFacts| {
                        facts.indicator_releases.get(&indicator) == Some(&release)
                    };
                    let Some(facts) = facts.filter(in_force) else { continue };
                    for row in rows {
                        let cited = Cited { value: row.performance.clone(), release, row: row.row };
                        facts.performances.insert((indicator, row.group), cited);
                    }
                }
            }
            (Rows::LocalRatings(rows), ReleaseKind::LocalIndicator(priority)) => {
                for row in rows {
                    let Some(facts) = self.year_of(row.cds, year) else {
                        continue;
                    };
                    if facts.local_releases.get(&priority) == Some(&release) {
                        let cited = Cited { value: row.rating, release, row: row.row };
                        facts.local_ratings.insert(priority, cited);
                    }
                }
            }
            (Rows::Published(rows), ReleaseKind::PublishedList) => {
                for row in rows {
                    let Some(facts) = self.year_of(row.cds, year) else {
                        continue;
                    };
                    if facts.list_release == Some(release) {
                        let cited = Cited { value: row.clone(), release, row: row.row };
                        facts.published = Some(cited);
                    }
                }
            }
            (Rows::CharterList(rows), ReleaseKind::CharterList) => {
                for row in rows {
                    let Some(facts) = self.year_of(row.cds, year) else {
                        continue;
                    };
                    if facts.charter_list_release == Some(release) {
                        let cited = Cited { value: row.clone(), release, row: row.row };
                        facts.charter_list = Some(cited);
                    }
                }
            }
            (Rows::Calpads(rows), ReleaseKind::CalpadsExceptions) => {
                for row in rows {
                    let Some(facts) = self.year_of(row.cds, year) else {
                        continue;
                    };
                    let newer =
                        facts.calpads_certified.as_ref().is_none_or(|c| c.release < release);
                    if newer {
                        let cited = Cited { value: row.certified, release, row: row.row };
                        facts.calpads_certified = Some(cited);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Every LEA that a release names, with the years in which it is named. A kind told by a
/// later release goes before one told earlier. A directory names every LEA that ever was:
/// to stand in it is not to be named in its year.
fn name_leas(releases: &[(ReleaseHead, ReleaseContents)]) -> BTreeMap<CdsCode, LeaFacts> {
    let mut leas: BTreeMap<CdsCode, LeaFacts> = BTreeMap::new();
    let mut ordered: Vec<&(ReleaseHead, ReleaseContents)> = releases.iter().collect();
    ordered.sort_by_key(|(head, _)| (head.year, head.number));
    let ordered = ordered.into_iter().filter(|(head, _)| head.kind != ReleaseKind::Directory);
    for (head, contents) in ordered {
        for mention in &contents.leas {
            let lea = leas.entry(mention.cds).or_insert_with(|| LeaFacts {
                cds: mention.cds,
                lea_type: mention.lea_type,
                years: BTreeMap::new(),
                successions: Vec::new(),
                register: Register::default(),
            });
            lea.lea_type = mention.lea_type;
            if let Some(year) = head.year {
                lea.years.entry(year).or_default().named = true;
            }
        }
    }
    leas
}

fn note_release(facts: &mut YearFacts, kind: ReleaseKind, release: ReleaseNumber) {
    match kind {
        ReleaseKind::Indicator(indicator) => {
            facts.indicator_releases.insert(indicator, release);
        }
        ReleaseKind::LocalIndicator(priority) => {
            facts.local_releases.insert(priority, release);
        }
        ReleaseKind::PublishedList => facts.list_release = Some(release),
        ReleaseKind::CharterList => facts.charter_list_release = Some(release),
        ReleaseKind::CalpadsExceptions
        | ReleaseKind::Successions
        | ReleaseKind::Directory
        | ReleaseKind::GeographicLeads
        | ReleaseKind::CharterLocations
        | ReleaseKind::NcesIds => {}
    }
}
