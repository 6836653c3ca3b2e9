//! Referrals and state interventions as the law has them: whatever is tried in whatever order, no
//! intervention comes about without its three conditions, nothing that was written is lost, and
//! each refusal names what is missing.
//!
//! The cases are random but always the same ones: the generator starts from a fixed seed.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::cell::RefCell;
use std::collections::BTreeSet;

use calsos_domain::lea::LeaType;
use calsos_domain::support::actor::{Act, Actor};
use calsos_domain::support::condition::{Condition, Refusal};
use calsos_domain::support::evidence::{Evidence, MetTest, Tested};
use calsos_domain::support::intervention::{self, Found, Grounds, Intervention, Power, Proposal};
use calsos_domain::support::referral::{self, Door, Finding, Opening, Provider, Referral};
use calsos_domain::year::{DashboardYear, Day};
use calsos_tests::case::books;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRng, TestRunner};

const YEAR: u16 = 2090;

fn day(number: u8) -> Day {
    Day::new(2091, 1, number).unwrap()
}

fn year() -> DashboardYear {
    DashboardYear::new(YEAR).unwrap()
}

fn met(test: &str) -> Tested {
    Tested::Met(MetTest {
        test: test.to_owned(),
        citation: format!("{test}#b"),
        dashboard_year: year(),
        run: "a run".to_owned(),
        groups: vec!["SWD".to_owned()],
    })
}

fn tested() -> impl Strategy<Value = Tested> {
    prop_oneof![
        3 => Just(met("ec-52072")),
        1 => Just(Tested::NotMet(year())),
        1 => Just(Tested::NotKnown(year())),
        1 => Just(Tested::NoTest(year())),
        1 => Just(Tested::NothingPublic(day(1))),
    ]
}

/// Mostly words, at times none.
fn words() -> impl Strategy<Value = String> {
    prop_oneof![9 => Just("some words".to_owned()), 1 => Just("  ".to_owned())]
}

fn lea_type() -> impl Strategy<Value = LeaType> {
    select(LeaType::ALL.to_vec())
}

fn door() -> impl Strategy<Value = Door> {
    let county =
        (words(), proptest::option::of(words())).prop_map(|(geographic_lead, expert_leads)| {
            Door::CountyOffice { geographic_lead, expert_leads }
        });
    prop_oneof![
        1 => Just(Door::Level3Test),
        2 => county,
        1 => Just(Door::Spi),
        1 => Just(Door::EmergencyApportionment),
    ]
}

fn opening() -> impl Strategy<Value = Opening> {
    (lea_type(), door(), words()).prop_map(|(lea_type, door, reason)| Opening {
        lea_type,
        door,
        on: day(1),
        reason,
    })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let leads = select(vec![vec![], vec!["some words"], vec!["another", "some words"], vec!["x"]]);
    (tested(), tested(), leads).prop_map(|(level3, geographic_lead, leads)| {
        let leads = leads.into_iter().map(str::to_owned).collect();
        Evidence { level3, geographic_lead, leads }
    })
}

fn referral_step() -> impl Strategy<Value = referral::Step> {
    use referral::Step;
    let provider = select(Provider::ALL.to_vec());
    prop_oneof![
        2 => words().prop_map(|words| Step::ConsultLea { words }),
        3 => (provider, words()).prop_map(|(provider, words)| Step::ConsultProvider { provider, words }),
        3 => words().prop_map(|reason| Step::Accept { reason }),
        1 => words().prop_map(|reason| Step::Decline { reason }),
        2 => Just(Step::Begin),
        2 => words().prop_map(|words| Step::Recommend { words }),
        2 => (select(Finding::ALL.to_vec()), words())
            .prop_map(|(finding, reason)| Step::Find { finding, reason }),
        1 => words().prop_map(|reason| Step::Close { reason }),
    ]
}

fn intervention_step() -> impl Strategy<Value = intervention::Step> {
    use intervention::Step;
    let powers = proptest::collection::btree_set(select(Power::ALL.to_vec()), 0..3);
    let bargained = proptest::option::of(any::<bool>());
    prop_oneof![
        3 => (powers, words()).prop_map(|(powers, words)| Step::Approve { powers, words }),
        1 => words().prop_map(|words| Step::Disapprove { words }),
        3 => Just(Step::Begin),
        4 => (select(Power::ALL.to_vec()), words(), bargained).prop_map(
            |(power, words, required_by_bargaining_agreement)| Step::Use {
                power,
                words,
                required_by_bargaining_agreement,
            }
        ),
        1 => words().prop_map(|reason| Step::End { reason }),
    ]
}

