//! The colour tables against two witnesses: the tables as they were collected from the state's
//! pages, and every row of the state's files with a published level or colour.
//!
//! Both witnesses lie outside the repository, in `../shared`. Where it is missing the tests say
//! that they did not run, or fail if `CALSOS_REQUIRE_SHARED` is set.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use calsos_domain::colors::{
    self, Band, Basis, ColorTables, Comparison, NotComparable, Override, RecordKind, Variant,
};
use calsos_domain::indicator::Indicator;
use calsos_domain::performance::{Color, Level, Performance, TableType, Tenths};
use calsos_domain::student_group::{PSEUDO_GROUPS, StudentGroup};
use serde_json::Value;

/// A path in `../shared`; `None`, and a word about it, where it is not there.
fn shared(path: &str) -> Option<PathBuf> {
    let found = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(path);
    if found.exists() {
        return Some(found);
    }
    assert!(
        std::env::var_os("CALSOS_REQUIRE_SHARED").is_none(),
        "{} is missing and CALSOS_REQUIRE_SHARED is set",
        found.display()
    );
    // Not by a macro, whose output is swallowed in a test that passes; a notice that cannot be
    // written is not worth a failure.
    let notice = format!("DID NOT RUN: {} is missing\n", found.display());
    let _ = std::io::stderr().write_all(notice.as_bytes());
    None
}

/// Every edition of colour tables that is shipped, by its year.
fn editions() -> BTreeMap<String, ColorTables> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/rulebooks");
    let mut editions = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if let Some(year) = name.strip_suffix(".colors.toml") {
            let text = fs::read_to_string(&path).unwrap();
            editions.insert(year.to_owned(), colors::load(name, &text).unwrap());
        }
    }
    editions
}

// ---- The tables as collected ------------------------------------------------------------

fn bound(value: &Value) -> Option<Tenths> {
    // Printed and parsed again, so that 0.3 is three tenths and not a little less.
    (!value.is_null()).then(|| Tenths::parse(&value.to_string()).unwrap())
}

fn band(bands: &Value, level: Level) -> Band {
    let ends = &bands[level.number().to_string()];
    Band { lowest: bound(&ends[0]), highest: bound(&ends[1]) }
}

#[test]
fn every_band_and_cell_is_the_collected_one() {
    let Some(path) = shared("color-tables.json") else {
        return;
    };
    let collected: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let editions = editions();
    let collected_editions = collected["editions"].as_object().unwrap();
    let years: Vec<&str> = collected_editions.keys().map(|e| e.trim_end_matches('F')).collect();
    assert_eq!(years.len(), editions.len(), "{years:?}");

    let (mut bands, mut cells) = (0, 0);
    for (edition, indicators) in collected_editions {
        let tables = &editions[edition.trim_end_matches('F')];
        let mut expected_tables = 0;
        for (code, variants) in indicators.as_object().unwrap() {
            let indicator = Indicator::parse(code).unwrap();
            for (variant, expected) in variants.as_object().unwrap() {
                expected_tables += 1;
                let place = format!("{edition} {code} {variant}");
                let variant = Variant::parse(indicator, variant).unwrap();
                let table = tables.table(indicator, variant).unwrap_or_else(|| panic!("{place}"));
                assert_eq!(table.has_colors(), !expected["grid"].is_null(), "{place}");
                assert!(expected["uncertain"].is_null() || table.uncertain().is_some(), "{place}");
                for level in Level::all() {
                    assert_eq!(
                        table.status_band(level),
                        band(&expected["status"], level),
                        "{place}"
                    );
                    bands += 1;
                    if !table.has_colors() {
                        assert!(expected["change"].is_null(), "{place}");
                        continue;
                    }
                    let change_band = table.change_band(level).unwrap();
                    assert_eq!(change_band, band(&expected["change"], level), "{place}");
                    bands += 1;
                    for change in Level::all() {
                        let cell = &expected["grid"][level.number().to_string()]
                            [change.number().to_string()];
                        let color =
                            Color::from_number(u8::try_from(cell.as_u64().unwrap()).unwrap());
                        assert_eq!(
                            table.cell(level, change),
                            color,
                            "{place} {level:?} {change:?}"
                        );
                        cells += 1;
                    }
                }
            }
        }
        assert_eq!(tables.tables().count(), expected_tables, "{edition}");

        let small = &collected["small_denominator_indicators"][edition];
        let small: Vec<&str> =
            small.as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        for indicator in Indicator::ALL {
            let expected = small.contains(&indicator.code()).then_some(150);
            assert_eq!(tables.small_below(indicator, StudentGroup::All), expected, "{edition}");
        }
    }
    assert_eq!((bands, cells), (BANDS, CELLS));
}

