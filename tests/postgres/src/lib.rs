//! A throwaway PostgreSQL server for tests, from the binaries that are installed: one for
//! each test process, started by the first test that asks for it, gone with the process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

/// A directory with PostgreSQL's programs, where they are neither on the path nor in the
/// usual place.
const BIN: &str = "CALSOS_POSTGRES_BIN";

/// Makes a missing server a failure.
const REQUIRE: &str = "CALSOS_REQUIRE_POSTGRES";

/// The programs that are needed.
const PROGRAMS: [&str; 4] = ["initdb", "postgres", "pg_isready", "psql"];

/// As whom the server runs when the tests run as root, whom it would refuse.
const UNPRIVILEGED: &str = "nobody";

/// A running server. Everybody on this machine may connect to it as `calsos`, its superuser;
/// the user `guarded` needs a password, once a test has made it.
#[derive(Debug)]
pub struct Server {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    databases: AtomicU32,
    shell: Mutex<Shell>,
}

/// Ends the server when its standard input closes, which it does with the process.
#[derive(Debug)]
struct Shell {
    child: Child,
    said: BufReader<ChildStdout>,
}

/// The server of this process. `None`, having said so in the output, where PostgreSQL is not
/// installed: then a test returns.
///
/// # Panics
/// If an installed server cannot be started, or none is installed and `CALSOS_REQUIRE_POSTGRES`
/// is set.
#[must_use]
pub fn server(test: &str) -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    told(test, SERVER.get_or_init(|| programs().map(Server::start)).as_ref())
}

/// A server of a test's own, which it may stop and start again; gone with the value.
///
/// # Panics
/// As [`server`].
#[must_use]
pub fn server_of_its_own(test: &str) -> Option<Server> {
    told(test, programs().map(Server::start))
}

/// Says it where there is no server.
fn told<S>(test: &str, server: Option<S>) -> Option<S> {
    if server.is_none() {
        let missing = format!(
            "no PostgreSQL server is installed ({} are looked for in the directory that {BIN} \
             names, on the path and in /usr/lib/postgresql/*/bin)",
            PROGRAMS.join(", ")
        );
        let required = std::env::var_os(REQUIRE).is_some_and(|value| value != "0");
        assert!(!required, "{test} needs PostgreSQL, and {missing}");
        // To standard error itself, so that the line is seen although the test passes. A test
        // that cannot say that it did not run has nothing better to do than go on.
        let _ = writeln!(std::io::stderr(), "{test} did not run on PostgreSQL: {missing}");
    }
    server
}

/// The directory with PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let named = std::env::var_os(BIN).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut installed: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    installed.sort();
    named
        .into_iter()
        .chain(std::env::split_paths(&path).filter_map(real_home))
        .chain(installed.into_iter().rev())
        .find(|bin| PROGRAMS.iter().all(|program| bin.join(program).is_file()))
}

/// Where the `initdb` of a directory of the path really is, with the others beside it.
fn real_home(directory: PathBuf) -> Option<PathBuf> {
    let initdb = std::fs::canonicalize(directory.join("initdb")).ok()?;
    initdb.parent().map(Path::to_path_buf)
}

