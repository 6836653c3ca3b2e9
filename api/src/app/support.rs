//! What is decided and done after a determination.

pub(crate) mod services;
