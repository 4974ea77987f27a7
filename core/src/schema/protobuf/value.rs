//! Values without parts, from records and to them.

use std::borrow::Cow;

use prost::encoding::{WireType, encode_key, encode_varint};

use super::{Kind, Raw, time};
use crate::schema::node::Node;
use crate::schema::number::Number;
use crate::schema::validate::Scalar;

/// A value without parts.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::schema) enum Value<'b> {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Cow<'b, str>),
    Bytes(Cow<'b, [u8]>),
    /// A number of an enum.
    Enum(i32),
    DateTime(String),
    Duration(String),
    Uuid([u8; 16]),
}

/// Why a record holds no value of its type.
pub(in crate::schema) enum Unreadable {
    /// The bytes are damaged.
    Malformed(String),
    /// It is a value of another type, or none that can be told.
    Other(&'static str, String),
}

impl<'b> Value<'b> {
    fn read(kind: Kind, raw: Raw<'b>) -> Result<Value<'b>, Unreadable> {
        use Kind::*;
        let zigzag = |n: u64| (n >> 1) as i64 ^ -((n & 1) as i64);
        Ok(match (kind, raw) {
            // What is written too long is cut, as all readers do.
            (Int32, Raw::Varint(n)) => Value::Int(i128::from(n as i32)),
            (Int64, Raw::Varint(n)) => Value::Int(i128::from(n as i64)),
            (Uint32, Raw::Varint(n)) => Value::Int(i128::from(n as u32)),
            (Uint64, Raw::Varint(n)) | (Fixed64, Raw::Fixed64(n)) => Value::Int(n.into()),
            (Sint32, Raw::Varint(n)) => Value::Int(i128::from(zigzag(u64::from(n as u32)) as i32)),
            (Sint64, Raw::Varint(n)) => Value::Int(zigzag(n).into()),
            (Fixed32, Raw::Fixed32(n)) => Value::Int(n.into()),
            (Sfixed32, Raw::Fixed32(n)) => Value::Int(i128::from(n as i32)),
            (Sfixed64, Raw::Fixed64(n)) => Value::Int(i128::from(n as i64)),
            (Float, Raw::Fixed32(n)) => Value::Float(f32::from_bits(n).into()),
            (Double, Raw::Fixed64(n)) => Value::Float(f64::from_bits(n)),
            (Bool, Raw::Varint(n)) => Value::Bool(n != 0),
            (Enum, Raw::Varint(n)) => Value::Enum(n as i32),
            (String, Raw::Bytes(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => Value::Text(text.into()),
                Err(_) => return Err(Unreadable::Malformed("text is not UTF-8".to_owned())),
            },
            (Bytes, Raw::Bytes(bytes)) => Value::Bytes(bytes.into()),
            (Uuid, Raw::Bytes(bytes)) => match <[u8; 16]>::try_from(bytes) {
                Ok(uuid) => Value::Uuid(uuid),
                Err(_) => {
                    let what = format!("a UUID of {} bytes; 16 are needed", bytes.len());
                    return Err(Unreadable::Other("format", what));
                }
            },
            (Timestamp, Raw::Bytes(bytes)) => Value::DateTime(told(time::date_time(bytes))?),
            (Duration, Raw::Bytes(bytes)) => Value::Duration(told(time::duration_text(bytes))?),
            _ => return Err(Unreadable::of_wire(kind, raw)),
        })
    }

    /// The value of a record that is no message, for this node.
    pub fn of_node(node: &Node, raw: Raw<'b>) -> Result<Value<'b>, Unreadable> {
        // A node without type is no field.
        Value::read(node.protobuf.unwrap_or(Kind::Message), raw)
    }

    /// The value that is not written where a field has no presence.
    pub fn zero(kind: Kind) -> Option<Value<'static>> {
        use Kind::*;
        match kind {
            Double | Float => Some(Value::Float(0.0)),
            Bool => Some(Value::Bool(false)),
            String => Some(Value::Text("".into())),
            Bytes => Some(Value::Bytes((&[]).into())),
            Enum => Some(Value::Enum(0)),
            Message | Timestamp | Duration | Uuid => None,
            _ => Some(Value::Int(0)),
        }
    }

    /// Whether it is that value.
    pub fn is_zero(&self, kind: Kind) -> bool {
        match self {
            // -0.0 is written.
            Value::Float(value) => value.to_bits() == 0,
            _ => Value::zero(kind).as_ref() == Some(self),
        }
    }

    /// The value for a validator; `names` are those of its enum's numbers.
    pub fn scalar<'v>(&'v self, name: impl FnOnce(i32) -> Option<&'v str>) -> Scalar<'v> {
        match self {
            Value::Bool(value) => Scalar::Bool(*value),
            Value::Int(value) => Scalar::Number(Number::Int(*value)),
            Value::Float(value) => Scalar::Number(Number::Float(*value)),
            Value::Text(text) => Scalar::Text(text),
            Value::Bytes(bytes) => Scalar::Bytes(bytes),
            Value::Enum(number) => {
                name(*number).map_or(Scalar::Number(Number::Int((*number).into())), Scalar::Text)
            }
            Value::DateTime(text) => Scalar::DateTime(text),
            Value::Duration(text) => Scalar::Text(text),
            Value::Uuid(_) => Scalar::Uuid,
        }
    }

    /// Writes it without number, as in a packed list. It is of this type; else, it cannot be one: why.
    pub fn write(&self, kind: Kind, out: &mut Vec<u8>) -> Result<(), std::string::String> {
        use Kind::*;
        let lost = || format!("does not fit {}", kind.name());
        match (kind, self) {
            (Bool, Value::Bool(value)) => encode_varint((*value).into(), out),
            (Int32 | Sfixed32 | Sint32, Value::Int(value)) => {
                let value = i32::try_from(*value).map_err(|_| lost())?;
                match kind {
                    Int32 => encode_varint(i64::from(value) as u64, out),
                    Sint32 => encode_varint(((value << 1 ^ value >> 31) as u32).into(), out),
                    _ => out.extend(value.to_le_bytes()),
                }
            }
            (Int64 | Sfixed64 | Sint64, Value::Int(value)) => {
                let value = i64::try_from(*value).map_err(|_| lost())?;
                match kind {
                    Int64 => encode_varint(value as u64, out),
                    Sint64 => encode_varint((value << 1 ^ value >> 63) as u64, out),
                    _ => out.extend(value.to_le_bytes()),
                }
            }
            (Uint32 | Fixed32, Value::Int(value)) => {
                let value = u32::try_from(*value).map_err(|_| lost())?;
                if kind == Uint32 {
                    encode_varint(value.into(), out)
                } else {
                    out.extend(value.to_le_bytes())
                }
            }
            (Uint64 | Fixed64, Value::Int(value)) => {
                let value = u64::try_from(*value).map_err(|_| lost())?;
                if kind == Uint64 { encode_varint(value, out) } else { out.extend(value.to_le_bytes()) }
            }
            (Float, Value::Float(value)) => {
                let single = *value as f32;
                if value.is_finite() && !single.is_finite() {
                    return Err(lost());
                }
                out.extend(single.to_le_bytes());
            }
            (Double, Value::Float(value)) => out.extend(value.to_le_bytes()),
            (Enum, Value::Enum(value)) => encode_varint(i64::from(*value) as u64, out),
            (String, Value::Text(text)) => write_bytes(text.as_bytes(), out),
            (Bytes, Value::Bytes(bytes)) => write_bytes(bytes, out),
            (Uuid, Value::Uuid(uuid)) => write_bytes(uuid, out),
            (Timestamp, Value::DateTime(text)) => write_bytes(&time::timestamp(text)?, out),
            (Duration, Value::Duration(text)) => write_bytes(&time::duration(text)?, out),
            _ => return Err(lost()),
        }
        Ok(())
    }
}

impl Unreadable {
    /// What is wrong.
    pub fn into_message(self) -> String {
        match self {
            Unreadable::Malformed(why) | Unreadable::Other(_, why) => why,
        }
    }

    /// A record is written as no value of this type is.
    pub fn of_wire(kind: Kind, raw: Raw<'_>) -> Unreadable {
        Unreadable::Other("type", format!("needs {} of Protobuf, found {}", kind.name(), raw.describe()))
    }
}

fn told(read: Result<String, String>) -> Result<String, Unreadable> {
    read.map_err(|why| match why.starts_with("not well-formed") {
        true => Unreadable::Malformed(why),
        false => Unreadable::Other("format", why),
    })
}

/// Writes a record of bytes with their length.
pub fn write_record(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, out);
    write_bytes(bytes, out);
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    encode_varint(bytes.len() as u64, out);
    out.extend(bytes);
}
