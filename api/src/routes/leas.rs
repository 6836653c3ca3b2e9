//! Who the LEAs are.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::cds::CdsCode;
use calsos_domain::year::DashboardYear;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::operation::{GetLea, ListLeas};
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{drawn, drawn_from_facts, has, json, tagged};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::{Cursor, Page, PageAsked, next_link};
use crate::snapshot::{LeaItem, WantedLea};

/// A page of LEAs.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is the schema of what is put together from ready parts")]
struct LeaList<'a> {
    items: Vec<LeaItem<'a>>,
    page: Page,
}

/// An LEA with all that is known of it besides its results.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Lea<'a> {
    /// The service's own id of it, the same when its code changes.
    id: String,
    #[serde(flatten)]
    item: LeaItem<'a>,
    /// Every code that it has had, the first one first.
    codes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    grade_span: Option<&'a str>,
    /// The county in which it is, whose county office it is helped by and may see its results
    /// before they are public.
    #[schema(pattern = "^[0-9]{2}$", example = "27")]
    located_in: String,
    /// How that is known: `table`, a row of the operator's table of charter schools, or
    /// `cdsCode`, the county of its code where the table has no row.
    #[schema(example = "cdsCode")]
    located_by: &'static str,
    /// The federal (NCES) id of the district, seven digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{7}$", example = "0690001")]
    nces_district: Option<String>,
    /// The federal (NCES) id of the school within it, five digits; a charter school has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{5}$", example = "90001")]
    nces_school: Option<String>,
    /// Its name in each year with an answer.
    names: BTreeMap<String, &'a str>,
}

/// LEAs by their codes
///
/// Every district, county office and charter school that a loaded file names.
#[utoipa::path(
    tag = "leas", operation_id = "listLeas",
    params(
        ("county" = Option<String>, Query, description = "Only this county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "27", nullable = false),
        ("type" = Option<String>, Query, description = "Only LEAs of this kind: district, countyOffice or charter.", example = "district", nullable = false),
        ("q" = Option<String>, Query, description = "Only LEAs whose name has these letters, whatever their case.", min_length = 1, max_length = 100, example = "unified", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
        ("total" = Option<bool>, Query, description = "Whether to say how many there are in all.", example = true, nullable = false),
    ),
    responses(
        (status = 200, description = "A page of LEAs.", body = LeaList),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/leas")]
pub(crate) async fn list_leas(
    request: HttpRequest,
    may: May<ListLeas>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (county, lea_type) = (asked.county(), asked.lea_type());
    let part = asked.optional("q", "a part of a name, of 1 to 100 letters,", |text| {
        (1..=100).contains(&text.chars().count()).then(|| text.to_lowercase())
    });
    let page = PageAsked::of(&mut asked);
    let after = page.cursor.as_ref().and_then(|cursor| {
        let cds = CdsCode::parse(&cursor.after).ok();
        if cds.is_none() {
            asked.fault("cursor", "it is none of this list".to_owned());
        }
        cds
    });
    asked.done()?;
    let snapshot = may.current()?;
    let index = match &page.cursor {
        None => Arc::clone(&snapshot.index),
        Some(cursor) => may.part_of(&cursor.dataset)?,
    };
    let dataset = page.cursor.as_ref().map_or(snapshot.dataset(), |cursor| &cursor.dataset);
    let headers = snapshot.headers.of_earlier(dataset);
    if has(request.headers(), &headers.tag) {
        return Ok(tagged(HttpResponse::NotModified(), &headers).finish());
    }
    let wanted = WantedLea { county, lea_type, part };
    let mut body = b"{\"items\":[".to_vec();
    let mut places = index.leas.wanted(&wanted, after);
    let mut last = None;
    for place in places.by_ref().take(page.limit) {
        if last.is_some() {
            body.push(b',');
        }
        body.extend_from_slice(index.leas.item(place));
        last = index.leas.cds(place);
    }
    let next = last
        .filter(|_| places.next().is_some())
        .map(|last| Cursor { dataset: dataset.to_owned(), after: last.to_string() }.text());
    let mut response = tagged(HttpResponse::Ok(), &headers);
    if let Some(next) = &next {
        response.insert_header(("Link", next_link(&request, next)));
    }
    let total = page.total.then(|| index.leas.wanted(&wanted, None).count());
    body.extend_from_slice(b"],\"page\":");
    body.extend(drawn(&Page { limit: page.limit, next, total })?);
    body.push(b'}');
    Ok(json(response, body.into()))
}

/// One LEA
#[utoipa::path(
    tag = "leas", operation_id = "getLea",
    params(("cds" = String, Path, description = "A code that the LEA has or had.", pattern = "^[0-9]{14}$", example = "01800010000000")),
    responses(
        (status = 200, description = "The LEA.", body = Lea),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "No LEA has the code, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/leas/{cds}")]
pub(crate) async fn get_lea(
    request: HttpRequest,
    may: May<GetLea>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let cds = asked.path_cds(&path);
    let cds = asked.done_with(cds)?;
    let snapshot = may.current()?;
    let now = snapshot.lea(cds)?.cds();
    let Some(year) = snapshot.index.newest() else { return Err(snapshot.no_edition_at_all()) };
    let place = snapshot.place_of_register(now);
    drawn_from_facts(&request, snapshot, place, move |snapshot| {
        let lea = snapshot.lea(cds)?;
        let item = LeaItem::of(lea, year, |cds| snapshot.index.of_lea(cds));
        let register = snapshot.register_of(may.office(), lea.cds(), place)?;
        let register = register.map(|register| may.with_ids(register, lea.cds()));
        let nces = register.as_ref().and_then(|register| register.nces_ids());
        let nces = nces.filter(|ids| !snapshot.hidden.contains(&ids.release));
        let located = snapshot.located.get(&lea.cds()).copied();
        let named = |year: &u16| {
            let year = DashboardYear::new(*year)?;
            Some((year.to_string(), lea.name_in(year)))
        };
        drawn(&Lea {
            id: lea.id().to_string(),
            names: item.years.iter().filter_map(named).collect(),
            item,
            codes: lea.codes().iter().map(|code| code.cds.to_string()).collect(),
            city: lea.city_in(year),
            grade_span: lea.grade_span_in(year),
            located_in: located.unwrap_or(lea.cds().county()).to_string(),
            located_by: if located.is_some() { "table" } else { "cdsCode" },
            nces_district: nces.map(|ids| ids.district.to_owned()),
            nces_school: nces.and_then(|ids| ids.school).map(str::to_owned),
        })
    })
    .await
}
