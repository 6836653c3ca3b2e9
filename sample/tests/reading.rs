//! The made-up files through the reader and the rules, without a database: every file is
//! understood in both forms and says the same in both, its colours are those of the tables,
//! and the lists say what the files give.

#![expect(
    clippy::unwrap_used,
    reason = "what a helper of a test unwraps or indexes is part of the test"
)]

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::determination::{Determination, decide};
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{FactBase, ReleaseHead, ReleaseNumber, superseded};
use calsos_domain::lea::LeaType;
use calsos_domain::outcome::Outcome;
use calsos_domain::published::{check_row, status_text};
use calsos_domain::release::{PublishedRow, ReleaseContents};
use calsos_domain::rulebook::{Effect, Rating};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::Answer;
use calsos_domain::year::DashboardYear;
use calsos_ingest::{Input, Layouts, read};
use calsos_sample::{Form, SampleFile, State, Subject};

const SEED: u64 = 5;
const LEAS: u32 = 150;

/// Reads a file as an import does.
fn understood(file: &SampleFile, layouts: &Layouts) -> ReleaseContents {
    let input = Input { file_name: &file.name, bytes: &file.bytes, assigned: None };
    let understood = read(&input, layouts).unwrap_or_else(|refusal| panic!("{refusal}"));
    let report = &understood.report;
    assert!(report.repaired.is_empty(), "{}: {:?}", file.name, report.repaired);
    // The first issue of a list that was revised has no year, and other LEAs' codes in some
    // rows: the only file that must be warned about.
    if !matches!(file.subject, Subject::List(_, 0)) {
        assert!(report.warnings.is_empty(), "{}: {:?}", file.name, report.warnings);
    }
    assert!(report.unknown_columns.is_empty(), "{}: {:?}", file.name, report.unknown_columns);
    understood.contents
}

/// What the list says beside what the files give, where they differ.
fn differences(decided: &Determination<'_>, row: &PublishedRow) -> Vec<String> {
    let conclusions = &decided.conclusions;
    let mut found = Vec::new();
    for (group, code) in &conclusions.codes {
        if *code != Answer::Known(row.codes.get(group).copied()) {
            found.push(format!("{group}"));
        }
    }
    if conclusions.group_count.known().copied().map(|n| n as u32) != row.group_count {
        found.push("groups".to_owned());
    }
    let label = conclusions.label.text.known().map(String::as_str);
    if label != Some(status_text(decided.edition, row.status)) {
        found.push("status".to_owned());
    }
    for (number, met) in &row.methods {
        let method = decided.edition.methods.iter().find(|m| m.number() == *number).unwrap();
        let outcome = conclusions.methods.iter().find(|(id, _)| *id == method.id);
        if outcome.map_or(Outcome::NotMet, |(_, o)| *o) != Outcome::from_bool(*met) {
            found.push(method.id.clone());
        }
    }
    let flags = [
        (row.ec52072, vec![Effect::Level3, Effect::DataTest]),
        (row.ec52071f, vec![Effect::GeographicLead]),
    ];
    for (flag, effects) in flags {
        let met = conclusions.sustained.iter().any(|s| {
            let rule = decided.edition.sustained.iter().find(|r| r.id == s.id).unwrap();
            effects.contains(&rule.effect) && s.outcome.is_met()
        });
        if flag.is_some_and(|flag| flag != met) {
            found.push(format!("{effects:?}"));
        }
    }
    found
}

