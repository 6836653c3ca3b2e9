//! What level of support LEAs are in: by the state's lists of every year, and by determinations
//! of a made-up state.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, open_workbook_auto};
use calsos_tests::editions::write_edition_of_2026;
use calsos_tests::issuer::Issuer;
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, list_text};
use calsos_tests::service::Service;
use calsos_tests::shared::{files, real_data};
use calsos_tests::walk::{Caller, serve};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_calsos-under-test"))
}

// ---- By the state's lists ----

/// How many LEAs of a list have each status.
type Counts = &'static [(&'static str, usize)];

/// The state's lists that are in force.
const LISTS: [(u16, &str, Counts); 6] = [
    (2017, "assistance-status17.xls", &[("Differentiated Support", 228), ("General Support", 708)]),
    (
        2018,
        "assistancestatus18.xlsx",
        &[("Differentiated Assistance", 386), ("General Assistance", 607)],
    ),
    (
        2019,
        "assistancestatus19-rev.xlsx",
        &[("Differentiated Assistance", 333), ("General Assistance", 664)],
    ),
    (
        2022,
        "assistancestatus22.xlsx",
        &[("Differentiated Assistance", 617), ("General Assistance", 376)],
    ),
    (
        2023,
        "assistancestatus23.xlsx",
        &[("Differentiated Assistance, Year 1", 466), ("General Assistance", 525)],
    ),
    (
        2024,
        "assistancestatus24.xlsx",
        &[
            ("Differentiated Assistance, Year 1", 436),
            ("Differentiated Assistance, Year 2", 153),
            ("General Assistance", 405),
        ],
    ),
];

/// On which first of January which list tells what support is in effect: between 2019 and 2022
/// there was no determination.
const STARTS: [(&str, u16); 8] = [
    ("2018-01-01", 2017),
    ("2019-01-01", 2018),
    ("2020-01-01", 2019),
    ("2021-01-01", 2019),
    ("2022-01-01", 2019),
    ("2023-01-01", 2022),
    ("2024-01-01", 2023),
    ("2025-01-01", 2024),
];

/// The status of each LEA, straight from the cells of a list, without the program's reader.
fn statuses(data: &Path, year: u16, name: &str) -> BTreeMap<String, String> {
    let mut book = open_workbook_auto(data.join("published").join(name)).unwrap();
    let sheets = book.sheet_names();
    let wanted = format!("assistancestatus{year}");
    for sheet in sheets {
        let range = book.worksheet_range(&sheet).unwrap();
        let mut columns: Option<(usize, usize)> = None;
        let mut found = BTreeMap::new();
        for row in range.rows() {
            let cells: Vec<String> = row.iter().map(text).collect();
            if let Some((cds, status)) = columns {
                let digits: String = cells[cds].clone();
                if !digits.is_empty() {
                    let before = found.insert(format!("{digits:0>14}"), cells[status].clone());
                    assert_eq!(before, None, "{name}: {digits} stands there twice");
                }
                continue;
            }
            let place = |wanted: &dyn Fn(&str) -> bool| {
                cells.iter().position(|cell| wanted(&cell.to_lowercase().replace('_', "")))
            };
            let cds = place(&|name| name == "cds");
            let status = place(&|name| name == wanted || name == "assistancestatus");
            columns = cds.zip(status);
        }
        if !found.is_empty() {
            return found;
        }
    }
    panic!("{name} has no sheet with a column of codes and one of statuses");
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Float(number) => format!("{number:.0}"),
        other => other.to_string().trim().to_owned(),
    }
}

/// Level and year of support that a status says.
fn said(year: u16, status: &str) -> (Value, Value) {
    match status {
        "General Support" | "General Assistance" => (json!(1), Value::Null),
        "Differentiated Support" | "Differentiated Assistance" if year < 2023 => {
            (json!(2), json!(1))
        }
        "Differentiated Assistance, Year 1" => (json!(2), json!(1)),
        "Differentiated Assistance, Year 2" => (json!(2), json!(2)),
        _ => panic!("{status} is no status of {year}"),
    }
}

