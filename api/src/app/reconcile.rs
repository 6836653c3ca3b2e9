//! Computed answers against the state's published list, cell by cell.

mod charters;

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CdsCode;
use calsos_domain::charter_list::CharterListRow;
use calsos_domain::determination::decide;
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{FactBase, ReleaseNumber};
use calsos_domain::lea::LeaType;
use calsos_domain::published::{check_row, status_text};
use calsos_domain::release::{PublishedRow, ReleaseKind};
use calsos_domain::rulebook::{Edition, Rulebooks, YearRules};
use calsos_domain::small_numbers::Masking;
use calsos_domain::year::DashboardYear;
use calsos_persistence::ReleaseRecord;

use charters::{CharterAnswers, CharterLists, beside_charter};

use super::Office;
use super::answers::{Answered, EachAnswer, Names};
use super::held::Held;
use super::published_columns::{Column, ComputedCell, computed_cell, published_cell};
use crate::cli::ReconcileBasis;
use crate::error::AppError;
use crate::views::answer::{DeterminationView, GroupView, PublishedView};
use crate::views::reconciliation::{CellDifference, ColumnView, ReconciliationView};

/// Whether a file is a list of the state.
pub(crate) fn is_list(kind: ReleaseKind) -> bool {
    matches!(kind, ReleaseKind::PublishedList | ReleaseKind::CharterList)
}

impl Office {
    /// Compares a year's answers with its list.
    pub(crate) fn reconcile(
        &self,
        year: DashboardYear,
        basis: ReconcileBasis,
    ) -> Result<ReconciliationView, AppError> {
        match basis {
            ReconcileBasis::Files => {
                let held = self.held()?;
                held.reconcile(year, &|of, read| self.each_answer(year, of, read))
            }
            ReconcileBasis::Codes => {
                let edition = edition_of(&self.books, year)?;
                let lists = self.published_rows()?;
                let rows = lists.get(&year).filter(|rows| !rows.is_empty());
                let rows = rows.ok_or_else(|| no_list(year))?;
                let standing: BTreeSet<ReleaseNumber> =
                    self.standing()?.iter().map(|record| record.number).collect();
                let names = Names::of(self.store.leas_by(|release| standing.contains(&release))?);
                let mut comparison = Comparison::new(edition, basis, rows, &names);
                for (cds, view) in &self.views_by_codes(year)? {
                    comparison.add(*cds, view);
                }
                Ok(comparison.end(&lists))
            }
        }
    }

