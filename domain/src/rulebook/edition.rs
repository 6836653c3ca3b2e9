//! An edition of the rules, checked and ready to be applied.

use std::collections::{BTreeMap, BTreeSet};

use super::Citation;
use super::tables::Tables;
use crate::cds::CountyCode;
use crate::colors::ColorTables;
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::performance::{Color, Level};
use crate::priority::{Priority, PrioritySet};
use crate::release::LocalRating;
use crate::student_group::StudentGroup;
use crate::year::{DashboardYear, Day};

/// All rules of one Dashboard year.
#[derive(Clone, Debug)]
pub struct Edition {
    /// The year.
    pub year: DashboardYear,
    /// SHA-256 of its files, in hexadecimal: names this content for good.
    pub hash: String,
    /// The text of its file, as it was loaded.
    pub text: String,
    /// The text of its colour tables' file.
    pub colors_text: String,
    /// Its five-by-five colour tables, by which published colours are checked.
    pub colors: ColorTables,
    /// The day or month of the Dashboard's public release.
    pub public_date: Option<Day>,
    /// The student groups that count.
    pub groups: BTreeSet<StudentGroup>,
    /// Where the groups are named.
    pub groups_source: Citation,
    /// Which kinds of LEA are judged.
    pub judged: BTreeMap<LeaType, Judged>,
    /// When a group is large enough.
    pub size: SizeRule,
    /// What the year published.
    pub indicators: BTreeMap<Indicator, IndicatorRule>,
    /// Criteria on state indicators, per student group.
    pub criteria: Vec<Criterion>,
    /// Criteria on local indicators, per LEA.
    pub locals: Vec<LocalRule>,
    /// Ways to become eligible.
    pub methods: Vec<Method>,
    /// Letters of the published list.
    pub codes: BTreeMap<PrioritySet, char>,
    /// Where the letters are defined.
    pub codes_source: Citation,
    /// The words of the answer and how long support lasts.
    pub labels: Labels,
    /// Tests over several years.
    pub sustained: Vec<SustainedRule>,
    /// Tests that this year cannot have yet, with the reason.
    pub not_applied: Vec<NotApplied>,
    /// The charter schools' rule.
    pub charter: Option<CharterRule>,
    /// Who provides help.
    pub providers: Vec<ProviderRule>,
    /// Counties with a single district.
    pub one_district_county: Option<OneDistrictCounty>,
    /// The columns of the published list.
    pub published_columns: PublishedColumns,
    /// What no public text settles.
    pub open_points: Vec<OpenPoint>,
    /// What deciding asks of all this for every LEA.
    pub(crate) tables: Tables,
}

/// Whether a kind of LEA is judged in a year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// A decision is made.
    pub decided: bool,
    /// The criteria are applied to it, if only for later years to look back on.
    pub evaluated: bool,
    /// Why no decision is made.
    pub reason: Option<String>,
    /// Where it is said.
    pub source: Citation,
}

/// When a group is large enough to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeRule {
    /// Students, unless a smaller number is named.
    pub minimum: u32,
    /// Smaller numbers for some groups and kinds of LEA.
    pub smaller: Vec<SmallerSize>,
    /// Where it is said.
    pub source: Citation,
}

impl SizeRule {
    /// The students that a group of an LEA of this kind needs.
    #[must_use]
    pub fn minimum_for(&self, lea_type: LeaType, group: StudentGroup) -> u32 {
        self.smaller
            .iter()
            .find(|s| s.lea_types.contains(&lea_type) && s.groups.contains(&group))
            .map_or(self.minimum, |s| s.minimum)
    }
}

/// A smaller group size for some groups and kinds of LEA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmallerSize {
    /// For these kinds of LEA.
    pub lea_types: BTreeSet<LeaType>,
    /// For these groups.
    pub groups: BTreeSet<StudentGroup>,
    /// This many students are enough.
    pub minimum: u32,
    /// Where it is said.
    pub source: Citation,
}

/// How the year rated an indicator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rating {
    /// By colour.
    Color,
    /// By status level only.
    Status,
    /// Not at all: values without a rating.
    None,
}

/// What tells that a performance counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CountsWhen {
    /// The number of students in the row.
    Size,
    /// The file's column `accountabilitymet`.
    AccountabilityMet,
    /// The file's column `currnsizemet`.
    SizeMet,
}

