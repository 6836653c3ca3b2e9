//! The state's own files, where the folder beside the project has them. None of them is
//! part of the project, so that a test says when it did not run; with
//! `CALSOS_REQUIRE_SHARED` set it fails instead.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test may stop and speak")]

use std::path::PathBuf;

use calsos_domain::lea::LeaType;
use calsos_domain::release::{LocalRating, PublishedStatus, ReleaseContents, Rows};
use calsos_ingest::{Input, Layouts, Understood, original_row, read};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

/// The bytes of a real file; `None` where the folder is not there.
fn bytes(path: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(SHARED);
    if !folder.is_dir() {
        assert!(
            std::env::var_os("CALSOS_REQUIRE_SHARED").is_none(),
            "CALSOS_REQUIRE_SHARED is set and {SHARED} is missing"
        );
        eprintln!("DID NOT RUN: {SHARED} is missing, so that {path} was not read");
        return None;
    }
    Some(std::fs::read(folder.join(path)).unwrap_or_else(|e| panic!("{path}: {e}")))
}

fn understood(path: &str) -> Option<Understood> {
    let bytes = bytes(path)?;
    let file_name = path.rsplit('/').next().unwrap();
    let input = Input { file_name, bytes: &bytes, assigned: None };
    Some(read(&input, &Layouts::builtin()).unwrap_or_else(|refusal| panic!("{refusal}")))
}

fn count(contents: &ReleaseContents, lea_type: LeaType) -> usize {
    contents.leas.iter().filter(|lea| lea.lea_type == lea_type).count()
}

/// Reads an indicator file and checks its kind and year, then rows read and kept, rows of
/// other schools, of groups that are not of the law, without a group, and coloured rows.
fn check_indicator(name: &str, kind: &str, year: u16, expected: [usize; 6]) {
    let Some(Understood { contents, report, .. }) = understood(&format!("dashboard/{name}")) else {
        return;
    };
    assert_eq!((report.kind.as_str(), report.year), (kind, Some(year)), "{name}");
    assert!(report.layout_verified, "{name}: its layout is to be a verified one");
    let Rows::Performances(rows) = &contents.rows else { panic!("{name}: {:?}", contents.kind) };
    let skipped = |part: &str| {
        let counts = report.skipped.iter().filter(|(reason, _)| reason.contains(part));
        counts.map(|(_, count)| *count as usize).sum::<usize>()
    };
    let found = [
        report.rows_read as usize,
        rows.len(),
        skipped("no charters"),
        skipped("not of the law"),
        skipped("without a student group"),
        rows.iter().filter(|row| row.performance.color.is_some()).count(),
    ];
    assert_eq!(found, expected, "{name}");
    assert_eq!(report.rows_kept as usize, rows.len());
    assert!(!contents.coverage.statewide);
    assert_eq!(contents.coverage.counties.len(), 1);
    assert_eq!(count(&contents, LeaType::CountyOffice), 1, "{name}: one county office");
    assert!(report.repaired.is_empty(), "{:?}", report.repaired);
}

#[test]
fn indicator_files_of_2018_with_all_schools() {
    check_indicator("ccidownload2018_monterey.txt", "CCI", 2018, [463, 186, 277, 0, 0, 58]);
    check_indicator("chronicdownload2018_monterey.txt", "CHRO", 2018, [1876, 462, 1414, 0, 0, 194]);
    check_indicator("eladownload2018_monterey.txt", "ELA", 2018, [2076, 386, 1588, 72, 30, 170]);
    check_indicator("elpidownload2018_monterey.txt", "ELPI", 2018, [157, 37, 120, 0, 0, 0]);
    check_indicator("graddownload2018_monterey.txt", "GRAD", 2018, [463, 186, 277, 0, 0, 58]);
    check_indicator("mathdownload2018_monterey.txt", "MATH", 2018, [2076, 386, 1588, 72, 30, 169]);
    check_indicator("suspdownload2018_monterey.txt", "SUSP", 2018, [1937, 460, 1477, 0, 0, 229]);
}

#[test]
fn indicator_files_of_2022_have_levels_and_no_colours() {
    check_indicator("chronicdownload2022_monterey.txt", "CHRO", 2022, [359, 359, 0, 0, 0, 0]);
    check_indicator("eladownload2022_monterey.txt", "ELA", 2022, [504, 357, 0, 147, 0, 0]);
    check_indicator("elpidownload2022_monterey.txt", "ELPI", 2022, [32, 32, 0, 0, 0, 0]);
    check_indicator("graddownload2022_monterey.txt", "GRAD", 2022, [145, 145, 0, 0, 0, 0]);
    check_indicator("mathdownload2022_monterey.txt", "MATH", 2022, [504, 357, 0, 147, 0, 0]);
    check_indicator("suspdownload2022_monterey.txt", "SUSP", 2022, [392, 392, 0, 0, 0, 0]);
}

