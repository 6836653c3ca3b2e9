//! A file's header against that of an earlier file of the same kind: columns that are gone
//! or new without the layouts knowing of it, perhaps because the state renamed them.

use std::collections::BTreeSet;

use calsos_domain::release::ReleaseKind;
use calsos_domain::year::DashboardYear;

use crate::layouts::Layouts;
use crate::sheet::normalised;
use crate::sniff::group_of_priorities;

/// What a file is and the columns that it has, as far as it was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// What the file is about.
    pub kind: ReleaseKind,
    /// Its Dashboard year, where it has one that is known.
    pub year: Option<DashboardYear>,
    /// Its columns, as it spells them.
    pub columns: Vec<String>,
}

/// How a header differs from an earlier one where the layouts do not say so.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeaderChange {
    /// Columns of the earlier file that are gone.
    pub gone: Vec<String>,
    /// Columns that are new.
    pub new: Vec<String>,
    /// Columns that are gone with the new one that might be each under another name.
    pub perhaps_renamed: Vec<(String, String)>,
}

impl HeaderChange {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty() && self.new.is_empty()
    }
}

impl Header {
    /// The differences from an earlier file of the same kind that the layouts do not expect.
    #[must_use]
    pub fn changes_since(&self, earlier: &Header, layouts: &Layouts) -> HeaderChange {
        let (before, after) = (earlier.keys(layouts), self.keys(layouts));
        let (expected_before, expected) = (earlier.expected(layouts), self.expected(layouts));
        let keys = |of: &[(String, String)]| -> BTreeSet<String> {
            of.iter().map(|(key, _)| key.clone()).collect()
        };
        let (had, has) = (keys(&before), keys(&after));
        // A layout that had the column and does not have it any more expects it to be gone.
        let dropped = |key: &str| expected_before.has(key) && !expected.has(key);
        let gone: Vec<String> = before
            .iter()
            .filter(|(key, _)| !has.contains(key) && !dropped(key) && !expected.may_lack(key))
            .map(|(_, name)| name.clone())
            .collect();
        let new: Vec<String> = after
            .iter()
            .filter(|(key, _)| !had.contains(key) && !expected.has(key))
            .map(|(_, name)| name.clone())
            .collect();
        let perhaps_renamed = renamed(&gone, &new);
        HeaderChange { gone, new, perhaps_renamed }
    }

    /// Each column's key, by which it is found again in another year, and its name.
    fn keys(&self, layouts: &Layouts) -> Vec<(String, String)> {
        let named = self.columns.iter().filter(|name| !name.is_empty());
        named
            .map(|name| {
                let plain = normalised(name);
                (self.key(layouts.field(&plain)), name.clone())
            })
            .collect()
    }

    /// Lists name years in their columns, and groups in two ways: the key has neither.
    fn key(&self, field: &str) -> String {
        if !self.is_list() {
            return field.to_owned();
        }
        if let Some(group) = group_of_priorities(field) {
            return format!("{}priorities", group.code());
        }
        let without_year = field.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_year = field.len() == without_year.len() + 4;
        if is_year { without_year.to_owned() } else { field.to_owned() }
    }

    fn is_list(&self) -> bool {
        matches!(self.kind, ReleaseKind::PublishedList | ReleaseKind::CharterList)
    }

    fn expected(&self, layouts: &Layouts) -> Expected {
        let mut expected = Expected { is_list: self.is_list(), ..Expected::default() };
        match (self.kind, self.year) {
            (ReleaseKind::Indicator(indicator), Some(year)) => {
                let layout = layouts.layout(indicator, year);
                expected.columns = layout.map(|(_, l)| l.columns.clone()).unwrap_or_default();
            }
            (ReleaseKind::LocalIndicator(priority), Some(year)) => {
                expected.columns = layouts.local(priority.number(), year).0;
            }
            (ReleaseKind::PublishedList, Some(year)) => {
                expected.columns = layouts.list(year).0.to_vec();
            }
            (ReleaseKind::CharterList, Some(year)) => {
                expected.columns = layouts.charter_list(year).0.to_vec();
            }
            (ReleaseKind::Directory, _) => {
                let directory = layouts.directory();
                expected.columns = directory.columns.clone();
                expected.varying = directory.varying.clone();
                expected.varying.extend(directory.people.clone());
            }
            // The operator's own tables, and files whose year is not known.
            _ => {}
        }
        expected
    }
}

