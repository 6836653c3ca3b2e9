//! State indicators of the Dashboard.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A state indicator, by the code that the files write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[repr(u8)]
pub enum Indicator {
    /// English language arts.
    Ela,
    /// Mathematics.
    Math,
    /// Science; informational.
    Science,
    /// English learner progress.
    Elpi,
    /// Graduation rate.
    Grad,
    /// Chronic absenteeism.
    Chro,
    /// Suspension rate.
    Susp,
    /// College and career.
    Cci,
}

impl Indicator {
    /// Every indicator, in the order of the state priorities that they belong to.
    pub const ALL: [Indicator; 8] = [
        Indicator::Ela,
        Indicator::Math,
        Indicator::Science,
        Indicator::Elpi,
        Indicator::Grad,
        Indicator::Chro,
        Indicator::Susp,
        Indicator::Cci,
    ];

    /// The code, such as `CHRO`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Indicator::Ela => "ELA",
            Indicator::Math => "MATH",
            Indicator::Science => "SCIENCE",
            Indicator::Elpi => "ELPI",
            Indicator::Grad => "GRAD",
            Indicator::Chro => "CHRO",
            Indicator::Susp => "SUSP",
            Indicator::Cci => "CCI",
        }
    }

    /// The name in plain words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Indicator::Ela => "English language arts",
            Indicator::Math => "mathematics",
            Indicator::Science => "science",
            Indicator::Elpi => "English learner progress",
            Indicator::Grad => "graduation rate",
            Indicator::Chro => "chronic absenteeism",
            Indicator::Susp => "suspension rate",
            Indicator::Cci => "college/career",
        }
    }

    /// The indicator of a code, in any letter case.
    #[must_use]
    pub fn parse(code: &str) -> Option<Indicator> {
        let code = code.trim();
        Indicator::ALL.into_iter().find(|i| i.code().eq_ignore_ascii_case(code))
    }

    /// Whether a smaller rate is the better one (suspension, chronic absenteeism).
    #[must_use]
    pub fn lower_is_better(self) -> bool {
        matches!(self, Indicator::Chro | Indicator::Susp)
    }

    /// Whether its status is a rate in per cent; else it is a distance from standard in points.
    #[must_use]
    pub fn is_rate(self) -> bool {
        !matches!(self, Indicator::Ela | Indicator::Math | Indicator::Science)
    }

    /// Position in [`Indicator::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
