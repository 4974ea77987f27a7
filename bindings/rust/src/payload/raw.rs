//! Raw bytes and Protobuf messages to serde.

use serde::de::value::SeqDeserializer;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::ContentType;
use super::fault::{Fault, Result};
use super::kinds::{BIG_INT, DATE_TIME, DECIMAL, PROTOBUF, UUID};
use crate::Error;

/// Decodes a payload that is not a value but bytes.
pub(super) fn decode<T: for<'de> Deserialize<'de>>(
    bytes: &[u8],
    content_type: &ContentType,
) -> Result<T, Error> {
    T::deserialize(Raw { bytes, content_type }).map_err(Error::from)
}

/// Whether values of this type are raw bytes although serde would write a list.
pub(super) fn is_bytes<T: ?Sized>() -> bool {
    let id = typeid::of::<T>();
    [
        typeid::of::<[u8]>(),
        typeid::of::<&[u8]>(),
        typeid::of::<Vec<u8>>(),
        typeid::of::<&Vec<u8>>(),
        typeid::of::<Box<[u8]>>(),
    ]
    .contains(&id)
}

struct Raw<'a> {
    bytes: &'a [u8],
    content_type: &'a ContentType,
}

impl Raw<'_> {
    fn refuse<T>(&self, wanted: &str) -> Result<T> {
        let fitting = match self.content_type {
            ContentType::Protobuf => "Proto<T>, Vec<u8> or Payload",
            _ => "Vec<u8> or Payload",
        };
        Err(Fault::new(format!("needs {wanted}, found {}: take it as {fitting}", self.content_type)))
    }
}

macro_rules! refused {
    ($($method:ident($($argument:ident: $type:ty),*) => $wanted:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* _: V) -> Result<V::Value> {
            self.refuse($wanted)
        }
    )*};
}

impl<'de> Deserializer<'de> for Raw<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_bytes(self.bytes)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(SeqDeserializer::new(self.bytes.iter().copied()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match name {
            PROTOBUF if *self.content_type != ContentType::Protobuf => self.refuse("a Protobuf message"),
            DATE_TIME => self.refuse("a date-time"),
            DECIMAL => self.refuse("a Decimal"),
            BIG_INT => self.refuse("an integer"),
            UUID => self.refuse("a UUID"),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.bytes.is_empty() { visitor.visit_unit() } else { self.refuse("nothing") }
    }

    refused! {
        deserialize_bool() => "a bool";
        deserialize_i8() => "an integer";
        deserialize_i16() => "an integer";
        deserialize_i32() => "an integer";
        deserialize_i64() => "an integer";
        deserialize_i128() => "an integer";
        deserialize_u8() => "an integer";
        deserialize_u16() => "an integer";
        deserialize_u32() => "an integer";
        deserialize_u64() => "an integer";
        deserialize_u128() => "an integer";
        deserialize_f32() => "a float";
        deserialize_f64() => "a float";
        deserialize_char() => "text";
        deserialize_str() => "text";
        deserialize_string() => "text";
        deserialize_map() => "a map";
        deserialize_struct(_name: &'static str, _fields: &'static [&'static str]) => "a map";
        deserialize_enum(_name: &'static str, _variants: &'static [&'static str]) => "a variant";
        deserialize_unit_struct(_name: &'static str) => "null";
    }

    forward_to_deserialize_any! { bytes byte_buf tuple tuple_struct identifier ignored_any }
}
