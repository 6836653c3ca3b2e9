//! A whole indicator file checked against the year's tables.

use std::collections::BTreeMap;
use std::fmt;

use super::{ColorCheck, ColorTables, Comparison, Override, RecordKind};
use crate::cds::CdsCode;
use crate::lea::LeaType;
use crate::release::{ReleaseContents, ReleaseKind, Rows};
use crate::student_group::StudentGroup;

/// What the check of a file found. The published colours and levels decide, whatever this
/// says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColorAudit {
    /// Rows with a published colour or level that could be computed.
    pub compared: usize,
    /// Rows of those where everything is as computed.
    pub agreeing: usize,
    /// Rows with an override in force, which sets or explains what is published.
    pub overridden: BTreeMap<Override, usize>,
    /// Rows that differ without an explanation.
    pub unexplained: Vec<ColorMismatch>,
}

/// A published value that the tables do not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColorMismatch {
    /// Row of the file.
    pub row: u32,
    /// The LEA.
    pub cds: CdsCode,
    /// The student group.
    pub group: StudentGroup,
    /// What differs, in words: `colour Red, computed Orange`.
    pub difference: String,
}

impl ColorTables {
    /// Checks every row of an indicator file; `None` for a file of another kind.
    #[must_use]
    pub fn audit(&self, contents: &ReleaseContents) -> Option<ColorAudit> {
        let (Rows::Performances(rows), ReleaseKind::Indicator(indicator)) =
            (&contents.rows, contents.kind)
        else {
            return None;
        };
        let types: BTreeMap<CdsCode, LeaType> =
            contents.leas.iter().map(|lea| (lea.cds, lea.lea_type)).collect();
        let mut audit = ColorAudit::default();
        for row in rows {
            let Some(lea_type) = types.get(&row.cds) else { continue };
            let record = RecordKind::from(*lea_type);
            let check = self.check(indicator, row.group, record, &row.performance);
            let differences = check.differences();
            if differences.is_empty() && !check.agrees_somewhere() {
                continue;
            }
            audit.compared += 1;
            audit.agreeing += usize::from(differences.is_empty());
            for in_force in &check.computed.overrides {
                *audit.overridden.entry(*in_force).or_default() += 1;
            }
            if let Some((difference, _)) = differences.into_iter().find(|(_, why)| why.is_none()) {
                let (row, cds, group) = (row.row, row.cds, row.group);
                audit.unexplained.push(ColorMismatch { row, cds, group, difference });
            }
        }
        Some(audit)
    }
}

impl ColorCheck {
    /// What differs, in words, each with the override that explains it.
    #[must_use]
    pub fn differences(&self) -> Vec<(String, Option<Override>)> {
        let ColorCheck { color, status_level, change_level, box_number, computed: _ } = self;
        [
            difference("colour", color, ToString::to_string),
            difference("status level", status_level, |level| level.number().to_string()),
            difference("change level", change_level, |level| level.number().to_string()),
            difference("box", box_number, ToString::to_string),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn agrees_somewhere(&self) -> bool {
        self.color == Comparison::Agrees || self.status_level == Comparison::Agrees
    }
}

fn difference<T>(
    field: &str,
    comparison: &Comparison<T>,
    words: impl Fn(&T) -> String,
) -> Option<(String, Option<Override>)> {
    let Comparison::Differs { published, computed, reason } = comparison else { return None };
    let computed = computed.as_ref().map_or("none".to_owned(), &words);
    Some((format!("{field} {}, computed {computed}", words(published)), *reason))
}

impl fmt::Display for ColorMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ColorMismatch { row, cds, group, difference } = self;
        write!(f, "row {row}, {cds} {group}: published {difference}")
    }
}
