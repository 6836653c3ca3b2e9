//! Clients that may ask for tokens. Of their secrets only hashes are kept, and no output
//! for debugging shows one.

use std::fmt;

use diesel::prelude::*;

use crate::audit::{self, NewAudit};
use crate::connection::Connection;
use crate::error::{Failure, StoreError};
use crate::moments;
use crate::schema::client;
use crate::store::Store;
use crate::text::texts_without_nul;

/// A client to add.
#[derive(Clone, Copy)]
pub struct NewClient<'a> {
    /// Its id.
    pub id: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// The hash of its secret, as a PHC string that the caller made.
    pub secret_hash: &'a str,
    /// The scopes that its tokens may have, as the claim has them.
    pub scopes: &'a str,
    /// The agency for which it asks, as the claim has it.
    pub agency: &'a str,
    /// Who adds it.
    pub created_by: &'a str,
}

impl fmt::Debug for NewClient<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NewClient { id, name, secret_hash: _, scopes, agency, created_by } = self;
        f.debug_struct("NewClient")
            .field("id", id)
            .field("name", name)
            .field("scopes", scopes)
            .field("agency", agency)
            .field("created_by", created_by)
            .finish_non_exhaustive()
    }
}

/// A stored client. Moments are UTC, RFC 3339 with six decimals, so that texts sort by time.
#[derive(Clone, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = client, treat_none_as_default_value = false)]
pub struct ClientRecord {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The hash of its secret, as a PHC string.
    pub secret_hash: String,
    /// The scopes that its tokens may have, as the claim has them.
    pub scopes: String,
    /// The agency for which it asks, as the claim has it.
    pub agency: String,
    /// When it was added.
    pub created_at: String,
    /// Who added it.
    pub created_by: String,
    /// When anything of it changed last.
    pub changed_at: String,
    /// When it was given its secret.
    pub secret_changed_at: String,
    /// Since when it gets no token; `None` where it does.
    pub disabled_at: Option<String>,
}

impl fmt::Debug for ClientRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ClientRecord {
            id,
            name,
            secret_hash: _,
            scopes,
            agency,
            created_at,
            created_by,
            changed_at,
            secret_changed_at,
            disabled_at,
        } = self;
        f.debug_struct("ClientRecord")
            .field("id", id)
            .field("name", name)
            .field("scopes", scopes)
            .field("agency", agency)
            .field("created_at", created_at)
            .field("created_by", created_by)
            .field("changed_at", changed_at)
            .field("secret_changed_at", secret_changed_at)
            .field("disabled_at", disabled_at)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Adds a client.
    ///
    /// # Errors
    /// [`StoreError::AlreadyThere`] for an id that another one has; [`StoreError::Refused`]
    /// for a NUL character; [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn add_client(
        &self,
        new: &NewClient<'_>,
        audit: Option<NewAudit<'_>>,
    ) -> Result<ClientRecord, StoreError> {
        const DOING: &str = "adding a client";
        let NewClient { id, name, secret_hash, scopes, agency, created_by } = *new;
        texts_without_nul(
            DOING,
            &[
                ("the client's id", id),
                ("the client's name", name),
                ("the secret's hash", secret_hash),
                ("the scopes", scopes),
                ("the agency", agency),
                ("the name of who adds it", created_by),
            ],
        )?;
        self.write(DOING, |connection| {
            if find(connection, id)?.is_some() {
                return Err(StoreError::AlreadyThere { what: "client", id: id.to_owned() }.into());
            }
            let now = moments::next(connection)?;
            let record = ClientRecord {
                id: id.to_owned(),
                name: name.to_owned(),
                secret_hash: secret_hash.to_owned(),
                scopes: scopes.to_owned(),
                agency: agency.to_owned(),
                created_at: now.clone(),
                created_by: created_by.to_owned(),
                changed_at: now.clone(),
                secret_changed_at: now,
                disabled_at: None,
            };
            diesel::insert_into(client::table).values(&record).execute(connection)?;
            audit::insert_with(connection, audit, || {
                format!("client {id} added, of {agency}, with the scopes: {scopes}")
            })?;
            Ok(record)
        })
    }

    /// Every client, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn clients(&self) -> Result<Vec<ClientRecord>, StoreError> {
        self.read("listing clients", |connection| {
            let query = client::table.order(client::id).select(ClientRecord::as_select());
            Ok(query.load(connection)?)
        })
    }

    /// The client with this id, disabled or not.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn client(&self, id: &str) -> Result<Option<ClientRecord>, StoreError> {
        self.read("reading a client", |connection| find(connection, id))
    }

    /// Gives a client another secret in place of its own. One that is disabled stays so.
    ///
    /// # Errors
    /// [`StoreError::UnknownClient`]; [`StoreError::Refused`] for a NUL character;
    /// [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn rotate_client(
        &self,
        id: &str,
        secret_hash: &str,
        audit: Option<NewAudit<'_>>,
    ) -> Result<ClientRecord, StoreError> {
        const DOING: &str = "changing a client's secret";
        texts_without_nul(DOING, &[("the secret's hash", secret_hash)])?;
        self.write(DOING, |connection| {
            known(connection, id)?;
            let now = moments::next(connection)?;
            diesel::update(client::table.find(id))
                .set((
                    client::secret_hash.eq(secret_hash),
                    client::secret_changed_at.eq(&now),
                    client::changed_at.eq(&now),
                ))
                .execute(connection)?;
            audit::insert_with(connection, audit, || format!("client {id} has another secret"))?;
            known(connection, id)
        })
    }

    /// Sees to it that a client gets no token any more. One that is disabled already stays as
    /// it is; the audit's entry is written all the same.
    ///
    /// # Errors
    /// [`StoreError::UnknownClient`]; [`StoreError::Busy`] and [`StoreError::Database`].
    pub fn disable_client(
        &self,
        id: &str,
        audit: Option<NewAudit<'_>>,
    ) -> Result<ClientRecord, StoreError> {
        self.write("disabling a client", |connection| {
            let before = known(connection, id)?;
            if before.disabled_at.is_none() {
                let now = moments::next(connection)?;
                diesel::update(client::table.find(id))
                    .set((client::disabled_at.eq(&now), client::changed_at.eq(&now)))
                    .execute(connection)?;
            }
            audit::insert_with(connection, audit, || match &before.disabled_at {
                None => format!("client {id} disabled"),
                Some(since) => format!("client {id} was disabled at {since}"),
            })?;
            known(connection, id)
        })
    }
}

/// A text with a NUL character is nobody's id, and PostgreSQL cannot be asked for it.
fn find(connection: &mut Connection, id: &str) -> Result<Option<ClientRecord>, Failure> {
    if id.contains('\0') {
        return Ok(None);
    }
    let query = client::table.find(id).select(ClientRecord::as_select());
    Ok(query.first(connection).optional()?)
}

fn known(connection: &mut Connection, id: &str) -> Result<ClientRecord, Failure> {
    let found = find(connection, id)?;
    Ok(found.ok_or_else(|| StoreError::UnknownClient(id.replace('\0', "\\0")))?)
}
