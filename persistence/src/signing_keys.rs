//! Keys that sign tokens. No output for debugging shows a private one.

use std::cmp::Reverse;
use std::fmt;

use diesel::prelude::*;
use jiff::Timestamp;

use crate::audit::{self, NewAudit};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::moments;
use crate::schema::signing_key;
use crate::store::Store;
use crate::stored::{At, moment_column};
use crate::text::texts_without_nul;

/// A key to sign tokens with from now on.
#[derive(Clone, Copy)]
pub struct NewSigningKey<'a> {
    /// Its id, which tokens name.
    pub kid: &'a str,
    /// What it signs with, as tokens name it.
    pub algorithm: &'a str,
    /// Its private part, as the caller encoded it.
    pub private_key: &'a [u8],
    /// Its public part, as the caller encoded it.
    pub public_key: &'a [u8],
    /// Who adds it.
    pub created_by: &'a str,
}

impl fmt::Debug for NewSigningKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NewSigningKey { kid, algorithm, private_key: _, public_key: _, created_by } = self;
        f.debug_struct("NewSigningKey")
            .field("kid", kid)
            .field("algorithm", algorithm)
            .field("created_by", created_by)
            .finish_non_exhaustive()
    }
}

/// A stored key. The moments of the store's own are UTC, RFC 3339 with six decimals.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKeyRecord {
    /// Its id, which tokens name.
    pub kid: String,
    /// What it signs with, as tokens name it.
    pub algorithm: String,
    /// Its private part.
    pub private_key: Vec<u8>,
    /// Its public part.
    pub public_key: Vec<u8>,
    /// When it was added.
    pub created_at: String,
    /// Who added it.
    pub created_by: String,
    /// From when no token is signed with it; `None` for the one that signs.
    pub retired_at: Option<String>,
    /// Until when its public part is served; `None` for the one that signs.
    pub served_until: Option<Timestamp>,
}

impl fmt::Debug for SigningKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SigningKeyRecord {
            kid,
            algorithm,
            private_key: _,
            public_key: _,
            created_at,
            created_by,
            retired_at,
            served_until,
        } = self;
        f.debug_struct("SigningKeyRecord")
            .field("kid", kid)
            .field("algorithm", algorithm)
            .field("created_at", created_at)
            .field("created_by", created_by)
            .field("retired_at", retired_at)
            .field("served_until", served_until)
            .finish_non_exhaustive()
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = signing_key, treat_none_as_default_value = false)]
struct Row {
    kid: String,
    algorithm: String,
    private_key: Vec<u8>,
    public_key: Vec<u8>,
    created_at: String,
    created_by: String,
    retired_at: Option<String>,
    served_until: Option<String>,
}

impl Store {
    /// Adds the key that signs from now on. The one that signed before is retired with it,
    /// and its public part is served until the moment that is given.
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`] for an id that another one has; [`StoreError::Refused`]
    /// for a moment before the year 0 or a NUL character; [`StoreError::Busy`],
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn add_signing_key(
        &self,
        new: &NewSigningKey<'_>,
        previous_served_until: Timestamp,
        audit: Option<NewAudit<'_>>,
    ) -> Result<SigningKeyRecord, StoreError> {
        const DOING: &str = "adding a signing key";
        let NewSigningKey { kid, algorithm, private_key, public_key, created_by } = *new;
        texts_without_nul(
            DOING,
            &[
                ("the key's id", kid),
                ("the algorithm", algorithm),
                ("the name of who adds it", created_by),
            ],
        )?;
        let served_until = moment_column(DOING, previous_served_until)?;
        self.write(DOING, |connection| {
            let there = diesel::dsl::exists(signing_key::table.find(kid));
            if diesel::select(there).get_result(connection)? {
                let id = kid.to_owned();
                return Err(StoreError::AlreadyThere { what: "signing key", id }.into());
            }
            let now = moments::next(connection)?;
            diesel::update(signing_key::table.filter(signing_key::retired_at.is_null()))
                .set((
                    signing_key::retired_at.eq(&now),
                    signing_key::served_until.eq(&served_until),
                ))
                .execute(connection)?;
            let row = Row {
                kid: kid.to_owned(),
                algorithm: algorithm.to_owned(),
                private_key: private_key.to_vec(),
                public_key: public_key.to_vec(),
                created_at: now,
                created_by: created_by.to_owned(),
                retired_at: None,
                served_until: None,
            };
            diesel::insert_into(signing_key::table).values(&row).execute(connection)?;
            audit::insert_with(connection, audit, || format!("key {kid} signs from now on"))?;
            Ok(from_table(row)?)
        })
    }

    /// Every key: the one that signs first, then the others, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.read("reading the signing keys", |connection| {
            let rows: Vec<Row> = signing_key::table
                .order((signing_key::created_at.desc(), signing_key::kid))
                .select(Row::as_select())
                .load(connection)?;
            let mut keys: Vec<SigningKeyRecord> =
                rows.into_iter().map(from_table).collect::<Result<_, _>>()?;
            // Also where a clock was set back between two of them.
            keys.sort_by_key(|key| (key.retired_at.is_some(), Reverse(key.retired_at.clone())));
            Ok(keys)
        })
    }

    /// Deletes the keys that are not served any more at this moment, private parts with
    /// them, and returns their ids in order. Backups and a server's unused pages may have
    /// them longer.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a moment before the year 0; [`StoreError::Busy`] and
    /// [`StoreError::Database`].
    pub fn remove_expired_signing_keys(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
        const DOING: &str = "removing signing keys";
        let now = moment_column(DOING, now)?;
        if self.read(DOING, |connection| expired(connection, &now))?.is_empty() {
            return Ok(Vec::new());
        }
        self.write(DOING, |connection| {
            let kids = expired(connection, &now)?;
            diesel::delete(signing_key::table.filter(signing_key::kid.eq_any(&kids)))
                .execute(connection)?;
            Ok(kids)
        })
    }
}

fn expired(connection: &mut Connection, now: &str) -> Result<Vec<String>, Failure> {
    let query = signing_key::table
        .filter(signing_key::served_until.le(now))
        .order(signing_key::kid)
        .select(signing_key::kid);
    Ok(query.load(connection)?)
}

fn from_table(row: Row) -> Result<SigningKeyRecord, StoreError> {
    let Row {
        kid,
        algorithm,
        private_key,
        public_key,
        created_at,
        created_by,
        retired_at,
        served_until,
    } = row;
    let served_until = {
        let at = At { table: "signing_key", row: &kid };
        served_until.map(|found| at.moment("served_until", &found)).transpose()?
    };
    Ok(SigningKeyRecord {
        kid,
        algorithm,
        private_key,
        public_key,
        created_at,
        created_by,
        retired_at,
        served_until,
    })
}
