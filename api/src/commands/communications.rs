//! `calsos communications`.

use std::fs;

use calsos_domain::cds::{CdsCode, CountyCode};
use serde::Serialize;

use crate::app::answers::NOTHING_DECIDED;
use crate::app::support::communications::CommunicationKind;
use crate::app::support::letters::{document, letter};
use crate::app::{Office, disk};
use crate::cli::{Communications, Format, Global, Status};
use crate::error::AppError;
use crate::output::{Table, screen, write_json, write_ndjson, write_table, write_whole};
use crate::snapshot::{Snapshot, State, load};
use crate::views::support::communication::CommunicationFacts;

/// A document that was written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    cds: String,
    name: String,
    file: String,
}

pub(super) fn run(
    office: &Office,
    global: &Global,
    asked: &Communications,
) -> Result<(), AppError> {
    let Some(state) = State::current(office, office.store.clock()?, false)? else {
        return Err(AppError::NotFound(NOTHING_DECIDED.to_owned()));
    };
    let full = load(office, state, None)?.full;
    let places = match (asked.lea, asked.county) {
        (Some(cds), _) => vec![place_of(&full, asked, cds)?],
        (None, Some(county)) => full.identified(asked.year, county).collect(),
        (None, None) => Vec::new(),
    };
    if places.is_empty() {
        return Err(AppError::NotFound(format!(
            "no LEA of the county has differentiated assistance by the {} Dashboard, so that \
             nothing was written; `calsos list --year {} --status differentiated` shows those that \
             have",
            asked.year, asked.year
        )));
    }
    // All are drawn up before the first is written.
    let mut letters = Vec::new();
    for place in places {
        let facts = full.communication(office, place, asked.kind, None)?;
        let facts = facts.ok_or_else(|| {
            AppError::Failed("an answer is there without what it was decided from".to_owned())
        })?;
        let facts = match asked.kind {
            CommunicationKind::SpringSummary => {
                let Some(facts) = with_engagement(office, &full, place, facts)? else { continue };
                facts
            }
            CommunicationKind::NoticeOfIdentification
            | CommunicationKind::OnePageSummary
            | CommunicationKind::StrengthsAndWeaknesses => facts,
        };
        letters.push((text(office, asked.kind, &facts)?, facts));
    }
    if letters.is_empty() {
        return Err(AppError::NotFound(
            "there is no engagement of the year's support, so that no spring summary was written"
                .to_owned(),
        ));
    }
    let out = &asked.out;
    fs::create_dir_all(out).map_err(|cause| disk("making the folder", out, cause))?;
    let mut written = Vec::new();
    for (text, facts) in letters {
        let name = format!("{}-{}-{}.html", asked.kind.code(), asked.year, facts.cds);
        write_whole(&out.join(&name), text.as_bytes())?;
        written.push(Written { cds: facts.cds, name: facts.name, file: name });
    }
    let mut screen = screen();
    match global.format {
        Format::Json => write_json(&mut *screen, &written),
        Format::Ndjson => write_ndjson(&mut *screen, &written),
        Format::Table | Format::Csv | Format::Xlsx => {
            let mut table = Table::new(&["cds", "name", "file"]);
            for Written { cds, name, file } in written {
                table.push([cds, name, file]);
            }
            write_table(&mut *screen, &table, global.format)
        }
    }
}

/// Facts with the engagement that rests on the support, if there is one.
fn with_engagement(
    office: &Office,
    full: &Snapshot,
    place: usize,
    mut facts: CommunicationFacts,
) -> Result<Option<CommunicationFacts>, AppError> {
    if let Some(entry) = full.index.entries.get(place) {
        facts.engagement = office.engagement_of(entry.cds, &facts)?;
    }
    Ok(Some(facts).filter(|facts| facts.engagement.is_some()))
}

/// The answer of the LEA that is asked for.
fn place_of(full: &Snapshot, asked: &Communications, cds: CdsCode) -> Result<usize, AppError> {
    let Communications { kind, year, .. } = asked;
    let place = full.index.find(cds, *year).ok_or_else(|| {
        AppError::NotFound(format!(
            "{cds} has no answer for {year}; `calsos list --year {year}` shows the LEAs that have"
        ))
    })?;
    let entry = full.index.entries.get(place);
    let is_identified = entry.is_some_and(|entry| entry.status == Status::Differentiated);
    if is_identified || *kind == CommunicationKind::StrengthsAndWeaknesses {
        return Ok(place);
    }
    Err(AppError::NotFound(format!(
        "{cds} has no differentiated assistance by the {year} Dashboard, so that there is no {}",
        kind.code()
    )))
}

/// A document for one LEA, by the template of its county.
fn text(
    office: &Office,
    kind: CommunicationKind,
    facts: &CommunicationFacts,
) -> Result<String, AppError> {
    let county = CountyCode::parse(&facts.county)
        .ok_or_else(|| AppError::Failed(format!("{} is no county", facts.county)))?;
    let template = office.template_of(county, kind)?;
    let letter = letter(&template, facts).map_err(|fault| {
        AppError::Failed(format!(
            "the template of county {county} writes no letter to {}: {fault}",
            facts.cds
        ))
    })?;
    let title = format!("{}: {}, {} Dashboard", kind.title(), facts.name, facts.dashboard_year);
    Ok(document(kind, &title, &[letter]))
}
