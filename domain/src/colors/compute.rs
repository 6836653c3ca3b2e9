//! What the tables make of a row: values, levels, colour and box.

use std::fmt;

use super::{ColorTable, ColorTables, Override, RecordKind, Variant};
use crate::indicator::Indicator;
use crate::performance::{Color, Level, Performance, Tenths};
use crate::student_group::StudentGroup;

/// Where a value came from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Basis {
    /// From numerators and denominators.
    Counts,
    /// As the file has it, because the file has no counts or they do not give the value.
    PublishedValues,
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Basis::Counts => "counts",
            Basis::PublishedValues => "published values",
        })
    }
}

/// A status or change, and where it came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Measure {
    /// Per cent or points, in tenths, rounded half away from zero.
    pub value: Tenths,
    /// Where it came from.
    pub basis: Basis,
}

/// What a file would publish for a row if the tables, and the overrides that have a rule,
/// were all there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Computed {
    /// Which table was applied; `None` where the year has none for this row.
    pub variant: Option<Variant>,
    /// This year's status.
    pub status: Option<Measure>,
    /// Difference of the unrounded statuses of this year and the year before.
    pub change: Option<Measure>,
    /// Level of the status, after overrides; `None` for a group too small to show one.
    pub status_level: Option<Level>,
    /// Level of the change as the file publishes it: collapsed by the three-by-five rule,
    /// except for the indicators whose file keeps the level from before.
    pub change_level: Option<Level>,
    /// Colour, after overrides; `None` for a group too small to have one.
    pub color: Option<Color>,
    /// Place in the table, 10 to 250; `None` where there is no colour.
    pub box_number: Option<u16>,
    /// Whether the three-by-five rule applied.
    pub small_denominator: bool,
    /// The overrides that the row's flags put in force.
    pub overrides: Vec<Override>,
}

impl ColorTables {
    /// Computes a row's values, levels, colour and box.
    ///
    /// A denominator that the file leaves blank, as for schools that borrow their results
    /// from others (pair-share), withholds nothing.
    #[must_use]
    pub fn compute(
        &self,
        indicator: Indicator,
        group: StudentGroup,
        record: RecordKind,
        performance: &Performance,
    ) -> Computed {
        let mut computed = Computed {
            status: status(performance),
            change: self.change(indicator, performance),
            small_denominator: self.is_small(indicator, group, performance),
            overrides: self.overrides_in_force(indicator, performance),
            ..Computed::default()
        };
        let Some((variant, table)) = self.table_of(indicator, record, performance) else {
            return computed;
        };
        computed.variant = Some(variant);

        let size = performance.denominator;
        let prior_size = performance.prior_denominator;
        if !reaches(size, self.sizes.levels) {
            return computed;
        }
        let status_level = computed.status.map(|status| table.status_level(status.value));
        computed.status_level =
            status_level.map(|level| self.overridden_status(indicator, level, &computed.overrides));
        if !reaches(prior_size, self.sizes.levels) {
            return computed;
        }
        let change_level = computed.change.and_then(|change| table.change_level(change.value));
        let collapsed = change_level
            .map(|level| if computed.small_denominator { three_by_five(level) } else { level });
        let keeps_level = self
            .small_denominator
            .as_ref()
            .is_some_and(|small| small.change_level_before_collapse.contains(&indicator));
        computed.change_level = if keeps_level { change_level } else { collapsed };

        let needed = self.sizes.for_color(group, record);
        if !reaches(size, needed) || !reaches(prior_size, needed) {
            return computed;
        }
        if let (Some(status), Some(change)) = (computed.status_level, collapsed) {
            computed.color = table.cell(status, change);
            computed.box_number = computed.color.map(|_| box_number(status, change));
            self.override_color(indicator, &mut computed);
        }
        computed
    }

