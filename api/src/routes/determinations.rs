//! What was answered: for all LEAs, for one, for one year of one.

use std::sync::Arc;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::cds::CdsCode;
use calsos_domain::year::DashboardYear;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::wanted::Wanted;
use crate::auth::operation::{GetDetermination, ListDeterminations, ListDeterminationsOfLea};
use crate::cli::Status;
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{drawn, has, json, of_snapshot, part_of_snapshot, tagged};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::{Cursor, Page, PageAsked, next_link};
use crate::snapshot::{Index, Item, Place, Snapshot};
use crate::views::answer::{DeterminationView, PublishedView};

/// A page of determinations, by year and code.
#[derive(ToSchema)]
#[schema(as = DeterminationList)]
#[expect(dead_code, reason = "it is the schema of what is put together from ready parts")]
pub(crate) struct DeterminationList<'a> {
    items: Vec<Item<'a>>,
    page: Page,
}

/// The determinations of an LEA, by year.
#[derive(ToSchema)]
#[schema(as = DeterminationHistory)]
#[expect(dead_code, reason = "it is the schema of what is put together from ready parts")]
pub(crate) struct DeterminationHistory<'a> {
    items: Vec<Item<'a>>,
}

/// A determination with all that a page about it shows.
#[derive(ToSchema)]
#[schema(as = DeterminationPage, rename_all = "camelCase")]
#[expect(dead_code, reason = "it is the schema of what is put together from ready parts")]
pub(crate) struct DeterminationPage {
    /// What the LEA was called in the year.
    name: String,
    county_name: String,
    /// Its answers of every year.
    strip: Vec<StripYear<'static>>,
    determination: DeterminationView,
    /// What the state's list of the year says; absent where none is loaded.
    #[schema(nullable = false)]
    published: Option<PublishedView>,
    /// Why, in sentences.
    reasons: Vec<String>,
}

/// The part of a page that knows of other years.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PageBegin<'a> {
    name: &'a str,
    county_name: &'a str,
    strip: Vec<StripYear<'a>>,
}

/// One year in the history of an LEA.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StripYear<'a> {
    dashboard_year: u16,
    /// The state's words; absent where not known or not judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    label: Option<&'a str>,
    /// 0 for none, else the first or second year of support.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    support_year: Option<u8>,
    /// The level of support that the rules give, 1 to 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    eligible_level: Option<u8>,
}

