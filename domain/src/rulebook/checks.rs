//! The checks that make an edition of what its file says.

mod criteria;
mod over_years;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use super::overlap::check_criteria;
use super::page::{EditionFiles, Page};
use super::tables::Tables;
use super::{
    CountsWhen, Criterion, Edition, IndicatorRule, Judged, Labels, LocalRule, Method, MethodTest,
    NotApplied, OneDistrictCounty, OpenPoint, ProviderRule, PublishedColumns, Rating, SizeRule,
    SmallerSize, SustainedRule, raw,
};
use crate::cds::CountyCode;
use crate::indicator::Indicator;
use crate::lea::LeaType;
use crate::priority::{Priority, PrioritySet};
use crate::release::LocalRating;
use crate::student_group::StudentGroup;
use crate::year::{DashboardYear, Day};
use criteria::{criterion_of, few_priorities};
use over_years::{charter_of, few_tests, sustained_of};
use words::{groups_of, indicator, lea_type, lea_types, level_of, priority_of, word};

type Text = Spanned<String>;

/// Turns a file's contents into an edition. `None` where a fault was found; the page then
/// has all of them.
pub(super) fn check_edition(
    page: &mut Page<'_>,
    parsed: raw::Edition,
    files: EditionFiles,
) -> Option<Edition> {
    let before = page.faults.len();
    let raw::Edition {
        year: year_at,
        public_date,
        groups: groups_at,
        groups_source,
        judged,
        size,
        indicator,
        criterion,
        local,
        method,
        codes,
        labels,
        sustained,
        not_applied,
        charter,
        provider,
        one_district_county,
        published_list,
        open,
    } = parsed;
    let Some(year) = DashboardYear::new(*year_at.get_ref()) else {
        page.fault(&year_at, "a Dashboard year from 2000 to 2099 is expected");
        return None;
    };
    let public_date = public_date.and_then(|at| {
        let day = Day::parse(at.get_ref());
        if day.is_none() {
            page.fault(&at, format!("'{}' is no day: YYYY-MM-DD or YYYY-MM", at.get_ref()));
        }
        day
    });
    let groups = groups_of(page, groups_at.get_ref(), None);
    if groups.is_empty() {
        page.fault(&groups_at, "an edition needs at least one student group");
    }
    let open_points = open_points(page, open);
    let mut ids =
        Ids { open: open_points.iter().map(|o| o.id.clone()).collect(), rules: BTreeSet::new() };
    let groups_source = page.cite(&groups_source);
    let judged = judged_of(page, judged);
    let size = size_of(page, size, &groups);
    let indicators = indicators_of(page, indicator, &groups);
    let (codes, codes_source) = codes_of(page, codes);
    let mut criteria = Vec::new();
    for criterion in criterion {
        let at = criterion.id.clone();
        criteria.extend(criterion_of(page, criterion, &groups, &indicators, &mut ids));
        few_priorities(page, &at, criteria.iter().map(|(_, criterion)| criterion));
    }
    check_criteria(page, &criteria, &indicators);
    let criteria: Vec<Criterion> = criteria.into_iter().map(|(_, c)| c).collect();
    let mut locals: Vec<LocalRule> = Vec::new();
    for local in local {
        let at = local.id.clone();
        locals.extend(local_of(page, local, &mut ids));
        local_once(page, &at, &locals);
    }
    let methods: Vec<Method> =
        method.into_iter().filter_map(|m| method_of(page, m, &mut ids)).collect();
    let labels = labels_of(page, labels, year, &ids);
    let mut tests: Vec<SustainedRule> = Vec::new();
    for sustained in sustained {
        let at = sustained.id.clone();
        tests.extend(sustained_of(page, sustained, year, &mut ids));
        few_tests(page, &at, &tests);
    }
    let not_applied = not_applied
        .into_iter()
        .map(|raw::NotApplied { id, reason, source }| {
            ids.claim(page, &id);
            NotApplied {
                id: id.into_inner(),
                reason: reason.into_inner(),
                source: page.cite(&source),
            }
        })
        .collect();
    let charter = charter.and_then(|c| charter_of(page, c, year, &mut ids));
    let providers = providers_of(page, provider);
    let one_district_county =
        one_district_county.and_then(|o| one_district_county_of(page, o, &ids));
    let published_columns = columns_of(page, published_list);
    if page.faults.len() > before {
        return None;
    }
    let EditionFiles { hash, text, colors_text, colors } = files;
    let mut edition = Edition {
        year,
        hash,
        text,
        colors_text,
        colors,
        public_date,
        groups,
        groups_source,
        judged,
        size,
        indicators,
        criteria,
        locals,
        methods,
        codes,
        codes_source,
        labels,
        sustained: tests,
        not_applied,
        charter,
        providers,
        one_district_county,
        published_columns,
        open_points,
        tables: Tables::default(),
    };
    edition.tables = Tables::of(&edition);
    Some(edition)
}

