//! Who there is: county offices, districts, charters, other schools, and how some of them
//! followed others.

use std::collections::BTreeMap;

use calsos_domain::cds::CdsCode;
use calsos_domain::lea::LeaType;
use calsos_domain::performance::TableType;
use calsos_domain::release::SuccessionKind;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

use crate::SampleSize;
use crate::names::{self, COUNTIES};
use crate::random::{Draws, times_power_of_two};

/// What kind of record a place has in the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    State,
    District,
    CountyOffice,
    Charter,
    /// An ordinary school, which is in the files and no LEA.
    School,
}

impl Kind {
    pub(crate) fn lea_type(self) -> Option<LeaType> {
        match self {
            Kind::District => Some(LeaType::District),
            Kind::CountyOffice => Some(LeaType::CountyOffice),
            Kind::Charter => Some(LeaType::Charter),
            Kind::State | Kind::School => None,
        }
    }
}

/// Which grades it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Span {
    Elementary,
    Middle,
    High,
    Unified,
}

impl Span {
    pub(crate) fn has_graduates(self) -> bool {
        matches!(self, Span::High | Span::Unified)
    }

    pub(crate) fn grades(self) -> &'static str {
        match self {
            Span::Elementary => "K-8",
            Span::Middle => "6-8",
            Span::High => "9-12",
            Span::Unified => "K-12",
        }
    }
}

/// A district, county office, charter or school.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Its key for draws.
    pub(crate) id: u64,
    pub(crate) cds: CdsCode,
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    /// Its own name.
    pub(crate) name: String,
    /// That of its district or county office; the same for these.
    pub(crate) district_name: String,
    pub(crate) city: String,
    /// Students in the first year.
    pub(crate) students: u32,
    /// How good its results are, in thousandths of a standard deviation.
    pub(crate) quality: i64,
    /// Which share of its students each group has, in 100,000ths, by the group's place.
    pub(crate) shares: [u32; GROUPS],
    /// The years in which it is: the first and the last, where there are such.
    pub(crate) first: Option<DashboardYear>,
    pub(crate) last: Option<DashboardYear>,
    /// Of the Dashboard Alternative School Status program.
    pub(crate) alternative: bool,
    /// A charter's number.
    pub(crate) charter_number: u32,
    /// Its name before this year, where it was another.
    pub(crate) former_name: Option<(DashboardYear, String)>,
}

/// How many groups there are, all students among them.
pub(crate) const GROUPS: usize = StudentGroup::COUNTED.len() + 1;

impl Place {
    pub(crate) fn exists_in(&self, year: DashboardYear) -> bool {
        self.first.is_none_or(|first| first <= year) && self.last.is_none_or(|last| year <= last)
    }

    /// Its name in a year.
    pub(crate) fn name_in(&self, year: DashboardYear) -> &str {
        match &self.former_name {
            Some((from, former)) if year < *from => former,
            _ => &self.name,
        }
    }

    /// The county's name; that of no county for the state.
    pub(crate) fn county(&self) -> &'static str {
        county_name(self.cds)
    }

    pub(crate) fn share(&self, group: StudentGroup) -> u32 {
        self.shares.get(group as usize).copied().unwrap_or(0)
    }

    /// The suspension table that the file names.
    pub(crate) fn table_type(&self) -> TableType {
        let school = matches!(self.kind, Kind::Charter | Kind::School);
        // A district of one school has the school's table.
        let single = self.kind == Kind::District && self.students < 350;
        match (self.span, school || single) {
            (Span::Elementary, true) => TableType::Es,
            (Span::Elementary, false) => TableType::Ed,
            (Span::Middle, _) => TableType::Ms,
            (Span::High, true) => TableType::Hs,
            (Span::High, false) => TableType::Hd,
            (Span::Unified, _) => TableType::Ud,
        }
    }
}

pub(crate) fn county_name(cds: CdsCode) -> &'static str {
    let number = usize::from(cds.county().number());
    number.checked_sub(1).and_then(|at| COUNTIES.get(at)).map_or("", |county| county.name)
}

