//! Catalogues of services over HTTP and from the command line: loaded as a whole, changed one by
//! one, listed, and matched to what LEAs need help with.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::sync::Barrier;
use std::thread;

use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::Caller;
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, list_text};
use calsos_tests::service::{Answer, Service};
use serde_json::{Value, json};

const DISTRICT: &str = "01999990000000";
const NEIGHBOUR: &str = "02999990000000";

const OWN: &str = "/v1/service-catalogues/county:01";

const HEADER: &str = "code,division,service,levels,for,kind,indicators,groups,priorities,\
                      from_grade,to_grade,contact,link,open_to_all\n";

/// Three services of a county office.
const FIRST: &str = "ATT,Student Services,Attendance teams,1;2,LEAs;schools,coaching,CHRO,SWD,,,,a@x.org,,\n\
                     SUS,Student Services,Fair discipline,2,LEAs,training,SUSP,SWD,,,,b@x.org,,\n\
                     ANY,Instruction,Improvement network,1,LEAs,network,,,,,,c@x.org,,Y\n";

/// The same a year later: one is gone, one is another, one is new.
const SECOND: &str = "ATT,Student Services,Attendance teams,1;2,LEAs;schools,coaching,CHRO,SWD,,,,a@x.org,,\n\
                      SUS,Student Services,Fair discipline,1;2,LEAs,training,SUSP,SWD,,,,b@x.org,,\n\
                      LIT,Instruction,Early literacy,1,schools,training,ELA,,,TK,3,d@x.org,,\n";

const CSV: (&str, &str) = ("content-type", "text/csv; charset=utf-8");
const JSON: (&str, &str) = ("content-type", "application/json");
const ANY: (&str, &str) = ("if-match", "*");

fn started(program: &Program, issuer: &Issuer) -> Service {
    let settings = issuer.settings(program);
    Service::start(program, &["--config", settings.to_str().unwrap()])
}

fn program(on: Backend) -> Program {
    Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"))
}

fn keeper(issuer: &Issuer) -> Caller {
    Caller::new(issuer, "support", "county:01")
}

fn put(caller: &Caller, service: &Service, condition: &str, rows: &str) -> Answer {
    let headers = [CSV, ("if-match", condition)];
    caller.send(service, "PUT", OWN, &headers, format!("{HEADER}{rows}"))
}

/// What a catalogue's loading came to: added, changed, ended, unchanged.
fn counts(answer: &Answer) -> [u64; 4] {
    let body = answer.json();
    assert_eq!(answer.status, 200, "{body}");
    ["added", "changed", "ended", "unchanged"].map(|name| body[name].as_u64().unwrap())
}

