//! Tokens for clients: OAuth 2.0 client credentials (RFC 6749), the keys to verify them with,
//! and where both are (RFC 8414).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue};
use actix_web::web::{Bytes, Query};
use actix_web::{HttpRequest, HttpResponse, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use calsos_persistence::{ClientRecord, Store};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::agency::Agency;
use crate::auth::operation::{CreateToken, GetAuthorizationServer, GetKeys};
use crate::auth::scope::{Scope, Scopes};
use crate::auth::secret;
use crate::error::AppError;
use crate::problem::{Kind, Problem, ProblemDetails};
use crate::server::answers::{apart, drawn, fresh, json};
use crate::server::asked::Asked;
use crate::server::identity::seconds_now;
use crate::server::may::May;

/// How many callers may wait for their secret to be checked: a check takes 19 MiB and some
/// hundredths of a second, and is done one at a time.
const WAITING_MOST: usize = 16;

static WAITING: AtomicUsize = AtomicUsize::new(0);
static CHECKING: Mutex<()> = Mutex::new(());

/// What a client asks for, as a form has it.
#[derive(ToSchema)]
#[schema(as = TokenRequest)]
#[expect(dead_code, reason = "it is the schema of a form that is read field by field")]
struct TokenRequest {
    #[schema(inline)]
    grant_type: GrantType,
    /// Scopes with a blank between; absent for all that the client has.
    #[schema(
        nullable = false,
        example = "read",
        pattern = "^(read|preview|publish|admin)( (read|preview|publish|admin))*$"
    )]
    scope: Option<String>,
    /// The client, where it does not say who it is by HTTP Basic.
    #[schema(nullable = false)]
    client_id: Option<String>,
    /// Its secret.
    #[schema(nullable = false)]
    client_secret: Option<String>,
}

/// How a client says that it may have a token.
#[derive(ToSchema)]
#[schema(as = GrantType, example = "client_credentials")]
#[expect(dead_code, reason = "it is the schema of a field that is read as a text")]
enum GrantType {
    #[schema(rename = "client_credentials")]
    ClientCredentials,
}

/// A token.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenResponse)]
struct TokenResponse {
    /// To be sent as `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds until it ends.
    expires_in: u64,
    /// The scopes that it has.
    scope: String,
}

/// The public keys that tokens are verified with, RFC 7517.
#[derive(ToSchema)]
#[schema(as = KeySet)]
#[expect(dead_code, reason = "it is the schema of what the issuer writes")]
struct KeySet {
    keys: Vec<PublicKey>,
}

/// A public key.
#[derive(ToSchema)]
#[schema(as = PublicKey)]
#[expect(dead_code, reason = "it is the schema of what the issuer writes")]
struct PublicKey {
    /// `OKP`.
    kty: String,
    /// `Ed25519`.
    crv: String,
    /// `EdDSA`.
    alg: String,
    /// `sig`.
    #[schema(rename = "use")]
    usage: String,
    /// Its thumbprint, RFC 7638.
    kid: String,
    /// The key in base64url.
    x: String,
}

/// Where tokens and keys are, RFC 8414.
#[derive(Serialize, ToSchema)]
#[schema(as = AuthorizationServer)]
struct AuthorizationServer {
    issuer: String,
    token_endpoint: String,
    jwks_uri: String,
    scopes_supported: Vec<&'static str>,
    /// None: nobody is asked on a page.
    response_types_supported: Vec<&'static str>,
    grant_types_supported: Vec<&'static str>,
    token_endpoint_auth_methods_supported: Vec<&'static str>,
}

