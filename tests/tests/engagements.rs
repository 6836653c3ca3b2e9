//! Engagements over HTTP, on both databases: on what they rest, who writes what in them, which
//! condition is missing where, what is due when, and that nothing is lost where many write.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::sync::Barrier;
use std::thread;

use calsos_domain::year::Day;
use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::{Caller, path_of, serve};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program};
use calsos_tests::service::{Answer, Service};
use jiff::Timestamp;
use serde_json::{Value, json};

/// In differentiated assistance, by results that are public since a day.
const IN_NEED: &str = "01999990000000";
const SINCE: &str = "2023-12-15";
/// A district that is not.
const CALM: &str = "01888880000000";
/// In differentiated assistance, too: the state helps it.
const OFFICE: &str = "01199990000000";
const ELSEWHERE: &str = "02999990000000";
const LEAS: [&str; 4] = [IN_NEED, CALM, OFFICE, ELSEWHERE];

const LEAD: &str = "Lead One";
const ON: &str = "2024-03-01";
const JSON: (&str, &str) = ("content-type", "application/json");
const ANY: (&str, &str) = ("if-match", "*");
const ENGAGEMENTS: &str = "/v1/engagements";

fn world(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let red: Vec<_> = [IN_NEED, OFFICE]
        .into_iter()
        .flat_map(|cds| ["ELA", "MATH", "SUSP"].map(|indicator| (indicator, (cds, "SWD", 1))))
        .collect();
    let mut files = program.write_year(2023, &LEAS, &red, &[]);
    let leads = format!("county,lead_agency,from,until,source\n01,{LEAD},,,letter\n");
    files.push(program.write("leads.csv", leads));
    program.import(files);
    program.succeed(["determine"]);
    program
}

/// Those who have a part in it.
struct Parts {
    state: Caller,
    ccee: Caller,
    county: Caller,
    neighbour: Caller,
    lea: Caller,
    lead: Caller,
}

impl Parts {
    fn of(issuer: &Issuer) -> Parts {
        let with = |agency: &str| Caller::new(issuer, "read support", agency);
        Parts {
            state: with("state"),
            ccee: with("ccee"),
            county: with("county:01"),
            neighbour: with("county:02"),
            lea: with(&format!("lea:{IN_NEED}")),
            lead: with(&format!("geographicLead:{LEAD}")),
        }
    }
}

fn open(caller: &Caller, service: &Service, cds: &str) -> Answer {
    let body = json!({"cds": cds, "on": ON}).to_string();
    caller.send(service, "POST", ENGAGEMENTS, &[JSON], body)
}

fn patch(caller: &Caller, service: &Service, path: &str, tag: &str, body: &Value) -> Answer {
    caller.send(service, "PATCH", path, &[JSON, ("if-match", tag)], body.to_string())
}

/// Status and code of a refusal, and the condition that is missing.
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

/// A district in need in 2023 and no more in 2024, after which it leaves its second year in 2025.
fn years_of_need(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let mut files = Vec::new();
    for (year, red) in [(2023, vec![IN_NEED]), (2024, vec![]), (2025, vec![CALM])] {
        let red: Vec<_> = red
            .into_iter()
            .flat_map(|cds| ["ELA", "MATH", "SUSP"].map(|indicator| (indicator, (cds, "SWD", 1))))
            .collect();
        files.extend(program.write_year(year, &LEAS, &red, &[]));
    }
    program.import(files);
    program.succeed(["determine"]);
    program
}

fn document() -> Value {
    json!({
        "link": "https://example.org/strengths.pdf",
        "title": "Strengths and weaknesses",
        "on": "2024-02-20",
        "sha256": "0a".repeat(32),
    })
}

