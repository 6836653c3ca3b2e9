//! Agreement with the state's published lists, cell by cell, on real files.
//!
//! The lists are the judge. What is compared is counted, so that a comparison that compares
//! nothing fails; a cell that differs is a defect.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what a helper of a test unwraps or indexes is part of the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use calsos_domain::cds::CdsCode;
use calsos_domain::determination::{Determination, decide};
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{FactBase, ReleaseHead, ReleaseNumber};
use calsos_domain::lea::LeaType;
use calsos_domain::outcome::{MissingInput, Outcome};
use calsos_domain::published::{ListFault, check_row, status_text};
use calsos_domain::release::{
    Coverage, LeaMention, PublishedRow, PublishedStatus, ReleaseContents, ReleaseKind, Rows,
};
use calsos_domain::rulebook::Rulebooks;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;
use calsos_ingest::{Input, Layouts, read};
use calsos_tests::case::{rulebooks, year};
use calsos_tests::program::Program;
use calsos_tests::shared::{files, real_data};

/// The county of the indicator files.
const COUNTY: &str = "27";

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_calsos-under-test"))
}

fn lists(data: &Path) -> Vec<PathBuf> {
    files(&data.join("published"), &[".xls", ".xlsx"])
}

/// Everything that the real data hold, imported and decided once for all tests.
fn office() -> Option<&'static Program> {
    static OFFICE: OnceLock<Option<Program>> = OnceLock::new();
    OFFICE
        .get_or_init(|| {
            let data = real_data("the agreement with the published lists")?;
            let program = program();
            program.import(lists(&data));
            program.import(files(&data.join("dashboard"), &[".txt"]));
            program.import(files(&data.join("local-indicators"), &[".xlsx"]));
            program.succeed(["determine"]);
            Some(program)
        })
        .as_ref()
}

/// A list as its file has it.
fn list(data: &Path, name: &str) -> ReleaseContents {
    let bytes = std::fs::read(data.join("published").join(name)).unwrap();
    let input = Input { file_name: name, bytes: &bytes, assigned: None };
    read(&input, &Layouts::builtin()).unwrap().contents
}

fn rows(contents: &ReleaseContents) -> &[PublishedRow] {
    match &contents.rows {
        Rows::Published(rows) => rows,
        other => panic!("a list has published rows, not {}", other.len()),
    }
}

const LISTS: [(u16, &str); 6] = [
    (2017, "assistance-status17.xls"),
    (2018, "assistancestatus18.xlsx"),
    (2019, "assistancestatus19-rev.xlsx"),
    (2022, "assistancestatus22.xlsx"),
    (2023, "assistancestatus23.xlsx"),
    (2024, "assistancestatus24.xlsx"),
];

/// What the transcript of the 2025 list has of an LEA.
struct Seen2025 {
    row: PublishedRow,
    ec52072: bool,
    ec52071f: bool,
}

/// The transcript of 387 LEAs of the 2025 list, in a layout of its own.
fn seen_2025(data: &Path) -> Vec<Seen2025> {
    let path = data.join("published/assistance2025-387-leas.csv");
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut seen = Vec::new();
    for (index, record) in reader.records().enumerate() {
        let record = record.unwrap();
        let cell = |name: &str| &record[header.iter().position(|h| h == name).unwrap()];
        let listed_groups: BTreeSet<StudentGroup> = StudentGroup::COUNTED.into();
        let codes = listed_groups
            .iter()
            .filter_map(|group| {
                let letter = cell(&format!("{}priorities", group.list_code()));
                Some((*group, letter.chars().next().filter(char::is_ascii_uppercase)?))
            })
            .collect();
        seen.push(Seen2025 {
            row: PublishedRow {
                row: index as u32 + 2,
                cds: cell("CDS").parse().unwrap(),
                codes,
                listed_groups,
                group_count: None,
                status: PublishedStatus::parse(cell("Status")).unwrap(),
                earlier_statuses: BTreeMap::new(),
                methods: BTreeMap::new(),
                ec52072: None,
                ec52071f: None,
            },
            ec52072: cell("EC52072b_2025") == "Y",
            ec52071f: cell("EC52071f_2025") == "Y",
        });
    }
    seen
}

fn type_of(cds: CdsCode) -> LeaType {
    if cds.has_county_office_digits() { LeaType::CountyOffice } else { LeaType::District }
}

