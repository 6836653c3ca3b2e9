//! Local indicator files: an LEA's rating of itself on one priority. Only the rating is
//! kept; the narratives around it are not.

use std::collections::HashMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::priority::Priority;
use calsos_domain::release::{LocalRating, LocalRatingRow, ReleaseContents, ReleaseKind, Rows};
use calsos_domain::year::DashboardYear;

use crate::cells::is_blank;
use crate::columns::{Columns, field, ragged};
use crate::fault::{Fault, FaultCode, Faults, shortened};
use crate::layouts::Layouts;
use crate::mentions::{Mentions, Texts, lea_type_of};
use crate::naming::named;
use crate::report::{Notes, Told, ToldBy};
use crate::sheet::{CELL_END, Sheet};
use crate::text::unquoted;
use crate::told::{self, Shared};
use crate::{Input, repair};

const NO_RATING: &str = "LEAs without a rating";
const ONE_RATING: &str =
    "record with line ends or delimiters in its texts: the one field that is a rating taken";

/// Reads a local indicator file whose table was found.
pub(crate) fn read(
    input: &Input<'_>,
    sheet: &Sheet<'_>,
    layouts: &Layouts,
    notes: &mut Notes,
) -> Result<(ReleaseContents, Told), Faults> {
    let mut faults = Faults::default();
    let columns = Columns::of(&sheet.header, layouts, &mut faults);
    let of_what = "a local indicator file";
    columns.required("cds", of_what, layouts, &mut faults);
    columns.required("rating", of_what, layouts, &mut faults);
    faults.into_result()?;

    let mut reader = Reader {
        columns: &columns,
        torn_by_texts: sheet.delimiter != CELL_END,
        notes,
        faults: Faults::default(),
        priorities: Shared::new(),
        years: Shared::new(),
        mentions: Mentions::default(),
        rows: Vec::new(),
        seen: HashMap::new(),
    };
    sheet.each_row(|row, fields| reader.row(row, fields));
    let Reader { faults, priorities, years, mentions, rows, .. } = reader;
    faults.into_result()?;

    let in_name = named(input.file_name, layouts);
    let in_sheet = sheet.name.as_deref().map(|name| named(name, layouts)).unwrap_or_default();
    let of_kind = |kind| match kind {
        Some(ReleaseKind::LocalIndicator(priority)) => Some(priority),
        _ => None,
    };
    let evidence = [
        (ToldBy::Operator, of_kind(input.assigned.map(|assigned| assigned.kind))),
        (ToldBy::Content, priorities.get()),
        (ToldBy::SheetName, of_kind(in_sheet.kind)),
        (ToldBy::FileName, of_kind(in_name.kind)),
    ];
    let (priority, kind_by) = told::weigh(&evidence, "priority", notes).ok_or_else(|| {
        Faults::from(told::unknown_kind("Nothing tells the priority of these local indicators"))
    })?;
    let evidence = [
        (ToldBy::Operator, input.assigned.and_then(|assigned| assigned.year)),
        (ToldBy::Content, years.get()),
        (ToldBy::SheetName, in_sheet.year),
        (ToldBy::FileName, in_name.year),
    ];
    let (year, year_by) = told::weigh_year(&evidence, notes)?;
    if rows.is_empty() {
        return Err(Faults::from(told::no_rows("an LEA with a rating", notes.rows_read)));
    }
    let (expected, verified) = layouts.local(priority.number(), year);
    notes.layout_verified = verified;
    notes.unknown_columns = columns.unknown(&expected);
    notes.missing_columns = columns.missing(&expected);
    let (coverage, leas) = mentions.finish();
    let kind = ReleaseKind::LocalIndicator(priority);
    let told = Told { kind, kind_by, year: Some(year), year_by: Some(year_by), file_date: None };
    let contents = ReleaseContents {
        kind,
        year: Some(year),
        file_date: None,
        coverage,
        leas,
        rows: Rows::LocalRatings(rows),
    };
    Ok((contents, told))
}

struct Reader<'r> {
    columns: &'r Columns,
    /// Whether texts may hold the delimiter, as they cannot in a workbook.
    torn_by_texts: bool,
    notes: &'r mut Notes,
    faults: Faults,
    priorities: Shared<Priority>,
    years: Shared<DashboardYear>,
    mentions: Mentions,
    rows: Vec<LocalRatingRow>,
    seen: HashMap<CdsCode, (u32, LocalRating)>,
}

