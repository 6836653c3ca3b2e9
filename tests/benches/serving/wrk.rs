//! Load, as `wrk` puts it on a server.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::servers::Server;

/// How long a round lasts: others who use the machine come and go, and short turns meet the
/// same of them.
pub(super) const LASTS: Duration = Duration::from_secs(1);

/// What a round is told in: one line of numbers.
const TELL: &str = r#"
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("measured %d %d %d %d %d %d\n",
        summary.requests, summary.duration, summary.bytes,
        latency:percentile(50), latency:percentile(99),
        e.connect + e.read + e.write + e.status + e.timeout))
end
"#;

/// Asks for the paths of a file in turn.
const IN_ROTATION: &str = r"
local requests, at = {}, 0
function init()
    for path in io.lines(PATHS) do requests[#requests + 1] = wrk.format('GET', path) end
end
function request()
    at = at % #requests + 1
    return requests[at]
end
";

/// What is asked for, and by how many readers at once.
pub(super) struct Load {
    pub(super) paths: Vec<String>,
    pub(super) headers: Vec<(String, String)>,
    readers: u32,
    lasts: Duration,
}

impl Load {
    pub(super) fn of(path: &str, readers: u32) -> Load {
        Load::of_all(&[path.to_owned()], readers)
    }

    pub(super) fn of_all(paths: &[String], readers: u32) -> Load {
        Load { paths: paths.to_vec(), headers: Vec::new(), readers, lasts: LASTS }
    }

    pub(super) fn with(mut self, header: &str, value: &str) -> Load {
        self.headers.push((header.to_owned(), value.to_owned()));
        self
    }

    /// For answers that take so long that few fit in a round.
    pub(super) fn lasting(mut self, lasts: Duration) -> Load {
        self.lasts = lasts;
        self
    }
}

/// What a round came to, times in seconds.
pub(super) struct Measured {
    requests: f64,
    lasted: f64,
    bytes: f64,
    median: f64,
    slow: f64,
    processor: f64,
}

impl Measured {
    pub(super) fn requests_a_second(&self) -> f64 {
        self.requests / self.lasted
    }

    pub(super) fn bytes_a_second(&self) -> f64 {
        self.bytes / self.lasted
    }

    /// Half of the requests took longer.
    pub(super) fn median(&self) -> f64 {
        self.median
    }

    /// One of a hundred requests took longer.
    pub(super) fn slow(&self) -> f64 {
        self.slow
    }

    /// What a request took of the server's processor.
    pub(super) fn processor(&self) -> f64 {
        self.processor / self.requests
    }
}

/// What `wrk` calls itself, where it is installed.
pub(super) fn version() -> Option<String> {
    let said = Command::new("wrk").arg("--version").output().ok()?;
    let words = String::from_utf8_lossy(&said.stdout).into_owned();
    words.lines().next()?.split(" [").next().map(str::to_owned)
}

/// Puts a load on a server for a round, from one thread.
pub(super) fn run(server: &Server, load: &Load) -> Measured {
    let folder = TempDir::new().unwrap();
    let mut script = String::new();
    for (name, value) in &load.headers {
        writeln!(script, "wrk.headers['{name}'] = '{value}'").unwrap();
    }
    if load.paths.len() > 1 {
        let paths = folder.path().join("paths");
        fs::write(&paths, load.paths.join("\n")).unwrap();
        script += &IN_ROTATION.replace("PATHS", &format!("'{}'", paths.display()));
    }
    script += TELL;
    let file = folder.path().join("script.lua");
    fs::write(&file, script).unwrap();
    let before = server.processor();
    let said = Command::new("wrk")
        .args(["--threads", "1", "--connections", &load.readers.to_string()])
        .args(["--duration", &format!("{}s", load.lasts.as_secs()), "--timeout", "30s", "--script"])
        .arg(&file)
        .arg(format!("{}{}", server.base, load.paths[0]))
        .output()
        .unwrap();
    let processor = server.processor() - before;
    let said = String::from_utf8(said.stdout).unwrap();
    let numbers = said.lines().find_map(|line| line.strip_prefix("measured "));
    let numbers = numbers.unwrap_or_else(|| panic!("wrk measured nothing: {said}"));
    let numbers: Vec<f64> = numbers.split(' ').map(|number| number.parse().unwrap()).collect();
    let [requests, micros, bytes, median, slow, failed] = numbers[..] else {
        panic!("wrk said {numbers:?}");
    };
    assert!(failed == 0.0, "{failed} requests failed: {said}");
    assert!(requests > 0.0, "no request was answered within {:?}", load.lasts);
    Measured {
        requests,
        lasted: micros / 1e6,
        bytes,
        median: median / 1e6,
        slow: slow / 1e6,
        processor,
    }
}
