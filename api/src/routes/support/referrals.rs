//! Referrals to the California Collaborative for Educational Excellence.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use calsos_domain::support::referral::{Door, Finding, Opening, Provider, Referral, State, Step};
use calsos_persistence::{SupportKind, SupportPlace};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::{
    Resource, code, condition, day, delete as remove, listed, one, read, text, visible, wanted,
    word, wrote,
};
use super::writer::{Says, SentOnce, Writer};
use crate::app::support::{content, evidence};
use crate::auth::agency::Agency;
use crate::auth::operation::{
    CreateReferral, DeleteReferral, GetReferral, ListReferrals, TakeReferralStep,
};
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::routes::releases::there;
use crate::server::answers::{apart, fresh};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::Page;
use crate::views::support::referral::ReferralView;

const REFERRALS: Resource = Resource {
    kind: SupportKind::Referral,
    collection: "referrals",
    unknown: Kind::UnknownReferral,
};

/// What a referral is opened with.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReferralOpening {
    /// The LEA, 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    /// `level3Test`: the test over several years, which the service looks up; `countyOffice`,
    /// with its geographic lead; `spi`; `emergencyApportionment`.
    #[schema(
        pattern = "^(level3Test|countyOffice|spi|emergencyApportionment)$",
        example = "level3Test"
    )]
    door: String,
    /// On which day, in California; not ahead of today.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    /// Why.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 4000, example = "three groups in need in three years")]
    reason: Option<String>,
    /// The geographic lead agency that joins the county office.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 4000)]
    geographic_lead: Option<String>,
    /// Whether expert lead agencies were considered, and with what result: needed where the test
    /// of Education Code 52071(f) is met.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 4000)]
    expert_leads: Option<String>,
}

/// A step of a referral.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReferralStepTaken {
    /// `consultLea`, `consultProvider`, `accept`, `decline`, `begin`, `recommend`, `find` or
    /// `close`.
    #[schema(
        pattern = "^(consultLea|consultProvider|accept|decline|begin|recommend|find|close)$",
        example = "consultLea"
    )]
    step: String,
    /// On which day, in California; not ahead of today.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    /// What was said or recommended, or why; needed but where assistance begins.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 4000, example = "a call with the superintendent")]
    words: Option<String>,
    /// Who was consulted: `countyOffice`, `geographicLead` or `department`.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, pattern = "^(countyOffice|geographicLead|department)$")]
    provider: Option<String>,
    /// What was found: `failed`, `unable` or `persistentOrAcute`.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, pattern = "^(failed|unable|persistentOrAcute)$")]
    finding: Option<String>,
}

/// Referrals, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReferralList {
    items: Vec<ReferralView>,
    page: Page,
}

/// Refer an LEA to the Collaborative
///
/// Whether the test over several years is met is looked up in the newest determination that was
/// public on the day.
/// Who opens by which door: the test, the state, the State Superintendent, the Collaborative or
/// the LEA's county office; `countyOffice`, that office with its geographic lead; `spi`, the
/// State Superintendent; `emergencyApportionment`, the state or the State Superintendent. What
/// the law does not allow is refused (409) with the condition that is missing.
#[utoipa::path(
    tag = "referrals", operation_id = "createReferral",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with the same referral.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "referral-1", nullable = false),
    ),
    request_body(content = ReferralOpening, description = "The LEA, and why."),
    responses(
        (status = 201, description = "The referral.", body = ReferralView),
        (status = "4XX", description = "A condition is missing, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/referrals")]
