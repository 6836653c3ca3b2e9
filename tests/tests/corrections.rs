//! Releases over time, as an operator meets them: a county's file beside a statewide one, and
//! a wrong file that is withdrawn and reinstated. Every LEA and every number here is made up.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::path::{Path, PathBuf};

use calsos_persistence::{NewWithdrawal, ReleaseChange, ReleaseNumber, Store};
use calsos_tests::issuer::Issuer;
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, Ran, indicator_text, list_text};
use calsos_tests::service::{Answer, Service};
use serde_json::{Value, json};

const LEA: &str = "01999990000000";
const OTHER: &str = "02999990000000";
/// A district that only one file names.
const ONLY: &str = "01888880000000";

fn program(on: Backend) -> Program {
    Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// A file of suspensions in which every named district's students with disabilities have a
/// colour.
fn suspensions(program: &Program, folder: &str, leas: &[&str], color: u8) -> PathBuf {
    let rows: Vec<_> = leas.iter().map(|cds| (*cds, "SWD", color)).collect();
    let text = indicator_text("SUSP", 2023, &rows);
    program.write(&format!("{folder}/suspdownload2023.txt"), text)
}

/// The same of thirty counties, which is the whole state.
fn statewide(program: &Program, folder: &str, color: u8) -> PathBuf {
    let leas: Vec<String> = (1..=30).map(|county| format!("{county:02}999990000000")).collect();
    let leas: Vec<&str> = leas.iter().map(String::as_str).collect();
    suspensions(program, folder, &leas, color)
}

fn import(program: &Program, file: &Path, beside: Option<&str>) -> Ran {
    let mut words = vec!["import", file.to_str().unwrap()];
    if let Some(beside) = beside {
        words.extend(["--beside", beside]);
    }
    program.run(words)
}

/// A column of the list of releases, by number.
fn column(program: &Program, name: &str) -> Vec<String> {
    let releases = program.json(["releases"]);
    let cells = releases.as_array().unwrap().iter().map(|row| row[name].as_str().unwrap());
    cells.map(str::to_owned).collect()
}

/// The release that an LEA's cell of suspensions stands in.
fn cell_from(program: &Program, cds: &str) -> Value {
    let view = program.json(["explain", cds, "--year", "2023"]);
    let groups = view["determination"]["groups"].as_array().unwrap().clone();
    let group = groups.into_iter().find(|group| group["group"] == "SWD").unwrap();
    let cells = group["cells"].as_array().unwrap().clone();
    cells.into_iter().find(|cell| cell["indicator"] == "SUSP").unwrap()["release"].clone()
}

fn a_countys_file_beside_a_statewide_one_waits_for_a_word(on: Backend) {
    let program = program(on);
    program.import([statewide(&program, "state", 4)]);
    let county = suspensions(&program, "county", &[LEA], 1);
    let refused = import(&program, &county, None);
    assert_eq!(refused.code, 3, "{}", refused.out);
    let told = "refused: it is SUSP 2023 (counties 01) and meets release 1 (suspdownload2023.txt, \
                statewide). Where one file is statewide";
    assert!(refused.out.contains(told), "{}", refused.out);
    for word in ["--beside wins FILES…", "--beside yields", "Nothing of it was stored"] {
        assert!(refused.out.contains(word), "{word}: {}", refused.out);
    }
    assert_eq!(column(&program, "state"), ["in force"]);
    let json = program.run(["--format", "json", "import", county.to_str().unwrap()]);
    let view: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, &view[0]["outcome"]), (3, &json!("refused")));
    assert!(view[0]["problem"].as_str().unwrap().contains("meets release 1"), "{view}");
    assert_eq!(import(&program, &county, Some("perhaps")).code, 2);

    let taken = import(&program, &county, Some("yields"));
    let told =
        "release 1 is in force before release 2: so it was said with --beside; both are kept";
    assert!(taken.code == 0 && taken.out.contains(told), "{}", taken.out);
    assert_eq!(column(&program, "state"), ["in force", "superseded by 1"]);
    // The same bytes again change nothing, whatever is said.
    let again = import(&program, &county, Some("wins"));
    assert!(again.out.contains("already imported as release 2"), "{}", again.out);
    assert_eq!(column(&program, "beside others"), ["", "yields"]);

    // A file of the same county is asked again: it meets the statewide one, too.
    let county = suspensions(&program, "again", &[LEA], 2);
    assert_eq!(import(&program, &county, None).code, 3);
    assert_eq!(import(&program, &county, Some("wins")).code, 0);
    let states = ["superseded in part by 3", "superseded by 3", "in force"];
    assert_eq!(column(&program, "state"), states);

    // And so is a statewide one, which would take the place of the first.
    let revised = statewide(&program, "revised", 3);
    let refused = import(&program, &revised, None);
    let told = "meets release 2 (suspdownload2023.txt, counties 01), release 3 (suspdownload2023.txt, \
                counties 01)";
    assert!(refused.code == 3 && refused.out.contains(told), "{}", refused.out);
    assert_eq!(import(&program, &revised, Some("yields")).code, 0);
    let states = ["superseded by 3, 4", "superseded by 3", "in force", "superseded in part by 3"];
    assert_eq!(column(&program, "state"), states);
    program.succeed(["determine"]);
    assert_eq!((cell_from(&program, LEA), cell_from(&program, OTHER)), (json!(3), json!(4)));
}

