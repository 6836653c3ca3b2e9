//! The level of support that an LEA is in, by its public determinations.
//!
//! Nobody decides on level 2: it follows a determination by itself, from the day on which the
//! Dashboard is public. It goes on through years without determinations, and ends when a
//! determination is public that does not give it any more: before support had two years, one
//! by which the LEA is not identified; since then, one by which it is not for the second time
//! running. Levels above 2 are decided by people.

use crate::charter_list::CharterListRow;
use crate::facts::ReleaseNumber;
use crate::history::PublishedSigns;
use crate::lea::LeaType;
use crate::operator::Span;
use crate::outcome::ThreeWay;
use crate::published::status_text;
use crate::release::{PublishedRow, PublishedStatus};
use crate::rulebook::{Edition, Effect, Rulebooks, YearRules};
use crate::support::at_least_until;
use crate::year::{DashboardYear, Day};

/// What a public determination says of an LEA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The list that says it and its row; `None` where it is computed.
    pub list: Option<(ReleaseNumber, u32)>,
    /// Whether the LEA has differentiated assistance; `None` where that is not known.
    pub differentiated: Option<bool>,
    /// The first or second year of it, where there is one and it is known.
    pub support_year: Option<u8>,
    /// The level that the rules give, where it is known.
    pub eligible_level: Option<u8>,
    /// The state's words, where they are known.
    pub label: Option<Box<str>>,
}

impl Said {
    /// What the state's list of districts and county offices says.
    #[must_use]
    pub fn by_list(
        edition: &Edition,
        lea_type: LeaType,
        release: ReleaseNumber,
        listed: &PublishedRow,
    ) -> Said {
        let differentiated = listed.status != PublishedStatus::General;
        let mut tests = edition.sustained_for(lea_type);
        let level = match listed.ec52072 {
            Some(true) if tests.any(|test| test.effect == Effect::Level3) => 3,
            _ => level_of(differentiated),
        };
        Said {
            list: Some((release, listed.row)),
            differentiated: Some(differentiated),
            support_year: support_year(edition, listed),
            eligible_level: Some(level),
            label: Some(status_text(edition, listed.status).into()),
        }
    }

    /// What the state's list of charter schools says, where it has a decision.
    #[must_use]
    pub fn by_charter_list(
        edition: &Edition,
        release: ReleaseNumber,
        listed: &CharterListRow,
    ) -> Option<Said> {
        let differentiated = listed.eligible()?;
        let labels = &edition.labels;
        let label = match differentiated {
            true => labels.charter.as_ref().unwrap_or(&labels.first_year),
            false => &labels.general,
        };
        Some(Said {
            list: Some((release, listed.row)),
            differentiated: Some(differentiated),
            support_year: differentiated.then_some(1),
            eligible_level: Some(level_of(differentiated)),
            label: Some(label.as_str().into()),
        })
    }
}

fn level_of(differentiated: bool) -> u8 {
    if differentiated { 2 } else { 1 }
}

/// The year of support of a list's row. Where the status is the same in both, what made the
/// LEA eligible tells them apart.
fn support_year(edition: &Edition, row: &PublishedRow) -> Option<u8> {
    match row.status {
        PublishedStatus::General => None,
        PublishedStatus::DifferentiatedYear1 => Some(1),
        PublishedStatus::DifferentiatedYear2 => Some(2),
        PublishedStatus::Differentiated if edition.labels.second_year.is_none() => Some(1),
        PublishedStatus::Differentiated => match PublishedSigns::of(row).eligible() {
            ThreeWay::Met => Some(1),
            ThreeWay::NotMet => Some(2),
            ThreeWay::NotKnown(_) => None,
        },
    }
}

/// A year in which LEAs of the kind were determined.
#[derive(Clone, Debug)]
pub struct Determined<'a> {
    /// The year's edition.
    pub edition: &'a Edition,
    /// The first day on which its determinations were public.
    pub public_on: Day,
    /// What they say of the LEA; `None` where they do not name it or are not loaded: what the
    /// LEA was in is over, and nothing follows.
    pub said: Option<Said>,
}

