//! The facts of LEAs as the files will have them, and the state's lists that follow from
//! them: each year is decided with the lists of the years before as its history.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CdsCode;
use calsos_domain::determination::{Determination, decide};
use calsos_domain::evaluation::Basis;
use calsos_domain::facts::{Cited, LeaFacts, ReleaseNumber, YearFacts};
use calsos_domain::indicator::Indicator;
use calsos_domain::lea::LeaType;
use calsos_domain::outcome::Outcome;
use calsos_domain::priority::Priority;
use calsos_domain::register::Register;
use calsos_domain::release::{LocalRating, PublishedRow, PublishedStatus};
use calsos_domain::rulebook::{Edition, Effect, MethodTest};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::Answer;
use calsos_domain::year::DashboardYear;

use crate::State;
use crate::indicator_files::IndicatorFile;
use crate::places::{Kind, Place};

/// What each year's files would say of an LEA.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    state: &'a State,
    files: Vec<IndicatorFile<'a>>,
    locals: Vec<(DashboardYear, Priority)>,
}

/// All facts cite one release: they are not read from files.
const RELEASE: ReleaseNumber = ReleaseNumber(1);

// What is flagged, for the draws.
const REPORTS_NOTHING: u64 = 31;
const FAILS: u64 = 32;
const NEVER_REPORTS: u64 = 33;
const OFTEN_FAILS: u64 = 34;
const NOT_IN_FILE: u64 = 35;
const NOT_CERTIFIED: u64 = 36;

