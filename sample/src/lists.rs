//! The state's published lists, in the columns of their years.

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::release::{PublishedRow, PublishedStatus};
use calsos_domain::rulebook::Edition;
use calsos_domain::year::DashboardYear;

use crate::corrections::Corrections;
use crate::facts::ListColumn;
use crate::layouts::ListLayout;
use crate::places::Place;
use crate::table::{Form, Frame, Record, write};
use crate::{SampleError, State};

/// The rows of every list, by year, in the order of their codes.
pub(crate) type ListRows = BTreeMap<DashboardYear, BTreeMap<CdsCode, PublishedRow>>;

impl State {
    /// One issue of a list.
    pub(crate) fn write_list(
        &self,
        edition: &Edition,
        layout: &ListLayout,
        lists: &ListRows,
        form: Form,
    ) -> Result<Vec<u8>, SampleError> {
        let names = layout.columns(&edition.published_columns.columns);
        let columns = ListColumn::all(&names);
        let descriptions = || {
            let lines = names.iter().map(|name| format!("{name}: see the state's record layout"));
            vec![
                ("Record Layout".to_owned(), lines.collect()),
                ("Value".to_owned(), vec!["Values of the columns".to_owned()]),
                ("LCFF Priority Definitions".to_owned(), vec!["State priorities".to_owned()]),
            ]
        };
        let frame = Frame {
            titles: &layout.titles,
            sheet: &layout.sheet,
            before: if layout.described { descriptions() } else { Vec::new() },
            delimiter: ',',
            quoted: true,
            ..Frame::plain(&names)
        };
        let corrections = self.corrections.as_ref().filter(|_| layout.first_issue);
        write(form, &frame, |row| {
            let mut record = Record::default();
            for place in &self.places.leas {
                let own = lists.get(&edition.year).and_then(|rows| rows.get(&place.cds));
                let listed = match (own, corrections) {
                    (Some(own), Some(corrections)) => corrections.as_first_issued(own.clone()),
                    (Some(own), None) => own.clone(),
                    (None, Some(corrections)) if corrections.dropped.contains(&place.cds) => {
                        dropped(place, edition, lists)
                    }
                    (None, _) => continue,
                };
                record.clear();
                for column in &columns {
                    self.list_cell(&mut record, *column, edition, layout, place, &listed);
                }
                row(&record)?;
            }
            Ok(())
        })
    }

    fn list_cell(
        &self,
        record: &mut Record,
        column: ListColumn,
        edition: &Edition,
        layout: &ListLayout,
        place: &Place,
        row: &PublishedRow,
    ) {
        let yes_or_no = |record: &mut Record, set: bool| record.text(if set { "Y" } else { "N" });
        match column {
            ListColumn::CountyDistrict => {
                let mistaken = |c: &Corrections| c.mistaken.get(&place.cds).copied();
                let corrections = self.corrections.as_ref().filter(|_| layout.first_issue);
                let cds = corrections.and_then(mistaken).unwrap_or(place.cds);
                record.text(&cds.county_district_text());
            }
            ListColumn::Cds => record.text(&place.cds.to_string()),
            ListColumn::Name => record.text(place.name_in(edition.year)),
            ListColumn::City => record.text(&place.city),
            ListColumn::County => record.text(place.county()),
            ListColumn::Grades => record.text(place.span.grades()),
            ListColumn::Year => record.text(&edition.year.to_string()),
            ListColumn::Code(group) => match row.codes.get(&group) {
                Some(letter) => record.text(letter.encode_utf8(&mut [0; 4])),
                None => record.text(&layout.blank),
            },
            ListColumn::Groups => record.number(row.codes.len()),
            ListColumn::Status(year) => match year.filter(|year| *year != edition.year) {
                None => record.text(own_text(edition, row.status)),
                Some(year) => {
                    let of_year = self.books.edition(year);
                    match of_year.zip(row.earlier_statuses.get(&year)) {
                        Some((of_year, status)) => record.text(repeated_text(of_year, *status)),
                        None => record.text(&layout.blank),
                    }
                }
            },
            ListColumn::Method(number) => {
                yes_or_no(record, row.methods.get(&number) == Some(&true));
            }
            ListColumn::Ec52072 => yes_or_no(record, row.ec52072 == Some(true)),
            ListColumn::Ec52071f => yes_or_no(record, row.ec52071f == Some(true)),
            ListColumn::Unknown => record.text(&layout.blank),
        }
    }
}

/// An LEA that is no more, as a first issue still lists it.
fn dropped(place: &Place, edition: &Edition, lists: &ListRows) -> PublishedRow {
    let earlier = lists
        .range(..edition.year)
        .filter_map(|(year, rows)| rows.get(&place.cds).map(|row| (*year, row.status)));
    PublishedRow {
        row: 0,
        cds: place.cds,
        codes: BTreeMap::new(),
        listed_groups: edition.groups.clone(),
        group_count: Some(0),
        status: PublishedStatus::General,
        earlier_statuses: earlier.collect(),
        methods: BTreeMap::new(),
        ec52072: None,
        ec52071f: None,
    }
}

/// A status in the words of its own year.
fn own_text(edition: &Edition, status: PublishedStatus) -> &str {
    calsos_domain::published::status_text(edition, status)
}

/// A status of an earlier year, as later lists repeat it.
fn repeated_text(edition: &Edition, status: PublishedStatus) -> &str {
    let labels = &edition.labels;
    match status {
        PublishedStatus::General => &labels.general_in_later_lists,
        PublishedStatus::Differentiated | PublishedStatus::DifferentiatedYear1 => {
            &labels.first_year_in_later_lists
        }
        PublishedStatus::DifferentiatedYear2 => own_text(edition, status),
    }
}
