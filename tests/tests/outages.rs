//! What the program works on goes away in the middle of its work: the disk is full, the
//! database's server stops and comes back, all connections are taken. Nothing that was
//! acknowledged is lost, nothing is half there, readers are served whole runs, and nobody has
//! to do anything for it to go on.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use calsos_tests::program::{Backend, Program, Ran, Rated, indicator_text};
use calsos_tests::server_of_its_own;
use calsos_tests::service::Service;

const YEAR: u16 = 2023;
const PAGE: &str = "/v1/leas/01999000000000/determinations/2023";

fn program(on: Backend) -> Program {
    Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// An indicator file of 40 counties with so many districts in each.
fn of_districts(indicator: &str, in_a_county: u8) -> String {
    let codes: Vec<String> = (1..=40)
        .flat_map(|county| (0..in_a_county).map(move |n| format!("{county:02}999{n:02}0000000")))
        .collect();
    let groups = ["ALL", "AA", "AI", "AS", "EL", "FI", "HI", "SED", "SWD", "WH"];
    let mut rows: Vec<Rated<'_>> = Vec::new();
    for (place, code) in codes.iter().enumerate() {
        for (of, group) in groups.iter().enumerate() {
            rows.push((code, group, 1 + u8::try_from((place + of) % 5).unwrap()));
        }
    }
    indicator_text(indicator, YEAR, &rows)
}

/// What users see of a database: the releases, and what is answered.
fn seen(program: &Program) -> [String; 2] {
    let releases = program.succeed(["releases"]);
    let export = ["export", "--year", "2023", "--layout", "answers", "--format", "csv"];
    [releases, program.succeed(export)]
}

/// A disk of 64 megabytes; it goes with the value.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, having said so, where this user may not mount one.
    fn of(place: PathBuf, test: &str) -> Option<SmallDisk> {
        std::fs::create_dir(&place).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64m,mode=777", "tmpfs"])
            .arg(&place)
            .stderr(Stdio::null())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            let _ = writeln!(std::io::stderr(), "{test} did not run: no disk may be mounted");
            return None;
        }
        Some(SmallDisk(place))
    }

    /// Fills it up but for a few blocks.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.0.join("filler")).unwrap();
        let block = [1; 64 * 1024];
        let mut length = 0;
        while let Ok(written) = filler.write(&block) {
            length += written as u64;
        }
        filler.set_len(length.saturating_sub(4 * block.len() as u64)).unwrap();
    }

    fn make_room(&self) {
        std::fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server may still have files of it open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Imports and decides with a full disk, while a service reads; `run` is the program on a
/// database on that disk.
fn a_full_disk(
    small: &SmallDisk,
    program: &Program,
    service: &Service,
    run: impl Fn(&[&Path]) -> Ran,
) {
    let before = service.text("/v1/releases");
    let page = service.text(PAGE);
    let large = program.write("CHRO.txt", of_districts("CHRO", 60));
    small.fill();
    let determine = Path::new("determine");
    let import = [Path::new("import"), &large];
    let refused = run(&import);
    assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);
    let says = ["disk is full", "No space left", "could not extend"];
    assert!(says.iter().any(|words| refused.err.contains(words)), "{}", refused.err);
    // Nothing of it is there, and readers are served, also from the database.
    assert_eq!(service.text("/v1/releases"), before);
    assert_eq!(service.text(PAGE), page);
    assert_eq!(service.json("/v1/runs")["items"].as_array().unwrap().len(), 1);
    small.make_room();
    assert_eq!(run(&import).code, 0);
    assert_eq!(run(&[determine]).code, 0);
    service.wait_for_run(2);
    assert_ne!(service.text(PAGE), page);
}

#[test]
fn a_full_disk_stops_an_import_and_nothing_else_on_sqlite() {
    let files = program(Backend::Sqlite);
    let place = files.folder().join("small");
    let Some(small) = SmallDisk::of(place, "a_full_disk_on_sqlite") else { return };
    let address = format!("sqlite:{}", small.0.join("calsos.sqlite").display());
    let command = || {
        let mut command = Command::new(files.command().get_program());
        command.args(["--database", &address]).env("CALSOS_USER", "test");
        command
    };
    let run = |words: &[&Path]| ran(command().args(words));
    let first = files.write("SUSP.txt", of_districts("SUSP", 1));
    for words in [&[Path::new("import"), &first][..], &[Path::new("determine")]] {
        let done = run(words);
        assert_eq!(done.code, 0, "{}", done.err);
    }
    let service = Service::start_as_told(command(), &[]);
    a_full_disk(&small, &files, &service, run);
    drop(service);
}

#[test]
fn a_full_disk_stops_an_import_and_nothing_else_on_postgresql() {
    const TEST: &str = "a_full_disk_on_postgresql";
    let Some(server) = calsos_tests::postgresql(TEST) else { return };
    let folder = tempfile::TempDir::new().unwrap();
    // The server is another user, and needs a way to the disk.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let Some(small) = SmallDisk::of(folder.path().join("small"), TEST) else { return };
    let space = small.0.join("space");
    std::fs::create_dir(&space).unwrap();
    let owner = server.sql("postgres", "SELECT pg_read_file('/proc/self/status')");
    let uid: u32 = owner
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))
        .and_then(|ids| ids.split_whitespace().next())
        .unwrap()
        .parse()
        .unwrap();
    std::os::unix::fs::chown(&space, Some(uid), None).unwrap();
    server.sql("postgres", &format!("CREATE TABLESPACE small LOCATION '{}'", space.display()));
    let program = program(Backend::Postgresql(server));
    let (_, name) = program.on_server().unwrap();
    server.sql("postgres", &format!("ALTER DATABASE {name} SET TABLESPACE small"));
    program.import([program.write("SUSP.txt", of_districts("SUSP", 1))]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    a_full_disk(&small, &program, &service, |words| program.run(words));
    drop(service);
    drop(program);
    server.sql("postgres", "DROP TABLESPACE small");
}

