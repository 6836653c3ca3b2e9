//! `calsos list`.

use serde::Serialize;

use crate::app::Office;
use crate::app::answers::{Answered, Names};
use crate::cli::{Format, Global, List};
use crate::error::AppError;
use crate::output::{Table, screen, write_json, write_ndjson, write_table};
use crate::views::answer::{DeterminationView, PublishedView};

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
    let answers = office.list(asked)?;
    let names = Names::load(&office.store)?;
    let lists = office.published_beside(&office.books)?;
    let published = |answered: &Answered| lists.of(answered);
    let mut out = screen();
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
    match global.format {
        Format::Json => write_json(&mut *out, &named()),
        Format::Ndjson => write_ndjson(&mut *out, &named()),
        Format::Table | Format::Csv => {
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
            write_table(&mut *out, &table, global.format)
        }
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
