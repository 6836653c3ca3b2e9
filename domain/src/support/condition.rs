//! What the law asks of a step, and the refusal of a step that lacks it.

use std::fmt;

use crate::lea::LeaType;

/// A condition of a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Condition {
    /// The newest determination that was public on the day meets the test over several years.
    Level3Test,
    /// For a charter school, somebody decides: the test alone opens nothing.
    CharterDecision,
    /// The county office, and not the State Superintendent, provides help to the LEA.
    CountyOfficeProvides,
    /// The geographic lead agency joins the county office.
    GeographicLead,
    /// Where the same group met the criteria in three years, expert leads were considered.
    ExpertLeads,
    /// The LEA was consulted.
    LeaConsulted,
    /// Whoever provides help to the LEA was consulted.
    ProvidersConsulted,
    /// Only those who provide help to the LEA are consulted as its providers.
    ProviderOfLea,
    /// The referral is accepted.
    Accepted,
    /// Assistance of the Collaborative is under way.
    UnderWay,
    /// The Collaborative made recommendations.
    Recommended,
    /// The LEA is a school district or a county office of education.
    NoCharter,
    /// The Collaborative finds that the LEA failed or was unable to carry out its
    /// recommendations, or that its performance is so persistent or acute as to need it.
    Finding,
    /// All other strategies were used before.
    OtherStrategies,
    /// The State Board approved.
    BoardApproval,
    /// The State Board approved of the power that is used.
    PowerApproved,
    /// The intervention is in force.
    InForce,
    /// The action that is stayed or rescinded is not required by a bargaining agreement.
    NotBargained,
    /// The LEA is in differentiated assistance, or in level 3.
    InLevel2,
    /// Strengths and weaknesses are in writing.
    InWriting,
    /// Effective programs that apply to the LEA's goals are named.
    Programs,
    /// An expert, a team or a partner district is named.
    ExpertOrPartner,
    /// A partner is another district of the LEA's county.
    PartnerOfCounty,
    /// There is documentation that the LEA completed the work.
    Documentation,
    /// Advice comes from the Collaborative or the geographic lead agency.
    Adviser,
    /// It is said which goals, actions and services were reviewed.
    Reviewed,
    /// What is said of an activity belongs to it.
    PartOfActivity,
    /// What is done says on which day it was.
    DayDone,
    /// Nothing ends before it begins.
    FromBeforeUntil,
    /// Nothing of an engagement is before the support began.
    SupportBegan,
    /// What was done is not ahead of today.
    NotAhead,
    /// A need names a group, an indicator, a priority or itself in words.
    NeedNamed,
    /// What was done or changed is said in words.
    Words,
    /// A new step has a key, a title and a day on which it is due.
    NewStep,
    /// Support lasts at least the two years that the law asks for.
    TwoYears,
    /// Who asks for help is not identified for it.
    NotIdentified,
    /// A charter school asks its county office or its authorizer.
    CharterAsks,
    /// Whoever was asked accepts first.
    AskedAccepts,
    /// An LEA has one engagement at a time.
    OneEngagement,
    /// A step gives its reason.
    Reason,
    /// What was done once is not done again.
    NotYet,
    /// What has ended stays as it is.
    Open,
    /// A step is not taken before the one on which it follows.
    DaysInOrder,
}

impl Condition {
    /// Every condition.
    pub const ALL: [Condition; 43] = [
        Condition::Level3Test,
        Condition::CharterDecision,
        Condition::CountyOfficeProvides,
        Condition::GeographicLead,
        Condition::ExpertLeads,
        Condition::LeaConsulted,
        Condition::ProvidersConsulted,
        Condition::ProviderOfLea,
        Condition::Accepted,
        Condition::UnderWay,
        Condition::Recommended,
        Condition::NoCharter,
        Condition::Finding,
        Condition::OtherStrategies,
        Condition::BoardApproval,
        Condition::PowerApproved,
        Condition::InForce,
        Condition::NotBargained,
        Condition::InLevel2,
        Condition::InWriting,
        Condition::Programs,
        Condition::ExpertOrPartner,
        Condition::PartnerOfCounty,
        Condition::Documentation,
        Condition::Adviser,
        Condition::Reviewed,
        Condition::PartOfActivity,
        Condition::DayDone,
        Condition::FromBeforeUntil,
        Condition::SupportBegan,
        Condition::NotAhead,
        Condition::NeedNamed,
        Condition::Words,
        Condition::NewStep,
        Condition::TwoYears,
        Condition::NotIdentified,
        Condition::CharterAsks,
        Condition::AskedAccepts,
        Condition::OneEngagement,
        Condition::Reason,
        Condition::NotYet,
        Condition::Open,
        Condition::DaysInOrder,
    ];

