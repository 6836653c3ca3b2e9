//! The HTTP service on a real socket: every documented resource, every refusal, pages of one
//! run, and that it says what the command line says.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use calsos_tests::program::{Backend, Listed, Program, list_text};
use calsos_tests::service::{Answer, Service};
use calsos_tests::{on_both, shared};
use serde_json::Value;

/// A district: students with disabilities red in ELA, mathematics and suspension.
const CODED: &str = "01999990000000";
const OTHERS: [&str; 3] = ["02999990000000", "01199990000000", "01999999999999"];
const YEAR: u16 = 2023;

fn program(on: Backend) -> Program {
    Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// A year of four LEAs with its list, decided.
fn world(on: Backend) -> Program {
    let program = program(on);
    let rated: Vec<_> = ["ELA", "MATH", "SUSP"].map(|i| (i, (CODED, "SWD", 1))).to_vec();
    let leas: Vec<&str> = [CODED].into_iter().chain(OTHERS).collect();
    let mut files = program.write_year(YEAR, &leas, &rated, &[]);
    let cells: &[(&str, &str)] = &[];
    let rows: Vec<Listed<'_>> = vec![(CODED, "General Assistance", cells)];
    files.push(
        program.write("assistancestatus22.csv", list_text("LCFF Eligibility File", 2022, &rows)),
    );
    program.import(files);
    program.succeed(["determine"]);
    let services = "code,service,levels,for,kind,contact\nA,Coaching,1,LEAs,coaching,office\n";
    let services = program.write("services.csv", services);
    let words = ["services", "import", "--provider", "county:27"];
    program.succeed(words.into_iter().chain([services.to_str().unwrap()]));
    program
}

/// The same where a path names a service: by the one that there is.
fn of_services(service: &Service, asked: &str) -> String {
    if !asked.starts_with("/v1/services/") {
        return asked.to_owned();
    }
    let id = service.json("/v1/services")["items"][0]["id"].clone();
    format!("/v1/services/{}", id.as_str().unwrap())
}

fn document(service: &Service) -> Value {
    service.json("/openapi.json")
}

/// Every documented path, method and operation.
fn all_operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push((path.as_str(), method.as_str(), operation));
        }
    }
    operations
}

/// Every documented path that is read without a token, and its GET operation.
fn operations(document: &Value) -> Vec<(&str, &Value)> {
    let without_token = |operation: &Value| {
        let ways = operation["security"].as_array().unwrap();
        ways.is_empty() || ways.iter().any(|way| way.as_object().unwrap().is_empty())
    };
    let read = all_operations(document).into_iter();
    let read = read.filter(|(_, method, of)| *method == "get" && without_token(of));
    read.map(|(path, _, operation)| (path, operation)).collect()
}

