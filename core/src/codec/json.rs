//! JSON from and to CBOR, without loss or not at all.
//!
//! Null, bools, integers of 64 bits, finite floats, text, lists and maps are the same value in both. What
//! JSON has no form for (bytes, date-times, UUIDs, Decimals, integers past 64 bits, NaN and infinities) is
//! refused with the path: as text it would come back as text, and only a schema could tell.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer as JsonReader;

use super::cbor::{Step, Walk};
use super::item::{Item, Kind};
use super::writer::Writer;
use crate::error::Result;

/// JSON text of a CBOR value: compact, entries in their order.
pub fn from_cbor(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut json = Vec::with_capacity(bytes.len() * 2);
    let mut walk = Walk::new(bytes);
    let mut comma_due = false;
    while let Some(step) = walk.next()? {
        if comma_due && !matches!(step, Step::End(_)) {
            json.push(b',');
        }
        comma_due = !matches!(step, Step::Key | Step::Value(Item::List(_) | Item::Map(_)));
        match step {
            Step::Key => {
                put(&mut json, walk.key());
                json.push(b':');
            }
            Step::Value(Item::List(_)) => json.push(b'['),
            Step::Value(Item::Map(_)) => json.push(b'{'),
            Step::Value(scalar) => write_scalar(&mut json, &scalar).map_err(|why| walk.fail(why))?,
            Step::End(Kind::Map) => json.push(b'}'),
            Step::End(_) => json.push(b']'),
        }
    }
    Ok(json)
}

/// CBOR of a JSON text. A number without fraction and exponent is an integer, any other one a float.
pub fn to_cbor(json: &[u8]) -> Result<Vec<u8>> {
    let mut build = Build { writer: Writer::new(), numbers: 0, too_long: first_long_integer(json) };
    let mut reader = JsonReader::from_slice(json);
    let read = Value(&mut build).deserialize(&mut reader).and_then(|()| reader.end());
    if let Err(syntax) = read {
        // The writer knows the path, and keeps to its own failure if that is what stopped the reader.
        build.writer.refuse(format!("not JSON: {syntax}"))?;
    }
    build.writer.finish()
}

fn write_scalar(json: &mut Vec<u8>, scalar: &Item<'_>) -> std::result::Result<(), String> {
    match scalar {
        Item::Null => put(json, &()),
        Item::Bool(value) => put(json, value),
        Item::Int(value) => put(json, value),
        Item::Uint(value) => put(json, value),
        Item::Float(value) if value.is_finite() => put(json, value),
        Item::Float(value) => return Err(format!("{value} has no form in JSON; send CBOR")),
        Item::Text(value) => put(json, value),
        Item::BigInt { .. } => {
            return Err("an integer past 64 bits has no form in JSON that comes back; send CBOR".to_owned());
        }
        other => {
            let kind = other.kind().describe();
            return Err(format!("{kind} has no form in JSON that comes back without a schema; send CBOR"));
        }
    }
    Ok(())
}

fn put<T: serde::Serialize + ?Sized>(json: &mut Vec<u8>, value: &T) {
    serde_json::to_writer(json, value).expect("a scalar can be written to memory");
}

/// What the visitor of a JSON text fills.
struct Build {
    writer: Writer,
    /// Numbers seen so far.
    numbers: usize,
    /// Which number of the text, counted from one, is an integer past 64 bits.
    too_long: Option<usize>,
}

struct Value<'w>(&'w mut Build);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Value<'_> {
    /// Writes a scalar; the error's text is lost here and found again in the writer.
    fn write<E: serde::de::Error>(
        self,
        write: impl FnOnce(&mut Writer) -> Result<()>,
    ) -> std::result::Result<(), E> {
        write(&mut self.0.writer).map_err(E::custom)
    }

    fn number<E: serde::de::Error>(
        self,
        write: impl FnOnce(&mut Writer) -> Result<()>,
    ) -> std::result::Result<(), E> {
        self.0.numbers += 1;
        if self.0.too_long == Some(self.0.numbers) {
            return self.write(|writer| {
                writer.refuse("an integer past 64 bits has no form in JSON that comes back")
            });
        }
        self.write(write)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> std::result::Result<(), E> {
        self.write(Writer::null)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> std::result::Result<(), E> {
        self.write(|writer| writer.bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> std::result::Result<(), E> {
        self.number(|writer| writer.int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> std::result::Result<(), E> {
        self.number(|writer| writer.uint(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> std::result::Result<(), E> {
        self.number(|writer| writer.float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> std::result::Result<(), E> {
        self.write(|writer| writer.text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<(), A::Error> {
        self.0.writer.begin_list(None).map_err(A::Error::custom)?;
        while items.next_element_seed(Value(self.0))?.is_some() {}
        self.write(Writer::end_list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> std::result::Result<(), A::Error> {
        self.0.writer.begin_map(None).map_err(A::Error::custom)?;
        while entries.next_key_seed(Key(self.0))?.is_some() {
            entries.next_value_seed(Value(self.0))?;
        }
        self.write(Writer::end_map)
    }
}

struct Key<'w>(&'w mut Build);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> std::result::Result<(), E> {
        self.0.writer.key(key).map_err(E::custom)
    }
}

/// Which number of the text, counted from one, is the first integer past 64 bits.
///
/// serde_json hands such an integer over as the nearest float, and its feature that would not
/// (`arbitrary_precision`) would change numbers in every program that links this crate.
fn first_long_integer(json: &[u8]) -> Option<usize> {
    let (mut at, mut numbers) = (0, 0);
    while let Some(byte) = json.get(at) {
        let rest = &json[at..];
        match byte {
            b'"' => at += string_length(rest),
            b'-' | b'0'..=b'9' => {
                numbers += 1;
                let is_part = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                let length = rest.iter().take_while(is_part).count();
                if is_long_integer(&rest[..length]) {
                    return Some(numbers);
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    None
}

fn string_length(json: &[u8]) -> usize {
    let mut escaped = true;
    let inside = json.iter().take_while(|byte| {
        let ends = **byte == b'"' && !escaped;
        escaped = **byte == b'\\' && !escaped;
        !ends
    });
    inside.count() + 1
}

fn is_long_integer(number: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(number) else { return false };
    let digits = text.strip_prefix('-').unwrap_or(text);
    // Shorter ones fit, and most numbers are shorter.
    digits.len() > 18
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<i64>().is_err()
        && text.parse::<u64>().is_err()
}