/// The ids that an edition has given away.
struct Ids {
    open: BTreeSet<String>,
    rules: BTreeSet<String>,
}

impl Ids {
    fn claim(&mut self, page: &mut Page<'_>, id: &Text) {
        if !self.rules.insert(id.get_ref().clone()) {
            page.fault(id, format!("the rule '{}' stands here a second time", id.get_ref()));
        }
    }

    fn open_points(&self, page: &mut Page<'_>, open: Vec<Text>) -> Vec<String> {
        for id in &open {
            if !self.open.contains(id.get_ref()) {
                let known: Vec<&str> = self.open.iter().map(String::as_str).collect();
                let known = known.join(", ");
                page.fault(id, format!("no [[open]] point '{}'; known: {known}", id.get_ref()));
            }
        }
        open.into_iter().map(Spanned::into_inner).collect()
    }
}

fn open_points(page: &mut Page<'_>, open: Vec<raw::Open>) -> Vec<OpenPoint> {
    let mut points: Vec<OpenPoint> = Vec::new();
    for raw::Open { id, question, default, other, source } in open {
        if points.iter().any(|p| &p.id == id.get_ref()) {
            page.fault(&id, format!("the open point '{}' stands here a second time", id.get_ref()));
        }
        points.push(OpenPoint {
            id: id.into_inner(),
            question: question.into_inner(),
            default: default.into_inner(),
            other: other.into_inner(),
            source: page.cite(&source),
        });
    }
    points
}

fn judged_of(page: &mut Page<'_>, judged: Vec<raw::Judged>) -> BTreeMap<LeaType, Judged> {
    let mut found = BTreeMap::new();
    for raw::Judged { lea, decided, evaluated, reason, source } in judged {
        let Some(lea_type) = lea_type(page, &lea) else {
            continue;
        };
        if decided && !evaluated {
            page.fault(&lea, "an LEA that is decided must be evaluated");
        }
        if !decided && reason.is_none() {
            page.fault(&lea, "an LEA that is not decided needs a reason");
        }
        let reason = reason.map(Spanned::into_inner);
        let source = page.cite(&source);
        if found.insert(lea_type, Judged { decided, evaluated, reason, source }).is_some() {
            page.fault(&lea, format!("'{}' stands here a second time", lea_type.code()));
        }
    }
    found
}

fn size_of(page: &mut Page<'_>, size: raw::Size, groups: &BTreeSet<StudentGroup>) -> SizeRule {
    let raw::Size { minimum, smaller, source } = size;
    let smaller = smaller
        .into_iter()
        .map(|raw::Smaller { lea, groups: words, minimum: at, source }| {
            if *at.get_ref() >= minimum {
                page.fault(&at, format!("a smaller size than {minimum} is expected"));
            }
            SmallerSize {
                lea_types: lea_types(page, Some(lea)),
                groups: groups_of(page, &words, Some(groups)),
                minimum: at.into_inner(),
                source: page.cite(&source),
            }
        })
        .collect();
    SizeRule { minimum, smaller, source: page.cite(&source) }
}

