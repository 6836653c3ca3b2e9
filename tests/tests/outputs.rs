//! Workbooks and the state's own columns: what leaves the program in a form that is passed
//! on. Every LEA and every number is made up where no real file is named.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use calamine::{Data, DataType, Reader, Xlsx, open_workbook, open_workbook_auto};
use calsos_domain::release::Rows;
use calsos_ingest::{Input, Layouts, Understood, read};
use calsos_tests::case::books;
use calsos_tests::program::{Listed, Program, Ran, indicator_text, list_text, table};
use calsos_tests::shared::{files, real_data};

/// A district: students with disabilities red in ELA, mathematics and suspension.
const CODED: &str = "01999990000000";
/// A district where everything is green.
const CALM: &str = "02999990000000";
/// A county office.
const OFFICE: &str = "01199990000000";
/// A charter school.
const CHARTER: &str = "01999999999999";
const LEAS: [&str; 4] = [CODED, CALM, OFFICE, CHARTER];

/// The years that are decided by files here.
const DECIDED: [u16; 3] = [2023, 2024, 2025];

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// The lists of the years before, and every file of the years decided.
fn world() -> Program {
    let program = program();
    let mut all: Vec<PathBuf> = Vec::new();
    for year in [2017, 2018, 2019, 2022] {
        let support: &[(&str, &str)] = &[("Assistance_Status", "General Support")];
        let cells = if year == 2017 { support } else { &[] };
        let rows: Vec<Listed<'_>> =
            [CODED, CALM, OFFICE].map(|cds| (cds, "General Assistance", cells)).to_vec();
        let name = format!("assistancestatus{}.csv", year % 100);
        all.push(program.write(&name, list_text("LCFF Eligibility File", year, &rows)));
    }
    let rated: Vec<_> = ["ELA", "MATH", "SUSP"].map(|i| (i, (CODED, "SWD", 1))).to_vec();
    for year in DECIDED {
        all.extend(program.write_year(year, &LEAS, &rated, &[]));
    }
    program.import(all);
    program.succeed(["determine"]);
    program
}

/// Runs a command with a workbook as its output, and gives the workbook's path.
fn workbook(program: &Program, words: &[&str], name: &str) -> PathBuf {
    let path = program.folder().join(name);
    let ran = with_out(program, words, &path);
    assert_eq!(ran.code, 0, "{words:?}: {}", ran.err);
    assert_eq!(ran.out, "", "{words:?}");
    path
}

fn with_out(program: &Program, words: &[&str], path: &Path) -> Ran {
    let words = words.iter().chain(&["--format", "xlsx", "--out"]).map(OsStr::new);
    program.run(words.chain([path.as_os_str()]))
}

/// The sheets of a workbook by name, each as its rows.
fn sheets(path: &Path) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let names = book.sheet_names();
    names
        .into_iter()
        .map(|name| {
            let range = book.worksheet_range(&name).unwrap();
            (name, range.rows().map(<[Data]>::to_vec).collect())
        })
        .collect()
}

