//! Releases, LEAs, runs and answers in a database.
//!
//! [`Store`] is the one door: every read is one consistent view, every write one
//! transaction. Nothing that was stored is changed or deleted afterwards; the only row that
//! ever changes says which run is the current one. This crate decides nothing: which
//! release is current for a year, and what follows from it, is the caller's to say.
//!
//! It is the only crate that names diesel, and no type of diesel or of a database leaves it.

mod answers;
mod connection;
mod error;
mod facts;
mod file;
mod ids;
mod lea_record;
mod leas;
mod packed;
mod registers;
mod releases;
mod rows;
mod runs;
mod schema;
mod store;
mod stored;
mod text;

pub use answers::{AnswerFilter, AnswerRecord, PackedAnswer};
pub use calsos_domain::facts::ReleaseNumber;
pub use error::StoreError;
pub use facts::PackedFacts;
pub use ids::{LeaId, ReleaseId, RunId};
pub use lea_record::{LeaCode, LeaNaming, LeaRecord, StoredSuccession};
pub use packed::PackedText;
pub use releases::{AddRelease, NewRelease, ReleaseRecord};
pub use runs::{EditionRecord, NewRun, RunEdition, RunRecord};
pub use store::Store;
