//! One determination, as it is stored and shown.

use std::collections::BTreeMap;

use calsos_domain::determination::{AnswerId, Determination};
use calsos_domain::evaluation::{Cell, GroupFinding, LocalCell, LocalFinding};
use calsos_domain::facts::{Cited, LeaFacts};
use calsos_domain::history::HistoryYear;
use calsos_domain::indicator::Indicator;
use calsos_domain::operator::CharterLocationRow;
use calsos_domain::outcome::{Missing, MissingInput, Outcome};
use calsos_domain::release::SuccessionRow;
use calsos_domain::small_numbers::{Counts, Masking};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::{Answer, Provider, support_day};
use calsos_domain::trace::{cell_words, input_words};
use calsos_domain::year::DashboardYear;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer for one LEA and Dashboard year. Names are joined where it is shown, since
/// they are dated and may be corrected later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Determination)]
pub(crate) struct DeterminationView {
    pub(crate) cds: String,
    pub(crate) lea_type: String,
    pub(crate) county: String,
    pub(crate) dashboard_year: u16,
    pub(crate) data_school_year: String,
    pub(crate) support_school_year: String,
    /// The content hash of the edition that decided.
    pub(crate) edition: String,
    pub(crate) origin: String,
    /// Whether a decision is made on LEAs of the kind in the year.
    pub(crate) judged: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) not_judged_reason: Option<String>,
    /// `met`, `notMet`, `notKnown`: eligible for differentiated assistance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) differentiated: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) label: Option<String>,
    /// 0 for no support, else the first or second year of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) support_year: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) eligible_level: Option<u8>,
    pub(crate) methods: Vec<OutcomeView>,
    pub(crate) groups: Vec<GroupView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) group_count: Option<usize>,
    pub(crate) local_indicators: Vec<LocalView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) charter: Option<CharterView>,
    pub(crate) sustained_need: Vec<SustainedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) provider: Option<ProviderView>,
    pub(crate) history: Vec<HistoryView>,
    pub(crate) open_points: Vec<OpenPointView>,
    pub(crate) notes: Vec<String>,
    pub(crate) provisional: bool,
    pub(crate) missing: Vec<MissingView>,
}

/// What the state's list of the year says of the LEA, beside what was computed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Published)]
pub(crate) struct PublishedView {
    pub(crate) label: String,
    /// Letters by student group.
    pub(crate) codes: BTreeMap<String, String>,
    /// Whether every cell that is known on both sides is the same.
    pub(crate) agrees: bool,
    /// Cells of the list that are not known on the computed side.
    pub(crate) not_known: usize,
}

/// The outcome of a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Outcome)]
pub(crate) struct OutcomeView {
    pub(crate) id: String,
    pub(crate) outcome: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<String>,
}

/// A student group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Group)]
pub(crate) struct GroupView {
    pub(crate) group: String,
    /// Whether the letter is known; a known group without a letter has none.
    pub(crate) code_known: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) code: Option<String>,
    pub(crate) priorities: Vec<PriorityView>,
    /// `met`, `notMet`, `notKnown`: the group has a rated performance.
    pub(crate) rated: String,
    pub(crate) cells: Vec<CellView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<String>,
}

/// A state priority of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Priority)]
pub(crate) struct PriorityView {
    pub(crate) priority: u8,
    pub(crate) outcome: String,
}

/// What the rules saw of a group on an indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Cell)]
pub(crate) struct CellView {
    pub(crate) indicator: String,
    /// `rated`, `notRated`, `tooSmall`, `noRow` or `notLoaded`.
    pub(crate) state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) status_level: Option<String>,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) release: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) row: Option<u32>,
}

/// A local indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Local)]
pub(crate) struct LocalView {
    pub(crate) priority: u8,
    pub(crate) outcome: String,
    /// The state's words; absent where the LEA has no row or the file was not loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) rating: Option<String>,
}

/// The charter schools' rule, under both readings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Charter)]
pub(crate) struct CharterView {
    pub(crate) id: String,
    pub(crate) outcome: String,
    pub(crate) literal: String,
    pub(crate) same_group: String,
    pub(crate) readings_differ: bool,
    pub(crate) citation: String,
}

