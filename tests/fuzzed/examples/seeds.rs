//! Writes the seeds of the corpus: a few rows of each kind of file of the sample, small
//! workbooks of them, and what callers send, all of it made up. `cargo run -p calsos-fuzzed
//! --example seeds` writes them to `fuzz/corpus/`; what the fuzzer found stands beside them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a tool may stop and speak")]

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;

use calsos_domain::rulebook::Rulebooks;
use calsos_fuzzed::{files_of, old_workbook_of};
use calsos_sample::{Form, SampleSize, State, Subject};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};
use zip::ZipArchive;

/// How many rows are taken of a file.
const ROWS: usize = 2;

/// The years of which indicator files are taken.
const YEARS: [&str; 3] = ["2017", "2022", "2025"];

fn write(target: &str, name: &str, bytes: impl AsRef<[u8]>) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus")).join(target);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("seed-{name}")), bytes).unwrap();
}

fn main() {
    let tables = sample();
    files(&tables);
    workbooks(&tables);
    old_workbook();
    texts();
}

/// The first lines of a file.
struct Table {
    subject: Subject,
    name: String,
    stem: String,
    /// The titles and the header.
    above: Vec<String>,
    rows: Vec<String>,
}

impl Table {
    fn delimiter(&self) -> char {
        let header = self.above.last().unwrap();
        ['\t', '|', ','].into_iter().max_by_key(|d| header.matches(*d).count()).unwrap()
    }
}

fn sample() -> Vec<Table> {
    let books = Rulebooks::load(&Rulebooks::built_in_files()).unwrap();
    let size = SampleSize::new(150, 5).unwrap();
    let state = State::by_rules(books, 1, size).unwrap();
    let mut tables = Vec::new();
    for spec in state.specs() {
        let file = state.file(&spec, Form::Text).unwrap();
        let text = String::from_utf8(file.bytes).unwrap();
        let mut lines = text.lines().map(str::to_owned);
        let is_header = |line: &String| line.to_lowercase().contains("cds");
        let Some(end) = lines.clone().position(|line| is_header(&line)) else { continue };
        let above = lines.by_ref().take(end + 1).collect();
        // The first rows are those of a county office; later ones are of other kinds.
        let rows: Vec<String> = lines.collect();
        let apart = (rows.len() / ROWS).max(1);
        let rows = rows.into_iter().step_by(apart).take(ROWS).collect();
        let (subject, stem) = (spec.subject, spec.stem.clone());
        tables.push(Table { subject, name: spec.name(Form::Text), stem, above, rows });
    }
    tables
}

fn files(tables: &[Table]) {
    for table in tables {
        let target = match table.subject {
            Subject::Indicator { .. } => "indicator_rows",
            Subject::Local { .. } => "local_rows",
            Subject::List(..) => "list_rows",
            Subject::Directory => "directory_rows",
            _ => "operator_rows",
        };
        let rows = table.rows.join("\n");
        let of_year = YEARS.iter().any(|year| table.stem.contains(year));
        let taken = match table.subject {
            Subject::Indicator { .. } => of_year,
            Subject::Local(priority, _) => of_year && matches!(priority.number(), 1 | 2),
            _ => true,
        };
        if !taken {
            continue;
        }
        if let Some(at) = files_of(target).iter().position(|name| *name == table.name) {
            let at = u8::try_from(at).unwrap();
            write(target, &table.stem, [&[at], rows.as_bytes(), b"\n"].concat());
        }
        let above = table.above.join("\n");
        write("any_file", &table.stem, format!("{}\n{above}\n{rows}\n", table.name));
    }
    let row = "58900010000001,Some Charter,2023,*,D,E,,B,*,Y\n";
    write("charter_list_rows", "plain", [b"\0", row.as_bytes()].concat());
    let row = "58900010000001,D,,A,Differentiated Assistance,x\n";
    write("charter_list_rows", "status", [b"\x03", row.as_bytes()].concat());
    let tables = [
        "58900010000000,N,2024",
        "58900020000000,58900030000000,renumbered,2024-07-01,state directory",
        "58,Made-up County Office of Education,2023-07-01,,letter of the state",
        "58900010000001,57,2023-07-01,2024-06-30,\"charter, petition\"",
        "58900010000001,0699999,99999",
    ];
    for (at, row) in (0_u8..).zip(tables) {
        let name = files_of("operator_rows")[usize::from(at)];
        write("operator_rows", &name.replace(".csv", ""), format!("{}{row}\n", char::from(at)));
        let header = calsos_ingest::TEMPLATES[usize::from(at)].text.lines().next().unwrap();
        write("any_file", &name.replace(".csv", ""), format!("{name}\n{header}\n{row}\n"));
    }
    write("any_file", "assigned", "some.txt\tSUSP:2023\ncds\trtype\tstudentgroup\n");
    write("any_file", "latin", b"x\tLIST:2018\nCDS,LEAname\n58900010000000,Ca\xf1on\n");
    write("any_file", "empty", "x\n");
}