pub(crate) async fn create_referral(
    request: HttpRequest,
    may: May<CreateReferral>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let sent = SentOnce::of(&request, &body, &mut asked);
    asked.done()?;
    let writer = Writer::of(&request, &may, 201, Some(sent))?;
    let asked: ReferralOpening =
        read(&body, "{\"cds\": \"…\", \"door\": \"…\", \"on\": \"…\", …}")?;
    let (cds, on) = (code(&asked.cds)?, day(&asked.on)?);
    let reason = text("reason", asked.reason)?;
    let geographic_lead = text("geographicLead", asked.geographic_lead)?;
    let expert_leads =
        asked.expert_leads.map(|words| text("expertLeads", Some(words))).transpose()?;
    let door = match asked.door.as_str() {
        "level3Test" => Door::Level3Test,
        "countyOffice" => Door::CountyOffice { geographic_lead, expert_leads },
        "spi" => Door::Spi,
        "emergencyApportionment" => Door::EmergencyApportionment,
        other => return word("door", other, None),
    };
    // The Collaborative has to do with whomever the test is met by, which is public.
    let by_test = writer.agency == Agency::Ccee && door == Door::Level3Test;
    if !by_test && !may.reach().is_some_and(|reach| reach.contains(cds)) {
        let detail = "the LEA is none that the token's agency reaches; the agency that does refers \
                      it";
        return Err(Problem::new(Kind::OutOfReach, detail));
    }
    writer.may_do(door.act())?;
    let (store, public, county) = (may.store(), may.public()?, may.county_of(cds));
    let leads = may.leads_of(county);
    let done = apart(move || {
        if let Some(before) = writer.before(&store)? {
            return Ok(before);
        }
        let (lea_type, evidence) = evidence(&public, cds, on, leads)?;
        let referral = Referral::open(Opening { lea_type, door, on, reason }, &evidence);
        let referral = referral.map_err(|refusal| Problem::of_refusal(&refusal))?;
        let place = SupportPlace { kind: REFERRALS.kind, cds: Some(cds), county: Some(county) };
        let says = Says { state: referral.state().code(), content: &referral, rests_on: &[] };
        writer.add(&store, place, says)
    });
    wrote(&request, &may, (REFERRALS, true), done.await?, ReferralView::of).await
}

