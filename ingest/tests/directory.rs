//! The public schools directory in its vintages: columns, kinds of agency, dates, and that
//! nothing about people is in what is to be stored. Every code and name here is made up.

#![expect(clippy::unwrap_used, reason = "a test may stop and speak")]

use std::collections::BTreeMap;

use calsos_domain::directory::{Agency, DirectoryRow, DirectoryStatus};
use calsos_domain::lea::LeaType;
use calsos_domain::release::Rows;
use calsos_ingest::{Assigned, Input, Layouts, ToldBy, Understood, original_row, read};
use rust_xlsxwriter::Workbook;

/// The 46 columns of today's file, as the state names them.
const TODAY: &str = "CDSCode NCESDist NCESSchool StatusType County District School Street \
    StreetAbr City Zip State MailStreet MailStrAbr MailCity MailZip MailState Phone Ext FaxNumber \
    WebSite OpenDate ClosedDate Charter CharterNum FundingType DOC DOCType SOC SOCType EdOpsCode \
    EdOpsName EILCode EILName GSoffered GSserved Virtual Magnet YearRoundYN FederalDFCDistrictID \
    Latitude Longitude AdmFName AdmLName LastUpDate Multilingual";

/// What the cells about people say, in every vintage.
const PERSON: &str = "Wilhelmina";

/// The 46 columns with the three that newer exports spell otherwise.
fn newer_export() -> Vec<String> {
    let respelled = |name: &str| match name {
        "Ext" => "Phone Ext".to_owned(),
        "WebSite" => "Website".to_owned(),
        "YearRoundYN" => "YearRound".to_owned(),
        other => other.to_owned(),
    };
    TODAY.split_whitespace().map(respelled).collect()
}

/// The 49 columns of June 2018: three people with an address, and four columns fewer.
fn june_2018() -> Vec<String> {
    let later = [
        "FaxNumber",
        "YearRoundYN",
        "FederalDFCDistrictID",
        "Multilingual",
        "AdmFName",
        "AdmLName",
    ];
    let mut columns: Vec<String> =
        TODAY.split_whitespace().filter(|c| !later.contains(c)).map(str::to_owned).collect();
    let last = columns.pop().unwrap();
    for number in 1..=3 {
        columns.extend(["AdmFName", "AdmLName", "AdmEmail"].map(|c| format!("{c}{number}")));
    }
    columns.push(last);
    assert_eq!(columns.len(), 49);
    columns
}

/// A record: what differs from a school district at work.
type Record<'a> = &'a [(&'a str, &'a str)];

const RECORDS: [Record<'static>; 6] = [
    &[("CDSCode", "01999990000000"), ("District", "Some Unified"), ("LastUpDate", "06/26/2018")],
    &[
        ("CDSCode", "01199990000000"),
        ("District", "Some Office"),
        ("DOC", "00"),
        ("StatusType", "Merged"),
        ("ClosedDate", "6/30/2015"),
    ],
    &[
        ("CDSCode", "01999990999999"),
        ("School", "Some Charter"),
        ("Charter", "Y"),
        ("CharterNum", "0728"),
        ("FundingType", "Directly funded"),
        ("GSoffered", "K-12"),
        ("NCESSchool", "10546"),
    ],
    &[("CDSCode", "01999990000001"), ("School", "Some School"), ("Charter", "N")],
    &[("CDSCode", "01777770000000"), ("District", "SBE - Some Charter"), ("DOC", "02")],
    &[("CDSCode", "01666660000000"), ("District", "Some Common Administration"), ("DOC", "55")],
];

fn cells(columns: &[String], record: Record<'_>) -> Vec<String> {
    let value = |column: &String| -> String {
        let own = record.iter().find(|(name, _)| name == column).map(|(_, value)| *value);
        own.unwrap_or(match column.as_str() {
            "NCESDist" => "0699999",
            "StatusType" => "Active",
            "County" => "Some County",
            "District" => "Some District",
            "City" => "Some City",
            "OpenDate" => "07/01/1990",
            "DOC" => "54",
            "LastUpDate" => "01/02/2017",
            name if name.starts_with("Adm") => PERSON,
            _ => "No Data",
        })
        .to_owned()
    };
    columns.iter().map(value).collect()
}

fn text(columns: &[String], delimiter: &str) -> String {
    let mut text = columns.join(delimiter) + "\r\n";
    for record in RECORDS {
        text += &(cells(columns, record).join(delimiter) + "\r\n");
    }
    text
}