/// A day of the month, later or earlier than those before.
fn on() -> impl Strategy<Value = u8> {
    1_u8..=28
}

/// Runs a property over the same cases each time.
fn holds<T: std::fmt::Debug>(
    cases: u32,
    strategy: &impl Strategy<Value = T>,
    test: impl Fn(T) -> Result<(), TestCaseError>,
) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    if let Err(error) = TestRunner::new_with_rng(config, rng).run(strategy, test) {
        panic!("{error}");
    }
}

/// What a refusal names: the condition, in words, and its source where the law has one.
fn names_what_is_missing(refusal: &Refusal, lea_type: LeaType) -> Result<(), TestCaseError> {
    let text = refusal.to_string();
    prop_assert!(text.contains(refusal.condition.words()), "{text}");
    prop_assert_eq!(refusal.citation, refusal.condition.citation(lea_type));
    if let Some(citation) = refusal.citation {
        prop_assert!(text.contains(citation), "{}", text);
    }
    Ok(())
}

/// The conditions of opening a referral, said apart from the machine's own words.
fn may_open(opening: &Opening, evidence: &Evidence) -> bool {
    let is_charter = opening.lea_type == LeaType::Charter;
    let door = match &opening.door {
        Door::Level3Test => !is_charter && matches!(evidence.level3, Tested::Met(_)),
        Door::CountyOffice { geographic_lead, expert_leads } => {
            let considered = expert_leads.as_ref().is_some_and(|words| !words.trim().is_empty());
            opening.lea_type != LeaType::CountyOffice
                && !geographic_lead.trim().is_empty()
                && (evidence.leads.is_empty() || evidence.leads.contains(geographic_lead))
                && (considered || !matches!(evidence.geographic_lead, Tested::Met(_)))
        }
        Door::Spi | Door::EmergencyApportionment => true,
    };
    door && !opening.reason.trim().is_empty()
}

/// Who provides help at level 2, and whoever refers with it.
fn who_is_consulted(lea_type: LeaType, door: &Door) -> Vec<Provider> {
    let mut consulted = match lea_type {
        LeaType::CountyOffice => vec![Provider::Department],
        LeaType::District | LeaType::Charter => vec![Provider::CountyOffice],
    };
    if let Door::CountyOffice { .. } = door {
        consulted.push(Provider::GeographicLead);
    }
    consulted
}

