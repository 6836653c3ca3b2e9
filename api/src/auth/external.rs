//! Issuers of tokens elsewhere, such as the identity provider of an agency: what is configured
//! of them, and how their keys are had.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::algorithm::Algorithm;
use super::claims::ClaimMapping;
use super::jwks::KeyRing;

/// The largest set of keys that is read, in bytes.
pub(crate) const KEYS_MOST: u64 = 1024 * 1024;

/// How long a set of keys may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

/// An issuer whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) struct ExternalIssuer {
    /// As the claim `iss` has it, to the letter.
    pub(crate) issuer: String,
    /// This service, as the claim `aud` has it.
    pub(crate) audience: String,
    /// How its tokens may be signed.
    pub(crate) algorithms: Vec<String>,
    /// Where its keys are.
    pub(crate) keys: KeySource,
    /// The certificates of the authorities that vouch for the address of its keys, in PEM,
    /// instead of those that the system trusts.
    #[serde(default)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Where its tokens have what is asked of them.
    #[serde(default)]
    pub(crate) mapping: ClaimMapping,
}

/// Where an issuer's set of keys is: JWKS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum KeySource {
    /// At an address, `https` only.
    Url(String),
    /// In a file.
    File(PathBuf),
}

impl ExternalIssuer {
    /// Every fault of the configuration. Nothing is fetched for it.
    pub(crate) fn check(&self) -> Result<(), Vec<String>> {
        let mut faults = Vec::new();
        if self.issuer.is_empty() {
            faults.push("issuer: it is empty; expected is what the claim iss has".to_owned());
        }
        if self.audience.is_empty() {
            faults.push("audience: it is empty; expected is what the claim aud has".to_owned());
        }
        if self.algorithms.is_empty() {
            faults.push(format!("algorithms: there are none; expected is {}", Algorithm::EXPECTED));
        }
        for unknown in self.algorithms.iter().filter(|word| Algorithm::parse(word).is_none()) {
            faults.push(format!(
                "algorithms: '{unknown}' is not accepted; expected is {}",
                Algorithm::EXPECTED
            ));
        }
        match &self.keys {
            KeySource::Url(url) => faults.extend(fault_of_url(url)),
            KeySource::File(path) => {
                faults.extend(of_file(path).err().map(|why| format!("keys.file: {why}")));
                if self.ca_file.is_some() {
                    faults.push("ca_file: it is only for keys at an address".to_owned());
                }
            }
        }
        if let Some(path) = &self.ca_file {
            faults.extend(authorities_of(path).err().map(|why| format!("ca_file: {why}")));
        }
        faults.extend(self.mapping.faults());
        if faults.is_empty() {
            return Ok(());
        }
        let of = |fault| format!("issuer '{}': {fault}", self.issuer);
        Err(faults.into_iter().map(of).collect())
    }

    /// Has the keys. Blocks until they are there, at most five seconds.
    pub(crate) fn fetch_keys(&self) -> Result<KeyRing, String> {
        match &self.keys {
            KeySource::Url(url) => KeyRing::read(&over_https(url, self.ca_file.as_deref())?),
            KeySource::File(path) => of_file(path),
        }
    }
}

fn fault_of_url(url: &str) -> Option<String> {
    let https = |uri: &Uri| {
        uri.scheme_str() == Some("https")
            && uri.authority().is_some_and(|authority| !authority.as_str().contains('@'))
    };
    if url.parse().as_ref().is_ok_and(https) {
        return None;
    }
    Some(format!("keys.url: '{url}' is not accepted; expected is an address with https://"))
}

fn of_file(path: &Path) -> Result<KeyRing, String> {
    let shown = path.display();
    let json = std::fs::read(path).map_err(|why| format!("'{shown}' cannot be read: {why}"))?;
    if json.len() as u64 > KEYS_MOST {
        return Err(format!("'{shown}' is larger than {KEYS_MOST} bytes"));
    }
    KeyRing::read(&json).map_err(|why| format!("'{shown}': {why}"))
}

/// Reads an address. No redirect is followed, nor anything without TLS.
fn over_https(url: &str, ca_file: Option<&Path>) -> Result<Vec<u8>, String> {
    let authorities = match ca_file {
        Some(path) => authorities_of(path)?,
        None => authorities_of_system()?,
    };
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::from(authorities))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build();
    let agent = ureq::Agent::config_builder()
        .https_only(true)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .max_idle_connections(0)
        .timeout_global(Some(PATIENCE))
        .user_agent("calsos")
        .accept("application/jwk-set+json, application/json")
        .tls_config(tls)
        .build()
        .new_agent();
    let mut response = agent.get(url).call().map_err(|error| error.to_string())?;
    if response.status() != 200 {
        return Err(format!(
            "it answered with the status {}; expected is 200, without a redirect",
            response.status().as_u16()
        ));
    }
    let body = response.body_mut().with_config().limit(KEYS_MOST);
    body.read_to_vec().map_err(|error| error.to_string())
}

fn authorities_of(path: &Path) -> Result<Vec<Certificate<'static>>, String> {
    let shown = path.display();
    let pem = std::fs::read(path).map_err(|why| format!("'{shown}' cannot be read: {why}"))?;
    let certificates = parse_pem(&pem).filter_map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
        Ok(_) => None,
        Err(error) => Some(Err(format!("'{shown}': {error}"))),
    });
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>()?;
    if certificates.is_empty() {
        return Err(format!("'{shown}' has no certificate in PEM"));
    }
    Ok(certificates)
}

