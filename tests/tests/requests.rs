//! Requests for help over HTTP, on both databases: who may ask whom, who answers, who sees it,
//! and that the LEA pays.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::{Caller, path_of, serve};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, list_text};
use calsos_tests::service::{Answer, Service};
use serde_json::{Value, json};

/// Identified by public results.
const IN_NEED: &str = "01999990000000";
/// A district that is not.
const CALM: &str = "01888880000000";
/// A charter school of which no determination is public, located in another county.
const CHARTER: &str = "01888880123456";
const LEAS: [&str; 3] = [IN_NEED, CALM, "02999990000000"];

const ON: &str = "2024-03-01";
const JSON: (&str, &str) = ("content-type", "application/json");
const ANY: (&str, &str) = ("if-match", "*");
const REQUESTS: &str = "/v1/requests";

fn world(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let red = ["ELA", "MATH", "SUSP"].map(|indicator| (indicator, (IN_NEED, "SWD", 1)));
    let mut files = program.write_year(2023, &[&LEAS[..], &[CHARTER]].concat(), &red, &[]);
    let places = format!("cds,located_in,from,until,source\n{CHARTER},02,,,petition\n");
    files.push(program.write("places.csv", places));
    program.import(files);
    program.succeed(["determine"]);
    program
}

fn with(issuer: &Issuer, agency: &str) -> Caller {
    Caller::new(issuer, "read support", agency)
}

fn ask(caller: &Caller, service: &Service, cds: &str, asked: &str) -> Answer {
    let body = json!({"cds": cds, "asked": asked, "on": ON, "words": "chronic absence"});
    caller.send(service, "POST", REQUESTS, &[JSON], body.to_string())
}

fn take(caller: &Caller, service: &Service, path: &str, step: &str) -> Answer {
    let mut body = json!({"step": step, "on": ON});
    if step != "begin" {
        body["words"] = "a reason".into();
    }
    caller.send(service, "POST", &format!("{path}/steps"), &[JSON, ANY], body.to_string())
}

fn refused(answer: &Answer) -> (u16, String, String) {
    let problem = answer.json();
    assert_eq!(answer.header("content-type"), "application/problem+json", "{problem}");
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("code"), text("missing"))
}

#[track_caller]
fn is_missing(answer: &Answer, condition: &str, citation: Option<&str>, at: &str) {
    let expected = (409, "step-refused".to_owned(), condition.to_owned());
    assert_eq!(refused(answer), expected, "{}", answer.json());
    assert_eq!(answer.json()["citation"].as_str(), citation, "{}", answer.json());
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(at), "{detail}");
}

