//! Small counts of students in files that are not public yet: whoever may see their results
//! does not see these counts anywhere, and everybody sees them as they were published after
//! the moment.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::fs;

use calsos_tests::document::operations;
use calsos_tests::issuer::Issuer;
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, list_text};
use calsos_tests::service::Service;
use calsos_tests::walk::{Caller, Walk, assert_same, blurred_walk, serve};
use serde_json::Value;

const DISTRICT: &str = "01999990000000";
const CHARTER: &str = "01999999999999";

/// A year that is public, and one that is not.
const PUBLIC: u16 = 2023;
const HELD_BACK: u16 = 2024;

/// Who may see the results of the district before they are public.
const MAY: [&str; 5] = ["state", "spi", "county:01", "geographicLead:A Lead", "lea:01999990000000"];

/// Counts of students by group, in the files of a year.
type Sizes<'a> = [(&'a str, &'a str)];

/// Puts counts of students into the files of indicators.
fn resize(files: &[std::path::PathBuf], sizes: &Sizes<'_>) {
    for file in files.iter().filter(|file| file.to_string_lossy().contains("download")) {
        let text = fs::read_to_string(file).unwrap();
        let mut lines = text.lines();
        let header = lines.next().unwrap();
        let place = |name: &str| header.split('\t').position(|column| column == name);
        let mut resized = format!("{header}\n");
        for line in lines {
            let mut cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
            let of = place("studentgroup").map(|at| cells[at].clone());
            let size = sizes.iter().find(|(group, _)| of.as_deref() == Some(group));
            for column in ["currdenom", "priordenom", "currnumer", "currprogressed"] {
                if let (Some(at), Some((_, size))) = (place(column), size) {
                    cells[at] = (*size).to_owned();
                }
            }
            resized.push_str(&cells.join("\t"));
            resized.push('\n');
        }
        fs::write(file, resized).unwrap();
    }
}

/// Two years of a district and its charter school, the second not public, with counts of
/// students with disabilities, of English learners, of foster youth and of homeless youth.
fn world(on: Backend, sizes: &Sizes<'_>) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let groups = [("SWD", 1), ("EL", 1), ("FOS", 1), ("HOM", 2)];
    let rated: Vec<_> = [DISTRICT, CHARTER]
        .into_iter()
        .flat_map(|cds| groups.map(|(group, color)| (cds, group, color)))
        .flat_map(|row| ["ELA", "MATH", "SUSP", "CHRO", "GRAD"].map(|i| (i, row)))
        .collect();
    for year in [2018, 2019, 2022] {
        let rows = [DISTRICT, CHARTER].map(|cds| (cds, "General Assistance", [].as_slice()));
        let list = list_text("LCFF Eligibility File", year, &rows);
        program.import([program.write(&format!("assistancestatus{}.csv", year % 100), list)]);
    }
    let leads = "county,lead_agency,from,until,source\n01,A Lead,,,letter\n";
    program.import([program.write("leads.csv", leads)]);
    let leas = [DISTRICT, CHARTER];
    let files = program.write_year(PUBLIC, &leas, &rated, &[]);
    resize(&files, &[("SWD", "5")]);
    program.import(files);
    program.succeed(["determine"]);
    let files = program.write_year(HELD_BACK, &leas, &rated, &[]);
    resize(&files, sizes);
    let paths = files.iter().map(|file| file.to_str().unwrap());
    program.succeed(["import", "--public-at", "2090-01-01"].into_iter().chain(paths));
    program.succeed(["determine"]);
    program
}

const SIZES: [(&str, &str); 4] = [("SWD", "7"), ("EL", "3"), ("FOS", "10"), ("HOM", "11")];

fn values(operation: &str, name: &str) -> Vec<String> {
    let values: &[&str] = match (operation, name) {
        (_, "cds") => &[DISTRICT, CHARTER],
        ("compareRulebooks", _) => &["2023"],
        (_, "year") => &["2023", "2024"],
        ("getRelease", "id") => &["1", "5", "19", "20"],
        ("updateRelease", "id") => &["1"],
        ("getRun" | "listRunChanges", "id") => &["1", "2"],
        ("getCitation", "id") => &["none"],
        ("createImport", "fileName") => &["file.txt"],
        (_, "provider") => &["county:01"],
        ("getCommunication" | "listCommunications", "kind") => {
            &["onePageSummary", "strengthsAndWeaknesses"]
        }
        (_, "kind") => &["onePageSummary"],
        (_, "county") => &["01"],
        (_, "reason") => &["wrong"],
        // Of jobs and records everybody else is told nothing.
        (_, "id") => &["01890a5d-ac96-774b-bcce-b302099a8057"],
        _ => panic!("nobody has said with what {name} of {operation} is asked"),
    };
    values.iter().map(|value| (*value).to_owned()).collect()
}

