//! Why: the tree of every rule that was tried, met or not, down to the cell.
//!
//! The tree is drawn from the determination itself; nothing is decided here. Cells carry
//! the release and the row that they stand in, and the answers that another value in them
//! would change.

mod groups;
mod tests_over_years;
mod words;

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use crate::decisive::{CellKey, DecisiveCells, decisive_cells};
use crate::determination::{AnswerId, Determination};
use crate::evaluation::{Cells, LocalCell};
use crate::facts::{Cited, LeaFacts, ReleaseNumber, YearFacts};
use crate::history::Origin;
use crate::indicator::Indicator;
use crate::outcome::{MissingInput, Outcome};
use crate::performance::Performance;
use crate::priority::Priority;
use crate::rulebook::{Citation, Criterion, MethodTest, Rulebooks};
use crate::small_numbers::Counts;
use crate::student_group::StudentGroup;
use crate::support::Answer;
use crate::verdict::AnswerSet;
use crate::year::DashboardYear;
use groups::{ConditionOnCell, GroupInPriorities, UnusedCell};
use tests_over_years::EarlierCell;

pub use words::{cell_words, criterion_words, input_words, method_words, missing_words};

/// The row that a value stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowRef {
    /// The release.
    pub release: ReleaseNumber,
    /// The row of its file.
    pub row: u32,
}

/// What a node of the tree stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeKind {
    /// The whole answer.
    Determination,
    /// A part of it.
    Section,
    /// A student group.
    Group,
    /// A state priority of a group.
    Priority,
    /// A criterion.
    Criterion,
    /// Conditions that must hold together.
    Alternative,
    /// A condition on one cell, or a cell that no rule asks for.
    Cell,
    /// A local indicator.
    LocalIndicator,
    /// A method.
    Method,
    /// A test over several years.
    Test,
    /// One year of such a test.
    Year,
    /// The label, the level or the provider.
    Answer,
    /// An open point.
    OpenPoint,
}

impl NodeKind {
    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            NodeKind::Determination => "determination",
            NodeKind::Section => "section",
            NodeKind::Group => "group",
            NodeKind::Priority => "priority",
            NodeKind::Criterion => "criterion",
            NodeKind::Alternative => "alternative",
            NodeKind::Cell => "cell",
            NodeKind::LocalIndicator => "localIndicator",
            NodeKind::Method => "method",
            NodeKind::Test => "test",
            NodeKind::Year => "year",
            NodeKind::Answer => "answer",
            NodeKind::OpenPoint => "openPoint",
        }
    }
}

/// A node of the tree. What a node says is put into words only when it is asked for: most
/// nodes are conditions on cells, of which few are read.
#[derive(Clone)]
pub struct TraceNode<'a> {
    /// Whether it is met; absent where there is nothing to be met.
    pub outcome: Option<Outcome>,
    /// The row that the value stands in.
    pub source: Option<RowRef>,
    /// The cell that the value stands in, where it is one.
    pub cell: Option<CellKey>,
    /// The answers that another value in the cell would change. A cell without any is
    /// irrelevant for this determination.
    pub decides: Decides,
    /// What it is made of.
    pub children: Vec<TraceNode<'a>>,
    subject: Subject<'a>,
}

/// The answers that a cell decides, in order; cells that decide the same share them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decides(Option<Arc<[AnswerId]>>);

impl Deref for Decides {
    type Target = [AnswerId];

    fn deref(&self) -> &[AnswerId] {
        self.0.as_deref().unwrap_or_default()
    }
}

