//! From OpenAPI 3.1 to 3.0, for generators that do not read 3.1.

use serde_json::{Map, Value};

/// What 3.0 has in the place of the license's identifier.
const LICENSE: &str = "https://www.apache.org/licenses/LICENSE-2.0";

/// Changes what 3.0 writes otherwise: the version, lists of types, examples, limits that are
/// excluded, what stands beside a reference, and the license's identifier.
pub(super) fn to_3_0(document: &mut Value) {
    if let Some(root) = document.as_object_mut() {
        root.insert("openapi".to_owned(), Value::from("3.0.3"));
        if let Some(license) = root
            .get_mut("info")
            .and_then(|info| info.get_mut("license"))
            .and_then(Value::as_object_mut)
        {
            license.remove("identifier");
            license.insert("url".to_owned(), Value::from(LICENSE));
        }
    }
    lower(document);
}

fn lower(value: &mut Value) {
    match value {
        Value::Object(object) => {
            lower_schema(object);
            object.values_mut().for_each(lower);
        }
        Value::Array(values) => values.iter_mut().for_each(lower),
        _ => {}
    }
}

fn lower_schema(object: &mut Map<String, Value>) {
    // A list of types with null is one type that may be null.
    if let Some(Value::Array(types)) = object.get("type") {
        let null = types.iter().any(|of| of == "null");
        let other = types.iter().find(|of| *of != "null").cloned();
        if let Some(other) = other {
            object.insert("type".to_owned(), other);
        }
        if null {
            object.insert("nullable".to_owned(), Value::Bool(true));
        }
    }
    // The first of several examples stands for all.
    let is_schema = object.contains_key("type") || object.contains_key("$ref");
    if let (true, Some(Value::Array(examples))) = (is_schema, object.get("examples")) {
        let first = examples.first().cloned();
        object.remove("examples");
        if let Some(first) = first {
            object.insert("example".to_owned(), first);
        }
    }
    object.remove("propertyNames");
    // Nothing may stand beside a reference.
    if object.len() > 1
        && let Some(reference) = object.remove("$ref")
    {
        let reference = Map::from_iter([("$ref".to_owned(), reference)]);
        object.insert("allOf".to_owned(), Value::Array(vec![Value::Object(reference)]));
    }
    for (limit, excluded) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        if let Some(Value::Number(number)) = object.get(excluded) {
            let number = Value::Number(number.clone());
            object.insert(limit.to_owned(), number);
            object.insert(excluded.to_owned(), Value::Bool(true));
        }
    }
}
