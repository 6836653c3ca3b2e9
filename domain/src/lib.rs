//! The rules of California's System of Support.
//!
//! For a local educational agency (LEA) and a Dashboard year, this crate decides from facts
//! and the year's edition of the rules: the level of support, by which student groups,
//! priorities and cells, under which section of law. It knows no clock, file, network,
//! database or HTTP, computes in whole numbers and iterates in a fixed order, so that the
//! same facts always give the same answer.

#![deny(missing_docs, clippy::disallowed_types, clippy::float_arithmetic)]

pub mod cds;
pub mod charter;
pub mod charter_list;
pub mod colors;
pub mod decisive;
pub mod determination;
pub mod directory;
pub mod evaluation;
pub mod facts;
pub mod group_set;
mod group_year;
pub mod history;
mod in_force;
pub mod indicator;
pub mod inputs;
pub mod judge;
pub mod lea;
mod local_outcomes;
pub mod operator;
pub mod outcome;
pub mod packed_year;
pub mod performance;
pub mod priority;
pub mod published;
pub mod register;
pub mod release;
pub mod rulebook;
pub mod small_numbers;
pub mod student_group;
pub mod succession;
pub mod support;
pub mod sustained_need;
pub mod trace;
pub mod verdict;
pub mod year;
