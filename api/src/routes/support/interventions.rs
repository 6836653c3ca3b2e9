//! State interventions.

use std::collections::BTreeSet;

use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, post};
use calsos_domain::support::actor::Act;
use calsos_domain::support::intervention::{Grounds, Intervention, Power, Proposal, State, Step};
use calsos_persistence::{SupportId, SupportKind, SupportPlace};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::{
    Resource, code, condition, day, delete as remove, listed, one, read, text, visible, wanted,
    word, wrote,
};
use super::writer::{Says, SentOnce, Writer};
use crate::app::support::{content, evidence, found};
use crate::auth::operation::{
    CreateIntervention, DeleteIntervention, GetIntervention, ListInterventions,
    TakeInterventionStep,
};
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::routes::releases::there;
use crate::server::answers::{apart, fresh};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::Page;
use crate::views::support::intervention::InterventionView;

const INTERVENTIONS: Resource = Resource {
    kind: SupportKind::Intervention,
    collection: "interventions",
    unknown: Kind::UnknownIntervention,
};

/// What an intervention is proposed with.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InterventionProposal {
    /// The LEA, 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    /// The id of the referral by which the Collaborative found that it is called for.
    #[schema(example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59")]
    referral: String,
    /// On which day, in California; not ahead of today.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    /// Why.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 4000)]
    reason: Option<String>,
    /// Which other strategies were used before.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 4000)]
    strategies: Option<String>,
}

/// A step of an intervention.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InterventionStepTaken {
    /// `approve`, `disapprove`, `begin`, `use` or `end`.
    #[schema(pattern = "^(approve|disapprove|begin|use|end)$", example = "approve")]
    step: String,
    /// On which day, in California; not ahead of today.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    /// Where the State Board's decision stands, what is done, or why; needed but where it comes
    /// into force.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 4000, example = "item 7 of the agenda")]
    words: Option<String>,
    /// The powers of which the State Board approves: `changeLcap`, `imposeBudgetRevision`,
    /// `stayOrRescindAction`, `appointTrustee`.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    powers: Option<Vec<String>>,
    /// The power that is used.
    #[serde(default, deserialize_with = "there")]
    #[schema(
        nullable = false,
        pattern = "^(changeLcap|imposeBudgetRevision|stayOrRescindAction|appointTrustee)$"
    )]
    power: Option<String>,
    /// Of an action that is stayed or rescinded: whether a collective bargaining agreement
    /// requires it. One that is required is not stayed.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    required_by_bargaining_agreement: Option<bool>,
}

/// Interventions, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InterventionList {
    items: Vec<InterventionView>,
    page: Page,
}

/// Propose a state intervention
///
/// The State Superintendent proposes it to the State Board: only where the newest determination
/// that was public on the day meets the test over several years, which is looked up, and the
/// Collaborative found by a referral that it is called for, which is looked up, too. What is
/// missing is said (409).
#[utoipa::path(
    tag = "interventions", operation_id = "createIntervention",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with the same intervention.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "intervention-1", nullable = false),
    ),
    request_body(content = InterventionProposal, description = "The LEA, the referral, and why."),
    responses(
        (status = 201, description = "The intervention, proposed.", body = InterventionView),
        (status = "4XX", description = "A condition is missing, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/interventions")]
