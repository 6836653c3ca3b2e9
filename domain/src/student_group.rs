//! Student groups, by their Dashboard codes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A student group of the Dashboard. [`StudentGroup::All`] is every student together; it
/// is shown but is never a group for eligibility.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum StudentGroup {
    /// All students: never counted for eligibility.
    All,
    /// African American.
    Aa,
    /// American Indian or Alaska Native.
    Ai,
    /// Asian.
    As,
    /// English learner.
    El,
    /// Filipino.
    Fi,
    /// Foster youth.
    Fos,
    /// Hispanic.
    Hi,
    /// Homeless.
    Hom,
    /// Long-term English learner.
    Ltel,
    /// Two or more races; the published lists write `TOM`.
    Mr,
    /// Pacific Islander.
    Pi,
    /// Socioeconomically disadvantaged.
    Sed,
    /// Students with disabilities.
    Swd,
    /// White.
    Wh,
}

impl StudentGroup {
    /// Every group that can count for eligibility, in the order of their codes.
    pub const COUNTED: [StudentGroup; 14] = [
        StudentGroup::Aa,
        StudentGroup::Ai,
        StudentGroup::As,
        StudentGroup::El,
        StudentGroup::Fi,
        StudentGroup::Fos,
        StudentGroup::Hi,
        StudentGroup::Hom,
        StudentGroup::Ltel,
        StudentGroup::Mr,
        StudentGroup::Pi,
        StudentGroup::Sed,
        StudentGroup::Swd,
        StudentGroup::Wh,
    ];

    /// Position in [`StudentGroup::COUNTED`]; `None` for all students together.
    #[must_use]
    pub fn place(self) -> Option<usize> {
        (self as usize).checked_sub(1)
    }

    /// The Dashboard's code, such as `SWD`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            StudentGroup::All => "ALL",
            StudentGroup::Aa => "AA",
            StudentGroup::Ai => "AI",
            StudentGroup::As => "AS",
            StudentGroup::El => "EL",
            StudentGroup::Fi => "FI",
            StudentGroup::Fos => "FOS",
            StudentGroup::Hi => "HI",
            StudentGroup::Hom => "HOM",
            StudentGroup::Ltel => "LTEL",
            StudentGroup::Mr => "MR",
            StudentGroup::Pi => "PI",
            StudentGroup::Sed => "SED",
            StudentGroup::Swd => "SWD",
            StudentGroup::Wh => "WH",
        }
    }

    /// The group's name in plain words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            StudentGroup::All => "All students",
            StudentGroup::Aa => "African American",
            StudentGroup::Ai => "American Indian",
            StudentGroup::As => "Asian",
            StudentGroup::El => "English Learners",
            StudentGroup::Fi => "Filipino",
            StudentGroup::Fos => "Foster Youth",
            StudentGroup::Hi => "Hispanic",
            StudentGroup::Hom => "Homeless",
            StudentGroup::Ltel => "Long-Term English Learners",
            StudentGroup::Mr => "Two or More Races",
            StudentGroup::Pi => "Pacific Islander",
            StudentGroup::Sed => "Socioeconomically Disadvantaged",
            StudentGroup::Swd => "Students with Disabilities",
            StudentGroup::Wh => "White",
        }
    }

    /// The code as the published assistance lists spell it (`TOM` for `MR`).
    #[must_use]
    pub fn list_code(self) -> &'static str {
        match self {
            StudentGroup::Mr => "TOM",
            other => other.code(),
        }
    }

    /// The group of a code, in any letter case; `TOM` is accepted for `MR`.
    #[must_use]
    pub fn parse(code: &str) -> Option<StudentGroup> {
        let code = code.trim();
        let find = |spelling: fn(StudentGroup) -> &'static str| {
            let mut groups = [StudentGroup::All].into_iter().chain(StudentGroup::COUNTED);
            groups.find(|group| spelling(*group).eq_ignore_ascii_case(code))
        };
        find(StudentGroup::code).or_else(|| find(StudentGroup::list_code))
    }
}

impl fmt::Display for StudentGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// Codes of the academic files that name no student group of the law: English learners
/// only, reclassified, English only, and the three tests. They never count, whatever
/// colour a file gives them.
pub const PSEUDO_GROUPS: [&str; 6] = ["ELO", "RFP", "EO", "SBA", "CAA", "CAST"];
