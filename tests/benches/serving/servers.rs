//! Servers as processes of their own: what they answer, and what they take of the machine.

use std::fmt;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

/// The kernel counts a process's time in hundredths of a second.
const TICKS: f64 = 100.0;

/// A running server; it ends with this.
pub(super) struct Server {
    child: Child,
    pub(super) base: String,
}

pub(super) struct Answer {
    pub(super) status: u16,
    headers: ureq::http::HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

/// Megabytes that are resident.
pub(super) struct Memory {
    pub(super) now: f64,
    pub(super) peak: f64,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} MB ({:.0} MB)", self.now, self.peak)
    }
}

impl Server {
    /// Starts one that says on its first line where it serves.
    pub(super) fn start(command: &mut Command) -> Server {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.split_whitespace().find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("no address in {line:?}"));
        Server { child, base: base.trim_end_matches(';').to_owned() }
    }

    pub(super) fn get(&self, path: &str, headers: &[(String, String)]) -> Answer {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = agent.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let (parts, mut body) = request.call().unwrap().into_parts();
        let body = body.with_config().limit(1 << 30).read_to_vec().unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// A token of the service's own for a client.
    pub(super) fn token(&self, client: &str, secret: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret),
        ];
        let mut answer = ureq::post(format!("{}/oauth/token", self.base)).send_form(form).unwrap();
        let token: Value = serde_json::from_reader(answer.body_mut().as_reader()).unwrap();
        token["access_token"].as_str().unwrap().to_owned()
    }

    pub(super) fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path, &[]).body).unwrap()
    }

    /// Seconds of the processor that it took so far, user and system together.
    pub(super) fn processor(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name, in brackets, may have blanks.
        let behind: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        (behind[11].parse::<f64>().unwrap() + behind[12].parse::<f64>().unwrap()) / TICKS
    }

    pub(super) fn memory(&self) -> Memory {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let megabytes = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            let kibibytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
            kibibytes * 1024.0 / 1e6
        };
        Memory { now: megabytes("VmRSS:"), peak: megabytes("VmHWM:") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that ended by itself cannot be ended again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long a service that is started at an address takes until it says that it is ready.
pub(super) fn ready_after(command: impl FnOnce(&str) -> Command) -> Duration {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = command(&address);
    let start = Instant::now();
    let child = command.stdout(Stdio::null()).spawn().unwrap();
    let server = Server { child, base: format!("http://{address}") };
    let ready = format!("{}/readyz", server.base);
    while !ureq::get(&ready).call().is_ok_and(|answer| answer.status() == 200) {
        assert!(start.elapsed() < Duration::from_secs(60), "the service does not become ready");
        sleep(Duration::from_millis(2));
    }
    start.elapsed()
}