#[test]
fn support_at_the_start_of_each_year_is_what_the_state_published_for_every_lea() {
    let Some(data) = real_data("support by the published lists") else { return };
    let program = program();
    program.import(files(&data.join("published"), &[".xls", ".xlsx"]));
    // What could be computed stands behind what was published.
    program.import(files(&data.join("dashboard"), &[".txt"]));
    program.import(files(&data.join("local-indicators"), &[".xlsx"]));
    program.import(files(&data.join("directory"), &[".txt"]));
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    let lists: BTreeMap<u16, BTreeMap<String, String>> =
        LISTS.iter().map(|(year, name, _)| (*year, statuses(&data, *year, name))).collect();
    for (year, _, counts) in LISTS {
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for status in lists[&year].values() {
            *found.entry(status).or_default() += 1;
        }
        assert_eq!(found, counts.iter().copied().collect(), "{year}");
    }
    let (mut cells, mut defects) = (0, Vec::new());
    for (day, year) in STARTS {
        let mut rest = lists[&year].clone();
        for kind in ["district", "countyOffice"] {
            let path = format!("/v1/assignments?effectiveOn={day}&type={kind}&limit=5000");
            for item in service.json(&path)["items"].as_array().unwrap() {
                let cds = item["cds"].as_str().unwrap();
                let Some(status) = rest.remove(cds) else {
                    defects.push(format!("{day} {cds}: not on the list of {year}: {item}"));
                    continue;
                };
                let (level, support_year) = said(year, &status);
                for (what, published) in [
                    ("label", json!(status)),
                    ("assignedLevel", level),
                    ("supportYear", support_year),
                    ("dashboardYear", json!(year)),
                    ("origin", json!("published")),
                ] {
                    cells += 1;
                    if item[what] != published {
                        let effective = &item[what];
                        defects.push(format!("{day} {cds} {what}: {effective}, not {published}"));
                    }
                }
            }
        }
        defects.extend(rest.keys().map(|cds| format!("{day} {cds}: nothing is in effect")));
    }
    let first: Vec<&String> = defects.iter().take(20).collect();
    assert!(defects.is_empty(), "{} defects, the first: {first:#?}", defects.len());
    let leas: usize = STARTS.iter().map(|(_, year)| lists[year].len()).sum();
    assert_eq!((leas, cells), (7_898, 5 * 7_898));

    // The labels of 2019 carry on for each, and say so.
    let path = "/v1/assignments?effectiveOn=2022-01-01&type=district&limit=5000";
    let items = service.json(path)["items"].as_array().unwrap().clone();
    assert!(items.iter().all(|item| item["carriedThrough"] == json!([2020, 2021])));
    assert!(items.iter().all(|item| (&item["effectiveFrom"], &item["effectiveUntil"])
        == (&json!("2019-12-12"), &json!("2022-12-14"))));
}

#[test]
fn who_helps_how_many_of_2024_and_until_when_at_least() {
    let Some(data) = real_data("who helps by the published lists") else { return };
    let program = program();
    program.import(files(&data.join("published"), &[".xls", ".xlsx"]));
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    let count = |query: &str| {
        let path = format!("/v1/assignments?{query}&limit=1&total=true");
        service.json(&path)["page"]["total"].as_u64().unwrap()
    };
    // Policy: 413 districts and 23 offices in the first year, 153 districts in the second.
    assert_eq!(count("assignedLevel=2"), 436 + 153);
    assert_eq!(count("supportYear=2"), 153);
    assert_eq!(count("supportYear=2&type=district"), 153);
    assert_eq!(count("supportYear=1&type=countyOffice"), 23);
    assert_eq!(count("assignedLevel=2&provider=COUNTY+superintendent+of+schools"), 413 + 153);
    let spi =
        "provider=State+Superintendent+of+Public+Instruction+(California+Department+of+Education)";
    assert_eq!(count(&format!("assignedLevel=2&{spi}")), 23);
    // The second years are over in the summer of 2025, the first ones a year later.
    assert_eq!(count("endingBefore=2025-06-30"), 0);
    assert_eq!(count("endingBefore=2025-07-01"), 153);
    assert_eq!(count("endingBefore=2026-07-01"), 436 + 153);
}

// ---- A made-up state ----

const DISTRICT: &str = "01999990000000";
const OFFICE: &str = "01199990000000";
const CHARTER: &str = "01999999999999";
/// In a county with a single district.
const ALONE: &str = "02999990000000";

