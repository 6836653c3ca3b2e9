//! `docs/law.md` has every sentence of the statement's sections on support, and what it names
//! is there: the operations, the guards and the tests.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use calsos_tests::shared::real_data;
use serde_json::Value;

/// The sections of the statement that the page goes through.
const SECTIONS: std::ops::RangeInclusive<u8> = 4..=8;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

fn page() -> String {
    text_of("docs/law.md")
}

// ---- The page ----

/// A row of the page.
#[derive(Debug)]
struct Row {
    section: u8,
    sentence: usize,
    /// The part of the sentence, where it has several.
    part: Option<char>,
    operations: Vec<String>,
    /// The file and the text in it.
    guard: (String, String),
    /// Files and names.
    tests: Vec<(String, String)>,
}

impl Row {
    /// Reads a line of a table; `None` for any other line.
    fn read(line: &str) -> Option<Row> {
        let line = line.strip_prefix("| ")?.strip_suffix(" |")?.replace("\\|", "\u{0}");
        let cells: Vec<String> =
            line.split(" | ").map(|cell| cell.replace('\u{0}', "|")).collect();
        let (section, rest) = cells[0].split_once('.')?;
        let section = section.parse().ok()?;
        assert_eq!(cells.len(), 5, "{line}");
        let part = rest.chars().last().filter(char::is_ascii_lowercase);
        let sentence = rest.trim_end_matches(|c: char| c.is_ascii_lowercase()).parse().unwrap();
        let quoted = |cell: &str| -> Vec<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        let [file, text] = quoted(&cells[3]).try_into().unwrap();
        let tests = quoted(&cells[4]).into_iter().map(|test| {
            let (file, name) = test.split_once("::").unwrap();
            (file.to_owned(), name.to_owned())
        });
        Some(Row {
            section,
            sentence,
            part,
            operations: quoted(&cells[2]),
            guard: (file, text),
            tests: tests.collect(),
        })
    }

    fn number(&self) -> String {
        let part = self.part.map(String::from).unwrap_or_default();
        format!("{}.{}{part}", self.section, self.sentence)
    }
}

fn rows() -> Vec<Row> {
    let rows: Vec<Row> = page().lines().filter_map(Row::read).collect();
    assert!(rows.len() >= 60, "{}", rows.len());
    rows
}

/// The sentences are counted from 1 in each section, and their parts from a.
#[test]
fn rows_stand_in_the_order_of_the_statement_and_leave_no_number_out() {
    let mut expected: BTreeMap<u8, usize> = SECTIONS.map(|section| (section, 0)).collect();
    let mut last: Option<(u8, usize, Option<char>)> = None;
    for row in rows() {
        let known = expected.get_mut(&row.section).unwrap();
        let goes_on = last.filter(|(s, n, _)| (*s, *n) == (row.section, row.sentence));
        match (goes_on, row.part) {
            (Some((_, _, Some(before))), Some(part)) => {
                assert_eq!(part as u32, before as u32 + 1, "{}", row.number());
            }
            (Some(_), _) => panic!("{} stands there twice", row.number()),
            (None, part) => {
                assert!(part.is_none_or(|part| part == 'a'), "{}", row.number());
                *known += 1;
                assert_eq!(row.sentence, *known, "{}", row.number());
            }
        }
        last = Some((row.section, row.sentence, row.part));
    }
    assert!(expected.values().all(|known| *known > 0), "{expected:?}");
}

#[test]
fn each_row_names_operations_of_the_document() {
    let document: Value = serde_json::from_str(&text_of("openapi/openapi.json")).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let operations = paths.flat_map(|methods| methods.as_object().unwrap().values());
    let ids: BTreeSet<&str> =
        operations.filter_map(|operation| operation["operationId"].as_str()).collect();
    for row in rows() {
        assert!(!row.operations.is_empty(), "{} has no operation", row.number());
        for operation in &row.operations {
            assert!(ids.contains(operation.as_str()), "{}: {operation}", row.number());
        }
    }
}

#[test]
fn each_row_names_a_guard_that_is_in_its_file() {
    for row in rows() {
        let (file, guard) = &row.guard;
        assert!(text_of(file).contains(guard), "{}: {file} has no `{guard}`", row.number());
    }
}