fn an_engagement_rests_on_a_public_assignment_and_is_one_at_a_time(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    is_missing(&open(&parts.county, &service, CALM), "inLevel2", Some("ec-52071"), "level 1");
    assert_eq!(refused(&open(&parts.county, &service, ELSEWHERE)).1, "out-of-reach");
    // By whom: for the LEA itself no, for its own county office the state does.
    for caller in [&parts.lea, &parts.neighbour, &parts.ccee] {
        assert_eq!(open(caller, &service, IN_NEED).status, 403);
    }
    assert_eq!(refused(&open(&parts.county, &service, OFFICE)).1, "step-of-others");
    assert_eq!(refused(&open(&parts.lead, &service, OFFICE)).1, "step-of-others");
    for odd in [
        json!({"cds": IN_NEED}),
        json!({"cds": IN_NEED, "on": "2024-03"}),
        json!({"cds": IN_NEED, "on": "2999-01-01"}),
        json!({"cds": "1", "on": ON}),
        // What it rests on is looked up, and not said.
        json!({"cds": IN_NEED, "on": ON, "level": 2}),
        json!({"cds": IN_NEED, "on": ON, "run": "another"}),
    ] {
        let answer = parts.county.send(&service, "POST", ENGAGEMENTS, &[JSON], odd.to_string());
        assert_eq!(refused(&answer).1, "body-not-valid", "{odd}");
    }
    let early = json!({"cds": IN_NEED, "on": "2023-12-14"}).to_string();
    let early = parts.county.send(&service, "POST", ENGAGEMENTS, &[JSON], early);
    is_missing(&early, "inLevel2", Some("ec-52071"), "the determination of 2022 is not loaded");
    assert_eq!(done(&parts.state.get(&service, ENGAGEMENTS), 200)["items"], json!([]));

    let opened = open(&parts.county, &service, IN_NEED);
    let view = done(&opened, 201);
    assert_eq!((opened.header("etag"), &view["state"]), ("\"1\"", &json!("opened")));
    assert_eq!(view["providers"], json!(["county:01", format!("geographicLead:{LEAD}")]));
    let basis = &view["basis"];
    assert_eq!((&basis["level"], &basis["dashboardYear"]), (&json!(2), &json!(2023)));
    assert_eq!((&basis["since"], &basis["publicOn"]), (&json!(SINCE), &json!(SINCE)));
    assert_eq!(basis["atLeastUntil"], "2025-06-30");
    let run = program.json(["runs"])[0]["id"].clone();
    assert_eq!(basis["run"], run);
    is_missing(
        &open(&parts.lead, &service, IN_NEED),
        "oneEngagement",
        None,
        view["id"].as_str().unwrap(),
    );
    let of_office = done(&open(&parts.state, &service, OFFICE), 201);
    assert_eq!(of_office["providers"], json!(["state"]));
    // When it is over, there may be another.
    let path = path_of(&opened);
    let closed = json!({"closed": {"on": "2025-06-30", "reason": "two years are over"}});
    assert_eq!(
        done(&patch(&parts.county, &service, &path, "\"1\"", &closed), 200)["state"],
        "closed"
    );
    done(&open(&parts.lead, &service, IN_NEED), 201);
    // In level 3 by a referral alone, the Collaborative helps, once it assists.
    let body = json!({"cds": CALM, "door": "emergencyApportionment", "on": ON, "reason": "x"});
    let referral = parts.state.send(&service, "POST", "/v1/referrals", &[JSON], body.to_string());
    let referral = path_of(&referral);
    let take = |step: Value| {
        let steps = format!("{referral}/steps");
        done(&parts.ccee.send(&service, "POST", &steps, &[JSON, ANY], step.to_string()), 200)
    };
    take(json!({"step": "consultLea", "on": ON, "words": "x"}));
    take(json!({"step": "consultProvider", "on": ON, "words": "x", "provider": "countyOffice"}));
    is_missing(&open(&parts.ccee, &service, CALM), "inLevel2", Some("ec-52071"), "level 1");
    take(json!({"step": "accept", "on": ON, "words": "x"}));
    is_missing(&open(&parts.ccee, &service, CALM), "inLevel2", Some("ec-52071"), "level 1");
    take(json!({"step": "begin", "on": ON}));
    let basis = done(&open(&parts.ccee, &service, CALM), 201)["basis"].clone();
    assert_eq!((&basis["level"], &basis["since"]), (&json!(3), &json!(ON)));
    assert!(basis.get("atLeastUntil").is_none(), "{basis}");
}

