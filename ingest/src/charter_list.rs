//! The state's lists of assistance for charter schools. No real one was seen: they are said
//! to have, for each student group, a code of the list's year in a column that ends in
//! `current` and one of the year before. Several spellings are understood, and what was
//! understood is said.

use std::collections::{BTreeMap, HashMap};

use calsos_domain::cds::CdsCode;
use calsos_domain::charter_list::{CharterListRow, ListedCodes};
use calsos_domain::lea::LeaType;
use calsos_domain::release::{PublishedStatus, ReleaseContents, ReleaseKind, Rows};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

use crate::cells::{self, is_blank};
use crate::columns::{Columns, field, ragged};
use crate::fault::{Fault, FaultCode, Faults, shortened};
use crate::layouts::Layouts;
use crate::mentions::{Mentions, Texts};
use crate::naming::named;
use crate::published_list::titles;
use crate::report::{Notes, Told, ToldBy};
use crate::sheet::{Sheet, normalised};
use crate::told::{self, Shared};
use crate::{Input, repair};

/// Of which year a column says to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Of {
    /// It says `current`.
    Current,
    /// It says `prior` or `previous`.
    Prior,
    /// It names a year.
    Year(DashboardYear),
    /// It says nothing, and so is of the list's own year.
    Unsaid,
}

/// What a normalised column name says of the year, and the rest of it.
fn of_year(name: &str) -> (&str, Of) {
    const CURRENT: [&str; 3] = ["currentyear", "current", "curr"];
    const PRIOR: [&str; 4] = ["prioryear", "previousyear", "prior", "previous"];
    let without = |word: &&str| name.strip_suffix(*word).or_else(|| name.strip_prefix(*word));
    if let Some(rest) = CURRENT.iter().find_map(without) {
        return (rest, Of::Current);
    }
    if let Some(rest) = PRIOR.iter().find_map(without) {
        return (rest, Of::Prior);
    }
    let split = name.len().checked_sub(4).and_then(|at| name.split_at_checked(at));
    match split.and_then(|(rest, year)| Some((rest, DashboardYear::parse(year)?))) {
        Some((rest, year)) => (rest, Of::Year(year)),
        None => (name, Of::Unsaid),
    }
}

/// The group and the year of a column of codes, such as `AAcurrent`, `AA_priorities_prior`,
/// `TOMpriorities2023` or `priorEL`.
fn group_column(name: &str) -> Option<(StudentGroup, Of)> {
    const WORDS: [&str; 4] = ["priorities", "priority", "codes", "code"];
    let without_word = |name: &str| -> Option<String> {
        WORDS.iter().find_map(|word| name.strip_suffix(word)).map(str::to_owned)
    };
    let outer = without_word(name);
    let (rest, of) = of_year(outer.as_deref().unwrap_or(name));
    let inner = without_word(rest);
    // Two letters alone may be anything.
    if of == Of::Unsaid && outer.is_none() {
        return None;
    }
    let group = StudentGroup::parse(inner.as_deref().unwrap_or(rest))?;
    (group != StudentGroup::All).then_some((group, of))
}

/// The year of a column that says whether a charter school is eligible under Education Code
/// 47607.3, such as `EC47607_2024`.
fn flag_column(name: &str) -> Option<Of> {
    let rest = name.strip_prefix("ec47607")?;
    match of_year(rest) {
        ("" | "3", of) => Some(of),
        _ => None,
    }
}

/// The year of a column of assistance statuses.
fn status_column(name: &str) -> Option<Of> {
    match of_year(name) {
        ("assistancestatus" | "status", of) => Some(of),
        _ => None,
    }
}

/// Whether normalised names are the header of such a list.
pub(crate) fn is_header(names: &[String]) -> bool {
    let groups: Vec<Of> = names.iter().filter_map(|n| group_column(n)).map(|(_, of)| of).collect();
    let marked = groups.iter().filter(|of| **of != Of::Unsaid).count();
    let flag = names.iter().any(|name| flag_column(name).is_some());
    marked >= 3 || flag && groups.len() >= 3
}

