//! The state's public schools directory: which records are LEAs, of which kind, and what
//! else the directory says of them.
//!
//! The kind comes from the charter flag and the code of the district's ownership (DOC), not
//! from the digits of the code alone. Columns about people are no part of a row.

use serde::{Deserialize, Serialize};

use crate::cds::CdsCode;
use crate::lea::LeaType;
use crate::year::Day;

/// What a record of the directory is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Agency {
    /// A district, a county office of education or a charter school.
    Lea(LeaType),
    /// A record with a zero school code that is no LEA of these kinds, and is not judged:
    /// a State Board pseudo-district, a regional occupational program, a state special
    /// school, a joint powers agency, an office.
    NotLea,
    /// The directory does not settle it: what the other files say of the code holds.
    NotTold,
}

impl Agency {
    /// Every value.
    pub const ALL: [Agency; 5] = [
        Agency::Lea(LeaType::District),
        Agency::Lea(LeaType::CountyOffice),
        Agency::Lea(LeaType::Charter),
        Agency::NotLea,
        Agency::NotTold,
    ];

    /// What a record is by its charter flag and its DOC code of two digits; `None` for an
    /// ordinary school, which is no record of its own here.
    #[must_use]
    pub fn of(cds: CdsCode, charter: Option<bool>, doc: Option<&str>) -> Option<Agency> {
        match (cds.is_district_level(), charter) {
            (false, Some(true)) => Some(Agency::Lea(LeaType::Charter)),
            (false, _) => None,
            // A charter school has a school code of its own.
            (true, Some(true)) => Some(Agency::NotTold),
            (true, _) => Some(match doc {
                Some("00") => Agency::Lea(LeaType::CountyOffice),
                Some("52" | "54" | "56") => Agency::Lea(LeaType::District),
                // State Board of Education, state special schools, non-school location,
                // joint powers agency, community college, regional occupational program,
                // administration only.
                Some("02" | "31" | "34" | "42" | "58" | "98" | "99") => Agency::NotLea,
                // The published lists have the record of a statewide benefit charter (03)
                // among the districts, so that it is left to them.
                _ => Agency::NotTold,
            }),
        }
    }

    /// The word used in tables: the kind's code, `notLea` or `notTold`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Agency::Lea(lea_type) => lea_type.code(),
            Agency::NotLea => "notLea",
            Agency::NotTold => "notTold",
        }
    }

    /// The value of a word.
    #[must_use]
    pub fn parse(code: &str) -> Option<Agency> {
        Agency::ALL.into_iter().find(|agency| agency.code() == code)
    }
}

/// Whether an agency is at work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum DirectoryStatus {
    /// Open.
    Active,
    /// Closed.
    Closed,
    /// Closed because it became part of another.
    Merged,
    /// Not open yet.
    Pending,
}

impl DirectoryStatus {
    /// Every status.
    pub const ALL: [DirectoryStatus; 4] = [
        DirectoryStatus::Active,
        DirectoryStatus::Closed,
        DirectoryStatus::Merged,
        DirectoryStatus::Pending,
    ];

    /// The state's word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DirectoryStatus::Active => "Active",
            DirectoryStatus::Closed => "Closed",
            DirectoryStatus::Merged => "Merged",
            DirectoryStatus::Pending => "Pending",
        }
    }

    /// The status of the state's word, in any letter case.
    #[must_use]
    pub fn parse(text: &str) -> Option<DirectoryStatus> {
        DirectoryStatus::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(text.trim()))
    }
}

/// A record of the directory that is kept: an LEA, or one with a zero school code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectoryRow {
    /// Row of the file, the first being 1.
    pub row: u32,
    /// Its code.
    pub cds: CdsCode,
    /// What it is.
    pub agency: Agency,
    /// Whether it is at work.
    pub status: DirectoryStatus,
    /// Its name; for a charter school that of the school.
    pub name: String,
    /// Its county's name.
    pub county_name: String,
    /// City of its address.
    pub city: Option<String>,
    /// Grades offered, else served, such as `K-12`.
    pub grade_span: Option<String>,
    /// The day on which it opened.
    pub opened: Option<Day>,
    /// The day on which it closed.
    pub closed: Option<Day>,
    /// A charter's number, which it keeps under another authorizer.
    pub charter_number: Option<String>,
    /// How a charter is funded, in the state's words.
    pub funding: Option<String>,
    /// District ownership code (DOC), two digits.
    pub doc: Option<String>,
    /// The DOC code in the state's words.
    pub doc_name: Option<String>,
    /// The federal (NCES) id of the district, seven digits.
    pub nces_district: Option<String>,
    /// The federal (NCES) id of the school, five digits.
    pub nces_school: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agency(cds: &str, charter: Option<bool>, doc: &str) -> Option<Agency> {
        Agency::of(CdsCode::parse(cds).unwrap(), charter, Some(doc).filter(|d| !d.is_empty()))
    }

    #[test]
    fn the_doc_code_decides_and_not_the_digits() {
        let office = "05199990000000";
        let district = "05999990000000";
        assert_eq!(agency(office, None, "00"), Some(Agency::Lea(LeaType::CountyOffice)));
        assert_eq!(agency(district, None, "00"), Some(Agency::Lea(LeaType::CountyOffice)));
        for doc in ["52", "54", "56"] {
            assert_eq!(agency(office, None, doc), Some(Agency::Lea(LeaType::District)), "{doc}");
        }
        for doc in ["02", "31", "34", "42", "58", "98", "99"] {
            assert_eq!(agency(district, None, doc), Some(Agency::NotLea), "{doc}");
        }
    }

    #[test]
    fn a_code_that_says_nothing_known_leaves_the_kind_to_the_other_files() {
        for doc in ["", "03", "55", "2"] {
            assert_eq!(agency("05999990000000", None, doc), Some(Agency::NotTold), "{doc}");
        }
        assert_eq!(agency("05999990000000", Some(true), "54"), Some(Agency::NotTold));
    }

    #[test]
    fn a_school_is_a_charter_by_its_flag_alone() {
        let school = "05999990000001";
        assert_eq!(agency(school, Some(true), "02"), Some(Agency::Lea(LeaType::Charter)));
        assert_eq!(agency(school, Some(false), "54"), None);
        assert_eq!(agency(school, None, "54"), None);
    }

    #[test]
    fn every_word_is_found_again() {
        for agency in Agency::ALL {
            assert_eq!(Agency::parse(agency.code()), Some(agency));
        }
        for status in DirectoryStatus::ALL {
            assert_eq!(DirectoryStatus::parse(&status.name().to_uppercase()), Some(status));
        }
        assert_eq!(DirectoryStatus::parse("Open"), None);
    }
}
