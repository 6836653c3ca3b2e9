//! What is not public yet shows in nothing: neither in a byte of any answer nor in a header,
//! a count, a tag or a cursor, until its moment comes. Every operation of the document is
//! asked in every way that its parameters allow.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::path::PathBuf;
use std::time::Duration;

use calsos_tests::document::operations;
use calsos_tests::issuer::Issuer;
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program, list_text};
use calsos_tests::service::Service;
use calsos_tests::walk::{Caller, Walk, assert_same, blurred_walk, serve};
use serde_json::Value;

/// A district: students with disabilities red in ELA, mathematics and suspension.
const DISTRICT: &str = "01999990000000";
const OFFICE: &str = "01199990000000";
const CHARTER: &str = "01999999999999";
const NEIGHBOUR: &str = "02999990000000";
/// A district that only files name that are not public.
const NEW: &str = "01888880000000";

const ALL: [&str; 4] = [DISTRICT, OFFICE, CHARTER, NEIGHBOUR];

/// A moment that no test lives to see.
const FAR: &str = "2090-01-01";

fn red(leas: &[&'static str], color: u8) -> Vec<(&'static str, (&'static str, &'static str, u8))> {
    let of = |cds: &&'static str| ["ELA", "MATH", "SUSP"].map(|i| (i, (*cds, "SWD", color)));
    leas.iter().flat_map(of).collect()
}

/// Two years of four LEAs with the lists that they look back on, and every table of an operator; all of it
/// public, and decided.
fn world(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    for year in [2023, 2024] {
        program.import(program.write_year(year, &ALL, &red(&[DISTRICT, NEIGHBOUR], 1), &[]));
    }
    for year in [2018, 2019, 2022, 2023] {
        let rows = ALL.map(|cds| (cds, "General Assistance", [].as_slice()));
        let list = list_text("LCFF Eligibility File", year, &rows);
        program.import([program.write(&format!("assistancestatus{}.csv", year % 100), list)]);
    }
    for (name, text) in TABLES {
        program.import([program.write(&format!("{name}.csv"), text)]);
    }
    program.succeed(["determine"]);
    // What is public is told before anything is taken in that is not: from then on, how and
    // when that was told is no other either.
    let mut service = Service::start(&program, &[]);
    assert_eq!(service.get("/v1/changes").status, 200);
    service.end();
    // Whoever is alone with the database last puts everything into its file, to be copied.
    while program.log_is_there() {
        program.succeed(["runs"]);
    }
    program
}

const TABLES: [(&str, &str); 5] = [
    (
        "successions",
        "predecessor_cds,successor_cds,kind,effective_date,source\n\
         02555550000000,02999990000000,renumbered,2020-07-01,state directory\n",
    ),
    ("geographic-leads", "county,lead_agency,from,until,source\n01,A Lead,,,letter\n"),
    ("charter-locations", "cds,located_in,from,until,source\n01999999999999,03,,,petition\n"),
    (
        "nces-ids",
        "cds,nces_district,nces_school\n01999999999999,0699998,54321\n01999990000000,0699998,\n",
    ),
    ("calpads", "cds,certified,year\n02999990000000,N,2024\n"),
];

/// What is taken in and not public: files of the county of the district, and of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Held {
    NewYear,
    Correction,
    NewLea,
    List,
    Table(&'static str, &'static str),
    Directory,
}

/// Of which only the LEAs of county 01 are spoken.
const OF_COUNTY: [Held; 4] = [Held::NewYear, Held::Correction, Held::NewLea, Held::List];

/// Of which anybody may be spoken, by what is taken in together.
const OF_ALL: [&[Held]; 4] = [
    // What an older table has is not in them.
    &[
        Held::Table("leads", "county,lead_agency,from,until,source\n02,Another Lead,,,letter\n"),
        Held::Table("places", "cds,located_in,from,until,source\n02999999999999,01,,,petition\n"),
        Held::Table(
            "changes",
            "predecessor_cds,successor_cds,kind,effective_date,source\n\
             03555550000000,03999990000000,renumbered,2020-07-01,state directory\n",
        ),
        Held::Table("ids", "cds,nces_district,nces_school\n01999999999999,0611111,11111\n"),
    ],
    &[
        Held::Table("leads", "county,lead_agency,from,until,source\n01,Another Lead,,,letter\n"),
        Held::Table("places", "cds,located_in,from,until,source\n01999999999999,02,,,petition\n"),
        Held::Table("exceptions", "cds,certified,year\n01999990000000,N,2024\n"),
    ],
    &[Held::Table(
        "changes",
        "predecessor_cds,successor_cds,kind,effective_date,source\n\
         01999990000000,01777770000000,renumbered,2024-07-01,state directory\n",
    )],
    &[Held::Directory],
];