#[test]
fn a_referral_is_opened_by_its_door_alone_and_goes_its_way_step_by_step() {
    use referral::{State, Step};
    let reached = RefCell::new(BTreeSet::new());
    let refused = RefCell::new(BTreeSet::new());
    let cases = (opening(), evidence(), vec((on(), referral_step()), 0..40));
    holds(4_000, &cases, |(opening, evidence, steps)| {
        let lea_type = opening.lea_type;
        let (opened, door) = (Referral::open(opening.clone(), &evidence), opening.door.clone());
        prop_assert_eq!(opened.is_ok(), may_open(&opening, &evidence), "{:?}", opened);
        let mut referral = match opened {
            Ok(referral) => referral,
            Err(refusal) => {
                refused.borrow_mut().insert(refusal.condition);
                return names_what_is_missing(&refusal, lea_type);
            }
        };
        let by_test = matches!(opening.door, Door::Level3Test);
        prop_assert_eq!(referral.test(), evidence.level3.met().filter(|_| by_test));
        reached.borrow_mut().insert(referral.state());
        for (number, step) in steps {
            let before = referral.clone();
            match referral.step(day(number), step.clone()) {
                Ok(after) => {
                    // Nothing is lost, and the step is what is new.
                    let (last, earlier) = after.steps().split_last().unwrap();
                    prop_assert_eq!(earlier, before.steps());
                    prop_assert_eq!((&last.step, last.on), (&step, day(number)));
                    prop_assert!(!before.state().has_ended(), "{:?}", before);
                    prop_assert!(step.words().is_none_or(|words| !words.trim().is_empty()));
                    let is_consulting = step.act() == Act::Consult;
                    let days = earlier.iter().map(|taken| taken.on);
                    let in_order = days.max().is_none_or(|last| last <= day(number));
                    prop_assert!((in_order || is_consulting) && opening.on <= day(number));
                    // What is stored is read back.
                    let text = serde_json::to_string(&after).unwrap();
                    prop_assert_eq!(&serde_json::from_str::<Referral>(&text).unwrap(), &after);
                    referral = after;
                }
                Err(refusal) => {
                    refused.borrow_mut().insert(refusal.condition);
                    names_what_is_missing(&refusal, lea_type)?;
                    prop_assert_eq!(&before, &referral);
                }
            }
            reached.borrow_mut().insert(referral.state());
            // What was taken so far bears each state, whatever the order in which it was tried.
            let has = |wanted: &dyn Fn(&Step) -> bool| {
                referral.steps().iter().any(|taken| wanted(&taken.step))
            };
            let decided = has(&|s| matches!(s, Step::Accept { .. } | Step::Decline { .. }));
            if decided {
                prop_assert!(has(&|s| matches!(s, Step::ConsultLea { .. })), "the order of things");
                for wanted in who_is_consulted(lea_type, &door) {
                    prop_assert!(
                        has(&|s| {
                            matches!(s, Step::ConsultProvider { provider, .. } if *provider == wanted)
                        }),
                        "the order of things"
                    );
                }
            }
            if matches!(referral.state(), State::UnderWay | State::Recommended | State::Closed) {
                prop_assert!(has(&|s| matches!(s, Step::Accept { .. })), "the order of things");
                prop_assert!(has(&|s| matches!(s, Step::Begin)));
            }
            if referral.state() == State::Closed
                || matches!(referral.finding(), Some((Finding::Failed | Finding::Unable, _)))
            {
                prop_assert!(has(&|s| matches!(s, Step::Recommend { .. })), "the order of things");
            }
            if referral.finding().is_some() {
                prop_assert!(has(&|s| matches!(s, Step::Begin)));
            }
            let once = |wanted: &dyn Fn(&Step) -> bool| {
                referral.steps().iter().filter(|taken| wanted(&taken.step)).count() <= 1
            };
            prop_assert!(
                once(&|s| matches!(s, Step::Accept { .. } | Step::Decline { .. })),
                "the order of things"
            );
            prop_assert!(once(&|s| matches!(s, Step::Begin)));
        }
        Ok(())
    });
    let reached = reached.into_inner();
    assert_eq!(reached, BTreeSet::from(State::ALL), "every state is reached");
    let refused = refused.into_inner();
    let own = [
        Condition::Level3Test,
        Condition::CharterDecision,
        Condition::CountyOfficeProvides,
        Condition::GeographicLead,
        Condition::ExpertLeads,
        Condition::LeaConsulted,
        Condition::ProvidersConsulted,
        Condition::ProviderOfLea,
        Condition::Accepted,
        Condition::UnderWay,
        Condition::Recommended,
        Condition::Reason,
        Condition::NotYet,
        Condition::Open,
        Condition::DaysInOrder,
    ];
    assert_eq!(refused, BTreeSet::from(own), "every condition is met by a refusal");
}

fn grounds() -> impl Strategy<Value = Grounds> {
    let found = (select(Finding::ALL.to_vec()), 1_u8..3).prop_map(|(finding, on)| Found {
        finding,
        on: day(on),
        referral: "a referral".to_owned(),
        version: 7,
    });
    (tested(), proptest::option::weighted(0.8, found))
        .prop_map(|(level3, found)| Grounds { level3, found })
}

