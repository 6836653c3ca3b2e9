//! Files that are refused, and the exact words of the refusal: one file in `bad/` with its
//! `.expected` beside it is one case. The file's own name is what the program is told; what
//! an operator assigns stands in a `.as` beside it.
//!
//! With `UPDATE_EXPECTED` set the texts are written anew; read the difference then.

use std::path::{Path, PathBuf};

use calsos_ingest::{Input, Layouts, read};

fn check(path: &Path, layouts: &Layouts) -> Result<(), String> {
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let assigned = match std::fs::read_to_string(path.with_extension("as")) {
        Ok(text) => Some(text.trim().parse().map_err(|e| format!("{e}"))?),
        Err(_) => None,
    };
    let file_name = path.file_name().and_then(|name| name.to_str()).ok_or("no name")?;
    let found = match read(&Input { file_name, bytes: &bytes, assigned }, layouts) {
        Ok(understood) => return Err(format!("{file_name} was taken: {:#?}", understood.report)),
        Err(refusal) => format!("{refusal}\n"),
    };
    let expected_at = path.with_extension("expected");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&expected_at, &found).map_err(|e| e.to_string())?;
    }
    let expected = std::fs::read_to_string(&expected_at).map_err(|e| e.to_string())?;
    if found == expected {
        Ok(())
    } else {
        Err(format!("{file_name}\n--- expected\n{expected}--- found\n{found}"))
    }
}

#[test]
fn each_bad_file_is_refused_in_the_expected_words() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bad");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e != "expected" && e != "as"))
        .collect();
    files.sort();
    assert!(files.len() >= 30, "only {} bad files were found", files.len());
    let layouts = Layouts::builtin();
    let wrong: Vec<String> = files.iter().filter_map(|path| check(path, &layouts).err()).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}