impl Held {
    fn files(self, program: &Program) -> Vec<PathBuf> {
        let of_county = [DISTRICT, OFFICE, CHARTER];
        match self {
            Held::NewYear => program.write_year(2025, &of_county, &red(&[DISTRICT], 1), &[]),
            Held::Correction => {
                let rows = [(DISTRICT, "SWD", 5), (DISTRICT, "ALL", 4), (OFFICE, "ALL", 4)];
                vec![
                    program.write_indicator("SUSP", 2023, &rows),
                    program.write_indicator("ELA", 2023, &[(CHARTER, "ALL", 2)]),
                    program.write_local(6, 2023, &[(DISTRICT, "Not Met For Two or More Years")]),
                ]
            }
            Held::NewLea => {
                let rows = [(NEW, "SWD", 1), (NEW, "ALL", 1)];
                vec![program.write_indicator("SUSP", 2024, &rows)]
            }
            Held::List => {
                let cells: &[(&str, &str)] = &[("SWDpriorities", "A")];
                let rows = [(DISTRICT, "Differentiated Assistance, Year 1", cells)];
                let list = list_text("LCFF Eligibility File", 2024, &rows);
                vec![program.write("assistancestatus24.csv", list)]
            }
            Held::Table(name, text) => vec![program.write(&format!("{name}.csv"), text)],
            Held::Directory => {
                let text = "CDSCode\tStatusType\tCounty\tDistrict\tSchool\tCity\tCharter\tDOC\t\
                            DOCType\tNCESDist\tLastUpDate\n\
                            01999990000000\tActive\tCounty\tA Secret Name\tNo Data\tA City\tNo Data\
                            \t54\tUnified\t0633333\t06/26/2024\n\
                            01888880000000\tActive\tCounty\tA New District\tNo Data\tA City\tNo Data\
                            \t54\tUnified\t0633334\t06/26/2024\n";
                vec![program.write("pubschls.txt", text)]
            }
        }
    }

    fn import(self, program: &Program, public_at: &str) {
        import(program, &self.files(program), public_at);
    }
}

fn import(program: &Program, files: &[PathBuf], public_at: &str) {
    let words = ["import", "--public-at", public_at].map(PathBuf::from);
    program.succeed(words.iter().chain(files));
}

/// The values that parameters of paths and needed ones of queries are asked with.
fn values(operation: &str, name: &str) -> Vec<String> {
    match (operation, name) {
        (_, "cds") => ALL
            .into_iter()
            .chain([NEW, "01777770000000", "02555550000000"])
            .map(str::to_owned)
            .collect(),
        ("compareRulebooks", _) => ["2023", "2025"].map(str::to_owned).to_vec(),
        (_, "year") => (2022..=2025).map(|year| year.to_string()).collect(),
        ("getRelease", "id") => (1..=3).chain(36..=42).map(|id| id.to_string()).collect(),
        ("updateRelease", "id") => ["1", "41"].map(str::to_owned).to_vec(),
        ("getRun" | "listRunChanges", "id") => (1..=3).map(|id| id.to_string()).collect(),
        ("getCitation", "id") => vec!["none".to_owned()],
        ("createImport", "fileName") => vec!["file.txt".to_owned()],
        (_, "provider") => vec!["county:01".to_owned()],
        ("getCommunication" | "listCommunications", "kind") => {
            ["onePageSummary", "strengthsAndWeaknesses"].map(str::to_owned).to_vec()
        }
        (_, "kind") => vec!["onePageSummary".to_owned()],
        (_, "county") => vec!["01".to_owned()],
        (_, "reason") => vec!["wrong".to_owned()],
        // Of jobs and records everybody else is told nothing.
        (_, "id") => vec!["01890a5d-ac96-774b-bcce-b302099a8057".to_owned()],
        _ => panic!("nobody has said with what {name} of {operation} is asked"),
    }
}

