//! What students achieve: a simple model in which results last. A place has a quality, a
//! level of its own on each indicator and for each group, a drift of the years and noise.
//!
//! A value is computed from its key alone, so that a year's file and the next year's column
//! of the year before say the same.

use calsos_domain::indicator::Indicator;
use calsos_domain::performance::{TableType, Tenths};
use calsos_domain::rulebook::{Rulebooks, YearRules};
use calsos_domain::student_group::StudentGroup;
use calsos_domain::year::DashboardYear;

use crate::layouts::IndicatorLayout;
use crate::places::{GROUPS, Kind, Place, Span};
use crate::random::{Draws, times_power_of_two};

/// A result of one group of one place in one year.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Measured {
    /// Students counted, for indicators that are rates.
    pub(crate) numerator: u32,
    /// Students of the group.
    pub(crate) denominator: u32,
    /// Thousandths of a point, for the other indicators.
    pub(crate) points: i64,
    /// Who took part, for tests.
    pub(crate) participation: Participation,
}

/// Who took part in a test.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Participation {
    pub(crate) enrolled: u32,
    pub(crate) tested: u32,
    /// Whole per cent.
    pub(crate) rate: u32,
    /// Students who were not tested and count with the lowest score.
    pub(crate) lowest_scores: u32,
    /// The result without these: students, and thousandths of a point.
    pub(crate) denominator: u32,
    pub(crate) points: i64,
}

/// How a file measures, as far as its results depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ways {
    /// Students who were not tested count with the lowest score.
    lowest_scores: bool,
    /// Points are taken off where too few were tested.
    adjusts: bool,
    /// Progress by the test before the present one.
    earlier_test: bool,
    /// Science as a distance from standard.
    distance: bool,
}

impl Ways {
    pub(crate) fn of(layout: &IndicatorLayout) -> Ways {
        Ways {
            lowest_scores: layout.has("currprate") || layout.has("prate"),
            adjusts: layout.has("curradjustment"),
            earlier_test: layout.has("currtesters"),
            distance: layout.distance,
        }
    }
}

impl Measured {
    /// Per cent or points, in tenths.
    pub(crate) fn status(&self, indicator: Indicator) -> Option<Tenths> {
        if is_rate(indicator) {
            Tenths::rounded_ratio(100 * i64::from(self.numerator), i64::from(self.denominator))
        } else {
            Tenths::rounded_ratio(self.points, 1000)
        }
    }

    /// The difference of the unrounded values to an earlier result, in tenths.
    pub(crate) fn change(&self, indicator: Indicator, before: &Measured) -> Option<Tenths> {
        if !is_rate(indicator) {
            return Tenths::rounded_ratio(self.points - before.points, 1000);
        }
        let (now, then) = (i64::from(self.denominator), i64::from(before.denominator));
        let difference = i64::from(self.numerator) * then - i64::from(before.numerator) * now;
        Tenths::rounded_ratio(100 * difference, now * then)
    }
}

/// Whether the indicator is students of students, and no points.
pub(crate) fn is_rate(indicator: Indicator) -> bool {
    !matches!(indicator, Indicator::Ela | Indicator::Math | Indicator::Science)
}

/// Penalty of a student who counts with the lowest score, in thousandths of a point.
const LOWEST_SCORE: i64 = -255_000;

/// How results of an indicator spread. Points are thousandths of a point; rates of what
/// should be rare are thousandths of a doubling; other rates are ten-thousandths.
struct Shape {
    /// What a standard deviation of quality is worth.
    quality: i64,
    /// Spread of places, lasting.
    place: i64,
    /// Spread of groups within a place, lasting.
    group: i64,
    /// Spread of a place from year to year.
    year: i64,
    /// Spread of a group from year to year, beside what few students bring about.
    group_year: i64,
    /// What each year adds.
    trend: i64,
    /// Each group, in the order of the groups, beside all students.
    offsets: [i64; GROUPS],
    /// The first years after years without Dashboards, the first one first; after them the
    /// last.
    after_gap: [i64; 4],
}

