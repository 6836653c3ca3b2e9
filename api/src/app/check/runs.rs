//! Decides each run again from its releases, under its editions, and compares.

use std::collections::BTreeMap;

use calsos_domain::evaluation::Basis;
use calsos_domain::facts::LeaFacts;
use calsos_domain::rulebook::{Rulebooks, edition_hash};
use calsos_domain::year::DashboardYear;
use calsos_persistence::{
    AnswerFilter, AnswerRecord, Finding, PackedFacts, ReleaseRecord, RunRecord,
};

use super::{Checked, named};
use crate::app::Office;
use crate::app::determine::decide_lea;
use crate::error::AppError;
use crate::views::answer::DeterminationView;
use crate::views::listed::ListedView;

/// What is counted of a run besides what is found.
#[derive(Default)]
struct Compared {
    answers: usize,
    /// Answers whose text is another, and that say the same.
    written_otherwise: usize,
    /// LEAs whose facts were not stored.
    without_facts: usize,
}

impl Office {
    pub(super) fn check_run(
        &self,
        checked: &mut Checked,
        run: &RunRecord,
        records: &[ReleaseRecord],
    ) -> Result<(), AppError> {
        if !self.check_editions(checked, run)? {
            return Ok(());
        }
        let books = match self.books_of(run) {
            Err(AppError::Rulebooks(faults)) => {
                let problem = format!("the editions of the run cannot be loaded: {faults}");
                checked.found(Finding::new("edition", named(run), problem));
                return Ok(());
            }
            books => checked.read(books)?,
        };
        let mut own = records.to_vec();
        own.retain(|record| run.releases.contains(&record.number));
        let base = checked.read(self.facts(&own))?;
        let facts = checked.read(self.store.facts(&run.id).map_err(AppError::from))?;
        let (Some(books), Some(base), Some(facts)) = (books, base, facts) else { return Ok(()) };
        let mut compared = Compared::default();
        for lea in base.leas.values() {
            match facts.get(&lea.cds) {
                Some(packed) => check_facts(checked, run, lea, packed)?,
                None => compared.without_facts += 1,
            }
            self.check_answers(checked, &mut compared, run, &books, lea)?;
        }
        for cds in facts.keys().filter(|cds| !base.leas.contains_key(cds)) {
            let row = format!("{}, LEA {cds}", named(run));
            let problem = "facts are stored of an LEA that no release of the run names";
            checked.found(Finding::new("run_facts", row, problem));
        }
        if compared.answers as u64 != run.answer_count {
            let problem = format!(
                "{} answers were found, where the run has {}",
                compared.answers, run.answer_count
            );
            checked.found(Finding::new("answer", named(run), problem));
        }
        let number = run.number;
        if compared.without_facts > 0 {
            checked.notes.push(format!(
                "run {number}: the facts of {} LEAs are not stored, or in another format; their \
                 answers were decided from the rows of the releases",
                compared.without_facts
            ));
        }
        if compared.written_otherwise > 0 {
            checked.notes.push(format!(
                "run {number}, by version {}: {} answers decide the same, and their texts are those \
                 that were stored; this version of the program ({}) writes them otherwise",
                run.program_version,
                compared.written_otherwise,
                env!("CARGO_PKG_VERSION")
            ));
        }
        checked.answers += compared.answers;
        Ok(())
    }

