//! CDS codes as files have them. Spreadsheets lose leading zeros; what is given back is
//! stated here, counted by the caller, and nothing else is guessed.

use calsos_domain::cds::{CdsCode, CountyCode};

use crate::fault::shortened;
use crate::sheet::trimmed;

/// What was done to a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Repair {
    /// 13 digits: one zero was put in front.
    LostZero,
    /// 7 digits: a county-district code, seven zeros were put behind.
    CountyDistrict,
}

impl Repair {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Repair::LostZero => "CDS code of 13 digits: a zero put in front",
            Repair::CountyDistrict => {
                "CDS code of 7 digits: a county-district code, seven zeros put behind"
            }
        }
    }
}

/// The code that a cell means. A number as spreadsheets print it (`1999990000000.0`) is
/// taken by its digits first.
///
/// # Errors
/// A sentence that says what was found and what is expected.
pub(crate) fn cds(text: &str) -> Result<(CdsCode, Option<Repair>), String> {
    // Nearly every code is well formed and needs no text of its own.
    if let Some(cds) = CdsCode::parse(text).ok().filter(|cds| in_california(*cds)) {
        return Ok((cds, None));
    }
    let digits = shortened(digits_of_code(text));
    let (padded, repair) = match digits.len() {
        13 => (format!("0{digits}"), Some(Repair::LostZero)),
        7 => (format!("{digits}0000000"), Some(Repair::CountyDistrict)),
        _ => (digits.clone(), None),
    };
    let cds = CdsCode::parse(&padded).map_err(|error| {
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            format!("{error} (13 are read with a zero in front, 7 as a county-district code)")
        } else {
            error.to_string()
        }
    })?;
    if !in_california(cds) {
        let county = cds.county().number();
        return Err(format!(
            "CDS code '{cds}' names county {county:02}; California's counties are 01 to {:02}",
            CountyCode::COUNT
        ));
    }
    Ok((cds, repair))
}

fn in_california(cds: CdsCode) -> bool {
    cds == CdsCode::STATE || (1..=CountyCode::COUNT).contains(&usize::from(cds.county().number()))
}

/// The text without the decimals that a spreadsheet prints behind a whole number.
pub(crate) fn digits_of_code(text: &str) -> &str {
    let text = trimmed(text);
    match text.split_once('.') {
        Some((digits, zeros))
            if !digits.is_empty()
                && digits.bytes().all(|b| b.is_ascii_digit())
                && !zeros.is_empty()
                && zeros.bytes().all(|b| b == b'0') =>
        {
            digits
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirteen_digits_get_a_zero_and_twelve_do_not() {
        let (cds, repair) = cds("1999990000000").unwrap();
        assert_eq!((cds.to_string().as_str(), repair), ("01999990000000", Some(Repair::LostZero)));
        assert!(super::cds("199999000000").unwrap_err().contains("12 digits"));
        assert!(super::cds("199999000000000").unwrap_err().contains("15 digits"));
    }

    #[test]
    fn seven_digits_are_a_county_district_code_and_six_are_refused() {
        let (cds, repair) = cds("5899999").unwrap();
        assert_eq!(cds.to_string(), "58999990000000");
        assert_eq!(repair, Some(Repair::CountyDistrict));
        assert!(super::cds("199999").unwrap_err().contains("6 digits"));
    }

    #[test]
    fn a_spreadsheet_number_is_taken_by_its_digits() {
        assert_eq!(cds("1999990000000.0").unwrap().0.to_string(), "01999990000000");
        assert_eq!(cds(" 58999990000000 ").unwrap().1, None);
        assert!(cds("1.99999E+12").is_err());
        assert!(cds("1999990000000.5").is_err());
        assert!(cds("1999990000000.").is_err());
    }

    #[test]
    fn counties_end_at_58_and_start_at_01() {
        assert!(cds("58999990000000").is_ok() && cds("01999990000000").is_ok());
        assert!(cds("59999990000000").unwrap_err().contains("county 59"));
        assert!(cds("00999990000000").unwrap_err().contains("county 00"));
        assert_eq!(cds("00000000000000").unwrap().0, CdsCode::STATE);
    }
}