/// The lists' facts alone, with the transcript of 2025 as if it were a list.
fn list_facts(data: &Path) -> FactBase {
    let mut contents: Vec<ReleaseContents> =
        LISTS.iter().map(|(_, name)| list(data, name)).collect();
    let rows: Vec<PublishedRow> = seen_2025(data).into_iter().map(|seen| seen.row).collect();
    contents.push(ReleaseContents {
        kind: ReleaseKind::PublishedList,
        year: Some(year(2025)),
        file_date: None,
        coverage: Coverage { statewide: true, ..Coverage::default() },
        leas: rows
            .iter()
            .map(|row| LeaMention {
                cds: row.cds,
                lea_type: type_of(row.cds),
                name: String::new(),
                county_name: String::new(),
                city: None,
                grade_span: None,
            })
            .collect(),
        rows: Rows::Published(rows),
    });
    let releases: Vec<(ReleaseHead, ReleaseContents)> = contents
        .into_iter()
        .zip(1..)
        .map(|(contents, number)| {
            let head = ReleaseHead {
                number: ReleaseNumber(number),
                kind: contents.kind,
                year: contents.year,
                file_date: contents.file_date,
                coverage: contents.coverage.clone(),
                beside: None,
            };
            (head, contents)
        })
        .collect();
    FactBase::assemble(&releases)
}

/// Determinations of a year from the published codes alone.
fn by_codes<'a>(
    books: &'a Rulebooks,
    base: &FactBase,
    of: DashboardYear,
) -> BTreeMap<CdsCode, Determination<'a>> {
    base.leas
        .values()
        .filter(|lea| lea.years.get(&of).is_some_and(|facts| facts.published.is_some()))
        .filter_map(|lea| Some((lea.cds, decide(books, lea, Basis::PublishedCodes).remove(&of)?)))
        .collect()
}

fn ec52072(determination: &Determination<'_>) -> Outcome {
    let tests = &determination.conclusions.sustained;
    tests.iter().find(|t| t.id.starts_with("ec-52072")).map_or(Outcome::NotMet, |t| t.outcome)
}

fn ec52071f(determination: &Determination<'_>) -> Outcome {
    let tests = &determination.conclusions.sustained;
    tests.iter().find(|t| t.id == "ec-52071-f").map_or(Outcome::NotMet, |t| t.outcome)
}

// ---- The county whose indicator files are here ----

/// Compares the exported codes and M1 of the county with the list; gives the cells compared.
fn compare_county(data: &Path, program: &Program, of: u16, name: &str) -> (usize, usize) {
    let exported = program.export_published(of);
    let contents = list(data, name);
    let county: Vec<&PublishedRow> =
        rows(&contents).iter().filter(|row| row.cds.county().to_string() == COUNTY).collect();
    assert_eq!(county.len(), 25);
    let (mut codes, mut methods) = (0, 0);
    for row in county {
        let computed = &exported[&row.cds.to_string()];
        for group in &row.listed_groups {
            let published = row.codes.get(group).map_or("*".to_owned(), char::to_string);
            let column = format!("{}priorities", group.list_code());
            assert_eq!(computed[&column], published, "{of} {} {column}", row.cds);
            codes += 1;
        }
        let method = if row.methods[&1] { "Y" } else { "N" };
        assert_eq!(computed["MetMethod1"], method, "{of} {}", row.cds);
        methods += 1;
    }
    (codes, methods)
}

#[test]
fn every_code_and_method_1_of_the_county_follow_from_its_files() {
    let Some(office) = office() else { return };
    let data = real_data("codes of the county").unwrap();
    for (of, name) in [LISTS[1], LISTS[3], LISTS[4]] {
        assert_eq!(compare_county(&data, office, of, name), (325, 25), "{of}");
    }
}

#[test]
fn the_codes_stay_when_that_years_list_is_not_there() {
    let Some(data) = real_data("codes without the list") else { return };
    for (of, name) in [LISTS[1], LISTS[3], LISTS[4]] {
        let program = program();
        let files = files(&data.join("dashboard"), &[&format!("{of}_monterey.txt")]);
        assert!(files.len() >= 6, "{files:?}");
        program.import(files);
        program.succeed(["determine"]);
        assert_eq!(compare_county(&data, &program, of, name), (325, 25), "{of}");
    }
}

