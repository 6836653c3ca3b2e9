//! Reads the answers of the current run.

use std::collections::BTreeMap;
use std::sync::Arc;

use calsos_domain::cds::CdsCode;
use calsos_domain::lea::LeaType;
use calsos_domain::rulebook::YearRules;
use calsos_domain::year::DashboardYear;
use calsos_persistence::{AnswerFilter, AnswerRecord, LeaRecord, PackedAnswer, RunRecord};

use super::Office;
use super::wanted::{Entry, Wanted};
use crate::cli::{List, Status};
use crate::error::AppError;
use crate::views::answer::DeterminationView;
use crate::views::listed::ListedView;

/// Why there is no answer before the first run.
pub(crate) const NOTHING_DECIDED: &str =
    "nothing was decided yet; import files, then run `calsos determine`";

/// What LEAs are called, year by year. Copies share it.
#[derive(Clone, Default)]
pub(crate) struct Names(Arc<BTreeMap<CdsCode, Arc<LeaRecord>>>);

impl Names {
    pub(crate) fn of(leas: Vec<LeaRecord>) -> Names {
        let mut by_code = BTreeMap::new();
        for lea in leas.into_iter().map(Arc::new) {
            for code in lea.codes() {
                by_code.insert(code.cds, Arc::clone(&lea));
            }
        }
        Names(Arc::new(by_code))
    }

    /// The same, with every LEA of which the others say the same kept once.
    pub(crate) fn shared_with(self, others: &Names) -> Names {
        let kept = |(cds, lea): (&CdsCode, &Arc<LeaRecord>)| {
            let same = others.0.get(cds).filter(|other| *other == lea);
            (*cds, Arc::clone(same.unwrap_or(lea)))
        };
        Names(Arc::new(self.0.iter().map(kept).collect()))
    }

    /// Whether they are copies of the same.
    pub(crate) fn is_copy_of(&self, other: &Names) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What the LEAs that are wanted are called.
    pub(crate) fn only(&self, wanted: impl Fn(CdsCode) -> bool) -> Names {
        let leas = self.0.iter().filter(|(cds, _)| wanted(**cds));
        Names(Arc::new(leas.map(|(cds, lea)| (*cds, Arc::clone(lea))).collect()))
    }

    /// These names and those of other LEAs.
    pub(crate) fn with(&self, others: &Names) -> Names {
        let mut both = BTreeMap::clone(&self.0);
        both.extend(others.0.iter().map(|(cds, lea)| (*cds, Arc::clone(lea))));
        Names(Arc::new(both))
    }

    /// Every LEA, by the code that it has now.
    pub(crate) fn leas(&self) -> impl Iterator<Item = &LeaRecord> {
        self.0.iter().filter(|(code, lea)| lea.cds() == **code).map(|(_, lea)| &**lea)
    }

    /// Every code that an LEA has or had, with the LEA.
    pub(crate) fn of_every_code(&self) -> impl Iterator<Item = (CdsCode, &Arc<LeaRecord>)> {
        self.0.iter().map(|(code, lea)| (*code, lea))
    }

    pub(crate) fn lea(&self, cds: CdsCode) -> Option<&LeaRecord> {
        self.0.get(&cds).map(|lea| &**lea)
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
    pub(crate) lea_type: LeaType,
    pub(crate) view: DeterminationView,
}

/// Hands the answers of a year, which may have none, to a reader, one after another by code:
/// those of a whole state at once take a hundred megabytes.
pub(crate) type EachAnswer<'a> =
    dyn Fn(DashboardYear, &mut ReadAnswer<'_>) -> Result<(), AppError> + 'a;

/// Reads an answer.
pub(crate) type ReadAnswer<'a> = dyn FnMut(Answered) -> Result<(), AppError> + 'a;

/// What lists show of an answer.
pub(crate) fn listed(answer: &PackedAnswer) -> Result<ListedView, AppError> {
    let stored = answer.summary.as_deref().and_then(|summary| serde_json::from_str(summary).ok());
    match stored {
        Some(listed) => Ok(listed),
        // Another version of the program stored it without, or with other fields.
        None => Ok(ListedView::of(&serde_json::from_str(&answer.body.text()?)?)),
    }
}

impl Office {
    /// The run that answers come from.
    pub(crate) fn run(&self) -> Result<RunRecord, AppError> {
        let run = self.store.current_run()?;
        run.ok_or_else(|| AppError::NotFound(NOTHING_DECIDED.to_owned()))
    }

    /// Answers of the current run, by year and code.
    pub(crate) fn answers(&self, filter: &AnswerFilter) -> Result<Vec<Answered>, AppError> {
        self.answers_of(&self.run()?, filter)
    }

    /// Answers of a run, by year and code.
    fn answers_of(
        &self,
        run: &RunRecord,
        filter: &AnswerFilter,
    ) -> Result<Vec<Answered>, AppError> {
        self.store
            .answers(&run.id, filter)?
            .into_iter()
            .map(|record| {
                let view = serde_json::from_str(&record.body)?;
                let AnswerRecord { cds, year, lea_type, .. } = record;
                Ok(Answered { cds, year, lea_type, view })
            })
            .collect()
    }

    /// Hands the answers of a year to a reader, by code. Those of `asked` must be there.
    pub(crate) fn each_answer(
        &self,
        asked: DashboardYear,
        year: DashboardYear,
        read: &mut ReadAnswer<'_>,
    ) -> Result<(), AppError> {
        let filter = AnswerFilter { year: Some(year), ..AnswerFilter::default() };
        let answers = self.store.packed_answers(&self.run()?.id, &filter)?;
        if answers.is_empty() && year == asked {
            return Err(self.no_answers(year));
        }
        for PackedAnswer { year, cds, lea_type, body, .. } in answers {
            read(Answered { cds, year, lea_type, view: serde_json::from_str(&body.text()?)? })?;
        }
        Ok(())
    }

    /// How many answers of a run have each status, by year.
    pub(crate) fn count_statuses(
        &self,
        run: &RunRecord,
    ) -> Result<BTreeMap<DashboardYear, BTreeMap<Status, usize>>, AppError> {
        let mut years: BTreeMap<DashboardYear, BTreeMap<Status, usize>> = BTreeMap::new();
        for year in self.store.run_years(&run.id)? {
            let filter = AnswerFilter { year: Some(year), ..AnswerFilter::default() };
            let counts = years.entry(year).or_default();
            for answer in self.store.packed_answers(&run.id, &filter)? {
                let status = Status::of(listed(&answer)?.differentiated.as_deref());
                *counts.entry(status).or_default() += 1;
            }
        }
        Ok(years)
    }

    /// Why a year has no answers.
    fn no_answers(&self, year: DashboardYear) -> AppError {
        AppError::NotFound(match self.books.year(year) {
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
        })
    }

    /// Answers of a run that a list asks for.
    pub(crate) fn list(&self, run: &RunRecord, asked: &List) -> Result<Vec<Answered>, AppError> {
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
        let mut answers = self.answers_of(run, &filter)?;
        let wanted = Wanted {
            year: asked.year,
            county: asked.county,
            lea_type: asked.lea_type,
            status: asked.status,
            level: asked.level,
            group: asked.group,
            priority: asked.priority,
            method: asked.method.clone(),
            sustained_need: asked.sustained_need,
            provisional: asked.provisional,
        };
        answers.retain(|Answered { cds, year, lea_type, view }| {
            Entry::of(*cds, *year, *lea_type, ListedView::of(view)).is(&wanted)
        });
        Ok(answers)
    }
}
