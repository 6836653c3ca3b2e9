//! Written communications over HTTP and from the command line: documents to print, the facts
//! that they are made of, and the templates by which counties write them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::fs;

use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::{Caller, serve};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, list_text};
use calsos_tests::service::{Answer, Service};
use serde_json::Value;

const DISTRICT: &str = "01999990000000";
const OFFICE: &str = "01199990000000";
const CHARTER: &str = "01999999999999";
const SOUND: &str = "01888880000000";
const NEIGHBOUR: &str = "02999990000000";

/// What the district is called: what a browser or the engine would take for its own.
const NAME: &str = "Odd <script>alert(1)</script> & {{ name }} {% if %} \"Unified\"";

const KINDS: [&str; 3] = ["noticeOfIdentification", "onePageSummary", "strengthsAndWeaknesses"];

/// Two years of five LEAs, of which the second is not public: the district and its neighbour
/// are identified by a group, the office by local indicators, the charter school by both years.
fn world(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let leas = [DISTRICT, OFFICE, CHARTER, SOUND, NEIGHBOUR];
    let red = |leas: &[&'static str]| -> Vec<_> {
        let of = |cds: &&'static str| {
            ["ELA", "MATH", "SUSP", "CHRO"].map(|indicator| (indicator, (*cds, "SWD", 1)))
        };
        leas.iter().flat_map(of).collect()
    };
    let failed = "Not Met For Two or More Years";
    let locals = [(3, OFFICE, failed), (6, OFFICE, failed)];
    for year in [2018, 2019, 2022] {
        let rows = leas.map(|cds| (cds, "General Assistance", [].as_slice()));
        let list = list_text("LCFF Eligibility File", year, &rows);
        program.import([program.write(&format!("assistancestatus{}.csv", year % 100), list)]);
    }
    let mut rated = red(&[DISTRICT, CHARTER, NEIGHBOUR]);
    rated.push(("GRAD", (SOUND, "SWD", 1)));
    program.import(named(&program, program.write_year(2023, &leas, &rated, &locals)));
    program.succeed(["determine"]);
    let files = named(&program, program.write_year(2024, &leas, &rated, &locals));
    let paths = files.iter().map(|file| file.to_str().unwrap());
    program.succeed(["import", "--public-at", "2090-01-01"].into_iter().chain(paths));
    program.succeed(["determine"]);
    program
}

/// Puts the district's name into files.
fn named(program: &Program, files: Vec<std::path::PathBuf>) -> Vec<std::path::PathBuf> {
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        program.write(
            file.file_name().unwrap().to_str().unwrap(),
            text.replace("District 0199999", NAME),
        );
    }
    files
}

fn path(cds: &str, kind: &str, year: u16) -> String {
    format!("/v1/leas/{cds}/communications/{kind}?year={year}")
}

const AS_JSON: [(&str, &str); 1] = [("accept", "application/json")];

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

fn html(service: &Service, path: &str) -> String {
    let answer = service.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", text(&answer));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    text(&answer)
}

