//! Every operation of the document, for every kind of caller, where reading takes a token and
//! where it does not: who is let in, and what of which LEAs is shown. What an operation needs
//! is taken from the document, and whom an agency reaches from a table here.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use calsos_tests::document::{Needs, Operation, operations, with_query};
use calsos_tests::issuer::{Issuer, now};
use calsos_tests::program::{Backend, Program, list_text, table};
use calsos_tests::service::{Answer, Service};
use serde_json::{Value, json};

const DISTRICT: &str = "01999990000000";
const OFFICE: &str = "01199990000000";
/// Charter schools of the district; a table has the second in county 02.
const CHARTER: &str = "01999999999999";
const MOVED: &str = "01999999999998";
const NEIGHBOUR: &str = "02999990000000";
const FAR: &str = "03999990000000";
/// A district that only files name that are not public.
const NEW: &str = "01888880000000";

/// A year that is public, and one that is not.
const PUBLIC: &str = "2023";
const HELD_BACK: &str = "2024";

/// Years of which there are only public lists: without them nobody knows who helps.
const PAST: [u16; 3] = [2018, 2019, 2022];

const OF_PUBLIC: [&str; 6] = [DISTRICT, OFFICE, CHARTER, MOVED, NEIGHBOUR, FAR];
const OF_HELD_BACK: [&str; 7] = [DISTRICT, OFFICE, CHARTER, MOVED, NEIGHBOUR, FAR, NEW];

/// The agency that has asked for a job.
const JOBS_OF: &str = "county:01";

/// The agency whose catalogue of services is there.
const KEPT_BY: &str = "county:01";

/// The county in which an LEA is.
fn located_in(cds: &str) -> &str {
    if cds == MOVED { "02" } else { &cds[..2] }
}

/// Whom each agency reaches, and of which counties' files it knows thereby.
const AGENCIES: [(&str, &[&str], &[&str]); 14] = [
    ("state", &OF_HELD_BACK, &["01", "02", "03"]),
    ("spi", &OF_HELD_BACK, &["01", "02", "03"]),
    // By the one referral that is open.
    ("ccee", &[DISTRICT], &["01"]),
    ("county:01", &[DISTRICT, OFFICE, CHARTER, NEW], &["01"]),
    ("county:02", &[MOVED, NEIGHBOUR], &["01", "02"]),
    ("geographicLead:Lead One", &[DISTRICT, OFFICE, CHARTER, NEW], &["01"]),
    ("geographicLead:Lead Two", &[MOVED, NEIGHBOUR, FAR], &["01", "02", "03"]),
    ("geographicLead:Nobody", &[], &[]),
    ("selpa:0101", &[], &[]),
    ("authorizer:01999990000000", &[CHARTER, MOVED], &["01"]),
    ("authorizer:02999990000000", &[], &[]),
    ("lea:01999990000000", &[DISTRICT], &["01"]),
    ("lea:02999990000000", &[NEIGHBOUR], &["02"]),
    // A token without an agency.
    ("", &[], &[]),
];

const SCOPES: [&str; 8] =
    ["read", "preview", "import", "publish", "support", "admin", "read preview", ""];

/// The counties of which the releases speak, in the order of import; `None` is the state.
struct Releases {
    public: Vec<Option<Vec<&'static str>>>,
    held_back: Vec<Option<Vec<&'static str>>>,
}

/// Two years and the tables that say who reaches whom. Of the second year, which is held back,
/// county 01 has files of its own.
fn world() -> (Program, Releases) {
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    let red = |leas: &[&'static str]| -> Vec<_> {
        let of = |cds: &&'static str| ["ELA", "MATH", "SUSP"].map(|i| (i, (*cds, "SWD", 1)));
        leas.iter().flat_map(of).collect()
    };
    let all = || Some(vec!["01", "02", "03"]);
    let mut files = program.write_year(2023, &OF_PUBLIC, &red(&OF_PUBLIC), &[]);
    let mut public = vec![all(); files.len()];
    let row = |cds: &'static str| (cds, "General Assistance", [].as_slice());
    let list = list_text("LCFF Eligibility File", 2023, &OF_PUBLIC.map(row));
    files.push(program.write("assistancestatus23.csv", list));
    let leads = "county,lead_agency,from,until,source\n\
                 01,Lead One,,,letter\n02,Lead Two,,,letter\n03,Lead Two,,,letter\n";
    files.push(program.write("leads.csv", leads));
    let places = "cds,located_in,from,until,source\n01999999999998,02,,,petition\n";
    files.push(program.write("places.csv", places));
    public.extend([all(), None, None]);
    for year in PAST {
        let list = list_text("LCFF Eligibility File", year, &OF_PUBLIC.map(row));
        files.push(program.write(&format!("assistancestatus{}.csv", year % 100), list));
        public.push(all());
    }
    program.import(files);
    program.succeed(["determine"]);

    let (mut held_back, words) = (Vec::new(), ["import", "--public-at", "2090-01-01"]);
    let own: Vec<&str> = OF_HELD_BACK.into_iter().filter(|cds| cds.starts_with("01")).collect();
    for (leas, counties) in [(own, vec!["01"]), (vec![NEIGHBOUR, FAR], vec!["02", "03"])] {
        let files = program.write_year(2024, &leas, &red(&leas), &[]);
        held_back.extend(vec![Some(counties); files.len()]);
        let paths = files.iter().map(|file| file.to_str().unwrap());
        program.succeed(words.into_iter().chain(paths));
    }
    let list = list_text("LCFF Eligibility File", 2024, &OF_HELD_BACK.map(row));
    let list = program.write("assistancestatus24.csv", list);
    program.succeed(words.into_iter().chain([list.to_str().unwrap()]));
    held_back.push(all());
    program.succeed(["determine"]);
    // What is said afterwards makes what was shown before it a picture of its own.
    let services = "code,service,levels,for,kind,contact\nA,Coaching,1,LEAs,coaching,office\n";
    let services = program.write("services.csv", services);
    let words = ["services", "import", "--provider", KEPT_BY];
    program.succeed(words.into_iter().chain([services.to_str().unwrap()]));
    let last = (public.len() + held_back.len()).to_string();
    program.succeed(["publish", &last, "--at", "2091-01-01"]);
    (program, Releases { public, held_back })
}

