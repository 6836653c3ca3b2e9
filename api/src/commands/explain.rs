//! `calsos explain`.

use std::collections::BTreeMap;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use calsos_domain::rulebook::Source;
use serde::Serialize;

use crate::app::Office;
use crate::app::explain::Explanation;
use crate::cli::{Explain, Format, Global};
use crate::error::AppError;
use crate::output::{screen, write_json, write_ndjson};
use crate::views::answer::DeterminationView;
use crate::views::trace::TraceView;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplanationView<'a> {
    name: &'a str,
    county_name: &'a str,
    determination: &'a DeterminationView,
    trace: &'a TraceView,
}

pub(super) fn run(office: &Office, global: &Global, asked: &Explain) -> Result<(), AppError> {
    let explanation = office.explain(asked.cds, asked.year)?;
    let Explanation { name, county_name, view, trace, sources } = &explanation;
    let mut out = screen();
    if global.format != Format::Table {
        let view = ExplanationView { name, county_name, determination: view, trace };
        return match global.format {
            Format::Ndjson => write_ndjson(&mut *out, &[view]),
            _ => write_json(&mut *out, &view),
        };
    }
    summary(&mut *out, &explanation)?;
    if !asked.brief {
        writeln!(out, "\n{BOLD}Every rule that was tried{BOLD:#}")?;
        writeln!(
            out,
            "+ met   - not met   ? not known   * decides: another value here changes an answer\n"
        )?;
        let mut places = Places::default();
        for child in &trace.children {
            node(&mut *out, child, 0, sources, &mut places)?;
        }
        places.show(&mut *out)?;
    }
    if asked.rows {
        original_rows(&mut *out, office, trace)?;
    }
    out.flush()?;
    Ok(())
}

const BOLD: Style = Style::new().bold();

fn summary(out: &mut dyn Write, explanation: &Explanation) -> Result<(), AppError> {
    let Explanation { name, county_name, view, .. } = explanation;
    let kind = match view.lea_type.as_str() {
        "countyOffice" => "county office of education",
        "charter" => "charter school",
        _ => "school district",
    };
    writeln!(out, "{BOLD}{name}{BOLD:#} ({}), {kind}, {county_name} County", view.cds)?;
    writeln!(
        out,
        "{} Dashboard: data of {}, support in {}\n",
        view.dashboard_year, view.data_school_year, view.support_school_year
    )?;
    if !view.judged {
        let reason = view
            .not_judged_reason
            .as_deref()
            .unwrap_or("The year does not judge LEAs of this kind.");
        writeln!(out, "Not judged in this year. {reason}")?;
    } else {
        let label = view.label.as_deref().unwrap_or("Not known for want of files");
        writeln!(out, "{BOLD}{label}{BOLD:#}")?;
        match view.eligible_level {
            Some(level) => writeln!(out, "Level of support that the rules give: {level}")?,
            None => writeln!(out, "Level of support that the rules give: not known")?,
        }
        if let Some(provider) = &view.provider {
            let joined = provider.joined_by.as_ref().map(|j| format!(", joined by the {j}"));
            let confirm = if provider.to_be_confirmed { " (to be confirmed)" } else { "" };
            writeln!(
                out,
                "Who provides help: {}{}{confirm}",
                provider.name,
                joined.unwrap_or_default()
            )?;
        }
        why(out, view)?;
    }
    for point in &view.open_points {
        writeln!(
            out,
            "\nOpen: {}\n  Read here: {}\n  Other reading: {}",
            point.question, point.default, point.other
        )?;
    }
    for note in &view.notes {
        writeln!(out, "\nNote: {note}")?;
    }
    if view.provisional {
        writeln!(out, "\nProvisional: not every file was loaded")?;
        for missing in &view.missing {
            let change = if missing.could_change.is_empty() {
                "it cannot change an answer any more".to_owned()
            } else {
                format!("it could change {}", missing.could_change.join(", "))
            };
            writeln!(out, "  {} {change}", missing.text)?;
        }
    }
    Ok(())
}

/// The reasons in plain words: what is met, by which groups and cells.
fn why(out: &mut dyn Write, view: &DeterminationView) -> Result<(), AppError> {
    writeln!(out, "\nWhy")?;
    let coded: Vec<_> = view.groups.iter().filter(|g| g.code.is_some()).collect();
    if coded.is_empty() {
        writeln!(out, "  No student group is known to meet the criteria in two state priorities.")?;
    }
    for group in coded {
        let met: Vec<String> = group
            .priorities
            .iter()
            .filter(|p| p.outcome == "met")
            .map(|p| p.priority.to_string())
            .collect();
        let name = calsos_domain::student_group::StudentGroup::parse(&group.group)
            .map_or(group.group.as_str(), |g| g.name());
        let code = group.code.as_deref().unwrap_or_default();
        writeln!(
            out,
            "  {name} meet the criteria in state priorities {} (code {code}):",
            met.join(", ")
        )?;
        for cell in group.cells.iter().filter(|c| c.state == "rated") {
            writeln!(out, "    {:<8} {}", cell.indicator, cell.text)?;
        }
    }
    for local in view.local_indicators.iter().filter(|l| l.outcome == "met") {
        writeln!(
            out,
            "  Local indicator of priority {}: {}",
            local.priority,
            local.rating.as_deref().unwrap_or_default()
        )?;
    }
    let methods: Vec<String> =
        view.methods.iter().map(|m| format!("{} {}", m.id, words(&m.outcome))).collect();
    if !methods.is_empty() {
        writeln!(out, "  Methods: {}", methods.join(", "))?;
    }
    if let Some(charter) = &view.charter {
        writeln!(
            out,
            "  {}: {} (literal reading: {}; same group in each year: {})",
            charter.citation,
            words(&charter.outcome),
            words(&charter.literal),
            words(&charter.same_group)
        )?;
    }
    for test in &view.sustained_need {
        let years: Vec<String> = test.window.iter().map(ToString::to_string).collect();
        let groups =
            if test.groups.is_empty() { "no group".to_owned() } else { test.groups.join(", ") };
        writeln!(
            out,
            "  {} over {}: {} ({groups} in enough of the years)",
            test.id,
            years.join(", "),
            words(&test.outcome)
        )?;
    }
    Ok(())
}

