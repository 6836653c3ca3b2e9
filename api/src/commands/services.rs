//! `calsos services`.

use std::io::Write;
use std::path::Path;

use calsos_domain::support::service::ServiceState;
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_ingest::{CatalogueRead, FILE_BYTES_MOST, read_catalogue};
use calsos_persistence::SupportBy;
use serde::Serialize;

use crate::app::clients::by_command;
use crate::app::support::services::{Load, Loaded, Writing};
use crate::app::{Office, disk};
use crate::cli::{Format, Global, Services};
use crate::error::AppError;
use crate::output::{Table, no_csv, screen, write_json, write_ndjson, write_table};

pub(super) fn run(office: &Office, global: &Global, asked: &Services) -> Result<(), AppError> {
    match asked {
        Services::Import { file, provider, dry_run, by } => {
            import(office, global, file, provider.as_ref(), *dry_run, by)
        }
        Services::List { provider, with_ended } => {
            list(office, global, provider.as_ref(), *with_ended)
        }
    }
}

/// What became of a catalogue that was loaded.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    provider: String,
    added: usize,
    changed: usize,
    ended: usize,
    unchanged: usize,
    dry_run: bool,
    notes: Vec<String>,
}

fn import(
    office: &Office,
    global: &Global,
    file: &Path,
    provider: Option<&ServiceProvider>,
    dry_run: bool,
    by: &str,
) -> Result<(), AppError> {
    if global.format == Format::Csv {
        return Err(no_csv("services import"));
    }
    let length = std::fs::metadata(file).map_err(|cause| disk("reading", file, cause))?.len();
    if length > FILE_BYTES_MOST {
        let name = file.display();
        let problem = format!("{name} has {length} bytes; at most {FILE_BYTES_MOST} are read");
        return Err(AppError::Usage(problem));
    }
    let bytes = std::fs::read(file).map_err(|cause| disk("reading", file, cause))?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
    let read = read_catalogue(&name.unwrap_or_default(), &bytes, provider, &office.layouts);
    let CatalogueRead { provider, services, notes } = match read {
        Ok(read) => read,
        Err(refusal) => {
            let mut out = screen();
            match global.format {
                Format::Table => writeln!(out, "{refusal}")?,
                Format::Ndjson => write_ndjson(&mut *out, &[refusal])?,
                _ => write_json(&mut *out, &refusal)?,
            }
            return Err(AppError::Refused { refused: 1, asked: 1 });
        }
    };
    let target = format!("catalogue of {provider}");
    let writing = Writing {
        by: SupportBy { client: by, issuer: None, agency: None },
        audit: by_command(by, "calsos services import", &target),
    };
    let Load::Done(loaded) = office.load_catalogue(&provider, &services, None, dry_run, writing)?
    else {
        return Err(AppError::Failed("a catalogue of any state was refused for its state".into()));
    };
    let Loaded { added, changed, ended, unchanged, tag: _ } = loaded;
    let mut out = screen();
    let provider = provider.to_string();
    let view = View { provider, added, changed, ended, unchanged, dry_run, notes };
    match global.format {
        Format::Ndjson => return write_ndjson(&mut *out, &[view]),
        Format::Table => {}
        _ => return write_json(&mut *out, &view),
    }
    let would = if dry_run { " would be" } else { "" };
    writeln!(
        out,
        "Catalogue of {}:{would} {added} added, {changed} changed, {ended} ended, {unchanged} \
         as they were",
        view.provider
    )?;
    for note in &view.notes {
        writeln!(out, "  {note}")?;
    }
    Ok(())
}

fn list(
    office: &Office,
    global: &Global,
    provider: Option<&ServiceProvider>,
    with_ended: bool,
) -> Result<(), AppError> {
    let columns = [
        "provider",
        "code",
        "service",
        "levels",
        "kind",
        "indicators",
        "groups",
        "priorities",
        "state",
    ];
    let mut table = Table::new(&columns);
    for held in office.services()? {
        let service = held.service;
        let wanted = provider.is_none_or(|provider| *provider == service.provider)
            && (with_ended || service.state == ServiceState::Offered);
        if !wanted {
            continue;
        }
        let words = |all: Vec<String>| all.join(" ");
        table.push([
            service.provider.to_string(),
            service.code,
            service.name,
            words(service.levels.iter().map(ToString::to_string).collect()),
            service.kind,
            words(service.indicators.iter().map(ToString::to_string).collect()),
            words(service.groups.iter().map(ToString::to_string).collect()),
            words(service.priorities.iter().map(ToString::to_string).collect()),
            service.state.code().to_owned(),
        ]);
    }
    write_table(&mut *screen(), &table, global.format)
}
