//! Referrals to the Collaborative and state interventions over HTTP, on both databases: who takes
//! which step and who sees what, on which condition, with which refusal, and what is kept.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use calsos_tests::editions::write_edition_of_2026;
use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::{Caller, path_of, serve};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Listed, Program, list_text};
use calsos_tests::service::{Answer, Service};
use serde_json::{Value, json};

/// In need for years, so that the test over several years is met; as a charter school.
const IN_NEED: &str = "01999990000000";
/// A district that is not.
const CALM: &str = "01888880000000";
const OFFICE: &str = "01199990000000";
const CHARTER: &str = "01999999999999";
/// In need, too, and in another county.
const ELSEWHERE: &str = "02999990000000";
const LEAS: [&str; 5] = [IN_NEED, CALM, OFFICE, CHARTER, ELSEWHERE];

const LEAD: &str = "Lead One";
const ON: &str = "2024-03-01";
const JSON: (&str, &str) = ("content-type", "application/json");
const ANY: (&str, &str) = ("if-match", "*");

/// A state in which two districts meet the test of Education Code 52072, by public files.
fn world(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let mut files = Vec::new();
    for year in [2018, 2019, 2022] {
        let row = |cds: &'static str| -> Listed<'_> {
            match cds {
                IN_NEED | ELSEWHERE => {
                    (cds, "Differentiated Assistance", &[("SWDpriorities", "D")])
                }
                _ => (cds, "General Assistance", &[]),
            }
        };
        let rows = [IN_NEED, CALM, OFFICE, ELSEWHERE].map(row);
        let name = format!("assistancestatus{}.csv", year % 100);
        files.push(program.write(&name, list_text("LCFF Eligibility File", year, &rows)));
    }
    let red = |cds| ["ELA", "MATH", "SUSP"].map(|indicator| (indicator, (cds, "SWD", 1)));
    let rated = [red(IN_NEED), red(ELSEWHERE)].concat();
    files.extend(program.write_year(2023, &LEAS, &rated, &[]));
    let leads = format!("county,lead_agency,from,until,source\n01,{LEAD},,,letter\n");
    files.push(program.write("leads.csv", leads));
    program.import(files);
    program.succeed(["determine"]);
    program
}

/// Those who have a part in it.
struct Parts {
    state: Caller,
    spi: Caller,
    ccee: Caller,
    county: Caller,
    neighbour: Caller,
    lea: Caller,
    lead: Caller,
}

impl Parts {
    fn of(issuer: &Issuer) -> Parts {
        let with = |agency: &str| Caller::new(issuer, "read support preview", agency);
        Parts {
            state: with("state"),
            spi: with("spi"),
            ccee: with("ccee"),
            county: with("county:01"),
            neighbour: with("county:02"),
            lea: with(&format!("lea:{IN_NEED}")),
            lead: with(&format!("geographicLead:{LEAD}")),
        }
    }
}

fn post(caller: &Caller, service: &Service, path: &str, body: &Value) -> Answer {
    caller.send(service, "POST", path, &[JSON], body.to_string())
}

fn step(caller: &Caller, service: &Service, path: &str, body: &Value) -> Answer {
    caller.send(service, "POST", &format!("{path}/steps"), &[JSON, ANY], body.to_string())
}

/// Status and code of a refusal, and the condition that is missing.
fn refused(answer: &Answer) -> (u16, String, String) {
    let problem = answer.json();
    assert_eq!(answer.header("content-type"), "application/problem+json", "{problem}");
    let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("code"), text("missing"))
}

#[track_caller]
fn is_missing(answer: &Answer, condition: &str, citation: Option<&str>) {
    let expected = (409, "step-refused".to_owned(), condition.to_owned());
    assert_eq!(refused(answer), expected, "{}", answer.json());
    assert_eq!(answer.json()["citation"].as_str(), citation, "{}", answer.json());
}

