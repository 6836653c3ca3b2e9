//! Which indicator an indicator file is of, and which year: ELA and mathematics have the
//! same columns, and no file before 2023 names its indicator.

use std::ops::ControlFlow;

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

/// What the rows say about indicator and year, gathered row by row.
pub(super) struct Telling<'c> {
    pub(super) columns: &'c Columns,
    years: Told<DashboardYear>,
    indicators: Told<Indicator>,
    pub(super) faults: Faults,
}

/// What the rows say in one of the two columns.
struct Told<T> {
    at: Option<usize>,
    shared: Shared<T>,
    /// The text that said it: nearly every row has the same.
    text: String,
}

impl<T: PartialEq + Copy + std::fmt::Display> Told<T> {
    fn of(at: Option<usize>) -> Told<T> {
        Told { at, shared: Shared::new(), text: String::new() }
    }

    fn take(
        &mut self,
        row: u32,
        fields: &[&str],
        columns: &Columns,
        faults: &mut Faults,
        parse: fn(&str) -> Option<T>,
        expected: impl Fn(&str) -> String,
    ) {
        let Some(at) = self.at else { return };
        let text = field(fields, Some(at));
        if text == self.text || cells::is_blank(text) {
            return;
        }
        match parse(text) {
            Some(value) => {
                if self.text.is_empty() {
                    text.clone_into(&mut self.text);
                }
                self.shared.take(row, value, columns.name(at), faults);
            }
            None => {
                let message = expected(&shortened(text));
                let fault = Fault::of_row(FaultCode::BadValue, row, message);
                faults.push(fault.at(columns.name(at), text));
            }
        }
    }

    /// Whether further rows can only contradict.
    fn is_told(&self) -> bool {
        self.at.is_none() || self.shared.get().is_some()
    }
}

impl<'c> Telling<'c> {
    /// Nothing yet, behind the faults of the header.
    pub(super) fn of(columns: &'c Columns, faults: Faults) -> Telling<'c> {
        Telling {
            columns,
            years: Told::of(columns.at("reportingyear")),
            indicators: Told::of(columns.at("indicator")),
            faults,
        }
    }

    /// What the first rows say; whether all others agree is not known then.
    pub(super) fn by_first_rows(sheet: &Sheet<'_>, columns: &'c Columns) -> Telling<'c> {
        let mut telling = Telling::of(columns, Faults::default());
        sheet.each_row_until(|row, fields| {
            telling.row(row, fields);
            if telling.years.is_told() && telling.indicators.is_told() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        telling
    }

    /// Takes what a row says.
    pub(super) fn row(&mut self, row: u32, fields: &[&str]) {
        let Telling { columns, years, indicators, faults } = self;
        if fields.len() != columns.len() {
            return;
        }
        years.take(row, fields, columns, faults, DashboardYear::parse, |found| {
            format!("'{found}' is no Dashboard year; one such as 2023 or 2017f is expected.")
        });
        indicators.take(row, fields, columns, faults, Indicator::parse, |found| {
            let codes = Indicator::ALL.map(Indicator::code).join(", ");
            format!("'{found}' is no indicator; one of {codes} is expected.")
        });
    }
}

/// Which indicator and year the file is of.
pub(super) fn tell(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    telling: &Telling<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(Indicator, ToldBy, DashboardYear, ToldBy), Faults> {
    let (columns, years, indicators) =
        (telling.columns, &telling.years.shared, &telling.indicators.shared);
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
