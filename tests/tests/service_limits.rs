//! What no client may do to the others: send too much, send or read too slowly, stay idle by
//! the thousand, hide a request in a body. And what is in flight when the service is told to end is finished.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use calsos_tests::program::{Listed, Program, list_text};
use calsos_tests::service::Service;

const LEA: &str = "01999990000000";
const YEAR: u16 = 2023;

/// How long a client may take for the head of its first request.
const REQUEST_HEAD: Duration = Duration::from_secs(10);

/// How soon a reader is answered while others misbehave: far less than any of the limits
/// that end their connections, far more than a busy machine needs.
const SOON: Duration = Duration::from_secs(5);

/// A year of one LEA, decided.
fn world() -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    let rated: Vec<_> = ["ELA", "MATH", "SUSP"].map(|i| (i, (LEA, "SWD", 1))).to_vec();
    let mut files = program.write_year(YEAR, &[LEA], &rated, &[]);
    let cells: &[(&str, &str)] = &[];
    let rows: Vec<Listed<'_>> = vec![(LEA, "General Assistance", cells)];
    files.push(
        program.write("assistancestatus22.csv", list_text("LCFF Eligibility File", 2022, &rows)),
    );
    program.import(files);
    program.succeed(["determine"]);
    program
}

fn page() -> String {
    format!("/v1/leas/{LEA}/determinations/{YEAR}")
}

/// A connection on which no read or write waits for more than half a minute.
fn connect(service: &Service) -> TcpStream {
    let stream = TcpStream::connect(service.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

fn request(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n")
}

/// What comes until the server ends the connection. An error ends it too: what had come
/// before a reset is what was answered.
fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 65536];
    while let Ok(read @ 1..) = stream.read(&mut part) {
        bytes.extend_from_slice(part.get(..read).unwrap());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn assert_readers_are_served(service: &Service) {
    let start = Instant::now();
    assert_eq!(service.get(&page()).status, 200);
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[test]
fn a_body_of_ten_megabytes_is_refused_and_readers_are_served() {
    let program = world();
    let service = Service::start(&program, &[]);
    let body = vec![b'x'; 10_000_000];
    for (method, path) in [("POST", page()), ("PUT", "/nowhere".to_owned())] {
        let mut stream = connect(&service);
        let head = request(method, &path, &format!("Content-Length: {}\r\n", body.len()));
        stream.write_all(head.as_bytes()).unwrap();
        // The server may have ended the connection before it has the whole.
        let _ = stream.write_all(&body);
        assert_readers_are_served(&service);
        let answer = rest(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
    }
}

#[test]
fn a_path_of_ten_megabytes_is_refused_and_readers_are_served() {
    let program = world();
    let service = Service::start(&program, &[]);
    let mut stream = connect(&service);
    let head = request("GET", &format!("/{}", "x".repeat(10_000_000)), "");
    let _ = stream.write_all(head.as_bytes());
    assert_readers_are_served(&service);
    let answer = rest(&mut stream);
    // The server does not read it to its end, so that its word may be lost with the connection.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    for (length, status) in [(65_000, "404"), (66_000, "400"), (140_000, "431")] {
        let mut stream = connect(&service);
        let head = request("GET", &format!("/{}", "x".repeat(length)), "Connection: close\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let answer = rest(&mut stream);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{length}: {answer}");
    }
    // A path of a length that fits into a head is read, and refused as what it is.
    let answer = service.get(&format!("/{}", "x".repeat(10_000)));
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["code"], "no-such-resource");
}

#[test]
fn silent_and_slow_clients_are_let_go_and_readers_are_served() {
    let program = world();
    let service = Service::start(&program, &[]);
    let start = Instant::now();
    let mut slow: Vec<TcpStream> = (0..100).map(|_| connect(&service)).collect();
    // Half of them say nothing; half begin a request, and go on with it letter by letter.
    let head = request("GET", &page(), "");
    for stream in slow.iter_mut().skip(50) {
        stream.write_all(head.get(..20).unwrap().as_bytes()).unwrap();
    }
    let mut letters = head.get(20..).unwrap().bytes();
    while start.elapsed() < REQUEST_HEAD / 2 {
        assert_readers_are_served(&service);
        let letter = [letters.next().unwrap()];
        for stream in slow.iter_mut().skip(50) {
            stream.write_all(&letter).unwrap();
        }
        thread::sleep(Duration::from_millis(500));
    }
    for (number, stream) in slow.iter_mut().enumerate() {
        let answer = rest(stream);
        let begun = number >= 50;
        let refused = answer.starts_with("HTTP/1.1 408 ") || answer.is_empty();
        assert!(refused, "begun: {begun}: {answer}");
    }
    let took = start.elapsed();
    assert!(took > REQUEST_HEAD / 2 && took < REQUEST_HEAD * 2, "{took:?}");
}

#[test]
fn a_client_that_does_not_read_keeps_nobody_waiting_and_loses_nothing() {
    let program = world();
    let service = Service::start(&program, &[]);
    let whole = service.get("/openapi.json").body.len();
    // More than lies in the buffers between the two.
    let times = 16 * 1024 * 1024 / whole + 1;
    let mut stream = connect(&service);
    let mut writer = stream.try_clone().unwrap();
    let writing = thread::spawn(move || {
        let one = request("GET", "/openapi.json", "");
        for _ in 1..times {
            writer.write_all(one.as_bytes()).unwrap();
        }
        writer.write_all(request("GET", "/openapi.json", "Connection: close\r\n").as_bytes())
    });
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        assert_readers_are_served(&service);
    }
    let answers = rest(&mut stream);
    writing.join().unwrap().unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), times);
    assert!(answers.len() > times * whole, "{} of {}", answers.len(), times * whole);
}

