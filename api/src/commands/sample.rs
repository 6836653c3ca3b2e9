//! `calsos sample`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use calsos_domain::rulebook::Rulebooks;
use calsos_sample::{Form, SampleSize, State};
use serde::Serialize;

use crate::app::{disk, rulebook_files};
use crate::cli::{Format, Global, Sample, SampleForm, World};
use crate::error::AppError;
use crate::output::{no_csv, screen, write_json, write_ndjson};

/// What was written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SampleView {
    folder: String,
    seed: u64,
    leas: u32,
    schools: u32,
    files: usize,
    bytes: usize,
}

pub(super) fn run(global: &Global, asked: &Sample) -> Result<(), AppError> {
    if global.format == Format::Csv {
        return Err(no_csv("sample"));
    }
    let state = state(global, asked.world)?;
    empty_folder(&asked.out)?;
    let forms: &[Form] = match asked.form {
        SampleForm::Text => &[Form::Text],
        SampleForm::Xlsx => &[Form::Xlsx],
        SampleForm::Both => &[Form::Text, Form::Xlsx],
    };
    let size = size(asked.world)?;
    let mut view = SampleView {
        folder: asked.out.display().to_string(),
        seed: asked.world.seed,
        leas: size.leas(),
        schools: size.schools(),
        files: 0,
        bytes: 0,
    };
    for file in state.files(forms) {
        let file = file?;
        let path = asked.out.join(&file.name);
        fs::write(&path, &file.bytes).map_err(|cause| disk("writing", &path, cause))?;
        view.files += 1;
        view.bytes += file.bytes.len();
    }
    let services = asked.out.join("services");
    fs::create_dir(&services).map_err(|cause| disk("making the folder", &services, cause))?;
    for catalogue in state.catalogues() {
        let path = services.join(&catalogue.name);
        fs::write(&path, &catalogue.text).map_err(|cause| disk("writing", &path, cause))?;
        view.files += 1;
        view.bytes += catalogue.text.len();
    }
    let mut out = screen();
    match global.format {
        Format::Table => {
            let SampleView { folder, seed, leas, schools, files, bytes } = &view;
            let megabytes = bytes.div_ceil(1_000_000);
            writeln!(
                out,
                "{folder}: {files} files, {megabytes} MB, of about {leas} made-up LEAs and \
                 {schools} other schools (seed {seed}). What is in them on purpose stands in its \
                 README.md."
            )?;
            out.flush()?;
            Ok(())
        }
        Format::Ndjson => write_ndjson(&mut *out, &[view]),
        Format::Json | Format::Csv | Format::Xlsx => write_json(&mut *out, &view),
    }
}

/// The made-up state, by the rules in force.
pub(super) fn state(global: &Global, world: World) -> Result<State, AppError> {
    let books = Rulebooks::load(&rulebook_files(global.editions.as_deref())?)?;
    Ok(State::by_rules(books, world.seed, size(world)?)?)
}

fn size(world: World) -> Result<SampleSize, AppError> {
    Ok(match world.schools {
        Some(schools) => SampleSize::new(world.leas, schools)?,
        None => SampleSize::of_leas(world.leas)?,
    })
}

/// Makes a folder, or finds an empty one: files of another state must not stand beside.
pub(super) fn empty_folder(folder: &Path) -> Result<(), AppError> {
    fs::create_dir_all(folder).map_err(|cause| disk("making the folder", folder, cause))?;
    let first: Option<PathBuf> = fs::read_dir(folder)
        .and_then(|mut entries| entries.next().transpose())
        .map_err(|cause| disk("reading the folder", folder, cause))?
        .map(|entry| entry.path());
    match first {
        None => Ok(()),
        Some(entry) => Err(AppError::Usage(format!(
            "the folder '{}' is not empty (it has '{}'); name another, or empty it",
            folder.display(),
            entry.file_name().unwrap_or_default().to_string_lossy()
        ))),
    }
}