/// A path with the example of every parameter of the path and every needed one of the query,
/// by the document; the made-up LEA stands for the document's.
fn with_examples(path: &str, operation: &Value) -> String {
    let mut path = path.to_owned();
    let mut query = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap();
        // What is made up here stands for what the document has.
        let value = || match name {
            "cds" => CODED.to_owned(),
            "year" => YEAR.to_string(),
            _ => example(parameter),
        };
        match parameter["in"].as_str().unwrap() {
            "path" => path = path.replace(&format!("{{{name}}}"), &value()),
            _ if parameter["required"] == true => query.push(format!("{name}={}", value())),
            _ => {}
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

fn example(parameter: &Value) -> String {
    let given = &parameter["example"];
    let given = if given.is_null() { &parameter["schema"]["example"] } else { given };
    assert!(!given.is_null(), "no example of {parameter}");
    given.as_str().map_or_else(|| given.to_string(), str::to_owned)
}

fn assert_problem(answer: &Answer, status: u16, code: &str) -> Value {
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (status, &Value::from(code)), "{problem}");
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["requestId"], answer.header("request-id"));
    assert_eq!(problem["type"], format!("urn:calsos:problem:{code}"));
    for part in ["title", "detail", "instance"] {
        assert!(problem[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {problem}");
    }
    problem
}

on_both![
    every_documented_resource_is_answered_as_its_example_asks,
    a_determination_over_http_says_what_the_command_line_says,
    a_list_that_is_read_in_pages_is_of_one_run_whatever_becomes_current_meanwhile,
    before_the_first_run_readers_are_told_what_to_do_and_then_served,
    pages_of_2400_leas_are_of_one_dataset_while_runs_and_files_are_taken_up,
];

fn every_documented_resource_is_answered_as_its_example_asks(on: Backend) {
    let program = world(on);
    // There is a list of the year to compare with.
    let cells: &[(&str, &str)] = &[("SWDpriorities", "A")];
    let row: Listed<'_> = (CODED, "Differentiated Assistance", cells);
    let list = list_text("LCFF Eligibility File", YEAR, &[row]);
    program.import([program.write("assistancestatus23.csv", list)]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &["--anonymous-rate", "1000000/1000000"]);
    let document = document(&service);
    let operations = operations(&document);
    assert!(operations.len() > 20, "{}", operations.len());
    for (path, operation) in operations {
        let asked = of_services(&service, &with_examples(path, operation));
        let answer = service.get(&asked);
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, 200, "{asked}: {body}");
        let documented = operation["responses"]["200"]["content"].as_object().unwrap();
        let media = answer.header("content-type").split(';').next().unwrap();
        assert!(documented.contains_key(media), "{asked}: {media} is not documented");
        for header in ["request-id", "dataset-version", "rulebook-version"] {
            assert!(!answer.header(header).is_empty(), "{asked}: no {header}");
        }
        assert_headers_are_documented(&answer, operation, &asked);
        let head = service.head(&asked);
        assert_eq!((head.status, head.body.len()), (200, 0), "{asked}");
        for header in ["content-type", "content-length", "etag", "cache-control"] {
            assert_eq!(head.header(header), answer.header(header), "{asked}: {header}");
        }
        let tag = answer.header("etag");
        if operation["responses"]["304"].is_object() {
            // What can be changed has a strong one.
            let changed = ["/v1/service", "/v1/communication-templates"];
            let is_changed = changed.iter().any(|of| path.starts_with(of));
            let expected = if is_changed { "\"" } else { "W/\"" };
            assert!(tag.starts_with(expected), "{asked}: {tag:?}");
            let again = service.get_with(&asked, &[("if-none-match", tag)]);
            assert_eq!((again.status, again.body.len()), (304, 0), "{asked}");
            assert_eq!(again.header("etag"), tag, "{asked}");
            let other = service.get_with(&asked, &[("if-none-match", "W/\"another\"")]);
            assert_eq!((other.status, &other.body), (200, &answer.body), "{asked}");
        } else {
            assert_eq!(answer.header("cache-control"), "no-store", "{asked}");
        }
        // What is not asked for by name is refused, never ignored.
        let sign = if asked.contains('?') { '&' } else { '?' };
        let problem = service.get(&format!("{asked}{sign}yaer=2023"));
        let problem = assert_problem(&problem, 400, "invalid-parameter");
        assert_eq!(problem["errors"][0]["parameter"], "yaer", "{asked}");
    }
}

/// Every header that is the service's own is one that the document has for the response, and
/// the other way round, but for those of other statuses and other pages.
fn assert_headers_are_documented(answer: &Answer, operation: &Value, asked: &str) {
    let documented = operation["responses"]["200"]["headers"].as_object().unwrap();
    let documented: BTreeSet<String> = documented.keys().map(|name| name.to_lowercase()).collect();
    // Of HTTP itself, and of what browsers are told.
    let of_transport = [
        "access-control-expose-headers",
        "content-length",
        "content-security-policy",
        "content-type",
        "cross-origin-resource-policy",
        "date",
        "referrer-policy",
        "transfer-encoding",
        "vary",
        "x-content-type-options",
    ];
    let served: BTreeSet<String> = answer
        .headers
        .iter()
        .map(|(name, _)| name.clone())
        .filter(|name| !of_transport.contains(&name.as_str()))
        .collect();
    // On other pages, and while the database is away.
    let at_times = BTreeSet::from(["link", "dataset-unchecked-since"].map(str::to_owned));
    assert_eq!(&served | &at_times, &documented | &at_times, "{asked}");
}

/// What is answered with the database away: everything but what is read from it each time.
#[test]
fn current_answers_and_their_reasons_are_served_while_the_database_is_away() {
    let Some(server) = calsos_tests::postgresql("current_answers_while_the_database_is_away")
    else {
        return;
    };
    let program = world(Backend::Postgresql(server));
    let (_, name) = program.on_server().unwrap();
    let service = Service::start(&program, &[]);
    let document = document(&service);
    let made_at = service.json("/v1/runs/1")["madeAt"].as_str().unwrap().to_owned();
    let of_past = format!("/v1/summaries/{YEAR}?asOf={made_at}");
    assert_eq!(service.get(&of_past).status, 200);
    let allow = |allowed: bool| {
        server.sql("postgres", &format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {allowed}"));
    };
    allow(false);
    server.sql(
        "postgres",
        &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
    );
    let mut unavailable = BTreeSet::new();
    for (path, operation) in operations(&document) {
        // No list of the year is loaded.
        if path == "/v1/reconciliations/{year}" {
            continue;
        }
        let asked = of_services(&service, &with_examples(path, operation));
        let answer = service.get(&asked);
        if answer.status != 200 {
            assert_problem(&answer, 503, "database-unavailable");
            assert_eq!(answer.header("retry-after"), "5", "{asked}");
            unavailable.insert(path);
        }
    }
    // Templates of letters are in the database alone.
    let of_database = [
        "/v1/changes",
        "/v1/communication-templates/{county}/{kind}",
        "/v1/communications/{kind}",
        "/v1/leas/{cds}/communications/{kind}",
        "/v1/runs",
        "/v1/runs/{id}",
        "/v1/runs/{id}/changes",
    ];
    assert_eq!(unavailable, BTreeSet::from(of_database));
    // What was asked for of the past is there, too.
    assert_eq!(service.get(&of_past).status, 200);
    allow(true);
    program.succeed(["determine"]);
    service.wait_for_run(2);
    assert_eq!(service.get("/v1/runs").status, 200);
    assert_eq!(service.get("/v1/changes?since=0").status, 200);
}

/// A run that an earlier version of the program stored has neither facts nor summaries.
#[test]
fn a_run_without_facts_and_summaries_is_served_the_same() {
    let Some(server) = calsos_tests::postgresql("a_run_without_facts_and_summaries") else {
        return;
    };
    let program = world(Backend::Postgresql(server));
    let (_, name) = program.on_server().unwrap();
    let asked = [
        format!("/v1/determinations?year={YEAR}"),
        format!("/v1/determinations?year={YEAR}&priority=4&group=SWD&method=M1"),
        format!("/v1/leas/{CODED}/determinations/{YEAR}"),
        format!("/v1/leas/{CODED}/determinations/{YEAR}/trace"),
        format!("/v1/leas/{CODED}/performances?year={YEAR}"),
        format!("/v1/exports/determinations?year={YEAR}"),
        format!("/v1/summaries/{YEAR}"),
    ];
    let bodies = |service: &Service| asked.each_ref().map(|path| service.text(path));
    let expected = bodies(&Service::start(&program, &[]));
    server.sql(name, "UPDATE answer_body SET summary = NULL");
    server.sql(name, "DELETE FROM run_facts");
    assert_eq!(bodies(&Service::start(&program, &[])), expected);
}

/// The files of a folder and of those within it.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files
}

#[test]
fn no_two_types_share_a_name_in_the_document() {
    let mut names = BTreeMap::new();
    for path in sources("../api/src") {
        let text = fs::read_to_string(&path).unwrap();
        // Each derived schema is named by `as`, else by its type.
        for derived in text.split("ToSchema)]").skip(1) {
            let kinds = ["struct ", "enum "].into_iter().filter_map(|of| derived.split_once(of));
            let (attributes, declared) =
                kinds.min_by_key(|(attributes, _)| attributes.len()).unwrap();
            let named = attributes.split_once("schema(as = ").map(|(_, rest)| rest);
            let name = named.unwrap_or(declared).split(['<', '(', ' ', ',', ')']).next();
            let name = name.unwrap();
            if let Some(other) = names.insert(name.to_owned(), path.clone()) {
                panic!("{name} is declared in {} and {}", other.display(), path.display());
            }
        }
    }
    assert!(names.len() > 50, "{names:?}");
}

#[test]
fn a_parameter_takes_the_texts_that_the_document_lists_and_no_others() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let document = document(&service);
    let mut lists = 0;
    for (path, operation) in operations(&document) {
        let asked = of_services(&service, &with_examples(path, operation));
        let sign = if asked.contains('?') { '&' } else { '?' };
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let Some(values) = parameter["schema"]["enum"].as_array() else { continue };
            // What is written is a part of the path.
            if parameter["in"] == "path" {
                continue;
            }
            lists += 1;
            let name = parameter["name"].as_str().unwrap();
            for value in values {
                let asked = format!("{asked}{sign}{name}={}", value.as_str().unwrap());
                assert_eq!(service.get(&asked).status, 200, "{asked}");
            }
            for other in ["", "other", "DISTRICT"] {
                let asked = format!("{asked}{sign}{name}={other}");
                let problem = assert_problem(&service.get(&asked), 400, "invalid-parameter");
                assert_eq!(problem["errors"][0]["parameter"], name, "{asked}");
            }
        }
    }
    assert_eq!(lists, 10);
}

