//! Indicator files: a row for each place and group, in the columns of the year.

use std::collections::BTreeMap;

use calsos_domain::colors::{ColorTables, RecordKind};
use calsos_domain::indicator::Indicator;
use calsos_domain::performance::{Performance, Tenths};
use calsos_domain::rulebook::{Edition, Rulebooks};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

use crate::SampleError;
use crate::layouts::{IndicatorLayout, Layouts};
use crate::model::{Measured, Model, Ways, adjustment};
use crate::places::{Kind, Place, Places};
use crate::random::Draws;
use crate::table::{Form, Frame, Record, write};

/// An indicator's file of a year, ready to be filled.
#[derive(Debug)]
pub(crate) struct IndicatorFile<'a> {
    pub(crate) indicator: Indicator,
    pub(crate) year: DashboardYear,
    pub(crate) layout: IndicatorLayout,
    model: &'a Model,
    ways: Ways,
    token: String,
    tables: Option<&'a ColorTables>,
    /// The year's edition; for a year without one, the last before it.
    edition: Option<&'a Edition>,
    /// The first issue of a file that was corrected.
    first_issue: bool,
    columns: Vec<Column>,
    groups: Vec<Group>,
}

/// A group of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Group {
    /// One of the law, or all students.
    OfLaw(StudentGroup),
    /// Another, which achieves as one of the law does, with so many per cent of its students.
    Pseudo { code: &'static str, like: StudentGroup, per_cent: u32 },
}

const fn pseudo(code: &'static str, like: StudentGroup, per_cent: u32) -> Group {
    Group::Pseudo { code, like, per_cent }
}

/// Groups of the academic files that are none of the law: by language, and by test.
const BY_LANGUAGE: [Group; 3] = [
    pseudo("ELO", StudentGroup::El, 80),
    pseudo("RFP", StudentGroup::Hi, 30),
    pseudo("EO", StudentGroup::All, 60),
];
const BY_TEST: [Group; 2] =
    [pseudo("SBA", StudentGroup::All, 98), pseudo("CAA", StudentGroup::Swd, 8)];
const BY_SCIENCE_TEST: [Group; 2] =
    [pseudo("CAST", StudentGroup::All, 98), pseudo("CAA", StudentGroup::Swd, 8)];

/// What a row says, before it is written.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) performance: Performance,
    now: Option<Measured>,
    before: Option<Measured>,
    three_before: [Option<Measured>; 3],
    /// Students that the group needs for a colour.
    needed: u32,
    /// Students of all groups together.
    everyone: u32,
}

/// Fewer students than this, and nothing but their number is shown.
const SHOWN_FROM: u32 = 11;

// What is flagged, for the draws.
const NOT_CERTIFIED: u64 = 1;
const DATA_ERROR: u64 = 2;
const TOO_FEW_TESTED: u64 = 3;
const CORRECTED: u64 = 4;

