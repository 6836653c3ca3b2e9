//! Backups: whole, sound and of one moment, or not there; and databases that are made of them.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use calsos_tests::program::{Backend, Program, Ran, Rated, indicator_text};
use calsos_tests::service::Service;
use calsos_tests::shared::files;
use serde_json::Value;

fn program() -> Program {
    Program::new(env!("CARGO_BIN_EXE_calsos-under-test"))
}

/// A made-up county, decided.
fn county(program: &Program) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/county");
    program.import(files(&folder, &[".txt", ".csv"]));
    program.succeed(["determine"]);
}

/// What is answered, and that it follows from what is stored.
fn answers(program: &Program) -> Vec<String> {
    assert_eq!(program.json(["check"])["findings"], Value::Array(Vec::new()));
    let export = ["export", "--layout", "answers", "--format", "csv", "--year"];
    let years = ["2018", "2019", "2022", "2023"];
    let mut all: Vec<String> =
        years.iter().map(|year| program.succeed(export.iter().chain([year]))).collect();
    all.push(program.json(["runs"]).to_string());
    all.push(program.json(["releases"]).to_string());
    all
}

fn backup(program: &Program, file: &Path, words: &[&str]) -> Ran {
    program.run(["backup", file.to_str().unwrap()].iter().chain(words))
}

fn restore(program: &Program, file: &Path, words: &[&str]) -> Ran {
    program.run(["restore", file.to_str().unwrap()].iter().chain(words))
}

/// The names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// 1,200 districts in every group, some MB in the database.
fn large_file(program: &Program, indicator: &str) -> PathBuf {
    let codes: Vec<String> = (1..=40)
        .flat_map(|county| (0..30).map(move |n| format!("{county:02}999{n:02}0000000")))
        .collect();
    let groups = ["ALL", "AA", "AI", "AS", "EL", "FI", "HI", "HOM", "MR", "PI", "SED", "SWD", "WH"];
    let rows: Vec<Rated<'_>> = codes
        .iter()
        .flat_map(|code| groups.iter().map(move |group| (code.as_str(), *group, 3)))
        .collect();
    let name = format!("{}download2023.txt", indicator.to_lowercase());
    program.write(&name, indicator_text(indicator, 2023, &rows))
}

