//! The templates by which counties write communications.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, put};
use calsos_domain::cds::CountyCode;
use calsos_domain::support::service_provider::ServiceProvider;
use serde::Serialize;
use utoipa::ToSchema;

use super::catalogues::media_of;
use super::communications::{COUNTY, county, kind_of};
use super::keeping::may_keep;
use super::writer::Writer;
use crate::app::support::communications::CommunicationKind;
use crate::app::support::letters::{TEMPLATE_BYTES_MOST, built_in, check};
use crate::app::support::templates::{BUILT_IN, OwnTemplate, WriteTemplate};
use crate::app::withdraw::{REASON_EXPECTED, reason};
use crate::auth::operation::{
    DeleteCommunicationTemplate, GetCommunicationTemplate, ReplaceCommunicationTemplate,
};
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, drawn, has, json};
use crate::server::asked::Asked;
use crate::server::conditions::{Condition, with_tag};
use crate::server::may::May;

/// The media type of a template as it is sent and shown.
const HTML: &str = "text/html";

/// A template that a county has now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StoredCommunicationTemplate {
    #[schema(pattern = "^[0-9]{2}$", example = "01")]
    county: String,
    #[schema(example = "onePageSummary")]
    kind: &'static str,
    /// How long it is.
    bytes: usize,
}

