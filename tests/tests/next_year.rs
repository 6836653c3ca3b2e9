//! A new Dashboard year comes as data alone. A made-up edition of 2026 is laid beside the
//! built-in ones, and `docs/next-year.md` says the same steps in words. Every code and every
//! rule of 2026 here is made up.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as the test does"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use calsos_domain::rulebook::Rulebooks;
use calsos_tests::program::{Program, Ran, list_text, table};
use calsos_tests::shared::real_data;
use serde_json::Value;

/// Suspension orange and chronic absence red in 2025 and 2026; nothing before.
const ORANGE: &str = "01999990000000";
/// Nothing but green that counts.
const CALM: &str = "02999990000000";
/// As [`ORANGE`], and with a code on the lists of 2022 and 2023.
const SINCE_2022: &str = "05999990000000";
/// As [`ORANGE`], and with a code on the lists of 2023 and 2024.
const SINCE_2023: &str = "06999990000000";
const ALL: [&str; 4] = [ORANGE, CALM, SINCE_2022, SINCE_2023];

/// The same text with a part exchanged, which must be there.
fn exchanged(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "'{from}' is not in the text");
    text.replace(from, to)
}

fn built_in(name: &str) -> String {
    let files = Rulebooks::built_in_files();
    files.into_iter().find(|file| file.name == name).map(|file| file.text).unwrap()
}

/// The edition of 2025 with its dates, sources and windows moved by a year, and one criterion
/// that is another: suspension counts from orange on.
fn edition_2026() -> String {
    let moves = [
        ("year = 2025\n", "year = 2026\n"),
        ("public-date = \"2025-11-13\"", "public-date = \"2026-11-12\""),
        ("cde-criteria-2025", "cde-criteria-2026"),
        ("cde-list-2025", "cde-list-2026"),
        ("window = [2024, 2025]", "window = [2025, 2026]"),
        ("window = [2023, 2024, 2025]", "window = [2024, 2025, 2026]"),
        ("window = [2022, 2023, 2024, 2025]", "window = [2023, 2024, 2025, 2026]"),
        ("second-year-after = 2024", "second-year-after = 2025"),
        ("\"AssistanceStatus2025\"", "\"AssistanceStatus2025\", \"AssistanceStatus2026\""),
        ("\"EC52072_2025\", \"EC52071f_2025\"", "\"EC52072_2026\", \"EC52071f_2026\""),
        (
            "any = [{ indicator = \"SUSP\", color = \"red\" }]",
            "any = [{ indicator = \"SUSP\", color = \"red\" }, \
             { indicator = \"SUSP\", color = \"orange\" }]",
        ),
    ];
    moves.iter().fold(built_in("2025.toml"), |text, (from, to)| exchanged(&text, from, to))
}

fn colors_2026() -> String {
    let text = exchanged(&built_in("2025.colors.toml"), "year = 2025\n", "year = 2026\n");
    exchanged(&text, "cde-colors-2025", "cde-colors-2026")
}

const SOURCES: &str = r#"
[[source]]
id = "cde-criteria-2026"
title = "Criteria of a year that is made up"
where = "nowhere"

[[source]]
id = "cde-list-2026"
title = "A list that is made up"
where = "nowhere"

[[source]]
id = "cde-colors-2026"
title = "Colour tables that are made up"
where = "nowhere"
"#;

const COLUMNS: &str = r#"
[spellings]
accountabilitymet = ["countsforaccountability"]
"#;

/// The folder of the made-up edition, without its columns.
fn editions(program: &Program) -> PathBuf {
    program.write("editions/2026.toml", edition_2026());
    program.write("editions/2026.colors.toml", colors_2026());
    program.write("editions/sources.toml", SOURCES).parent().unwrap().to_owned()
}

/// Runs the program with the made-up edition.
fn under_2026<S: AsRef<OsStr>>(program: &Program, words: impl IntoIterator<Item = S>) -> Ran {
    let folder = program.folder().join("editions");
    let mut all = vec![OsStr::new("--editions").to_owned(), folder.into_os_string()];
    all.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
    program.run(all)
}

