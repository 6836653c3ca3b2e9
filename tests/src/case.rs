//! Made-up LEAs for tests of the rules: facts set one by one, as files would have them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use calsos_domain::cds::CdsCode;
use calsos_domain::determination::{Determination, decide};
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{Cited, LeaFacts, ReleaseNumber, YearFacts};
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::performance::{Color, Level, Performance};
use calsos_domain::priority::{Priority, PrioritySet};
use calsos_domain::register::Register;
use calsos_domain::release::{LocalRating, PublishedRow, PublishedStatus};
use calsos_domain::rulebook::{Condition, Edition, Rating, Rulebooks, Wanted};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

/// A made-up LEA.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its facts.
    pub lea: LeaFacts,
}

/// The built-in rulebooks.
///
/// # Panics
/// If they do not load.
#[must_use]
#[expect(clippy::expect_used, reason = "a test cannot go on without them")]
pub fn rulebooks() -> Rulebooks {
    Rulebooks::load(&Rulebooks::built_in_files()).expect("the built-in editions load")
}

/// The built-in rulebooks, loaded once for all tests of a program.
#[must_use]
pub fn books() -> &'static Rulebooks {
    static BOOKS: LazyLock<Rulebooks> = LazyLock::new(rulebooks);
    &BOOKS
}

/// The built-in edition of a year.
///
/// # Panics
/// If there is none.
#[must_use]
#[expect(clippy::expect_used, reason = "a test names years with an edition")]
pub fn edition(number: u16) -> &'static Edition {
    books().edition(year(number)).expect("an edition of the year")
}

/// A priority by its number.
///
/// # Panics
/// If it is none.
#[must_use]
#[expect(clippy::expect_used, reason = "a test names priorities 1 to 10")]
pub fn priority(number: u8) -> Priority {
    Priority::new(number).expect("a state priority")
}

/// The state priorities that have a criterion for the group.
#[must_use]
pub fn priorities_of(edition: &Edition, group: StudentGroup) -> Vec<Priority> {
    let open = |p: &Priority| {
        edition.criteria.iter().any(|c| c.priority == *p && c.groups.contains(&group))
    };
    edition.state_priorities().iter().filter(open).collect()
}

/// A year by its number.
///
/// # Panics
/// If it is none.
#[must_use]
#[expect(clippy::expect_used, reason = "a test names real years")]
pub fn year(number: u16) -> DashboardYear {
    DashboardYear::new(number).expect("a Dashboard year")
}

/// The number of students that is enough for every group.
const MANY: u32 = 200;

impl Case {
    /// An LEA of a kind in county 05, without any fact.
    ///
    /// # Panics
    /// Never: the codes are well-formed.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the codes are well-formed")]
    pub fn new(lea_type: LeaType) -> Case {
        let cds = match lea_type {
            LeaType::District => "05999990000000",
            LeaType::CountyOffice => "05199990000000",
            LeaType::Charter => "05999999999999",
        };
        let cds = CdsCode::parse(cds).expect("a CDS code");
        Case {
            lea: LeaFacts {
                cds,
                lea_type,
                years: BTreeMap::new(),
                successions: Vec::new(),
                register: Register::default(),
            },
        }
    }

    /// The facts of a year.
    pub fn facts(&mut self, year: DashboardYear) -> &mut YearFacts {
        self.lea.years.entry(year).or_default()
    }

    /// Loads every file that the edition asks for: no group is rated, no local indicator
    /// has a row.
    #[must_use]
    pub fn loaded(mut self, edition: &Edition) -> Case {
        let locals: Vec<Priority> =
            edition.locals_for(self.lea.lea_type).map(|rule| rule.priority).collect();
        let facts = self.facts(edition.year);
        facts.named = true;
        for indicator in edition.indicators_used() {
            facts.indicator_releases.insert(indicator, ReleaseNumber(1));
        }
        for priority in locals {
            facts.local_releases.insert(priority, ReleaseNumber(2));
        }
        self
    }

    /// Loads an indicator's file, in which no group has a row.
    #[must_use]
    pub fn loaded_indicator(mut self, edition: &Edition, indicator: Indicator) -> Case {
        self.facts(edition.year).indicator_releases.insert(indicator, ReleaseNumber(1));
        self
    }

    /// Names the LEA in the year without loading a file that decides.
    #[must_use]
    pub fn named(mut self, edition: &Edition) -> Case {
        self.facts(edition.year).named = true;
        self
    }

    /// Takes an indicator's file away.
    #[must_use]
    pub fn without(mut self, edition: &Edition, indicator: Indicator) -> Case {
        let facts = self.facts(edition.year);
        facts.indicator_releases.remove(&indicator);
        facts.performances.retain(|(i, _), _| *i != indicator);
        self
    }

    /// Gives every group the best rating on every indicator.
    #[must_use]
    pub fn all_best(mut self, edition: &Edition) -> Case {
        for (indicator, rule) in &edition.indicators {
            for group in &rule.groups {
                self = self.rated(edition, *indicator, *group, Color::Blue, 5);
            }
        }
        self
    }

    /// Gives a group a rating: the colour where the year has colours, and the level.
    #[must_use]
    pub fn rated(
        self,
        edition: &Edition,
        indicator: Indicator,
        group: StudentGroup,
        color: Color,
        level: u8,
    ) -> Case {
        let rating = edition.indicators.get(&indicator).map(|rule| rule.rating);
        let performance = Performance {
            color: (rating == Some(Rating::Color)).then_some(color),
            status_level: if rating == Some(Rating::None) { None } else { Level::new(level) },
            denominator: Some(MANY),
            accountability_met: Some(true),
            size_met: Some(true),
            ..Performance::default()
        };
        self.row(edition, indicator, group, performance)
    }