/// What began a level of support of an LEA: most of them say what a determination did.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event {
    /// Nothing: it was not in level 2, and is not.
    General,
    /// Level 2 began.
    Opened,
    /// The LEA was in level 2 and is identified again: its first year begins anew.
    Renewed,
    /// The LEA was in level 2 and goes on, without being identified again for certain.
    Continued,
    /// Level 2 is over.
    Ended,
    /// It is not known whether the LEA is in level 2.
    NotKnown,
    /// None did: a decision brought the LEA to level 3, or a further one joined.
    Raised,
    /// None did: a decision is over by which the LEA was in level 3.
    Lowered,
}

impl Event {
    /// As answers have it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Event::General => "general",
            Event::Opened => "opened",
            Event::Renewed => "renewed",
            Event::Continued => "continued",
            Event::Ended => "ended",
            Event::NotKnown => "notKnown",
            Event::Raised => "raised",
            Event::Lowered => "lowered",
        }
    }

    fn of(before: Option<u8>, now: Option<u8>, support_year: Option<u8>) -> Event {
        match (before, now) {
            (_, None) => Event::NotKnown,
            (Some(2), Some(2)) if support_year == Some(1) => Event::Renewed,
            (Some(2), Some(2)) => Event::Continued,
            (_, Some(2)) => Event::Opened,
            (Some(2), Some(_)) => Event::Ended,
            (_, Some(_)) => Event::General,
        }
    }
}

/// A level of support that an LEA is or was in, by one determination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The Dashboard year of the determination.
    pub year: DashboardYear,
    /// The first day on which it holds.
    pub from: Day,
    /// The last one; `None` while it goes on.
    pub until: Option<Day>,
    /// Since which day the LEA is at this level without a break.
    pub since: Day,
    /// The day up to which the law asks level 2 to last at least, where it asks for it.
    pub at_least_until: Option<Day>,
    /// The level that it is in, 1 or 2; `None` where that is not known.
    pub level: Option<u8>,
    /// What the determination did.
    pub event: Event,
    /// What it says.
    pub said: Said,
    /// The years right after it without determinations on LEAs of the kind, through which it
    /// goes on.
    pub carried_through: Vec<DashboardYear>,
}

impl Assignment {
    /// From when to when it holds.
    #[must_use]
    pub fn held(&self) -> Span {
        Span { from: Some(self.from), until: self.until }
    }
}

/// The levels that an LEA is and was in, the oldest first. `determined` has the years in
/// rising order. What was public no sooner than the determination of a later year never holds.
#[must_use]
pub fn assignments<'a>(
    books: &Rulebooks,
    lea_type: LeaType,
    determined: impl IntoIterator<Item = Determined<'a>>,
) -> Vec<Assignment> {
    let mut found: Vec<Assignment> = Vec::new();
    for Determined { edition, public_on, said } in determined {
        let day_before = public_on.before();
        while found.last().is_some_and(|last| last.from >= public_on) {
            found.pop();
        }
        if let Some(last) = found.last_mut()
            && last.until.is_none_or(|until| until > day_before)
        {
            last.until = Some(day_before);
        }
        let Some(said) = said else { continue };
        let before = found.last().filter(|last| last.until == Some(day_before));
        let level = said.differentiated.map(level_of);
        let unbroken = before.filter(|before| before.level == level);
        found.push(Assignment {
            year: edition.year,
            from: public_on,
            until: None,
            since: unbroken.map_or(public_on, |before| before.since),
            at_least_until: lasts_until(edition, lea_type, &said),
            level,
            event: Event::of(before.and_then(|before| before.level), level, said.support_year),
            said,
            carried_through: years_without_determinations(books, edition.year, lea_type),
        });
    }
    found
}

