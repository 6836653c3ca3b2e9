//! A request for help of an LEA that is not identified: it asks whom it will, and pays. Its state
//! follows from the steps that were taken.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::condition::{Condition, Refusal, says};
use super::service_provider::ServiceProvider;
use crate::cds::{CdsCode, CountyCode};
use crate::lea::LeaType;
use crate::year::Day;

/// By whom the help of a request is paid: the LEA, always.
pub const PAID_BY: &str = "lea";

/// Who is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// An agency that offers services.
    Provider(ServiceProvider),
    /// A charter school's authorizer.
    Authorizer(CdsCode),
}

impl Asked {
    /// What is expected of a text, in words.
    pub const EXPECTED: &'static str = "county:NN, geographicLead:NAME, ccee, state, selpa:CODE, \
                                        equityLead:NAME, expertLead:NAME, authorizer:CDS or \
                                        other:NAME";

    /// Reads a text, which is the one by which tokens name an agency, where tokens know such a
    /// one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Asked> {
        match text.strip_prefix("authorizer:") {
            Some(cds) => {
                let cds = CdsCode::parse(cds).ok().filter(|cds| *cds != CdsCode::STATE);
                cds.map(Asked::Authorizer)
            }
            None => ServiceProvider::parse(text).map(Asked::Provider),
        }
    }

    /// Whether an agency of tokens stands for it, and so answers by itself.
    #[must_use]
    pub fn answers_itself(&self) -> bool {
        match self {
            Asked::Authorizer(_) => true,
            Asked::Provider(provider) => match provider {
                ServiceProvider::County(_)
                | ServiceProvider::GeographicLead(_)
                | ServiceProvider::Ccee
                | ServiceProvider::State
                | ServiceProvider::Selpa(_) => true,
                ServiceProvider::EquityLead(_)
                | ServiceProvider::ExpertLead(_)
                | ServiceProvider::Other(_) => false,
            },
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Asked::Provider(provider) => provider.fmt(f),
            Asked::Authorizer(cds) => write!(f, "authorizer:{cds}"),
        }
    }
}

impl Serialize for Asked {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Asked, D::Error> {
        let text = String::deserialize(deserializer)?;
        let nobody = || serde::de::Error::custom(format!("'{text}' is nobody who is asked"));
        Asked::parse(&text).ok_or_else(nobody)
    }
}

/// A step of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Whoever was asked helps.
    Accept {
        /// Why, or how.
        reason: String,
    },
    /// Whoever was asked does not.
    Decline {
        /// Why.
        reason: String,
    },
    /// Help begins.
    Begin,
    /// It is over.
    Close {
        /// Why.
        reason: String,
    },
}

impl Step {
    /// The code used in answers.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Step::Accept { .. } => "accept",
            Step::Decline { .. } => "decline",
            Step::Begin => "begin",
            Step::Close { .. } => "close",
        }
    }

    /// What it says; a beginning says nothing.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        match self {
            Step::Accept { reason } | Step::Decline { reason } | Step::Close { reason } => {
                Some(reason)
            }
            Step::Begin => None,
        }
    }
}

/// A step that was taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Taken {
    /// On which day.
    #[serde(with = "super::days")]
    pub on: Day,
    /// What.
    pub step: Step,
}

/// How far a request is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Nobody answered yet.
    Asked,
    /// Whoever was asked helps.
    Accepted,
    /// Whoever was asked does not; this is its end.
    Declined,
    /// Help is given.
    UnderWay,
    /// It is over.
    Closed,
}

impl State {
    /// Every state.
    pub const ALL: [State; 5] =
        [State::Asked, State::Accepted, State::Declined, State::UnderWay, State::Closed];

    /// The code used in answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            State::Asked => "asked",
            State::Accepted => "accepted",
            State::Declined => "declined",
            State::UnderWay => "underWay",
            State::Closed => "closed",
        }
    }

    /// Whether no step follows.
    #[must_use]
    pub fn has_ended(self) -> bool {
        matches!(self, State::Declined | State::Closed)
    }
}

/// Whether an LEA is identified for help, by its public determinations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Identified {
    /// It is: in words, as what.
    Yes(String),
    /// It is not known: in words, why.
    NotKnown(String),
    /// It is not.
    No,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// The LEA.
    pub cds: CdsCode,
    /// What it is.
    pub lea_type: LeaType,
    /// In which county it is.
    pub county: CountyCode,
    /// Who is asked.
    pub asked: Asked,
    /// On which day.
    pub on: Day,
    /// For what.
    pub words: String,
    /// Whether the LEA is identified, as the public assignment has it.
    pub identified: Identified,
}