fn a_determination_over_http_says_what_the_command_line_says(on: Backend) {
    let program = world(on);
    let service = Service::start(&program, &[]);
    assert_same(&program, &service, 4);
}

/// Compares every determination over HTTP with the command line's; there must be so many.
fn assert_same(program: &Program, service: &Service, at_least: usize) {
    let listed = program.json(["list"]);
    let listed = listed.as_array().unwrap();
    assert!(listed.len() >= at_least, "{}", listed.len());
    for of_list in listed {
        let mut expected = of_list.clone();
        let object = expected.as_object_mut().unwrap();
        let names = [object.remove("name"), object.remove("countyName")].map(Option::unwrap);
        let published = object.remove("published");
        let (cds, year) = (of_list["cds"].as_str().unwrap(), &of_list["dashboardYear"]);
        let page = service.json(&format!("/v1/leas/{cds}/determinations/{year}"));
        assert_eq!(page["determination"], expected, "{cds} {year}");
        assert_eq!([page["name"].clone(), page["countyName"].clone()], names, "{cds} {year}");
        assert_eq!(page.get("published").cloned(), published, "{cds} {year}");
        let strip = page["strip"].as_array().unwrap();
        let own = strip.iter().find(|of| of["dashboardYear"] == *year).unwrap();
        assert_eq!(own.get("label"), expected.get("label"), "{cds} {year}");
    }
}

