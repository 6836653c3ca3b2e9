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