#[track_caller]
fn done(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

fn opening(cds: &str, door: &str) -> Value {
    json!({"cds": cds, "door": door, "on": ON, "reason": "some reason"})
}

fn by_county(cds: &str) -> Value {
    let mut opening = opening(cds, "countyOffice");
    opening["geographicLead"] = LEAD.into();
    opening
}

fn said(step: &str) -> Value {
    json!({"step": step, "on": ON, "words": "some words"})
}

fn consulted(provider: &str) -> Value {
    json!({"step": "consultProvider", "on": ON, "words": "some words", "provider": provider})
}

fn found(finding: &str) -> Value {
    json!({"step": "find", "on": ON, "words": "some words", "finding": finding})
}

fn begin() -> Value {
    json!({"step": "begin", "on": ON})
}

/// A referral by the test, with which assistance is under way.
fn under_way(parts: &Parts, service: &Service) -> String {
    let opened = post(&parts.county, service, "/v1/referrals", &opening(IN_NEED, "level3Test"));
    done(&opened, 201);
    let path = path_of(&opened);
    for taken in [said("consultLea"), consulted("countyOffice"), said("accept"), begin()] {
        done(&step(&parts.ccee, service, &path, &taken), 200);
    }
    path
}

fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

fn a_referral_goes_its_way_and_each_step_is_refused_where_a_condition_is_missing(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let open = |caller: &Caller, body: &Value| post(caller, &service, "/v1/referrals", body);
    // The test is what the public determination says, whatever the caller says.
    is_missing(&open(&parts.county, &opening(CALM, "level3Test")), "level3Test", Some("ec-52072"));
    is_missing(
        &open(&parts.county, &opening(OFFICE, "level3Test")),
        "level3Test",
        Some("ec-52072.5"),
    );
    let charter = open(&parts.county, &opening(CHARTER, "level3Test"));
    is_missing(&charter, "charterDecision", Some("ec-47607.3#b"));
    let flagged = json!({"cds": CALM, "door": "level3Test", "on": ON, "reason": "x", "flag": true});
    assert_eq!(refused(&open(&parts.county, &flagged)).1, "body-not-valid");
    let mut alone = by_county(CALM);
    alone.as_object_mut().unwrap().remove("geographicLead");
    is_missing(&open(&parts.county, &alone), "geographicLead", Some("cde-system"));
    alone["geographicLead"] = "Another".into();
    let other = open(&parts.county, &alone);
    is_missing(&other, "geographicLead", Some("cde-system"));
    assert!(other.json()["detail"].as_str().unwrap().contains(LEAD), "{}", other.json());
    let mut blank = opening(IN_NEED, "level3Test");
    blank["reason"] = " ".into();
    is_missing(&open(&parts.county, &blank), "reason", None);
    is_missing(
        &open(&parts.county, &by_county(OFFICE)),
        "countyOfficeProvides",
        Some("ec-52071.5#b"),
    );
    // Who is not there, not reached, or said on a day to come.
    let unknown = open(&parts.county, &opening("01777770000000", "level3Test"));
    assert_eq!(refused(&unknown).1, "unknown-lea");
    assert_eq!(refused(&open(&parts.county, &by_county(ELSEWHERE))).1, "out-of-reach");
    assert_eq!(refused(&open(&parts.ccee, &opening(ELSEWHERE, "spi"))).1, "out-of-reach");
    let mut later = opening(IN_NEED, "level3Test");
    later["on"] = "2099-01-01".into();
    let later = open(&parts.county, &later);
    assert_eq!(refused(&later).1, "body-not-valid");
    assert!(later.json()["detail"].as_str().unwrap().contains("ahead of today"));
    // Nothing of it was stored.
    let none = done(&parts.state.get(&service, "/v1/referrals"), 200);
    assert_eq!(none["items"], json!([]));

    let opened = open(&parts.county, &opening(IN_NEED, "level3Test"));
    let view = done(&opened, 201);
    let path = path_of(&opened);
    assert_eq!((opened.header("etag"), &view["state"]), ("\"1\"", &json!("opened")));
    assert_eq!((&view["door"], &view["cds"]), (&json!("level3Test"), &json!(IN_NEED)));
    let test = &view["test"];
    assert_eq!((&test["test"], &test["dashboardYear"]), (&json!("ec-52072-b"), &json!(2023)));
    assert_eq!(test["groups"], json!(["SWD"]));
    assert_eq!(view["providers"], json!(["countyOffice"]));
    let take = |body: &Value| step(&parts.ccee, &service, &path, body);
    is_missing(&take(&said("accept")), "leaConsulted", Some("ec-52072"));
    is_missing(&take(&begin()), "accepted", Some("ec-52072"));
    is_missing(&take(&consulted("department")), "providerOfLea", Some("ec-52072"));
    assert_eq!(done(&take(&said("consultLea")), 200)["state"], "consulting");
    is_missing(&take(&said("decline")), "providersConsulted", Some("ec-52072"));
    done(&take(&consulted("countyOffice")), 200);
    let mut before = said("accept");
    before["on"] = "2024-02-29".into();
    is_missing(&take(&before), "daysInOrder", None);
    is_missing(&take(&json!({"step": "accept", "on": ON})), "reason", None);
    assert_eq!(done(&take(&said("accept")), 200)["state"], "accepted");
    is_missing(&take(&said("decline")), "notYet", None);
    is_missing(&take(&said("recommend")), "underWay", Some("ec-52072"));
    assert_eq!(done(&take(&begin()), 200)["state"], "underWay");
    is_missing(&take(&found("failed")), "recommended", Some("ec-52072.1"));
    is_missing(&take(&said("close")), "recommended", Some("ec-52072.1"));
    assert_eq!(done(&take(&found("persistentOrAcute")), 200)["finding"], "persistentOrAcute");
    assert_eq!(done(&take(&said("recommend")), 200)["state"], "recommended");
    assert_eq!(done(&take(&found("unable")), 200)["finding"], "unable");
    let closed = take(&said("close"));
    assert_eq!(done(&closed, 200)["state"], "closed");
    assert_eq!(closed.header("etag"), "\"9\"");
    is_missing(&take(&said("recommend")), "open", None);
    // What a step has no use for is refused before anything else.
    for odd in [
        json!({"step": "accept", "on": ON, "words": "x", "finding": "failed"}),
        json!({"step": "consultProvider", "on": ON, "words": "x"}),
        json!({"step": "consultProvider", "on": ON, "words": "x", "provider": "nobody"}),
        json!({"step": "begin", "on": ON, "words": "x"}),
        json!({"step": "leap", "on": ON, "words": "x"}),
        json!({"step": "close", "on": "2024-03", "words": "x"}),
        json!({"step": "close", "on": ON, "words": null}),
        json!({"step": "close", "on": ON, "words": "a\u{0}b"}),
        json!({"step": "close", "on": ON, "words": "x".repeat(4001)}),
    ] {
        assert_eq!(refused(&take(&odd)).1, "body-not-valid", "{odd:.80}");
    }
    let long = json!({"step": "close", "on": ON, "words": "x".repeat(4000)});
    is_missing(&take(&long), "open", None);

    // Every step is there, and who wrote it; as it was at a moment, too.
    let whole = done(&parts.lea.get(&service, &path), 200);
    let steps: Vec<&str> =
        whole["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap()).collect();
    assert_eq!(
        steps,
        ["consultLea", "consultProvider", "accept", "begin", "find", "recommend", "find", "close"]
    );
    let versions = whole["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 9);
    assert_eq!(
        (&versions[0]["agency"], &versions[0]["what"]),
        (&json!("county:01"), &json!("created"))
    );
    assert_eq!(
        (&versions[3]["agency"], &versions[3]["state"]),
        (&json!("ccee"), &json!("accepted"))
    );
    let moment = versions[3]["at"].as_str().unwrap();
    let then = done(&parts.lea.get(&service, &format!("{path}?asOf={moment}")), 200);
    assert_eq!((&then["state"], &then["version"]), (&json!("accepted"), &json!(4)));
    assert_eq!(then["versions"].as_array().unwrap().len(), 4);
    let as_of = format!("/v1/referrals?asOf={moment}&state=accepted");
    assert_eq!(done(&parts.lea.get(&service, &as_of), 200)["items"].as_array().unwrap().len(), 1);
    let early = parts.lea.get(&service, &format!("{path}?asOf=2020-01-01"));
    assert_eq!(refused(&early).1, "unknown-referral");
    let again = parts.lea.send(&service, "GET", &path, &[("if-none-match", "\"9\"")], "");
    assert_eq!(again.status, 304);
}

/// Whatever day is said, nothing rests on a determination that was not public on it.
fn nothing_is_dated_before_what_it_rests_on(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let on_day = |mut body: Value, day: &str| {
        body["on"] = day.into();
        body
    };
    let open = |day| {
        let opening = on_day(opening(IN_NEED, "level3Test"), day);
        post(&parts.county, &service, "/v1/referrals", &opening)
    };
    for (day, found) in [
        ("2017-12-31", "none was public on 2017-12-31"),
        ("2023-12-14", "whether that of 2022 does is not known"),
    ] {
        let early = open(day);
        is_missing(&early, "level3Test", Some("ec-52072"));
        let detail = early.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(found), "{detail}");
    }
    let opened = open("2023-12-15");
    assert_eq!(done(&opened, 201)["test"]["dashboardYear"], 2023);
    let path = path_of(&opened);
    let first = "2023-12-15";
    for taken in [said("consultLea"), consulted("countyOffice"), said("accept"), begin()] {
        done(&step(&parts.ccee, &service, &path, &on_day(taken, first)), 200);
    }
    done(&step(&parts.ccee, &service, &path, &on_day(found("persistentOrAcute"), first)), 200);
    let propose = |day: &str| {
        let proposal = json!({
            "cds": IN_NEED, "referral": id_of(&path), "on": day, "reason": "some reason",
            "strategies": "all others",
        });
        post(&parts.spi, &service, "/v1/interventions", &proposal)
    };
    is_missing(&propose("2023-12-14"), "level3Test", Some("ec-52072"));
    done(&propose(first), 201);
}

/// A year of which the rules do not have the day of release yet is no older than its files.
#[test]
fn a_year_without_a_day_in_the_rules_speaks_from_when_its_files_are_public() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    write_edition_of_2026(&program, false);
    let edition = program.folder().join("editions/2026.toml");
    let text = std::fs::read_to_string(&edition).unwrap();
    let undated = text.replace("public-date = \"2026-11-12\"\n", "");
    assert_ne!(undated, text);
    std::fs::write(&edition, undated).unwrap();
    let editions = ["--editions", edition.parent().unwrap().to_str().unwrap()];
    let files = program.write_year(2026, &LEAS, &[], &[]);
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    let under = |words: &[&str]| program.succeed([editions.as_slice(), words].concat());
    under(&[&["import", "--public-at", "2020-01-01"], names.as_slice()].concat());
    under(&["determine"]);
    let service = serve(&program, &issuer, &editions);
    let county = Parts::of(&issuer).county;
    let open = |day: &str| {
        let mut opening = opening(IN_NEED, "level3Test");
        opening["on"] = day.into();
        post(&county, &service, "/v1/referrals", &opening)
    };
    let late = open("2026-07-01");
    is_missing(&late, "level3Test", Some("ec-52072"));
    assert!(late.json()["detail"].as_str().unwrap().contains("that of 2026"), "{}", late.json());
    assert_eq!(done(&open("2026-06-30"), 201)["test"]["dashboardYear"], 2023);
}

/// By the other doors, with those who join.
fn who_joins_is_consulted_and_expert_leads_are_considered_where_need_lasts(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let open = |caller: &Caller, body: &Value| post(caller, &service, "/v1/referrals", body);
    // The rules of the newest year have no test of Education Code 52071(f), so that none is met.
    let opened = done(&open(&parts.county, &by_county(IN_NEED)), 201);
    assert_eq!(opened["providers"], json!(["countyOffice", "geographicLead"]));
    assert_eq!(opened["geographicLead"], LEAD);
    let opened = done(&open(&parts.spi, &opening(OFFICE, "spi")), 201);
    assert_eq!(opened["providers"], json!(["department"]));
    let opened = done(&open(&parts.state, &opening(CALM, "emergencyApportionment")), 201);
    assert!(opened.get("test").is_none(), "{opened}");
    done(&open(&parts.spi, &opening(CHARTER, "spi")), 201);
    // The Collaborative takes up whom the test is met by.
    done(&open(&parts.ccee, &opening(IN_NEED, "level3Test")), 201);
    let ended = open(&parts.county, &by_county(CHARTER));
    let path = path_of(&ended);
    for taken in [said("consultLea"), consulted("countyOffice")] {
        done(&step(&parts.ccee, &service, &path, &taken), 200);
    }
    let alone = step(&parts.ccee, &service, &path, &said("decline"));
    is_missing(&alone, "providersConsulted", Some("ec-47607.3"));
    done(&step(&parts.ccee, &service, &path, &consulted("geographicLead")), 200);
    let declined = done(&step(&parts.ccee, &service, &path, &said("decline")), 200);
    assert_eq!(declined["state"], "declined");
    assert_eq!(declined["steps"][3]["words"], "some words");
    is_missing(&step(&parts.ccee, &service, &path, &begin()), "open", None);
}

/// By the lists of 2024 and the files of 2025, a group meets the criteria for the third year.
fn expert_leads_are_weighed_where_a_group_is_in_need_for_three_years(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let rows = [IN_NEED, CALM, OFFICE, ELSEWHERE].map(|cds| -> Listed<'_> {
        match cds {
            IN_NEED => (cds, "Differentiated Assistance, Year 1", &[("SWDpriorities", "D")]),
            _ => (cds, "General Assistance", &[]),
        }
    });
    let list = program.write("assistancestatus24.csv", list_text("List", 2024, &rows));
    let red = ["ELA", "MATH", "SUSP"].map(|indicator| (indicator, (IN_NEED, "SWD", 1)));
    let files = program.write_year(2025, &LEAS, &red, &[]);
    program.import([list].into_iter().chain(files));
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let open = |body: &Value| post(&parts.county, &service, "/v1/referrals", body);
    let mut opening = by_county(IN_NEED);
    opening["on"] = "2025-11-13".into();
    is_missing(&open(&opening), "expertLeads", Some("ec-52071#f"));
    opening["expertLeads"] = " ".into();
    is_missing(&open(&opening), "expertLeads", Some("ec-52071#f"));
    opening["expertLeads"] = "considered, and not needed".into();
    let opened = done(&open(&opening), 201);
    assert_eq!(opened["expertLeads"], "considered, and not needed");
    // Nobody asks for it of an LEA that does not meet the test.
    done(&open(&by_county(CALM)), 201);
}

