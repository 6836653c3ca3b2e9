//! The command line as its users meet it: what each command says, stores and answers, and
//! with which exit code it ends. Every LEA and every number here is made up.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use calsos_domain::rulebook::Rulebooks;
use calsos_tests::program::{Listed, Program, indicator_text, list_text, local_text, table};
use serde_json::{Value, json};

/// A district: students with disabilities red in ELA, mathematics and suspension.
const BY_GROUP: &str = "01999990000000";
/// A district where everything is green.
const CALM: &str = "02999990000000";
/// A district: one group in one priority, and a local indicator of another.
const BY_BOTH: &str = "05999990000000";
/// A district as [`BY_GROUP`], and with the same code on the lists before.
const SUSTAINED: &str = "06999990000000";
/// A county office: two local indicators.
const OFFICE: &str = "01199990000000";
/// A charter school: red now, and nothing is known of the year before.
const CHARTER: &str = "01999999999999";

const LEAS: [&str; 6] = [BY_GROUP, CALM, BY_BOTH, SUSTAINED, OFFICE, CHARTER];
const TWO_YEARS: &str = "Not Met For Two or More Years";
const GENERAL: &str = "General Assistance";
const FIRST_YEAR: &str = "Differentiated Assistance, Year 1";

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// The lists of the years that 2023 looks back on.
fn lists_before(program: &Program) -> Vec<PathBuf> {
    [2018, 2019, 2022]
        .into_iter()
        .map(|year| {
            let rows: Vec<Listed<'_>> = [BY_GROUP, CALM, BY_BOTH, SUSTAINED, OFFICE]
                .into_iter()
                .map(|cds| -> Listed<'_> {
                    if cds == SUSTAINED {
                        (cds, "Differentiated Assistance", &[("SWDpriorities", "D")])
                    } else {
                        (cds, GENERAL, &[])
                    }
                })
                .collect();
            let name = format!("assistancestatus{}.csv", year % 100);
            program.write(&name, list_text("LCFF Eligibility File", year, &rows))
        })
        .collect()
}

/// Everything that 2023 is decided by.
fn files_of_2023(program: &Program) -> Vec<PathBuf> {
    let mut rated: Vec<_> = ["ELA", "MATH", "SUSP"]
        .into_iter()
        .flat_map(|i| [(i, (BY_GROUP, "SWD", 1)), (i, (SUSTAINED, "SWD", 1))])
        .collect();
    rated.extend([
        ("SUSP", (BY_BOTH, "SED", 1)),
        ("SUSP", (CHARTER, "HI", 1)),
        ("CHRO", (CHARTER, "HI", 1)),
    ]);
    let locals = [(1, BY_BOTH, TWO_YEARS), (9, OFFICE, TWO_YEARS), (10, OFFICE, TWO_YEARS)];
    program.write_year(2023, &LEAS, &rated, &locals)
}

/// All files of 2023 and of the years before it, in force and decided.
fn world() -> Program {
    let program = program();
    program.import(lists_before(&program).into_iter().chain(files_of_2023(&program)));
    program.succeed(["determine"]);
    program
}

/// The CDS codes of a list of answers.
fn codes(answers: &Value) -> BTreeSet<String> {
    answers.as_array().unwrap().iter().map(|a| a["cds"].as_str().unwrap().to_owned()).collect()
}

