//! A county office's winter, from end to end over HTTP, with the state's real files of one county
//! and tokens of those who have a part in it: files are taken in and decided under embargo, LEAs
//! see what is theirs, everything is published, those who are identified are written to and
//! helped, one LEA is not taken on by the Collaborative and another is, and the spring is summed
//! up. At each step it is looked at who may see what.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use calsos_tests::issuer::Issuer;
use calsos_tests::jobs::{Caller, path_of, serve};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program};
use calsos_tests::service::{Answer, Service};
use calsos_tests::shared::{files, real_data};
use serde_json::{Value, json};

const YEAR: &str = "2023";
/// From when the year's results are public, and the first day of the next calendar year.
const PUBLIC_ON: &str = "2023-12-15";
const JANUARY: &str = "2024-01-15";
const SPRING: &str = "2024-05-20";

const LEAD: &str = "Lead of the Coast";

const JSON: (&str, &str) = ("content-type", "application/json");
const CSV: (&str, &str) = ("content-type", "text/csv; charset=utf-8");
const ANY: (&str, &str) = ("if-match", "*");
const AS_JSON: (&str, &str) = ("accept", "application/json");

const SERVICES: &str = "code,division,service,levels,for,kind,indicators,groups,priorities,\
                        from_grade,to_grade,contact,link,open_to_all\n\
                        ATT,Student Services,Attendance teams,1;2,LEAs,coaching,CHRO,,,,,a@x.org,,\n\
                        LIT,Instruction,Early literacy,1;2,LEAs,training,ELA,,,,,b@x.org,,\n\
                        MAT,Instruction,Mathematics network,1;2,LEAs,network,MATH,,,,,c@x.org,,\n\
                        SUS,Student Services,Fair discipline,2,LEAs,training,SUSP,,,,,d@x.org,,\n";

