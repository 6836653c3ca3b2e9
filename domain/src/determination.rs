//! The answer for one LEA and Dashboard year.

use std::collections::{BTreeMap, BTreeSet};

use crate::cds::CdsCode;
use crate::charter::{CharterFinding, SAME_GROUP, test_charter};
use crate::charter_list::CharterListRow;
use crate::evaluation::{Basis, Evaluation, GroupFinding, LocalFinding, evaluate};
use crate::facts::{LeaFacts, YearFacts};
use crate::history::{Computed, HistoryYear, Origin};
use crate::lea::LeaType;
use crate::outcome::{Missing, MissingInput, Outcome};
use crate::priority::PrioritySet;
use crate::rulebook::{Criterion, Edition, Method, MethodTest, OpenPoint, Rulebooks};
use crate::student_group::StudentGroup;
use crate::support::{Answer, Label, Provider, eligible_level, label, provider, support_day};
use crate::sustained_need::{HAVING_A_GROUP, SustainedFinding, test_sustained};
use crate::year::DashboardYear;

/// What is concluded from the groups, the local indicators, CALPADS and the years before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conclusions {
    /// The letter of each group; `None` for a group below two priorities.
    pub codes: Vec<(StudentGroup, Answer<Option<char>>)>,
    /// How many groups have a letter.
    pub group_count: Answer<usize>,
    /// Each method that is open to the kind of LEA, by its id.
    pub methods: Vec<(String, Outcome)>,
    /// Whether any of them is met.
    pub eligible: Outcome,
    /// The charter schools' rule.
    pub charter: Option<CharterFinding>,
    /// The label and the year of support.
    pub label: Label,
    /// Tests over several years.
    pub sustained: Vec<SustainedFinding>,
    /// The level of support that the rules give, 1 to 3.
    pub eligible_level: Answer<u8>,
}

/// The answer for one LEA and Dashboard year, with all that it rests on.
#[derive(Clone, Debug)]
pub struct Determination<'a> {
    /// The LEA.
    pub cds: CdsCode,
    /// Its kind.
    pub lea_type: LeaType,
    /// The edition that decided.
    pub edition: &'a Edition,
    /// Whether a decision is made on LEAs of the kind in this year.
    pub decided: bool,
    /// The criteria, group by group.
    pub evaluation: Evaluation,
    /// The earlier years, in rising order.
    pub history: Vec<HistoryYear>,
    /// What is concluded.
    pub conclusions: Conclusions,
    /// Who provides help, where the level is known.
    pub provider: Option<Provider>,
    /// Ids of the edition's open points that this answer depends on.
    pub open_points: Vec<String>,
    /// Open points of earlier, computed years on which this answer depends.
    pub earlier_open_points: Vec<(DashboardYear, OpenPoint)>,
    /// Inputs that were not loaded, and which answers each could still change.
    pub missing: Vec<(MissingInput, Vec<AnswerId>)>,
}

/// Names one of the answers of a determination.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AnswerId {
    /// The letter of a group.
    Code(StudentGroup),
    /// A method, by its id.
    Method(String),
    /// The label.
    Label,
    /// A test over several years or the charter schools' rule, by its id.
    Test(String),
    /// The level of support.
    Level,
}

impl AnswerId {
    /// As the trace writes it: `code.SWD`, `M1`, `label`, `ec-52072-b`, `level`.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            AnswerId::Code(group) => format!("code.{group}"),
            AnswerId::Method(id) | AnswerId::Test(id) => id.clone(),
            AnswerId::Label => "label".to_owned(),
            AnswerId::Level => "level".to_owned(),
        }
    }
}

impl Determination<'_> {
    /// Every open point on which the answer depends, with the year whose edition has it:
    /// those of its own edition, then those of earlier computed years.
    pub fn all_open_points(&self) -> impl Iterator<Item = (DashboardYear, &OpenPoint)> {
        let own = self.open_points.iter().filter_map(|id| self.edition.open_point(id));
        let earlier = self.earlier_open_points.iter().map(|(year, point)| (*year, point));
        own.map(|point| (self.edition.year, point)).chain(earlier)
    }

    /// Whether inputs were missing.
    #[must_use]
    pub fn provisional(&self) -> bool {
        !self.missing.is_empty()
    }
}