fn set(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

/// The releases without the moment of their import.
fn releases(program: &Program) -> Vec<Value> {
    let mut rows = program.json(["releases"]).as_array().unwrap().clone();
    for row in &mut rows {
        row.as_object_mut().unwrap().remove("imported").unwrap();
    }
    rows
}

/// Runs a command that must end with an exit code, and gives what it says is wrong.
fn fails<S: AsRef<OsStr>>(
    program: &Program,
    code: i32,
    words: impl IntoIterator<Item = S>,
) -> String {
    let words: Vec<S> = words.into_iter().collect();
    let shown: Vec<_> = words.iter().map(|word| word.as_ref().to_owned()).collect();
    let ran = program.run(words);
    assert_eq!(ran.code, code, "{shown:?}\n{}\n{}", ran.out, ran.err);
    ran.err
}

// Import.

#[test]
fn import_says_what_a_file_is_what_was_kept_left_out_and_repaired() {
    let program = program();
    let rows = [(BY_GROUP, "ALL", 4), (BY_GROUP, "SWD", 1), (CALM, "ALL", 4), (CHARTER, "ALL", 3)];
    let text = indicator_text("SUSP", 2023, &rows)
        // A spreadsheet ate the first zero, and a school is no charter.
        .replace(&format!("\n{CALM}\t"), "\n2999990000000\t")
        .replace("\tY\t\t\tUD", "\t\t\t\tUD");
    let file = program.write("suspdownload2022.txt", text);
    let out = program.import([&file]);
    assert!(out.contains("SUSP 2023: release 1 ("), "{out}");
    assert!(out.contains("4 rows read, 3 kept"), "{out}");
    assert!(out.contains("skipped 1: schools that are no charters"), "{out}");
    assert!(out.contains("repaired 1: "), "{out}");
    let warning = "warning: The year is 2023, told by the rows; the file's name would say 2022.";
    assert!(out.contains(warning), "{out}");
    let listed = &releases(&program)[0];
    assert_eq!(listed["kind"], "SUSP");
    assert_eq!(listed["year"], "2023");
    assert_eq!(listed["rows"], "3");
    assert_eq!(listed["by"], "test");
    assert_eq!(listed["coverage"], "counties 01 02");
    assert_eq!(listed["state"], "in force");
    let sha256 = listed["sha256"].as_str().unwrap();
    assert!(out.contains(&sha256[..12]), "{out}");
}

#[test]
fn import_reports_the_same_for_programs() {
    let program = program();
    let file = program.write_indicator("ELA", 2023, &[(BY_GROUP, "ALL", 4)]);
    let told = program.json([OsStr::new("import"), file.as_os_str()]);
    assert_eq!(told[0]["outcome"], "added");
    assert_eq!(told[0]["release"], 1);
    let report = &told[0]["report"];
    assert_eq!((&report["kind"], &report["year"]), (&json!("ELA"), &json!(2023)));
    assert_eq!(
        (&report["kindToldBy"], &report["yearToldBy"]),
        (&json!("content"), &json!("content"))
    );
    assert_eq!((&report["rowsRead"], &report["rowsKept"]), (&json!(1), &json!(1)));
    let again = program.json([OsStr::new("import"), file.as_os_str()]);
    assert_eq!((&again[0]["outcome"], &again[0]["release"]), (&json!("alreadyStored"), &json!(1)));
    assert_eq!(again[0]["sha256"], told[0]["sha256"]);
}

#[test]
fn a_local_indicator_file_and_a_list_are_told_by_what_is_inside() {
    let program = program();
    let local =
        program.write("local.txt", local_text(6, 2023, &[(CALM, "Met"), (BY_GROUP, TWO_YEARS)]));
    let list = program
        .write("list.csv", list_text("LCFF Eligibility File", 2023, &[(CALM, GENERAL, &[])]));
    let out = program.import([&local, &list]);
    assert!(out.contains("LOCAL6 2023: release 1 ("), "{out}");
    assert!(out.contains("2 rows read, 2 kept"), "{out}");
    assert!(out.contains("LIST 2023: release 2 ("), "{out}");
}

#[test]
fn importing_a_file_again_changes_nothing_also_under_another_name() {
    let program = world();
    let (before, answers) = (releases(&program), program.json(["list"]));
    let other_name = program.write(
        "elsewhere/renamed.txt",
        fs::read(program.folder().join("suspdownload2023.txt")).unwrap(),
    );
    let files = lists_before(&program).into_iter().chain(files_of_2023(&program));
    let out = program.import(files.chain([other_name]));
    assert_eq!(out.matches("nothing changed").count(), before.len() + 1, "{out}");
    assert!(!out.contains("rows read"), "{out}");
    assert_eq!(releases(&program), before);
    assert_eq!(program.json(["list"]), answers);
    program.succeed(["determine"]);
    assert_eq!(program.json(["list"]), answers);
}

#[test]
fn the_later_of_two_files_of_one_indicator_and_year_is_in_force_and_both_are_kept() {
    let program = program();
    let others: Vec<PathBuf> = files_of_2023(&program);
    program.import(&others);
    let corrected = indicator_text(
        "SUSP",
        2023,
        &[
            (BY_GROUP, "SWD", 4),
            (CALM, "ALL", 4),
            (BY_BOTH, "SED", 1),
            (SUSTAINED, "SWD", 1),
            (OFFICE, "ALL", 4),
            (CHARTER, "HI", 1),
        ],
    );
    let corrected = program.write("corrected/suspdownload2023.txt", corrected);
    let first = others.iter().position(|file| file.ends_with("suspdownload2023.txt")).unwrap() + 1;
    let second = others.len() + 1;
    program.succeed(["determine"]);
    let code =
        |program: &Program| program.export_published(2023)[BY_GROUP]["SWDpriorities"].clone();
    assert_eq!(code(&program), "D");
    let out = program.import([corrected]);
    let told = format!(
        "release {second} is in force before release {first}: it came later; both are kept"
    );
    assert!(out.contains(&told), "{out}");
    assert_eq!(code(&program), "D", "answers change only with the next run");
    program.succeed(["determine"]);
    assert_eq!(code(&program), "*");
    let listed = releases(&program);
    assert_eq!(listed.len(), second);
    assert_eq!(listed[first - 1]["state"], format!("superseded by {second}"));
    assert_eq!(listed[second - 1]["state"], "in force");
}

#[test]
fn of_two_lists_the_one_with_the_later_date_inside_is_in_force_in_either_order_of_import() {
    for turned in [false, true] {
        let program = program();
        let issue = |name: &str, date: &str, status: &str| {
            let title = format!("LCFF Eligibility File, {date}");
            program.write(name, list_text(&title, 2023, &[(CALM, status, &[])]))
        };
        let mut files = vec![
            issue("a/assistancestatus23.csv", "December 15, 2023", GENERAL),
            issue("b/assistancestatus23.csv", "January 20, 2024", FIRST_YEAR),
        ];
        if turned {
            files.reverse();
        }
        let out = program.import(files);
        let (later, earlier) = if turned { (1, 2) } else { (2, 1) };
        let told = format!(
            "release {later} is in force before release {earlier}: its date inside is later; both are kept"
        );
        assert!(out.contains(&told), "{out}");
        program.succeed(["determine"]);
        let view = program.json(["reconcile", "--year", "2023"]);
        let status = view["unknown"]
            .as_array()
            .unwrap()
            .iter()
            .find(|cell| cell["column"] == "AssistanceStatus2023")
            .unwrap();
        assert_eq!(status["published"], FIRST_YEAR, "turned {turned}");
    }
}

#[test]
fn files_of_two_counties_are_both_in_force() {
    let program = program();
    let one = program
        .write("one/suspdownload2023.txt", indicator_text("SUSP", 2023, &[(BY_GROUP, "SWD", 1)]));
    let two = program
        .write("two/suspdownload2023.txt", indicator_text("SUSP", 2023, &[(CALM, "SWD", 2)]));
    let out = program.import([one, two]);
    assert!(!out.contains("in force before"), "{out}");
    assert!(releases(&program).iter().all(|row| row["state"] == "in force"));
    program.succeed(["determine"]);
    for (cds, release, color) in [(BY_GROUP, 1, "Red"), (CALM, 2, "Orange")] {
        let view = program.json(["explain", cds]);
        let cell = view["determination"]["groups"]
            .as_array()
            .unwrap()
            .iter()
            .find(|group| group["group"] == "SWD")
            .and_then(|group| {
                group["cells"].as_array().unwrap().iter().find(|c| c["indicator"] == "SUSP")
            })
            .unwrap()
            .clone();
        assert_eq!(cell["release"], release, "{cds}");
        assert_eq!(cell["color"].as_str().unwrap().to_lowercase(), color.to_lowercase(), "{cds}");
    }
}

#[test]
fn a_file_of_one_county_beside_a_wider_one_is_in_force_for_that_county_only() {
    let program = program();
    let wide = program.write(
        "wide/suspdownload2023.txt",
        indicator_text("SUSP", 2023, &[(BY_GROUP, "SWD", 1), (CALM, "SWD", 1)]),
    );
    let narrow = program
        .write("narrow/suspdownload2023.txt", indicator_text("SUSP", 2023, &[(CALM, "SWD", 4)]));
    let out = program.import([wide, narrow]);
    assert!(
        out.contains("release 2 is in force before release 1 for the counties that both cover"),
        "{out}"
    );
    assert_eq!(releases(&program)[0]["state"], "superseded in part by 2");
    program.succeed(["determine"]);
    assert_eq!(codes(&program.json(["list", "--priority", "6"])), set(&[BY_GROUP]));
}

#[test]
fn a_release_that_another_takes_the_place_of_wholly_is_called_so_whatever_came_later() {
    let program = program();
    let issue = |name: &str, rows: &[(&str, &str, u8)]| {
        program.write(&format!("{name}/suspdownload2023.txt"), indicator_text("SUSP", 2023, rows))
    };
    let first = issue("first", &[(BY_GROUP, "SWD", 1), (CALM, "SWD", 1)]);
    let whole = issue("whole", &[(BY_GROUP, "SWD", 2), (CALM, "SWD", 2)]);
    let part = issue("part", &[(CALM, "SWD", 3)]);
    program.import([first, whole, part]);
    let states: Vec<Value> = releases(&program).iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["superseded by 2, 3", "superseded in part by 3", "in force"]);
}