/// How many bands and cells were collected for all years.
const BANDS: usize = 880;
const CELLS: usize = 2000;

// ---- The rows as published --------------------------------------------------------------

/// One row of a state file, by lower-case column name. Blank, `*` and a missing column are all
/// no value.
struct Row<'a> {
    place: String,
    columns: BTreeMap<String, &'a str>,
}

impl Row<'_> {
    fn text(&self, column: &str) -> Option<&str> {
        self.columns.get(column).map(|t| t.trim()).filter(|t| !t.is_empty() && *t != "*")
    }

    fn first(&self, columns: &[&str]) -> Option<&str> {
        columns.iter().find_map(|column| self.text(column))
    }

    fn tenths(&self, column: &str) -> Option<Tenths> {
        self.text(column).map(|t| Tenths::parse(t).unwrap_or_else(|| panic!("{}", self.place)))
    }

    fn number(&self, columns: &[&str]) -> Option<u32> {
        self.first(columns).map(|t| t.parse().unwrap_or_else(|_| panic!("{}: {t}", self.place)))
    }

    fn level(&self, column: &str) -> Option<Level> {
        Level::new(u8::try_from(self.number(&[column])?).unwrap())
    }

    fn flag(&self, columns: &[&str]) -> Option<bool> {
        self.first(columns).map(|t| t == "Y")
    }

    fn record(&self) -> Option<RecordKind> {
        match (self.text("rtype")?, self.flag(&["coe_flag"])) {
            ("D", Some(true)) => Some(RecordKind::CountyOffice),
            ("D", _) => Some(RecordKind::District),
            ("S", _) => Some(RecordKind::School),
            _ => None,
        }
    }

    fn performance(&self) -> Performance {
        Performance {
            status: self.tenths("currstatus"),
            change: self.tenths("change"),
            prior_status: self.tenths("priorstatus"),
            status_level: self.level("statuslevel"),
            change_level: self.level("changelevel"),
            color: self
                .number(&["color"])
                .and_then(|n| Color::from_number(u8::try_from(n).unwrap())),
            box_number: self.number(&["box"]).filter(|n| *n > 0).map(|n| u16::try_from(n).unwrap()),
            numerator: self.number(&["currnumer", "curr_prep"]),
            denominator: self.number(&["currdenom"]),
            prior_numerator: self.number(&["priornumer", "prior_prep"]),
            prior_denominator: self.number(&["priordenom"]),
            accountability_met: self.flag(&["accountabilitymet"]),
            size_met: self.flag(&["currnsizemet", "nsizemet"]),
            small_denominator: self.flag(&["smalldenom", "safetynet"]),
            not_certified: self.flag(&["certifyflag"]),
            data_error: self.flag(&["dataerrorflag"]),
            participation_capped: self.flag(&["flag95pct"]),
            high_school_cuts: self.flag(&["hscutpoints"]),
            table_type: self.text("type").and_then(TableType::parse),
            alternative_school: self.flag(&["dass_flag"]),
        }
    }
}

/// The indicator and the year of a file name such as `suspdownload2018_monterey.txt`.
fn indicator_and_year(name: &str) -> Option<(Indicator, &str)> {
    let (stem, rest) = name.split_once("download")?;
    let indicator = if stem == "chronic" { Some(Indicator::Chro) } else { Indicator::parse(stem) };
    Some((indicator?, rest.get(..4)?))
}

/// Of a published field: how many rows have it, and in how many the tables give the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Agreement {
    published: usize,
    equal: usize,
}

