//! What the tests share.

pub mod case;
pub mod document;
pub mod editions;
pub mod issuer;
pub mod jobs;
pub mod program;
pub mod service;
pub mod shared;
pub mod walk;

// For the macro `on_both`, wherever it is used.
#[doc(hidden)]
pub use calsos_tests_postgres::{server as postgresql, server_of_its_own};
