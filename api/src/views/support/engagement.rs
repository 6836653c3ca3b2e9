//! An engagement as it is shown, and what is changed of it.

pub(crate) mod parts;

use std::collections::BTreeMap;

use calsos_domain::support::engagement::activity::{Activity, ActivityKind};
use calsos_domain::support::engagement::checklist::{Checked, Step, StepEdit, StepState};
use calsos_domain::support::engagement::{Closing, Edit, Engagement, ITEMS_MOST};
use calsos_domain::year::Day;
use calsos_persistence::{SupportRecord, SupportVersion};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use self::parts::{
    ActionPart, ActivityPart, LcapChangePart, NeedPart, ParticipantPart, SessionPart, day, items,
    refused, said, words,
};
use super::VersionView;
use crate::app::support::content;
use crate::error::AppError;
use crate::problem::Problem;
use crate::views::support::service::there;

/// The work of a provider for one LEA in level 2 or 3, over a span of support.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Engagement)]
pub(crate) struct EngagementView {
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
    /// `opened`, `underWay` or `closed`.
    state: String,
    /// In California.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    opened_on: String,
    /// Who keeps it: who provides help by law, and who does beside.
    #[schema(example = json!(["county:01"]))]
    providers: Vec<String>,
    basis: BasisView,
    participants: Vec<ParticipantPart>,
    needs: Vec<NeedPart>,
    activities: ActivitiesView,
    sessions: Vec<SessionPart>,
    lcap_changes: Vec<LcapChangePart>,
    actions: Vec<ActionPart>,
    /// The year's steps; the checklist says where each is on a day.
    steps: Vec<StepView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    closed: Option<ClosingPart>,
    /// How often it was written: the number in its `ETag`.
    version: u32,
    /// UTC.
    #[schema(format = DateTime)]
    made_at: String,
    /// UTC.
    #[schema(format = DateTime)]
    changed_at: String,
    /// Who wrote it, when, and for which agency; of one engagement by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    versions: Option<Vec<VersionView>>,
}

/// The support on which an engagement rests, as the public assignment had it when it was opened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EngagementBasis)]
struct BasisView {
    /// The level that the LEA was in: 2 or 3.
    level: u8,
    /// The Dashboard year of the determination.
    dashboard_year: u16,
    /// The id of the run that was served.
    run: String,
    /// The day on which that year's Dashboard was public.
    public_on: String,
    /// Since which day the LEA was in support without a break.
    since: String,
    /// The day up to which support lasts at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    at_least_until: Option<String>,
}

/// The five activities of Education Code 52071(c) and 52071.5(c), of which providers choose.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EngagementActivities)]
struct ActivitiesView {
    /// Strengths and weaknesses on the state priorities, in writing, with effective
    /// evidence-based programs.
    strengths_and_weaknesses: ActivityPart,
    /// An academic, programmatic or fiscal expert or team, or a partner district of the county.
    expert_or_partner: ActivityPart,
    /// Documentation that the LEA completed the work, and contact about its progress.
    documentation: ActivityPart,
    /// Advice and assistance of the Collaborative or the geographic lead agency.
    advice: ActivityPart,
    /// Review of the goals, actions and services of the plan.
    lcap_review: ActivityPart,
}

impl ActivitiesView {
    fn of(activities: &BTreeMap<ActivityKind, Activity>) -> ActivitiesView {
        let none = Activity::default();
        let of = |kind| ActivityPart::of(activities.get(&kind).unwrap_or(&none));
        ActivitiesView {
            strengths_and_weaknesses: of(ActivityKind::StrengthsAndWeaknesses),
            expert_or_partner: of(ActivityKind::ExpertOrPartner),
            documentation: of(ActivityKind::Documentation),
            advice: of(ActivityKind::Advice),
            lcap_review: of(ActivityKind::LcapReview),
        }
    }
}

/// A step of the year.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EngagementStep)]
pub(crate) struct StepView {
    /// What names it among the steps.
    key: String,
    title: String,
    /// The activity that it is, if it is one: it is done when that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    activity: Option<&'static str>,
    /// By when.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    due: String,
    /// On which day it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    done_on: Option<String>,
    /// Whether it is left out for this LEA.
    left_out: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    words: Option<String>,
    /// Where it is on the day of a checklist: `done`, `due` (within 14 days), `late`, `ahead` or
    /// `leftOut`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "due")]
    state: Option<&'static str>,
}

