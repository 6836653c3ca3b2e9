//! Determinations of a year as a table of texts.

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::lea::LeaType;
use calsos_domain::release::PublishedRow;
use calsos_domain::rulebook::Edition;
use calsos_domain::year::DashboardYear;

use super::Office;
use super::answers::{Answered, EachAnswer, Names};
use super::held::Held;
use super::published_columns::{Column, ComputedCell, computed_cell, repeated_status_text};
use super::reconcile::edition_of;
use crate::cli::Layout;
use crate::error::AppError;
use crate::output::Table;
use crate::workbook::{Sheet, workbook_bytes};

/// The last column of the published layout.
const WHY_COLUMN: &str = "NotKnownBecause";

/// The columns of the answers that count something or name a year.
const NUMBERS_OF_ANSWERS: [&str; 4] =
    ["dashboardYear", "supportYear", "eligibleLevel", "groupCount"];

/// Makes the rows of a year's determinations in a layout, each from its answer.
pub(crate) struct Exporter {
    year: DashboardYear,
    pub(crate) header: Vec<String>,
    layout: Laid,
}

/// What the rows of a layout are made with.
enum Laid {
    Answers,
    Published {
        columns: Vec<(String, Option<Column>)>,
        /// Statuses of the years before, as later lists repeat them.
        history: BTreeMap<(CdsCode, DashboardYear), ComputedCell>,
    },
}

impl Office {
    /// A year's determinations in a layout.
    pub(crate) fn export(&self, year: DashboardYear, layout: Layout) -> Result<Table, AppError> {
        self.held()?.export(year, layout, &|of, read| self.each_answer(year, of, read))
    }

    /// The same as a workbook.
    pub(crate) fn export_workbook(
        &self,
        year: DashboardYear,
        layout: Layout,
    ) -> Result<Vec<u8>, AppError> {
        self.held()?.export_workbook(year, layout, &|of, read| self.each_answer(year, of, read))
    }
}

impl Held {
    /// A year's determinations in a layout.
    pub(crate) fn export(
        &self,
        year: DashboardYear,
        layout: Layout,
        each: &EachAnswer<'_>,
    ) -> Result<Table, AppError> {
        let exporter = self.exporter(year, layout, each)?;
        let mut rows = Vec::new();
        each(year, &mut |answered| {
            rows.extend(exporter.row(self, &answered)?);
            Ok(())
        })?;
        Ok(Table { header: exporter.header, rows })
    }

    /// The same as a workbook.
    pub(crate) fn export_workbook(
        &self,
        year: DashboardYear,
        layout: Layout,
        each: &EachAnswer<'_>,
    ) -> Result<Vec<u8>, AppError> {
        let table = self.export(year, layout, each)?;
        let (name, what) = match layout {
            Layout::Answers => ("Answers", "Answers of every kind of LEA"),
            Layout::Published => ("District and COE", "Answers in the columns of the state's list"),
        };
        let is_number = |column: &&str| match layout {
            Layout::Answers => NUMBERS_OF_ANSWERS.contains(column),
            Layout::Published => {
                matches!(Column::of(column), Some(Column::Year | Column::GroupCount))
            }
        };
        let numbers: Vec<&str> =
            table.header.iter().map(String::as_str).filter(is_number).collect();
        let sheet = Sheet { name: format!("{name} {year}"), table: &table, numbers: &numbers };
        let origin = self.origin(&format!("{what}, {year} Dashboard"));
        workbook_bytes(&[sheet], &origin)
    }

    /// What makes the rows of a year in a layout.
    pub(crate) fn exporter(
        &self,
        year: DashboardYear,
        layout: Layout,
        each: &EachAnswer<'_>,
    ) -> Result<Exporter, AppError> {
        let edition = edition_of(&self.books, year)?;
        match layout {
            Layout::Answers => {
                let header = header_of_answers(edition);
                Ok(Exporter { year, header, layout: Laid::Answers })
            }
            Layout::Published => {
                let names = &edition.published_columns.columns;
                let columns: Vec<(String, Option<Column>)> =
                    names.iter().map(|name| (name.clone(), Column::of(name))).collect();
                let header = names.iter().cloned().chain([WHY_COLUMN.to_owned()]).collect();
                let history = self.earlier_statuses(year, each)?;
                Ok(Exporter { year, header, layout: Laid::Published { columns, history } })
            }
        }
    }

