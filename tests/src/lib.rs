//! What the tests share.

pub mod case;
pub mod program;
pub mod shared;
