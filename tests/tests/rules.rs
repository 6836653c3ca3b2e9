//! The law's fine points, one sentence each.
//!
//! Every case is a made-up LEA whose every file is loaded and whose groups have the best
//! rating, except for what the test sets.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeSet;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::determination::{AnswerId, Determination};
use calsos_domain::facts::{Cited, ReleaseNumber};
use calsos_domain::history::Origin;
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::operator::{GeographicLeadRow, Span};
use calsos_domain::outcome::{MissingInput, Outcome};
use calsos_domain::performance::{Color, Level, Performance};
use calsos_domain::release::{LocalRating, PublishedStatus};
use calsos_domain::rulebook::{Edition, Effect};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::{Answer, provider};
use calsos_domain::sustained_need::SustainedFinding;
use calsos_tests::case::{Case, books, edition, priority, year};

use Color::{Blue, Green, Orange, Red, Yellow};
use Indicator::{Cci, Chro, Ela, Elpi, Grad, Math, Science, Susp};
use LeaType::{Charter, CountyOffice, District};
use LocalRating::{NotMet, NotMetTwoYears};
use PublishedStatus::{Differentiated, DifferentiatedYear1, DifferentiatedYear2, General};
use StudentGroup::{Aa, All, El, Fos, Hi, Hom, Ltel, Sed, Swd, Wh};

const DECIDED_YEARS: [u16; 7] = [2017, 2018, 2019, 2022, 2023, 2024, 2025];

fn best(lea_type: LeaType, edition: &Edition) -> Case {
    Case::new(lea_type).loaded(edition).all_best(edition)
}

fn district(edition: &Edition) -> Case {
    best(District, edition)
}

fn rows(edition: &Edition, group: StudentGroup, rows: &[(Indicator, Color)]) -> Case {
    put(district(edition), edition, group, rows)
}

/// Rows whose status level is the colour's number.
fn put(case: Case, edition: &Edition, group: StudentGroup, rows: &[(Indicator, Color)]) -> Case {
    rows.iter().fold(case, |case, (indicator, color)| {
        case.rated(edition, *indicator, group, *color, *color as u8)
    })
}

fn decide(case: &Case, edition: &Edition) -> Determination<'static> {
    case.decide(books(), edition)
}

fn method(determination: &Determination<'_>, id: &str) -> Outcome {
    let methods = &determination.conclusions.methods;
    methods.iter().find(|(found, _)| found == id).map(|(_, outcome)| *outcome).unwrap()
}

fn has_method(determination: &Determination<'_>, id: &str) -> bool {
    determination.conclusions.methods.iter().any(|(found, _)| found == id)
}

/// Whether the group is in the state priority.
fn in_priority(case: &Case, edition: &Edition, group: StudentGroup, number: u8) -> Outcome {
    let determination = decide(case, edition);
    let finding = determination.evaluation.groups.iter().find(|g| g.group == group).unwrap();
    finding
        .priorities
        .iter()
        .find(|(p, _)| p.number() == number)
        .map_or(Outcome::NotMet, |(_, outcome)| *outcome)
}

fn code(determination: &Determination<'_>, group: StudentGroup) -> Answer<Option<char>> {
    let codes = &determination.conclusions.codes;
    codes.iter().find(|(g, _)| *g == group).map(|(_, code)| *code).unwrap()
}

fn label<'a>(determination: &'a Determination<'_>) -> Option<&'a str> {
    determination.conclusions.label.text.known().map(String::as_str)
}

fn support_year(determination: &Determination<'_>) -> Option<u8> {
    determination.conclusions.label.support_year.known().copied()
}

fn level(determination: &Determination<'_>) -> Option<u8> {
    determination.conclusions.eligible_level.known().copied()
}

fn test<'a>(determination: &'a Determination<'_>, id: &str) -> &'a SustainedFinding {
    determination.conclusions.sustained.iter().find(|s| s.id == id).unwrap()
}

fn could_change(determination: &Determination<'_>, input: MissingInput) -> Vec<String> {
    let (_, answers) = determination.missing.iter().find(|(i, _)| *i == input).unwrap();
    answers.iter().map(AnswerId::text).collect()
}

fn has_open(determination: &Determination<'_>, id: &str) -> bool {
    determination.open_points.iter().any(|open| open == id)
}

/// Lists of earlier years, each with the groups that have a letter in it.
fn listed(mut case: Case, lists: &[(u16, &[StudentGroup])]) -> Case {
    for (number, groups) in lists {
        let status = match (groups.is_empty(), *number >= 2023) {
            (true, _) => General,
            (false, true) => DifferentiatedYear1,
            (false, false) => Differentiated,
        };
        case = case.listed(edition(*number), status, groups);
    }
    case
}

/// Earlier lists on which the LEA is in general assistance.
fn never_before(case: Case, number: u16) -> Case {
    let earlier = DECIDED_YEARS.into_iter().filter(|y| *y < number);
    earlier.fold(case, |case, y| case.listed(edition(y), General, &[]))
}

// ---------------------------------------------------------------- state indicators

#[test]
fn orange_in_math_counts_only_beside_red_in_ela() {
    for number in [2017, 2018, 2019, 2023, 2024, 2025] {
        let e = edition(number);
        let with = |ela| in_priority(&rows(e, Swd, &[(Ela, ela), (Math, Orange)]), e, Swd, 4);
        assert_eq!(with(Red), Outcome::Met, "{number}");
        for ela in [Orange, Yellow, Green, Blue] {
            assert_eq!(with(ela), Outcome::NotMet, "{number}, ELA {ela}");
        }
    }
}

#[test]
fn orange_in_ela_counts_only_beside_red_in_math() {
    for number in [2017, 2018, 2019, 2023, 2024, 2025] {
        let e = edition(number);
        let with = |math| in_priority(&rows(e, Swd, &[(Ela, Orange), (Math, math)]), e, Swd, 4);
        assert_eq!(with(Red), Outcome::Met, "{number}");
        for math in [Orange, Yellow, Green, Blue] {
            assert_eq!(with(math), Outcome::NotMet, "{number}, math {math}");
        }
    }
}

#[test]
fn red_in_one_of_ela_and_math_with_yellow_in_the_other_is_not_enough() {
    let e = edition(2024);
    for case in [[(Ela, Red), (Math, Yellow)], [(Ela, Yellow), (Math, Red)]] {
        assert_eq!(in_priority(&rows(e, Swd, &case), e, Swd, 4), Outcome::NotMet);
    }
}

#[test]
fn red_in_ela_without_a_row_in_math_is_not_enough() {
    let e = edition(2024);
    let case = Case::new(District).loaded(e).rated(e, Ela, Swd, Red, 1);
    assert_eq!(in_priority(&case, e, Swd, 4), Outcome::NotMet);
}

#[test]
fn orange_counts_in_no_other_priority() {
    for number in [2018, 2019, 2024, 2025] {
        let e = edition(number);
        let all = [(Grad, Orange), (Chro, Orange), (Susp, Orange), (Cci, Orange)];
        let case = rows(e, Swd, &all);
        for p in [5, 6, 8] {
            assert_eq!(in_priority(&case, e, Swd, p), Outcome::NotMet, "{number}, priority {p}");
        }
    }
}

#[test]
fn in_2022_low_is_not_very_low_on_either_test() {
    let e = edition(2022);
    let with = |ela, math| {
        let case = district(e).rated(e, Ela, Swd, Red, ela).rated(e, Math, Swd, Red, math);
        in_priority(&case, e, Swd, 4)
    };
    assert_eq!(with(1, 1), Outcome::Met);
    assert_eq!(with(1, 2), Outcome::NotMet);
    assert_eq!(with(2, 1), Outcome::NotMet);
}

#[test]
fn english_learner_progress_counts_by_colour_in_2017_not_in_2018_and_by_status_in_2019() {
    let row = |color, level| Performance {
        color,
        status_level: Level::new(level),
        denominator: Some(200),
        ..Performance::default()
    };
    let with = |number, color, level| {
        let e = edition(number);
        in_priority(&district(e).row(e, Elpi, El, row(color, level)), e, El, 4)
    };
    assert_eq!(with(2017, Some(Red), 2), Outcome::Met);
    assert_eq!(with(2017, Some(Orange), 1), Outcome::NotMet);
    assert_eq!(with(2018, Some(Red), 1), Outcome::NotMet);
    assert_eq!(with(2019, None, 1), Outcome::Met);
    assert_eq!(with(2019, None, 2), Outcome::NotMet);
    assert_eq!(with(2022, None, 1), Outcome::Met);
}

#[test]
fn english_learner_progress_counts_for_no_other_group() {
    for number in [2017, 2019, 2022, 2023, 2024, 2025] {
        let e = edition(number);
        let case = rows(e, Hi, &[(Elpi, Red)]);
        assert_eq!(in_priority(&case, e, Hi, 4), Outcome::NotMet, "{number}");
    }
}

