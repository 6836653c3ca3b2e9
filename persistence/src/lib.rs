//! Releases, LEAs, runs and answers in a database.
//!
//! [`Store`] is the one door: every read is one consistent view, every write one
//! transaction. Nothing that was stored of releases, runs, publications, withdrawals, the record
//! of support and the audit is changed or deleted afterwards; what changes says which run is the current one, which
//! clients and signing keys are in force, how far jobs are, and how far the feed has told; of
//! the feed only the newest events are kept. This crate decides nothing: which release is
//! current for a year, from when it is public, what a withdrawal means and what follows is the
//! caller's to say.
//!
//! It is the only crate that names diesel, and no type of diesel or of a database leaves it.

mod access;
mod answers;
mod audit;
mod backup;
mod check;
mod clients;
mod connection;
mod error;
mod facts;
mod feed;
mod file;
mod ids;
mod job_record;
mod job_work;
mod jobs;
mod lea_record;
mod leas;
mod moments;
mod news;
mod packed;
mod publications;
mod registers;
mod release_changes;
mod releases;
mod rows;
mod runs;
mod schema;
mod seals;
mod signing_keys;
mod store;
mod stored;
mod support;
mod text;
mod withdrawals;
mod words;

pub use access::AccessVersion;
pub use answers::{AnswerFilter, AnswerKey, AnswerRecord, NewAnswer, PackedAnswer, StoredTexts};
pub use audit::{AuditFilter, AuditOutcome, AuditRecord, NewAudit};
pub use backup::{Copied, backup, restore};
pub use calsos_domain::facts::ReleaseNumber;
pub use check::Finding;
pub use clients::{ClientRecord, NewClient};
pub use connection::end_connecting;
pub use error::StoreError;
pub use facts::PackedFacts;
pub use feed::{
    FeedAsked, FeedChange, FeedEvent, FeedItem, FeedPicture, FeedPlace, FeedRead, FeedStream,
    FeedTold,
};
pub use ids::{JobId, LeaId, ReleaseId, RunId, SupportId};
pub use job_record::{JobKind, JobRecord, JobState};
pub use job_work::{DIED_MOST, JobClaim, JobDone, JobEnd, JobProgress};
pub use jobs::{AddJob, CancelJob, JobFilter, NewJob, Once};
pub use lea_record::{LeaCode, LeaNaming, LeaRecord, StoredSuccession};
pub use news::News;
pub use packed::PackedText;
pub use publications::{PublicAt, Publication};
pub use release_changes::{ChangeRelease, ReleaseChange, SaidOfRelease, SeenOfRelease};
pub use releases::{AddRelease, NewRelease, ReleaseRecord};
pub use runs::{EditionRecord, NewRun, RunEdition, RunRecord};
pub use signing_keys::{NewSigningKey, SigningKeyRecord};
pub use store::Store;
pub use support::{
    NewSupport, SupportBy, SupportChange, SupportEdit, SupportFilter, SupportKind, SupportPlace,
    SupportRecord, SupportSet, SupportStep, SupportVersion, SupportWhat, WriteSupport,
    WriteSupports,
};
pub use withdrawals::{NewWithdrawal, Withdrawal};
