//! A state intervention as it is shown.

use calsos_domain::support::intervention::{Found, Intervention, Step, Taken};
use calsos_persistence::{SupportRecord, SupportVersion};
use serde::Serialize;
use utoipa::ToSchema;

use super::{MetTestView, VersionView};
use crate::app::support::content;
use crate::error::AppError;

/// A state intervention.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Intervention)]
pub(crate) struct InterventionView {
    /// UUIDv7.
    id: String,
    /// The LEA, 14 digits.
    #[schema(pattern = "^[0-9]{14}$", example = "01800010000000")]
    cds: String,
    /// `district` or `countyOffice`.
    lea_type: &'static str,
    /// In which county it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{2}$", example = "01")]
    county: Option<String>,
    /// `proposed`, `approved`, `disapproved`, `inForce` or `ended`.
    state: String,
    /// In California.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    proposed_on: String,
    /// Why it was proposed.
    reason: String,
    /// Which other strategies were used before.
    strategies: String,
    test: MetTestView,
    finding: FindingView,
    /// The powers of which the State Board approved: `changeLcap`, `imposeBudgetRevision`,
    /// `stayOrRescindAction`, `appointTrustee`.
    powers: Vec<&'static str>,
    /// The steps that were taken, in order.
    steps: Vec<InterventionStepView>,
    /// How often it was written: the number in its `ETag`.
    version: u32,
    /// UTC.
    #[schema(format = DateTime)]
    made_at: String,
    /// UTC.
    #[schema(format = DateTime)]
    changed_at: String,
    /// Who wrote it, and when; of one intervention by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    versions: Option<Vec<VersionView>>,
}

/// What the Collaborative found, on which an intervention was proposed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CollaborativeFinding)]
struct FindingView {
    /// `failed`, `unable` or `persistentOrAcute`.
    finding: &'static str,
    /// In California.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    on: String,
    /// The id of the referral that has it.
    referral: String,
    /// The version of the referral that has it.
    referral_version: u32,
}

/// A step of an intervention.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InterventionStep)]
struct InterventionStepView {
    /// `approve`, `disapprove`, `begin`, `use` or `end`.
    step: &'static str,
    /// In California.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    on: String,
    /// Where the State Board's decision stands, what is done, or why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    words: Option<String>,
    /// The powers of which the State Board approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    powers: Option<Vec<&'static str>>,
    /// The power that is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    power: Option<&'static str>,
    /// Of an action that is stayed or rescinded: whether a bargaining agreement requires it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    required_by_bargaining_agreement: Option<bool>,
}

impl InterventionView {
    pub(crate) fn of(
        record: SupportRecord,
        versions: Option<Vec<SupportVersion>>,
    ) -> Result<InterventionView, AppError> {
        let says: Intervention = content(&record)?;
        let Found { finding, on, referral, version } = says.found().clone();
        Ok(InterventionView {
            id: record.id.to_string(),
            cds: record.cds.map(|cds| cds.to_string()).unwrap_or_default(),
            lea_type: says.lea_type().code(),
            county: record.county.map(|county| county.to_string()),
            proposed_on: says.proposed_on().to_string(),
            reason: says.reason().to_owned(),
            strategies: says.strategies().to_owned(),
            test: MetTestView::of(says.test()),
            finding: FindingView {
                finding: finding.code(),
                on: on.to_string(),
                referral,
                referral_version: version,
            },
            powers: says.powers().into_iter().map(|power| power.code()).collect(),
            steps: says.steps().iter().map(InterventionStepView::of).collect(),
            state: record.version.state,
            version: record.version.version,
            made_at: record.made_at,
            changed_at: record.version.at,
            versions: versions.map(|all| all.into_iter().map(VersionView::of).collect()),
        })
    }
}

impl InterventionStepView {
    fn of(Taken { on, step }: &Taken) -> InterventionStepView {
        let (powers, power, required) = match step {
            Step::Approve { powers, .. } => {
                (Some(powers.iter().map(|power| power.code()).collect()), None, None)
            }
            Step::Use { power, required_by_bargaining_agreement, .. } => {
                (None, Some(power.code()), *required_by_bargaining_agreement)
            }
            _ => (None, None, None),
        };
        InterventionStepView {
            step: step.code(),
            on: on.to_string(),
            words: step.words().map(str::to_owned),
            powers,
            power,
            required_by_bargaining_agreement: required,
        }
    }
}
