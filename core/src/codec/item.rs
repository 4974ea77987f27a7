//! The value model: the kinds of value that languages exchange, and reading one item of them from CBOR.

use std::borrow::Cow;

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error as Malformed};

use super::{bigint, tagged};

/// What a value is. `docs/values.md` says what each kind is in each language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Kind {
    /// No value: the list, the map or the whole value has ended.
    End = 0,
    /// Null.
    Null = 1,
    /// True or false.
    Bool = 2,
    /// An integer that fits 64 bits, signed or unsigned.
    Int = 3,
    /// An integer that does not.
    BigInt = 4,
    /// A 64-bit float.
    Float = 5,
    /// UTF-8 text.
    Text = 6,
    /// Bytes.
    Bytes = 7,
    /// A date-time with its offset.
    DateTime = 8,
    /// A UUID.
    Uuid = 9,
    /// A decimal number that keeps its digits.
    Decimal = 10,
    /// A list.
    List = 11,
    /// A map with text keys.
    Map = 12,
}

impl Kind {
    /// The kind with its article, for messages.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Kind::End => "the end",
            Kind::Null => "null",
            Kind::Bool => "a bool",
            Kind::Int | Kind::BigInt => "an integer",
            Kind::Float => "a float",
            Kind::Text => "text",
            Kind::Bytes => "bytes",
            Kind::DateTime => "a date-time",
            Kind::Uuid => "a UUID",
            Kind::Decimal => "a Decimal",
            Kind::List => "a list",
            Kind::Map => "a map",
        }
    }
}

/// A scalar, or the beginning or end of a container.
#[derive(Debug)]
pub(crate) enum Item<'b> {
    Null,
    Bool(bool),
    Int(i64),
    /// Never what fits `Int`.
    Uint(u64),
    /// `n`, or `-1 - n` when negative; never what fits 64 bits.
    BigInt {
        negative: bool,
        n: Cow<'b, [u8]>,
    },
    Float(f64),
    Text(Cow<'b, str>),
    Bytes(Cow<'b, [u8]>),
    DateTime(Cow<'b, str>),
    Uuid([u8; 16]),
    Decimal(Cow<'b, str>),
    List(Option<u64>),
    Map(Option<u64>),
    Break,
}

impl Item<'_> {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Item::Null => Kind::Null,
            Item::Bool(_) => Kind::Bool,
            Item::Int(_) | Item::Uint(_) => Kind::Int,
            Item::BigInt { .. } => Kind::BigInt,
            Item::Float(_) => Kind::Float,
            Item::Text(_) => Kind::Text,
            Item::Bytes(_) => Kind::Bytes,
            Item::DateTime(_) => Kind::DateTime,
            Item::Uuid(_) => Kind::Uuid,
            Item::Decimal(_) => Kind::Decimal,
            Item::List(_) => Kind::List,
            Item::Map(_) => Kind::Map,
            Item::Break => Kind::End,
        }
    }
}

/// Reads one item. The message of a failure says what is wrong; where, the caller knows.
// Handing an item over through memory takes longer than reading it: inlining makes a whole walk a third faster.
#[inline(always)]
pub(crate) fn read<'b>(decoder: &mut Decoder<'b>) -> Result<Item<'b>, String> {
    let kind = decoder.datatype().map_err(malformed)?;
    match kind {
        Type::Null => decoder.null().map(|()| Item::Null).map_err(malformed),
        Type::Bool => decoder.bool().map(Item::Bool).map_err(malformed),
        Type::U8 | Type::U16 | Type::U32 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
            decoder.i64().map(Item::Int).map_err(malformed)
        }
        Type::U64 => {
            let value = decoder.u64().map_err(malformed)?;
            Ok(i64::try_from(value).map_or(Item::Uint(value), Item::Int))
        }
        Type::Int => {
            let below = -1 - i128::from(decoder.int().map_err(malformed)?);
            Ok(integer(true, Cow::Owned((below as u64).to_be_bytes().to_vec())))
        }
        Type::F16 | Type::F32 | Type::F64 => decoder.f64().map(Item::Float).map_err(malformed),
        Type::String | Type::StringIndef => text(decoder, kind).map(Item::Text),
        Type::Bytes | Type::BytesIndef => bytes(decoder, kind).map(Item::Bytes),
        Type::Array | Type::ArrayIndef => decoder.array().map(Item::List).map_err(malformed),
        Type::Map | Type::MapIndef => decoder.map().map(Item::Map).map_err(malformed),
        Type::Tag => {
            let number = decoder.tag().map_err(malformed)?.as_u64();
            under_tag(decoder, number)
        }
        Type::Break => {
            decoder.set_position(decoder.position() + 1);
            Ok(Item::Break)
        }
        Type::Undefined => Err("undefined is not carried; use null".to_owned()),
        Type::Simple => {
            let number = decoder.simple().map_err(malformed)?;
            Err(format!("simple value {number} is not carried"))
        }
        Type::Unknown(byte) => Err(format!("not well-formed CBOR: no item begins with byte 0x{byte:02x}")),
    }
}

