//! serde to CBOR: shortest heads, known lengths, floats of 64 bits.

use std::convert::Infallible;

use minicbor::data::{Int, Tag};
use minicbor::encode::Error as Never;
use serde::ser::{Serialize, Serializer};

use super::containers::{Container, Kind};
use super::decode;
use super::fault::{Fault, Result};
use super::kinds::{BIG_INT, DATE_TIME, DECIMAL, ENCODED, PROTOBUF, UUID};
use super::{ContentType, MAX_DEPTH, encoded, raw};
use crate::Error;
use crate::raw::value::{TextKind, write_text};

/// The bytes of a value and what they are.
pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<(Vec<u8>, ContentType), Error> {
    let mut encoder = Encoder::new();
    encoder.bytes_like = raw::is_bytes::<T>();
    value.serialize(&mut encoder)?;
    Ok((encoder.out.into_writer(), encoder.content_type))
}

/// The CBOR of a value that becomes a part of others, and how many lists and maps are open inside each other in it.
pub(super) fn encode_part<T: Serialize + ?Sized>(value: &T) -> Result<(Vec<u8>, usize), Error> {
    let mut encoder = Encoder { part: true, ..Encoder::new() };
    value.serialize(&mut encoder)?;
    Ok((encoder.out.into_writer(), encoder.deepest))
}

pub(super) struct Encoder {
    pub out: minicbor::Encoder<Vec<u8>>,
    content_type: ContentType,
    bytes_like: bool,
    /// The elements of the open list are the payload's bytes.
    raw: bool,
    /// What comes next is no whole payload although nothing is open: it is under a tag, or made to be a part.
    part: bool,
    /// Text that comes next is written as this kind.
    text: Option<TextKind>,
    /// Bytes that come next are those of an [`Encoded`](super::encoded::Encoded).
    encoded: bool,
    pub depth: usize,
    /// The most lists and maps that were open inside each other.
    deepest: usize,
}

impl Encoder {
    fn new() -> Encoder {
        Encoder {
            out: minicbor::Encoder::new(Vec::with_capacity(256)),
            content_type: ContentType::Cbor,
            bytes_like: false,
            raw: false,
            part: false,
            text: None,
            encoded: false,
            depth: 0,
            deepest: 0,
        }
    }

    pub fn put(
        &mut self,
        write: impl FnOnce(
            &mut minicbor::Encoder<Vec<u8>>,
        ) -> Result<&mut minicbor::Encoder<Vec<u8>>, Never<Infallible>>,
    ) -> Result<()> {
        write(&mut self.out).map(drop).map_err(|error| Fault::new(error.to_string()))
    }

    /// Nothing is written and nothing open: what comes next is the whole payload.
    fn at_top(&self) -> bool {
        self.depth == 0 && !self.part
    }

    pub fn written(&self) -> &[u8] {
        self.out.writer()
    }

    fn reach(&mut self, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(Fault::new(format!("more than {MAX_DEPTH} lists and maps inside each other")));
        }
        self.deepest = self.deepest.max(depth);
        Ok(())
    }

    fn open(&mut self, kind: Kind, len: Option<usize>) -> Result<Container<'_>> {
        self.depth += 1;
        self.reach(self.depth)?;
        let start = self.written().len();
        if let Some(len) = len {
            self.head(kind, len)?;
        }
        Ok(Container {
            encoder: self,
            kind,
            start,
            announced: len,
            count: 0,
            keys: Vec::new(),
            variant: false,
        })
    }

    pub fn head(&mut self, kind: Kind, len: usize) -> Result<()> {
        self.put(|out| match kind {
            Kind::List => out.array(len as u64),
            Kind::Map => out.map(len as u64),
        })
    }

    /// Opens the map of one entry that stands for a variant, up to its value.
    fn variant(&mut self, variant: &str) -> Result<()> {
        self.open(Kind::Map, Some(1))?;
        self.put(|out| out.str(variant))
    }
}

