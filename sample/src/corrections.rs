//! What the state corrected in a list that it issued twice.

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::release::PublishedRow;
use calsos_domain::rulebook::Edition;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

use crate::State;
use crate::facts::Facts;
use crate::places::{Kind, Place};

/// How the issues of a list differ from each other and from the files.
#[derive(Clone, Debug)]
pub(crate) struct Corrections {
    pub(crate) year: DashboardYear,
    /// The first issue gave a group a letter that the second does not.
    pub(crate) too_much: (CdsCode, StudentGroup, char),
    /// The first issue gave a group another letter than the second.
    pub(crate) another: (CdsCode, StudentGroup, char),
    /// Both issues leave out a letter that follows from the files: the state changed its
    /// answer, and not the files.
    pub(crate) taken_away: (CdsCode, StudentGroup),
    /// LEAs that the first issue lists although they are no more.
    pub(crate) dropped: Vec<CdsCode>,
    /// Rows of the first issue that carry another LEA's county-district code.
    pub(crate) mistaken: BTreeMap<CdsCode, CdsCode>,
}

impl Corrections {
    /// Finds LEAs that the corrections of the year can be about; `None` where no list of the
    /// year was issued twice, or the state is too small.
    pub(crate) fn find(state: &State) -> Option<Corrections> {
        let twice = |edition: &&Edition| {
            state.layouts.lists(edition.year).iter().any(|list| list.first_issue)
        };
        let edition = state.books.editions().find(twice)?;
        let year = edition.year;
        let facts = Facts::new(state);
        let districts = || {
            let here = |p: &&Place| p.kind == Kind::District && p.exists_in(year);
            state.places.leas.iter().filter(here)
        };
        let mut with_codes = districts().filter_map(|place| {
            let lea_type = place.kind.lea_type()?;
            let facts = facts.with_lists(place, lea_type);
            let row = facts.years.get(&year)?.published.as_ref()?.value.clone();
            (row.codes.len() >= 2).then_some(row)
        });
        let (first, second, third) = (with_codes.next()?, with_codes.next()?, with_codes.next()?);
        let letters: Vec<char> = edition.codes.values().copied().collect();
        let uncoded =
            edition.groups.iter().find(|group| !first.codes.contains_key(group)).copied()?;
        let (group, letter) = first_code(&second)?;
        let other = letters.iter().copied().find(|other| *other != letter)?;
        let ended = |p: &&Place| {
            p.kind == Kind::District
                && p.last.is_some_and(|last| last.number() + 1 == year.number())
        };
        let listed: Vec<CdsCode> = districts().map(|place| place.cds).take(6).collect();
        Some(Corrections {
            year,
            too_much: (first.cds, uncoded, *letters.first()?),
            another: (second.cds, group, other),
            taken_away: (third.cds, first_code(&third)?.0),
            dropped: state.places.leas.iter().filter(ended).map(|p| p.cds).take(5).collect(),
            mistaken: listed.iter().copied().zip(listed.iter().copied().skip(1)).collect(),
        })
    }

    /// A row as the first issue had it.
    pub(crate) fn as_first_issued(&self, mut row: PublishedRow) -> PublishedRow {
        for (cds, group, letter) in [self.too_much, self.another] {
            if row.cds == cds {
                row.codes.insert(group, letter);
            }
        }
        row.group_count = u32::try_from(row.codes.len()).ok();
        row
    }
}

fn first_code(row: &PublishedRow) -> Option<(StudentGroup, char)> {
    row.codes.iter().next().map(|(group, letter)| (*group, *letter))
}
