//! Answers by year and code, with what lists show of each, ready to be sent.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use actix_web::web::Bytes;
use calsos_domain::cds::CdsCode;
use calsos_domain::year::DashboardYear;

use super::leas::ListedLeas;
use crate::app::answers::Names;
use crate::app::wanted::{Entry, Wanted};
use crate::error::AppError;

/// The answers of a run, by year and then code, and the LEAs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) leas: ListedLeas,
    /// Shared with the other snapshots of the same run.
    pub(crate) entries: Vec<Arc<Entry>>,
    /// What a list shows of each, as JSON.
    items: Vec<Bytes>,
    years: BTreeMap<DashboardYear, Range<usize>>,
    of_lea: BTreeMap<CdsCode, Vec<usize>>,
}

/// A place between two answers of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) year: DashboardYear,
    pub(crate) cds: CdsCode,
}

impl Index {
    /// Answers in order, each with its JSON, and the LEAs by what they are called.
    pub(crate) fn new(
        answers: impl IntoIterator<Item = (Arc<Entry>, Bytes)>,
        names: &Names,
    ) -> Result<Index, AppError> {
        let (mut entries, mut items) = (Vec::new(), Vec::new());
        let mut years: BTreeMap<DashboardYear, Range<usize>> = BTreeMap::new();
        let mut of_lea: BTreeMap<CdsCode, Vec<usize>> = BTreeMap::new();
        for (entry, item) in answers {
            let place = entries.len();
            years.entry(entry.year).or_insert(place..place).end = place + 1;
            of_lea.entry(entry.cds).or_default().push(place);
            items.push(item);
            entries.push(entry);
        }
        let leas = ListedLeas::default();
        let mut index = Index { leas, entries, items, years, of_lea };
        if let Some(year) = index.newest() {
            index.leas = ListedLeas::of(names.leas(), year, |cds| index.of_lea(cds))?;
        }
        Ok(index)
    }

    /// The newest year with answers: LEAs are listed as they are called in it.
    pub(crate) fn newest(&self) -> Option<DashboardYear> {
        self.years.keys().next_back().copied()
    }

    /// The answers of a year, or all.
    pub(crate) fn of_year(&self, year: Option<DashboardYear>) -> Range<usize> {
        match year {
            None => 0..self.entries.len(),
            Some(year) => self.years.get(&year).cloned().unwrap_or(0..0),
        }
    }

    /// Years with answers, and how many.
    pub(crate) fn years(&self) -> impl DoubleEndedIterator<Item = (DashboardYear, usize)> {
        self.years.iter().map(|(year, places)| (*year, places.len()))
    }

    /// Where an LEA's answer for a year stands.
    pub(crate) fn find(&self, cds: CdsCode, year: DashboardYear) -> Option<usize> {
        let mut places = self.of_lea.get(&cds)?.iter().copied();
        places.find(|place| self.entries.get(*place).is_some_and(|entry| entry.year == year))
    }

    /// The answers of an LEA, by year.
    pub(crate) fn of_lea(&self, cds: CdsCode) -> Vec<&Entry> {
        let places = self.of_lea.get(&cds).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.entries.get(*place)).map(|entry| &**entry).collect()
    }

    /// The places of an LEA's answers, by year.
    pub(crate) fn places_of(&self, cds: CdsCode) -> &[usize] {
        self.of_lea.get(&cds).map(Vec::as_slice).unwrap_or_default()
    }

    /// The places of answers that are wanted, after a place.
    pub(crate) fn wanted<'i>(
        &'i self,
        wanted: &'i Wanted,
        after: Option<Place>,
    ) -> impl Iterator<Item = usize> + 'i {
        self.of_year(wanted.year).filter(move |place| {
            self.entries.get(*place).is_some_and(|entry| {
                let here = Place { year: entry.year, cds: entry.cds };
                after.is_none_or(|after| here > after) && entry.is(wanted)
            })
        })
    }

    /// How many bytes its items have.
    pub(crate) fn bytes(&self) -> usize {
        self.items.iter().map(Bytes::len).sum()
    }

    /// What a list shows of an answer.
    pub(crate) fn item(&self, place: usize) -> &[u8] {
        self.items.get(place).map(|item| &**item).unwrap_or_default()
    }
}
