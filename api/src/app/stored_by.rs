//! What was stored by a moment: everything that is stored has its own, and nothing of it is
//! ever changed.

use std::collections::{BTreeMap, BTreeSet};

use calsos_domain::facts::ReleaseNumber;
use calsos_persistence::{Publication, ReleaseRecord, RunRecord, Withdrawal};
use jiff::Timestamp;

use super::Office;
use super::moments::Moments;
use super::support::decisions::{DecisionHistory, Decisions};
use crate::error::AppError;

/// All that was stored, with when.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    /// By number.
    pub(crate) runs: Vec<RunRecord>,
    /// By number.
    releases: Vec<ReleaseRecord>,
    /// What was said of when releases are public, in the order in which it was said.
    said: Vec<Publication>,
    /// What was said of whether they are withdrawn, likewise.
    withdrawals: Vec<Withdrawal>,
    decisions: DecisionHistory,
}

/// Up to which numbers a timeline is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Last {
    pub(crate) run: u32,
    /// Of what was said of when releases are public.
    pub(crate) said: Option<u32>,
    /// Of what was said of whether they are withdrawn.
    pub(crate) withdrawal: Option<u32>,
    /// Of what decides on levels.
    pub(crate) decision: Option<u32>,
}

impl Last {
    /// Up to whatever is stored.
    const OF_ALL: Last = Last {
        run: u32::MAX,
        said: Some(u32::MAX),
        withdrawal: Some(u32::MAX),
        decision: Some(u32::MAX),
    };
}

/// What was stored by a moment.
#[derive(Clone, Debug)]
pub(crate) struct StoredBy {
    /// The run that was current; `None` before the first one.
    pub(crate) run: Option<RunRecord>,
    /// By number, each withdrawn or not as was said by then.
    pub(crate) releases: Vec<ReleaseRecord>,
    /// The last that was said of each release.
    pub(crate) said: BTreeMap<ReleaseNumber, Publication>,
    /// What was decided beyond what follows determinations.
    pub(crate) decisions: Decisions,
}

impl Timeline {
    /// What is stored up to these numbers, where these releases are stored.
    pub(crate) fn read(
        office: &Office,
        releases: Vec<ReleaseRecord>,
        last: Last,
    ) -> Result<Timeline, AppError> {
        let mut runs = office.store.runs()?;
        runs.retain(|run| run.number <= last.run);
        let mut said = office.store.publication_history()?;
        said.retain(|said| Some(said.sequence) <= last.said);
        let mut withdrawals = office.store.withdrawals()?;
        withdrawals.retain(|said| Some(said.sequence) <= last.withdrawal);
        let decisions = office.decision_history()?.until(last.decision);
        Ok(Timeline { runs, releases, said, withdrawals, decisions })
    }

    /// What was stored by a moment. This is the one place that knows it.
    pub(crate) fn stored_by(&self, moment: Timestamp) -> StoredBy {
        // As the moments are kept: to the microsecond, in texts that sort by time.
        let moment = format!("{moment:.6}");
        let is_by = |text: &str| text <= moment.as_str();
        let run = self.runs.iter().rfind(|run| is_by(&run.made_at)).cloned();
        // What a run read was there when it was made, whatever a clock said that was set back.
        let read: BTreeSet<ReleaseNumber> =
            run.iter().flat_map(|run| run.releases.iter().copied()).collect();
        let was_there = |release: &&ReleaseRecord| {
            is_by(&release.imported_at) || read.contains(&release.number)
        };
        let said = self.said.iter().filter(|said| is_by(&said.set_at));
        let withdrawals = self.withdrawals.iter().filter(|said| is_by(&said.set_at));
        let withdrawn: BTreeMap<ReleaseNumber, &Withdrawal> =
            withdrawals.map(|said| (said.release, said)).collect();
        let as_then = |release: &ReleaseRecord| {
            let withdrawal = withdrawn.get(&release.number).map(|said| (*said).clone());
            ReleaseRecord { withdrawal, ..release.clone() }
        };
        StoredBy {
            run,
            releases: self.releases.iter().filter(was_there).map(as_then).collect(),
            said: said.map(|said| (said.release, said.clone())).collect(),
            decisions: self.decisions.by(is_by),
        }
    }

