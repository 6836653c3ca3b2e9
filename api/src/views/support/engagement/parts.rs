//! The parts of an engagement, in the one shape in which callers send and are shown them.

use calsos_domain::cds::CdsCode;
use calsos_domain::indicator::Indicator;
use calsos_domain::priority::Priority;
use calsos_domain::student_group::StudentGroup;
use calsos_domain::support::engagement::activity::{Activity, ActivityState, Document, Program};
use calsos_domain::support::engagement::chosen::{
    Action, ChosenNeed, LcapChange, LcapPart, Participant, Session, SessionKind,
};
use calsos_domain::support::service_provider::ServiceProvider;
use calsos_domain::year::Day;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::{Fault, Problem};
use crate::views::support::service::there;

/// How many letters a text of an engagement may have.
const TEXT_MOST: usize = 4000;

/// How many letters a name, a title or a link may have.
const NAME_MOST: usize = 2000;

/// Refuses a part of a body.
pub(crate) fn refused(at: &str, detail: impl Into<String>) -> Problem {
    Problem::of_body(vec![Fault { parameter: at.to_owned(), detail: detail.into() }])
}

/// A text of several lines.
pub(crate) fn words(at: &str, text: String) -> Result<String, Problem> {
    let is_odd = |c: char| c.is_control() && c != '\n';
    if text.chars().count() > TEXT_MOST || text.contains(is_odd) {
        let detail = format!(
            "at most {TEXT_MOST} characters are expected, without control characters but line feeds"
        );
        return Err(refused(at, detail));
    }
    Ok(text)
}

/// A text of one line that says something.
pub(crate) fn name(at: &str, text: String) -> Result<String, Problem> {
    let is_sound = text.chars().count() <= NAME_MOST
        && !text.trim().is_empty()
        && !text.contains(char::is_control);
    if is_sound {
        return Ok(text);
    }
    Err(refused(at, format!("1 to {NAME_MOST} characters on one line are expected")))
}

/// A day, which may be one to come.
pub(crate) fn day(at: &str, text: &str) -> Result<Day, Problem> {
    let day = Day::parse(text).filter(|day| day.to_string().len() == "2099-12-15".len());
    day.ok_or_else(|| refused(at, "a day such as 2016-12-15 is expected"))
}

fn maybe_day(at: &str, text: Option<String>) -> Result<Option<Day>, Problem> {
    text.map(|text| day(at, &text)).transpose()
}

/// One of some codes.
fn code<T>(at: &str, text: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Problem> {
    read(text).ok_or_else(|| {
        let text: String = text.chars().take(60).collect();
        refused(at, format!("it is '{text}', which it cannot be"))
    })
}

/// Items of a list, each read with where it stands.
pub(crate) fn items<T, U>(
    at: &str,
    given: Vec<T>,
    most: usize,
    read: impl Fn(T, &str) -> Result<U, Problem>,
) -> Result<Vec<U>, Problem> {
    if given.len() > most {
        return Err(refused(at, format!("there are {}; at most {most} are expected", given.len())));
    }
    let numbered = given.into_iter().enumerate();
    numbered.map(|(number, one)| read(one, &format!("{at}[{number}]"))).collect()
}

/// How many items a list within a part has at most.
const INNER_MOST: usize = 50;

/// A document that shows something: where it is, and by what another one is told from it. The
/// file itself is not kept.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EngagementDocument)]
pub(crate) struct DocumentPart {
    #[schema(
        max_length = 2000,
        pattern = "^https?://",
        example = "https://example.org/review.pdf"
    )]
    link: String,
    #[schema(min_length = 1, max_length = 2000, example = "Strengths and weaknesses")]
    title: String,
    /// Of which day it is.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    /// The SHA-256 of the file: 64 hexadecimal digits in small letters.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )]
    sha256: String,
}

impl DocumentPart {
    fn of(document: &Document) -> DocumentPart {
        let Document { link, title, on, sha256 } = document.clone();
        DocumentPart { link, title, on: on.to_string(), sha256 }
    }

    fn read(self, at: &str) -> Result<Document, Problem> {
        let DocumentPart { link, title, on, sha256 } = self;
        if link.len() > NAME_MOST || !Document::is_link(&link) {
            let detail =
                format!("a link of at most {NAME_MOST} letters, https:// or http://, is expected");
            return Err(refused(&format!("{at}.link"), detail));
        }
        if !Document::is_sha256(&sha256) {
            let detail = "64 hexadecimal digits in small letters are expected";
            return Err(refused(&format!("{at}.sha256"), detail));
        }
        let (title, on) = (name(&format!("{at}.title"), title)?, day(&format!("{at}.on"), &on)?);
        Ok(Document { link, title, on, sha256 })
    }
}

/// A program, and by what it is known to be effective.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EvidenceBasedProgram)]
pub(crate) struct ProgramPart {
    #[schema(min_length = 1, max_length = 2000, example = "Attendance teams")]
    name: String,
    /// The evidence that it is effective, in words.
    #[schema(min_length = 1, max_length = 2000, example = "a controlled study of 40 schools")]
    evidence: String,
}

