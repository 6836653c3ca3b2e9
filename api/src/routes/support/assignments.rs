//! What level of support LEAs are in.

use std::ops::Bound;
use std::sync::Arc;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::cds::CdsCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::support::assignments::WantedAssignment;
use crate::auth::operation::{ListAssignments, ListSupportOfLea};
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{drawn, has, json, of_snapshot, tagged};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::{Cursor, Page, PageAsked, next_link};
use crate::views::support::assignment::{AssignmentView, SupportHistory};

/// A page of assignments, by code.
#[derive(Serialize, ToSchema)]
#[schema(as = AssignmentList)]
struct AssignmentList<'a> {
    items: Vec<AssignmentView<'a>>,
    page: Page,
}

/// The support of an LEA
///
/// What level it is in, and was in: the newest first, the one that goes on without
/// `effectiveUntil`. Level 2 follows a determination from the day on which the Dashboard was
/// public; of each year the state's list counts where one is loaded and public, else what was
/// computed. In level 3 it is while direct technical assistance of the Collaborative is under way
/// or a state intervention is in force (`decided`).
#[utoipa::path(
    tag = "support", operation_id = "listSupportOfLea",
    params(
        ("cds" = String, Path, description = "The LEA's code.", pattern = "^[0-9]{14}$", example = "01800010000000"),
        ("effectiveOn" = Option<String>, Query, description = "Only what held on this day.", example = "2016-12-12", nullable = false),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The support.", body = SupportHistory),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "No LEA has the code, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/leas/{cds}/support")]
pub(crate) async fn list_support_of_lea(
    request: HttpRequest,
    may: May<ListSupportOfLea>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (cds, as_of) = (asked.path_cds(&path), asked.as_of(may.latest()));
    let day = asked.effective_on(as_of.unwrap_or_else(|| may.latest()));
    let cds = asked.done_with(cds)?;
    let snapshot = may.as_of(as_of).await?;
    snapshot.lea(cds)?;
    of_snapshot(&request, &snapshot, || {
        let support = snapshot.assignments.get(&cds);
        drawn(&SupportHistory::of(support.map(Arc::as_ref), day))
    })
}

/// Support assignments
///
/// What level LEAs are in, by their public determinations and by what was decided: one item for
/// each LEA, by code. Where no day is named, what goes on. Filters hold together.
#[utoipa::path(
    tag = "support", operation_id = "listAssignments",
    params(
        ("effectiveOn" = Option<String>, Query, description = "What held on this day.", example = "2016-12-12", nullable = false),
        ("assignedLevel" = Option<u8>, Query, description = "Only LEAs that are in this level.", minimum = 1, maximum = 3, example = 2, nullable = false),
        ("supportYear" = Option<u8>, Query, description = "Only LEAs in the first or second year of differentiated assistance.", minimum = 1, maximum = 2, example = 1, nullable = false),
        ("provider" = Option<String>, Query, description = "Only LEAs that this provider helps, first or beside another: its name as assignments have it, in small or capital letters.", min_length = 1, max_length = 200, example = "County superintendent of schools", nullable = false),
        ("county" = Option<String>, Query, description = "Only this county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "27", nullable = false),
        ("type" = Option<String>, Query, description = "Only LEAs of this kind: district, countyOffice or charter.", example = "district", nullable = false),
        ("endingBefore" = Option<String>, Query, description = "Only what ended before this day or, while it goes on, may end before it: its two school years are over.", example = "2016-12-12", nullable = false),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
        ("total" = Option<bool>, Query, description = "Whether to say how many there are in all.", example = true, nullable = false),
    ),
    responses(
        (status = 200, description = "A page of assignments.", body = AssignmentList),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/assignments")]
pub(crate) async fn list_assignments(
    request: HttpRequest,
    may: May<ListAssignments>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let as_of = asked.as_of(may.latest());
    let wanted = wanted(&mut asked, as_of.unwrap_or_else(|| may.latest()));
    let page = PageAsked::of(&mut asked);
    let after = page.cursor.as_ref().and_then(|cursor| {
        let cds = CdsCode::parse(&cursor.after).ok();
        if cds.is_none() {
            asked.fault("cursor", "it is none of this list".to_owned());
        }
        cds
    });
    asked.done()?;
    let snapshot = may.as_of(as_of).await?;
    let (dataset, assignments) = match &page.cursor {
        None => (snapshot.dataset(), Arc::clone(&snapshot.assignments)),
        Some(cursor) => {
            (cursor.dataset.as_str(), may.part_as_of(as_of, &snapshot, &cursor.dataset)?)
        }
    };
    let headers = snapshot.headers.of_earlier(dataset);
    if has(request.headers(), &headers.tag) {
        return Ok(tagged(HttpResponse::NotModified(), &headers).finish());
    }
    let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
    let from = |begin| {
        let supports = assignments.range((begin, Bound::Unbounded)).map(|(_, of)| of);
        supports.filter_map(|of| Some(AssignmentView::of(of, of.wanted(&wanted)?)))
    };
    let mut found = from(begin);
    let items: Vec<AssignmentView<'_>> = found.by_ref().take(page.limit).collect();
    let last = items.last().filter(|_| found.next().is_some());
    let next =
        last.map(|last| Cursor { dataset: dataset.to_owned(), after: last.cds.clone() }.text());
    let mut response = tagged(HttpResponse::Ok(), &headers);
    if let Some(next) = &next {
        response.insert_header(("Link", next_link(&request, next)));
    }
    let total = page.total.then(|| from(Bound::Unbounded).count());
    let page = Page { limit: page.limit, next, total };
    Ok(json(response, drawn(&AssignmentList { items, page })?.into()))
}

/// What a query wants of the list.
fn wanted(asked: &mut Asked, as_of: Timestamp) -> WantedAssignment {
    let number = |text: &str| text.parse().ok().filter(|number| (1..=3).contains(number));
    let year = |text: &str| text.parse().ok().filter(|number| (1..=2).contains(number));
    WantedAssignment {
        effective_on: asked.effective_on(as_of),
        level: asked.optional("assignedLevel", "1, 2 or 3", number),
        support_year: asked.optional("supportYear", "1 or 2", year),
        provider: asked.optional("provider", "a name of 1 to 200 letters", |text| {
            (1..=200).contains(&text.chars().count()).then(|| text.to_lowercase())
        }),
        county: asked.county(),
        lea_type: asked.lea_type(),
        ending_before: asked.day("endingBefore"),
    }
}