const ALL: [&str; 3] = [DISTRICT, OFFICE, ALONE];
const DA: &str = "Differentiated Assistance";
const GENERAL: &str = "General Assistance";

/// A moment that no test lives to see.
const FAR: &str = "2090-01-01";

fn write_list(program: &Program, year: u16, statuses: [&str; 3]) -> PathBuf {
    let coded = [("SWDpriorities", "A")];
    let rows = ALL.iter().zip(statuses).map(|(cds, status)| {
        let eligible = status.starts_with(DA) && !status.ends_with("Year 2");
        (*cds, status, if eligible { coded.as_slice() } else { &[] })
    });
    let rows: Vec<_> = rows.collect();
    let text = list_text("LCFF Eligibility File", year, &rows);
    program.write(&format!("assistancestatus{}.csv", year % 100), text)
}

/// Lists of 2018, 2019 and 2022, the files of 2023 without a list, and a table of lead agencies.
fn world(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let mut files = vec![
        write_list(&program, 2018, [DA, GENERAL, DA]),
        write_list(&program, 2019, [DA, GENERAL, GENERAL]),
        write_list(&program, 2022, [GENERAL, GENERAL, GENERAL]),
    ];
    let red = |cds| ["ELA", "MATH", "SUSP"].map(|indicator| (indicator, (cds, "SWD", 1)));
    let rated = [red(DISTRICT), red(ALONE), red(CHARTER)].concat();
    let leas = [DISTRICT, OFFICE, ALONE, CHARTER];
    files.extend(program.write_year(2023, &leas, &rated, &[]));
    let leads = "county,lead_agency,from,until,source\n01,Lead One,,2024-06-30,letter\n\
                 01,Lead Two,2024-07-01,,letter\n";
    files.push(program.write("leads.csv", leads));
    program.import(files);
    program.succeed(["determine"]);
    program
}

/// The list of 2024: the district in its second year.
fn list_of_2024(program: &Program) {
    let second = format!("{DA}, Year 2");
    program.import([write_list(program, 2024, [&second, GENERAL, GENERAL])]);
    program.succeed(["determine"]);
}

const DAYS: [&str; 3] = ["effectiveFrom", "effectiveUntil", "levelSince"];

/// What is told of each assignment, shortly.
fn short(items: &Value) -> Vec<String> {
    let told = |item: &Value| {
        let text = |name: &str| item[name].to_string().replace('"', "");
        let parts = ["dashboardYear", "assignedLevel", "supportYear", "event"];
        let parts: Vec<String> =
            parts.into_iter().chain(DAYS).chain(["origin"]).map(text).collect();
        parts.join(" ")
    };
    items.as_array().unwrap().iter().map(told).collect()
}

fn support(service: &Service, cds: &str) -> Value {
    service.json(&format!("/v1/leas/{cds}/support"))
}

on_both![
    level_2_is_opened_renewed_carried_on_continued_and_ended,
    what_is_not_public_assigns_nobody_whoever_asks,
];