/// A token for a client
///
/// OAuth 2.0 client credentials, by HTTP Basic or in the form. `calsos client create` makes a
/// client.
#[utoipa::path(
    tag = "access", operation_id = "createToken",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded", description = "What is asked for."),
    responses(
        (status = 200, description = "The token.", body = TokenResponse),
        (status = "4XX", description = "The client or what it asks for is refused; `error` is the word of RFC 6749.", content(
            (ProblemDetails = "application/problem+json"),
            (ProblemDetails = "application/json"),
        )),
        (status = 503, description = "The service has no signing key, or too many clients ask at once.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[post("/oauth/token")]
pub(crate) async fn create_token(
    request: HttpRequest,
    may: May<CreateToken>,
    body: Bytes,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let form = Form::read(&request, &body)?;
    let (id, given) = credentials(&request, &form)?;
    if form.grant_type.as_deref() != Some("client_credentials") {
        let (error, detail) = match form.grant_type {
            None => ("invalid_request", "grant_type is missing; client_credentials is expected"),
            Some(_) => ("unsupported_grant_type", "only grant_type=client_credentials is known"),
        };
        return Err(refused(Kind::BodyNotValid, error, detail));
    }
    let Some(issuer) = may.service().access.own.load_full() else {
        let detail = "the service has no signing key yet; whoever runs it makes one with `calsos \
                      client create` or `calsos key ensure`";
        return Err(Problem::new(Kind::NoSigningKey, detail));
    };
    let store = may.store();
    // Before it waits for a thread: there are few of these.
    let waiting = Waiting::begin()?;
    let client = apart(move || checked(&store, &id, &given, &waiting)).await?;
    let scopes = asked_scopes(&client, form.scope.as_deref())?;
    let token = issuer
        .issue(&client.id, scopes, Agency::parse(&client.agency).as_ref(), seconds_now())
        .map_err(|fault| AppError::Failed(fault.to_string()))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store"));
    let answer = TokenResponse {
        access_token: token,
        token_type: "Bearer",
        expires_in: issuer.lifetime(),
        scope: scopes.to_string(),
    };
    Ok(json(response, drawn(&answer)?.into()))
}

/// The keys of tokens
///
/// Those that sign now, and those that have signed tokens that have not ended.
#[utoipa::path(
    tag = "access", operation_id = "getKeys",
    responses(
        (status = 200, description = "The keys.", body = KeySet),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/.well-known/jwks.json")]
pub(crate) async fn get_keys(
    request: HttpRequest,
    may: May<GetKeys>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    match may.service().access.own.load().as_ref() {
        Some(issuer) => fresh(&issuer.jwk_set()),
        None => fresh(&serde_json::json!({"keys": []})),
    }
}

/// Where tokens and keys are
#[utoipa::path(
    tag = "access", operation_id = "getAuthorizationServer",
    responses(
        (status = 200, description = "The built-in issuer.", body = AuthorizationServer),
        (status = "4XX", description = "The request was refused.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
#[get("/.well-known/oauth-authorization-server")]
pub(crate) async fn get_authorization_server(
    request: HttpRequest,
    may: May<GetAuthorizationServer>,
) -> Result<HttpResponse, Problem> {
    Asked::of(&request).done()?;
    let base = may.service().base_url.trim_end_matches('/');
    fresh(&AuthorizationServer {
        issuer: may.service().base_url.clone(),
        token_endpoint: format!("{base}/oauth/token"),
        jwks_uri: format!("{base}/.well-known/jwks.json"),
        scopes_supported: Scope::ALL.map(Scope::code).to_vec(),
        response_types_supported: Vec::new(),
        grant_types_supported: vec!["client_credentials"],
        token_endpoint_auth_methods_supported: vec!["client_secret_basic", "client_secret_post"],
    })
}

/// The fields of the form; each at most once.
#[derive(Default)]
pub(crate) struct Form {
    grant_type: Option<String>,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

impl Form {
    fn read(request: &HttpRequest, body: &[u8]) -> Result<Form, Problem> {
        let invalid = |detail: &str| refused(Kind::BodyNotValid, "invalid_request", detail);
        if request.headers().get("content-type").and_then(|v| v.to_str().ok()).is_none_or(|of| {
            let media = of.split(';').next().unwrap_or_default().trim();
            !media.eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }) {
            return Err(invalid("a form is expected: application/x-www-form-urlencoded"));
        }
        Form::parse(body).map_err(invalid)
    }

    /// Reads the fields, or says why they cannot be read.
    pub(crate) fn parse(body: &[u8]) -> Result<Form, &'static str> {
        let text = std::str::from_utf8(body).map_err(|_not_text| "it is no UTF-8")?;
        let pairs = Query::<Vec<(String, String)>>::from_query(text)
            .map_err(|_fault| "the form cannot be read")?;
        let mut form = Form::default();
        for (name, value) in pairs.into_inner() {
            let field = match name.as_str() {
                "grant_type" => &mut form.grant_type,
                "scope" => &mut form.scope,
                "client_id" => &mut form.client_id,
                "client_secret" => &mut form.client_secret,
                // Other parameters are ignored, as RFC 6749 says.
                _ => continue,
            };
            if field.replace(value).is_some() {
                return Err("a field is there twice");
            }
        }
        Ok(form)
    }
}

/// Who the client says it is, in one way and not in both.
fn credentials(request: &HttpRequest, form: &Form) -> Result<(String, String), Problem> {
    let invalid = |detail: &str| refused(Kind::BodyNotValid, "invalid_request", detail);
    let in_form = (form.client_id.clone(), form.client_secret.clone());
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let Some(header) = headers.next() else {
        return match in_form {
            (Some(id), Some(secret)) => Ok((id, secret)),
            _ => Err(client_refused("the client does not say who it is")),
        };
    };
    if headers.next().is_some() || in_form.1.is_some() {
        return Err(invalid("the client says who it is twice; once is enough"));
    }
    let (id, secret) =
        basic(header).ok_or_else(|| client_refused("the header Authorization is no HTTP Basic"))?;
    if in_form.0.is_some_and(|other| other != id) {
        return Err(invalid("client_id is another than that of the header"));
    }
    Ok((id, secret))
}

/// The client's id and secret in a header of HTTP Basic.
pub(crate) fn basic(header: &HeaderValue) -> Option<(String, String)> {
    let (scheme, text) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    // RFC 6749 has both encoded like a form.
    Some((decoded(id)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    let pairs = Query::<Vec<(String, String)>>::from_query(&format!("v={text}")).ok()?;
    pairs.into_inner().into_iter().next().map(|(_, value)| value)
}

/// The client, if it is there, not disabled, and has the secret.
fn checked(
    store: &Store,
    id: &str,
    given: &str,
    _waiting: &Waiting,
) -> Result<ClientRecord, Problem> {
    let client = store.client(id).map_err(AppError::from)?;
    let _one_at_a_time = CHECKING.lock().unwrap_or_else(PoisonError::into_inner);
    let hash = client.as_ref().map(|client| client.secret_hash.as_str());
    let is_its_secret = secret::verify(hash, given);
    let client = client.filter(|client| is_its_secret && client.disabled_at.is_none());
    client.ok_or_else(|| client_refused("there is no such client, or this is not its secret"))
}

/// A caller who waits for its secret to be checked.
struct Waiting;

impl Waiting {
    fn begin() -> Result<Waiting, Problem> {
        let waiting = Waiting;
        if WAITING.fetch_add(1, Ordering::Relaxed) < WAITING_MOST {
            return Ok(waiting);
        }
        let detail = "too many clients ask for a token at once; ask again in a few seconds";
        Err(Problem::new(Kind::TooBusy, detail))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The scopes of the token: those that are asked for, all of which the client must have.
fn asked_scopes(client: &ClientRecord, asked: Option<&str>) -> Result<Scopes, Problem> {
    let own = Scopes::of_claim(&client.scopes);
    let Some(asked) = asked else { return Ok(own) };
    let words = asked.split_ascii_whitespace();
    let scopes: Option<Scopes> =
        words.map(|word| Scope::parse(word).filter(|scope| own.has(*scope))).collect();
    scopes.ok_or_else(|| {
        let detail = format!("the client has these scopes and no other: {own}");
        refused(Kind::BodyNotValid, "invalid_scope", &detail)
    })
}

fn refused(kind: Kind, error: &'static str, detail: &str) -> Problem {
    Problem::new(kind, detail).told_as_oauth(error)
}

fn client_refused(detail: &str) -> Problem {
    let problem = refused(Kind::ClientRefused, "invalid_client", detail);
    problem.challenging("Basic realm=\"calsos\"".to_owned())
}