fn authorities_of_system() -> Result<Vec<Certificate<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        return Err("the system trusts no authority (in Debian, install ca-certificates), and no \
                    ca_file is configured"
            .to_owned());
    }
    Ok(found.certs.iter().map(|der| Certificate::from_der(der).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::super::trial::ExternalIssuers;
    use super::super::trial::{RSA, issuer_with_file};
    use super::*;

    fn one(toml: &str) -> ExternalIssuer {
        ExternalIssuers::read(&format!("[[issuer]]\n{toml}")).unwrap().remove(0)
    }

    fn with_url(url: &str) -> ExternalIssuer {
        one(&format!(
            "issuer = 'https://id.example'\naudience = 'calsos'\nalgorithms = ['RS256']\n\
             keys = {{ url = '{url}' }}"
        ))
    }

    #[test]
    fn a_whole_file_is_read() {
        let issuers = ExternalIssuers::read(
            r#"
            [[issuer]]
            issuer = "https://id.example"
            audience = "https://calsos.example"
            algorithms = ["RS256", "ES256"]
            keys = { url = "https://id.example/jwks" }
            [issuer.mapping]
            scope = "scp"
            scopes = { "calsos.preview" = "preview" }

            [[issuer]]
            issuer = "other"
            audience = "calsos"
            algorithms = ["EdDSA"]
            keys = { file = "jwks.json" }
            "#,
        )
        .unwrap();
        assert_eq!(issuers[0].check(), Ok(()));
        assert_eq!(issuers[0].mapping.scope, "scp");
        assert_eq!(issuers[0].mapping.agency, "agency");
        assert_eq!(issuers[1].keys, KeySource::File("jwks.json".into()));
        assert_eq!(ExternalIssuers::read(""), Ok(vec![]));
    }

    #[test]
    fn what_is_not_known_in_a_file_is_refused() {
        let sound = "issuer = 'a'\naudience = 'b'\nalgorithms = []\n";
        for rest in [
            "",
            "keys = {}",
            "keys = { uri = 'https://x' }",
            "keys = { url = 'https://x', file = 'y' }",
            "keys = { url = 'https://x' }\ncaFile = 'x'",
            "keys = { url = 'https://x' }\nsecret = 'x'",
        ] {
            assert!(
                ExternalIssuers::read(&format!("[[issuer]]\n{sound}{rest}")).is_err(),
                "{rest}"
            );
        }
        assert!(ExternalIssuers::read("issuers = []").is_err());
    }

    #[test]
    fn keys_are_fetched_only_over_tls() {
        assert_eq!(with_url("https://id.example:8443/a?b=c").check(), Ok(()));
        for url in [
            "http://id.example/jwks",
            "http://localhost/jwks",
            "https://user:password@id.example/jwks",
            "ftp://id.example/jwks",
            "file:///etc/passwd",
            "id.example/jwks",
            "/jwks",
            "https://",
            "",
        ] {
            let faults = with_url(url).check().unwrap_err();
            assert_eq!(faults.len(), 1, "{url}");
            assert!(faults[0].starts_with("issuer 'https://id.example': keys.url"), "{faults:?}");
        }
    }

    #[test]
    fn an_address_without_tls_is_not_asked_even_unchecked() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        assert!(with_url(&url).fetch_keys().is_err());
        assert!(listener.accept().is_err());
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = one(r#"
            issuer = ""
            audience = ""
            algorithms = ["RS256", "HS256", "none"]
            keys = { url = "http://id.example" }
            ca_file = "nowhere.pem"
            mapping = { scopes = { a = "root" } }
            "#)
        .check()
        .unwrap_err();
        assert_eq!(faults.len(), 7, "{faults:#?}");
        let none = one("issuer = 'a'\naudience = 'b'\nalgorithms = []\nkeys = { file = 'x' }");
        assert_eq!(none.check().unwrap_err().len(), 2);
    }

    #[test]
    fn a_file_of_keys_must_have_keys() {
        let folder = tempfile::tempdir().unwrap();
        let sound = issuer_with_file(&folder, &["RS256"], &[RSA.jwk("k")]);
        assert_eq!(sound.check(), Ok(()));
        let certified =
            ExternalIssuer { ca_file: Some(folder.path().join("ca.pem")), ..sound.clone() };
        assert_eq!(certified.check().unwrap_err().len(), 2, "it is needless, and not there");
        assert!(issuer_with_file(&folder, &["RS256"], &[]).check().is_err());
        let KeySource::File(path) = &sound.keys else { unreachable!() };
        std::fs::write(path, vec![b' '; KEYS_MOST as usize + 1]).unwrap();
        let faults = sound.check().unwrap_err();
        assert!(faults[0].contains("larger"), "{faults:?}");
    }

    #[test]
    fn a_file_of_authorities_must_have_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let mut issuer = with_url("https://id.example/jwks");
        issuer.ca_file = Some(path.clone());
        for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAA"] {
            std::fs::write(&path, pem).unwrap();
            assert_eq!(issuer.check().unwrap_err().len(), 1, "{pem}");
        }
    }
}
