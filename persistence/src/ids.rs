//! The names that the store gives: numbers that people can say, ids that never repeat.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Makes a type for the ids of one kind of thing, so that they cannot be mixed up.
macro_rules! id_type {
    ($(#[$text:meta])* $name:ident) => {
        $(#[$text])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, later in order than those made before.
            pub(crate) fn make() -> $name {
                $name(Uuid::now_v7())
            }

            /// The id of its text, with hyphens and in any letter case.
            #[must_use]
            pub fn parse(text: &str) -> Option<$name> {
                (text.len() == 36).then(|| Uuid::from_str(text).ok()).flatten().map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0.hyphenated())
            }
        }
    };
}

id_type! {
    /// A release's id (UUID version 7).
    ReleaseId
}
id_type! {
    /// An LEA's own id (UUID version 7), whatever its code.
    LeaId
}
id_type! {
    /// A run's id (UUID version 7).
    RunId
}
id_type! {
    /// A job's id (UUID version 7).
    JobId
}
id_type! {
    /// The id of a record of support (UUID version 7).
    SupportId
}
