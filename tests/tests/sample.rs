//! The made-up state through the program: every file is taken without a fault, every cell of
//! every list agrees but the ones that its README names, text and workbooks give the same
//! answers, and the demo's words are true.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use calsos_sample::State;
use calsos_tests::program::{Backend, Program};
use calsos_tests::shared::files;
use serde_json::Value;

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_calsos-under-test");
/// The state of these tests.
const SEED: u64 = 5;
const LEAS: u32 = 150;

fn program() -> Program {
    Program::new(EXECUTABLE)
}

/// Writes the state into a folder of the program, and gives its files in the order in which
/// a shell would name them, without the page about it.
fn sample(program: &Program, form: &str) -> Vec<PathBuf> {
    let folder = program.folder().join(form);
    let (seed, leas) = (SEED.to_string(), LEAS.to_string());
    let folder_word = folder.display().to_string();
    program.succeed([
        "sample",
        "--out",
        &folder_word,
        "--seed",
        &seed,
        "--leas",
        &leas,
        "--form",
        form,
    ]);
    files(&folder, &[".txt", ".csv", ".xlsx"])
}

/// A program that has imported and decided the state in a form; what the import said.
fn decided(on: Backend, form: &str) -> (Program, Vec<Value>) {
    let program = Program::on(on, EXECUTABLE);
    let paths = sample(&program, form);
    let words: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let imported = program.json(std::iter::once("import".to_owned()).chain(words));
    program.succeed(["determine"]);
    (program, imported.as_array().unwrap().clone())
}

/// The years whose rules there are.
fn years() -> Vec<u16> {
    calsos_tests::case::books().editions().map(|edition| edition.year.number()).collect()
}

#[test]
fn every_file_is_taken_and_every_answer_is_the_lists_in_both_forms_and_on_both_databases() {
    let (text, imported) = decided(Backend::Sqlite, "text");
    let mut compared = 0;
    for file in &imported {
        let name = file["file"].as_str().unwrap();
        assert_eq!(file["outcome"], "added", "{name}");
        let report = &file["report"];
        for list in ["unknownColumns", "missingColumns", "warnings"] {
            let said = report[list].as_array().unwrap();
            // The first issue of a list has no year column and other LEAs' codes in five rows.
            let first_issue = name.ends_with("assistancestatus19.csv");
            assert!(said.is_empty() || first_issue, "{name} {list}: {said:?}");
        }
        assert!(report["repaired"].as_object().unwrap().is_empty(), "{name}");
        if let Some(colors) = file.get("colors") {
            assert_eq!(colors["unexplained"], Value::Array(Vec::new()), "{name}");
            compared += colors["compared"].as_u64().unwrap();
        }
    }
    assert!(compared > 20_000, "{compared}");

    let (taken_year, cds, group) = State::new(SEED, LEAS).unwrap().code_taken_away().unwrap();
    for year in years() {
        let reconciled = text.json(["reconcile", "--year", &year.to_string(), "--all"]);
        let differences: BTreeSet<(String, String)> = reconciled["differences"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| (d["cds"].as_str().unwrap().into(), d["column"].as_str().unwrap().into()))
            .collect();
        let expected: BTreeSet<(String, String)> = if year == taken_year.number() {
            let column = format!("{}priorities", group.list_code());
            [column, "TotalStudentGroups".to_owned()].map(|column| (cds.to_string(), column)).into()
        } else {
            BTreeSet::new()
        };
        assert_eq!(differences, expected, "{year}");
        for nothing in ["unknown", "notOnList", "notComputed", "listAgainstItself"] {
            assert_eq!(reconciled[nothing], Value::Array(Vec::new()), "{year} {nothing}");
        }
        // The first list has some forty districts of this small state, with fifteen cells each.
        assert!(reconciled["agreeing"].as_u64().unwrap() > 500, "{year}");
    }

    let mut others = vec![decided(Backend::Sqlite, "xlsx")];
    if let Some(server) = calsos_tests::postgresql("the made-up state on both databases") {
        others.push(decided(Backend::Postgresql(server), "text"));
    }
    for (other, imported) in others {
        let is_fault = |file: &&Value| file["outcome"] != "added";
        let faults: Vec<&Value> = imported.iter().filter(is_fault).collect();
        assert!(faults.is_empty(), "{faults:?}");
        gives_the_same(&text, &other);
    }
}

