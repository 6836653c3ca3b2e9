//! The headers of the made-up files against what is known of the state's: the columns quoted
//! in the descriptions of its files, and the headers of real files. What the descriptions
//! abbreviate or call uncertain is exempt, by name and with the reason.
//!
//! Descriptions and files are kept beside the repository and never in it. Where they are
//! missing the tests say so; with `CALSOS_REQUIRE_SHARED` set, that is a failure.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "what a helper of a test unwraps or indexes is part of the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use calamine::{Data, Reader, open_workbook_auto};
use calsos_domain::indicator::Indicator;
use calsos_domain::year::DashboardYear;
use calsos_sample::{Form, State, Subject};

/// A file of the shared folder; `None`, said aloud, where it is not there.
fn shared(test: &str, path: &str) -> Option<PathBuf> {
    use std::io::Write;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("CALSOS_REQUIRE_SHARED").is_some();
    assert!(!required, "{test} needs {}, and it is not there", path.display());
    let _ = writeln!(std::io::stderr(), "{test} did not run: no {}", path.display());
    None
}

/// The headers of the made-up files: lines of the files themselves.
fn headers() -> &'static [(Subject, Vec<String>)] {
    static HEADERS: LazyLock<Vec<(Subject, Vec<String>)>> = LazyLock::new(read_headers);
    &HEADERS
}

fn read_headers() -> Vec<(Subject, Vec<String>)> {
    let state = State::new(3, 100).unwrap();
    let mut headers = Vec::new();
    for file in state.files(&[Form::Text]) {
        let file = file.unwrap();
        let text = String::from_utf8(file.bytes).unwrap();
        let (line, delimiter) = match file.subject {
            Subject::Indicator { .. } | Subject::Directory => (0, '\t'),
            Subject::Local(priority, year) => {
                (0, state.layouts().local(priority, year).unwrap().delimiter)
            }
            Subject::List(year, issue) => (state.layouts().lists(year)[issue].titles.len(), ','),
            Subject::Calpads(_) | Subject::Successions | Subject::About => continue,
        };
        let header = text.lines().nth(line).unwrap();
        headers.push((file.subject, header.split(delimiter).map(str::to_owned).collect()));
    }
    headers
}

fn indicator_headers() -> BTreeMap<(Indicator, u16), Vec<String>> {
    let mut found = BTreeMap::new();
    for (subject, header) in headers() {
        if let Subject::Indicator { indicator, year, .. } = subject {
            found.insert((*indicator, year.number()), header.clone());
        }
    }
    found
}

/// A column that a description names, or several that it only hints at.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expected {
    Column(String),
    /// One or more columns that start so.
    Some(&'static str),
}

fn fits(expected: &[Expected], header: &[String]) -> bool {
    match (expected.split_first(), header.split_first()) {
        (None, None) => true,
        (Some((Expected::Column(name), expected)), Some((first, rest))) => {
            name == first && fits(expected, rest)
        }
        (Some((Expected::Some(start), after)), Some((first, rest))) => {
            first.starts_with(start) && (fits(after, rest) || fits(expected, rest))
        }
        _ => false,
    }
}

/// Layouts that the descriptions do not quote as a list.
const EXEMPT: [(Indicator, u16, &str); 7] = [
    (Indicator::Ela, 2017, "no columns are quoted; those of 2018 without what came later"),
    (Indicator::Math, 2017, "no columns are quoted; those of 2018 without what came later"),
    (Indicator::Cci, 2017, "the lettered measures are abbreviated: 'curr_prep_a..'"),
    (Indicator::Cci, 2020, "the measures are abbreviated: 'curr_prep..'"),
    (Indicator::Cci, 2021, "the measures are abbreviated: 'ap, ap_pct, ib, ...'"),
    (Indicator::Cci, 2022, "the measures are named and not their place among the other columns"),
    (Indicator::Science, 2024, "told in words: value, prior, change and participation only"),
];

