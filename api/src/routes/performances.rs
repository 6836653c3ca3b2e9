//! The facts behind the answers of an LEA: its rows of the indicator files.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::facts::Cited;
use calsos_domain::indicator::Indicator;
use calsos_domain::performance::{Performance, Tenths};
use calsos_domain::small_numbers::{Counts, SMALLEST_SHOWN};
use calsos_domain::student_group::StudentGroup;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::operation::ListPerformances;
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{drawn, drawn_from_facts};
use crate::server::asked::Asked;
use crate::server::may::May;

/// The rows of an LEA in a year.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PerformanceList {
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    dashboard_year: u16,
    items: Vec<PerformanceItem>,
}

/// A row of an indicator file.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Performance)]
struct PerformanceItem {
    #[schema(example = "ELA")]
    indicator: &'static str,
    /// `ALL` is all students together.
    #[schema(example = "SWD")]
    group: &'static str,
    /// The rate in per cent, or the distance from standard in points, with one decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "-59.8")]
    status: Option<String>,
    /// The difference to the year before, with one decimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "-11.7")]
    change: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Low")]
    status_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Orange")]
    color: Option<&'static str>,
    /// Students in the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    students: Option<u32>,
    /// Says in the place of `students` that there are fewer than this: small counts of files
    /// that are not public are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 11)]
    students_fewer_than: Option<u32>,
    /// The release that the row stands in, by number.
    release: u32,
    /// The row of its file, the header being row 1.
    row: u32,
}

fn item(
    indicator: Indicator,
    group: StudentGroup,
    cited: &Cited<Performance>,
    counts: Counts,
) -> PerformanceItem {
    let Performance { status, change, status_level, color, denominator, .. } = &cited.value;
    let text = |tenths: &Option<Tenths>| tenths.map(|tenths| tenths.to_string());
    PerformanceItem {
        indicator: indicator.code(),
        group: group.code(),
        status: text(status),
        change: text(change),
        status_level: status_level.map(|level| level.status_name(indicator.lower_is_better())),
        color: color.map(|color| color.name()),
        students: denominator.and_then(|students| counts.shown(students)),
        students_fewer_than: denominator
            .is_some_and(|students| counts.shown(students).is_none())
            .then_some(SMALLEST_SHOWN),
        release: cited.release.0,
        row: cited.row,
    }
}

/// The rows of an LEA
///
/// What the indicator files of a year say of each student group, with the release and row.
#[utoipa::path(
    tag = "leas", operation_id = "listPerformances",
    params(
        ("cds" = String, Path, description = "The LEA's code.", pattern = "^[0-9]{14}$", example = "01800010000000"),
        ("year" = u16, Query, description = "The Dashboard year.", minimum = 2000, maximum = 2099),
    ),
    responses(
        (status = 200, description = "The rows.", body = PerformanceList),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "No LEA has the code, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/leas/{cds}/performances")]
pub(crate) async fn list_performances(
    request: HttpRequest,
    may: May<ListPerformances>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (cds, year) = (asked.path_cds(&path), asked.needed_year());
    let (cds, year) = asked.done_with(cds.zip(year))?;
    let snapshot = may.current()?;
    let place = snapshot.find(cds, year)?;
    drawn_from_facts(&request, snapshot, place, move |snapshot| {
        let lea = snapshot.facts_of(may.office(), place)?;
        let facts = lea.as_ref().and_then(|lea| lea.years.get(&year));
        let rows = facts.into_iter().flat_map(|facts| &facts.performances);
        let items = rows.map(|((indicator, group), cited)| {
            item(*indicator, *group, cited, snapshot.masking.counts(cited.release))
        });
        drawn(&PerformanceList {
            cds: cds.to_string(),
            dashboard_year: year.number(),
            items: items.collect(),
        })
    })
    .await
}
