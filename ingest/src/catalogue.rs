//! A provider's catalogue of services, as a table that it keeps: CSV or a workbook. It is no
//! release: it is loaded as a whole, in the place of what the provider had before.

use std::collections::BTreeSet;

use calsos_domain::support::catalogue::{self, CatalogueFault, CatalogueFaultKind};
use calsos_domain::support::service::{Audience, Service, ServiceDraft};
use calsos_domain::support::service_provider::ServiceProvider;

use crate::columns::field;
use crate::fault::{Fault, FaultCode, Faults, Refusal, shortened};
use crate::layouts::Layouts;
use crate::sheet::{Sheet, normalised};
use crate::sniff::{self, Family};
use crate::templates::EXAMPLE;

/// A column of a catalogue.
struct Column {
    /// As a catalogue that is written has it.
    name: &'static str,
    /// The field of a service, as JSON has it.
    field: &'static str,
    /// Other spellings, without case, blanks and punctuation.
    spellings: &'static [&'static str],
    /// Whether a catalogue is none without it.
    needed: bool,
}

const fn column(
    name: &'static str,
    field: &'static str,
    spellings: &'static [&'static str],
    needed: bool,
) -> Column {
    Column { name, field, spellings, needed }
}

/// The columns of a catalogue, in the order in which one is written.
const COLUMNS: [Column; 15] = [
    column("code", "code", &["servicecode"], true),
    column("provider", "provider", &["agency"], false),
    column("division", "division", &["department"], false),
    column("service", "name", &["name", "servicename", "title"], true),
    column("levels", "levels", &["level"], true),
    column("for", "offeredTo", &["offeredto", "audience"], true),
    column("kind", "kind", &["type"], true),
    column("indicators", "indicators", &["indicator"], false),
    column("groups", "groups", &["group", "studentgroups", "studentgroup"], false),
    column("priorities", "priorities", &["priority", "statepriorities", "statepriority"], false),
    column("from_grade", "fromGrade", &["gradefrom", "lowestgrade"], false),
    column("to_grade", "toGrade", &["gradeto", "highestgrade"], false),
    column("contact", "contact", &[], true),
    column("link", "link", &["url", "website"], false),
    column("open_to_all", "openToAll", &["opentoall"], false),
];

/// The template of a catalogue: its header, and an example row that no catalogue can be loaded
/// with.
pub const CATALOGUE_TEMPLATE: &str = "code,provider,division,service,levels,for,kind,indicators,\
     groups,priorities,from_grade,to_grade,contact,link,open_to_all\n\
     example: ATT-1,county:58,Student Services,Attendance teams,1;2,LEAs;schools,coaching,CHRO,\
     SWD;FOS,,K,12,attendance@example.org,https://example.org/attendance,N\n";

/// Whether the names of a row, without case, blanks and punctuation, are those of a catalogue.
pub(crate) fn is_header(names: &[String]) -> bool {
    let has = |field: &str| COLUMNS.iter().any(|c| c.field == field && place(names, c).is_some());
    has("name") && has("contact") && (has("levels") || has("offeredTo"))
}

/// Where a column is.
fn place(names: &[String], column: &Column) -> Option<usize> {
    let own = normalised(column.name);
    names.iter().position(|name| *name == own || column.spellings.contains(&name.as_str()))
}

/// A catalogue that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueRead {
    /// Whose it is.
    pub provider: ServiceProvider,
    /// Its services, each with a code of its own.
    pub services: Vec<Service>,
    /// What is worth a look.
    pub notes: Vec<String>,
}

/// Reads a catalogue. `provider` is whose it is; where that is not said, the table's first
/// provider is.
///
/// # Errors
/// [`Refusal`] with every fault, by row and column.
pub fn read_catalogue(
    file_name: &str,
    bytes: &[u8],
    provider: Option<&ServiceProvider>,
    layouts: &Layouts,
) -> Result<CatalogueRead, Refusal> {
    sniff::with_sheet(bytes, layouts, Some(Family::Services), |sheet, family| {
        read(sheet, family, provider)
    })
    .map_err(|faults| faults.into_refusal(file_name))
}

