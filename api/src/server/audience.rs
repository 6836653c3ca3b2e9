//! Who may see what of what is served: circles of callers who may see the same.

use crate::auth::agency::Agency;
use crate::auth::caller::Caller;
use crate::auth::scope::Scope;
use crate::problem::{Kind, Problem};

/// A circle of callers who may see the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Audience {
    /// What is public, of every LEA.
    Public,
    /// Everything.
    Full,
    /// More of an agency's own LEAs than of the others.
    Within {
        agency: Agency,
        /// Of its own LEAs also what is not public.
        preview: bool,
        /// Of the others what is public.
        others: bool,
    },
    /// Nothing at all.
    Nothing,
}

impl Audience {
    /// What a caller may see. Where public reads are closed, that takes the scope `read`.
    pub(crate) fn of(caller: &Caller, public_reads: bool) -> Result<Audience, Problem> {
        let Caller::Known(verified) = caller else {
            return if public_reads { Ok(Audience::Public) } else { Err(token_needed()) };
        };
        if !public_reads && !caller.has(Scope::Read) {
            return Err(scope_needed(Scope::Read));
        }
        let preview = caller.has(Scope::Preview);
        Ok(match &verified.agency {
            Some(Agency::State | Agency::Spi) if preview => Audience::Full,
            Some(Agency::State | Agency::Spi) => Audience::Public,
            Some(agency) if preview || !public_reads => {
                Audience::Within { agency: agency.clone(), preview, others: public_reads }
            }
            Some(_) | None if public_reads => Audience::Public,
            Some(_) | None => Audience::Nothing,
        })
    }
}

/// How a caller is asked for a token.
pub(super) const CHALLENGE: &str = "Bearer realm=\"calsos\"";

/// Says that a token is needed.
pub(crate) fn token_needed() -> Problem {
    Problem::new(
        Kind::TokenNeeded,
        "this asks for a token: send one as `Authorization: Bearer …`; POST /oauth/token gives it \
         to a client",
    )
    .challenging(CHALLENGE.to_owned())
}

/// Says that the caller's token lacks a scope.
pub(crate) fn scope_needed(scope: Scope) -> Problem {
    Problem::new(
        Kind::ScopeNeeded,
        format!(
            "the token does not allow this: it needs the scope '{scope}', which whoever runs this \
             service gives to a client"
        ),
    )
    .challenging(format!("{CHALLENGE}, error=\"insufficient_scope\", scope=\"{scope}\""))
}
