//! Dashboard indicator files: one row for each school, district or county office and
//! student group. Rows of LEAs and of the state are kept, those of other schools are not.

mod seen;
mod telling;

use calsos_domain::cds::CdsCode;
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::performance::{Performance, TableType, Tenths};
use calsos_domain::release::{PerformanceRow, ReleaseContents, ReleaseKind, Rows};
use calsos_domain::student_group::{PSEUDO_GROUPS, StudentGroup};
use calsos_domain::year::DashboardYear;

use crate::cells;
use crate::columns::{Columns, field, ragged};
use crate::fault::{Fault, FaultCode, Faults, shortened};
use crate::layouts::Layouts;
use crate::mentions::{Mentions, Texts};
use crate::report::{Notes, Told, ToldBy};
use crate::sheet::{Sheet, normalised};
use crate::told;
use crate::{Input, repair};
use seen::Seen;
use telling::{Telling, tell};

const SCHOOLS: &str = "schools that are no charters";
const PSEUDO: &str = "groups that are not of the law (ELO, RFP, EO, SBA, CAA, CAST)";
const BLANK_GROUP: &str = "rows without a student group and without a colour or level";
const UNKNOWN_GROUP: &str = "rows of an unknown student group without a colour or level";
const REPEATED: &str = "rows that say again what an earlier row of the same group says";

/// Reads an indicator file whose table was found.
pub(crate) fn read(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    for (delimiter, name) in [(',', "commas"), (';', "semicolons")] {
        if sheet.delimiter == delimiter {
            return Err(Faults::from(Fault::of_file(
                FaultCode::Delimiter,
                format!(
                    "The columns are separated by {name}; indicator files are tab-delimited. Give \
                     the file as the state publishes it, or the workbook."
                ),
            )));
        }
    }
    let mut header_faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut header_faults);
    let told = Telling::by_first_rows(sheet, &columns);
    let known = know(input, sheet, &told, layouts, notes);
    // What the rows say of the year and the indicator is a reason before all others, and a
    // doubtful header one before that.
    let mut telling = Telling::of(&columns, header_faults);
    let known = match known {
        Ok(known) if telling.faults.is_empty() => known,
        other => {
            sheet.each_row(|row, fields| telling.row(row, fields));
            telling.faults.into_result()?;
            return Err(other.err().unwrap_or_default());
        }
    };
    let Known { indicator, kind_by, year, year_by, implied_group } = known;

    let mut reader = Reader {
        columns: &columns,
        at: Places::of(&columns),
        implied_group,
        notes,
        faults: Faults::default(),
        mentions: Mentions::default(),
        rows: Vec::new(),
        seen: Seen::default(),
        schools: 0,
    };
    sheet.each_row(|row, fields| {
        telling.row(row, fields);
        reader.row(row, fields);
    });
    let Reader { mentions, rows, faults, schools, notes, .. } = reader;
    notes.skip_many(SCHOOLS, schools);
    telling.faults.into_result()?;
    faults.into_result()?;
    if columns.at("charterflag").is_none() && schools > 0 {
        notes.warn(
            "The file has no charter_flag column, so that charters cannot be told from other \
             schools: no charter was kept.",
        );
    }
    if rows.is_empty() {
        let fault =
            told::no_rows("a district, county office, charter or the state", notes.rows_read);
        return Err(Faults::from(fault));
    }
    let (coverage, leas) = mentions.finish();
    let kind = ReleaseKind::Indicator(indicator);
    let told = Told { kind, kind_by, year: Some(year), year_by: Some(year_by), file_date: None };
    let contents = ReleaseContents {
        kind,
        year: Some(year),
        file_date: None,
        coverage,
        leas,
        rows: Rows::Performances(rows),
    };
    Ok((contents, told))
}

/// What is known of a file before its rows are read.
struct Known {
    indicator: Indicator,
    kind_by: ToldBy,
    year: DashboardYear,
    year_by: ToldBy,
    /// The group of rows that name none.
    implied_group: Option<StudentGroup>,
}

