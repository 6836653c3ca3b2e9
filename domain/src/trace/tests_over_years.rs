//! The part of the trace about tests over several years.

use std::rc::Rc;

use super::words::{cell_words, origin_words, priorities_words, wanted_words};
use super::{Drawing, NodeKind, RowRef, Subject, TraceNode, missing_words};
use crate::decisive::CellKey;
use crate::determination::Determination;
use crate::evaluation::{Cell, Cells, GroupFinding, criterion_outcome};
use crate::facts::YearFacts;
use crate::history::Origin;
use crate::outcome::Outcome;
use crate::performance::Performance;
use crate::rulebook::{CharterTest, Condition, Edition, Effect, SustainedRule};
use crate::small_numbers::Counts;
use crate::student_group::StudentGroup;
use crate::sustained_need::SustainedFinding;
use crate::year::DashboardYear;

impl<'a> Drawing<'_, 'a> {
    pub(super) fn sustained(&self) -> Vec<TraceNode<'a>> {
        let Determination { edition, lea_type, ref conclusions, .. } = *self.determination;
        let mut nodes: Vec<TraceNode<'a>> = edition
            .sustained_for(lea_type)
            .zip(&conclusions.sustained)
            .map(|(rule, finding)| self.sustained_test(rule, finding))
            .collect();
        for rule in &edition.not_applied {
            nodes.push(
                TraceNode::new(NodeKind::Test, &rule.id, test_title(&rule.id))
                    .value("not applied in this year")
                    .reason(&rule.reason)
                    .cite(&rule.source),
            );
        }
        nodes
    }

    fn sustained_test(&self, rule: &'a SustainedRule, finding: &SustainedFinding) -> TraceNode<'a> {
        let year = self.determination.edition.year;
        let groups = if rule.groups == 1 { "group".to_owned() } else { "groups".to_owned() };
        let asked = format!(
            "{}: {} or more student {groups} in {} or more state priorities in {} of {}",
            test_title(&rule.id),
            rule.groups,
            rule.priorities,
            rule.years,
            years_words(&rule.window),
        );
        let mut node = TraceNode::new(NodeKind::Test, &rule.id, asked)
            .outcome(finding.outcome)
            .cite(&rule.source);
        let certain = finding.persistent.iter().filter(|(_, o)| o.is_met());
        let names: Vec<&str> = certain.map(|(group, _)| group.name()).collect();
        let names = if names.is_empty() { "No group".to_owned() } else { names.join(", ") };
        let mut reason = format!("{names} in enough of the years.");
        if let Outcome::NotKnown(missing) = finding.outcome {
            reason = format!("{reason} {}", missing_words(year, missing));
        }
        if rule.effect == Effect::DataTest {
            reason += " A test of the data alone, never an identification.";
        }
        node = node.reason(reason);
        if rule.all_if_fewer_groups {
            node.children.push(
                TraceNode::new(
                    NodeKind::Answer,
                    format!("{}.fewer.rated-now", rule.id),
                    format!(
                        "All of its groups, being fewer than {}: groups rated in {year}",
                        rule.groups
                    ),
                )
                .outcome(finding.all_rated_now),
            );
            node.children.push(
                TraceNode::new(
                    NodeKind::Answer,
                    format!("{}.fewer.rated-ever", rule.id),
                    format!(
                        "The same, by the other reading: groups rated in any of {}",
                        years_words(&rule.window)
                    ),
                )
                .outcome(finding.all_rated_ever),
            );
        }
        for named in &rule.window {
            node.children.push(self.window_year(&rule.id, *named, rule.priorities));
        }
        node
    }

    pub(super) fn charter(&self) -> Option<TraceNode<'a>> {
        let Determination { edition, ref conclusions, .. } = *self.determination;
        let (rule, finding) = (edition.charter.as_ref()?, conclusions.charter.as_ref()?);
        let (asked, priorities) = match rule.test {
            CharterTest::CriteriaInEveryYear => {
                let years = years_words(&rule.window);
                (format!("The district criteria are met in each of {years}"), 2)
            }
            CharterTest::GroupsInYears { years, groups, priorities, .. } => (
                format!(
                    "{groups} or more student groups (or all, if fewer) in {priorities} or more \
                     state priorities in {years} of {}",
                    years_words(&rule.window)
                ),
                priorities,
            ),
        };
        let mut node = TraceNode::new(NodeKind::Test, &rule.id, asked)
            .outcome(finding.outcome)
            .cite(&rule.source);
        node.children.push(
            TraceNode::new(
                NodeKind::Answer,
                format!("{}.literal", rule.id),
                "The charter school in each year, by whichever groups (the reading that decides)",
            )
            .outcome(finding.literal),
        );
        node.children.push(
            TraceNode::new(
                NodeKind::Answer,
                format!("{}.same-group", rule.id),
                "The same student group in each year (the other reading)",
            )
            .outcome(finding.same_group),
        );
        for (year, outcome) in rule.window.iter().zip(&finding.years) {
            let mut child = self.window_year(&rule.id, *year, priorities);
            child.outcome = Some(*outcome);
            node.children.push(child);
        }
        Some(node)
    }

    /// One year of a window, with the groups that meet the criteria in it or may.
    fn window_year(&self, test: &str, year: DashboardYear, priorities: usize) -> TraceNode<'a> {
        let Determination { edition, ref evaluation, ref history, .. } = *self.determination;
        let id = format!("{test}.{year}");
        let node = TraceNode::new(NodeKind::Year, &id, year.to_string());
        let group_node = |finding: &GroupFinding| {
            TraceNode::new(NodeKind::Group, format!("{id}.{}", finding.group), finding.group.name())
                .outcome(finding.in_at_least(priorities))
        };
        if year == edition.year {
            let groups = evaluation
                .groups
                .iter()
                .filter(|g| g.in_at_least(priorities).may_be_met())
                .map(|finding| with_priorities(group_node(finding), finding))
                .collect();
            return node.reason("The year decided.").children(groups);
        }
        let Some(earlier) = history.iter().find(|h| h.year == year) else {
            return node;
        };
        let may = earlier.in_at_least(priorities).may();
        let groups = StudentGroup::COUNTED
            .into_iter()
            .filter(|group| may.contains(*group) || self.matters(year, *group))
            .filter_map(|group| earlier.group(group))
            .map(|finding| {
                let child = with_priorities(group_node(&finding), &finding);
                match earlier.origin {
                    Origin::Published { release, row } => {
                        let key = CellKey::EarlierCode(year, finding.group);
                        self.at_cell(child, key, RowRef { release, row })
                    }
                    _ => {
                        let id = format!("{id}.{}", finding.group);
                        let cells = self.earlier_cells(&id, year, finding.group);
                        child.children(cells)
                    }
                }
            })
            .collect();
        node.reason(origin_words(earlier)).children(groups)
    }

    /// The criteria that a group met in a computed earlier year, by that year's edition,
    /// with the cells that they rest on.
    fn earlier_cells(
        &self,
        id: &str,
        year: DashboardYear,
        group: StudentGroup,
    ) -> Vec<TraceNode<'a>> {
        let (Some(edition), Some(facts)) = (self.books.edition(year), self.lea.years.get(&year))
        else {
            return Vec::new();
        };
        let cells = self.cells_of(edition, facts);
        let met = edition.criteria.iter().filter(|criterion| {
            criterion.groups.contains(&group)
                && criterion_outcome(criterion, group, &cells).is_met()
        });
        met.map(|criterion| {
            let mut alternatives = criterion.alternatives.iter();
            let held = alternatives.find(|a| cells.alternative(group, a).is_met());
            let conditions = held.into_iter().flat_map(|alternative| &alternative.conditions);
            let nodes = conditions.map(|condition| {
                let indicator = condition.indicator;
                let cited = facts.performances.get(&(indicator, group));
                let cell = cells.get(group, indicator);
                let mut node = TraceNode::about(Subject::Earlier(Box::new(EarlierCell {
                    id: format!("{id}.{}.{indicator}", criterion.id),
                    condition: *condition,
                    cell,
                    performance: cited.map(|cited| &cited.value),
                })))
                .outcome(Outcome::Met);
                node.source = cited.map(|c| RowRef { release: c.release, row: c.row });
                node
            });
            let priority = criterion.priority;
            TraceNode::new(
                NodeKind::Criterion,
                format!("{id}.{}", criterion.id),
                format!("Priority {priority}, {}", priority.name()),
            )
            .outcome(Outcome::Met)
            .cite(&criterion.source)
            .children(vec![
                TraceNode::new(
                    NodeKind::Alternative,
                    format!("{id}.{}.met", criterion.id),
                    "met by",
                )
                .outcome(Outcome::Met)
                .children(nodes.collect()),
            ])
        })
        .collect()
    }

    fn cells_of(&self, edition: &Edition, facts: &YearFacts) -> Rc<Cells> {
        let mut earlier = self.earlier.borrow_mut();
        if let Some((_, cells)) = earlier.iter().find(|(year, _)| *year == edition.year) {
            return Rc::clone(cells);
        }
        let cells = Rc::new(Cells::read(edition, self.determination.lea_type, facts));
        earlier.push((edition.year, Rc::clone(&cells)));
        cells
    }

    /// Whether another letter of the group on that year's list would change an answer.
    fn matters(&self, year: DashboardYear, group: StudentGroup) -> bool {
        !self.decisive.get(CellKey::EarlierCode(year, group)).is_empty()
    }
}

/// A cell of an earlier year that met a condition.
#[derive(Clone)]
pub(super) struct EarlierCell<'a> {
    pub(super) id: String,
    condition: Condition,
    cell: Cell,
    performance: Option<&'a Performance>,
}

impl EarlierCell<'_> {
    pub(super) fn label(&self) -> String {
        wanted_words(self.condition.indicator, self.condition.wanted)
    }

    pub(super) fn value(&self, counts: Counts) -> String {
        cell_words(self.condition.indicator, self.cell, self.performance, counts)
    }
}

fn with_priorities<'a>(node: TraceNode<'a>, finding: &GroupFinding) -> TraceNode<'a> {
    let met = finding.met();
    match (met.is_empty(), finding.in_at_least(2)) {
        (false, _) => node.value(priorities_words(met)),
        (true, Outcome::NotKnown(_)) => node.value("not known"),
        (true, _) => node.value("no code"),
    }
}

fn years_words(years: &[DashboardYear]) -> String {
    let texts: Vec<String> = years.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// The section of law that a test's id names.
fn test_title(id: &str) -> String {
    let mut parts = id.split('-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("ec"), Some(section), Some(subdivision)) => {
            format!("Education Code {section}({subdivision})")
        }
        _ => id.to_owned(),
    }
}