/// What a node is about: enough to say everything that it says.
#[derive(Clone)]
enum Subject<'a> {
    /// It was put into words at once.
    Said(Box<Said<'a>>),
    /// A student group of the year decided.
    Group(GroupInPriorities<'a>),
    /// A state priority of a group.
    Priority(StudentGroup, Priority),
    /// A criterion for a group.
    Criterion(StudentGroup, &'a Criterion),
    /// An alternative of a criterion, by its place.
    Alternative(StudentGroup, &'a Criterion, usize),
    /// A condition of an alternative.
    Condition(ConditionOnCell<'a>),
    /// A cell that no criterion asks for.
    Unused(UnusedCell<'a>),
    /// A cell of an earlier year.
    Earlier(Box<EarlierCell<'a>>),
}

/// The words of a node.
#[derive(Clone)]
struct Said<'a> {
    id: String,
    kind: NodeKind,
    label: String,
    value: Option<String>,
    reason: Option<String>,
    citations: Vec<&'a Citation>,
}

impl<'a> TraceNode<'a> {
    fn about(subject: Subject<'a>) -> TraceNode<'a> {
        TraceNode {
            outcome: None,
            source: None,
            cell: None,
            decides: Decides::default(),
            children: Vec::new(),
            subject,
        }
    }

    fn new(kind: NodeKind, id: impl Into<String>, label: impl Into<String>) -> TraceNode<'a> {
        TraceNode::about(Subject::Said(Box::new(Said {
            id: id.into(),
            kind,
            label: label.into(),
            value: None,
            reason: None,
            citations: Vec::new(),
        })))
    }

    fn outcome(mut self, outcome: Outcome) -> TraceNode<'a> {
        self.outcome = Some(outcome);
        self
    }

    fn saying(mut self, say: impl FnOnce(&mut Said<'a>)) -> TraceNode<'a> {
        if let Subject::Said(said) = &mut self.subject {
            say(said);
        }
        self
    }

    fn value(self, value: impl Into<String>) -> TraceNode<'a> {
        self.saying(|said| said.value = Some(value.into()))
    }

    fn reason(self, reason: impl Into<String>) -> TraceNode<'a> {
        self.saying(|said| said.reason = Some(reason.into()))
    }

    fn cite(self, citation: &'a Citation) -> TraceNode<'a> {
        self.saying(|said| said.citations.push(citation))
    }

    fn children(mut self, children: Vec<TraceNode<'a>>) -> TraceNode<'a> {
        self.children = children;
        self
    }

    /// Its id within the tree, such as `group.SWD.priority.4`.
    #[must_use]
    pub fn id(&self) -> String {
        match &self.subject {
            Subject::Said(said) => said.id.clone(),
            Subject::Group(group) => group.id(),
            Subject::Priority(group, priority) => format!("group.{group}.priority.{priority}"),
            Subject::Criterion(group, criterion) => format!("group.{group}.{}", criterion.id),
            Subject::Alternative(group, criterion, place) => {
                format!("group.{group}.{}.{}", criterion.id, place + 1)
            }
            Subject::Condition(condition) => condition.id(),
            Subject::Unused(cell) => cell.id(),
            Subject::Earlier(cell) => cell.id.clone(),
        }
    }

    /// What it stands for.
    #[must_use]
    pub fn kind(&self) -> NodeKind {
        match &self.subject {
            Subject::Said(said) => said.kind,
            Subject::Group(_) => NodeKind::Group,
            Subject::Priority(..) => NodeKind::Priority,
            Subject::Criterion(..) => NodeKind::Criterion,
            Subject::Alternative(..) => NodeKind::Alternative,
            Subject::Condition(_) | Subject::Unused(_) | Subject::Earlier(_) => NodeKind::Cell,
        }
    }

    /// Its name in plain words.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.subject {
            Subject::Said(said) => said.label.clone(),
            Subject::Group(group) => group.label(),
            Subject::Priority(_, priority) => format!("Priority {priority}, {}", priority.name()),
            Subject::Criterion(_, criterion) => criterion_words(criterion),
            Subject::Alternative(_, criterion, place) => {
                criterion.alternatives.get(*place).map(words::alternative_words).unwrap_or_default()
            }
            Subject::Condition(condition) => condition.label(),
            Subject::Unused(cell) => cell.label(),
            Subject::Earlier(cell) => cell.label(),
        }
    }

    /// What was found, such as a colour or a letter. `counts` says how those of the node's
    /// source are shown.
    #[must_use]
    pub fn value_words(&self, counts: Counts) -> Option<String> {
        match &self.subject {
            Subject::Said(said) => said.value.clone(),
            Subject::Group(group) => group.value(),
            Subject::Condition(condition) => Some(condition.value(counts)),
            Subject::Unused(cell) => Some(cell.value(counts)),
            Subject::Earlier(cell) => Some(cell.value(counts)),
            _ => None,
        }
    }

    /// What the value is measured in.
    #[must_use]
    pub fn unit(&self) -> Option<&'static str> {
        match &self.subject {
            Subject::Condition(condition) => Some(condition.unit()),
            _ => None,
        }
    }

    /// Why the outcome is what it is, in a sentence. `counts` says how those of the node's
    /// source are shown.
    #[must_use]
    pub fn reason_words(&self, counts: Counts) -> Option<String> {
        match &self.subject {
            Subject::Said(said) => said.reason.clone(),
            Subject::Group(group) => Some(group.reason()),
            Subject::Condition(condition) => condition.reason(counts),
            Subject::Unused(_) => Some("No criterion of this year asks for it.".to_owned()),
            _ => None,
        }
    }

    /// Where the rule is said.
    #[must_use]
    pub fn citations(&self) -> Vec<&'a Citation> {
        match &self.subject {
            Subject::Said(said) => said.citations.clone(),
            Subject::Group(group) => group.citations(),
            Subject::Criterion(_, criterion) => vec![&criterion.source],
            Subject::Condition(condition) => condition.citations(),
            Subject::Priority(..)
            | Subject::Alternative(..)
            | Subject::Unused(_)
            | Subject::Earlier(_) => Vec::new(),
        }
    }

    /// Every node of the tree, this one first.
    #[must_use]
    pub fn nodes(&self) -> Vec<&TraceNode<'a>> {
        let mut nodes = vec![self];
        let mut next = 0;
        while let Some(node) = nodes.get(next).copied() {
            nodes.extend(&node.children);
            next += 1;
        }
        nodes
    }
}

impl fmt::Debug for TraceNode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TraceNode { outcome, source, cell, decides, children, subject: _ } = self;
        f.debug_struct("TraceNode")
            .field("id", &self.id())
            .field("kind", &self.kind())
            .field("label", &self.label())
            .field("outcome", outcome)
            .field("value", &self.value_words(Counts::AsPublished))
            .field("unit", &self.unit())
            .field("reason", &self.reason_words(Counts::AsPublished))
            .field("citations", &self.citations())
            .field("source", source)
            .field("cell", cell)
            .field("decides", decides)
            .field("children", children)
            .finish()
    }
}

