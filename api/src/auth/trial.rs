//! Keys, tokens and an issuer over TLS, for the tests of tokens.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::external::ExternalIssuer;

/// The time at which the tests take place.
pub(super) const NOW: u64 = 1_800_000_000;

pub(super) const ISSUER: &str = "https://id.example";
pub(super) const AUDIENCE: &str = "https://calsos.example";

/// A key pair of an issuer.
pub(super) enum TrialKey {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// One for all tests: it takes long to make.
pub(super) static RSA: LazyLock<TrialKey> =
    LazyLock::new(|| TrialKey::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

impl TrialKey {
    pub(super) fn p256() -> TrialKey {
        TrialKey::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub(super) fn ed25519() -> TrialKey {
        TrialKey::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            TrialKey::Rsa(_) => "RS256",
            TrialKey::P256(_) => "ES256",
            TrialKey::Ed25519(_) => "EdDSA",
        }
    }

    pub(super) fn jwk(&self, kid: &str) -> Value {
        match self {
            TrialKey::Rsa(pair) => {
                let parts = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "kid": kid, "n": encoded(&parts.n), "e": encoded(&parts.e)})
            }
            TrialKey::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": kid, "x": encoded(x), "y": encoded(y)})
            }
            TrialKey::Ed25519(pair) => {
                let x = encoded(pair.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x})
            }
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            TrialKey::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
            TrialKey::P256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            TrialKey::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token of these claims with a sound header.
    pub(super) fn token(&self, kid: &str, claims: &Value) -> String {
        let header = json!({"alg": self.algorithm(), "kid": kid, "typ": "JWT"});
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// A token of any two texts.
    pub(super) fn token_of(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encoded(header.as_bytes()), encoded(claims.as_bytes()));
        let signature = self.sign(message.as_bytes());
        format!("{message}.{}", encoded(&signature))
    }
}

pub(super) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Claims with which a token is accepted.
pub(super) fn sound_claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "someone", "client_id": "a-client",
        "scope": "openid read preview", "agency": "county:27",
        "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 600,
    })
}

/// A set of keys in a file, whose issuer is accepted with some algorithms.
pub(super) fn issuer_with_file(
    folder: &TempDir,
    algorithms: &[&str],
    keys: &[Value],
) -> ExternalIssuer {
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, json!({"keys": keys}).to_string()).unwrap();
    let toml = format!(
        "[[issuer]]\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\nalgorithms = {algorithms:?}\n\
         keys = {{ file = '{}' }}",
        path.display()
    );
    ExternalIssuers::read(&toml).unwrap().remove(0)
}

/// What the issuer over TLS answers.
#[derive(Clone, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// With the line's end.
    pub(super) headers: String,
    pub(super) body: Vec<u8>,
    pub(super) delay: Duration,
}

impl Answer {
    pub(super) fn keys(keys: &[Value]) -> Answer {
        Answer { status: 200, body: json!({"keys": keys}).to_string().into(), ..Answer::default() }
    }
}

/// An issuer that serves its keys over TLS, with an authority of its own.
pub(super) struct TlsIssuer {
    port: u16,
    folder: TempDir,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    answer: Mutex<Answer>,
    asked: AtomicUsize,
    down: AtomicBool,
    over: AtomicBool,
}

impl TlsIssuer {
    pub(super) fn start(answer: Answer) -> TlsIssuer {
        let folder = tempfile::tempdir().unwrap();
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(vec![]).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = authority.self_signed(&authority_key).unwrap().pem();
        std::fs::write(folder.path().join("ca.pem"), pem).unwrap();
        let authority = Issuer::new(authority, authority_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();

        let listener = TcpListener::bind("localhost:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            answer: Mutex::new(answer),
            asked: AtomicUsize::new(0),
            down: AtomicBool::new(false),
            over: AtomicBool::new(false),
        });
        let thread = std::thread::spawn({
            let (shared, config) = (Arc::clone(&shared), Arc::new(config));
            move || serve(&listener, &shared, &config)
        });
        TlsIssuer { port, folder, shared, thread: Some(thread) }
    }

    /// How it is configured.
    pub(super) fn configured(&self) -> ExternalIssuer {
        let toml = format!(
            "[[issuer]]\nissuer = '{ISSUER}'\naudience = '{AUDIENCE}'\n\
             algorithms = ['RS256', 'ES256', 'EdDSA']\nca_file = '{}'\n\
             keys = {{ url = 'https://localhost:{}/jwks.json' }}",
            self.folder.path().join("ca.pem").display(),
            self.port
        );
        ExternalIssuers::read(&toml).unwrap().remove(0)
    }

    pub(super) fn answers(&self, answer: Answer) {
        *self.shared.answer.lock().unwrap() = answer;
    }

    /// Lets every connection break off.
    pub(super) fn set_down(&self, down: bool) {
        self.shared.down.store(down, Ordering::SeqCst);
    }

    /// How often its keys were asked for.
    pub(super) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }
}

impl Drop for TlsIssuer {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("localhost", self.port)));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn serve(listener: &TcpListener, shared: &Shared, config: &Arc<ServerConfig>) {
    for connection in listener.incoming() {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        if shared.down.load(Ordering::SeqCst) {
            continue;
        }
        // Whoever asks may go away when it has seen enough.
        let _ = answer(connection.unwrap(), shared, config);
    }
}

fn answer(
    connection: TcpStream,
    shared: &Shared,
    config: &Arc<ServerConfig>,
) -> std::io::Result<()> {
    let server = ServerConnection::new(Arc::clone(config)).unwrap();
    let mut stream = StreamOwned::new(server, connection);
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    shared.asked.fetch_add(1, Ordering::SeqCst);
    let Answer { status, headers, body, delay } = shared.answer.lock().unwrap().clone();
    std::thread::sleep(delay);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} .\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// A file of issuers, each under `[[issuer]]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExternalIssuers {
    #[serde(default)]
    issuer: Vec<ExternalIssuer>,
}

impl ExternalIssuers {
    pub(super) fn read(toml: &str) -> Result<Vec<ExternalIssuer>, String> {
        toml::from_str(toml).map(|file: ExternalIssuers| file.issuer).map_err(|e| e.to_string())
    }
}
