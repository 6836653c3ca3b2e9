//! The rules as data: one edition per Dashboard year, complete on its own page.
//!
//! The files in `domain/rulebooks/` are the built-in editions; further ones can be loaded
//! beside them. Loading checks every file whole and reports all its faults with their
//! lines; an edition that was loaded needs no further check.

mod checks;
mod edition;
mod load;
mod overlap;
mod page;
mod raw;
mod tables;

use std::collections::BTreeMap;

pub use edition::{
    Alternative, CharterRule, CharterTest, Condition, CountsWhen, Criterion, Edition, Effect,
    IndicatorRule, Judged, Labels, LocalRule, Method, MethodTest, NotApplied, OneDistrictCounty,
    OpenPoint, ProviderRule, PublishedColumns, Rating, SizeRule, SmallerSize, SustainedRule,
    Wanted,
};
pub use load::edition_hash;
pub use page::{RulebookFault, RulebookFaults};
pub(crate) use tables::{Ends, Kind, METHODS_MOST, PRIORITIES_MOST, TESTS_MOST};

use crate::year::DashboardYear;

/// What an edition may cite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The id that rules name.
    pub id: String,
    /// What it is.
    pub title: String,
    /// Where it can be read.
    pub place: String,
}

/// A citation: a source and the place in it, written `ec-52071#c`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Citation(String);

impl Citation {
    pub(crate) fn new(text: String) -> Citation {
        Citation(text)
    }

    /// As the edition writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The source's id, before the `#`.
    #[must_use]
    pub fn source_id(&self) -> &str {
        self.0.split('#').next().unwrap_or_default()
    }

    /// The place in the source, after the `#`.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.0.split_once('#').map(|(_, place)| place)
    }
}

/// The rules of one year.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of these per Dashboard year")]
pub enum YearRules {
    /// An edition: LEAs are decided.
    Edition(Edition),
    /// No determinations were made.
    NoDeterminations {
        /// The year.
        year: DashboardYear,
        /// Why, in one sentence.
        reason: String,
        /// Where it is said.
        source: Citation,
    },
}

/// Every year's rules, and what they cite.
#[derive(Clone, Debug)]
pub struct Rulebooks {
    years: BTreeMap<DashboardYear, YearRules>,
    sources: BTreeMap<String, Source>,
}

/// A rulebook file: its name, for messages, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulebookFile {
    /// Its name, such as `YEAR.toml`, `YEAR.colors.toml` or `sources.toml`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The files that are part of the program.
const BUILT_IN: &[(&str, &str)] = &[
    ("sources.toml", include_str!("../rulebooks/sources.toml")),
    ("2017.toml", include_str!("../rulebooks/2017.toml")),
    ("2017.colors.toml", include_str!("../rulebooks/2017.colors.toml")),
    ("2018.toml", include_str!("../rulebooks/2018.toml")),
    ("2018.colors.toml", include_str!("../rulebooks/2018.colors.toml")),
    ("2019.toml", include_str!("../rulebooks/2019.toml")),
    ("2019.colors.toml", include_str!("../rulebooks/2019.colors.toml")),
    ("2020.toml", include_str!("../rulebooks/2020.toml")),
    ("2021.toml", include_str!("../rulebooks/2021.toml")),
    ("2022.toml", include_str!("../rulebooks/2022.toml")),
    ("2022.colors.toml", include_str!("../rulebooks/2022.colors.toml")),
    ("2023.toml", include_str!("../rulebooks/2023.toml")),
    ("2023.colors.toml", include_str!("../rulebooks/2023.colors.toml")),
    ("2024.toml", include_str!("../rulebooks/2024.toml")),
    ("2024.colors.toml", include_str!("../rulebooks/2024.colors.toml")),
    ("2025.toml", include_str!("../rulebooks/2025.toml")),
    ("2025.colors.toml", include_str!("../rulebooks/2025.colors.toml")),
];

impl Rulebooks {
    /// The built-in files.
    #[must_use]
    pub fn built_in_files() -> Vec<RulebookFile> {
        let file = |(name, text): &(&str, &str)| RulebookFile {
            name: (*name).to_owned(),
            text: (*text).to_owned(),
        };
        BUILT_IN.iter().map(file).collect()
    }

    /// Loads rulebook files. Editions are named by their `year`, not by their file's name.
    ///
    /// # Errors
    /// Every fault of every file, with its line.
    pub fn load(files: &[RulebookFile]) -> Result<Rulebooks, RulebookFaults> {
        load::load(files)
    }

    /// The rules of a year.
    #[must_use]
    pub fn year(&self, year: DashboardYear) -> Option<&YearRules> {
        self.years.get(&year)
    }

    /// The edition of a year that has determinations.
    #[must_use]
    pub fn edition(&self, year: DashboardYear) -> Option<&Edition> {
        match self.years.get(&year) {
            Some(YearRules::Edition(edition)) => Some(edition),
            _ => None,
        }
    }

    /// Every edition, by year.
    pub fn editions(&self) -> impl Iterator<Item = &Edition> {
        self.years.values().filter_map(|rules| match rules {
            YearRules::Edition(edition) => Some(edition),
            YearRules::NoDeterminations { .. } => None,
        })
    }

    /// Every year's rules, by year.
    pub fn years(&self) -> impl Iterator<Item = (DashboardYear, &YearRules)> {
        self.years.iter().map(|(year, rules)| (*year, rules))
    }

    /// The source of an id.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<&Source> {
        self.sources.get(id)
    }

    /// Every source, by id.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values()
    }
}
