//! What is around every request, around a resource that takes a body.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, Json};

use super::*;

const LIMITS: RequestLimits = RequestLimits {
    query_bytes: 100,
    body_bytes: 1000,
    body_time: Duration::from_millis(500),
    upload_time: Duration::from_millis(500),
};

const ORIGIN: &str = "https://dashboard.example.org";

async fn take(body: Bytes) -> String {
    format!("took {}", body.len())
}

async fn take_json(body: Json<String>) -> String {
    format!("took {}", body.len())
}

/// Where a service is that takes bodies, and how it is ended.
fn start() -> (SocketAddr, ServerHandle) {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("none.sqlite").display());
    let office = Office::open(Some(&database), None).unwrap();
    let settings =
        Settings { requests: LIMITS, origins: vec![ORIGIN.to_owned()], ..Settings::default() };
    let service = Data::new(Service::new(office, &settings, String::new()).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, handle) = std::sync::mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let server = HttpServer::new(move || {
                App::new()
                    .app_data(Data::clone(&service))
                    .app_data(PayloadConfig::new(LIMITS.body_bytes))
                    .app_data(JsonConfig::default().limit(LIMITS.body_bytes))
                    .route("/bytes", web::post().to(take))
                    .route("/json", web::post().to(take_json))
                    .wrap(Compress::default())
                    .wrap(from_fn(admission::admit))
                    .wrap(browsers::cors(&[ORIGIN.to_owned()]))
                    .wrap(from_fn(conventions::keep))
            })
            .workers(1)
            .disable_signals()
            .listen(listener)
            .unwrap()
            .run();
            sender.send(server.handle()).unwrap();
            server.await.unwrap();
        });
        drop(folder);
    });
    (address, handle.recv().unwrap())
}

/// What comes, until the connection ends, where a body is sent and nothing after it.
fn answer(address: SocketAddr, path: &str, more: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nOrigin: {ORIGIN}\r\n\
         Content-Type: application/json\r\n{more}\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut part) {
        bytes.extend_from_slice(&part[..read]);
    }
    String::from_utf8(bytes).unwrap()
}

fn assert_refused(answer: &str, status: u16, code: &str) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
    let lower = answer.to_lowercase();
    assert!(lower.contains(&format!("access-control-allow-origin: {ORIGIN}\r\n")), "{answer}");
    assert!(lower.contains("ratelimit: \"anonymous\";r="), "{answer}");
}

#[test]
fn bodies_are_taken_within_the_limits_alone() {
    let (address, server) = start();
    let text = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    let chunks = |length: usize, ends: bool| {
        let end = if ends { "0\r\n\r\n" } else { "" };
        let half = text(length).split_off(length / 2);
        let first = "\"".to_owned() + &"x".repeat(length - half.len() - 1);
        format!("{:x}\r\n{first}\r\n{:x}\r\n{half}\r\n{end}", first.len(), half.len())
    };
    for path in ["/bytes", "/json"] {
        let length = |length: usize| format!("Content-Length: {length}\r\n");
        let close = "Connection: close\r\n";
        let chunked = "Transfer-Encoding: chunked\r\n";

        let whole = answer(address, path, &(length(1000) + close), text(1000).as_bytes());
        assert!(whole.ends_with(if path == "/json" { "took 998" } else { "took 1000" }), "{whole}");
        let in_chunks = format!("{chunked}{close}");
        let whole = answer(address, path, &in_chunks, chunks(1000, true).as_bytes());
        assert!(whole.ends_with(if path == "/json" { "took 998" } else { "took 1000" }), "{whole}");

        // Every refusal ends the connection, which nothing else here asks for.
        let long = answer(address, path, &length(1001), text(1001).as_bytes());
        assert_refused(&long, 413, "body-too-long");
        for ends in [true, false] {
            let long = answer(address, path, chunked, chunks(1002, ends).as_bytes());
            assert_refused(&long, 413, "body-too-long");
        }
        let begun = Instant::now();
        let slow = answer(address, path, &length(1000), text(999).as_bytes());
        assert_refused(&slow, 408, "body-too-slow");
        let slow = answer(address, path, chunked, chunks(1000, false).as_bytes());
        assert_refused(&slow, 408, "body-too-slow");
        assert!(begun.elapsed() > LIMITS.body_time * 2, "{:?}", begun.elapsed());
        let packed = length(3) + "Content-Encoding: gzip\r\n";
        assert_refused(&answer(address, path, &packed, b"abc"), 415, "unsupported-encoding");
    }
    drop(server.stop(false));
}
