//! What holds for many operations alike and is said once: the headers of requests and
//! responses, the texts that a parameter takes, and the media type of workbooks.

#![expect(
    clippy::indexing_slicing,
    reason = "a name that a JSON object does not have is null when it is read, and put in when it \
              is written; the document and its parts are objects"
)]

use calsos_domain::lea::LeaType;
use calsos_domain::student_group::StudentGroup;
use serde_json::{Map, Value, json};

/// The headers of responses: name, description, example.
const HEADERS: [(&str, &str, &str); 13] = [
    (
        "Request-Id",
        "The id of the request, as the log has it.",
        "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59",
    ),
    (
        "Dataset-Version",
        "What is shown to the caller: another text wherever anything of it is another. Absent before the first run, and for who may not read.",
        "12.81-0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59",
    ),
    (
        "Rulebook-Version",
        "The editions of the rules that decided. Absent where Dataset-Version is.",
        "1f0c9a3be2d47a61",
    ),
    (
        "ETag",
        "The weak tag of the body, for `If-None-Match`.",
        "W/\"12.81-0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59\"",
    ),
    (
        "Cache-Control",
        "How long the body may be kept, and by whom.",
        "public, max-age=300, stale-while-revalidate=86400",
    ),
    (
        "Link",
        "Where the next page is, as `rel=\"next\"`; absent on the last one.",
        "</v1/determinations?cursor=31>; rel=\"next\"",
    ),
    (
        "Content-Disposition",
        "The name under which a browser keeps the file.",
        "attachment; filename=\"determinations.csv\"",
    ),
    ("Allow", "The methods that the resource has, where another was asked for (405).", "GET, HEAD"),
    (
        "WWW-Authenticate",
        "How to say who one is, where that is missing, refused or not enough (401, 403).",
        "Bearer realm=\"calsos\"",
    ),
    ("Retry-After", "After how many seconds to ask again (429, 503).", "5"),
    (
        "RateLimit-Policy",
        "How many requests (`q`) are answered in how many seconds (`w`). Absent where the service has no limit.",
        "\"anonymous\";q=1000;w=10",
    ),
    (
        "RateLimit",
        "How many requests are left (`r`), and in how many seconds all are there again (`t`). Absent where the service has no limit.",
        "\"anonymous\";r=999;t=1",
    ),
    ("Accept-Encoding", "What a body may be encoded with (415).", "identity"),
];

/// Says it in the document.
pub(super) fn complete(document: &mut Value) {
    let headers = HEADERS.iter().map(|(name, description, example)| {
        let header = json!({
            "description": description, "example": example, "schema": {"type": "string"},
        });
        ((*name).to_owned(), header)
    });
    let headers: Map<String, Value> = headers.collect();
    document["components"]["headers"] = Value::Object(headers);
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (name, path) in paths.into_iter().flatten() {
        // Who watches over the service is not counted.
        let is_counted = !matches!(name.as_str(), "/healthz" | "/readyz");
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(operation) = operation.as_object_mut() {
                complete_operation(operation, is_counted);
            }
        }
    }
}

fn complete_operation(operation: &mut Map<String, Value>, is_counted: bool) {
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    let parameters = parameters.as_array_mut().map(std::mem::take).unwrap_or_default();
    let is_list = parameters.iter().any(|parameter| parameter["name"] == "cursor");
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    let is_tagged = responses.as_ref().is_some_and(|of| of.contains_key("304"));
    let is_changed = parameters.iter().any(|parameter| parameter["name"] == "If-Match");
    for (status, response) in responses.into_iter().flatten() {
        let is_file = response.pointer("/content/text~1csv").is_some();
        let mut names = vec!["Request-Id", "Dataset-Version", "Rulebook-Version", "Cache-Control"];
        if is_counted {
            names.extend(["RateLimit-Policy", "RateLimit"]);
        }
        match status.as_str() {
            "200" | "304" => {
                names.extend((is_tagged || is_changed).then_some("ETag"));
                names.extend(is_list.then_some("Link"));
                names.extend(is_file.then_some("Content-Disposition"));
            }
            "503" => names.push("Retry-After"),
            _ => {
                names.extend(["Allow", "Accept-Encoding", "WWW-Authenticate"]);
                names.extend(is_counted.then_some("Retry-After"));
            }
        }
        let headers = names
            .into_iter()
            .map(|name| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")})));
        response["headers"] = Value::Object(headers.collect());
        for (media, content) in
            response.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten()
        {
            if media.contains("spreadsheetml") {
                content["schema"] = json!({"type": "string", "format": "binary"});
            }
        }
    }
    let mut parameters: Vec<Value> = parameters.into_iter().map(with_values).collect();
    if is_tagged {
        parameters.push(json!({
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The `ETag` of the body that the caller has: 304 where it is still the one.",
            "schema": {"type": "string"}, "example": "W/\"0\"",
        }));
    }
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    } else {
        operation.remove("parameters");
    }
}

/// Gives a parameter the texts that it takes, where they are a closed list.
fn with_values(mut parameter: Value) -> Value {
    let values: Vec<&str> = match parameter["name"].as_str().unwrap_or_default() {
        "type" => LeaType::ALL.map(LeaType::code).to_vec(),
        "status" => vec!["general", "differentiated", "notKnown", "notJudged"],
        "group" => {
            StudentGroup::COUNTED.map(StudentGroup::code).into_iter().chain(["TOM"]).collect()
        }
        "layout" => vec!["answers", "published"],
        "format" => vec!["csv", "ndjson", "xlsx"],
        "outcome" => vec!["done", "refused"],
        _ => return parameter,
    };
    parameter["schema"]["enum"] = json!(values);
    parameter
}
