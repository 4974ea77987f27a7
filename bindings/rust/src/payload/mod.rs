//! How a value becomes bytes, and bytes a value.
//!
//! | Rust | travels as |
//! | --- | --- |
//! | `Vec<u8>`, `&[u8]`, `Box<[u8]>` and what serde writes as bytes, as the whole payload | `application/octet-stream`, as it is |
//! | [`Proto<T>`](crate::Proto) | `application/protobuf` |
//! | anything else that is [`Serialize`] | `application/cbor`, within the profile of `docs/values.md` |
//!
//! Inside of other values, bytes are `serde_bytes`; a plain `Vec<u8>` there is a list of numbers. What is
//! received is decoded by its content type.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | [`Payload`], and which encoding a value gets |
//! | `encode.rs` | serde to CBOR: single values |
//! | `containers.rs` | serde to CBOR: lists and maps |
//! | `encoded.rs` | values that are encoded once |
//! | `decode.rs` | CBOR to serde: single values |
//! | `entries.rs` | CBOR to serde: lists, maps and variants |
//! | `raw.rs` | raw bytes and Protobuf messages to serde |
//! | `fault.rs` | what can be wrong with a value, and where in it |
//! | `kinds.rs` | kinds of value that serde has no name for |
//! | `value.rs` | any value |
//! | `proto.rs` | Protobuf messages |

mod containers;
mod decode;
mod encode;
pub(crate) mod encoded;
mod entries;
mod fault;
pub(crate) mod kinds;
#[cfg(feature = "prost")]
pub(crate) mod proto;
mod raw;
pub(crate) mod value;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::raw::buffer::Buffer;
use crate::{Error, Result};

/// How many lists and maps may be open inside each other.
const MAX_DEPTH: usize = 64;

/// What the bytes of a payload are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContentType {
    /// `application/cbor`
    Cbor,
    /// `application/protobuf`
    Protobuf,
    /// `application/json`
    Json,
    /// `application/octet-stream`: raw bytes.
    Bytes,
    /// Another one.
    Other(Cow<'static, str>),
}

/// The text, such as `application/cbor`.
impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ContentType::Cbor => "application/cbor",
            ContentType::Protobuf => "application/protobuf",
            ContentType::Json => "application/json",
            ContentType::Bytes => "application/octet-stream",
            ContentType::Other(text) => text,
        })
    }
}

/// Bytes and what they are: what calls carry.
///
/// ```
/// use hmsffi::{ContentType, Payload};
///
/// let payload = Payload::encode(&("Ada", 2))?;
/// assert_eq!(payload.content_type(), Some(&ContentType::Cbor));
/// let (name, times): (String, u32) = payload.decode()?;
/// assert_eq!((name.as_str(), times), ("Ada", 2));
/// # Ok::<(), hmsffi::Error>(())
/// ```
#[derive(Debug)]
pub struct Payload<'a> {
    pub(crate) body: Body<'a>,
    content_type: Option<ContentType>,
}

/// Who holds a payload's bytes.
#[derive(Debug)]
pub(crate) enum Body<'a> {
    Borrowed(&'a [u8]),
    Owned(Vec<u8>),
    Shared(Buffer),
}

impl<'a> Payload<'a> {
    /// Bytes as they are. In a request they are `application/octet-stream`, in an answer what the request
    /// was.
    pub fn new(bytes: impl Into<Payload<'a>>) -> Payload<'a> {
        bytes.into()
    }

    /// The same bytes as another content type.
    pub fn with_content_type(mut self, content_type: ContentType) -> Payload<'a> {
        self.content_type = Some(content_type);
        self
    }

    /// A value in the encoding that its type asks for (see the table of the module's documentation).
    ///
    /// Errors: INVALID_ARGUMENT with the place of what other languages could not hold.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Payload<'static>> {
        let (bytes, content_type) = encode::encode(value)?;
        Ok(Payload { body: Body::Owned(bytes), content_type: Some(content_type) })
    }

    /// The value.
    ///
    /// Errors: INVALID_ARGUMENT or OUT_OF_RANGE with the place of what does not fit the type, UNIMPLEMENTED
    /// for a content type that this crate does not decode.
    pub fn decode<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        match self.content_type.as_ref().unwrap_or(&ContentType::Bytes) {
            ContentType::Cbor => decode::decode(self.bytes()),
            content_type @ (ContentType::Bytes | ContentType::Protobuf) => {
                raw::decode(self.bytes(), content_type)
            }
            other => Err(Error::new(
                crate::ErrorCode::Unimplemented,
                format!(
                    "{other} is not decoded here: take the bytes of the Payload and decode them yourself"
                ),
            )),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Borrowed(bytes) => bytes,
            Body::Owned(bytes) => bytes,
            Body::Shared(buffer) => buffer,
        }
    }

    /// What the bytes are; `None` = not stated.
    pub fn content_type(&self) -> Option<&ContentType> {
        self.content_type.as_ref()
    }

    /// The bytes for keeping; copies them if they are borrowed.
    pub fn into_bytes(self) -> Vec<u8> {
        match self.body {
            Body::Borrowed(bytes) => bytes.to_vec(),
            Body::Owned(bytes) => bytes,
            Body::Shared(buffer) => buffer.to_vec(),
        }
    }

    /// The payload for keeping; copies the bytes if they are borrowed.
    pub fn into_owned(self) -> Payload<'static> {
        let body = match self.body {
            Body::Borrowed(bytes) => Body::Owned(bytes.to_vec()),
            Body::Owned(bytes) => Body::Owned(bytes),
            Body::Shared(buffer) => Body::Shared(buffer),
        };
        Payload { body, content_type: self.content_type }
    }

    pub(crate) fn borrowed(bytes: &'a [u8], content_type: ContentType) -> Payload<'a> {
        Payload { body: Body::Borrowed(bytes), content_type: Some(content_type) }
    }

    /// The same payload, borrowed.
    pub(crate) fn reborrow(&self) -> Payload<'_> {
        Payload { body: Body::Borrowed(self.bytes()), content_type: self.content_type.clone() }
    }
}

impl<'a> From<&'a [u8]> for Payload<'a> {
    fn from(bytes: &'a [u8]) -> Payload<'a> {
        Payload { body: Body::Borrowed(bytes), content_type: None }
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Payload<'a> {
    fn from(bytes: &'a [u8; N]) -> Payload<'a> {
        Payload::from(&bytes[..])
    }
}

impl From<Vec<u8>> for Payload<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Payload { body: Body::Owned(bytes), content_type: None }
    }
}

/// The payload of an answer: its content type is known.
impl From<Buffer> for Payload<'_> {
    fn from(buffer: Buffer) -> Self {
        let content_type = Some(buffer.content_type());
        Payload { body: Body::Shared(buffer), content_type }
    }
}