fn what_was_withdrawn_meets_nothing(on: Backend) {
    let program = program(on);
    program.import([suspensions(&program, "county", &[LEA], 1)]);
    let state = statewide(&program, "state", 4);
    assert_eq!(import(&program, &state, None).code, 3);
    program.succeed(["withdraw", "1", "--reason", "the statewide file has it"]);
    assert_eq!(import(&program, &state, None).code, 0);
    // Another kind or year is another matter, and so are two files of counties.
    program.import([program.write_indicator("ELA", 2023, &[(LEA, "ALL", 4)])]);
    program.import([program.write_indicator("SUSP", 2024, &[(LEA, "ALL", 4)])]);
    program.import([program.write_indicator("SUSP", 2024, &[(LEA, "ALL", 3)])]);
    assert_eq!(column(&program, "state")[0], "withdrawn");
}

/// One of the two is stored first, whichever; the other is told of it.
fn of_two_files_that_meet_at_the_same_moment_one_is_told(on: Backend) {
    let program = program(on);
    let files = [statewide(&program, "state", 4), suspensions(&program, "county", &[LEA], 1)];
    let mut codes: Vec<i32> = std::thread::scope(|scope| {
        let both = files.each_ref().map(|file| scope.spawn(|| import(&program, file, None).code));
        both.into_iter().map(|one| one.join().unwrap()).collect()
    });
    codes.sort_unstable();
    assert_eq!(codes, [0, 3]);
    assert_eq!(column(&program, "state"), ["in force"]);
}