fn what_is_written_later_rests_on_the_support_of_its_day(on: Backend) {
    let (program, issuer) = (years_of_need(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let open = |cds: &str, on: &str| {
        let body = json!({"cds": cds, "on": on}).to_string();
        parts.county.send(&service, "POST", ENGAGEMENTS, &[JSON], body)
    };
    let close = |opened: &Answer, on: &str| {
        let body = json!({"closed": {"on": on, "reason": "over"}});
        patch(&parts.county, &service, &path_of(opened), "*", &body)
    };
    let not_yet = open(IN_NEED, "2023-12-14");
    is_missing(&not_yet, "inLevel2", Some("ec-52071"), "the determination of 2022 is not loaded");
    // Today it is in level 1.
    let today = Timestamp::now().strftime("%F").to_string();
    is_missing(&open(IN_NEED, &today), "inLevel2", Some("ec-52071"), "in level 1");
    let first = open(IN_NEED, SINCE);
    let view = done(&first, 201);
    let basis = &view["basis"];
    assert_eq!((&basis["dashboardYear"], &basis["publicOn"]), (&json!(2023), &json!(SINCE)));
    assert_eq!((&basis["since"], &basis["atLeastUntil"]), (&json!(SINCE), &json!("2025-06-30")));
    let contact = view["steps"].as_array().unwrap().iter().find(|step| step["key"] == "contact");
    assert_eq!(contact.unwrap()["due"], SINCE);
    // Its end is held against the support of the last day, and not of today.
    is_missing(&close(&first, "2025-06-29"), "twoYears", Some("ec-52071#c-1"), "2025-06-30");
    done(&close(&first, "2025-06-30"), 200);
    let spring = format!("/v1/leas/{IN_NEED}/communications/springSummary?year=2023");
    let words = String::from_utf8(parts.county.get(&service, &spring).body).unwrap();
    assert!(words.contains("Work with the LEA began on December 15, 2023"), "{words}");
    // The second year rests on the determination after, as long as that holds.
    let after = open(IN_NEED, "2025-11-13");
    is_missing(&after, "inLevel2", Some("ec-52071"), "it was in level 1 on 2025-11-13");
    let second = open(IN_NEED, "2025-11-12");
    let basis = &done(&second, 201)["basis"];
    assert_eq!((&basis["dashboardYear"], &basis["publicOn"]), (&json!(2024), &json!("2024-11-21")));
    assert_eq!((&basis["since"], &basis["atLeastUntil"]), (&json!(SINCE), &json!("2025-06-30")));
    let not_yet = open(CALM, "2025-11-12");
    is_missing(&not_yet, "inLevel2", Some("ec-52071"), "it was in level 1 on 2025-11-12");
    assert_eq!(done(&open(CALM, "2025-11-13"), 201)["basis"]["dashboardYear"], 2025);
}

fn what_the_law_asks_of_an_activity_is_refused_by_name_where_it_is_missing(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let path = path_of(&open(&parts.county, &service, IN_NEED));
    let write = |body: &Value| patch(&parts.county, &service, &path, "*", body);
    let activity = |kind: &str, said: Value| write(&json!({"activities": {kind: said}}));
    let over = json!({"state": "done", "from": "2024-01-10", "until": "2024-02-20"});
    let with = |name: &str, value: Value| {
        let mut said = over.clone();
        said[name] = value;
        said
    };
    let (c, level) = (Some("ec-52071#c"), "strengthsAndWeaknesses");
    is_missing(
        &activity(level, over.clone()),
        "inWriting",
        c,
        "activities.strengthsAndWeaknesses.evidence",
    );
    is_missing(&activity(level, with("evidence", json!([document()]))), "programs", c, "programs");
    is_missing(&activity("expertOrPartner", over.clone()), "expertOrPartner", c, "neither");
    is_missing(&activity("documentation", over.clone()), "documentation", c, "evidence");
    is_missing(&activity("advice", over.clone()), "adviser", c, "advisers");
    is_missing(&activity("lcapReview", over.clone()), "reviewed", c, "words");
    is_missing(&activity("lcapReview", json!({"state": "done"})), "dayDone", None, "until");
    let firm = with("advisers", json!(["other:A firm"]));
    is_missing(&activity("advice", firm), "adviser", c, "other:A firm");
    // A partner is a district of the county, and one that there is.
    is_missing(
        &activity("expertOrPartner", with("partner", json!(ELSEWHERE))),
        "partnerOfCounty",
        c,
        ELSEWHERE,
    );
    is_missing(
        &activity("expertOrPartner", with("partner", json!(IN_NEED))),
        "partnerOfCounty",
        c,
        IN_NEED,
    );
    let nobody = activity("expertOrPartner", with("partner", json!("01777770000000")));
    assert_eq!(refused(&nobody).1, "body-not-valid");
    assert!(nobody.json()["detail"].as_str().unwrap().contains("partner"));
    let early = json!({"state": "planned", "from": "2023-12-14"});
    is_missing(&activity("lcapReview", early), "supportBegan", None, "2023-12-14");
    let turned = json!({"state": "planned", "from": "2024-02-02", "until": "2024-02-01"});
    is_missing(&activity("lcapReview", turned), "fromBeforeUntil", None, "from");
    let ahead = json!({"state": "done", "until": "2999-01-01", "words": "x"});
    is_missing(&activity("lcapReview", ahead), "notAhead", None, "2999-01-01");
    let elsewhere = with("programs", json!([{"name": "x", "evidence": "y"}]));
    is_missing(&activity("advice", elsewhere), "partOfActivity", None, "programs");
    is_missing(&write(&json!({"needs": [{}]})), "needNamed", None, "needs[0]");
    is_missing(
        &write(&json!({"lcapChanges": [{"part": "goal", "words": " "}]})),
        "words",
        None,
        "lcapChanges[0].words",
    );
    is_missing(
        &write(&json!({"sessions": [{"on": "2023-12-14", "kind": "meeting"}]})),
        "supportBegan",
        None,
        "sessions[0].on",
    );
    is_missing(
        &write(&json!({"closed": {"on": "2025-06-29", "reason": "over"}})),
        "twoYears",
        Some("ec-52071#c-1"),
        "2025-06-30",
    );
    is_missing(&write(&json!({"steps": {"visit": {"due": ON}}})), "newStep", None, "steps.visit");
    // Nothing of it was stored.
    assert_eq!(done(&parts.county.get(&service, &path), 200)["version"], 1);

    // What is wrong with the body itself is told with where it stands.
    let mut unhashed = document();
    unhashed["sha256"] = "0A".repeat(32).into();
    let mut unlinked = document();
    unlinked["link"] = "file:///etc/passwd".into();
    let long = "x".repeat(4001);
    let many: Vec<Value> = (0..201).map(|_| json!({"words": "x"})).collect();
    for (body, at) in [
        (
            json!({"activities": {"advice": {"state": "planned", "evidence": [unhashed]}}}),
            "activities.advice.evidence[0].sha256",
        ),
        (
            json!({"activities": {"advice": {"state": "planned", "evidence": [unlinked]}}}),
            "activities.advice.evidence[0].link",
        ),
        (json!({"activities": {"advice": {"state": "begun"}}}), "activities.advice.state"),
        (
            json!({"activities": {"advice": {"state": "planned", "from": "2024"}}}),
            "activities.advice.from",
        ),
        (
            json!({"activities": {"advice": {"state": "planned", "who": ["a\nb"]}}}),
            "activities.advice.who[0]",
        ),
        (
            json!({"activities": {"advice": {"state": "planned", "advisers": ["x"]}}}),
            "activities.advice.advisers[0]",
        ),
        (json!({"needs": [{"group": "XX"}]}), "needs[0].group"),
        (json!({"needs": [{"indicator": "XX"}]}), "needs[0].indicator"),
        (json!({"needs": [{"priority": 11}]}), "needs[0].priority"),
        (json!({"needs": [{"words": long}]}), "needs[0].words"),
        (json!({"needs": many}), "needs"),
        (json!({"sessions": [{"on": ON, "kind": "party"}]}), "sessions[0].kind"),
        (json!({"participants": [{"who": "nobody"}]}), "participants[0].who"),
        (json!({"participants": [{"who": "district:1"}]}), "participants[0].who"),
        (json!({"lcapChanges": [{"part": "plan", "words": "x"}]}), "lcapChanges[0].part"),
        (json!({"actions": [{"on": "x", "words": "x"}]}), "actions[0].on"),
        (json!({"steps": {"firstMeeting": {"due": "x"}}}), "steps.firstMeeting.due"),
        (json!({"steps": {"firstMeeting": {"words": "a\u{0}"}}}), "steps.firstMeeting.words"),
        (json!({}), "body"),
        (json!({"closed": {"on": "x", "reason": "over"}}), "closed.on"),
    ] {
        let answer = write(&body);
        assert_eq!(refused(&answer).1, "body-not-valid", "{body:.90}");
        assert_eq!(answer.json()["errors"][0]["parameter"], at, "{}", answer.json());
    }
    for odd in [json!([]), json!({"needs": null}), json!({"state": "closed"}), json!({"level": 2})]
    {
        assert_eq!(refused(&write(&odd)).1, "body-not-valid", "{odd}");
    }
    // The longest and the most are taken, and nothing beyond.
    let who = |names: Vec<String>| {
        write(&json!({"activities": {"advice": {"state": "planned", "who": names}}}))
    };
    for (most, more) in [
        (vec!["x".to_owned(); 50], vec!["x".to_owned(); 51]),
        (vec!["x".repeat(2000)], vec!["x".repeat(2001)]),
    ] {
        assert_eq!(refused(&who(more)).1, "body-not-valid");
        done(&who(most), 200);
    }
    let link = |letters: usize| {
        let mut long = document();
        long["link"] = format!("https://{}", "x".repeat(letters - 8)).into();
        write(&json!({"activities": {"advice": {"state": "planned", "evidence": [long]}}}))
    };
    assert_eq!(refused(&link(2001)).1, "body-not-valid");
    done(&link(2000), 200);
    let most: Vec<Value> = (0..200).map(|_| json!({"words": "x"})).collect();
    done(&write(&json!({"needs": most})), 200);
    done(&write(&json!({"needs": [{"words": "x".repeat(4000)}]})), 200);

    // What the law asks for is taken, and shown as it was sent.
    let mut strengths = with("evidence", json!([document()]));
    strengths["programs"] = json!([{"name": "Teams", "evidence": "a study of 40 schools"}]);
    strengths["who"] = json!(["A. Person"]);
    done(&activity(level, strengths.clone()), 200);
    done(&activity("expertOrPartner", with("partner", json!(CALM))), 200);
    done(&activity("documentation", with("evidence", json!([document()]))), 200);
    done(&activity("advice", with("advisers", json!(["ccee"]))), 200);
    let view = done(&activity("lcapReview", with("words", json!("goals 1 and 2"))), 200);
    let shown = &view["activities"][level];
    for (name, value) in strengths.as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    assert_eq!(view["state"], "underWay");
    // As it was shown, it is sent back: nothing changes but the version.
    let again = json!({"activities": view["activities"], "needs": view["needs"]});
    let after = done(&write(&again), 200);
    assert_eq!(after["activities"], view["activities"]);
    assert_eq!(after["version"].as_u64(), view["version"].as_u64().map(|version| version + 1));
}

fn the_lea_writes_what_it_decides_and_its_needs_are_marked_by_its_results(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let path = path_of(&open(&parts.county, &service, IN_NEED));
    let needs = json!([
        {"group": "SWD", "indicator": "ELA", "madeEligible": false},
        {"group": "SWD"},
        {"priority": 6},
        {"group": "EL", "indicator": "CHRO", "words": "beyond", "madeEligible": true},
        {"words": "teachers who stay"},
    ]);
    let body = json!({
        "needs": needs,
        "lcapChanges": [{"part": "action", "which": "Goal 2, action 3", "words": "two coaches"}],
    });
    let view = done(&patch(&parts.lea, &service, &path, "\"1\"", &body), 200);
    let marks: Vec<&Value> =
        view["needs"].as_array().unwrap().iter().map(|need| &need["madeEligible"]).collect();
    assert_eq!(marks, [&json!(true), &json!(true), &json!(true), &json!(false), &json!(false)]);
    assert_eq!(view["lcapChanges"], body["lcapChanges"]);
    // Who wrote it is kept with the version.
    let versions = done(&parts.county.get(&service, &path), 200)["versions"].clone();
    assert_eq!(versions[0]["agency"], "county:01");
    assert_eq!(versions[1]["agency"], format!("lea:{IN_NEED}"));
    // What the provider does is not the LEA's to write, nor is half of a change stored.
    let both = json!({"needs": [], "sessions": [{"on": ON, "kind": "meeting"}]});
    for body in [
        both,
        json!({"participants": []}),
        json!({"activities": {"advice": {"state": "planned"}}}),
        json!({"actions": []}),
        json!({"steps": {"firstMeeting": {"doneOn": ON}}}),
        json!({"closed": {"on": "2025-06-30", "reason": "over"}}),
    ] {
        let answer = patch(&parts.lea, &service, &path, "\"2\"", &body);
        assert_eq!((answer.status, refused(&answer).1.as_str()), (403, "step-of-others"), "{body}");
    }
    let participants = json!({"participants": [
        {"who": "selpa:0101", "words": "behaviour", "chosenByLea": false},
        {"who": "other:An expert", "chosenByLea": true},
        {"who": format!("district:{CALM}"), "chosenByLea": false},
    ]});
    for (caller, tag) in [(&parts.lead, "\"2\""), (&parts.state, "\"3\"")] {
        let view = done(&patch(caller, &service, &path, tag, &participants), 200);
        assert_eq!(view["participants"], participants["participants"]);
        assert_eq!(view["needs"].as_array().unwrap().len(), 5);
    }
    // Who reaches the LEA and does not help it reads.
    let selpa = Caller::new(&issuer, "read support", "selpa:0101");
    let reader = Caller::new(&issuer, "read", "county:01");
    assert_eq!(done(&reader.get(&service, &path), 200)["version"], 4);
    for caller in [&parts.neighbour, &parts.ccee, &selpa] {
        for answer in [
            caller.get(&service, &path),
            caller.get(&service, &format!("{path}/checklist")),
            patch(caller, &service, &path, "*", &participants),
            caller.send(&service, "DELETE", &format!("{path}?reason=x"), &[ANY], ""),
        ] {
            assert_eq!(refused(&answer).1, "unknown-engagement");
        }
        assert_eq!(done(&caller.get(&service, ENGAGEMENTS), 200)["items"], json!([]));
    }
    assert_eq!(reader.send(&service, "PATCH", &path, &[JSON, ANY], "{}").status, 403);
    assert_eq!(service.get(&path).status, 401);
}

fn a_step_is_ahead_due_late_or_done_on_each_side_of_its_day(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let path = path_of(&open(&parts.county, &service, IN_NEED));
    let checklist = |on: Day| {
        let answer = parts.lea.get(&service, &format!("{path}/checklist?on={on}"));
        done(&answer, 200)
    };
    let state = |key: &str, on: Day| {
        let items = checklist(on)["items"].clone();
        let find = |item: &&Value| item["key"] == key;
        items.as_array().unwrap().iter().find(find).unwrap()["state"].clone()
    };
    let day = |text: &str| Day::parse(text).unwrap();
    let items = checklist(day(ON))["items"].clone();
    let dues: Vec<(String, Day)> = items
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let text = |name: &str| item[name].as_str().unwrap();
            (text("key").to_owned(), day(text("due")))
        })
        .collect();
    assert!(dues.len() > 10 && dues.is_sorted_by_key(|(_, due)| *due), "{dues:?}");
    assert!(dues.contains(&("firstMeeting".to_owned(), day(SINCE).plus(14))), "{dues:?}");
    for (key, due) in &dues {
        let states = [-15, -14, 0, 1].map(|days| state(key, due.plus(days)));
        assert_eq!(states, ["ahead", "due", "due", "late"], "{key}");
    }
    // On each day, every step is counted once.
    for days in [-60, 0, 40, 80, 300] {
        let list = checklist(day(SINCE).plus(days));
        let count = |name: &str| list[name].as_u64().unwrap();
        let all = count("done") + count("due") + count("late") + count("ahead");
        assert_eq!(all, dues.len() as u64, "{list}");
    }
    // Done when it was done, and late when its day is moved.
    let write = |body: Value| done(&patch(&parts.county, &service, &path, "*", &body), 200);
    write(json!({"steps": {"firstMeeting": {"doneOn": "2024-01-03", "words": "at the LEA"}}}));
    let due = day(SINCE).plus(14);
    assert_eq!(state("firstMeeting", day("2024-01-02")), "late");
    assert_eq!(state("firstMeeting", day("2024-01-03")), "done");
    write(json!({"steps": {"firstMeeting": {"doneOn": null, "due": "2024-01-10"}}}));
    assert_eq!(state("firstMeeting", due.plus(1)), "due");
    assert_eq!(state("firstMeeting", day("2024-01-11")), "late");
    write(json!({"steps": {"firstMeeting": {"leftOut": true}}}));
    assert_eq!(state("firstMeeting", day("2024-01-11")), "leftOut");
    write(json!({"steps": {"visit": {"title": "Visit schools", "due": "2024-04-01"}}}));
    assert_eq!(state("visit", day("2024-04-02")), "late");
    write(json!({"activities": {"lcapReview": {"state": "done", "until": ON, "words": "goal 1"}}}));
    assert_eq!(state("lcapReview", day(ON)), "done");
    write(json!({"activities": {"advice": {"state": "notChosen"}}}));
    assert_eq!(state("advice", day("2025-01-01")), "leftOut");
    // Without a day, today in California: by now all that is open is late.
    let now = done(&parts.county.get(&service, &format!("{path}/checklist")), 200);
    assert_eq!((&now["due"], &now["ahead"]), (&json!(0), &json!(0)), "{now}");
    for odd in ["on=2024", "on=x", "day=2024-01-01"] {
        let answer = parts.county.get(&service, &format!("{path}/checklist?{odd}"));
        assert_eq!(refused(&answer).1, "invalid-parameter", "{odd}");
    }
    // The list by what is late, by county and state.
    let of_office = path_of(&open(&parts.state, &service, OFFICE));
    let ids = |query: &str| -> Vec<String> {
        let list = done(&parts.state.get(&service, &format!("{ENGAGEMENTS}?{query}")), 200);
        let id = |item: &Value| format!("{ENGAGEMENTS}/{}", item["id"].as_str().unwrap());
        list["items"].as_array().unwrap().iter().map(id).collect()
    };
    assert_eq!(ids("late=true"), [of_office.clone(), path.clone()]);
    let steps = done(&parts.state.get(&service, &of_office), 200)["steps"].clone();
    let off = |step: &Value| (step["key"].as_str().unwrap().to_owned(), json!({"leftOut": true}));
    let off: serde_json::Map<String, Value> = steps.as_array().unwrap().iter().map(off).collect();
    done(&patch(&parts.state, &service, &of_office, "*", &json!({"steps": off})), 200);
    assert_eq!(ids("late=true"), [path.as_str()]);
    assert_eq!(ids("late=false"), [of_office.as_str()]);
    assert_eq!(ids("state=underWay"), [path.as_str()]);
    assert_eq!(ids("state=opened"), [of_office.as_str()]);
    assert_eq!(ids(&format!("cds={OFFICE}")), [of_office.as_str()]);
    assert_eq!(ids("county=01&limit=1"), [of_office]);
    assert!(ids("county=02").is_empty());
    for odd in ["late=yes", "state=over", "cds=1", "county=1", "kind=x"] {
        let answer = parts.state.get(&service, &format!("{ENGAGEMENTS}?{odd}"));
        assert_eq!(refused(&answer).1, "invalid-parameter", "{odd}");
    }
    // What is closed is late no more.
    write(json!({"closed": {"on": "2025-06-30", "reason": "two years are over"}}));
    assert!(ids("late=true").is_empty());
}

