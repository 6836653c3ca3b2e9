//! What an LEA needs help with, as its results show it: the cells that made it eligible, and
//! its lowest others.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::determination::Determination;
use crate::evaluation::{Cell, GroupFinding, read_cell};
use crate::facts::{Cited, LeaFacts};
use crate::indicator::Indicator;
use crate::priority::Priority;
use crate::release::LocalRating;
use crate::rulebook::{CharterTest, Criterion, Edition, MethodTest, Rating};
use crate::small_numbers::Masking;
use crate::student_group::StudentGroup;
use crate::trace::cell_words;
use crate::year::DashboardYear;

/// What a need is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A group's result on an indicator; of all students together, too.
    Cell {
        /// The group.
        group: StudentGroup,
        /// The indicator.
        indicator: Indicator,
        /// The state priority to which the year's criteria count the indicator, if they do.
        priority: Option<Priority>,
    },
    /// The LEA's rating of itself on the local indicator of a priority.
    Local(Priority),
    /// Student data that were not certified on time.
    Calpads,
}

impl Subject {
    /// The student group; that of all students is none.
    #[must_use]
    pub fn group(self) -> Option<StudentGroup> {
        match self {
            Subject::Cell { group, .. } => Some(group).filter(|group| *group != StudentGroup::All),
            Subject::Local(_) | Subject::Calpads => None,
        }
    }

    /// The indicator.
    #[must_use]
    pub fn indicator(self) -> Option<Indicator> {
        match self {
            Subject::Cell { indicator, .. } => Some(indicator),
            Subject::Local(_) | Subject::Calpads => None,
        }
    }

    /// The state priority.
    #[must_use]
    pub fn priority(self) -> Option<Priority> {
        match self {
            Subject::Cell { priority, .. } => priority,
            Subject::Local(priority) => Some(priority),
            Subject::Calpads => None,
        }
    }
}

/// How low a result is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lowness {
    /// The lowest colour or status level; a local indicator not met for two or more years.
    Lowest,
    /// The one above it; a local indicator not met.
    Low,
    /// Neither: it counted only beside another cell, or is no result.
    Neither,
}

/// Something that an LEA needs help with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The Dashboard year of the result.
    pub year: DashboardYear,
    /// What it is about.
    pub subject: Subject,
    /// Whether it is one of those that made the LEA eligible for differentiated assistance.
    pub made_eligible: bool,
    /// How low it is.
    pub lowness: Lowness,
    /// The colour, the status level or the local rating, as the state writes it.
    pub rating: Option<&'static str>,
    /// What stands in the cell, small counts left out where its file is not public.
    pub shown: String,
}

impl Need {
    /// What the need is, in words, without its year.
    #[must_use]
    pub fn words(&self) -> String {
        let Need { subject, shown, .. } = self;
        match subject {
            Subject::Cell { group, indicator, priority } => {
                let of = priority.map_or_else(String::new, |p| format!(" (state priority {p})"));
                format!("{}, {}{of}: {shown}", group.name(), indicator.name())
            }
            Subject::Local(priority) => {
                format!("local indicator of state priority {priority}: {shown}")
            }
            Subject::Calpads => shown.clone(),
        }
    }
}

/// The years whose results made an LEA eligible, as a year's answer has it: the year itself,
/// the one before that opened two years of support, or the years that a charter school's rule
/// looks at. None where it is not eligible, or not known to be.
#[must_use]
pub fn years_that_made_eligible(determination: &Determination<'_>) -> Vec<DashboardYear> {
    let Determination { edition, decided, conclusions, .. } = determination;
    if !decided {
        return Vec::new();
    }
    if let (Some(rule), Some(finding)) = (&edition.charter, &conclusions.charter) {
        return if finding.outcome.is_met() { rule.window.clone() } else { Vec::new() };
    }
    if conclusions.eligible.is_met() {
        return vec![edition.year];
    }
    let second = conclusions.label.support_year.known() == Some(&2);
    edition.labels.second_year_after.filter(|_| second).into_iter().collect()
}