    /// The code used in answers, such as `level3Test`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Condition::Level3Test => "level3Test",
            Condition::CharterDecision => "charterDecision",
            Condition::CountyOfficeProvides => "countyOfficeProvides",
            Condition::GeographicLead => "geographicLead",
            Condition::ExpertLeads => "expertLeads",
            Condition::LeaConsulted => "leaConsulted",
            Condition::ProvidersConsulted => "providersConsulted",
            Condition::ProviderOfLea => "providerOfLea",
            Condition::Accepted => "accepted",
            Condition::UnderWay => "underWay",
            Condition::Recommended => "recommended",
            Condition::NoCharter => "noCharter",
            Condition::Finding => "finding",
            Condition::OtherStrategies => "otherStrategies",
            Condition::BoardApproval => "boardApproval",
            Condition::PowerApproved => "powerApproved",
            Condition::InForce => "inForce",
            Condition::NotBargained => "notBargained",
            Condition::InLevel2 => "inLevel2",
            Condition::InWriting => "inWriting",
            Condition::Programs => "programs",
            Condition::ExpertOrPartner => "expertOrPartner",
            Condition::PartnerOfCounty => "partnerOfCounty",
            Condition::Documentation => "documentation",
            Condition::Adviser => "adviser",
            Condition::Reviewed => "reviewed",
            Condition::PartOfActivity => "partOfActivity",
            Condition::DayDone => "dayDone",
            Condition::FromBeforeUntil => "fromBeforeUntil",
            Condition::SupportBegan => "supportBegan",
            Condition::NotAhead => "notAhead",
            Condition::NeedNamed => "needNamed",
            Condition::Words => "words",
            Condition::NewStep => "newStep",
            Condition::TwoYears => "twoYears",
            Condition::NotIdentified => "notIdentified",
            Condition::CharterAsks => "charterAsks",
            Condition::AskedAccepts => "askedAccepts",
            Condition::OneEngagement => "oneEngagement",
            Condition::Reason => "reason",
            Condition::NotYet => "notYet",
            Condition::Open => "open",
            Condition::DaysInOrder => "daysInOrder",
        }
    }

    /// What is asked, as a sentence without its end.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Condition::Level3Test => {
                "the newest determination that was public on the day has to meet the test over \
                 several years that opens level 3"
            }
            Condition::CharterDecision => {
                "for a charter school the test opens nothing by itself; the county office with its \
                 geographic lead, or the State Superintendent, has to decide"
            }
            Condition::CountyOfficeProvides => {
                "the county office refers those to whom it provides help; to a county office the \
                 State Superintendent does"
            }
            Condition::GeographicLead => "the county office refers with its geographic lead agency",
            Condition::ExpertLeads => {
                "the same student group met the criteria in three years, so that it has to be said \
                 whether expert lead agencies were considered"
            }
            Condition::LeaConsulted => "the LEA has to be consulted first",
            Condition::ProvidersConsulted => {
                "those who provide technical assistance to the LEA have to be consulted first"
            }
            Condition::ProviderOfLea => "only who provides help to the LEA is consulted as such",
            Condition::Accepted => "the referral has to be accepted first",
            Condition::UnderWay => "assistance has to be under way",
            Condition::Recommended => "the Collaborative has to make recommendations first",
            Condition::NoCharter => {
                "the State Superintendent intervenes in school districts and county offices, and \
                 not in charter schools"
            }
            Condition::Finding => {
                "the Collaborative has to find that the LEA failed or was unable to carry out its \
                 recommendations, or that its performance is so persistent or acute as to need it"
            }
            Condition::OtherStrategies => {
                "all other strategies have to be used before; say which they were"
            }
            Condition::BoardApproval => "the State Board has to approve first",
            Condition::PowerApproved => "the State Board has to have approved of this power",
            Condition::InForce => "the intervention has to be in force",
            Condition::NotBargained => {
                "an action that a collective bargaining agreement requires is not stayed or \
                 rescinded, and of one that is it has to be said that none requires it"
            }
            Condition::InLevel2 => {
                "an engagement is for an LEA that is in level 2 or 3 by a public determination"
            }
            Condition::InWriting => {
                "strengths and weaknesses have to be in writing: name the document that has \
                 them"
            }
            Condition::Programs => {
                "strengths and weaknesses come with effective evidence-based programs that \
                 apply to the LEA's goals: name them"
            }
            Condition::ExpertOrPartner => "an expert, a team or a partner district has to be named",
            Condition::PartnerOfCounty => {
                "a partner is another school district of the LEA's county"
            }
            Condition::Documentation => {
                "that the LEA completed the work has to be documented: name the document"
            }
            Condition::Adviser => {
                "advice is that of the Collaborative or the geographic lead agency: say whose \
                 it is"
            }
            Condition::Reviewed => {
                "it has to be said which goals, actions and services of the plan were reviewed"
            }
            Condition::PartOfActivity => "what is said of an activity has to belong to it",
            Condition::DayDone => "what is done has to say on which day it was",
            Condition::FromBeforeUntil => "nothing ends before it begins",
            Condition::SupportBegan => "nothing of an engagement is before the support began",
            Condition::NotAhead => "what was done is not ahead of today",
            Condition::NeedNamed => {
                "a need names a student group, an indicator, a state priority, or itself in \
                 words"
            }
            Condition::Words => "what was done or changed has to be said in words",
            Condition::NewStep => {
                "a new step has a key of its own, a title and a day on which it is due"
            }
            Condition::TwoYears => {
                "support lasts at least two years, unless the LEA is no longer in it"
            }
            Condition::NotIdentified => {
                "a request is for an LEA that is not identified: the help of one that is comes \
                 by its assignment"
            }
            Condition::CharterAsks => "a charter school asks its county office or its authorizer",
            Condition::AskedAccepts => "whoever was asked has to accept first",
            Condition::OneEngagement => "an LEA has one engagement at a time",
            Condition::Reason => "a reason has to be given",
            Condition::NotYet => "this was done before, and is not done again",
            Condition::Open => "what has ended stays as it is",
            Condition::DaysInOrder => "a step is not taken before the one on which it follows",
        }
    }

    /// Where the law has it, as rules cite their sources; `None` for what follows from the
    /// order of things alone.
    #[must_use]
    pub fn citation(self, lea_type: LeaType) -> Option<&'static str> {
        let [level3, intervention] = match lea_type {
            LeaType::District => ["ec-52072", "ec-52072.1"],
            LeaType::CountyOffice => ["ec-52072.5", "ec-52072.6"],
            LeaType::Charter => ["ec-47607.3", "ec-52072.1"],
        };
        let [level2, activities, two_years] = match lea_type {
            LeaType::District => ["ec-52071", "ec-52071#c", "ec-52071#c-1"],
            LeaType::CountyOffice => ["ec-52071.5", "ec-52071.5#c", "ec-52071.5#b"],
            LeaType::Charter => ["ec-47607.3", "ec-47607.3", "ec-47607.3"],
        };
        Some(match self {
            Condition::Level3Test
            | Condition::LeaConsulted
            | Condition::ProvidersConsulted
            | Condition::ProviderOfLea
            | Condition::Accepted
            | Condition::UnderWay => level3,
            Condition::CharterDecision => "ec-47607.3#b",
            Condition::CountyOfficeProvides => "ec-52071.5#b",
            Condition::GeographicLead | Condition::OtherStrategies => "cde-system",
            Condition::ExpertLeads => "ec-52071#f",
            Condition::Recommended
            | Condition::NoCharter
            | Condition::Finding
            | Condition::BoardApproval
            | Condition::PowerApproved
            | Condition::InForce
            | Condition::NotBargained => intervention,
            Condition::InLevel2 | Condition::NotIdentified => level2,
            Condition::InWriting
            | Condition::Programs
            | Condition::ExpertOrPartner
            | Condition::PartnerOfCounty
            | Condition::Documentation
            | Condition::Adviser
            | Condition::Reviewed => activities,
            Condition::TwoYears => two_years,
            Condition::CharterAsks => "cde-system",
            Condition::PartOfActivity
            | Condition::DayDone
            | Condition::FromBeforeUntil
            | Condition::SupportBegan
            | Condition::NotAhead
            | Condition::NeedNamed
            | Condition::Words
            | Condition::NewStep
            | Condition::AskedAccepts
            | Condition::OneEngagement
            | Condition::Reason
            | Condition::NotYet
            | Condition::Open
            | Condition::DaysInOrder => return None,
        })
    }
}

/// Why a step is not taken: the condition that is missing, and where the law has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The condition.
    pub condition: Condition,
    /// Where the law has it.
    pub citation: Option<&'static str>,
    /// What there is in its place, where that is to be said.
    pub found: Option<String>,
}

impl Refusal {
    pub(super) fn new(condition: Condition, lea_type: LeaType) -> Refusal {
        Refusal { condition, citation: condition.citation(lea_type), found: None }
    }

    pub(super) fn found(self, found: impl Into<String>) -> Refusal {
        Refusal { found: Some(found.into()), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.condition.words())?;
        if let Some(citation) = self.citation {
            write!(f, " ({citation})")?;
        }
        match &self.found {
            Some(found) => write!(f, "; {found}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Refusal {}

/// A text that says something.
pub(super) fn says(text: &str) -> bool {
    !text.trim().is_empty()
}
