use super::activity::{Document, Program};
use super::checklist::{DUE_DAYS, StepState};
use super::chosen::SessionKind;
use super::template::{DAYS, KEY_MOST, STEPS_MOST, TITLE_MOST, TemplateStep};
use super::*;
use crate::indicator::Indicator;
use crate::priority::Priority;
use crate::student_group::StudentGroup;
use crate::support::need::{Lowness, Need, Subject};

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn cds(text: &str) -> CdsCode {
    CdsCode::parse(text).unwrap()
}

fn year() -> DashboardYear {
    DashboardYear::new(2090).unwrap()
}

fn basis() -> Basis {
    Basis {
        level: 2,
        dashboard_year: year(),
        run: "a run".to_owned(),
        public_on: day("2090-12-15"),
        since: day("2090-12-15"),
        at_least_until: Some(day("2092-06-30")),
    }
}

fn open_with(helped: Helped, on: &str) -> Result<Engagement, Refusal> {
    Engagement::open(Opening {
        lea_type: LeaType::District,
        providers: vec![ServiceProvider::County(CountyCode::parse("01").unwrap())],
        helped,
        on: day(on),
        template: &Template::built_in().unwrap(),
    })
}

fn opened() -> Engagement {
    open_with(Helped::Yes(basis()), "2090-12-20").unwrap()
}

fn at(today: &str) -> At {
    At { cds: cds("01800010000000"), county: CountyCode::parse("01").unwrap(), today: day(today) }
}

fn edited(engagement: &Engagement, edit: Edit) -> Result<Engagement, Refusal> {
    engagement.edit(edit, at("2091-06-01"), &Helped::Yes(basis()))
}

fn document() -> Document {
    Document {
        link: "https://example.org/one.pdf".to_owned(),
        title: "One".to_owned(),
        on: day("2091-02-01"),
        sha256: "0".repeat(64),
    }
}

fn done() -> Activity {
    Activity {
        state: ActivityState::Done,
        from: Some(day("2091-01-10")),
        until: Some(day("2091-02-10")),
        ..Activity::default()
    }
}

fn of(kind: ActivityKind, activity: Activity) -> Edit {
    Edit { activities: BTreeMap::from([(kind, activity)]), ..Edit::default() }
}

#[track_caller]
fn lacks(found: Result<Engagement, Refusal>, condition: Condition, at: &str) {
    let refusal = found.unwrap_err();
    assert_eq!(refusal.condition, condition, "{refusal}");
    assert!(refusal.to_string().contains(at), "{refusal}");
}

#[test]
fn an_engagement_rests_on_support_that_has_begun() {
    let found = "it is in level 1 by that of 2090";
    lacks(
        open_with(Helped::No(found.to_owned()), "2090-12-20"),
        Condition::InLevel2,
        "it is in level 1 by that of 2090",
    );
    lacks(
        open_with(Helped::Yes(basis()), "2090-12-14"),
        Condition::SupportBegan,
        "support began on 2090-12-15",
    );
    let engagement = open_with(Helped::Yes(basis()), "2090-12-15").unwrap();
    assert_eq!(engagement.state(), State::Opened);
    // The steps are counted from the public release, whenever it is opened.
    let later = open_with(Helped::Yes(basis()), "2091-01-20").unwrap();
    assert_eq!(later.steps(), engagement.steps());
    assert_eq!(engagement.activities().len(), ActivityKind::ALL.len());
    assert!(engagement.activities().values().all(|a| a.state == ActivityState::Open));
}

