//! Who takes which step of a referral or an intervention: the one table of it.

use std::fmt;

/// In which part somebody takes a step.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Actor {
    /// The Department of Education, which also records what the State Board does.
    State,
    /// The State Superintendent of Public Instruction.
    Spi,
    /// The California Collaborative for Educational Excellence.
    Ccee,
    /// A county office of education, for the LEAs of its county.
    CountyOffice,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Actor::State => "the Department of Education",
            Actor::Spi => "the State Superintendent",
            Actor::Ccee => "the Collaborative",
            Actor::CountyOffice => "the county office of education",
        })
    }
}

/// What is done to a referral or an intervention.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Act {
    /// Opening a referral by the test over several years.
    OpenByTest,
    /// Opening one by the county office with its geographic lead.
    OpenByCountyOffice,
    /// Opening one by decision of the State Superintendent.
    OpenBySpi,
    /// Opening one by an emergency apportionment.
    OpenByApportionment,
    /// Saying that the LEA or one of its providers was consulted.
    Consult,
    /// Accepting or declining a referral.
    Decide,
    /// Beginning direct technical assistance.
    Assist,
    /// Making recommendations to the LEA.
    Recommend,
    /// Finding that a state intervention is called for.
    Find,
    /// Closing a referral.
    Close,
    /// Proposing a state intervention.
    Propose,
    /// Recording what the State Board decided of it.
    RecordBoard,
    /// Beginning an intervention, using its powers, and ending it.
    Intervene,
}

impl Act {
    /// Every act.
    pub const ALL: [Act; 13] = [
        Act::OpenByTest,
        Act::OpenByCountyOffice,
        Act::OpenBySpi,
        Act::OpenByApportionment,
        Act::Consult,
        Act::Decide,
        Act::Assist,
        Act::Recommend,
        Act::Find,
        Act::Close,
        Act::Propose,
        Act::RecordBoard,
        Act::Intervene,
    ];

    /// By whom it is done.
    #[must_use]
    pub fn by(self) -> &'static [Actor] {
        match self {
            // What the test says is public: whoever has a part in what follows may open it.
            Act::OpenByTest => &[Actor::State, Actor::Spi, Actor::Ccee, Actor::CountyOffice],
            Act::OpenByCountyOffice => &[Actor::CountyOffice],
            Act::OpenByApportionment => &[Actor::State, Actor::Spi],
            Act::OpenBySpi | Act::Propose | Act::Intervene => &[Actor::Spi],
            Act::Consult | Act::Decide | Act::Assist | Act::Recommend | Act::Find | Act::Close => {
                &[Actor::Ccee]
            }
            Act::RecordBoard => &[Actor::State],
        }
    }
}