fn facts(service: &Service, path: &str) -> Value {
    let answer = service.get_with(path, &AS_JSON);
    assert_eq!(answer.status, 200, "{path}: {}", text(&answer));
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

fn code_of(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
}

/// What the words of a document are, without its tags.
fn words(html: &str) -> String {
    let main = html.split_once("<main>").unwrap().1;
    let mut words = String::new();
    let mut in_tag = false;
    for letter in main.chars() {
        match letter {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ if !in_tag => words.push(letter),
            _ => {}
        }
    }
    for (from, to) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/")]
    {
        words = words.replace(from, to);
    }
    words.replace("&amp;", "&")
}

on_both![
    a_document_says_what_its_facts_say,
    a_county_writes_by_its_own_template_until_it_takes_it_away,
    of_two_who_write_a_template_that_they_saw_one_is_heard,
];

fn a_document_says_what_its_facts_say(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    for kind in KINDS {
        for cds in [DISTRICT, OFFICE, NEIGHBOUR] {
            let (html, facts) =
                (html(&service, &path(cds, kind, 2023)), facts(&service, &path(cds, kind, 2023)));
            let words = words(&html);
            for name in ["name", "cds", "leaTypeName", "countyName"] {
                let fact = facts[name].as_str().unwrap();
                assert!(words.contains(fact), "{kind} {cds}: {name} {fact}: {words}");
            }
            assert_eq!((&facts["kind"], &facts["isPublic"]), (&kind.into(), &true.into()));
            let mut shown = 0;
            each_result(&facts, &mut |result| {
                for name in ["rating", "status", "change"] {
                    // The notice has ratings alone.
                    if let Some(fact) = result[name].as_str()
                        && (name == "rating" || kind != "noticeOfIdentification")
                    {
                        assert!(words.contains(fact), "{kind} {cds}: {fact}: {words}");
                        shown += 1;
                    }
                }
            });
            assert!(shown > 0 || cds == OFFICE, "{kind} {cds}");
            assert_eq!(html.matches("<h1>").count(), 1, "{kind} {cds}");
            assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
        }
    }
    // The office is identified by what it said of itself, and by no group.
    let office = facts(&service, &path(OFFICE, "onePageSummary", 2023));
    let locals: Vec<&Value> = office["reasons"][0]["localIndicators"]
        .as_array()
        .unwrap()
        .iter()
        .map(|local| &local["priority"])
        .collect();
    assert_eq!(locals, [3, 6]);
    assert_eq!(office["reasons"][0]["groups"].as_array().unwrap().len(), 0);
    assert!(html(&service, &path(OFFICE, "onePageSummary", 2023)).contains(
        "Local indicator of state priority 6 (School Climate), 2023: Not Met For Two or More Years."
    ));
    let district = facts(&service, &path(DISTRICT, "onePageSummary", 2023));
    let reason = &district["reasons"][0];
    assert_eq!(reason["groups"][0]["priorities"], serde_json::json!([4, 5, 6]));
    assert_eq!(reason["groups"][0]["code"], "A");
    assert_eq!(district["identifiedYears"], serde_json::json!([2023]));
    assert_eq!((&district["supportYear"], &district["openedBy"]), (&1.into(), &2023.into()));
    assert_eq!(district["atLeastUntil"], "2025-06-30");
    assert_eq!(district["provider"]["name"], "County superintendent of schools");
    let columns = reason["columns"].as_array().unwrap().len();
    assert_eq!((columns, reason["groups"][0]["cells"].as_array().unwrap().len()), (4, 4));

    // What a browser has is not sent again; what another template writes is.
    let first = service.get(&path(DISTRICT, "onePageSummary", 2023));
    let tag = [("if-none-match", first.header("etag"))];
    assert_eq!(service.get_with(&path(DISTRICT, "onePageSummary", 2023), &tag).status, 304);
    let both = [tag[0], AS_JSON[0]];
    assert_eq!(service.get_with(&path(DISTRICT, "onePageSummary", 2023), &both).status, 200);

    // All of a county are in one document, in the order of their codes.
    for kind in KINDS {
        let path = format!("/v1/communications/{kind}?year=2023&county=01");
        let (html, facts) = (html(&service, &path), facts(&service, &path));
        let items = facts["items"].as_array().unwrap();
        let codes: Vec<&str> = items.iter().map(|one| one["cds"].as_str().unwrap()).collect();
        assert_eq!(codes, [OFFICE, DISTRICT], "{kind}");
        assert_eq!(html.matches("<article").count(), 2);
        assert!(html.find(OFFICE).unwrap() < html.find(DISTRICT).unwrap());
        assert_eq!(items[1], self::facts(&service, &self::path(DISTRICT, kind, 2023)));
    }
    let nobody = "/v1/communications/onePageSummary?year=2023&county=03";
    assert!(html(&service, nobody).contains("There is no LEA to write to."));

    // Who is not identified gets no notice, but a draft of its strengths and weaknesses.
    for kind in &KINDS[..2] {
        let answer = service.get(&path(SOUND, kind, 2023));
        assert_eq!(code_of(&answer), (404, "not-identified".to_owned()));
    }
    let draft = facts(&service, &path(SOUND, KINDS[2], 2023));
    let mut parts = draft["findings"].as_array().unwrap().iter();
    let engagement = parts.find(|part| part["priority"] == 5).unwrap();
    let weak = engagement["weaknesses"].as_array().unwrap().iter();
    let weak: Vec<&Value> = weak.filter(|of| of["group"] == "SWD").collect();
    assert_eq!(weak.len(), 1, "{draft}");
    assert!(draft["findings"].to_string().contains("\"group\":\"ALL\""));
    for (wrong, status) in [
        ("/v1/leas/01999990000000/communications/letter?year=2023", 400),
        ("/v1/leas/01999990000000/communications/onePageSummary", 400),
        ("/v1/leas/01999990000000/communications/onePageSummary?year=2017", 404),
        ("/v1/leas/01777770000000/communications/onePageSummary?year=2023", 404),
        ("/v1/communications/onePageSummary?year=2023", 400),
        ("/v1/communications/onePageSummary?year=2023&county=1", 400),
        ("/v1/communications/onePageSummary?year=2023&county=59", 400),
        ("/v1/communications/onePageSummary?year=2024&county=01", 404),
    ] {
        assert_eq!(service.get(wrong).status, status, "{wrong}");
    }
}

/// What the law does not ask for is as much worth saying as what it does.
#[test]
fn an_lea_is_told_what_it_chooses_what_is_not_required_and_by_whom() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    for cds in [DISTRICT, OFFICE, NEIGHBOUR] {
        let summary = words(&html(&service, &path(cds, "onePageSummary", 2023)));
        for said in [
            "No separate improvement plan: changes go through the LCAP.",
            "No letters to parents.",
            "Whether to change programs or take other help, including that of other providers",
            "Whether to take up needs and groups beyond those above.",
        ] {
            assert!(summary.contains(said), "{cds}: {said}: {summary}");
        }
        let notice = words(&html(&service, &path(cds, "noticeOfIdentification", 2023)));
        let (letter, signatures) = notice.split_once("Signed jointly").unwrap();
        assert!(letter.contains("No separate improvement plan and no letters to parents"));
        assert!(letter.contains("Your provider will get in touch with you."), "{letter}");
        for signs in [
            "California Department of Education",
            "State Board of Education",
            "California Collaborative for Educational Excellence",
            "The county superintendents’ association",
        ] {
            assert!(letter.contains(signs) && signatures.contains(signs), "{cds}: {signs}");
        }
        let draft = words(&html(&service, &path(cds, "strengthsAndWeaknesses", 2023)));
        assert!(draft.contains("Each statement names the cell that it rests on"), "{draft}");
    }
}