/// How one LEA followed another.
#[derive(Clone, Debug)]
pub(crate) struct Succession {
    pub(crate) predecessor: CdsCode,
    pub(crate) successor: CdsCode,
    pub(crate) kind: SuccessionKind,
    /// The Dashboard year with which the successor begins.
    pub(crate) from: DashboardYear,
}

/// Everything that is in the state.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) state: Place,
    /// LEAs in the order of their codes.
    pub(crate) leas: Vec<Place>,
    /// Ordinary schools in the order of their codes.
    pub(crate) schools: Vec<Place>,
    pub(crate) successions: Vec<Succession>,
}

/// Students of a district, from the smallest to the largest.
const DISTRICT_SIZES: [u32; 12] =
    [15, 60, 150, 330, 700, 1400, 2600, 4500, 8000, 14_000, 26_000, 90_000];
const CHARTER_SIZES: [u32; 11] = [40, 110, 180, 250, 320, 390, 460, 560, 700, 950, 2800];
const OFFICE_SIZES: [u32; 7] = [20, 60, 150, 300, 500, 800, 3000];

const COUNTY_OFFICES: u32 = COUNTIES.len() as u32;

/// What a draw is for, first in its key.
const ABOUT_PLACE: u64 = 1;
const ABOUT_SUCCESSION: u64 = 2;

impl Places {
    /// Everything that is in the state; `years` are those with an edition.
    pub(crate) fn new(seed: u64, size: SampleSize, years: &[DashboardYear]) -> Places {
        let others = size.leas() - COUNTY_OFFICES;
        let districts = (others * 42 / 100).max(1);
        let mut leas = Vec::new();
        for number in 1..=COUNTY_OFFICES {
            leas.push(office(seed, number));
        }
        let mut per_county: BTreeMap<u32, u32> = BTreeMap::new();
        for (at, county) in spread(districts, |c| c.districts).enumerate() {
            let nth = per_county.entry(county).or_default();
            *nth += 1;
            leas.push(district(seed, at as u64, county, *nth));
        }
        let mut parents: BTreeMap<u32, Vec<Place>> = BTreeMap::new();
        for lea in leas.iter().filter(|lea| lea.students >= 250) {
            parents.entry(u32::from(lea.cds.county().number())).or_default().push(lea.clone());
        }
        let offices: Vec<Place> = leas.iter().take(COUNTIES.len()).cloned().collect();
        let parent_in = |county: u32, draws: &mut Draws| -> Option<Place> {
            let here = parents.get(&county).map_or(&[] as &[Place], Vec::as_slice);
            let at = draws.below(here.len() as u64) as usize;
            here.get(at).or_else(|| offices.get(county as usize - 1)).cloned()
        };
        let mut charters = Vec::new();
        for (at, county) in spread(others - districts, |c| c.charters).enumerate() {
            let mut draws = Draws::keyed(seed, &[ABOUT_PLACE, 3, at as u64]);
            if let Some(parent) = parent_in(county, &mut draws) {
                charters.push(school(draws, at as u64, &parent, Kind::Charter));
            }
        }
        let mut schools = Vec::new();
        for (at, county) in spread(size.schools(), |c| c.districts).enumerate() {
            let mut draws = Draws::keyed(seed, &[ABOUT_PLACE, 4, at as u64]);
            if let Some(parent) = parent_in(county, &mut draws) {
                schools.push(school(draws, at as u64, &parent, Kind::School));
            }
        }
        leas.extend(charters);
        let mut places = Places { state: state(), leas, schools, successions: Vec::new() };
        places.follow(seed, years);
        places.leas.sort_by_key(|place| place.cds);
        places.schools.sort_by_key(|place| place.cds);
        places
    }