impl Server {
    #[expect(clippy::expect_used, reason = "a test cannot go on without the server")]
    fn start(bin: PathBuf) -> Server {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let output = Command::new("id").arg("-u").output().expect("id says who runs this");
        let mut command = if output.stdout == b"0\n" {
            let mut command = Command::new("runuser");
            command.args(["-u", UNPRIVILEGED, "--", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut shell = command
            .args(["-c", include_str!("throwaway.sh"), "throwaway.sh"])
            .arg(&bin)
            .arg(port.to_string())
            // Apart from the tests' own group: what ends that must not end it half.
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server's shell can be started");
        let mut said = BufReader::new(shell.stdout.take().expect("it was piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("it says whether the server runs");
        let Some(folder) = line.strip_prefix("ready ") else {
            let _ = said.read_to_string(&mut line);
            let _ = shell.wait();
            panic!("PostgreSQL in {} cannot be started: {line}", bin.display());
        };
        let folder = PathBuf::from(folder.trim_end());
        let shell = Mutex::new(Shell { child: shell, said });
        Server { bin, folder, port, databases: AtomicU32::new(0), shell }
    }

    /// Stops the server at once, as in a crash: what was not committed is gone.
    ///
    /// # Panics
    /// If it does not stop.
    pub fn stop(&self) {
        self.tell("stop", "stopped");
    }

    /// Starts the server again after [`Server::stop`].
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_again(&self) {
        self.tell("start", "ready ");
    }

    #[expect(clippy::expect_used, reason = "a test cannot go on without the server")]
    fn tell(&self, what: &str, expected: &str) {
        let mut shell = self.shell.lock().expect("no other test has failed with it");
        let input = shell.child.stdin.as_mut().expect("it was piped");
        writeln!(input, "{what}").expect("the server's shell reads");
        let mut line = String::new();
        shell.said.read_line(&mut line).expect("the server's shell answers");
        assert!(line.starts_with(expected), "asked to {what}, the server's shell says: {line}");
    }

    /// Makes an empty database and gives its name.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn new_database(&self) -> String {
        let name = self.next_name();
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        name
    }

    /// Makes a database with the content of another, which nobody is connected to.
    ///
    /// # Panics
    /// If it cannot be made.
    pub fn copy_database(&self, of: &str) -> String {
        let name = self.next_name();
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {of}"));
        name
    }

    fn next_name(&self) -> String {
        format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed))
    }

    /// Removes a database, whoever is connected to it.
    ///
    /// # Panics
    /// If it cannot be removed.
    pub fn drop_database(&self, name: &str) {
        self.sql("postgres", &format!("DROP DATABASE {name} WITH (FORCE)"));
    }

    /// The address of a database, by the server's Unix socket.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let host = self.folder.display().to_string().replace('/', "%2F");
        format!("postgresql://calsos@{host}:{}/{database}", self.port)
    }

    /// The server's port on the loopback address.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// One of the server's programs for its users, such as `pg_dump`, connected to a database,
    /// ready to be given further words.
    #[must_use]
    pub fn client(&self, program: &str, database: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command.args(["-U", "calsos", "-h"]).arg(&self.folder).args([
            "-p",
            &self.port.to_string(),
            "-d",
            database,
        ]);
        command
    }

    /// The server's `psql`, connected to a database, ready to be given further words.
    #[must_use]
    pub fn psql(&self, database: &str) -> Command {
        let mut command = self.client("psql", database);
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        command
    }

    /// Runs a statement and gives what it answers.
    ///
    /// # Panics
    /// If it fails.
    #[expect(clippy::expect_used, reason = "a test cannot go on without the answer")]
    pub fn sql(&self, database: &str, statement: &str) -> String {
        let output =
            self.psql(database).args(["-c", statement]).output().expect("psql can be started");
        assert!(
            output.status.success(),
            "{statement}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_stopped_and_started_again() {
        let Some(server) = server_of_its_own("a_server_is_stopped_and_started_again") else {
            return;
        };
        server.sql("postgres", "CREATE TABLE t AS SELECT 1 AS n");
        server.stop();
        let psql = server.psql("postgres").args(["-c", "SELECT 1"]).output().unwrap();
        assert!(!psql.status.success());
        server.start_again();
        assert_eq!(server.sql("postgres", "SELECT n FROM t"), "1");
        let folder = server.folder.clone();
        drop(server);
        let begun = std::time::Instant::now();
        while folder.exists() {
            assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{folder:?} is left");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    #[test]
    fn a_database_is_made_copied_and_removed() {
        let Some(server) = server("a_database_is_made_copied_and_removed") else { return };
        let database = server.new_database();
        server.sql(&database, "CREATE TABLE t AS SELECT 1 AS n");
        let copy = server.copy_database(&database);
        server.sql(&copy, "INSERT INTO t VALUES (2)");
        assert_eq!(server.sql(&copy, "SELECT n FROM t ORDER BY n"), "1\n2");
        assert_eq!(server.sql(&database, "SELECT n FROM t"), "1");
        server.drop_database(&database);
        let list = server.sql("postgres", "SELECT datname FROM pg_database");
        assert!(list.contains(&copy) && !list.lines().any(|name| name == database), "{list}");
    }
}