/// What the rules give is one thing, and what is done by people another.
fn the_flag_alone_refers_nobody_and_intervenes_nowhere(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let state = Parts::of(&issuer).state;
    let support = state.get(&service, &format!("/v1/leas/{IN_NEED}/support")).json();
    let newest = &support["items"][0];
    assert_eq!((&newest["eligibleLevel"], &newest["assignedLevel"]), (&json!(3), &json!(2)));
    for list in ["/v1/referrals", "/v1/interventions"] {
        assert_eq!(done(&state.get(&service, list), 200)["items"], json!([]), "{list}");
    }
}

/// Who sees more than the public still acts on what is public.
fn a_preview_that_meets_the_test_opens_nothing(on: Backend) {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let issuer = Issuer::new();
    let lists =
        [(2017, "Support"), (2018, "Assistance"), (2019, "Assistance"), (2022, "Assistance")];
    for (year, word) in lists {
        let (da, general) = (format!("Differentiated {word}"), format!("General {word}"));
        let row: Listed<'_> = match year {
            2018 | 2019 => (IN_NEED, &da, &[("SWDpriorities", "D")]),
            2017 => (IN_NEED, &general, &[("Assistance_Status", "General Support")]),
            _ => (IN_NEED, &general, &[]),
        };
        let name = format!("assistancestatus{}.csv", year % 100);
        program.import([program.write(&name, list_text("List", year, &[row]))]);
    }
    let red = ["ELA", "MATH", "SUSP"].map(|indicator| (indicator, (IN_NEED, "SWD", 1)));
    let held_back = program.write_year(2023, &[IN_NEED], &red, &[]);
    let paths = held_back.iter().map(|file| file.to_str().unwrap());
    program.succeed(["import", "--public-at", "closed"].into_iter().chain(paths));
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let preview = parts.county.get(&service, &format!("/v1/leas/{IN_NEED}/determinations/2023"));
    assert_eq!(done(&preview, 200)["determination"]["eligibleLevel"], 3);
    for caller in [&parts.county, &parts.spi, &parts.state] {
        let refused = post(caller, &service, "/v1/referrals", &opening(IN_NEED, "level3Test"));
        is_missing(&refused, "level3Test", Some("ec-52072"));
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("that of 2022"), "{detail}");
    }
}