/// The template of a county
///
/// Its own, or the built-in one where it has none. `docs/communications.md` has its language, and
/// the schema of the facts says what may be named in it.
#[utoipa::path(
    tag = "communications", operation_id = "getCommunicationTemplate",
    params(
        ("county" = String, Path, description = "The county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01"),
        ("kind" = String, Path, description = "What is written by it.", example = "onePageSummary"),
    ),
    responses(
        (status = 200, description = "The template.", body = String, content_type = "text/html"),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such kind, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/communication-templates/{county}/{kind}")]
pub(crate) async fn get_communication_template(
    request: HttpRequest,
    may: May<GetCommunicationTemplate>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (county, kind) = named(Asked::of(&request), &path)?;
    let own = apart(move || Ok(may.office().own_template(county, kind)?)).await?;
    let tag = own.as_ref().map_or_else(|| BUILT_IN.to_owned(), OwnTemplate::tag);
    if HeaderValue::from_str(&tag).is_ok_and(|tag| has(request.headers(), &tag)) {
        return Ok(with_tag(HttpResponse::NotModified(), &tag).finish());
    }
    let text = own.map_or_else(|| built_in(kind).to_owned(), |own| own.template);
    let mut response = with_tag(HttpResponse::Ok(), &tag);
    response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    Ok(response.body(text))
}

/// Write a template of a county's own
///
/// It takes the place of the one that the county has. Before it is stored, letters to made-up
/// LEAs are written by it; where that fails, nothing is stored, and the line is told. The scope
/// `support` is needed, and the county office's agency or the state's. `If-Match` has the `ETag`
/// of the template as it was read.
#[utoipa::path(
    tag = "communications", operation_id = "replaceCommunicationTemplate",
    params(
        ("county" = String, Path, description = "The county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01"),
        ("kind" = String, Path, description = "What is written by it.", example = "onePageSummary"),
        ("If-Match" = String, Header, description = "The `ETag` of the template as it was read, or `*`.", example = "*"),
    ),
    request_body(content = String, content_type = "text/html", description = "The template, of at most 65536 bytes in UTF-8."),
    responses(
        (status = 200, description = "It is stored.", body = StoredCommunicationTemplate),
        (status = "4XX", description = "The template is not valid or has changed since it was read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[put("/v1/communication-templates/{county}/{kind}")]
pub(crate) async fn replace_communication_template(
    request: HttpRequest,
    may: May<ReplaceCommunicationTemplate>,
    path: Path<(String, String)>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let (county, kind) = named(Asked::of(&request), &path)?;
    may_keep(&may, &ServiceProvider::County(county), "the templates")?;
    let condition = Condition::of(&request, "the template")?;
    let media = media_of(&request);
    if media != HTML {
        let media: String = media.chars().take(60).collect();
        let detail = format!("'{media}' is not read; send the template as {HTML}");
        return Err(Problem::new(Kind::UnsupportedMediaType, detail));
    }
    let template = String::from_utf8(body.to_vec()).map_err(|fault| {
        let place = fault.utf8_error().valid_up_to();
        let detail = format!("the template is not in UTF-8: the byte after {place} is none");
        Problem::new(Kind::TemplateNotValid, detail)
    })?;
    let writer = Writer::of(&request, &may, 200, None)?;
    let bytes = template.len();
    let written = apart(move || {
        check(kind, &template).map_err(|fault| {
            let detail = format!(
                "nothing was stored; {fault}. GET of the same address gives a template that \
                 works, and docs/communications.md the language, of at most \
                 {TEMPLATE_BYTES_MOST} bytes"
            );
            Problem::new(Kind::TemplateNotValid, detail)
        })?;
        if template.contains('\0') {
            let detail = "nothing was stored; the template has a NUL character, which is no text";
            return Err(Problem::new(Kind::TemplateNotValid, detail));
        }
        let expected = match &condition {
            Condition::Any => None,
            Condition::Tag(tag) => Some(tag.as_str()),
        };
        let writing = writer.writing();
        Ok(may.office().write_template((county, kind), &template, expected, writing)?)
    });
    let WriteTemplate::Done(own) = written.await? else { return Err(changed_since()) };
    let body = StoredCommunicationTemplate { county: county.to_string(), kind: kind.code(), bytes };
    Ok(shown(HttpResponse::Ok(), &own, drawn(&body)?))
}

/// Take a template of a county's own away
///
/// The built-in one holds again. What was written is kept with the reason. The scope `support` is
/// needed, and the county office's agency or the state's. `If-Match` has the `ETag` of the
/// template as it was read.
#[utoipa::path(
    tag = "communications", operation_id = "deleteCommunicationTemplate",
    params(
        ("county" = String, Path, description = "The county, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "01"),
        ("kind" = String, Path, description = "What is written by it.", example = "onePageSummary"),
        ("reason" = String, Query, description = "Why, on one line.", min_length = 1, max_length = 1000, example = "last year's letterhead"),
        ("If-Match" = String, Header, description = "The `ETag` of the template as it was read, or `*`.", example = "*"),
    ),
    responses(
        (status = 204, description = "The built-in template holds."),
        (status = "4XX", description = "The county has no template of its own, it has changed since it was read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/communication-templates/{county}/{kind}")]
pub(crate) async fn delete_communication_template(
    request: HttpRequest,
    may: May<DeleteCommunicationTemplate>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let why = asked.needed("reason", REASON_EXPECTED, reason);
    let of = asked.of_path("county", &path.0, COUNTY, county);
    let kind = kind_of(&mut asked, &path.1);
    let ((county, kind), why) = asked.done_with(of.zip(kind).zip(why))?;
    may_keep(&may, &ServiceProvider::County(county), "the templates")?;
    let condition = Condition::of(&request, "the template")?;
    let writer = Writer::of(&request, &may, 204, None)?;
    let written = apart(move || {
        let own = may.office().own_template(county, kind)?.ok_or_else(|| {
            let detail = format!(
                "county {county} has no template of its own for {}; the built-in one holds",
                kind.code()
            );
            Problem::new(Kind::UnknownTemplate, detail)
        })?;
        if !condition.holds(&own.tag()) {
            return Err(changed_since());
        }
        Ok(may.office().delete_template(&own, &why, writer.writing())?)
    });
    match written.await? {
        WriteTemplate::Done(_) => {
            let mut response = HttpResponse::NoContent();
            Ok(response.insert_header((CACHE_CONTROL, "no-store")).finish())
        }
        WriteTemplate::Otherwise => Err(changed_since()),
    }
}

fn shown(response: HttpResponseBuilder, own: &OwnTemplate, body: Vec<u8>) -> HttpResponse {
    json(with_tag(response, &own.tag()), body.into())
}

/// The county and the kind that a path names.
fn named(
    mut asked: Asked,
    path: &(String, String),
) -> Result<(CountyCode, CommunicationKind), Problem> {
    let of = asked.of_path("county", &path.0, COUNTY, county);
    let kind = kind_of(&mut asked, &path.1);
    asked.done_with(of.zip(kind))
}

fn changed_since() -> Problem {
    let detail = "the template has changed since you read it; read it again and decide anew";
    Problem::new(Kind::ConditionFailed, detail)
}