#[track_caller]
fn done(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

fn whether_it_is_identified_is_looked_up_for_the_day_of_asking(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let rows = [(IN_NEED, "General Assistance", &[][..])];
    let list = list_text("LCFF Eligibility File", 2022, &rows);
    program.import([program.write("assistancestatus22.csv", list)]);
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let county = with(&issuer, "county:01");
    let ask = |on: &str| {
        let body = json!({"cds": IN_NEED, "asked": "ccee", "on": on, "words": "absence"});
        county.send(&service, "POST", REQUESTS, &[JSON], body.to_string())
    };
    for (on, found) in [
        ("2023-12-15", "it was in level 2 on 2023-12-15 by the determination of 2023"),
        ("2022-12-14", "the determination of 2019 is not loaded, which held on 2022-12-14"),
    ] {
        is_missing(&ask(on), "notIdentified", Some("ec-52071"), found);
    }
    for on in ["2023-12-14", "2022-12-15", "2017-10-01"] {
        assert_eq!(done(&ask(on), 201)["askedOn"], on);
    }
}

fn who_is_not_identified_asks_and_pays_and_who_is_does_not(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let (county, lea) = (with(&issuer, "county:01"), with(&issuer, &format!("lea:{CALM}")));
    let identified = ask(&county, &service, IN_NEED, "ccee");
    is_missing(&identified, "notIdentified", Some("ec-52071"), "level 2");
    assert!(identified.json()["detail"].as_str().unwrap().contains("by its assignment"));
    let made = ask(&lea, &service, CALM, "county:01");
    let view = done(&made, 201);
    assert_eq!((&view["paidBy"], &view["state"]), (&json!("lea"), &json!("asked")));
    assert_eq!((&view["asked"], made.header("etag")), (&json!("county:01"), "\"1\""));
    // Nobody else asks in its name, and not for whom it does not reach.
    for agency in ["state", "spi", "authorizer:01888880000000", "geographicLead:X", "county:02"] {
        let answer = ask(&with(&issuer, agency), &service, CALM, "county:01");
        assert_eq!(answer.status, 403, "{agency}: {}", answer.json());
    }
    for odd in [
        json!({"cds": CALM, "asked": "county:01", "on": ON}),
        json!({"cds": CALM, "asked": "nobody", "on": ON, "words": "x"}),
        json!({"cds": CALM, "asked": "county:01", "on": "2999-01-01", "words": "x"}),
        json!({"cds": CALM, "asked": "county:01", "on": ON, "words": "x".repeat(4001)}),
        json!({"cds": CALM, "asked": "county:01", "on": ON, "words": "x", "paidBy": "county"}),
    ] {
        let answer = lea.send(&service, "POST", REQUESTS, &[JSON], odd.to_string());
        assert_eq!(refused(&answer).1, "body-not-valid", "{odd:.80}");
    }
    let blank = json!({"cds": CALM, "asked": "county:01", "on": ON, "words": " "}).to_string();
    let blank = lea.send(&service, "POST", REQUESTS, &[JSON], blank);
    is_missing(&blank, "reason", None, "words");
    let long = json!({"cds": CALM, "asked": "ccee", "on": ON, "words": "x".repeat(4000)});
    done(&lea.send(&service, "POST", REQUESTS, &[JSON], long.to_string()), 201);
}

fn a_charter_school_asks_its_county_office_or_its_authorizer(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let county = with(&issuer, "county:02");
    for other in ["ccee", "county:01", "authorizer:01999990000000", "other:A firm", "state"] {
        let answer = ask(&county, &service, CHARTER, other);
        is_missing(&answer, "charterAsks", Some("cde-system"), other);
    }
    let authorizer = format!("authorizer:{CALM}");
    for (own, answers) in [("county:02", "county:02"), (&authorizer, &authorizer)] {
        let path = path_of(&ask(&county, &service, CHARTER, own));
        let accepted = take(&with(&issuer, answers), &service, &path, "accept");
        assert_eq!(done(&accepted, 200)["state"], "accepted");
    }
    let district = with(&issuer, &format!("lea:{CALM}"));
    let answer = ask(&district, &service, CALM, "authorizer:01999990000000");
    is_missing(&answer, "charterAsks", Some("cde-system"), "authorizer:01999990000000");
}

fn whoever_is_asked_answers_and_sees_it(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let lea = with(&issuer, &format!("lea:{CALM}"));
    let (own, other) = (with(&issuer, "county:01"), with(&issuer, "county:02"));
    let (ccee, state) = (with(&issuer, "ccee"), with(&issuer, "state"));
    let path = path_of(&ask(&lea, &service, CALM, "county:02"));
    // Those who reach the LEA, and who is asked.
    for caller in [&lea, &own, &other, &state] {
        assert_eq!(done(&caller.get(&service, &path), 200)["asked"], "county:02");
        let list = done(&caller.get(&service, REQUESTS), 200);
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
    }
    for answer in [ccee.get(&service, &path), take(&ccee, &service, &path, "accept")] {
        assert_eq!(refused(&answer).1, "unknown-request");
    }
    assert_eq!(done(&ccee.get(&service, REQUESTS), 200)["items"], json!([]));
    assert_eq!(service.get(&path).status, 401);
    // Being asked opens nothing else of the LEA.
    let engagements = done(&other.get(&service, "/v1/engagements"), 200);
    assert_eq!(engagements["items"], json!([]));
    for caller in [&lea, &own, &state] {
        assert_eq!(refused(&take(caller, &service, &path, "accept")).1, "step-of-others");
    }
    is_missing(&take(&other, &service, &path, "begin"), "askedAccepts", None, "county:02");
    is_missing(&take(&lea, &service, &path, "close"), "askedAccepts", None, "county:02");
    let silent = json!({"step": "accept", "on": ON}).to_string();
    let silent = other.send(&service, "POST", &format!("{path}/steps"), &[JSON, ANY], silent);
    is_missing(&silent, "reason", None, "reason");
    assert_eq!(done(&take(&other, &service, &path, "accept"), 200)["state"], "accepted");
    is_missing(&take(&other, &service, &path, "decline"), "notYet", None, "accepted");
    assert_eq!(done(&take(&other, &service, &path, "begin"), 200)["state"], "underWay");
    let closed = done(&take(&lea, &service, &path, "close"), 200);
    assert_eq!((&closed["state"], &closed["paidBy"]), (&json!("closed"), &json!("lea")));
    is_missing(&take(&other, &service, &path, "begin"), "open", None, "closed");
    let whole = done(&own.get(&service, &path), 200);
    let agencies: Vec<&str> = whole["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| version["agency"].as_str().unwrap())
        .collect();
    let of_lea = format!("lea:{CALM}");
    assert_eq!(agencies, [of_lea.as_str(), "county:02", "county:02", of_lea.as_str()]);
    // Declined is an end, too.
    let path = path_of(&ask(&own, &service, CALM, "ccee"));
    let declined = done(&take(&ccee, &service, &path, "decline"), 200);
    assert_eq!(
        (&declined["state"], &declined["steps"][0]["words"]),
        (&json!("declined"), &json!("a reason"))
    );
    is_missing(&take(&ccee, &service, &path, "accept"), "open", None, "declined");
    // For one that no token stands for, who asks says what it answered.
    let path = path_of(&ask(&lea, &service, CALM, "other:A firm"));
    assert_eq!(refused(&take(&state, &service, &path, "accept")).1, "step-of-others");
    assert_eq!(done(&take(&lea, &service, &path, "accept"), 200)["state"], "accepted");
    assert_eq!(done(&take(&own, &service, &path, "begin"), 200)["state"], "underWay");
    for (query, count) in [
        ("state=closed", 1),
        ("state=underWay", 1),
        ("county=01", 3),
        ("county=02", 0),
        ("limit=2", 2),
    ] {
        let list = done(&state.get(&service, &format!("{REQUESTS}?{query}")), 200);
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{query}");
    }
    for odd in [json!({"step": "leap", "on": ON}), json!({"step": "begin", "on": ON, "words": "x"})]
    {
        let steps = format!("{path}/steps");
        let answer = own.send(&service, "POST", &steps, &[JSON, ANY], odd.to_string());
        assert_eq!(refused(&answer).1, "body-not-valid", "{odd}");
    }
}

fn what_was_seen_is_changed_once_and_a_deletion_leaves_its_trace(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let lea = with(&issuer, &format!("lea:{CALM}"));
    let ccee = with(&issuer, "ccee");
    let key = ("idempotency-key", "request-1");
    let body = json!({"cds": CALM, "asked": "ccee", "on": ON, "words": "help"});
    let send = |body: &Value| lea.send(&service, "POST", REQUESTS, &[JSON, key], body.to_string());
    let (made, again) = (send(&body), send(&body));
    assert_eq!((made.status, again.status), (201, 201));
    assert_eq!((again.header("idempotency-replayed"), again.json()), ("true", made.json()));
    let mut other = body.clone();
    other["asked"] = "county:01".into();
    assert_eq!(refused(&send(&other)).1, "key-used-otherwise");
    let path = path_of(&made);
    let step = json!({"step": "accept", "on": ON, "words": "x"}).to_string();
    let write = |headers: &[(&str, &str)]| {
        let steps = format!("{path}/steps");
        ccee.send(&service, "POST", &steps, &[&[JSON], headers].concat(), step.clone())
    };
    assert_eq!(write(&[]).status, 428);
    assert_eq!(write(&[("if-match", "\"2\"")]).status, 412);
    let own = [("if-match", "\"1\""), ("idempotency-key", "step-1")];
    assert_eq!(done(&write(&own), 200)["version"], 2);
    assert_eq!(write(&own).header("idempotency-replayed"), "true");
    let before = done(&lea.get(&service, &path), 200);
    let moment = before["changedAt"].as_str().unwrap();
    let delete = |caller: &Caller, tag: &str| {
        let asked = format!("{path}?reason=of+another");
        caller.send(&service, "DELETE", &asked, &[("if-match", tag)], "")
    };
    assert_eq!(refused(&delete(&ccee, "*")).1, "step-of-others");
    assert_eq!(delete(&lea, "\"1\"").status, 412);
    assert_eq!(delete(&lea, "\"2\"").status, 204);
    for answer in [lea.get(&service, &path), ccee.get(&service, &path), write(&[ANY])] {
        assert_eq!(refused(&answer).1, "record-deleted");
    }
    assert_eq!(done(&lea.get(&service, &format!("{path}?asOf={moment}")), 200), before);
    assert_eq!(done(&ccee.get(&service, REQUESTS), 200)["items"], json!([]));
    assert_eq!(program.run(["check"]).code, 0);
}

on_both![
    whether_it_is_identified_is_looked_up_for_the_day_of_asking,
    who_is_not_identified_asks_and_pays_and_who_is_does_not,
    a_charter_school_asks_its_county_office_or_its_authorizer,
    whoever_is_asked_answers_and_sees_it,
    what_was_seen_is_changed_once_and_a_deletion_leaves_its_trace,
];
