//! What is shown of each determination, as a hash: another wherever anything of it is another.

use calsos_domain::cds::CdsCode;
use calsos_domain::year::DashboardYear;
use sha2::{Digest as _, Sha256};

use super::Snapshot;
use super::parts::HeldAnswer;

impl Snapshot {
    /// Each determination, by year and code, with the hash of what lists show of it, the names
    /// of the LEA and its county among that, and of what its page does: its text, and whether
    /// small counts are left out of that.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (DashboardYear, CdsCode, [u8; 32])> + '_ {
        self.answers.iter().map(|answer| {
            let mut hash = Sha256::new();
            hash.update(answer.body.hash());
            hash.update([u8::from(answer.masked)]);
            hash.update(&answer.item);
            (answer.entry.year, answer.entry.cds, hash.finalize().into())
        })
    }

    /// Whether another shows the same of some LEAs.
    pub(crate) fn shows_same(&self, other: &Snapshot, of: impl Fn(CdsCode) -> bool) -> bool {
        let shown = |answer: &'_ HeldAnswer| {
            let hash = answer.body.hash().to_vec();
            (answer.entry.year, answer.entry.cds, hash, answer.masked, answer.item.clone())
        };
        let of = |answer: &&HeldAnswer| of(answer.entry.cds);
        let own = self.answers.iter().filter(of).map(shown);
        own.eq(other.answers.iter().filter(of).map(shown))
    }
}
