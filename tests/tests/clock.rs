//! The clock of a machine is set back, under a service that goes on and under commands that
//! begin: what is stored keeps its order, readers see no step back, and the past is told as it
//! was.
//!
//! The processes are told the time by `libfaketime`, from a file.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "the helpers of a test fail by panicking, as the test does, and say what they skip"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::{Caller, serve_by, text};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, indicator_text};
use calsos_tests::service::Service;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

const LEA: &str = "01999990000000";
const PAGE: &str = "/v1/leas/01999990000000/determinations/2023";

/// The library, if it is installed. With `CALSOS_REQUIRE_FAKETIME` set it must be.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let found = folders
        .map(|folder| folder.join("faketime/libfaketime.so.1"))
        .find(|library| library.exists());
    if found.is_none() {
        assert!(std::env::var_os("CALSOS_REQUIRE_FAKETIME").is_none(), "faketime is not installed");
        println!("faketime is not installed: no clock is set back");
    }
    found
}

/// The program by a clock that is as far from the right one as a file says.
fn by_clock(program: &Program, library: &Path, clock: &Path) -> Command {
    let mut command = program.command();
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", clock)
        .env("FAKETIME_NO_CACHE", "1")
        // How long something takes is another clock, which nobody sets.
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1");
    command
}

/// How far a service's clock is from the right one, by what its responses say.
fn off(service: &Service) -> SignedDuration {
    let date = service.get("/healthz").header("date").to_owned();
    let told = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(&date).unwrap();
    told.duration_since(Timestamp::now())
}

fn rises<T: PartialOrd>(values: &[T]) -> bool {
    values.is_sorted_by(|one, next| one < next)
}

fn moment(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn a_clock_that_is_set_back_changes_no_order_and_no_answer(on: Backend) {
    let Some(library) = library() else { return };
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let clock = program.write("clock", "+0");
    let issuer = Issuer::new();
    let service = serve_by(by_clock(&program, &library, &clock), &program, &issuer);
    // Valid by either clock.
    let mut claims = Issuer::claims("import admin", "state");
    claims["nbf"] = (claims["nbf"].as_i64().unwrap() - 4 * 3600).into();
    let token = issuer.sign(&Issuer::header().to_string(), &claims.to_string());
    let state = Caller::with(&token);
    let ends = |service: &Service, answer: &calsos_tests::service::Answer| {
        let job = state.ended(service, answer);
        assert_eq!(text(&job, "state"), "done", "{job}");
    };
    let taken_in = |service: &Service, color: u8| {
        let file = indicator_text("SUSP", 2023, &[(LEA, "SWD", color)]);
        ends(service, &state.import(service, "suspdownload2023.txt", file));
        ends(service, &state.send(service, "POST", "/v1/runs", &[], ""));
    };
    taken_in(&service, 5);
    service.wait_for_run(1);
    let told = |service: &Service, most: usize| {
        service.wait_until("the feed is told", |service| {
            let feed = state.get(service, "/v1/changes?since=0").json();
            feed["items"].as_array().unwrap().len() == most
        });
    };
    told(&service, 1);
    let first = service.get(PAGE);
    assert_eq!(first.status, 200);
    assert!(off(&service).abs() < SignedDuration::from_secs(60), "{:?}", off(&service));

    fs::write(&clock, "-2h").unwrap();
    // The date of responses is taken twice a second.
    service.wait_until("the clock is back", |service| {
        (off(service) + SignedDuration::from_hours(2)).abs() < SignedDuration::from_secs(60)
    });
    taken_in(&service, 1);
    service.wait_for_run(2);
    told(&service, 2);
    let second = service.get(PAGE);
    assert!(first.json() != second.json(), "another colour is another answer");

    // A command, which decides again, and a service that begin by the wrong clock.
    let mut withdraw = by_clock(&program, &library, &clock);
    withdraw.args(["withdraw", "2", "--reason", "made up"]);
    assert!(withdraw.output().unwrap().status.success());
    service.wait_for_run(3);
    let late = serve_by(by_clock(&program, &library, &clock), &program, &issuer);
    late.wait_for_run(3);

    for service in [&service, &late] {
        let runs = service.json("/v1/runs");
        let mut runs = runs["items"].as_array().unwrap().clone();
        runs.sort_by_key(|run| run["number"].as_u64());
        let made: Vec<Timestamp> = runs.iter().map(|run| moment(&run["madeAt"])).collect();
        assert!(made.len() == 3 && rises(&made), "{made:?}");
        for (moment, wanted) in made.iter().zip([&first, &second, &first]) {
            let page = service.json(&format!("{PAGE}?asOf={moment}"));
            assert!(page["determination"] == wanted.json()["determination"], "{moment}");
        }
        // What is kept in step by the feed, too.
        told(service, 3);
        let feed = state.get(service, "/v1/changes?since=0").json();
        let items = feed["items"].as_array().unwrap();
        let sequences: Vec<Option<u64>> = items.iter().map(|i| i["sequence"].as_u64()).collect();
        assert!(rises(&sequences), "{feed}");
    }
    // The audit, too, is in the order of what was done.
    let audit = state.get(&late, "/v1/audit?limit=500").json();
    let mut entries = audit["items"].as_array().unwrap().clone();
    entries.sort_by_key(|entry| entry["sequence"].as_u64());
    let at: Vec<Timestamp> = entries.iter().map(|entry| moment(&entry["at"])).collect();
    assert!(at.len() > 4 && rises(&at), "{audit}");
    drop((service, late));
    // And all of it follows from what is stored.
    let mut check = by_clock(&program, &library, &clock);
    let checked = check.arg("check").output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

on_both![a_clock_that_is_set_back_changes_no_order_and_no_answer];