/// The rows of the year decided, by indicator and group: most are asked for several times.
type Performances<'a> =
    [[Option<&'a Cited<Performance>>; StudentGroup::COUNTED.len() + 1]; Indicator::ALL.len()];

fn performances_of(facts: &YearFacts) -> Performances<'_> {
    let mut performances: Performances<'_> = Default::default();
    for ((indicator, group), cited) in &facts.performances {
        let of_indicator = performances.get_mut(indicator.index());
        if let Some(place) = of_indicator.and_then(|groups| groups.get_mut(*group as usize)) {
            *place = Some(cited);
        }
    }
    performances
}

/// What the parts of the tree are drawn from.
struct Drawing<'d, 'a> {
    books: &'a Rulebooks,
    determination: &'d Determination<'a>,
    lea: &'a LeaFacts,
    facts: Option<&'a YearFacts>,
    performances: Performances<'a>,
    decisive: DecisiveCells,
    /// Answers by name, for each set of them that a cell decides.
    named: RefCell<Vec<(AnswerSet, Decides)>>,
    /// The cells of computed earlier years, which several tests look back on.
    earlier: RefCell<Vec<(DashboardYear, Rc<Cells>)>>,
}

/// Draws the tree of a determination.
#[must_use]
pub fn trace<'a>(
    books: &'a Rulebooks,
    lea: &'a LeaFacts,
    determination: &Determination<'a>,
) -> TraceNode<'a> {
    let year = determination.edition.year;
    let facts = lea.years.get(&year);
    let drawing = Drawing {
        books,
        determination,
        lea,
        facts,
        performances: facts.map(performances_of).unwrap_or_default(),
        decisive: decisive_cells(lea, determination),
        named: RefCell::default(),
        earlier: RefCell::default(),
    };
    let root = TraceNode::new(
        NodeKind::Determination,
        "determination",
        format!("Determination on the {year} Dashboard"),
    );
    let root = match determination.edition.judges(determination.lea_type) {
        Some(judged) if !judged.decided => {
            let root = root.cite(&judged.source).value("not judged in this year");
            let mut root = match &judged.reason {
                Some(reason) => root.reason(reason),
                None => root,
            };
            if judged.evaluated {
                root.children.push(drawing.groups());
                root.children.push(drawing.methods());
            }
            return root;
        }
        Some(judged) => root.cite(&judged.source),
        None => return root.reason("The edition does not judge LEAs of this kind."),
    };
    let conclusions = &determination.conclusions;
    let mut root = root.outcome(conclusions.label.differentiated);
    if let Some(text) = conclusions.label.text.known() {
        root = root.value(text);
    }
    root.children.push(drawing.groups());
    root.children.extend(drawing.local_indicators());
    root.children.push(drawing.methods());
    root.children.extend(drawing.charter());
    root.children.push(drawing.label());
    root.children.extend(drawing.sustained());
    root.children.push(drawing.level());
    root.children.extend(drawing.provider());
    root.children.extend(drawing.open_points());
    root
}

