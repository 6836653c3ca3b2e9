//! Files of every kind, read as the program reads them.

use std::sync::LazyLock;

use calsos_domain::cds::CdsCode;
use calsos_domain::release::{ReleaseContents, ReleaseKind, Rows};
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_ingest::{
    Assigned, CATALOGUE_TEMPLATE, FAULTS_TOLD, FileReport, Input, Layouts, Refusal, Understood,
    catalogue_text, original_row, read, read_catalogue,
};

use crate::headers::{self, Headed};

static LAYOUTS: LazyLock<Layouts> = LazyLock::new(Layouts::builtin);

/// How many bytes a message may have.
const MESSAGE_BYTES_MOST: usize = 2_000;

/// A file of any name: the first line is the name and, behind a tab, what `--as` says.
pub(crate) fn any_file(bytes: &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (line, content) = bytes.split_at(end);
    let line = String::from_utf8_lossy(line);
    let (name, assigned) = line.split_once('\t').unwrap_or((&line, ""));
    let content = content.get(1..).unwrap_or_default();
    check(name, content, assigned.parse().ok());
    catalogue(content);
}

pub(crate) fn indicator_rows(bytes: &[u8]) {
    below(&headers::INDICATORS, bytes);
}

pub(crate) fn local_rows(bytes: &[u8]) {
    below(&headers::LOCALS, bytes);
}

pub(crate) fn list_rows(bytes: &[u8]) {
    below(&headers::LISTS, bytes);
}

pub(crate) fn charter_list_rows(bytes: &[u8]) {
    below(&headers::CHARTER_LISTS, bytes);
}

pub(crate) fn directory_rows(bytes: &[u8]) {
    below(&headers::DIRECTORIES, bytes);
}

pub(crate) fn operator_rows(bytes: &[u8]) {
    below(&headers::TABLES, bytes);
    let header = CATALOGUE_TEMPLATE.split_inclusive('\n').next().unwrap_or_default();
    catalogue(&[header.as_bytes(), bytes].concat());
}

/// Reads a catalogue of services: what was taken is written and read again as the same.
fn catalogue(bytes: &[u8]) {
    let read = |bytes: &[u8]| read_catalogue("", bytes, Some(&ServiceProvider::Ccee), &LAYOUTS);
    match read(bytes) {
        Err(refusal) => refused(&refusal),
        Ok(taken) => {
            taken.notes.iter().for_each(|note| message(note));
            match read(catalogue_text(&taken.services).as_bytes()) {
                Ok(again) => assert_eq!(again.services, taken.services),
                Err(refusal) => assert_eq!(refusal.to_string(), "", "read again"),
            }
        }
    }
}

/// Rows below a header, which the first byte chooses.
fn below(headers: &[Headed], bytes: &[u8]) {
    let Some((which, rows)) = bytes.split_first() else { return };
    let Some(headed) = headers.get(usize::from(*which) % headers.len().max(1)) else { return };
    let content = [headed.header.as_bytes(), rows].concat();
    check(&headed.name, &content, None);
}