/// A test over several years, under both readings of having a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sustained)]
pub(crate) struct SustainedView {
    pub(crate) id: String,
    /// What follows when it is met: `level3`, `geographicLead`, or nothing (`dataTest`).
    pub(crate) effect: String,
    pub(crate) outcome: String,
    pub(crate) window: Vec<u16>,
    /// Groups that meet the criteria in enough of the years for certain.
    pub(crate) groups: Vec<String>,
    /// A group being one rated in the year decided.
    pub(crate) by_rated_now: String,
    /// A group being one rated in any year of the window.
    pub(crate) by_rated_ever: String,
    pub(crate) citation: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing: Vec<String>,
}

/// Who provides help.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Provider)]
pub(crate) struct ProviderView {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) joined_by: Option<String>,
    /// Who provides help beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) beside: Option<String>,
    pub(crate) to_be_confirmed: bool,
    pub(crate) citation: String,
}

/// An earlier year, as it was looked back on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = History)]
pub(crate) struct HistoryView {
    pub(crate) dashboard_year: u16,
    /// `published`, `computed`, `notOnList`, `notLoaded` or `notJudged`.
    pub(crate) origin: String,
    /// Groups in two or more state priorities for certain.
    pub(crate) groups: Vec<String>,
    /// `met`, `notMet`, `notKnown`: a method was met.
    pub(crate) eligible: String,
}

/// What no public text settles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OpenPoint)]
pub(crate) struct OpenPointView {
    /// The edition that leaves it open: the answer's own, or an earlier computed year's.
    pub(crate) dashboard_year: u16,
    pub(crate) id: String,
    pub(crate) question: String,
    pub(crate) default: String,
    pub(crate) other: String,
}

/// An input that was not loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Missing)]
pub(crate) struct MissingView {
    /// `ELA:2023`, `LOCAL1:2023`, `LIST:2019`: as `--as` names them.
    pub(crate) input: String,
    pub(crate) text: String,
    pub(crate) could_change: Vec<String>,
}

impl DeterminationView {
    /// Shows a determination. `masking` names the files whose small counts are not shown.
    pub(crate) fn of(
        lea: &LeaFacts,
        determination: &Determination<'_>,
        masking: &Masking,
    ) -> DeterminationView {
        let Determination {
            cds,
            lea_type,
            edition,
            decided,
            evaluation,
            history,
            conclusions,
            provider,
            provider_at_level_2: _,
            open_points: _,
            earlier_open_points: _,
            missing,
        } = determination;
        let year = edition.year;
        let decided = *decided;
        let label = &conclusions.label;
        DeterminationView {
            cds: cds.to_string(),
            lea_type: lea_type.code().to_owned(),
            county: cds.county().to_string(),
            dashboard_year: year.number(),
            data_school_year: year.data_school_year(),
            support_school_year: year.support_school_year(),
            edition: edition.hash.clone(),
            origin: "computed".to_owned(),
            judged: decided,
            not_judged_reason: edition
                .judges(*lea_type)
                .filter(|judged| !judged.decided)
                .and_then(|judged| judged.reason.clone()),
            differentiated: decided.then(|| label.differentiated.code().to_owned()),
            label: label.text.known().filter(|_| decided).cloned(),
            support_year: label.support_year.known().filter(|_| decided).copied(),
            eligible_level: conclusions.eligible_level.known().filter(|_| decided).copied(),
            methods: conclusions
                .methods
                .iter()
                .map(|(id, outcome)| outcome_view(year, id, *outcome))
                .collect(),
            groups: evaluation
                .groups
                .iter()
                .zip(&conclusions.codes)
                .map(|(finding, (_, code))| group_view(lea, determination, finding, code, masking))
                .collect(),
            group_count: conclusions.group_count.known().copied(),
            local_indicators: evaluation.locals.iter().map(local_view).collect(),
            charter: edition.charter.as_ref().zip(conclusions.charter.as_ref()).map(
                |(rule, finding)| CharterView {
                    id: finding.id.clone(),
                    outcome: finding.outcome.code().to_owned(),
                    literal: finding.literal.code().to_owned(),
                    same_group: finding.same_group.code().to_owned(),
                    readings_differ: finding.literal.known() != finding.same_group.known(),
                    citation: rule.source.as_str().to_owned(),
                },
            ),
            sustained_need: edition
                .sustained_for(*lea_type)
                .zip(&conclusions.sustained)
                .map(|(rule, finding)| SustainedView {
                    id: finding.id.clone(),
                    effect: rule.effect.code().to_owned(),
                    outcome: finding.outcome.code().to_owned(),
                    window: rule.window.iter().map(|y| y.number()).collect(),
                    groups: finding
                        .persistent
                        .iter()
                        .filter(|(_, outcome)| outcome.is_met())
                        .map(|(group, _)| group.code().to_owned())
                        .collect(),
                    by_rated_now: finding.by_rated_now().code().to_owned(),
                    by_rated_ever: finding.by_rated_ever().code().to_owned(),
                    citation: rule.source.as_str().to_owned(),
                    missing: missing_codes(year, finding.outcome.missing()),
                })
                .collect(),
            provider: provider.as_ref().map(provider_view),
            history: history.iter().map(history_view).collect(),
            open_points: determination
                .all_open_points()
                .map(|(year, point)| OpenPointView {
                    dashboard_year: year.number(),
                    id: point.id.clone(),
                    question: point.question.clone(),
                    default: point.default.clone(),
                    other: point.other.clone(),
                })
                .collect(),
            notes: notes(lea, determination),
            provisional: determination.provisional(),
            missing: missing
                .iter()
                .map(|(input, answers)| missing_view(year, *input, answers))
                .collect(),
        }
    }