/// Hands every result in facts to a reader.
fn each_result<'v>(value: &'v Value, read: &mut impl FnMut(&'v Value)) {
    match value {
        Value::Object(parts) => {
            if parts.get("madeEligible") == Some(&true.into()) {
                read(value);
            }
            parts.values().for_each(|part| each_result(part, read));
        }
        Value::Array(parts) => parts.iter().for_each(|part| each_result(part, read)),
        _ => {}
    }
}

#[test]
fn names_are_escaped_and_nothing_is_run_or_fetched() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    for kind in KINDS {
        let answer = service.get(&path(DISTRICT, kind, 2023));
        let html = text(&answer);
        assert!(words(&html).contains(NAME), "{kind}: {html}");
        for tag in ["<script", "onerror", "<link", "<img", "src=", "url(", "@import"] {
            assert!(!html.contains(tag), "{kind}: {tag}");
        }
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'unsafe-inline'"), "{policy}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        let within = policy.trim_end_matches("; frame-ancestors 'none'");
        assert!(html.contains(&format!("content=\"{within}\"")), "{html}");
    }
    // What is no document is shown as nothing.
    let refused = service.get(&path(SOUND, "onePageSummary", 2023));
    assert_eq!(
        refused.header("content-security-policy"),
        "default-src 'none'; frame-ancestors 'none'"
    );
}

