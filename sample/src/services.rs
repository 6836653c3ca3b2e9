//! Catalogues of services of the county offices: tables that they would keep.

use calsos_domain::cds::CountyCode;

use crate::State;
use crate::places::Kind;
use crate::random::Draws;

/// A catalogue of services.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CatalogueFile {
    /// Whose it is.
    pub county: CountyCode,
    /// Its name.
    pub name: String,
    /// The table, as CSV.
    pub text: String,
}

/// A service that county offices may have: what stands in its row between the provider and the
/// contact.
struct Offer {
    code: &'static str,
    row: &'static str,
    open_to_all: &'static str,
}

const fn offer(code: &'static str, row: &'static str, open_to_all: &'static str) -> Offer {
    Offer { code, row, open_to_all }
}

const HEADER: &str = "code,provider,division,service,levels,for,kind,indicators,groups,priorities,\
                      from_grade,to_grade,contact,link,open_to_all\n";

/// What every office has.
const ALWAYS: [Offer; 3] = [
    offer("DA-NET", "Superintendent,Differentiated assistance network,2,LEAs,network,,,,,", "N"),
    offer("LCAP", "Business Services,LCAP support,1;2,LEAs,consultation,,,,,", "N"),
    offer(
        "DATA",
        "Accountability,Data and Dashboard support,1,LEAs;schools,data and reports,,,,,",
        "N",
    ),
];

/// What some have.
const SOME: [Offer; 12] = [
    offer("ATT-1", "Student Services,Attendance teams,1;2,LEAs;schools,coaching,CHRO,,,K,12", "N"),
    offer(
        "ATT-2",
        "Student Services,Attendance of students with disabilities,2,LEAs,technical assistance,CHRO,SWD,,,",
        "N",
    ),
    offer(
        "ATT-3",
        "Student Services,Getting homeless youth to school,1;2,LEAs,network,CHRO,HOM,5,,",
        "N",
    ),
    offer(
        "DIS-1",
        "Student Services,Alternatives to suspension,1;2,LEAs;schools,training,SUSP,,6,,",
        "N",
    ),
    offer(
        "DIS-2",
        "Student Services,Fair discipline for foster youth,2,LEAs,coaching,SUSP,FOS,,,",
        "N",
    ),
    offer(
        "ELD",
        "Instruction,English language development,1;2,schools,coaching,ELPI,EL;LTEL,,K,12",
        "N",
    ),
    offer("LIT", "Instruction,Early literacy,1,schools,training,ELA,,,TK,3", "Y"),
    offer("MATH", "Instruction,Mathematics framework,1,schools,training,MATH,,,6,12", "Y"),
    offer(
        "SPED",
        "Special Education,Inclusive classrooms,1;2,LEAs;schools,coaching,ELA;MATH,SWD,4,,",
        "N",
    ),
    offer(
        "CCR",
        "College and Career,College and career network,1,LEAs,network,CCI;GRAD,,,9,12",
        "N",
    ),
    offer("FAM", "Family Engagement,Families as partners,1,LEAs;schools,training,,,3,,", "N"),
    offer("REC", "Superintendent,Bright spots,1,LEAs;schools,recognition,,,,,", "N"),
];

impl State {
    /// The catalogues of the county offices, by their counties.
    #[must_use]
    pub fn catalogues(&self) -> Vec<CatalogueFile> {
        let offices = self.places.leas.iter().filter(|place| place.kind == Kind::CountyOffice);
        let mut catalogues: Vec<CatalogueFile> = offices
            .map(|office| {
                let county = office.cds.county();
                let mut draws = Draws::keyed(self.seed, &[47, office.id]);
                let some = SOME.iter().filter(|_| draws.chance(65_000));
                let mut text = HEADER.to_owned();
                for Offer { code, row, open_to_all } in ALWAYS.iter().chain(some) {
                    text.push_str(&format!(
                        "{code},county:{county},{row},services-{county}@example.org,,{open_to_all}\n"
                    ));
                }
                CatalogueFile { county, name: format!("county-{county}.csv"), text }
            })
            .collect();
        catalogues.sort_by_key(|catalogue| catalogue.county);
        catalogues
    }
}
