//! Templates of the operator's tables: a header, and one example row that no table can be
//! taken in with, so that a made-up row never becomes a fact.

use calsos_domain::release::ReleaseKind;

/// What the first cell of an example row starts with.
pub(crate) const EXAMPLE: &str = "example:";

/// A template of a table that operators keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Template {
    /// Its name.
    pub name: &'static str,
    /// The kind of file that it is for.
    pub kind: ReleaseKind,
    /// What such a table is for, in one sentence.
    pub about: &'static str,
    /// The template itself, as CSV.
    pub text: &'static str,
}

/// Every template.
pub const TEMPLATES: [Template; 5] = [
    Template {
        name: "calpads",
        kind: ReleaseKind::CalpadsExceptions,
        about: "LEAs that did not certify their CALPADS data on time (method M4)",
        text: "cds,certified,year\nexample: 58900010000000,N,2024\n",
    },
    Template {
        name: "successions",
        kind: ReleaseKind::Successions,
        about: "LEAs that merged, split, were renumbered or renamed; the newest table counts",
        text: "predecessor_cds,successor_cds,kind,effective_date,source\n\
               example: 58900020000000,58900030000000,renumbered,2024-07-01,state directory\n",
    },
    Template {
        name: "geographic-leads",
        kind: ReleaseKind::GeographicLeads,
        about: "the geographic lead agency of each county; the newest table counts",
        text: "county,lead_agency,from,until,source\n\
               example: 58,Made-up County Office of Education,2023-07-01,,letter of the state\n",
    },
    Template {
        name: "charter-locations",
        kind: ReleaseKind::CharterLocations,
        about: "the county in which charter schools are located; the newest table counts",
        text: "cds,located_in,from,until,source\n\
               example: 58900010000001,57,2023-07-01,2024-06-30,charter petition\n",
    },
    Template {
        name: "nces-ids",
        kind: ReleaseKind::NcesIds,
        about: "federal (NCES) ids of districts and charter schools; the newest table counts",
        text: "cds,nces_district,nces_school\nexample: 58900010000001,0699999,99999\n",
    },
];