#[test]
fn what_is_not_public_is_written_for_who_may_preview_it_and_says_so() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let county = "/v1/communications/noticeOfIdentification?year=2024&county=01";
    let own = Caller::new(&issuer, "read preview", "county:01");
    for kind in KINDS {
        let of = path(DISTRICT, kind, 2024);
        assert_eq!(service.get(&of).status, 404);
        for (scopes, agency) in
            [("read", "county:01"), ("read preview", "county:02"), ("read preview", "ccee")]
        {
            let caller = Caller::new(&issuer, scopes, agency);
            assert_eq!(caller.get(&service, &of).status, 404, "{scopes} {agency}");
            let answer = caller.get(&service, county);
            match agency {
                // It sees LEAs of its own in the year, and none of the other county.
                "county:02" => assert!(text(&answer).contains("There is no LEA to write to.")),
                _ => assert_eq!(answer.status, 404, "{scopes} {agency}"),
            }
        }
        for agency in ["county:01", "state", "lea:01999990000000"] {
            let caller = Caller::new(&issuer, "read preview", agency);
            let answer = caller.get(&service, &of);
            assert_eq!(answer.status, 200, "{agency}");
            let said = if kind == KINDS[0] { "Under embargo" } else { "Preview, not public" };
            assert!(text(&answer).contains(said), "{kind}: {}", text(&answer));
            assert!(answer.header("cache-control").contains("private"));
        }
        let answer = own.send(&service, "GET", &of, &AS_JSON, "");
        assert_eq!(answer.json()["isPublic"], false);
        // What is public says nothing of it.
        assert!(!html(&service, &path(DISTRICT, kind, 2023)).contains("2024"));
    }
    // A charter school is identified by two years.
    let charter = own.send(&service, "GET", &path(CHARTER, KINDS[1], 2024), &AS_JSON, "").json();
    let years: Vec<&Value> =
        charter["reasons"].as_array().unwrap().iter().map(|r| &r["dashboardYear"]).collect();
    assert_eq!(years, [2023, 2024]);
    assert_eq!(own.get(&service, county).status, 200);
    let far = "/v1/communications/noticeOfIdentification?year=2024&county=02";
    assert!(text(&own.get(&service, far)).contains("There is no LEA to write to."));

    program.succeed(["publish", "--year", "2024", "--at", "now"]);
    service.wait_until("the year is public", |service| service.get(county).status == 200);
    assert!(!html(&service, county).contains("embargo"));
}

const HTML: (&str, &str) = ("content-type", "text/html; charset=utf-8");

fn put(caller: &Caller, service: &Service, of: &str, condition: &str, template: &str) -> Answer {
    let path = format!("/v1/communication-templates/{of}");
    caller.send(service, "PUT", &path, &[HTML, ("if-match", condition)], template)
}