#[test]
fn the_countys_rows_of_the_2023_list_come_back_from_files_and_earlier_lists() {
    let Some(data) = real_data("the 2023 list of the county") else { return };
    let program = program();
    program.import(lists(&data).iter().filter(|path| {
        let name = path.to_string_lossy();
        !name.contains("status23") && !name.contains("status24")
    }));
    program.import(files(&data.join("dashboard"), &[".txt"]));
    program.import(files(&data.join("local-indicators"), &[".xlsx"]));
    program.succeed(["determine"]);
    let exported = program.export_published(2023);
    let contents = list(&data, "assistancestatus23.xlsx");
    let books = rulebooks();
    let edition = books.edition(year(2023)).unwrap();
    let mut cells = 0;
    let mut check = |row: &BTreeMap<String, String>, column: &str, published: String| {
        assert_eq!(row[column], published, "{} {column}", row["CDS"]);
        cells += 1;
    };
    let county = rows(&contents).iter().filter(|row| row.cds.county().to_string() == COUNTY);
    for row in county {
        let computed = &exported[&row.cds.to_string()];
        for group in &row.listed_groups {
            let published = row.codes.get(group).map_or("*".to_owned(), char::to_string);
            check(computed, &format!("{}priorities", group.list_code()), published);
        }
        let yes = |met: bool| if met { "Y" } else { "N" }.to_owned();
        check(computed, "TotalStudentGroups", row.group_count.unwrap().to_string());
        for number in 1..=3 {
            check(computed, &format!("MetMethod{number}"), yes(row.methods[&number]));
        }
        check(computed, "AssistanceStatus2023", status_text(edition, row.status).to_owned());
        check(computed, "EC52072_2023", yes(row.ec52072.unwrap()));
        for earlier in [2018, 2019, 2022] {
            let status = row.earlier_statuses.get(&year(earlier));
            let earlier_edition = books.edition(year(earlier)).unwrap();
            let text = status.map_or("*", |s| status_text(earlier_edition, *s)).to_owned();
            check(computed, &format!("AssistanceStatus{earlier}"), text);
        }
        check(computed, "NotKnownBecause", String::new());
    }
    assert_eq!(cells, 25 * (13 + 1 + 3 + 1 + 1 + 3 + 1));
}

// ---- Statewide, from local indicators and published codes ----

#[test]
fn methods_2_and_3_of_2023_follow_from_local_indicators_statewide() {
    let Some(office) = office() else { return };
    let data = real_data("methods 2 and 3").unwrap();
    let view = office.json(["reconcile", "--year", "2023", "--basis", "codes"]);
    assert_eq!(view["differing"], 0);
    let column = |name: &str| {
        let columns = view["columns"].as_array().unwrap();
        columns.iter().find(|c| c["column"] == name).unwrap().clone()
    };
    assert_eq!(column("MetMethod1")["agreeing"], 991);
    assert_eq!(column("MetMethod2")["agreeing"], 991);
    assert_eq!(column("MetMethod3")["agreeing"], 989);
    assert_eq!(column("MetMethod3")["notKnown"], 2);
    let contents = list(&data, "assistancestatus23.xlsx");
    let published = |method: u8| -> BTreeSet<String> {
        let rows = rows(&contents).iter().filter(|row| row.methods[&method]);
        rows.map(|row| row.cds.to_string()).collect()
    };
    assert_eq!(published(2).len(), 19);
    let unknown: Vec<&serde_json::Value> = view["unknown"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|cell| cell["column"] == "MetMethod3")
        .collect();
    let leas: BTreeSet<String> =
        unknown.iter().map(|cell| cell["cds"].as_str().unwrap().to_owned()).collect();
    assert_eq!(leas, published(3));
    for cell in unknown {
        let reason = cell["reason"].as_str().unwrap();
        for file in ["ELA", "MATH", "ELPI", "GRAD", "CHRO", "SUSP", "CCI"] {
            assert!(reason.contains(&format!("{file}:2023")), "{reason}");
        }
    }
}

// ---- Statewide, from the published codes alone ----