#[expect(clippy::expect_used, reason = "a test cannot go on without the program")]
fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("the program can be started");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

fn start(program: &Program, words: &[&str]) -> Child {
    program.command().args(words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// The server is stopped at many moments of imports, runs and reads, as in a crash.
#[test]
fn a_server_that_stops_and_comes_back_loses_nothing_and_readers_see_whole_runs() {
    const TEST: &str = "a_server_that_stops_and_comes_back";
    let Some(server) = server_of_its_own(TEST) else { return };
    let server: &'static _ = Box::leak(Box::new(server));
    let program = program(Backend::Postgresql(server));
    program.import([program.write("SUSP.txt", of_districts("SUSP", 4))]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Of the answers of a run only one page is the whole of one district: every body that
        // readers are given must be one that a whole run has.
        let reader = scope.spawn(|| {
            let mut pages = std::collections::BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                let answer = service.get(PAGE);
                assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
                let run = answer.header("dataset-version").split('.').next().unwrap().to_owned();
                pages.insert((run, String::from_utf8(answer.body).unwrap()));
            }
            pages
        });
        let files = ["CHRO", "GRAD", "CCI", "ELA", "MATH"];
        let takes = {
            let begun = Instant::now();
            program.succeed(["determine"]);
            begun.elapsed()
        };
        for (number, indicator) in (1_u32..).zip(files) {
            let file = program.write(&format!("{indicator}.txt"), of_districts(indicator, 4));
            let file = file.to_str().unwrap();
            for words in [&["import", file][..], &["determine"]] {
                let before = seen(&program);
                let mut child = start(&program, words);
                std::thread::sleep(takes * number / 6);
                server.stop();
                std::thread::sleep(Duration::from_millis(100));
                let ended = child.try_wait().unwrap();
                server.start_again();
                let done = ended.unwrap_or_else(|| child.wait().unwrap()).success();
                let after = seen(&program);
                assert!(!done || words[0] == "determine" || after != before, "{words:?} is lost");
                // What was not acknowledged is there or not; again it does no harm.
                program.succeed(words);
            }
        }
        let reference = Program::on(Backend::Sqlite, env!("CARGO_BIN_EXE_calsos-under-test"));
        reference.import([reference.write("SUSP.txt", of_districts("SUSP", 4))]);
        for indicator in files {
            reference
                .import([reference.write(&format!("{indicator}.txt"), of_districts(indicator, 4))]);
        }
        reference.succeed(["determine"]);
        assert_eq!(seen(&program)[1], seen(&reference)[1]);
        let runs = program.json(["runs"]).as_array().unwrap().len();
        service.wait_for_run(u32::try_from(runs).unwrap());
        let _ = service.get(PAGE);
        std::thread::sleep(Duration::from_millis(100));
        over.store(true, Ordering::Relaxed);
        let pages = reader.join().unwrap();
        let runs: std::collections::BTreeSet<&String> = pages.iter().map(|(run, _)| run).collect();
        assert!(runs.len() > 2, "{runs:?}");
        assert_eq!(pages.len(), runs.len(), "each run has one page, whenever it was read");
    });
}

/// Every connection waits for a lock that somebody else holds.
#[test]
fn where_all_connections_are_taken_current_answers_are_served_and_the_rest_told_to_come_again() {
    let Some(server) = calsos_tests::postgresql("where_all_connections_are_taken") else { return };
    let program = program(Backend::Postgresql(server));
    program.import([program.write("SUSP.txt", of_districts("SUSP", 1))]);
    program.succeed(["determine"]);
    let service = Service::start(&program, &[]);
    assert_eq!(service.get("/v1/runs").status, 200);
    let (_, name) = program.on_server().unwrap();
    let mut locking =
        server.psql(name).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lock = locking.stdin.take().unwrap();
    writeln!(lock, "BEGIN; LOCK TABLE run_release IN ACCESS EXCLUSIVE MODE; SELECT 'locked';")
        .unwrap();
    let mut said = std::io::BufReader::new(locking.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("locked") {
        line.clear();
        std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    }
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..16).map(|_| scope.spawn(|| service.get("/v1/runs"))).collect();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            for path in [PAGE, "/readyz", "/v1/determinations"] {
                assert_eq!(service.get(path).status, 200, "{path}");
            }
        }
        writeln!(lock, "COMMIT;").unwrap();
        let answers: Vec<_> = asking.into_iter().map(|asked| asked.join().unwrap()).collect();
        let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 503).collect();
        assert!(!refused.is_empty(), "more asked than there are connections");
        for answer in refused {
            assert_eq!(answer.header("retry-after"), "5");
        }
        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 503)));
    });
    assert_eq!(service.get("/v1/runs").status, 200);
    drop(lock);
    locking.wait().unwrap();
}
