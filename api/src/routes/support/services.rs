//! Services that providers offer, one by one.

use std::collections::BTreeSet;

use actix_web::http::header::LOCATION;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, delete, get, patch, post};
use calsos_domain::cds::CountyCode;
use calsos_domain::indicator::Indicator;
use calsos_domain::priority::Priority;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::service::{Service, ServiceFaults, ServiceState, kind_of};
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_persistence::{
    StoreError, SupportChange, SupportEdit, SupportId, SupportKind, SupportRecord, WriteSupport,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::keeping::{SERVICES, may_keep};
use super::writer::{SentOnce, Writer};
use crate::app::support::services::{AddService, HeldService};
use crate::app::withdraw::{REASON_EXPECTED, reason};
use crate::auth::operation::{
    CreateService, DeleteService, GetService, ListServices, Operation, UpdateService,
};
use crate::error::AppError;
use crate::problem::{Fault, Kind, Problem, ProblemDetails};
use crate::routes::jobs::IDEMPOTENCY_REPLAYED;
use crate::server::answers::{apart, drawn, fresh, json};
use crate::server::asked::Asked;
use crate::server::conditions::{Condition, tag_of, versioned, with_tag};
use crate::server::may::May;
use crate::server::paging::{Cursor, Page, PageAsked};
use crate::views::support::service::{NewService, ServiceChange, ServiceView};

/// What stands for the dataset in cursors of this list.
const LIST: &str = "services";

/// What is between provider and code in them.
const BETWEEN: char = '\u{1f}';

/// A page of services, by provider and code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ServiceList {
    items: Vec<ServiceView>,
    page: Page,
}

/// Which services are wanted.
struct WantedServices {
    provider: Option<ServiceProvider>,
    county: Option<CountyCode>,
    level: Option<u8>,
    indicator: Option<Indicator>,
    group: Option<StudentGroup>,
    priority: Option<Priority>,
    kind: Option<String>,
    with_ended: bool,
}

impl WantedServices {
    fn of(asked: &mut Asked) -> WantedServices {
        let provider = ServiceProvider::EXPECTED;
        WantedServices {
            provider: asked.optional("provider", provider, ServiceProvider::parse),
            county: asked.county(),
            level: asked.optional("level", "a level from 1 to 3", |text| {
                text.parse().ok().filter(|level| (1..=3).contains(level))
            }),
            indicator: asked.optional("indicator", "an indicator's code, such as CHRO,", |text| {
                Indicator::parse(text).filter(|indicator| indicator.code() == text)
            }),
            group: asked.group(),
            priority: asked.priority(),
            kind: asked.optional("kind", "a kind of service, such as training,", kind_of),
            with_ended: asked.flag("withEnded"),
        }
    }

    fn admits(&self, service: &Service) -> bool {
        let WantedServices {
            provider,
            county,
            level,
            indicator,
            group,
            priority,
            kind,
            with_ended,
        } = self;
        (*with_ended || service.state == ServiceState::Offered)
            && provider.as_ref().is_none_or(|provider| *provider == service.provider)
            && county.is_none_or(|county| service.provider.county() == Some(county))
            && level.is_none_or(|level| service.levels.contains(&level))
            && indicator.is_none_or(|indicator| answers(&service.indicators, indicator))
            && group.is_none_or(|group| answers(&service.groups, group))
            && priority.is_none_or(|priority| answers(&service.priorities, priority))
            && kind.as_ref().is_none_or(|kind| *kind == service.kind)
    }
}

/// Whether a service that names some of something answers this one: without a name, it answers
/// any.
fn answers<T: Ord>(names: &BTreeSet<T>, one: T) -> bool {
    names.is_empty() || names.contains(&one)
}