#[test]
fn a_file_of_charters_alone_takes_no_districts_file_out_of_force() {
    let program = program();
    let issue = |name: &str, rows: &[(&str, &str, u8)]| {
        program.write(&format!("{name}/suspdownload2023.txt"), indicator_text("SUSP", 2023, rows))
    };
    let districts = issue("districts", &[(BY_GROUP, "SWD", 1), (CALM, "SWD", 1)]);
    let charters = issue("charters", &[(CHARTER, "HI", 1)]);
    let all = issue("all", &[("58999990000000", "HI", 1), ("57999999999999", "HI", 1)]);
    program.import([districts, charters, all]);
    let rows = releases(&program);
    assert!(rows.iter().all(|row| row["state"] == "in force"));
    let coverage: Vec<&Value> = rows.iter().map(|row| &row["coverage"]).collect();
    assert_eq!(
        coverage,
        ["counties 01 02", "charters of counties 01", "counties 58, charters of 57"]
    );
}

#[test]
fn what_the_operator_assigns_comes_before_what_the_file_says() {
    let program = program();
    let file = program.write_indicator("ELA", 2023, &[(CALM, "ALL", 4)]);
    let words = ["import", "--as", "MATH:2024"].map(OsStr::new);
    let told = program.json(words.into_iter().chain([file.as_os_str()]));
    let report = &told[0]["report"];
    assert_eq!((&report["kind"], &report["year"]), (&json!("MATH"), &json!(2024)));
    assert_eq!(report["kindToldBy"], "operator");
    assert_eq!(
        report["warnings"].as_array().unwrap().len(),
        4,
        "rows and name say otherwise: {report}"
    );
    assert_eq!(releases(&program)[0]["kind"], "MATH");
}

#[test]
fn a_bad_file_among_good_ones_is_refused_and_the_store_is_as_if_it_had_not_been_named() {
    let (with, without) = (program(), program());
    let files = files_of_2023(&with);
    let bad = indicator_text(
        "SUSP",
        2023,
        &[(CALM, "ALL", 4), (BY_GROUP, "SWD", 1), (BY_GROUP, "SED", 7)],
    )
    .replace(&format!("\n{CALM}\t"), "\n0299X990000000\t");
    let bad = with.write("bad/suspdownload2023.txt", bad);
    let (first, rest) = files.split_at(3);
    let mut words: Vec<&OsStr> = vec![OsStr::new("import")];
    words.extend(first.iter().map(|f| f.as_os_str()));
    words.push(bad.as_os_str());
    words.extend(rest.iter().map(|f| f.as_os_str()));
    let ran = with.run(&words);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.contains("row 2, column cds: "), "{}", ran.out);
    assert!(ran.out.contains("row 4, column color: '7' is no colour"), "{}", ran.out);
    assert!(ran.out.contains("Nothing of this file was stored."), "{}", ran.out);
    assert!(
        ran.err.contains(&format!("1 of {} files were refused", files.len() + 1)),
        "{}",
        ran.err
    );
    without.import(files_of_2023(&without));
    assert_eq!(releases(&with), releases(&without));
    with.succeed(["determine"]);
    without.succeed(["determine"]);
    assert_eq!(with.json(["list"]), without.json(["list"]));
}

#[test]
fn a_file_that_is_not_there_is_reported_and_the_others_are_taken() {
    let program = program();
    let file = program.write_indicator("ELA", 2023, &[(CALM, "ALL", 4)]);
    let missing = program.folder().join("nowhere.txt");
    let ran = program.run([OsStr::new("import"), missing.as_os_str(), file.as_os_str()]);
    assert_eq!(ran.code, 3);
    assert!(ran.out.contains("nowhere.txt"), "{}", ran.out);
    assert_eq!(releases(&program).len(), 1);
    // A folder is no file, and nothing waits for what would never come.
    let ran = program.run([OsStr::new("import"), program.folder().as_os_str()]);
    assert_eq!(ran.code, 3);
    assert!(ran.out.contains("no regular file"), "{}", ran.out);
}

#[test]
fn successions_are_a_release_and_a_note_of_both_leas() {
    let program = world();
    let table = format!(
        "predecessor_cds,successor_cds,kind,effective_date,source\n\
         {BY_BOTH},{CALM},merged,2022-07-01,a letter that is made up\n"
    );
    let file = program.write("successions.csv", table);
    let out = program.import([file]);
    assert!(out.contains("SUCCESSIONS: release "), "{out}");
    let last = releases(&program).pop().unwrap();
    assert_eq!((&last["kind"], &last["year"]), (&json!("SUCCESSIONS"), &json!("")));
    assert_eq!((&last["rows"], &last["coverage"]), (&json!("1"), &json!("statewide")));
    let notes = |cds: &str| {
        let view = program.json(["explain", cds, "--year", "2023"]);
        view["determination"]["notes"].to_string()
    };
    assert!(!notes(CALM).contains("follows"), "it counts from the next run on");
    program.succeed(["determine"]);
    let (after, before) = (notes(CALM), notes(BY_BOTH));
    assert!(after.contains(&format!("follows {BY_BOTH} (merged, 2022-07-01; a letter")), "{after}");
    assert!(before.contains(&format!("is followed by {CALM} (merged")), "{before}");
    assert!(!notes(BY_GROUP).contains("follow"), "it has no part in it");
}

