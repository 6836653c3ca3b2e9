//! Computed answers against the state's published list, cell by cell.

mod charters;

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::determination::decide;
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::FactBase;
use calsos_domain::lea::LeaType;
use calsos_domain::published::{check_row, status_text};
use calsos_domain::release::{PublishedRow, ReleaseKind};
use calsos_domain::rulebook::{Edition, Rulebooks, YearRules};
use calsos_domain::year::DashboardYear;
use calsos_persistence::{AnswerFilter, ReleaseRecord};

use charters::{CharterLists, beside_charter};

use super::Office;
use super::answers::{Answered, Names};
use super::published_columns::{Column, ComputedCell, computed_cell, published_cell};
use crate::cli::ReconcileBasis;
use crate::error::AppError;
use crate::views::answer::{DeterminationView, GroupView, PublishedView};
use crate::views::reconciliation::{CellDifference, ColumnView, ReconciliationView};

impl Office {
    /// Compares a year's answers with its list.
    pub(crate) fn reconcile(
        &self,
        year: DashboardYear,
        basis: ReconcileBasis,
    ) -> Result<ReconciliationView, AppError> {
        let books = match basis {
            ReconcileBasis::Files => self.books_of(&self.run()?)?,
            ReconcileBasis::Codes => self.books.clone(),
        };
        let edition = edition_of(&books, year)?;
        let published = self.published_rows()?;
        let charters = match basis {
            ReconcileBasis::Files => self.charter_rows()?.remove(&year),
            ReconcileBasis::Codes => None,
        };
        let nothing = BTreeMap::new();
        let rows = match published.get(&year).filter(|rows| !rows.is_empty()) {
            Some(rows) => rows,
            None if charters.is_some() => &nothing,
            None => {
                return Err(AppError::NotFound(format!(
                    "no published list of {year} was imported; import it to compare with it"
                )));
            }
        };
        let computed = match basis {
            ReconcileBasis::Files => self.views_by_files(year)?,
            ReconcileBasis::Codes => self.views_by_codes(year)?,
        };
        let names = Names::load(&self.store)?;
        let columns = compared_columns(edition, basis);
        let mut comparison = Comparison::new(year, basis, &columns);
        for (cds, row) in rows {
            match computed.get(cds) {
                Some(view) => {
                    let name = names.name(*cds, year);
                    comparison.compare(edition, name, row, view, &columns);
                }
                None => comparison.view.not_computed.push(cds.to_string()),
            }
            comparison.check_row(edition, row, &published);
        }
        for (cds, view) in &computed {
            let listed = view.judged && view.lea_type != "charter" && !rows.is_empty();
            if listed && !rows.contains_key(cds) {
                comparison.view.not_on_list.push(cds.to_string());
            }
        }
        comparison.view.leas = rows.len();
        if let Some(charters) = charters {
            let before = books.editions().map(|e| e.year).take_while(|of| *of < year).last();
            let prior = before.map(|of| self.views_of(of)).transpose()?.unwrap_or_default();
            let compared = charters::compare(year, &charters, &computed, &prior, &names);
            comparison.view.charters = Some(compared);
        }
        Ok(comparison.view)
    }

    /// The rows of the lists in force, by year and code.
    pub(crate) fn published_rows(&self) -> Result<PublishedLists, AppError> {
        self.published_rows_of(&self.store.releases()?)
    }

    /// The rows of the lists that are in force among these releases, by year and code.
    pub(crate) fn published_rows_of(
        &self,
        records: &[ReleaseRecord],
    ) -> Result<PublishedLists, AppError> {
        let is_list = |record: &&ReleaseRecord| record.kind == ReleaseKind::PublishedList;
        let lists: Vec<ReleaseRecord> = records.iter().filter(is_list).cloned().collect();
        let FactBase { leas, .. } = self.facts(&lists)?;
        let mut rows = PublishedLists::new();
        for (cds, lea) in leas {
            for (year, facts) in lea.years {
                if let Some(cited) = facts.published {
                    rows.entry(year).or_default().insert(cds, cited.value);
                }
            }
        }
        Ok(rows)
    }

    fn views_by_files(
        &self,
        year: DashboardYear,
    ) -> Result<BTreeMap<CdsCode, DeterminationView>, AppError> {
        let answers = self.answers_of(year)?;
        Ok(answers.into_iter().map(|answered| (answered.cds, answered.view)).collect())
    }

    /// The answers of a year, which may have none.
    fn views_of(
        &self,
        year: DashboardYear,
    ) -> Result<BTreeMap<CdsCode, DeterminationView>, AppError> {
        let filter = AnswerFilter { year: Some(year), ..AnswerFilter::default() };
        let answers = self.answers(&filter)?;
        Ok(answers.into_iter().map(|answered| (answered.cds, answered.view)).collect())
    }

