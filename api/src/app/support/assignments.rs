//! What level of support each LEA is in, by what is public of its determinations and by what was
//! decided.
//!
//! Of each year counts the state's list where one is loaded that speaks of the LEA, else what
//! was computed. Whoever asks, it is drawn from what is public: level 2 follows a public
//! determination, and a preview is none. Level 3 is by decisions, from the day on which one takes
//! effect.

use std::collections::BTreeMap;
use std::sync::Arc;

use calsos_domain::cds::{CdsCode, CountyCode};
use calsos_domain::facts::{Cited, ReleaseHead, in_force};
use calsos_domain::lea::LeaType;
use calsos_domain::operator::{GeographicLeadRow, Span};
use calsos_domain::release::ReleaseKind;
use calsos_domain::rulebook::Edition;
use calsos_domain::support::assignment::{Determined, Said, assignments};
use calsos_domain::support::decided::{Held as HeldLevel, held as held_levels};
use calsos_domain::support::{Provider, is_helped_by_geographic_lead, provider};
use calsos_domain::year::{DashboardYear, Day};
use calsos_persistence::{LeaRecord, PublicAt};

use crate::app::Office;
use crate::app::held::Held;
use crate::app::moments::{Moments, today};
use crate::app::reconcile::is_list;
use crate::app::release_states::head;
use crate::app::standing::beside;
use crate::app::support::decisions::Decisions;
use crate::app::territory::Leads;
use crate::app::wanted::Entry;
use crate::cli::Status;
use crate::error::AppError;

/// The support of every LEA that has any, by code.
pub(crate) type Assignments = BTreeMap<CdsCode, Arc<SupportOfLea>>;

/// The levels that an LEA is and was in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SupportOfLea {
    pub(crate) cds: CdsCode,
    /// What it is called.
    pub(crate) lea: Arc<LeaRecord>,
    pub(crate) lea_type: LeaType,
    /// The oldest first.
    pub(crate) assigned: Vec<Assigned>,
    /// Years with determinations on LEAs of its kind that are not loaded or not public.
    pub(crate) not_loaded: Vec<DashboardYear>,
    /// The geographic lead agencies that its county has or had.
    leads: Leads,
}

/// A level, and who provides help at it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Assigned {
    pub(crate) level: HeldLevel,
    pub(crate) provider: Option<Arc<Provider>>,
}

/// What is wanted of a list; assignments for which every part holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct WantedAssignment {
    /// Those that held on this day; where none is named, those that go on.
    pub(crate) effective_on: Option<Day>,
    pub(crate) level: Option<u8>,
    pub(crate) support_year: Option<u8>,
    /// The name of who provides help, first or beside, in small letters.
    pub(crate) provider: Option<String>,
    pub(crate) county: Option<CountyCode>,
    pub(crate) lea_type: Option<LeaType>,
    /// Those that ended, or may end, before this day.
    pub(crate) ending_before: Option<Day>,
}

impl SupportOfLea {
    /// What the LEA was in on a day; where none is named, what goes on.
    pub(crate) fn on(&self, day: Option<Day>) -> Option<&Assigned> {
        self.assigned.iter().rev().find(|assigned| match day {
            Some(day) => assigned.level.held().includes(day),
            None => assigned.level.until.is_none(),
        })
    }

    /// Since when the determination of a year was public, where support followed from it.
    pub(crate) fn public_on(&self, year: DashboardYear) -> Option<Day> {
        let mut determined =
            self.assigned.iter().filter_map(|assigned| assigned.level.assignment.as_ref());
        determined.find(|assignment| assignment.year == year).map(|assignment| assignment.from)
    }

    /// The geographic lead agencies that provide help beside who does by law, while an
    /// assignment holds.
    pub(crate) fn co_providers(
        &self,
        assigned: &Assigned,
        held: Span,
    ) -> impl Iterator<Item = &Cited<GeographicLeadRow>> {
        let are_there = is_helped_by_geographic_lead(self.lea_type, assigned.level.level);
        self.leads.iter().filter(move |lead| are_there && lead.value.held.overlaps(held))
    }