#[test]
fn ec_52072_follows_from_the_published_codes() {
    let Some(data) = real_data("EC 52072 from the codes") else { return };
    let (books, base) = (rulebooks(), list_facts(&data));
    for ((of, name), flagged) in [LISTS[3], LISTS[4], LISTS[5]].into_iter().zip([39, 65, 67]) {
        let contents = list(&data, name);
        let published: BTreeMap<CdsCode, bool> =
            rows(&contents).iter().map(|row| (row.cds, row.ec52072.unwrap())).collect();
        let computed = by_codes(&books, &base, year(of));
        assert_eq!(computed.len(), published.len());
        let mut met = 0;
        for (cds, determination) in &computed {
            match ec52072(determination) {
                Outcome::Met => {
                    assert!(published[cds], "{of} {cds}: a false positive");
                    met += 1;
                }
                Outcome::NotMet => assert!(!published[cds], "{of} {cds}: missed"),
                Outcome::NotKnown(missing) => assert!(
                    missing.iter().all(|i| matches!(i, MissingInput::Indicator(_))),
                    "{of} {cds}: {missing:?}"
                ),
            }
        }
        assert_eq!(met, flagged, "{of}");
    }
}

#[test]
fn what_the_clause_on_fewer_groups_leaves_open_is_counted_under_each_reading() {
    let Some(data) = real_data("the clause on fewer groups") else { return };
    let (books, base) = (rulebooks(), list_facts(&data));
    let mut counted = BTreeMap::new();
    for of in [2022, 2023, 2024] {
        let computed = by_codes(&books, &base, year(of));
        let open = |reading: fn(&calsos_domain::sustained_need::SustainedFinding) -> Outcome| {
            computed
                .values()
                .filter(|d| {
                    let test = d.conclusions.sustained.iter().find(|t| t.id.contains("52072"));
                    test.is_some_and(|t| reading(t).known().is_none())
                })
                .count()
        };
        counted.insert(of, (open(|t| t.by_rated_now()), open(|t| t.by_rated_ever())));
    }
    // An LEA is open only while nothing proves a third group, or one that is not persistent:
    // by the reading that looks at every year of the window, more is proven.
    assert_eq!(counted[&2022], (16, 5));
    assert_eq!(counted[&2023], (71, 9));
    assert_eq!(counted[&2024], (76, 11));
}

#[test]
fn the_66th_flag_of_2023_is_open_and_is_set_once_its_groups_are_known() {
    let Some(data) = real_data("the 66th flag of 2023") else { return };
    let (books, mut base) = (rulebooks(), list_facts(&data));
    let contents = list(&data, "assistancestatus23.xlsx");
    let computed = by_codes(&books, &base, year(2023));
    let missed: Vec<CdsCode> = rows(&contents)
        .iter()
        .filter(|row| row.ec52072 == Some(true) && !ec52072(&computed[&row.cds]).is_met())
        .map(|row| row.cds)
        .collect();
    assert_eq!(missed.len(), 1);
    assert_eq!(ec52072(&computed[&missed[0]]).known(), None);
    // Its two persistent groups are all that it has: every file of the year is loaded, and
    // no other group has a row.
    let edition = books.edition(year(2023)).unwrap();
    let facts = base.leas.get_mut(&missed[0]).unwrap();
    let facts_2023 = facts.years.get_mut(&year(2023)).unwrap();
    for indicator in edition.indicators_used() {
        facts_2023.indicator_releases.insert(indicator, ReleaseNumber(99));
    }
    let decided = decide(&books, facts, Basis::PublishedCodes).remove(&year(2023)).unwrap();
    let test = &decided.conclusions.sustained[0];
    assert_eq!(test.outcome, Outcome::Met);
    assert_eq!(test.by_count, Outcome::NotMet);
    assert!(decided.open_points.iter().any(|id| id == "having-a-group"));
    let groups: Vec<&str> = test.persistent.iter().map(|(group, _)| group.code()).collect();
    assert_eq!(groups, ["SED", "WH"]);
}

#[test]
fn the_flags_of_387_leas_of_2025_follow_from_the_published_codes() {
    let Some(data) = real_data("the flags of 2025") else { return };
    let (books, base) = (rulebooks(), list_facts(&data));
    let computed = by_codes(&books, &base, year(2025));
    let seen = seen_2025(&data);
    assert_eq!(seen.len(), 387);
    let (mut level_3, mut geographic) = (0, 0);
    for lea in &seen {
        let determination = &computed[&lea.row.cds];
        match ec52072(determination).known() {
            Some(met) => assert_eq!(met, lea.ec52072, "{}", lea.row.cds),
            None => assert!(!lea.ec52072, "{}", lea.row.cds),
        }
        level_3 += usize::from(ec52072(determination).is_met());
        assert_eq!(ec52071f(determination).known(), Some(lea.ec52071f), "{}", lea.row.cds);
        geographic += usize::from(ec52071f(determination).is_met());
    }
    assert_eq!((level_3, geographic), (39, 47));
}