/// A caller, and what it says of itself.
#[derive(Clone, Debug)]
struct Caller {
    name: String,
    token: Option<String>,
    scopes: BTreeSet<&'static str>,
    agency: &'static str,
    reached: BTreeSet<&'static str>,
    counties: BTreeSet<&'static str>,
    is_known: bool,
}

impl Caller {
    fn stranger(name: &str, token: Option<String>) -> Caller {
        Caller {
            name: name.to_owned(),
            token,
            scopes: BTreeSet::new(),
            agency: "",
            reached: BTreeSet::new(),
            counties: BTreeSet::new(),
            is_known: false,
        }
    }

    fn all(issuer: &Issuer) -> Vec<Caller> {
        let mut callers = vec![Caller::stranger("anonymous", None)];
        let with = |name: &str, value: Value| {
            let mut claims = Issuer::claims("read preview import publish support admin", "state");
            claims[name] = value;
            let token = issuer.sign(&Issuer::header().to_string(), &claims.to_string());
            Caller::stranger(&format!("with another {name}"), Some(token))
        };
        callers.push(with("exp", json!(now() - 3600)));
        callers.push(with("aud", json!("https://other.example")));
        callers.push(with("iss", json!("https://nobody.example")));
        for (agency, reached, counties) in AGENCIES {
            for scopes in SCOPES {
                callers.push(Caller {
                    name: format!("{agency:?} with {scopes:?}"),
                    token: Some(issuer.token(scopes, agency)),
                    scopes: scopes.split_whitespace().collect(),
                    agency,
                    reached: reached.iter().copied().collect(),
                    counties: counties.iter().copied().collect(),
                    is_known: true,
                });
            }
        }
        callers
    }

    /// Whether it reaches whatever there is.
    fn is_state(&self) -> bool {
        matches!(self.agency, "state" | "spi")
    }

    /// The status and, of a refusal, the code that the caller is to be answered with before
    /// anything else is looked at; `None` where it is let in.
    fn refusal(&self, needs: &Needs, open: bool) -> Option<(u16, &'static str)> {
        let scope = match needs {
            Needs::Nothing => return None,
            Needs::Reading if open => None,
            Needs::Reading => Some("read"),
            Needs::Scope(scope) => Some(scope.as_str()),
            Needs::ReadingSupport if self.scopes.contains("support") => Some("support"),
            Needs::ReadingSupport => Some("read"),
        };
        match (self.is_known, &self.token, scope) {
            (false, Some(_), _) => Some((401, "invalid_token")),
            (_, _, None) => None,
            (_, None, Some(_)) => Some((401, "")),
            (_, Some(_), Some(scope)) if self.scopes.contains(scope) => None,
            (_, Some(_), Some(_)) => Some((403, "insufficient_scope")),
        }
    }

    /// The LEAs whose results of each year the caller is to see.
    fn sees(&self, open: bool) -> View {
        let own = |of: &[&'static str]| -> BTreeSet<&'static str> {
            of.iter().copied().filter(|cds| self.reached.contains(cds)).collect()
        };
        let everything = open || self.is_state();
        let may_read = open || self.scopes.contains("read");
        let public = match may_read {
            true if everything => BTreeSet::from(OF_PUBLIC),
            true => own(&OF_PUBLIC),
            false => BTreeSet::new(),
        };
        let preview = may_read && self.scopes.contains("preview");
        let held_back = if preview { own(&OF_HELD_BACK) } else { BTreeSet::new() };
        View { public, held_back, everything: everything && may_read, nothing: !may_read }
    }
}

/// What a caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
struct View {
    public: BTreeSet<&'static str>,
    held_back: BTreeSet<&'static str>,
    /// Whether that is all that is public.
    everything: bool,
    /// Whether that is nothing at all.
    nothing: bool,
}

impl View {
    /// The runs that may be known of, of which the second read what is held back. Who sees
    /// only a part of the LEAs knows of the one that is shown: the others say how many answers
    /// they have in all.
    fn runs(&self) -> Vec<u64> {
        match (self.held_back.is_empty(), self.everything) {
            (true, _) => vec![1],
            (false, true) => vec![1, 2],
            (false, false) => vec![2],
        }
    }