impl<'a> IndicatorFile<'a> {
    /// The file of a year; `None` where no layout is known for it.
    pub(crate) fn new(
        model: &'a Model,
        books: &'a Rulebooks,
        layouts: &Layouts,
        indicator: Indicator,
        year: DashboardYear,
        first_issue: bool,
    ) -> Option<IndicatorFile<'a>> {
        let layout = layouts.indicator(indicator, year)?;
        let own = books.edition(year);
        let edition = own.or_else(|| books.editions().filter(|e| e.year <= year).last());
        let columns = layout.columns.iter().map(|name| Column::of(name)).collect();
        let groups = groups(indicator, &layout, edition);
        Some(IndicatorFile {
            indicator,
            year,
            ways: Ways::of(&layout),
            layout,
            model,
            token: layouts.year_token(year),
            tables: own.map(|edition| &edition.colors),
            edition,
            first_issue,
            columns,
            groups,
        })
    }

    /// Whether the file has rows of a group.
    pub(crate) fn names(&self, group: StudentGroup) -> bool {
        self.groups.contains(&Group::OfLaw(group))
    }

    /// What the file says of a group of a place; `None` where it has no row.
    pub(crate) fn values(&self, place: &Place, group: StudentGroup) -> Option<Values> {
        self.values_of(place, Group::OfLaw(group))
    }

    fn measured(&self, place: &Place, group: Group, year: DashboardYear) -> Option<Measured> {
        match group {
            Group::OfLaw(group) => {
                self.model.measure(place, self.indicator, group, year, self.ways)
            }
            Group::Pseudo { code, like, per_cent } => {
                let students = self.model.students(place, self.indicator, like, year);
                let students = (u64::from(students) * u64::from(per_cent) / 100) as u32;
                let key = code.bytes().fold(1000, |key, letter| key * 31 + u64::from(letter));
                self.model.measure_of(place, self.indicator, key, like, students, year, self.ways)
            }
        }
    }

    fn values_of(&self, place: &Place, group: Group) -> Option<Values> {
        if !place.exists_in(self.year) {
            return None;
        }
        let years_before = |count: u16| DashboardYear::new(self.year.number() - count);
        let of_before = |count| self.measured(place, group, years_before(count)?);
        let mut now = self.measured(place, group, self.year);
        let has_prior = self.has(|c| *c == Column::PriorDenominator);
        let three = self.has(|c| matches!(c, Column::YearBefore { .. }));
        let mut three_before = [None; 3];
        let before = if three {
            three_before = [of_before(1), of_before(2), of_before(3)];
            together(&three_before)
        } else if has_prior {
            of_before(1)
        } else {
            None
        };
        if now.is_none() && before.is_none() {
            return None;
        }
        if self.first_issue {
            now = now.map(|now| self.as_first_issued(place, now));
        }
        let law = match group {
            Group::OfLaw(group) => group,
            Group::Pseudo { .. } => StudentGroup::All,
        };
        let lea_type = place.kind.lea_type();
        let needed = match (self.edition, lea_type) {
            (Some(edition), Some(lea_type)) => edition.size.minimum_for(lea_type, law),
            (Some(edition), None) => edition.size.minimum,
            (None, _) => 30,
        };
        let mut values = Values {
            performance: Performance::default(),
            now,
            before,
            three_before,
            needed,
            everyone: self.model.students(place, self.indicator, StudentGroup::All, self.year),
        };
        values.performance = self.performance(place, group, law, &values);
        Some(values)
    }

    fn has(&self, wanted: impl Fn(&Column) -> bool) -> bool {
        self.columns.iter().any(wanted)
    }

    /// The first issue missed some students of some places.
    fn as_first_issued(&self, place: &Place, now: Measured) -> Measured {
        if place.kind == Kind::State
            || !self.model.flagged(CORRECTED, place, self.year, 30_000)
            || now.denominator < 20
        {
            return now;
        }
        Measured {
            denominator: now.denominator - now.denominator / 12,
            points: now.points + 4_300,
            ..now
        }
    }

    /// The values with the levels and the colour that the year's tables give.
    fn performance(
        &self,
        place: &Place,
        group: Group,
        law: StudentGroup,
        values: &Values,
    ) -> Performance {
        let mut performance = Performance::default();
        if self.has(|c| matches!(c, Column::LevelCount(_))) {
            return performance;
        }
        let shown = |m: &Option<Measured>| m.filter(|m| m.denominator >= SHOWN_FROM);
        let students = |m: &Option<Measured>| m.map_or(0, |m| m.denominator);
        let (now, before) = (shown(&values.now), shown(&values.before));
        let has = |column: Column| self.has(|c| *c == column);
        performance.denominator = Some(students(&values.now));
        performance.status = now.and_then(|now| now.status(self.indicator));
        if has(Column::Numerator) {
            performance.numerator = now.map(|now| now.numerator);
        }
        if has(Column::PriorDenominator) {
            performance.prior_denominator = values.before.map(|before| before.denominator);
            performance.prior_status = before.and_then(|before| before.status(self.indicator));
            performance.change = now.zip(before).and_then(|(n, b)| n.change(self.indicator, &b));
            if has(Column::PriorNumerator) {
                performance.prior_numerator = before.map(|before| before.numerator);
            }
        }
        let flag = |column: Column, what: u64, of_100_000: u64| {
            let set = has(column) && self.model.flagged(what, place, self.year, of_100_000);
            set.then_some(true)
        };
        performance.not_certified = flag(Column::NotCertified, NOT_CERTIFIED, 250);
        performance.data_error = flag(Column::DataError, DATA_ERROR, 120);
        performance.participation_capped = flag(Column::TooFewTested, TOO_FEW_TESTED, 1_500);
        let high = place.span == crate::places::Span::High;
        performance.high_school_cuts = (has(Column::HighSchoolCuts) && high).then_some(true);
        performance.table_type = has(Column::TableType).then(|| place.table_type());
        performance.alternative_school =
            (has(Column::Alternative) && place.alternative).then_some(true);

        let record = match place.kind {
            Kind::CountyOffice => RecordKind::CountyOffice,
            Kind::District | Kind::State => RecordKind::District,
            Kind::Charter | Kind::School => RecordKind::School,
        };
        let Some(tables) = self.tables else { return performance };
        let computed = tables.compute(self.indicator, law, record, &performance);
        if has(Column::StatusLevel) {
            performance.status_level = computed.status_level;
        }
        if has(Column::ChangeLevel) {
            performance.change_level = computed.change_level;
        }
        let colored = match group {
            Group::OfLaw(_) => true,
            Group::Pseudo { code, .. } => self.layout.pseudo_colored.iter().any(|c| c == code),
        };
        if has(Column::Color) && colored {
            performance.color = computed.color;
            performance.box_number = computed.box_number;
            if performance.data_error == Some(true) && performance.color.is_some() {
                // The state set it by hand: the next better colour.
                let better = performance.color.map_or(0, |color| color as u8 + 1);
                performance.color =
                    calsos_domain::performance::Color::from_number(better).or(performance.color);
            }
        }
        if has(Column::Small) {
            performance.small_denominator = Some(computed.small_denominator);
        }
        let of_law = matches!(group, Group::OfLaw(_));
        if (has(Column::SizeMet) || has(Column::SizeMetBefore)) && of_law {
            performance.size_met = Some(students(&values.now) >= values.needed);
        }
        if has(Column::Accountability) && of_law {
            performance.accountability_met = Some(performance.color.is_some());
        }
        performance
    }

    /// The whole file.
    pub(crate) fn write(&self, places: &Places, form: Form) -> Result<Vec<u8>, SampleError> {
        let frame = Frame { sheet: &self.layout.sheet, ..Frame::plain(&self.layout.columns) };
        write(form, &frame, |row| {
            let mut record = Record::default();
            let mut all: Vec<&Place> = places.leas.iter().chain(&places.schools).collect();
            all.sort_by_key(|place| place.cds);
            for place in all.into_iter().chain([&places.state]) {
                for group in &self.groups {
                    if let Some(values) = self.values_of(place, *group) {
                        record.clear();
                        self.record(&mut record, place, *group, &values);
                        row(&record)?;
                    }
                }
            }
            Ok(())
        })
    }

    fn record(&self, record: &mut Record, place: &Place, group: Group, values: &Values) {
        for column in &self.columns {
            self.cell(record, *column, place, group, values);
        }
    }

    fn cell(
        &self,
        record: &mut Record,
        column: Column,
        place: &Place,
        group: Group,
        values: &Values,
    ) {
        let p = &values.performance;
        let school = matches!(place.kind, Kind::Charter | Kind::School);
        let state = place.kind == Kind::State;
        let nameless = state && self.layout.state_without_name;
        let yes = |record: &mut Record, set: bool| {
            if set { record.text("Y") } else { record.blank() }
        };
        let yes_or_no = |record: &mut Record, set: bool| record.text(if set { "Y" } else { "N" });
        // Of students too few to be shown, only the number is.
        let shown = |m: Option<Measured>| m.filter(|m| m.denominator >= SHOWN_FROM);
        let (now, before) = (shown(values.now), shown(values.before));
        let count = |record: &mut Record, count: Option<u32>| match count {
            Some(count) => record.number(count),
            None => record.blank(),
        };
        let level = |record: &mut Record, level: Option<calsos_domain::performance::Level>| {
            record.number(level.map_or(0, |level| level.number()));
        };
        match column {
            Column::Cds => record.text(&place.cds.to_string()),
            Column::RecordType => record.text(match place.kind {
                Kind::State => "X",
                Kind::District | Kind::CountyOffice => "D",
                Kind::Charter | Kind::School => "S",
            }),
            Column::SchoolName if nameless => record.blank(),
            Column::SchoolName if school || state => record.text(place.name_in(self.year)),
            Column::SchoolName => record.blank(),
            Column::DistrictName if nameless => record.blank(),
            Column::DistrictName if school => record.text(&place.district_name),
            Column::DistrictName => record.text(place.name_in(self.year)),
            Column::CountyName => record.text(place.county()),
            Column::Charter => yes(record, place.kind == Kind::Charter),
            Column::Office => yes(record, place.kind == Kind::CountyOffice),
            Column::Alternative => yes(record, place.alternative),
            Column::TableType => record.text(place.table_type().code()),
            Column::Group => record.text(match group {
                Group::OfLaw(group) => group.code(),
                Group::Pseudo { code, .. } => code,
            }),
            Column::GroupShare => {
                let students = values.now.map_or(0, |now| now.denominator);
                self.per_cent(record, u64::from(students), u64::from(values.everyone));
            }
            Column::Numerator => count(record, p.numerator),
            Column::Denominator => count(record, Some(values.now.map_or(0, |m| m.denominator))),
            Column::Status => self.tenths(record, now.and_then(|now| now.status(self.indicator))),
            Column::PriorNumerator => count(record, p.prior_numerator),
            Column::PriorDenominator => count(record, values.before.map(|m| m.denominator)),
            Column::PriorStatus => self.tenths(record, p.prior_status),
            Column::Change => match p.change {
                None if self.layout.no_change_is_zero => self.tenths(record, Some(Tenths(0))),
                change => self.tenths(record, change),
            },
            Column::StatusLevel => level(record, p.status_level),
            Column::ChangeLevel => level(record, p.change_level),
            Column::Color => record.number(p.color.map_or(0, |color| color as u8)),
            Column::Box => record.number(p.box_number.unwrap_or(0)),
            Column::Small => {
                let small = p.small_denominator == Some(true);
                // The files of a year with sizes say Y or nothing, but for graduation.
                let sizes = self.has(|c| *c == Column::SizeMet);
                if sizes && !self.layout.flags_no {
                    yes(record, small);
                } else {
                    yes_or_no(record, small);
                }
            }
            Column::SizeMet | Column::PriorSizeMet | Column::Accountability
                if !matches!(group, Group::OfLaw(_)) =>
            {
                record.blank();
            }
            Column::SizeMet => self.flag(record, p.size_met == Some(true)),
            Column::PriorSizeMet => {
                let students = values.before.map_or(0, |before| before.denominator);
                self.flag(record, students >= values.needed);
            }
            Column::Accountability => self.flag(record, p.accountability_met == Some(true)),
            Column::SizeMetBefore => yes_or_no(record, p.size_met == Some(true)),
            Column::NotCertified => yes(record, p.not_certified == Some(true)),
            Column::PriorNotCertified => {
                let before = DashboardYear::new(self.year.number() - 1);
                let set = before.is_some_and(|y| self.model.flagged(NOT_CERTIFIED, place, y, 250));
                yes(record, set);
            }
            Column::DataError => yes(record, p.data_error == Some(true)),
            Column::TooFewTested => yes(record, p.participation_capped == Some(true)),
            Column::HighSchoolCuts => yes(record, p.high_school_cuts == Some(true)),
            Column::Indicator => record.text(self.indicator.code()),
            Column::Year => record.text(&self.token),
            Column::FiveYear => {
                let more = now.map(|now| (now.denominator - now.numerator) / 9);
                count(record, more);
            }
            Column::CalculationMethod => record.number(1),
            Column::YearBefore { years, what } => {
                let at = usize::from(years).saturating_sub(1);
                let measured = shown(values.three_before.get(at).copied().flatten());
                match what {
                    YearBeforePart::Numerator => count(record, measured.map(|m| m.numerator)),
                    YearBeforePart::Denominator => count(record, measured.map(|m| m.denominator)),
                    YearBeforePart::Status => {
                        self.tenths(record, measured.and_then(|m| m.status(self.indicator)));
                    }
                }
            }
            Column::Part { prior, part } => {
                let measured = if prior { before } else { now };
                match measured {
                    None => record.blank(),
                    Some(measured) => self.part(record, place, group, prior, part, measured),
                }
            }
            Column::LevelCount(part) => match values.now {
                None => record.blank(),
                Some(measured) => self.part(record, place, group, false, part, measured),
            },
            Column::TestTaken { prior, what } => {
                let measured = if prior { values.before } else { values.now };
                self.test_taken(record, what, measured);
            }
            Column::Adjustment { prior } => {
                let measured = if prior { before } else { now };
                let rate = measured.map_or(100, |m| m.participation.rate);
                if rate < 95 {
                    // Quarters of a point: two decimals are exact.
                    let hundredths = adjustment(rate) / 10;
                    record.number(format!("-{}.{:02}", -hundredths / 100, -hundredths % 100));
                } else {
                    record.blank();
                }
            }
            Column::SizeWords { prior } => {
                let measured = if prior { values.before } else { values.now };
                record.text(match measured.map_or(0, |m| m.denominator) {
                    0..=10 => "0 to 10",
                    11..=29 => "11 to 29",
                    _ => "30 and Up",
                });
            }
            Column::Disabled { prior } => {
                let measured = if prior { before } else { now };
                count(record, measured.map(|m| m.denominator / 8));
            }
            Column::Blank => record.blank(),
        }
    }

    fn flag(&self, record: &mut Record, set: bool) {
        match (set, self.layout.flags_no) {
            (true, _) => record.text("Y"),
            (false, true) => record.text("N"),
            (false, false) => record.blank(),
        }
    }

    fn tenths(&self, record: &mut Record, value: Option<Tenths>) {
        match value {
            None => record.blank(),
            Some(Tenths(value)) if self.layout.whole_numbers && value % 10 == 0 => {
                record.number(value / 10);
            }
            Some(value) => record.number(value),
        }
    }

    fn per_cent(&self, record: &mut Record, part: u64, whole: u64) {
        let share = Tenths::rounded_ratio(100 * part as i64, whole as i64);
        self.tenths(record, share.or(Some(Tenths(0))));
    }

    fn test_taken(&self, record: &mut Record, what: TestTaken, measured: Option<Measured>) {
        let Some(measured) = measured else {
            return record.blank();
        };
        let part = measured.participation;
        match what {
            TestTaken::Enrolled => record.number(part.enrolled),
            TestTaken::Tested => record.number(part.tested),
            TestTaken::Rate => record.number(part.rate),
            TestTaken::LowestScores if part.lowest_scores == 0 => record.blank(),
            TestTaken::LowestScores => record.number(part.lowest_scores),
            TestTaken::DenominatorWithout => record.number(part.denominator),
            TestTaken::StatusWithout if part.denominator < SHOWN_FROM => record.blank(),
            TestTaken::StatusWithout => {
                self.tenths(record, Tenths::rounded_ratio(part.points, 1000));
            }
        }
    }

    /// A count that makes up a result, or its share.
    fn part(
        &self,
        record: &mut Record,
        place: &Place,
        group: Group,
        prior: bool,
        part: Part,
        measured: Measured,
    ) {
        let year = u64::from(self.year.number()) - u64::from(prior);
        let key = match group {
            Group::OfLaw(group) => group as u64,
            Group::Pseudo { .. } => 99,
        };
        let some_of = |whole: u32, salt: u64, thousandths: u64| {
            let mut draws = Draws::keyed(self.model.seed, &[21, place.id, key, year, salt]);
            let share = thousandths * (700 + draws.below(600)) / 1000;
            (u64::from(whole) * share.min(1000) / 1000) as u32
        };
        let Measured { numerator, denominator, .. } = measured;
        let rest = denominator - numerator;
        let approaching = some_of(rest, 1, 330);
        let (value, whole) = match part.of {
            Whole::Students => (some_of(denominator, part.salt, part.thousandths), denominator),
            Whole::Result => (some_of(numerator, part.salt, part.thousandths), numerator),
            Whole::Approaching => (some_of(approaching, part.salt, part.thousandths), approaching),
            Whole::IsResult => (numerator, denominator),
            Whole::IsApproaching => (approaching, denominator),
            Whole::IsOther => (rest - approaching, denominator),
            Whole::IsStudents => (denominator, denominator),
            Whole::IsResultBut(salt, thousandths) => {
                (numerator - some_of(numerator, salt, thousandths), denominator)
            }
            Whole::IsRestBut(salt, thousandths) => {
                (rest - some_of(rest, salt, thousandths), denominator)
            }
            Whole::IsPartOfRest(salt, thousandths) => {
                (some_of(rest, salt, thousandths), denominator)
            }
            Whole::IsPartOfResult(salt, thousandths) => {
                (some_of(numerator, salt, thousandths), denominator)
            }
            Whole::Quarter(level) => {
                // Levels 1 to 3 take their share, the fourth what is left.
                let shares = [190, 300, 330];
                let level_of = |at: usize| {
                    let share = shares.get(at).copied().unwrap_or(0);
                    some_of(denominator, 40 + at as u64, share).min(denominator / 3)
                };
                let at = usize::from(level);
                let value = if at < shares.len() {
                    level_of(at)
                } else {
                    denominator - (0..shares.len()).map(level_of).sum::<u32>()
                };
                (value, denominator)
            }
        };
        if part.share {
            self.per_cent(record, u64::from(value), u64::from(whole));
        } else {
            record.number(value);
        }
    }
}