    /// The group's view, by its Dashboard code.
    pub(crate) fn group(&self, group: StudentGroup) -> Option<&GroupView> {
        self.groups.iter().find(|g| g.group == group.code())
    }

    /// A method's outcome code, by its number.
    pub(crate) fn method(&self, number: u8) -> Option<&OutcomeView> {
        let id = format!("M{number}");
        self.methods.iter().find(|m| m.id == id)
    }

    /// Whether any group has a code.
    pub(crate) fn coded_groups(&self) -> impl Iterator<Item = (&str, &str)> {
        self.groups.iter().filter_map(|g| Some((g.group.as_str(), g.code.as_deref()?)))
    }
}

fn outcome_view(year: DashboardYear, id: &str, outcome: Outcome) -> OutcomeView {
    OutcomeView {
        id: id.to_owned(),
        outcome: outcome.code().to_owned(),
        missing: missing_codes(year, outcome.missing()),
    }
}

fn group_view(
    lea: &LeaFacts,
    determination: &Determination<'_>,
    finding: &GroupFinding,
    code: &Answer<Option<char>>,
    masking: &Masking,
) -> GroupView {
    let edition = determination.edition;
    let facts = lea.years.get(&edition.year);
    let group = finding.group;
    let cells = edition
        .indicators_used()
        .filter(|i| edition.indicators.get(i).is_some_and(|rule| rule.groups.contains(&group)))
        .map(|indicator| {
            let cell = determination.evaluation.cells.get(group, indicator);
            let cited = facts.and_then(|f| f.performances.get(&(indicator, group)));
            let counts = cited.map_or(Counts::AsPublished, |c| masking.counts(c.release));
            let text = cell_words(indicator, cell, cited.map(|c| &c.value), counts);
            let (color, status_level) = ratings(indicator, cell);
            CellView {
                indicator: indicator.code().to_owned(),
                state: state(cell).to_owned(),
                color,
                status_level,
                text,
                release: cited.map(|c| c.release.0),
                row: cited.map(|c| c.row),
            }
        })
        .collect();
    GroupView {
        group: group.code().to_owned(),
        code_known: code.known().is_some(),
        code: code.known().copied().flatten().map(String::from),
        priorities: finding
            .priorities
            .iter()
            .map(|(priority, outcome)| PriorityView {
                priority: priority.number(),
                outcome: outcome.code().to_owned(),
            })
            .collect(),
        rated: finding.rated.code().to_owned(),
        cells,
        missing: missing_codes(edition.year, code.missing()),
    }
}