/// What is asked of an operation besides.
fn more(operation: &str) -> Vec<String> {
    let years = 2022..=2025;
    let more: Vec<String> = match operation {
        "listLeas" => ["q=888", "q=secret", "q=777", "county=01", "limit=2&total=true"]
            .map(|query| format!("/v1/leas?{query}"))
            .to_vec(),
        "listDeterminations" => [2024, 2025]
            .map(|year| format!("year={year}&limit=2&total=true"))
            .into_iter()
            .chain(
                ["group=SWD&priority=6&total=true", "county=01&status=general"].map(str::to_owned),
            )
            .map(|query| format!("/v1/determinations?{query}"))
            .collect(),
        "listRunChanges" => [1, 2]
            .iter()
            .flat_map(|run| ["of=lists", "limit=3&year=2023"].map(|query| (run, query)))
            .map(|(run, query)| format!("/v1/runs/{run}/changes?{query}"))
            .collect(),
        "listChanges" => vec!["/v1/changes?since=0&limit=5000".to_owned()],
        "exportDeterminations" => years
            .flat_map(|year| ["csv", "ndjson", "xlsx"].map(|format| (year, format)))
            .flat_map(|(year, format)| ["answers", "published"].map(|l| (year, format, l)))
            .map(|(year, format, layout)| format!("year={year}&layout={layout}&format={format}"))
            .map(|query| format!("/v1/exports/determinations?{query}"))
            .collect(),
        _ => Vec::new(),
    };
    more
}

/// Callers who may see nothing of what is held back of county 01, and nobody.
const WITHOUT_RIGHT: [(&str, &str); 5] = [
    ("read preview", "county:02"),
    ("preview", "lea:02999990000000"),
    ("preview", "ccee"),
    ("read admin", "county:01"),
    ("preview", ""),
];

/// Callers who reach nobody, of whatever a file speaks.
const WITHOUT_REACH: [(&str, &str); 3] =
    [("preview", "ccee"), ("preview", "selpa:0101"), ("read", "state")];

/// What those see who have no right to more, one walk for each.
fn walks(program: &Program, issuer: &Issuer, callers: &[(&str, &str)]) -> Vec<(String, Walk)> {
    // Whoever serves a database has it open, so that it cannot be copied any more.
    let copy = program.copy();
    let service = serve(&copy, issuer, &[]);
    let operations = operations(&service);
    // The token itself may differ; what is seen with it may not.
    let mut walks =
        vec![("nobody".to_owned(), Caller::nobody(&service).walk(&operations, values, more))];
    for (scopes, agency) in callers {
        let caller = Caller::with(&service, issuer, scopes, agency);
        walks.push((format!("{agency} with {scopes}"), caller.walk(&operations, values, more)));
    }
    walks
}

fn assert_shows_in_nothing(
    program: &Program,
    before: &[(String, Walk)],
    issuer: &Issuer,
    held: &[Held],
    callers: &[(&str, &str)],
) {
    let copy = program.copy();
    for held in held {
        held.import(&copy, FAR);
    }
    copy.succeed(["determine"]);
    let after = walks(&copy, issuer, callers);
    for (who, after) in &after {
        let (_, before) = before.iter().find(|(of, _)| of == who).unwrap();
        assert_same(before, after, &format!("{held:?}, {who}"));
    }
    // Who may see it sees another picture: there was something to be seen.
    let service = serve(&copy, issuer, &[]);
    let full = Caller::with(&service, issuer, "preview", "state").get("/v1/releases");
    let public = Caller::nobody(&service).get("/v1/releases");
    assert_ne!(full.header("dataset-version"), public.header("dataset-version"), "{held:?}");
    assert!(full.body.len() > public.body.len(), "{held:?}");
}

on_both![what_is_held_back_shows_in_nothing];