/// Decides an LEA for every year with an edition, in order of the years. Years in which no
/// release names the LEA are looked back on and give no determination.
#[must_use]
pub fn decide<'a>(
    books: &'a Rulebooks,
    lea: &LeaFacts,
    basis: Basis,
) -> BTreeMap<DashboardYear, Determination<'a>> {
    let unknown = YearFacts::default();
    let mut history: Vec<HistoryYear> = Vec::new();
    let mut decided = BTreeMap::new();
    for edition in books.editions() {
        let facts = lea.years.get(&edition.year).unwrap_or(&unknown);
        let evaluation = evaluate(edition, lea.lea_type, facts, basis);
        let conclusions = conclude(edition, lea.lea_type, &evaluation, &history);
        let computed = Computed {
            eligible: conclusions.eligible,
            first_year: match &conclusions.charter {
                Some(charter) => charter.outcome,
                None if lea.lea_type == LeaType::Charter => Outcome::NotMet,
                None => conclusions.eligible,
            },
        };
        let computed = match &facts.charter_list {
            Some(cited) if lea.lea_type == LeaType::Charter => {
                listed_charter(edition, &cited.value, &evaluation, &history, computed)
            }
            _ => computed,
        };
        let remembered = HistoryYear::remember(edition, lea.lea_type, facts, &evaluation, computed);
        if facts.named {
            let determination =
                determination(edition, lea, facts, evaluation, &history, conclusions);
            decided.insert(edition.year, determination);
        }
        history.push(remembered);
    }
    decided
}

/// What a charter school's row of the year's list gives for the years after it: whether a
/// method was met by the list's codes and the local indicators that were loaded, and what
/// the state decided. The codes cannot show a group in a single priority: where they leave
/// a method open that the files rule out (`by_files`), it was not met.
fn listed_charter(
    edition: &Edition,
    row: &CharterListRow,
    evaluation: &Evaluation,
    history: &[HistoryYear],
    by_files: Computed,
) -> Computed {
    let listed =
        conclude(edition, LeaType::Charter, &row.in_place_of(edition, evaluation), history);
    let eligible = match (listed.eligible, by_files.eligible) {
        (Outcome::NotKnown(_), Outcome::NotMet) => Outcome::NotMet,
        (eligible, _) => eligible,
    };
    let by_codes = listed.charter.as_ref().map_or(Outcome::NotMet, |charter| charter.outcome);
    Computed { eligible, first_year: row.eligible().map_or(by_codes, Outcome::from_bool) }
}

fn determination<'a>(
    edition: &'a Edition,
    lea: &LeaFacts,
    facts: &YearFacts,
    evaluation: Evaluation,
    history: &[HistoryYear],
    conclusions: Conclusions,
) -> Determination<'a> {
    let decided = edition.decides(lea.lea_type);
    let level = conclusions.eligible_level.known().copied();
    let provider = level
        .filter(|_| decided)
        .and_then(|l| provider(edition, lea.cds, lea.lea_type, l, &conclusions.sustained))
        .map(|provider| {
            let lead = lea.register.geographic_lead_on(lea.cds, support_day(edition));
            provider.with_geographic_lead(lea.lea_type, level, lead)
        });
    let mut determination = Determination {
        cds: lea.cds,
        lea_type: lea.lea_type,
        edition,
        decided,
        evaluation,
        history: history.to_vec(),
        conclusions,
        provider,
        open_points: Vec::new(),
        earlier_open_points: Vec::new(),
        missing: Vec::new(),
    };
    determination.open_points = open_points(&determination);
    determination.earlier_open_points = earlier_open_points(&determination);
    determination.missing = missing_inputs(&determination, facts);
    determination
}

