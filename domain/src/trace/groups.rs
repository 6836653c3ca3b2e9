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
use crate::priority::PrioritySet;
use crate::rulebook::{Citation, Condition, Criterion, Edition, Wanted};
use crate::small_numbers::Counts;
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
        let own = || {
            let all = edition.criteria.iter().zip(&edition.tables.criteria);
            all.filter(|(_, groups)| groups.contains(group)).map(|(criterion, _)| criterion)
        };
        let unused = self.unused_cells(group);
        let mut children = Vec::with_capacity(finding.priorities.len() + unused.len());
        for (priority, outcome) in &finding.priorities {
            let of_priority = || own().filter(|c| c.priority == *priority);
            let mut criteria = Vec::with_capacity(of_priority().count());
            criteria.extend(of_priority().map(|c| self.criterion(group, c)));
            children.push(
                TraceNode::about(Subject::Priority(group, *priority))
                    .outcome(*outcome)
                    .children(criteria),
            );
        }
        children.extend(unused);
        let met = finding.met();
        TraceNode::about(Subject::Group(GroupInPriorities { edition, group, code: *code, met }))
            .outcome(finding.in_at_least(2))
            .children(children)
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
                let performance = &cited.value;
                let cell = read_cell(edition, lea_type, indicator, group, performance);
                let unused = UnusedCell { group, indicator, cell, performance };
                let node = TraceNode::about(Subject::Unused(unused));
                let source = RowRef { release: cited.release, row: cited.row };
                Some(self.at_cell(node, CellKey::Performance(indicator, group), source))
            })
            .collect()
    }
}

/// A student group, and the priorities that it is in for certain.
#[derive(Clone, Copy)]
pub(super) struct GroupInPriorities<'a> {
    edition: &'a Edition,
    group: StudentGroup,
    code: Answer<Option<char>>,
    met: PrioritySet,
}

impl<'a> GroupInPriorities<'a> {
    pub(super) fn id(&self) -> String {
        format!("group.{}", self.group)
    }

    pub(super) fn label(&self) -> String {
        format!("{} ({})", self.group.name(), self.group)
    }

    pub(super) fn value(&self) -> Option<String> {
        Some(match self.code.known()? {
            Some(letter) => format!("code {letter}"),
            None => "no code".to_owned(),
        })
    }

    pub(super) fn reason(&self) -> String {
        match self.code {
            Answer::NotKnown(missing) => missing_words(self.edition.year, missing),
            Answer::Known(_) if self.met.is_empty() => "In no state priority.".to_owned(),
            Answer::Known(_) => format!("In state {}.", priorities_words(self.met)),
        }
    }

    pub(super) fn citations(&self) -> Vec<&'a Citation> {
        vec![&self.edition.codes_source]
    }
}

/// A cell that no criterion asks for.
#[derive(Clone, Copy)]
pub(super) struct UnusedCell<'a> {
    group: StudentGroup,
    indicator: Indicator,
    cell: Cell,
    performance: &'a Performance,
}

impl UnusedCell<'_> {
    pub(super) fn id(&self) -> String {
        format!("group.{}.{}", self.group, self.indicator)
    }

    pub(super) fn label(&self) -> String {
        self.indicator.name().to_owned()
    }

    pub(super) fn value(&self, counts: Counts) -> String {
        cell_words(self.indicator, self.cell, Some(self.performance), counts)
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

    pub(super) fn value(&self, counts: Counts) -> String {
        cell_words(self.condition.indicator, self.cell, self.performance, counts)
    }

    pub(super) fn unit(&self) -> &'static str {
        match self.condition.wanted {
            Wanted::Color(_) => "colour",
            Wanted::Status(_) => "status level",
        }
    }

    pub(super) fn reason(&self, counts: Counts) -> Option<String> {
        let year = self.edition.year;
        let reason = cell_reason(year, self.condition.indicator, self.cell, counts);
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
