//! Why: the tree of every rule that was tried, met or not, down to the cell.
//!
//! The tree is drawn from the determination itself; nothing is decided here. Cells carry
//! the release and the row that they stand in, and the answers that another value in them
//! would change.

mod groups;
mod tests_over_years;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::decisive::{CellKey, decisive_cells};
use crate::determination::{AnswerId, Determination};
use crate::evaluation::LocalCell;
use crate::facts::{LeaFacts, ReleaseNumber, YearFacts};
use crate::history::Origin;
use crate::outcome::{MissingInput, Outcome};
use crate::rulebook::{Citation, MethodTest, Rulebooks};
use crate::support::Answer;

pub use words::{cell_words, input_words, missing_words};

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

/// A node of the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceNode {
    /// Its id within the tree, such as `group.SWD.priority.4`.
    pub id: String,
    /// What it stands for.
    pub kind: NodeKind,
    /// Its name in plain words.
    pub label: String,
    /// Whether it is met; absent where there is nothing to be met.
    pub outcome: Option<Outcome>,
    /// What was found, such as a colour or a letter.
    pub value: Option<String>,
    /// What the value is measured in.
    pub unit: Option<&'static str>,
    /// Why the outcome is what it is, in a sentence.
    pub reason: Option<String>,
    /// Where the rule is said.
    pub citations: Vec<Citation>,
    /// The row that the value stands in.
    pub source: Option<RowRef>,
    /// The cell that the value stands in, where it is one.
    pub cell: Option<CellKey>,
    /// The answers that another value in the cell would change. A cell without any is
    /// irrelevant for this determination.
    pub decides: Vec<AnswerId>,
    /// What it is made of.
    pub children: Vec<TraceNode>,
}

impl TraceNode {
    fn new(kind: NodeKind, id: impl Into<String>, label: impl Into<String>) -> TraceNode {
        TraceNode {
            id: id.into(),
            kind,
            label: label.into(),
            outcome: None,
            value: None,
            unit: None,
            reason: None,
            citations: Vec::new(),
            source: None,
            cell: None,
            decides: Vec::new(),
            children: Vec::new(),
        }
    }

    fn outcome(mut self, outcome: Outcome) -> TraceNode {
        self.outcome = Some(outcome);
        self
    }

    fn value(mut self, value: impl Into<String>) -> TraceNode {
        self.value = Some(value.into());
        self
    }

    fn reason(mut self, reason: impl Into<String>) -> TraceNode {
        self.reason = Some(reason.into());
        self
    }

    fn cite(mut self, citation: &Citation) -> TraceNode {
        self.citations.push(citation.clone());
        self
    }

    fn children(mut self, children: Vec<TraceNode>) -> TraceNode {
        self.children = children;
        self
    }

    /// Every node of the tree, this one first.
    #[must_use]
    pub fn nodes(&self) -> Vec<&TraceNode> {
        let mut nodes = vec![self];
        let mut next = 0;
        while let Some(node) = nodes.get(next).copied() {
            nodes.extend(&node.children);
            next += 1;
        }
        nodes
    }
}

/// What the parts of the tree are drawn from.
struct Drawing<'a> {
    books: &'a Rulebooks,
    determination: &'a Determination<'a>,
    lea: &'a LeaFacts,
    facts: &'a YearFacts,
    decisive: BTreeMap<CellKey, BTreeSet<AnswerId>>,
}