fn a_county_writes_by_its_own_template_until_it_takes_it_away(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let (service, other) = (serve(&program, &issuer, &[]), serve(&program, &issuer, &[]));
    let own = Caller::new(&issuer, "support", "county:01");
    let address = "/v1/communication-templates/01/onePageSummary";
    let built_in = service.get(address);
    assert_eq!((built_in.status, built_in.header("etag")), (200, "\"built-in\""));
    assert!(text(&built_in).contains("{{ name }}"));

    let template = "<h1>Of the office: {{ name|upper }}</h1>\n<p>{{ dashboardYear }}</p>";
    let stored = put(&own, &service, "01/onePageSummary", built_in.header("etag"), template);
    assert_eq!(stored.status, 200, "{}", text(&stored));
    assert_eq!(stored.json()["bytes"], template.len());
    let tag = stored.header("etag").to_owned();
    // Whichever service is asked writes by it at once, and only this kind of this county.
    let written = html(&other, &path(DISTRICT, KINDS[1], 2023));
    assert!(written.contains("<h1>Of the office: ODD &lt;SCRIPT&gt;"), "{written}");
    assert!(!html(&other, &path(DISTRICT, KINDS[0], 2023)).contains("Of the office"));
    assert!(!html(&other, &path(NEIGHBOUR, KINDS[1], 2023)).contains("Of the office"));
    let all = html(&service, "/v1/communications/onePageSummary?year=2023&county=01");
    assert_eq!(all.matches("Of the office").count(), 2);
    assert_eq!(
        (text(&other.get(address)), other.get(address).header("etag")),
        (template.to_owned(), tag.as_str())
    );

    // The same again changes nothing; what comes from who saw another one neither.
    let again = put(&own, &service, "01/onePageSummary", &tag, template);
    assert_eq!((again.status, again.header("etag")), (200, tag.as_str()));
    let stale = put(&own, &service, "01/onePageSummary", "\"built-in\"", "<h1>Other</h1>");
    assert_eq!(code_of(&stale), (412, "condition-failed".to_owned()));
    let path_of = "/v1/communication-templates/01/onePageSummary";
    let without = own.send(&service, "PUT", path_of, &[HTML], "<h1>Other</h1>");
    assert_eq!(code_of(&without), (428, "condition-needed".to_owned()));
    let media = [("content-type", "text/plain"), ("if-match", "*")];
    assert_eq!(own.send(&service, "PUT", path_of, &media, "x").status, 415);

    // Nobody else writes it, but the state.
    for agency in ["county:02", "ccee", "lea:01999990000000", "geographicLead:01"] {
        let stranger = Caller::new(&issuer, "support", agency);
        let refused = put(&stranger, &service, "01/onePageSummary", "*", template);
        assert_eq!(code_of(&refused), (403, "out-of-reach".to_owned()), "{agency}");
    }
    let state = Caller::new(&issuer, "support", "state");
    assert_eq!(put(&state, &service, "02/onePageSummary", "*", template).status, 200);

    let delete = |condition: &str, query: &str| {
        own.send(&service, "DELETE", &format!("{path_of}{query}"), &[("if-match", condition)], "")
    };
    assert_eq!(delete(&tag, "").status, 400);
    assert_eq!(code_of(&delete("\"built-in\"", "?reason=old")).0, 412);
    assert_eq!(delete(&tag, "?reason=old").status, 204);
    assert_eq!(code_of(&delete("*", "?reason=old")), (404, "unknown-template".to_owned()));
    assert_eq!(other.get(path_of).header("etag"), "\"built-in\"");
    assert!(!html(&service, &path(DISTRICT, KINDS[1], 2023)).contains("Of the office"));
    // A template that is written anew is another one than that which was taken away.
    let anew = put(&own, &service, "01/onePageSummary", "\"built-in\"", template);
    assert_ne!(anew.header("etag"), tag);
    assert_eq!(put(&own, &service, "01/onePageSummary", &tag, "<p>x</p>").status, 412);
    drop((service, other));
    assert!(program.succeed(["check"]).contains("all as stored"));
}

fn of_two_who_write_a_template_that_they_saw_one_is_heard(on: Backend) {
    let (program, issuer) =
        (Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test")), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let own = Caller::new(&issuer, "support", "county:01");
    let begin = std::sync::Barrier::new(2);
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let write = |text: &'static str| {
            let (own, service, begin) = (&own, &service, &begin);
            scope.spawn(move || {
                begin.wait();
                put(own, service, "01/onePageSummary", "\"built-in\"", text).status
            })
        };
        let both = [write("<h1>One</h1>"), write("<h1>Another</h1>")];
        both.map(|one| one.join().unwrap()).to_vec()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
}