/// The years before together.
fn together(years: &[Option<Measured>]) -> Option<Measured> {
    let known: Vec<&Measured> = years.iter().flatten().collect();
    (!known.is_empty()).then(|| Measured {
        numerator: known.iter().map(|m| m.numerator).sum(),
        denominator: known.iter().map(|m| m.denominator).sum(),
        ..Measured::default()
    })
}

/// The groups of a file, in the order of its rows.
fn groups(indicator: Indicator, layout: &IndicatorLayout, edition: Option<&Edition>) -> Vec<Group> {
    if !layout.has("studentgroup") {
        return vec![Group::OfLaw(StudentGroup::El)];
    }
    let of_year = edition.and_then(|edition| edition.indicators.get(&indicator));
    let counted = of_year.map(|rule| rule.groups.clone()).unwrap_or_default();
    let mut groups = Vec::new();
    let language_only = indicator == Indicator::Elpi;
    if !language_only {
        groups.push(Group::OfLaw(StudentGroup::All));
    }
    groups.extend(counted.into_iter().map(Group::OfLaw));
    match indicator {
        Indicator::Ela | Indicator::Math => {
            groups.extend(BY_LANGUAGE);
            if layout.has("currprate") || layout.has("prate") {
                groups.extend(BY_TEST);
            }
        }
        Indicator::Science => {
            groups.extend(BY_LANGUAGE);
            groups.extend(BY_SCIENCE_TEST);
        }
        _ => {}
    }
    let code = |group: &Group| match group {
        Group::OfLaw(group) => group.code().to_owned(),
        Group::Pseudo { code, .. } => (*code).to_owned(),
    };
    let sorted: BTreeMap<String, Group> = groups.into_iter().map(|g| (code(&g), g)).collect();
    sorted.into_values().collect()
}