fn level_2_is_opened_renewed_carried_on_continued_and_ended(on: Backend) {
    let program = world(on);
    let service = Service::start(&program, &[]);
    let before = support(&service, DISTRICT);
    assert_eq!(before["notLoaded"], json!([2017, 2024, 2025]));
    assert_eq!(
        short(&before["items"])[0],
        "2023 2 1 opened 2023-12-15 null 2023-12-15 computed",
        "{before}"
    );
    list_of_2024(&program);
    service.wait_for_run(2);
    let district = support(&service, DISTRICT);
    assert_eq!(
        short(&district["items"]),
        [
            "2024 2 2 continued 2024-11-21 null 2023-12-15 published",
            "2023 2 1 opened 2023-12-15 2024-11-20 2023-12-15 computed",
            "2022 1 null ended 2022-12-15 2023-12-14 2022-12-15 published",
            "2019 2 1 renewed 2019-12-12 2022-12-14 2018-12-06 published",
            "2018 2 1 opened 2018-12-06 2019-12-11 2018-12-06 published",
        ]
    );
    assert_eq!(district["notLoaded"], json!([2017, 2025]));
    let newest = &district["items"][0];
    let expected = json!({
        "cds": DISTRICT, "name": "District 0199999", "leaType": "district", "county": "01",
        "countyName": "County 01", "assignedLevel": 2, "eligibleLevel": 2, "supportYear": 2,
        "label": "Differentiated Assistance, Year 2", "event": "continued",
        "effectiveFrom": "2024-11-21", "levelSince": "2023-12-15", "atLeastUntil": "2025-06-30",
        "dashboardYear": 2024, "dataSchoolYear": "2023-24", "supportSchoolYear": "2024-25",
        "origin": "published", "list": {"release": 19, "row": 3}, "carriedThrough": [], "decided": [],
        "provider": {
            "name": "County superintendent of schools", "toBeConfirmed": false,
            "citation": "ec-52071#b",
            "coProviders": [{
                "role": "geographicLead", "name": "Lead Two", "effectiveFrom": "2024-07-01",
                "table": {"release": 18, "row": 3},
            }],
        },
    });
    assert_eq!(*newest, expected);
    let items = district["items"].as_array().unwrap();
    let least: Vec<&Value> = items.iter().map(|item| &item["atLeastUntil"]).collect();
    let none = &Value::Null;
    assert_eq!(least, [&json!("2025-06-30"), &json!("2025-06-30"), none, none, none]);
    assert_eq!(items[3]["carriedThrough"], json!([2020, 2021]));
    // Two lead agencies one after another while the first year lasted.
    let leads = items[1]["provider"]["coProviders"].as_array().unwrap();
    let leads: Vec<&Value> = leads.iter().map(|lead| &lead["name"]).collect();
    assert_eq!(leads, ["Lead One", "Lead Two"]);

    // An LEA leaves as soon as a Dashboard before 2023 does not name it; who helps the only
    // district of a county is to be confirmed.
    let alone = support(&service, ALONE);
    assert_eq!(
        short(&alone["items"]),
        [
            "2024 1 null ended 2024-11-21 null 2024-11-21 published",
            "2023 2 1 opened 2023-12-15 2024-11-20 2023-12-15 computed",
            "2022 1 null general 2022-12-15 2023-12-14 2019-12-12 published",
            "2019 1 null ended 2019-12-12 2022-12-14 2019-12-12 published",
            "2018 2 1 opened 2018-12-06 2019-12-11 2018-12-06 published",
        ]
    );
    let confirmed = alone["items"].as_array().unwrap();
    let confirmed = confirmed.iter().map(|item| item["provider"]["toBeConfirmed"].clone());
    assert_eq!(confirmed.collect::<Vec<_>>(), [false, true, false, false, true]);

    // County offices are determined since 2018. The charter schools' rule asks for files of two
    // years, of which one is loaded.
    assert_eq!(support(&service, OFFICE)["notLoaded"], json!([2025]));
    let charter = support(&service, CHARTER);
    assert_eq!(
        short(&charter["items"]),
        ["2023 null null notKnown 2023-12-15 null 2023-12-15 computed"]
    );
    assert_eq!(charter["notLoaded"], json!([2019, 2024, 2025]));
    assert!(charter["items"][0]["provider"].is_null());

    // The command line says the same.
    let shown = program.json(["support", DISTRICT]);
    assert_eq!(shown, district);
}