fn what_is_held_back_shows_in_nothing(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let callers = &WITHOUT_RIGHT[..1];
    let before = walks(&program, &issuer, callers);
    assert!(before[0].1.len() > 300, "{} requests", before[0].1.len());
    assert_shows_in_nothing(&program, &before, &issuer, &OF_COUNTY, callers);
}

#[test]
fn each_file_of_a_county_that_is_held_back_shows_in_nothing() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    let before = walks(&program, &issuer, &WITHOUT_RIGHT);
    for (held, caller) in OF_COUNTY.into_iter().zip(&WITHOUT_RIGHT[1..]) {
        assert_shows_in_nothing(&program, &before, &issuer, &[held], &[*caller]);
    }
}

#[test]
fn each_table_that_is_held_back_shows_in_nothing() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    let before = walks(&program, &issuer, &WITHOUT_REACH);
    for (held, caller) in OF_ALL.into_iter().zip(WITHOUT_REACH.iter().cycle()) {
        assert_shows_in_nothing(&program, &before, &issuer, held, &[*caller]);
    }
}

/// How soon what has become public is served.
const SOON: Duration = Duration::from_secs(2);

fn status(service: &Service, path: &str) -> u16 {
    service.get(path).status
}

/// Waits until a path is answered with 200, and gives how long that took.
fn wait_for(service: &Service, path: &str) -> Duration {
    service.wait_until(path, |service| status(service, path) == 200)
}

fn answer(cds: &str, year: u16) -> String {
    format!("/v1/leas/{cds}/determinations/{year}")
}

#[test]
fn what_is_published_is_served_at_once_as_if_it_had_been_public_from_the_start() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    let from_the_start = program.copy();
    for held in OF_COUNTY {
        held.import(&program, FAR);
        held.import(&from_the_start, "2020-01-01");
    }
    program.succeed(["determine"]);
    from_the_start.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let before = service.get("/v1/years");
    assert_eq!(status(&service, &answer(DISTRICT, 2025)), 404);
    assert_eq!(status(&service, &format!("/v1/leas/{NEW}")), 404);
    let first = service.get("/v1/determinations?limit=2");
    let cursor = first.json()["page"]["next"].as_str().unwrap().to_owned();

    let numbers: Vec<String> = held_back(&program);
    let words = ["publish", "--at", "now"].map(str::to_owned);
    program.succeed(words.into_iter().chain(numbers));
    let took = wait_for(&service, &answer(DISTRICT, 2025));
    assert!(took < SOON, "{took:?}");
    let after = service.get("/v1/years");
    assert_ne!(before.header("etag"), after.header("etag"));
    let tag = [("if-none-match", before.header("etag"))];
    assert_eq!(service.get_with("/v1/years", &tag).status, 200);

    // A list that was begun goes on as it was.
    let next = service.get(&format!("/v1/determinations?limit=2&cursor={cursor}"));
    assert_eq!(next.status, 200);
    assert_eq!(next.header("dataset-version"), first.header("dataset-version"));

    let mut operations = operations(&service);
    // The feed tells what became of it when, which is another history.
    operations.retain(|operation| operation.id != "listChanges");
    let seen = Caller::nobody(&service).walk(&operations, values, more);
    let other = serve(&from_the_start, &issuer, &[]);
    let expected = Caller::nobody(&other).walk(&operations, values, more);
    assert_same(&blurred_walk(&expected), &blurred_walk(&seen), "published or public");
}

/// The numbers of the releases that are not public, as whoever may see them all sees them.
fn held_back(program: &Program) -> Vec<String> {
    let releases = program.json(["releases"]);
    let is_held = |release: &&Value| release["public from"].to_string().contains("2090");
    let held: Vec<String> = releases
        .as_array()
        .unwrap()
        .iter()
        .filter(is_held)
        .map(|release| release["release"].as_str().unwrap().to_owned())
        .collect();
    assert!(!held.is_empty(), "{releases}");
    held
}

