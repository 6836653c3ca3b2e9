//! One answer as lists show it.

use serde::Serialize;
use utoipa::ToSchema;

use crate::views::listed::{CodedGroup, ListedView};

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
