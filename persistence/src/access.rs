//! Whether anything changed on which access rests.

use diesel::prelude::*;

use crate::error::StoreError;
use crate::schema::{client, publication, signing_key, withdrawal};
use crate::store::Store;

/// A value that differs whenever something was said of when a release is public or whether it
/// is withdrawn, or a client or a signing key was added, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessVersion {
    publications: Option<i32>,
    withdrawals: Option<i32>,
    /// Id and last change.
    clients: Vec<(String, String)>,
    /// Id and retirement.
    signing_keys: Vec<(String, Option<String>)>,
}

impl AccessVersion {
    /// The number of the last publication; `None` where there is none.
    #[must_use]
    pub fn publications(&self) -> Option<i32> {
        self.publications
    }

    /// The number of the last withdrawal; `None` where there is none.
    #[must_use]
    pub fn withdrawals(&self) -> Option<i32> {
        self.withdrawals
    }
}

impl Store {
    /// What access rests on now, to be compared with what it was. Cheap enough to be asked
    /// for every moment: one small row for each client and key.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn access_version(&self) -> Result<AccessVersion, StoreError> {
        self.read("looking for changes of access", |connection| {
            Ok(AccessVersion {
                publications: publication::table
                    .select(diesel::dsl::max(publication::sequence))
                    .first(connection)?,
                withdrawals: withdrawal::table
                    .select(diesel::dsl::max(withdrawal::sequence))
                    .first(connection)?,
                clients: client::table
                    .order(client::id)
                    .select((client::id, client::changed_at))
                    .load(connection)?,
                signing_keys: signing_key::table
                    .order(signing_key::kid)
                    .select((signing_key::kid, signing_key::retired_at))
                    .load(connection)?,
            })
        })
    }
}