/// What is said of an activity.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EngagementActivity)]
pub(crate) struct ActivityPart {
    /// `open`, `notChosen`, `planned`, `underWay` or `done`.
    #[schema(example = "planned")]
    state: String,
    /// Its first day.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    from: Option<String>,
    /// Its last day: of what is done, the day on which it was.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    until: Option<String>,
    /// Who does it.
    #[serde(default)]
    #[schema(max_items = 50)]
    who: Vec<String>,
    /// What is done, found or reviewed.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 4000)]
    words: Option<String>,
    /// What shows it.
    #[serde(default)]
    #[schema(max_items = 50)]
    evidence: Vec<DocumentPart>,
    /// Of `strengthsAndWeaknesses`: the programs that apply to the LEA's goals.
    #[serde(default)]
    #[schema(max_items = 50)]
    programs: Vec<ProgramPart>,
    /// Of `expertOrPartner`: the experts or teams.
    #[serde(default)]
    #[schema(max_items = 50)]
    experts: Vec<String>,
    /// Of `expertOrPartner`: the partner district, by its CDS code.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9]{14}$", example = "01800010000000")]
    partner: Option<String>,
    /// Of `advice`: `ccee` or `geographicLead:NAME`.
    #[serde(default)]
    #[schema(max_items = 50)]
    advisers: Vec<String>,
}

impl ActivityPart {
    pub(crate) fn of(activity: &Activity) -> ActivityPart {
        let program = |program: &Program| ProgramPart {
            name: program.name.clone(),
            evidence: program.evidence.clone(),
        };
        ActivityPart {
            state: activity.state.code().to_owned(),
            from: activity.from.map(|day| day.to_string()),
            until: activity.until.map(|day| day.to_string()),
            who: activity.who.clone(),
            words: said(&activity.words),
            evidence: activity.evidence.iter().map(DocumentPart::of).collect(),
            programs: activity.programs.iter().map(program).collect(),
            experts: activity.experts.clone(),
            partner: activity.partner.map(|partner| partner.to_string()),
            advisers: activity.advisers.iter().map(ToString::to_string).collect(),
        }
    }

    pub(crate) fn read(self, at: &str) -> Result<Activity, Problem> {
        let here = |name: &str| format!("{at}.{name}");
        let program = |program: ProgramPart, at: &str| {
            Ok(Program {
                name: name(&format!("{at}.name"), program.name)?,
                evidence: name(&format!("{at}.evidence"), program.evidence)?,
            })
        };
        let named = |text: String, at: &str| name(at, text);
        let evidence = |document: DocumentPart, at: &str| document.read(at);
        let adviser = |text: String, at: &str| code(at, &text, ServiceProvider::parse);
        let partner =
            |text: String| code(&here("partner"), &text, |text| CdsCode::parse(text).ok());
        Ok(Activity {
            state: code(&here("state"), &self.state, ActivityState::parse)?,
            from: maybe_day(&here("from"), self.from)?,
            until: maybe_day(&here("until"), self.until)?,
            who: items(&here("who"), self.who, INNER_MOST, named)?,
            words: words(&here("words"), self.words.unwrap_or_default())?,
            evidence: items(&here("evidence"), self.evidence, INNER_MOST, evidence)?,
            programs: items(&here("programs"), self.programs, INNER_MOST, program)?,
            experts: items(&here("experts"), self.experts, INNER_MOST, named)?,
            partner: self.partner.map(partner).transpose()?,
            advisers: items(&here("advisers"), self.advisers, INNER_MOST, adviser)?,
        })
    }
}

/// A need that is taken up: a student group, an indicator, a state priority, or words.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChosenNeed)]
pub(crate) struct NeedPart {
    /// The student group.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "SWD")]
    group: Option<String>,
    /// The indicator.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "CHRO")]
    indicator: Option<String>,
    /// The state priority.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 10, example = 5)]
    priority: Option<u8>,
    /// What it is, or why it was chosen.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 4000)]
    words: Option<String>,
    /// Whether it is one of those that made the LEA eligible; else it goes beyond them. It is
    /// looked up in the public results, whatever is sent, and absent where those are not loaded.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    made_eligible: Option<bool>,
}

impl NeedPart {
    pub(crate) fn of(need: &ChosenNeed) -> NeedPart {
        NeedPart {
            group: need.group.map(|group| group.code().to_owned()),
            indicator: need.indicator.map(|indicator| indicator.code().to_owned()),
            priority: need.priority.map(Priority::number),
            words: said(&need.words),
            made_eligible: need.made_eligible,
        }
    }

    pub(crate) fn read(self, at: &str) -> Result<ChosenNeed, Problem> {
        let NeedPart { group, indicator, priority, words: said, made_eligible: _ } = self;
        let group = group.map(|text| code(&format!("{at}.group"), &text, StudentGroup::parse));
        let indicator =
            indicator.map(|text| code(&format!("{at}.indicator"), &text, Indicator::parse));
        let priority = priority.map(|number| {
            let at = format!("{at}.priority");
            Priority::new(number).ok_or_else(|| refused(&at, "1 to 10 is expected"))
        });
        Ok(ChosenNeed {
            group: group.transpose()?,
            indicator: indicator.transpose()?,
            priority: priority.transpose()?,
            words: words(&format!("{at}.words"), said.unwrap_or_default())?,
            made_eligible: None,
        })
    }
}

