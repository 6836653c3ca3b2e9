//! Services that answer what an LEA needs help with.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::cds::CdsCode;
use calsos_domain::support::matching::{Seeking, recommend};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::app::support::services::HeldService;
use crate::auth::operation::ListRecommendedServices;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, fresh};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::{Cursor, Page, PageAsked};
use crate::views::support::service::{NeedView, RecommendedView};

/// What an LEA needs help with, and a page of the services that answer it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecommendedServiceList {
    cds: String,
    /// The Dashboard year by whose answer the needs are told.
    dashboard_year: u16,
    /// The level of support that the rules give, 1 to 3; absent where it is not known or not
    /// decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    eligible_level: Option<u8>,
    /// The results that made the LEA eligible, then its lowest others.
    needs: Vec<NeedView>,
    items: Vec<RecommendedView>,
    page: Page,
}

/// Services that answer what an LEA needs help with
///
/// Those first that answer the results that made it eligible for differentiated assistance, and
/// of those the ones that name most of what they answer; then those that answer its lowest
/// others. Services are of its own county office, of lead agencies that are named for its
/// county, of providers that serve every LEA, and such of others as are open to all; at the level
/// that the rules give or below. In the second year of support, the results that made it eligible
/// are those of the year before.
#[utoipa::path(
    tag = "services", operation_id = "listRecommendedServices",
    params(
        ("cds" = String, Path, description = "The LEA's code.", pattern = "^[0-9]{14}$", example = "01800010000000"),
        ("year" = Option<u16>, Query, description = "By the answer of this Dashboard year; without it, of the newest one.", minimum = 2000, maximum = 2099, nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
        ("total" = Option<bool>, Query, description = "Whether to say how many there are in all.", example = true, nullable = false),
    ),
    responses(
        (status = 200, description = "The needs, and a page of services.", body = RecommendedServiceList),
        (status = "4XX", description = "There is no such answer, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/leas/{cds}/recommended-services")]
pub(crate) async fn list_recommended_services(
    request: HttpRequest,
    may: May<ListRecommendedServices>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (cds, year) = (asked.path_cds(&path), asked.year());
    let page = PageAsked::of(&mut asked);
    let after = page.cursor.as_ref().and_then(|cursor| {
        let place = cursor.after.parse::<usize>().ok();
        if place.is_none() {
            asked.fault("cursor", "it is none of this list".to_owned());
        }
        place
    });
    let cds = asked.done_with(cds)?;
    let snapshot = may.current()?;
    let place = match year {
        Some(year) => snapshot.find(cds, year)?,
        None => {
            snapshot.lea(cds)?;
            snapshot.index.places_of(cds).last().copied().ok_or_else(|| no_answer(cds))?
        }
    };
    let year = snapshot.index.entries.get(place).map(|entry| entry.year.number());
    let list = apart(move || {
        let services = may.service().services()?;
        let seen = snapshot.needs(may.office(), place)?.ok_or_else(no_facts)?;
        let seeking = Seeking {
            county: seen.county,
            leads: &seen.leads,
            level: seen.level,
            grades: seen.grades,
        };
        let offered = services.iter().map(|held| (held, &held.service));
        let found = recommend(&seeking, &seen.needs, offered);
        // Names the list: no page of it is continued in another.
        let dataset = name_of(found.iter().map(|one| one.key), seen.needs.len());
        if page.cursor.as_ref().is_some_and(|cursor| cursor.dataset != dataset) {
            return Err(another_list());
        }
        let begin = after.unwrap_or(0);
        let shown = found.iter().skip(begin).take(page.limit);
        let items = shown.map(|one| RecommendedView::of(one, &seen.needs));
        let end = begin.saturating_add(page.limit);
        let next = (end < found.len()).then(|| Cursor { dataset, after: end.to_string() }.text());
        Ok(RecommendedServiceList {
            cds: cds.to_string(),
            dashboard_year: year.unwrap_or_default(),
            eligible_level: seen.level,
            needs: seen.needs.iter().map(NeedView::of).collect(),
            items: items.collect(),
            page: Page { limit: page.limit, next, total: page.total.then_some(found.len()) },
        })
    });
    fresh(&list.await?)
}

/// Names a list of services in their order.
fn name_of<'h>(services: impl Iterator<Item = &'h HeldService>, needs: usize) -> String {
    let mut hash = Sha256::new();
    hash.update(needs.to_be_bytes());
    for held in services {
        hash.update(format!("{} {} ", held.id, held.version));
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn another_list() -> Problem {
    let detail = "the services, or the LEA's results, are others than when the list began; begin it \
                  again without a cursor";
    Problem::new(Kind::CursorExpired, detail)
}

fn no_answer(cds: CdsCode) -> Problem {
    let detail = format!("no year has an answer for {cds}, by which its needs would be told");
    Problem::new(Kind::NoAnswer, detail)
}

pub(super) fn no_facts() -> Problem {
    let detail = "the answer is there, but not what it was decided from: the database was damaged \
                  or changed from outside; restore a backup";
    Problem::new(Kind::Internal, detail)
}
