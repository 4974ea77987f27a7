//! CBOR to serde. Where nothing is lost, an integer reads as a float and a float as an integer: JavaScript
//! does not tell them apart.

use minicbor::data::Type;
use minicbor::decode::Error as Malformed;
use serde::de::value::SeqDeserializer;
use serde::de::{self, Deserialize, Deserializer, IntoDeserializer, Visitor};

use super::entries::{Entries, Named};
use super::fault::{Fault, Result};
use super::kinds::{BIG_INT, DATE_TIME, DECIMAL, PROTOBUF, UUID};
use crate::Error;
use crate::raw::value::{integer_text, validate};

pub(super) const UUID_TAG: u64 = 37;
const DATE_TIME_TAG: u64 = 0;
const POSITIVE_TAG: u64 = 2;
const NEGATIVE_TAG: u64 = 3;

/// Up to here, both ways, a float holds each integer.
const SAFE: i128 = 1 << 53;

/// The value of a whole payload. Unless reading it is a look at all of it, the library has one too, so that a type that
/// ignores some of it does not hide what is wrong there.
pub(super) fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, Error> {
    let mut decoder = Decoder::new(bytes);
    let value = T::deserialize(&mut decoder);
    if value.is_err() || !decoder.has_seen_all || decoder.input.position() < bytes.len() {
        validate(bytes)?;
    }
    value.map_err(Error::from)
}

/// The text that these bytes are, if they begin with one.
pub(super) fn text(bytes: &[u8]) -> Option<&str> {
    minicbor::Decoder::new(bytes).str().ok()
}

/// What these bytes begin with, for messages.
pub(super) fn describe(bytes: &[u8]) -> &'static str {
    Decoder::new(bytes).kind()
}

pub(super) struct Decoder<'de> {
    pub input: minicbor::Decoder<'de>,
    /// Lists and maps that are open.
    pub depth: usize,
    /// Nothing was passed that only the library checks: what a type ignores, and text of kinds under a tag.
    pub has_seen_all: bool,
}

impl From<Malformed> for Fault {
    fn from(error: Malformed) -> Fault {
        Fault::new(format!("not well-formed CBOR: {error}"))
    }
}

impl<'de> Decoder<'de> {
    fn new(bytes: &'de [u8]) -> Decoder<'de> {
        Decoder { input: minicbor::Decoder::new(bytes), depth: 0, has_seen_all: true }
    }

    fn kind(&self) -> &'static str {
        match self.input.datatype() {
            Ok(Type::Null) => "null",
            Ok(Type::Bool) => "a bool",
            Ok(Type::F16 | Type::F32 | Type::F64) => "a float",
            Ok(Type::String | Type::StringIndef) => "text",
            Ok(Type::Bytes | Type::BytesIndef) => "bytes",
            Ok(Type::Array | Type::ArrayIndef) => "a list",
            Ok(Type::Map | Type::MapIndef) => "a map",
            Ok(Type::Tag) => match self.tag() {
                DATE_TIME_TAG => "a date-time",
                POSITIVE_TAG | NEGATIVE_TAG => "an integer",
                UUID_TAG => "a UUID",
                _ => "a Decimal",
            },
            _ => "an integer",
        }
    }

    pub fn mismatch<T>(&self, wanted: &str) -> Result<T> {
        Err(Fault::new(format!("needs {wanted}, found {}", self.kind())))
    }

    /// The tag that comes next; `u64::MAX` when none does.
    fn tag(&self) -> u64 {
        self.input.clone().tag().map_or(u64::MAX, |tag| tag.as_u64())
    }

    fn is_integer(&self) -> bool {
        match self.input.datatype() {
            Ok(Type::Tag) => matches!(self.tag(), POSITIVE_TAG | NEGATIVE_TAG),
            Ok(kind) => matches!(
                kind,
                Type::U8
                    | Type::U16
                    | Type::U32
                    | Type::U64
                    | Type::I8
                    | Type::I16
                    | Type::I32
                    | Type::I64
                    | Type::Int
            ),
            Err(_) => false,
        }
    }