fn workbook(columns: &[String]) -> Vec<u8> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    for (column, name) in columns.iter().enumerate() {
        page.write_string(0, column as u16, name).unwrap();
    }
    for (row, record) in RECORDS.iter().enumerate() {
        for (column, value) in cells(columns, record).iter().enumerate() {
            page.write_string(row as u32 + 1, column as u16, value).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

fn taken(file_name: &str, bytes: &[u8]) -> Understood {
    let input = Input { file_name, bytes, assigned: None };
    read(&input, &Layouts::builtin()).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn rows(understood: &Understood) -> &[DirectoryRow] {
    match &understood.contents.rows {
        Rows::Directory(rows) => rows,
        _ => panic!("{:?}", understood.contents.kind),
    }
}

/// Every vintage and container, by a name for messages.
fn every_form() -> Vec<(&'static str, Vec<u8>)> {
    let today: Vec<String> = TODAY.split_whitespace().map(str::to_owned).collect();
    assert_eq!(today.len(), 46);
    vec![
        ("today, tabs", text(&today, "\t").into_bytes()),
        ("newer export, tabs", text(&newer_export(), "\t").into_bytes()),
        ("June 2018, tabs", text(&june_2018(), "\t").into_bytes()),
        ("before 2012, semicolons", text(&june_2018(), ";").into_bytes()),
        ("saved as CSV", text(&today, ",").into_bytes()),
        ("workbook", workbook(&newer_export())),
    ]
}

#[test]
fn every_vintage_says_the_same_of_the_same_records() {
    for (form, bytes) in every_form() {
        let understood = taken("pubschls.txt", &bytes);
        let told: Vec<(u32, Agency, &str)> =
            rows(&understood).iter().map(|r| (r.row, r.agency, r.name.as_str())).collect();
        assert_eq!(
            told,
            [
                (2, Agency::Lea(LeaType::District), "Some Unified"),
                (3, Agency::Lea(LeaType::CountyOffice), "Some Office"),
                (4, Agency::Lea(LeaType::Charter), "Some Charter"),
                (6, Agency::NotLea, "SBE - Some Charter"),
                (7, Agency::NotTold, "Some Common Administration"),
            ],
            "{form}"
        );
        let [_, office, charter, ..] = rows(&understood) else { panic!("{form}") };
        assert_eq!(office.status, DirectoryStatus::Merged);
        assert_eq!(office.closed.map(|day| day.to_string()).as_deref(), Some("2015-06-30"));
        assert_eq!(charter.charter_number.as_deref(), Some("0728"), "{form}");
        assert_eq!(charter.funding.as_deref(), Some("Directly funded"));
        assert_eq!(charter.grade_span.as_deref(), Some("K-12"));
        assert_eq!(charter.nces_school.as_deref(), Some("10546"));
        assert_eq!(charter.closed, None, "No Data is nothing");
        let Understood { contents, report, .. } = &understood;
        assert_eq!((report.year, report.year_told_by), (Some(2018), Some(ToldBy::Content)));
        assert_eq!(report.file_date.as_deref(), Some("2018-06-26"), "the newest LastUpDate");
        assert_eq!(report.skipped["schools that are no charters"], 1);
        assert_eq!(report.unknown_columns, [""; 0], "{form}");
        let named: Vec<&str> = contents.leas.iter().map(|lea| lea.name.as_str()).collect();
        assert_eq!(named, ["Some Office", "Some Unified", "Some Charter"], "only LEAs are named");
        assert!(report.warnings[0].contains("settle no kind of agency"), "{:?}", report.warnings);
    }
}

#[test]
fn nothing_about_people_is_in_what_is_to_be_stored() {
    for (form, bytes) in every_form() {
        let Understood { contents, report, kept_bytes } = taken("pubschls.txt", &bytes);
        let kept = String::from_utf8(kept_bytes.unwrap()).unwrap();
        let report = serde_json::to_string(&report).unwrap();
        for stored in [&kept, &report, &format!("{contents:?}")] {
            assert!(!stored.contains(PERSON), "{form}: {stored}");
        }
        let left_out: serde_json::Value = serde_json::from_str(&report).unwrap();
        let left_out = &left_out["leftOut"];
        let columns = left_out["peopleColumns"].as_array().unwrap().len();
        assert_eq!(left_out["cells"], columns * RECORDS.len(), "{form}");
        assert!(columns == 2 || columns == 9, "{form}: {left_out}");
    }
}

#[test]
fn the_rows_that_are_kept_are_found_again_with_those_cells_empty() {
    for (form, bytes) in every_form() {
        let understood = taken("pubschls.txt", &bytes);
        let kept = understood.kept_bytes.as_ref().unwrap();
        let row_of = |bytes: &[u8], row: u32| -> BTreeMap<String, String> {
            let assigned =
                Some(Assigned { kind: understood.contents.kind, year: understood.contents.year });
            let input = Input { file_name: "pubschls.txt", bytes, assigned };
            original_row(&input, &Layouts::builtin(), row).unwrap_or_default().into_iter().collect()
        };
        for row in rows(&understood) {
            let (given, found) = (row_of(&bytes, row.row), row_of(kept, row.row));
            assert_eq!(found.len(), given.len(), "{form}");
            for (column, value) in given {
                let expected = if column.starts_with("Adm") { "" } else { &value };
                assert_eq!(found[&column], expected, "{form}, row {}, {column}", row.row);
            }
        }
        // Kept anew, it is the same: there is nothing left to leave out.
        let again = taken("pubschls.txt", kept);
        assert_eq!(rows(&again), rows(&understood), "{form}");
        assert_eq!(again.report.left_out.unwrap().cells, 0);
        assert_eq!(&again.kept_bytes.unwrap(), kept);
    }
}

#[test]
fn a_column_that_is_not_known_might_be_about_people_and_a_file_without_either_stays_as_it_is() {
    let columns: Vec<String> =
        TODAY.split_whitespace().filter(|c| !c.starts_with("Adm")).map(str::to_owned).collect();
    let understood = taken("pubschls.txt", text(&columns, "\t").as_bytes());
    assert_eq!((understood.kept_bytes, understood.report.left_out), (None, None));
    let mut with_one_more = columns.clone();
    with_one_more.push("Hotline".to_owned());
    let bytes = text(&with_one_more, "\t").replace("No Data\r\n", "Wilhelmina\r\n");
    let understood = taken("pubschls.txt", bytes.as_bytes());
    let left_out = understood.report.left_out.unwrap();
    assert_eq!(left_out.unknown_columns, ["Hotline"]);
    assert_eq!((left_out.people_columns.len(), left_out.cells), (0, RECORDS.len() as u32));
    let kept = String::from_utf8(understood.kept_bytes.unwrap()).unwrap();
    assert!(!kept.contains(PERSON) && kept.contains("Some Charter"));
}

#[test]
fn what_decides_nothing_is_counted_and_left_out_where_it_cannot_be_read() {
    let columns: Vec<String> = TODAY.split_whitespace().map(str::to_owned).collect();
    let text = text(&columns, "\t").replace("07/01/1990", "31/12/1990").replace("0699999", "69");
    let understood = taken("pubschls.txt", text.as_bytes());
    assert!(rows(&understood).iter().all(|row| row.opened.is_none()));
    let warnings = understood.report.warnings.join("\n");
    assert!(warnings.contains("5 rows whose OpenDate is no day such as"), "{warnings}");
    assert!(warnings.contains("5 rows whose NCESDist is no NCES id of 7 digits"), "{warnings}");
}

#[test]
fn the_year_is_told_by_the_operator_then_the_newest_date_then_the_name() {
    let columns: Vec<String> = TODAY.split_whitespace().map(str::to_owned).collect();
    let dated = text(&columns, "\t");
    let told = |bytes: &str, file_name: &str, assigned: Option<&str>| {
        let assigned = assigned.map(|text| text.parse().unwrap());
        let input = Input { file_name, bytes: bytes.as_bytes(), assigned };
        let report = read(&input, &Layouts::builtin()).unwrap().report;
        (report.year.unwrap(), report.year_told_by.unwrap(), report.warnings.len())
    };
    let by_operator = told(&dated, "pubschls2017.txt", Some("DIRECTORY:2019"));
    assert_eq!(by_operator, (2019, ToldBy::Operator, 3));
    assert_eq!(told(&dated, "pubschls2017.txt", None), (2018, ToldBy::Content, 2));
    let undated = dated.replace("06/26/2018", "No Data").replace("01/02/2017", "No Data");
    assert_eq!(told(&undated, "pubschls2017.txt", None), (2017, ToldBy::FileName, 1));
}