#[test]
fn assignments_are_found_by_day_level_year_provider_county_kind_and_end() {
    let program = world(Backend::Sqlite);
    list_of_2024(&program);
    let service = Service::start(&program, &[]);
    let found = |query: &str| -> Vec<String> {
        let answer = service.json(&format!("/v1/assignments?total=true&{query}"));
        let items = answer["items"].as_array().unwrap();
        assert_eq!(answer["page"]["total"], items.len(), "{query}");
        items.iter().map(|item| item["cds"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found(""), [OFFICE, DISTRICT, CHARTER, ALONE]);
    assert_eq!(found("assignedLevel=2"), [DISTRICT]);
    assert_eq!(found("assignedLevel=1"), [OFFICE, ALONE]);
    assert_eq!(found("supportYear=2"), [DISTRICT]);
    assert_eq!(found("supportYear=1"), [""; 0]);
    assert_eq!(found("county=02"), [ALONE]);
    assert_eq!(found("type=countyOffice"), [OFFICE]);
    assert_eq!(found("provider=county+superintendent+OF+schools"), [DISTRICT]);
    assert_eq!(found("provider=county+superintendent"), [""; 0]);
    assert_eq!(found("provider=lead+two"), [DISTRICT]);
    // Two school years end on the last day of June.
    assert_eq!(found("endingBefore=2025-06-30"), [""; 0]);
    assert_eq!(found("endingBefore=2025-07-01"), [DISTRICT]);
    // On a day: who was in what, who helped then, and what has ended since.
    assert_eq!(found("effectiveOn=2018-12-05"), [""; 0]);
    assert_eq!(found("effectiveOn=2018-12-06"), [OFFICE, DISTRICT, ALONE]);
    assert_eq!(found("effectiveOn=2019-12-11&assignedLevel=2"), [DISTRICT, ALONE]);
    assert_eq!(found("effectiveOn=2019-12-12&assignedLevel=2"), [DISTRICT]);
    assert_eq!(found("effectiveOn=2022-12-14&assignedLevel=2"), [DISTRICT]);
    assert_eq!(found("effectiveOn=2022-12-15&assignedLevel=2"), [""; 0]);
    assert_eq!(found("effectiveOn=2024-06-30&provider=lead+one"), [DISTRICT]);
    assert_eq!(found("effectiveOn=2024-06-30&provider=lead+two"), [""; 0]);
    assert_eq!(found("effectiveOn=2024-07-01&provider=lead+two"), [DISTRICT]);
    assert_eq!(found("effectiveOn=2019-01-01&assignedLevel=2&endingBefore=2019-12-11"), [""; 0]);
    let both = found("effectiveOn=2019-01-01&assignedLevel=2&endingBefore=2019-12-12");
    assert_eq!(both, [DISTRICT, ALONE]);

    // One a page is the same as all at once.
    let (mut path, mut pages) = ("/v1/assignments?limit=1".to_owned(), Vec::new());
    loop {
        let answer = service.get(&path);
        let page = answer.json();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        pages.push(page["items"][0].clone());
        let Some(next) = page["page"]["next"].as_str() else { break };
        let link = format!("</v1/assignments?limit=1&cursor={next}>; rel=\"next\"");
        assert_eq!(answer.header("link"), link);
        path = format!("/v1/assignments?limit=1&cursor={next}");
    }
    let whole = service.json("/v1/assignments");
    assert_eq!(json!(pages), whole["items"]);

    // Of one LEA on a day.
    let on = |day: &str| {
        let path = format!("/v1/leas/{DISTRICT}/support?effectiveOn={day}");
        service.json(&path)["items"].clone()
    };
    assert_eq!(on("2018-12-05"), json!([]));
    assert_eq!(on("2021-07-01")[0]["dashboardYear"], 2019);

    // What nobody knows yet, and what is no day.
    let today = Timestamp::now().to_zoned(TimeZone::get("America/Los_Angeles").unwrap()).date();
    let tomorrow = today.tomorrow().unwrap().tomorrow().unwrap();
    let paths = ["/v1/assignments?".to_owned(), format!("/v1/leas/{DISTRICT}/support?")];
    for path in &paths {
        assert_eq!(service.get(&format!("{path}effectiveOn={today}")).status, 200);
        for day in [tomorrow.to_string().as_str(), "2023-12", "2023-02-30", "now", ""] {
            let refused = service.get(&format!("{path}effectiveOn={day}"));
            let problem = refused.json();
            assert_eq!((refused.status, &problem["code"]), (400, &json!("invalid-parameter")));
            assert_eq!(problem["errors"][0]["parameter"], "effectiveOn", "{problem}");
        }
    }
    for query in ["assignedLevel=0", "assignedLevel=4", "supportYear=3", "provider=", "level=2"] {
        assert_eq!(service.get(&format!("/v1/assignments?{query}")).status, 400, "{query}");
    }
    let long = "x".repeat(200);
    assert_eq!(found(&format!("provider={long}")), [""; 0]);
    assert_eq!(service.get(&format!("/v1/assignments?provider={long}x")).status, 400);
    let unknown = service.get("/v1/leas/03999990000000/support");
    assert_eq!((unknown.status, &unknown.json()["code"]), (404, &json!("unknown-lea")));
}

/// A preview is no public determination, and a correction that is held back is none either.
fn what_is_not_public_assigns_nobody_whoever_asks(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    list_of_2024(&program);
    let import = |files: &[PathBuf]| {
        let words = ["import", "--public-at", FAR].map(PathBuf::from);
        program.succeed(words.iter().chain(files));
        program.succeed(["determine"]);
    };
    let green = program.write_year(2025, &ALL, &[], &[]);
    import(&green);
    let service = serve(&program, &issuer, &[]);
    let callers = [
        Caller::nobody(&service),
        Caller::with(&service, &issuer, "read preview", "state"),
        Caller::with(&service, &issuer, "read preview", "county:01"),
        Caller::with(&service, &issuer, "read preview", &format!("lea:{DISTRICT}")),
    ];
    let items = |caller: &Caller<'_>| {
        let items = caller.get(&format!("/v1/leas/{DISTRICT}/support")).json()["items"].clone();
        short(&items)
    };
    let all_see = |newest: &[&str]| {
        for caller in &callers {
            assert_eq!(items(caller)[..newest.len()], *newest);
            let all = |caller: &Caller<'_>| caller.get("/v1/assignments").json()["items"].clone();
            assert_eq!(all(caller), all(&callers[0]));
        }
    };
    let second_year = "2024 2 2 continued 2024-11-21 null 2023-12-15 published";
    all_see(&[second_year]);
    // The preview is there for who may see it.
    let preview = format!("/v1/leas/{DISTRICT}/determinations/2025");
    let statuses: Vec<u16> = callers.iter().map(|caller| caller.get(&preview).status).collect();
    assert_eq!(statuses, [404, 200, 200, 200]);
    let publish = |releases: std::ops::Range<usize>| {
        for release in releases {
            program.succeed(["publish", &release.to_string(), "--at", "now"]);
        }
    };
    publish(20..20 + green.len());
    let is_public = |_: &Service| items(&callers[0])[0].starts_with("2025");
    service.wait_until("the new year", is_public);
    let year = [
        "2025 1 null ended 2025-11-13 null 2025-11-13 computed",
        "2024 2 2 continued 2024-11-21 2025-11-12 2023-12-15 published",
    ];
    all_see(&year);

    // By a correction, support would have ended a year before.
    import(&[write_list(&program, 2024, [GENERAL, GENERAL, GENERAL])]);
    let label = format!("/v1/leas/{DISTRICT}/determinations/2024");
    let is_held_back = |_: &Service| {
        let label = |of: usize| callers[of].get(&label).json()["published"]["label"].clone();
        label(0) != label(1)
    };
    service.wait_until("the correction, held back", is_held_back);
    all_see(&year);
    publish(34..35);
    let is_public = |_: &Service| items(&callers[0])[1].starts_with("2024 1");
    service.wait_until("the correction", is_public);
    all_see(&[
        "2025 1 null general 2025-11-13 null 2024-11-21 computed",
        "2024 1 null ended 2024-11-21 2025-11-12 2024-11-21 published",
    ]);
}

/// As of a moment, what was public then: the list of 2024 was not there yet.
#[test]
fn as_of_a_moment_support_is_what_was_known_of_it_then() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let paths = [format!("/v1/leas/{DISTRICT}/support?"), "/v1/assignments?".to_owned()];
    let then: Vec<Vec<u8>> = paths.iter().map(|path| service.get(path).body).collect();
    let made_at = service.json("/v1/runs/1")["madeAt"].as_str().unwrap().to_owned();
    list_of_2024(&program);
    service.wait_for_run(2);
    for (path, then) in paths.iter().zip(&then) {
        assert_ne!(service.get(path).body, *then);
        assert_eq!(service.get(&format!("{path}asOf={made_at}")).body, *then);
    }
    // When it held is another question than when it was known.
    let path = format!("/v1/leas/{DISTRICT}/support?effectiveOn=2025-01-01");
    let newest = |path: &str| service.json(path)["items"][0]["dashboardYear"].clone();
    assert_eq!(newest(&path), 2024);
    assert_eq!(newest(&format!("{path}&asOf={made_at}")), 2023);
}