/// Services that providers offer
///
/// By provider and code; filters hold together.
#[utoipa::path(
    tag = "services", operation_id = "listServices",
    params(
        ("provider" = Option<String>, Query, description = "Only services of this provider.", min_length = 1, max_length = 220, pattern = "^(county:(0[1-9]|[1-4][0-9]|5[0-8])|ccee|state|(geographicLead|selpa|equityLead|expertLead|other):.+)$", example = "county:27", nullable = false),
        ("county" = Option<String>, Query, description = "Only services of this county's office, 01 to 58.", pattern = "^(0[1-9]|[1-4][0-9]|5[0-8])$", example = "27", nullable = false),
        ("level" = Option<u8>, Query, description = "Only services at this level of support.", minimum = 1, maximum = 3, example = 2, nullable = false),
        ("indicator" = Option<String>, Query, description = "Only services that answer this indicator, or any.", example = "CHRO", nullable = false),
        ("group" = Option<String>, Query, description = "Only services that answer this student group, or any; TOM is taken for MR.", example = "SWD", nullable = false),
        ("priority" = Option<u8>, Query, description = "Only services that answer this state priority, or any.", minimum = 1, maximum = 10, example = 5, nullable = false),
        ("kind" = Option<String>, Query, description = "Only services of this kind, such as `training`.", min_length = 1, max_length = 40, pattern = "^[a-z][A-Za-z0-9]*$", example = "coaching", nullable = false),
        ("withEnded" = Option<bool>, Query, description = "Also services that are not to be had any more.", example = false, nullable = false),
        ("limit" = Option<u16>, Query, description = "How many items a page has.", minimum = 1, maximum = 5000, example = 100, nullable = false),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before.", min_length = 2, pattern = "^([0-9a-f]{2})+$", nullable = false),
        ("total" = Option<bool>, Query, description = "Whether to say how many there are in all.", example = true, nullable = false),
    ),
    responses(
        (status = 200, description = "A page of services.", body = ServiceList),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/services")]
pub(crate) async fn list_services(
    request: HttpRequest,
    may: May<ListServices>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let wanted = WantedServices::of(&mut asked);
    let page = PageAsked::of(&mut asked);
    let after = page.cursor.as_ref().and_then(|cursor| {
        let place = cursor.after.split_once(BETWEEN).filter(|_| cursor.dataset == LIST);
        if place.is_none() {
            asked.fault("cursor", "it is none of this list".to_owned());
        }
        place.map(|(provider, code)| (provider.to_owned(), code.to_owned()))
    });
    asked.done()?;
    let service = Data::clone(may.service());
    let all = apart(move || Ok(service.services()?)).await?;
    let found = || all.iter().filter(|held| wanted.admits(&held.service));
    let is_after = |held: &&HeldService| {
        let after = after.as_ref().map(|(provider, code)| (provider.clone(), code.as_str()));
        after.is_none_or(|after| held.place() > after)
    };
    let mut rest = found().filter(is_after).peekable();
    let items: Vec<&HeldService> = rest.by_ref().take(page.limit).collect();
    let last = items.last().filter(|_| rest.peek().is_some());
    let next = last.map(|last| {
        let (provider, code) = last.place();
        Cursor { dataset: LIST.to_owned(), after: format!("{provider}{BETWEEN}{code}") }.text()
    });
    let total = page.total.then(|| found().count());
    let items = items.into_iter().map(ServiceView::of).collect();
    fresh(&ServiceList { items, page: Page { limit: page.limit, next, total } })
}

/// One service
#[utoipa::path(
    tag = "services", operation_id = "getService",
    params(("id" = String, Path, description = "The service's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59")),
    responses(
        (status = 200, description = "The service.", body = ServiceView),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "There is no such service, it was deleted, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/services/{id}")]
pub(crate) async fn get_service(
    request: HttpRequest,
    may: May<GetService>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let service = Data::clone(may.service());
    let all = apart(move || Ok(service.services()?)).await?;
    let held = match all.iter().find(|held| held.id.to_string() == *path) {
        Some(held) => held.clone(),
        // It is none, or was deleted.
        None => held(&may, &path).await?,
    };
    versioned(&request, &tag_of(held.version), &ServiceView::of(&held))
}

