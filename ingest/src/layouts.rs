//! Which columns the files of each indicator and year have, read from `layouts/columns.toml`.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::indicator::Indicator;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

use crate::sheet::normalised;

/// What is known of the columns of the state's files. See `layouts/columns.toml` for the
/// form of the text that it is read from.
#[derive(Clone, Debug, Default)]
pub struct Layouts {
    /// Spelling, normalised, to field.
    fields: BTreeMap<String, String>,
    stems: BTreeMap<String, Indicator>,
    signs: BTreeMap<String, BTreeSet<Indicator>>,
    needs: BTreeMap<Indicator, BTreeSet<String>>,
    layouts: BTreeMap<(Indicator, DashboardYear), Layout>,
    local_verified: BTreeSet<DashboardYear>,
    local_common: Vec<String>,
    local_answers: BTreeMap<u8, Vec<String>>,
    list_verified: BTreeSet<DashboardYear>,
    list_columns: Vec<String>,
    charter_list_verified: BTreeSet<DashboardYear>,
    charter_list_columns: Vec<String>,
    directory: DirectoryLayout,
}

/// The columns of the public schools directory.
#[derive(Clone, Debug, Default)]
pub(crate) struct DirectoryLayout {
    verified: BTreeSet<DashboardYear>,
    /// Columns of every vintage.
    pub(crate) columns: Vec<String>,
    /// Columns that some vintages have.
    pub(crate) varying: Vec<String>,
    /// Columns about people, with `*` at the end of a prefix.
    pub(crate) people: Vec<String>,
}

impl DirectoryLayout {
    /// Whether a real file of the year proved it.
    pub(crate) fn verified(&self, year: DashboardYear) -> bool {
        self.verified.contains(&year)
    }

    /// Whether a column is about people.
    pub(crate) fn is_about_people(&self, field: &str) -> bool {
        self.people.iter().any(|column| match column.strip_suffix('*') {
            Some(prefix) => field.starts_with(prefix),
            None => column == field,
        })
    }

    /// Whether the cells of a column may be kept: it is known, and not about people.
    pub(crate) fn keeps(&self, field: &str) -> bool {
        let known = self.columns.iter().chain(&self.varying).any(|column| column == field);
        known && !self.is_about_people(field)
    }
}

/// The columns of one indicator in one year.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// Whether a real file proved it.
    pub(crate) verified: bool,
    /// Fields without which a file is refused.
    pub(crate) decides: Vec<String>,
    /// The group of a row whose student group is blank or that has no such column.
    pub(crate) implied_group: Option<StudentGroup>,
    /// Expected columns: fields or normalised names, with `*` at the end of a prefix.
    pub(crate) columns: Vec<String>,
}

