//! Two services behind the proxy of compose.yaml, and one alone, on one PostgreSQL with the
//! made-up state; then reads at half of what they can, while files are imported, a run is made,
//! and one of them is killed and started again.
//!
//! `cargo bench -p calsos-tests --bench replicas`, with `haproxy` on the path. It lasts some
//! minutes, `CALSOS_BENCH_MINUTES` (10) of them at half of the maximum.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark fails by panicking, prints what it measured, and does with rounded figures"
)]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use calsos_tests::service::Service;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_calsos-under-test");
const PROXY: &str = include_str!("../../image/haproxy.cfg");
const PROXY_PATH: &str = "/usr/sbin/haproxy";

/// Readers at the same time.
const READERS: usize = 8;
/// How long a round lasts, and how many there are of each.
const ROUND: Duration = Duration::from_secs(4);
const ROUNDS: usize = 7;

/// A proxy that runs.
struct Proxy {
    child: Child,
    base: String,
    _folder: TempDir,
}

impl Proxy {
    /// The proxy of compose.yaml, but that it is told the services' addresses, which it finds
    /// by their name there.
    fn before(services: &[String]) -> Proxy {
        let folder = TempDir::new().unwrap();
        let port = free_port();
        let mut lines: Vec<String> = Vec::new();
        for line in PROXY.lines() {
            let words = line.trim_start();
            if words.starts_with("bind ") {
                lines.push(format!("    bind 127.0.0.1:{port}"));
            } else if words.starts_with("server-template ") {
                for (number, address) in services.iter().enumerate() {
                    lines.push(format!(
                        "    server s{number} {address} check inter 1s fall 2 rise 1 \
                         pool-purge-delay 30s"
                    ));
                }
            } else if !["resolvers containers", "parse-resolv-conf", "hold valid 1s"]
                .contains(&words)
            {
                lines.push(line.to_owned());
            }
        }
        let file = folder.path().join("haproxy.cfg");
        fs::write(&file, lines.join("\n") + "\n").unwrap();
        let child = Command::new(PROXY_PATH)
            .args(["-db", "-f"])
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let begun = Instant::now();
        while !ureq::get(&format!("{base}/readyz")).call().is_ok_and(|a| a.status() == 200) {
            assert!(begun.elapsed() < Duration::from_secs(20), "the proxy does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        Proxy { child, base, _folder: folder }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What readers saw.
#[derive(Default)]
struct Seen {
    /// Seconds that each answer took.
    took: Vec<f32>,
    errors: Vec<String>,
}

/// Reads in rotation until it is over: as fast as it can, or so many times a second in all.
fn read(base: &str, paths: &[String], a_second: Option<f64>, over: &AtomicBool) -> Seen {
    let next = AtomicUsize::new(0);
    let seen: Vec<Seen> = thread::scope(|scope| {
        let readers: Vec<_> = (0..READERS)
            .map(|_| {
                scope.spawn(|| {
                    let config = ureq::Agent::config_builder()
                        .http_status_as_error(false)
                        .timeout_global(Some(Duration::from_secs(30)));
                    let agent: ureq::Agent = config.build().into();
                    let mut seen = Seen::default();
                    let begun = Instant::now();
                    let mut asked = 0.0;
                    while !over.load(Ordering::Relaxed) {
                        if let Some(a_second) = a_second {
                            let due = asked * READERS as f64 / a_second;
                            let due = begun + Duration::from_secs_f64(due);
                            thread::sleep(due.saturating_duration_since(Instant::now()));
                        }
                        asked += 1.0;
                        let path = &paths[next.fetch_add(1, Ordering::Relaxed) % paths.len()];
                        let start = Instant::now();
                        let answer = agent.get(format!("{base}{path}")).call();
                        let read = answer.map(|answer| {
                            let status = answer.status().as_u16();
                            (status, answer.into_body().read_to_vec().map(|body| body.len()))
                        });
                        match read {
                            Ok((200, Ok(_))) => seen.took.push(start.elapsed().as_secs_f32()),
                            other => seen.errors.push(format!("{path}: {other:?}")),
                        }
                    }
                    seen
                })
            })
            .collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).collect()
    });
    let mut all = Seen::default();
    for seen in seen {
        all.took.extend(seen.took);
        all.errors.extend(seen.errors);
    }
    all.took.sort_by(f32::total_cmp);
    all
}

/// Requests a second of one round as fast as it goes.
fn round(base: &str, paths: &[String]) -> f64 {
    let over = AtomicBool::new(false);
    let begun = Instant::now();
    let seen = thread::scope(|scope| {
        let reading = scope.spawn(|| read(base, paths, None, &over));
        thread::sleep(ROUND);
        over.store(true, Ordering::Relaxed);
        reading.join().unwrap()
    });
    assert!(seen.errors.is_empty(), "{:?}", seen.errors.first());
    seen.took.len() as f64 / begun.elapsed().as_secs_f64()
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let Some(server) = calsos_tests::postgresql("replicas") else { return };
    if !Path::new(PROXY_PATH).exists() {
        println!("haproxy is not installed");
        return;
    }
    let name = server.new_database();
    let folder = TempDir::new().unwrap();
    let program = || {
        let mut command = Command::new(PROGRAM);
        command.args(["--database", &server.url(&name)]).env("CALSOS_USER", "bench");
        command
    };
    let files = folder.path().join("files");
    done(Command::new(PROGRAM).args(["sample", "--out"]).arg(&files));
    let mut files: Vec<PathBuf> =
        fs::read_dir(files).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "txt" || end == "csv"));
    files.sort();
    // One is kept for later.
    let last = files.iter().position(|file| file.display().to_string().contains("susp")).unwrap();
    let last = files.remove(last);
    done(program().arg("import").args(&files));
    done(program().arg("determine"));
    // Addresses that stay: a service that is started again is found where it was.
    let addresses = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
    let start = |address: &str| {
        let words = ["--anonymous-rate", "off", "--listen", address];
        Service::start_as_told_at(program(), &words)
    };
    let mut services: Vec<Service> = addresses.iter().map(|address| start(address)).collect();
    let page = services[0].json("/v1/determinations?limit=5000");
    let mut paths = Vec::new();
    for item in page["items"].as_array().unwrap() {
        let (cds, year) = (item["cds"].as_str().unwrap(), &item["dashboardYear"]);
        paths.push(format!("/v1/leas/{cds}/determinations/{year}"));
    }

    let one = Proxy::before(&addresses[..1]);
    let both = Proxy::before(&addresses);
    let direct = format!("http://{}", addresses[0]);
    let ways = [("one alone", &direct), ("one behind the proxy", &one.base), ("two", &both.base)];
    let mut rounds: [Vec<f64>; 3] = Default::default();
    let mut processor: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (place, (_, base)) in ways.iter().enumerate() {
            let before = processor_of(&services);
            rounds[place].push(round(base, &paths));
            let took = processor_of(&services) - before;
            processor[place].push(took / ROUND.as_secs_f64());
        }
    }
    let cores = thread::available_parallelism().unwrap();
    println!("{READERS} readers, {} determinations in rotation, {cores} cores", paths.len());
    for (place, (name, _)) in ways.iter().enumerate() {
        let (requests, cores) = (median(&rounds[place]), median(&processor[place]));
        println!(
            "  {name}: {requests:.0} requests a second, the median; the services take {cores:.2} \
             cores, {:.0} µs of one for a request",
            cores / requests * 1e6
        );
    }
    for (what, over, under) in [("two to one behind the proxy", 2, 1), ("the proxy", 1, 0)] {
        let ratios: Vec<f64> =
            rounds[over].iter().zip(&rounds[under]).map(|(over, under)| over / under).collect();
        println!("  {what}: {:.2}", median(&ratios));
    }