// Groups:          ALL  AA     AI     AS     EL     FI    FOS    HI    HOM   LTEL   MR   PI    SED   SWD   WH
const SUSPENSION: Shape = Shape {
    quality: -330,
    place: 520,
    group: 230,
    year: 170,
    group_year: 160,
    trend: 0,
    offsets: [0, 1050, 850, -1600, 0, -1400, 1750, 90, 880, 900, 120, 400, 270, 920, 30],
    after_gap: [-150, 20, -80, -170],
};
const ABSENCE: Shape = Shape {
    quality: -250,
    place: 300,
    group: 130,
    year: 130,
    group_year: 110,
    trend: 20,
    offsets: [0, 700, 760, -1400, 60, -1100, 900, 130, 1050, 350, 30, 700, 270, 620, -60],
    after_gap: [1330, 1100, 820, 700],
};
const NO_GRADUATION: Shape = Shape {
    quality: -350,
    place: 380,
    group: 200,
    year: 200,
    group_year: 150,
    trend: -15,
    offsets: [0, 650, 700, -1300, 900, -1500, 1500, 180, 1000, 950, 100, 260, 300, 1150, -200],
    after_gap: [0, 0, 0, 0],
};
const PREPARED: Shape = Shape {
    quality: 600,
    place: 900,
    group: 400,
    year: 260,
    group_year: 200,
    trend: 40,
    offsets: [
        0, -1700, -1600, 2600, -2300, 2100, -2900, -800, -1700, -2600, 600, -800, -850, -2600, 900,
    ],
    after_gap: [0, 0, 0, 300],
};
const PROGRESS: Shape = Shape {
    quality: 200,
    place: 500,
    group: 200,
    year: 330,
    group_year: 150,
    trend: -20,
    offsets: [0; GROUPS],
    after_gap: [200, 60, -150, -80],
};
const LANGUAGE_ARTS: Shape = Shape {
    quality: 27_000,
    place: 14_000,
    group: 12_000,
    year: 4_500,
    group_year: 2_500,
    trend: 700,
    offsets: [
        0, -50_000, -42_000, 60_000, -58_000, 50_000, -74_000, -27_000, -57_000, -88_000, 14_000,
        -26_000, -32_000, -93_000, 16_000,
    ],
    after_gap: [-9_000, -10_500, -10_000, -7_000],
};
const MATHEMATICS: Shape = Shape {
    quality: 28_000,
    place: 15_000,
    group: 12_000,
    year: 4_500,
    group_year: 2_500,
    trend: 500,
    offsets: [
        0, -60_000, -48_000, 82_000, -55_000, 46_000, -82_000, -33_000, -62_000, -118_000, 14_000,
        -30_000, -36_000, -95_000, 18_000,
    ],
    after_gap: [-18_000, -15_500, -14_000, -9_500],
};

/// What a draw is for, first in its key.
const LASTING: u64 = 11;
const YEARLY: u64 = 12;
const CHANCE: u64 = 13;
const SIZE: u64 = 14;
const TAKING_PART: u64 = 15;
const FLAGS: u64 = 16;

/// The world that values are drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) seed: u64,
    /// The first year with an edition: years are counted from it.
    origin: Option<DashboardYear>,
    /// Years without determinations.
    without: Vec<DashboardYear>,
}

impl Model {
    pub(crate) fn new(seed: u64, books: &Rulebooks) -> Model {
        let origin = books.editions().next().map(|edition| edition.year);
        let without = books.years().filter_map(|(year, rules)| match rules {
            YearRules::NoDeterminations { .. } => Some(year),
            YearRules::Edition(_) => None,
        });
        Model { seed, origin, without: without.collect() }
    }

    /// Years since the first one; negative before it.
    fn age(&self, year: DashboardYear) -> i64 {
        self.origin.map_or(0, |origin| i64::from(year.number()) - i64::from(origin.number()))
    }

    /// What the years without Dashboards left behind.
    fn after_gap(&self, shape: &Shape, year: DashboardYear) -> i64 {
        let last = self.without.iter().filter(|gap| **gap <= year).max();
        let Some(last) = last else { return 0 };
        let since = usize::from(year.number() - last.number()).saturating_sub(1);
        shape.after_gap.get(since).or(shape.after_gap.last()).copied().unwrap_or(0)
    }

    fn draws(&self, about: u64, place: &Place, rest: &[u64]) -> Draws {
        let key: [u64; 5] = [
            about,
            place.id,
            rest.first().copied().unwrap_or(0),
            rest.get(1).copied().unwrap_or(0),
            rest.get(2).copied().unwrap_or(0),
        ];
        Draws::keyed(self.seed, &key)
    }

    /// Whether something that is flagged happens to a place in a year, in so many of
    /// 100,000 cases.
    pub(crate) fn flagged(
        &self,
        what: u64,
        place: &Place,
        year: DashboardYear,
        of_100_000: u64,
    ) -> bool {
        self.draws(FLAGS, place, &[what, u64::from(year.number())]).chance(of_100_000)
    }