/// What a column says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Column {
    Cds,
    RecordType,
    SchoolName,
    DistrictName,
    CountyName,
    Charter,
    Office,
    Alternative,
    TableType,
    Group,
    GroupShare,
    Numerator,
    Denominator,
    Status,
    PriorNumerator,
    PriorDenominator,
    PriorStatus,
    Change,
    StatusLevel,
    ChangeLevel,
    Color,
    Box,
    Small,
    SizeMet,
    /// `nsizemet`, which always says Y or N.
    SizeMetBefore,
    PriorSizeMet,
    Accountability,
    NotCertified,
    PriorNotCertified,
    DataError,
    TooFewTested,
    HighSchoolCuts,
    Indicator,
    Year,
    FiveYear,
    CalculationMethod,
    YearBefore {
        years: u8,
        what: YearBeforePart,
    },
    Part {
        prior: bool,
        part: Part,
    },
    /// A count of a year that gives counts by level and nothing else.
    LevelCount(Part),
    TestTaken {
        prior: bool,
        what: TestTaken,
    },
    Adjustment {
        prior: bool,
    },
    SizeWords {
        prior: bool,
    },
    /// Students with disabilities among those counted.
    Disabled {
        prior: bool,
    },
    /// A column that is blank in nearly every row of the state's files.
    Blank,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum YearBeforePart {
    Numerator,
    Denominator,
    Status,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum TestTaken {
    Enrolled,
    Tested,
    Rate,
    LowestScores,
    DenominatorWithout,
    StatusWithout,
}

/// A count that makes up a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Part {
    /// Whether the share of its whole is asked for, and not the number.
    share: bool,
    of: Whole,
    /// Tells parts apart that are drawn, and about how many thousandths each is.
    salt: u64,
    thousandths: u64,
}

