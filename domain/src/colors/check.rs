//! The published levels and colour beside the computed ones.

use std::fmt;

use super::{ColorTables, Computed, Override, RecordKind};
use crate::indicator::Indicator;
use crate::performance::{Color, Level, Performance};
use crate::student_group::StudentGroup;

/// One published field beside the computed one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Comparison<T> {
    /// Both are the same.
    Agrees,
    /// They differ; the published one stands.
    Differs {
        /// What the file says, and what decides.
        published: T,
        /// What the tables give.
        computed: Option<T>,
        /// The override of this row that explains the difference, where one does.
        reason: Option<Override>,
    },
    /// There is nothing to compare.
    NotComparable(NotComparable),
}

impl<T> Comparison<T> {
    /// Whether the two differ and no override of the row explains why.
    #[must_use]
    pub fn is_unexplained(&self) -> bool {
        matches!(self, Comparison::Differs { reason: None, .. })
    }
}

/// Why a field was not compared.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NotComparable {
    /// The file publishes none.
    NotPublished,
    /// The year's tables have nothing for such a row.
    NoTable,
    /// The row has no values to compute one from.
    NoValues,
}

impl fmt::Display for NotComparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            NotComparable::NotPublished => "the file publishes none",
            NotComparable::NoTable => "the year's tables have nothing for such a row",
            NotComparable::NoValues => "the row has no values to compute one from",
        })
    }
}

/// What a row's check found, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColorCheck {
    /// The colour.
    pub color: Comparison<Color>,
    /// The status level.
    pub status_level: Comparison<Level>,
    /// The change level.
    pub change_level: Comparison<Level>,
    /// The place in the table.
    pub box_number: Comparison<u16>,
    /// What the published fields were compared with.
    pub computed: Computed,
}

impl ColorCheck {
    /// Whether a field differs and no override of the row explains why.
    #[must_use]
    pub fn is_unexplained(&self) -> bool {
        let ColorCheck { color, status_level, change_level, box_number, computed: _ } = self;
        color.is_unexplained()
            || status_level.is_unexplained()
            || change_level.is_unexplained()
            || box_number.is_unexplained()
    }
}

impl ColorTables {
    /// Compares a row's published levels, colour and box with the computed ones. Whatever the
    /// outcome, the published ones decide.
    #[must_use]
    pub fn check(
        &self,
        indicator: Indicator,
        group: StudentGroup,
        record: RecordKind,
        performance: &Performance,
    ) -> ColorCheck {
        let computed = self.compute(indicator, group, record, performance);
        let table = self.table_of(indicator, record, performance).map(|(_, table)| table);
        let status = Ground { table: table.is_some(), values: computed.status.is_some() };
        let change = Ground {
            table: table.is_some_and(|table| table.has_colors()),
            values: computed.change.is_some(),
        };
        let both = Ground { table: change.table, values: status.values && change.values };
        // A cap is computed exactly, so it explains no difference. The other two stand for a
        // decision of the state, which a rule here may only imitate.
        let in_force = |kind: Override| computed.overrides.contains(&kind).then_some(kind);
        let set_by_state = in_force(Override::DataError);
        let not_certified = in_force(Override::NotCertified);
        let assigned_status = not_certified.filter(|kind| {
            self.override_rule(*kind, indicator).is_some_and(|rule| rule.status_level.is_some())
        });
        let color_reason = set_by_state.or(not_certified);
        let status_reason = set_by_state.or(assigned_status);
        let Computed { color, status_level, change_level, box_number, .. } = computed;
        ColorCheck {
            color: compare(performance.color, color, both, color_reason),
            status_level: compare(performance.status_level, status_level, status, status_reason),
            change_level: compare(performance.change_level, change_level, change, set_by_state),
            box_number: compare(performance.box_number, box_number, both, color_reason),
            computed,
        }
    }
}

/// What a computed field stands on.
#[derive(Clone, Copy)]
struct Ground {
    table: bool,
    values: bool,
}

