//! What lists show of a determination and can ask of it. It is stored beside the
//! determination, so that a list reads no more.

use calsos_domain::student_group::StudentGroup;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::DeterminationView;

/// A determination without its cells and reasons; made from it alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedView {
    pub(crate) cds: String,
    pub(crate) lea_type: String,
    pub(crate) county: String,
    pub(crate) dashboard_year: u16,
    pub(crate) data_school_year: String,
    pub(crate) support_school_year: String,
    pub(crate) origin: String,
    pub(crate) judged: bool,
    pub(crate) differentiated: Option<String>,
    pub(crate) label: Option<String>,
    pub(crate) support_year: Option<u8>,
    pub(crate) eligible_level: Option<u8>,
    /// Methods that are met.
    pub(crate) methods: Vec<String>,
    /// Groups with a code.
    pub(crate) groups: Vec<CodedGroup>,
    /// Tests over several years that are met.
    pub(crate) sustained_need: Vec<String>,
    /// Whether one of them identifies; a test of the data never does.
    pub(crate) sustained_need_identifies: bool,
    /// State priorities that a group is in, in order.
    pub(crate) priorities: Vec<u8>,
    pub(crate) provisional: bool,
    /// Who provides help.
    pub(crate) provider: Option<String>,
}

/// A student group and its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CodedGroup)]
pub(crate) struct CodedGroup {
    /// As the Dashboard writes it.
    #[schema(example = "SWD")]
    pub(crate) group: String,
    /// The letter for the state priorities that the group is in.
    #[schema(example = "B")]
    pub(crate) code: String,
}

impl ListedView {
    /// A determination as lists show it.
    pub(crate) fn of(view: &DeterminationView) -> ListedView {
        let met = |outcome: &str| outcome == "met";
        let tests = || view.sustained_need.iter().filter(|test| met(&test.outcome));
        let priorities = view.groups.iter().flat_map(|group| &group.priorities);
        let mut priorities: Vec<u8> =
            priorities.filter(|p| met(&p.outcome)).map(|p| p.priority).collect();
        priorities.sort_unstable();
        priorities.dedup();
        ListedView {
            cds: view.cds.clone(),
            lea_type: view.lea_type.clone(),
            county: view.county.clone(),
            dashboard_year: view.dashboard_year,
            data_school_year: view.data_school_year.clone(),
            support_school_year: view.support_school_year.clone(),
            origin: view.origin.clone(),
            judged: view.judged,
            differentiated: view.differentiated.clone(),
            label: view.label.clone(),
            support_year: view.support_year,
            eligible_level: view.eligible_level,
            methods: view
                .methods
                .iter()
                .filter(|method| met(&method.outcome))
                .map(|method| method.id.clone())
                .collect(),
            groups: view
                .coded_groups()
                .map(|(group, code)| CodedGroup { group: group.to_owned(), code: code.to_owned() })
                .collect(),
            sustained_need: tests().map(|test| test.id.clone()).collect(),
            sustained_need_identifies: tests().any(|test| test.effect != "dataTest"),
            priorities,
            provisional: view.provisional,
            provider: view.provider.as_ref().map(|provider| provider.name.clone()),
        }
    }

    /// The groups that have a code.
    pub(crate) fn coded(&self) -> impl Iterator<Item = StudentGroup> {
        self.groups.iter().filter_map(|coded| StudentGroup::parse(&coded.group))
    }
}
