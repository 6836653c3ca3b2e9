//! Facts of made-up LEAs, by which a template is tried before it is taken.

use calsos_domain::lea::LeaType;

use super::communications::CommunicationKind;
use crate::views::support::communication::{
    ActionFacts, ActivityFacts, ColumnFacts, CommunicationFacts, CriterionFacts, EngagementFacts,
    GroupFacts, HelperFacts, LcapChangeFacts, LocalFacts, MethodFacts, NeedFacts, PriorityFindings,
    ReasonFacts, ResultFacts, SessionFacts, SourceFacts, StatementFacts, SustainedFacts,
};

/// Facts of made-up LEAs with everything that facts can have, by which a template is tried: a
/// district, a county office with local indicators alone, a charter school by two years.
pub(crate) fn samples(kind: CommunicationKind) -> [CommunicationFacts; 3] {
    let district = sample(kind, LeaType::District);
    let mut office = sample(kind, LeaType::CountyOffice);
    for reason in &mut office.reasons {
        reason.groups.clear();
        reason.columns.clear();
        reason.criteria.clear();
    }
    office.public_on = None;
    office.label = None;
    office.support_year = None;
    office.opened_by = None;
    office.at_least_until = None;
    office.eligible_level = None;
    office.provider = None;
    office.explanation = None;
    if let Some(engagement) = &mut office.engagement {
        *engagement = EngagementFacts {
            state: "opened",
            opened_on: engagement.opened_on.clone(),
            closed_on: None,
            providers: Vec::new(),
            participants: Vec::new(),
            needs: Vec::new(),
            activities: Vec::new(),
            sessions: Vec::new(),
            lcap_changes: Vec::new(),
            actions: Vec::new(),
        };
    }
    let mut charter = sample(kind, LeaType::Charter);
    charter.is_public = false;
    charter.reasons.extend(charter.reasons.clone());
    [district, office, charter]
}

fn sample(kind: CommunicationKind, lea_type: LeaType) -> CommunicationFacts {
    let said = SourceFacts { citation: "ec-1#a".to_owned(), title: "A law".to_owned() };
    let result = |made_eligible, students: Option<u32>| ResultFacts {
        indicator: "CHRO",
        made_eligible,
        rating: Some("Red"),
        status: Some("24.5".to_owned()),
        change: students.map(|_| "+1.2".to_owned()),
        students,
        students_fewer_than: students.is_none().then_some(11),
    };
    let nothing = ResultFacts {
        rating: None,
        status: None,
        change: None,
        students: None,
        students_fewer_than: None,
        ..result(false, None)
    };
    let statement = |students| StatementFacts {
        group: "SWD",
        group_name: "Students with Disabilities",
        indicator_name: "chronic absenteeism",
        unit: "percent",
        result: result(true, students),
    };
    let column = |priority| ColumnFacts {
        indicator: "CHRO",
        name: "chronic absenteeism",
        priority,
        unit: "percent",
    };
    let group = |code: Option<&str>, cells| GroupFacts {
        group: "SWD",
        name: "Students with Disabilities",
        code: code.map(str::to_owned),
        priorities: vec![5, 6],
        cells,
    };
    let reason = ReasonFacts {
        dashboard_year: 2098,
        data_school_year: "2097-98".to_owned(),
        criteria: vec![CriterionFacts {
            priority: 5,
            priority_name: "Pupil Engagement",
            text: "chronic absenteeism is Red".to_owned(),
            source: said.clone(),
        }],
        columns: vec![column(Some(5)), column(None)],
        groups: vec![
            group(Some("C"), vec![result(true, Some(120)), result(false, None)]),
            group(None, vec![nothing, result(true, Some(15))]),
        ],
        local_indicators: vec![LocalFacts {
            priority: 3,
            priority_name: "Parent and Family Engagement",
            rating: "Not Met For Two or More Years",
        }],
        calpads_not_certified: true,
    };
    CommunicationFacts {
        kind: kind.code(),
        cds: "01999990000000".to_owned(),
        name: "Made-up & <Unified>".to_owned(),
        lea_type: lea_type.code(),
        lea_type_name: lea_type.name(),
        county: "01".to_owned(),
        county_name: "Somewhere".to_owned(),
        dashboard_year: 2098,
        data_school_year: "2097-98".to_owned(),
        support_school_year: "2098-99".to_owned(),
        public_on: Some("2098-12-15".to_owned()),
        is_public: true,
        provisional: true,
        missing: vec!["A file was not loaded.".to_owned()],
        identified: true,
        label: Some("Differentiated Assistance, Year 2".to_owned()),
        support_year: Some(2),
        opened_by: Some(2097),
        at_least_until: Some("2099-06-30".to_owned()),
        identified_years: vec![2097, 2098],
        eligible_level: Some(3),
        provider: Some(HelperFacts {
            name: "County superintendent of schools".to_owned(),
            joined_by: Some("A lead agency".to_owned()),
            beside: Some("Another lead agency".to_owned()),
            to_be_confirmed: true,
            source: said.clone(),
        }),
        methods: vec![MethodFacts {
            id: "M1".to_owned(),
            text: "A student group in 2 or more state priorities".to_owned(),
        }],
        sustained_need: vec![SustainedFacts {
            effect: "level3",
            years: vec![2095, 2096, 2097, 2098],
            groups: vec!["Students with Disabilities".to_owned()],
            source: said,
        }],
        reasons: vec![reason],
        findings: vec![PriorityFindings {
            priority: 5,
            priority_name: "Pupil Engagement",
            strengths: vec![statement(Some(120))],
            weaknesses: vec![statement(None)],
            local_rating: Some("Met"),
        }],
        engagement: (kind == CommunicationKind::SpringSummary).then(engagement),
        open_points: vec!["Whether it is so. Here: it is.".to_owned()],
        explanation: Some("https://calsos.example/trace".to_owned()),
    }
}

fn engagement() -> EngagementFacts {
    let day = || "2099-03-15".to_owned();
    let words = || "Something".to_owned();
    EngagementFacts {
        state: "closed",
        opened_on: day(),
        closed_on: Some(day()),
        providers: vec![words()],
        participants: vec![words()],
        needs: vec![
            NeedFacts { text: words(), made_eligible: Some(true) },
            NeedFacts { text: words(), made_eligible: None },
        ],
        activities: vec![
            ActivityFacts {
                name: "Advice",
                state: "done",
                from: Some(day()),
                until: Some(day()),
                who: vec![words()],
                text: Some(words()),
                programs: vec![words()],
            },
            ActivityFacts {
                name: "Documentation",
                state: "open",
                from: None,
                until: None,
                who: Vec::new(),
                text: None,
                programs: Vec::new(),
            },
        ],
        sessions: vec![
            SessionFacts { on: day(), kind: "meeting", text: Some(words()) },
            SessionFacts { on: day(), kind: "lcap", text: None },
        ],
        lcap_changes: vec![
            LcapChangeFacts { part: "goal", which: Some(words()), text: words() },
            LcapChangeFacts { part: "action", which: None, text: words() },
        ],
        actions: vec![
            ActionFacts { on: day(), text: words(), outcome: Some(words()) },
            ActionFacts { on: day(), text: words(), outcome: None },
        ],
    }
}