#[test]
fn two_thousand_idle_connections_keep_no_reader_out() {
    // The test holds the other end of every connection.
    let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current = limit.maximum;
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit).unwrap();
    let program = world();
    // Many systems begin a process with no more than this.
    let service = Service::start_with_few_files(&program, 1024, &[]);
    let one = request("GET", "/healthz", "");
    let mut idle: Vec<TcpStream> = Vec::new();
    for _ in 0..2000 {
        let mut stream = connect(&service);
        stream.write_all(one.as_bytes()).unwrap();
        idle.push(stream);
    }
    for stream in &mut idle {
        assert!(answer_of(stream).unwrap().starts_with(b"HTTP/1.1 200 OK"));
    }
    assert_readers_are_served(&service);
    // They are idle, not gone: each is answered again.
    for stream in &mut idle {
        stream.write_all(one.as_bytes()).unwrap();
        assert!(answer_of(stream).unwrap().starts_with(b"HTTP/1.1 200 OK"));
    }
}

/// One whole answer on a connection that stays open, by its length; else how much came.
fn answer_of(stream: &mut TcpStream) -> Result<Vec<u8>, usize> {
    let mut answer = Vec::new();
    let mut part = [0; 16384];
    while !is_whole(&answer) {
        match stream.read(&mut part) {
            Ok(read @ 1..) => answer.extend_from_slice(part.get(..read).unwrap()),
            Ok(0) | Err(_) => return Err(answer.len()),
        }
    }
    Ok(answer)
}

/// Whether the body is as long as the head says.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
        return false;
    };
    let (head, body) = answer.split_at(end + 4);
    let head = String::from_utf8_lossy(head).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.unwrap().parse::<usize>().unwrap()
}

/// How a request of one connection ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// Something came, and not all of it.
    Part,
    Nothing,
}

#[test]
fn what_is_in_flight_when_the_service_is_told_to_end_is_finished() {
    let program = world();
    let mut service = Service::start(&program, &[]);
    let address = service.address().to_owned();
    let paths = [
        page(),
        format!("{}/trace", page()),
        format!("/v1/exports/determinations?year={YEAR}&format=xlsx"),
        "/openapi.json".to_owned(),
    ];
    let done = AtomicBool::new(false);
    let (told, ends) = thread::scope(|scope| {
        let clients: Vec<_> = (0..8)
            .map(|number| {
                let path = paths.get(number % paths.len()).unwrap();
                let (address, done) = (&address, &done);
                scope.spawn(move || ask_again_and_again(address, path, done))
            })
            .collect();
        thread::sleep(Duration::from_secs(2));
        let told = Instant::now();
        assert_eq!(service.end(), Some(0));
        done.store(true, Ordering::Relaxed);
        (told, clients.into_iter().flat_map(|client| client.join().unwrap()).collect::<Vec<_>>())
    });
    let whole = ends.iter().filter(|(_, end)| *end == End::Whole).count();
    assert!(whole > 100, "{whole}");
    // Who connects while the service ends finds it ended; whose request was there before is
    // answered.
    let lost: Vec<_> = ends
        .iter()
        .filter(|(sent, end)| {
            *end == End::Part || *end == End::Nothing && *sent + Duration::from_millis(200) < told
        })
        .collect();
    assert!(lost.is_empty(), "{} of {}: {lost:?}", lost.len(), ends.len());
}