/// Those who have a part in it, by name. `identified` is an LEA that is, `other` one that is not.
struct Parts(Vec<(&'static str, Caller)>);

impl Parts {
    fn of(issuer: &Issuer, identified: &str, other: &str) -> Parts {
        let with = |scopes: &str, agency: &str| Caller::new(issuer, scopes, agency);
        Parts(vec![
            ("state", with("read preview support import publish", "state")),
            ("ccee", with("read preview support", "ccee")),
            ("county", with("read preview support import publish", "county:27")),
            ("neighbour", with("read preview support", "county:02")),
            ("lead", with("read preview support", &format!("geographicLead:{LEAD}"))),
            ("lea", with("read preview support", &format!("lea:{identified}"))),
            ("other lea", with("read preview support", &format!("lea:{other}"))),
            ("reader", with("read", "")),
        ])
    }

    fn by(&self, name: &str) -> &Caller {
        &self.0.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// Who is answered.
    fn who_sees(&self, service: &Service, path: &str) -> Vec<&'static str> {
        let sees = |(name, caller): &(&'static str, Caller)| {
            let answer = caller.get(service, path);
            match answer.status {
                200 => Some(*name),
                404 => None,
                status => panic!("{name}, {path}: {status} {}", answer.json()),
            }
        };
        self.0.iter().filter_map(sees).collect()
    }
}

#[track_caller]
fn done(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

fn get(caller: &Caller, service: &Service, path: &str) -> Value {
    done(&caller.send(service, "GET", path, &[AS_JSON], ""), 200)
}

fn post(caller: &Caller, service: &Service, path: &str, body: &Value) -> Answer {
    caller.send(service, "POST", path, &[JSON], body.to_string())
}

fn patch(caller: &Caller, service: &Service, path: &str, body: &Value) -> Value {
    done(&caller.send(service, "PATCH", path, &[JSON, ANY], body.to_string()), 200)
}

fn step(caller: &Caller, service: &Service, path: &str, body: &Value) -> Answer {
    caller.send(service, "POST", &format!("{path}/steps"), &[JSON, ANY], body.to_string())
}

fn items(list: &Value) -> &[Value] {
    list["items"].as_array().unwrap()
}

fn texts(list: &Value, name: &str) -> BTreeSet<String> {
    items(list).iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
}

/// Takes files in, and gives where their releases are.
fn import(caller: &Caller, service: &Service, files: &[PathBuf], words: &str) -> Vec<String> {
    let take = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_str().unwrap();
        let accepted = caller.import(service, &format!("{name}{words}"), fs::read(file).unwrap());
        let job = caller.ended(service, &accepted);
        assert_eq!(job["state"], "done", "{name}: {job}");
        format!("/v1/releases/{}", job["release"]["number"])
    };
    files.iter().map(take).collect()
}

fn named(folder: &Path, part: &str) -> Vec<PathBuf> {
    let mut found = files(folder, &[".txt", ".xls", ".xlsx"]);
    found.retain(|file| file.to_string_lossy().contains(part));
    assert!(!found.is_empty(), "{part} in {}", folder.display());
    found
}

/// Has everything decided, and waits until that is served.
fn decide(state: &Caller, service: &Service) {
    let job = state.ended(service, &state.send(service, "POST", "/v1/runs", &[], ""));
    assert_eq!(job["state"], "done", "{job}");
    let number = format!("{}.", job["run"]["number"]);
    service.wait_until("the run is shown", |service| {
        let shown = state.get(service, "/v1/determinations?limit=1");
        shown.header("dataset-version").starts_with(&number)
    });
}

fn a_county_offices_winter(on: Backend) {
    let Some(data) = real_data("a_county_offices_winter") else { return };
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let issuer = Issuer::new();
    let (state, county) = (
        Caller::new(&issuer, "read preview import publish", "state"),
        Caller::new(&issuer, "read preview support import publish", "county:27"),
    );

    // What was public by last autumn: the state's lists, and the county's results.
    let leads = format!("county,lead_agency,from,until,source\n27,{LEAD},,,letter\n");
    program.import([program.write("leads.csv", leads)]);
    for list in ["17", "18", "19-rev", "22"] {
        program.import(named(&data.join("published"), &format!("status{list}.")));
    }
    program.import(named(&data.join("dashboard"), "2018"));
    program.import(named(&data.join("dashboard"), "2022"));
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);

    // October, November: the county office takes the new year's files in before they are public.
    let embargo = "&publicAt=2090-01-01";
    let mut held_back = import(&county, &service, &named(&data.join("dashboard"), YEAR), embargo);
    held_back.extend(import(
        &state,
        &service,
        &files(&data.join("local-indicators"), &[".xlsx"]),
        embargo,
    ));
    decide(&state, &service);
    let of_county = format!("/v1/determinations?year={YEAR}&county=27&limit=100");
    let decided = get(&county, &service, &of_county);
    let all = texts(&decided, "cds");
    let identified =
        texts(&get(&county, &service, &format!("{of_county}&status=differentiated")), "cds");
    assert!(identified.len() >= 5 && identified.len() < all.len(), "{identified:?} of {all:?}");
    let is_district = |cds: &&String| {
        items(&decided).iter().any(|item| item["cds"] == ***cds && item["leaType"] == "district")
    };
    let mut districts = identified.iter().filter(is_district);
    let (lea, second) = (districts.next().unwrap(), districts.next().unwrap());
    let other = all.iter().filter(is_district).find(|cds| !identified.contains(*cds)).unwrap();
    let parts = Parts::of(&issuer, lea, other);
    let determination = format!("/v1/leas/{lea}/determinations/{YEAR}");
    assert_eq!(parts.who_sees(&service, &determination), ["state", "county", "lead", "lea"]);
    let notice = format!("/v1/leas/{lea}/communications/noticeOfIdentification?year={YEAR}");
    assert_eq!(parts.who_sees(&service, &notice), ["state", "county", "lead", "lea"]);
    // The LEA looks at what is its own, and at nobody else's.
    let own = get(parts.by("lea"), &service, &notice);
    assert_eq!((&own["isPublic"], &own["identified"]), (&json!(false), &json!(true)));
    let seen = get(parts.by("lea"), &service, &format!("/v1/determinations?year={YEAR}"));
    assert_eq!(texts(&seen, "cds"), BTreeSet::from([lea.clone()]));
    // A preview is no public determination: it is in what the last one says.
    let support = format!("/v1/leas/{lea}/support");
    assert_eq!(items(&get(&county, &service, &support))[0]["dashboardYear"], 2022);
    let opening = json!({"cds": lea, "on": JANUARY});

    // December: everything is public.
    for release in &held_back {
        let public = json!({"publicAt": "now"}).to_string();
        let tag = state.get(&service, release).header("etag").to_owned();
        let said = state.send(&service, "PATCH", release, &[JSON, ("if-match", &tag)], public);
        assert_eq!(said.status, 200, "{}", said.json());
    }
    service.wait_until("the year is public", |service| service.get(&determination).status == 200);
    let everybody: Vec<&str> = parts.0.iter().map(|(name, _)| *name).collect();
    assert_eq!(parts.who_sees(&service, &determination), everybody);
    service.wait_until("the assignment follows", |service| {
        items(&service.json(&support))[0]["dashboardYear"] == 2023
    });
    let assigned = service.json(&support);
    let newest = &items(&assigned)[0];
    assert_eq!(
        (&newest["assignedLevel"], &newest["effectiveFrom"]),
        (&json!(2), &json!(PUBLIC_ON))
    );
    assert_eq!(newest["provider"]["coProviders"][0]["name"], LEAD);
    let in_level_2 = service.json("/v1/assignments?county=27&assignedLevel=2&limit=100");
    assert_eq!(texts(&in_level_2, "cds"), identified);
    // The state's list, which comes weeks later, says the same of every LEA of the county.
    import(&state, &service, &named(&data.join("published"), "status23."), "&publicAt=now");
    decide(&state, &service);
    let listed = service.json("/v1/assignments?county=27&assignedLevel=2&limit=100");
    assert_eq!(texts(&listed, "cds"), identified);
    let origins = texts(&listed, "origin");
    assert_eq!(origins, BTreeSet::from(["published".to_owned()]));

    // Those who are identified are written to.
    for kind in ["noticeOfIdentification", "onePageSummary"] {
        let path = format!("/v1/communications/{kind}?year={YEAR}&county=27");
        let letters = get(&county, &service, &path);
        assert_eq!(texts(&letters, "cds"), identified, "{kind}");
        let document = county.get(&service, &path);
        assert!(document.header("content-type").starts_with("text/html"));
        let html = String::from_utf8(document.body).unwrap();
        for letter in items(&letters) {
            assert!(html.contains(letter["name"].as_str().unwrap()), "{kind}: {letter}");
            assert_eq!(letter["isPublic"], true);
        }
    }

    // January: an engagement with each district that is identified, by the county's own steps.
    let own_steps = json!({"steps": [
        {"key": "call", "title": "A first call", "days": 14},
        {"key": "review", "title": "The review of the LCAP", "activity": "lcapReview", "days": 120},
    ]});
    let template = "/v1/engagement-templates/27";
    done(&county.send(&service, "PUT", template, &[JSON, ANY], own_steps.to_string()), 200);
    let mut engagements = Vec::new();
    for cds in identified.iter().filter(is_district) {
        let body = json!({"cds": cds, "on": JANUARY});
        engagements.push(path_of(&post(&county, &service, "/v1/engagements", &body)));
    }
    let none = post(&county, &service, "/v1/engagements", &json!({"cds": other, "on": JANUARY}));
    assert_eq!(done(&none, 409)["missing"], "inLevel2");
    assert_eq!(
        done(&post(&county, &service, "/v1/engagements", &opening), 409)["missing"],
        "oneEngagement"
    );
    let list = get(&county, &service, "/v1/engagements?county=27&limit=100");
    assert_eq!(items(&list).len(), engagements.len());
    let engagement = items(&list).iter().find(|item| item["cds"] == **lea).unwrap();
    let engagement = format!("/v1/engagements/{}", engagement["id"].as_str().unwrap());
    assert_eq!(parts.who_sees(&service, &engagement), ["state", "county", "lead", "lea"]);
    let checklist = |on: &str| get(&county, &service, &format!("{engagement}/checklist?on={on}"));
    let call = |on: &str| items(&checklist(on))[0].clone();
    assert_eq!(
        (&call(JANUARY)["key"], &call(JANUARY)["due"]),
        (&json!("call"), &json!("2023-12-29"))
    );
    assert_eq!(call("2023-12-29")["state"], "due");
    assert_eq!(call("2023-12-30")["state"], "late");

    // What the county office offers, and what of it answers the LEA's needs.
    let catalogue = "/v1/service-catalogues/county:27";
    let loaded = county.send(&service, "PUT", catalogue, &[CSV, ANY], SERVICES);
    assert_eq!(done(&loaded, 200)["added"], 4);
    let path = format!("/v1/leas/{lea}/recommended-services?year={YEAR}");
    assert_eq!(parts.who_sees(&service, &path), everybody);
    let recommended = get(&county, &service, &path);
    let made: Vec<&Value> = items(&recommended)
        .iter()
        .flat_map(|item| item["matches"].as_array().unwrap())
        .filter(|found| found["madeEligible"] == true)
        .collect();
    assert!(!made.is_empty(), "{recommended}");
    let need = json!({"group": made[0]["group"], "indicator": made[0]["indicator"]});

    // The LEA says what is taken up, the county office what is done; nobody for the other.
    let needs = json!({"needs": [need, {"words": "teachers who stay"}]});
    let chosen = patch(parts.by("lea"), &service, &engagement, &needs);
    assert_eq!(chosen["needs"][0]["madeEligible"], true);
    assert_eq!(chosen["needs"][1]["madeEligible"], false);
    let held = json!({"sessions": [{"on": "2024-01-22", "kind": "rootCauses", "words": "Why"}]});
    let by_lea =
        parts.by("lea").send(&service, "PATCH", &engagement, &[JSON, ANY], held.to_string());
    assert_eq!(by_lea.status, 403);
    patch(&county, &service, &engagement, &held);
    let unwritten = json!({"activities": {"strengthsAndWeaknesses": {
        "state": "done", "from": "2024-01-22", "until": "2024-02-20",
    }}});
    let refused = county.send(&service, "PATCH", &engagement, &[JSON, ANY], unwritten.to_string());
    assert_eq!(done(&refused, 409)["missing"], "inWriting");
    let mut written = unwritten;
    written["activities"]["strengthsAndWeaknesses"]["evidence"] = json!([{
        "link": "https://example.org/strengths.pdf", "title": "Strengths and weaknesses",
        "on": "2024-02-20", "sha256": "0a".repeat(32),
    }]);
    written["activities"]["strengthsAndWeaknesses"]["programs"] =
        json!([{"name": "Attendance teams", "evidence": "a study of 40 schools"}]);
    written["steps"] = json!({"call": {"doneOn": "2024-01-16"}});
    patch(parts.by("lead"), &service, &engagement, &written);
    assert_eq!(call("2024-01-16")["state"], "done");

    // Two referrals: the Collaborative takes one LEA on, and the other not.
    let refer = |cds: &str| {
        let body = json!({
            "cds": cds, "door": "countyOffice", "on": "2024-02-01", "reason": "years of need",
            "geographicLead": LEAD, "expertLeads": "considered, none was called in",
        });
        let made = post(&county, &service, "/v1/referrals", &body);
        done(&made, 201);
        path_of(&made)
    };
    let (taken, not_taken) = (refer(lea), refer(second));
    let by_ccee = |path: &str, body: Value| step(parts.by("ccee"), &service, path, &body);
    for path in [&taken, &not_taken] {
        let early = by_ccee(path, json!({"step": "accept", "on": "2024-02-02", "words": "x"}));
        assert_eq!(done(&early, 409)["missing"], "leaConsulted");
        let consult = json!({"step": "consultLea", "on": "2024-02-05", "words": "a visit"});
        done(&by_ccee(path, consult), 200);
        for provider in ["countyOffice", "geographicLead"] {
            let consult = json!({"step": "consultProvider", "on": "2024-02-06", "words": "a call",
                "provider": provider});
            done(&by_ccee(path, consult), 200);
        }
    }
    let no = json!({"step": "decline", "on": "2024-02-12", "words": "the county's help has begun"});
    assert_eq!(done(&by_ccee(&not_taken, no), 200)["state"], "declined");
    let yes = json!({"step": "accept", "on": "2024-02-12", "words": "needs of years"});
    assert_eq!(done(&by_ccee(&taken, yes), 200)["state"], "accepted");
    done(&by_ccee(&taken, json!({"step": "begin", "on": "2024-03-01"})), 200);
    assert_eq!(parts.who_sees(&service, &taken), ["state", "ccee", "county", "lead", "lea"]);
    service.wait_until("level 3 is shown", |service| {
        texts(&service.json("/v1/assignments?county=27&assignedLevel=3"), "cds")
            == BTreeSet::from([lea.clone()])
    });
    let still = service.json("/v1/assignments?county=27&assignedLevel=2&limit=100");
    assert!(texts(&still, "cds").contains(second));
    // The Collaborative sees the engagement of whom it has taken on, and not that of the other any
    // more; why it did not take that one on is there to be read.
    assert_eq!(parts.who_sees(&service, &engagement), ["state", "ccee", "county", "lead", "lea"]);
    let of_second = items(&list).iter().find(|item| item["cds"] == **second).unwrap();
    let of_second = format!("/v1/engagements/{}", of_second["id"].as_str().unwrap());
    assert_eq!(parts.who_sees(&service, &of_second), ["state", "county", "lead"]);
    assert_eq!(parts.who_sees(&service, &not_taken), ["state", "ccee", "county", "lead"]);

    // Spring: what was done and what came of it, in writing, for those whose it is.
    let summed_up = json!({
        "activities": {"lcapReview": {
            "state": "done", "from": "2024-03-01", "until": SPRING, "words": "goals 1 and 2",
        }},
        "actions": [{"on": "2024-04-01", "words": "Home visits", "outcome": "Absence fell"}],
    });
    patch(&county, &service, &engagement, &summed_up);
    let changes =
        json!({"lcapChanges": [{"part": "goal", "which": "2.1", "words": "Home visits"}]});
    patch(parts.by("lea"), &service, &engagement, &changes);
    let summary = format!("/v1/leas/{lea}/communications/springSummary?year={YEAR}");
    assert_eq!(parts.who_sees(&service, &summary), ["state", "ccee", "county", "lead", "lea"]);
    let html = String::from_utf8(county.get(&service, &summary).body).unwrap();
    for said in ["Home visits", "Absence fell", "goals 1 and 2", "Attendance teams"] {
        assert!(html.contains(said), "{said}: {html}");
    }
    let list = checklist(SPRING);
    assert_eq!((&list["done"], &list["late"]), (&json!(2), &json!(0)), "{list}");
    // Every word that anybody wrote is kept, with who it was.
    let whole = get(&county, &service, &engagement);
    let by: BTreeSet<&str> = whole["versions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|of| of["agency"].as_str())
        .collect();
    let lea_agency = format!("lea:{lea}");
    let lead_agency = format!("geographicLead:{LEAD}");
    assert_eq!(by, BTreeSet::from(["county:27", &lead_agency, &lea_agency]));
    assert_eq!(whole["needs"][1]["words"], "teachers who stay");
    let checked = program.json(["check"]);
    assert_eq!(checked["findings"], json!([]), "{checked}");
}

on_both![a_county_offices_winter];
