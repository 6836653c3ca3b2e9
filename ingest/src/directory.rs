//! The public schools directory: one row for each school and each record with a zero school
//! code. LEAs and records with a zero school code are kept, ordinary schools are counted.

use std::collections::{BTreeMap, HashMap};

use calsos_domain::cds::CdsCode;
use calsos_domain::directory::{Agency, DirectoryRow, DirectoryStatus};
use calsos_domain::lea::LeaType;
use calsos_domain::release::{ReleaseContents, ReleaseKind, Rows};
use calsos_domain::year::{DashboardYear, Day};

use crate::cells;
use crate::columns::{Columns, field, ragged};
use crate::fault::{Fault, FaultCode, Faults, counted, shortened};
use crate::layouts::Layouts;
use crate::mentions::{Mentions, Texts};
use crate::naming::named;
use crate::report::{Notes, Told, ToldBy};
use crate::sheet::Sheet;
use crate::text::unquoted;
use crate::told;
use crate::{Input, repair};

const SCHOOLS: &str = "schools that are no charters";

/// Reads a directory whose table was found.
pub(crate) fn read(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    let mut faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut faults);
    notes.subject = Some((ReleaseKind::Directory, input.assigned.and_then(|a| a.year)));
    for name in
        ["cds", "statustype", "county", "district", "school", "charter", "doc", "lastupdate"]
    {
        columns.required(name, "a public schools directory", layouts, &mut faults);
    }
    faults.into_result()?;
    let layout = layouts.directory();
    let known: Vec<String> = layout.columns.iter().chain(&layout.varying).cloned().collect();
    let unknown = columns.unknown(&known);
    notes.unknown_columns = unknown
        .into_iter()
        .filter(|name| !layout.is_about_people(&crate::sheet::normalised(name)))
        .collect();
    notes.missing_columns = columns.missing(&layout.columns);

    let mut reader = Reader {
        columns: &columns,
        notes,
        faults: Faults::default(),
        mentions: Mentions::default(),
        rows: Vec::new(),
        seen: HashMap::new(),
        newest: None,
    };
    sheet.each_row(|row, fields| reader.row(row, fields));
    let Reader { faults, mentions, rows, newest, .. } = reader;
    faults.into_result()?;
    if rows.is_empty() {
        let fault = told::no_rows("a district, county office or charter", notes.rows_read);
        return Err(Faults::from(fault));
    }
    let evidence = [
        (ToldBy::Operator, input.assigned.and_then(|assigned| assigned.year)),
        (ToldBy::Content, newest.and_then(|day| DashboardYear::new(day.year()))),
        (ToldBy::FileName, named(input.file_name, layouts).year),
    ];
    let (year, year_by) = told::weigh_year(&evidence, notes)?;
    notes.layout_verified = layout.verified(year);
    notes.understood = counts_of(&rows);
    let kind = ReleaseKind::Directory;
    let kind_by = if input.assigned.is_some() { ToldBy::Operator } else { ToldBy::Columns };
    let told = Told { kind, kind_by, year: Some(year), year_by: Some(year_by), file_date: newest };
    let (coverage, leas) = mentions.finish();
    let contents = ReleaseContents {
        kind,
        year: Some(year),
        file_date: newest,
        coverage,
        leas,
        rows: Rows::Directory(rows),
    };
    Ok((contents, told))
}

/// How many records of each kind there are, in words.
fn counts_of(rows: &[DirectoryRow]) -> Vec<String> {
    let mut counts: BTreeMap<(Agency, DirectoryStatus), usize> = BTreeMap::new();
    for row in rows {
        *counts.entry((row.agency, row.status)).or_default() += 1;
    }
    Agency::ALL
        .into_iter()
        .filter_map(|agency| {
            let own = || counts.iter().filter(|((of, _), _)| *of == agency);
            let all: usize = own().map(|(_, count)| count).sum();
            let what = match agency {
                Agency::Lea(LeaType::District) => counted(all, "school district"),
                Agency::Lea(LeaType::CountyOffice) => counted(all, "county office"),
                Agency::Lea(LeaType::Charter) => counted(all, "charter school"),
                Agency::NotLea => format!("{} of no LEA", counted(all, "record")),
                Agency::NotTold => {
                    format!(
                        "{} of a kind that the directory does not settle",
                        counted(all, "record")
                    )
                }
            };
            let each: Vec<String> = own()
                .map(|((_, status), count)| {
                    format!("{count} {}", status.name().to_ascii_lowercase())
                })
                .collect();
            (all > 0).then(|| format!("{what}: {}", each.join(", ")))
        })
        .collect()
}

