//! What level of support an LEA is in, as it is shown.

use calsos_domain::facts::Cited;
use calsos_domain::operator::GeographicLeadRow;
use calsos_domain::support::decided::{Decided, Held};
use calsos_domain::year::{DashboardYear, Day};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::support::assignments::{Assigned, SupportOfLea};

/// A level of support that an LEA is or was in, from one day to another: by a determination, by
/// decisions of people, or by both.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Assignment)]
pub(crate) struct AssignmentView<'a> {
    /// 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    pub(crate) cds: String,
    /// What the LEA was called in the Dashboard year, else in that in which it began.
    pub(crate) name: &'a str,
    /// `district`, `countyOffice` or `charter`.
    #[schema(example = "district")]
    pub(crate) lea_type: &'static str,
    #[schema(pattern = "^[0-9]{2}$", example = "27")]
    pub(crate) county: String,
    pub(crate) county_name: &'a str,
    /// The level that the LEA is in, 1 to 3; absent where that is not known.
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
    /// What began it. What the determination did: `opened` level 2, `renewed` it for an LEA that
    /// is identified again, `continued` it, `ended` it; `general` where there was none and is
    /// none, `notKnown` where it is not known whether there is. `raised` where a decision brought
    /// the LEA to level 3 or another one joined, `lowered` where one is over.
    #[schema(example = "opened")]
    pub(crate) event: &'static str,
    /// The first day on which it holds: that on which the Dashboard was public, or on which a
    /// decision took effect.
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
    /// The Dashboard year of the determination; absent, as all that is of it, where none is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) dashboard_year: Option<u16>,
    /// The school year that the data are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2022-23")]
    pub(crate) data_school_year: Option<String>,
    /// The school year in which support follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2023-24")]
    pub(crate) support_school_year: Option<String>,
    /// `published` by the state, or `computed` where no list of the year is loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "published")]
    pub(crate) origin: Option<&'static str>,
    /// Where the state published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) list: Option<RowView>,
    /// The years right after it without determinations, through which it goes on.
    pub(crate) carried_through: Vec<u16>,
    /// The decisions by which the LEA is in level 3.
    pub(crate) decided: Vec<DecidedView>,
    /// Who provides help.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) provider: Option<AssignedProviderView<'a>>,
}

/// A decision by which an LEA is in level 3.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Decided)]
pub(crate) struct DecidedView {
    /// `directAssistance` of the Collaborative, or `stateIntervention`.
    #[schema(example = "directAssistance")]
    pub(crate) decision: &'static str,
    /// The day on which it took effect.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-12")]
    pub(crate) effective_from: String,
    /// The day on which it ended; absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-12")]
    pub(crate) effective_until: Option<String>,
}

impl DecidedView {
    fn of(decided: &Decided) -> DecidedView {
        let Decided { decision, held } = decided;
        DecidedView {
            decision: decision.code(),
            effective_from: held.from.map(|day| day.to_string()).unwrap_or_default(),
            effective_until: held.until.map(|day| day.to_string()),
        }
    }
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
            let held = |of: &&Assigned| day.is_none_or(|day| of.level.held().includes(day));
            let newest_first = support.assigned.iter().rev().filter(held);
            history.items.extend(newest_first.map(|of| AssignmentView::of(support, of)));
            history.not_loaded.extend(support.not_loaded.iter().map(|year| year.number()));
        }
        history
    }
}

impl<'a> AssignmentView<'a> {
    pub(crate) fn of(support: &'a SupportOfLea, assigned: &'a Assigned) -> AssignmentView<'a> {
        let Held { from, until, since, level, event, assignment, decided } = &assigned.level;
        let assignment = assignment.as_ref();
        let said = assignment.map(|assignment| &assignment.said);
        let year = assignment.map(|assignment| assignment.year);
        let named_in = year.or_else(|| DashboardYear::new(from.year()));
        let carried = assignment.into_iter().flat_map(|assignment| &assignment.carried_through);
        let provider = assigned.provider.as_ref().map(|provider| AssignedProviderView {
            name: &provider.name,
            to_be_confirmed: provider.to_be_confirmed,
            citation: provider.source.as_str(),
            co_providers: support
                .co_providers(assigned, assigned.level.held())
                .map(CoProviderView::of)
                .collect(),
        });
        AssignmentView {
            cds: support.cds.to_string(),
            name: named_in.map_or("", |year| support.lea.name_in(year)),
            lea_type: support.lea_type.code(),
            county: support.cds.county().to_string(),
            county_name: named_in.map_or("", |year| support.lea.county_name_in(year)),
            assigned_level: *level,
            eligible_level: said.and_then(|said| said.eligible_level),
            support_year: said.and_then(|said| said.support_year),
            label: said.and_then(|said| said.label.as_deref()),
            event: event.code(),
            effective_from: from.to_string(),
            effective_until: until.map(|day| day.to_string()),
            level_since: since.to_string(),
            at_least_until: assignment
                .and_then(|assignment| assignment.at_least_until)
                .map(|day| day.to_string()),
            dashboard_year: year.map(DashboardYear::number),
            data_school_year: year.map(DashboardYear::data_school_year),
            support_school_year: year.map(DashboardYear::support_school_year),
            origin: said.map(|said| if said.list.is_some() { "published" } else { "computed" }),
            list: said
                .and_then(|said| said.list)
                .map(|(release, row)| RowView { release: release.0, row }),
            carried_through: carried.map(|year| year.number()).collect(),
            decided: decided.iter().map(DecidedView::of).collect(),
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