/// Somebody who joins those who keep the engagement.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EngagementParticipant)]
pub(crate) struct ParticipantPart {
    /// `county:NN`, `geographicLead:NAME`, `selpa:CODE`, `equityLead:NAME`, `expertLead:NAME`,
    /// `ccee`, `state`, `district:CDS` or `other:NAME`.
    #[schema(example = "selpa:3001")]
    who: String,
    /// In which part.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 4000)]
    words: Option<String>,
    /// Whether the LEA chose it, as it may a private expert.
    #[serde(default)]
    chosen_by_lea: bool,
}

impl ParticipantPart {
    pub(crate) fn of(participant: &Participant) -> ParticipantPart {
        let Participant { who, words, chosen_by_lea } = participant.clone();
        ParticipantPart { who, words: said(&words), chosen_by_lea }
    }

    pub(crate) fn read(self, at: &str) -> Result<Participant, Problem> {
        let ParticipantPart { who, words: said, chosen_by_lea } = self;
        let is_district = |cds: &str| CdsCode::parse(cds).is_ok_and(CdsCode::is_district_level);
        let is_somebody = match who.strip_prefix("district:") {
            Some(cds) => is_district(cds),
            None => ServiceProvider::parse(&who).is_some(),
        };
        let who = code(&format!("{at}.who"), &who, |who| is_somebody.then(|| who.to_owned()))?;
        let words = words(&format!("{at}.words"), said.unwrap_or_default())?;
        Ok(Participant { who, words, chosen_by_lea })
    }
}

/// A session of those who help with the LEA; also one to come.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EngagementSession)]
pub(crate) struct SessionPart {
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    /// `meeting`, `needs`, `rootCauses`, `programReview`, `lcap`, `training`, `contact` or
    /// `other`.
    #[schema(example = "rootCauses")]
    kind: String,
    /// Who takes part.
    #[serde(default)]
    #[schema(max_items = 50)]
    who: Vec<String>,
    /// What was said or agreed.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 4000)]
    words: Option<String>,
}

impl SessionPart {
    pub(crate) fn of(session: &Session) -> SessionPart {
        SessionPart {
            on: session.on.to_string(),
            kind: session.kind.code().to_owned(),
            who: session.who.clone(),
            words: said(&session.words),
        }
    }

    pub(crate) fn read(self, at: &str) -> Result<Session, Problem> {
        let who = format!("{at}.who");
        Ok(Session {
            on: day(&format!("{at}.on"), &self.on)?,
            kind: code(&format!("{at}.kind"), &self.kind, SessionKind::parse)?,
            who: items(&who, self.who, INNER_MOST, |text, at| name(at, text))?,
            words: words(&format!("{at}.words"), self.words.unwrap_or_default())?,
        })
    }
}

/// A change that the LEA makes in its Local Control and Accountability Plan. What follows from
/// support goes through that plan: no separate one for improvement is asked for.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = LcapChange)]
pub(crate) struct LcapChangePart {
    /// `goal`, `action` or `service`.
    #[schema(example = "action")]
    part: String,
    /// Which one, as the plan counts or calls it.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 4000, example = "Goal 2, action 3")]
    which: Option<String>,
    /// How it is changed.
    #[schema(max_length = 4000)]
    words: String,
}

impl LcapChangePart {
    pub(crate) fn of(change: &LcapChange) -> LcapChangePart {
        let LcapChange { part, which, words } = change.clone();
        LcapChangePart { part: part.code().to_owned(), which: said(&which), words }
    }

    pub(crate) fn read(self, at: &str) -> Result<LcapChange, Problem> {
        Ok(LcapChange {
            part: code(&format!("{at}.part"), &self.part, LcapPart::parse)?,
            which: words(&format!("{at}.which"), self.which.unwrap_or_default())?,
            words: words(&format!("{at}.words"), self.words)?,
        })
    }
}

/// An action that was taken, and what came of it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EngagementAction)]
pub(crate) struct ActionPart {
    /// On which day, or by when.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", example = "2016-12-15")]
    on: String,
    /// What was done.
    #[schema(max_length = 4000)]
    words: String,
    /// What came of it; absent while that is not known.
    #[serde(default, deserialize_with = "there", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 4000)]
    outcome: Option<String>,
}

impl ActionPart {
    pub(crate) fn of(action: &Action) -> ActionPart {
        let Action { on, words, outcome } = action.clone();
        ActionPart { on: on.to_string(), words, outcome: said(&outcome) }
    }

    pub(crate) fn read(self, at: &str) -> Result<Action, Problem> {
        Ok(Action {
            on: day(&format!("{at}.on"), &self.on)?,
            words: words(&format!("{at}.words"), self.words)?,
            outcome: words(&format!("{at}.outcome"), self.outcome.unwrap_or_default())?,
        })
    }
}

/// A text as it is shown: what says nothing is left out.
pub(crate) fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