    /// An integer of any size as decimal text.
    fn integer_text(&mut self) -> Result<String> {
        self.has_seen_all = false;
        let start = self.input.position();
        self.input.skip()?;
        Ok(integer_text(&self.input.input()[start..self.input.position()])?)
    }

    /// An integer, or a float that is one. `Err` in the result = an integer that 128 bits do not hold, as
    /// text.
    fn whole(&mut self) -> Result<Result<i128, String>> {
        match self.input.datatype()? {
            Type::Tag if self.is_integer() => {
                let text = self.integer_text()?;
                Ok(text.parse().map_err(|_| text))
            }
            Type::F16 | Type::F32 | Type::F64 => {
                let value = self.input.f64()?;
                // -0.0 is the one float without a fraction whose sign an integer would lose.
                if value == 0.0 && value.is_sign_negative() {
                    return Err(Fault::range("-0.0 is not an integer"));
                }
                if value.fract() != 0.0 || value.abs() > SAFE as f64 || value.is_nan() {
                    return Err(Fault::range(format!("float {value} is not an integer up to 2^53")));
                }
                Ok(Ok(value as i128))
            }
            _ if self.is_integer() => Ok(Ok(self.input.int()?.into())),
            _ => self.mismatch("an integer"),
        }
    }

    fn narrow<T: TryFrom<i128>>(&mut self, range: &str) -> Result<T> {
        match self.whole()? {
            Ok(value) => T::try_from(value).map_err(|_| Fault::range(format!("{value} is not {range}"))),
            Err(text) => Err(Fault::range(format!("{text} is not {range}"))),
        }
    }

    fn float(&mut self) -> Result<f64> {
        match self.input.datatype()? {
            Type::F16 | Type::F32 | Type::F64 => Ok(self.input.f64()?),
            _ if self.is_integer() => match self.whole()? {
                Ok(value) if (-SAFE..=SAFE).contains(&value) => Ok(value as f64),
                Ok(value) => Err(Fault::range(format!("{value} is past 2^53, where a float loses digits"))),
                Err(_) => Err(Fault::range("an integer past 64 bits is no float")),
            },
            _ => self.mismatch("a float"),
        }
    }

    fn null(&mut self) -> Result<bool> {
        let null = self.input.datatype()? == Type::Null;
        if null {
            self.input.null()?;
        }
        Ok(null)
    }

    /// Passes the tag of a kind.
    fn enter(&mut self, tag: u64, wanted: &str) -> Result<()> {
        if self.input.datatype()? != Type::Tag || self.tag() != tag {
            return self.mismatch(wanted);
        }
        self.pass_tag()
    }

    fn pass_tag(&mut self) -> Result<()> {
        self.has_seen_all = false;
        self.input.tag()?;
        Ok(())
    }

    fn list(&mut self) -> Result<Entries<'_, 'de>> {
        let left = self.input.array()?;
        Entries::new(self, left)
    }

    fn map(&mut self) -> Result<Entries<'_, 'de>> {
        if !matches!(self.input.datatype()?, Type::Map | Type::MapIndef) {
            return self.mismatch("a map");
        }
        let left = self.input.map()?;
        Entries::new(self, left)
    }
}

