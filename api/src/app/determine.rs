//! Decides every LEA of every year, and keeps the answers as a run.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use calsos_domain::determination::decide;
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{FactBase, LeaFacts, ReleaseHead, ReleaseNumber, superseded};
use calsos_domain::release::ReleaseContents;
use calsos_domain::rulebook::{Edition, RulebookFile, Rulebooks, YearRules};
use calsos_domain::small_numbers::Masking;
use calsos_persistence::{
    AnswerRecord, EditionRecord, JobDone, NewAnswer, NewAudit, NewRun, ReleaseRecord, RunRecord,
    StoreError,
};
use rayon::prelude::*;

use super::Office;
use super::clients::by_command;
use super::release_states::head;
use crate::error::AppError;
use crate::views::answer::DeterminationView;
use crate::views::listed::ListedView;

/// After how many LEAs is told how many are decided.
const TOLD_EVERY: usize = 128;

impl Office {
    /// Decides and stores a run, all or nothing. Where a release is withdrawn while it is read,
    /// it is decided again without it.
    pub(crate) fn determine(&self, by: &str) -> Result<RunRecord, AppError> {
        let audit = by_command(by, "calsos determine", "every LEA and year");
        self.determine_for(by, audit, None, &|_, _| Ok(()))
    }

    /// The same with another entry of the audit, and with the end of the job, if there is one,
    /// that it is done for. How many of how many LEAs are decided is `told`, which may end it.
    pub(crate) fn determine_for(
        &self,
        by: &str,
        audit: NewAudit<'_>,
        job: Option<JobDone<'_>>,
        told: &dyn Fn(usize, usize) -> Result<(), AppError>,
    ) -> Result<RunRecord, AppError> {
        loop {
            match self.determine_once(by, audit, job, told) {
                Err(AppError::Store(StoreError::Withdrawn(_))) => {}
                done => return done,
            }
        }
    }

    fn determine_once(
        &self,
        by: &str,
        audit: NewAudit<'_>,
        job: Option<JobDone<'_>>,
        told: &dyn Fn(usize, usize) -> Result<(), AppError>,
    ) -> Result<RunRecord, AppError> {
        let records = self.standing()?;
        // What was withdrawn may have been all there is: then nothing is answered any more.
        if records.is_empty() && self.store.release_count()? == 0 {
            return Err(AppError::NotFound(
                "no file was imported yet; begin with `calsos import FILES…`".to_owned(),
            ));
        }
        let base = self.facts(&records)?;
        let leas: Vec<&LeaFacts> = base.leas.values().collect();
        let stored = self.store.stored_texts()?;
        let mut answers: Vec<NewAnswer> = Vec::new();
        for (number, leas) in leas.chunks(TOLD_EVERY).enumerate() {
            told(number * TOLD_EVERY, base.leas.len())?;
            let decided: Vec<Vec<NewAnswer>> = leas
                .par_iter()
                .map(|lea| {
                    let answers = decide_lea(&self.books, lea, Basis::Files)?;
                    // Packed at once: the texts of a whole state take half a gigabyte.
                    let ready = answers.into_iter().map(|answer| NewAnswer::of(answer, &stored));
                    Ok(ready.collect::<Result<_, StoreError>>()?)
                })
                .collect::<Result<_, AppError>>()?;
            answers.extend(decided.into_iter().flatten());
        }
        answers.sort_by_key(NewAnswer::key);
        let releases: Vec<ReleaseNumber> = records.iter().map(|r| r.number).collect();
        let editions: Vec<EditionRecord> =
            self.books.editions().map(edition_record).collect::<Result<_, AppError>>()?;
        let run = NewRun {
            by,
            program_version: env!("CARGO_PKG_VERSION"),
            releases: &releases,
            editions: &editions,
            facts: &base.leas,
            audit: Some(audit),
        };
        told(base.leas.len(), base.leas.len())?;
        let answers = answers.into_iter().map(Ok::<_, Infallible>);
        Ok(match job {
            Some(done) => self.store.save_run_of_job(&run, answers, done)?,
            None => self.store.save_run(&run, answers)?,
        })
    }

    /// The facts of every LEA from the releases in force.
    pub(crate) fn facts(&self, records: &[ReleaseRecord]) -> Result<FactBase, AppError> {
        self.assemble(records, |number| Ok(self.store.release_contents(number)?))
    }

    /// Assembles facts, leaving out releases of which nothing is in force.
    pub(crate) fn assemble(
        &self,
        records: &[ReleaseRecord],
        contents: impl Fn(ReleaseNumber) -> Result<ReleaseContents, AppError> + Sync,
    ) -> Result<FactBase, AppError> {
        let heads: Vec<ReleaseHead> = records.iter().map(head).collect();
        let out_of_force: Vec<ReleaseNumber> =
            superseded(&heads).into_iter().filter(|s| s.wholly).map(|s| s.superseded).collect();
        let in_force: Vec<&ReleaseHead> =
            heads.iter().filter(|head| !out_of_force.contains(&head.number)).collect();
        let releases: Vec<(ReleaseHead, ReleaseContents)> = in_force
            .into_par_iter()
            .map(|head| Ok((head.clone(), contents(head.number)?)))
            .collect::<Result<_, AppError>>()?;
        Ok(FactBase::assemble_among(&heads, &releases))
    }

