//! The part of the trace about student groups and state indicators.

use super::words::{cell_reason, cell_words, priorities_words, wanted_words};
use super::{Drawing, NodeKind, RowRef, Subject, TraceNode, missing_words};
use crate::colors::RecordKind;
use crate::decisive::CellKey;
use crate::determination::Determination;
use crate::evaluation::{Cell, GroupFinding, criterion_outcome, read_cell};
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::performance::Performance;
use crate::rulebook::{Citation, Condition, Criterion, Edition, Wanted};
use crate::student_group::StudentGroup;
use crate::support::Answer;

impl<'a> Drawing<'_, 'a> {
    pub(super) fn groups(&self) -> TraceNode<'a> {
        let Determination { edition, ref evaluation, ref conclusions, .. } = *self.determination;
        let mut nodes: Vec<TraceNode<'a>> = Vec::with_capacity(evaluation.groups.len() + 1);
        for (finding, (_, code)) in evaluation.groups.iter().zip(&conclusions.codes) {
            nodes.push(self.group(finding, code));
        }
        let all = self.unused_cells(StudentGroup::All);
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

    fn group(&self, finding: &GroupFinding, code: &Answer<Option<char>>) -> TraceNode<'a> {
        let edition = self.determination.edition;
        let group = finding.group;
        let mut node = TraceNode::new(
            NodeKind::Group,
            format!("group.{group}"),
            format!("{} ({group})", group.name()),
        )
        .outcome(finding.in_at_least(2))
        .cite(&edition.codes_source)
        .reason(match (code, finding.met()) {
            (Answer::NotKnown(missing), _) => missing_words(edition.year, *missing),
            (Answer::Known(_), met) if met.is_empty() => "In no state priority.".to_owned(),
            (Answer::Known(_), met) => format!("In state {}.", priorities_words(met)),
        });
        if let Some(letter) = code.known() {
            node = match letter {
                Some(letter) => node.value(format!("code {letter}")),
                None => node.value("no code"),
            };
        }
        let criteria = || {
            let all = edition.criteria.iter().zip(&edition.tables.criteria);
            all.filter(|(_, groups)| groups.contains(group)).map(|(criterion, _)| criterion)
        };
        for (priority, outcome) in &finding.priorities {
            let of_priority = criteria().filter(|c| c.priority == *priority);
            node.children.push(
                TraceNode::about(Subject::Priority(group, *priority))
                    .outcome(*outcome)
                    .children(of_priority.map(|c| self.criterion(group, c)).collect()),
            );
        }
        node.children.extend(self.unused_cells(group));
        node
    }

    fn criterion(&self, group: StudentGroup, criterion: &'a Criterion) -> TraceNode<'a> {
        let cells = &self.determination.evaluation.cells;
        let alternatives = criterion.alternatives.iter().enumerate().map(|(place, alternative)| {
            let conditions =
                alternative.conditions.iter().map(|c| self.condition(group, criterion, place, *c));
            TraceNode::about(Subject::Alternative(group, criterion, place))
                .outcome(cells.alternative(group, alternative))
                .children(conditions.collect())
        });
        TraceNode::about(Subject::Criterion(group, criterion))
            .outcome(criterion_outcome(criterion, group, cells))
            .children(alternatives.collect())
    }

    fn condition(
        &self,
        group: StudentGroup,
        criterion: &'a Criterion,
        alternative: usize,
        condition: Condition,
    ) -> TraceNode<'a> {
        let Determination { edition, lea_type, ref evaluation, .. } = *self.determination;
        let indicator = condition.indicator;
        let cited = self.performance(indicator, group);
        let node = TraceNode::about(Subject::Condition(ConditionOnCell {
            edition,
            lea_type,
            group,
            criterion,
            alternative,
            condition,
            cell: evaluation.cells.get(group, indicator),
            performance: cited.map(|cited| &cited.value),
        }))
        .outcome(evaluation.cells.condition(group, condition));
        match cited {
            None => node,
            Some(cited) => {
                let source = RowRef { release: cited.release, row: cited.row };
                self.at_cell(node, CellKey::Performance(indicator, group), source)
            }
        }
    }

    /// Rows of the group that no criterion asks for: shown, so that their absence from the
    /// reasons is no riddle.
    fn unused_cells(&self, group: StudentGroup) -> Vec<TraceNode<'a>> {
        let Determination { edition, lea_type, .. } = *self.determination;
        Indicator::ALL
            .into_iter()
            .filter(|indicator| {
                let reading = edition.tables.reading(*indicator);
                reading.is_none_or(|reading| !reading.asked_of.contains(group))
            })
            .filter_map(|indicator| {
                let cited = self.performance(indicator, group)?;
                let cell = read_cell(edition, lea_type, indicator, group, &cited.value);
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

/// A condition of a criterion, and the cell that it is about.
#[derive(Clone, Copy)]
pub(super) struct ConditionOnCell<'a> {
    edition: &'a Edition,
    lea_type: LeaType,
    group: StudentGroup,
    criterion: &'a Criterion,
    /// The place of the alternative that it belongs to.
    alternative: usize,
    condition: Condition,
    cell: Cell,
    performance: Option<&'a Performance>,
}

impl<'a> ConditionOnCell<'a> {
    pub(super) fn id(&self) -> String {
        let ConditionOnCell { group, criterion, alternative, condition, .. } = self;
        format!("group.{group}.{}.{}.{}", criterion.id, alternative + 1, condition.indicator)
    }

    pub(super) fn label(&self) -> String {
        wanted_words(self.condition.indicator, self.condition.wanted)
    }

    pub(super) fn value(&self) -> String {
        cell_words(self.condition.indicator, self.cell, self.performance)
    }

    pub(super) fn unit(&self) -> &'static str {
        match self.condition.wanted {
            Wanted::Color(_) => "colour",
            Wanted::Status(_) => "status level",
        }
    }

    pub(super) fn reason(&self) -> Option<String> {
        let reason = cell_reason(self.edition.year, self.condition.indicator, self.cell);
        let note = self.performance.and_then(|performance| self.color_note(performance));
        [reason, note].into_iter().flatten().reduce(|a, b| a + " " + &b)
    }

    pub(super) fn citations(&self) -> Vec<&'a Citation> {
        let rule = self.edition.indicators.get(&self.condition.indicator);
        rule.map(|rule| &rule.source).into_iter().chain([&self.edition.size.source]).collect()
    }

    /// Where the published colour or level is not the one that the year's tables give, or
    /// only because of an override.
    fn color_note(&self, performance: &Performance) -> Option<String> {
        let record = RecordKind::from(self.lea_type);
        let colors = &self.edition.colors;
        let check = colors.check(self.condition.indicator, self.group, record, performance);
        let Some((difference, why)) = check.differences().into_iter().next() else {
            let set = check.computed.overrides.first()?;
            return Some(format!("Set by an override: {set}."));
        };
        let why = why.map_or("no reason is known".to_owned(), |why| why.to_string());
        Some(format!("Published {difference} ({why}); the published one decides."))
    }
}