fn more(operation: &str) -> Vec<String> {
    let all = ["csv", "ndjson", "xlsx"].into_iter().flat_map(|format| {
        ["answers", "published"].map(|layout| {
            format!("/v1/exports/determinations?year=2024&layout={layout}&format={format}")
        })
    });
    if operation == "exportDeterminations" { all.collect() } else { Vec::new() }
}

/// What is seen by whoever may see what is not public, without what names files and datasets.
fn walk(program: &Program, issuer: &Issuer) -> Vec<(&'static str, Walk)> {
    let service = serve(program, issuer, &[]);
    let operations = operations(&service);
    let walk = |agency: &&'static str| {
        let caller = Caller::with(&service, issuer, "preview", agency);
        (*agency, blurred_walk(&caller.walk(&operations, values, more)))
    };
    MAY.iter().map(walk).collect()
}

on_both![other_small_counts_make_no_difference_to_whoever_sees_them_before_they_are_public];

/// What would be shown of a small count anywhere would be another where the count is another.
fn other_small_counts_make_no_difference_to_whoever_sees_them_before_they_are_public(on: Backend) {
    let issuer = Issuer::new();
    let program = world(on, &SIZES);
    let other = world(on, &[("SWD", "8"), ("EL", "4"), ("FOS", "10"), ("HOM", "11")]);
    let (walks, others) = (walk(&program, &issuer), walk(&other, &issuer));
    for ((agency, seen), (_, other)) in walks.iter().zip(&others) {
        assert!(seen.len() > 80, "{}", seen.len());
        assert_same(seen, other, agency);
    }
}