    /// Statuses of the years before, as later lists repeat them: the published one, else the
    /// computed one; `*` where the LEA was not judged.
    fn earlier_statuses(
        &self,
        year: DashboardYear,
        each: &EachAnswer<'_>,
    ) -> Result<BTreeMap<(CdsCode, DashboardYear), ComputedCell>, AppError> {
        let published = &self.lists.lists;
        let mut statuses = BTreeMap::new();
        for edition in self.books.editions().filter(|e| e.year < year) {
            let rows: Option<&BTreeMap<CdsCode, PublishedRow>> = published.get(&edition.year);
            for (cds, row) in rows.into_iter().flatten() {
                let text = repeated_status_text(edition, row.status);
                statuses.insert((*cds, edition.year), ComputedCell::Known(text));
            }
            if rows.is_some() {
                continue;
            }
            each(edition.year, &mut |answered| {
                let cell = match answered.view.label {
                    Some(label) => ComputedCell::Known(repeated_label(edition, label)),
                    None if answered.view.judged => {
                        ComputedCell::NotKnown(vec![format!("LIST:{}", edition.year)])
                    }
                    None => ComputedCell::Known("*".to_owned()),
                };
                statuses.insert((answered.cds, edition.year), cell);
                Ok(())
            })?;
        }
        Ok(statuses)
    }
}

impl Exporter {
    /// The row of an answer; the published layout has none of an LEA that its list does not
    /// judge.
    pub(crate) fn row(
        &self,
        held: &Held,
        answered: &Answered,
    ) -> Result<Option<Vec<String>>, AppError> {
        let edition = edition_of(&held.books, self.year)?;
        Ok(match &self.layout {
            Laid::Answers => Some(answer_row(edition, &held.names, answered)),
            Laid::Published { columns, history } => {
                let view = &answered.view;
                let listed = view.judged && view.lea_type != LeaType::Charter.code();
                listed.then(|| published_row(edition, &held.names, columns, history, answered))
            }
        })
    }
}

fn header_of_answers(edition: &Edition) -> Vec<String> {
    let mut header: Vec<String> = [
        "cds",
        "name",
        "countyName",
        "leaType",
        "dashboardYear",
        "judged",
        "label",
        "supportYear",
        "eligibleLevel",
        "provisional",
        "groupCount",
    ]
    .map(str::to_owned)
    .to_vec();
    header.extend(edition.groups.iter().map(|group| group.code().to_owned()));
    header.extend(edition.methods.iter().map(|method| method.id.clone()));
    header.extend(edition.charter.iter().map(|rule| rule.id.clone()));
    header.extend(edition.sustained.iter().map(|rule| rule.id.clone()));
    header.extend(["provider", "openPoints", "missing"].map(str::to_owned));
    header
}

/// An LEA in the columns of the year's list. `*` is no code or no status, a blank is not
/// known; the last column says why.
fn published_row(
    edition: &Edition,
    names: &Names,
    columns: &[(String, Option<Column>)],
    history: &BTreeMap<(CdsCode, DashboardYear), ComputedCell>,
    answered: &Answered,
) -> Vec<String> {
    // Columns by what they are not known for, in the order of the columns.
    let mut why: Vec<(String, Vec<&str>)> = Vec::new();
    let mut row = Vec::new();
    for (name, column) in columns {
        let cell = match column {
            None => ComputedCell::Known(String::new()),
            Some(column) if column.is_decision(edition.year) => {
                computed_cell(edition, &answered.view, *column)
            }
            Some(Column::Status(Some(earlier))) => earlier_status(history, answered, *earlier),
            Some(column) => ComputedCell::Known(identity(names, answered, *column)),
        };
        row.push(match cell {
            ComputedCell::Known(text) => text,
            ComputedCell::NotKnown(missing) => {
                let reason = not_loaded(&missing);
                match why.iter_mut().find(|(known, _)| *known == reason) {
                    Some((_, columns)) => columns.push(name),
                    None => why.push((reason, vec![name])),
                }
                String::new()
            }
        });
    }
    let why: Vec<String> = why
        .into_iter()
        .map(|(reason, columns)| format!("{}: {reason}", columns.join(" ")))
        .collect();
    row.push(why.join("; "));
    row
}

