use super::*;

fn draft() -> ServiceDraft {
    ServiceDraft {
        code: "AT-1".to_owned(),
        provider: "county:58".to_owned(),
        name: "Attendance teams".to_owned(),
        levels: vec![2, 1],
        offered_to: vec!["LEA".to_owned(), "Schools".to_owned()],
        kind: "Coaching".to_owned(),
        indicators: vec!["chro".to_owned()],
        groups: vec!["TOM".to_owned(), "SWD".to_owned()],
        priorities: vec![5],
        from_grade: Some("K".to_owned()),
        to_grade: Some("8".to_owned()),
        contact: "attendance@example.org".to_owned(),
        ..ServiceDraft::default()
    }
}

/// The fields at fault, each with what is said of it.
fn faults(change: impl FnOnce(&mut ServiceDraft)) -> Vec<(&'static str, String)> {
    let mut draft = draft();
    change(&mut draft);
    match Service::try_from(draft) {
        Ok(_) => Vec::new(),
        Err(ServiceFaults(faults)) => {
            faults.into_iter().map(|fault| (fault.field, fault.to_string())).collect()
        }
    }
}

fn fields(change: impl FnOnce(&mut ServiceDraft)) -> Vec<&'static str> {
    faults(change).into_iter().map(|(field, _)| field).collect()
}

#[test]
fn a_service_is_stored_as_it_was_read_and_read_back_the_same() {
    let service = Service::try_from(draft()).unwrap();
    assert_eq!(service.groups, BTreeSet::from([StudentGroup::Mr, StudentGroup::Swd]));
    assert_eq!((service.kind.as_str(), service.state), ("coaching", ServiceState::Offered));
    let written = ServiceDraft::from(service.clone());
    assert_eq!(written.offered_to, ["leas", "schools"]);
    assert_eq!(written.levels, [1, 2]);
    assert_eq!(Service::try_from(written), Ok(service));
}

#[test]
fn every_fault_is_told_with_what_was_found_and_what_is_expected() {
    let all = fields(|d| {
        *d = ServiceDraft {
            code: "no code".to_owned(),
            provider: "nobody".to_owned(),
            name: " ".to_owned(),
            levels: vec![0],
            kind: "?".to_owned(),
            indicators: vec!["ELPAC".to_owned()],
            groups: vec!["ALL".to_owned()],
            priorities: vec![11],
            from_grade: Some("13".to_owned()),
            contact: "a\nb".to_owned(),
            link: Some("www.example.org".to_owned()),
            state: Some("gone".to_owned()),
            ..ServiceDraft::default()
        }
    });
    let expected = [
        "code",
        "provider",
        "name",
        "levels",
        "offeredTo",
        "kind",
        "indicators",
        "groups",
        "priorities",
        "fromGrade",
        "contact",
        "link",
        "state",
    ];
    assert_eq!(all, expected);
    let told = faults(|d| d.groups = vec!["SPED".to_owned()]);
    let words = format!("'SPED' was given; {GROUP} is expected");
    assert_eq!(told, [("groups", words)]);
    let told = faults(|d| d.contact.clear());
    let words = "nothing was given; a text of 1 to 300 letters in one line is expected";
    assert_eq!(told, [("contact", words.to_owned())]);
}

#[test]
fn each_limit_has_two_sides() {
    let none: [&str; 0] = [];
    assert_eq!(fields(|d| d.code = "x".repeat(CODE_MOST)), none);
    assert_eq!(fields(|d| d.code = "x".repeat(CODE_MOST + 1)), ["code"]);
    assert_eq!(fields(|d| d.name = "é".repeat(TEXT_MOST)), none);
    assert_eq!(fields(|d| d.name = "é".repeat(TEXT_MOST + 1)), ["name"]);
    assert_eq!(fields(|d| d.contact = "x".repeat(TEXT_MOST + 1)), ["contact"]);
    assert_eq!(fields(|d| d.division = Some("x".repeat(TEXT_MOST))), none);
    assert_eq!(fields(|d| d.division = Some("x".repeat(TEXT_MOST + 1))), ["division"]);
    assert_eq!(fields(|d| d.kind = "x".repeat(KIND_MOST)), none);
    assert_eq!(fields(|d| d.kind = "x".repeat(KIND_MOST + 1)), ["kind"]);
    let link = |length: usize| Some(format!("https://{}", "x".repeat(length - 8)));
    assert_eq!(fields(|d| d.link = link(LINK_MOST)), none);
    assert_eq!(fields(|d| d.link = link(LINK_MOST + 1)), ["link"]);
    assert_eq!(fields(|d| d.levels = vec![1, 2, 3]), none);
    assert_eq!(fields(|d| d.levels = vec![4]), ["levels"]);
    assert_eq!(fields(|d| d.levels = vec![]), ["levels"]);
    assert_eq!(fields(|d| d.priorities = vec![1, 10]), none);
}

#[test]
fn one_grade_alone_is_a_span_and_a_span_does_not_end_before_it_begins() {
    let mut one = draft();
    (one.from_grade, one.to_grade) = (None, Some("6".to_owned()));
    let grades = Service::try_from(one).unwrap().grades.unwrap();
    assert_eq!((grades.from().to_string(), grades.to().to_string()), ("6".into(), "6".into()));
    assert_eq!(fields(|d| d.from_grade = Some("9".to_owned())), ["toGrade"]);
    // What a spreadsheet makes of 9-12.
    assert_eq!(fields(|d| d.from_grade = Some("12-Sep".to_owned())), ["fromGrade"]);
}

#[test]
fn kinds_are_words_for_programs_however_people_write_them() {
    let of = |text: &str| kind_of(text).unwrap_or_default();
    for kind in KNOWN_KINDS {
        assert_eq!(of(kind), kind);
    }
    assert_eq!(of("Sharing of promising practices"), "sharingOfPromisingPractices");
    for kind in ["recognition", "sharingOfPromisingPractices"] {
        assert!(KNOWN_KINDS.contains(&kind), "{kind}");
    }
    assert_eq!(of("TRAINING"), "training");
    assert_eq!(of("Peer-to-peer visits"), "peerToPeerVisits");
    // What was made one stays as it is.
    for text in ["x Y", "a 1 B", "X YZ", "xYZ", "plan B", "K 12 TRAINING"] {
        assert_eq!(of(&of(text)), of(text), "{text}");
    }
    assert_eq!((of("x Y"), of("K 12 TRAINING")), ("xY".to_owned(), "k12Training".to_owned()));
    for text in ["", " ", "1-on-1", "training & coaching", "förderung"] {
        assert_eq!(kind_of(text), None, "{text}");
    }
}

#[test]
fn a_link_leads_to_a_page_and_is_no_script() {
    let none: [&str; 0] = [];
    assert_eq!(fields(|d| d.link = Some("http://example.org/a?b=c".to_owned())), none);
    assert_eq!(fields(|d| d.link = Some(" ".to_owned())), none);
    for link in ["javascript:alert(1)", "https://", "https://a b", "https://a\"b", "https://a<b"] {
        assert_eq!(fields(|d| d.link = Some(link.to_owned())), ["link"], "{link}");
    }
}

#[test]
fn the_words_name_every_indicator_and_group() {
    assert!(Indicator::ALL.iter().all(|indicator| INDICATOR.contains(indicator.code())));
    assert!(StudentGroup::COUNTED.iter().all(|group| GROUP.contains(group.code())));
}