/// A request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    lea_type: LeaType,
    asked: Asked,
    #[serde(with = "super::days")]
    asked_on: Day,
    words: String,
    steps: Vec<Taken>,
}

impl Request {
    /// Opens a request.
    ///
    /// # Errors
    /// [`Refusal`] with the condition that is missing.
    pub fn open(opening: Opening) -> Result<Request, Refusal> {
        let Opening { cds, lea_type, county, asked, on, words, identified } = opening;
        let missing = |condition| Refusal::new(condition, lea_type);
        match identified {
            Identified::No => {}
            Identified::Yes(found) | Identified::NotKnown(found) => {
                return Err(missing(Condition::NotIdentified).found(found));
            }
        }
        if !says(&words) {
            return Err(missing(Condition::Reason).found("words is not there"));
        }
        let is_own = match &asked {
            Asked::Provider(ServiceProvider::County(of)) => *of == county,
            Asked::Authorizer(of) => lea_type == LeaType::Charter && *of == cds.authorizer(),
            Asked::Provider(_) => false,
        };
        let is_charters = lea_type == LeaType::Charter || matches!(asked, Asked::Authorizer(_));
        if is_charters && !is_own {
            let found = format!("asked is {asked}, and the county is {county}");
            return Err(missing(Condition::CharterAsks).found(found));
        }
        Ok(Request { lea_type, asked, asked_on: on, words, steps: Vec::new() })
    }

    /// What the LEA is.
    #[must_use]
    pub fn lea_type(&self) -> LeaType {
        self.lea_type
    }

    /// Who is asked.
    #[must_use]
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// On which day.
    #[must_use]
    pub fn asked_on(&self) -> Day {
        self.asked_on
    }

    /// For what.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The steps that were taken, in order.
    #[must_use]
    pub fn steps(&self) -> &[Taken] {
        &self.steps
    }

    /// How far it is.
    #[must_use]
    pub fn state(&self) -> State {
        match self.steps.last().map(|taken| &taken.step) {
            None => State::Asked,
            Some(Step::Accept { .. }) => State::Accepted,
            Some(Step::Decline { .. }) => State::Declined,
            Some(Step::Begin) => State::UnderWay,
            Some(Step::Close { .. }) => State::Closed,
        }
    }