fn a_county_office_has_steps_of_its_own_for_what_is_opened_from_then_on(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let place = "/v1/engagement-templates/01";
    let first = parts.lea.get(&service, place);
    let given = done(&first, 200);
    assert_eq!((first.header("etag"), &given["isDefault"]), ("\"0\"", &json!(true)));
    assert!(given["steps"].as_array().unwrap().len() > 10);
    let put = |caller: &Caller, headers: &[(&str, &str)], body: &Value| {
        caller.send(&service, "PUT", place, &[&[JSON], headers].concat(), body.to_string())
    };
    let own = json!({"steps": [
        {"key": "letter", "title": "A letter", "days": -10},
        {"key": "review", "title": "The review", "activity": "lcapReview", "days": 100},
    ]});
    assert_eq!(put(&parts.county, &[], &own).status, 428);
    assert_eq!(put(&parts.county, &[("if-match", "\"1\"")], &own).status, 412);
    for other in [&parts.neighbour, &parts.lea, &parts.lead, &parts.ccee] {
        assert_eq!(refused(&put(other, &[ANY], &own)).1, "out-of-reach");
    }
    for (body, at) in [
        (json!({"steps": []}), "steps"),
        (json!({"steps": [{"key": "a b", "title": "x", "days": 0}]}), "steps[0].key"),
        (json!({"steps": [{"key": "a", "title": " ", "days": 0}]}), "steps[0].title"),
        (json!({"steps": [{"key": "a", "title": "x", "days": 761}]}), "steps[0].days"),
        (json!({"steps": [{"key": "a", "title": "x", "days": -151}]}), "steps[0].days"),
        (
            json!({"steps": [{"key": "a", "title": "x", "days": 0, "activity": "x"}]}),
            "steps[0].activity",
        ),
    ] {
        let answer = put(&parts.county, &[ANY], &body);
        assert_eq!(refused(&answer).1, "body-not-valid", "{body}");
        assert_eq!(answer.json()["errors"][0]["parameter"], at);
    }
    let before = path_of(&open(&parts.county, &service, IN_NEED));
    let kept = put(&parts.county, &[("if-match", "\"0\"")], &own);
    let view = done(&kept, 200);
    assert_eq!((kept.header("etag"), &view["isDefault"]), ("\"1\"", &json!(false)));
    assert_eq!(view["steps"], own["steps"]);
    assert_eq!(put(&parts.state, &[("if-match", "\"0\"")], &own).status, 412);
    assert_eq!(done(&put(&parts.state, &[("if-match", "\"1\"")], &own), 200), view);
    let again = parts.county.send(&service, "GET", place, &[("if-none-match", "\"2\"")], "");
    assert_eq!(again.status, 304);
    // Another county has the steps that come with the program.
    let other = done(&parts.county.get(&service, "/v1/engagement-templates/02"), 200);
    assert_eq!((&other["isDefault"], &other["steps"]), (&json!(true), &given["steps"]));
    for odd in ["1", "59", "00", "x"] {
        let answer = parts.county.get(&service, &format!("/v1/engagement-templates/{odd}"));
        assert_eq!(refused(&answer).1, "invalid-parameter", "{odd}");
    }
    // What is open keeps its steps; what is opened has the new ones. The state has none.
    let count = |path: &str| {
        let view = done(&parts.state.get(&service, path), 200);
        view["steps"].as_array().unwrap().len()
    };
    let of_state = path_of(&open(&parts.state, &service, OFFICE));
    let usual = given["steps"].as_array().unwrap().len();
    assert_eq!((count(&before), count(&of_state)), (usual, usual));
    let closed = json!({"closed": {"on": "2025-06-30", "reason": "two years are over"}});
    done(&patch(&parts.county, &service, &before, "*", &closed), 200);
    let after = done(&open(&parts.county, &service, IN_NEED), 201);
    let dues: Vec<&str> =
        after["steps"].as_array().unwrap().iter().map(|s| s["due"].as_str().unwrap()).collect();
    assert_eq!(dues, ["2023-12-05", "2024-03-24"]);
}

