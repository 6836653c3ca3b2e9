//! Services and what is recommended, as callers send and are shown them.

use calsos_domain::support::matching::{Match, Recommendation, reason};
use calsos_domain::support::need::{Lowness, Need, Subject};
use calsos_domain::support::service::{Service, ServiceDraft};
use calsos_domain::support::service_provider::Nearness;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::support::services::HeldService;

/// A service that a provider offers.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Service)]
pub(crate) struct ServiceView {
    /// UUIDv7.
    id: String,
    /// 1, 2, 3, …: another one whenever it is changed.
    version: u32,
    /// Names it within its provider's catalogue.
    #[schema(example = "ATT-1")]
    code: String,
    /// `county:NN`, `geographicLead:NAME`, `ccee`, `state`, `selpa:CODE`, `equityLead:NAME`,
    /// `expertLead:NAME` or `other:NAME`.
    #[schema(example = "county:27")]
    provider: String,
    /// The provider in words.
    provider_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    division: Option<String>,
    name: String,
    /// At which levels of support it is offered, 1 to 3.
    levels: Vec<u8>,
    /// `leas`, `schools` or both.
    offered_to: Vec<String>,
    /// `training`, `coaching`, `network`, `technicalAssistance`, `consultation`,
    /// `dataAndReports`, `materials`, `recognition`, `sharingOfPromisingPractices`, or another
    /// word.
    #[schema(example = "coaching")]
    kind: String,
    /// The indicators that it answers; none for any.
    indicators: Vec<String>,
    /// The student groups that it answers; none for any.
    groups: Vec<String>,
    /// The state priorities that it answers; none for any.
    priorities: Vec<u8>,
    /// The first grade that it is for; absent for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "K")]
    from_grade: Option<String>,
    /// The last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "12")]
    to_grade: Option<String>,
    /// Whom to ask for it.
    contact: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    link: Option<String>,
    /// Whether LEAs may have it that the provider does not serve by what it is.
    open_to_all: bool,
    /// `offered`, or `ended` where it is not to be had any more.
    #[schema(example = "offered")]
    state: &'static str,
    /// UTC.
    #[schema(format = DateTime)]
    made_at: String,
    /// UTC.
    #[schema(format = DateTime)]
    changed_at: String,
}

impl ServiceView {
    pub(crate) fn of(held: &HeldService) -> ServiceView {
        let (state, provider_name) = (held.service.state.code(), held.service.provider.words());
        let draft = ServiceDraft::from(held.service.clone());
        ServiceView {
            id: held.id.to_string(),
            version: held.version,
            code: draft.code,
            provider: draft.provider,
            provider_name,
            division: draft.division,
            name: draft.name,
            levels: draft.levels,
            offered_to: draft.offered_to,
            kind: draft.kind,
            indicators: draft.indicators,
            groups: draft.groups,
            priorities: draft.priorities,
            from_grade: draft.from_grade,
            to_grade: draft.to_grade,
            contact: draft.contact,
            link: draft.link,
            open_to_all: draft.open_to_all,
            state,
            made_at: held.made_at.clone(),
            changed_at: held.changed_at.clone(),
        }
    }
}

/// A service as it is sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewService)]
pub(crate) struct NewService {
    /// Names it within its provider's catalogue.
    #[schema(min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9._-]+$", example = "ATT-1")]
    code: String,
    /// Whose it is; in a catalogue, nothing or the catalogue's provider.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = "county:27")]
    provider: Option<String>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 300, example = "Student Services")]
    division: Option<String>,
    #[schema(min_length = 1, max_length = 300, example = "Attendance teams")]
    name: String,
    /// At which levels of support it is offered, 1 to 3.
    #[schema(min_items = 1, example = json!([1, 2]))]
    levels: Vec<u8>,
    /// `leas`, `schools` or both.
    #[schema(min_items = 1, example = json!(["leas"]))]
    offered_to: Vec<String>,
    #[schema(min_length = 1, max_length = 60, example = "coaching")]
    kind: String,
    /// The indicators that it answers; none for any.
    #[serde(default)]
    #[schema(example = json!(["CHRO"]))]
    indicators: Vec<String>,
    /// The student groups that it answers; none for any.
    #[serde(default)]
    #[schema(example = json!(["SWD"]))]
    groups: Vec<String>,
    /// The state priorities that it answers; none for any.
    #[serde(default)]
    #[schema(example = json!([5]))]
    priorities: Vec<u8>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = "K")]
    from_grade: Option<String>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = "12")]
    to_grade: Option<String>,
    #[schema(min_length = 1, max_length = 300, example = "attendance@example.org")]
    contact: String,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 2000, example = "https://example.org/attendance")]
    link: Option<String>,
    #[serde(default)]
    open_to_all: bool,
}

