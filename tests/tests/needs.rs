//! What an LEA needs help with: which cells made it eligible, of which year, and its lowest
//! others.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use calsos_domain::determination::decide;
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::ReleaseNumber;
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::performance::{Color, Level, Performance};
use calsos_domain::release::LocalRating;
use calsos_domain::rulebook::Edition;
use calsos_domain::small_numbers::Masking;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::need::{Need, SeenYear, Subject, needs, years_that_made_eligible};
use calsos_tests::case::{Case, books, edition, priority};

use Color::{Orange, Red, Yellow};
use Indicator::{Chro, Ela, Elpi, Grad, Math, Susp};
use LeaType::{Charter, District};
use StudentGroup::{All, El, Fos, Hi, Swd};

/// What the needs of an LEA's year are, each as `2023 SWD CHRO 5`, those that made it eligible
/// and the others.
fn found(case: &Case, edition: &Edition) -> (Vec<String>, Vec<String>) {
    found_masked(case, edition, &Masking::default(), |subject, _| subject)
}

fn found_masked(
    case: &Case,
    edition: &Edition,
    masking: &Masking,
    show: impl Fn(String, String) -> String,
) -> (Vec<String>, Vec<String>) {
    let decided = decide(books(), &case.lea, Basis::Files);
    let own = decided.get(&edition.year).unwrap();
    let seen = |determination| SeenYear { lea: &case.lea, determination, masking };
    let years = years_that_made_eligible(own);
    let others = years.iter().filter(|year| **year != edition.year);
    let earlier: Vec<_> = others.filter_map(|year| decided.get(year)).map(seen).collect();
    let all = needs(seen(own), &earlier);
    let (first, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|need| need.made_eligible);
    let words = |need: Need| {
        let subject = match need.subject {
            Subject::Cell { group, indicator, priority } => {
                let of = priority.map_or_else(|| "-".to_owned(), |p| p.to_string());
                format!("{} {group} {indicator} {of}", need.year)
            }
            Subject::Local(priority) => format!("{} local {priority}", need.year),
            Subject::Calpads => format!("{} CALPADS", need.year),
        };
        show(subject, need.shown)
    };
    (first.into_iter().map(words).collect(), others.into_iter().map(words).collect())
}

fn best(lea_type: LeaType, edition: &Edition) -> Case {
    Case::new(lea_type).loaded(edition).all_best(edition)
}

fn put(case: Case, edition: &Edition, rows: &[(StudentGroup, Indicator, Color)]) -> Case {
    rows.iter().fold(case, |case, (group, indicator, color)| {
        case.rated(edition, *indicator, *group, *color, *color as u8)
    })
}

const NOTHING: [&str; 0] = [];

#[test]
fn the_cells_that_meet_criteria_made_it_eligible_and_other_reds_and_oranges_did_not() {
    let edition = edition(2023);
    let case = put(
        best(District, edition),
        edition,
        &[
            // Red and orange together are one priority; attendance is the other.
            (Swd, Ela, Red),
            (Swd, Math, Orange),
            (Swd, Chro, Red),
            (Swd, Grad, Orange),
            // One priority alone makes nobody eligible.
            (Fos, Susp, Red),
            (Fos, Chro, Yellow),
            // All students together are no group, and may be low.
            (All, Susp, Orange),
        ],
    );
    let (own, others) = found(&case, edition);
    assert_eq!(own, ["2023 SWD ELA 4", "2023 SWD CHRO 5", "2023 SWD MATH 4"]);
    assert_eq!(others, ["2023 FOS SUSP 6", "2023 ALL SUSP 6", "2023 SWD GRAD 5"]);
}

#[test]
fn an_alternative_that_does_not_hold_is_none_of_the_cells() {
    // English learners are in priority 4 by their progress alone.
    let edition = edition(2023);
    let rows = [(El, Elpi, Red), (El, Ela, Red), (El, Math, Yellow), (El, Chro, Red)];
    let (own, others) = found(&put(best(District, edition), edition, &rows), edition);
    assert_eq!(own, ["2023 EL ELPI 4", "2023 EL CHRO 5"]);
    assert_eq!(others, ["2023 EL ELA 4"]);
}