fn read(
    sheet: &Sheet<'_>,
    family: Option<Family>,
    provider: Option<&ServiceProvider>,
) -> Result<CatalogueRead, Faults> {
    let table = Table::of(sheet, family)?;
    let mut faults: Vec<Fault> = Vec::new();
    let mut drafts: Vec<(u32, ServiceDraft)> = Vec::new();
    sheet.each_row(|row, fields| match table.refusal(row, fields) {
        Some(fault) => faults.push(fault),
        None => drafts.push((row, table.draft(row, fields, &mut faults))),
    });
    if drafts.is_empty() && !faults.is_empty() {
        return Err(all(faults));
    }
    let first = drafts.iter().map(|(_, draft)| draft.provider.as_str()).find(|p| !p.is_empty());
    let named = || first.and_then(ServiceProvider::parse);
    let Some(provider) = provider.cloned().or_else(named) else {
        faults.push(Fault::of_file(
            FaultCode::BadValue,
            format!(
                "It is not said whose catalogue this is. Fill in the column provider ({}), or say \
                 it beside the file.",
                ServiceProvider::EXPECTED
            ),
        ));
        return Err(all(faults));
    };
    let checked = catalogue::check(&provider, drafts);
    // A field that could not be read at all is told once.
    let known: BTreeSet<(Option<u32>, Option<String>)> =
        faults.iter().map(|fault| (fault.row, fault.column.clone())).collect();
    if let Err(found) = &checked {
        let told = found.iter().map(|fault| table.fault(fault));
        faults.extend(told.filter(|fault| {
            fault.column.is_none() || !known.contains(&(fault.row, fault.column.clone()))
        }));
    }
    match checked {
        Ok(services) if faults.is_empty() => {
            Ok(CatalogueRead { provider, services, notes: table.notes(sheet) })
        }
        _ => Err(all(faults)),
    }
}

/// Faults by their rows.
fn all(mut faults: Vec<Fault>) -> Faults {
    faults.sort_by_key(|fault| fault.row);
    let mut all = Faults::default();
    faults.into_iter().for_each(|fault| all.push(fault));
    all
}

/// The columns of a table.
struct Table<'a> {
    header: &'a [String],
    /// Where each of [`COLUMNS`] is.
    places: [Option<usize>; COLUMNS.len()],
}

impl<'a> Table<'a> {
    fn of(sheet: &'a Sheet<'_>, family: Option<Family>) -> Result<Table<'a>, Faults> {
        let header = &sheet.header;
        let names: Vec<String> = header.iter().map(|name| normalised(name)).collect();
        let places = COLUMNS.each_ref().map(|column| place(&names, column));
        let mut faults = Faults::default();
        let lacking = COLUMNS.iter().zip(places).filter(|(c, at)| c.needed && at.is_none());
        for (column, _) in lacking {
            let message = "The column is missing, and a catalogue cannot be read without it. \
                           `calsos template services` writes a table with every column.";
            faults.push(Fault::of_file(FaultCode::MissingColumn, message).at(column.name, ""));
        }
        for (at, name) in names.iter().enumerate() {
            let is = |column: &&Column| place(std::slice::from_ref(name), column).is_some();
            let Some(column) = COLUMNS.iter().find(is) else { continue };
            let first = place(&names, column).filter(|first| *first != at);
            if let Some(first) = first {
                let of = |at: usize| header.get(at).map_or("", String::as_str);
                let message = format!(
                    "Columns {} ('{}') and {} ('{}') both stand for {}; one is expected. Remove \
                     the wrong one.",
                    first + 1,
                    of(first),
                    at + 1,
                    of(at),
                    column.name
                );
                let fault = Fault::of_file(FaultCode::DuplicateColumn, message);
                faults.push(fault.at(of(at), ""));
            }
        }
        if faults.is_empty() && family != Some(Family::Services) {
            faults.push(Fault::of_file(
                FaultCode::UnknownKind,
                "The file looks like one of the state's, and not like a catalogue of services.",
            ));
        }
        faults.into_result()?;
        Ok(Table { header, places })
    }

    /// Why a row is none of a catalogue.
    fn refusal(&self, row: u32, fields: &[&str]) -> Option<Fault> {
        if fields.len() != self.header.len() {
            let message = format!(
                "The row has {} fields and the header {}; as many are expected. A comma within a \
                 cell is perhaps not quoted.",
                fields.len(),
                self.header.len()
            );
            return Some(Fault::of_row(FaultCode::RaggedRow, row, message));
        }
        let first = fields.first().map(|first| first.trim().to_ascii_lowercase())?;
        first.starts_with(EXAMPLE).then(|| {
            let message = "This is the example row of the template; services of your own are \
                           expected. Put them in its place and load the table again.";
            Fault::of_row(FaultCode::ExampleRow, row, message)
        })
    }

    fn at(&self, wanted: &str) -> Option<usize> {
        let places = COLUMNS.iter().zip(self.places);
        places.into_iter().find(|(column, _)| column.field == wanted)?.1
    }

    /// How the table spells the column of a field.
    fn name<'t>(&'t self, field: &'t str) -> &'t str {
        self.at(field).and_then(|at| self.header.get(at)).map_or(field, String::as_str)
    }

    /// A row as it is written; what cannot be read at all is a fault and left out.
    fn draft(&self, row: u32, fields: &[&str], faults: &mut Vec<Fault>) -> ServiceDraft {
        let text = |name: &str| field(fields, self.at(name)).to_owned();
        let filled = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
        let mut wrong = |name: &str, found: &str, expected: &str| {
            let message = format!("'{}' was given; {expected} is expected.", shortened(found));
            let fault = Fault::of_row(FaultCode::BadValue, row, message);
            faults.push(fault.at(self.name(name), found));
        };
        let mut numbers = |name: &'static str, expected: &str| -> Vec<u8> {
            let mut found = Vec::new();
            for one in members(&text(name)) {
                match one.parse() {
                    Ok(number) => found.push(number),
                    Err(_) => wrong(name, &one, expected),
                }
            }
            found
        };
        let levels = numbers("levels", "a level from 1 to 3");
        let priorities = numbers("priorities", "a state priority from 1 to 10");
        let open = text("openToAll");
        let is = |word: &str| open.eq_ignore_ascii_case(word);
        let open_to_all = ["y", "yes", "true"].into_iter().any(is);
        if !open_to_all && !["", "n", "no", "false"].into_iter().any(is) {
            wrong("openToAll", &open, "Y, N or nothing");
        }
        let mut offered_to = members(&text("offeredTo"));
        if offered_to.iter().any(|one| one.eq_ignore_ascii_case("both")) {
            offered_to = Audience::ALL.map(|audience| audience.code().to_owned()).into();
        }
        ServiceDraft {
            code: text("code"),
            provider: text("provider"),
            division: filled("division"),
            name: text("name"),
            levels,
            offered_to,
            kind: text("kind"),
            indicators: members(&text("indicators")),
            groups: members(&text("groups")),
            priorities,
            from_grade: filled("fromGrade"),
            to_grade: filled("toGrade"),
            contact: text("contact"),
            link: filled("link"),
            open_to_all,
            state: None,
        }
    }

    /// A fault of a catalogue as one of the table's.
    fn fault(&self, fault: &CatalogueFault) -> Fault {
        let CatalogueFault { kind, number, field, found, message } = fault;
        let code = match kind {
            CatalogueFaultKind::Empty => FaultCode::NoRows,
            CatalogueFaultKind::TooMany => FaultCode::TooLarge,
            CatalogueFaultKind::BadValue => FaultCode::BadValue,
            CatalogueFaultKind::SameCode => FaultCode::DuplicateRow,
        };
        let message = format!("{}.", message.trim_end_matches('.'));
        let told = match number {
            Some(row) => Fault::of_row(code, *row, message),
            None => Fault::of_file(code, message),
        };
        match field {
            Some(field) => told.at(self.name(field), found),
            None => told,
        }
    }

    /// What is worth a look: columns that are not read, and how the text was read.
    fn notes(&self, sheet: &Sheet<'_>) -> Vec<String> {
        let mut notes = Vec::new();
        let columns = self.header.iter().enumerate();
        let unread: Vec<String> = columns
            .filter(|(at, name)| !name.is_empty() && !self.places.contains(&Some(*at)))
            .map(|(_, name)| shortened(name))
            .collect();
        if !unread.is_empty() {
            let named: Vec<&str> = unread.iter().take(UNREAD_NAMED).map(String::as_str).collect();
            let more = if unread.len() > UNREAD_NAMED { ", …" } else { "" };
            notes.push(format!("columns that are not read: {}{more}", named.join(", ")));
        }
        if sheet.windows_1252 {
            notes.push(
                "The text is not UTF-8 and was read as Windows-1252: check accented names."
                    .to_owned(),
            );
        }
        notes
    }
}

