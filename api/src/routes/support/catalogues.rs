//! The catalogue of a provider as a whole: loaded in the place of what was there.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, put};
use calsos_domain::support::catalogue::{CatalogueFault, check};
use calsos_domain::support::service::{Service, ServiceState};
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_ingest::{Refusal, catalogue_text, read_catalogue};
use serde::Serialize;
use utoipa::ToSchema;

use super::keeping::{SERVICES, may_keep};
use super::services::read;
use super::writer::Writer;
use crate::app::support::services::{HeldService, Load, Loaded, catalogue_tag};
use crate::auth::operation::{
    ExportServiceCatalogue, GetServiceCatalogue, Operation, ReplaceServiceCatalogue,
};
use crate::problem::{Fault, Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, drawn, json};
use crate::server::asked::Asked;
use crate::server::conditions::{Condition, versioned, with_tag};
use crate::server::may::May;
use crate::views::support::service::{NewServiceCatalogue, ServiceView};

/// The media types of a catalogue as it is sent.
const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The catalogue of a provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ServiceCatalogue {
    provider: String,
    /// The provider in words.
    provider_name: String,
    /// Every service by its code, ended ones too.
    services: Vec<ServiceView>,
}

/// What became of a catalogue that was loaded.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LoadedServiceCatalogue {
    provider: String,
    /// Services that are new.
    added: usize,
    /// Services that are others than they were, or are offered again.
    changed: usize,
    /// Services that are not in it any more.
    ended: usize,
    /// Services that are as they were.
    unchanged: usize,
    /// Whether nothing was stored, as `dryRun` asks for.
    dry_run: bool,
    /// What is worth a look.
    notes: Vec<String>,
}

/// The catalogue of a provider
///
/// Empty where nothing was ever loaded for it.
#[utoipa::path(
    tag = "services", operation_id = "getServiceCatalogue",
    params(("provider" = String, Path, description = "Whose it is.", min_length = 1, max_length = 220, pattern = "^(county:(0[1-9]|[1-4][0-9]|5[0-8])|ccee|state|(geographicLead|selpa|equityLead|expertLead|other):.+)$", example = "county:27")),
    responses(
        (status = 200, description = "The catalogue.", body = ServiceCatalogue),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such provider, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/service-catalogues/{provider}")]
pub(crate) async fn get_service_catalogue(
    request: HttpRequest,
    may: May<GetServiceCatalogue>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let provider = provider_of(&mut asked, &path);
    let provider = asked.done_with(provider)?;
    let services = services_of(&may, &provider).await?;
    let body = ServiceCatalogue {
        provider: provider.to_string(),
        provider_name: provider.words(),
        services: services.iter().map(ServiceView::of).collect(),
    };
    versioned(&request, &catalogue_tag(&services), &body)
}

/// The catalogue of a provider as a table
///
/// The services that are offered, in the columns in which a catalogue is loaded: it can be
/// changed in a spreadsheet and sent back.
#[utoipa::path(
    tag = "services", operation_id = "exportServiceCatalogue",
    params(("provider" = String, Path, description = "Whose it is.", min_length = 1, max_length = 220, pattern = "^(county:(0[1-9]|[1-4][0-9]|5[0-8])|ccee|state|(geographicLead|selpa|equityLead|expertLead|other):.+)$", example = "county:27")),
    responses(
        (status = 200, description = "The table.", body = String, content_type = "text/csv"),
        (status = "4XX", description = "There is no such provider, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/service-catalogues/{provider}/table")]
pub(crate) async fn export_service_catalogue(
    request: HttpRequest,
    may: May<ExportServiceCatalogue>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let provider = provider_of(&mut asked, &path);
    let provider = asked.done_with(provider)?;
    let services: Vec<Service> = services_of(&may, &provider)
        .await?
        .into_iter()
        .map(|held| held.service)
        .filter(|service| service.state == ServiceState::Offered)
        .collect();
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"));
    response.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"services.csv\""));
    response.insert_header((CACHE_CONTROL, "no-store"));
    Ok(response.body(catalogue_text(&services)))
}

