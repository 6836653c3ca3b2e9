//! The steps of a typical year of support, as a county office has them.

use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse, get, put};
use calsos_domain::cds::CountyCode;
use calsos_domain::support::engagement::activity::ActivityKind;
use calsos_domain::support::engagement::template::{Template, TemplateStep};
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_persistence::{SupportPlace, SupportRecord, SupportSet, SupportStep, WriteSupports};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::keeping::may_keep;
use super::record::read;
use super::writer::Writer;
use crate::app::support::engagements::{template, templates_of};
use crate::auth::operation::{GetEngagementTemplate, ReplaceEngagementTemplate};
use crate::error::AppError;
use crate::problem::{Fault, Kind, Problem, ProblemDetails};
use crate::routes::releases::there;
use crate::server::answers::{apart, drawn, json};
use crate::server::asked::Asked;
use crate::server::conditions::{Condition, tag_of, versioned, with_tag};
use crate::server::may::May;

/// The steps of a typical year, for the LEAs of a county.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EngagementTemplate)]
struct TemplateView {
    #[schema(pattern = "^[0-9]{2}$", example = "27")]
    county: String,
    /// Whether they come with the program: the county office has none of its own.
    is_default: bool,
    steps: Vec<TemplateStepPart>,
}

/// A step of a typical year.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EngagementTemplateStep)]
struct TemplateStepPart {
    /// What names it among the steps.
    #[schema(
        min_length = 1,
        max_length = 40,
        pattern = "^[A-Za-z0-9]+$",
        example = "firstMeeting"
    )]
    key: String,
    #[schema(min_length = 1, max_length = 300, example = "First meeting")]
    title: String,
    /// The activity that it is, if it is one: `strengthsAndWeaknesses`, `expertOrPartner`,
    /// `documentation`, `advice` or `lcapReview`.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        pattern = "^(strengthsAndWeaknesses|expertOrPartner|documentation|advice|lcapReview)$"
    )]
    activity: Option<String>,
    /// How many days after the day on which the Dashboard is public it is due; fewer than 0
    /// before.
    #[schema(minimum = -150, maximum = 760, example = 14)]
    days: i32,
}

/// The steps of a typical year, as they are sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewEngagementTemplate {
    #[schema(min_items = 1, max_items = 100)]
    steps: Vec<TemplateStepPart>,
}

impl TemplateView {
    fn of(county: CountyCode, template: &Template, version: u32) -> TemplateView {
        let step = |step: &TemplateStep| TemplateStepPart {
            key: step.key.clone(),
            title: step.title.clone(),
            activity: step.activity.map(|activity| activity.code().to_owned()),
            days: step.days,
        };
        let steps = template.steps().iter().map(step).collect();
        TemplateView { county: county.to_string(), is_default: version == 0, steps }
    }
}

impl NewEngagementTemplate {
    fn read(self) -> Result<Template, Problem> {
        let refused =
            |parameter: String, detail: String| Problem::of_body(vec![Fault { parameter, detail }]);
        let mut steps = Vec::new();
        for (number, step) in self.steps.into_iter().enumerate() {
            let TemplateStepPart { key, title, activity, days } = step;
            let activity = activity.map(|text| {
                ActivityKind::parse(&text).ok_or_else(|| {
                    let detail = "the name of one of the five activities is expected";
                    refused(format!("steps[{number}].activity"), detail.to_owned())
                })
            });
            steps.push(TemplateStep { key, title, activity: activity.transpose()?, days });
        }
        Template::of(steps).map_err(|fault| refused(fault.at, fault.detail))
    }
}

/// The steps of a typical year
///
/// Those of a county office, or those that come with the program where it has none of its own.
#[utoipa::path(
    tag = "engagements", operation_id = "getEngagementTemplate",
    params(("county" = String, Path, description = "The county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "27")),
    responses(
        (status = 200, description = "The steps.", body = TemplateView),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such county, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/engagement-templates/{county}")]
pub(crate) async fn get_engagement_template(
    request: HttpRequest,
    may: May<GetEngagementTemplate>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let county = county_of(&mut asked, &path);
    let county = asked.done_with(county)?;
    let store = may.store();
    let (template, version) = apart(move || Ok(template(&store, county)?)).await?;
    versioned(&request, &tag_of(version), &TemplateView::of(county, &template, version))
}

/// Replace the steps of a typical year
///
/// For engagements that are opened from then on; those that are open keep their steps. The
/// county's office does it, or the state. `If-Match` has the `ETag` of the steps as they were
/// read.
#[utoipa::path(
    tag = "engagements", operation_id = "replaceEngagementTemplate",
    params(
        ("county" = String, Path, description = "The county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "27"),
        ("If-Match" = String, Header, description = "The `ETag` of the steps as they were read, or `*`.", example = "*"),
    ),
    request_body(content = NewEngagementTemplate, description = "The steps."),
    responses(
        (status = 200, description = "The steps as they are now.", body = TemplateView),
        (status = "4XX", description = "There is no such county, the steps have changed since they were read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[put("/v1/engagement-templates/{county}")]
pub(crate) async fn replace_engagement_template(
    request: HttpRequest,
    may: May<ReplaceEngagementTemplate>,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let county = county_of(&mut asked, &path);
    let county = asked.done_with(county)?;
    may_keep(&may, &ServiceProvider::County(county), "the steps")?;
    let condition = Condition::of(&request, "the steps")?;
    let sent: NewEngagementTemplate = read(&body, "{\"steps\": […]}")?;
    let template = sent.read()?;
    let content = serde_json::to_string(&template).map_err(AppError::from)?;
    let writer = Writer::of(&request, &may, 200, None)?;
    let store = may.store();
    let version = apart(move || {
        let filter = templates_of(county);
        let set = SupportSet { filter, by: writer.by(), once: None, audit: Some(writer.audit()) };
        let outcome = store.write_supports(&set, |held| {
            let version = held.first().map_or(0, |record| record.version.version);
            if !condition.holds(&tag_of(version)) {
                return Err(());
            }
            let state = "kept".to_owned();
            Ok(vec![match held.first() {
                Some(SupportRecord { id, .. }) => {
                    SupportStep::Change { id: *id, state, content, reason: None }
                }
                None => {
                    let place = SupportPlace { kind: filter.kind, cds: None, county: Some(county) };
                    SupportStep::Add { place, state, content }
                }
            }])
        });
        match outcome.map_err(AppError::from)? {
            WriteSupports::Done(records) => {
                Ok(records.first().map_or(0, |record| record.version.version))
            }
            WriteSupports::Not(()) => {
                let detail = "the steps have changed since you read them; read them again and \
                              decide anew. Nothing of yours was stored";
                Err(Problem::new(Kind::ConditionFailed, detail))
            }
            WriteSupports::Again(_) | WriteSupports::Otherwise(_) => {
                Err(Problem::new(Kind::Internal, "a key was read where there is none"))
            }
        }
    });
    let version = version.await?;
    let view = TemplateView::of(county, &template, version);
    Ok(json(with_tag(HttpResponse::Ok(), &tag_of(version)), drawn(&view)?.into()))
}

fn county_of(asked: &mut Asked, text: &str) -> Option<CountyCode> {
    asked.of_path("county", text, "a county's number from 01 to 58", |text| {
        (text.len() == 2).then(|| CountyCode::parse(text)).flatten()
    })
}