/// The layouts that the description of the files quotes.
struct Quoted {
    head: Vec<String>,
    found: BTreeMap<(Indicator, u16), Vec<Expected>>,
}

impl Quoted {
    fn read(text: &str) -> Quoted {
        let head = text
            .split_once("### A.2 Common head\n")
            .map(|(_, rest)| rest.lines().next().unwrap())
            .unwrap();
        let head = pieces(&without_brackets(head.split(". ").next().unwrap()));
        let mut quoted = Quoted { head, found: BTreeMap::new() };
        let sections = [
            ("### A.3", vec![Indicator::Susp]),
            ("### A.4", vec![Indicator::Chro]),
            ("### A.5", vec![Indicator::Grad]),
            ("### A.6", vec![Indicator::Cci]),
            ("### A.7", vec![Indicator::Ela, Indicator::Math]),
            ("### A.8", vec![Indicator::Elpi]),
        ];
        for (title, indicators) in sections {
            let section = text.split_once(title).unwrap().1;
            let section = section.split("\n### ").next().unwrap();
            for bullet in section.lines().filter_map(|line| line.strip_prefix("- ")) {
                quoted.bullet(&indicators, bullet);
            }
        }
        quoted
    }

    fn bullet(&mut self, indicators: &[Indicator], bullet: &str) {
        if let Some(rest) = bullet.strip_prefix("Science 2025: same minus ") {
            let words = rest.split(';').next().unwrap();
            let gone: Vec<&str> = words.split(" and ").collect();
            let mut layout = self.found[&(Indicator::Ela, 2025)].clone();
            layout
                .retain(|e| !matches!(e, Expected::Column(name) if gone.contains(&name.as_str())));
            self.found.insert((Indicator::Science, 2025), layout);
            return;
        }
        // A bullet may go on about another year: ". 2019: …", "; 2019 adds …".
        let mut parts: Vec<&str> = Vec::new();
        let mut rest = bullet;
        while let Some(at) = rest.match_indices(['.', ';', '"']).find_map(|(at, _)| {
            let after = rest.get(at + 2..)?;
            let year = after.get(..4)?;
            let starts = rest.get(at..at + 2) == Some(". ") || rest.get(at..at + 2) == Some("; ");
            (starts && year.bytes().all(|b| b.is_ascii_digit())).then_some(at)
        }) {
            parts.push(&rest[..at]);
            rest = &rest[at + 2..];
        }
        parts.push(rest);
        for part in parts {
            self.part(indicators, part);
        }
    }

    fn part(&mut self, indicators: &[Indicator], part: &str) {
        let Some(years) = years(part) else { return };
        let words = part.split_once(": ").map_or(part, |(_, words)| words);
        for indicator in indicators {
            for year in &years {
                let earlier = || (2017..*year).filter_map(|y| self.found.get(&(*indicator, y)));
                let whole = |layout: &&Vec<Expected>| {
                    let head = self.head.iter().cloned().map(Expected::Column);
                    head.eq(layout.iter().take(self.head.len()).cloned())
                };
                let head: Vec<Expected> = self.head.iter().cloned().map(Expected::Column).collect();
                let first_year = earlier().find(whole).cloned().unwrap_or(head);
                let before = earlier().next_back().cloned();
                if let Some(layout) = self.layout(before, &first_year, part, words) {
                    self.found.insert((*indicator, *year), layout);
                }
            }
        }
    }

