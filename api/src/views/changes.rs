//! One answer beside another, as what is another in the second.

use calsos_domain::published::status_text;
use calsos_domain::release::PublishedRow;
use calsos_domain::rulebook::Edition;
use serde::Serialize;

use super::answer::DeterminationView;

/// One thing that is another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChangeView {
    /// By the names of the answers in a trace, such as `label`, `level`, `M1`, `code.SWD`.
    pub(crate) what: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// What an answer, or a row of a list, says: by what it is about, in a fixed order.
pub(crate) type Said = Vec<(String, String)>;

/// What stands for a side that does not speak of the matter at all.
pub(crate) const NOTHING: &str = "-";

/// Every thing that two sides do not say alike.
pub(crate) fn changes(before: &Said, after: &Said) -> Vec<ChangeView> {
    let of = |said: &Said, what: &str| {
        said.iter().find(|(name, _)| name == what).map_or(NOTHING, |(_, is)| is).to_owned()
    };
    let only_after = after.iter().filter(|(what, _)| !before.iter().any(|(w, _)| w == what));
    before
        .iter()
        .chain(only_after)
        .map(|(what, _)| ChangeView {
            what: what.clone(),
            before: of(before, what),
            after: of(after, what),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

/// The answers of a determination, without their reasons.
pub(crate) fn answers_of(view: &DeterminationView) -> Said {
    let unknown = if view.judged { "not known" } else { "not judged" };
    let number = |n: Option<u8>| n.map_or(unknown.to_owned(), |n| n.to_string());
    let mut said: Said = vec![
        ("label".to_owned(), view.label.clone().unwrap_or(unknown.to_owned())),
        ("supportYear".to_owned(), number(view.support_year)),
        ("level".to_owned(), number(view.eligible_level)),
    ];
    for method in &view.methods {
        said.push((method.id.clone(), outcome_words(&method.outcome).to_owned()));
    }
    for group in &view.groups {
        let code = match &group.code {
            Some(code) => code.as_str(),
            None if group.code_known => "none",
            None => "not known",
        };
        said.push((format!("code.{}", group.group), code.to_owned()));
    }
    if let Some(charter) = &view.charter {
        said.push((charter.id.clone(), outcome_words(&charter.outcome).to_owned()));
    }
    for test in &view.sustained_need {
        let groups = if test.groups.is_empty() {
            String::new()
        } else {
            format!(" ({})", test.groups.join(" "))
        };
        said.push((test.id.clone(), format!("{}{groups}", outcome_words(&test.outcome))));
    }
    let provider = view.provider.as_ref().map_or(unknown.to_owned(), |p| match &p.joined_by {
        Some(other) => format!("{}, joined by {other}", p.name),
        None => p.name.clone(),
    });
    said.push(("provider".to_owned(), provider));
    let provisional = if view.provisional { "yes" } else { "no" };
    said.push(("provisional".to_owned(), provisional.to_owned()));
    let open: Vec<String> =
        view.open_points.iter().map(|p| format!("{} of {}", p.id, p.dashboard_year)).collect();
    said.push(("openPoints".to_owned(), listed(&open)));
    said
}

/// What the state published of an LEA.
pub(crate) fn published_of(edition: Option<&Edition>, row: &PublishedRow) -> Said {
    let flag = |met: bool| if met { "Y" } else { "N" }.to_owned();
    let label = edition.map_or(row.status.code(), |edition| status_text(edition, row.status));
    let mut said: Said = vec![("label".to_owned(), label.to_owned())];
    for (number, met) in &row.methods {
        said.push((format!("M{number}"), flag(*met)));
    }
    for group in &row.listed_groups {
        let code = row.codes.get(group).map_or("none".to_owned(), char::to_string);
        said.push((format!("code.{}", group.code()), code));
    }
    if let Some(count) = row.group_count {
        said.push(("groups".to_owned(), count.to_string()));
    }
    said.extend(row.ec52072.map(|met| ("ec-52072".to_owned(), flag(met))));
    said.extend(row.ec52071f.map(|met| ("ec-52071-f".to_owned(), flag(met))));
    for (year, status) in &row.earlier_statuses {
        said.push((format!("status.{year}"), status.code().to_owned()));
    }
    said
}

/// An outcome's code in words.
pub(crate) fn outcome_words(code: &str) -> &str {
    match code {
        "met" => "met",
        "notMet" => "not met",
        _ => "not known",
    }
}

/// Where an earlier year comes from, in words.
pub(crate) fn origin_words(code: &str) -> &str {
    match code {
        "published" => "published",
        "notOnList" => "not on the list",
        "computed" => "computed",
        "notJudged" => "not judged",
        _ => "not loaded",
    }
}

fn listed(words: &[String]) -> String {
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}
