//! How real the made-up state is: every rule is met by someone, and as often as in
//! California, within wide bounds. The totals beside which they stand are the published ones
//! of the years for which there is a list.

#![expect(clippy::unwrap_used, reason = "what a helper of a test unwraps is part of the test")]

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::determination::decide;
use calsos_domain::evaluation::Basis;
use calsos_domain::lea::LeaType;
use calsos_domain::rulebook::Effect;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::Answer;
use calsos_domain::year::DashboardYear;
use calsos_sample::{SampleSize, State};

/// What is counted of a year.
#[derive(Default)]
struct Counts {
    judged: usize,
    offices: usize,
    eligible: usize,
    eligible_offices: usize,
    second_year: usize,
    third_level: usize,
    geographic_lead: usize,
    charters: usize,
    eligible_charters: usize,
    methods: BTreeMap<String, usize>,
    groups: BTreeMap<StudentGroup, usize>,
    letters: BTreeSet<char>,
}

fn count() -> BTreeMap<DashboardYear, Counts> {
    let size = SampleSize::CALIFORNIA;
    let state = State::new(1, size.leas()).unwrap();
    let mut years: BTreeMap<DashboardYear, Counts> = BTreeMap::new();
    for facts in state.facts() {
        for (year, decided) in decide(state.rulebooks(), &facts, Basis::Files) {
            if !decided.decided {
                continue;
            }
            let counts = years.entry(year).or_default();
            let conclusions = &decided.conclusions;
            let differentiated = conclusions.label.differentiated.is_met();
            if facts.lea_type == LeaType::Charter {
                counts.charters += 1;
                counts.eligible_charters += usize::from(differentiated);
                continue;
            }
            let office = facts.lea_type == LeaType::CountyOffice;
            counts.judged += 1;
            counts.offices += usize::from(office);
            let first = conclusions.eligible.is_met();
            counts.eligible += usize::from(first);
            counts.eligible_offices += usize::from(first && office);
            counts.second_year += usize::from(conclusions.label.support_year == Answer::Known(2));
            counts.third_level += usize::from(conclusions.eligible_level == Answer::Known(3));
            let lead = |id: &str| {
                decided
                    .edition
                    .sustained
                    .iter()
                    .any(|r| r.id == id && r.effect == Effect::GeographicLead)
            };
            let joined = conclusions.sustained.iter().any(|s| lead(&s.id) && s.outcome.is_met());
            counts.geographic_lead += usize::from(joined);
            for (method, outcome) in &conclusions.methods {
                *counts.methods.entry(method.clone()).or_default() += usize::from(outcome.is_met());
            }
            for (group, code) in &conclusions.codes {
                if let Answer::Known(Some(letter)) = code {
                    *counts.groups.entry(*group).or_default() += 1;
                    counts.letters.insert(*letter);
                }
            }
        }
    }
    years
}

#[test]
fn the_made_up_state_is_like_california() {
    let years = count();
    for (year, counts) in &years {
        println!(
            "{year}: {} judged ({} offices), {} eligible ({} offices), second year {}, level 3 \
             {}, geographic lead {}, charters {} of {}, {:?}, {:?} {:?}",
            counts.judged,
            counts.offices,
            counts.eligible,
            counts.eligible_offices,
            counts.second_year,
            counts.third_level,
            counts.geographic_lead,
            counts.eligible_charters,
            counts.charters,
            counts.methods,
            counts.groups,
            counts.letters
        );
    }
    let of = |year: u16| &years[&DashboardYear::new(year).unwrap()];
    // Eligible by the year's results, of 1000 districts and county offices, as published.
    for (year, published) in
        [(2017, 244), (2018, 389), (2019, 334), (2022, 621), (2023, 470), (2024, 439)]
    {
        let counts = of(year);
        let made = counts.eligible * 1000 / counts.judged;
        assert!(made.abs_diff(published) < 130, "{year}: {made} of 1000, published {published}");
    }
    for (year, counts) in &years {
        let letters = counts.letters.iter().collect::<String>();
        let four_priorities = counts.letters.contains(&'K');
        assert!(letters == "ABCDEFGHIJK" || letters == "ABCD" && !four_priorities, "{letters}");
        // Only long-term English learners, who came later, are beside them.
        let others = counts.groups.iter().filter(|(group, _)| **group != StudentGroup::Ltel);
        let most = others.max_by_key(|(_, count)| **count).map(|(group, _)| *group);
        assert_eq!(most, Some(StudentGroup::Swd), "{year}");
    }
    for method in ["M1", "M2", "M3", "M4"] {
        let met: usize = years.values().filter_map(|c| c.methods.get(method)).sum();
        assert!(met > 0, "nobody meets {method}");
        let share = met * 1000 / years.values().map(|c| c.judged).sum::<usize>();
        assert!(method == "M1" || share < 30, "{method}: {share} of 1000");
    }
    for year in [2022, 2023, 2024, 2025] {
        let counts = of(year);
        let share = counts.third_level * 1000 / counts.judged;
        assert!((10..=100).contains(&share), "level 3 in {year}: {share} of 1000");
    }
    assert!(of(2024).second_year > 0 && of(2025).second_year > 0);
    assert!(of(2025).geographic_lead > 0);
    for year in [2019, 2023, 2024, 2025] {
        let counts = of(year);
        let share = counts.eligible_charters * 1000 / counts.charters;
        assert!((20..=300).contains(&share), "charters in {year}: {share} of 1000");
    }
}
