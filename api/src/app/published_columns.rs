//! The columns of the state's published lists, as questions to an answer.

use calsos_domain::published::status_text;
use calsos_domain::release::{PublishedRow, PublishedStatus};
use calsos_domain::rulebook::{Edition, Effect};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

use crate::views::answer::DeterminationView;

/// What a column of a published list says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    CountyDistrictCode,
    Cds,
    Name,
    City,
    County,
    GradeSpan,
    Year,
    Code(StudentGroup),
    GroupCount,
    /// The status of a year; the list's own where none is named.
    Status(Option<DashboardYear>),
    Method(u8),
    /// Education Code 52072(b) or 52072.5(b).
    Ec52072,
    /// Education Code 52071(f).
    Ec52071f,
}

impl Column {
    /// What a column of this name says; `None` for a name that no list has.
    pub(crate) fn of(name: &str) -> Option<Column> {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        if let Some(group) = plain.strip_suffix("priorities") {
            return StudentGroup::parse(group).map(Column::Code);
        }
        if let Some(year) = plain.strip_prefix("assistancestatus") {
            if year.is_empty() {
                return Some(Column::Status(None));
            }
            return DashboardYear::parse(year).map(|year| Column::Status(Some(year)));
        }
        if let Some(number) = plain.strip_prefix("metmethod") {
            return number.parse().ok().map(Column::Method);
        }
        Some(match plain.as_str() {
            "cdcode" => Column::CountyDistrictCode,
            "cds" => Column::Cds,
            "leaname" | "districtname" => Column::Name,
            "cityname" => Column::City,
            "countyname" => Column::County,
            "gsoffered" => Column::GradeSpan,
            "reportyear" | "reportingyear" => Column::Year,
            "totalstudentgroups" => Column::GroupCount,
            _ if plain.starts_with("ec52072") => Column::Ec52072,
            _ if plain.starts_with("ec52071") => Column::Ec52071f,
            _ => return None,
        })
    }

    /// Whether the column is a decision, and not a name, a code of the LEA or history.
    pub(crate) fn is_decision(self, year: DashboardYear) -> bool {
        match self {
            Column::Code(_)
            | Column::GroupCount
            | Column::Method(_)
            | Column::Ec52072
            | Column::Ec52071f => true,
            Column::Status(of) => of.is_none_or(|of| of == year),
            _ => false,
        }
    }
}

/// A cell of the computed side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ComputedCell {
    /// What the list would have.
    Known(String),
    /// Not known, for want of these inputs.
    NotKnown(Vec<String>),
}

/// What an answer says in a decision column: `*` for a group without a code.
pub(crate) fn computed_cell(
    edition: &Edition,
    view: &DeterminationView,
    column: Column,
) -> ComputedCell {
    let known = |text: &str| ComputedCell::Known(text.to_owned());
    let flag = |outcome: &str, missing: &[String]| match outcome {
        "met" => known("Y"),
        "notMet" => known("N"),
        _ => ComputedCell::NotKnown(missing.to_vec()),
    };
    match column {
        Column::Code(group) => match view.group(group) {
            Some(view) if view.code_known => known(view.code.as_deref().unwrap_or("*")),
            Some(view) => ComputedCell::NotKnown(view.missing.clone()),
            None => known("*"),
        },
        Column::GroupCount => match view.group_count {
            Some(count) => known(&count.to_string()),
            None => ComputedCell::NotKnown(missing_of(view, "code.")),
        },
        Column::Status(_) => match &view.label {
            Some(label) => known(label),
            None => ComputedCell::NotKnown(missing_of(view, "label")),
        },
        Column::Method(number) => match view.method(number) {
            Some(method) => flag(&method.outcome, &method.missing),
            None => known("N"),
        },
        Column::Ec52072 => sustained_cell(edition, view, &[Effect::Level3, Effect::DataTest], flag),
        Column::Ec52071f => sustained_cell(edition, view, &[Effect::GeographicLead], flag),
        _ => known(""),
    }
}

fn sustained_cell(
    edition: &Edition,
    view: &DeterminationView,
    effects: &[Effect],
    flag: impl Fn(&str, &[String]) -> ComputedCell,
) -> ComputedCell {
    let mut rules = edition.sustained.iter().filter(|rule| effects.contains(&rule.effect));
    let test = view.sustained_need.iter().find(|test| rules.clone().any(|r| r.id == test.id));
    match test {
        Some(test) => flag(&test.outcome, &test.missing),
        // The year has the test, but not for LEAs of this kind.
        None if rules.next().is_some() => ComputedCell::Known("N".to_owned()),
        None => ComputedCell::NotKnown(Vec::new()),
    }
}

/// The inputs whose absence leaves open an answer of this name.
fn missing_of(view: &DeterminationView, answer: &str) -> Vec<String> {
    view.missing
        .iter()
        .filter(|missing| missing.could_change.iter().any(|id| id.starts_with(answer)))
        .map(|missing| missing.input.clone())
        .collect()
}

/// What the state published in a decision column: `None` where its list has no such column.
pub(crate) fn published_cell(
    edition: &Edition,
    row: &PublishedRow,
    column: Column,
) -> Option<String> {
    let flag = |met: bool| if met { "Y" } else { "N" }.to_owned();
    match column {
        Column::Code(group) => row
            .listed_groups
            .contains(&group)
            .then(|| row.codes.get(&group).map_or("*".to_owned(), char::to_string)),
        Column::GroupCount => row.group_count.map(|count| count.to_string()),
        Column::Status(_) => Some(status_text(edition, row.status).to_owned()),
        Column::Method(number) => row.methods.get(&number).copied().map(flag),
        Column::Ec52072 => row.ec52072.map(flag),
        Column::Ec52071f => row.ec52071f.map(flag),
        _ => None,
    }
}

/// A status of an earlier year, in the words in which later lists repeat it.
pub(crate) fn repeated_status_text(edition: &Edition, status: PublishedStatus) -> String {
    let labels = &edition.labels;
    match status {
        PublishedStatus::General => labels.general_in_later_lists.clone(),
        PublishedStatus::Differentiated | PublishedStatus::DifferentiatedYear1 => {
            labels.first_year_in_later_lists.clone()
        }
        PublishedStatus::DifferentiatedYear2 => status_text(edition, status).to_owned(),
    }
}