#[test]
fn an_activity_is_done_where_it_has_what_the_law_asks_of_it() {
    let engagement = opened();
    let program = Program { name: "Teams".to_owned(), evidence: "a study".to_owned() };
    let whole = |kind| match kind {
        ActivityKind::StrengthsAndWeaknesses => {
            Activity { evidence: vec![document()], programs: vec![program.clone()], ..done() }
        }
        ActivityKind::ExpertOrPartner => {
            Activity { partner: Some(cds("01800020000000")), ..done() }
        }
        ActivityKind::Documentation => Activity { evidence: vec![document()], ..done() },
        ActivityKind::Advice => Activity { advisers: vec![ServiceProvider::Ccee], ..done() },
        ActivityKind::LcapReview => Activity { words: "goal 1".to_owned(), ..done() },
    };
    for kind in ActivityKind::ALL {
        let activity = whole(kind);
        let after = edited(&engagement, of(kind, activity.clone())).unwrap();
        assert_eq!(after.activities()[&kind], activity);
        assert_eq!(after.state(), State::UnderWay);
        let undated = Activity { until: None, ..activity.clone() };
        lacks(edited(&engagement, of(kind, undated)), Condition::DayDone, "until");
        let early = Activity { from: Some(day("2090-12-14")), ..activity.clone() };
        lacks(edited(&engagement, of(kind, early)), Condition::SupportBegan, "2090-12-14");
        let first = Activity { from: Some(day("2090-12-15")), ..activity.clone() };
        assert!(edited(&engagement, of(kind, first)).is_ok());
        let turned = Activity { from: Some(day("2091-02-11")), ..activity.clone() };
        lacks(edited(&engagement, of(kind, turned)), Condition::FromBeforeUntil, "from");
        let today = Activity { until: Some(day("2091-06-01")), ..activity.clone() };
        assert!(edited(&engagement, of(kind, today)).is_ok());
        let ahead = Activity { until: Some(day("2091-06-02")), ..activity.clone() };
        lacks(edited(&engagement, of(kind, ahead.clone())), Condition::NotAhead, "2091-06-02");
        // What is planned may be ahead, and lacks nothing.
        let planned =
            Activity { state: ActivityState::Planned, until: ahead.until, ..Activity::default() };
        assert!(edited(&engagement, of(kind, planned)).is_ok());
    }
    let lacking = [
        (ActivityKind::StrengthsAndWeaknesses, Condition::InWriting, "evidence"),
        (ActivityKind::ExpertOrPartner, Condition::ExpertOrPartner, "neither"),
        (ActivityKind::Documentation, Condition::Documentation, "evidence"),
        (ActivityKind::Advice, Condition::Adviser, "advisers"),
        (ActivityKind::LcapReview, Condition::Reviewed, "words"),
    ];
    for (kind, condition, at) in lacking {
        lacks(edited(&engagement, of(kind, done())), condition, at);
    }
    let unproved = Activity { evidence: vec![document()], ..done() };
    let kind = ActivityKind::StrengthsAndWeaknesses;
    lacks(edited(&engagement, of(kind, unproved)), Condition::Programs, "programs");
    let begun = Activity {
        state: ActivityState::UnderWay,
        from: Some(day("2091-06-02")),
        ..Activity::default()
    };
    lacks(edited(&engagement, of(kind, begun)), Condition::NotAhead, "from");
}

#[test]
fn a_partner_is_another_district_of_the_county() {
    let engagement = opened();
    let with = |partner: &str| {
        let partner = Some(cds(partner));
        edited(&engagement, of(ActivityKind::ExpertOrPartner, Activity { partner, ..done() }))
    };
    assert!(with("01800020000000").is_ok());
    for other in ["02800020000000", "01800010000000", "01800020000001", "01199990000000"] {
        lacks(with(other), Condition::PartnerOfCounty, other);
    }
}

#[test]
fn what_belongs_to_one_activity_is_refused_at_another() {
    let engagement = opened();
    let programs = vec![Program { name: "x".to_owned(), evidence: "y".to_owned() }];
    let parts = [
        (ActivityKind::StrengthsAndWeaknesses, Activity { programs, ..Activity::default() }),
        (
            ActivityKind::ExpertOrPartner,
            Activity { experts: vec!["x".to_owned()], ..Activity::default() },
        ),
        (
            ActivityKind::ExpertOrPartner,
            Activity { partner: Some(cds("01800020000000")), ..Activity::default() },
        ),
        (
            ActivityKind::Advice,
            Activity { advisers: vec![ServiceProvider::Ccee], ..Activity::default() },
        ),
    ];
    for (own, activity) in parts {
        for kind in ActivityKind::ALL {
            let found = edited(&engagement, of(kind, activity.clone()));
            if kind == own {
                assert!(found.is_ok());
            } else {
                lacks(found, Condition::PartOfActivity, own.code());
            }
        }
    }
    let lead = ServiceProvider::GeographicLead("A lead".to_owned());
    let advised = |by| Activity { advisers: vec![by], ..done() };
    assert!(edited(&engagement, of(ActivityKind::Advice, advised(lead))).is_ok());
    let other = advised(ServiceProvider::Other("A firm".to_owned()));
    lacks(edited(&engagement, of(ActivityKind::Advice, other)), Condition::Adviser, "A firm");
}

