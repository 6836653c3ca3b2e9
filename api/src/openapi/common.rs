//! What holds for many operations alike and is said once: the headers of requests and
//! responses, the texts that a parameter takes, and the media type of workbooks.

#![expect(
    clippy::indexing_slicing,
    reason = "a name that a JSON object does not have is null when it is read, and put in when it \
              is written; the document and its parts are objects"
)]

use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::student_group::StudentGroup;
use serde_json::{Map, Value, json};

use crate::app::support::communications::CommunicationKind;

/// The headers of responses: name, description, example.
const HEADERS: [(&str, &str, &str); 16] = [
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
        "Dataset-Unchecked-Since",
        "The last moment at which the database said whether there is something new. Absent unless the database is away: what is shown comes from memory.",
        "2099-12-15T18:00:00.000000Z",
    ),
    (
        "Rulebook-Version",
        "The editions of the rules that decided. Absent where Dataset-Version is.",
        "1f0c9a3be2d47a61",
    ),
    (
        "ETag",
        "The tag of the body, for `If-None-Match`: weak, and of what can be changed the strong one of its version, for `If-Match`.",
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
    (
        "Location",
        "Where the job is that will do what was asked for, or what was made.",
        "http://127.0.0.1:8080/v1/jobs/0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59",
    ),
    (
        "Idempotency-Replayed",
        "`true` where the same was asked for before by the same `Idempotency-Key`; else absent.",
        "true",
    ),
    ("Accept-Encoding", "What a body may be encoded with (415).", "identity"),
];

/// The kinds of files beside those of the Dashboard's indicators.
const LOCAL: [&str; 10] = [
    "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5", "LOCAL6", "LOCAL7", "LOCAL8", "LOCAL9",
    "LOCAL10",
];
const OTHER_KINDS: [&str; 8] =
    ["LIST", "CALPADS", "SUCCESSIONS", "DIRECTORY", "CHARTERLIST", "LEADS", "LOCATIONS", "NCES"];

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
    let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    let parameters = parameters.as_array_mut().map(std::mem::take).unwrap_or_default();
    let is_list = parameters
        .iter()
        .any(|parameter| parameter["name"] == "cursor" || parameter["name"] == "since");
    if let Some(body) = operation.get_mut("requestBody")
        && let Some(file) = body.pointer_mut("/content/application~1octet-stream")
    {
        file["schema"] = json!({"type": "string", "format": "binary"});
    }
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    let is_tagged = responses.as_ref().is_some_and(|of| of.contains_key("304"));
    let is_changed = parameters.iter().any(|parameter| parameter["name"] == "If-Match");
    let is_once = parameters.iter().any(|parameter| parameter["name"] == "Idempotency-Key");
    for (status, response) in responses.into_iter().flatten() {
        let is_file = response.pointer("/content/text~1csv").is_some();
        let mut names = vec![
            "Request-Id",
            "Dataset-Version",
            "Dataset-Unchecked-Since",
            "Rulebook-Version",
            "Cache-Control",
        ];
        if is_counted {
            names.extend(["RateLimit-Policy", "RateLimit"]);
        }
        match status.as_str() {
            "200" | "304" => {
                names.extend((is_tagged || is_changed).then_some("ETag"));
                names.extend(is_list.then_some("Link"));
                names.extend(is_file.then_some("Content-Disposition"));
                names.extend(is_once.then_some("Idempotency-Replayed"));
            }
            "201" => names.extend(["ETag", "Location", "Idempotency-Replayed"]),
            "202" => names.extend(["Location", "Idempotency-Replayed"]),
            "204" | "507" => {}
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
    let mut parameters: Vec<Value> =
        parameters.into_iter().map(|parameter| with_values(parameter, &id)).collect();
    if is_tagged {
        parameters.push(json!({
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The `ETag` of the body that the caller has: 304 where it is still the one.",
            "schema": {"type": "string"}, "example": "W/\"0\"",
        }));
        parameters.push(json!({
            "name": "Dataset-Version", "in": "header", "required": false,
            "description": "The `Dataset-Version` of what the caller has seen: nothing older is \
                            answered, whichever process answers; 503 until it knows of it.",
            "schema": {"type": "string", "maxLength": 200},
            "example": "12.81-0190a5c493c07c2e8f0a6f1d2c3b4a59",
        }));
    }
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), Value::Array(parameters));
    } else {
        operation.remove("parameters");
    }
}

/// What is said of the moment as of which is asked.
const AS_OF: &str = "What was shown to the caller at this moment, if it may still be shown: the \
                     answer that was current then, explained by the files and rules of then. A \
                     moment has its offset (a `+` is written `%2B`); a day is one of California, \
                     and as of a day is as of its end, as of the day that it is, as of now. A \
                     moment ahead of now is refused (400). Where there was no answer yet, 404 says \
                     since when there is one. The pages of a list all take the same.";

/// Gives a parameter the texts that it takes, where they are a closed list, and what is said of
/// it wherever it is.
fn with_values(mut parameter: Value, operation: &str) -> Value {
    if parameter["name"] == "asOf" {
        parameter["description"] = json!(AS_OF);
    }
    let values: Vec<&str> = match parameter["name"].as_str().unwrap_or_default() {
        "kind" if operation.contains("Communication") => {
            CommunicationKind::ALL.map(CommunicationKind::code).to_vec()
        }
        // Kinds of services are any words.
        "kind" if operation != "listServices" => {
            let indicators = Indicator::ALL.map(Indicator::code).into_iter();
            indicators.chain(LOCAL).chain(OTHER_KINDS).collect()
        }
        "type" => LeaType::ALL.map(LeaType::code).to_vec(),
        "status" => vec!["general", "differentiated", "notKnown", "notJudged"],
        "group" => {
            StudentGroup::COUNTED.map(StudentGroup::code).into_iter().chain(["TOM"]).collect()
        }
        "indicator" => Indicator::ALL.map(Indicator::code).to_vec(),
        "layout" => vec!["answers", "published"],
        "format" => vec!["csv", "ndjson", "xlsx"],
        "outcome" => vec!["done", "refused"],
        "beside" => vec!["wins", "yields"],
        "of" => vec!["answers", "lists"],
        _ => return parameter,
    };
    parameter["schema"]["enum"] = json!(values);
    parameter
}

#[cfg(test)]
mod tests {
    use calsos_domain::release::ReleaseKind;

    use super::*;

    #[test]
    fn every_kind_of_file_that_is_listed_is_one() {
        let kinds = with_values(json!({"name": "kind", "schema": {}}), "createImport");
        let kinds = kinds["schema"]["enum"].as_array().unwrap();
        assert_eq!(kinds.len(), 26);
        for kind in kinds.iter().map(|kind| kind.as_str().unwrap()) {
            assert_eq!(ReleaseKind::parse(kind).unwrap().code(), kind);
        }
    }
}
