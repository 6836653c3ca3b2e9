//! What was answered stays answered: as of a moment, the bytes that were served then; and what
//! a run changed, for whom, and because of which file.
//! Every LEA and every number is made up where no real file is named.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use calsos_tests::document::{Operation, operations, with_query};
use calsos_tests::editions::write_edition_of_2026;
use calsos_tests::issuer::Issuer;
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, indicator_text, list_text};
use calsos_tests::service::{Answer, Service};
use calsos_tests::shared::real_data;
use calsos_tests::walk::{Caller, Walk, assert_same, serve};
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

/// A district: students with disabilities red in ELA, mathematics and suspension.
const DISTRICT: &str = "01999990000000";
const OFFICE: &str = "01199990000000";
const CHARTER: &str = "01999999999999";
const NEIGHBOUR: &str = "02999990000000";
/// A district that only the correction names.
const LATE: &str = "03999990000000";

const ALL: [&str; 4] = [DISTRICT, OFFICE, CHARTER, NEIGHBOUR];

/// A moment that no test lives to see.
const FAR: &str = "2090-01-01";

/// What was known in December: a year, its list, and the lists that it looks back on.
fn december(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let red = ["ELA", "MATH", "SUSP"].map(|indicator| (indicator, (DISTRICT, "SWD", 1)));
    program.import(program.write_year(2023, &ALL, &red, &[]));
    for year in [2018, 2019, 2022, 2023] {
        let rows = ALL.map(|cds| (cds, "General Assistance", [].as_slice()));
        let list = list_text("LCFF Eligibility File", year, &rows);
        program.import([program.write(&format!("assistancestatus{}.csv", year % 100), list)]);
    }
    program.succeed(["determine"]);
    program
}

/// The number of the suspension file of December, and of its correction.
const SUSP: (u32, u32) = (6, 19);

/// The file that February brought: nobody of the district is red in suspension any more.
fn correction(program: &Program) -> PathBuf {
    let of = ALL.iter().map(|cds| (*cds, "ALL", 4));
    let rows: Vec<_> = of.chain([(DISTRICT, "SWD", 4), (LATE, "ALL", 4)]).collect();
    program.write("february/suspdownload2023.txt", indicator_text("SUSP", 2023, &rows))
}

/// Every way to read determinations.
fn reads() -> Vec<String> {
    let mut reads = vec![
        "/v1/determinations".to_owned(),
        "/v1/determinations?year=2023&status=differentiated&total=true".to_owned(),
        "/v1/determinations?limit=2&total=true".to_owned(),
        "/v1/summaries/2023".to_owned(),
        "/v1/reconciliations/2023".to_owned(),
        "/v1/providers".to_owned(),
        "/v1/assignments?total=true".to_owned(),
    ];
    for cds in ALL {
        reads.push(format!("/v1/leas/{cds}/determinations"));
        reads.push(format!("/v1/leas/{cds}/support"));
        reads.push(format!("/v1/leas/{cds}/determinations/2023"));
        reads.push(format!("/v1/leas/{cds}/determinations/2023/trace"));
    }
    for layout in ["answers", "published"] {
        for format in ["csv", "ndjson"] {
            reads.push(format!(
                "/v1/exports/determinations?year=2023&layout={layout}&format={format}"
            ));
        }
    }
    reads
}

fn as_of(path: &str, moment: &str) -> String {
    with_query(path, "asOf", moment)
}

/// When a run was made.
fn made_at(service: &Service, run: u32) -> Timestamp {
    service.json(&format!("/v1/runs/{run}"))["madeAt"].as_str().unwrap().parse().unwrap()
}

fn imported_at(service: &Service, release: u32) -> Timestamp {
    let release = service.json(&format!("/v1/releases/{release}"));
    release["importedAt"].as_str().unwrap().parse().unwrap()
}

fn before(moment: Timestamp) -> Timestamp {
    moment - 1.microsecond()
}

fn text(moment: Timestamp) -> String {
    format!("{moment:.6}")
}

/// What is shown, but for what tells when, how long it took, and whose it was.
fn shown(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| !["date", "request-id", "link"].contains(&name.as_str()));
    headers.sort();
    (answer.status, headers, String::from_utf8_lossy(&answer.body).into_owned())
}