    /// Lets some LEAs end and others follow them: about one in eighty.
    fn follow(&mut self, seed: u64, years: &[DashboardYear]) {
        // The first year has no year before it that could be another's.
        let later: Vec<DashboardYear> = years.iter().skip(1).copied().collect();
        if later.is_empty() {
            return;
        }
        let mut draws = Draws::keyed(seed, &[ABOUT_SUCCESSION]);
        let mut successors = Vec::new();
        let mut next_merged: BTreeMap<u8, usize> = BTreeMap::new();
        let changes = (self.leas.len() / 80).max(4);
        let of_kind = |places: &[Place], kind: Kind, draws: &mut Draws| -> Option<usize> {
            let found: Vec<usize> = (0..places.len())
                .filter(|at| places.get(*at).is_some_and(|p| p.kind == kind && p.last.is_none()))
                .collect();
            found.get(draws.below(found.len() as u64) as usize).copied()
        };
        for change in 0..changes as u64 {
            let from = later.get((change % later.len() as u64) as usize).copied();
            // By turns: districts merge, one is renumbered, one is renamed, and a charter
            // goes to another authorizer.
            let kind = if change % 4 == 3 { Kind::Charter } else { Kind::District };
            let Some((from, at)) = from.zip(of_kind(&self.leas, kind, &mut draws)) else {
                continue;
            };
            let Some(old) = self.leas.get(at).cloned() else { continue };
            let before = DashboardYear::new(from.number() - 1);
            match change % 4 {
                0 => {
                    let partner = self.leas.iter().position(|p| {
                        p.kind == Kind::District
                            && p.last.is_none()
                            && p.cds != old.cds
                            && p.cds.county() == old.cds.county()
                            && p.span == old.span
                    });
                    let Some(partner) = partner else { continue };
                    let Some(other) = self.leas.get(partner).cloned() else { continue };
                    let nth = next_merged.entry(old.cds.county().number()).or_insert(0);
                    *nth += 1;
                    let students = old.students + other.students;
                    let digits = 99_900 + *nth as u32;
                    let name = format!("{} Joint {}", old.city, district_word(old.span));
                    let merged = followed(&old, from, digits, change, students, &name);
                    self.note(&old, &merged, SuccessionKind::Merged, from);
                    self.note(&other, &merged, SuccessionKind::Merged, from);
                    successors.push(merged);
                    self.end(&[old.cds, other.cds], before);
                }
                1 => {
                    let digits = 98_000 + change as u32;
                    let name = old.name.clone();
                    let new = followed(&old, from, digits, change, old.students, &name);
                    self.note(&old, &new, SuccessionKind::Renumbered, from);
                    successors.push(new);
                    self.end(&[old.cds], before);
                }
                2 => {
                    self.note(&old, &old, SuccessionKind::Renamed, from);
                    let former = format!("Old {}", old.name);
                    if let Some(place) = self.leas.get_mut(at) {
                        place.former_name = Some((from, former));
                    }
                }
                _ => {
                    let office = u64::from(old.cds.county().number()) * 100_000
                        + u64::from(office_digits(u32::from(old.cds.county().number())));
                    let text = format!("{office:07}{:07}", old.cds.school());
                    let district_name = office_name(old.county());
                    if let Ok(cds) = CdsCode::parse(&text)
                        && cds != old.cds
                    {
                        let first = Some(from);
                        let new = Place { cds, first, district_name, ..old.clone() };
                        self.note(&old, &new, SuccessionKind::Renumbered, from);
                        successors.push(new);
                        self.end(&[old.cds], before);
                    }
                }
            }
        }
        self.leas.extend(successors);
    }

    fn note(&mut self, old: &Place, new: &Place, kind: SuccessionKind, from: DashboardYear) {
        let (predecessor, successor) = (old.cds, new.cds);
        self.successions.push(Succession { predecessor, successor, kind, from });
    }

    fn end(&mut self, ended: &[CdsCode], last: Option<DashboardYear>) {
        for place in self.leas.iter_mut().filter(|place| ended.contains(&place.cds)) {
            place.last = last;
        }
    }
}

