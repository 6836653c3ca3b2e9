//! The shapes of support in practice.

pub(crate) mod assignment;
