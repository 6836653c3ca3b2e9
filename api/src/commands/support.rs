//! `calsos support`.

use crate::app::Office;
use crate::app::answers::NOTHING_DECIDED;
use crate::cli::{Format, Global, Support};
use crate::error::AppError;
use crate::output::{Table, screen, write_json, write_ndjson, write_table};
use crate::snapshot::{State, load};
use crate::views::support::assignment::{AssignmentView, SupportHistory};

pub(super) fn run(office: &Office, global: &Global, asked: &Support) -> Result<(), AppError> {
    let Some(state) = State::current(office, office.store.clock()?, false)? else {
        return Err(AppError::NotFound(NOTHING_DECIDED.to_owned()));
    };
    let public = load(office, state, None)?.public;
    if public.held.names.lea(asked.cds).is_none() {
        return Err(AppError::NotFound(format!(
            "no district, county office or charter with the CDS code {} is named in the public \
             files; `calsos list` shows those that any file names",
            asked.cds
        )));
    }
    let support = public.assignments.get(&asked.cds);
    let history = SupportHistory::of(support.map(|support| &**support), asked.effective_on);
    let mut out = screen();
    match global.format {
        Format::Json => write_json(&mut *out, &history),
        Format::Ndjson => write_ndjson(&mut *out, &history.items),
        Format::Table | Format::Csv | Format::Xlsx => {
            write_table(&mut *out, &table(&history), global.format)
        }
    }
}

fn table(history: &SupportHistory<'_>) -> Table {
    let mut table = Table::new(&[
        "from",
        "until",
        "level",
        "year",
        "at least until",
        "what",
        "Dashboard",
        "by the rules",
        "origin",
        "carried through",
        "provider",
        "beside",
    ]);
    for item in &history.items {
        table.push(row(item));
    }
    table
}

fn row(item: &AssignmentView<'_>) -> [String; 12] {
    let number = |number: Option<u8>| number.map(|number| number.to_string()).unwrap_or_default();
    let carried: Vec<String> = item.carried_through.iter().map(u16::to_string).collect();
    let provider = item.provider.as_ref();
    let name = provider.map(|provider| match provider.to_be_confirmed {
        true => format!("{} (to be confirmed)", provider.name),
        false => provider.name.to_owned(),
    });
    let beside = provider.iter().flat_map(|provider| &provider.co_providers);
    let beside: Vec<&str> = beside.map(|other| other.name).collect();
    [
        item.effective_from.clone(),
        item.effective_until.clone().unwrap_or_default(),
        item.assigned_level.map_or("not known".to_owned(), |level| level.to_string()),
        number(item.support_year),
        item.at_least_until.clone().unwrap_or_default(),
        item.event.to_owned(),
        item.dashboard_year.map(|year| year.to_string()).unwrap_or_default(),
        number(item.eligible_level),
        item.origin.unwrap_or_default().to_owned(),
        carried.join(" "),
        name.unwrap_or_default(),
        beside.join(", "),
    ]
}