/// A district that follows another under new digits: the same in all but these, its size
/// and its name.
fn followed(
    old: &Place,
    from: DashboardYear,
    digits: u32,
    change: u64,
    students: u32,
    name: &str,
) -> Place {
    let cds = code(u32::from(old.cds.county().number()), digits, 0);
    let district_name = name.to_owned();
    Place {
        id: old.id + (change + 1) * 1_000_000_000,
        cds,
        name: name.to_owned(),
        district_name,
        students,
        first: Some(from),
        last: None,
        ..old.clone()
    }
}

/// Counties for so many places, in the order of their numbers, each by its weight.
fn spread(count: u32, weight: fn(&names::County) -> u32) -> impl Iterator<Item = u32> {
    let total: u32 = COUNTIES.iter().map(weight).sum();
    let mut given = 0;
    let mut weights = 0;
    (1..).zip(&COUNTIES).flat_map(move |(number, county)| {
        weights += weight(county);
        let until = (u64::from(count) * u64::from(weights) / u64::from(total)) as u32;
        let here = until - given;
        given = until;
        std::iter::repeat_n(number, here as usize)
    })
}

/// Digits that no real code has: districts are numbered from 80000, county offices from
/// 19001, schools from 9000001 on. Every part is within its width.
fn code(county: u32, district: u32, school: u32) -> CdsCode {
    let text = format!("{county:02}{district:05}{school:07}");
    CdsCode::parse(&text).unwrap_or(CdsCode::STATE)
}

fn office_digits(county: u32) -> u32 {
    19_000 + county
}

fn office_name(county: &str) -> String {
    format!("Made-up {county} County Office of Education")
}

fn state() -> Place {
    let mut shares = [0; GROUPS];
    let known = [
        100_000, 5100, 500, 9600, 19_000, 2300, 600, 55_000, 4000, 7000, 4300, 450, 62_000, 13_500,
        21_000,
    ];
    shares.copy_from_slice(&known);
    Place {
        id: 0,
        cds: CdsCode::STATE,
        kind: Kind::State,
        span: Span::Unified,
        name: "State of California".to_owned(),
        district_name: "State of California".to_owned(),
        city: String::new(),
        students: 5_900_000,
        quality: 0,
        shares,
        first: None,
        last: None,
        alternative: false,
        charter_number: 0,
        former_name: None,
    }
}

fn office(seed: u64, county: u32) -> Place {
    let mut draws = Draws::keyed(seed, &[ABOUT_PLACE, 1, u64::from(county)]);
    let name = office_name(COUNTIES.get(county as usize - 1).map_or("", |c| c.name));
    Place {
        id: u64::from(county),
        cds: code(county, office_digits(county), 0),
        kind: Kind::CountyOffice,
        span: Span::Unified,
        district_name: name.clone(),
        name,
        city: names::place(u64::from(county) * 331 + 17),
        students: draws.on_curve(&OFFICE_SIZES),
        // Their own schools are for those whom other schools did not hold.
        quality: draws.normal() - 1300,
        shares: shares(&mut draws, -1200, Span::High),
        first: None,
        last: None,
        alternative: false,
        charter_number: 0,
        former_name: None,
    }
}

fn district_word(span: Span) -> &'static str {
    match span {
        Span::Elementary | Span::Middle => "Elementary",
        Span::High => "High",
        Span::Unified => "Unified",
    }
}

fn district(seed: u64, at: u64, county: u32, nth: u32) -> Place {
    let mut draws = Draws::keyed(seed, &[ABOUT_PLACE, 2, at]);
    let span = match draws.below(100) {
        0..54 => Span::Elementary,
        54..62 => Span::High,
        _ => Span::Unified,
    };
    let students = draws.on_curve(&DISTRICT_SIZES);
    // Small districts are elementary ones, high school districts are not small.
    let (span, students) = match span {
        Span::Unified if students < 250 => (Span::Elementary, students),
        Span::High => (span, students + 600),
        other => (other, students),
    };
    let quality = draws.normal();
    let city = names::place(at);
    let name = format!("{city} {}", district_word(span));
    Place {
        id: 100_000 + at,
        cds: code(county, 80_000 + nth, 0),
        kind: Kind::District,
        span,
        district_name: name.clone(),
        name,
        city,
        students,
        quality,
        shares: shares(&mut draws, quality, span),
        first: None,
        last: None,
        alternative: false,
        charter_number: 0,
        former_name: None,
    }
}

