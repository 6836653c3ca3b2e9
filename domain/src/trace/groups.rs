//! The part of the trace about student groups and state indicators.

use super::words::{cell_reason, cell_words, priorities_words, wanted_words};
use super::{Drawing, NodeKind, RowRef, TraceNode, missing_words};
use crate::colors::RecordKind;
use crate::decisive::CellKey;
use crate::determination::Determination;
use crate::evaluation::{GroupFinding, criterion_outcome, read_cell};
use crate::indicator::Indicator;
use crate::outcome::Outcome;
use crate::performance::Performance;
use crate::rulebook::{Alternative, Condition, Criterion, Wanted};
use crate::student_group::StudentGroup;
use crate::support::Answer;

impl Drawing<'_> {
    pub(super) fn groups(&self) -> TraceNode {
        let Determination { edition, evaluation, conclusions, .. } = self.determination;
        let mut nodes: Vec<TraceNode> = evaluation
            .groups
            .iter()
            .zip(&conclusions.codes)
            .map(|(finding, (_, code))| self.group(finding, code))
            .collect();
        let all = self.unused_cells(StudentGroup::All, |_| true);
        if !all.is_empty() {
            nodes.push(
                TraceNode::new(NodeKind::Group, "group.ALL", StudentGroup::All.name())
                    .reason("All students together are never a group for eligibility.")
                    .children(all),
            );
        }
        TraceNode::new(NodeKind::Section, "groups", "Student groups on state indicators")
            .cite(&edition.groups_source)
            .children(nodes)
    }

    fn group(&self, finding: &GroupFinding, code: &Answer<Option<char>>) -> TraceNode {
        let edition = self.determination.edition;
        let group = finding.group;
        let id = format!("group.{group}");
        let label = format!("{} ({group})", group.name());
        let mut node = TraceNode::new(NodeKind::Group, &id, label)
            .outcome(finding.in_at_least(2))
            .cite(&edition.codes_source);
        node.reason = Some(match (code, finding.met()) {
            (Answer::NotKnown(missing), _) => missing_words(edition.year, *missing),
            (Answer::Known(_), met) if met.is_empty() => "In no state priority.".to_owned(),
            (Answer::Known(_), met) => format!("In state {}.", priorities_words(met)),
        });
        node.value = code.known().map(|letter| match letter {
            Some(letter) => format!("code {letter}"),
            None => "no code".to_owned(),
        });
        for (priority, outcome) in &finding.priorities {
            let criteria: Vec<TraceNode> = edition
                .criteria
                .iter()
                .filter(|c| c.priority == *priority && c.groups.contains(&group))
                .map(|criterion| self.criterion(&id, group, criterion))
                .collect();
            let label = format!("Priority {priority}, {}", priority.name());
            node.children.push(
                TraceNode::new(NodeKind::Priority, format!("{id}.priority.{priority}"), label)
                    .outcome(*outcome)
                    .children(criteria),
            );
        }
        let asked = |indicator| {
            edition
                .criteria
                .iter()
                .filter(|c| c.groups.contains(&group))
                .flat_map(|c| &c.alternatives)
                .flat_map(|a| &a.conditions)
                .any(|c| c.indicator == indicator)
        };
        node.children.extend(self.unused_cells(group, |indicator| !asked(indicator)));
        node
    }

    fn criterion(&self, group_id: &str, group: StudentGroup, criterion: &Criterion) -> TraceNode {
        let cells = &self.determination.evaluation.cells;
        let id = format!("{group_id}.{}", criterion.id);
        let asked: Vec<String> = criterion.alternatives.iter().map(alternative_words).collect();
        let mut node = TraceNode::new(NodeKind::Criterion, &id, asked.join(", or "))
            .outcome(criterion_outcome(criterion, group, cells))
            .cite(&criterion.source);
        for (position, alternative) in criterion.alternatives.iter().enumerate() {
            let id = format!("{id}.{}", position + 1);
            let conditions: Vec<TraceNode> =
                alternative.conditions.iter().map(|c| self.condition(&id, group, *c)).collect();
            let outcome = Outcome::all(
                alternative.conditions.iter().map(|c| cells.get(group, c.indicator).meets(*c)),
            );
            node.children.push(
                TraceNode::new(NodeKind::Alternative, id, alternative_words(alternative))
                    .outcome(outcome)
                    .children(conditions),
            );
        }
        node
    }

    fn condition(&self, id: &str, group: StudentGroup, condition: Condition) -> TraceNode {
        let Condition { indicator, wanted } = condition;
        let cell = self.determination.evaluation.cells.get(group, indicator);
        let performance = self.facts.performances.get(&(indicator, group));
        let mut node = TraceNode::new(
            NodeKind::Cell,
            format!("{id}.{indicator}"),
            wanted_words(indicator, wanted),
        )
        .outcome(cell.meets(condition))
        .value(cell_words(indicator, cell, performance.map(|p| &p.value)));
        node.unit = Some(match wanted {
            Wanted::Color(_) => "colour",
            Wanted::Status(_) => "status level",
        });
        node.reason = cell_reason(self.determination.edition.year, indicator, cell);
        if let Some(rule) = self.determination.edition.indicators.get(&indicator) {
            node = node.cite(&rule.source);
        }
        node = node.cite(&self.determination.edition.size.source);
        match performance {
            None => node,
            Some(cited) => {
                let source = RowRef { release: cited.release, row: cited.row };
                let note = self.color_note(indicator, group, &cited.value);
                node.reason = [node.reason, note].into_iter().flatten().reduce(|a, b| a + " " + &b);
                self.at_cell(node, CellKey::Performance(indicator, group), source)
            }
        }
    }

    /// Where the published colour or level is not the one that the year's tables give, or
    /// only because of an override.
    fn color_note(
        &self,
        indicator: Indicator,
        group: StudentGroup,
        performance: &Performance,
    ) -> Option<String> {
        let Determination { edition, lea_type, .. } = self.determination;
        let record = RecordKind::from(*lea_type);
        let check = edition.colors.check(indicator, group, record, performance);
        let Some((difference, why)) = check.differences().into_iter().next() else {
            let set = check.computed.overrides.first()?;
            return Some(format!("Set by an override: {set}."));
        };
        let why = why.map_or("no reason is known".to_owned(), |why| why.to_string());
        Some(format!("Published {difference} ({why}); the published one decides."))
    }

    /// Rows of the group that no criterion asks for: shown, so that their absence from the
    /// reasons is no riddle.
    fn unused_cells(
        &self,
        group: StudentGroup,
        unused: impl Fn(Indicator) -> bool,
    ) -> Vec<TraceNode> {
        let Determination { edition, lea_type, .. } = self.determination;
        Indicator::ALL
            .into_iter()
            .filter(|indicator| unused(*indicator))
            .filter_map(|indicator| {
                let cited = self.facts.performances.get(&(indicator, group))?;
                let cell = read_cell(edition, *lea_type, indicator, group, &cited.value);
                let node = TraceNode::new(
                    NodeKind::Cell,
                    format!("group.{group}.{indicator}"),
                    indicator.name(),
                )
                .value(cell_words(indicator, cell, Some(&cited.value)))
                .reason("No criterion of this year asks for it.");
                let source = RowRef { release: cited.release, row: cited.row };
                Some(self.at_cell(node, CellKey::Performance(indicator, group), source))
            })
            .collect()
    }
}

fn alternative_words(alternative: &Alternative) -> String {
    let words: Vec<String> =
        alternative.conditions.iter().map(|c| wanted_words(c.indicator, c.wanted)).collect();
    words.join(" and ")
}