    fn of_year(&self, year: &str) -> &BTreeSet<&'static str> {
        match year {
            HELD_BACK => &self.held_back,
            _ => &self.public,
        }
    }

    fn leas(&self) -> BTreeSet<&'static str> {
        &self.public | &self.held_back
    }

    /// Each answer, by year and code.
    fn answers(&self) -> BTreeSet<(String, String)> {
        let of = |year: &str, leas: &BTreeSet<&str>| -> Vec<_> {
            leas.iter().map(|cds| (year.to_owned(), (*cds).to_owned())).collect()
        };
        let past = PAST.iter().flat_map(|year| of(&year.to_string(), &self.public));
        past.chain(of(PUBLIC, &self.public)).chain(of(HELD_BACK, &self.held_back)).collect()
    }

    /// The numbers of the releases.
    fn releases(&self, caller: &Caller, releases: &Releases) -> BTreeSet<u64> {
        let speaks = |of: &Option<Vec<&str>>| match of {
            _ if self.nothing => false,
            None => !caller.counties.is_empty(),
            Some(of) => of.iter().any(|county| caller.counties.contains(county)),
        };
        let public = releases.public.iter().map(|of| self.everything || speaks(of));
        let held_back = releases.held_back.iter();
        let held_back = held_back.map(|of| !self.held_back.is_empty() && speaks(of));
        (1..).zip(public.chain(held_back)).filter(|(_, seen)| *seen).map(|(n, _)| n).collect()
    }
}

fn get(service: &Service, caller: &Caller, method: &str, path: &str, body: &str) -> Answer {
    let bearer = caller.token.as_ref().map(|token| format!("Bearer {token}"));
    let mut headers = vec![("request-id", "matrix")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    if method == "POST" {
        headers.push(("content-type", "application/x-www-form-urlencoded"));
    }
    service.send(method, path, &headers, body)
}

/// The values that each parameter is asked with.
fn values(operation: &str, name: &str) -> Vec<String> {
    let values: &[&str] = match (operation, name) {
        ("getDetermination" | "getTrace", "cds") => &[DISTRICT, MOVED, FAR, NEW],
        (_, "cds") => &[DISTRICT, MOVED, NEIGHBOUR, NEW],
        ("compareRulebooks", _) => &[PUBLIC],
        (_, "year") => &[PUBLIC, HELD_BACK],
        // One of all counties, a table, one of county 01, one of 02 and 03, and one that is not.
        ("getRelease" | "updateRelease", "id") => &["1", "16", "21", "35", "99"],
        ("getRun" | "listRunChanges", "id") => &["1", "2", "3"],
        ("getCitation", "id") => &["cde-calpads-da"],
        ("createImport", "fileName") => &["file.txt"],
        (_, "provider") => &[KEPT_BY],
        ("getCommunication", "kind") => &["strengthsAndWeaknesses"],
        (_, "kind") => &["onePageSummary"],
        (_, "county") => &["01"],
        (_, "reason") => &["wrong"],
        ("getIntervention" | "takeInterventionStep" | "deleteIntervention", "id") => {
            &["01890a5d-ac96-774b-bcce-b302099a8057"]
        }
        _ => panic!("nobody has said with what {name} of {operation} is asked"),
    };
    values.iter().map(|value| (*value).to_owned()).collect()
}

/// The same as of the moment at which the second run was made, where an operation knows that.
fn as_of(operation: &Operation, paths: &[String], moment: &str) -> Vec<String> {
    let is_known = operation.parameters.iter().any(|parameter| parameter["name"] == "asOf");
    let paths = paths.iter().filter(|_| is_known);
    paths.map(|path| with_query(path, "asOf", moment)).collect()
}

/// What else an operation is asked with.
fn more(operation: &str) -> Vec<String> {
    let more: &[&str] = match operation {
        "listLeas" => &["/v1/leas?county=01&total=true"],
        "listDeterminations" => &[
            "/v1/determinations?county=01&total=true",
            "/v1/determinations?year=2023",
            "/v1/determinations?year=2024&total=true",
        ],
        "listRunChanges" => &["/v1/runs/1/changes?limit=5000", "/v1/runs/2/changes?limit=5000"],
        "listChanges" => &["/v1/changes?since=0&limit=5000"],
        "listAssignments" => &["/v1/assignments?county=01&total=true"],
        _ => &[],
    };
    more.iter().map(|path| (*path).to_owned()).collect()
}

/// What the service is asked for, read out of the path again.
fn part<'p>(path: &'p str, after: &str) -> &'p str {
    let rest = path.split_once(after).map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '&']).next().unwrap_or_default()
}