fn state(cell: Cell) -> &'static str {
    match cell {
        Cell::NotLoaded => "notLoaded",
        Cell::NoRow => "noRow",
        Cell::TooSmall { .. } => "tooSmall",
        Cell::NotRated => "notRated",
        Cell::Rated { .. } => "rated",
    }
}

fn ratings(indicator: Indicator, cell: Cell) -> (Option<String>, Option<String>) {
    let Cell::Rated { color, status } = cell else { return (None, None) };
    (
        color.map(|c| c.name().to_owned()),
        status.map(|s| s.status_name(indicator.lower_is_better()).to_owned()),
    )
}

fn local_view(finding: &LocalFinding) -> LocalView {
    let LocalFinding { id: _, priority, cell, outcome } = finding;
    LocalView {
        priority: priority.number(),
        outcome: outcome.code().to_owned(),
        rating: match cell {
            LocalCell::Rated(rating) => Some(rating.name().to_owned()),
            LocalCell::NoRow | LocalCell::NotLoaded => None,
        },
    }
}

fn provider_view(provider: &Provider) -> ProviderView {
    let Provider { name, joined_by, beside, lead: _, to_be_confirmed, source } = provider;
    ProviderView {
        name: name.clone(),
        joined_by: joined_by.clone(),
        beside: beside.clone(),
        to_be_confirmed: *to_be_confirmed,
        citation: source.as_str().to_owned(),
    }
}

fn history_view(history: &HistoryYear<'_>) -> HistoryView {
    HistoryView {
        dashboard_year: history.year.number(),
        origin: history.origin.code().to_owned(),
        groups: history.in_at_least(2).met().iter().map(|g| g.code().to_owned()).collect(),
        eligible: history.eligible.code().to_owned(),
    }
}

/// Sentences that belong to an answer without being a rule of it.
fn notes(lea: &LeaFacts, determination: &Determination<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let asks_calpads = determination.conclusions.methods.iter().any(|(id, _)| id == "M4");
    if asks_calpads && determination.evaluation.calpads_certified.is_none() {
        notes.push(
            "No CALPADS exception was entered: method M4 counts as not met. The state publishes \
             no file of it but the list's own column."
                .to_owned(),
        );
    }
    let day = support_day(determination.edition);
    if let Some(cited) = lea.register.location_on(day) {
        let CharterLocationRow { row: _, cds, county, held, source } = &cited.value;
        notes.push(format!(
            "This charter school is located in county {county} ({held}; {source}); its code names \
             county {}, where it was authorized.",
            cds.county()
        ));
    }
    notes.extend(lea.successions.iter().map(|cited| succession_note(lea, cited)));
    notes
}

fn succession_note(lea: &LeaFacts, cited: &Cited<SuccessionRow>) -> String {
    let SuccessionRow { row: _, predecessor, successor, kind, effective, source } = &cited.value;
    let (relation, other) = if *successor == lea.cds {
        ("follows", predecessor)
    } else {
        ("is followed by", successor)
    };
    format!(
        "This LEA {relation} {other} ({}, {effective}; {source}). The history here follows the \
         code, as the published lists do.",
        kind.code()
    )
}

fn input_code(year: DashboardYear, input: MissingInput) -> String {
    match input {
        MissingInput::Indicator(indicator) => format!("{indicator}:{year}"),
        MissingInput::LocalIndicator(priority) => format!("LOCAL{priority}:{year}"),
        MissingInput::EarlierYear(earlier) => format!("LIST:{earlier}"),
    }
}

fn missing_codes(year: DashboardYear, missing: Missing) -> Vec<String> {
    missing.iter().map(|input| input_code(year, input)).collect()
}

fn missing_view(year: DashboardYear, input: MissingInput, answers: &[AnswerId]) -> MissingView {
    MissingView {
        input: input_code(year, input),
        text: input_words(year, input),
        could_change: answers.iter().map(AnswerId::text).collect(),
    }
}