/// The students of a group of the district by the first indicator that has it.
fn students(caller: &Caller<'_>, year: u16, group: &str) -> (Value, Value) {
    let page = caller.get(&format!("/v1/leas/{DISTRICT}/performances?year={year}"));
    let page = page.json();
    let items = page["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["group"] == group && item["indicator"] == "SUSP");
    let item = item.unwrap_or_else(|| panic!("no {group}: {page}"));
    (item["students"].clone(), item["studentsFewerThan"].clone())
}

/// Everything that says why the answer of the year is what it is.
fn told(caller: &Caller<'_>) -> String {
    told_with(caller, "")
}

/// The same with a query.
fn told_with(caller: &Caller<'_>, query: &str) -> String {
    let page = format!("/v1/leas/{DISTRICT}/determinations/{HELD_BACK}");
    let pages = ["", "/trace"].map(|end| caller.get(&format!("{page}{end}{query}")).body);
    String::from_utf8(pages.concat()).unwrap()
}

/// What the district needs help with, by the answer of the year.
fn needs(caller: &Caller<'_>) -> String {
    let path = format!("/v1/leas/{DISTRICT}/recommended-services?year={HELD_BACK}");
    String::from_utf8(caller.get(&path).body).unwrap()
}

/// What is written of the district by the answer of the year: documents and facts.
fn written(caller: &Caller<'_>) -> String {
    let kinds = ["noticeOfIdentification", "onePageSummary", "strengthsAndWeaknesses"];
    let mut all = String::new();
    for kind in kinds {
        let of_lea = format!("/v1/leas/{DISTRICT}/communications/{kind}?year={HELD_BACK}");
        let of_county = format!("/v1/communications/{kind}?year={HELD_BACK}&county=01");
        for path in [of_lea, of_county] {
            for media in ["text/html", "application/json"] {
                let answer = caller.send("GET", &path, &[("accept", media)], "");
                assert_eq!(answer.status, 200, "{path}");
                all.push_str(&String::from_utf8(answer.body).unwrap());
            }
        }
    }
    all
}

/// Whether a count of students is in what is written.
fn is_written(written: &str, count: &str) -> bool {
    [
        format!("n {count}<"),
        format!(", {count} students"),
        format!("\"students\":{count},"),
        format!("\"students\":{count}}}"),
    ]
    .iter()
    .any(|words| written.contains(words))
}

fn small(words: &str) -> [String; 3] {
    ["7", "3", "10"].map(|count| words.replace('#', count))
}

#[test]
fn counts_below_eleven_are_masked_until_the_moment_and_then_shown_as_published() {
    let (program, issuer) = (world(Backend::Sqlite, &SIZES), Issuer::new());
    let service = serve(&program, &issuer, &[]);
    let masked = (Value::Null, Value::from(11));
    for agency in MAY {
        let caller = Caller::with(&service, &issuer, "preview", agency);
        for group in ["SWD", "EL", "FOS"] {
            assert_eq!(students(&caller, HELD_BACK, group), masked, "{agency} {group}");
        }
        // The first that is not small, and one that the state has published.
        assert_eq!(students(&caller, HELD_BACK, "HOM"), (11.into(), Value::Null), "{agency}");
        assert_eq!(students(&caller, PUBLIC, "SWD"), (5.into(), Value::Null), "{agency}");
        let told = told(&caller);
        assert!(told.contains("fewer than 11 students"), "{agency}: {told}");
        for words in small("# student").iter().chain(&small("\"value\":\"#\"")) {
            assert!(!told.contains(&format!(" {words}")), "{agency}: {words}: {told}");
        }
        let needs = needs(&caller);
        assert!(needs.contains("fewer than 11 students"), "{agency}: {needs}");
        for words in small("# student") {
            assert!(!needs.contains(&format!(" {words}")), "{agency}: {words}: {needs}");
        }
        let written = written(&caller);
        for said in ["n under 11", "fewer than 11 students", "\"studentsFewerThan\":11"] {
            assert!(written.contains(said), "{agency}: {said}");
        }
        for count in ["7", "3", "10"] {
            assert!(!is_written(&written, count), "{agency}: {count}");
        }
        assert!(is_written(&written, "11"), "{agency}");
    }
    let nobody = Caller::nobody(&service);
    let path = format!("/v1/leas/{DISTRICT}/performances?year={HELD_BACK}");
    assert_eq!(nobody.get(&path).status, 404);

    publish(&program, &service);
    let caller = Caller::with(&service, &issuer, "preview", "county:01");
    for caller in [&nobody, &caller] {
        for (group, count) in [("SWD", 7), ("EL", 3), ("FOS", 10), ("HOM", 11)] {
            let shown = (count.into(), Value::Null);
            assert_eq!(students(caller, HELD_BACK, group), shown, "{group}");
        }
        let told = format!("{}{}", told(caller), needs(caller));
        let written = written(caller);
        assert!(!written.contains("under 11") && !written.contains("FewerThan"), "{written}");
        for count in ["7", "3", "10", "11"] {
            assert!(is_written(&written, count), "{count}");
        }
        assert!(!told.contains("fewer than 11"), "{told}");
        for words in small("# students") {
            assert!(told.contains(&format!(" {words}")), "{words}: {told}");
        }
    }
    // As of when they were not public, they are as they were shown then.
    let runs = program.json(["runs"]);
    let then =
        format!("?asOf={}", runs.as_array().unwrap().last().unwrap()["made at"].as_str().unwrap());
    let told = told_with(&caller, &then);
    assert!(told.contains("fewer than 11 students"), "{told}");
    for words in small("# student") {
        assert!(!told.contains(&format!(" {words}")), "{words}: {told}");
    }
}

fn publish(program: &Program, service: &Service) {
    program.succeed(["publish", "--year", "2024", "--at", "now"]);
    service.wait_until("the year is public", |service| {
        service.get("/v1/summaries/2024").status == 200
    });
}

/// A run that an earlier version of the program stored has no facts to draw it up again from.
#[test]
fn counts_are_masked_where_the_run_has_no_facts() {
    let Some(server) = calsos_tests::postgresql("counts_are_masked_without_facts") else {
        return;
    };
    let program = world(Backend::Postgresql(server), &SIZES);
    let (_, name) = program.on_server().unwrap();
    server.sql(name, "DELETE FROM run_facts");
    let issuer = Issuer::new();
    let service = serve(&program, &issuer, &[]);
    let caller = Caller::with(&service, &issuer, "preview", "county:01");
    assert_eq!(students(&caller, HELD_BACK, "SWD"), (Value::Null, 11.into()));
    let told = told(&caller);
    for words in small("# student") {
        assert!(!told.contains(&format!(" {words}")), "{words}: {told}");
    }
}