    /// When the first run was made that read one of these releases.
    pub(crate) fn first_that_read(&self, releases: &[ReleaseRecord]) -> Option<&str> {
        let known: BTreeSet<ReleaseNumber> = releases.iter().map(|of| of.number).collect();
        let read_one = |run: &&RunRecord| run.releases.iter().any(|read| known.contains(read));
        self.runs.iter().find(read_one).map(|run| run.made_at.as_str())
    }

    /// These releases, by number.
    pub(crate) fn releases(&self, numbers: &[ReleaseNumber]) -> Vec<ReleaseRecord> {
        let of = |release: &&ReleaseRecord| numbers.contains(&release.number);
        self.releases.iter().filter(of).cloned().collect()
    }
}

impl Office {
    /// The run that was current at a moment and the releases that were stored by it; those of
    /// now where no moment is named.
    pub(crate) fn stored_as_of(
        &self,
        moment: Option<Timestamp>,
    ) -> Result<(RunRecord, Vec<ReleaseRecord>), AppError> {
        let Some(moment) = moment else { return Ok((self.run()?, self.store.releases()?)) };
        let releases = self.store.releases()?;
        let timeline = Timeline::read(self, releases, Last::OF_ALL)?;
        let StoredBy { run, releases, .. } = timeline.stored_by(moment);
        let run = run.ok_or_else(|| {
            let since = timeline.runs.first().map_or_else(
                || "and is not now".to_owned(),
                |first| format!("the first run was made at {}", first.made_at),
            );
            AppError::NotFound(format!("as of {moment} nothing was decided yet; {since}"))
        })?;
        Ok((run, releases))
    }
}

impl StoredBy {
    /// From when each release was public, as was known then.
    pub(crate) fn moments(&self, office: &Office) -> Moments {
        Moments::of(&office.books, &self.releases, &self.said)
    }

