//! Two runs side by side: what more files, another edition and a corrected list change.
//! Every LEA and every number is made up where no real file is named.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

use calsos_domain::release::{PublishedRow, Rows};
use calsos_ingest::{Input, Layouts, original_row, read};
use calsos_tests::editions::write_edition_of_2026;
use calsos_tests::program::{Program, Rated, indicator_text, table};
use calsos_tests::shared::real_data;
use serde_json::{Value, json};

/// A district: red in suspension from the first file on, in chronic absence from the second.
const CODED: &str = "01999990000000";
const CALM: &str = "02999990000000";
/// A district that only the second file names.
const LATE: &str = "03999990000000";

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// A change by LEA and what it is.
fn change<'v>(changes: &'v Value, cds: &str, what: &str) -> Option<(&'v str, &'v str)> {
    let lea = changes.as_array().unwrap().iter().find(|c| c["cds"] == cds)?;
    let one = lea["changes"].as_array().unwrap().iter().find(|c| c["what"] == what)?;
    Some((one["before"].as_str().unwrap(), one["after"].as_str().unwrap()))
}

fn whose(changes: &Value, kind: &str) -> BTreeSet<String> {
    let all = changes.as_array().unwrap().iter().filter(|c| c["change"] == kind);
    all.map(|c| c["cds"].as_str().unwrap().to_owned()).collect()
}