#[test]
fn lists_say_something_and_are_not_before_the_support() {
    let engagement = opened();
    let need = |words: &str| ChosenNeed {
        group: None,
        indicator: None,
        priority: None,
        words: words.to_owned(),
        made_eligible: None,
    };
    let needs = |words: &str| Edit { needs: Some(vec![need(words)]), ..Edit::default() };
    assert!(edited(&engagement, needs("attendance")).is_ok());
    lacks(edited(&engagement, needs("  ")), Condition::NeedNamed, "needs[0]");
    let session = |on: &str| Session {
        on: day(on),
        kind: SessionKind::Meeting,
        who: Vec::new(),
        words: String::new(),
    };
    let sessions = |on: &str| Edit { sessions: Some(vec![session(on)]), ..Edit::default() };
    assert_eq!(edited(&engagement, sessions("2090-12-15")).unwrap().state(), State::UnderWay);
    let early = edited(&engagement, sessions("2090-12-14"));
    lacks(early, Condition::SupportBegan, "sessions[0].on");
    let change = |words: &str| LcapChange {
        part: chosen::LcapPart::Goal,
        which: String::new(),
        words: words.to_owned(),
    };
    let changes = |words: &str| Edit { lcap_changes: Some(vec![change(words)]), ..Edit::default() };
    assert_eq!(edited(&engagement, changes("more")).unwrap().lcap_changes(), [change("more")]);
    lacks(edited(&engagement, changes("\n")), Condition::Words, "lcapChanges[0].words");
    let action = |on: &str, words: &str, outcome: &str| Edit {
        actions: Some(vec![Action {
            on: day(on),
            words: words.to_owned(),
            outcome: outcome.to_owned(),
        }]),
        ..Edit::default()
    };
    assert!(edited(&engagement, action("2091-06-01", "teams", "fewer absent")).is_ok());
    assert!(edited(&engagement, action("2091-06-02", "teams", "")).is_ok());
    let ahead = edited(&engagement, action("2091-06-02", "teams", "fewer absent"));
    lacks(ahead, Condition::NotAhead, "actions[0].on");
    lacks(edited(&engagement, action("2091-06-01", "", "x")), Condition::Words, "actions[0]");
    let early = edited(&engagement, action("2090-12-14", "teams", ""));
    lacks(early, Condition::SupportBegan, "actions[0].on");
}

#[test]
fn it_is_closed_when_two_years_are_over_or_the_lea_is_in_it_no_more() {
    let engagement = opened();
    let close = |on: &str, reason: &str, helped: &Helped| {
        let closed = Some(Closing { on: day(on), reason: reason.to_owned() });
        engagement.edit(Edit { closed, ..Edit::default() }, at("2093-01-01"), helped)
    };
    let yes = Helped::Yes(basis());
    lacks(close("2092-06-29", "over", &yes), Condition::TwoYears, "until 2092-06-30");
    assert!(close("2092-06-30", "over", &yes).is_ok());
    let no = Helped::No("it is in level 1".to_owned());
    let closed = close("2091-12-15", "over", &no).unwrap();
    assert_eq!(closed.state(), State::Closed);
    let no_minimum = Helped::Yes(Basis { at_least_until: None, ..basis() });
    assert!(close("2091-12-15", "over", &no_minimum).is_ok());
    // By a later determination they begin anew.
    let renewed = Basis { at_least_until: Some(day("2093-06-30")), ..basis() };
    lacks(close("2092-06-30", "over", &Helped::Yes(renewed)), Condition::TwoYears, "2093-06-30");
    lacks(close("2092-06-30", " ", &yes), Condition::Reason, "closed.reason");
    lacks(close("2093-01-02", "over", &no), Condition::NotAhead, "closed.on");
    lacks(close("2090-12-19", "over", &no), Condition::DaysInOrder, "2090-12-20");
    // What has ended stays as it is.
    let again = Edit { needs: Some(Vec::new()), ..Edit::default() };
    lacks(closed.edit(again, at("2093-01-01"), &no), Condition::Open, "2091-12-15");
}

