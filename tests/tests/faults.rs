//! The program is killed in the middle of its work, and two of it work at once: what is
//! stored is the state before or the state after, and never anything else.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, Rated, indicator_text};
use serde_json::Value;

/// In how many parts the time that a kind of work takes is divided; it is killed after each.
const KILLS: u32 = 14;

/// And at these moments of its writing: a transaction takes some milliseconds.
const AT_WRITING: [Moment; 4] = [
    Moment::AfterFirstWrite(Duration::ZERO),
    Moment::AfterFirstWrite(Duration::from_millis(1)),
    Moment::AfterFirstWrite(Duration::from_millis(4)),
    Moment::AfterFirstWrite(Duration::from_millis(16)),
];

fn program(on: Backend) -> Program {
    Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// An indicator file of 40 counties with so many districts in each, and every group in each
/// of those.
fn of_districts(indicator: &str, in_a_county: u8) -> String {
    let codes: Vec<String> = (1..=40)
        .flat_map(|county| (0..in_a_county).map(move |n| format!("{county:02}999{n:02}0000000")))
        .collect();
    let groups =
        ["ALL", "AA", "AI", "AS", "EL", "FI", "FOS", "HI", "HOM", "MR", "PI", "SED", "SWD", "WH"];
    let mut rows: Vec<Rated<'_>> = Vec::new();
    for (place, code) in codes.iter().enumerate() {
        for (of, group) in groups.iter().enumerate() {
            rows.push((code, group, 1 + u8::try_from((place + of) % 5).unwrap()));
        }
    }
    indicator_text(indicator, 2023, &rows)
}

/// Everything of a database that its users can see: the releases without the moment of their
/// import, and what is answered from them.
#[derive(Debug, PartialEq, Eq, Clone)]
struct State {
    releases: Vec<Value>,
    /// The answers in the columns of the list and in our own, and each with its cells; what
    /// the program says where there is none.
    answers: [String; 3],
}

fn state(program: &Program) -> State {
    let mut releases = program.json(["releases"]).as_array().unwrap().clone();
    for release in &mut releases {
        release.as_object_mut().unwrap().remove("imported").unwrap();
    }
    let asked: [&[&str]; 3] = [
        &["export", "--year", "2023", "--layout", "published", "--format", "csv"],
        &["export", "--year", "2023", "--layout", "answers", "--format", "csv"],
        &["list", "--county", "07", "--format", "ndjson"],
    ];
    let answers = asked.map(|words| {
        let ran = program.run(words);
        assert!(matches!(ran.code, 0 | 4), "{}", ran.err);
        ran.out + &ran.err
    });
    State { releases, answers }
}

fn start(program: &Program, words: &[OsString]) -> Child {
    program.command().args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// When a process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after its start.
    After(Duration),
    /// So long after its first write can be seen beside the database.
    AfterFirstWrite(Duration),
}

/// Sees the first write to a database that nobody writes to yet.
enum Watch {
    /// By its log, which grows.
    Log,
    /// By a session that ends when another one waits for its turn to write, or has it.
    Session(Child),
}

impl Watch {
    fn over(program: &Program) -> Watch {
        let Some((server, name)) = program.on_server() else { return Watch::Log };
        // It ends also when nobody writes, so that it does not outlive the test for long.
        let loop_ = format!(
            "DO $$ BEGIN FOR turn IN 1..20000 LOOP
                 EXIT WHEN EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND database =
                     (SELECT oid FROM pg_database WHERE datname = '{name}'));
                 PERFORM pg_sleep(0.0005);
             END LOOP; END $$"
        );
        let mut session = server.psql("postgres");
        session.args(["-c", &loop_]).stdout(Stdio::null()).stderr(Stdio::null());
        Watch::Session(session.spawn().unwrap())
    }

    fn sees(&mut self, program: &Program) -> bool {
        match self {
            Watch::Log => program.log_is_there(),
            Watch::Session(session) => session.try_wait().unwrap().is_some(),
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Watch::Session(session) = self {
            // It may have ended by itself.
            let _ = session.kill();
            let _ = session.wait();
        }
    }
}

/// Starts the program and kills it at a moment, or lets it be when it is done before. Gives
/// whether it was killed.
fn kill(program: &Program, words: &[OsString], moment: Moment) -> bool {
    let (mut watch, time) = match moment {
        Moment::After(time) => (None, time),
        Moment::AfterFirstWrite(time) => (Some(Watch::over(program)), time),
    };
    let mut child = start(program, words);
    let mut from = Some(Instant::now()).filter(|_| watch.is_none());
    while from.is_none_or(|from| from.elapsed() < time) {
        if from.is_none() && watch.as_mut().is_some_and(|watch| watch.sees(program)) {
            from = Some(Instant::now());
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "undisturbed it ends well: {status}");
            return false;
        }
        std::thread::yield_now();
    }
    // The signal that no process can hear before it ends.
    child.kill().unwrap();
    let killed = !child.wait().unwrap().success();
    wait_until_alone(program);
    killed
}

