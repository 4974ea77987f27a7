//! serde to CBOR: shortest heads, known lengths, floats of 64 bits, text keys that occur once.

use std::convert::Infallible;

use minicbor::data::{Int, Tag};
use minicbor::encode::Error as Never;
use serde::ser::{self, Serialize, Serializer};

use super::decode;
use super::fault::{Fault, Result};
use super::kinds::{BIG_INT, DATE_TIME, DECIMAL, PROTOBUF, UUID};
use super::{ContentType, MAX_DEPTH};
use crate::Error;
use crate::raw::value::{TextKind, write_text};

/// The bytes of a value and what they are.
pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<(Vec<u8>, ContentType), Error> {
    let mut encoder = Encoder {
        out: minicbor::Encoder::new(Vec::with_capacity(256)),
        content_type: ContentType::Cbor,
        bytes_like: is_bytes::<T>(),
        raw: false,
        tagged: false,
        text: None,
        depth: 0,
    };
    value.serialize(&mut encoder)?;
    Ok((encoder.out.into_writer(), encoder.content_type))
}

/// Whether values of this type are raw bytes although serde would write a list.
fn is_bytes<T: ?Sized>() -> bool {
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

struct Encoder {
    out: minicbor::Encoder<Vec<u8>>,
    content_type: ContentType,
    bytes_like: bool,
    /// The elements of the open list are the payload's bytes.
    raw: bool,
    /// The tag that allows bytes at the top was written.
    tagged: bool,
    /// Text that comes next is written as this kind.
    text: Option<TextKind>,
    depth: usize,
}

impl Encoder {
    fn put(
        &mut self,
        write: impl FnOnce(
            &mut minicbor::Encoder<Vec<u8>>,
        ) -> Result<&mut minicbor::Encoder<Vec<u8>>, Never<Infallible>>,
    ) -> Result<()> {
        write(&mut self.out).map(drop).map_err(|error| Fault::new(error.to_string()))
    }

    /// Nothing is written and nothing open: what comes next is the whole payload.
    fn at_top(&self) -> bool {
        self.depth == 0 && !self.tagged
    }

    fn written(&self) -> &[u8] {
        self.out.writer()
    }

    fn open(&mut self, kind: Kind, len: Option<usize>) -> Result<Container<'_>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::new(format!("more than {MAX_DEPTH} lists and maps inside each other")));
        }
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

    fn head(&mut self, kind: Kind, len: usize) -> Result<()> {
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

#[derive(Clone, Copy)]
enum Kind {
    List,
    Map,
}

/// An open list or map.
struct Container<'e> {
    encoder: &'e mut Encoder,
    kind: Kind,
    /// Where its head is, or will be when the length is not known yet.
    start: usize,
    announced: Option<usize>,
    count: usize,
    /// Where the keys of a map are.
    keys: Vec<(usize, usize)>,
    /// It lies in the map of one entry that stands for a variant.
    variant: bool,
}

impl Container<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let index = self.count;
        self.count += 1;
        value.serialize(&mut *self.encoder).map_err(|fault| fault.at_index(index))
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        self.count += 1;
        self.encoder.put(|out| out.str(key))?;
        value.serialize(&mut *self.encoder).map_err(|fault| fault.under_key(key))
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        let start = self.encoder.written().len();
        self.count += 1;
        key.serialize(&mut *self.encoder)?;
        let written = &self.encoder.written()[start..];
        if decode::text(written).is_none() {
            return Err(Fault::new(format!("map key is {}; keys are text", decode::describe(written))));
        }
        self.keys.push((start, start + written.len()));
        Ok(())
    }

    fn key_at(&self, (start, end): (usize, usize)) -> &str {
        decode::text(&self.encoder.written()[start..end]).unwrap_or_default()
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.encoder).map_err(|fault| match self.keys.last() {
            Some(key) => fault.under_key(self.key_at(*key)),
            None => fault,
        })
    }

    fn close(mut self) -> Result<()> {
        self.refuse_duplicates()?;
        match self.announced {
            Some(len) if len != self.count => {
                let count = self.count;
                return Err(Fault::new(format!("{len} entries were announced and {count} came")));
            }
            Some(_) => {}
            None => {
                let body = self.encoder.out.writer_mut().split_off(self.start);
                self.encoder.head(self.kind, self.count)?;
                self.encoder.out.writer_mut().extend_from_slice(&body);
            }
        }
        self.encoder.depth -= 1 + usize::from(self.variant);
        Ok(())
    }

    fn refuse_duplicates(&mut self) -> Result<()> {
        if self.keys.len() < 2 {
            return Ok(());
        }
        let mut keys = std::mem::take(&mut self.keys);
        let written = self.encoder.written();
        keys.sort_unstable_by_key(|(start, end)| &written[*start..*end]);
        match keys.windows(2).find(|pair| written[pair[0].0..pair[0].1] == written[pair[1].0..pair[1].1]) {
            Some(pair) => Err(Fault::new(format!("key {:?} occurs twice", self.key_at(pair[0])))),
            None => Ok(()),
        }
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
        if self.at_top() {
            if self.content_type == ContentType::Cbor {
                self.content_type = ContentType::Bytes;
            }
            self.out.writer_mut().extend_from_slice(value);
            return Ok(());
        }
        self.tagged = false;
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
            UUID => {
                self.tagged = true;
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

macro_rules! containers {
    ($($trait:ident { $method:ident => $inner:ident($($argument:ident: $type:ty),*) })*) => {$(
        impl ser::$trait for Container<'_> {
            type Ok = ();
            type Error = Fault;

            fn $method<T: Serialize + ?Sized>(&mut self, $($argument: $type,)* value: &T) -> Result<()> {
                self.$inner($($argument,)* value)
            }

            fn end(self) -> Result<()> {
                self.close()
            }
        }
    )*};
}

containers! {
    SerializeSeq { serialize_element => element() }
    SerializeTuple { serialize_element => element() }
    SerializeTupleStruct { serialize_field => element() }
    SerializeTupleVariant { serialize_field => element() }
    SerializeStruct { serialize_field => field(key: &'static str) }
    SerializeStructVariant { serialize_field => field(key: &'static str) }
}

impl ser::SerializeMap for Container<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.value(value)
    }

    fn end(self) -> Result<()> {
        self.close()
    }
}
