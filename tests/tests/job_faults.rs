//! Jobs whose process is killed, told to end, or has no room: each is done once, or nothing
//! of it is stored.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::process::Command;
use std::time::{Duration, Instant};

use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::{Caller, large_file, path_of, serve, text};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, indicator_text};
use calsos_tests::service::{Answer, Service};
use serde_json::Value;

fn program(on: Backend) -> Program {
    Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"))
}

fn signal(service: &Service, name: &str) {
    let id = service.process().to_string();
    assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
}

fn running(state: &Caller, service: &Service, sent: &Answer) -> bool {
    let job = state.wait(service, &path_of(sent), |job| text(job, "state") != "queued");
    text(&job, "state") == "running"
}

fn releases(program: &Program) -> usize {
    program.json(["releases"]).as_array().unwrap().len()
}

/// Whichever process has it: the one that was asked has a start of half a second.
fn a_job_whose_process_is_killed_is_done_once_by_another(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let state = Caller::new(&issuer, "import", "state");
    let other = serve(&program, &issuer, &[]);
    let mut taken_up_again = 0;
    for third in 1..=3 {
        let asked = serve(&program, &issuer, &[]);
        let sent = state.import(&asked, "susp.txt", large_file(third));
        // At another moment each time.
        let was_running = running(&state, &other, &sent);
        std::thread::sleep(Duration::from_millis(u64::from(third - 1) * 150));
        signal(&asked, "-KILL");
        let job = state.ended(&other, &sent);
        assert_eq!(text(&job, "state"), "done", "{job}");
        assert_eq!(releases(&program), usize::from(third), "{job}");
        assert_eq!(job["release"]["number"], third, "{job}");
        assert_eq!(job["release"]["storedBefore"], false, "{job}");
        taken_up_again += usize::from(was_running && job["attempt"] == 2);
    }
    assert!(taken_up_again > 0, "no process was killed while it had a job");

    let asked = serve(&program, &issuer, &[]);
    let sent = state.send(&asked, "POST", "/v1/runs", &[], "");
    let _ = running(&state, &other, &sent);
    signal(&asked, "-KILL");
    let job = state.ended(&other, &sent);
    assert_eq!((text(&job, "state"), &job["run"]["number"]), ("done", &Value::from(1)), "{job}");
    assert_eq!(program.json(["runs"]).as_array().unwrap().len(), 1);
}

fn a_process_that_ends_in_order_leaves_its_job_to_another_at_once(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let state = Caller::new(&issuer, "import", "state");
    let mut asked = serve(&program, &issuer, &[]);
    let sent = state.import(&asked, "susp.txt", large_file(4));
    assert!(running(&state, &asked, &sent), "the file is too small for this test");
    assert_eq!(asked.end(), Some(0));
    let other = serve(&program, &issuer, &[]);
    let begun = Instant::now();
    // Far sooner than a lease ends; or the first has stored it when it was told to end.
    let job = state.wait(&other, &path_of(&sent), |job| text(job, "state") != "queued");
    assert!(begun.elapsed() < Duration::from_secs(5), "{job}");
    let job = state.ended(&other, &sent);
    assert_eq!((text(&job, "state"), releases(&program)), ("done", 1), "{job}");
    assert!(job["attempt"] == 2 || job["attempt"] == 1, "{job}");
}

