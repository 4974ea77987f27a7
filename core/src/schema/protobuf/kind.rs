//! The types of Protobuf, and which of them a schema's type may be.

use prost::encoding::WireType;

use crate::proto::SchemaType;

/// A type of Protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::schema) enum Kind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum,
    Message,
    Timestamp,
    Duration,
    /// A UUID as its 16 bytes.
    Uuid,
}

use Kind::*;

/// Each with its name in `.proto` files.
const NAMES: [(Kind, &str); 19] = [
    (Double, "double"),
    (Float, "float"),
    (Int32, "int32"),
    (Int64, "int64"),
    (Uint32, "uint32"),
    (Uint64, "uint64"),
    (Sint32, "sint32"),
    (Sint64, "sint64"),
    (Fixed32, "fixed32"),
    (Fixed64, "fixed64"),
    (Sfixed32, "sfixed32"),
    (Sfixed64, "sfixed64"),
    (Bool, "bool"),
    (String, "string"),
    (Bytes, "bytes"),
    (Uuid, "bytes"),
    (Enum, "enum"),
    (Timestamp, "google.protobuf.Timestamp"),
    (Duration, "google.protobuf.Duration"),
];

impl Kind {
    /// The type that a schema is: by its label, else the one that fits its type and format best. `None` = no value without parts.
    pub fn of(
        kind: SchemaType,
        format: &str,
        has_numbers: bool,
        label: Option<&str>,
    ) -> Result<Option<Kind>, std::string::String> {
        let possible = Self::possible(kind, format, has_numbers);
        let Some(label) = label else { return Ok(possible.first().copied()) };
        let named = NAMES.iter().find(|(kind, name)| *name == label && possible.contains(kind));
        named.map(|(kind, _)| Some(*kind)).ok_or_else(|| match possible {
            [] => format!("{} is no value that has a type of its own in Protobuf", kind.as_str_name()),
            _ => {
                let names: Vec<&str> = possible.iter().map(|kind| kind.name()).collect();
                format!("{} is no '{label}' in Protobuf, but {}", kind.as_str_name(), names.join(", "))
            }
        })
    }

    /// The types that a schema may be, the one that is meant without a label first.
    fn possible(kind: SchemaType, format: &str, has_numbers: bool) -> &'static [Kind] {
        match (kind, format) {
            (SchemaType::Boolean, _) => &[Bool],
            (SchemaType::Integer, "int8" | "int16" | "int32") => {
                &[Int32, Sint32, Sfixed32, Int64, Sint64, Sfixed64]
            }
            (SchemaType::Integer, "uint8" | "uint16" | "uint32") => {
                &[Uint32, Fixed32, Int32, Int64, Uint64, Fixed64]
            }
            (SchemaType::Integer, "uint64") => &[Uint64, Fixed64, Int64],
            (SchemaType::Integer, _) => {
                &[Int64, Sint64, Sfixed64, Int32, Sint32, Sfixed32, Uint32, Fixed32, Uint64, Fixed64]
            }
            (SchemaType::Number, "float") => &[Float, Double],
            (SchemaType::Number, _) => &[Double, Float],
            (SchemaType::Binary, _) => &[Bytes],
            (SchemaType::Enum, _) if has_numbers => &[Enum],
            (SchemaType::Datetime, _) => &[String, Timestamp],
            (SchemaType::Duration, _) => &[String, Duration],
            (SchemaType::Uuid, _) => &[String, Uuid],
            (
                SchemaType::Enum
                | SchemaType::String
                | SchemaType::Date
                | SchemaType::Time
                | SchemaType::Uri
                | SchemaType::Email,
                _,
            ) => &[String],
            (SchemaType::Object, _) => &[Message],
            _ => &[],
        }
    }

    /// Whether a reader that has this type reads what a writer writes as another one. Whether the numbers are within those of
    /// the reader, their formats say.
    pub fn reads(self, written: Kind) -> bool {
        let is_of = |family: &[Kind]| family.contains(&self) && family.contains(&written);
        self == written
            || is_of(&[Int32, Int64])
            || is_of(&[Uint32, Uint64])
            || (self, written) == (Int64, Uint32)
            || is_of(&[Sint32, Sint64])
    }

    /// Its name in `.proto` files.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(kind, _)| *kind == self).map_or("message", |(_, name)| name)
    }

    /// How its values are written.
    pub fn wire(self) -> WireType {
        match self {
            Int32 | Int64 | Uint32 | Uint64 | Sint32 | Sint64 | Bool | Enum => WireType::Varint,
            Fixed64 | Sfixed64 | Double => WireType::SixtyFourBit,
            Fixed32 | Sfixed32 | Float => WireType::ThirtyTwoBit,
            String | Bytes | Uuid | Message | Timestamp | Duration => WireType::LengthDelimited,
        }
    }

    /// Whether a list of its values may be one record.
    pub fn is_packed(self) -> bool {
        self.wire() != WireType::LengthDelimited
    }

    /// Whether a value that is absent from the bytes can be told from one that is zero: messages can, and a UUID is never empty.
    pub fn has_presence(self) -> bool {
        matches!(self, Message | Timestamp | Duration | Uuid)
    }

    /// Whether it may be the key of a map.
    pub fn is_key(self) -> bool {
        !matches!(self, Double | Float | Bytes | Enum) && !self.has_presence()
    }
}