/// The texts of the sessions and needs of an engagement.
fn texts(view: &Value) -> Vec<String> {
    let of = |name: &str| {
        let items = view[name].as_array().unwrap().clone();
        items.into_iter().map(|item| item["words"].as_str().unwrap().to_owned())
    };
    of("sessions").chain(of("needs")).collect()
}

/// Reads an engagement, adds a text to one of its lists, and writes that on the condition that
/// nobody has written meanwhile; `between` waits. Whoever is too late begins again.
fn add(
    (caller, list): (&Caller, &str),
    service: &Service,
    path: &str,
    said: &str,
    between: &dyn Fn(),
) -> Vec<u16> {
    let mut answers = Vec::new();
    loop {
        let read = caller.get(service, path);
        let mut items = done(&read, 200)[list].as_array().unwrap().clone();
        items.push(match list {
            "sessions" => json!({"on": ON, "kind": "meeting", "words": said}),
            _ => json!({"words": said}),
        });
        if answers.is_empty() {
            between();
        }
        let written = patch(caller, service, path, read.header("etag"), &json!({list: items}));
        answers.push(written.status);
        match written.status {
            412 => assert_eq!(refused(&written).1, "condition-failed"),
            _ => {
                done(&written, 200);
                return answers;
            }
        }
    }
}

