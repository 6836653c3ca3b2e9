//! Which answers a list is asked for: the same for the command line and the service.

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::group_set::GroupSet;
use calsos_domain::lea::LeaType;
use calsos_domain::priority::{Priority, PrioritySet};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

use crate::cli::Status;
use crate::views::listed::ListedView;

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

impl Status {
    /// By what a determination says of differentiated assistance.
    pub(crate) fn of(differentiated: Option<&str>) -> Status {
        match differentiated {
            Some("met") => Status::Differentiated,
            Some("notMet") => Status::General,
            Some(_) => Status::NotKnown,
            None => Status::NotJudged,
        }
    }
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
            status: Status::of(listed.differentiated.as_deref()),
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