impl NewService {
    pub(crate) fn draft(self) -> ServiceDraft {
        ServiceDraft {
            code: self.code,
            provider: self.provider.unwrap_or_default(),
            division: self.division,
            name: self.name,
            levels: self.levels,
            offered_to: self.offered_to,
            kind: self.kind,
            indicators: self.indicators,
            groups: self.groups,
            priorities: self.priorities,
            from_grade: self.from_grade,
            to_grade: self.to_grade,
            contact: self.contact,
            link: self.link,
            open_to_all: self.open_to_all,
            state: None,
        }
    }
}

/// A provider's catalogue as it is sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewServiceCatalogue)]
pub(crate) struct NewServiceCatalogue {
    #[serde(deserialize_with = "objects")]
    #[schema(min_items = 1, max_items = 1000)]
    pub(crate) services: Vec<NewService>,
}

/// Objects alone: a list of the fields' values would be taken for one, too.
fn objects<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<NewService>, D::Error> {
    let all = Vec::<serde_json::Map<String, Value>>::deserialize(deserializer)?;
    all.into_iter()
        .map(|one| serde_json::from_value(Value::Object(one)).map_err(D::Error::custom))
        .collect()
}

/// What is changed of a service; of what is absent, nothing. Its code and its provider stay. A
/// blank text leaves out what may be left out.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ServiceChange)]
pub(crate) struct ServiceChange {
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 300)]
    division: Option<String>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, min_length = 1, max_length = 300, example = "Attendance teams")]
    name: Option<String>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, min_items = 1, example = json!([1, 2]))]
    levels: Option<Vec<u8>>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, min_items = 1, example = json!(["schools"]))]
    offered_to: Option<Vec<String>>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, min_length = 1, max_length = 60, example = "network")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = json!(["CHRO"]))]
    indicators: Option<Vec<String>>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = json!(["SWD"]))]
    groups: Option<Vec<String>>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = json!([5]))]
    priorities: Option<Vec<u8>>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = "K")]
    from_grade: Option<String>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = "12")]
    to_grade: Option<String>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, min_length = 1, max_length = 300, example = "office@example.org")]
    contact: Option<String>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, max_length = 2000)]
    link: Option<String>,
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false)]
    open_to_all: Option<bool>,
    /// `offered` or `ended`.
    #[serde(default, deserialize_with = "there")]
    #[schema(nullable = false, example = "offered")]
    state: Option<String>,
}

impl ServiceChange {
    /// A service as it would be with the change.
    pub(crate) fn of(self, service: &Service) -> ServiceDraft {
        let now = ServiceDraft::from(service.clone());
        ServiceDraft {
            division: self.division.or(now.division),
            name: self.name.unwrap_or(now.name),
            levels: self.levels.unwrap_or(now.levels),
            offered_to: self.offered_to.unwrap_or(now.offered_to),
            kind: self.kind.unwrap_or(now.kind),
            indicators: self.indicators.unwrap_or(now.indicators),
            groups: self.groups.unwrap_or(now.groups),
            priorities: self.priorities.unwrap_or(now.priorities),
            from_grade: self.from_grade.or(now.from_grade),
            to_grade: self.to_grade.or(now.to_grade),
            contact: self.contact.unwrap_or(now.contact),
            link: self.link.or(now.link),
            open_to_all: self.open_to_all.unwrap_or(now.open_to_all),
            state: self.state.or(now.state),
            code: now.code,
            provider: now.provider,
        }
    }
}