/// Referrals to the Collaborative
///
/// Those of the LEAs that the caller's agency reaches, the newest first; the Collaborative sees
/// all.
#[utoipa::path(
    tag = "referrals", operation_id = "listReferrals",
    params(
        ("cds" = Option<String>, Query, description = "Of this LEA.", pattern = "^[0-9]{14}$", example = "01800010000000", nullable = false),
        ("county" = Option<String>, Query, description = "Of LEAs that were in this county when they were referred, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01", nullable = false),
        ("state" = Option<String>, Query, description = "In this state.", pattern = "^(opened|consulting|accepted|declined|underWay|recommended|closed)$", example = "opened", nullable = false),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
    ),
    responses(
        (status = 200, description = "A page of referrals.", body = ReferralList),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/referrals")]
pub(crate) async fn list_referrals(
    request: HttpRequest,
    may: May<ListReferrals>,
) -> Result<HttpResponse, Problem> {
    let wanted = wanted(&request, &may, REFERRALS, &State::ALL.map(State::code))?;
    let (records, page) = listed(&may, REFERRALS, wanted).await?;
    let items = records.into_iter().map(|record| ReferralView::of(record, None));
    fresh(&ReferralList { items: items.collect::<Result<_, _>>()?, page })
}

/// One referral
///
/// With its steps, and who wrote it when. One that was deleted is answered with 410, when and
/// why.
#[utoipa::path(
    tag = "referrals", operation_id = "getReferral",
    params(
        ("id" = String, Path, description = "The referral's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The referral.", body = ReferralView),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such referral, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/referrals/{id}")]
pub(crate) async fn get_referral(
    request: HttpRequest,
    may: May<GetReferral>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    one(&request, &may, (REFERRALS, &path), ReferralView::of).await
}

/// Take a step of a referral
///
/// The Collaborative takes them: it consults the LEA and those who provide help to it, accepts or
/// declines, assists, recommends, may find that a state intervention is called for, and closes.
/// What does not follow on what was done, or the law does not allow, is refused (409) with the
/// condition that is missing. `If-Match` has the `ETag` of the referral as it was read.
#[utoipa::path(
    tag = "referrals", operation_id = "takeReferralStep",
    params(
        ("id" = String, Path, description = "The referral's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("If-Match" = String, Header, description = "The `ETag` of the referral as it was read, or `*`.", example = "*"),
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with what came of it then.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "step-1", nullable = false),
    ),
    request_body(content = ReferralStepTaken, description = "The step."),
    responses(
        (status = 200, description = "The referral as it is now.", body = ReferralView),
        (status = "4XX", description = "There is no such referral, it has changed since it was read, a condition is missing, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/referrals/{id}/steps")]
pub(crate) async fn take_referral_step(
    request: HttpRequest,
    may: May<TakeReferralStep>,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let sent = SentOnce::of(&request, &body, &mut asked);
    asked.done()?;
    let writer = Writer::of(&request, &may, 200, Some(sent))?;
    let record = visible(&may, REFERRALS, &path, None).await?;
    let asked: ReferralStepTaken = read(&body, "{\"step\": \"…\", \"on\": \"…\", …}")?;
    let on = day(&asked.on)?;
    let step = step(asked)?;
    writer.may_do(step.act())?;
    let store = may.store();
    // What was done before by the same request has changed the record.
    let expected = condition(&request, &record);
    let done = apart(move || {
        if let Some(before) = writer.before(&store)? {
            return Ok(before);
        }
        let expected = expected?;
        let says: Referral = content(&record)?;
        let after = says.step(on, step).map_err(|refusal| Problem::of_refusal(&refusal))?;
        let says = Says { state: after.state().code(), content: &after, rests_on: &[] };
        writer.change(&store, (record.id, expected), says)
    });
    wrote(&request, &may, (REFERRALS, false), done.await?, ReferralView::of).await
}

/// A step as the rules take it. What a step has no use for is refused.
fn step(asked: ReferralStepTaken) -> Result<Step, Problem> {
    let ReferralStepTaken { step, on: _, words, provider, finding } = asked;
    let has_provider = step == "consultProvider";
    let has_finding = step == "find";
    if provider.is_some() != has_provider || finding.is_some() != has_finding {
        let detail = "provider is given with consultProvider alone, and finding with find alone; \
                      both are needed there";
        return Err(Problem::new(Kind::BodyNotValid, detail));
    }
    if step == "begin" && words.is_some() {
        return Err(Problem::new(Kind::BodyNotValid, "a beginning has no words"));
    }
    let words = text("words", words)?;
    Ok(match (step.as_str(), provider, finding) {
        ("consultLea", ..) => Step::ConsultLea { words },
        ("consultProvider", Some(of), _) => {
            Step::ConsultProvider { provider: word("provider", &of, Provider::parse(&of))?, words }
        }
        ("accept", ..) => Step::Accept { reason: words },
        ("decline", ..) => Step::Decline { reason: words },
        ("begin", ..) => Step::Begin,
        ("recommend", ..) => Step::Recommend { words },
        ("find", _, Some(of)) => {
            Step::Find { finding: word("finding", &of, Finding::parse(&of))?, reason: words }
        }
        ("close", ..) => Step::Close { reason: words },
        (other, ..) => return word("step", other, None),
    })
}

/// Delete a referral
///
/// As something that should not have been written, such as one of another LEA: it is no longer
/// listed, and answered with 410, when and why. What it said is kept, and shown as of a moment
/// before. The agency that made it deletes it, or the state. `If-Match` has the `ETag` of the
/// referral as it was read.
#[utoipa::path(
    tag = "referrals", operation_id = "deleteReferral",
    params(
        ("id" = String, Path, description = "The referral's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("reason" = String, Query, description = "Why, on one line.", min_length = 1, max_length = 1000, example = "it was of another LEA"),
        ("If-Match" = String, Header, description = "The `ETag` of the referral as it was read, or `*`.", example = "*"),
    ),
    responses(
        (status = 204, description = "It is deleted."),
        (status = "4XX", description = "There is no such referral, it has changed since it was read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/referrals/{id}")]
pub(crate) async fn delete_referral(
    request: HttpRequest,
    may: May<DeleteReferral>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    remove(&request, &may, REFERRALS, &path).await
}
