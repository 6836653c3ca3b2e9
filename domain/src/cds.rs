//! County-district-school codes: the 14 digits by which the state names an LEA.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A CDS code of 14 digits: 2 for the county, 5 for the district, 7 for the school.
///
/// The school part is zero for a district or county office of education. A charter's
/// first seven digits are those of its authorizer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CdsCode(u64);

/// Why a text is not a CDS code. The message says what was found and what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CdsError {
    /// The text has a character that is no digit.
    #[error(
        "CDS code '{found}' has a character that is no digit ('{}'); 14 digits are expected",
        character.escape_debug()
    )]
    NotDigits {
        /// The text as it was found, shortened where it is long.
        found: String,
        /// The first character that is no digit.
        character: char,
    },
    /// The text has only digits, but not 14 of them.
    #[error("CDS code '{found}' has {length} digits; 14 are expected")]
    Length {
        /// The text as it was found, shortened where it is long.
        found: String,
        /// How many digits it has.
        length: usize,
    },
}

impl CdsCode {
    /// The state's own code, 14 zeros.
    pub const STATE: CdsCode = CdsCode(0);

    /// Parses exactly 14 digits; nothing is repaired here.
    ///
    /// # Errors
    /// [`CdsError`] where a character is no digit or the length is not 14.
    pub fn parse(text: &str) -> Result<CdsCode, CdsError> {
        if text.len() != 14 || text.bytes().any(|b| !b.is_ascii_digit()) {
            let found = text.chars().take(60).collect::<String>().escape_debug().to_string();
            return Err(match text.chars().find(|c| !c.is_ascii_digit()) {
                Some(character) => CdsError::NotDigits { found, character },
                None => CdsError::Length { found, length: text.len() },
            });
        }
        let number = text.bytes().fold(0, |n, digit| n * 10 + u64::from(digit - b'0'));
        Ok(CdsCode(number))
    }

    /// The county, 1 to 58 (0 for the state's own code).
    #[must_use]
    pub fn county(self) -> CountyCode {
        CountyCode((self.0 / 1_000_000_000_000) as u8)
    }

    /// The district part, digits 3 to 7.
    #[must_use]
    pub fn district(self) -> u32 {
        (self.0 / 10_000_000 % 100_000) as u32
    }

    /// The school part, digits 8 to 14; zero for a district or county office.
    #[must_use]
    pub fn school(self) -> u32 {
        (self.0 % 10_000_000) as u32
    }

    /// Whether the school part is zero, as for districts and county offices.
    #[must_use]
    pub fn is_district_level(self) -> bool {
        self.school() == 0
    }

    /// Whether digits 3 to 7 start with `1`, as those of every county office of education do.
    #[must_use]
    pub fn has_county_office_digits(self) -> bool {
        self.district() / 10_000 == 1
    }

    /// The code of the district or county office that the first seven digits name: for a
    /// charter, its authorizer.
    #[must_use]
    pub fn authorizer(self) -> CdsCode {
        CdsCode(self.0 - self.0 % 10_000_000)
    }

    /// The first seven digits, as lists print them in a column of their own.
    #[must_use]
    pub fn county_district_text(self) -> String {
        format!("{:07}", self.0 / 10_000_000)
    }
}

impl fmt::Display for CdsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.0)
    }
}

impl fmt::Debug for CdsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}", self.0)
    }
}

impl FromStr for CdsCode {
    type Err = CdsError;

    fn from_str(text: &str) -> Result<CdsCode, CdsError> {
        CdsCode::parse(text)
    }
}

/// A county's number in CDS codes, `01` to `58`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct CountyCode(u8);

impl CountyCode {
    /// How many counties California has.
    pub const COUNT: usize = 58;

    /// Parses one or two digits, 1 to 58.
    #[must_use]
    pub fn parse(text: &str) -> Option<CountyCode> {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let number: u8 = digits.then(|| text.parse().ok()).flatten()?;
        (1..=58).contains(&number).then_some(CountyCode(number))
    }

    /// The number, 1 to 58; 0 for the state.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for CountyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_apart_into_county_district_and_school() {
        let cds = CdsCode::parse("99123450006789").unwrap();
        assert_eq!(cds.county().to_string(), "99");
        assert_eq!(cds.district(), 12345);
        assert_eq!(cds.school(), 6789);
        assert_eq!(cds.authorizer().to_string(), "99123450000000");
        assert_eq!(cds.county_district_text(), "9912345");
        assert!(cds.has_county_office_digits());
        assert!(!cds.is_district_level());
    }

    #[test]
    fn thirteen_and_fifteen_digits_are_refused_and_fourteen_are_not() {
        assert_eq!(
            CdsCode::parse("1234567890123").unwrap_err().to_string(),
            "CDS code '1234567890123' has 13 digits; 14 are expected"
        );
        assert!(CdsCode::parse("123456789012345").is_err());
        assert_eq!(CdsCode::parse("01234567890123").unwrap().to_string(), "01234567890123");
    }

    #[test]
    fn a_county_is_one_or_two_digits_without_a_sign() {
        let number = |text: &str| CountyCode::parse(text).map(CountyCode::number);
        assert_eq!((number("7"), number("07"), number("58")), (Some(7), Some(7), Some(58)));
        for text in ["", "0", "59", "+7", "007", "7 ", "seven"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_message_is_short_and_of_one_line_whatever_was_found() {
        let message = CdsCode::parse(&"\n".repeat(10_000)).unwrap_err().to_string();
        assert!(message.len() < 300 && !message.contains('\n'), "{message}");
    }

    #[test]
    fn a_letter_is_named_in_the_message() {
        let message = CdsCode::parse("A1234560000000").unwrap_err().to_string();
        assert!(message.contains("'A'"), "{message}");
    }
}
