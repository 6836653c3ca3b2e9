//! Single values of the files. Each function gives `Ok(None)` for a blank cell or the `*`
//! that stands for one, and a sentence for what its column cannot have.

use calsos_domain::performance::{Color, Level, Tenths};

use crate::fault::shortened;
use crate::sheet::trimmed;

/// Whether a cell says nothing.
pub(crate) fn is_blank(text: &str) -> bool {
    matches!(trimmed(text), "" | "*")
}

/// A number of students; `12.0` is 12.
pub(crate) fn count(text: &str) -> Result<Option<u32>, String> {
    if is_blank(text) {
        return Ok(None);
    }
    whole(text).map(Some).ok_or_else(|| {
        format!(
            "'{}' is no count; a whole number without separators is expected",
            shortened(trimmed(text))
        )
    })
}

/// A rate, a distance or a difference, in tenths.
pub(crate) fn tenths(text: &str) -> Result<Option<Tenths>, String> {
    if is_blank(text) {
        return Ok(None);
    }
    let text = trimmed(text);
    if let Some(tenths) = with_one_decimal(text) {
        return Ok(Some(tenths));
    }
    Tenths::parse(text).map(Some).ok_or_else(|| {
        format!(
            "'{}' is no number; digits with an optional sign and decimal point are expected",
            shortened(trimmed(text))
        )
    })
}

/// A level, 1 to 5; 0 is none.
pub(crate) fn level(text: &str) -> Result<Option<Level>, String> {
    up_to_five(text, "level").map(|n| n.and_then(Level::new))
}

/// A colour, 1 to 5; 0 is none.
pub(crate) fn color(text: &str) -> Result<Option<Color>, String> {
    up_to_five(text, "colour").map(|n| n.and_then(Color::from_number))
}

/// A place in the five-by-five table, 10 to 250; 0 is none. It decides nothing: another
/// number is kept as it is, and shows where the colours are checked.
pub(crate) fn box_number(text: &str) -> Result<Option<u16>, String> {
    if is_blank(text) {
        return Ok(None);
    }
    match whole(text).and_then(|n| u16::try_from(n).ok()) {
        Some(0) => Ok(None),
        Some(number) => Ok(Some(number)),
        None => Err(format!(
            "'{}' is no box; 10, 20 … 250 or 0 for none are expected",
            shortened(trimmed(text))
        )),
    }
}

/// `Y` or `N`.
pub(crate) fn flag(text: &str) -> Result<Option<bool>, String> {
    if is_blank(text) {
        return Ok(None);
    }
    match trimmed(text) {
        "Y" | "y" => Ok(Some(true)),
        "N" | "n" => Ok(Some(false)),
        other => Err(format!("'{}' is no flag; Y, N or blank are expected", shortened(other))),
    }
}

fn up_to_five(text: &str, what: &str) -> Result<Option<u8>, String> {
    if let [digit @ b'0'..=b'5'] = text.as_bytes() {
        return Ok(Some(digit - b'0'));
    }
    if is_blank(text) {
        return Ok(None);
    }
    match whole(text).and_then(|n| u8::try_from(n).ok()) {
        Some(number @ 0..=5) => Ok(Some(number)),
        _ => Err(format!(
            "'{}' is no {what}; 1 to 5 or 0 for none are expected",
            shortened(trimmed(text))
        )),
    }
}

/// A whole number, also as a spreadsheet prints it (`12.0`).
fn whole(text: &str) -> Option<u32> {
    // Nearly every number is one of a few digits and nothing else.
    if let Some(number) = few_digits(text) {
        return Some(number);
    }
    let digits = crate::repair::digits_of_code(text);
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// The number of one to nine digits and nothing else.
fn few_digits(text: &str) -> Option<u32> {
    if !(1..=9).contains(&text.len()) {
        return None;
    }
    let digit = |b: u8| Some(u32::from(b.wrapping_sub(b'0'))).filter(|digit| *digit <= 9);
    text.bytes().try_fold(0, |number, b| Some(number * 10 + digit(b)?))
}

/// A number as nearly every file writes it: up to eight digits, a point and one digit.
fn with_one_decimal(text: &str) -> Option<Tenths> {
    let (digits, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (whole, tenth) = digits.split_at_checked(digits.len().checked_sub(2)?)?;
    let tenth = few_digits(tenth.strip_prefix('.')?)?;
    let whole = few_digits(whole).filter(|_| whole.len() <= 8)?;
    let tenths = i32::try_from(whole * 10 + tenth).ok()?;
    Some(Tenths(if negative { -tenths } else { tenths }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_whole_and_without_separators() {
        assert_eq!(count("12.0"), Ok(Some(12)));
        assert_eq!(count(" 0 "), Ok(Some(0)));
        assert_eq!(count("*"), Ok(None));
        assert_eq!(count("4294967295"), Ok(Some(u32::MAX)));
        for text in ["1,234", "-1", "12.5", "+3", "4294967296", "twelve"] {
            assert!(count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn levels_and_colors_end_at_five_and_zero_is_none() {
        assert_eq!(level("0"), Ok(None));
        assert_eq!(level("5.0").unwrap(), Level::new(5));
        assert!(level("6").is_err() && level("-1").is_err());
        assert_eq!(color("1"), Ok(Some(Color::Red)));
        assert!(color("6").is_err() && color("Red").is_err());
    }

    #[test]
    fn boxes_are_whole_numbers_and_zero_is_none() {
        assert_eq!(box_number("10"), Ok(Some(10)));
        assert_eq!(box_number("250"), Ok(Some(250)));
        assert_eq!(box_number("0"), Ok(None));
        assert_eq!(box_number("999"), Ok(Some(999)));
        for text in ["-10", "ten", "12.5", "65536"] {
            assert!(box_number(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_have_no_thousands_separator() {
        assert_eq!(tenths("-171.6"), Ok(Some(Tenths(-1716))));
        assert_eq!(tenths("64"), Ok(Some(Tenths(640))));
        assert_eq!(tenths("-.5"), Ok(Some(Tenths(-5))));
        assert_eq!(tenths("0.05"), Ok(Some(Tenths(1))));
        assert_eq!(tenths("99999999.9"), Ok(Some(Tenths(999_999_999))));
        assert_eq!(tenths("214748364.7"), Ok(Some(Tenths(i32::MAX))));
        assert!(tenths("214748364.8").is_err() && tenths("--1.0").is_err());
        assert!(tenths("1,234.5").is_err() && tenths("5%").is_err());
    }

    #[test]
    fn a_flag_is_y_or_n_in_any_case() {
        assert_eq!((flag("y"), flag("N"), flag("")), (Ok(Some(true)), Ok(Some(false)), Ok(None)));
        assert!(flag("Yes").is_err() && flag("1").is_err());
    }
}
