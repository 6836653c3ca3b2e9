//! The shapes in which answers leave the program, and in which they are stored.
//!
//! Field names are camelCase, years are named for what they are, and what is absent is left
//! out. `value` where something may be not known: no value means not known, and `missing`
//! says for want of which input.

pub(crate) mod answer;
pub(crate) mod changes;
pub(crate) mod job;
pub(crate) mod lea_history;
pub(crate) mod listed;
pub(crate) mod reasons;
pub(crate) mod reconciliation;
pub(crate) mod register;
pub(crate) mod run_changes;
pub(crate) mod run_diff;
pub(crate) mod support;
pub(crate) mod trace;