// ---- Labels and totals ----

#[test]
fn every_label_follows_from_methods_and_the_year_before() {
    let Some(data) = real_data("labels") else { return };
    let books = rulebooks();
    let all: BTreeMap<DashboardYear, ReleaseContents> =
        LISTS.iter().map(|(of, name)| (year(*of), list(&data, name))).collect();
    let by_code: BTreeMap<DashboardYear, BTreeMap<CdsCode, &PublishedRow>> = all
        .iter()
        .map(|(of, contents)| (*of, rows(contents).iter().map(|row| (row.cds, row)).collect()))
        .collect();
    let earlier = |cds: CdsCode, before: DashboardYear| -> BTreeMap<DashboardYear, &PublishedRow> {
        by_code.range(..before).filter_map(|(y, rows)| Some((*y, *rows.get(&cds)?))).collect()
    };
    let mut checked = 0;
    for (of, contents) in &all {
        let edition = books.edition(*of).unwrap();
        for row in rows(contents) {
            let faults = check_row(edition, type_of(row.cds), row, &earlier(row.cds, *of));
            assert_eq!(faults, [], "{of} {}", row.cds);
            checked += 1;
        }
    }
    assert_eq!(checked, 936 + 993 + 997 + 993 + 991 + 994);
    // Of 2025 the statuses are known, and of the methods only what the codes show.
    let edition = books.edition(year(2025)).unwrap();
    let mut wrong = Vec::new();
    for seen in seen_2025(&data) {
        let cds = seen.row.cds;
        let faults = check_row(edition, type_of(cds), &seen.row, &earlier(cds, year(2025)));
        if !faults.is_empty() {
            wrong.push((seen, faults));
        }
    }
    // The one exception has no letter and was not in its first year in 2024: a local or a
    // CALPADS case, neither of which the transcript shows.
    assert_eq!(wrong.len(), 1);
    let (seen, faults) = &wrong[0];
    assert!(seen.row.codes.is_empty());
    assert_eq!(
        faults[..],
        [ListFault::Status {
            published: "Differentiated Assistance".to_owned(),
            expected: "General Assistance".to_owned()
        }]
    );
}

struct Totals {
    year: u16,
    leas: usize,
    eligible: usize,
    offices: usize,
    methods: &'static [usize],
    flagged: Option<usize>,
    second_year: usize,
}

#[test]
fn the_totals_of_every_list_are_the_published_ones() {
    let Some(data) = real_data("totals") else { return };
    let totals = [
        Totals {
            year: 2017,
            leas: 936,
            eligible: 228,
            offices: 0,
            methods: &[],
            flagged: None,
            second_year: 0,
        },
        Totals {
            year: 2018,
            leas: 993,
            eligible: 386,
            offices: 32,
            methods: &[374, 11, 2],
            flagged: None,
            second_year: 0,
        },
        Totals {
            year: 2019,
            leas: 997,
            eligible: 333,
            offices: 32,
            methods: &[331, 2, 0],
            flagged: None,
            second_year: 0,
        },
        Totals {
            year: 2022,
            leas: 993,
            eligible: 617,
            offices: 11,
            methods: &[617],
            flagged: Some(39),
            second_year: 0,
        },
        Totals {
            year: 2023,
            leas: 991,
            eligible: 466,
            offices: 19,
            methods: &[453, 19, 2],
            flagged: Some(66),
            second_year: 0,
        },
        Totals {
            year: 2024,
            leas: 994,
            eligible: 436,
            offices: 23,
            methods: &[434, 2, 0, 0],
            flagged: Some(67),
            second_year: 153,
        },
    ];
    for (total, (of, name)) in totals.iter().zip(LISTS) {
        assert_eq!(total.year, of);
        let contents = list(&data, name);
        let rows = rows(&contents);
        let count = |test: &dyn Fn(&PublishedRow) -> bool| rows.iter().filter(|r| test(r)).count();
        let first_year = |row: &PublishedRow| {
            matches!(
                row.status,
                PublishedStatus::Differentiated | PublishedStatus::DifferentiatedYear1
            )
        };
        assert_eq!(rows.len(), total.leas, "{of}");
        assert_eq!(count(&first_year), total.eligible, "{of}");
        let office =
            |row: &PublishedRow| first_year(row) && type_of(row.cds) == LeaType::CountyOffice;
        assert_eq!(count(&office), total.offices, "{of}");
        let met: Vec<usize> = (1..=total.methods.len() as u8)
            .map(|n| count(&|row: &PublishedRow| row.methods.get(&n) == Some(&true)))
            .collect();
        assert_eq!(met, total.methods, "{of}");
        let flagged = count(&|row: &PublishedRow| row.ec52072 == Some(true));
        assert_eq!(flagged, total.flagged.unwrap_or(0), "{of}");
        let second =
            count(&|row: &PublishedRow| row.status == PublishedStatus::DifferentiatedYear2);
        assert_eq!(second, total.second_year, "{of}");
    }
}

