//! `calsos reconcile`.

use std::collections::BTreeMap;
use std::io::Write;

use crate::app::Office;
use crate::cli::{Format, Global, Reconcile, ReconcileBasis};
use crate::error::AppError;
use crate::output::{Table, file_or_screen, write_json, write_ndjson, write_table};
use crate::views::reconciliation::{
    CellDifference, CharterComparisonView, ColumnView, ReconciliationView,
};
use crate::workbook::{Sheet, workbook_file, write_workbook};

/// How many cells that are not known are shown of each column and reason without `--all`.
const SHOWN_OF_A_KIND: usize = 3;

pub(super) fn run(office: &Office, global: &Global, asked: &Reconcile) -> Result<(), AppError> {
    let out = asked.out.as_deref();
    if global.format == Format::Xlsx {
        // Asked before the comparison, which takes a while.
        workbook_file(out)?;
    }
    let view = office.reconcile(asked.year, asked.basis)?;
    match global.format {
        Format::Json => write_json(&mut *file_or_screen(out)?, &view)?,
        Format::Ndjson => {
            let cells: Vec<&CellDifference> = all_cells(&view).collect();
            write_ndjson(&mut *file_or_screen(out)?, &cells)?;
        }
        Format::Csv => {
            let cells = cell_table(all_cells(&view));
            write_table(&mut *file_or_screen(out)?, &cells, Format::Csv)?;
        }
        Format::Table => show(&mut *file_or_screen(out)?, &view, asked.all)?,
        Format::Xlsx => write_sheets(office, asked, &view)?,
    }
    let differing = view.differing + view.charters.as_ref().map_or(0, |c| c.differing);
    if asked.fail_on_difference && differing > 0 {
        return Err(AppError::Differences(differing));
    }
    Ok(())
}

/// Every cell that differs or is not known: of the list, then of the charter list.
fn all_cells(view: &ReconciliationView) -> impl Iterator<Item = &CellDifference> {
    let charters = view
        .charters
        .iter()
        .flat_map(|charters| charters.differences.iter().chain(&charters.unknown));
    view.differences.iter().chain(&view.unknown).chain(charters)
}

fn cell_table<'a>(cells: impl Iterator<Item = &'a CellDifference>) -> Table {
    let mut table =
        Table::new(&["CDS", "name", "column", "computed", "published", "reason", "readings"]);
    for cell in cells {
        let CellDifference { cds, name, column, computed, published, reason, readings } = cell;
        table.push([
            cds.clone(),
            name.clone(),
            column.clone(),
            computed.clone(),
            published.clone(),
            reason.clone(),
            readings.clone().unwrap_or_default(),
        ]);
    }
    table
}