/// The same without what names the dataset: a list has it in its cursor, too.
fn meant(answer: &Answer) -> (u16, String) {
    let mut body = String::from_utf8_lossy(&answer.body).into_owned();
    if let Ok(mut value) = serde_json::from_str::<Value>(&body)
        && value["page"]["next"].is_string()
    {
        value["page"]["next"] = json!("…");
        body = value.to_string();
    }
    (answer.status, body)
}

fn assert_code(answer: &Answer, status: u16, code: &str) -> String {
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (status, &json!(code)), "{problem}");
    problem["detail"].as_str().unwrap().to_owned()
}

on_both![
    as_of_a_moment_the_bytes_are_served_that_were_served_then,
    what_a_run_changed_is_told_with_the_files_that_changed_it,
    what_is_held_back_shows_in_nothing_as_of_any_moment,
];

fn as_of_a_moment_the_bytes_are_served_that_were_served_then(on: Backend) {
    let program = december(on);
    let service = Service::start(&program, &[]);
    let then: Vec<Answer> = reads().iter().map(|path| service.get(path)).collect();
    assert!(then.iter().all(|answer| answer.status == 200));
    let first = made_at(&service, 1);

    program.import([correction(&program)]);
    program.succeed(["determine"]);
    service.wait_for_run(2);
    let (second, file) = (made_at(&service, 2), imported_at(&service, SUSP.1));
    assert!(first < file && file < second);
    for (path, then) in reads().iter().zip(&then) {
        let now = service.get(path);
        // To the byte, with tag and dataset, up to the moment before the file came.
        for moment in [first, before(file)] {
            let answer = service.get(&as_of(path, &text(moment)));
            assert_eq!(shown(&answer), shown(then), "{path} as of {moment}");
        }
        // With the file and before the run, the same answers, of a dataset that knows the file.
        for moment in [file, before(second)] {
            let answer = service.get(&as_of(path, &text(moment)));
            assert_eq!(meant(&answer), meant(then), "{path} as of {moment}");
            assert_ne!(answer.header("dataset-version"), then.header("dataset-version"));
        }
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let hours_ahead = Timestamp::now() - 9.hours();
        let is_today = hours_ahead.to_zoned(jiff::tz::TimeZone::UTC).date() == today;
        let mut moments = vec![text(second), text(Timestamp::now())];
        // The day in California, where it is the same as in Greenwich all the while.
        moments.extend(is_today.then(|| today.to_string()));
        for moment in moments {
            let answer = service.get(&as_of(path, &moment));
            assert_eq!(shown(&answer), shown(&now), "{path} as of {moment}");
        }
    }
    // The tag is that of what was shown then.
    let path = as_of(&format!("/v1/leas/{DISTRICT}/determinations/2023"), &text(first));
    let tag = service.get(&path).header("etag").to_owned();
    assert_eq!(service.get_with(&path, &[("if-none-match", &tag)]).status, 304);
    assert_eq!(service.get(&path).header("cache-control"), then[0].header("cache-control"));

    // Each answer is explained by its own file.
    let trace = |moment| {
        let path = format!("/v1/leas/{DISTRICT}/determinations/2023/trace");
        let trace = service.text(&as_of(&path, &text(moment)));
        let cites = |number: u32| trace.contains(&format!("\"release\":{number},"));
        (cites(SUSP.0), cites(SUSP.1))
    };
    assert_eq!(trace(before(second)), (true, false));
    assert_eq!(trace(second), (false, true));

    // Nobody is named before a file names it.
    let late = format!("/v1/leas/{LATE}/determinations");
    assert_code(&service.get(&as_of(&late, &text(before(file)))), 404, "unknown-lea");
    assert_eq!(service.json(&as_of(&late, &text(second)))["items"][0]["dashboardYear"], 2023);
}

