//! Engagements as they are edited: whatever is tried in whatever order, what was written stays
//! until it is written anew, each version says all that was given, and each refusal names a
//! condition that is missing, by a second reading of the law.
//!
//! The cases are random but always the same ones: the generator starts from a fixed seed.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::lea::LeaType;
use calsos_domain::support::condition::Condition;
use calsos_domain::support::engagement::activity::{
    Activity, ActivityKind, ActivityState, Document, Program,
};
use calsos_domain::support::engagement::checklist::StepEdit;
use calsos_domain::support::engagement::chosen::{
    Action, ChosenNeed, LcapChange, LcapPart, Participant, Session, SessionKind,
};
use calsos_domain::support::engagement::template::Template;
use calsos_domain::support::engagement::{
    At, Basis, Closing, Edit, Engagement, Helped, Opening, State,
};
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_domain::year::{DashboardYear, Day};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRng, TestRunner};

const YEAR: u16 = 2090;
const LEA: &str = "01800010000000";
const PARTNER: &str = "01800020000000";
const ELSEWHERE: &str = "02800020000000";

fn since() -> Day {
    Day::new(YEAR, 12, 15).unwrap()
}

/// Days around the beginning of the support, which is day 10, and today, which is day 50.
fn day(number: u8) -> Day {
    since().plus(i32::from(number) - 10)
}

fn today() -> Day {
    day(50)
}

fn until() -> Day {
    day(40)
}

fn cds(text: &str) -> CdsCode {
    CdsCode::parse(text).unwrap()
}

fn at() -> At {
    At { cds: cds(LEA), county: cds(LEA).county(), today: today() }
}

fn basis() -> Basis {
    Basis {
        level: 2,
        dashboard_year: DashboardYear::new(YEAR).unwrap(),
        run: "a run".to_owned(),
        public_on: since(),
        since: since(),
        at_least_until: Some(until()),
    }
}

fn opened() -> Engagement {
    let opening = Opening {
        lea_type: LeaType::District,
        providers: vec![ServiceProvider::County(CountyCode::parse("01").unwrap())],
        helped: Helped::Yes(basis()),
        on: day(12),
        template: &Template::built_in().unwrap(),
    };
    Engagement::open(opening).unwrap()
}

fn any_day() -> impl Strategy<Value = Day> {
    // Mostly between the beginning and today, at times on the other side of either.
    prop_oneof![12 => 10_u8..=50, 1 => 8_u8..=10, 1 => 50_u8..=52].prop_map(day)
}

/// Mostly words of their own, at times none.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![9 => "[a-z]{6}", 1 => Just("  ".to_owned())]
}

fn document() -> Document {
    Document {
        link: "https://example.org/x".to_owned(),
        title: "a document".to_owned(),
        on: day(20),
        sha256: "0".repeat(64),
    }
}

fn activity() -> impl Strategy<Value = Activity> {
    let lists = (
        vec(Just(document()), 0..2),
        prop_oneof![4 => Just(0_usize), 1 => Just(1)],
        prop_oneof![4 => Just(0_usize), 1 => Just(1)],
        prop_oneof![8 => Just(None), 2 => Just(Some(PARTNER)), 1 => Just(Some(ELSEWHERE))],
        prop_oneof![
            8 => Just(vec![]),
            2 => Just(vec![ServiceProvider::Ccee]),
            1 => Just(vec![ServiceProvider::State]),
        ],
    );
    let states = select(ActivityState::ALL.to_vec());
    (states, option::of(any_day()), option::of(any_day()), words(), lists).prop_map(
        |(state, from, until, words, (evidence, programs, experts, partner, advisers))| {
            let program = Program { name: "a program".to_owned(), evidence: "a study".to_owned() };
            Activity {
                state,
                from,
                until,
                who: vec!["somebody".to_owned()],
                words,
                evidence,
                programs: std::iter::repeat_n(program, programs).collect(),
                experts: std::iter::repeat_n("an expert".to_owned(), experts).collect(),
                partner: partner.map(cds),
                advisers,
            }
        },
    )
}

