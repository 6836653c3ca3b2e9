//! A database of the program's first version is opened by the program of today, and every
//! answer is what that version gave.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program};
use serde_json::Value;

const YEARS: [&str; 4] = ["2018", "2019", "2022", "2023"];
const LEAS: [&str; 3] = ["58190010000000", "58900010000000", "58900020000000"];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/first-version").join(name)
}

/// A file of the archive that keeps the databases of that version.
fn kept(name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(File::open(fixture("database.zip")).unwrap()).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// The program of today on the database of that version.
fn upgraded(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    match program.on_server() {
        None => fs::write(program.database(), kept("first.sqlite")).unwrap(),
        Some((server, name)) => {
            let mut console = server.psql(name);
            let mut console = console.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
            console.stdin.take().unwrap().write_all(&kept("first.sql")).unwrap();
            assert!(console.wait().unwrap().success());
        }
    }
    program
}

/// Whether everything that the earlier answer says is said today; today's may say more.
fn says_all_of(today: &Value, earlier: &Value) -> Result<(), String> {
    match (today, earlier) {
        (Value::Object(today), Value::Object(earlier)) => {
            earlier.iter().try_for_each(|(name, earlier)| match today.get(name) {
                Some(today) => says_all_of(today, earlier).map_err(|at| format!("{name}.{at}")),
                None => Err(format!("{name} is gone")),
            })
        }
        (Value::Array(today), Value::Array(earlier)) if today.len() == earlier.len() => {
            let pairs = today.iter().zip(earlier);
            pairs.enumerate().try_for_each(|(place, (today, earlier))| {
                says_all_of(today, earlier).map_err(|at| format!("{place}.{at}"))
            })
        }
        _ if today == earlier => Ok(()),
        _ => Err(format!(" {earlier} is {today}")),
    }
}

fn answers_are_those_of_the_first_version(program: &Program) {
    for year in YEARS {
        for layout in ["published", "answers"] {
            let words = ["export", "--year", year, "--layout", layout, "--format", "csv"];
            let earlier = fs::read_to_string(fixture(&format!("{year}-{layout}.csv"))).unwrap();
            assert_eq!(program.succeed(words), earlier, "{year} {layout}");
        }
    }
    for cds in LEAS {
        let earlier: Value = serde_json::from_slice(&kept(&format!("{cds}.json"))).unwrap();
        let today = program.json(["explain", cds]);
        says_all_of(&today, &earlier).unwrap_or_else(|at| panic!("{cds}: {at}"));
    }
}

fn a_database_of_the_first_version_keeps_its_answers(on: Backend) {
    let program = upgraded(on);
    answers_are_those_of_the_first_version(&program);
    let runs = program.json(["runs"]);
    assert_eq!(runs.as_array().unwrap().len(), 2);
    assert_eq!(runs[1]["state"], "current");

    let checked = program.json(["check"]);
    assert_eq!(checked["findings"], Value::Array(Vec::new()));
    assert_eq!((&checked["releases"], &checked["answers"]), (&17.into(), &26.into()));
    let note = checked["notes"][0].as_str().unwrap();
    assert!(note.contains("run 1: the facts of 4 LEAs are not stored"), "{note}");
}

/// The files of that version, decided by the program of today, are answered the same.
fn a_new_run_of_its_files_answers_the_same(on: Backend) {
    let program = upgraded(on);
    program.succeed(["determine"]);
    assert_eq!(program.json(["runs"])[2]["state"], "current");
    answers_are_those_of_the_first_version(&program);
    assert_eq!(program.json(["check"])["findings"], Value::Array(Vec::new()));
}

on_both![
    a_database_of_the_first_version_keeps_its_answers,
    a_new_run_of_its_files_answers_the_same,
];