/// Asks on a connection of its own each time, until nobody listens. When each request was
/// sent, and how it ended.
fn ask_again_and_again(address: &str, path: &str, done: &AtomicBool) -> Vec<(Instant, End)> {
    let mut ends = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(address) else { break };
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        if stream.write_all(request("GET", path, "").as_bytes()).is_err() {
            continue;
        }
        let sent = Instant::now();
        let end = match answer_of(&mut stream) {
            Ok(_) => End::Whole,
            Err(0) => End::Nothing,
            Err(_) => End::Part,
        };
        ends.push((sent, end));
    }
    ends
}

/// Who sends a body to a resource that takes none is answered, and has the connection ended
/// soon, however the body comes.
#[test]
fn a_body_that_drips_holds_no_connection() {
    let program = world();
    let service = Service::start(&program, &[]);
    let chunked = "Transfer-Encoding: chunked\r\n";
    for (more, drip) in [
        (chunked, &b"1\r\nx\r\n"[..]),
        (chunked, b""),
        ("Content-Length: 1000\r\n", b"x"),
        ("Content-Length: 1000\r\n", b""),
    ] {
        for path in [page(), "/nowhere".to_owned(), "/openapi.json".to_owned()] {
            let mut stream = connect(&service);
            stream.write_all(request("GET", &path, more).as_bytes()).unwrap();
            let mut writer = stream.try_clone().unwrap();
            let start = Instant::now();
            let done = AtomicBool::new(false);
            let answer = thread::scope(|scope| {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) && start.elapsed() < REQUEST_HEAD {
                        // The server may have ended the connection.
                        let _ = writer.write_all(drip);
                        thread::sleep(Duration::from_millis(100));
                    }
                });
                let answer = rest(&mut stream);
                done.store(true, Ordering::Relaxed);
                answer
            });
            assert!(start.elapsed() < SOON, "{path} {more}: {:?}", start.elapsed());
            let status = if path == "/nowhere" { "404" } else { "200" };
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {more}: {answer}");
        }
    }
    assert_readers_are_served(&service);
}

/// The next request of a connection is read after a body that came whole and was not read by
/// anybody, or the connection is ended; the body is never taken for a request.
#[test]
fn a_body_is_never_taken_for_a_request() {
    let program = world();
    let service = Service::start(&program, &[]);
    let hidden = request("GET", "/hidden", "");
    let length = format!("Content-Length: {}\r\n", hidden.len());
    let chunk = format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len());
    for (more, body) in [(length.as_str(), &hidden), ("Transfer-Encoding: chunked\r\n", &chunk)] {
        for path in [page(), "/nowhere".to_owned()] {
            let mut stream = connect(&service);
            let next = request("GET", "/healthz", "Connection: close\r\n");
            let all = format!("{}{body}{next}", request("GET", &path, more));
            stream.write_all(all.as_bytes()).unwrap();
            let answer = rest(&mut stream);
            assert!(!answer.contains("/hidden"), "{answer}");
            let answers = answer.matches("HTTP/1.1 ").count();
            assert!((1..=2).contains(&answers), "{answer}");
        }
    }
}