/// Workbooks of a few files, and their parts.
fn workbooks(tables: &[Table]) {
    for stem in ["suspdownload2023", "assistancestatus22", "Pr1_2023", "pubschls"] {
        let Some(table) = tables.iter().find(|table| table.stem == stem) else { continue };
        let mut book = Workbook::new();
        let made = ExcelDateTime::from_ymd(2000, 1, 1).unwrap();
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let sheet = book.add_worksheet();
        for (row, line) in (0..).zip(table.above.iter().chain(&table.rows)) {
            for (column, cell) in (0..).zip(line.split(table.delimiter())) {
                // Dates and numbers are written as such.
                match cell.parse::<f64>() {
                    _ if cell.is_empty() => continue,
                    Ok(number) if cell.len() < 8 => {
                        sheet.write_number(row, column, number).unwrap()
                    }
                    _ => sheet.write_string(row, column, cell).unwrap(),
                };
            }
        }
        let bytes = book.save_to_buffer().unwrap();
        let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let parts = [
            "xl/worksheets/sheet1.xml",
            "xl/sharedStrings.xml",
            "xl/styles.xml",
            "xl/workbook.xml",
            "xl/_rels/workbook.xml.rels",
        ];
        let parts = parts.map(|name| {
            let mut text = String::new();
            archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
            text
        });
        write("workbook_parts", stem, parts.join("\0"));
        write("workbook", stem, bytes);
    }
    let cells = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>cds</t></is>\
                 </c><c r=\"B1\" t=\"s\"><v>0</v></c><c r=\"C1\" t=\"b\"><v>1</v></c><c r=\"D1\" \
                 s=\"1\"><v>45000.5</v></c><c r=\"E1\" t=\"e\"><v>#N/A</v></c><c r=\"F1\" \
                 t=\"d\"><v>2023-01-01</v></c><c r=\"G1\" t=\"str\"><f>A1</f><v>x&amp;y</v></c>\
                 </row></sheetData></worksheet>";
    write("workbook_parts", "cells", format!("{cells}\0<sst><si><t>rtype</t></si></sst>"));
    // Many texts, particulars and cells, one that says too little of itself and one that says
    // too much.
    write("packed_workbook", "texts", [1, 4, 0xff, 0xff].repeat(2));
    write("packed_workbook", "particulars", [2, 13, 0xff, 0x3f]);
    write("packed_workbook", "cells", [[1, 5, 1, 0], [0, 11, 0xff, 0x3f]].concat());
    write("packed_workbook", "short", [[0, 9, 100, 0], [0, 0xf0, 100, 0]].concat());
    write("packed_workbook", "long", [[1, 9, 100, 0], [1, 0xff, 0xff, 0xff]].concat());
    write("packed_workbook", "blanks", [0, 0, 0xff, 0xff].repeat(4));
}