/// Reads a charter assistance list whose table was found.
pub(crate) fn read(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    let mut faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut faults);
    let kind = ReleaseKind::CharterList;
    notes.subject = Some((kind, input.assigned.and_then(|a| a.year)));
    let (year, year_by) = tell_year(input, sheet, &columns, layouts, notes, &mut faults)?;
    notes.subject = Some((kind, Some(year)));
    let places = Places::of(&columns, year, &mut faults);
    if columns.at("cds").is_none() {
        columns.required("cds", "a charter assistance list", layouts, &mut faults);
    }
    if places.current.is_empty() {
        let message = format!(
            "No column has the codes of a student group of {year} (spellings known: AAcurrent, \
             AApriorities_current, AApriorities{year}); a charter assistance list cannot be read \
             without them. Give the list with all its columns."
        );
        faults.push(Fault::of_file(FaultCode::MissingColumn, message));
    }
    faults.into_result()?;

    let (expected, verified) = layouts.charter_list(year);
    notes.layout_verified = verified;
    let unknown = columns.unknown(expected);
    notes.unknown_columns =
        unknown.into_iter().filter(|name| !places.reads(name, &columns)).collect();
    notes.understood = places.in_words(&columns, year);

    let mut reader = Reader {
        columns: &columns,
        places: &places,
        notes,
        faults: Faults::default(),
        mentions: Mentions::default(),
        rows: Vec::new(),
        seen: HashMap::new(),
    };
    sheet.each_row(|row, fields| reader.row(row, fields));
    let Reader { faults, mentions, rows, .. } = reader;
    faults.into_result()?;
    if rows.is_empty() {
        return Err(Faults::from(told::no_rows("a charter school", notes.rows_read)));
    }
    let file_date = sheet.titles.iter().find_map(|title| titles::date_in(title));
    let kind_by = if input.assigned.is_some() { ToldBy::Operator } else { ToldBy::Columns };
    let told = Told { kind, kind_by, year: Some(year), year_by: Some(year_by), file_date };
    let (coverage, leas) = mentions.finish();
    let contents = ReleaseContents {
        kind,
        year: Some(year),
        file_date,
        coverage,
        leas,
        rows: Rows::CharterList(rows),
    };
    Ok((contents, told))
}

fn tell_year(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    columns: &Columns,
    layouts: &Layouts,
    notes: &mut Notes,
    faults: &mut Faults,
) -> Result<(DashboardYear, ToldBy), Faults> {
    let mut years: Shared<DashboardYear> = Shared::new();
    if let Some(at) = columns.at("reportingyear") {
        sheet.each_row(|row, fields| {
            let text = field(fields, Some(at));
            match DashboardYear::parse(text) {
                Some(year) => years.take(row, year, columns.name(at), faults),
                None if is_blank(text) => {}
                None => {
                    let message =
                        format!("'{}' is no year; one such as 2023 is expected.", shortened(text));
                    let fault = Fault::of_row(FaultCode::BadValue, row, message);
                    faults.push(fault.at(columns.name(at), text));
                }
            }
        });
    }
    std::mem::take(faults).into_result()?;
    let newest = (0..columns.len())
        .filter_map(|at| {
            let name = normalised(columns.name(at));
            let of = group_column(&name).map(|(_, of)| of).or_else(|| flag_column(&name));
            match of.or_else(|| status_column(&name)) {
                Some(Of::Year(year)) => Some(year),
                _ => None,
            }
        })
        .max();
    let in_title = sheet.titles.iter().find_map(|title| titles::year_in(title));
    let evidence = [
        (ToldBy::Operator, input.assigned.and_then(|assigned| assigned.year)),
        (ToldBy::Content, years.get()),
        (ToldBy::Columns, newest),
        (ToldBy::Content, in_title),
        (ToldBy::SheetName, sheet.name.as_deref().and_then(|n| named(n, layouts).year)),
        (ToldBy::FileName, named(input.file_name, layouts).year),
    ];
    Ok(told::weigh_year(&evidence, notes)?)
}

/// Where the columns are that are read.
#[derive(Default)]
struct Places {
    current: BTreeMap<StudentGroup, usize>,
    prior: BTreeMap<StudentGroup, usize>,
    status: Option<usize>,
    flag: Option<usize>,
}