/// One that stands still for longer than its lease, as a machine that is suspended, and goes
/// on when another has done its job: it stores nothing. On SQLite it might stand still with the
/// one lock there is.
#[test]
fn a_process_that_wakes_up_when_its_job_was_done_by_another_stores_nothing() {
    const NAME: &str = "a_process_that_wakes_up_when_its_job_was_done_by_another_stores_nothing";
    let Some(server) = calsos_tests::postgresql(NAME) else { return };
    let (program, issuer) = (program(Backend::Postgresql(server)), Issuer::new());
    let state = Caller::new(&issuer, "import", "state");
    let asked = serve(&program, &issuer, &[]);
    let sent = state.import(&asked, "susp.txt", large_file(4));
    let job = state.wait(&asked, &path_of(&sent), |job| job["progress"]["stage"] != "waiting");
    assert_eq!(text(&job["progress"], "stage"), "reading", "too late for this test: {job}");
    signal(&asked, "-STOP");
    let other = serve(&program, &issuer, &[]);
    let job = state.ended(&other, &sent);
    assert_eq!((text(&job, "state"), &job["attempt"]), ("done", &Value::from(2)), "{job}");
    signal(&asked, "-CONT");
    // It takes up further jobs when it has found out.
    let next = state.import(&asked, "susp.txt", large_file(3));
    let next = state.ended(&asked, &next);
    assert_eq!(next["release"]["number"], 2, "{next}");
    std::thread::sleep(Duration::from_secs(8));
    assert_eq!(state.get(&asked, &path_of(&sent)).json(), job);
    assert_eq!(releases(&program), 2);
}

/// Two processes are asked at once, again and again; each job is done once.
fn many_jobs_of_two_processes_are_each_done_once(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let state = Caller::new(&issuer, "import", "state");
    let services = [serve(&program, &issuer, &[]), serve(&program, &issuer, &[])];
    let sent: Vec<Answer> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..10_u8)
            .map(|n| {
                let (service, state) = (&services[usize::from(n % 2)], &state);
                let cds = format!("{:02}999990000000", 1 + n / 2);
                scope.spawn(move || {
                    // The same file from both.
                    let body = indicator_text("SUSP", 2023, &[(&cds, "ALL", 4)]);
                    state.import(service, "susp.txt", body)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut numbers = Vec::new();
    let mut before = 0;
    for answer in &sent {
        let job = state.ended(&services[0], answer);
        assert_eq!((text(&job, "state"), &job["attempt"]), ("done", &Value::from(1)), "{job}");
        numbers.push(job["release"]["number"].as_u64().unwrap());
        before += u32::from(job["release"]["storedBefore"] == true);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    assert_eq!((before, releases(&program)), (5, 5));
}

/// A process whose files may have so many KiB: as on a disk that is full.
fn serve_with_small_disk(program: &Program, issuer: &Issuer, kib: u32) -> Service {
    let settings = issuer.settings(program).display().to_string();
    let plain = program.command();
    let mut shell = Command::new("bash");
    // The signal that ends a process at that limit is left out of account, as on a full disk.
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\""), "sh"]);
    shell.arg(plain.get_program()).args(plain.get_args());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    Service::start_as_told(shell, &["--config", &settings])
}

#[test]
fn a_file_for_which_there_is_no_room_is_refused_and_leaves_nothing() {
    let (program, issuer) = (program(Backend::Sqlite), Issuer::new());
    let state = Caller::new(&issuer, "import", "state");
    // The tables, and the log beside them, are there before.
    drop(serve(&program, &issuer, &[]));
    let service = serve_with_small_disk(&program, &issuer, 4096);
    let large = "x".repeat(5 * 1024 * 1024);
    let refused = state.import(&service, "x.txt", large);
    assert_eq!(refused.status, 507, "{}", String::from_utf8_lossy(&refused.body));
    assert_eq!(text(&refused.json(), "code"), "storage-full");
    // There is room for it until it is whole, and none in the database.
    let refused = state.import(&service, "x.txt", "x".repeat(4 * 1024 * 1024 - 1));
    let problem = refused.json();
    assert!(matches!(refused.status, 503 | 507), "{problem}");
    let list = state.get(&service, "/v1/imports").json();
    assert_eq!(list["items"].as_array().unwrap().len(), 0, "{list}");
    // A small one is taken all the same.
    let body = indicator_text("SUSP", 2023, &[("01999990000000", "ALL", 4)]);
    let job = state.ended(&service, &state.import(&service, "susp.txt", body));
    assert_eq!((text(&job, "state"), releases(&program)), ("done", 1), "{job}");
}

on_both![
    a_job_whose_process_is_killed_is_done_once_by_another,
    a_process_that_ends_in_order_leaves_its_job_to_another_at_once,
    many_jobs_of_two_processes_are_each_done_once,
];
