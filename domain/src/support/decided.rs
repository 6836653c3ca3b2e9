//! The levels above 2, in which an LEA is by what people decided, over what follows from its
//! determinations.

use std::collections::BTreeSet;

use super::assignment::{Assignment, Event};
use crate::operator::Span;
use crate::year::Day;

/// What brings an LEA to level 3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Decision {
    /// Direct technical assistance by the Collaborative, while it is under way.
    DirectAssistance,
    /// A state intervention, while it is in force.
    StateIntervention,
}

impl Decision {
    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Decision::DirectAssistance => "directAssistance",
            Decision::StateIntervention => "stateIntervention",
        }
    }
}

/// A decision, and from which day to which it holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Decided {
    /// What was decided.
    pub decision: Decision,
    /// From when to when.
    pub held: Span,
}

/// A level that an LEA is or was in, from one day to another, in which nothing changed of what
/// it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The first day.
    pub from: Day,
    /// The last one; `None` while it goes on.
    pub until: Option<Day>,
    /// Since which day the LEA is at this level without a break.
    pub since: Day,
    /// The level, 1 to 3; `None` where that is not known.
    pub level: Option<u8>,
    /// What began it.
    pub event: Event,
    /// What holds by its determinations, if anything does.
    pub assignment: Option<Assignment>,
    /// The decisions that hold, by which it is in level 3.
    pub decided: BTreeSet<Decided>,
}

impl Held {
    /// From when to when it holds.
    #[must_use]
    pub fn held(&self) -> Span {
        Span { from: Some(self.from), until: self.until }
    }

    /// The day on which it ended or, while it goes on, may end at the earliest.
    #[must_use]
    pub fn ends(&self) -> Option<Day> {
        self.until.or(self.assignment.as_ref().and_then(|assignment| assignment.at_least_until))
    }
}