/// Reads the key of a map entry.
#[inline(always)]
pub(crate) fn read_key<'b>(decoder: &mut Decoder<'b>) -> Result<Cow<'b, str>, String> {
    match decoder.datatype().map_err(malformed)? {
        kind @ (Type::String | Type::StringIndef) => {
            text(decoder, kind).map_err(|why| format!("map key: {why}"))
        }
        _ => Err(match read(decoder) {
            Ok(item) => format!("map key is {}; keys are text", item.kind().describe()),
            Err(why) => format!("map key: {why}"),
        }),
    }
}

/// The kind of the item that comes next, without reading more of it than that takes.
pub(super) fn peek(decoder: &Decoder<'_>) -> Result<Kind, String> {
    Ok(match decoder.datatype().map_err(malformed)? {
        Type::String | Type::StringIndef => Kind::Text,
        Type::Bytes | Type::BytesIndef => Kind::Bytes,
        _ => read(&mut decoder.clone())?.kind(),
    })
}

/// The integer `n`, or `-1 - n` when negative, in the smallest kind that holds it.
pub(super) fn integer(negative: bool, n: Cow<'_, [u8]>) -> Item<'_> {
    let zeros = n.iter().take_while(|byte| **byte == 0).count();
    let n = match n {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[zeros..]),
        Cow::Owned(bytes) if zeros == 0 => Cow::Owned(bytes),
        Cow::Owned(bytes) => Cow::Owned(bytes[zeros..].to_vec()),
    };
    if n.len() <= 8 {
        let magnitude = n.iter().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        match i64::try_from(magnitude) {
            Ok(value) => return Item::Int(if negative { -1 - value } else { value }),
            Err(_) if !negative => return Item::Uint(magnitude),
            Err(_) => {}
        }
    }
    Item::BigInt { negative, n }
}

/// What minicbor found wrong, in this library's words.
pub(super) fn malformed(error: Malformed) -> String {
    if error.is_end_of_input() {
        "the bytes end inside the value".to_owned()
    } else {
        format!("not well-formed CBOR: {error}")
    }
}

fn under_tag<'b>(decoder: &mut Decoder<'b>, number: u64) -> Result<Item<'b>, String> {
    let kind = decoder.datatype().map_err(malformed)?;
    let needs = |what: &str, wanted: &str, fits: bool| {
        if fits { Ok(()) } else { Err(format!("{what} must be {wanted} under its tag")) }
    };
    let is_text = matches!(kind, Type::String | Type::StringIndef);
    let is_bytes = matches!(kind, Type::Bytes | Type::BytesIndef);
    match number {
        tagged::DATE_TIME => {
            needs("a date-time", "text", is_text)?;
            let content = text(decoder, kind)?;
            tagged::check_date_time(&content)?;
            Ok(Item::DateTime(content))
        }
        tagged::POSITIVE | tagged::NEGATIVE => {
            needs("an integer", "bytes", is_bytes)?;
            let content = bytes(decoder, kind)?;
            if content.len() > bigint::MAX_BYTES {
                return Err(bigint::too_long(content.len()));
            }
            Ok(integer(number == tagged::NEGATIVE, content))
        }
        tagged::UUID => {
            needs("a UUID", "bytes", is_bytes)?;
            let content = bytes(decoder, kind)?;
            let uuid = <[u8; 16]>::try_from(content.as_ref())
                .map_err(|_| format!("UUID of {} bytes; 16 are needed", content.len()))?;
            Ok(Item::Uuid(uuid))
        }
        tagged::DECIMAL_TAG => {
            needs("a Decimal", "text", is_text)?;
            let content = text(decoder, kind)?;
            tagged::check_decimal(&content)?;
            Ok(Item::Decimal(content))
        }
        other => Err(format!(
            "tag {other} is not carried; known are 0 (date-time), 2 and 3 (integers), 37 (UUID) and {} \
             (Decimal)",
            tagged::DECIMAL_TAG
        )),
    }
}

fn text<'b>(decoder: &mut Decoder<'b>, kind: Type) -> Result<Cow<'b, str>, String> {
    let read = if kind == Type::String {
        decoder.str().map(Cow::Borrowed)
    } else {
        decoder.str_iter().and_then(|pieces| pieces.collect::<Result<String, _>>()).map(Cow::Owned)
    };
    read.map_err(|error| {
        if error.is_end_of_input() || error.is_type_mismatch() {
            malformed(error)
        } else {
            "text is not UTF-8".to_owned()
        }
    })
}

fn bytes<'b>(decoder: &mut Decoder<'b>, kind: Type) -> Result<Cow<'b, [u8]>, String> {
    if kind == Type::Bytes {
        return decoder.bytes().map(Cow::Borrowed).map_err(malformed);
    }
    let mut whole = Vec::new();
    for piece in decoder.bytes_iter().map_err(malformed)? {
        whole.extend_from_slice(piece.map_err(malformed)?);
    }
    Ok(Cow::Owned(whole))
}
