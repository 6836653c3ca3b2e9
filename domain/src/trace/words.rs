//! Sentences of the trace.

use crate::evaluation::Cell;
use crate::history::{HistoryYear, Origin};
use crate::indicator::Indicator;
use crate::outcome::{Missing, MissingInput};
use crate::performance::Performance;
use crate::priority::PrioritySet;
use crate::rulebook::{Alternative, Criterion, MethodTest, Wanted};
use crate::small_numbers::Counts;
use crate::year::DashboardYear;

/// What a missing input is, as a sentence.
#[must_use]
pub fn input_words(year: DashboardYear, input: MissingInput) -> String {
    match input {
        MissingInput::Indicator(indicator) => {
            format!("The {year} {} ({indicator}) file was not loaded.", indicator.name())
        }
        MissingInput::LocalIndicator(priority) => {
            format!("The {year} local indicator file of priority {priority} was not loaded.")
        }
        MissingInput::EarlierYear(earlier) => {
            format!("Neither the {earlier} list nor all {earlier} files were loaded.")
        }
    }
}

/// What an unknown answer depends on, as one sentence.
#[must_use]
pub fn missing_words(year: DashboardYear, missing: Missing) -> String {
    let mut files: Vec<String> = Vec::new();
    for input in missing.iter() {
        files.push(match input {
            MissingInput::Indicator(indicator) => format!("{year} {indicator}"),
            MissingInput::LocalIndicator(priority) => format!("{year} LOCAL{priority}"),
            MissingInput::EarlierYear(earlier) => format!("{earlier} LIST (or all files)"),
        });
    }
    format!("Depends on files that were not loaded: {}.", files.join(", "))
}

/// What stands in a cell, as the rules see it and as the file has it.
#[must_use]
pub fn cell_words(
    indicator: Indicator,
    cell: Cell,
    performance: Option<&Performance>,
    counts: Counts,
) -> String {
    let mut parts: Vec<String> = Vec::new();
    match cell {
        Cell::NotLoaded => parts.push("file not loaded".to_owned()),
        Cell::NoRow => parts.push("no row".to_owned()),
        Cell::TooSmall { size: Some(size), minimum } => {
            let size = counts.words(size);
            parts.push(format!("too few students: {size}, {minimum} are needed"));
        }
        Cell::TooSmall { size: None, minimum } => {
            parts.push(format!("too few students: {minimum} are needed"));
        }
        Cell::NotRated => parts.push("not rated".to_owned()),
        Cell::Rated { color: Some(color), .. } => parts.push(color.name().to_owned()),
        Cell::Rated { color: None, status } => parts.push(
            status.map_or("rated", |s| s.status_name(indicator.lower_is_better())).to_owned(),
        ),
    }
    let Some(performance) = performance else {
        return parts.join(", ");
    };
    if let Some(status) = performance.status {
        let unit = if indicator.is_rate() { " %" } else { " points from standard" };
        parts.push(format!("{status}{unit}"));
    }
    if let Some(change) = performance.change {
        let sign = if change.0 > 0 { "+" } else { "" };
        parts.push(format!("change {sign}{change}"));
    }
    if let (Some(students), false) =
        (performance.denominator, matches!(cell, Cell::TooSmall { .. }))
    {
        parts.push(format!("{} students", counts.words(students)));
    }
    parts.join(", ")
}

/// What a condition asks for.
pub(super) fn wanted_words(indicator: Indicator, wanted: Wanted) -> String {
    match wanted {
        Wanted::Color(color) => format!("{} is {color}", indicator.name()),
        Wanted::Status(level) => format!(
            "{} status is {}",
            indicator.name(),
            level.status_name(indicator.lower_is_better())
        ),
    }
}

/// What an alternative asks for.
pub(super) fn alternative_words(alternative: &Alternative) -> String {
    let conditions = alternative.conditions.iter();
    let words: Vec<String> = conditions.map(|c| wanted_words(c.indicator, c.wanted)).collect();
    words.join(" and ")
}

/// What a criterion asks for.
#[must_use]
pub fn criterion_words(criterion: &Criterion) -> String {
    let words: Vec<String> = criterion.alternatives.iter().map(alternative_words).collect();
    words.join(", or ")
}

/// Why a condition is not met by a cell that does not count.
pub(super) fn cell_reason(
    year: DashboardYear,
    indicator: Indicator,
    cell: Cell,
    counts: Counts,
) -> Option<String> {
    match cell {
        Cell::NotLoaded => Some(input_words(year, MissingInput::Indicator(indicator))),
        Cell::NoRow => Some("The file has no row for this group: not met.".to_owned()),
        Cell::TooSmall { size: Some(size), minimum } => Some(format!(
            "The group has {}, and {minimum} are needed to count: not met.",
            counts.students(size)
        )),
        Cell::TooSmall { size: None, minimum } => Some(format!(
            "The file gives no rating to this group; {minimum} students are needed: not met."
        )),
        Cell::NotRated => {
            Some("The row has no rating that counts for accountability: not met.".to_owned())
        }
        Cell::Rated { .. } => None,
    }
}

pub(super) fn priorities_words(priorities: PrioritySet) -> String {
    let word = if priorities.len() == 1 { "priority" } else { "priorities" };
    format!("{word} {priorities}")
}

/// What a method asks for.
#[must_use]
pub fn method_words(test: MethodTest) -> String {
    match test {
        MethodTest::GroupInPriorities(count) => {
            format!("A student group in {count} or more state priorities")
        }
        MethodTest::LocalIndicators(count) => {
            format!("{count} or more local indicators not met for two or more years")
        }
        MethodTest::GroupAndLocalIndicator => {
            "One local indicator, and a student group in one other state priority".to_owned()
        }
        MethodTest::CalpadsNotCertified => "Student data (CALPADS) not certified".to_owned(),
    }
}

pub(super) fn origin_words(year: &HistoryYear<'_>) -> String {
    let y = year.year;
    match year.origin {
        Origin::Published { .. } => format!("From the {y} published list."),
        Origin::NotOnList { .. } => format!("The {y} published list does not name the LEA."),
        Origin::Computed => format!("Computed from the {y} files; no {y} list covers the LEA."),
        Origin::NotLoaded => format!("Neither the {y} list nor {y} files were loaded."),
        Origin::NotJudged => format!("LEAs of this kind were not judged in {y}."),
    }
}
