//! Local indicators, the directory, the operator's tables, and a page about the sample.

use calsos_domain::priority::Priority;
use calsos_domain::year::DashboardYear;

use crate::facts::takes_calpads;
use crate::layouts::LocalLayout;
use crate::names::{FAMILY_NAMES, GIVEN_NAMES};
use crate::places::{Kind, Place, Span, county_name};
use crate::random::Draws;
use crate::table::{Form, Frame, Record, write};
use crate::{SampleError, State};

impl State {
    /// The local indicators of a priority and year.
    pub(crate) fn write_local(
        &self,
        priority: Priority,
        year: DashboardYear,
        layout: &LocalLayout,
        form: Form,
    ) -> Result<Vec<u8>, SampleError> {
        let sheet = format!("pr{priority}{year}");
        let frame =
            Frame { sheet: &sheet, delimiter: layout.delimiter, ..Frame::plain(&layout.columns) };
        write(form, &frame, |row| {
            let mut record = Record::default();
            for place in &self.places.leas {
                let Some(rating) = self.local_rating(place, priority, year) else { continue };
                let number = u64::from(priority.number());
                let key = [41, place.id, number, u64::from(year.number())];
                let mut draws = Draws::keyed(self.seed, &key);
                record.clear();
                for column in &layout.columns {
                    match column.to_ascii_lowercase().as_str() {
                        "cdscode" => record.text(&place.cds.to_string()),
                        "lea" => record.text(place.name_in(year)),
                        "prioritynumber" => record.number(priority),
                        "countyperformance" | "performance" => record.text(rating.name()),
                        "additionalinfo" => record.blank(),
                        "meetingdate" => {
                            let (month, day) = (5 + draws.below(2), 1 + draws.below(28));
                            record.text(&format!("{year}-{month:02}-{day:02}"));
                        }
                        "year" => record.text(&year.to_string()),
                        name if name.starts_with("num") => record.number(draws.below(4)),
                        name if is_narrative(name) => record.text(
                            "The board heard the results, and families and staff were asked.",
                        ),
                        _ => record.number(1 + draws.below(5)),
                    }
                }
                row(&record)?;
            }
            Ok(())
        })
    }

    /// Student data that were not certified on time; `None` for a year that does not ask.
    pub(crate) fn write_calpads(&self, year: DashboardYear) -> Option<String> {
        self.books.edition(year).filter(|edition| takes_calpads(edition))?;
        let mut text = "cds,certified,year\n".to_owned();
        for cds in self.calpads_not_certified(year) {
            text.push_str(&format!("{cds},N,{year}\n"));
        }
        Some(text)
    }

    /// LEAs that followed others. A Dashboard year begins in the summer of the year before.
    pub(crate) fn write_successions(&self) -> String {
        let mut text = "predecessor_cds,successor_cds,kind,effective_date,source\n".to_owned();
        for succession in &self.places.successions {
            let kind = succession.kind.code();
            let year = succession.from.number() - 1;
            let (before, after) = (succession.predecessor, succession.successor);
            text.push_str(&format!("{before},{after},{kind},{year}-07-01,made up\n"));
        }
        text
    }

    /// The public schools directory. It has people in it, all of them made up.
    pub(crate) fn write_directory(&self, form: Form) -> Result<Vec<u8>, SampleError> {
        let (_, columns) = self.layouts.directory();
        write(form, &Frame::plain(&columns), |row| {
            let mut record = Record::default();
            let others = self.no_leas();
            let mut places: Vec<&Place> = self
                .places
                .leas
                .iter()
                .chain(&self.places.schools)
                .chain(others.iter().map(|(place, ..)| place))
                .collect();
            places.sort_by_key(|place| place.cds);
            for place in places {
                let special = others.iter().find(|(other, ..)| other.cds == place.cds);
                record.clear();
                for column in &columns {
                    self.directory_cell(&mut record, column, place, special);
                }
                row(&record)?;
            }
            Ok(())
        })
    }

    /// Records of the directory with a zero school code that are no LEA of the rules'.
    fn no_leas(&self) -> Vec<(Place, &'static str, &'static str)> {
        let kinds = [
            (97_001, "98", "Regional Occupation Center/Program (ROC/P)", "Regional Program"),
            (97_002, "31", "State Special Schools", "State Special School"),
            (97_003, "02", "State Board of Education", "SBE - Made-up Charter"),
            (97_004, "34", "Non-School Locations", "Juvenile Hall"),
        ];
        let offices = self.places.leas.iter().filter(|p| p.kind == Kind::CountyOffice);
        offices
            .step_by(7)
            .flat_map(|office| {
                kinds.iter().filter_map(move |(digits, code, words, name)| {
                    let text = format!("{}{digits}0000000", office.cds.county());
                    let cds = text.parse().ok()?;
                    let name = format!("{} {name}", office.city);
                    let district_name = name.clone();
                    let place = Place {
                        id: office.id + u64::from(*digits as u32) * 1000,
                        cds,
                        kind: Kind::District,
                        name,
                        district_name,
                        ..office.clone()
                    };
                    Some((place, *code, *words))
                })
            })
            .collect()
    }

