//! Days in records, written as they are said: `2099-12-15`.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use crate::year::Day;

pub(super) fn serialize<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
    let text = String::deserialize(deserializer)?;
    Day::parse(&text).ok_or_else(|| D::Error::custom(format!("'{text}' is no day")))
}

/// Days that may be left out.
pub(super) mod maybe {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::year::Day;

    pub(in super::super) fn serialize<S: Serializer>(
        day: &Option<Day>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => super::serialize(day, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Day>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let Some(text) = text else { return Ok(None) };
        match Day::parse(&text) {
            Some(day) => Ok(Some(day)),
            None => Err(serde::de::Error::custom(format!("'{text}' is no day"))),
        }
    }
}
