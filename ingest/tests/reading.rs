//! How files are understood: what is told from where, what is repaired and left out, and
//! both sides of each limit. Every code and name here is made up.

#![expect(clippy::unwrap_used, reason = "a test may stop and speak")]

use calsos_domain::lea::LeaType;
use calsos_domain::performance::{Color, Performance, Tenths};
use calsos_domain::release::{LocalRating, PublishedStatus, ReleaseContents, Rows, SuccessionKind};
use calsos_domain::student_group::StudentGroup;
use calsos_ingest::{
    COLUMNS_MOST, FAULTS_TOLD, FaultCode, FileReport, Input, Layouts, Refusal, ToldBy, Understood,
    original_row, read,
};
use rust_xlsxwriter::Workbook;

const SUSP: &str = "cds\trtype\tschoolname\tdistrictname\tcountyname\tcharter_flag\tcoe_flag\t\
                    type\tstudentgroup\tcurrdenom\tcurrstatus\tchange\tstatuslevel\tchangeLevel\t\
                    color\taccountabilitymet\tindicator\tReportingYear\n";

/// A row of [`SUSP`].
fn row(cds: &str, rtype: &str, charter: &str, office: &str, group: &str, color: &str) -> String {
    format!(
        "{cds}\t{rtype}\tSome School\tSome Unified\tSome County\t{charter}\t{office}\tUD\t{group}\
         \t100\t3.5\t0.0\t3\t0\t{color}\tY\tSUSP\t2023\n"
    )
}

fn district(group: &str, color: &str) -> String {
    row("01999990000000", "D", "", "", group, color)
}

fn try_read(file_name: &str, bytes: &[u8], assigned: Option<&str>) -> Result<Understood, Refusal> {
    let assigned = assigned.map(|text| text.parse().unwrap());
    read(&Input { file_name, bytes, assigned }, &Layouts::builtin())
}

fn taken(file_name: &str, bytes: &[u8]) -> (ReleaseContents, FileReport) {
    let understood = try_read(file_name, bytes, None).unwrap_or_else(|r| panic!("{r}"));
    (understood.contents, understood.report)
}

fn refused(file_name: &str, bytes: &[u8]) -> Refusal {
    match try_read(file_name, bytes, None) {
        Ok(understood) => panic!("{file_name} was taken: {:?}", understood.report),
        Err(refusal) => refusal,
    }
}

fn performances(contents: &ReleaseContents) -> Vec<(u32, String, StudentGroup, Performance)> {
    let Rows::Performances(rows) = &contents.rows else { panic!("{:?}", contents.kind) };
    let row = |r: &calsos_domain::release::PerformanceRow| {
        (r.row, r.cds.to_string(), r.group, r.performance.clone())
    };
    rows.iter().map(row).collect()
}

