//! How a value becomes bytes, and bytes a value.
//!
//! Every payload carries its [`Encoding`] as a content type. A dynamic value is CBOR within a narrow
//! profile, which `docs/values.md` describes kind by kind; JSON is the same value for people.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | the encodings, and changing from one to another |
//! | `item.rs` | the value model: the kinds, and reading one item of them from CBOR |
//! | `tagged.rs` | the kinds under a CBOR tag: the numbers, and what text they may hold |
//! | `bigint.rs` | integers past 64 bits between bytes and decimal text |
//! | `cbor.rs` | walking a whole value, checking everything that the profile asks |
//! | `deterministic.rs` | the one form that equal values have |
//! | `uuid.rs` | UUIDs between bytes and text |
//! | `reader.rs` | a cursor over a checked value, the basis of `hms_value_*` reading |
//! | `writer.rs` | building a value step by step, the basis of `hms_value_*` writing |
//! | `json.rs` | JSON text from and to CBOR |
//! | `path.rs` | where in a value an error is, as `$.times[3]` |
//!
//! Reader, writer and JSON share the model and own no CBOR syntax: minicbor reads and writes the bytes.

mod bigint;
pub mod cbor;
mod deterministic;
pub(crate) mod item;
pub mod json;
pub(crate) mod path;
mod reader;
mod tagged;
mod uuid;
mod writer;

pub(crate) use deterministic::Frame;
pub use deterministic::deterministic;
pub use item::Kind;
pub use reader::Reader;
pub use tagged::DECIMAL_TAG;
pub(crate) use tagged::is_date_time;
pub(crate) use uuid::{uuid_of, uuid_text};
pub use writer::Writer;

use crate::error::{Error, Result};

/// How many lists and maps may be open inside each other.
pub const MAX_DEPTH: usize = 64;

/// What the bytes of a payload are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Encoding {
    /// A content type that the library passes on without looking inside.
    Other = 0,
    /// `application/cbor`: the default of dynamic values.
    Cbor = 1,
    /// `application/protobuf`: a Protobuf message.
    Protobuf = 2,
    /// `application/json`.
    Json = 3,
    /// `application/octet-stream`: raw bytes.
    Bytes = 4,
}

impl Encoding {
    /// The encodings that have a content type.
    pub const NAMED: [Encoding; 4] = [Encoding::Cbor, Encoding::Protobuf, Encoding::Json, Encoding::Bytes];

    /// The encoding with this number; [`Encoding::Other`] for numbers that have none.
    #[inline]
    pub fn numbered(number: u32) -> Encoding {
        match number {
            1 => Encoding::Cbor,
            2 => Encoding::Protobuf,
            3 => Encoding::Json,
            4 => Encoding::Bytes,
            _ => Encoding::Other,
        }
    }

    /// The content type; empty for [`Encoding::Other`], whose content type only the payload knows.
    pub fn content_type(self) -> &'static str {
        const BY_NUMBER: [&str; 5] =
            ["", "application/cbor", "application/protobuf", "application/json", "application/octet-stream"];
        BY_NUMBER[self as usize]
    }

    /// The encoding behind a content type; case and parameters (`; charset=utf-8`) do not matter.
    pub fn from_content_type(text: &str) -> Encoding {
        let essence = text.split(';').next().unwrap_or_default().trim();
        Self::NAMED
            .into_iter()
            .find(|encoding| encoding.content_type().eq_ignore_ascii_case(essence))
            .unwrap_or(Encoding::Other)
    }
}

/// The same value in another encoding.
///
/// Lossless or an error: what comes out can be changed back into an equal value. CBOR and JSON change
/// into each other; the same encoding is a copy that is not looked at. Protobuf fails with
/// UNIMPLEMENTED, because only a descriptor can name its fields; raw bytes and unknown content types
/// hold no value, so that they fail with INVALID_ARGUMENT.
pub fn transcode(from: Encoding, to: Encoding, bytes: &[u8]) -> Result<Vec<u8>> {
    match (from, to) {
        (Encoding::Other, _) | (_, Encoding::Other) => {
            Err(Error::invalid("a payload of unknown content type cannot change its encoding"))
        }
        (a, b) if a == b => Ok(bytes.to_vec()),
        (Encoding::Cbor, Encoding::Json) => json::from_cbor(bytes),
        (Encoding::Json, Encoding::Cbor) => json::to_cbor(bytes),
        (Encoding::Bytes, _) | (_, Encoding::Bytes) => Err(Error::invalid(format!(
            "{} holds raw bytes, not a value: {} cannot become {}",
            Encoding::Bytes.content_type(),
            from.content_type(),
            to.content_type()
        ))),
        _ => Err(Error::unimplemented(format!(
            "{} to {} needs the message's descriptor, and none is known here",
            from.content_type(),
            to.content_type()
        ))),
    }
}