#[test]
fn the_real_county_over_http_is_what_the_command_line_says_and_leads_to_the_original_rows() {
    let Some(data) = shared::real_data("the real county over HTTP") else { return };
    let program = program(Backend::Sqlite);
    let mut files = shared::files(&data.join("published"), &[".xls", ".xlsx"]);
    files.extend(shared::files(&data.join("dashboard"), &[".txt"]));
    files.extend(shared::files(&data.join("local-indicators"), &[".xlsx"]));
    program.import(files);
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    // Every answer of one year, and of the LEAs of the county with indicator files all years.
    let listed = program.json(["list", "--county", "27"]);
    let mut identified = 0;
    for of_list in listed.as_array().unwrap() {
        let (cds, year) = (of_list["cds"].as_str().unwrap(), &of_list["dashboardYear"]);
        let page = service.json(&format!("/v1/leas/{cds}/determinations/{year}"));
        for (name, value) in of_list.as_object().unwrap() {
            let found = match name.as_str() {
                "name" | "countyName" | "published" => &page[name],
                name => &page["determination"][name],
            };
            assert_eq!(found, value, "{name} of {cds} in {year}");
        }
        if of_list["differentiated"] != "met" || of_list["groupCount"] == 0 {
            continue;
        }
        let trace = service.json(&format!("/v1/leas/{cds}/determinations/{year}/trace"));
        for group in of_list["groups"].as_array().unwrap() {
            if group["code"].is_null() {
                continue;
            }
            let rows = rows_of(&trace, group["group"].as_str().unwrap());
            assert!(!rows.is_empty(), "no row behind {} of {cds} in {year}", group["group"]);
            identified += 1;
        }
    }
    assert!(identified > 20, "{identified} identified groups were looked at");
}

/// The releases and rows behind a group's cells in a trace.
fn rows_of(trace: &Value, group: &str) -> BTreeSet<(String, u64)> {
    let mut rows = BTreeSet::new();
    let id = format!("group.{group}");
    let mut open: Vec<&Value> = vec![trace];
    while let Some(node) = open.pop() {
        let own = node["id"].as_str().unwrap();
        if (own == id || own.starts_with(&format!("{id}.")))
            && let Some(row) = node["source"]["row"].as_u64()
        {
            assert_eq!(node["source"]["sha256"].as_str().unwrap().len(), 64);
            rows.insert((node["source"]["file"].as_str().unwrap().to_owned(), row));
        }
        open.extend(node["children"].as_array().into_iter().flatten());
    }
    rows
}

