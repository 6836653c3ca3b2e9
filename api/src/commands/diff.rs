//! `calsos diff`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde::Serialize;

use crate::app::Office;
use crate::cli::{Diff, Format, Global};
use crate::error::AppError;
use crate::output::{Table, screen, write_json, write_ndjson, write_table};
use crate::views::run_diff::{LeaChange, RunDiffView, RunView};

/// How many changed LEAs are shown of each kind without `--all`.
const SHOWN: usize = 40;

/// An LEA's year, with whether it is an answer or a row of a list.
#[derive(Serialize)]
struct Line<'a> {
    of: &'static str,
    #[serde(flatten)]
    change: &'a LeaChange,
}

pub(super) fn run(office: &Office, global: &Global, asked: &Diff) -> Result<(), AppError> {
    let (before, after) = office.two_runs(asked.before.as_deref(), asked.after.as_deref())?;
    let view = office.diff(&before, &after)?;
    let mut out = screen();
    match global.format {
        Format::Json => write_json(&mut *out, &view),
        Format::Ndjson => write_ndjson(&mut *out, &lines(&view)),
        Format::Table => show(&mut *out, &view, asked.all),
        Format::Csv | Format::Xlsx => write_table(&mut *out, &change_table(&view), global.format),
    }
}

fn lines(view: &RunDiffView) -> Vec<Line<'_>> {
    let answers = view.answers.iter().map(|change| Line { of: "answer", change });
    answers.chain(view.lists.iter().map(|change| Line { of: "list", change })).collect()
}

/// One row for each thing that changed.
fn change_table(view: &RunDiffView) -> Table {
    let mut table = Table::new(&["of", "year", "CDS", "name", "change", "what", "before", "after"]);
    for Line { of, change } in lines(view) {
        for one in &change.changes {
            table.push([
                of.to_owned(),
                change.dashboard_year.to_string(),
                change.cds.clone(),
                change.name.clone(),
                change.change.to_owned(),
                one.what.clone(),
                one.before.clone(),
                one.after.clone(),
            ]);
        }
    }
    table
}

fn show(out: &mut dyn Write, view: &RunDiffView, all: bool) -> Result<(), AppError> {
    let RunDiffView { before, after, counts, editions, releases, answers, lists } = view;
    let run = |run: &RunView| {
        format!("run {} ({}, by {}, {})", run.number, run.made_at, run.made_by, run.run)
    };
    writeln!(out, "{}", run(before))?;
    writeln!(out, "{}\n", run(after))?;
    writeln!(
        out,
        "Answers for an LEA and year: {} before, {} after; {} the same, {} with other reasons, {} \
         changed, {} gained, {} lost",
        before.answers,
        after.answers,
        counts.same,
        counts.other_reasons,
        counts.changed,
        counts.gained,
        counts.lost
    )?;
    show_counts(out, &counts.changed_answers)?;
    writeln!(
        out,
        "Rows of the state's lists in force: {} changed, {} gained, {} lost",
        counts.list_rows_changed, counts.list_rows_gained, counts.list_rows_lost
    )?;
    show_counts(out, &counts.changed_in_lists)?;
    if !editions.is_empty() {
        writeln!(out, "\nEditions of the rules that are others")?;
        for edition in editions {
            let side = |hash: &Option<String>| hash.clone().unwrap_or("none".to_owned());
            let (before, after) = (side(&edition.before), side(&edition.after));
            writeln!(out, "  {}: {before}\n     to {after}", edition.dashboard_year)?;
        }
    }
    if !releases.is_empty() {
        writeln!(out, "\nImported files")?;
        for release in releases {
            let year = release.dashboard_year.map(|y| format!(" {y}")).unwrap_or_default();
            writeln!(
                out,
                "  release {}, {}{year}, {}: {} (before), {} (after)",
                release.release, release.kind, release.file, release.before, release.after
            )?;
        }
    }
    show_leas(out, "Answers", answers, all)?;
    show_leas(out, "Rows of the state's lists", lists, all)?;
    out.flush()?;
    Ok(())
}

/// What changed, by year.
fn show_counts(
    out: &mut dyn Write,
    counts: &BTreeMap<String, BTreeMap<u16, usize>>,
) -> Result<(), AppError> {
    if counts.is_empty() {
        return Ok(());
    }
    let years: BTreeSet<u16> = counts.values().flat_map(BTreeMap::keys).copied().collect();
    let mut table = Table::new(&["LEAs by what changed"]);
    table.header.extend(years.iter().map(ToString::to_string));
    for (what, by_year) in counts {
        let numbers = years.iter().map(|y| by_year.get(y).copied().unwrap_or(0).to_string());
        table.push(std::iter::once(what.clone()).chain(numbers));
    }
    write_table(out, &table, Format::Table)
}

fn show_leas(
    out: &mut dyn Write,
    title: &str,
    changes: &[LeaChange],
    all: bool,
) -> Result<(), AppError> {
    if changes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title} ({})", changes.len())?;
    let most = if all { changes.len() } else { SHOWN };
    for change in changes.iter().take(most) {
        let LeaChange { dashboard_year, cds, name, change, changes } = change;
        let what: Vec<String> = changes
            .iter()
            .map(|one| match *change {
                "gained" => format!("{} {}", one.what, one.after),
                "lost" => format!("{} {}", one.what, one.before),
                _ => format!("{} {} instead of {}", one.what, one.after, one.before),
            })
            .collect();
        writeln!(out, "  {dashboard_year} {cds} {name}: {change}: {}", what.join("; "))?;
    }
    if changes.len() > most {
        writeln!(out, "  … and {} more (--all shows them)", changes.len() - most)?;
    }
    Ok(())
}