/// Add a service to its provider's catalogue
///
/// The scope `support` is needed, and the provider's agency or the state's. A code that the
/// catalogue has already is refused (409): change that service instead.
#[utoipa::path(
    tag = "services", operation_id = "createService",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "A name of the caller's own for this request: sent again within 24 hours, it is answered with the same service.", min_length = 1, max_length = 255, pattern = "^[!-~]+$", example = "att-1-2099", nullable = false),
    ),
    request_body(content = NewService, description = "The service."),
    responses(
        (status = 201, description = "The service.", body = ServiceView),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/v1/services")]
pub(crate) async fn create_service(
    request: HttpRequest,
    may: May<CreateService>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let sent = SentOnce::of(&request, &body, &mut asked);
    asked.done()?;
    let new: NewService = read(&body)?;
    let service = Service::try_from(new.draft()).map_err(not_valid)?;
    may_keep(&may, &service.provider, SERVICES)?;
    let writer = Writer::of(&request, &may, 201, Some(sent))?;
    let base = may.service().base_url.clone();
    let added =
        apart(move || Ok(may.office().add_service(&service, writer.once(), writer.writing())?));
    let (held, replayed) = match added.await? {
        AddService::Added(held) => (held, false),
        AddService::Again(held) => (held, true),
        AddService::Otherwise(at) => {
            let detail = format!(
                "this Idempotency-Key was sent with another request at {at}; give this one another \
                 key, or send what was sent then"
            );
            return Err(Problem::new(Kind::KeyUsedOtherwise, detail));
        }
        AddService::SameCode(id) => {
            let detail = format!(
                "the provider has a service of this code, {id}; change that one, or give this one \
                 another code"
            );
            return Err(Problem::new(Kind::SameCode, detail));
        }
    };
    let mut response = HttpResponse::Created();
    let place = format!("{base}/v1/services/{}", held.id);
    response.insert_header((LOCATION, place));
    if replayed {
        response.insert_header((IDEMPOTENCY_REPLAYED, "true"));
    }
    shown(response, &held)
}

/// Change a service
///
/// The scope `support` is needed, and the provider's agency or the state's. `If-Match` has the
/// `ETag` of the service as it was read. Its code and its provider name it, and stay.
#[utoipa::path(
    tag = "services", operation_id = "updateService",
    params(
        ("id" = String, Path, description = "The service's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("If-Match" = String, Header, description = "The `ETag` of the service as it was read, or `*`.", example = "*"),
    ),
    request_body(content = ServiceChange, description = "What is changed."),
    responses(
        (status = 200, description = "The service as it is now.", body = ServiceView),
        (status = "4XX", description = "There is no such service, it was deleted or has changed since it was read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[patch("/v1/services/{id}")]
pub(crate) async fn update_service(
    request: HttpRequest,
    may: May<UpdateService>,
    path: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let now = held(&may, &path).await?;
    may_keep(&may, &now.service.provider, SERVICES)?;
    let condition = Condition::of(&request, "the service")?;
    let change: ServiceChange = read(&body)?;
    let service = Service::try_from(change.of(&now.service)).map_err(not_valid)?;
    if !condition.holds(&tag_of(now.version)) {
        return Err(changed_since(now.version));
    }
    if service == now.service {
        return shown(HttpResponse::Ok(), &now);
    }
    let content = serde_json::to_string(&service).map_err(AppError::from)?;
    let writer = Writer::of(&request, &may, 200, None)?;
    let store = may.store();
    let written = apart(move || {
        let (by, state) = (writer.by(), service.state.code());
        let change = SupportChange {
            // What was changed is the version that was read, also where any will do.
            expected: Some(now.version),
            edit: SupportEdit::Change { state, content: &content, reason: None },
            rests_on: &[],
            by,
            once: None,
            audit: Some(writer.audit()),
        };
        Ok(store.change_support(now.id, &change).map_err(AppError::from)?)
    });
    shown(HttpResponse::Ok(), &done(written.await?)?)
}

/// Delete a service that should not have been written
///
/// For one that is not to be had any more there is `state: ended`. What was written is kept with
/// the reason, and whoever asks for it is told so (410); its code is free again. The scope
/// `support` is needed, and the provider's agency or the state's. `If-Match` has the `ETag` of
/// the service as it was read.
#[utoipa::path(
    tag = "services", operation_id = "deleteService",
    params(
        ("id" = String, Path, description = "The service's id.", example = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59"),
        ("reason" = String, Query, description = "Why, on one line.", min_length = 1, max_length = 1000, example = "entered twice"),
        ("If-Match" = String, Header, description = "The `ETag` of the service as it was read, or `*`.", example = "*"),
    ),
    responses(
        (status = 200, description = "The service as it was last.", body = ServiceView),
        (status = "4XX", description = "There is no such service, it was deleted or has changed since it was read, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The database did not answer.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[delete("/v1/services/{id}")]
pub(crate) async fn delete_service(
    request: HttpRequest,
    may: May<DeleteService>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let why = asked.needed("reason", REASON_EXPECTED, reason);
    let why = asked.done_with(why)?;
    let now = held(&may, &path).await?;
    may_keep(&may, &now.service.provider, SERVICES)?;
    if !Condition::of(&request, "the service")?.holds(&tag_of(now.version)) {
        return Err(changed_since(now.version));
    }
    let writer = Writer::of(&request, &may, 200, None)?;
    let store = may.store();
    let written = apart(move || {
        let change = SupportChange {
            expected: Some(now.version),
            edit: SupportEdit::Delete { reason: &why },
            rests_on: &[],
            by: writer.by(),
            once: None,
            audit: Some(writer.audit()),
        };
        Ok(store.change_support(now.id, &change).map_err(AppError::from)?)
    });
    shown(HttpResponse::Ok(), &done(written.await?)?)
}

/// A service as it is stored now.
async fn held<O: Operation>(may: &May<O>, id: &str) -> Result<HeldService, Problem> {
    let id = SupportId::parse(id).ok_or_else(unknown)?;
    let store = may.store();
    let record = apart(move || match store.support(id) {
        Ok(record) if record.kind == SupportKind::Service => Ok(record),
        Ok(_) | Err(StoreError::UnknownSupport(_)) => Err(unknown()),
        Err(error) => Err(AppError::from(error).into()),
    });
    let record = record.await?;
    if record.is_deleted() {
        return Err(deleted(&record));
    }
    Ok(HeldService::of(&record)?)
}

/// What was written, where it was.
fn done(written: WriteSupport) -> Result<HeldService, Problem> {
    match written {
        WriteSupport::Done(record) => Ok(HeldService::of(&record)?),
        WriteSupport::Gone(record) => Err(deleted(&record)),
        WriteSupport::Stale(record)
        | WriteSupport::Again(record)
        | WriteSupport::Otherwise(record)
        | WriteSupport::RestsOnOther(record) => Err(changed_since(record.version.version)),
    }
}

fn shown(response: HttpResponseBuilder, held: &HeldService) -> Result<HttpResponse, Problem> {
    let response = with_tag(response, &tag_of(held.version));
    Ok(json(response, drawn(&ServiceView::of(held))?.into()))
}

/// A body that is an object of JSON.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // Read as an object first: a list of the fields' values would be taken, too.
    let object = serde_json::from_slice::<serde_json::Map<String, Value>>(body);
    let read = object.and_then(|object| serde_json::from_value(Value::Object(object)));
    read.map_err(|fault| {
        Problem::new(Kind::BodyNotValid, format!("the body is not what is read as JSON: {fault}"))
    })
}

/// A service that has faults.
fn not_valid(ServiceFaults(faults): ServiceFaults) -> Problem {
    let errors = faults.into_iter().map(|fault| {
        let detail = fault.to_string();
        Fault { parameter: fault.field.to_owned(), detail }
    });
    Problem::of_body(errors.collect())
}

fn unknown() -> Problem {
    let detail = "no service has this id; /v1/services lists those that there are";
    Problem::new(Kind::UnknownService, detail)
}

fn deleted(record: &SupportRecord) -> Problem {
    let version = &record.version;
    let why = version.reason.as_deref().unwrap_or("no reason was kept");
    let detail = format!("the service was deleted at {}: {why}", version.at);
    Problem::new(Kind::ServiceDeleted, detail)
}

fn changed_since(version: u32) -> Problem {
    let detail = format!(
        "the service is in version {version}, which is another than the one that you read; read it \
         again and decide anew"
    );
    Problem::new(Kind::ConditionFailed, detail)
}