fn compare<T: PartialEq>(
    published: Option<T>,
    computed: Option<T>,
    ground: Ground,
    reason: Option<Override>,
) -> Comparison<T> {
    let Some(published) = published else {
        return Comparison::NotComparable(NotComparable::NotPublished);
    };
    if !ground.table {
        return Comparison::NotComparable(NotComparable::NoTable);
    }
    if !ground.values {
        return Comparison::NotComparable(NotComparable::NoValues);
    }
    if computed.as_ref() == Some(&published) {
        return Comparison::Agrees;
    }
    Comparison::Differs { published, computed, reason }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::performance::Tenths;

    /// 10.0 per cent of 200 students, unchanged: level 3, level 3, yellow, box 130.
    fn row() -> Performance {
        Performance {
            numerator: Some(20),
            denominator: Some(200),
            prior_numerator: Some(20),
            prior_denominator: Some(200),
            status_level: Level::new(3),
            change_level: Level::new(3),
            color: Some(Color::Yellow),
            box_number: Some(130),
            ..Performance::default()
        }
    }

    fn check(row: &Performance) -> ColorCheck {
        sample::tables().check(Indicator::Chro, StudentGroup::Hi, RecordKind::School, row)
    }

    #[test]
    fn a_row_that_the_tables_give_agrees_in_every_field() {
        let check = check(&row());
        assert_eq!(check.color, Comparison::Agrees);
        assert_eq!(check.status_level, Comparison::Agrees);
        assert_eq!(check.change_level, Comparison::Agrees);
        assert_eq!(check.box_number, Comparison::Agrees);
        assert!(!check.is_unexplained());
    }

    #[test]
    fn another_colour_differs_without_a_reason_and_the_other_fields_still_agree() {
        let check = check(&Performance { color: Some(Color::Red), ..row() });
        let expected = Comparison::Differs {
            published: Color::Red,
            computed: Some(Color::Yellow),
            reason: None,
        };
        assert_eq!(check.color, expected);
        assert_eq!(check.box_number, Comparison::Agrees);
        assert!(check.is_unexplained());
    }

    #[test]
    fn a_published_colour_of_a_group_too_small_for_one_differs_from_none() {
        let check = check(&Performance { denominator: Some(29), numerator: Some(3), ..row() });
        let expected =
            Comparison::Differs { published: Color::Yellow, computed: None, reason: None };
        assert_eq!(check.color, expected);
    }

    #[test]
    fn a_data_error_explains_a_colour_that_the_tables_do_not_give() {
        let check =
            check(&Performance { color: Some(Color::Red), data_error: Some(true), ..row() });
        assert!(matches!(
            check.color,
            Comparison::Differs { reason: Some(Override::DataError), .. }
        ));
        assert!(!check.is_unexplained());
    }

    #[test]
    fn data_that_were_not_certified_explain_a_colour_and_no_level() {
        let check = check(&Performance {
            color: Some(Color::Red),
            status_level: Level::new(5),
            not_certified: Some(true),
            ..row()
        });
        assert!(matches!(
            check.color,
            Comparison::Differs { reason: Some(Override::NotCertified), .. }
        ));
        assert!(check.status_level.is_unexplained());
    }

    #[test]
    fn orange_in_box_180_agrees_where_the_data_were_not_certified() {
        let check = check(&Performance {
            color: Some(Color::Orange),
            box_number: Some(180),
            not_certified: Some(true),
            ..row()
        });
        assert_eq!((check.color, check.box_number), (Comparison::Agrees, Comparison::Agrees));
    }

    #[test]
    fn what_is_missing_is_named() {
        let none = check(&Performance { color: None, ..row() });
        assert_eq!(none.color, Comparison::NotComparable(NotComparable::NotPublished));

        let no_values = check(&Performance { numerator: None, ..row() });
        assert_eq!(no_values.color, Comparison::NotComparable(NotComparable::NoValues));
        assert_eq!(no_values.status_level, Comparison::NotComparable(NotComparable::NoValues));

        let no_table = sample::tables().check(
            Indicator::Math,
            StudentGroup::Hi,
            RecordKind::School,
            &Performance { status: Some(Tenths(0)), ..row() },
        );
        assert_eq!(no_table.color, Comparison::NotComparable(NotComparable::NoTable));

        // The sample year gives college/career a status and no colour.
        let status_only = sample::tables().check(
            Indicator::Cci,
            StudentGroup::Hi,
            RecordKind::School,
            &Performance { status_level: Level::new(2), ..row() },
        );
        assert_eq!(status_only.status_level, Comparison::Agrees);
        assert_eq!(status_only.color, Comparison::NotComparable(NotComparable::NoTable));
    }
}
