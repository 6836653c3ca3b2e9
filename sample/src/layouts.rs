//! How the state's files look, year by year: the data of `layouts/files.toml`.

use std::collections::BTreeMap;

use calsos_domain::indicator::Indicator;
use calsos_domain::priority::Priority;
use calsos_domain::year::DashboardYear;
use serde::Deserialize;

use crate::SampleError;

/// The layouts of every file.
#[derive(Clone, Debug)]
pub struct Layouts {
    raw: Raw,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    stems: BTreeMap<String, String>,
    year_tokens: BTreeMap<String, String>,
    sets: BTreeMap<String, String>,
    file: Vec<RawFile>,
    reissued: Vec<RawReissued>,
    local: Vec<RawLocal>,
    answers: BTreeMap<String, String>,
    list: Vec<ListLayout>,
    directory: RawDirectory,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    indicator: OneOrMore,
    years: Vec<u16>,
    columns: String,
    sheet: Option<String>,
    #[serde(default)]
    whole_numbers: bool,
    #[serde(default)]
    no_change_is_zero: bool,
    #[serde(default)]
    pseudo_colored: Vec<String>,
    #[serde(default)]
    distance: bool,
    #[serde(default)]
    flags_no: bool,
    #[serde(default)]
    state_without_name: bool,
    #[serde(default)]
    capitals: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn names(&self, indicator: Indicator) -> bool {
        match self {
            OneOrMore::One(code) => code == indicator.code(),
            OneOrMore::More(codes) => codes.iter().any(|code| code == indicator.code()),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReissued {
    indicator: OneOrMore,
    year: u16,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLocal {
    years: Vec<u16>,
    delimiter: char,
    columns: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDirectory {
    name: String,
    columns: String,
}

/// How an indicator file of a year looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndicatorLayout {
    /// Its columns, as the state spells them.
    pub columns: Vec<String>,
    /// The sheet's name in the workbook.
    pub sheet: String,
    /// Numbers are written without a trailing zero.
    pub whole_numbers: bool,
    /// A change that is not known is written as 0.0.
    pub no_change_is_zero: bool,
    /// Groups that are none of the law and have a colour all the same.
    pub pseudo_colored: Vec<String>,
    /// Science is a distance from standard and not points.
    pub distance: bool,
    /// Sizes are flagged `Y` or `N`, and not `Y` or blank.
    pub flags_no: bool,
    /// The state's row has no names.
    pub state_without_name: bool,
}

impl IndicatorLayout {
    /// Whether there is a column of this name, in any letter case.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name.eq_ignore_ascii_case(column))
    }
}

/// How a local indicator file looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalLayout {
    /// Its columns.
    pub columns: Vec<String>,
    /// What separates them in the text form.
    pub delimiter: char,
}

/// How an issue of a published list looks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListLayout {
    /// The Dashboard year.
    pub year: u16,
    /// The file's name before the dot.
    pub name: String,
    /// The sheet's name in the workbook.
    pub sheet: String,
    /// Whether sheets with descriptions stand before the table.
    #[serde(default)]
    pub described: bool,
    /// What an empty cell holds.
    pub blank: String,
    /// The rows above the header.
    pub titles: Vec<String>,
    /// Whether it is the first issue of a list that was revised.
    #[serde(default)]
    pub first_issue: bool,
    /// Its columns, where they are not those that the edition names.
    columns: Option<String>,
}

impl ListLayout {
    /// The columns of the issue; `edition` are those that the year's edition names.
    #[must_use]
    pub fn columns(&self, edition: &[String]) -> Vec<String> {
        self.columns.as_ref().map_or_else(
            || edition.to_vec(),
            |own| own.split_whitespace().map(str::to_owned).collect(),
        )
    }
}

impl Layouts {
    /// The layouts that are part of the program.
    ///
    /// # Errors
    /// Where the data do not parse, which a test excludes.
    pub fn built_in() -> Result<Layouts, SampleError> {
        let raw = toml::from_str(include_str!("../layouts/files.toml"))
            .map_err(|cause| SampleError::Layouts(cause.to_string()))?;
        Ok(Layouts { raw })
    }