#[test]
fn a_template_that_writes_no_letter_is_refused_with_its_line_and_stored_by_nobody() {
    let (program, issuer) = (Program::new(env!("CARGO_BIN_EXE_calsos-under-test")), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let own = Caller::new(&issuer, "support", "county:01");
    let most = 64 * 1024;
    let years = "{% for year in identifiedYears %}".repeat(30);
    let endless = format!("{years}{}", "{% endfor %}".repeat(30));
    for (template, said) in [
        ("<h1>\n{{ nmae }}", "line 2: it names a fact that is not there"),
        ("<h1>\n\n{% if name %}", "line 3: "),
        ("{{ name", "line 1: "),
        (endless.as_str(), "more than 100000 steps"),
        ("{% set x = 1 %}", "'set' is no statement of templates"),
        ("{% include '/etc/passwd' %}", "'include' is no statement of templates"),
        ("{{ name ~ name }}", "'~' is not in the language of templates"),
        ("a\0b", "NUL"),
    ] {
        let refused = put(&own, &service, "01/onePageSummary", "*", template);
        assert_eq!(code_of(&refused), (400, "template-not-valid".to_owned()), "{template}");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(said) && detail.contains("nothing was stored"), "{detail}");
    }
    let body = own.send(
        &service,
        "PUT",
        "/v1/communication-templates/01/onePageSummary",
        &[HTML, ("if-match", "*")],
        vec![b'a', 0xff],
    );
    assert_eq!(code_of(&body), (400, "template-not-valid".to_owned()));
    let address = "/v1/communication-templates/01/onePageSummary";
    assert_eq!(service.get(address).header("etag"), "\"built-in\"");
    let longest = "x".repeat(most);
    assert_eq!(put(&own, &service, "01/onePageSummary", "*", &longest).status, 200);
    let refused = put(&own, &service, "01/onePageSummary", "*", &format!("{longest}x"));
    assert!(text(&refused).contains("at most 65536 are taken"), "{}", text(&refused));
    assert_eq!(text(&service.get(address)), longest);
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn a_spring_summary_says_what_the_engagement_says_to_who_may_see_that() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let of = path(DISTRICT, "springSummary", 2023);
    let county = "/v1/communications/springSummary?year=2023&county=01";
    let own = Caller::new(&issuer, "support", "county:01");
    assert_eq!(code_of(&own.get(&service, &of)), (404, "unknown-engagement".to_owned()));
    assert!(text(&own.get(&service, county)).contains("There is no LEA to write to."));
    let opening = serde_json::json!({"cds": DISTRICT, "on": "2024-01-15"}).to_string();
    let opened = own.send(&service, "POST", "/v1/engagements", &[JSON], opening);
    assert_eq!(opened.status, 201, "{}", text(&opened));
    let edit = serde_json::json!({
        "needs": [{"group": "SWD", "indicator": "CHRO", "words": "absence <b>of</b> many"}],
        "activities": {"lcapReview": {"state": "done", "from": "2024-02-01",
            "until": "2024-03-05", "words": "Goals were reviewed"}},
        "sessions": [{"on": "2024-02-02", "kind": "rootCauses", "words": "Why they stay away"}],
        "lcapChanges": [{"part": "goal", "which": "2.1", "words": "Attendance teams"}],
        "actions": [
            {"on": "2024-04-01", "words": "Home visits", "outcome": "Absence fell"},
            {"on": "2024-05-01", "words": "A survey"},
        ],
    });
    let place = calsos_tests::jobs::path_of(&opened);
    let headers = [JSON, ("if-match", opened.header("etag"))];
    let edited = own.send(&service, "PATCH", &place, &headers, edit.to_string());
    assert_eq!(edited.status, 200, "{}", text(&edited));

    for (scopes, agency) in [
        ("read", "county:01"),
        ("support", "county:01"),
        ("read", "state"),
        ("read", "lea:01999990000000"),
    ] {
        let caller = Caller::new(&issuer, scopes, agency);
        let html = text(&caller.get(&service, &of));
        let words = words(&html);
        for said in [
            "Work with the LEA began on January 15, 2024",
            "Students with Disabilities, chronic absenteeism: absence <b>of</b> many",
            "Done, from February 1, 2024, until March 5, 2024",
            "Goals were reviewed",
            "February 2, 2024: Why they stay away",
            "Goal 2.1: Attendance teams",
            "Home visits",
            "Absence fell",
            "Not known yet",
        ] {
            assert!(words.contains(said), "{agency}: {said}: {words}");
        }
        assert!(!html.contains("<b>of</b>"));
        let facts = caller.send(&service, "GET", &of, &AS_JSON, "").json();
        assert_eq!(facts["engagement"]["actions"][0]["outcome"], "Absence fell");
        assert_eq!(facts["engagement"]["needs"][0]["madeEligible"], true);
        let all = caller.send(&service, "GET", county, &AS_JSON, "").json();
        assert_eq!(all["items"], serde_json::json!([facts]));
    }
    // To others the engagement is not there, whatever is public of the LEA.
    assert_eq!(code_of(&service.get(&of)), (404, "unknown-engagement".to_owned()));
    for (scopes, agency) in [
        ("read", "county:02"),
        ("read", "ccee"),
        ("read", "lea:02999990000000"),
        ("admin", "county:01"),
        ("read", ""),
    ] {
        let caller = Caller::new(&issuer, scopes, agency);
        let refused = caller.get(&service, &of);
        assert_eq!(code_of(&refused), (404, "unknown-engagement".to_owned()), "{agency}");
        let all = caller.send(&service, "GET", county, &AS_JSON, "");
        assert_eq!(all.json()["items"], serde_json::json!([]), "{scopes} {agency}");
    }
    let out = program.folder().join("spring");
    let folder = out.to_str().unwrap();
    let words = ["communications", "springSummary", "--year", "2023", "--out", folder];
    let written = program.json(words.iter().chain(&["--county", "01"]));
    assert_eq!(written.as_array().unwrap().len(), 1);
    let file = out.join(format!("springSummary-2023-{DISTRICT}.html"));
    assert!(fs::read_to_string(file).unwrap().contains("Absence fell"));
    assert_eq!(program.run(words.iter().chain(&["--lea", OFFICE])).code, 4);
}

