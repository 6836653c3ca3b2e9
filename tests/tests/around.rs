//! What is around every answer: the limits of callers, what browsers are told, and how the
//! service is set.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::net::TcpListener;
use std::process::Command;

use calsos_tests::program::Program;
use calsos_tests::service::{Answer, Service};

const PATH: &str = "/v1/years";
const ORIGIN: &str = "https://dashboard.example.org";

/// Nothing is decided: the service answers that, too.
fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// Asks until the limit refuses, and gives how often it did not and how it does.
fn use_up(service: &Service, headers: &[(&str, &str)]) -> (u32, Answer) {
    for number in 0..1000 {
        let answer = service.get_with(PATH, headers);
        if answer.status == 429 {
            return (number, answer);
        }
    }
    panic!("never refused");
}

#[test]
fn who_asks_too_often_is_told_so_and_when_to_ask_again() {
    let service = Service::start(&program(), &["--anonymous-rate", "1/10"]);
    let first = service.get(PATH);
    assert_eq!(first.header("ratelimit-policy"), "\"anonymous\";q=10;w=10");
    assert_eq!(first.header("ratelimit"), "\"anonymous\";r=9;t=1");
    assert_eq!(service.get("/nowhere").header("ratelimit"), "\"anonymous\";r=8;t=2");
    assert_eq!(service.head(PATH).header("ratelimit"), "\"anonymous\";r=7;t=3");
    let (admitted, refused) = use_up(&service, &[]);
    assert!((7..9).contains(&admitted), "{admitted}");
    let problem = refused.json();
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(refused.header("cache-control"), "no-store");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("ratelimit"), "\"anonymous\";r=0;t=10");
    assert_eq!(refused.header("ratelimit-policy"), "\"anonymous\";q=10;w=10");
    assert_eq!(problem["code"], "too-many-requests");
    assert_eq!(problem["status"], 429);
    assert_eq!(problem["requestId"], refused.header("request-id"));
    let detail = "1 requests a second are answered, and 10 at once; ask again in 1 s";
    assert_eq!(problem["detail"], detail);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_ne!(service.get(PATH).status, 429);
}

#[test]
fn watching_over_the_service_and_asking_what_may_be_asked_do_not_count() {
    let words = ["--anonymous-rate", "1/2", "--origin", ORIGIN];
    let service = Service::start(&program(), &words);
    for _ in 0..5 {
        for path in ["/healthz", "/readyz"] {
            let answer = service.get(path);
            assert_ne!(answer.status, 429);
            assert_eq!(answer.header("ratelimit"), "");
        }
        for headers in [&[][..], &[("origin", ORIGIN), ("access-control-request-method", "GET")]] {
            assert_ne!(service.options(PATH, headers).status, 429);
        }
    }
    assert_eq!(use_up(&service, &[]).0, 2);
    assert_eq!(service.get("/healthz").status, 200);
}

#[test]
fn without_a_limit_nobody_is_told_of_one() {
    let service = Service::start(&program(), &["--anonymous-rate", "off"]);
    let answer = service.get(PATH);
    assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), ("", ""));
}

#[test]
fn a_caller_cannot_make_up_where_a_request_comes_from() {
    let service = Service::start(&program(), &["--anonymous-rate", "1/4"]);
    for (name, value) in [
        ("x-forwarded-for", "203.0.113.1"),
        ("x-forwarded-for", "203.0.113.2, 203.0.113.3"),
        ("forwarded", "for=203.0.113.4"),
        ("x-real-ip", "203.0.113.5"),
    ] {
        assert_ne!(service.get_with(PATH, &[(name, value)]).status, 429);
    }
    let answer = service.get_with(PATH, &[("x-forwarded-for", "203.0.113.6")]);
    assert_eq!(answer.status, 429);
}

#[test]
fn behind_a_proxy_callers_have_a_limit_each() {
    let words = ["--anonymous-rate", "1/3", "--trusted-proxy", "127.0.0.0/8"];
    let service = Service::start(&program(), &words);
    let forwarded = |address| [("x-forwarded-for", address)];
    assert_eq!(use_up(&service, &forwarded("203.0.113.1")).0, 3);
    assert_eq!(use_up(&service, &forwarded("203.0.113.2")).0, 3);
    // What stands before the address that the proxy saw is the caller's own word.
    let answer = service.get_with(PATH, &forwarded("203.0.113.9, 203.0.113.1"));
    assert_eq!(answer.status, 429);
    // The networks of IPv6 that one caller has count as one.
    assert_eq!(use_up(&service, &forwarded("2001:db8::1")).0, 3);
    assert_eq!(service.get_with(PATH, &forwarded("2001:db8::2")).status, 429);
    assert_ne!(service.get_with(PATH, &forwarded("2001:db8:0:1::1")).status, 429);
}

