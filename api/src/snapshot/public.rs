//! What is public of the answers.
//!
//! An answer is public when every file that it rests on is. Where the current run's answer
//! for an LEA and year is not, the last one that is stands in its place, from an earlier run;
//! where there never was one, there is none. What the public sees is the same, to the byte,
//! as if the files that are not public had not been taken in.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use calsos_domain::cds::CdsCode;
use calsos_domain::facts::{LeaFacts, ReleaseNumber};
use calsos_domain::release::ReleaseKind;
use calsos_domain::small_numbers::Masking;
use calsos_domain::year::DashboardYear;
use calsos_persistence::{AnswerFilter, ReleaseRecord, RunRecord};
use jiff::Timestamp;

use super::Snapshot;
use super::parts::{HeldAnswer, Parts, Source};
use super::resting::{rests_on, whole_tables};
use crate::app::Office;
use crate::app::answers::Names;
use crate::app::held::{Held, OfReleases};
use crate::app::moments::made_at;
use crate::app::standing::{beside, gone};
use crate::error::AppError;

/// The releases that are public.
pub(super) fn public_of(
    releases: &[ReleaseRecord],
    hidden: &BTreeSet<ReleaseNumber>,
) -> Vec<ReleaseRecord> {
    releases.iter().filter(|release| !hidden.contains(&release.number)).cloned().collect()
}

/// Draws the public picture beside that of everything, and perhaps an earlier public one. `of` is
/// what LEAs are called and the lists in force by what is public, where that was read.
pub(super) fn public(
    office: &Office,
    (full, known): (&Snapshot, Option<&Snapshot>),
    of: Option<OfReleases>,
    hidden: BTreeSet<ReleaseNumber>,
    tables_at: Option<Timestamp>,
    (rendered_bytes, to_everybody): (u64, bool),
) -> Result<Snapshot, AppError> {
    let releases = public_of(&full.held.releases, &hidden);
    let gone = gone(&full.held.releases, &full.held.run);
    let standing = beside(&releases, &full.held.run);
    let (names, lists, whole_of) = match of {
        Some(of) => of,
        None => office.of_releases(&standing, known.map(|known| &known.held))?,
    };
    let mut searched = Searched::new(&hidden, &gone, &full.held.releases);
    searched.take_current(full, known, &names)?;
    let mut runs = office.store.runs()?;
    runs.sort_by_key(|run| std::cmp::Reverse(run.number));
    let shown = shown_run(&runs, &full.held.run, &hidden);
    for run in runs.into_iter().filter(|run| run.number < full.held.run.number) {
        if !searched.is_going_on() {
            break;
        }
        searched.take_earlier(office, run, &names)?;
    }
    let answers: Vec<HeldAnswer> = searched.found.into_values().collect();
    let day = tables_at.unwrap_or_else(|| made_at(&shown));
    let located = office.territory(&standing, day)?.located;
    let held = Held {
        lists,
        whole_of,
        run: RunRecord { answer_count: answers.len() as u64, ..shown },
        books: Arc::clone(&full.held.books),
        names,
        releases,
    };
    Snapshot::of(Parts {
        held,
        answers,
        masking: Masking::default(),
        moments: Arc::clone(&full.moments),
        hidden,
        unused: Arc::clone(&full.unused),
        is_part: false,
        located,
        decisions: Arc::clone(&full.decisions),
        to_everybody,
        rendered_bytes,
    })
}

/// The run that the public is shown: the one since which no run has read another public file
/// or other rules, so that a run that read more of what is hidden shows in nothing. `runs` go
/// from the newest to the oldest.
fn shown_run(
    runs: &[RunRecord],
    current: &RunRecord,
    hidden: &BTreeSet<ReleaseNumber>,
) -> RunRecord {
    let public = |run: &RunRecord| {
        let mut releases = run.releases.clone();
        releases.retain(|release| !hidden.contains(release));
        releases
    };
    let wanted = public(current);
    let same = runs
        .iter()
        .skip_while(|run| run.number > current.number)
        .take_while(|run| run.editions == current.editions && public(run) == wanted);
    let mut shown = same.last().unwrap_or(current).clone();
    shown.releases = wanted;
    shown
}