    /// The table that applies to a row. A year without the special variant uses the ordinary
    /// one for every row.
    pub(super) fn table_of(
        &self,
        indicator: Indicator,
        record: RecordKind,
        performance: &Performance,
    ) -> Option<(Variant, &ColorTable)> {
        let special = match indicator {
            Indicator::Susp => Some(Variant::Type(performance.table_type?)),
            Indicator::Ela | Indicator::Math => {
                (performance.high_school_cuts == Some(true)).then_some(Variant::HighSchoolCuts)
            }
            Indicator::Grad => (record == RecordKind::CountyOffice
                || performance.alternative_school == Some(true))
            .then_some(Variant::AlternativeSchool),
            Indicator::Science | Indicator::Elpi | Indicator::Chro | Indicator::Cci => None,
        };
        special
            .into_iter()
            .chain([Variant::All])
            .find_map(|variant| Some((variant, self.table(indicator, variant)?)))
    }

    fn is_small(
        &self,
        indicator: Indicator,
        group: StudentGroup,
        performance: &Performance,
    ) -> bool {
        self.small_below(indicator, group).is_some_and(|below| {
            let flagged = performance.small_denominator.unwrap_or(false);
            performance.denominator.map_or(flagged, |size| size < below)
        })
    }

    fn change(&self, indicator: Indicator, performance: &Performance) -> Option<Measure> {
        let from_counts =
            if self.change_as_published.contains(&indicator) { None } else { change(performance) };
        // Some files write a change of 0.0 where there is no year before.
        let has_prior =
            performance.prior_status.is_some() && performance.prior_denominator != Some(0);
        from_counts.or_else(|| {
            let value = performance.change.filter(|_| has_prior)?;
            Some(Measure { value, basis: Basis::PublishedValues })
        })
    }

    fn overrides_in_force(&self, indicator: Indicator, performance: &Performance) -> Vec<Override> {
        let flagged = |kind: Override| match kind {
            Override::NotCertified => performance.not_certified,
            Override::DataError => performance.data_error,
            Override::ParticipationCap => performance.participation_capped,
        };
        Override::ALL
            .into_iter()
            .filter(|kind| flagged(*kind) == Some(true))
            .filter(|kind| self.override_rule(*kind, indicator).is_some())
            .collect()
    }

    fn overridden_status(
        &self,
        indicator: Indicator,
        level: Level,
        overrides: &[Override],
    ) -> Level {
        overrides.iter().fold(level, |level, kind| {
            let rule = self.override_rule(*kind, indicator);
            match (kind, rule.and_then(|rule| rule.status_level)) {
                (Override::ParticipationCap, Some(cap)) => level.min(cap),
                (Override::NotCertified, Some(assigned)) => assigned,
                _ => level,
            }
        })
    }

    fn override_color(&self, indicator: Indicator, computed: &mut Computed) {
        if !computed.overrides.contains(&Override::NotCertified) {
            return;
        }
        if let Some(rule) = self.override_rule(Override::NotCertified, indicator) {
            computed.color = rule.color.or(computed.color);
            computed.box_number = rule.box_number.or(computed.box_number);
        }
    }
}

/// Small groups are spared the outer columns: one student is too large a share of them.
fn three_by_five(level: Level) -> Level {
    Level::new(level.number().clamp(2, 4)).unwrap_or(level)
}

/// Counts boxes row by row from the best status and the worst change on, in tens.
fn box_number(status: Level, change: Level) -> u16 {
    u16::from(5 - status.number()) * 50 + u16::from(change.number()) * 10
}

fn reaches(size: Option<u32>, needed: u32) -> bool {
    size.is_none_or(|size| size >= needed)
}

fn status(performance: &Performance) -> Option<Measure> {
    let from_counts = || {
        let (numerator, denominator) = counts(performance.numerator, performance.denominator)?;
        let value = rounded_ratio(100 * numerator, denominator)?;
        Some(Measure { value, basis: Basis::Counts })
    };
    from_counts()
        .or_else(|| Some(Measure { value: performance.status?, basis: Basis::PublishedValues }))
}

