//! The answer for one LEA and Dashboard year.

use std::collections::{BTreeMap, BTreeSet};

use crate::cds::CdsCode;
use crate::charter::{CharterFinding, SAME_GROUP};
use crate::evaluation::{Basis, Evaluation, groups_now};
use crate::facts::{LeaFacts, YearFacts};
use crate::group_set::GroupSet;
use crate::group_year::GroupYear;
use crate::history::{HistoryYear, looked_back_on};
use crate::lea::LeaType;
use crate::outcome::{Missing, MissingInput, NotCarried, Outcome};
use crate::packed_year::PackedYear;
use crate::rulebook::{Criterion, Edition, MethodTest, OpenPoint, Rulebooks};
use crate::student_group::StudentGroup;
use crate::support::{Answer, Label, Provider, provider, support_day};
use crate::sustained_need::{HAVING_A_GROUP, SustainedFinding, Window};
use crate::verdict::{AnswerSet, Verdict, conclude};
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
    pub history: Vec<HistoryYear<'a>>,
    /// What is concluded.
    pub conclusions: Conclusions,
    /// Who provides help, where the level is known.
    pub provider: Option<Provider>,
    /// Who provides it at level 2, where the rules give level 3: an LEA is in that no sooner than
    /// the Collaborative takes it on.
    pub provider_at_level_2: Option<Provider>,
    /// Ids of the edition's open points that this answer depends on.
    pub open_points: Vec<String>,
    /// Open points of earlier, computed years on which this answer depends.
    pub earlier_open_points: Vec<(DashboardYear, &'a OpenPoint)>,
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

impl<'a> Determination<'a> {
    /// Every open point on which the answer depends, with the year whose edition has it:
    /// those of its own edition, then those of earlier computed years.
    pub fn all_open_points(&self) -> impl Iterator<Item = (DashboardYear, &'a OpenPoint)> {
        let Determination { edition, .. } = *self;
        let own = self.open_points.iter().filter_map(|id| edition.open_point(id));
        let earlier = self.earlier_open_points.iter().copied();
        own.map(|point| (edition.year, point)).chain(earlier)
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
    decide_looking_back(books, lea, basis, &BTreeMap::new()).0
}

/// Decides an LEA as [`decide`] does, looking back on other years than its own where
/// `instead` has them. Gives also every year as it is looked back on.
pub(crate) fn decide_looking_back<'a>(
    books: &'a Rulebooks,
    lea: &LeaFacts,
    basis: Basis,
    instead: &BTreeMap<DashboardYear, HistoryYear<'a>>,
) -> (BTreeMap<DashboardYear, Determination<'a>>, Vec<HistoryYear<'a>>) {
    let unknown = YearFacts::default();
    let mut past: Vec<GroupYear<'_>> = Vec::new();
    let mut history: Vec<HistoryYear<'a>> = Vec::new();
    let mut decided = BTreeMap::new();
    for edition in books.editions() {
        let facts = lea.years.get(&edition.year).unwrap_or(&unknown);
        let year = PackedYear::of(edition, lea.lea_type, facts);
        let now = groups_now(edition, &year, basis);
        let verdict = conclude(edition, lea.lea_type, &year, &now, &past);
        let groups = looked_back_on(edition, lea.lea_type, &year, &now, &past, &verdict);
        if facts.named {
            let step = Step { edition, facts, year: &year, now, past: &past, verdict: &verdict };
            decided.insert(edition.year, step.determination(lea, basis, &history));
        }
        let remembered = HistoryYear::remember(edition, lea.lea_type, facts, groups);
        let remembered = instead.get(&edition.year).copied().unwrap_or(remembered);
        past.push(remembered.groups);
        history.push(remembered);
    }
    (decided, history)
}

/// One year of an LEA that was decided.
struct Step<'a, 's> {
    edition: &'a Edition,
    facts: &'s YearFacts,
    year: &'s PackedYear,
    now: GroupYear<'s>,
    past: &'s [GroupYear<'s>],
    verdict: &'s Verdict,
}