/// A value that is there: `null` is none.
pub(crate) fn there<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Something that an LEA needs help with.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SupportNeed)]
pub(crate) struct NeedView {
    /// The Dashboard year of the result.
    dashboard_year: u16,
    /// `cell`, a group's result on an indicator; `localIndicator`, the LEA's rating of itself;
    /// `calpads`, student data that were not certified.
    #[schema(example = "cell")]
    about: &'static str,
    /// The student group, `ALL` for all students together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "SWD")]
    group: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "CHRO")]
    indicator: Option<&'static str>,
    /// The state priority to which the year's criteria count it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 5)]
    priority: Option<u8>,
    /// The colour, the status level or the local rating.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "Red")]
    rating: Option<&'static str>,
    /// `lowest`, `low`, or `neither` where it counted beside another result.
    #[schema(example = "lowest")]
    lowness: &'static str,
    /// Whether it is one of the results that made the LEA eligible for differentiated
    /// assistance.
    made_eligible: bool,
    /// What it is, in words.
    text: String,
}

impl NeedView {
    pub(crate) fn of(need: &Need) -> NeedView {
        let Need { year, subject, made_eligible, lowness, rating, shown: _ } = need;
        NeedView {
            dashboard_year: year.number(),
            about: match subject {
                Subject::Cell { .. } => "cell",
                Subject::Local(_) => "localIndicator",
                Subject::Calpads => "calpads",
            },
            group: match subject {
                Subject::Cell { group, .. } => Some(group.code()),
                Subject::Local(_) | Subject::Calpads => None,
            },
            indicator: subject.indicator().map(|indicator| indicator.code()),
            priority: subject.priority().map(|priority| priority.number()),
            rating: *rating,
            lowness: match lowness {
                Lowness::Lowest => "lowest",
                Lowness::Low => "low",
                Lowness::Neither => "neither",
            },
            made_eligible: *made_eligible,
            text: need.words(),
        }
    }
}

/// A need that a service answers, and why it does.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServiceMatch)]
pub(crate) struct MatchView {
    #[serde(flatten)]
    need: NeedView,
    /// Whether the service names the indicator.
    by_indicator: bool,
    /// Whether the service names the student group.
    by_group: bool,
    /// Whether the service names the state priority.
    by_priority: bool,
    /// Why, in words.
    reason: String,
}

/// How many of the needs that a service answers are shown with it.
pub(crate) const MATCHES_SHOWN: usize = 10;

/// A service that is recommended.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RecommendedService)]
pub(crate) struct RecommendedView {
    service: ServiceView,
    /// `ownCounty`, `ownLead`, `statewide`, or `elsewhere` for one of other providers that is
    /// open to all.
    #[schema(example = "ownCounty")]
    nearness: &'static str,
    /// The needs that it answers, in the order in which they weigh: the first ten.
    matches: Vec<MatchView>,
    /// How many there are in all.
    match_count: usize,
}

impl RecommendedView {
    pub(crate) fn of(found: &Recommendation<'_, &HeldService>, needs: &[Need]) -> RecommendedView {
        let Recommendation { key: held, service, nearness, matches } = found;
        let view = |one: &Match| {
            let need = needs.get(one.need)?;
            let Match { need: _, by_indicator, by_group, by_priority } = *one;
            let (need_view, reason) = (NeedView::of(need), reason(service, need, *one));
            Some(MatchView { need: need_view, by_indicator, by_group, by_priority, reason })
        };
        RecommendedView {
            service: ServiceView::of(held),
            nearness: match nearness {
                Nearness::OwnCounty => "ownCounty",
                Nearness::OwnLead => "ownLead",
                Nearness::Statewide => "statewide",
                Nearness::Elsewhere => "elsewhere",
            },
            matches: matches.iter().take(MATCHES_SHOWN).filter_map(view).collect(),
            match_count: matches.len(),
        }
    }
}
