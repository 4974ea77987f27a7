//! [`Value`]: any value.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::encoded::Encoded;
use super::kinds::{AsBytes, BIG_INT, BigInt, DATE_TIME, DECIMAL, DateTime, Decimal, UUID, Uuid};

/// Any value that languages exchange: for handlers that do not know what they get.
///
/// ```
/// use hmsffi::{Payload, Value};
///
/// let payload = Payload::encode(&[Some(1.5), None])?;
/// assert_eq!(payload.decode::<Value>()?, Value::List(vec![Value::Float(1.5), Value::Null]));
/// # Ok::<(), hmsffi::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Null.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer that fits.
    Int(i64),
    /// An integer past `i64::MAX` that fits.
    Uint(u64),
    /// Another integer.
    BigInt(BigInt),
    /// A float.
    Float(f64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A date-time.
    DateTime(DateTime),
    /// A UUID.
    Uuid(Uuid),
    /// A decimal number.
    Decimal(Decimal),
    /// A list.
    List(Vec<Value>),
    /// A map, in the order of its entries.
    Map(Vec<(String, Value)>),
    /// One that was encoded before. What was read is never this.
    Encoded(Encoded),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Int(value) => serializer.serialize_i64(*value),
            Value::Uint(value) => serializer.serialize_u64(*value),
            Value::BigInt(value) => value.serialize(serializer),
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Bytes(value) => AsBytes(value).serialize(serializer),
            Value::DateTime(value) => value.serialize(serializer),
            Value::Uuid(value) => value.serialize(serializer),
            Value::Decimal(value) => value.serialize(serializer),
            Value::List(values) => serializer.collect_seq(values),
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Value::Encoded(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, inside: D) -> Result<Value, D::Error> {
        Value::deserialize(inside)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Uint(value), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(Value::Bytes(value.to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Value::Map(entries))
    }

    /// The kinds that serde has no name for come as variants with their names.
    fn visit_enum<A: EnumAccess<'de>>(self, kind: A) -> Result<Value, A::Error> {
        let (name, inside) = kind.variant::<String>()?;
        match name.as_str() {
            BIG_INT => inside.newtype_variant().map(Value::BigInt),
            DATE_TIME => inside.newtype_variant().map(Value::DateTime),
            DECIMAL => inside.newtype_variant().map(Value::Decimal),
            UUID => inside.newtype_variant().map(Value::Uuid),
            other => Err(de::Error::unknown_variant(other, &[BIG_INT, DATE_TIME, DECIMAL, UUID])),
        }
    }
}