fn step() -> impl Strategy<Value = StepEdit> {
    let done_on = option::weighted(0.5, option::weighted(0.8, any_day()));
    let title = option::weighted(0.5, Just("a title".to_owned()));
    (
        title,
        option::weighted(0.7, any_day()),
        done_on,
        option::of(any::<bool>()),
        option::of(words()),
    )
        .prop_map(|(title, due, done_on, left_out, words)| StepEdit {
            title,
            due,
            done_on,
            left_out,
            words,
        })
}

fn edit() -> impl Strategy<Value = Edit> {
    let need = words().prop_map(|words| ChosenNeed {
        group: None,
        indicator: None,
        priority: None,
        words,
        made_eligible: Some(false),
    });
    let participant = words().prop_map(|words| Participant {
        who: "ccee".to_owned(),
        words,
        chosen_by_lea: false,
    });
    let session = (any_day(), words()).prop_map(|(on, words)| Session {
        on,
        kind: SessionKind::Meeting,
        who: vec![],
        words,
    });
    let change =
        words().prop_map(|words| LcapChange { part: LcapPart::Goal, which: "1".to_owned(), words });
    let action = (any_day(), words(), prop_oneof![Just(String::new()), words()])
        .prop_map(|(on, words, outcome)| Action { on, words, outcome });
    let closing = (any_day(), words()).prop_map(|(on, reason)| Closing { on, reason });
    let kinds = select(ActivityKind::ALL.to_vec());
    let keys = select(vec!["firstMeeting", "summary", "visit", "a visit"]);
    (
        option::weighted(0.2, vec(participant, 0..3)),
        option::weighted(0.2, vec(need, 0..3)),
        btree_map(kinds, activity(), 0..2),
        option::weighted(0.2, vec(session, 0..3)),
        option::weighted(0.2, vec(change, 0..3)),
        option::weighted(0.2, vec(action, 0..3)),
        btree_map(keys.prop_map(str::to_owned), step(), 0..2),
        option::weighted(0.05, closing),
    )
        .prop_map(
            |(participants, needs, activities, sessions, lcap_changes, actions, steps, closed)| {
                Edit {
                    participants,
                    needs,
                    activities,
                    sessions,
                    lcap_changes,
                    actions,
                    steps,
                    closed,
                }
            },
        )
}

fn says(text: &str) -> bool {
    !text.trim().is_empty()
}

/// The conditions that an activity lacks, said apart from the rules' own words.
fn lacks_of_activity(kind: ActivityKind, said: &Activity) -> BTreeSet<Condition> {
    let mut lacks = BTreeSet::new();
    let days = [said.from, said.until];
    let is = |state| said.state == state;
    let belongs = |kinds: ActivityKind, is_empty: bool| is_empty || kinds == kind;
    let mut ask = |holds: bool, condition: Condition| {
        if !holds {
            lacks.insert(condition);
        }
    };
    ask(days.iter().flatten().all(|day| *day >= since()), Condition::SupportBegan);
    ask(said.from.zip(said.until).is_none_or(|(f, u)| f <= u), Condition::FromBeforeUntil);
    let own = belongs(ActivityKind::StrengthsAndWeaknesses, said.programs.is_empty())
        && belongs(ActivityKind::ExpertOrPartner, said.experts.is_empty())
        && belongs(ActivityKind::ExpertOrPartner, said.partner.is_none())
        && belongs(ActivityKind::Advice, said.advisers.is_empty());
    ask(own, Condition::PartOfActivity);
    ask(said.partner != Some(cds(ELSEWHERE)), Condition::PartnerOfCounty);
    ask(!said.advisers.contains(&ServiceProvider::State), Condition::Adviser);
    if is(ActivityState::UnderWay) {
        ask(said.from.is_none_or(|day| day <= today()), Condition::NotAhead);
    }
    if is(ActivityState::Done) {
        ask(said.until.is_some(), Condition::DayDone);
        ask(said.until.is_none_or(|day| day <= today()), Condition::NotAhead);
        match kind {
            ActivityKind::StrengthsAndWeaknesses => {
                ask(!said.evidence.is_empty(), Condition::InWriting);
                ask(!said.programs.is_empty(), Condition::Programs);
            }
            ActivityKind::ExpertOrPartner => {
                let has = !said.experts.is_empty() || said.partner.is_some();
                ask(has, Condition::ExpertOrPartner);
            }
            ActivityKind::Documentation => {
                ask(!said.evidence.is_empty(), Condition::Documentation);
            }
            ActivityKind::Advice => ask(!said.advisers.is_empty(), Condition::Adviser),
            ActivityKind::LcapReview => ask(says(&said.words), Condition::Reviewed),
        }
    }
    lacks
}