#[test]
fn calpads_exceptions_make_method_four_and_without_them_the_answer_is_noted_and_final() {
    let program = program();
    let lists = [2019, 2022, 2023].map(|year| {
        let rows: Vec<Listed<'_>> = vec![(CALM, GENERAL, &[]), (BY_GROUP, GENERAL, &[])];
        let name = format!("assistancestatus{}.csv", year % 100);
        program.write(&name, list_text("LCFF Eligibility File", year, &rows))
    });
    program.import(lists.into_iter().chain(program.write_year(2024, &[CALM, BY_GROUP], &[], &[])));
    program.succeed(["determine"]);
    let answer =
        |cds: &str| program.json(["explain", cds, "--year", "2024"])["determination"].clone();
    let before = answer(CALM);
    assert_eq!(before["provisional"], false, "{}", before["missing"]);
    assert_eq!(before["differentiated"], "notMet");
    assert!(
        before["notes"].to_string().contains("No CALPADS exception was entered"),
        "{}",
        before["notes"]
    );
    let file = program.write("calpads.csv", format!("cds,certified,year\n{CALM},N,2024\n"));
    assert!(program.import([file]).contains("CALPADS 2024: release"));
    program.succeed(["determine"]);
    let after = answer(CALM);
    assert_eq!(after["differentiated"], "met");
    assert_eq!(after["label"], FIRST_YEAR);
    let methods = after["methods"].as_array().unwrap();
    let met: Vec<&Value> =
        methods.iter().filter(|m| m["outcome"] == "met").map(|m| &m["id"]).collect();
    assert_eq!(met, ["M4"]);
    assert!(!after["notes"].to_string().contains("CALPADS"), "{}", after["notes"]);
    assert_eq!(answer(BY_GROUP)["differentiated"], "notMet");
    assert_eq!(program.export_published(2024)[CALM]["MetMethod4"], "Y");
}

// Determine.

#[test]
fn determining_twice_and_importing_in_another_order_give_the_same_bytes() {
    let exports = |program: &Program| -> Vec<String> {
        ["answers", "published"]
            .into_iter()
            .flat_map(|layout| ["csv", "json", "ndjson", "table"].map(|format| (layout, format)))
            .map(|(layout, format)| {
                program
                    .succeed(["export", "--year", "2023", "--layout", layout, "--format", format])
            })
            .collect()
    };
    let one = world();
    let (first, answers) = (exports(&one), one.json(["list"]));
    one.succeed(["determine"]);
    assert_eq!(exports(&one), first);
    assert_eq!(one.json(["list"]), answers);
    let other = program();
    let mut files = lists_before(&other);
    files.extend(files_of_2023(&other));
    files.reverse();
    for file in files {
        other.import([file]);
    }
    other.succeed(["determine"]);
    assert_eq!(exports(&other), first);
}

#[test]
fn determine_says_what_it_decided_from_what() {
    let program = program();
    program.import(lists_before(&program).into_iter().chain(files_of_2023(&program)));
    let out = program.succeed(["determine"]);
    let releases = releases(&program).len();
    assert!(out.starts_with("Run 1 ("), "{out}");
    assert!(
        out.contains(&format!("from {releases} releases, by 7 editions of the rules")),
        "{out}"
    );
    let row: Vec<&str> = out
        .lines()
        .find(|l| l.trim_start().starts_with("2023"))
        .unwrap()
        .split_whitespace()
        .collect();
    // LEAs, differentiated, general, not known, not judged.
    assert_eq!(row, ["2023", "6", "4", "1", "1", "0"], "{out}");
    let run = program.json(["determine", "--by", "somebody"]);
    assert_eq!((&run["number"], &run["madeBy"]), (&json!(2), &json!("somebody")));
    assert_eq!(run["editions"].as_object().unwrap().len(), 7);
}

// List and summary.

#[test]
fn each_filter_of_the_list_keeps_the_leas_that_it_names() {
    let program = world();
    let file =
        program.write("suspdownload2022.txt", indicator_text("SUSP", 2022, &[(CHARTER, "HI", 3)]));
    program.import([file]);
    program.succeed(["determine"]);
    let check = |words: &[&str], expected: &[&str]| {
        let words = ["list", "--year", "2023"].iter().chain(words);
        let words: Vec<&str> = words.copied().collect();
        assert_eq!(codes(&program.json(&words)), set(expected), "{words:?}");
    };
    check(&[], &LEAS);
    check(&["--county", "01"], &[BY_GROUP, OFFICE, CHARTER]);
    check(&["--county", "58"], &[]);
    check(&["--type", "district"], &[BY_GROUP, CALM, BY_BOTH, SUSTAINED]);
    check(&["--type", "countyOffice"], &[OFFICE]);
    check(&["--type", "charter"], &[CHARTER]);
    check(&["--status", "general"], &[CALM]);
    check(&["--status", "differentiated"], &[BY_GROUP, BY_BOTH, SUSTAINED, OFFICE]);
    check(&["--status", "not-known"], &[CHARTER]);
    check(&["--status", "not-judged"], &[]);
    check(&["--level", "1"], &[CALM]);
    check(&["--level", "2"], &[BY_GROUP, BY_BOTH, OFFICE]);
    check(&["--level", "3"], &[SUSTAINED]);
    check(&["--group", "SWD"], &[BY_GROUP, SUSTAINED]);
    check(&["--group", "hi"], &[CHARTER]);
    check(&["--group", "TOM"], &[]);
    check(&["--priority", "4"], &[BY_GROUP, SUSTAINED]);
    check(&["--priority", "5"], &[CHARTER]);
    check(&["--priority", "6"], &[BY_GROUP, SUSTAINED, BY_BOTH, CHARTER]);
    check(&["--priority", "8"], &[]);
    check(&["--method", "M1"], &[BY_GROUP, SUSTAINED, CHARTER]);
    check(&["--method", "M2"], &[OFFICE]);
    check(&["--method", "M3"], &[BY_BOTH]);
    check(&["--method", "M4"], &[]);
    check(&["--sustained-need"], &[SUSTAINED]);
    check(&["--provisional"], &[CHARTER]);
    // Filters narrow each other.
    check(&["--county", "01", "--type", "district", "--level", "2"], &[BY_GROUP]);
    check(&["--county", "02", "--group", "SWD"], &[]);
    let not_judged = program.json(["list", "--year", "2022", "--status", "not-judged"]);
    assert_eq!(codes(&not_judged), set(&[CHARTER]), "charters were not judged in 2022");
}

