//! [`Proto`]: Protobuf messages as payloads.

use std::fmt;
use std::marker::PhantomData;

use prost::Message;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::kinds::{AsBytes, PROTOBUF};

/// A Protobuf message, which travels as `application/protobuf`.
///
/// ```no_run
/// # fn main() -> Result<(), hmsffi::Error> {
/// # type Record = prost::alloc::string::String;
/// # let client = hmsffi::new_client(Default::default())?;
/// use hmsffi::Proto;
///
/// let records = client.get_service("records")?;
/// let Proto(record) = records.call::<_, Proto<Record>>("get", "P001")?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Proto<T>(pub T);

impl<T: Message> Serialize for Proto<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(PROTOBUF, &AsBytes(&self.0.encode_to_vec()))
    }
}

impl<'de, T: Message + Default> Deserialize<'de> for Proto<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Proto<T>, D::Error> {
        struct Inside<T>(PhantomData<T>);

        impl<'de, T: Message + Default> Visitor<'de> for Inside<T> {
            type Value = Proto<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a Protobuf message")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, inside: D) -> Result<Proto<T>, D::Error> {
                inside.deserialize_bytes(self)
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Proto<T>, E> {
                T::decode(bytes).map(Proto).map_err(E::custom)
            }
        }
        deserializer.deserialize_newtype_struct(PROTOBUF, Inside(PhantomData))
    }
}
