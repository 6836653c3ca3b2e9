//! Tables whose rows hold from a day to a day: the geographic lead agency of each county,
//! and the county in which charter schools are located.

use std::collections::BTreeMap;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::operator::{CharterLocationRow, GeographicLeadRow, Span};
use calsos_domain::release::{ReleaseContents, ReleaseKind, Rows};
use calsos_domain::year::Day;

use super::{example_row, lea, table};
use crate::Input;
use crate::cells::is_blank;
use crate::columns::{Columns, field, ragged};
use crate::fault::{Fault, FaultCode, Faults, shortened};
use crate::layouts::Layouts;
use crate::report::{Notes, Told};
use crate::sheet::Sheet;
use crate::told;

/// Reads geographic lead agencies: columns `county` (01 to 58), `lead_agency`, `from`,
/// `until` (`YYYY-MM-DD`, the last day; blank for always and still) and `source`.
pub(crate) fn read_geographic_leads(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    let mut faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut faults);
    let kind = ReleaseKind::GeographicLeads;
    notes.subject = Some((kind, None));
    let names = ["county", "leadagency", "from", "until", "source"];
    for name in names {
        columns.required(name, "a table of geographic lead agencies", layouts, &mut faults);
    }
    faults.into_result()?;

    let mut faults = Faults::default();
    let mut rows: Vec<GeographicLeadRow> = Vec::new();
    let mut spans: Spans<CountyCode> = Spans::default();
    sheet.each_row(|row, fields| {
        notes.rows_read += 1;
        if let Some(fault) = ragged(row, fields, &columns).or_else(|| example_row(row, fields)) {
            faults.push(fault);
            return;
        }
        let county = county(row, fields, "county", &columns, &mut faults);
        let held = span(row, fields, &columns, &mut faults);
        let of_whom = "the name of the lead agency";
        let agency = filled(row, fields, "leadagency", of_whom, &columns, &mut faults);
        let source = source(row, fields, &columns, &mut faults);
        let (Some(county), Some(held), Some(agency), Some(source)) = (county, held, agency, source)
        else {
            return;
        };
        if spans.take(row, county, held, &format!("county {county}"), &mut faults) {
            rows.push(GeographicLeadRow { row, county, agency, held, source });
        }
    });
    faults.into_result()?;
    if rows.is_empty() {
        return Err(Faults::from(told::no_rows("a county's lead agency", notes.rows_read)));
    }
    Ok(table(input, kind, &columns, &names, Rows::GeographicLeads(rows), notes))
}

/// Reads locations of charter schools: columns `cds`, `located_in` (a county, 01 to 58),
/// `from`, `until` and `source`.
pub(crate) fn read_charter_locations(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    let mut faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut faults);
    let kind = ReleaseKind::CharterLocations;
    notes.subject = Some((kind, None));
    let names = ["cds", "locatedin", "from", "until", "source"];
    for name in names {
        columns.required(name, "a table of locations of charter schools", layouts, &mut faults);
    }
    faults.into_result()?;

    let mut faults = Faults::default();
    let mut rows: Vec<CharterLocationRow> = Vec::new();
    let mut spans: Spans<CdsCode> = Spans::default();
    sheet.each_row(|row, fields| {
        notes.rows_read += 1;
        if let Some(fault) = ragged(row, fields, &columns).or_else(|| example_row(row, fields)) {
            faults.push(fault);
            return;
        }
        let cds = lea(row, fields, columns.at("cds"), &columns, notes, &mut faults);
        if let Some(cds) = cds.filter(|cds| cds.is_district_level()) {
            let message = format!(
                "CDS {cds} has no school code, and so is no charter school; a charter school's \
                 code is expected."
            );
            let fault = Fault::of_row(FaultCode::BadCds, row, message);
            faults.push(fault.at("cds", &cds.to_string()));
            return;
        }
        let county = county(row, fields, "locatedin", &columns, &mut faults);
        let held = span(row, fields, &columns, &mut faults);
        let source = source(row, fields, &columns, &mut faults);
        let (Some(cds), Some(county), Some(held), Some(source)) = (cds, county, held, source)
        else {
            return;
        };
        if spans.take(row, cds, held, &format!("CDS {cds}"), &mut faults) {
            rows.push(CharterLocationRow { row, cds, county, held, source });
        }
    });
    faults.into_result()?;
    if rows.is_empty() {
        return Err(Faults::from(told::no_rows("a charter school's location", notes.rows_read)));
    }
    Ok(table(input, kind, &columns, &names, Rows::CharterLocations(rows), notes))
}

