//! What each operation needs, said in the document from the one table of it.

use serde_json::{Map, Value, json};

use crate::auth::operation::{Needs, needs_of};
use crate::auth::scope::Scope;

/// The schemes by which callers say who they are.
const OAUTH: &str = "oauth2";
const BEARER: &str = "bearer";

/// Says it in the document.
///
/// # Panics
/// Where an operation is not in the table: nobody has decided who may call it.
pub(super) fn complete(document: &mut Value) {
    let scopes = Scope::ALL.map(|scope| (scope.code(), scope.meaning()));
    let scopes: Map<String, Value> =
        scopes.map(|(code, meaning)| (code.to_owned(), Value::from(meaning))).into_iter().collect();
    let schemes = json!({
        OAUTH: {
            "type": "oauth2",
            "description": "A token of the built-in issuer, by client credentials.",
            "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": scopes}},
        },
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of any issuer that the service trusts.",
        },
    });
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("securitySchemes".to_owned(), schemes);
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for path in paths.into_iter().flat_map(Map::values_mut) {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            let Some(operation) = operation.as_object_mut() else { continue };
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
            let Some(needs) = needs_of(id) else {
                panic!("the operation {id} is in no row of the table of what operations need");
            };
            operation.insert("security".to_owned(), security(needs));
        }
    }
}

fn security(needs: Needs) -> Value {
    let with = |scope: Scope| [json!({OAUTH: [scope.code()]}), json!({BEARER: []})];
    match needs {
        Needs::Nothing => json!([]),
        // A token is asked for where public reads are closed, and shows more where it may.
        Needs::Reading => {
            let [oauth, bearer] = with(Scope::Read);
            json!([{}, oauth, bearer])
        }
        Needs::Scope(scope) => json!(with(scope)),
        Needs::ReadingSupport => {
            let ([reading, bearer], [support, _]) = (with(Scope::Read), with(Scope::Support));
            json!([reading, support, bearer])
        }
    }
}
