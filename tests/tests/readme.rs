//! What the README says that a command prints is what it prints.
//!
//! In a `console` block, `$ calsos …` is run from the repository's root, all blocks on one
//! database; the lines below it are its output. `…` stands for any text within a line, and
//! alone on a line for any lines.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what a helper of a test unwraps or indexes is part of the test"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use calsos_tests::program::Program;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The commands of the console blocks with the output that stands below them.
fn commands(readme: &str) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match line.strip_prefix("$ calsos ") {
                Some(words) => commands.push((words.to_owned(), Vec::new())),
                None => commands.last_mut().unwrap().1.push(line.to_owned()),
            }
        }
    }
    commands
}

fn line_matches(expected: &str, found: &str) -> bool {
    let mut rest = found;
    let parts: Vec<&str> = expected.split('…').collect();
    for (position, part) in parts.iter().enumerate() {
        let last = position + 1 == parts.len();
        let at = match (position, last) {
            (0, true) => return rest == *part,
            (0, false) => rest.starts_with(part).then_some(0),
            (_, true) => return rest.ends_with(part),
            (_, false) => rest.find(part),
        };
        let Some(at) = at else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

fn matches(expected: &[String], found: &[&str]) -> bool {
    match (expected.split_first(), found.split_first()) {
        (None, None) => true,
        (Some((first, others)), _) if first == "…" => {
            (0..=found.len()).any(|skipped| matches(others, &found[skipped..]))
        }
        (Some((first, others)), Some((line, rest))) => {
            line_matches(first, line) && matches(others, rest)
        }
        _ => false,
    }
}

/// Spells out `*` in a path, as a shell would.
fn spelled_out(word: &str) -> Vec<String> {
    let Some((before, after)) = word.split_once('*') else { return vec![word.to_owned()] };
    let (folder, start) = before.rsplit_once('/').unwrap();
    let mut names: Vec<String> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(start) && name.ends_with(after))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    names.sort();
    names
}

#[test]
fn every_command_of_the_readme_prints_what_the_readme_says() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let commands = commands(&readme);
    assert!(commands.len() >= 9, "{commands:?}");
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    for (words, expected) in commands {
        let mut command: Command = program.command();
        command.current_dir(root());
        command.args(words.split_whitespace().flat_map(spelled_out));
        let output = command.output().unwrap();
        let text =
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        let found: Vec<&str> = text.lines().collect();
        assert!(
            matches(&expected, &found),
            "calsos {words}\nexpected:\n{}\nfound:\n{text}",
            expected.join("\n")
        );
    }
}

#[test]
fn a_line_of_the_readme_matches_only_what_it_says() {
    assert!(line_matches("release 1 (…)", "release 1 (abc…)"));
    assert!(!line_matches("release 1 (…)", "release 2 (abc)"));
    assert!(!line_matches("8 rows", "18 rows"));
    assert!(!line_matches("8 rows…", "8 row"));
    assert!(!matches(&["a".to_owned()], &["a", "b"]));
    assert!(matches(&["…".to_owned(), "b".to_owned()], &["a", "x", "b"]));
}
