//! What a caller may do, as the claim `scope` of a token says it.

use std::fmt;

/// One thing that a caller may do, within the reach of its agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Scope {
    /// Read what is public, where that asks for a token.
    Read,
    /// Read results before they are public.
    Preview,
    /// Send files to be taken in, and have everything decided anew.
    Import,
    /// Say from when a release is public.
    Publish,
    /// Keep the record of support.
    Support,
    /// Read the audit log.
    Admin,
}

impl Scope {
    pub(crate) const ALL: [Scope; 6] =
        [Scope::Read, Scope::Preview, Scope::Import, Scope::Publish, Scope::Support, Scope::Admin];

    /// As tokens have it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Preview => "preview",
            Scope::Import => "import",
            Scope::Publish => "publish",
            Scope::Support => "support",
            Scope::Admin => "admin",
        }
    }

    /// What it allows, for the OpenAPI document.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Scope::Read => "Read what is public, where that asks for a token.",
            Scope::Preview => "Read results of one's own LEAs before they are public.",
            Scope::Import => "Send files to be taken in, and have everything decided anew.",
            Scope::Publish => "Say from when a file's results are public.",
            Scope::Support => "Keep the record of support of one's own LEAs.",
            Scope::Admin => "Read the audit log.",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.code() == text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scopes(u8);

impl Scopes {
    /// Reads the words of a claim. Words that are no scope of this service are other
    /// services' matter and left out.
    pub(crate) fn of_claim(claim: &str) -> Scopes {
        claim.split_ascii_whitespace().filter_map(Scope::parse).collect()
    }

    pub(crate) fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<T: IntoIterator<Item = Scope>>(scopes: T) -> Scopes {
        Scopes(scopes.into_iter().fold(0, |set, scope| set | (1 << scope as u8)))
    }
}

/// As a claim has it: the scopes' words with a blank between.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::code).collect();
        f.write_str(&words.join(" "))
    }
}