    /// The layout of an indicator's file of a year, else of the newest year before it; `None`
    /// where there is none.
    #[must_use]
    pub fn indicator(&self, indicator: Indicator, year: DashboardYear) -> Option<IndicatorLayout> {
        let of_indicator = || self.raw.file.iter().filter(|file| file.indicator.names(indicator));
        let newest = of_indicator()
            .flat_map(|file| file.years.iter().copied())
            .filter(|known| *known <= year.number())
            .max()?;
        let file = of_indicator().find(|file| file.years.contains(&newest))?;
        let capital = |name: String| {
            let in_capitals = file.capitals.iter().find(|c| c.eq_ignore_ascii_case(&name));
            in_capitals.cloned().unwrap_or(name)
        };
        let columns = self.expanded(&file.columns).into_iter().map(capital).collect();
        let token = self.year_token(DashboardYear::new(newest)?);
        // A sheet that is named by its year keeps the year of its own layout only.
        let sheet =
            file.sheet.clone().filter(|name| name.ends_with(&token) && newest == year.number());
        Some(IndicatorLayout {
            columns,
            sheet: sheet.unwrap_or_else(|| "Sheet1".to_owned()),
            whole_numbers: file.whole_numbers,
            no_change_is_zero: file.no_change_is_zero,
            pseudo_colored: file.pseudo_colored.clone(),
            distance: file.distance,
            flags_no: file.flags_no,
            state_without_name: file.state_without_name,
        })
    }

    /// The years for which a file of the indicator is described.
    pub fn described_years(&self, indicator: Indicator) -> impl Iterator<Item = DashboardYear> {
        let files = self.raw.file.iter().filter(move |file| file.indicator.names(indicator));
        files.flat_map(|file| &file.years).filter_map(|year| DashboardYear::new(*year))
    }

    /// Whether a corrected file of the indicator and year was published later.
    #[must_use]
    pub fn is_reissued(&self, indicator: Indicator, year: DashboardYear) -> bool {
        self.raw.reissued.iter().any(|r| r.indicator.names(indicator) && r.year == year.number())
    }

    /// The name of an indicator's file before the dot.
    #[must_use]
    pub fn indicator_file(&self, indicator: Indicator, year: DashboardYear) -> String {
        let stem = self.raw.stems.get(indicator.code()).map_or("", String::as_str);
        format!("{stem}download{}", self.year_token(year))
    }

    /// How a year is written in files.
    #[must_use]
    pub fn year_token(&self, year: DashboardYear) -> String {
        let text = year.to_string();
        self.raw.year_tokens.get(&text).cloned().unwrap_or(text)
    }

    /// The layout of a priority's local indicator file of a year, else of the newest year
    /// before it; `None` where there is none.
    #[must_use]
    pub fn local(&self, priority: Priority, year: DashboardYear) -> Option<LocalLayout> {
        let before = |known: &&RawLocal| known.years.iter().any(|y| *y <= year.number());
        let newest =
            |known: &&RawLocal| known.years.iter().copied().filter(|y| *y <= year.number()).max();
        let local = self.raw.local.iter().filter(before).max_by_key(newest)?;
        let answers = self.raw.answers.get(&priority.to_string())?;
        let columns = local.columns.replace("@answers", answers);
        Some(LocalLayout { columns: self.expanded(&columns), delimiter: local.delimiter })
    }

    /// The priorities that have a local indicator file.
    pub fn local_priorities(&self) -> impl Iterator<Item = Priority> {
        self.raw.answers.keys().filter_map(|number| Priority::new(number.parse().ok()?))
    }

    /// The issues of published lists of a year; one of a plain form where none is described.
    #[must_use]
    pub fn lists(&self, year: DashboardYear) -> Vec<ListLayout> {
        let described: Vec<ListLayout> =
            self.raw.list.iter().filter(|list| list.year == year.number()).cloned().collect();
        if !described.is_empty() {
            return described;
        }
        let title = format!("{year} LCFF District/COE Eligibility File");
        vec![ListLayout {
            year: year.number(),
            name: format!("assistancestatus{:02}", year.number() % 100),
            sheet: format!("District and COE {year}"),
            described: true,
            blank: "*".to_owned(),
            titles: vec![title, "California Department of Education".to_owned()],
            first_issue: false,
            columns: None,
        }]
    }

    /// The name of the directory's file before the dot, and its columns.
    #[must_use]
    pub fn directory(&self) -> (&str, Vec<String>) {
        (&self.raw.directory.name, self.expanded(&self.raw.directory.columns))
    }

    /// The columns of a text, with those that `@name` stands for.
    fn expanded(&self, columns: &str) -> Vec<String> {
        let mut found = Vec::new();
        for name in columns.split_whitespace() {
            match name.strip_prefix('@').and_then(|set| self.raw.sets.get(set)) {
                Some(set) => found.extend(self.expanded(set)),
                None => found.push(name.to_owned()),
            }
        }
        found
    }
}