/// Concludes from an evaluation and the years before it.
#[must_use]
pub fn conclude(
    edition: &Edition,
    lea_type: LeaType,
    evaluation: &Evaluation,
    history: &[HistoryYear],
) -> Conclusions {
    let codes: Vec<(StudentGroup, Answer<Option<char>>)> =
        evaluation.groups.iter().map(|g| (g.group, code(edition, g))).collect();
    let methods = methods(edition, lea_type, evaluation);
    let eligible = eligible(edition, lea_type, evaluation, &methods);
    let now = HistoryYear {
        year: edition.year,
        origin: Origin::Computed,
        groups: evaluation.groups.clone(),
        eligible,
        first_year: eligible,
        open: Vec::new(),
    };
    let window = |years: &[DashboardYear]| -> Vec<&HistoryYear> {
        let all = || history.iter().chain(std::iter::once(&now));
        years.iter().filter_map(|year| all().find(|h| h.year == *year)).collect()
    };
    let charter = edition
        .charter
        .as_ref()
        .filter(|_| lea_type == LeaType::Charter)
        .map(|rule| test_charter(rule, &window(&rule.window)));
    let sustained: Vec<SustainedFinding> = edition
        .sustained_for(lea_type)
        .map(|rule| test_sustained(rule, &window(&rule.window)))
        .collect();
    let decisive = charter.as_ref().map_or(eligible, |charter| charter.outcome);
    let before =
        edition.labels.second_year_after.and_then(|y| history.iter().find(|h| h.year == y));
    let first_year_before = before.map_or(Outcome::NotMet, |before| before.first_year);
    let label = label(edition, lea_type, decisive, first_year_before);
    let eligible_level = eligible_level(edition, label.differentiated, &sustained);
    Conclusions {
        group_count: group_count(&codes),
        codes,
        methods,
        eligible,
        charter,
        label,
        sustained,
        eligible_level,
    }
}

/// The letter of a group: known when nothing that is open could change it.
fn code(edition: &Edition, finding: &GroupFinding) -> Answer<Option<char>> {
    let letter = |set: PrioritySet| edition.codes.get(&set).copied();
    if finding.in_at_least(2).is_not_met() {
        return Answer::Known(None);
    }
    let missing = finding.missing();
    if missing.is_nothing() {
        Answer::Known(letter(finding.met()))
    } else {
        Answer::NotKnown(missing)
    }
}

fn group_count(codes: &[(StudentGroup, Answer<Option<char>>)]) -> Answer<usize> {
    let missing = codes.iter().fold(Missing::NOTHING, |m, (_, code)| m.with(code.missing()));
    if missing.is_nothing() {
        Answer::Known(codes.iter().filter(|(_, c)| matches!(c, Answer::Known(Some(_)))).count())
    } else {
        Answer::NotKnown(missing)
    }
}

fn methods(
    edition: &Edition,
    lea_type: LeaType,
    evaluation: &Evaluation,
) -> Vec<(String, Outcome)> {
    let Evaluation { cells: _, groups, locals, calpads_certified } = evaluation;
    let mut found: Vec<(String, Outcome)> = Vec::new();
    if !edition.evaluates(lea_type) {
        return found;
    }
    for method in edition.methods.iter().filter(|m| m.lea_types.contains(&lea_type)) {
        let outcome = match method.test {
            MethodTest::GroupInPriorities(count) => {
                Outcome::any(groups.iter().map(|g| g.in_at_least(count)))
            }
            MethodTest::LocalIndicators(count) => {
                Outcome::at_least(count, locals.iter().map(|l| l.outcome))
            }
            MethodTest::GroupAndLocalIndicator => {
                let before = Outcome::any(found.iter().map(|(_, outcome)| *outcome));
                before.negated().and(group_and_local(groups, locals))
            }
            // Nobody's data count as uncertified unless an operator entered it.
            MethodTest::CalpadsNotCertified => {
                Outcome::from_bool(*calpads_certified == Some(false))
            }
        };
        found.push((method.id.clone(), outcome));
    }
    found
}

/// Exactly one local indicator, and a group in exactly one state priority, another one.
fn group_and_local(groups: &[GroupFinding], locals: &[LocalFinding]) -> Outcome {
    Outcome::any(locals.iter().enumerate().map(|(position, local)| {
        let others = locals.iter().enumerate().filter(|(p, _)| *p != position);
        let alone = Outcome::all(others.map(|(_, other)| other.outcome.negated()));
        let group = Outcome::any(groups.iter().map(|g| g.only_in_another_than(local.priority)));
        local.outcome.and(alone).and(group)
    }))
}

