//! The same files give the same answers, byte for byte, whichever database they are in.

#![expect(clippy::indexing_slicing, reason = "what a helper of a test indexes is part of the test")]

use std::path::{Path, PathBuf};

use calsos_tests::program::{Backend, Program};
use calsos_tests::shared::{files, real_data};

/// Everything that is answered from some files: the tables and lists of every year, and why
/// the given LEAs are what they are, with the original rows.
fn answers(on: Backend, imports: &[PathBuf], years: &[u16], leas: &[&str]) -> Vec<String> {
    let program = Program::on(on, env!("CARGO_BIN_EXE_calsos-under-test"));
    let mut all = vec![program.import(imports)];
    let decided = program.json(["determine"]);
    all.push(decided["answers"].to_string());
    let mut ask = |words: &[&str]| {
        let ran = program.run(words);
        // What is not there is said in the same words too.
        assert!(matches!(ran.code, 0 | 4), "{words:?}: {}", ran.err);
        all.push(ran.out + &ran.err);
    };
    for year in years.iter().map(u16::to_string) {
        for layout in ["answers", "published"] {
            ask(&["export", "--year", &year, "--layout", layout, "--format", "csv"]);
        }
        ask(&["list", "--year", &year, "--format", "ndjson"]);
    }
    for cds in leas {
        all.push(program.succeed(["explain", cds, "--rows"]));
        all.push(program.json(["explain", cds]).to_string());
    }
    all
}

/// Compares all of it on both databases.
fn check(test: &str, imports: &[PathBuf], years: &[u16], leas: &[&str]) {
    let Some(server) = calsos_tests::postgresql(test) else { return };
    let sqlite = answers(Backend::Sqlite, imports, years, leas);
    let postgresql = answers(Backend::Postgresql(server), imports, years, leas);
    assert_eq!(sqlite.len(), 2 + 3 * years.len() + 2 * leas.len());
    for (one, other) in sqlite.iter().zip(&postgresql) {
        assert!(!one.is_empty());
        assert_eq!(one, other);
    }
}

#[test]
fn the_example_county_gives_the_same_bytes_on_both_databases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/county");
    let imports = files(&folder, &[".txt", ".csv"]);
    assert!(imports.len() > 10, "{imports:?}");
    // Every LEA that the newest list of the county names.
    let list = std::fs::read_to_string(folder.join("assistancestatus22.csv")).unwrap();
    let leas: Vec<&str> = list
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|word| word.len() == 14)
        .collect();
    assert!(!leas.is_empty(), "{list}");
    check(
        "the_example_county_gives_the_same_bytes_on_both_databases",
        &imports,
        &[2018, 2019, 2022, 2023],
        &leas,
    );
}

#[test]
fn the_states_files_give_the_same_bytes_on_both_databases() {
    const TEST: &str = "the_states_files_give_the_same_bytes_on_both_databases";
    let Some(data) = real_data(TEST) else { return };
    let mut imports = files(&data.join("published"), &[".xls", ".xlsx"]);
    imports.extend(files(&data.join("dashboard"), &[".txt"]));
    imports.extend(files(&data.join("local-indicators"), &[".xlsx"]));
    assert!(imports.len() > 30, "{imports:?}");
    // The first districts and county offices of a file.
    let file = files(&data.join("dashboard"), &["2023_monterey.txt"]).remove(0);
    let text = std::fs::read_to_string(file).unwrap();
    let codes = text.lines().filter_map(|line| line.split_once("\tD\t")).map(|(cds, _)| cds);
    let mut leas: Vec<&str> = codes.collect();
    leas.dedup();
    leas.truncate(3);
    assert_eq!(leas.len(), 3);
    check(TEST, &imports, &[2018, 2019, 2022, 2023, 2024], &leas);
}