#[test]
fn chronic_absence_does_not_count_in_2017_and_counts_from_2018_on() {
    for number in DECIDED_YEARS {
        let e = edition(number);
        let expected = Outcome::from_bool(number > 2017);
        let case = rows(e, Swd, &[(Chro, Red)]);
        assert_eq!(in_priority(&case, e, Swd, 5), expected, "{number}");
    }
}

#[test]
fn college_and_career_counts_from_2018_on_but_not_in_2022() {
    for number in DECIDED_YEARS {
        let e = edition(number);
        let expected = Outcome::from_bool(![2017, 2022].contains(&number));
        let case = rows(e, Swd, &[(Cci, Red)]);
        assert_eq!(in_priority(&case, e, Swd, 8), expected, "{number}");
    }
}

#[test]
fn college_and_career_counts_by_status_in_2023_whatever_the_colour() {
    let e = edition(2023);
    let row = |level, color| Performance {
        color: Some(color),
        status_level: Level::new(level),
        denominator: Some(200),
        size_met: Some(true),
        ..Performance::default()
    };
    let with =
        |level, color| in_priority(&district(e).row(e, Cci, Swd, row(level, color)), e, Swd, 8);
    assert_eq!(with(1, Blue), Outcome::Met);
    assert_eq!(with(2, Red), Outcome::NotMet);
}

#[test]
fn science_never_counts() {
    for number in DECIDED_YEARS {
        let e = edition(number);
        let case = district(e).in_priority(e, Swd, priority(6)).rated(e, Science, Swd, Red, 1);
        let row = Performance {
            color: Some(Red),
            status_level: Level::new(1),
            denominator: Some(200),
            accountability_met: Some(true),
            size_met: Some(true),
            ..Performance::default()
        };
        let d = decide(&case.row(e, Science, Swd, row), e);
        assert_eq!(code(&d, Swd), Answer::Known(None), "{number}");
        assert_eq!(method(&d, "M1"), Outcome::NotMet, "{number}");
    }
}

#[test]
fn two_indicators_inside_one_priority_count_once() {
    for number in [2018, 2019, 2022, 2023, 2024, 2025] {
        let e = edition(number);
        let case = rows(e, Swd, &[(Grad, Red), (Chro, Red)]);
        let d = decide(&case, e);
        assert_eq!(in_priority(&case, e, Swd, 5), Outcome::Met, "{number}");
        assert_eq!(method(&d, "M1"), Outcome::NotMet, "{number}");
        assert_eq!(code(&d, Swd), Answer::Known(None), "{number}");
    }
}

#[test]
fn english_learners_red_in_tests_and_in_progress_are_in_one_priority() {
    let e = edition(2024);
    let d = decide(&rows(e, El, &[(Ela, Red), (Math, Red), (Elpi, Red)]), e);
    assert_eq!(method(&d, "M1"), Outcome::NotMet);
}

#[test]
fn two_groups_with_one_priority_each_are_not_eligible() {
    for number in DECIDED_YEARS {
        let e = edition(number);
        let case = district(e).in_priority(e, Swd, priority(4)).in_priority(e, Hom, priority(6));
        let d = decide(&never_before(case, number), e);
        assert_eq!(method(&d, "M1"), Outcome::NotMet, "{number}");
        assert_eq!(d.conclusions.eligible, Outcome::NotMet, "{number}");
        assert_eq!(level(&d), Some(1), "{number}");
    }
}

#[test]
fn one_group_in_two_priorities_is_enough() {
    for number in DECIDED_YEARS {
        let e = edition(number);
        let case = district(e).in_priority(e, Swd, priority(4)).in_priority(e, Swd, priority(6));
        let d = decide(&never_before(case, number), e);
        assert_eq!(method(&d, "M1"), Outcome::Met, "{number}");
        assert_eq!(code(&d, Swd), Answer::Known(Some('D')), "{number}");
        assert_eq!(d.conclusions.group_count, Answer::Known(1), "{number}");
        assert_eq!(level(&d), Some(2), "{number}");
    }
}

#[test]
fn all_students_together_are_never_a_group() {
    for number in DECIDED_YEARS {
        let e = edition(number);
        let red = Indicator::ALL.map(|indicator| (indicator, Red));
        let d = decide(&rows(e, All, &red), e);
        assert_eq!(d.conclusions.eligible, Outcome::NotMet, "{number}");
        assert!(d.evaluation.groups.iter().all(|g| g.group != All && g.met().is_empty()));
    }
}

#[test]
fn long_term_english_learners_are_no_group_before_2024() {
    let red = [(Ela, Red), (Math, Red), (Susp, Red), (Elpi, Red)];
    for number in DECIDED_YEARS {
        let e = edition(number);
        let d = decide(&rows(e, Ltel, &red), e);
        assert_eq!(d.conclusions.eligible, Outcome::from_bool(number >= 2024), "{number}");
    }
}

#[test]
fn in_2025_orange_in_english_learner_progress_counts_for_long_term_english_learners() {
    let e = edition(2025);
    let with = |group, color| in_priority(&rows(e, group, &[(Elpi, color)]), e, group, 4);
    assert_eq!(with(Ltel, Red), Outcome::Met);
    assert_eq!(with(Ltel, Orange), Outcome::Met);
    assert_eq!(with(Ltel, Yellow), Outcome::NotMet);
    assert_eq!(with(El, Red), Outcome::Met);
    assert_eq!(with(El, Orange), Outcome::NotMet);
}

#[test]
fn in_2025_ela_and_math_of_long_term_english_learners_do_not_count() {
    let e = edition(2025);
    let case = rows(e, Ltel, &[(Ela, Red), (Math, Red), (Susp, Red)]);
    assert_eq!(in_priority(&case, e, Ltel, 4), Outcome::NotMet);
    assert_eq!(decide(&case, e).conclusions.eligible, Outcome::NotMet);
}

#[test]
fn in_2024_ela_and_math_of_long_term_english_learners_do_count() {
    let e = edition(2024);
    let case = rows(e, Ltel, &[(Ela, Red), (Math, Orange), (Susp, Red)]);
    assert_eq!(in_priority(&case, e, Ltel, 4), Outcome::Met);
    assert_eq!(decide(&case, e).conclusions.eligible, Outcome::Met);
}

#[test]
fn in_2024_orange_in_english_learner_progress_counts_for_nobody() {
    let e = edition(2024);
    for group in [El, Ltel] {
        assert_eq!(in_priority(&rows(e, group, &[(Elpi, Orange)]), e, group, 4), Outcome::NotMet);
        assert_eq!(in_priority(&rows(e, group, &[(Elpi, Red)]), e, group, 4), Outcome::Met);
    }
}

#[test]
fn long_term_english_learners_count_on_their_own_progress_row_only() {
    let e = edition(2024);
    assert_eq!(in_priority(&rows(e, El, &[(Elpi, Red)]), e, Ltel, 4), Outcome::NotMet);
}

// ---------------------------------------------------------------- group size

/// Whether a group of this size, red on suspension, is in priority 6 of the 2022 edition,
/// which knows the size from the row only.
fn counted(lea_type: LeaType, group: StudentGroup, students: u32) -> Outcome {
    let e = edition(2022);
    let row = Performance {
        status_level: Level::new(1),
        denominator: Some(students),
        ..Performance::default()
    };
    let case = Case::new(lea_type).loaded(e).row(e, Susp, group, row);
    in_priority(&case, e, group, 6)
}

#[test]
fn twenty_nine_students_do_not_count() {
    for lea_type in LeaType::ALL {
        assert_eq!(counted(lea_type, Swd, 29), Outcome::NotMet);
    }
}

#[test]
fn thirty_students_count() {
    for lea_type in LeaType::ALL {
        assert_eq!(counted(lea_type, Swd, 30), Outcome::Met);
    }
}

#[test]
fn fourteen_foster_or_homeless_students_do_not_count_at_district_level() {
    for (lea_type, group) in [(District, Fos), (District, Hom), (CountyOffice, Fos)] {
        assert_eq!(counted(lea_type, group, 14), Outcome::NotMet);
    }
}

#[test]
fn fifteen_foster_or_homeless_students_count_at_district_level() {
    for (lea_type, group) in
        [(District, Fos), (District, Hom), (CountyOffice, Fos), (CountyOffice, Hom)]
    {
        assert_eq!(counted(lea_type, group, 15), Outcome::Met);
    }
}

#[test]
fn twenty_nine_foster_or_homeless_students_do_not_count_in_a_charter() {
    for group in [Fos, Hom] {
        assert_eq!(counted(Charter, group, 15), Outcome::NotMet);
        assert_eq!(counted(Charter, group, 29), Outcome::NotMet);
    }
}