/// The difference of the unrounded rates: subtracting the rounded ones would be off by a
/// tenth in every fourth row or so.
fn change(performance: &Performance) -> Option<Measure> {
    let (numerator, denominator) = counts(performance.numerator, performance.denominator)?;
    let (prior_numerator, prior_denominator) =
        counts(performance.prior_numerator, performance.prior_denominator)?;
    let difference = numerator * prior_denominator - prior_numerator * denominator;
    let value = rounded_ratio(100 * difference, denominator * prior_denominator)?;
    Some(Measure { value, basis: Basis::Counts })
}

fn counts(numerator: Option<u32>, denominator: Option<u32>) -> Option<(i128, i128)> {
    let denominator = denominator.filter(|d| *d > 0)?;
    Some((i128::from(numerator?), i128::from(denominator)))
}

/// `numerator / denominator` in tenths, rounded half away from zero. In 128 bits, because a
/// product of two counts by a denominator of the same kind overflows 64.
fn rounded_ratio(numerator: i128, denominator: i128) -> Option<Tenths> {
    let magnitude = (numerator.abs() * 20 + denominator) / (denominator * 2);
    let magnitude = i32::try_from(magnitude).ok()?;
    Some(Tenths(if numerator < 0 { -magnitude } else { magnitude }))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::performance::TableType;

    const SCHOOL: RecordKind = RecordKind::School;
    const DISTRICT: RecordKind = RecordKind::District;

    fn level(number: u8) -> Option<Level> {
        Level::new(number)
    }

    fn counted(now: (u32, u32), before: (u32, u32)) -> Performance {
        Performance {
            numerator: Some(now.0),
            denominator: Some(now.1),
            prior_numerator: Some(before.0),
            prior_denominator: Some(before.1),
            ..Performance::default()
        }
    }

    fn published(status: i32, change: i32) -> Performance {
        Performance {
            status: Some(Tenths(status)),
            change: Some(Tenths(change)),
            prior_status: Some(Tenths(status - change)),
            denominator: Some(200),
            prior_denominator: Some(200),
            ..Performance::default()
        }
    }

    fn compute(indicator: Indicator, performance: &Performance) -> Computed {
        sample::tables().compute(indicator, StudentGroup::Hi, SCHOOL, performance)
    }

    #[test]
    fn a_tie_in_the_status_rounds_away_from_zero() {
        let at = compute(Indicator::Chro, &counted((41, 400), (0, 400))).status.unwrap();
        assert_eq!((at.value, at.basis), (Tenths(103), Basis::Counts));
        let below = compute(Indicator::Chro, &counted((1024, 10_000), (0, 10_000)));
        assert_eq!(below.status.unwrap().value, Tenths(102));
    }

    #[test]
    fn a_change_is_the_difference_of_the_unrounded_rates() {
        // 10.04 and 10.06 per cent are 10.0 and 10.1, but the difference is 0.02.
        let computed = compute(Indicator::Chro, &counted((1006, 10_000), (1004, 10_000)));
        assert_eq!(computed.change.unwrap().value, Tenths(0));
        // A tie of exactly -0.25, from 1/400, is -0.3.
        let computed = compute(Indicator::Chro, &counted((0, 400), (1, 400)));
        assert_eq!(computed.change.unwrap().value, Tenths(-3));
        let computed = compute(Indicator::Chro, &counted((0, 10_000), (24, 10_000)));
        assert_eq!(computed.change.unwrap().value, Tenths(-2));
    }

    #[test]
    fn the_largest_counts_do_not_overflow() {
        let computed = compute(Indicator::Chro, &counted((0, u32::MAX), (u32::MAX, u32::MAX)));
        assert_eq!(computed.change.unwrap().value, Tenths(-1000));
    }

    #[test]
    fn a_cut_belongs_to_the_better_level_of_a_higher_is_better_status() {
        assert_eq!(compute(Indicator::Elpi, &published(550, 0)).status_level, level(4));
        assert_eq!(compute(Indicator::Elpi, &published(549, 0)).status_level, level(3));
        assert_eq!(compute(Indicator::Elpi, &published(350, 0)).status_level, level(2));
        assert_eq!(compute(Indicator::Elpi, &published(349, 0)).status_level, level(1));
    }

    #[test]
    fn a_cut_belongs_to_the_better_level_of_a_lower_is_better_status() {
        assert_eq!(compute(Indicator::Chro, &published(25, 0)).status_level, level(5));
        assert_eq!(compute(Indicator::Chro, &published(26, 0)).status_level, level(4));
        assert_eq!(compute(Indicator::Chro, &published(200, 0)).status_level, level(2));
        assert_eq!(compute(Indicator::Chro, &published(201, 0)).status_level, level(1));
    }

    #[test]
    fn changes_are_cut_on_both_sides_of_zero() {
        for (change, expected) in [(-30, 5), (-29, 4), (-5, 4), (-4, 3), (4, 3), (5, 2), (31, 1)] {
            let computed = compute(Indicator::Chro, &published(100, change));
            assert_eq!(computed.change_level, level(expected), "{change}");
        }
        for (change, expected) in [(100, 5), (99, 4), (20, 4), (19, 3), (-20, 2), (-101, 1)] {
            let computed = compute(Indicator::Elpi, &published(500, change));
            assert_eq!(computed.change_level, level(expected), "{change}");
        }
    }

    #[test]
    fn colour_and_box_come_from_row_and_column() {
        let computed = compute(Indicator::Chro, &published(10, 31));
        assert_eq!((computed.color, computed.box_number), (Some(Color::Yellow), Some(10)));
        let computed = compute(Indicator::Chro, &published(201, -30));
        assert_eq!((computed.color, computed.box_number), (Some(Color::Yellow), Some(250)));
        let computed = compute(Indicator::Chro, &published(201, 0));
        assert_eq!((computed.color, computed.box_number), (Some(Color::Red), Some(230)));
    }

    #[test]
    fn an_impossible_cell_has_neither_colour_nor_box() {
        let computed = compute(Indicator::Grad, &published(960, -51));
        assert_eq!(computed.change_level, level(1));
        assert_eq!((computed.color, computed.box_number), (None, None));
    }

    #[test]
    fn below_150_students_the_outer_change_levels_collapse() {
        let of = |students: u32, change| {
            let row = Performance { denominator: Some(students), ..published(30, change) };
            let computed = compute(Indicator::Chro, &row);
            (computed.change_level, computed.color, computed.small_denominator)
        };
        assert_eq!(of(150, 31), (level(1), Some(Color::Orange), false));
        assert_eq!(of(149, 31), (level(2), Some(Color::Yellow), true));
        assert_eq!(of(150, -30), (level(5), Some(Color::Blue), false));
        assert_eq!(of(149, -30), (level(4), Some(Color::Green), true));
        assert_eq!(of(149, 0).0, level(3));
    }

    #[test]
    fn only_this_years_students_make_a_group_small() {
        let row = Performance { prior_denominator: Some(149), ..published(30, 31) };
        assert!(!compute(Indicator::Chro, &row).small_denominator);
    }

    #[test]
    fn without_a_denominator_the_files_own_flag_says_whether_a_group_is_small() {
        let row =
            Performance { denominator: None, small_denominator: Some(true), ..published(30, 31) };
        assert_eq!(compute(Indicator::Chro, &row).change_level, level(2));
    }

    #[test]
    fn an_indicator_or_group_outside_the_rule_never_collapses() {
        let row = Performance { denominator: Some(149), ..published(500, 100) };
        assert_eq!(compute(Indicator::Elpi, &row).change_level, level(5));

        let text = sample::EDITION.replace("below = 150", "below = 150\ngroups = [\"ALL\"]");
        let tables = super::super::load("sample", &text).unwrap();
        let row = Performance { denominator: Some(149), ..published(30, 31) };
        let of = |group| tables.compute(Indicator::Chro, group, SCHOOL, &row).change_level;
        assert_eq!(of(StudentGroup::All), level(2));
        assert_eq!(of(StudentGroup::Hi), level(1));
    }

    #[test]
    fn a_file_that_keeps_the_level_from_before_still_takes_colour_and_box_from_the_collapsed_one() {
        let row = Performance { denominator: Some(149), ..published(700, -51) };
        let computed = compute(Indicator::Grad, &row);
        assert_eq!(computed.change_level, level(1));
        assert_eq!((computed.color, computed.box_number), (Some(Color::Orange), Some(170)));
    }

    #[test]
    fn a_group_needs_30_students_both_years_for_a_colour() {
        let of = |now, before| {
            let row = Performance {
                denominator: Some(now),
                prior_denominator: Some(before),
                ..published(100, 0)
            };
            let computed = compute(Indicator::Chro, &row);
            assert_eq!(computed.status_level, level(3));
            computed.color
        };
        assert!(of(30, 30).is_some());
        assert!(of(29, 30).is_none());
        assert!(of(30, 29).is_none());
    }

    #[test]
    fn foster_youth_need_15_in_a_district_and_30_in_a_charter() {
        let tables = sample::tables();
        let of = |students, group, record| {
            let row = Performance {
                denominator: Some(students),
                prior_denominator: Some(students),
                ..published(100, 0)
            };
            tables.compute(Indicator::Chro, group, record, &row).color.is_some()
        };
        assert!(of(15, StudentGroup::Fos, DISTRICT));
        assert!(of(15, StudentGroup::Fos, RecordKind::CountyOffice));
        assert!(!of(14, StudentGroup::Fos, DISTRICT));
        assert!(!of(29, StudentGroup::Fos, SCHOOL));
        assert!(!of(29, StudentGroup::Hi, DISTRICT));
    }

    #[test]
    fn levels_are_shown_from_11_students_on() {
        let of = |now, before| {
            let row = Performance {
                denominator: Some(now),
                prior_denominator: Some(before),
                ..published(100, 0)
            };
            let computed = compute(Indicator::Chro, &row);
            (computed.status_level, computed.change_level)
        };
        assert_eq!(of(11, 11), (level(3), level(3)));
        assert_eq!(of(10, 11), (None, None));
        assert_eq!(of(11, 10), (level(3), None));
    }

    #[test]
    fn a_blank_denominator_withholds_nothing() {
        let row = Performance { prior_denominator: None, ..published(100, 0) };
        assert!(compute(Indicator::Chro, &row).color.is_some());
    }

    #[test]
    fn a_change_of_zero_without_a_year_before_is_no_change() {
        let row = Performance { prior_status: None, ..published(100, 0) };
        assert_eq!(compute(Indicator::Chro, &row).change, None);
        let row = Performance { prior_denominator: Some(0), ..published(100, 0) };
        assert_eq!(compute(Indicator::Chro, &row).change, None);
    }

    #[test]
    fn a_zero_denominator_is_no_count() {
        let row = Performance { status: None, ..counted((0, 0), (0, 0)) };
        assert_eq!(compute(Indicator::Chro, &row).status, None);
    }

    #[test]
    fn counts_come_before_the_published_values_unless_the_year_says_otherwise() {
        let row = Performance {
            change: Some(Tenths(7)),
            prior_status: Some(Tenths(93)),
            ..counted((10, 100), (0, 100))
        };
        let of = |tables: &ColorTables| {
            tables.compute(Indicator::Chro, StudentGroup::Hi, SCHOOL, &row).change.unwrap()
        };
        assert_eq!(of(&sample::tables()), Measure { value: Tenths(100), basis: Basis::Counts });

        let text =
            sample::EDITION.replace("year = 2099", "year = 2099\nchange_as_published = [\"CHRO\"]");
        let tables = super::super::load("sample", &text).unwrap();
        assert_eq!(of(&tables), Measure { value: Tenths(7), basis: Basis::PublishedValues });
    }

    #[test]
    fn distance_from_standard_is_taken_as_published_and_cut_by_the_rows_own_table() {
        let row = published(-450, 0);
        let computed = compute(Indicator::Ela, &row);
        assert_eq!(computed.status.unwrap().basis, Basis::PublishedValues);
        assert_eq!((computed.variant, computed.status_level), (Some(Variant::All), level(2)));
        let row = Performance { high_school_cuts: Some(true), ..published(-451, 0) };
        let computed = compute(Indicator::Ela, &row);
        assert_eq!(computed.variant, Some(Variant::HighSchoolCuts));
        assert_eq!(computed.status_level, level(1));
    }

    #[test]
    fn the_type_column_names_the_suspension_table_and_without_it_there_is_none() {
        let of = |table_type| {
            let row = Performance { table_type, ..published(12, 0) };
            compute(Indicator::Susp, &row).status_level
        };
        assert_eq!(of(Some(TableType::Es)), level(3));
        assert_eq!(of(Some(TableType::Ed)), level(4));
        assert_eq!(of(None), None);
    }

    #[test]
    fn alternative_schools_and_county_offices_have_graduation_cuts_of_their_own() {
        let tables = sample::tables();
        let of = |record, alternative_school| {
            let row = Performance { alternative_school, ..published(905, 0) };
            tables.compute(Indicator::Grad, StudentGroup::Hi, record, &row).status_level
        };
        assert_eq!(of(SCHOOL, None), level(4));
        assert_eq!(of(SCHOOL, Some(true)), level(5));
        assert_eq!(of(DISTRICT, Some(false)), level(4));
        assert_eq!(of(RecordKind::CountyOffice, None), level(5));

        let without = sample::EDITION.replace("variant = \"DASS\"", "variant = \"ALL\"");
        assert!(super::super::load("sample", &without).is_err());
    }

    #[test]
    fn data_that_were_not_certified_are_orange_in_box_180_and_keep_their_levels() {
        let row = Performance { not_certified: Some(true), ..published(25, 0) };
        let computed = compute(Indicator::Chro, &row);
        assert_eq!((computed.status_level, computed.change_level), (level(5), level(3)));
        assert_eq!((computed.color, computed.box_number), (Some(Color::Orange), Some(180)));
        assert_eq!(computed.overrides, [Override::NotCertified]);

        let small = Performance { denominator: Some(29), ..row };
        assert_eq!(compute(Indicator::Chro, &small).color, None);
    }

    #[test]
    fn an_override_of_another_indicator_is_not_in_force() {
        let row = Performance { not_certified: Some(true), ..published(700, 0) };
        assert_eq!(compute(Indicator::Elpi, &row).overrides, []);
        assert_eq!(compute(Indicator::Elpi, &row).color, Some(Color::Blue));
    }

    #[test]
    fn a_year_of_statuses_may_assign_high_to_data_that_were_not_certified() {
        let text = sample::EDITION.replace("color = \"Orange\"\nbox = 180", "status_level = 2");
        let tables = super::super::load("sample", &text).unwrap();
        let row = Performance { not_certified: Some(true), ..published(25, 0) };
        let computed = tables.compute(Indicator::Chro, StudentGroup::Hi, SCHOOL, &row);
        assert_eq!(computed.status_level, level(2));
    }

    #[test]
    fn too_few_tested_caps_the_status_at_low_and_leaves_very_low() {
        for (status, expected) in [(700, 2), (350, 2), (349, 1)] {
            let row = Performance { participation_capped: Some(true), ..published(status, 0) };
            let computed = compute(Indicator::Elpi, &row);
            assert_eq!(computed.status_level, level(expected), "{status}");
            assert_eq!(computed.overrides, [Override::ParticipationCap]);
        }
    }

    #[test]
    fn a_data_error_is_named_and_the_tables_are_applied_as_if_there_were_none() {
        let row = Performance { data_error: Some(true), ..published(25, 0) };
        let computed = compute(Indicator::Chro, &row);
        assert_eq!(computed.overrides, [Override::DataError]);
        assert_eq!(computed.color, Some(Color::Blue));
    }
}