/// What the year published of an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndicatorRule {
    /// How it was rated.
    pub rating: Rating,
    /// What tells that a row counts.
    pub counts_when: CountsWhen,
    /// The groups that it is published for.
    pub groups: BTreeSet<StudentGroup>,
    /// Where it is said.
    pub source: Citation,
}

/// The performance that a condition asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// This colour.
    Color(Color),
    /// This status level.
    Status(Level),
}

/// A condition on one indicator of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Condition {
    /// The indicator.
    pub indicator: Indicator,
    /// What it must show.
    pub wanted: Wanted,
}

/// Conditions that must all hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alternative {
    /// The conditions, of different indicators.
    pub conditions: Vec<Condition>,
}

/// A criterion on state indicators: met by a group when one of its alternatives holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion {
    /// Its id in the edition.
    pub id: String,
    /// The state priority that it belongs to.
    pub priority: Priority,
    /// The groups that it is applied to.
    pub groups: BTreeSet<StudentGroup>,
    /// One of these must hold; no two can hold by the same indicator.
    pub alternatives: Vec<Alternative>,
    /// Open points that it depends on.
    pub open: Vec<String>,
    /// Where it is said.
    pub source: Citation,
}

/// A criterion on a local indicator: met by an LEA with this rating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalRule {
    /// Its id in the edition.
    pub id: String,
    /// The state priority that it belongs to.
    pub priority: Priority,
    /// The kinds of LEA that report it.
    pub lea_types: BTreeSet<LeaType>,
    /// The rating that counts.
    pub rating: LocalRating,
    /// Where it is said.
    pub source: Citation,
}

/// What a method asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MethodTest {
    /// One group in at least this many state priorities.
    GroupInPriorities(usize),
    /// At least this many local indicators.
    LocalIndicators(usize),
    /// Exactly one local indicator and a group in exactly one state priority, another one;
    /// only where no method before it is met.
    GroupAndLocalIndicator,
    /// CALPADS data that were not certified.
    CalpadsNotCertified,
}

/// A way to become eligible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Method {
    /// `M1` to `M4`, as the published lists number them.
    pub id: String,
    /// What it asks for.
    pub test: MethodTest,
    /// The kinds of LEA that it is open to.
    pub lea_types: BTreeSet<LeaType>,
    /// Where it is said.
    pub source: Citation,
}

impl Method {
    /// The number in the list's column `MetMethodN`.
    #[must_use]
    pub fn number(&self) -> u8 {
        self.id.trim_start_matches('M').parse().unwrap_or(0)
    }
}

/// The words of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// For an LEA that is not eligible.
    pub general: String,
    /// For an LEA that is eligible by this year's results.
    pub first_year: String,
    /// For an LEA in the second year of support.
    pub second_year: Option<String>,
    /// For an eligible charter school.
    pub charter: Option<String>,
    /// `general` as later lists repeat it.
    pub general_in_later_lists: String,
    /// `first_year` as later lists repeat it.
    pub first_year_in_later_lists: String,
    /// The Dashboard whose first year of support makes this one the second.
    pub second_year_after: Option<DashboardYear>,
    /// Open points.
    pub open: Vec<String>,
    /// Where it is said.
    pub source: Citation,
}

/// What follows when a test over several years is met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// The LEA is eligible for level 3, direct technical assistance by CCEE.
    Level3,
    /// The geographic lead agency joins the county superintendent.
    GeographicLead,
    /// Nothing: the result is a test of the data, reported and never an identification.
    DataTest,
}

impl Effect {
    /// The code used in answers: `level3`, `geographicLead`, `dataTest`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Effect::Level3 => "level3",
            Effect::GeographicLead => "geographicLead",
            Effect::DataTest => "dataTest",
        }
    }
}

/// A test over several years: enough groups in enough of the years.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SustainedRule {
    /// Its id in the edition.
    pub id: String,
    /// The kinds of LEA that it is applied to.
    pub lea_types: BTreeSet<LeaType>,
    /// The years with determinations that are looked at, the last being the edition's own.
    pub window: Vec<DashboardYear>,
    /// In how many of them a group must meet the criteria.
    pub years: usize,
    /// How many groups must do so.
    pub groups: usize,
    /// In how many state priorities a group must meet the criteria in each such year.
    pub priorities: usize,
    /// An LEA with fewer groups is flagged when all of them do so.
    pub all_if_fewer_groups: bool,
    /// What follows.
    pub effect: Effect,
    /// Open points.
    pub open: Vec<String>,
    /// Where it is said.
    pub source: Citation,
}

/// A test that this year cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotApplied {
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Where it is said.
    pub source: Citation,
}