#[test]
fn no_intervention_comes_about_without_test_finding_and_approval() {
    use intervention::{State, Step};
    let reached = RefCell::new(BTreeSet::new());
    let refused = RefCell::new(BTreeSet::new());
    let used = RefCell::new(BTreeSet::new());
    let proposal = (lea_type(), 1_u8..3, words(), words());
    let cases = (proposal, grounds(), vec((on(), intervention_step(), grounds()), 0..30));
    holds(4_000, &cases, |((lea_type, on, reason, strategies), first, steps)| {
        let proposal = Proposal {
            lea_type,
            on: day(on),
            reason: reason.clone(),
            strategies: strategies.clone(),
        };
        let hold =
            |grounds: &Grounds| matches!(grounds.level3, Tested::Met(_)) && grounds.found.is_some();
        let may = lea_type != LeaType::Charter
            && hold(&first)
            && !reason.trim().is_empty()
            && !strategies.trim().is_empty()
            && first.found.as_ref().is_some_and(|found| found.on <= day(on));
        let proposed = Intervention::propose(proposal, &first);
        prop_assert_eq!(proposed.is_ok(), may, "{:?}", proposed);
        let mut intervention = match proposed {
            Ok(intervention) => intervention,
            Err(refusal) => {
                refused.borrow_mut().insert(refusal.condition);
                return names_what_is_missing(&refusal, lea_type);
            }
        };
        prop_assert_eq!(Some(intervention.test()), first.level3.met());
        prop_assert_eq!(Some(intervention.found()), first.found.as_ref());
        let (mut approved, mut in_force): (BTreeSet<Power>, bool) = (BTreeSet::new(), false);
        reached.borrow_mut().insert(intervention.state());
        for (number, step, grounds) in steps {
            let before = intervention.clone();
            match intervention.step(day(number), step.clone(), &grounds) {
                Ok(after) => {
                    let (last, earlier) = after.steps().split_last().unwrap();
                    prop_assert_eq!(earlier, before.steps());
                    prop_assert_eq!((&last.step, last.on), (&step, day(number)));
                    prop_assert!(!before.state().has_ended(), "{:?}", before);
                    prop_assert!(step.words().is_none_or(|words| !words.trim().is_empty()));
                    let days = earlier.iter().map(|taken| taken.on).chain([day(on)]);
                    prop_assert!(days.max() <= Some(day(number)));
                    let text = serde_json::to_string(&after).unwrap();
                    prop_assert_eq!(&serde_json::from_str::<Intervention>(&text).unwrap(), &after);
                    match &step {
                        Step::Approve { powers, .. } => approved.clone_from(powers),
                        Step::Begin => {
                            prop_assert!(!approved.is_empty(), "without approval");
                            prop_assert!(hold(&grounds), "without test or finding");
                            in_force = true;
                        }
                        Step::Use { power, required_by_bargaining_agreement, .. } => {
                            prop_assert!(in_force && approved.contains(power));
                            prop_assert!(
                                *power != Power::StayOrRescindAction
                                    || *required_by_bargaining_agreement == Some(false)
                            );
                            used.borrow_mut().insert(*power);
                        }
                        Step::Disapprove { .. } | Step::End { .. } => {}
                    }
                    intervention = after;
                }
                Err(refusal) => {
                    refused.borrow_mut().insert(refusal.condition);
                    names_what_is_missing(&refusal, lea_type)?;
                    prop_assert_eq!(&before, &intervention);
                }
            }
            let state = intervention.state();
            reached.borrow_mut().insert(state);
            prop_assert!(state != State::InForce || in_force);
            prop_assert_eq!(intervention.powers(), approved.clone());
        }
        Ok(())
    });
    assert_eq!(reached.into_inner(), BTreeSet::from(State::ALL), "every state is reached");
    assert_eq!(used.into_inner(), BTreeSet::from(Power::ALL), "every power is used");
    let own = [
        Condition::Level3Test,
        Condition::NoCharter,
        Condition::Finding,
        Condition::OtherStrategies,
        Condition::BoardApproval,
        Condition::PowerApproved,
        Condition::InForce,
        Condition::NotBargained,
        Condition::Reason,
        Condition::NotYet,
        Condition::Open,
        Condition::DaysInOrder,
    ];
    assert_eq!(refused.into_inner(), BTreeSet::from(own), "every condition is met by a refusal");
}

/// What somebody tries in the life of an LEA.
#[derive(Clone, Debug)]
enum Deed {
    /// A determination becomes public.
    Publish(Tested),
    /// A referral is opened, where none is open.
    Refer(Box<(Opening, Evidence)>),
    Referral(referral::Step),
    /// The referral is deleted as one that should not have been written.
    Delete,
    /// An intervention is proposed, where none is under way.
    Propose,
    Intervention(intervention::Step),
}