impl Places {
    fn of(columns: &Columns, year: DashboardYear, faults: &mut Faults) -> Places {
        let mut places = Places::default();
        let own = |of: Of| matches!(of, Of::Current | Of::Unsaid) || of == Of::Year(year);
        // Of columns with years, the newest before the list's own is the year before.
        let before = (0..columns.len())
            .filter_map(|at| match group_column(&normalised(columns.name(at))) {
                Some((_, Of::Year(of))) if of < year => Some(of),
                _ => None,
            })
            .max();
        for at in 0..columns.len() {
            let name = normalised(columns.name(at));
            let taken = if let Some((group, of)) = group_column(&name) {
                if own(of) {
                    places.current.insert(group, at)
                } else if of == Of::Prior || before.is_some_and(|before| of == Of::Year(before)) {
                    places.prior.insert(group, at)
                } else {
                    None
                }
            } else if flag_column(&name).is_some_and(own) {
                places.flag.replace(at)
            } else if status_column(&name).is_some_and(own) {
                places.status.replace(at)
            } else {
                None
            };
            if let Some(first) = taken {
                let message = format!(
                    "columns {} ('{}') and {} ('{}') stand for the same; one is expected. Remove \
                     the wrong one.",
                    first + 1,
                    columns.name(first),
                    at + 1,
                    columns.name(at)
                );
                let fault = Fault::of_file(FaultCode::DuplicateColumn, message);
                faults.push(fault.at(columns.name(at), ""));
            }
        }
        places
    }

    fn reads(&self, name: &str, columns: &Columns) -> bool {
        let maps = self.current.values().chain(self.prior.values());
        maps.chain(&self.status).chain(&self.flag).any(|at| columns.name(*at) == name)
    }

    fn in_words(&self, columns: &Columns, year: DashboardYear) -> Vec<String> {
        let codes = |of: &BTreeMap<StudentGroup, usize>| -> String {
            let names: Vec<&str> = of.values().map(|at| columns.name(*at)).collect();
            names.join(", ")
        };
        let mut words = vec![format!("codes of {year}: {}", codes(&self.current))];
        words.push(if self.prior.is_empty() {
            "codes of the year before: no columns".to_owned()
        } else {
            format!("codes of the year before, compared and not used: {}", codes(&self.prior))
        });
        let name = |at: usize| columns.name(at);
        words.push(match (self.flag, self.status) {
            (Some(flag), _) => format!("the state's decision: {}", name(flag)),
            (None, Some(status)) => format!("the state's decision: {}", name(status)),
            (None, None) => {
                "the state's decision: no column has it (EC47607 and AssistanceStatus are known)"
                    .to_owned()
            }
        });
        words
    }
}

struct Reader<'r> {
    columns: &'r Columns,
    places: &'r Places,
    notes: &'r mut Notes,
    faults: Faults,
    mentions: Mentions,
    rows: Vec<CharterListRow>,
    seen: HashMap<CdsCode, u32>,
}

