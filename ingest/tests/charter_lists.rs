//! Charter assistance lists in several spellings. No real one was seen: what is understood
//! is said in the report, and the layout is called unverified. Every code here is made up.

use calsos_domain::charter_list::CharterListRow;
use calsos_domain::release::{PublishedStatus, Rows};
use calsos_domain::student_group::StudentGroup;
use calsos_ingest::{FileReport, Input, Layouts, read};
use rust_xlsxwriter::Workbook;

fn taken(file_name: &str, bytes: &[u8]) -> (Vec<CharterListRow>, FileReport) {
    let input = Input { file_name, bytes, assigned: None };
    let understood =
        read(&input, &Layouts::builtin()).unwrap_or_else(|refusal| panic!("{refusal}"));
    match understood.contents.rows {
        Rows::CharterList(rows) => (rows, understood.report),
        _ => panic!("{:?}", understood.contents.kind),
    }
}

#[test]
fn several_spellings_say_the_same() {
    for header in [
        "CDS,Schoolname,ReportYear,AAcurrent,ELcurrent,SWDcurrent,AAprior,ELprior,SWDprior,EC47607_2023",
        "cdscode,CharterName,reportyear,AA_priorities_current,EL_priorities_current,\
         SWD_priorities_current,AA_priorities_prior,EL_priorities_prior,SWD_priorities_prior,EC47607",
        "CDS,LEAname,ReportYear,AApriorities2023,ELpriorities2023,SWDpriorities2023,\
         AApriorities2022,ELpriorities2022,SWDpriorities2022,EC47607.3_2023",
        "CDS,School Name,Reporting Year,AApriorities,ELpriorities,SWDpriorities,\
         AApriorities previous year,ELpriorities previous year,SWDpriorities previous year,EC 47607.3",
    ] {
        let text = format!("{header}\n05999999999999,Some Charter,2023,*,D,E,,B,*,Y\n");
        let (rows, report) = taken("any.csv", text.as_bytes());
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        let codes = |of: &calsos_domain::charter_list::ListedCodes| -> String {
            let codes: Vec<String> = of.codes.iter().map(|(g, l)| format!("{g}:{l}")).collect();
            codes.join(" ")
        };
        assert_eq!((codes(&row.current), codes(&row.prior)), ("EL:D SWD:E".into(), "EL:B".into()));
        assert_eq!(row.current.listed.len(), 3, "{header}");
        assert_eq!((row.ec47607, row.eligible()), (Some(true), Some(true)));
        assert_eq!((report.kind.as_str(), report.year), ("CHARTERLIST", Some(2023)), "{header}");
        assert!(!report.layout_verified);
        assert_eq!(report.understood.len(), 3, "{:?}", report.understood);
        assert!(report.understood[0].starts_with("codes of 2023: "));
        assert!(report.unknown_columns.is_empty(), "{:?}", report.unknown_columns);
    }
}

#[test]
fn a_workbook_with_titles_tells_its_year_by_its_name_and_its_status() {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let lines: [&[&str]; 4] = [
        &["Charter schools eligible for assistance"],
        &[
            "CDS",
            "Schoolname",
            "SWDcurrent",
            "HOMcurrent",
            "TOMcurrent",
            "AssistanceStatus",
            "Note",
        ],
        &["05999999999999", "Some Charter", "D", "", "A", "Differentiated Assistance", "x"],
        &["05999999999998", "Other Charter", "", "", "", "General Assistance", ""],
    ];
    for (row, cells) in lines.iter().enumerate() {
        for (column, text) in cells.iter().enumerate() {
            page.write_string(row as u32, column as u16, *text).unwrap();
        }
    }
    let (rows, report) = taken("charterassistance24.xlsx", &book.save_to_buffer().unwrap());
    assert_eq!((report.year, rows.len()), (Some(2024), 2));
    assert_eq!(rows[0].current.codes[&StudentGroup::Mr], 'A');
    assert_eq!(rows[0].status, Some(PublishedStatus::Differentiated));
    assert_eq!((rows[0].eligible(), rows[1].eligible()), (Some(true), Some(false)));
    assert_eq!(report.unknown_columns, ["Note"], "what is not read is said");
    assert_eq!(report.understood[1], "codes of the year before: no columns");
    assert_eq!(report.understood[2], "the state's decision: AssistanceStatus");
}