#[test]
fn thirty_foster_or_homeless_students_count_in_a_charter() {
    for group in [Fos, Hom] {
        assert_eq!(counted(Charter, group, 30), Outcome::Met);
    }
}

#[test]
fn fifteen_long_term_english_learners_are_enough_from_2024_at_district_level_only() {
    for number in [2024, 2025] {
        let size = &edition(number).size;
        assert_eq!(size.minimum_for(District, Ltel), 15);
        assert_eq!(size.minimum_for(CountyOffice, Ltel), 15);
        assert_eq!(size.minimum_for(Charter, Ltel), 30);
        assert_eq!(size.minimum_for(District, El), 30);
    }
}

#[test]
fn from_2023_the_file_says_whether_a_row_counts() {
    for (number, indicator, by_size) in
        [(2023, Susp, false), (2023, Cci, true), (2024, Cci, false), (2025, Susp, false)]
    {
        let e = edition(number);
        let p = if indicator == Cci { 8 } else { 6 };
        let with = |accountability_met, size_met, students| {
            let row = Performance {
                color: Some(Red),
                status_level: Level::new(1),
                denominator: Some(students),
                accountability_met,
                size_met,
                ..Performance::default()
            };
            let case = Case::new(District).loaded(e).row(e, indicator, Swd, row);
            in_priority(&case, e, Swd, p)
        };
        let (own, other) = if by_size {
            ((None, Some(true)), (Some(true), None))
        } else {
            ((Some(true), None), (None, Some(true)))
        };
        assert_eq!(with(own.0, own.1, 12), Outcome::Met, "{number} {indicator}");
        assert_eq!(with(other.0, other.1, 200), Outcome::NotMet, "{number} {indicator}");
        assert_eq!(with(Some(false), Some(false), 200), Outcome::NotMet, "{number} {indicator}");
    }
}

// ---------------------------------------------------------------- methods

#[test]
fn two_local_indicators_are_method_2_without_any_group() {
    for number in [2018, 2019, 2023, 2024, 2025] {
        let e = edition(number);
        let case =
            district(e).local(e, priority(1), NotMetTwoYears).local(e, priority(6), NotMetTwoYears);
        let d = decide(&case, e);
        assert_eq!(method(&d, "M2"), Outcome::Met, "{number}");
        assert_eq!(d.conclusions.group_count, Answer::Known(0), "{number}");
        assert_eq!(d.conclusions.eligible, Outcome::Met, "{number}");
    }
}

#[test]
fn one_local_indicator_is_not_method_2() {
    let e = edition(2024);
    let d = decide(&district(e).local(e, priority(1), NotMetTwoYears), e);
    assert_eq!(method(&d, "M2"), Outcome::NotMet);
    assert_eq!(d.conclusions.eligible, Outcome::NotMet);
}

#[test]
fn a_local_indicator_not_met_for_one_year_does_not_count() {
    let e = edition(2024);
    let case = district(e).local(e, priority(1), NotMet).local(e, priority(2), NotMetTwoYears);
    assert_eq!(method(&decide(&case, e), "M2"), Outcome::NotMet);
}

#[test]
fn local_indicators_do_not_count_in_2017_and_2022() {
    for number in [2017, 2022] {
        let e = edition(number);
        let case =
            district(e).local(e, priority(1), NotMetTwoYears).local(e, priority(2), NotMetTwoYears);
        let d = decide(&case, e);
        assert!(!has_method(&d, "M2") && !has_method(&d, "M3"), "{number}");
        assert_eq!(d.conclusions.eligible, Outcome::NotMet, "{number}");
    }
}

#[test]
fn priorities_9_and_10_are_asked_of_county_offices_only() {
    let e = edition(2024);
    for (lea_type, expected) in
        [(District, Outcome::NotMet), (CountyOffice, Outcome::Met), (Charter, Outcome::NotMet)]
    {
        let case = best(lea_type, e).local(e, priority(9), NotMetTwoYears).local(
            e,
            priority(10),
            NotMetTwoYears,
        );
        assert_eq!(method(&decide(&case, e), "M2"), expected, "{lea_type}");
    }
}

#[test]
fn one_local_indicator_and_a_group_in_another_priority_are_method_3() {
    for number in [2018, 2019, 2023, 2024, 2025] {
        let e = edition(number);
        let case =
            district(e).local(e, priority(1), NotMetTwoYears).in_priority(e, Swd, priority(6));
        let d = decide(&case, e);
        assert_eq!(method(&d, "M3"), Outcome::Met, "{number}");
        assert_eq!(code(&d, Swd), Answer::Known(None), "{number}: a single priority has no letter");
        assert_eq!(d.conclusions.eligible, Outcome::Met, "{number}");
    }
}

#[test]
fn a_group_in_the_priority_of_the_local_indicator_is_not_method_3() {
    let e = edition(2024);
    let climate = district(e).local(e, priority(6), NotMetTwoYears);
    let d = decide(&climate.clone().in_priority(e, Swd, priority(6)), e);
    assert_eq!(method(&d, "M3"), Outcome::NotMet);
    assert_eq!(d.conclusions.eligible, Outcome::NotMet);
    let d = decide(&climate.in_priority(e, Swd, priority(5)), e);
    assert_eq!(method(&d, "M3"), Outcome::Met);
}

#[test]
fn method_3_is_not_said_beside_method_1() {
    let e = edition(2024);
    let case = district(e)
        .local(e, priority(1), NotMetTwoYears)
        .in_priority(e, Hom, priority(6))
        .in_priority(e, Swd, priority(4))
        .in_priority(e, Swd, priority(5));
    let d = decide(&case, e);
    assert_eq!(method(&d, "M1"), Outcome::Met);
    assert_eq!(method(&d, "M3"), Outcome::NotMet);
}

#[test]
fn method_3_is_not_said_beside_method_2() {
    let e = edition(2024);
    let case = district(e)
        .local(e, priority(1), NotMetTwoYears)
        .local(e, priority(2), NotMetTwoYears)
        .in_priority(e, Hom, priority(6));
    let d = decide(&case, e);
    assert_eq!(method(&d, "M2"), Outcome::Met);
    assert_eq!(method(&d, "M3"), Outcome::NotMet);
}

#[test]
fn a_charter_without_a_local_row_has_not_failed() {
    for number in [2023, 2024, 2025] {
        let e = edition(number);
        let d = decide(&best(Charter, e).in_priority(e, Swd, priority(6)), e);
        assert_eq!(method(&d, "M2"), Outcome::NotMet, "{number}");
        assert_eq!(method(&d, "M3"), Outcome::NotMet, "{number}");
    }
}

#[test]
fn a_charter_with_two_failed_local_rows_meets_method_2() {
    let e = edition(2024);
    let case = best(Charter, e).local(e, priority(1), NotMetTwoYears).local(
        e,
        priority(2),
        NotMetTwoYears,
    );
    assert_eq!(method(&decide(&case, e), "M2"), Outcome::Met);
}

#[test]
fn uncertified_student_data_are_method_4_from_2024_on() {
    for number in DECIDED_YEARS {
        let e = edition(number);
        let d = decide(&district(e).calpads(e, false), e);
        assert_eq!(has_method(&d, "M4"), number >= 2024, "{number}");
        assert_eq!(d.conclusions.eligible, Outcome::from_bool(number >= 2024), "{number}");
    }
}

#[test]
fn uncertified_student_data_are_no_method_for_charters() {
    for number in [2024, 2025] {
        let e = edition(number);
        let d = decide(&best(Charter, e).calpads(e, false), e);
        assert!(!has_method(&d, "M4"), "{number}");
        assert_eq!(d.conclusions.eligible, Outcome::NotMet, "{number}");
    }
}

#[test]
fn without_an_entry_student_data_count_as_certified_and_nothing_is_provisional() {
    let e = edition(2024);
    let d = decide(&listed(district(e), &[(2019, &[]), (2022, &[]), (2023, &[])]), e);
    assert_eq!(method(&d, "M4"), Outcome::NotMet);
    assert!(!d.provisional(), "{:?}", d.missing);
}

// ---------------------------------------------------------------- years of support

fn eligible_district(edition: &Edition) -> Case {
    district(edition).in_priority(edition, Swd, priority(4)).in_priority(edition, Swd, priority(6))
}

#[test]
fn year_1_begins_again_when_the_criteria_are_met_again() {
    let e = edition(2024);
    let d = decide(&eligible_district(e).listed(edition(2023), DifferentiatedYear1, &[Swd]), e);
    assert_eq!(label(&d), Some("Differentiated Assistance, Year 1"));
    assert_eq!(support_year(&d), Some(1));
}

#[test]
fn year_2_follows_year_1_when_nothing_is_met() {
    let e = edition(2024);
    let d = decide(&district(e).listed(edition(2023), DifferentiatedYear1, &[Swd]), e);
    assert_eq!(label(&d), Some("Differentiated Assistance, Year 2"));
    assert_eq!(support_year(&d), Some(2));
    assert_eq!(level(&d), Some(2));
}