    /// The request with a further step.
    ///
    /// # Errors
    /// [`Refusal`] with the condition that is missing.
    pub fn step(&self, on: Day, step: Step) -> Result<Request, Refusal> {
        let missing = |condition| Refusal::new(condition, self.lea_type);
        let state = self.state();
        if state.has_ended() {
            let found = format!("the request is {}", state.code());
            return Err(missing(Condition::Open).found(found));
        }
        if step.words().is_some_and(|words| !says(words)) {
            return Err(missing(Condition::Reason));
        }
        match (&step, state) {
            (Step::Accept { .. } | Step::Decline { .. }, State::Accepted | State::UnderWay) => {
                return Err(missing(Condition::NotYet).found("the request was accepted"));
            }
            (Step::Begin, State::UnderWay) => {
                return Err(missing(Condition::NotYet).found("help is under way"));
            }
            (Step::Begin | Step::Close { .. }, State::Asked) => {
                let found = format!("{} did not answer yet", self.asked);
                return Err(missing(Condition::AskedAccepts).found(found));
            }
            _ => {}
        }
        let earlier = self.steps.last().map_or(self.asked_on, |taken| taken.on);
        if on < earlier {
            let found = format!("the one before was taken on {earlier}");
            return Err(missing(Condition::DaysInOrder).found(found));
        }
        let mut after = self.clone();
        after.steps.push(Taken { on, step });
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn opening(lea_type: LeaType, asked: &str) -> Opening {
        Opening {
            cds: CdsCode::parse("01800010123456").unwrap(),
            lea_type,
            county: CountyCode::parse("02").unwrap(),
            asked: Asked::parse(asked).unwrap(),
            on: day("2090-02-01"),
            words: "help".to_owned(),
            identified: Identified::No,
        }
    }

    #[test]
    fn only_who_is_not_identified_asks() {
        for lea_type in LeaType::ALL {
            let opened = |identified| {
                Request::open(Opening { identified, ..opening(lea_type, "county:02") })
            };
            assert!(opened(Identified::No).is_ok());
            for (identified, citation) in [
                (Identified::Yes("it is in level 2".to_owned()), true),
                (Identified::NotKnown("files are missing".to_owned()), true),
            ] {
                let refusal = opened(identified).unwrap_err();
                assert_eq!(refusal.condition, Condition::NotIdentified);
                assert_eq!(refusal.citation.is_some(), citation);
            }
        }
        let silent = Opening { words: " ".to_owned(), ..opening(LeaType::District, "ccee") };
        assert_eq!(Request::open(silent).unwrap_err().condition, Condition::Reason);
    }

    #[test]
    fn a_charter_school_asks_its_county_office_or_its_authorizer_and_others_whom_they_will() {
        let asks = |lea_type, asked: &str| Request::open(opening(lea_type, asked));
        for own in ["county:02", "authorizer:01800010000000"] {
            assert!(asks(LeaType::Charter, own).is_ok(), "{own}");
        }
        for other in ["county:01", "authorizer:01800020000000", "ccee", "state", "other:A firm"] {
            let refusal = asks(LeaType::Charter, other).unwrap_err();
            assert_eq!(refusal.condition, Condition::CharterAsks, "{other}");
            assert!(refusal.to_string().contains(other));
        }
        for whom in ["county:01", "county:02", "ccee", "state", "selpa:0101", "other:A firm"] {
            assert!(asks(LeaType::District, whom).is_ok(), "{whom}");
        }
        let refusal = asks(LeaType::District, "authorizer:01800010000000").unwrap_err();
        assert_eq!(refusal.condition, Condition::CharterAsks);
    }

    #[test]
    fn steps_follow_on_what_was_answered() {
        let reason = || "a reason".to_owned();
        let accept = || Step::Accept { reason: reason() };
        let decline = || Step::Decline { reason: reason() };
        let close = || Step::Close { reason: reason() };
        let asked = Request::open(opening(LeaType::District, "ccee")).unwrap();
        let on = day("2090-02-02");
        let lacks = |of: &Request, step| of.step(on, step).unwrap_err().condition;
        assert_eq!(asked.state(), State::Asked);
        assert_eq!(lacks(&asked, Step::Begin), Condition::AskedAccepts);
        assert_eq!(lacks(&asked, close()), Condition::AskedAccepts);
        assert_eq!(lacks(&asked, Step::Accept { reason: String::new() }), Condition::Reason);
        let before = asked.step(day("2090-01-31"), accept()).unwrap_err();
        assert_eq!(before.condition, Condition::DaysInOrder);
        let declined = asked.step(on, decline()).unwrap();
        assert_eq!(declined.state(), State::Declined);
        assert_eq!(lacks(&declined, accept()), Condition::Open);
        let accepted = asked.step(on, accept()).unwrap();
        assert_eq!(accepted.state(), State::Accepted);
        assert_eq!(lacks(&accepted, decline()), Condition::NotYet);
        let begun = accepted.step(on, Step::Begin).unwrap();
        assert_eq!(begun.state(), State::UnderWay);
        assert_eq!(lacks(&begun, Step::Begin), Condition::NotYet);
        let closed = begun.step(on, close()).unwrap();
        assert_eq!((closed.state(), closed.steps().len()), (State::Closed, 3));
        assert_eq!(lacks(&closed, close()), Condition::Open);
        assert_eq!(accepted.step(on, close()).unwrap().state(), State::Closed);
    }

    #[test]
    fn whoever_is_asked_is_read_back_as_it_was_written() {
        for (text, answers_itself) in [
            ("county:27", true),
            ("authorizer:01800010000000", true),
            ("geographicLead:A lead", true),
            ("ccee", true),
            ("state", true),
            ("selpa:0101", true),
            ("equityLead:A lead", false),
            ("expertLead:A lead", false),
            ("other:A firm", false),
        ] {
            let asked = Asked::parse(text).unwrap();
            assert_eq!(
                (asked.to_string().as_str(), asked.answers_itself()),
                (text, answers_itself)
            );
        }
        for none in ["", "authorizer:1", "authorizer:00000000000000", "county:99", "lea:1"] {
            assert_eq!(Asked::parse(none), None, "{none}");
        }
    }
}
