//! The facts of written communications, from what an LEA's answer rests on.

use std::collections::BTreeSet;

use calsos_domain::cds::CountyCode;
use calsos_domain::determination::{AnswerId, Determination};
use calsos_domain::indicator::Indicator;
use calsos_domain::performance::Tenths;
use calsos_domain::priority::Priority;
use calsos_domain::release::LocalRating;
use calsos_domain::rulebook::{Citation, Effect, Rulebooks};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::need::{Need, SeenYear, Subject, needs, priority_of};
use calsos_domain::support::seen_result::{SeenResult, results};
use calsos_domain::support::{Provider, at_least_until};
use calsos_domain::trace::{criterion_words, input_words, method_words};
use calsos_domain::year::DashboardYear;

use crate::app::answers::Names;
use crate::views::support::communication::{
    ColumnFacts, CommunicationFacts, CriterionFacts, GroupFacts, HelperFacts, LocalFacts,
    MethodFacts, PriorityFindings, ReasonFacts, ResultFacts, SourceFacts, StatementFacts,
    SustainedFacts,
};

/// A kind of written communication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommunicationKind {
    /// The joint notice of identification.
    NoticeOfIdentification,
    /// Who, why, since when and what follows, on one page.
    OnePageSummary,
    /// A draft of strengths and weaknesses on the state priorities.
    StrengthsAndWeaknesses,
    /// Actions and outcomes of a year's engagement.
    SpringSummary,
}

impl CommunicationKind {
    pub(crate) const ALL: [CommunicationKind; 4] = [
        CommunicationKind::NoticeOfIdentification,
        CommunicationKind::OnePageSummary,
        CommunicationKind::StrengthsAndWeaknesses,
        CommunicationKind::SpringSummary,
    ];

    /// What is expected of a text, in words.
    pub(crate) const EXPECTED: &'static str =
        "noticeOfIdentification, onePageSummary, strengthsAndWeaknesses or springSummary";

    pub(crate) fn code(self) -> &'static str {
        match self {
            CommunicationKind::NoticeOfIdentification => "noticeOfIdentification",
            CommunicationKind::OnePageSummary => "onePageSummary",
            CommunicationKind::StrengthsAndWeaknesses => "strengthsAndWeaknesses",
            CommunicationKind::SpringSummary => "springSummary",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<CommunicationKind> {
        CommunicationKind::ALL.into_iter().find(|kind| kind.code() == text)
    }

    /// What it is called.
    pub(crate) fn title(self) -> &'static str {
        match self {
            CommunicationKind::NoticeOfIdentification => "Notice of identification",
            CommunicationKind::OnePageSummary => "One-page summary",
            CommunicationKind::StrengthsAndWeaknesses => "Strengths and weaknesses (draft)",
            CommunicationKind::SpringSummary => "Spring summary of actions and outcomes",
        }
    }
}

/// What facts are drawn from: years as a caller may see them.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) books: &'a Rulebooks,
    pub(crate) names: &'a Names,
    pub(crate) own: SeenYear<'a>,
    /// The years before whose results made the LEA eligible.
    pub(crate) earlier: &'a [SeenYear<'a>],
    /// The county in which the LEA is.
    pub(crate) county: CountyCode,
    pub(crate) is_public: bool,
    /// The address of the service, where one answers.
    pub(crate) base: Option<&'a str>,
}

/// The facts of a communication.
pub(crate) fn facts(kind: CommunicationKind, told: Told<'_>) -> CommunicationFacts {
    let Told { names, own, earlier, county, is_public, base, .. } = told;
    let determination = own.determination;
    let Determination { cds, lea_type, edition, decided, conclusions, .. } = determination;
    // Until the Collaborative takes an LEA on, it is helped as every other that is identified.
    let provider = determination.provider_at_level_2.as_ref().or(determination.provider.as_ref());
    let (year, label) = (edition.year, &conclusions.label);
    let identified = *decided && label.differentiated.is_met();
    let support_year = label.support_year.known().copied().filter(|y| identified && *y > 0);
    let needs = needs(own, earlier);
    let years = earlier.iter().chain([&own]);
    let missing = missing(determination);
    let met = conclusions.methods.iter().filter(|(_, outcome)| outcome.is_met());
    CommunicationFacts {
        kind: kind.code(),
        cds: cds.to_string(),
        name: names.name(*cds, year).to_owned(),
        lea_type: lea_type.code(),
        lea_type_name: lea_type.name(),
        county: county.to_string(),
        county_name: names.county(*cds, year).to_owned(),
        dashboard_year: year.number(),
        data_school_year: year.data_school_year(),
        support_school_year: year.support_school_year(),
        public_on: edition.public_date.map(|day| day.to_string()),
        is_public,
        provisional: !missing.is_empty(),
        missing,
        identified,
        label: label.text.known().filter(|_| *decided).cloned(),
        support_year,
        opened_by: support_year.and_then(|of| opened_by(determination, of)),
        at_least_until: support_year
            .and_then(|of| at_least_until(edition, *lea_type, of))
            .map(|day| day.to_string()),
        identified_years: identified_years(determination),
        eligible_level: conclusions.eligible_level.known().copied().filter(|_| *decided),
        provider: provider.map(|provider| helper(told.books, provider)),
        methods: edition
            .methods_for(*lea_type)
            .filter(|method| *decided && met.clone().any(|(id, _)| *id == method.id))
            .map(|method| MethodFacts { id: method.id.clone(), text: method_words(method.test) })
            .collect(),
        sustained_need: sustained(told.books, determination),
        reasons: years.filter_map(|seen| reason(told.books, *seen, &needs)).collect(),
        findings: match kind {
            CommunicationKind::StrengthsAndWeaknesses => findings(own, &needs),
            CommunicationKind::NoticeOfIdentification
            | CommunicationKind::OnePageSummary
            | CommunicationKind::SpringSummary => Vec::new(),
        },
        engagement: None,
        open_points: determination
            .all_open_points()
            .map(|(_, point)| format!("{} Here: {}", point.question, point.default))
            .collect(),
        explanation: base.map(|base| format!("{base}/v1/leas/{cds}/determinations/{year}/trace")),
    }
}

