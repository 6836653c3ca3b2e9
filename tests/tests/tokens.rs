//! Tokens, clients and keys over HTTP: how clients get tokens and lose them, what is refused,
//! who may say from when a file is public, and what the audit log has of all of it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Barrier;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use calsos_tests::issuer::{Issuer, encoded, now};
use calsos_tests::on_both;
use calsos_tests::program::{Backend, Program};
use calsos_tests::service::{Answer, Service};
use serde_json::{Value, json};

const LEA: &str = "01999990000000";
const OTHER: &str = "02999990000000";

/// How soon services learn what was changed in the database.
const SOON: Duration = Duration::from_secs(2);

/// A public year of two counties, each with a file of its own: the first is release 1.
fn world(on: Backend) -> Program {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    for cds in [LEA, OTHER] {
        program.import([program.write_indicator("SUSP", 2023, &[(cds, "ALL", 4)])]);
    }
    program.succeed(["determine"]);
    program
}

/// A client with its secret.
struct Client {
    id: &'static str,
    secret: String,
}

impl Client {
    fn create(program: &Program, id: &'static str, scopes: &str, agency: &str) -> Client {
        let words =
            ["client", "create", id, "--name", "A client", "--scope", scopes, "--agency", agency];
        let made = program.json(words);
        Client { id, secret: made[0]["client_secret"].as_str().unwrap().to_owned() }
    }

    fn rotated(&self, program: &Program) -> Client {
        let made = program.json(["client", "rotate", self.id]);
        Client { id: self.id, secret: made[0]["client_secret"].as_str().unwrap().to_owned() }
    }

    fn form(&self) -> String {
        let Client { id, secret } = self;
        format!("grant_type=client_credentials&client_id={id}&client_secret={secret}")
    }

    fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.id, self.secret)))
    }

    /// A token, which must be had.
    fn token(&self, service: &Service) -> String {
        let answer = ask(service, &self.form());
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Asks for a token by a form.
fn ask(service: &Service, form: &str) -> Answer {
    service.send("POST", "/oauth/token", &[FORM], form)
}

fn get(service: &Service, path: &str, token: &str) -> Answer {
    service.get_with(path, &[("authorization", &format!("Bearer {token}"))])
}

/// The claims of a token, unverified.
fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn assert_problem(answer: &Answer, status: u16, code: &str) {
    let problem = answer.json();
    assert_eq!((answer.status, &problem["code"]), (status, &Value::from(code)), "{problem}");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["requestId"], answer.header("request-id"));
}

/// A token that is none is never taken for nobody.
fn assert_invalid(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.starts_with("Bearer "), "{what}: {challenge}");
    assert!(challenge.contains("error=\"invalid_token\""), "{what}: {challenge}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
}