    /// Gives a group a row.
    #[must_use]
    pub fn row(
        mut self,
        edition: &Edition,
        indicator: Indicator,
        group: StudentGroup,
        performance: Performance,
    ) -> Case {
        let row = 2 + (indicator.index() * 100) as u32 + group as u32;
        let cited = Cited { value: performance, release: ReleaseNumber(1), row };
        let facts = self.facts(edition.year);
        facts.indicator_releases.insert(indicator, ReleaseNumber(1));
        facts.performances.insert((indicator, group), cited);
        self
    }

    /// Makes a condition hold for a group.
    #[must_use]
    pub fn holds(self, edition: &Edition, group: StudentGroup, condition: Condition) -> Case {
        match condition.wanted {
            Wanted::Color(color) => {
                self.rated(edition, condition.indicator, group, color, color as u8)
            }
            Wanted::Status(level) => {
                self.rated(edition, condition.indicator, group, Color::Red, level.number())
            }
        }
    }

    /// Puts a group into a state priority, by the first criterion that it has there.
    ///
    /// # Panics
    /// If the group has no criterion of the priority.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test asks for a criterion that is there")]
    pub fn in_priority(
        mut self,
        edition: &Edition,
        group: StudentGroup,
        priority: Priority,
    ) -> Case {
        let criterion = edition
            .criteria
            .iter()
            .find(|c| c.priority == priority && c.groups.contains(&group))
            .expect("a criterion of the priority for the group");
        let first = criterion.alternatives.first().expect("an alternative");
        for condition in &first.conditions {
            self = self.holds(edition, group, *condition);
        }
        self
    }

    /// Puts a group into the first `count` state priorities that have a criterion for it.
    #[must_use]
    pub fn in_priorities(mut self, edition: &Edition, group: StudentGroup, count: usize) -> Case {
        for priority in priorities_of(edition, group).into_iter().take(count) {
            self = self.in_priority(edition, group, priority);
        }
        self
    }

    /// A year with every file, in which these groups are in `count` state priorities and
    /// everything else has the best rating.
    #[must_use]
    pub fn with_groups(self, edition: &Edition, groups: &[StudentGroup], count: usize) -> Case {
        let best = self.loaded(edition).all_best(edition);
        groups.iter().fold(best, |case, group| case.in_priorities(edition, *group, count))
    }

    /// Takes a local indicator's file away.
    #[must_use]
    pub fn without_local(mut self, edition: &Edition, priority: Priority) -> Case {
        let facts = self.facts(edition.year);
        facts.local_releases.remove(&priority);
        facts.local_ratings.remove(&priority);
        self
    }

    /// Loads a published list of the year that does not name the LEA.
    #[must_use]
    pub fn not_on_list(mut self, edition: &Edition) -> Case {
        let facts = self.facts(edition.year);
        facts.list_release = Some(ReleaseNumber(4));
        facts.published = None;
        self
    }

    /// The LEA's rating of itself on a local indicator.
    #[must_use]
    pub fn local(mut self, edition: &Edition, priority: Priority, rating: LocalRating) -> Case {
        let facts = self.facts(edition.year);
        let row = 2 + u32::from(priority.number());
        facts.local_releases.insert(priority, ReleaseNumber(2));
        let cited = Cited { value: rating, release: ReleaseNumber(2), row };
        facts.local_ratings.insert(priority, cited);
        self
    }

    /// An operator's entry about CALPADS.
    #[must_use]
    pub fn calpads(mut self, edition: &Edition, certified: bool) -> Case {
        self.facts(edition.year).calpads_certified =
            Some(Cited { value: certified, release: ReleaseNumber(3), row: 2 });
        self
    }

    /// The LEA's row of the year's published list: these groups with a letter.
    ///
    /// # Panics
    /// If the edition has no letters.
    #[must_use]
    #[expect(clippy::expect_used, reason = "every edition has letters")]
    pub fn listed(
        mut self,
        edition: &Edition,
        status: PublishedStatus,
        groups: &[StudentGroup],
    ) -> Case {
        let letter = *edition.codes.values().next().expect("a letter");
        let codes: BTreeMap<StudentGroup, char> = groups.iter().map(|g| (*g, letter)).collect();
        let cds = self.lea.cds;
        let row = PublishedRow {
            row: 7,
            cds,
            group_count: Some(codes.len() as u32),
            listed_groups: edition.groups.clone(),
            status,
            earlier_statuses: BTreeMap::new(),
            methods: BTreeMap::from([(1, !codes.is_empty())]),
            ec52072: None,
            ec52071f: None,
            codes,
        };
        let facts = self.facts(edition.year);
        facts.list_release = Some(ReleaseNumber(4));
        facts.published = Some(Cited { value: row, release: ReleaseNumber(4), row: 7 });
        facts.named = true;
        self
    }

    /// Decides the LEA for the edition's year.
    ///
    /// # Panics
    /// If the year gives no determination.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test names the LEA in the year that it decides")]
    pub fn decide<'a>(&self, books: &'a Rulebooks, edition: &Edition) -> Determination<'a> {
        decide(books, &self.lea, Basis::Files)
            .remove(&edition.year)
            .expect("the LEA is named in the year")
    }
}

/// The groups that a criterion of every priority of a set is open to.
#[must_use]
pub fn groups_in(edition: &Edition, priorities: PrioritySet) -> BTreeSet<StudentGroup> {
    edition
        .groups
        .iter()
        .copied()
        .filter(|group| {
            priorities.iter().all(|p| {
                edition.criteria.iter().any(|c| c.priority == p && c.groups.contains(group))
            })
        })
        .collect()
}