impl Reader<'_> {
    fn row(&mut self, row: u32, fields: &[&str]) {
        self.notes.rows_read += 1;
        if let Some(fault) = ragged(row, fields, self.columns) {
            self.faults.push(fault);
            return;
        }
        let Some(cds) = self.cds(row, fields) else { return };
        if let Some(first) = self.seen.insert(cds, row) {
            let message = format!(
                "Rows {first} and {row} both speak of CDS {cds}; one row is expected. Remove the \
                 wrong one."
            );
            self.faults.push(Fault::of_row(FaultCode::DuplicateRow, row, message));
            return;
        }
        let places = self.places;
        let current = self.codes(row, fields, &places.current);
        let prior = self.codes(row, fields, &places.prior);
        let status = self.status(row, fields);
        let ec47607 = places.flag.and_then(|at| {
            let text = field(fields, Some(at));
            cells::flag(text).unwrap_or_else(|message| {
                self.fault(row, at, text, format!("{message}."));
                None
            })
        });
        self.rows.push(CharterListRow { row, cds, current, prior, status, ec47607 });
        let text = |name: &str| field(fields, self.columns.at(name));
        let school = text("schoolname");
        let texts = Texts {
            name: if is_blank(school) { text("districtname") } else { school },
            county_name: text("countyname"),
            city: text("cityname"),
            grade_span: text("gsoffered"),
        };
        self.mentions.add(cds, LeaType::Charter, texts);
    }

    fn cds(&mut self, row: u32, fields: &[&str]) -> Option<CdsCode> {
        let at = self.columns.at("cds")?;
        let text = field(fields, Some(at));
        let read = repair::cds(text).and_then(|(cds, repaired)| {
            if cds.is_district_level() {
                return Err(format!(
                    "CDS code '{cds}' has no school code; a charter school's code is expected"
                ));
            }
            Ok((cds, repaired))
        });
        match read {
            Ok((cds, repaired)) => {
                if let Some(repair) = repaired {
                    self.notes.repair(repair.words());
                }
                Some(cds)
            }
            Err(message) => {
                let fault = Fault::of_row(FaultCode::BadCds, row, format!("{message}."));
                self.faults.push(fault.at(self.columns.name(at), text));
                None
            }
        }
    }

    fn codes(
        &mut self,
        row: u32,
        fields: &[&str],
        places: &BTreeMap<StudentGroup, usize>,
    ) -> ListedCodes {
        let mut listed = ListedCodes::default();
        for (group, at) in places {
            listed.listed.insert(*group);
            let text = field(fields, Some(*at));
            if is_blank(text) {
                continue;
            }
            let mut letters = text.chars();
            match (letters.next(), letters.next()) {
                (Some(letter @ 'A'..='K'), None) => {
                    listed.codes.insert(*group, letter);
                }
                _ => {
                    let message = format!(
                        "'{}' is no priority code; one letter of A to K or blank is expected.",
                        shortened(text)
                    );
                    self.fault(row, *at, text, message);
                }
            }
        }
        listed
    }

    fn status(&mut self, row: u32, fields: &[&str]) -> Option<PublishedStatus> {
        let at = self.places.status?;
        let text = field(fields, Some(at));
        if is_blank(text) {
            return None;
        }
        let status = PublishedStatus::parse(text);
        if status.is_none() {
            let message = format!(
                "'{}' is no assistance status; General Assistance or Differentiated Assistance is \
                 expected.",
                shortened(text)
            );
            self.fault(row, at, text, message);
        }
        status
    }

    fn fault(&mut self, row: u32, at: usize, text: &str, message: String) {
        let fault = Fault::of_row(FaultCode::BadValue, row, message);
        self.faults.push(fault.at(self.columns.name(at), text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_codes_are_told_in_several_spellings() {
        let told = |name: &str| group_column(&normalised(name));
        let aa = StudentGroup::Aa;
        for name in ["AAcurrent", "AA_priorities_current", "AA Priorities Current", "currentAA"] {
            assert_eq!(told(name), Some((aa, Of::Current)), "{name}");
        }
        for name in ["AAprior", "AApriorities_prior", "AA_PreviousYear", "priorAA"] {
            assert_eq!(told(name), Some((aa, Of::Prior)), "{name}");
        }
        let year = DashboardYear::new(2023).unwrap();
        assert_eq!(told("AApriorities2023"), Some((aa, Of::Year(year))));
        assert_eq!(told("TOMcurrent").map(|(group, _)| group), Some(StudentGroup::Mr));
        assert_eq!(told("AApriorities"), Some((aa, Of::Unsaid)));
        for name in ["AA", "ALLcurrent", "current", "Countyname", "prior", "ELprioritize"] {
            assert_eq!(told(name), None, "{name}");
        }
    }

    #[test]
    fn the_flag_and_the_status_are_told_with_their_year() {
        let year = Of::Year(DashboardYear::new(2024).unwrap());
        let flag = |name: &str| flag_column(&normalised(name));
        assert_eq!((flag("ec47607_2024"), flag("EC47607.3_2024")), (Some(year), Some(year)));
        assert_eq!((flag("EC47607"), flag("EC47607.3")), (Some(Of::Unsaid), Some(Of::Unsaid)));
        assert_eq!(flag("EC52072_2024"), None);
        let status = |name: &str| status_column(&normalised(name));
        assert_eq!(status("AssistanceStatus2024"), Some(year));
        assert_eq!(status("Assistance Status (current)"), Some(Of::Current));
        assert_eq!(status("StatusType"), None);
    }
}