impl<'a> Facts<'a> {
    pub(crate) fn new(state: &'a State) -> Facts<'a> {
        let mut files = Vec::new();
        let mut locals = Vec::new();
        for edition in state.books.editions() {
            for indicator in Indicator::ALL {
                if edition.indicators.contains_key(&indicator) {
                    files.extend(state.indicator_file(indicator, edition.year, false));
                }
            }
            for priority in state.layouts.local_priorities() {
                if state.has_local_file(priority, edition.year) {
                    locals.push((edition.year, priority));
                }
            }
        }
        Facts { state, files, locals }
    }

    /// The facts of an LEA without any list.
    pub(crate) fn without_lists(&self, place: &Place, lea_type: LeaType) -> LeaFacts {
        let mut years: BTreeMap<DashboardYear, YearFacts> = BTreeMap::new();
        for edition in self.state.books.editions() {
            let facts = years.entry(edition.year).or_default();
            facts.named = place.exists_in(edition.year);
            let not_certified = takes_calpads(edition)
                && facts.named
                && self.state.calpads_not_certified(edition.year).contains(&place.cds);
            if not_certified {
                facts.calpads_certified = Some(Cited { value: false, release: RELEASE, row: 0 });
            }
        }
        for file in &self.files {
            let facts = years.entry(file.year).or_default();
            facts.indicator_releases.insert(file.indicator, RELEASE);
            for group in StudentGroup::COUNTED {
                if !file.names(group) {
                    continue;
                }
                if let Some(values) = file.values(place, group) {
                    let cited = Cited { value: values.performance, release: RELEASE, row: 0 };
                    facts.performances.insert((file.indicator, group), cited);
                }
            }
        }
        for (year, priority) in &self.locals {
            let facts = years.entry(*year).or_default();
            facts.local_releases.insert(*priority, RELEASE);
            if let Some(value) = self.state.local_rating(place, *priority, *year) {
                let cited = Cited { value, release: RELEASE, row: 0 };
                facts.local_ratings.insert(*priority, cited);
            }
        }
        LeaFacts {
            cds: place.cds,
            lea_type,
            years,
            successions: Vec::new(),
            register: Register::default(),
        }
    }

    /// The facts of an LEA with its rows of the lists.
    ///
    /// A list's row is what is decided with the rows of the years before as history. Deciding
    /// all years over and over until no row changes gives just that: the first year's row is
    /// right the first time, the second year's the second time at the latest, and so on.
    pub(crate) fn with_lists(&self, place: &Place, lea_type: LeaType) -> LeaFacts {
        let mut facts = self.without_lists(place, lea_type);
        if lea_type == LeaType::Charter {
            return facts;
        }
        for year in facts.years.values_mut() {
            year.list_release = Some(RELEASE);
        }
        for _ in 0..=facts.years.len() {
            let decided = decide(&self.state.books, &facts, Basis::Files);
            let mut rows: BTreeMap<DashboardYear, PublishedRow> = BTreeMap::new();
            for (year, determination) in decided.iter().filter(|(_, d)| d.decided) {
                if let Some(row) = self.published_row(determination, &rows) {
                    rows.insert(*year, row);
                }
            }
            let mut changed = false;
            for (year, known) in &mut facts.years {
                let row = rows.remove(year);
                let before = known.published.as_ref().map(|cited| &cited.value);
                if before != row.as_ref() {
                    changed = true;
                    known.published = row.map(|value| Cited { value, release: RELEASE, row: 0 });
                }
            }
            if !changed {
                break;
            }
        }
        facts
    }

    /// What the state's list would say: what was decided, but for what it corrected.
    fn published_row(
        &self,
        determination: &Determination<'_>,
        before: &BTreeMap<DashboardYear, PublishedRow>,
    ) -> Option<PublishedRow> {
        let Determination { cds, edition, conclusions, .. } = determination;
        let mut codes: BTreeMap<StudentGroup, char> = BTreeMap::new();
        for (group, code) in &conclusions.codes {
            if let Answer::Known(Some(letter)) = code {
                codes.insert(*group, *letter);
            }
        }
        if let Some(corrections) = &self.state.corrections
            && corrections.year == edition.year
            && corrections.taken_away.0 == *cds
        {
            codes.remove(&corrections.taken_away.1);
        }
        let text = conclusions.label.text.known()?;
        let columns = ListColumn::all(&edition.published_columns.columns);
        let methods = columns.iter().filter_map(|column| match column {
            ListColumn::Method(number) => {
                let outcome =
                    edition.methods.iter().find(|method| method.number() == *number).and_then(
                        |method| conclusions.methods.iter().find(|(id, _)| *id == method.id),
                    );
                Some((*number, outcome.is_some_and(|(_, outcome)| outcome.is_met())))
            }
            _ => None,
        });
        let flag = |column: ListColumn, effects: &[Effect]| {
            columns.contains(&column).then(|| {
                let of_effect = |id: &str| {
                    edition.sustained.iter().any(|r| r.id == id && effects.contains(&r.effect))
                };
                let met = |outcome: Outcome| outcome.is_met();
                conclusions.sustained.iter().any(|s| of_effect(&s.id) && met(s.outcome))
            })
        };
        let earlier = before.iter().map(|(year, row)| (*year, row.status));
        Some(PublishedRow {
            row: 0,
            cds: *cds,
            group_count: u32::try_from(codes.len()).ok(),
            listed_groups: edition.groups.clone(),
            status: PublishedStatus::parse(text)?,
            earlier_statuses: earlier.collect(),
            methods: methods.collect(),
            ec52072: flag(ListColumn::Ec52072, &[Effect::Level3, Effect::DataTest]),
            ec52071f: flag(ListColumn::Ec52071f, &[Effect::GeographicLead]),
            codes,
        })
    }
}

/// Whether the year's rules look at CALPADS.
pub(crate) fn takes_calpads(edition: &Edition) -> bool {
    edition.methods.iter().any(|method| method.test == MethodTest::CalpadsNotCertified)
}

/// A column of a published list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ListColumn {
    CountyDistrict,
    Cds,
    Name,
    City,
    County,
    Grades,
    Year,
    Code(StudentGroup),
    Groups,
    /// The status of a year; the list's own where none is named.
    Status(Option<DashboardYear>),
    Method(u8),
    Ec52072,
    Ec52071f,
    Unknown,
}