/// Tells the file's indicator and year and checks that it has the columns of its layout.
fn know(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    told: &Telling<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<Known, Faults> {
    let (indicator, kind_by, year, year_by) = tell(input, sheet, told, layouts, notes)?;
    notes.subject = Some((ReleaseKind::Indicator(indicator), Some(year)));
    let columns = told.columns;
    let Some((layout_year, layout)) = layouts.layout(indicator, year) else {
        return Err(Faults::from(Fault::of_file(
            FaultCode::UnknownLayout,
            format!(
                "No layout of {} files is known for {year} or any year before. Add one to the \
                 layouts, or correct the year with --as.",
                indicator.code()
            ),
        )));
    };
    notes.layout_verified = layout.verified && layout_year == year;
    notes.layout_year = (layout_year != year).then_some(layout_year);
    notes.unknown_columns = columns.unknown(&layout.columns);
    notes.missing_columns = columns.missing(&layout.columns);

    let of_what = format!("the {} file of {year}", indicator.code());
    let mut deciding: Vec<&str> = vec!["cds", "rtype"];
    if layout.implied_group.is_none() {
        deciding.push("studentgroup");
    }
    deciding.extend(layout.decides.iter().map(String::as_str));
    let mut faults = Faults::default();
    for name in deciding {
        columns.required(name, &of_what, layouts, &mut faults);
    }
    // A column is more often renamed than left out.
    let no_field = |name: &&String| !layouts.is_field(layouts.field(&normalised(name)));
    let strange: Vec<&str> =
        notes.unknown_columns.iter().filter(no_field).map(String::as_str).collect();
    if !faults.is_empty() && !strange.is_empty() {
        const NAMED: usize = 10;
        let more = strange.get(NAMED..).filter(|more| !more.is_empty());
        let more = more.map(|more| format!(" and {} more", more.len()));
        let message = format!(
            "Columns of the file that are not known: {}{}. Where one of them is a missing one under \
             a new name, add the name to its spellings.",
            strange.get(..NAMED).unwrap_or(&strange).join(", "),
            more.unwrap_or_default()
        );
        faults.push(Fault::of_file(FaultCode::MissingColumn, message));
    }
    faults.into_result()?;
    Ok(Known { indicator, kind_by, year, year_by, implied_group: layout.implied_group })
}

/// Where the columns are that are read.
#[derive(Clone, Copy)]
struct Places {
    cds: Option<usize>,
    rtype: Option<usize>,
    group: Option<usize>,
    charter: Option<usize>,
    office: Option<usize>,
    school_name: Option<usize>,
    district_name: Option<usize>,
    county_name: Option<usize>,
    color: Option<usize>,
    status_level: Option<usize>,
    change_level: Option<usize>,
    status: Option<usize>,
    change: Option<usize>,
    prior_status: Option<usize>,
    box_number: Option<usize>,
    numerator: Option<usize>,
    denominator: Option<usize>,
    prior_numerator: Option<usize>,
    prior_denominator: Option<usize>,
    accountability: Option<usize>,
    size: Option<usize>,
    small: Option<usize>,
    certify: Option<usize>,
    data_error: Option<usize>,
    flag95: Option<usize>,
    high_school: Option<usize>,
    table_type: Option<usize>,
    dass: Option<usize>,
}

impl Places {
    fn of(columns: &Columns) -> Places {
        Places {
            cds: columns.at("cds"),
            rtype: columns.at("rtype"),
            group: columns.at("studentgroup"),
            charter: columns.at("charterflag"),
            office: columns.at("coeflag"),
            school_name: columns.at("schoolname"),
            district_name: columns.at("districtname"),
            county_name: columns.at("countyname"),
            color: columns.at("color"),
            status_level: columns.at("statuslevel"),
            change_level: columns.at("changelevel"),
            status: columns.at("currstatus"),
            change: columns.at("change"),
            prior_status: columns.at("priorstatus"),
            box_number: columns.at("box"),
            numerator: columns.at("currnumer"),
            denominator: columns.at("currdenom"),
            prior_numerator: columns.at("priornumer"),
            prior_denominator: columns.at("priordenom"),
            accountability: columns.at("accountabilitymet"),
            size: columns.at("currnsizemet"),
            small: columns.at("smalldenom"),
            certify: columns.at("certifyflag"),
            data_error: columns.at("dataerrorflag"),
            flag95: columns.at("flag95pct"),
            high_school: columns.at("hscutpoints"),
            table_type: columns.at("type"),
            dass: columns.at("dassflag"),
        }
    }
}

struct Reader<'r> {
    columns: &'r Columns,
    at: Places,
    implied_group: Option<StudentGroup>,
    notes: &'r mut Notes,
    faults: Faults,
    mentions: Mentions,
    rows: Vec<PerformanceRow>,
    /// Where in `rows` the groups of each LEA stand.
    seen: Seen,
    /// Rows of schools that are no charters: most of a statewide file.
    schools: u32,
}

