//! Federal (NCES) ids of LEAs.

use std::collections::HashMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::operator::NcesIdRow;
use calsos_domain::release::{ReleaseContents, ReleaseKind, Rows};

use super::{example_row, lea, table};
use crate::Input;
use crate::columns::{Columns, field, ragged};
use crate::directory::{NCES_DISTRICT, NCES_SCHOOL, nces_id, said};
use crate::fault::{Fault, FaultCode, Faults};
use crate::layouts::Layouts;
use crate::report::{Notes, Told};
use crate::sheet::Sheet;
use crate::told;

/// Reads NCES ids: columns `cds`, `nces_district` (7 digits) and `nces_school` (5 digits;
/// blank for a district or county office).
pub(crate) fn read_nces_ids(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    let mut faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut faults);
    let kind = ReleaseKind::NcesIds;
    notes.subject = Some((kind, None));
    let names = ["cds", "ncesdistrict", "ncesschool"];
    for name in names {
        columns.required(name, "a table of NCES ids", layouts, &mut faults);
    }
    faults.into_result()?;

    let mut faults = Faults::default();
    let mut rows: Vec<NcesIdRow> = Vec::new();
    let mut seen: HashMap<CdsCode, u32> = HashMap::new();
    sheet.each_row(|row, fields| {
        notes.rows_read += 1;
        if let Some(fault) = ragged(row, fields, &columns).or_else(|| example_row(row, fields)) {
            faults.push(fault);
            return;
        }
        let Some(cds) = lea(row, fields, columns.at("cds"), &columns, notes, &mut faults) else {
            return;
        };
        let mut id = |name: &str, digits: usize| {
            let at = columns.at(name);
            let text = field(fields, at);
            said(text).map(|said| nces_id(said, digits)).transpose().map_err(|message| {
                let fault = Fault::of_row(FaultCode::BadValue, row, message);
                faults.push(fault.at(at.map_or(name, |at| columns.name(at)), text));
            })
        };
        let (Ok(district), Ok(school)) =
            (id("ncesdistrict", NCES_DISTRICT), id("ncesschool", NCES_SCHOOL))
        else {
            return;
        };
        let Some(district) = district else {
            let message = "The NCES id of the district is blank; 7 digits are expected.";
            let fault = Fault::of_row(FaultCode::BadValue, row, message);
            let at = columns.at("ncesdistrict");
            faults.push(fault.at(at.map_or("nces_district", |at| columns.name(at)), ""));
            return;
        };
        if school.is_some() && cds.is_district_level() {
            let message = format!(
                "CDS {cds} has no school code, and the row has the NCES id of a school; leave it \
                 blank for a district or county office."
            );
            faults.push(Fault::of_row(FaultCode::BadValue, row, message));
            return;
        }
        if let Some(first) = seen.insert(cds, row) {
            let message = format!(
                "Rows {first} and {row} both speak of CDS {cds}; one row is expected. Remove the \
                 wrong one."
            );
            faults.push(Fault::of_row(FaultCode::DuplicateRow, row, message));
            return;
        }
        rows.push(NcesIdRow { row, cds, district, school });
    });
    faults.into_result()?;
    if rows.is_empty() {
        return Err(Faults::from(told::no_rows("an LEA's NCES id", notes.rows_read)));
    }
    Ok(table(input, kind, &columns, &names, Rows::NcesIds(rows), notes))
}
