//! Reads the tables of a year from TOML and refuses what cannot be meant.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::{
    CitedSource, ColorTable, ColorTables, Cuts, Grid, Override, OverrideRule, Sizes,
    SmallDenominator, Variant,
};
use crate::indicator::Indicator;
use crate::performance::{Color, Level, Tenths};
use crate::student_group::StudentGroup;
use crate::year::DashboardYear;

/// Something in a file of tables that is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct LoadFault {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// Line of the file, the first being 1.
    pub line: usize,
    /// What was found and what is expected.
    pub message: String,
}

/// Reads the tables of one Dashboard year.
///
/// # Errors
/// Every fault of the file. Where its form already fails (no TOML, an unknown or missing key,
/// a value of the wrong type), only the first of these.
pub fn load(file_name: &str, text: &str) -> Result<ColorTables, Vec<LoadFault>> {
    let mut faults = Faults { file_name, text, faults: Vec::new() };
    let tables = match toml::from_str::<RawFile>(text) {
        Ok(raw) => read(raw, &mut faults),
        Err(error) => {
            faults.add(error.span().map_or(0, |span| span.start), error.message().to_owned());
            None
        }
    };
    match tables {
        Some(tables) if faults.faults.is_empty() => Ok(tables),
        _ => {
            faults.faults.sort_by_key(|fault| fault.line);
            Err(faults.faults)
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    year: Spanned<u16>,
    #[serde(default)]
    change_as_published: Vec<Spanned<String>>,
    size: Spanned<RawSizes>,
    small_denominator: Option<Spanned<RawSmallDenominator>>,
    #[serde(default, rename = "override")]
    overrides: Vec<Spanned<RawOverride>>,
    #[serde(rename = "table")]
    tables: Vec<Spanned<RawTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSizes {
    color: Option<Spanned<u32>>,
    levels: Spanned<u32>,
    source: Option<Spanned<String>>,
    district_level: Option<RawDistrictSizes>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDistrictSizes {
    groups: Vec<Spanned<String>>,
    color: Spanned<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSmallDenominator {
    below: Spanned<u32>,
    indicators: Vec<Spanned<String>>,
    groups: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    change_level_before_collapse: Vec<Spanned<String>>,
    source: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOverride {
    kind: Spanned<String>,
    indicators: Vec<Spanned<String>>,
    color: Option<Spanned<String>>,
    #[serde(rename = "box")]
    box_number: Option<Spanned<u16>>,
    status_level: Option<Spanned<u8>>,
    source: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    indicator: Spanned<String>,
    variant: Spanned<String>,
    status: Spanned<Vec<i32>>,
    change: Option<Spanned<Vec<i32>>>,
    grid: Option<Spanned<Vec<Spanned<String>>>>,
    uncertain: Option<Spanned<String>>,
    source: Option<Spanned<String>>,
}

/// The faults found so far. `offset` is a byte of the text.
struct Faults<'a> {
    file_name: &'a str,
    text: &'a str,
    faults: Vec<LoadFault>,
}

impl Faults<'_> {
    fn line(&self, offset: usize) -> usize {
        let before = self.text.bytes().take(offset);
        1 + before.filter(|byte| *byte == b'\n').count()
    }

    fn add(&mut self, offset: usize, message: String) {
        let line = self.line(offset);
        self.faults.push(LoadFault { file: self.file_name.to_owned(), line, message });
    }

    fn add_at<T>(&mut self, place: &Spanned<T>, message: String) {
        self.add(place.span().start, message);
    }
}

/// `None` only beside a fault.
fn read(raw: RawFile, faults: &mut Faults<'_>) -> Option<ColorTables> {
    let RawFile { year, change_as_published, size, small_denominator, overrides, tables } = raw;
    let mut sources = Sources(Vec::new());
    let number = *year.get_ref();
    let year_number = DashboardYear::new(number);
    if year_number.is_none() {
        faults.add_at(&year, format!("{number} is no Dashboard year; 2000 to 2099 are"));
    }
    let gives_colors = tables.iter().any(|table| table.get_ref().grid.is_some());
    let (tables, named) = read_tables(&tables, &mut sources, faults);
    let change_as_published = indicators(&change_as_published, &named, faults);
    let sizes = read_sizes(&size, gives_colors, &mut sources, faults);
    let small_denominator =
        small_denominator.map(|small| read_small_denominator(&small, &named, &mut sources, faults));
    let overrides = read_overrides(&overrides, &named, &mut sources, faults);
    sources.0.sort_by_key(|source| source.line);
    Some(ColorTables {
        year: year_number?,
        tables,
        sizes,
        small_denominator,
        change_as_published,
        overrides,
        sources: sources.0,
    })
}

struct Sources(Vec<CitedSource>);

impl Sources {
    /// Notes a source; one that is missing or blank is a fault of `owner`.
    fn cite<T>(
        &mut self,
        source: Option<&Spanned<String>>,
        what: &str,
        owner: &Spanned<T>,
        faults: &mut Faults<'_>,
    ) -> String {
        match source {
            Some(id) if !id.get_ref().trim().is_empty() => {
                let line = faults.line(id.span().start);
                self.0.push(CitedSource { id: id.get_ref().clone(), line });
                id.get_ref().clone()
            }
            Some(id) => {
                faults.add_at(id, format!("the source of {what} is blank; an id is expected"));
                String::new()
            }
            None => {
                faults.add_at(owner, format!("{what} has no source; every number needs one"));
                String::new()
            }
        }
    }
}

type Tables = BTreeMap<(Indicator, Variant), ColorTable>;

/// The tables, and the indicators that are named by any table, also by a refused one: a rule
/// for such an indicator has no fault of its own.
fn read_tables(
    raw_tables: &[Spanned<RawTable>],
    sources: &mut Sources,
    faults: &mut Faults<'_>,
) -> (Tables, BTreeSet<Indicator>) {
    let mut tables = Tables::new();
    let mut named = BTreeSet::new();
    // Where each indicator and variant was first seen, also in a refused table: a table with
    // a fault is not missing as well.
    let mut places: BTreeMap<(Indicator, Variant), usize> = BTreeMap::new();
    for raw in raw_tables {
        let table = raw.get_ref();
        let Some(indicator) = read_indicator(&table.indicator, faults) else {
            continue;
        };
        named.insert(indicator);
        let code = table.variant.get_ref();
        let Some(variant) = Variant::parse(indicator, code) else {
            faults.add_at(&table.variant, format!("{indicator} has no variant '{code}'"));
            continue;
        };
        let what = format!("the table of {indicator} {variant}");
        if let Some(first) = places.get(&(indicator, variant)) {
            let first = faults.line(*first);
            faults.add_at(raw, format!("{what} stands in line {first} already"));
            continue;
        }
        places.insert((indicator, variant), raw.span().start);
        let source = sources.cite(table.source.as_ref(), &what, raw, faults);
        if let Some(uncertain) = &table.uncertain
            && uncertain.get_ref().trim().is_empty()
        {
            faults.add_at(uncertain, format!("{what} does not say what is uncertain"));
        }
        let status = read_cuts(indicator, "status", &table.status, faults);
        let grid = read_grid(indicator, &what, raw, faults);
        if let (Some(status), Ok(grid)) = (status, grid) {
            let uncertain = table.uncertain.as_ref().map(|text| text.get_ref().clone());
            tables.insert((indicator, variant), ColorTable { status, grid, uncertain, source });
        }
    }
    for indicator in Indicator::ALL {
        let Some(place) = places.iter().find(|((i, _), _)| *i == indicator).map(|(_, p)| *p) else {
            continue;
        };
        for variant in Variant::required(indicator) {
            if !places.contains_key(&(indicator, variant)) {
                faults.add(place, format!("{indicator} has no table for {variant}"));
            }
        }
    }
    (tables, named)
}

/// What was refused; its faults are noted already.
struct Refused;

/// The change cuts and the cells; `None` for a table of statuses only.
fn read_grid(
    indicator: Indicator,
    what: &str,
    raw: &Spanned<RawTable>,
    faults: &mut Faults<'_>,
) -> Result<Option<Grid>, Refused> {
    let (change, rows) = match (&raw.get_ref().change, &raw.get_ref().grid) {
        (None, None) => return Ok(None),
        (Some(change), Some(rows)) => (change, rows),
        (Some(change), None) => {
            faults.add_at(change, format!("{what} has change cuts without a grid"));
            return Err(Refused);
        }
        (None, Some(rows)) => {
            faults.add_at(rows, format!("{what} has a grid without change cuts"));
            return Err(Refused);
        }
    };
    let change = read_cuts(indicator, "change", change, faults);
    let cells = read_cells(rows, faults);
    match (change, cells) {
        (Some(change), Some(cells)) => Ok(Some(Grid { change, cells })),
        _ => Err(Refused),
    }
}

/// The file lists rows from status level 5 to 1; the cells are kept from 1 to 5.
fn read_cells(
    rows: &Spanned<Vec<Spanned<String>>>,
    faults: &mut Faults<'_>,
) -> Option<[[Option<Color>; 5]; 5]> {
    if rows.get_ref().len() != 5 {
        let found = rows.get_ref().len();
        faults.add_at(rows, format!("the grid has {found} rows; 5 are expected"));
        return None;
    }
    let mut cells = Vec::new();
    for row in rows.get_ref().iter().rev() {
        let text = row.get_ref();
        let letters: Option<Vec<Option<Color>>> = text.chars().map(read_cell).collect();
        match letters.map(<[Option<Color>; 5]>::try_from) {
            Some(Ok(row)) => cells.push(row),
            Some(Err(letters)) => {
                let found = letters.len();
                faults.add_at(row, format!("grid row '{text}' has {found} cells, not 5"));
            }
            None => faults.add_at(
                row,
                format!("grid row '{text}' has a letter other than R, O, Y, G, B and -"),
            ),
        }
    }
    cells.try_into().ok()
}

/// The outer `None` is no cell at all, the inner one an impossible cell.
fn read_cell(letter: char) -> Option<Option<Color>> {
    match letter {
        'R' => Some(Some(Color::Red)),
        'O' => Some(Some(Color::Orange)),
        'Y' => Some(Some(Color::Yellow)),
        'G' => Some(Some(Color::Green)),
        'B' => Some(Some(Color::Blue)),
        '-' => Some(None),
        _ => None,
    }
}

fn read_cuts(
    indicator: Indicator,
    what: &str,
    cuts: &Spanned<Vec<i32>>,
    faults: &mut Faults<'_>,
) -> Option<Cuts> {
    let lower_is_better = indicator.lower_is_better();
    let bounds = cuts.get_ref();
    let in_order =
        bounds.is_sorted_by(
            |better, worse| {
                if lower_is_better { better < worse } else { better > worse }
            },
        );
    if !in_order {
        let order = if lower_is_better { "rise" } else { "fall" };
        faults.add_at(
            cuts,
            format!("the {what} cuts {bounds:?} of {indicator} do not {order} from level 5 to 2"),
        );
        return None;
    }
    let levels: Vec<Level> = Level::all().collect();
    let ([worst, two, three, four, five], [to_five, to_four, to_three, to_two]) =
        (levels.as_slice(), bounds.as_slice())
    else {
        let found = bounds.len();
        faults.add_at(
            cuts,
            format!("{found} {what} cuts of {indicator}; 4 are expected, of levels 5, 4, 3 and 2"),
        );
        return None;
    };
    let steps = [(to_five, five), (to_four, four), (to_three, three), (to_two, two)];
    let steps = steps.map(|(bound, level)| (Tenths(*bound), *level));
    Some(Cuts { lower_is_better, steps, worst: *worst })
}

fn read_sizes(
    raw: &Spanned<RawSizes>,
    gives_colors: bool,
    sources: &mut Sources,
    faults: &mut Faults<'_>,
) -> Sizes {
    let RawSizes { color, levels, source, district_level } = raw.get_ref();
    sources.cite(source.as_ref(), "[size]", raw, faults);
    let levels = *levels.get_ref();
    if gives_colors && color.is_none() {
        faults.add_at(raw, "[size] has no 'color', though a table gives colours".to_owned());
    }
    let color_size = color.as_ref().map_or(levels, |color| *color.get_ref());
    let bounds = color.iter().chain(district_level.iter().map(|district| &district.color));
    for bound in bounds {
        if *bound.get_ref() < levels {
            faults.add_at(
                bound,
                format!(
                    "{} students for a colour is less than {levels} for a level",
                    bound.get_ref()
                ),
            );
        }
    }
    let district_level = district_level
        .as_ref()
        .map(|district| (groups(&district.groups, faults), *district.color.get_ref()));
    Sizes { levels, color: color_size, district_level }
}

fn read_small_denominator(
    raw: &Spanned<RawSmallDenominator>,
    named: &BTreeSet<Indicator>,
    sources: &mut Sources,
    faults: &mut Faults<'_>,
) -> SmallDenominator {
    let small = raw.get_ref();
    sources.cite(small.source.as_ref(), "[small_denominator]", raw, faults);
    if *small.below.get_ref() == 0 {
        faults.add_at(&small.below, "no group has fewer than 0 students".to_owned());
    }
    let affected = indicators(&small.indicators, named, faults);
    let keeping = indicators(&small.change_level_before_collapse, named, faults);
    if let Some(first) = small.change_level_before_collapse.first() {
        for indicator in keeping.difference(&affected) {
            faults.add_at(
                first,
                format!("{indicator} is not among the indicators of [small_denominator]"),
            );
        }
    }
    SmallDenominator {
        below: *small.below.get_ref(),
        indicators: affected,
        groups: small.groups.as_ref().map(|codes| groups(codes, faults)),
        change_level_before_collapse: keeping,
    }
}

fn read_overrides(
    raw_overrides: &[Spanned<RawOverride>],
    named: &BTreeSet<Indicator>,
    sources: &mut Sources,
    faults: &mut Faults<'_>,
) -> Vec<OverrideRule> {
    let mut rules: Vec<OverrideRule> = Vec::new();
    for raw in raw_overrides {
        sources.cite(raw.get_ref().source.as_ref(), "an override", raw, faults);
        let Some(rule) = read_override(raw, named, faults) else {
            continue;
        };
        let twice = rules.iter().any(|earlier| {
            earlier.kind == rule.kind && !earlier.indicators.is_disjoint(&rule.indicators)
        });
        if twice {
            faults.add_at(raw, format!("{} is given twice for one indicator", rule.kind));
        }
        rules.push(rule);
    }
    rules
}

/// `None` only beside a fault.
fn read_override(
    raw: &Spanned<RawOverride>,
    named: &BTreeSet<Indicator>,
    faults: &mut Faults<'_>,
) -> Option<OverrideRule> {
    let RawOverride { kind: code, indicators: codes, color, box_number, status_level, source: _ } =
        raw.get_ref();
    let Some(kind) = Override::parse(code.get_ref()) else {
        let known = Override::ALL.map(Override::code).join(", ");
        faults.add_at(code, format!("unknown override '{}'; {known} are known", code.get_ref()));
        return None;
    };
    let assigns = (color.is_some(), box_number.is_some(), status_level.is_some());
    let (allowed, expected) = match kind {
        Override::NotCertified => (
            matches!(assigns, (true, true, false) | (false, false, true)),
            "'color' and 'box', or 'status_level'",
        ),
        Override::DataError => (assigns == (false, false, false), "no result"),
        Override::ParticipationCap => (assigns == (false, false, true), "'status_level'"),
    };
    if !allowed {
        faults.add_at(raw, format!("{kind} assigns {expected}, and nothing else may stand here"));
    }
    let color = color.as_ref().and_then(|name| {
        let color = Color::parse(name.get_ref());
        if color.is_none() {
            faults.add_at(name, format!("unknown colour '{}'", name.get_ref()));
        }
        color
    });
    let box_number = box_number.as_ref().map(|number| {
        let found = *number.get_ref();
        if !(10..=250).contains(&found) || !found.is_multiple_of(10) {
            faults.add_at(number, format!("{found} is no box; 10, 20 … 250 are"));
        }
        found
    });
    let status_level = status_level.as_ref().and_then(|number| {
        let level = Level::new(*number.get_ref());
        if level.is_none() {
            faults.add_at(number, format!("{} is no level; 1 to 5 are", number.get_ref()));
        }
        level
    });
    let indicators = indicators(codes, named, faults);
    Some(OverrideRule { kind, indicators, color, box_number, status_level })
}

fn read_indicator(code: &Spanned<String>, faults: &mut Faults<'_>) -> Option<Indicator> {
    // Exactly as the files write it: a year's page is read by people, too.
    let known = Indicator::ALL.into_iter().find(|i| i.code() == code.get_ref());
    if known.is_none() {
        let all = Indicator::ALL.map(Indicator::code).join(", ");
        faults.add_at(code, format!("unknown indicator '{}'; {all} are known", code.get_ref()));
    }
    known
}

/// Indicators that a rule names; each must have a table, or the rule would be void.
fn indicators(
    codes: &[Spanned<String>],
    named: &BTreeSet<Indicator>,
    faults: &mut Faults<'_>,
) -> BTreeSet<Indicator> {
    let mut known = BTreeSet::new();
    for code in codes {
        let Some(indicator) = read_indicator(code, faults) else {
            continue;
        };
        if !named.contains(&indicator) {
            faults.add_at(code, format!("{indicator} has no table in this year"));
        }
        if !known.insert(indicator) {
            faults.add_at(code, format!("{indicator} is named twice"));
        }
    }
    known
}

fn groups(codes: &[Spanned<String>], faults: &mut Faults<'_>) -> BTreeSet<StudentGroup> {
    let mut known = BTreeSet::new();
    for code in codes {
        match StudentGroup::parse(code.get_ref()) {
            Some(group) if group.code() != code.get_ref() => {
                faults.add_at(code, format!("'{}' is written {group} here", code.get_ref()));
            }
            Some(group) if !known.insert(group) => {
                faults.add_at(code, format!("{group} is named twice"));
            }
            Some(_) => {}
            None => faults.add_at(code, format!("unknown student group '{}'", code.get_ref())),
        }
    }
    known
}

#[cfg(test)]
mod tests;