#[test]
fn general_assistance_follows_year_2_when_nothing_is_met() {
    for (number, before) in [(2024, 2023), (2025, 2024)] {
        let e = edition(number);
        let d = decide(&district(e).listed(edition(before), DifferentiatedYear2, &[]), e);
        assert_eq!(label(&d), Some("General Assistance"), "{number}");
        assert_eq!(support_year(&d), Some(0), "{number}");
    }
}

#[test]
fn year_1_follows_year_2_when_the_criteria_are_met_again() {
    let e = edition(2025);
    let d = decide(&eligible_district(e).listed(edition(2024), DifferentiatedYear2, &[]), e);
    assert_eq!(support_year(&d), Some(1));
}

#[test]
fn no_identification_of_2022_is_carried_into_2023() {
    let e = edition(2023);
    let d = decide(&district(e).listed(edition(2022), Differentiated, &[Swd]), e);
    assert_eq!(label(&d), Some("General Assistance"));
    assert_eq!(support_year(&d), Some(0));
}

#[test]
fn before_2023_an_lea_left_as_soon_as_nothing_qualified_it() {
    for (number, before) in [(2018, 2017), (2019, 2018), (2022, 2019)] {
        let e = edition(number);
        let d = decide(&district(e).listed(edition(before), Differentiated, &[Swd]), e);
        assert_eq!(support_year(&d), Some(0), "{number}");
        assert_eq!(level(&d), Some(1), "{number}");
    }
}

#[test]
fn the_words_of_2017_are_support_and_later_ones_assistance() {
    let words = |number| {
        let e = edition(number);
        let texts = [district(e), eligible_district(e)].map(|case| decide(&case, e));
        texts.map(|d| label(&d).unwrap().to_owned())
    };
    assert_eq!(words(2017), ["General Support", "Differentiated Support"]);
    for number in [2018, 2019, 2022] {
        assert_eq!(words(number), ["General Assistance", "Differentiated Assistance"]);
    }
    assert_eq!(words(2023), ["General Assistance", "Differentiated Assistance, Year 1"]);
}

#[test]
fn computed_history_stands_in_for_a_list_that_was_not_loaded() {
    let e = edition(2024);
    let d = decide(&district(e).with_groups(edition(2023), &[Swd], 2), e);
    assert_eq!(support_year(&d), Some(2));
    let before = d.history.iter().find(|h| h.year == year(2023)).unwrap();
    assert_eq!(before.origin, Origin::Computed);
}

#[test]
fn a_published_list_goes_before_computed_history() {
    let (e, before) = (edition(2024), edition(2023));
    let qualified = district(e).with_groups(before, &[Swd], 2);
    assert_eq!(support_year(&decide(&qualified.listed(before, General, &[]), e)), Some(0));
    let unqualified = district(e).with_groups(before, &[], 2);
    let d = decide(&unqualified.listed(before, DifferentiatedYear1, &[Swd]), e);
    assert_eq!(support_year(&d), Some(2));
}

#[test]
fn a_list_that_does_not_name_the_lea_means_that_it_was_not_judged() {
    let (e, before) = (edition(2024), edition(2023));
    let d = decide(&district(e).with_groups(before, &[Swd], 2).not_on_list(before), e);
    assert_eq!(support_year(&d), Some(0));
    let history = d.history.iter().find(|h| h.year == year(2023)).unwrap();
    assert!(matches!(history.origin, Origin::NotOnList { .. }));
    assert_eq!(history.eligible, Outcome::NotMet);
}

#[test]
fn the_label_is_not_known_when_the_year_before_was_not_loaded() {
    let e = edition(2024);
    let d = decide(&district(e), e);
    assert_eq!(label(&d), None);
    let answers = could_change(&d, MissingInput::EarlierYear(year(2023)));
    assert!(answers.contains(&"label".to_owned()), "{answers:?}");
}

#[test]
fn the_equal_words_of_2025_make_the_label_known_while_the_year_is_not() {
    let e = edition(2025);
    let case = district(e).in_priority(e, Swd, priority(4)).without(e, Susp).listed(
        edition(2024),
        DifferentiatedYear1,
        &[Swd],
    );
    let d = decide(&case, e);
    assert!(d.conclusions.eligible.known().is_none());
    assert_eq!(label(&d), Some("Differentiated Assistance"));
    assert_eq!(support_year(&d), None);
}

#[test]
fn the_words_of_2024_make_the_label_unknown_where_the_year_is() {
    let e = edition(2024);
    let case = district(e).in_priority(e, Swd, priority(4)).without(e, Susp).listed(
        edition(2023),
        DifferentiatedYear1,
        &[Swd],
    );
    let d = decide(&case, e);
    assert_eq!((label(&d), support_year(&d)), (None, None));
    assert_eq!(d.conclusions.label.differentiated, Outcome::Met);
}

#[test]
fn years_without_determinations_give_none() {
    for number in [2020, 2021] {
        let mut case = district(edition(2019));
        case.facts(year(number)).named = true;
        let decided = calsos_domain::determination::decide(
            books(),
            &case.lea,
            calsos_domain::evaluation::Basis::Files,
        );
        assert!(!decided.contains_key(&year(number)));
        assert!(decided.contains_key(&year(2019)));
    }
}

// ---------------------------------------------------------------- EC 52072(b)

const LEVEL_3: &str = "ec-52072-b";

#[test]
fn three_groups_each_in_three_of_four_years_meet_the_level_3_test() {
    let e = edition(2023);
    // Each of the three groups misses another year.
    let case = listed(
        district(e).with_groups(e, &[Aa, Hi], 2),
        &[(2018, &[Aa, Swd]), (2019, &[Hi, Aa, Swd]), (2022, &[Hi, Swd])],
    );
    let d = decide(&case, e);
    assert_eq!(test(&d, LEVEL_3).outcome, Outcome::Met);
    assert_eq!(level(&d), Some(3));
}

#[test]
fn two_groups_in_three_years_and_a_third_in_two_do_not_meet_it() {
    let e = edition(2023);
    let case =
        listed(district(e), &[(2018, &[Aa, Hi, Swd]), (2019, &[Aa, Hi, Swd]), (2022, &[Aa, Hi])]);
    let d = decide(&case, e);
    assert_eq!(test(&d, LEVEL_3).outcome, Outcome::NotMet);
    assert_eq!(level(&d), Some(1));
}

#[test]
fn the_same_group_must_recur() {
    let e = edition(2023);
    let case = listed(
        district(e).with_groups(e, &[Aa, Hi, Swd], 2),
        &[(2018, &[El, Wh, Sed]), (2019, &[Aa, Hi, Swd]), (2022, &[El, Wh, Sed])],
    );
    assert_eq!(test(&decide(&case, e), LEVEL_3).outcome, Outcome::NotMet);
}

#[test]
fn the_priorities_may_differ_from_year_to_year() {
    let e = edition(2023);
    let mut case = district(e);
    for (number, pair) in [(2018, [4, 5]), (2019, [5, 6]), (2022, [4, 6])] {
        let earlier = edition(number);
        case = case.loaded(earlier).all_best(earlier);
        for group in [Aa, Hi, Swd] {
            for p in pair {
                case = case.in_priority(earlier, group, priority(p));
            }
        }
    }
    assert_eq!(test(&decide(&case, e), LEVEL_3).outcome, Outcome::Met);
}

#[test]
fn english_learners_and_long_term_english_learners_are_two_groups() {
    let e = edition(2025);
    let with = |last: &[StudentGroup]| {
        let lists: [(u16, &[StudentGroup]); 3] =
            [(2022, &[Aa, Hi, El]), (2023, &[Aa, Hi, El]), (2024, last)];
        test(&decide(&listed(district(e), &lists), e), LEVEL_3).outcome
    };
    assert_eq!(with(&[Aa, Hi, El]), Outcome::Met);
    assert_eq!(with(&[Aa, Hi, Ltel]), Outcome::NotMet);
}

#[test]
fn the_years_2020_and_2021_neither_count_nor_break_the_window() {
    let e = edition(2022);
    let mut case = listed(
        district(e).with_groups(e, &[Aa, Hi, Swd], 2),
        &[(2017, &[]), (2018, &[Aa, Hi, Swd]), (2019, &[Aa, Hi, Swd])],
    );
    for number in [2020, 2021] {
        case.facts(year(number)).named = true;
    }
    let d = decide(&case, e);
    assert_eq!(test(&d, LEVEL_3).outcome, Outcome::Met);
    assert!(d.history.iter().all(|h| ![2020, 2021].contains(&h.year.number())));
}

