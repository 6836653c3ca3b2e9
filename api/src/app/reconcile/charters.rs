//! Computed answers of charter schools against the state's charter assistance list.

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::charter_list::{CharterListRow, ListedCodes};
use calsos_domain::facts::FactBase;
use calsos_domain::release::ReleaseKind;
use calsos_domain::rulebook::Edition;
use calsos_domain::year::DashboardYear;
use calsos_persistence::ReleaseRecord;

use super::group_reason;
use crate::app::Office;
use crate::app::answers::{Answered, Names};
use crate::error::AppError;
use crate::views::answer::{DeterminationView, PublishedView};
use crate::views::reconciliation::{CellDifference, CharterComparisonView, ColumnView};

/// Charter lists in force, by year and code.
pub(crate) type CharterLists = BTreeMap<DashboardYear, BTreeMap<CdsCode, CharterListRow>>;

/// The column of the state's decision, in a comparison.
const DECISION: &str = "EC47607.3";

impl Office {
    /// The rows of the charter lists in force among these releases, by year and code.
    pub(crate) fn charter_rows_of(
        &self,
        records: &[ReleaseRecord],
    ) -> Result<CharterLists, AppError> {
        let is_list = |record: &&ReleaseRecord| record.kind == ReleaseKind::CharterList;
        let lists: Vec<ReleaseRecord> = records.iter().filter(is_list).cloned().collect();
        let FactBase { leas, .. } = self.facts(&lists)?;
        let mut rows = CharterLists::new();
        for (cds, lea) in leas {
            for (year, facts) in lea.years {
                if let Some(cited) = facts.charter_list {
                    rows.entry(year).or_default().insert(cds, cited.value);
                }
            }
        }
        Ok(rows)
    }
}

/// A side of a comparison: what it says, or what is missing to say it.
type Side = Result<String, Vec<String>>;

/// What was computed of a charter school in the list's year and the year before.
#[derive(Clone, Copy)]
struct Computed<'a> {
    current: &'a DeterminationView,
    prior: Option<&'a DeterminationView>,
}

/// The answers that the rows of a year's charter list are compared with.
pub(crate) struct CharterAnswers<'a> {
    rows: &'a BTreeMap<CdsCode, CharterListRow>,
    /// Of the list's year and, for its codes of the year before, of that year.
    current: BTreeMap<CdsCode, DeterminationView>,
    prior: BTreeMap<CdsCode, DeterminationView>,
    not_on_list: Vec<String>,
}