/// In which part it is tried, and what.
fn deed() -> impl Strategy<Value = (Actor, Deed)> {
    let who = select(vec![Actor::State, Actor::Spi, Actor::Ccee, Actor::CountyOffice]);
    // The law says by whom most of it is done: mostly it is tried by those.
    let by = |deed: Deed, act: Option<Act>, who: Actor, odd: u8| match act {
        Some(act) if odd < 8 => (act.by()[0], deed),
        _ => (who, deed),
    };
    let deed = prop_oneof![
        6 => Just(Deed::Publish(met("ec-52072"))),
        3 => tested().prop_map(Deed::Publish),
        30 => (opening(), evidence()).prop_map(|with| Deed::Refer(Box::new(with))),
        150 => referral_step().prop_map(Deed::Referral),
        1 => Just(Deed::Delete),
        40 => Just(Deed::Propose),
        60 => intervention_step().prop_map(Deed::Intervention),
    ];
    (deed, who, 0_u8..10).prop_map(move |(deed, who, odd)| {
        let act = match &deed {
            Deed::Publish(_) | Deed::Delete => None,
            Deed::Refer(with) => Some(with.0.door.act()),
            Deed::Referral(step) => Some(step.act()),
            Deed::Propose => Some(Act::Propose),
            Deed::Intervention(step) => Some(step.act()),
        };
        by(deed, act, who, odd)
    })
}

/// A district with its determinations, a referral and an intervention, each changed by its own
/// steps alone, and beside them what was seen of the three conditions: by whom, and no more.
struct Life {
    public: Tested,
    referral: Option<Referral>,
    intervention: Option<Intervention>,
    /// What the Collaborative found by the referral that is there.
    found_by_ccee: Option<Finding>,
    /// Whether the state recorded that the board approved of the intervention that is there.
    approved_by_state: bool,
    steps_taken: usize,
}

impl Life {
    /// What an intervention rests on: looked up where it is kept, as the service looks it up.
    fn grounds(&self) -> Grounds {
        let finding = self.referral.as_ref().and_then(Referral::finding);
        let found = finding.map(|(finding, on)| Found {
            finding,
            on,
            referral: "the referral".to_owned(),
            version: 7,
        });
        Grounds { level3: self.public.clone(), found }
    }

    /// Tries a deed; `None` where it is not the actor's or there is nothing to do it to.
    fn tries(&mut self, actor: Actor, deed: &Deed) -> Option<Result<(), Refusal>> {
        let is_of = |act: Act| act.by().contains(&actor);
        let (grounds, on) = (self.grounds(), day(1));
        match deed {
            Deed::Publish(tested) => self.public = tested.clone(),
            Deed::Refer(with) => {
                let (opening, evidence) = &**with;
                let ended = self.referral.as_ref().is_none_or(|known| known.state().has_ended());
                if !ended || !is_of(opening.door.act()) {
                    return None;
                }
                let opening = Opening { lea_type: LeaType::District, ..opening.clone() };
                let evidence = Evidence { level3: self.public.clone(), ..evidence.clone() };
                match Referral::open(opening, &evidence) {
                    Ok(opened) => self.referral = Some(opened),
                    Err(refusal) => return Some(Err(refusal)),
                }
                self.found_by_ccee = None;
            }
            Deed::Referral(step) => {
                let known = self.referral.as_ref().filter(|_| is_of(step.act()))?;
                match known.step(on, step.clone()) {
                    Ok(after) => self.referral = Some(after),
                    Err(refusal) => return Some(Err(refusal)),
                }
                if let (referral::Step::Find { finding, .. }, Actor::Ccee) = (step, actor) {
                    self.found_by_ccee = Some(*finding);
                }
            }
            Deed::Delete => (self.referral, self.found_by_ccee) = (None, None),
            Deed::Propose => {
                let ended =
                    self.intervention.as_ref().is_none_or(|known| known.state().has_ended());
                if !ended || !is_of(Act::Propose) {
                    return None;
                }
                let words = || "some words".to_owned();
                let lea_type = LeaType::District;
                let proposal = Proposal { lea_type, on, reason: words(), strategies: words() };
                match Intervention::propose(proposal, &grounds) {
                    Ok(proposed) => self.intervention = Some(proposed),
                    Err(refusal) => return Some(Err(refusal)),
                }
                self.approved_by_state = false;
            }
            Deed::Intervention(step) => {
                let known = self.intervention.as_ref().filter(|_| is_of(step.act()))?;
                match known.step(on, step.clone(), &grounds) {
                    Ok(after) => self.intervention = Some(after),
                    Err(refusal) => return Some(Err(refusal)),
                }
                if let (intervention::Step::Approve { .. }, Actor::State) = (step, actor) {
                    self.approved_by_state = true;
                }
            }
        }
        self.steps_taken += 1;
        Some(Ok(()))
    }

    fn state(&self) -> Option<intervention::State> {
        self.intervention.as_ref().map(Intervention::state)
    }
}