impl<'a> Step<'a, '_> {
    /// Draws up the answer.
    fn determination(
        &self,
        lea: &LeaFacts,
        basis: Basis,
        history: &[HistoryYear<'a>],
    ) -> Determination<'a> {
        let Step { edition, facts, year, now, past, verdict } = *self;
        let lea_type = lea.lea_type;
        let conclusions = Conclusions::of(edition, lea_type, verdict, &now, past);
        let decided = edition.decides(lea_type);
        let level = verdict.level.known().copied().filter(|_| decided);
        let provider_at = |level: u8| {
            let provider = provider(edition, lea.cds, lea_type, level, &conclusions.sustained)?;
            let lead = lea.register.geographic_lead_on(lea.cds, support_day(edition));
            Some(provider.with_geographic_lead(lea_type, Some(level), lead))
        };
        let provider_at_level_2 = level.filter(|level| *level == 3).and_then(|_| provider_at(2));
        let provider = level.and_then(provider_at);
        let mut determination = Determination {
            cds: lea.cds,
            lea_type,
            edition,
            decided,
            evaluation: Evaluation::of(edition, lea_type, facts, basis, year),
            history: history.to_vec(),
            conclusions,
            provider,
            provider_at_level_2,
            open_points: Vec::new(),
            earlier_open_points: self.earlier_open_points(lea_type, history),
            missing: Vec::new(),
        };
        determination.open_points = open_points(&determination, &now);
        determination.missing = missing_inputs(&determination, facts);
        determination
    }

    /// The open points of earlier computed years on which the answer depends: with the year's
    /// open criteria left open, an answer is another one or not known.
    fn earlier_open_points(
        &self,
        lea_type: LeaType,
        history: &[HistoryYear<'a>],
    ) -> Vec<(DashboardYear, &'a OpenPoint)> {
        let Step { edition, year, ref now, past, verdict, .. } = *self;
        let mut found: Vec<(DashboardYear, &OpenPoint)> = Vec::new();
        if !edition.decides(lea_type) {
            return found;
        }
        for (position, earlier) in history.iter().enumerate() {
            let Some(left_open) = earlier.with_open_criteria() else { continue };
            let mut other = past.to_vec();
            if let Some(place) = other.get_mut(position) {
                *place = left_open;
            }
            let concluded: Verdict<NotCarried> = conclude(edition, lea_type, year, now, &other);
            if AnswerSet::changed(edition, lea_type, verdict, &concluded).is_empty() {
                continue;
            }
            for (_, point) in earlier.open {
                if !found.contains(&(earlier.year, point)) {
                    found.push((earlier.year, point));
                }
            }
        }
        found
    }
}

impl Conclusions {
    /// Shows a verdict by the names that the edition gives to what is in it.
    fn of(
        edition: &Edition,
        lea_type: LeaType,
        verdict: &Verdict,
        now: &GroupYear<'_>,
        past: &[GroupYear<'_>],
    ) -> Conclusions {
        let code = |group: StudentGroup| match verdict.letter(group) {
            Some(letter) => Answer::Known(letter),
            None => Answer::NotKnown(now.missing(GroupSet::of(group))),
        };
        let methods = edition.methods_for(lea_type).map(|method| method.id.clone());
        let charter = edition.charter.as_ref().zip(verdict.charter.as_ref());
        let sustained = edition.sustained_for(lea_type).zip(&verdict.sustained);
        Conclusions {
            codes: edition.groups.iter().map(|group| (*group, code(*group))).collect(),
            group_count: verdict.group_count,
            methods: methods.zip(verdict.methods(edition, lea_type)).collect(),
            eligible: verdict.eligible,
            charter: charter.map(|(rule, result)| {
                let window = Window::new(&rule.window, past, now);
                CharterFinding::of(rule, result, window, verdict.eligible)
            }),
            label: verdict.standing.label(edition, lea_type),
            sustained: sustained
                .map(|(rule, result)| {
                    SustainedFinding::of(rule, result, Window::new(&rule.window, past, now))
                })
                .collect(),
            eligible_level: verdict.level,
        }
    }
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
fn open_points(determination: &Determination<'_>, now: &GroupYear<'_>) -> Vec<String> {
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
        if edition.evaluates(*lea_type) && matters(determination, now, criterion) {
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

fn matching(open: &[String], applies: impl Fn(&str) -> bool) -> Vec<String> {
    open.iter().filter(|id| applies(id)).cloned().collect()
}

/// Whether a criterion has a say for any group: alone, a state priority makes nobody
/// eligible, but beside another one, or beside a local indicator, it may.
fn matters(determination: &Determination<'_>, now: &GroupYear<'_>, criterion: &Criterion) -> bool {
    let Determination { edition, lea_type, evaluation, .. } = determination;
    let with_local = edition
        .methods_for(*lea_type)
        .any(|method| method.test == MethodTest::GroupAndLocalIndicator);
    let local = with_local
        && evaluation
            .locals
            .iter()
            .any(|l| l.priority != criterion.priority && l.outcome.may_be_met());
    let another = now.in_another_than(criterion.priority).may();
    criterion.groups.iter().any(|group| local || another.contains(*group))
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
