//! Two runs side by side.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CdsCode;
use calsos_domain::rulebook::Rulebooks;
use calsos_domain::year::DashboardYear;
use calsos_persistence::{AnswerFilter, AnswerRecord, ReleaseRecord, RunId, RunRecord};

use super::Office;
use super::answers::Names;
use super::reconcile::PublishedLists;
use super::release_states::states_among;
use crate::error::AppError;
use crate::views::answer::DeterminationView;
use crate::views::changes::{ChangeView, Said, answers_of, changes, published_of};
use crate::views::run_diff::{
    DiffCounts, EditionChange, LeaChange, ReleaseChange, RunDiffView, RunView,
};

impl Office {
    /// The two runs that are asked for by number or id: the second is the current one where
    /// none is named, the first the one before it.
    pub(crate) fn two_runs(
        &self,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<(RunRecord, RunRecord), AppError> {
        let runs = self.store.runs()?;
        let after = match after {
            Some(name) => find(&runs, name)?,
            None => self.run()?,
        };
        let before = match before {
            Some(name) => find(&runs, name)?,
            None => {
                runs.iter().rfind(|run| run.number < after.number).cloned().ok_or_else(|| {
                    AppError::NotFound(format!(
                        "run {} is the first: no run is before it. Import files and run `calsos \
                     determine` to make another",
                        after.number
                    ))
                })?
            }
        };
        Ok((before, after))
    }

    /// What the second run answers otherwise than the first, and what it read otherwise.
    pub(crate) fn diff(
        &self,
        before: &RunRecord,
        after: &RunRecord,
    ) -> Result<RunDiffView, AppError> {
        // Also what only a release says that was withdrawn since.
        let read = |number| before.releases.contains(&number) || after.releases.contains(&number);
        let names = Names::of(self.store.leas_by(read)?);
        let mut counts = DiffCounts::default();
        let mut answers = Vec::new();
        let years: BTreeSet<DashboardYear> =
            before.editions.iter().chain(&after.editions).map(|edition| edition.year).collect();
        // Year by year: all answers of two runs at once would take twice the memory of one.
        for year in years {
            let sides = [self.bodies(before, year)?, self.bodies(after, year)?];
            diff_year(year, &sides, &names, &mut counts, &mut answers)?;
        }
        let records = self.store.releases()?;
        let lists = self.diff_lists(before, after, &records, &names, &mut counts)?;
        Ok(RunDiffView {
            before: RunView::of(before),
            after: RunView::of(after),
            counts,
            editions: diff_editions(before, after),
            releases: diff_releases(before, after, &records),
            answers,
            lists,
        })
    }

    fn bodies(
        &self,
        run: &RunRecord,
        year: DashboardYear,
    ) -> Result<BTreeMap<CdsCode, String>, AppError> {
        let filter = AnswerFilter { year: Some(year), ..AnswerFilter::default() };
        let answers = self.store.answers(&run.id, &filter)?;
        Ok(answers.into_iter().map(|AnswerRecord { cds, body, .. }| (cds, body)).collect())
    }

    fn diff_lists(
        &self,
        before: &RunRecord,
        after: &RunRecord,
        records: &[ReleaseRecord],
        names: &Names,
        counts: &mut DiffCounts,
    ) -> Result<Vec<LeaChange>, AppError> {
        let said = |run: &RunRecord| -> Result<BTreeMap<(DashboardYear, CdsCode), Said>, AppError> {
            let books = self.books_of(run)?;
            let read: Vec<ReleaseRecord> =
                records.iter().filter(|r| run.releases.contains(&r.number)).cloned().collect();
            Ok(list_rows(&books, &self.published_rows_of(&read)?))
        };
        let sides = [said(before)?, said(after)?];
        let keys: BTreeSet<(DashboardYear, CdsCode)> =
            sides.iter().flat_map(BTreeMap::keys).copied().collect();
        let mut found = Vec::new();
        for key in keys {
            let [one, other] = sides.each_ref().map(|side| side.get(&key));
            let Some(change) = lea_change(key, names, one, other) else { continue };
            match change.change {
                "gained" => counts.list_rows_gained += 1,
                "lost" => counts.list_rows_lost += 1,
                _ => {
                    counts.list_rows_changed += 1;
                    count(&mut counts.changed_in_lists, key.0, &change.changes);
                }
            }
            found.push(change);
        }
        Ok(found)
    }
}

/// The run of a number or an id.
pub(super) fn find(runs: &[RunRecord], name: &str) -> Result<RunRecord, AppError> {
    let number = name.parse::<u32>().ok();
    let id = RunId::parse(name);
    runs.iter().find(|run| Some(run.number) == number || Some(run.id) == id).cloned().ok_or_else(
        || {
            let kept = match runs {
                [] => "no run was made yet; begin with `calsos determine`".to_owned(),
                [only] => format!("the only run is {}", only.number),
                [first, .., last] => format!(
                    "runs {} to {} are kept; `calsos runs` lists them with their ids",
                    first.number, last.number
                ),
            };
            AppError::NotFound(format!("no run has the number or id '{name}': {kept}"))
        },
    )
}

/// What rows of lists say, by year and code.
pub(crate) fn list_rows(
    books: &Rulebooks,
    lists: &PublishedLists,
) -> BTreeMap<(DashboardYear, CdsCode), Said> {
    let mut said = BTreeMap::new();
    for (year, rows) in lists {
        for (cds, row) in rows {
            said.insert((*year, *cds), published_of(books.edition(*year), row));
        }
    }
    said
}

fn diff_year(
    year: DashboardYear,
    sides: &[BTreeMap<CdsCode, String>; 2],
    names: &Names,
    counts: &mut DiffCounts,
    found: &mut Vec<LeaChange>,
) -> Result<(), AppError> {
    let codes: BTreeSet<CdsCode> = sides.iter().flat_map(BTreeMap::keys).copied().collect();
    for cds in codes {
        let [before, after] = sides.each_ref().map(|side| side.get(&cds));
        if before == after {
            counts.same += 1;
            continue;
        }
        let said = |body: Option<&String>| -> Result<Option<Said>, AppError> {
            let view: Option<DeterminationView> =
                body.map(|body| serde_json::from_str(body)).transpose()?;
            Ok(view.as_ref().map(answers_of))
        };
        let change = lea_change((year, cds), names, said(before)?.as_ref(), said(after)?.as_ref());
        match change.as_ref().map(|change| change.change) {
            None => counts.other_reasons += 1,
            Some("gained") => counts.gained += 1,
            Some("lost") => counts.lost += 1,
            Some(_) => counts.changed += 1,
        }
        if let Some(change) = change {
            if change.change == "changed" {
                count(&mut counts.changed_answers, year, &change.changes);
            }
            found.push(change);
        }
    }
    Ok(())
}

/// What two sides say otherwise of an LEA in a year; `None` where that is nothing.
pub(crate) fn lea_change(
    (year, cds): (DashboardYear, CdsCode),
    names: &Names,
    before: Option<&Said>,
    after: Option<&Said>,
) -> Option<LeaChange> {
    let label = |said: &Said| said.iter().filter(|(what, _)| what == "label").cloned().collect();
    let nothing = Said::new();
    let (change, changes): (_, Vec<ChangeView>) = match (before, after) {
        (Some(before), Some(after)) => ("changed", changes(before, after)),
        (None, Some(after)) => ("gained", changes(&nothing, &label(after))),
        (Some(before), None) => ("lost", changes(&label(before), &nothing)),
        (None, None) => return None,
    };
    (!changes.is_empty()).then(|| LeaChange {
        dashboard_year: year.number(),
        cds: cds.to_string(),
        name: names.name(cds, year).to_owned(),
        change,
        changes,
    })
}

/// Counts LEAs by what changed of them; the codes of all groups are one thing here.
fn count(
    counts: &mut BTreeMap<String, BTreeMap<u16, usize>>,
    year: DashboardYear,
    changes: &[ChangeView],
) {
    let what: BTreeSet<&str> = changes
        .iter()
        .map(|change| change.what.split_once('.').map_or(change.what.as_str(), |(kind, _)| kind))
        .collect();
    for what in what {
        *counts.entry(what.to_owned()).or_default().entry(year.number()).or_default() += 1;
    }
}

/// The editions of two runs that are others.
pub(crate) fn diff_editions(before: &RunRecord, after: &RunRecord) -> Vec<EditionChange> {
    let by_year = |run: &RunRecord| -> BTreeMap<DashboardYear, String> {
        run.editions.iter().map(|edition| (edition.year, edition.hash.clone())).collect()
    };
    let sides = [by_year(before), by_year(after)];
    let years: BTreeSet<DashboardYear> = sides.iter().flat_map(BTreeMap::keys).copied().collect();
    years
        .into_iter()
        .map(|year| {
            let [before, after] = sides.each_ref().map(|side| side.get(&year).cloned());
            EditionChange { dashboard_year: year.number(), before, after }
        })
        .filter(|change| change.before != change.after)
        .collect()
}

/// Which releases a run reads or has in force otherwise than the one before it.
pub(crate) fn diff_releases(
    before: &RunRecord,
    after: &RunRecord,
    records: &[ReleaseRecord],
) -> Vec<ReleaseChange> {
    let of = |run: &RunRecord| {
        states_among(records.iter().filter(|record| run.releases.contains(&record.number)))
    };
    let (before, after) = (of(before), of(after));
    let in_force = |state: &Option<&String>| state.is_some_and(|state| state == "in force");
    records
        .iter()
        .filter_map(|record| {
            let (one, other) = (before.get(&record.number), after.get(&record.number));
            let change = match (one, other) {
                _ if one == other => return None,
                (None, _) => "added",
                (_, None) if record.is_withdrawn() => "withdrawn",
                (_, None) => "removed",
                _ if in_force(&other) => "inForceAgain",
                _ => "superseded",
            };
            let words = |state: Option<&String>| state.map_or("not read", |s| s).to_owned();
            Some(ReleaseChange {
                release: record.number.0,
                kind: record.kind.code(),
                dashboard_year: record.year.map(DashboardYear::number),
                file: record.file_name.clone(),
                change,
                before: words(one),
                after: words(other),
            })
        })
        .collect()
}