pub(crate) async fn create_intervention(
    request: HttpRequest,
    may: May<CreateIntervention>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let sent = SentOnce::of(&request, &body, &mut asked);
    asked.done()?;
    let writer = Writer::of(&request, &may, 201, Some(sent))?;
    writer.may_do(Act::Propose)?;
    let expected = "{\"cds\": \"…\", \"referral\": \"…\", \"on\": \"…\", …}";
    let asked: InterventionProposal = read(&body, expected)?;
    let (cds, on) = (code(&asked.cds)?, day(&asked.on)?);
    let referral = word("referral", &asked.referral, SupportId::parse(&asked.referral))?;
    let (reason, strategies) =
        (text("reason", asked.reason)?, text("strategies", asked.strategies)?);
    let (store, public, county) = (may.store(), may.public()?, may.county_of(cds));
    let done = apart(move || {
        if let Some(before) = writer.before(&store)? {
            return Ok(before);
        }
        let (lea_type, evidence) = evidence(&public, cds, on, Vec::new())?;
        let finding = found(&store, referral, cds)?;
        let rests_on: Vec<_> = finding.iter().map(|found| (referral, found.version)).collect();
        let grounds = Grounds { level3: evidence.level3, found: finding };
        let proposal = Proposal { lea_type, on, reason, strategies };
        let proposed = Intervention::propose(proposal, &grounds);
        let proposed = proposed.map_err(|refusal| Problem::of_refusal(&refusal))?;
        let place = SupportPlace { kind: INTERVENTIONS.kind, cds: Some(cds), county: Some(county) };
        let says = Says { state: proposed.state().code(), content: &proposed, rests_on: &rests_on };
        writer.add(&store, place, says)
    });
    wrote(&request, &may, (INTERVENTIONS, true), done.await?, InterventionView::of).await
}