/// A workbook with one sheet, all cells text.
fn workbook(sheet: &str, rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.set_name(sheet).unwrap();
    for (r, cells) in rows.iter().enumerate() {
        for (c, text) in cells.iter().enumerate() {
            page.write_string(r as u32, c as u16, *text).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn districts_offices_charters_and_the_state_are_kept_and_other_schools_are_not() {
    let text = [
        SUSP,
        &district("ALL", "1"),
        &row("01199990000000", "L", "", "", "ALL", "2"),
        &row("02999990000000", "d", "", "y", "ALL", "3"),
        &row("01999990999999", "S", "y", "", "ALL", "4"),
        &row("01999990999998", "S", "N", "", "ALL", "4"),
        &row("00000000000000", "X", "", "", "ALL", "5"),
    ]
    .concat();
    let (contents, report) = taken("any.txt", text.as_bytes());
    let kept: Vec<(u32, String)> =
        performances(&contents).into_iter().map(|(row, cds, ..)| (row, cds)).collect();
    let codes = ["01999990000000", "01199990000000", "02999990000000", "01999990999999"];
    let expected: Vec<(u32, String)> = (2..6).zip(codes.map(str::to_owned)).collect();
    assert_eq!(kept[..4], expected[..]);
    assert_eq!(kept[4], (7, "00000000000000".to_owned()));
    assert_eq!(report.skipped["schools that are no charters"], 1);
    assert_eq!((report.rows_read, report.rows_kept), (6, 5));
    let leas: Vec<(LeaType, &str)> =
        contents.leas.iter().map(|lea| (lea.lea_type, lea.name.as_str())).collect();
    assert_eq!(
        leas,
        [
            (LeaType::CountyOffice, "Some Unified"),
            (LeaType::District, "Some Unified"),
            (LeaType::Charter, "Some School"),
            (LeaType::CountyOffice, "Some Unified"),
        ]
    );
    let counties = |set: &std::collections::BTreeSet<calsos_domain::cds::CountyCode>| {
        set.iter().map(|county| county.number()).collect::<Vec<_>>()
    };
    assert_eq!(counties(&contents.coverage.counties), [1, 2]);
    assert_eq!(counties(&contents.coverage.charter_counties), [1]);
}

#[test]
fn values_are_as_published_and_a_change_without_a_level_is_none() {
    let (contents, _) = taken("any.txt", [SUSP, &district("WH", "0")].concat().as_bytes());
    let (_, _, group, performance) = performances(&contents).remove(0);
    assert_eq!(group, StudentGroup::Wh);
    assert_eq!(performance.status, Some(Tenths(35)));
    assert_eq!((performance.change, performance.change_level), (None, None));
    assert_eq!((performance.color, performance.box_number), (None, None));
    assert_eq!(performance.status_level.map(|level| level.number()), Some(3));
    assert_eq!(performance.accountability_met, Some(true));
    assert_eq!(performance.denominator, Some(100));
}

#[test]
fn groups_that_are_not_of_the_law_are_left_out_even_where_they_are_coloured() {
    let text = [SUSP, &district("ALL", "1"), &district("SBA", "1"), &district("caa", "2")].concat();
    let (contents, report) = taken("any.txt", text.as_bytes());
    assert_eq!(contents.rows.len(), 1);
    assert_eq!(report.skipped.values().sum::<u32>(), 2);
}

#[test]
fn a_row_that_repeats_another_word_for_word_is_counted_and_one_that_differs_is_a_fault() {
    let same = [SUSP, &district("AA", "1"), &district("AA", "1")].concat();
    let (contents, report) = taken("any.txt", same.as_bytes());
    assert_eq!(contents.rows.len(), 1);
    assert_eq!(report.skipped.values().sum::<u32>(), 1);
    let other = [SUSP, &district("AA", "1"), &district("AA", "2")].concat();
    let refusal = refused("any.txt", other.as_bytes());
    assert!(refusal.to_string().contains("Rows 2 and 3 both speak of"), "{refusal}");
}

#[test]
fn rows_without_a_colour_may_have_a_blank_or_unknown_group() {
    let text = [SUSP, &district("ALL", "1"), &district("", "0"), &district("GATE", "0")].concat();
    let (contents, report) = taken("any.txt", text.as_bytes());
    assert_eq!(contents.rows.len(), 1);
    assert_eq!(report.skipped.len(), 2);
    let warning = "1 row of the unknown student group 'GATE' left out: row 4";
    assert_eq!(report.warnings, [warning]);
}

#[test]
fn lost_zeros_are_given_back_and_counted() {
    let text = [
        SUSP,
        &row("1999990000000", "D", "", "", "ALL", "1"),
        &row("0299999", "D", "", "", "ALL", "1"),
        &row("3999990000000.0", "D", "", "", "ALL", "1"),
    ]
    .concat();
    let (contents, report) = taken("any.txt", text.as_bytes());
    let codes: Vec<String> = performances(&contents).into_iter().map(|row| row.1).collect();
    assert_eq!(codes, ["01999990000000", "02999990000000", "03999990000000"]);
    assert_eq!(report.repaired.values().copied().collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn every_line_end_and_a_byte_order_mark_give_the_same_rows() {
    let text = [SUSP, &district("ALL", "1"), &district("WH", "2")].concat();
    let expected = taken("any.txt", text.as_bytes()).0;
    for changed in [
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
        format!("\u{feff}{text}"),
        text.trim_end().to_owned(),
    ] {
        assert_eq!(taken("any.txt", changed.as_bytes()).0, expected);
    }
}

#[test]
fn a_quote_is_part_of_the_value_in_indicator_files() {
    let text = [SUSP, &district("ALL", "1").replace("Some Unified", "\"Some\" Unified")].concat();
    let (contents, _) = taken("any.txt", text.as_bytes());
    assert_eq!(contents.leas[0].name, "\"Some\" Unified");
}

#[test]
fn text_that_is_not_utf_8_is_read_as_windows_1252_with_a_warning() {
    let text = [SUSP, &district("ALL", "1").replace("Some Unified", "La Ca~ada")].concat();
    let bytes: Vec<u8> = text.bytes().map(|b| if b == b'~' { 0xf1 } else { b }).collect();
    let (contents, report) = taken("any.txt", &bytes);
    assert_eq!(contents.leas[0].name, "La Cañada");
    assert!(report.warnings[0].contains("Windows-1252"), "{:?}", report.warnings);
}

#[test]
fn what_the_rows_say_comes_before_the_files_name_with_a_warning() {
    let text = [SUSP, &district("ALL", "1")].concat();
    let (_, report) = taken("chronicdownload2022.txt", text.as_bytes());
    assert_eq!((report.kind.as_str(), report.year), ("SUSP", Some(2023)));
    assert_eq!(report.kind_told_by, ToldBy::Content);
    assert_eq!(
        report.warnings,
        [
            "The indicator is SUSP, told by the rows; the file's name would say CHRO.",
            "The year is 2023, told by the rows; the file's name would say 2022.",
        ]
    );
}

#[test]
fn what_the_operator_says_comes_before_all() {
    let text = [SUSP, &district("ALL", "1")].concat();
    let report = try_read("any.txt", text.as_bytes(), Some("CHRO:2025")).unwrap().report;
    assert_eq!((report.kind.as_str(), report.year), ("CHRO", Some(2025)));
    assert_eq!(report.year_told_by, Some(ToldBy::Operator));
    assert_eq!(report.warnings.len(), 2);
    assert!(!report.layout_verified);
}

#[test]
fn the_files_name_tells_english_from_mathematics_where_nothing_else_does() {
    let text = "cds\trtype\tdistrictname\tcountyname\tstudentgroup\tcurrdenom\tcurrstatus\t\
                statuslevel\thscutpoints\treportingyear\n\
                01999990000000\tD\tSome Unified\tSome County\tALL\t100\t-12\t2\t\t2022\n";
    for (name, kind) in [("eladownload2022.txt", "ELA"), ("MATHdownload2022 (2).txt", "MATH")] {
        let (contents, report) = taken(name, text.as_bytes());
        assert_eq!((report.kind.as_str(), report.kind_told_by), (kind, ToldBy::FileName));
        assert_eq!(performances(&contents)[0].3.status, Some(Tenths(-120)));
    }
    let assigned = try_read("any.txt", text.as_bytes(), Some("ELA:2022")).unwrap();
    assert_eq!(assigned.report.kind_told_by, ToldBy::Operator);
}

#[test]
fn english_learners_are_implied_until_the_file_names_groups() {
    let text = "cds\trtype\tdistrictname\tcountyname\tcurrprogressed\tcurrnumer\tcurrdenom\t\
                currstatus\tstatuslevel\tnsizemet\tflag95pct\treportingyear\n\
                01999990000000\tD\tSome Unified\tSome County\t9\t9\t30\t30\t1\tY\t\t2022\n";
    let (contents, report) = taken("any.txt", text.as_bytes());
    assert_eq!((report.kind.as_str(), report.kind_told_by), ("ELPI", ToldBy::Columns));
    let (_, _, group, performance) = performances(&contents).remove(0);
    assert_eq!((group, performance.size_met), (StudentGroup::El, Some(true)));
}

#[test]
fn a_year_to_come_is_read_by_the_newest_layout_and_called_unverified() {
    let text = [SUSP, &district("ALL", "1").replace("2023", "2031")].concat();
    let report = taken("any.txt", text.as_bytes()).1;
    assert!(!report.layout_verified);
    assert_eq!(report.layout_year, Some(2025));
}

#[test]
fn a_new_spelling_is_an_addition_to_the_layouts() {
    let text = [SUSP, &district("ALL", "1")].concat().replace("color", "performance_colour");
    assert_eq!(refused("any.txt", text.as_bytes()).faults[0].code, FaultCode::MissingColumn);
    let addition = "[spellings]\ncolor = [\"performance_colour\"]\n";
    let layouts = Layouts::builtin().with_additions(addition, "next.toml").unwrap();
    let input = Input { file_name: "any.txt", bytes: text.as_bytes(), assigned: None };
    let contents = read(&input, &layouts).unwrap().contents;
    assert_eq!(performances(&contents)[0].3.color, Some(Color::Red));
}

#[test]
fn a_workbook_of_an_indicator_is_read_like_its_text() {
    let text = [SUSP, &district("ALL", "1"), &district("WH", "2")].concat();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let mut rows: Vec<&[&str]> = lines.iter().map(Vec::as_slice).collect();
    rows.insert(2, &[" ", ""]);
    let bytes = workbook("Sheet1", &rows);
    let (contents, report) = taken("any.xlsx", &bytes);
    let rows: Vec<u32> = performances(&contents).iter().map(|row| row.0).collect();
    assert_eq!(rows, [2, 4], "blank rows are passed over and keep their numbers");
    assert_eq!(report.sheet.as_deref(), Some("Sheet1"));
    let input = Input { file_name: "any.xlsx", bytes: &bytes, assigned: None };
    let original = original_row(&input, &Layouts::builtin(), 4).unwrap();
    assert_eq!(original[8], ("studentgroup".to_owned(), "WH".to_owned()));
    assert_eq!(original_row(&input, &Layouts::builtin(), 3), None);
}

#[test]
fn a_sheets_name_tells_the_indicator_and_comes_before_the_files_name() {
    let header: &[&str] = &[
        "cds",
        "rtype",
        "studentgroup",
        "currdenom",
        "currstatus",
        "statuslevel",
        "hscutpoints",
        "reportingyear",
    ];
    let values: &[&str] = &["01999990000000", "D", "ALL", "100", "-12.5", "2", "", ""];
    let bytes = workbook("MathDownload2022", &[header, values]);
    let (_, report) = taken("eladownload2022.xlsx", &bytes);
    assert_eq!((report.kind.as_str(), report.kind_told_by), ("MATH", ToldBy::SheetName));
    assert_eq!(report.year_told_by, Some(ToldBy::SheetName));
}

#[test]
fn numbers_of_a_workbook_are_codes_counts_and_years_again() {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let header = ["cdsCode", "lea", "priorityId", "performance", "year"];
    for (column, name) in header.iter().enumerate() {
        page.write_string(0, column as u16, *name).unwrap();
    }
    page.write_number(1, 0, 1_999_990_000_000_f64).unwrap();
    page.write_string(1, 1, "Some Unified").unwrap();
    page.write_number(1, 2, 6.0).unwrap();
    page.write_string(1, 3, "not met for two or more years").unwrap();
    page.write_number(1, 4, 2023.0).unwrap();
    let (contents, report) = taken("any.xlsx", &book.save_to_buffer().unwrap());
    assert_eq!((report.kind.as_str(), report.year), ("LOCAL6", Some(2023)));
    assert_eq!(contents.leas[0].cds.to_string(), "01999990000000");
    assert_eq!(report.repaired.values().sum::<u32>(), 1);
}

#[test]
fn a_header_on_row_30_is_found_and_one_on_row_31_is_not() {
    let table = [SUSP, &district("ALL", "1")].concat();
    let at_30 = ["A title\n".repeat(29), table.clone()].concat();
    assert_eq!(performances(&taken("any.txt", at_30.as_bytes()).0)[0].0, 31);
    let at_31 = ["A title\n".repeat(30), table].concat();
    assert_eq!(refused("any.txt", at_31.as_bytes()).faults[0].code, FaultCode::UnknownKind);
}

#[test]
fn a_hundred_faults_are_told_and_the_next_is_counted() {
    let text = |faults: usize| {
        let rows: Vec<String> = (0..faults).map(|_| row("x", "D", "", "", "ALL", "1")).collect();
        [SUSP, &rows.concat()].concat()
    };
    let refusal = refused("any.txt", text(FAULTS_TOLD).as_bytes());
    assert_eq!((refusal.faults.len(), refusal.more), (FAULTS_TOLD, 0));
    assert!(!refusal.to_string().contains("more"));
    let refusal = refused("any.txt", text(FAULTS_TOLD + 1).as_bytes());
    assert_eq!((refusal.faults.len(), refusal.more), (FAULTS_TOLD, 1));
    assert!(refusal.to_string().contains("… and 1 fault more."));
}

#[test]
fn a_sheet_may_use_the_last_column_and_not_the_one_beside_it() {
    let book = |column: u32| {
        let mut book = Workbook::new();
        let page = book.add_worksheet();
        for (at, name) in ["cdsCode", "lea", "priorityNumber", "countyPerformance", "year"]
            .into_iter()
            .enumerate()
        {
            page.write_string(0, at as u16, name).unwrap();
        }
        page.write_string(0, (column - 1) as u16, "note").unwrap();
        for (at, text) in ["01999990000000", "x", "1", "Met", "2023"].into_iter().enumerate() {
            page.write_string(1, at as u16, text).unwrap();
        }
        book.save_to_buffer().unwrap()
    };
    assert_eq!(taken("any.xlsx", &book(COLUMNS_MOST)).0.rows.len(), 1);
    let refusal = refused("any.xlsx", &book(COLUMNS_MOST + 1));
    assert_eq!(refusal.faults[0].code, FaultCode::Workbook);
}

#[test]
fn bad_workbooks_are_refused() {
    let check = |bytes: &[u8], code: FaultCode| {
        let refusal = refused("any.xlsx", bytes);
        assert_eq!(refusal.faults[0].code, code, "{refusal}");
    };
    let good = workbook("Sheet1", &[&["cds"]]);
    check(b"PK\x03\x04 and nothing of a workbook", FaultCode::Workbook);
    check(&good[..good.len() / 2], FaultCode::Workbook);
    check(&workbook("Sheet1", &[]), FaultCode::EmptyFile);
    check(&good, FaultCode::UnknownKind);
    let compound = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    check(&compound, FaultCode::Workbook);
    let stream = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes);
    let encrypted: Vec<u8> = compound.into_iter().chain(vec![0; 512]).chain(stream).collect();
    check(&encrypted, FaultCode::Password);
    let header: &[&str] = &["cdsCode", "lea", "priorityNumber", "countyPerformance", "year"];
    let wide: &[&str] = &["01999990000000", "x", "1", "Met", "2023", "beside"];
    check(&workbook("Sheet1", &[header, wide]), FaultCode::RaggedRow);
}

const LIST: &str = "2025 LCFF District/COE Eligibility File\n\
    \"California Department of Education, December 2025\"\n\
    CDcode,CDS,LEAname,Cityname,Countyname,Gsoffered,AA_PRIORITIES,LTELpriorities,TOMpriorities,\
    TotalStudentGroups,AssistanceStatus2024,Assistance Status 2025,MetMethod1,MetMethod4,\
    EC52072b_2025,EC52071f_2025\n\
    199999,1999990000000,\"Some, Unified\",Some City,Some County,K-12,A,*,K,2,\
    \"Differentiated Assistance, Year 1\",Differentiated Assistance,Y,,N,Y\n\
    ,,,,,,,,,,,,,,,\n\
    0211999,02119990000000,Some Office,,,,*,,,1,*,general  assistance,n,n,n,n\n";

#[test]
fn a_list_tells_letters_statuses_methods_and_flags() {
    let (contents, report) = taken("any.csv", LIST.as_bytes());
    assert_eq!((report.kind.as_str(), report.year), ("LIST", Some(2025)));
    assert_eq!(report.file_date.as_deref(), Some("2025-12"));
    assert_eq!(report.unknown_columns, [""; 0]);
    assert!(!report.layout_verified);
    let Rows::Published(rows) = &contents.rows else { panic!("{:?}", contents.kind) };
    assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [4, 6]);
    let first = &rows[0];
    let codes: Vec<(StudentGroup, char)> = first.codes.clone().into_iter().collect();
    assert_eq!(codes, [(StudentGroup::Aa, 'A'), (StudentGroup::Mr, 'K')]);
    assert_eq!(first.listed_groups.len(), 3);
    assert_eq!(first.status, PublishedStatus::Differentiated);
    let earlier: Vec<(u16, PublishedStatus)> =
        first.earlier_statuses.iter().map(|(year, status)| (year.number(), *status)).collect();
    assert_eq!(earlier, [(2024, PublishedStatus::DifferentiatedYear1)]);
    assert_eq!(first.methods.clone().into_iter().collect::<Vec<_>>(), [(1, true)]);
    assert_eq!((first.ec52072, first.ec52071f), (Some(false), Some(true)));
    assert_eq!(rows[1].status, PublishedStatus::General);
    assert_eq!(contents.leas[0].name, "Some, Unified");
    assert_eq!(contents.leas[0].grade_span.as_deref(), Some("K-12"));
    assert_eq!(contents.leas[1].lea_type, LeaType::CountyOffice);
    let count = "1 row whose TotalStudentGroups is not the number of groups with a letter: row 6";
    assert_eq!(report.warnings, [count]);
}

#[test]
fn a_list_is_read_from_the_sheet_that_holds_the_rows() {
    let mut book = Workbook::new();
    let lines: [&[&str]; 3] = [&["Field", "Meaning"], &["CDcode", "CD Code"], &["CDS", "CDS Code"]];
    let table: [&[&str]; 3] = [
        &["2019 LCFF LEA Eligibility File"],
        &[
            "Cdcode",
            "CDS",
            "LEAname",
            "AApriorities",
            "AssistanceStatus2018",
            "AssistanceStatus2019",
        ],
        &["0299999", "01999990000000", "Some Unified", "*", "", "General Assistance"],
    ];
    for (name, rows) in [("Record Layout", lines), ("District and COE 2019", table)] {
        let page = book.add_worksheet();
        page.set_name(name).unwrap();
        for (r, cells) in rows.iter().enumerate() {
            for (c, text) in cells.iter().enumerate() {
                page.write_string(r as u32, c as u16, *text).unwrap();
            }
        }
    }
    let (contents, report) = taken("any.xlsx", &book.save_to_buffer().unwrap());
    assert_eq!(report.sheet.as_deref(), Some("District and COE 2019"));
    assert_eq!(report.year, Some(2019));
    assert_eq!(contents.leas[0].cds.to_string(), "01999990000000", "the key is CDS");
    let warning = "1 row whose Cdcode is not that of their CDS code, which was used: row 3";
    assert_eq!(report.warnings, [warning]);
}

#[test]
fn a_local_text_with_line_ends_and_delimiters_in_it_gives_its_rating() {
    let text = "cdscode|lea|prioritynumber|summary|performance|year\n\
                01999990000000|Some Unified|6|\"first\nsecond line|with a pipe\"|\"Not Met\"|2023\n\
                0211999|Some Office|6||Met|2022-23\n\
                01999990999999|Some Charter|6|x||2023\n\
                02119990000000|Some Office|6|again|met|2023.0\n";
    let (contents, report) = taken("any.txt", text.as_bytes());
    let Rows::LocalRatings(rows) = &contents.rows else { panic!("{:?}", contents.kind) };
    let found: Vec<(u32, String, LocalRating)> =
        rows.iter().map(|row| (row.row, row.cds.to_string(), row.rating)).collect();
    assert_eq!(
        found,
        [
            (2, "01999990000000".to_owned(), LocalRating::NotMet),
            (4, "02119990000000".to_owned(), LocalRating::Met),
        ]
    );
    assert_eq!(report.year, Some(2023));
    assert_eq!(report.skipped["LEAs without a rating"], 1);
    assert_eq!(report.skipped["LEAs repeated with the same rating"], 1);
    assert_eq!(report.repaired.values().sum::<u32>(), 2);
    assert_eq!(contents.leas.len(), 2);
}

#[test]
fn tabs_and_commas_separate_local_files_too() {
    for delimiter in ["\t", ","] {
        let text = "cdsCode|lea|priorityNumber|countyPerformance|year\n\
                    01999990000000|Some Unified|10|Met|2022\n"
            .replace('|', delimiter);
        let (_, report) = taken("any.txt", text.as_bytes());
        assert_eq!((report.kind.as_str(), report.year), ("LOCAL10", Some(2022)));
    }
}

#[test]
fn calpads_exceptions_name_their_year_or_are_told_it() {
    let text = "cds,certified,year\n01999990000000,N,2024\n\"02999990000000\",y,2024\n";
    let (contents, report) = taken("any.csv", text.as_bytes());
    let Rows::Calpads(rows) = &contents.rows else { panic!("{:?}", contents.kind) };
    assert_eq!(rows.iter().map(|row| row.certified).collect::<Vec<_>>(), [false, true]);
    assert_eq!((report.kind.as_str(), report.year), ("CALPADS", Some(2024)));
    assert!(contents.coverage.statewide);
    let none = try_read("any.csv", b"cds,certified\n", Some("CALPADS:2024")).unwrap();
    assert!(none.contents.rows.is_empty(), "no exception is an answer too");
}

#[test]
fn successions_have_a_day_and_a_source() {
    let text = "predecessor_cds,successor_cds,kind,effective_date,source\n\
                01999990000000,01999980000000,Merged,2024-07-01,\"a letter, of the state\"\n\
                01999980000000,01999980000000,renamed,2025-07-01,letter\n";
    let (contents, report) = taken("any.csv", text.as_bytes());
    let Rows::Successions(rows) = &contents.rows else { panic!("{:?}", contents.kind) };
    assert_eq!((rows[0].kind, rows[1].kind), (SuccessionKind::Merged, SuccessionKind::Renamed));
    assert_eq!(rows[0].source, "a letter, of the state");
    assert_eq!((report.year, report.year_told_by), (None, None));
}

#[test]
fn report_and_refusal_are_json_with_stable_names() {
    let (_, report) = taken("any.txt", [SUSP, &district("ALL", "1")].concat().as_bytes());
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["kindToldBy"], "content");
    assert_eq!(json["rowsKept"], 1);
    assert_eq!(json["layoutVerified"], true);
    let refusal = refused("any.txt", [SUSP, &district("ALL", "7")].concat().as_bytes());
    let json = serde_json::to_value(&refusal).unwrap();
    assert_eq!(json["faults"][0]["code"], "bad-value");
    assert_eq!(json["faults"][0]["row"], 2);
    assert_eq!(refusal.faults[0].code.code(), "bad-value");
}