impl Agreement {
    fn of_all(published: usize) -> Agreement {
        Agreement { published, equal: published }
    }

    fn add<T>(&mut self, comparison: &Comparison<T>) {
        let (published, equal) = match comparison {
            Comparison::Agrees => (1, 1),
            Comparison::NotComparable(NotComparable::NotPublished) => (0, 0),
            // A published level or colour that cannot even be computed counts as not equal.
            Comparison::Differs { .. } | Comparison::NotComparable(_) => (1, 0),
        };
        self.published += published;
        self.equal += equal;
    }
}

/// What the rows of a year showed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    colors: Agreement,
    boxes: Agreement,
    status_levels: Agreement,
    change_levels: Agreement,
    /// Status levels of rows that are of no student group, such as those of one test.
    pseudo_status_levels: Agreement,
    pseudo_change_levels: Agreement,
    /// Published statuses and changes beside those computed from counts.
    values: Agreement,
    /// Colours and boxes that the cell alone would not have given.
    colors_by_override: usize,
    boxes_by_override: usize,
    /// Status levels that only the participation cap gives.
    levels_by_cap: usize,
    /// Colours that the tables give and the file does not publish, by indicator and group.
    unpublished: BTreeMap<(Indicator, StudentGroup), usize>,
    /// Published status levels by indicator, rows of no student group left out.
    status_levels_of: BTreeMap<Indicator, usize>,
    /// Published colours by indicator.
    colors_of: BTreeMap<Indicator, usize>,
}

impl Tally {
    /// Checks one row; what differs without a named override is told in `unexplained`.
    fn add(
        &mut self,
        tables: &ColorTables,
        indicator: Indicator,
        row: &Row<'_>,
        unexplained: &mut Vec<String>,
    ) {
        let Some(record) = row.record() else {
            return;
        };
        let published = row.performance();
        // In one file the code of reclassified students is blank.
        let code = row.text("studentgroup").unwrap_or("RFP");
        let Some(group) = StudentGroup::parse(code) else {
            assert!(PSEUDO_GROUPS.contains(&code), "{}: {code}", row.place);
            // Such rows have levels by the same cuts, and no colour that could count.
            let check = tables.check(indicator, StudentGroup::All, record, &published);
            self.pseudo_status_levels.add(&check.status_level);
            self.pseudo_change_levels.add(&check.change_level);
            return;
        };
        let check = tables.check(indicator, group, record, &published);
        self.colors.add(&check.color);
        self.boxes.add(&check.box_number);
        self.status_levels.add(&check.status_level);
        self.change_levels.add(&check.change_level);
        if published.status_level.is_some() {
            *self.status_levels_of.entry(indicator).or_default() += 1;
        }
        if published.color.is_some() {
            *self.colors_of.entry(indicator).or_default() += 1;
        }
        if check.is_unexplained() {
            unexplained.push(format!("{}: {check:?}", row.place));
        }

        let computed = &check.computed;
        let values = [(computed.status, published.status), (computed.change, published.change)];
        for (measure, value) in values {
            let Some((measure, value)) = measure.zip(value) else {
                continue;
            };
            if measure.basis == Basis::Counts {
                self.values.published += 1;
                self.values.equal += usize::from(measure.value == value);
            }
        }

        // The same row without its flags shows what the overrides did.
        let plain =
            Performance { not_certified: None, participation_capped: None, ..published.clone() };
        let plain = tables.compute(indicator, group, record, &plain);
        if plain.color != computed.color {
            assert_eq!(computed.overrides, [Override::NotCertified], "{}", row.place);
            self.colors_by_override += 1;
        }
        self.boxes_by_override += usize::from(plain.box_number != computed.box_number);
        if plain.status_level != computed.status_level {
            assert_eq!(computed.overrides, [Override::ParticipationCap], "{}", row.place);
            self.levels_by_cap += 1;
        }
        if published.color.is_none() && computed.color.is_some() {
            *self.unpublished.entry((indicator, group)).or_default() += 1;
        }
    }
}

