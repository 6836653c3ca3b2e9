//! What a spring summary says of the work with an LEA: the engagement of the year's support.

use calsos_domain::cds::CdsCode;
use calsos_domain::support::engagement::Engagement;
use calsos_domain::support::engagement::activity::{Activity, ActivityKind};
use calsos_domain::support::engagement::chosen::{ChosenNeed, Participant};
use calsos_persistence::{SupportFilter, SupportKind};

use super::content;
use crate::app::Office;
use crate::error::AppError;
use crate::views::support::communication::{
    ActionFacts, ActivityFacts, CommunicationFacts, EngagementFacts, LcapChangeFacts, NeedFacts,
    SessionFacts,
};

impl Office {
    /// The newest engagement that rests on the support of which facts are, if there is one: on
    /// the determination of their year, or on the one that opened the support.
    pub(crate) fn engagement_of(
        &self,
        cds: CdsCode,
        facts: &CommunicationFacts,
    ) -> Result<Option<EngagementFacts>, AppError> {
        let filter = SupportFilter { cds: Some(cds), ..SupportFilter::of(SupportKind::Engagement) };
        for record in self.store.support_records(&filter, |_| true)? {
            let engagement: Engagement = content(&record)?;
            let year = Some(engagement.basis().dashboard_year.number());
            if year == Some(facts.dashboard_year) || year == facts.opened_by {
                return Ok(Some(facts_of(&engagement)));
            }
        }
        Ok(None)
    }
}

/// A text, where it says something.
fn said(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.trim().is_empty())
}

fn facts_of(engagement: &Engagement) -> EngagementFacts {
    let activity = |(kind, activity): (&ActivityKind, &Activity)| ActivityFacts {
        name: kind.words(),
        state: activity.state.code(),
        from: activity.from.map(|day| day.to_string()),
        until: activity.until.map(|day| day.to_string()),
        who: activity.who.clone(),
        text: said(&activity.words),
        programs: activity
            .programs
            .iter()
            .map(|program| format!("{} ({})", program.name, program.evidence))
            .collect(),
    };
    let sessions = engagement.sessions().iter().map(|session| SessionFacts {
        on: session.on.to_string(),
        kind: session.kind.code(),
        text: said(&session.words),
    });
    let changes = engagement.lcap_changes().iter().map(|change| LcapChangeFacts {
        part: change.part.code(),
        which: said(&change.which),
        text: change.words.clone(),
    });
    let actions = engagement.actions().iter().map(|action| ActionFacts {
        on: action.on.to_string(),
        text: action.words.clone(),
        outcome: said(&action.outcome),
    });
    EngagementFacts {
        state: engagement.state().code(),
        opened_on: engagement.opened_on().to_string(),
        closed_on: engagement.closed().map(|closing| closing.on.to_string()),
        providers: engagement.providers().iter().map(|provider| provider.words()).collect(),
        participants: engagement.participants().iter().map(participant).collect(),
        needs: engagement.needs().iter().map(need).collect(),
        activities: engagement.activities().iter().map(activity).collect(),
        sessions: sessions.collect(),
        lcap_changes: changes.collect(),
        actions: actions.collect(),
    }
}

fn participant(participant: &Participant) -> String {
    match said(&participant.words) {
        Some(words) => format!("{} ({words})", participant.who),
        None => participant.who.clone(),
    }
}

/// A need in words: what it names, then what is said of it.
fn need(need: &ChosenNeed) -> NeedFacts {
    let named = [
        need.group.map(|group| group.name().to_owned()),
        need.indicator.map(|indicator| indicator.name().to_owned()),
        need.priority.map(|priority| format!("state priority {priority}")),
    ];
    let named: Vec<String> = named.into_iter().flatten().collect();
    let parts = [said(&named.join(", ")), said(&need.words)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    NeedFacts { text: parts.join(": "), made_eligible: need.made_eligible }
}