fn words(outcome: &str) -> &str {
    match outcome {
        "notMet" => "not met",
        "notKnown" => "not known",
        other => other,
    }
}

/// The files and sources that the tree names, given a short mark each.
#[derive(Default)]
struct Places {
    files: BTreeMap<u32, (String, String)>,
    sources: BTreeMap<String, String>,
}

impl Places {
    fn show(&self, out: &mut dyn Write) -> Result<(), AppError> {
        if !self.files.is_empty() {
            writeln!(out, "\n{BOLD}Files{BOLD:#}")?;
        }
        for (release, (file, sha256)) in &self.files {
            writeln!(out, "  release {release}: {file}, SHA-256 {sha256}")?;
        }
        if !self.sources.is_empty() {
            writeln!(out, "\n{BOLD}Sources{BOLD:#}")?;
        }
        for (id, text) in &self.sources {
            writeln!(out, "  {id}: {text}")?;
        }
        Ok(())
    }
}

fn node(
    out: &mut dyn Write,
    view: &TraceView,
    depth: usize,
    sources: &BTreeMap<String, Source>,
    places: &mut Places,
) -> Result<(), AppError> {
    let (mark, style) = match view.outcome.as_deref() {
        Some("met") => ("+", AnsiColor::Red.on_default()),
        Some("notMet") => ("-", Style::new()),
        Some(_) => ("?", AnsiColor::Yellow.on_default()),
        None => (" ", Style::new()),
    };
    let decides = view.decides.as_ref().is_some_and(|d| !d.is_empty());
    let star = if decides { " *" } else { "" };
    let value = view.value.as_ref().map(|v| format!(": {v}")).unwrap_or_default();
    let place = view.source.as_ref().map(|source| {
        places.files.insert(source.release, (source.file.clone(), source.sha256.clone()));
        format!(" [release {}, row {}]", source.release, source.row)
    });
    let cited: Vec<&str> = match view.kind.as_str() {
        // A group's and a cell's citations repeat those of the rules above them.
        "group" | "cell" => Vec::new(),
        _ => view.citations.iter().map(String::as_str).collect(),
    };
    for citation in &cited {
        let id = citation.split('#').next().unwrap_or_default();
        if let Some(source) = sources.get(id) {
            places.sources.insert(id.to_owned(), format!("{} ({})", source.title, source.place));
        }
    }
    let cited = if cited.is_empty() { String::new() } else { format!(" ({})", cited.join(", ")) };
    let indent = "  ".repeat(depth);
    writeln!(
        out,
        "{indent}{style}{mark}{style:#} {}{value}{star}{}{cited}",
        view.label,
        place.unwrap_or_default()
    )?;
    if let Some(reason) = &view.reason {
        writeln!(out, "{indent}    {reason}")?;
    }
    for child in children(view) {
        node(out, child, depth + 1, sources, places)?;
    }
    Ok(())
}

/// A criterion with one alternative says the same as that alternative: its conditions
/// follow at once.
fn children(view: &TraceView) -> Vec<&TraceView> {
    match view.children.as_slice() {
        [only] if view.kind == "criterion" && only.kind == "alternative" => {
            only.children.iter().collect()
        }
        all => all.iter().collect(),
    }
}

/// The original rows of the cells that decide.
fn original_rows(out: &mut dyn Write, office: &Office, trace: &TraceView) -> Result<(), AppError> {
    let mut sources = BTreeMap::new();
    collect(trace, &mut sources);
    writeln!(out, "\n{BOLD}Original rows of the cells that decide{BOLD:#}")?;
    for ((release, row), source) in sources {
        writeln!(out, "  release {release}, {}, row {row}", source.file)?;
        for (column, value) in office.original(source)? {
            if !value.is_empty() {
                writeln!(out, "    {column}: {value}")?;
            }
        }
    }
    Ok(())
}

fn collect<'a>(
    view: &'a TraceView,
    found: &mut BTreeMap<(u32, u32), &'a crate::views::trace::SourceView>,
) {
    if let Some(source) = &view.source
        && view.decides.as_ref().is_some_and(|d| !d.is_empty())
    {
        found.insert((source.release, source.row), source);
    }
    view.children.iter().for_each(|child| collect(child, found));
}
