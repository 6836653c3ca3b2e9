//! Who asks.

use std::sync::Arc;

use super::claims::Verified;
use super::scope::Scope;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Nobody who says who it is.
    Anonymous,
    /// The bearer of a token that was verified.
    Known(Arc<Verified>),
}

impl Caller {
    pub(crate) fn has(&self, scope: Scope) -> bool {
        matches!(self, Caller::Known(verified) if verified.scopes.has(scope))
    }

    /// As the audit log and the log name it.
    pub(crate) fn name(&self) -> &str {
        match self {
            Caller::Anonymous => "anonymous",
            Caller::Known(verified) => &verified.client,
        }
    }
}