fn tally(year: &str) -> Option<Tally> {
    let folder = shared("data/dashboard")?;
    let editions = editions();
    let tables = &editions[year];
    let mut tally = Tally::default();
    let mut unexplained = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Some((indicator, file_year)) = indicator_and_year(name) else {
            continue;
        };
        // A file without levels, such as one of counts only, has nothing to check.
        if file_year != year || !tables.tables().any(|(i, _, _)| i == indicator) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = text.trim_start_matches('\u{feff}').lines();
        let header: Vec<String> =
            lines.next().unwrap().split('\t').map(|c| c.trim().to_lowercase()).collect();
        for (index, line) in lines.enumerate() {
            let columns = header.iter().cloned().zip(line.split('\t')).collect();
            let row = Row { place: format!("{name}:{}", index + 2), columns };
            tally.add(tables, indicator, &row, &mut unexplained);
        }
    }
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    Some(tally)
}

#[test]
fn the_colours_of_2018_are_recomputed() {
    let Some(found) = tally("2018") else { return };
    let expected = Tally {
        colors: Agreement::of_all(3332),
        boxes: Agreement::of_all(3332),
        status_levels: Agreement::of_all(4610),
        change_levels: Agreement::of_all(4415),
        pseudo_status_levels: Agreement::of_all(726),
        pseudo_change_levels: Agreement::of_all(710),
        values: Agreement::of_all(5252),
        // Five rows whose data were not certified; in four of them the cell is orange as well.
        colors_by_override: 1,
        boxes_by_override: 5,
        levels_by_cap: 0,
        // These files judge the size of students with disabilities by another column, which
        // leaves out former ones (`priordenom_swd`). The published blank decides.
        unpublished: BTreeMap::from([
            ((Indicator::Ela, StudentGroup::Swd), 8),
            ((Indicator::Math, StudentGroup::Swd), 8),
        ]),
        status_levels_of: BTreeMap::from([
            (Indicator::Ela, 959),
            (Indicator::Math, 958),
            (Indicator::Grad, 237),
            (Indicator::Chro, 975),
            (Indicator::Susp, 1244),
            (Indicator::Cci, 237),
        ]),
        colors_of: BTreeMap::from([
            (Indicator::Ela, 688),
            (Indicator::Math, 687),
            (Indicator::Grad, 135),
            (Indicator::Chro, 747),
            (Indicator::Susp, 940),
            (Indicator::Cci, 135),
        ]),
    };
    assert_eq!(found, expected);
}

#[test]
fn the_status_levels_of_2022_are_recomputed() {
    let Some(found) = tally("2022") else { return };
    let expected = Tally {
        status_levels: Agreement::of_all(1074),
        pseudo_status_levels: Agreement::of_all(226),
        values: Agreement::of_all(622),
        levels_by_cap: 2,
        status_levels_of: BTreeMap::from([
            (Indicator::Ela, 226),
            (Indicator::Math, 226),
            (Indicator::Elpi, 26),
            (Indicator::Grad, 81),
            (Indicator::Chro, 240),
            (Indicator::Susp, 275),
        ]),
        ..Tally::default()
    };
    assert_eq!(found, expected);
}

#[test]
fn the_colours_of_2023_are_recomputed() {
    let Some(found) = tally("2023") else { return };
    let expected = Tally {
        colors: Agreement::of_all(802),
        boxes: Agreement::of_all(802),
        status_levels: Agreement::of_all(1131),
        change_levels: Agreement::of_all(1019),
        pseudo_status_levels: Agreement::of_all(228),
        pseudo_change_levels: Agreement::of_all(224),
        values: Agreement::of_all(1276),
        status_levels_of: BTreeMap::from([
            (Indicator::Ela, 222),
            (Indicator::Math, 222),
            (Indicator::Elpi, 27),
            (Indicator::Grad, 79),
            (Indicator::Chro, 233),
            (Indicator::Susp, 269),
            (Indicator::Cci, 79),
        ]),
        colors_of: BTreeMap::from([
            (Indicator::Ela, 164),
            (Indicator::Math, 164),
            (Indicator::Elpi, 20),
            (Indicator::Grad, 62),
            (Indicator::Chro, 178),
            (Indicator::Susp, 214),
        ]),
        ..Tally::default()
    };
    assert_eq!(found, expected);
}
