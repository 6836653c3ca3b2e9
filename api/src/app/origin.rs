//! Where a result comes from: the run, the editions of the rules and the imported files, so
//! that a file that is passed on says it itself.

use calsos_domain::rulebook::Rulebooks;
use calsos_persistence::{ReleaseRecord, RunRecord};

use super::Office;
use super::held::Held;
use super::release_states::{WITHDRAWN, coverage_words, states, states_among};
use crate::error::AppError;
use crate::output::Table;

/// What a result rests on.
pub(crate) struct Origin {
    /// The moment that the result is as old as: UTC, RFC 3339.
    pub(crate) made_at: String,
    /// Titled tables: what the result is, the editions, the releases.
    pub(crate) tables: Vec<(String, Table)>,
}

impl Office {
    /// The origin of answers of the current run. `what` says what was asked for.
    pub(crate) fn origin_of_answers(&self, what: &str) -> Result<Origin, AppError> {
        let run = self.run()?;
        Ok(origin(what, &run, &self.books_of(&run)?, &self.store.releases()?))
    }

    /// The origin of what is drawn from the files in force and today's rules, without a run.
    pub(crate) fn origin_of_files(&self, what: &str) -> Result<Origin, AppError> {
        let releases = self.store.releases()?;
        let standing = releases.iter().filter(|record| !record.is_withdrawn());
        let newest = standing.map(|record| record.imported_at.as_str()).max();
        let made_at = newest.unwrap_or_default().to_owned();
        let facts = [
            ("run", "none: drawn from the imported files themselves".to_owned()),
            ("newest file imported at", made_at.clone()),
            ("made by", format!("calsos {}", env!("CARGO_PKG_VERSION"))),
        ];
        let tables = vec![
            (what.to_owned(), about(&facts)),
            editions(&self.books),
            ("Imported files".to_owned(), release_table(&releases, None)),
        ];
        Ok(Origin { made_at, tables })
    }
}

impl Held {
    /// The origin of its answers.
    pub(crate) fn origin(&self, what: &str) -> Origin {
        origin(what, &self.run, &self.books, &self.releases)
    }
}

/// What a run and its releases and editions say of a result.
fn origin(what: &str, run: &RunRecord, books: &Rulebooks, releases: &[ReleaseRecord]) -> Origin {
    let facts = [
        ("run", run.number.to_string()),
        ("run id", run.id.to_string()),
        ("run made at", run.made_at.clone()),
        ("run made by", run.by.clone()),
        ("decided by", format!("calsos {}", run.program_version)),
        ("answers of the run", run.answer_count.to_string()),
    ];
    let tables = vec![
        (what.to_owned(), about(&facts)),
        editions(books),
        ("Imported files".to_owned(), release_table(releases, Some(run))),
    ];
    Origin { made_at: run.made_at.clone(), tables }
}

fn about(facts: &[(&str, String)]) -> Table {
    let mut table = Table::new(&["what", "is"]);
    for (what, is) in facts {
        table.push([(*what).to_owned(), is.clone()]);
    }
    table
}

fn editions(books: &Rulebooks) -> (String, Table) {
    let mut table = Table::new(&["Dashboard year", "SHA-256 of the edition", "Dashboard public"]);
    for edition in books.editions() {
        table.push([
            edition.year.to_string(),
            edition.hash.clone(),
            edition.public_date.map(|day| day.to_string()).unwrap_or_default(),
        ]);
    }
    ("Editions of the rules".to_owned(), table)
}

/// Every release. What stands beside the answers, such as the state's lists, is always of
/// those in force now; a run keeps to those that were there when it was made.
fn release_table(releases: &[ReleaseRecord], run: Option<&RunRecord>) -> Table {
    let now = states(releases);
    let read_by_run =
        |record: &&ReleaseRecord| run.is_some_and(|run| run.releases.contains(&record.number));
    let in_run = states_among(releases.iter().filter(read_by_run));
    let mut table = Table::new(&[
        "release",
        "kind",
        "year",
        "file",
        "SHA-256",
        "dated",
        "rows",
        "coverage",
        "imported at",
        "imported by",
    ]);
    if run.is_some() {
        table.header.push("in the run".to_owned());
    }
    table.header.push("now".to_owned());
    for record in releases {
        let mut row = vec![
            record.number.to_string(),
            record.kind.code(),
            record.year.map(|year| year.to_string()).unwrap_or_default(),
            record.file_name.clone(),
            record.sha256.clone(),
            record.file_date.map(|day| day.to_string()).unwrap_or_default(),
            record.rows_kept.to_string(),
            coverage_words(&record.coverage),
            record.imported_at.clone(),
            record.imported_by.clone(),
        ];
        if run.is_some() {
            let state = in_run.get(&record.number).cloned();
            let not_read = if record.is_withdrawn() { WITHDRAWN } else { "imported later" };
            row.push(state.unwrap_or(format!("not read: {not_read}")));
        }
        row.push(now.get(&record.number).cloned().unwrap_or_default());
        table.push(row);
    }
    table
}
