//! Releases, LEAs, runs and answers in a database.
//!
//! [`Store`] is the one door: every read is one consistent view, every write one
//! transaction. Nothing that was stored of releases, runs, publications and the audit is changed
//! or deleted afterwards; what changes says which run is the current one, and which clients and
//! signing keys are in force. This crate decides nothing: which release is current for a year,
//! from when it is public and what follows from it is the caller's to say.
//!
//! It is the only crate that names diesel, and no type of diesel or of a database leaves it.

mod access;
mod answers;
mod audit;
mod clients;
mod connection;
mod error;
mod facts;
mod file;
mod ids;
mod lea_record;
mod leas;
mod packed;
mod publications;
mod registers;
mod releases;
mod rows;
mod runs;
mod schema;
mod signing_keys;
mod store;
mod stored;
mod text;

pub use access::AccessVersion;
pub use answers::{AnswerFilter, AnswerRecord, PackedAnswer};
pub use audit::{AuditFilter, AuditOutcome, AuditRecord, NewAudit};
pub use calsos_domain::facts::ReleaseNumber;
pub use clients::{ClientRecord, NewClient};
pub use error::StoreError;
pub use facts::PackedFacts;
pub use ids::{LeaId, ReleaseId, RunId};
pub use lea_record::{LeaCode, LeaNaming, LeaRecord, StoredSuccession};
pub use packed::PackedText;
pub use publications::{PublicAt, Publication, PublishIf};
pub use releases::{AddRelease, NewRelease, ReleaseRecord};
pub use runs::{EditionRecord, NewRun, RunEdition, RunRecord};
pub use signing_keys::{NewSigningKey, SigningKeyRecord};
pub use store::Store;
