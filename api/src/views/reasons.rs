//! Why an answer is what it is, in sentences.

use calsos_domain::student_group::StudentGroup;

use super::answer::DeterminationView;

/// A sentence, and the cells that it rests on.
pub(crate) struct Reason {
    pub(crate) text: String,
    /// Indicators, with what was found of them.
    pub(crate) cells: Vec<(String, String)>,
}

/// What is met, by which groups and cells.
pub(crate) fn reasons(view: &DeterminationView) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut say = |text: String| reasons.push(Reason { text, cells: Vec::new() });
    if view.groups.iter().all(|group| group.code.is_none()) {
        say("No student group is known to meet the criteria in two state priorities.".to_owned());
    }
    reasons.extend(group_reasons(view));
    let mut say = |text: String| reasons.push(Reason { text, cells: Vec::new() });
    for local in view.local_indicators.iter().filter(|l| l.outcome == "met") {
        let rating = local.rating.as_deref().unwrap_or_default();
        say(format!("Local indicator of priority {}: {rating}", local.priority));
    }
    let methods: Vec<String> =
        view.methods.iter().map(|m| format!("{} {}", m.id, words(&m.outcome))).collect();
    if !methods.is_empty() {
        say(format!("Methods: {}", methods.join(", ")));
    }
    if let Some(charter) = &view.charter {
        say(format!(
            "{}: {} (literal reading: {}; same group in each year: {})",
            charter.citation,
            words(&charter.outcome),
            words(&charter.literal),
            words(&charter.same_group)
        ));
    }
    for test in &view.sustained_need {
        let years: Vec<String> = test.window.iter().map(ToString::to_string).collect();
        let groups =
            if test.groups.is_empty() { "no group".to_owned() } else { test.groups.join(", ") };
        say(format!(
            "{} over {}: {} ({groups} in enough of the years){}",
            test.id,
            years.join(", "),
            words(&test.outcome),
            if test.effect == "dataTest" {
                ": a test of the data, never an identification"
            } else {
                ""
            }
        ));
    }
    reasons
}

fn group_reasons(view: &DeterminationView) -> impl Iterator<Item = Reason> {
    view.groups.iter().filter_map(|group| {
        let code = group.code.as_deref()?;
        let met: Vec<String> = group
            .priorities
            .iter()
            .filter(|p| p.outcome == "met")
            .map(|p| p.priority.to_string())
            .collect();
        let name =
            StudentGroup::parse(&group.group).map_or(group.group.as_str(), |group| group.name());
        let rated = group.cells.iter().filter(|cell| cell.state == "rated");
        Some(Reason {
            text: format!(
                "{name} meet the criteria in state priorities {} (code {code})",
                met.join(", ")
            ),
            cells: rated.map(|cell| (cell.indicator.clone(), cell.text.clone())).collect(),
        })
    })
}

fn words(outcome: &str) -> &str {
    match outcome {
        "notMet" => "not met",
        "notKnown" => "not known",
        other => other,
    }
}