    /// The rows of the lists in force among the releases that stand, by year and code.
    pub(crate) fn published_rows(&self) -> Result<PublishedLists, AppError> {
        self.published_rows_of(&self.standing()?)
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

    /// The lists in force among these releases, to stand beside answers.
    pub(crate) fn published_beside(
        &self,
        records: &[ReleaseRecord],
    ) -> Result<PublishedBeside, AppError> {
        Ok(PublishedBeside {
            lists: self.published_rows_of(records)?,
            charter_lists: self.charter_rows_of(records)?,
        })
    }

    /// Answers that follow from the list's own codes, with the local indicators and the
    /// earlier lists that are loaded.
    fn views_by_codes(
        &self,
        year: DashboardYear,
    ) -> Result<BTreeMap<CdsCode, DeterminationView>, AppError> {
        let base = self.facts(&self.standing()?)?;
        let mut views = BTreeMap::new();
        for lea in base.leas.values() {
            let listed = lea.years.get(&year).is_some_and(|facts| facts.published.is_some());
            if !listed {
                continue;
            }
            if let Some(determination) = decide(&self.books, lea, Basis::PublishedCodes).get(&year)
            {
                let view = DeterminationView::of(lea, determination, &Masking::default());
                views.insert(lea.cds, view);
            }
        }
        Ok(views)
    }
}

impl Held {
    /// Compares a year's answers with its list.
    pub(crate) fn reconcile(
        &self,
        year: DashboardYear,
        each: &EachAnswer<'_>,
    ) -> Result<ReconciliationView, AppError> {
        let edition = edition_of(&self.books, year)?;
        let PublishedBeside { lists, charter_lists } = &*self.lists;
        let charters = charter_lists.get(&year);
        let nothing = BTreeMap::new();
        let rows = match lists.get(&year).filter(|rows| !rows.is_empty()) {
            Some(rows) => rows,
            None if charters.is_some() => &nothing,
            None => return Err(no_list(year)),
        };
        let mut comparison = Comparison::new(edition, ReconcileBasis::Files, rows, &self.names);
        let mut beside_charters = charters.map(CharterAnswers::new);
        each(year, &mut |answered| {
            comparison.add(answered.cds, &answered.view);
            if let Some(kept) = &mut beside_charters {
                kept.add(answered);
            }
            Ok(())
        })?;
        let mut view = comparison.end(lists);
        if let Some(mut kept) = beside_charters {
            let before = self.books.editions().map(|e| e.year).take_while(|of| *of < year).last();
            if let Some(before) = before {
                each(before, &mut |answered| {
                    kept.add_prior(answered);
                    Ok(())
                })?;
            }
            view.charters = Some(kept.compare(year, &self.names));
        }
        Ok(view)
    }
}

fn no_list(year: DashboardYear) -> AppError {
    AppError::NotFound(format!(
        "no published list of {year} was imported; import it to compare with it"
    ))
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
#[derive(Clone, Default)]
pub(crate) struct PublishedBeside {
    pub(crate) lists: PublishedLists,
    charter_lists: CharterLists,
}

impl PublishedBeside {
    /// What the year's list says of an LEA, and whether the answer agrees with it.
    pub(crate) fn of(&self, books: &Rulebooks, answered: &Answered) -> Option<PublishedView> {
        beside(books, &self.lists, answered).or_else(|| {
            let edition = books.edition(answered.year)?;
            beside_charter(edition, &self.charter_lists, answered)
        })
    }

    /// The rows of the LEAs that are wanted.
    pub(crate) fn only(&self, wanted: impl Fn(CdsCode) -> bool) -> PublishedBeside {
        let mut only = self.clone();
        only.lists.values_mut().for_each(|rows| rows.retain(|cds, _| wanted(*cds)));
        only.charter_lists.values_mut().for_each(|rows| rows.retain(|cds, _| wanted(*cds)));
        only.lists.retain(|_, rows| !rows.is_empty());
        only.charter_lists.retain(|_, rows| !rows.is_empty());
        only
    }

    /// These rows and others, which are of other LEAs.
    pub(crate) fn with(mut self, others: PublishedBeside) -> PublishedBeside {
        for (year, rows) in others.lists {
            self.lists.entry(year).or_default().extend(rows);
        }
        for (year, rows) in others.charter_lists {
            self.charter_lists.entry(year).or_default().extend(rows);
        }
        self
    }

    /// The row of a year's list of districts and county offices.
    pub(crate) fn row(&self, year: DashboardYear, cds: CdsCode) -> Option<&PublishedRow> {
        self.lists.get(&year)?.get(&cds)
    }

    /// The row of a year's list of charter schools.
    pub(crate) fn charter_row(&self, year: DashboardYear, cds: CdsCode) -> Option<&CharterListRow> {
        self.charter_lists.get(&year)?.get(&cds)
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

/// Answers of a year beside the rows of its list, cell by cell, and each row beside itself.
struct Comparison<'a> {
    edition: &'a Edition,
    rows: &'a BTreeMap<CdsCode, PublishedRow>,
    names: &'a Names,
    columns: Vec<(String, Column)>,
    /// Rows whose LEA has no answer so far.
    without: BTreeSet<CdsCode>,
    view: ReconciliationView,
}

impl<'a> Comparison<'a> {
    fn new(
        edition: &'a Edition,
        basis: ReconcileBasis,
        rows: &'a BTreeMap<CdsCode, PublishedRow>,
        names: &'a Names,
    ) -> Comparison<'a> {
        let columns = compared_columns(edition, basis);
        let counts = columns
            .iter()
            .map(|(column, _)| ColumnView {
                column: column.clone(),
                agreeing: 0,
                differing: 0,
                not_known: 0,
            })
            .collect();
        let view = ReconciliationView {
            dashboard_year: edition.year.number(),
            basis: match basis {
                ReconcileBasis::Files => "files".to_owned(),
                ReconcileBasis::Codes => "codes".to_owned(),
            },
            leas: rows.len(),
            leas_agreeing: 0,
            agreeing: 0,
            differing: 0,
            not_known: 0,
            columns: counts,
            differences: Vec::new(),
            unknown: Vec::new(),
            not_on_list: Vec::new(),
            not_computed: Vec::new(),
            list_against_itself: Vec::new(),
            charters: None,
        };
        let without = rows.keys().copied().collect();
        Comparison { edition, rows, names, columns, without, view }
    }

    /// Compares an answer with its row.
    fn add(&mut self, cds: CdsCode, view: &DeterminationView) {
        match self.rows.get(&cds) {
            Some(row) => {
                self.without.remove(&cds);
                self.compare(row, view);
            }
            None if view.judged && view.lea_type != "charter" && !self.rows.is_empty() => {
                self.view.not_on_list.push(cds.to_string());
            }
            None => {}
        }
    }

    /// What there is to say when every answer was added.
    fn end(mut self, lists: &PublishedLists) -> ReconciliationView {
        self.view.not_computed = self.without.iter().map(CdsCode::to_string).collect();
        for row in self.rows.values() {
            self.check_row(row, lists);
        }
        self.view
    }

    fn compare(&mut self, row: &PublishedRow, view: &DeterminationView) {
        let edition = self.edition;
        let name = self.names.name(row.cds, edition.year);
        let mut all_agree = true;
        for (position, (column_name, column)) in self.columns.iter().enumerate() {
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
    fn check_row(&mut self, row: &PublishedRow, published: &PublishedLists) {
        let edition = self.edition;
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
