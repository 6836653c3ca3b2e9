//! The OpenAPI document of a service under test, as tests go through its operations.

use serde_json::Value;

use crate::service::Service;

/// What an operation needs, by the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing, ever.
    Nothing,
    /// Nothing where public reads are open, else the scope `read`.
    Reading,
    /// A token with this scope.
    Scope(String),
    /// A token with the scope `read` or `support`.
    ReadingSupport,
}

/// An operation of the document.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its `operationId`.
    pub id: String,
    /// In capital letters.
    pub method: String,
    /// With the parameters in braces.
    pub path: String,
    /// What it needs.
    pub needs: Needs,
    /// The parameters, as the document has them.
    pub parameters: Vec<Value>,
}

impl Operation {
    /// Every path and query to ask for, with each of these values of each parameter of the
    /// path and each that must be in the query.
    #[must_use]
    pub fn asked(&self, values: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
        self.asked_with(values).0
    }

    /// The same, and with each other parameter of the query by itself, by the document's
    /// example.
    ///
    /// # Panics
    /// If a parameter has no example.
    #[must_use]
    pub fn asked_with_each(&self, values: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
        let (mut asked, others) = self.asked_with(values);
        let plain = asked.clone();
        for (name, value) in &others {
            asked.extend(plain.iter().map(|path| with_query(path, name, value)));
        }
        asked
    }

    /// Every path and query, and the other parameters of the query with their examples.
    fn asked_with(
        &self,
        values: impl Fn(&str, &str) -> Vec<String>,
    ) -> (Vec<String>, Vec<(String, String)>) {
        let mut asked = vec![self.path.clone()];
        let mut single = Vec::new();
        for parameter in &self.parameters {
            let text = |of: &str| parameter.get(of).and_then(Value::as_str).unwrap_or_default();
            let (name, needed) = (text("name"), parameter.get("required") == Some(&true.into()));
            match text("in") {
                "path" => {
                    let values = values(&self.id, name);
                    let with =
                        |path: &String, value: &String| path.replace(&format!("{{{name}}}"), value);
                    let all = asked.iter().flat_map(|p| values.iter().map(move |v| with(p, v)));
                    asked = all.collect();
                }
                "query" if needed => {
                    let values = values(&self.id, name);
                    let with = |path: &String, value: &String| with_query(path, name, value);
                    let all = asked.iter().flat_map(|p| values.iter().map(move |v| with(p, v)));
                    asked = all.collect();
                }
                "query" if name != "cursor" => {
                    let example = parameter.get("example");
                    let example = example.unwrap_or_else(|| panic!("no example of {parameter}"));
                    let value = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
                    single.push((name.to_owned(), value.replace(' ', "%20")));
                }
                _ => {}
            }
        }
        (asked, single)
    }
}

/// A path with one more parameter of the query.
#[must_use]
pub fn with_query(path: &str, name: &str, value: &str) -> String {
    let sign = if path.contains('?') { '&' } else { '?' };
    format!("{path}{sign}{name}={value}")
}

/// Every operation of the document that a service serves.
///
/// # Panics
/// If the document is none, or says of an operation something else of what it needs than the
/// four things that there are to be said.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "what the document does not have is null")]
pub fn operations(service: &Service) -> Vec<Operation> {
    let document = service.json("/openapi.json");
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            operations.push(Operation {
                id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
                method: method.to_uppercase(),
                path: path.clone(),
                needs: needs(&operation["security"]),
                parameters: operation["parameters"].as_array().cloned().unwrap_or_default(),
            });
        }
    }
    assert!(operations.len() > 25, "{operations:?}");
    operations
}

#[expect(clippy::indexing_slicing, reason = "what the document does not have is null")]
fn needs(security: &Value) -> Needs {
    let ways = security.as_array().unwrap_or_else(|| panic!("security is no list: {security}"));
    let none = Value::Object(serde_json::Map::new());
    let scopes: Vec<&str> = ways.iter().filter_map(|way| way["oauth2"][0].as_str()).collect();
    let tokenless = ways.contains(&none);
    match (ways.is_empty(), tokenless, scopes.as_slice()) {
        (true, _, _) => Needs::Nothing,
        (false, true, ["read"]) => Needs::Reading,
        (false, false, ["read", "support"]) => Needs::ReadingSupport,
        (false, false, [scope]) => Needs::Scope((*scope).to_owned()),
        _ => panic!("nobody knows what this needs: {security}"),
    }
}