fn indicators_of(
    page: &mut Page<'_>,
    indicators: Vec<raw::Indicator>,
    all_groups: &BTreeSet<StudentGroup>,
) -> BTreeMap<Indicator, IndicatorRule> {
    let ratings = [("color", Rating::Color), ("status", Rating::Status), ("none", Rating::None)];
    let gates = [
        ("size", CountsWhen::Size),
        ("accountabilitymet", CountsWhen::AccountabilityMet),
        ("currnsizemet", CountsWhen::SizeMet),
    ];
    let mut found = BTreeMap::new();
    for raw::Indicator { id, rating: rating_at, counts_when, groups, source } in indicators {
        let rating = word(page, &rating_at, &ratings);
        let counts_when = match (&counts_when, rating) {
            (Some(at), _) => word(page, at, &gates),
            (None, Some(Rating::Color | Rating::Status)) => {
                page.fault(&id, "an indicator with a rating needs counts-when");
                None
            }
            (None, _) => Some(CountsWhen::Size),
        };
        let groups = match groups {
            Some(words) => groups_of(page, &words, Some(all_groups)),
            None => all_groups.clone(),
        };
        let source = page.cite(&source);
        let (Some(indicator), Some(rating), Some(counts_when)) =
            (indicator(page, &id), rating, counts_when)
        else {
            continue;
        };
        let rule = IndicatorRule { rating, counts_when, groups, source };
        if found.insert(indicator, rule).is_some() {
            page.fault(&id, format!("the indicator {indicator} stands here a second time"));
        }
    }
    found
}

fn codes_of(
    page: &mut Page<'_>,
    codes: raw::Codes,
) -> (BTreeMap<PrioritySet, char>, super::Citation) {
    let raw::Codes { source, letters } = codes;
    let mut found: BTreeMap<PrioritySet, char> = BTreeMap::new();
    for (letter, numbers) in letters.get_ref() {
        let mut characters = letter.chars();
        let (Some(character), None) = (characters.next(), characters.next()) else {
            page.fault(&letters, format!("'{letter}' is no single letter"));
            continue;
        };
        let set: PrioritySet = numbers.iter().filter_map(|n| Priority::new(*n)).collect();
        if set.len() != numbers.len() {
            page.fault(&letters, format!("the letter {letter} names a priority outside 1 to 10"));
        }
        if let Some(other) = found.insert(set, character) {
            page.fault(
                &letters,
                format!("the letters {other} and {letter} mean the same priorities"),
            );
        }
    }
    (found, page.cite(&source))
}

fn local_of(page: &mut Page<'_>, local: raw::Local, ids: &mut Ids) -> Option<LocalRule> {
    let raw::Local { id, priority, lea, rating, source } = local;
    ids.claim(page, &id);
    let rating = word(page, &rating, &LocalRating::ALL.map(|r| (r.name(), r)));
    Some(LocalRule {
        id: id.into_inner(),
        priority: priority_of(page, &priority)?,
        lea_types: lea_types(page, lea),
        source: page.cite(&source),
        rating: rating?,
    })
}

/// The last rule is the only one on its priority's local indicator for each kind of LEA: a
/// second one would count an LEA's single rating twice.
fn local_once(page: &mut Page<'_>, at: &Text, locals: &[LocalRule]) {
    let Some((last, earlier)) = locals.split_last() else { return };
    let same = |other: &LocalRule| {
        other.priority == last.priority && !other.lea_types.is_disjoint(&last.lea_types)
    };
    if let Some(other) = earlier.iter().find(|other| same(other)) {
        let (priority, other) = (last.priority, &other.id);
        page.fault(
            at,
            format!("'{other}' is on the local indicator of priority {priority} already"),
        );
    }
}