/// Draws the tree of a determination.
#[must_use]
pub fn trace(books: &Rulebooks, lea: &LeaFacts, determination: &Determination<'_>) -> TraceNode {
    let nothing = YearFacts::default();
    let year = determination.edition.year;
    let drawing = Drawing {
        books,
        determination,
        lea,
        facts: lea.years.get(&year).unwrap_or(&nothing),
        decisive: decisive_cells(books, lea, determination),
    };
    let mut root = TraceNode::new(
        NodeKind::Determination,
        "determination",
        format!("Determination on the {year} Dashboard"),
    );
    match determination.edition.judges(determination.lea_type) {
        Some(judged) if !judged.decided => {
            root.reason = judged.reason.clone();
            root.citations.push(judged.source.clone());
            root.value = Some("not judged in this year".to_owned());
            if judged.evaluated {
                root.children.push(drawing.groups());
                root.children.push(drawing.methods());
            }
            return root;
        }
        Some(judged) => root.citations.push(judged.source.clone()),
        None => {
            root.reason = Some("The edition does not judge LEAs of this kind.".to_owned());
            return root;
        }
    }
    let conclusions = &determination.conclusions;
    root.outcome = Some(conclusions.label.differentiated);
    root.value = conclusions.label.text.known().cloned();
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

impl Drawing<'_> {
    fn decides(&self, cell: CellKey) -> Vec<AnswerId> {
        self.decisive
            .get(&cell)
            .map(|answers| answers.iter().cloned().collect())
            .unwrap_or_default()
    }

    fn at_cell(&self, mut node: TraceNode, cell: CellKey, source: RowRef) -> TraceNode {
        node.decides = self.decides(cell);
        node.cell = Some(cell);
        node.source = Some(source);
        node
    }

    fn local_indicators(&self) -> Option<TraceNode> {
        let Determination { edition, lea_type, evaluation, .. } = self.determination;
        edition.locals_for(*lea_type).next()?;
        let nodes = edition
            .locals_for(*lea_type)
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
                match (finding.cell, self.facts.local_ratings.get(&priority)) {
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

    fn methods(&self) -> TraceNode {
        let Determination { edition, conclusions, .. } = self.determination;
        let nodes = conclusions
            .methods
            .iter()
            .filter_map(|(id, outcome)| {
                let method = edition.methods.iter().find(|m| &m.id == id)?;
                let node = TraceNode::new(NodeKind::Method, id, words::method_words(method.test))
                    .outcome(*outcome)
                    .reason(self.method_reason(method.test, *outcome))
                    .cite(&method.source);
                Some(match (method.test, &self.facts.calpads_certified) {
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

    fn label(&self) -> TraceNode {
        let Determination { edition, conclusions, history, .. } = self.determination;
        let mut node = TraceNode::new(NodeKind::Answer, "label", "Label")
            .outcome(conclusions.label.differentiated)
            .cite(&edition.labels.source);
        match &conclusions.label.text {
            Answer::Known(text) => node.value = Some(text.clone()),
            Answer::NotKnown(missing) => {
                node.reason = Some(missing_words(edition.year, *missing));
            }
        }
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

    fn level(&self) -> TraceNode {
        let Determination { edition, conclusions, .. } = self.determination;
        let node =
            TraceNode::new(NodeKind::Answer, "level", "Level of support that the rules give");
        match &conclusions.eligible_level {
            Answer::Known(level) => node.value(level.to_string()),
            Answer::NotKnown(missing) => node.reason(missing_words(edition.year, *missing)),
        }
    }

    fn provider(&self) -> Option<TraceNode> {
        let provider = self.determination.provider.as_ref()?;
        let mut node = TraceNode::new(NodeKind::Answer, "provider", "Who provides help")
            .value(&provider.name)
            .cite(&provider.source);
        let joined = provider.joined_by.as_ref().map(|joined| format!("Joined by: {joined}."));
        let beside = provider.beside.as_ref().map(|beside| format!("Beside it: {beside}."));
        let confirm = "To be confirmed: the county has a single district.".to_owned();
        let confirm = provider.to_be_confirmed.then_some(confirm);
        let reasons: Vec<String> = [joined, beside, confirm].into_iter().flatten().collect();
        if !reasons.is_empty() {
            node.reason = Some(reasons.join(" "));
        }
        node.source = provider.lead.map(|(release, row)| RowRef { release, row });
        Some(node)
    }

    fn open_points(&self) -> Option<TraceNode> {
        let nodes: Vec<TraceNode> = self
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
