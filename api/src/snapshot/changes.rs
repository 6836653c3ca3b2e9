//! What one picture shows otherwise than another, and because of what.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::facts::{ReleaseNumber, superseded};
use calsos_domain::release::{Coverage, ReleaseKind};
use calsos_domain::year::DashboardYear;
use calsos_persistence::{ReleaseRecord, RunRecord};

use super::{Place, Snapshot};
use crate::app::answers::Names;
use crate::app::diff::{diff_editions, diff_releases, lea_change, list_rows};
use crate::app::release_states::head;
use crate::error::AppError;
use crate::views::changes::answers_of;
use crate::views::run_changes::{
    CausesView, CausingEdition, CausingProgram, CausingRelease, ChangeTotals,
};
use crate::views::run_diff::LeaChange;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// What the program answers.
    Answers,
    /// What the state's lists in force say.
    Lists,
}

/// What one picture shows otherwise than another.
pub(crate) struct Changes {
    answers: Side,
    lists: Side,
    /// Releases that are read or in force otherwise, with how.
    releases: BTreeMap<ReleaseNumber, (ReleaseRecord, &'static str)>,
    /// What took the place of what, where that is another.
    in_place_of: BTreeMap<ReleaseNumber, BTreeSet<ReleaseNumber>>,
}

/// The answers, or the rows of lists.
#[derive(Default)]
struct Side {
    /// By year and code.
    changes: Vec<(Place, LeaChange)>,
    totals: BTreeMap<(DashboardYear, CountyCode), ChangeTotals>,
}

impl Side {
    fn count(&mut self, place: Place) -> &mut ChangeTotals {
        self.totals.entry((place.year, place.cds.county())).or_default()
    }

    fn add(&mut self, place: Place, change: Option<LeaChange>) {
        let totals = self.count(place);
        match change.as_ref().map(|change| change.change) {
            None => totals.other_reasons += 1,
            Some("gained") => totals.gained += 1,
            Some("lost") => totals.lost += 1,
            Some(_) => totals.changed += 1,
        }
        self.changes.extend(change.map(|change| (place, change)));
    }
}

impl Changes {
    /// Names what is between two pictures.
    pub(crate) fn name(before: Option<&Snapshot>, after: &Snapshot) -> String {
        let before = before.map_or("nothing", |before| before.dataset());
        format!("{}-after-{before}", after.dataset())
    }

    /// Compares two pictures for the same circle of callers; everything is gained where there
    /// is none before.
    pub(crate) fn between(
        before: Option<&Snapshot>,
        after: &Snapshot,
    ) -> Result<Changes, AppError> {
        let mut names = before.map_or_else(Names::default, |of| of.held.names.clone());
        names = names.with(&after.held.names);
        let (releases, in_place_of) = releases(before, after);
        Ok(Changes {
            answers: answers(before, after, &names)?,
            lists: lists(before, after, &names),
            releases,
            in_place_of,
        })
    }

    fn side(&self, of: Of) -> &Side {
        match of {
            Of::Answers => &self.answers,
            Of::Lists => &self.lists,
        }
    }

    /// What changed, by year and code.
    pub(crate) fn changes(&self, of: Of) -> impl Iterator<Item = &(Place, LeaChange)> {
        self.side(of).changes.iter()
    }

    /// How many came out how, of a year and a county or of all.
    pub(crate) fn totals(
        &self,
        of: Of,
        year: Option<DashboardYear>,
        county: Option<CountyCode>,
    ) -> ChangeTotals {
        let mut all = ChangeTotals::default();
        for ((of_year, of_county), totals) in &self.side(of).totals {
            let is_wanted = year.is_none_or(|year| year == *of_year)
                && county.is_none_or(|county| county == *of_county);
            if is_wanted {
                all.add(*totals);
            }
        }
        all
    }

    /// Because of what a row of a list is another: the lists of its year.
    pub(crate) fn causes_of_row(&self, place: Place) -> CausesView {
        let of_year = self.releases.values().filter(|(release, _)| {
            let is_list = release.kind == ReleaseKind::PublishedList;
            is_list && release.year == Some(place.year) && speaks_of(&release.coverage, place.cds)
        });
        let releases = of_year.map(|(release, change)| causing(release, change)).collect();
        CausesView { releases, ..CausesView::default() }
    }

