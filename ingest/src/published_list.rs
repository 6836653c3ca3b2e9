//! The state's own lists of assistance statuses, one for each Dashboard year.

pub(crate) mod titles;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use calsos_domain::cds::CdsCode;
use calsos_domain::release::{PublishedRow, PublishedStatus, ReleaseContents, ReleaseKind, Rows};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

use crate::cells::{self, is_blank};
use crate::columns::{Columns, field, ragged};
use crate::fault::{Fault, FaultCode, Faults, shortened};
use crate::layouts::Layouts;
use crate::mentions::{Mentions, Texts, lea_type_of};
use crate::naming::named;
use crate::report::{Notes, Told, ToldBy};
use crate::sheet::{Sheet, normalised};
use crate::sniff::group_of_priorities;
use crate::told::{self, Shared};
use crate::{Input, repair};

/// Reads a published list whose table was found.
pub(crate) fn read(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    let mut faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut faults);
    let places = Places::of(&columns, &mut faults);
    let (year, year_by) = tell_year(input, sheet, &columns, &places, layouts, notes, &mut faults)?;
    notes.subject = Some((ReleaseKind::PublishedList, Some(year)));

    if columns.at("cds").is_none() && columns.at("cdcode").is_none() {
        columns.required("cds", "a published list", layouts, &mut faults);
    }
    if places.groups.is_empty() {
        faults.push(Fault::of_file(
            FaultCode::MissingColumn,
            "No column has the priorities of a student group (such as AApriorities); a published \
             list cannot be read without them. Give the list with all its columns.",
        ));
    }
    if let Some((newest, at)) = places.statuses.last_key_value().filter(|(y, _)| **y > year) {
        let message = format!(
            "The list repeats statuses up to {newest}, so that it cannot be the list of {year}. \
             Correct the year with --as LIST:{newest}."
        );
        faults.push(Fault::of_file(FaultCode::Mixed, message).at(columns.name(*at), ""));
    }
    let status_at = places.statuses.get(&year).copied().or(places.plain_status);
    let Some(status_at) = status_at else {
        faults.push(
            Fault::of_file(
                FaultCode::MissingColumn,
                format!(
                    "The column is missing, and the list of {year} cannot be read without it \
                     (spellings known: AssistanceStatus{year}, Assistance_Status). Give the list \
                     with all its columns."
                ),
            )
            .at(&format!("AssistanceStatus{year}"), ""),
        );
        return Err(faults);
    };
    faults.into_result()?;

    let (expected, verified) = layouts.list(year);
    notes.layout_verified = verified;
    notes.missing_columns = columns.missing(expected);
    let unknown = columns.unknown(expected);
    notes.unknown_columns =
        unknown.into_iter().filter(|name| !places.reads(name, &columns, year)).collect();

    let mut reader = Reader {
        columns: &columns,
        flags: places.flags_of(year),
        places: &places,
        year,
        status_at,
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
        return Err(Faults::from(told::no_rows("an LEA", notes.rows_read)));
    }
    let file_date = sheet.titles.iter().find_map(|title| titles::date_in(title));
    let kind = ReleaseKind::PublishedList;
    let assigned = input.assigned.is_some();
    let kind_by = if assigned { ToldBy::Operator } else { ToldBy::Columns };
    let told = Told { kind, kind_by, year: Some(year), year_by: Some(year_by), file_date };
    let (coverage, leas) = mentions.finish();
    let contents = ReleaseContents {
        kind,
        year: Some(year),
        file_date,
        coverage,
        leas,
        rows: Rows::Published(rows),
    };
    Ok((contents, told))
}