#[test]
fn a_list_is_a_table_for_people_and_lines_for_programs() {
    let program = world();
    let words = ["list", "--year", "2023", "--type", "district"];
    let people = program.succeed(words);
    let row = people.lines().find(|line| line.contains(BY_GROUP)).unwrap();
    for part in ["2023", "District 0199999", "district", FIRST_YEAR, " 2 ", "SWD:D", "M1"] {
        assert!(row.contains(part), "{part} is not in: {row}");
    }
    let csv = table(&program.succeed([&words[..], &["--format", "csv"]].concat()));
    assert_eq!(csv.len(), 4);
    let own = csv.iter().find(|row| row["CDS"] == BY_GROUP).unwrap();
    assert_eq!((own["status"].as_str(), own["groups"].as_str()), (FIRST_YEAR, "SWD:D"));
    let lines = program.succeed([&words[..], &["--format", "ndjson"]].concat());
    let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(Value::Array(lines), program.json(words));
}

#[test]
fn the_summary_counts_what_the_list_shows() {
    let program = world();
    let counts = program.json(["summary", "--year", "2023"]);
    assert_eq!((&counts["leas"], &counts["provisional"]), (&json!(6), &json!(1)));
    assert_eq!(counts["labels"]["district"], json!({ GENERAL: 1, FIRST_YEAR: 3 }));
    assert_eq!(counts["labels"]["countyOffice"], json!({ FIRST_YEAR: 1 }));
    assert_eq!(counts["labels"]["charter"], json!({ "not known": 1 }));
    assert_eq!(counts["levels"]["district"], json!({ "1": 1, "2": 2, "3": 1 }));
    assert_eq!(counts["methods"]["M1"]["met"], 3);
    assert_eq!(counts["methods"]["M3"]["met"], 1);
    assert_eq!(counts["groups"], json!({ "SWD": 2, "HI": 1 }));
    assert_eq!(counts["priorities"], json!({ "4": 2, "5": 1, "6": 4 }));
    assert_eq!(counts["sustainedNeed"]["ec-52072-b"], json!({ "met": 1, "notMet": 3 }));
    let people = program.succeed(["summary", "--year", "2023"]);
    assert!(
        people.lines().any(|l| l.contains("group with a code") && l.contains("SWD")),
        "{people}"
    );
    let csv = table(&program.succeed(["summary", "--year", "2023", "--format", "csv"]));
    assert_eq!(csv[0]["LEAs"], "6");
}

// Reconcile.

/// The list of 2023 as it is computed, with these cells of the calm district instead.
fn list_of_2023(calm: (&str, &[(&str, &str)])) -> String {
    let rows: Vec<Listed<'_>> = vec![
        (BY_GROUP, FIRST_YEAR, &[("SWDpriorities", "D")]),
        (CALM, calm.0, calm.1),
        (BY_BOTH, FIRST_YEAR, &[("MetMethod3", "Y")]),
        (SUSTAINED, FIRST_YEAR, &[("SWDpriorities", "D"), ("EC52072_2023", "Y")]),
        (OFFICE, FIRST_YEAR, &[("MetMethod2", "Y")]),
    ];
    list_text("LCFF Eligibility File", 2023, &rows)
}

#[test]
fn a_list_that_agrees_is_said_to_agree_cell_by_cell() {
    let program = world();
    program.import([program.write("assistancestatus23.csv", list_of_2023((GENERAL, &[])))]);
    program.succeed(["determine"]);
    let words = ["reconcile", "--year", "2023", "--fail-on-difference"];
    let view = program.json(words);
    assert_eq!(view["differences"], json!([]));
    assert_eq!((&view["differing"], &view["notKnown"]), (&json!(0), &json!(0)));
    assert_eq!((&view["leas"], &view["leasAgreeing"]), (&json!(5), &json!(5)));
    // 13 groups, their number, the status, three methods and one flag, of five LEAs.
    assert_eq!(view["agreeing"], 5 * (13 + 1 + 1 + 3 + 1));
    assert_eq!(view["notOnList"], json!([]), "charters are on no list");
    let out = program.succeed(words);
    assert!(out.contains("5 LEAs on the list, 5 with every cell agreeing"), "{out}");
}

#[test]
fn cells_that_differ_are_named_with_both_sides_and_the_reason() {
    let program = world();
    let calm: (&str, &[(&str, &str)]) = (FIRST_YEAR, &[("SEDpriorities", "B")]);
    program.import([program.write("assistancestatus23.csv", list_of_2023(calm))]);
    program.succeed(["determine"]);
    let view = program.json(["reconcile", "--year", "2023"]);
    let found: BTreeMap<&str, (&str, &str)> = view["differences"]
        .as_array()
        .unwrap()
        .iter()
        .inspect(|cell| assert_eq!(cell["cds"], CALM))
        .map(|cell| {
            let text = |name: &str| cell[name].as_str().unwrap();
            assert!(!text("reason").is_empty());
            (text("column"), (text("computed"), text("published")))
        })
        .collect();
    let expected = BTreeMap::from([
        ("SEDpriorities", ("*", "B")),
        ("TotalStudentGroups", ("0", "1")),
        ("AssistanceStatus2023", (GENERAL, FIRST_YEAR)),
        ("MetMethod1", ("N", "Y")),
    ]);
    assert_eq!(found, expected);
    let ran = program.run(["reconcile", "--year", "2023"]);
    assert_eq!(ran.code, 0, "differences are no failure unless asked for");
    let line = format!("{CALM} District 0299999, SEDpriorities: computed *, published B");
    assert!(ran.out.contains(&line), "{}", ran.out);
    let ran = program.run(["reconcile", "--year", "2023", "--fail-on-difference"]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("4 cells differ"), "{}", ran.err);
    assert!(ran.out.contains(&line), "{}", ran.out);
    let csv = table(&program.succeed(["reconcile", "--year", "2023", "--format", "csv"]));
    assert_eq!(csv.len(), 4);
}

