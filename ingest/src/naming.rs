//! What the names of files and sheets tell: the kind and the year.

use calsos_domain::indicator::Indicator;
use calsos_domain::priority::Priority;
use calsos_domain::release::ReleaseKind;
use calsos_domain::year::DashboardYear;

use crate::layouts::Layouts;

/// What a name tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Named {
    pub(crate) kind: Option<ReleaseKind>,
    pub(crate) year: Option<DashboardYear>,
}

/// Reads a file's or a sheet's name. Known forms: `suspdownload2017f.txt`,
/// `eladownload2018_somewhere.txt`, `ELADownload2023`, `Pr6_2023.xlsx`, `pr102023`,
/// `assistancestatus19-rev.xlsx`, `charterassistance23.xlsx`, `pubschls2018.txt`.
pub(crate) fn named(name: &str, layouts: &Layouts) -> Named {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    indicator(&name, layouts)
        .or_else(|| local(&name))
        .or_else(|| list(&name))
        .or_else(|| charter_list(&name))
        .or_else(|| directory(&name))
        .unwrap_or_default()
}

fn indicator(name: &str, layouts: &Layouts) -> Option<Named> {
    let (before, after) = name.split_once("download")?;
    let stem = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next()?;
    let indicator: Indicator = layouts.indicator_of_stem(stem)?;
    let digits = leading_digits(after);
    let year = (digits.len() == 4).then(|| DashboardYear::parse(digits)).flatten();
    Some(Named { kind: Some(ReleaseKind::Indicator(indicator)), year })
}

fn local(name: &str) -> Option<Named> {
    let rest = name.strip_prefix("pr")?;
    let digits = leading_digits(rest);
    let (priority, year) = match rest.get(digits.len()..)?.strip_prefix(['_', '-', ' ']) {
        Some(after) if digits.len() <= 2 => (digits, leading_digits(after)),
        // Priority and year stand together: `pr102023`. The year is the last four.
        _ => digits.split_at_checked(digits.len().checked_sub(4)?)?,
    };
    let priority = Priority::new(priority.parse().ok()?)?;
    let year = (year.len() == 4).then(|| DashboardYear::parse(year)).flatten();
    Some(Named { kind: Some(ReleaseKind::LocalIndicator(priority)), year })
}

fn list(name: &str) -> Option<Named> {
    let rest = name.strip_prefix("assistance")?.trim_start_matches(['-', '_', ' ']);
    let rest = rest.strip_prefix("status")?.trim_start_matches(['-', '_', ' ']);
    Some(Named { kind: Some(ReleaseKind::PublishedList), year: short_or_long_year(rest) })
}

fn charter_list(name: &str) -> Option<Named> {
    let rest = name.strip_prefix("charter")?.trim_start_matches(['-', '_', ' ']);
    let rest = rest.strip_prefix("assistance")?.trim_start_matches(['-', '_', ' ']);
    let rest = rest.strip_prefix("status").unwrap_or(rest).trim_start_matches(['-', '_', ' ']);
    Some(Named { kind: Some(ReleaseKind::CharterList), year: short_or_long_year(rest) })
}

fn directory(name: &str) -> Option<Named> {
    let rest = name.strip_prefix("pubschls")?.trim_start_matches(['-', '_', ' ']);
    let digits = leading_digits(rest);
    let year = (digits.len() == 4).then(|| DashboardYear::parse(digits)).flatten();
    Some(Named { kind: Some(ReleaseKind::Directory), year })
}

/// A year of two or four digits at the start of a text.
fn short_or_long_year(text: &str) -> Option<DashboardYear> {
    let digits = leading_digits(text);
    match digits.len() {
        2 => DashboardYear::parse(&format!("20{digits}")),
        4 => DashboardYear::parse(digits),
        _ => None,
    }
}

fn leading_digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, kind: &str, year: Option<u16>) {
        let told = named(name, &Layouts::builtin());
        let code = told.kind.map(ReleaseKind::code).unwrap_or_default();
        assert_eq!((code.as_str(), told.year.map(DashboardYear::number)), (kind, year), "{name}");
    }

    #[test]
    fn names_as_the_state_writes_them_tell_kind_and_year() {
        check("eladownload2018_somewhere.txt", "ELA", Some(2018));
        check("/some/where/SUSPdownload2025.txt", "SUSP", Some(2025));
        check("suspdownload2017f.txt", "SUSP", Some(2017));
        check("MathDownload2023", "MATH", Some(2023));
        check("chronicdownload2024 (1).xlsx", "CHRO", Some(2024));
        check("Pr6_2023.xlsx", "LOCAL6", Some(2023));
        check("Pr62023.txt", "LOCAL6", Some(2023));
        check("pr102023", "LOCAL10", Some(2023));
        check("assistancestatus19-rev.xlsx", "LIST", Some(2019));
        check("assistance-status17.xls", "LIST", Some(2017));
        check("assistance-status.xls", "LIST", None);
        check("charterassistance23.xlsx", "CHARTERLIST", Some(2023));
        check("Charter-Assistance-Status_2024.xlsx", "CHARTERLIST", Some(2024));
        check("pubschls2018.txt", "DIRECTORY", Some(2018));
        check("pubschls.txt", "DIRECTORY", None);
    }

    #[test]
    fn other_names_tell_nothing() {
        for name in ["growthmodeldownload2025.txt", "elpacpart2024.txt", "Sheet1", "pr", "pr2023"] {
            check(name, "", None);
        }
        check("eladownload.txt", "ELA", None);
        check("pr112023", "", None);
    }
}