/// Whoever tries whatever in whatever order: an intervention comes into force where, at that
/// moment, a public determination meets the test, the Collaborative has made its finding, and
/// the state has recorded the board's approval. None of the three can stand in for another.
#[test]
fn whoever_acts_in_whatever_order_an_intervention_has_each_condition_from_its_own_source() {
    use intervention::State;
    let came_into_force = RefCell::new(0_usize);
    let missing_alone = RefCell::new(BTreeSet::new());
    let by_others = RefCell::new(0_usize);
    holds(1_000, &vec(deed(), 100..200), |deeds| {
        let mut life = Life {
            public: Tested::NothingPublic(day(1)),
            referral: None,
            intervention: None,
            found_by_ccee: None,
            approved_by_state: false,
            steps_taken: 0,
        };
        for (actor, deed) in deeds {
            let (before, taken) = (life.state(), life.steps_taken);
            let (referral, intervention) = (life.referral.clone(), life.intervention.clone());
            let is_met = life.public.met().is_some();
            let conditions = [is_met, life.found_by_ccee.is_some(), life.approved_by_state];
            let outcome = life.tries(actor, &deed);
            match &outcome {
                Some(Ok(())) => prop_assert_eq!(life.steps_taken, taken + 1),
                Some(Err(refusal)) => {
                    names_what_is_missing(refusal, LeaType::District)?;
                    let begins = matches!(deed, Deed::Intervention(intervention::Step::Begin));
                    let is_alone = conditions.iter().filter(|holds| !**holds).count() == 1;
                    if begins && is_alone {
                        let expected = match conditions {
                            [false, ..] => Condition::Level3Test,
                            [_, false, _] => Condition::Finding,
                            _ => Condition::BoardApproval,
                        };
                        // What is over says so first.
                        if refusal.condition != Condition::Open
                            && refusal.condition != Condition::NotYet
                        {
                            prop_assert_eq!(refusal.condition, expected);
                            missing_alone.borrow_mut().insert(expected);
                        }
                    }
                }
                None => *by_others.borrow_mut() += 1,
            }
            if !matches!(outcome, Some(Ok(()))) {
                prop_assert_eq!(&life.referral, &referral);
                prop_assert_eq!(&life.intervention, &intervention);
            }
            // No deed on one of them changes another.
            if !matches!(deed, Deed::Propose | Deed::Intervention(_)) {
                prop_assert_eq!(&life.intervention, &intervention);
            }
            if matches!(deed, Deed::Publish(_) | Deed::Propose | Deed::Intervention(_)) {
                prop_assert_eq!(&life.referral, &referral);
            }
            if life.state() == Some(State::InForce) && before != Some(State::InForce) {
                prop_assert_eq!(conditions, [true; 3], "{:?}", deed);
                prop_assert_eq!(actor, Actor::Spi);
                *came_into_force.borrow_mut() += 1;
            }
        }
        Ok(())
    });
    let came_into_force = came_into_force.into_inner();
    assert!(came_into_force >= 20, "{came_into_force} interventions came into force");
    assert!(by_others.into_inner() > 1_000);
    let each = [Condition::Level3Test, Condition::Finding, Condition::BoardApproval];
    assert_eq!(missing_alone.into_inner(), BTreeSet::from(each), "each is missed alone");
}

/// What is missing is named where it is the only thing.
#[test]
fn each_of_the_three_conditions_is_named_where_it_is_missing() {
    let found = Found {
        finding: Finding::Failed,
        on: day(1),
        referral: "a referral".to_owned(),
        version: 7,
    };
    let whole = Grounds { level3: met("ec-52072"), found: Some(found) };
    let without_test = Grounds { level3: Tested::NotMet(year()), ..whole.clone() };
    let without_finding = Grounds { found: None, ..whole.clone() };
    let words = || "some words".to_owned();
    let proposal =
        |lea_type| Proposal { lea_type, on: day(2), reason: words(), strategies: words() };
    for (lea_type, source) in
        [(LeaType::District, "ec-52072.1"), (LeaType::CountyOffice, "ec-52072.6")]
    {
        let propose = |grounds| Intervention::propose(proposal(lea_type), grounds);
        let test = propose(&without_test).unwrap_err();
        assert_eq!(test.condition, Condition::Level3Test);
        assert!(test.to_string().contains(&format!("that of {YEAR} does not")), "{test}");
        let finding = propose(&without_finding).unwrap_err();
        assert_eq!((finding.condition, finding.citation), (Condition::Finding, Some(source)));
        let proposed = propose(&whole).unwrap();
        let begin = intervention::Step::Begin;
        let unapproved = proposed.step(day(3), begin.clone(), &whole).unwrap_err();
        assert_eq!(unapproved.condition, Condition::BoardApproval);
        assert_eq!(unapproved.citation, Some(source));
        let powers = BTreeSet::from([Power::AppointTrustee]);
        let approve = intervention::Step::Approve { powers, words: words() };
        let approved = proposed.step(day(3), approve, &whole).unwrap();
        // What was there when it was proposed may be gone when it is to come into force.
        for (grounds, condition) in
            [(&without_test, Condition::Level3Test), (&without_finding, Condition::Finding)]
        {
            let refusal = approved.step(day(4), begin.clone(), grounds).unwrap_err();
            assert_eq!(refusal.condition, condition);
        }
        let in_force = approved.step(day(4), begin, &whole).unwrap();
        assert_eq!(in_force.state(), intervention::State::InForce);
    }
    let charter = Intervention::propose(proposal(LeaType::Charter), &whole).unwrap_err();
    assert_eq!(charter.condition, Condition::NoCharter);
}

