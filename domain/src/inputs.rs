//! Which releases an answer rests on, so that it can be said from when it is public.

use std::collections::BTreeSet;

use crate::facts::{LeaFacts, ReleaseNumber, YearFacts};
use crate::rulebook::Rulebooks;
use crate::year::DashboardYear;

/// The releases that an LEA's answer for a year rests on: those in force for it of the year
/// and of the years before, which the law looks back on, and what the directories and tables
/// say of it. A file that covers the LEA and has no row of it counts: that there is none is
/// what the answer knows from it.
///
/// The list of the year itself is none of them, unless no other file of the year names the
/// LEA: an answer is computed as if its list did not exist. Nor are files of years without
/// rules, which nothing asks for.
#[must_use]
pub fn releases_used(
    books: &Rulebooks,
    lea: &LeaFacts,
    year: DashboardYear,
) -> BTreeSet<ReleaseNumber> {
    let mut used = BTreeSet::new();
    let years = lea.years.range(..=year).filter(|(of, _)| books.edition(**of).is_some());
    for (of, facts) in years {
        used.extend(results_used(facts));
        let named_by_a_list = facts.performances.is_empty() && facts.local_ratings.is_empty();
        if *of < year || named_by_a_list {
            used.extend(facts.list_release);
            used.extend(facts.charter_list_release);
        }
    }
    let register = &lea.register;
    used.extend(register.directory.iter().map(|entry| entry.record.release));
    used.extend(register.locations.iter().map(|cited| cited.release));
    used.extend(register.geographic_leads.iter().map(|cited| cited.release));
    used
}

/// The files of results in a year that cover the LEA.
fn results_used(facts: &YearFacts) -> impl Iterator<Item = ReleaseNumber> {
    let indicators = facts.indicator_releases.values().copied();
    let locals = facts.local_releases.values().copied();
    let calpads = facts.calpads_certified.as_ref().map(|cited| cited.release);
    indicators.chain(locals).chain(calpads)
}