impl<'a> Drawing<'_, 'a> {
    fn decides(&self, cell: CellKey) -> Decides {
        let answers = self.decisive.get(cell);
        if answers.is_empty() {
            return Decides::default();
        }
        let mut named = self.named.borrow_mut();
        if let Some((_, decides)) = named.iter().find(|(set, _)| *set == answers) {
            return decides.clone();
        }
        let Determination { edition, lea_type, .. } = *self.determination;
        let decides = Decides(Some(answers.ids(edition, lea_type).into()));
        named.push((answers, decides.clone()));
        decides
    }

    fn at_cell(&self, mut node: TraceNode<'a>, cell: CellKey, source: RowRef) -> TraceNode<'a> {
        node.decides = self.decides(cell);
        node.cell = Some(cell);
        node.source = Some(source);
        node
    }

    fn performance(
        &self,
        indicator: Indicator,
        group: StudentGroup,
    ) -> Option<&'a Cited<Performance>> {
        *self.performances.get(indicator.index())?.get(group as usize)?
    }

    fn local_indicators(&self) -> Option<TraceNode<'a>> {
        let Determination { edition, lea_type, ref evaluation, .. } = *self.determination;
        edition.locals_for(lea_type).next()?;
        let nodes = edition
            .locals_for(lea_type)
            .zip(&evaluation.locals)
            .map(|(rule, finding)| {
                let priority = rule.priority;
                let node = TraceNode::new(
                    NodeKind::LocalIndicator,
                    &rule.id,
                    format!("Priority {priority}, {} (local indicator)", priority.name()),
                )
                .outcome(finding.outcome)
                .cite(&rule.source);
                match (finding.cell, self.facts.and_then(|f| f.local_ratings.get(&priority))) {
                    (LocalCell::Rated(rating), Some(cited)) => {
                        let source = RowRef { release: cited.release, row: cited.row };
                        let node = node
                            .value(rating.name())
                            .reason(format!("Only '{}' counts.", rule.rating.name()));
                        self.at_cell(node, CellKey::Local(priority), source)
                    }
                    (LocalCell::NotLoaded, _) => {
                        let input = MissingInput::LocalIndicator(priority);
                        node.reason(input_words(edition.year, input))
                    }
                    _ => node.reason("The LEA has no row in the file, which is no failure."),
                }
            })
            .collect();
        let title = "Local indicators, as the LEA rated itself";
        Some(TraceNode::new(NodeKind::Section, "local-indicators", title).children(nodes))
    }

    fn methods(&self) -> TraceNode<'a> {
        let Determination { edition, ref conclusions, .. } = *self.determination;
        let nodes = conclusions
            .methods
            .iter()
            .filter_map(|(id, outcome)| {
                let method = edition.methods.iter().find(|m| &m.id == id)?;
                let node = TraceNode::new(NodeKind::Method, id, method_words(method.test))
                    .outcome(*outcome)
                    .reason(self.method_reason(method.test, *outcome))
                    .cite(&method.source);
                let certified = self.facts.and_then(|f| f.calpads_certified.as_ref());
                Some(match (method.test, certified) {
                    (MethodTest::CalpadsNotCertified, Some(cited)) => {
                        let source = RowRef { release: cited.release, row: cited.row };
                        self.at_cell(node, CellKey::Calpads, source)
                    }
                    _ => node,
                })
            })
            .collect();
        TraceNode::new(NodeKind::Section, "methods", "Ways to become eligible")
            .outcome(conclusions.eligible)
            .children(nodes)
    }

    fn method_reason(&self, test: MethodTest, outcome: Outcome) -> String {
        let Determination { edition, evaluation, .. } = self.determination;
        if let Outcome::NotKnown(missing) = outcome {
            return missing_words(edition.year, missing);
        }
        match test {
            MethodTest::GroupInPriorities(count) => {
                let groups: Vec<String> = evaluation
                    .groups
                    .iter()
                    .filter(|g| g.in_at_least(count).is_met())
                    .map(|g| format!("{} ({})", g.group.name(), words::priorities_words(g.met())))
                    .collect();
                if groups.is_empty() {
                    format!("No group is in {count} or more state priorities.")
                } else {
                    format!("{}.", groups.join("; "))
                }
            }
            MethodTest::LocalIndicators(_) | MethodTest::GroupAndLocalIndicator => {
                let failed: Vec<String> = evaluation
                    .locals
                    .iter()
                    .filter(|l| l.outcome.is_met())
                    .map(|l| format!("priority {}", l.priority))
                    .collect();
                let failed = if failed.is_empty() {
                    "No local indicator counts".to_owned()
                } else {
                    format!("Local indicators that count: {}", failed.join(", "))
                };
                match test {
                    MethodTest::GroupAndLocalIndicator => {
                        format!("{failed}; looked at only where no method before it is met.")
                    }
                    _ => format!("{failed}."),
                }
            }
            MethodTest::CalpadsNotCertified => match evaluation.calpads_certified {
                Some(true) => "An operator entered that the data were certified.".to_owned(),
                Some(false) => "An operator entered that the data were not certified.".to_owned(),
                None => "No exception was entered: counted as certified. The state publishes no \
                         file of it."
                    .to_owned(),
            },
        }
    }

    fn label(&self) -> TraceNode<'a> {
        let Determination { edition, ref conclusions, ref history, .. } = *self.determination;
        let mut node = TraceNode::new(NodeKind::Answer, "label", "Label")
            .outcome(conclusions.label.differentiated)
            .cite(&edition.labels.source);
        node = match &conclusions.label.text {
            Answer::Known(text) => node.value(text),
            Answer::NotKnown(missing) => node.reason(missing_words(edition.year, *missing)),
        };
        let before = edition
            .labels
            .second_year_after
            .and_then(|year| history.iter().find(|h| h.year == year));
        if let Some(before) = before.filter(|_| self.determination.lea_type.has_second_year()) {
            let year = before.year;
            let child = TraceNode::new(
                NodeKind::Year,
                format!("label.{year}"),
                format!("In its first year of support on the {year} Dashboard"),
            )
            .outcome(before.first_year)
            .reason(words::origin_words(before));
            node.children.push(match before.origin {
                Origin::Published { release, row } => {
                    let key = CellKey::EarlierStatus(year);
                    self.at_cell(child, key, RowRef { release, row })
                }
                _ => child,
            });
        }
        node
    }

    fn level(&self) -> TraceNode<'a> {
        let Determination { edition, conclusions, .. } = self.determination;
        let node =
            TraceNode::new(NodeKind::Answer, "level", "Level of support that the rules give");
        match &conclusions.eligible_level {
            Answer::Known(level) => node.value(level.to_string()),
            Answer::NotKnown(missing) => node.reason(missing_words(edition.year, *missing)),
        }
    }

    fn provider(&self) -> Option<TraceNode<'a>> {
        let Determination { edition, ref provider, .. } = *self.determination;
        let provider = provider.as_ref()?;
        let mut node =
            TraceNode::new(NodeKind::Answer, "provider", "Who provides help").value(&provider.name);
        if let Some(rule) = edition.providers.iter().find(|rule| rule.source == provider.source) {
            node = node.cite(&rule.source);
        }
        let joined = provider.joined_by.as_ref().map(|joined| format!("Joined by: {joined}."));
        let beside = provider.beside.as_ref().map(|beside| format!("Beside it: {beside}."));
        let confirm = "To be confirmed: the county has a single district.".to_owned();
        let confirm = provider.to_be_confirmed.then_some(confirm);
        let reasons: Vec<String> = [joined, beside, confirm].into_iter().flatten().collect();
        if !reasons.is_empty() {
            node = node.reason(reasons.join(" "));
        }
        node.source = provider.lead.map(|(release, row)| RowRef { release, row });
        Some(node)
    }

    fn open_points(&self) -> Option<TraceNode<'a>> {
        let nodes: Vec<TraceNode<'a>> = self
            .determination
            .all_open_points()
            .map(|(year, point)| {
                let id = format!("open.{year}.{}", point.id);
                TraceNode::new(NodeKind::OpenPoint, id, &point.question)
                    .value(&point.default)
                    .reason(format!("Other reading: {}", point.other))
                    .cite(&point.source)
            })
            .collect();
        let title = "What no public text settles, and this answer depends on";
        (!nodes.is_empty())
            .then(|| TraceNode::new(NodeKind::Section, "open-points", title).children(nodes))
    }
}