    /// The lists in force, to stand beside answers.
    pub(crate) fn published_beside<'a>(
        &self,
        books: &'a Rulebooks,
    ) -> Result<PublishedBeside<'a>, AppError> {
        Ok(PublishedBeside {
            books,
            lists: self.published_rows()?,
            charter_lists: self.charter_rows()?,
        })
    }

    /// Answers that follow from the list's own codes, with the local indicators and the
    /// earlier lists that are loaded.
    fn views_by_codes(
        &self,
        year: DashboardYear,
    ) -> Result<BTreeMap<CdsCode, DeterminationView>, AppError> {
        let base = self.facts(&self.store.releases()?)?;
        let mut views = BTreeMap::new();
        for lea in base.leas.values() {
            let listed = lea.years.get(&year).is_some_and(|facts| facts.published.is_some());
            if !listed {
                continue;
            }
            if let Some(determination) = decide(&self.books, lea, Basis::PublishedCodes).get(&year)
            {
                views.insert(lea.cds, DeterminationView::of(lea, determination));
            }
        }
        Ok(views)
    }
}

/// The edition of a year, or why there is none.
pub(crate) fn edition_of(books: &Rulebooks, year: DashboardYear) -> Result<&Edition, AppError> {
    books.edition(year).ok_or_else(|| {
        if let Some(YearRules::NoDeterminations { reason, .. }) = books.year(year) {
            return AppError::NotFound(format!(
                "{year} is a year without determinations: {reason}"
            ));
        }
        let years: Vec<String> = books.editions().map(|e| e.year.to_string()).collect();
        AppError::NotFound(format!(
            "there is no edition of the rules for {year}; years that have one: {}",
            years.join(", ")
        ))
    })
}

/// Lists in force, to stand beside answers.
pub(crate) type PublishedLists = BTreeMap<DashboardYear, BTreeMap<CdsCode, PublishedRow>>;

/// The state's lists of LEAs of every kind, to stand beside answers.
pub(crate) struct PublishedBeside<'a> {
    books: &'a Rulebooks,
    lists: PublishedLists,
    charter_lists: CharterLists,
}

impl PublishedBeside<'_> {
    /// What the year's list says of an LEA, and whether the answer agrees with it.
    pub(crate) fn of(&self, answered: &Answered) -> Option<PublishedView> {
        beside(self.books, &self.lists, answered).or_else(|| {
            let edition = self.books.edition(answered.year)?;
            beside_charter(edition, &self.charter_lists, answered)
        })
    }

    /// The row of a year's list of districts and county offices.
    pub(crate) fn row(&self, year: DashboardYear, cds: CdsCode) -> Option<&PublishedRow> {
        self.lists.get(&year)?.get(&cds)
    }
}

/// What the year's list says of a district or county office.
fn beside(books: &Rulebooks, lists: &PublishedLists, answered: &Answered) -> Option<PublishedView> {
    let edition = books.edition(answered.year)?;
    let row = lists.get(&answered.year)?.get(&answered.cds)?;
    let mut comparison = PublishedView {
        label: status_text(edition, row.status).to_owned(),
        codes: row
            .codes
            .iter()
            .map(|(group, letter)| (group.code().to_owned(), letter.to_string()))
            .collect(),
        agrees: true,
        not_known: 0,
    };
    for (_, column) in compared_columns(edition, ReconcileBasis::Files) {
        let Some(published) = published_cell(edition, row, column) else { continue };
        match computed_cell(edition, &answered.view, column) {
            ComputedCell::Known(computed) => comparison.agrees &= computed == published,
            ComputedCell::NotKnown(_) => comparison.not_known += 1,
        }
    }
    Some(comparison)
}

/// The decision columns of the year's list; by its own codes, those that follow from them.
fn compared_columns(edition: &Edition, basis: ReconcileBasis) -> Vec<(String, Column)> {
    edition
        .published_columns
        .columns
        .iter()
        .filter_map(|name| Some((name.clone(), Column::of(name)?)))
        .filter(|(_, column)| column.is_decision(edition.year))
        .filter(|(_, column)| {
            basis == ReconcileBasis::Files
                || !matches!(column, Column::Code(_) | Column::GroupCount)
        })
        .collect()
}

struct Comparison {
    view: ReconciliationView,
}

impl Comparison {
    fn new(year: DashboardYear, basis: ReconcileBasis, columns: &[(String, Column)]) -> Comparison {
        let columns = columns
            .iter()
            .map(|(column, _)| ColumnView {
                column: column.clone(),
                agreeing: 0,
                differing: 0,
                not_known: 0,
            })
            .collect();
        Comparison {
            view: ReconciliationView {
                dashboard_year: year.number(),
                basis: match basis {
                    ReconcileBasis::Files => "files".to_owned(),
                    ReconcileBasis::Codes => "codes".to_owned(),
                },
                leas: 0,
                leas_agreeing: 0,
                agreeing: 0,
                differing: 0,
                not_known: 0,
                columns,
                differences: Vec::new(),
                unknown: Vec::new(),
                not_on_list: Vec::new(),
                not_computed: Vec::new(),
                list_against_itself: Vec::new(),
                charters: None,
            },
        }
    }

