//! Files that are sent and runs that are asked for over HTTP: what is accepted, what is
//! refused, what comes of it and who is told, with two processes on one database.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::{Caller, OCTETS, large_file, path_of, serve, text};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, indicator_text};
use calsos_tests::service::Answer;
use serde_json::{Value, json};

const LEA: &str = "01999990000000";
const OTHER: &str = "02999990000000";

fn program(on: Backend) -> Program {
    Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// A file of one LEA.
fn file(indicator: &str, cds: &str, color: u8) -> String {
    indicator_text(indicator, 2023, &[(cds, "ALL", color)])
}

fn assert_problem(answer: &Answer, status: u16, code: &str) {
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (status, &Value::from(code)), "{problem}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
}

/// How many jobs that take in a file there are.
fn imports(program: &Program, issuer: &Issuer) -> usize {
    let service = serve(program, issuer, &[]);
    let list = Caller::new(issuer, "import", "state").get(&service, "/v1/imports").json();
    list["items"].as_array().unwrap().len()
}

fn a_file_and_a_run_go_through_any_of_two_processes(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let spool = program.write("spool/kept", "");
    let spool = spool.parent().unwrap().display().to_string();
    let first = serve(&program, &issuer, &["--spool", &spool]);
    let second = serve(&program, &issuer, &[]);
    let state = Caller::new(&issuer, "import admin", "state");

    // Nothing is there to be decided.
    let early = state.send(&first, "POST", "/v1/runs", &[], "");
    let job = state.ended(&second, &early);
    assert_eq!(
        (text(&job, "state"), text(&job["problem"], "code")),
        ("refused", "nothing-to-decide")
    );

    let body = file("SUSP", LEA, 4);
    let sent = state.import(&first, "suspdownload2023.txt", body.clone());
    let accepted = sent.json();
    assert!(sent.header("location").starts_with(first.base()), "{}", sent.header("location"));
    assert_eq!(path_of(&sent), format!("/v1/imports/{}", text(&accepted, "id")));
    assert_eq!((text(&accepted, "kind"), text(&accepted, "state")), ("import", "queued"));
    assert_eq!(accepted["file"]["byteLength"], body.len());
    assert_eq!(
        (sent.header("cache-control"), sent.header("idempotency-replayed")),
        ("no-store", "")
    );
    let job = state.ended(&second, &sent);
    assert_eq!((text(&job, "state"), &job["release"]["number"]), ("done", &json!(1)), "{job}");
    assert_eq!(job["release"]["storedBefore"], false);
    assert!(job.get("progress").is_none() && job.get("problem").is_none(), "{job}");
    assert_eq!(state.get(&second, &format!("/v1/jobs/{}", text(&job, "id"))).json(), job);

    // The same bytes, under any name.
    let again = state.ended(&second, &state.import(&second, "copy.txt&kind=SUSP&year=2023", body));
    assert_eq!((&again["release"]["number"], text(&again, "state")), (&json!(1), "done"));
    assert_eq!(again["release"]["storedBefore"], true, "{again}");

    let asked = state.send(&second, "POST", "/v1/runs", &[], "");
    assert_eq!(path_of(&asked), format!("/v1/jobs/{}", text(&asked.json(), "id")));
    let run = state.ended(&first, &asked);
    assert_eq!((text(&run, "state"), &run["run"]["number"]), ("done", &json!(1)), "{run}");
    for service in [&first, &second] {
        service.wait_for_run(1);
        let runs = service.json("/v1/runs");
        assert_eq!(runs["items"][0]["run"], run["run"]["id"]);
        assert_eq!(service.get(&format!("/v1/leas/{LEA}/determinations/2023")).status, 200);
        let release = service.json("/v1/releases/1");
        assert_eq!(
            (&release["id"], &release["fileName"]),
            (&job["release"]["id"], &json!("suspdownload2023.txt"))
        );
    }
    // A run is no file.
    let as_import = format!("/v1/imports/{}", text(&run, "id"));
    assert_problem(&state.get(&first, &as_import), 404, "unknown-job");

    // The newest first, in pages.
    let list = state.get(&first, "/v1/imports?limit=1").json();
    assert_eq!(list["items"][0]["id"], again["id"]);
    let next = format!("/v1/imports?limit=1&cursor={}", list["page"]["next"].as_str().unwrap());
    let page = state.get(&second, &next).json();
    assert_eq!((&page["items"][0]["id"], page["page"].get("next")), (&job["id"], None));
    assert_problem(&state.get(&first, "/v1/imports?cursor=7e"), 400, "invalid-parameter");

    // Who asked for it, and what came of it.
    let audit = state.get(&first, "/v1/audit").json();
    let of = |operation: &str, detail: &str| {
        let is = |entry: &&Value| {
            entry["operation"] == operation && text(entry, "detail").contains(detail)
        };
        audit["items"].as_array().unwrap().iter().filter(is).count()
    };
    let waits = format!("job {} waits", text(&job, "id"));
    assert_eq!((of("createImport", &waits), of("createImport", " waits")), (1, 2), "{audit}");
    assert_eq!(of("createImport", "release 1 stored"), 1, "{audit}");
    assert_eq!(of("createImport", "release 1 was stored before"), 1, "{audit}");
    assert_eq!((of("createRun", " waits"), of("createRun", "run 1 stored")), (2, 1), "{audit}");
    assert_eq!(of("createRun", "nothing-to-decide"), 1, "{audit}");
    let actors = audit["items"].as_array().unwrap().iter().map(|entry| text(entry, "actor"));
    assert_eq!(actors.collect::<BTreeSet<_>>(), BTreeSet::from(["state|import admin"]));

    // Nothing is left where files wait until they are whole.
    assert_eq!(std::fs::read_dir(&spool).unwrap().count(), 1);
}

fn a_file_that_is_refused_tells_its_faults_by_row(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let state = Caller::new(&issuer, "import", "state");
    let rows = ["0199999000000x", OTHER, "029999900000000"].map(|cds| (cds, "ALL", 4));
    let rows = [&[(LEA, "ALL", 4)], &rows[..]].concat();
    let sent = state.import(&service, "susp.txt", indicator_text("SUSP", 2023, &rows));
    let job = state.ended(&service, &sent);
    assert_eq!((text(&job, "state"), text(&job["problem"], "code")), ("refused", "file-refused"));
    assert_eq!((job.get("release"), &job["issues"]), (None, &json!(2)), "{job}");
    let issues = state.get(&service, &format!("{}/issues", path_of(&sent))).json();
    let items = issues["items"].as_array().unwrap();
    assert_eq!((items.len(), &issues["more"]), (2, &json!(0)), "{issues}");
    let first = &items[0];
    assert_eq!((text(first, "code"), &first["line"]), ("bad-cds", &json!(3)), "{issues}");
    assert_eq!((text(first, "column"), text(first, "value")), ("cds", "0199999000000x"));
    assert_eq!((text(first, "severity"), text(first, "fileName")), ("fault", "susp.txt"));
    assert_eq!((text(&items[1], "code"), &items[1]["line"]), ("bad-cds", &json!(5)));
    assert_eq!(program.json(["releases"]), json!([]));

    // What is worth a look in one that is stored.
    let odd = file("SUSP", LEA, 4).replacen("dass_flag", "dass_flag\tnew_column", 1);
    let lines: Vec<String> = odd
        .lines()
        .enumerate()
        .map(|(at, line)| match at {
            0 => line.to_owned(),
            _ => {
                let mut cells: Vec<&str> = line.split('\t').collect();
                cells.insert(8, "x");
                cells.join("\t")
            }
        })
        .collect();
    let sent = state.import(&service, "odd.txt", lines.join("\n"));
    let job = state.ended(&service, &sent);
    assert_eq!(text(&job, "state"), "done", "{job}");
    let issues = state.get(&service, &format!("{}/issues", path_of(&sent))).json();
    let unknown =
        issues["items"].as_array().unwrap().iter().find(|i| i["code"] == "unknown-column");
    assert_eq!(text(unknown.unwrap(), "column"), "new_column", "{issues}");
    assert_eq!(text(unknown.unwrap(), "severity"), "note");
}

fn a_body_that_is_not_what_was_sent_is_not_stored(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let state = Caller::new(&issuer, "import", "state");
    let body = file("SUSP", LEA, 4);
    let said = |of: &str| STANDARD.encode(digest(&SHA256, of.as_bytes()));
    let send = |value: &str| {
        let path = "/v1/imports?fileName=susp.txt";
        state.send(&service, "POST", path, &[OCTETS, ("content-digest", value)], body.clone())
    };
    assert_problem(&send(&format!("sha-256=:{}:", said("another"))), 400, "digest-mismatch");
    let only = send("sha-512=:YWJj:");
    assert_problem(&only, 400, "digest-not-known");
    assert!(text(&only.json(), "detail").contains("sha-256 is"), "{}", only.json());
    assert_problem(&send("sha-256=:YWJj:"), 400, "digest-not-known");
    assert_problem(&state.import(&service, "susp.txt", ""), 400, "body-not-valid");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let form = state.send(&service, "POST", "/v1/imports?fileName=x", &form, "x");
    assert_problem(&form, 415, "unsupported-media-type");
    for query in
        ["", "&year=2023", "a%2Fb", "a%0Ab", "x&kind=NOTHING", "x&publicAt=soon", "x&more=1"]
    {
        let query = if query.starts_with('&') { format!("x{query}") } else { query.to_owned() };
        assert_problem(&state.import(&service, &query, "x"), 400, "invalid-parameter");
    }
    let longest = "%C3%A9".repeat(255);
    let longer = state.import(&service, &format!("{longest}e"), "x");
    assert_problem(&longer, 400, "invalid-parameter");
    assert_eq!(imports(&program, &issuer), 0);
    assert_eq!(state.import(&service, &longest, "x").status, 202);
    let known = send(&format!("sha-512=:YWJj:, sha-256=:{}:", said(&body)));
    assert_eq!(text(&state.ended(&service, &known), "state"), "done");
    let body = state.send(&service, "POST", "/v1/runs", &[], "{}");
    assert_problem(&body, 400, "body-not-valid");
}

fn the_same_request_by_the_same_key_is_done_once(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let (first, second) = (serve(&program, &issuer, &[]), serve(&program, &issuer, &[]));
    let state = Caller::new(&issuer, "import publish", "state");
    let send = |by: &Caller, to, path: &str, key: &str, body: &str| {
        by.send(to, "POST", path, &[OCTETS, ("idempotency-key", key)], body)
    };
    let (path, body) = ("/v1/imports?fileName=susp.txt&publicAt=now", file("SUSP", LEA, 4));
    let made = send(&state, &first, path, "k", &body);
    let again = send(&state, &second, path, "k", &body);
    assert_eq!((made.status, again.status), (202, 202));
    assert_eq!(path_of(&made), path_of(&again));
    let replayed = |answer: &Answer| answer.header("idempotency-replayed").to_owned();
    assert_eq!((replayed(&made), replayed(&again)), (String::new(), "true".to_owned()));
    // Also when the job has ended, and in another order of words.
    assert_eq!(text(&state.ended(&first, &made), "state"), "done");
    let turned = "/v1/imports?publicAt=now&fileName=susp.txt";
    assert_eq!(replayed(&send(&state, &first, turned, "k", &body)), "true");
    // Something else by the same key.
    for (path, body) in [
        (path, file("SUSP", LEA, 3)),
        ("/v1/imports?fileName=other.txt&publicAt=now", body.clone()),
        ("/v1/imports?fileName=susp.txt", body.clone()),
    ] {
        assert_problem(&send(&state, &second, path, "k", &body), 422, "key-used-otherwise");
    }
    // The key of another caller, of another operation, and another key.
    let other = Caller::new(&issuer, "import publish", "spi");
    for answer in [
        send(&other, &first, path, "k", &body),
        send(&state, &first, path, "K", &body),
        state.send(&first, "POST", "/v1/runs", &[("idempotency-key", "k")], ""),
    ] {
        assert_eq!((answer.status, replayed(&answer)), (202, String::new()));
    }
    let run = state.send(&second, "POST", "/v1/runs", &[("idempotency-key", "k")], "");
    assert_eq!(replayed(&run), "true");

    let longest = "~".repeat(255);
    assert_eq!(send(&state, &first, path, &longest, &body).status, 202);
    for key in [&format!("{longest}~"), "", "a b", "é"] {
        assert_problem(&send(&state, &first, path, key, &body), 400, "invalid-parameter");
    }
    assert_eq!(imports(&program, &issuer), 4);
}

fn a_job_is_called_off_until_it_has_ended(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let state = Caller::new(&issuer, "import admin", "state");
    let cancel = |path: &str| state.send(&service, "DELETE", path, &[], "");
    let job_of = |sent: &Answer| format!("/v1/jobs/{}", text(&sent.json(), "id"));
    let running = state.import(&service, "susp.txt", large_file(4));
    let waiting = state.import(&service, "other.txt", file("CHRO", LEA, 4));
    // One at a time is worked on.
    let cancelled = cancel(&job_of(&waiting));
    assert_eq!((cancelled.status, text(&cancelled.json(), "state")), (200, "cancelled"));
    let job = state.wait(&service, &path_of(&running), |job| text(job, "state") != "queued");
    assert_eq!(text(&job, "state"), "running", "the file is too small for this test: {job}");
    assert!(text(&job["progress"], "stage").len() > 5, "{job}");
    let cancelled = cancel(&job_of(&running));
    assert_eq!((cancelled.status, text(&cancelled.json(), "state")), (200, "cancelled"));
    assert!(cancelled.json()["finishedAt"].is_string());
    // The next one is done, and nothing of those before.
    let last = state.import(&service, "last.txt", file("CHRO", OTHER, 4));
    let last = state.ended(&service, &last);
    assert_eq!(last["release"]["number"], 1, "{last}");
    for sent in [&running, &waiting] {
        assert_problem(&cancel(&job_of(sent)), 409, "job-ended");
        assert_eq!(text(&state.get(&service, &path_of(sent)).json(), "state"), "cancelled");
    }
    assert_problem(&cancel(&format!("/v1/jobs/{}", text(&last, "id"))), 409, "job-ended");
    assert_problem(&cancel("/v1/jobs/x"), 404, "unknown-job");
    assert_eq!(program.json(["releases"]).as_array().unwrap().len(), 1);
    let audit = state.get(&service, "/v1/audit?operation=cancelJob").json();
    assert_eq!(audit["items"].as_array().unwrap().len(), 2, "{audit}");
}

fn an_agency_takes_in_what_it_reaches_and_sees_its_own_jobs(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let own = Caller::new(&issuer, "import", "county:01");
    let neighbour = Caller::new(&issuer, "import", "county:02");
    let state = Caller::new(&issuer, "import", "state");
    let body = file("SUSP", LEA, 4);
    let path = "/v1/imports?fileName=susp.txt";
    assert_problem(&service.send("POST", path, &[OCTETS], body.clone()), 401, "token-needed");
    let reader = Caller::new(&issuer, "read preview publish admin", "state");
    assert_problem(&reader.import(&service, "susp.txt", body.clone()), 403, "scope-needed");
    assert_problem(&reader.send(&service, "POST", "/v1/runs", &[], ""), 403, "scope-needed");
    let nobody = Caller::new(&issuer, "import", "");
    assert_problem(&nobody.import(&service, "susp.txt", body.clone()), 403, "out-of-reach");
    assert_problem(&nobody.send(&service, "POST", "/v1/runs", &[], ""), 403, "out-of-reach");

    let sent = neighbour.import(&service, "susp.txt", body.clone());
    let refused = neighbour.ended(&service, &sent);
    assert_eq!(
        (text(&refused, "state"), text(&refused["problem"], "code")),
        ("refused", "out-of-reach")
    );
    // A table speaks of nobody in particular: the state sends it.
    let table = "county,lead_agency,from,until,source\n01,Lead One,,,letter\n";
    let refused = own.ended(&service, &own.import(&service, "leads.csv", table));
    assert_eq!(text(&refused["problem"], "code"), "out-of-reach", "{refused}");
    assert_eq!(program.json(["releases"]), json!([]));

    let sent = own.import(&service, "susp.txt", body.clone());
    assert_eq!(own.ended(&service, &sent)["release"]["number"], 1);
    // From when it is public is another scope's.
    let public = "susp.txt&publicAt=2090-01-01";
    assert_problem(&own.import(&service, public, body), 403, "scope-needed");
    let both = Caller::new(&issuer, "import publish", "county:01");
    let job = both.ended(&service, &both.import(&service, public, file("SUSP", LEA, 3)));
    assert_eq!(
        (text(&job, "state"), text(&job["file"], "publicAt")),
        ("done", "2090-01-01T08:00:00Z")
    );
    let run = own.send(&service, "POST", "/v1/runs", &[], "");
    assert_eq!(text(&own.ended(&service, &run), "state"), "done");
    service.wait_for_run(1);
    let preview = Caller::new(&issuer, "preview", "state");
    let release = preview.get(&service, "/v1/releases/2").json();
    assert_eq!(release["publicAt"], "2090-01-01T08:00:00Z", "{release}");
    assert_eq!(service.get("/v1/releases/2").status, 404);

    for (path, job) in [(path_of(&sent), "import"), (path_of(&run), "run")] {
        assert_eq!(text(&own.get(&service, &path).json(), "kind"), job);
        assert_eq!(state.get(&service, &path).status, 200);
        assert_problem(&neighbour.get(&service, &path), 404, "unknown-job");
        assert_problem(&nobody.get(&service, &path), 404, "unknown-job");
    }
    assert_problem(
        &neighbour.get(&service, &format!("{}/issues", path_of(&sent))),
        404,
        "unknown-job",
    );
    let cancel = neighbour.send(&service, "DELETE", &path_of(&run), &[], "");
    assert_problem(&cancel, 404, "unknown-job");
    let count = |caller: &Caller| {
        caller.get(&service, "/v1/imports").json()["items"].as_array().unwrap().len()
    };
    assert_eq!((count(&own), count(&neighbour), count(&state), count(&nobody)), (3, 1, 4, 0));
}

/// A request of so many bytes, which are sent in parts until the service has answered.
fn upload(address: &str, token: &str, length: u64, chunked: bool) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let framing = match chunked {
        true => "transfer-encoding: chunked".to_owned(),
        false => format!("content-length: {length}"),
    };
    let head = format!(
        "POST /v1/imports?fileName=large.txt HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/octet-stream\r\nconnection: close\r\n{framing}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let part = vec![b'x'; 1024 * 1024];
    let mut left = usize::try_from(length).unwrap();
    while left > 0 {
        let now = left.min(part.len());
        let sent = match chunked {
            true => write!(stream, "{now:x}\r\n")
                .and_then(|()| stream.write_all(&part[..now]))
                .and_then(|()| stream.write_all(b"\r\n")),
            false => stream.write_all(&part[..now]),
        };
        if sent.is_err() {
            break;
        }
        left -= now;
    }
    if chunked {
        // The service may have ended the connection by now.
        let _ = stream.write_all(b"0\r\n\r\n");
    }
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_file_of_the_limit_is_taken_and_one_of_a_byte_more_is_not() {
    let (program, issuer) = (program(Backend::Sqlite), Issuer::new());
    let service = serve(&program, &issuer, &["--body-bytes", "10"]);
    let token = issuer.token("import", "state");
    let most = calsos_ingest::FILE_BYTES_MOST;
    for chunked in [false, true] {
        let answer = upload(service.address(), &token, most + 1, chunked);
        assert!(
            answer.starts_with("HTTP/1.1 413 ") && answer.contains("body-too-long"),
            "{answer}"
        );
    }
    assert_eq!(imports(&program, &issuer), 0);
    let answer = upload(service.address(), &token, most, true);
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    assert!(answer.contains("\"byteLength\":268435456"), "{answer}");
}

#[test]
fn a_file_may_take_longer_to_come_than_another_body_and_not_for_ever() {
    let (program, issuer) = (program(Backend::Sqlite), Issuer::new());
    let words = ["--body-seconds", "1", "--upload-seconds", "3"];
    let service = serve(&program, &issuer, &words);
    let token = issuer.token("import", "state");
    let slowly = |pauses: u32| {
        let mut stream = TcpStream::connect(service.address()).unwrap();
        let head = format!(
            "POST /v1/imports?fileName=slow.txt HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
             authorization: Bearer {token}\r\ncontent-length: {}\r\n\r\n",
            pauses
        );
        stream.write_all(head.as_bytes()).unwrap();
        for _ in 0..pauses {
            std::thread::sleep(std::time::Duration::from_millis(500));
            // It may have been refused meanwhile.
            let _ = stream.write_all(b"x");
        }
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let answer = slowly(4);
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    let answer = slowly(8);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("body-too-slow"), "{answer}");
    assert_eq!(imports(&program, &issuer), 1);
}

on_both![
    a_file_and_a_run_go_through_any_of_two_processes,
    a_file_that_is_refused_tells_its_faults_by_row,
    a_body_that_is_not_what_was_sent_is_not_stored,
    the_same_request_by_the_same_key_is_done_once,
    a_job_is_called_off_until_it_has_ended,
    an_agency_takes_in_what_it_reaches_and_sees_its_own_jobs,
];
