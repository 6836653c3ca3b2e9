//! The moments that the store gives to what it stores: each lies after the one before, in the
//! order of the commits, also where a machine's clock is set back or the clocks of several
//! processes differ.

use diesel::prelude::*;
use jiff::{Timestamp, ToSpan as _};

use crate::connection::{Connection, clock};
use crate::error::{Failure, StoreError};
use crate::schema::moment;
use crate::store::Store;
use crate::stored::At;

impl Store {
    /// The last moment that was given to anything that is stored; `None` where nothing is.
    /// Whatever is stored from now on has a later one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] and [`StoreError::Database`].
    pub fn last_moment(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read("reading the last moment", last)
    }
}

/// The moment of what is being written, as columns have it: UTC, RFC 3339, always 27
/// characters, so that the order of texts is the order of time. It is the present one by the
/// server's clock, else the machine's, where that lies after all that were given before, else
/// a microsecond after the last of those.
pub(crate) fn next(connection: &mut Connection) -> Result<String, Failure> {
    let clock = clock(connection)?;
    let last = last(connection)?;
    let moment = match last {
        None => clock,
        Some(last) => {
            let after = last.checked_add(1.microsecond()).map_err(|_past_the_end| {
                at().corrupt(format!("no moment follows the last one, {last}"))
            })?;
            clock.max(after)
        }
    };
    let text = format!("{moment:.6}");
    let column = moment::last.eq(&text);
    match last {
        Some(_) => diesel::update(moment::table).set(column).execute(connection)?,
        None => diesel::insert_into(moment::table)
            .values((moment::only_row.eq(1), column))
            .execute(connection)?,
    };
    Ok(text)
}

/// What time it is, as columns have it, for what has no place in the order of what is stored,
/// such as how far a job is: it waits for no other writer.
pub(crate) fn now(connection: &mut Connection) -> Result<String, Failure> {
    Ok(format!("{:.6}", clock(connection)?))
}

fn at() -> At<'static> {
    At { table: "moment", row: &"the only row" }
}

fn last(connection: &mut Connection) -> Result<Option<Timestamp>, Failure> {
    let last: Option<String> = moment::table.select(moment::last).first(connection).optional()?;
    Ok(last.map(|last| at().moment("last", &last)).transpose()?)
}