fn well(ran: Ran) -> String {
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    ran.out
}

fn json(ran: Ran) -> Value {
    serde_json::from_str(&well(ran)).unwrap()
}

/// The files of 2026, in which a column that decides has another name than before. The calm
/// district has red cells that do not count, which only this column tells.
fn files_of_2026(program: &Program) -> Vec<PathBuf> {
    let mut rated = rated();
    rated.push(("SUSP", (CALM, "SWD", 1)));
    rated.push(("CHRO", (CALM, "SWD", 1)));
    let files = program.write_year(2026, &ALL, &rated, &[]);
    for file in files.iter().filter(|file| file.to_string_lossy().contains("download")) {
        let text = fs::read_to_string(file).unwrap();
        let mut lines: Vec<Vec<&str>> = text.lines().map(|l| l.split('\t').collect()).collect();
        let at = |name: &str, header: &[&str]| header.iter().position(|c| *c == name).unwrap();
        let (flag, group) = (at("accountabilitymet", &lines[0]), at("studentgroup", &lines[0]));
        lines[0][flag] = "countsforaccountability";
        for line in lines.iter_mut().filter(|l| l[0] == CALM && l[group] == "SWD") {
            line[flag] = "N";
        }
        let lines: Vec<String> = lines.into_iter().map(|l| l.join("\t")).collect();
        fs::write(file, lines.join("\n") + "\n").unwrap();
    }
    files
}

fn rated() -> Vec<(&'static str, (&'static str, &'static str, u8))> {
    let of = |cds| [("SUSP", (cds, "SWD", 2)), ("CHRO", (cds, "SWD", 1))];
    [ORANGE, SINCE_2022, SINCE_2023].into_iter().flat_map(of).collect()
}

/// The years before: lists of 2022 to 2024 and the files of 2025.
fn years_before(program: &Program) -> Vec<PathBuf> {
    let status = |year, coded| match (coded, year) {
        (false, _) => "General Assistance",
        (true, 2022) => "Differentiated Assistance",
        (true, _) => "Differentiated Assistance, Year 1",
    };
    let coded = BTreeMap::from([
        (2022, vec![SINCE_2022]),
        (2023, vec![SINCE_2022, SINCE_2023]),
        (2024, vec![SINCE_2023]),
    ]);
    let mut files = Vec::new();
    for (year, coded) in coded {
        let rows: Vec<_> = ALL
            .into_iter()
            .map(|cds| {
                let is = coded.contains(&cds);
                let cells: &[(&str, &str)] = if is { &[("SWDpriorities", "C")] } else { &[] };
                (cds, status(year, is), cells)
            })
            .collect();
        let name = format!("assistancestatus{}.csv", year % 100);
        files.push(program.write(&name, list_text("LCFF Eligibility File", year, &rows)));
    }
    files.extend(program.write_year(2025, &ALL, &rated(), &[]));
    files
}

/// Imports everything under the made-up edition and determines.
fn world() -> Program {
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    editions(&program);
    program.write("editions/columns.toml", COLUMNS);
    let files = years_before(&program).into_iter().chain(files_of_2026(&program));
    well(under_2026(&program, std::iter::once(PathBuf::from("import")).chain(files)));
    well(under_2026(&program, ["determine"]));
    program
}

/// The answers of a year in the columns of its list, by CDS code.
fn exported(program: &Program, year: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let words = ["export", "--year", year, "--layout", "published", "--format", "csv"];
    let rows = table(&well(under_2026(program, words)));
    rows.into_iter().map(|row| (row["CDS"].clone(), row)).collect()
}