fn method_of(page: &mut Page<'_>, method: raw::Method, ids: &mut Ids) -> Option<Method> {
    let raw::Method { id, rule, count, lea, source } = method;
    ids.claim(page, &id);
    if !["M1", "M2", "M3", "M4"].contains(&id.get_ref().as_str()) {
        page.fault(&id, format!("'{}' is no method (M1 to M4)", id.get_ref()));
    }
    let counted = count.as_ref().map(|c| *c.get_ref());
    let test = match (rule.get_ref().as_str(), counted) {
        ("group-in-priorities", Some(n)) if n > 0 => MethodTest::GroupInPriorities(n),
        ("local-indicators", Some(n)) if n > 0 => MethodTest::LocalIndicators(n),
        ("group-in-priorities" | "local-indicators", _) => {
            page.fault(&rule, "this rule needs a count of at least 1");
            return None;
        }
        (_, Some(_)) => {
            page.fault(&rule, "this rule has no count");
            return None;
        }
        ("group-and-local-indicator", None) => MethodTest::GroupAndLocalIndicator,
        ("calpads-not-certified", None) => MethodTest::CalpadsNotCertified,
        (other, None) => {
            page.fault(
                &rule,
                format!(
                    "'{other}' is no rule of a method; known: group-in-priorities, \
                     local-indicators, group-and-local-indicator, calpads-not-certified"
                ),
            );
            return None;
        }
    };
    Some(Method {
        id: id.into_inner(),
        test,
        lea_types: lea_types(page, lea),
        source: page.cite(&source),
    })
}

fn labels_of(page: &mut Page<'_>, labels: raw::Labels, year: DashboardYear, ids: &Ids) -> Labels {
    let raw::Labels {
        general,
        first_year,
        second_year,
        charter,
        general_in_later_lists,
        first_year_in_later_lists,
        second_year_after,
        open,
        source,
    } = labels;
    let second_year_after = second_year_after.and_then(|at| {
        let named = page.name_year(&at)?;
        if named >= year {
            page.fault(&at, format!("{named} is not before {year}"));
        }
        if second_year.is_none() {
            page.fault(&at, "second-year-after needs a label second-year");
        }
        Some(named)
    });
    let general = general.into_inner();
    let first_year = first_year.into_inner();
    Labels {
        general_in_later_lists: general_in_later_lists
            .map_or_else(|| general.clone(), Spanned::into_inner),
        first_year_in_later_lists: first_year_in_later_lists
            .map_or_else(|| first_year.clone(), Spanned::into_inner),
        general,
        first_year,
        second_year: second_year.map(Spanned::into_inner),
        charter: charter.map(Spanned::into_inner),
        second_year_after,
        open: ids.open_points(page, open),
        source: page.cite(&source),
    }
}

fn providers_of(page: &mut Page<'_>, providers: Vec<raw::Provider>) -> Vec<ProviderRule> {
    let mut found: Vec<ProviderRule> = Vec::new();
    for raw::Provider { lea, level: level_at, provider, source } in providers {
        let level = level_of(page, &level_at);
        let source = page.cite(&source);
        let Some(lea_type) = lea_type(page, &lea) else {
            continue;
        };
        if found.iter().any(|p| (p.lea_type, p.level) == (lea_type, level)) {
            page.fault(&lea, format!("{lea_type} at level {level} has a provider already"));
        }
        found.push(ProviderRule { lea_type, level, provider: provider.into_inner(), source });
    }
    found
}

fn one_district_county_of(
    page: &mut Page<'_>,
    rule: raw::OneDistrictCounty,
    ids: &Ids,
) -> Option<OneDistrictCounty> {
    let raw::OneDistrictCounty { counties, level, open, source } = rule;
    let mut found = BTreeSet::new();
    for at in &counties {
        match CountyCode::parse(at.get_ref()) {
            Some(county) => {
                found.insert(county);
            }
            None => page.fault(at, format!("'{}' is no county (01 to 58)", at.get_ref())),
        }
    }
    Some(OneDistrictCounty {
        counties: found,
        level: level_of(page, &level),
        open: ids.open_points(page, open),
        source: page.cite(&source),
    })
}

fn columns_of(page: &mut Page<'_>, list: raw::PublishedList) -> PublishedColumns {
    let raw::PublishedList { verified, columns, source } = list;
    let names: BTreeSet<&String> = columns.get_ref().iter().map(Spanned::get_ref).collect();
    if names.len() != columns.get_ref().len() {
        page.fault(&columns, "a column stands here twice");
    }
    PublishedColumns {
        verified,
        columns: columns.into_inner().into_iter().map(Spanned::into_inner).collect(),
        source: page.cite(&source),
    }
}
