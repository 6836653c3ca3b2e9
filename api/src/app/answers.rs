//! Reads the answers of the current run.

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::rulebook::YearRules;
use calsos_domain::year::DashboardYear;
use calsos_persistence::{AnswerFilter, LeaRecord, RunRecord, Store};

use super::Office;
use crate::cli::{List, Status};
use crate::error::AppError;
use crate::views::answer::{DeterminationView, SustainedView};

/// What LEAs are called, year by year.
pub(crate) struct Names(BTreeMap<CdsCode, LeaRecord>);

impl Names {
    pub(crate) fn load(store: &Store) -> Result<Names, AppError> {
        let mut by_code = BTreeMap::new();
        for lea in store.leas()? {
            for code in lea.codes().to_vec() {
                by_code.insert(code.cds, lea.clone());
            }
        }
        Ok(Names(by_code))
    }

    pub(crate) fn lea(&self, cds: CdsCode) -> Option<&LeaRecord> {
        self.0.get(&cds)
    }

    pub(crate) fn name(&self, cds: CdsCode, year: DashboardYear) -> &str {
        self.lea(cds).map_or("", |lea| lea.name_in(year))
    }

    pub(crate) fn county(&self, cds: CdsCode, year: DashboardYear) -> &str {
        self.lea(cds).map_or("", |lea| lea.county_name_in(year))
    }
}

/// An answer with the code and year that it is for.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) cds: CdsCode,
    pub(crate) year: DashboardYear,
    pub(crate) view: DeterminationView,
}

impl Office {
    /// The run that answers come from.
    pub(crate) fn run(&self) -> Result<RunRecord, AppError> {
        self.store.current_run()?.ok_or_else(|| {
            AppError::NotFound(
                "nothing was decided yet; import files, then run `calsos determine`".to_owned(),
            )
        })
    }

    /// Answers of the current run, by year and code.
    pub(crate) fn answers(&self, filter: &AnswerFilter) -> Result<Vec<Answered>, AppError> {
        let run = self.run()?;
        self.store
            .answers(&run.id, filter)?
            .into_iter()
            .map(|record| {
                let view = serde_json::from_str(&record.body)?;
                Ok(Answered { cds: record.cds, year: record.year, view })
            })
            .collect()
    }

    /// Answers of a year; it is an error when there are none.
    pub(crate) fn answers_of(&self, year: DashboardYear) -> Result<Vec<Answered>, AppError> {
        let filter = AnswerFilter { year: Some(year), ..AnswerFilter::default() };
        let answers = self.answers(&filter)?;
        if !answers.is_empty() {
            return Ok(answers);
        }
        Err(AppError::NotFound(match self.books.year(year) {
            None => format!(
                "there is no edition of the rules for {year}; `calsos rulebook show` lists the years"
            ),
            Some(YearRules::NoDeterminations { reason, .. }) => {
                format!("{year} is a year without determinations: {reason}")
            }
            Some(_) => format!(
                "no LEA has an answer for {year}: no file of {year} is in the current run. Import \
                 files of {year}, then run `calsos determine`"
            ),
        }))
    }

    /// Answers that a list asks for.
    pub(crate) fn list(&self, asked: &List) -> Result<Vec<Answered>, AppError> {
        if let Some(method) = &asked.method
            && !["M1", "M2", "M3", "M4"].contains(&method.as_str())
        {
            return Err(AppError::Usage(format!("'{method}' is no method: M1 to M4 are")));
        }
        let filter = AnswerFilter {
            year: asked.year,
            cds: None,
            county: asked.county,
            lea_type: asked.lea_type,
        };
        let mut answers = self.answers(&filter)?;
        answers.retain(|answered| matches_list(&answered.view, asked));
        Ok(answers)
    }
}

fn matches_list(view: &DeterminationView, asked: &List) -> bool {
    let status = asked.status.is_none_or(|status| {
        view.differentiated.as_deref()
            == match status {
                Status::General => Some("notMet"),
                Status::Differentiated => Some("met"),
                Status::NotKnown => Some("notKnown"),
                Status::NotJudged => None,
            }
    });
    let level = asked.level.is_none_or(|level| view.eligible_level == Some(level));
    let group = asked.group.is_none_or(|group| view.group(group).is_some_and(|g| g.code.is_some()));
    let priority = asked.priority.is_none_or(|priority| {
        view.groups
            .iter()
            .flat_map(|g| &g.priorities)
            .any(|p| p.priority == priority.number() && p.outcome == "met")
    });
    let method = asked
        .method
        .as_ref()
        .is_none_or(|method| view.methods.iter().any(|m| &m.id == method && m.outcome == "met"));
    let identified = |test: &SustainedView| test.outcome == "met" && test.effect != "dataTest";
    let sustained = !asked.sustained_need || view.sustained_need.iter().any(identified);
    let provisional = !asked.provisional || view.provisional;
    status && level && group && priority && method && sustained && provisional
}