/// What a part is, or of what it is a drawn share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whole {
    Students,
    Result,
    Approaching,
    IsResult,
    IsApproaching,
    IsOther,
    IsStudents,
    IsResultBut(u64, u64),
    IsRestBut(u64, u64),
    IsPartOfResult(u64, u64),
    IsPartOfRest(u64, u64),
    Quarter(u8),
}

const fn whole(of: Whole) -> Part {
    Part { share: false, of, salt: 0, thousandths: 0 }
}

impl Column {
    /// What a column of this name says. A name that is not known is written blank; a test
    /// sees to it that there is none.
    fn of(name: &str) -> Column {
        let plain: String =
            name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let one = |column: Column| Some(column);
        let found = match plain.as_str() {
            "cds" => one(Column::Cds),
            "rtype" => one(Column::RecordType),
            "schoolname" => one(Column::SchoolName),
            "districtname" => one(Column::DistrictName),
            "countyname" => one(Column::CountyName),
            "charterflag" => one(Column::Charter),
            "coeflag" => one(Column::Office),
            "dassflag" => one(Column::Alternative),
            "type" => one(Column::TableType),
            "studentgroup" => one(Column::Group),
            "studentgrouppct" => one(Column::GroupShare),
            "currnumer" => one(Column::Numerator),
            "currdenom" | "currdenom4y5y1y" | "currdenom4y" => one(Column::Denominator),
            "currstatus" => one(Column::Status),
            "priornumer" => one(Column::PriorNumerator),
            "priordenom" => one(Column::PriorDenominator),
            "priorstatus" => one(Column::PriorStatus),
            "change" => one(Column::Change),
            "statuslevel" => one(Column::StatusLevel),
            "changelevel" => one(Column::ChangeLevel),
            "color" => one(Column::Color),
            "box" => one(Column::Box),
            "safetynet" | "smalldenom" => one(Column::Small),
            "currnsizemet" => one(Column::SizeMet),
            "nsizemet" => one(Column::SizeMetBefore),
            "priornsizemet" => one(Column::PriorSizeMet),
            "accountabilitymet" => one(Column::Accountability),
            "certifyflag" => one(Column::NotCertified),
            "priorcertifyflag" => one(Column::PriorNotCertified),
            "dataerrorflag" => one(Column::DataError),
            "flag95pct" => one(Column::TooFewTested),
            "hscutpoints" => one(Column::HighSchoolCuts),
            "indicator" => one(Column::Indicator),
            "reportingyear" => one(Column::Year),
            "fiveyrnumer" => one(Column::FiveYear),
            "calmethod" => one(Column::CalculationMethod),
            "currdenomswd" => one(Column::Disabled { prior: false }),
            "priordenomswd" => one(Column::Disabled { prior: true }),
            "curradjustment" => one(Column::Adjustment { prior: false }),
            "prioradjustment" => one(Column::Adjustment { prior: true }),
            "nsizegroup" | "currnsizegroup" => one(Column::SizeWords { prior: false }),
            "priornsizegroup" => one(Column::SizeWords { prior: true }),
            _ => None,
        };
        found
            .or_else(|| year_before(&plain))
            .or_else(|| test_taken(&plain))
            .or_else(|| level_count(&plain))
            .or_else(|| progress(&plain))
            .or_else(|| measure(&plain))
            .unwrap_or(Column::Blank)
    }