/// Whether any method is met.
///
/// A local indicator and a group in another priority are enough beside the other two
/// methods: should there be more local indicators or more priorities than the third method
/// asks for, one of the other two is met. What only decides which of them it is, a file
/// that was not loaded, leaves eligibility known.
fn eligible(
    edition: &Edition,
    lea_type: LeaType,
    evaluation: &Evaluation,
    methods: &[(String, Outcome)],
) -> Outcome {
    let Evaluation { cells: _, groups, locals, calpads_certified: _ } = evaluation;
    let open_to = |m: &&Method| m.lea_types.contains(&lea_type);
    let tests = || edition.methods.iter().filter(open_to).map(|m| m.test);
    let more_is_another_method = tests().any(|t| matches!(t, MethodTest::GroupInPriorities(..=2)))
        && tests().any(|t| matches!(t, MethodTest::LocalIndicators(..=2)));
    let group_and_local = Outcome::any(locals.iter().map(|local| {
        local.outcome.and(Outcome::any(groups.iter().map(|g| g.in_another_than(local.priority))))
    }));
    Outcome::any(methods.iter().map(|(id, outcome)| {
        let test = edition.methods.iter().find(|m| &m.id == id).map(|m| m.test);
        match test {
            Some(MethodTest::GroupAndLocalIndicator) if more_is_another_method => group_and_local,
            _ => *outcome,
        }
    }))
}

/// Every answer that is not known, with what it depends on.
fn unknown_answers(conclusions: &Conclusions) -> Vec<(AnswerId, Missing)> {
    let Conclusions {
        codes,
        group_count: _,
        methods,
        eligible: _,
        charter,
        label,
        sustained,
        eligible_level,
    } = conclusions;
    let codes = codes.iter().map(|(group, code)| (AnswerId::Code(*group), code.missing()));
    let methods = methods.iter().map(|(id, o)| (AnswerId::Method(id.clone()), o.missing()));
    let charter = charter.iter().map(|c| (AnswerId::Test(c.id.clone()), c.outcome.missing()));
    let sustained = sustained.iter().map(|s| (AnswerId::Test(s.id.clone()), s.outcome.missing()));
    let label = (AnswerId::Label, label.text.missing());
    let level = (AnswerId::Level, eligible_level.missing());
    codes
        .chain(methods)
        .chain(charter)
        .chain(sustained)
        .chain([label, level])
        .filter(|(_, missing)| !missing.is_nothing())
        .collect()
}

/// The inputs that the edition's rules ask for and that were not loaded.
fn missing_inputs(
    determination: &Determination<'_>,
    facts: &YearFacts,
) -> Vec<(MissingInput, Vec<AnswerId>)> {
    let Determination { edition, lea_type, history, conclusions, .. } = determination;
    if !edition.evaluates(*lea_type) {
        return Vec::new();
    }
    let indicators = edition
        .indicators_used()
        .filter(|indicator| !facts.indicator_releases.contains_key(indicator))
        .map(MissingInput::Indicator);
    let locals = edition
        .locals_for(*lea_type)
        .filter(|rule| {
            !facts.local_releases.contains_key(&rule.priority)
                && !facts.local_ratings.contains_key(&rule.priority)
        })
        .map(|rule| MissingInput::LocalIndicator(rule.priority));
    let mut unknown = unknown_answers(conclusions);
    if !determination.decided {
        unknown.retain(|(answer, _)| !matches!(answer, AnswerId::Label | AnswerId::Level));
    }
    let earlier = history
        .iter()
        .map(|h| MissingInput::EarlierYear(h.year))
        .filter(|input| unknown.iter().any(|(_, missing)| missing.contains(*input)));
    indicators
        .chain(locals)
        .chain(earlier)
        .map(|input| {
            let could_change = unknown
                .iter()
                .filter(|(_, missing)| missing.contains(input))
                .map(|(answer, _)| answer.clone())
                .collect();
            (input, could_change)
        })
        .collect()
}