impl Reader<'_> {
    fn row(&mut self, row: u32, fields: &[&str]) {
        self.notes.rows_read += 1;
        if !self.torn_by_texts
            && let Some(fault) = ragged(row, fields, self.columns)
        {
            self.faults.push(fault);
            return;
        }
        let fields: Vec<&str> = fields.iter().map(|text| unquoted(text)).collect();
        let text = field(&fields, self.columns.at("cds"));
        let cds = match repair::cds(text) {
            Ok((cds, repaired)) => {
                if let Some(repair) = repaired {
                    self.notes.repair(repair.words());
                }
                cds
            }
            Err(message) => {
                self.fault(FaultCode::BadCds, row, "cds", text, format!("{message}."));
                return;
            }
        };
        if cds == CdsCode::STATE {
            let message =
                "14 zeros are the state's code, which has no local indicators.".to_owned();
            self.fault(FaultCode::BadCds, row, "cds", text, message);
            return;
        }
        let whole = fields.len() == self.columns.len();
        if whole {
            self.shared(row, &fields);
        }
        let Some(rating) = self.rating(row, &fields, whole) else {
            return;
        };
        if let Some((first, known)) = self.seen.get(&cds).copied() {
            if known == rating {
                let what = "repeats an LEA with the same rating and was left out";
                self.notes.skip("LEAs repeated with the same rating");
                self.notes.warn_row(row, what);
            } else {
                let message = format!(
                    "Rows {first} and {row} both speak of CDS {cds} and say '{}' and '{}'; one \
                     rating is expected. Remove the wrong row.",
                    known.name(),
                    rating.name()
                );
                self.faults.push(Fault::of_row(FaultCode::DuplicateRow, row, message));
            }
            return;
        }
        self.seen.insert(cds, (row, rating));
        self.rows.push(LocalRatingRow { row, cds, rating });
        let name = field(&fields, self.columns.at("districtname"));
        self.mentions.add(cds, lea_type_of(cds), Texts { name, ..Texts::default() });
    }

    /// Takes the priority and the year of a row.
    fn shared(&mut self, row: u32, fields: &[&str]) {
        let text = field(fields, self.columns.at("priority"));
        if !is_blank(text) {
            let number = repair::digits_of_code(text).parse().ok();
            match number.and_then(Priority::new) {
                Some(priority) => {
                    let column = self.column("priority");
                    self.priorities.take(row, priority, &column, &mut self.faults);
                }
                None => {
                    let message =
                        format!("'{}' is no priority; 1 to 10 are expected.", shortened(text));
                    self.fault(FaultCode::BadValue, row, "priority", text, message);
                }
            }
        }
        let text = field(fields, self.columns.at("year"));
        if !is_blank(text) {
            match year_of(text) {
                Some(year) => {
                    let column = self.column("year");
                    self.years.take(row, year, &column, &mut self.faults);
                }
                None => {
                    let message =
                        format!("'{}' is no year; 2023 or 2022-23 are expected.", shortened(text));
                    self.fault(FaultCode::BadValue, row, "year", text, message);
                }
            }
        }
    }

    /// The rating of a row; `None` where it is blank or after a fault.
    fn rating(&mut self, row: u32, fields: &[&str], whole: bool) -> Option<LocalRating> {
        if whole {
            let text = field(fields, self.columns.at("rating"));
            if is_blank(text) {
                self.notes.skip(NO_RATING);
                return None;
            }
            let rating = LocalRating::parse(text);
            if rating.is_none() {
                let message = format!(
                    "'{}' is no rating; Met, Not Met or Not Met For Two or More Years is expected.",
                    shortened(text)
                );
                self.fault(FaultCode::BadValue, row, "rating", text, message);
            }
            return rating;
        }
        // The texts hold delimiters, so that no column can be told by its place.
        let ratings: Vec<LocalRating> =
            fields.iter().filter_map(|text| LocalRating::parse(text)).collect();
        if let [rating] = ratings.as_slice() {
            self.notes.repair(ONE_RATING);
            return Some(*rating);
        }
        let message = format!(
            "The record has {} fields and the header {}, and {} of its fields are a rating, so \
             that the rating cannot be told. Give the workbook of the same file.",
            fields.len(),
            self.columns.len(),
            ratings.len()
        );
        self.faults.push(Fault::of_row(FaultCode::RaggedRow, row, message));
        None
    }

    fn column(&self, field: &str) -> String {
        self.columns.at(field).map_or(field, |at| self.columns.name(at)).to_owned()
    }

    fn fault(&mut self, code: FaultCode, row: u32, field: &str, value: &str, message: String) {
        let column = self.column(field);
        self.faults.push(Fault::of_row(code, row, message).at(&column, value));
    }
}

/// The Dashboard year of a year cell: `2023`, `2023.0`, or the school year `2022-23`, which
/// is that of the Dashboard of 2023.
fn year_of(text: &str) -> Option<DashboardYear> {
    if let Some(year) = DashboardYear::parse(text) {
        return Some(year);
    }
    let (first, last) = text.split_once('-')?;
    let year = DashboardYear::new(first.parse::<u16>().ok()?.checked_add(1)?)?;
    (year.data_school_year() == format!("{first}-{last}")).then_some(year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_school_year_is_the_dashboard_year_of_its_spring_and_must_be_one_year() {
        assert_eq!(year_of("2022-23"), DashboardYear::new(2023));
        assert_eq!(year_of("2099-00"), None);
        assert_eq!(year_of("2098-99"), DashboardYear::new(2099));
        assert_eq!(year_of("2023.0"), DashboardYear::new(2023));
        for text in ["2022-24", "2022-2023", "22-23", "June"] {
            assert_eq!(year_of(text), None, "{text}");
        }
    }
}
