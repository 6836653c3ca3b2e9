//! `calsos history`.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;

use crate::app::Office;
use crate::cli::{Format, Global, History};
use crate::error::AppError;
use crate::output::{Table, screen, write_json, write_ndjson, write_table};
use crate::views::answer::DeterminationView;
use crate::views::changes::{ChangeView, origin_words, outcome_words};
use crate::views::lea_history::{
    CodeView, HistoryYearView, IdentityView, JoinedView, LeaHistoryView, NamingView,
    SuccessionView, ThroughView,
};

/// A line of the history for programs.
#[derive(Serialize)]
#[serde(tag = "part", rename_all = "camelCase")]
enum Line<'a> {
    Identity(&'a IdentityView),
    Year(&'a HistoryYearView),
    ThroughSuccessions(&'a ThroughView),
}

pub(super) fn run(office: &Office, global: &Global, asked: &History) -> Result<(), AppError> {
    let view = office.history(asked.cds)?;
    let mut out = screen();
    match global.format {
        Format::Json => write_json(&mut *out, &view),
        Format::Ndjson => write_ndjson(&mut *out, &lines(&view)),
        Format::Table => show(&mut *out, &view),
        Format::Csv | Format::Xlsx => write_table(&mut *out, &every_year(&view), global.format),
    }
}

fn lines(view: &LeaHistoryView) -> Vec<Line<'_>> {
    let identity = std::iter::once(Line::Identity(&view.identity));
    let years = view.years.iter().map(Line::Year);
    let through = view.through_successions.iter().map(Line::ThroughSuccessions);
    identity.chain(years).chain(through).collect()
}

/// The years by code, and below them those through successions.
fn every_year(view: &LeaHistoryView) -> Table {
    let mut table = Table::new(&[
        "history",
        "year",
        "CDS",
        "name",
        "status",
        "level",
        "groups",
        "methods",
        "tests over years",
        "published",
        "published groups",
        "published methods and flags",
        "note",
        "looked back on",
        "changes",
    ]);
    for year in &view.years {
        let mut row = vec!["by code".to_owned()];
        row.extend(year_row(year));
        row.extend([looked_back_on(&year.determination).join("; "), String::new()]);
        table.push(row);
    }
    for through in &view.through_successions {
        for again in &through.years {
            let by_code = view.years.iter().find(|year| {
                let own = &year.determination;
                (own.dashboard_year, &own.cds) == (again.dashboard_year, &through.cds)
            });
            let changes: Vec<String> = again.changes.iter().map(change_words).collect();
            let cells = BTreeMap::from([
                ("history", through_title(through)),
                ("year", again.dashboard_year.to_string()),
                ("CDS", through.cds.clone()),
                ("name", by_code.map(|year| year.name.clone()).unwrap_or_default()),
                ("status", again.label.clone().unwrap_or("not known".to_owned())),
                ("level", again.eligible_level.map(|l| l.to_string()).unwrap_or_default()),
                ("changes", changes.join("; ")),
            ]);
            let cell = |name: &String| cells.get(name.as_str()).cloned().unwrap_or_default();
            let row: Vec<String> = table.header.iter().map(cell).collect();
            table.push(row);
        }
    }
    table
}

fn through_title(through: &ThroughView) -> String {
    match through.reading.as_deref() {
        None => "through successions".to_owned(),
        Some("any") => "through successions, any of the LEAs joined".to_owned(),
        Some(_) => "through successions, each of the LEAs joined".to_owned(),
    }
}

fn change_words(change: &ChangeView) -> String {
    let ChangeView { what, before, after } = change;
    match what.strip_prefix("lookedBackOn.") {
        Some(year) => format!("looks back on {year}: {after} instead of {before}"),
        None => format!("{what}: {after} instead of {before}"),
    }
}

/// Year, code, name, status, level, groups, methods, tests, what the list says and a note.
fn year_row(year: &HistoryYearView) -> [String; 12] {
    let HistoryYearView { name, county_name: _, determination: view, published, published_answers } =
        year;
    let unknown = if view.judged { "not known" } else { "not judged" };
    let groups: Vec<String> =
        view.coded_groups().map(|(group, code)| format!("{group}:{code}")).collect();
    let methods: Vec<&str> =
        view.methods.iter().filter(|m| m.outcome == "met").map(|m| m.id.as_str()).collect();
    let mut tests: Vec<String> = Vec::new();
    for test in &view.sustained_need {
        let groups = if test.groups.is_empty() {
            String::new()
        } else {
            format!(" ({})", test.groups.join(" "))
        };
        tests.push(format!("{} {}{groups}", test.id, outcome_words(&test.outcome)));
    }
    tests.extend(view.charter.iter().map(|c| format!("{} {}", c.id, outcome_words(&c.outcome))));
    let mut notes: Vec<String> = Vec::new();
    if view.provisional {
        notes.push("provisional".to_owned());
    }
    if let Some(published) = published {
        notes.push(match (published.agrees, published.not_known) {
            (false, _) => "differs from the list".to_owned(),
            (true, 0) => "agrees with the list".to_owned(),
            (true, cells) => format!("{cells} cells of the list not known here"),
        });
    }
    let set: Vec<&str> = published_answers
        .iter()
        .filter(|(_, is)| *is == "Y")
        .map(|(what, _)| what.as_str())
        .collect();
    let published_groups: Vec<String> = published
        .iter()
        .flat_map(|p| &p.codes)
        .map(|(group, letter)| format!("{group}:{letter}"))
        .collect();
    [
        view.dashboard_year.to_string(),
        view.cds.clone(),
        name.clone(),
        view.label.clone().unwrap_or(unknown.to_owned()),
        view.eligible_level.map(|level| level.to_string()).unwrap_or_default(),
        groups.join(" "),
        methods.join(" "),
        tests.join(", "),
        published.as_ref().map(|p| p.label.clone()).unwrap_or_default(),
        published_groups.join(" "),
        set.join(" "),
        notes.join(", "),
    ]
}

/// What a year's answer looked back on, year by year, with where each comes from.
fn looked_back_on(view: &DeterminationView) -> Vec<String> {
    view.history
        .iter()
        .map(|year| {
            let groups = if year.groups.is_empty() {
                String::new()
            } else {
                format!(" ({})", year.groups.join(" "))
            };
            format!("{} {}{groups}", year.dashboard_year, origin_words(&year.origin))
        })
        .collect()
}

fn show(out: &mut dyn Write, view: &LeaHistoryView) -> Result<(), AppError> {
    let LeaHistoryView { cds, run, identity, years, without_determinations, through_successions } =
        view;
    show_identity(out, cds, identity)?;
    writeln!(out, "\nYear by year, as run {run} answered")?;
    let mut table = Table::new(&[
        "year",
        "CDS",
        "name",
        "status",
        "level",
        "groups",
        "methods",
        "tests over years",
        "published",
        "published groups",
        "published methods and flags",
        "note",
    ]);
    for year in years {
        table.push(year_row(year));
    }
    write_table(out, &table, Format::Table)?;
    for without in without_determinations {
        writeln!(out, " {}  no determinations: {}", without.dashboard_year, without.reason)?;
    }
    writeln!(out, "\nWhat each year looked back on")?;
    for year in years {
        let earlier = looked_back_on(&year.determination);
        let words = if earlier.is_empty() { "nothing".to_owned() } else { earlier.join(", ") };
        let own = &year.determination;
        writeln!(out, "  {} ({}): {words}", own.dashboard_year, own.cds)?;
    }
    for through in through_successions {
        show_through(out, through)?;
    }
    out.flush()?;
    Ok(())
}

/// Who the LEA is. What other files tell of it, such as its numbers elsewhere or who leads in
/// its area, belongs here too.
fn show_identity(out: &mut dyn Write, cds: &str, identity: &IdentityView) -> Result<(), AppError> {
    let IdentityView { id, other_ids, codes, names, successions } = identity;
    let newest = names.iter().rev().find(|naming| !naming.name.is_empty());
    let name = newest.map_or("no file names it", |naming| naming.name.as_str());
    writeln!(out, "{name} ({cds})")?;
    writeln!(out, "LEA {id}")?;
    for other in other_ids {
        writeln!(out, "  also known as LEA {other}")?;
    }
    writeln!(out, "\nCodes")?;
    for CodeView { cds, from, until } in codes {
        let from = from.as_ref().map(|day| format!(", from {day}")).unwrap_or_default();
        let until = until.as_ref().map(|day| format!(", until {day}")).unwrap_or_default();
        writeln!(out, "  {cds}{from}{until}")?;
    }
    writeln!(out, "\nNames")?;
    for naming in names {
        writeln!(out, "  {}", naming_words(naming))?;
    }
    if !successions.is_empty() {
        writeln!(out, "\nSuccessions")?;
    }
    for succession in successions {
        let SuccessionView { predecessor, successor, kind, effective, source, release, row } =
            succession;
        writeln!(
            out,
            "  {kind} on {effective}: {predecessor} to {successor} ({source}; release {release}, \
             row {row})"
        )?;
    }
    Ok(())
}

fn naming_words(naming: &NamingView) -> String {
    let NamingView {
        dashboard_year,
        cds,
        name,
        county_name,
        lea_type,
        authorizer,
        city,
        grade_span,
        release,
        kind,
        file,
    } = naming;
    let year = dashboard_year.map_or("undated".to_owned(), |year| year.to_string());
    let mut words =
        vec![if name.is_empty() { "(no name)" } else { name }.to_owned(), lea_type.clone()];
    if !county_name.is_empty() {
        words.push(format!("county {county_name}"));
    }
    words.extend(city.iter().map(|city| format!("office in {city}")));
    words.extend(grade_span.iter().map(|span| format!("grades {span}")));
    words.extend(authorizer.iter().map(|cds| format!("authorizer {cds}")));
    format!("{year}  {} ({cds}; {kind}, release {release}, {file})", words.join(", "))
}

fn show_through(out: &mut dyn Write, through: &ThroughView) -> Result<(), AppError> {
    let ThroughView { cds, note, reading: _, joined, years } = through;
    writeln!(out, "\nBeside it, {}: {cds}", through_title(through))?;
    writeln!(out, "  {note}")?;
    writeln!(out, "  Years that stand for its own:")?;
    for part in joined {
        let JoinedView { dashboard_year, cds, origin, groups, eligible } = part;
        let groups = if groups.is_empty() { "no group".to_owned() } else { groups.join(" ") };
        writeln!(
            out,
            "    {dashboard_year} of {cds}: {}, {groups}; a method {}",
            origin_words(origin),
            outcome_words(eligible)
        )?;
    }
    writeln!(out, "  What is another than by the code alone:")?;
    for year in years {
        let label = year.label.as_deref().unwrap_or("not known");
        let same = if year.changes.is_empty() { ": nothing" } else { "" };
        writeln!(out, "    {} ({label}){same}", year.dashboard_year)?;
        for change in &year.changes {
            writeln!(out, "      {}", change_words(change))?;
        }
    }
    Ok(())
}