fn a_list_that_is_read_in_pages_is_of_one_run_whatever_becomes_current_meanwhile(on: Backend) {
    let program = world(on);
    let service = Service::start(&program, &[]);
    let first = service.get("/v1/determinations?year=2023&limit=1&total=true");
    let dataset = first.header("dataset-version").to_owned();
    let mut pages = vec![first.json()];
    assert_eq!(pages[0]["page"]["total"], 4);

    // Another file and another run, with other answers, become current.
    let rated = [(CODED, "SWD", 5)];
    let path = program.write_indicator("SUSP", YEAR, &rated);
    program.import([path]);
    program.succeed(["determine"]);
    service.wait_for_run(2);
    let now = service.get("/v1/determinations?year=2023");
    assert_ne!(now.header("dataset-version"), dataset);

    while let Some(next) = pages.last().unwrap()["page"]["next"].as_str() {
        let page = service.get(&format!("/v1/determinations?year=2023&limit=1&cursor={next}"));
        assert_eq!(page.status, 200, "{}", String::from_utf8_lossy(&page.body));
        assert_eq!(page.header("dataset-version"), dataset);
        if let Some(link) = page.json()["page"]["next"].as_str() {
            assert!(page.header("link").contains(link) && page.header("link").contains("next"));
        }
        pages.push(page.json());
    }
    let items: Vec<&Value> = pages.iter().flat_map(|p| p["items"].as_array().unwrap()).collect();
    let codes: Vec<&str> = items.iter().map(|item| item["cds"].as_str().unwrap()).collect();
    let mut expected: Vec<&str> = [CODED].into_iter().chain(OTHERS).collect();
    expected.sort_unstable();
    assert_eq!(codes, expected);
    // The items are those of the run before, also of the LEA whose answer has changed.
    let of =
        |items: &[&Value]| items.iter().find(|i| i["cds"] == CODED).map(|i| i["groups"].clone());
    let now = now.json();
    let now: Vec<&Value> = now["items"].as_array().unwrap().iter().collect();
    assert_ne!(of(&items), of(&now));
    assert_eq!(of(&items).unwrap()[0]["group"], "SWD");
}

/// The codes of a list in pages of a hundred; `between` is called after each.
fn read_in_pages(service: &Service, path: &str, mut between: impl FnMut(usize)) -> Vec<String> {
    let first = service.get(&format!("{path}limit=100&total=true"));
    let dataset = first.header("dataset-version").to_owned();
    let mut page = first.json();
    assert_eq!(page["page"]["total"], 2400, "{path}");
    let mut codes = Vec::new();
    for number in 1.. {
        let items = page["items"].as_array().unwrap();
        codes.extend(items.iter().map(|item| item["cds"].as_str().unwrap().to_owned()));
        let Some(next) = page["page"]["next"].as_str() else { break };
        between(number);
        let answer = service.get(&format!("{path}limit=100&cursor={next}"));
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.header("dataset-version"), dataset, "{path}");
        page = answer.json();
    }
    codes
}