/// A part of the archive that a workbook is.
fn part(path: &Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn texts(row: &[Data]) -> Vec<String> {
    row.iter().map(ToString::to_string).collect()
}

/// The rows below the header as the CSV form has them: every cell a text.
fn as_csv(rows: &[Vec<Data>]) -> Vec<Vec<String>> {
    rows.iter().map(|row| texts(row)).collect()
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Every command with a workbook, and the name of its first sheet.
const COMMANDS: [(&[&str], &str); 4] = [
    (&["list", "--year", "2023"], "List"),
    (&["export", "--year", "2023"], "Answers 2023"),
    (&["export", "--year", "2023", "--layout", "published"], "District and COE 2023"),
    (&["reconcile", "--year", "2022", "--basis", "codes"], "Columns"),
];

#[test]
fn a_workbook_has_what_the_csv_form_has_and_codes_stay_texts() {
    let program = world();
    for (words, name) in &COMMANDS[..3] {
        let path = workbook(&program, words, "out.xlsx");
        let (sheet, rows) = &sheets(&path)[0];
        assert_eq!(sheet, name);
        let csv = program.succeed(words.iter().chain(&["--format", "csv"]));
        assert_eq!(as_csv(rows), csv_rows(&csv), "{words:?}");
        let at =
            |column: &str| rows[0].iter().position(|c| c.to_string().eq_ignore_ascii_case(column));
        let codes = rows[1..].iter().map(|row| &row[at("cds").unwrap()]);
        assert!(codes.clone().all(Data::is_string), "{words:?}");
        assert!(codes.into_iter().any(|code| code == &Data::String(CODED.to_owned())));
        if let Some(at) = at("CDcode") {
            assert!(rows[1..].iter().any(|row| row[at] == Data::String("0199999".to_owned())));
        }
        if let Some(at) = at("SWDpriorities") {
            assert!(rows[1..].iter().any(|row| row[at] == Data::String("D".to_owned())));
        }
        for number in ["year", "dashboardYear", "ReportYear", "TotalStudentGroups"] {
            let Some(at) = at(number) else { continue };
            assert!(rows[1..].iter().all(|row| row[at].is_float()), "{words:?} {number}");
        }
    }
}

#[test]
fn the_header_is_bold_and_stays_in_sight_and_columns_can_be_filtered() {
    let program = world();
    for (words, _) in COMMANDS {
        let path = workbook(&program, words, "out.xlsx");
        let sheet = part(&path, "xl/worksheets/sheet1.xml");
        assert!(sheet.contains("<pane ySplit=\"1\""), "{words:?}: {}", &sheet[..600]);
        assert!(sheet.contains("state=\"frozen\""), "{words:?}");
        assert!(sheet.contains("<autoFilter ref=\"A1:"), "{words:?}");
        assert!(sheet.contains("<c r=\"A1\" s=\"1\""), "{words:?}");
        let styles = part(&path, "xl/styles.xml");
        let fonts = styles.split("<fonts").nth(1).unwrap().split("</fonts>").next().unwrap();
        assert!(fonts.contains("<b/>"), "{words:?}: {fonts}");
        let widths = sheet.split("<cols>").nth(1).unwrap().split("</cols>").next().unwrap();
        assert!(widths.contains("customWidth=\"1\""), "{words:?}: {widths}");
    }
}

#[test]
fn a_workbook_says_which_run_editions_and_files_it_comes_from() {
    let program = world();
    // A second issue, imported after the run that answers.
    let again = indicator_text("SUSP", 2023, &[(CODED, "SWD", 4), (CALM, "ALL", 3)]);
    let again = program.write("again/suspdownload2023.txt", again);
    program.import([&again]);
    let run = program.json(["runs"])[0].clone();
    let path = workbook(&program, &["list", "--year", "2023", "--county", "01"], "out.xlsx");
    let all = sheets(&path);
    let (name, about) = all.last().unwrap();
    assert_eq!(name, "About");
    let rows: Vec<Vec<String>> = about.iter().map(|row| texts(row)).collect();
    assert_eq!(rows[0][0], "List of determinations: 2023 Dashboard, county 01");
    let fact = |what: &str| rows.iter().find(|row| row[0] == what).unwrap()[1].clone();
    assert_eq!(fact("run"), run["run"].as_str().unwrap());
    assert_eq!(fact("run id"), run["id"].as_str().unwrap());
    assert_eq!(fact("run made at"), run["made at"].as_str().unwrap());
    assert_eq!(fact("run made by"), "test");
    assert_eq!(fact("decided by"), format!("calsos {}", run["version"].as_str().unwrap()));
    for edition in books().editions() {
        let row = rows
            .iter()
            .find(|row| row[0] == edition.year.to_string() && row[1] == edition.hash)
            .unwrap();
        let public = edition.public_date.map(|day| day.to_string()).unwrap_or_default();
        assert_eq!(row[2], public);
    }
    let header = rows.iter().position(|row| row[0] == "release").unwrap();
    let at = |column: &str| rows[header].iter().position(|name| name == column).unwrap();
    let releases = program.json(["releases"]);
    let releases = releases.as_array().unwrap();
    assert_eq!(rows.len() - header - 1, releases.len());
    for (row, release) in rows[header + 1..].iter().zip(releases) {
        for (column, field) in [
            ("release", "release"),
            ("kind", "kind"),
            ("year", "year"),
            ("file", "file"),
            ("SHA-256", "sha256"),
            ("dated", "dated"),
            ("imported at", "imported"),
            ("imported by", "by"),
            ("now", "state"),
        ] {
            assert_eq!(row[at(column)], release[field].as_str().unwrap(), "{column}");
        }
    }
    let last = rows.last().unwrap();
    assert_eq!(last[at("in the run")], "not read: imported later");
    let first_issue = rows[header + 1..]
        .iter()
        .find(|row| row[at("kind")] == "SUSP" && row[at("year")] == "2023")
        .unwrap();
    assert_eq!(first_issue[at("in the run")], "in force");
    assert!(first_issue[at("now")].starts_with("superseded"), "{first_issue:?}");
}

#[test]
fn a_reconciliation_by_codes_says_that_no_run_is_behind_it() {
    let program = world();
    let path = workbook(&program, COMMANDS[3].0, "out.xlsx");
    let all = sheets(&path);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Columns", "Cells", "LEAs", "About"]);
    let rows: Vec<Vec<String>> = all[3].1.iter().map(|row| texts(row)).collect();
    assert!(rows[0][0].starts_with("2022 list against what follows from the list's own codes"));
    assert!(rows.iter().any(|row| row[0] == "run" && row[1].starts_with("none")));
    assert!(!rows.iter().flatten().any(|cell| cell == "in the run"));
}

#[test]
fn a_reconciliation_as_workbook_has_every_cell_that_differs_and_keeps_its_exit_code() {
    let program = world();
    let wrong: Vec<Listed<'_>> = [CODED, CALM, OFFICE]
        .map(|cds| -> Listed<'_> { (cds, "General Assistance", &[]) })
        .to_vec();
    let list = program.write("assistancestatus23.csv", list_text("LCFF", 2023, &wrong));
    program.import([list]);
    let words = ["reconcile", "--year", "2023"];
    let path = workbook(&program, &words, "out.xlsx");
    let cells = &sheets(&path)[1].1;
    let csv = program.succeed(words.iter().chain(&["--format", "csv"]));
    assert_eq!(as_csv(cells), csv_rows(&csv));
    let rows = table(&csv);
    assert!(rows.iter().any(|row| row["CDS"] == CODED && row["column"] == "SWDpriorities"));
    let ran = with_out(&program, &["reconcile", "--year", "2023", "--fail-on-difference"], &path);
    assert_eq!(ran.code, 5, "{}", ran.err);
    assert_eq!(&sheets(&path)[1].1, cells);
}

#[test]
fn the_same_answers_give_the_same_bytes_dated_by_the_run() {
    let program = world();
    let made_at = program.json(["runs"])[0]["made at"].as_str().unwrap().to_owned();
    for (words, _) in COMMANDS {
        let one = fs::read(workbook(&program, words, "one.xlsx")).unwrap();
        let other = fs::read(workbook(&program, words, "other.xlsx")).unwrap();
        assert!(one == other, "{words:?}");
    }
    let core = part(&workbook(&program, COMMANDS[0].0, "one.xlsx"), "docProps/core.xml");
    let second = made_at.split('.').next().unwrap();
    assert!(core.contains(&format!("{second}Z</dcterms:created>")), "{core}");
}

#[test]
fn a_workbook_needs_a_file_and_other_commands_have_none() {
    let program = world();
    for (words, _) in COMMANDS {
        let ran = program.run(words.iter().chain(&["--format", "xlsx"]));
        assert_eq!(ran.code, 2, "{words:?}");
        assert!(ran.err.contains("name a file for it, such as --out list.xlsx"), "{}", ran.err);
        assert_eq!(ran.out, "");
    }
    let file = program.write("new.txt", indicator_text("ELA", 2024, &[(CALM, "SWD", 2)]));
    let before = program.json(["releases"]);
    let others: [&[&str]; 9] = [
        &["determine"],
        &["import", file.to_str().unwrap()],
        &["explain", CODED],
        &["summary", "--year", "2023"],
        &["releases"],
        &["history", CODED],
        &["runs"],
        &["diff", "1", "1"],
        &["rulebook", "show", "2023"],
    ];
    for words in others {
        let ran = program.run(words.iter().chain(&["--format", "xlsx"]));
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.err);
        assert!(ran.err.contains("this command has no XLSX form"), "{words:?}: {}", ran.err);
    }
    assert_eq!(program.json(["releases"]), before);
    assert_eq!(program.json(["runs"]).as_array().unwrap().len(), 1);
}

#[test]
fn a_workbook_is_written_whole_or_not_at_all() {
    let program = program();
    let words = ["list"];
    let named = |name: &str| {
        let text = indicator_text("SUSP", 2023, &[(CODED, "SWD", 1)]);
        assert!(text.contains("District 0199999"), "{text}");
        text.replace("District 0199999", name)
    };
    // A cell of a workbook holds 32,767 characters.
    let longest = "é".repeat(32_767);
    program.import([program.write("suspdownload2023.txt", named(&longest))]);
    program.succeed(["determine"]);
    let path = workbook(&program, &words, "out.xlsx");
    assert!(sheets(&path)[0].1[1].contains(&Data::String(longest.clone())));
    let before = fs::read(&path).unwrap();

    let later = program.write("later/suspdownload2023.txt", named(&format!("{longest}é")));
    program.import([later]);
    program.succeed(["determine"]);
    let ran = with_out(&program, &words, &path);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("32,767") && ran.err.contains("use --format csv"), "{}", ran.err);
    assert!(fs::read(&path).unwrap() == before, "the workbook that was there stays");

    let nowhere =
        with_out(&program, &["list", "--level", "3"], &program.folder().join("no/folder/out.xlsx"));
    assert_eq!(nowhere.code, 1);
    assert!(nowhere.err.contains("no/folder/out.xlsx"), "{}", nowhere.err);
    let folder = with_out(&program, &["list", "--level", "3"], program.folder());
    assert_eq!(folder.code, 1);
    assert!(folder.err.contains("no regular file"), "{}", folder.err);
    let left: Vec<PathBuf> = files(program.folder(), &[".part"]);
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_list_and_a_reconciliation_go_into_a_file_in_every_form() {
    let program = world();
    for words in [["list", "--year", "2023"], ["reconcile", "--year", "2022"]] {
        for format in ["table", "csv", "json", "ndjson"] {
            let words = [words[0], words[1], words[2], "--format", format];
            let shown = program.succeed(words);
            let path = program.folder().join("out.txt");
            let told = program.succeed(
                words.map(OsStr::new).into_iter().chain([OsStr::new("--out"), path.as_os_str()]),
            );
            assert_eq!(told, "");
            assert_eq!(fs::read_to_string(&path).unwrap(), shown, "{words:?}");
        }
    }
}

fn understood(path: &Path) -> Understood {
    let bytes = fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let input = Input { file_name: name, bytes: &bytes, assigned: None };
    read(&input, &Layouts::builtin()).unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

#[test]
fn an_exported_list_is_read_again_as_that_years_list_from_both_forms() {
    let program = world();
    for year in DECIDED {
        let year = year.to_string();
        let words = ["export", "--year", &year, "--layout", "published"];
        let book = workbook(&program, &words, &format!("exported-{year}.xlsx"));
        let csv = program.succeed(words.iter().chain(&["--format", "csv"]));
        let csv = program.write(&format!("exported-{year}.csv"), csv);
        let (from_book, from_csv) = (understood(&book), understood(&csv));
        assert_eq!(from_book.contents, from_csv.contents, "{year}");
        let Rows::Published(rows) = &from_book.contents.rows else { panic!("no list") };
        assert_eq!(rows.len(), 3);
        assert!(rows.iter().any(|row| row.cds.to_string() == CODED && row.codes.len() == 1));

        let other = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
        let told = other.import([&book]);
        assert!(told.contains(&format!("LIST {year}")), "{told}");
        assert!(told.contains("3 rows read, 3 kept"), "{told}");
        other.succeed(["determine"]);
        let by_codes = other.json(["reconcile", "--year", &year, "--basis", "codes"]);
        assert_eq!(by_codes["differing"], 0, "{by_codes}");
        assert_eq!(by_codes["leas"], 3);
    }
}

/// The header of a published list: the row that begins with the code of county and district
/// and has more than a column's description beside it.
fn real_header(path: &Path) -> Vec<String> {
    let mut book = open_workbook_auto(path).unwrap();
    let last = book.sheet_names().pop().unwrap();
    let range = book.worksheet_range(&last).unwrap();
    let header =
        range.rows().find(|row| row[0].to_string().trim().eq_ignore_ascii_case("cdcode")).unwrap();
    header.iter().map(|cell| cell.to_string().trim().to_owned()).collect()
}

#[test]
fn the_published_layout_has_the_columns_of_each_years_real_list_and_its_leas() {
    let Some(data) = real_data("the columns of the published lists") else { return };
    let lists = [
        (2017, "assistance-status17.xls"),
        (2018, "assistancestatus18.xlsx"),
        (2019, "assistancestatus19-rev.xlsx"),
        (2022, "assistancestatus22.xlsx"),
        (2023, "assistancestatus23.xlsx"),
        (2024, "assistancestatus24.xlsx"),
    ];
    let path = |name: &str| data.join("published").join(name);
    let program = program();
    program.import(lists.map(|(_, name)| path(name)));
    program.succeed(["determine"]);
    for (year, name) in lists {
        let real = real_header(&path(name));
        let book = workbook(
            &program,
            &["export", "--year", &year.to_string(), "--layout", "published"],
            &format!("{year}.xlsx"),
        );
        let (_, rows) = &sheets(&book)[0];
        let header = texts(&rows[0]);
        let (why, columns) = header.split_last().unwrap();
        assert_eq!(why, "NotKnownBecause", "{year}");
        let filled: Vec<&String> = real.iter().filter(|name| !name.is_empty()).collect();
        assert_eq!(columns.iter().collect::<Vec<_>>(), filled, "{year}");
        let Rows::Published(listed) = &understood(&path(name)).contents.rows else {
            panic!("{name} is no list")
        };
        let at = columns.iter().position(|name| name == "CDS").unwrap();
        let exported: BTreeSet<String> = rows[1..].iter().map(|row| row[at].to_string()).collect();
        let listed: BTreeSet<String> = listed.iter().map(|row| row.cds.to_string()).collect();
        assert_eq!(exported, listed, "{year}");
    }
}

#[test]
fn the_published_layout_of_every_edition_has_its_columns_and_no_charter() {
    let program = world();
    for edition in books().editions() {
        let year = edition.year.to_string();
        let words = ["export", "--year", &year, "--layout", "published", "--format", "csv"];
        let rows = csv_rows(&program.succeed(words));
        let mut expected = edition.published_columns.columns.clone();
        expected.push("NotKnownBecause".to_owned());
        assert_eq!(rows[0], expected, "{year}");
        let at = rows[0].iter().position(|name| name == "CDS").unwrap();
        let codes: Vec<&str> = rows[1..].iter().map(|row| row[at].as_str()).collect();
        // The first list was of districts alone.
        let offices = edition.decides(calsos_domain::lea::LeaType::CountyOffice);
        let judged: &[&str] = if offices { &[OFFICE, CODED, CALM] } else { &[CODED, CALM] };
        assert_eq!(codes, judged, "{year}");
    }
}