#[test]
fn a_step_is_ahead_then_due_then_late_and_done_when_it_was() {
    let state = |engagement: &Engagement, key: &str, on: Day| {
        let steps = engagement.checklist(on);
        steps.iter().find(|checked| checked.step.key == key).unwrap().state
    };
    let engagement = opened();
    for step in engagement.steps() {
        let due = step.due;
        let of = |on| state(&engagement, &step.key, on);
        assert_eq!(of(due.plus(-DUE_DAYS - 1)), StepState::Ahead, "{}", step.key);
        assert_eq!(of(due.plus(-DUE_DAYS)), StepState::Due, "{}", step.key);
        assert_eq!(of(due), StepState::Due, "{}", step.key);
        assert_eq!(of(due.plus(1)), StepState::Late, "{}", step.key);
    }
    let first = engagement.steps().iter().map(|step| step.due).min().unwrap();
    assert!(!engagement.is_late(first) && engagement.is_late(first.plus(1)));
    let step = |edit: StepEdit| Edit {
        steps: BTreeMap::from([("firstMeeting".to_owned(), edit)]),
        ..Edit::default()
    };
    let done_on = Some(Some(day("2091-01-20")));
    let after = edited(&engagement, step(StepEdit { done_on, ..StepEdit::default() })).unwrap();
    assert_eq!(state(&after, "firstMeeting", day("2091-01-20")), StepState::Done);
    assert_eq!(state(&after, "firstMeeting", day("2091-01-19")), StepState::Late);
    let undone =
        edited(&after, step(StepEdit { done_on: Some(None), ..StepEdit::default() })).unwrap();
    assert_eq!(state(&undone, "firstMeeting", day("2091-01-20")), StepState::Late);
    // An activity that is done does its step, one that is not chosen leaves it out.
    let kind = ActivityKind::LcapReview;
    let reviewed = Activity { words: "goal 1".to_owned(), ..done() };
    let after = edited(&engagement, of(kind, reviewed)).unwrap();
    assert_eq!(state(&after, "lcapReview", day("2091-02-10")), StepState::Done);
    assert_eq!(state(&after, "lcapReview", day("2091-02-09")), StepState::Ahead);
    let other = Activity { state: ActivityState::NotChosen, ..Activity::default() };
    let after = edited(&engagement, of(kind, other)).unwrap();
    assert_eq!(state(&after, "lcapReview", day("2092-01-01")), StepState::LeftOut);
    let left_out = StepEdit { left_out: Some(true), ..StepEdit::default() };
    let after = edited(&engagement, step(left_out)).unwrap();
    assert_eq!(state(&after, "firstMeeting", day("2092-01-01")), StepState::LeftOut);
    // In the school year, and not ahead.
    for (on, condition) in
        [("2090-06-30", Condition::SupportBegan), ("2091-06-02", Condition::NotAhead)]
    {
        let odd = StepEdit { done_on: Some(Some(day(on))), ..StepEdit::default() };
        lacks(edited(&engagement, step(odd)), condition, "steps.firstMeeting.doneOn");
    }
    let begins = StepEdit { done_on: Some(Some(day("2090-07-01"))), ..StepEdit::default() };
    assert!(edited(&engagement, step(begins)).is_ok());
}