    /// How far a place and group are from the ordinary in a year.
    fn deviation(
        &self,
        shape: &Shape,
        place: &Place,
        indicator: Indicator,
        group: u64,
        year: DashboardYear,
    ) -> i64 {
        let (indicator, year_key) = (indicator as u64, u64::from(year.number()));
        // The state is its own average.
        if place.kind == Kind::State {
            return shape.trend * self.age(year) + self.after_gap(shape, year);
        }
        let drawn = |about, rest: &[u64], spread: i64| {
            self.draws(about, place, rest).normal() * spread / 1000
        };
        shape.quality * place.quality / 1000
            + drawn(LASTING, &[indicator], shape.place)
            + drawn(LASTING, &[indicator, 1, group], shape.group)
            + drawn(YEARLY, &[indicator, year_key], shape.year)
            + drawn(YEARLY, &[indicator, year_key, 1 + group], shape.group_year)
            + shape.trend * self.age(year)
            + self.after_gap(shape, year)
    }

    /// Students of a group, as an indicator counts them.
    pub(crate) fn students(
        &self,
        place: &Place,
        indicator: Indicator,
        group: StudentGroup,
        year: DashboardYear,
    ) -> u32 {
        let of_1000 = u64::from(counted_of_1000(indicator, place.span, place.kind));
        if of_1000 == 0 || !place.exists_in(year) {
            return 0;
        }
        let growth = if place.kind == Kind::State {
            -8
        } else {
            self.draws(SIZE, place, &[1]).normal() * 12 / 1000 - 8
        };
        let grown = (1000 + growth * self.age(year)).max(300) as u64;
        let share = u64::from(place.share(group));
        // A thousandth of a student is enough to round by.
        let exact = u64::from(place.students) * grown * share / 100_000 * of_1000 / 1000;
        let wobble = if group == StudentGroup::All || place.kind == Kind::State {
            0
        } else {
            let drawn = self.draws(SIZE, place, &[2, group as u64, u64::from(year.number())]);
            // A group of n students varies by about the square root of n, halved.
            drawn.clone().normal() * (exact * 1000).isqrt() as i64 / 2000
        };
        let students = (exact as i64 + wobble).max(0) + 500;
        u32::try_from(students / 1000).unwrap_or(u32::MAX)
    }

    /// The result of a group; `None` where it has no students.
    pub(crate) fn measure(
        &self,
        place: &Place,
        indicator: Indicator,
        group: StudentGroup,
        year: DashboardYear,
        ways: Ways,
    ) -> Option<Measured> {
        let students = self.students(place, indicator, group, year);
        self.measure_of(place, indicator, group as u64, group, students, year, ways)
    }

    /// The result of so many students. `key` tells groups apart that are none of the law and
    /// achieve as `like` does.
    #[expect(clippy::too_many_arguments, reason = "each says something of its own")]
    pub(crate) fn measure_of(
        &self,
        place: &Place,
        indicator: Indicator,
        key: u64,
        like: StudentGroup,
        students: u32,
        year: DashboardYear,
        ways: Ways,
    ) -> Option<Measured> {
        if students == 0 {
            return None;
        }
        let shape = shape(indicator);
        let offset = shape.offsets.get(like as usize).copied().unwrap_or(0);
        let deviation = offset + self.deviation(shape, place, indicator, key, year);
        let chance =
            self.draws(CHANCE, place, &[indicator as u64, key, u64::from(year.number())]).normal();
        if is_rate(indicator) {
            let rate = rate(indicator, place, deviation, ways);
            let numerator = count(students, rate, chance);
            return Some(Measured { numerator, denominator: students, ..Measured::default() });
        }
        let base = match indicator {
            Indicator::Ela => -4_000,
            Indicator::Math => -33_000,
            // Science in points of 0 to 100, or as a distance from standard.
            _ if ways.distance => -12_000,
            _ => 50_000,
        };
        let scale = match (indicator, ways.distance) {
            (Indicator::Science, true) => 300,
            (Indicator::Science, false) => 160,
            _ => 1000,
        };
        // Students differ by about 80 points; most of them are there for several years.
        let by_chance = chance * 55_000 / i64::from((students * 100).isqrt()).max(1) * 10 / 1000;
        let points = base + (deviation + by_chance) * scale / 1000;
        let points = if indicator == Indicator::Science && !ways.distance {
            points.clamp(3_000, 97_000)
        } else {
            points.clamp(-250_000, 190_000)
        };
        Some(self.taking_part(place, indicator, key, students, points, year, ways))
    }