#[test]
fn cells_that_cannot_be_computed_are_not_known_for_want_of_named_files() {
    let program = program();
    let files = files_of_2023(&program);
    let given = files.iter().filter(|f| !f.ends_with("ccidownload2023.txt")).cloned();
    program.import(lists_before(&program).into_iter().chain(given));
    program.import([program.write("assistancestatus23.csv", list_of_2023((GENERAL, &[])))]);
    program.succeed(["determine"]);
    let words = ["reconcile", "--year", "2023", "--fail-on-difference"];
    let view = program.json(words);
    assert_eq!(view["differing"], 0, "what is not known does not differ");
    let unknown = view["unknown"].as_array().unwrap();
    assert!(!unknown.is_empty());
    for cell in unknown {
        assert_eq!(cell["computed"], "not known");
        assert_eq!(cell["reason"], "not loaded: CCI:2023", "{cell}");
    }
    let of =
        |cds: &str, column: &str| unknown.iter().any(|c| c["cds"] == cds && c["column"] == column);
    assert!(of(BY_GROUP, "SWDpriorities"), "priority 8 could make it another letter");
    assert!(!of(BY_GROUP, "MetMethod1"), "two priorities are certain");
    assert!(!of(CALM, "SWDpriorities"), "one priority more does not make two");
    let out = program.succeed(words);
    assert!(out.contains("not loaded: CCI:2023"), "{out}");
}

#[test]
fn by_its_own_codes_a_list_is_checked_without_any_other_file() {
    let program = program();
    let lists = lists_before(&program);
    let wrong = list_of_2023((GENERAL, &[("SEDpriorities", "B")]));
    program.import(lists.into_iter().chain([program.write("assistancestatus23.csv", wrong)]));
    program.succeed(["determine"]);
    let view = program.json(["reconcile", "--year", "2023", "--basis", "codes"]);
    let columns: BTreeSet<&str> =
        view["columns"].as_array().unwrap().iter().map(|c| c["column"].as_str().unwrap()).collect();
    let follow = ["AssistanceStatus2023", "EC52072_2023", "MetMethod1", "MetMethod2", "MetMethod3"];
    assert_eq!(columns, BTreeSet::from(follow));
    let methods_one =
        view["columns"].as_array().unwrap().iter().find(|c| c["column"] == "MetMethod1").unwrap();
    assert_eq!((&methods_one["agreeing"], &methods_one["differing"]), (&json!(5), &json!(0)));
    let differing = view["differences"].as_array().unwrap();
    let [status] = differing.as_slice() else { panic!("{differing:?}") };
    assert_eq!((&status["cds"], &status["column"]), (&json!(CALM), &json!("AssistanceStatus2023")));
    assert_eq!(status["computed"], FIRST_YEAR, "a group has a code");
    // Nothing is assumed of local indicators that were not loaded.
    let unknown = view["unknown"].as_array().unwrap();
    let method = unknown.iter().find(|c| c["cds"] == CALM && c["column"] == "MetMethod2").unwrap();
    assert_eq!(
        method["reason"],
        "not loaded: LOCAL1:2023, LOCAL2:2023, LOCAL3:2023, LOCAL6:2023, LOCAL7:2023"
    );
}

// Export.

#[test]
fn the_published_layout_tells_no_code_from_not_known() {
    let known = world().export_published(2023);
    assert_eq!(
        known.keys().cloned().collect::<BTreeSet<_>>(),
        set(&[BY_GROUP, CALM, BY_BOTH, SUSTAINED, OFFICE]),
        "charters are on no list"
    );
    let row = &known[BY_GROUP];
    let of = |name: &str| row[name].as_str();
    assert_eq!((of("SWDpriorities"), of("AApriorities"), of("TOMpriorities")), ("D", "*", "*"));
    assert_eq!(
        (of("CDcode"), of("LEAname"), of("Countyname")),
        ("0199999", "District 0199999", "County 01")
    );
    assert_eq!((of("TotalStudentGroups"), of("AssistanceStatus2023")), ("1", FIRST_YEAR));
    assert_eq!((of("MetMethod1"), of("MetMethod2"), of("EC52072_2023")), ("Y", "N", "N"));
    assert_eq!((of("AssistanceStatus2022"), of("ReportYear")), (GENERAL, "2023"));
    assert_eq!(of("NotKnownBecause"), "AssistanceStatus2017: not loaded LIST:2017");

    let program = program();
    program.import([program.write_indicator("SUSP", 2023, &[(BY_GROUP, "SWD", 1)])]);
    program.succeed(["determine"]);
    let unknown = &program.export_published(2023)[BY_GROUP];
    for column in
        ["SWDpriorities", "AApriorities", "AssistanceStatus2023", "MetMethod1", "EC52072_2023"]
    {
        assert_eq!(unknown[column], "", "{column}");
        let why = reason_of(&unknown["NotKnownBecause"], column);
        assert!(why.is_some_and(|why| why.contains("not loaded")), "{column}: {why:?}");
    }
    let why = reason_of(&unknown["NotKnownBecause"], "SWDpriorities").unwrap();
    assert!(why.contains("ELA:2023") && !why.contains("SUSP:2023"), "{why}");
}

/// The reason given for a column, in `COLUMN COLUMN: reason; COLUMN: reason`.
fn reason_of<'a>(reasons: &'a str, column: &str) -> Option<&'a str> {
    reasons
        .split("; ")
        .filter_map(|reason| reason.split_once(": "))
        .find(|(columns, _)| columns.split(' ').any(|name| name == column))
        .map(|(_, reason)| reason)
}

#[test]
fn an_export_says_the_same_in_every_format() {
    let program = world();
    for layout in ["answers", "published"] {
        let words = |format| ["export", "--year", "2023", "--layout", layout, "--format", format];
        let csv = table(&program.succeed(words("csv")));
        let json: Vec<BTreeMap<String, String>> =
            serde_json::from_str(&program.succeed(words("json"))).unwrap();
        let lines: Vec<BTreeMap<String, String>> = program
            .succeed(words("ndjson"))
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(csv.len(), if layout == "answers" { 6 } else { 5 });
        assert_eq!(csv, json, "{layout}");
        assert_eq!(csv, lines, "{layout}");
    }
}

#[test]
fn the_answers_of_every_kind_of_lea_are_exported() {
    let rows = table(&world().succeed(["export", "--year", "2023", "--format", "csv"]));
    let row = |cds: &str| rows.iter().find(|row| row["cds"] == cds).unwrap();
    let charter = row(CHARTER);
    let of = |name: &str| charter[name].as_str();
    assert_eq!((of("leaType"), of("label"), of("provisional")), ("charter", "", "true"));
    assert_eq!((of("HI"), of("M1"), of("ec-47607.3-a")), ("C", "met", "notKnown"));
    assert!(of("missing").split(' ').any(|input| input.ends_with(":2022")), "{}", of("missing"));
    let office = row(OFFICE);
    assert_eq!((office["leaType"].as_str(), office["M2"].as_str()), ("countyOffice", "met"));
    assert_eq!(row(SUSTAINED)["eligibleLevel"], "3");
    assert_eq!(row(CALM)["eligibleLevel"], "1");
}