macro_rules! integers {
    ($($method:ident, $visit:ident, $range:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(self.narrow($range)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Fault;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.input.datatype()? {
            Type::Null => self.deserialize_unit(visitor),
            Type::Bool => self.deserialize_bool(visitor),
            Type::F16 | Type::F32 | Type::F64 => visitor.visit_f64(self.input.f64()?),
            Type::String | Type::StringIndef => self.deserialize_str(visitor),
            Type::Bytes | Type::BytesIndef => self.deserialize_bytes(visitor),
            Type::Array | Type::ArrayIndef => self.deserialize_seq(visitor),
            Type::Map | Type::MapIndef => self.deserialize_map(visitor),
            _ if self.is_integer() => {
                let start = self.input.position();
                if let Ok(value) = self.whole()? {
                    if let Ok(value) = u64::try_from(value) {
                        return visitor.visit_u64(value);
                    }
                    if let Ok(value) = i64::try_from(value) {
                        return visitor.visit_i64(value);
                    }
                }
                self.input.set_position(start);
                visitor.visit_enum(Named { name: BIG_INT, decoder: self })
            }
            _ => {
                let name = match self.tag() {
                    DATE_TIME_TAG => DATE_TIME,
                    UUID_TAG => UUID,
                    _ => DECIMAL,
                };
                visitor.visit_enum(Named { name, decoder: self })
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.input.datatype()? {
            Type::Bool => visitor.visit_bool(self.input.bool()?),
            _ => self.mismatch("a bool"),
        }
    }

    integers! {
        deserialize_i8, visit_i8, "a signed 8-bit integer";
        deserialize_i16, visit_i16, "a signed 16-bit integer";
        deserialize_i32, visit_i32, "a signed 32-bit integer";
        deserialize_i64, visit_i64, "a signed 64-bit integer";
        deserialize_i128, visit_i128, "a signed 128-bit integer";
        deserialize_u8, visit_u8, "an unsigned 8-bit integer";
        deserialize_u16, visit_u16, "an unsigned 16-bit integer";
        deserialize_u32, visit_u32, "an unsigned 32-bit integer";
        deserialize_u64, visit_u64, "an unsigned 64-bit integer";
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let outside = |text: String| Fault::range(format!("{text} is not an unsigned 128-bit integer"));
        let value = match self.whole()? {
            Ok(value) => u128::try_from(value).map_err(|_| outside(value.to_string())),
            Err(text) => text.parse().map_err(|_| outside(text)),
        };
        visitor.visit_u128(value?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let value = self.float()?;
        let narrow = value as f32;
        if f64::from(narrow) != value && !value.is_nan() {
            return Err(Fault::range(format!("{value} loses digits as a 32-bit float; read it as f64")));
        }
        visitor.visit_f32(narrow)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.input.datatype()? {
            Type::String => visitor.visit_borrowed_str(self.input.str()?),
            Type::StringIndef => visitor.visit_string(self.input.str_iter()?.collect::<Result<_, _>>()?),
            _ => self.mismatch("text"),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.input.datatype()? {
            Type::Bytes => visitor.visit_borrowed_bytes(self.input.bytes()?),
            Type::BytesIndef => {
                let pieces: Vec<&[u8]> = self.input.bytes_iter()?.collect::<Result<_, _>>()?;
                visitor.visit_byte_buf(pieces.concat())
            }
            _ => self.mismatch("bytes"),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.null()? { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.null()? { visitor.visit_unit() } else { self.mismatch("null") }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        match name {
            DATE_TIME => self.enter(DATE_TIME_TAG, "a date-time")?,
            UUID => self.enter(UUID_TAG, "a UUID")?,
            DECIMAL if self.kind() == "a Decimal" => self.pass_tag()?,
            DECIMAL => return self.mismatch("a Decimal"),
            BIG_INT if self.is_integer() => {
                let text: de::value::StringDeserializer<Fault> = self.integer_text()?.into_deserializer();
                return visitor.visit_newtype_struct(text);
            }
            BIG_INT => return self.mismatch("an integer"),
            PROTOBUF => return Err(Fault::new("needs a Protobuf message, found application/cbor")),
            _ => {}
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.input.datatype()? {
            Type::Array | Type::ArrayIndef => self.list()?.read(|list| visitor.visit_seq(list)),
            // A field that is a plain `Vec<u8>` takes bytes too.
            Type::Bytes => visitor.visit_seq(SeqDeserializer::new(self.input.bytes()?.iter().copied())),
            _ => self.mismatch("a list"),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.map()?.with_any_keys().read(|map| visitor.visit_map(map))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.map()?.read(|fields| visitor.visit_map(fields))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.input.datatype()? {
            Type::String => {
                let unit: de::value::BorrowedStrDeserializer<'_, Fault> =
                    de::value::BorrowedStrDeserializer::new(self.input.str()?);
                visitor.visit_enum(unit)
            }
            Type::Map | Type::MapIndef => self.map()?.read(|map| visitor.visit_enum(map)),
            _ => self.mismatch("a variant: text, or a map of one entry"),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.has_seen_all = false;
        self.input.skip()?;
        visitor.visit_unit()
    }
}