/// Also files of which no run has read yet are taken up meanwhile, more than other indexes are
/// kept.
fn pages_of_2400_leas_are_of_one_dataset_while_runs_and_files_are_taken_up(on: Backend) {
    let program = program(on);
    let codes: Vec<String> =
        (0..2400).map(|n| format!("{:02}{:05}0000000", n % 58 + 1, 60_000 + n)).collect();
    let rows = |color: u8| codes.iter().map(move |cds| (cds.as_str(), "SWD", color));
    program.import([program.write_indicator("SUSP", YEAR, &rows(1).collect::<Vec<_>>())]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    let mut expected = codes.clone();
    expected.sort_unstable();
    let mut runs = 1;
    for path in ["/v1/leas?".to_owned(), format!("/v1/determinations?year={YEAR}&")] {
        let read = read_in_pages(&service, &path, |page| match page {
            3 => {
                // Another file of every LEA, and a run that answers otherwise.
                let color = 2 + runs;
                let file = program.write_indicator("SUSP", YEAR, &rows(color).collect::<Vec<_>>());
                program.import([file]);
                program.succeed(["determine"]);
                runs += 1;
                service.wait_for_run(u32::from(runs));
            }
            5..10 => {
                let indicator = ["ELA", "MATH", "CHRO", "GRAD", "ELPI"][page - 5];
                // Another file than that of the round before.
                let one = [(codes[0].as_str(), "SWD", runs)];
                let before = service.get("/healthz").header("dataset-version").to_owned();
                program.import([program.write_indicator(indicator, YEAR, &one)]);
                let start = std::time::Instant::now();
                while service.get("/healthz").header("dataset-version") == before {
                    assert!(start.elapsed().as_secs() < 30, "the file is not taken up");
                    std::thread::sleep(std::time::Duration::from_millis(50));
                }
            }
            _ => {}
        });
        assert!(read == expected, "{path}: {} of {}", read.len(), expected.len());
    }
}

fn before_the_first_run_readers_are_told_what_to_do_and_then_served(on: Backend) {
    let program = program(on);
    let service = Service::start(&program, &[]);
    assert_eq!(service.get("/healthz").status, 200);
    let refused = service.get("/readyz");
    assert_problem(&refused, 503, "nothing-decided");
    assert!(!refused.header("retry-after").is_empty());
    assert_problem(&service.get("/v1/determinations"), 503, "nothing-decided");
    assert_eq!(service.json("/")["newestYear"], Value::Null);

    let rated: Vec<_> = vec![("ELA", (CODED, "SWD", 1))];
    program.import(program.write_year(YEAR, &[CODED], &rated, &[]));
    program.succeed(["determine"]);
    service.wait_for_run(1);
    assert_eq!(service.get("/readyz").status, 200);
    assert_eq!(service.json("/")["newestYear"], YEAR);
}

/// A cursor as the service makes it.
fn cursor(inner: &str) -> String {
    inner.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_cursor_of_a_dataset_that_is_gone_is_refused_and_never_answered_from_another() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    for (path, after) in [("determinations", format!("2023.{CODED}")), ("leas", CODED.to_owned())] {
        let gone = service.get(&format!("/v1/{path}?cursor={}", cursor(&format!("9.9-x~{after}"))));
        assert_problem(&gone, 410, "cursor-expired");
        let dataset = gone.header("dataset-version").to_owned();
        let now = format!("/v1/{path}?cursor={}", cursor(&format!("{dataset}~{after}")));
        assert_eq!(service.get(&now).status, 200, "{path}");
    }
    let none = format!("/v1/determinations?cursor={}", cursor("9.9-x~nowhere"));
    assert_problem(&service.get(&none), 400, "invalid-parameter");
}

#[test]
fn leas_are_listed_in_pages_by_kind_county_and_part_of_their_name() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let codes = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["cds"].as_str().unwrap().to_owned()).collect()
    };
    let all = codes(&service.json("/v1/leas?total=true"));
    let mut expected: Vec<&str> = [CODED].into_iter().chain(OTHERS).collect();
    expected.sort_unstable();
    assert_eq!(all, expected);
    let (mut paged, mut next) = (Vec::new(), Some(String::new()));
    while let Some(cursor) = next {
        let cursor = if cursor.is_empty() { cursor } else { format!("&cursor={cursor}") };
        let page = service.json(&format!("/v1/leas?limit=3&total=true{cursor}"));
        assert_eq!(page["page"]["total"], 4);
        paged.extend(codes(&page));
        next = page["page"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(paged, expected);
    assert_eq!(codes(&service.json("/v1/leas?county=02")), ["02999990000000"]);
    assert_eq!(codes(&service.json("/v1/leas?type=charter")), ["01999999999999"]);
    let one = service.json(&format!("/v1/leas/{CODED}"));
    assert_eq!(one["years"], serde_json::json!([2022, 2023]));
    let name = one["name"].as_str().unwrap();
    let part = name.split(' ').next().unwrap().to_uppercase();
    assert!(
        codes(&service.json(&format!("/v1/leas?q={part}"))).contains(&CODED.to_owned()),
        "{part}"
    );
    assert!(codes(&service.json("/v1/leas?q=nosuchname")).is_empty());
}

#[test]
fn every_refusal_is_a_problem_that_says_what_was_asked_and_what_is_there() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    for (path, status, code) in [
        ("/v1/leas/12345678901234", 404, "unknown-lea"),
        ("/v1/leas/12345678901234/determinations", 404, "unknown-lea"),
        ("/v1/leas/12345678901234/determinations/2023", 404, "unknown-lea"),
        ("/v1/leas/01999990000000/determinations/2019", 404, "year-not-loaded"),
        ("/v1/leas/01999990000000/determinations/2020", 404, "unknown-year"),
        ("/v1/leas/01999990000000/determinations/2023/trace/x", 404, "no-such-resource"),
        ("/v1/leas/0199999000000/determinations/2023", 400, "invalid-parameter"),
        ("/v1/leas/01999990000000/performances", 400, "invalid-parameter"),
        ("/v1/determinations?year=2016", 404, "unknown-year"),
        ("/v1/determinations?cursor=zz", 400, "invalid-parameter"),
        ("/v1/determinations?limit=0", 400, "invalid-parameter"),
        ("/v1/determinations?limit=5001", 400, "invalid-parameter"),
        ("/v1/determinations?year=2023&year=2024", 400, "invalid-parameter"),
        ("/v1/summaries/2021", 404, "unknown-year"),
        ("/v1/years/1999", 400, "invalid-parameter"),
        ("/v1/rulebooks/2099", 404, "unknown-year"),
        ("/v1/reconciliations/2023", 404, "not-loaded"),
        ("/v1/releases/999", 404, "unknown-release"),
        ("/v1/runs/999", 404, "unknown-run"),
        ("/v1/citations/none", 404, "unknown-source"),
        ("/v1/exports/determinations", 400, "invalid-parameter"),
        ("/v1/exports/determinations?year=2023&format=pdf", 400, "invalid-parameter"),
        ("/nowhere", 404, "no-such-resource"),
    ] {
        assert_problem(&service.get(path), status, code);
    }
    assert_eq!(service.get("/v1/determinations?limit=1").status, 200);
    assert_eq!(service.get("/v1/determinations?limit=5000").status, 200);
}

