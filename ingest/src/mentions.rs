//! The LEAs that a file names, and which counties it speaks about.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::lea::LeaType;
use calsos_domain::release::{Coverage, LeaMention};

use crate::cells::is_blank;

/// A file with rows of so many of the 58 counties is the statewide one. A county office's
/// own extract holds one county, or a few; the smallest statewide file, of one row for each
/// county office, holds nearly all.
pub(crate) const STATEWIDE_FROM: usize = 30;

/// LEAs as they are met in the rows.
#[derive(Default, Debug)]
pub(crate) struct Mentions {
    leas: BTreeMap<CdsCode, LeaMention>,
    counties: BTreeSet<CountyCode>,
    charter_counties: BTreeSet<CountyCode>,
    /// The LEA of the row before, where a further row with names alone can add nothing to it:
    /// files are sorted by LEA.
    settled: Option<(CdsCode, LeaType)>,
}

impl Mentions {
    /// Whether a further row of this LEA with names alone can add nothing.
    pub(crate) fn is_settled(&self, cds: CdsCode, lea_type: LeaType) -> bool {
        self.settled == Some((cds, lea_type))
    }

    /// Notes an LEA of a row that is kept. A later row fills what an earlier one left blank.
    pub(crate) fn add(&mut self, cds: CdsCode, lea_type: LeaType, texts: Texts<'_>) {
        let only_names = texts.city.is_empty() && texts.grade_span.is_empty();
        if only_names && self.is_settled(cds, lea_type) {
            return;
        }
        match lea_type {
            LeaType::Charter => self.charter_counties.insert(cds.county()),
            LeaType::District | LeaType::CountyOffice => self.counties.insert(cds.county()),
        };
        let lea = self.leas.entry(cds).or_insert_with(|| LeaMention {
            cds,
            lea_type,
            name: String::new(),
            county_name: String::new(),
            city: None,
            grade_span: None,
        });
        // Some rows of a county office lack the flag that says so.
        if lea_type == LeaType::CountyOffice {
            lea.lea_type = lea_type;
        }
        let fill = |known: &mut String, text: &str| {
            if known.is_empty() && !is_blank(text) {
                text.trim().clone_into(known);
            }
        };
        fill(&mut lea.name, texts.name);
        fill(&mut lea.county_name, texts.county_name);
        for (known, text) in [(&mut lea.city, texts.city), (&mut lea.grade_span, texts.grade_span)]
        {
            if known.is_none() && !is_blank(text) {
                *known = Some(text.trim().to_owned());
            }
        }
        let named = !lea.name.is_empty() && !lea.county_name.is_empty();
        self.settled = named.then_some((cds, lea_type));
    }

    pub(crate) fn finish(self) -> (Coverage, Vec<LeaMention>) {
        let all = self.counties.union(&self.charter_counties).count();
        let coverage = Coverage {
            statewide: all >= STATEWIDE_FROM,
            counties: self.counties,
            charter_counties: self.charter_counties,
        };
        (coverage, self.leas.into_values().collect())
    }
}

/// What a row says of an LEA; blank where it says nothing.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Texts<'a> {
    pub(crate) name: &'a str,
    pub(crate) county_name: &'a str,
    pub(crate) city: &'a str,
    pub(crate) grade_span: &'a str,
}

/// The kind of an LEA that only its code tells, as in lists and local indicator files.
pub(crate) fn lea_type_of(cds: CdsCode) -> LeaType {
    if !cds.is_district_level() {
        LeaType::Charter
    } else if cds.has_county_office_digits() {
        LeaType::CountyOffice
    } else {
        LeaType::District
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statewide(counties: u8) -> bool {
        let mut mentions = Mentions::default();
        for county in 1..=counties {
            let cds = CdsCode::parse(&format!("{county:02}999990000000")).unwrap();
            mentions.add(cds, LeaType::District, Texts::default());
        }
        mentions.finish().0.statewide
    }

    #[test]
    fn thirty_counties_are_the_state_and_twenty_nine_are_an_extract() {
        assert!(!statewide(29));
        assert!(statewide(30));
    }

    #[test]
    fn a_county_office_is_one_also_where_some_rows_lack_its_flag() {
        let cds = CdsCode::parse("01999990000000").unwrap();
        let mut mentions = Mentions::default();
        mentions.add(cds, LeaType::District, Texts::default());
        let texts = Texts { name: "Some Office", county_name: "*", ..Texts::default() };
        mentions.add(cds, LeaType::CountyOffice, texts);
        let (_, leas) = mentions.finish();
        assert_eq!(leas[0].lea_type, LeaType::CountyOffice);
        assert_eq!((leas[0].name.as_str(), leas[0].county_name.as_str()), ("Some Office", ""));
    }
}