#[test]
fn a_step_is_edited_where_it_is_and_added_where_it_is_new() {
    let engagement = opened();
    let edit = |key: &str, edit: StepEdit| {
        let steps = BTreeMap::from([(key.to_owned(), edit)]);
        edited(&engagement, Edit { steps, ..Edit::default() })
    };
    let on = day("2091-02-01");
    let due = Some(on);
    let moved = edit("firstMeeting", StepEdit { due, ..StepEdit::default() }).unwrap();
    let find = |of: &Engagement, key: &str| {
        of.steps().iter().find(|step| step.key == key).cloned().unwrap()
    };
    let before = find(&engagement, "firstMeeting");
    assert_eq!(find(&moved, "firstMeeting"), Step { due: on, ..before });
    let new = StepEdit { title: Some("Visit".to_owned()), due, ..StepEdit::default() };
    let added = edit("visit", new.clone()).unwrap();
    assert_eq!(added.steps().len(), engagement.steps().len() + 1);
    assert_eq!(find(&added, "visit").title, "Visit");
    let untitled = StepEdit { due, ..StepEdit::default() };
    lacks(edit("visit", untitled), Condition::NewStep, "steps.visit");
    lacks(edit("a visit", new.clone()), Condition::NewStep, "a visit");
    assert!(edit(&"v".repeat(KEY_MOST), new.clone()).is_ok());
    lacks(edit(&"v".repeat(KEY_MOST + 1), new.clone()), Condition::NewStep, "vvv");
    let mut full = engagement.clone();
    for number in full.steps().len()..STEPS_MOST {
        let steps = BTreeMap::from([(format!("more{number}"), new.clone())]);
        full = edited(&full, Edit { steps, ..Edit::default() }).unwrap();
    }
    let steps = BTreeMap::from([("another".to_owned(), new)]);
    lacks(edited(&full, Edit { steps, ..Edit::default() }), Condition::NewStep, "100 steps");
}

#[test]
fn the_template_that_comes_with_the_program_has_the_years_steps() {
    let template = Template::built_in().unwrap();
    let with = |kind| template.steps().iter().filter(|step| step.activity == Some(kind)).count();
    assert!(ActivityKind::ALL.into_iter().all(|kind| with(kind) == 1));
    let steps = template.steps_from(day("2090-12-15"));
    let due = |key: &str| steps.iter().find(|step| step.key == key).unwrap().due.to_string();
    assert_eq!(due("preparation"), "2090-10-31");
    assert_eq!(due("contact"), "2090-12-15");
    assert_eq!(due("firstMeeting"), "2090-12-29");
    assert_eq!(due("summary"), "2091-06-13");
}

#[test]
fn a_template_has_steps_that_can_be_told_apart_and_are_due_within_the_support() {
    let step = |key: &str, title: &str, days: i32| TemplateStep {
        key: key.to_owned(),
        title: title.to_owned(),
        activity: None,
        days,
    };
    let at = |steps: Vec<TemplateStep>| Template::of(steps).map_err(|fault| fault.at);
    let one = step("one", "One", 0);
    assert!(at(vec![one.clone()]).is_ok());
    assert_eq!(at(vec![]), Err("steps".to_owned()));
    let many = |count: usize| (0..count).map(|n| step(&format!("s{n}"), "x", 0)).collect();
    assert!(at(many(STEPS_MOST)).is_ok());
    assert_eq!(at(many(STEPS_MOST + 1)), Err("steps".to_owned()));
    assert_eq!(at(vec![one.clone(), one.clone()]), Err("steps[1].key".to_owned()));
    for key in ["", "a b", "é", &"k".repeat(KEY_MOST + 1)] {
        assert_eq!(at(vec![step(key, "x", 0)]), Err("steps[0].key".to_owned()), "{key}");
    }
    assert!(at(vec![step(&"k".repeat(KEY_MOST), &"x".repeat(TITLE_MOST), 0)]).is_ok());
    for title in ["", " ", "a\nb", &"x".repeat(TITLE_MOST + 1)] {
        assert_eq!(at(vec![step("k", title, 0)]), Err("steps[0].title".to_owned()), "{title}");
    }
    let (first, last) = (*DAYS.start(), *DAYS.end());
    assert!(at(vec![step("k", "x", first), step("l", "x", last)]).is_ok());
    for days in [first - 1, last + 1] {
        assert_eq!(at(vec![step("k", "x", days)]), Err("steps[0].days".to_owned()));
    }
}