impl ListColumn {
    pub(crate) fn all(names: &[String]) -> Vec<ListColumn> {
        names.iter().map(|name| ListColumn::of(name)).collect()
    }

    fn of(name: &str) -> ListColumn {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let coded = plain.strip_suffix("priorities").and_then(StudentGroup::parse);
        let status = plain.strip_prefix("assistancestatus");
        let method = plain.strip_prefix("metmethod").and_then(|n| n.parse().ok());
        match (coded, status, method) {
            (Some(group), ..) => ListColumn::Code(group),
            (_, Some(year), _) => ListColumn::Status(DashboardYear::parse(year)),
            (.., Some(number)) => ListColumn::Method(number),
            (None, None, None) => match plain.as_str() {
                "cdcode" => ListColumn::CountyDistrict,
                "cds" => ListColumn::Cds,
                "leaname" | "districtname" => ListColumn::Name,
                "cityname" => ListColumn::City,
                "countyname" => ListColumn::County,
                "gsoffered" => ListColumn::Grades,
                "reportyear" | "reportingyear" => ListColumn::Year,
                "totalstudentgroups" => ListColumn::Groups,
                _ if plain.starts_with("ec52072") => ListColumn::Ec52072,
                _ if plain.starts_with("ec52071f") => ListColumn::Ec52071f,
                _ => ListColumn::Unknown,
            },
        }
    }
}

impl State {
    /// An LEA's rating of itself; `None` where the file has no row for it.
    pub(crate) fn local_rating(
        &self,
        place: &Place,
        priority: Priority,
        year: DashboardYear,
    ) -> Option<LocalRating> {
        let offices_only = priority.number() >= 9;
        let reports = match place.kind {
            Kind::CountyOffice => true,
            Kind::District => !offices_only,
            Kind::Charter => !offices_only && !self.model.flagged(NOT_IN_FILE, place, year, 2_000),
            Kind::State | Kind::School => false,
        };
        if !reports || !place.exists_in(year) {
            return None;
        }
        let fails = |year: DashboardYear| self.fails_locally(place, priority, year);
        let before = DashboardYear::new(year.number() - 1);
        Some(match (fails(year), before.is_some_and(fails)) {
            (false, _) => LocalRating::Met,
            (true, false) => LocalRating::NotMet,
            (true, true) => LocalRating::NotMetTwoYears,
        })
    }

    /// Whether an LEA fails on a local indicator: some report on none, some fail on one, and
    /// those who do are likely to do so again.
    fn fails_locally(&self, place: &Place, priority: Priority, year: DashboardYear) -> bool {
        let number = u64::from(priority.number());
        let always = DashboardYear::new(2000).unwrap_or(year);
        let lasting = |what: u64, of_100_000| self.model.flagged(what, place, always, of_100_000);
        let now = |what: u64, of_100_000| self.model.flagged(what, place, year, of_100_000);
        let nothing = if lasting(NEVER_REPORTS, 2_600) { 60_000 } else { 250 };
        let this_one = if lasting(OFTEN_FAILS + 100 * number, 350) { 60_000 } else { 250 };
        now(REPORTS_NOTHING, nothing) || now(FAILS + 100 * number, this_one)
    }

    /// The districts and county offices whose student data were not certified on time.
    pub(crate) fn calpads_not_certified(&self, year: DashboardYear) -> BTreeSet<CdsCode> {
        let offices_and_districts = || {
            let here = |p: &&Place| p.kind != Kind::Charter && p.exists_in(year);
            self.places.leas.iter().filter(here)
        };
        let count = offices_and_districts().count().max(1);
        // One at least, so that every method is met by someone.
        let one = offices_and_districts().nth(usize::from(year.number()) * 7 % count);
        let others =
            offices_and_districts().filter(|p| self.model.flagged(NOT_CERTIFIED, p, year, 200));
        one.into_iter().chain(others).map(|place| place.cds).collect()
    }
}
