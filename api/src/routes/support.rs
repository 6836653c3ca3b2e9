//! Support in practice.

pub(crate) mod assignments;