fn releases_of_diff(program: &Program) -> Vec<(u64, String, String)> {
    let view = program.json(["diff"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |r: &Value| (r["release"].as_u64().unwrap(), text(&r["change"]), text(&r["after"]));
    view["releases"].as_array().unwrap().iter().map(of).collect()
}

fn a_wrong_file_is_withdrawn_and_reinstated_and_never_deleted(on: Backend) {
    let program = program(on);
    program.import([suspensions(&program, "first", &[LEA, OTHER], 4)]);
    let wrong = suspensions(&program, "wrong", &[LEA, ONLY], 1);
    program.import([&wrong]);
    program.succeed(["determine"]);
    let with = program.json(["list"]);
    assert_eq!((cell_from(&program, LEA), with.as_array().unwrap().len()), (json!(2), 3));

    let out = program.succeed(["withdraw", "2", "--reason", "a test file"]);
    let told = "release 2 (suspdownload2023.txt, SUSP 2023) is withdrawn: a test file\nRun 2 (";
    assert!(out.contains(told), "{out}");
    assert_eq!(column(&program, "state"), ["in force", "withdrawn"]);
    assert_eq!(column(&program, "withdrawn because"), ["", "a test file"]);
    assert_eq!(cell_from(&program, LEA), 1);
    // An LEA that only that file names is answered and known no more.
    let without = program.json(["list"]);
    assert_eq!(without.as_array().unwrap().len(), 2);
    for command in ["explain", "history"] {
        assert_eq!(program.run([command, ONLY]).code, 4, "{command}");
    }
    let changes = [(1, "inForceAgain", "in force"), (2, "withdrawn", "not read")]
        .map(|(n, change, after)| (n, change.to_owned(), after.to_owned()));
    assert_eq!(releases_of_diff(&program), changes);
    // What a run lost is still called by its name.
    let lost = program.json(["diff"])["answers"].as_array().unwrap().clone();
    let lost = lost.into_iter().find(|answer| answer["cds"] == ONLY).unwrap();
    assert!(lost["change"] == "lost" && lost["name"] != "", "{lost}");

    // The same bytes again do not reinstate it, and say what would.
    let again = program.import([&wrong]);
    assert!(again.contains("already imported as release 2"), "{again}");
    let told = "it is withdrawn (a test file) and stays so; `calsos withdraw 2 --undo --reason …`";
    assert!(again.contains(told), "{again}");
    let out = program.succeed(["withdraw", "2", "--reason", "a test file"]);
    assert!(out.contains("is withdrawn already: a test file; nothing changed"), "{out}");
    assert_eq!(program.json(["runs"]).as_array().unwrap().len(), 2);

    // As where the process ends before its run: the next one is the same.
    let store = Store::open(&program.address()).unwrap();
    let withdrawn = Some(NewWithdrawal { withdrawn: false, reason: "it was right" });
    let change = ReleaseChange { withdrawn, public_at: None };
    store.change_release(ReleaseNumber(2), None, &change, "x", None).unwrap();
    assert_eq!(program.json(["list"]), without, "answers change only with the next run");
    let repeated = ["withdraw", "2", "--undo", "--reason", "it was right"];
    let out = program.succeed(repeated);
    assert!(out.contains("is not withdrawn; nothing changed\nRun 3 ("), "{out}");
    assert_eq!(program.json(["list"]), with);
    assert_eq!(column(&program, "state"), ["superseded in part by 2", "in force"]);
    assert!(!program.succeed(repeated).contains("Run "), "there is nothing left to do");
}

fn all_that_stood_may_be_withdrawn(on: Backend) {
    let program = program(on);
    assert_eq!(program.run(["determine"]).code, 4, "nothing was ever imported");
    program.import([suspensions(&program, "first", &[LEA], 4)]);
    let view = program.json(["withdraw", "1", "--reason", "a test file", "--by", "operator"]);
    assert_eq!((&view["withdrawn"], &view["setBy"]), (&json!(true), &json!("operator")));
    assert_eq!(view["run"]["releases"], json!([]));
    assert_eq!(view["run"]["answers"], 0);
    program.succeed(["determine"]);
    assert_eq!(program.json(["list"]), json!([]));
}

fn what_stands_beside_the_answers_goes_with_a_withdrawn_file(on: Backend) {
    let program = program(on);
    program.import(program.write_year(2023, &[LEA], &[], &[]));
    let list = |name: &str, status| {
        let text = list_text("LCFF Eligibility File", 2023, &[(LEA, status, &[])]);
        program.write(&format!("{name}/assistancestatus23.csv"), text)
    };
    program.import([list("first", "General Assistance")]);
    let ids = |name: &str, id: &str| {
        let text = format!("cds,nces_district,nces_school\n{LEA},{id},\n");
        program.write(&format!("{name}/nces-ids.csv"), text)
    };
    program.import([ids("first", "0611111")]);
    program.import([ids("second", "0622222")]);
    let last = column(&program, "state").len();
    program.succeed(["determine"]);
    let shown = || {
        let view = program.json(["explain", LEA]);
        let listed = view.get("published").map(|list| list["status"].clone());
        (view["register"]["nces"]["district"].clone(), listed.is_some())
    };
    assert_eq!(shown(), (json!("0622222"), true));
    let by_codes = ["reconcile", "--year", "2023", "--basis", "codes"];
    assert_eq!(program.run(by_codes).code, 0);

    program.succeed(["withdraw", &last.to_string(), "--reason", "wrong ids"]);
    assert_eq!(shown(), (json!("0611111"), true));
    let id = program.json(["releases"])[last - 3].clone();
    assert_eq!(id["kind"], "LIST");
    program.succeed(["withdraw", &(last - 2).to_string(), "--reason", "a draft"]);
    assert_eq!(shown(), (json!("0611111"), false));
    for words in [&by_codes[..], &by_codes[..3]] {
        assert_eq!(program.run(words).code, 4, "{words:?}");
    }
}

fn what_is_no_reason_or_no_release_is_refused(on: Backend) {
    let program = program(on);
    program.import([suspensions(&program, "first", &[LEA], 4)]);
    let withdraw =
        |release: &str, reason: &str| program.run(["withdraw", release, "--reason", reason]).code;
    let (longest, too_long) = ("x".repeat(1000), "x".repeat(1001));
    for (release, reason, code) in [
        ("1", "", 2),
        ("1", " ", 2),
        ("1", "two\nlines", 2),
        ("1", &too_long, 2),
        ("2", "there is none", 4),
        ("first", "there is none", 4),
        ("1", &longest, 0),
    ] {
        assert_eq!(withdraw(release, reason), code, "{release} {reason}");
    }
    assert_eq!(program.run(["withdraw", "1"]).code, 2, "a reason is needed");
}

fn get(service: &Service, path: &str, token: &str) -> Answer {
    service.get_with(path, &[("authorization", &format!("Bearer {token}"))])
}

fn patch(service: &Service, path: &str, token: &str, tag: &str, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let json = ("content-type", "application/json");
    let headers = [("authorization", bearer.as_str()), json, ("if-match", tag)];
    service.send("PATCH", path, &headers, body)
}

fn a_release_is_withdrawn_over_http_and_the_next_run_leaves_it_out(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    program.import([suspensions(&program, "one", &[LEA], 4)]);
    program.import([suspensions(&program, "other", &[OTHER], 4)]);
    program.succeed(["determine"]);
    let settings = issuer.settings(&program);
    let service = Service::start(&program, &["--config", settings.to_str().unwrap()]);
    let county = issuer.token("admin publish", "county:01");
    let path = "/v1/releases/1";
    let first = get(&service, path, &county);
    assert!(first.json().get("withdrawn").is_none(), "{}", first.json());
    let tag = first.header("etag");
    for body in [
        "{}",
        r#"{"withdrawn":true}"#,
        r#"{"reason":"why"}"#,
        r#"{"withdrawn":null,"reason":"why"}"#,
        r#"{"withdrawn":true,"reason":null}"#,
        r#"{"withdrawn":"true","reason":"why"}"#,
        r#"{"withdrawn":true,"reason":" "}"#,
        r#"{"withdrawn":true,"reason":"a\u0000b"}"#,
        &format!(r#"{{"withdrawn":true,"reason":"{}"}}"#, "x".repeat(1001)),
        r#"{"withdrawn":true,"reason":"why","publicAt":"tomorrow"}"#,
    ] {
        let answer = patch(&service, path, &county, tag, body);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &json!("body-not-valid")),
            "{body}"
        );
    }
    let neighbour = issuer.token("publish", "county:02");
    let reader = issuer.token("read", "county:01");
    let withdrawn = r#"{"withdrawn":true,"reason":"a test file"}"#;
    assert_eq!(patch(&service, path, &neighbour, "*", withdrawn).status, 403);
    assert_eq!(patch(&service, path, &reader, "*", withdrawn).status, 403);

    let dataset = service.get("/v1/years").header("dataset-version").to_owned();
    let done = patch(&service, path, &county, tag, withdrawn);
    assert_eq!(done.status, 200, "{}", done.json());
    let release = done.json();
    assert_eq!(
        [
            &release["withdrawn"],
            &release["withdrawnReason"],
            &release["state"],
            &release["inCurrentRun"]
        ],
        [&json!(true), &json!("a test file"), &json!("withdrawn"), &json!(true)]
    );
    let set_at = release["withdrawnAt"].as_str().unwrap().to_owned();
    assert!(set_at.as_str() > release["importedAt"].as_str().unwrap());
    // Everybody is told, and the answers are as they were until the next run.
    let public = service.get(path).json();
    assert_eq!((&public["withdrawn"], &public["withdrawnAt"]), (&json!(true), &json!(set_at)));
    assert_ne!(service.get("/v1/years").header("dataset-version"), dataset);
    let answer = format!("/v1/leas/{LEA}/determinations/2023");
    assert_eq!(service.get(&answer).status, 200);
    assert_eq!(service.get(&format!("/v1/leas/{LEA}")).status, 200);
    assert_eq!(patch(&service, path, &county, tag, withdrawn).status, 412);
    let audit = get(&service, "/v1/audit?limit=1&outcome=done&operation=updateRelease", &county);
    let entry = audit.json()["items"][0].clone();
    assert_eq!(entry["detail"], "release 1 withdrawn: a test file", "{entry}");

    program.succeed(["determine"]);
    service.wait_for_run(2);
    assert_eq!(service.get(&answer).status, 404);
    assert_eq!(service.get(path).json()["inCurrentRun"], false);
    let inputs = service.json("/v1/years/2023");
    let susp = inputs["inputs"].as_array().unwrap().iter().find(|i| i["input"] == "SUSP").unwrap();
    assert_eq!(susp["releases"], json!([2]));

    // Both at once, by the tag of the answer to the change before.
    let tag = get(&service, path, &county).header("etag").to_owned();
    let both = r#"{"withdrawn":false,"reason":"it was right","publicAt":"2020-01-01"}"#;
    let back = patch(&service, path, &county, &tag, both);
    assert_eq!((back.status, &back.json()["publicAt"]), (200, &json!("2020-01-01T08:00:00Z")));
    for field in ["withdrawn", "withdrawnAt", "withdrawnReason"] {
        assert!(back.json().get(field).is_none(), "{}", back.json());
    }
    assert_eq!(service.get(&answer).status, 404, "no run was started");
    // What another process withdraws is taken up with its run.
    program.succeed(["withdraw", "2", "--reason", "a draft"]);
    service.wait_for_run(3);
    assert_eq!(service.get(&answer).status, 200);
    assert_eq!(service.get("/v1/releases/2").json()["withdrawnReason"], "a draft");
}

/// A file that is not public has been decided from, and the last public answers stand in.
fn no_earlier_answer_stands_in_that_rests_on_a_withdrawn_file(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    program.import([suspensions(&program, "wrong", &[LEA], 1)]);
    program.import([suspensions(&program, "other", &[OTHER], 4)]);
    program.succeed(["determine"]);
    let corrected = suspensions(&program, "corrected", &[LEA], 4);
    program.succeed(["import", corrected.to_str().unwrap(), "--public-at", "closed"]);
    program.succeed(["determine"]);
    let settings = issuer.settings(&program);
    let service = Service::start(&program, &["--config", settings.to_str().unwrap()]);
    let state = issuer.token("read preview", "state");
    let answer = format!("/v1/leas/{LEA}/determinations/2023");
    let release = |answer: &Answer| {
        let groups = answer.json()["determination"]["groups"].as_array().unwrap().clone();
        let group = groups.into_iter().find(|group| group["group"] == "SWD").unwrap();
        let cells = group["cells"].as_array().unwrap().clone();
        cells.into_iter().find(|cell| cell["indicator"] == "SUSP").unwrap()["release"].clone()
    };
    assert_eq!(release(&service.get(&answer)), 1);
    assert_eq!(release(&get(&service, &answer, &state)), 3);
    program.succeed(["withdraw", "1", "--reason", "wrong"]);
    service.wait_for_run(3);
    assert_eq!(service.get(&answer).status, 404);
    assert_eq!(release(&get(&service, &answer, &state)), 3);
    // The neighbour's answer is nobody else's matter.
    assert_eq!(service.get(&format!("/v1/leas/{OTHER}/determinations/2023")).status, 200);
    program.succeed(["publish", "3", "--at", "2020-01-01"]);
    service.wait_until("it is public", |service| service.get(&answer).status == 200);
    assert_eq!(release(&service.get(&answer)), 3);
}

on_both![
    a_countys_file_beside_a_statewide_one_waits_for_a_word,
    what_was_withdrawn_meets_nothing,
    of_two_files_that_meet_at_the_same_moment_one_is_told,
    a_wrong_file_is_withdrawn_and_reinstated_and_never_deleted,
    all_that_stood_may_be_withdrawn,
    what_stands_beside_the_answers_goes_with_a_withdrawn_file,
    what_is_no_reason_or_no_release_is_refused,
    a_release_is_withdrawn_over_http_and_the_next_run_leaves_it_out,
    no_earlier_answer_stands_in_that_rests_on_a_withdrawn_file,
];