/// The year of a list: the operator, its year column, its newest column of statuses, its
/// title, the file's name.
fn tell_year(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    columns: &Columns,
    places: &Places,
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
    let newest = places.statuses.last_key_value().map(|(year, _)| *year);
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

/// Where the columns of a list are that have names of their own making.
#[derive(Default)]
struct Places {
    groups: BTreeMap<StudentGroup, usize>,
    statuses: BTreeMap<DashboardYear, usize>,
    plain_status: Option<usize>,
    methods: BTreeMap<u8, usize>,
    ec52072: BTreeMap<DashboardYear, usize>,
    ec52071: BTreeMap<DashboardYear, usize>,
}

impl Places {
    fn of(columns: &Columns, faults: &mut Faults) -> Places {
        let mut places = Places::default();
        for at in 0..columns.len() {
            let name = normalised(columns.name(at));
            let year = |prefix: &str| name.strip_prefix(prefix).and_then(DashboardYear::parse);
            let method = || name.strip_prefix("metmethod")?.parse::<u8>().ok();
            let before = if let Some(group) = group_of_priorities(&name) {
                places.groups.insert(group, at)
            } else if let Some(year) = year("assistancestatus") {
                places.statuses.insert(year, at)
            } else if name == "assistancestatus" {
                places.plain_status.replace(at)
            } else if let Some(number) = method() {
                places.methods.insert(number, at)
            } else if let Some(year) = year("ec52072b").or_else(|| year("ec52072")) {
                places.ec52072.insert(year, at)
            } else if let Some(year) = year("ec52071f").or_else(|| year("ec52071")) {
                places.ec52071.insert(year, at)
            } else {
                None
            };
            if let Some(before) = before {
                let message = format!(
                    "columns {} ('{}') and {} ('{}') stand for the same; one is expected. Remove \
                     the wrong one.",
                    before + 1,
                    columns.name(before),
                    at + 1,
                    columns.name(at)
                );
                let fault = Fault::of_file(FaultCode::DuplicateColumn, message);
                faults.push(fault.at(columns.name(at), ""));
            }
        }
        places
    }

    /// The columns of the two flags of the list's own year.
    fn flags_of(&self, year: DashboardYear) -> (Option<usize>, Option<usize>) {
        (self.ec52072.get(&year).copied(), self.ec52071.get(&year).copied())
    }

    /// Whether something is read from the column of this name.
    fn reads(&self, name: &str, columns: &Columns, year: DashboardYear) -> bool {
        let (ec52072, ec52071) = self.flags_of(year);
        let flags = [self.plain_status, ec52072, ec52071];
        let maps = self.groups.values().chain(self.statuses.values()).chain(self.methods.values());
        maps.chain(flags.iter().flatten()).any(|at| columns.name(*at) == name)
    }
}

struct Reader<'r> {
    columns: &'r Columns,
    places: &'r Places,
    flags: (Option<usize>, Option<usize>),
    year: DashboardYear,
    status_at: usize,
    notes: &'r mut Notes,
    faults: Faults,
    mentions: Mentions,
    rows: Vec<PublishedRow>,
    seen: HashMap<CdsCode, u32>,
}