/// The open points on which this answer depends.
fn open_points(determination: &Determination<'_>) -> Vec<String> {
    let Determination { edition, lea_type, conclusions, history, provider, .. } = determination;
    let mut ids: Vec<String> = Vec::new();
    let mut add = |open: &[String]| {
        for id in open {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
    };
    for criterion in &edition.criteria {
        if edition.evaluates(*lea_type) && matters(determination, criterion) {
            add(&criterion.open);
        }
    }
    if let (Some(rule), Some(finding)) = (&edition.charter, &conclusions.charter) {
        add(&matching(&rule.open, |id| match id {
            SAME_GROUP => finding.readings_may_differ(),
            HAVING_A_GROUP => finding.depends_on_having_a_group,
            _ => finding.outcome.may_be_met(),
        }));
    }
    for (rule, finding) in edition.sustained_for(*lea_type).zip(&conclusions.sustained) {
        add(&matching(&rule.open, |id| match id {
            HAVING_A_GROUP => finding.depends_on_having_a_group(),
            _ => finding.outcome.may_be_met(),
        }));
    }
    let charter_before = edition
        .labels
        .second_year_after
        .and_then(|year| history.iter().find(|h| h.year == year))
        .is_some_and(|before| before.first_year.may_be_met());
    if *lea_type == LeaType::Charter && charter_before && !conclusions.label.differentiated.is_met()
    {
        add(&edition.labels.open);
    }
    if let (Some(rule), Some(provider)) = (&edition.one_district_county, provider)
        && provider.to_be_confirmed
    {
        add(&rule.open);
    }
    ids
}

/// The open points of earlier computed years on which this answer depends: with the year's
/// open criteria left open, an answer is another one or not known.
fn earlier_open_points(determination: &Determination<'_>) -> Vec<(DashboardYear, OpenPoint)> {
    let Determination { edition, lea_type, decided, evaluation, history, conclusions, .. } =
        determination;
    let mut found: Vec<(DashboardYear, OpenPoint)> = Vec::new();
    if !decided {
        return found;
    }
    for (position, year) in history.iter().enumerate() {
        let Some(left_open) = year.with_open_criteria() else { continue };
        let mut other = history.clone();
        if let Some(place) = other.get_mut(position) {
            *place = left_open;
        }
        let concluded = conclude(edition, *lea_type, evaluation, &other);
        if changed_answers(conclusions, &concluded).is_empty() {
            continue;
        }
        for (_, point) in &year.open {
            let point = (year.year, point.clone());
            if !found.contains(&point) {
                found.push(point);
            }
        }
    }
    found
}

fn matching(open: &[String], applies: impl Fn(&str) -> bool) -> Vec<String> {
    open.iter().filter(|id| applies(id)).cloned().collect()
}

/// Whether a criterion has a say for any group: alone, a state priority makes nobody
/// eligible, but beside another one, or beside a local indicator, it may.
fn matters(determination: &Determination<'_>, criterion: &Criterion) -> bool {
    let Determination { edition, lea_type, evaluation, .. } = determination;
    let with_local = edition
        .methods
        .iter()
        .any(|m| m.test == MethodTest::GroupAndLocalIndicator && m.lea_types.contains(lea_type));
    let local = with_local
        && evaluation
            .locals
            .iter()
            .any(|l| l.priority != criterion.priority && l.outcome.may_be_met());
    let groups = || evaluation.groups.iter().filter(|g| criterion.groups.contains(&g.group));
    groups().any(|g| local || g.in_another_than(criterion.priority).may_be_met())
}

/// The answers in which two conclusions differ.
#[must_use]
pub fn changed_answers(before: &Conclusions, after: &Conclusions) -> BTreeSet<AnswerId> {
    let mut changed = BTreeSet::new();
    for ((group, code), (_, other)) in before.codes.iter().zip(&after.codes) {
        if code.known() != other.known() {
            changed.insert(AnswerId::Code(*group));
        }
    }
    for ((id, outcome), (_, other)) in before.methods.iter().zip(&after.methods) {
        if outcome.known() != other.known() {
            changed.insert(AnswerId::Method(id.clone()));
        }
    }
    for (finding, other) in before.charter.iter().zip(&after.charter) {
        if finding.outcome.known() != other.outcome.known() {
            changed.insert(AnswerId::Test(finding.id.clone()));
        }
    }
    for (finding, other) in before.sustained.iter().zip(&after.sustained) {
        if finding.outcome.known() != other.outcome.known() {
            changed.insert(AnswerId::Test(finding.id.clone()));
        }
    }
    let label =
        |c: &Conclusions| (c.label.text.known().cloned(), c.label.support_year.known().copied());
    if label(before) != label(after) {
        changed.insert(AnswerId::Label);
    }
    if before.eligible_level.known() != after.eligible_level.known() {
        changed.insert(AnswerId::Level);
    }
    changed
}
