//! A referral as it is shown.

use calsos_domain::support::referral::{Door, Referral, Step, Taken};
use calsos_persistence::{SupportRecord, SupportVersion};
use serde::Serialize;
use utoipa::ToSchema;

use super::{MetTestView, VersionView};
use crate::app::support::content;
use crate::error::AppError;

/// A referral to the California Collaborative for Educational Excellence.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Referral)]
pub(crate) struct ReferralView {
    /// UUIDv7.
    id: String,
    /// The LEA, 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    /// `district`, `countyOffice` or `charter`.
    lea_type: &'static str,
    /// In which county it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{2}$", example = "01")]
    county: Option<String>,
    /// `level3Test`, `countyOffice`, `spi` or `emergencyApportionment`.
    door: &'static str,
    /// `opened`, `consulting`, `accepted`, `declined`, `underWay`, `recommended` or `closed`.
    state: String,
    /// In California.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    opened_on: String,
    /// Why it was opened.
    reason: String,
    /// The geographic lead agency that joins, where the county office refers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    geographic_lead: Option<String>,
    /// Whether expert lead agencies were considered, and with what result.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    expert_leads: Option<String>,
    /// The test that opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    test: Option<MetTestView>,
    /// Who provides help to the LEA and is consulted: `countyOffice`, `geographicLead`,
    /// `department`.
    providers: Vec<&'static str>,
    /// What the Collaborative found last: `failed`, `unable` or `persistentOrAcute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    finding: Option<&'static str>,
    /// The steps that were taken, in order.
    steps: Vec<ReferralStepView>,
    /// How often it was written: the number in its `ETag`.
    version: u32,
    /// UTC.
    #[schema(format = DateTime)]
    made_at: String,
    /// UTC.
    #[schema(format = DateTime)]
    changed_at: String,
    /// Who wrote it, and when; of one referral by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    versions: Option<Vec<VersionView>>,
}

/// A step of a referral.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReferralStep)]
struct ReferralStepView {
    /// `consultLea`, `consultProvider`, `accept`, `decline`, `begin`, `recommend`, `find` or
    /// `close`.
    step: &'static str,
    /// In California.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    on: String,
    /// What was said or recommended, or why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    words: Option<String>,
    /// Who was consulted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider: Option<&'static str>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    finding: Option<&'static str>,
}

impl ReferralView {
    pub(crate) fn of(
        record: SupportRecord,
        versions: Option<Vec<SupportVersion>>,
    ) -> Result<ReferralView, AppError> {
        let says: Referral = content(&record)?;
        let (geographic_lead, expert_leads) = match says.door() {
            Door::CountyOffice { geographic_lead, expert_leads } => {
                (Some(geographic_lead.clone()), expert_leads.clone())
            }
            _ => (None, None),
        };
        Ok(ReferralView {
            id: record.id.to_string(),
            cds: record.cds.map(|cds| cds.to_string()).unwrap_or_default(),
            lea_type: says.lea_type().code(),
            county: record.county.map(|county| county.to_string()),
            door: says.door().code(),
            opened_on: says.opened_on().to_string(),
            reason: says.reason().to_owned(),
            geographic_lead,
            expert_leads,
            test: says.test().map(MetTestView::of),
            providers: says.providers().into_iter().map(|provider| provider.code()).collect(),
            finding: says.finding().map(|(finding, _)| finding.code()),
            steps: says.steps().iter().map(ReferralStepView::of).collect(),
            state: record.version.state,
            version: record.version.version,
            made_at: record.made_at,
            changed_at: record.version.at,
            versions: versions.map(|all| all.into_iter().map(VersionView::of).collect()),
        })
    }
}

impl ReferralStepView {
    fn of(Taken { on, step }: &Taken) -> ReferralStepView {
        ReferralStepView {
            step: step.code(),
            on: on.to_string(),
            words: step.words().map(str::to_owned),
            provider: match step {
                Step::ConsultProvider { provider, .. } => Some(provider.code()),
                _ => None,
            },
            finding: match step {
                Step::Find { finding, .. } => Some(finding.code()),
                _ => None,
            },
        }
    }
}
