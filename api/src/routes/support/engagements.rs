//! Engagements: what a provider does for an LEA that is in level 2 or 3.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post};
use calsos_domain::cds::CdsCode;
use calsos_domain::lea::LeaType;
use calsos_domain::support::engagement::{At, Engagement, Helped, Opening, Part, State};
use calsos_persistence::{
    SupportFilter, SupportKind, SupportPlace, SupportRecord, SupportSet, SupportStep, WriteSupport,
    WriteSupports,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::record::{
    Resource, code, condition, day, delete as remove, listed_where, one, read, visible, wanted_in,
    wrote,
};
use super::writer::{Says, SentOnce, Writer};
use crate::app::moments::today;
use crate::app::support::content;
use crate::app::support::engagements::{built_in, marked, part, standing, template};
use crate::auth::operation::{
    CreateEngagement, DeleteEngagement, GetEngagement, GetEngagementChecklist, ListEngagements,
    UpdateEngagement,
};
use crate::error::AppError;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, fresh};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::server::paging::Page;
use crate::snapshot::Snapshot;
use crate::views::support::engagement::parts::refused;
use crate::views::support::engagement::{ChecklistView, EngagementChange, EngagementView};

const ENGAGEMENTS: Resource = Resource {
    kind: SupportKind::Engagement,
    collection: "engagements",
    unknown: Kind::UnknownEngagement,
};

/// What an engagement is opened with.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EngagementOpening {
    /// The LEA, 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    /// On which day, in California; not ahead of today. It rests on the support of that day.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
}

/// Engagements, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EngagementList {
    items: Vec<EngagementView>,
    page: Page,
}

/// Today, in California.
fn today_here() -> Result<calsos_domain::year::Day, Problem> {
    let unknown = || Problem::new(Kind::Internal, "the clock says no day that there is");
    today(Timestamp::now()).ok_or_else(unknown)
}

/// In which part somebody writes in the engagements of an LEA that it reaches.
fn part_of(writer: &Writer, lea_type: LeaType) -> Result<Part, Problem> {
    part(&writer.agency, lea_type).ok_or_else(|| {
        let detail = format!(
            "an engagement is kept by those who provide help to the LEA, and not for {}",
            writer.agency
        );
        Problem::new(Kind::StepOfOthers, detail)
    })
}

/// Open an engagement
///
/// For an LEA that was in level 2 on the day by a public determination, or in level 3 while the
/// Collaborative assisted it or the state intervened: that is looked up, as is who provides help.
/// The year's steps are those of the LEA's county office, or else those that come with the
/// program, with the days on which they are due. An LEA has one that is open at a time. Who
/// provides help opens it: the county office, for a district its geographic lead, for a county
/// office the state, and the Collaborative where the LEA is referred to it.
#[utoipa::path(
    tag = "engagements", operation_id = "createEngagement",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with the same engagement.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "engagement-1", nullable = false),
    ),
    request_body(content = EngagementOpening, description = "The LEA, and when."),
    responses(
        (status = 201, description = "The engagement.", body = EngagementView),
        (status = "4XX", description = "A condition is missing, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/engagements")]
pub(crate) async fn create_engagement(
    request: HttpRequest,
    may: May<CreateEngagement>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let sent = SentOnce::of(&request, &body, &mut asked);
    asked.done()?;
    let writer = Writer::of(&request, &may, 201, Some(sent))?;
    let asked: EngagementOpening = read(&body, "{\"cds\": \"…\", \"on\": \"…\"}")?;
    let (cds, on) = (code(&asked.cds)?, day(&asked.on)?);
    if !may.reach().is_some_and(|reach| reach.contains(cds)) {
        let detail = "the LEA is none that the token's agency reaches";
        return Err(Problem::new(Kind::OutOfReach, detail));
    }
    let (store, public, county) = (may.store(), may.public()?, may.county_of(cds));
    let done = apart(move || {
        if let Some(before) = writer.before(&store)? {
            return Ok(before);
        }
        let standing = standing(&public, cds, county, on)?;
        let lea_type = standing.lea_type;
        if part_of(&writer, lea_type)? != Part::Provider {
            let detail = "an engagement is opened by those who provide help to the LEA";
            return Err(Problem::new(Kind::StepOfOthers, detail));
        }
        // A county office of education is helped by the state, which has no steps of its own.
        let template = match lea_type {
            LeaType::CountyOffice => built_in()?,
            LeaType::District | LeaType::Charter => template(&store, county)?.0,
        };
        let engagement = Engagement::open(Opening {
            lea_type,
            providers: standing.providers,
            helped: standing.helped,
            on,
            template: &template,
        });
        let engagement = engagement.map_err(|refusal| Problem::of_refusal(&refusal))?;
        let says = serde_json::to_string(&engagement).map_err(AppError::from)?;
        let set = SupportSet {
            filter: SupportFilter { cds: Some(cds), ..SupportFilter::of(ENGAGEMENTS.kind) },
            by: writer.by(),
            once: writer.once(),
            audit: Some(writer.audit()),
        };
        let outcome = store.write_supports(&set, |held| {
            let open = held.iter().find(|record| record.version.state != State::Closed.code());
            if let Some(open) = open {
                let refusal = Engagement::beside(lea_type, &open.id.to_string());
                return Err(Problem::of_refusal(&refusal));
            }
            Ok(vec![SupportStep::Add {
                place: SupportPlace {
                    kind: ENGAGEMENTS.kind,
                    cds: Some(cds),
                    county: Some(county),
                },
                state: engagement.state().code().to_owned(),
                content: says,
            }])
        });
        match outcome.map_err(AppError::from)? {
            WriteSupports::Done(records) => match newest(records) {
                Some(record) => Ok(WriteSupport::Done(record)),
                None => Err(Problem::new(Kind::Internal, "what was written is not there")),
            },
            WriteSupports::Again(record) => Ok(WriteSupport::Again(record)),
            WriteSupports::Otherwise(record) => Ok(WriteSupport::Otherwise(record)),
            WriteSupports::Not(problem) => Err(problem),
        }
    });
    wrote(&request, &may, (ENGAGEMENTS, true), done.await?, EngagementView::of).await
}