#[test]
fn an_export_into_a_file_has_what_the_screen_would_show() {
    let program = world();
    let words = ["export", "--year", "2023", "--format", "csv"];
    let shown = program.succeed(words);
    let file = program.folder().join("out.csv");
    let told = program
        .succeed(words.map(OsStr::new).into_iter().chain([OsStr::new("--out"), file.as_os_str()]));
    assert_eq!(told, "");
    assert_eq!(fs::read_to_string(&file).unwrap(), shown);
    let nowhere = program.folder().join("no/folder/out.csv");
    let err = fails(
        &program,
        1,
        words.map(OsStr::new).into_iter().chain([OsStr::new("--out"), nowhere.as_os_str()]),
    );
    assert!(err.contains("no/folder/out.csv"), "{err}");
}

// Rulebooks.

#[test]
fn the_rules_can_be_shown_as_they_are_written() {
    let program = program();
    let years = program.json(["rulebook", "show"]);
    let years: BTreeMap<&str, &Value> =
        years.as_array().unwrap().iter().map(|row| (row["year"].as_str().unwrap(), row)).collect();
    let all = ["2017", "2018", "2019", "2020", "2021", "2022", "2023", "2024", "2025"];
    assert_eq!(years.keys().copied().collect::<Vec<_>>(), all);
    assert!(years["2020"]["note"].as_str().unwrap().contains("schools closed"));
    let text =
        Rulebooks::built_in_files().into_iter().find(|f| f.name == "2023.toml").unwrap().text;
    let shown = program.succeed(["rulebook", "show", "2023"]);
    assert!(shown.starts_with(&text), "the edition as its file has it");
    assert!(shown.contains(years["2023"]["hash"].as_str().unwrap()), "its hash follows");
    assert!(program.succeed(["rulebook", "show", "2021"]).starts_with("2021: "));
    let err = fails(&program, 4, ["rulebook", "show", "2030"]);
    assert!(err.contains("there is no edition for 2030"), "{err}");
    assert!(!program.database().exists(), "rules need no database");
}

#[test]
fn the_built_in_rules_are_without_fault_and_a_faulty_file_is_named_with_its_line() {
    let program = program();
    let out = program.succeed(["rulebook", "check"]);
    assert!(out.contains("17 files are without fault: 7 editions, 2 years without"), "{out}");
    let text =
        Rulebooks::built_in_files().into_iter().find(|f| f.name == "2023.toml").unwrap().text;
    let good = program.write("good/2023.toml", &text);
    program.succeed([OsStr::new("rulebook"), OsStr::new("check"), good.as_os_str()]);
    let line = 1 + text.lines().position(|l| l == "id = \"p6-suspension\"").unwrap() + 2;
    let bad = text.replace(
        "any = [{ indicator = \"SUSP\", color = \"red\" }]",
        "any = [{ indicator = \"SUSP\", color = \"purple\" }]",
    );
    assert_ne!(bad, text);
    let bad = program.write("bad/2023.toml", bad);
    let err = fails(&program, 3, [OsStr::new("rulebook"), OsStr::new("check"), bad.as_os_str()]);
    assert!(err.contains(&format!("2023.toml:{line}: ")), "line {line} is meant: {err}");
    assert!(err.contains("purple"), "{err}");
    let missing = program.folder().join("nowhere.toml");
    let err =
        fails(&program, 1, [OsStr::new("rulebook"), OsStr::new("check"), missing.as_os_str()]);
    assert!(err.contains("nowhere.toml"), "{err}");
}

// What is not there, and wrong words.

#[test]
fn an_lea_that_no_file_names_is_not_found_and_the_way_to_find_it_is_told() {
    let program = world();
    let err = fails(&program, 4, ["explain", "58999990000000"]);
    assert!(err.contains("58999990000000") && err.contains("`calsos list`"), "{err}");
    let err = fails(&program, 4, ["explain", CHARTER, "--year", "2019"]);
    assert!(err.contains("has no answer for 2019") && err.contains("2023"), "{err}");
}

#[test]
fn a_year_without_determinations_is_not_found_and_the_reason_is_told() {
    let program = world();
    for command in ["summary", "export", "reconcile"] {
        let err = fails(&program, 4, [command, "--year", "2020"]);
        assert!(err.contains("2020") && err.contains("schools closed"), "{command}: {err}");
    }
    let err = fails(&program, 4, ["export", "--year", "2020", "--layout", "published"]);
    assert!(err.contains("schools closed"), "{err}");
    let err = fails(&program, 4, ["summary", "--year", "2031"]);
    assert!(err.contains("no edition of the rules for 2031"), "{err}");
    let err = fails(&program, 4, ["summary", "--year", "2025"]);
    assert!(err.contains("no file of 2025"), "{err}");
    let err = fails(&program, 4, ["reconcile", "--year", "2023"]);
    assert!(err.contains("no published list of 2023 was imported"), "{err}");
}

#[test]
fn before_the_first_run_the_next_step_is_told() {
    let program = program();
    let err = fails(&program, 4, ["determine"]);
    assert!(err.contains("calsos import"), "{err}");
    program.import([program.write_indicator("SUSP", 2023, &[(CALM, "ALL", 4)])]);
    let asked: [&[&str]; 5] = [
        &["list"],
        &["summary", "--year", "2023"],
        &["explain", CALM],
        &["export", "--year", "2023"],
        &["export", "--year", "2023", "--layout", "published"],
    ];
    for words in asked {
        let err = fails(&program, 4, words);
        assert!(err.contains("calsos determine"), "{words:?}: {err}");
    }
}