/// A charter or an ordinary school of a parent.
fn school(mut draws: Draws, at: u64, parent: &Place, kind: Kind) -> Place {
    let span = match draws.below(10) {
        0..5 => Span::Elementary,
        5 => Span::Middle,
        6..9 => Span::High,
        _ => Span::Unified,
    };
    let charter = kind == Kind::Charter;
    let alternative = span.has_graduates() && draws.chance(if charter { 9000 } else { 4000 });
    let quality =
        parent.quality / 2 + draws.normal() * 85 / 100 - if alternative { 1300 } else { 0 };
    let own = names::place(7919 + at * 13);
    let (id, number, name) = if charter {
        (200_000 + at, 9_000_001 + at, format!("{own} {}", draws.one_of(&names::CHARTER_ENDINGS)))
    } else {
        let word = match span {
            Span::Middle => "Middle",
            Span::High => "High",
            Span::Elementary | Span::Unified => "Elementary",
        };
        (400_000 + at, 9_500_001 + at, format!("{own} {word}"))
    };
    let county = u32::from(parent.cds.county().number());
    Place {
        id,
        cds: code(county, parent.cds.district(), number as u32),
        kind,
        span,
        name,
        district_name: parent.district_name.clone(),
        city: parent.city.clone(),
        students: draws.on_curve(&CHARTER_SIZES),
        quality,
        shares: shares(&mut draws, quality, span),
        first: None,
        last: None,
        alternative,
        charter_number: 5000 + at as u32,
        former_name: None,
    }
}

/// The groups' shares: where results are low, more students are poor.
fn shares(draws: &mut Draws, quality: i64, span: Span) -> [u32; GROUPS] {
    let poor = (60_000 - quality * 14 + draws.normal() * 12).clamp(5_000, 97_000);
    let hispanic = (48_000 + (poor - 60_000) * 6 / 10 + draws.normal() * 18).clamp(3_000, 96_000);
    let rest = 100_000 - hispanic;
    // Weights of White, Asian, African American, two or more, Filipino, American Indian and
    // Pacific Islander students among the rest, each with a spread of its own.
    let mut weights = [520, 130, 90, 85, 35, 11, 8];
    for (weight, spread) in weights.iter_mut().zip([500, 1600, 1300, 500, 1300, 1500, 1000]) {
        *weight = times_power_of_two(*weight * 100, draws.normal() * spread / 1000);
    }
    let total: i64 = weights.iter().sum::<i64>().max(1);
    let race = |at: usize| weights.get(at).map_or(0, |weight| rest * weight / total);
    let language = hispanic * 28 / 100 + race(1) * 12 / 100;
    let language = (language + language * draws.normal() / 4000).clamp(0, 80_000);
    let long_term = language
        * match span {
            Span::Elementary => 12,
            Span::Middle => 45,
            Span::High => 65,
            Span::Unified => 28,
        }
        / 100;
    let disabled = (12_500 + draws.normal() * 3).clamp(5_000, 30_000);
    let homeless = times_power_of_two(2_400, draws.normal() * 12 / 10).min(poor);
    let foster = times_power_of_two(430, draws.normal() * 8 / 10);
    let by_group = [
        100_000,
        race(2),
        race(5),
        race(1),
        language,
        race(4),
        foster,
        hispanic,
        homeless,
        long_term,
        race(3),
        race(6),
        poor,
        disabled,
        race(0),
    ];
    by_group.map(|share| u32::try_from(share).unwrap_or(0))
}
