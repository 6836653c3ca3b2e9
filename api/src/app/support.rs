//! Support in practice: what LEAs are in, and who helps them.

pub(crate) mod assignments;
