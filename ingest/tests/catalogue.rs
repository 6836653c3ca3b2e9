//! Catalogues of services: what is read of a table, what it is refused for, and that one that
//! was written is read back as the same.

#![expect(clippy::unwrap_used, reason = "a test may stop and speak")]

use calsos_domain::support::service::{Service, ServiceDraft};
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_ingest::{
    CATALOGUE_TEMPLATE, CatalogueRead, FAULTS_TOLD, Fault, FaultCode, Input, Layouts, Refusal,
    catalogue_text, read, read_catalogue,
};
use rust_xlsxwriter::Workbook;

const HEADER: &str = "code,provider,division,service,levels,for,kind,indicators,groups,\
                      priorities,from_grade,to_grade,contact,link,open_to_all\n";

const ATTENDANCE: &str = "ATT-1,,Student Services,\"Attendance, in teams\",1;2,LEAs;schools,\
                          Coaching,CHRO,SWD;FOS,5,K,12,attendance@example.org,,\n";

fn office() -> ServiceProvider {
    ServiceProvider::parse("county:58").unwrap()
}

fn try_read(bytes: &[u8], provider: Option<&ServiceProvider>) -> Result<CatalogueRead, Refusal> {
    read_catalogue("services.csv", bytes, provider, &Layouts::builtin())
}

fn taken(text: &str) -> Vec<Service> {
    try_read(text.as_bytes(), Some(&office())).unwrap_or_else(|r| panic!("{r}")).services
}

fn refused(text: &str) -> Vec<Fault> {
    match try_read(text.as_bytes(), Some(&office())) {
        Ok(read) => panic!("it was taken: {read:?}"),
        Err(refusal) => refusal.faults,
    }
}

/// Where the faults are, and of what kind.
fn places(faults: &[Fault]) -> Vec<(u32, &str, FaultCode)> {
    let place = |f: &'_ Fault| (f.row.unwrap_or(0), f.code);
    let columns = faults.iter().map(|f| f.column.as_deref().unwrap_or(""));
    columns.zip(faults.iter().map(place)).map(|(column, (row, code))| (row, column, code)).collect()
}

#[test]
fn a_table_is_read_with_lists_in_cells_and_blanks_for_any() {
    let services = taken(&format!("{HEADER}{ATTENDANCE}"));
    let draft = ServiceDraft::from(services[0].clone());
    let expected = ServiceDraft {
        code: "ATT-1".to_owned(),
        provider: "county:58".to_owned(),
        division: Some("Student Services".to_owned()),
        name: "Attendance, in teams".to_owned(),
        levels: vec![1, 2],
        offered_to: vec!["leas".to_owned(), "schools".to_owned()],
        kind: "coaching".to_owned(),
        indicators: vec!["CHRO".to_owned()],
        groups: vec!["FOS".to_owned(), "SWD".to_owned()],
        priorities: vec![5],
        from_grade: Some("K".to_owned()),
        to_grade: Some("12".to_owned()),
        contact: "attendance@example.org".to_owned(),
        link: None,
        open_to_all: false,
        state: Some("offered".to_owned()),
    };
    assert_eq!(draft, expected);
}

#[test]
fn columns_stand_in_any_order_under_other_spellings_below_titles_and_not_all_are_needed() {
    let text = "Services of the county office;;;;;;\n\
                Level;Service Name;For;Contact;Type;Cost;Service Code\n\
                2, 3;Root causes;both;office@example.org;technical assistance;0;RC\n";
    let read = try_read(text.as_bytes(), Some(&office())).unwrap();
    let draft = ServiceDraft::from(read.services[0].clone());
    assert_eq!((draft.code.as_str(), draft.levels), ("RC", vec![2, 3]));
    assert_eq!((draft.kind.as_str(), draft.offered_to.len()), ("technicalAssistance", 2));
    assert!(draft.indicators.is_empty() && draft.groups.is_empty());
    assert_eq!(read.notes, ["columns that are not read: Cost"]);
}

#[test]
fn of_many_columns_that_are_not_read_five_are_named() {
    let note = |more: usize| {
        let columns: String = (1..=more).map(|n| format!(",x{n}")).collect();
        let blank = ",".repeat(more);
        let header = HEADER.replace('\n', &format!("{columns}\n"));
        let row = ATTENDANCE.replace('\n', &format!("{blank}\n"));
        try_read(format!("{header}{row}").as_bytes(), Some(&office())).unwrap().notes
    };
    assert_eq!(note(5), ["columns that are not read: x1, x2, x3, x4, x5"]);
    assert_eq!(note(6), ["columns that are not read: x1, x2, x3, x4, x5, …"]);
}

