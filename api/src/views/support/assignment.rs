//! What level of support an LEA is in, as it is shown.

use calsos_domain::facts::Cited;
use calsos_domain::operator::GeographicLeadRow;
use calsos_domain::year::Day;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::support::assignments::{Assigned, SupportOfLea};

/// A level of support that an LEA is or was in, by one determination.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Assignment)]
pub(crate) struct AssignmentView<'a> {
    /// 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    pub(crate) cds: String,
    /// What the LEA was called in the Dashboard year.
    pub(crate) name: &'a str,
    /// `district`, `countyOffice` or `charter`.
    #[schema(example = "district")]
    pub(crate) lea_type: &'static str,
    #[schema(pattern = "^[0-9]{2}$", example = "27")]
    pub(crate) county: String,
    pub(crate) county_name: &'a str,
    /// The level that the LEA is in, 1 or 2; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 2)]
    pub(crate) assigned_level: Option<u8>,
    /// The level that the rules give, 1 to 3, by the same determination; absent where that is
    /// not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 2)]
    pub(crate) eligible_level: Option<u8>,
    /// 1 or 2: the first or second year of differentiated assistance. Absent at level 1, and
    /// where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1)]
    pub(crate) support_year: Option<u8>,
    /// The state's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) label: Option<&'a str>,
    /// What the determination did: `opened` level 2, `renewed` it for an LEA that is identified
    /// again, `continued` it, `ended` it; `general` where there was none and is none, `notKnown`
    /// where it is not known whether there is.
    #[schema(example = "opened")]
    pub(crate) event: &'static str,
    /// The first day on which it holds: that on which the Dashboard was public.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-12")]
    pub(crate) effective_from: String,
    /// The last day on which it held; absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-12")]
    pub(crate) effective_until: Option<String>,
    /// Since which day the LEA is at this level without a break.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-12")]
    pub(crate) level_since: String,
    /// The end of the two school years that level 2 lasts at least; absent where the law of
    /// the year does not ask for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-12")]
    pub(crate) at_least_until: Option<String>,
    /// The Dashboard year of the determination.
    pub(crate) dashboard_year: u16,
    /// The school year that the data are of.
    #[schema(example = "2022-23")]
    pub(crate) data_school_year: String,
    /// The school year in which support follows.
    #[schema(example = "2023-24")]
    pub(crate) support_school_year: String,
    /// `published` by the state, or `computed` where no list of the year is loaded.
    #[schema(example = "published")]
    pub(crate) origin: &'static str,
    /// Where the state published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) list: Option<RowView>,
    /// The years right after it without determinations, through which it goes on.
    pub(crate) carried_through: Vec<u16>,
    /// Who provides help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) provider: Option<AssignedProviderView<'a>>,
}

/// A row of a file that was taken in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RowOfRelease)]
pub(crate) struct RowView {
    /// The number of the release.
    pub(crate) release: u32,
    /// The row of the file.
    pub(crate) row: u32,
}

/// Who provides help.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssignedProvider)]
pub(crate) struct AssignedProviderView<'a> {
    /// As the rules of the year name it.
    #[schema(example = "County superintendent of schools")]
    pub(crate) name: &'a str,
    /// Whether the state or the geographic lead agency must confirm it: the county has a single
    /// district.
    pub(crate) to_be_confirmed: bool,
    /// Where it is said.
    #[schema(example = "ec-52071#b")]
    pub(crate) citation: &'a str,
    /// Who provides help beside it.
    pub(crate) co_providers: Vec<CoProviderView<'a>>,
}

/// Who provides help beside another.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CoProvider)]
pub(crate) struct CoProviderView<'a> {
    /// `geographicLead`.
    #[schema(example = "geographicLead")]
    pub(crate) role: &'static str,
    pub(crate) name: &'a str,
    /// The first day on which the county had it; absent where it always had.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-12")]
    pub(crate) effective_from: Option<String>,
    /// The last one; absent where it still has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-12")]
    pub(crate) effective_until: Option<String>,
    /// Where the operator's table says so.
    pub(crate) table: RowView,
}

/// The levels that an LEA is and was in, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SupportHistory)]
pub(crate) struct SupportHistory<'a> {
    pub(crate) items: Vec<AssignmentView<'a>>,
    /// Dashboard years with determinations on LEAs of its kind that are not loaded or not
    /// public: what the LEA was in by them is not known.
    pub(crate) not_loaded: Vec<u16>,
}

impl<'a> SupportHistory<'a> {
    /// Of an LEA, if anything is known of its support: all, or what held on a day.
    pub(crate) fn of(support: Option<&'a SupportOfLea>, day: Option<Day>) -> SupportHistory<'a> {
        let mut history = SupportHistory { items: Vec::new(), not_loaded: Vec::new() };
        if let Some(support) = support {
            let held = |of: &&Assigned| day.is_none_or(|day| of.assignment.held().includes(day));
            let newest_first = support.assigned.iter().rev().filter(held);
            history.items.extend(newest_first.map(|of| AssignmentView::of(support, of)));
            history.not_loaded.extend(support.not_loaded.iter().map(|year| year.number()));
        }
        history
    }
}

impl<'a> AssignmentView<'a> {
    pub(crate) fn of(support: &'a SupportOfLea, assigned: &'a Assigned) -> AssignmentView<'a> {
        let assignment = &assigned.assignment;
        let (year, said) = (assignment.year, &assignment.said);
        let provider = assigned.provider.as_ref().map(|provider| AssignedProviderView {
            name: &provider.name,
            to_be_confirmed: provider.to_be_confirmed,
            citation: provider.source.as_str(),
            co_providers: support
                .co_providers(assigned, assignment.held())
                .map(CoProviderView::of)
                .collect(),
        });
        AssignmentView {
            cds: support.cds.to_string(),
            name: support.lea.name_in(year),
            lea_type: support.lea_type.code(),
            county: support.cds.county().to_string(),
            county_name: support.lea.county_name_in(year),
            assigned_level: assignment.level,
            eligible_level: said.eligible_level,
            support_year: said.support_year,
            label: said.label.as_deref(),
            event: assignment.event.code(),
            effective_from: assignment.from.to_string(),
            effective_until: assignment.until.map(|day| day.to_string()),
            level_since: assignment.since.to_string(),
            at_least_until: assignment.at_least_until.map(|day| day.to_string()),
            dashboard_year: year.number(),
            data_school_year: year.data_school_year(),
            support_school_year: year.support_school_year(),
            origin: if said.list.is_some() { "published" } else { "computed" },
            list: said.list.map(|(release, row)| RowView { release: release.0, row }),
            carried_through: assignment.carried_through.iter().map(|year| year.number()).collect(),
            provider,
        }
    }
}

impl<'a> CoProviderView<'a> {
    fn of(lead: &'a Cited<GeographicLeadRow>) -> CoProviderView<'a> {
        CoProviderView {
            role: "geographicLead",
            name: &lead.value.agency,
            effective_from: lead.value.held.from.map(|day| day.to_string()),
            effective_until: lead.value.held.until.map(|day| day.to_string()),
            table: RowView { release: lead.release.0, row: lead.row },
        }
    }
}
