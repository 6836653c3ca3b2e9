//! What the Dashboard says of one student group on one indicator.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rate or a distance in tenths: `57.9 %` is 579. The Dashboard rounds to one decimal,
/// half away from zero, and takes its levels from the rounded values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Tenths(pub i32);

impl Tenths {
    /// Parses a decimal number exactly and rounds it half away from zero to tenths.
    /// `None` for anything else than an optional sign, digits and an optional point.
    #[must_use]
    pub fn parse(text: &str) -> Option<Tenths> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let whole: i32 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let mut digits = fraction.bytes().map(|b| i32::from(b - b'0'));
        let tenths = whole.checked_mul(10)?.checked_add(digits.next().unwrap_or(0))?;
        let rounded = tenths.checked_add(i32::from(digits.next().unwrap_or(0) >= 5))?;
        Some(Tenths(if negative { -rounded } else { rounded }))
    }

    /// `numerator / denominator` in tenths, rounded half away from zero. `None` where the
    /// denominator is not positive.
    #[must_use]
    pub fn rounded_ratio(numerator: i64, denominator: i64) -> Option<Tenths> {
        if denominator <= 0 {
            return None;
        }
        let magnitude = (numerator.abs() * 10 * 2 + denominator) / (denominator * 2);
        let magnitude = i32::try_from(magnitude).ok()?;
        Some(Tenths(if numerator < 0 { -magnitude } else { magnitude }))
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{}", self.0.abs() / 10, self.0.abs() % 10)
    }
}

/// A status or change level, 1 (worst) to 5 (best).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Level(u8);

impl Level {
    /// How many levels there are.
    pub const COUNT: usize = 5;

    /// A level by its number; `None` outside 1 to 5.
    #[must_use]
    pub fn new(number: u8) -> Option<Level> {
        (1..=5).contains(&number).then_some(Level(number))
    }

    /// Every level from worst to best.
    pub fn all() -> impl Iterator<Item = Level> {
        (1..=5).map(Level)
    }

    /// The number, 1 to 5.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// The name of a status level: for indicators where less is better, level 1 is
    /// `Very High`, for the others `Very Low`.
    #[must_use]
    pub fn status_name(self, lower_is_better: bool) -> &'static str {
        const NAMES: [&str; 5] = ["Very Low", "Low", "Medium", "High", "Very High"];
        let index = usize::from(self.0 - 1);
        let index = if lower_is_better { 4 - index } else { index };
        NAMES.get(index).copied().unwrap_or("")
    }
}

/// A Dashboard performance colour, from red (1, worst) to blue (5, best).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum Color {
    /// Red.
    Red = 1,
    /// Orange.
    Orange = 2,
    /// Yellow.
    Yellow = 3,
    /// Green.
    Green = 4,
    /// Blue.
    Blue = 5,
}

impl Color {
    /// Every colour from worst to best.
    pub const ALL: [Color; 5] =
        [Color::Red, Color::Orange, Color::Yellow, Color::Green, Color::Blue];