/// What the layouts know of the columns of a kind and year.
#[derive(Default)]
struct Expected {
    columns: Vec<String>,
    /// Columns that may be there or not.
    varying: Vec<String>,
    is_list: bool,
}

impl Expected {
    fn has(&self, key: &str) -> bool {
        matches_any(&self.columns, key) || self.may_lack(key) || self.is_group(key)
    }

    /// Columns that come and go. A list's methods, statuses and flags are such, since they
    /// are what the year decided by; its groups stay.
    fn may_lack(&self, key: &str) -> bool {
        const OF_LISTS: [&str; 3] = ["assistancestatus", "metmethod", "ec5207"];
        matches_any(&self.varying, key)
            || self.is_list && OF_LISTS.iter().any(|start| key.starts_with(start))
    }

    fn is_group(&self, key: &str) -> bool {
        self.is_list && group_of_priorities(key.to_ascii_lowercase().as_str()).is_some()
    }
}

fn matches_any(columns: &[String], key: &str) -> bool {
    columns.iter().any(|column| match column.strip_suffix('*') {
        Some(start) => key.starts_with(start),
        None => column == key,
    })
}

/// Pairs what is gone with what is new where one name holds the other, or where there is
/// one of each.
fn renamed(gone: &[String], new: &[String]) -> Vec<(String, String)> {
    if let ([gone], [new]) = (gone, new) {
        return vec![(gone.clone(), new.clone())];
    }
    let alike = |a: &str, b: &str| {
        let (a, b) = (normalised(a), normalised(b));
        a.contains(&b) || b.contains(&a)
    };
    gone.iter()
        .filter_map(|gone| Some((gone.clone(), new.iter().find(|new| alike(gone, new))?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(kind: &str, year: Option<u16>, columns: &str) -> Header {
        Header {
            kind: ReleaseKind::parse(kind).unwrap(),
            year: year.and_then(DashboardYear::new),
            columns: columns.split(' ').map(str::to_owned).collect(),
        }
    }

    fn changes(earlier: &Header, later: &Header) -> HeaderChange {
        later.changes_since(earlier, &Layouts::builtin())
    }

    #[test]
    fn a_renamed_column_that_decides_is_told_with_its_new_name() {
        let earlier = header("SUSP", Some(2023), "cds accountabilitymet color");
        let later = header("SUSP", Some(2024), "cds accountability_met_flag color");
        let change = changes(&earlier, &later);
        assert_eq!(change.gone, ["accountabilitymet"]);
        assert_eq!(change.new, ["accountability_met_flag"]);
        let pair = ("accountabilitymet".to_owned(), "accountability_met_flag".to_owned());
        assert_eq!(change.perhaps_renamed, [pair]);
    }

    #[test]
    fn what_the_layouts_know_of_is_no_surprise() {
        let y2022 = header("SUSP", Some(2022), "cds currnumer statuslevel certifyflag");
        let y2023 = header("SUSP", Some(2023), "cds currnumer statuslevel color certifyflag");
        assert!(changes(&y2022, &y2023).is_empty());
        assert!(changes(&y2023, &y2022).is_empty(), "2022 had no colour, which its layout says");
        let y2024 = header("SUSP", Some(2024), "cds currnumer statuslevel certifyflag");
        assert_eq!(changes(&y2023, &y2024).gone, ["color"]);
    }

    #[test]
    fn a_spelling_that_is_known_is_the_same_column() {
        let earlier = header("DIRECTORY", Some(2018), "CDSCode Ext WebSite AdmFName1 AdmLName1");
        let later =
            header("DIRECTORY", Some(2024), "CDSCode PhoneExt Website AdmFName Multilingual");
        assert!(changes(&earlier, &later).is_empty(), "{:?}", changes(&earlier, &later));
        let later = header("DIRECTORY", Some(2024), "CDSCode PhoneExt Website Homepage");
        assert_eq!(changes(&earlier, &later).new, ["Homepage"]);
    }

    #[test]
    fn a_list_names_its_year_in_its_columns_and_keeps_its_groups() {
        let earlier = header(
            "LIST",
            Some(2023),
            "CDS AApriorities SWDpriorities AssistanceStatus2023 MetMethod1 EC52072_2023",
        );
        let later = header(
            "LIST",
            Some(2024),
            "CDS AApriorities LTELpriorities AssistanceStatus2023 AssistanceStatus2024 \
             MetMethod1 MetMethod4 EC52072_2024",
        );
        let change = changes(&earlier, &later);
        assert_eq!((change.gone, change.new), (vec!["SWDpriorities".to_owned()], vec![]));
    }
}