/// The conditions that an edit lacks.
fn lacks(before: &Engagement, edit: &Edit, is_in: bool) -> BTreeSet<Condition> {
    if before.closed().is_some() {
        return BTreeSet::from([Condition::Open]);
    }
    let mut lacks: BTreeSet<Condition> = BTreeSet::new();
    for (kind, activity) in &edit.activities {
        lacks.extend(lacks_of_activity(*kind, activity));
    }
    let mut ask = |holds: bool, condition: Condition| {
        if !holds {
            lacks.insert(condition);
        }
    };
    for need in edit.needs.iter().flatten() {
        ask(says(&need.words), Condition::NeedNamed);
    }
    for session in edit.sessions.iter().flatten() {
        ask(session.on >= since(), Condition::SupportBegan);
    }
    for change in edit.lcap_changes.iter().flatten() {
        ask(says(&change.words), Condition::Words);
    }
    for action in edit.actions.iter().flatten() {
        ask(says(&action.words), Condition::Words);
        ask(action.on >= since(), Condition::SupportBegan);
        ask(!says(&action.outcome) || action.on <= today(), Condition::NotAhead);
    }
    for (key, step) in &edit.steps {
        let is_known = before.steps().iter().any(|known| known.key == *key);
        let is_whole = key != "a visit" && step.title.is_some() && step.due.is_some();
        ask(is_known || is_whole, Condition::NewStep);
        ask(step.done_on.flatten().is_none_or(|day| day <= today()), Condition::NotAhead);
    }
    if let Some(closing) = &edit.closed {
        ask(says(&closing.reason), Condition::Reason);
        ask(closing.on <= today(), Condition::NotAhead);
        ask(closing.on >= before.opened_on(), Condition::DaysInOrder);
        ask(!is_in || closing.on >= until(), Condition::TwoYears);
    }
    lacks
}

/// Whether an engagement after an edit says all that was given, and otherwise what it said.
fn holds_what_was_given(
    before: &Engagement,
    edit: &Edit,
    after: &Engagement,
) -> Result<(), TestCaseError> {
    fn part<T: Clone>(given: Option<&Vec<T>>, was: &[T]) -> Vec<T> {
        given.cloned().unwrap_or_else(|| was.to_vec())
    }
    let participants = part(edit.participants.as_ref(), before.participants());
    prop_assert_eq!(after.participants(), participants);
    prop_assert_eq!(after.needs(), part(edit.needs.as_ref(), before.needs()));
    prop_assert_eq!(after.sessions(), part(edit.sessions.as_ref(), before.sessions()));
    let changes = part(edit.lcap_changes.as_ref(), before.lcap_changes());
    prop_assert_eq!(after.lcap_changes(), changes);
    prop_assert_eq!(after.actions(), part(edit.actions.as_ref(), before.actions()));
    let mut activities: BTreeMap<_, _> = before.activities().clone();
    activities.extend(edit.activities.clone());
    prop_assert_eq!(after.activities(), &activities);
    prop_assert_eq!(after.closed(), edit.closed.as_ref().or(before.closed()));
    prop_assert_eq!((after.basis(), after.opened_on()), (before.basis(), before.opened_on()));
    for step in after.steps() {
        let was = before.steps().iter().find(|known| known.key == step.key);
        let given = edit.steps.get(&step.key);
        let due = given.and_then(|given| given.due).or(was.map(|was| was.due));
        prop_assert_eq!(Some(step.due), due);
        let done_on = given.and_then(|given| given.done_on);
        prop_assert_eq!(step.done_on, done_on.unwrap_or(was.and_then(|was| was.done_on)));
        let said = given.and_then(|given| given.words.as_ref()).or(was.map(|was| &was.words));
        prop_assert_eq!(step.words.as_str(), said.map_or("", String::as_str));
    }
    let keys: BTreeSet<&String> = after.steps().iter().map(|step| &step.key).collect();
    let known = before.steps().iter().map(|step| &step.key).chain(edit.steps.keys());
    prop_assert_eq!(keys, known.collect::<BTreeSet<_>>());
    prop_assert_eq!(after.steps().len(), {
        let is_new = |key: &&String| before.steps().iter().all(|step| step.key != **key);
        before.steps().len() + edit.steps.keys().filter(is_new).count()
    });
    Ok(())
}