impl Reader<'_> {
    fn row(&mut self, row: u32, fields: &[&str]) {
        self.notes.rows_read += 1;
        if let Some(fault) = ragged(row, fields, self.columns) {
            self.faults.push(fault);
            return;
        }
        let Some(cds) = self.cds(row, fields) else {
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
        let codes = self.codes(row, fields);
        let status = self.status(row, fields, self.status_at);
        if status.is_none() && is_blank(field(fields, Some(self.status_at))) {
            let message = "The row has no assistance status of the list's own year; one such as \
                           General Assistance is expected."
                .to_owned();
            self.fault(FaultCode::BadValue, row, self.status_at, "", message);
        }
        let mut earlier_statuses = BTreeMap::new();
        for (year, at) in &self.places.statuses {
            if *at == self.status_at {
                continue;
            }
            if let Some(status) = self.status(row, fields, *at) {
                earlier_statuses.insert(*year, status);
            }
        }
        let mut methods = BTreeMap::new();
        for (number, at) in &self.places.methods {
            if let Some(met) = self.value(row, fields, Some(*at), cells::flag) {
                methods.insert(*number, met);
            }
        }
        let ec52072 = self.value(row, fields, self.flags.0, cells::flag);
        let ec52071f = self.value(row, fields, self.flags.1, cells::flag);
        let group_count =
            self.value(row, fields, self.columns.at("totalstudentgroups"), cells::count);
        if group_count.is_some_and(|count| usize::try_from(count) != Ok(codes.len())) {
            let what = "whose TotalStudentGroups is not the number of groups with a letter";
            self.notes.warn_row(row, what);
        }
        // After a fault the rows are thrown away, whatever they say.
        let Some(status) = status else { return };
        self.rows.push(PublishedRow {
            row,
            cds,
            codes,
            listed_groups: self.places.groups.keys().copied().collect::<BTreeSet<_>>(),
            group_count,
            status,
            earlier_statuses,
            methods,
            ec52072,
            ec52071f,
        });
        let at = |field: &str| self.columns.at(field);
        let texts = Texts {
            name: field(fields, at("districtname")),
            county_name: field(fields, at("countyname")),
            city: field(fields, at("cityname")),
            grade_span: field(fields, at("gsoffered")),
        };
        self.mentions.add(cds, lea_type_of(cds), texts);
    }

    /// The key is CDS. The other code is compared only: the first issue of 2019 has rows
    /// that carry another LEA's.
    fn cds(&mut self, row: u32, fields: &[&str]) -> Option<CdsCode> {
        let other_at = self.columns.at("cdcode");
        let at = self.columns.at("cds").or(other_at)?;
        let text = field(fields, Some(at));
        let read = repair::cds(text).and_then(|(cds, repaired)| match cds {
            CdsCode::STATE => Err("14 zeros are the state's code, which is no LEA".to_owned()),
            cds => Ok((cds, repaired)),
        });
        let cds = match read {
            Ok((cds, repaired)) => {
                if let Some(repair) = repaired {
                    self.notes.repair(repair.words());
                }
                cds
            }
            Err(message) => {
                self.fault(FaultCode::BadCds, row, at, text, format!("{message}."));
                return None;
            }
        };
        let other = repair::digits_of_code(field(fields, other_at));
        if !is_blank(other) && format!("{other:0>7}") != cds.county_district_text() {
            self.notes.warn_row(row, "whose Cdcode is not that of their CDS code, which was used");
        }
        Some(cds)
    }

    fn codes(&mut self, row: u32, fields: &[&str]) -> BTreeMap<StudentGroup, char> {
        let mut codes = BTreeMap::new();
        for (group, at) in &self.places.groups {
            let text = field(fields, Some(*at));
            if is_blank(text) {
                continue;
            }
            let mut letters = text.chars();
            match (letters.next(), letters.next()) {
                (Some(letter @ 'A'..='K'), None) => {
                    codes.insert(*group, letter);
                }
                _ => {
                    let message = format!(
                        "'{}' is no priority code; one letter of A to K or blank is expected.",
                        shortened(text)
                    );
                    self.fault(FaultCode::BadValue, row, *at, text, message);
                }
            }
        }
        codes
    }

    fn status(&mut self, row: u32, fields: &[&str], at: usize) -> Option<PublishedStatus> {
        let text = field(fields, Some(at));
        if is_blank(text) {
            return None;
        }
        let status = PublishedStatus::parse(text);
        if status.is_none() {
            let message = format!(
                "'{}' is no assistance status; General Assistance or Differentiated Assistance, \
                 also with Year 1 or Year 2, is expected in the list of {}.",
                shortened(text),
                self.year
            );
            self.fault(FaultCode::BadValue, row, at, text, message);
        }
        status
    }

    fn value<T>(
        &mut self,
        row: u32,
        fields: &[&str],
        at: Option<usize>,
        parse: fn(&str) -> Result<Option<T>, String>,
    ) -> Option<T> {
        let at = at?;
        let text = field(fields, Some(at));
        parse(text).unwrap_or_else(|message| {
            self.fault(FaultCode::BadValue, row, at, text, format!("{message}."));
            None
        })
    }

    fn fault(&mut self, code: FaultCode, row: u32, at: usize, value: &str, message: String) {
        let column = self.columns.name(at);
        self.faults.push(Fault::of_row(code, row, message).at(column, value));
    }
}
