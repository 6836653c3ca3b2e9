//! What was decided of LEAs beyond what follows their determinations, as the record of support
//! has it, now and as of a moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use calsos_domain::cds::CdsCode;
use calsos_domain::support::decided::{Decided, Decision};
use calsos_domain::support::intervention::Intervention;
use calsos_domain::support::referral::Referral;
use calsos_persistence::{SupportId, SupportKind, SupportRecord};

use super::content;
use crate::app::Office;
use crate::error::AppError;

/// The decisions on each LEA that there are any on.
pub(crate) type Decisions = Arc<BTreeMap<CdsCode, Vec<Decided>>>;

/// What a version of a record decides, and when it was written.
#[derive(Clone, Debug)]
struct Version {
    sequence: u32,
    at: String,
    record: SupportId,
    decided: Option<(CdsCode, Decided)>,
}

/// Every version of what decides on a level, in the order in which they were written.
#[derive(Clone, Debug, Default)]
pub(crate) struct DecisionHistory(Vec<Version>);

impl DecisionHistory {
    /// Without versions that were written after one.
    pub(crate) fn until(mut self, last: Option<u32>) -> DecisionHistory {
        self.0.retain(|version| Some(version.sequence) <= last);
        self
    }

    /// What held by the versions for which `is_there` says so of when they were written.
    pub(crate) fn by(&self, is_there: impl Fn(&str) -> bool) -> Decisions {
        let newest: BTreeMap<SupportId, &Version> = self
            .0
            .iter()
            .filter(|version| is_there(&version.at))
            .map(|version| (version.record, version))
            .collect();
        let mut decisions: BTreeMap<CdsCode, Vec<Decided>> = BTreeMap::new();
        for (cds, decided) in newest.into_values().filter_map(|version| version.decided) {
            decisions.entry(cds).or_default().push(decided);
        }
        for decided in decisions.values_mut() {
            decided.sort_unstable();
        }
        Arc::new(decisions)
    }
}

impl Office {
    /// Every version of what decides on a level.
    pub(crate) fn decision_history(&self) -> Result<DecisionHistory, AppError> {
        let mut versions = Vec::new();
        for kind in [SupportKind::Referral, SupportKind::Intervention] {
            for record in self.store.support_history(kind)? {
                versions.push(version(&record)?);
            }
        }
        versions.sort_by_key(|version| version.sequence);
        Ok(DecisionHistory(versions))
    }

    /// What holds now.
    pub(crate) fn decisions(&self) -> Result<Decisions, AppError> {
        Ok(self.decision_history()?.by(|_| true))
    }

    /// The number of what was written last of what decides on a level.
    pub(crate) fn newest_decision(&self) -> Result<Option<i32>, AppError> {
        let referral = self.store.newest_support(SupportKind::Referral)?;
        Ok(referral.max(self.store.newest_support(SupportKind::Intervention)?))
    }
}

fn version(record: &SupportRecord) -> Result<Version, AppError> {
    let (decision, held) = match record.kind {
        SupportKind::Intervention => {
            (Decision::StateIntervention, content::<Intervention>(record)?.was_in_force())
        }
        _ => (Decision::DirectAssistance, content::<Referral>(record)?.assisted()),
    };
    let held = held.filter(|_| !record.is_deleted());
    let decided = record.cds.zip(held).map(|(cds, held)| (cds, Decided { decision, held }));
    Ok(Version {
        sequence: record.version.sequence,
        at: record.version.at.clone(),
        record: record.id,
        decided,
    })
}