#[test]
fn indicator_files_of_2023() {
    check_indicator("ccidownload2023_monterey.txt", "CCI", 2023, [137, 137, 0, 0, 0, 0]);
    check_indicator("chronicdownload2023_monterey.txt", "CHRO", 2023, [356, 356, 0, 0, 0, 178]);
    check_indicator("eladownload2023_monterey.txt", "ELA", 2023, [496, 351, 0, 145, 0, 164]);
    check_indicator("elpidownload2023_monterey.txt", "ELPI", 2023, [32, 32, 0, 0, 0, 20]);
    check_indicator("graddownload2023_monterey.txt", "GRAD", 2023, [137, 137, 0, 0, 0, 62]);
    check_indicator("mathdownload2023_monterey.txt", "MATH", 2023, [496, 351, 0, 145, 0, 164]);
    check_indicator("suspdownload2023_monterey.txt", "SUSP", 2023, [387, 387, 0, 0, 0, 214]);
}

/// Reads a published list and checks its rows, county offices, LEAs with assistance, groups
/// with a letter, and the file's date.
fn check_list(name: &str, year: u16, date: &str, expected: [usize; 4]) -> Option<Understood> {
    let understood = understood(&format!("published/{name}"))?;
    let Understood { contents, report, .. } = &understood;
    assert_eq!((report.kind.as_str(), report.year), ("LIST", Some(year)), "{name}");
    assert_eq!(report.file_date.as_deref(), Some(date), "{name}");
    assert!(report.layout_verified && contents.coverage.statewide, "{name}");
    assert_eq!(report.unknown_columns, [""; 0], "{name}");
    let Rows::Published(rows) = &contents.rows else { panic!("{name}: {:?}", contents.kind) };
    let found = [
        rows.len(),
        count(contents, LeaType::CountyOffice),
        rows.iter().filter(|row| row.status != PublishedStatus::General).count(),
        rows.iter().map(|row| row.codes.len()).sum(),
    ];
    assert_eq!(found, expected, "{name}");
    Some(understood)
}

#[test]
fn published_lists() {
    check_list("assistance-status17.xls", 2017, "2017-12", [936, 0, 228, 328]);
    check_list("assistancestatus18.xlsx", 2018, "2019-01-08", [993, 58, 386, 807]);
    check_list("assistancestatus19-rev.xlsx", 2019, "2020-03", [997, 58, 333, 676]);
    check_list("assistancestatus22.xlsx", 2022, "2023-02", [993, 58, 617, 1912]);
    check_list("assistancestatus23.xlsx", 2023, "2023-12", [991, 58, 466, 1117]);
    check_list("assistancestatus24.xlsx", 2024, "2024-11", [994, 58, 589, 966]);
}

#[test]
fn the_first_issue_of_2019_has_five_rows_with_a_code_of_another_lea() {
    let expected = [1002, 58, 333, 677];
    let Some(understood) = check_list("assistancestatus19.xlsx", 2019, "2019-12", expected) else {
        return;
    };
    let warnings = &understood.report.warnings;
    assert!(warnings.iter().any(|w| w.starts_with("5 rows whose Cdcode")), "{warnings:?}");
}

#[test]
fn local_indicators_of_2023() {
    // Rows by rating: Met, Not Met, Not Met For Two or More Years.
    let files = [
        (1, [2144, 70, 84]),
        (2, [2158, 62, 78]),
        (3, [2158, 62, 78]),
        (6, [2158, 62, 78]),
        (7, [2158, 61, 79]),
        (9, [55, 3, 0]),
        (10, [55, 3, 0]),
    ];
    for (priority, expected) in files {
        let Some(read) = understood(&format!("local-indicators/Pr{priority}_2023.xlsx")) else {
            return;
        };
        let Understood { contents, report, .. } = read;
        assert_eq!((report.kind, report.year), (format!("LOCAL{priority}"), Some(2023)));
        assert!(report.layout_verified && contents.coverage.statewide);
        assert_eq!(report.unknown_columns, [""; 0]);
        assert_eq!(report.missing_columns, [""; 0]);
        let Rows::LocalRatings(rows) = &contents.rows else { panic!("{:?}", contents.kind) };
        let ratings =
            LocalRating::ALL.map(|rating| rows.iter().filter(|row| row.rating == rating).count());
        assert_eq!(ratings, expected, "priority {priority}");
        assert_eq!(count(&contents, LeaType::CountyOffice), 58);
    }
}

#[test]
fn a_row_of_the_original_is_found_again_by_its_number() {
    for path in ["dashboard/suspdownload2023_monterey.txt", "published/assistancestatus24.xlsx"] {
        let Some(bytes) = bytes(path) else { return };
        let layouts = Layouts::builtin();
        let input = Input { file_name: path, bytes: &bytes, assigned: None };
        let contents = read(&input, &layouts).unwrap().contents;
        let (row, cds) = match &contents.rows {
            Rows::Performances(rows) => rows.last().map(|r| (r.row, r.cds)).unwrap(),
            Rows::Published(rows) => rows.last().map(|r| (r.row, r.cds)).unwrap(),
            other => panic!("{other:?}"),
        };
        let original = original_row(&input, &layouts, row).unwrap();
        let value = |name: &str| {
            let column = original.iter().find(|(column, _)| column.eq_ignore_ascii_case(name));
            column.unwrap().1.clone()
        };
        assert_eq!(value("cds"), cds.to_string());
        assert_eq!(original_row(&input, &layouts, row + 1), None);
        assert_eq!(original_row(&input, &layouts, 1), None, "the header or a title is no row");
    }
}
