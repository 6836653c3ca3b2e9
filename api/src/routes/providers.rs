//! Who provides help.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::operation::ListProviders;
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{drawn, of_snapshot};
use crate::server::asked::Asked;
use crate::server::may::May;

/// Who provides help, and to how many LEAs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProviderItem)]
struct ProviderItem<'a> {
    name: &'a str,
    /// LEAs that it helps by the rules, by Dashboard year.
    leas: BTreeMap<String, usize>,
}

/// Every provider that an answer names.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProviderList<'a> {
    items: Vec<ProviderItem<'a>>,
}

/// Who provides help
///
/// As the rules name it, with the number of LEAs by Dashboard year.
#[utoipa::path(
    tag = "providers", operation_id = "listProviders",
    params(("asOf" = Option<String>, Query, description = "As of when.", example = "2016-12-12", nullable = false)),
    responses(
        (status = 200, description = "The providers.", body = ProviderList),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/providers")]
pub(crate) async fn list_providers(
    request: HttpRequest,
    may: May<ListProviders>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let as_of = asked.as_of(may.latest());
    asked.done()?;
    let snapshot = may.as_of(as_of).await?;
    of_snapshot(&request, &snapshot, || {
        let mut providers: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
        for entry in &snapshot.index.entries {
            if let Some(name) = &entry.provider {
                let years = providers.entry(name).or_default();
                *years.entry(entry.year.to_string()).or_default() += 1;
            }
        }
        let items = providers.into_iter().map(|(name, leas)| ProviderItem { name, leas });
        drawn(&ProviderList { items: items.collect() })
    })
}
