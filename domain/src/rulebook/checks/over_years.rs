//! Tests over several years and their windows.

use toml::Spanned;

use super::words::{lea_types, positive, word};
use super::{Ids, Page};
use crate::lea::LeaType;
use crate::rulebook::tables::TESTS_MOST;
use crate::rulebook::{CharterRule, CharterTest, Effect, SustainedRule, raw};
use crate::student_group::StudentGroup;
use crate::sustained_need::YEARS_MOST;
use crate::year::DashboardYear;

/// The years of a window, in rising order, the last being the edition's own.
fn window_of(
    page: &mut Page<'_>,
    at: &Spanned<Vec<Spanned<u16>>>,
    year: DashboardYear,
) -> Vec<DashboardYear> {
    let mut window = Vec::new();
    for named in at.get_ref() {
        window.extend(page.name_year(named));
    }
    if window.windows(2).any(|pair| matches!(pair, [a, b] if a >= b)) {
        page.fault(at, "the window is out of order: its years must rise");
    }
    if window.len() > YEARS_MOST {
        let found = window.len();
        page.fault(at, format!("the window has {found} years: at most {YEARS_MOST} are possible"));
    }
    if window.last() != Some(&year) {
        page.fault(at, format!("the window must end with the edition's own year, {year}"));
    }
    window
}

pub(super) fn sustained_of(
    page: &mut Page<'_>,
    rule: raw::Sustained,
    year: DashboardYear,
    ids: &mut Ids,
) -> Option<SustainedRule> {
    let raw::Sustained {
        id,
        lea,
        window,
        years,
        groups,
        priorities,
        all_if_fewer_groups,
        effect,
        open,
        source,
    } = rule;
    ids.claim(page, &id);
    let window = window_of(page, &window, year);
    let effects = [
        ("level-3", Effect::Level3),
        ("geographic-lead", Effect::GeographicLead),
        ("data-test", Effect::DataTest),
    ];
    let effect = word(page, &effect, &effects);
    Some(SustainedRule {
        id: id.into_inner(),
        lea_types: lea_types(page, Some(lea)),
        years: positive(page, &years, window.len(), "the number of years"),
        window,
        groups: positive(page, &groups, StudentGroup::COUNTED.len(), "the number of groups"),
        priorities: positive(page, &priorities, 10, "the number of priorities"),
        all_if_fewer_groups,
        open: ids.open_points(page, open),
        source: page.cite(&source),
        effect: effect?,
    })
}

/// No more tests are applied to a kind of LEA than a verdict has room for.
pub(super) fn few_tests(page: &mut Page<'_>, at: &Spanned<String>, tests: &[SustainedRule]) {
    for lea_type in LeaType::ALL {
        if tests.iter().filter(|test| test.lea_types.contains(&lea_type)).count() > TESTS_MOST {
            page.fault(
                at,
                format!(
                    "at most {TESTS_MOST} tests over several years for a {} are possible",
                    lea_type.name()
                ),
            );
            return;
        }
    }
}

pub(super) fn charter_of(
    page: &mut Page<'_>,
    rule: raw::Charter,
    year: DashboardYear,
    ids: &mut Ids,
) -> Option<CharterRule> {
    let raw::Charter {
        id,
        rule: rule_at,
        window,
        years,
        groups,
        priorities,
        all_if_fewer_groups,
        open,
        source,
    } = rule;
    ids.claim(page, &id);
    let window = window_of(page, &window, year);
    let test = match (rule_at.get_ref().as_str(), years, groups, priorities, all_if_fewer_groups) {
        ("criteria-in-every-year", None, None, None, None) => CharterTest::CriteriaInEveryYear,
        ("groups-in-years", Some(years), Some(groups), Some(priorities), all_if_fewer) => {
            CharterTest::GroupsInYears {
                years: positive(page, &years, window.len(), "the number of years"),
                groups: positive(
                    page,
                    &groups,
                    StudentGroup::COUNTED.len(),
                    "the number of groups",
                ),
                priorities: positive(page, &priorities, 10, "the number of priorities"),
                all_if_fewer_groups: all_if_fewer.unwrap_or(false),
            }
        }
        _ => {
            page.fault(
                &rule_at,
                "a charter rule is 'criteria-in-every-year', or 'groups-in-years' with years, \
                 groups and priorities",
            );
            return None;
        }
    };
    Some(CharterRule {
        id: id.into_inner(),
        test,
        window,
        open: ids.open_points(page, open),
        source: page.cite(&source),
    })
}
