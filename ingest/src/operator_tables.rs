//! Tables that an operator keeps as CSV, because the state publishes nothing of the kind:
//! student data that were not certified on time, LEAs that follow others, and what stands
//! in `operator_tables/`.

mod dated;
mod nces;

pub(crate) use dated::{read_charter_locations, read_geographic_leads};
pub(crate) use nces::read_nces_ids;

use std::collections::HashMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::release::{
    CalpadsRow, Coverage, ReleaseContents, ReleaseKind, Rows, SuccessionKind, SuccessionRow,
};
use calsos_domain::year::{DashboardYear, Day};

use crate::cells::{self, is_blank};
use crate::columns::{Columns, field, ragged};
use crate::fault::{Fault, FaultCode, Faults, shortened};
use crate::layouts::Layouts;
use crate::report::{Notes, Told, ToldBy};
use crate::sheet::Sheet;
use crate::templates::EXAMPLE;
use crate::told::{self, Shared};
use crate::{Input, repair};

/// These tables name exceptions, so that every LEA which they do not name is spoken of too.
fn everywhere() -> Coverage {
    Coverage { statewide: true, ..Coverage::default() }
}

fn told_by(input: &Input<'_>) -> ToldBy {
    if input.assigned.is_some() { ToldBy::Operator } else { ToldBy::Columns }
}

/// The example row of a template is no row of a table.
fn example_row(row: u32, fields: &[&str]) -> Option<Fault> {
    let first = fields.first().map(|first| first.trim().to_ascii_lowercase())?;
    first.starts_with(EXAMPLE).then(|| {
        Fault::of_row(
            FaultCode::ExampleRow,
            row,
            "This is the example row of a template; rows of your own are expected. Put them in \
             its place and import the table again.",
        )
    })
}

/// A table without a year, which names no LEA: what it says is joined to those that other
/// files name.
fn table(
    input: &Input<'_>,
    kind: ReleaseKind,
    columns: &Columns,
    names: &[&str],
    rows: Rows,
    notes: &mut Notes,
) -> (ReleaseContents, Told) {
    let known: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    notes.unknown_columns = columns.unknown(&known);
    notes.layout_verified = true;
    let told = Told { kind, kind_by: told_by(input), year: None, year_by: None, file_date: None };
    let contents = ReleaseContents {
        kind,
        year: None,
        file_date: None,
        coverage: everywhere(),
        leas: Vec::new(),
        rows,
    };
    (contents, told)
}

/// Reads CALPADS exceptions: columns `cds`, `certified` (Y or N) and, unless the operator
/// assigned it, `year`. A header alone says that there is no exception.
pub(crate) fn read_calpads(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    let mut faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut faults);
    notes.subject = Some((ReleaseKind::CalpadsExceptions, input.assigned.and_then(|a| a.year)));
    let of_what = "a table of CALPADS exceptions";
    let cds_at = columns.required("cds", of_what, layouts, &mut faults);
    let certified_at = columns.required("certified", of_what, layouts, &mut faults);
    let year_at = columns.at("year");
    faults.into_result()?;

    let mut faults = Faults::default();
    let mut years: Shared<DashboardYear> = Shared::new();
    let mut rows: Vec<CalpadsRow> = Vec::new();
    let mut seen: HashMap<CdsCode, u32> = HashMap::new();
    sheet.each_row(|row, fields| {
        notes.rows_read += 1;
        if let Some(fault) = ragged(row, fields, &columns).or_else(|| example_row(row, fields)) {
            faults.push(fault);
            return;
        }
        let text = field(fields, year_at);
        match DashboardYear::parse(text) {
            Some(year) => years.take(row, year, "year", &mut faults),
            None if is_blank(text) => {}
            None => {
                let message =
                    format!("'{}' is no year; one such as 2024 is expected.", shortened(text));
                faults.push(Fault::of_row(FaultCode::BadValue, row, message).at("year", text));
            }
        }
        let Some(cds) = lea(row, fields, cds_at, &columns, notes, &mut faults) else {
            return;
        };
        let text = field(fields, certified_at);
        let certified = match cells::flag(text) {
            Ok(Some(certified)) => certified,
            Ok(None) => {
                let message = "Whether the data were certified is blank; Y or N is expected.";
                faults.push(Fault::of_row(FaultCode::BadValue, row, message).at("certified", text));
                return;
            }
            Err(message) => {
                let fault = Fault::of_row(FaultCode::BadValue, row, format!("{message}."));
                faults.push(fault.at("certified", text));
                return;
            }
        };
        if let Some(first) = seen.insert(cds, row) {
            let message = format!(
                "Rows {first} and {row} both speak of CDS {cds}; one row is expected. Remove the \
                 wrong one."
            );
            faults.push(Fault::of_row(FaultCode::DuplicateRow, row, message));
            return;
        }
        rows.push(CalpadsRow { row, cds, certified });
    });
    faults.into_result()?;
    let evidence = [
        (ToldBy::Operator, input.assigned.and_then(|assigned| assigned.year)),
        (ToldBy::Content, years.get()),
    ];
    let (year, year_by) = told::weigh_year(&evidence, notes)?;
    notes.unknown_columns = columns.unknown(&["cds", "certified", "year"].map(str::to_owned));
    notes.layout_verified = true;
    let kind = ReleaseKind::CalpadsExceptions;
    let told = Told {
        kind,
        kind_by: told_by(input),
        year: Some(year),
        year_by: Some(year_by),
        file_date: None,
    };
    let contents = ReleaseContents {
        kind,
        year: Some(year),
        file_date: None,
        coverage: everywhere(),
        leas: Vec::new(),
        rows: Rows::Calpads(rows),
    };
    Ok((contents, told))
}