#[test]
fn a_list_that_leaves_an_lea_out_and_a_year_that_is_not_loaded_end_what_was_before() {
    let program = program();
    let rows = |leas: &[&'static str]| -> Vec<_> {
        leas.iter().map(|cds| (*cds, DA, [].as_slice())).collect()
    };
    let write = |year: u16, leas: &[&'static str]| {
        let text = list_text("LCFF Eligibility File", year, &rows(leas));
        program.write(&format!("assistancestatus{}.csv", year % 100), text)
    };
    const SECOND: &str = "01888880000000";
    // In 2019 the county has one district less; the list of 2022 is not there.
    program.import([write(2018, &[DISTRICT, SECOND]), write(2019, &[DISTRICT])]);
    let first = format!("{DA}, Year 1");
    let text = list_text("LCFF Eligibility File", 2023, &[(DISTRICT, &first, &[])]);
    program.import([program.write("assistancestatus23.csv", text)]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    assert_eq!(
        short(&support(&service, SECOND)["items"]),
        ["2018 2 1 opened 2018-12-06 2019-12-11 2018-12-06 published"]
    );
    let district = support(&service, DISTRICT);
    assert_eq!(
        short(&district["items"]),
        [
            "2023 2 1 opened 2023-12-15 null 2023-12-15 published",
            "2019 2 1 renewed 2019-12-12 2022-12-14 2018-12-06 published",
            "2018 2 1 opened 2018-12-06 2019-12-11 2018-12-06 published",
        ]
    );
    assert_eq!(district["notLoaded"], json!([2017, 2022, 2024, 2025]));
    let on = |day: &str| {
        let path = format!("/v1/assignments?effectiveOn={day}&total=true");
        service.json(&path)["page"]["total"].clone()
    };
    assert_eq!(
        (on("2019-12-11"), on("2019-12-12"), on("2023-01-01")),
        (json!(2), json!(1), json!(0))
    );
}

/// Their lists are lists of their own; the years between two decisions have none.
#[test]
fn charter_schools_are_in_what_their_own_lists_decide() {
    let program = program();
    let list = |year: u16, met: &str| {
        let text = format!(
            "CDS,Schoolname,ReportYear,ELcurrent,SWDcurrent,HOMcurrent,SWDprior,EC47607_{year}\n\
             {CHARTER},Charter of the List,{year},*,D,*,D,{met}\n"
        );
        program.write(&format!("charterassistance{}.csv", year % 100), text)
    };
    program.import([list(2023, "Y"), list(2024, "N")]);
    // A list of the others says nothing of charter schools.
    program.import([write_list(&program, 2025, [GENERAL, GENERAL, GENERAL])]);
    program.succeed(["determine"]);
    let shown = program.json(["support", CHARTER]);
    assert_eq!(
        short(&shown["items"]),
        [
            "2024 1 null ended 2024-11-21 null 2024-11-21 published",
            "2023 2 1 opened 2023-12-15 2024-11-20 2023-12-15 published",
        ]
    );
    assert_eq!(shown["items"][1]["provider"]["name"], "County superintendent of schools");
    assert!(shown["items"][1]["atLeastUntil"].is_null(), "they have no second year");
    assert_eq!(shown["notLoaded"], json!([2019, 2025]));
}

#[test]
fn a_list_of_assignments_goes_on_in_the_dataset_that_it_was_begun_in() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let whole = service.json("/v1/assignments")["items"].clone();
    let begun = service.json("/v1/assignments?limit=1");
    let next = begun["page"]["next"].as_str().unwrap();
    list_of_2024(&program);
    service.wait_for_run(2);
    let rest = service.json(&format!("/v1/assignments?cursor={next}"));
    assert_eq!(begun["items"][0], whole[0]);
    assert_eq!(rest["items"].as_array().unwrap()[..], whole.as_array().unwrap()[1..]);
    assert_ne!(service.json("/v1/assignments")["items"], whole);
    let other = service.get("/v1/assignments?cursor=7e");
    assert_eq!(other.status, 400, "{}", other.json());
}