/// Why a text of layouts was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// It is not TOML of the expected form.
    #[error("{file_name} is no file of column layouts: {problem}")]
    Form {
        /// The file's name.
        file_name: String,
        /// What the parser says, with the place.
        problem: String,
    },
    /// A name in it is not known, or two entries contradict each other.
    #[error("{file_name}: {problem}. Correct the file; none of it was used.")]
    Content {
        /// The file's name.
        file_name: String,
        /// What is wrong.
        problem: String,
    },
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutsFile {
    #[serde(default)]
    spellings: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    stems: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    signs: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    needs: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    sets: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    layout: Vec<LayoutEntry>,
    local: Option<LocalEntry>,
    list: Option<ListEntry>,
    charterlist: Option<ListEntry>,
    directory: Option<DirectoryLayoutEntry>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutEntry {
    indicator: OneOrMore,
    years: Vec<u16>,
    #[serde(default)]
    verified: Vec<u16>,
    decides: Vec<String>,
    implied_group: Option<String>,
    columns: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LocalEntry {
    verified: Vec<u16>,
    common: Vec<String>,
    answers: BTreeMap<String, Vec<String>>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct ListEntry {
    verified: Vec<u16>,
    columns: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryLayoutEntry {
    verified: Vec<u16>,
    columns: Vec<String>,
    varying: Vec<String>,
    people: Vec<String>,
}

const BUILTIN: &str = include_str!("../layouts/columns.toml");

impl Layouts {
    /// The layouts that the program knows.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the text is part of the program, and a test of this file loads it"
    )]
    pub fn builtin() -> Layouts {
        Layouts::default()
            .with_additions(BUILTIN, "ingest/layouts/columns.toml")
            .expect("the built-in layouts are well formed")
    }

    /// These layouts and those of another text in the same form. A layout of an indicator
    /// and year that is known already takes its place; everything else is added. `sets` are
    /// seen only within their own text.
    ///
    /// # Errors
    /// [`LayoutError`] where the text is not of that form, names an unknown indicator, year,
    /// group or set, or gives one spelling to two fields. Nothing is taken then.
    pub fn with_additions(&self, toml_text: &str, file_name: &str) -> Result<Layouts, LayoutError> {
        let file: LayoutsFile = toml::from_str(toml_text).map_err(|error| LayoutError::Form {
            file_name: file_name.to_owned(),
            problem: error.to_string().trim_end().to_owned(),
        })?;
        let mut layouts = self.clone();
        layouts
            .add(&file)
            .map_err(|problem| LayoutError::Content { file_name: file_name.to_owned(), problem })?;
        Ok(layouts)
    }

    fn add(&mut self, file: &LayoutsFile) -> Result<(), String> {
        for (field, spellings) in &file.spellings {
            for spelling in std::iter::once(field).chain(spellings) {
                let known = self.fields.insert(normalised(spelling), field.clone());
                if let Some(other) = known.filter(|known| known != field) {
                    return Err(format!(
                        "'{spelling}' is a spelling of '{other}' and of '{field}'"
                    ));
                }
            }
        }
        for (code, stems) in &file.stems {
            let indicator = indicator(code)?;
            self.stems.extend(stems.iter().map(|stem| (stem.to_ascii_lowercase(), indicator)));
        }
        for (column, codes) in &file.signs {
            let indicators = codes.iter().map(|code| indicator(code)).collect::<Result<_, _>>()?;
            self.signs.insert(self.field(&normalised(column)).to_owned(), indicators);
        }
        for (code, columns) in &file.needs {
            let fields = columns.iter().map(|c| self.field(&normalised(c)).to_owned()).collect();
            self.needs.insert(indicator(code)?, fields);
        }
        for entry in &file.layout {
            self.add_layout(entry, &file.sets)?;
        }
        if let Some(local) = &file.local {
            self.local_verified = years(&local.verified)?;
            self.local_common = self.expanded(&local.common, &file.sets)?;
            for (priority, columns) in &local.answers {
                let number = priority.parse().ok().filter(|n| (1..=10).contains(n));
                let number = number.ok_or_else(|| format!("'{priority}' is no priority"))?;
                self.local_answers.insert(number, self.expanded(columns, &file.sets)?);
            }
        }
        if let Some(list) = &file.list {
            self.list_verified = years(&list.verified)?;
            self.list_columns = self.expanded(&list.columns, &file.sets)?;
        }
        if let Some(list) = &file.charterlist {
            self.charter_list_verified = years(&list.verified)?;
            self.charter_list_columns = self.expanded(&list.columns, &file.sets)?;
        }
        if let Some(directory) = &file.directory {
            self.directory = DirectoryLayout {
                verified: years(&directory.verified)?,
                columns: self.expanded(&directory.columns, &file.sets)?,
                varying: self.expanded(&directory.varying, &file.sets)?,
                people: self.expanded(&directory.people, &file.sets)?,
            };
        }
        Ok(())
    }

    fn add_layout(
        &mut self,
        entry: &LayoutEntry,
        sets: &BTreeMap<String, Vec<String>>,
    ) -> Result<(), String> {
        let codes = match &entry.indicator {
            OneOrMore::One(code) => std::slice::from_ref(code),
            OneOrMore::More(codes) => codes,
        };
        let columns = self.expanded(&entry.columns, sets)?;
        let decides = self.expanded(&entry.decides, sets)?;
        if let Some(column) = decides.iter().find(|column| !columns.contains(column)) {
            return Err(format!("'{column}' decides in {codes:?} and is none of its columns"));
        }
        let verified = years(&entry.verified)?;
        let implied_group = match &entry.implied_group {
            None => None,
            Some(code) => Some(
                StudentGroup::parse(code).ok_or_else(|| format!("'{code}' is no student group"))?,
            ),
        };
        for code in codes {
            for year in years(&entry.years)? {
                let layout = Layout {
                    verified: verified.contains(&year),
                    decides: decides.clone(),
                    implied_group,
                    columns: columns.clone(),
                };
                self.layouts.insert((indicator(code)?, year), layout);
            }
        }
        Ok(())
    }

    /// Columns with sets put in their place, as fields or normalised names.
    fn expanded(
        &self,
        columns: &[String],
        sets: &BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<String>, String> {
        let mut expanded = Vec::new();
        for column in columns {
            if let Some(name) = column.strip_prefix('@') {
                let set = sets.get(name).ok_or_else(|| format!("there is no set '{name}'"))?;
                // Without the set itself, so that one that names itself ends.
                let mut others = sets.clone();
                others.remove(name);
                expanded.extend(self.expanded(set, &others)?);
            } else if let Some(prefix) = column.strip_suffix('*') {
                expanded.push(format!("{}*", normalised(prefix)));
            } else {
                expanded.push(self.field(&normalised(column)).to_owned());
            }
        }
        Ok(expanded)
    }

    /// Every layout of an indicator file: indicator, year, whether a real file proved it, and
    /// the fields without which a file is refused.
    pub fn indicator_layouts(
        &self,
    ) -> impl Iterator<Item = (Indicator, DashboardYear, bool, &[String])> {
        self.layouts
            .iter()
            .map(|((indicator, year), l)| (*indicator, *year, l.verified, l.decides.as_slice()))
    }

    /// The field of a normalised column name; the name itself where it is no field.
    pub(crate) fn field<'a>(&'a self, name: &'a str) -> &'a str {
        self.fields.get(name).map_or(name, String::as_str)
    }

    /// Whether a name is a field that something is read from.
    pub(crate) fn is_field(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// The spellings of a field, for messages.
    pub(crate) fn spellings(&self, field: &str) -> Vec<&str> {
        let spellings = self.fields.iter().filter(|(_, known)| *known == field);
        spellings.map(|(spelling, _)| spelling.as_str()).collect()
    }

    /// The indicator whose files have this stem before `download` in their names.
    pub(crate) fn indicator_of_stem(&self, stem: &str) -> Option<Indicator> {
        self.stems.get(stem).copied()
    }

    /// The indicators that a header with these fields can belong to.
    pub(crate) fn candidates(&self, fields: &[String]) -> Vec<Indicator> {
        let fits = |indicator: &Indicator| {
            let signs = fields.iter().filter_map(|field| self.signs.get(field));
            let needs = self.needs.get(indicator).into_iter().flatten();
            signs.clone().all(|only| only.contains(indicator))
                && needs.clone().all(|needed| fields.contains(needed))
        };
        Indicator::ALL.into_iter().filter(fits).collect()
    }

    /// The layout of an indicator's file of a year and the year that it is the layout of:
    /// its own, or the newest earlier one.
    pub(crate) fn layout(
        &self,
        indicator: Indicator,
        year: DashboardYear,
    ) -> Option<(DashboardYear, &Layout)> {
        let oldest = DashboardYear::new(2000)?;
        let mut earlier = self.layouts.range((indicator, oldest)..=(indicator, year));
        earlier.next_back().map(|((_, of), layout)| (*of, layout))
    }

    /// The expected columns of a priority's local indicator file and whether a real file
    /// of the year proved them.
    pub(crate) fn local(&self, priority: u8, year: DashboardYear) -> (Vec<String>, bool) {
        let answers = self.local_answers.get(&priority);
        let columns = self.local_common.iter().chain(answers.into_iter().flatten());
        (columns.cloned().collect(), answers.is_some() && self.local_verified.contains(&year))
    }

    /// The expected columns of a published list and whether a real list of the year proved
    /// them.
    pub(crate) fn list(&self, year: DashboardYear) -> (&[String], bool) {
        (&self.list_columns, self.list_verified.contains(&year))
    }

    /// The same for a charter assistance list.
    pub(crate) fn charter_list(&self, year: DashboardYear) -> (&[String], bool) {
        (&self.charter_list_columns, self.charter_list_verified.contains(&year))
    }

    /// The columns of the public schools directory.
    pub(crate) fn directory(&self) -> &DirectoryLayout {
        &self.directory
    }
}

fn indicator(code: &str) -> Result<Indicator, String> {
    Indicator::parse(code).ok_or_else(|| format!("'{code}' is no indicator"))
}

fn years(numbers: &[u16]) -> Result<BTreeSet<DashboardYear>, String> {
    let year = |n: &u16| DashboardYear::new(*n).ok_or_else(|| format!("{n} is no Dashboard year"));
    numbers.iter().map(year).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn year(number: u16) -> DashboardYear {
        DashboardYear::new(number).unwrap()
    }

    #[test]
    fn a_year_without_a_layout_takes_the_newest_earlier_one_and_no_later_one() {
        let layouts = Layouts::builtin();
        let (of, layout) = layouts.layout(Indicator::Susp, year(2026)).unwrap();
        assert_eq!(of, year(2025));
        assert!(layout.decides.contains(&"accountabilitymet".to_owned()));
        assert_eq!(layouts.layout(Indicator::Ela, year(2021)).unwrap().0, year(2019));
        assert!(layouts.layout(Indicator::Susp, year(2016)).is_none());
        assert!(layouts.layout(Indicator::Science, year(2023)).is_none());
    }

    #[test]
    fn the_columns_of_every_layout_fit_its_own_indicator() {
        let layouts = Layouts::builtin();
        assert_eq!(layouts.layouts.len(), 54);
        for ((indicator, year), layout) in &layouts.layouts {
            let candidates = layouts.candidates(&layout.columns);
            assert!(candidates.contains(indicator), "{indicator} {year}: {candidates:?}");
        }
    }

    #[test]
    fn an_addition_brings_a_spelling_and_a_year_and_leaves_the_rest() {
        let text = "[spellings]\ncolor = [\"performance_color\"]\n\
                    [[layout]]\nindicator = \"SUSP\"\nyears = [2026]\ndecides = [\"color\"]\n\
                    columns = [\"color\"]\n";
        let layouts = Layouts::builtin().with_additions(text, "next.toml").unwrap();
        assert_eq!(layouts.field("performancecolor"), "color");
        assert_eq!(layouts.layout(Indicator::Susp, year(2026)).unwrap().0, year(2026));
        assert_eq!(layouts.layout(Indicator::Chro, year(2026)).unwrap().0, year(2025));
    }

    #[test]
    fn faulty_additions_are_refused_by_name() {
        let check = |text: &str, part: &str| {
            let error = Layouts::builtin().with_additions(text, "next.toml").unwrap_err();
            let message = error.to_string();
            assert!(message.contains("next.toml") && message.contains(part), "{message}");
        };
        check("colour = 1", "unknown field");
        check("[spellings]\ncolor = [\"cds_code\"]", "'cds_code' is a spelling of 'cds'");
        check("[stems]\nATTENDANCE = [\"att\"]", "'ATTENDANCE' is no indicator");
        let layout = |indicator: &str, year: u16, decides: &str, columns: &str| {
            format!(
                "[[layout]]\nindicator = \"{indicator}\"\nyears = [{year}]\n\
                 decides = [{decides}]\ncolumns = [{columns}]\n"
            )
        };
        check(&layout("SUSP", 1999, "", ""), "1999 is no Dashboard year");
        check(&layout("SUSP", 2026, "\"color\"", ""), "'color' decides");
        check(&layout("SUSP", 2026, "", "\"@head\""), "there is no set 'head'");
    }
}