#[test]
fn the_level_3_test_looks_at_the_four_latest_years_with_determinations() {
    for number in [2022, 2023, 2024, 2025] {
        let years = books().editions().map(|e| e.year).filter(|y| y.number() <= number);
        let mut latest: Vec<_> = years.collect();
        latest.drain(..latest.len() - 4);
        for lea_type in [District, CountyOffice] {
            let mut tests = edition(number).sustained_for(lea_type);
            let level_3 = tests.find(|test| test.effect == Effect::Level3).unwrap();
            assert_eq!(level_3.window, latest, "{number} {lea_type}");
        }
    }
    assert_eq!(edition(2022).sustained[0].window, [2017, 2018, 2019, 2022].map(year));
}

#[test]
fn the_level_3_test_does_not_need_this_years_eligibility() {
    let e = edition(2023);
    let three: &[StudentGroup] = &[Aa, Hi, Swd];
    let d = decide(&listed(district(e), &[(2018, three), (2019, three), (2022, three)]), e);
    assert_eq!(d.conclusions.eligible, Outcome::NotMet);
    assert_eq!(label(&d), Some("General Assistance"));
    assert_eq!(level(&d), Some(3));
}

#[test]
fn the_test_of_county_offices_is_that_of_districts_under_its_own_section() {
    let e = edition(2023);
    let three: &[StudentGroup] = &[Aa, Hi, Swd];
    let case = listed(best(CountyOffice, e), &[(2018, three), (2019, three), (2022, three)]);
    let d = decide(&case, e);
    assert_eq!(test(&d, "ec-52072.5-b").outcome, Outcome::Met);
    assert!(d.conclusions.sustained.iter().all(|s| s.id != LEVEL_3));
    assert_eq!(level(&d), Some(3));
}

/// An LEA with two persistent groups, of which nothing is loaded for 2023 yet.
fn two_persistent_groups() -> Case {
    let two: &[StudentGroup] = &[Sed, Wh];
    listed(Case::new(District).named(edition(2023)), &[(2018, two), (2019, two), (2022, two)])
}

/// Rows of 2023, best ratings, for these groups only; every file is loaded.
fn rated_only(case: Case, groups: &[StudentGroup]) -> Case {
    let e = edition(2023);
    groups.iter().fold(case.loaded(e), |case, group| case.rated(e, Ela, *group, Blue, 5))
}

#[test]
fn an_lea_with_fewer_than_three_groups_needs_all_of_them() {
    let e = edition(2023);
    let both = decide(&rated_only(two_persistent_groups(), &[Sed, Wh]), e);
    assert_eq!(test(&both, LEVEL_3).outcome, Outcome::Met);
    let one_of_two = listed(
        rated_only(Case::new(District), &[Sed, Wh]),
        &[(2018, &[Sed]), (2019, &[Sed]), (2022, &[Sed])],
    );
    assert_eq!(test(&decide(&one_of_two, e), LEVEL_3).outcome, Outcome::NotMet);
}

#[test]
fn an_lea_without_any_group_does_not_meet_the_test() {
    let e = edition(2023);
    let case = listed(Case::new(District).loaded(e), &[(2018, &[]), (2019, &[]), (2022, &[])]);
    assert_eq!(test(&decide(&case, e), LEVEL_3).outcome, Outcome::NotMet);
}

#[test]
fn with_three_groups_two_persistent_ones_are_not_enough() {
    let e = edition(2023);
    let d = decide(&rated_only(two_persistent_groups(), &[Sed, Wh, Hi]), e);
    assert_eq!(test(&d, LEVEL_3).outcome, Outcome::NotMet);
}

#[test]
fn having_a_group_is_read_by_the_year_decided_and_by_the_window_beside_it() {
    let e = edition(2023);
    let earlier = edition(2022);
    // A third group was rated in 2022 and is not in 2023.
    let case = rated_only(two_persistent_groups(), &[Sed, Wh])
        .loaded(earlier)
        .rated(earlier, Ela, Hi, Blue, 5);
    let d = decide(&case, e);
    let finding = test(&d, LEVEL_3);
    assert_eq!(finding.by_rated_now(), Outcome::Met);
    assert_eq!(finding.by_rated_ever(), Outcome::NotMet);
    assert_eq!(finding.outcome, finding.by_rated_now());
    assert!(has_open(&d, "having-a-group"));
}

#[test]
fn both_readings_of_having_a_group_agree_where_all_years_are_rated_alike() {
    let e = edition(2023);
    let mut case = rated_only(two_persistent_groups(), &[Sed, Wh]);
    for number in [2018, 2019, 2022] {
        case = case.loaded(edition(number));
    }
    let d = decide(&case, e);
    let finding = test(&d, LEVEL_3);
    assert_eq!((finding.by_rated_now(), finding.by_rated_ever()), (Outcome::Met, Outcome::Met));
}

#[test]
fn without_the_years_rows_two_persistent_groups_leave_the_test_unknown_under_each_reading() {
    let e = edition(2023);
    let d = decide(&two_persistent_groups(), e);
    let finding = test(&d, LEVEL_3);
    assert!(finding.outcome.known().is_none());
    assert!(finding.by_rated_now().known().is_none());
    assert!(finding.by_rated_ever().known().is_none());
    assert_eq!(level(&d), None);
    assert!(has_open(&d, "having-a-group"));
}

#[test]
fn a_third_group_that_is_proven_makes_the_test_known() {
    let e = edition(2023);
    let mut case = two_persistent_groups();
    for group in [Sed, Wh, Hi] {
        case = case.rated(e, Ela, group, Blue, 5);
    }
    assert_eq!(test(&decide(&case, e), LEVEL_3).outcome, Outcome::NotMet);
}

#[test]
fn a_proven_group_that_is_not_persistent_makes_the_test_known() {
    let e = edition(2023);
    let case = two_persistent_groups().rated(e, Ela, Hi, Blue, 5);
    assert_eq!(test(&decide(&case, e), LEVEL_3).outcome, Outcome::NotMet);
}

#[test]
fn three_persistent_groups_are_known_without_any_row() {
    let e = edition(2023);
    let three: &[StudentGroup] = &[Sed, Wh, Hi];
    let case = Case::new(District).named(e);
    let d = decide(&listed(case, &[(2018, three), (2019, three), (2022, three)]), e);
    assert_eq!(test(&d, LEVEL_3).outcome, Outcome::Met);
    assert_eq!(level(&d), Some(3));
    assert!(!has_open(&d, "having-a-group"));
}

#[test]
fn the_2019_test_is_not_applied_to_county_offices() {
    let e = edition(2019);
    let three: &[StudentGroup] = &[Aa, Hi, Swd];
    let case = best(CountyOffice, e).with_groups(e, three, 2);
    let d = decide(&listed(case, &[(2018, three)]), e);
    assert!(d.conclusions.sustained.is_empty());
    assert!(e.not_applied.iter().any(|rule| rule.id == "ec-52072.5-b"));
    assert_eq!(level(&d), Some(2));
}

#[test]
fn the_2019_test_is_a_test_of_the_data_and_never_gives_level_3() {
    let e = edition(2019);
    let three: &[StudentGroup] = &[Aa, Hi, Swd];
    let case = listed(district(e).with_groups(e, three, 2), &[(2017, three), (2018, three)]);
    let d = decide(&case, e);
    assert_eq!(test(&d, LEVEL_3).outcome, Outcome::Met);
    assert_eq!(level(&d), Some(2));
}

#[test]
fn the_2019_test_needs_all_three_years() {
    let e = edition(2019);
    let three: &[StudentGroup] = &[Aa, Hi, Swd];
    let case = listed(district(e).with_groups(e, three, 2), &[(2017, &[]), (2018, three)]);
    assert_eq!(test(&decide(&case, e), LEVEL_3).outcome, Outcome::NotMet);
}

#[test]
fn the_level_3_test_cannot_be_made_in_2017_and_2018() {
    for number in [2017, 2018] {
        let e = edition(number);
        assert!(decide(&eligible_district(e), e).conclusions.sustained.is_empty());
        assert!(e.not_applied.iter().any(|rule| rule.id == LEVEL_3));
    }
}

// ---------------------------------------------------------------- EC 52071(f)

#[test]
fn one_group_in_all_three_years_brings_the_geographic_lead_in() {
    let e = edition(2025);
    let case = listed(
        district(e).with_groups(e, &[Swd], 2),
        &[(2022, &[]), (2023, &[Swd]), (2024, &[Swd])],
    );
    let d = decide(&case, e);
    assert_eq!(test(&d, "ec-52071-f").outcome, Outcome::Met);
    let provider = d.provider.unwrap();
    assert_eq!(provider.name, "County superintendent of schools");
    assert_eq!(provider.joined_by.as_deref(), Some("Geographic lead agency"));
    assert_eq!(d.conclusions.eligible_level, Answer::Known(2));
}