/// How many columns that are not read are named.
const UNREAD_NAMED: usize = 5;

/// The members of a list in a cell, separated by semicolons, commas, bars or slashes, or by
/// blanks alone; none where it says that any will do.
fn members(text: &str) -> Vec<String> {
    let any = |text: &str| ["any", "all", "*"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if any(text) {
        return Vec::new();
    }
    let separators: &[char] = &[';', ',', '|', '/', ' ', '\t'];
    let members = text.split(separators).map(str::trim).filter(|one| !one.is_empty());
    members.map(str::to_owned).collect()
}

/// A catalogue as CSV, which is read back as the same.
#[must_use]
pub fn catalogue_text(services: &[Service]) -> String {
    let names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    let mut text = names.join(",");
    text.push('\n');
    for service in services {
        let draft = ServiceDraft::from(service.clone());
        let numbers = |of: &[u8]| of.iter().map(u8::to_string).collect::<Vec<_>>().join(";");
        let cells = COLUMNS.iter().map(|column| match column.field {
            "code" => draft.code.clone(),
            "provider" => draft.provider.clone(),
            "division" => draft.division.clone().unwrap_or_default(),
            "name" => draft.name.clone(),
            "levels" => numbers(&draft.levels),
            "offeredTo" => draft.offered_to.join(";"),
            "kind" => draft.kind.clone(),
            "indicators" => draft.indicators.join(";"),
            "groups" => draft.groups.join(";"),
            "priorities" => numbers(&draft.priorities),
            "fromGrade" => draft.from_grade.clone().unwrap_or_default(),
            "toGrade" => draft.to_grade.clone().unwrap_or_default(),
            "contact" => draft.contact.clone(),
            "link" => draft.link.clone().unwrap_or_default(),
            _ => if draft.open_to_all { "Y" } else { "N" }.to_owned(),
        });
        text.push_str(&cells.map(|cell| quoted(&cell)).collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    text
}

/// A cell, in quotes where it needs them.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}
