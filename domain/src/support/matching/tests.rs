use super::*;
use crate::indicator::Indicator;
use crate::priority::Priority;
use crate::student_group::StudentGroup;
use crate::support::service::ServiceDraft;
use crate::year::DashboardYear;

const OWN: &str = "county:58";

/// A service by what it names, written as a table has it: indicators, groups, priorities.
fn service(code: &str, provider: &str, names: [&str; 3]) -> (u32, Service) {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let [indicators, groups, priorities] = names;
    let draft = ServiceDraft {
        code: code.to_owned(),
        provider: provider.to_owned(),
        name: code.to_owned(),
        levels: vec![1, 2],
        offered_to: vec!["leas".to_owned()],
        kind: "training".to_owned(),
        indicators: words(indicators),
        groups: words(groups),
        priorities: words(priorities).iter().map(|n| n.parse().unwrap()).collect(),
        contact: "office@example.org".to_owned(),
        ..ServiceDraft::default()
    };
    (0, Service::try_from(draft).unwrap())
}

fn need(subject: Subject, made_eligible: bool, lowness: Lowness) -> Need {
    let year = DashboardYear::new(2099).unwrap();
    Need { year, subject, made_eligible, lowness, rating: None, shown: "Red".to_owned() }
}

fn cell(group: StudentGroup, indicator: Indicator, priority: u8) -> Subject {
    Subject::Cell { group, indicator, priority: Priority::new(priority) }
}

/// Attendance of students with disabilities made the LEA eligible; suspensions of foster youth
/// and a local indicator are low beside it.
fn needs() -> Vec<Need> {
    vec![
        need(cell(StudentGroup::Swd, Indicator::Chro, 5), true, Lowness::Lowest),
        need(cell(StudentGroup::Fos, Indicator::Susp, 6), false, Lowness::Lowest),
        need(Subject::Local(Priority::new(3).unwrap()), false, Lowness::Low),
        need(cell(StudentGroup::All, Indicator::Susp, 6), false, Lowness::Low),
    ]
}

fn seeking(leads: &BTreeSet<String>) -> Seeking<'_> {
    Seeking { county: CountyCode::parse("58").unwrap(), leads, level: Some(2), grades: None }
}

fn keyed(services: &[(u32, Service)]) -> impl Iterator<Item = (u32, &Service)> {
    services.iter().map(|(key, service)| (*key, service))
}

/// The codes of the services that are recommended, in order.
fn codes(seeking: &Seeking<'_>, services: &[(u32, Service)]) -> Vec<String> {
    let found = recommend(seeking, &needs(), keyed(services));
    found.into_iter().map(|one| one.service.code.clone()).collect()
}

fn own(services: &[(u32, Service)]) -> Vec<String> {
    codes(&seeking(&BTreeSet::new()), services)
}

/// Every order of a few things.
fn orders<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
    if of.len() < 2 {
        return vec![of.to_vec()];
    }
    let mut all = Vec::new();
    for place in 0..of.len() {
        let mut rest = of.to_vec();
        let first = rest.remove(place);
        all.extend(orders(&rest).into_iter().map(|rest| [vec![first.clone()], rest].concat()));
    }
    all
}

#[test]
fn what_decides_stands_before_what_is_low_and_the_named_before_the_general() {
    let services = [
        service("any", OWN, ["", "", ""]),
        service("group", OWN, ["", "SWD", ""]),
        service("cell", OWN, ["CHRO", "SWD", ""]),
        service("priority", OWN, ["", "", "5"]),
        service("low-cell", OWN, ["SUSP", "FOS", "6"]),
        service("many", OWN, ["CHRO SUSP", "SWD", ""]),
    ];
    let expected = ["cell", "many", "group", "priority", "any", "low-cell"];
    for order in orders(&services) {
        assert_eq!(own(&order), expected);
    }
}

#[test]
fn a_service_answers_only_what_has_one_of_each_that_it_names() {
    let answered = |names: [&str; 3]| -> Vec<usize> {
        let services = [service("S", OWN, names)];
        let leads = BTreeSet::new();
        let found = recommend(&seeking(&leads), &needs(), keyed(&services));
        found.iter().flat_map(|one| one.matches.iter().map(|m| m.need)).collect()
    };
    assert_eq!(answered(["", "", ""]), [0, 1, 2, 3]);
    assert_eq!(answered(["CHRO", "", ""]), [0]);
    // A group's service answers its results, and not those of all students or of the LEA.
    assert_eq!(answered(["", "FOS SWD", ""]), [0, 1]);
    assert_eq!(answered(["SUSP", "", ""]), [1, 3]);
    assert_eq!(answered(["", "", "3"]), [2]);
    assert_eq!(answered(["", "SWD", "3"]), [0_usize; 0]);
    assert_eq!(answered(["CHRO", "FOS", ""]), [0_usize; 0]);
    assert_eq!(answered(["CHRO", "", "6"]), [0_usize; 0]);
    // What answers none is not recommended.
    assert_eq!(own(&[service("S", OWN, ["CHRO", "FOS", ""])]), [""; 0]);
}

