//! The program as a service, and a client that asks it over a real socket.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::program::Program;

/// A running service; it ends with this.
#[derive(Debug)]
pub struct Service {
    child: Child,
    base: String,
    agent: ureq::Agent,
}

/// What a request was answered with.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value; empty where there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

impl Service {
    /// Starts the service of a program's database on a free port, with further words. Unless
    /// those say otherwise, the tests may ask as often as they like.
    ///
    /// # Panics
    /// If it does not come to say where it serves.
    #[must_use]
    pub fn start(program: &Program, words: &[&str]) -> Service {
        let mut all = words.to_vec();
        for flag in ["--anonymous-rate", "--client-rate"] {
            if !words.iter().any(|word| word.starts_with(flag)) {
                all.extend([flag, "off"]);
            }
        }
        Service::start_by(program.command(), &all)
    }

    /// The same by a command with an environment of its own, and no words but these.
    ///
    /// # Panics
    /// If it does not come to say where it serves.
    #[must_use]
    pub fn start_as_told(command: Command, words: &[&str]) -> Service {
        Service::start_by(command, words)
    }

    /// The same, where the words say where it listens.
    ///
    /// # Panics
    /// If it does not come to say where it serves.
    #[must_use]
    pub fn start_as_told_at(command: Command, words: &[&str]) -> Service {
        Service::start_with(command, words)
    }

    /// The same, where the process begins with this limit of open files.
    ///
    /// # Panics
    /// If it does not come to say where it serves.
    #[must_use]
    pub fn start_with_few_files(program: &Program, limit: u32, words: &[&str]) -> Service {
        let plain = program.command();
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -Sn {limit}; exec \"$@\""), "sh"]);
        shell.arg(plain.get_program()).args(plain.get_args());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        Service::start_by(shell, &[words, &["--anonymous-rate", "off"]].concat())
    }

    fn start_by(command: Command, words: &[&str]) -> Service {
        Service::start_with(command, &[&["--listen", "127.0.0.1:0"], words].concat())
    }

    #[expect(clippy::expect_used, reason = "a test cannot go on without the service")]
    fn start_with(mut command: Command, words: &[&str]) -> Service {
        let mut child = command
            .arg("serve")
            .args(words)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the service can be started");
        let mut line = String::new();
        let said = child.stdout.take().expect("it was piped");
        BufReader::new(said).read_line(&mut line).expect("it says where it serves");
        let base = line.split_whitespace().find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("no address in {line:?}"));
        let base = base.trim_end_matches(';').to_owned();
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)));
        Service { child, base, agent: config.build().into() }
    }

    /// The number of the process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Where it serves, such as `127.0.0.1:40000`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Where it serves, such as `http://127.0.0.1:40000`.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Asks for a path and query.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// The same, with headers.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request, path)
    }

    fn ask(
        &self,
        request: ureq::RequestBuilder<ureq::typestate::WithoutBody>,
        path: &str,
    ) -> Answer {
        Service::answer(request.call().unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    #[expect(clippy::expect_used, reason = "a test cannot go on without an answer")]
    fn answer(response: ureq::http::Response<ureq::Body>) -> Answer {
        let (parts, mut body) = response.into_parts();
        let limit = 256 * 1024 * 1024;
        Answer {
            status: parts.status.as_u16(),
            headers: parts
                .headers
                .iter()
                .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
                .collect(),
            body: body.with_config().limit(limit).read_to_vec().expect("a whole body"),
        }
    }

    /// Asks by any method, with headers and, where it is not empty, a body.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test asks what can be asked")]
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let body: Vec<u8> = body.into();
        let mut request = ureq::http::Request::builder().method(method);
        request = request.uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = if body.is_empty() {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body).expect("a request"))
        };
        Service::answer(response.unwrap_or_else(|error| panic!("{method} {path}: {error}")))
    }

    /// Asks for what a GET would give, without the body.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn head(&self, path: &str) -> Answer {
        self.ask(self.agent.head(format!("{}{path}", self.base)), path)
    }

    /// Asks what may be asked for.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn options(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.options(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request, path)
    }

    /// A resource, which must be there.
    ///
    /// # Panics
    /// If it is not answered with 200 and JSON.
    #[must_use]
    pub fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    /// A resource, which must be there, as the text that it is.
    ///
    /// # Panics
    /// If it is not answered with 200.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        let answer = self.get(path);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 200, "{path}: {text}");
        text
    }

    /// Waits until a run is served, by its number.
    ///
    /// # Panics
    /// If it is not in half a minute.
    pub fn wait_for_run(&self, number: u32) {
        let start = Instant::now();
        let wanted = format!("{number}.");
        while !self.get("/healthz").header("dataset-version").starts_with(&wanted) {
            assert!(start.elapsed() < Duration::from_secs(30), "run {number} is not served");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until something holds of the service, and gives how long that took.
    ///
    /// # Panics
    /// If it does not in half a minute.
    pub fn wait_until(&self, what: &str, holds: impl Fn(&Service) -> bool) -> Duration {
        let start = Instant::now();
        while !holds(self) {
            assert!(start.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
        start.elapsed()
    }

    /// Asks the process to end, and gives its exit code.
    ///
    /// # Panics
    /// If it cannot be waited for.
    #[expect(clippy::expect_used, reason = "a test cannot go on without the process")]
    pub fn end(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().expect("kill can be started");
        self.child.wait().expect("the service ends").code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
