//! What a verified token says of its bearer.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::agency::Agency;
use super::scope::{Scope, Scopes};
use super::token::TokenFault;

/// Who bears a token that was verified, and what it allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The client, by the name that its issuer gives it.
    pub(crate) client: String,
    /// Who issued the token. Clients of two issuers may have one name.
    pub(crate) issuer: String,
    /// What the bearer may do.
    pub(crate) scopes: Scopes,
    /// For whom the bearer asks; without it nothing is reached beyond what is public.
    pub(crate) agency: Option<Agency>,
    /// When the token ends, in seconds since 1970.
    pub(crate) expires: u64,
}

/// The longest name of a client, in letters.
const CLIENT_MOST: usize = 200;

/// Where an issuer's tokens have what is asked of them. The claims are members of the token
/// itself, not of an object inside it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClaimMapping {
    /// The claim with the scopes: a text of words or an array of texts.
    pub(crate) scope: String,
    /// The claim with the agency.
    pub(crate) agency: String,
    /// The claim with the client; without it the first of `client_id`, `azp` and `sub`.
    pub(crate) client: Option<String>,
    /// The issuer's words for scopes and ours. Where it is given, no other word counts.
    pub(crate) scopes: BTreeMap<String, String>,
    /// The issuer's texts for agencies and ours. Where it is given, no other text counts.
    pub(crate) agencies: BTreeMap<String, String>,
}

impl Default for ClaimMapping {
    fn default() -> ClaimMapping {
        ClaimMapping {
            scope: "scope".to_owned(),
            agency: "agency".to_owned(),
            client: None,
            scopes: BTreeMap::new(),
            agencies: BTreeMap::new(),
        }
    }
}

impl ClaimMapping {
    /// Every fault of the mapping.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let claims = [Some(&self.scope), Some(&self.agency), self.client.as_ref()];
        if claims.into_iter().flatten().any(String::is_empty) {
            faults.push("mapping: a claim has no name".to_owned());
        }
        for (theirs, ours) in &self.scopes {
            if Scope::parse(ours).is_none() {
                let known: Vec<&str> = Scope::ALL.into_iter().map(Scope::code).collect();
                faults.push(format!(
                    "mapping.scopes: '{theirs}' stands for '{ours}', which is no scope; expected \
                     is one of {}",
                    known.join(", ")
                ));
            }
        }
        for (theirs, ours) in &self.agencies {
            if Agency::parse(ours).is_none() {
                faults.push(format!(
                    "mapping.agencies: '{theirs}' stands for '{ours}', which is no agency; \
                     expected is {}",
                    Agency::EXPECTED
                ));
            }
        }
        faults
    }

    /// Reads the claims of a token whose signature was verified.
    pub(super) fn read(
        &self,
        claims: &Map<String, Value>,
        issuer: &str,
        expires: u64,
    ) -> Result<Verified, TokenFault> {
        Ok(Verified {
            client: self.client(claims)?,
            issuer: issuer.to_owned(),
            scopes: self.scopes(claims.get(&self.scope)),
            agency: self.agency(claims.get(&self.agency)),
            expires,
        })
    }

    fn client(&self, claims: &Map<String, Value>) -> Result<String, TokenFault> {
        let names: &[&str] = match &self.client {
            Some(name) => &[name],
            None => &["client_id", "azp", "sub"],
        };
        let found = names.iter().find_map(|name| Some((*name, claims.get(*name)?)));
        let missing = || TokenFault::MissingClaim(names.join(" or "));
        let (name, value) = found.ok_or_else(missing)?;
        let client = value.as_str().filter(|client| {
            (1..=CLIENT_MOST).contains(&client.chars().count())
                && !client.chars().any(char::is_control)
        });
        client.map(str::to_owned).ok_or_else(|| TokenFault::ClaimNotValid(name.to_owned()))
    }

    fn scopes(&self, claim: Option<&Value>) -> Scopes {
        match claim {
            Some(Value::String(words)) => {
                words.split_ascii_whitespace().filter_map(|word| self.scope_of(word)).collect()
            }
            Some(Value::Array(words)) => {
                words.iter().filter_map(Value::as_str).filter_map(|w| self.scope_of(w)).collect()
            }
            _ => Scopes::default(),
        }
    }

    fn scope_of(&self, word: &str) -> Option<Scope> {
        Scope::parse(ours(&self.scopes, word)?)
    }

    fn agency(&self, claim: Option<&Value>) -> Option<Agency> {
        Agency::parse(ours(&self.agencies, claim?.as_str()?)?)
    }
}

