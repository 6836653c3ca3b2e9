//! `calsos list`.

use serde::Serialize;

use crate::app::Office;
use crate::app::answers::Answered;
use crate::cli::{Format, Global, List, Status};
use crate::error::AppError;
use crate::output::{Table, file_or_screen, write_json, write_ndjson, write_table};
use crate::views::answer::{DeterminationView, PublishedView};
use crate::workbook::{Sheet, workbook_file, write_workbook};

/// A determination with the names of its year.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Named<'a> {
    name: &'a str,
    county_name: &'a str,
    #[serde(flatten)]
    determination: &'a DeterminationView,
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<PublishedView>,
}

pub(super) fn run(office: &Office, global: &Global, asked: &List) -> Result<(), AppError> {
    let workbook = match global.format {
        Format::Xlsx => Some(workbook_file(asked.out.as_deref())?),
        _ => None,
    };
    let held = office.held_as_of(asked.as_of)?;
    let answers = office.list(&held.run, asked)?;
    let names = &held.names;
    let published = |answered: &Answered| held.published(answered);
    let named = || -> Vec<Named<'_>> {
        answers
            .iter()
            .map(|a| Named {
                name: names.name(a.cds, a.year),
                county_name: names.county(a.cds, a.year),
                determination: &a.view,
                published: published(a),
            })
            .collect()
    };
    let table = || {
        let mut table = Table::new(&[
            "year",
            "CDS",
            "name",
            "type",
            "status",
            "level",
            "groups",
            "methods",
            "published",
            "note",
        ]);
        for answered in &answers {
            let name = names.name(answered.cds, answered.year);
            table.push(row(answered, name, published(answered).as_ref()));
        }
        table
    };
    if let Some(path) = workbook {
        let table = table();
        let sheet = Sheet { name: "List".to_owned(), table: &table, numbers: &["year", "level"] };
        return write_workbook(path, &[sheet], &held.origin(&asked_for(asked)));
    }
    let mut out = file_or_screen(asked.out.as_deref())?;
    match global.format {
        Format::Json => write_json(&mut *out, &named()),
        Format::Ndjson => write_ndjson(&mut *out, &named()),
        Format::Table | Format::Csv | Format::Xlsx => {
            write_table(&mut *out, &table(), global.format)
        }
    }
}

/// What was asked for, so that a list of some LEAs is not taken for a list of all.
fn asked_for(asked: &List) -> String {
    let List {
        year,
        as_of,
        county,
        lea_type,
        status,
        level,
        group,
        priority,
        method,
        sustained_need,
        provisional,
        out: _,
    } = asked;
    let status = status.map(|status| match status {
        Status::General => "general",
        Status::Differentiated => "differentiated",
        Status::NotKnown => "not known",
        Status::NotJudged => "not judged",
    });
    let words = [
        year.map(|year| format!("{year} Dashboard")),
        county.map(|county| format!("county {county}")),
        lea_type.map(|lea_type| format!("type {lea_type}")),
        status.map(|status| format!("status {status}")),
        level.map(|level| format!("level {level}")),
        group.map(|group| format!("group {group}")),
        priority.map(|priority| format!("priority {priority}")),
        method.as_ref().map(|method| format!("method {method}")),
        sustained_need.then(|| "a test over several years met".to_owned()),
        provisional.then(|| "provisional".to_owned()),
        as_of.map(|moment| format!("as of {moment}")),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() {
        "List of every determination".to_owned()
    } else {
        format!("List of determinations: {}", words.join(", "))
    }
}

fn row(answered: &Answered, name: &str, published: Option<&PublishedView>) -> Vec<String> {
    let view = &answered.view;
    let unknown = if view.judged { "not known" } else { "not judged" };
    let groups: Vec<String> =
        view.coded_groups().map(|(group, code)| format!("{group}:{code}")).collect();
    let methods: Vec<&str> =
        view.methods.iter().filter(|m| m.outcome == "met").map(|m| m.id.as_str()).collect();
    vec![
        view.dashboard_year.to_string(),
        view.cds.clone(),
        name.to_owned(),
        view.lea_type.clone(),
        view.label.clone().unwrap_or(unknown.to_owned()),
        view.eligible_level.map_or_else(String::new, |l| l.to_string()),
        groups.join(" "),
        methods.join(" "),
        published.map(|p| p.label.clone()).unwrap_or_default(),
        note(view, published),
    ]
}

fn note(view: &DeterminationView, published: Option<&PublishedView>) -> String {
    let mut notes = Vec::new();
    if view.provisional {
        notes.push("provisional");
    }
    match published {
        Some(published) if !published.agrees => notes.push("differs from the list"),
        Some(published) if published.not_known == 0 => notes.push("agrees with the list"),
        _ => {}
    }
    notes.join(", ")
}