/// An old workbook's stream with one small sheet.
fn old_workbook() {
    let record = |kind: u16, data: &[u8]| {
        [&kind.to_le_bytes(), &u16::try_from(data.len()).unwrap().to_le_bytes(), data].concat()
    };
    let begin = |kind: u8| record(0x809, &[0, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let end = record(0x0a, &[]);
    let texts = [
        "cds",
        "rtype",
        "studentgroup",
        "color",
        "indicator",
        "reportingyear",
        "D",
        "ALL",
        "accountabilitymet",
    ];
    let texts: Vec<u8> = texts
        .iter()
        .flat_map(|text| [&[u8::try_from(text.len()).unwrap(), 0, 0], text.as_bytes()].concat())
        .collect();
    let shared = record(0xfc, &[&[9, 0, 0, 0, 9, 0, 0, 0], &texts[..]].concat());
    let text =
        |row: u8, column: u8, number: u8| record(0xfd, &[row, 0, column, 0, 0, 0, number, 0, 0, 0]);
    let number = |row: u8, column: u8, number: f64| {
        record(0x203, &[&[row, 0, column, 0, 0, 0], &number.to_le_bytes()[..]].concat())
    };
    let sheet = [
        begin(0x10),
        record(0x200, &[0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0]),
        (0..6).flat_map(|column| text(0, column, column)).collect(),
        text(0, 6, 8),
        number(1, 0, 58_900_010_000_000.0),
        text(1, 1, 6),
        text(1, 2, 7),
        record(0x27e, &[1, 0, 3, 0, 0, 0, 6, 0, 0, 0]),
        record(0x204, &[1, 0, 4, 0, 0, 0, 4, 0, 0, b'S', b'U', b'S', b'P']),
        number(1, 5, 2023.0),
        record(0x204, &[1, 0, 6, 0, 0, 0, 1, 0, 0, b'Y']),
        end.clone(),
    ]
    .concat();
    let globals = |start: u8| {
        let named = [&[start, 0, 0, 0, 0, 0, 1, 0], &b"a"[..]].concat();
        [begin(5), record(0x85, &named), shared.clone(), end.clone()].concat()
    };
    let start = u8::try_from(globals(0).len()).unwrap();
    let stream = [globals(start), sheet].concat();
    write("workbook", "old", old_workbook_of(&stream));
    write("old_workbook", "sheet", stream);
}

/// Values and what callers send.
fn texts() {
    let values = [
        "58900010000000",
        "58",
        "2024-07-01",
        "2024-07",
        "2023",
        "2017f",
        "-57.9",
        "LOCAL6:2023",
        "LIST",
        "SWD",
        "TOM",
        "ELA",
        "countyOffice",
        "Blue",
        "Not Met For Two or More Years",
        "Differentiated Assistance, Year 2",
        "renumbered",
        "EN",
        "5",
    ];
    for (at, value) in values.into_iter().enumerate() {
        write("values", &format!("{at:02}"), value);
    }
    let cursor: String = "1-2~2025.58900010000000".bytes().map(|b| format!("{b:02x}")).collect();
    write("cursor", "cursor", &cursor);
    write("cursor", "inside", "1-2~2025.58900010000000");
    write("query", "years", "year=2023&county=58&type=district");
    write("query", "status", "status=differentiated&level=2&group=SWD&priority=5&method=M1");
    write("query", "flags", "sustainedNeed=true&provisional=false&total=true&limit=5000");
    write("query", "cursor", format!("limit=10&cursor={cursor}"));
    write("query", "other", "%79ear=2023&&year=2024&x=%zz+a");
    write("query", "path", "58900010000000");
    write("headers", "tags", "\"a\", W/\"0123-4\",*");
    write("headers", "id", "0190-some_id.1");
    for (name, text) in [
        ("state", "state"),
        ("county", "county:27"),
        ("lead", "geographicLead:Somewhere COE"),
        ("selpa", "selpa:3001"),
        ("authorizer", "authorizer:27990000000000"),
        ("lea", "lea:27990010000000"),
    ] {
        write("agency", name, text);
    }
    let kid = calsos_api::fuzzed::token_kid();
    let header = format!(r#"{{"typ":"at+jwt","alg":"EdDSA","kid":"{kid}"}}"#);
    let claims = r#"{"iss":"https://calsos.example.org","aud":"https://calsos.example.org","sub":"one","client_id":"one","scope":"read preview","agency":"county:27","iat":1999999990,"nbf":1999999990,"exp":2000000890}"#;
    write("token", "signed", format!("{header}\n{claims}"));
    let several = claims.replace(
        "\"https://calsos.example.org\",\"sub\"",
        "[\"https://calsos.example.org\",\"a\"],\"sub\"",
    );
    write("token", "several", format!("{header}\n{several}"));
    write("token", "whole", "eyJhbGciOiJub25lIn0.eyJpc3MiOiJhIn0.");
    write(
        "token_request",
        "form",
        "grant_type=client_credentials&scope=read+preview&client_id=a%2Eb&client_secret=c",
    );
    write("token_request", "basic", "Basic YSUyQmI6Yw==");
    write("token_request", "bearer", "Bearer eyJhbGciOiJub25lIn0.e30.");
    write("scopes", "all", "read preview publish admin");
    write("scopes", "other", " openid\tread ");
}
