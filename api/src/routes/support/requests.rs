//! Requests for help of LEAs that are not identified for it.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use calsos_domain::cds::CdsCode;
use calsos_domain::support::request::{self, Opening, Request, State, Step};
use calsos_persistence::{SupportKind, SupportPlace};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::{
    Resource, code, condition, day, delete as remove, listed, one, read, text, visible, wanted,
    word, wrote,
};
use super::writer::{Says, SentOnce, Writer};
use crate::app::support::content;
use crate::app::support::engagements::standing;
use crate::auth::agency::Agency;
use crate::auth::operation::{
    CreateRequest, DeleteRequest, GetRequest, ListRequests, Operation, TakeRequestStep,
};
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::routes::releases::there;
use crate::server::answers::{apart, fresh};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::Page;
use crate::views::support::request::RequestView;

const REQUESTS: Resource =
    Resource { kind: SupportKind::Request, collection: "requests", unknown: Kind::UnknownRequest };

/// What is asked.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RequestOpening {
    /// The LEA, 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    /// Who is asked: `county:NN`, `ccee`, `geographicLead:NAME`, `state`, `selpa:CODE`,
    /// `equityLead:NAME`, `expertLead:NAME`, `other:NAME`; of a charter school, its county office
    /// or `authorizer:CDS`.
    #[schema(
        pattern = "^(county:(0[1-9]|[1-4][0-9]|5[0-8])|ccee|state|authorizer:[0-9]{14}|(geographicLead|selpa|equityLead|expertLead|other):.+)$",
        example = "county:01"
    )]
    asked: String,
    /// On which day, in California; not ahead of today. On that day, the LEA is not identified.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    /// For what.
    #[schema(max_length = 4000, example = "help with chronic absence")]
    words: String,
}

/// A step of a request.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RequestStepTaken {
    /// `accept`, `decline`, `begin` or `close`.
    #[schema(pattern = "^(accept|decline|begin|close)$", example = "accept")]
    step: String,
    /// On which day, in California; not ahead of today.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    /// Why, or how; needed but where help begins.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 4000, example = "two days of coaching")]
    words: Option<String>,
}

/// Requests, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RequestList {
    items: Vec<RequestView>,
    page: Page,
}

/// Whether an agency asks for help in the name of an LEA that it reaches: the LEA itself does,
/// or its county office on its behalf.
fn asks<O: Operation>(may: &May<O>, agency: &Agency, cds: CdsCode) -> bool {
    matches!(agency, Agency::Lea(_) | Agency::County(_))
        && may.reach().is_some_and(|reach| reach.contains(cds))
}

/// Ask for help
///
/// In the name of an LEA that is not identified, which pays for it. It asks whom it will; a
/// charter school its county office or its authorizer. One that is identified is refused (409):
/// its help comes by its assignment. The LEA asks, or its county office on its behalf.
#[utoipa::path(
    tag = "requests", operation_id = "createRequest",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with the same one.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "request-1", nullable = false),
    ),
    request_body(content = RequestOpening, description = "Who asks whom for what."),
    responses(
        (status = 201, description = "The request.", body = RequestView),
        (status = "4XX", description = "A condition is missing, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/requests")]
pub(crate) async fn create_request(
    request: HttpRequest,
    may: May<CreateRequest>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let sent = SentOnce::of(&request, &body, &mut asked);
    asked.done()?;
    let writer = Writer::of(&request, &may, 201, Some(sent))?;
    let sent: RequestOpening = read(&body, "{\"cds\": \"…\", \"asked\": \"…\", …}")?;
    let (cds, on) = (code(&sent.cds)?, day(&sent.on)?);
    let words = text("words", Some(sent.words))?;
    let asked = word("asked", &sent.asked, request::Asked::parse(&sent.asked))?;
    if !may.reach().is_some_and(|reach| reach.contains(cds)) {
        let detail = "the LEA is none that the token's agency reaches";
        return Err(Problem::new(Kind::OutOfReach, detail));
    }
    if !asks(&may, &writer.agency, cds) {
        let detail = format!(
            "the LEA asks for help, or its county office on its behalf, and not {}",
            writer.agency
        );
        return Err(Problem::new(Kind::StepOfOthers, detail));
    }
    let (store, public, county) = (may.store(), may.public()?, may.county_of(cds));
    let done = apart(move || {
        if let Some(before) = writer.before(&store)? {
            return Ok(before);
        }
        let standing = standing(&public, cds, county, on)?;
        let (lea_type, identified) = (standing.lea_type, standing.identified);
        let opened = Request::open(Opening { cds, lea_type, county, asked, on, words, identified });
        let opened = opened.map_err(|refusal| Problem::of_refusal(&refusal))?;
        let place = SupportPlace { kind: REQUESTS.kind, cds: Some(cds), county: Some(county) };
        let says = Says { state: opened.state().code(), content: &opened, rests_on: &[] };
        writer.add(&store, place, says)
    });
    wrote(&request, &may, (REQUESTS, true), done.await?, RequestView::of).await
}