    /// Because of what an answer is another.
    pub(crate) fn causes_of_answer(
        &self,
        before: Option<&Snapshot>,
        after: &Snapshot,
        place: Place,
    ) -> Result<CausesView, AppError> {
        let sides = [before, Some(after)];
        let mut rests_on = Vec::new();
        let mut runs = Vec::new();
        for side in sides {
            let found = side.and_then(|side| Some((side, side.index.find(place.cds, place.year)?)));
            rests_on.push(match found {
                Some((side, at)) => side.rests_on(at)?,
                None => BTreeSet::new(),
            });
            // The run that the answer comes from; it may be an earlier one than what is shown.
            runs.push(match found {
                Some((side, at)) => Some(side.answer(at)?.source.run.clone()),
                None => side.map(|side| side.held.run.clone()),
            });
        }
        let mut numbers: BTreeSet<ReleaseNumber> = match rests_on.as_slice() {
            [before, after] => before.symmetric_difference(after).copied().collect(),
            _ => BTreeSet::new(),
        };
        // A file that both have alike is no cause, where only one has an answer to rest on it.
        numbers.retain(|number| self.releases.contains_key(number));
        let of_lea = |number: &ReleaseNumber| {
            self.releases
                .get(number)
                .is_some_and(|(release, _)| speaks_of(&release.coverage, place.cds))
        };
        let in_their_place: Vec<ReleaseNumber> = numbers
            .iter()
            .filter_map(|number| self.in_place_of.get(number))
            .flatten()
            .copied()
            .collect();
        numbers.extend(in_their_place.into_iter().filter(of_lea));
        let (editions, program) = match runs.as_slice() {
            [Some(before), Some(after)] => {
                (editions(before, after, place.year), program(before, after))
            }
            _ => (Vec::new(), None),
        };
        if numbers.is_empty() && editions.is_empty() && program.is_none() {
            let not_later = |number: &ReleaseNumber| {
                let year = self.releases.get(number).and_then(|(release, _)| release.year);
                year.is_none_or(|year| year <= place.year)
            };
            let all = self.releases.keys().copied();
            numbers = all.filter(|number| of_lea(number) && not_later(number)).collect();
        }
        let releases: Vec<CausingRelease> = numbers
            .iter()
            .filter_map(|number| self.releases.get(number))
            .map(|(release, change)| causing(release, change))
            .collect();
        let program = program.filter(|_| releases.is_empty() && editions.is_empty());
        Ok(CausesView { releases, editions, program })
    }
}

fn answers(before: Option<&Snapshot>, after: &Snapshot, names: &Names) -> Result<Side, AppError> {
    let mut places: BTreeMap<Place, [Option<usize>; 2]> = BTreeMap::new();
    for (side, picture) in [before, Some(after)].into_iter().enumerate() {
        let entries = picture.into_iter().flat_map(|of| of.index.entries.iter().enumerate());
        for (at, entry) in entries {
            let place = Place { year: entry.year, cds: entry.cds };
            if let Some(of_side) = places.entry(place).or_default().get_mut(side) {
                *of_side = Some(at);
            }
        }
    }
    let mut found = Side::default();
    for (place, [one, other]) in places {
        if let (Some(before), Some(one), Some(other)) = (before, one, other)
            && before.answer(one)?.body.hash() == after.answer(other)?.body.hash()
        {
            found.count(place).same += 1;
            continue;
        }
        let said = |of: Option<&Snapshot>, at: Option<usize>| match of.zip(at) {
            Some((of, at)) => Ok(Some(answers_of(&of.answered(at)?.view))),
            None => Ok::<_, AppError>(None),
        };
        let (one, other) = (said(before, one)?, said(Some(after), other)?);
        let key = (place.year, place.cds);
        found.add(place, lea_change(key, names, one.as_ref(), other.as_ref()));
    }
    Ok(found)
}

fn lists(before: Option<&Snapshot>, after: &Snapshot, names: &Names) -> Side {
    let said = |of: &Snapshot| list_rows(&of.held.books, &of.held.lists.lists);
    let sides = [before.map(said).unwrap_or_default(), said(after)];
    let keys: BTreeSet<(DashboardYear, CdsCode)> =
        sides.iter().flat_map(BTreeMap::keys).copied().collect();
    let mut found = Side::default();
    for (year, cds) in keys {
        let place = Place { year, cds };
        let [one, other] = sides.each_ref().map(|side| side.get(&(year, cds)));
        match lea_change((year, cds), names, one, other) {
            None => found.count(place).same += 1,
            change => found.add(place, change),
        }
    }
    found
}

/// A picture's run with the releases that it read and that the picture shows.
fn shown_run(of: &Snapshot) -> RunRecord {
    let known: BTreeSet<ReleaseNumber> = of.held.releases.iter().map(|of| of.number).collect();
    let mut run = of.held.run.clone();
    run.releases.retain(|release| known.contains(release));
    run
}

/// Releases that are read or in force otherwise, and what took the place of which of them.
#[expect(clippy::type_complexity, reason = "the two fields that are made together")]
fn releases(
    before: Option<&Snapshot>,
    after: &Snapshot,
) -> (
    BTreeMap<ReleaseNumber, (ReleaseRecord, &'static str)>,
    BTreeMap<ReleaseNumber, BTreeSet<ReleaseNumber>>,
) {
    let run_after = shown_run(after);
    let run_before = match before {
        Some(before) => shown_run(before),
        None => RunRecord { releases: Vec::new(), ..run_after.clone() },
    };
    let all = before.into_iter().chain([after]).flat_map(|of| of.held.releases.iter());
    let records: BTreeMap<ReleaseNumber, ReleaseRecord> =
        all.map(|release| (release.number, release.clone())).collect();
    let listed: Vec<ReleaseRecord> = records.values().cloned().collect();
    let mut changed = BTreeMap::new();
    for change in diff_releases(&run_before, &run_after, &listed) {
        let how = if change.change == "removed" { "withdrawn" } else { change.change };
        if let Some(record) = records.get(&ReleaseNumber(change.release)) {
            changed.insert(record.number, (record.clone(), how));
        }
    }
    let heads: Vec<_> =
        listed.iter().filter(|of| run_after.releases.contains(&of.number)).map(head).collect();
    let mut in_place_of: BTreeMap<ReleaseNumber, BTreeSet<ReleaseNumber>> = BTreeMap::new();
    for one in superseded(&heads) {
        if changed.contains_key(&one.superseded) && changed.contains_key(&one.in_force) {
            in_place_of.entry(one.superseded).or_default().insert(one.in_force);
        }
    }
    (changed, in_place_of)
}

/// Whether a file speaks of an LEA.
fn speaks_of(coverage: &Coverage, cds: CdsCode) -> bool {
    let Coverage { statewide, counties, charter_counties } = coverage;
    let of_kind = if cds.school() == 0 { counties } else { charter_counties };
    *statewide
        || of_kind.contains(&cds.county())
        || counties.is_empty() && charter_counties.is_empty()
}

fn causing(release: &ReleaseRecord, change: &'static str) -> CausingRelease {
    CausingRelease {
        number: release.number.0,
        kind: release.kind.code(),
        dashboard_year: release.year.map(DashboardYear::number),
        file_name: release.file_name.clone(),
        change,
    }
}

/// The editions of a year and of those before it that are others.
fn editions(before: &RunRecord, after: &RunRecord, year: DashboardYear) -> Vec<CausingEdition> {
    let all = diff_editions(before, after).into_iter();
    let concerned = all.filter(|edition| edition.dashboard_year <= year.number());
    concerned
        .map(|edition| CausingEdition {
            dashboard_year: edition.dashboard_year,
            before: edition.before,
            after: edition.after,
        })
        .collect()
}

fn program(before: &RunRecord, after: &RunRecord) -> Option<CausingProgram> {
    let (before, after) = (&before.program_version, &after.program_version);
    (before != after).then(|| CausingProgram { before: before.clone(), after: after.clone() })
}