fn year_of(path: &str) -> &str {
    let years = [PUBLIC, HELD_BACK];
    years
        .into_iter()
        .find(|year| path.contains(&format!("/{year}")) || path.contains(&format!("={year}")))
        .unwrap()
}

fn texts(items: &Value, name: &str) -> BTreeSet<String> {
    let text =
        |item: &Value| item[name].as_str().map_or_else(|| item[name].to_string(), str::to_owned);
    items.as_array().unwrap().iter().map(text).collect()
}

fn owned(leas: &BTreeSet<&str>) -> BTreeSet<String> {
    leas.iter().map(|cds| (*cds).to_owned()).collect()
}

fn answers(items: &Value) -> BTreeSet<(String, String)> {
    let of = |item: &Value| {
        (item["dashboardYear"].to_string(), item["cds"].as_str().unwrap().to_owned())
    };
    items.as_array().unwrap().iter().map(of).collect()
}

/// Whether an answer shows a caller what it is to be shown of what it asked for, and nothing
/// else. What a caller may not see is not there: 404.
fn assert_shows(
    operation: &Operation,
    path: &str,
    answer: &Answer,
    caller: &Caller,
    view: &View,
    releases: &Releases,
) {
    let id = operation.id.as_str();
    let said = || {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        format!("{id} {path} for {}: {} {body:.600}", caller.name, answer.status)
    };
    let found = |is_there: bool| {
        let expected = if is_there { 200 } else { 404 };
        assert_eq!(answer.status, expected, "{}", said());
        is_there
    };
    let cds = part(path, "/v1/leas/");
    // The referral was made after that moment.
    let is_there = |is_seen: bool| is_seen && !path.contains("asOf=");
    let of_support = operation.needs == Needs::ReadingSupport;
    if path.contains("asOf=") && view.answers().is_empty() && !of_support {
        assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not-decided-yet")));
        return;
    }
    match id {
        "getDiscovery"
        | "getHealth"
        | "getReadiness"
        | "getKeys"
        | "getAuthorizationServer"
        | "listRulebooks"
        | "getRulebook"
        | "compareRulebooks"
        | "listCitations"
        | "getCitation" => {
            found(true);
        }
        // Without a client, every caller is told the same.
        "createToken" => assert_eq!(answer.status, 400, "{}", said()),
        "listAudit" => {
            found(true);
            // Who is not of the state sees its own agency's.
            let own = |entry: &Value| caller.is_state() || entry["agency"] == caller.agency;
            let entries = answer.json();
            assert!(entries["items"].as_array().unwrap().iter().all(own), "{}", said());
        }
        "listYears" => {
            found(true);
            for year in answer.json()["items"].as_array().unwrap() {
                assert_year(year, view, caller, releases, &said());
            }
        }
        "getYear" => {
            found(true);
            assert_year(&answer.json(), view, caller, releases, &said());
        }
        "listLeas" => {
            found(true);
            let mut leas = owned(&view.leas());
            leas.retain(|cds| cds.starts_with(part(path, "county=")));
            let body = answer.json();
            assert_eq!(texts(&body["items"], "cds"), leas, "{}", said());
            if path.contains("total=true") {
                assert_eq!(body["page"]["total"], leas.len(), "{}", said());
            }
        }
        "getLea" => {
            if found(view.leas().contains(cds)) {
                let years = answer.json()["years"].to_string();
                for year in [PUBLIC, HELD_BACK] {
                    let expected = view.of_year(year).contains(cds);
                    assert_eq!(years.contains(year), expected, "{}", said());
                }
            }
        }
        "listDeterminations" => {
            let mut expected = view.answers();
            expected.retain(|(year, cds)| {
                year.starts_with(part(path, "year=")) && cds.starts_with(part(path, "county="))
            });
            if found(!path.contains("year=") || !expected.is_empty()) {
                let body = answer.json();
                assert_eq!(answers(&body["items"]), expected, "{}", said());
                if path.contains("total=true") {
                    assert_eq!(body["page"]["total"], expected.len(), "{}", said());
                }
            }
        }
        "listChanges" => {
            found(true);
            // Since the beginning, each answer has come to be once; without it, only the place
            // to go on from is told.
            let body = answer.json();
            let asked = path.contains("since=0");
            let expected = if asked { view.answers() } else { BTreeSet::new() };
            assert_eq!(answers(&body["items"]), expected, "{}", said());
            let items = body["items"].as_array().unwrap();
            assert_eq!(items.len(), expected.len(), "{}", said());
            let shown = |item: &Value| item["determination"]["cds"] == item["cds"];
            assert!(items.iter().all(shown), "{}", said());
        }
        "listDeterminationsOfLea" => {
            if found(view.leas().contains(cds)) {
                let mut expected = view.answers();
                expected.retain(|(_, of)| of == cds);
                let body = answer.json();
                let items = body["items"].as_array().unwrap();
                let years: BTreeSet<String> =
                    items.iter().map(|item| item["dashboardYear"].to_string()).collect();
                let expected: BTreeSet<String> = expected.into_iter().map(|(y, _)| y).collect();
                assert_eq!(years, expected, "{}", said());
            }
        }
        "getDetermination" | "getTrace" | "listPerformances" => {
            found(view.of_year(year_of(path)).contains(cds));
        }
        "getSummary" => {
            let leas = view.of_year(year_of(path));
            if found(!leas.is_empty()) {
                assert_eq!(answer.json()["leas"], leas.len(), "{}", said());
            }
        }
        "getReconciliation" => {
            let leas = view.of_year(year_of(path));
            if found(!leas.is_empty()) {
                assert_eq!(answer.json()["leas"], leas.len(), "{}", said());
                assert_names_no_other(answer, leas, &said());
            }
        }
        "exportDeterminations" => {
            let leas = view.of_year(year_of(path));
            if found(!leas.is_empty()) && !path.contains("format=xlsx") {
                let rows = table(&String::from_utf8_lossy(&answer.body));
                let codes: BTreeSet<String> = rows.iter().map(|row| row["cds"].clone()).collect();
                assert_eq!(codes, owned(leas), "{}", said());
            }
        }
        // Both are drawn from what is public alone: what is held back assigns nobody.
        "listAssignments" => {
            found(true);
            let mut leas = owned(&view.public);
            leas.retain(|cds| cds.starts_with(part(path, "county=")));
            let body = answer.json();
            assert_eq!(texts(&body["items"], "cds"), leas, "{}", said());
            let years = texts(&body["items"], "dashboardYear");
            assert!(years.iter().all(|year| year == PUBLIC), "{}", said());
            if path.contains("total=true") {
                assert_eq!(body["page"]["total"], leas.len(), "{}", said());
            }
        }
        "listSupportOfLea" => {
            if found(view.leas().contains(cds)) {
                let years = texts(&answer.json()["items"], "dashboardYear");
                assert_eq!(years.contains(PUBLIC), view.public.contains(cds), "{}", said());
                assert!(!years.contains(HELD_BACK), "{}", said());
            }
        }
        "listProviders" => {
            found(true);
            // Each answer of a district that is red names the county's superintendent.
            let body = answer.json();
            for (year, leas) in [(PUBLIC, &view.public), (HELD_BACK, &view.held_back)] {
                let items = body["items"].as_array().unwrap();
                let helped: u64 = items.iter().filter_map(|item| item["leas"][year].as_u64()).sum();
                assert!(helped <= leas.len() as u64, "{}", said());
                let certain = leas.contains(DISTRICT) || leas.contains(NEIGHBOUR);
                assert!(!certain || helped > 0, "{}", said());
            }
        }
        "listReleases" => {
            found(true);
            let numbers = texts(&answer.json()["items"], "number");
            let expected = view.releases(caller, releases);
            let expected = expected.iter().map(u64::to_string).collect();
            assert_eq!(numbers, expected, "{}", said());
        }
        "getRelease" => {
            let number: u64 = part(path, "/releases/").parse().unwrap();
            found(view.releases(caller, releases).contains(&number));
        }
        // Without an agency nothing is taken in; with one, what is sent here is no file.
        "createImport" => {
            let expected = if caller.agency.is_empty() { 403 } else { 415 };
            assert_eq!(answer.status, expected, "{}", said());
        }
        // A run is asked for without a body, so that none is made here.
        "createRun" => assert_eq!(answer.status, 400, "{}", said()),
        "listImports" => {
            found(true);
            let own = usize::from(sees_job(caller));
            assert_eq!(answer.json()["items"].as_array().unwrap().len(), own, "{}", said());
        }
        "getImport" | "getJob" | "listImportIssues" => {
            found(sees_job(caller));
        }
        // It has ended.
        "cancelJob" => {
            let expected = if sees_job(caller) { 409 } else { 404 };
            assert_eq!(answer.status, expected, "{}", said());
        }
        // Without an agency nothing is written; with one, what is sent here is no record.
        "createReferral" | "createEngagement" | "createRequest" => {
            let expected = if caller.agency.is_empty() { 403 } else { 400 };
            assert_eq!(answer.status, expected, "{}", said());
        }
        "createIntervention" => {
            let expected = if caller.agency == "spi" { 400 } else { 403 };
            assert_eq!(answer.status, expected, "{}", said());
        }
        "listReferrals" | "listInterventions" | "listEngagements" | "listRequests" => {
            found(true);
            let own = id != "listInterventions" && is_there(sees_records(caller));
            let own = usize::from(own);
            assert_eq!(answer.json()["items"].as_array().unwrap().len(), own, "{}", said());
        }
        "getReferral" | "getEngagement" | "getEngagementChecklist" | "getRequest" => {
            found(is_there(sees_records(caller)));
        }
        "updateEngagement" | "takeRequestStep" | "deleteEngagement" | "deleteRequest" => {
            let expected = match (id, caller.agency) {
                (_, "") => 403,
                _ if !sees_records(caller) => 404,
                // What is sent here is no change and no step, and of a deletion the condition is
                // missing.
                ("updateEngagement" | "takeRequestStep", _) => 400,
                (_, "county:01" | "state") => 428,
                _ => 403,
            };
            assert_eq!(answer.status, expected, "{}", said());
        }
        // What the steps of a year are is no secret.
        "getEngagementTemplate" => {
            found(true);
        }
        "replaceEngagementTemplate" => {
            let keeps = caller.is_state() || caller.agency == "county:01";
            assert_eq!(answer.status, if keeps { 428 } else { 403 }, "{}", said());
        }
        "takeReferralStep" | "deleteReferral" | "takeInterventionStep" | "deleteIntervention" => {
            let is_there = id.ends_with("Referral") || id == "takeReferralStep";
            let expected = match (id, caller.agency) {
                (_, "") => 403,
                _ if !is_there || !sees_records(caller) => 404,
                // What is sent here is no step, and the condition of a deletion is missing.
                ("takeReferralStep", _) => 400,
                (_, "spi" | "state") => 428,
                _ => 403,
            };
            assert_eq!(answer.status, expected, "{}", said());
        }
        "getIntervention" => {
            found(false);
        }
        "updateRelease" => assert_may_publish(path, answer, caller, releases, view, &said()),
        // Catalogues are public.
        "listServices" => {
            found(true);
            assert_eq!(answer.json()["items"].as_array().unwrap().len(), 1, "{}", said());
        }
        "getService" | "getServiceCatalogue" | "exportServiceCatalogue" => {
            found(true);
        }
        "listRecommendedServices" => {
            if found(view.leas().contains(cds)) {
                let year = if view.held_back.contains(cds) { HELD_BACK } else { PUBLIC };
                let body = answer.json();
                assert_eq!(body["dashboardYear"].to_string(), year, "{}", said());
                let years = texts(&body["needs"], "dashboardYear");
                assert!(years.iter().all(|of| of == year || of == PUBLIC), "{}", said());
                let own = usize::from(located_in(cds) == "01");
                assert_eq!(body["items"].as_array().unwrap().len(), own, "{}", said());
            }
        }
        "getCommunication" => {
            if found(view.of_year(year_of(path)).contains(cds)) {
                let body = String::from_utf8_lossy(&answer.body);
                assert!(body.contains(&format!("CDS code {cds}")), "{}", said());
                let preview = body.contains("Preview, not public");
                assert_eq!(preview, year_of(path) == HELD_BACK, "{}", said());
            }
        }
        "listCommunications" => {
            let of_year = view.of_year(year_of(path));
            if found(!of_year.is_empty()) {
                let body = String::from_utf8_lossy(&answer.body);
                for other in OF_HELD_BACK {
                    // A charter school is identified by two years.
                    let is_identified = other != CHARTER || year_of(path) == HELD_BACK;
                    let expected =
                        of_year.contains(other) && located_in(other) == "01" && is_identified;
                    let is_there = body.contains(&format!("CDS code {other}"));
                    assert_eq!(is_there, expected, "{other}: {}", said());
                }
            }
        }
        "getCommunicationTemplate" => {
            found(true);
        }
        // Who writes the county's templates is asked for the condition that is missing.
        "replaceCommunicationTemplate" | "deleteCommunicationTemplate" => {
            let writes = caller.is_state() || caller.agency == KEPT_BY;
            assert_eq!(answer.status, if writes { 428 } else { 403 }, "{}", said());
        }
        // What is sent here is no service.
        "createService" => assert_eq!(answer.status, 400, "{}", said()),
        // Who keeps the catalogue is asked for the condition that is missing.
        "updateService" | "deleteService" | "replaceServiceCatalogue" => {
            let keeps = caller.is_state() || caller.agency == KEPT_BY;
            assert_eq!(answer.status, if keeps { 428 } else { 403 }, "{}", said());
        }
        "listRuns" => {
            found(true);
            let runs = texts(&answer.json()["items"], "number");
            let expected: BTreeSet<String> = view.runs().iter().map(u64::to_string).collect();
            assert_eq!(runs, expected, "{}", said());
        }
        "getRun" => {
            let number: u64 = part(path, "/runs/").parse().unwrap();
            found(view.runs().contains(&number));
        }
        "listRunChanges" => {
            let number: u64 = part(path, "/runs/").parse().unwrap();
            if found(view.runs().contains(&number)) {
                assert_changes(answer, number, view, &said());
            }
        }
        _ => panic!("nobody has said what {id} is to show to whom"),
    }
}

