//! Both sides of each limit on what is read, and files that were made to do harm: whatever a
//! file holds, it is refused in words before it takes more memory than a large one.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop and speak")]

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use calsos_ingest::{
    COLUMNS_MOST, FILE_BYTES_MOST, FaultCode, Input, Layouts, RECORD_BYTES_MOST, ROWS_MOST,
    Refusal, SHEETS_MOST, Understood, XLSX_PARTS_MOST, XLSX_TEXTS_MOST, read,
};
use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const HEADER: [&str; 8] = [
    "cds",
    "rtype",
    "districtname",
    "studentgroup",
    "color",
    "accountabilitymet",
    "indicator",
    "reportingyear",
];
const ROW: [&str; 8] = ["01999990000000", "D", "Some Unified", "ALL", "1", "Y", "SUSP", "2023"];

/// [`HEADER`] and [`ROW`], the name being this long.
fn text(name_length: usize) -> String {
    let name = "x".repeat(name_length);
    let row = ROW.join("\t").replace("Some Unified", &name);
    format!("{}\ttype\n{row}\tUD\n", HEADER.join("\t"))
}

fn try_read(bytes: &[u8]) -> Result<Understood, Refusal> {
    read(&Input { file_name: "any", bytes, assigned: None }, &Layouts::builtin())
}