#[test]
fn moments_before_the_first_answer_and_ahead_of_now_are_refused() {
    let program = december(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let first = made_at(&service, 1);
    for path in reads() {
        for moment in [text(before(first)), "2016-12-12".to_owned()] {
            let detail = assert_code(&service.get(&as_of(&path, &moment)), 404, "not-decided-yet");
            assert!(detail.contains(&text(first)), "{detail}");
        }
        let ahead = text(Timestamp::now() + 1.hour());
        for moment in [&ahead, FAR, "yesterday", "2023-02-30", "2023-01-01T00:00:00", ""] {
            let problem = service.get(&as_of(&path, moment)).json();
            assert_eq!(
                (&problem["status"], &problem["code"]),
                (&json!(400), &json!("invalid-parameter"))
            );
            assert_eq!(problem["errors"][0]["parameter"], "asOf", "{problem}");
        }
        assert_eq!(service.get(&as_of(&path, &text(first))).status, 200, "{path}");
    }
    // Where it would be ignored, it is refused.
    for path in ["/v1/leas", "/v1/years", "/v1/runs", "/v1/releases"] {
        assert_eq!(service.get(&as_of(path, &text(first))).status, 400, "{path}");
    }
}

#[test]
fn the_command_line_knows_the_past_as_well() {
    let program = december(Backend::Sqlite);
    let explain = ["explain", DISTRICT, "--year", "2023"];
    let list = ["list", "--year", "2023", "--status", "differentiated"];
    let then = (program.succeed(explain), program.succeed(list));
    program.import([correction(&program)]);
    program.succeed(["determine"]);
    let now = (program.succeed(explain), program.succeed(list));
    assert_ne!(then, now);
    let runs = program.json(["runs"]);
    let made_at = |run: usize| runs[run]["made at"].as_str().unwrap().to_owned();
    let as_of = |moment: &str| {
        let words = |words: &[&str]| program.succeed([words, &["--as-of", moment]].concat());
        (words(&explain), words(&list))
    };
    let second: Timestamp = made_at(1).parse().unwrap();
    assert_eq!(as_of(&made_at(0)), then);
    assert_eq!(as_of(&text(before(second))), then);
    assert_eq!(as_of(&made_at(1)), now);
    let first: Timestamp = made_at(0).parse().unwrap();
    let refused = program.run(["list", "--as-of", &text(before(first))]);
    assert_eq!(refused.code, 4, "{}", refused.err);
    assert!(refused.err.contains(&format!("the first run was made at {}", made_at(0))));
    let ahead = program.run(["list", "--as-of", FAR]);
    assert_eq!(ahead.code, 2, "{}", ahead.err);
    assert!(ahead.err.contains("ahead of now"), "{}", ahead.err);
}

/// More states than are kept, asked for at once, and what is current meanwhile.
#[test]
fn many_readers_of_many_moments_get_each_its_own() {
    let program = december(Backend::Sqlite);
    program.import([correction(&program)]);
    for _ in 0..3 {
        program.succeed(["publish", "1", "--at", "2020-01-01"]);
        program.succeed(["publish", "1", "--at", "2020-01-02"]);
        program.succeed(["determine"]);
    }
    let service = Service::start(&program, &[]);
    let path = format!("/v1/leas/{DISTRICT}/determinations/2023/trace");
    let moments: Vec<String> = (1..=4).map(|run| text(made_at(&service, run))).collect();
    let ask = |moment: &String| shown(&service.get(&as_of(&path, moment)));
    let alone: Vec<_> = moments.iter().map(ask).collect();
    let current = shown(&service.get(&path));
    assert_eq!(alone[3], current);
    let datasets: BTreeSet<String> =
        alone.iter().map(|(_, headers, _)| format!("{headers:?}")).collect();
    assert_eq!(datasets.len(), 4);
    std::thread::scope(|scope| {
        for reader in 0..4 {
            let (moments, alone, ask) = (&moments, &alone, &ask);
            scope.spawn(move || {
                for turn in 0..12 {
                    let at = (reader + turn) % moments.len();
                    assert_eq!(ask(&moments[at]), alone[at], "{}", moments[at]);
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..50 {
                assert_eq!(shown(&service.get(&path)), current);
            }
        });
    });
}

#[test]
fn a_list_as_of_a_moment_goes_on_in_itself_alone() {
    let program = december(Backend::Sqlite);
    program.import([correction(&program)]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    let (first, second) = (text(made_at(&service, 1)), text(made_at(&service, 2)));
    let list = "/v1/determinations?year=2023&limit=3";
    let whole = |moment: &str| -> Vec<Value> {
        let path = as_of("/v1/determinations?year=2023", moment);
        service.json(&path)["items"].as_array().unwrap().clone()
    };
    assert_ne!(whole(&first), whole(&second));
    for moment in [&first, &second] {
        let path = as_of(list, moment);
        let (mut items, mut answer) = (Vec::new(), service.get(&path));
        let dataset = answer.header("dataset-version").to_owned();
        loop {
            let page = answer.json();
            items.extend(page["items"].as_array().unwrap().clone());
            assert_eq!(answer.header("dataset-version"), dataset);
            let Some(next) = page["page"]["next"].as_str() else { break };
            let link = format!("<{}&cursor={next}>; rel=\"next\"", as_of(list, moment));
            assert_eq!(answer.header("link"), link);
            answer = service.get(&with_query(&path, "cursor", next));
        }
        assert_eq!(items, whole(moment));
    }
    let cursor = |path: &str| service.json(path)["page"]["next"].as_str().unwrap().to_owned();
    let (of_first, of_now) = (cursor(&as_of(list, &first)), cursor(list));
    for (path, cursor) in [
        (list.to_owned(), &of_first),
        (as_of(list, &second), &of_first),
        (as_of(list, &first), &of_now),
    ] {
        assert_code(&service.get(&with_query(&path, "cursor", cursor)), 410, "cursor-expired");
    }
    // As of the moment at which the current run was made, what is current is shown.
    let path = with_query(&as_of(list, &second), "cursor", &of_now);
    assert_eq!(service.get(&path).status, 200);
}

fn import(program: &Program, public_at: &str, files: &[PathBuf]) {
    let words = ["import", "--public-at", public_at].map(PathBuf::from);
    program.succeed(words.iter().chain(files));
}

/// How soon what was said is served.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn what_was_not_public_then_and_what_is_not_now_is_not_shown() {
    let (program, issuer) = (december(Backend::Sqlite), Issuer::new());
    import(&program, FAR, &[correction(&program)]);
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let nobody = Caller::nobody(&service);
    let state = Caller::with(&service, &issuer, "preview", "state");
    let county = Caller::with(&service, &issuer, "read preview", "county:01");
    let neighbour = Caller::with(&service, &issuer, "read preview", "county:04");
    let second: Timestamp =
        state.get("/v1/runs/2").json()["madeAt"].as_str().unwrap().parse().unwrap();
    let embargoed = text(Timestamp::now());
    let path = format!("/v1/leas/{DISTRICT}/determinations/2023");
    let is_corrected = |caller: &Caller<'_>, moment: &str| {
        let answer = caller.get(&as_of(&path, moment));
        let page = answer.json();
        assert_eq!(answer.status, 200, "{page}");
        page["determination"]["label"] == "General Assistance"
    };
    for moment in [&text(second), &embargoed] {
        assert!(is_corrected(&state, moment) && is_corrected(&county, moment), "{moment}");
        assert!(!is_corrected(&nobody, moment) && !is_corrected(&neighbour, moment), "{moment}");
    }
    assert!(!is_corrected(&state, &text(before(second))));
    // What not everybody may see is kept by nobody, as of any moment.
    let keeping = |caller: &Caller<'_>| {
        let answer = caller.get(&as_of(&path, &embargoed));
        answer.header("cache-control").split(',').next().unwrap().to_owned()
    };
    assert_eq!(keeping(&nobody), "public");
    assert_eq!((keeping(&state), keeping(&county)), ("private".to_owned(), "private".to_owned()));

    let say = |at: &str| {
        let before = service.get("/v1/years").header("dataset-version").to_owned();
        program.succeed(["publish", &SUSP.1.to_string(), "--at", at]);
        let took = service
            .wait_until(at, |service| service.get("/v1/years").header("dataset-version") != before);
        assert!(took < SOON, "{took:?}");
        text(Timestamp::now())
    };
    let published = say("now");
    // It was not public before, and is not so afterwards.
    assert!(!is_corrected(&nobody, &embargoed) && is_corrected(&nobody, &published));
    assert!(is_corrected(&state, &embargoed));
    let closed = say("closed");
    // What was closed again is not had by asking for the past.
    for moment in [&embargoed, &published, &closed] {
        assert!(!is_corrected(&nobody, moment) && is_corrected(&state, moment), "{moment}");
    }
    let again = say("2020-01-01");
    assert!(is_corrected(&nobody, &again) && is_corrected(&nobody, &published));
    assert!(!is_corrected(&nobody, &embargoed) && !is_corrected(&nobody, &closed));
}

/// The values that parameters are asked with.
fn values(_: &str, name: &str) -> Vec<String> {
    let values: &[&str] = match name {
        "cds" => &[DISTRICT, CHARTER, NEIGHBOUR, LATE],
        "year" => &["2022", "2023", "2024"],
        "id" => &["1", "2", "3"],
        _ => panic!("nobody has said with what {name} is asked"),
    };
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// What nobody and a stranger see as of each of these moments.
fn walks(program: &Program, issuer: &Issuer, moments: &[String]) -> Vec<Walk> {
    let copy = program.copy();
    let service = serve(&copy, issuer, &[]);
    let takes = |operation: &Operation| operation.parameters.iter().any(|p| p["name"] == "asOf");
    let operations: Vec<Operation> = operations(&service)
        .into_iter()
        .filter(|operation| takes(operation) || operation.id == "listRunChanges")
        .collect();
    assert_eq!(operations.len(), 20);
    let more = |id: &str| {
        let of_id = operations.iter().filter(|operation| operation.id == id && takes(operation));
        let paths = of_id.flat_map(|operation| operation.asked(values));
        paths.flat_map(|path| moments.iter().map(move |moment| as_of(&path, moment))).collect()
    };
    [Caller::nobody(&service), Caller::with(&service, issuer, "read preview", "county:04")]
        .iter()
        .map(|caller| caller.walk(&operations, values, more))
        .collect()
}

fn what_is_held_back_shows_in_nothing_as_of_any_moment(on: Backend) {
    let (program, issuer) = (december(on), Issuer::new());
    let held_back = program.copy();
    let files = held_back.write_year(2024, &ALL, &[("SUSP", (DISTRICT, "SWD", 1))], &[]);
    import(&held_back, FAR, &files);
    import(&held_back, FAR, &[correction(&held_back)]);
    held_back.succeed(["determine"]);
    let runs = held_back.json(["runs"]);
    let made_at = |run: usize| runs[run]["made at"].as_str().unwrap().to_owned();
    let second: Timestamp = made_at(1).parse().unwrap();
    let moments =
        [made_at(0), text(before(second)), made_at(1), text(Timestamp::now()), "2016-12-12".into()];
    let (without, with) =
        (walks(&program, &issuer, &moments), walks(&held_back, &issuer, &moments));
    assert!(without[0].len() > 150, "{}", without[0].len());
    for (who, (without, with)) in without.iter().zip(&with).enumerate() {
        assert_same(without, with, &format!("caller {who}"));
    }
    // There was something to be seen.
    let service = serve(&held_back, &issuer, &[]);
    let state = Caller::with(&service, &issuer, "preview", "state");
    let year = as_of("/v1/determinations?year=2024", &moments[2]);
    assert_eq!((state.get(&year).status, service.get(&year).status), (200, 404));
}

fn what_a_run_changed_is_told_with_the_files_that_changed_it(on: Backend) {
    let program = december(on);
    program.import([correction(&program)]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    let view = service.json("/v1/runs/2/changes?total=true");
    assert_eq!((&view["run"], &view["before"]), (&json!(2), &json!(1)));
    // Of all years: the lists of 2018, 2019 and 2022 name the four as well.
    let totals = json!({"gained": 1, "lost": 0, "changed": 1, "otherReasons": 0, "same": 15});
    assert_eq!(view["answers"], totals);
    let same = json!({"gained": 0, "lost": 0, "changed": 0, "otherReasons": 0, "same": 16});
    assert_eq!(view["lists"], same);
    assert_eq!(view["page"], json!({"limit": 100, "total": 2}));
    let items = view["items"].as_array().unwrap();
    let [district, late] = items.as_slice() else { panic!("{view}") };
    assert_eq!((&district["cds"], &late["cds"]), (&json!(DISTRICT), &json!(LATE)));
    assert_eq!((&district["change"], &late["change"]), (&json!("changed"), &json!("gained")));
    assert_eq!(change(district, "code.SWD"), Some((Some("D"), Some("none"))));
    let label = (Some("Differentiated Assistance, Year 1"), Some("General Assistance"));
    assert_eq!(change(district, "label"), Some(label));
    assert_eq!(change(district, "M1"), Some((Some("met"), Some("not met"))));
    let causes = json!({
        "releases": [
            {"number": SUSP.0, "kind": "SUSP", "dashboardYear": 2023,
             "fileName": "suspdownload2023.txt", "change": "superseded"},
            {"number": SUSP.1, "kind": "SUSP", "dashboardYear": 2023,
             "fileName": "suspdownload2023.txt", "change": "added"},
        ],
        "editions": [],
    });
    assert_eq!(district["causes"], causes);
    assert_eq!(late["causes"]["releases"], json!([causes["releases"][1]]));
    assert!(late["changes"].as_array().unwrap().iter().all(|one| one["before"].is_null()));

    // The first run gained everything, page by page.
    let mut path = "/v1/runs/1/changes?limit=5&total=true".to_owned();
    let mut gained = Vec::new();
    loop {
        let page = service.json(&path);
        assert_eq!(page["page"]["total"], 16);
        assert!(page["before"].is_null() && page["answers"]["gained"] == 16, "{page}");
        gained.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["page"]["next"].as_str() else { break };
        path = format!("/v1/runs/1/changes?limit=5&total=true&cursor={next}");
    }
    let keys: BTreeSet<(u64, &str)> = gained
        .iter()
        .map(|item| (item["dashboardYear"].as_u64().unwrap(), item["cds"].as_str().unwrap()))
        .collect();
    assert_eq!((gained.len(), keys.len()), (16, 16));
    assert!(gained.iter().all(|item| item["change"] == "gained"));
    let added = |item: &Value| item["causes"]["releases"].as_array().unwrap().len();
    assert!(gained.iter().all(|item| added(item) > 0));

    // Of a year and a county.
    let totals = |query: &str| {
        let page = service.json(&format!("/v1/runs/2/changes?{query}"));
        let items = page["items"].as_array().unwrap().len();
        (items, page["answers"]["same"].as_u64().unwrap())
    };
    assert_eq!(totals("year=2023"), (2, 3));
    assert_eq!(totals("year=2022"), (0, 4));
    assert_eq!(totals("county=03"), (1, 0));
    assert_eq!(totals("county=02&year=2023"), (0, 1));
    assert_eq!(service.json("/v1/runs/1/changes?of=lists&year=2022")["lists"]["gained"], 4);

    // Its tag, and who asks for what is not there.
    let answer = service.get("/v1/runs/2/changes");
    let tag = [("if-none-match", answer.header("etag"))];
    assert_eq!(service.get_with("/v1/runs/2/changes", &tag).status, 304);
    assert_eq!(service.get_with("/v1/runs/1/changes", &tag).status, 200);
    assert_code(&service.get("/v1/runs/3/changes"), 404, "unknown-run");
    let cursor = path.split_once("cursor=").unwrap().1;
    let other = format!("/v1/runs/2/changes?cursor={cursor}");
    assert_code(&service.get(&other), 410, "cursor-expired");
    assert_eq!(service.get("/v1/runs/2/changes?of=rows").status, 400);
}

/// What was said of one thing before and after.
fn change<'v>(item: &'v Value, what: &str) -> Option<(Option<&'v str>, Option<&'v str>)> {
    let one = item["changes"].as_array().unwrap().iter().find(|one| one["what"] == what)?;
    Some((one["before"].as_str(), one["after"].as_str()))
}

#[test]
fn another_edition_is_the_cause_where_no_file_is() {
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    let folder = program.folder().join("editions");
    let under = |words: &[&str]| {
        let editions = ["--editions", folder.to_str().unwrap()];
        program.succeed(editions.iter().chain(words))
    };
    write_edition_of_2026(&program, false);
    let rated = [("SUSP", (DISTRICT, "SWD", 2)), ("CHRO", (DISTRICT, "SWD", 1))];
    let files = program.write_year(2026, &[DISTRICT, NEIGHBOUR], &rated, &[]);
    let files: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    under(&[&["import", "--public-at", "2020-01-01"], files.as_slice()].concat());
    under(&["determine"]);
    write_edition_of_2026(&program, true);
    under(&["determine"]);
    let service = Service::start(&program, &["--editions", folder.to_str().unwrap()]);
    let view = service.json("/v1/runs/2/changes");
    let count = |kind: &str| view["answers"][kind].as_u64().unwrap();
    // The neighbour's answer names the edition, and is else the same.
    assert_eq!((count("changed"), count("otherReasons"), count("same")), (1, 1, 0));
    let item = &view["items"][0];
    assert_eq!(change(item, "M1"), Some((Some("not met"), Some("met"))));
    assert_eq!(item["causes"]["releases"], json!([]));
    assert!(item["causes"]["program"].is_null());
    let [edition] = item["causes"]["editions"].as_array().unwrap().as_slice() else {
        panic!("{view}")
    };
    assert_eq!(edition["dashboardYear"], 2026);
    assert_ne!(edition["before"], edition["after"]);

    // As of then, by the rules of then.
    let label = |run: u32| {
        let path = format!("/v1/leas/{DISTRICT}/determinations/2026");
        let answer = service.get(&as_of(&path, &text(made_at(&service, run))));
        let trace = service.json(&as_of(&format!("{path}/trace"), &text(made_at(&service, run))));
        let met = answer.json()["determination"]["methods"][0]["outcome"].clone();
        (met, answer.header("rulebook-version").to_owned(), trace)
    };
    let (before, after) = (label(1), label(2));
    assert_eq!((&before.0, &after.0), (&json!("notMet"), &json!("met")));
    assert_ne!(before.1, after.1);
    assert_ne!(before.2, after.2);
}

#[test]
fn the_changes_of_a_run_are_told_within_the_rights_of_who_asks() {
    let (program, issuer) = (december(Backend::Sqlite), Issuer::new());
    import(&program, FAR, &[correction(&program)]);
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let state = Caller::with(&service, &issuer, "preview", "state");
    let county = Caller::with(&service, &issuer, "read preview", "county:01");
    let nobody = Caller::nobody(&service);
    let path = "/v1/runs/2/changes";
    assert_code(&nobody.get(path), 404, "unknown-run");
    let first = nobody.get("/v1/runs/1/changes").json();
    assert_eq!((&first["answers"]["gained"], &first["before"]), (&json!(16), &Value::Null));
    let codes = |caller: &Caller<'_>| -> BTreeSet<String> {
        let view = caller.get(path).json();
        let items = view["items"].as_array().unwrap().iter();
        items.map(|item| item["cds"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&state), BTreeSet::from([DISTRICT, LATE].map(str::to_owned)));
    assert_eq!(codes(&county), BTreeSet::from([DISTRICT.to_owned()]));
    let of_state = state.get(path);
    assert_eq!(of_state.header("cache-control"), "private, no-store");
    // A public file more: the public learns of a third run, which changed nothing for it.
    let rows = [(NEIGHBOUR, "SWD", 4), (NEIGHBOUR, "ALL", 4)];
    let text = indicator_text("CHRO", 2023, &rows);
    program.import([program.write("later/chronicdownload2023.txt", text)]);
    program.succeed(["determine"]);
    service.wait_for_run(3);
    let third = nobody.get("/v1/runs/3/changes");
    let view = third.json();
    assert_eq!((&view["run"], &view["before"]), (&json!(3), &json!(1)));
    let body = String::from_utf8_lossy(&third.body).into_owned();
    assert!(!body.contains(LATE) && !body.contains(&format!("\"number\":{}", SUSP.1)), "{body}");
    assert_eq!(state.get("/v1/runs/3/changes").json()["before"], 2);
}

#[test]
fn the_revision_of_2019_drops_five_leas_and_changes_two_codes_and_no_label() {
    let Some(data) = real_data("the revision of the 2019 list over HTTP") else { return };
    let list = |name: &str| data.join("published").join(name);
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    program.import([
        list("assistance-status17.xls"),
        list("assistancestatus18.xlsx"),
        list("assistancestatus19.xlsx"),
        list("assistancestatus22.xlsx"),
    ]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    let first = text(made_at(&service, 1));
    let then = service.get("/v1/determinations?limit=5000");
    program.import([list("assistancestatus19-rev.xlsx")]);
    program.succeed(["determine"]);
    service.wait_for_run(2);

    let names = |items: &Value, kind: &str| -> BTreeSet<String> {
        let all = items.as_array().unwrap().iter().filter(|item| item["change"] == kind);
        all.map(|item| item["name"].as_str().unwrap().to_owned()).collect()
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
    let files = json!([
        {"number": 3, "kind": "LIST", "dashboardYear": 2019,
         "fileName": "assistancestatus19.xlsx", "change": "superseded"},
        {"number": 5, "kind": "LIST", "dashboardYear": 2019,
         "fileName": "assistancestatus19-rev.xlsx", "change": "added"},
    ]);

    // What the state's list says.
    let lists = service.json("/v1/runs/2/changes?of=lists&limit=5000");
    let totals = &lists["lists"];
    let count = |kind: &str| totals[kind].as_u64().unwrap();
    assert_eq!((count("lost"), count("changed"), count("gained")), (5, 2, 0));
    let items = &lists["items"];
    assert_eq!(names(items, "lost"), gone);
    let changed = ["Adelanto Elementary", "Dixon Unified"].map(str::to_owned);
    assert_eq!(names(items, "changed"), BTreeSet::from(changed));
    let of = |name: &str| {
        let found = items.as_array().unwrap().iter().find(|item| item["name"] == name);
        found.unwrap_or_else(|| panic!("{name}"))
    };
    let adelanto = of("Adelanto Elementary");
    assert_eq!(change(adelanto, "code.SED"), Some((Some("D"), Some("none"))));
    assert_eq!(change(of("Dixon Unified"), "code.EL"), Some((Some("H"), Some("F"))));
    for item in items.as_array().unwrap() {
        assert_eq!(item["causes"]["releases"], files, "{item}");
        assert!(item["change"] == "lost" || change(item, "label").is_none(), "{item}");
    }

    // What is answered: five that only the list named are gone, and no label is another.
    let answers = service.json("/v1/runs/2/changes?limit=5000");
    let lost = names(&answers["items"], "lost");
    assert_eq!(lost, gone);
    assert_eq!(
        (&answers["answers"]["lost"], &answers["answers"]["gained"]),
        (&json!(5), &json!(0))
    );
    for item in answers["items"].as_array().unwrap() {
        assert_eq!(item["causes"]["releases"], files, "{item}");
        assert!(item["change"] == "lost" || change(item, "label").is_none(), "{item}");
    }

    // As of the first issue, everything is as it was; after it the five have no answer.
    let again = service.get(&as_of("/v1/determinations?limit=5000", &first));
    assert_eq!(shown(&again), shown(&then));
    let codes: BTreeSet<&str> = items
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["change"] == "lost")
        .map(|item| item["cds"].as_str().unwrap())
        .collect();
    assert_eq!(codes.len(), 5);
    let published = |cds: &str, moment: &str| {
        let path = format!("/v1/leas/{cds}/determinations/2019");
        service.get(&as_of(&path, moment))
    };
    let now = text(Timestamp::now());
    for cds in codes {
        let before = published(cds, &first);
        assert_eq!(before.status, 200, "{cds}");
        assert!(before.json()["published"].is_object(), "{cds}");
        assert_eq!(published(cds, &now).status, 404, "{cds}");
    }
    let cds = adelanto["cds"].as_str().unwrap();
    let row = |moment: &str| published(cds, moment).json()["published"].clone();
    assert_ne!(row(&first), Value::Null);
    assert_ne!(row(&now), Value::Null);
}
