//! Who asks, and what they may: scopes, agencies, permissions, tokens.

pub(crate) mod agency;
pub(crate) mod scope;