    /// The rules as they were when a run was made: the editions that the store keeps, with
    /// today's list of sources. A source that an edition cites and today's list has not, as
    /// where the folder of a further edition is gone, is named by its id alone: the answer is
    /// explained all the same.
    pub(crate) fn books_of(&self, run: &RunRecord) -> Result<Rulebooks, AppError> {
        let same = run
            .editions
            .iter()
            .all(|kept| self.books.edition(kept.year).is_some_and(|e| e.hash == kept.hash));
        if same && run.editions.len() == self.books.editions().count() {
            return Ok(self.books.clone());
        }
        let mut files: Vec<RulebookFile> = Vec::new();
        for kept in &run.editions {
            let record = self.store.edition(&kept.hash)?.ok_or_else(|| {
                AppError::NotFound(format!("the edition {} is not stored", kept.hash))
            })?;
            let texts: BTreeMap<String, String> = serde_json::from_str(&record.text)?;
            files.extend(texts.into_iter().map(|(name, text)| RulebookFile { name, text }));
        }
        let without = self.books.years().filter_map(|(year, rules)| match rules {
            YearRules::NoDeterminations { .. } => Some(format!("{year}.toml")),
            YearRules::Edition(_) => None,
        });
        let without: Vec<String> = without.collect();
        files.extend(
            Rulebooks::built_in_files().into_iter().filter(|file| without.contains(&file.name)),
        );
        files.push(self.sources_of(&files));
        Ok(Rulebooks::load(&files)?)
    }

    /// A list of sources with all that rulebook files cite.
    fn sources_of(&self, files: &[RulebookFile]) -> RulebookFile {
        let mut ids = BTreeSet::new();
        for table in files.iter().filter_map(|file| file.text.parse::<toml::Table>().ok()) {
            add_cited(&toml::Value::Table(table), &mut ids);
        }
        let mut listed = Vec::new();
        for id in ids {
            let known = self.books.source(&id);
            let title = known.map_or_else(|| id.clone(), |source| source.title.clone());
            let place =
                known.map_or("not in the list of sources any more".to_owned(), |s| s.place.clone());
            listed.push(toml::Table::from_iter([
                ("id".to_owned(), toml::Value::String(id)),
                ("title".to_owned(), toml::Value::String(title)),
                ("where".to_owned(), toml::Value::String(place)),
            ]));
        }
        let tables = listed.into_iter().map(toml::Value::Table).collect();
        let list = toml::Table::from_iter([("source".to_owned(), toml::Value::Array(tables))]);
        RulebookFile { name: "sources.toml".to_owned(), text: list.to_string() }
    }
}

/// Adds the sources that a rulebook file cites.
fn add_cited(value: &toml::Value, ids: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                match value {
                    toml::Value::String(cited) if key.ends_with("source") => {
                        ids.extend(cited.split('#').next().map(str::to_owned));
                    }
                    other => add_cited(other, ids),
                }
            }
        }
        toml::Value::Array(values) => values.iter().for_each(|value| add_cited(value, ids)),
        _ => {}
    }
}

/// Decides one LEA for every year in which it is named.
pub(crate) fn decide_lea(
    books: &Rulebooks,
    lea: &LeaFacts,
    basis: Basis,
) -> Result<Vec<AnswerRecord>, AppError> {
    decide(books, lea, basis)
        .into_iter()
        .map(|(year, determination)| {
            // As the files have it: what is masked is so only until a file is public.
            let view = DeterminationView::of(lea, &determination, &Masking::default());
            Ok(AnswerRecord {
                year,
                cds: lea.cds,
                lea_type: lea.lea_type,
                eligible_level: view.eligible_level,
                label: view.label.clone(),
                provisional: view.provisional,
                body: serde_json::to_string(&view)?,
                summary: Some(serde_json::to_string(&ListedView::of(&view))?),
            })
        })
        .collect()
}

/// An edition as the store keeps it: its files by name, as JSON.
fn edition_record(edition: &Edition) -> Result<EditionRecord, AppError> {
    let files = BTreeMap::from([
        (format!("{}.toml", edition.year), edition.text.as_str()),
        (format!("{}.colors.toml", edition.year), edition.colors_text.as_str()),
    ]);
    Ok(EditionRecord {
        year: edition.year,
        hash: edition.hash.clone(),
        text: serde_json::to_string(&files)?,
    })
}
