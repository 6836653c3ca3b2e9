//! One answer as lists show and filter it.

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::group_set::GroupSet;
use calsos_domain::lea::LeaType;
use calsos_domain::priority::{Priority, PrioritySet};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;
use serde::Serialize;
use utoipa::ToSchema;

use crate::cli::Status;
use crate::views::listed::{CodedGroup, ListedView};

/// What lists can ask of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) year: DashboardYear,
    pub(crate) cds: CdsCode,
    pub(crate) lea_type: LeaType,
    pub(crate) status: Status,
    pub(crate) level: Option<u8>,
    pub(crate) label: Option<Box<str>>,
    pub(crate) support_year: Option<u8>,
    /// Groups that have a code.
    coded: GroupSet,
    /// State priorities that a group is in.
    priorities: PrioritySet,
    methods: Box<[String]>,
    sustained_need: bool,
    provisional: bool,
    /// Who provides help.
    pub(crate) provider: Option<Box<str>>,
}

/// What is wanted of a list; answers for which every part holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) year: Option<DashboardYear>,
    pub(crate) county: Option<CountyCode>,
    pub(crate) lea_type: Option<LeaType>,
    pub(crate) status: Option<Status>,
    pub(crate) level: Option<u8>,
    pub(crate) group: Option<StudentGroup>,
    pub(crate) priority: Option<Priority>,
    pub(crate) method: Option<String>,
    pub(crate) sustained_need: bool,
    pub(crate) provisional: bool,
}

impl Entry {
    /// Takes what lists can ask of a determination.
    pub(crate) fn of(
        cds: CdsCode,
        year: DashboardYear,
        lea_type: LeaType,
        listed: ListedView,
    ) -> Entry {
        Entry {
            year,
            cds,
            lea_type,
            status: match listed.differentiated.as_deref() {
                Some("met") => Status::Differentiated,
                Some("notMet") => Status::General,
                Some(_) => Status::NotKnown,
                None => Status::NotJudged,
            },
            level: listed.eligible_level,
            support_year: listed.support_year,
            coded: listed.coded().collect(),
            priorities: listed.priorities.iter().filter_map(|p| Priority::new(*p)).collect(),
            sustained_need: listed.sustained_need_identifies,
            provisional: listed.provisional,
            label: listed.label.map(Into::into),
            methods: listed.methods.into(),
            provider: listed.provider.map(Into::into),
        }
    }

    /// Whether the answer is one of those that are wanted.
    pub(crate) fn is(&self, wanted: &Wanted) -> bool {
        let Wanted {
            year,
            county,
            lea_type,
            status,
            level,
            group,
            priority,
            method,
            sustained_need,
            provisional,
        } = wanted;
        year.is_none_or(|year| self.year == year)
            && county.is_none_or(|county| self.cds.county() == county)
            && lea_type.is_none_or(|lea_type| self.lea_type == lea_type)
            && status.is_none_or(|status| self.status == status)
            && level.is_none_or(|level| self.level == Some(level))
            && group.is_none_or(|group| self.coded.contains(group))
            && priority.is_none_or(|priority| self.priorities.contains(priority))
            && method.as_ref().is_none_or(|method| self.methods.contains(method))
            && (!sustained_need || self.sustained_need)
            && (!provisional || self.provisional)
    }
}

/// An answer in a list: the determination without its groups' cells and its reasons.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeterminationItem)]
pub(crate) struct Item<'a> {
    /// 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    pub(crate) cds: &'a str,
    pub(crate) name: &'a str,
    /// `district`, `countyOffice` or `charter`.
    #[schema(example = "district")]
    pub(crate) lea_type: &'a str,
    #[schema(pattern = "^[0-9]{2}$", example = "27")]
    pub(crate) county: &'a str,
    pub(crate) county_name: &'a str,
    /// The Dashboard's year.
    pub(crate) dashboard_year: u16,
    /// The school year that the data are of.
    #[schema(example = "2022-23")]
    pub(crate) data_school_year: &'a str,
    /// The school year in which support follows.
    #[schema(example = "2023-24")]
    pub(crate) support_school_year: &'a str,
    /// `computed`.
    pub(crate) origin: &'a str,
    /// Whether LEAs of the kind are decided in the year.
    pub(crate) judged: bool,
    /// `met`, `notMet` or `notKnown`: eligible for differentiated assistance.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) differentiated: Option<&'a str>,
    /// The state's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) label: Option<&'a str>,
    /// 0 for none, else the first or second year of support.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) support_year: Option<u8>,
    /// The level of support that the rules give, 1 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) eligible_level: Option<u8>,
    /// Methods that are met.
    pub(crate) methods: &'a [String],
    /// Groups with a code.
    pub(crate) groups: &'a [CodedGroup],
    /// Tests over several years that are met.
    pub(crate) sustained_need: &'a [String],
    /// Whether a file that is not loaded could change the answer.
    pub(crate) provisional: bool,
}

impl<'a> Item<'a> {
    /// A determination as lists show it.
    pub(crate) fn of(listed: &'a ListedView, name: &'a str, county_name: &'a str) -> Item<'a> {
        Item {
            cds: &listed.cds,
            name,
            lea_type: &listed.lea_type,
            county: &listed.county,
            county_name,
            dashboard_year: listed.dashboard_year,
            data_school_year: &listed.data_school_year,
            support_school_year: &listed.support_school_year,
            origin: &listed.origin,
            judged: listed.judged,
            differentiated: listed.differentiated.as_deref(),
            label: listed.label.as_deref(),
            support_year: listed.support_year,
            eligible_level: listed.eligible_level,
            methods: &listed.methods,
            groups: &listed.groups,
            sustained_need: &listed.sustained_need,
            provisional: listed.provisional,
        }
    }
}