#[test]
fn the_command_line_writes_one_file_for_each_lea() {
    let program = world(Backend::Sqlite);
    let out = program.folder().join("letters");
    let folder = out.to_str().unwrap();
    for kind in KINDS {
        let words = ["communications", kind, "--year", "2023", "--county", "01", "--out", folder];
        let written = program.json(words);
        let files: Vec<&str> =
            written.as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap()).collect();
        let name = |cds: &str| format!("{kind}-2023-{cds}.html");
        assert_eq!(files, [name(OFFICE), name(DISTRICT)]);
        let text = fs::read_to_string(out.join(files[1])).unwrap();
        assert!(self::words(&text).contains(NAME));
        // There is no service to link to.
        assert!(!text.contains("href="), "{text}");
    }
    // What is not public is written by who runs the program, and says so.
    let words = ["communications", KINDS[0], "--year", "2024", "--lea", CHARTER, "--out", folder];
    program.succeed(words);
    let text = fs::read_to_string(out.join(format!("{}-2024-{CHARTER}.html", KINDS[0]))).unwrap();
    assert!(text.contains("Under embargo"));
    for (more, code) in [
        (["--lea", SOUND].as_slice(), 4),
        (&["--lea", "01777770000000"], 4),
        (&["--county", "03"], 4),
        (&["--county", "59"], 2),
        (&[], 2),
    ] {
        let words = ["communications", KINDS[0], "--year", "2023", "--out", folder];
        let ran = program.run(words.iter().chain(more));
        assert_eq!(ran.code, code, "{more:?}: {}", ran.err);
    }
}
