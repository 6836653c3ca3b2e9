//! What an operator says a file is, with `--as ELA:2022`.

use std::str::FromStr;

use calsos_domain::release::ReleaseKind;
use calsos_domain::year::DashboardYear;

use crate::fault::shortened;

/// Kind and year as an operator assigned them. They come before everything that the file
/// itself tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assigned {
    /// What the file is.
    pub kind: ReleaseKind,
    /// Its Dashboard year; where it is `None` the file must tell.
    pub year: Option<DashboardYear>,
}

/// A text after `--as` that is neither `KIND` nor `KIND:YEAR`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{found}' says no kind and year: expected ELA, MATH, SCIENCE, ELPI, GRAD, CHRO, SUSP, CCI, \
     LOCAL1 to LOCAL10, LIST, CHARTERLIST, DIRECTORY, CALPADS, SUCCESSIONS, LEADS, LOCATIONS or \
     NCES, and the year behind a colon, as in ELA:2022"
)]
pub struct AssignedError {
    /// The text as it was found, shortened where it is long.
    pub found: String,
}

impl FromStr for Assigned {
    type Err = AssignedError;

    fn from_str(text: &str) -> Result<Assigned, AssignedError> {
        let wrong = || AssignedError { found: shortened(text) };
        let (kind, year) = match text.split_once(':') {
            Some((kind, year)) => (kind, Some(DashboardYear::parse(year).ok_or_else(wrong)?)),
            None => (text, None),
        };
        Ok(Assigned { kind: ReleaseKind::parse(kind).ok_or_else(wrong)?, year })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_stands_alone_or_with_its_year() {
        let assigned: Assigned = "local6:2023".parse().unwrap();
        assert_eq!(assigned.kind.code(), "LOCAL6");
        assert_eq!(assigned.year, DashboardYear::new(2023));
        assert_eq!("SUCCESSIONS".parse::<Assigned>().unwrap().year, None);
        for text in ["", "ELA:", "ELA:22", "2022", "LOCAL11:2023", "ELA:2022:1", "ATTENDANCE:2022"]
        {
            assert!(text.parse::<Assigned>().is_err(), "{text}");
        }
    }
}
