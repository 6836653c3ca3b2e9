//! What a run changed, for whom, and because of what.

use std::sync::Arc;

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::cds::CountyCode;
use calsos_domain::year::DashboardYear;
use serde::Serialize;
use utoipa::ToSchema;

use super::determinations::place;
use super::runs::find;
use crate::auth::operation::ListRunChanges;
use crate::error::AppError;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, drawn, has, json, tagged};
use crate::server::asked::Asked;
use crate::server::may::{Compared, May};
use crate::server::paging::{Cursor, Page, PageAsked, next_link};
use crate::snapshot::{Changes, Of, Place};
use crate::views::run_changes::{AnswerChangeView, ChangeTotals, RunChangeView};

/// What a run answers otherwise than the one before it, in pages.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RunChangeList)]
struct RunChanges {
    /// The number of the run.
    #[schema(example = 2)]
    run: u32,
    /// The number of the run before it that the caller may know of; absent for the first one,
    /// which gained everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 1)]
    before: Option<u32>,
    /// What became of the answers, of the year and county that are asked for.
    answers: ChangeTotals,
    /// What became of the rows of the state's lists in force.
    lists: ChangeTotals,
    /// By year and code; what is the same is not listed.
    items: Vec<RunChangeView>,
    page: Page,
}

/// What is wanted of the changes.
#[derive(Clone, Copy)]
struct WantedChanges {
    of: Of,
    year: Option<DashboardYear>,
    county: Option<CountyCode>,
    after: Option<Place>,
}

/// What a run changed
///
/// Against the run before it, for each LEA and year, and because of which files, editions or
/// version of the program: as the caller would see either run if it were the current one, with
/// what is not public now left out. The first run gained everything.
#[utoipa::path(
    tag = "runs", operation_id = "listRunChanges",
    params(
        ("id" = String, Path, description = "The run's id or its number.", example = "1"),
        ("of" = Option<String>, Query, description = "answers (the default): what is answered; lists: the rows of the state's published lists.", example = "lists", nullable = false),
        ("year" = Option<u16>, Query, description = "Only this Dashboard year.", minimum = 2000, maximum = 2099, nullable = false),
        ("county" = Option<String>, Query, description = "Only this county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
        ("total" = Option<bool>, Query, description = "Whether to say how many there are in all.", example = true, nullable = false),
    ),
    responses(
        (status = 200, description = "A page of changes, and how many there are of each kind.", body = RunChanges),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such run, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/runs/{id}/changes")]
pub(crate) async fn list_run_changes(
    request: HttpRequest,
    may: May<ListRunChanges>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let of = asked.optional("of", "answers or lists", |text| match text {
        "answers" => Some(Of::Answers),
        "lists" => Some(Of::Lists),
        _ => None,
    });
    let (year, county) = (asked.year(), asked.county());
    let page = PageAsked::of(&mut asked);
    let after = page.cursor.as_ref().and_then(|cursor| {
        let place = place(&cursor.after);
        if place.is_none() {
            asked.fault("cursor", "it is none of this list".to_owned());
        }
        place
    });
    asked.done()?;
    let run = find(&may.runs().await?, &path)?;
    let compared = may.compared(&run).await?;
    let Compared { before, after: shown, .. } = &compared;
    let name = Changes::name(before.as_deref(), shown);
    if page.cursor.as_ref().is_some_and(|cursor| cursor.dataset != name) {
        let detail = "what may be shown of the two runs is another than when the list began; \
                      begin it again without a cursor";
        return Err(Problem::new(Kind::CursorExpired, detail));
    }
    let stricter = before.as_ref().filter(|before| !before.is_for_everybody());
    let keeping = stricter.unwrap_or(shown).headers.keeping.clone();
    let mut headers = shown.headers.of_earlier(&name);
    (headers.dataset, headers.keeping) = (shown.headers.dataset.clone(), keeping);
    if has(request.headers(), &headers.tag) {
        return Ok(tagged(HttpResponse::NotModified(), &headers).finish());
    }
    let wanted = WantedChanges { of: of.unwrap_or(Of::Answers), year, county, after };
    let number = run.number;
    let (body, next) = apart(move || {
        let view = list(&compared, number, wanted, &page)?;
        Ok((drawn(&view)?, view.page.next))
    })
    .await?;
    let mut response = tagged(HttpResponse::Ok(), &headers);
    if let Some(next) = next {
        response.insert_header(("Link", next_link(&request, &next)));
    }
    Ok(json(response, body.into()))
}

fn list(
    compared: &Compared,
    run: u32,
    wanted: WantedChanges,
    page: &PageAsked,
) -> Result<RunChanges, AppError> {
    let Compared { before, after: shown, changes } = compared;
    let WantedChanges { of, year, county, after } = wanted;
    let before = before.as_ref().map(Arc::as_ref);
    let in_all = || {
        changes.changes(of).filter(|(place, _)| {
            year.is_none_or(|year| place.year == year)
                && county.is_none_or(|county| place.cds.county() == county)
        })
    };
    let mut rest = in_all().filter(|(place, _)| after.is_none_or(|after| *place > after));
    let (mut items, mut last) = (Vec::new(), None);
    for (place, change) in rest.by_ref().take(page.limit) {
        last = Some(*place);
        items.push(RunChangeView {
            cds: change.cds.clone(),
            name: change.name.clone(),
            dashboard_year: change.dashboard_year,
            change: change.change,
            changes: change.changes.iter().map(AnswerChangeView::of).collect(),
            causes: match of {
                Of::Answers => changes.causes_of_answer(before, shown, *place)?,
                Of::Lists => changes.causes_of_row(*place),
            },
        });
    }
    let next = last.filter(|_| rest.next().is_some()).map(|last| {
        let dataset = Changes::name(before, shown);
        Cursor { dataset, after: format!("{}.{}", last.year, last.cds) }.text()
    });
    let total = page.total.then(|| in_all().count());
    Ok(RunChanges {
        run,
        before: before.map(|before| before.held.run.number),
        answers: changes.totals(Of::Answers, year, county),
        lists: changes.totals(Of::Lists, year, county),
        items,
        page: Page { limit: page.limit, next, total },
    })
}
