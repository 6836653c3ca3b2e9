//! Who the LEAs are.

use std::collections::BTreeMap;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::year::DashboardYear;
use calsos_persistence::LeaRecord;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::Service;
use crate::server::answers::{drawn, drawn_apart, has, json, tag_of, tagged};
use crate::server::asked::Asked;
use crate::server::paging::{Cursor, Page, PageAsked, next_link};
use crate::snapshot::Snapshot;

/// An LEA, as it is called now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LeaItem<'a> {
    /// The code that it has now, 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    name: &'a str,
    /// `district`, `countyOffice` or `charter`; absent where no file says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "district")]
    lea_type: Option<&'static str>,
    #[schema(pattern = "^[0-9]{2}$", example = "01")]
    county: String,
    county_name: &'a str,
    /// The district or county office that a charter school's code names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    authorizer: Option<String>,
    /// Years with an answer.
    years: Vec<u16>,
}

/// A page of LEAs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
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

fn newest(snapshot: &Snapshot) -> Option<DashboardYear> {
    snapshot.index.years().next_back().map(|(year, _)| year)
}

fn item<'a>(snapshot: &Snapshot, lea: &'a LeaRecord, year: DashboardYear) -> LeaItem<'a> {
    let cds = lea.cds();
    let answers = lea.codes().iter().flat_map(|code| snapshot.index.of_lea(code.cds));
    let mut years: Vec<u16> = answers.map(|entry| entry.year.number()).collect();
    years.sort_unstable();
    LeaItem {
        cds: cds.to_string(),
        name: lea.name_in(year),
        lea_type: lea.lea_type_in(year).map(|lea_type| lea_type.code()),
        county: cds.county().to_string(),
        county_name: lea.county_name_in(year),
        authorizer: lea.authorizer_in(year).map(|cds| cds.to_string()),
        years,
    }
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
    service: Data<Service>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (county, lea_type) = (asked.county(), asked.lea_type());
    let part = asked.optional("q", "a part of a name, of 1 to 100 letters,", |text| {
        (1..=100).contains(&text.chars().count()).then(|| text.to_lowercase())
    });
    let page = PageAsked::of(&mut asked);
    asked.done()?;
    let snapshot = service.current()?;
    let after = match &page.cursor {
        None => None,
        Some(cursor) if cursor.dataset == snapshot.dataset() => Some(cursor.after.clone()),
        Some(_) => {
            return Err(Problem::new(
                Kind::CursorExpired,
                "other files or another run have been taken up since the list began; begin it \
                 again without a cursor",
            ));
        }
    };
    let tag = tag_of(snapshot.dataset());
    if has(&request, &tag) {
        return Ok(tagged(HttpResponse::NotModified(), &tag).finish());
    }
    let Some(year) = newest(&snapshot) else { return Err(snapshot.no_edition_at_all()) };
    let is_wanted = |lea: &&LeaRecord| {
        county.is_none_or(|county| lea.cds().county() == county)
            && lea_type.is_none_or(|lea_type| lea.lea_type_in(year) == Some(lea_type))
            && part.as_ref().is_none_or(|part| lea.name_in(year).to_lowercase().contains(part))
    };
    let wanted = || snapshot.held.names.leas().filter(is_wanted);
    let total = page.total.then(|| wanted().count());
    let mut rest =
        wanted().filter(|lea| after.as_ref().is_none_or(|after| lea.cds().to_string() > *after));
    let items: Vec<LeaItem<'_>> =
        rest.by_ref().take(page.limit).map(|lea| item(&snapshot, lea, year)).collect();
    let next = match (rest.next(), items.last()) {
        (Some(_), Some(last)) => {
            let dataset = snapshot.dataset().to_owned();
            Some(Cursor { dataset, after: last.cds.clone() }.text())
        }
        _ => None,
    };
    let mut response = tagged(HttpResponse::Ok(), &tag);
    if let Some(next) = &next {
        response.insert_header(("Link", next_link(&request, next)));
    }
    let body = drawn(&LeaList { items, page: Page { limit: page.limit, next, total } })?;
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
    service: Data<Service>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let cds = asked.path_cds(&path);
    let cds = asked.done_with(cds)?;
    let snapshot = service.current()?;
    snapshot.lea(cds)?;
    let Some(year) = newest(&snapshot) else { return Err(snapshot.no_edition_at_all()) };
    drawn_apart(&request, snapshot, move |snapshot| {
        let lea = snapshot.lea(cds)?;
        let item = item(snapshot, lea, year);
        let facts = snapshot.facts_of(&service.office, lea.cds())?;
        let nces = facts.as_ref().and_then(|facts| facts.register.nces_ids());
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
            nces_district: nces.map(|ids| ids.district.to_owned()),
            nces_school: nces.and_then(|ids| ids.school).map(str::to_owned),
        })
    })
    .await
}