#[test]
fn when_the_moment_comes_a_year_is_served_by_itself() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    let files = Held::NewYear.files(&program);
    let moment = jiff::Timestamp::now() + Duration::from_secs(6);
    import(&program, &files, &moment.to_string());
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let path = answer(DISTRICT, 2025);
    let tag = service.get("/v1/years").header("etag").to_owned();
    if jiff::Timestamp::now() < moment {
        assert_eq!(status(&service, &path), 404);
    }
    wait_for(&service, &path);
    let late = Duration::try_from(jiff::Timestamp::now() - moment).unwrap();
    assert!(late < SOON, "{late:?}");
    assert_ne!(service.get("/v1/years").header("etag"), tag);
    assert_eq!(status(&service, &path), 200);
}

#[test]
fn a_cursor_of_who_may_see_more_is_refused_to_who_may_not() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    for held in OF_COUNTY {
        held.import(&program, FAR);
    }
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let state = Caller::with(&service, &issuer, "preview", "state");
    let county = Caller::with(&service, &issuer, "preview", "county:01");
    let neighbour = Caller::with(&service, &issuer, "preview", "county:02");
    let nobody = Caller::nobody(&service);
    for list in ["/v1/determinations?limit=1", "/v1/leas?limit=1"] {
        let begin = |caller: &Caller<'_>| {
            let page = caller.get(list).json();
            format!("{list}&cursor={}", page["page"]["next"].as_str().unwrap())
        };
        let (of_state, of_county, of_nobody) = (begin(&state), begin(&county), begin(&nobody));
        for (caller, path, expected) in [
            (&state, &of_state, 200),
            (&county, &of_county, 200),
            (&county, &of_state, 410),
            (&state, &of_county, 410),
            (&neighbour, &of_state, 410),
            (&neighbour, &of_county, 410),
            (&nobody, &of_state, 410),
            (&nobody, &of_county, 410),
            // What everybody may read, everybody may go on with.
            (&neighbour, &of_nobody, 200),
            (&county, &of_nobody, 200),
            (&nobody, &of_nobody, 200),
        ] {
            let answer = caller.get(path);
            assert_eq!(answer.status, expected, "{path}: {caller:?}");
            if expected == 410 {
                assert!(!String::from_utf8_lossy(&answer.body).contains(NEW), "{path}");
            }
        }
    }
}

/// The first run has files of a year that are public and such as are not.
#[test]
fn an_answer_is_public_when_the_last_file_is_that_it_rests_on() {
    let program = Program::on(Backend::Sqlite, env!("CARGO_BIN_EXE_calsos-under-test"));
    let issuer = Issuer::new();
    let mut files = program.write_year(2023, &ALL, &red(&[DISTRICT], 1), &[]);
    let (susp, ela) = (files.remove(5), files.remove(0));
    program.import(&files);
    import(&program, &[ela], FAR);
    // Of the neighbour, everything is public but one file, too.
    import(&program, &[susp], "2091-01-01");
    program.succeed(["determine"]);
    let service = serve(&program, &issuer, &[]);
    let path = answer(DISTRICT, 2023);
    let hidden = |service: &Service| {
        for path in [path.clone(), format!("{path}/trace"), "/v1/summaries/2023".to_owned()] {
            let answer = service.get(&path);
            assert_eq!((answer.status, &answer.json()["code"]), (404, &"year-not-loaded".into()));
        }
    };
    hidden(&service);
    let state = Caller::with(&service, &issuer, "preview", "state");
    assert_eq!(state.get(&path).status, 200);

    let publish = |number: &str| {
        let before = service.get("/v1/releases").header("etag").to_owned();
        program.succeed(["publish", number, "--at", "now"]);
        let took = service.wait_until("published", |service| {
            service.get("/v1/releases").header("etag") != before
        });
        assert!(took < SOON, "{took:?}");
    };
    let numbers = held_back(&program);
    assert_eq!(numbers.len(), 1);
    publish(&numbers[0]);
    hidden(&service);
    let last: u32 = numbers[0].parse().unwrap();
    publish(&(last + 1).to_string());
    assert_eq!(status(&service, &path), 200);

    // What is closed again is gone again: there is no earlier answer.
    program.succeed(["publish", &numbers[0], "--at", "closed"]);
    let gone = service.wait_until("closed", |service| status(service, &path) == 404);
    assert!(gone < SOON, "{gone:?}");
    hidden(&service);
}