/// Whose row it is.
enum Whose {
    State,
    Lea(LeaType),
    School,
}

impl Reader<'_> {
    fn row(&mut self, row: u32, fields: &[&str]) {
        self.notes.rows_read += 1;
        if let Some(fault) = ragged(row, fields, self.columns) {
            self.faults.push(fault);
            return;
        }
        let Some((cds, whose)) = self.whose(row, fields) else {
            return;
        };
        let lea_type = match whose {
            Whose::School => {
                self.schools += 1;
                return;
            }
            Whose::State => None,
            Whose::Lea(lea_type) => Some(lea_type),
        };
        let Some(group) = self.group(row, fields) else {
            return;
        };
        let performance = self.performance(row, fields);
        let first = self.seen.place(cds, group, self.rows.len());
        if let Some(first) = first.and_then(|at| self.rows.get(at)) {
            if first.performance == performance {
                self.notes.skip(REPEATED);
                return;
            }
            let first = first.row;
            let message = format!(
                "Rows {first} and {row} both speak of CDS {cds}, group {group}; one row is \
                 expected. Fetch the file again, or remove the wrong row.",
            );
            self.faults.push(Fault::of_row(FaultCode::DuplicateRow, row, message));
            return;
        }
        self.rows.push(PerformanceRow { row, cds, group, performance });
        if let Some(lea_type) = lea_type
            && !self.mentions.is_settled(cds, lea_type)
        {
            let name_at = match lea_type {
                LeaType::Charter => self.at.school_name,
                LeaType::District | LeaType::CountyOffice => self.at.district_name,
            };
            let texts = Texts {
                name: field(fields, name_at),
                county_name: field(fields, self.at.county_name),
                ..Texts::default()
            };
            self.mentions.add(cds, lea_type, texts);
        }
    }

    /// The code and whose row it is; `None` after a fault.
    fn whose(&mut self, row: u32, fields: &[&str]) -> Option<(CdsCode, Whose)> {
        let text = field(fields, self.at.cds);
        let cds = match repair::cds(text) {
            Ok((cds, repaired)) => {
                if let Some(repair) = repaired {
                    self.notes.repair(repair.words());
                }
                cds
            }
            Err(message) => {
                let fault = Fault::of_row(FaultCode::BadCds, row, format!("{message}."));
                let column = self.at.cds.map_or("cds", |at| self.columns.name(at));
                self.faults.push(fault.at(column, text));
                return None;
            }
        };
        let charter = self.value(row, fields, self.at.charter, cells::flag) == Some(true);
        let office = self.value(row, fields, self.at.office, cells::flag) == Some(true);
        let rtype = field(fields, self.at.rtype);
        let state = cds == CdsCode::STATE;
        let letter = match rtype.as_bytes() {
            [letter] => letter.to_ascii_uppercase(),
            _ => b' ',
        };
        let whose = match letter {
            b'X' if state => Ok(Whose::State),
            b'X' => Err(format!("'{rtype}' is the state's record type, whose code is 14 zeros")),
            b'D' | b'L' | b'S' if state => {
                Err("14 zeros are the state's code, whose record type is X".to_owned())
            }
            // Spring 2017 wrote L for LEA.
            b'D' | b'L' if !cds.is_district_level() => Err(format!(
                "'{rtype}' is the record type of districts and county offices, whose last seven \
                 digits are zeros"
            )),
            b'D' | b'L' if office || cds.has_county_office_digits() => {
                Ok(Whose::Lea(LeaType::CountyOffice))
            }
            b'D' | b'L' => Ok(Whose::Lea(LeaType::District)),
            b'S' if cds.is_district_level() => Err(format!(
                "'{rtype}' is the record type of schools, whose last seven digits are not all zero"
            )),
            b'S' if charter => Ok(Whose::Lea(LeaType::Charter)),
            b'S' => Ok(Whose::School),
            _ => Err(format!(
                "'{}' is no record type; D (district or county office), S (school) or X (state) \
                 is expected",
                shortened(rtype)
            )),
        };
        match whose {
            Ok(whose) => Some((cds, whose)),
            Err(message) => {
                let message = format!("{message}; the row has CDS {cds}. Fetch the file again.");
                let fault = Fault::of_row(FaultCode::BadRecordType, row, message);
                let column = self.at.rtype.map_or("rtype", |at| self.columns.name(at));
                self.faults.push(fault.at(column, rtype));
                None
            }
        }
    }

    /// The student group; `None` where the row is left out or after a fault.
    fn group(&mut self, row: u32, fields: &[&str]) -> Option<StudentGroup> {
        let text = field(fields, self.at.group);
        let blank = cells::is_blank(text);
        if blank && self.implied_group.is_some() {
            return self.implied_group;
        }
        if let Some(group) = StudentGroup::parse(text) {
            return Some(group);
        }
        // Some issues colour them, and they still never count.
        if PSEUDO_GROUPS.iter().any(|pseudo| pseudo.eq_ignore_ascii_case(text)) {
            self.notes.skip(PSEUDO);
            return None;
        }
        let rated = match (self.at.color, self.at.status_level) {
            (Some(_), _) => self.value(row, fields, self.at.color, cells::color).is_some(),
            (None, level) => self.value(row, fields, level, cells::level).is_some(),
        };
        if rated {
            let found = if blank {
                "is blank".to_owned()
            } else {
                format!("'{}' is unknown", shortened(text))
            };
            let message = format!(
                "The student group {found} on a row that is rated; a code such as ALL, AA or SWD \
                 is expected, because the rating could not be counted for any group."
            );
            let fault = Fault::of_row(FaultCode::UnknownGroup, row, message);
            let column = self.at.group.map_or("studentgroup", |at| self.columns.name(at));
            self.faults.push(fault.at(column, text));
        } else if blank {
            self.notes.skip(BLANK_GROUP);
        } else {
            self.notes.skip(UNKNOWN_GROUP);
            let what = format!("of the unknown student group '{}' left out", shortened(text));
            self.notes.warn_row(row, &what);
        }
        None
    }

    fn performance(&mut self, row: u32, fields: &[&str]) -> Performance {
        let at = self.at;
        let mut tenths = |at| self.value(row, fields, at, cells::tenths);
        let (status, change, prior_status) =
            (tenths(at.status), tenths(at.change), tenths(at.prior_status));
        let mut level = |at| self.value(row, fields, at, cells::level);
        let (status_level, change_level) = (level(at.status_level), level(at.change_level));
        let mut count = |at| self.value(row, fields, at, cells::count);
        let (numerator, denominator) = (count(at.numerator), count(at.denominator));
        let prior_numerator = count(at.prior_numerator);
        let prior_denominator = count(at.prior_denominator);
        let mut flag = |at| self.value(row, fields, at, cells::flag);
        let accountability_met = flag(at.accountability);
        let size_met = flag(at.size);
        let small_denominator = flag(at.small);
        let not_certified = flag(at.certify);
        let data_error = flag(at.data_error);
        let participation_capped = flag(at.flag95);
        let high_school_cuts = flag(at.high_school);
        let alternative_school = flag(at.dass);
        // Files write 0.0 where there is nothing to compare with, and say so by the level.
        let no_prior = at.change_level.is_some() && change_level.is_none();
        let change = change.filter(|change| !(no_prior && *change == Tenths(0)));
        Performance {
            status,
            change,
            prior_status,
            status_level,
            change_level,
            color: self.value(row, fields, at.color, cells::color),
            box_number: self.value(row, fields, at.box_number, cells::box_number),
            numerator,
            denominator,
            prior_numerator,
            prior_denominator,
            accountability_met,
            size_met,
            small_denominator,
            not_certified,
            data_error,
            participation_capped,
            high_school_cuts,
            table_type: self.value(row, fields, at.table_type, table_type),
            alternative_school,
        }
    }

    /// A value of the row; `None` where it is blank or after a fault.
    fn value<T>(
        &mut self,
        row: u32,
        fields: &[&str],
        at: Option<usize>,
        parse: impl Fn(&str) -> Result<Option<T>, String>,
    ) -> Option<T> {
        let at = at?;
        let text = field(fields, Some(at));
        // Half of the values are blank.
        if text.is_empty() {
            return None;
        }
        parse(text).unwrap_or_else(|message| {
            let fault = Fault::of_row(FaultCode::BadValue, row, format!("{message}."));
            self.faults.push(fault.at(self.columns.name(at), text));
            None
        })
    }
}

fn table_type(text: &str) -> Result<Option<TableType>, String> {
    if cells::is_blank(text) {
        return Ok(None);
    }
    let codes = || TableType::ALL.map(TableType::code).join(", ");
    TableType::parse(text).map(Some).ok_or_else(|| {
        format!(
            "'{}' is no school or district type; one of {} is expected",
            shortened(text),
            codes()
        )
    })
}