/// Everything of 2023 but chronic absence and a second suspension file, decided; then these
/// two, decided again.
fn two_runs() -> Program {
    let program = program();
    let rated: [(&str, Rated<'_>); 1] = [("SUSP", (CODED, "SWD", 1))];
    let files = program.write_year(2023, &[CODED, CALM], &rated, &[]);
    program.import(files.iter().filter(|file| !file.ends_with("chronicdownload2023.txt")));
    program.succeed(["determine"]);
    program.write_indicator("CHRO", 2023, &[(CODED, "SWD", 1), (CALM, "ALL", 4)]);
    program.import(files.iter().filter(|file| file.ends_with("chronicdownload2023.txt")));
    let rows = [(CODED, "SWD", 1), (CALM, "ALL", 4), (LATE, "ALL", 4)];
    let again = program.write("again/suspdownload2023.txt", indicator_text("SUSP", 2023, &rows));
    program.import([again]);
    program.succeed(["determine"]);
    program
}

#[test]
fn more_files_change_answers_and_gain_leas_and_the_counts_say_how_many() {
    let program = two_runs();
    let view = program.json(["diff"]);
    assert_eq!((&view["before"]["number"], &view["after"]["number"]), (&json!(1), &json!(2)));
    assert_eq!((&view["before"]["answers"], &view["after"]["answers"]), (&json!(2), &json!(3)));
    let answers = &view["answers"];
    assert_eq!(change(answers, CODED, "code.SWD"), Some(("not known", "C")));
    assert_eq!(change(answers, CODED, "M1"), Some(("not known", "met")));
    assert_eq!(
        change(answers, CODED, "label"),
        Some(("not known", "Differentiated Assistance, Year 1"))
    );
    assert_eq!(change(answers, CODED, "code.AA"), None, "it could be none before already");
    assert_eq!(change(answers, LATE, "label").map(|(before, _)| before), Some("-"));
    assert_eq!(whose(answers, "gained"), BTreeSet::from([LATE.to_owned()]));
    assert_eq!(whose(answers, "lost"), BTreeSet::new());
    let counts = &view["counts"];
    let total: u64 = ["same", "otherReasons", "changed", "gained"]
        .iter()
        .map(|name| counts[name].as_u64().unwrap())
        .sum();
    assert_eq!(total, 3);
    assert_eq!(counts["gained"], 1);
    assert_eq!(counts["changed"], whose(answers, "changed").len());
    assert_eq!(counts["changedAnswers"]["code"]["2023"], 1);
    let releases: Vec<(&str, &str)> = view["releases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["kind"].as_str().unwrap(), r["change"].as_str().unwrap()))
        .collect();
    assert_eq!(releases, [("SUSP", "superseded"), ("CHRO", "added"), ("SUSP", "added")]);
    assert_eq!(view["editions"], json!([]));
    assert_eq!(view["lists"], json!([]));
}

#[test]
fn the_other_way_round_what_was_gained_is_lost_and_files_are_removed() {
    let program = two_runs();
    let id = program.json(["runs"])[1]["id"].as_str().unwrap().to_owned();
    let view = program.json(["diff", &id, "1"]);
    assert_eq!((&view["before"]["number"], &view["after"]["number"]), (&json!(2), &json!(1)));
    assert_eq!(whose(&view["answers"], "lost"), BTreeSet::from([LATE.to_owned()]));
    assert_eq!(change(&view["answers"], CODED, "code.SWD"), Some(("C", "not known")));
    let releases: Vec<&Value> =
        view["releases"].as_array().unwrap().iter().map(|r| &r["change"]).collect();
    assert_eq!(releases, ["inForceAgain", "removed", "removed"]);
    let same = program.json(["diff", "1", "1"]);
    assert_eq!(same["counts"]["same"], 2);
    assert_eq!((&same["answers"], &same["releases"]), (&json!([]), &json!([])));
}

#[test]
fn a_difference_is_told_to_people_counts_first_and_as_rows_and_lines_to_programs() {
    let program = two_runs();
    let text = program.succeed(["diff", "1"]);
    let counts = text.find("Answers for an LEA and year: 2 before, 3 after").unwrap();
    let leas = text.find("2023 01999990000000 District 0199999: changed: ").unwrap();
    assert!(counts < leas, "{text}");
    assert!(text.contains("code.SWD C instead of not known"), "{text}");
    assert!(text.contains(" gained: label "), "{text}");
    assert!(text.contains("SUSP 2023, suspdownload2023.txt: in force (before), superseded by"));
    let rows = table(&program.succeed(["diff", "1", "2", "--format", "csv"]));
    let row = rows.iter().find(|r| r["CDS"] == CODED && r["what"] == "code.SWD").unwrap();
    assert_eq!((row["of"].as_str(), row["year"].as_str()), ("answer", "2023"));
    assert_eq!((row["before"].as_str(), row["after"].as_str()), ("not known", "C"));
    let lines = program.succeed(["diff", "--format", "ndjson"]);
    let view = program.json(["diff"]);
    let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), view["answers"].as_array().unwrap().len());
    assert!(lines.iter().all(|line| line["of"] == "answer"));
}

#[test]
fn runs_are_listed_and_one_that_is_not_there_is_said_to_be_none() {
    let program = two_runs();
    let runs = program.json(["runs"]);
    let states: Vec<&Value> = runs.as_array().unwrap().iter().map(|run| &run["state"]).collect();
    assert_eq!(states, ["kept", "current"]);
    assert_eq!((&runs[0]["answers"], &runs[1]["answers"]), (&json!("2"), &json!("3")));
    for name in ["3", "0", "first", "00000000-0000-7000-8000-000000000000"] {
        let ran = program.run(["diff", "1", name]);
        assert_eq!(ran.code, 4, "{name}");
        let told = format!("no run has the number or id '{name}': runs 1 to 2 are kept");
        assert!(ran.err.contains(&told), "{}", ran.err);
    }
    let program = self::program();
    assert_eq!(program.run(["diff"]).code, 4);
    program.import([program.write_indicator("ELA", 2023, &[(CALM, "ALL", 4)])]);
    program.succeed(["determine"]);
    let ran = program.run(["diff"]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("run 1 is the first: no run is before it"), "{}", ran.err);
}

#[test]
fn a_changed_edition_is_named_with_what_it_changes() {
    let program = program();
    let folder = program.folder().join("editions");
    let under = |words: &[&str]| {
        let editions = [OsStr::new("--editions"), folder.as_os_str()];
        program.succeed(editions.into_iter().chain(words.iter().map(OsStr::new)))
    };
    write_edition_of_2026(&program, false);
    let rated: [(&str, Rated<'_>); 2] = [("SUSP", (CODED, "SWD", 2)), ("CHRO", (CODED, "SWD", 1))];
    let files = program.write_year(2026, &[CODED, CALM], &rated, &[]);
    let files: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    under(&[&["import"], files.as_slice()].concat());
    under(&["determine"]);
    write_edition_of_2026(&program, true);
    under(&["determine"]);
    let view: Value = serde_json::from_str(&under(&["diff", "--format", "json"])).unwrap();
    let editions = view["editions"].as_array().unwrap();
    assert_eq!(editions.len(), 1);
    assert_eq!(editions[0]["dashboardYear"], 2026);
    assert_ne!(editions[0]["before"], editions[0]["after"]);
    assert_eq!(view["releases"], json!([]));
    assert_eq!(whose(&view["answers"], "changed"), BTreeSet::from([CODED.to_owned()]));
    assert_eq!(change(&view["answers"], CODED, "code.SWD"), Some(("none", "C")));
    assert_eq!(change(&view["answers"], CODED, "M1"), Some(("not met", "met")));
    // The calm district's answer names the edition, and is else the same.
    assert_eq!(
        (&view["counts"]["changed"], &view["counts"]["otherReasons"]),
        (&json!(1), &json!(1))
    );
}

/// The rows of a list by CDS code, and of those whose Cdcode is another LEA's, the other's code.
fn issue(path: &Path) -> (BTreeMap<String, PublishedRow>, BTreeMap<String, String>) {
    let bytes = std::fs::read(path).unwrap();
    let file_name = path.file_name().unwrap().to_str().unwrap();
    let input = Input { file_name, bytes: &bytes, assigned: None };
    let understood = read(&input, &Layouts::builtin()).unwrap();
    let Rows::Published(rows) = understood.contents.rows else { panic!("it is a list") };
    let warnings = understood.report.warnings.iter();
    let numbers: BTreeSet<u32> = warnings
        .filter(|warning| warning.contains("whose Cdcode is not"))
        .flat_map(|warning| warning.rsplit(": rows ").next().unwrap().split(", "))
        .map(|number| number.parse().unwrap())
        .collect();
    let other = |row: &PublishedRow| {
        let cells = original_row(&input, &Layouts::builtin(), row.row).unwrap();
        let (_, code) =
            cells.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("cdcode")).unwrap();
        let own = row.cds.to_string();
        assert!(!own.starts_with(&code), "{own} {code}");
        (own, format!("{code:0>7}0000000"))
    };
    let mistaken = rows.iter().filter(|row| numbers.contains(&row.row)).map(other).collect();
    (rows.into_iter().map(|row| (row.cds.to_string(), row)).collect(), mistaken)
}

#[test]
fn the_revised_list_of_2019_drops_five_leas_and_changes_two_codes_and_no_label() {
    let Some(data) = real_data("the revision of the 2019 list") else { return };
    let list = |name: &str| data.join("published").join(name);
    let program = program();
    let out = program.import([
        list("assistance-status17.xls"),
        list("assistancestatus18.xlsx"),
        list("assistancestatus19.xlsx"),
        list("assistancestatus22.xlsx"),
    ]);
    assert!(out.contains("5 rows whose Cdcode is not that of their CDS code"), "{out}");
    program.succeed(["determine"]);
    program.import([list("assistancestatus19-rev.xlsx")]);
    program.succeed(["determine"]);
    let view = program.json(["diff"]);
    let lists = &view["lists"];
    let named = |kind: &str, changes: &Value| -> BTreeSet<String> {
        let all = changes.as_array().unwrap().iter().filter(|c| c["change"] == kind);
        all.map(|c| c["name"].as_str().unwrap().to_owned()).collect()
    };
    let gone: BTreeSet<String> = [
        "College and Career Advantage",
        "Ackerman Charter",
        "Petaluma Joint Union High",
        "Santa Rosa Elementary",
        "Santa Rosa High",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(named("lost", lists), gone);
    assert_eq!(whose(lists, "gained"), BTreeSet::new());
    let changed = ["Adelanto Elementary", "Dixon Unified"].map(str::to_owned);
    assert_eq!(named("changed", lists), BTreeSet::from(changed));
    // By the CDS codes of both issues, as they are read. The rows of the five have the Cdcode of
    // another LEA in the first issue, and nothing is said of those LEAs.
    let [(first, mistaken), (second, none)] =
        ["assistancestatus19.xlsx", "assistancestatus19-rev.xlsx"].map(|name| issue(&list(name)));
    let keys = |rows: &BTreeMap<String, PublishedRow>| rows.keys().cloned().collect();
    let (before, after): (BTreeSet<String>, BTreeSet<String>) = (keys(&first), keys(&second));
    assert_eq!(whose(lists, "lost"), before.difference(&after).cloned().collect());
    assert_eq!(after.difference(&before).count(), 0);
    let differ = |cds: &&String| first[*cds].codes != second[*cds].codes;
    assert_eq!(whose(lists, "changed"), after.iter().filter(differ).cloned().collect());
    assert!(after.iter().all(|cds| first[cds].status == second[cds].status), "no label changed");
    assert!(none.is_empty(), "{none:?}");
    assert_eq!(mistaken.keys().cloned().collect::<BTreeSet<String>>(), whose(lists, "lost"));
    let others: BTreeSet<&String> = mistaken.values().collect();
    for of in [lists, &view["answers"]] {
        for kind in ["lost", "gained", "changed"] {
            assert!(whose(of, kind).iter().all(|cds| !others.contains(cds)), "{kind} {others:?}");
        }
    }
    let of = |name: &str, what: &str| {
        let lea = lists.as_array().unwrap().iter().find(|c| c["name"] == name).unwrap();
        change(lists, lea["cds"].as_str().unwrap(), what)
    };
    assert_eq!(of("Adelanto Elementary", "code.SED"), Some(("D", "none")));
    assert_eq!(of("Adelanto Elementary", "groups"), Some(("7", "6")));
    assert_eq!(of("Dixon Unified", "code.EL"), Some(("H", "F")));
    let counts = &view["counts"];
    assert_eq!(
        (&counts["listRowsLost"], &counts["listRowsChanged"], &counts["listRowsGained"]),
        (&json!(5), &json!(2), &json!(0))
    );
    assert_eq!(counts["changedInLists"], json!({"code": {"2019": 2}, "groups": {"2019": 1}}));
    // Only the list named the five; nothing else is answered otherwise for it.
    assert_eq!(named("lost", &view["answers"]), gone);
    assert_eq!((&counts["lost"], &counts["gained"]), (&json!(5), &json!(0)));
    let answers = view["answers"].as_array().unwrap();
    let labels = answers.iter().filter(|a| a["change"] == "changed");
    assert!(
        labels.flat_map(|a| a["changes"].as_array().unwrap()).all(|c| c["what"] != "label"),
        "no label changed"
    );
    let releases: Vec<(&str, &str)> = view["releases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["file"].as_str().unwrap(), r["change"].as_str().unwrap()))
        .collect();
    assert_eq!(
        releases,
        [("assistancestatus19.xlsx", "superseded"), ("assistancestatus19-rev.xlsx", "added")]
    );
}
