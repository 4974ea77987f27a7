//! The type of a schema in serde: its number, and where people write it also its name.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

use super::SchemaType;

pub fn serialize<S: Serializer>(number: &i32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i32(*number)
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    deserializer.deserialize_any(Kind)
}

struct Kind;

impl Visitor<'_> for Kind {
    type Value = i32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a type such as \"STRING\", or its number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i32, E> {
        i32::try_from(number).map_err(|_| E::custom(format!("there is no type {number}")))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i32, E> {
        i32::try_from(number).map_err(|_| E::custom(format!("there is no type {number}")))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<i32, E> {
        let kind = SchemaType::from_str_name(name);
        kind.map(|kind| kind as i32).ok_or_else(|| {
            // As JSON Schema writes it.
            let is_foreign = SchemaType::from_str_name(&name.to_uppercase()).is_some();
            let hint = if is_foreign { "; JSON Schema is converted first (hms schema import)" } else { "" };
            E::custom(format!("there is no type {name:?}{hint}"))
        })
    }
}