/// A computed label of an earlier year, in the words in which later lists repeat it.
fn repeated_label(edition: &Edition, label: String) -> String {
    let labels = &edition.labels;
    if label == labels.general {
        labels.general_in_later_lists.clone()
    } else if label == labels.first_year {
        labels.first_year_in_later_lists.clone()
    } else {
        label
    }
}

fn earlier_status(
    history: &BTreeMap<(CdsCode, DashboardYear), ComputedCell>,
    answered: &Answered,
    earlier: DashboardYear,
) -> ComputedCell {
    if let Some(cell) = history.get(&(answered.cds, earlier)) {
        return cell.clone();
    }
    let looked_back_on =
        answered.view.history.iter().find(|h| h.dashboard_year == earlier.number());
    match looked_back_on.map(|h| h.origin.as_str()) {
        Some("notOnList" | "notJudged") => ComputedCell::Known("*".to_owned()),
        _ => ComputedCell::NotKnown(vec![format!("LIST:{earlier}")]),
    }
}

fn identity(names: &Names, answered: &Answered, column: Column) -> String {
    let Answered { cds, year, .. } = answered;
    let lea = names.lea(*cds);
    match column {
        Column::CountyDistrictCode => cds.county_district_text(),
        Column::Cds => cds.to_string(),
        Column::Name => names.name(*cds, *year).to_owned(),
        Column::County => names.county(*cds, *year).to_owned(),
        Column::City => lea.and_then(|l| l.city_in(*year)).unwrap_or_default().to_owned(),
        Column::GradeSpan => {
            lea.and_then(|l| l.grade_span_in(*year)).unwrap_or_default().to_owned()
        }
        Column::Year => year.to_string(),
        _ => String::new(),
    }
}

fn not_loaded(missing: &[String]) -> String {
    if missing.is_empty() {
        "the year has no such test".to_owned()
    } else {
        format!("not loaded {}", missing.join(" "))
    }
}

fn answer_row(edition: &Edition, names: &Names, answered: &Answered) -> Vec<String> {
    let Answered { cds, year, view, .. } = answered;
    let number = |n: Option<usize>| n.map(|n| n.to_string()).unwrap_or_default();
    let mut row = vec![
        view.cds.clone(),
        names.name(*cds, *year).to_owned(),
        names.county(*cds, *year).to_owned(),
        view.lea_type.clone(),
        view.dashboard_year.to_string(),
        view.judged.to_string(),
        view.label.clone().unwrap_or_default(),
        number(view.support_year.map(usize::from)),
        number(view.eligible_level.map(usize::from)),
        view.provisional.to_string(),
        number(view.group_count),
    ];
    for group in &edition.groups {
        row.push(match view.group(*group) {
            Some(group) if group.code_known => group.code.clone().unwrap_or("*".to_owned()),
            Some(_) => String::new(),
            None => "*".to_owned(),
        });
    }
    for method in &edition.methods {
        let found = view.methods.iter().find(|m| m.id == method.id);
        row.push(found.map(|m| m.outcome.clone()).unwrap_or_default());
    }
    if edition.charter.is_some() {
        row.push(view.charter.as_ref().map(|c| c.outcome.clone()).unwrap_or_default());
    }
    for rule in &edition.sustained {
        let found = view.sustained_need.iter().find(|test| test.id == rule.id);
        row.push(found.map(|test| test.outcome.clone()).unwrap_or_default());
    }
    row.push(view.provider.as_ref().map(|p| p.name.clone()).unwrap_or_default());
    let open: Vec<&str> = view.open_points.iter().map(|point| point.id.as_str()).collect();
    row.push(open.join(" "));
    let missing: Vec<&str> = view.missing.iter().map(|missing| missing.input.as_str()).collect();
    row.push(missing.join(" "));
    row
}