#[test]
fn every_fault_of_a_request_is_told_at_once() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let asked = "/v1/determinations?year=23&county=59&type=school&level=4&group=ALL&method=M5\
                 &provisional=yes&yaer=2023&limit=x";
    let problem = assert_problem(&service.get(asked), 400, "invalid-parameter");
    let faults = problem["errors"].as_array().unwrap();
    let named: BTreeSet<&str> = faults.iter().map(|f| f["parameter"].as_str().unwrap()).collect();
    let expected =
        ["year", "county", "type", "level", "group", "method", "provisional", "yaer", "limit"];
    assert_eq!(named, BTreeSet::from(expected));
    let year = faults.iter().find(|fault| fault["parameter"] == "year").unwrap();
    assert_eq!(
        year["detail"],
        "'23' was given; a Dashboard year of four digits, such as 2023, is expected"
    );
}

#[test]
fn filters_give_what_the_command_line_gives() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let same: [(&str, &[&str]); 8] = [
        ("", &[]),
        ("year=2023", &["--year", "2023"]),
        ("county=02", &["--county", "02"]),
        ("type=charter", &["--type", "charter"]),
        ("status=differentiated", &["--status", "differentiated"]),
        ("group=SWD", &["--group", "SWD"]),
        ("priority=6", &["--priority", "6"]),
        ("method=M1&year=2023", &["--method", "M1", "--year", "2023"]),
    ];
    for (query, words) in same {
        let listed = program.json(["list"].iter().chain(words));
        let key =
            |item: &Value| (item["dashboardYear"].clone().to_string(), item["cds"].to_string());
        let expected: Vec<_> = listed.as_array().unwrap().iter().map(key).collect();
        let found = service.json(&format!("/v1/determinations?{query}"));
        let found: Vec<_> = found["items"].as_array().unwrap().iter().map(key).collect();
        assert_eq!(found, expected, "{query}");
        assert!(!found.is_empty(), "{query}");
    }
}

#[test]
fn every_route_is_documented_and_every_documented_path_is_a_route() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let document = document(&service);
    let documented: BTreeSet<String> = all_operations(&document)
        .iter()
        .map(|(path, method, _)| format!("{method} {path}"))
        .collect();
    let mut routes = BTreeSet::new();
    for path in sources("../api/src/routes") {
        let text = fs::read_to_string(path).unwrap();
        for method in ["get", "post", "patch", "put", "delete"] {
            let attribute = format!("#[{method}(\"");
            let macros = text.split(&attribute).skip(1);
            let paths = macros.map(|rest| rest.split('"').next().unwrap());
            routes.extend(paths.map(|path| format!("{method} {path}")));
        }
    }
    // The document does not speak of itself.
    let itself = ["get /openapi.json", "get /openapi-3.0.json"].map(str::to_owned);
    let expected: BTreeSet<String> = routes.difference(&BTreeSet::from(itself)).cloned().collect();
    assert_eq!(documented, expected);
}

#[test]
fn every_operation_has_what_generators_need() {
    let program = program(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let document = document(&service);
    let mut ids = BTreeSet::new();
    for (path, _, operation) in all_operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{id} twice");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{path}");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{path}");
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses {
            let description = response["description"].as_str();
            assert!(description.is_some_and(|text| !text.is_empty()), "{path} {status}");
        }
        assert!(responses.contains_key("4XX"), "{path}");
    }
}