/// Who sees everything sees the same answers before and after a file is public, and other
/// assignments: only a list of those ends.
#[test]
fn what_becomes_public_ends_no_list_of_answers_that_were_seen_before() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    list_of_2024(&program);
    // Something is held back from the beginning: what the public is shown is another picture.
    program.succeed(["publish", "18", "--at", "closed"]);
    let service = serve(&program, &issuer, &[]);
    let state = Caller::with(&service, &issuer, "read preview", "state");
    let begin = |path: &str| {
        let path = format!("{path}?limit=1");
        let next = state.get(&path).json()["page"]["next"].as_str().unwrap().to_owned();
        format!("{path}&cursor={next}")
    };
    let paths = ["/v1/determinations", "/v1/leas", "/v1/assignments"].map(begin);
    // One list less is public each time, and three other pictures are kept.
    for (turn, release) in [19, 3, 2, 1].into_iter().enumerate() {
        let dataset = state.get("/v1/years").header("dataset-version").to_owned();
        program.succeed(["publish", &release.to_string(), "--at", "closed"]);
        service.wait_until("the next picture", |_| {
            state.get("/v1/years").header("dataset-version") != dataset
        });
        let statuses = paths.each_ref().map(|path| state.get(path).status);
        let of_assignments = if turn < 3 { 200 } else { 410 };
        assert_eq!(statuses, [200, 200, of_assignments], "{turn}");
    }
}