/// Reads a file and checks what must hold whether it is taken or refused.
pub(crate) fn check(file_name: &str, bytes: &[u8], assigned: Option<Assigned>) {
    let input = Input { file_name, bytes, assigned };
    match read(&input, &LAYOUTS) {
        Ok(understood) => taken(&input, &understood),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) {
    assert!(!refusal.faults.is_empty(), "refused without a reason");
    assert!(refusal.faults.len() <= FAULTS_TOLD, "{} faults are told", refusal.faults.len());
    assert!(refusal.more == 0 || refusal.faults.len() == FAULTS_TOLD, "faults are kept back");
    for fault in &refusal.faults {
        message(&fault.message);
        fault.column.iter().chain(&fault.value).for_each(|text| message(text));
        message(&fault.to_string());
    }
}

/// A message is shown on screens and in logs.
fn message(text: &str) {
    assert!(text.len() <= MESSAGE_BYTES_MOST, "a message of {} bytes: {text:?}", text.len());
    assert!(!text.chars().any(char::is_control), "a control character in {text:?}");
}

fn taken(input: &Input<'_>, understood: &Understood) {
    let Understood { contents, report, kept_bytes } = understood;
    reported(report);
    assert_eq!(usize::try_from(report.rows_kept), Ok(contents.rows.len()));
    assert!(report.rows_kept <= report.rows_read, "more rows are kept than were read");
    assert_eq!(report.kind, contents.kind.code());
    assert_eq!(report.year, contents.year.map(|year| year.number()));
    assert_eq!(contents.year.is_none(), is_dated_by_rows(contents.kind), "{}", contents.kind);
    assert!(!contents.rows.is_empty() || contents.kind == ReleaseKind::CalpadsExceptions);

    let rows = rows_of(contents);
    assert!(rows.is_sorted_by(|(before, _), (after, _)| before < after), "rows out of order");
    for (_, code) in &rows {
        let of_state = matches!(contents.rows, Rows::Performances(_)) && *code == CdsCode::STATE;
        assert!(of_state || (1..=58).contains(&code.county().number()), "the county of {code}");
    }
    assert!(contents.leas.is_sorted_by(|before, after| before.cds < after.cds));
    for lea in &contents.leas {
        assert!(rows.iter().any(|(_, code)| *code == lea.cds), "{} has no row", lea.cds);
        let texts = [&lea.name, &lea.county_name];
        for text in texts.into_iter().chain(&lea.city).chain(&lea.grade_span) {
            assert!(!text.contains('\0') && text.trim() == text, "{text:?}");
        }
    }
    for (row, _) in rows.first().into_iter().chain(rows.last()) {
        assert!(original_row(input, &LAYOUTS, *row).is_some(), "row {row} is not found again");
    }

    // What was told of the file may be said by an operator as well.
    let assigned = Assigned { kind: contents.kind, year: contents.year };
    same(&Input { assigned: Some(assigned), ..*input }, contents);
    if let Some(kept) = kept_bytes {
        same(&Input { bytes: kept, assigned: Some(assigned), ..*input }, contents);
    }
}

/// Checks that a file says the same.
fn same(input: &Input<'_>, contents: &ReleaseContents) {
    match read(input, &LAYOUTS) {
        Ok(again) => assert_eq!(again.contents, *contents),
        Err(refusal) => assert_eq!(refusal.to_string(), "", "read again with {:?}", input.assigned),
    }
}

fn reported(report: &FileReport) {
    let counted = report.skipped.keys().chain(report.repaired.keys());
    let said = report.warnings.iter().chain(&report.understood).chain(&report.sheet);
    counted.chain(said).for_each(|text| message(text));
}

/// Whether files of a kind have no year of their own.
fn is_dated_by_rows(kind: ReleaseKind) -> bool {
    matches!(
        kind,
        ReleaseKind::Successions
            | ReleaseKind::GeographicLeads
            | ReleaseKind::CharterLocations
            | ReleaseKind::NcesIds
    )
}

/// The number of each row and the code that it is about; the state's where it names none.
fn rows_of(contents: &ReleaseContents) -> Vec<(u32, CdsCode)> {
    match &contents.rows {
        Rows::Performances(rows) => rows.iter().map(|r| (r.row, r.cds)).collect(),
        Rows::LocalRatings(rows) => rows.iter().map(|r| (r.row, r.cds)).collect(),
        Rows::Published(rows) => rows.iter().map(|r| (r.row, r.cds)).collect(),
        Rows::Calpads(rows) => rows.iter().map(|r| (r.row, r.cds)).collect(),
        Rows::Successions(rows) => rows.iter().map(|r| (r.row, r.successor)).collect(),
        Rows::Directory(rows) => rows.iter().map(|r| (r.row, r.cds)).collect(),
        Rows::CharterList(rows) => rows.iter().map(|r| (r.row, r.cds)).collect(),
        Rows::CharterLocations(rows) => rows.iter().map(|r| (r.row, r.cds)).collect(),
        Rows::NcesIds(rows) => rows.iter().map(|r| (r.row, r.cds)).collect(),
        Rows::GeographicLeads(rows) => {
            let office = |county| CdsCode::parse(&format!("{county}100000000000")).ok();
            rows.iter().filter_map(|r| Some((r.row, office(r.county)?))).collect()
        }
    }
}