#[test]
fn a_query_is_read_up_to_its_limit() {
    let program = world();
    let service = Service::start(&program, &[]);
    let of = |length: usize| {
        let answer = service.get(&format!("/v1/years?{}", "x".repeat(length)));
        (answer.status, answer.json()["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(of(8192), (400, "invalid-parameter".to_owned()));
    assert_eq!(of(8193), (414, "query-too-long".to_owned()));
    let service = Service::start(&program, &["--query-bytes", "8"]);
    assert_eq!(service.get("/v1/leas?limit=100").status, 414);
    assert_eq!(service.get("/v1/leas?limit=10").status, 200);
}

#[test]
fn a_head_has_at_most_96_headers() {
    let program = world();
    let service = Service::start(&program, &[]);
    for (further, status) in [(94, "200"), (95, "431")] {
        let more: String = (0..further).map(|number| format!("X-{number}: x\r\n")).collect();
        let mut stream = connect(&service);
        let head = request("GET", "/healthz", &format!("Connection: close\r\n{more}"));
        stream.write_all(head.as_bytes()).unwrap();
        let answer = rest(&mut stream);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{further}: {answer}");
    }
}

/// A body whose head says what it is, on a resource that takes none.
#[test]
fn a_body_that_would_be_unpacked_or_is_too_long_is_refused() {
    let program = world();
    let service = Service::start(&program, &["--body-bytes", "1000"]);
    for (more, status, code) in [
        ("Content-Encoding: gzip\r\nContent-Length: 3\r\n", "415", "unsupported-encoding"),
        ("Content-Encoding: br\r\nTransfer-Encoding: chunked\r\n", "415", "unsupported-encoding"),
        (
            "Content-Encoding: identity, gzip\r\nContent-Length: 3\r\n",
            "415",
            "unsupported-encoding",
        ),
        ("Content-Encoding: identity\r\nContent-Length: 3\r\n", "405", "method-not-allowed"),
        ("Content-Length: 1000\r\n", "405", "method-not-allowed"),
        ("Content-Length: 1001\r\n", "413", "body-too-long"),
        ("Content-Encoding: gzip\r\n", "405", "method-not-allowed"),
    ] {
        let mut stream = connect(&service);
        let more = format!("{more}Connection: close\r\n");
        stream.write_all(request("POST", &page(), &more).as_bytes()).unwrap();
        let answer = rest(&mut stream);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{more}: {answer}");
        assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{more}: {answer}");
        let says = answer.to_lowercase().contains("accept-encoding: identity");
        assert_eq!(says, status == "415", "{answer}");
    }
}

/// A head that is no HTTP is refused before there is a request, without a word; what is HTTP and
/// makes no sense is refused in words.
#[test]
fn a_head_that_is_no_http_is_refused_and_one_that_makes_no_sense_is_told_so() {
    let program = world();
    let service = Service::start(&program, &[]);
    let asks = |method: &str, path: &str, line: &[u8]| {
        let mut stream = connect(&service);
        let head = request(method, path, "Connection: close\r\n");
        let head = head.strip_suffix("\r\n").unwrap().as_bytes();
        stream.write_all(&[head, line, b"\r\n\r\n"].concat()).unwrap();
        rest(&mut stream)
    };
    let release = "/v1/releases/1";
    let lines: [&[u8]; 6] =
        [b"If-Match: \x01", b"If-Match: \0", b"If-Match: \x7f", b": x", b"If Match: x", b"If-Match"];
    for line in lines {
        let answer = asks("PATCH", release, line);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{line:?}: {answer}");
        assert!(answer.ends_with("\r\n\r\n") && !answer.contains("problem+json"), "{answer}");
    }
    let lines: [(&[u8], &str); 4] = [
        (b"If-Match: \xff\xfe", "invalid-token"),
        (b"If-Match:", "invalid-token"),
        (b"Authorization: \xff", "invalid-token"),
        (b"Authorization: Bearer \xff", "invalid-token"),
    ];
    for (line, code) in lines {
        let answer = asks("PATCH", release, line);
        assert!(answer.starts_with("HTTP/1.1 401 "), "{line:?}: {answer}");
        assert!(answer.contains("application/problem+json") && answer.contains(code), "{answer}");
    }
    for line in [b"If-None-Match: \xff".as_slice(), b"Accept: \xff", b"X-Request-Id: \xff"] {
        let answer = asks("GET", &page(), line);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{line:?}: {answer}");
    }
    assert_readers_are_served(&service);
}