    /// The number of what was said last.
    pub(crate) fn last_said(&self) -> Option<u32> {
        self.said.values().map(|said| said.sequence).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calsos_domain::release::{Coverage, ReleaseKind};
    use calsos_persistence::{PublicAt, ReleaseId, RunId};

    const ID: &str = "0190a5c4-93c0-7c2e-8f0a-6f1d2c3b4a59";

    fn run(number: u32, made_at: &str, releases: &[u32]) -> RunRecord {
        RunRecord {
            number,
            id: RunId::parse(ID).unwrap(),
            made_at: made_at.to_owned(),
            by: String::new(),
            program_version: String::new(),
            releases: releases.iter().copied().map(ReleaseNumber).collect(),
            editions: Vec::new(),
            answer_count: 0,
        }
    }

    fn release(number: u32, imported_at: &str) -> ReleaseRecord {
        ReleaseRecord {
            number: ReleaseNumber(number),
            id: ReleaseId::parse(ID).unwrap(),
            kind: ReleaseKind::CalpadsExceptions,
            year: None,
            file_date: None,
            coverage: Coverage::default(),
            file_name: String::new(),
            sha256: String::new(),
            byte_length: 0,
            rows_kept: 0,
            imported_at: imported_at.to_owned(),
            imported_by: String::new(),
            report: String::new(),
            beside: None,
            withdrawal: None,
        }
    }

    fn said(sequence: u32, release: u32, set_at: &str) -> Publication {
        Publication {
            sequence,
            release: ReleaseNumber(release),
            public_at: PublicAt::Closed,
            set_at: set_at.to_owned(),
            set_by: String::new(),
        }
    }

    /// The run, the releases and the last publication by a moment.
    fn by(timeline: &Timeline, moment: &str) -> (Option<u32>, Vec<u32>, Option<u32>) {
        let stored = timeline.stored_by(moment.parse().unwrap());
        let releases = stored.releases.iter().map(|of| of.number.0).collect();
        (stored.run.as_ref().map(|run| run.number), releases, stored.last_said())
    }

    #[test]
    fn what_was_stored_at_a_moment_was_stored_by_it_to_the_microsecond() {
        let timeline = Timeline {
            runs: vec![
                run(1, "2090-12-01T00:00:01.000000Z", &[1]),
                run(2, "2090-12-01T00:00:03.000000Z", &[1, 2]),
            ],
            releases: vec![
                release(1, "2090-12-01T00:00:00.000000Z"),
                release(2, "2090-12-01T00:00:02.000000Z"),
            ],
            said: vec![said(1, 1, "2090-12-01T00:00:02.500000Z")],
            withdrawals: Vec::new(),
            decisions: DecisionHistory::default(),
        };
        assert_eq!(by(&timeline, "2090-11-30T23:59:59.999999Z"), (None, vec![], None));
        assert_eq!(by(&timeline, "2090-12-01T00:00:00Z"), (None, vec![1], None));
        assert_eq!(by(&timeline, "2090-12-01T00:00:01.999999999Z"), (Some(1), vec![1], None));
        assert_eq!(by(&timeline, "2090-12-01T00:00:02Z"), (Some(1), vec![1, 2], None));
        assert_eq!(by(&timeline, "2090-12-01T00:00:02.5Z"), (Some(1), vec![1, 2], Some(1)));
        assert_eq!(by(&timeline, "2090-12-01T00:00:02.999999Z"), (Some(1), vec![1, 2], Some(1)));
        assert_eq!(by(&timeline, "2090-12-01T01:00:03+01:00"), (Some(2), vec![1, 2], Some(1)));
    }

    #[test]
    fn what_a_run_read_was_there_although_the_clock_was_set_back() {
        let timeline = Timeline {
            runs: vec![run(1, "2090-12-01T00:00:01.000000Z", &[1])],
            releases: vec![release(1, "2090-12-01T00:00:09.000000Z")],
            said: Vec::new(),
            withdrawals: Vec::new(),
            decisions: DecisionHistory::default(),
        };
        assert_eq!(by(&timeline, "2090-12-01T00:00:00Z"), (None, vec![], None));
        assert_eq!(by(&timeline, "2090-12-01T00:00:01Z"), (Some(1), vec![1], None));
    }

    #[test]
    fn a_release_was_withdrawn_from_when_that_was_said_until_it_was_reinstated() {
        let said = |sequence, withdrawn, set_at: &str| Withdrawal {
            sequence,
            release: ReleaseNumber(1),
            withdrawn,
            reason: "a test file".to_owned(),
            set_at: set_at.to_owned(),
            set_by: String::new(),
        };
        let timeline = Timeline {
            runs: Vec::new(),
            releases: vec![release(1, "2090-12-01T00:00:00.000000Z")],
            said: Vec::new(),
            withdrawals: vec![
                said(1, true, "2090-12-01T00:00:01.000000Z"),
                said(2, false, "2090-12-01T00:00:02.000000Z"),
            ],
            decisions: DecisionHistory::default(),
        };
        let withdrawn = |moment: &str| {
            let stored = timeline.stored_by(moment.parse().unwrap());
            stored.releases.iter().map(ReleaseRecord::is_withdrawn).collect::<Vec<_>>()
        };
        assert_eq!(withdrawn("2090-12-01T00:00:00.999999Z"), [false]);
        assert_eq!(withdrawn("2090-12-01T00:00:01Z"), [true]);
        assert_eq!(withdrawn("2090-12-01T00:00:01.999999Z"), [true]);
        assert_eq!(withdrawn("2090-12-01T00:00:02Z"), [false]);
    }
}