/// The levels that an LEA is and was in, the oldest first: by its determinations, and level 3
/// while a decision holds.
#[must_use]
pub fn held(assignments: Vec<Assignment>, decided: &[Decided]) -> Vec<Held> {
    let of_assignments = assignments.iter().map(Assignment::held);
    let spans = of_assignments.chain(decided.iter().map(|of| of.held));
    let bounds = spans.flat_map(|span| [span.from, span.until.map(Day::after)]);
    let bounds: BTreeSet<Day> = bounds.flatten().collect();
    let mut found: Vec<Held> = Vec::new();
    let ends = bounds.iter().skip(1).map(|next| Some(next.before())).chain([None]);
    for (from, until) in bounds.iter().copied().zip(ends) {
        let assignment = assignments.iter().find(|of| of.held().includes(from)).cloned();
        let decided: BTreeSet<Decided> =
            decided.iter().filter(|of| of.held.includes(from)).copied().collect();
        if assignment.is_none() && decided.is_empty() {
            continue;
        }
        let by_rules = assignment.as_ref().and_then(|assignment| assignment.level);
        let level = if decided.is_empty() { by_rules } else { Some(3) };
        let before = found.last().filter(|last| last.until == Some(from.before()));
        let unbroken = before.filter(|before| before.level == level);
        let begins = assignment.as_ref().filter(|assignment| assignment.from == from);
        let event = match begins {
            Some(assignment) => assignment.event,
            None if before.is_none_or(|of| !of.decided.is_superset(&decided)) => Event::Raised,
            None if before.is_some_and(|of| of.decided == decided) => Event::NotKnown,
            None => Event::Lowered,
        };
        let since = unbroken.map_or(from, |before| before.since);
        found.push(Held { from, until, since, level, event, assignment, decided });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::assignment::Said;
    use super::*;
    use crate::year::DashboardYear;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn span(from: &str, until: Option<&str>) -> Span {
        Span { from: Some(day(from)), until: until.map(day) }
    }

    fn assignment(level: u8, from: &str, until: Option<&str>, event: Event) -> Assignment {
        Assignment {
            year: DashboardYear::new(2023).unwrap(),
            from: day(from),
            until: until.map(day),
            since: day(from),
            at_least_until: None,
            level: Some(level),
            event,
            said: Said {
                list: None,
                differentiated: Some(level == 2),
                support_year: None,
                eligible_level: Some(level),
                label: None,
            },
            carried_through: Vec::new(),
        }
    }

    fn direct(from: &str, until: Option<&str>) -> Decided {
        Decided { decision: Decision::DirectAssistance, held: span(from, until) }
    }

    fn intervention(from: &str, until: Option<&str>) -> Decided {
        Decided { decision: Decision::StateIntervention, held: span(from, until) }
    }

    fn short(assignments: &[Assignment], decided: &[Decided]) -> Vec<String> {
        let told = |of: &Held| {
            let until = of.until.map_or("on".to_owned(), |day| day.to_string());
            let level = of.level.map_or("?".to_owned(), |level| level.to_string());
            let by: Vec<&str> = of.decided.iter().map(|by| by.decision.code()).collect();
            let by = by.join("+");
            format!("{level} {} {} {until} {} {by}", of.event.code(), of.from, of.since)
        };
        held(assignments.to_vec(), decided).iter().map(told).collect()
    }

    #[test]
    fn an_lea_is_in_level_3_while_a_decision_holds_and_before_and_after_where_its_determinations_put_it()
     {
        let by_rules = [
            assignment(2, "2023-12-15", Some("2024-11-20"), Event::Opened),
            assignment(2, "2024-11-21", None, Event::Continued),
        ];
        assert_eq!(
            short(&by_rules, &[direct("2024-03-01", Some("2025-06-30"))]),
            [
                "2 opened 2023-12-15 2024-02-29 2023-12-15 ",
                "3 raised 2024-03-01 2024-11-20 2024-03-01 directAssistance",
                "3 continued 2024-11-21 2025-06-30 2024-03-01 directAssistance",
                "2 lowered 2025-07-01 on 2025-07-01 ",
            ]
        );
    }

    #[test]
    fn an_intervention_joins_direct_assistance_and_level_3_lasts_until_both_are_over() {
        let by_rules = [assignment(2, "2023-12-15", None, Event::Opened)];
        let decided = [direct("2024-03-01", Some("2024-12-31")), intervention("2024-10-01", None)];
        assert_eq!(
            short(&by_rules, &decided),
            [
                "2 opened 2023-12-15 2024-02-29 2023-12-15 ",
                "3 raised 2024-03-01 2024-09-30 2024-03-01 directAssistance",
                "3 raised 2024-10-01 2024-12-31 2024-03-01 directAssistance+stateIntervention",
                "3 lowered 2025-01-01 on 2024-03-01 stateIntervention",
            ]
        );
    }

    #[test]
    fn a_decision_of_one_day_holds_for_that_day() {
        let by_rules = [assignment(1, "2023-12-15", None, Event::General)];
        assert_eq!(
            short(&by_rules, &[direct("2024-03-01", Some("2024-03-01"))]),
            [
                "1 general 2023-12-15 2024-02-29 2023-12-15 ",
                "3 raised 2024-03-01 2024-03-01 2024-03-01 directAssistance",
                "1 lowered 2024-03-02 on 2024-03-02 ",
            ]
        );
    }

    #[test]
    fn a_decision_holds_also_where_no_determination_is_known() {
        assert_eq!(
            short(&[], &[direct("2024-03-01", Some("2024-03-31"))]),
            ["3 raised 2024-03-01 2024-03-31 2024-03-01 directAssistance"]
        );
        let by_rules = [assignment(1, "2024-11-21", None, Event::General)];
        assert_eq!(
            short(&by_rules, &[direct("2024-03-01", Some("2024-03-31"))]),
            [
                "3 raised 2024-03-01 2024-03-31 2024-03-01 directAssistance",
                "1 general 2024-11-21 on 2024-11-21 ",
            ]
        );
    }

    #[test]
    fn a_decision_goes_on_where_what_the_determinations_say_is_not_known_any_more() {
        let by_rules = [assignment(2, "2023-12-15", Some("2024-11-20"), Event::Opened)];
        let found = short(&by_rules, &[direct("2024-03-01", None)]);
        assert_eq!(found[2], "3 notKnown 2024-11-21 on 2024-03-01 directAssistance");
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn what_goes_on_may_end_with_the_two_years_and_what_is_over_ended_when_it_did() {
        let two_years = Some(day("2025-06-30"));
        let goes_on = Assignment {
            at_least_until: two_years,
            ..assignment(2, "2023-12-15", None, Event::Opened)
        };
        let found = held(vec![goes_on], &[direct("2024-03-01", Some("2024-03-31"))]);
        let ends: Vec<Option<Day>> = found.iter().map(Held::ends).collect();
        assert_eq!(ends, [Some(day("2024-02-29")), Some(day("2024-03-31")), two_years]);
    }

    #[test]
    fn without_decisions_what_holds_is_what_the_determinations_give() {
        let by_rules = [
            assignment(1, "2022-12-15", Some("2023-12-14"), Event::General),
            assignment(2, "2023-12-15", None, Event::Opened),
        ];
        assert_eq!(
            short(&by_rules, &[]),
            ["1 general 2022-12-15 2023-12-14 2022-12-15 ", "2 opened 2023-12-15 on 2023-12-15 "]
        );
    }
}