#[test]
fn files_are_understood_alike_in_both_forms_and_the_lists_follow_from_them() {
    let state = State::new(SEED, LEAS).unwrap();
    let layouts = Layouts::builtin();
    let mut releases: Vec<(ReleaseHead, ReleaseContents)> = Vec::new();
    let mut compared = 0;
    // The directory is for another reader, the page for people.
    let imported = |file: &SampleFile| !matches!(file.subject, Subject::Directory | Subject::About);
    let mut waiting: Option<ReleaseContents> = None;
    for file in state.files(&[Form::Text, Form::Xlsx]) {
        let file = file.unwrap();
        if !imported(&file) {
            continue;
        }
        let contents = understood(&file, &layouts);
        if file.name.ends_with(".xlsx") {
            assert!(waiting.take() == Some(contents), "{} says something else", file.name);
            continue;
        }
        if let Some(edition) = contents.year.and_then(|year| state.rulebooks().edition(year))
            && let Some(audit) = edition.colors.audit(&contents)
        {
            assert!(audit.unexplained.is_empty(), "{}: {}", file.name, audit.unexplained[0]);
            compared += audit.compared;
        }
        let head = ReleaseHead {
            number: ReleaseNumber(releases.len() as u32 + 1),
            kind: contents.kind,
            year: contents.year,
            file_date: contents.file_date,
            coverage: contents.coverage.clone(),
            beside: None,
        };
        waiting = Some(contents.clone());
        releases.push((head, contents));
    }
    assert!(compared > 20_000, "{compared}");

    // As the program does, leave out what a later issue takes the place of.
    let heads: Vec<ReleaseHead> = releases.iter().map(|(head, _)| head.clone()).collect();
    let gone: Vec<ReleaseNumber> =
        superseded(&heads).iter().filter(|s| s.wholly).map(|s| s.superseded).collect();
    assert_eq!(gone.len(), 3, "two corrected files and a revised list");
    releases.retain(|(head, _)| !gone.contains(&head.number));
    let base = FactBase::assemble(&releases);
    let taken = state.code_taken_away().unwrap();
    let mut rows = 0;
    let mut taken_seen = false;
    for (cds, facts) in &base.leas {
        let decided = decide(state.rulebooks(), facts, Basis::Files);
        let mut earlier: BTreeMap<DashboardYear, &PublishedRow> = BTreeMap::new();
        for (year, determination) in &decided {
            assert!(!determination.provisional(), "{cds} {year}: {:?}", determination.missing);
            let row = facts.years[year].published.as_ref().map(|cited| &cited.value);
            let listed = determination.decided && facts.lea_type != LeaType::Charter;
            assert_eq!(row.is_some(), listed, "{cds} {year}");
            let Some(row) = row else { continue };
            let found = differences(determination, row);
            if (*year, *cds) == (taken.0, taken.1) {
                assert_eq!(found, [taken.2.code(), "groups"]);
                taken_seen = true;
            } else {
                assert!(found.is_empty(), "{cds} {year}: {found:?}");
            }
            let faults = check_row(determination.edition, facts.lea_type, row, &earlier);
            assert!(faults.is_empty(), "{cds} {year}: {faults:?}");
            earlier.insert(*year, row);
            rows += 1;
        }
    }
    assert!(taken_seen && rows > 600, "{rows}");

    // What benches and other tests take from the state is what its files say.
    let made: BTreeMap<CdsCode, _> = state.facts().map(|facts| (facts.cds, facts)).collect();
    assert_eq!(made.len(), base.leas.len());
    for (cds, facts) in &base.leas {
        // Years without rules have files of values and no facts that decide.
        for (year, read) in &facts.years {
            let Some(edition) = state.rulebooks().edition(*year) else { continue };
            let made = &made[cds].years[year];
            assert_eq!(made.named, read.named, "{cds} {year}");
            let mut read = read.performances.clone();
            read.retain(|(_, group), _| *group != StudentGroup::All);
            assert_eq!(made.performances.len(), read.len(), "{cds} {year}");
            for (key, cited) in &read {
                // Nor does a file of measures alone, in a year that does not rate them.
                if edition.indicators[&key.0].rating == Rating::None {
                    continue;
                }
                let (read, made) = (&cited.value, &made.performances[key].value);
                let decisive = |p: &calsos_domain::performance::Performance| {
                    (p.color, p.status_level, p.denominator, p.accountability_met == Some(true))
                };
                assert_eq!(decisive(read), decisive(made), "{cds} {year} {key:?}");
            }
        }
    }
}
