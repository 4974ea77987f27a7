//! Payloads in another encoding, as their schema tells what is meant: which text is bytes, which number a field has.
//!
//! All go through CBOR, in which each value has the kind that its schema says.
//!
//! | file | its one idea |
//! | --- | --- |
//! | `mod.rs` | from one encoding to another |
//! | `guide.rs` | which schema of a union a value is of |
//! | `kinds.rs` | CBOR as JSON has it to CBOR with bytes, date-times and UUIDs, and back |
//! | `from_protobuf.rs`, `to_protobuf.rs` | messages to CBOR, and back |

mod from_protobuf;
mod guide;
mod kinds;
mod to_protobuf;

use std::borrow::Cow;

pub(super) use self::from_protobuf::{item, key};
use self::kinds::Kinds;
pub(super) use self::to_protobuf::default as default_in_protobuf;
use super::number::Number;
use super::validate::Place;
use super::{Compiled, MOST_VIOLATIONS, Violation};
use crate::codec::{self, Encoding, json};
use crate::error::{Error, Result as OrError};

/// A payload in another encoding.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// Its bytes.
    pub payload: Vec<u8>,
    /// What it had that the schema does not know and the other encoding cannot say, each with its place. They are gone; of a
    /// Decimal the nearest number is there.
    pub losses: Vec<Violation>,
}

/// Which of the ways to write one value is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// The one that comes easiest.
    #[default]
    Any,
    /// In CBOR the one form that equal values have: RFC 8949, 4.2.1.
    Deterministic,
}

impl Compiled {
    /// The same payload in another encoding, with the defaults that it left out.
    ///
    /// CBOR, JSON and Protobuf change into each other. What does not fit the schema is told as by [`Compiled::validate`]; so is
    /// what the other encoding cannot say, with the code `encoding`.
    pub fn convert(
        &self,
        bytes: &[u8],
        from: Encoding,
        to: Encoding,
        layout: Layout,
    ) -> Result<Converted, Vec<Violation>> {
        for encoding in [from, to] {
            if !matches!(encoding, Encoding::Cbor | Encoding::Json | Encoding::Protobuf) {
                let what = "only application/cbor, application/json and application/protobuf are converted";
                return Err(vec![violation("$".to_owned(), what.to_owned())]);
            }
        }
        let completed = self.complete(bytes, from)?;
        let bytes = completed.as_deref().unwrap_or(bytes);
        let mut losses = Vec::new();
        let payload = if from == to {
            Cow::Borrowed(bytes)
        } else {
            let cbor = self.to_cbor(bytes, from, &mut losses)?;
            Cow::Owned(self.of_cbor(cbor, to, &mut losses)?)
        };
        let payload = match (to, layout) {
            (Encoding::Cbor, Layout::Deterministic) => codec::deterministic(&payload).map_err(told)?,
            _ => payload.into_owned(),
        };
        Ok(Converted { payload, losses })
    }

    fn to_cbor<'b>(
        &self,
        bytes: &'b [u8],
        from: Encoding,
        losses: &mut Vec<Violation>,
    ) -> Result<Cow<'b, [u8]>, Vec<Violation>> {
        match from {
            Encoding::Protobuf => {
                from_protobuf::message(&self.nodes, self.root, bytes, losses).map(Cow::Owned).map_err(told)
            }
            Encoding::Json => {
                let typed = json::to_cbor(bytes)
                    .and_then(|plain| kinds::change(&self.nodes, self.root, &plain, Kinds::OfSchema, losses));
                typed.map(Cow::Owned).map_err(told)
            }
            _ => Ok(Cow::Borrowed(bytes)),
        }
    }

    fn of_cbor(
        &self,
        cbor: Cow<'_, [u8]>,
        to: Encoding,
        losses: &mut Vec<Violation>,
    ) -> Result<Vec<u8>, Vec<Violation>> {
        match to {
            Encoding::Protobuf => to_protobuf::message(&self.nodes, self.root, &cbor, losses),
            Encoding::Json => {
                let plain: OrError<Vec<u8>> =
                    kinds::change(&self.nodes, self.root, &cbor, Kinds::OfJson, losses);
                plain.and_then(|plain| json::from_cbor(&plain)).map_err(told)
            }
            _ => Ok(cbor.into_owned()),
        }
    }
}

/// Tells that something is lost, or another number.
fn lose(losses: &mut Vec<Violation>, place: &Place<'_>, what: impl Into<String>) {
    if losses.len() < MOST_VIOLATIONS {
        losses.push(violation(place.path(), what.into()));
    }
}

/// Tells of a Decimal that the nearest number takes its place.
fn lose_digits(losses: &mut Vec<Violation>, place: &Place<'_>, decimal: &str) {
    if Number::is_rounded(decimal) {
        lose(losses, place, "the Decimal has more digits than a number keeps: the nearest one is written");
    }
}

fn violation(path: String, message: String) -> Violation {
    Violation { path, message, code: "encoding".to_owned() }
}

/// An error of the codecs, whose message begins with the path.
fn told(error: Error) -> Vec<Violation> {
    let (path, what) = error.message().split_once(": ").unwrap_or(("$", error.message()));
    vec![violation(path.to_owned(), what.to_owned())]
}