#[test]
fn in_three_years_in_a_row_the_priorities_may_differ() {
    let e = edition(2025);
    let mut case = district(e);
    for (number, pair) in [(2023, [4, 5]), (2024, [5, 6]), (2025, [4, 6])] {
        let of = edition(number);
        case = case.loaded(of).all_best(of);
        for p in pair {
            case = case.in_priority(of, Swd, priority(p));
        }
    }
    assert_eq!(test(&decide(&case, e), "ec-52071-f").outcome, Outcome::Met);
}

#[test]
fn two_of_the_three_years_do_not_bring_the_geographic_lead_in() {
    let e = edition(2025);
    for lists in [
        [(2022, &[Swd] as &[StudentGroup]), (2023, &[]), (2024, &[Swd])],
        [(2022, &[Swd]), (2023, &[Swd]), (2024, &[])],
        [(2022, &[]), (2023, &[Swd]), (2024, &[Hom])],
    ] {
        let d = decide(&listed(district(e).with_groups(e, &[Swd], 2), &lists), e);
        assert_eq!(test(&d, "ec-52071-f").outcome, Outcome::NotMet);
        assert_eq!(d.provider.unwrap().joined_by, None);
    }
    let lists: [(u16, &[StudentGroup]); 3] = [(2022, &[Swd]), (2023, &[Swd]), (2024, &[Swd])];
    let d = decide(&listed(district(e), &lists), e);
    assert_eq!(test(&d, "ec-52071-f").outcome, Outcome::NotMet, "this year is one of the three");
}

#[test]
fn three_years_in_a_row_are_asked_of_districts_only() {
    let e = edition(2025);
    let lists: [(u16, &[StudentGroup]); 3] = [(2022, &[]), (2023, &[Swd]), (2024, &[Swd])];
    let d = decide(&listed(best(CountyOffice, e).with_groups(e, &[Swd], 2), &lists), e);
    assert!(d.conclusions.sustained.iter().all(|s| s.id != "ec-52071-f"));
    assert_eq!(d.provider.unwrap().joined_by, None);
}

#[test]
fn three_years_in_a_row_are_asked_from_2025_on() {
    for number in [2022, 2023, 2024] {
        assert!(edition(number).sustained.iter().all(|s| s.id != "ec-52071-f"), "{number}");
    }
}

// ---------------------------------------------------------------- charter schools

fn charter_years(years: &[(u16, &[StudentGroup])]) -> Case {
    years.iter().fold(Case::new(Charter), |case, (number, groups)| {
        case.with_groups(edition(*number), groups, 2)
    })
}

#[test]
fn a_charter_that_meets_the_criteria_in_both_years_is_eligible() {
    for (before, number) in [(2022, 2023), (2023, 2024), (2024, 2025)] {
        let d = decide(&charter_years(&[(before, &[Swd]), (number, &[Swd])]), edition(number));
        let finding = d.conclusions.charter.as_ref().unwrap();
        assert_eq!((finding.literal, finding.same_group), (Outcome::Met, Outcome::Met));
        assert_eq!(label(&d), Some("Differentiated Assistance"), "{number}");
        assert_eq!(level(&d), Some(2), "{number}");
    }
}

#[test]
fn a_charter_that_meets_the_criteria_in_one_of_the_years_is_not_eligible() {
    for years in [[(2023, &[Swd] as &[StudentGroup]), (2024, &[])], [(2023, &[]), (2024, &[Swd])]] {
        let d = decide(&charter_years(&years), edition(2024));
        assert_eq!(d.conclusions.charter.as_ref().unwrap().outcome, Outcome::NotMet);
        assert_eq!(label(&d), Some("General Assistance"));
        assert_eq!(level(&d), Some(1));
    }
}

#[test]
fn by_the_literal_reading_different_groups_may_meet_the_criteria_in_the_two_years() {
    let d = decide(&charter_years(&[(2023, &[Swd]), (2024, &[Hom])]), edition(2024));
    let finding = d.conclusions.charter.as_ref().unwrap();
    assert_eq!(finding.literal, Outcome::Met);
    assert_eq!(finding.same_group, Outcome::NotMet);
    assert_eq!(finding.outcome, finding.literal);
    assert!(finding.readings_may_differ());
    assert_eq!(level(&d), Some(2));
    assert!(has_open(&d, "charter-same-group"));
}

#[test]
fn the_open_reading_is_not_named_where_both_readings_agree() {
    let e = edition(2024);
    for years in
        [[(2023, &[Swd] as &[StudentGroup]), (2024, &[Swd])], [(2023, &[]), (2024, &[Swd])]]
    {
        let d = decide(&charter_years(&years), e);
        assert!(!d.conclusions.charter.as_ref().unwrap().readings_may_differ());
        assert!(!has_open(&d, "charter-same-group"), "{years:?}");
    }
}

#[test]
fn the_first_year_of_a_charter_in_2023_is_judged_by_the_criteria_of_2022() {
    let (earlier, e) = (edition(2022), edition(2023));
    let with = |math| {
        let case = charter_years(&[(2022, &[]), (2023, &[Swd])])
            .rated(earlier, Ela, Swd, Red, 1)
            .rated(earlier, Math, Swd, Red, math)
            .rated(earlier, Susp, Swd, Red, 1);
        decide(&case, e).conclusions.charter.unwrap().outcome
    };
    // Very low and low would be red and orange in a year with colours.
    assert_eq!(with(1), Outcome::Met);
    assert_eq!(with(2), Outcome::NotMet);
}

#[test]
fn a_local_indicator_of_2022_does_not_count_for_a_charter_in_2023() {
    let (earlier, e) = (edition(2022), edition(2023));
    let case = charter_years(&[(2022, &[]), (2023, &[Swd])])
        .local(earlier, priority(1), NotMetTwoYears)
        .local(earlier, priority(2), NotMetTwoYears);
    assert_eq!(decide(&case, e).conclusions.charter.unwrap().outcome, Outcome::NotMet);
}

#[test]
fn a_charter_is_not_known_when_the_year_before_was_not_loaded() {
    let e = edition(2024);
    let d = decide(&charter_years(&[(2024, &[Swd])]), e);
    assert!(d.conclusions.charter.as_ref().unwrap().outcome.known().is_none());
    let answers = could_change(&d, MissingInput::EarlierYear(year(2023)));
    assert_eq!(answers, ["ec-47607.3-a", "label", "level"]);
}

#[test]
fn charters_are_not_judged_in_2017_2018_and_2022() {
    for number in [2017, 2018, 2022] {
        let e = edition(number);
        let d = decide(&charter_years(&[(number, &[Swd])]), e);
        assert!(!d.decided, "{number}");
        assert!(d.provider.is_none(), "{number}");
        assert_eq!(method(&d, "M1"), Outcome::Met, "{number}: looked back on by later years");
    }
}

#[test]
fn county_offices_are_not_judged_in_2017() {
    let e = edition(2017);
    let d = decide(&best(CountyOffice, e).with_groups(e, &[Swd], 2), e);
    assert!(!d.decided);
    assert!(d.provider.is_none());
    assert!(!d.provisional());
}

fn charter_2019(groups: &[StudentGroup], years: &[u16]) -> Determination<'static> {
    let case = [2017, 2018, 2019].into_iter().fold(Case::new(Charter), |case, number| {
        let groups = if years.contains(&number) { groups } else { &[] };
        case.with_groups(edition(number), groups, 1)
    });
    decide(&case, edition(2019))
}

#[test]
fn in_2019_one_priority_suffices_for_a_charter() {
    let d = charter_2019(&[Aa, Hi, Swd], &[2017, 2018, 2019]);
    let finding = d.conclusions.charter.as_ref().unwrap();
    assert_eq!((finding.literal, finding.same_group), (Outcome::Met, Outcome::Met));
    assert_eq!(method(&d, "M1"), Outcome::NotMet);
    assert_eq!(level(&d), Some(2));
    assert_eq!(d.provider.unwrap().name, "Chartering authority");
}

#[test]
fn in_2019_two_groups_or_two_years_do_not_suffice_for_a_charter() {
    for (groups, years) in [
        (&[Aa, Hi] as &[StudentGroup], &[2017u16, 2018, 2019] as &[u16]),
        (&[Aa, Hi, Swd], &[2018, 2019]),
    ] {
        let d = charter_2019(groups, years);
        assert_eq!(d.conclusions.charter.as_ref().unwrap().outcome, Outcome::NotMet);
        assert_eq!(level(&d), Some(1));
    }
}