/// What of the comparison is no cell, by title.
fn sections(view: &ReconciliationView) -> [(&'static str, &Vec<String>); 3] {
    [
        ("Computed, and not on the list", &view.not_on_list),
        ("On the list, and not computed: no file of the year names them", &view.not_computed),
        ("The list against itself and the earlier lists", &view.list_against_itself),
    ]
}

fn charter_sections(view: &CharterComparisonView) -> [(&'static str, &Vec<String>); 2] {
    [
        ("Charter schools computed, and not on the charter list", &view.not_on_list),
        (
            "On the charter list, and not computed: no file of the year names them",
            &view.not_computed,
        ),
    ]
}

fn title(view: &ReconciliationView) -> String {
    let basis = match view.basis.as_str() {
        "codes" => "what follows from the list's own codes",
        _ => "what was computed from files",
    };
    format!("{} list against {basis}", view.dashboard_year)
}

fn column_table<'a>(columns: impl IntoIterator<Item = &'a ColumnView>) -> Table {
    let mut table = Table::new(&["column", "agree", "differ", "not known"]);
    for column in columns {
        table.push([
            column.column.clone(),
            column.agreeing.to_string(),
            column.differing.to_string(),
            column.not_known.to_string(),
        ]);
    }
    table
}

fn write_sheets(
    office: &Office,
    asked: &Reconcile,
    view: &ReconciliationView,
) -> Result<(), AppError> {
    let path = workbook_file(asked.out.as_deref())?;
    let of_charters = view.charters.iter().flat_map(|charters| &charters.columns);
    let columns = column_table(view.columns.iter().chain(of_charters));
    let cells = cell_table(all_cells(view));
    let mut leas = Table::new(&["what", "which"]);
    let of_charters = view.charters.iter().flat_map(charter_sections);
    for (title, lines) in sections(view).into_iter().chain(of_charters) {
        for line in lines {
            leas.push([title.to_owned(), line.clone()]);
        }
    }
    let counts = ["agree", "differ", "not known"];
    let sheet = |name: &str, table, numbers| Sheet { name: name.to_owned(), table, numbers };
    let sheets = [
        sheet("Columns", &columns, &counts[..]),
        sheet("Cells", &cells, &[]),
        sheet("LEAs", &leas, &[]),
    ];
    let what = format!(
        "{}: {} LEAs on the list, {} with every cell agreeing",
        title(view),
        view.leas,
        view.leas_agreeing
    );
    let origin = match asked.basis {
        ReconcileBasis::Files => office.origin_of_answers(&what)?,
        ReconcileBasis::Codes => office.origin_of_files(&what)?,
    };
    write_workbook(path, &sheets, &origin)
}

fn show(out: &mut dyn Write, view: &ReconciliationView, all: bool) -> Result<(), AppError> {
    writeln!(out, "{}", title(view))?;
    writeln!(
        out,
        "{} LEAs on the list, {} with every cell agreeing",
        view.leas, view.leas_agreeing
    )?;
    writeln!(
        out,
        "{} cells agree, {} differ, {} are not known\n",
        view.agreeing, view.differing, view.not_known
    )?;
    write_table(out, &column_table(&view.columns), Format::Table)?;
    if !view.differences.is_empty() {
        writeln!(out, "\nCells that differ")?;
        view.differences.iter().try_for_each(|cell| show_cell(out, cell))?;
    }
    if !view.unknown.is_empty() {
        writeln!(out, "\nCells that are not known")?;
        show_unknown(out, &view.unknown, all)?;
    }
    show_sections(out, &sections(view), all)?;
    if let Some(charters) = &view.charters {
        show_charters(out, charters, all)?;
    }
    out.flush()?;
    Ok(())
}

/// The charter schools, as a section of their own.
fn show_charters(
    out: &mut dyn Write,
    view: &CharterComparisonView,
    all: bool,
) -> Result<(), AppError> {
    writeln!(
        out,
        "\nCharter schools: {} on the charter list, {} with every cell agreeing",
        view.leas, view.leas_agreeing
    )?;
    writeln!(
        out,
        "{} cells agree, {} differ, {} are not known\n",
        view.agreeing, view.differing, view.not_known
    )?;
    let columns = column_table(&view.columns);
    write_table(out, &columns, Format::Table)?;
    if !view.differences.is_empty() {
        writeln!(out, "\nCells that differ")?;
        view.differences.iter().try_for_each(|cell| show_cell(out, cell))?;
    }
    if !view.unknown.is_empty() {
        writeln!(out, "\nCells that are not known")?;
        show_unknown(out, &view.unknown, all)?;
    }
    show_sections(out, &charter_sections(view), all)
}

fn show_sections(
    out: &mut dyn Write,
    sections: &[(&str, &Vec<String>)],
    all: bool,
) -> Result<(), AppError> {
    for (title, lines) in sections {
        if !lines.is_empty() {
            writeln!(out, "\n{title} ({})", lines.len())?;
            let most = if all { lines.len() } else { 10 };
            for line in lines.iter().take(most) {
                writeln!(out, "  {line}")?;
            }
            if lines.len() > most {
                writeln!(out, "  … and {} more (--all shows them)", lines.len() - most)?;
            }
        }
    }
    Ok(())
}

fn show_cell(out: &mut dyn Write, cell: &CellDifference) -> Result<(), AppError> {
    let CellDifference { cds, name, column, computed, published, reason, readings } = cell;
    writeln!(out, "  {cds} {name}, {column}: computed {computed}, published {published}")?;
    writeln!(out, "    {reason}")?;
    if let Some(readings) = readings {
        writeln!(out, "    {readings}")?;
    }
    Ok(())
}

/// Cells of one column and reason are told by their number and the first of them.
fn show_unknown(
    out: &mut dyn Write,
    unknown: &[CellDifference],
    all: bool,
) -> Result<(), AppError> {
    let mut kinds: BTreeMap<(&str, &str), Vec<&CellDifference>> = BTreeMap::new();
    for cell in unknown {
        kinds.entry((&cell.column, &cell.reason)).or_default().push(cell);
    }
    for ((column, reason), cells) in kinds {
        writeln!(out, "  {column}: {} LEAs, {reason}", cells.len())?;
        let most = if all { cells.len() } else { SHOWN_OF_A_KIND };
        for cell in cells.iter().take(most) {
            let readings = cell.readings.as_ref().map(|r| format!(" ({r})")).unwrap_or_default();
            writeln!(
                out,
                "    {} {}: published {}{readings}",
                cell.cds, cell.name, cell.published
            )?;
        }
        if cells.len() > most {
            writeln!(out, "    … and {} more (--all shows them)", cells.len() - most)?;
        }
    }
    Ok(())
}