#[test]
fn no_edit_loses_what_was_written_and_each_refusal_names_what_is_missing() {
    let (states, refusals) = (RefCell::new(BTreeSet::new()), RefCell::new(BTreeSet::new()));
    let done = RefCell::new(BTreeSet::new());
    let config = Config { cases: 3000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::from_seed(config.rng_algorithm, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let cases = vec((edit(), any::<bool>()), 0..20);
    let ran = runner.run(&cases, |edits| {
        let mut engagement = opened();
        for (edit, is_in) in edits {
            states.borrow_mut().insert(engagement.state());
            let helped = match is_in {
                true => Helped::Yes(basis()),
                false => Helped::No("it is in level 1".to_owned()),
            };
            let (before, lacks) = (engagement.clone(), lacks(&engagement, &edit, is_in));
            match engagement.edit(edit.clone(), at(), &helped) {
                Ok(after) => {
                    prop_assert_eq!(&lacks, &BTreeSet::new(), "{:?}", edit);
                    holds_what_was_given(&before, &edit, &after)?;
                    let text = serde_json::to_string(&after).unwrap();
                    prop_assert_eq!(&serde_json::from_str::<Engagement>(&text).unwrap(), &after);
                    for (kind, said) in after.activities() {
                        if said.state == ActivityState::Done {
                            done.borrow_mut().insert(*kind);
                            prop_assert!(lacks_of_activity(*kind, said).is_empty());
                        }
                    }
                    engagement = after;
                }
                Err(refusal) => {
                    prop_assert!(lacks.contains(&refusal.condition), "{refusal}: {lacks:?}");
                    prop_assert!(refusal.found.is_some(), "{refusal}");
                    refusals.borrow_mut().insert(refusal.condition);
                    prop_assert_eq!(&before, &engagement);
                }
            }
            // What is closed stays as it is.
            if before.closed().is_some() {
                prop_assert_eq!(&before, &engagement);
            }
        }
        Ok(())
    });
    ran.unwrap();
    assert_eq!(states.into_inner(), BTreeSet::from(State::ALL));
    assert_eq!(done.into_inner(), BTreeSet::from(ActivityKind::ALL));
    let expected = [
        Condition::InWriting,
        Condition::Programs,
        Condition::ExpertOrPartner,
        Condition::PartnerOfCounty,
        Condition::Documentation,
        Condition::Adviser,
        Condition::Reviewed,
        Condition::PartOfActivity,
        Condition::DayDone,
        Condition::FromBeforeUntil,
        Condition::SupportBegan,
        Condition::NotAhead,
        Condition::NeedNamed,
        Condition::Words,
        Condition::NewStep,
        Condition::TwoYears,
        Condition::Reason,
        Condition::Open,
    ];
    let missed: Vec<_> = expected.iter().filter(|of| !refusals.borrow().contains(*of)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