fn of_two_who_edit_at_the_same_moment_one_gets_412_and_both_texts_survive(on: Backend) {
    const ROUNDS: usize = 25;
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let path = path_of(&open(&parts.county, &service, IN_NEED));
    let mut said: Vec<String> = Vec::new();
    for round in 0..ROUNDS {
        // Two of the same list, and two of different ones.
        let other = if round % 2 == 0 { (&parts.lead, "sessions") } else { (&parts.lea, "needs") };
        let pair = [(&parts.county, "sessions"), other];
        let barrier = Barrier::new(2);
        let words = [format!("round {round}, one"), format!("round {round}, other")];
        let mut answers: Vec<Vec<u16>> = thread::scope(|scope| {
            let threads: Vec<_> = pair
                .into_iter()
                .zip(&words)
                .map(|(who, said)| {
                    let (barrier, service, path) = (&barrier, &service, path.as_str());
                    let wait = move || {
                        barrier.wait();
                    };
                    scope.spawn(move || add(who, service, path, said, &wait))
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        answers.sort();
        assert_eq!(answers, [vec![200], vec![412, 200]], "round {round}");
        said.extend(words);
        let mut found = texts(&done(&parts.county.get(&service, &path), 200));
        found.sort();
        let mut expected = said.clone();
        expected.sort();
        assert_eq!(found, expected);
    }
    // Each version is kept, and each has one text more than the one before.
    let whole = done(&parts.state.get(&service, &path), 200);
    let versions = whole["versions"].as_array().unwrap();
    assert_eq!(versions.len(), 1 + 2 * ROUNDS);
    for (number, version) in versions.iter().enumerate() {
        let at = version["at"].as_str().unwrap();
        let then = done(&parts.state.get(&service, &format!("{path}?asOf={at}")), 200);
        assert_eq!((&then["version"], texts(&then).len()), (&json!(number + 1), number));
    }
    assert_eq!(program.run(["check"]).code, 0);
}

fn of_many_who_open_at_the_same_moment_one_does(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let callers = [&parts.county, &parts.lead, &parts.state, &parts.county, &parts.lead];
    let barrier = Barrier::new(callers.len());
    let answers: Vec<u16> = thread::scope(|scope| {
        let threads = callers.map(|caller| {
            scope.spawn(|| {
                barrier.wait();
                open(caller, &service, IN_NEED).status
            })
        });
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [201, 409].contains(status)), "{answers:?}");
    let list = done(&parts.county.get(&service, ENGAGEMENTS), 200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

fn what_was_asked_once_is_done_once_and_a_deletion_leaves_its_trace(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let parts = Parts::of(&issuer);
    let county = &parts.county;
    let key = ("idempotency-key", "engagement-1");
    let send = |on: &str| {
        let body = json!({"cds": IN_NEED, "on": on}).to_string();
        county.send(&service, "POST", ENGAGEMENTS, &[JSON, key], body)
    };
    let (opened, again) = (send(ON), send(ON));
    assert_eq!((opened.status, again.status), (201, 201));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.json(), opened.json());
    assert_eq!(refused(&send("2024-03-02")).1, "key-used-otherwise");
    let path = path_of(&opened);
    let body = json!({"needs": [{"words": "attendance"}]}).to_string();
    let write = |headers: &[(&str, &str)]| {
        county.send(&service, "PATCH", &path, &[&[JSON], headers].concat(), body.clone())
    };
    assert_eq!(refused(&write(&[])).1, "condition-needed");
    let own = [("if-match", "\"1\""), ("idempotency-key", "change-1")];
    assert_eq!(done(&write(&own), 200)["version"], 2);
    let replayed = write(&own);
    assert_eq!((replayed.status, replayed.header("etag")), (200, "\"2\""));
    assert_eq!(replayed.header("idempotency-replayed"), "true");
    for stale in ["\"1\"", "W/\"2\"", "\"3\"", "2"] {
        assert_eq!(write(&[("if-match", stale)]).status, 412, "{stale}");
    }
    let held = [("if-none-match", "\"2\"")];
    assert_eq!(county.send(&service, "GET", &path, &held, "").status, 304);

    let before = done(&county.get(&service, &path), 200);
    let moment = before["changedAt"].as_str().unwrap();
    let delete = |caller: &Caller, tag: &str| {
        let asked = format!("{path}?reason=it+was+of+another+LEA");
        caller.send(&service, "DELETE", &asked, &[("if-match", tag)], "")
    };
    assert_eq!(refused(&delete(&parts.lead, "*")).1, "step-of-others");
    assert_eq!(delete(county, "\"1\"").status, 412);
    assert_eq!(delete(county, "\"2\"").status, 204);
    let checklist = county.get(&service, &format!("{path}/checklist"));
    for answer in [county.get(&service, &path), write(&[ANY]), delete(county, "*"), checklist] {
        assert_eq!((answer.status, refused(&answer).1.as_str()), (410, "record-deleted"));
        assert!(answer.json()["detail"].as_str().unwrap().contains("it was of another LEA"));
    }
    assert_eq!(done(&county.get(&service, ENGAGEMENTS), 200)["items"], json!([]));
    assert_eq!(done(&county.get(&service, &format!("{path}?asOf={moment}")), 200), before);
    // In its place another may be opened.
    done(&open(county, &service, IN_NEED), 201);
    let admin = Caller::new(&issuer, "admin", "state");
    let audit = done(&admin.get(&service, "/v1/audit?outcome=done&limit=5000"), 200);
    let told: Vec<(&str, u64)> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| (entry["operation"].as_str().unwrap(), entry["status"].as_u64().unwrap_or(0)))
        .filter(|(operation, _)| operation.ends_with("Engagement"))
        .collect();
    assert_eq!(
        told,
        [
            ("createEngagement", 201),
            ("updateEngagement", 200),
            ("deleteEngagement", 204),
            ("createEngagement", 201)
        ]
    );
    let checked = program.run(["check"]);
    assert_eq!(checked.code, 0, "{}", checked.err);
}

on_both![
    an_engagement_rests_on_a_public_assignment_and_is_one_at_a_time,
    what_is_written_later_rests_on_the_support_of_its_day,
    what_the_law_asks_of_an_activity_is_refused_by_name_where_it_is_missing,
    the_lea_writes_what_it_decides_and_its_needs_are_marked_by_its_results,
    a_step_is_ahead_due_late_or_done_on_each_side_of_its_day,
    a_county_office_has_steps_of_its_own_for_what_is_opened_from_then_on,
    of_two_who_edit_at_the_same_moment_one_gets_412_and_both_texts_survive,
    of_many_who_open_at_the_same_moment_one_does,
    what_was_asked_once_is_done_once_and_a_deletion_leaves_its_trace,
];