#[test]
fn pages_of_named_origins_may_read_refusals_too() {
    let words = ["--anonymous-rate", "1/3", "--origin", ORIGIN];
    let service = Service::start(&program(), &words);
    let of = |path, origin| service.get_with(path, &[("origin", origin)]);
    for (path, status) in [("/nowhere", 404), ("/v1/years?yaer=1", 400), (PATH, 200), (PATH, 429)] {
        let answer = of(path, ORIGIN);
        // Nothing is decided yet.
        assert!([status, 503].contains(&answer.status), "{path}: {}", answer.status);
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN, "{path}");
        let exposed = answer.header("access-control-expose-headers");
        for name in ["retry-after", "ratelimit", "ratelimit-policy", "www-authenticate", "location"]
        {
            assert!(exposed.contains(name), "{name}: {exposed}");
        }
        assert!(answer.header("vary").to_lowercase().contains("origin"), "{path}");
    }
    for (path, origin) in [
        (PATH, "https://other.example.org"),
        (PATH, "http://dashboard.example.org"),
        (PATH, "https://dashboard.example.org:8443"),
        ("/nowhere", "null"),
    ] {
        let answer = of(path, origin);
        let headers = answer.headers.iter().filter(|(name, _)| name.starts_with("access-control"));
        assert_eq!(headers.count(), 0, "{origin}");
    }
}

#[test]
fn browsers_may_ask_what_is_allowed() {
    let service = Service::start(&program(), &["--origin", ORIGIN]);
    let of = |origin, method, headers| {
        let asked = [
            ("origin", origin),
            ("access-control-request-method", method),
            ("access-control-request-headers", headers),
        ];
        service.options(PATH, &asked)
    };
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
        let answer = of(ORIGIN, method, "authorization,if-match,idempotency-key,content-type");
        assert_eq!(answer.status, 200, "{method}");
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN);
        assert!(answer.header("access-control-allow-methods").contains(method));
        assert!(answer.header("access-control-allow-headers").contains("authorization"));
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
    for (origin, method, headers) in [
        ("https://other.example.org", "GET", "accept"),
        (ORIGIN, "TRACE", "accept"),
        (ORIGIN, "GET", "x-anything"),
    ] {
        let answer = of(origin, method, headers);
        assert_eq!(answer.status, 400, "{origin} {method} {headers}");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.json()["code"], "request-refused");
    }
    let any = Service::start(&program(), &["--origin", "*"]);
    let answer = any.get_with(PATH, &[("origin", "https://other.example.org")]);
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

#[test]
fn browsers_are_told_to_do_nothing_with_what_is_no_page() {
    let service = Service::start(&program(), &[]);
    for path in ["/", "/healthz", PATH, "/nowhere", "/v1/years?yaer=1", "/openapi.json"] {
        let answer = service.get(path);
        let policy = "default-src 'none'; frame-ancestors 'none'";
        for (name, value) in [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(answer.header(name), value, "{path}: {name}");
        }
    }
    let https = ["--public-url", "https://calsos.example.org"];
    let answer = Service::start(&program(), &https).get("/nowhere");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
}

/// What the policy of the pages allows is what they need: files beside them, and no script or
/// style within them.
#[test]
fn the_pages_of_the_document_may_do_what_they_need_and_no_more() {
    let service = Service::start(&program(), &[]);
    let page = service.get("/docs/");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = String::from_utf8(page.body.clone()).unwrap();
    let mut files = 0;
    for tag in html.split('<').map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag)) {
        assert!(!tag.starts_with("style") && !tag.contains(" style="), "{tag}");
        assert!(!tag.contains(" on"), "{tag}");
        let file = ["src=\"", "href=\""].into_iter().find_map(|name| tag.split_once(name));
        match file {
            Some((_, rest)) => {
                let name = rest.split('"').next().unwrap().trim_start_matches("./");
                assert!(!name.contains(':') && !name.starts_with('/'), "{name}");
                let answer = service.get(&format!("/docs/{name}"));
                assert_eq!(answer.status, 200, "{name}");
                assert_eq!(answer.header("x-content-type-options"), "nosniff");
                let media = answer.header("content-type");
                let (_, ending) = name.rsplit_once('.').unwrap();
                let expected = match ending {
                    "js" => "javascript",
                    "css" => "text/css",
                    _ => "image/",
                };
                assert!(media.contains(expected), "{name}: {media}");
                files += 1;
            }
            None => assert!(!tag.starts_with("script"), "{tag}"),
        }
    }
    assert!(files >= 5, "{html}");
}

