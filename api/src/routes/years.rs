//! The Dashboard years: their editions, and what of them is loaded.

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::release::ReleaseKind;
use calsos_domain::rulebook::{Edition, YearRules};
use calsos_domain::year::DashboardYear;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::standing::stands_beside;
use crate::auth::operation::{GetYear, ListYears};
use crate::problem::{Problem, ProblemDetails};
use crate::server::answers::{drawn, of_snapshot};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::snapshot::Snapshot;

/// A Dashboard year.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Year {
    dashboard_year: u16,
    /// The school year that the data are of.
    #[schema(example = "2022-23")]
    data_school_year: String,
    /// The school year in which support follows.
    #[schema(example = "2023-24")]
    support_school_year: String,
    /// Whether LEAs are decided in the year.
    has_determinations: bool,
    /// Why not, where they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// The hash of the edition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    edition: Option<String>,
    /// The day on which the Dashboard came out, in California; only year and month where no
    /// more is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2023-12-15")]
    public_date: Option<String>,
    /// LEAs with an answer.
    determinations: usize,
    /// What the edition asks for, and whether it is loaded.
    inputs: Vec<InputState>,
}

/// An input of a year.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct InputState {
    /// `ELA`, `LOCAL1`, `LIST`: an indicator, a local indicator by its priority, the list.
    #[schema(example = "ELA")]
    input: String,
    /// Whether any release has it.
    loaded: bool,
    /// Whether a release covers the whole state.
    statewide: bool,
    /// The releases, by number.
    releases: Vec<u32>,
}

/// Every year.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = YearList)]
struct Years {
    items: Vec<Year>,
}

fn year_of(snapshot: &Snapshot, year: DashboardYear, rules: &YearRules) -> Year {
    let (edition, reason) = match rules {
        YearRules::Edition(edition) => (Some(edition), None),
        YearRules::NoDeterminations { reason, .. } => (None, Some(reason.clone())),
    };
    Year {
        dashboard_year: year.number(),
        data_school_year: year.data_school_year(),
        support_school_year: year.support_school_year(),
        has_determinations: edition.is_some(),
        reason,
        edition: edition.map(|edition| edition.hash.clone()),
        public_date: edition.and_then(|e| e.public_date).map(|day| day.to_string()),
        determinations: snapshot.index.of_year(Some(year)).len(),
        inputs: edition.map(|edition| inputs(snapshot, edition)).unwrap_or_default(),
    }
}

fn inputs(snapshot: &Snapshot, edition: &Edition) -> Vec<InputState> {
    let indicators = edition.indicators_used().map(ReleaseKind::Indicator);
    let mut locals: Vec<_> = edition.locals.iter().map(|local| local.priority).collect();
    locals.sort();
    locals.dedup();
    let locals = locals.into_iter().map(ReleaseKind::LocalIndicator);
    let kinds = indicators.chain(locals).chain([ReleaseKind::PublishedList]);
    kinds
        .map(|kind| {
            let of_kind = snapshot
                .held
                .releases
                .iter()
                .filter(|r| r.kind == kind && r.year == Some(edition.year))
                .filter(|r| stands_beside(r, &snapshot.held.run));
            let releases: Vec<u32> = of_kind.clone().map(|r| r.number.0).collect();
            InputState {
                input: kind.code(),
                loaded: !releases.is_empty(),
                statewide: of_kind.clone().any(|r| r.coverage.statewide),
                releases,
            }
        })
        .collect()
}

/// Every Dashboard year
///
/// Also those without determinations, with the reason.
#[utoipa::path(
    tag = "years", operation_id = "listYears",
    responses(
        (status = 200, description = "Every year that the rules know.", body = Years),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/years")]
pub(crate) async fn list_years(
    request: HttpRequest,
    may: May<ListYears>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = may.current()?;
    of_snapshot(&request, &snapshot, || {
        let items =
            snapshot.held.books.years().map(|(year, rules)| year_of(&snapshot, year, rules));
        drawn(&Years { items: items.collect() })
    })
}

/// One Dashboard year
#[utoipa::path(
    tag = "years", operation_id = "getYear",
    params(("year" = u16, Path, description = "The Dashboard year.", minimum = 2000, maximum = 2099)),
    responses(
        (status = 200, description = "The year.", body = Year),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The year has no edition, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/years/{year}")]
pub(crate) async fn get_year(
    request: HttpRequest,
    may: May<GetYear>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let year = asked.path_year(&path);
    let year = asked.done_with(year)?;
    let snapshot = may.current()?;
    let rules = snapshot.held.books.year(year).ok_or_else(|| snapshot.no_edition(year))?;
    of_snapshot(&request, &snapshot, || drawn(&year_of(&snapshot, year, rules)))
}