    let minutes: f64 =
        std::env::var("CALSOS_BENCH_MINUTES").map_or(10.0, |text| text.parse().unwrap());
    let rate = median(&rounds[2]) / 2.0;
    println!("{minutes} minutes at {rate:.0} requests a second, half of that");
    let over = AtomicBool::new(false);
    let part = Duration::from_secs_f64(minutes * 60.0 / 5.0);
    let seen = thread::scope(|scope| {
        let reading = scope.spawn(|| read(&both.base, &paths, Some(rate), &over));
        thread::sleep(part);
        done(program().arg("import").arg(&last));
        println!("  a file was imported");
        thread::sleep(part);
        // It says its number when it is stored, and ends.
        let before = services[0].json("/healthz")["datasetVersion"].clone();
        done(program().args(["--format", "json", "determine"]));
        let stored = Instant::now();
        let seconds: Vec<f64> =
            services.iter().map(|service| taken_up(service, &before, stored)).collect();
        println!("  a run was made; after {seconds:.2?} s each service had it");
        thread::sleep(part);
        // Ended as an orchestrator ends it, and started again.
        assert_eq!(services[1].end(), Some(0));
        println!("  one service was ended");
        thread::sleep(Duration::from_secs(5));
        services[1] = start(&addresses[1]);
        println!("  it was started again");
        thread::sleep(part);
        drop(services.remove(1));
        println!("  it was killed");
        thread::sleep(Duration::from_secs(5));
        services.push(start(&addresses[1]));
        thread::sleep(part);
        over.store(true, Ordering::Relaxed);
        reading.join().unwrap()
    });
    let at = |share: f64| {
        let place = (seen.took.len() as f64 * share) as usize;
        f64::from(seen.took[place.min(seen.took.len() - 1)]) * 1000.0
    };
    println!(
        "  {} requests, {} errors; median {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, longest {:.0} ms",
        seen.took.len(),
        seen.errors.len(),
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
    for error in seen.errors.iter().take(5) {
        println!("  {error}");
    }
    assert!(seen.errors.is_empty(), "readers saw errors");
}

/// Seconds of the processor that services have taken.
fn processor_of(services: &[Service]) -> f64 {
    let of = |service: &Service| {
        let stat = fs::read_to_string(format!("/proc/{}/stat", service.process())).unwrap();
        // The name, in brackets, may have blanks; then the state is the third field.
        let fields: Vec<&str> = stat[stat.rfind(')').unwrap() + 2..].split(' ').collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        ticks / 100.0
    };
    services.iter().map(of).sum()
}

/// When a service shows another dataset than before: seconds since a moment.
fn taken_up(service: &Service, before: &serde_json::Value, since: Instant) -> f64 {
    while service.json("/healthz")["datasetVersion"] == *before {
        assert!(since.elapsed() < Duration::from_secs(30), "a service does not take up the run");
        thread::sleep(Duration::from_millis(5));
    }
    since.elapsed().as_secs_f64()
}

fn done(command: &mut Command) {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}
