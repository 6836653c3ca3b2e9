//! Enumerations that columns and interfaces have as words.

/// Makes an enumeration of words, as columns and interfaces have them.
macro_rules! words {
    ($(#[$text:meta])* $name:ident { $($(#[$of:meta])* $value:ident $code:literal,)+ }) => {
        $(#[$text])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$of])* $value,)+
        }

        impl $name {
            /// As columns and interfaces have it.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self {
                    $($name::$value => $code,)+
                }
            }

            /// The value of its word.
            #[must_use]
            pub fn parse(code: &str) -> Option<$name> {
                match code {
                    $($code => Some($name::$value),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    };
}

pub(crate) use words;