fn taken(bytes: &[u8]) -> Understood {
    try_read(bytes).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The code and the words of the only fault.
fn fault(bytes: &[u8]) -> (FaultCode, String) {
    let refusal = match try_read(bytes) {
        Ok(understood) => panic!("taken: {:?}", understood.report),
        Err(refusal) => refusal,
    };
    assert_eq!(refusal.faults.len() + refusal.more, 1, "{refusal}");
    (refusal.faults[0].code, refusal.faults[0].to_string())
}

fn check(bytes: &[u8], code: FaultCode, words: &str) {
    let (found, message) = fault(bytes);
    assert!(found == code && message.contains(words), "{found}: {message}");
}

#[test]
fn a_file_of_the_most_bytes_is_looked_at_and_one_of_a_byte_more_is_not() {
    let most = usize::try_from(FILE_BYTES_MOST).unwrap();
    let mut bytes = vec![0; most + 1];
    bytes[..2].copy_from_slice(&[0xff, 0xfe]);
    check(&bytes[..most], FaultCode::Utf16, "");
    check(&bytes, FaultCode::TooLarge, "The file has 268435457 bytes; at most 268435456 are read");
}

#[test]
fn a_line_of_the_most_bytes_is_read_and_one_of_a_byte_more_is_not() {
    let others = text(0).lines().nth(1).unwrap().len();
    let most = RECORD_BYTES_MOST - others;
    let understood = taken(text(most).as_bytes());
    assert_eq!(understood.contents.leas[0].name.len(), most);
    let words = "row 2: The line that starts here has more than 1048576 bytes";
    check(text(most + 1).as_bytes(), FaultCode::TooLarge, words);
}

#[test]
fn a_record_that_a_quotation_mark_or_a_lost_code_lets_grow_ends_at_the_same_length() {
    let local = |length: usize| {
        let (start, end) = ("01999990000000|A|6|", "|Met|2023");
        let summary = "x\n".repeat(length / 2);
        let summary = &summary[..length - start.len() - end.len()];
        format!("cdscode|lea|prioritynumber|summary|performance|year\n{start}{summary}{end}\n")
    };
    assert_eq!(taken(local(RECORD_BYTES_MOST).as_bytes()).contents.rows.len(), 1);
    let words = "row 2: The record that starts here has more than 1048576 bytes";
    check(local(RECORD_BYTES_MOST + 1).as_bytes(), FaultCode::TooLarge, words);

    let table = |length: usize| {
        let fields = "01999990000000".len() + "N".len() + "2024".len();
        let note = "x\n".repeat(length / 2);
        let note = &note[..length - fields];
        format!("cds,certified,year,note\n01999990000000,N,2024,\"{note}\"\n")
    };
    assert_eq!(taken(table(RECORD_BYTES_MOST).as_bytes()).contents.rows.len(), 1);
    check(table(RECORD_BYTES_MOST + 1).as_bytes(), FaultCode::TooLarge, words);
}

#[test]
fn the_most_lines_are_read_and_one_more_is_not() {
    let table = text(1);
    let blank = usize::try_from(ROWS_MOST).unwrap() - 2;
    let most = format!("{table}{}", "\n".repeat(blank));
    assert_eq!(taken(most.as_bytes()).contents.rows.len(), 1);
    check(format!("{most}\n").as_bytes(), FaultCode::TooLarge, "more than 1048576 lines");
    check(format!("{most}x").as_bytes(), FaultCode::TooLarge, "more than 1048576 lines");
}

#[test]
fn a_text_of_the_most_columns_is_read_and_one_of_a_million_is_not() {
    let wide = |columns: usize| {
        let lines: Vec<String> = text(1)
            .lines()
            .enumerate()
            .map(|(at, line)| {
                let beside =
                    |column| if at == 0 { format!("\tx{column}") } else { "\t".to_owned() };
                let more: String = (HEADER.len() + 1..columns).map(beside).collect();
                format!("{line}{more}\n")
            })
            .collect();
        lines.concat()
    };
    let most = usize::try_from(COLUMNS_MOST).unwrap();
    assert_eq!(taken(wide(most).as_bytes()).report.unknown_columns.len(), most - HEADER.len() - 1);
    let words = "row 1: The row has more than 1000 columns";
    check(wide(most + 1).as_bytes(), FaultCode::TooLarge, words);
    check("\t".repeat(1_000_000).replacen('\t', "cds\t", 1).as_bytes(), FaultCode::TooLarge, words);
    // Above the header as well, and in a row below it, which is only a row of a wrong width.
    let above = format!("{}\n{}", ",".repeat(1_000_000), text(1));
    check(above.as_bytes(), FaultCode::TooLarge, words);
    let below = format!("{}{}\n", text(1), "x\t".repeat(500_000));
    check(below.as_bytes(), FaultCode::RaggedRow, "The row has 500001 fields and the header 9");
}

#[test]
fn a_hundred_different_warnings_are_told_and_the_rows_of_others_are_counted() {
    let of_groups = |groups: usize| {
        let mut file = text(1);
        for group in 0..groups {
            let row = ROW.join("\t").replace("ALL", &format!("G{group}")).replace("\t1\t", "\t0\t");
            writeln!(file, "{row}\tUD").unwrap();
        }
        taken(file.as_bytes()).report.warnings
    };
    assert_eq!(of_groups(100).len(), 100);
    let warnings = of_groups(102);
    assert_eq!(warnings.len(), 101);
    assert_eq!(warnings[100], "… and 2 rows with other warnings.");
}

#[test]
fn control_characters_become_blanks_and_a_nul_is_refused_in_text_and_workbook() {
    let named = |name: &str| text(1).replace("\tx\t", &format!("\t{name}\t"));
    let understood = taken(named("Some\u{1}Uni\u{b}fied\u{1f}").as_bytes());
    assert_eq!(understood.contents.leas[0].name, "Some Uni fied");
    let warning = "3 control characters of the file stand for nothing and were read as blanks.";
    assert_eq!(understood.report.warnings, [warning]);
    check(named("a\0b").as_bytes(), FaultCode::NulCharacter, "row 2: The row has a NUL character");
    // The same in Windows-1252, and with line ends of the other kinds before.
    let mut bytes = named("Ca?on\u{1}").replace('\n', "\r").into_bytes();
    let at = bytes.iter().position(|b| *b == b'?').unwrap();
    bytes[at] = 0xf1;
    assert_eq!(taken(&bytes).contents.leas[0].name, "Cañon");
    bytes[at] = 0;
    check(&bytes, FaultCode::NulCharacter, "row 2: ");

    let cells = |name: &str| inline(&[&HEADER[..], &ROW[..]]).replace("Some Unified", name);
    let understood = taken(&raw(&cells("Some_x0001_Uni_x000B_fied"), ""));
    assert_eq!(understood.contents.leas[0].name, "Some Uni fied");
    let warning = "2 control characters of the file stand for nothing and were read as blanks.";
    assert_eq!(understood.report.warnings, [warning]);
    check(&raw(&cells("a_x0000_b"), ""), FaultCode::NulCharacter, "row 2: ");
}

#[test]
fn semicolons_separate_tables_that_people_keep() {
    let table = "cds;certified;year\n01999990000000;N;2024\n\"02999990000000\";\"y\";2024\n";
    assert_eq!(taken(table.as_bytes()).contents.rows.len(), 2);
}

/// A worksheet's rows with these cells as texts of their own.
fn inline(rows: &[&[&str]]) -> String {
    let mut xml = String::new();
    for (at, cells) in rows.iter().enumerate() {
        write!(xml, "<row r=\"{}\">", at + 1).unwrap();
        for cell in *cells {
            write!(xml, "<c t=\"inlineStr\"><is><t>{cell}</t></is></c>").unwrap();
        }
        xml.push_str("</row>");
    }
    xml
}

/// A workbook of one sheet with these rows, and shared texts where they are not blank.
fn raw(rows: &str, shared: &str) -> Vec<u8> {
    const MAIN: &str = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    const RELATED: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"";
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, content: &str| {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file(name, options).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
    };
    part(
        "_rels/.rels",
        &format!(
            "<Relationships {PACKAGE}><Relationship Id=\"a\" Type=\"{RELATED}/officeDocument\" \
             Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    part(
        "xl/workbook.xml",
        &format!(
            "<workbook {MAIN} xmlns:r=\"{RELATED}\"><sheets><sheet name=\"Sheet1\" \
             sheetId=\"1\" r:id=\"b\"/></sheets></workbook>"
        ),
    );
    part(
        "xl/_rels/workbook.xml.rels",
        &format!(
            "<Relationships {PACKAGE}><Relationship Id=\"b\" Type=\"{RELATED}/worksheet\" \
             Target=\"worksheets/sheet1.xml\"/></Relationships>"
        ),
    );
    part(
        "xl/worksheets/sheet1.xml",
        &format!("<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"),
    );
    if !shared.is_empty() {
        part("xl/sharedStrings.xml", shared);
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_sheet_formatted_to_its_last_row_is_read_by_its_filled_cells() {
    let filled = inline(&[&HEADER[..], &ROW[..]]);
    let mut xml = filled.clone();
    for row in 3..=ROWS_MOST {
        write!(xml, "<row r=\"{row}\" s=\"1\"/>").unwrap();
    }
    // The last of them has formatted cells, which are blank too.
    xml.truncate(xml.len() - 2);
    write!(xml, "><c r=\"A{ROWS_MOST}\" s=\"1\"/></row>").unwrap();
    let understood = taken(&raw(&xml, ""));
    assert_eq!(understood.contents, taken(&raw(&filled, "")).contents);
    assert_eq!((understood.report.rows_read, understood.report.rows_kept), (1, 1));
}

#[test]
fn a_value_in_the_last_row_is_read_and_one_below_it_is_not() {
    let at = |row: u32| {
        let cells = inline(&[&ROW[..]]).replace("ALL", "SWD").replace("r=\"1\"", "r=\"?\"");
        let filled = inline(&[&HEADER[..], &ROW[..]]);
        raw(&format!("{filled}{}", cells.replace('?', &row.to_string())), "")
    };
    assert_eq!(taken(&at(ROWS_MOST)).contents.rows.len(), 2);
    let words = "row 1048577: The sheet has a value in row 1048577; at most 1048576 rows are read";
    check(&at(ROWS_MOST + 1), FaultCode::Workbook, words);
    // A row that does not exist in any workbook, and a column among a million.
    check(&at(u32::MAX), FaultCode::Workbook, "The sheet has a value in row 4294967295");
    let far = format!("{}<row r=\"9\"><c r=\"BDWGN9\"><v>1</v></c></row>", inline(&[&HEADER[..]]));
    check(&raw(&far, ""), FaultCode::Workbook, "at most 1000 columns are read");
}

#[test]
fn as_many_sheets_as_the_limit_are_searched_and_not_one_more() {
    let book = |sheets: usize| {
        let mut book = Workbook::new();
        for _ in 0..sheets {
            book.add_worksheet();
        }
        book.save_to_buffer().unwrap()
    };
    check(&book(SHEETS_MOST), FaultCode::EmptyFile, "No sheet of the workbook has a filled cell");
    check(&book(SHEETS_MOST + 1), FaultCode::Workbook, "The workbook has 101 sheets");
}

#[test]
fn an_archive_of_as_many_parts_as_the_limit_is_opened_and_not_one_of_more() {
    let archive = |parts: usize| {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for part in 0..parts {
            archive.start_file(format!("{part}"), SimpleFileOptions::default()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    };
    check(&archive(XLSX_PARTS_MOST), FaultCode::Workbook, "cannot be opened");
    check(&archive(XLSX_PARTS_MOST + 1), FaultCode::Workbook, "has more than 2000 parts");
}

#[test]
fn a_part_that_unpacks_to_more_than_it_says_is_refused() {
    // A part of 300,000 zeros, whose size stands in its own header and in the directory.
    let lying = |said: u32| {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file("xl/sharedStrings.xml", options).unwrap();
        archive.write_all(&vec![0; 300_000]).unwrap();
        let mut bytes = archive.finish().unwrap().into_inner();
        let size = 300_000_u32.to_le_bytes();
        let places: Vec<usize> =
            (0..bytes.len() - 4).filter(|at| bytes[*at..at + 4] == size).collect();
        assert_eq!(places.len(), 2);
        for at in places {
            bytes[at..at + 4].copy_from_slice(&said.to_le_bytes());
        }
        fault(&bytes).1
    };
    let words = "larger than its declared uncompressed size";
    assert!(!lying(300_000).contains(words));
    let message = lying(299_999);
    assert!(message.contains(words), "{message}");
    assert!(lying(u32::MAX - 1).contains("unpacks to more than 300 MB"));
}

#[test]
fn shared_texts_are_believed_only_as_far_as_they_could_be_kept() {
    let cell = "<row r=\"1\"><c t=\"s\"><v>0</v></c></row>";
    let shared = |said: usize| format!("<sst uniqueCount=\"{said}\"><si><t>x</t></si></sst>");
    check(&raw(cell, &shared(XLSX_TEXTS_MOST)), FaultCode::UnknownKind, "starts with 'x'");
    let words = "has more than 2000000 texts";
    check(&raw(cell, &shared(XLSX_TEXTS_MOST + 1)), FaultCode::Workbook, words);
    check(&raw(cell, &shared(usize::MAX)), FaultCode::Workbook, words);
    let many = format!("<sst>{}</sst>", "<si/>".repeat(XLSX_TEXTS_MOST + 1));
    check(&raw(cell, &many), FaultCode::Workbook, words);
}

#[test]
fn text_and_workbook_of_the_state_give_the_same_rows() {
    let lines = [
        "cds\trtype\tdistrictname\tcountyname\tcharter_flag\tcoe_flag\tstudentgroup\tcurrdenom\t\
         currstatus\tpriordenom\tpriorstatus\tchange\tstatuslevel\tchangelevel\tcolor\tbox\t\
         hscutpoints\taccountabilitymet\treportingyear",
        "00000000000000\tX\tState of California\tState of California\t\t\tALL\t3000000\t-13.6\t\
         2900000\t-12.2\t-1.4\t2\t3\t2\t90\t\tY\t2023",
        "01999990000000\tD\tSome Unified\tSome County\t\t\tALL\t100\t3.5\t90\t0.05\t3.4\t3\t4\t4\t\
         170\tY\tY\t2023",
        "01999990000000\tD\tSome Unified\tSome County\t\t\tSWD\t9\t\t\t\t\t0\t0\t0\t0\t\t\t2023",
        "02199990000000\tD\tSome Office\tOther County\t\tY\tALL\t45\t-171.6\t\t\t0.0\t1\t0\t0\t0\t\
         \t\t2023",
    ];
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.set_name("MathDownload2023").unwrap();
    for (row, line) in lines.iter().enumerate() {
        for (column, cell) in line.split('\t').enumerate() {
            let (row, column) = (u32::try_from(row).unwrap(), u16::try_from(column).unwrap());
            // Codes too, which then lose their zeros: only that of the state stays text.
            match cell.parse::<f64>() {
                Ok(number) if cell != "00000000000000" => {
                    page.write_number(row, column, number).unwrap();
                }
                _ if cell.is_empty() => {}
                _ => {
                    page.write_string(row, column, cell).unwrap();
                }
            }
        }
    }
    let workbook = taken(&book.save_to_buffer().unwrap());
    assert_eq!(workbook.report.kind, "MATH");
    assert_eq!(workbook.report.sheet.as_deref(), Some("MathDownload2023"));
    assert_eq!(workbook.report.repaired.values().sum::<u32>(), 3);
    let text = lines.join("\r\n");
    let input = Input { file_name: "mathdownload2023.txt", bytes: text.as_bytes(), assigned: None };
    let text = read(&input, &Layouts::builtin()).unwrap();
    assert_eq!(text.contents, workbook.contents);
    assert_eq!(text.contents.rows.len(), 4);
}