/// The files that are not loaded and could change what is written: more than by which further
/// method the LEA was identified.
fn missing(determination: &Determination<'_>) -> Vec<String> {
    let changes = |answers: &[AnswerId]| answers.iter().any(|a| !matches!(a, AnswerId::Method(_)));
    let missing = determination.missing.iter().filter(|(_, answers)| changes(answers));
    missing.map(|(input, _)| input_words(determination.edition.year, *input)).collect()
}

/// The Dashboard year whose results opened the support of which this is the first or second
/// year.
fn opened_by(determination: &Determination<'_>, support_year: u8) -> Option<u16> {
    let edition = determination.edition;
    let year = match support_year {
        1 => Some(edition.year),
        _ => edition.labels.second_year_after,
    };
    year.map(DashboardYear::number)
}

/// The years by which the LEA was identified, as far as they are known.
fn identified_years(determination: &Determination<'_>) -> Vec<u16> {
    let Determination { edition, decided, history, conclusions, .. } = determination;
    let before = history.iter().filter(|year| year.first_year.is_met()).map(|year| year.year);
    let charter = conclusions.charter.as_ref();
    let now = charter.map_or(conclusions.eligible, |finding| finding.outcome);
    let own = (*decided && now.is_met()).then_some(edition.year);
    before.chain(own).map(DashboardYear::number).collect()
}

fn source(books: &Rulebooks, citation: &Citation) -> SourceFacts {
    let source = books.source(citation.source_id());
    let title = source.map_or_else(|| citation.as_str().to_owned(), |of| of.title.clone());
    SourceFacts { citation: citation.as_str().to_owned(), title }
}

fn helper(books: &Rulebooks, provider: &Provider) -> HelperFacts {
    let Provider { name, joined_by, beside, lead: _, to_be_confirmed, source: said } = provider;
    HelperFacts {
        name: name.clone(),
        joined_by: joined_by.clone(),
        beside: beside.clone(),
        to_be_confirmed: *to_be_confirmed,
        source: source(books, said),
    }
}

/// The tests over several years that are met and from which something follows.
fn sustained(books: &Rulebooks, determination: &Determination<'_>) -> Vec<SustainedFacts> {
    let Determination { edition, lea_type, decided, conclusions, .. } = determination;
    let tests = edition.sustained_for(*lea_type).zip(&conclusions.sustained);
    tests
        .filter(|(rule, finding)| {
            *decided && finding.outcome.is_met() && rule.effect != Effect::DataTest
        })
        .map(|(rule, finding)| {
            let groups = finding.persistent.iter().filter(|(_, outcome)| outcome.is_met());
            SustainedFacts {
                effect: rule.effect.code(),
                years: rule.window.iter().map(|year| year.number()).collect(),
                groups: groups.map(|(group, _)| group.name().to_owned()).collect(),
                source: source(books, &rule.source),
            }
        })
        .collect()
}