fn each_step_is_taken_by_those_whose_it_is(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let everybody = [
        ("state", &parts.state),
        ("spi", &parts.spi),
        ("ccee", &parts.ccee),
        ("county", &parts.county),
        ("lea", &parts.lea),
        ("lead", &parts.lead),
    ];
    let allowed = |by: &dyn Fn(&Caller) -> Answer| -> Vec<&str> {
        let mut allowed = Vec::new();
        for (name, caller) in everybody {
            let answer = by(caller);
            let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
            if !["step-of-others", "out-of-reach"].contains(&code.as_str()) {
                allowed.push(name);
            }
        }
        allowed
    };
    let opens =
        |body: Value| allowed(&|caller: &Caller| post(caller, &service, "/v1/referrals", &body));
    assert_eq!(opens(opening(IN_NEED, "level3Test")), ["state", "spi", "ccee", "county"]);
    assert_eq!(opens(by_county(IN_NEED)), ["county"]);
    assert_eq!(opens(opening(IN_NEED, "spi")), ["spi"]);
    assert_eq!(opens(opening(IN_NEED, "emergencyApportionment")), ["state", "spi"]);
    let path = under_way(&parts, &service);
    let takes = |body: Value| allowed(&|caller: &Caller| step(caller, &service, &path, &body));
    for taken in [
        said("consultLea"),
        consulted("countyOffice"),
        said("accept"),
        said("decline"),
        begin(),
        said("recommend"),
        found("failed"),
        said("close"),
    ] {
        assert_eq!(takes(taken.clone()), ["ccee"], "{taken}");
    }
    let proposal = json!({
        "cds": IN_NEED, "referral": id_of(&path), "on": ON, "reason": "x", "strategies": "y",
    });
    let proposes = |caller: &Caller| post(caller, &service, "/v1/interventions", &proposal);
    assert_eq!(allowed(&proposes), ["spi"]);
    let proposed = path_of(&proposes(&parts.spi));
    let approve = json!({
        "step": "approve", "on": ON, "words": "item 7", "powers": ["changeLcap"],
    });
    let uses = json!({"step": "use", "on": ON, "words": "x", "power": "changeLcap"});
    for (taken, by) in [
        (said("disapprove"), "state"),
        (approve, "state"),
        (begin(), "spi"),
        (uses, "spi"),
        (said("end"), "spi"),
    ] {
        let takes = |caller: &Caller| step(caller, &service, &proposed, &taken);
        assert_eq!(allowed(&takes), [by], "{taken}");
    }
    // Only the scope keeps the record; without an agency nobody does.
    let reader = Caller::new(&issuer, "read", "county:01");
    assert_eq!(refused(&post(&reader, &service, "/v1/referrals", &by_county(IN_NEED))).0, 403);
    let nobody = Caller::new(&issuer, "support", "");
    let nobodys = post(&nobody, &service, "/v1/referrals", &by_county(IN_NEED));
    assert_eq!(refused(&nobodys).1, "out-of-reach");
}