    /// What of it a list wants.
    pub(crate) fn wanted(&self, wanted: &WantedAssignment) -> Option<&Assigned> {
        let WantedAssignment {
            effective_on,
            level,
            support_year,
            provider,
            county,
            lea_type,
            ending_before,
        } = wanted;
        let is_of = county.is_none_or(|county| self.cds.county() == county)
            && lea_type.is_none_or(|lea_type| self.lea_type == lea_type);
        let assigned = self.on(*effective_on).filter(|_| is_of)?;
        let holds = &assigned.level;
        let year = holds.assignment.as_ref().and_then(|assignment| assignment.said.support_year);
        let held =
            effective_on.map_or(holds.held(), |day| Span { from: Some(day), until: Some(day) });
        let helps = |name: &String| {
            let first = assigned.provider.iter().map(|provider| &provider.name);
            let others = self.co_providers(assigned, held).map(|lead| &lead.value.agency);
            first.chain(others).any(|known| known.to_lowercase() == *name)
        };
        let is_wanted = level.is_none_or(|level| holds.level == Some(level))
            && support_year.is_none_or(|wanted| year == Some(wanted))
            && ending_before.is_none_or(|day| holds.ends().is_some_and(|end| end < day))
            && provider.as_ref().is_none_or(helps);
        is_wanted.then_some(assigned)
    }
}

impl Office {
    /// What the LEAs are in, by answers and releases that are all public, from these moments,
    /// and by what was decided.
    pub(crate) fn assignments(
        &self,
        held: &Held,
        entries: &[Arc<Entry>],
        moments: &Moments,
        decisions: &Decisions,
    ) -> Result<Assignments, AppError> {
        let standing = beside(&held.releases, &held.run);
        let mut answers: BTreeMap<CdsCode, BTreeMap<DashboardYear, &Entry>> = BTreeMap::new();
        for entry in entries {
            answers.entry(entry.cds).or_default().insert(entry.year, entry);
        }
        let mut files: BTreeMap<DashboardYear, Files> = BTreeMap::new();
        for release in &standing {
            if let Some(year) = release.year {
                files.entry(year).or_default().add(head(release), moments);
            }
        }
        let leads = self.geographic_leads(&standing)?;
        let mut providers = Providers::default();
        let mut found = Assignments::new();
        for (cds, lea) in held.names.of_every_code() {
            let of_lea = OfLea { held, files: &files, cds, answers: answers.get(&cds) };
            let Some(lea_type) = of_lea.lea_type(lea) else { continue };
            let (determined, not_loaded) = of_lea.determined(lea_type);
            let decided = decisions.get(&cds).map_or(&[][..], Vec::as_slice);
            let levels = held_levels(assignments(&held.books, lea_type, determined), decided);
            if levels.is_empty() {
                continue;
            }
            let assigned = levels.into_iter().map(|level| {
                // Without a determination, the newest rules say who helps.
                let edition = match &level.assignment {
                    Some(assignment) => held.books.edition(assignment.year),
                    None => held.books.editions().last(),
                };
                let provider = edition.zip(level.level).and_then(|(edition, level)| {
                    providers.of(provider(edition, cds, lea_type, level, &[])?)
                });
                Assigned { level, provider }
            });
            let assigned = assigned.collect();
            let leads = leads.get(&cds.county()).cloned().unwrap_or_default();
            let lea = Arc::clone(lea);
            let support = SupportOfLea { cds, lea, lea_type, assigned, not_loaded, leads };
            found.insert(cds, Arc::new(support));
        }
        Ok(found)
    }
}

/// Who provides help: a few dozen, by whom thousands are helped.
#[derive(Default)]
struct Providers(Vec<Arc<Provider>>);

impl Providers {
    fn of(&mut self, provider: Provider) -> Option<Arc<Provider>> {
        if !self.0.iter().any(|known| **known == provider) {
            self.0.push(Arc::new(provider.clone()));
        }
        self.0.iter().find(|known| ***known == provider).cloned()
    }
}

/// The files of a year that are public, by kind, each with the day from which it is.
#[derive(Default)]
struct Files(BTreeMap<ReleaseKind, Vec<(ReleaseHead, Option<Day>)>>);

impl Files {
    fn add(&mut self, head: ReleaseHead, moments: &Moments) {
        let public_on = match moments.of_release(head.number) {
            PublicAt::From(moment) => today(moment),
            PublicAt::Closed => None,
        };
        self.0.entry(head.kind).or_default().push((head, public_on));
    }

    /// The file of a kind that is in force for an LEA.
    fn in_force(&self, kind: ReleaseKind, cds: CdsCode, lea_type: LeaType) -> Option<&ReleaseHead> {
        let heads = self.0.get(&kind)?;
        in_force(heads.iter().map(|(head, _)| head), cds, lea_type)
    }

    /// Whether any file that results are computed from speaks of an LEA.
    fn speak_of(&self, cds: CdsCode, lea_type: LeaType) -> bool {
        let mut kinds = self.0.keys().filter(|kind| is_of_results(**kind));
        kinds.any(|kind| self.in_force(*kind, cds, lea_type).is_some())
    }