#[test]
fn a_need_is_marked_by_the_results_that_made_the_lea_eligible() {
    let cell = |group, indicator, priority| Subject::Cell {
        group,
        indicator,
        priority: Priority::new(priority),
    };
    let need = |subject, made_eligible| Need {
        year: year(),
        subject,
        made_eligible,
        lowness: Lowness::Lowest,
        rating: None,
        shown: String::new(),
    };
    let swd = StudentGroup::parse("SWD").unwrap();
    let el = StudentGroup::parse("EL").unwrap();
    let (chro, ela) = (Indicator::parse("CHRO").unwrap(), Indicator::parse("ELA").unwrap());
    let needs = [
        need(cell(swd, chro, 5), true),
        need(cell(el, ela, 4), false),
        need(Subject::Local(Priority::new(3).unwrap()), true),
    ];
    let marked = |group, indicator, priority: Option<u8>, needs: Option<&[Need]>| {
        let priority = priority.and_then(Priority::new);
        let words = String::new();
        ChosenNeed { group, indicator, priority, words, made_eligible: None }
            .marked(needs)
            .made_eligible
    };
    let all = Some(needs.as_slice());
    assert_eq!(marked(Some(swd), Some(chro), None, all), Some(true));
    assert_eq!(marked(Some(swd), None, None, all), Some(true));
    assert_eq!(marked(None, Some(chro), Some(5), all), Some(true));
    assert_eq!(marked(None, None, Some(3), all), Some(true));
    assert_eq!(marked(Some(swd), None, Some(3), all), Some(false));
    assert_eq!(marked(Some(swd), Some(ela), None, all), Some(false));
    assert_eq!(marked(Some(el), Some(ela), Some(4), all), Some(false));
    assert_eq!(marked(None, None, None, all), Some(false));
    assert_eq!(marked(Some(swd), Some(chro), None, None), None);
}

#[test]
fn a_document_has_a_link_and_a_hash() {
    for link in ["https://example.org", "http://127.0.0.1:8080/x?y=1#z", "https://a"] {
        assert!(Document::is_link(link), "{link}");
    }
    for none in [
        "",
        "ftp://a",
        "https://",
        "https:///x",
        "javascript:alert(1)",
        "https://a b",
        "https://a\"b",
        "HTTPS://a",
    ] {
        assert!(!Document::is_link(none), "{none}");
    }
    assert!(Document::is_sha256(&"0a".repeat(32)));
    for none in ["", &"0a".repeat(31), &"0a".repeat(33), &"0A".repeat(32), &"0g".repeat(32)] {
        assert!(!Document::is_sha256(none), "{none}");
    }
}

#[test]
fn what_was_written_is_read_back() {
    let mut engagement = opened();
    for (kind, activity) in [
        (
            ActivityKind::ExpertOrPartner,
            Activity { partner: Some(cds("01800020000000")), ..done() },
        ),
        (ActivityKind::Advice, Activity { advisers: vec![ServiceProvider::Ccee], ..done() }),
        (ActivityKind::Documentation, Activity { evidence: vec![document()], ..done() }),
    ] {
        engagement = edited(&engagement, of(kind, activity)).unwrap();
    }
    let need = ChosenNeed {
        group: StudentGroup::parse("SWD"),
        indicator: Indicator::parse("CHRO"),
        priority: Priority::new(5),
        words: "attendance".to_owned(),
        made_eligible: Some(true),
    };
    engagement = edited(&engagement, Edit { needs: Some(vec![need]), ..Edit::default() }).unwrap();
    let table = toml::Value::try_from(&engagement).unwrap();
    assert_eq!(table["needs"][0]["group"].as_str(), Some("SWD"));
    assert_eq!(table["activities"]["advice"]["advisers"][0].as_str(), Some("ccee"));
    assert_eq!(table.try_into::<Engagement>().unwrap(), engagement);
}