/// Determinations
///
/// By year and code; filters hold together.
#[utoipa::path(
    tag = "determinations", operation_id = "listDeterminations",
    params(
        ("year" = Option<u16>, Query, description = "Only this Dashboard year.", minimum = 2000, maximum = 2099, nullable = false),
        ("county" = Option<String>, Query, description = "Only this county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01", nullable = false),
        ("type" = Option<String>, Query, description = "Only LEAs of this kind: district, countyOffice or charter.", example = "district", nullable = false),
        ("status" = Option<String>, Query, description = "Only LEAs with this status: general, differentiated, notKnown or notJudged.", example = "differentiated", nullable = false),
        ("level" = Option<u8>, Query, description = "Only LEAs at this level of support.", minimum = 1, maximum = 3, example = 2, nullable = false),
        ("group" = Option<String>, Query, description = "Only LEAs where this student group has a code; TOM is taken for MR.", example = "SWD", nullable = false),
        ("priority" = Option<u8>, Query, description = "Only LEAs where a student group is in this state priority.", minimum = 1, maximum = 10, example = 5, nullable = false),
        ("method" = Option<String>, Query, description = "Only LEAs that met this method, M1 to M4.", pattern = "^M[1-4]$", example = "M1", nullable = false),
        ("sustainedNeed" = Option<bool>, Query, description = "Only LEAs that met a test over several years.", example = false, nullable = false),
        ("provisional" = Option<bool>, Query, description = "Only answers that a file could still change.", example = false, nullable = false),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
        ("total" = Option<bool>, Query, description = "Whether to say how many there are in all.", example = true, nullable = false),
    ),
    responses(
        (status = 200, description = "A page of determinations.", body = DeterminationList),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/determinations")]
pub(crate) async fn list_determinations(
    request: HttpRequest,
    may: May<ListDeterminations>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (wanted, as_of) = (wanted(&mut asked), asked.as_of(may.latest()));
    let page = PageAsked::of(&mut asked);
    let after = page.cursor.as_ref().and_then(|cursor| {
        let place = place(&cursor.after);
        if place.is_none() {
            asked.fault("cursor", "it is none of this list".to_owned());
        }
        place
    });
    asked.done()?;
    let snapshot = may.as_of(as_of).await?;
    let Some(cursor) = &page.cursor else {
        if let Some(year) = wanted.year {
            snapshot.year(year)?;
        }
        return first_page(&request, &snapshot, &wanted, &page);
    };
    let index: Arc<Index> = may.part_as_of(as_of, &snapshot, &cursor.dataset)?;
    let headers = snapshot.headers.of_earlier(&cursor.dataset);
    if has(request.headers(), &headers.tag) {
        return Ok(tagged(HttpResponse::NotModified(), &headers).finish());
    }
    let (body, next) = list(&index, &cursor.dataset, &wanted, after, &page)?;
    let mut response = tagged(HttpResponse::Ok(), &headers);
    if let Some(next) = next {
        response.insert_header(("Link", next_link(&request, &next)));
    }
    Ok(json(response, body.into()))
}

fn first_page(
    request: &HttpRequest,
    snapshot: &Snapshot,
    wanted: &Wanted,
    page: &PageAsked,
) -> Result<HttpResponse, Problem> {
    let draw = || {
        let list = list(&snapshot.index, snapshot.dataset(), wanted, None, page);
        list.map(|(body, _)| body)
    };
    // Where there can be no next page, the body says it all.
    if snapshot.index.of_year(wanted.year).len() <= page.limit {
        return of_snapshot(request, snapshot, draw);
    }
    let mut response = part_of_snapshot(request, snapshot, draw)?;
    let mut places = snapshot.index.wanted(wanted, None).skip(page.limit.saturating_sub(1));
    if let (Some(last), Some(_)) = (places.next(), places.next()) {
        let next = cursor_at(&snapshot.index, snapshot.dataset(), last);
        if let Ok(link) = next_link(request, &next).parse() {
            response.headers_mut().insert(actix_web::http::header::LINK, link);
        }
    }
    Ok(response)
}

/// A page from ready parts, and the cursor of the next one.
fn list(
    index: &Index,
    dataset: &str,
    wanted: &Wanted,
    after: Option<Place>,
    page: &PageAsked,
) -> Result<(Vec<u8>, Option<String>), Problem> {
    let mut body = b"{\"items\":[".to_vec();
    let mut places = index.wanted(wanted, after);
    let mut last = None;
    for place in places.by_ref().take(page.limit) {
        if last.is_some() {
            body.push(b',');
        }
        body.extend_from_slice(index.item(place));
        last = Some(place);
    }
    let next = last.filter(|_| places.next().is_some()).map(|last| cursor_at(index, dataset, last));
    let total = page.total.then(|| index.wanted(wanted, None).count());
    body.extend_from_slice(b"],\"page\":");
    body.extend(drawn(&Page { limit: page.limit, next: next.clone(), total })?);
    body.push(b'}');
    Ok((body, next))
}

fn cursor_at(index: &Index, dataset: &str, last: usize) -> String {
    let after = index.entries.get(last).map(|entry| format!("{}.{}", entry.year, entry.cds));
    Cursor { dataset: dataset.to_owned(), after: after.unwrap_or_default() }.text()
}

/// The place after which a page begins.
pub(super) fn place(after: &str) -> Option<Place> {
    let (year, cds) = after.split_once('.')?;
    Some(Place { year: DashboardYear::parse(year)?, cds: CdsCode::parse(cds).ok()? })
}

/// What a query wants of the list.
pub(crate) fn wanted(asked: &mut Asked) -> Wanted {
    let status = |text: &str| match text {
        "general" => Some(Status::General),
        "differentiated" => Some(Status::Differentiated),
        "notKnown" => Some(Status::NotKnown),
        "notJudged" => Some(Status::NotJudged),
        _ => None,
    };
    Wanted {
        year: asked.year(),
        county: asked.county(),
        lea_type: asked.lea_type(),
        status: asked.optional("status", "general, differentiated, notKnown or notJudged", status),
        level: asked.optional("level", "a level from 1 to 3", |text| {
            text.parse().ok().filter(|level| (1..=3).contains(level))
        }),
        group: asked.group(),
        priority: asked.priority(),
        method: asked.optional("method", "M1, M2, M3 or M4", |text| {
            ["M1", "M2", "M3", "M4"].contains(&text).then(|| text.to_owned())
        }),
        sustained_need: asked.flag("sustainedNeed"),
        provisional: asked.flag("provisional"),
    }
}

/// The determinations of an LEA
///
/// Of every year with an answer, the oldest first.
#[utoipa::path(
    tag = "determinations", operation_id = "listDeterminationsOfLea",
    params(
        ("cds" = String, Path, description = "The LEA's code.", pattern = "^[0-9]{14}$", example = "01800010000000"),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The determinations.", body = DeterminationHistory),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "No LEA has the code, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/leas/{cds}/determinations")]
pub(crate) async fn list_determinations_of_lea(
    request: HttpRequest,
    may: May<ListDeterminationsOfLea>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (cds, as_of) = (asked.path_cds(&path), asked.as_of(may.latest()));
    let cds = asked.done_with(cds)?;
    let snapshot = may.as_of(as_of).await?;
    snapshot.lea(cds)?;
    of_snapshot(&request, &snapshot, || {
        let mut body = b"{\"items\":[".to_vec();
        for (number, place) in snapshot.index.places_of(cds).iter().enumerate() {
            if number > 0 {
                body.push(b',');
            }
            body.extend_from_slice(snapshot.index.item(*place));
        }
        body.extend_from_slice(b"]}");
        Ok(body)
    })
}

/// One determination
///
/// Label, methods, groups by priorities with their cells, tests over several years, the
/// provider, what the state published, and why.
#[utoipa::path(
    tag = "determinations", operation_id = "getDetermination",
    params(
        ("cds" = String, Path, description = "The LEA's code.", pattern = "^[0-9]{14}$", example = "01800010000000"),
        ("year" = u16, Path, description = "The Dashboard year.", minimum = 2000, maximum = 2099),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The determination.", body = DeterminationPage),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such answer, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/leas/{cds}/determinations/{year}")]
pub(crate) async fn get_determination(
    request: HttpRequest,
    may: May<GetDetermination>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (cds, year) = (asked.path_cds(&path.0), asked.path_year(&path.1));
    let as_of = asked.as_of(may.latest());
    let (cds, year) = asked.done_with(cds.zip(year))?;
    let snapshot = may.as_of(as_of).await?;
    let place = snapshot.find(cds, year)?;
    of_snapshot(&request, &snapshot, || {
        let strip = snapshot.index.of_lea(cds).into_iter().map(|entry| StripYear {
            dashboard_year: entry.year.number(),
            label: entry.label.as_deref(),
            support_year: entry.support_year,
            eligible_level: entry.level,
        });
        let mut body = drawn(&PageBegin {
            name: snapshot.held.names.name(cds, year),
            county_name: snapshot.held.names.county(cds, year),
            strip: strip.collect(),
        })?;
        // The end of the first object and the beginning of the second make them one.
        body.pop();
        body.push(b',');
        body.extend(snapshot.page_end(place)?.get(1..).unwrap_or_default());
        Ok(body)
    })
}