#[test]
fn the_groups_with_a_code_of_every_list_are_the_published_numbers() {
    let Some(data) = real_data("group totals") else { return };
    let expected: [(u16, &str, &str); 4] = [
        (
            2018,
            "assistancestatus18.xlsx",
            "AA 66, AI 21, AS 1, EL 59, FI 0, FOS 106, HI 44, HOM 145, MR 16, PI 5, SED 66, SWD 243, WH 35",
        ),
        (
            2022,
            "assistancestatus22.xlsx",
            "AA 162, AI 70, AS 2, EL 230, FI 1, FOS 243, HI 99, HOM 272, MR 52, PI 30, SED 158, SWD 520, WH 73",
        ),
        (
            2023,
            "assistancestatus23.xlsx",
            "AA 92, AI 27, AS 0, EL 165, FI 0, FOS 132, HI 82, HOM 173, MR 26, PI 12, SED 104, SWD 268, WH 36",
        ),
        (
            2024,
            "assistancestatus24.xlsx",
            "AA 51, AI 27, AS 1, EL 84, FI 0, FOS 104, HI 39, HOM 125, LTEL 215, MR 19, PI 8, SED 68, SWD 195, WH 30",
        ),
    ];
    for (of, name, numbers) in expected {
        let contents = list(&data, name);
        let books = rulebooks();
        let counted: Vec<String> = books
            .edition(year(of))
            .unwrap()
            .groups
            .iter()
            .map(|group| {
                let with = rows(&contents).iter().filter(|r| r.codes.contains_key(group)).count();
                format!("{group} {with}")
            })
            .collect();
        assert_eq!(counted.join(", "), numbers, "{of}");
    }
}

#[test]
fn no_cell_of_any_year_differs_from_its_list() {
    let Some(office) = office() else { return };
    let mut agreeing = 0;
    for of in ["2017", "2018", "2019", "2022", "2023", "2024"] {
        for basis in ["files", "codes"] {
            let view = office.json(["reconcile", "--year", of, "--basis", basis]);
            assert_eq!(view["differing"], 0, "{of} {basis}: {}", view["differences"]);
            assert_eq!(view["listAgainstItself"].as_array().unwrap().len(), 0, "{of}");
            agreeing += view["agreeing"].as_u64().unwrap();
        }
    }
    assert!(agreeing > 20_000, "only {agreeing} cells were compared");
}

#[test]
fn every_real_file_imports_and_the_revised_list_is_in_force() {
    let Some(data) = real_data("importing every file") else { return };
    let program = program();
    let mut all = lists(&data);
    all.extend(files(&data.join("dashboard"), &[".txt"]));
    all.extend(files(&data.join("local-indicators"), &[".xlsx"]));
    assert_eq!(all.len(), 7 + 20 + 7);
    // The revised list first: its date inside decides, not the order of import.
    all.sort_by_key(|path| !path.to_string_lossy().contains("19-rev"));
    let shown = program.import(&all);
    assert!(
        shown.contains("release 1 is in force before release 4: its date inside is later"),
        "{shown}"
    );
    let releases = program.json(["releases"]);
    let releases = releases.as_array().unwrap();
    assert_eq!(releases.len(), all.len());
    let again = program.import(&all);
    assert_eq!(again.matches("nothing changed").count(), all.len());
    assert_eq!(program.json(["releases"]).as_array().unwrap(), releases);
}
