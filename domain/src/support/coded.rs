//! Values in records that are written by the codes that answers have for them: `ELA`, `27`.

use serde::{Deserialize, Deserializer, Serializer};

use super::service_provider::ServiceProvider;
use crate::cds::{CdsCode, CountyCode};
use crate::indicator::Indicator;
use crate::priority::Priority;
use crate::student_group::StudentGroup;

/// What has a code by which it is read back.
pub(super) trait Coded: Sized {
    fn coded(&self) -> String;
    fn read(code: &str) -> Option<Self>;
}

macro_rules! coded {
    ($($of:ty, $write:expr, $read:expr;)+) => {
        $(
            impl Coded for $of {
                fn coded(&self) -> String {
                    let write: fn(&$of) -> String = $write;
                    write(self)
                }

                fn read(code: &str) -> Option<$of> {
                    let read: fn(&str) -> Option<$of> = $read;
                    read(code)
                }
            }
        )+
    };
}

coded! {
    CdsCode, ToString::to_string, |code| CdsCode::parse(code).ok();
    CountyCode, ToString::to_string, CountyCode::parse;
    StudentGroup, |group| group.code().to_owned(), StudentGroup::parse;
    Indicator, |indicator| indicator.code().to_owned(), Indicator::parse;
    Priority, |priority| priority.number().to_string(),
        |code| Priority::new(code.parse().ok()?);
    ServiceProvider, ToString::to_string, ServiceProvider::parse;
}

/// Values that may be left out.
pub(super) mod maybe {
    use super::{Coded, Deserialize as _, Deserializer, Serializer};

    pub(in super::super) fn serialize<T: Coded, S: Serializer>(
        of: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match of {
            Some(of) => serializer.serialize_str(&of.coded()),
            None => serializer.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, T: Coded, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let Some(text) = text else { return Ok(None) };
        let no_code = || serde::de::Error::custom(format!("'{text}' is no code of it"));
        T::read(&text).map(Some).ok_or_else(no_code)
    }
}

/// Several of them.
pub(super) mod all {
    use super::{Coded, Deserialize as _, Deserializer, Serializer};

    pub(in super::super) fn serialize<T: Coded, S: Serializer>(
        of: &[T],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(of.iter().map(Coded::coded))
    }

    pub(in super::super) fn deserialize<'de, T: Coded, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<T>, D::Error> {
        let codes = Vec::<String>::deserialize(deserializer)?;
        let read = |code: &String| {
            let no_code = || serde::de::Error::custom(format!("'{code}' is no code of it"));
            T::read(code).ok_or_else(no_code)
        };
        codes.iter().map(read).collect()
    }
}