#[test]
fn the_command_line_shows_support_as_a_table_and_on_a_day_and_refuses_what_nobody_knows() {
    let program = program();
    let refused = |words: &[&str]| {
        let ran = program.run(words);
        (ran.code, ran.err)
    };
    let (code, said) = refused(&["support", DISTRICT]);
    assert_eq!(code, 4);
    assert!(said.contains("nothing was decided yet"), "{said}");
    let program = world(Backend::Sqlite);
    let shown = program.succeed(["support", ALONE, "--effective-on", "2019-12-11"]);
    let lines: Vec<&str> = shown.lines().collect();
    let [_, line] = lines[..] else { panic!("{shown}") };
    let expected = "2018-12-06 2019-12-11 2 1 opened 2018 2 published \
                    County superintendent of schools (to be confirmed)";
    assert_eq!(line.split_whitespace().collect::<Vec<_>>().join(" "), expected);
    let of_day = program.json(["support", DISTRICT, "--effective-on", "2022-12-14"]);
    assert_eq!(of_day["items"][0]["dashboardYear"], 2019);
    for (words, code, part) in [
        (
            ["support", "03999990000000", "--effective-on", "2019-12-11"],
            4,
            "is named in the public",
        ),
        (["support", DISTRICT, "--effective-on", FAR], 2, "ahead of today"),
        (["support", DISTRICT, "--effective-on", "2019-12"], 2, "a day of California"),
    ] {
        let ran = program.run(words);
        assert_eq!(ran.code, code, "{}", ran.err);
        assert!(ran.err.contains(part), "{}", ran.err);
    }
}

/// Of a year whose public day the rules do not have yet.
#[test]
fn without_a_day_in_the_rules_support_begins_when_the_files_are_public() {
    let program = program();
    write_edition_of_2026(&program, false);
    let edition = program.folder().join("editions/2026.toml");
    let text = std::fs::read_to_string(&edition).unwrap();
    let undated = text.replace("public-date = \"2026-11-12\"\n", "");
    assert_ne!(undated, text);
    std::fs::write(&edition, undated).unwrap();
    let editions = ["--editions", edition.parent().unwrap().to_str().unwrap()];
    let red = ["ELA", "MATH", "SUSP"].map(|indicator| (indicator, (DISTRICT, "SWD", 1)));
    let files = program.write_year(2026, &[DISTRICT], &red, &[]);
    let under = |words: &[&str]| program.succeed([editions.as_slice(), words].concat());
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    under(&[&["import", "--public-at", "2020-01-01"], names.as_slice()].concat());
    under(&["determine"]);
    let service = Service::start(&program, &editions);
    let from = || support(&service, DISTRICT)["items"][0]["effectiveFrom"].clone();
    // Never before the school year in which support follows.
    assert_eq!(from(), "2026-07-01");
    under(&["publish", "1", "--at", "closed"]);
    service.wait_until("nothing public", |_| from().is_null());
    under(&["publish", "1", "--at", "now"]);
    service.wait_until("public again", |_| !from().is_null());
    let pacific = TimeZone::get("America/Los_Angeles").unwrap();
    let today = Timestamp::now().to_zoned(pacific).date().to_string();
    assert_eq!(from(), today.max("2026-07-01".to_owned()));
}
