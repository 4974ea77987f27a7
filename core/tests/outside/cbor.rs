//! The examples of RFC 8949, appendix A: each is the value that it is there, and has the encoding that the RFC prefers.

use std::collections::BTreeMap;

use hmsffi_core::codec::{Kind, Reader, cbor, deterministic, json};
use serde_json::Value;

/// Per line: `=` where the bytes are the preferred ones, `~` where they are others of the same value, `!` where the value has no
/// place in `docs/values.md`; the bytes; the value, or what is said of it.
const EXAMPLES: &str = include_str!("cbor.txt");

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

/// The value in the notation of the RFC.
fn written(encoded: &[u8]) -> String {
    let mut reader = Reader::new(encoded).expect("a value");
    match reader.kind().expect("kind") {
        Kind::BigInt => reader.read_bigint().expect("integer"),
        Kind::Bytes => {
            let bytes = reader.read_bytes().expect("bytes");
            format!("h'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        Kind::DateTime => format!("0({:?})", reader.read_datetime().expect("date-time")),
        Kind::Float => match reader.read_float().expect("float") {
            value if value.is_nan() => "NaN".to_owned(),
            value if value.is_infinite() => if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
            // -0.0 and 1.0 are not 0 and 1.
            value => format!("{value:?}"),
        },
        _ => String::from_utf8(json::from_cbor(encoded).expect("JSON")).expect("text"),
    }
}

fn assert_same(encoded: &[u8], value: &str) {
    let text = written(encoded);
    // The entries of a map have no order.
    let json = |text: &str| serde_json::from_str::<Value>(text).ok().filter(|json| !json.is_number());
    assert!(text == value || json(&text).is_some_and(|own| Some(own) == json(value)), "{value}: {text}");
}

#[test]
fn each_example_of_rfc_8949_is_the_value_that_it_is_there() {
    let mut preferred: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    let mut others = Vec::new();
    let mut refused = 0;
    for line in EXAMPLES.lines().filter(|line| !line.starts_with('#')) {
        let [mark, hex, value] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let encoded = bytes(hex);
        match mark {
            "!" => {
                let error = cbor::validate(&encoded).expect_err(line);
                assert_eq!(error.message(), value, "{line}");
                refused += 1;
            }
            _ => {
                assert_same(&encoded, value);
                match mark {
                    "=" => assert!(preferred.insert(value, encoded).is_none(), "{line}"),
                    _ => others.push((value, encoded)),
                }
            }
        }
    }
    for (value, encoded) in &preferred {
        assert_eq!(deterministic(encoded).as_ref(), Ok(encoded), "{value}");
    }
    for (value, encoded) in &others {
        let own = deterministic(encoded).expect("deterministic");
        // Three values are there in no other form.
        assert!(preferred.get(value).is_none_or(|preferred| *preferred == own), "{value}");
        assert_same(&own, value);
        assert_eq!(deterministic(&own), Ok(own));
    }
    assert_eq!((preferred.len(), others.len(), refused), (55, 17, 10));
}