/// The services of a list: code, version, state.
fn listed(service: &Service, query: &str) -> Vec<(String, u64, String)> {
    let answer = service.get(&format!("/v1/services{query}"));
    let body = answer.json();
    assert_eq!(answer.status, 200, "{body}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = body["items"].as_array().unwrap().iter();
    items
        .map(|one| (text(&one["code"]), one["version"].as_u64().unwrap(), text(&one["state"])))
        .collect()
}

fn codes(service: &Service, query: &str) -> Vec<String> {
    listed(service, query).into_iter().map(|(code, _, _)| code).collect()
}

fn id_of(service: &Service, code: &str) -> String {
    let body = service.get("/v1/services?withEnded=true&limit=5000").json();
    let items = body["items"].as_array().unwrap();
    let one = items.iter().find(|one| one["code"] == code).unwrap();
    one["id"].as_str().unwrap().to_owned()
}

fn code_of(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
}

fn a_catalogue_takes_the_place_of_the_one_before_all_of_it_or_nothing(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let (service, other) = (started(&program, &issuer), started(&program, &issuer));
    let own = keeper(&issuer);
    let empty = service.get(OWN);
    assert_eq!(empty.json()["services"], json!([]));
    let loaded = put(&own, &service, empty.header("etag"), FIRST);
    assert_eq!(counts(&loaded), [3, 0, 0, 0]);
    let tag = loaded.header("etag").to_owned();
    assert_eq!(service.get(OWN).header("etag"), tag);
    // Whichever service is asked knows it at once.
    assert_eq!(codes(&other, ""), ["ANY", "ATT", "SUS"]);

    // The same again changes nothing, whatever the order of its rows.
    let rows: Vec<&str> = FIRST.split_inclusive('\n').rev().collect();
    let again = put(&own, &service, &tag, &rows.concat());
    assert_eq!((counts(&again), again.header("etag")), ([0, 0, 0, 3], tag.as_str()));

    // Nothing of a catalogue with a fault is stored, and every fault is told.
    let faulty = format!("{SECOND}BAD,,,9,LEAs,training,ELPAC,,,,,e@x.org,,\n");
    let refused = put(&own, &service, &tag, &faulty);
    assert_eq!(code_of(&refused), (400, "body-not-valid".to_owned()));
    let errors = refused.json()["errors"].clone();
    let places: Vec<&str> =
        errors.as_array().unwrap().iter().map(|e| e["parameter"].as_str().unwrap()).collect();
    assert_eq!(
        places,
        ["row 5, column service", "row 5, column levels", "row 5, column indicators"]
    );
    assert_eq!(
        errors[2]["detail"],
        "'ELPAC' was given; one of ELA, MATH, SCIENCE, ELPI, GRAD, CHRO, SUSP and CCI is expected."
    );
    assert_eq!(service.get(OWN).header("etag"), tag);

    // What would change is told, and is not done.
    let path = format!("{OWN}?dryRun=true");
    let would = own.send(&service, "PUT", &path, &[CSV, ANY], format!("{HEADER}{SECOND}"));
    assert_eq!((counts(&would), would.json()["dryRun"].clone()), ([1, 1, 1, 1], json!(true)));
    assert_eq!(service.get(OWN).header("etag"), tag);

    // What is gone is ended, and stays to be read.
    assert_eq!(counts(&put(&own, &service, &tag, SECOND)), [1, 1, 1, 1]);
    let all = [("ANY", 2, "ended"), ("ATT", 1, "offered"), ("LIT", 1, "offered")]
        .into_iter()
        .chain([("SUS", 2, "offered")])
        .map(|(code, version, state)| (code.to_owned(), version, state.to_owned()));
    assert_eq!(listed(&other, "?withEnded=true"), all.collect::<Vec<_>>());
    assert_eq!(codes(&service, ""), ["ATT", "LIT", "SUS"]);
    let ended = service.get(&format!("/v1/services/{}", id_of(&service, "ANY")));
    assert_eq!((ended.status, ended.json()["state"].clone()), (200, json!("ended")));

    // Who has seen another catalogue is not heard.
    assert_eq!(code_of(&put(&own, &service, &tag, FIRST)), (412, "condition-failed".to_owned()));
    // One that comes back is the same service, offered again.
    let any = id_of(&service, "ANY");
    assert_eq!(counts(&put(&own, &service, "*", FIRST)), [0, 2, 1, 1]);
    assert_eq!(id_of(&service, "ANY"), any);

    // As a table it is sent back as it came.
    let table = service.get(&format!("{OWN}/table"));
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let back = own.send(&service, "PUT", OWN, &[CSV, ANY], table.body);
    assert_eq!(counts(&back), [0, 0, 0, 3]);
    drop((service, other));
    assert!(program.succeed(["check"]).contains("all as stored"));
}

fn of_two_who_load_what_they_saw_one_is_heard(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let service = started(&program, &issuer);
    let own = keeper(&issuer);
    assert_eq!(put(&own, &service, "*", FIRST).status, 200);
    let tag = service.get(OWN).header("etag").to_owned();
    let begin = Barrier::new(2);
    let mut statuses: Vec<u16> = thread::scope(|scope| {
        let load = |name: &'static str| {
            let (own, service, tag, begin) = (&own, &service, &tag, &begin);
            scope.spawn(move || {
                let rows = SECOND.replace("Early literacy", name);
                begin.wait();
                put(own, service, tag, &rows).status
            })
        };
        let both = [load("One text"), load("Another text")];
        both.map(|one| one.join().unwrap()).to_vec()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

fn one_service_is_added_changed_and_deleted_with_its_trace(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let service = started(&program, &issuer);
    let own = keeper(&issuer);
    let new = json!({
        "code": "ATT", "provider": "county:01", "name": "Attendance teams", "levels": [1, 2],
        "offeredTo": ["leas"], "kind": "coaching", "indicators": ["CHRO"], "contact": "a@x.org",
    });
    let post = |caller: &Caller, key: &str, body: &Value| {
        let headers = [JSON, ("idempotency-key", key)];
        caller.send(&service, "POST", "/v1/services", &headers, body.to_string())
    };
    // Nobody writes in the catalogue of others, but the state.
    for agency in ["county:02", "ccee", "lea:01999990000000", "geographicLead:county:01"] {
        let other = Caller::new(&issuer, "support", agency);
        assert_eq!(code_of(&post(&other, "x", &new)), (403, "out-of-reach".to_owned()), "{agency}");
    }
    let made = post(&own, "one", &new);
    assert_eq!(made.status, 201, "{}", made.json());
    let (id, first) = (made.json()["id"].as_str().unwrap().to_owned(), made.header("etag"));
    assert!(made.header("location").ends_with(&format!("/v1/services/{id}")));
    assert_eq!(first, "\"1\"");
    let again = post(&own, "one", &new);
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.json()["id"], id.as_str());
    let mut another = new.clone();
    another["name"] = json!("Another");
    assert_eq!(code_of(&post(&own, "one", &another)), (422, "key-used-otherwise".to_owned()));
    assert_eq!(code_of(&post(&own, "two", &another)), (409, "same-code".to_owned()));
    another["groups"] = json!(["SPED", "ALL"]);
    let refused = post(&own, "three", &another).json();
    let errors = refused["errors"].as_array().unwrap();
    assert!(errors.len() == 2 && errors.iter().all(|e| e["parameter"] == "groups"), "{refused}");
    // In a list, the service is told by its place.
    let list = json!({"services": [new, another]}).to_string();
    let refused = own.send(&service, "PUT", OWN, &[JSON, ANY], list).json();
    assert_eq!(refused["errors"][0]["parameter"], "services[1].groups", "{refused}");

    let path = format!("/v1/services/{id}");
    let patch = |condition: Option<&str>, body: &str| {
        let mut headers = vec![JSON];
        headers.extend(condition.map(|tag| ("if-match", tag)));
        own.send(&service, "PATCH", &path, &headers, body)
    };
    assert_eq!(code_of(&patch(None, "{}")), (428, "condition-needed".to_owned()));
    let changed = patch(Some("\"1\""), "{\"division\": \"Pupil Services\", \"groups\": [\"SWD\"]}");
    assert_eq!((changed.status, changed.header("etag")), (200, "\"2\""), "{}", changed.json());
    assert_eq!(changed.json()["groups"], json!(["SWD"]));
    // Nothing else of it is another, and what changes nothing is no version.
    assert_eq!(changed.json()["indicators"], json!(["CHRO"]));
    assert_eq!(patch(Some("\"2\""), "{\"groups\": [\"SWD\"]}").header("etag"), "\"2\"");
    assert_eq!(code_of(&patch(Some("\"1\""), "{\"levels\": [1]}")).0, 412);
    assert_eq!(code_of(&patch(Some("W/\"2\""), "{\"levels\": [1]}")).0, 412);
    let of_list = json!({"services": [["ATT", "county:01"]]}).to_string();
    let refused = own.send(&service, "PUT", OWN, &[JSON, ANY], of_list);
    assert_eq!(code_of(&refused), (400, "body-not-valid".to_owned()));
    for body in
        ["{\"code\": \"B\"}", "{\"levels\": []}", "{\"name\": null}", "[]", "{\"state\": \"x\"}"]
    {
        assert_eq!(
            code_of(&patch(Some("\"2\""), body)),
            (400, "body-not-valid".to_owned()),
            "{body}"
        );
    }
    let cleared = patch(Some("*"), "{\"division\": \"\", \"state\": \"ended\"}").json();
    assert_eq!((&cleared["division"], &cleared["state"]), (&Value::Null, &json!("ended")));
    let read = service.get_with(&path, &[("if-none-match", "\"3\"")]);
    assert_eq!((read.status, read.body.len()), (304, 0));

    let delete = |query: &str, tag: &str| {
        own.send(&service, "DELETE", &format!("{path}{query}"), &[("if-match", tag)], "")
    };
    assert_eq!(delete("", "\"3\"").status, 400);
    assert_eq!(delete("?reason=twice", "\"2\"").status, 412);
    assert_eq!(delete("?reason=twice", "\"3\"").status, 200);
    let gone = service.get(&path);
    assert_eq!(code_of(&gone), (410, "service-deleted".to_owned()));
    assert!(gone.json()["detail"].as_str().unwrap().ends_with(": twice"), "{}", gone.json());
    assert_eq!(patch(Some("*"), "{}").status, 410);
    assert_eq!(delete("?reason=twice", "*").status, 410);
    assert!(codes(&service, "?withEnded=true").is_empty());
    // Its code is free again.
    let anew = post(&own, "four", &new);
    assert_eq!(anew.status, 201);
    assert_ne!(anew.json()["id"], id.as_str());
    assert_eq!(service.get("/v1/services/0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59").status, 404);

    // Each write is in the audit, and none that was refused as done.
    let admin = Caller::new(&issuer, "admin", "county:01");
    let audit = admin.get(&service, "/v1/audit?outcome=done&limit=100").json();
    let items = audit["items"].as_array().unwrap();
    let operations: Vec<&str> =
        items.iter().rev().map(|entry| entry["operation"].as_str().unwrap()).collect();
    let expected =
        ["createService", "updateService", "updateService", "deleteService", "createService"];
    assert_eq!(operations, expected, "{audit}");
}

on_both![
    a_catalogue_takes_the_place_of_the_one_before_all_of_it_or_nothing,
    of_two_who_load_what_they_saw_one_is_heard,
    one_service_is_added_changed_and_deleted_with_its_trace,
    services_are_found_by_what_they_answer_page_after_page,
    services_are_recommended_for_what_made_an_lea_eligible_and_then_for_what_is_low,
];

/// A catalogue of another provider, loaded from the command line.
fn load(program: &Program, provider: &str, rows: &str) -> String {
    let file = program.write("services.csv", format!("{HEADER}{rows}"));
    let words = ["services", "import", "--provider", provider];
    program.succeed(words.into_iter().chain([file.to_str().unwrap()]))
}

fn services_are_found_by_what_they_answer_page_after_page(on: Backend) {
    let (program, issuer) = (program(on), Issuer::new());
    let said = load(&program, "county:01", FIRST);
    assert!(said.contains("Catalogue of county:01: 3 added, 0 changed, 0 ended, 0 as"), "{said}");
    load(&program, "ccee", "DTA,,Direct assistance,3,LEAs,consultation,,,4;5,9,12,x@x.org,,\n");
    let service = started(&program, &issuer);
    let found = |query: &str| codes(&service, query).join(" ");
    assert_eq!(found(""), "DTA ANY ATT SUS");
    assert_eq!(found("?provider=ccee"), "DTA");
    assert_eq!(found("?county=01"), "ANY ATT SUS");
    assert_eq!(found("?county=02"), "");
    assert_eq!(found("?level=1"), "ANY ATT");
    assert_eq!(found("?level=3"), "DTA");
    // What names nothing answers anything.
    assert_eq!(found("?indicator=CHRO"), "DTA ANY ATT");
    assert_eq!(found("?group=SWD&indicator=SUSP"), "DTA ANY SUS");
    assert_eq!(found("?priority=6"), "ANY ATT SUS");
    assert_eq!(found("?kind=training"), "SUS");
    for query in ["?kind=no%20%26", "?indicator=chro", "?provider=nobody", "?level=4", "?state=x"] {
        assert_eq!(service.get(&format!("/v1/services{query}")).status, 400, "{query}");
    }
    // One a page, page after page, is the same as all at once.
    let mut pages = Vec::new();
    let mut query = "?limit=1&total=true".to_owned();
    loop {
        let page = service.get(&format!("/v1/services{query}")).json();
        assert_eq!(page["page"]["total"], 4);
        pages.extend(page["items"].as_array().unwrap().iter().map(|i| i["code"].clone()));
        let Some(next) = page["page"]["next"].as_str() else { break };
        query = format!("?limit=1&total=true&cursor={next}");
    }
    assert_eq!(pages, ["DTA", "ANY", "ATT", "SUS"]);
}

/// Two years of two districts in two counties, in both of which students with disabilities are
/// absent and suspended, and foster youth suspended; the second year is not public.
fn decided(on: Backend) -> Program {
    let program = program(on);
    let leas = [DISTRICT, NEIGHBOUR];
    let red = |rows: &[(&'static str, &'static str, u8)]| -> Vec<_> {
        let of = |cds: &'static str| rows.iter().map(move |(i, group, c)| (*i, (cds, *group, *c)));
        leas.into_iter().flat_map(of).collect()
    };
    for year in [2018, 2019, 2022] {
        let rows = leas.map(|cds| (cds, "General Assistance", [].as_slice()));
        let list = list_text("LCFF Eligibility File", year, &rows);
        program.import([program.write(&format!("assistancestatus{}.csv", year % 100), list)]);
    }
    let leads =
        "county,lead_agency,from,until,source\n01,Lead One,,,letter\n02,Lead Two,,,letter\n";
    program.import([program.write("leads.csv", leads)]);
    let first = [("CHRO", "SWD", 1), ("SUSP", "SWD", 1), ("SUSP", "FOS", 1), ("ELA", "EL", 2)];
    program.import(program.write_year(2023, &leas, &red(&first), &[]));
    program.succeed(["determine"]);
    let second = [("CHRO", "HOM", 1), ("GRAD", "FOS", 2)];
    let files = program.write_year(2024, &leas, &red(&second), &[]);
    let paths = files.iter().map(|file| file.to_str().unwrap());
    program.succeed(["import", "--public-at", "2090-01-01"].into_iter().chain(paths));
    program.succeed(["determine"]);
    program
}

/// What is recommended: code, how near, how many needs; and the needs that made it eligible.
fn recommended(answer: &Answer) -> (Vec<(String, String, u64)>, Vec<String>) {
    let body = answer.json();
    assert_eq!(answer.status, 200, "{body}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = body["items"].as_array().unwrap().iter();
    let items = items.map(|one| {
        let count = one["matchCount"].as_u64().unwrap();
        (text(&one["service"]["code"]), text(&one["nearness"]), count)
    });
    let needs = body["needs"].as_array().unwrap().iter();
    let needs = needs.filter(|need| need["madeEligible"] == true).map(|need| {
        let (group, indicator) = (text(&need["group"]), text(&need["indicator"]));
        format!("{} {group} {indicator}", need["dashboardYear"])
    });
    (items.collect(), needs.collect())
}

fn services_are_recommended_for_what_made_an_lea_eligible_and_then_for_what_is_low(on: Backend) {
    let (program, issuer) = (decided(on), Issuer::new());
    load(&program, "county:01", FIRST);
    let elsewhere = "TALK,,Talks,1,LEAs,training,CHRO,SWD,,,,z@x.org,,\n\
                     OPEN,,Open days,1,LEAs,network,CHRO,,,,,z@x.org,,Y\n";
    load(&program, "county:02", elsewhere);
    load(
        &program,
        "ccee",
        "FOS,,Foster youth,1,LEAs,network,SUSP,FOS,,,,x@x.org,,\n\
                            HIGH,,Direct assistance,3,LEAs,consultation,,,,,,x@x.org,,\n",
    );
    load(&program, "geographicLead:Lead One", "LEAD,,Climate,2,LEAs,training,,,6,,,l@x.org,,\n");
    load(&program, "geographicLead:Lead Two", "OTHER,,Climate,2,LEAs,training,,,6,,,l@x.org,,\n");
    let service = started(&program, &issuer);
    let path = format!("/v1/leas/{DISTRICT}/recommended-services");
    let answer = service.get(&path);
    let (items, needs) = recommended(&answer);
    let expected = [
        ("ATT", "ownCounty", 1),
        ("SUS", "ownCounty", 1),
        ("OPEN", "elsewhere", 1),
        ("LEAD", "ownLead", 2),
        ("ANY", "ownCounty", 4),
        ("FOS", "statewide", 1),
    ];
    let expected = expected.map(|(code, near, count)| (code.to_owned(), near.to_owned(), count));
    assert_eq!(items, expected, "{}", answer.json());
    assert_eq!(needs, ["2023 SWD CHRO", "2023 SWD SUSP"]);
    let body = answer.json();
    assert_eq!((&body["dashboardYear"], &body["eligibleLevel"]), (&json!(2023), &json!(2)));
    let first = &body["items"][1]["matches"][0];
    let said = first["reason"].as_str().unwrap();
    assert!(
        said.starts_with(
            "2023 Dashboard: Students with Disabilities, suspension rate (state priority 6): Red"
        ) && said.contains("made the LEA eligible")
            && said.ends_with("answers the indicator SUSP and the student group SWD."),
        "{said}"
    );
    let fields = ["group", "indicator", "priority", "rating", "madeEligible", "dashboardYear"];
    let expected = json!(["SWD", "SUSP", 6, "Red", true, 2023]);
    assert_eq!(Value::from(fields.map(|name| first[name].clone()).to_vec()), expected);
    // The same again, to the byte.
    assert_eq!(service.get(&path).body, answer.body);

    // One a page, until the services are others.
    let page = service.get(&format!("{path}?limit=2&total=true")).json();
    assert_eq!(page["page"]["total"], 6);
    let next = page["page"]["next"].as_str().unwrap().to_owned();
    let second = service.get(&format!("{path}?limit=2&cursor={next}"));
    assert_eq!(recommended(&second).0, items[2..4]);
    let own = keeper(&issuer);
    assert_eq!(put(&own, &service, "*", SECOND).status, 200);
    let late = service.get(&format!("{path}?limit=2&cursor={next}"));
    assert_eq!(code_of(&late), (410, "cursor-expired".to_owned()));
    assert_eq!(put(&own, &service, "*", FIRST).status, 200);
    let answer = service.get(&path);

    // Who may see the year that is not public sees what it brings: the second year of support,
    // and the results of the first, which made the LEA eligible.
    let preview = Caller::new(&issuer, "preview", "county:01");
    let early = preview.get(&service, &path);
    let (items, needs) = recommended(&early);
    assert_eq!(early.json()["dashboardYear"], 2024);
    assert_eq!(needs, ["2023 SWD CHRO", "2023 SWD SUSP"]);
    assert_eq!(items[0].0, "ATT");
    assert!(early.json()["needs"].to_string().contains("HOM"));
    let same = preview.get(&service, &format!("{path}?year=2023"));
    assert_eq!(recommended(&same), recommended(&answer));
    // Others are told nothing of it, of this LEA as of another.
    let stranger = Caller::new(&issuer, "preview", "county:02");
    assert_eq!(stranger.get(&service, &path).body, answer.body);
    assert_eq!(stranger.get(&service, &format!("{path}?year=2024")).status, 404);
    assert_eq!(service.get("/v1/leas/03999990000000/recommended-services").status, 404);

    // The neighbour is offered what its own office and its own lead agency have.
    let path = format!("/v1/leas/{NEIGHBOUR}/recommended-services");
    let codes: Vec<String> =
        recommended(&service.get(&path)).0.into_iter().map(|(code, _, _)| code).collect();
    assert_eq!(codes, ["TALK", "OPEN", "OTHER", "ANY", "FOS"]);
}

#[test]
fn the_command_line_loads_lists_and_refuses_catalogues() {
    let program = program(Backend::Sqlite);
    let template = program.succeed(["template", "services"]);
    let file = program.write("catalogue.csv", &template);
    let refused = program.run(["services", "import", file.to_str().unwrap()]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.out.contains("row 2: This is the example row"), "{refused:?}");
    let file = program.write("catalogue.csv", template.replace("example: ", ""));
    let would = program.succeed(["services", "import", "--dry-run", file.to_str().unwrap()]);
    assert!(would.contains("Catalogue of county:58: would be 1 added"), "{would}");
    let said = program.succeed(["services", "import", file.to_str().unwrap()]);
    assert!(said.contains("Catalogue of county:58: 1 added"), "{said}");
    let said = program.succeed(["services", "import", file.to_str().unwrap()]);
    assert!(said.contains("0 added, 0 changed, 0 ended, 1 as they were"), "{said}");
    let list = program.json(["services", "list", "--provider", "county:58"]);
    assert_eq!((&list[0]["code"], &list[0]["groups"]), (&json!("ATT-1"), &json!("FOS SWD")));
    let release = program.run(["import", file.to_str().unwrap()]);
    assert!(release.out.contains("calsos services import"), "{release:?}");
    assert_eq!(program.run(["services", "import", "none.csv"]).code, 1);
    let other = ["services", "import", "--provider", "county:57", file.to_str().unwrap()];
    let refused = program.run(other);
    assert!(refused.out.contains("'county:58' was given; county:57, whose"), "{refused:?}");
}
