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
use crate::output::{no_csv, screen, write_json, write_ndjson};
use crate::views::answer::{DeterminationView, PublishedView};
use crate::views::reasons::{Reason, reasons};
use crate::views::register::RegisterView;
use crate::views::trace::TraceView;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExplanationView<'a> {
    name: &'a str,
    county_name: &'a str,
    determination: &'a DeterminationView,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<&'a PublishedView>,
    register: &'a RegisterView,
    trace: &'a TraceView,
}

pub(super) fn run(office: &Office, global: &Global, asked: &Explain) -> Result<(), AppError> {
    if global.format == Format::Csv {
        return Err(no_csv("explain"));
    }
    let explanation = office.explain(&office.held_as_of(asked.as_of)?, asked.cds, asked.year)?;
    let Explanation { name, county_name, view, published, register, trace, sources } = &explanation;
    let mut out = screen();
    if global.format != Format::Table {
        let view = ExplanationView {
            name,
            county_name,
            determination: view,
            published: published.as_ref(),
            register,
            trace,
        };
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
        let mut tree = Tree { out: &mut *out, view, sources, places: Places::default() };
        for child in &trace.children {
            tree.node(child, 0)?;
        }
        let places = tree.places;
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
    let Explanation { name, county_name, view, published, register, .. } = explanation;
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
    let known = register.lines();
    for line in &known {
        writeln!(out, "{line}")?;
    }
    if !known.is_empty() {
        writeln!(out)?;
    }
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
            let beside = provider.beside.as_ref().map(|b| format!(", beside it the {b}"));
            let confirm = if provider.to_be_confirmed { " (to be confirmed)" } else { "" };
            writeln!(
                out,
                "Who provides help: {}{}{}{confirm}",
                provider.name,
                joined.unwrap_or_default(),
                beside.unwrap_or_default()
            )?;
        }
        if let Some(published) = published {
            let agreement = match (published.agrees, published.not_known) {
                (false, _) => "; cells differ, see `calsos reconcile`".to_owned(),
                (true, 0) => "; every cell agrees".to_owned(),
                (true, cells) => format!("; {cells} of its cells are not known here"),
            };
            writeln!(out, "The state's list: {}{agreement}", published.label)?;
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
                "It cannot change an answer any more.".to_owned()
            } else {
                format!("It could still change {}.", missing.could_change.join(", "))
            };
            writeln!(out, "  {} {change}", missing.text)?;
        }
    }
    Ok(())
}

/// The reasons in plain words: what is met, by which groups and cells.
fn why(out: &mut dyn Write, view: &DeterminationView) -> Result<(), AppError> {
    writeln!(out, "\nWhy")?;
    for Reason { text, cells } in reasons(view) {
        let colon = if cells.is_empty() { "" } else { ":" };
        writeln!(out, "  {text}{colon}")?;
        for (indicator, found) in cells {
            writeln!(out, "    {indicator:<8} {found}")?;
        }
    }
    Ok(())
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

/// Writes the tree for people: what the full tree (in JSON) says several times is said once.
struct Tree<'a> {
    out: &'a mut dyn Write,
    view: &'a DeterminationView,
    sources: &'a BTreeMap<String, Source>,
    places: Places,
}

impl Tree<'_> {
    fn node(&mut self, node: &TraceView, depth: usize) -> Result<(), AppError> {
        match node.kind.as_str() {
            "group" if self.rated_nowhere(node) => return self.unrated_group(node, depth),
            "criterion" => return self.criterion(node, depth),
            _ => {}
        }
        let value = node.value.as_ref().map(|v| format!(": {v}")).unwrap_or_default();
        let text = format!("{}{value}{}", node.label, star(node));
        let place = self.place(node);
        let cited = if node.kind == "group" { String::new() } else { self.cited(node) };
        self.line(depth, node, &format!("{text}{place}{cited}"))?;
        if let Some(reason) = &node.reason {
            writeln!(self.out, "{}    {reason}", "  ".repeat(depth))?;
        }
        node.children.iter().try_for_each(|child| self.node(child, depth + 1))
    }

    /// A criterion, and below it each cell that it asks for, once.
    fn criterion(&mut self, node: &TraceView, depth: usize) -> Result<(), AppError> {
        let cited = self.cited(node);
        self.line(depth, node, &format!("{}{cited}", node.label))?;
        let mut told: Vec<&str> = Vec::new();
        for cell in node.children.iter().flat_map(|alternative| &alternative.children) {
            let indicator = cell.id.rsplit('.').next().unwrap_or_default();
            if told.contains(&indicator) {
                continue;
            }
            told.push(indicator);
            let value = cell.value.as_deref().unwrap_or_default();
            let place = self.place(cell);
            let indent = "  ".repeat(depth + 1);
            writeln!(self.out, "{indent}  {indicator}: {value}{}{place}", star(cell))?;
        }
        Ok(())
    }

    /// Whether the group counts on no indicator at all.
    fn rated_nowhere(&self, node: &TraceView) -> bool {
        let group = node.id.strip_prefix("group.");
        let found = self.view.groups.iter().find(|g| Some(g.group.as_str()) == group);
        found.is_some_and(|group| {
            group.cells.iter().all(|c| !matches!(c.state.as_str(), "rated" | "notLoaded"))
        })
    }

    fn unrated_group(&mut self, node: &TraceView, depth: usize) -> Result<(), AppError> {
        let group = node.id.strip_prefix("group.").unwrap_or_default();
        let cells = self.view.groups.iter().filter(|g| g.group == group).flat_map(|g| &g.cells);
        let cells: Vec<String> =
            cells.map(|cell| format!("{} {}", cell.indicator, cell.text)).collect();
        let text = format!("{}: no code, no performance that counts", node.label);
        self.line(depth, node, &text)?;
        writeln!(self.out, "{}    {}", "  ".repeat(depth), cells.join("; "))?;
        Ok(())
    }

    fn line(&mut self, depth: usize, node: &TraceView, text: &str) -> Result<(), AppError> {
        let (mark, style) = match node.outcome.as_deref() {
            Some("met") => ("+", AnsiColor::Red.on_default()),
            Some("notMet") => ("-", Style::new()),
            Some(_) => ("?", AnsiColor::Yellow.on_default()),
            None => (" ", Style::new()),
        };
        writeln!(self.out, "{}{style}{mark}{style:#} {text}", "  ".repeat(depth))?;
        Ok(())
    }

    /// Where a value stands; the file is noted for the list at the end.
    fn place(&mut self, node: &TraceView) -> String {
        let Some(source) = &node.source else { return String::new() };
        let file = (source.file.clone(), source.sha256.clone());
        self.places.files.insert(source.release, file);
        format!(" [release {}, row {}]", source.release, source.row)
    }

    /// What a rule cites; the source is noted for the list at the end.
    fn cited(&mut self, node: &TraceView) -> String {
        for citation in &node.citations {
            let id = citation.split('#').next().unwrap_or_default();
            if let Some(source) = self.sources.get(id) {
                let text = format!("{} ({})", source.title, source.place);
                self.places.sources.insert(id.to_owned(), text);
            }
        }
        if node.citations.is_empty() {
            String::new()
        } else {
            format!(" ({})", node.citations.join(", "))
        }
    }
}

/// Marks a cell that decides.
fn star(node: &TraceView) -> &'static str {
    if node.decides.as_ref().is_some_and(|d| !d.is_empty()) { " *" } else { "" }
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