/// The results of a year that made the LEA eligible, if it has some.
fn reason(books: &Rulebooks, seen: SeenYear<'_>, needs: &[Need]) -> Option<ReasonFacts> {
    let Determination { edition, evaluation, conclusions, .. } = seen.determination;
    let made = MadeEligible::of(edition.year, needs);
    if made.0.is_empty() {
        return None;
    }
    let shown = results(seen);
    let columns: Vec<ColumnFacts> = edition
        .indicators_used()
        .filter(|indicator| made.cells().any(|(_, of)| of == *indicator))
        .map(|indicator| ColumnFacts {
            indicator: indicator.code(),
            name: indicator.name(),
            priority: priority_of(edition, indicator).map(Priority::number),
            unit: unit(indicator.is_rate()),
        })
        .collect();
    let mut priorities: BTreeSet<Priority> = BTreeSet::new();
    let mut groups = Vec::new();
    let findings = evaluation.groups.iter().zip(&conclusions.codes);
    for (finding, (_, code)) in findings {
        let group = finding.group;
        if !made.cells().any(|(of, _)| of == group) {
            continue;
        }
        priorities.extend(finding.met().iter());
        let cells = edition.indicators_used().filter(|i| made.cells().any(|(_, of)| of == *i));
        let cells = cells.map(|indicator| {
            let made_eligible = made.cells().any(|cell| cell == (group, indicator));
            let result = shown.iter().find(|of| (of.group, of.indicator) == (group, indicator));
            let none = ResultFacts {
                indicator: indicator.code(),
                made_eligible,
                rating: None,
                status: None,
                change: None,
                students: None,
                students_fewer_than: None,
            };
            result.map_or(none, |result| facts_of(result, made_eligible))
        });
        groups.push(GroupFacts {
            group: group.code(),
            name: group.name(),
            code: code.known().copied().flatten().map(String::from),
            priorities: finding.met().iter().map(Priority::number).collect(),
            cells: cells.collect(),
        });
    }
    let criteria = edition.criteria.iter().filter(|criterion| {
        let mut groups = evaluation.groups.iter().map(|finding| finding.group);
        priorities.contains(&criterion.priority)
            && groups.any(|group| {
                criterion.groups.contains(&group) && made.cells().any(|(of, _)| of == group)
            })
    });
    Some(ReasonFacts {
        dashboard_year: edition.year.number(),
        data_school_year: edition.year.data_school_year(),
        criteria: criteria
            .map(|criterion| CriterionFacts {
                priority: criterion.priority.number(),
                priority_name: criterion.priority.name(),
                text: criterion_words(criterion),
                source: source(books, &criterion.source),
            })
            .collect(),
        columns,
        groups,
        local_indicators: made
            .0
            .iter()
            .filter_map(|need| match need.subject {
                Subject::Local(priority) => Some((priority, need.rating?)),
                Subject::Cell { .. } | Subject::Calpads => None,
            })
            .map(|(priority, rating)| LocalFacts {
                priority: priority.number(),
                priority_name: priority.name(),
                rating,
            })
            .collect(),
        calpads_not_certified: made.0.iter().any(|need| need.subject == Subject::Calpads),
    })
}

/// What of a year made an LEA eligible.
struct MadeEligible<'n>(Vec<&'n Need>);

impl<'n> MadeEligible<'n> {
    fn of(year: DashboardYear, needs: &'n [Need]) -> MadeEligible<'n> {
        MadeEligible(needs.iter().filter(|need| need.made_eligible && need.year == year).collect())
    }

    fn cells(&self) -> impl Iterator<Item = (StudentGroup, Indicator)> + '_ {
        self.0.iter().filter_map(|need| match need.subject {
            Subject::Cell { group, indicator, .. } => Some((group, indicator)),
            Subject::Local(_) | Subject::Calpads => None,
        })
    }
}

fn facts_of(result: &SeenResult, made_eligible: bool) -> ResultFacts {
    let SeenResult { indicator, rating, status, change, students, fewer_than, .. } = result;
    ResultFacts {
        indicator: indicator.code(),
        made_eligible,
        rating: Some(rating),
        status: status.map(|status| status.to_string()),
        change: change.map(signed),
        students: *students,
        students_fewer_than: *fewer_than,
    }
}

fn signed(change: Tenths) -> String {
    if change.0 > 0 { format!("+{change}") } else { change.to_string() }
}

fn unit(is_rate: bool) -> &'static str {
    if is_rate { "percent" } else { "points" }
}

/// What is strong and what is weak of each state priority, by the results of the year.
fn findings(own: SeenYear<'_>, needs: &[Need]) -> Vec<PriorityFindings> {
    let Determination { edition, lea_type, .. } = own.determination;
    let made = MadeEligible::of(edition.year, needs);
    let shown = results(own);
    let local = |priority: Priority| {
        let rules = edition.locals_for(*lea_type).any(|rule| rule.priority == priority);
        let facts = own.lea.years.get(&edition.year).filter(|_| rules)?;
        facts.local_ratings.get(&priority).map(|cited| cited.value)
    };
    let statements = |priority: Priority, levels: [u8; 2]| {
        let of = shown.iter().filter(move |result| {
            result.priority == Some(priority) && levels.contains(&result.level)
        });
        let made = &made;
        of.map(move |result| {
            let cell = (result.group, result.indicator);
            StatementFacts {
                group: result.group.code(),
                group_name: result.group.name(),
                indicator_name: result.indicator.name(),
                unit: unit(result.indicator.is_rate()),
                result: facts_of(result, made.cells().any(|of| of == cell)),
            }
        })
        .collect::<Vec<_>>()
    };
    Priority::all()
        .map(|priority| PriorityFindings {
            priority: priority.number(),
            priority_name: priority.name(),
            strengths: statements(priority, [4, 5]),
            weaknesses: statements(priority, [1, 2]),
            local_rating: local(priority).map(LocalRating::name),
        })
        .filter(|of| {
            !of.strengths.is_empty() || !of.weaknesses.is_empty() || of.local_rating.is_some()
        })
        .collect()
}