fn ours<'a>(values: &'a BTreeMap<String, String>, theirs: &'a str) -> Option<&'a str> {
    if values.is_empty() { Some(theirs) } else { values.get(theirs).map(String::as_str) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(mapping: &ClaimMapping, claims: Value) -> Result<Verified, TokenFault> {
        mapping.read(claims.as_object().unwrap(), "https://id.example", 100)
    }

    fn mapping(toml: &str) -> ClaimMapping {
        toml::from_str(toml).unwrap()
    }

    #[test]
    fn scopes_are_words_of_a_text_or_texts_of_an_array() {
        let expected: Scopes = [Scope::Read, Scope::Preview].into_iter().collect();
        for scope in [
            json!("read preview"),
            json!("openid preview  read "),
            json!(["preview", "read", "email", 7, null]),
        ] {
            let claims = json!({"client_id": "a", "scope": scope});
            assert_eq!(read(&ClaimMapping::default(), claims).unwrap().scopes, expected);
        }
    }

    #[test]
    fn what_is_no_scope_allows_nothing() {
        for scope in
            [json!(null), json!(7), json!({"read": true}), json!("READ"), json!([["read"]])]
        {
            let claims = json!({"client_id": "a", "scope": scope});
            assert_eq!(read(&ClaimMapping::default(), claims).unwrap().scopes, Scopes::default());
        }
    }

    #[test]
    fn without_an_agency_of_ours_a_token_has_none() {
        for agency in [json!(null), json!(27), json!(["state"]), json!("State"), json!("county:99")]
        {
            let claims = json!({"client_id": "a", "agency": agency});
            assert_eq!(read(&ClaimMapping::default(), claims).unwrap().agency, None);
        }
        let claims = json!({"client_id": "a"});
        assert_eq!(read(&ClaimMapping::default(), claims).unwrap().agency, None);
        let claims = json!({"client_id": "a", "agency": "state"});
        assert_eq!(read(&ClaimMapping::default(), claims).unwrap().agency, Some(Agency::State));
    }

    #[test]
    fn the_client_is_client_id_then_azp_then_sub() {
        let mut claims = json!({"sub": "c", "azp": "b", "client_id": "a"});
        for (gone, expected) in [("", "a"), ("client_id", "b"), ("azp", "c")] {
            claims.as_object_mut().unwrap().remove(gone);
            assert_eq!(read(&ClaimMapping::default(), claims.clone()).unwrap().client, expected);
        }
        let fault = read(&ClaimMapping::default(), json!({})).unwrap_err();
        assert_eq!(fault, TokenFault::MissingClaim("client_id or azp or sub".to_owned()));
    }

    #[test]
    fn a_client_that_is_no_name_is_refused_not_passed_over() {
        let longest = "x".repeat(CLIENT_MOST);
        let claims = json!({"client_id": longest});
        assert_eq!(read(&ClaimMapping::default(), claims).unwrap().client, longest);
        for client in [json!(""), json!(7), json!("a\nb"), json!("x".repeat(CLIENT_MOST + 1))] {
            let claims = json!({"client_id": client, "sub": "someone"});
            let fault = read(&ClaimMapping::default(), claims).unwrap_err();
            assert_eq!(fault, TokenFault::ClaimNotValid("client_id".to_owned()));
        }
    }

    #[test]
    fn other_claims_and_other_words_can_be_configured() {
        let mapping = mapping(
            r#"
            scope = "roles"
            agency = "org"
            client = "appid"
            scopes = { "Results Preview" = "preview" }
            agencies = { "Monterey COE" = "county:27" }
            "#,
        );
        assert_eq!(mapping.faults(), [""; 0]);
        let claims = json!({
            "roles": ["Results Preview", "admin"], "org": "Monterey COE", "appid": "x",
            "client_id": "y", "scope": "publish", "agency": "state",
        });
        let verified = read(&mapping, claims).unwrap();
        assert_eq!(verified.client, "x");
        // `admin` is their word for something else.
        assert_eq!(verified.scopes.to_string(), "preview");
        assert_eq!(verified.agency, Agency::parse("county:27"));
        let claims = json!({"appid": "x", "org": "state"});
        assert_eq!(read(&mapping, claims).unwrap().agency, None);
    }

    #[test]
    fn every_fault_of_a_mapping_is_told() {
        let faults = mapping(
            r#"
            scope = ""
            scopes = { a = "root" }
            agencies = { b = "county:99" }
            "#,
        )
        .faults();
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(toml::from_str::<ClaimMapping>("scopee = 'x'").is_err());
    }
}