struct Reader<'r> {
    columns: &'r Columns,
    notes: &'r mut Notes,
    faults: Faults,
    mentions: Mentions,
    rows: Vec<DirectoryRow>,
    seen: HashMap<CdsCode, u32>,
    /// The newest LastUpDate of all rows.
    newest: Option<Day>,
}

impl Reader<'_> {
    fn row(&mut self, row: u32, fields: &[&str]) {
        self.notes.rows_read += 1;
        if let Some(fault) = ragged(row, fields, self.columns) {
            self.faults.push(fault);
            return;
        }
        let text = |name: &str| said(field(fields, self.columns.at(name)));
        self.newest = self.newest.max(text("lastupdate").and_then(day));
        let Some(cds) = self.cds(row, fields) else { return };
        let charter = match cells::flag(text("charter").unwrap_or_default()) {
            Ok(charter) => charter,
            Err(message) => {
                self.fault(row, fields, "charter", format!("{message}."));
                return;
            }
        };
        // A spreadsheet takes the zero from the front of a code.
        let doc = text("doc").map(|doc| format!("{:0>2}", repair::digits_of_code(doc)));
        let Some(agency) = Agency::of(cds, charter, doc.as_deref()) else {
            self.notes.skip(SCHOOLS);
            return;
        };
        if let Some(first) = self.seen.insert(cds, row) {
            let message = format!(
                "Rows {first} and {row} both speak of CDS {cds}; one row is expected. Remove the \
                 wrong one."
            );
            self.faults.push(Fault::of_row(FaultCode::DuplicateRow, row, message));
            return;
        }
        if agency == Agency::NotTold {
            let what = "whose charter flag and DOC code settle no kind of agency: what other files \
                        say of the code holds";
            self.notes.warn_row(row, what);
        }
        let owned = |name: &str| text(name).map(str::to_owned);
        let district = text("district").unwrap_or_default();
        let name = match agency {
            Agency::Lea(LeaType::Charter) => text("school").unwrap_or_default(),
            _ => district,
        };
        let (county_name, city) = (text("county").unwrap_or_default(), text("city"));
        let grade_span = text("gsoffered").or_else(|| text("gsserved"));
        let status = DirectoryStatus::parse(text("statustype").unwrap_or_default());
        let (opened, closed) =
            (self.day(row, fields, "opendate"), self.day(row, fields, "closeddate"));
        self.day(row, fields, "lastupdate");
        let nces_district = self.nces(row, fields, "ncesdistrict", NCES_DISTRICT);
        let nces_school = self.nces(row, fields, "ncesschool", NCES_SCHOOL);
        let Some(status) = status else {
            let found = shortened(text("statustype").unwrap_or_default());
            let message = format!(
                "'{found}' is no status of an agency; Active, Closed, Merged or Pending is expected."
            );
            self.fault(row, fields, "statustype", message);
            return;
        };
        if let Agency::Lea(lea_type) = agency {
            let texts = Texts {
                name,
                county_name,
                city: city.unwrap_or_default(),
                grade_span: grade_span.unwrap_or_default(),
            };
            self.mentions.add(cds, lea_type, texts);
        }
        self.rows.push(DirectoryRow {
            row,
            cds,
            agency,
            status,
            name: name.to_owned(),
            county_name: county_name.to_owned(),
            city: city.map(str::to_owned),
            grade_span: grade_span.map(str::to_owned),
            opened,
            closed,
            charter_number: owned("charternum"),
            funding: owned("fundingtype"),
            doc,
            doc_name: owned("doctype"),
            nces_district,
            nces_school,
        });
    }

    fn cds(&mut self, row: u32, fields: &[&str]) -> Option<CdsCode> {
        let text = unquoted(field(fields, self.columns.at("cds")));
        let read = repair::cds(text).and_then(|(cds, repaired)| match cds {
            CdsCode::STATE => Err("14 zeros are the state's code, which is no LEA".to_owned()),
            cds => Ok((cds, repaired)),
        });
        match read {
            Ok((cds, repaired)) => {
                if let Some(repair) = repaired {
                    self.notes.repair(repair.words());
                }
                Some(cds)
            }
            Err(message) => {
                let at = self.columns.at("cds").map_or("cds", |at| self.columns.name(at));
                let fault = Fault::of_row(FaultCode::BadCds, row, format!("{message}."));
                self.faults.push(fault.at(at, text));
                None
            }
        }
    }

    /// The day in a column. It decides nothing: a text that is none is counted and left out.
    fn day(&mut self, row: u32, fields: &[&str], name: &str) -> Option<Day> {
        let at = self.columns.at(name);
        let found = day(said(field(fields, at))?);
        if found.is_none() {
            let column = at.map_or(name, |at| self.columns.name(at));
            let what = format!("whose {column} is no day such as 06/26/2018, and was left out");
            self.notes.warn_row(row, &what);
        }
        found
    }

    /// The federal id in a column. It decides nothing: another text is counted and left out.
    fn nces(&mut self, row: u32, fields: &[&str], name: &str, digits: usize) -> Option<String> {
        let at = self.columns.at(name);
        let found = nces_id(said(field(fields, at))?, digits);
        if found.is_err() {
            let column = at.map_or(name, |at| self.columns.name(at));
            let what = format!("whose {column} is no NCES id of {digits} digits, and was left out");
            self.notes.warn_row(row, &what);
        }
        found.ok()
    }

    fn fault(&mut self, row: u32, fields: &[&str], name: &str, message: String) {
        let at = self.columns.at(name);
        let fault = Fault::of_row(FaultCode::BadValue, row, message);
        let column = at.map_or(name, |at| self.columns.name(at));
        self.faults.push(fault.at(column, field(fields, at)));
    }
}