    /// Who took part in a test, and what that does to the result.
    #[expect(clippy::too_many_arguments, reason = "each says something of its own")]
    fn taking_part(
        &self,
        place: &Place,
        indicator: Indicator,
        key: u64,
        students: u32,
        points: i64,
        year: DashboardYear,
        ways: Ways,
    ) -> Measured {
        let mut of_place = self.draws(TAKING_PART, place, &[u64::from(year.number())]);
        let hard = place.kind == Kind::CountyOffice || place.alternative;
        let usual = if hard { 900 } else { 985 };
        let missed = of_place.chance(if hard { 40_000 } else { 5_000 });
        let taken = usual - if missed { of_place.below(120) as i64 } else { 0 };
        let own =
            self.draws(TAKING_PART, place, &[indicator as u64, key, u64::from(year.number())]);
        let taken = (taken + own.clone().normal() * 6 / 1000).clamp(500, 1000);
        let tested = students;
        let enrolled = (u64::from(tested) * 1000).div_ceil(taken.unsigned_abs()) as u32;
        let rate_with = |extra: u32| {
            let doubled = 200 * u64::from(tested + extra) + u64::from(enrolled);
            (doubled / (2 * u64::from(enrolled).max(1))) as u32
        };
        let rate = rate_with(0);
        let mut participation = Participation {
            enrolled,
            tested,
            rate,
            lowest_scores: 0,
            denominator: students,
            points,
        };
        let mut measured = Measured { denominator: students, points, ..Measured::default() };
        if ways.lowest_scores {
            let mut lowest = 0;
            while rate_with(lowest) < 95 {
                lowest += 1;
            }
            participation.lowest_scores = lowest;
            measured.denominator = students + lowest;
            let sum = points * i64::from(students) + LOWEST_SCORE * i64::from(lowest);
            measured.points = sum / i64::from(measured.denominator);
        } else if ways.adjusts && rate < 95 {
            measured.points = points + adjustment(rate);
        }
        measured.participation = participation;
        measured
    }
}

/// The penalty of the years before lowest scores were counted: a quarter of a point for each
/// per cent below 95, in thousandths of a point.
pub(crate) fn adjustment(rate: u32) -> i64 {
    -250 * (95 - i64::from(rate.min(95)))
}

fn shape(indicator: Indicator) -> &'static Shape {
    match indicator {
        Indicator::Susp => &SUSPENSION,
        Indicator::Chro => &ABSENCE,
        Indicator::Grad => &NO_GRADUATION,
        Indicator::Cci => &PREPARED,
        Indicator::Elpi => &PROGRESS,
        Indicator::Ela | Indicator::Science => &LANGUAGE_ARTS,
        Indicator::Math => &MATHEMATICS,
    }
}

/// A rate in millionths.
fn rate(indicator: Indicator, place: &Place, deviation: i64, ways: Ways) -> i64 {
    let rare = |base: i64, most: i64| times_power_of_two(base, deviation).clamp(0, most);
    match indicator {
        Indicator::Susp => {
            let base = match place.table_type() {
                TableType::Ed => 13_000,
                TableType::Es => 8_000,
                TableType::Ud => 26_000,
                TableType::Hd => 40_000,
                TableType::Hs => 34_000,
                TableType::Ms => 50_000,
            };
            rare(base, 450_000)
        }
        Indicator::Chro => rare(92_000, 880_000),
        Indicator::Grad => 1_000_000 - rare(95_000, 950_000),
        Indicator::Cci => (430_000 + deviation * 100).clamp(0, 985_000),
        // The test before the present one counted more students as progressing.
        Indicator::Elpi if ways.earlier_test => (715_000 + deviation * 100).clamp(20_000, 980_000),
        _ => (490_000 + deviation * 100).clamp(20_000, 980_000),
    }
}

/// So many of `students`, with what chance does to few of them.
fn count(students: u32, millionths: i64, chance: i64) -> u32 {
    let n = i64::from(students);
    let mean = n * millionths / 1000;
    // Standard deviation of a count, in thousandths; half of the students stay for years.
    let variance = n * (millionths / 1000) * (1000 - millionths / 1000);
    let spread = variance.unsigned_abs().isqrt() as i64 * 3 / 4;
    let thousandths = mean + spread * chance / 1000 + 500;
    (thousandths / 1000).clamp(0, n) as u32
}

/// How many of 1000 students an indicator counts.
fn counted_of_1000(indicator: Indicator, span: Span, kind: Kind) -> u32 {
    let by_span = |elementary, middle, high, unified| match span {
        Span::Elementary => elementary,
        Span::Middle => middle,
        Span::High => high,
        Span::Unified => unified,
    };
    // County offices have most of their students in the upper grades.
    let office = kind == Kind::CountyOffice;
    match indicator {
        Indicator::Susp => 1020,
        Indicator::Chro if office => 420,
        Indicator::Chro => by_span(1010, 1010, 0, 700),
        Indicator::Ela | Indicator::Math if office => 330,
        Indicator::Ela | Indicator::Math => by_span(640, 960, 230, 520),
        Indicator::Science => by_span(210, 320, 230, 220),
        Indicator::Grad | Indicator::Cci if office => 300,
        Indicator::Grad | Indicator::Cci => by_span(0, 0, 235, 77),
        // Of English learners; newcomers have no progress yet.
        Indicator::Elpi => 830,
    }
}
