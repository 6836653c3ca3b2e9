//! The OpenAPI document: what the routes say of themselves, as 3.1 and as 3.0.

mod common;
mod downgrade;
mod security;

use std::collections::BTreeMap;

use actix_web::App;
use actix_web::http::Method;
use actix_web::web::Bytes;
use calsos_domain::rulebook::Rulebooks;
use serde_json::Value;
use utoipa::openapi::server::ServerBuilder;
use utoipa::{OpenApi, openapi};
use utoipa_actix_web::AppExt as _;

use crate::routes;

/// The document in both versions, indented, and the paths in it.
#[derive(Clone, Debug)]
pub(crate) struct Documents {
    /// OpenAPI 3.1.
    pub(crate) current: Bytes,
    /// OpenAPI 3.0.
    pub(crate) earlier: Bytes,
    /// The parts of each path, its methods, and their operations.
    paths: Vec<(Vec<String>, Methods)>,
}

/// The methods of a path in capital letters, and their operations.
type Methods = BTreeMap<String, String>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "calsos",
        description = "California's System of Support as data: for every school district, county \
                       office of education and charter school and every Dashboard year, whether it \
                       is eligible for assistance, at which level, by which rule, on which facts.\n\n\
                       CDS codes are text of 14 digits. Years are named for what they are: \
                       `dashboardYear`, `dataSchoolYear`, `supportSchoolYear`. What is absent is \
                       left out. Values of enumerations may grow. Every response names the dataset \
                       that it comes from in `Dataset-Version`.",
        contact(name = "The calsos project"),
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "determinations", description = "What the rules give for each LEA and year, and why."),
        (name = "changes", description = "What has changed, for who keeps a copy."),
        (name = "leas", description = "Who the LEAs are, and their rows of the state's files."),
        (name = "years", description = "Dashboard years, and what of them is loaded."),
        (name = "summaries", description = "Counts of a year."),
        (name = "reconciliations", description = "Computed against published, cell by cell."),
        (name = "rulebooks", description = "The rules as data, and what they cite."),
        (name = "providers", description = "Who provides help."),
        (name = "support", description = "What level of support LEAs are in, from when to when, and who helps them."),
        (name = "services", description = "Services that providers offer, and those that answer what an LEA needs help with."),
        (name = "communications", description = "Written communications on what LEAs are identified for, ready to be printed, and the templates by which counties write them."),
        (name = "releases", description = "The files that were taken in."),
        (name = "runs", description = "The runs that decided."),
        (name = "jobs", description = "Files that are sent to be taken in, and runs that are asked for: both are done later, as jobs."),
        (name = "referrals", description = "Referrals to the California Collaborative for Educational Excellence, and the steps that they take."),
        (name = "interventions", description = "State interventions, and the steps that they take."),
        (name = "engagements", description = "What providers do for an LEA that is in level 2 or 3, the year's steps, and which of them are done, due or late."),
        (name = "requests", description = "Help that an LEA asks for which is not identified, and pays."),
        (name = "exports", description = "Whole years as files."),
        (name = "access", description = "Tokens, and the audit log."),
        (name = "service", description = "The service itself."),
    )
)]
struct Base;

/// The document of the routes as they are served.
pub(crate) fn document() -> openapi::OpenApi {
    let (_, mut document) = App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(routes::api)
        .split_for_parts();
    let here = ServerBuilder::new().url("/").description(Some("Where the document came from."));
    document.servers = Some(vec![here.build()]);
    document
}

/// The document in both versions.
pub(crate) fn documents() -> Documents {
    let document = document();
    let mut value = serde_json::to_value(&document).unwrap_or_default();
    let paths = paths_of(&value);
    give_example_years(&mut value, &first_years());
    common::complete(&mut value);
    security::complete(&mut value);
    let current = indented(&value);
    downgrade::to_3_0(&mut value);
    Documents { current, earlier: indented(&value), paths }
}

/// The first two years that have rules: they stay so, whatever editions are added.
fn first_years() -> Vec<u16> {
    let books = Rulebooks::load(&Rulebooks::built_in_files());
    let years = books.iter().flat_map(Rulebooks::editions).map(|edition| edition.year.number());
    years.take(2).collect()
}

/// Gives every parameter that is a year an example: which years there are, the editions say.
fn give_example_years(value: &mut Value, years: &[u16]) {
    match value {
        Value::Object(object) => {
            let year = match object.get("name").and_then(Value::as_str) {
                Some("year" | "before") => years.first(),
                Some("after") => years.last(),
                _ => None,
            };
            if let (Some(year), true) = (year, object.contains_key("in")) {
                object.insert("example".to_owned(), Value::from(*year));
            }
            object.values_mut().for_each(|value| give_example_years(value, years));
        }
        Value::Array(values) => {
            values.iter_mut().for_each(|value| give_example_years(value, years));
        }
        _ => {}
    }
}

/// The paths of the document with their methods.
fn paths_of(document: &Value) -> Vec<(Vec<String>, Methods)> {
    let paths = document.get("paths").and_then(Value::as_object);
    let parts = |path: &String| path.split('/').map(str::to_owned).collect();
    let methods = |item: &Value| {
        let methods = item.as_object().into_iter().flatten();
        let operations = methods.filter_map(|(method, operation)| {
            let id = operation.get("operationId")?.as_str()?;
            Some((method.to_ascii_uppercase(), id.to_owned()))
        });
        operations.collect()
    };
    paths.into_iter().flatten().map(|(path, item)| (parts(path), methods(item))).collect()
}

fn indented(value: &Value) -> Bytes {
    let mut text = serde_json::to_vec_pretty(value).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

impl Documents {
    /// The methods of a path that is one of the document's.
    pub(crate) fn methods_of(&self, path: &str) -> Option<Vec<&str>> {
        let parts: Vec<&str> = path.split('/').collect();
        let found = self.paths.iter().find(|(known, _)| {
            known.len() == parts.len()
                && known
                    .iter()
                    .zip(&parts)
                    .all(|(known, part)| known == part || known.starts_with('{'))
        });
        found.map(|(_, methods)| methods.keys().map(String::as_str).collect())
    }

    /// The operation of a method and a path as the document writes it.
    pub(crate) fn operation(&self, method: &Method, pattern: &str) -> Option<&str> {
        let found = self.paths.iter().find(|(parts, _)| parts.join("/") == pattern);
        found?.1.get(method.as_str()).map(String::as_str)
    }
}
