//! Which releases are in force, and which LEAs each speaks about, in words.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CountyCode;
use calsos_domain::facts::{ReleaseNumber, superseded};
use calsos_domain::release::Coverage;
use calsos_persistence::ReleaseRecord;

use super::import::head;

/// What became of each of the releases among themselves: `in force`, or which one took its
/// place.
pub(crate) fn states<'a>(
    records: impl IntoIterator<Item = &'a ReleaseRecord>,
) -> BTreeMap<ReleaseNumber, String> {
    let heads: Vec<_> = records.into_iter().map(head).collect();
    let mut states: BTreeMap<ReleaseNumber, (bool, String)> =
        heads.iter().map(|head| (head.number, (false, "in force".to_owned()))).collect();
    // Where one release takes its place wholly and others for some counties, the first says
    // that nothing of it is in force.
    for superseded in superseded(&heads) {
        let how = if superseded.wholly { "superseded by" } else { "superseded in part by" };
        let state = (superseded.wholly, format!("{how} {}", superseded.in_force));
        match states.get(&superseded.superseded) {
            Some((true, _)) if !superseded.wholly => {}
            _ => {
                states.insert(superseded.superseded, state);
            }
        }
    }
    states.into_iter().map(|(number, (_, state))| (number, state)).collect()
}

/// Which LEAs a release speaks about: charters are covered apart, since not every file of a
/// county has them.
pub(crate) fn coverage_words(coverage: &Coverage) -> String {
    let Coverage { statewide, counties, charter_counties } = coverage;
    let named = |what: &str, counties: &BTreeSet<CountyCode>| {
        let counties: Vec<String> = counties.iter().map(ToString::to_string).collect();
        format!("{what} {}", counties.join(" "))
    };
    if *statewide {
        "statewide".to_owned()
    } else if counties.is_empty() {
        named("charters of counties", charter_counties)
    } else if charter_counties.is_empty() || charter_counties == counties {
        named("counties", counties)
    } else {
        format!("{}, {}", named("counties", counties), named("charters of", charter_counties))
    }
}
