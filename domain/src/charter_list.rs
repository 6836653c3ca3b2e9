//! The state's lists of assistance for charter schools: for each student group a code of the
//! list's own year and one of the year before.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::cds::CdsCode;
use crate::release::PublishedStatus;
use crate::student_group::StudentGroup;

/// The codes of one year in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedCodes {
    /// The letter of each group that has one.
    pub codes: BTreeMap<StudentGroup, char>,
    /// Groups that the list has a column for.
    pub listed: BTreeSet<StudentGroup>,
}

/// A row of a charter assistance list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CharterListRow {
    /// Row of the sheet, the first being 1.
    pub row: u32,
    /// The charter school.
    pub cds: CdsCode,
    /// The codes of the list's own year.
    pub current: ListedCodes,
    /// The codes of the year before. They are compared and never used as that year's
    /// history, since a list would then vouch for itself.
    pub prior: ListedCodes,
    /// The assistance status, where the list has one.
    pub status: Option<PublishedStatus>,
    /// The Education Code 47607.3 flag, where the list has one.
    pub ec47607: Option<bool>,
}

impl CharterListRow {
    /// Whether the state decided the charter school eligible: by the flag, else by the
    /// status. `None` where the list has neither.
    #[must_use]
    pub fn eligible(&self) -> Option<bool> {
        self.ec47607.or_else(|| self.status.map(|status| status != PublishedStatus::General))
    }
}
