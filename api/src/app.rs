//! Use cases: what the program does, without a word of how it is asked or shown.

pub(crate) mod answers;
pub(crate) mod check;
pub(crate) mod clients;
pub(crate) mod determine;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod federal_ids;
pub(crate) mod held;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod input_file;
pub(crate) mod jobs;
pub(crate) mod moments;
pub(crate) mod origin;
pub(crate) mod publish;
pub(crate) mod published_columns;
pub(crate) mod reconcile;
pub(crate) mod release_states;
pub(crate) mod standing;
pub(crate) mod stored_by;
pub(crate) mod summary;
pub(crate) mod support;
pub(crate) mod territory;
pub(crate) mod wanted;
pub(crate) mod withdraw;

use std::fs;
use std::path::{Path, PathBuf};

use calsos_domain::rulebook::{RulebookFile, Rulebooks};
use calsos_ingest::Layouts;
use calsos_persistence::Store;
use etcetera::BaseStrategy;

use crate::error::AppError;

/// What every use case works with.
pub(crate) struct Office {
    pub(crate) store: Store,
    pub(crate) books: Rulebooks,
    pub(crate) layouts: Layouts,
}

/// The file of column layouts in a folder of further editions.
const COLUMNS_FILE: &str = "columns.toml";

impl Office {
    /// Opens the database and loads the rules.
    pub(crate) fn open(
        database: Option<&str>,
        editions: Option<&Path>,
    ) -> Result<Office, AppError> {
        let books = Rulebooks::load(&rulebook_files(editions)?)?;
        let layouts = layouts(editions)?;
        Ok(Office { store: Store::open(&address(database)?)?, books, layouts })
    }
}

/// The address of the database that is named, or of the one in the user's data directory.
pub(crate) fn address(database: Option<&str>) -> Result<String, AppError> {
    database.map_or_else(|| database_file("calsos.sqlite"), |address| Ok(address.to_owned()))
}

/// The built-in rulebook files, and those of a folder.
pub(crate) fn rulebook_files(editions: Option<&Path>) -> Result<Vec<RulebookFile>, AppError> {
    let mut files = Rulebooks::built_in_files();
    if let Some(folder) = editions {
        let mut paths: Vec<PathBuf> = fs::read_dir(folder)
            .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect())
            .map_err(|cause| disk("reading the folder of editions", folder, cause))?;
        paths.sort();
        for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "toml")) {
            if path.file_name().is_some_and(|name| name != COLUMNS_FILE) {
                files.push(rulebook_file(path)?);
            }
        }
    }
    Ok(files)
}

/// Reads one rulebook file.
pub(crate) fn rulebook_file(path: &Path) -> Result<RulebookFile, AppError> {
    let text = fs::read_to_string(path).map_err(|cause| disk("reading", path, cause))?;
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(RulebookFile { name, text })
}

fn layouts(editions: Option<&Path>) -> Result<Layouts, AppError> {
    let builtin = Layouts::builtin();
    let Some(path) = editions.map(|folder| folder.join(COLUMNS_FILE)).filter(|p| p.exists()) else {
        return Ok(builtin);
    };
    let text = fs::read_to_string(&path).map_err(|cause| disk("reading", &path, cause))?;
    Ok(builtin.with_additions(&text, &path.display().to_string())?)
}

/// The address of a database file in the user's data directory.
pub(crate) fn database_file(name: &str) -> Result<String, AppError> {
    let strategy = etcetera::choose_base_strategy().map_err(|problem| {
        AppError::Usage(format!(
            "no data directory of yours was found ({problem}); name a database with --database"
        ))
    })?;
    let path = strategy.data_dir().join("calsos").join(name);
    Ok(format!("sqlite:{}", path.display()))
}

pub(crate) fn disk(what: &'static str, path: &Path, cause: std::io::Error) -> AppError {
    AppError::Disk { what, path: path.display().to_string(), cause }
}