/// State interventions
///
/// Those of the LEAs that the caller's agency reaches, the newest first; the Collaborative sees
/// all.
#[utoipa::path(
    tag = "interventions", operation_id = "listInterventions",
    params(
        ("cds" = Option<String>, Query, description = "Of this LEA.", pattern = "^[0-9]{14}$", example = "01800010000000", nullable = false),
        ("county" = Option<String>, Query, description = "Of LEAs that were in this county when it was proposed, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01", nullable = false),
        ("state" = Option<String>, Query, description = "In this state.", pattern = "^(proposed|approved|disapproved|inForce|ended)$", example = "proposed", nullable = false),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
    ),
    responses(
        (status = 200, description = "A page of interventions.", body = InterventionList),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/interventions")]
pub(crate) async fn list_interventions(
    request: HttpRequest,
    may: May<ListInterventions>,
) -> Result<HttpResponse, Problem> {
    let wanted = wanted(&request, &may, INTERVENTIONS, &State::ALL.map(State::code))?;
    let (records, page) = listed(&may, INTERVENTIONS, wanted).await?;
    let items = records.into_iter().map(|record| InterventionView::of(record, None));
    fresh(&InterventionList { items: items.collect::<Result<_, _>>()?, page })
}

/// One state intervention
///
/// With its grounds and steps, and who wrote it when. One that was deleted is answered with 410,
/// when and why.
#[utoipa::path(
    tag = "interventions", operation_id = "getIntervention",
    params(
        ("id" = String, Path, description = "The intervention's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The intervention.", body = InterventionView),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such intervention, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/interventions/{id}")]
pub(crate) async fn get_intervention(
    request: HttpRequest,
    may: May<GetIntervention>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    one(&request, &may, (INTERVENTIONS, &path), InterventionView::of).await
}

/// Take a step of an intervention
///
/// The state records what the State Board decided; the State Superintendent has it come into
/// force, uses the powers of which the board approved, and ends it. When it comes into force, test
/// and finding are looked up again. What the law does not allow is refused (409) with the
/// condition that is missing. `If-Match` has the `ETag` of the intervention as it was read.
#[utoipa::path(
    tag = "interventions", operation_id = "takeInterventionStep",
    params(
        ("id" = String, Path, description = "The intervention's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("If-Match" = String, Header, description = "The `ETag` of the intervention as it was read, or `*`.", example = "*"),
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with what came of it then.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "step-1", nullable = false),
    ),
    request_body(content = InterventionStepTaken, description = "The step."),
    responses(
        (status = 200, description = "The intervention as it is now.", body = InterventionView),
        (status = "4XX", description = "There is no such intervention, it has changed since it was read, a condition is missing, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/interventions/{id}/steps")]
pub(crate) async fn take_intervention_step(
    request: HttpRequest,
    may: May<TakeInterventionStep>,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let sent = SentOnce::of(&request, &body, &mut asked);
    asked.done()?;
    let writer = Writer::of(&request, &may, 200, Some(sent))?;
    let record = visible(&may, INTERVENTIONS, &path, None).await?;
    let asked: InterventionStepTaken = read(&body, "{\"step\": \"…\", \"on\": \"…\", …}")?;
    let on = day(&asked.on)?;
    let step = step(asked)?;
    writer.may_do(step.act())?;
    let (store, public) = (may.store(), may.public()?);
    // What was done before by the same request has changed the record.
    let expected = condition(&request, &record);
    let done = apart(move || {
        if let Some(before) = writer.before(&store)? {
            return Ok(before);
        }
        let expected = expected?;
        let says: Intervention = content(&record)?;
        let (grounds, rests_on) = match record.cds {
            Some(cds) => {
                let referral = SupportId::parse(&says.found().referral);
                let finding = match referral {
                    Some(referral) => found(&store, referral, cds)?,
                    None => None,
                };
                let rests_on = referral.zip(finding.as_ref().map(|found| found.version));
                let (_, evidence) = evidence(&public, cds, on, Vec::new())?;
                (Grounds { level3: evidence.level3, found: finding }, rests_on)
            }
            None => return Err(Problem::new(Kind::Internal, "the intervention is of no LEA")),
        };
        // What is used or ended later does not rest on them any more.
        let rests_on: Vec<_> =
            rests_on.into_iter().filter(|_| matches!(step, Step::Begin)).collect();
        let after = says.step(on, step, &grounds);
        let after = after.map_err(|refusal| Problem::of_refusal(&refusal))?;
        let says = Says { state: after.state().code(), content: &after, rests_on: &rests_on };
        writer.change(&store, (record.id, expected), says)
    });
    wrote(&request, &may, (INTERVENTIONS, false), done.await?, InterventionView::of).await
}

/// A step as the rules take it. What a step has no use for is refused.
fn step(asked: InterventionStepTaken) -> Result<Step, Problem> {
    let InterventionStepTaken {
        step,
        on: _,
        words,
        powers,
        power,
        required_by_bargaining_agreement,
    } = asked;
    let (approves, uses) = (step == "approve", step == "use");
    let is_required = required_by_bargaining_agreement.is_some();
    if powers.is_some() != approves || power.is_some() != uses || is_required && !uses {
        let detail = "powers is given with approve alone, and power with use alone; both are needed \
                      there. requiredByBargainingAgreement goes with use";
        return Err(Problem::new(Kind::BodyNotValid, detail));
    }
    if step == "begin" && words.is_some() {
        return Err(Problem::new(Kind::BodyNotValid, "a beginning has no words"));
    }
    let words = text("words", words)?;
    let of = |text: &String| word("power", text, Power::parse(text));
    Ok(match (step.as_str(), powers, power) {
        ("approve", Some(powers), _) => {
            let powers = powers.iter().map(of).collect::<Result<BTreeSet<_>, _>>()?;
            Step::Approve { powers, words }
        }
        ("disapprove", ..) => Step::Disapprove { words },
        ("begin", ..) => Step::Begin,
        ("use", _, Some(power)) => {
            Step::Use { power: of(&power)?, words, required_by_bargaining_agreement }
        }
        ("end", ..) => Step::End { reason: words },
        (other, ..) => return word("step", other, None),
    })
}

/// Delete an intervention
///
/// As something that should not have been written, such as one of another LEA: it is no longer
/// listed, and answered with 410, when and why. What it said is kept, and shown as of a moment
/// before. The agency that made it deletes it, or the state. `If-Match` has the `ETag` of the
/// intervention as it was read.
#[utoipa::path(
    tag = "interventions", operation_id = "deleteIntervention",
    params(
        ("id" = String, Path, description = "The intervention's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("reason" = String, Query, description = "Why, on one line.", min_length = 1, max_length = 1000, example = "it was of another LEA"),
        ("If-Match" = String, Header, description = "The `ETag` of the intervention as it was read, or `*`.", example = "*"),
    ),
    responses(
        (status = 204, description = "It is deleted."),
        (status = "4XX", description = "There is no such intervention, it has changed since it was read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/interventions/{id}")]
pub(crate) async fn delete_intervention(
    request: HttpRequest,
    may: May<DeleteIntervention>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    remove(&request, &may, INTERVENTIONS, &path).await
}