/// Digits of a district's federal id.
pub(crate) const NCES_DISTRICT: usize = 7;
/// Digits of a school's federal id within its district.
pub(crate) const NCES_SCHOOL: usize = 5;

/// A federal id of so many digits. Zeros that a spreadsheet took from its front are put
/// back: California's ids of districts begin with 06.
///
/// # Errors
/// A sentence that says what was found and what is expected.
pub(crate) fn nces_id(text: &str, digits: usize) -> Result<String, String> {
    let found = repair::digits_of_code(text);
    let all_digits = !found.is_empty() && found.bytes().all(|b| b.is_ascii_digit());
    let id = format!("{found:0>digits$}");
    if !all_digits || id.len() != digits {
        return Err(format!("'{}' is no NCES id; {digits} digits are expected.", shortened(text)));
    }
    if digits == NCES_DISTRICT && !id.starts_with("06") {
        return Err(format!(
            "'{}' is no NCES id of a district of California; those begin with 06.",
            shortened(text)
        ));
    }
    Ok(id)
}

/// What a cell says; the directory writes "No Data" for nothing.
pub(crate) fn said(text: &str) -> Option<&str> {
    let text = unquoted(text);
    let nothing = cells::is_blank(text) || text.eq_ignore_ascii_case("No Data");
    (!nothing).then_some(text)
}

/// A day as the directory writes it, `6/26/2018`, or as a workbook's cells are read.
fn day(text: &str) -> Option<Day> {
    let iso = || Day::parse(text).filter(|_| text.len() == "YYYY-MM-DD".len());
    let american = || {
        let mut parts = text.split('/');
        let month = parts.next().and_then(two_digits)?;
        let day = parts.next().and_then(two_digits).filter(|day| *day > 0)?;
        let year = parts.next().filter(|y| y.len() == 4)?.parse().ok()?;
        parts.next().is_none().then(|| Day::new(year, month, day)).flatten()
    };
    iso().or_else(american)
}

fn two_digits(text: &str) -> Option<u8> {
    let digits = matches!(text.len(), 1 | 2) && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_in_both_spellings_and_nothing_else_is() {
        let day_text = |text: &str| day(text).map(|day| day.to_string());
        assert_eq!(day_text("6/26/2018").as_deref(), Some("2018-06-26"));
        assert_eq!(day_text("06/26/2018").as_deref(), Some("2018-06-26"));
        assert_eq!(day_text("2018-06-26").as_deref(), Some("2018-06-26"));
        for text in ["26/06/2018", "06/26/18", "2018-06", "06/00/2018", "6/2018", "+6/26/2018"] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn no_data_is_nothing_in_any_case() {
        assert_eq!((said("No Data"), said(" no data "), said("\"No Data\"")), (None, None, None));
        assert_eq!(said("No Data Unified"), Some("No Data Unified"));
    }

    #[test]
    fn an_nces_id_gets_its_zeros_back_and_one_digit_more_is_refused() {
        assert_eq!(nces_id("691051", NCES_DISTRICT).as_deref(), Ok("0691051"));
        assert_eq!(nces_id("0691051", NCES_DISTRICT).as_deref(), Ok("0691051"));
        assert!(nces_id("06910510", NCES_DISTRICT).is_err());
        assert!(nces_id("3691051", NCES_DISTRICT).unwrap_err().contains("begin with 06"));
        assert_eq!(nces_id("546", NCES_SCHOOL).as_deref(), Ok("00546"));
        assert!(nces_id("123456", NCES_SCHOOL).is_err() && nces_id("12a", NCES_SCHOOL).is_err());
    }
}