fn no_intervention_is_without_test_finding_and_approval(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let path = under_way(&parts, &service);
    let proposal = |cds: &str, referral: &str| {
        json!({
            "cds": cds, "referral": referral, "on": ON, "reason": "some reason",
            "strategies": "assistance of years",
        })
    };
    let propose = |body: &Value| post(&parts.spi, &service, "/v1/interventions", body);
    let own = proposal(IN_NEED, id_of(&path));
    // A finding is the Collaborative's to make.
    is_missing(&propose(&own), "finding", Some("ec-52072.1"));
    done(&step(&parts.ccee, &service, &path, &said("recommend")), 200);
    done(&step(&parts.ccee, &service, &path, &found("failed")), 200);
    let nowhere = proposal(IN_NEED, "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59");
    is_missing(&propose(&nowhere), "finding", Some("ec-52072.1"));
    // That of another LEA is none, and where the test is not met there is none to make.
    let other = proposal(ELSEWHERE, id_of(&path));
    is_missing(&propose(&other), "finding", Some("ec-52072.1"));
    is_missing(&propose(&proposal(CALM, id_of(&path))), "level3Test", Some("ec-52072"));
    is_missing(&propose(&proposal(CHARTER, id_of(&path))), "noCharter", Some("ec-52072.1"));
    let mut rash = own.clone();
    rash["strategies"] = "".into();
    is_missing(&propose(&rash), "otherStrategies", Some("cde-system"));
    let proposed = propose(&own);
    let view = done(&proposed, 201);
    let intervention = path_of(&proposed);
    assert_eq!((&view["state"], &view["test"]["test"]), (&json!("proposed"), &json!("ec-52072-b")));
    assert_eq!(view["finding"]["finding"], "failed");
    assert_eq!(view["finding"]["referral"], id_of(&path));
    let spi = |body: &Value| step(&parts.spi, &service, &intervention, body);
    let state = |body: &Value| step(&parts.state, &service, &intervention, body);
    is_missing(&spi(&begin()), "boardApproval", Some("ec-52072.1"));
    let uses = |power: &str| json!({"step": "use", "on": ON, "words": "x", "power": power});
    is_missing(&spi(&uses("changeLcap")), "inForce", Some("ec-52072.1"));
    let approve =
        |powers: Value| json!({"step": "approve", "on": ON, "words": "item 7", "powers": powers});
    is_missing(&state(&approve(json!([]))), "powerApproved", Some("ec-52072.1"));
    let powers = json!(["changeLcap", "stayOrRescindAction"]);
    let approved = done(&state(&approve(powers.clone())), 200);
    assert_eq!((&approved["state"], &approved["powers"]), (&json!("approved"), &powers));
    // The finding goes, with the referral; it may not come into force then.
    let deleted =
        parts.state.send(&service, "DELETE", &format!("{path}?reason=of+another+LEA"), &[ANY], "");
    assert_eq!(deleted.status, 204);
    is_missing(&spi(&begin()), "finding", Some("ec-52072.1"));

    // Another one, to its end.
    let path = under_way(&parts, &service);
    done(&step(&parts.ccee, &service, &path, &found("persistentOrAcute")), 200);
    let proposed = propose(&proposal(IN_NEED, id_of(&path)));
    done(&proposed, 201);
    let second = path_of(&proposed);
    let spi = |body: &Value| step(&parts.spi, &service, &second, body);
    done(&step(&parts.state, &service, &second, &approve(powers)), 200);
    assert_eq!(done(&spi(&begin()), 200)["state"], "inForce");
    done(&spi(&uses("changeLcap")), 200);
    is_missing(&spi(&uses("appointTrustee")), "powerApproved", Some("ec-52072.1"));
    is_missing(&spi(&uses("stayOrRescindAction")), "notBargained", Some("ec-52072.1"));
    let mut stay = uses("stayOrRescindAction");
    stay["requiredByBargainingAgreement"] = true.into();
    is_missing(&spi(&stay), "notBargained", Some("ec-52072.1"));
    stay["requiredByBargainingAgreement"] = false.into();
    let used = done(&spi(&stay), 200);
    assert_eq!(used["steps"][3]["requiredByBargainingAgreement"], false);
    assert_eq!(done(&spi(&said("end")), 200)["state"], "ended");
    is_missing(&spi(&uses("changeLcap")), "open", None);
}