    /// Columns that are blank on purpose.
    #[cfg(test)]
    fn is_left_blank(name: &str) -> bool {
        ["pairshare_method", "notestflag", "flag50pct"].contains(&name) || name.starts_with("caa_")
    }
}

fn year_before(plain: &str) -> Option<Column> {
    let (years, what) = plain.strip_prefix("prioryear")?.split_at_checked(1)?;
    let what = match what {
        "numer" => YearBeforePart::Numerator,
        "denom" => YearBeforePart::Denominator,
        "status" => YearBeforePart::Status,
        _ => return None,
    };
    Some(Column::YearBefore { years: years.parse().ok()?, what })
}

/// `curr…`, `prior…` or neither, which is this year's.
fn year_of(plain: &str) -> (bool, &str) {
    match (plain.strip_prefix("prior"), plain.strip_prefix("curr")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => (false, plain),
    }
}

fn test_taken(plain: &str) -> Option<Column> {
    let (prior, rest) = year_of(plain);
    let what = match rest {
        "prateenrolled" => TestTaken::Enrolled,
        "pratetested" => TestTaken::Tested,
        "prate" => TestTaken::Rate,
        "numprloss" => TestTaken::LowestScores,
        "denomwithoutprloss" => TestTaken::DenominatorWithout,
        "statuswithoutprloss" => TestTaken::StatusWithout,
        _ => return None,
    };
    Some(Column::TestTaken { prior, what })
}