#[test]
fn a_backup_made_while_others_work_is_restored_with_the_same_answers() {
    let program = program();
    county(&program);
    let expected = answers(&program);
    let service = Service::start(&program, &[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a 'copy'.sqlite");

    // Beside an import, too: the copy is of before or of after.
    let import = large_file(&program, "ELA");
    let mut importing = program
        .command()
        .args(["import", "--beside", "wins"])
        .arg(&import)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut made = 0;
    while importing.try_wait().unwrap().is_none() || made == 0 {
        let one = folder.path().join(format!("{made}.sqlite"));
        assert_eq!(backup(&program, &one, &[]).code, 0);
        let copy = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
        assert_eq!(restore(&copy, &one, &[]).code, 0);
        let checked = copy.json(["check"]);
        assert_eq!(checked["findings"], Value::Array(Vec::new()));
        assert!(matches!(checked["releases"].as_u64().unwrap(), 17 | 18), "{checked}");
        made += 1;
    }
    assert!(importing.wait().unwrap().success());
    assert_eq!(service.get("/v1/determinations?year=2023").status, 200);
    drop(service);

    let ran = backup(&program, &file, &["--format", "json"]);
    let view: Value = serde_json::from_str(&ran.out).unwrap();
    let about = fs::metadata(&file).unwrap();
    assert_eq!((&view["releases"], &view["runs"]), (&18.into(), &1.into()));
    assert_eq!(view["bytes"], about.len());
    assert_eq!(about.permissions().mode() & 0o777, 0o600, "signing keys are in it");
    let copy = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    let shown = restore(&copy, &file, &[]);
    assert!(shown.out.starts_with("Restored from "), "{}{}", shown.out, shown.err);
    assert_eq!(answers(&copy)[..5], expected[..5]);
    assert_eq!(fs::metadata(&file).unwrap().len(), about.len(), "the backup stays");
}

#[test]
fn a_backup_replaces_nothing_unless_told_and_never_the_database_itself() {
    let program = program();
    county(&program);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.sqlite");
    fs::write(&file, "somebody's").unwrap();
    let ran = backup(&program, &file, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("is there already and was left as it is"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&file).unwrap(), "somebody's");
    assert_eq!(backup(&program, &file, &["--replace"]).code, 0);
    assert!(fs::read(&file).unwrap().starts_with(b"SQLite format 3\0"));

    let ran = backup(&program, &program.database(), &["--replace"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("is the database itself"), "{}", ran.err);
    let link = folder.path().join("link.sqlite");
    std::os::unix::fs::symlink(program.database(), &link).unwrap();
    assert_eq!(backup(&program, &link, &["--replace"]).code, 1);
    assert_eq!(names(folder.path()), ["backup.sqlite", "link.sqlite"]);
    answers(&program);

    let absent = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    let ran = backup(&absent, &folder.path().join("of-nothing.sqlite"), &[]);
    assert!(
        ran.err.contains("the database '") && ran.err.contains("cannot be read"),
        "{}",
        ran.err
    );
    assert!(names(absent.folder()).is_empty(), "no database was made");
    assert_eq!(names(folder.path()), ["backup.sqlite", "link.sqlite"]);
}

#[test]
fn a_database_is_replaced_only_when_told_and_only_when_nobody_uses_it() {
    let program = program();
    county(&program);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.sqlite");
    assert_eq!(backup(&program, &file, &[]).code, 0);
    let expected = answers(&program);
    let import = large_file(&program, "ELA");
    program.succeed(["import", "--beside", "wins", import.to_str().unwrap()]);

    let ran = restore(&program, &file, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("is there already and was left as it is"), "{}", ran.err);
    let mut service = Service::start(&program, &[]);
    let ran = restore(&program, &file, &["--replace"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("End every process that uses it"), "{}", ran.err);
    assert_eq!(service.get("/v1/determinations?year=2023").status, 200);
    assert_eq!(program.json(["releases"]).as_array().unwrap().len(), 18, "nothing was changed");
    // It still takes up what is decided by others.
    program.succeed(["determine"]);
    service.wait_for_run(2);
    service.end();
    drop(service);

    assert_eq!(restore(&program, &file, &["--replace"]).code, 0);
    assert_eq!(answers(&program), expected);
    let left: Vec<String> =
        names(program.folder()).into_iter().filter(|name| name.contains("sqlite")).collect();
    assert_eq!(left, ["calsos.sqlite"]);
}

#[test]
fn what_is_no_sound_backup_of_ours_is_refused_and_nothing_is_changed() {
    let program = program();
    county(&program);
    let folder = tempfile::tempdir().unwrap();
    let good = folder.path().join("good.sqlite");
    assert_eq!(backup(&program, &good, &[]).code, 0);
    let expected = answers(&program);
    let bytes = fs::read(&good).unwrap();
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let changed = |name: &str, sql: &str| -> PathBuf {
        let path = write(name, &bytes);
        let done = Command::new("sqlite3").arg(&path).arg(sql).status().unwrap();
        assert!(done.success());
        path
    };
    // A page of an index, or of a table, without its beginning.
    let mut damaged = bytes.clone();
    damaged[4096 * 20..4096 * 20 + 64].fill(0);
    let other = folder.path().join("other.sqlite");
    let made = Command::new("sqlite3").arg(&other).arg("CREATE TABLE theirs (mine TEXT)").status();
    assert!(made.unwrap().success());
    let with_log = write("with-log.sqlite", &bytes);
    write("with-log.sqlite-wal", b"not empty");
    for (path, words) in [
        (folder.path().join("absent.sqlite"), "cannot be read"),
        (folder.path().to_owned(), "is no regular file"),
        (
            write("text.sqlite", b"a text that is no database, as long as a header of one is"),
            "file is not a database",
        ),
        (write("empty.sqlite", b""), "no database of this program"),
        (other, "no database of this program"),
        (write("cut.sqlite", &bytes[..bytes.len() / 2]), "malformed"),
        (write("damaged.sqlite", &damaged), "damaged"),
        (
            changed("orphan.sqlite", "DELETE FROM edition WHERE year = 2023"),
            "what they refer to in edition is not there",
        ),
        (
            changed(
                "newer.sqlite",
                "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')",
            ),
            "has the migration 9999",
        ),
        (with_log, "no finished backup"),
        (program.database(), "is the database itself"),
    ] {
        let ran = restore(&program, &path, &["--replace"]);
        assert_eq!(ran.code, 1, "{}: {}", path.display(), ran.err);
        assert!(ran.err.contains(words), "{}: {}", path.display(), ran.err);
        assert!(names(program.folder()).iter().all(|name| !name.ends_with(".part")));
    }
    assert_eq!(answers(&program), expected);

    // A log that is left of another database would be taken for the copy's.
    let bare = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    bare.write("calsos.sqlite-wal", "left");
    let ran = restore(&bare, &good, &[]);
    assert!(ran.err.contains("is left of a database that is not there"), "{}", ran.err);
    assert_eq!(names(bare.folder()), ["calsos.sqlite-wal"]);
}

/// A backup that is killed leaves no file that looks whole.
#[test]
fn a_killed_backup_leaves_a_whole_file_or_none() {
    let program = program();
    program.import(["ELA", "MATH", "SUSP"].map(|indicator| large_file(&program, indicator)));
    program.succeed(["determine"]);
    let folder = tempfile::tempdir().unwrap();
    let start = |file: &Path| {
        let mut command = program.command();
        command.arg("backup").arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        (Instant::now(), command.spawn().unwrap())
    };
    let (begun, mut whole) = start(&folder.path().join("whole.sqlite"));
    assert!(whole.wait().unwrap().success());
    let takes = begun.elapsed();
    let (mut killed, mut part) = (0, 0);
    for moment in 1..=20 {
        let file = folder.path().join(format!("{moment}.sqlite"));
        let (begun, mut child) = start(&file);
        std::thread::sleep((takes * moment / 20).saturating_sub(begun.elapsed()));
        if child.try_wait().unwrap().is_none() {
            killed += 1;
        }
        let _ = child.kill();
        child.wait().unwrap();
        if file.exists() {
            let copy = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
            assert_eq!(restore(&copy, &file, &[]).code, 0, "a file of that name is whole");
        }
        part += names(folder.path()).iter().filter(|name| name.ends_with(".part")).count();
    }
    assert!(killed >= 5, "{killed} of 20 were killed in {takes:?}");
    assert!(part > 0, "none was killed while it wrote");
    assert!(takes < Duration::from_secs(60));
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    let program = program();
    let import = large_file(&program, "ELA");
    program.succeed(["import", "--beside", "wins", import.to_str().unwrap()]);
    let folder = tempfile::tempdir().unwrap();
    // A disk of its own, for this process and the program alone.
    let script = "mount -t tmpfs -o size=512k tmpfs \"$1\" && shift && \
                  { \"$@\"; code=$?; ls -A \"$0\"; exit $code; }";
    let plain = program.command();
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .arg(folder.path())
        .arg(folder.path())
        .arg(plain.get_program())
        .args(plain.get_args())
        .arg("backup")
        .arg(folder.path().join("backup.sqlite"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("disk is full; make room on the disk"), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "nothing is left on it");
}

#[test]
fn a_database_of_a_server_is_dumped_and_restored_by_its_own_programs() {
    const TEST: &str = "a_database_of_a_server_is_dumped_and_restored_by_its_own_programs";
    let Some(server) = calsos_tests::postgresql(TEST) else { return };
    let program = Program::on(Backend::Postgresql(server), env!("CARGO_BIN_EXE_calsos-under-test"));
    county(&program);
    let expected = answers(&program);
    let file = program.folder().join("calsos.dump");
    let ran = backup(&program, &file, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("pg_dump --format=custom"), "{}", ran.err);
    let ran = restore(&program, &file, &["--replace"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("pg_restore --exit-on-error"), "{}", ran.err);

    // As docs/operations.md has it, beside a service.
    let service = Service::start(&program, &[]);
    let (_, name) = program.on_server().unwrap();
    let mut dump = server.client("pg_dump", name);
    assert!(dump.arg("--format=custom").arg("--file").arg(&file).status().unwrap().success());
    drop(service);
    let copy = Program::on(Backend::Postgresql(server), env!("CARGO_BIN_EXE_calsos-under-test"));
    let (_, empty) = copy.on_server().unwrap();
    let mut restore = server.client("pg_restore", empty);
    restore.args(["--exit-on-error", "--no-owner"]).arg(&file);
    assert!(restore.status().unwrap().success());
    assert_eq!(answers(&copy), expected);
}
