//! The record of support: what people decide and do after a determination.

pub(super) mod interventions;
mod record;
pub(super) mod referrals;