/// `pl1`, `pl1pct` and the total of a year that gives counts by level.
fn level_count(plain: &str) -> Option<Column> {
    if plain == "pltotct" {
        return Some(Column::LevelCount(whole(Whole::IsStudents)));
    }
    let rest = plain.strip_prefix("pl")?;
    let (level, share) = match rest.strip_suffix("pct") {
        Some(level) => (level, true),
        None => (rest, false),
    };
    let level: u8 = level.parse().ok()?;
    let of = Whole::Quarter(level.checked_sub(1)?);
    Some(Column::LevelCount(Part { share, ..whole(of) }))
}

/// Counts of English learners who did or did not progress.
fn progress(plain: &str) -> Option<Column> {
    let (plain, share) = match plain.strip_prefix("pct") {
        Some(rest) => (rest, true),
        None => (plain, false),
    };
    let (prior, rest) = year_of(plain);
    // Of those who progressed: in the highest level still; by the other test.
    const HIGHEST: u64 = 50;
    const ALTERNATE: u64 = 51;
    let of = match rest {
        "progressed" | "advanced" => Whole::IsResultBut(HIGHEST, 90),
        "maintainpl4" | "maintained" => Whole::IsPartOfResult(HIGHEST, 90),
        "declined" => Whole::IsRestBut(HIGHEST, 640),
        "maintainoth" => Whole::IsPartOfRest(HIGHEST, 640),
        "progressedalternate" => Whole::IsPartOfResult(ALTERNATE, 3),
        "maintainpl3alternate" => Whole::IsPartOfResult(ALTERNATE, 2),
        "notprognotmainalternate" => Whole::IsPartOfRest(ALTERNATE, 4),
        "95" => Whole::IsPartOfRest(52, 8),
        "rfeps" => Whole::IsPartOfResult(53, 120),
        "ltels" => Whole::IsPartOfRest(54, 400),
        "testers" => Whole::IsStudents,
        _ => return None,
    };
    Some(Column::Part { prior, part: Part { share, ..whole(of) } })
}