#[test]
fn in_2019_the_two_readings_differ_for_a_charter_whose_groups_change() {
    let sets: [&[StudentGroup]; 3] = [&[Aa, Hi, Swd], &[El, Wh, Sed], &[Aa, El, Fos]];
    let case = [2017, 2018, 2019]
        .into_iter()
        .zip(sets)
        .fold(Case::new(Charter), |case, (number, groups)| {
            case.with_groups(edition(number), groups, 1)
        });
    let d = decide(&case, edition(2019));
    let finding = d.conclusions.charter.as_ref().unwrap();
    assert_eq!((finding.literal, finding.same_group), (Outcome::Met, Outcome::NotMet));
    assert!(has_open(&d, "charter-same-group"));
}

#[test]
fn in_2019_a_charter_with_fewer_than_three_groups_needs_all_of_them() {
    let with = |groups: &[StudentGroup]| {
        let case = [2017, 2018, 2019].into_iter().fold(Case::new(Charter), |case, number| {
            let e = edition(number);
            let case = case.loaded(e).rated(e, Susp, Aa, Red, 1).rated(e, Susp, Hi, Red, 1);
            groups.iter().fold(case, |case, group| case.rated(e, Susp, *group, Blue, 5))
        });
        decide(&case, edition(2019))
    };
    let two = with(&[]);
    assert_eq!(two.conclusions.charter.as_ref().unwrap().outcome, Outcome::Met);
    assert!(has_open(&two, "having-a-group"));
    let three = with(&[Swd]);
    assert_eq!(three.conclusions.charter.as_ref().unwrap().outcome, Outcome::NotMet);
    assert!(!has_open(&three, "having-a-group"));
}

#[test]
fn from_2023_a_charters_provider_is_the_county_superintendent() {
    let d = decide(&charter_years(&[(2022, &[Swd]), (2023, &[Swd])]), edition(2023));
    assert_eq!(d.provider.unwrap().name, "County superintendent of schools");
}

#[test]
fn a_charter_has_no_second_year_and_the_answer_says_that_this_is_open() {
    let e = edition(2025);
    let d = decide(&charter_years(&[(2022, &[]), (2023, &[Swd]), (2024, &[Swd]), (2025, &[])]), e);
    assert_eq!(label(&d), Some("General Assistance"));
    assert_eq!(support_year(&d), Some(0));
    assert!(has_open(&d, "charter-two-years"));
    let d = decide(&charter_years(&[(2022, &[]), (2023, &[]), (2024, &[Swd]), (2025, &[])]), e);
    assert!(!has_open(&d, "charter-two-years"), "not eligible the year before");
}

#[test]
fn the_charter_level_3_test_is_first_possible_in_2025() {
    let three: &[StudentGroup] = &[Aa, Hi, Swd];
    let years: [(u16, &[StudentGroup]); 4] =
        [(2022, three), (2023, &[]), (2024, three), (2025, three)];
    let d = decide(&charter_years(&years), edition(2025));
    assert_eq!(test(&d, "ec-47607.3-b").outcome, Outcome::Met);
    assert_eq!(level(&d), Some(3));
    assert!(has_open(&d, "charter-level-3"));
    assert!(!has_open(&d, "having-a-group"), "three groups are proven");
    for number in [2019, 2023, 2024] {
        assert_eq!(edition(number).sustained_for(Charter).count(), 0, "{number}");
    }
}

#[test]
fn a_charter_with_two_persistent_groups_of_three_is_not_at_level_3() {
    let two: &[StudentGroup] = &[Aa, Hi];
    let years: [(u16, &[StudentGroup]); 4] = [(2022, two), (2023, two), (2024, two), (2025, two)];
    let d = decide(&charter_years(&years), edition(2025));
    assert_eq!(test(&d, "ec-47607.3-b").outcome, Outcome::NotMet);
    assert_eq!(level(&d), Some(2));
    assert!(!has_open(&d, "charter-level-3"));
}

#[test]
fn a_published_list_does_not_speak_about_charters() {
    let (e, before) = (edition(2024), edition(2023));
    let case = charter_years(&[(2023, &[Swd]), (2024, &[Swd])]).not_on_list(before);
    assert_eq!(decide(&case, e).conclusions.charter.unwrap().outcome, Outcome::Met);
}

// ---------------------------------------------------------------- levels and providers

#[test]
fn the_levels_are_general_differentiated_and_direct_technical_assistance() {
    let e = edition(2024);
    let lists = |groups: &'static [StudentGroup]| -> [(u16, &'static [StudentGroup]); 3] {
        [(2019, groups), (2022, groups), (2023, groups)]
    };
    let none: [(u16, &[StudentGroup]); 3] = lists(&[]);
    assert_eq!(level(&decide(&listed(district(e), &none), e)), Some(1));
    assert_eq!(level(&decide(&listed(eligible_district(e), &none), e)), Some(2));
    assert_eq!(level(&decide(&listed(district(e), &lists(&[Aa, Hi, Swd])), e)), Some(3));
}

#[test]
fn a_second_year_of_support_is_level_2() {
    let e = edition(2025);
    let lists: [(u16, &[StudentGroup]); 3] = [(2022, &[]), (2023, &[]), (2024, &[Swd])];
    let d = decide(&listed(district(e), &lists), e);
    assert_eq!((support_year(&d), level(&d)), (Some(2), Some(2)));
}

#[test]
fn a_district_in_a_one_district_county_has_its_provider_to_be_confirmed() {
    for county in ["02", "03", "08", "22", "32", "38", "46"] {
        let e = edition(2018);
        let mut case = eligible_district(e);
        case.lea.cds = CdsCode::parse(&format!("{county}999990000000")).unwrap();
        let d = decide(&case, e);
        assert!(d.provider.as_ref().unwrap().to_be_confirmed, "{county}");
        assert!(has_open(&d, "one-district-county"), "{county}");
    }
}

#[test]
fn elsewhere_at_another_level_and_for_a_county_office_the_provider_is_settled() {
    let e = edition(2018);
    let in_county = |mut case: Case, cds: &str| {
        case.lea.cds = CdsCode::parse(cds).unwrap();
        decide(&case, e)
    };
    for d in [
        in_county(eligible_district(e), "01999990000000"),
        in_county(district(e), "02999990000000"),
        in_county(best(CountyOffice, e).with_groups(e, &[Swd], 2), "02199990000000"),
    ] {
        assert!(!d.provider.as_ref().unwrap().to_be_confirmed);
        assert!(!has_open(&d, "one-district-county"));
    }
}

/// Who helps, by kind of LEA and level, in every year in which LEAs of the kind are decided.
#[test]
fn who_helps_is_what_the_table_of_providers_says() {
    let county = "County superintendent of schools";
    let ccee = "California Collaborative for Educational Excellence";
    let spi = "State Superintendent of Public Instruction (California Department of Education)";
    let with_county = format!("{ccee}, with the county superintendent of schools");
    let could = format!("{ccee}; the chartering authority could require intervention");
    let mut seen = BTreeSet::new();
    for edition in books().editions() {
        for lea_type in LeaType::ALL.into_iter().filter(|of| edition.decides(*of)) {
            let is_before_2020 = edition.year.number() < 2020;
            let [first, second, third] = match lea_type {
                District => {
                    let first = "County office of education, state and lead agencies";
                    [first, county, with_county.as_str()]
                }
                CountyOffice => {
                    let first = "California Department of Education and peer county offices";
                    [first, spi, ccee]
                }
                Charter => {
                    let first = "County office of education and chartering authority";
                    let [second, third] = match is_before_2020 {
                        true => ["Chartering authority", could.as_str()],
                        false => [county, ccee],
                    };
                    [first, second, third]
                }
            };
            seen.insert((lea_type, is_before_2020));
            let cds: CdsCode = "01999990000000".parse().unwrap();
            let found = [1, 2, 3].map(|level| provider(edition, cds, lea_type, level, &[]));
            let found = found.map(|provider| provider.map(|provider| provider.name).unwrap());
            assert_eq!(found, [first, second, third], "{} {lea_type}", edition.year);
        }
    }
    assert_eq!(seen.len(), 6, "each kind before 2020 and since");
}

#[test]
fn the_days_of_public_release_are_those_of_the_statement() {
    let expected = [
        (2017, "2017-12"),
        (2018, "2018-12-06"),
        (2019, "2019-12-12"),
        (2022, "2022-12-15"),
        (2023, "2023-12-15"),
        (2024, "2024-11-21"),
        (2025, "2025-11-13"),
    ];
    let days = expected.map(|(year, _)| edition(year).public_date.unwrap().to_string());
    assert_eq!(days, expected.map(|(_, day)| day));
    assert_eq!(books().editions().count(), expected.len());
}