/// Requests for help
///
/// Those of the LEAs that the caller's agency reaches, and those by which it is asked, the newest
/// first.
#[utoipa::path(
    tag = "requests", operation_id = "listRequests",
    params(
        ("cds" = Option<String>, Query, description = "Of this LEA.", pattern = "^[0-9]{14}$", example = "01800010000000", nullable = false),
        ("county" = Option<String>, Query, description = "Of LEAs that were in this county when they asked, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01", nullable = false),
        ("state" = Option<String>, Query, description = "In this state.", pattern = "^(asked|accepted|declined|underWay|closed)$", example = "asked", nullable = false),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
    ),
    responses(
        (status = 200, description = "A page of requests.", body = RequestList),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/requests")]
pub(crate) async fn list_requests(
    request: HttpRequest,
    may: May<ListRequests>,
) -> Result<HttpResponse, Problem> {
    let wanted = wanted(&request, &may, REQUESTS, &State::ALL.map(State::code))?;
    let (records, page) = listed(&may, REQUESTS, wanted).await?;
    let items = records.into_iter().map(|record| RequestView::of(record, None));
    fresh(&RequestList { items: items.collect::<Result<_, _>>()?, page })
}

/// One request for help
///
/// With its steps, and who wrote it when. One that was deleted is answered with 410, when and
/// why.
#[utoipa::path(
    tag = "requests", operation_id = "getRequest",
    params(
        ("id" = String, Path, description = "The request's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The request.", body = RequestView),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such request, or it was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/requests/{id}")]
pub(crate) async fn get_request(
    request: HttpRequest,
    may: May<GetRequest>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    one(&request, &may, (REQUESTS, &path), RequestView::of).await
}

/// Take a step of a request
///
/// Whoever is asked accepts or declines, with a reason, and begins; it or who asks closes. For
/// one that no token stands for, who asks records what it answered. What does not follow is
/// refused (409) with the condition that is missing. `If-Match` has the `ETag` of the request as
/// it was read.
#[utoipa::path(
    tag = "requests", operation_id = "takeRequestStep",
    params(
        ("id" = String, Path, description = "The request's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("If-Match" = String, Header, description = "The `ETag` of the request as it was read, or `*`.", example = "*"),
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with what came of it then.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "step-1", nullable = false),
    ),
    request_body(content = RequestStepTaken, description = "The step."),
    responses(
        (status = 200, description = "The request as it is now.", body = RequestView),
        (status = "4XX", description = "There is no such request, it has changed since it was read, a condition is missing, or the step was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/requests/{id}/steps")]
pub(crate) async fn take_request_step(
    request: HttpRequest,
    may: May<TakeRequestStep>,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let sent = SentOnce::of(&request, &body, &mut asked);
    asked.done()?;
    let writer = Writer::of(&request, &may, 200, Some(sent))?;
    let record = visible(&may, REQUESTS, &path, None).await?;
    let sent: RequestStepTaken = read(&body, "{\"step\": \"…\", \"on\": \"…\", …}")?;
    let on = day(&sent.on)?;
    let step = step(sent)?;
    let says: Request = content(&record)?;
    let is_asker = record.cds.is_some_and(|cds| asks(&may, &writer.agency, cds));
    may_take(&step, &says, &writer.agency, is_asker)?;
    let store = may.store();
    // What was done before by the same request has changed the record.
    let expected = condition(&request, &record);
    let done = apart(move || {
        if let Some(before) = writer.before(&store)? {
            return Ok(before);
        }
        let expected = expected?;
        let after = says.step(on, step).map_err(|refusal| Problem::of_refusal(&refusal))?;
        let says = Says { state: after.state().code(), content: &after, rests_on: &[] };
        writer.change(&store, (record.id, expected), says)
    });
    wrote(&request, &may, (REQUESTS, false), done.await?, RequestView::of).await
}

/// Refuses a step but by whoever is asked, or for one that no token stands for, by who asks.
fn may_take(step: &Step, says: &Request, agency: &Agency, is_asker: bool) -> Result<(), Problem> {
    let asked = says.asked();
    let is_asked = asked.to_string() == agency.to_string();
    let is_theirs = match step {
        Step::Close { .. } => is_asked || is_asker,
        Step::Accept { .. } | Step::Decline { .. } | Step::Begin => {
            is_asked || is_asker && !asked.answers_itself()
        }
    };
    if is_theirs {
        return Ok(());
    }
    let detail = format!("this is done by {asked}, who is asked, and not for {agency}");
    Err(Problem::new(Kind::StepOfOthers, detail))
}

/// A step as the rules take it.
fn step(sent: RequestStepTaken) -> Result<Step, Problem> {
    let RequestStepTaken { step, on: _, words } = sent;
    if step == "begin" && words.is_some() {
        return Err(Problem::new(Kind::BodyNotValid, "a beginning has no words"));
    }
    let reason = text("words", words)?;
    Ok(match step.as_str() {
        "accept" => Step::Accept { reason },
        "decline" => Step::Decline { reason },
        "begin" => Step::Begin,
        "close" => Step::Close { reason },
        other => return word("step", other, None),
    })
}

/// Delete a request
///
/// As something that should not have been written, such as one of another LEA: it is no longer
/// listed, and answered with 410, when and why. What it said is kept, and shown as of a moment
/// before. The agency that made it deletes it, or the state. `If-Match` has the `ETag` of the
/// request as it was read.
#[utoipa::path(
    tag = "requests", operation_id = "deleteRequest",
    params(
        ("id" = String, Path, description = "The request's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("reason" = String, Query, description = "Why, on one line.", min_length = 1, max_length = 1000, example = "it was of another LEA"),
        ("If-Match" = String, Header, description = "The `ETag` of the request as it was read, or `*`.", example = "*"),
    ),
    responses(
        (status = 204, description = "It is deleted."),
        (status = "4XX", description = "There is no such request, it has changed since it was read, or the deletion was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/requests/{id}")]
pub(crate) async fn delete_request(
    request: HttpRequest,
    may: May<DeleteRequest>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    remove(&request, &may, REQUESTS, &path).await
}