/// What a run changed against the one before that the caller knows of: the second one brought
/// what is held back, and where it is the first that the caller knows of, everything.
fn assert_changes(answer: &Answer, number: u64, view: &View, said: &str) {
    let body = answer.json();
    let is_first = view.runs()[0] == number;
    assert_eq!(body["before"].is_null(), is_first, "{said}");
    let mut expected = view.answers();
    if number == 1 || !is_first {
        let is_held_back = number == 2;
        expected.retain(|(year, _)| (year == HELD_BACK) == is_held_back);
    }
    assert_eq!(answers(&body["items"]), expected, "{said}");
    assert_eq!(body["answers"]["gained"], expected.len(), "{said}");
}

/// What is said of a year: how many answers, and from which files.
fn assert_year(year: &Value, view: &View, caller: &Caller, releases: &Releases, said: &str) {
    let number = year["dashboardYear"].to_string();
    if !["2018", "2019", "2022", PUBLIC, HELD_BACK].contains(&number.as_str()) {
        assert_eq!(year["determinations"], 0, "{said}");
        return;
    }
    assert_eq!(year["determinations"], view.of_year(&number).len(), "{said}");
    let seen = view.releases(caller, releases);
    for input in year["inputs"].as_array().unwrap() {
        for release in input["releases"].as_array().unwrap() {
            assert!(seen.contains(&release.as_u64().unwrap()), "{release}: {said}");
        }
    }
}