    /// Whether the texts of a run's editions are those of their hashes.
    fn check_editions(&self, checked: &mut Checked, run: &RunRecord) -> Result<bool, AppError> {
        let mut sound = true;
        for kept in &run.editions {
            let read = self.store.edition(&kept.hash).map_err(AppError::from);
            let Some(edition) = checked.read(read)? else {
                sound = false;
                continue;
            };
            let year = kept.year;
            let hash =
                edition.as_ref().filter(|edition| edition.year == year).and_then(|edition| {
                    let files: BTreeMap<String, String> =
                        serde_json::from_str(&edition.text).ok()?;
                    let text = files.get(&format!("{year}.toml"))?;
                    let colors = files.get(&format!("{year}.colors.toml"))?;
                    Some(edition_hash(text, colors))
                });
            if hash.as_ref() != Some(&kept.hash) {
                sound = false;
                let row = format!("hash {}", kept.hash);
                let problem = format!(
                    "the text that is stored of the edition of {year}, which {} was decided by, is \
                     not that of its hash",
                    named(run)
                );
                checked.found(Finding::new("edition", row, problem));
            }
        }
        Ok(sound)
    }

    fn check_answers(
        &self,
        checked: &mut Checked,
        compared: &mut Compared,
        run: &RunRecord,
        books: &Rulebooks,
        lea: &LeaFacts,
    ) -> Result<(), AppError> {
        let filter = AnswerFilter { cds: Some(lea.cds), ..AnswerFilter::default() };
        let stored = self.store.answers(&run.id, &filter).map_err(AppError::from);
        let Some(stored) = checked.read(stored)? else { return Ok(()) };
        compared.answers += stored.len();
        let mut stored: BTreeMap<DashboardYear, AnswerRecord> =
            stored.into_iter().map(|answer| (answer.year, answer)).collect();
        let row = |year| format!("{}, year {year}, LEA {}", named(run), lea.cds);
        for decided in decide_lea(books, lea, Basis::Files)? {
            let year = decided.year;
            let Some(answer) = stored.remove(&year) else {
                let problem = "the answer that its inputs and edition give is not stored";
                checked.found(Finding::new("answer", row(year), problem));
                continue;
            };
            if let Some((table, problem)) = disagreement(&answer, &decided) {
                checked.found(Finding::new(table, row(year), problem));
            } else if answer.body != decided.body {
                compared.written_otherwise += 1;
            }
        }
        for year in stored.into_keys() {
            let problem = "an answer is stored that its inputs and edition do not give";
            checked.found(Finding::new("answer", row(year), problem));
        }
        Ok(())
    }
}

fn check_facts(
    checked: &mut Checked,
    run: &RunRecord,
    lea: &LeaFacts,
    packed: &PackedFacts,
) -> Result<(), AppError> {
    let Some(facts) = checked.read(packed.unpack().map_err(AppError::from))? else { return Ok(()) };
    if facts != *lea {
        let row = format!("{}, LEA {}", named(run), lea.cds);
        let problem = "the facts that are stored are not those of the run's releases";
        checked.found(Finding::new("run_facts", row, problem));
    }
    Ok(())
}

/// The table in which a stored answer is not the one that its inputs and edition give. Its text
/// may be written otherwise by another version of the program; what it decides may not.
fn disagreement(stored: &AnswerRecord, decided: &AnswerRecord) -> Option<(&'static str, String)> {
    let columns = |answer: &AnswerRecord| {
        (answer.lea_type, answer.eligible_level, answer.label.clone(), answer.provisional)
    };
    if columns(stored) != columns(decided) {
        let problem =
            "type, level, label or openness are not those that its inputs and edition give";
        return Some(("answer", problem.to_owned()));
    }
    if stored.body == decided.body {
        let same = stored.summary.is_none() || stored.summary == decided.summary;
        let problem = "what lists show of the answer is not what its text says";
        return (!same).then(|| ("answer_body", problem.to_owned()));
    }
    let listed = |body: &str| {
        serde_json::from_str::<DeterminationView>(body).map(|view| ListedView::of(&view))
    };
    match (listed(&stored.body), listed(&decided.body)) {
        (Ok(one), Ok(other)) if one == other => None,
        (Ok(_), _) => {
            let problem = "the text decides otherwise than its inputs and edition do";
            Some(("answer_body", problem.to_owned()))
        }
        (Err(cause), _) => Some(("answer_body", format!("the text cannot be read: {cause}"))),
    }
}