impl StepView {
    fn of(step: &Step) -> StepView {
        StepView {
            key: step.key.clone(),
            title: step.title.clone(),
            activity: step.activity.map(ActivityKind::code),
            due: step.due.to_string(),
            done_on: step.done_on.map(|day| day.to_string()),
            left_out: step.left_out,
            words: said(&step.words),
            state: None,
        }
    }

    fn checked(checked: &Checked<'_>) -> StepView {
        StepView {
            done_on: checked.done_on.map(|day| day.to_string()),
            state: Some(checked.state.code()),
            ..StepView::of(checked.step)
        }
    }
}

/// Why and when an engagement is over.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EngagementClosing)]
pub(crate) struct ClosingPart {
    /// Its last day, in California; not ahead of today.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    #[schema(max_length = 4000, example = "the LEA is no longer identified")]
    reason: String,
}

impl EngagementView {
    pub(crate) fn of(
        record: SupportRecord,
        versions: Option<Vec<SupportVersion>>,
    ) -> Result<EngagementView, AppError> {
        let says: Engagement = content(&record)?;
        let basis = says.basis();
        let closing = |closed: &Closing| ClosingPart {
            on: closed.on.to_string(),
            reason: closed.reason.clone(),
        };
        Ok(EngagementView {
            id: record.id.to_string(),
            cds: record.cds.map(|cds| cds.to_string()).unwrap_or_default(),
            lea_type: says.lea_type().code(),
            county: record.county.map(|county| county.to_string()),
            opened_on: says.opened_on().to_string(),
            providers: says.providers().iter().map(ToString::to_string).collect(),
            basis: BasisView {
                level: basis.level,
                dashboard_year: basis.dashboard_year.number(),
                run: basis.run.clone(),
                public_on: basis.public_on.to_string(),
                since: basis.since.to_string(),
                at_least_until: basis.at_least_until.map(|day| day.to_string()),
            },
            participants: says.participants().iter().map(ParticipantPart::of).collect(),
            needs: says.needs().iter().map(NeedPart::of).collect(),
            activities: ActivitiesView::of(says.activities()),
            sessions: says.sessions().iter().map(SessionPart::of).collect(),
            lcap_changes: says.lcap_changes().iter().map(LcapChangePart::of).collect(),
            actions: says.actions().iter().map(ActionPart::of).collect(),
            steps: says.steps().iter().map(StepView::of).collect(),
            closed: says.closed().map(closing),
            state: record.version.state,
            version: record.version.version,
            made_at: record.made_at,
            changed_at: record.version.at,
            versions: versions.map(|all| all.into_iter().map(VersionView::of).collect()),
        })
    }
}

/// The steps of an engagement as they are on a day, by the days on which they are due.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EngagementChecklist)]
pub(crate) struct ChecklistView {
    /// The engagement's id.
    engagement: String,
    /// The LEA, 14 digits.
    cds: String,
    /// The day, in California.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    on: String,
    /// How many steps are done.
    done: usize,
    /// How many are due.
    due: usize,
    /// How many are late.
    late: usize,
    /// How many are ahead.
    ahead: usize,
    items: Vec<StepView>,
}

impl ChecklistView {
    pub(crate) fn of(record: &SupportRecord, on: Day) -> Result<ChecklistView, AppError> {
        let says: Engagement = content(record)?;
        let steps = says.checklist(on);
        let count = |state| steps.iter().filter(|checked| checked.state == state).count();
        Ok(ChecklistView {
            engagement: record.id.to_string(),
            cds: record.cds.map(|cds| cds.to_string()).unwrap_or_default(),
            on: on.to_string(),
            done: count(StepState::Done),
            due: count(StepState::Due),
            late: count(StepState::Late),
            ahead: count(StepState::Ahead),
            items: steps.iter().map(StepView::checked).collect(),
        })
    }
}