/// A year of an LEA as it may be shown.
#[derive(Clone, Copy, Debug)]
pub struct SeenYear<'a> {
    /// What the year was decided from.
    pub lea: &'a LeaFacts,
    /// What the rules gave.
    pub determination: &'a Determination<'a>,
    /// Files whose small counts are not shown.
    pub masking: &'a Masking,
}

/// What an LEA needs help with, as a year has it: the results that made it eligible, of
/// whichever of the years that may be shown, and the lowest others of the year itself.
/// `earlier` are the other years that [`years_that_made_eligible`] names, as far as they may
/// be shown.
#[must_use]
pub fn needs(year: SeenYear<'_>, earlier: &[SeenYear<'_>]) -> Vec<Need> {
    let years = years_that_made_eligible(year.determination);
    let Determination { edition, conclusions, .. } = year.determination;
    let charter = edition.charter.as_ref().filter(|_| conclusions.charter.is_some());
    let test = charter.map(|rule| rule.test);
    let mut needs = year.lowest();
    for seen in std::iter::once(&year).chain(earlier) {
        if years.contains(&seen.determination.edition.year) {
            needs.extend(seen.by_criteria(test));
        }
    }
    in_order(needs)
}

/// Needs in the order in which they weigh, each one once: those that made the LEA eligible, the
/// lowest, the newest.
fn in_order(mut needs: Vec<Need>) -> Vec<Need> {
    // Of two that are the same, the one that made the LEA eligible stands first and stays.
    needs.sort_by_key(|need| (!need.made_eligible, need.lowness));
    let mut seen = BTreeSet::new();
    needs.retain(|need| seen.insert((need.year, need.subject)));
    let newest_first = |need: &Need| Reverse(need.year);
    needs.sort_by_key(|n| (!n.made_eligible, n.lowness, newest_first(n), n.subject));
    needs
}