/// Which answers were found, and which are still looked for in earlier runs.
struct Searched<'a> {
    hidden: &'a BTreeSet<ReleaseNumber>,
    /// Releases that were withdrawn: no answer that rests on one stands in another's place.
    gone: &'a BTreeSet<ReleaseNumber>,
    releases: &'a [ReleaseRecord],
    /// What was found, by year and code.
    found: BTreeMap<(DashboardYear, CdsCode), HeldAnswer>,
    /// Years of which further LEAs may have public answers in earlier runs: a file that is
    /// not public may have left them out.
    open: BTreeSet<DashboardYear>,
    /// Answers that are there and not public.
    wanted: BTreeSet<(DashboardYear, CdsCode)>,
}

impl<'a> Searched<'a> {
    fn new(
        hidden: &'a BTreeSet<ReleaseNumber>,
        gone: &'a BTreeSet<ReleaseNumber>,
        releases: &'a [ReleaseRecord],
    ) -> Searched<'a> {
        // A year without any public file never had a public answer.
        let public = releases.iter().filter(|release| !hidden.contains(&release.number));
        let open = public.filter_map(|release| release.year).collect();
        let (found, wanted) = (BTreeMap::new(), BTreeSet::new());
        Searched { hidden, gone, releases, found, open, wanted }
    }

    /// Years of which anything is still looked for.
    fn years(&self) -> BTreeSet<DashboardYear> {
        self.open.iter().copied().chain(self.wanted.iter().map(|(year, _)| *year)).collect()
    }

    fn is_going_on(&self) -> bool {
        !self.open.is_empty() || !self.wanted.is_empty()
    }

    fn take_current(
        &mut self,
        full: &Snapshot,
        known: Option<&Snapshot>,
        names: &Names,
    ) -> Result<(), AppError> {
        let has_files = self.open.clone();
        for answer in &full.answers {
            let key = (answer.entry.year, answer.entry.cds);
            if !answer.masked {
                let item = match answer.item_of(known, names) {
                    Some(item) => item,
                    None => answer.item_with(names, &full.held.names)?,
                };
                self.found.insert(key, HeldAnswer { item, ..answer.clone() });
            } else if has_files.contains(&key.0) {
                self.wanted.insert(key);
            }
        }
        self.close(&full.held.run);
        Ok(())
    }

    fn take_earlier(
        &mut self,
        office: &Office,
        run: RunRecord,
        names: &Names,
    ) -> Result<(), AppError> {
        let answered = office.store.run_years(&run.id)?;
        let years: Vec<DashboardYear> =
            self.years().into_iter().filter(|year| answered.contains(year)).collect();
        if !years.is_empty() {
            let books = Arc::new(office.books_of(&run)?);
            let tables = whole_tables(&run, self.releases);
            let source = Arc::new(Source::of_run(office, run.clone(), books, None)?);
            let mut facts: BTreeMap<CdsCode, Option<LeaFacts>> = BTreeMap::new();
            for year in years {
                let filter = AnswerFilter { year: Some(year), ..AnswerFilter::default() };
                for answer in office.store.packed_answers(&run.id, &filter)? {
                    let (cds, key) = (answer.cds, (year, answer.cds));
                    let asked = self.open.contains(&year) || self.wanted.contains(&key);
                    if !asked || self.found.contains_key(&key) {
                        continue;
                    }
                    let of_lea = match facts.entry(cds) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(unknown) => unknown.insert(source.kept_facts(cds)?),
                    };
                    let used = rests_on(of_lea.as_ref(), &source, (self.releases, &tables), year);
                    if used.is_disjoint(self.hidden) && used.is_disjoint(self.gone) {
                        self.wanted.remove(&key);
                        self.found.insert(key, HeldAnswer::of(answer, names, &source)?);
                    } else {
                        self.wanted.insert(key);
                    }
                }
            }
        }
        self.close(&run);
        Ok(())
    }

    /// Ends the search for further LEAs in years of which the run read only public files.
    fn close(&mut self, run: &RunRecord) {
        let hidden = self.releases.iter().filter(|release| {
            self.hidden.contains(&release.number) && run.releases.contains(&release.number)
        });
        let (mut years, mut directory) = (BTreeSet::new(), false);
        for release in hidden {
            years.extend(release.year);
            directory |= release.kind == ReleaseKind::Directory;
        }
        if !directory {
            self.open.retain(|year| years.contains(year));
        }
    }
}