impl<'a> CharterAnswers<'a> {
    pub(crate) fn new(rows: &'a BTreeMap<CdsCode, CharterListRow>) -> CharterAnswers<'a> {
        let (current, prior) = (BTreeMap::new(), BTreeMap::new());
        CharterAnswers { rows, current, prior, not_on_list: Vec::new() }
    }

    /// Keeps an answer of the list's year, if it is compared.
    pub(crate) fn add(&mut self, answered: Answered) {
        let Answered { cds, view, .. } = answered;
        if self.rows.contains_key(&cds) {
            self.current.insert(cds, view);
        } else if view.judged && view.lea_type == "charter" {
            self.not_on_list.push(cds.to_string());
        }
    }

    /// Keeps an answer of the year before, if it is compared.
    pub(crate) fn add_prior(&mut self, answered: Answered) {
        if self.rows.contains_key(&answered.cds) {
            self.prior.insert(answered.cds, answered.view);
        }
    }

    /// Compares them.
    pub(crate) fn compare(self, year: DashboardYear, names: &Names) -> CharterComparisonView {
        let CharterAnswers { rows, current, prior, not_on_list } = self;
        let mut view = CharterComparisonView {
            leas: rows.len(),
            not_on_list,
            ..CharterComparisonView::default()
        };
        for (cds, row) in rows {
            let Some(answer) = current.get(cds) else {
                view.not_computed.push(cds.to_string());
                continue;
            };
            let computed = Computed { current: answer, prior: prior.get(cds) };
            let mut all_agree = true;
            for (column, published, computed, reason) in cells(row, computed) {
                let difference = |computed: String, reason: String| CellDifference {
                    cds: cds.to_string(),
                    name: names.name(*cds, year).to_owned(),
                    column: column.clone(),
                    computed,
                    published: published.clone(),
                    reason,
                    readings: None,
                };
                match computed {
                    Ok(computed) if computed == published => {
                        count(&mut view.columns, &column, |column| column.agreeing += 1);
                        view.agreeing += 1;
                    }
                    Ok(computed) => {
                        all_agree = false;
                        count(&mut view.columns, &column, |column| column.differing += 1);
                        view.differing += 1;
                        view.differences.push(difference(computed, reason));
                    }
                    Err(missing) => {
                        all_agree = false;
                        count(&mut view.columns, &column, |column| column.not_known += 1);
                        view.not_known += 1;
                        let reason = format!("not loaded: {}", missing.join(", "));
                        view.unknown.push(difference("not known".to_owned(), reason));
                    }
                }
            }
            view.leas_agreeing += usize::from(all_agree);
        }
        view
    }
}

/// Counts a cell in its column, which is added where it is new.
fn count(columns: &mut Vec<ColumnView>, column: &str, add: impl Fn(&mut ColumnView)) {
    if let Some(known) = columns.iter_mut().find(|known| known.column == column) {
        add(known);
        return;
    }
    let (agreeing, differing, not_known) = (0, 0, 0);
    let mut new = ColumnView { column: column.to_owned(), agreeing, differing, not_known };
    add(&mut new);
    columns.push(new);
}

/// Every cell of a row: its column, what is published, what was computed, and why.
fn cells(row: &CharterListRow, computed: Computed<'_>) -> Vec<(String, String, Side, String)> {
    let mut cells = codes("current", &row.current, Some(computed.current));
    cells.extend(codes("prior", &row.prior, computed.prior));
    if let Some(eligible) = row.eligible() {
        let published = if eligible { "Y" } else { "N" }.to_owned();
        let (side, reason) = decision(computed.current);
        cells.push((DECISION.to_owned(), published, side, reason));
    }
    cells
}

fn codes(
    of: &str,
    listed: &ListedCodes,
    view: Option<&DeterminationView>,
) -> Vec<(String, String, Side, String)> {
    listed
        .listed
        .iter()
        .map(|group| {
            let column = format!("{}priorities {of}", group.list_code());
            let published = listed.codes.get(group).map_or("*".to_owned(), char::to_string);
            let Some(view) = view else {
                let missing = vec!["every file of that year".to_owned()];
                return (column, published, Err(missing), String::new());
            };
            match view.group(*group) {
                Some(group) => {
                    let side = if group.code_known {
                        Ok(group.code.clone().unwrap_or("*".to_owned()))
                    } else {
                        Err(group.missing.clone())
                    };
                    (column, published, side, group_reason(group))
                }
                None => {
                    let reason = "The year's edition has no such group.".to_owned();
                    (column, published, Ok("*".to_owned()), reason)
                }
            }
        })
        .collect()
}

/// The charter schools' rule, as it was computed.
fn decision(view: &DeterminationView) -> (Side, String) {
    let Some(charter) = &view.charter else {
        return (Ok("N".to_owned()), "The year has no rule for charter schools.".to_owned());
    };
    let side = match charter.outcome.as_str() {
        "met" => Ok("Y".to_owned()),
        "notMet" => Ok("N".to_owned()),
        _ => Err(view.missing.iter().map(|missing| missing.input.clone()).collect()),
    };
    let years: Vec<String> = view
        .history
        .iter()
        .map(|h| format!("{} ({}): a method was {}", h.dashboard_year, h.origin, h.eligible))
        .collect();
    (side, format!("Years before: {}.", years.join("; ")))
}

/// What the year's charter list says of a charter school, and whether the answer agrees.
pub(crate) fn beside_charter(
    edition: &Edition,
    lists: &CharterLists,
    answered: &Answered,
) -> Option<PublishedView> {
    let row = lists.get(&answered.year)?.get(&answered.cds)?;
    let label = match row.eligible() {
        Some(true) => edition.labels.charter.as_ref().unwrap_or(&edition.labels.first_year).clone(),
        Some(false) => edition.labels.general.clone(),
        None => "no decision stands on the list".to_owned(),
    };
    let mut view = PublishedView {
        label,
        codes: row
            .current
            .codes
            .iter()
            .map(|(group, letter)| (group.code().to_owned(), letter.to_string()))
            .collect(),
        agrees: true,
        not_known: 0,
    };
    let own = CharterListRow { prior: ListedCodes::default(), ..row.clone() };
    let computed = Computed { current: &answered.view, prior: None };
    for (_, published, computed, _) in cells(&own, computed) {
        match computed {
            Ok(computed) => view.agrees &= computed == published,
            Err(_) => view.not_known += 1,
        }
    }
    Some(view)
}