#[test]
fn every_fault_of_every_row_is_told_by_row_and_column_and_nothing_is_taken() {
    let text = format!(
        "{HEADER}{ATTENDANCE}\
         X 1,,,Name,two,LEAs,training,,,,,,office@example.org,,\n\
         \n\
         ATT-1,county:57,,,1,parents,training,ELPAC,SPED,12,9-12,,,www,perhaps\n\
         A,B\n"
    );
    let faults = refused(&text);
    let bad = FaultCode::BadValue;
    let expected = [
        (3, "levels", bad),
        (3, "code", bad),
        (5, "open_to_all", bad),
        (5, "service", bad),
        (5, "for", bad),
        (5, "indicators", bad),
        (5, "groups", bad),
        (5, "priorities", bad),
        (5, "from_grade", bad),
        (5, "contact", bad),
        (5, "link", bad),
        (6, "", FaultCode::RaggedRow),
    ];
    assert_eq!(places(&faults), expected);
    let said = faults.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(said[0], "row 3, column levels: 'two' was given; a level from 1 to 3 is expected.");
    assert!(said[6].starts_with("row 5, column groups: 'SPED' was given; one of AA, "), "{said:?}");
}

#[test]
fn a_code_is_of_one_service_and_a_provider_of_the_whole_table() {
    let again = ATTENDANCE.replace("ATT-1,", "ATT-1,county:57");
    let faults = refused(&format!("{HEADER}{ATTENDANCE}{again}"));
    let expected = [(3, "provider", FaultCode::BadValue), (3, "code", FaultCode::DuplicateRow)];
    assert_eq!(places(&faults), expected);
    assert!(faults[1].message.contains("stands at 2 and at 3"), "{}", faults[1].message);
}

#[test]
fn whose_catalogue_it_is_is_told_by_its_first_provider_where_nobody_says_it() {
    let own = ATTENDANCE.replace("ATT-1,", "ATT-1,ccee");
    let read = try_read(format!("{HEADER}{own}").as_bytes(), None).unwrap();
    assert_eq!(read.provider, ServiceProvider::Ccee);
    let refusal = try_read(format!("{HEADER}{ATTENDANCE}").as_bytes(), None).unwrap_err();
    assert!(refusal.to_string().contains("whose catalogue this is"), "{refusal}");
}

#[test]
fn the_template_is_one_once_its_example_is_replaced_and_not_before() {
    assert!(CATALOGUE_TEMPLATE.starts_with(HEADER));
    assert_eq!(places(&refused(CATALOGUE_TEMPLATE)), [(2, "", FaultCode::ExampleRow)]);
    let filled = CATALOGUE_TEMPLATE.replace("example: ", "");
    assert_eq!(taken(&filled)[0].name, "Attendance teams");
}

#[test]
fn a_table_without_a_service_with_too_many_or_without_a_column_is_refused() {
    let faults = refused(HEADER);
    assert_eq!(places(&faults), [(0, "", FaultCode::NoRows)]);
    let row = |n: u32| ATTENDANCE.replace("ATT-1", &n.to_string());
    let many = |count: u32| format!("{HEADER}{}", (0..count).map(row).collect::<String>());
    assert_eq!(taken(&many(1000)).len(), 1000);
    assert_eq!(places(&refused(&many(1001))), [(0, "", FaultCode::TooLarge)]);
    let faults = refused("service,levels,contact\na,1,b\n");
    let missing = FaultCode::MissingColumn;
    assert_eq!(places(&faults), [(0, "code", missing), (0, "for", missing), (0, "kind", missing)]);
    let faults = refused("code,service,name,levels,for,kind,contact\n1,a,b,1,leas,x,c\n");
    assert_eq!(places(&faults), [(0, "name", FaultCode::DuplicateColumn)]);
}

#[test]
fn of_very_many_faults_a_hundred_are_told() {
    let row = "x,,,,,,,,,,,,,,\n";
    assert_eq!(refused(&format!("{HEADER}{}", row.repeat(100))).len(), FAULTS_TOLD);
}

#[test]
fn what_is_written_is_read_back_as_the_same() {
    let quotes = "Q,,\"A \"\"new\"\" division\",\"Talks, walks\",3,schools,peer visits,,,,,\
                  ,\"Office, 8 to 4\",https://example.org/?a=1,Y\n";
    let services = taken(&format!("{HEADER}{ATTENDANCE}{quotes}"));
    let text = catalogue_text(&services);
    assert!(text.starts_with(HEADER));
    assert_eq!(taken(&text), services);
}

#[test]
fn a_workbook_is_read_as_its_table_would_be() {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let rows = [
        ["code", "service", "levels", "for", "kind", "contact", "groups"],
        ["A", "Coaching", "2", "LEAs", "coaching", "office@example.org", "SWD; EL"],
    ];
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            page.write_string(row, column, cell).unwrap();
        }
    }
    let bytes = book.save_to_buffer().unwrap();
    let services = try_read(&bytes, Some(&office())).unwrap().services;
    assert_eq!((services[0].code.as_str(), services[0].groups.len()), ("A", 2));
}

#[test]
fn a_catalogue_is_no_release_and_a_release_no_catalogue() {
    let text = format!("{HEADER}{ATTENDANCE}");
    let input = Input { file_name: "services.csv", bytes: text.as_bytes(), assigned: None };
    let refusal = read(&input, &Layouts::builtin()).unwrap_err();
    assert!(refusal.to_string().contains("calsos services import"), "{refusal}");
    let faults = refused("county,lead_agency,from,until,source\n58,x,,,y\n");
    assert_eq!(faults[0].code, FaultCode::MissingColumn);
}
