//! What kinds of local educational agency (LEA) there are.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of an LEA that is judged. Ordinary schools are none of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum LeaType {
    /// School district.
    District,
    /// County office of education (COE).
    CountyOffice,
    /// Charter school.
    Charter,
}

impl LeaType {
    /// Every kind.
    pub const ALL: [LeaType; 3] = [LeaType::District, LeaType::CountyOffice, LeaType::Charter];

    /// The code used in editions, files and answers: `district`, `countyOffice`, `charter`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            LeaType::District => "district",
            LeaType::CountyOffice => "countyOffice",
            LeaType::Charter => "charter",
        }
    }

    /// In plain words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LeaType::District => "school district",
            LeaType::CountyOffice => "county office of education",
            LeaType::Charter => "charter school",
        }
    }

    /// Whether support of LEAs of the kind can have a second year.
    #[must_use]
    pub fn has_second_year(self) -> bool {
        matches!(self, LeaType::District | LeaType::CountyOffice)
    }

    /// The kind of a code.
    #[must_use]
    pub fn parse(code: &str) -> Option<LeaType> {
        LeaType::ALL.into_iter().find(|t| t.code() == code)
    }
}

impl fmt::Display for LeaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
