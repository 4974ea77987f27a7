//! JSON to values and back, as `docs/values.md` says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmsffi::{ContentType, Payload, Value};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::failure::{Failure, Result};

/// What people write becomes a value.
pub fn read(text: &str) -> Result<Value, String> {
    let value = serde_json::from_str(text).map_err(|e| format!("not JSON: {e}"))?;
    match integers(text).find(|digits| digits.parse::<i64>().is_err() && digits.parse::<u64>().is_err()) {
        Some(digits) => {
            Err(format!("the integer {digits} is past 64 bits and has no form in JSON that comes back"))
        }
        None => Ok(value),
    }
}

/// What came, for people. Bytes that are no value are base64; `Err` = JSON that is none.
pub fn shown(payload: &Payload<'_>) -> Result<serde_json::Value> {
    match payload.content_type() {
        Some(ContentType::Cbor) => Ok(serde_json::json!(Shown(&payload.decode()?))),
        Some(ContentType::Json) => serde_json::from_slice(payload.bytes()).map_err(|e| {
            Failure::Machine(format!("the answer says that it is JSON and is not: {e}; --raw shows it"))
        }),
        _ => Ok(STANDARD.encode(payload.bytes()).into()),
    }
}

/// The integers in a JSON text; the reader makes floats of those that are too long.
fn integers(text: &str) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    let mut is_escaped = false;
    let outside = move |c: char| {
        let quote = c == '"' && !is_escaped;
        is_escaped = is_inside && c == '\\' && !is_escaped;
        is_inside ^= quote;
        is_inside || quote || !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E')
    };
    let is_integer = |token: &&str| {
        token.ends_with(|c: char| c.is_ascii_digit()) && !token.contains(['.', 'e', 'E']) && *token != "-0"
    };
    text.split(outside).filter(is_integer)
}

/// A value for people: what JSON has no form for is text. A date-time, a UUID, a Decimal and an integer past 64 bits
/// are as they are written, bytes are base64.
pub struct Shown<'a>(pub &'a Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Float(value) if !value.is_finite() => serializer.collect_str(value),
            Value::BigInt(value) => serializer.serialize_str(&value.0),
            Value::Bytes(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            Value::DateTime(value) => serializer.serialize_str(&value.0),
            Value::Uuid(value) => serializer.collect_str(value),
            Value::Decimal(value) => serializer.serialize_str(&value.0),
            Value::List(values) => serializer.collect_seq(values.iter().map(Shown)),
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, &Shown(value))?;
                }
                map.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn back(text: &str) -> String {
        serde_json::to_string(&Shown(&read(text).expect(text))).expect(text)
    }

    #[test]
    fn what_is_written_comes_back() {
        for text in [
            "null",
            "[true,1,-1.0,18446744073709551615]",
            r#"{"b":"\"12345678901234567890123","a":{}}"#,
            "-0.0",
        ] {
            assert_eq!(back(text), text);
        }
    }

    #[test]
    fn integers_stay_integers_or_are_refused() {
        assert_eq!(read("9007199254740993"), Ok(Value::Int(9007199254740993)));
        assert_eq!(read("1.0"), Ok(Value::Float(1.0)));
        assert_eq!(read("1e3"), Ok(Value::Float(1000.0)));
        let refused = read(r#"{"a": ["12", 18446744073709551616]}"#).unwrap_err();
        assert!(refused.contains("18446744073709551616 is past 64 bits"), "{refused}");
        assert!(read("-9223372036854775809").is_err());
        assert!(read("1e999").is_err());
    }

    #[test]
    fn what_json_lacks_is_shown_as_text() {
        let value = Value::List(vec![
            Value::Bytes(vec![1, 2]),
            Value::Float(f64::NAN),
            Value::Uuid(hmsffi::Uuid([0; 16])),
        ]);
        let shown = serde_json::to_string(&Shown(&value)).unwrap();
        assert_eq!(shown, r#"["AQI=","NaN","00000000-0000-0000-0000-000000000000"]"#);
    }
}
