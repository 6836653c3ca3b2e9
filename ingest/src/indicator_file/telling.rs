//! Which indicator an indicator file is of, and which year: ELA and mathematics have the
//! same columns, and no file before 2023 names its indicator.

use calsos_domain::indicator::Indicator;
use calsos_domain::release::ReleaseKind;
use calsos_domain::year::DashboardYear;

use crate::Input;
use crate::cells;
use crate::columns::{Columns, field};
use crate::fault::{Fault, FaultCode, Faults, shortened};
use crate::layouts::Layouts;
use crate::naming::named;
use crate::report::{Notes, ToldBy};
use crate::sheet::Sheet;
use crate::told::{self, Shared};

/// Which indicator and year the file is of.
pub(super) fn tell(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    columns: &Columns,
    layouts: &Layouts,
    notes: &mut Notes,
    faults: &mut Faults,
) -> Result<(Indicator, ToldBy, DashboardYear, ToldBy), Faults> {
    let (year_at, indicator_at) = (columns.at("reportingyear"), columns.at("indicator"));
    let mut years: Shared<DashboardYear> = Shared::new();
    let mut indicators: Shared<Indicator> = Shared::new();
    sheet.each_row(|row, fields| {
        if fields.len() != columns.len() {
            return;
        }
        if let Some(at) = year_at {
            let text = field(fields, Some(at));
            match DashboardYear::parse(text) {
                Some(year) => years.take(row, year, columns.name(at), faults),
                None if cells::is_blank(text) => {}
                None => {
                    let message = format!(
                        "'{}' is no Dashboard year; one such as 2023 or 2017f is expected.",
                        shortened(text)
                    );
                    let fault = Fault::of_row(FaultCode::BadValue, row, message);
                    faults.push(fault.at(columns.name(at), text));
                }
            }
        }
        if let Some(at) = indicator_at {
            let text = field(fields, Some(at));
            match Indicator::parse(text) {
                Some(indicator) => indicators.take(row, indicator, columns.name(at), faults),
                None if cells::is_blank(text) => {}
                None => {
                    let codes = Indicator::ALL.map(Indicator::code).join(", ");
                    let message = format!(
                        "'{}' is no indicator; one of {codes} is expected.",
                        shortened(text)
                    );
                    let fault = Fault::of_row(FaultCode::BadValue, row, message);
                    faults.push(fault.at(columns.name(at), text));
                }
            }
        }
    });
    std::mem::take(faults).into_result()?;

    let in_name = named(input.file_name, layouts);
    let in_sheet = sheet.name.as_deref().map(|name| named(name, layouts)).unwrap_or_default();
    let of_kind = |kind| match kind {
        Some(ReleaseKind::Indicator(indicator)) => Some(indicator),
        _ => None,
    };
    let assigned = of_kind(input.assigned.map(|assigned| assigned.kind));
    let candidates = layouts.candidates(columns.fields());
    let only = match candidates.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let by_name =
        [(ToldBy::SheetName, of_kind(in_sheet.kind)), (ToldBy::FileName, of_kind(in_name.kind))];
    if assigned.is_none() && indicators.get().is_none() && only.is_none() {
        let told = by_name.iter().find_map(|(by, indicator)| Some((*by, (*indicator)?)));
        match told {
            None => {
                return Err(Faults::from(told::unknown_kind(&format!(
                    "The columns fit {}, and neither a sheet's nor the file's name says which",
                    codes(&candidates)
                ))));
            }
            Some((by, indicator)) if !candidates.contains(&indicator) => {
                return Err(Faults::from(Fault::of_file(
                    FaultCode::ContradictoryName,
                    format!(
                        "By {} this is a file of {indicator}, but its columns fit {}. Check \
                         which file it is, and say it with --as, for example --as ELA:2022.",
                        by.words(),
                        codes(&candidates)
                    ),
                )));
            }
            Some(_) => {}
        }
    }
    let [sheet_kind, file_kind] = by_name;
    let evidence = [
        (ToldBy::Operator, assigned),
        (ToldBy::Content, indicators.get()),
        (ToldBy::Columns, only),
        sheet_kind,
        file_kind,
    ];
    let (indicator, kind_by) = told::weigh(&evidence, "indicator", notes)
        .ok_or_else(|| Faults::from(told::unknown_kind("Nothing tells the indicator")))?;
    let evidence = [
        (ToldBy::Operator, input.assigned.and_then(|assigned| assigned.year)),
        (ToldBy::Content, years.get()),
        (ToldBy::SheetName, in_sheet.year),
        (ToldBy::FileName, in_name.year),
    ];
    let (year, year_by) = told::weigh_year(&evidence, notes)?;
    Ok((indicator, kind_by, year, year_by))
}

fn codes(indicators: &[Indicator]) -> String {
    match indicators {
        [] => "no indicator".to_owned(),
        some => some.iter().map(|i| i.code()).collect::<Vec<_>>().join(", "),
    }
}
