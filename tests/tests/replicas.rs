//! Several services on one database: all serve what is newest, nobody is shown anything older
//! than what it saw, and while the database is away, readers are served from memory and told so.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::process::Command;

use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program};
use calsos_tests::service::{Answer, Service};

const DISTRICT: &str = "01999990000000";
const YEAR: u16 = 2023;
const PAGE: &str = "/v1/leas/01999990000000/determinations/2023";

/// A year of one district, decided.
fn world(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    program.import(program.write_year(YEAR, &[DISTRICT], &[], &[]));
    program.succeed(["determine"]);
    program
}

/// The number of the run that an answer comes from.
fn run_of(answer: &Answer) -> u32 {
    let version = answer.header("dataset-version");
    version.split('.').next().unwrap().parse().unwrap_or_else(|e| panic!("{version}: {e}"))
}

/// Has a service stand still, when it has nothing to write: with a lock of the database it would
/// keep the others from writing.
fn stop(service: &Service) {
    assert_eq!(service.get("/v1/changes").status, 200, "the feed is told");
    signal(service, "-STOP");
}

fn signal(service: &Service, name: &str) {
    let id = service.process().to_string();
    assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
}

fn who_sends_back_what_it_saw_is_shown_nothing_older_by_any_service(on: Backend) {
    let program = world(on);
    let services = [Service::start(&program, &[]), Service::start(&program, &[])];
    for number in 2..12 {
        let [first, second] = if number % 2 == 0 { [0, 1] } else { [1, 0] };
        // It stands still while the other one takes the run up, so that it is behind.
        stop(&services[second]);
        program.succeed(["determine"]);
        services[first].wait_for_run(number);
        let seen = services[first].get(PAGE).header("dataset-version").to_owned();
        signal(&services[second], "-CONT");
        // The page, kept ready or not, and what needs no permission.
        for path in [PAGE, PAGE, "/v1/determinations?year=2023", "/readyz", "/"] {
            let answer = services[second].get_with(path, &[("dataset-version", &seen)]);
            assert_eq!((answer.status, run_of(&answer)), (200, number), "{path}");
        }
    }
}

fn files_that_no_run_has_read_are_taken_up_at_once_for_who_saw_them(on: Backend) {
    let program = world(on);
    let services = [Service::start(&program, &[]), Service::start(&program, &[])];
    let seen = services[0].get(PAGE).header("dataset-version").to_owned();
    // The second one stands still meanwhile, and would wait for further files when it goes on.
    stop(&services[1]);
    program.import([program.write_indicator("CCI", 2024, &[(DISTRICT, "ALL", 4)])]);
    services[0].wait_until("the file is served", |service| {
        service.get(PAGE).header("dataset-version") != seen
    });
    let newer = services[0].get(PAGE).header("dataset-version").to_owned();
    signal(&services[1], "-CONT");
    let answer = services[1].get_with(PAGE, &[("dataset-version", &newer)]);
    assert_eq!((answer.status, answer.header("dataset-version")), (200, newer.as_str()));
}

fn an_older_dataset_or_one_of_long_ago_gets_what_is_newest(on: Backend) {
    let program = world(on);
    let service = Service::start(&program, &[]);
    let seen = service.get(PAGE).header("dataset-version").to_owned();
    program.succeed(["determine"]);
    service.wait_for_run(2);
    let of_long_ago = format!("1.1-{}", "0".repeat(32));
    let longest = "9".repeat(200);
    for version in [seen.as_str(), &of_long_ago, &longest] {
        for _ in 0..2 {
            let answer = service.get_with(PAGE, &[("dataset-version", version)]);
            assert_eq!((answer.status, run_of(&answer)), (200, 2), "{version}");
        }
    }
    let too_long = "9".repeat(201);
    let refused = service.get_with(PAGE, &[("dataset-version", &too_long)]);
    assert_eq!((refused.status, &refused.json()["code"]), (400, &"invalid-parameter".into()));
}

on_both![
    who_sends_back_what_it_saw_is_shown_nothing_older_by_any_service,
    files_that_no_run_has_read_are_taken_up_at_once_for_who_saw_them,
    an_older_dataset_or_one_of_long_ago_gets_what_is_newest,
];

/// One of two services is cut off from the database. It serves from memory and says so, but to
/// nobody who saw what the other one shows.
#[test]
fn a_service_that_is_cut_off_serves_from_memory_and_never_shows_what_is_older_than_was_seen() {
    let Some(server) = calsos_tests::postgresql("a_service_that_is_cut_off") else { return };
    let program = world(Backend::Postgresql(server));
    let (_, name) = program.on_server().unwrap();
    // A user of its own, whom the server can turn away.
    server.sql("postgres", "CREATE ROLE cut_off SUPERUSER LOGIN");
    let address = program.address().replace("//calsos@", "//cut_off@");
    let mut command = Command::new(program.command().get_program());
    command.args(["--database", &address]).env("CALSOS_USER", "test");
    let cut_off = Service::start_as_told(command, &["--anonymous-rate", "off"]);
    let other = Service::start(&program, &[]);
    let unchecked = |answer: &Answer| answer.header("dataset-unchecked-since").to_owned();
    assert_eq!(unchecked(&cut_off.get(PAGE)), "");
    assert!(cut_off.json("/readyz").get("datasetUncheckedSince").is_none());

    server.sql("postgres", "ALTER ROLE cut_off NOLOGIN");
    server.sql(
        "postgres",
        &format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = '{name}' AND usename = 'cut_off'"
        ),
    );
    cut_off.wait_until("it says that it is cut off", |service| {
        !unchecked(&service.get(PAGE)).is_empty()
    });
    let ready = cut_off.get("/readyz");
    assert_eq!(ready.status, 200, "readers are served");
    let since = ready.json()["datasetUncheckedSince"].as_str().unwrap().to_owned();
    assert_eq!(unchecked(&ready), since);
    let seen = cut_off.get(PAGE).header("dataset-version").to_owned();

    program.succeed(["determine"]);
    other.wait_for_run(2);
    let newer = other.get(PAGE).header("dataset-version").to_owned();
    for path in [PAGE, "/v1/determinations?year=2023"] {
        // Who saw nothing newer goes on, and may know that there may be something newer.
        for asked in [cut_off.get(path), cut_off.get_with(path, &[("dataset-version", &seen)])] {
            assert_eq!((asked.status, run_of(&asked)), (200, 1), "{path}");
            assert_eq!(unchecked(&asked), since, "since the first moment, not the last");
        }
        let refused = cut_off.get_with(path, &[("dataset-version", &newer)]);
        assert_eq!((refused.status, &refused.json()["code"]), (503, &"not-caught-up".into()));
        assert_eq!(refused.header("retry-after"), "5");
    }

    server.sql("postgres", "ALTER ROLE cut_off LOGIN");
    cut_off.wait_for_run(2);
    let again = cut_off.get_with(PAGE, &[("dataset-version", &newer)]);
    assert_eq!((again.status, run_of(&again), unchecked(&again)), (200, 2, String::new()));
    drop(cut_off);
    server.sql("postgres", "DROP ROLE cut_off");
}