/// The record that was made last.
fn newest(records: Vec<SupportRecord>) -> Option<SupportRecord> {
    records.into_iter().max_by_key(|record| record.sequence)
}

/// Engagements
///
/// Those of the LEAs that the caller's agency reaches, the newest first.
#[utoipa::path(
    tag = "engagements", operation_id = "listEngagements",
    params(
        ("cds" = Option<String>, Query, description = "Of this LEA.", pattern = "^[0-9]{14}$", example = "01800010000000", nullable = false),
        ("county" = Option<String>, Query, description = "Of LEAs that were in this county when they were opened, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01", nullable = false),
        ("state" = Option<String>, Query, description = "In this state.", pattern = "^(opened|underWay|closed)$", example = "opened", nullable = false),
        ("late" = Option<bool>, Query, description = "Only those with a step that is late today, or on the day as of which is asked; `false` for those without.", example = true, nullable = false),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
    ),
    responses(
        (status = 200, description = "A page of engagements.", body = EngagementList),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/engagements")]
pub(crate) async fn list_engagements(
    request: HttpRequest,
    may: May<ListEngagements>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let late = asked.optional("late", "true or false", |text| text.parse::<bool>().ok());
    let wanted = wanted_in(&mut asked, &may, ENGAGEMENTS, &State::ALL.map(State::code));
    asked.done()?;
    let on = today(wanted.as_of.unwrap_or_else(Timestamp::now));
    let holds = move |record: &SupportRecord| {
        let Some(late) = late else { return true };
        let is_late = |on| content::<Engagement>(record).is_ok_and(|says| says.is_late(on));
        on.is_some_and(is_late) == late
    };
    let (records, page) = listed_where(&may, ENGAGEMENTS, wanted, holds).await?;
    let items = records.into_iter().map(|record| EngagementView::of(record, None));
    fresh(&EngagementList { items: items.collect::<Result<_, _>>()?, page })
}

/// One engagement
///
/// With who wrote it when, and for which agency. One that was deleted is answered with 410, when
/// and why.
#[utoipa::path(
    tag = "engagements", operation_id = "getEngagement",
    params(
        ("id" = String, Path, description = "The engagement's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The engagement.", body = EngagementView),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such engagement, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/engagements/{id}")]
pub(crate) async fn get_engagement(
    request: HttpRequest,
    may: May<GetEngagement>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    one(&request, &may, (ENGAGEMENTS, &path), EngagementView::of).await
}

/// The checklist of an engagement
///
/// Which of the year's steps are done, due within 14 days, late, or further ahead on a day: today
/// in California where none is named. A step that is an activity is done when that is.
#[utoipa::path(
    tag = "engagements", operation_id = "getEngagementChecklist",
    params(
        ("id" = String, Path, description = "The engagement's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("on" = Option<String>, Query, description = "The day.", example = "2016-12-12", nullable = false),
        ("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false),
    ),
    responses(
        (status = 200, description = "The checklist.", body = ChecklistView),
        (status = "4XX", description = "There is no such engagement, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/engagements/{id}/checklist")]
pub(crate) async fn get_engagement_checklist(
    request: HttpRequest,
    may: May<GetEngagementChecklist>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (on, as_of) = (asked.day("on"), asked.as_of(may.latest()));
    asked.done()?;
    let on = match on {
        Some(on) => on,
        None => today_here()?,
    };
    let record = visible(&may, ENGAGEMENTS, &path, as_of).await?;
    fresh(&ChecklistView::of(&record, on)?)
}

/// Change an engagement
///
/// Each part that is given takes the place of what it was; the rest stays, and so does every
/// earlier version. Those who provide help write all of it; the LEA writes `needs` and
/// `lcapChanges`, which are its to decide. What lacks what the law asks is refused (409) with the
/// condition that is missing and where it stands. `If-Match` has the `ETag` of the engagement as
/// it was read: of two that change it at the same moment, one is answered with 412, reads it
/// again and loses nothing.
#[utoipa::path(
    tag = "engagements", operation_id = "updateEngagement",
    params(
        ("id" = String, Path, description = "The engagement's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("If-Match" = String, Header, description = "The `ETag` of the engagement as it was read, or `*`.", example = "*"),
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with what came of it then.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "change-1", nullable = false),
    ),
    request_body(content = EngagementChange, description = "What is changed.", example = json!({"needs": [{"group": "SWD", "indicator": "CHRO"}]})),
    responses(
        (status = 200, description = "The engagement as it is now.", body = EngagementView),
        (status = "4XX", description = "There is no such engagement, it has changed since it was read, a condition is missing, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet, or the database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[patch("/v1/engagements/{id}")]
pub(crate) async fn update_engagement(
    request: HttpRequest,
    may: May<UpdateEngagement>,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let sent = SentOnce::of(&request, &body, &mut asked);
    asked.done()?;
    let writer = Writer::of(&request, &may, 200, Some(sent))?;
    let record = visible(&may, ENGAGEMENTS, &path, None).await?;
    let change: EngagementChange = read(&body, "{\"needs\": […], …}")?;
    let mut edit = change.read()?;
    let (store, public, data) = (may.store(), may.public()?, Data::clone(may.service()));
    let cds = record.cds.ok_or_else(|| Problem::new(Kind::Internal, "it is of no LEA"))?;
    let (county, today) = (may.county_of(cds), today_here()?);
    // What was done before by the same request has changed the record.
    let expected = condition(&request, &record);
    let done = apart(move || {
        if let Some(before) = writer.before(&store)? {
            return Ok(before);
        }
        let says: Engagement = content(&record)?;
        let of_others = edit.parts_of_providers();
        if part_of(&writer, says.lea_type())? == Part::Lea && !of_others.is_empty() {
            let detail = format!(
                "the LEA writes needs and lcapChanges; these are written by those who provide help \
                 to it: {}",
                of_others.join(", ")
            );
            return Err(Problem::new(Kind::StepOfOthers, detail));
        }
        let expected = expected?;
        for activity in edit.activities.values() {
            is_district(&public, activity.partner)?;
        }
        if let Some(needs) = edit.needs.take() {
            let of = (cds, says.basis().dashboard_year);
            edit.needs = Some(marked(&public, &data.office, of, needs)?);
        }
        let helped = match &edit.closed {
            Some(closing) => standing(&public, cds, county, closing.on)?.helped,
            None => Helped::No(String::new()),
        };
        let after = says.edit(edit, At { cds, county, today }, &helped);
        let after = after.map_err(|refusal| Problem::of_refusal(&refusal))?;
        let says = Says { state: after.state().code(), content: &after, rests_on: &[] };
        writer.change(&store, (record.id, expected), says)
    });
    wrote(&request, &may, (ENGAGEMENTS, false), done.await?, EngagementView::of).await
}

/// Refuses a partner that no public file names.
fn is_district(public: &Snapshot, partner: Option<CdsCode>) -> Result<(), Problem> {
    match partner {
        Some(partner) if public.lea(partner).is_err() => {
            let detail = format!("no public file names an LEA of the code {partner}");
            Err(refused("activities.expertOrPartner.partner", detail))
        }
        _ => Ok(()),
    }
}

/// Delete an engagement
///
/// As something that should not have been written, such as one of another LEA: it is no longer
/// listed, and answered with 410, when and why. What it said is kept, and shown as of a moment
/// before. The agency that made it deletes it, or the state. `If-Match` has the `ETag` of the
/// engagement as it was read.
#[utoipa::path(
    tag = "engagements", operation_id = "deleteEngagement",
    params(
        ("id" = String, Path, description = "The engagement's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("reason" = String, Query, description = "Why, on one line.", min_length = 1, max_length = 1000, example = "it was of another LEA"),
        ("If-Match" = String, Header, description = "The `ETag` of the engagement as it was read, or `*`.", example = "*"),
    ),
    responses(
        (status = 204, description = "It is deleted."),
        (status = "4XX", description = "There is no such engagement, it has changed since it was read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/engagements/{id}")]
pub(crate) async fn delete_engagement(
    request: HttpRequest,
    may: May<DeleteEngagement>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    remove(&request, &may, ENGAGEMENTS, &path).await
}
