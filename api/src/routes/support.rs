//! The resources of support: what is decided and done after a determination.

pub(super) mod catalogues;
mod keeping;
pub(super) mod recommended;
pub(super) mod services;
