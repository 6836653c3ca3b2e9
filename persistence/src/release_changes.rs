//! What is said of a stored release afterwards: from when it is public, whether it is
//! withdrawn. The release itself never changes.

use calsos_domain::facts::ReleaseNumber;

use crate::audit::{self, NewAudit};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::publications::{self, PublicAt, Publication};
use crate::releases;
use crate::store::Store;
use crate::withdrawals::{self, NewWithdrawal, Withdrawal};

/// What is to be said of a release; of what is `None`, nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReleaseChange<'a> {
    /// From when it is public.
    pub public_at: Option<PublicAt>,
    /// Whether it is withdrawn.
    pub withdrawn: Option<NewWithdrawal<'a>>,
}

/// What holds of a release, of all that was said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SaidOfRelease {
    /// From when it is public.
    pub publication: Option<Publication>,
    /// Whether it is withdrawn.
    pub withdrawal: Option<Withdrawal>,
}

/// What a caller saw said of a release: the numbers of what held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenOfRelease {
    /// Of the publication.
    pub publication: Option<u32>,
    /// Of the withdrawal.
    pub withdrawal: Option<u32>,
}

/// What became of something that was to be said of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeRelease {
    /// It holds now.
    Done {
        /// All that holds.
        holds: SaidOfRelease,
        /// Whether anything of it was not said before.
        anew: bool,
    },
    /// Something else was said since the caller looked, and this holds. Nothing changed.
    Otherwise(SaidOfRelease),
}

impl SaidOfRelease {
    fn read(connection: &mut Connection, release: ReleaseNumber) -> Result<SaidOfRelease, Failure> {
        Ok(SaidOfRelease {
            publication: publications::latest(connection, release)?,
            withdrawal: withdrawals::latest(connection, release)?,
        })
    }

    /// What who has seen this saw.
    #[must_use]
    pub fn seen(&self) -> SeenOfRelease {
        SeenOfRelease {
            publication: self.publication.as_ref().map(|said| said.sequence),
            withdrawal: self.withdrawal.as_ref().map(|said| said.sequence),
        }
    }

    /// Whether a release is withdrawn, and why, as it was said; nothing said is not withdrawn.
    fn says(&self, new: NewWithdrawal<'_>) -> bool {
        match &self.withdrawal {
            Some(said) => (said.withdrawn, said.reason.as_str()) == (new.withdrawn, new.reason),
            None => !new.withdrawn,
        }
    }
}

impl Store {
    /// Says something of a release, all of it or nothing; where `seen` is given, only if that
    /// is still what holds. What holds already is not said again.
    ///
    /// The audit's entry is written unless something else was said since.
    ///
    /// # Errors
    /// [`StoreError::UnknownRelease`]; [`StoreError::Refused`] for a moment before the year 0
    /// or a NUL character; [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn change_release(
        &self,
        release: ReleaseNumber,
        seen: Option<SeenOfRelease>,
        change: &ReleaseChange<'_>,
        by: &str,
        audit: Option<NewAudit<'_>>,
    ) -> Result<ChangeRelease, StoreError> {
        self.write("saying something of a release", |connection| {
            if !releases::exists(connection, release)? {
                return Err(StoreError::UnknownRelease(release).into());
            }
            let mut holds = SaidOfRelease::read(connection, release)?;
            if seen.is_some_and(|seen| seen != holds.seen()) {
                return Ok(ChangeRelease::Otherwise(holds));
            }
            let (mut anew, mut told) = (false, Vec::new());
            if let Some(public_at) = change.public_at {
                let said = match holds.publication.take() {
                    Some(said) if said.says(public_at) => said,
                    _ => {
                        anew = true;
                        publications::insert(connection, release, public_at, by)?
                    }
                };
                told.push(publications::told(&said));
                holds.publication = Some(said);
            }
            if let Some(new) = change.withdrawn {
                if !holds.says(new) {
                    anew = true;
                    holds.withdrawal = Some(withdrawals::insert(connection, release, new, by)?);
                }
                told.push(match &holds.withdrawal {
                    Some(said) => withdrawals::told(said),
                    None => format!("release {release} was not withdrawn"),
                });
            }
            audit::insert_with(connection, audit, || told.join(", "))?;
            Ok(ChangeRelease::Done { holds, anew })
        })
    }
}