#[test]
fn where_the_year_rates_by_status_the_two_lowest_levels_are_low() {
    let edition = edition(2022);
    let case = best(District, edition)
        .rated(edition, Chro, Swd, Red, 1)
        .rated(edition, Susp, Swd, Red, 1)
        .rated(edition, Grad, Hi, Red, 2)
        .rated(edition, Ela, Hi, Red, 3);
    let (own, others) = found(&case, edition);
    assert_eq!(own, ["2022 SWD CHRO 5", "2022 SWD SUSP 6"]);
    assert_eq!(others, ["2022 HI GRAD 5"]);
}

#[test]
fn local_indicators_and_student_data_make_eligible_by_their_methods() {
    let edition = edition(2024);
    let failed = LocalRating::NotMetTwoYears;
    let two = best(District, edition)
        .local(edition, priority(3), failed)
        .local(edition, priority(6), failed)
        .local(edition, priority(7), LocalRating::NotMet)
        .local(edition, priority(1), LocalRating::Met);
    let (own, others) = found(&two, edition);
    assert_eq!(own, ["2024 local 3", "2024 local 6"]);
    assert_eq!(others, ["2024 local 7"]);

    // One local indicator, and a group in another priority.
    let one = put(best(District, edition), edition, &[(Swd, Susp, Red)]);
    let one = one.local(edition, priority(3), failed);
    assert_eq!(found(&one, edition).0, ["2024 SWD SUSP 6", "2024 local 3"]);
    // The same priority is not another.
    let same = put(best(District, edition), edition, &[(Swd, Susp, Red)]);
    let (own, others) = found(&same.local(edition, priority(6), failed), edition);
    assert_eq!((own.as_slice(), others.len()), (&[] as &[String], 2));

    let data = best(District, edition).calpads(edition, false);
    let (own, others) = found(&data, edition);
    assert_eq!((own.as_slice(), others.len()), (&["2024 CALPADS".to_owned()] as &[String], 0));
}

#[test]
fn in_the_second_year_of_support_the_cells_are_those_of_the_year_before() {
    let (first, second) = (edition(2023), edition(2024));
    let rows = [(Swd, Chro, Red), (Swd, Susp, Red)];
    let case = put(best(District, first), first, &rows).loaded(second).all_best(second);
    let case = put(case, second, &[(Swd, Susp, Orange)]);
    let (own, others) = found(&case, second);
    assert_eq!(own, ["2023 SWD CHRO 5", "2023 SWD SUSP 6"]);
    assert_eq!(others, ["2024 SWD SUSP 6"]);
    // What the year met anew goes before that.
    let again = put(case, second, &[(Swd, Chro, Red), (Swd, Susp, Red)]);
    assert_eq!(found(&again, second).0, ["2024 SWD CHRO 5", "2024 SWD SUSP 6"]);
}

#[test]
fn a_charter_school_is_eligible_by_both_years_and_not_by_one() {
    let (first, second) = (edition(2022), edition(2023));
    let rows = [(Swd, Chro, Red), (Swd, Susp, Red)];
    let one = put(best(Charter, second), second, &rows).loaded(first).all_best(first);
    let (own, others) = found(&one, second);
    assert_eq!((own.as_slice(), others.len()), (&[] as &[String], 2));
    let both = one.rated(first, Chro, Hi, Red, 1).rated(first, Susp, Hi, Red, 1);
    let (own, others) = found(&both, second);
    let expected = ["2023 SWD CHRO 5", "2023 SWD SUSP 6", "2022 HI CHRO 5", "2022 HI SUSP 6"];
    assert_eq!(own, expected);
    assert_eq!(others, NOTHING);
}

#[test]
fn an_lea_without_low_results_needs_nothing() {
    let edition = edition(2023);
    let (own, others) = found(&best(District, edition), edition);
    assert_eq!((own.len(), others.len()), (0, 0));
}

#[test]
fn small_counts_of_a_file_that_is_not_public_are_not_shown() {
    let edition = edition(2023);
    let row = |students: u32| Performance {
        color: Some(Red),
        status_level: Level::new(1),
        denominator: Some(students),
        accountability_met: Some(true),
        size_met: Some(true),
        ..Performance::default()
    };
    let shown = |students: u32, masking: &Masking| {
        let case = best(District, edition).row(edition, Chro, Swd, row(students));
        let (_, others) = found_masked(&case, edition, masking, |_, shown| shown);
        others.join("; ")
    };
    let hidden = Masking::of([ReleaseNumber(1)].into());
    assert_eq!(shown(10, &Masking::default()), "Red, 10 students");
    assert_eq!(shown(10, &hidden), "Red, fewer than 11 students");
    assert_eq!(shown(11, &hidden), "Red, 11 students");
}
