//! What the title rows of a list tell: its year and the date of the file.

use calsos_domain::year::{DashboardYear, Day};

/// The year of a title such as `2019 LCFF LEA Eligibility File` or `LCFF Assistance Status
/// Fall 2017`. A title with a month is the date of the file, not its year.
pub(crate) fn year_in(title: &str) -> Option<DashboardYear> {
    if !title.contains("LCFF") || date_in(title).is_some() {
        return None;
    }
    words(title).find_map(DashboardYear::parse)
}

/// A date inside a title: `01/08/2019`, `November 21, 2024` or `March 2020`.
pub(crate) fn date_in(title: &str) -> Option<Day> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let slashed = |word: &str| {
        let mut parts = word.split('/').map(|part| part.parse::<u16>().ok());
        let (month, day, year) = (parts.next()??, parts.next()??, parts.next()??);
        let day = u8::try_from(day).ok().filter(|day| *day > 0)?;
        Day::new(year, u8::try_from(month).ok()?, day)
    };
    if let Some(day) = title.split_whitespace().find_map(slashed) {
        return Some(day);
    }
    let words: Vec<&str> = words(title).collect();
    let written = |at: usize, word: &str| {
        let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(word))?;
        let month = u8::try_from(month + 1).ok()?;
        let number = |at: usize| words.get(at).and_then(|word| word.parse::<u16>().ok());
        let first = number(at + 1)?;
        if first >= 1000 {
            return Day::new(first, month, 0);
        }
        let day = u8::try_from(first).ok().filter(|day| *day > 0)?;
        Day::new(number(at + 2)?, month, day)
    };
    words.iter().enumerate().find_map(|(at, word)| written(at, word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_a_title_is_a_day_or_a_month() {
        let check = |title: &str, date: Option<&str>| {
            assert_eq!(date_in(title).map(|day| day.to_string()).as_deref(), date, "{title}");
        };
        check("California Department of Education 01/08/2019", Some("2019-01-08"));
        check("California Department of Education March 2020", Some("2020-03"));
        check("December 2017", Some("2017-12"));
        check("California Department of Education, December 2023", Some("2023-12"));
        check("Reissued November 21, 2024", Some("2024-11-21"));
        check("February 30, 2024", None);
        check("13/01/2024", None);
        check("2019 LCFF LEA Eligibility File ", None);
    }

    #[test]
    fn a_year_in_a_title_is_not_that_of_its_date() {
        assert_eq!(year_in("2019 LCFF LEA Eligibility File "), DashboardYear::new(2019));
        assert_eq!(year_in("LCFF Assistance Status Fall 2017 "), DashboardYear::new(2017));
        assert_eq!(year_in("LCFF, March 2020"), None);
        assert_eq!(year_in("California Department of Education 2020"), None);
    }
}