/// Load the catalogue of a provider
///
/// It takes the place of what was there, all of it or nothing: services are told by their codes,
/// those that are not in it any more are ended and stay to be read, and the same again changes
/// nothing. It is sent as JSON, as CSV (`calsos template services` has the columns) or as an
/// Excel workbook. The scope `support` is needed, and the provider's agency or the state's.
/// `If-Match` has the `ETag` of the catalogue as it was read.
#[utoipa::path(
    tag = "services", operation_id = "replaceServiceCatalogue",
    params(
        ("provider" = String, Path, description = "Whose it is.", min_length = 1, max_length = 220, pattern = "^(county:(0[1-9]|[1-4][0-9]|5[0-8])|ccee|state|(geographicLead|selpa|equityLead|expertLead|other):.+)$", example = "county:27"),
        ("dryRun" = Option<bool>, Query, description = "Whether to say what would change and store nothing.", example = true, nullable = false),
        ("If-Match" = String, Header, description = "The `ETag` of the catalogue as it was read, or `*`.", example = "*"),
    ),
    request_body(
        content(
            (NewServiceCatalogue = "application/json"),
            (String = "text/csv"),
            (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ),
        description = "The catalogue, of 1 to 1000 services.",
    ),
    responses(
        (status = 200, description = "What became of it.", body = LoadedServiceCatalogue),
        (status = "4XX", description = "There is no such provider, its catalogue has changed since it was read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[put("/v1/service-catalogues/{provider}")]
pub(crate) async fn replace_service_catalogue(
    request: HttpRequest,
    may: May<ReplaceServiceCatalogue>,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let provider = provider_of(&mut asked, &path);
    let dry_run = asked.flag("dryRun");
    let provider = asked.done_with(provider)?;
    may_keep(&may, &provider, SERVICES)?;
    let condition = Condition::of(&request, "the catalogue")?;
    let media = media_of(&request);
    let writer = Writer::of(&request, &may, 200, None)?;
    let loaded = apart(move || {
        let (services, notes) = match media.as_str() {
            JSON => (services_in(&provider, &body)?, Vec::new()),
            CSV | XLSX => {
                let layouts = &may.office().layouts;
                let read = read_catalogue("the catalogue", &body, Some(&provider), layouts);
                let read = read.map_err(table_refused)?;
                (read.services, read.notes)
            }
            other => {
                let other: String = other.chars().take(60).collect();
                let detail =
                    format!("'{other}' is not read; send the catalogue as {JSON}, {CSV} or {XLSX}");
                return Err(Problem::new(Kind::UnsupportedMediaType, detail));
            }
        };
        let expected = match &condition {
            Condition::Any => None,
            Condition::Tag(tag) => Some(tag.as_str()),
        };
        let writing = writer.writing();
        let load = may.office().load_catalogue(&provider, &services, expected, dry_run, writing)?;
        Ok((provider, load, notes))
    });
    let (provider, load, notes) = loaded.await?;
    let Load::Done(loaded) = load else {
        let detail = "the catalogue has changed since you read it; read it again and decide anew";
        return Err(Problem::new(Kind::ConditionFailed, detail));
    };
    let Loaded { added, changed, ended, unchanged, tag } = loaded;
    let provider = provider.to_string();
    let body =
        LoadedServiceCatalogue { provider, added, changed, ended, unchanged, dry_run, notes };
    Ok(json(with_tag(HttpResponse::Ok(), &tag), drawn(&body)?.into()))
}

fn provider_of(asked: &mut Asked, text: &str) -> Option<ServiceProvider> {
    asked.of_path("provider", text, ServiceProvider::EXPECTED, ServiceProvider::parse)
}

/// Every service of a provider, by code.
async fn services_of<O: Operation>(
    may: &May<O>,
    provider: &ServiceProvider,
) -> Result<Vec<HeldService>, Problem> {
    let data = Data::clone(may.service());
    let all = apart(move || Ok(data.services()?)).await?;
    Ok(all.iter().filter(|held| held.service.provider == *provider).cloned().collect())
}

/// The media type of a body, without its parameters.
pub(super) fn media_of(request: &HttpRequest) -> String {
    let given = request.headers().get(CONTENT_TYPE).and_then(|given| given.to_str().ok());
    let media = given.unwrap_or_default().split(';').next().unwrap_or_default();
    media.trim().to_ascii_lowercase()
}

/// The services of a catalogue that was sent as JSON.
fn services_in(provider: &ServiceProvider, body: &[u8]) -> Result<Vec<Service>, Problem> {
    let NewServiceCatalogue { services } = read(body)?;
    let drafts = (0..).zip(services.into_iter().map(|service| service.draft()));
    check(provider, drafts.collect()).map_err(|faults| {
        let errors = faults.into_iter().take(FAULTS_TOLD).map(|fault| {
            let CatalogueFault { kind: _, number, field, found: _, message } = fault;
            let parameter = match (number, field) {
                (Some(number), Some(field)) => format!("services[{number}].{field}"),
                (Some(number), None) => format!("services[{number}]"),
                (None, _) => "services".to_owned(),
            };
            Fault { parameter, detail: message }
        });
        Problem::of_body(errors.collect())
    })
}

/// How many faults of a catalogue are told.
const FAULTS_TOLD: usize = calsos_ingest::FAULTS_TOLD;

/// A table that was refused.
fn table_refused(refusal: Refusal) -> Problem {
    let errors = refusal.faults.into_iter().map(|fault| {
        let row = fault.row.map(|row| format!("row {row}"));
        let column = fault.column.map(|column| format!("column {column}"));
        let place: Vec<String> = row.into_iter().chain(column).collect();
        let parameter =
            if place.is_empty() { "the catalogue".to_owned() } else { place.join(", ") };
        Fault { parameter, detail: fault.message }
    });
    Problem::of_body(errors.collect())
}