/// A corrected file takes the test away that was met when the intervention was proposed.
fn a_test_that_is_no_longer_met_keeps_an_intervention_from_coming_into_force(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let path = under_way(&parts, &service);
    done(&step(&parts.ccee, &service, &path, &found("persistentOrAcute")), 200);
    let proposal = json!({
        "cds": IN_NEED, "referral": id_of(&path), "on": ON, "reason": "x", "strategies": "y",
    });
    let proposed = post(&parts.spi, &service, "/v1/interventions", &proposal);
    done(&proposed, 201);
    let intervention = path_of(&proposed);
    let approve = json!({"step": "approve", "on": ON, "words": "item 7", "powers": ["changeLcap"]});
    done(&step(&parts.state, &service, &intervention, &approve), 200);
    for year in [2018, 2019, 2022] {
        let rows = [IN_NEED, CALM, OFFICE, ELSEWHERE]
            .map(|cds| -> Listed<'_> { (cds, "General Assistance", &[]) });
        let name = format!("assistancestatus{}.csv", year % 100);
        program.import([program.write(&name, list_text("Corrected", year, &rows))]);
    }
    program.succeed(["determine"]);
    service.wait_for_run(2);
    is_missing(
        &step(&parts.spi, &service, &intervention, &begin()),
        "level3Test",
        Some("ec-52072"),
    );
}

fn who_is_not_reached_finds_nothing_and_the_collaborative_reaches_by_referrals(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    // What is not public yet, of an LEA that is referred and of one that is not.
    let held_back = program.write_year(2024, &[IN_NEED, CALM, ELSEWHERE], &[], &[]);
    let words = ["import", "--public-at", "closed"];
    let paths = held_back.iter().map(|file| file.to_str().unwrap());
    program.succeed(words.into_iter().chain(paths));
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let previews = |cds: &str| {
        let path = format!("/v1/leas/{cds}/determinations/2024");
        parts.ccee.get(&service, &path).status == 200
    };
    assert!(!previews(IN_NEED) && !previews(CALM));
    let path = under_way(&parts, &service);
    assert!(previews(IN_NEED) && !previews(CALM), "as long as the referral is open");
    done(&step(&parts.ccee, &service, &path, &found("persistentOrAcute")), 200);
    let proposal = json!({
        "cds": IN_NEED, "referral": id_of(&path), "on": ON, "reason": "x", "strategies": "y",
    });
    let proposed = post(&parts.spi, &service, "/v1/interventions", &proposal);
    done(&proposed, 201);
    let seen = |caller: &Caller| {
        [("/v1/referrals", &path), ("/v1/interventions", &path_of(&proposed))].map(|(list, one)| {
            let listed = done(&caller.get(&service, list), 200);
            let listed = listed["items"].as_array().unwrap().len();
            let answer = caller.get(&service, one);
            assert_eq!(listed == 1, answer.status == 200, "{list}");
            assert!([200, 404].contains(&answer.status));
            // What is refused to change is not told from what is not there either.
            if answer.status == 404 {
                let steps = step(caller, &service, one, &said("close"));
                assert_eq!(steps.status, 404, "{}", steps.json());
                let delete = format!("{one}?reason=x");
                assert_eq!(caller.send(&service, "DELETE", &delete, &[ANY], "").status, 404);
                let other = format!("{list}/0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59");
                let absent = caller.get(&service, &other).json();
                assert_eq!(answer.json()["detail"], absent["detail"]);
            }
            listed
        })
    };
    let Parts { state, spi, ccee, county, neighbour, lea, lead } = &parts;
    for caller in [state, spi, ccee, county, lea, lead] {
        assert_eq!(seen(caller), [1, 1]);
    }
    for agency in ["county:02", "selpa:0101", "lea:01888880000000", "authorizer:01999990000000"] {
        assert_eq!(seen(&Caller::new(&issuer, "read support", agency)), [0, 0], "{agency}");
    }
    assert_eq!(seen(neighbour), [0, 0]);
    // Who has no agency writes nothing, and is told that whatever it asks for.
    let nobody = Caller::new(&issuer, "read support", "");
    assert_eq!(nobody.get(&service, &path).status, 404);
    for of in [path.as_str(), "/v1/referrals/0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"] {
        assert_eq!(refused(&step(&nobody, &service, of, &said("close"))).1, "out-of-reach");
    }
    // By either scope, and by no other.
    for scope in ["read", "support"] {
        assert_eq!(Caller::new(&issuer, scope, "county:01").get(&service, &path).status, 200);
    }
    for scope in ["preview", "import", "publish", "admin", ""] {
        let other = Caller::new(&issuer, scope, "state");
        assert_eq!(other.get(&service, &path).status, 403, "{scope}");
    }
    assert_eq!(service.get(&path).status, 401);
    // A referral is not of the kind of an intervention.
    let odd = format!("/v1/interventions/{}", id_of(&path));
    assert_eq!(refused(&parts.state.get(&service, &odd)).1, "unknown-intervention");
    // What a list is asked for.
    let count = |query: &str| {
        let listed = done(&parts.state.get(&service, &format!("/v1/referrals?{query}")), 200);
        listed["items"].as_array().unwrap().len()
    };
    assert_eq!(count(&format!("cds={IN_NEED}")), 1);
    assert_eq!(count(&format!("cds={CALM}")), 0);
    assert_eq!([count("county=01"), count("county=02")], [1, 0]);
    assert_eq!([count("state=underWay"), count("state=closed")], [1, 0]);
    let odd = parts.state.get(&service, "/v1/referrals?state=asleep");
    assert_eq!(refused(&odd).1, "invalid-parameter");
    // When it has ended, so has the reach.
    done(&step(ccee, &service, &path, &said("recommend")), 200);
    done(&step(ccee, &service, &path, &said("close")), 200);
    assert!(!previews(IN_NEED));
    assert_eq!(seen(ccee), [1, 1], "it has a part in each referral all the same");
}

fn what_was_seen_is_changed_once_and_a_deletion_leaves_its_trace(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let (county, ccee) = (&parts.county, &parts.ccee);
    // The same request is answered with the same referral.
    let key = ("idempotency-key", "referral-1");
    let body = opening(IN_NEED, "level3Test").to_string();
    let open = |body: &str| county.send(&service, "POST", "/v1/referrals", &[JSON, key], body);
    let opened = open(&body);
    let again = open(&body);
    let path = path_of(&opened);
    assert_eq!((opened.status, again.status), (201, 201));
    assert_eq!(
        (opened.header("idempotency-replayed"), again.header("idempotency-replayed")),
        ("", "true")
    );
    assert_eq!((path_of(&again), again.json()), (path.clone(), opened.json()));
    // However a client writes its JSON.
    let mut members: Vec<&str> = body.trim_matches(['{', '}']).split(',').collect();
    members.reverse();
    let spaced = format!("{{ {} }}", members.join(" ,\n "));
    assert_ne!(spaced, body);
    assert_eq!(open(&spaced).header("idempotency-replayed"), "true");
    assert_eq!(refused(&open(&by_county(IN_NEED).to_string())).1, "key-used-otherwise");
    // On the condition that nobody else has changed it.
    let steps = format!("{path}/steps");
    let take = |headers: &[(&str, &str)], body: &Value| {
        let headers = [&[JSON], headers].concat();
        ccee.send(&service, "POST", &steps, &headers, body.to_string())
    };
    let unsaid = take(&[], &said("consultLea"));
    assert_eq!((unsaid.status, refused(&unsaid).1.as_str()), (428, "condition-needed"));
    let own = [("if-match", "\"1\""), ("idempotency-key", "step-1")];
    done(&take(&own, &said("consultLea")), 200);
    for stale in ["\"1\"", "W/\"2\"", "\"3\"", "2", "\"\""] {
        let answer = take(&[("if-match", stale)], &consulted("countyOffice"));
        assert_eq!(
            (answer.status, refused(&answer).1.as_str()),
            (412, "condition-failed"),
            "{stale}"
        );
    }
    // Sent again, it is answered with what came of it, although the record has changed since.
    let second = take(&[("if-match", "\"2\"")], &consulted("countyOffice"));
    assert_eq!(second.header("etag"), "\"3\"");
    let replayed = take(&own, &said("consultLea"));
    assert_eq!((replayed.status, replayed.header("etag")), (200, "\"2\""));
    assert_eq!(replayed.header("idempotency-replayed"), "true");
    assert_eq!(replayed.json()["steps"].as_array().unwrap().len(), 1);

    let delete = |caller: &Caller, query: &str, headers: &[(&str, &str)]| {
        caller.send(&service, "DELETE", &format!("{path}{query}"), headers, "")
    };
    let reason = "?reason=it+was+of+another+LEA";
    assert_eq!(refused(&delete(county, "", &[ANY])).1, "invalid-parameter");
    assert_eq!(refused(&delete(county, "?reason=", &[ANY])).1, "invalid-parameter");
    assert_eq!(delete(county, reason, &[]).status, 428);
    assert_eq!(delete(county, reason, &[("if-match", "\"2\"")]).status, 412);
    assert_eq!(refused(&delete(ccee, reason, &[ANY])).1, "step-of-others");
    let before = done(&county.get(&service, &path), 200);
    let moment = before["changedAt"].as_str().unwrap();
    let gone = delete(county, reason, &[("if-match", "\"3\"")]);
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    for answer in
        [county.get(&service, &path), take(&[ANY], &said("accept")), delete(county, reason, &[ANY])]
    {
        assert_eq!((answer.status, refused(&answer).1.as_str()), (410, "record-deleted"));
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        for part in ["it was of another LEA", "for county:01"] {
            assert!(detail.contains(part), "{detail}");
        }
    }
    assert_eq!(parts.neighbour.get(&service, &path).status, 404);
    assert_eq!(done(&county.get(&service, "/v1/referrals"), 200)["items"], json!([]));
    let then = done(&county.get(&service, &format!("{path}?asOf={moment}")), 200);
    assert_eq!(then, before);
    // The audit has every write, and nothing of what was refused by a condition.
    let admin = Caller::new(&issuer, "admin", "state");
    let audit = done(&admin.get(&service, "/v1/audit?outcome=done&limit=5000"), 200);
    let told: Vec<(&str, u64)> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| (entry["operation"].as_str().unwrap(), entry["status"].as_u64().unwrap_or(0)))
        .filter(|(operation, _)| operation.ends_with("Referral") || operation.ends_with("Step"))
        .collect();
    assert_eq!(
        told,
        [
            ("createReferral", 201),
            ("takeReferralStep", 200),
            ("takeReferralStep", 200),
            ("deleteReferral", 204)
        ]
    );
    let program_checked = program.run(["check"]);
    assert_eq!(program_checked.code, 0, "{}", program_checked.err);
}