/// The end of the two school years that level 2 lasts at least, where a determination gives it.
fn lasts_until(edition: &Edition, lea_type: LeaType, said: &Said) -> Option<Day> {
    let year = said.support_year.filter(|_| said.differentiated == Some(true))?;
    at_least_until(edition, lea_type, year)
}

/// The years right after one in which nobody of the kind was determined.
fn years_without_determinations(
    books: &Rulebooks,
    after: DashboardYear,
    lea_type: LeaType,
) -> Vec<DashboardYear> {
    let later = books.years().skip_while(|(year, _)| *year <= after);
    let is_without = |rules: &YearRules| match rules {
        YearRules::NoDeterminations { .. } => true,
        YearRules::Edition(edition) => !edition.decides(lea_type),
    };
    later.take_while(|(_, rules)| is_without(rules)).map(|(year, _)| year).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn books() -> Rulebooks {
        Rulebooks::load(&Rulebooks::built_in_files()).unwrap()
    }

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn said(differentiated: Option<bool>, support_year: Option<u8>) -> Option<Said> {
        let (list, eligible_level, label) = (None, None, None);
        Some(Said { list, differentiated, support_year, eligible_level, label })
    }

    const FIRST: (Option<bool>, Option<u8>) = (Some(true), Some(1));
    const SECOND: (Option<bool>, Option<u8>) = (Some(true), Some(2));
    const GENERAL: (Option<bool>, Option<u8>) = (Some(false), None);

    /// A year, the day on which it was public, and what it says.
    type Given = (u16, &'static str, Option<(Option<bool>, Option<u8>)>);

    fn of(lea_type: LeaType, given: &[Given]) -> Vec<Assignment> {
        let books = books();
        let determined = given.iter().map(|(year, public_on, given)| Determined {
            edition: books.edition(DashboardYear::new(*year).unwrap()).unwrap(),
            public_on: day(public_on),
            said: given.and_then(|(differentiated, year)| said(differentiated, year)),
        });
        assignments(&books, lea_type, determined)
    }

    /// Year, level, event, first and last day of each.
    fn short(assignments: &[Assignment]) -> Vec<String> {
        let until = |of: &Assignment| of.until.map_or("on".to_owned(), |day| day.to_string());
        let level = |of: &Assignment| of.level.map_or("?".to_owned(), |level| level.to_string());
        let told = |of: &Assignment| {
            let (level, until) = (level(of), until(of));
            format!("{} {level} {} {} {until} {}", of.year, of.event.code(), of.from, of.since)
        };
        assignments.iter().map(told).collect()
    }

    #[test]
    fn an_lea_in_its_second_year_that_is_identified_begins_anew_and_else_leaves() {
        let found = of(
            LeaType::District,
            &[
                (2022, "2022-12-15", Some(GENERAL)),
                (2023, "2023-12-15", Some(FIRST)),
                (2024, "2024-11-21", Some(SECOND)),
                (2025, "2025-11-13", Some(FIRST)),
            ],
        );
        assert_eq!(
            short(&found),
            [
                "2022 1 general 2022-12-15 2023-12-14 2022-12-15",
                "2023 2 opened 2023-12-15 2024-11-20 2023-12-15",
                "2024 2 continued 2024-11-21 2025-11-12 2023-12-15",
                "2025 2 renewed 2025-11-13 on 2023-12-15",
            ]
        );
        let least: Vec<Option<Day>> = found.iter().map(|of| of.at_least_until).collect();
        let (first, second) = (Some(day("2025-06-30")), Some(day("2027-06-30")));
        assert_eq!(least, [None, first, first, second]);
    }

    #[test]
    fn what_is_not_known_opens_and_ends_nothing_for_certain() {
        let unknown = (None, None);
        let found = of(
            LeaType::District,
            &[
                (2022, "2022-12-15", Some(FIRST)),
                (2023, "2023-12-15", Some(unknown)),
                (2024, "2024-11-21", Some((Some(true), None))),
                (2025, "2025-11-13", Some((Some(true), None))),
            ],
        );
        assert_eq!(
            short(&found),
            [
                "2022 2 opened 2022-12-15 2023-12-14 2022-12-15",
                "2023 ? notKnown 2023-12-15 2024-11-20 2023-12-15",
                "2024 2 opened 2024-11-21 2025-11-12 2024-11-21",
                "2025 2 continued 2025-11-13 on 2024-11-21",
            ]
        );
        assert!(found.iter().all(|of| of.at_least_until.is_none()));
    }

    #[test]
    fn a_year_that_says_nothing_leaves_a_gap_after_which_support_begins_anew() {
        let found = of(
            LeaType::CountyOffice,
            &[
                (2018, "2018-12-06", Some(FIRST)),
                (2019, "2019-12-12", None),
                (2022, "2022-12-15", Some(FIRST)),
                (2023, "2023-12-15", None),
            ],
        );
        assert_eq!(
            short(&found),
            [
                "2018 2 opened 2018-12-06 2019-12-11 2018-12-06",
                "2022 2 opened 2022-12-15 2023-12-14 2022-12-15",
            ]
        );
    }

    #[test]
    fn a_determination_that_is_public_no_sooner_than_a_later_one_never_holds() {
        for public_on in ["2024-11-21", "2030-01-01"] {
            let found = of(
                LeaType::District,
                &[
                    (2022, "2022-12-15", Some(FIRST)),
                    (2023, public_on, Some(GENERAL)),
                    (2024, "2024-11-21", Some(FIRST)),
                ],
            );
            assert_eq!(
                short(&found),
                [
                    "2022 2 opened 2022-12-15 2024-11-20 2022-12-15",
                    "2024 2 renewed 2024-11-21 on 2022-12-15",
                ]
            );
        }
    }

    #[test]
    fn charter_schools_go_on_through_the_years_in_which_none_was_decided_and_have_no_second_one() {
        let found = of(
            LeaType::Charter,
            &[(2019, "2019-12-12", Some(FIRST)), (2023, "2023-12-15", Some(FIRST))],
        );
        let carried: Vec<u16> = found[0].carried_through.iter().map(|of| of.number()).collect();
        assert_eq!(carried, [2020, 2021, 2022]);
        assert_eq!(found[0].until, Some(day("2023-12-14")));
        assert!(found.iter().all(|of| of.at_least_until.is_none()));
        let office = of(LeaType::CountyOffice, &[(2019, "2019-12-12", Some(FIRST))]);
        assert_eq!(office[0].carried_through.len(), 2);
    }

    #[test]
    fn before_the_two_years_an_lea_leaves_as_soon_as_a_dashboard_does_not_name_it() {
        let left = of(
            LeaType::District,
            &[(2018, "2018-12-06", Some(FIRST)), (2019, "2019-12-12", Some(GENERAL))],
        );
        assert_eq!(
            short(&left),
            [
                "2018 2 opened 2018-12-06 2019-12-11 2018-12-06",
                "2019 1 ended 2019-12-12 on 2019-12-12",
            ]
        );
        let carried: Vec<u16> = left[1].carried_through.iter().map(|of| of.number()).collect();
        assert_eq!(carried, [2020, 2021]);
    }

    /// It opens another door, through which people go; it is neither assistance nor intervention.
    #[test]
    fn the_test_over_several_years_puts_nobody_in_another_level() {
        let books = books();
        for (differentiated, level) in [(false, 1), (true, 2)] {
            let flagged = Said {
                list: None,
                differentiated: Some(differentiated),
                support_year: differentiated.then_some(1),
                eligible_level: Some(3),
                label: None,
            };
            let edition = books.edition(DashboardYear::new(2023).unwrap()).unwrap();
            let public_on = day("2023-12-15");
            let determined = Determined { edition, public_on, said: Some(flagged) };
            let found = assignments(&books, LeaType::District, [determined]);
            assert_eq!(found[0].level, Some(level));
        }
    }

    #[test]
    fn the_two_years_are_those_of_districts_and_county_offices_alike() {
        let least = |lea_type, year, public_on, said| {
            of(lea_type, &[(year, public_on, Some(said))])[0].at_least_until
        };
        let (first, second) = (Some(day("2026-06-30")), Some(day("2025-06-30")));
        for lea_type in [LeaType::District, LeaType::CountyOffice] {
            let of = |said| least(lea_type, 2024, "2024-11-21", said);
            assert_eq!([of(FIRST), of(SECOND), of(GENERAL)], [first, second, None], "{lea_type}");
            // Before 2023 an LEA left as soon as a Dashboard did not name it.
            assert_eq!(least(lea_type, 2022, "2022-12-15", FIRST), None, "{lea_type}");
        }
        assert_eq!(least(LeaType::Charter, 2024, "2024-11-21", FIRST), None);
    }

    fn listed(status: PublishedStatus, letters: usize, ec52072: Option<bool>) -> PublishedRow {
        use crate::student_group::StudentGroup;
        PublishedRow {
            row: 7,
            cds: "01999990000000".parse().unwrap(),
            codes: StudentGroup::COUNTED.into_iter().take(letters).map(|of| (of, 'A')).collect(),
            listed_groups: StudentGroup::COUNTED.into(),
            group_count: None,
            status,
            earlier_statuses: std::collections::BTreeMap::new(),
            methods: [(1, letters > 0)].into(),
            ec52072,
            ec52071f: None,
        }
    }

    #[test]
    fn a_list_says_level_year_and_what_the_rules_give() {
        use PublishedStatus::{Differentiated, DifferentiatedYear2, General};
        let books = books();
        let by_list = |year: u16, row: &PublishedRow| {
            let edition = books.edition(DashboardYear::new(year).unwrap()).unwrap();
            let said = Said::by_list(edition, LeaType::District, ReleaseNumber(3), row);
            assert_eq!(said.list, Some((ReleaseNumber(3), 7)));
            (said.differentiated, said.support_year, said.eligible_level)
        };
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(by_list(2018, &listed(General, 0, None)), (no, None, Some(1)));
        assert_eq!(by_list(2018, &listed(Differentiated, 0, None)), (yes, Some(1), Some(2)));
        // The test over several years stands beside the status, and opens level 3 since 2022.
        assert_eq!(by_list(2023, &listed(General, 0, yes)), (no, None, Some(3)));
        assert_eq!(by_list(2019, &listed(General, 0, yes)), (no, None, Some(1)));
        assert_eq!(by_list(2024, &listed(DifferentiatedYear2, 0, no)), (yes, Some(2), Some(2)));
        // In 2025 one status stands for both years: who has a method is in the first.
        assert_eq!(by_list(2025, &listed(Differentiated, 1, no)), (yes, Some(1), Some(2)));
        assert_eq!(by_list(2025, &listed(Differentiated, 0, no)), (yes, Some(2), Some(2)));
        let mut without_methods = listed(Differentiated, 0, no);
        without_methods.methods.clear();
        assert_eq!(by_list(2025, &without_methods), (yes, None, Some(2)));
    }

    #[test]
    fn a_list_of_charter_schools_counts_where_it_has_a_decision() {
        use crate::charter_list::ListedCodes;
        let books = books();
        let edition = books.edition(DashboardYear::new(2024).unwrap()).unwrap();
        let row = |status, ec47607| CharterListRow {
            row: 4,
            cds: "01999999999999".parse().unwrap(),
            current: ListedCodes::default(),
            prior: ListedCodes::default(),
            status,
            ec47607,
        };
        let said = |row| Said::by_charter_list(edition, ReleaseNumber(3), &row);
        assert_eq!(said(row(None, None)), None);
        let eligible = said(row(None, Some(true))).unwrap();
        assert_eq!(eligible.support_year, Some(1));
        assert_eq!(eligible.label.as_deref(), Some("Differentiated Assistance"));
        let general = said(row(Some(PublishedStatus::General), None)).unwrap();
        assert_eq!((general.differentiated, general.eligible_level), (Some(false), Some(1)));
    }
}