#[test]
fn a_changed_criterion_decides_otherwise_than_the_year_before() {
    let program = world();
    let (before, now) = (exported(&program, "2025"), exported(&program, "2026"));
    let priorities = |rows: &BTreeMap<String, BTreeMap<String, String>>| {
        (rows[ORANGE]["SWDpriorities"].clone(), rows[ORANGE]["MetMethod1"].clone())
    };
    assert_eq!(priorities(&before), ("*".to_owned(), "N".to_owned()));
    assert_eq!(priorities(&now), ("C".to_owned(), "Y".to_owned()));
    assert_eq!(before[ORANGE]["AssistanceStatus2025"], "General Assistance");
    assert_eq!(now[ORANGE]["AssistanceStatus2026"], "Differentiated Assistance");
    assert_eq!(now[ORANGE]["AssistanceStatus2025"], "General Assistance");
    let unknown = ["2017", "2018", "2019"]
        .map(|year| format!("AssistanceStatus{year}: not loaded LIST:{year}"));
    assert_eq!(now[ORANGE]["NotKnownBecause"], unknown.join("; "), "nothing of 2026 is unknown");
}

#[test]
fn the_renamed_column_is_read() {
    let now = exported(&world(), "2026");
    assert_eq!(now[CALM]["SWDpriorities"], "*", "its red cells say that they do not count");
    assert_eq!(now[CALM]["AssistanceStatus2026"], "General Assistance");
}

#[test]
fn the_tests_over_years_look_back_from_the_new_year() {
    let program = world();
    let now = exported(&program, "2026");
    assert_eq!(now[SINCE_2022]["EC52072_2026"], "N", "2022 is out of sight");
    assert_eq!(now[SINCE_2023]["EC52072_2026"], "Y", "2023, 2024 and 2026");
    let before = exported(&program, "2025");
    assert_eq!(before[SINCE_2022]["EC52072_2025"], "N", "2022 and 2023 are two years");
    let words = ["explain", SINCE_2023, "--year", "2026", "--format", "json"];
    let test = &json(under_2026(&program, words))["determination"]["sustainedNeed"][0];
    assert_eq!(test["window"], serde_json::json!([2023, 2024, 2025, 2026]));
}

#[test]
fn an_answer_of_the_new_year_is_explained_by_its_own_edition_and_sources() {
    let program = world();
    let ran = under_2026(&program, ["explain", ORANGE, "--format", "json"]);
    let explained = json(ran);
    assert_eq!(explained["determination"]["dashboardYear"], 2026, "the newest year");
    let shown = json(under_2026(&program, ["rulebook", "show", "2026", "--format", "json"]));
    assert_eq!(explained["determination"]["edition"], shown["hash"]);
    let trace = explained["trace"].to_string();
    assert!(trace.contains("cde-criteria-2026#priority-6"), "{trace}");
    assert!(trace.contains("suspdownload2026.txt"), "{trace}");
    let words = well(under_2026(&program, ["explain", ORANGE]));
    assert!(words.contains("Criteria of a year that is made up"), "{words}");
}