/// No code of an LEA stands in a body but of these.
fn assert_names_no_other(answer: &Answer, leas: &BTreeSet<&str>, said: &str) {
    let body = String::from_utf8_lossy(&answer.body);
    for cds in OF_HELD_BACK.iter().filter(|cds| !leas.contains(**cds)) {
        assert!(!body.contains(cds), "{cds}: {said}");
    }
}

/// Whether a caller sees the one job, which is its own agency's, or sees all.
fn sees_job(caller: &Caller) -> bool {
    caller.is_state() || caller.agency == JOBS_OF
}

/// Whether a caller sees the one referral, engagement and request: its agency reaches the
/// district or is the Collaborative, to which it is referred and which is asked.
fn sees_records(caller: &Caller) -> bool {
    caller.reached.contains(DISTRICT) || caller.agency == "ccee"
}

/// The ids of a request, a referral and an engagement of the district, which is asked for help
/// before it was in level 3 by the referral.
struct Records {
    request: String,
    referral: String,
    engagement: String,
}

fn records(service: &Service, issuer: &Issuer) -> Records {
    let send = |agency: &str, path: &str, body: Value| {
        let caller = calsos_tests::jobs::Caller::new(issuer, "support", agency);
        let made = caller.send(service, "POST", path, &[("if-match", "*")], body.to_string());
        assert!([200, 201].contains(&made.status), "{}", made.json());
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let on = "2024-01-01";
    let asked = json!({"cds": DISTRICT, "asked": "ccee", "on": on, "words": "made up"});
    let request = send("county:01", "/v1/requests", asked);
    let opened = json!({"cds": DISTRICT, "door": "spi", "on": on, "reason": "made up"});
    let referral = send("spi", "/v1/referrals", opened);
    let steps = format!("/v1/referrals/{referral}/steps");
    for step in [
        json!({"step": "consultLea", "on": on, "words": "x"}),
        json!({"step": "consultProvider", "on": on, "words": "x", "provider": "countyOffice"}),
        json!({"step": "accept", "on": on, "words": "x"}),
        json!({"step": "begin", "on": on}),
    ] {
        send("ccee", &steps, step);
    }
    let engagement = send("county:01", "/v1/engagements", json!({"cds": DISTRICT, "on": on}));
    Records { request, referral, engagement }
}

/// The id of a job that takes in what is no file, and has ended.
fn job(service: &Service, issuer: &Issuer) -> String {
    let caller = calsos_tests::jobs::Caller::new(issuer, "import", JOBS_OF);
    let job = caller.ended(service, &caller.import(service, "file.txt", "no file"));
    assert_eq!(job["state"], "refused", "{job}");
    job["id"].as_str().unwrap().to_owned()
}

/// Who has the scope and reaches whoever a file speaks of is asked for the condition that is
/// missing, so that nothing is written; who does not is told so of a file that it knows, and
/// of others that there is none.
fn assert_may_publish(
    path: &str,
    answer: &Answer,
    caller: &Caller,
    releases: &Releases,
    view: &View,
    said: &str,
) {
    let number: u64 = part(path, "/releases/").parse().unwrap();
    let place = usize::try_from(number).unwrap() - 1;
    let of = releases.public.iter().chain(&releases.held_back).nth(place);
    let counties: &[&str] = match caller.agency {
        "county:01" | "geographicLead:Lead One" => &["01"],
        "county:02" => &["02"],
        "geographicLead:Lead Two" => &["02", "03"],
        _ => &[],
    };
    let covers = of.is_some_and(|of| {
        caller.is_state()
            || of.as_ref().is_some_and(|of| of.iter().all(|county| counties.contains(county)))
    });
    let expected = match (covers, view.releases(caller, releases).contains(&number)) {
        (true, _) => 428,
        (false, true) => 403,
        (false, false) => 404,
    };
    assert_eq!(answer.status, expected, "{said}");
}

fn assert_every_caller_is_told_what_it_may_know(open: bool) {
    let ((program, releases), issuer) = (world(), Issuer::new());
    let settings = issuer.settings(&program);
    let public_reads = ["--public-reads", if open { "true" } else { "false" }];
    let words = [["--config", settings.to_str().unwrap()], public_reads].concat();
    let service = Service::start(&program, &words);
    let operations = operations(&service);
    let runs = program.json(["runs"]);
    let moment = runs[1]["made at"].as_str().unwrap();
    let job = job(&service, &issuer);
    let Records { request, referral, engagement } = records(&service, &issuer);
    let state = calsos_tests::jobs::Caller::new(&issuer, "read", "state");
    let kept = state.get(&service, "/v1/services").json()["items"][0]["id"].clone();
    let kept = kept.as_str().unwrap().to_owned();
    let values = |operation: &str, name: &str| match (operation, name) {
        ("getService" | "updateService" | "deleteService", "id") => vec![kept.clone()],
        ("getImport" | "listImportIssues" | "getJob" | "cancelJob", "id") => vec![job.clone()],
        ("getReferral" | "takeReferralStep" | "deleteReferral", "id") => vec![referral.clone()],
        ("getRequest" | "takeRequestStep" | "deleteRequest", "id") => vec![request.clone()],
        (id, "id") if id.contains("Engagement") => vec![engagement.clone()],
        _ => values(operation, name),
    };
    let mut asked = 0;
    for caller in Caller::all(&issuer) {
        let view = caller.sees(open);
        for operation in &operations {
            let mut paths = operation.asked(values);
            paths.extend(more(&operation.id));
            paths.extend(as_of(operation, &paths, moment));
            for path in paths {
                let body = match operation.method.as_str() {
                    "PATCH" => "{\"publicAt\":\"now\"}",
                    "POST" => {
                        "grant_type=client_credentials&client_id=x&client_secret=y&scope=a&scope=b"
                    }
                    _ => "",
                };
                let answer = get(&service, &caller, &operation.method, &path, body);
                // Nobody else learns what is served, nor that it has changed.
                let is_told = open || operation.needs != Needs::Nothing;
                if !is_told || !open && [401, 403].contains(&answer.status) {
                    assert_eq!(answer.header("dataset-version"), "", "{operation:?}");
                    assert_eq!(answer.header("etag"), "", "{operation:?}");
                }
                asked += 1;
                match caller.refusal(&operation.needs, open) {
                    Some(refusal) => assert_refused(&answer, refusal, &caller, operation),
                    // What scopes bring without the permission to read is no view of results.
                    None => assert_shows(operation, &path, &answer, &caller, &view, &releases),
                }
            }
        }
    }
    assert!(asked > 3000, "{asked}");
}

fn assert_refused(
    answer: &Answer,
    (status, error): (u16, &str),
    caller: &Caller,
    operation: &Operation,
) {
    let said = format!("{} for {}", operation.id, caller.name);
    let problem = answer.json();
    assert_eq!((answer.status, &problem["status"]), (status, &json!(status)), "{said}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{said}");
    assert_eq!(answer.header("cache-control"), "no-store", "{said}");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Bearer realm="), "{said}: {challenge}");
    match error {
        "" => assert!(!challenge.contains("error="), "{said}: {challenge}"),
        error => assert!(challenge.contains(&format!("error=\"{error}\"")), "{said}: {challenge}"),
    }
}

#[test]
fn where_public_reads_are_open_every_caller_is_told_what_it_may_know() {
    assert_every_caller_is_told_what_it_may_know(true);
}

#[test]
fn where_public_reads_are_closed_every_caller_is_told_what_it_may_know() {
    assert_every_caller_is_told_what_it_may_know(false);
}

/// The ledger of what is answered without a token, with a reason for each.
#[test]
fn the_ledger_of_what_needs_no_token_is_what_the_document_says() {
    let program = Program::on(Backend::Sqlite, env!("CARGO_BIN_EXE_calsos-under-test"));
    let service = Service::start(&program, &[]);
    let (mut never, mut reading) = (BTreeSet::new(), BTreeSet::new());
    for operation in operations(&service) {
        let line = format!("{} {} {}", operation.id, operation.method, operation.path);
        match operation.needs {
            Needs::Nothing => assert!(never.insert(line)),
            Needs::Reading => assert!(reading.insert(line)),
            Needs::Scope(_) | Needs::ReadingSupport => {}
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/tokenless.md");
    let ledger = fs::read_to_string(path).unwrap();
    let (first, second) = ledger.split_once("## Where public reads are open").unwrap();
    for (part, expected) in [(first, never), (second, reading)] {
        let rows = part.lines().filter(|line| line.starts_with("| `"));
        let rows: BTreeSet<String> = rows
            .map(|row| {
                let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
                let [id, asked, reason] = cells[..] else { panic!("three cells: {row}") };
                assert!(reason.len() > 15, "no reason: {row}");
                format!("{} {}", id.trim_matches('`'), asked.trim_matches('`'))
            })
            .collect();
        assert_eq!(rows, expected);
    }
}