    fn layout(
        &self,
        before: Option<Vec<Expected>>,
        first_year: &[Expected],
        part: &str,
        words: &str,
    ) -> Option<Vec<Expected>> {
        let column = |name: &str| Expected::Column(name.to_owned());
        let inserted = |layout: Vec<Expected>, name: &str, next: &str| {
            let mut layout = layout;
            let at = layout.iter().position(|e| *e == column(next)).unwrap();
            layout.insert(at, column(name));
            Some(layout)
        };
        // "2019 adds dataerrorflag before reportingyear".
        if let Some((_, added)) = part.split_once(" adds ") {
            let (name, next) = added.split_once(" before ").unwrap();
            return inserted(before?, name, next.trim_end_matches('.'));
        }
        // "fiveyrnumer inserted before safetynet".
        if let Some((name, after)) = words.split_once(" inserted before ") {
            return inserted(before?, name, after.split(';').next().unwrap());
        }
        // "as 2018 with safetynet between dass_flag and studentgroup".
        if let Some((_, added)) = words.split_once("as 2018 with ") {
            let (name, between) = added.split_once(" between ").unwrap();
            let next = between.split_once(" and ").unwrap().1;
            return inserted(before?, name, next.split(['.', ' ']).next().unwrap());
        }
        // "each count followed by a pct column".
        if words.starts_with("each count followed by a pct column") {
            let mut layout = Vec::new();
            let counts = ["currprogressed", "currmaintainPL4", "currmaintainOth", "currdeclined"];
            for expected in before? {
                layout.push(expected.clone());
                if let Expected::Column(name) = expected
                    && counts.contains(&name.as_str())
                {
                    layout.push(column(&format!("pct{name}")));
                }
            }
            return Some(layout);
        }
        let words = words.split_once("Order: ").map_or(words, |(_, order)| order);
        let words = words.strip_prefix("only ELPAC level counts: ").unwrap_or(words);
        let words = without_brackets(words);
        // The list ends with the year of the report, whatever else is said.
        let end = words.to_lowercase().find("reportingyear")? + "reportingyear".len();
        let mut layout: Vec<Expected> = Vec::new();
        let has_head = words.starts_with("head");
        let continued = words.strip_prefix("... ");
        if !has_head && continued.is_none() {
            layout.extend(self.head.iter().map(|name| column(name)));
        }
        let list = words.get(..end).unwrap();
        let list = list.strip_prefix("... ").unwrap_or(list);
        let names = pieces(list);
        if let (Some(_), Some(first)) = (continued, names.first()) {
            // What stands before it is as in the first year with the whole head; the head
            // alone where that year had no such column.
            let at = first_year.iter().position(|e| *e == column(first));
            layout.extend(first_year.iter().take(at.unwrap_or(self.head.len())).cloned());
        }
        // Fields that are put together with the ones before, `_denom` after `x_numer`.
        let mut block: Vec<String> = Vec::new();
        for name in &names {
            let known: Vec<Expected> = match name.as_str() {
                "head" => self.head.iter().map(|name| column(name)).collect(),
                "head without dass_flag" | "head w/o dass_flag" => {
                    let without = self.head.iter().filter(|name| *name != "dass_flag");
                    without.map(|name| column(name)).collect()
                }
                "measures" => vec![Expected::Some("curr_")],
                "then the curr_ and prior_ measure blocks" => {
                    vec![Expected::Some("curr_"), Expected::Some("prior_")]
                }
                "curr block" => vec![Expected::Some("curr")],
                "prior block" | "prior..." => vec![Expected::Some("prior")],
                "_pct .. caa_level3_*" => vec![Expected::Some("caa_")],
                "PL1_Pct . PL_4" => vec![Expected::Some("PL")],
                "the same block with prior_" => {
                    let prior = block.iter().map(|name| name.replacen("curr_", "prior_", 1));
                    prior.map(Expected::Column).collect()
                }
                other => several(other).into_iter().map(Expected::Column).collect(),
            };
            let named = known.iter().filter_map(|e| match e {
                Expected::Column(name) if name.starts_with("curr_") => Some(name.clone()),
                _ => None,
            });
            block.extend(named);
            layout.extend(known);
        }
        Some(layout)
    }
}