/// When something was so, of which only one thing can be so on a day.
struct Spans<K>(BTreeMap<K, Vec<(u32, Span)>>);

impl<K> Default for Spans<K> {
    fn default() -> Spans<K> {
        Spans(BTreeMap::new())
    }
}

impl<K: Ord> Spans<K> {
    /// Takes a row's span; a fault where an earlier row has a day of it.
    fn take(&mut self, row: u32, key: K, held: Span, of_what: &str, faults: &mut Faults) -> bool {
        let taken = self.0.entry(key).or_default();
        let clash = taken.iter().find(|(_, other)| other.overlaps(held));
        if let Some((first, other)) = clash {
            let message = format!(
                "Rows {first} ({other}) and {row} ({held}) overlap for {of_what}; on each day one \
                 row is expected. Let the earlier one end on the day before the later one begins."
            );
            faults.push(Fault::of_row(FaultCode::DuplicateRow, row, message));
            return false;
        }
        taken.push((row, held));
        true
    }
}

fn county(
    row: u32,
    fields: &[&str],
    name: &str,
    columns: &Columns,
    faults: &mut Faults,
) -> Option<CountyCode> {
    let at = columns.at(name);
    let text = field(fields, at);
    let county = CountyCode::parse(text);
    if county.is_none() {
        let message =
            format!("'{}' is no county; its number, 01 to 58, is expected.", shortened(text));
        let fault = Fault::of_row(FaultCode::BadValue, row, message);
        faults.push(fault.at(at.map_or(name, |at| columns.name(at)), text));
    }
    county
}

/// When a row holds. Days are written in full: a month alone would leave open which.
fn span(row: u32, fields: &[&str], columns: &Columns, faults: &mut Faults) -> Option<Span> {
    let mut wrong = false;
    let mut day = |name: &str| {
        let at = columns.at(name);
        let text = field(fields, at);
        if is_blank(text) {
            return None;
        }
        let day = Day::parse(text).filter(|_| text.len() == "YYYY-MM-DD".len());
        if day.is_none() {
            wrong = true;
            let message =
                format!("'{}' is no day; YYYY-MM-DD is expected, or nothing.", shortened(text));
            let fault = Fault::of_row(FaultCode::BadValue, row, message);
            faults.push(fault.at(at.map_or(name, |at| columns.name(at)), text));
        }
        day
    };
    let held = Span { from: day("from"), until: day("until") };
    if !held.is_ordered() {
        let message = format!(
            "The row ends before it begins ({held}); `until` is the last day on which it holds."
        );
        faults.push(Fault::of_row(FaultCode::BadValue, row, message));
        return None;
    }
    (!wrong).then_some(held)
}

fn source(row: u32, fields: &[&str], columns: &Columns, faults: &mut Faults) -> Option<String> {
    filled(row, fields, "source", "where this is known from", columns, faults)
}

fn filled(
    row: u32,
    fields: &[&str],
    name: &str,
    expected: &str,
    columns: &Columns,
    faults: &mut Faults,
) -> Option<String> {
    let at = columns.at(name);
    let text = field(fields, at);
    if !is_blank(text) {
        return Some(text.to_owned());
    }
    let message = format!("The cell is blank; {expected} is expected.");
    let fault = Fault::of_row(FaultCode::BadValue, row, message);
    faults.push(fault.at(at.map_or(name, |at| columns.name(at)), text));
    None
}
