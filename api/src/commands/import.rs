//! `calsos import`.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use calsos_domain::colors::ColorAudit;
use calsos_domain::facts::Why;
use calsos_ingest::{FileReport, HeaderChange, LeftOut, Refusal};
use calsos_persistence::ReleaseRecord;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::app::Office;
use crate::app::import::{HeaderNote, Imported};
use crate::cli::{Format, Global, Import};
use crate::error::AppError;
use crate::output::{no_csv, screen, write_json, write_ndjson};

/// What became of a file, as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileView {
    file: String,
    /// `added`, `alreadyStored`, `refused` or `unreadable`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<FileReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colors: Option<ColorsView>,
    /// How the header differs from that of an earlier file of the same kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<HeaderView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Why it is withdrawn, where the same bytes were stored before and are.
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn: Option<String>,
}

/// How the published colours and levels compare with the year's tables.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ColorsView {
    compared: usize,
    agreeing: usize,
    /// Rows with an override in force, which sets or explains what is published.
    overridden: BTreeMap<String, usize>,
    unexplained: Vec<String>,
}

/// Columns that are gone or new against another release, without the layouts knowing it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HeaderView {
    release: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    year: Option<u16>,
    #[serde(flatten)]
    change: HeaderChange,
}

/// How many rows whose colour has no explanation are shown to people.
const MISMATCHES_SHOWN: usize = 10;

pub(super) fn run(office: &Office, global: &Global, asked: &Import) -> Result<(), AppError> {
    if global.format == Format::Csv {
        return Err(no_csv("import"));
    }
    let mut out = screen();
    let people = global.format == Format::Table;
    let bar = progress_bar(asked.files.len(), people);
    let mut views = Vec::new();
    let mut refused = 0;
    for path in &asked.files {
        bar.set_message(path.display().to_string());
        let name = path.display().to_string();
        let Import { assigned, public_at, beside, by, .. } = asked;
        let view = match office.import(path, *assigned, *public_at, *beside, by) {
            Ok(imported) => view(name, imported),
            // A file that cannot be read is reported beside the others.
            Err(error @ AppError::Disk { .. }) => {
                FileView { problem: Some(error.to_string()), ..empty(name, "unreadable") }
            }
            Err(error) => return Err(error),
        };
        refused += usize::from(matches!(view.outcome, "refused" | "unreadable"));
        if people {
            bar.suspend(|| show(&mut *out, &view).and_then(|()| Ok(out.flush()?)))?;
        }
        views.push(view);
        bar.inc(1);
    }
    bar.finish_and_clear();
    match global.format {
        Format::Table => show_superseded(&mut *out, office)?,
        Format::Ndjson => write_ndjson(&mut *out, &views)?,
        Format::Json | Format::Csv | Format::Xlsx => write_json(&mut *out, &views)?,
    }
    out.flush()?;
    if refused > 0 {
        return Err(AppError::Refused { refused, asked: asked.files.len() });
    }
    Ok(())
}

fn progress_bar(files: usize, people: bool) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files  {wide_msg}");
    let bar = ProgressBar::new(files as u64);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    if !people || !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

fn empty(file: String, outcome: &'static str) -> FileView {
    FileView {
        file,
        outcome,
        release: None,
        sha256: None,
        report: None,
        colors: None,
        header: None,
        refusal: None,
        problem: None,
        withdrawn: None,
    }
}

fn view(file: String, imported: Imported) -> FileView {
    let stored = |record: ReleaseRecord, outcome, report| FileView {
        release: Some(record.number.0),
        sha256: Some(record.sha256),
        report,
        ..empty(file.clone(), outcome)
    };
    match imported {
        Imported::Added { record, report, colors, header } => FileView {
            colors: colors.map(colors_view),
            header: header.map(header_view),
            ..stored(record, "added", Some(*report))
        },
        Imported::AlreadyStored(record) => FileView {
            withdrawn: record
                .withdrawal
                .as_ref()
                .filter(|said| said.withdrawn)
                .map(|said| said.reason.clone()),
            ..stored(record, "alreadyStored", None)
        },
        Imported::Met(met) => FileView { problem: Some(met.to_string()), ..empty(file, "refused") },
        Imported::Refused { refusal, header } => FileView {
            refusal: Some(refusal),
            header: header.map(header_view),
            ..empty(file, "refused")
        },
    }
}

fn header_view(note: HeaderNote) -> HeaderView {
    let HeaderNote { release, year, change } = note;
    HeaderView { release, year, change }
}

fn colors_view(audit: ColorAudit) -> ColorsView {
    let ColorAudit { compared, agreeing, overridden, unexplained } = audit;
    ColorsView {
        compared,
        agreeing,
        overridden: overridden.into_iter().map(|(why, count)| (why.to_string(), count)).collect(),
        unexplained: unexplained.iter().map(ToString::to_string).collect(),
    }
}