/// A server hears of a killed client only when it next speaks to it, and then rolls back. Until
/// then the last thing that the client asked for may still be done.
fn wait_until_alone(program: &Program) {
    let Some((server, name)) = program.on_server() else { return };
    let others = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'");
    let begun = Instant::now();
    while server.sql("postgres", &others) != "0" {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "the server keeps a dead client's session"
        );
        std::thread::yield_now();
    }
}

/// Kills a kind of work at many moments, each on a copy of the same database. `finish` does
/// what is left to do after it, told whether the state was found as before.
fn check(before: &Program, words: &[OsString], finish: impl Fn(&Program, bool)) {
    let old = state(before);
    let undisturbed = before.copy();
    let begun = Instant::now();
    let child = start(&undisturbed, words).wait_with_output().unwrap();
    let takes = begun.elapsed();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
    let new = state(&undisturbed);
    assert_ne!(old, new);
    let reference = before.copy();
    finish(&reference, true);
    let finished = state(&reference);

    let spread = (1..KILLS).map(|part| Moment::After(takes * part / KILLS));
    let (mut killed, mut found_old) = (0, 0);
    for moment in spread.chain(AT_WRITING) {
        let program = before.copy();
        killed += u32::from(kill(&program, words, moment));
        let found = state(&program);
        assert!(
            found == old || found == new,
            "killed at {moment:?} of {takes:?}: {:?}",
            found.releases
        );
        found_old += u32::from(found == old);
        finish(&program, found == old);
        assert!(state(&program) == finished, "finished after it was killed at {moment:?}");
    }
    assert!(killed >= KILLS / 2, "only {killed} were killed in their work");
    assert!(found_old >= 1, "no kill came before the work was done");
}

/// Few districts, of which everything is decided in about a second.
const FEW: u8 = 8;
/// So many that a file of them has several thousand rows.
const MANY: u8 = 10;

/// A database with two files and their answers, and a third file.
fn decided(program: &Program, third: u8) -> PathBuf {
    let write = |indicator: &str, in_a_county| {
        program.write(&format!("{indicator}.txt"), of_districts(indicator, in_a_county))
    };
    program.import(["ELA", "SUSP"].map(|indicator| write(indicator, FEW)));
    program.succeed(["determine"]);
    write("CHRO", third)
}

fn words(first: &str, file: Option<&Path>) -> Vec<OsString> {
    let file = file.map(|file| file.as_os_str().to_owned());
    std::iter::once(OsString::from(first)).chain(file).collect()
}

fn an_import_that_is_killed_leaves_the_state_before_or_after_it(on: Backend) {
    let before = program(on);
    let next = decided(&before, MANY);
    // The answers come from every row of the file: half of one would be seen in them.
    check(&before, &words("import", Some(&next)), |program, _| {
        program.import([&next]);
        program.succeed(["determine"]);
    });
}

fn a_run_that_is_killed_leaves_the_run_before_or_after_it(on: Backend) {
    let before = program(on);
    let next = decided(&before, FEW);
    before.import([next]);
    // Nothing is left of a run that did not become current: the next one has its number.
    check(&before, &words("determine", None), |program, was_before| {
        let expected = if was_before { 2 } else { 3 };
        assert_eq!(program.json(["determine"])["number"], expected);
    });
}

