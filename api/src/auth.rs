//! Who asks, and what they may: scopes, agencies, permissions, tokens.

pub(crate) mod agency;
pub(crate) mod algorithm;
pub(crate) mod cache;
pub(crate) mod caller;
pub(crate) mod claims;
pub(crate) mod external;
pub(crate) mod issuer;
pub(crate) mod jwks;
pub(crate) mod keeping;
pub(crate) mod keys;
pub(crate) mod operation;
pub(crate) mod reach;
pub(crate) mod scope;
pub(crate) mod secret;
pub(crate) mod token;
#[cfg(test)]
mod trial;
pub(crate) mod trust;