fn show(out: &mut dyn Write, view: &FileView) -> Result<(), AppError> {
    let release = view.release.unwrap_or_default();
    let sha256: String = view.sha256.iter().flat_map(|s| s.chars().take(12)).collect();
    if let Some(report) = &view.report {
        show_report(out, report, release, &sha256)?;
        if let Some(colors) = view.colors.as_ref().filter(|colors| colors.compared > 0) {
            show_colors(out, colors)?;
        }
        if let Some(header) = &view.header {
            show_header(out, header)?;
        }
    } else if let Some(refusal) = &view.refusal {
        writeln!(out, "{refusal}")?;
        if let Some(header) = &view.header {
            show_header(out, header)?;
        }
    } else if let Some(problem) = &view.problem {
        match view.outcome {
            "refused" => writeln!(out, "{}\n  refused: {problem}", view.file)?,
            _ => writeln!(out, "{problem}")?,
        }
    } else {
        writeln!(
            out,
            "{}\n  already imported as release {release} ({sha256}…): nothing changed",
            view.file
        )?;
        if let Some(reason) = &view.withdrawn {
            writeln!(
                out,
                "  it is withdrawn ({reason}) and stays so; `calsos withdraw {release} --undo \
                 --reason …` reinstates it"
            )?;
        }
    }
    Ok(())
}

fn show_report(
    out: &mut dyn Write,
    report: &FileReport,
    release: u32,
    sha256: &str,
) -> Result<(), AppError> {
    let FileReport {
        file_name,
        kind,
        year,
        kind_told_by: _,
        year_told_by: _,
        sheet,
        rows_read,
        rows_kept,
        skipped,
        repaired,
        warnings,
        unknown_columns,
        missing_columns,
        layout_verified,
        layout_year,
        file_date,
        understood,
        left_out,
        columns: _,
    } = report;
    writeln!(out, "{file_name}")?;
    let year = year.map(|y| format!(" {y}")).unwrap_or_default();
    let date = file_date.as_ref().map(|d| format!(", dated {d}")).unwrap_or_default();
    let sheet = sheet.as_ref().map(|s| format!(", sheet '{s}'")).unwrap_or_default();
    writeln!(out, "  {kind}{year}{date}{sheet}: release {release} ({sha256}…)")?;
    writeln!(out, "  {rows_read} rows read, {rows_kept} kept")?;
    for what in understood {
        writeln!(out, "  understood: {what}")?;
    }
    if let Some(LeftOut { people_columns, unknown_columns, cells }) = left_out {
        let which: Vec<&str> =
            people_columns.iter().chain(unknown_columns).map(String::as_str).collect();
        writeln!(
            out,
            "  not stored, since they are or might be about people: {cells} cells of the columns \
             {}",
            which.join(", ")
        )?;
    }
    for (reason, count) in skipped {
        writeln!(out, "  skipped {count}: {reason}")?;
    }
    for (how, count) in repaired {
        writeln!(out, "  repaired {count}: {how}")?;
    }
    for warning in warnings {
        writeln!(out, "  warning: {warning}")?;
    }
    if !unknown_columns.is_empty() {
        writeln!(out, "  columns that are not known: {}", unknown_columns.join(", "))?;
    }
    if !missing_columns.is_empty() {
        writeln!(out, "  columns that are missing: {}", missing_columns.join(", "))?;
    }
    if !layout_verified {
        let of = layout_year.map(|y| format!(" (that of {y} was used)")).unwrap_or_default();
        writeln!(out, "  layout unverified: no real file of this kind and year was seen{of}")?;
    }
    Ok(())
}

/// `column 'accountabilitymet' of the file of 2023 (release 12) is gone`.
fn show_header(out: &mut dyn Write, header: &HeaderView) -> Result<(), AppError> {
    let HeaderView { release, year, change } = header;
    let HeaderChange { gone, new, perhaps_renamed } = change;
    let of_year = year.map(|year| format!("the file of {year} ")).unwrap_or_default();
    let other = format!("{of_year}(release {release})");
    for (gone, new) in perhaps_renamed {
        writeln!(
            out,
            "  column '{gone}' of {other} is gone; '{new}' is new: perhaps it was renamed"
        )?;
    }
    let paired = |name: &String| perhaps_renamed.iter().any(|(a, b)| a == name || b == name);
    for gone in gone.iter().filter(|name| !paired(name)) {
        writeln!(out, "  column '{gone}' of {other} is gone")?;
    }
    for new in new.iter().filter(|name| !paired(name)) {
        writeln!(out, "  column '{new}' is new against {other}")?;
    }
    Ok(())
}

fn show_colors(out: &mut dyn Write, colors: &ColorsView) -> Result<(), AppError> {
    let ColorsView { compared, agreeing, overridden, unexplained } = colors;
    writeln!(
        out,
        "  colours and levels: {agreeing} of {compared} rows are as the tables give them"
    )?;
    for (why, count) in overridden {
        writeln!(out, "  set by an override ({why}): {count} rows")?;
    }
    for mismatch in unexplained.iter().take(MISMATCHES_SHOWN) {
        writeln!(out, "  differs without a known reason, the published one decides: {mismatch}")?;
    }
    if unexplained.len() > MISMATCHES_SHOWN {
        writeln!(out, "  … and {} more rows", unexplained.len() - MISMATCHES_SHOWN)?;
    }
    Ok(())
}

fn show_superseded(out: &mut dyn Write, office: &Office) -> Result<(), AppError> {
    for superseded in office.superseded()? {
        let by = match superseded.why {
            Why::FileDate => "its date inside is later",
            Why::Import => "it came later",
            Why::Beside => "so it was said with --beside",
        };
        let extent = if superseded.wholly { "" } else { " for the counties that both cover" };
        writeln!(
            out,
            "release {} is in force before release {}{extent}: {by}; both are kept",
            superseded.in_force, superseded.superseded
        )?;
    }
    Ok(())
}
