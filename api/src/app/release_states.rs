//! Which releases are in force, and which LEAs each speaks about, in words.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::CountyCode;
use calsos_domain::facts::{ReleaseHead, ReleaseNumber, Superseded, superseded};
use calsos_domain::release::Coverage;
use calsos_persistence::ReleaseRecord;

/// The state of a release that was withdrawn.
pub(crate) const WITHDRAWN: &str = "withdrawn";

/// What became of each release until now: `withdrawn`, or what [`states_among`] says of those
/// that stand.
pub(crate) fn states<'a>(
    records: impl IntoIterator<Item = &'a ReleaseRecord>,
) -> BTreeMap<ReleaseNumber, String> {
    let (withdrawn, standing): (Vec<&ReleaseRecord>, Vec<&ReleaseRecord>) =
        records.into_iter().partition(|record| record.is_withdrawn());
    let mut states = states_among(standing);
    states.extend(withdrawn.into_iter().map(|record| (record.number, WITHDRAWN.to_owned())));
    states
}

/// What became of each of the releases among themselves, as in a run that read them: `in
/// force`, or which ones took its place.
pub(crate) fn states_among<'a>(
    records: impl IntoIterator<Item = &'a ReleaseRecord>,
) -> BTreeMap<ReleaseNumber, String> {
    let heads: Vec<_> = records.into_iter().map(head).collect();
    let mut places: BTreeMap<ReleaseNumber, (bool, Vec<String>)> = BTreeMap::new();
    for Superseded { in_force, superseded, wholly, why: _ } in superseded(&heads) {
        let (_, others) = places.entry(superseded).or_insert((wholly, Vec::new()));
        others.push(in_force.to_string());
    }
    let words = |head: &ReleaseHead| match places.get(&head.number) {
        None => "in force".to_owned(),
        Some((wholly, others)) => {
            let how = if *wholly { "superseded by" } else { "superseded in part by" };
            format!("{how} {}", others.join(", "))
        }
    };
    heads.iter().map(|head| (head.number, words(head))).collect()
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

/// What the rules need to know of a release before its rows.
pub(crate) fn head(record: &ReleaseRecord) -> ReleaseHead {
    ReleaseHead {
        number: record.number,
        kind: record.kind,
        year: record.year,
        file_date: record.file_date,
        coverage: record.coverage.clone(),
        beside: record.beside,
    }
}