/// Compares every export of two programs.
fn gives_the_same(one: &Program, other: &Program) {
    for year in years() {
        for layout in ["answers", "published"] {
            let words =
                ["export", "--year", &year.to_string(), "--layout", layout, "--format", "csv"];
            let (first, second) = (one.succeed(words), other.succeed(words));
            assert!(first == second, "{year} {layout} differ");
            assert!(first.lines().count() > 35, "{year} {layout}");
        }
    }
}

#[test]
fn a_folder_with_something_in_it_is_left_alone_and_a_size_outside_the_limits_is_refused() {
    let program = program();
    program.write("full/mine.txt", "mine");
    let folder = program.folder().join("full").display().to_string();
    let ran = program.run(["sample", "--out", &folder, "--leas", "100"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("is not empty (it has 'mine.txt')"), "{}", ran.err);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    let ran = program.run(["demo", "--no-serve", "--keep", &folder, "--leas", "100"]);
    assert_eq!(ran.code, 2, "{}", ran.err);

    let other = program.folder().join("new").display().to_string();
    let ran = program.run(["sample", "--out", &other, "--leas", "99"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("99 LEAs were asked for; 100 to 40000 can be made"), "{}", ran.err);
    assert!(!Path::new(&other).exists());
}

#[test]
fn the_demo_works_on_a_database_of_its_own_and_the_commands_that_it_prints_work() {
    let program = program();
    let home = program.folder().join("home");
    let own = program.folder().join("users-own.sqlite");
    let demo = |words: &[&str]| {
        Command::new(EXECUTABLE)
            .args(["demo", "--no-serve"])
            .args(words)
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("DATABASE_URL", format!("sqlite:{}", own.display()))
            .env_remove("CALSOS_EDITIONS")
            .output()
            .unwrap()
    };
    let output = demo(&["--leas", "100", "--seed", "2"]);
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{out}\n{err}");
    // Without a terminal, lines stand for the bar.
    assert!(err.contains("10 of ") && err.contains("all files are imported"), "{err}");
    assert!(!own.exists(), "the demo used the database of DATABASE_URL");
    assert!(out.contains("A made-up California") && out.contains("\nWhy\n"), "{out}");
    for year in years() {
        assert!(out.lines().any(|line| line.trim().starts_with(&year.to_string())), "{out}");
    }

    let (_, commands) = out.split_once("Try next:\n").unwrap();
    let commands: Vec<&str> = commands.lines().filter_map(|l| l.strip_prefix("  ")).collect();
    assert!(commands.len() >= 5, "{out}");
    for command in commands {
        let ran = Command::new("sh").args(["-c", command]).env("HOME", &home).output().unwrap();
        let words = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{command}\n{words}");
        assert!(!ran.stdout.is_empty(), "{command}");
    }

    // A second demo begins anew, and one on a database with files is refused.
    assert!(demo(&["--leas", "100", "--seed", "3"]).status.success());
    let database = home.join("data/calsos/demo.sqlite");
    let named = format!("sqlite:{}", database.display());
    let output = demo(&["--leas", "100", "--database", &named]);
    assert_eq!(output.status.code(), Some(2));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("has files already"), "{err}");
}

#[test]
fn the_demo_serves_what_it_decided_and_the_urls_that_it_prints_work() {
    let program = program();
    let mut command = program.command();
    command.args(["demo", "--leas", "100", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
    let mut demo = command.spawn().unwrap();
    let lines = BufReader::new(demo.stdout.take().unwrap()).lines().map_while(Result::ok);
    let after = lines.skip_while(|line| !line.starts_with("Serving it on http://127.0.0.1:"));
    let urls: Vec<String> = after.skip(1).take(3).map(|line| line.trim().to_owned()).collect();
    assert_eq!(urls.len(), 3);
    for url in urls {
        let answer = ureq::get(&url).call().unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(answer.status(), 200, "{url}");
    }
    let told = Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert_eq!(demo.wait().unwrap().code(), Some(0));
}

#[test]
fn the_demo_keeps_its_files_where_it_is_told_to() {
    let program = program();
    let folder = program.folder().join("kept");
    let word = folder.display().to_string();
    let out = program.succeed(["demo", "--no-serve", "--leas", "100", "--keep", &word]);
    assert!(out.contains(&format!("The files are in {word}.")), "{out}");
    let kept = files(&folder, &[".txt", ".csv", ".md"]);
    assert!(kept.len() > 80, "{}", kept.len());
    // All that were imported are known to the database that was named.
    let again = kept.iter().find(|path| path.ends_with("suspdownload2023.txt")).unwrap();
    let said = program.import([again]);
    assert!(said.contains("already imported"), "{said}");
}