#[test]
fn a_token_that_is_not_sound_is_refused_everywhere_and_never_taken_for_nobody() {
    let (program, issuer) = (world(Backend::Sqlite), Issuer::new());
    let settings = issuer.settings(&program);
    let service = Service::start(&program, &["--config", settings.to_str().unwrap()]);
    let scopes = "read preview publish admin";
    assert_eq!(get(&service, "/v1/audit", &issuer.token(scopes, "state")).status, 200);
    let (header, claims) = (Issuer::header(), Issuer::claims(scopes, "state"));
    let with_header = |change: Value| {
        let mut header = header.clone();
        header.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        issuer.sign(&header.to_string(), &claims.to_string())
    };
    let with = |change: Value| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        issuer.sign(&header.to_string(), &claims.to_string())
    };
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        issuer.sign(&header.to_string(), &claims.to_string())
    };
    let unsigned = |header: &str| format!("{}.{}.", encoded(header), encoded(claims.to_string()));
    let by_public_key = || {
        let header = json!({"alg": "HS256", "kid": "one", "typ": "at+jwt"}).to_string();
        let message = format!("{}.{}", encoded(header), encoded(claims.to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, issuer.public_key());
        format!("{message}.{}", encoded(hmac::sign(&key, message.as_bytes())))
    };
    let sound = issuer.token(scopes, "state");
    let (message, signature) = sound.rsplit_once('.').unwrap();
    let twice = header.to_string().replacen('{', "{\"alg\":\"none\",", 1);
    let tokens = [
        ("alg none", unsigned("{\"alg\":\"none\"}")),
        ("alg None with a key", unsigned("{\"alg\":\"None\",\"kid\":\"one\"}")),
        ("no signature", unsigned(&header.to_string())),
        ("HS256 by the public key", by_public_key()),
        ("alg twice", issuer.sign(&twice, &claims.to_string())),
        ("another alg", with_header(json!({"alg": "ES256"}))),
        ("unknown kid", with_header(json!({"kid": "two"}))),
        ("kid is a path", with_header(json!({"kid": "../../../../etc/passwd"}))),
        ("kid is SQL", with_header(json!({"kid": "one' OR '1'='1"}))),
        ("kid is empty", with_header(json!({"kid": ""}))),
        ("kid is no text", with_header(json!({"kid": 1}))),
        ("crit", with_header(json!({"crit": ["exp"]}))),
        ("an ID token", with_header(json!({"typ": "id+jwt"}))),
        ("another key", Issuer::new().token(scopes, "state")),
        ("ended", with(json!({"exp": now() - 3600}))),
        ("not begun", with(json!({"nbf": now() + 3600}))),
        ("exp is text", with(json!({"exp": (now() + 600).to_string()}))),
        ("exp is negative", with(json!({"exp": -1}))),
        ("no exp", without("exp")),
        ("no aud", without("aud")),
        ("no iss", without("iss")),
        ("no client", {
            let mut claims = claims.clone();
            claims.as_object_mut().unwrap().retain(|name, _| name != "sub" && name != "client_id");
            issuer.sign(&header.to_string(), &claims.to_string())
        }),
        ("another iss", with(json!({"iss": "https://other.example"}))),
        ("another aud", with(json!({"aud": "https://other.example"}))),
        ("other signature", format!("{message}.{}", encoded([7; 64]))),
        ("other claims", {
            let (header, _) = message.split_once('.').unwrap();
            let claims = Issuer::claims(scopes, "spi").to_string();
            format!("{header}.{}.{signature}", encoded(claims))
        }),
        ("one part", "x".to_owned()),
        ("four parts", format!("{sound}.x")),
        ("nothing", String::new()),
        ("too large", with(json!({"more": "x".repeat(10_000)}))),
    ];
    for (what, token) in &tokens {
        for path in ["/v1/years", "/v1/audit"] {
            assert_invalid(&get(&service, path, token), what);
        }
    }
    // Whatever is not one bearer's token is none.
    let bearer = format!("Bearer {sound}");
    for headers in [
        [("authorization", bearer.as_str()), ("authorization", bearer.as_str())].as_slice(),
        &[("authorization", "Basic eDp5")],
        &[("authorization", "Bearer")],
        &[("authorization", &sound)],
        &[("authorization", "")],
    ] {
        assert_invalid(&service.get_with("/v1/years", headers), &format!("{headers:?}"));
    }
    // A page that is kept ready is shown to nobody with such a token either.
    assert_eq!(service.get("/v1/years").status, 200);
    assert_invalid(&get(&service, "/v1/years", &tokens[0].1), "a page that is kept");
    // What needs nothing is answered whatever is shown.
    assert_eq!(get(&service, "/healthz", &tokens[0].1).status, 200);
}