impl SeenYear<'_> {
    /// The results by which the criteria were met in the year: the cells of groups, the local
    /// indicators, and the student data, for each method that is met. `charter` is the test by
    /// which a charter school was found eligible.
    fn by_criteria(&self, charter: Option<CharterTest>) -> Vec<Need> {
        let Determination { edition, lea_type, evaluation, conclusions, .. } = self.determination;
        let mut needs = Vec::new();
        let methods = edition.methods_for(*lea_type).zip(&conclusions.methods);
        for (method, _) in methods.filter(|(_, (_, outcome))| outcome.is_met()) {
            let locals = evaluation.locals.iter().filter(|local| local.outcome.is_met());
            match method.test {
                MethodTest::GroupInPriorities(count) => {
                    needs.extend(self.groups(|group| group.met().len() >= count));
                }
                MethodTest::LocalIndicators(_) => {
                    needs.extend(locals.filter_map(|local| self.local(local.priority)));
                }
                MethodTest::GroupAndLocalIndicator => {
                    for local in locals {
                        let other = |p: Priority| p != local.priority;
                        needs.extend(self.groups(|group| group.met().iter().any(other)));
                        needs.extend(self.local(local.priority));
                    }
                }
                MethodTest::CalpadsNotCertified => needs.push(self.calpads()),
            }
        }
        // This test counts groups, and no methods.
        if let Some(CharterTest::GroupsInYears { priorities, .. }) = charter {
            needs.extend(self.groups(|group| group.met().len() >= priorities));
        }
        for need in &mut needs {
            need.made_eligible = true;
        }
        needs
    }

    /// The lowest results of the year: red and orange, the two lowest status levels where the
    /// year rates by those, and local indicators that are not met.
    fn lowest(&self) -> Vec<Need> {
        let edition = self.determination.edition;
        let year = self.lea.years.get(&edition.year);
        let rows = year.into_iter().flat_map(|facts| facts.performances.keys());
        let counted =
            |group: StudentGroup| group == StudentGroup::All || edition.groups.contains(&group);
        let cells = rows
            .filter(|(_, group)| counted(*group))
            .filter_map(|(indicator, group)| self.cell(*group, *indicator));
        let locals = edition.locals_for(self.determination.lea_type);
        let locals = locals.filter_map(|rule| self.local(rule.priority));
        cells.chain(locals).filter(|need| need.lowness != Lowness::Neither).collect()
    }

    /// The cells by which the groups that are wanted meet criteria.
    fn groups(&self, wanted: impl Fn(&GroupFinding) -> bool) -> Vec<Need> {
        let Determination { edition, evaluation, .. } = self.determination;
        let mut needs = Vec::new();
        for finding in evaluation.groups.iter().filter(|group| wanted(group)) {
            let (group, met) = (finding.group, finding.met());
            let criteria = edition.criteria.iter();
            for criterion in
                criteria.filter(|c| c.groups.contains(&group) && met.contains(c.priority))
            {
                let holds = criterion.alternatives.iter().filter(|alternative| {
                    evaluation.cells.alternative(group, alternative).is_met()
                });
                let conditions = holds.flat_map(|alternative| &alternative.conditions);
                needs.extend(conditions.filter_map(|c| self.cell(group, c.indicator)));
            }
        }
        needs
    }

    /// A cell that counts.
    fn cell(&self, group: StudentGroup, indicator: Indicator) -> Option<Need> {
        let Determination { edition, lea_type, .. } = self.determination;
        let facts = self.lea.years.get(&edition.year)?;
        let Cited { value, release, row: _ } = facts.performances.get(&(indicator, group))?;
        let cell = read_cell(edition, *lea_type, indicator, group, value);
        let Cell::Rated { color, status } = cell else { return None };
        let (lowness, rating) = match edition.indicators.get(&indicator)?.rating {
            Rating::Color => (lowness(color? as u8), color?.name()),
            Rating::Status => {
                (lowness(status?.number()), status?.status_name(indicator.lower_is_better()))
            }
            Rating::None => return None,
        };
        let counts = self.masking.counts(*release);
        Some(Need {
            year: edition.year,
            subject: Subject::Cell { group, indicator, priority: priority_of(edition, indicator) },
            made_eligible: false,
            lowness,
            rating: Some(rating),
            shown: cell_words(indicator, cell, Some(value), counts),
        })
    }

    fn local(&self, priority: Priority) -> Option<Need> {
        let edition = self.determination.edition;
        let rating = self.lea.years.get(&edition.year)?.local_ratings.get(&priority)?.value;
        Some(Need {
            year: edition.year,
            subject: Subject::Local(priority),
            made_eligible: false,
            lowness: match rating {
                LocalRating::Met => Lowness::Neither,
                LocalRating::NotMet => Lowness::Low,
                LocalRating::NotMetTwoYears => Lowness::Lowest,
            },
            rating: Some(rating.name()),
            shown: rating.name().to_owned(),
        })
    }

    fn calpads(&self) -> Need {
        Need {
            year: self.determination.edition.year,
            subject: Subject::Calpads,
            made_eligible: false,
            lowness: Lowness::Neither,
            rating: None,
            shown: "Student data (CALPADS) not certified".to_owned(),
        }
    }
}

/// How low a colour or a level is, by its number.
fn lowness(number: u8) -> Lowness {
    match number {
        1 => Lowness::Lowest,
        2 => Lowness::Low,
        _ => Lowness::Neither,
    }
}

/// The state priority to which a year's criteria count an indicator.
#[must_use]
pub fn priority_of(edition: &Edition, indicator: Indicator) -> Option<Priority> {
    let asks = |criterion: &&Criterion| {
        let mut conditions = criterion.alternatives.iter().flat_map(|a| &a.conditions);
        conditions.any(|condition| condition.indicator == indicator)
    };
    edition.criteria.iter().find(asks).map(|criterion| criterion.priority)
}