#[test]
fn without_the_new_year_the_built_in_ones_still_decide() {
    let program = world();
    let with = exported(&program, "2025");
    program.succeed(["determine"]);
    let years: BTreeSet<u64> = program
        .json(["list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["dashboardYear"].as_u64().unwrap())
        .collect();
    assert_eq!(years, BTreeSet::from([2022, 2023, 2024, 2025]));
    assert_eq!(program.export_published(2025), with);
    let ran = program.run(["export", "--year", "2026"]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("no edition of the rules for 2026"), "{}", ran.err);
}

#[test]
fn a_run_of_the_new_year_is_explained_and_exported_also_where_its_folder_is_gone() {
    let program = world();
    let words = ["explain", ORANGE, "--year", "2026", "--format", "json"];
    let with = json(under_2026(&program, words));
    assert_eq!(json(program.run(words)), with);
    assert_eq!(program.export_published(2026), exported(&program, "2026"));
    let words = ["explain", ORANGE, "--year", "2025", "--format", "json"];
    assert_eq!(json(program.run(words)), json(under_2026(&program, words)));
}

#[test]
fn a_run_is_explained_by_the_edition_that_made_it_after_that_was_corrected() {
    let program = world();
    let words = ["explain", ORANGE, "--year", "2026", "--format", "json"];
    let before = json(under_2026(&program, words));
    let corrected = exchanged(
        &edition_2026(),
        "{ indicator = \"SUSP\", color = \"red\" }, { indicator = \"SUSP\", color = \"orange\" }",
        "{ indicator = \"SUSP\", color = \"red\" }",
    );
    program.write("editions/2026.toml", corrected);
    assert_eq!(json(under_2026(&program, words)), before);
    well(under_2026(&program, ["determine"]));
    let after = json(under_2026(&program, words));
    assert_eq!(before["determination"]["differentiated"], "met");
    assert_eq!(after["determination"]["differentiated"], "notMet");
}

#[test]
fn without_the_new_spelling_the_file_is_refused_and_the_column_named() {
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    editions(&program);
    let files = files_of_2026(&program);
    let susp = files.iter().find(|file| file.ends_with("suspdownload2026.txt")).unwrap();
    let ran = under_2026(&program, [OsStr::new("import"), susp.as_os_str()]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.contains("column accountabilitymet: The column is missing"), "{}", ran.out);
    assert!(ran.out.contains("the SUSP file of 2026 cannot be read without it"), "{}", ran.out);
    assert!(ran.out.contains("that are not known: countsforaccountability"), "{}", ran.out);
    assert_eq!(json(under_2026(&program, ["releases", "--format", "json"])), serde_json::json!([]));
}

#[test]
fn a_renamed_column_that_decides_nothing_is_reported_and_the_file_is_taken() {
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    editions(&program);
    program.write("editions/columns.toml", COLUMNS);
    let susp = files_of_2026(&program)
        .into_iter()
        .find(|file| file.ends_with("suspdownload2026.txt"))
        .unwrap();
    let text = exchanged(&fs::read_to_string(&susp).unwrap(), "\tpriorstatus\t", "\tlaststatus\t");
    fs::write(&susp, text).unwrap();
    let out = well(under_2026(&program, [OsStr::new("import"), susp.as_os_str()]));
    assert!(out.contains("columns that are not known: laststatus"), "{out}");
    assert!(out.contains("columns that are missing: priorstatus"), "{out}");
    assert!(out.contains("layout unverified"), "{out}");
    assert!(out.contains("that of 2025 was used"), "{out}");
}

#[test]
fn the_new_year_is_checked_with_the_others_and_its_faults_are_named_by_line() {
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    editions(&program);
    let out = well(under_2026(&program, ["rulebook", "check"]));
    assert!(out.contains("without fault: 8 editions"), "{out}");
    let faulty = exchanged(&edition_2026(), "window = [2025, 2026]", "window = [2020, 2026]");
    let line = 1 + faulty.lines().position(|l| l == "window = [2020, 2026]").unwrap();
    program.write("editions/2026.toml", faulty);
    let ran = under_2026(&program, ["rulebook", "check"]);
    assert_eq!(ran.code, 3);
    let place = format!("2026.toml:{line}: 2020 is a year without determinations");
    assert!(ran.err.contains(&place), "{}", ran.err);
    // A source of the new year that nobody listed.
    program.write("editions/2026.toml", edition_2026());
    program.write("editions/sources.toml", exchanged(SOURCES, "cde-list-2026", "cde-list"));
    let ran = under_2026(&program, ["determine"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("the source 'cde-list-2026' is not in sources.toml"), "{}", ran.err);
}

#[test]
fn the_steps_in_words_name_every_file_that_the_steps_here_write() {
    let steps = fs::read_to_string(root().join("docs/next-year.md")).unwrap();
    for word in [
        "2026.toml",
        "2026.colors.toml",
        "sources.toml",
        "columns.toml",
        "countsforaccountability",
        "--editions",
        "calsos rulebook check",
        "second-year-after",
        "window",
        "public-date",
        "domain/src/rulebook.rs",
        "docs/rule-coverage.md",
    ] {
        assert!(steps.contains(word), "docs/next-year.md does not say {word}");
    }
}

// No year and no LEA in code.

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A Rust source taken apart: its code without comments, texts and tests, and its texts.
#[derive(Debug, Default)]
struct Source {
    /// A text stands here as `""`.
    code: String,
    texts: Vec<String>,
}

/// Takes comments and texts out of a Rust source, one character after another.
fn without_texts(source: &str) -> Source {
    let mut found = Source::default();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let raw = rest.strip_prefix('r').map(|r| (r.len() - r.trim_start_matches('#').len(), r));
        let in_word = found.code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if rest.starts_with("//") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else if let Some((hashes, tail)) =
            raw.filter(|(hashes, tail)| !in_word && tail[*hashes..].starts_with('"'))
        {
            let end = format!("\"{}", "#".repeat(hashes));
            let text = &tail[hashes + 1..];
            let length = text.find(&end).unwrap();
            found.texts.push(text[..length].to_owned());
            found.code.push_str("\"\"");
            rest = &text[length + end.len()..];
        } else if first == '"' {
            let mut escaped = false;
            let length = rest[1..]
                .find(|c| {
                    let ends = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    ends
                })
                .unwrap();
            found.texts.push(rest[1..=length].to_owned());
            found.code.push_str("\"\"");
            rest = &rest[length + 2..];
        } else if let Some(after) = ["'\"'", "'\\\"'", "'{'", "'}'", "'\\''", "b'\"'"]
            .iter()
            .find_map(|quoted| rest.strip_prefix(quoted))
        {
            rest = after;
        } else {
            found.code.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

/// A source without what `#[cfg(test)]` stands before, and the modules declared so.
fn without_tests(source: &str) -> (Source, Vec<String>) {
    const TEST: &str = "#[cfg(test)]";
    let mut modules = Vec::new();
    let (mut kept, mut rest) = (String::new(), source);
    while let Some(at) = rest.find(TEST) {
        kept.push_str(&rest[..at]);
        let after = rest[at + TEST.len()..].trim_start();
        let item = without_texts(after).code;
        let (body, end) =
            (item.find('{').unwrap_or(usize::MAX), item.find(';').unwrap_or(usize::MAX));
        if end < body {
            let name = item[..end].rsplit(' ').next().unwrap().to_owned();
            modules.push(name);
            rest = &after[after.find(';').unwrap() + 1..];
        } else {
            // rustfmt is checked: an item ends with a brace at its own indentation.
            let indent = rest[..at]
                .rsplit('\n')
                .next()
                .map_or(0, str::len)
                .max(kept.rsplit('\n').next().map_or(0, str::len));
            let close = format!("\n{}}}", " ".repeat(indent));
            rest = after.find(&close).map_or("", |end| &after[end + close.len()..]);
        }
    }
    kept.push_str(rest);
    (without_texts(&kept), modules)
}

/// The Dashboard years that a source decides by: numbers in code, and texts that are a year
/// and nothing else. Years within sentences, paths and examples are not meant.
fn years_decided_by(source: &Source) -> Vec<String> {
    let is_year = |word: &str| {
        let digits = word.replace('_', "");
        let digits = digits.trim_end_matches("u16").trim_end_matches("u32").trim_end_matches("i32");
        digits.parse::<u32>().is_ok_and(|number| (2017..=2029).contains(&number))
    };
    let numbers = source.code.split(|c: char| !c.is_alphanumeric() && c != '_');
    let texts = source.texts.iter().map(|text| text.trim_end_matches('f'));
    numbers.chain(texts).filter(|word| is_year(word)).map(str::to_owned).collect()
}

#[test]
fn the_scan_for_years_sees_them_in_code_and_not_in_words() {
    let years = |text: &str| years_decided_by(&without_tests(text).0);
    assert_eq!(years("if year >= 2023 { }"), ["2023"]);
    assert_eq!(years("matches!(y, 2017 | 2_019u16)"), ["2017", "2_019u16"]);
    assert_eq!(years("if text == \"2024\" { }"), ["2024"]);
    assert_eq!(years("if text == r#\"2017f\"# { }"), ["2017"]);
    assert!(years("let x = \"such as 2023\"; // since 2022\nlet y = 2030;").is_empty());
    assert!(years("#[cfg(test)]\nmod tests {\n    fn a() { 2023 }\n}\n").is_empty());
    assert_eq!(years("#[cfg(test)]\nmod a {\n    fn a() {}\n}\nconst A: u16 = 2022;"), ["2022"]);
    assert_eq!(years("let q = '\"'; let y = 2023; let r = '\"';"), ["2023"]);
}

#[test]
fn no_source_names_a_dashboard_year_as_a_condition() {
    let mut read = 0;
    let mut found = Vec::new();
    for folder in ["domain/src", "ingest/src", "persistence/src", "api/src"] {
        let files = rust_files(&root().join(folder));
        let mut of_tests: BTreeSet<PathBuf> = BTreeSet::new();
        let sources: Vec<(PathBuf, Source)> = files
            .into_iter()
            .map(|path| {
                let (source, modules) = without_tests(&fs::read_to_string(&path).unwrap());
                let (folder, stem) = (path.parent().unwrap(), path.file_stem().unwrap());
                let own =
                    if stem == "lib" || stem == "main" { folder.into() } else { folder.join(stem) };
                of_tests.extend(modules.iter().map(|name| own.join(format!("{name}.rs"))));
                (path, source)
            })
            .collect();
        for (path, source) in sources.iter().filter(|(path, _)| !of_tests.contains(path)) {
            read += 1;
            let years = years_decided_by(source);
            if !years.is_empty() {
                found.push(format!("{}: {years:?}", path.display()));
            }
        }
    }
    assert!(read > 70, "only {read} sources were read");
    assert!(found.is_empty(), "rules belong into domain/rulebooks:\n{}", found.join("\n"));
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

/// The codes that a text may hold: runs of 14 digits, and of 13, where a spreadsheet ate the
/// first zero.
fn codes_in(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| matches!(digits.len(), 13 | 14))
        .map(|digits| format!("{digits:0>14}"))
}

#[test]
fn no_tracked_file_holds_a_real_cds_code() {
    let Some(shared) = real_data("no_tracked_file_holds_a_real_cds_code") else { return };
    let bytes = fs::read(shared.join("directory/pubschls2018.txt")).unwrap();
    let mut real: BTreeSet<String> = String::from_utf8_lossy(&bytes)
        .lines()
        .filter_map(|line| line.split('\t').next())
        .flat_map(|first| codes_in(first).collect::<Vec<_>>())
        .collect();
    assert!(real.len() > 10_000, "the directory has {} codes", real.len());
    let program = Program::new(env!("CARGO_BIN_EXE_calsos-under-test"));
    let lists: Vec<PathBuf> = fs::read_dir(shared.join("published"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e != "csv"))
        .collect();
    program.import(lists);
    program.succeed(["determine"]);
    for answer in program.json(["list"]).as_array().unwrap() {
        real.insert(answer["cds"].as_str().unwrap().to_owned());
    }
    let listed =
        Command::new("git").arg("ls-files").arg("-z").current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "the repository's files are listed by git");
    let mut found = Vec::new();
    for name in String::from_utf8(listed.stdout).unwrap().split_terminator('\0') {
        let Ok(bytes) = fs::read(root().join(name)) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        found.extend(codes_in(&text).filter(|c| real.contains(c)).map(|c| format!("{name}: {c}")));
    }
    assert!(found.is_empty(), "real codes stay out of the repository:\n{}", found.join("\n"));
}
