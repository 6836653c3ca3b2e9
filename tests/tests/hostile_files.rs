//! Files that would fill the memory or keep the program waiting, given to the program while it
//! may have only so much of both: each is answered in words, and nothing of it is stored.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may stop and speak")]

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use calsos_ingest::{COLUMNS_MOST, FILE_BYTES_MOST, RECORD_BYTES_MOST, ROWS_MOST};
use calsos_tests::program::Program;

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_calsos-under-test");

/// How much address space the program gets: what the largest file takes with its text, its
/// rows and its compressed copy, and room for the program itself.
const KIBIBYTES: u64 = 1024 * 1024;

/// How long an answer may take, also unoptimised on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(300);

/// Imports a file with bounded memory and time; gives what was answered.
fn import(program: &Program, path: &Path) -> (i32, String) {
    let plain = program.command();
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -v \"$0\" && exec \"$@\"", &KIBIBYTES.to_string()])
        .arg(plain.get_program())
        .args(plain.get_args())
        .arg("import")
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait(&mut child, path);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(said).unwrap())
}

/// Waits for the end of the program, which says little enough for its pipes to hold it.
fn wait(child: &mut Child, path: &Path) {
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{} was not answered in {PATIENCE:?}", path.display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Checks that a file is not taken, that the answer has these words, and that no release is
/// there afterwards.
fn refused(program: &Program, path: &Path, words: &str) {
    let (code, said) = import(program, path);
    assert_eq!(code, 3, "{}: {said}", path.display());
    assert!(said.contains(words), "{}: {said}", path.display());
    assert_eq!(program.json(["releases"]), serde_json::json!([]));
}

fn sparse(program: &Program, name: &str, length: u64) -> PathBuf {
    let path = program.folder().join(name);
    File::create(&path).unwrap().set_len(length).unwrap();
    path
}

#[test]
fn what_is_no_regular_file_is_named_and_not_opened() {
    let program = Program::new(EXECUTABLE);
    refused(&program, program.folder(), "a folder and no regular file");
    let link = program.folder().join("suspdownload2023.txt");
    symlink(program.folder(), &link).unwrap();
    refused(&program, &link, "a folder and no regular file");
    let pipe = program.folder().join("pipe.txt");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    refused(&program, &pipe, "a pipe and no regular file");
    refused(&program, Path::new("/dev/zero"), "a device and no regular file");
    refused(&program, Path::new("/dev/stdin"), "a device and no regular file");
    let circle = program.folder().join("circle.txt");
    symlink(&circle, &circle).unwrap();
    refused(&program, &circle, "circle.txt");
    refused(&program, Path::new("/proc/self/status"), "it changed while it was read");
}

#[test]
fn a_file_of_gigabytes_is_refused_by_its_length_and_a_large_one_by_what_it_is() {
    let program = Program::new(EXECUTABLE);
    let words = "at most 268435456 are read";
    refused(&program, &sparse(&program, "line.txt", 1 << 30), words);
    refused(&program, &sparse(&program, "largest.txt", 1 << 40), words);
    // As long as is read, and nothing but NUL characters.
    let words = "neither text nor an Excel workbook";
    refused(&program, &sparse(&program, "hole.txt", FILE_BYTES_MOST), words);
    refused(&program, &sparse(&program, "empty.txt", 0), "The file is empty");
}

#[test]
fn long_lines_and_many_lines_and_columns_are_refused() {
    let program = Program::new(EXECUTABLE);
    let header = "cds\trtype\tstudentgroup\tcolor\tindicator\treportingyear";
    let long = "x".repeat(RECORD_BYTES_MOST + 1);
    let file = program.write("suspdownload2023.txt", format!("{header}\n{long}\n"));
    refused(&program, &file, "row 2: The line that starts here has more than 1048576 bytes");
    let lines = "\n".repeat(usize::try_from(ROWS_MOST).unwrap());
    let file = program.write("suspdownload2023.txt", format!("{header}{lines}x"));
    refused(&program, &file, "more than 1048576 lines");
    let columns = "\tx".repeat(1_000_000);
    let file = program.write("suspdownload2023.txt", format!("{header}{columns}\n"));
    let words = format!("row 1: The row has more than {COLUMNS_MOST} columns");
    refused(&program, &file, "row 1: The line that starts here has more than");
    let columns = "\tx".repeat(500_000);
    let file = program.write("suspdownload2023.txt", format!("{header}{columns}\n"));
    refused(&program, &file, &words);
    // A quotation mark that is never closed makes one record of all that follows.
    let rows = "01999990000000,N,2024,note\n".repeat(1_000_000);
    let file = program.write("calpads.csv", format!("cds,certified,year,note\n\"{rows}"));
    refused(&program, &file, "row 2: The record that starts here has more than 1048576 bytes");
}

#[test]
fn a_file_that_is_taken_fits_in_the_same_memory() {
    let program = Program::new(EXECUTABLE);
    let indicator: Vec<(String, &str)> = (0..20_000)
        .flat_map(|lea| {
            let code = format!("{:02}{:05}0000000", lea % 58 + 1, 60_000 + lea / 58);
            ["ALL", "AA", "HI", "SED", "WH"].map(|group| (code.clone(), group))
        })
        .collect();
    let rows: Vec<_> = indicator.iter().map(|(cds, group)| (cds.as_str(), *group, 3)).collect();
    let file = program.write_indicator("CHRO", 2023, &rows);
    let (code, said) = import(&program, &file);
    assert_eq!(code, 0, "{said}");
    let releases = program.json(["releases"]);
    assert_eq!(releases.as_array().map(Vec::len), Some(1), "{releases}");
    fs::remove_file(file).unwrap();
}
