//! How real the made-up state is: every rule is met by someone, and as often as in
//! California, within wide bounds. The totals beside which they stand are the published ones
//! of the years for which there is a list.

#![expect(clippy::print_stdout, reason = "the shares are worth reading")]

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
}