/// The years at the start of a part: "2018, 2019: …", "2023-2025: …", "2020/2021 (…): …",
/// "2017f: …", "2019 adds …".
fn years(part: &str) -> Option<Vec<u16>> {
    let stop = part.find(|c: char| !(c.is_ascii_digit() || "f,-/ ".contains(c)))?;
    let numbers: Vec<u16> = part[..stop]
        .split(|c: char| !c.is_ascii_digit())
        .filter(|word| word.len() == 4)
        .map(|word| word.parse().unwrap())
        .collect();
    match numbers.as_slice() {
        [first, last] if part[..stop].contains('-') => Some((*first..=*last).collect()),
        [] => None,
        some => Some(some.to_vec()),
    }
}

/// A text without what stands in round brackets, but for `(+_pct)`, which adds columns.
fn without_brackets(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('(') {
        let end = rest[at..].find(')').map_or(rest.len(), |end| at + end + 1);
        out.push_str(&rest[..at]);
        if &rest[at..end] == "(+_pct)" {
            out.push_str("(+_pct)");
        } else if out.ends_with(' ') {
            out.pop();
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// The pieces between commas outside of braces.
fn pieces(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            found.push(String::new());
        } else {
            found.last_mut().unwrap().push(c);
        }
    }
    found.iter().map(|piece| piece.trim().to_owned()).filter(|piece| !piece.is_empty()).collect()
}

/// `a_{b, c}(+_pct)`, `x_numer/_denom/_status` and `x2_*` written out.
fn several(piece: &str) -> Vec<String> {
    if let Some(rest) = piece.strip_suffix("(+_pct)") {
        return several(rest).iter().flat_map(|n| [n.clone(), format!("{n}_pct")]).collect();
    }
    if let Some((start, names)) = piece.split_once('{') {
        let names = names.trim_end_matches('}').split(',');
        return names.map(|name| format!("{start}{}", name.trim())).collect();
    }
    let parts = ["numer", "denom", "status"];
    let start = piece.strip_suffix('*').or(piece.strip_suffix("numer/_denom/_status"));
    match start {
        Some(start) => parts.iter().map(|part| format!("{start}{part}")).collect(),
        None => vec![piece.to_owned()],
    }
}

#[test]
fn indicator_files_have_the_columns_that_the_descriptions_quote() {
    let Some(path) = shared("the check of quoted columns", "dashboard-files.md") else { return };
    let quoted = Quoted::read(&fs::read_to_string(path).unwrap());
    let headers = indicator_headers();
    let mut faults = Vec::new();
    let mut compared = 0;
    for ((indicator, year), header) in &headers {
        let exempt = EXEMPT.iter().find(|(i, y, _)| (i, y) == (indicator, year));
        match (quoted.found.get(&(*indicator, *year)), exempt) {
            (_, Some(_)) => {}
            (None, None) => faults.push(format!("{indicator} {year}: no columns are quoted")),
            (Some(expected), None) => {
                compared += 1;
                // One file spells the code in capitals, which the list of its columns does not.
                let header: Vec<String> = header
                    .iter()
                    .map(|n| if n == "CDS" { "cds".to_owned() } else { n.clone() })
                    .collect();
                if !fits(expected, &header) {
                    faults.push(format!(
                        "{indicator} {year}:\n  quoted {expected:?}\n  header {header:?}"
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(compared + EXEMPT.len(), headers.len(), "an exemption is of no file");
    assert!(compared >= 40, "{compared}");
    // What is said of single columns.
    let has = |indicator, year, name: &str| headers[&(indicator, year)].iter().any(|c| c == name);
    assert!(
        has(Indicator::Cci, 2024, "curr_prep_apexam") && has(Indicator::Cci, 2025, "curr_prep_ap")
    );
    assert!(has(Indicator::Cci, 2024, "prior_aprep_statefedjobs_dass_pc"));
    assert!(has(Indicator::Chro, 2023, "changeLevel") && has(Indicator::Ela, 2023, "CDS"));
    assert!(!has(Indicator::Susp, 2017, "dass_flag") && has(Indicator::Susp, 2018, "dass_flag"));
    assert!(!has(Indicator::Susp, 2022, "indicator") && has(Indicator::Susp, 2023, "indicator"));
}

#[test]
fn the_check_of_quoted_columns_sees_a_column_that_is_missing_or_in_another_place() {
    let Some(path) = shared("the check of quoted columns", "dashboard-files.md") else { return };
    let quoted = Quoted::read(&fs::read_to_string(path).unwrap());
    for (key, header) in indicator_headers() {
        let Some(expected) = quoted.found.get(&key) else { continue };
        if EXEMPT.iter().any(|(i, y, _)| (*i, *y) == key) || header.contains(&"CDS".to_owned()) {
            continue;
        }
        assert!(fits(expected, &header));
        let mut without_last = header.clone();
        without_last.pop();
        assert!(!fits(expected, &without_last), "{key:?}");
        let mut turned = header.clone();
        turned.swap(0, 1);
        assert!(!fits(expected, &turned), "{key:?}");
        let mut renamed = header.clone();
        renamed[8] = format!("{}x", renamed[8]);
        assert!(!fits(expected, &renamed), "{key:?}");
    }
}

/// A column's name as names are compared: copies of the files spell some with an underscore.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

#[test]
fn indicator_files_have_every_column_of_real_ones() {
    let Some(folder) = shared("the check of real headers", "data/dashboard") else { return };
    let headers = indicator_headers();
    let stems = [
        ("ela", Indicator::Ela),
        ("math", Indicator::Math),
        ("elpi", Indicator::Elpi),
        ("grad", Indicator::Grad),
        ("chronic", Indicator::Chro),
        ("susp", Indicator::Susp),
        ("cci", Indicator::Cci),
    ];
    // The real files here are copies in which some columns were lost, and which have a type
    // and a group also where the state's files do not.
    let lost = ["indicator", "certifyflag", "priorcertifyflag", "dataerrorflag", "pairsharemethod"];
    let mut compared = 0;
    for (stem, indicator) in stems {
        for year in [2018, 2022, 2023] {
            let path = folder.join(format!("{stem}download{year}_monterey.txt"));
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let real: BTreeSet<String> =
                text.lines().next().unwrap().split('\t').map(plain).collect();
            let made: BTreeSet<String> =
                headers[&(indicator, year)].iter().map(|n| plain(n)).collect();
            let added = |name: &&String| {
                name.as_str() == "type" && indicator != Indicator::Susp
                    || name.as_str() == "studentgroup" && indicator == Indicator::Elpi
            };
            let missing: Vec<&String> = real.difference(&made).filter(|n| !added(n)).collect();
            assert!(missing.is_empty(), "{stem} {year} lacks {missing:?}");
            let more: Vec<&String> =
                made.difference(&real).filter(|n| !lost.contains(&n.as_str())).collect();
            assert!(more.is_empty(), "{stem} {year} has {more:?}, which the real file has not");
            compared += 1;
        }
    }
    assert!(compared >= 20, "{compared}");
}

/// The header of a workbook: the first row of its last sheet whose first cell is `first`.
fn real_header(path: &Path, first: &str) -> Vec<String> {
    let mut book = open_workbook_auto(path).unwrap();
    let sheet = book.sheet_names().last().unwrap().clone();
    let range = book.worksheet_range(&sheet).unwrap();
    let text = |cell: &Data| cell.to_string();
    let row = range.rows().find(|row| text(&row[0]).eq_ignore_ascii_case(first)).unwrap();
    let header: Vec<String> = row.iter().map(text).collect();
    header.into_iter().take_while(|name| !name.is_empty()).collect()
}

#[test]
fn lists_have_the_headers_of_real_lists() {
    let Some(folder) = shared("the check of real lists", "data/published") else { return };
    let headers = headers();
    let year = |number| DashboardYear::new(number).unwrap();
    let names = [
        ("assistance-status17.xls", 2017, 0),
        ("assistancestatus18.xlsx", 2018, 0),
        ("assistancestatus19.xlsx", 2019, 0),
        ("assistancestatus19-rev.xlsx", 2019, 1),
        ("assistancestatus22.xlsx", 2022, 0),
        ("assistancestatus23.xlsx", 2023, 0),
        ("assistancestatus24.xlsx", 2024, 0),
    ];
    for (name, number, issue) in names {
        let real = real_header(&folder.join(name), "cdcode");
        let subject = Subject::List(year(number), issue);
        let made = headers.iter().find(|(s, _)| *s == subject).unwrap();
        assert_eq!(&made.1, &real, "{name}");
    }
}

#[test]
fn the_list_of_the_quoted_year_has_the_quoted_columns() {
    let Some(path) = shared("the check of quoted list columns", "dashboard-files.md") else {
        return;
    };
    let text = fs::read_to_string(path).unwrap();
    let (_, quoted) = text.split_once("- Columns 2024: ").unwrap();
    let mut expected = Vec::new();
    for name in quoted.lines().next().unwrap().trim_end_matches('.').split(", ") {
        // Years after the first stand without what comes before them.
        if name.len() == 4 && name.bytes().all(|b| b.is_ascii_digit()) {
            expected.push(format!("AssistanceStatus{name}"));
        } else {
            expected.push(name.to_owned());
        }
    }
    let subject = Subject::List(DashboardYear::new(2024).unwrap(), 0);
    let headers = headers();
    assert_eq!(headers.iter().find(|(s, _)| *s == subject).unwrap().1, expected);
}

#[test]
fn local_files_have_the_headers_of_real_ones() {
    let Some(folder) = shared("the check of real local files", "data/local-indicators") else {
        return;
    };
    let mut compared = 0;
    for (subject, made) in headers() {
        let Subject::Local(priority, year) = subject else { continue };
        let path = folder.join(format!("Pr{priority}_{year}.xlsx"));
        if path.exists() {
            assert_eq!(made, &real_header(&path, "cdsCode"), "priority {priority}");
            compared += 1;
        }
    }
    assert_eq!(compared, 7);
}

#[test]
fn the_directory_has_the_quoted_columns() {
    let Some(path) = shared("the check of the directory", "dashboard-files.md") else { return };
    let text = fs::read_to_string(path).unwrap();
    let (_, quoted) = text.split_once("- Current: 46 columns: ").unwrap();
    let quoted: Vec<String> =
        quoted.split('.').next().unwrap().split(", ").map(str::to_owned).collect();
    assert_eq!(quoted.len(), 46);
    let headers = headers();
    assert_eq!(headers.iter().find(|(s, _)| *s == Subject::Directory).unwrap().1, quoted);
}

#[test]
fn no_made_up_code_or_name_is_a_real_one() {
    let Some(path) = shared("the check of made-up names", "data/directory/pubschls2018.txt") else {
        return;
    };
    let text = fs::read_to_string(path).unwrap();
    let mut codes = BTreeSet::new();
    let mut names = BTreeSet::new();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        codes.insert(cells[0].get(..7).unwrap().to_owned());
        names.extend([cells[5], cells[6]].map(str::to_owned));
    }
    let state = State::new(1, 2360).unwrap();
    let specs = state.specs();
    let spec = specs.iter().find(|spec| spec.subject == Subject::Directory).unwrap();
    let directory = state.file(spec, Form::Text).unwrap();
    let text = String::from_utf8(directory.bytes).unwrap();
    let header: Vec<&str> = text.lines().next().unwrap().split('\t').collect();
    let at = |name: &str| header.iter().position(|h| *h == name).unwrap();
    let mut seen = 0;
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        assert!(!codes.contains(&cells[0][..7]), "{} is a real code", &cells[0][..7]);
        for name in [cells[at("District")], cells[at("School")]] {
            assert!(name.is_empty() || name == "No Data" || !names.contains(name), "{name}");
        }
        seen += 1;
    }
    assert!(seen > 2500, "{seen}");
}