/// How charter schools are judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CharterTest {
    /// The district criteria are met in every year of the window.
    CriteriaInEveryYear,
    /// Enough groups are in at least so many state priorities in enough of the years.
    GroupsInYears {
        /// In how many years.
        years: usize,
        /// How many groups.
        groups: usize,
        /// In how many state priorities.
        priorities: usize,
        /// A charter with fewer groups: all of them.
        all_if_fewer_groups: bool,
    },
}

impl CharterTest {
    /// In how many state priorities a group must be in a year that counts. The district
    /// criteria ask for two.
    pub(crate) fn priorities(self) -> usize {
        match self {
            CharterTest::CriteriaInEveryYear => 2,
            CharterTest::GroupsInYears { priorities, .. } => priorities,
        }
    }
}

/// The charter schools' rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CharterRule {
    /// Its id in the edition.
    pub id: String,
    /// The test.
    pub test: CharterTest,
    /// The years that are looked at, the last being the edition's own.
    pub window: Vec<DashboardYear>,
    /// Open points.
    pub open: Vec<String>,
    /// Where it is said.
    pub source: Citation,
}

/// Who helps an LEA of a kind at a level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRule {
    /// The kind of LEA.
    pub lea_type: LeaType,
    /// The level of support, 1 to 3.
    pub level: u8,
    /// The provider, in words.
    pub provider: String,
    /// Where it is said.
    pub source: Citation,
}

/// Counties with a single district, where the provider is to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneDistrictCounty {
    /// The counties.
    pub counties: BTreeSet<CountyCode>,
    /// The level of support that it concerns.
    pub level: u8,
    /// Open points.
    pub open: Vec<String>,
    /// Where it is said.
    pub source: Citation,
}

/// The columns of the state's list of the year, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedColumns {
    /// Whether a real list proves them.
    pub verified: bool,
    /// The names, as the list spells them.
    pub columns: Vec<String>,
    /// Where they are defined.
    pub source: Citation,
}

/// Something that no public text settles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenPoint {
    /// Its id in the edition.
    pub id: String,
    /// What is open.
    pub question: String,
    /// The reading that decides here.
    pub default: String,
    /// The other reading, whose result stands beside.
    pub other: String,
    /// Where it comes from.
    pub source: Citation,
}

impl Edition {
    /// How the kind of LEA is judged.
    #[must_use]
    pub fn judges(&self, lea_type: LeaType) -> Option<&Judged> {
        self.judged.get(&lea_type)
    }

    /// Whether the criteria are applied to LEAs of the kind.
    #[must_use]
    pub fn evaluates(&self, lea_type: LeaType) -> bool {
        self.judges(lea_type).is_some_and(|j| j.evaluated)
    }

    /// Whether LEAs of the kind are decided.
    #[must_use]
    pub fn decides(&self, lea_type: LeaType) -> bool {
        self.judges(lea_type).is_some_and(|j| j.decided)
    }

    /// The indicators that a criterion asks about, in the order of [`Indicator::ALL`].
    pub fn indicators_used(&self) -> impl Iterator<Item = Indicator> {
        Indicator::ALL.into_iter().filter(|indicator| {
            self.criteria
                .iter()
                .flat_map(|c| &c.alternatives)
                .flat_map(|a| &a.conditions)
                .any(|c| c.indicator == *indicator)
        })
    }

    /// The state priorities that criteria on state indicators belong to.
    #[must_use]
    pub fn state_priorities(&self) -> PrioritySet {
        self.criteria.iter().map(|c| c.priority).collect()
    }

    /// The local rules for a kind of LEA.
    pub fn locals_for(&self, lea_type: LeaType) -> impl Iterator<Item = &LocalRule> {
        self.locals.iter().filter(move |l| l.lea_types.contains(&lea_type))
    }

    /// The methods that are open to a kind of LEA.
    pub fn methods_for(&self, lea_type: LeaType) -> impl Iterator<Item = &Method> {
        self.methods.iter().filter(move |m| m.lea_types.contains(&lea_type))
    }

    /// The tests over several years for a kind of LEA.
    pub fn sustained_for(&self, lea_type: LeaType) -> impl Iterator<Item = &SustainedRule> {
        self.sustained.iter().filter(move |s| s.lea_types.contains(&lea_type))
    }

    /// The open point of an id.
    #[must_use]
    pub fn open_point(&self, id: &str) -> Option<&OpenPoint> {
        self.open_points.iter().find(|o| o.id == id)
    }
}