/// What is changed of an engagement. Each part that is given takes the place of what it was: a
/// list as a whole, an activity as a whole, of a step what is given of it.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(min_properties = 1)]
pub(crate) struct EngagementChange {
    /// Who joins those who keep it.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_items = 200)]
    participants: Option<Vec<ParticipantPart>>,
    /// The needs that are taken up: the LEA's to write, too.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_items = 200)]
    needs: Option<Vec<NeedPart>>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    activities: Option<ActivitiesChange>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_items = 200)]
    sessions: Option<Vec<SessionPart>>,
    /// The changes of the LEA's plan: its own to write, too.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_items = 200)]
    lcap_changes: Option<Vec<LcapChangePart>>,
    /// Actions that were taken, and what came of them.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_items = 200)]
    actions: Option<Vec<ActionPart>>,
    /// Steps by their keys; one of a new key is added, with its title and when it is due.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    steps: Option<BTreeMap<String, StepChange>>,
    /// Its end, which stays.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    closed: Option<ClosingPart>,
}

/// Activities that are changed, each as a whole.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EngagementActivitiesChange)]
pub(crate) struct ActivitiesChange {
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    strengths_and_weaknesses: Option<ActivityPart>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    expert_or_partner: Option<ActivityPart>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    documentation: Option<ActivityPart>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    advice: Option<ActivityPart>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    lcap_review: Option<ActivityPart>,
}

/// What is changed of a step; what is not given stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EngagementStepChange)]
pub(crate) struct StepChange {
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, min_length = 1, max_length = 2000)]
    title: Option<String>,
    /// By when.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    due: Option<String>,
    /// On which day it was done; `null` that it was not.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    done_on: Option<Option<String>>,
    /// Whether it is left out for this LEA.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    left_out: Option<bool>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 4000)]
    words: Option<String>,
}

/// A value that was given, also where it is `null`.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

impl EngagementChange {
    /// What is edited.
    pub(crate) fn read(self) -> Result<Edit, Problem> {
        fn list<T, U>(
            at: &str,
            given: Option<Vec<T>>,
            read: impl Fn(T, &str) -> Result<U, Problem>,
        ) -> Result<Option<Vec<U>>, Problem> {
            given.map(|given| items(at, given, ITEMS_MOST, read)).transpose()
        }
        let activities = self.activities.map(ActivitiesChange::read).transpose()?;
        let mut steps = BTreeMap::new();
        for (key, change) in self.steps.unwrap_or_default() {
            let key: String = key.chars().take(60).collect();
            let edit = change.read(&format!("steps.{key}"))?;
            steps.insert(key, edit);
        }
        let closing = |closed: ClosingPart| {
            let reason = words("closed.reason", closed.reason)?;
            Ok::<_, Problem>(Closing { on: day("closed.on", &closed.on)?, reason })
        };
        let edit = Edit {
            participants: list("participants", self.participants, ParticipantPart::read)?,
            needs: list("needs", self.needs, NeedPart::read)?,
            activities: activities.unwrap_or_default(),
            sessions: list("sessions", self.sessions, SessionPart::read)?,
            lcap_changes: list("lcapChanges", self.lcap_changes, LcapChangePart::read)?,
            actions: list("actions", self.actions, ActionPart::read)?,
            steps,
            closed: self.closed.map(closing).transpose()?,
        };
        if edit == Edit::default() {
            return Err(refused("body", "nothing is said of what is to be changed"));
        }
        Ok(edit)
    }
}

impl ActivitiesChange {
    fn read(self) -> Result<BTreeMap<ActivityKind, Activity>, Problem> {
        let given = [
            (ActivityKind::StrengthsAndWeaknesses, self.strengths_and_weaknesses),
            (ActivityKind::ExpertOrPartner, self.expert_or_partner),
            (ActivityKind::Documentation, self.documentation),
            (ActivityKind::Advice, self.advice),
            (ActivityKind::LcapReview, self.lcap_review),
        ];
        let read = |(kind, activity): (ActivityKind, Option<ActivityPart>)| {
            Some(activity?.read(&format!("activities.{kind}")).map(|read| (kind, read)))
        };
        given.into_iter().filter_map(read).collect()
    }
}

impl StepChange {
    fn read(self, at: &str) -> Result<StepEdit, Problem> {
        let title = self.title.map(|title| parts::name(&format!("{at}.title"), title));
        let due = self.due.map(|due| day(&format!("{at}.due"), &due));
        let done_on = self.done_on.map(|done_on| {
            done_on.map(|done_on| day(&format!("{at}.doneOn"), &done_on)).transpose()
        });
        let said = self.words.map(|said| words(&format!("{at}.words"), said));
        Ok(StepEdit {
            title: title.transpose()?,
            due: due.transpose()?,
            done_on: done_on.transpose()?,
            left_out: self.left_out,
            words: said.transpose()?,
        })
    }
}
