//! The LEAs as they are listed, ready to be sent.

use actix_web::web::Bytes;
use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::lea::LeaType;
use calsos_domain::year::DashboardYear;
use calsos_persistence::LeaRecord;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::wanted::Entry;
use crate::error::AppError;

/// An LEA, as it is called now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeaItem)]
pub(crate) struct LeaItem<'a> {
    /// The code that it has now, 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    name: &'a str,
    /// `district`, `countyOffice` or `charter`; absent where no file says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "district")]
    lea_type: Option<&'static str>,
    #[schema(pattern = "^[0-9]{2}$", example = "01")]
    county: String,
    county_name: &'a str,
    /// The district or county office that a charter school's code names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    authorizer: Option<String>,
    /// Years with an answer.
    pub(crate) years: Vec<u16>,
}

impl<'a> LeaItem<'a> {
    /// An LEA as it is called in a year; `of_lea` gives the answers for a code.
    pub(crate) fn of<'e>(
        lea: &'a LeaRecord,
        year: DashboardYear,
        of_lea: impl Fn(CdsCode) -> Vec<&'e Entry>,
    ) -> LeaItem<'a> {
        let cds = lea.cds();
        let answers = lea.codes().iter().flat_map(|code| of_lea(code.cds));
        let mut years: Vec<u16> = answers.map(|entry| entry.year.number()).collect();
        years.sort_unstable();
        LeaItem {
            cds: cds.to_string(),
            name: lea.name_in(year),
            lea_type: lea.lea_type_in(year).map(|lea_type| lea_type.code()),
            county: cds.county().to_string(),
            county_name: lea.county_name_in(year),
            authorizer: lea.authorizer_in(year).map(|cds| cds.to_string()),
            years,
        }
    }
}

/// Every LEA, by the code that it has now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListedLeas {
    leas: Vec<ListedLea>,
    /// What a list shows of each, as JSON, one after another.
    items: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ListedLea {
    cds: CdsCode,
    lea_type: Option<LeaType>,
    /// Its name in small letters.
    name: Box<str>,
    /// Where its JSON ends.
    end: usize,
}

/// What is wanted of the list; LEAs for which every part holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct WantedLea {
    pub(crate) county: Option<CountyCode>,
    pub(crate) lea_type: Option<LeaType>,
    /// Letters of its name, small.
    pub(crate) part: Option<String>,
}

impl ListedLeas {
    /// LEAs in the order of their codes, as they are called in a year.
    pub(super) fn of<'a, 'e>(
        leas: impl Iterator<Item = &'a LeaRecord>,
        year: DashboardYear,
        of_lea: impl Fn(CdsCode) -> Vec<&'e Entry>,
    ) -> Result<ListedLeas, AppError> {
        let mut items = Vec::new();
        let mut listed = Vec::new();
        for lea in leas {
            serde_json::to_writer(&mut items, &LeaItem::of(lea, year, &of_lea))?;
            listed.push(ListedLea {
                cds: lea.cds(),
                lea_type: lea.lea_type_in(year),
                name: lea.name_in(year).to_lowercase().into(),
                end: items.len(),
            });
        }
        Ok(ListedLeas { leas: listed, items: items.into() })
    }

    /// The places of LEAs that are wanted, after a code.
    pub(crate) fn wanted<'i>(
        &'i self,
        wanted: &'i WantedLea,
        after: Option<CdsCode>,
    ) -> impl Iterator<Item = usize> + 'i {
        let WantedLea { county, lea_type, part } = wanted;
        let is = move |lea: &ListedLea| {
            after.is_none_or(|after| lea.cds > after)
                && county.is_none_or(|county| lea.cds.county() == county)
                && lea_type.is_none_or(|lea_type| lea.lea_type == Some(lea_type))
                && part.as_ref().is_none_or(|part| lea.name.contains(part))
        };
        let places = self.leas.iter().enumerate();
        places.filter(move |(_, lea)| is(lea)).map(|(place, _)| place)
    }

    pub(crate) fn cds(&self, place: usize) -> Option<CdsCode> {
        self.leas.get(place).map(|lea| lea.cds)
    }

    /// What a list shows of an LEA.
    pub(crate) fn item(&self, place: usize) -> &[u8] {
        let start = place.checked_sub(1).and_then(|before| self.leas.get(before));
        let start = start.map_or(0, |lea| lea.end);
        let end = self.leas.get(place).map_or(start, |lea| lea.end);
        self.items.get(start..end).unwrap_or_default()
    }
}