/// A head of a megabyte is the end of the connection, not of the service.
#[test]
fn a_token_of_a_megabyte_is_refused() {
    let program = world(Backend::Sqlite);
    let service = Service::start(&program, &[]);
    let mut stream = TcpStream::connect(service.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let token = "x".repeat(1024 * 1024);
    let request =
        format!("GET /v1/years HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    // The service may end the connection before it has read everything.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(service.get("/v1/years").status, 200);
}

on_both![
    clients_get_tokens_and_lose_them,
    writes_and_refusals_are_in_the_audit_log,
    a_release_is_changed_by_who_may_on_the_condition_that_nobody_else_has,
];

fn clients_get_tokens_and_lose_them(on: Backend) {
    let program = world(on);
    let client = Client::create(&program, "county-01", "read,preview,admin", "county:01");
    let service = Service::start(&program, &["--token-minutes", "5"]);

    // Everything that the client has, or what it asks for of it.
    let answer = ask(&service, &client.form());
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    assert_eq!(answer.json()["token_type"], "Bearer");
    assert_eq!(answer.json()["expires_in"], 300);
    assert_eq!(answer.json()["scope"], "read preview admin");
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let claims = part(&token, 1);
    assert_eq!(
        (&claims["agency"], &claims["client_id"]),
        (&json!("county:01"), &json!("county-01"))
    );
    assert_eq!(get(&service, "/v1/audit", &token).status, 200);
    let narrow = ask(&service, &format!("{}&scope=preview+read", client.form())).json();
    assert_eq!(narrow["scope"], "read preview");
    let narrow = narrow["access_token"].as_str().unwrap();
    assert_eq!(part(narrow, 1)["scope"], "read preview");
    assert_eq!(get(&service, "/v1/audit", narrow).status, 403);

    // By the header, which is as good.
    let basic = client.basic();
    let headers = [FORM, ("authorization", basic.as_str())];
    let grant = "grant_type=client_credentials";
    let by_header = service.send("POST", "/oauth/token", &headers, grant);
    assert_eq!(by_header.status, 200, "{}", String::from_utf8_lossy(&by_header.body));

    for (what, headers, form, status, error) in [
        ("both at once", &headers[..], client.form(), 400, "invalid_request"),
        (
            "a scope that it has not",
            &[FORM],
            format!("{}&scope=publish", client.form()),
            400,
            "invalid_scope",
        ),
        (
            "a scope of nobody's",
            &[FORM],
            format!("{}&scope=root", client.form()),
            400,
            "invalid_scope",
        ),
        (
            "another grant",
            &[FORM],
            client.form().replace("client_credentials", "password"),
            400,
            "unsupported_grant_type",
        ),
        ("no grant", &headers, "x=y".to_owned(), 400, "invalid_request"),
        ("a field twice", &[FORM], format!("{0}&{grant}", client.form()), 400, "invalid_request"),
        ("JSON", &[("content-type", "application/json")], client.form(), 400, "invalid_request"),
        ("nobody", &[FORM], grant.to_owned(), 401, "invalid_client"),
        ("no secret", &[FORM], format!("{grant}&client_id=county-01"), 401, "invalid_client"),
    ] {
        let answer = service.send("POST", "/oauth/token", headers, form);
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{what}: {said}");
        assert_eq!(answer.json()["error"], error, "{what}: {said}");
        assert_eq!(answer.header("cache-control"), "no-store", "{what}");
        let asks = answer.header("www-authenticate").starts_with("Basic ");
        assert_eq!(asks, status == 401, "{what}: {said}");
        assert!(!said.contains(&client.secret), "{what}: {said}");
    }

    // Who is no client is told what a client with a wrong secret is told.
    let unknown = Client { id: "county-99", secret: client.secret.clone() };
    let wrong = Client { id: client.id, secret: unknown.secret.replace(|_: char| true, "x") };
    let told = |client: &Client| {
        let headers = [FORM, ("request-id", "same")];
        let answer = service.send("POST", "/oauth/token", &headers, client.form());
        (answer.status, answer.body.clone(), answer.header("www-authenticate").to_owned())
    };
    assert_eq!(told(&unknown), told(&wrong));
    assert_eq!(told(&unknown).0, 401);

    // The secret of before is refused from now on; tokens go on.
    let rotated = client.rotated(&program);
    assert_eq!(told(&client), told(&wrong));
    assert_eq!(told(&rotated).0, 200);
    assert_eq!(get(&service, "/v1/audit", &token).status, 200);

    // Who is disabled gets no token, and those that it has end.
    program.succeed(["client", "disable", "county-01"]);
    let took = service
        .wait_until("the token ends", |service| get(service, "/v1/audit", &token).status == 401);
    assert!(took < SOON, "{took:?}");
    let refused = get(&service, "/v1/years", &token);
    assert_invalid(&refused, "disabled");
    assert_eq!(told(&rotated), told(&wrong));
}

/// A secret takes long to check: whoever comes when many wait is told to come again, and
/// those who read go on.
#[test]
fn many_who_ask_for_tokens_at_once_are_told_to_come_again() {
    let program = world(Backend::Sqlite);
    let client = Client::create(&program, "county-01", "read", "county:01");
    let service = Service::start(&program, &[]);
    let wrong = Client { id: client.id, secret: "x".repeat(40) };
    let together = Barrier::new(60);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let one = |_| {
            scope.spawn(|| {
                together.wait();
                let answer = ask(&service, &wrong.form());
                if answer.status == 503 {
                    assert_problem(&answer, 503, "too-busy");
                    assert_eq!(answer.header("retry-after"), "5");
                }
                answer.status
            })
        };
        let threads: Vec<_> = (0..60).map(one).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let count = |status: u16| statuses.iter().filter(|of| **of == status).count();
    assert_eq!(count(401) + count(503), 60, "{statuses:?}");
    assert!(count(401) > 0 && count(503) > 0, "{statuses:?}");
    assert_eq!(client.token(&service).split('.').count(), 3);
}

#[test]
fn keys_change_and_tokens_of_the_one_before_go_on() {
    let program = world(Backend::Sqlite);
    let client = Client::create(&program, "county-01", "admin", "county:01");
    let service = Service::start(&program, &[]);
    let kids = |service: &Service| -> BTreeSet<String> {
        let keys = service.json("/.well-known/jwks.json");
        let keys = keys["keys"].as_array().unwrap();
        assert!(keys.iter().all(|key| key["kty"] == "OKP" && key.get("d").is_none()), "{keys:?}");
        keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let before = client.token(&service);
    let first = part(&before, 0)["kid"].as_str().unwrap().to_owned();
    assert_eq!(kids(&service), BTreeSet::from([first.clone()]));
    program.succeed(["key", "rotate"]);
    let took = service.wait_until("there are two keys", |service| kids(service).len() == 2);
    assert!(took < SOON, "{took:?}");
    assert_eq!(get(&service, "/v1/audit", &before).status, 200);
    let after = client.token(&service);
    let second = part(&after, 0)["kid"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(kids(&service), BTreeSet::from([first, second]));
    assert_eq!(get(&service, "/v1/audit", &after).status, 200);
    // Where everything is, is said.
    let about = service.json("/.well-known/oauth-authorization-server");
    assert_eq!(about["issuer"], part(&after, 1)["iss"]);
    assert_eq!(about["token_endpoint"], format!("{}/oauth/token", service.base()));
}

#[test]
fn other_machines_are_served_only_where_callers_can_be_told_apart() {
    let program = world(Backend::Sqlite);
    let serve = |listen: &str| {
        let mut command = program.command();
        command.args(["serve", "--listen", listen]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let refused = serve("0.0.0.0:0").output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("calsos client create") && said.contains("0.0.0.0"), "{said}");
    program.succeed(["key", "rotate"]);
    let mut running = serve("0.0.0.0:0").spawn().unwrap();
    let mut line = [0; 16];
    running.stdout.take().unwrap().read_exact(&mut line).unwrap();
    assert!(line.starts_with(b"Serving on http"), "{line:?}");
    running.kill().unwrap();
    running.wait().unwrap();
}

/// Entries of the audit log, the newest first.
fn audit(service: &Service, token: &str, query: &str) -> Vec<Value> {
    let answer = get(service, &format!("/v1/audit?limit=1000{query}"), token);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["items"].as_array().unwrap().clone()
}

fn patch(service: &Service, path: &str, token: &str, tag: Option<&str>, body: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("request-id", "patching"),
    ];
    headers.extend(tag.map(|tag| ("if-match", tag)));
    service.send("PATCH", path, &headers, body)
}

const CLOSED: &str = "{\"publicAt\":\"closed\"}";

fn writes_and_refusals_are_in_the_audit_log(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let settings = issuer.settings(&program);
    let client = Client::create(&program, "a-client", "read", "lea:01999990000000");
    program.succeed(["publish", "2", "--at", "2020-01-01"]);
    let log = program.folder().join("log");
    let mut command = program.command();
    command.env("RUST_LOG", "debug").stderr(File::create(&log).unwrap());
    let words = ["--config", settings.to_str().unwrap()];
    let service = Service::start_as_told(command, &words);
    let state = issuer.token("admin publish", "state");
    let county = issuer.token("admin publish", "county:01");
    let reader = issuer.token("read", "county:02");

    // One who writes, and those who are refused.
    let token = client.token(&service);
    assert_eq!(patch(&service, "/v1/releases/1", &county, Some("*"), CLOSED).status, 200);
    assert_eq!(patch(&service, "/v1/releases/2", &county, Some("*"), CLOSED).status, 403);
    assert_eq!(patch(&service, "/v1/releases/2", &reader, Some("*"), CLOSED).status, 403);
    assert_eq!(get(&service, "/v1/audit", &token).status, 403);
    assert_eq!(service.get_with("/v1/audit", &[("request-id", "nobody-s")]).status, 401);
    let forged = "x.y.z";
    assert_eq!(get(&service, "/v1/years", forged).status, 401);
    let wrong = Client { id: "a-client", secret: "a-guess-of-a-secret".to_owned() };
    assert_eq!(ask(&service, &wrong.form()).status, 401);
    service.wait_until("refusals are written", |service| {
        audit(service, &state, "&outcome=refused").len() >= 6
    });

    let all = audit(&service, &state, "");
    let of = |operation: &str, outcome: &str| -> Vec<&Value> {
        let is = |entry: &&Value| entry["operation"] == operation && entry["outcome"] == outcome;
        all.iter().filter(is).collect()
    };
    let here = json!("127.0.0.1");
    let done = of("updateRelease", "done");
    assert_eq!(done.len(), 1, "{all:?}");
    assert_eq!(done[0]["actor"], "county:01|admin publish");
    assert_eq!(
        (&done[0]["agency"], &done[0]["scopes"]),
        (&json!("county:01"), &json!("publish admin"))
    );
    assert_eq!((&done[0]["requestId"], &done[0]["address"]), (&json!("patching"), &here));
    assert_eq!(
        (&done[0]["target"], &done[0]["status"]),
        (&json!("PATCH /v1/releases/1"), &json!(200))
    );
    let refused: BTreeSet<String> = of("updateRelease", "refused")
        .iter()
        .map(|entry| format!("{} {} {}", entry["agency"], entry["status"], entry["code"]))
        .collect();
    let expected = [
        "\"county:01\" 403 \"out-of-reach\"".to_owned(),
        "\"county:02\" 403 \"scope-needed\"".to_owned(),
    ];
    assert_eq!(refused, BTreeSet::from(expected), "{all:?}");
    let audit_refused = of("listAudit", "refused");
    let actors: BTreeSet<&str> =
        audit_refused.iter().map(|entry| entry["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, BTreeSet::from(["a-client", "anonymous"]));
    assert!(audit_refused.iter().any(|entry| entry["requestId"] == "nobody-s"), "{all:?}");
    for operation in ["listYears", "createToken"] {
        let entries = of(operation, "refused");
        assert_eq!((entries.len(), &entries[0]["status"]), (1, &json!(401)), "{operation}");
        assert_eq!(entries[0]["address"], here, "{operation}");
    }
    // What was done by commands is there, too.
    for (command, count) in [
        ("calsos import", 2),
        ("calsos client create", 1),
        ("calsos key rotate", 1),
        ("calsos publish", 1),
    ] {
        let entries = of(command, "done");
        assert_eq!(entries.len(), count, "{command}: {all:?}");
        assert!(entries.iter().all(|entry| entry["actor"] == "test"), "{command}");
    }
    let moments: Vec<&str> = all.iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    assert!(moments.iter().all(|at| at.ends_with('Z')), "{moments:?}");

    // The filters, and pages.
    let count = |query: &str| audit(&service, &state, query).len();
    assert_eq!(count("&actor=a-client"), 1);
    assert_eq!(count("&operation=updateRelease&outcome=refused"), 2);
    assert_eq!(count("&from=2090-01-01T00:00:00Z"), 0);
    assert_eq!(count("&until=2000-01-01T00:00:00Z"), 0);
    let (middle, _) = moments.split_at(3);
    assert_eq!(count(&format!("&from={}", middle[2])), 3);
    let mut paged = Vec::new();
    let mut path = "/v1/audit?limit=4".to_owned();
    loop {
        let page = get(&service, &path, &state).json();
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["page"]["next"].as_str() else { break };
        path = format!("/v1/audit?limit=4&cursor={next}");
    }
    assert_eq!(paged, audit(&service, &state, ""));

    // Who administers a county sees its own.
    let own = audit(&service, &county, "");
    assert!(own.len() >= 2, "{own:?}");
    assert!(own.iter().all(|entry| entry["agency"] == "county:01"), "{own:?}");
    assert_eq!(audit(&service, &issuer.token("admin", ""), ""), Vec::<Value>::new());

    // No secret and no token is written anywhere.
    let written = fs::read_to_string(&log).unwrap() + &json!(all).to_string();
    assert!(written.contains("/v1/audit"), "{written}");
    for secret in [&client.secret, &wrong.secret, &token, &state, &county, &client.basic()] {
        assert!(!written.contains(secret.as_str()), "{secret} is in the log");
    }
    let signature = token.rsplit('.').next().unwrap();
    assert!(!written.contains(signature), "{signature} is in the log");
}

fn a_release_is_changed_by_who_may_on_the_condition_that_nobody_else_has(on: Backend) {
    let (program, issuer) = (world(on), Issuer::new());
    let settings = issuer.settings(&program);
    // One that county 02 is not told of.
    let file = program.write_indicator("ELA", 2024, &[(LEA, "ALL", 4)]);
    program.succeed(["import", "--public-at", "2090-01-01", file.to_str().unwrap()]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &["--config", settings.to_str().unwrap()]);
    let county = issuer.token("publish", "county:01");
    let neighbour = issuer.token("publish", "county:02");
    let lea = issuer.token("publish", "lea:01999990000000");
    let state = issuer.token("publish", "state");
    let path = "/v1/releases/1";
    let tag_of = |token: &str| get(&service, path, token).header("etag").to_owned();
    let tag = tag_of(&county);

    assert_problem(&patch(&service, path, &county, None, CLOSED), 428, "condition-needed");
    let stale = patch(&service, path, &county, Some("W/\"1.1-old\""), CLOSED);
    assert_problem(&stale, 412, "condition-failed");
    for (token, path, status, code) in [
        (&neighbour, path, 403, "out-of-reach"),
        (&lea, path, 403, "out-of-reach"),
        (&neighbour, "/v1/releases/3", 404, "unknown-release"),
        (&lea, "/v1/releases/3", 404, "unknown-release"),
        (&state, "/v1/releases/9", 404, "unknown-release"),
        (&state, "/v1/releases/x", 404, "unknown-release"),
    ] {
        assert_problem(&patch(&service, path, token, Some("*"), CLOSED), status, code);
    }
    for body in [
        "",
        "{}",
        "[]",
        "{\"publicAt\":null}",
        "{\"publicAt\":7}",
        "{\"publicAt\":\"tomorrow\"}",
        "{\"publicAt\":\"2090-02-30\"}",
        "{\"publicAt\":\"now\",\"more\":1}",
        "{\"publicAt\":\"now\"",
        "\u{feff}{\"publicAt\":\"now\"}",
    ] {
        let answer = patch(&service, path, &county, Some(&tag), body);
        assert_problem(&answer, 400, "body-not-valid");
    }
    // Nothing of that has changed anything.
    assert_eq!(tag_of(&county), tag);

    let changed = patch(&service, path, &county, Some(&tag), CLOSED);
    assert_eq!(changed.status, 200, "{}", String::from_utf8_lossy(&changed.body));
    assert!(changed.json().get("publicAt").is_none(), "{}", changed.json());
    let again = patch(&service, path, &county, Some(&tag), CLOSED);
    assert_problem(&again, 412, "condition-failed");
    // It is gone for who may not see it, at once.
    assert_eq!(service.get(path).status, 404);
    assert_eq!(service.get(&format!("/v1/leas/{LEA}/determinations/2023")).status, 404);
    let open = "{\"publicAt\":\"2020-01-01\"}";
    let opened = patch(&service, path, &county, Some("*"), open);
    assert_eq!(opened.json()["publicAt"], "2020-01-01T08:00:00Z");
    assert_eq!(service.get(&format!("/v1/leas/{LEA}/determinations/2023")).status, 200);
    // The answer's tag is the one that the next change is made with.
    let tag = opened.header("etag").to_owned();
    let other = "{\"publicAt\":\"2019-01-01\"}";
    assert_eq!(patch(&service, path, &county, Some(&tag), other).status, 200);
    assert_problem(&patch(&service, path, &county, Some(&tag), open), 412, "condition-failed");
    // Nobody is told that it has the release as it is now.
    let read = service.get_with(path, &[("if-none-match", &tag)]);
    assert_eq!((read.status, &read.json()["publicAt"]), (200, &json!("2019-01-01T08:00:00Z")));

    // Of several at once who read the same, one is answered, and the others are told.
    for round in 1..=6 {
        let (tag, together) = (tag_of(&state), Barrier::new(6));
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let one = |day: u16| {
                let (service, state, tag, together) = (&service, &state, &tag, &together);
                let body = format!("{{\"publicAt\":\"20{day}-01-0{round}\"}}");
                scope.spawn(move || {
                    // It has a connection.
                    assert_eq!(service.get("/healthz").status, 200);
                    together.wait();
                    patch(service, path, state, Some(tag), &body).status
                })
            };
            let threads: Vec<_> = (10..16).map(one).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let count = |status: u16| statuses.iter().filter(|of| **of == status).count();
        assert_eq!((count(200), count(412)), (1, 5), "{statuses:?}");
    }
}
