//! What a file is about and of which year, weighed from all that tells it: the operator,
//! then the rows, then the sheet's name, then the file's name.

use calsos_domain::year::DashboardYear;

use crate::fault::{Fault, FaultCode, Faults};
use crate::report::{Notes, ToldBy};

/// A file whose kind cannot be told.
pub(crate) fn unknown_kind(what: &str) -> Fault {
    Fault::of_file(
        FaultCode::UnknownKind,
        format!(
            "{what}, so that it cannot be told what the file is. Say it with --as, for example \
             --as ELA:2022, --as LOCAL6:2023 or --as LIST:2019."
        ),
    )
}

/// The one value that all rows of a column share, gathered row by row.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    first: Option<(u32, T)>,
}

impl<T: PartialEq + Copy + std::fmt::Display> Shared<T> {
    pub(crate) fn new() -> Shared<T> {
        Shared { first: None }
    }

    pub(crate) fn get(&self) -> Option<T> {
        self.first.as_ref().map(|(_, value)| *value)
    }

    /// Takes a row's value; a fault where it is not that of the rows before.
    pub(crate) fn take(&mut self, row: u32, value: T, column: &str, faults: &mut Faults) {
        match &self.first {
            None => self.first = Some((row, value)),
            Some((first_row, first)) if *first != value => {
                let message = format!(
                    "The row says {value}, row {first_row} says {first}; a file is about one. \
                     Give them as files of their own."
                );
                let fault = Fault::of_row(FaultCode::Mixed, row, message);
                faults.push(fault.at(column, &value.to_string()));
            }
            Some(_) => {}
        }
    }
}

/// Something that may tell the same thing, in the order of its weight.
pub(crate) type Evidence<T> = [(ToldBy, Option<T>)];

/// The first thing that is told, with a warning for each later one that contradicts it.
pub(crate) fn weigh<T: PartialEq + Copy + std::fmt::Display>(
    evidence: &Evidence<T>,
    what: &str,
    notes: &mut Notes,
) -> Option<(T, ToldBy)> {
    let mut told = evidence.iter().filter_map(|(by, value)| Some((*by, (*value)?)));
    let (by, value) = told.next()?;
    for (other_by, other) in told.filter(|(_, other)| *other != value) {
        notes.warn(format!(
            "The {what} is {value}, told by {}; {} would say {other}.",
            by.words(),
            other_by.words()
        ));
    }
    Some((value, by))
}

/// The year that a file is of, or the fault that it cannot be told.
pub(crate) fn weigh_year(
    evidence: &Evidence<DashboardYear>,
    notes: &mut Notes,
) -> Result<(DashboardYear, ToldBy), Fault> {
    weigh(evidence, "year", notes).ok_or_else(|| {
        Fault::of_file(
            FaultCode::UnknownYear,
            "Neither the rows nor a sheet's or the file's name tell the Dashboard year. Say it \
             with --as, for example --as ELA:2022.",
        )
    })
}

/// A file without a row that could be stored.
pub(crate) fn no_rows(what_is_kept: &str, rows_read: u32) -> Fault {
    let found = match rows_read {
        0 => "The file has a header and no rows".to_owned(),
        1 => "The file has 1 row, and it is none".to_owned(),
        count => format!("The file has {count} rows, and none is one"),
    };
    Fault::of_file(
        FaultCode::NoRows,
        format!("{found} of {what_is_kept}; at least one is expected. Fetch the file again."),
    )
}