#[test]
fn the_document_in_the_repository_is_the_one_that_is_served() {
    let program = program(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
    for (path, version) in [("openapi.json", "3.1"), ("openapi-3.0.json", "3.0")] {
        let kept = fs::read(folder.join(path)).unwrap();
        let served = service.get(&format!("/{path}")).body;
        let how = format!("write it anew: calsos openapi --version {version} > openapi/{path}");
        assert!(served == kept, "openapi/{path} is not what is served; {how}");
        assert_eq!(program.succeed(["openapi", "--version", version]).into_bytes(), kept);
    }
}

#[test]
fn exports_are_the_files_that_the_command_line_writes() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    for layout in ["answers", "published"] {
        for format in ["csv", "ndjson"] {
            let words = ["export", "--year", "2023", "--layout", layout, "--format", format];
            let query = format!("year=2023&layout={layout}&format={format}");
            let answer = service.get(&format!("/v1/exports/determinations?{query}"));
            assert_eq!(answer.header("transfer-encoding"), "chunked", "{query}");
            assert_eq!(String::from_utf8(answer.body).unwrap(), program.succeed(words), "{query}");
        }
        let out = program.folder().join("export.xlsx");
        let words = ["export", "--year", "2023", "--layout", layout, "--format", "xlsx", "--out"];
        let words = words.iter().map(|w| (*w).to_owned()).chain([out.display().to_string()]);
        program.succeed(words);
        let query = format!("year=2023&layout={layout}&format=xlsx");
        let answer = service.get(&format!("/v1/exports/determinations?{query}"));
        assert!(answer.body == fs::read(out).unwrap(), "{query}");
        assert!(answer.header("content-disposition").contains(".xlsx"));
    }
}

#[test]
fn bodies_are_compressed_for_who_takes_them_so() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    for encoding in ["gzip", "br"] {
        let answer = service.get_with("/v1/years", &[("accept-encoding", encoding)]);
        assert_eq!(answer.header("content-encoding"), encoding);
        assert!(answer.header("vary").to_lowercase().contains("accept-encoding"));
        let tag = answer.header("etag");
        let headers = [("accept-encoding", encoding), ("if-none-match", tag)];
        let again = service.get_with("/v1/years", &headers);
        assert_eq!((again.status, again.body.len()), (304, 0), "{encoding}");
        // A refusal is short, and read as it is.
        let refused = service.get_with("/v1/years/1999", &[("accept-encoding", encoding)]);
        assert_eq!(refused.header("content-encoding"), "", "{encoding}");
        assert_problem(&refused, 400, "invalid-parameter");
    }
}

#[test]
fn pages_of_named_origins_may_read_and_no_others() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &["--origin", "https://dashboard.example.org"]);
    let of = |origin| service.get_with("/v1/years", &[("origin", origin)]);
    let named = of("https://dashboard.example.org");
    assert_eq!(named.header("access-control-allow-origin"), "https://dashboard.example.org");
    assert!(named.header("access-control-expose-headers").contains("dataset-version"));
    assert_eq!(of("https://other.example.org").header("access-control-allow-origin"), "");
}

#[test]
fn a_request_keeps_the_id_that_its_caller_gave_it_if_it_can_stand_in_a_log() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let of = |id: &str| {
        service.get_with("/v1/years", &[("request-id", id)]).header("request-id").to_owned()
    };
    assert_eq!(of("county-27.1"), "county-27.1");
    assert_eq!(of(&"a".repeat(64)), "a".repeat(64));
    assert_ne!(of(&"a".repeat(65)), "a".repeat(65));
    assert_ne!(of("a b"), "a b");
}

#[test]
fn metrics_are_on_a_port_of_their_own() {
    let program = world(Backend::Sqlite);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let service = Service::start(&program, &["--metrics", &port.to_string()]);
    // The first is drawn up, the others are kept ready.
    let tag = service.get("/v1/years").header("etag").to_owned();
    let _ = service.get("/v1/years");
    let _ = service.get_with("/v1/years", &[("if-none-match", &tag)]);
    let _ = service.head("/v1/years");
    assert_problem(&service.get("/metrics"), 404, "no-such-resource");
    let text = ureq::get(format!("http://{port}/metrics")).call().unwrap();
    let text = text.into_body().read_to_string().unwrap();
    for (method, status, count) in [("GET", 200, 2), ("GET", 304, 1), ("HEAD", 200, 1)] {
        let labels = format!("method=\"{method}\",route=\"/v1/years\",status=\"{status}\"");
        let line = format!("calsos_http_requests_total{{{labels}}} {count}\n");
        assert!(text.contains(&line), "{line}{text}");
    }
    let numbers: BTreeMap<&str, f64> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, number)| Some((name, number.parse().ok()?)))
        .collect();
    assert!(numbers["calsos_snapshot_bytes"] > 1000.0, "{text}");
    assert!(numbers["calsos_snapshot_age_seconds"] >= 0.0, "{text}");
}

#[test]
fn the_service_ends_when_it_is_told_to() {
    let program = world(Backend::Sqlite);
    let mut service = Service::start(&program, &[]);
    assert_eq!(service.get("/readyz").status, 200);
    assert_eq!(service.end(), Some(0));
}