    /// The colour of a file's number, 1 to 5.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Color> {
        Color::ALL.into_iter().find(|c| *c as u8 == number)
    }

    /// The colour's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Color::Red => "Red",
            Color::Orange => "Orange",
            Color::Yellow => "Yellow",
            Color::Green => "Green",
            Color::Blue => "Blue",
        }
    }

    /// The colour of a name, in any letter case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Color> {
        Color::ALL.into_iter().find(|c| c.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One row of an indicator file, as published: nothing in it is computed here. A field is
/// `None` where the file has no such column or leaves it blank.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Performance {
    /// Rate in per cent, or distance from standard in points; in tenths.
    pub status: Option<Tenths>,
    /// Difference to the year before, in tenths.
    pub change: Option<Tenths>,
    /// The year before's rate or distance, in tenths.
    pub prior_status: Option<Tenths>,
    /// Status level.
    pub status_level: Option<Level>,
    /// Change level.
    pub change_level: Option<Level>,
    /// Performance colour.
    pub color: Option<Color>,
    /// Place in the five-by-five table, 10 to 250.
    pub box_number: Option<u16>,
    /// Students counted in the rate.
    pub numerator: Option<u32>,
    /// Students in the group.
    pub denominator: Option<u32>,
    /// Students counted in the rate of the year before.
    pub prior_numerator: Option<u32>,
    /// Students in the group in the year before.
    pub prior_denominator: Option<u32>,
    /// `accountabilitymet`: the row counts for accountability.
    pub accountability_met: Option<bool>,
    /// `currnsizemet` or `nsizemet`: the group is large enough this year.
    pub size_met: Option<bool>,
    /// `smalldenom` or `safetynet`: the three-by-five table applies.
    pub small_denominator: Option<bool>,
    /// `certifyflag`: the data were not certified.
    pub not_certified: Option<bool>,
    /// `dataerrorflag`: the state set the colour because of a data error.
    pub data_error: Option<bool>,
    /// `flag95pct`: too few were tested, so that the status is capped.
    pub participation_capped: Option<bool>,
    /// `hscutpoints`: the high school cut scores apply.
    pub high_school_cuts: Option<bool>,
    /// `type`: which of the suspension tables applies (`ES`, `UD`, …).
    pub table_type: Option<TableType>,
    /// `dass_flag`: a school of the Dashboard Alternative School Status program.
    pub alternative_school: Option<bool>,
}

/// The `type` column of suspension files: which table applies. Used as the file has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum TableType {
    /// Elementary school.
    Es,
    /// Middle school.
    Ms,
    /// High school.
    Hs,
    /// Elementary district.
    Ed,
    /// High school district.
    Hd,
    /// Unified district, county office, school of all grades.
    Ud,
}

impl TableType {
    /// Every type.
    pub const ALL: [TableType; 6] =
        [TableType::Es, TableType::Ms, TableType::Hs, TableType::Ed, TableType::Hd, TableType::Ud];

    /// The two letters of the file.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            TableType::Es => "ES",
            TableType::Ms => "MS",
            TableType::Hs => "HS",
            TableType::Ed => "ED",
            TableType::Hd => "HD",
            TableType::Ud => "UD",
        }
    }

    /// The type of two letters, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<TableType> {
        TableType::ALL.into_iter().find(|t| t.code().eq_ignore_ascii_case(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_round_half_away_from_zero_and_keep_the_sign() {
        assert_eq!(Tenths::parse("56.65"), Some(Tenths(567)));
        assert_eq!(Tenths::parse("-0.05"), Some(Tenths(-1)));
        assert_eq!(Tenths::parse("-0.04"), Some(Tenths(0)));
        assert_eq!(Tenths::parse("64"), Some(Tenths(640)));
        assert_eq!(Tenths::parse(".5"), Some(Tenths(5)));
        assert_eq!(Tenths(-3).to_string(), "-0.3");
        for text in ["", "-", ".", "1e3", "1,2", "+1", "NaN", "99999999999"] {
            assert_eq!(Tenths::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_ratio_at_the_middle_rounds_away_from_zero() {
        assert_eq!(Tenths::rounded_ratio(1, 20), Some(Tenths(1)));
        assert_eq!(Tenths::rounded_ratio(-1, 20), Some(Tenths(-1)));
        assert_eq!(Tenths::rounded_ratio(49, 1000), Some(Tenths(0)));
        assert_eq!(Tenths::rounded_ratio(1, 0), None);
    }

    #[test]
    fn level_one_is_very_high_where_less_is_better() {
        let worst = Level::new(1).unwrap();
        assert_eq!(worst.status_name(true), "Very High");
        assert_eq!(worst.status_name(false), "Very Low");
        assert!(Level::new(0).is_none() && Level::new(6).is_none());
    }
}