    fn directory_cell(
        &self,
        record: &mut Record,
        column: &str,
        place: &Place,
        special: Option<&(Place, &'static str, &'static str)>,
    ) {
        let mut draws = Draws::keyed(self.seed, &[42, place.id]);
        let school = matches!(place.kind, Kind::Charter | Kind::School);
        let newest = self.books.editions().last().map_or(2000, |e| e.year.number());
        let (code, words) = match special {
            Some((_, code, words)) => (*code, *words),
            None if place.cds.has_county_office_digits() => {
                ("00", "County Office of Education (COE)")
            }
            None => match self.district_span(place) {
                Span::High => ("56", "High School District"),
                Span::Unified => ("54", "Unified School District"),
                Span::Elementary | Span::Middle => ("52", "Elementary School District"),
            },
        };
        let street = || format!("{} {} Street", 100 + place.id % 900, place.city);
        let zip = || format!("{:05}", 99_000 + place.id % 900);
        let no_data = "No Data";
        match column {
            "CDSCode" => record.text(&place.cds.to_string()),
            "NCESDist" => record.text(&format!("06{:05}", 90_000 + place.cds.district() % 10_000)),
            "NCESSchool" if school => record.text(&format!("{:05}", place.id % 100_000)),
            "StatusType" => record.text(match (place.last, place.kind) {
                (None, _) => "Active",
                (Some(_), Kind::Charter | Kind::School) => "Closed",
                (Some(_), _) => "Merged",
            }),
            "County" => record.text(county_name(place.cds)),
            "District" if school => record.text(&place.district_name),
            "District" => record.text(&place.name),
            "School" if school => record.text(&place.name),
            "Street" | "StreetAbr" | "MailStreet" | "MailStrAbr" => record.text(&street()),
            "City" | "MailCity" => record.text(&place.city),
            "Zip" | "MailZip" => record.text(&zip()),
            "State" | "MailState" => record.text("CA"),
            "Phone" => record.text(&format!("(555) 555-{:04}", place.id % 10_000)),
            "OpenDate" => match place.first {
                Some(first) => record.text(&format!("07/01/{}", first.number() - 1)),
                None => record.text(&format!("07/01/{}", 1960 + place.id % 40)),
            },
            "ClosedDate" => match place.last {
                Some(last) => record.text(&format!("06/30/{last}")),
                None => record.text(no_data),
            },
            "Charter" if school => record.text(if place.kind == Kind::Charter { "Y" } else { "N" }),
            "CharterNum" if place.kind == Kind::Charter => {
                record.text(&format!("{:04}", place.charter_number));
            }
            "FundingType" if place.kind == Kind::Charter => {
                record.text(if place.id.is_multiple_of(4) {
                    "Locally funded"
                } else {
                    "Directly funded"
                });
            }
            "DOC" => record.text(code),
            "DOCType" => record.text(words),
            "SOC" if school => record.text(match place.span {
                Span::Elementary => "60",
                Span::Middle => "62",
                Span::High => "66",
                Span::Unified => "65",
            }),
            "SOCType" if school => record.text(match place.span {
                Span::Elementary => "Elementary Schools (Public)",
                Span::Middle => "Intermediate/Middle Schools (Public)",
                Span::High => "High Schools (Public)",
                Span::Unified => "K-12 Schools (Public)",
            }),
            "EdOpsCode" if school => record.text("TRAD"),
            "EdOpsName" if school => record.text("Traditional"),
            "EILCode" if school => record.text("ELEM"),
            "EILName" if school => record.text("Elementary"),
            "GSoffered" | "GSserved" => record.text(place.span.grades()),
            "Virtual" | "Magnet" | "YearRoundYN" | "Multilingual" if school => record.text("N"),
            "Latitude" => record.number(format!("{}.{:05}", 33 + place.id % 8, place.id % 99_991)),
            "Longitude" => {
                record.number(format!("-{}.{:05}", 115 + place.id % 9, place.id % 99_989));
            }
            "AdmFName" => record.text(draws.one_of(&GIVEN_NAMES)),
            "AdmLName" => {
                draws.next();
                record.text(draws.one_of(&FAMILY_NAMES));
            }
            "LastUpDate" => record.text(&format!("01/15/{newest}")),
            _ => record.text(no_data),
        }
    }

    /// The grades of the district that a place is in.
    fn district_span(&self, place: &Place) -> Span {
        let authorizer = place.cds.authorizer();
        let own = self.places.leas.binary_search_by_key(&authorizer, |lea| lea.cds);
        own.ok().and_then(|at| self.places.leas.get(at)).map_or(place.span, |lea| lea.span)
    }
}

fn is_narrative(name: &str) -> bool {
    name.starts_with("narrative")
        || ["nativesummary", "summary", "measures", "barriers", "revisions"].contains(&name)
}