fn the_first_import_that_is_killed_leaves_no_database_or_one_that_can_be_used(on: Backend) {
    let files_of = program(on);
    let next = files_of.write("CHRO.txt", of_districts("CHRO", 4));
    let undisturbed = program(on);
    let begun = Instant::now();
    undisturbed.import([&next]);
    let takes = begun.elapsed();
    let (old, new) = (state(&program(on)), state(&undisturbed));
    undisturbed.succeed(["determine"]);
    let finished = state(&undisturbed);
    // The tables are made in the first moments.
    let spread = (0..KILLS).map(|part| Moment::After(takes * part / (4 * KILLS)));
    let mut killed = 0;
    for moment in spread.chain(AT_WRITING) {
        let program = program(on);
        killed += u32::from(kill(&program, &words("import", Some(&next)), moment));
        let found = state(&program);
        assert!(found == old || found == new, "{moment:?}: {:?}", found.releases);
        program.import([&next]);
        program.succeed(["determine"]);
        assert!(state(&program) == finished, "{moment:?}");
    }
    assert!(killed >= KILLS / 2, "only {killed} were killed in their work");
}

fn two_imports_of_one_file_at_one_moment_make_one_release(on: Backend) {
    let files_of = program(on);
    let next = files_of.write("CHRO.txt", of_districts("CHRO", MANY));
    let words = words("import", Some(&next));
    for _ in 0..4 {
        // Neither has a database yet: they make it together.
        let program = program(on);
        let both = [start(&program, &words), start(&program, &words)];
        let said: Vec<String> = both
            .into_iter()
            .map(|child| {
                let output = child.wait_with_output().unwrap();
                let err = String::from_utf8(output.stderr).unwrap();
                assert!(output.status.success(), "{err}");
                String::from_utf8(output.stdout).unwrap()
            })
            .collect();
        assert_eq!(said.iter().filter(|s| s.contains("rows read")).count(), 1, "{said:?}");
        assert_eq!(said.iter().filter(|s| s.contains("nothing changed")).count(), 1, "{said:?}");
        assert_eq!(state(&program).releases.len(), 1);
        program.succeed(["determine"]);
    }
}

fn two_runs_at_one_moment_both_end_well_and_one_of_them_is_current(on: Backend) {
    let before = program(on);
    before.import([before.write("SUSP.txt", of_districts("SUSP", FEW))]);
    let undisturbed = before.copy();
    undisturbed.succeed(["determine"]);
    let both =
        [start(&before, &words("determine", None)), start(&before, &words("determine", None))];
    for child in both {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(state(&before), state(&undisturbed));
    assert_eq!(before.json(["determine"])["number"], 3, "both runs are kept");
}

fn a_reader_while_a_run_is_made_sees_the_run_before_or_after_it_whole(on: Backend) {
    let before = program(on);
    let next = decided(&before, FEW);
    before.import([next]);
    let old = state(&before);
    let mut writer = start(&before, &words("determine", None));
    let mut seen = Vec::new();
    while writer.try_wait().unwrap().is_none() {
        let export = ["export", "--year", "2023", "--format", "csv"].map(OsStr::new);
        seen.push(before.succeed(export));
    }
    let mut err = String::new();
    writer.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert!(writer.wait().unwrap().success(), "{err}");
    let new = state(&before);
    let [_, old, _] = old.answers;
    let [_, new, _] = new.answers;
    assert_ne!(old, new);
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|export| *export == old || *export == new));
}

on_both![
    an_import_that_is_killed_leaves_the_state_before_or_after_it,
    a_run_that_is_killed_leaves_the_run_before_or_after_it,
    the_first_import_that_is_killed_leaves_no_database_or_one_that_can_be_used,
    two_imports_of_one_file_at_one_moment_make_one_release,
    two_runs_at_one_moment_both_end_well_and_one_of_them_is_current,
    a_reader_while_a_run_is_made_sees_the_run_before_or_after_it_whole,
];