impl<'e> Serializer for &'e mut Encoder {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = Container<'e>;
    type SerializeTuple = Container<'e>;
    type SerializeTupleStruct = Container<'e>;
    type SerializeTupleVariant = Container<'e>;
    type SerializeMap = Container<'e>;
    type SerializeStruct = Container<'e>;
    type SerializeStructVariant = Container<'e>;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result<()> {
        self.put(|out| out.bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<()> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<()> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<()> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<()> {
        self.put(|out| out.i64(value))
    }

    fn serialize_i128(self, value: i128) -> Result<()> {
        match Int::try_from(value) {
            Ok(value) => self.put(|out| out.int(value)),
            Err(_) => Ok(write_text(TextKind::Integer, &value.to_string(), self.out.writer_mut())?),
        }
    }

    fn serialize_u8(self, value: u8) -> Result<()> {
        if self.raw {
            self.out.writer_mut().push(value);
            return Ok(());
        }
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<()> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<()> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<()> {
        self.put(|out| out.u64(value))
    }

    fn serialize_u128(self, value: u128) -> Result<()> {
        match u64::try_from(value) {
            Ok(value) => self.serialize_u64(value),
            Err(_) => Ok(write_text(TextKind::Integer, &value.to_string(), self.out.writer_mut())?),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<()> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<()> {
        self.put(|out| out.f64(if value.is_nan() { f64::NAN } else { value }))
    }

    fn serialize_char(self, value: char) -> Result<()> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<()> {
        match self.text.take() {
            Some(kind) => Ok(write_text(kind, value, self.out.writer_mut())?),
            None => self.put(|out| out.str(value)),
        }
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        if std::mem::take(&mut self.encoded) {
            let (depth, cbor) = encoded::parts(value);
            self.reach(self.depth + depth)?;
            self.out.writer_mut().extend_from_slice(cbor);
            return Ok(());
        }
        if self.at_top() {
            if self.content_type == ContentType::Cbor {
                self.content_type = ContentType::Bytes;
            }
            self.out.writer_mut().extend_from_slice(value);
            return Ok(());
        }
        self.part = false;
        self.put(|out| out.bytes(value))
    }

    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        self.put(|out| out.null())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<()> {
        match name {
            DATE_TIME => self.text = Some(TextKind::DateTime),
            DECIMAL => self.text = Some(TextKind::Decimal),
            BIG_INT => self.text = Some(TextKind::Integer),
            ENCODED => self.encoded = true,
            UUID => {
                self.part = true;
                self.put(|out| out.tag(Tag::new(decode::UUID_TAG)))?;
            }
            PROTOBUF if self.at_top() => self.content_type = ContentType::Protobuf,
            PROTOBUF => {
                return Err(Fault::new("a Protobuf message is a payload of its own, not part of a value"));
            }
            _ => {}
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.variant(variant)?;
        value.serialize(&mut *self).map_err(|fault| fault.under_key(variant))?;
        self.depth -= 1;
        Ok(())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Container<'e>> {
        if self.bytes_like && self.at_top() {
            self.raw = true;
            self.content_type = ContentType::Bytes;
            self.depth += 1;
            // Without a head: the bytes are all there is.
            let count = len.unwrap_or_default();
            return Ok(Container {
                encoder: self,
                kind: Kind::List,
                start: 0,
                announced: Some(count),
                count: 0,
                keys: Vec::new(),
                variant: false,
            });
        }
        self.open(Kind::List, len)
    }

    fn serialize_tuple(self, len: usize) -> Result<Container<'e>> {
        self.open(Kind::List, Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Container<'e>> {
        self.open(Kind::List, Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Container<'e>> {
        self.variant(variant)?;
        Ok(Container { variant: true, ..self.open(Kind::List, Some(len))? })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Container<'e>> {
        self.open(Kind::Map, len)
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Container<'e>> {
        self.open(Kind::Map, Some(len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Container<'e>> {
        self.variant(variant)?;
        Ok(Container { variant: true, ..self.open(Kind::Map, Some(len))? })
    }
}