/// A port that nothing listens on.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn command(program: &Program, variables: &[(&str, &str)]) -> Command {
    let mut command = program.command();
    command.envs(variables.iter().copied());
    command
}

#[test]
fn flags_stand_above_the_environment_and_that_above_the_file() {
    let program = program();
    let metrics = free_address();
    // RFC 8037's example.
    let keys = program.write(
        "keys.json",
        r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one", "alg": "EdDSA", "use": "sig",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
    );
    let text = format!(
        "metrics = \"{metrics}\"\nanonymous_rate = \"1/11\"\npublic_url = \"https://file.example.org/\"\n\
         origins = [\"https://file.example.org\"]\npublic_reads = true\nlog_json = true\n\
         query_bytes = 100\nbody_seconds = 5\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n\
         [issuer]\ntoken_minutes = 15\n[[external_issuer]]\nissuer = \"https://id.example.org\"\n\
         audience = \"https://calsos.example.org\"\nalgorithms = [\"EdDSA\"]\n\
         keys = {{ file = \"{}\" }}\n",
        keys.display()
    );
    let file = program.write("calsos.toml", text);
    let file = file.to_str().unwrap();
    let limit = |service: &Service| {
        let policy = service.get(PATH).header("ratelimit-policy").to_owned();
        policy.split(';').nth(1).unwrap().to_owned()
    };
    let base = |service: &Service| {
        let links = String::from_utf8(service.get("/").body).unwrap();
        ["file", "variable", "flag"]
            .into_iter()
            .find(|name| links.contains(&format!("\"https://{name}.example.org/v1/")))
    };

    let of_file = Service::start_as_told(command(&program, &[]), &["--config", file]);
    assert_eq!((limit(&of_file).as_str(), base(&of_file)), ("q=11", Some("file")));
    assert_eq!(of_file.get(&format!("/?{}", "x".repeat(101))).status, 414);
    let metrics = ureq::get(format!("http://{metrics}/metrics")).call().unwrap();
    assert_eq!(metrics.status(), 200);
    drop(of_file);

    let variables = [
        ("CALSOS_CONFIG", file),
        ("CALSOS_ANONYMOUS_RATE", "1/12"),
        ("CALSOS_PUBLIC_URL", "https://variable.example.org"),
        // Without a text, it is as good as none.
        ("CALSOS_ORIGINS", ""),
    ];
    let of_variables = Service::start_as_told(command(&program, &variables), &[]);
    assert_eq!((limit(&of_variables).as_str(), base(&of_variables)), ("q=12", Some("variable")));
    let answer = of_variables.get_with(PATH, &[("origin", "https://file.example.org")]);
    assert_eq!(answer.header("access-control-allow-origin"), "https://file.example.org");
    drop(of_variables);

    let flags = [
        "--anonymous-rate",
        "1/13",
        "--public-url",
        "https://flag.example.org",
        "--origin",
        "https://one.example.org",
        "--origin",
        "https://two.example.org",
    ];
    let of_flags = Service::start_as_told(command(&program, &variables), &flags);
    assert_eq!((limit(&of_flags).as_str(), base(&of_flags)), ("q=13", Some("flag")));
    for (origin, allowed) in [("one", true), ("two", true), ("file", false)] {
        let origin = format!("https://{origin}.example.org");
        let answer = of_flags.get_with(PATH, &[("origin", &origin)]);
        assert_eq!(answer.header("access-control-allow-origin") == origin, allowed, "{origin}");
    }
}