#[test]
fn services_of_other_counties_are_not_recommended_unless_they_are_open_to_all() {
    let leads = BTreeSet::from(["A lead".to_owned()]);
    let asking = seeking(&leads);
    let chronic = ["CHRO", "", ""];
    let mut open = service("open", "county:57", chronic);
    open.1.open_to_all = true;
    let services = [
        service("ccee", "ccee", chronic),
        service("other", "county:57", chronic),
        service("lead", "geographicLead:A lead", chronic),
        service("other-lead", "geographicLead:Another", chronic),
        service("selpa", "selpa:5801", chronic),
        service("own", OWN, chronic),
        open,
    ];
    assert_eq!(codes(&asking, &services), ["own", "lead", "ccee", "open"]);
}

#[test]
fn what_has_ended_is_of_a_higher_level_or_of_other_grades_is_not_recommended() {
    let leads = BTreeSet::new();
    let with = |change: fn(&mut Service), seeking: Seeking<'_>| {
        let mut one = service("S", OWN, ["CHRO", "", ""]);
        change(&mut one.1);
        !codes(&seeking, &[one]).is_empty()
    };
    let at = |level: Option<u8>| Seeking { level, ..seeking(&leads) };
    let grades = |span: &str| Seeking { grades: GradeSpan::parse(span), ..seeking(&leads) };
    assert!(with(|_| {}, at(Some(2))));
    assert!(!with(|s| s.state = ServiceState::Ended, at(Some(2))));
    let levels: [fn(&mut Service); 3] = [
        |s| s.levels = BTreeSet::from([1]),
        |s| s.levels = BTreeSet::from([2]),
        |s| s.levels = BTreeSet::from([3]),
    ];
    for (of, change) in (1_u8..).zip(levels) {
        for level in 1..=3 {
            assert_eq!(with(change, at(Some(level))), of <= level, "{of} {level}");
        }
        // Where the level is not known, what everybody may use.
        assert_eq!(with(change, at(None)), of == 1);
    }
    let high: fn(&mut Service) = |s| s.grades = GradeSpan::parse("9-12");
    assert!(with(high, grades("K-12")) && with(high, at(Some(2))) && with(|_| {}, grades("K-8")));
    assert!(!with(high, grades("K-8")));
}

#[test]
fn of_two_alike_the_one_for_the_level_comes_first_and_then_the_one_for_leas() {
    let chronic = ["CHRO", "", ""];
    let (mut first, mut second) = (service("A", OWN, chronic), service("B", OWN, chronic));
    first.1.levels = BTreeSet::from([1]);
    assert_eq!(own(&[first.clone(), second.clone()]), ["B", "A"]);
    second.1.levels = BTreeSet::from([1]);
    assert_eq!(own(&[first.clone(), second.clone()]), ["A", "B"]);
    first.1.offered_to = BTreeSet::from([Audience::Schools]);
    assert_eq!(own(&[first, second]), ["B", "A"]);
}

#[test]
fn a_reason_says_which_result_and_what_the_service_names() {
    let services =
        [service("Attendance", OWN, ["CHRO", "SWD", "5"]), service("Talks", OWN, ["", "", ""])];
    let (leads, needs) = (BTreeSet::new(), needs());
    let found = recommend(&seeking(&leads), &needs, keyed(&services));
    let why = |place: usize, nth: usize| {
        let one = &found[place].matches[nth];
        reason(found[place].service, &needs[one.need], *one)
    };
    assert_eq!(
        why(0, 0),
        "2099 Dashboard: Students with Disabilities, chronic absenteeism (state priority 5): Red. \
         It is one of the results that made the LEA eligible for differentiated assistance. \
         “Attendance” answers the indicator CHRO, the student group SWD and state priority 5."
    );
    assert_eq!(
        why(1, 2),
        "2099 Dashboard: local indicator of state priority 3: Red. It is one of the lowest \
         results beside those that decide. “Talks” answers any result."
    );
}