    fn compare(
        &mut self,
        edition: &Edition,
        name: &str,
        row: &PublishedRow,
        view: &DeterminationView,
        columns: &[(String, Column)],
    ) {
        let mut all_agree = true;
        for (position, (column_name, column)) in columns.iter().enumerate() {
            let Some(published) = published_cell(edition, row, *column) else { continue };
            let Some(count) = self.view.columns.get_mut(position) else { continue };
            let computed = computed_cell(edition, view, *column);
            let difference = |computed: String, reason: String| CellDifference {
                cds: view.cds.clone(),
                name: name.to_owned(),
                column: column_name.clone(),
                computed,
                published: published.clone(),
                reason,
                readings: readings(view, *column),
            };
            match computed {
                ComputedCell::Known(computed) if computed == published => {
                    count.agreeing += 1;
                    self.view.agreeing += 1;
                }
                ComputedCell::Known(computed) => {
                    all_agree = false;
                    count.differing += 1;
                    self.view.differing += 1;
                    let reason = reason(view, *column);
                    self.view.differences.push(difference(computed, reason));
                }
                ComputedCell::NotKnown(missing) => {
                    all_agree = false;
                    count.not_known += 1;
                    self.view.not_known += 1;
                    let reason = format!("not loaded: {}", missing.join(", "));
                    self.view.unknown.push(difference("not known".to_owned(), reason));
                }
            }
        }
        self.view.leas_agreeing += usize::from(all_agree);
    }

    /// Whether the columns of a list's row fit each other and the earlier lists.
    fn check_row(&mut self, edition: &Edition, row: &PublishedRow, published: &PublishedLists) {
        let earlier: BTreeMap<DashboardYear, &PublishedRow> = published
            .range(..edition.year)
            .filter_map(|(year, rows)| Some((*year, rows.get(&row.cds)?)))
            .collect();
        let lea_type = if row.cds.has_county_office_digits() {
            LeaType::CountyOffice
        } else {
            LeaType::District
        };
        for fault in check_row(edition, lea_type, row, &earlier) {
            self.view.list_against_itself.push(format!("{}: {fault}", row.cds));
        }
    }
}

/// The answer under each reading, where an open point is behind it.
fn readings(view: &DeterminationView, column: Column) -> Option<String> {
    if column != Column::Ec52072 {
        return None;
    }
    let test = view.sustained_need.first()?;
    Some(format!(
        "groups rated in the year decided: {}; in any year of the window: {}",
        test.by_rated_now, test.by_rated_ever
    ))
}

/// Why the computed side is what it is.
fn reason(view: &DeterminationView, column: Column) -> String {
    match column {
        Column::Code(group) => match view.group(group) {
            Some(group) => group_reason(group),
            None => "The year's edition has no such group.".to_owned(),
        },
        Column::GroupCount | Column::Method(1) => {
            let groups: Vec<String> =
                view.coded_groups().map(|(group, code)| format!("{group} {code}")).collect();
            format!("Groups with a code: {}.", listed(&groups))
        }
        Column::Method(_) => {
            let locals: Vec<String> = view
                .local_indicators
                .iter()
                .filter(|local| local.outcome == "met")
                .map(|local| format!("priority {}", local.priority))
                .collect();
            format!("Local indicators that count: {}.", listed(&locals))
        }
        Column::Status(_) => {
            let methods: Vec<String> = view
                .methods
                .iter()
                .filter(|method| method.outcome == "met")
                .map(|method| method.id.clone())
                .collect();
            let before = view.history.last().map_or_else(String::new, |h| {
                format!(" {} ({}): a method was {}.", h.dashboard_year, h.origin, h.eligible)
            });
            format!("Methods met: {}.{before}", listed(&methods))
        }
        Column::Ec52072 | Column::Ec52071f => {
            let tests: Vec<String> = view
                .sustained_need
                .iter()
                .map(|test| format!("{}: {}", test.id, listed(&test.groups)))
                .collect();
            format!("Groups in enough of the years: {}.", tests.join("; "))
        }
        _ => String::new(),
    }
}

fn group_reason(group: &GroupView) -> String {
    let met: Vec<String> = group
        .priorities
        .iter()
        .filter(|p| p.outcome == "met")
        .map(|p| p.priority.to_string())
        .collect();
    let cells: Vec<String> = group
        .cells
        .iter()
        .map(|cell| {
            let row = cell.row.map(|row| format!(" (row {row})")).unwrap_or_default();
            format!("{} {}{row}", cell.indicator, cell.text)
        })
        .collect();
    format!("Priorities met: {}. Cells: {}.", listed(&met), cells.join("; "))
}

fn listed(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