/// What `serve` says of faulty settings; nothing is served, and no database made.
fn faults(program: &Program, variables: &[(&str, &str)], words: &[&str]) -> Vec<String> {
    let output = command(program, variables).arg("serve").args(words).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty());
    said.lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn every_fault_of_the_configuration_is_named_at_once() {
    let program = program();
    let text = "listen = 8080\ncolour = 1\npublic_url = \"https://me:hunter2@example.org\"\n\
                origins = [\"https://a.example.org/\", \"*\"]\nbody_bytes = true\n\
                metrics = [1]\nconfig = \"other.toml\"\nexternal_issuer = 1\n\
                [issuer]\ntoken_minutes = 0\nhue = 1\n";
    let file = program.write("faulty.toml", text);
    let file = file.to_str().unwrap();
    let variables = [("CALSOS_CLIENT_RATE", "fast"), ("CALSOS_LOG_JSON", "1")];
    let words = ["--config", file, "--trusted-proxy", "10.0.0.1/8,::1", "--public-reads", "maybe"];
    let said = faults(&program, &variables, &words);
    assert_eq!(said[0], "error: the configuration has 15 faults:");
    assert_eq!(said.len(), 16, "{said:#?}");
    let found = |place: &str, fault: &str| {
        let place = match place.starts_with(|c: char| c.is_ascii_lowercase()) {
            true => format!("{file}, {place}"),
            false => place.to_owned(),
        };
        let found = said.iter().any(|line| {
            line.strip_prefix(&format!("{place}: ")).is_some_and(|rest| rest.contains(fault))
        });
        assert!(found, "{place}: {fault} is not in {said:#?}");
    };
    found("colour", "there is no such setting");
    found("config", "there is no such setting");
    found("issuer.hue", "there is no such setting");
    found("listen", "'8080' was found; expected: an address and a port, such as 127.0.0.1:8080");
    found("metrics", "one value is expected");
    found("public_url", "'…@example.org' was found; expected: an http or https URL");
    found("origins", "'https://a.example.org/' was found; expected: an origin");
    found("origins", "* stands for every origin, and is given alone");
    found("body_bytes", "'true' was found; expected: a number of bytes from 1 to 67108864");
    found("external_issuer", "tables [[external_issuer]] are expected");
    found("issuer.token_minutes", "'0' was found; expected: a number of minutes from 1 to 60");
    found("CALSOS_CLIENT_RATE", "'fast' was found; expected: requests a second and at once");
    found("CALSOS_LOG_JSON", "'1' was found; expected: true or false");
    found("--trusted-proxy", "'10.0.0.1/8' was found; expected: an address or a network");
    found("--public-reads", "'maybe' was found; expected: true or false");
    assert!(!said.concat().contains("hunter2"), "{said:#?}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_fault_among_others() {
    let program = program();
    let said = faults(&program, &[("CALSOS_CONFIG", "nowhere.toml")], &["--listen", "here"]);
    assert_eq!(said[0], "error: the configuration has 2 faults:");
    assert!(said[1].starts_with("CALSOS_CONFIG: 'nowhere.toml' cannot be read: "), "{said:?}");
    assert!(said[2].starts_with("--listen: 'here' was found"), "{said:?}");
    let file = program.write("cut.toml", "log_json = true\nsecret = \"hunter2\n");
    let said = faults(&program, &[], &["--config", file.to_str().unwrap()]);
    assert_eq!(said[0], "error: the configuration has a fault:");
    assert!(said[1].contains("cut.toml, line 2: no TOML: "), "{said:?}");
    assert!(!said.concat().contains("hunter2"), "{said:?}");
}

#[test]
fn what_can_be_said_is_taken_and_what_cannot_is_refused() {
    let program = program();
    for (flag, values) in [
        (
            "--public-url",
            &["example.org", "ftp://a.example.org", "https://a.example.org?b", "https:"][..],
        ),
        ("--public-url", &["https://a.example.org#b", "https://me@a.example.org", ""]),
        (
            "--origin",
            &["a.example.org", "https://a.example.org/b", "https://A.example.org", "null"],
        ),
        ("--origin", &["https://a.example.org:443", "*.example.org", "file:///a"]),
        ("--anonymous-rate", &["0/1", "100", "on", "1/1/1"]),
        ("--trusted-proxy", &["localhost", "10.0.0.0/33", "*"]),
        ("--query-bytes", &["0", "-1", "8K"]),
        ("--feed-events", &["0", "100000001", "all"]),
        ("--upload-seconds", &["0", "3601", "1.5"]),
        ("--spool", &["/nowhere/at/all", "/dev/null"]),
    ] {
        for value in values {
            let said = faults(&program, &[], &[&format!("{flag}={value}")]);
            assert!(said[1].starts_with(&format!("{flag}: ")), "{flag} {value}: {said:?}");
        }
    }
    let words = [
        "--public-url=https://a.example.org/below/",
        "--origin=http://localhost:3000,https://a.example.org,http://[::1]:3000",
        "--client-rate=off",
        "--trusted-proxy=10.0.0.0/8,2001:db8::/32",
        "--public-reads=false",
        "--token-minutes=5",
        "--body-seconds=1",
        "--feed-events=100000000",
        "--upload-seconds=3600",
        "--spool=/tmp",
        "--log-json",
    ];
    let service = Service::start(&program, &words);
    assert!(service.text("/").contains("\"https://a.example.org/below/v1/"));
}
