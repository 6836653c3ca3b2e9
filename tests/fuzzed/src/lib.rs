//! What is fuzzed. A target takes any bytes and stops where something does not hold that must
//! hold of all of them; a bug is a stop, an endless wait or memory without bounds. The fuzzer
//! in `fuzz/` and the test in `tests/` drive the same functions.
//!
//! A target more is a line in [`TARGETS`], a file in `fuzz/fuzz_targets/` with its name and a
//! folder of seeds in `fuzz/corpus/`; `docs/fuzzing.md` says how.

mod files;
mod headers;
mod values;
mod workbooks;

use calsos_api::fuzzed;

/// Something that is fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, as in `fuzz/fuzz_targets/` and `fuzz/corpus/`.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
}

/// Every target.
pub const TARGETS: [Target; 19] = [
    // Files, by what they are.
    Target { name: "any_file", run: files::any_file },
    Target { name: "indicator_rows", run: files::indicator_rows },
    Target { name: "local_rows", run: files::local_rows },
    Target { name: "list_rows", run: files::list_rows },
    Target { name: "charter_list_rows", run: files::charter_list_rows },
    Target { name: "directory_rows", run: files::directory_rows },
    Target { name: "operator_rows", run: files::operator_rows },
    // Workbooks, by what is around the table.
    Target { name: "workbook", run: workbooks::workbook },
    Target { name: "workbook_parts", run: workbooks::workbook_parts },
    Target { name: "packed_workbook", run: workbooks::packed_workbook },
    Target { name: "old_workbook", run: workbooks::old_workbook },
    // Values and what callers of the service send.
    Target { name: "values", run: |bytes| text(bytes, values::values) },
    Target { name: "cursor", run: |bytes| text(bytes, fuzzed::cursor) },
    Target { name: "query", run: |bytes| text(bytes, queries) },
    Target { name: "headers", run: fuzzed::headers },
    Target { name: "token", run: |bytes| text(bytes, fuzzed::token) },
    Target { name: "token_request", run: fuzzed::token_request },
    Target { name: "agency", run: |bytes| text(bytes, fuzzed::agency) },
    Target { name: "scopes", run: |bytes| text(bytes, fuzzed::scopes) },
];

/// The target of a name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.into_iter().find(|target| target.name == name)
}

/// The names of the files whose header a target may put above its rows, in the order in which
/// the first byte of its input chooses one.
#[must_use]
pub fn files_of(target: &str) -> Vec<&'static str> {
    let headed = match target {
        "indicator_rows" => &headers::INDICATORS,
        "local_rows" => &headers::LOCALS,
        "list_rows" => &headers::LISTS,
        "charter_list_rows" => &headers::CHARTER_LISTS,
        "directory_rows" => &headers::DIRECTORIES,
        "operator_rows" => &headers::TABLES,
        _ => return Vec::new(),
    };
    headed.iter().map(|headed| headed.name.as_str()).collect()
}

/// The `.xls` that the target `old_workbook` makes of a stream.
#[must_use]
pub fn old_workbook_of(stream: &[u8]) -> Vec<u8> {
    workbooks::compound_file(stream)
}

/// Gives a target that takes texts what is one.
fn text(bytes: &[u8], run: impl FnOnce(&str)) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        run(text);
    }
}

fn queries(text: &str) {
    fuzzed::query(text);
    fuzzed::other_query(text);
    fuzzed::path(text);
}
