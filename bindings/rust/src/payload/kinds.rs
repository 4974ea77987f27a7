//! Kinds of value that serde has no name for.
//!
//! They are newtypes with names that this crate's codec knows; other serde formats see what is inside.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

pub(super) const DATE_TIME: &str = "$hmsffi::DateTime";
pub(super) const DECIMAL: &str = "$hmsffi::Decimal";
pub(super) const BIG_INT: &str = "$hmsffi::BigInt";
pub(super) const UUID: &str = "$hmsffi::Uuid";
/// Not a kind of value: one that was encoded before.
pub(super) const ENCODED: &str = "$hmsffi::Encoded";
/// Not a kind of value: a whole payload.
pub(super) const PROTOBUF: &str = "$hmsffi::Proto";

macro_rules! text_kind {
    ($(#[$doc:meta])* $name:ident, $magic:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub struct $name(pub String);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct($magic, &self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                struct Inside;

                impl<'de> Visitor<'de> for Inside {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(stringify!($name))
                    }

                    fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<$name, D::Error> {
                        String::deserialize(inside).map($name)
                    }
                }
                deserializer.deserialize_newtype_struct($magic, Inside)
            }
        }
    };
}

text_kind!(
    /// A date-time as RFC 3339 text with an offset, such as `2013-03-21T20:04:00.5+02:00`. The text is
    /// checked when it is written, and travels as it is.
    DateTime,
    DATE_TIME
);

text_kind!(
    /// A decimal number as text, such as `-12.50`: its digits and its exponent are kept. Checked when it is
    /// written.
    Decimal,
    DECIMAL
);

text_kind!(
    /// An integer of any size up to 1024 bytes, as decimal text such as `-18446744073709551617`. Checked when
    /// it is written.
    BigInt,
    BIG_INT
);

/// A UUID.
///
/// ```
/// let uuid = hmsffi::Uuid([0x11; 16]);
/// assert_eq!(uuid.to_string(), "11111111-1111-1111-1111-111111111111");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Uuid(pub [u8; 16]);

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// Bytes for serde, which alone would write a list.
pub(super) struct AsBytes<'a>(pub &'a [u8]);

impl Serialize for AsBytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl Serialize for Uuid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(UUID, &AsBytes(&self.0))
    }
}

impl<'de> Deserialize<'de> for Uuid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
        struct Inside;

        impl<'de> Visitor<'de> for Inside {
            type Value = Uuid;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a UUID of 16 bytes")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<Uuid, D::Error> {
                inside.deserialize_bytes(self)
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Uuid, E> {
                bytes.try_into().map(Uuid).map_err(|_| E::invalid_length(bytes.len(), &self))
            }
        }
        deserializer.deserialize_newtype_struct(UUID, Inside)
    }
}
