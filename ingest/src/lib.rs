//! The state's files to typed rows: what a file is, what it says, or why it was refused.
//!
//! [`read`] takes the bytes of one file and gives a release's contents with a report, or
//! every fault that it found. It repairs only what the report counts, computes nothing, and
//! knows no database. Names of columns and what changed from year to year are data, in
//! `layouts/columns.toml`.

mod assigned;
mod catalogue;
mod cells;
mod charter_list;
mod columns;
mod directory;
mod fault;
mod header;
mod indicator_file;
mod layouts;
mod limits;
mod local_file;
mod mentions;
mod naming;
mod operator_tables;
mod people;
mod published_list;
mod repair;
mod report;
mod sheet;
mod sniff;
mod templates;
mod text;
mod told;
mod workbook;

use calsos_domain::release::{ReleaseContents, ReleaseKind};

pub use assigned::{Assigned, AssignedError};
pub use catalogue::{CATALOGUE_TEMPLATE, CatalogueRead, catalogue_text, read_catalogue};
pub use fault::{FAULTS_TOLD, Fault, FaultCode, Refusal};
pub use header::{Header, HeaderChange};
pub use layouts::{LayoutError, Layouts};
pub use limits::{
    COLUMNS_MOST, FILE_BYTES_MOST, RECORD_BYTES_MOST, ROWS_MOST, SHEETS_MOST, XLS_CELLS_MOST,
    XLSX_BYTES_MOST, XLSX_PARTICULARS_MOST, XLSX_PARTS_MOST, XLSX_TEXTS_MOST,
};
pub use report::{FileReport, LeftOut, ToldBy};
pub use templates::{TEMPLATES, Template};

use fault::Faults;
use report::Notes;
use sheet::Sheet;
use sniff::Family;

/// A file to read.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// Its name; folders before it are left out of account.
    pub file_name: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
    /// What the operator says it is.
    pub assigned: Option<Assigned>,
}

/// A file that was understood.
#[derive(Debug)]
pub struct Understood {
    /// What it says.
    pub contents: ReleaseContents,
    /// How it was understood.
    pub report: FileReport,
    /// What is to be kept in the place of the file's own bytes, where those hold what may
    /// not be stored. The file is known by its own bytes all the same.
    pub kept_bytes: Option<Vec<u8>>,
}

/// Reads one of the state's files: an indicator file, a local indicator file, a published
/// list, the directory, or an operator's table, as text or as a workbook.
///
/// # Errors
/// [`Refusal`] with every fault where the file cannot be stored as a whole.
pub fn read(input: &Input<'_>, layouts: &Layouts) -> Result<Understood, Refusal> {
    let mut header = None;
    read_sheet(input, layouts, &mut header).map_err(|faults| {
        let mut refusal = faults.into_refusal(input.file_name);
        refusal.header = header;
        refusal
    })
}

fn read_sheet(
    input: &Input<'_>,
    layouts: &Layouts,
    header: &mut Option<Header>,
) -> Result<Understood, Faults> {
    let assumed = input.assigned.map(|assigned| Family::of_kind(assigned.kind));
    sniff::with_sheet(input.bytes, layouts, assumed, |sheet, family| {
        let mut notes = Notes::default();
        notes.sheet.clone_from(&sheet.name);
        if sheet.windows_1252 {
            notes.warn("The text is not UTF-8 and was read as Windows-1252: check accented names.");
        }
        if sheet.controls > 0 {
            let controls = fault::counted(sheet.controls, "control character");
            notes
                .warn(format!("{controls} of the file stand for nothing and were read as blanks."));
        }
        notes.columns.clone_from(&sheet.header);
        let read = understand(input, sheet, assumed.or(family), layouts, &mut notes);
        if let Some((kind, year)) = notes.subject {
            *header = Some(Header { kind, year, columns: sheet.header.clone() });
        }
        let (contents, told) = read?;
        let kept = match contents.kind {
            ReleaseKind::Directory => people::without_people(sheet, layouts),
            _ => None,
        };
        let (kept_bytes, left_out) = kept.map(|kept| (kept.bytes, kept.left_out)).unzip();
        notes.left_out = left_out;
        let report = notes.into_report(&told, input.file_name, contents.rows.len());
        Ok(Understood { contents, report, kept_bytes })
    })
}

fn understand(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    family: Option<Family>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, report::Told), Faults> {
    match family {
        Some(Family::Indicator) => indicator_file::read(input, sheet, layouts, notes),
        Some(Family::Local) => local_file::read(input, sheet, layouts, notes),
        Some(Family::List) => published_list::read(input, sheet, layouts, notes),
        Some(Family::Calpads) => operator_tables::read_calpads(input, sheet, layouts, notes),
        Some(Family::Successions) => {
            operator_tables::read_successions(input, sheet, layouts, notes)
        }
        Some(Family::Directory) => directory::read(input, sheet, layouts, notes),
        Some(Family::CharterList) => charter_list::read(input, sheet, layouts, notes),
        Some(Family::GeographicLeads) => {
            operator_tables::read_geographic_leads(input, sheet, layouts, notes)
        }
        Some(Family::CharterLocations) => {
            operator_tables::read_charter_locations(input, sheet, layouts, notes)
        }
        Some(Family::NcesIds) => operator_tables::read_nces_ids(input, sheet, layouts, notes),
        Some(Family::Services) => Err(Faults::from(Fault::of_file(
            FaultCode::UnknownKind,
            "This is a catalogue of services, which is no release. Load it with `calsos services \
             import`.",
        ))),
        None => Err(Faults::from(told::unknown_kind(&format!(
            "None of its first rows is the header of a file that is known (the first starts with \
             '{}')",
            fault::shortened(&sheet.header.join(" "))
        )))),
    }
}

/// A row of an original file, as column names and values as they stand in it, so that a
/// decision can be traced back to the file. `row` counts from 1 as in reports and rows;
/// `None` where the file has no such row below its header. The file is to be given with the
/// layouts and the assignment that it was read with.
#[must_use]
pub fn original_row(
    input: &Input<'_>,
    layouts: &Layouts,
    row: u32,
) -> Option<Vec<(String, String)>> {
    let assumed = input.assigned.map(|assigned| Family::of_kind(assigned.kind));
    sniff::with_sheet(input.bytes, layouts, assumed, |sheet, _| {
        let fields = sheet.row(row).unwrap_or_default();
        let names = sheet.header.iter().cloned().chain(std::iter::repeat_with(String::new));
        Ok(names.zip(fields).collect())
    })
    .ok()
    .filter(|columns: &Vec<_>| !columns.is_empty())
}