/// An action that a bargaining agreement requires stays, and nobody has to guess whether one does.
#[test]
fn only_an_action_that_no_bargaining_agreement_requires_is_stayed() {
    use intervention::Step;
    let found = Found {
        finding: Finding::PersistentOrAcute,
        on: day(1),
        referral: "a referral".to_owned(),
        version: 7,
    };
    let grounds = Grounds { level3: met("ec-52072"), found: Some(found) };
    let words = || "some words".to_owned();
    let proposal =
        Proposal { lea_type: LeaType::District, on: day(1), reason: words(), strategies: words() };
    let powers = BTreeSet::from([Power::StayOrRescindAction, Power::ChangeLcap]);
    let in_force = Intervention::propose(proposal, &grounds)
        .and_then(|it| it.step(day(1), Step::Approve { powers, words: words() }, &grounds))
        .and_then(|it| it.step(day(1), Step::Begin, &grounds))
        .unwrap();
    let use_of = |power, required_by_bargaining_agreement| {
        let step = Step::Use { power, words: words(), required_by_bargaining_agreement };
        in_force.step(day(2), step, &grounds).map_err(|refusal| refusal.condition)
    };
    assert!(use_of(Power::StayOrRescindAction, Some(false)).is_ok());
    for required in [Some(true), None] {
        let refused = use_of(Power::StayOrRescindAction, required);
        assert_eq!(refused.unwrap_err(), Condition::NotBargained, "{required:?}");
    }
    assert!(use_of(Power::ChangeLcap, None).is_ok());
    assert_eq!(use_of(Power::AppointTrustee, None).unwrap_err(), Condition::PowerApproved);
}

/// The one table of who takes which step.
#[test]
fn each_act_is_done_by_these_and_nobody_else() {
    use Actor::{Ccee, CountyOffice, Spi, State};
    let expected: [(Act, &[Actor]); 13] = [
        (Act::OpenByTest, &[State, Spi, Ccee, CountyOffice]),
        (Act::OpenByCountyOffice, &[CountyOffice]),
        (Act::OpenBySpi, &[Spi]),
        (Act::OpenByApportionment, &[State, Spi]),
        (Act::Consult, &[Ccee]),
        (Act::Decide, &[Ccee]),
        (Act::Assist, &[Ccee]),
        (Act::Recommend, &[Ccee]),
        (Act::Find, &[Ccee]),
        (Act::Close, &[Ccee]),
        (Act::Propose, &[Spi]),
        (Act::RecordBoard, &[State]),
        (Act::Intervene, &[Spi]),
    ];
    assert_eq!(expected.map(|(act, _)| act), Act::ALL);
    for (act, by) in expected {
        assert_eq!(act.by(), by, "{act:?}");
    }
}

/// Where a condition stands is a source of the rules, which the service serves.
#[test]
fn every_condition_stands_where_the_sources_have_it() {
    let mut codes = BTreeSet::new();
    for condition in Condition::ALL {
        assert!(codes.insert(condition.code()) && !condition.words().is_empty());
        for lea_type in LeaType::ALL {
            let Some(citation) = condition.citation(lea_type) else { continue };
            let id = citation.split('#').next().unwrap();
            assert!(books().source(id).is_some(), "{citation}");
        }
    }
}
