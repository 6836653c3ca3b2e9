//! The resources of support: what people decide and do after a determination.

pub(super) mod assignments;
pub(super) mod catalogues;
pub(super) mod communication_templates;
pub(super) mod communications;
pub(super) mod engagement_templates;
pub(super) mod engagements;
pub(super) mod interventions;
mod keeping;
pub(super) mod recommended;
mod record;
pub(super) mod referrals;
pub(super) mod requests;
pub(super) mod services;
mod writer;
