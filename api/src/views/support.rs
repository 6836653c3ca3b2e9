//! What is decided and done after a determination, as callers send and are shown it.

pub(crate) mod service;