fn a_list_goes_on_page_by_page(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let made: Vec<Value> = (0..5)
        .map(|_| {
            let answer =
                post(&parts.county, &service, "/v1/referrals", &opening(IN_NEED, "level3Test"));
            done(&answer, 201)["id"].clone()
        })
        .collect();
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let page = done(&parts.county.get(&service, &format!("/v1/referrals?limit=2{next}")), 200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["id"].clone()));
        match page["page"]["next"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => break,
        }
    }
    seen.reverse();
    assert_eq!(seen, made);
    let other = format!("/v1/interventions?limit=2{next}");
    assert_eq!(refused(&parts.county.get(&service, &other)).1, "invalid-parameter");
}

/// What anybody is told of the levels of an LEA: level, what began it, from when, and by which
/// decisions.
fn levels(service: &Service, asked: &str) -> Vec<String> {
    let history = service.json(&format!("/v1/leas/{IN_NEED}/support{asked}"));
    let told = |item: &Value| {
        let decided = item["decided"].as_array().unwrap().iter();
        let decided: Vec<&str> = decided.map(|by| by["decision"].as_str().unwrap()).collect();
        let text = |name: &str| item[name].as_str().unwrap().to_owned();
        let (event, from) = (text("event"), text("effectiveFrom"));
        format!("{} {event} {from} {}", item["assignedLevel"], decided.join("+"))
    };
    history["items"].as_array().unwrap().iter().map(told).collect()
}

