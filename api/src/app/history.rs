//! One LEA over all years, by its code and, beside that, through its successions.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CdsCode;
use calsos_domain::determination::{Determination, decide};
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{FactBase, LeaFacts};
use calsos_domain::rulebook::{Rulebooks, YearRules};
use calsos_domain::small_numbers::Masking;
use calsos_domain::succession::{LookedThrough, Reading, look_through};
use calsos_domain::year::DashboardYear;
use calsos_persistence::{AnswerFilter, LeaRecord, ReleaseRecord, RunRecord, StoredSuccession};

use super::Office;
use super::answers::{Answered, Names};
use super::standing::{beside, gone};
use crate::error::AppError;
use crate::views::answer::DeterminationView;
use crate::views::changes::{ChangeView, Said, answers_of, changes, origin_words, published_of};
use crate::views::lea_history::{
    HistoryYearView, IdentityView, JoinedView, LeaHistoryView, SuccessionView, ThroughView,
    ThroughYearView, WithoutView,
};

/// What is said of every history through successions.
const NOT_WHAT_THE_STATE_DOES: &str = "This is not what the state does: its lists follow the \
                                       code, and history begins anew with a new one. It is what \
                                       the answers would be if the law looked back through the \
                                       succession.";

impl Office {
    /// The history of the LEA that has or had a code, by the answers of the current run.
    pub(crate) fn history(&self, cds: CdsCode) -> Result<LeaHistoryView, AppError> {
        let run = self.run()?;
        let releases = self.store.releases()?;
        let names = self.names_beside(&releases, &run)?;
        let record = names.lea(cds).ok_or_else(|| {
            AppError::NotFound(format!(
                "no district, county office or charter with the CDS code {cds} is named in the \
                 imported files; `calsos list` shows those that are"
            ))
        })?;
        let books = self.books_of(&run)?;
        let codes: BTreeSet<CdsCode> = record.codes().iter().map(|code| code.cds).collect();
        let gone = gone(&releases, &run);
        let successions = self.store.successions_by(|release| !gone.contains(&release))?;
        let own = |stored: &&StoredSuccession| {
            codes.contains(&stored.row.predecessor) || codes.contains(&stored.row.successor)
        };
        let successions = successions
            .iter()
            .filter(own)
            .map(|stored| SuccessionView::of(stored.release.0, &stored.row))
            .collect();
        Ok(LeaHistoryView {
            cds: cds.to_string(),
            run: run.number,
            identity: IdentityView::of(record, successions, &releases),
            years: self.years_of(&books, record, &names, &beside(&releases, &run))?,
            without_determinations: without_determinations(&books),
            through_successions: self.through_successions(&books, &run, &releases, &codes)?,
        })
    }

    /// The stored answers for every code of the LEA, by year.
    fn years_of(
        &self,
        books: &Rulebooks,
        record: &LeaRecord,
        names: &Names,
        standing: &[ReleaseRecord],
    ) -> Result<Vec<HistoryYearView>, AppError> {
        let lists = self.published_beside(standing)?;
        let mut answers: Vec<Answered> = Vec::new();
        for code in record.codes() {
            let filter = AnswerFilter { cds: Some(code.cds), ..AnswerFilter::default() };
            answers.extend(self.answers(&filter)?);
        }
        answers.sort_by_key(|answered| (answered.year, answered.cds));
        Ok(answers
            .into_iter()
            .map(|answered| HistoryYearView {
                name: names.name(answered.cds, answered.year).to_owned(),
                county_name: names.county(answered.cds, answered.year).to_owned(),
                published: lists.of(books, &answered),
                published_answers: lists
                    .row(answered.year, answered.cds)
                    .map(|row| published_of(books.edition(answered.year), row))
                    .unwrap_or_default()
                    .into_iter()
                    .collect(),
                determination: answered.view,
            })
            .collect())
    }

