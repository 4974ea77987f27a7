//! [`Encoded`]: values that are encoded once and sent many times.

use std::fmt;
use std::sync::Arc;

use serde::de::Deserialize;
use serde::ser::{Error as _, Serialize, Serializer};

use super::fault::Fault;
use super::kinds::{AsBytes, ENCODED};
use super::{ContentType, Payload, decode, encode};
use crate::Result;

/// A value as its CBOR. What never changes is encoded once, and then sent as it is: as a whole request, answer or message, and as a
/// part of other values. Clones share the bytes.
///
/// ```
/// use hmsffi::{Encoded, Payload};
///
/// let settings = Encoded::new(&[("mode", "fast")])?;
/// let payload = Payload::encode(&(1, &settings))?;
/// let (number, pairs): (u32, Vec<(String, String)>) = payload.decode()?;
/// assert_eq!((number, pairs[0].1.as_str()), (1, "fast"));
/// # Ok::<(), hmsffi::Error>(())
/// ```
///
/// Encodings of other crates, such as JSON, refuse it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Encoded(
    /// Its depth in one byte, then its CBOR: serde has one way for bytes.
    Arc<[u8]>,
);

impl Encoded {
    /// Encodes a value as it is encoded inside of others: bytes are `serde_bytes`, a Protobuf message is refused.
    ///
    /// Errors: INVALID_ARGUMENT with the place of what other languages could not hold.
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Encoded> {
        let (cbor, depth) = encode::encode_part(value)?;
        let depth = u8::try_from(depth).unwrap_or(u8::MAX);
        Ok(Encoded([depth].into_iter().chain(cbor).collect()))
    }

    /// The value, made anew.
    ///
    /// Errors: as those of [`Payload::decode`].
    pub fn decode<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        decode::decode(self.bytes())
    }

    /// Its CBOR.
    pub fn bytes(&self) -> &[u8] {
        parts(&self.0).1
    }
}

/// The depth of a value and its CBOR, from what stands for it in serde.
pub(super) fn parts(bytes: &[u8]) -> (usize, &[u8]) {
    bytes.split_first().map_or((0, bytes), |(depth, cbor)| (usize::from(*depth), cbor))
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Encoded({} bytes)", self.bytes().len())
    }
}

impl Serialize for Encoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if typeid::of::<S::Error>() != typeid::of::<Fault>() {
            return Err(S::Error::custom(
                "an hmsffi::Encoded is CBOR and no part of another encoding; decode it",
            ));
        }
        serializer.serialize_newtype_struct(ENCODED, &AsBytes(&self.0))
    }
}

/// Without a copy.
impl<'a> From<&'a Encoded> for Payload<'a> {
    fn from(encoded: &'a Encoded) -> Payload<'a> {
        Payload::borrowed(encoded.bytes(), ContentType::Cbor)
    }
}