#[test]
fn wrong_words_end_with_two_and_say_which() {
    let program = world();
    let wrong: [(&[&str], &str); 16] = [
        (&[], "Usage"),
        (&["decide"], "decide"),
        (&["import"], "FILES"),
        (&["import", "--as", "ELA:22", "file.txt"], "ELA:22"),
        (&["import", "--as", "ATTENDANCE:2023", "file.txt"], "ATTENDANCE"),
        (&["export"], "--year"),
        (&["export", "--year", "23"], "four digits"),
        (&["export", "--year", "2023", "--layout", "wide"], "wide"),
        (&["list", "--county", "59"], "01 to 58"),
        (&["list", "--level", "4"], "4"),
        (&["list", "--group", "ALL"], "SWD"),
        (&["list", "--priority", "11"], "1 to 10"),
        (&["list", "--method", "M9"], "M1 to M4"),
        (&["list", "--format", "xml"], "xml"),
        (&["explain", "1999990000000"], "13 digits"),
        (&["explain", "0199999000000X"], "no digit"),
    ];
    for (words, part) in wrong {
        let err = fails(&program, 2, words);
        assert!(err.contains(part), "{words:?} does not say '{part}': {err}");
    }
}

#[test]
fn help_has_examples_and_exit_codes() {
    let program = program();
    let help = program.succeed(["--help"]);
    assert!(help.contains("Examples:") && help.contains("calsos import downloads/*.txt"), "{help}");
    assert!(help.contains("Exit codes:"), "{help}");
    for code in 0..=5 {
        assert!(
            help.lines().any(|l| l.trim_start().starts_with(&format!("{code}  "))),
            "{code}: {help}"
        );
    }
    let commands = [
        "import",
        "determine",
        "explain",
        "list",
        "summary",
        "reconcile",
        "export",
        "releases",
        "rulebook",
    ];
    for command in commands {
        assert!(help.contains(&format!("  {command}")), "{command}: {help}");
        let own = program.succeed([command, "--help"]);
        assert!(own.contains("Usage:") && own.contains("--database"), "{command}: {own}");
    }
    assert!(program.succeed(["--version"]).starts_with("calsos "));
    assert!(!program.database().exists(), "help needs no database");
}

#[test]
fn no_colour_codes_are_written_where_no_terminal_is() {
    let program = program();
    let files = files_of_2023(&program);
    let import = std::iter::once(OsStr::new("import")).chain(files.iter().map(|f| f.as_os_str()));
    let mut all = vec![program.run(import)];
    let asked: [&[&str]; 10] = [
        &["determine"],
        &["list"],
        &["summary", "--year", "2023"],
        &["explain", BY_GROUP],
        &["explain", BY_GROUP, "--rows"],
        &["releases"],
        &["export", "--year", "2023"],
        &["rulebook", "show"],
        &["explain", "58999990000000"],
        &["nonsense"],
    ];
    all.extend(asked.iter().map(|words| program.run(*words)));
    for ran in all {
        assert!(!(ran.out + &ran.err).contains('\u{1b}'));
    }
}

// Where the database is.

#[test]
fn the_database_is_taken_from_the_words_then_the_environment_then_the_users_own_folder() {
    let program = program();
    let file = program.write_indicator("SUSP", 2023, &[(CALM, "ALL", 4)]);
    let home = program.folder().join("home");
    let (named, set) = (program.folder().join("named.db"), program.folder().join("set.db"));
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_calsos-under-test"));
        command.env_remove("DATABASE_URL").env_remove("CALSOS_EDITIONS").env("HOME", &home);
        command.env("XDG_DATA_HOME", home.join("data")).arg("import").arg(&file);
        command
    };
    let address = |path: &PathBuf| format!("sqlite:{}", path.display());
    let well = |mut command: Command| assert!(command.output().unwrap().status.success());
    let mut both = command();
    both.env("DATABASE_URL", address(&set)).args(["--database", &address(&named)]);
    well(both);
    assert!(named.exists() && !set.exists() && !home.exists());
    let mut environment = command();
    environment.env("DATABASE_URL", address(&set));
    well(environment);
    assert!(set.exists() && !home.exists());
    well(command());
    assert!(home.join("data/calsos/calsos.sqlite").exists());
}

#[test]
fn a_database_that_cannot_be_used_ends_with_one_and_is_left_as_it_was() {
    let program = program();
    let stranger = program.write("stranger.db", "this is a letter, and no database at all");
    let ran = |url: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_calsos-under-test"))
            .args(["--database", url, "releases"])
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, err) = ran(&format!("sqlite:{}", stranger.display()));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("stranger.db"), "{err}");
    assert_eq!(fs::read_to_string(&stranger).unwrap(), "this is a letter, and no database at all");
    for (url, part) in [
        ("calsos.db", "no scheme"),
        ("mysql://user:secret@host/db", "mysql"),
        ("sqlite::memory:", "in memory"),
    ] {
        let (code, err) = ran(url);
        assert_eq!(code, Some(1), "{err}");
        assert!(err.contains(part) && !err.contains("secret"), "{err}");
    }
}

#[test]
fn a_command_without_a_table_has_no_csv_form_and_says_so() {
    let program = world();
    for words in [vec!["import", "any.txt"], vec!["determine"], vec!["explain", BY_GROUP]] {
        let ran = program.run(words.iter().copied().chain(["--format", "csv"]));
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.err);
        assert!(
            ran.err.contains("has no CSV form; use --format table, json or ndjson"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_year_without_determinations_is_explained_as_such() {
    let ran = world().run(["explain", BY_GROUP, "--year", "2020"]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("2020 is a year without determinations: No Dashboard"), "{}", ran.err);
}

/// The files that the reader of files refuses, each with what it is assigned and the words
/// of its refusal.
fn bad_files() -> Vec<(PathBuf, Option<String>, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/tests/bad");
    let read = |path: PathBuf| fs::read_to_string(path).ok();
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e != "expected" && e != "as"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let assigned = read(path.with_extension("as")).map(|text| text.trim().to_owned());
            let expected = read(path.with_extension("expected")).unwrap();
            (path, assigned, expected)
        })
        .collect()
}

#[test]
fn every_bad_file_is_refused_in_its_words_and_the_store_is_what_it_was() {
    let program = world();
    let state = || (program.json(["releases"]), program.json(["list"]));
    let before = state();
    let bad = bad_files();
    assert!(bad.len() >= 20, "only {} bad files were found", bad.len());
    for (path, assigned, expected) in &bad {
        let mut words = vec!["import".into(), path.clone().into_os_string()];
        if let Some(assigned) = assigned {
            words.extend(["--as".into(), assigned.into()]);
        }
        let ran = program.run(words);
        assert_eq!(ran.code, 3, "{}: {}", path.display(), ran.out);
        assert!(ran.out.contains(expected), "{}:\n{}\n{expected}", path.display(), ran.out);
    }
    assert_eq!(state(), before);
    assert!(!before.0.as_array().unwrap().is_empty());
}