/// College and career measures: prepared, approaching prepared, not prepared, and by what.
fn measure(plain: &str) -> Option<Column> {
    let (prior, rest) = year_of(plain);
    let (rest, share) = match rest.strip_suffix("pct").or(rest.strip_suffix("dasspc")) {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    const MEASURES: [(&str, u64); 31] = [
        ("summative", 480),
        ("apexam", 260),
        ("ap", 260),
        ("ibexam", 20),
        ("ib", 15),
        ("collegecredit", 250),
        ("agplus", 700),
        ("cteplus", 190),
        ("ssb", 300),
        ("milsci", 15),
        ("regpre", 2),
        ("nonregpre", 4),
        ("nonregpredass", 2),
        ("statefedjobs", 2),
        ("statefedjobsdass", 2),
        ("transclasswk", 3),
        ("ag", 450),
        ("cte", 170),
        ("agcte", 90),
        ("onecollegecourse", 90),
        ("twocollegecourse", 130),
        ("onemilscicourse", 6),
        ("twomilscicourse", 4),
        ("tcbwe", 2),
        ("twbe", 2),
        ("tcbweandtwbe", 2),
        ("a", 500),
        ("b", 300),
        ("c", 250),
        ("d", 200),
        ("e", 100),
    ];
    let of_name = |name: &str| {
        let name = if name == "f" || name == "g" { "e" } else { name };
        // The one name that the state's files cut.
        let name = if name == "statefedjobs" && plain.ends_with("dasspc") {
            "statefedjobsdass"
        } else {
            name
        };
        let at = MEASURES.iter().position(|(known, _)| *known == name)?;
        MEASURES.get(at).map(|(_, thousandths)| (60 + at as u64, *thousandths))
    };
    let kinds = [
        ("aprep", Whole::IsApproaching, Whole::Approaching, 200),
        ("nprep", Whole::IsOther, Whole::Students, 300),
        ("prep", Whole::IsResult, Whole::Result, 100),
    ];
    for (prefix, itself, of, apart) in kinds {
        let Some(name) = rest.strip_prefix(prefix) else { continue };
        if name.is_empty() {
            return Some(Column::Part { prior, part: Part { share, ..whole(itself) } });
        }
        let (salt, thousandths) = of_name(name)?;
        let part = Part { share, of, salt: salt + apart, thousandths };
        return Some(Column::Part { prior, part });
    }
    let (salt, thousandths) = of_name(rest)?;
    let part = Part { share, of: Whole::Students, salt, thousandths };
    Some(Column::Part { prior, part })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_every_file_has_a_meaning() {
        let layouts = Layouts::built_in().unwrap();
        let mut seen = 0;
        for indicator in Indicator::ALL {
            for year in layouts.described_years(indicator) {
                for name in layouts.indicator(indicator, year).unwrap().columns {
                    let blank = Column::of(&name) == Column::Blank;
                    assert_eq!(blank, Column::is_left_blank(&name), "{indicator} {year} {name}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 1000, "{seen}");
    }
}