    fn through_successions(
        &self,
        books: &Rulebooks,
        run: &RunRecord,
        releases: &[ReleaseRecord],
        codes: &BTreeSet<CdsCode>,
    ) -> Result<Vec<ThroughView>, AppError> {
        let read: Vec<ReleaseRecord> =
            releases.iter().filter(|r| run.releases.contains(&r.number)).cloned().collect();
        let mut leas: BTreeMap<CdsCode, LeaFacts> = BTreeMap::new();
        let mut wanted: Vec<CdsCode> = codes.iter().copied().collect();
        let mut asked: BTreeSet<CdsCode> = codes.clone();
        while let Some(cds) = wanted.pop() {
            let FactBase { leas: mut found, .. } =
                self.assemble(&read, |number| Ok(self.store.release_contents_of(number, cds)?))?;
            let Some(lea) = found.remove(&cds) else { continue };
            let before = lea.successions.iter().map(|cited| cited.value.predecessor);
            wanted.extend(before.filter(|cds| asked.insert(*cds)));
            leas.insert(cds, lea);
        }
        let mut views = Vec::new();
        for cds in codes {
            let Some(lea) = leas.get(cds) else { continue };
            let by_code = decide(books, lea, Basis::Files);
            for reading in Reading::ALL {
                let Some(looked) = look_through(books, &leas, *cds, reading) else { continue };
                let several = looked.joins_several();
                if reading == Reading::Any || several {
                    let reading = several.then_some(reading);
                    views.push(through_view(lea, &by_code, &looked, reading));
                }
            }
        }
        Ok(views)
    }
}

fn without_determinations(books: &Rulebooks) -> Vec<WithoutView> {
    books
        .years()
        .filter_map(|(year, rules)| match rules {
            YearRules::NoDeterminations { reason, .. } => {
                Some(WithoutView { dashboard_year: year.number(), reason: reason.clone() })
            }
            YearRules::Edition(_) => None,
        })
        .collect()
}

fn through_view(
    lea: &LeaFacts,
    by_code: &BTreeMap<DashboardYear, Determination<'_>>,
    looked: &LookedThrough<'_>,
    reading: Option<Reading>,
) -> ThroughView {
    let joined: Vec<JoinedView> = looked
        .joined
        .iter()
        .map(|joined| JoinedView {
            dashboard_year: joined.year.year.number(),
            cds: joined.cds.to_string(),
            origin: joined.year.origin.code().to_owned(),
            groups: joined
                .year
                .in_at_least(2)
                .met()
                .iter()
                .map(|group| group.code().to_owned())
                .collect(),
            eligible: joined.year.eligible.code().to_owned(),
        })
        .collect();
    let years = looked.determinations.iter().filter_map(|(year, again)| {
        let before = DeterminationView::of(lea, by_code.get(year)?, &Masking::default());
        let after = DeterminationView::of(lea, again, &Masking::default());
        let mut changes = changes(&answers_of(&before), &answers_of(&after));
        changes.extend(looked_back(&before, &joined));
        Some(ThroughYearView {
            dashboard_year: year.number(),
            label: after.label,
            eligible_level: after.eligible_level,
            changes,
        })
    });
    ThroughView {
        cds: lea.cds.to_string(),
        note: NOT_WHAT_THE_STATE_DOES.to_owned(),
        reading: reading.map(|reading| reading.code().to_owned()),
        years: years.collect(),
        joined,
    }
}

/// What stands for the earlier years of an answer, beside what it looked back on.
fn looked_back(before: &DeterminationView, joined: &[JoinedView]) -> Vec<ChangeView> {
    let groups = |groups: &[String]| match groups {
        [] => "no group".to_owned(),
        groups => groups.join(" "),
    };
    let mut own = Said::new();
    let mut others = Said::new();
    for year in &before.history {
        let parts: Vec<String> = joined
            .iter()
            .filter(|part| part.dashboard_year == year.dashboard_year)
            .map(|part| {
                let origin = origin_words(&part.origin);
                format!("{} ({origin}, {})", groups(&part.groups), part.cds)
            })
            .collect();
        if !parts.is_empty() {
            let what = format!("lookedBackOn.{}", year.dashboard_year);
            let words = format!("{} ({})", groups(&year.groups), origin_words(&year.origin));
            own.push((what.clone(), words));
            others.push((what, parts.join("; ")));
        }
    }
    changes(&own, &others)
}