/// Reads successions: columns `predecessor_cds`, `successor_cds`, `kind` (merged, split,
/// renumbered, renamed), `effective_date` (`YYYY-MM-DD`) and `source`.
pub(crate) fn read_successions(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    let mut faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut faults);
    notes.subject = Some((ReleaseKind::Successions, None));
    let names = ["predecessor", "successor", "kind", "effective", "source"];
    let [predecessor_at, successor_at, kind_at, effective_at, source_at] =
        names.map(|name| columns.required(name, "a table of successions", layouts, &mut faults));
    faults.into_result()?;

    let mut faults = Faults::default();
    let mut rows: Vec<SuccessionRow> = Vec::new();
    let mut seen: HashMap<(CdsCode, CdsCode, Day), u32> = HashMap::new();
    sheet.each_row(|row, fields| {
        notes.rows_read += 1;
        if let Some(fault) = ragged(row, fields, &columns).or_else(|| example_row(row, fields)) {
            faults.push(fault);
            return;
        }
        let predecessor = lea(row, fields, predecessor_at, &columns, notes, &mut faults);
        let successor = lea(row, fields, successor_at, &columns, notes, &mut faults);
        let mut wrong = |name: &str, text: &str, expected: &str| {
            let message = format!("'{}' is no {expected}.", shortened(text));
            faults.push(Fault::of_row(FaultCode::BadValue, row, message).at(name, text));
        };
        let text = field(fields, kind_at);
        let kind = SuccessionKind::parse(text);
        if kind.is_none() {
            let words = "kind of succession; merged, split, renumbered or renamed is expected";
            wrong("kind", text, words);
        }
        let text = field(fields, effective_at);
        let effective = Day::parse(text).filter(|_| text.len() == "YYYY-MM-DD".len());
        if effective.is_none() {
            wrong("effective_date", text, "day; YYYY-MM-DD is expected");
        }
        let source = field(fields, source_at);
        if is_blank(source) {
            wrong("source", source, "source; where the succession is known from is expected");
        }
        let (Some(predecessor), Some(successor), Some(kind), Some(effective)) =
            (predecessor, successor, kind, effective)
        else {
            return;
        };
        if (predecessor == successor) != (kind == SuccessionKind::Renamed) {
            let message = format!(
                "The row says {} of {predecessor} and {successor}; a renamed LEA keeps its code, \
                 and no other succession does.",
                kind.code()
            );
            faults.push(Fault::of_row(FaultCode::BadValue, row, message).at("kind", kind.code()));
            return;
        }
        if let Some(first) = seen.insert((predecessor, successor, effective), row) {
            let message = format!(
                "Rows {first} and {row} say the same of {predecessor} and {successor}; one row is \
                 expected. Remove the other."
            );
            faults.push(Fault::of_row(FaultCode::DuplicateRow, row, message));
            return;
        }
        let source = source.to_owned();
        rows.push(SuccessionRow { row, predecessor, successor, kind, effective, source });
    });
    faults.into_result()?;
    if rows.is_empty() {
        return Err(Faults::from(told::no_rows("a succession", notes.rows_read)));
    }
    let kind = ReleaseKind::Successions;
    Ok(table(input, kind, &columns, &names, Rows::Successions(rows), notes))
}

/// The code of an LEA in a column; `None` after a fault.
fn lea(
    row: u32,
    fields: &[&str],
    at: Option<usize>,
    columns: &Columns,
    notes: &mut Notes,
    faults: &mut Faults,
) -> Option<CdsCode> {
    let text = field(fields, at);
    let read = repair::cds(text).and_then(|(cds, repaired)| match cds {
        CdsCode::STATE => Err("14 zeros are the state's code, which is no LEA".to_owned()),
        cds => Ok((cds, repaired)),
    });
    match read {
        Ok((cds, repaired)) => {
            if let Some(repair) = repaired {
                notes.repair(repair.words());
            }
            Some(cds)
        }
        Err(message) => {
            let fault = Fault::of_row(FaultCode::BadCds, row, format!("{message}."));
            faults.push(fault.at(at.map_or("cds", |at| columns.name(at)), text));
            None
        }
    }
}