    /// The first day on which there was a public file of each kind that is wanted and speaks
    /// of an LEA.
    fn public_on(
        &self,
        kinds: impl Fn(ReleaseKind) -> bool,
        cds: CdsCode,
        lea_type: LeaType,
    ) -> Option<Day> {
        let wanted = self.0.iter().filter(|(kind, _)| kinds(**kind));
        let speaking = |(head, day): &(ReleaseHead, Option<Day>)| {
            day.filter(|_| head.coverage.includes(cds.county(), lea_type))
        };
        wanted.filter_map(|(_, heads)| heads.iter().filter_map(speaking).min()).max()
    }
}

fn is_of_results(kind: ReleaseKind) -> bool {
    matches!(
        kind,
        ReleaseKind::Indicator(_) | ReleaseKind::LocalIndicator(_) | ReleaseKind::CalpadsExceptions
    )
}

/// One LEA, and what is public of it.
struct OfLea<'a> {
    held: &'a Held,
    files: &'a BTreeMap<DashboardYear, Files>,
    cds: CdsCode,
    answers: Option<&'a BTreeMap<DashboardYear, &'a Entry>>,
}

impl<'a> OfLea<'a> {
    /// Its kind: as it was decided, else as files call it that no run has read yet.
    fn lea_type(&self, lea: &LeaRecord) -> Option<LeaType> {
        let decided = self.answers.and_then(|of| of.values().next_back());
        let newest = self.held.books.editions().last()?;
        decided.map(|entry| entry.lea_type).or_else(|| lea.lea_type_in(newest.year))
    }

    /// What was determined of it, year by year, and the years of which that is not loaded.
    fn determined(&self, lea_type: LeaType) -> (Vec<Determined<'a>>, Vec<DashboardYear>) {
        let (mut determined, mut not_loaded) = (Vec::new(), Vec::new());
        let mut known = 0;
        for edition in self.held.books.editions().filter(|edition| edition.decides(lea_type)) {
            if let Some(of_year) = self.of_year(edition, lea_type) {
                determined.push(of_year);
                known = determined.len();
                continue;
            }
            not_loaded.push(edition.year);
            // Whatever it was, it took the place of what was before.
            if let Some(public_on) = edition.public_date.map(Day::or_end_of_month) {
                determined.push(Determined { edition, public_on, said: None });
            }
        }
        // What comes after all that is known may not have been public yet.
        determined.truncate(known);
        (determined, not_loaded)
    }

    /// What was determined in a year, where that is loaded.
    fn of_year(&self, edition: &'a Edition, lea_type: LeaType) -> Option<Determined<'a>> {
        let files = self.files.get(&edition.year)?;
        let (is_listed, said) = match self.listed(edition, files, lea_type) {
            Some(said) => (true, said),
            None => (false, self.computed(edition.year)),
        };
        if said.is_none() && !is_listed && !files.speak_of(self.cds, lea_type) {
            return None;
        }
        let kinds = if is_listed { is_list } else { is_of_results };
        // The Dashboard is public for all at once, and a file may be taken in years later. Of
        // a year whose day the rules do not have, the files say it, and none is older than the
        // school year in which support follows.
        let by_files = || {
            let day = files.public_on(kinds, self.cds, lea_type)?;
            Some(day.max(edition.year.support_begins()))
        };
        let public_on = edition.public_date.map(Day::or_end_of_month).or_else(by_files)?;
        Some(Determined { edition, public_on, said })
    }

    /// What the year's list says, where one counts for the LEA; nothing where it leaves it out.
    fn listed(&self, edition: &Edition, files: &Files, lea_type: LeaType) -> Option<Option<Said>> {
        let lists = &self.held.lists;
        if lea_type == LeaType::Charter {
            let row = lists.charter_row(edition.year, self.cds)?;
            let list = files.in_force(ReleaseKind::CharterList, self.cds, lea_type)?;
            return Said::by_charter_list(edition, list.number, row).map(Some);
        }
        let list = files.in_force(ReleaseKind::PublishedList, self.cds, lea_type)?;
        let row = lists.row(edition.year, self.cds);
        Some(row.map(|row| Said::by_list(edition, lea_type, list.number, row)))
    }

    /// What was computed, where the year's files name the LEA.
    fn computed(&self, year: DashboardYear) -> Option<Said> {
        let entry = self.answers?.get(&year)?;
        let differentiated = match entry.status {
            Status::Differentiated => Some(true),
            Status::General => Some(false),
            Status::NotKnown | Status::NotJudged => None,
        };
        Some(Said {
            list: None,
            differentiated,
            support_year: entry.support_year.filter(|year| *year > 0),
            eligible_level: entry.level,
            label: entry.label.clone(),
        })
    }
}