/// Beside the county superintendent, and nobody where no table was loaded.
#[test]
fn a_lead_agency_stands_beside_who_provides_level_2_to_districts_and_no_others() {
    let table = GeographicLeadRow {
        row: 2,
        county: CountyCode::parse("01").unwrap(),
        agency: "A lead".to_owned(),
        held: Span { from: None, until: None },
        source: "letter".to_owned(),
    };
    let cited = Cited { release: ReleaseNumber(3), row: 2, value: table };
    let e = edition(2023);
    let cds: CdsCode = "01999990000000".parse().unwrap();
    let beside = |lea_type, level, lead: Option<&Cited<GeographicLeadRow>>| {
        let found = provider(e, cds, lea_type, level, &[]).unwrap();
        found.with_geographic_lead(lea_type, Some(level), lead).beside
    };
    for lea_type in LeaType::ALL {
        for level in 1..=3 {
            let expected = ((lea_type, level) == (District, 2))
                .then(|| "Geographic lead agency A lead".to_owned());
            assert_eq!(beside(lea_type, level, Some(&cited)), expected, "{lea_type} {level}");
            assert_eq!(beside(lea_type, level, None), None, "{lea_type} {level}");
        }
    }
}

// ---------------------------------------------------------------- open points

#[test]
fn the_wording_of_2017_is_named_where_a_group_is_in_another_priority() {
    let e = edition(2017);
    assert!(has_open(&decide(&eligible_district(e), e), "p4-wording"));
    let suspension = district(e).in_priority(e, Swd, priority(6));
    assert!(has_open(&decide(&suspension, e), "p4-wording"));
}

#[test]
fn the_wording_of_2017_is_not_named_where_no_wording_would_change_an_answer() {
    let e = edition(2017);
    assert!(!has_open(&decide(&district(e), e), "p4-wording"));
    let tests_only = district(e).in_priority(e, Swd, priority(4));
    assert!(!has_open(&decide(&tests_only, e), "p4-wording"));
}

#[test]
fn a_district_whose_answer_is_settled_has_no_open_point() {
    for (number, lists) in [
        (2018, vec![]),
        (2022, vec![2017, 2018, 2019]),
        (2023, vec![2018, 2019, 2022]),
        (2024, vec![2019, 2022, 2023]),
        (2025, vec![2022, 2023, 2024]),
    ] {
        let e = edition(number);
        let lists: Vec<(u16, &[StudentGroup])> =
            lists.into_iter().map(|y| (y, &[Swd] as &[StudentGroup])).collect();
        let d = decide(&listed(eligible_district(e), &lists), e);
        assert!(d.open_points.is_empty(), "{number}: {:?}", d.open_points);
    }
}

// ---------------------------------------------------------------- missing files

#[test]
fn a_missing_file_makes_an_answer_provisional_and_is_named_with_the_answers_it_could_change() {
    let e = edition(2018);
    let d = decide(&district(e).in_priority(e, Swd, priority(4)).without(e, Susp), e);
    assert!(d.provisional());
    let answers = could_change(&d, MissingInput::Indicator(Susp));
    assert_eq!(answers, ["code.SWD", "M1", "label", "level"]);
    assert_eq!(code(&d, Hom), Answer::Known(None), "suspension alone would be one priority");
}

#[test]
fn an_answer_that_a_missing_file_cannot_change_is_not_named() {
    let e = edition(2018);
    let d = decide(&eligible_district(e).without(e, Chro), e);
    assert!(d.provisional());
    assert_eq!(could_change(&d, MissingInput::Indicator(Chro)), ["code.SWD"]);
    assert_eq!(label(&d), Some("Differentiated Assistance"));
    assert_eq!(method(&d, "M1"), Outcome::Met);
}

#[test]
fn a_missing_file_that_can_change_nothing_is_named_without_an_answer() {
    let e = edition(2018);
    let d = decide(&district(e).without(e, Susp), e);
    assert!(d.provisional());
    assert_eq!(could_change(&d, MissingInput::Indicator(Susp)), [""; 0]);
}

#[test]
fn a_missing_local_file_is_named_with_the_methods_it_could_change() {
    let e = edition(2018);
    let case = district(e).local(e, priority(1), NotMetTwoYears).without_local(e, priority(2));
    let d = decide(&case, e);
    let answers = could_change(&d, MissingInput::LocalIndicator(priority(2)));
    assert_eq!(answers, ["M2", "label", "level"]);
}

#[test]
fn eligibility_is_known_where_a_missing_file_only_decides_between_methods_1_and_3() {
    let e = edition(2018);
    let case = district(e)
        .local(e, priority(1), NotMetTwoYears)
        .in_priority(e, Swd, priority(4))
        .without(e, Susp);
    // Whatever the file says, the group is in priority 4 alone, or in 4 and 6.
    let d = decide(&case, e);
    assert!(method(&d, "M1").known().is_none());
    assert!(method(&d, "M3").known().is_none());
    assert_eq!(d.conclusions.eligible, Outcome::Met);
    assert_eq!(label(&d), Some("Differentiated Assistance"));
    let answers = could_change(&d, MissingInput::Indicator(Susp));
    assert_eq!(answers, ["code.SWD", "M1", "M3"]);
}

#[test]
fn eligibility_is_known_where_a_missing_local_file_only_decides_between_methods_2_and_3() {
    let e = edition(2018);
    let case = district(e)
        .local(e, priority(1), NotMetTwoYears)
        .in_priority(e, Swd, priority(4))
        .without_local(e, priority(2));
    let d = decide(&case, e);
    assert_eq!(d.conclusions.eligible, Outcome::Met);
    let answers = could_change(&d, MissingInput::LocalIndicator(priority(2)));
    assert_eq!(answers, ["M2", "M3"]);
}

#[test]
fn an_lea_of_which_only_the_list_was_loaded_is_not_known() {
    let e = edition(2018);
    let d = decide(&Case::new(District).listed(e, Differentiated, &[Swd]), e);
    assert_eq!((label(&d), level(&d)), (None, None));
    assert!(d.provider.is_none());
    assert!(d.conclusions.codes.iter().all(|(_, code)| code.known().is_none()));
}

#[test]
fn an_lea_on_which_no_decision_is_made_misses_no_file_for_a_label_or_a_level() {
    let edition = edition(2022);
    let case = best(Charter, edition).in_priority(edition, Swd, priority(5)).without(edition, Susp);
    let answer = decide(&case, edition);
    assert!(!answer.decided);
    let [(input, answers)] = &answer.missing[..] else { panic!("{:?}", answer.missing) };
    assert_eq!(*input, MissingInput::Indicator(Susp));
    assert_eq!(answers[..], [AnswerId::Code(Swd), AnswerId::Method("M1".to_owned())]);
}

/// A district that three groups put on the data test of 2019, by the lists of 2018 and 2019
/// and by its files of 2017.
fn on_the_data_test(in_2017: &[u8]) -> Determination<'static> {
    let groups = [El, Hi, Sed];
    let year_2017 = groups.iter().fold(best(District, edition(2017)), |case, group| {
        in_2017
            .iter()
            .fold(case, |case, number| case.in_priority(edition(2017), *group, priority(*number)))
    });
    let listed = year_2017.listed(edition(2018), Differentiated, &groups);
    let now = groups.iter().fold(listed.loaded(edition(2019)), |case, group| {
        case.in_priority(edition(2019), *group, priority(5)).in_priority(
            edition(2019),
            *group,
            priority(6),
        )
    });
    decide(&now, edition(2019))
}

fn earlier_open_points(determination: &Determination<'_>) -> Vec<(u16, String)> {
    let earlier = determination.earlier_open_points.iter();
    earlier.map(|(year, point)| (year.number(), point.id.clone())).collect()
}

#[test]
fn an_open_wording_of_a_computed_earlier_year_is_carried_to_the_answer_that_looks_back_on_it() {
    let by_tests = on_the_data_test(&[4, 5]);
    assert_eq!(by_tests.conclusions.sustained[0].outcome, Outcome::Met);
    assert_eq!(earlier_open_points(&by_tests), [(2017, "p4-wording".to_owned())]);
    let all: Vec<u16> = by_tests.all_open_points().map(|(year, _)| year.number()).collect();
    assert!(all.contains(&2017), "{all:?}");
}

#[test]
fn an_open_wording_that_cannot_change_the_answer_is_not_carried() {
    let without_it = on_the_data_test(&[5, 6]);
    assert_eq!(without_it.conclusions.sustained[0].outcome, Outcome::Met);
    assert_eq!(earlier_open_points(&without_it), []);
}

#[test]
fn a_published_earlier_year_has_no_open_wording_left() {
    let groups = [El, Hi, Sed];
    let case = Case::new(District)
        .listed(edition(2017), Differentiated, &groups)
        .listed(edition(2018), Differentiated, &groups)
        .loaded(edition(2019));
    let case = groups.iter().fold(case, |case, group| {
        case.in_priority(edition(2019), *group, priority(5)).in_priority(
            edition(2019),
            *group,
            priority(6),
        )
    });
    let answer = decide(&case, edition(2019));
    assert_eq!(answer.conclusions.sustained[0].outcome, Outcome::Met);
    assert_eq!(earlier_open_points(&answer), []);
}