/// A test is a function of that name that is marked as one, or that both databases run.
#[test]
fn each_row_names_tests_that_are_run() {
    for row in rows() {
        assert!(!row.tests.is_empty(), "{} has no test", row.number());
        for (file, name) in &row.tests {
            let text = text_of(file);
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            let function = format!("fn {name}(");
            let place = lines.iter().position(|line| line.starts_with(&function));
            let place = place.unwrap_or_else(|| panic!("{}: {file} has no {name}", row.number()));
            let is_marked = lines[..place].iter().rev().take_while(|line| !line.is_empty());
            let is_marked = is_marked.into_iter().any(|line| *line == "#[test]");
            let on_both = text.split("on_both![").skip(1).any(|rest| {
                let listed = rest.split(']').next().unwrap_or_default();
                listed.split(',').any(|listed| listed.trim() == name)
            });
            assert!(is_marked || on_both, "{}: {name} in {file} is not run", row.number());
        }
    }
}

// ---- The page and the statement ----

/// The statement's text, where this machine has it.
fn statement() -> Option<String> {
    let data = real_data("the law, sentence by sentence")?;
    Some(std::fs::read_to_string(data.parent().unwrap().join("policy.md")).unwrap())
}

/// The sentences of a section, as the page says how they are told apart.
fn sentences(statement: &str, section: u8) -> Vec<String> {
    let heading = format!("\n## {section}. ");
    let body = statement.split(&heading).nth(1).unwrap();
    let body = body.split("\n## ").next().unwrap();
    let mut found = Vec::new();
    // What stands above the line of a table is its heading.
    let lines: Vec<&str> = body.lines().skip(1).collect();
    for (place, line) in lines.iter().enumerate() {
        let below = lines.get(place + 1);
        let is_rule = |line: &str| line.starts_with("|--");
        let is_heading = line.starts_with('|') && below.is_some_and(|below| is_rule(below));
        if line.trim().is_empty() || is_rule(line) || is_heading {
            continue;
        }
        let line = line.strip_prefix("- ").unwrap_or(line).replace('*', "");
        if line.starts_with('|') {
            found.push(line);
            continue;
        }
        let mut rest = line.as_str();
        let ends = |text: &str| {
            text.match_indices(". ").map(|(at, _)| at + 1).find(|at| {
                text[*at..].trim_start().starts_with(|c: char| c.is_uppercase() || c == '(')
            })
        };
        while let Some(end) = ends(rest) {
            found.push(rest[..end].to_owned());
            rest = rest[end..].trim_start();
        }
        found.push(rest.to_owned());
    }
    found
}

/// The fingerprints of the sentences, a line for each section.
fn fingerprints(statement: &str) -> String {
    let mut lines = String::new();
    for section in SECTIONS {
        write!(lines, "{section}:").unwrap();
        for sentence in sentences(statement, section) {
            let hash = digest(&SHA256, sentence.as_bytes());
            let digits: String = hash.as_ref()[..4].iter().map(|b| format!("{b:02x}")).collect();
            write!(lines, " {digits}").unwrap();
        }
        lines.push('\n');
    }
    lines
}

#[test]
fn every_sentence_of_the_statement_has_a_row_and_says_what_it_said() {
    let Some(statement) = statement() else { return };
    for section in SECTIONS {
        let sentences = sentences(&statement, section).len();
        let own = rows().into_iter().filter(|row| row.section == section);
        let known = own.map(|row| row.sentence).max();
        assert_eq!(known, Some(sentences), "section {section}");
    }
    let page = page();
    let (before, rest) = page.split_once("```text\n").unwrap();
    let (written, after) = rest.split_once("```").unwrap();
    let now = fingerprints(&statement);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let page = format!("{before}```text\n{now}```{after}");
        std::fs::write(root().join("docs/law.md"), page).unwrap();
        return;
    }
    for (now, written) in now.lines().zip(written.lines()) {
        let different = now.split(' ').zip(written.split(' ')).position(|(now, then)| now != then);
        assert_eq!(now, written, "sentence {different:?} says something else; read its rows again");
    }
    assert_eq!(now, written);
}

/// The sentences are told apart as the page says, so that a number means what it says.
#[test]
fn a_sentence_ends_at_a_full_stop_a_line_and_a_row() {
    let statement = "# Rules\n\n## 4. Labels\n- **Bold**: EC 1(c)(1). Then 2. then (that). (So.)\n\n\
                     ## 5. Who\n| a | b |\n|---|---|\n| c. D | e |\nOne. 2018-12-06; Two.\n\n## 6. X\n";
    let four = ["Bold: EC 1(c)(1).", "Then 2. then (that).", "(So.)"];
    assert_eq!(sentences(statement, 4), four);
    assert_eq!(sentences(statement, 5), ["| c. D | e |", "One. 2018-12-06; Two."]);
}