fn an_lea_is_in_level_3_while_assistance_is_under_way_or_an_intervention_in_force(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let newest = |service: &Service| levels(service, "").remove(0);
    let tag = || service.get("/v1/assignments").header("etag").to_owned();
    let by_rules = "2 renewed 2023-12-15 ";
    assert_eq!(newest(&service), by_rules);
    let opened = post(&parts.county, &service, "/v1/referrals", &opening(IN_NEED, "level3Test"));
    let path = path_of(&opened);
    let take = |body: &Value| done(&step(&parts.ccee, &service, &path, body), 200);
    for taken in [said("consultLea"), consulted("countyOffice")] {
        take(&taken);
    }
    // A referral that is accepted is none yet; what is cached is asked for again when one is.
    let (accepted, before) = (take(&said("accept")), tag());
    assert_eq!(newest(&service), by_rules);
    take(&begin());
    let raised = "3 raised 2024-03-01 directAssistance";
    service.wait_until("level 3 is shown", |service| newest(service) == raised);
    assert_ne!(tag(), before);
    assert_eq!(levels(&service, "")[1], by_rules);
    let listed = |asked: &str| {
        let list = service.json(&format!("/v1/assignments?{asked}"));
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["cds"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("assignedLevel=3"), [IN_NEED]);
    assert_eq!(listed("assignedLevel=2&county=01"), [""; 0]);
    assert_eq!(listed("assignedLevel=2&county=01&effectiveOn=2024-02-29"), [IN_NEED]);
    assert_eq!(listed("assignedLevel=3&effectiveOn=2024-02-29"), [""; 0]);
    let item = &service.json("/v1/assignments?assignedLevel=3")["items"][0];
    let provider = item["provider"]["name"].as_str().unwrap();
    assert!(provider.starts_with("California Collaborative for"), "{provider}");
    assert_eq!((&item["eligibleLevel"], &item["dashboardYear"]), (&json!(3), &json!(2023)));
    // As of before it began, it had not.
    let versions = accepted["version"].as_u64().unwrap();
    let whole = done(&parts.lea.get(&service, &path), 200);
    let at = whole["versions"][usize::try_from(versions - 1).unwrap()]["at"].as_str().unwrap();
    assert_eq!(levels(&service, &format!("?asOf={at}"))[0], by_rules);

    for taken in [said("recommend"), found("failed")] {
        take(&taken);
    }
    let proposal = json!({
        "cds": IN_NEED, "referral": id_of(&path), "on": ON, "reason": "x", "strategies": "y",
    });
    let proposed = post(&parts.spi, &service, "/v1/interventions", &proposal);
    let intervention = path_of(&proposed);
    let approve = json!({
        "step": "approve", "on": ON, "words": "item 7", "powers": ["changeLcap"],
    });
    done(&step(&parts.state, &service, &intervention, &approve), 200);
    let on = |day: &str, mut body: Value| {
        body["on"] = day.into();
        body
    };
    done(&step(&parts.spi, &service, &intervention, &on("2024-06-03", begin())), 200);
    let both = "3 raised 2024-06-03 directAssistance+stateIntervention";
    service.wait_until("the intervention is shown", |service| newest(service) == both);
    take(&on("2024-07-31", said("close")));
    let alone = "3 lowered 2024-08-01 stateIntervention";
    service.wait_until("assistance is over", |service| newest(service) == alone);
    done(&step(&parts.spi, &service, &intervention, &on("2024-09-30", said("end"))), 200);
    let over = "2 lowered 2024-10-01 ";
    service.wait_until("level 3 is over", |service| newest(service) == over);
    assert_eq!(levels(&service, "")[..5], [over, alone, both, raised, by_rules]);
    assert_eq!(levels(&service, "?effectiveOn=2024-09-30"), [alone]);
    assert_eq!(levels(&service, "?effectiveOn=2024-10-01"), [over]);
    // What should not have been written shows in nothing any more.
    for path in [&intervention, &path] {
        let deleted = parts.state.send(
            &service,
            "DELETE",
            &format!("{path}?reason=of+another+LEA"),
            &[ANY],
            "",
        );
        assert_eq!(deleted.status, 204);
    }
    service.wait_until("nothing was decided", |service| newest(service) == by_rules);
}

on_both![
    a_referral_goes_its_way_and_each_step_is_refused_where_a_condition_is_missing,
    nothing_is_dated_before_what_it_rests_on,
    who_joins_is_consulted_and_expert_leads_are_considered_where_need_lasts,
    expert_leads_are_weighed_where_a_group_is_in_need_for_three_years,
    the_flag_alone_refers_nobody_and_intervenes_nowhere,
    a_preview_that_meets_the_test_opens_nothing,
    each_step_is_taken_by_those_whose_it_is,
    no_intervention_is_without_test_finding_and_approval,
    a_test_that_is_no_longer_met_keeps_an_intervention_from_coming_into_force,
    who_is_not_reached_finds_nothing_and_the_collaborative_reaches_by_referrals,
    what_was_seen_is_changed_once_and_a_deletion_leaves_its_trace,
    a_list_goes_on_page_by_page,
    an_lea_is_in_level_3_while_assistance_is_under_way_or_an_intervention_in_force,
];
