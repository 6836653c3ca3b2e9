//! The rules as data.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, get};
use calsos_domain::rulebook::{Edition, YearRules};
use calsos_domain::year::DashboardYear;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::operation::{CompareRulebooks, GetRulebook, ListRulebooks};
use crate::error::AppError;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{drawn, of_snapshot};
use crate::server::asked::Asked;
use crate::server::may::May;
use crate::snapshot::Snapshot;

/// The edition of a year, in short.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RulebookItem {
    dashboard_year: u16,
    /// The hash of its content.
    hash: String,
    /// The student groups that count.
    groups: Vec<&'static str>,
    /// How many criteria on state indicators it has.
    criteria: usize,
    /// Its methods.
    methods: Vec<String>,
    /// Points that no public text settles.
    open_points: Vec<String>,
}

/// Every edition.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RulebookList {
    items: Vec<RulebookItem>,
}

/// The edition of a year, whole.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Rulebook {
    #[serde(flatten)]
    item: RulebookItem,
    /// Its files as they are written, by name: TOML.
    files: BTreeMap<String, String>,
}

/// What two editions say otherwise.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RulebookComparison {
    /// The Dashboard year of the first.
    before: u16,
    /// The Dashboard year of the second.
    after: u16,
    changes: Vec<RulebookChange>,
}

/// Something that two editions say otherwise.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RulebookChange {
    /// Where it stands: the names of its tables, rules by their id.
    #[schema(example = "criterion.p4-elpi.groups.only")]
    path: String,
    /// What the first says; absent where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    before: Option<String>,
    /// What the second says; absent where it says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    after: Option<String>,
}

fn item(edition: &Edition) -> RulebookItem {
    RulebookItem {
        dashboard_year: edition.year.number(),
        hash: edition.hash.clone(),
        groups: edition.groups.iter().map(|group| group.code()).collect(),
        criteria: edition.criteria.len(),
        methods: edition.methods.iter().map(|method| method.id.clone()).collect(),
        open_points: edition.open_points.iter().map(|point| point.id.clone()).collect(),
    }
}

fn edition(snapshot: &Snapshot, year: DashboardYear) -> Result<&Edition, Problem> {
    match snapshot.held.books.year(year) {
        Some(YearRules::Edition(edition)) => Ok(edition),
        Some(YearRules::NoDeterminations { reason, .. }) => Err(Problem::new(
            Kind::UnknownYear,
            format!("{year} is a year without determinations: {reason}"),
        )),
        None => Err(snapshot.no_edition(year)),
    }
}

/// The editions of the rules
#[utoipa::path(
    tag = "rulebooks", operation_id = "listRulebooks",
    responses(
        (status = 200, description = "The editions.", body = RulebookList),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/rulebooks")]
pub(crate) async fn list_rulebooks(
    request: HttpRequest,
    may: May<ListRulebooks>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let snapshot = may.current()?;
    of_snapshot(&request, &snapshot, || {
        drawn(&RulebookList { items: snapshot.held.books.editions().map(item).collect() })
    })
}

/// The rules of a year
///
/// As their files have them: they are written to be read.
#[utoipa::path(
    tag = "rulebooks", operation_id = "getRulebook",
    params(("year" = u16, Path, description = "The Dashboard year.", minimum = 2000, maximum = 2099)),
    responses(
        (status = 200, description = "The rules.", body = Rulebook),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "The year has no edition, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/rulebooks/{year}")]
pub(crate) async fn get_rulebook(
    request: HttpRequest,
    may: May<GetRulebook>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let year = asked.path_year(&path);
    let year = asked.done_with(year)?;
    let snapshot = may.current()?;
    let edition = edition(&snapshot, year)?;
    of_snapshot(&request, &snapshot, || {
        let files = BTreeMap::from([
            (format!("{year}.toml"), edition.text.clone()),
            (format!("{year}.colors.toml"), edition.colors_text.clone()),
        ]);
        drawn(&Rulebook { item: item(edition), files })
    })
}

/// What two years' rules say otherwise
#[utoipa::path(
    tag = "rulebooks", operation_id = "compareRulebooks",
    params(
        ("before" = u16, Path, description = "The Dashboard year of the first.", minimum = 2000, maximum = 2099),
        ("after" = u16, Path, description = "The Dashboard year of the second.", minimum = 2000, maximum = 2099),
    ),
    responses(
        (status = 200, description = "The differences.", body = RulebookComparison),
        (status = 304, description = "The caller has it."),
        (status = "4XX", description = "A year has no edition, or the request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was decided yet.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/v1/rulebooks/{before}/compare/{after}")]
pub(crate) async fn compare_rulebooks(
    request: HttpRequest,
    may: May<CompareRulebooks>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let mut asked = Asked::of(&request);
    let (before, after) = (asked.path_year(&path.0), asked.path_year(&path.1));
    let (before, after) = asked.done_with(before.zip(after))?;
    let snapshot = may.current()?;
    let sides = [edition(&snapshot, before)?, edition(&snapshot, after)?];
    of_snapshot(&request, &snapshot, || {
        let [one, other] = sides.map(|edition| said(&edition.text));
        let (one, other) = (one?, other?);
        let paths: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        let changes = paths.into_iter().filter(|path| one.get(*path) != other.get(*path));
        let changes = changes.map(|path| RulebookChange {
            path: path.clone(),
            before: one.get(path).cloned(),
            after: other.get(path).cloned(),
        });
        drawn(&RulebookComparison {
            before: before.number(),
            after: after.number(),
            changes: changes.collect(),
        })
    })
}

/// Everything that an edition says, by where it stands.
fn said(text: &str) -> Result<BTreeMap<String, String>, Problem> {
    let table: toml::Table = text.parse().map_err(|problem| {
        AppError::Usage(format!("a stored edition cannot be read: {problem}"))
    })?;
    let mut said = BTreeMap::new();
    add(&toml::Value::Table(table), String::new(), &mut said);
    Ok(said)
}

fn add(value: &toml::Value, path: String, said: &mut BTreeMap<String, String>) {
    let inner =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        toml::Value::Table(table) => {
            for (name, value) in table {
                add(value, inner(name), said);
            }
        }
        toml::Value::Array(values) if values.iter().any(toml::Value::is_table) => {
            for (place, value) in values.iter().enumerate() {
                // A rule is known by its id wherever it stands.
                let id = ["id", "lea"].iter().find_map(|key| value.get(*key)?.as_str());
                add(value, inner(&id.map_or_else(|| (place + 1).to_string(), str::to_owned)), said);
            }
        }
        other => {
            said.insert(path, other.to_string());
        }
    }
}
